//! One file per command.

/// Prints a line to standard output; a closed pipe is no fault.
macro_rules! say {
    ($($words:tt)*) => { $crate::commands::tell(&format!("{}\n", format_args!($($words)*))) };
}

mod backtest;
mod check;
mod explain;
mod init;
mod list;
mod log;
mod prices;
mod run;
mod sample;
mod sql;
mod status;
mod whatif;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use url::Url;

use crate::cli::{Cli, Command, PlaceArgs, PricesAction};
use crate::config::{Config, Overrides, Stores};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::ledger::Ledger;
use crate::pipeline::cut::WORKLOAD;
use crate::pipeline::schedule::{self, PROPOSALS, WORKLOADS};
use crate::pipeline::{build, daily, publish, relations, version};
use crate::project::{self, Project, Query, graph::Layer};
use crate::store::Store;

/// Folder of the sample's results, below the current one.
const SAMPLE_OUTPUT: &str = "trimtab-out";

/// Bytes of a file up to which it is held. Of a larger one, and of one in several row groups, of which one may be enough, the store
/// is asked for what a query reads.
const HELD_BYTES: i64 = 8 << 20;

/// Files that are read at once.
const READ_AT_ONCE: usize = 8;

/// Writes to standard output. Whoever closed it has read enough.
fn tell(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Says beside the answer what whoever reads it should know: on standard error, so that the answer stays one table.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "note: {text}");
}

/// Carries out a command.
///
/// # Errors
/// Any kind; the kind is the exit code.
pub async fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Run(args) => run::run(args).await,
        Command::Status(args) => status::run(args).await,
        Command::Check(place) => check::run(place).await,
        Command::List { what, project, format } => list::run(what, project.as_deref(), format).await,
        Command::Explain { name, place } => explain::run(&name, place).await,
        Command::Sql { select, workload, format, place } => sql::run(&select, workload.as_deref(), format, place).await,
        Command::Backtest { format, place } => backtest::run(format, place).await,
        Command::Sample { sample, place } => sample::run(sample, place).await,
        Command::Whatif { whatif, place } => whatif::run(whatif, place).await,
        Command::Prices { action: PricesAction::Import(args) } => prices::import(args).await,
        Command::Prices { action: PricesAction::Check { format, place } } => prices::check(format, place).await,
        Command::Init { place, project } => init::run(place.as_deref(), project.as_deref()).await,
    }
}

/// The configuration of a place: its run file, else the built-in sample with its objects in memory.
///
/// # Errors
/// `Usage` when the run file is wrong.
pub async fn configuration(place: &PlaceArgs, overrides: &Overrides, is_data_needed: bool) -> Result<Config> {
    if let Some(file) = &place.config {
        return Config::load(file, overrides);
    }
    let base = Url::parse("memory:///sample_data/").map_err(|error| Error::usage("no base").because(error))?;
    let store = Store::open(&base, &Stores::default())?;
    if is_data_needed {
        // In one order, so that the store's versions are the same in every process.
        let sample: BTreeMap<String, Vec<u8>> = project::sample_data().collect();
        for (path, bytes) in sample {
            store.put(&path, Bytes::from(bytes)).await?;
        }
    }
    let text = project::sample_run_file()
        .ok_or_else(|| Error::usage("the built-in sample company is missing").hint("give a run file with --config"))?;
    Config::sample(&text, Path::new(SAMPLE_OUTPUT), overrides)
}

/// A session over what was published for a run date, over state, seeds and settings.
pub struct Opened {
    /// Session with everything registered.
    pub engine: Engine,
    /// The project's text.
    pub project: Project,
    /// Days of the decision window.
    pub window_days: i64,
    /// Why there are no marts, when nothing was published for the run date.
    pub unpublished: Option<String>,
    /// Relations by workload that the night did not keep, as it does where there are many workloads; in the order of the project.
    pub unkept: Vec<String>,
}

async fn is_published(config: &Config, output: &Store) -> Result<bool> {
    Ok(output.get_if_exists(&format!("manifest/run_date={}/manifest.json", config.date)).await?.is_some())
}

/// Opens published marts and state, read only.
///
/// # Errors
/// `Usage` when nothing was published for the run date.
pub async fn opened(place: &PlaceArgs) -> Result<Opened> {
    let mut config = configuration(place, &place.overrides(), false).await?;
    let project = Project::load(config.project.as_deref()).await?;
    let engine = Engine::open(&config.engine).await?;
    let (state, output) = (Store::open(&config.state, &config.stores)?, Store::open(&config.output, &config.stores)?);
    version::of(&state).await?;
    engine.mount(&state);
    let ledger = Ledger::load(&state, false).await?;
    let mut is_published = is_published(&config, &output).await?;
    if let (false, None, Some(latest)) = (is_published, place.date, publish::latest_complete(&output).await?) {
        let note = format!("nothing was published for {}: this is what was published for {latest}\n", config.date);
        let _ = std::io::stderr().lock().write_all(note.as_bytes());
        (config.date, is_published) = (latest, true);
    }
    if !is_published && ledger.is_empty() {
        return Err(Error::usage(format!("nothing was published for {}", config.date))
            .at(format!("at `{}`", config.output))
            .hint("run `trimtab run` first, or give the --config and --date of a run"));
    }
    relations::register(&engine, &project, &config, &ledger)?;
    for (name, contract) in &project.contracts {
        if daily::is_by_day(&project, name) {
            engine.register_days(name, &contract.schema, &state.join(name)?, None)?;
        }
    }
    let date = config.date;
    let mut unkept = Vec::new();
    let files: Vec<(&Query, &Store, String)> = project
        .queries
        .iter()
        .filter_map(|query| match query.layer {
            Layer::Mart => Some((query, &output, publish::mart_key(&query.name, date))),
            Layer::Intermediate | Layer::Lever => Some((query, &state, schedule::kept_key(date, &query.name))),
            _ => None,
        })
        .collect();
    let files = files.iter().map(|(query, store, key)| file(&engine, query, store, key));
    let found: Vec<(&Query, bool)> = stream::iter(files).buffered(READ_AT_ONCE).try_collect().await?;
    for (query, is_found) in found {
        // What was not published does not exist; an empty answer would say that there is nothing to decide.
        if !is_found {
            engine.deregister(&query.name)?;
            unkept.extend(query.is_by_workload().then(|| query.name.clone()));
        }
    }
    let unpublished = (!is_published).then(|| format!("nothing was published for {date}"));
    Ok(Opened { engine, window_days: config.windows.decision_days, unpublished, unkept, project })
}

/// Registers a file, if it exists; a query reads the columns that it names.
async fn file<'q>(engine: &Engine, query: &'q Query, store: &Store, key: &str) -> Result<(&'q Query, bool)> {
    let Some(found) = store.look(key).await? else { return Ok((query, false)) };
    if found.size <= HELD_BYTES {
        let Some(bytes) = store.get_if_exists(key).await? else { return Ok((query, false)) };
        let shape = crate::table_file::shape(bytes.clone())?;
        if shape.row_groups <= 1 {
            engine.register_packed(&query.name, &shape.schema, [bytes].into(), shape.rows)?;
            return Ok((query, true));
        }
    }
    engine.register_file(&query.name, store, key).await?;
    Ok((query, true))
}

/// The error for a workload that the window does not have.
fn no_workload(name: &str) -> Error {
    Error::usage(format!("`{name}` is no workload of the window"))
        .hint("`trimtab sql \"select workload_id from workloads\"` shows the names")
}

impl Opened {
    /// Shows one workload alone in every relation that names workloads, and makes its rows of those by workload that the night
    /// did not keep.
    ///
    /// # Errors
    /// As [`build::rows`].
    pub async fn only(&self, workload: &str) -> Result<()> {
        let select = format!("select 1 from {WORKLOADS} where {WORKLOAD} = '{}'", workload.replace('\'', "''"));
        if self.unpublished.is_none() && self.engine.select(&select).await?.1.iter().all(|rows| rows.num_rows() == 0) {
            return Err(no_workload(workload));
        }
        for name in self.engine.names() {
            self.engine.only_where(&name, WORKLOAD, workload).await?;
        }
        let mut proposals = Vec::new();
        for query in self.project.queries.iter().filter(|query| query.is_by_workload()) {
            // Which workload a row is about may stand in another relation only: such rows are made for the one alone.
            let is_kept = !self.unkept.contains(&query.name);
            if is_kept && self.engine.schema_of(&query.name).await?.index_of(WORKLOAD).is_ok() {
                continue;
            }
            let rows = build::rows(&self.engine, &self.project, query).await?;
            self.engine.register(&query.name, rows.schema(), vec![rows.clone()])?;
            if query.layer == Layer::Lever {
                proposals.push(rows.clone());
                self.engine.register(PROPOSALS, rows.schema(), proposals.clone())?;
            }
        }
        Ok(())
    }
}
