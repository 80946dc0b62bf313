//! Rows that wait in memory until they are written, as few bytes as may be: what is loose is packed as Parquet once it is much,
//! which takes a tenth of the room, and comes back column by column.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat, take_record_batch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use bytes::Bytes;

use crate::error::{Error, Result};
use crate::schema::nullable;
use crate::table_file::{ROWS_OF_GROUP, columns_of_parquet, day_to_parquet, joined};

/// Bytes of loose rows from which they are packed. A night of 160,000 calls never is.
pub const MANY_BYTES: usize = 128 << 20;

/// Rows of one schema, in parts that keep their order.
#[derive(Debug)]
pub struct Waiting {
    schema: SchemaRef,
    parts: Vec<Part>,
    loose_bytes: usize,
}

#[derive(Debug)]
enum Part {
    Packed(Bytes, usize),
    Loose(RecordBatch),
}

impl Part {
    fn loose(self) -> Option<RecordBatch> {
        match self {
            Part::Packed(..) => None,
            Part::Loose(rows) => Some(rows),
        }
    }

    fn rows(&self) -> usize {
        match self {
            Part::Packed(_, rows) => *rows,
            Part::Loose(rows) => rows.num_rows(),
        }
    }
}

impl Waiting {
    /// No rows. Columns of a schema that may not be null may be so here: they are judged elsewhere.
    pub fn new(schema: &Schema) -> Waiting {
        Waiting { schema: nullable(schema), parts: Vec::new(), loose_bytes: 0 }
    }

    /// The columns of the rows, all of which may be null.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Adds rows; of their columns those that the schema names.
    ///
    /// # Errors
    /// `Engine` when one is missing or of another type.
    pub fn push(&mut self, rows: &RecordBatch) -> Result<()> {
        if rows.num_rows() > 0 {
            let rows = self.conform(rows)?;
            // Columns without a value share their nothing, and slices of a batch its values.
            for column in rows.columns().iter().filter(|column| column.null_count() < column.len()) {
                self.loose_bytes += column.to_data().get_slice_memory_size()?;
            }
            self.parts.push(Part::Loose(rows));
        }
        Ok(())
    }

    /// Puts rows before all others.
    ///
    /// # Errors
    /// As [`Waiting::push`].
    pub fn precede(&mut self, rows: &[RecordBatch]) -> Result<()> {
        let rows = rows.iter().filter(|rows| rows.num_rows() > 0).map(|rows| self.conform(rows).map(Part::Loose));
        let rows: Vec<Part> = rows.collect::<Result<_>>()?;
        self.parts.splice(0..0, rows);
        Ok(())
    }

    fn conform(&self, rows: &RecordBatch) -> Result<RecordBatch> {
        let schema = rows.schema();
        if schema.fields().iter().map(|field| field.name()).eq(self.schema.fields().iter().map(|field| field.name())) {
            return Ok(RecordBatch::try_new(self.schema.clone(), rows.columns().to_vec())?);
        }
        let column = |field: &Arc<Field>| {
            let column = rows.column_by_name(field.name());
            column.cloned().ok_or_else(|| Error::engine(format!("rows lack the column `{}`", field.name())))
        };
        let columns = self.schema.fields().iter().map(column).collect::<Result<_>>()?;
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }

    /// Bytes that the rows take that were pushed and not packed.
    pub fn loose_bytes(&self) -> usize {
        self.loose_bytes
    }

    /// How many rows each part has.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> {
        self.parts.iter().map(Part::rows)
    }

    /// Packs what is loose.
    ///
    /// # Errors
    /// `Engine` when encoding fails.
    pub fn pack(&mut self) -> Result<()> {
        let rest = self.pack_full()?;
        self.add_packed(&rest)
    }

    /// Packs what fills row groups of a day, if no other part was packed before; the rest stays loose.
    ///
    /// # Errors
    /// `Engine` when encoding fails.
    pub fn pack_groups(&mut self) -> Result<()> {
        if self.parts[self.groups().count()..].iter().any(|part| matches!(part, Part::Packed(..))) {
            return Ok(());
        }
        let mut rest = self.pack_full()?;
        if let Some(first) = rest.first_mut() {
            // A slice would keep all of the batch that it is cut from.
            let rows = UInt32Array::from_iter_values(0..first.num_rows() as u32);
            *first = take_record_batch(first, &rows)?;
        }
        rest.iter().try_for_each(|batch| self.push(batch))
    }

    /// Packs what is loose behind the last packed part, as far as it fills row groups. Gives the rest.
    fn pack_full(&mut self) -> Result<Vec<RecordBatch>> {
        let begin = self.parts.iter().rposition(|part| matches!(part, Part::Packed(..))).map_or(0, |last| last + 1);
        let loose = self.parts.split_off(begin).into_iter().filter_map(Part::loose);
        self.loose_bytes = 0;
        let (mut group, mut rows) = (Vec::new(), 0);
        for mut batch in loose {
            while rows + batch.num_rows() >= ROWS_OF_GROUP {
                let taken = ROWS_OF_GROUP - rows;
                group.push(batch.slice(0, taken));
                batch = batch.slice(taken, batch.num_rows() - taken);
                self.add_packed(&std::mem::take(&mut group))?;
                rows = 0;
            }
            if batch.num_rows() > 0 {
                rows += batch.num_rows();
                group.push(batch);
            }
        }
        Ok(group)
    }

    fn add_packed(&mut self, batches: &[RecordBatch]) -> Result<()> {
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        if rows > 0 {
            let column = |place: usize, range: Range<usize>| {
                let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(place).as_ref()).collect();
                Ok(concat(&parts)?.slice(range.start, range.len()))
            };
            self.parts.push(Part::Packed(day_to_parquet(&self.schema, rows, &column)?, rows));
        }
        Ok(())
    }

    /// The files of the first row groups of the day, as far as they are packed.
    pub fn groups(&self) -> impl Iterator<Item = &Bytes> {
        self.parts.iter().map_while(|part| match part {
            Part::Packed(bytes, ROWS_OF_GROUP) => Some(bytes),
            _ => None,
        })
    }

    /// All rows as one Parquet file.
    ///
    /// # Errors
    /// `Engine` when encoding fails.
    pub fn packed(mut self) -> Result<Bytes> {
        self.pack()?;
        let packed = |part: Part| match part {
            Part::Packed(bytes, _) => Some(bytes),
            Part::Loose(_) => None,
        };
        let parts: Vec<Bytes> = self.parts.into_iter().filter_map(packed).collect();
        match parts.as_slice() {
            [only] => Ok(only.clone()),
            parts => joined(&self.schema, parts),
        }
    }

    /// Some columns of one part, by their places in the schema, which rise.
    ///
    /// # Errors
    /// `Engine` when it cannot be unpacked.
    pub fn part(&self, part: usize, places: &[usize]) -> Result<RecordBatch> {
        match self.parts.get(part) {
            Some(Part::Packed(bytes, _)) => columns_of_parquet(bytes.clone(), places),
            Some(Part::Loose(rows)) => Ok(rows.project(places)?),
            None => Err(Error::engine("rows have no such part")),
        }
    }

    /// A column of every part, by its place in the schema.
    ///
    /// # Errors
    /// As [`Waiting::part`].
    pub fn column(&self, place: usize) -> Result<Vec<ArrayRef>> {
        (0..self.parts.len()).map(|part| Ok(self.part(part, &[place])?.column(0).clone())).collect()
    }

    /// The same by its name; `None` where the schema names none.
    ///
    /// # Errors
    /// As [`Waiting::part`].
    pub fn column_named(&self, name: &str) -> Result<Option<Vec<ArrayRef>>> {
        self.schema.index_of(name).ok().map(|place| self.column(place)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray};
    use arrow::datatypes::DataType;

    use super::*;

    fn rows(numbers: std::ops::Range<i64>) -> RecordBatch {
        let text = |n: i64| (n % 3 > 0).then(|| format!("text {n}"));
        let columns: [(&str, ArrayRef); 5] = [
            ("left", Arc::new(Int64Array::from_iter_values(numbers.clone()))),
            ("text", Arc::new(numbers.clone().map(text).collect::<StringArray>())),
            ("time", Arc::new(TimestampMicrosecondArray::from_iter_values(numbers.clone()).with_timezone("UTC"))),
            (
                "usd",
                Arc::new(
                    Decimal128Array::from_iter_values(numbers.clone().map(i128::from))
                        .with_precision_and_scale(38, 9)
                        .unwrap(),
                ),
            ),
            ("null", arrow::array::new_null_array(&DataType::Utf8, numbers.count())),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn packed_or_loose_the_columns_are_the_same() {
        let schema = rows(0..1).schema().project(&[1, 2, 3, 4]).unwrap();
        let (mut loose, mut packed) = (Waiting::new(&schema), Waiting::new(&schema));
        for (from, to) in [(0, 7), (7, 7), (7, 20_000), (20_000, 20_001)] {
            let part = rows(from..to);
            loose.push(&part).unwrap();
            packed.push(&part).unwrap();
            if to < 20_001 {
                packed.pack().unwrap();
            }
        }
        for waiting in [&mut loose, &mut packed] {
            waiting.precede(&[rows(-2..0)]).unwrap();
        }
        assert!(packed.loose_bytes() > 0 && packed.loose_bytes() < loose.loose_bytes() / 100);
        assert_eq!(packed.lengths().collect::<Vec<_>>(), [2, 7, 19_993, 1]);
        assert_eq!(loose.lengths().sum::<usize>(), 20_003);
        for place in 0..4 {
            let whole = |waiting: &Waiting| {
                let parts = waiting.column(place).unwrap();
                concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>()).unwrap()
            };
            assert_eq!(whole(&packed).as_ref(), whole(&loose).as_ref(), "column {place}");
        }
        assert!(loose.column_named("left").unwrap().is_none() && loose.column_named("usd").unwrap().is_some());
        let error = loose.push(&rows(0..1).project(&[0]).unwrap()).unwrap_err();
        assert!(error.to_string().contains("lack the column `text`"), "{error}");
    }
}
