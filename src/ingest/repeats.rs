//! The same call from several objects or sources becomes one row, whatever order the objects arrived in.
//!
//! Identity and order are declared by the contract's header: `identity:` lists alternatives separated by `|`, each a sum
//! of columns; the first whose columns are all known applies, the last always does. Kept is the first row in the order
//! *has usage, source rank, object key, line*; the others fill its null columns in that order, except usage columns,
//! which must come from one row because they add up.
//!
//! The same call in two sources: a row that lacks the first identity joins the call of another source that bears the row's
//! own identity beside its first one (a gateway that logs response id and request id, an application that logs the
//! request id only), if there is exactly one such call. Rows of one source are never joined so: they are attempts.
//!
//! A contract whose bills are pulled again and again declares `latest: <time> by <what>`: of the rows of one source that
//! state the same thing, only those with the greatest time count; the others are repeated rows of their own source. A row
//! that states nothing in particular always counts, and so do all rows of the same time.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{SortColumn, filter_record_batch, lexsort_to_indices, take, take_record_batch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::ledger::Repeats;
use crate::error::{Error, Result};
use crate::schema::{Table, hex};

/// A settled day.
pub struct Settled {
    /// One row per call, ordered by time and identity.
    pub kept: RecordBatch,
    /// Every original row of the calls that came more than once and every row that was stated anew, so that a changed
    /// object can be taken out again.
    pub originals: RecordBatch,
    /// Kept and repeated rows by pair of sources.
    pub counts: Vec<Repeats>,
}

/// Settles the rows of one event day.
///
/// # Errors
/// `Project` when the contract's header names no identity, `Engine` when a columnar operation fails.
pub fn settle(contract: &Table, day: NaiveDate, rows: &RecordBatch) -> Result<Settled> {
    let ids = identities(contract, rows)?;
    // Originals bear their identity too: their bytes do not tell which rows were settled before.
    let rows = &with_ids(rows, &ids)?;
    let order = Order::new(contract, rows)?;
    let is_restated = restated(contract, rows)?;
    let mut groups: HashMap<Id, Vec<u32>> = HashMap::with_capacity(ids.len());
    for (row, id) in ids.iter().enumerate().filter(|(row, _)| !is_restated[*row]) {
        groups.entry(*id).or_default().push(row as u32);
    }
    let mut groups: Vec<Vec<u32>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by(|a, b| order.compare(*a, *b));
    }
    // The order of groups is free: the kept rows are sorted below by unique columns.
    groups.sort_by_key(|group| group[0]);

    let first: UInt32Array = groups.iter().map(|group| group[0]).collect();
    let mut columns = Vec::with_capacity(rows.num_columns());
    for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
        columns.push(match field.name().as_str() {
            "x_repeats" => Arc::new(groups.iter().map(|g| g.len() as i64 - 1).collect::<Int64Array>()) as ArrayRef,
            name if is_filled(name) && column.null_count() > 0 => take(column, &filled(&groups, column), None)?,
            _ => take(column, &first, None)?,
        });
    }
    let kept = sorted(contract, &RecordBatch::try_new(rows.schema(), columns)?)?;
    let restated: Vec<u32> = (0..rows.num_rows() as u32).filter(|row| is_restated[*row as usize]).collect();
    let repeated =
        groups.iter().filter(|group| group.len() > 1).flatten().chain(&restated).copied().collect::<Vec<_>>();
    let originals = sorted(contract, &take_record_batch(rows, &UInt32Array::from(repeated))?)?;
    Ok(Settled { kept, originals, counts: counts(contract, day, rows, &groups, &restated)? })
}

/// The original rows of a settled day, without those of the objects that `is_replaced` names by source and key.
///
/// # Errors
/// `Engine` when a columnar operation fails.
pub fn originals(
    kept: &RecordBatch,
    originals: &RecordBatch,
    is_replaced: impl Fn(&str, &str) -> bool,
) -> Result<Vec<RecordBatch>> {
    let repeats = kept.column_by_name("x_repeats").and_then(|c| c.as_primitive_opt::<Int64Type>());
    let single: BooleanArray =
        (0..kept.num_rows()).map(|row| Some(repeats.is_some_and(|r| r.value(row) == 0))).collect();
    let mut left = Vec::new();
    for batch in [filter_record_batch(kept, &single)?, originals.clone()] {
        let (source, key) = (text(&batch, "x_source")?, text(&batch, "x_object_key")?);
        let stays: BooleanArray =
            (0..batch.num_rows()).map(|row| Some(!is_replaced(source.value(row), key.value(row)))).collect();
        left.push(filter_record_batch(&batch, &stays)?);
    }
    Ok(left)
}

fn text<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a StringArray> {
    rows.column_by_name(name)
        .and_then(|column| column.as_string_opt::<i32>())
        .ok_or_else(|| Error::engine(format!("rows lack the text column `{name}`")))
}

/// Usage adds up inside one row, the instants of a call are one clock's, and provenance belongs to one row: none of them
/// is filled from another.
fn is_filled(name: &str) -> bool {
    !name.starts_with("usage_")
        && !name.starts_with("gen_ai_usage_")
        && !["x_usage_semantics", "x_start_time", "x_end_time", "x_time_precision"].contains(&name)
        && name != "event_date"
}

fn filled(groups: &[Vec<u32>], column: &ArrayRef) -> UInt32Array {
    groups
        .iter()
        .map(|group| group.iter().copied().find(|row| column.is_valid(*row as usize)).unwrap_or(group[0]))
        .collect()
}

/// 128 bits of the SHA-256 of an identity's values.
type Id = [u8; 16];

/// The call that rows of other sources name by a further identity.
struct Alias<'a> {
    call: Id,
    source: &'a str,
    more_sources: Vec<&'a str>,
    /// Two calls under one request id are retries: which of them it is, nobody can say.
    is_shared: bool,
}

fn identities(contract: &Table, rows: &RecordBatch) -> Result<Vec<Id>> {
    let declared = contract.header.get("identity").ok_or_else(|| {
        Error::project(format!("contract `{}` has no `identity:`", contract.name)).at(format!("at {}", contract.path))
    })?;
    let options = FormatOptions::default();
    let mut alternatives = Vec::new();
    for alternative in declared.split('|') {
        let mut columns = Vec::new();
        for name in alternative.split('+').map(str::trim) {
            let column = rows.column_by_name(name).ok_or_else(|| {
                Error::project(format!("identity names `{name}`, which is no column"))
                    .at(format!("at {}", contract.path))
            })?;
            columns.push((column, column.as_string_opt::<i32>(), ArrayFormatter::try_new(column, &options)?));
        }
        alternatives.push(columns);
    }
    let last = alternatives.len() - 1;
    let source = text(rows, "x_source")?;
    let mut own: Vec<Id> = Vec::with_capacity(rows.num_rows());
    // A row that does not know the first identity of a call may still know one that another source wrote beside it.
    let mut aliases: HashMap<Id, Alias<'_>> = HashMap::new();
    let mut buffer = Vec::new();
    for row in 0..rows.num_rows() {
        let mut first: Option<Id> = None;
        for (place, columns) in alternatives.iter().enumerate() {
            let is_known = columns.iter().all(|(column, ..)| column.is_valid(row));
            if !(is_known && place < last || place == last && first.is_none()) {
                continue;
            }
            let id = hash(&mut buffer, place, columns, row);
            match first {
                None => first = Some(id),
                Some(call) => knows(&mut aliases, id, call, source.value(row)),
            }
        }
        own.push(first.unwrap_or_default());
    }
    for (row, own) in own.iter_mut().enumerate() {
        if let Some(alias) = aliases.get(own).filter(|alias| !alias.is_shared)
            && alias.source != source.value(row)
            && !alias.more_sources.contains(&source.value(row))
        {
            *own = alias.call;
        }
    }
    Ok(own)
}

/// Notes that a row of a source bears `alias` beside `call`.
fn knows<'a>(aliases: &mut HashMap<Id, Alias<'a>>, alias: Id, call: Id, source: &'a str) {
    let known =
        aliases.entry(alias).or_insert_with(|| Alias { call, source, more_sources: Vec::new(), is_shared: false });
    known.is_shared |= known.call != call;
    if known.source != source && !known.more_sources.contains(&source) {
        known.more_sources.push(source);
    }
}

type IdentityColumns<'a> = [(&'a ArrayRef, Option<&'a StringArray>, ArrayFormatter<'a>)];

fn hash(buffer: &mut Vec<u8>, place: usize, columns: &IdentityColumns<'_>, row: usize) -> Id {
    buffer.clear();
    buffer.extend_from_slice(place.to_string().as_bytes());
    let mut add = |value: &str| {
        // The length keeps ("ab", "c") and ("a", "bc") apart; null is not the empty text.
        buffer.push(0x1f);
        buffer.extend_from_slice(value.len().to_string().as_bytes());
        buffer.push(0x1f);
        buffer.extend_from_slice(value.as_bytes());
    };
    for (column, texts, formatter) in columns {
        match texts {
            _ if column.is_null(row) => add("\u{0}"),
            Some(texts) => add(texts.value(row)),
            None => add(&formatter.value(row).to_string()),
        }
    }
    let mut id = Id::default();
    id.copy_from_slice(&Sha256::digest(&buffer)[..16]);
    id
}

fn with_ids(rows: &RecordBatch, ids: &[Id]) -> Result<RecordBatch> {
    let mut columns = rows.columns().to_vec();
    if let Ok(place) = rows.schema().index_of("x_record_id") {
        columns[place] = Arc::new(StringArray::from_iter_values(ids.iter().map(|id| hex(id))));
    }
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

/// Which rows a later statement of the same source replaced, by the contract's `latest:`.
fn restated(contract: &Table, rows: &RecordBatch) -> Result<Vec<bool>> {
    let Some(declared) = contract.header.get("latest") else { return Ok(vec![false; rows.num_rows()]) };
    let wrong = |what: String| {
        Error::project(what)
            .at(format!("at {}", contract.path))
            .hint("write `latest: <column of type timestamp(6)> by <column of type varchar>`")
    };
    let (time, what) = declared.split_once(" by ").ok_or_else(|| wrong(format!("`latest: {declared}` has no `by`")))?;
    let column = |name: &str| {
        rows.column_by_name(name.trim())
            .ok_or_else(|| wrong(format!("`latest:` names `{}`, which is no column", name.trim())))
    };
    let (time, what) = (column(time)?, column(what)?);
    let times = time
        .as_primitive_opt::<TimestampMicrosecondType>()
        .ok_or_else(|| wrong("the first column of `latest:` is no timestamp(6)".into()))?;
    let whats =
        what.as_string_opt::<i32>().ok_or_else(|| wrong("the second column of `latest:` is no varchar".into()))?;
    let source = text(rows, "x_source")?;
    // A statement without a time is older than any with one: `None` comes first.
    let mut latest: HashMap<(&str, &str), Option<i64>> = HashMap::new();
    let time_of = |row: usize| times.is_valid(row).then(|| times.value(row));
    for row in (0..rows.num_rows()).filter(|row| whats.is_valid(*row)) {
        let known = latest.entry((source.value(row), whats.value(row))).or_default();
        *known = (*known).max(time_of(row));
    }
    let is_outdone = |row: usize| latest.get(&(source.value(row), whats.value(row))) != Some(&time_of(row));
    Ok((0..rows.num_rows()).map(|row| whats.is_valid(row) && is_outdone(row)).collect())
}

/// Which of the rows of one call is kept.
struct Order<'a> {
    usage: Vec<&'a ArrayRef>,
    rank: &'a Int64Array,
    key: &'a StringArray,
    line: &'a Int64Array,
}

impl<'a> Order<'a> {
    fn new(contract: &Table, rows: &'a RecordBatch) -> Result<Order<'a>> {
        let integer = |name: &str| {
            rows.column_by_name(name)
                .and_then(|column| column.as_primitive_opt::<Int64Type>())
                .ok_or_else(|| Error::engine(format!("rows lack the integer column `{name}`")))
        };
        Ok(Order {
            usage: contract.header.list("usage").iter().filter_map(|name| rows.column_by_name(name)).collect(),
            rank: integer("x_source_rank")?,
            key: text(rows, "x_object_key")?,
            line: integer("x_line")?,
        })
    }

    fn compare(&self, a: u32, b: u32) -> std::cmp::Ordering {
        let (a, b) = (a as usize, b as usize);
        let lacks_usage = |row: usize| !self.usage.iter().any(|column| column.is_valid(row));
        (lacks_usage(a), self.rank.value(a), self.key.value(a), self.line.value(a)).cmp(&(
            lacks_usage(b),
            self.rank.value(b),
            self.key.value(b),
            self.line.value(b),
        ))
    }
}

fn sorted(contract: &Table, rows: &RecordBatch) -> Result<RecordBatch> {
    let mut names: Vec<String> =
        contract.header.get("day").unwrap_or("").split('|').map(|name| name.trim().to_string()).collect();
    names.extend(["x_record_id", "x_source_rank", "x_object_key", "x_line"].map(String::from));
    let columns: Vec<SortColumn> = names
        .iter()
        .filter_map(|name| rows.column_by_name(name))
        .map(|c| SortColumn { values: c.clone(), options: None })
        .collect();
    Ok(take_record_batch(rows, &lexsort_to_indices(&columns, None)?)?)
}

fn counts(
    contract: &Table,
    day: NaiveDate,
    rows: &RecordBatch,
    groups: &[Vec<u32>],
    restated: &[u32],
) -> Result<Vec<Repeats>> {
    let source = text(rows, "x_source")?;
    let mut counts: std::collections::BTreeMap<(&str, &str), (i64, i64)> = Default::default();
    for group in groups {
        let kept = source.value(group[0] as usize);
        for (place, row) in group.iter().enumerate() {
            let count = counts.entry((source.value(*row as usize), kept)).or_default();
            if place == 0 { count.0 += 1 } else { count.1 += 1 }
        }
    }
    for row in restated {
        let source = source.value(*row as usize);
        counts.entry((source, source)).or_default().1 += 1;
    }
    Ok(counts
        .into_iter()
        .map(|((source, kept_source), (rows_kept, rows_repeated))| Repeats {
            contract: contract.name.clone(),
            event_date: day,
            source: source.into(),
            kept_source: kept_source.into(),
            rows_kept,
            rows_repeated,
            is_closed: false,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use arrow::array::{TimestampMicrosecondArray, UInt32Array};
    use arrow::compute::concat_batches;
    use arrow::datatypes::SchemaRef;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    use super::*;

    const BILL: &str = "-- A bill.\n--\n-- day: x_restated_at\n-- identity: x_object_key + x_line\n-- latest: x_restated_at by x_restates\ncreate external table bill (x_record_id varchar not null, x_source varchar not null, x_source_rank bigint not null, x_object_key varchar not null, x_line bigint not null, x_restates varchar, x_restated_at timestamp(6) with time zone, x_repeats bigint not null) stored as parquet location 'x/';\n";

    fn contract(text: &str) -> Table {
        tokio::runtime::Runtime::new().unwrap().block_on(Table::parse(text, "schemas/contracts/bill.sql")).unwrap()
    }

    /// An object of a source, its time, and what its lines state anew.
    type Object = (u8, Option<u8>, Vec<Option<u8>>);

    /// Source, object, line, what it states and when.
    type Line = (u8, usize, i64, Option<u8>, Option<u8>);

    fn lines(objects: &[(usize, Object)]) -> Vec<Line> {
        let all = objects.iter().flat_map(|(key, (source, at, lines))| {
            lines.iter().zip(1..).map(move |(states, line)| (*source, *key, line, *states, *at))
        });
        all.collect()
    }

    fn batch(schema: &SchemaRef, objects: &[(usize, Object)]) -> RecordBatch {
        let lines = lines(objects);
        let text = |cell: &dyn Fn(&Line) -> Option<String>| {
            Arc::new(lines.iter().map(cell).collect::<StringArray>()) as ArrayRef
        };
        let number = |cell: &dyn Fn(&Line) -> i64| Arc::new(lines.iter().map(cell).collect::<Int64Array>()) as ArrayRef;
        let times: TimestampMicrosecondArray = lines.iter().map(|line| line.4.map(i64::from)).collect();
        let columns = vec![
            text(&|_| Some(String::new())),
            text(&|line| Some(format!("s{}", line.0))),
            number(&|line| line.0.into()),
            text(&|line| Some(format!("o{}", line.1))),
            number(&|line| line.2),
            text(&|line| line.3.map(|what| format!("day {what}"))),
            Arc::new(times.with_timezone("UTC")),
            number(&|_| 0),
        ];
        RecordBatch::try_new(schema.clone(), columns).unwrap()
    }

    fn places(rows: &RecordBatch) -> Vec<(String, i64)> {
        let (keys, lines) = (text(rows, "x_object_key").unwrap(), rows["x_line"].as_primitive::<Int64Type>());
        let mut places: Vec<_> =
            (0..rows.num_rows()).map(|row| (keys.value(row).to_string(), lines.value(row))).collect();
        places.sort();
        places
    }

    #[test]
    fn only_the_latest_statement_counts_and_an_older_one_comes_back_when_it_goes() {
        let contract = contract(BILL);
        let day = NaiveDate::default();
        let object = (0_u8..2, prop::option::of(0_u8..4), prop::collection::vec(prop::option::of(0_u8..2), 1..4));
        let strategy = prop::collection::vec(object, 1..7).prop_flat_map(|objects| {
            let rows = objects.iter().map(|object| object.2.len() as u32).sum::<u32>();
            (Just(objects), Just((0..rows).collect::<Vec<u32>>()).prop_shuffle(), any::<u8>())
        });
        let config = Config { cases: 256, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]));
        let law = |(objects, order, goes): (Vec<Object>, Vec<u32>, u8)| {
            let objects: Vec<(usize, Object)> = objects.into_iter().enumerate().collect();
            let all = lines(&objects);
            let counts = |(source, _, _, states, at): &&Line| {
                states.is_none() || !all.iter().any(|other| other.0 == *source && other.3 == *states && other.4 > *at)
            };
            let mut expected: Vec<_> = all.iter().filter(counts).map(|line| (format!("o{}", line.1), line.2)).collect();
            expected.sort();
            let rows = batch(&contract.schema, &objects);
            let settled = settle(&contract, day, &rows).unwrap();
            prop_assert_eq!(&places(&settled.kept), &expected);
            prop_assert_eq!(settled.originals.num_rows(), all.len() - expected.len());
            prop_assert!(settled.kept["x_repeats"].as_primitive::<Int64Type>().iter().all(|n| n == Some(0)));
            let counted: i64 = settled.counts.iter().map(|count| count.rows_kept + count.rows_repeated).sum();
            prop_assert_eq!(counted as usize, all.len());
            prop_assert!(settled.counts.iter().all(|count| count.source == count.kept_source));

            let shuffled =
                settle(&contract, day, &take_record_batch(&rows, &UInt32Array::from(order)).unwrap()).unwrap();
            prop_assert_eq!((&settled.kept, &settled.originals), (&shuffled.kept, &shuffled.originals));

            // One object goes away: what is left is what would have been settled without it.
            let gone = usize::from(goes) % objects.len();
            let left = originals(&settled.kept, &settled.originals, |_, key| key == format!("o{gone}")).unwrap();
            let left = settle(&contract, day, &concat_batches(&contract.schema, &left).unwrap()).unwrap();
            let others: Vec<(usize, Object)> = objects.into_iter().filter(|(key, _)| *key != gone).collect();
            let fresh = settle(&contract, day, &batch(&contract.schema, &others)).unwrap();
            prop_assert_eq!((&left.kept, &left.originals), (&fresh.kept, &fresh.originals));
            prop_assert_eq!(left.counts, fresh.counts);
            Ok(())
        };
        runner.run(&strategy, law).unwrap();
    }

    #[test]
    fn a_rule_that_names_no_fitting_column_is_refused_with_its_file() {
        for (rule, message) in [
            ("x_restated_at", "has no `by`"),
            ("when by x_restates", "names `when`, which is no column"),
            ("x_line by x_restates", "no timestamp(6)"),
            ("x_restated_at by x_line", "no varchar"),
        ] {
            let contract = contract(&BILL.replace("x_restated_at by x_restates", rule));
            let error = settle(&contract, NaiveDate::default(), &batch(&contract.schema, &[])).err().unwrap();
            assert!(error.to_string().contains(message) && error.to_string().contains("bill.sql"), "{error}");
        }
    }
}
