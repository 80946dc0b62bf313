//! Where rows of a day come from, and the order in which they are kept and written.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray, new_empty_array};
use arrow::compute::{concat, interleave};
use arrow::datatypes::Int64Type;

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

/// Which of the rows of one call is kept. Only rows that are repeated or stated anew are ever compared so.
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
        let place = |row: usize| (self.rank.value(row), self.key.value(row), self.line.value(row));
        lacks_usage(first).cmp(&lacks_usage(second)).then_with(|| first.map(place).cmp(&second.map(place)))
    }

    fn index(&self, row: u32) -> Option<usize> {
        self.rows.binary_search(&row).ok()
    }
}

/// The order of rows in a file: by rank of the source, key of the object, line, and identity. It is the order in which objects are
/// read, so that rows mostly stand so already.
pub(super) struct Sorting<'a> {
    /// The object of each row, by its place among all.
    objects: Vec<u32>,
    lines: Vec<i64>,
    ids: &'a [Id],
}

impl<'a> Sorting<'a> {
    pub(super) fn new(rows: &Waiting, ids: &'a [Id]) -> Result<Sorting<'a>> {
        let lacks = |name: &str| Error::engine(format!("rows lack the column `{name}`"));
        let mut places = Vec::new();
        for name in ["x_source_rank", "x_object_key", "x_line"] {
            places.push(rows.schema().index_of(name).map_err(|_| lacks(name))?);
        }
        places.sort_unstable();
        let (mut objects, mut lines) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
        let mut known: BTreeMap<(i64, String), u32> = BTreeMap::new();
        for part in 0..rows.lengths().len() {
            let part = rows.part(part, &places)?;
            let integer = |name: &str| {
                let column = part.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
                column.ok_or_else(|| lacks(name))
            };
            let (ranks, of_lines) = (integer("x_source_rank")?, integer("x_line")?);
            let keys = part.column_by_name("x_object_key").and_then(|column| column.as_string_opt::<i32>());
            let keys = keys.ok_or_else(|| lacks("x_object_key"))?;
            let mut begin = 0;
            while begin < keys.len() {
                let object = (ranks.value(begin), keys.value(begin));
                let is_same = |row: &usize| (ranks.value(*row), keys.value(*row)) == object;
                let end = (begin + 1..keys.len()).find(|row| !is_same(row)).unwrap_or(keys.len());
                let next = known.len() as u32;
                let number = *known.entry((object.0, object.1.to_string())).or_insert(next);
                objects.extend(std::iter::repeat_n(number, end - begin));
                begin = end;
            }
            lines.extend_from_slice(of_lines.values());
        }
        let mut place_of = vec![0; known.len()];
        for (place, number) in (0..).zip(known.into_values()) {
            place_of[number as usize] = place;
        }
        objects.iter_mut().for_each(|number| *number = place_of[*number as usize]);
        Ok(Sorting { objects, lines, ids })
    }

    pub(super) fn sorted(&self, rows: Vec<u32>) -> Vec<u32> {
        let keyed = |row: u32| (self.objects[row as usize], self.lines[row as usize], row);
        let mut keyed: Vec<(u32, i64, u32)> = rows.into_iter().map(keyed).collect();
        keyed.sort_unstable_by(|a, b| {
            let by_id = || self.ids[a.2 as usize].cmp(&self.ids[b.2 as usize]);
            (a.0, a.1).cmp(&(b.0, b.1)).then_with(by_id).then_with(|| a.2.cmp(&b.2))
        });
        keyed.into_iter().map(|(.., row)| row).collect()
    }
}
