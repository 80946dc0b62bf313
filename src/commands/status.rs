//! `trimtab status`: what the runs of a state did, who holds it, how far its sources were read, what was published.
//!
//! It reads a few small objects and no data, so it can be asked while a run is at work.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;

use crate::cli::{PlaceArgs, StatusArgs, StatusFormat};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::lock::{self, Holder};
use crate::pipeline::publish::{self, Published};
use crate::pipeline::record::{self, Record};
use crate::pipeline::{version, watermarks};
use crate::store::Store;

/// Everything that is shown.
#[derive(Debug, Serialize)]
struct Status {
    state: String,
    /// Version of the state; null where there is none yet.
    version: Option<u32>,
    lock: LockStatus,
    published: Option<Published>,
    sources: Vec<SourceStatus>,
    runs: Vec<Record>,
}

#[derive(Debug, Serialize)]
struct LockStatus {
    /// `free`, `held`, or `stale`: held by a run without a sign of life.
    status: &'static str,
    holder: Option<Holder>,
}

#[derive(Debug, Serialize)]
struct SourceStatus {
    source: String,
    objects: i64,
    latest_event_date: Option<NaiveDate>,
    last_new_at: Option<DateTime<Utc>>,
    /// No new object for the hours that were asked for; null when no run has noted when it last found one.
    is_stale: Option<bool>,
}

pub(super) async fn run(args: StatusArgs) -> Result<()> {
    let place = PlaceArgs { config: args.config.clone(), ..PlaceArgs::default() };
    let config = super::configuration(&place, &place.overrides(), false).await?;
    let status = status(&config, &args, Utc::now()).await?;
    let text = match args.format {
        StatusFormat::Table => text(&status, &args),
        StatusFormat::Json => serde_json::to_string_pretty(&status)
            .map(|text| text + "\n")
            .map_err(|error| Error::engine("the status cannot be encoded").because(error))?,
    };
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::engine("standard output cannot be written").because(error))
        }
        _ => Ok(()),
    }
}

async fn status(config: &Config, args: &StatusArgs, now: DateTime<Utc>) -> Result<Status> {
    let (state, output) = (Store::open(&config.state, &config.stores)?, Store::open(&config.output, &config.stores)?);
    let version = version::of(&state).await?;
    let holder = lock::holder(&state).await?;
    let status = match &holder {
        None => "free",
        Some(holder) if holder.is_released() => "free",
        Some(holder) if holder.is_stale(now, Duration::from_secs(config.lock.stale_seconds)) => "stale",
        // On a local folder the lock went with its process; the record stays as it was.
        Some(holder) if config.state.scheme() == "file" && holder.is_gone() => "stale",
        Some(_) => "held",
    };
    let marks = watermarks::load(&state).await?;
    let sources = config.sources.iter().map(|source| {
        let mark = marks.get(&source.name).cloned().unwrap_or_default();
        SourceStatus {
            source: source.name.clone(),
            objects: mark.objects,
            latest_event_date: mark.latest_event_date,
            last_new_at: mark.last_new_at,
            is_stale: mark.last_new_at.map(|at| now - at > TimeDelta::hours(i64::from(args.stale_hours))),
        }
    });
    Ok(Status {
        state: config.state.to_string(),
        version,
        lock: LockStatus { status, holder: holder.filter(|_| status != "free") },
        published: publish::latest(&output).await?,
        sources: sources.collect(),
        runs: record::latest(&state, args.runs).await?,
    })
}

fn text(status: &Status, args: &StatusArgs) -> String {
    let mut text = String::new();
    let now = Utc::now();
    let version = status.version.map_or("no state yet".into(), |version| format!("version {version}"));
    let lock = match &status.lock.holder {
        None => "free".to_string(),
        Some(holder) if status.lock.status == "stale" => format!("stale: {}", holder.said(now)),
        Some(holder) => holder.said(now),
    };
    let published = match status.published {
        None => "nothing".to_string(),
        Some(Published { run_date, is_complete: true }) => format!("{run_date}, complete"),
        Some(Published { run_date, .. }) => {
            format!("{run_date}, not complete: its run was stopped or is at work; the next run finishes it")
        }
    };
    let _ = writeln!(text, "state      {} ({version})\nlock       {lock}\npublished  {published}\n", status.state);
    let yes = |stale: Option<bool>| match stale {
        None => "unknown".to_string(),
        Some(true) => format!("yes, for more than {} h", args.stale_hours),
        Some(false) => "no".to_string(),
    };
    let sources = status.sources.iter().map(|source| {
        let day = source.latest_event_date.map_or("-".into(), |day| day.to_string());
        [source.source.clone(), source.objects.to_string(), day, time(source.last_new_at), yes(source.is_stale)]
    });
    table(&mut text, ["source", "objects", "latest day", "last new object", "stale"], sources);
    let runs = status.runs.iter().map(|run| {
        let read = run.read.values().map(|read| read.rows).sum::<i64>();
        let outcome = format!("{} ({})", run.outcome, run.exit_code);
        let seconds = format!("{}.{:01}", run.ms / 1000, run.ms % 1000 / 100);
        [run.run_id.clone(), time(Some(run.started)), run.run_date.to_string(), outcome, seconds, read.to_string()]
    });
    text.push('\n');
    table(&mut text, ["run", "started", "run date", "outcome (exit)", "seconds", "rows read"], runs);
    text
}

fn time(at: Option<DateTime<Utc>>) -> String {
    at.map_or("-".into(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Rows under aligned headings; without rows the headings alone.
fn table<const N: usize>(text: &mut String, head: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let lines: Vec<[String; N]> = std::iter::once(head.map(str::to_string)).chain(rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    for line in &lines {
        let cells = line.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column)));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
