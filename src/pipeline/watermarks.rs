//! How far each source was read, in `<state>/watermarks.json`, and what a night read of it.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ingest::ledger::{Entry, Ledger};
use crate::store::Store;

const WATERMARKS: &str = "watermarks.json";

/// How far a source was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Watermark {
    /// Objects that were read.
    pub objects: i64,
    /// Latest event day of its rows, UTC.
    pub latest_event_date: Option<NaiveDate>,
    /// When a run last found an object that was new or had changed.
    pub last_new_at: Option<DateTime<Utc>>,
}

/// What a night read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Read {
    /// Objects that were new or had changed.
    pub objects: i64,
    /// Their bytes as stored.
    pub bytes: i64,
    /// Records in them.
    pub records: i64,
    /// Rows that the mappings gave.
    pub rows: i64,
    /// Records and rows that were rejected.
    pub rejected: i64,
}

/// Objects that a ledger holds, as digests: what is in a later one and not in here was read in between.
pub struct Seen(HashSet<u64>);

impl Seen {
    /// The objects of a ledger.
    pub fn of(ledger: &Ledger) -> Seen {
        Seen(ledger.entries().map(digest).collect())
    }

    /// What a later ledger holds beyond it, by source; with `is_full` everything was read again.
    pub fn read_since(&self, ledger: &Ledger, is_full: bool) -> BTreeMap<String, Read> {
        let mut read: BTreeMap<String, Read> = BTreeMap::new();
        for entry in ledger.entries().filter(|entry| is_full || !self.0.contains(&digest(entry))) {
            let source = read.entry(entry.source.clone()).or_default();
            source.objects += 1;
            source.bytes += entry.size;
            source.records += entry.records;
            source.rows += entry.rows;
            source.rejected += entry.rejected_lines + entry.rejected_rows;
        }
        read
    }
}

fn digest(entry: &Entry) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&entry.source, &entry.object_key, &entry.etag, entry.size, &entry.format_digest).hash(&mut hasher);
    hasher.finish()
}

/// The watermarks of a state by source; a state that has none gives none.
///
/// # Errors
/// `Storage` when they cannot be read.
pub async fn load(state: &Store) -> Result<BTreeMap<String, Watermark>> {
    let bytes = state.get_if_exists(WATERMARKS).await?;
    // They inform and decide nothing: broken ones are written anew.
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// Writes the watermarks of a ledger, some of whose objects were read now.
///
/// # Errors
/// `Storage` when they cannot be written.
pub async fn save(state: &Store, ledger: &Ledger, read: &BTreeMap<String, Read>, now: DateTime<Utc>) -> Result<()> {
    let earlier = load(state).await?;
    let mut marks: BTreeMap<String, Watermark> = BTreeMap::new();
    for entry in ledger.entries() {
        let mark = marks.entry(entry.source.clone()).or_default();
        mark.objects += 1;
        mark.latest_event_date = mark.latest_event_date.max(entry.days.iter().map(|of| of.day).max());
    }
    // A source whose days are all closed, or that has no entry any more, was read nevertheless.
    for (source, mark) in &earlier {
        let known = marks.entry(source.clone()).or_default();
        known.latest_event_date = known.latest_event_date.or(mark.latest_event_date);
    }
    for (source, mark) in &mut marks {
        let was_read = read.get(source).is_some_and(|read| read.objects > 0);
        mark.last_new_at = if was_read { Some(now) } else { earlier.get(source).and_then(|mark| mark.last_new_at) };
    }
    let text = serde_json::to_vec_pretty(&marks)
        .map_err(|error| Error::engine(format!("`{WATERMARKS}` cannot be encoded")).because(error))?;
    state.put(WATERMARKS, Bytes::from(text)).await
}
