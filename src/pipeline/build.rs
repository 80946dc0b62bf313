//! One relation: run its query, hold it to its contract, order it by its grain, write it as Parquet, register it.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, new_empty_array};
use arrow::compute::{concat, interleave};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::project::{Project, Query, graph};
use crate::schema::{Table, nullable};

/// Runs a query and gives its rows with the contract's schema, in the order of its grain.
///
/// # Errors
/// `Project`, `Contract` or `Engine`; a grain that is not unique is a `Project` error that names the query.
pub async fn rows(engine: &Engine, project: &Project, query: &Query) -> Result<RecordBatch> {
    let (schema, batches) = engine.run(query).await?;
    gathered(project, query, schema, batches)
}

/// The same of rows that the query gave.
///
/// # Errors
/// `Contract` when they do not fit, `Project` when the grain is not unique.
pub fn gathered(project: &Project, query: &Query, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<RecordBatch> {
    let batches = conformed(project, query, &schema, batches)?;
    let contract = contract_of(project, query);
    let schema = contract.map_or(schema, |contract| contract.schema.clone());
    let order = by_grain(query, &schema, &batches)?;
    let mut columns = Vec::with_capacity(schema.fields().len());
    for (place, field) in schema.fields().iter().enumerate() {
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(place).as_ref()).collect();
        let column = match &order {
            _ if parts.is_empty() => new_empty_array(field.data_type()),
            Order::Same => concat(&parts)?,
            Order::By(places) => interleave(&parts, places)?,
        };
        if contract.is_some() && !field.is_nullable() && column.null_count() > 0 {
            return Err(null_in(query, field.name()));
        }
        columns.push(column);
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}

fn contract_of<'a>(project: &'a Project, query: &Query) -> Option<&'a Table> {
    project.contract(if query.layer == graph::Layer::Lever { "proposals" } else { &query.name })
}

/// Rows that a query gave with the columns of its contract, which may still be null where they must not.
///
/// # Errors
/// `Contract` when they do not fit.
pub fn conformed(
    project: &Project,
    query: &Query,
    schema: &SchemaRef,
    batches: Vec<RecordBatch>,
) -> Result<Vec<RecordBatch>> {
    let Some(contract) = contract_of(project, query) else { return Ok(batches) };
    contract.compare(schema, &query.name, &query.path, &[])?;
    let nullable = nullable(&contract.schema);
    let conform = |batch: RecordBatch| Ok(RecordBatch::try_new(nullable.clone(), contract.conform(&batch)?)?);
    batches.into_iter().map(conform).collect()
}

/// The error for a null in a required column.
pub(super) fn null_in(query: &Query, column: &str) -> Error {
    Error::contract(format!("query `{}` gives null in the required column `{column}`", query.name))
        .at(format!("at {}", query.path))
        .hint("drop `not null` in the contract, or give the column a value and a reason")
}

/// In which order rows of several parts are gathered.
enum Order {
    /// As they came.
    Same,
    /// By part and row.
    By(Vec<(usize, usize)>),
}

/// The order of the grain, which is unique; a query that groups by it and says so is left in the order of its first rows.
fn by_grain(query: &Query, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Order> {
    if query.is_unsorted() {
        return Ok(Order::Same);
    }
    let grain = query.header.list("grain");
    if let ([key], false) = (grain.as_slice(), batches.is_empty())
        && ascends(key, batches)
    {
        return Ok(Order::Same);
    }
    let mut keys = Vec::new();
    for name in &grain {
        let place = schema.index_of(name).map_err(|_| {
            Error::project(format!("the grain of `{}` names `{name}`, which is no column", query.name))
                .at(format!("at {}", query.path))
        })?;
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(place).as_ref()).collect();
        keys.push(if parts.is_empty() { new_empty_array(schema.field(place).data_type()) } else { concat(&parts)? });
    }
    let count = keys.first().map_or(0, |key| key.len());
    if count < 2 {
        return Ok(Order::Same);
    }
    let converter = RowConverter::new(keys.iter().map(|key| SortField::new(key.data_type().clone())).collect())?;
    let keys = converter.convert_columns(&keys)?;
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(count);
    for (part, batch) in batches.iter().enumerate() {
        places.extend((0..batch.num_rows()).map(|row| (part, row)));
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

/// Whether a column holds texts, each of them greater than the one before it. Most relations come in the order of what they read.
fn ascends(key: &str, batches: &[RecordBatch]) -> bool {
    let texts = |batch: &RecordBatch| batch.column_by_name(key)?.as_string_opt::<i32>().cloned();
    let texts: Option<Vec<_>> = batches.iter().map(|batch| texts(batch).filter(|key| key.null_count() == 0)).collect();
    let rows = texts.iter().flatten().flat_map(|texts| (0..texts.len()).map(|row| texts.value(row)));
    texts.is_some() && rows.is_sorted_by(|one, next| one < next)
}

/// The schema that a relation is registered with before it is built, for planning.
pub fn planned_schema(project: &Project, query: &Query, planned: &Schema) -> SchemaRef {
    contract_of(project, query).map_or_else(|| Arc::new(planned.clone()), |contract| contract.schema.clone())
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn rows(numbers: &[i64]) -> RecordBatch {
        let n: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
        let text: ArrayRef =
            Arc::new(numbers.iter().map(|n| (n % 2 > 0).then(|| format!("{n}"))).collect::<StringArray>());
        RecordBatch::try_from_iter_with_nullable([("text", text, true), ("n", n, false)]).unwrap()
    }

    #[tokio::test]
    async fn rows_are_gathered_in_the_order_of_their_grain() {
        let project = Project::load(None).await.unwrap();
        let query = graph::query("queries/intermediate/int_x.sql", "-- X.\n--\n-- grain: n\nselect 1 as n").unwrap();
        let of = |parts: &[&[i64]]| {
            gathered(&project, &query, rows(&[]).schema(), parts.iter().map(|part| rows(part)).collect())
        };
        for parts in [&[&[4, 1][..], &[], &[3], &[2, 5]][..], &[&[1, 2], &[3, 4], &[5]], &[&[1, 2, 3, 4, 5]]] {
            assert_eq!(of(parts).unwrap(), rows(&[1, 2, 3, 4, 5]), "{parts:?}");
        }
        assert_eq!(of(&[]).unwrap(), rows(&[]));
        let error = of(&[&[1, 2], &[2]]).err().unwrap();
        assert!(error.to_string().contains("two rows for one n"), "{error}");
    }
}
