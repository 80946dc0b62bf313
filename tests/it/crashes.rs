//! A night that is killed anywhere is finished by the next one, and nobody can tell.
//!
//! Goal: whatever write a night was about to make when it was killed, every published object is the one from before or
//! the one from after, `complete` means all of them, and one further run gives the bytes of a night that was never
//! disturbed, published objects and state alike. Method: a store in memory that is gone from the n-th write on, for every
//! n of a sequence of nights with late objects, repeated calls, a restated bill and days that lose their rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use serde_json::Value;
use sha2::{Digest, Sha256};
use trimtab::config::{Config, Overrides};
use trimtab::error::Result;
use trimtab::lock::Owner;
use trimtab::pipeline::{self, Night};
use trimtab::project::Project;
use trimtab::project::graph::Layer;
use trimtab::store::mount;

use super::faulty::Faulty;
use super::one_writer::Time;
use super::support::{Place, root};

type Objects = BTreeMap<String, Bytes>;

/// A night: its run date, and the objects that came, were replaced (`Some`) or were taken away (`None`) before it.
struct Delivery {
    date: &'static str,
    objects: Vec<(&'static str, Option<String>)>,
}

/// Calls of an application on a day.
fn calls(ids: std::ops::Range<usize>, day: &str) -> Option<String> {
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
    Some(ids.map(call).collect())
}

/// A bill of one line.
fn bill(usd: &str) -> Option<String> {
    let file = root().join("sample_data/formats/focus/own/llm_spend_2026-10.csv");
    let text = std::fs::read_to_string(file).expect("the sample of the format");
    let lines: Vec<&str> = text.lines().take(2).collect();
    let (first, rest) = lines[1].split_once(',').expect("columns");
    assert_eq!(first, "2.4", "billed cost comes first");
    Some(format!("{}\n{usd},{rest}\n", lines[0]))
}

fn sequence() -> Vec<Delivery> {
    vec![
        Delivery {
            date: "2026-10-07",
            objects: vec![
                ("apps/a.jsonl", calls(0..4, "2026-10-05")),
                ("apps/b.jsonl", calls(4..8, "2026-10-06")),
                ("apps/moved.jsonl", calls(20..22, "2026-10-03")),
                ("bill/2026-10.csv", bill("2.4")),
            ],
        },
        // The same run date again: a late object, calls that repeat others, a bill that was restated.
        Delivery {
            date: "2026-10-07",
            objects: vec![
                ("apps/late.jsonl", calls(8..10, "2026-10-05")),
                ("gateway/b.jsonl", calls(6..10, "2026-10-06")),
                ("bill/2026-10.csv", bill("2.5")),
            ],
        },
        // A day that loses its rows to another one, an object that is gone, a new day.
        Delivery {
            date: "2026-10-08",
            objects: vec![
                ("apps/moved.jsonl", calls(20..22, "2026-10-04")),
                ("apps/b.jsonl", None),
                ("apps/c.jsonl", calls(30..34, "2026-10-07")),
            ],
        },
    ]
}

const SOURCES: [(&str, &str); 3] = [("apps", "openai_envelope"), ("gateway", "openai_envelope"), ("bill", "focus")];

/// The run file over mounted stores: `logs` and `place`.
fn config(folder: &Place, logs: &str, place: &str, date: &str) -> Config {
    let mut text = format!(
        "date = \"{date}\"\nstate = \"memory://{place}/state/\"\noutput = \"memory://{place}/out/\"\n\
         metrics = \"memory://{place}/metrics.prom\"\n"
    );
    for (name, format) in SOURCES {
        text += &format!("[[sources]]\nname = \"{name}\"\nformat = \"{format}\"\nurl = \"memory://{logs}/{name}/\"\n");
    }
    Config::load(&folder.write(&format!("{place}.toml"), text), &Overrides::default()).expect("the run file")
}

/// The project with fewer relations above the daily ones: they are all written alike, and nights are many.
async fn small_project() -> Project {
    let mut project = Project::load(None).await.expect("the project");
    let marts = ["coverage"];
    project.queries.retain(|query| match query.layer {
        Layer::Staging(_) => query.name.ends_with("__openai_envelope") || query.name.ends_with("__focus"),
        Layer::Daily => true,
        Layer::Mart => marts.contains(&query.name.as_str()),
        Layer::Check => query.name == "check_rows_add_up",
        _ => false,
    });
    project.sources.retain(|name, _| ["openai_envelope", "focus"].contains(&name.as_str()));
    let page = "{% for row in marts.coverage %}{{ row.source }} {{ row.rows_kept }}\n{% endfor %}";
    project.templates = [("summary.md.j2".to_string(), page.to_string())].into();
    project
}

async fn night(project: &Project, config: &Config, owner: &Owner) -> Result<Night> {
    pipeline::run(project, config, owner, &|_| {}).await
}

/// What a run leaves that no other run of it would: who ran when.
fn without_traces(objects: &Objects) -> Objects {
    let is_trace = |key: &str| {
        ["state/lock.json", "state/watermarks.json", "metrics.prom"].contains(&key) || key.starts_with("state/runs/")
    };
    objects.iter().filter(|(key, _)| !is_trace(key)).map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

fn published(objects: &Objects) -> impl Iterator<Item = (&String, &Bytes)> {
    objects.iter().filter(|(key, _)| key.starts_with("out/") && !key.ends_with(".trimtab-write-test"))
}

/// Every published object is the one from before or the one from after; `complete` means all of them.
fn hold_to_protocol(found: &Objects, before: &Objects, after: &Objects, what: &str) {
    for (key, bytes) in published(found) {
        if key.ends_with("manifest.json") {
            let manifest: Value = serde_json::from_slice(bytes).expect("a manifest");
            let is_complete = manifest["status"] == "complete";
            assert!(is_complete || manifest["status"] == "publishing", "{what}: {key}");
            for object in manifest["objects"].as_array().expect("objects") {
                let key = format!("out/{}", object["key"].as_str().expect("a key"));
                let bytes = found.get(&key).map(|bytes| format!("{:x}", Sha256::digest(bytes)));
                let is_new = bytes.as_deref() == object["sha256"].as_str();
                assert!(is_new || !is_complete, "{what}: the manifest is complete, but {key} is another object");
            }
        } else {
            let is_known = before.get(key) == Some(bytes) || after.get(key) == Some(bytes);
            assert!(is_known, "{what}: {key} is neither the object from before nor the one from after");
        }
    }
    for (key, _) in published(before) {
        assert!(found.contains_key(key), "{what}: {key} was published and is gone");
    }
}

fn differing(found: &Objects, wanted: &Objects) -> Vec<String> {
    let keys = found.keys().chain(wanted.keys());
    let mut differ: Vec<String> = keys.filter(|key| found.get(*key) != wanted.get(*key)).cloned().collect();
    differ.sort();
    differ.dedup();
    differ
}

async fn deliver(logs: &InMemory, delivery: &Delivery) {
    for (key, text) in &delivery.objects {
        match text {
            Some(text) => logs.put(&Path::from(*key), text.clone().into()).await.map(|_| ()),
            None => logs.delete(&Path::from(*key)).await,
        }
        .expect("memory");
    }
}

#[tokio::test]
async fn a_night_that_is_killed_at_any_write_is_finished_by_the_next_one() {
    let (folder, project, time) = (Place::new(), small_project().await, Time::default());
    let logs = Arc::new(InMemory::new());
    mount("crash-logs", logs.clone());
    let mut before = Objects::new();
    let mut kills = 0;
    for (number, delivery) in sequence().into_iter().enumerate() {
        deliver(&logs, &delivery).await;
        let config = config(&folder, "crash-logs", "crash", delivery.date);
        let calm = Faulty::copy_of(&before).await;
        mount("crash", Arc::new(calm.clone()));
        night(&project, &config, &time.owner()).await.expect("a calm night");
        time.passes(3600);
        let after = calm.objects().await;
        let writes = calm.writes();
        for write in 1..=writes.len() {
            let what = format!("night {}, killed at write {write}, of {}", number + 1, writes[write - 1]);
            let store = Faulty::copy_of(&before).await.stop_at(write);
            mount("crash", Arc::new(store.clone()));
            // A run may end well although its last traces could not be written.
            let _ = night(&project, &config, &time.owner()).await;
            let left = store.objects().await;
            hold_to_protocol(&left, &before, &after, &what);

            time.passes(3600);
            let store = Faulty::copy_of(&left).await;
            mount("crash", Arc::new(store.clone()));
            night(&project, &config, &time.owner()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            let found = without_traces(&store.objects().await);
            let differ = differing(&found, &without_traces(&after));
            assert!(differ.is_empty(), "{what}: these differ from an undisturbed night: {differ:?}");
            kills += 1;
        }
        before = after;
    }
    println!("{kills} kills, {kills} finished");
}
