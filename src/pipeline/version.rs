//! The version of a state's layout, in `<state>/format.json`: a newer one is refused, an older one is brought up to date.
//!
//! One function a step. A step may be repeated: the version is raised after it, so a run killed in between does it again.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::build::Versions;
use crate::error::{Error, Result};
use crate::ingest::ledger::Ledger;
use crate::store::Store;

const FORMAT: &str = "format.json";
/// What a state of version 1 surely has: it bore no version.
const LEDGER: &str = "ledger.jsonl.zst";
/// The version that this program writes.
pub const CURRENT: u32 = 2;

#[derive(Debug, Serialize, Deserialize)]
struct Format {
    version: u32,
}

/// The version of a state; `None` for a place that holds no state yet.
///
/// # Errors
/// `Usage` for a newer one, which this program must not touch; `Storage` when it cannot be read.
pub async fn of(state: &Store) -> Result<Option<u32>> {
    let unseen = |error: Error| error.hint("check that it is writable; of a remote store, the network and credentials");
    let Some(bytes) = state.get_if_exists(FORMAT).await.map_err(unseen)? else {
        return Ok(state.get_if_exists(LEDGER).await?.map(|_| 1));
    };
    let format: Format = serde_json::from_slice(&bytes).map_err(|error| {
        Error::engine(format!("`{FORMAT}` of the state is broken"))
            .at(format!("at `{}`", state.url()))
            .because(error)
            .hint(format!("write {{\"version\": {CURRENT}}} if this version of trimtab wrote the state"))
    })?;
    if format.version > CURRENT {
        return Err(Error::usage(format!("the state has version {}, this trimtab knows {CURRENT}", format.version))
            .at(format!("at `{}`", state.url()))
            .hint("run the newer trimtab that wrote it, or give this one a state of its own"));
    }
    Ok(Some(format.version))
}

/// Brings a state to the current version, from the one that it has.
///
/// # Errors
/// `Storage` when the state cannot be read or written.
pub async fn upgrade(state: &Store, from: Option<u32>, is_full: bool) -> Result<()> {
    let mut version = match from {
        None => return write(state, CURRENT).await,
        Some(version) => version,
    };
    while version < CURRENT {
        match version {
            1 => days_are_built_again(state, is_full).await?,
            _ => {
                return Err(Error::engine(format!("no step leads from version {version} of the state"))
                    .hint("give this trimtab a state of its own"));
            }
        }
        version += 1;
        write(state, version).await?;
    }
    Ok(())
}

/// From 1 to 2: a killed run of version 1 could leave a day whose rows were newer than what was built from them.
async fn days_are_built_again(state: &Store, is_full: bool) -> Result<()> {
    let ledger = Ledger::load(state, is_full).await?;
    let days = ledger.repeats().iter().filter(|count| count.contract == "requests").map(|count| count.event_date);
    let mut versions = Versions::load(state, is_full).await?;
    versions.forget(&days.collect());
    versions.save(state).await
}

async fn write(state: &Store, version: u32) -> Result<()> {
    let text = serde_json::to_vec(&Format { version })
        .map_err(|error| Error::engine(format!("`{FORMAT}` cannot be encoded")).because(error))?;
    state.put(FORMAT, Bytes::from(text)).await
}
