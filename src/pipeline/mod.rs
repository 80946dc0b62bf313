//! The story of a night: plan everything, read what is new, build what changed, check it, publish it.

pub mod build;
mod by_parts;
pub mod check;
pub mod cut;
pub mod daily;
pub mod facts;
mod groups;
mod inputs;
pub mod metrics;
mod parts;
mod plan;
pub mod publish;
pub mod record;
pub mod relations;
pub mod retention;
pub mod schedule;
pub mod staged;
mod stages;
pub mod standing;
pub mod version;
pub mod versions;
pub mod watermarks;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tracing::warn;

use crate::config::Config;
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::ingest::{self, Ingested, horizon::Horizon, ledger::Ledger};
use crate::lock::{Lock, Owner};
use crate::project::{Project, graph::Layer};
use crate::report;
use crate::rows::Rows;
use crate::store::Store;
pub use plan::{plan, plan_queries};
use publish::Publication;
use record::{Journal, Record};
use staged::Staged;
use standing::{Published, Verdict};
use versions::Versions;
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
    /// Nothing was new: what is published stands since an earlier run.
    pub stands: bool,
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

    journal.stage("compare");
    let standing = match standing::verdict(project, config, state, output).await? {
        Verdict::Stands(standing) => Some(standing),
        Verdict::Anew(why) => {
            progress(&format!("deciding: {why}"));
            None
        }
    };
    if let Some(standing) = standing {
        for warning in &standing.warnings {
            warn!("{warning}");
            journal.warning(warning);
        }
        journal.stands(standing.rows);
        return Ok(Night {
            summary: standing.summary(output).await?,
            warnings: ingested.warnings.len() + standing.warnings.len(),
            published: standing.objects.into_keys().filter(|key| !publish::is_manifest(key)).collect(),
            stands: true,
        });
    }
    standing::forget(state).await?;

    journal.stage("build");
    relations::register(engine, project, config, &ledger)?;
    let days = daily::Days {
        changed: ingested.changed,
        open: ledger.days_of("requests", true),
        known: ledger.days_of("requests", false),
    };
    build_days(engine, project, state, &days, &mut versions, progress).await?;
    journal.stage("decide");
    let marts = decide(engine, project, config, state, progress).await?;
    journal.stage("check");
    let outcomes = check::run(engine, project, config).await?;
    check::judge(&outcomes)?;
    let warnings = check::warnings(&outcomes);
    for warning in &warnings {
        warn!("{warning}");
        journal.warning(warning);
    }

    journal.stage("publish");
    let mut publication = Publication::default();
    // The files are made while the pages are.
    let mut encoding = Vec::new();
    for (name, rows) in &marts {
        let (rows, metadata) = (rows.clone(), version_of(project, name));
        encoding.push((name, spawn_blocking(move || rows.to_parquet(&metadata))));
    }
    let pages = report::render(project, config, &marts, &outcomes)?;
    for (name, encoded) in encoding {
        let encoded = encoded.await.map_err(|error| Error::engine("a mart was not encoded").because(error))?;
        publication.mart(name, config.date, encoded?);
    }
    for (file, text) in &pages {
        publication.page(file, config.date, text.clone());
    }
    publication.write(state, output, config.date, inputs::facts(project, config, &ledger, &marts, &outcomes)).await?;
    let rows = marts.values().map(|rows| rows.num_rows() as u64).sum();
    journal.published(rows);

    journal.stage("retain");
    // The publication stands: what is left over is deleted, and what is not noted is decided again, by the next run.
    let left = match retention::delete(project, state, &horizon, config.date).await {
        Ok(kept) => {
            let published =
                Published { kept: &kept, keys: &publication.keys().collect::<Vec<_>>(), rows, warnings: &warnings };
            let noted = standing::note(project, config, state, output, published).await;
            noted.map_err(|error| format!("what was published was not noted: {error}; the next run decides again"))
        }
        Err(error) => Err(format!("state that is no longer kept was not deleted: {error}; the next run tries again")),
    };
    if let Err(warning) = left {
        warn!("{warning}");
        journal.warning(&warning);
    }
    Ok(Night {
        summary: pages.get("summary.md").cloned().unwrap_or_default(),
        published: publication.keys().map(str::to_string).collect(),
        warnings: ingested.warnings.len() + warnings.len(),
        stands: false,
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

/// Builds the daily relations of the days that the night touched, then shows all days to the queries above.
async fn build_days(
    engine: &Engine,
    project: &Project,
    state: &Store,
    days: &daily::Days,
    versions: &mut Versions,
    progress: &dyn Fn(&str),
) -> Result<()> {
    if daily::demand_outdated(project, &days.open, versions) {
        versions.save(state).await?;
    }
    daily::build(engine, project, state, days, versions, |name, built| {
        let older = match (built.older.first(), built.older.last()) {
            (Some(first), Some(last)) => format!(
                "; {} days from {first} to {last} stay as an older version built them: their requests are deleted",
                built.older.len()
            ),
            _ => String::new(),
        };
        progress(&format!("{name}: {} days{older}", built.days.len()));
    })
    .await?;
    versions.save(state).await?;
    for (name, contract) in &project.contracts {
        if daily::is_by_day(project, name) {
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
    config: &Config,
    state: &Store,
    progress: &dyn Fn(&str),
) -> Result<BTreeMap<String, Rows>> {
    let plan = schedule::Plan {
        relations: project.queries.iter().filter(|query| query.layer.is_decided()).collect(),
        stay: project.layer(Layer::Check).flat_map(|check| check.inputs.iter().map(String::as_str)).collect(),
        kept: Some((state.clone(), config.date)),
        workloads_at_once: config.engine.workloads_at_once,
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

/// The version of a mart's contract, which its file bears beside the comments of its columns.
fn version_of(project: &Project, name: &str) -> [(String, String); 1] {
    let version = project.contract(name).and_then(|contract| contract.header.get("version")).unwrap_or("0");
    [("contract_version".to_string(), version.to_string())]
}
