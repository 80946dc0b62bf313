//! Columns that grow cell by cell into arrays of exactly the declared types.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Decimal128Builder, Float64Builder, Int64Builder, ListArray, MapArray, StringBuilder,
    StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use arrow::error::ArrowError;

use super::cell::{Cell, type_name};

/// A column under construction.
pub(super) enum Column {
    Text(StringBuilder),
    /// Integers, days and instants; cast to `DataType` at the end, which every appended value fits.
    Whole(Int64Builder, DataType),
    Double(Float64Builder),
    Bool(BooleanBuilder),
    Decimal(Decimal128Builder),
    Struct(Fields, Vec<Column>, Vec<bool>),
    List(FieldRef, Box<Column>, Groups),
    Map(Box<MapColumn>),
}

/// The lengths of the lists of a column, and which are there at all.
#[derive(Default)]
pub(super) struct Groups {
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

/// A column of text by key.
pub(super) struct MapColumn {
    entries: FieldRef,
    fields: Fields,
    is_sorted: bool,
    keys: StringBuilder,
    values: StringBuilder,
    groups: Groups,
}

/// The name of the first field whose type cannot be read, with that type.
pub(super) fn find_unreadable(fields: &Fields) -> Option<String> {
    fields.iter().find_map(|field| unreadable_in(field))
}

fn unreadable_in(field: &Field) -> Option<String> {
    match field.data_type() {
        DataType::Utf8
        | DataType::Int64
        | DataType::Int32
        | DataType::Int16
        | DataType::Float64
        | DataType::Boolean => None,
        DataType::Decimal128(..) | DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => None,
        DataType::Struct(children) if !children.is_empty() => find_unreadable(children),
        DataType::List(item) => unreadable_in(item),
        DataType::Map(entries, _) if map_value(entries).is_some() => None,
        other => Some(format!("`{}` of type {}", field.name(), type_name(other))),
    }
}

/// The field of the values of a map from text to text.
pub(super) fn map_value(entries: &Field) -> Option<&Field> {
    let DataType::Struct(fields) = entries.data_type() else {
        return None;
    };
    match fields.as_ref() {
        [key, value] if key.data_type() == &DataType::Utf8 && value.data_type() == &DataType::Utf8 => Some(value),
        _ => None,
    }
}

impl Column {
    /// An empty column. Types that `find_unreadable` names make a column of text, which nothing is appended to.
    pub(super) fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Int64
            | DataType::Int32
            | DataType::Int16
            | DataType::Date32
            | DataType::Date64
            | DataType::Timestamp(..) => Self::Whole(Int64Builder::new(), data_type.clone()),
            DataType::Float64 => Self::Double(Float64Builder::new()),
            DataType::Boolean => Self::Bool(BooleanBuilder::new()),
            DataType::Decimal128(..) => Self::Decimal(Decimal128Builder::new().with_data_type(data_type.clone())),
            DataType::Struct(fields) => {
                let children = fields.iter().map(|field| Self::new(field.data_type())).collect();
                Self::Struct(fields.clone(), children, Vec::new())
            }
            DataType::List(item) => {
                Self::List(Arc::clone(item), Box::new(Self::new(item.data_type())), Groups::default())
            }
            DataType::Map(entries, is_sorted) => Self::Map(Box::new(MapColumn::new(entries, *is_sorted))),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// Adds one value, which must have been made for the type of this column; any other counts as null.
    pub(super) fn append(&mut self, cell: &Cell<'_>) {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(text)) => builder.append_value(text),
            (Self::Text(builder), _) => builder.append_null(),
            (Self::Whole(builder, _), Cell::Whole(whole)) => builder.append_value(*whole),
            (Self::Whole(builder, _), _) => builder.append_null(),
            (Self::Double(builder), Cell::Double(double)) => builder.append_value(*double),
            (Self::Double(builder), _) => builder.append_null(),
            (Self::Bool(builder), Cell::Bool(value)) => builder.append_value(*value),
            (Self::Bool(builder), _) => builder.append_null(),
            (Self::Decimal(builder), Cell::Decimal(units)) => builder.append_value(*units),
            (Self::Decimal(builder), _) => builder.append_null(),
            (Self::Struct(_, children, valid), Cell::Struct(cells)) => {
                for (child, cell) in children.iter_mut().zip(cells) {
                    child.append(cell);
                }
                valid.push(true);
            }
            (Self::Struct(_, children, valid), _) => {
                for child in children {
                    child.append(&Cell::Null);
                }
                valid.push(false);
            }
            (Self::List(_, items, groups), Cell::List(cells)) => {
                for cell in cells {
                    items.append(cell);
                }
                groups.push(Some(cells.len()));
            }
            (Self::List(_, _, groups), _) => groups.push(None),
            (Self::Map(map), Cell::Map(pairs)) => {
                for (key, value) in pairs {
                    map.keys.append_value(key);
                    map.values.append_option(value.as_deref());
                }
                map.groups.push(Some(pairs.len()));
            }
            (Self::Map(map), _) => map.groups.push(None),
        }
    }

    /// Adds one value of a flat row: a struct's cell only says that the struct is there, and its members' cells follow,
    /// all null when it is not. A struct that came as one cell is taken from that cell.
    pub(super) fn append_flat(&mut self, cells: &mut std::slice::Iter<'_, Cell<'_>>) {
        let cell = cells.next().unwrap_or(&Cell::Null);
        match (&mut *self, cell) {
            (Self::Struct(..), Cell::Struct(members)) if !members.is_empty() => {
                self.append(cell);
                cells.nth(self.width() - 2);
            }
            (Self::Struct(_, children, valid), cell) => {
                children.iter_mut().for_each(|child| child.append_flat(cells));
                valid.push(matches!(cell, Cell::Struct(_)));
            }
            _ => self.append(cell),
        }
    }

    /// The cells of this column in a flat row.
    fn width(&self) -> usize {
        match self {
            Self::Struct(_, children, _) => 1 + children.iter().map(Self::width).sum::<usize>(),
            _ => 1,
        }
    }

    /// The array of all values so far; the column is empty again.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Whole(builder, data_type) => cast_whole(Arc::new(builder.finish()), data_type)?,
            Self::Double(builder) => Arc::new(builder.finish()),
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder) => Arc::new(builder.finish()),
            Self::Struct(fields, children, valid) => {
                let arrays = children.iter_mut().map(Self::finish).collect::<Result<Vec<_>, _>>()?;
                let nulls = NullBuffer::from(std::mem::take(valid));
                Arc::new(StructArray::try_new(fields.clone(), arrays, Some(nulls))?)
            }
            Self::List(item, items, groups) => {
                let (offsets, nulls) = groups.finish();
                Arc::new(ListArray::try_new(Arc::clone(item), offsets, items.finish()?, nulls)?)
            }
            Self::Map(map) => Arc::new(map.finish()?),
        })
    }
}

impl MapColumn {
    fn new(entries: &FieldRef, is_sorted: bool) -> Self {
        let fields = match entries.data_type() {
            DataType::Struct(fields) => fields.clone(),
            _ => Fields::empty(),
        };
        Self {
            entries: Arc::clone(entries),
            fields,
            is_sorted,
            keys: StringBuilder::new(),
            values: StringBuilder::new(),
            groups: Groups::default(),
        }
    }

    fn finish(&mut self) -> Result<MapArray, ArrowError> {
        let pairs: Vec<ArrayRef> = vec![Arc::new(self.keys.finish()), Arc::new(self.values.finish())];
        let pairs = StructArray::try_new(self.fields.clone(), pairs, None)?;
        let (offsets, nulls) = self.groups.finish();
        MapArray::try_new(Arc::clone(&self.entries), offsets, pairs, nulls, self.is_sorted)
    }
}

impl Groups {
    fn push(&mut self, length: Option<usize>) {
        self.lengths.push(length.unwrap_or(0));
        self.valid.push(length.is_some());
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        let offsets = OffsetBuffer::from_lengths(std::mem::take(&mut self.lengths));
        (offsets, Some(NullBuffer::from(std::mem::take(&mut self.valid))))
    }
}

fn cast_whole(wholes: ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    match data_type {
        DataType::Int64 => Ok(wholes),
        DataType::Date32 => cast(&cast(&wholes, &DataType::Int32)?, data_type),
        _ => cast(&wholes, data_type),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, RecordBatch};
    use arrow::datatypes::{Schema, TimeUnit};

    use super::super::tests::{field, list, map, required, strukt};
    use super::*;

    #[test]
    fn arrays_have_exactly_the_declared_types() {
        let inner = strukt([required("i", DataType::Int32), field("t", DataType::Utf8)]);
        let item = Arc::new(required("element", DataType::Int16));
        let entries = strukt([required("key", DataType::Utf8), required("value", DataType::Utf8)]);
        let fields = vec![
            field("text", DataType::Utf8),
            field("small", DataType::Int16),
            field("day", DataType::Date32),
            field("day64", DataType::Date64),
            field("seconds", DataType::Timestamp(TimeUnit::Second, Some("+00:00".into()))),
            field("nanos", DataType::Timestamp(TimeUnit::Nanosecond, None)),
            field("money", DataType::Decimal128(38, 12)),
            field("flag", DataType::Boolean),
            field("double", DataType::Float64),
            field("inner", inner.clone()),
            field("items", DataType::List(item)),
            field("deep", list(inner)),
            field("tags", map()),
            field("sorted", DataType::Map(Arc::new(required("entries", entries)), true)),
        ];
        assert_eq!(find_unreadable(&fields.clone().into()), None);
        let mut columns: Vec<Column> = fields.iter().map(|field| Column::new(field.data_type())).collect();
        let whole = Cell::Struct(vec![Cell::Whole(1), Cell::Null]);
        let row = [
            Cell::Text("a".into()),
            Cell::Whole(-1),
            Cell::Whole(19_000),
            Cell::Whole(86_400_000),
            Cell::Whole(1),
            Cell::Whole(i64::MIN),
            Cell::Decimal(10_i128.pow(38) - 1),
            Cell::Bool(true),
            Cell::Double(0.5),
            whole.clone(),
            Cell::List(vec![Cell::Whole(7), Cell::Whole(8)]),
            Cell::List(vec![whole, Cell::Null]),
            Cell::Map(vec![("k".into(), None), ("l".into(), Some("v".into()))]),
            Cell::Map(vec![("k".into(), Some("v".into()))]),
        ];
        // Twice, as a column is used again after each batch.
        for _ in 0..2 {
            for (column, cell) in columns.iter_mut().zip(&row) {
                column.append(cell);
                column.append(&Cell::Null);
            }
            let arrays: Vec<ArrayRef> = columns.iter_mut().map(|column| column.finish().unwrap()).collect();
            for (array, field) in arrays.iter().zip(&fields) {
                assert_eq!((array.len(), array.is_null(0), array.is_null(1)), (2, false, true), "{field}");
            }
            let batch = RecordBatch::try_new(Arc::new(Schema::new(fields.clone())), arrays).unwrap();
            assert_eq!(batch.column(11).as_list::<i32>().value_length(0), 2);
            assert_eq!(batch.column(12).as_map().keys().as_string::<i32>().value(1), "l");
        }
    }

    #[test]
    fn other_types_are_found_at_any_depth() {
        for data_type in [
            DataType::Utf8View,
            DataType::Decimal256(50, 2),
            DataType::Float32,
            list(list(DataType::UInt64)),
            strukt([field("x", DataType::Int8)]),
            DataType::Map(
                Arc::new(required("e", strukt([required("k", DataType::Utf8), field("v", DataType::Int64)]))),
                false,
            ),
        ] {
            assert!(find_unreadable(&vec![field("x", data_type.clone())].into()).is_some(), "{data_type}");
        }
    }
}
