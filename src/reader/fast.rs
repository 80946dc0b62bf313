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

use super::cell::wants_fingerprint;
use super::cell::{CELL_BYTES, Cell, Tally, bool_cell, is_raw_json, null_cell, number_cell, text_cell};
use super::columns::map_value;
use super::keys::{Keys, Order};
use super::scan::Scan;
use super::value::{decode_map_value, decode_value};

/// More pairs of a map than this are left to a hash table.
const MAX_PAIRS: usize = 16;

/// The fields of a table, made ready for the search by name.
pub(super) struct Plan {
    members: Members,
    /// The cells of a row.
    width: usize,
}

struct Members {
    slots: Vec<Slot>,
    keys: Keys,
    /// A bit for each slot that a record must fill.
    required: u128,
    order: Order,
}

struct Slot {
    field: FieldRef,
    shape: Shape,
    /// Where its cell stands in the row.
    at: usize,
}

/// What is read in one go; anything else that stands there is cut out and decoded by the exact path's functions.
enum Shape {
    Text,
    Scalar,
    RawJson,
    /// Its members' cells follow its own.
    Flat(Members),
    /// An element of a list, with a row of its own.
    Element(Members),
    List(Box<Slot>),
    Map(Option<FieldRef>),
    Other,
}

impl Plan {
    /// `None` for a table with more fields in one place than the plan has bits for.
    pub(super) fn new(fields: &Fields) -> Option<Self> {
        let mut width = 0;
        let members = Members::new(fields, &mut width)?;
        Some(Self { members, width })
    }

    /// The row of a line that is one record, as `Column::append_flat` takes it; `None` at any doubt.
    pub(super) fn read<'a>(&mut self, line: &'a [u8], max_depth: usize, tally: &mut Tally) -> Option<Vec<Cell<'a>>> {
        let mut scan = Scan::new(std::str::from_utf8(line).ok()?, max_depth);
        let mut row = nulls(self.width);
        self.members.read(&mut scan, &mut row, tally)?;
        scan.is_at_end().then_some(row)
    }
}

fn nulls<'a>(width: usize) -> Vec<Cell<'a>> {
    let mut row = Vec::new();
    row.resize_with(width, || Cell::Null);
    row
}

impl Members {
    /// `width` grows by the cells of all fields.
    fn new(fields: &Fields, width: &mut usize) -> Option<Self> {
        if fields.len() > 128 {
            return None;
        }
        let required = fields.iter().rev().fold(0, |bits, field| bits << 1 | u128::from(!field.is_nullable()));
        let keys = Keys::new(fields.iter().map(|field| field.name().as_str()))?;
        let slots = fields.iter().map(|field| Slot::new(field, width)).collect();
        Some(Self { slots, keys, required, order: Order::default() })
    }

    /// The same members with a row of their own each, as nothing flattens the elements of lists.
    fn nest(mut self) -> Self {
        for (at, slot) in self.slots.iter_mut().enumerate() {
            slot.at = at;
            slot.shape = Shape::element(&slot.field);
        }
        self
    }

    /// Reads an object into its cells of the row, which are null before.
    fn read<'a>(&mut self, scan: &mut Scan<'a>, row: &mut [Cell<'a>], tally: &mut Tally) -> Option<()> {
        tally.add(self.slots.len() * CELL_BYTES).ok()?;
        let mut filled = 0_u128;
        let mut next = 0;
        let mut is_more = scan.open(b'{')?;
        while is_more {
            match self.order.find(scan, &self.keys, &mut next)? {
                Some(place) => {
                    let bit = 1 << place;
                    if filled & bit != 0 {
                        return None;
                    }
                    filled |= bit;
                    self.slots.get_mut(place)?.read(scan, row, tally)?;
                }
                None => scan.skip_value()?,
            }
            is_more = scan.has_next(b'{')?;
        }
        (filled & self.required == self.required).then_some(())
    }
}

impl Slot {
    fn new(field: &FieldRef, width: &mut usize) -> Self {
        let at = *width;
        *width += 1;
        Self { field: field.clone(), shape: Shape::of(field, width), at }
    }

    /// Reads the value into its place in the row.
    fn read<'a>(&mut self, scan: &mut Scan<'a>, row: &mut [Cell<'a>], tally: &mut Tally) -> Option<()> {
        let cell = match (&mut self.shape, scan.peek()?) {
            (Shape::Flat(members), b'{') => {
                members.read(scan, row, tally)?;
                Cell::Struct(Vec::new())
            }
            (_, first) => self.read_cell(first, scan, tally)?,
        };
        *row.get_mut(self.at)? = cell;
        Some(())
    }

    /// Reads a value that begins with `first` into one cell.
    fn read_cell<'a>(&mut self, first: u8, scan: &mut Scan<'a>, tally: &mut Tally) -> Option<Cell<'a>> {
        let start = scan.position();
        match (&mut self.shape, first) {
            (Shape::Text, b'"') => match scan.string()? {
                Some(text) => {
                    tally.add(text.len()).ok()?;
                    Some(Cell::Text(Cow::Borrowed(text)))
                }
                None => decode_value(&self.field, scan.since(start)?, tally).ok(),
            },
            (Shape::Scalar, b'"') => match scan.string()? {
                Some(text) => text_cell(Cow::Borrowed(text), self.field.data_type(), tally).ok(),
                None => decode_value(&self.field, scan.since(start)?, tally).ok(),
            },
            (Shape::Scalar | Shape::Text, b'-' | b'0'..=b'9') => {
                scan.skip_number()?;
                number_cell(Cow::Borrowed(scan.since(start)?), self.field.data_type(), tally).ok()
            }
            (Shape::Scalar | Shape::Text, b't' | b'f') => {
                scan.skip_value()?;
                bool_cell(first == b't', self.field.data_type()).ok()
            }
            (_, b'n') => {
                scan.skip_value()?;
                null_cell(&self.field).ok()
            }
            (Shape::RawJson, _) => {
                scan.skip_value()?;
                let json = scan.since(start)?;
                tally.add(json.len()).ok()?;
                Some(Cell::Text(Cow::Borrowed(json)))
            }
            (Shape::Element(members), b'{') => {
                let mut row = nulls(members.slots.len());
                members.read(scan, &mut row, tally)?;
                Some(Cell::Struct(row))
            }
            (Shape::List(item), b'[') => read_list(item, scan, tally),
            (Shape::Map(value), b'{') => read_map(value.as_deref(), scan, tally),
            _ => {
                scan.skip_value()?;
                decode_value(&self.field, scan.since(start)?, tally).ok()
            }
        }
    }
}

impl Shape {
    /// `width` grows by the cells of a struct's members.
    fn of(field: &Field, width: &mut usize) -> Self {
        if is_raw_json(field) {
            return Self::RawJson;
        }
        if wants_fingerprint(field).is_some() {
            return Self::Other;
        }
        match field.data_type() {
            DataType::Struct(fields) => Members::new(fields, width).map_or(Self::Other, Self::Flat),
            DataType::List(item) => {
                Self::List(Box::new(Slot { field: item.clone(), shape: Self::element(item), at: 0 }))
            }
            DataType::Map(entries, _) => Self::Map(map_value(entries).map(|value| FieldRef::new(value.clone()))),
            DataType::Utf8 => Self::Text,
            nested if nested.is_nested() => Self::Other,
            _ => Self::Scalar,
        }
    }

    /// The same within a list, where every struct has cells of its own.
    fn element(field: &Field) -> Self {
        match Self::of(field, &mut 0) {
            Self::Flat(members) => Self::Element(members.nest()),
            other => other,
        }
    }
}

/// The elements of a list.
fn read_list<'a>(item: &mut Slot, scan: &mut Scan<'a>, tally: &mut Tally) -> Option<Cell<'a>> {
    let mut cells = Vec::new();
    let mut is_more = scan.open(b'[')?;
    while is_more {
        tally.add(CELL_BYTES).ok()?;
        let first = scan.peek()?;
        cells.push(item.read_cell(first, scan, tally)?);
        is_more = scan.has_next(b'[')?;
    }
    Some(Cell::List(cells))
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
        scan.peek()?;
        let start = scan.position();
        scan.skip_value()?;
        let json = scan.since(start)?;
        tally.add(4 * CELL_BYTES + key.len() + json.len()).ok()?;
        pairs.push((Cow::Borrowed(key), decode_map_value(value, json).ok()?));
        is_more = scan.has_next(b'{')?;
    }
    Some(Cell::Map(pairs))
}
