//! How far back the state reaches, and how far each source was read; kept in `<state>/horizon.json` with the ledger.
//!
//! A day is *closed* when its rows are no longer kept: late rows would stand alone in it, so they are left out and counted.
//! Days of requests close after `[retention] requests_days`, of bills after `daily_months`, of evaluations after
//! `evaluations_months`. Time is counted from the run date, or from the day after the latest event where that is earlier: a
//! mistyped `--date` deletes nothing. What was closed stays so for every later run; `--full` opens what the run file keeps,
//! `--from` and `--to` open their days, for that run.
//!
//! Here is also decided from which day on a source's date folders are listed ([`crate::store::dates`]). Only sources of
//! request logs are: bills are restated in folders of their month, weeks later.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::dates::DateLayout;

const HORIZON: &str = "horizon.json";

/// First days of which rows are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Of requests.
    pub requests: Option<NaiveDate>,
    /// Of bills and daily relations.
    pub daily: Option<NaiveDate>,
    /// Of evaluations.
    pub evaluations: Option<NaiveDate>,
}

impl Since {
    /// What the run file keeps, counted from a day.
    fn of(config: &Config, day: NaiveDate) -> Since {
        let keep = &config.retention;
        Since {
            requests: Some(day - Duration::days(keep.requests_days)),
            daily: keep.first_of_months(day, keep.daily_months),
            evaluations: keep.first_of_months(day, keep.evaluations_months),
        }
    }

    /// The later of two, each by itself.
    fn later(self, other: Since) -> Since {
        Since {
            requests: self.requests.max(other.requests),
            daily: self.daily.max(other.daily),
            evaluations: self.evaluations.max(other.evaluations),
        }
    }
}

/// How far a source was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    /// Latest event day up to the run date, at the last run that read all that it listed.
    to: Option<NaiveDate>,
    /// Date folders of its keys.
    dates: Option<DateLayout>,
    /// Digest of the format that read it.
    format_digest: String,
}

/// What becomes of a row of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is kept.
    Open,
    /// Its day is closed, and that is no news.
    Closed,
    /// Its day was closed by an earlier run.
    Late,
}

/// How far back the state reaches, and how far its sources were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Horizon {
    /// First days of which rows are kept.
    pub since: Since,
    sources: BTreeMap<String, Reading>,
    /// Days that date folders are looked into before the day up to which a source was read.
    #[serde(skip)]
    lookback: Duration,
    /// Event days that are read again.
    #[serde(skip)]
    reread: Option<(NaiveDate, NaiveDate)>,
    #[serde(skip)]
    is_full: bool,
}

impl Horizon {
    /// Loads the horizon for a run; a state without one has closed nothing.
    ///
    /// # Errors
    /// `Storage` when it cannot be read, `Engine` when it is broken.
    pub async fn load(state: &Store, config: &Config, ledger: &Ledger) -> Result<Horizon> {
        let bytes = state.get_if_exists(HORIZON).await?;
        let read = bytes.map_or(Ok(Horizon::default()), |bytes| serde_json::from_slice(&bytes));
        let mut horizon = match read {
            Ok(horizon) => horizon,
            Err(_) if config.full => Horizon::default(),
            Err(error) => {
                return Err(Error::engine(format!("`{HORIZON}` of the state is broken"))
                    .because(error)
                    .hint("run with --full to build it again"));
            }
        };
        if config.full {
            // What the run file keeps is read again, be it more or less than before.
            let kept = |latest| Since::of(config, config.date.min(latest + Duration::days(1)));
            let kept = ledger.latest_day().map_or(Since::default(), kept);
            horizon.since = Since { requests: kept.daily, ..kept };
        }
        (horizon.reread, horizon.is_full) = (config.reread, config.full);
        horizon.lookback = Duration::days(config.listing.lookback_days);
        Ok(horizon)
    }

    /// Writes the horizon.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub async fn save(&self, state: &Store) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::engine(format!("`{HORIZON}` cannot be encoded")).because(error))?;
        state.put(HORIZON, Bytes::from(text)).await
    }

    /// Moves on to where the run date leaves the state, after a night was read.
    pub fn advance(&mut self, config: &Config, ledger: &Ledger) {
        let latest = ledger.latest_day().unwrap_or(config.date);
        let kept = Since::of(config, config.date.min(latest + Duration::days(1)));
        self.since = if self.is_full { kept } else { self.since.later(kept) };
    }

    fn first(&self, contract: &str) -> Option<NaiveDate> {
        match contract {
            "requests" => self.since.requests,
            "evaluations" => self.since.evaluations,
            _ => self.since.daily,
        }
    }

    /// Whether the rows of a day are no longer kept.
    pub fn is_closed(&self, contract: &str, day: NaiveDate) -> bool {
        self.first(contract).is_some_and(|first| day < first)
    }

    /// Whether nothing at all is kept of a day.
    pub fn is_forgotten(&self, contract: &str, day: NaiveDate) -> bool {
        match contract {
            "requests" => self.since.daily.is_some_and(|first| day < first),
            _ => self.is_closed(contract, day),
        }
    }

    /// What becomes of a row that this run read.
    pub(super) fn standing(&self, contract: &str, day: NaiveDate) -> Standing {
        let is_asked_for = self.reread.is_some_and(|(from, to)| from <= day && day <= to);
        match self.is_closed(contract, day) {
            false => Standing::Open,
            true if self.is_forgotten(contract, day) => Standing::Closed,
            true if is_asked_for => Standing::Open,
            true if self.is_full || self.reread.is_some() => Standing::Closed,
            true => Standing::Late,
        }
    }

    /// Whether this run reads days again that are closed.
    pub(super) fn reopens(&self) -> bool {
        self.reread.is_some_and(|(from, _)| self.is_closed("requests", from))
    }

    /// What a run that reads days again has to be told.
    pub(super) fn warning(&self) -> Option<String> {
        let (from, to) = self.reread?;
        let (requests, daily) = (self.since.requests.filter(|since| from < *since)?, self.since.daily);
        let mut text = String::new();
        let last = to.min(requests - Duration::days(1));
        let first = from.max(daily.unwrap_or(from));
        if first <= last {
            text = format!(
                "the requests of {first} to {last} were deleted ([retention] requests_days): days of which objects are \
                 still there are built again from those alone, the others stay as they were built"
            );
        }
        if let Some(daily) = daily.filter(|daily| from < *daily) {
            let more = if text.is_empty() { "" } else { "; " };
            text +=
                &format!("{more}nothing is kept of days before {daily} ([retention] daily_months), so none is built");
        }
        Some(text)
    }

    /// What a first night has to say of rows that are older than what is kept.
    pub(super) fn closing(&self, rows: i64) -> String {
        let day = |since: Option<NaiveDate>| since.map_or_else(|| "the first day".to_string(), |day| day.to_string());
        let Since { requests, daily, evaluations } = self.since;
        format!(
            "{rows} rows are older than what is kept: requests from {}, bills and what is built from requests from {}, \
             evaluations from {}; `[retention]` keeps more, with --full",
            day(requests),
            day(daily),
            day(evaluations)
        )
    }

    /// From which day on the date folders of a source are listed, and how they are laid out; `None` lists everything.
    pub(super) fn listing(&self, source: &str, format_digest: &str) -> Option<(DateLayout, NaiveDate)> {
        let reading = self.sources.get(source)?;
        let (dates, usual) = (reading.dates?, reading.to? - self.lookback);
        let first = match self.reread {
            // A state that has deleted nothing may reach back to any day.
            _ if self.is_full => self.since.daily? - self.lookback,
            Some((from, _)) => usual.min(from - self.lookback),
            None => usual,
        };
        let is_same_format = reading.format_digest == format_digest;
        Some((dates, if is_same_format { first } else { first.min(self.accounted(usual)?) }))
    }

    /// From which day on entries of the ledger are kept although all their days are closed.
    fn accounted(&self, usual: NaiveDate) -> Option<NaiveDate> {
        Some(usual.min(self.since.requests? - self.lookback))
    }

    /// Whether an object lies in a folder that the nights no longer list, not even when the format changes.
    pub(super) fn is_passed(&self, source: &str, key: &str) -> bool {
        let first = |reading: &Reading| Some((reading.dates?, self.accounted(reading.to? - self.lookback)?));
        self.sources.get(source).and_then(first).is_some_and(|(dates, first)| dates.is_before(key, first))
    }

    /// Notes the date folders of a source that was listed as a whole.
    pub(super) fn lies_in(&mut self, source: &str, dates: Option<DateLayout>) {
        self.sources.entry(source.to_string()).or_default().dates = dates;
    }

    /// Notes that a source was read: everything that it listed, up to a day.
    pub(super) fn was_read(&mut self, source: &str, format_digest: &str, latest: Option<NaiveDate>) {
        let reading = self.sources.entry(source.to_string()).or_default();
        reading.to = reading.to.max(latest);
        reading.format_digest = format_digest.to_string();
    }
}
