//! What a publication was built from, for its manifest: a digest for each source and month, never a list of objects.
//!
//! Whoever doubts a number reads the same objects, or the ledger of the state, and forms the digest again: SHA-256 over one
//! line for each object in the order of their keys, `key <tab> size <tab> etag <tab> digest of the format <newline>`.

use std::collections::BTreeMap;

use chrono::Datelike;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::ingest::ledger::{Entry, Ledger};
use crate::outcome::Outcome;
use crate::project::Project;
use crate::rows::Rows;
use crate::schema::hex;

/// The objects of a source whose first event day that is kept lies in one month.
#[derive(Default)]
struct Inputs<'a> {
    format: &'a str,
    objects: i64,
    faulty: i64,
    bytes: i64,
    records: i64,
    rejected_lines: i64,
    skipped_records: i64,
    rows: i64,
    rejected_rows: i64,
    digest: Sha256,
}

/// Counts and digest of what the ledger accounts for, by source and month; objects that gave no row have none.
pub(super) fn digests(ledger: &Ledger) -> Vec<Value> {
    let mut groups: BTreeMap<(&str, Option<String>), Inputs> = BTreeMap::new();
    for entry in ledger.entries().filter(|entry| !entry.is_spent()) {
        let first = entry.days.iter().map(|of| of.day).min();
        let month = first.map(|day| format!("{:04}-{:02}", day.year(), day.month()));
        groups.entry((&entry.source, month)).or_default().add(entry);
    }
    let value = |((source, month), inputs): ((&str, Option<String>), Inputs)| {
        json!({
            "source": source, "month": month, "format": inputs.format, "objects": inputs.objects, "bytes": inputs.bytes,
            "faulty": inputs.faulty, "records": inputs.records, "rejected_lines": inputs.rejected_lines,
            "skipped_records": inputs.skipped_records, "rows": inputs.rows, "rejected_rows": inputs.rejected_rows,
            "sha256": hex(&inputs.digest.finalize()),
        })
    };
    groups.into_iter().map(value).collect()
}

impl<'a> Inputs<'a> {
    fn add(&mut self, entry: &'a Entry) {
        self.format = &entry.format;
        self.objects += 1;
        self.faulty += i64::from(entry.fault.is_some());
        self.bytes += entry.size;
        self.records += entry.records;
        self.rejected_lines += entry.rejected_lines;
        self.skipped_records += entry.skipped_records;
        self.rows += entry.rows;
        self.rejected_rows += entry.rejected_rows;
        let Entry { object_key, size, etag, format_digest, .. } = entry;
        self.digest.update(format!("{object_key}\t{size}\t{etag}\t{format_digest}\n"));
    }
}

/// What the published objects were built from: the ledger, the facts and the checks; nothing of this process.
pub(super) fn facts(
    project: &Project,
    config: &Config,
    ledger: &Ledger,
    marts: &BTreeMap<String, Rows>,
    outcomes: &[Outcome],
) -> Value {
    let seeds: BTreeMap<&str, &str> =
        project.seeds.iter().map(|(name, seed)| (name.as_str(), seed.digest.as_str())).collect();
    let rows: BTreeMap<&str, usize> = marts.iter().map(|(name, rows)| (name.as_str(), rows.num_rows())).collect();
    json!({
        "window_days": config.windows.decision_days,
        "sources": config.sources.iter().map(|s| json!({ "name": s.name, "format": s.format, "rank": s.rank })).collect::<Vec<_>>(),
        "inputs": digests(ledger),
        "seeds": seeds,
        "rows": rows,
        "checks": outcomes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::ledger::DayRows;

    fn ledger(objects: &[(&str, &str, Option<&str>)]) -> Ledger {
        let mut ledger = Ledger::default();
        for (key, etag, day) in objects {
            let days =
                day.iter().map(|day| DayRows { contract: "requests".into(), day: day.parse().unwrap(), rows: 2 });
            let entry = Entry {
                source: "apps".into(),
                object_key: (*key).into(),
                etag: (*etag).into(),
                size: 10,
                rows: 2,
                days: days.collect(),
                ..Entry::default()
            };
            ledger.put(entry, Vec::new());
        }
        ledger
    }

    #[test]
    fn a_digest_tells_every_object_and_its_version_and_nothing_of_their_order() {
        let october = [("a", "1", Some("2026-10-31")), ("b", "1", Some("2026-10-01"))];
        let found = digests(&ledger(&[october[0], october[1], ("c", "1", Some("2026-11-01")), ("d", "1", None)]));
        let months: Vec<_> = found.iter().map(|group| (group["month"].as_str(), group["objects"].as_i64())).collect();
        assert_eq!(months, [(None, Some(1)), (Some("2026-10"), Some(2)), (Some("2026-11"), Some(1))]);
        assert_eq!((found[1]["rows"].as_i64(), found[1]["bytes"].as_i64()), (Some(4), Some(20)));
        let text = "a\t10\t1\t\nb\t10\t1\t\n";
        assert_eq!(found[1]["sha256"], hex(&Sha256::digest(text)));
        assert_eq!(digests(&ledger(&[october[1], october[0]])), digests(&ledger(&october)));
        let changed = digests(&ledger(&[("a", "2", Some("2026-10-31")), october[1]]));
        assert_ne!(changed[0]["sha256"], found[1]["sha256"]);
    }
}
