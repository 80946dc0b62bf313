//! `trimtab sql`: one select over what was published, what state holds and what the project knows. Read only.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use arrow::util::pretty::pretty_format_batches;

use crate::cli::{PlaceArgs, SqlFormat};
use crate::error::{Error, Result};
use crate::report::records;

pub(super) async fn run(select: &str, workload: Option<&str>, format: SqlFormat, place: PlaceArgs) -> Result<()> {
    let opened = super::opened(&place).await?;
    if let Some(workload) = workload {
        opened.only(workload).await?;
    }
    let (schema, rows) = opened.engine.select(select).await.map_err(|error| match &opened.unpublished {
        Some(why) => error.at(why).hint("run `trimtab run` first, or read state and quarantine only"),
        None if workload.is_none() && opened.unkept.iter().any(|name| select.contains(name.as_str())) => error
            .hint("of so many workloads the night kept no such relation: --workload W makes it again for one of them"),
        None => error,
    })?;
    print(&schema, &rows, format)
}

/// Prints rows to standard output.
pub(super) fn print(schema: &SchemaRef, rows: &[RecordBatch], format: SqlFormat) -> Result<()> {
    let mut text = String::new();
    match format {
        // An empty answer still has columns.
        SqlFormat::Table if rows.is_empty() => {
            text = format!("{}\n", pretty_format_batches(&[RecordBatch::new_empty(schema.clone())])?);
        }
        SqlFormat::Table => text = format!("{}\n", pretty_format_batches(rows)?),
        SqlFormat::Json => {
            for record in rows.iter().map(records).collect::<Result<Vec<_>>>()?.into_iter().flatten() {
                text.push_str(&record.to_string());
                text.push('\n');
            }
        }
        SqlFormat::Csv => {
            text.push_str(&line(schema.fields().iter().map(|field| field.name().clone())));
            for cells in cells(rows)? {
                text.push_str(&line(cells.into_iter()));
            }
        }
        SqlFormat::Markdown => {
            let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
            text = format!("| {} |\n|{}\n", names.join(" | "), "---|".repeat(names.len()));
            for cells in cells(rows)? {
                let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
                text.push_str(&format!("| {} |\n", cells.join(" | ")));
            }
        }
    }
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::engine("standard output cannot be written").because(error))
        }
        _ => Ok(()),
    }
}

/// The cells of rows as text; null is empty.
fn cells(rows: &[RecordBatch]) -> Result<Vec<Vec<String>>> {
    let mut lines = Vec::new();
    for batch in rows {
        for row in 0..batch.num_rows() {
            let cells =
                batch.columns().iter().map(|column| match column.is_null(row) || column.data_type().is_null() {
                    true => Ok(String::new()),
                    false => array_value_to_string(column, row),
                });
            lines.push(cells.collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(lines)
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let quoted = cells.map(|cell| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    });
    format!("{}\n", quoted.collect::<Vec<_>>().join(","))
}
