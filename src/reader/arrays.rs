//! Arrow arrays that a file brought, read cell by cell as the declared types.
//!
//! An array is first cast to one of a few kinds without loss; from there the rules are those for text and numbers.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, StringArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Float32Type, Float64Type, Int32Type, Int64Type, TimeUnit};
use arrow::error::ArrowError;

use super::cell::{CELL_BYTES, Cell, Rejection, Tally, bool_cell, instant_cell, null_cell, number_cell};
use super::columns::map_value;
use super::names::find_name;
use super::time::Instant;
use super::value::decode_text;

type Wholes = arrow::array::PrimitiveArray<Int64Type>;
type Singles = arrow::array::PrimitiveArray<Float32Type>;
type Doubles = arrow::array::PrimitiveArray<Float64Type>;
type Days = arrow::array::PrimitiveArray<Int32Type>;

/// A column of a file.
pub(super) enum Source {
    Nothing,
    Bool(BooleanArray),
    Whole(Wholes),
    Single(Singles),
    Double(Doubles),
    /// Decimals and 64 bits without sign, as exact text.
    Number(StringArray),
    Text(StringArray),
    Bytes(BinaryArray),
    Instant(Wholes, TimeUnit),
    Day(Days),
    /// Any other scalar, as Arrow writes it.
    Other(StringArray),
    Struct(Option<NullBuffer>, Vec<(String, Source)>),
    List(Option<NullBuffer>, OffsetBuffer<i32>, Box<Source>),
    Map(Option<NullBuffer>, OffsetBuffer<i32>, Box<(Source, Source)>),
}

impl Source {
    pub(super) fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        let to = |data_type: &DataType| cast(array, data_type);
        Ok(match array.data_type() {
            DataType::Null => Self::Nothing,
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::UInt64 => Self::Number(to(&DataType::Utf8)?.as_string().clone()),
            integer if integer.is_integer() => Self::Whole(to(&DataType::Int64)?.as_primitive().clone()),
            DataType::Float16 | DataType::Float32 => Self::Single(to(&DataType::Float32)?.as_primitive().clone()),
            DataType::Float64 => Self::Double(array.as_primitive().clone()),
            decimal if decimal.is_decimal() => Self::Number(to(&DataType::Utf8)?.as_string().clone()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Self::Text(to(&DataType::Utf8)?.as_string().clone())
            }
            DataType::Dictionary(_, values) => Self::new(&to(values)?)?,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Bytes(to(&DataType::Binary)?.as_binary().clone())
            }
            DataType::Timestamp(unit, _) => Self::Instant(to(&DataType::Int64)?.as_primitive().clone(), *unit),
            DataType::Date64 => Self::Instant(to(&DataType::Int64)?.as_primitive().clone(), TimeUnit::Millisecond),
            DataType::Date32 => Self::Day(to(&DataType::Int32)?.as_primitive().clone()),
            DataType::Struct(fields) => {
                let mut children = Vec::with_capacity(fields.len());
                for (field, child) in fields.iter().zip(array.as_struct().columns()) {
                    children.push((field.name().clone(), Self::new(child)?));
                }
                Self::Struct(array.nulls().cloned(), children)
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Self::List(list.nulls().cloned(), list.offsets().clone(), Box::new(Self::new(list.values())?))
            }
            DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                Self::new(&to(&DataType::List(item.clone()))?)?
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let pairs = Box::new((Self::new(map.keys())?, Self::new(map.values())?));
                Self::Map(map.nulls().cloned(), map.offsets().clone(), pairs)
            }
            _ => Self::Other(to(&DataType::Utf8)?.as_string().clone()),
        })
    }

    /// The value of a row as a cell of `field`.
    pub(super) fn cell<'a>(
        &'a self,
        row: usize,
        field: &Field,
        max_depth: usize,
        tally: &mut Tally,
    ) -> Result<Cell<'a>, Rejection> {
        if self.is_null(row) {
            return null_cell(field);
        }
        let expected = field.data_type();
        match (self, expected) {
            (Self::Text(texts), _) => decode_text(field, texts.value(row), max_depth, tally),
            (Self::Bytes(bytes), _) => decode_text(field, utf8(bytes.value(row))?, max_depth, tally),
            (_, DataType::Utf8) => {
                let text = self.text(row)?;
                tally.add(text.len())?;
                Ok(Cell::Text(text))
            }
            (Self::Whole(wholes), DataType::Int64) => Ok(Cell::Whole(wholes.value(row))),
            (Self::Double(doubles), DataType::Float64) => finite_cell(doubles.value(row), expected),
            (Self::Single(singles), DataType::Float64) => finite_cell(f64::from(singles.value(row)), expected),
            (Self::Whole(_) | Self::Number(_) | Self::Single(_) | Self::Double(_), _) => {
                number_cell(self.text(row)?, expected, tally)
            }
            (Self::Bool(values), _) => bool_cell(values.value(row), expected),
            (Self::Instant(..) | Self::Day(_), _) => self.time_cell(row, expected),
            (Self::Struct(_, children), DataType::Struct(fields)) => {
                struct_cell(children, row, fields, max_depth, tally)
            }
            (Self::Struct(_, children), DataType::Map(entries, _)) => {
                let pairs = children.iter().map(|(name, value)| (Ok(Cow::Borrowed(name.as_str())), value, row));
                map_cell(pairs, map_value(entries), tally)
            }
            (Self::List(_, offsets, items), DataType::List(item)) => {
                let mut cells = Vec::new();
                for (position, element) in range(offsets, row).enumerate() {
                    let cell = tally.add(CELL_BYTES).and_then(|()| items.cell(element, item, max_depth, tally));
                    cells.push(cell.map_err(|rejection| rejection.within(&format!("[{}]", position + 1)))?);
                }
                Ok(Cell::List(cells))
            }
            // Labels are often a list of records with `key` and `value`.
            (Self::List(_, offsets, items), DataType::Map(entries, _)) => {
                let child = |name: &str| match &**items {
                    Self::Struct(_, children) => {
                        children.iter().find(|(found, _)| found == name).map(|(_, child)| child)
                    }
                    _ => None,
                };
                let (Some(keys), Some(values)) = (child("key"), child("value")) else {
                    return Err(Rejection::mismatch(self.words(), expected));
                };
                let pairs = range(offsets, row).map(|entry| (keys.text(entry), values, entry));
                map_cell(pairs, map_value(entries), tally)
            }
            (Self::Map(_, offsets, pairs), DataType::Map(entries, _)) => {
                let (keys, values) = &**pairs;
                let pairs = range(offsets, row).map(|entry| (keys.text(entry), values, entry));
                map_cell(pairs, map_value(entries), tally)
            }
            _ => Err(Rejection::mismatch(self.words(), expected)),
        }
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Nothing => true,
            Self::Bool(array) => array.is_null(row),
            Self::Whole(array) | Self::Instant(array, _) => array.is_null(row),
            Self::Single(array) => array.is_null(row),
            Self::Double(array) => array.is_null(row),
            Self::Day(array) => array.is_null(row),
            Self::Number(array) | Self::Text(array) | Self::Other(array) => array.is_null(row),
            Self::Bytes(array) => array.is_null(row),
            Self::Struct(nulls, _) | Self::List(nulls, ..) | Self::Map(nulls, ..) => {
                nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
            }
        }
    }

    fn time_cell<'a>(&self, row: usize, expected: &DataType) -> Result<Cell<'a>, Rejection> {
        let instant = match self {
            Self::Instant(counts, unit) => Instant::from_unit(counts.value(row), *unit),
            Self::Day(days) => Instant::at_midnight(days.value(row)),
            _ => return Err(Rejection::mismatch(self.words(), expected)),
        };
        match expected {
            DataType::Timestamp(unit, _) => instant_cell(instant, *unit, expected),
            DataType::Date32 => {
                instant.day().map(|day| Cell::Whole(i64::from(day))).ok_or_else(|| Rejection::out_of_range(expected))
            }
            DataType::Date64 => {
                let day = instant.day().ok_or_else(|| Rejection::out_of_range(expected))?;
                instant_cell(Instant::at_midnight(day), TimeUnit::Millisecond, expected)
            }
            _ => Err(Rejection::mismatch(self.words(), expected)),
        }
    }

    /// The kind as `Rejection::mismatch` wants it.
    fn words(&self) -> &'static str {
        match self {
            Self::Nothing => "null",
            Self::Bool(_) => "a boolean",
            Self::Whole(_) | Self::Single(_) | Self::Double(_) | Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "binary data",
            Self::Instant(..) => "a timestamp",
            Self::Day(_) => "a date",
            Self::Other(_) => "of another type",
            Self::Struct(..) => "a struct",
            Self::List(..) => "an array",
            Self::Map(..) => "a map",
        }
    }
}

fn struct_cell<'a>(
    children: &'a [(String, Source)],
    row: usize,
    fields: &Fields,
    max_depth: usize,
    tally: &mut Tally,
) -> Result<Cell<'a>, Rejection> {
    tally.add(fields.len() * CELL_BYTES)?;
    let names: Vec<&str> = children.iter().map(|(name, _)| name.as_str()).collect();
    let mut cells = Vec::with_capacity(fields.len());
    for field in fields {
        let place = find_name(&names, field.name()).map_err(Rejection::new)?;
        let cell = match place.and_then(|place| children.get(place)) {
            Some((_, child)) => child.cell(row, field, max_depth, tally),
            None => null_cell(field),
        };
        cells.push(cell.map_err(|rejection| rejection.within(field.name()))?);
    }
    Ok(Cell::Struct(cells))
}

/// A rejection's path ends at the map: its keys are data.
fn map_cell<'a>(
    pairs: impl Iterator<Item = (Result<Cow<'a, str>, Rejection>, &'a Source, usize)>,
    value_field: Option<&Field>,
    tally: &mut Tally,
) -> Result<Cell<'a>, Rejection> {
    let mut found = Vec::new();
    for (key, values, row) in pairs {
        let key = key?;
        tally.add(2 * CELL_BYTES + key.len())?;
        let value = if values.is_null(row) {
            if !value_field.is_some_and(Field::is_nullable) {
                return Err(Rejection::new("holds a null, but every value is required"));
            }
            None
        } else {
            let text = values.text(row)?;
            tally.add(text.len())?;
            Some(text)
        };
        found.push((key, value));
    }
    Ok(Cell::Map(found))
}

fn finite_cell<'a>(double: f64, expected: &DataType) -> Result<Cell<'a>, Rejection> {
    if double.is_finite() {
        Ok(Cell::Double(double))
    } else {
        Err(Rejection::mismatch("not a finite number", expected))
    }
}

/// The entries of a row.
pub(super) fn range(offsets: &OffsetBuffer<i32>, row: usize) -> std::ops::Range<usize> {
    let at = |place: usize| offsets.get(place).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or(0);
    at(row)..at(row + 1)
}

/// Bytes as text, where they are text.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Rejection> {
    std::str::from_utf8(bytes)
        .map_err(|error| Rejection::new(format!("holds invalid UTF-8 at byte {}", error.valid_up_to() + 1)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        FixedSizeListArray, Float32Array, LargeListArray, NullArray, RunArray, StringDictionaryBuilder,
        Time32SecondArray,
    };
    use arrow::datatypes::{Int16Type, Int32Type};

    use super::super::tests::{field, list, strukt};
    use super::*;

    fn cells(array: impl Array + 'static, data_type: DataType) -> Vec<String> {
        let array: ArrayRef = Arc::new(array);
        let source = Source::new(&array).unwrap();
        let field = field("x", data_type);
        let show = |row| match source.cell(row, &field, 64, &mut Tally::new(10_000)) {
            Ok(cell) => format!("{cell:?}"),
            Err(rejection) => rejection.reason(),
        };
        (0..array.len()).map(show).collect()
    }

    #[test]
    fn a_list_of_keys_and_values_is_a_map() {
        let text = |texts: &[&str]| Arc::new(arrow::array::StringArray::from(texts.to_vec())) as ArrayRef;
        let labels = |names: [&str; 2]| {
            let fields = names.map(|name| Arc::new(Field::new(name, DataType::Utf8, true)));
            let pairs = arrow::array::StructArray::new(
                fields.to_vec().into(),
                vec![text(&["team", "app"]), text(&["support", "router"])],
                None,
            );
            let item = Arc::new(Field::new("item", pairs.data_type().clone(), true));
            arrow::array::ListArray::new(item, OffsetBuffer::from_lengths([2]), Arc::new(pairs), None)
        };
        let map = super::super::tests::map();
        assert_eq!(
            cells(labels(["key", "value"]), map.clone()),
            [r#"Map([("team", Some("support")), ("app", Some("router"))])"#]
        );
        assert_eq!(cells(labels(["name", "value"]), map), ["is an array, expected map"]);
    }

    #[test]
    fn rare_arrays_come_down_to_the_usual_ones() {
        let large = LargeListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]), None]);
        assert_eq!(cells(large, list(DataType::Int64)), ["List([Whole(1)])", "Null"]);
        let fixed = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None])], 2);
        assert_eq!(cells(fixed, list(DataType::Int64)), ["List([Whole(1), Null])"]);
        let mut dictionary = StringDictionaryBuilder::<Int16Type>::new();
        dictionary.append_value("7");
        dictionary.append_null();
        assert_eq!(cells(dictionary.finish(), DataType::Int64), ["Whole(7)", "Null"]);
        let single: ArrayRef = Arc::new(Float32Array::from(vec![0.5]));
        let half = cast(&single, &DataType::Float16).unwrap();
        assert_eq!(cells(half, DataType::Decimal128(5, 2)), ["Decimal(50)"]);
        assert_eq!(cells(NullArray::new(1), DataType::Utf8), ["Null"]);
    }

    #[test]
    fn what_has_no_rule_is_text_at_best() {
        let time = || Time32SecondArray::from(vec![3661]);
        assert_eq!(cells(time(), DataType::Utf8), ["Text(\"01:01:01\")"]);
        assert_eq!(cells(time(), DataType::Int64), ["is of another type, expected bigint"]);
        let runs: RunArray<Int32Type> = vec!["a", "a"].into_iter().collect();
        let runs: ArrayRef = Arc::new(runs);
        assert!(Source::new(&runs).is_ok());
    }

    #[test]
    fn a_struct_with_two_names_alike_is_refused() {
        let child =
            |name: &str| (Arc::new(field(name, DataType::Utf8)), Arc::new(StringArray::from(vec!["a"])) as ArrayRef);
        let array = arrow::array::StructArray::from(vec![child("A"), child("a")]);
        assert_eq!(cells(array, strukt([field("a", DataType::Utf8)])), ["Struct([Text(\"a\")])"]);
        let array = arrow::array::StructArray::from(vec![child("KEY"), child("Key")]);
        let doubt = cells(array, strukt([field("key", DataType::Utf8)]));
        assert_eq!(doubt, ["has column `key` more than once"]);
    }
}
