//! What a run did, in `<state>/runs/<run id>.json`: times, figures and requests, which never stand in the output.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::watermarks::Read;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::lock::Owner;
use crate::requests::Counts;
use crate::store::Store;
use crate::wire::Wire;

const FOLDER: &str = "runs";
/// Records that are kept, and days after which one is dropped: a season of nights; metrics are for the years.
const KEPT: usize = 100;
/// Warnings whose text is kept.
const WARNINGS: usize = 100;

/// A part of a run and how long it took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub stage: String,
    /// Milliseconds.
    pub ms: u64,
}

/// The record of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Name of the run.
    pub run_id: String,
    /// Version of the program.
    pub trimtab_version: String,
    /// Machine.
    pub host: String,
    /// Process on it.
    pub pid: u32,
    /// Number under which the lock was held, if it was.
    pub fencing: Option<u64>,
    /// Run date.
    pub run_date: NaiveDate,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it got the lock, if it did.
    pub locked: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// Milliseconds from the one to the other, by a clock that is never set.
    pub ms: u64,
    /// `published`, `unchanged` if what an earlier run published stands, or who has to act: `usage`, `project`, `contract`,
    /// `storage`, `data`, `check`, `busy`, `engine`.
    pub outcome: String,
    /// Exit code of the process.
    pub exit_code: u8,
    /// What went wrong, with its places.
    pub error: Option<String>,
    /// Parts in the order in which they ran.
    pub stages: Vec<Stage>,
    /// What was read, by source.
    pub read: BTreeMap<String, Read>,
    /// Rows of the marts that are published for the run date.
    pub rows_published: u64,
    /// What was asked of stores by kind, folders and memory included; a listing counts once, whatever its pages.
    pub requests: BTreeMap<String, u64>,
    /// Requests that went over the network to answer that, by kind: pages and repeated tries each count, and `failed` of
    /// them got no answer or one that says "try again". Not to be added to `requests`.
    #[serde(default)]
    pub sent: BTreeMap<String, u64>,
    /// Bytes that were got from stores.
    pub bytes_got: u64,
    /// Bytes that were put to stores.
    pub bytes_put: u64,
    /// Warnings that were said.
    pub warnings: usize,
    /// The first of them.
    pub first_warnings: Vec<String>,
}

/// A record that is being written.
pub struct Journal {
    record: Record,
    began: Instant,
    stage_began: Instant,
    stage: Option<String>,
    /// What an earlier run published stands.
    stands: bool,
    before: Counts,
    wire: Arc<Wire>,
}

impl Journal {
    /// Begins the record of a run.
    pub fn begin(owner: &Owner, config: &Config) -> Journal {
        let now = owner.now();
        let record = Record {
            run_id: owner.run_id.clone(),
            trimtab_version: env!("CARGO_PKG_VERSION").into(),
            host: owner.host.clone(),
            pid: owner.pid,
            fencing: None,
            run_date: config.date,
            started: now,
            locked: None,
            ended: now,
            ms: 0,
            outcome: String::new(),
            exit_code: 0,
            error: None,
            stages: Vec::new(),
            read: BTreeMap::new(),
            rows_published: 0,
            requests: BTreeMap::new(),
            sent: BTreeMap::new(),
            bytes_got: 0,
            bytes_put: 0,
            warnings: 0,
            first_warnings: Vec::new(),
        };
        let now = Instant::now();
        let wire = config.stores.wire.clone();
        Journal { record, began: now, stage_began: now, stage: None, stands: false, before: Counts::now(), wire }
    }

    /// Ends the stage that runs and begins another.
    pub fn stage(&mut self, name: &str) {
        self.end_stage();
        self.stage = Some(name.to_string());
    }

    fn end_stage(&mut self) {
        let began = std::mem::replace(&mut self.stage_began, Instant::now());
        if let Some(stage) = self.stage.take() {
            self.record.stages.push(Stage { stage, ms: began.elapsed().as_millis() as u64 });
        }
    }

    /// Notes the number under which the lock is held.
    pub fn holds(&mut self, owner: &Owner, fencing: u64) {
        (self.record.locked, self.record.fencing) = (Some(owner.now()), Some(fencing));
    }

    /// Notes what was read.
    pub fn read(&mut self, read: BTreeMap<String, Read>) {
        self.record.read = read;
    }

    /// Notes the rows that were published.
    pub fn published(&mut self, rows: u64) {
        self.record.rows_published = rows;
    }

    /// Notes that what an earlier run published stands, with its rows.
    pub fn stands(&mut self, rows: u64) {
        (self.stands, self.record.rows_published) = (true, rows);
    }

    /// Notes a warning.
    pub fn warning(&mut self, warning: &str) {
        self.record.warnings += 1;
        if self.record.first_warnings.len() < WARNINGS {
            self.record.first_warnings.push(warning.to_string());
        }
    }

    /// The record as the run ends with an outcome.
    pub fn ended(&mut self, owner: &Owner, error: Option<&Error>) -> Record {
        self.end_stage();
        let counts = Counts::now().since(&self.before);
        let sent = self.wire.counts();
        let sent = [
            ("get", sent.gets),
            ("head", sent.heads),
            ("list", sent.lists),
            ("put", sent.puts),
            ("other", sent.others),
            ("failed", sent.failed),
        ];
        Record {
            ended: owner.now(),
            ms: self.began.elapsed().as_millis() as u64,
            outcome: error
                .map_or(if self.stands { "unchanged" } else { "published" }, |error| outcome(error.kind()))
                .into(),
            exit_code: error.map_or(0, |error| error.kind().exit_code()),
            error: error.map(Error::to_string),
            requests: counts.made.iter().map(|(kind, made)| ((*kind).to_string(), *made)).collect(),
            sent: sent.map(|(kind, sent)| (kind.to_string(), sent)).into(),
            bytes_got: counts.bytes_got,
            bytes_put: counts.bytes_put,
            ..self.record.clone()
        }
    }
}

fn outcome(kind: Kind) -> &'static str {
    match kind {
        Kind::Usage => "usage",
        Kind::Project => "project",
        Kind::Contract => "contract",
        Kind::Storage => "storage",
        Kind::Data => "data",
        Kind::Check => "check",
        Kind::Busy => "busy",
        Kind::Engine => "engine",
    }
}

impl Record {
    /// Writes the record and drops the oldest ones beyond those that are kept.
    ///
    /// # Errors
    /// `Storage` when a request fails.
    pub async fn save(&self, state: &Store) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::engine("the run's record cannot be encoded").because(error))?;
        state.put(&format!("{FOLDER}/{}.json", self.run_id), Bytes::from(text)).await?;
        let keys = state.keys(FOLDER).await?;
        let beyond = keys.len().saturating_sub(KEPT);
        // Names of runs begin with their time.
        let oldest = format!("{FOLDER}/{}", (self.ended - TimeDelta::days(KEPT as i64)).format("%Y%m%dT%H%M%SZ"));
        for (_, key) in keys.iter().enumerate().filter(|(place, key)| *place < beyond || **key < oldest) {
            state.delete(key).await?;
        }
        Ok(())
    }
}

/// The latest records of a state, the newest first. Records that cannot be understood are left out.
///
/// # Errors
/// `Storage` when they cannot be read.
pub async fn latest(state: &Store, most: usize) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for key in state.keys(FOLDER).await?.iter().rev().take(most) {
        if let Some(record) = state.get_if_exists(key).await?.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            records.push(record);
        }
    }
    Ok(records)
}
