//! The story of a night: plan everything, read what is new, build what changed, check it, publish it.

pub mod build;
pub mod check;
pub mod publish;
pub mod relations;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use serde_json::{Value, json};
use tracing::warn;

use crate::config::Config;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::{self, ledger::Ledger};
use crate::outcome::Outcome;
use crate::project::{Project, graph::Layer};
use crate::report;
use crate::store::Store;
use crate::table_file::to_parquet;
use build::Versions;
use publish::Publication;

/// What a finished night has to say.
#[derive(Debug)]
pub struct Night {
    /// The summary as text.
    pub summary: String,
    /// Keys that stand below the output.
    pub published: Vec<String>,
    /// Warnings that were said.
    pub warnings: usize,
}

/// Runs one night for the run date of the configuration.
///
/// # Errors
/// Any kind; nothing is published unless everything before it succeeded.
pub async fn run(project: &Project, config: &Config, progress: &dyn Fn(&str)) -> Result<Night> {
    let engine = Engine::open(&config.engine).await?;
    let (state, output) = (Store::open(&config.state, &config.stores)?, Store::open(&config.output, &config.stores)?);

    plan(&engine, project, config).await?;
    output.prove_writable().await?;
    let _lock = lock(&state).await?;
    engine.mount(&state);

    let mut ledger = Ledger::load(&state, config.full).await?;
    let mut versions = Versions::load(&state, config.full).await?;
    let ingested = ingest::run(&engine, project, config, &state, &mut ledger, progress).await?;
    ingested.warnings.iter().for_each(|warning| warn!("{warning}"));
    versions.forget(&ingested.changed);
    versions.save(&state).await?;
    ledger.save(&state).await?;
    if let Some(error) = ingested.failure {
        return Err(error);
    }

    relations::register(&engine, project, config, &ledger)?;
    build_days(&engine, project, &state, &ledger, &ingested.changed, &mut versions, progress).await?;
    let marts = decide(&engine, project, &state, config.date, progress).await?;
    let outcomes = check::run(&engine, project).await?;
    for outcome in outcomes.iter().filter(|outcome| outcome.rows > 0) {
        warn!("{}: {} rows; {}", outcome.check, outcome.rows, outcome.because);
    }
    check::judge(&outcomes)?;

    let mut publication = Publication::default();
    for (name, rows) in &marts {
        publication.mart(name, config.date, to_parquet(&versioned(project, name, rows)?)?);
    }
    let pages = report::render(project, config, &marts, &outcomes)?;
    for (file, text) in &pages {
        publication.page(file, config.date, text.clone());
    }
    publication.write(&output, config.date, facts(project, config, &ledger, &marts, &outcomes)).await?;

    Ok(Night {
        summary: pages.get("summary.md").cloned().unwrap_or_default(),
        published: publication.keys().map(str::to_string).collect(),
        warnings: ingested.warnings.len() + outcomes.iter().filter(|outcome| outcome.rows > 0).count(),
    })
}

/// Everything short of reading data: every query planned over declared schemas, every plan held to its contract.
///
/// # Errors
/// `Usage`, `Project` or `Contract`, naming file and line.
pub async fn plan(engine: &Engine, project: &Project, config: &Config) -> Result<()> {
    for source in &config.sources {
        project.sources.get(&source.format).ok_or_else(|| ingest::unknown_format(project, source))?;
    }
    report::check(project)?;
    relations::register(engine, project, config, &Ledger::default())?;
    for (format, table) in &project.sources {
        engine.register_empty(format, &ingest::raw_schema(table))?;
    }
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

/// Builds the daily relations of the days that the night touched, then shows all days to the queries above.
async fn build_days(
    engine: &Engine,
    project: &Project,
    state: &Store,
    ledger: &Ledger,
    changed: &BTreeSet<NaiveDate>,
    versions: &mut Versions,
    progress: &dyn Fn(&str),
) -> Result<()> {
    let kept: BTreeSet<NaiveDate> =
        ledger.repeats().iter().filter(|r| r.contract == "requests").map(|r| r.event_date).collect();
    for query in project.layer(Layer::Daily) {
        let days = build::days(engine, project, state, query, changed, &kept, versions).await?;
        progress(&format!("{}: {} days", query.name, days.len()));
    }
    versions.save(state).await?;
    for (name, contract) in &project.contracts {
        if build::is_by_day(project, name) {
            engine.register_days(name, &contract.schema, &state.join(name)?, None)?;
        }
    }
    Ok(())
}

/// Builds everything above the daily relations, in the order that the SQL gives.
async fn decide(
    engine: &Engine,
    project: &Project,
    state: &Store,
    date: NaiveDate,
    progress: &dyn Fn(&str),
) -> Result<BTreeMap<String, RecordBatch>> {
    let mut marts = BTreeMap::new();
    let mut proposals = Vec::new();
    for query in &project.queries {
        match query.layer {
            Layer::Staging(_) | Layer::Daily | Layer::Check => {}
            Layer::Lever => {
                let rows = build::whole(engine, project, state, date, query).await?;
                proposals.push(rows.clone());
                engine.register("proposals", rows.schema(), proposals.clone())?;
            }
            Layer::Intermediate | Layer::Mart => {
                let rows = build::whole(engine, project, state, date, query).await?;
                progress(&format!("{}: {} rows", query.name, rows.num_rows()));
                if query.layer == Layer::Mart {
                    marts.insert(query.name.clone(), rows);
                }
            }
        }
    }
    Ok(marts)
}

/// A mart's rows with the version of its contract beside the comments of its columns, in the file's own schema.
fn versioned(project: &Project, name: &str, rows: &RecordBatch) -> Result<RecordBatch> {
    let version = project.contract(name).and_then(|contract| contract.header.get("version")).unwrap_or("0");
    let metadata = [("contract_version".to_string(), version.to_string())].into();
    Ok(rows.clone().with_schema(Arc::new(rows.schema().as_ref().clone().with_metadata(metadata)))?)
}

/// What the published objects were built from: the ledger, the facts and the checks; nothing of this process.
fn facts(
    project: &Project,
    config: &Config,
    ledger: &Ledger,
    marts: &BTreeMap<String, RecordBatch>,
    outcomes: &[Outcome],
) -> Value {
    let inputs: Vec<Value> = ledger
        .entries()
        .map(|e| {
            json!({
                "source": e.source, "format": e.format, "object": e.object_key, "etag": e.etag, "bytes": e.size,
                "records": e.records, "rejected_lines": e.rejected_lines, "skipped_records": e.skipped_records,
                "rows": e.rows, "rejected_rows": e.rejected_rows, "fault": e.fault,
            })
        })
        .collect();
    let seeds: BTreeMap<&str, &str> =
        project.seeds.iter().map(|(name, seed)| (name.as_str(), seed.digest.as_str())).collect();
    let rows: BTreeMap<&str, usize> = marts.iter().map(|(name, rows)| (name.as_str(), rows.num_rows())).collect();
    json!({
        "window_days": config.windows.decision_days,
        "sources": config.sources.iter().map(|s| json!({ "name": s.name, "format": s.format, "rank": s.rank })).collect::<Vec<_>>(),
        "inputs": inputs,
        "seeds": seeds,
        "rows": rows,
        "checks": outcomes,
    })
}

/// One writer at a time: the operating system's lock on a file of a local state.
async fn lock(state: &Store) -> Result<Option<std::fs::File>> {
    let Ok(folder) = state.url().to_file_path() else { return Ok(None) };
    let failed = |error: std::io::Error| {
        Error::storage(format!("the state folder `{}` cannot be used", folder.display()))
            .because(error)
            .hint("check that it is writable")
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let file = std::fs::File::create(folder.join(".lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::busy("another run holds the lock of this state")
            .at(format!("at `{}`", folder.display()))
            .hint("wait until it has ended; the lock goes with its process")),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}
