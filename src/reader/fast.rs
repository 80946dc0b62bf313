//! The fast path of JSON: one pass over a line that holds one record, from its bytes to the cells of its row.
//!
//! It takes a line only when the result is sure to be the one of the exact path (`json`, `value`, `walk`). At any
//! doubt it gives the line up: a wrong type, a missing field, an escape in a key beside a named one, a key that
//! repeats, a limit. The exact path then reads it from its start, so a rejection and its reason have one source. What a
//! text or a number means in a column is decided by the functions of `cell` for both; what is rare (JSON in a string, a
//! map as a list of pairs, a fingerprint) is cut out here and handed to `value`.
//!
//! Parts that nobody names are skipped, yet judged in full: see `scan`.

use std::borrow::Cow;

use arrow::datatypes::{DataType, Field, FieldRef, Fields};

use super::cell::{CELL_BYTES, Cell, Tally, bool_cell, is_raw_json, null_cell, number_cell, text_cell};
use super::cell::wants_fingerprint;
use super::columns::map_value;
use super::keys::Keys;
use super::scan::Scan;
use super::value::{decode_map_value, decode_value};

/// More pairs of a map than this are left to a hash table.
const MAX_PAIRS: usize = 16;

/// The fields of a table, made ready for the search by name.
pub(super) struct Plan {
    members: Members,
}

struct Members {
    slots: Vec<Slot>,
    keys: Keys,
    /// A bit for each slot that a record must fill.
    required: u128,
}

struct Slot {
    field: FieldRef,
    shape: Shape,
}

/// What is read in one go; anything else that stands there is cut out and decoded by the exact path's functions.
enum Shape {
    Scalar,
    RawJson,
    Struct(Members),
    List(Box<Slot>),
    Map(Option<FieldRef>),
    Other,
}

impl Plan {
    /// `None` for a table with more fields in one place than the plan has bits for.
    pub(super) fn new(fields: &Fields) -> Option<Self> {
        Some(Self { members: Members::new(fields)? })
    }

    /// The row of a line that is one record; `None` at any doubt.
    pub(super) fn read<'a>(&self, line: &'a [u8], max_depth: usize, tally: &mut Tally) -> Option<Vec<Cell<'a>>> {
        let mut scan = Scan::new(std::str::from_utf8(line).ok()?, max_depth);
        let cells = self.members.read(&mut scan, tally)?;
        scan.is_at_end().then_some(cells)
    }
}

impl Members {
    fn new(fields: &Fields) -> Option<Self> {
        if fields.len() > 128 {
            return None;
        }
        let required = fields.iter().rev().fold(0, |bits, field| bits << 1 | u128::from(!field.is_nullable()));
        let keys = Keys::new(fields.iter().map(|field| field.name().as_str()))?;
        Some(Self { slots: fields.iter().map(Slot::new).collect(), keys, required })
    }

    fn read<'a>(&self, scan: &mut Scan<'a>, tally: &mut Tally) -> Option<Vec<Cell<'a>>> {
        tally.add(self.slots.len() * CELL_BYTES).ok()?;
        let mut cells = Vec::new();
        cells.resize_with(self.slots.len(), || Cell::Null);
        let mut filled = 0_u128;
        let mut is_more = scan.open(b'{')?;
        while is_more {
            let key = scan.key()?;
            match self.keys.find(key) {
                Some(place) => {
                    let bit = 1 << place;
                    if filled & bit != 0 {
                        return None;
                    }
                    filled |= bit;
                    *cells.get_mut(place)? = self.slots.get(place)?.read(scan, tally)?;
                }
                None => scan.skip_value()?,
            }
            is_more = scan.has_next(b'{')?;
        }
        (filled & self.required == self.required).then_some(cells)
    }
}

impl Slot {
    fn new(field: &FieldRef) -> Self {
        Self { field: field.clone(), shape: Shape::of(field) }
    }

    fn read<'a>(&self, scan: &mut Scan<'a>, tally: &mut Tally) -> Option<Cell<'a>> {
        let first = scan.peek()?;
        match (&self.shape, first) {
            (Shape::Scalar, b'"') => {
                let start = scan.position();
                match scan.string()? {
                    Some(text) => text_cell(Cow::Borrowed(text), self.field.data_type(), tally).ok(),
                    None => decode_value(&self.field, scan.since(start)?, tally).ok(),
                }
            }
            (Shape::Scalar, b'-' | b'0'..=b'9') => {
                let start = scan.position();
                scan.skip_number()?;
                number_cell(Cow::Borrowed(scan.since(start)?), self.field.data_type(), tally).ok()
            }
            (Shape::Scalar, b't' | b'f') => {
                scan.skip_value()?;
                bool_cell(first == b't', self.field.data_type()).ok()
            }
            (_, b'n') => {
                scan.skip_value()?;
                null_cell(&self.field).ok()
            }
            (Shape::RawJson, _) => {
                let json = cut(scan)?;
                tally.add(json.len()).ok()?;
                Some(Cell::Text(Cow::Borrowed(json)))
            }
            (Shape::Struct(members), b'{') => members.read(scan, tally).map(Cell::Struct),
            (Shape::List(item), b'[') => item.read_list(scan, tally),
            (Shape::Map(value), b'{') => read_map(value.as_deref(), scan, tally),
            _ => decode_value(&self.field, cut(scan)?, tally).ok(),
        }
    }

    /// The elements of a list whose items this slot describes.
    fn read_list<'a>(&self, scan: &mut Scan<'a>, tally: &mut Tally) -> Option<Cell<'a>> {
        let mut cells = Vec::new();
        let mut is_more = scan.open(b'[')?;
        while is_more {
            tally.add(CELL_BYTES).ok()?;
            cells.push(self.read(scan, tally)?);
            is_more = scan.has_next(b'[')?;
        }
        Some(Cell::List(cells))
    }
}

impl Shape {
    fn of(field: &Field) -> Self {
        if is_raw_json(field) {
            return Self::RawJson;
        }
        if wants_fingerprint(field).is_some() {
            return Self::Other;
        }
        match field.data_type() {
            DataType::Struct(fields) => Members::new(fields).map_or(Self::Other, Self::Struct),
            DataType::List(item) => Self::List(Box::new(Slot::new(item))),
            DataType::Map(entries, _) => Self::Map(map_value(entries).map(|value| FieldRef::new(value.clone()))),
            nested if nested.is_nested() => Self::Other,
            _ => Self::Scalar,
        }
    }
}

/// The text of the next value.
fn cut<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    scan.peek()?;
    let start = scan.position();
    scan.skip_value()?;
    scan.since(start)
}

/// A map with few pairs, none of which repeats a key.
fn read_map<'a>(value: Option<&Field>, scan: &mut Scan<'a>, tally: &mut Tally) -> Option<Cell<'a>> {
    let mut pairs: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)> = Vec::new();
    let mut is_more = scan.open(b'{')?;
    while is_more {
        let key = scan.key()?;
        if pairs.len() == MAX_PAIRS || pairs.iter().any(|(known, _)| known == key) {
            return None;
        }
        let json = cut(scan)?;
        tally.add(4 * CELL_BYTES + key.len() + json.len()).ok()?;
        pairs.push((Cow::Borrowed(key), decode_map_value(value, json).ok()?));
        is_more = scan.has_next(b'{')?;
    }
    Some(Cell::Map(pairs))
}
