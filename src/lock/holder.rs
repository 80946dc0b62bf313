//! Who holds a lock: what its record says, and who this process is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What time it is; tests bring their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A run, as it signs its lock, its record and its log lines.
#[derive(Clone)]
pub struct Owner {
    /// Name of the run: its start and something random, so that names sort by time.
    pub run_id: String,
    /// Tells two owners of one name apart.
    pub nonce: String,
    /// Machine.
    pub host: String,
    /// Process.
    pub pid: u32,
    clock: Clock,
}

impl Owner {
    /// This process, by the system's clock.
    ///
    /// # Errors
    /// `Engine` when the system gives no random bytes.
    pub fn of_process() -> Result<Owner> {
        Owner::with_clock(Arc::new(Utc::now))
    }

    /// This process, by another clock.
    ///
    /// # Errors
    /// `Engine` when the system gives no random bytes.
    pub fn with_clock(clock: Clock) -> Result<Owner> {
        let mut random = [0; 12];
        getrandom::getrandom(&mut random)
            .map_err(|error| Error::engine("the system gives no random bytes").because(error))?;
        let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let (name, nonce) = random.split_at(8);
        Ok(Owner {
            run_id: format!("{}-{name}", clock().format("%Y%m%dT%H%M%S%.3fZ")),
            nonce: nonce.to_string(),
            host: host(),
            pid: std::process::id(),
            clock,
        })
    }

    /// What time it is for this run.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} as {}", self.run_id, self.host, self.pid)
    }
}

/// The machine's name, as containers and systems tell it.
fn host() -> String {
    let told = std::env::var("HOSTNAME").ok().or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok());
    told.map(|name| name.trim().to_string()).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".into())
}

/// The record of a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// Machine.
    pub host: String,
    /// Process on it.
    pub pid: u32,
    /// Run.
    pub run_id: String,
    /// Tells two owners of one name apart.
    pub nonce: String,
    /// When the lock was taken.
    pub since: DateTime<Utc>,
    /// Last sign of life.
    pub heartbeat: DateTime<Utc>,
    /// When it was given back.
    pub released: Option<DateTime<Utc>>,
    /// Greater than that of every earlier holder.
    pub fencing: u64,
}

impl Holder {
    pub(super) fn new(owner: &Owner, now: DateTime<Utc>, fencing: u64) -> Holder {
        Holder {
            host: owner.host.clone(),
            pid: owner.pid,
            run_id: owner.run_id.clone(),
            nonce: owner.nonce.clone(),
            since: now,
            heartbeat: now,
            released: None,
            fencing,
        }
    }

    /// Whether it was given back.
    pub fn is_released(&self) -> bool {
        self.released.is_some()
    }

    /// Whether its holder gave no sign of life for the stale time. A heartbeat that lies further ahead than that comes from
    /// a broken clock: it must not hold the state for years, and a takeover of a live run stops that run, no more.
    pub fn is_stale(&self, now: DateTime<Utc>, stale_after: Duration) -> bool {
        (now - self.heartbeat).abs().to_std().is_ok_and(|silent| silent >= stale_after)
    }

    /// Whether its process is surely gone: it ran on this machine, and this machine has no such process.
    pub fn is_gone(&self) -> bool {
        let processes = std::path::Path::new("/proc");
        self.host == host() && processes.join("self").exists() && !processes.join(self.pid.to_string()).exists()
    }

    pub(super) fn is_of(&self, owner: &Owner) -> bool {
        self.run_id == owner.run_id && self.nonce == owner.nonce
    }

    /// Who it is since when, as a line.
    pub fn said(&self, now: DateTime<Utc>) -> String {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!(
            "held by run {} on `{}`, process {}, since {}, last heartbeat {} ({} seconds ago)",
            self.run_id,
            self.host,
            self.pid,
            time(self.since),
            time(self.heartbeat),
            (now - self.heartbeat).num_seconds().max(0)
        )
    }
}
