//! The run file: sources, places, windows and the owner's facts, as TOML.
//!
//! Everything that a run needs is decided here once; nothing below sees an `Option` that only means "default".
//! Unknown keys are refused. `${NAME}` is read from the environment, in store options only, where secrets stand.

mod checks;
mod engine;
mod facts;
mod operation;
mod retention;
mod stores;
mod urls;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use url::Url;

use crate::error::{Error, Result};
use crate::wire::Wire;
pub use checks::{CheckOptions, Severity};
pub use engine::EngineOptions;
pub use facts::{Benefit, Commitment, ContractTerm, Facts, Parameter, Pool, Quota, Team, Workload};
pub use operation::LockOptions;
pub use retention::{Listing, Retention};
pub use stores::{StoreOptions, Stores, is_secret};
use urls::{resolve, with_slash};

/// What a run works on, fully decided.
#[derive(Debug, Clone)]
pub struct Config {
    /// Run date D: the run sees events before D 00:00 UTC.
    pub date: NaiveDate,
    /// Event days to read again, first and last inclusive.
    pub reread: Option<(NaiveDate, NaiveDate)>,
    /// Read everything again.
    pub full: bool,
    /// Where state lives.
    pub state: Url,
    /// Where marts and pages are published.
    pub output: Url,
    /// Folder that adds or replaces project files.
    pub project: Option<PathBuf>,
    /// Sources in the order of the run file, which is their rank.
    pub sources: Vec<Source>,
    /// How object stores are reached.
    pub stores: Stores,
    /// Days that marts look back.
    pub windows: Windows,
    /// Limits and memory.
    pub engine: EngineOptions,
    /// When a silent holder of the state is taken over.
    pub lock: LockOptions,
    /// What the owner says about checks, by name.
    pub checks: BTreeMap<String, CheckOptions>,
    /// How long the state keeps what it read.
    pub retention: Retention,
    /// How far back a night looks for objects.
    pub listing: Listing,
    /// Where the metrics of the last run are written.
    pub metrics: Url,
    /// The owner's facts and parameters.
    pub facts: Facts,
    /// The built-in sample company is what runs.
    pub is_sample: bool,
}

/// One source of requests, charges or evaluations.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Name in reports.
    pub name: String,
    /// Format: a file stem under `schemas/sources`.
    pub format: String,
    /// Folder or bucket prefix.
    pub url: Url,
    /// Place in the run file, from 1; the lower one wins when a call is repeated.
    pub rank: i64,
    /// Which end of a call makes its day.
    pub day_basis: DayBasis,
    /// Prompts are reduced to fingerprints while reading (M 1.4); off by default.
    pub is_fingerprinted: bool,
    /// Hours without rows after which the source counts as stale; without them the default for sources of calls holds, and
    /// other sources are not watched.
    pub stale_after_hours: Option<u32>,
    /// Whole days that its logs come late: the newest day that must be complete lies so much before the run date's eve.
    pub late_days: u32,
}

/// Which instant of a call decides its UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum DayBasis {
    /// End of the call, as providers bill.
    #[default]
    End,
    /// Start of the call.
    Start,
}

/// Days that marts look back from the run date.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Windows {
    /// Decision window, whole weeks: `[D-28, D)` by default.
    pub decision_days: i64,
    /// What `spend_by_model` and `coverage` show.
    pub report_days: i64,
}

impl Default for Windows {
    fn default() -> Self {
        Self { decision_days: 28, report_days: 62 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunFile {
    date: Option<NaiveDate>,
    state: String,
    output: String,
    project: Option<PathBuf>,
    #[serde(default)]
    sources: Vec<SourceEntry>,
    #[serde(default)]
    stores: Vec<StoreOptions>,
    #[serde(default)]
    windows: Windows,
    #[serde(default)]
    engine: EngineOptions,
    #[serde(default)]
    lock: LockOptions,
    #[serde(default)]
    checks: BTreeMap<String, CheckOptions>,
    #[serde(default)]
    retention: Retention,
    #[serde(default)]
    listing: Listing,
    metrics: Option<String>,
    #[serde(default)]
    candidates: Candidates,
    #[serde(default)]
    workloads: BTreeMap<String, Workload>,
    #[serde(default)]
    commitments: Vec<Commitment>,
    #[serde(default)]
    contract_terms: Vec<ContractTerm>,
    #[serde(default)]
    pools: Vec<Pool>,
    #[serde(default)]
    quotas: Vec<Quota>,
    #[serde(default)]
    benefits: Vec<Benefit>,
    #[serde(default)]
    team: Team,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Candidates {
    providers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    name: String,
    format: String,
    url: String,
    rank: Option<i64>,
    #[serde(default)]
    day_basis: DayBasis,
    #[serde(default)]
    fingerprint: bool,
    stale_after_hours: Option<u32>,
    #[serde(default)]
    late_days: u32,
}

/// What the command line may say on top of the run file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Run date.
    pub date: Option<NaiveDate>,
    /// First event day to read again.
    pub from: Option<NaiveDate>,
    /// Last event day to read again.
    pub to: Option<NaiveDate>,
    /// Read everything again.
    pub full: bool,
    /// Overlay folder.
    pub project: Option<PathBuf>,
}

impl Config {
    /// Reads a run file. Relative URLs and paths start at its folder.
    ///
    /// # Errors
    /// `Usage` with file and line when it cannot be read or holds an unknown key, a wrong value or a secret in clear text.
    pub fn load(file: &Path, overrides: &Overrides) -> Result<Config> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Error::usage(format!("the run file `{}` cannot be read", file.display()))
                .because(error)
                .hint("write one with `trimtab init > trimtab.toml`")
        })?;
        let folder = std::fs::canonicalize(file)
            .or_else(|_| std::path::absolute(file))
            .ok()
            .and_then(|path| path.parent().map(Path::to_path_buf))
            .ok_or_else(|| Error::usage(format!("the run file `{}` has no folder", file.display())))?;
        let base = Url::from_directory_path(&folder)
            .map_err(|()| Error::usage(format!("`{}` is no usable folder", folder.display())))?;
        let run_file = parse(&text, &file.display().to_string())?;
        decide(run_file, &base, Some(&folder), overrides, &file.display().to_string())
    }

    /// The built-in sample company: its objects live in memory under `memory:///sample_data/`, results go to `folder`.
    ///
    /// # Errors
    /// `Usage` when the embedded run file is broken, which a test rules out.
    pub fn sample(text: &str, folder: &Path, overrides: &Overrides) -> Result<Config> {
        let place = "the built-in sample_data/trimtab.toml";
        let mut run_file = parse(text, place)?;
        let folder = std::path::absolute(folder)
            .map_err(|error| Error::usage("the current folder cannot be used").because(error))?;
        for (slot, path) in [(&mut run_file.state, folder.join("state")), (&mut run_file.output, folder.clone())] {
            *slot = Url::from_directory_path(&path)
                .map_err(|()| Error::usage(format!("`{}` is no usable folder", path.display())))?
                .to_string();
        }
        let base = Url::parse("memory:///sample_data/").map_err(|error| Error::usage("no base").because(error))?;
        let mut config = decide(run_file, &base, None, overrides, place)?;
        config.is_sample = true;
        Ok(config)
    }
}

fn parse(text: &str, place: &str) -> Result<RunFile> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Error::usage("the run file is not valid")
            .at(format!("at {place}:{line}"))
            .at(error.message().replace('\n', " "))
            .hint("compare it with `trimtab init`, which prints every key with its meaning")
    })
}

fn decide(run_file: RunFile, base: &Url, folder: Option<&Path>, overrides: &Overrides, place: &str) -> Result<Config> {
    let wrong = |message: String| Error::usage(message).at(format!("at {place}"));
    let mut sources = Vec::new();
    for (index, entry) in run_file.sources.into_iter().enumerate() {
        if sources.iter().any(|source: &Source| source.name == entry.name) {
            return Err(wrong(format!("two sources are named `{}`", entry.name))
                .hint("every source needs a name of its own: it stands in the coverage report"));
        }
        let is_plain =
            |name: &str| name.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c)) && !name.contains("..");
        if entry.name.is_empty() || !is_plain(&entry.name) {
            return Err(wrong(format!("the source name {:?} is no plain name", entry.name))
                .hint("name a source with letters, digits, `_`, `-`, `.` and blanks"));
        }
        sources.push(Source {
            url: resolve(base, &entry.url).map_err(|e| e.at(format!("at {place}, source `{}`", entry.name)))?,
            name: entry.name,
            format: entry.format,
            rank: entry.rank.unwrap_or(index as i64 + 1),
            day_basis: entry.day_basis,
            is_fingerprinted: entry.fingerprint,
            stale_after_hours: entry.stale_after_hours,
            late_days: entry.late_days,
        });
    }
    if sources.is_empty() {
        return Err(wrong("the run file names no source".into())
            .hint("add a `[[sources]]` table with name, format and url; `trimtab list formats` shows the formats"));
    }
    let reread = match (overrides.from, overrides.to) {
        (None, None) => None,
        (Some(from), Some(to)) if from <= to => Some((from, to)),
        (Some(_), Some(_)) => return Err(Error::usage("`--from` is later than `--to`").hint("swap the two days")),
        _ => return Err(Error::usage("`--from` and `--to` go together").hint("give both event days")),
    };
    if run_file.engine.kind != "local" {
        return Err(wrong(format!("engine kind `{}` does not exist", run_file.engine.kind))
            .hint("write kind = \"local\" or leave the table out"));
    }
    let EngineOptions { concurrency, connect_timeout_seconds, request_timeout_seconds, .. } = run_file.engine;
    if [concurrency as u64, connect_timeout_seconds, request_timeout_seconds].contains(&0) {
        return Err(wrong("a limit of `[engine]` is 0".into()).hint(
            "concurrency, connect_timeout_seconds and request_timeout_seconds are at least 1; \
             leave a key out for its default",
        ));
    }
    let Windows { decision_days, report_days } = run_file.windows;
    if decision_days < 7 || decision_days % 7 != 0 || !(decision_days..=390).contains(&report_days) {
        return Err(wrong(format!("windows of {decision_days} and {report_days} days cannot be used"))
            .hint("decision_days is whole weeks, at least 7; report_days is at least as long and at most 390"));
    }
    for (id, workload) in &run_file.workloads {
        if let Some(word) = workload.criticality.as_deref().filter(|w| !["low", "medium", "high"].contains(w)) {
            return Err(wrong(format!("workload `{id}` has criticality `{word}`"))
                .hint("criticality is low, medium or high (M 5.5)"));
        }
        if let Some(bad) = workload.candidates.iter().find(|c| !c.contains('/')) {
            return Err(wrong(format!("workload `{id}` has a candidate `{bad}` without a provider"))
                .hint("write candidates as provider/model_id, as `trimtab list models` prints them"));
        }
    }
    let (state, output) = (resolve(base, &with_slash(run_file.state))?, resolve(base, &with_slash(run_file.output))?);
    if let Some(source) =
        sources.iter().find(|s| [&state, &output].iter().any(|place| place.as_str().starts_with(s.url.as_str())))
    {
        return Err(wrong(format!("state or output lies inside source `{}`", source.name))
            .hint("what is written there would be read as its logs: give state and output places of their own"));
    }
    let metrics =
        operation::metrics(run_file.metrics.as_deref(), base, &state).map_err(|e| e.at(format!("at {place}")))?;
    for (name, options) in &run_file.checks {
        options.check(name).map_err(|error| error.at(format!("at {place}")))?;
    }
    let checks = [
        run_file.lock.check(),
        run_file.retention.check(&run_file.windows),
        run_file.listing.check(&run_file.retention),
    ];
    checks.into_iter().try_for_each(|check| check.map_err(|error| error.at(format!("at {place}"))))?;
    let today = chrono::Utc::now().date_naive();
    let date = overrides.date.or(run_file.date).unwrap_or(today);
    if !(2000..2200).contains(&date.year()) {
        return Err(
            Error::usage(format!("run date {date} is no day of the years 2000 to 2199")).hint("write YYYY-MM-DD")
        );
    }
    if let Some((from, _)) = reread.filter(|(from, _)| *from > date) {
        return Err(Error::usage(format!("`--from` {from} is later than the run date {date}"))
            .hint("give days that have been, or a later --date"));
    }
    Ok(Config {
        date,
        reread,
        full: overrides.full,
        state,
        output,
        project: overrides
            .project
            .clone()
            .or_else(|| run_file.project.map(|path| folder.map_or(path.clone(), |folder| folder.join(&path)))),
        sources,
        stores: Stores {
            options: run_file.stores.into_iter().map(|store| stores::secrets(store, place)).collect::<Result<_>>()?,
            wire: Arc::new(Wire::new(run_file.engine.limits())),
        },
        windows: run_file.windows,
        engine: run_file.engine,
        lock: run_file.lock,
        checks: run_file.checks,
        retention: run_file.retention,
        listing: run_file.listing,
        metrics,
        facts: Facts {
            workloads: run_file.workloads,
            candidate_providers: run_file.candidates.providers,
            commitments: run_file.commitments,
            contract_terms: run_file.contract_terms,
            pools: run_file.pools,
            quotas: run_file.quotas,
            benefits: run_file.benefits,
            team: run_file.team,
            parameters: run_file.parameters,
        },
        is_sample: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str =
        "state = \"s\"\noutput = \"o\"\n[[sources]]\nname = \"a\"\nformat = \"litellm\"\nurl = \"logs/\"\n";

    fn sample(text: &str) -> Result<Config> {
        Config::sample(text, Path::new("/tmp/x"), &Overrides::default())
    }

    #[test]
    fn relative_urls_start_at_the_run_file() {
        let config = sample(MINIMAL).unwrap();
        assert_eq!(config.sources[0].url.as_str(), "memory:///sample_data/logs/");
        assert_eq!(config.sources[0].rank, 1);
        assert_eq!(config.state.as_str(), "file:///tmp/x/state/");
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        let error = sample(&format!("{MINIMAL}colour = \"red\"\n")).unwrap_err();
        assert!(error.to_string().contains(":7"), "{error}");
        assert!(error.to_string().contains("colour"), "{error}");
    }

    #[test]
    fn a_window_is_whole_weeks() {
        let windows = |days: i64| sample(&format!("{MINIMAL}[windows]\ndecision_days = {days}\n"));
        assert_eq!(windows(56).unwrap().windows.decision_days, 56);
        assert!(windows(30).unwrap_err().to_string().contains("30 and 62 days"));
        assert_eq!(sample(MINIMAL).unwrap().windows.decision_days, 28);
    }

    #[test]
    fn secrets_come_from_the_environment_only() {
        let store = "[[stores]]\nurl = \"s3://b\"\noptions = { aws_secret_access_key = \"abc\" }\n";
        let error = sample(&format!("{MINIMAL}{store}")).unwrap_err();
        assert!(error.to_string().contains("clear text"), "{error}");
        assert!(!error.to_string().contains("abc"), "{error}");
        let store = store.replace("abc", "${TRIMTAB_TEST_UNSET}");
        assert!(sample(&format!("{MINIMAL}{store}")).unwrap_err().to_string().contains("TRIMTAB_TEST_UNSET"));
    }
}
