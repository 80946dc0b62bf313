//! Where rows of a day come from, and the order in which they are kept and written.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow::array::{
    Array, ArrayRef, AsArray, DynComparator, Int64Array, StringArray, make_comparator, new_empty_array,
};
use arrow::compute::{SortOptions, concat, interleave};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::identity::Id;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::waiting::Waiting;

/// The source of each row.
pub(super) struct Sources {
    names: Vec<String>,
    of_row: Vec<u32>,
}

impl Sources {
    pub(super) fn of(rows: &Waiting) -> Result<Sources> {
        let mut sources = Sources { names: Vec::new(), of_row: Vec::with_capacity(rows.lengths().sum()) };
        let mut known: HashMap<String, u32> = HashMap::new();
        let lacks = || Error::engine("rows lack the text column `x_source`");
        for part in rows.column_named("x_source")?.ok_or_else(lacks)? {
            let part = part.as_string_opt::<i32>().ok_or_else(lacks)?;
            for row in 0..part.len() {
                let name = part.value(row);
                // Rows of a source mostly stand together.
                let last = sources.of_row.last().copied().filter(|last| sources.names[*last as usize] == name);
                let place = last.or_else(|| known.get(name).copied()).unwrap_or_else(|| {
                    sources.names.push(name.to_string());
                    let place = sources.names.len() as u32 - 1;
                    known.insert(name.to_string(), place);
                    place
                });
                sources.of_row.push(place);
            }
        }
        Ok(sources)
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.of_row.len()
    }

    /// How many sources there are.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// The source of a row, by number.
    pub(super) fn of_row(&self, row: usize) -> u32 {
        self.of_row[row]
    }

    /// The name of the source of a row.
    pub(super) fn name(&self, row: u32) -> &str {
        &self.names[self.of_row[row as usize] as usize]
    }
}

/// A column of all rows together; `None` where there is none of the name.
pub(super) fn whole(rows: &Waiting, name: &str) -> Result<Option<ArrayRef>> {
    let Some(parts) = rows.column_named(name)? else { return Ok(None) };
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    let of = rows.schema().field_with_name(name)?.data_type();
    Ok(Some(if parts.is_empty() { new_empty_array(of) } else { concat(&parts)? }))
}

/// The part of the rows in which a row stands, and its place there.
pub(super) fn place(starts: &[usize], row: u32) -> (usize, usize) {
    let part = starts.partition_point(|start| *start <= row as usize) - 1;
    (part, row as usize - starts[part])
}

/// Which of the rows of one call is kept, and in which order such rows stand in a file. Only rows that are repeated or stated
/// anew are ever compared so.
pub(super) struct Order {
    /// The rows, in their order.
    rows: Vec<u32>,
    usage: Vec<ArrayRef>,
    rank: Int64Array,
    key: StringArray,
    line: Int64Array,
}

impl Order {
    pub(super) fn new(contract: &Table, rows: &Waiting, starts: &[usize], compared: &[u32]) -> Result<Order> {
        let mut compared = compared.to_vec();
        compared.sort_unstable();
        let places: Vec<(usize, usize)> = compared.iter().map(|row| place(starts, *row)).collect();
        let chosen = |name: &str| {
            let Some(of) = rows.schema().field_with_name(name).ok() else { return Ok(None) };
            if places.is_empty() {
                return Ok(Some(new_empty_array(of.data_type())));
            }
            let parts = rows.column_named(name)?.unwrap_or_default();
            let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
            Ok::<_, Error>(Some(interleave(&parts, &places)?))
        };
        let integer = |name: &str| {
            let column = chosen(name)?.and_then(|column| column.as_primitive_opt::<Int64Type>().cloned());
            column.ok_or_else(|| Error::engine(format!("rows lack the integer column `{name}`")))
        };
        let key = chosen("x_object_key")?.and_then(|column| column.as_string_opt::<i32>().cloned());
        let mut usage = Vec::new();
        for name in contract.header.list("usage") {
            usage.extend(chosen(&name)?);
        }
        Ok(Order {
            usage,
            rank: integer("x_source_rank")?,
            key: key.ok_or_else(|| Error::engine("rows lack the text column `x_object_key`"))?,
            line: integer("x_line")?,
            rows: compared,
        })
    }

    /// Which of two rows of a call comes first.
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        let lacks_usage = |row: Option<usize>| row.is_some_and(|row| !self.usage.iter().any(|of| of.is_valid(row)));
        let (first, second) = (self.index(a), self.index(b));
        lacks_usage(first).cmp(&lacks_usage(second)).then_with(|| self.by_place(a, b))
    }

    /// By rank of the source, key of the object, and line.
    fn by_place(&self, a: u32, b: u32) -> Ordering {
        let place = |row: usize| (self.rank.value(row), self.key.value(row), self.line.value(row));
        self.index(a).map(place).cmp(&self.index(b).map(place))
    }

    fn index(&self, row: u32) -> Option<usize> {
        self.rows.binary_search(&row).ok()
    }
}

/// The order of rows in a file: by time, identity, rank of the source, key and line.
pub(super) struct Sorting<'a> {
    /// Mostly the times alone decide.
    times: Vec<i64>,
    days: Vec<DynComparator>,
    ids: &'a [Id],
    order: &'a Order,
}

impl<'a> Sorting<'a> {
    pub(super) fn new(contract: &Table, rows: &Waiting, ids: &'a [Id], order: &'a Order) -> Result<Sorting<'a>> {
        let mut columns = Vec::new();
        for name in contract.header.get("day").unwrap_or("").split('|') {
            columns.extend(whole(rows, name.trim())?);
        }
        let times = match columns.first().and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>()) {
            Some(times) => times.iter().map(|time| time.unwrap_or(i64::MIN)).collect(),
            None => vec![0; ids.len()],
        };
        let compare = |column: &ArrayRef| make_comparator(column, column, SortOptions::default());
        Ok(Sorting { times, days: columns.iter().map(compare).collect::<std::result::Result<_, _>>()?, ids, order })
    }

    pub(super) fn sorted(&self, rows: Vec<u32>) -> Vec<u32> {
        let mut keyed: Vec<(i64, u32)> = rows.into_iter().map(|row| (self.times[row as usize], row)).collect();
        keyed.sort_unstable_by(|a, b| {
            let (row, other) = (a.1 as usize, b.1 as usize);
            let by_days = || self.days.iter().map(|compare| compare(row, other)).find(|order| order.is_ne());
            a.0.cmp(&b.0)
                .then_with(|| by_days().unwrap_or(Ordering::Equal))
                .then_with(|| self.ids[row].cmp(&self.ids[other]))
                .then_with(|| self.order.by_place(a.1, b.1))
                .then_with(|| a.1.cmp(&b.1))
        });
        keyed.into_iter().map(|(_, row)| row).collect()
    }
}
