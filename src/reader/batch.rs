//! Rows of many objects, gathered into batches; and the account of the object at hand.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

use super::cell::{Cell, Rejection, Tally};
use super::columns::Column;
use super::{Limits, Object, ObjectRead, RejectedLine};

/// A batch is closed early when its cells weigh this much.
const BATCH_BYTES: usize = 64 << 20;

/// The schema of what is delivered: the declared columns and three that say where a row comes from.
pub(super) fn add_hidden_columns(schema: &Schema) -> Schema {
    let modified = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let hidden = [
        Field::new("_object_key", DataType::Utf8, false),
        Field::new("_line", DataType::Int64, false),
        Field::new("_object_modified_at", modified, false),
    ];
    let fields: Fields = schema.fields().iter().cloned().chain(hidden.map(Arc::new)).collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

/// Rows that wait for their batch to fill.
pub(super) struct Pile {
    schema: SchemaRef,
    columns: Vec<Column>,
    keys: StringBuilder,
    lines: Int64Builder,
    modified: TimestampMicrosecondBuilder,
    rows: usize,
    weight: usize,
}

impl Pile {
    /// `schema` is the delivered one, hidden columns included.
    pub(super) fn new(schema: SchemaRef) -> Self {
        let declared = schema.fields().len().saturating_sub(3);
        let columns = schema.fields().iter().take(declared).map(|field| Column::new(field.data_type())).collect();
        Self {
            schema,
            columns,
            keys: StringBuilder::new(),
            lines: Int64Builder::new(),
            modified: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            rows: 0,
            weight: 0,
        }
    }

    fn push(&mut self, object: &Object, line: i64, row: Row<'_>, weight: usize) {
        match row {
            Row::Nested(cells) => self.columns.iter_mut().zip(cells).for_each(|(column, cell)| column.append(cell)),
            Row::Flat(cells) => {
                let mut cells = cells.iter();
                self.columns.iter_mut().for_each(|column| column.append_flat(&mut cells));
            }
        }
        self.keys.append_value(&object.key);
        self.lines.append_value(line);
        self.modified.append_value(object.last_modified.timestamp_micros());
        self.rows += 1;
        self.weight += weight + object.key.len();
    }

    /// Everything that waits, as one batch; `None` when nothing does.
    pub(super) fn take(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.rows = 0;
        self.weight = 0;
        let mut arrays = self.columns.iter_mut().map(Column::finish).collect::<Result<Vec<_>, _>>()?;
        let hidden: [ArrayRef; 3] =
            [Arc::new(self.keys.finish()), Arc::new(self.lines.finish()), Arc::new(self.modified.finish())];
        arrays.extend(hidden);
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).map(Some)
    }
}

/// The cells of a row: one for each column, or as `Column::append_flat` takes them.
#[derive(Clone, Copy)]
enum Row<'a> {
    Nested(&'a [Cell<'a>]),
    Flat(&'a [Cell<'a>]),
}

/// Takes the records of one object, and keeps count.
pub(super) struct Intake<'r> {
    pub(super) limits: &'r Limits,
    /// The declared columns.
    pub(super) fields: &'r Fields,
    object: &'r Object,
    pile: &'r mut Pile,
    sink: &'r mut dyn FnMut(RecordBatch),
    read: ObjectRead,
    /// The number of the last record: several records of one line get the numbers that follow, so that each has its own.
    last: i64,
}

impl<'r> Intake<'r> {
    pub(super) fn new(
        object: &'r Object,
        fields: &'r Fields,
        limits: &'r Limits,
        pile: &'r mut Pile,
        sink: &'r mut dyn FnMut(RecordBatch),
    ) -> Self {
        let read = ObjectRead { key: object.key.clone(), bytes: object.bytes.len() as u64, ..ObjectRead::default() };
        Self { limits, fields, object, pile, sink, read, last: i64::MIN }
    }

    /// The bytes of the object, as stored.
    pub(super) fn bytes(&self) -> &'r bytes::Bytes {
        &self.object.bytes
    }

    /// A fresh tally for one record.
    pub(super) fn tally(&self) -> Tally {
        // Four times the longest line is room for any honest record; the top keeps offsets within 32 bits.
        Tally::new(self.limits.max_line_bytes.saturating_mul(4).clamp(1 << 20, 1 << 30))
    }

    /// Counts a record: its row goes to the batch, or its rejection to the list.
    pub(super) fn take(&mut self, line: i64, decoded: Result<Vec<Cell<'_>>, Rejection>, tally: &Tally) {
        match decoded {
            Ok(cells) => {
                let line = self.number(line);
                self.accept(line, Row::Nested(&cells), tally);
            }
            Err(rejection) => self.reject(line, rejection),
        }
    }

    /// Counts a record whose row is flat.
    pub(super) fn take_flat(&mut self, line: i64, cells: &[Cell<'_>], tally: &Tally) {
        let line = self.number(line);
        self.accept(line, Row::Flat(cells), tally);
    }

    fn number(&mut self, line: i64) -> i64 {
        self.last = line.max(self.last.saturating_add(1));
        self.last
    }

    /// Counts a record that is not taken.
    pub(super) fn reject(&mut self, line: i64, rejection: Rejection) {
        let line = self.number(line);
        self.read.records += 1;
        self.read.rejected += 1;
        if self.read.rejected_lines.len() < self.limits.max_rejected_per_object {
            let reason = rejection.reason();
            let object_key = self.object.key.clone();
            self.read.rejected_lines.push(RejectedLine { object_key, line, path: rejection.path, reason });
        }
    }

    /// Notes what is wrong with the object as a whole; the first note stays.
    pub(super) fn fault(&mut self, what: impl Into<String>) {
        self.read.fault.get_or_insert_with(|| what.into());
    }

    pub(super) fn set_inflated(&mut self, bytes: u64) {
        self.read.bytes_inflated = bytes;
    }

    pub(super) fn finish(self) -> ObjectRead {
        self.read
    }

    fn accept(&mut self, line: i64, row: Row<'_>, tally: &Tally) {
        self.read.records += 1;
        self.read.decimals_rounded += tally.rounded;
        self.pile.push(self.object, line, row, tally.weight);
        if self.pile.rows < self.limits.batch_rows && self.pile.weight < BATCH_BYTES {
            return;
        }
        match self.pile.take() {
            Ok(batch) => batch.into_iter().for_each(&mut *self.sink),
            Err(error) => self.fault(format!("rows do not make a batch: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{object, required};
    use super::*;

    #[test]
    fn a_heavy_batch_is_closed_early() {
        let schema = Schema::new(vec![required("n", DataType::Int64)]);
        let limits = Limits::default();
        let mut pile = Pile::new(Arc::new(add_hidden_columns(&schema)));
        let (object, mut sizes) = (object(""), Vec::new());
        let mut sink = |batch: RecordBatch| sizes.push(batch.num_rows());
        let mut intake = Intake::new(&object, schema.fields(), &limits, &mut pile, &mut sink);
        let mut tally = intake.tally();
        tally.add(BATCH_BYTES / 3).unwrap();
        for line in 0..7 {
            intake.take(line, Ok(vec![Cell::Whole(line)]), &tally);
        }
        assert_eq!(intake.finish().records, 7);
        assert_eq!(sizes, [3, 3]);
    }

    #[test]
    fn only_delivered_rows_count_as_rounded() {
        let schema = Schema::empty();
        let limits = Limits::default();
        let mut pile = Pile::new(Arc::new(add_hidden_columns(&schema)));
        let (object, mut sink) = (object(""), |_: RecordBatch| ());
        let mut intake = Intake::new(&object, schema.fields(), &limits, &mut pile, &mut sink);
        let mut tally = intake.tally();
        tally.rounded = 2;
        intake.take(1, Err(Rejection::missing()), &tally);
        intake.take(2, Ok(vec![]), &tally);
        intake.fault("first");
        intake.fault("second");
        let read = intake.finish();
        assert_eq!((read.decimals_rounded, read.fault.as_deref()), (2, Some("first")));
    }
}
