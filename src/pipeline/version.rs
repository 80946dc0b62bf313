//! The version of a state's layout, in `<state>/format.json`: a newer one is refused, an older one is brought up to date.
//!
//! One function a step. A step may be repeated: the version is raised after it, so a run killed in between does it again.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::versions::Versions;
use crate::error::{Error, Result};
use crate::ingest::ledger::{DayRows, Ledger};
use crate::store::Store;
use crate::table_file::read_any;

const FORMAT: &str = "format.json";
/// What a state of version 1 surely has: it bore no version.
const LEDGER: &str = "ledger.jsonl.zst";
/// The version that this program writes.
pub const CURRENT: u32 = 3;

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
            2 => rows_are_counted_by_day(state, is_full).await?,
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
    let days = Ledger::load(state, is_full).await?.days_of("requests", true);
    let mut versions = Versions::load(state, is_full).await?;
    versions.forget(&days);
    versions.save(state).await
}

/// From 2 to 3: entries of the ledger say how many rows they gave to each day, so that days can be closed.
async fn rows_are_counted_by_day(state: &Store, is_full: bool) -> Result<()> {
    let mut ledger = Ledger::load(state, is_full).await?;
    let mut objects: BTreeMap<(String, NaiveDate), Vec<(String, String)>> = BTreeMap::new();
    for entry in ledger.entries() {
        for (contract, days) in &entry.event_days {
            for day in days {
                let of_day = objects.entry((contract.clone(), *day)).or_default();
                of_day.push((entry.source.clone(), entry.object_key.clone()));
            }
        }
    }
    let mut counted: BTreeMap<(String, String), Vec<DayRows>> = BTreeMap::new();
    for ((contract, day), objects) in objects {
        let rows = rows_by_object(state, &contract, day).await?;
        for object in objects {
            let rows = rows.get(&object).copied().unwrap_or_default();
            counted.entry(object).or_default().push(DayRows { contract: contract.clone(), day, rows });
        }
    }
    for entry in ledger.entries_mut() {
        entry.event_days.clear();
        let found = counted.remove(&(entry.source.clone(), entry.object_key.clone()));
        // A step that is done again finds what it did before.
        entry.days = found.unwrap_or_else(|| std::mem::take(&mut entry.days));
    }
    ledger.save(state).await
}

/// Rows of a settled day by source and object: calls that came once, and the originals of the others.
async fn rows_by_object(state: &Store, contract: &str, day: NaiveDate) -> Result<BTreeMap<(String, String), i64>> {
    let mut counts = BTreeMap::new();
    for (folder, is_kept) in [(contract.to_string(), true), (format!("{contract}_originals"), false)] {
        let key = format!("{folder}/event_date={day}/part.parquet");
        let Some(bytes) = state.get_if_exists(&key).await? else { continue };
        for batch in read_any(bytes).map_err(|error| error.at(format!("at {key}")))?.1 {
            let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            let (Some(sources), Some(keys)) = (text("x_source"), text("x_object_key")) else { continue };
            let repeats = batch.column_by_name("x_repeats").and_then(|column| column.as_primitive_opt::<Int64Type>());
            let stands_for_others =
                |row: usize| is_kept && repeats.is_some_and(|repeats| repeats.is_valid(row) && repeats.value(row) > 0);
            for row in (0..batch.num_rows()).filter(|row| !stands_for_others(*row)) {
                *counts.entry((sources.value(row).to_string(), keys.value(row).to_string())).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

async fn write(state: &Store, version: u32) -> Result<()> {
    let text = serde_json::to_vec(&Format { version })
        .map_err(|error| Error::engine(format!("`{FORMAT}` cannot be encoded")).because(error))?;
    state.put(FORMAT, Bytes::from(text)).await
}
