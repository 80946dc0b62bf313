//! Reads stored objects into Arrow batches: bytes, inflated text, records, then only the columns that a schema names.
//!
//! The caller fetches objects and says how their format is laid out; [`Reader`] delivers batches and, for every
//! object, an account of what it took and what it rejected. It never touches storage, never panics on what it reads,
//! and never repeats the text of a record: an account holds names, types and positions only.
//!
//! JSON has two paths. `fast` reads a line that surely is one record of the table, in one pass over its bytes (`scan`);
//! every other line goes to `json`, `walk` and `value`, which are serde_json and decide what is rejected and why. What a
//! line holds beside the named columns is never copied, but its grammar and UTF-8 are checked on both paths, with the
//! same verdict: see `docs/decisions.md`.

#[cfg(test)]
mod agreement;
mod arrays;
mod batch;
mod cell;
mod columns;
mod csv;
mod fast;
pub mod fingerprint;
mod inflate;
mod json;
mod keys;
mod lines;
mod names;
mod number;
mod parquet;
mod scan;
mod texts;
mod time;
#[cfg(test)]
mod trials;
mod value;
mod walk;

use std::io::Read;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use chrono::{DateTime, Utc};

use self::batch::{Intake, Pile, add_hidden_columns};
use self::columns::find_unreadable;
use self::fast::Plan;
use self::inflate::Inflate;
pub use self::scan::count_stops;

/// One object fetched from a store.
#[derive(Debug, Clone)]
pub struct Object {
    /// The full key, as it shall stand in `_object_key`.
    pub key: String,
    /// The bytes as stored: plain, gzip or zstd.
    pub bytes: Bytes,
    /// When the store says the object was last written.
    pub last_modified: DateTime<Utc>,
}

/// How the bytes of a format are laid out (a Parquet file is recognised by its magic whatever is declared).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFormat {
    /// Records as JSON: a line each, pretty-printed, run together, or in one array.
    Json,
    /// A header line, then rows.
    Csv {
        /// The byte between cells.
        delimiter: u8,
        /// A cell text that means null, beside the empty cell.
        null_text: Option<String>,
    },
    /// Parquet files.
    Parquet,
}

/// The raw shape of a source format, from its DDL. `schema` does not hold the three hidden columns.
///
/// Types: `Utf8`, `Int64`, `Int32`, `Int16`, `Float64`, `Boolean`, `Decimal128`, `Timestamp`, `Date32`, `Date64`, and
/// `Struct`, `List` and `Map` (text to text) of them. A `Utf8` field with the metadata `trimtab.type` = `json` keeps
/// the raw text of whatever value stands there. Every object of a table with another type is a fault.
#[derive(Debug, Clone)]
pub struct RawTable {
    /// The name of the table, for messages.
    pub name: String,
    /// The layout of its objects.
    pub file: FileFormat,
    /// The columns to read.
    pub schema: SchemaRef,
}

/// What one object may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest line of JSON, row of CSV, or JSON text read as a whole, in bytes.
    pub max_line_bytes: usize,
    /// The most inflated bytes of an object.
    pub max_object_bytes: u64,
    /// The most inflated bytes for each stored byte; not enforced below 1 MiB.
    pub max_inflate_ratio: u64,
    /// How deep arrays and objects may stand inside each other in a JSON record, the record itself included.
    pub max_depth: usize,
    /// Rows in a batch.
    pub batch_rows: usize,
    /// The most rejections that are kept for an object; all are counted.
    pub max_rejected_per_object: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_line_bytes: 64 << 20,
            max_object_bytes: 4 << 30,
            max_inflate_ratio: 1_000,
            max_depth: 64,
            batch_rows: 8_192,
            max_rejected_per_object: 1_000,
        }
    }
}

/// A record that was not taken. Holds names, types and byte positions, never text of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedLine {
    /// The key of the object.
    pub object_key: String,
    /// The number of the record, as `_line` would have it.
    pub line: i64,
    /// Where in the record, such as `usage.items[2].k` (elements count from 1); empty for the record as a whole.
    pub path: String,
    /// What is wrong, as a sentence that names the path. Byte positions count from 1.
    pub reason: String,
}

/// The account of one object: `records` is the rows delivered and `rejected` together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectRead {
    /// The key of the object.
    pub key: String,
    /// Bytes as stored.
    pub bytes: u64,
    /// Bytes after inflating, as far as they were read.
    pub bytes_inflated: u64,
    /// Records found.
    pub records: i64,
    /// Records not taken.
    pub rejected: i64,
    /// Decimals in delivered rows that lost digits beyond their scale.
    pub decimals_rounded: i64,
    /// The first rejections, up to the limit.
    pub rejected_lines: Vec<RejectedLine>,
    /// What is wrong with the object as a whole; records before the fault are still taken.
    pub fault: Option<String>,
}

/// A decimal of at most 38 digits as a whole number of units of `scale`, rounded half away from zero; `None` when the
/// text is no number or too large. Exponents are exact.
pub fn parse_decimal(text: &str, scale: i8) -> Option<i128> {
    number::parse_scaled(text, 38, scale).ok().map(|scaled| scaled.units)
}

/// Reads the objects of one table.
pub struct Reader {
    table: RawTable,
    limits: Limits,
    schema: SchemaRef,
    pile: Pile,
    /// How JSON lines are read in one pass; `None` sends every line to the exact path.
    plan: Option<Plan>,
    /// Why nothing can be read: a column that this reader cannot fill.
    broken: Option<String>,
}

impl Reader {
    /// A reader with nothing read yet.
    pub fn new(table: RawTable, limits: Limits) -> Self {
        let schema = Arc::new(add_hidden_columns(&table.schema));
        let broken = find_unreadable(table.schema.fields())
            .map(|column| format!("table `{}` declares {column}, which cannot be read", table.name));
        let plan = Plan::new(table.schema.fields());
        Self { pile: Pile::new(Arc::clone(&schema)), table, limits, schema, plan, broken }
    }

    /// The same reader without its fast path: every line of JSON goes through serde_json. The results are the same; it
    /// is what the fast path is held against.
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.plan = None;
        self
    }

    /// The schema of delivered batches: the table's, then `_object_key`, `_line` and `_object_modified_at`, not null.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Reads one object. Full batches go to `sink`; a last part waits for the next object or for [`Self::flush`].
    ///
    /// Nothing here is an error: what is wrong stands in the account.
    pub fn read(&mut self, object: &Object, sink: &mut dyn FnMut(RecordBatch)) -> ObjectRead {
        let Self { table, limits, pile, plan, broken, .. } = self;
        let mut intake = Intake::new(object, table.schema.fields(), limits, pile, sink);
        if let Some(fault) = broken {
            intake.fault(fault.as_str());
            return intake.finish();
        }
        let mut magic = Vec::new();
        // Reading from memory does not fail.
        let _ = Inflate::open(&object.bytes, limits).take(4).read_to_end(&mut magic);
        match &table.file {
            _ if magic == b"PAR1" => parquet::read(&mut intake),
            FileFormat::Json => json::read(&mut intake, plan.as_mut()),
            // A plain table comes as CSV or as JSON lines; a header never begins with a brace.
            FileFormat::Csv { .. } if magic.first() == Some(&b'{') => json::read(&mut intake, plan.as_mut()),
            FileFormat::Csv { delimiter, null_text } => csv::read(&mut intake, *delimiter, null_text.as_deref()),
            FileFormat::Parquet if object.bytes.is_empty() => {}
            FileFormat::Parquet => intake.fault("is not a Parquet file"),
        }
        intake.finish()
    }

    /// Delivers the rows that wait.
    pub fn flush(&mut self, sink: &mut dyn FnMut(RecordBatch)) {
        match self.pile.take() {
            Ok(batch) => batch.into_iter().for_each(sink),
            // Every row was fitted to the schema before it was appended; should that ever fail, no later read is silent.
            Err(error) => self.broken = Some(format!("rows do not make a batch: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray};
    use arrow::compute::cast;
    use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit};
    use arrow::util::display::{ArrayFormatter, FormatOptions};

    use super::inflate::tests::{gzip, zstd};
    use super::*;

    /// A field that may be null.
    pub(super) fn field(name: &str, data_type: DataType) -> Field {
        Field::new(name, data_type, true)
    }

    /// A field that must be there.
    pub(super) fn required(name: &str, data_type: DataType) -> Field {
        Field::new(name, data_type, false)
    }

    /// A text field that keeps JSON.
    pub(super) fn json_field(name: &str) -> Field {
        field(name, DataType::Utf8).with_metadata([("trimtab.type".to_owned(), "json".to_owned())].into())
    }

    pub(super) fn strukt(fields: impl IntoIterator<Item = Field>) -> DataType {
        DataType::Struct(fields.into_iter().collect())
    }

    pub(super) fn list(item: DataType) -> DataType {
        DataType::List(Arc::new(field("item", item)))
    }

    /// A map whose parts have other names than Arrow gives them.
    pub(super) fn map() -> DataType {
        let entries = strukt([required("k", DataType::Utf8), field("v", DataType::Utf8)]);
        DataType::Map(Arc::new(required("pairs", entries)), false)
    }

    pub(super) fn object(bytes: impl AsRef<[u8]>) -> Object {
        Object {
            key: "folder/object".into(),
            bytes: Bytes::copy_from_slice(bytes.as_ref()),
            last_modified: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        }
    }

    pub(super) fn reader(file: FileFormat, fields: impl IntoIterator<Item = Field>, limits: Limits) -> Reader {
        let schema = Arc::new(Schema::new(fields.into_iter().collect::<Vec<_>>()));
        Reader::new(RawTable { name: "raw".into(), file, schema }, limits)
    }

    /// Reads one object to the end and checks what must hold for each.
    pub(super) fn read_all(reader: &mut Reader, object: &Object) -> (Vec<RecordBatch>, ObjectRead) {
        let mut batches = Vec::new();
        let read = reader.read(object, &mut |batch| batches.push(batch));
        reader.flush(&mut |batch| batches.push(batch));
        let delivered: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(read.records, delivered as i64 + read.rejected, "{read:?}");
        assert!(read.rejected_lines.len() as i64 <= read.rejected);
        for batch in &batches {
            assert_eq!(batch.schema(), reader.schema());
        }
        (batches, read)
    }

    /// Each row as `line: cell|cell`, rejected ones as `line! reason`, in the order of their lines; the fault last.
    pub(super) fn show(reader: &mut Reader, bytes: impl AsRef<[u8]>) -> Vec<String> {
        let (batches, read) = read_all(reader, &object(bytes));
        let mut shown: Vec<(i64, String)> = batches.iter().flat_map(show_rows).collect();
        for rejected in &read.rejected_lines {
            assert!(rejected.reason.contains(&rejected.path) && rejected.object_key == "folder/object");
            shown.push((rejected.line, format!("{}! {}", rejected.line, rejected.reason)));
        }
        shown.sort_by_key(|(line, _)| *line);
        let fault = read.fault.map(|fault| format!("fault: {fault}"));
        shown.into_iter().map(|(_, text)| text).chain(fault).collect()
    }

    /// Instants are shown in UTC without saying so: naming zones needs a feature of arrow.
    fn show_rows(batch: &RecordBatch) -> Vec<(i64, String)> {
        let options = FormatOptions::new().with_null("null");
        let declared = batch.num_columns() - 3;
        let columns: Vec<ArrayRef> = batch.columns()[..declared].iter().map(strip_zone).collect();
        let formatters: Vec<_> =
            columns.iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        let lines = batch.column(declared + 1).as_primitive::<Int64Type>();
        let show_row = |row: usize| {
            let cells: Vec<String> = formatters.iter().map(|column| column.value(row).to_string()).collect();
            let cells: String = cells.join("|").chars().take(200).collect();
            (lines.value(row), format!("{}: {cells}", lines.value(row)))
        };
        (0..batch.num_rows()).map(show_row).collect()
    }

    fn strip_zone(column: &ArrayRef) -> ArrayRef {
        let DataType::Timestamp(unit, Some(_)) = column.data_type() else {
            return Arc::clone(column);
        };
        let counts = cast(column, &DataType::Int64).unwrap();
        cast(&counts, &DataType::Timestamp(*unit, None)).unwrap()
    }

    /// Numbers that look random and are the same each time (SplitMix64).
    pub(super) struct Random(pub(super) u64);

    impl Random {
        pub(super) fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }

        /// From 0 to one less than `end`.
        pub(super) fn below(&mut self, end: usize) -> usize {
            (self.next() % end as u64) as usize
        }
    }

    fn numbers(limits: Limits) -> Reader {
        reader(FileFormat::Json, [required("n", DataType::Int64)], limits)
    }

    #[test]
    fn the_schema_ends_in_three_hidden_columns() {
        let schema = numbers(Limits::default()).schema();
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["n", "_object_key", "_line", "_object_modified_at"]);
        assert!(schema.fields().iter().all(|field| !field.is_nullable()));
        let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        assert_eq!(schema.field(3).data_type(), &utc);
    }

    #[test]
    fn rows_say_where_they_come_from() {
        let mut reader = numbers(Limits::default());
        let (batches, read) = read_all(&mut reader, &object("{\"n\":1}\n\n{\"n\":2}"));
        let batch = &batches[0];
        assert_eq!(batch.column(1).as_string::<i32>().value(1), "folder/object");
        assert_eq!(batch.column(2).as_primitive::<Int64Type>().values(), &[1, 3]);
        let modified = batch.column(3).as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
        assert_eq!(modified.value(0), 1_700_000_000_000_000);
        let expected = ObjectRead {
            key: "folder/object".into(),
            bytes: 16,
            bytes_inflated: 16,
            records: 2,
            ..ObjectRead::default()
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn objects_share_batches() {
        let mut reader = numbers(Limits { batch_rows: 3, ..Limits::default() });
        let mut sizes = Vec::new();
        for _ in 0..4 {
            let read = reader.read(&object("{\"n\":1}\n{\"n\":2}\n{}"), &mut |batch| sizes.push(batch.num_rows()));
            assert_eq!((read.records, read.rejected), (3, 1));
        }
        assert_eq!(sizes, [3, 3]);
        reader.flush(&mut |batch| sizes.push(batch.num_rows()));
        reader.flush(&mut |batch| sizes.push(batch.num_rows()));
        assert_eq!(sizes, [3, 3, 2]);
    }

    #[test]
    fn rejections_are_counted_beyond_those_that_are_kept() {
        let mut reader = numbers(Limits { max_rejected_per_object: 2, ..Limits::default() });
        let (_, read) = read_all(&mut reader, &object("{}\n".repeat(5)));
        assert_eq!((read.records, read.rejected, read.rejected_lines.len()), (5, 5, 2));
        let expected = RejectedLine {
            object_key: "folder/object".into(),
            line: 2,
            path: "n".into(),
            reason: "`n` is missing, but required".into(),
        };
        assert_eq!(read.rejected_lines[1], expected);
    }

    #[test]
    fn compression_is_seen_in_the_bytes() {
        let text = b"{\"n\":1}\n{\"n\":2}\n";
        for bytes in [text.to_vec(), gzip(text), zstd(text)] {
            let mut reader = numbers(Limits::default());
            let (_, read) = read_all(&mut reader, &object(&bytes));
            assert_eq!((read.bytes, read.bytes_inflated), (bytes.len() as u64, 16));
            assert_eq!(show(&mut reader, &bytes), ["1: 1", "2: 2"]);
        }
    }

    #[test]
    fn empty_objects_are_no_fault() {
        let csv = FileFormat::Csv { delimiter: b',', null_text: None };
        for file in [FileFormat::Json, csv, FileFormat::Parquet] {
            let mut reader = reader(file.clone(), [required("n", DataType::Int64)], Limits::default());
            assert_eq!(show(&mut reader, b""), Vec::<String>::new());
            if file != FileFormat::Parquet {
                for blank in [&b" \r\n\t\n "[..], b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", &gzip(b""), &zstd(b"\n\n")]
                {
                    assert_eq!(show(&mut reader, blank), Vec::<String>::new(), "{file:?} {blank:?}");
                }
            }
        }
    }

    #[test]
    fn types_that_cannot_be_read_are_a_fault() {
        for (data_type, name) in [
            (DataType::UInt8, "UInt8"),
            (list(DataType::Binary), "Binary"),
            (DataType::LargeUtf8, "LargeUtf8"),
            (strukt([]), "struct"),
        ] {
            let mut reader = reader(FileFormat::Json, [field("x", data_type)], Limits::default());
            let fault = show(&mut reader, "{}").pop().unwrap();
            assert!(fault.starts_with("fault: table `raw` declares `") && fault.contains(name), "{fault}");
        }
    }

    #[test]
    fn a_table_declared_as_csv_may_come_as_json_lines() {
        let csv = FileFormat::Csv { delimiter: b',', null_text: None };
        let mut reader = reader(csv, [field("n", DataType::Int64)], Limits::default());
        assert_eq!(show(&mut reader, "{\"n\":1}\n{\"n\":2}\n"), ["1: 1", "2: 2"]);
        assert_eq!(show(&mut reader, "n\n7\n"), ["1: 7"]);
    }

    #[test]
    fn a_schema_without_columns_counts_records() {
        let mut reader = reader(FileFormat::Json, [], Limits::default());
        assert_eq!(show(&mut reader, "{}\n{\"a\":1}\n3"), ["1: ", "2: ", "3! record is a number, expected an object"]);
    }
}
