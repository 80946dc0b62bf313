//! One relation: run its query, hold it to its contract, order it by its grain, write it as Parquet, register it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, new_empty_array};
use arrow::compute::{concat, interleave};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::project::{Project, Query, graph};
use crate::schema::null_in_required;

/// Runs a query and gives its rows with the contract's schema, in the order of its grain.
///
/// # Errors
/// `Project`, `Contract` or `Engine`; a grain that is not unique is a `Project` error that names the query.
pub async fn rows(engine: &Engine, project: &Project, query: &Query) -> Result<RecordBatch> {
    let (schema, batches) = engine.run(query).await?;
    gathered(project, query, schema, batches)
}

/// The same of rows that the query gave, whole or in parts.
///
/// # Errors
/// `Contract` when they do not fit, `Project` when the grain is not unique.
pub fn gathered(project: &Project, query: &Query, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<RecordBatch> {
    let relation = if query.layer == graph::Layer::Lever { "proposals" } else { &query.name };
    let contract = project.contract(relation);
    if let Some(contract) = contract {
        contract.compare(&schema, &query.name, &query.path, &[])?;
    }
    let schema = contract.map_or(schema, |contract| contract.schema.clone());
    // Column by column, so that the rows never stand in memory twice.
    let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::with_capacity(batches.len()); schema.fields().len()];
    for batch in batches {
        let parts = contract.map_or_else(|| Ok(batch.columns().to_vec()), |contract| contract.conform(&batch))?;
        columns.iter_mut().zip(parts).for_each(|(column, part)| column.push(part));
    }
    let order = by_grain(query, &schema, &columns)?;
    let mut gathered = Vec::with_capacity(columns.len());
    for (field, parts) in schema.fields().iter().zip(columns) {
        gathered.push(order.gather(field.data_type(), &parts)?);
    }
    if let Some(column) = null_in_required(&schema, &gathered).filter(|_| contract.is_some()) {
        return Err(Error::contract(format!("query `{}` gives null in the required column `{column}`", query.name))
            .at(format!("at {}", query.path))
            .hint("drop `not null` in the contract, or give the column a value and a reason"));
    }
    Ok(RecordBatch::try_new(schema, gathered)?)
}

/// In which order rows of several batches are gathered.
enum Order {
    /// As they came.
    Same,
    /// By batch and row.
    By(Vec<(usize, usize)>),
}

impl Order {
    fn gather(&self, of: &DataType, parts: &[ArrayRef]) -> Result<ArrayRef> {
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        Ok(match self {
            _ if parts.is_empty() => new_empty_array(of),
            Order::Same => concat(&parts)?,
            Order::By(places) => interleave(&parts, places)?,
        })
    }
}

/// The order of the grain, which is unique.
fn by_grain(query: &Query, schema: &SchemaRef, columns: &[Vec<ArrayRef>]) -> Result<Order> {
    let grain = query.header.list("grain");
    let mut keys = Vec::new();
    for name in &grain {
        let place = schema.index_of(name).map_err(|_| {
            Error::project(format!("the grain of `{}` names `{name}`, which is no column", query.name))
                .at(format!("at {}", query.path))
        })?;
        keys.push(Order::Same.gather(schema.field(place).data_type(), &columns[place])?);
    }
    let count = keys.first().map_or(0, |key| key.len());
    if count < 2 {
        return Ok(Order::Same);
    }
    let converter = RowConverter::new(keys.iter().map(|key| SortField::new(key.data_type().clone())).collect())?;
    let keys = converter.convert_columns(&keys)?;
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(count);
    for (batch, part) in columns[0].iter().enumerate() {
        places.extend((0..part.len()).map(|row| (batch, row)));
    }
    let mut order: Vec<u32> = (0..count as u32).collect();
    let key = |place: u32| keys.row(place as usize);
    let is_same = order.is_sorted_by_key(|place| key(*place));
    if !is_same {
        order.sort_unstable_by(|a, b| key(*a).cmp(&key(*b)));
    }
    if order.windows(2).any(|pair| key(pair[0]) == key(pair[1])) {
        return Err(Error::project(format!("query `{}` gives two rows for one {}", query.name, grain.join(", ")))
            .at(format!("at {}", query.path))
            .hint("correct the grain in the header, or aggregate"));
    }
    if is_same {
        return Ok(Order::Same);
    }
    Ok(Order::By(order.into_iter().map(|place| places[place as usize]).collect()))
}

/// The schema that a relation is registered with before it is built, for planning.
pub fn planned_schema(project: &Project, query: &Query, planned: &Schema) -> SchemaRef {
    project.contract(&query.name).map_or_else(|| Arc::new(planned.clone()), |contract| contract.schema.clone())
}
