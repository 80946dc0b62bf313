//! A night that is killed anywhere is finished by the next one, and nobody can tell.
//!
//! Goal: whatever write a night was about to make when it was killed, every published object is the one from before or
//! the one from after, `complete` means all of them, and one further run gives the bytes of a night that was never
//! disturbed, published objects and state alike. Method: a store in memory that is gone from the n-th write on, for every
//! n of a sequence of nights with late objects, repeated calls, a restated bill and days that lose their rows.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use serde_json::Value;
use trimtab::config::{Config, Overrides};
use trimtab::error::Result;
use trimtab::pipeline::{self, Night};
use trimtab::project::Project;
use trimtab::store::mount;

use super::disturbed::{Objects, breaches, differing, without_traces};
use super::faulty::Faulty;
use super::one_writer::Time;
use super::support::{Place, TINY_CALLS};

/// A night: its run date, and the objects that came, were replaced (`Some`) or were taken away (`None`) before it.
struct Delivery {
    date: &'static str,
    objects: Vec<(&'static str, Option<String>)>,
}

/// Calls of an application on a day.
fn calls(ids: std::ops::Range<usize>, day: &str) -> Option<String> {
    Some(ids.map(|id| format!("{{\"at\":\"{day}T08:{:02}:00Z\",\"id\":\"c{id}\",\"n\":{id}}}\n", id % 60)).collect())
}

/// A bill of one line.
fn bill(usd: &str) -> Option<String> {
    Some(format!("{{\"at\":\"2026-10-05T00:00:00Z\",\"usd\":{usd}}}\n"))
}

fn sequence() -> Vec<Delivery> {
    vec![
        Delivery {
            date: "2026-10-07",
            objects: vec![
                ("apps/a.json", calls(0..4, "2026-10-05")),
                ("apps/b.json", calls(4..8, "2026-10-06")),
                ("apps/moved.json", calls(20..22, "2026-10-03")),
                ("bill/2026-10.json", bill("2.4")),
            ],
        },
        // The same run date again: a late object, calls that repeat others, a bill that was restated.
        Delivery {
            date: "2026-10-07",
            objects: vec![
                ("apps/late.json", calls(8..10, "2026-10-05")),
                ("gateway/b.json", calls(6..10, "2026-10-06")),
                ("bill/2026-10.json", bill("2.5")),
            ],
        },
        // A day that loses its rows to another one, an object that is gone, a new day.
        Delivery {
            date: "2026-10-08",
            objects: vec![
                ("apps/moved.json", calls(20..22, "2026-10-04")),
                ("apps/b.json", None),
                ("apps/c.json", calls(30..34, "2026-10-07")),
            ],
        },
    ]
}

const SOURCES: [(&str, &str); 3] = [("apps", "tiny_calls"), ("gateway", "tiny_calls"), ("bill", "tiny_bill")];

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

/// A project small enough for hundreds of nights: two formats, one daily relation, two marts and a page.
const PROJECT: [(&str, &str); 10] = [
    TINY_CALLS[0],
    TINY_CALLS[1],
    (
        "schemas/sources/tiny_bill.sql",
        "-- One charge.\n--\n-- docs: none\ncreate external table tiny_bill (\n    at timestamp with time zone not null,\n    \
         usd decimal(38, 12)\n)\nstored as json\nlocation 'bills/';\n",
    ),
    (
        "queries/staging/charges/tiny_bill.sql",
        "-- One charge.\n--\n-- grain:  line\n-- tokens: none\n-- docs:   none\nselect\n    _object_key as x_object_key,\n    \
         _line as x_line,\n    'Usage' as charge_category,\n    at as charge_period_start,\n    usd as billed_cost,\n    \
         'USD' as billing_currency\nfrom tiny_bill\n",
    ),
    (
        "queries/daily/day_calls.sql",
        "-- Calls of a day by source.\n--\n-- grain: event_date, source\nselect event_date, x_source as source, count(*) as calls, \
         sum(x_repeats) as repeats, sum(gen_ai_usage_input_tokens) as tokens\nfrom requests\ngroup by event_date, x_source\n",
    ),
    (
        "schemas/contracts/day_calls.sql",
        "-- Calls of a day.\n--\n-- grain: event_date, source\ncreate external table day_calls (\n    event_date date not null, -- day\n    \
         source varchar not null, -- source\n    calls bigint not null, -- calls\n    repeats bigint not null, -- repeats\n    \
         tokens bigint -- tokens\n)\nstored as parquet\nlocation 'day_calls/';\n",
    ),
    (
        "queries/marts/call_report.sql",
        "-- Calls of a day.\n--\n-- grain: event_date, source\nselect event_date, source, calls, repeats, tokens\nfrom day_calls\n",
    ),
    (
        "schemas/contracts/call_report.sql",
        "-- Calls of a day.\n--\n-- grain: event_date, source\ncreate external table call_report (\n    event_date date not null, -- day\n    \
         source varchar not null, -- source\n    calls bigint not null, -- calls\n    repeats bigint not null, -- repeats\n    \
         tokens bigint -- tokens\n)\nstored as parquet\nlocation 'call_report/';\n",
    ),
    (
        "queries/marts/bill_report.sql",
        "-- Cost of a day.\n--\n-- grain: event_date\nselect event_date, cast(sum(billed_cost) as decimal(38, 12)) as billed_usd\n\
         from charges\ngroup by event_date\n",
    ),
    (
        "schemas/contracts/bill_report.sql",
        "-- Cost of a day.\n--\n-- grain: event_date\ncreate external table bill_report (\n    event_date date not null, -- day\n    \
         billed_usd decimal(38, 12) -- cost\n)\nstored as parquet\nlocation 'bill_report/';\n",
    ),
];

async fn small_project(folder: &Place) -> Project {
    for (path, text) in PROJECT {
        folder.write(&format!("overlay/{path}"), text);
    }
    let mut project = Project::load(Some(&folder.path("overlay"))).await.expect("the project");
    let is_ours = |path: &str| PROJECT.iter().any(|(ours, _)| *ours == path);
    project.queries.retain(|query| is_ours(&query.path));
    project.sources.retain(|_, table| is_ours(&table.path));
    let page = "{% for row in marts.call_report %}{{ row.event_date }} {{ row.source }} {{ row.calls }}\n{% endfor %}";
    project.templates = [("summary.md.j2".to_string(), page.to_string())].into();
    assert!(project.queries.len() == 5 && project.sources.len() == 2, "the overlay and nothing else");
    project
}

/// Every published object is the one from before or the one from after; `complete` means all of them.
pub fn hold_to_protocol(found: &Objects, before: &Objects, after: &Objects, what: &str) {
    let breaches = breaches(found, before, after);
    assert!(breaches.is_empty(), "{what}: {breaches:?}");
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

/// Nights over stores of one name, one after the other.
struct Nights {
    name: &'static str,
    folder: Place,
    project: Project,
    time: Time,
}

impl Nights {
    async fn new(name: &'static str) -> Nights {
        let folder = Place::new();
        let project = small_project(&folder).await;
        Nights { name, folder, project, time: Time::default() }
    }

    /// The sources as they are before the night of a number, from 0. Versions are the same whenever this is done.
    async fn logs(&self, number: usize) -> Arc<InMemory> {
        let logs = Arc::new(InMemory::new());
        for delivery in sequence().iter().take(number + 1) {
            deliver(&logs, delivery).await;
        }
        self.mount_logs(logs.clone());
        logs
    }

    fn mount_logs(&self, logs: Arc<InMemory>) {
        mount(&format!("{}-logs", self.name), logs);
    }

    /// One night over a store, an hour after the last one: whoever held its lock is stale.
    async fn night(&self, number: usize, store: &Faulty) -> Result<Night> {
        self.time.passes(3600);
        mount(self.name, Arc::new(store.clone()));
        let config = config(&self.folder, &format!("{}-logs", self.name), self.name, sequence()[number].date);
        pipeline::run(&self.project, &config, &self.time.owner(), &|_| {}).await
    }

    /// What a night leaves that nobody disturbs, and the keys that it writes.
    async fn calm(&self, number: usize, before: &Objects) -> (Objects, Vec<String>) {
        let store = Faulty::copy_of(before).await;
        self.night(number, &store).await.expect("a calm night");
        (store.objects().await, store.writes())
    }

    /// What stands before the night of a number.
    async fn before(&self, number: usize) -> Objects {
        let mut objects = Objects::new();
        for earlier in 0..number {
            self.logs(earlier).await;
            objects = self.calm(earlier, &objects).await.0;
        }
        objects
    }

    /// A further night over what one left: it must be as if that one had not been disturbed.
    async fn repaired(&self, number: usize, left: &Objects, wanted: &[&Objects], what: &str) {
        let store = Faulty::copy_of(left).await;
        self.night(number, &store).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let found = without_traces(&store.objects().await);
        let differ: Vec<_> = wanted.iter().map(|wanted| differing(&found, &without_traces(wanted))).collect();
        assert!(differ.iter().any(Vec::is_empty), "{what}: these differ from an undisturbed night: {differ:?}");
    }
}

#[tokio::test]
async fn a_night_that_is_killed_at_any_write_is_finished_by_the_next_one() {
    let nights = Nights::new("crash").await;
    let (mut before, mut kills) = (Objects::new(), 0);
    for number in 0..sequence().len() {
        nights.logs(number).await;
        let (after, writes) = nights.calm(number, &before).await;
        for write in 1..=writes.len() {
            let what = format!("night {number}, killed at write {write}, of {}", writes[write - 1]);
            let store = Faulty::copy_of(&before).await.stop_at(write);
            // A run may end well although its last traces could not be written.
            let _ = nights.night(number, &store).await;
            let left = store.objects().await;
            hold_to_protocol(&left, &before, &after, &what);
            nights.repaired(number, &left, &[&after], &what).await;
            kills += 1;
        }
        before = after;
    }
    println!("{kills} kills, all finished by the next night");
    assert!(kills > 100, "a night writes: {kills}");
}

/// The request took effect, its reply did not come: the run fails or goes on, and the next one makes it good.
#[tokio::test]
async fn a_reply_lost_at_any_write_loses_nothing() {
    let nights = Nights::new("crash-replies").await;
    let before = nights.before(1).await;
    nights.logs(1).await;
    let (after, writes) = nights.calm(1, &before).await;
    for write in 1..=writes.len() {
        let what = format!("the reply of write {write}, of {}, was lost", writes[write - 1]);
        let store = Faulty::copy_of(&before).await.lose_reply(write);
        let _ = nights.night(1, &store).await;
        let left = store.objects().await;
        hold_to_protocol(&left, &before, &after, &what);
        nights.repaired(1, &left, &[&after], &what).await;
    }
}

/// Objects that the killed night had read are gone when the next one looks: they were read or they were not, but no row of
/// theirs stands in a day without an entry in the ledger, and nothing is built from rows that are gone.
#[tokio::test]
async fn objects_that_vanish_after_a_kill_were_read_whole_or_not_at_all() {
    let nights = Nights::new("crash-vanish").await;
    let before = nights.before(1).await;
    let logs = nights.logs(1).await;
    let (after, writes) = nights.calm(1, &before).await;
    let fewer = Arc::new(logs.fork());
    for key in ["apps/late.json", "gateway/b.json", "apps/moved.json"] {
        fewer.delete(&Path::from(key)).await.expect("memory");
    }
    nights.mount_logs(fewer.clone());
    let never_read = nights.calm(1, &before).await.0;
    let read_and_gone = nights.calm(1, &after).await.0;
    assert!(without_traces(&never_read) != without_traces(&read_and_gone), "the two can be told apart");
    for write in 1..=writes.len() {
        let what = format!("killed at write {write}, of {}, then objects vanished", writes[write - 1]);
        nights.mount_logs(logs.clone());
        let store = Faulty::copy_of(&before).await.stop_at(write);
        let _ = nights.night(1, &store).await;
        nights.mount_logs(fewer.clone());
        nights.repaired(1, &store.objects().await, &[&never_read, &read_and_gone], &what).await;
    }
}

/// The run works on while another one takes its lock: the write that is on its way arrives, no other is made.
#[tokio::test]
async fn a_run_that_is_overtaken_at_any_write_changes_nothing_more() {
    let nights = Nights::new("crash-overtaken").await;
    let before = nights.before(1).await;
    nights.logs(1).await;
    let (after, writes) = nights.calm(1, &before).await;
    let last = writes.iter().rposition(|key| key.ends_with("manifest.json")).expect("a manifest") + 1;
    // What another run writes into the lock: its own record, under a later number.
    let other = Faulty::copy_of(&before).await;
    nights.night(1, &other).await.expect("a night");
    let mut record: Value = serde_json::from_slice(&other.objects().await["state/lock.json"]).expect("a record");
    record["fencing"] = 99.into();
    let record = Bytes::from(record.to_string());
    // The first write takes the lock: before it there is nothing to lose.
    for write in 2..last {
        let what = format!("overtaken at write {write}, of {}", writes[write - 1]);
        let store = Faulty::copy_of(&before).await;
        let (there, record) = (store.memory(), record.clone());
        let store = store.before_writes(move |number, _| {
            if number == write {
                let key = Path::from("state/lock.json");
                there.put(&key, record.clone().into()).now_or_never().expect("memory answers").expect("memory");
            }
        });
        let error = nights.night(1, &store).await.err().unwrap_or_else(|| panic!("{what}: it went on"));
        assert_eq!(error.kind().exit_code(), 75, "{what}: {error}");
        assert_eq!(store.writes().len(), write, "{what}: it wrote {:?}", &store.writes()[write..]);
        hold_to_protocol(&store.objects().await, &before, &after, &what);
    }
}

/// The published objects of a run date.
fn published(objects: &Objects, date: &str) -> Objects {
    let is_of = |key: &str| key.starts_with("out/") && key.contains(&format!("run_date={date}/"));
    objects.iter().filter(|(key, _)| is_of(key)).map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

/// A run date that was published by half when its run was killed does not stay so: the next night finishes it, also when that
/// is the night of another date.
#[tokio::test]
async fn what_was_published_by_half_is_finished_by_a_night_of_another_date() {
    let nights = Nights::new("crash-dates").await;
    let before = nights.before(1).await;
    nights.logs(1).await;
    let (after, writes) = nights.calm(1, &before).await;
    let date = sequence()[1].date;
    assert!(date != sequence()[2].date && published(&before, date) != published(&after, date));
    let mut halves = 0;
    for write in 1..=writes.len() {
        let what = format!("killed at write {write}, of {}", writes[write - 1]);
        nights.logs(1).await;
        let store = Faulty::copy_of(&before).await.stop_at(write);
        let _ = nights.night(1, &store).await;
        let left = store.objects().await;
        let is_whole = [&before, &after].map(|whole| published(&left, date) == published(whole, date));
        nights.logs(2).await;
        let store = Faulty::copy_of(&left).await;
        nights.night(2, &store).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let found = store.objects().await;
        let wanted = if is_whole[0] { &before } else { &after };
        assert!(published(&found, date) == published(wanted, date), "{what}: {date} is neither old nor new");
        assert!(!found.keys().any(|key| key.starts_with("state/publication")), "{what}: copies are left");
        halves += usize::from(is_whole == [false, false]);
    }
    assert!(halves > 3, "{halves} publications were half");
}

/// Copies that are not what the plan says finish nothing, and hinder no later night.
#[tokio::test]
async fn a_plan_whose_copies_are_gone_or_changed_is_dropped() {
    let nights = Nights::new("crash-copies").await;
    let before = nights.before(1).await;
    nights.logs(1).await;
    let writes = nights.calm(1, &before).await.1;
    let manifest = writes.iter().position(|key| key.ends_with("manifest.json")).expect("a manifest") + 1;
    let store = Faulty::copy_of(&before).await.stop_at(manifest + 2);
    let _ = nights.night(1, &store).await;
    let left = store.objects().await;
    let copy = left.keys().find(|key| key.starts_with("state/publication/")).expect("a copy").clone();
    for change in ["gone", "changed", "no plan"] {
        let mut left = left.clone();
        match change {
            "gone" => left.remove(&copy),
            "changed" => left.insert(copy.clone(), Bytes::from_static(b"x")),
            _ => left.insert("state/publication.json".into(), Bytes::from_static(b"{")),
        };
        nights.logs(2).await;
        let store = Faulty::copy_of(&left).await;
        nights.night(2, &store).await.unwrap_or_else(|error| panic!("{change}: {error}"));
        let found = store.objects().await;
        let old = sequence()[1].date;
        assert!(published(&found, old) == published(&left, old), "{change}");
        assert!(!published(&found, sequence()[2].date).is_empty(), "{change}");
        assert!(!found.keys().any(|key| key.starts_with("state/publication")), "{change}: copies are left");
    }
}
