//! A night lists the date folders that can still change, not years.
//!
//! Goal: the requests of a listing do not grow with the days in the bucket; what is published is the same as over a whole
//! listing; a late object is read inside the lookback, and before it by `--from` and `--full`; what was not looked for does
//! not count as gone. Method: nights over folders of days on the GCS stub, their pages counted; the whole listing is a
//! lookback to the first day.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use serde_json::Value;
use trimtab::config::{Config, Overrides};
use trimtab::pipeline;
use trimtab::project::Project;
use trimtab::store::mount;

use super::disturbed::{Objects, differing};
use super::faulty::Faulty;
use super::one_writer::Time;
use super::retention::{calls, tiny_project};
use super::shelves::Shelf;
use super::support::Place;

const DATE: &str = "2026-11-21";

struct Bucket {
    shelf: Shelf,
    folder: Place,
    project: Project,
    time: Time,
    more: &'static str,
}

/// Nothing is closed, so that a night may look back to the first day.
const LONG: &str = "[retention]\nrequests_days = 500\ndaily_months = 18\n";

/// What a night did.
struct Did {
    lists: u64,
    gets: u64,
    objects: Objects,
}

impl Bucket {
    /// One object a day, in a folder of its day.
    async fn of_days(days: u64, more: &'static str) -> Bucket {
        let folder = Place::new();
        let project = tiny_project(&folder).await;
        let bucket = Bucket { shelf: Shelf::gcs_stub(), folder, project, time: Time::default(), more };
        let last: NaiveDate = "2026-11-20".parse().expect("a day");
        for before in 0..days {
            let day = (last - Days::new(before)).to_string();
            bucket.put(&day, "a", 0).await;
        }
        bucket
    }

    async fn put(&self, day: &str, name: &str, first: usize) {
        let text = calls(first..first + 2, &[day]).replace("\"c", &format!("\"{day}-"));
        self.shelf.store("apps/").put(&format!("{day}/{name}.json"), text.into()).await.expect("a put");
    }

    async fn night(&self, name: &str, before: &Objects, lookback: u32, more: Overrides) -> Did {
        self.time.passes(3600);
        let store = Faulty::copy_of(before).await;
        let place = format!("date-folders-{}-{name}", self.shelf.port);
        mount(&place, Arc::new(store.clone()));
        let text = format!(
            "date = \"{DATE}\"\nstate = \"memory://{place}/state/\"\noutput = \"memory://{place}/out/\"\n\
             metrics = \"memory://{place}/metrics.prom\"\n{}[listing]\nlookback_days = {lookback}\n\
             [[sources]]\nname = \"apps\"\nformat = \"tiny_calls\"\nurl = \"{}apps/\"\n",
            self.more, self.shelf.url
        );
        let mut config = Config::load(&self.folder.write("run.toml", text), &more).expect("the run file");
        config.stores = self.shelf.stores();
        pipeline::run(&self.project, &config, &self.time.owner(), &|_| {}).await.expect("a night");
        let sent = config.stores.wire.counts();
        Did { lists: sent.lists, gets: sent.gets, objects: store.objects().await }
    }
}

fn out(did: &Did) -> Objects {
    let objects = did.objects.iter().filter(|(key, _)| key.starts_with("out/"));
    objects.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

fn has(did: &Did, key: &str) -> bool {
    let text = zstd::decode_all(did.objects["state/ledger.jsonl.zst"].as_ref()).expect("zstd");
    let mut entries = serde_json::Deserializer::from_slice(&text).into_iter::<Value>();
    entries.any(|entry| entry.expect("JSON")["object_key"] == key)
}

#[tokio::test]
async fn a_listing_does_not_grow_with_the_days_and_gives_the_same_bytes() {
    let mut pages = Vec::new();
    for days in [40, 400] {
        let bucket = Bucket::of_days(days, LONG).await;
        let first = bucket.night("dates", &Objects::new(), 7, Overrides::default()).await;
        assert_eq!((first.lists, first.gets), (1, days), "the first night reads everything");
        bucket.put("2026-11-18", "late", 2).await;
        let second = bucket.night("dates", &first.objects, 7, Overrides::default()).await;
        assert_eq!(second.gets, 1, "late, and inside the lookback");
        pages.push(second.lists);
        let third = bucket.night("dates", &second.objects, 7, Overrides::default()).await;
        assert_eq!(third.gets, 0);
        assert_eq!(differing(&out(&third), &out(&second)), Vec::<String>::new(), "what is not listed is not gone");

        let whole = bucket.night("whole", &first.objects, 450, Overrides::default()).await;
        assert_eq!(whole.gets, 1);
        assert_eq!(differing(&out(&whole), &out(&second)), Vec::<String>::new(), "{days} days");
    }
    assert_eq!(pages[0], pages[1], "40 days or 400, the pages are the same");
    assert!(pages[0] <= 10, "the top and a folder for each day of the lookback: {pages:?}");
}

#[tokio::test]
async fn what_comes_before_the_lookback_is_found_by_from_and_by_full() {
    let bucket = Bucket::of_days(100, "[retention]\nrequests_days = 62\ndaily_months = 13\n").await;
    let first = bucket.night("late", &Objects::new(), 7, Overrides::default()).await;
    // Entries of folders that are never listed again go, and only those: the 62 days and the lookback before them stay.
    assert!(has(&first, "2026-09-13/a.json") && !has(&first, "2026-09-12/a.json"));
    bucket.put("2026-10-20", "late", 2).await;
    let usual = bucket.night("late", &first.objects, 7, Overrides::default()).await;
    assert_eq!((usual.gets, has(&usual, "2026-10-20/late.json")), (0, false), "nobody looks there");

    let day = "2026-10-20".parse().ok();
    let asked = Overrides { from: day, to: day, ..Overrides::default() };
    let found = bucket.night("late", &usual.objects, 7, asked).await;
    assert!(has(&found, "2026-10-20/late.json"));
    assert_eq!(found.gets, 2, "the late one, and the one that has rows of the day already");
    let next = bucket.night("late", &found.objects, 7, Overrides::default()).await;
    assert_eq!((next.gets, has(&next, "2026-10-20/late.json")), (0, true), "it stays read");

    let full = Overrides { full: true, ..Overrides::default() };
    let rebuilt = bucket.night("late", &usual.objects, 7, full).await;
    assert_eq!(rebuilt.gets, 101);
    assert_eq!(differing(&out(&rebuilt), &out(&next)), Vec::<String>::new());
}
