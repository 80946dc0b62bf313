//! The same call from several objects or sources becomes one row, whatever order the objects arrived in.
//!
//! Identity and order are declared by the contract's header: `identity:` lists alternatives separated by `|`, each a sum
//! of columns; the first whose columns are all known applies, the last always does. Kept is the first row in the order
//! *has usage, source rank, object key, line*; the others fill its null columns in that order, except usage columns,
//! which must come from one row because they add up.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{SortColumn, filter_record_batch, lexsort_to_indices, take, take_record_batch};
use arrow::datatypes::Int64Type;
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
    /// Every original row of the calls that came more than once, so that a changed object can be taken out again.
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
    let order = Order::new(contract, rows)?;
    let mut groups: HashMap<&str, Vec<u32>> = HashMap::with_capacity(ids.len());
    for (row, id) in ids.iter().enumerate() {
        groups.entry(id).or_default().push(row as u32);
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
            "x_record_id" => {
                std::sync::Arc::new(groups.iter().map(|g| Some(ids[g[0] as usize].as_str())).collect::<StringArray>())
                    as ArrayRef
            }
            "x_repeats" => std::sync::Arc::new(groups.iter().map(|g| g.len() as i64 - 1).collect::<Int64Array>()),
            name if is_filled(name) && column.null_count() > 0 => take(column, &filled(&groups, column), None)?,
            _ => take(column, &first, None)?,
        });
    }
    let kept = sorted(contract, &RecordBatch::try_new(rows.schema(), columns)?)?;
    let repeated: Vec<u32> = groups.iter().filter(|group| group.len() > 1).flatten().copied().collect();
    let originals = sorted(contract, &take_record_batch(rows, &UInt32Array::from(repeated))?)?;
    Ok(Settled { kept, originals, counts: counts(contract, day, rows, &groups)? })
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

/// Usage adds up inside one row, and provenance belongs to one row: neither is filled from another.
fn is_filled(name: &str) -> bool {
    !name.starts_with("usage_")
        && !name.starts_with("gen_ai_usage_")
        && name != "x_usage_semantics"
        && name != "event_date"
}

fn filled(groups: &[Vec<u32>], column: &ArrayRef) -> UInt32Array {
    groups
        .iter()
        .map(|group| group.iter().copied().find(|row| column.is_valid(*row as usize)).unwrap_or(group[0]))
        .collect()
}

fn identities(contract: &Table, rows: &RecordBatch) -> Result<Vec<String>> {
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
            columns.push((column, ArrayFormatter::try_new(column, &options)?));
        }
        alternatives.push(columns);
    }
    let last = alternatives.len() - 1;
    let mut ids = Vec::with_capacity(rows.num_rows());
    for row in 0..rows.num_rows() {
        let known = alternatives
            .iter()
            .position(|columns| columns.iter().all(|(column, _)| column.is_valid(row)))
            .unwrap_or(last);
        let mut hash = Sha256::new_with_prefix(format!("{known}"));
        for (column, formatter) in &alternatives[known] {
            // The length keeps ("ab", "c") and ("a", "bc") apart; null is not the empty text.
            let value = if column.is_valid(row) { formatter.value(row).to_string() } else { "\u{0}".into() };
            hash.update(format!("\u{1f}{}\u{1f}{value}", value.len()));
        }
        ids.push(hex(&hash.finalize()[..16]));
    }
    Ok(ids)
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

fn counts(contract: &Table, day: NaiveDate, rows: &RecordBatch, groups: &[Vec<u32>]) -> Result<Vec<Repeats>> {
    let source = text(rows, "x_source")?;
    let mut counts: std::collections::BTreeMap<(&str, &str), (i64, i64)> = Default::default();
    for group in groups {
        let kept = source.value(group[0] as usize);
        for (place, row) in group.iter().enumerate() {
            let count = counts.entry((source.value(*row as usize), kept)).or_default();
            if place == 0 { count.0 += 1 } else { count.1 += 1 }
        }
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
        })
        .collect())
}
