//! Days cut into parts, of a large one its row groups: a relation that makes each of its rows from one row of another is built
//! part by part, so that a large day takes all cores and no more memory than a small one.

use std::collections::{BTreeSet, VecDeque, btree_set};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use chrono::NaiveDate;

use crate::error::Result;
use crate::store::Store;
use crate::table_file::{ROWS_OF_GROUP, part_of_parquet, shape, without};

/// Rows of one or of several days.
#[derive(Debug, Default)]
pub(super) struct Part {
    rows: usize,
    days: Vec<(NaiveDate, Bytes, Range<usize>)>,
}

/// The parts of the files of some days. A file is read when its first part is asked for.
pub(super) struct Parts {
    folder: Store,
    days: btree_set::IntoIter<NaiveDate>,
    size: usize,
    cut: VecDeque<Part>,
}

impl Parts {
    /// The days of a folder.
    pub(super) fn of(folder: Store, days: &BTreeSet<NaiveDate>) -> Parts {
        Parts { folder, days: days.clone().into_iter(), size: ROWS_OF_GROUP, cut: VecDeque::new() }
    }

    /// The next part. Days are joined up to its size.
    pub(super) async fn next(&mut self) -> Result<Option<Part>> {
        // The last part may still grow by the next day.
        while self.cut.len() < 2 {
            let Some(day) = self.days.next() else { break };
            self.cut(day).await?;
        }
        Ok(self.cut.pop_front())
    }

    async fn cut(&mut self, day: NaiveDate) -> Result<()> {
        let key = key(day);
        let Some(bytes) = self.folder.get_if_exists(&key).await? else { return Ok(()) };
        let count = shape(bytes.clone()).map_err(|error| error.at(format!("at {key}")))?.rows;
        for begin in (0..count).step_by(self.size) {
            let rows = begin..count.min(begin + self.size);
            if self.cut.back().is_none_or(|part| part.rows + rows.len() > self.size) {
                self.cut.push_back(Part::default());
            }
            if let Some(part) = self.cut.back_mut() {
                part.rows += rows.len();
                part.days.push((day, bytes.clone(), rows));
            }
        }
        Ok(())
    }
}

fn key(day: NaiveDate) -> String {
    format!("event_date={day}/part.parquet")
}

impl Part {
    /// The rows, with the schema of their contract.
    pub(super) fn rows(self, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
        let stored: SchemaRef = Arc::new(without(schema, "event_date"));
        let mut all = Vec::new();
        for (day, bytes, rows) in self.days {
            let number = (day - NaiveDate::default()).num_days() as i32;
            let batches =
                part_of_parquet(bytes, &stored, rows).map_err(|error| error.at(format!("at {}", key(day))))?;
            for batch in batches {
                let days: ArrayRef = Arc::new(Date32Array::from_value(number, batch.num_rows()));
                let columns = schema.fields().iter().map(|field| batch.column_by_name(field.name()).unwrap_or(&days));
                all.push(RecordBatch::try_new(schema.clone(), columns.cloned().collect())?);
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, Schema};
    use chrono::Duration;
    use url::Url;

    use super::*;
    use crate::config::Stores;
    use crate::table_file::to_parquet;

    #[tokio::test]
    async fn parts_hold_every_row_once_and_small_days_are_joined() {
        let folder = Store::open(&Url::parse("memory:///parts_test/").unwrap(), &Stores::default()).unwrap();
        let schema = Arc::new(Schema::new(vec![
            Field::new("n", DataType::Int64, false),
            Field::new("event_date", DataType::Date32, false),
        ]));
        let mut days = BTreeSet::new();
        let mut expected = Vec::new();
        // A day without a file, small ones, and one that is cut.
        for (number, count) in [(0, None), (1, Some(3)), (2, Some(4)), (3, Some(25)), (4, Some(2))] {
            let day = NaiveDate::default() + Duration::days(number);
            days.insert(day);
            let Some(count) = count else { continue };
            let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
            let rows = RecordBatch::try_from_iter([("n", column)]).unwrap();
            folder.put(&key(day), to_parquet(&rows).unwrap()).await.unwrap();
            expected.extend((0..count).map(|n| (number as i32, n)));
        }
        let mut parts = Parts { size: 10, ..Parts::of(folder, &days) };
        let (mut sizes, mut found) = (Vec::new(), Vec::new());
        while let Some(part) = parts.next().await.unwrap() {
            sizes.push(part.rows);
            for batch in part.rows(&schema).unwrap() {
                let (n, of) =
                    (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Date32Type>());
                found.extend((0..batch.num_rows()).map(|row| (of.value(row), n.value(row))));
            }
        }
        assert_eq!((sizes, found), (vec![7, 10, 10, 7], expected));
    }
}
