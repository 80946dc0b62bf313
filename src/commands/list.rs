//! `trimtab list`: what the project holds.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

use super::sql::print;
use crate::cli::{ListWhat, SqlFormat};
use crate::error::{Error, Result};
use crate::project::{self, Project, graph::Layer};

pub(super) async fn run(what: ListWhat, overlay: Option<&Path>, format: SqlFormat) -> Result<()> {
    let project = Project::load(overlay).await?;
    match what {
        ListWhat::Models => models(&project, format),
        ListWhat::Formats => formats(&project, format),
        ListWhat::Queries => {
            for query in &project.queries {
                say!("{:<34} {}", query.name, query.header.summary);
            }
            for (name, contract) in
                project.contracts.iter().filter(|(name, _)| project.queries.iter().all(|q| q.name != **name))
            {
                say!("{name:<34} {}", contract.header.summary);
            }
            Ok(())
        }
        ListWhat::Levers => {
            for query in project.layer(Layer::Lever) {
                say!("{:<28} {}", query.name, query.header.get("title").unwrap_or(&query.header.summary));
            }
            Ok(())
        }
    }
}

/// What each format gives, how sure its layout is, and what the tests hold it to.
fn formats(project: &Project, format: SqlFormat) -> Result<()> {
    let tested = project::tested_formats();
    let mut columns: [Vec<String>; 4] = Default::default();
    let mut figures: [Vec<Option<i64>>; 3] = Default::default();
    for (name, table) in &project.sources {
        let contracts: Vec<&str> = project.mappings(name).map(|(contract, _)| contract).collect();
        let gives = if table.header.get("unusable").is_some() { "nothing".into() } else { contracts.join(", ") };
        let status = table.header.get("status").unwrap_or("unverified").to_string();
        for (column, cell) in
            columns.iter_mut().zip([name.clone(), gives, status, first_sentence(&table.header.summary)])
        {
            column.push(cell);
        }
        for (place, figure) in figures.iter_mut().enumerate() {
            figure.push(tested.get(name).map(|found| found[place]));
        }
    }
    let [names, gives, status, summary] = columns.map(|column| Arc::new(StringArray::from(column)) as ArrayRef);
    let [rows, values, traps] = figures.map(|column| Arc::new(Int64Array::from(column)) as ArrayRef);
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("format", names, false),
        ("gives", gives, false),
        ("status", status, false),
        ("rows_checked", rows, true),
        ("values_checked", values, true),
        ("traps_tested", traps, true),
        ("a_record_is", summary, false),
    ])?;
    print(&rows.schema(), &[rows], format)
}

fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or_else(|| text.to_string(), |(first, _)| format!("{first}."))
}

fn models(project: &Project, format: SqlFormat) -> Result<()> {
    let seed = project.seeds.get("models").ok_or_else(|| Error::project("the project has no seed `models`"))?;
    let names = ["provider", "model_id", "context_window_tokens", "max_output_tokens", "released_on", "retires_on"];
    let places: Vec<usize> = names.iter().filter_map(|name| seed.rows.schema().index_of(name).ok()).collect();
    let rows: RecordBatch = seed.rows.project(&places)?;
    print(&rows.schema(), &[rows], format)
}
