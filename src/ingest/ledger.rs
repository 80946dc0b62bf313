//! What has been read: one entry per object, kept in `<state>/ledger.jsonl.zst`, with the lines that were rejected.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::store::{Listed, Store};

const LEDGER: &str = "ledger.jsonl.zst";
const QUARANTINE: &str = "quarantine.jsonl.zst";
const REPEATS: &str = "repeats.jsonl.zst";

/// One object of a source, as it was last read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Source of the run file.
    pub source: String,
    /// Format that read it.
    pub format: String,
    /// Digest of the format's two text files: a changed mapping reads its objects again.
    pub format_digest: String,
    /// Key below the source's URL.
    pub object_key: String,
    /// Version of the object.
    pub etag: String,
    /// Bytes as stored.
    pub size: i64,
    /// Records found.
    pub records: i64,
    /// Records that could not be read.
    pub rejected_lines: i64,
    /// Records that hold no row of the contract (roll-ups, other events).
    pub skipped_records: i64,
    /// Rows that the mappings gave.
    pub rows: i64,
    /// Rows that break a rule of the contract.
    pub rejected_rows: i64,
    /// Amounts rounded to the contract's scale.
    pub decimals_rounded: i64,
    /// Fault of the whole object.
    pub fault: Option<String>,
    /// Event days that got rows, by contract.
    pub event_days: BTreeMap<String, Vec<NaiveDate>>,
    /// Stands in the bucket and does not count: other objects state the same anew. It has no rows and all counts are 0.
    #[serde(default)]
    pub is_superseded: bool,
}

impl Entry {
    /// Whether the object is still what was read.
    pub fn is_of(&self, listed: &Listed) -> bool {
        self.etag == listed.etag && self.size == listed.size
    }
}

/// A record or row that was left out, with its reason; never its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// Source of the run file.
    pub source: String,
    /// Object.
    pub object_key: String,
    /// Line or row number; 0 for the whole object.
    pub line: i64,
    /// Field that broke the rule.
    pub path: String,
    /// What was wrong.
    pub reason: String,
}

/// Rows of a day by the source that gave them and the source whose row was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repeats {
    /// Contract.
    pub contract: String,
    /// Event day.
    pub event_date: NaiveDate,
    /// Source of the row.
    pub source: String,
    /// Source of the row that was kept for the same call.
    pub kept_source: String,
    /// Rows that were kept (source = kept_source).
    pub rows_kept: i64,
    /// Rows that repeated a kept one.
    pub rows_repeated: i64,
}

/// The ledger in memory.
#[derive(Debug, Default, Clone)]
pub struct Ledger {
    entries: BTreeMap<(String, String), Entry>,
    rejected: Vec<Rejected>,
    repeats: Vec<Repeats>,
}

impl Ledger {
    /// Loads the ledger; a new state has an empty one, and with `is_full` a broken one is as good as none.
    ///
    /// # Errors
    /// `Storage` when it cannot be read, `Engine` when it is broken.
    pub async fn load(state: &Store, is_full: bool) -> Result<Ledger> {
        match Ledger::read(state).await {
            Err(error) if is_full && error.kind() == Kind::Engine => Ok(Ledger::default()),
            ledger => ledger,
        }
    }

    async fn read(state: &Store) -> Result<Ledger> {
        let entries: Vec<Entry> = load(state, LEDGER).await?;
        Ok(Ledger {
            entries: entries.into_iter().map(|e| ((e.source.clone(), e.object_key.clone()), e)).collect(),
            rejected: load(state, QUARANTINE).await?,
            repeats: load(state, REPEATS).await?,
        })
    }

    /// Writes the ledger; the last write of an ingest, so that a killed run reads its objects again.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub async fn save(&self, state: &Store) -> Result<()> {
        save(state, QUARANTINE, &self.rejected).await?;
        save(state, REPEATS, &self.repeats).await?;
        save(state, LEDGER, &self.entries.values().collect::<Vec<_>>()).await
    }

    /// Whether an object that counts has to be read: new, changed, superseded until now, or read by another version of
    /// its format.
    pub fn is_new(&self, source: &str, listed: &Listed, format_digest: &str) -> bool {
        self.entry(source, &listed.key)
            .is_none_or(|e| e.is_superseded || !e.is_of(listed) || e.format_digest != format_digest)
    }

    /// The entry of an object.
    pub fn entry(&self, source: &str, key: &str) -> Option<&Entry> {
        self.entries.get(&(source.to_string(), key.to_string()))
    }

    /// Whether nothing was ever read.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries, by source and key.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Rejected records and rows.
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// Kept and repeated rows.
    pub fn repeats(&self) -> &[Repeats] {
        &self.repeats
    }

    /// Takes back what was held against objects that are gone: their owner deleted them or delivered them under another
    /// key. Their rows stay. One that had no rows, because others superseded it, is forgotten.
    pub fn excuse_vanished(&mut self, source: &str, listed: &BTreeSet<&str>) {
        self.entries.retain(|(of, key), e| of != source || !e.is_superseded || listed.contains(key.as_str()));
        for entry in self.entries.values_mut().filter(|e| e.source == source && !listed.contains(e.object_key.as_str()))
        {
            entry.records -= entry.rejected_lines;
            entry.rows -= entry.rejected_rows;
            (entry.rejected_lines, entry.rejected_rows, entry.fault) = (0, 0, None);
        }
        self.rejected.retain(|line| line.source != source || listed.contains(line.object_key.as_str()));
    }

    /// Replaces the entry and the rejected lines of an object.
    pub fn put(&mut self, entry: Entry, rejected: Vec<Rejected>) {
        self.rejected.retain(|line| line.source != entry.source || line.object_key != entry.object_key);
        self.rejected.extend(rejected);
        self.rejected.sort_by(|a, b| {
            (&a.source, &a.object_key, a.line, &a.path).cmp(&(&b.source, &b.object_key, b.line, &b.path))
        });
        self.entries.insert((entry.source.clone(), entry.object_key.clone()), entry);
    }

    /// Forgets an object whose rows were taken out.
    pub fn remove(&mut self, source: &str, key: &str) {
        self.rejected.retain(|line| line.source != source || line.object_key != key);
        self.entries.remove(&(source.to_string(), key.to_string()));
    }

    /// Replaces the counts of a day.
    pub fn put_repeats(&mut self, contract: &str, day: NaiveDate, counts: Vec<Repeats>) {
        self.repeats.retain(|count| count.contract != contract || count.event_date != day);
        self.repeats.extend(counts);
        self.repeats.sort_by(|a, b| {
            (&a.contract, a.event_date, &a.source, &a.kept_source).cmp(&(
                &b.contract,
                b.event_date,
                &b.source,
                &b.kept_source,
            ))
        });
    }
}

async fn load<T: for<'a> Deserialize<'a>>(state: &Store, key: &str) -> Result<Vec<T>> {
    let Some(bytes) = state.get_if_exists(key).await? else { return Ok(Vec::new()) };
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::engine(format!("`{key}` of the state is broken"))
            .because(error)
            .hint("run with --full to build it again")
    };
    let text = zstd::decode_all(bytes.as_ref()).map_err(|e| broken(e.into()))?;
    serde_json::Deserializer::from_slice(&text).into_iter().collect::<Result<Vec<T>, _>>().map_err(|e| broken(e.into()))
}

async fn save<T: Serialize>(state: &Store, key: &str, rows: &[T]) -> Result<()> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::engine(format!("`{key}` cannot be encoded")).because(error)
    };
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row).map_err(|e| failed(e.into()))?;
        text.push(b'\n');
    }
    let packed = zstd::encode_all(text.as_slice(), 3).map_err(|e| failed(e.into()))?;
    state.put(key, Bytes::from(packed)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_an_older_version_loads_and_counts() {
        let mut value = serde_json::to_value(Entry::default()).unwrap();
        value.as_object_mut().unwrap().remove("is_superseded").unwrap();
        let entry: Entry = serde_json::from_value(value).unwrap();
        assert_eq!(entry, Entry::default());
        assert!(!entry.is_superseded);
    }

    #[test]
    fn what_had_no_rows_is_forgotten_when_it_is_gone_and_what_had_some_stays() {
        let mut ledger = Ledger::default();
        for (source, object_key, is_superseded) in
            [("bill", "old", true), ("bill", "listed", true), ("bill", "read", false), ("other", "old", true)]
        {
            let (source, object_key) = (source.to_string(), object_key.to_string());
            ledger.put(Entry { source, object_key, is_superseded, ..Entry::default() }, Vec::new());
        }
        ledger.excuse_vanished("bill", &BTreeSet::from(["listed"]));
        let left: Vec<_> = ledger.entries().map(|e| (e.source.as_str(), e.object_key.as_str())).collect();
        assert_eq!(left, [("bill", "listed"), ("bill", "read"), ("other", "old")]);
    }
}
