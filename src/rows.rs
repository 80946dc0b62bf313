//! Rows of a relation that was built: as they are, or packed as Parquet in several parts, because together they are too many.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use bytes::Bytes;

use crate::error::{Error, Result};
use crate::table_file::{self, to_parquet};

/// Rows of one relation.
#[derive(Debug, Clone)]
pub enum Rows {
    /// As they are.
    Whole(RecordBatch),
    /// In parts.
    Packed(Packed),
    /// So many, which nobody reads any more.
    Gone(usize),
}

/// Parquet files whose rows follow each other.
#[derive(Debug, Clone)]
pub struct Packed {
    /// The columns of every part.
    pub schema: SchemaRef,
    /// The files.
    pub parts: Arc<[Bytes]>,
    /// Rows of all parts.
    pub rows: usize,
}

impl Rows {
    /// How many rows there are.
    pub fn num_rows(&self) -> usize {
        match self {
            Rows::Whole(rows) => rows.num_rows(),
            Rows::Packed(packed) => packed.rows,
            Rows::Gone(rows) => *rows,
        }
    }

    /// All rows at once.
    ///
    /// # Errors
    /// `Engine` when a part is broken.
    pub fn whole(&self) -> Result<RecordBatch> {
        match self {
            Rows::Whole(rows) => Ok(rows.clone()),
            Rows::Packed(packed) => {
                let mut batches = Vec::new();
                for part in packed.parts.iter() {
                    batches.extend(table_file::part_of_parquet(part.clone(), &packed.schema, 0..usize::MAX)?);
                }
                Ok(concat_batches(&packed.schema, &batches)?)
            }
            Rows::Gone(_) => Err(gone()),
        }
    }

    /// One Parquet file of all rows, whose schema has the metadata.
    ///
    /// # Errors
    /// `Engine` when encoding fails or a part is broken.
    pub fn to_parquet(&self, metadata: &[(String, String)]) -> Result<Bytes> {
        let described = |schema: &Schema| Arc::new(schema.clone().with_metadata(metadata.iter().cloned().collect()));
        match self {
            Rows::Whole(rows) => to_parquet(&rows.clone().with_schema(described(&rows.schema()))?),
            Rows::Packed(packed) => table_file::joined(&described(&packed.schema), &packed.parts),
            Rows::Gone(_) => Err(gone()),
        }
    }
}

fn gone() -> Error {
    Error::engine("the rows of a relation were let go and are asked for")
}
