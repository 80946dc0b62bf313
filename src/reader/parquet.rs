//! Parquet files: columns by name, cells by the same rules as anywhere else.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ::parquet::file::metadata::ParquetMetaData;
use arrow::error::ArrowError;
use bytes::Bytes;

use super::arrays::Source;
use super::batch::Intake;
use super::cell::{CELL_BYTES, Cell, Rejection, Tally};
use super::inflate::Inflate;
use super::names::match_columns;

/// Reads the rows of the file. A row is numbered from 1.
pub(super) fn read(intake: &mut Intake<'_>) {
    let outcome = inflate_whole(intake).and_then(|file| read_file(intake, file));
    if let Err(fault) = outcome {
        intake.fault(fault);
    }
}

/// A file that is compressed as a whole has to be in memory before its end can be read.
fn inflate_whole(intake: &mut Intake<'_>) -> Result<Bytes, String> {
    let stored = intake.bytes();
    let is_plain = stored.starts_with(b"PAR1");
    let mut source = Inflate::open(stored, intake.limits);
    let mut file = Vec::new();
    if !is_plain {
        while source.fill_end(&mut file) > 0 {}
    }
    intake.set_inflated(if is_plain { stored.len() as u64 } else { source.total() });
    match source.fault() {
        Some(fault) => Err(fault.to_owned()),
        None if is_plain => Ok(stored.clone()),
        None => Ok(file.into()),
    }
}

fn read_file(intake: &mut Intake<'_>, file: Bytes) -> Result<(), String> {
    let builder = guard("is not a readable Parquet file", || {
        // The file's own Arrow schema is left aside: the Parquet types say all, in fewer variants.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
    })?;
    let roots = builder.parquet_schema().root_schema().get_fields();
    let names: Vec<String> = roots.iter().map(|root| root.name().to_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let places = match_columns(intake.fields, &names)?;
    let limits = intake.limits;
    let mut batches = guard("is not a readable Parquet file", || {
        let mask = ProjectionMask::roots(builder.parquet_schema(), places.iter().flatten().copied());
        check_size(builder.metadata(), &mask, limits.max_object_bytes)?;
        let builder = builder.with_projection(mask).with_batch_size(limits.batch_rows.max(1));
        builder.build().map_err(|error| error.to_string())
    })?;
    let wanted: Vec<Option<&str>> =
        places.iter().map(|place| place.and_then(|place| names.get(place).copied())).collect();
    let mut number = 0;
    loop {
        let sources = guard("holds corrupt data", || read_sources(&mut batches, &wanted))
            .map_err(|fault| format!("{fault}, after row {number}"))?;
        let Some((rows, sources)) = sources else {
            return Ok(());
        };
        for row in 0..rows {
            number += 1;
            let mut tally = intake.tally();
            let decoded = decode_row(intake, &sources, row, &mut tally);
            intake.take(number, decoded, &tally);
        }
    }
}

/// Runs a step of the decoder. It asserts some of what a damaged file can break, so its panics are faults too.
fn guard<T, E: Display>(fault: &str, step: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(outcome) => outcome.map_err(|error| format!("{fault}: {error}")),
        Err(_) => Err(format!("{fault}: the decoder gave up")),
    }
}

/// Refuses a file whose wanted columns say that they inflate to too much.
fn check_size(metadata: &ParquetMetaData, mask: &ProjectionMask, limit: u64) -> Result<(), String> {
    let mut total = 0_u64;
    for group in metadata.row_groups() {
        for (leaf, column) in group.columns().iter().enumerate() {
            if mask.leaf_included(leaf) {
                total = total.saturating_add(u64::try_from(column.uncompressed_size()).unwrap_or(0));
            }
        }
    }
    if total > limit { Err(format!("inflates to more than {limit} bytes")) } else { Ok(()) }
}

/// The number of rows of the next batch, and its columns in the order of the schema.
fn read_sources(
    batches: &mut ParquetRecordBatchReader,
    wanted: &[Option<&str>],
) -> Result<Option<(usize, Vec<Source>)>, ArrowError> {
    let Some(batch) = batches.next().transpose()? else {
        return Ok(None);
    };
    let mut sources = Vec::with_capacity(wanted.len());
    for name in wanted {
        let array = name.and_then(|name| batch.column_by_name(name));
        sources.push(array.map_or(Ok(Source::Nothing), Source::new)?);
    }
    Ok(Some((batch.num_rows(), sources)))
}

fn decode_row<'a>(
    intake: &Intake<'_>,
    sources: &'a [Source],
    row: usize,
    tally: &mut Tally,
) -> Result<Vec<Cell<'a>>, Rejection> {
    tally.add(sources.len() * CELL_BYTES)?;
    let mut cells = Vec::with_capacity(sources.len());
    for (field, source) in intake.fields.iter().zip(sources) {
        let cell = source.cell(row, field, intake.limits.max_depth, tally);
        cells.push(cell.map_err(|rejection| rejection.within(field.name()))?);
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::parquet::arrow::ArrowWriter;
    use ::parquet::basic::{Compression, ZstdLevel};
    use ::parquet::file::properties::WriterProperties;
    use arrow::array::{
        ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DictionaryArray,
        Float32Array, Float64Array, Int8Array, Int64Array, LargeStringArray, ListArray, MapBuilder, RecordBatch,
        StringArray, StringBuilder, StringViewArray, StructArray, TimestampMillisecondArray, UInt16Array, UInt64Array,
    };
    use arrow::buffer::NullBuffer;
    use arrow::datatypes::{DataType, Field, Int32Type, TimeUnit, i256};

    use super::super::inflate::tests::{gzip, zstd};
    use super::super::tests::{Random, field, json_field, list, map, object, read_all, reader, required, show, strukt};
    use super::super::{FileFormat, Limits, Reader};

    /// Spoilt files for each compression.
    const CASES: usize = 100;

    fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        file_with(columns, WriterProperties::builder().set_compression(Compression::SNAPPY).build())
    }

    fn file_with(columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) -> Vec<u8> {
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
        let batch = batch.unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    fn table(fields: impl IntoIterator<Item = Field>) -> Reader {
        reader(FileFormat::Parquet, fields, Limits::default())
    }

    /// The cells of a column `x` of a file, declared as `data_type`.
    fn cells(array: impl arrow::array::Array + 'static, data_type: DataType) -> Vec<String> {
        cells_of(array, field("x", data_type))
    }

    fn cells_of(array: impl arrow::array::Array + 'static, field: Field) -> Vec<String> {
        let shown = show(&mut table([field]), file(vec![("x", Arc::new(array))]));
        shown.iter().map(|line| line.split_once(' ').map_or("", |(_, cell)| cell).to_owned()).collect()
    }

    fn tags() -> arrow::array::MapArray {
        let mut tags = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        tags.keys().append_value("team");
        tags.values().append_value("a \"b\"");
        tags.keys().append_value("none");
        tags.values().append_null();
        tags.append(true).unwrap();
        tags.append(false).unwrap();
        tags.append(true).unwrap();
        tags.finish()
    }

    #[test]
    fn columns_are_found_by_name_in_any_declared_format() {
        let bytes = file(vec![
            ("N", Arc::new(Int64Array::from(vec![Some(1), None]))),
            ("unused", Arc::new(StringArray::from(vec!["x", "y"]))),
            ("a", Arc::new(StringArray::from(vec!["p", "q"]))),
        ]);
        let fields = || [field("n", DataType::Int64), required("a", DataType::Utf8), field("later", DataType::Date32)];
        let csv = FileFormat::Csv { delimiter: b',', null_text: None };
        for format in [FileFormat::Parquet, FileFormat::Json, csv] {
            for packed in [bytes.clone(), gzip(&bytes), zstd(&bytes)] {
                let mut reader = reader(format.clone(), fields(), Limits::default());
                assert_eq!(show(&mut reader, &packed), ["1: 1|p|null", "2: null|q|null"]);
                let (_, read) = read_all(&mut reader, &object(&packed));
                assert_eq!(read.bytes_inflated, bytes.len() as u64);
            }
        }
        let mut lacking = table([required("id", DataType::Int64)]);
        assert_eq!(show(&mut lacking, &bytes), ["fault: lacks required column `id`"]);
        let mut strict = table([required("n", DataType::Int64)]);
        assert_eq!(show(&mut strict, &bytes), ["1: 1", "2! `n` is missing, but required"]);
        let mut none = table([field("later", DataType::Int64)]);
        assert_eq!(show(&mut none, &bytes), ["1: null", "2: null"]);
    }

    #[test]
    fn integers_change_width_where_they_fit() {
        let bigs = UInt64Array::from(vec![Some(7), Some(u64::MAX), None]);
        assert_eq!(cells(bigs.clone(), DataType::Int64), ["7", "`x` is out of range for bigint", "null"]);
        assert_eq!(cells(bigs, DataType::Decimal128(20, 0))[1], "18446744073709551615");
        assert_eq!(cells(UInt16Array::from(vec![40_000]), DataType::Int16), ["`x` is out of range for smallint"]);
        assert_eq!(cells(Int8Array::from(vec![-3]), DataType::Int32), ["-3"]);
        assert_eq!(cells(Int64Array::from(vec![3]), DataType::Float64), ["3.0"]);
        assert_eq!(cells(Int64Array::from(vec![3]), DataType::Utf8), ["3"]);
        assert_eq!(cells(Int64Array::from(vec![3]), DataType::Boolean), ["`x` is a number, expected boolean"]);
        let refused = "`x` is a number, expected timestamp: declare bigint and convert in the mapping";
        assert_eq!(cells(Int64Array::from(vec![3]), DataType::Timestamp(TimeUnit::Second, None)), [refused]);
    }

    #[test]
    fn doubles_become_the_decimals_that_they_show() {
        let doubles = Float64Array::from(vec![0.1, 1e-7, 2.5e-13, f64::NAN, 1e300]);
        let money = DataType::Decimal128(38, 12);
        assert_eq!(
            cells(doubles.clone(), money.clone()),
            [
                "0.100000000000",
                "0.000000100000",
                "0.000000000000",
                "`x` is a number, expected decimal(38,12)",
                "`x` is out of range for decimal(38,12)"
            ]
        );
        let (_, read) =
            read_all(&mut table([field("x", money.clone())]), &object(file(vec![("x", Arc::new(doubles.clone()))])));
        assert_eq!((read.decimals_rounded, read.rejected), (1, 2));
        assert_eq!(cells(Float32Array::from(vec![0.1]), money), ["0.100000000000"]);
        assert_eq!(cells(doubles.clone(), DataType::Float64)[3], "`x` is not a finite number, expected double");
        assert_eq!(cells(doubles.clone(), DataType::Int64)[0], "`x` is a number with a fraction, expected bigint");
        assert_eq!(cells(Float64Array::from(vec![12.0]), DataType::Int64), ["12"]);
        assert_eq!(cells(doubles, DataType::Utf8)[..2], ["0.1", "1e-7"]);
    }

    #[test]
    fn decimals_are_rescaled_half_away_from_zero() {
        let decimals = Decimal128Array::from(vec![15, -15, 14, 20]).with_precision_and_scale(10, 1).unwrap();
        assert_eq!(cells(decimals.clone(), DataType::Decimal128(5, 0)), ["2", "-2", "1", "2"]);
        assert_eq!(cells(decimals.clone(), DataType::Decimal128(18, 6))[1], "-1.500000");
        assert_eq!(cells(decimals.clone(), DataType::Utf8)[1], "-1.5");
        assert_eq!(cells(decimals.clone(), DataType::Int64)[3], "2");
        assert_eq!(cells(decimals, DataType::Float64)[0], "1.5");
        let wide = Decimal256Array::from(vec![i256::from(12_345)]).with_precision_and_scale(50, 20).unwrap();
        assert_eq!(cells(wide, DataType::Decimal128(38, 18)), ["0.000000000000000123"]);
    }

    #[test]
    fn text_follows_the_rules_for_text() {
        let texts = || StringArray::from(vec![Some("12.0"), Some("x"), None, Some("")]);
        assert_eq!(
            cells(texts(), DataType::Int64),
            ["12", "`x` is a string, expected bigint", "null", "`x` is a string, expected bigint"]
        );
        assert_eq!(cells(LargeStringArray::from(vec!["a"]), DataType::Utf8), ["a"]);
        assert_eq!(
            cells(StringViewArray::from(vec!["a long text beyond twelve bytes"]), DataType::Utf8),
            ["a long text beyond twelve bytes"]
        );
        let dictionary: DictionaryArray<Int32Type> = vec!["a", "b", "a"].into_iter().collect();
        assert_eq!(cells(dictionary, DataType::Utf8), ["a", "b", "a"]);
        let bytes = BinaryArray::from(vec![&b"ok"[..], b"\xff"]);
        assert_eq!(cells(bytes, DataType::Utf8), ["ok", "`x` holds invalid UTF-8 at byte 1"]);
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        assert_eq!(cells(StringArray::from(vec!["2024-01-01 00:00:00.5+01:00"]), time), ["2023-12-31T23:00:00.500"]);
        assert_eq!(
            cells(StringArray::from(vec!["True", "?"]), DataType::Boolean),
            ["true", "`x` is a string, expected boolean"]
        );
        assert_eq!(cells(BooleanArray::from(vec![true]), DataType::Utf8), ["true"]);
        assert_eq!(
            cells(StringArray::from(vec![r#"{"a": 1}"#, "x"]), map()),
            ["{a: 1}", "`x` is not valid JSON near byte 1"]
        );
        assert_eq!(cells_of(StringArray::from(vec![r#"{"a": 1}"#]), json_field("x")), [r#"{"a": 1}"#]);
    }

    #[test]
    fn times_change_unit() {
        let millis = TimestampMillisecondArray::from(vec![1_700_000_000_123, -1]).with_timezone("Europe/Berlin");
        let nanos = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        assert_eq!(cells(millis.clone(), nanos), ["2023-11-14T22:13:20.123", "1969-12-31T23:59:59.999"]);
        assert_eq!(cells(millis.clone(), DataType::Timestamp(TimeUnit::Second, None))[1], "1969-12-31T23:59:59");
        assert_eq!(cells(millis.clone(), DataType::Date32), ["2023-11-14", "1969-12-31"]);
        assert_eq!(cells(millis.clone(), DataType::Utf8)[0], "2023-11-14T22:13:20.123Z");
        assert_eq!(cells(millis, DataType::Int64)[0], "`x` is a timestamp, expected bigint");
        let far = TimestampMillisecondArray::from(vec![i64::MAX]);
        assert_eq!(
            cells(far.clone(), DataType::Timestamp(TimeUnit::Nanosecond, None)),
            ["`x` is out of range for timestamp"]
        );
        assert_eq!(cells(far, DataType::Utf8), ["`x` is out of range for varchar"]);
        let days = Date32Array::from(vec![1]);
        assert_eq!(cells(days.clone(), DataType::Timestamp(TimeUnit::Second, None)), ["1970-01-02T00:00:00"]);
        assert_eq!(cells(days.clone(), DataType::Utf8), ["1970-01-02"]);
        assert_eq!(cells(days, DataType::Date64), ["1970-01-02T00:00:00"]);
    }

    #[test]
    fn nested_values_are_read_as_declared() {
        let usage = StructArray::from(vec![
            (
                Arc::new(field("In", DataType::Int64)),
                Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])) as ArrayRef,
            ),
            (Arc::new(field("rest", DataType::Utf8)), Arc::new(StringArray::from(vec!["a", "b", "c"])) as ArrayRef),
        ]);
        let (fields, columns, _) = usage.into_parts();
        let usage = StructArray::new(fields, columns, Some(NullBuffer::from(vec![true, true, false])));
        let declared = strukt([required("in", DataType::Int64), field("out", DataType::Int64)]);
        assert_eq!(cells(usage.clone(), declared), ["{in: 1, out: null}", "`x.in` is missing, but required", "null"]);
        assert_eq!(cells(usage.clone(), map()), ["{In: 1, rest: a}", "{In: null, rest: b}", "null"]);
        assert_eq!(
            cells(usage.clone(), DataType::Utf8),
            [r#"{"In":1,"rest":"a"}"#, r#"{"In":null,"rest":"b"}"#, "null"]
        );
        assert_eq!(cells(usage, list(DataType::Utf8))[0], "`x` is a struct, expected array");

        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
            Some(vec![Some(1), None]),
            None,
            Some(vec![Some(70_000)]),
        ]);
        assert_eq!(
            cells(lists.clone(), list(DataType::Int16)),
            ["[1, null]", "null", "`x[1]` is out of range for smallint"]
        );
        assert_eq!(cells(lists, DataType::Utf8), ["[1,null]", "null", "[70000]"]);

        assert_eq!(cells(tags(), map()), ["{team: a \"b\", none: null}", "null", "{}"]);
        assert_eq!(cells(tags(), DataType::Utf8), [r#"{"team":"a \"b\"","none":null}"#, "null", "{}"]);
        assert_eq!(cells_of(tags(), json_field("x"))[2], "{}");
        let strict = strukt([required("key", DataType::Utf8), required("value", DataType::Utf8)]);
        let strict = DataType::Map(Arc::new(required("entries", strict)), false);
        assert_eq!(cells(tags(), strict)[0], "`x` holds a null, but every value is required");
        let doubles = ListArray::from_iter_primitive::<arrow::datatypes::Float64Type, _, _>(vec![Some(vec![
            Some(0.1),
            Some(f64::NAN),
        ])]);
        assert_eq!(cells(doubles, DataType::Utf8), ["[0.1,null]"]);
    }

    #[test]
    fn rows_are_numbered_across_groups() {
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(1000)).build();
        let wholes: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=5000));
        let bytes = file_with(vec![("n", wholes)], properties);
        let limits = Limits { batch_rows: 300, ..Limits::default() };
        let shown = show(&mut reader(FileFormat::Parquet, [field("n", DataType::Int64)], limits), &bytes);
        assert_eq!(shown.len(), 5000);
        assert!(shown.iter().enumerate().all(|(at, row)| *row == format!("{0}: {0}", at + 1)));
        let small = Limits { max_object_bytes: 1000, ..Limits::default() };
        let refused = show(&mut reader(FileFormat::Parquet, [field("n", DataType::Int64)], small), &bytes);
        assert_eq!(refused, ["fault: is not a readable Parquet file: inflates to more than 1000 bytes"]);
    }

    #[test]
    fn what_is_no_file_is_a_fault() {
        let good = file(vec![("n", Arc::new(Int64Array::from(vec![1])))]);
        let mut reader = table([field("n", DataType::Int64)]);
        assert_eq!(show(&mut reader, "{\"n\":1}"), ["fault: is not a Parquet file"]);
        for length in [4, 8, 12, good.len() / 2, good.len() - 1] {
            let shown = show(&mut reader, &good[..length]);
            assert!(shown[0].starts_with("fault: is not a readable Parquet file: "), "{shown:?}");
        }
        let mut cut = gzip(&good);
        cut.truncate(cut.len() - 20);
        assert!(show(&mut reader, &cut)[0].starts_with("fault: gzip stream is "));
    }

    /// A file with a column of every kind that the writer has a way of its own for.
    fn rich_file(compression: Compression) -> Vec<u8> {
        let numbers = 0..200_i32;
        let texts = StringArray::from_iter_values(numbers.clone().map(|n| format!("text {}", n % 7)));
        let lists = numbers.clone().map(|n| Some(vec![Some(n), None]));
        let doubles = Float64Array::from_iter(numbers.clone().map(|n| (n % 3 > 0).then(|| f64::from(n) / 8.0)));
        let decimals = Decimal128Array::from_iter_values(numbers.clone().map(i128::from));
        let times = TimestampMillisecondArray::from_iter_values(numbers.clone().map(i64::from));
        let mut tags = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        for n in numbers.clone() {
            tags.keys().append_value("key");
            tags.values().append_option((n % 2 == 0).then_some("value"));
            tags.append(n % 5 > 0).unwrap();
        }
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("n", Arc::new(Int64Array::from_iter_values(numbers.map(i64::from)))),
            ("s", Arc::new(texts)),
            ("l", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))),
            ("f", Arc::new(doubles)),
            ("d", Arc::new(decimals.with_precision_and_scale(30, 6).unwrap())),
            ("t", Arc::new(times)),
            ("m", Arc::new(tags.finish())),
        ];
        file_with(columns, WriterProperties::builder().set_compression(compression).build())
    }

    #[test]
    fn spoilt_files_do_no_harm() {
        let mut reader = table([
            field("n", DataType::Int64),
            field("s", DataType::Utf8),
            field("l", DataType::Utf8),
            field("f", DataType::Float64),
            field("d", DataType::Decimal128(38, 12)),
            field("t", DataType::Timestamp(TimeUnit::Nanosecond, None)),
            field("m", map()),
        ]);
        let zstd = Compression::ZSTD(ZstdLevel::default());
        let mut random = Random(7);
        for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, zstd] {
            let good = rich_file(compression);
            assert_eq!(read_all(&mut reader, &object(&good)).1.records, 200);
            for _ in 0..CASES {
                let mut bytes = good.clone();
                for _ in 0..=random.below(3) {
                    let at = 4 + random.below(bytes.len() - 4);
                    bytes[at] = random.below(256) as u8;
                }
                read_all(&mut reader, &object(&bytes));
            }
        }
    }
}
