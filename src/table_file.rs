//! Rows to Parquet bytes and back, always the same bytes for the same rows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedRowGroupWriter;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::reader::{FileFormat, Limits, Object, RawTable, Reader};
use crate::schema::Table;

/// Who wrote a file.
const CREATED_BY: &str = concat!("trimtab ", env!("CARGO_PKG_VERSION"));
/// Cells of a row group from which its columns are encoded side by side.
const MANY_CELLS: usize = 1 << 18;
/// Rows below which a day is small.
const FEW_ROWS: usize = 4_096;
/// The largest dictionary of a column of a day.
const DICTIONARY_BYTES: usize = 256 << 10;
/// Bytes in memory below which a relation is small.
const SMALL_BYTES: usize = 256 << 10;
/// Rows of a row group of a day. Groups are the same however a day came together: what waits is packed in them, and stays so.
pub const ROWS_OF_GROUP: usize = 1 << 16;
/// Rows of a batch that is read.
const ROWS_OF_BATCH: usize = 8_192;
/// Columns that are encoded at once, where the machine has as many cores.
const AT_ONCE: usize = 4;

/// Gives the rows of a range of one column, by its place in the schema.
pub type Columns<'a> = dyn Fn(usize, Range<usize>) -> Result<ArrayRef> + Sync + 'a;

/// Writes one batch as one Parquet file: zstd, nothing random or timed inside.
///
/// # Errors
/// `Engine` when encoding fails.
pub fn to_parquet(rows: &RecordBatch) -> Result<Bytes> {
    compressed(rows, Compression::ZSTD(ZstdLevel::try_new(3)?))
}

/// Writes a relation that only the state keeps: a small one as it is, because a compressor for each of its columns costs more
/// than all the rest of it.
///
/// # Errors
/// `Engine` when encoding fails.
pub fn to_kept_parquet(rows: &RecordBatch) -> Result<Bytes> {
    match rows.get_array_memory_size() < SMALL_BYTES {
        true => compressed(rows, Compression::UNCOMPRESSED),
        false => to_parquet(rows),
    }
}

fn compressed(rows: &RecordBatch, compression: Compression) -> Result<Bytes> {
    let properties = WriterProperties::builder().set_compression(compression);
    let column = |column: usize, range: Range<usize>| Ok(rows.column(column).slice(range.start, range.len()));
    written(&rows.schema(), rows.num_rows(), properties, &column, &[], &|_| None)
}

/// Writes rows as a file of a day of the state: such files are written every night and read by us, so that what takes longer
/// than it saves is left out. `column` gives a part of a column, and is asked for several at once: the rows need not stand
/// together.
///
/// # Errors
/// `Engine` when encoding fails, and those of `column`.
pub fn day_to_parquet(schema: &SchemaRef, rows: usize, column: &Columns<'_>) -> Result<Bytes> {
    day_with_groups(schema, rows, column, &[], &|_| None)
}

/// The same, where some row groups were encoded before: `packed` gives the file of one whose columns are taken from it as they
/// are, but for those at the places `anew`.
///
/// # Errors
/// As [`day_to_parquet`], and `Engine` when such a file has other columns.
pub fn day_with_groups(
    schema: &SchemaRef,
    rows: usize,
    column: &Columns<'_>,
    anew: &[usize],
    packed: &dyn Fn(usize) -> Option<Bytes>,
) -> Result<Bytes> {
    let properties = WriterProperties::builder()
        // A context of zstd for each of fifty columns takes longer than a few rows.
        .set_compression(if rows < FEW_ROWS { Compression::SNAPPY } else { Compression::ZSTD(ZstdLevel::try_new(1)?) })
        // Nobody looks for a part of a day.
        .set_statistics_enabled(EnabledStatistics::None)
        // Ids do not repeat: a dictionary of them is soon given up.
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_max_row_group_row_count(Some(ROWS_OF_GROUP));
    written(schema, rows, properties, column, anew, packed)
}

fn written(
    schema: &SchemaRef,
    rows: usize,
    properties: WriterPropertiesBuilder,
    column: &Columns<'_>,
    anew: &[usize],
    packed: &dyn Fn(usize) -> Option<Bytes>,
) -> Result<Bytes> {
    let properties = properties.set_created_by(CREATED_BY.to_string()).build();
    let rows_of_group = properties.max_row_group_row_count().unwrap_or(rows).max(1);
    let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?;
    let (mut file, writers) = writer.into_serialized_writer()?;
    let all: Vec<usize> = (0..schema.fields().len()).collect();
    for (group, begin) in (0..rows).step_by(rows_of_group).enumerate() {
        let range = begin..rows.min(begin + rows_of_group);
        let packed = packed(group).map(|bytes| Ok::<_, Error>((metadata(&bytes)?, bytes))).transpose()?;
        let places = if packed.is_some() { anew } else { &all };
        let mut chunks = encoded(schema, writers.create_column_writers(group)?, places, range, column)?;
        let mut written = file.next_row_group()?;
        for place in 0..schema.fields().len() {
            match (chunks.remove(&place), &packed) {
                (Some(chunks), _) => {
                    chunks.into_iter().try_for_each(|chunk| chunk.append_to_row_group(&mut written))?
                }
                (None, Some((file, bytes))) => append(&mut written, file, 0, place, bytes)?,
                (None, None) => return Err(Error::engine("a column of a row group is missing")),
            }
        }
        written.close()?;
    }
    Ok(file.into_inner()?.into())
}

fn metadata(bytes: &Bytes) -> Result<ParquetMetaData> {
    // What is appended again says all that it said.
    let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    let mut reader = reader.with_metadata_options(Some(options));
    reader.try_parse(bytes).map_err(broken)?;
    reader.finish().map_err(broken)
}

/// Appends a column of a row group of a file, as it is.
fn append(
    written: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    file: &ParquetMetaData,
    group: usize,
    column: usize,
    bytes: &Bytes,
) -> Result<()> {
    let from = file.row_group(group);
    let metadata = from.columns().get(column).ok_or_else(|| Error::engine("a packed file lacks a column"))?;
    let close = ColumnCloseResult {
        bytes_written: metadata.compressed_size() as u64,
        rows_written: from.num_rows() as u64,
        metadata: metadata.clone(),
        bloom_filter: None,
        column_index: file.column_index().map(|all| all[group][column].clone()),
        offset_index: file.offset_index().map(|all| all[group][column].clone()),
    };
    Ok(written.append_column(bytes, close)?)
}

/// Some columns of one row group, by their places in the schema; those of a large group side by side.
fn encoded(
    schema: &SchemaRef,
    writers: Vec<ArrowColumnWriter>,
    places: &[usize],
    range: Range<usize>,
    column: &Columns<'_>,
) -> Result<BTreeMap<usize, Vec<ArrowColumnChunk>>> {
    let mut writers = writers.into_iter();
    let leaves = schema.fields().iter().map(|field| writers.by_ref().take(leaves(field.data_type())).collect());
    let leaves: Vec<(usize, Vec<ArrowColumnWriter>)> =
        leaves.enumerate().filter(|(place, _)| places.contains(place)).collect();
    let cells = range.len() * leaves.len();
    let left = Mutex::new(leaves.into_iter());
    let done = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((place, writers)) = next else { return };
            let chunks = encode(schema.field(place), writers, column(place, range.clone()));
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, chunks));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(AT_ONCE);
    std::thread::scope(|scope| {
        // A small file is written sooner than a thread begins.
        for _ in 1..if cells < MANY_CELLS { 1 } else { cores } {
            scope.spawn(work);
        }
        work();
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_iter().map(|(place, chunks)| Ok((place, chunks?))).collect()
}

fn encode(field: &Field, writers: Vec<ArrowColumnWriter>, values: Result<ArrayRef>) -> Result<Vec<ArrowColumnChunk>> {
    let values = compute_leaves(field, &values?)?;
    let mut chunks = Vec::with_capacity(writers.len());
    for (mut writer, leaf) in writers.into_iter().zip(values) {
        writer.write(&leaf)?;
        chunks.push(writer.close()?);
    }
    Ok(chunks)
}

/// Columns that Parquet makes of one.
fn leaves(of: &DataType) -> usize {
    match of {
        DataType::Struct(fields) => fields.iter().map(|field| leaves(field.data_type())).sum(),
        DataType::List(item) | DataType::LargeList(item) | DataType::Map(item, _) => leaves(item.data_type()),
        _ => 1,
    }
}

/// Reads a Parquet file that this program wrote, as one batch. A column that the contract gained since is null.
///
/// # Errors
/// `Engine` when the file is broken, or lacks a column that may not be null.
pub fn from_parquet(bytes: Bytes, schema: &SchemaRef) -> Result<RecordBatch> {
    Ok(concat_batches(schema, &part_of_parquet(bytes, schema, 0..usize::MAX)?)?)
}

/// Reads some rows of such a file.
///
/// # Errors
/// As [`from_parquet`].
pub fn part_of_parquet(bytes: Bytes, schema: &SchemaRef, rows: Range<usize>) -> Result<Vec<RecordBatch>> {
    let conform = |batch: RecordBatch| {
        let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
            Some(column) => Ok(column.clone()),
            None if field.is_nullable() => Ok(new_null_array(field.data_type(), batch.num_rows())),
            None => Err(Error::engine(format!("a state file lacks column `{}`", field.name()))
                .hint("run with --full to build the state again")),
        });
        Ok(RecordBatch::try_new(schema.clone(), columns.collect::<Result<_>>()?)?)
    };
    decoded(bytes, rows).map_err(broken)?.into_iter().map(conform).collect()
}

/// Some columns of all rows, by their places in the file, which rise; with the types that they were written with.
///
/// # Errors
/// `Engine` when the file is broken.
pub fn columns_of_parquet(bytes: Bytes, places: &[usize]) -> Result<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(broken)?;
    let schema = Arc::new(reader.schema().project(places)?);
    let rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
    let columns = ProjectionMask::roots(reader.parquet_schema(), places.iter().copied());
    let reader = reader.with_projection(columns).with_batch_size(rows.max(1)).build().map_err(broken)?;
    let batches = reader.collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(concat_batches(&schema, &batches)?)
}

/// One file of the row groups of several, whose columns are the schema's: nothing is decoded.
///
/// # Errors
/// `Engine` when a file is broken or has other columns.
pub fn joined(schema: &SchemaRef, files: &[Bytes]) -> Result<Bytes> {
    let properties = WriterProperties::builder().set_created_by(CREATED_BY.to_string()).build();
    let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?;
    let (mut whole, _) = writer.into_serialized_writer()?;
    for bytes in files {
        let file = metadata(bytes)?;
        for (place, group) in file.row_groups().iter().enumerate() {
            let mut written = whole.next_row_group()?;
            for column in 0..group.num_columns() {
                append(&mut written, &file, place, column, bytes)?;
            }
            written.close()?;
        }
    }
    Ok(whole.into_inner()?.into())
}

/// The columns of such names that a file has, in batches.
///
/// # Errors
/// `Engine` when the file is broken.
pub fn named_columns(bytes: Bytes, names: &[&str]) -> Result<Vec<RecordBatch>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(broken)?;
    let places = names.iter().filter_map(|name| reader.schema().index_of(name).ok());
    let columns = ProjectionMask::roots(reader.parquet_schema(), places);
    let reader = reader.with_projection(columns).with_batch_size(ROWS_OF_BATCH).build().map_err(broken)?;
    Ok(reader.collect::<std::result::Result<Vec<_>, _>>()?)
}

/// What a file says of itself.
#[derive(Debug)]
pub struct Shape {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub rows: usize,
    /// The groups that they stand in.
    pub row_groups: usize,
}

/// What such a file says of itself.
///
/// # Errors
/// `Engine` when the file is broken.
pub fn shape(bytes: Bytes) -> Result<Shape> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(broken)?;
    let rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
    Ok(Shape { schema: reader.schema().clone(), rows, row_groups: reader.metadata().num_row_groups() })
}

fn broken(error: ParquetError) -> Error {
    Error::engine("a file of the state is broken").because(error).hint("run with --full to build the state again")
}

fn decoded(bytes: Bytes, rows: Range<usize>) -> parquet::errors::Result<Vec<RecordBatch>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)?.with_batch_size(ROWS_OF_BATCH);
    let (mut groups, mut first, mut begin) = (Vec::new(), None, 0);
    for (place, group) in reader.metadata().row_groups().iter().enumerate() {
        let end = begin + usize::try_from(group.num_rows()).unwrap_or_default();
        if begin < rows.end && end > rows.start {
            first.get_or_insert(begin);
            groups.push(place);
        }
        begin = end;
    }
    let skipped = rows.start - first.unwrap_or(rows.start);
    let reader = reader.with_row_groups(groups).with_offset(skipped).with_limit(rows.len());
    let batches = reader.build()?.collect::<Result<Vec<_>, _>>();
    batches.map_err(ParquetError::from)
}

/// Reads a Parquet file with the columns that it has.
///
/// # Errors
/// `Engine` when the file is broken.
pub fn read_any(bytes: Bytes) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let schema = reader.schema().clone();
    Ok((schema, reader.build()?.collect::<Result<Vec<_>, _>>()?))
}

/// Turns values into rows of a contract, by way of JSON text.
///
/// # Errors
/// `Engine` when a value does not fit the contract, which is a fault of ours.
pub fn to_rows<T: Serialize>(contract: &Table, values: &[T]) -> Result<RecordBatch> {
    let mut text = Vec::new();
    for value in values {
        serde_json::to_writer(&mut text, value)
            .map_err(|error| Error::engine("a row cannot be written").because(error))?;
        text.push(b'\n');
    }
    let raw = RawTable { name: contract.name.clone(), file: FileFormat::Json, schema: contract.schema.clone() };
    let object = Object { key: contract.name.clone(), bytes: text.into(), last_modified: chrono::DateTime::UNIX_EPOCH };
    let mut reader = Reader::new(raw, Limits { max_line_bytes: 1 << 30, ..Limits::default() });
    let mut batches = Vec::new();
    let read = reader.read(&object, &mut |batch| batches.push(batch));
    reader.flush(&mut |batch| batches.push(batch));
    if let Some(line) = read.rejected_lines.first() {
        return Err(Error::engine(format!("a row of `{}` does not fit its contract", contract.name))
            .at(format!("{}: {}", line.path, line.reason)));
    }
    let width = contract.schema.fields().len();
    let batches = batches
        .into_iter()
        .map(|batch| RecordBatch::try_new(contract.schema.clone(), batch.columns()[..width].to_vec()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(&contract.schema, &batches)?)
}

/// A schema without the column that a folder name holds.
pub fn without(schema: &Schema, name: &str) -> Schema {
    Schema::new(schema.fields().iter().filter(|field| field.name() != name).cloned().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;

    #[test]
    fn a_state_file_may_lack_what_its_contract_gained() {
        let old = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]).unwrap();
        let bytes = to_parquet(&old).unwrap();
        let schema = |is_nullable| {
            let fields = [Field::new("b", DataType::Utf8, is_nullable), Field::new("a", DataType::Int64, true)];
            Arc::new(Schema::new(fields.to_vec()))
        };
        let read = from_parquet(bytes.clone(), &schema(true)).unwrap();
        assert_eq!((read.num_rows(), read.column(0).null_count()), (2, 2));
        let error = from_parquet(bytes, &schema(false)).unwrap_err().to_string();
        assert!(error.contains("a state file lacks column `b`"), "{error}");
    }

    #[test]
    fn files_are_joined_without_a_change_to_their_rows() {
        let rows = |from: i64, to: i64| {
            let texts = (from..to).map(|n| (n % 3 > 0).then(|| format!("text {}", n % 7))).collect::<StringArray>();
            let numbers = Arc::new(Int64Array::from_iter_values(from..to));
            RecordBatch::try_from_iter([("n", numbers as ArrayRef), ("t", Arc::new(texts) as ArrayRef)]).unwrap()
        };
        let schema = rows(0, 1).schema();
        let day = |rows: &RecordBatch| {
            day_to_parquet(&schema, rows.num_rows(), &|column, range| {
                Ok(rows.column(column).slice(range.start, range.len()))
            })
        };
        let parts = [to_parquet(&rows(0, 5)).unwrap(), day(&rows(5, 5)).unwrap(), day(&rows(5, 5000)).unwrap()];
        let whole = joined(&schema, &parts).unwrap();
        assert_eq!(from_parquet(whole.clone(), &schema).unwrap(), rows(0, 5000));
        assert_eq!(joined(&schema, &parts).unwrap(), whole);
        assert_eq!(from_parquet(joined(&schema, &[]).unwrap(), &schema).unwrap().num_rows(), 0);
        let one = named_columns(whole, &["t", "no such column"]).unwrap();
        assert_eq!(one.iter().map(RecordBatch::num_rows).sum::<usize>(), 5000);
        assert_eq!(one[0].schema().fields().len(), 1);
        assert!(joined(&schema, &[Bytes::from_static(b"no Parquet")]).is_err());
    }

    /// The engine's own writer is what the columns side by side are held against.
    #[test]
    fn columns_side_by_side_make_the_file_that_one_after_the_other_make() {
        let count = MANY_CELLS as i64 / 2 + 1;
        let numbers = Arc::new((0..count).map(|n| (n % 7 > 0).then_some(n * n % 1000)).collect::<Int64Array>());
        let texts = Arc::new((0..count).map(|n| Some(format!("call {}", n % 5000))).collect::<StringArray>());
        let rows = RecordBatch::try_from_iter([("n", numbers as ArrayRef), ("t", texts as ArrayRef)]).unwrap();
        for rows in [rows.slice(0, 0), rows.slice(0, 3), rows] {
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap()))
                .set_created_by(concat!("trimtab ", env!("CARGO_PKG_VERSION")).to_string());
            let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties.build())).unwrap();
            writer.write(&rows).unwrap();
            assert!(to_parquet(&rows).unwrap() == writer.into_inner().unwrap(), "{} rows", rows.num_rows());
        }
        let nested = r#"{"s":{"a":1,"b":"x"},"l":["y","z"]}"#;
        let schema = Schema::new(vec![
            Field::new(
                "s",
                DataType::Struct(
                    [("a", DataType::Int64), ("b", DataType::Utf8)]
                        .map(|(name, of)| Field::new(name, of, true))
                        .to_vec()
                        .into(),
                ),
                true,
            ),
            Field::new("l", DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))), true),
        ]);
        let raw = RawTable { name: "raw".into(), file: FileFormat::Json, schema: Arc::new(schema) };
        let object = Object { key: "o".into(), bytes: nested.into(), last_modified: chrono::DateTime::UNIX_EPOCH };
        let mut reader = Reader::new(raw, Limits::default());
        let mut rows = Vec::new();
        reader.read(&object, &mut |_| ());
        reader.flush(&mut |batch| rows.push(batch));
        assert_eq!(from_parquet(to_parquet(&rows[0]).unwrap(), &rows[0].schema()).unwrap(), rows[0]);
    }
}
