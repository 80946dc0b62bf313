//! A night that finds nothing new publishes nothing, and every night that finds something decides anew.
//!
//! Goal: what an idle night leaves out is only what would give the same bytes; it says so and ends as the night before it
//! ended; whatever changes a figure, and whatever is gone, is seen. Method: nights of a small project over one store in
//! memory, one change at a time; the program over the real project for what people see.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use serde_json::Value;
use trimtab::config::{Config, Overrides};
use trimtab::pipeline::{self, Night};
use trimtab::project::{Project, Query};
use trimtab::store::mount;

use super::faulty::Faulty;
use super::one_writer::Time;
use super::retention::{calls, tiny_project};
use super::support::Place;

const DATE: &str = "2026-10-07";

/// Nights over one store, which keeps the versions of its objects.
struct Nights {
    name: String,
    folder: Place,
    project: Project,
    time: Time,
    store: Arc<InMemory>,
    logs: Arc<InMemory>,
    /// Further lines of the run file.
    more: String,
    /// Folder of the output.
    output: &'static str,
}

/// Everything below a folder by key, with its version and time.
type Versions = BTreeMap<String, (Option<String>, String)>;

impl Nights {
    /// A night was published, and one after it found nothing new.
    async fn idle(name: &str) -> Nights {
        let folder = Place::new();
        let project = tiny_project(&folder).await;
        let (name, more, output) = (format!("idle-{name}"), String::new(), "out");
        let (store, logs) = (Arc::default(), Arc::default());
        let nights = Nights { name, folder, project, time: Time::default(), store, logs, more, output };
        nights.deliver("a.json", calls(0..4, &["2026-10-05", "2026-10-06"])).await;
        assert!(!nights.tonight().await.stands, "the first night publishes");
        nights.stands("nothing changed").await;
        nights
    }

    async fn deliver(&self, key: &str, text: String) {
        self.logs.put(&Path::from(format!("apps/{key}")), text.into()).await.expect("memory");
    }

    fn config(&self, date: &str, more: &Overrides) -> Config {
        let text = format!(
            "date = \"{date}\"\nstate = \"memory://{0}/state/\"\noutput = \"memory://{0}/{1}/\"\n\
             metrics = \"memory://{0}/metrics.prom\"\n[[sources]]\nname = \"apps\"\nformat = \"tiny_calls\"\n\
             url = \"memory://{0}-logs/apps/\"\n{2}",
            self.name, self.output, self.more
        );
        Config::load(&self.folder.write("run.toml", text), more).expect("the run file")
    }

    async fn night(&self, date: &str, more: &Overrides) -> trimtab::error::Result<Night> {
        self.time.passes(3600);
        mount(&self.name, self.store.clone());
        mount(&format!("{}-logs", self.name), self.logs.clone());
        pipeline::run(&self.project, &self.config(date, more), &self.time.owner(), &|_| {}).await
    }

    async fn tonight(&self) -> Night {
        self.night(DATE, &Overrides::default()).await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn versions(&self, folder: &str) -> Versions {
        let listed: Vec<ObjectMeta> = self.store.list(Some(&Path::from(folder))).try_collect().await.expect("memory");
        listed.into_iter().map(|at| (at.location.to_string(), (at.e_tag, at.last_modified.to_rfc3339()))).collect()
    }

    async fn record(&self) -> Value {
        let runs = self.versions("state/runs").await;
        let last = runs.keys().next_back().expect("a record");
        let bytes = self.store.get(&Path::from(last.as_str())).await.expect("memory").bytes().await.expect("memory");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// A night publishes nothing and touches no file of rows.
    async fn stands(&self, why: &str) {
        let (out, rows) = (self.versions("out").await, self.rows().await);
        let night = self.tonight().await;
        assert!(night.stands, "{why}: the publication stands");
        assert_eq!(self.versions("out").await, out, "{why}: no object is written");
        assert_eq!(self.rows().await, rows, "{why}: no file of rows is written");
        let record = self.record().await;
        assert_eq!((&record["outcome"], &record["exit_code"]), (&"unchanged".into(), &0.into()), "{why}");
        let stages: Vec<&str> =
            record["stages"].as_array().expect("stages").iter().filter_map(|stage| stage["stage"].as_str()).collect();
        assert_eq!(stages, ["plan", "lock", "recover", "ingest", "compare"], "{why}");
    }

    async fn rows(&self) -> Versions {
        let mut versions = self.versions("state").await;
        versions.retain(|key, _| key.ends_with(".parquet"));
        versions
    }

    /// A night decides anew, and the one after it finds nothing new again.
    async fn decides(&self, why: &str) -> Night {
        let night = self.tonight().await;
        assert!(!night.stands, "{why}: decided anew");
        assert_eq!(self.record().await["outcome"], "published", "{why}");
        self.stands(&format!("{why}, the night after")).await;
        night
    }

    fn query(&mut self, name: &str) -> &mut String {
        let query = self.project.queries.iter_mut().find(|query| query.name == name);
        &mut query.unwrap_or_else(|| panic!("a query `{name}`")).sql
    }
}

#[tokio::test]
async fn nothing_new_publishes_nothing_and_says_what_was_said() {
    let nights = Nights::idle("nothing").await;
    let first = nights.decides_again().await;
    let second = nights.tonight().await;
    assert!(second.stands);
    assert_eq!((&second.summary, &second.published), (&first.summary, &first.published));
    assert!(!second.summary.is_empty() && second.published.len() == 2, "a mart and a page: {:?}", second.published);
    assert!(nights.record().await["rows_published"].as_u64() > Some(0), "rows that stand");
}

impl Nights {
    /// `--full` never stands.
    async fn decides_again(&self) -> Night {
        let night = self.night(DATE, &Overrides { full: true, ..Overrides::default() }).await.expect("a night");
        assert!(!night.stands, "whoever reads everything again decides again");
        night
    }
}

#[tokio::test]
async fn whatever_is_delivered_is_decided() {
    let nights = Nights::idle("delivered").await;
    nights.deliver("b.json", calls(4..6, &["2026-10-06"])).await;
    nights.decides("a new object").await;
    nights.deliver("a.json", calls(0..5, &["2026-10-05", "2026-10-06"])).await;
    nights.decides("an object that changed").await;
    nights.deliver("late.json", calls(20..21, &["2026-09-20"])).await;
    nights.decides("a late object").await;
    nights.logs.delete(&Path::from("apps/b.json")).await.expect("memory");
    nights.tonight().await;
    nights.stands("what vanished was noted").await;
}

#[tokio::test]
async fn whatever_is_decided_from_is_seen() {
    let mut nights = Nights::idle("seen").await;
    nights.more = "[[parameters]]\nparameter_id = \"X\"\nname = \"max_rejected_share\"\nexpected = 0.5\n".into();
    nights.decides("a parameter").await;
    nights.more += "[[commitments]]\nid = \"c\"\nprovider = \"openai\"\nusd_per_month = \"10\"\n\
                    starts_on = \"2026-01-01\"\nends_on = \"2027-01-01\"\n";
    nights.decides("a commitment").await;
    nights.more += "[retention]\nrequests_days = 63\n";
    nights.decides("what is kept").await;
    nights.query("call_report").push_str("-- changed\n");
    nights.decides("the text of a query").await;
    nights.project.templates.entry("summary.md.j2".into()).or_default().push_str("changed");
    assert!(nights.decides("a page").await.summary.ends_with("changed"));
    let seed = nights.project.seeds.get_mut("model_prices").expect("prices");
    seed.digest.push('0');
    nights.decides("a price").await;
    let contract = nights.project.contracts.get_mut("call_report").expect("a contract");
    contract.digest.push('0');
    nights.decides("a contract").await;

    let other = nights.night("2026-10-08", &Overrides::default()).await.expect("a night");
    assert!(!other.stands, "another run date");
    assert!(!nights.tonight().await.stands, "only the last publication is remembered");
    nights.output = "elsewhere";
    let elsewhere = nights.tonight().await;
    assert!(!elsewhere.stands && nights.versions("elsewhere").await.len() == 3, "another output gets its own objects");
}

#[tokio::test]
async fn whatever_is_gone_or_was_touched_is_made_again() {
    let nights = Nights::idle("touched").await;
    let page = "out/summary/run_date=2026-10-07/summary.md";
    let mart = "out/call_report/run_date=2026-10-07/call_report.parquet";
    for key in [page, mart, "out/manifest/run_date=2026-10-07/manifest.json"] {
        let before = nights.store.get(&Path::from(key)).await.expect("memory").bytes().await.expect("memory");
        nights.store.delete(&Path::from(key)).await.expect("memory");
        nights.decides(&format!("{key} is gone")).await;
        nights.store.put(&Path::from(key), "tampered".into()).await.expect("memory");
        nights.decides(&format!("{key} is another")).await;
        let after = nights.store.get(&Path::from(key)).await.expect("memory").bytes().await.expect("memory");
        assert_eq!(after, before, "{key}");
    }
    for key in ["state/day_calls/event_date=2026-10-05/part.parquet", "state/standing.json"] {
        nights.store.delete(&Path::from(key)).await.expect("memory");
        nights.decides(&format!("{key} is gone")).await;
    }
    let note = Path::from("state/standing.json");
    let text = nights.store.get(&note).await.expect("memory").bytes().await.expect("memory");
    let mut empty: Value = serde_json::from_slice(&text).expect("JSON");
    empty["objects"] = serde_json::json!({});
    for (why, text) in [("a broken note", "{".to_string()), ("a note of no object", empty.to_string())] {
        nights.store.put(&note, text.into()).await.expect("memory");
        nights.decides(why).await;
    }
    // What retention has to delete is not left lying.
    let left = Path::from("state/requests/event_date=2020-01-01/part.parquet");
    nights.store.put(&left, "left over".into()).await.expect("memory");
    nights.decides("a file of a closed day").await;
    assert!(nights.store.head(&left).await.is_err(), "deleted by the night that saw it");
    let reread = Overrides {
        from: Some("2026-10-05".parse().expect("a day")),
        to: Some("2026-10-05".parse().expect("a day")),
        ..Overrides::default()
    };
    assert!(!nights.night(DATE, &reread).await.expect("a night").stands, "days that are read again");
}

/// Whichever write of an idle night, or of one that decides, is the last: the next night makes it good.
#[tokio::test]
async fn a_killed_night_is_not_taken_for_an_idle_one() {
    let nights = Nights::idle("killed").await;
    let published = || async { nights.copy("out/").await };
    let before = published().await;
    let calm = nights.stopped(usize::MAX).await.1;
    for write in 1..=calm {
        let _ = nights.stopped(write).await;
        assert_eq!(published().await, before, "killed at write {write}");
        nights.tonight().await;
        assert_eq!(published().await, before, "the night after a kill at write {write}");
    }
    nights.deliver("b.json", calls(4..6, &["2026-10-06"])).await;
    let mut kills = 0;
    while nights.stopped(kills + 1).await.0.is_err() {
        kills += 1;
    }
    assert!(calm > 5 && kills > 20, "a night writes: {calm}, {kills}");
    // However many of the killed nights got how far: the result is that of a night that nobody disturbed.
    let night = nights.tonight().await;
    let killed = published().await;
    nights.decides_again().await;
    assert_eq!(published().await, killed, "stood: {}", night.stands);
    assert_ne!(killed, before);
}

impl Nights {
    /// A night that is gone from a write on, and the writes that it made.
    async fn stopped(&self, write: usize) -> (trimtab::error::Result<Night>, usize) {
        let store = Faulty::over(self.store.clone()).stop_at(write);
        self.time.passes(3600);
        mount(&self.name, Arc::new(store.clone()));
        let config = self.config(DATE, &Overrides::default());
        let night = pipeline::run(&self.project, &config, &self.time.owner(), &|_| {}).await;
        (night, store.writes().len())
    }

    async fn copy(&self, folder: &str) -> BTreeMap<String, bytes::Bytes> {
        let mut objects = Faulty::over(self.store.clone()).objects().await;
        objects.retain(|key, _| key.starts_with(folder) && !key.ends_with(".trimtab-write-test"));
        objects
    }
}

/// Days are written before the record of what built them: whichever write of a night with another text is its last, the next
/// night with the former text leaves what it left before.
#[tokio::test]
async fn a_night_with_another_text_that_ends_half_way_leaves_no_day_that_passes_for_the_former_one() {
    let mut nights = Nights::idle("former").await;
    let (out, days) = (nights.copy("out/").await, nights.copy("state/day_calls/").await);
    assert_eq!(days.len(), 2, "a day may be written without the other");
    let path = "overlay/queries/daily/day_calls.sql";
    let doubled = nights.folder.read(path).replace("count(*)", "2 * count(*)");
    nights.folder.write(path, doubled);
    let other = Project::load(Some(&nights.folder.path("overlay"))).await.expect("the project").queries;
    let mut other = other.into_iter().find(|query| query.name == "day_calls").expect("the query");
    let mut is_over = false;
    let mut kills = 0;
    while !is_over {
        kills += 1;
        nights.exchange(&mut other);
        is_over = nights.stopped(kills).await.0.is_ok();
        nights.exchange(&mut other);
        nights.tonight().await;
        assert!(nights.copy("state/day_calls/").await == days, "killed at write {kills}: the days");
        assert!(nights.copy("out/").await == out, "killed at write {kills}: what is published");
    }
    assert!(kills > 15, "{kills} writes");
}

impl Nights {
    fn exchange(&mut self, other: &mut Query) {
        let query = self.project.queries.iter_mut().find(|query| query.name == other.name);
        std::mem::swap(query.expect("the query"), other);
    }
}

const RUN: [&str; 3] = ["run", "--config", "trimtab.toml"];

/// What people see: the words, the exit code, the warnings, and files that nobody touched.
#[test]
fn an_idle_night_says_so_and_ends_as_the_night_before() {
    let place = Place::new();
    let call = |id: usize| {
        format!(
            "{{\"ts\":\"2026-10-05T08:00:00.000Z\",\"workload\":\"triage\",\"request_id\":\"r-{id}\",\"request\":{{\"model\":\"nobody-knows\"}},\
             \"response\":{{\"id\":\"chatcmpl-{id}\",\"object\":\"chat.completion\",\"model\":\"nobody-knows\",\
             \"usage\":{{\"prompt_tokens\":1000,\"completion_tokens\":100}}}}}}\n"
        )
    };
    place.write("logs/a.jsonl", (0..3).map(call).collect::<String>());
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let first = place.trimtab(&RUN);
    assert_eq!(first.code, 0, "{}", first.err);
    let warning = |said: &str| said.lines().filter(|line| line.contains("check_")).map(words).collect::<Vec<_>>();
    assert!(!warning(&first.err).is_empty(), "calls without a price are a warning: {}", first.err);

    let times = || {
        let mut files: Vec<_> = place
            .files("out", &["state"])
            .into_iter()
            .map(|(name, bytes)| {
                let at = place.path(&format!("out/{name}"));
                (name, bytes, at.metadata().and_then(|file| file.modified()).expect("a time"))
            })
            .collect();
        files.sort();
        files
    };
    let before = times();
    let idle = place.trimtab(&RUN);
    assert_eq!((idle.code, times() == before), (0, true), "{}", idle.err);
    assert!(idle.out.starts_with("Nothing new; the publication of 2026-10-07 stands.\n\n"), "{}", idle.out);
    assert!(idle.out.ends_with(&first.out), "the page and the objects that stand:\n{}", idle.out);
    assert!(idle.err.contains("nothing new; the publication of 2026-10-07 stands"), "{}", idle.err);
    assert_eq!(warning(&idle.err), warning(&first.err), "what was wrong is still wrong");
    let quiet = place.trimtab(&[&RUN[..], &["--quiet"]].concat());
    assert_eq!((quiet.code, quiet.out.as_str()), (0, ""), "no path was written");
    let said = place.trimtab(&["status", "--config", "trimtab.toml"]);
    assert!(said.out.contains("unchanged (0)") && said.out.contains("published (0)"), "{}", said.out);

    // A check that fails publishes nothing and is no publication that stands.
    place.run_file(
        DATE,
        &[("apps", "openai_envelope", "logs/")],
        "[checks.check_unpriced_usage]\nseverity = \"error\"\n",
    );
    for _ in 0..2 {
        let failed = place.trimtab(&RUN);
        assert_eq!((failed.code, times() == before), (5, true), "{}", failed.err);
    }
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let mended = place.trimtab(&RUN);
    assert!(mended.code == 0 && !mended.out.starts_with("Nothing new"), "{}", mended.out);
    assert!(times() == before, "the same bytes stand, untouched");
    let page = "summary/run_date=2026-10-07/summary.md";
    place.write(&format!("out/{page}"), "touched");
    let seen = place.trimtab(&RUN);
    assert!(seen.err.contains(&format!("deciding: `{page}` is not as it was published")), "{}", seen.err);
}

/// A line of the log without its time and figures of time.
fn words(line: &str) -> String {
    line.split_once("check_").map_or_else(String::new, |(_, rest)| rest.to_string())
}
