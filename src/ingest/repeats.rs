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

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, StringBuilder, new_empty_array,
    new_null_array,
};
use arrow::compute::{concat, filter_record_batch, interleave};
use arrow::datatypes::{Field, Int64Type, SchemaRef, TimestampMicrosecondType};
use bytes::Bytes;
use chrono::NaiveDate;

use super::identity::{ById, Id, identities};
use super::ledger::Repeats;
use super::order::{Order, Sorting, Sources, place, whole};
use crate::error::{Error, Result};
use crate::schema::{Table, hex};
use crate::table_file::day_with_groups;
use crate::waiting::Waiting;

/// Columns of kept rows that are known when their day is settled.
const KNOWN_NOW: [&str; 2] = ["x_record_id", "x_repeats"];
/// Rows that stand together, on average, from which they are copied together.
const ROWS_OF_RUN: usize = 8;

/// A settled day.
pub struct Settled {
    /// One row per call, ordered by source, object and line.
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
    let mut waiting = Waiting::new(&rows.schema());
    waiting.push(rows)?;
    Settling::of(contract, day, &rows.schema(), waiting)?.settled()
}

/// A settled day before its rows are gathered: a day is the largest thing in memory, so that its columns are gathered one
/// after the other, as they are written, and stand together never.
pub struct Settling {
    schema: SchemaRef,
    rows: Waiting,
    /// Where each part of the rows begins.
    starts: Vec<usize>,
    /// Identities of all rows.
    ids: Vec<Id>,
    /// Rows of the calls that came more than once, in the order in which they fill a row, by the first.
    repeated: HashMap<u32, Vec<u32>>,
    /// The rows that [`Settled::kept`] has.
    pub kept: Part,
    /// The rows that [`Settled::originals`] has.
    pub originals: Part,
    /// Kept and repeated rows by pair of sources.
    pub counts: Vec<Repeats>,
}

/// Rows of a file, in their order: each by its place among all, and as part and row.
#[derive(Default)]
pub struct Part {
    rows: Vec<u32>,
    places: Vec<(usize, usize)>,
    is_folded: bool,
}

impl Part {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Settling {
    /// Decides which rows of one event day are kept.
    ///
    /// # Errors
    /// `Project` when the contract's header names no identity, `Engine` when a columnar operation fails.
    pub fn of(contract: &Table, day: NaiveDate, schema: &SchemaRef, rows: Waiting) -> Result<Settling> {
        let sources = Sources::of(&rows)?;
        let ids = identities(contract, &rows, &sources)?;
        let is_restated = restated(contract, &rows, &sources)?;
        let mut firsts: HashMap<Id, u32, ById> = HashMap::with_capacity_and_hasher(ids.len(), ById::default());
        let mut groups: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut kept: Vec<u32> = Vec::with_capacity(ids.len());
        for (row, id) in (0..).zip(&ids).filter(|(row, _)| !is_restated[*row as usize]) {
            match firsts.entry(*id) {
                Entry::Vacant(first) => {
                    first.insert(row);
                    kept.push(row);
                }
                Entry::Occupied(first) => {
                    groups.entry(*first.get()).or_insert_with_key(|first| vec![*first]).push(row);
                }
            }
        }
        drop(firsts);
        if !groups.is_empty() {
            kept.retain(|row| !groups.contains_key(row));
        }
        let mut originals: Vec<u32> = (0..ids.len() as u32).filter(|row| is_restated[*row as usize]).collect();
        let restated = originals.len();
        originals.extend(groups.values().flatten());
        let starts: Vec<usize> =
            rows.lengths().scan(0, |start, rows| Some(std::mem::replace(start, *start + rows))).collect();
        let order = Order::new(contract, &rows, &starts, &originals)?;
        let mut repeated = HashMap::with_capacity(groups.len());
        for mut group in groups.into_values() {
            group.sort_by(|a, b| order.compare(*a, *b));
            kept.push(group[0]);
            repeated.insert(group[0], group);
        }
        let counts = counts(contract, day, &sources, &kept, &repeated, &originals[..restated]);
        let sorting = Sorting::new(&rows, &ids)?;
        let part = |rows: Vec<u32>, is_folded| {
            let rows = sorting.sorted(rows);
            Part { places: rows.iter().map(|row| place(&starts, *row)).collect(), rows, is_folded }
        };
        let (kept, originals) = (part(kept, true), part(originals, false));
        Ok(Settling { schema: schema.clone(), rows, starts, ids, repeated, kept, originals, counts })
    }

    /// The kept rows as the file of their day. Where they are the rows that waited, in their order, row groups that are packed
    /// stay as they are, but for the columns that are known only now.
    ///
    /// # Errors
    /// `Engine` when a columnar operation fails.
    pub fn kept_file(&self, stored: &SchemaRef) -> Result<Bytes> {
        let groups: Vec<&Bytes> = match self.kept.rows.iter().copied().eq(0..self.ids.len() as u32) {
            true => self.rows.groups().collect(),
            false => Vec::new(),
        };
        let known_now =
            |(place, field): (usize, &Arc<Field>)| KNOWN_NOW.contains(&field.name().as_str()).then_some(place);
        let anew: Vec<usize> = stored.fields().iter().enumerate().filter_map(known_now).collect();
        let column = |column, range| self.column(&self.kept, column, range);
        day_with_groups(stored, self.kept.len(), &column, &anew, &|group| groups.get(group).copied().cloned())
    }

    /// All its rows.
    ///
    /// # Errors
    /// `Engine` when a columnar operation fails.
    pub fn settled(self) -> Result<Settled> {
        let gathered = |part: &Part| -> Result<RecordBatch> {
            let columns = (0..self.schema.fields().len()).map(|column| self.column(part, column, 0..part.len()));
            Ok(RecordBatch::try_new(self.schema.clone(), columns.collect::<Result<_>>()?)?)
        };
        Ok(Settled { kept: gathered(&self.kept)?, originals: gathered(&self.originals)?, counts: self.counts })
    }

    /// A part of a column, by its place in the schema: what stands in the rows, or for kept rows what their call gives.
    ///
    /// # Errors
    /// `Engine` when a columnar operation fails.
    pub fn column(&self, part: &Part, column: usize, range: Range<usize>) -> Result<ArrayRef> {
        let field = self.schema.field(column);
        let rows = &part.rows[range.clone()];
        let [id, repeats] = KNOWN_NOW;
        match field.name().as_str() {
            // Originals bear their identity too: their bytes do not tell which rows were settled before.
            name if name == id => return Ok(texts(rows.iter().map(|row| &self.ids[*row as usize]))),
            name if name == repeats && part.is_folded => {
                let repeats = |row| self.repeated.get(row).map_or(0, |group| group.len() as i64 - 1);
                return Ok(Arc::new(rows.iter().map(repeats).collect::<Int64Array>()));
            }
            _ => {}
        }
        let may_fill = part.is_folded && is_filled(field.name()) && !self.repeated.is_empty();
        let places = &part.places[range.clone()];
        let mut is_read = vec![false; self.starts.len()];
        places.iter().for_each(|(part, _)| is_read[*part] = true);
        if may_fill {
            let fillers = rows.iter().filter_map(|row| self.repeated.get(row)).flatten();
            fillers.for_each(|row| is_read[place(&self.starts, *row).0] = true);
        }
        let mut arrays = Vec::with_capacity(is_read.len());
        for (part, is_read) in is_read.into_iter().enumerate() {
            arrays.push(match is_read {
                true => self.rows.part(part, &[column])?.column(0).clone(),
                false => new_empty_array(field.data_type()),
            });
        }
        let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
        if arrays.iter().all(|array| array.null_count() == array.len()) {
            return Ok(new_null_array(field.data_type(), rows.len()));
        }
        match may_fill && arrays.iter().any(|array| array.null_count() > 0) {
            true => gathered(&arrays, &self.filled(part, range, &arrays)),
            false => gathered(&arrays, places),
        }
    }

    /// From where a column of kept rows is filled: the first row of the call that has a value.
    fn filled(&self, part: &Part, range: Range<usize>, arrays: &[&dyn Array]) -> Vec<(usize, usize)> {
        let mut places = part.places[range.clone()].to_vec();
        for (at, row) in places.iter_mut().zip(&part.rows[range]) {
            let Some(group) = self.repeated.get(row).filter(|_| arrays[at.0].is_null(at.1)) else { continue };
            let mut others = group.iter().map(|row| place(&self.starts, *row));
            *at = others.find(|(part, row)| arrays[*part].is_valid(*row)).unwrap_or(*at);
        }
        places
    }
}

/// The values at some places, by part and row. Rows mostly stand together, and are copied so.
fn gathered(arrays: &[&dyn Array], places: &[(usize, usize)]) -> Result<ArrayRef> {
    let runs: Vec<&[(usize, usize)]> = places.chunk_by(|(part, row), next| *next == (*part, row + 1)).collect();
    if runs.len() > places.len() / ROWS_OF_RUN {
        return Ok(interleave(arrays, places)?);
    }
    let slices: Vec<ArrayRef> = runs.iter().map(|run| arrays[run[0].0].slice(run[0].1, run.len())).collect();
    Ok(concat(&slices.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())?)
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

fn texts<'a>(ids: impl ExactSizeIterator<Item = &'a Id>) -> ArrayRef {
    let mut texts = StringBuilder::with_capacity(ids.len(), 32 * ids.len());
    ids.for_each(|id| texts.append_value(hex(id)));
    Arc::new(texts.finish())
}

/// Which rows a later statement of the same source replaced, by the contract's `latest:`.
fn restated(contract: &Table, rows: &Waiting, sources: &Sources) -> Result<Vec<bool>> {
    let count = sources.rows();
    let Some(declared) = contract.header.get("latest") else { return Ok(vec![false; count]) };
    let wrong = |what: String| {
        Error::project(what)
            .at(format!("at {}", contract.path))
            .hint("write `latest: <column of type timestamp(6)> by <column of type varchar>`")
    };
    let (time, what) = declared.split_once(" by ").ok_or_else(|| wrong(format!("`latest: {declared}` has no `by`")))?;
    let column = |name: &str| {
        whole(rows, name.trim())?.ok_or_else(|| wrong(format!("`latest:` names `{}`, which is no column", name.trim())))
    };
    let (time, what) = (column(time)?, column(what)?);
    let times = time
        .as_primitive_opt::<TimestampMicrosecondType>()
        .ok_or_else(|| wrong("the first column of `latest:` is no timestamp(6)".into()))?;
    let whats =
        what.as_string_opt::<i32>().ok_or_else(|| wrong("the second column of `latest:` is no varchar".into()))?;
    // A statement without a time is older than any with one: `None` comes first.
    let mut latest: HashMap<(u32, &str), Option<i64>> = HashMap::new();
    let time_of = |row: usize| times.is_valid(row).then(|| times.value(row));
    for row in (0..count).filter(|row| whats.is_valid(*row)) {
        let known = latest.entry((sources.of_row(row), whats.value(row))).or_default();
        *known = (*known).max(time_of(row));
    }
    let is_outdone = |row: usize| latest.get(&(sources.of_row(row), whats.value(row))) != Some(&time_of(row));
    Ok((0..count).map(|row| whats.is_valid(row) && is_outdone(row)).collect())
}

fn counts(
    contract: &Table,
    day: NaiveDate,
    sources: &Sources,
    kept: &[u32],
    repeated: &HashMap<u32, Vec<u32>>,
    restated: &[u32],
) -> Vec<Repeats> {
    let mut counts: BTreeMap<(&str, &str), (i64, i64)> = BTreeMap::new();
    for row in kept {
        let kept = sources.name(*row);
        counts.entry((kept, kept)).or_default().0 += 1;
        for row in repeated.get(row).into_iter().flatten().skip(1) {
            counts.entry((sources.name(*row), kept)).or_default().1 += 1;
        }
    }
    for row in restated {
        let source = sources.name(*row);
        counts.entry((source, source)).or_default().1 += 1;
    }
    let repeats = |((source, kept_source), (rows_kept, rows_repeated)): ((&str, &str), _)| Repeats {
        contract: contract.name.clone(),
        event_date: day,
        source: source.into(),
        kept_source: kept_source.into(),
        rows_kept,
        rows_repeated,
        is_closed: false,
    };
    counts.into_iter().map(repeats).collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{TimestampMicrosecondArray, UInt32Array};
    use arrow::compute::{concat_batches, take_record_batch};
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    use super::*;
    use crate::schema::nullable;
    use crate::table_file::from_parquet;

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
    fn a_day_is_the_same_file_whatever_of_it_was_packed() {
        let contract = contract(BILL);
        let object = |key: usize, lines: usize| (key, (0_u8, None, vec![None; lines]));
        // Row groups end within objects.
        let objects = [object(0, 30_000), object(1, 40_000), object(2, 50_000), object(3, 20_000)];
        let stored = nullable(&contract.schema);
        let file = |objects: &[(usize, Object)], packs: &dyn Fn(usize, &mut Waiting)| {
            let mut waiting = Waiting::new(&contract.schema);
            for (place, object) in objects.iter().enumerate() {
                waiting.push(&batch(&contract.schema, std::slice::from_ref(object))).unwrap();
                packs(place, &mut waiting);
            }
            let groups = waiting.groups().count();
            let settling = Settling::of(&contract, NaiveDate::default(), &contract.schema, waiting).unwrap();
            (groups, settling.kept_file(&stored).unwrap())
        };
        let (none, loose) = file(&objects, &|_, _| {});
        let (two, packed) = file(&objects, &|_, waiting| waiting.pack_groups().unwrap());
        let (one, half) = file(&objects, &|place, waiting| match place {
            0 => {}
            2 => waiting.pack().unwrap(),
            _ => waiting.pack_groups().unwrap(),
        });
        assert_eq!((none, two, one), (0, 2, 1));
        assert!(loose == packed && loose == half);
        // Objects in another order are the same day, and none of their groups is its.
        let mut turned = objects.clone();
        turned.reverse();
        let (two, turned) = file(&turned, &|_, waiting| waiting.pack_groups().unwrap());
        assert!(two == 2 && turned == loose);
        let rows = from_parquet(loose, &contract.schema).unwrap();
        assert_eq!(rows, settle(&contract, NaiveDate::default(), &batch(&contract.schema, &objects)).unwrap().kept);
        // An object that came again at the end leaves no group as it was packed, and its calls are filled from both.
        let again: Vec<_> = objects.iter().chain([&objects[1]]).cloned().collect();
        let (_, loose) = file(&again, &|_, _| {});
        let (two, packed) = file(&again, &|_, waiting| waiting.pack_groups().unwrap());
        assert!(two == 2 && loose == packed);
        let kept = from_parquet(loose, &contract.schema).unwrap();
        assert_eq!(kept.num_rows(), 140_000);
        assert_eq!(kept["x_repeats"].as_primitive::<Int64Type>().iter().flatten().sum::<i64>(), 40_000);
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
