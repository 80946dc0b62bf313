//! Everything short of reading data: run file, pages and queries are held to the project before a byte is read.

use super::{build, check, facts, relations};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::{self, ledger::Ledger};
use crate::project::{Project, graph::Layer};
use crate::report;

/// Holds the run file to the project; every query of a project that an overlay changed is planned and held to its contract. Ours plan for every run file alike, which a test sees.
///
/// # Errors
/// `Usage`, `Project` or `Contract`, naming file and line.
pub async fn plan(engine: &Engine, project: &Project, config: &Config) -> Result<()> {
    for source in &config.sources {
        project.sources.get(&source.format).ok_or_else(|| ingest::unknown_format(project, source))?;
    }
    report::check(project)?;
    check::verify(project, config)?;
    facts::verify(project, config)?;
    relations::register(engine, project, config, &Ledger::default())?;
    for (format, table) in &project.sources {
        engine.register_empty(format, &ingest::raw_schema(table))?;
    }
    for source in &config.sources {
        ingest::check(engine, project, source).await?;
    }
    match project.has_foreign_sql {
        true => plan_queries(engine, project).await,
        false => Ok(()),
    }
}

/// Plans every query over declared schemas and holds every plan to its contract.
///
/// # Errors
/// `Project` or `Contract`, naming file and line.
pub async fn plan_queries(engine: &Engine, project: &Project) -> Result<()> {
    for query in &project.queries {
        let planned = engine.plan(query).await?;
        let schema = planned.schema().as_arrow();
        match &query.layer {
            Layer::Staging(contract) => {
                if let Some(contract) = project.contract(contract) {
                    contract.compare(schema, &query.name, &query.path, &contract.header.list("filled"))?;
                }
            }
            Layer::Lever => {
                if let Some(contract) = project.contract("proposals") {
                    contract.compare(schema, &query.name, &query.path, &[])?;
                }
            }
            Layer::Check => {}
            _ => {
                match project.contract(&query.name) {
                    Some(contract) => contract.compare(schema, &query.name, &query.path, &[])?,
                    None if query.layer == Layer::Mart => {
                        return Err(Error::contract(format!("mart `{}` has no contract", query.name))
                            .at(format!("at {}", query.path))
                            .hint(format!(
                                "write schemas/contracts/{}.sql: what is published has documented columns",
                                query.name
                            )));
                    }
                    None => {}
                }
                engine.register_empty(&query.name, &build::planned_schema(project, query, schema))?;
            }
        }
    }
    Ok(())
}
