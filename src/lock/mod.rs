//! One writer at a time: `<state>/lock.json` says who holds a state since when, and a number that only grows.
//!
//! The object is made by a put that demands that it does not exist; heartbeats and takeovers are puts that demand the
//! version last seen, so that of two runs one wins whatever their clocks say. A local folder has no such puts: there the
//! operating system's lock on `<state>/.lock` decides, and the same record is written for people to read.
//!
//! A holder that is silent for the stale time is taken over under the next fencing number. It may only be paused, so every
//! write of a run goes through [`Lock::guard`], which reads the record first and refuses when it is another's. A write may
//! then wait, or be tried again, so [`Lock::gate`] is asked once more when it goes out and the reading has grown old. What
//! neither can see is a request that is already on its way.

mod gate;
mod holder;

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use tracing::warn;

use crate::error::{Error, Result};
use crate::requests::{Hook, Hooked, Request};
use crate::store::{Store, Version};
pub use holder::{Clock, Holder, Owner};

const RECORD: &str = "lock.json";
/// The file that carries the operating system's lock; its content means nothing.
const FILE: &str = ".lock";
/// Rounds of reading and writing before a store whose answers contradict each other is given up.
const ROUNDS: usize = 4;

/// A held lock. It is given back by [`Lock::release`]; dropped without it, it stands until it is stale.
#[derive(Debug)]
pub struct Lock {
    held: Arc<Held>,
    heart: Option<tokio::task::JoinHandle<()>>,
    /// Open as long as the operating system's lock is needed.
    _file: Option<File>,
}

#[derive(Debug)]
struct Held {
    state: Store,
    owner: Owner,
    stale_after: Duration,
    is_local: bool,
    record: futures::lock::Mutex<(Holder, Option<Version>)>,
    fencing: u64,
    /// When the record was last seen to be one's own.
    proven: Mutex<gate::Moment>,
    /// Why this run may no longer write: who stands in the record instead, if anybody.
    lost: Mutex<Option<Option<Holder>>>,
}

/// What stands in a state: nobody yet, or a holder with the version of its record.
async fn read(state: &Store) -> Result<Option<(Holder, Version)>> {
    let Some((bytes, version)) = state.get_with_version(RECORD).await? else { return Ok(None) };
    let holder = serde_json::from_slice(&bytes).map_err(|error| {
        Error::storage(format!("`{RECORD}` of the state is broken"))
            .at(format!("at `{}`", state.url()))
            .because(error)
            .hint("delete it when no run is at work")
    })?;
    Ok(Some((holder, version)))
}

/// Who holds the lock of a state, or held it last.
///
/// # Errors
/// `Storage` when the record cannot be read.
pub async fn holder(state: &Store) -> Result<Option<Holder>> {
    Ok(read(state).await?.map(|(holder, _)| holder))
}

impl Lock {
    /// Takes the lock of a state.
    ///
    /// # Errors
    /// `Busy`, with who holds it since when, while another run is at work; `Storage` when the record cannot be written.
    pub async fn acquire(state: &Store, owner: &Owner, stale_after: Duration) -> Result<Lock> {
        let file = system_lock(state, owner, stale_after).await?;
        let mut failure = None;
        for _ in 0..ROUNDS {
            let found = match read(state).await {
                // The file decides on a local folder; a record torn by a full disk must not stop the next night.
                Err(_) if file.is_some() => None,
                found => found?,
            };
            let now = owner.now();
            let next = Holder::new(owner, now, found.as_ref().map_or(1, |(holder, _)| holder.fencing + 1));
            let written = match found {
                _ if file.is_some() => {
                    state.put(RECORD, encoded(&next)?).await?;
                    Ok(None)
                }
                None => state.put_new(RECORD, encoded(&next)?).await,
                Some((holder, _)) if !holder.is_released() && !holder.is_stale(now, stale_after) => {
                    return Err(busy(state, Some(&holder), now, stale_after));
                }
                Some((_, version)) => state.put_if_unchanged(RECORD, encoded(&next)?, &version).await,
            };
            let version = match written {
                // Another run was faster: look who.
                Ok(None) if file.is_none() => continue,
                Ok(version) => version,
                Err(error) if read(state).await?.is_none() => return Err(error),
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            let held = Held {
                state: state.clone(),
                owner: owner.clone(),
                stale_after,
                is_local: file.is_some(),
                fencing: next.fencing,
                record: futures::lock::Mutex::new((next, version)),
                proven: Mutex::new(gate::Moment::now()),
                lost: Mutex::new(None),
            };
            return Ok(Lock { held: Arc::new(held), heart: None, _file: file });
        }
        Err(failure.unwrap_or_else(|| Error::storage(format!("`{RECORD}` of the state cannot be written"))))
    }

    /// The number under which the lock is held: each holder's is greater than that of every earlier one.
    pub fn fencing(&self) -> u64 {
        self.held.fencing
    }

    /// Lets the heart beat in the background, every third of the stale time, until the lock is released or dropped.
    pub fn keep(&mut self) {
        let held = self.held.clone();
        self.heart = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(held.stale_after / 3).await;
                if let Err(error) = held.beat().await {
                    warn!("the lock's heartbeat was not written: {error}");
                }
                if held.is_lost() {
                    return;
                }
            }
        }));
    }

    /// Renews the heartbeat.
    ///
    /// # Errors
    /// `Busy` when another run took over, `Storage` when it cannot be written.
    pub async fn beat(&self) -> Result<()> {
        self.held.beat().await
    }

    /// Reads the record again and holds it to be one's own.
    ///
    /// # Errors
    /// `Busy` when it is another's or gone, `Storage` when it cannot be read.
    pub async fn prove(&self) -> Result<()> {
        self.held.prove().await
    }

    /// The error of a run that was taken over, once that was seen.
    pub fn lost(&self) -> Option<Error> {
        let lost = self.held.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.as_ref().map(|by| self.held.taken_over(by.as_ref()))
    }

    /// The same place, whose writes are refused as soon as the lock is another's.
    #[must_use]
    pub fn guard(&self, store: &Store) -> Store {
        store.wrapped(|inner, _| Hooked::telling(inner, Arc::new(Fence(self.held.clone()))))
    }

    /// Gives the lock back; its record stays, and with it the fencing number.
    ///
    /// # Errors
    /// As [`Lock::beat`].
    pub async fn release(mut self) -> Result<()> {
        if let Some(heart) = self.heart.take() {
            heart.abort();
        }
        self.held.write(|holder, now| holder.released = Some(now)).await
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(heart) = &self.heart {
            heart.abort();
        }
    }
}

impl Held {
    fn is_lost(&self) -> bool {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn lose(&self, by: Option<Holder>) -> Error {
        let error = self.taken_over(by.as_ref());
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(by);
        error
    }

    async fn prove(&self) -> Result<()> {
        let asked = gate::Moment::now();
        match read(&self.state).await? {
            Some((found, _)) if self.is_ours(&found) && !self.is_lost() => {
                *self.proven.lock().unwrap_or_else(PoisonError::into_inner) = asked;
                Ok(())
            }
            found => Err(self.lose(found.map(|(holder, _)| holder))),
        }
    }

    fn is_ours(&self, found: &Holder) -> bool {
        found.is_of(&self.owner) && found.fencing == self.fencing
    }

    async fn beat(&self) -> Result<()> {
        self.write(|holder, now| holder.heartbeat = now).await
    }

    /// Changes the record, which must still be one's own.
    async fn write(&self, change: impl Fn(&mut Holder, DateTime<Utc>)) -> Result<()> {
        let mut record = self.record.lock().await;
        if self.is_local {
            self.prove().await?;
        }
        let mut next = record.0.clone();
        change(&mut next, self.owner.now());
        let mut failure = None;
        for _ in 0..ROUNDS {
            let written = match &record.1 {
                Some(version) => self.state.put_if_unchanged(RECORD, encoded(&next)?, version).await,
                None => self.state.put(RECORD, encoded(&next)?).await.map(|()| None),
            };
            match written {
                Ok(version) if version.is_some() == record.1.is_some() => {
                    *record = (next, version);
                    return Ok(());
                }
                Ok(_) => {}
                Err(error) => failure = Some(error),
            }
            match read(&self.state).await? {
                // An earlier beat of ours, whose reply was lost.
                Some((found, version)) if self.is_ours(&found) => record.1 = record.1.is_some().then_some(version),
                found => return Err(self.lose(found.map(|(holder, _)| holder))),
            }
        }
        Err(failure.unwrap_or_else(|| Error::storage(format!("`{RECORD}` of the state cannot be written"))))
    }

    fn taken_over(&self, by: Option<&Holder>) -> Error {
        let error = Error::busy("another run took over the lock of this state, so this one stopped")
            .at(format!("at `{}`", self.state.url()));
        let error = match by {
            Some(holder) => error.at(holder.said(self.owner.now())),
            None => error.at(format!("`{RECORD}` is gone")),
        };
        error.hint("nothing more was written; raise `stale_seconds` under [lock] if this machine pauses for so long")
    }
}

/// Refuses writes of a run that lost its lock.
#[derive(Debug)]
struct Fence(Arc<Held>);

impl Hook for Fence {
    fn before(&self, request: Request) -> BoxFuture<'_, object_store::Result<()>> {
        Box::pin(async move {
            if !request.is_write() {
                return Ok(());
            }
            self.0.prove().await.map_err(|error| object_store::Error::Generic { store: "lock", source: error.into() })
        })
    }
}

fn encoded(holder: &Holder) -> Result<Bytes> {
    serde_json::to_vec_pretty(holder)
        .map(Bytes::from)
        .map_err(|error| Error::engine("the lock's record cannot be encoded").because(error))
}

fn busy(state: &Store, holder: Option<&Holder>, now: DateTime<Utc>, stale_after: Duration) -> Error {
    let place = state.url().to_file_path().map_or_else(|()| state.url().to_string(), |path| path.display().to_string());
    let error = Error::busy("another run holds the lock of this state").at(format!("at `{place}`"));
    match (holder, state.url().scheme()) {
        (Some(holder), "file") => {
            error.at(holder.said(now)).hint("wait until it has ended; the lock goes with its process")
        }
        (Some(holder), _) => error.at(holder.said(now)).hint(format!(
            "wait until it has ended; if it is dead, the next run takes over {} seconds after its last heartbeat",
            stale_after.as_secs()
        )),
        (None, _) => error.hint("wait until it has ended; the lock goes with its process"),
    }
}

/// The operating system's lock on a file of a local state; `None` for other stores.
async fn system_lock(state: &Store, owner: &Owner, stale_after: Duration) -> Result<Option<File>> {
    let Ok(folder) = state.url().to_file_path() else { return Ok(None) };
    let failed = |error: std::io::Error| {
        Error::storage(format!("the state folder `{}` cannot be used", folder.display()))
            .because(error)
            .hint("check that it is writable")
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    // Not truncated: the record of a run that holds the lock stays readable to whoever comes next.
    let file = File::options().write(true).create(true).truncate(false).open(folder.join(FILE)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => {
            // Its record may be unreadable; that it holds the lock is certain.
            let holder = holder(state).await.ok().flatten().filter(|holder| !holder.is_released());
            Err(busy(state, holder.as_ref(), owner.now(), stale_after))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}
