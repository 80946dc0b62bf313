//! What has been read: one entry per object, kept in `<state>/ledger.jsonl.zst`, with the lines that were rejected.
//!
//! Entries count what stands in the state row by row. When a day is closed (its rows are deleted, see
//! [`horizon`](super::horizon)), its rows leave the entries' counts, so that rows in = kept + repeated + rejected holds for the
//! days that are open; an entry that accounts for no open day goes once its object can no longer be listed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::horizon::Horizon;
use super::ledger_file::{load, save};
use crate::error::{Kind, Result};
use crate::store::{Listed, Store};

const LEDGER: &str = "ledger.jsonl.zst";
const QUARANTINE: &str = "quarantine.jsonl.zst";
const REPEATS: &str = "repeats.jsonl.zst";

/// Rows that an object gave to an event day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRows {
    /// Contract.
    pub contract: String,
    /// Event day.
    pub day: NaiveDate,
    /// Rows that were not rejected.
    pub rows: i64,
}

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
    /// Rows that the mappings gave, without those of closed days.
    pub rows: i64,
    /// Rows that break a rule of the contract.
    pub rejected_rows: i64,
    /// Rows of days that are closed: they were kept until then, or were read again since.
    #[serde(default)]
    pub closed_rows: i64,
    /// Rows that first came when their day was closed already; they are left out.
    #[serde(default)]
    pub late_rows: i64,
    /// Amounts rounded to the contract's scale.
    pub decimals_rounded: i64,
    /// Fault of the whole object.
    pub fault: Option<String>,
    /// Open event days that got rows.
    #[serde(default)]
    pub days: Vec<DayRows>,
    /// The days of an entry of a state older than version 3, by contract and without counts.
    #[serde(default, skip_serializing)]
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

    /// Whether all rows that the object gave belong to closed days: it accounts for nothing any more.
    pub fn is_spent(&self) -> bool {
        self.days.is_empty() && self.closed_rows > 0 && self.late_rows == 0
    }

    /// Takes back what was held against the object.
    fn excuse(&mut self) {
        self.records -= self.rejected_lines;
        self.rows -= self.rejected_rows;
        (self.rejected_lines, self.rejected_rows, self.fault) = (0, 0, None);
    }

    /// Moves the rows of closed days out of the counts.
    fn close(&mut self, horizon: &Horizon) -> i64 {
        let closed: i64 = self.days.iter().filter(|of| horizon.is_closed(&of.contract, of.day)).map(|of| of.rows).sum();
        self.days.retain(|of| !horizon.is_closed(&of.contract, of.day));
        self.rows -= closed;
        self.closed_rows += closed;
        if self.is_spent() {
            self.excuse();
        }
        closed
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
    /// The day is closed: its rows are deleted, or about to be.
    #[serde(default)]
    pub is_closed: bool,
}

/// The ledger in memory: entries and rejected lines by source and key.
#[derive(Debug, Default, Clone)]
pub struct Ledger {
    entries: BTreeMap<String, BTreeMap<String, Entry>>,
    rejected: BTreeMap<String, BTreeMap<String, Vec<Rejected>>>,
    repeats: Vec<Repeats>,
}

impl Ledger {
    /// Loads the ledger; a new state has an empty one, and with `is_full` a broken one is as good as none.
    ///
    /// # Errors
    /// `Storage` when it cannot be read, `Engine` when it is broken.
    pub async fn load(state: &Store, is_full: bool) -> Result<Ledger> {
        match Ledger::read(state).await {
            Err(error) if is_full && error.kind() == Kind::Engine => {
                warn!("{error}: it is begun anew, and rows of objects that are gone are dropped with it");
                Ok(Ledger::default())
            }
            ledger => ledger,
        }
    }

    async fn read(state: &Store) -> Result<Ledger> {
        let mut ledger = Ledger::default();
        load(state, LEDGER, |entry: Entry| {
            ledger.entries.entry(entry.source.clone()).or_default().insert(entry.object_key.clone(), entry);
        })
        .await?;
        load(state, QUARANTINE, |line: Rejected| {
            let of_source = ledger.rejected.entry(line.source.clone()).or_default();
            of_source.entry(line.object_key.clone()).or_default().push(line);
        })
        .await?;
        load(state, REPEATS, |count| ledger.repeats.push(count)).await?;
        Ok(ledger)
    }

    /// Writes the ledger; the last write of an ingest, so that a killed run reads its objects again.
    ///
    /// # Errors
    /// `Storage` when it cannot be written.
    pub async fn save(&self, state: &Store) -> Result<()> {
        save(state, QUARANTINE, self.rejected()).await?;
        save(state, REPEATS, self.repeats.iter()).await?;
        save(state, LEDGER, self.entries()).await
    }

    /// Whether an object that counts has to be read: new, changed, superseded until now, or read by another version of
    /// its format.
    pub fn is_new(&self, source: &str, listed: &Listed, format_digest: &str) -> bool {
        self.entry(source, &listed.key)
            .is_none_or(|e| e.is_superseded || !e.is_of(listed) || e.format_digest != format_digest)
    }

    /// The entry of an object.
    pub fn entry(&self, source: &str, key: &str) -> Option<&Entry> {
        self.entries.get(source)?.get(key)
    }

    /// Whether nothing was ever read.
    pub fn is_empty(&self) -> bool {
        self.entries.values().all(BTreeMap::is_empty)
    }

    /// All entries, by source and key.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().flat_map(BTreeMap::values)
    }

    /// The entries of a source, by key.
    pub fn entries_of(&self, source: &str) -> impl Iterator<Item = &Entry> {
        self.entries.get(source).into_iter().flat_map(BTreeMap::values)
    }

    /// All entries, to be changed.
    pub fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.values_mut().flat_map(BTreeMap::values_mut)
    }

    /// Rejected records and rows, by source, key and line.
    pub fn rejected(&self) -> impl Iterator<Item = &Rejected> {
        self.rejected.values().flat_map(BTreeMap::values).flatten()
    }

    /// The first rejected record or row of a source.
    pub fn first_rejected(&self, source: &str) -> Option<&Rejected> {
        self.rejected.get(source)?.values().flatten().next()
    }

    /// Kept and repeated rows.
    pub fn repeats(&self) -> &[Repeats] {
        &self.repeats
    }

    /// Days of a contract that have rows; only the open ones, or all that are remembered.
    pub fn days_of(&self, contract: &str, is_open_only: bool) -> BTreeSet<NaiveDate> {
        let counts = self.repeats.iter().filter(|count| count.contract == contract);
        counts.filter(|count| !is_open_only || !count.is_closed).map(|count| count.event_date).collect()
    }

    /// Open days of a contract of which rows were kept: each has a file.
    pub fn days_with_rows(&self, contract: &str) -> BTreeSet<NaiveDate> {
        let counts = self.repeats.iter().filter(|count| count.contract == contract && !count.is_closed);
        counts.filter(|count| count.rows_kept > 0).map(|count| count.event_date).collect()
    }

    /// Forgets the rows of a day that are not there any more.
    pub fn forget(&mut self, contract: &str, day: NaiveDate) {
        self.repeats.retain(|count| count.contract != contract || count.event_date != day);
        let is_lost = |of: &DayRows| of.contract == contract && of.day == day;
        for entry in self.entries_mut() {
            entry.rows -= entry.days.iter().filter(|of| is_lost(of)).map(|of| of.rows).sum::<i64>();
            entry.days.retain(|of| !is_lost(of));
        }
    }

    /// The latest event day that has rows.
    pub fn latest_day(&self) -> Option<NaiveDate> {
        self.repeats.iter().map(|count| count.event_date).max()
    }

    /// Takes back what was held against objects that are gone: their owner deleted them or delivered them under another
    /// key. Their rows stay. One that accounts for no row of an open day is forgotten. `is_gone` says which keys of the
    /// source were looked for and not found.
    pub fn excuse_vanished(&mut self, source: &str, is_gone: impl Fn(&str) -> bool) {
        let Some(entries) = self.entries.get_mut(source) else { return };
        entries.retain(|key, entry| !(entry.days.is_empty() && is_gone(key)));
        entries.iter_mut().filter(|(key, _)| is_gone(key)).for_each(|(_, entry)| entry.excuse());
        self.rejected.entry(source.to_string()).or_default().retain(|key, _| !is_gone(key));
    }

    /// Closes the days that the horizon has passed: their rows leave the counts, and entries that account for nothing any
    /// more are forgotten if their objects are not listed again. Gives how many rows were closed.
    pub fn close(&mut self, horizon: &Horizon) -> i64 {
        let mut closed = 0;
        for (source, entries) in &mut self.entries {
            closed += entries.values_mut().map(|entry| entry.close(horizon)).sum::<i64>();
            entries.retain(|key, entry| !(entry.days.is_empty() && horizon.is_passed(source, key)));
            if let Some(rejected) = self.rejected.get_mut(source) {
                rejected.retain(|key, _| entries.get(key).is_some_and(|entry| !entry.is_spent()));
            }
        }
        self.repeats.retain(|count| !horizon.is_forgotten(&count.contract, count.event_date));
        for count in &mut self.repeats {
            count.is_closed = horizon.is_closed(&count.contract, count.event_date);
        }
        closed
    }

    /// Replaces the entry and the rejected lines of an object; the lines stand in order.
    pub fn put(&mut self, entry: Entry, mut rejected: Vec<Rejected>) {
        rejected.sort_by(|a, b| (a.line, &a.path).cmp(&(b.line, &b.path)));
        self.remove(&entry.source, &entry.object_key);
        if !rejected.is_empty() {
            let of_source = self.rejected.entry(entry.source.clone()).or_default();
            of_source.insert(entry.object_key.clone(), rejected);
        }
        self.entries.entry(entry.source.clone()).or_default().insert(entry.object_key.clone(), entry);
    }

    /// Forgets an object whose rows were taken out.
    pub fn remove(&mut self, source: &str, key: &str) {
        if let Some(rejected) = self.rejected.get_mut(source) {
            rejected.remove(key);
        }
        if let Some(entries) = self.entries.get_mut(source) {
            entries.remove(key);
        }
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
            let days = DayRows { contract: "charges".into(), day: NaiveDate::default(), rows: 1 };
            let days = if is_superseded { Vec::new() } else { vec![days] };
            ledger.put(Entry { source, object_key, days, is_superseded, ..Entry::default() }, Vec::new());
        }
        ledger.excuse_vanished("bill", |key| key != "listed");
        let left: Vec<_> = ledger.entries().map(|e| (e.source.as_str(), e.object_key.as_str())).collect();
        assert_eq!(left, [("bill", "listed"), ("bill", "read"), ("other", "old")]);
    }
}
