//! The story of a night: plan everything, read what is new, build what changed, check it, publish it.

pub mod build;
pub mod check;
pub mod facts;
mod inputs;
pub mod metrics;
pub mod publish;
pub mod record;
pub mod relations;
pub mod retention;
pub mod schedule;
pub mod staged;
pub mod version;
pub mod watermarks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use serde_json::{Value, json};
use tracing::warn;

use crate::config::Config;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::ingest::{self, Ingested, horizon::Horizon, ledger::Ledger};
use crate::lock::{Lock, Owner};
use crate::outcome::Outcome;
use crate::project::{Project, graph::Layer};
use crate::report;
use crate::store::Store;
use crate::table_file::to_parquet;
use build::Versions;
use publish::Publication;
use record::{Journal, Record};
use staged::Staged;
use watermarks::Seen;

/// Size of the files of a daily relation up to which they are read once and held: to open a file for each day takes longer than
/// to read what stands in it, and some relations have a dozen readers.
const HELD_BYTES: i64 = 8 << 20;

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

/// Runs one night for the run date of the configuration, as the only writer of its state.
///
/// # Errors
/// Any kind; nothing is published unless everything before it succeeded. `Busy` while another run holds the lock, or when
/// one took it over.
pub async fn run(project: &Project, config: &Config, owner: &Owner, progress: &dyn Fn(&str)) -> Result<Night> {
    let mut journal = Journal::begin(owner, config);
    let ended = locked(project, config, owner, &mut journal, progress).await;
    note(config, &journal.ended(owner, ended.as_ref().err())).await;
    ended
}

/// Writes the metrics of a run that failed before it began.
pub async fn failed(config: &Config, owner: &Owner, error: &Error) {
    note(config, &Journal::begin(owner, config).ended(owner, Some(error))).await;
}

/// Writes the metrics. A run that found another one at work says nothing: the figures are the other one's.
async fn note(config: &Config, record: &Record) {
    if record.exit_code == Kind::Busy.exit_code() {
        return;
    }
    let published = match Store::open(&config.output, &config.stores) {
        Ok(output) => publish::latest_complete(&output).await.ok().flatten(),
        Err(_) => None,
    };
    if let Err(error) = metrics::save(config, record, published).await {
        warn!("the metrics were not written: {error}");
    }
}

/// Takes the lock, does the night behind it, and gives the lock back with the record of the run.
async fn locked(
    project: &Project,
    config: &Config,
    owner: &Owner,
    journal: &mut Journal,
    progress: &dyn Fn(&str),
) -> Result<Night> {
    journal.stage("plan");
    let engine = Engine::open(&config.engine).await?;
    let (state, output) = (Store::open(&config.state, &config.stores)?, Store::open(&config.output, &config.stores)?);
    plan(&engine, project, config).await?;

    journal.stage("lock");
    // A state of a newer version may be locked in another way.
    version::of(&state).await?;
    let mut lock = Lock::acquire(&state, owner, Duration::from_secs(config.lock.stale_seconds)).await?;
    lock.keep();
    journal.holds(owner, lock.fencing());
    config.stores.wire.guard(Some(lock.gate()));
    let places = Places { state: lock.guard(&state), output: lock.guard(&output) };
    let ended = night(&engine, project, config, owner, &places, journal, progress).await;
    // Of a refused write the store's error came back; why it was refused is what the caller must know.
    if let Some(error) = lock.lost() {
        config.stores.wire.guard(None);
        return Err(error);
    }
    let record = journal.ended(owner, ended.as_ref().err());
    if let Err(error) = record.save(&places.state).await {
        warn!("the record of the run was not written: {error}");
    }
    config.stores.wire.guard(None);
    if let Err(error) = lock.release().await {
        warn!("the lock was not given back: {error}");
    }
    ended
}

/// Where a run writes: both refuse it once its lock is another's.
struct Places {
    state: Store,
    output: Store,
}

async fn night(
    engine: &Engine,
    project: &Project,
    config: &Config,
    owner: &Owner,
    places: &Places,
    journal: &mut Journal,
    progress: &dyn Fn(&str),
) -> Result<Night> {
    let Places { state, output } = places;
    journal.stage("recover");
    output.prove_writable().await?;
    state.sweep(|_| true).await;
    output.sweep(|name| name.contains("/run_date=")).await;
    Staged::recover(state).await?;
    if let Some(date) = publish::recover(state, output).await? {
        progress(&format!("the publication of {date}, which a run had left half way, is finished"));
    }
    version::upgrade(state, version::of(state).await?, config.full).await?;
    engine.mount(state);

    journal.stage("ingest");
    let Read { ingested, ledger, horizon, mut versions } =
        read(engine, project, config, owner, state, journal, progress).await?;
    if let Some(error) = ingested.failure {
        return Err(error);
    }

    journal.stage("build");
    relations::register(engine, project, config, &ledger)?;
    let days = build::Days {
        changed: ingested.changed,
        open: ledger.days_of("requests", true),
        known: ledger.days_of("requests", false),
    };
    build_days(engine, project, state, &days, &mut versions, progress).await?;
    journal.stage("decide");
    let marts = decide(engine, project, state, config.date, progress).await?;
    journal.stage("check");
    let outcomes = check::run(engine, project, config).await?;
    check::judge(&outcomes)?;
    for outcome in outcomes.iter().filter(|outcome| outcome.rows > 0) {
        // What it is about, not only how much: the first row names the model, the object or the workload.
        let first = outcome.examples.first().map_or_else(String::new, |example| format!("; first: {example}"));
        let warning = format!("{}: {} rows; {}{first}", outcome.check, outcome.rows, outcome.because);
        warn!("{warning}");
        journal.warning(&warning);
    }

    journal.stage("publish");
    let mut publication = Publication::default();
    for (name, rows) in &marts {
        publication.mart(name, config.date, to_parquet(&versioned(project, name, rows)?)?);
    }
    let pages = report::render(project, config, &marts, &outcomes)?;
    for (file, text) in &pages {
        publication.page(file, config.date, text.clone());
    }
    publication.write(state, output, config.date, facts(project, config, &ledger, &marts, &outcomes)).await?;
    journal.published(marts.values().map(|rows| rows.num_rows() as u64).sum());

    journal.stage("retain");
    // The publication stands; what is left over is deleted by the next run.
    if let Err(error) = retention::delete(project, state, &horizon, config.date).await {
        let warning = format!("state that is no longer kept was not deleted: {error}; the next run tries again");
        warn!("{warning}");
        journal.warning(&warning);
    }
    Ok(Night {
        summary: pages.get("summary.md").cloned().unwrap_or_default(),
        published: publication.keys().map(str::to_string).collect(),
        warnings: ingested.warnings.len() + outcomes.iter().filter(|outcome| outcome.rows > 0).count(),
    })
}

/// What a night read, and the books of the state after it.
struct Read {
    ingested: Ingested,
    ledger: Ledger,
    horizon: Horizon,
    versions: Versions,
}

/// Reads what is new. Settled days, ledger and the note of what has to be built again become state together.
async fn read(
    engine: &Engine,
    project: &Project,
    config: &Config,
    owner: &Owner,
    state: &Store,
    journal: &mut Journal,
    progress: &dyn Fn(&str),
) -> Result<Read> {
    let mut ledger = Ledger::load(state, config.full).await?;
    let mut versions = Versions::load(state, config.full).await?;
    let mut horizon = Horizon::load(state, config, &ledger).await?;
    let seen = Seen::of(&ledger);
    let staged = Staged::begin(state, &owner.run_id);
    let staging = staged.store();
    let ingested = ingest::run(engine, project, config, &staging, &mut ledger, &mut horizon, progress).await?;
    for warning in &ingested.warnings {
        warn!("{warning}");
        journal.warning(warning);
    }
    versions.prune(horizon.since.daily);
    versions.demand(project.layer(Layer::Daily).map(|query| query.name.as_str()), &ingested.changed);
    versions.save(&staging).await?;
    horizon.save(&staging).await?;
    ledger.save(&staging).await?;
    watermarks::save(&staging, &ledger, &seen.read_since(&ledger, false), owner.now()).await?;
    staged.commit().await?;
    journal.read(seen.read_since(&ledger, config.full));
    Ok(Read { ingested, ledger, horizon, versions })
}

/// Everything short of reading data: the run file held to the project, and every query of a project that an overlay changed
/// planned and held to its contract. Ours plan for every run file alike, which a test sees.
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

/// Builds the daily relations of the days that the night touched, then shows all days to the queries above.
async fn build_days(
    engine: &Engine,
    project: &Project,
    state: &Store,
    days: &build::Days,
    versions: &mut Versions,
    progress: &dyn Fn(&str),
) -> Result<()> {
    for query in project.layer(Layer::Daily) {
        let built = build::days(engine, project, state, query, days, versions).await?;
        let older = match (built.older.first(), built.older.last()) {
            (Some(first), Some(last)) => format!(
                "; {} days from {first} to {last} stay as an older version built them: their requests are deleted",
                built.older.len()
            ),
            _ => String::new(),
        };
        progress(&format!("{}: {} days{older}", query.name, built.days.len()));
    }
    versions.save(state).await?;
    for (name, contract) in &project.contracts {
        if build::is_by_day(project, name) {
            engine.register_days(name, &contract.schema, &state.join(name)?, None)?;
            let readers =
                project.queries.iter().filter(|query| query.layer.is_decided() && query.inputs.contains(name));
            if readers.count() > 1 && state.below(name).await?.iter().map(|file| file.size).sum::<i64>() <= HELD_BYTES {
                engine.hold(name).await?;
            }
        }
    }
    Ok(())
}

/// Builds everything above the daily relations and gives the marts.
async fn decide(
    engine: &Engine,
    project: &Project,
    state: &Store,
    date: NaiveDate,
    progress: &dyn Fn(&str),
) -> Result<BTreeMap<String, RecordBatch>> {
    let plan = schedule::Plan {
        relations: project.queries.iter().filter(|query| query.layer.is_decided()).collect(),
        stay: project.layer(Layer::Check).flat_map(|check| check.inputs.iter().map(String::as_str)).collect(),
        kept: Some((state.clone(), date)),
    };
    let published: BTreeSet<&str> = project.layer(Layer::Mart).map(|query| query.name.as_str()).collect();
    let mut marts = BTreeMap::new();
    schedule::run(engine, project, &plan, |built| {
        progress(&format!("{}: {} rows", built.name, built.rows.num_rows()));
        if published.contains(built.name.as_str()) {
            marts.insert(built.name, built.rows);
        }
    })
    .await?;
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
    let seeds: BTreeMap<&str, &str> =
        project.seeds.iter().map(|(name, seed)| (name.as_str(), seed.digest.as_str())).collect();
    let rows: BTreeMap<&str, usize> = marts.iter().map(|(name, rows)| (name.as_str(), rows.num_rows())).collect();
    json!({
        "window_days": config.windows.decision_days,
        "sources": config.sources.iter().map(|s| json!({ "name": s.name, "format": s.format, "rank": s.rank })).collect::<Vec<_>>(),
        "inputs": inputs::digests(ledger),
        "seeds": seeds,
        "rows": rows,
        "checks": outcomes,
    })
}
