//! The state stays small: what is no longer kept is deleted, and nothing is rebuilt from a part of it.
//!
//! Goal: requests go after `requests_days`, what is built from them after `daily_months`; rows that come for a day whose
//! requests are gone change nothing and are counted; a night that is killed anywhere is finished by the next one; a mistyped
//! date deletes nothing; `--full` gives the bytes of the nights before it. Method: a project of one format and one daily
//! relation over stores in memory, with the shortest windows that there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use serde_json::Value;
use trimtab::config::{Config, Overrides};
use trimtab::error::Result;
use trimtab::pipeline::{self, Night};
use trimtab::project::Project;
use trimtab::store::mount;

use super::crashes::hold_to_protocol;
use super::disturbed::{Objects, differing, without_traces};
use super::faulty::Faulty;
use super::one_writer::Time;
use super::support::{Place, TINY_CALLS};

const SHORT: &str = "[windows]\ndecision_days = 7\nreport_days = 14\n\
                     [retention]\nrequests_days = 14\ndaily_months = 1\nevaluations_months = 1\n";

/// A format, a daily relation and a mart over the report's window.
const PROJECT: [(&str, &str); 6] = [
    TINY_CALLS[0],
    TINY_CALLS[1],
    (
        "queries/daily/day_calls.sql",
        "-- Calls of a day.\n--\n-- grain: event_date, source\nselect event_date, x_source as source, count(*) as calls\n\
         from requests\ngroup by event_date, x_source\n",
    ),
    (
        "schemas/contracts/day_calls.sql",
        "-- Calls of a day.\n--\n-- grain: event_date, source\ncreate external table day_calls (\n    event_date date not null, -- day\n    \
         source varchar not null, -- source\n    calls bigint not null -- calls\n)\nstored as parquet\nlocation 'day_calls/';\n",
    ),
    (
        "queries/marts/call_report.sql",
        "-- Calls of a day.\n--\n-- grain: event_date, source\nselect day_calls.event_date, day_calls.source, day_calls.calls\nfrom \
         day_calls\ncross join settings\nwhere day_calls.event_date >= settings.report_from\n",
    ),
    (
        "schemas/contracts/call_report.sql",
        "-- Calls of a day.\n--\n-- grain: event_date, source\ncreate external table call_report (\n    event_date date not null, -- day\n    \
         source varchar not null, -- source\n    calls bigint not null -- calls\n)\nstored as parquet\nlocation 'call_report/';\n",
    ),
];

/// Lines of calls on days, one for each id.
pub fn calls(ids: std::ops::Range<usize>, days: &[&str]) -> String {
    ids.map(|id| {
        let day = days[id % days.len()];
        format!("{{\"at\":\"{day}T08:{:02}:00Z\",\"id\":\"c{id}\",\"n\":{id}}}\n", id % 60)
    })
    .collect()
}

/// The project, and nothing else.
pub async fn tiny_project(folder: &Place) -> Project {
    for (path, text) in PROJECT {
        folder.write(&format!("overlay/{path}"), text);
    }
    let mut project = Project::load(Some(&folder.path("overlay"))).await.expect("the project");
    let is_ours = |path: &str| PROJECT.iter().any(|(ours, _)| *ours == path);
    project.queries.retain(|query| is_ours(&query.path));
    project.sources.retain(|_, table| is_ours(&table.path));
    let page = "{% for row in marts.call_report %}{{ row.event_date }} {{ row.calls }}\n{% endfor %}";
    project.templates = [("summary.md.j2".to_string(), page.to_string())].into();
    project
}

/// Nights over stores of one name.
struct Nights {
    name: &'static str,
    folder: Place,
    project: Project,
    time: Time,
    logs: Arc<InMemory>,
}

impl Nights {
    async fn new(name: &'static str) -> Nights {
        let folder = Place::new();
        let project = tiny_project(&folder).await;
        let logs = Arc::new(InMemory::new());
        Nights { name, folder, project, time: Time::default(), logs }
    }

    async fn deliver(&self, key: &str, text: String) {
        self.logs.put(&Path::from(format!("apps/{key}")), text.into()).await.expect("memory");
    }

    async fn night(&self, date: &str, store: &Faulty, more: Overrides) -> Result<Night> {
        self.time.passes(3600);
        mount(self.name, Arc::new(store.clone()));
        let logs = format!("{}-logs", self.name);
        mount(&logs, self.logs.clone());
        let text = format!(
            "date = \"{date}\"\nstate = \"memory://{0}/state/\"\noutput = \"memory://{0}/out/\"\n\
             metrics = \"memory://{0}/metrics.prom\"\n{SHORT}[[sources]]\nname = \"apps\"\nformat = \"tiny_calls\"\n\
             url = \"memory://{logs}/apps/\"\n",
            self.name
        );
        let config = Config::load(&self.folder.write("run.toml", text), &more).expect("the run file");
        pipeline::run(&self.project, &config, &self.time.owner(), &|_| {}).await
    }

    /// What a night leaves that nobody disturbs.
    async fn calm(&self, date: &str, before: &Objects, more: Overrides) -> (Objects, Vec<String>) {
        let store = Faulty::copy_of(before).await;
        self.night(date, &store, more).await.unwrap_or_else(|error| panic!("{date}: {error}"));
        (store.objects().await, store.writes())
    }

    /// Seven days of calls, of which the first five close with the second night. What the two nights left.
    async fn two_nights(&self) -> (Objects, Objects) {
        for day in 1..=6 {
            let day = format!("2026-10-{day:02}");
            self.deliver(&format!("{day}.json"), calls(0..4, &[&day]).replace("\"c", &format!("\"{day}-"))).await;
        }
        let first = self.calm("2026-10-07", &Objects::new(), Overrides::default()).await.0;
        self.deliver("2026-10-19.json", calls(20..24, &["2026-10-19"])).await;
        let second = self.calm("2026-10-20", &first, Overrides::default()).await.0;
        (first, second)
    }
}

fn days_of(objects: &Objects, relation: &str) -> Vec<String> {
    let day = |key: &String| {
        Some(key.strip_prefix(&format!("state/{relation}/event_date="))?.strip_suffix("/part.parquet")?.to_string())
    };
    objects.keys().filter_map(day).collect()
}

/// Entries of the ledger by key.
fn ledger(objects: &Objects) -> BTreeMap<String, Value> {
    let text = zstd::decode_all(objects["state/ledger.jsonl.zst"].as_ref()).expect("zstd");
    let entries = serde_json::Deserializer::from_slice(&text).into_iter::<Value>().map(|entry| entry.expect("JSON"));
    entries.map(|entry| (entry["object_key"].as_str().expect("a key").to_string(), entry)).collect()
}

fn warnings(objects: &Objects) -> String {
    let (_, record) = objects.iter().rfind(|(key, _)| key.starts_with("state/runs/")).expect("a record");
    let record: Value = serde_json::from_slice(record).expect("JSON");
    record["first_warnings"].to_string()
}

fn october(days: impl IntoIterator<Item = u32>) -> Vec<String> {
    days.into_iter().map(|day| format!("2026-10-{day:02}")).collect()
}

#[tokio::test]
async fn requests_go_and_what_was_built_from_them_stays_until_its_time() {
    let nights = Nights::new("retention-days").await;
    let (first, second) = nights.two_nights().await;
    assert_eq!(days_of(&first, "requests"), october(1..=6));
    assert_eq!(days_of(&second, "requests"), october([6, 19]), "14 days before the run date");
    assert_eq!(days_of(&second, "day_calls"), october([1, 2, 3, 4, 5, 6, 19]), "built once, kept");
    for day in &october(1..=6) {
        let key = format!("state/day_calls/event_date={day}/part.parquet");
        assert_eq!(first[&key], second[&key], "{day} was not built again");
    }
    let entry = &ledger(&second)["2026-10-01.json"];
    assert_eq!((entry["rows"].as_i64(), entry["closed_rows"].as_i64()), (Some(0), Some(4)), "{entry}");

    nights.deliver("2026-12-04.json", calls(30..34, &["2026-12-04"])).await;
    let (third, _) = nights.calm("2026-12-05", &second, Overrides::default()).await;
    assert_eq!((days_of(&third, "requests"), days_of(&third, "day_calls").len()), (vec!["2026-12-04".into()], 1));
    assert!(
        !String::from_utf8_lossy(&third["state/daily_versions.json"]).contains("2026-10"),
        "nothing is known of them"
    );

    // A year of run dates leaves a week of their relations.
    let dates: std::collections::BTreeSet<&str> =
        third.keys().filter_map(|key| key.strip_prefix("state/run_date=")?.split('/').next()).collect();
    assert!(dates.len() <= 7, "{dates:?}");
}

#[tokio::test]
async fn a_mistyped_date_deletes_nothing() {
    let nights = Nights::new("retention-typo").await;
    let (_, before) = nights.two_nights().await;
    let (after, _) = nights.calm("2062-10-20", &before, Overrides::default()).await;
    for relation in ["requests", "day_calls"] {
        assert_eq!(days_of(&after, relation), days_of(&before, relation));
    }
    let (again, _) = nights.calm("2026-10-20", &after, Overrides::default()).await;
    let published = |objects: &Objects| -> Objects {
        let is_its = |key: &str| key.starts_with("out/") && key.contains("run_date=2026-10-20");
        objects.iter().filter(|(key, _)| is_its(key)).map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
    };
    assert_eq!(differing(&published(&again), &published(&before)), Vec::<String>::new());
}

/// Late rows for a day whose requests are gone would be the only ones of a day that is rebuilt.
#[tokio::test]
async fn rows_that_come_too_late_change_no_day_and_are_counted() {
    let nights = Nights::new("retention-late").await;
    let (_, before) = nights.two_nights().await;
    nights.deliver("late.json", calls(40..46, &["2026-10-03", "2026-10-18"])).await;
    // One that was read before grows by a row of its closed day.
    let grown = calls(0..5, &["2026-10-02"]).replace("\"c", "\"2026-10-02-");
    nights.deliver("2026-10-02.json", grown).await;
    let (after, _) = nights.calm("2026-10-21", &before, Overrides::default()).await;
    for day in [2, 3] {
        let key = format!("state/day_calls/event_date=2026-10-{day:02}/part.parquet");
        assert_eq!(before[&key], after[&key], "{key} stays as it was built");
    }
    assert_eq!(days_of(&after, "requests"), october([6, 18, 19]), "the open day of the late object is there");
    let entries = ledger(&after);
    let counts =
        |key: &str| ["rows", "closed_rows", "late_rows"].map(|name| entries[key][name].as_i64().expect("a count"));
    assert_eq!(counts("late.json"), [3, 0, 3]);
    assert_eq!(counts("2026-10-02.json"), [0, 4, 1], "what was known is no news");
    let said = warnings(&after);
    assert!(said.contains("source `apps`: 4 rows of 2026-10-02 to 2026-10-03 came too late"), "{said}");
    assert!(said.contains("`trimtab run --from 2026-10-02 --to 2026-10-03`"), "{said}");

    let (again, _) = nights.calm("2026-10-21", &after, Overrides::default()).await;
    assert!(!warnings(&again).contains("too late"), "it is said once");
    assert_eq!(ledger(&again), entries);

    // The remedy: the days are built from what is there, and their requests go again.
    let asked = Overrides { from: "2026-10-02".parse().ok(), to: "2026-10-03".parse().ok(), ..Overrides::default() };
    let (rebuilt, _) = nights.calm("2026-10-21", &again, asked).await;
    let said = warnings(&rebuilt);
    assert!(said.contains("the requests of 2026-10-02 to 2026-10-03 were deleted"), "{said}");
    for day in [2, 3] {
        let key = format!("state/day_calls/event_date=2026-10-{day:02}/part.parquet");
        assert_ne!(again[&key], rebuilt[&key], "{key} has the late rows");
    }
    for day in [1, 4, 5] {
        let key = format!("state/day_calls/event_date=2026-10-{day:02}/part.parquet");
        assert_eq!(again[&key], rebuilt[&key], "{key} was not asked for");
    }
    assert_eq!(days_of(&rebuilt, "requests"), october([6, 18, 19]));

    let full = || Overrides { full: true, ..Overrides::default() };
    let (over_all, _) = nights.calm("2026-10-21", &rebuilt, full()).await;
    let (fresh, _) = nights.calm("2026-10-21", &Objects::new(), full()).await;
    let out = |objects: &Objects| -> Objects {
        let is_its = |key: &str| key.starts_with("out/") && key.contains("run_date=2026-10-21");
        objects.iter().filter(|(key, _)| is_its(key)).map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
    };
    assert_eq!(differing(&out(&over_all), &out(&fresh)), Vec::<String>::new(), "built anew it is the same");
    let marts = |objects: &Objects| -> Objects {
        out(objects).into_iter().filter(|(key, _)| !key.contains("manifest")).collect()
    };
    assert_eq!(differing(&marts(&rebuilt), &marts(&fresh)), Vec::<String>::new(), "night by night as well");
}

/// A kill leaves at worst files to delete again; what closed in the night is never half there.
#[tokio::test]
async fn a_night_that_deletes_and_is_killed_at_any_write_is_finished_by_the_next_one() {
    let nights = Nights::new("retention-kill").await;
    // The object of the 3rd comes in the night that closes its day.
    let (before, _) = nights.two_nights().await;
    nights.deliver("late.json", calls(40..46, &["2026-10-03", "2026-10-18"])).await;
    let (after, writes) = nights.calm("2026-10-20", &before, Overrides::default()).await;
    assert!(writes.iter().any(|key| key == "state/requests/event_date=2026-10-01/part.parquet"), "{writes:?}");
    let published = writes.iter().rposition(|key| key.ends_with("manifest.json")).expect("a manifest");
    let deleted = writes.iter().position(|key| key == "state/requests/event_date=2026-10-01/part.parquet");
    assert!(deleted > Some(published), "nothing is deleted before the publication stands");
    for write in 1..=writes.len() {
        let what = format!("killed at write {write}, of {}", writes[write - 1]);
        let store = Faulty::copy_of(&before).await.stop_at(write);
        let _ = nights.night("2026-10-20", &store, Overrides::default()).await;
        let left = store.objects().await;
        hold_to_protocol(&left, &before, &after, &what);
        let (repaired, _) = nights.calm("2026-10-20", &left, Overrides::default()).await;
        let differ = differing(&without_traces(&repaired), &without_traces(&after));
        assert!(differ.is_empty(), "{what}: these differ from an undisturbed night: {differ:?}");
    }
}

/// A first night over a long history builds all its days, although their requests close in the same night.
#[tokio::test]
async fn a_first_night_killed_between_reading_and_building_leaves_no_day_out() {
    let nights = Nights::new("retention-first").await;
    for day in 1..=30 {
        let day = format!("2026-09-{day:02}");
        nights.deliver(&format!("{day}.json"), calls(0..2, &[&day]).replace("\"c", &format!("\"{day}-"))).await;
    }
    let (calm, writes) = nights.calm("2026-10-01", &Objects::new(), Overrides::default()).await;
    assert_eq!((days_of(&calm, "requests").len(), days_of(&calm, "day_calls").len()), (14, 30));
    let said = warnings(&calm);
    assert!(said.contains("32 rows are older than what is kept: requests from 2026-09-17"), "{said}");
    let built = writes.iter().position(|key| key.starts_with("state/day_calls/")).expect("days are built") + 1;
    for write in [built, built + 1, built + 20, built + 30] {
        let store = Faulty::copy_of(&Objects::new()).await.stop_at(write);
        let _ = nights.night("2026-10-01", &store, Overrides::default()).await;
        let (repaired, _) = nights.calm("2026-10-01", &store.objects().await, Overrides::default()).await;
        let differ = differing(&without_traces(&repaired), &without_traces(&calm));
        assert!(differ.is_empty(), "killed at write {write}, of {}: {differ:?}", writes[write - 1]);
    }
}

#[test]
fn a_retention_shorter_than_a_window_is_refused() {
    let place = Place::new();
    place.write("logs/a.json", "{}");
    for (more, says) in [
        ("[retention]\nrequests_days = 40\n", "requests_days keeps 40 days, but the marts look back 62"),
        ("[retention]\ndaily_months = 2\n", "daily_months keeps 59 days, but the marts look back 62"),
        (
            "[retention]\nrequests_days = 62\n[windows]\nreport_days = 90\n",
            "requests_days keeps 62 days, but the marts look back 90",
        ),
        ("[listing]\nlookback_days = 0\n", "lookback_days cannot be 0"),
        ("[retention]\nrequests_days = 62\n[listing]\nlookback_days = 63\n", "lookback_days cannot be 63"),
    ] {
        place.run_file("2026-10-21", &[("apps", "litellm", "logs/")], more);
        let said = place.trimtab(&["run", "--config", "trimtab.toml"]);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains(says), "{says}: {}", said.err);
    }
}
