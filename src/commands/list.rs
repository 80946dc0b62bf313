//! `trimtab list`: what the project holds.

use std::path::Path;

use arrow::array::RecordBatch;

use super::sql::print;
use crate::cli::{ListWhat, SqlFormat};
use crate::error::{Error, Result};
use crate::project::{Project, graph::Layer};

pub(super) async fn run(what: ListWhat, overlay: Option<&Path>) -> Result<()> {
    let project = Project::load(overlay).await?;
    match what {
        ListWhat::Models => models(&project),
        ListWhat::Formats => {
            for (name, table) in &project.sources {
                let contracts: Vec<&str> = project.mappings(name).map(|(contract, _)| contract).collect();
                println!("{name:<22} {:<12} {}", contracts.join(","), table.header.summary);
            }
            Ok(())
        }
        ListWhat::Queries => {
            for query in &project.queries {
                println!("{:<34} {}", query.name, query.header.summary);
            }
            for (name, contract) in
                project.contracts.iter().filter(|(name, _)| project.queries.iter().all(|q| q.name != **name))
            {
                println!("{name:<34} {}", contract.header.summary);
            }
            Ok(())
        }
        ListWhat::Levers => {
            for query in project.layer(Layer::Lever) {
                println!("{:<28} {}", query.name, query.header.get("title").unwrap_or(&query.header.summary));
            }
            Ok(())
        }
    }
}

fn models(project: &Project) -> Result<()> {
    let seed = project.seeds.get("models").ok_or_else(|| Error::project("the project has no seed `models`"))?;
    let names = ["provider", "model_id", "context_window_tokens", "max_output_tokens", "released_on", "retires_on"];
    let places: Vec<usize> = names.iter().filter_map(|name| seed.rows.schema().index_of(name).ok()).collect();
    let rows: RecordBatch = seed.rows.project(&places)?;
    print(&rows.schema(), &[rows], SqlFormat::Table)
}
