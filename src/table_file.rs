//! Rows to Parquet bytes and back, always the same bytes for the same rows.

use arrow::array::{RecordBatch, new_null_array};
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::reader::{FileFormat, Limits, Object, RawTable, Reader};
use crate::schema::Table;

/// Writes one batch as one Parquet file: zstd, nothing random or timed inside.
///
/// # Errors
/// `Engine` when encoding fails.
pub fn to_parquet(rows: &RecordBatch) -> Result<Bytes> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by(concat!("trimtab ", env!("CARGO_PKG_VERSION")).to_string())
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties))?;
    writer.write(rows)?;
    Ok(writer.into_inner()?.into())
}

/// Reads a Parquet file that this program wrote, as one batch. A column that the contract gained since is null.
///
/// # Errors
/// `Engine` when the file is broken, or lacks a column that may not be null.
pub fn from_parquet(bytes: Bytes, schema: &SchemaRef) -> Result<RecordBatch> {
    let batches = decoded(bytes).map_err(|error| {
        Error::engine("a file of the state is broken").because(error).hint("run with --full to build the state again")
    })?;
    let batches = batches
        .into_iter()
        .map(|batch| {
            let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
                Some(column) => Ok(column.clone()),
                None if field.is_nullable() => Ok(new_null_array(field.data_type(), batch.num_rows())),
                None => Err(Error::engine(format!("a state file lacks column `{}`", field.name()))
                    .hint("run with --full to build the state again")),
            });
            Ok(RecordBatch::try_new(schema.clone(), columns.collect::<Result<_>>()?)?)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(concat_batches(schema, &batches)?)
}

fn decoded(bytes: Bytes) -> parquet::errors::Result<Vec<RecordBatch>> {
    let batches = ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()?.collect::<Result<Vec<_>, _>>();
    batches.map_err(parquet::errors::ParquetError::from)
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

    use arrow::array::{ArrayRef, Int64Array};
    use arrow::datatypes::{DataType, Field};

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
}
