//! Every kind of store does the same: one suite of calls, and the sample's night with the same bytes.
//!
//! Here are the stores that need nothing but Rust; `witness/stores.rs` runs the same over real servers.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::OnceLock;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use trimtab::config::{Config, Overrides};
use trimtab::lock::Owner;
use trimtab::pipeline;
use trimtab::project::Project;
use trimtab::store::dates::DateLayout;
use trimtab::store::{Store, Version};

use crate::shelves::{Shelf, wait};
use crate::support::{Place, Said, root, said};

/// Keys of the long listing: more than a page of any store but Azure's, which is 5,000.
const MANY: usize = 1_500;

#[test]
fn local_files_conform() {
    let shelf = Shelf::folder();
    conforms(&shelf);
    same_night(&shelf);
}

#[test]
fn memory_conforms() {
    let shelf = Shelf::memory();
    conforms(&shelf);
    // Another process has another memory: the night runs in this one.
    let place = Place::new();
    shelf.fill("sample/", &sample_objects());
    let file = place.write("trimtab.toml", run_file(&format!("{}sample/", shelf.url), &shelf.url, ""));
    let config = Config::load(&file, &Overrides::default()).expect("a run file");
    wait(async {
        let project = Project::load(None).await.expect("the project");
        let owner = Owner::of_process().expect("random bytes");
        pipeline::run(&project, &config, &owner, &|_| {}).await.unwrap_or_else(|error| panic!("{error}"));
    });
    same_bytes(&shelf, &published(&shelf));
}

#[test]
fn the_gcs_stub_conforms() {
    let shelf = Shelf::gcs_stub();
    conforms(&shelf);
    same_night(&shelf);
}

/// The suite. What a kind of store cannot do is named here and nowhere else.
pub fn conforms(shelf: &Shelf) {
    let store = shelf.store("suite/");
    wait(async {
        basic(shelf, &store).await;
        odd_keys(&store).await;
        create_race(&store).await;
        if ["local files"].contains(&shelf.name) {
            // The client library has no conditional replacement on folders; a lock of the system does that work there.
            store.put("v", Bytes::from_static(b"1")).await.unwrap();
            let (_, version) = store.get_with_version("v").await.unwrap().unwrap();
            assert_eq!(store.put_if_unchanged("v", Bytes::new(), &version).await.unwrap_err().kind().exit_code(), 3);
        } else {
            update(&store).await;
        }
    });
    let many: Vec<(String, Vec<u8>)> =
        (0..MANY).map(|n| (format!("{:02}/{n:05}", n % 7), n.to_string().into_bytes())).collect();
    shelf.fill("many/", &many);
    wait(long_listing(&shelf.store("many/"), &many));
}

/// What a store that only reads can do; its objects were put in another way.
pub fn reads(shelf: &Shelf) {
    let objects: Vec<(String, Vec<u8>)> = ["a b/ä+é.json", "plain", "x/y/z", "x/y=1/z", "100%/q?#&.json"]
        .iter()
        .map(|key| (key.to_string(), key.as_bytes().to_vec()))
        .collect();
    shelf.fill("suite/", &objects);
    let store = shelf.store("suite/");
    wait(async {
        let listed = store.list().await.unwrap();
        let mut keys: Vec<&str> = objects.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!(listed.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), keys);
        for object in &listed {
            assert_eq!(store.get_listed(object).await.unwrap(), object.key.as_bytes(), "{}", object.key);
        }
        assert!(store.get_if_exists("absent").await.unwrap().is_none());
    });
    let many: Vec<(String, Vec<u8>)> =
        (0..MANY).map(|n| (format!("{:02}/{n:05}", n % 7), n.to_string().into_bytes())).collect();
    shelf.fill("many/", &many);
    wait(long_listing(&shelf.store("many/"), &many));
}

async fn basic(shelf: &Shelf, store: &Store) {
    store.put("a/b.json", Bytes::from_static(b"{}")).await.unwrap();
    store.put("a/b.json", Bytes::from_static(b"{\"n\":1}")).await.unwrap();
    store.put("a/empty", Bytes::new()).await.unwrap();
    store.put("ab", Bytes::from_static(b"beside the folder a")).await.unwrap();
    let listed = store.list().await.unwrap();
    let facts: Vec<(&str, i64)> = listed.iter().map(|object| (object.key.as_str(), object.size)).collect();
    assert_eq!(facts, [("a/b.json", 7), ("a/empty", 0), ("ab", 19)], "{}", shelf.name);
    let before = listed[0].etag.clone();
    assert_eq!(store.get("a/b.json").await.unwrap(), Bytes::from_static(b"{\"n\":1}"));
    assert!(store.get("a/empty").await.unwrap().is_empty());
    let folder = shelf.store("suite/a/").list().await.unwrap();
    assert_eq!(folder.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["b.json", "empty"]);

    // Another content of the same length is another version.
    store.put("a/b.json", Bytes::from_static(b"{\"n\":2}")).await.unwrap();
    assert_ne!(store.list().await.unwrap()[0].etag, before, "{}: a changed object has a new version", shelf.name);

    store.delete("a/b.json").await.unwrap();
    store.delete("a/b.json").await.unwrap();
    assert!(store.get_if_exists("a/b.json").await.unwrap().is_none());
    let error = store.get("a/b.json").await.unwrap_err();
    assert_eq!(error.kind().exit_code(), 3);
    assert!(error.to_string().contains("a/b.json") && error.to_string().contains(&shelf.url), "{error}");
    store.prove_writable().await.unwrap();
    assert_eq!(store.list().await.unwrap().len(), 2, "{}: the write test leaves nothing", shelf.name);
    for key in ["a/empty", "ab"] {
        store.delete(key).await.unwrap();
    }
}

async fn odd_keys(store: &Store) {
    let mut keys =
        vec!["a b.json", "ä/é+ü.json", "日本.json", "d=2026-11-20/x y.gz", "plus+and&amp.txt", "a'b(c).json"];
    keys.sort_unstable();
    for key in &keys {
        store.put(key, Bytes::from(key.as_bytes().to_vec())).await.unwrap();
    }
    let listed = store.list().await.unwrap();
    assert_eq!(listed.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), keys);
    for object in &listed {
        assert_eq!(store.get_listed(object).await.unwrap(), object.key.as_bytes(), "{}", object.key);
        store.delete(&object.key).await.unwrap();
    }
    assert!(store.list().await.unwrap().is_empty());
}

/// Of eight writers that begin at once, one gets the place; eight times.
async fn create_race(store: &Store) {
    for round in 0..8 {
        let key = format!("race-{round}");
        let writers = (0..8).map(|writer| store.put_new(&key, Bytes::from(format!("writer {writer}"))));
        let won = futures::future::try_join_all(writers).await.unwrap();
        let winners: Vec<usize> = (0..8).filter(|writer| won[*writer].is_some()).collect();
        let [winner] = winners[..] else { panic!("round {round}: {} winners", winners.len()) };
        assert_eq!(store.get(&key).await.unwrap(), Bytes::from(format!("writer {winner}")));
        store.delete(&key).await.unwrap();
    }
}

/// A replacement works once with a version; a stale one and an absent object are refused; of eight racers one wins.
async fn update(store: &Store) {
    let first = store.put_new("v", Bytes::from_static(b"1")).await.unwrap().expect("nothing stood there");
    let second = store.put_if_unchanged("v", Bytes::from_static(b"2"), &first).await.unwrap().expect("unchanged");
    assert!(store.put_if_unchanged("v", Bytes::from_static(b"3"), &first).await.unwrap().is_none(), "stale");
    assert!(store.put_new("v", Bytes::from_static(b"4")).await.unwrap().is_none(), "taken");
    let (bytes, read) = store.get_with_version("v").await.unwrap().unwrap();
    assert_eq!(bytes, Bytes::from_static(b"2"));
    assert_eq!(
        store.put_if_unchanged("v", Bytes::from_static(b"2"), &first).await.unwrap().as_ref(),
        Some(&read),
        "what stands there is what was to be written: a lost answer is recognised"
    );
    let mut version: Version = second;
    for round in 0..8 {
        let racers = (0..8).map(|racer| store.put_if_unchanged("v", Bytes::from(format!("{round} {racer}")), &version));
        let won: Vec<Option<Version>> = futures::future::try_join_all(racers).await.unwrap();
        let winners: Vec<&Version> = won.iter().flatten().collect();
        let [winner] = winners[..] else { panic!("round {round}: {} winners", winners.len()) };
        version = winner.clone();
    }
    store.delete("v").await.unwrap();
    assert!(store.put_if_unchanged("v", Bytes::from_static(b"5"), &version).await.unwrap().is_none(), "gone");
    assert!(store.get_if_exists("v").await.unwrap().is_none());
}

async fn long_listing(store: &Store, objects: &[(String, Vec<u8>)]) {
    let listed = store.list().await.unwrap();
    let mut keys: Vec<&str> = objects.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(listed.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), keys, "every key, in order");
    assert_eq!(store.sample(10).await.unwrap().len(), 10);
    let read: Vec<usize> = futures::stream::iter(&listed)
        .map(|object| async move { store.get_listed(object).await.map(|bytes| bytes.len()) })
        .buffer_unordered(32)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(read.len(), objects.len());
    assert_eq!(read.iter().sum::<usize>(), objects.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
}

// ---- the sample's night

/// Objects of the sample company, by key.
pub fn sample_objects() -> Vec<(String, Vec<u8>)> {
    trimtab::project::sample_data().filter(|(key, _)| key.starts_with("company/")).collect()
}

/// The sample's run file with other places.
pub fn run_file(sources: &str, places: &str, more: &str) -> String {
    let text = std::fs::read_to_string(root().join("sample_data/trimtab.toml")).expect("the sample's run file");
    let text = text
        .replace("state = \"state\"", &format!("state = \"{places}out/state/\""))
        .replace("output = \"out\"", &format!("output = \"{places}out/\""))
        .replace("url = \"company/", &format!("url = \"{sources}company/"));
    assert!(text.contains(sources) && text.contains(places), "the sample's run file has other places now");
    text + more
}

/// Runs the program with a run file.
pub fn run(place: &Place, text: &str, environment: &[(String, String)], more: &[&str]) -> Said {
    let file = place.write("trimtab.toml", text);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_trimtab"));
    command.args(["run", "--config"]).arg(file).args(more).current_dir(place.path(""));
    said(command.envs(environment.iter().cloned()).output())
}

/// The sample's night, read from a place and written to it.
pub fn same_night(shelf: &Shelf) {
    shelf.fill("sample/", &sample_objects());
    let place = Place::new();
    let lines = shelf.run_file_lines(&shelf.options);
    let lines = if shelf.options.is_empty() { String::new() } else { lines };
    let text = run_file(&format!("{}sample/", shelf.url), &shelf.url, &lines);
    let night = run(&place, &text, &shelf.environment, &["--quiet"]);
    assert_eq!(night.code, 0, "{}: {}", shelf.name, night.err);
    same_bytes(shelf, &published(shelf));
    // Again: nothing is read, nothing changes.
    let before = untraced(shelf);
    let night = run(&place, &text, &shelf.environment, &["--quiet"]);
    assert_eq!(night.code, 0, "{}: {}", shelf.name, night.err);
    assert!(before == untraced(shelf), "{}: a second run of the night changes no byte", shelf.name);
}

/// Everything in a place but what says when a night ran and who held the lock.
pub fn untraced(shelf: &Shelf) -> BTreeMap<String, Vec<u8>> {
    let traces =
        ["state/.lock", "state/lock.json", "state/watermarks.json", "state/standing.json", "state/metrics.prom"];
    let mut found = shelf.everything("out/");
    found.retain(|key, _| !traces.contains(&key.as_str()) && !key.starts_with("state/runs/"));
    found
}

/// What a night wrote to a place.
pub fn published(shelf: &Shelf) -> BTreeMap<String, Vec<u8>> {
    comparable(shelf.everything("out/"))
}

/// What the sample publishes when it is read from folders and written to folders: what every other place must hold.
pub fn expected() -> &'static BTreeMap<String, Vec<u8>> {
    static EXPECTED: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    EXPECTED.get_or_init(|| {
        let place = Place::new();
        let text = run_file(&format!("{}/", root().join("sample_data").display()), "", "");
        let night = run(&place, &text, &[], &["--quiet"]);
        assert_eq!(night.code, 0, "{}", night.err);
        let expected = comparable(place.files("out", &[]).into_iter().collect());
        assert!(expected.len() > 100, "marts, pages and days");
        expected
    })
}

/// Everything but what differs between places by nature: digests over etags in the manifest, the state's own books of them.
fn comparable(files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let is_book = |key: &str| key.starts_with("state/") && !key.ends_with(".parquet");
    let mut files: BTreeMap<String, Vec<u8>> = files.into_iter().filter(|(key, _)| !is_book(key)).collect();
    for (key, bytes) in &mut files {
        if key.ends_with("manifest.json") {
            let mut manifest: serde_json::Value = serde_json::from_slice(bytes).expect("a manifest");
            let inputs = manifest["built_from"]["inputs"].as_array_mut().expect("inputs");
            assert!(!inputs.is_empty(), "a night has inputs");
            inputs.iter_mut().for_each(|input| input["sha256"] = "".into());
            *bytes = serde_json::to_vec(&manifest).expect("JSON");
        }
    }
    files
}

/// Holds what a place has to what the built-in sample published.
pub fn same_bytes(shelf: &Shelf, found: &BTreeMap<String, Vec<u8>>) {
    let expected = expected();
    let keys = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(found), keys(expected), "{}: the same objects", shelf.name);
    let other: Vec<&String> =
        found.iter().filter(|(key, bytes)| expected[*key] != **bytes).map(|(key, _)| key).collect();
    assert!(other.is_empty(), "{}: other bytes in {other:?}", shelf.name);
    let counts = format!("{}: {} objects, the same bytes as in folders", shelf.name, found.len());
    let _ = writeln!(std::io::stderr(), "{counts}");
}

// ---- entries of folders that no object store has

/// Links that lead back, links to nowhere and names that are no UTF-8 are left out by name; the rest is read.
#[cfg(unix)]
#[test]
fn an_odd_entry_of_a_folder_is_left_out_by_name_and_hides_nothing() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let shelf = Shelf::folder();
    let keys = ["a.json", "b/c.json", "b/d=2026-11-20/e.json"];
    shelf.fill("odd/", &keys.map(|key| (key.to_string(), key.as_bytes().to_vec())));
    let calm = wait(shelf.store("odd/").list()).unwrap();
    let folder = url::Url::parse(&shelf.url).unwrap().to_file_path().unwrap().join("odd");
    symlink(&folder, folder.join("b/up")).expect("a link");
    symlink("itself", folder.join("itself")).expect("a link");
    symlink("nowhere", folder.join("broken")).expect("a link");
    std::fs::write(folder.join(OsStr::from_bytes(b"b/\xff.json")), "{}").expect("a file");
    for name in ["line\nbreak.json", "b/unfinished.json#7"] {
        std::fs::write(folder.join(name), "{}").expect("a file");
    }
    let store = shelf.store("odd/");
    assert_eq!(wait(store.list()).unwrap(), calm, "keys, sizes and versions are those of a listing without oddities");
    assert_eq!(wait(store.sample(2)).unwrap().len(), 2);
    let layout = DateLayout::recognise(["b/d=2026-11-20/e.json"]).expect("dates");
    let recent = wait(store.list_since(&layout, "2026-11-21".parse().unwrap())).unwrap();
    assert_eq!(recent.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), keys[..2]);

    let place = Place::new();
    place.run_file("2026-11-21", &[("odd", "litellm", &format!("{}odd/", shelf.url))], "");
    let text = place.read("trimtab.toml");
    let night = run(&place, &text, &[], &[]);
    let warnings = night.err.lines().filter(|line| line.contains("it is left out")).count();
    assert_eq!(warnings, 6, "{}", night.err);
    for words in [
        "b/up` is a link to a folder above it",
        "itself` is a link that leads nowhere",
        "json` is no UTF-8",
        "/line\\nbreak.json\" makes no key",
        "unfinished.json#7\" makes no key",
    ] {
        assert!(night.err.contains(words), "no `{words}` in\n{}", night.err);
    }
    assert!(night.err.contains("`litellm`, 3 objects"), "the others were read: {}", night.err);
}

// ---- listing recent days only

#[test]
fn recent_days_are_listed_without_the_years_before() {
    let shelf = Shelf::gcs_stub();
    let mut objects = Vec::new();
    for account in ["111", "222"] {
        for (year, month) in (2021..=2026).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            for day in [1, 15, 28] {
                objects.push((format!("logs/{account}/{year}/{month:02}/{day:02}/07/a.json"), b"{}".to_vec()));
            }
        }
        objects.push((format!("logs/{account}/notes/readme"), b"x".to_vec()));
    }
    shelf.fill("", &objects);
    let stores = shelf.stores();
    let store = shelf.store_with("logs/", &stores);
    wait(async {
        let sample = store.sample(50).await.unwrap();
        let layout = DateLayout::recognise(sample.iter().map(|object| object.key.as_str())).expect("dates");
        let first = "2026-11-15".parse().unwrap();
        let before = stores.wire.counts().lists;
        let listed = store.list_since(&layout, first).await.unwrap();
        let wanted: Vec<String> = objects
            .iter()
            .map(|(key, _)| key.trim_start_matches("logs/").to_string())
            .filter(|key| !layout.is_before(key, first))
            .collect();
        assert_eq!(wanted.len(), 2 * (2 + 3 + 1), "two days of November, three of December, the notes");
        let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        assert_eq!(listed.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), wanted);
        let requests = stores.wire.counts().lists - before;
        assert!(requests <= 20, "{requests} requests for two accounts, not one for each of 72 months");
    });
}
