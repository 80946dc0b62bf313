//! Nights of the program that somebody disturbs: a small company of three nights, and what must hold after a disturbance.
//!
//! The company has late objects, calls that two sources repeat, a bill that is restated, and a day that loses its rows.
//! It works over any shelf; the short forms and the long proofs share every line of it.

pub mod kills;
pub mod pairs;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::shelves::Shelf;
use crate::support::{Place, program, root, said};

/// What stands below a folder, by key.
pub type Objects = BTreeMap<String, Bytes>;

/// Nights of the company.
pub const NIGHTS: usize = 3;

fn calls(ids: std::ops::Range<usize>, day: &str) -> Vec<u8> {
    let call = |id: usize| {
        format!(
            "{{\"ts\":\"{day}T08:{:02}:00.000Z\",\"latency_ms\":800,\"workload\":\"triage-{}\",\"request_id\":\"r-{id}\",\
             \"request\":{{\"model\":\"gpt-5.4-mini\"}},\"response\":{{\"id\":\"chatcmpl-{id}\",\"object\":\"chat.completion\",\
             \"model\":\"gpt-5.4-mini-2026-03-17\",\"usage\":{{\"prompt_tokens\":{},\"completion_tokens\":100}}}}}}\n",
            id % 60,
            id % 2,
            1000 + id
        )
    };
    ids.map(call).collect::<String>().into_bytes()
}

/// A bill of one line.
fn bill(usd: &str) -> Vec<u8> {
    let file = root().join("sample_data/formats/focus/own/llm_spend_2026-10.csv");
    let text = std::fs::read_to_string(file).expect("the sample of the format");
    let lines: Vec<&str> = text.lines().take(2).collect();
    format!("{}\n{}\n", lines[0], lines[1].replacen("2.4,", &format!("{usd},"), 1)).into_bytes()
}

/// Run date of a night, and the objects that come or are replaced before it.
fn delivery(night: usize) -> (&'static str, Vec<(&'static str, Vec<u8>)>) {
    match night {
        0 => (
            "2026-10-07",
            vec![
                ("apps/a.jsonl", calls(0..4, "2026-10-05")),
                ("apps/b.jsonl", calls(4..8, "2026-10-06")),
                ("gateway/a.jsonl", calls(40..42, "2026-10-05")),
                ("bill/2026-10.csv", bill("2.4")),
            ],
        ),
        // The same run date again: a late object, calls that repeat others, a bill that was restated.
        1 => (
            "2026-10-07",
            vec![
                ("apps/late.jsonl", calls(8..10, "2026-10-05")),
                ("gateway/b.jsonl", calls(6..10, "2026-10-06")),
                ("bill/2026-10.csv", bill("2.5")),
            ],
        ),
        // A day that loses rows to another one, and a new day.
        _ => (
            "2026-10-08",
            vec![("apps/late.jsonl", calls(8..10, "2026-10-04")), ("apps/c.jsonl", calls(30..34, "2026-10-07"))],
        ),
    }
}

/// The company on a shelf, whose runs share its sources and have folders of their own for state and output.
pub struct Company<'a> {
    shelf: &'a Shelf,
    /// Where run files lie.
    place: Place,
}

/// A process that was started.
pub struct Run(Child);

impl Run {
    /// Exit code, and what it said; a killed one has the code -1.
    pub fn ended(self) -> (i32, String) {
        let said = said(self.0.wait_with_output());
        (said.code, said.err)
    }

    /// How it ended.
    pub fn status(mut self) -> ExitStatus {
        self.0.wait().expect("a child")
    }

    /// Ends it as the system does that needs its memory.
    pub fn kill(&mut self) {
        self.0.kill().expect("a signal");
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal {name} is not sent");
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child").is_some()
    }
}

impl<'a> Company<'a> {
    pub fn new(shelf: &'a Shelf) -> Company<'a> {
        Company { shelf, place: Place::new() }
    }

    /// Brings what stands in the sources before a night, and says its run date.
    pub fn deliver(&self, night: usize) -> &'static str {
        let (date, objects) = delivery(night);
        let objects: Vec<_> = objects.into_iter().map(|(key, bytes)| (key.to_string(), bytes)).collect();
        self.shelf.fill("sources/", &objects);
        date
    }

    /// Starts a run with state and output in a folder, behind a proxy's port if there is one.
    pub fn start(&self, folder: &str, date: &str, stale_seconds: u64, proxy: Option<u16>) -> Run {
        self.start_with(folder, date, stale_seconds, proxy, "", &[])
    }

    /// The same, with further lines of the run file and variables of the environment.
    pub fn start_with(
        &self,
        folder: &str,
        date: &str,
        stale_seconds: u64,
        proxy: Option<u16>,
        more: &str,
        environment: &[(String, String)],
    ) -> Run {
        let url = &self.shelf.url;
        let mut text =
            format!("date = \"{date}\"\nstate = \"{url}{folder}/state/\"\noutput = \"{url}{folder}/out/\"\n");
        for (name, format) in [("apps", "openai_envelope"), ("gateway", "openai_envelope"), ("bill", "focus")] {
            text += &format!("[[sources]]\nname = \"{name}\"\nformat = \"{format}\"\nurl = \"{url}sources/{name}/\"\n");
        }
        text += &format!("[lock]\nstale_seconds = {stale_seconds}\n");
        if !self.shelf.options.is_empty() {
            let options = proxy.map_or_else(|| self.shelf.options.clone(), |port| self.shelf.through(port));
            text += &self.shelf.run_file_lines(&options);
        }
        std::fs::write(self.run_file(folder), text + more).expect("a file can be written");
        let child = Command::new(program())
            .args(["run", "--quiet", "--config"])
            .arg(self.run_file(folder))
            .current_dir(self.place.path(""))
            .envs(self.shelf.environment.iter().chain(environment).cloned())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Run(child.expect("the program starts"))
    }

    /// The run file of a folder, as the last run there had it.
    pub fn run_file(&self, folder: &str) -> PathBuf {
        self.place.path(&format!("{folder}.toml"))
    }

    /// What stands in a folder: `out/` and `state/`, without the file of the system's lock.
    pub fn objects(&self, folder: &str) -> Objects {
        let found = self.shelf.everything(&format!("{folder}/")).into_iter();
        found.filter(|(key, _)| key != "state/.lock").map(|(key, bytes)| (key, Bytes::from(bytes))).collect()
    }

    /// Brings back what stood in a folder.
    pub fn restore(&self, folder: &str, objects: &Objects) {
        let objects: Vec<_> = objects.iter().map(|(key, bytes)| (key.clone(), bytes.to_vec())).collect();
        self.shelf.fill(&format!("{folder}/"), &objects);
    }

    /// Takes away what stands in a folder.
    pub fn clear(&self, folder: &str) {
        self.shelf.clear(&format!("{folder}/"));
    }
}

/// What a run leaves that no other run of it would: who ran when.
pub fn without_traces(objects: &Objects) -> Objects {
    let is_trace = |key: &str| {
        let files =
            ["state/lock.json", "state/watermarks.json", "state/standing.json", "state/metrics.prom", "metrics.prom"];
        files.contains(&key) || key.starts_with("state/runs/")
    };
    objects.iter().filter(|(key, _)| !is_trace(key)).map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

/// Keys that differ.
pub fn differing(found: &Objects, wanted: &Objects) -> Vec<String> {
    let keys = found.keys().chain(wanted.keys());
    let mut differ: Vec<String> = keys.filter(|key| found.get(*key) != wanted.get(*key)).cloned().collect();
    differ.sort();
    differ.dedup();
    differ
}

fn published(objects: &Objects) -> impl Iterator<Item = (&String, &Bytes)> {
    objects.iter().filter(|(key, _)| key.starts_with("out/") && !key.ends_with(".trimtab-write-test"))
}

/// Where something breaks the protocol: every published object is the one from before or the one from after, none is
/// gone, and `complete` means all of them.
pub fn breaches(found: &Objects, before: &Objects, after: &Objects) -> Vec<String> {
    let mut breaches = Vec::new();
    for (key, bytes) in published(found) {
        if key.ends_with("manifest.json") {
            let manifest: Value = serde_json::from_slice(bytes).unwrap_or_default();
            let is_complete = manifest["status"] == "complete";
            if !is_complete && manifest["status"] != "publishing" {
                breaches.push(format!("{key} says neither complete nor publishing"));
            }
            for object in manifest["objects"].as_array().into_iter().flatten() {
                let key = format!("out/{}", object["key"].as_str().unwrap_or_default());
                let bytes = found.get(&key).map(|bytes| format!("{:x}", Sha256::digest(bytes)));
                if is_complete && bytes.as_deref() != object["sha256"].as_str() {
                    breaches.push(format!("the manifest is complete, but {key} is another object"));
                }
            }
        } else if before.get(key) != Some(bytes) && after.get(key) != Some(bytes) {
            breaches.push(format!("{key} is neither the object from before nor the one from after"));
        }
    }
    let gone = published(before).filter(|(key, _)| !found.contains_key(*key));
    breaches.extend(gone.map(|(key, _)| format!("{key} was published and is gone")));
    breaches
}
