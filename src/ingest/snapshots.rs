//! Bills that are stated anew by whole objects: which of a source's objects count.
//!
//! The header of a source format says how its keys tell it. `snapshot:` is a regular expression over object keys with the
//! group `period` and perhaps `version`; further named groups belong to the period. Of one period only the objects of the
//! greatest version count, in text order; without versions all that are listed. `manifest:` is `<regex> -> <path>`: the
//! objects that it matches are JSON documents of the same period (and version), whose list at the path, or at the first
//! one there is of `<path> | <path>`, names the files that count. A version without a manifest is not complete and waits as long as another one has its own.
//!
//! What does not count is superseded: it is not read, and rows that it gave before are taken out of their days. So is
//! an object that is gone while its period is still there. A period that is gone as a whole keeps its rows: buckets
//! delete what is old. A manifest that cannot be used changes nothing: what counts of its period goes on counting, and
//! objects that changed since are left for the next night; of a period that was never read, the newest version with a
//! usable manifest counts. Everything here depends on the listing and the ledger only, never on the order of arrival.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

use super::format::expression;
use super::ledger::Ledger;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::store::{Listed, Store};

/// A manifest lists files; one that is larger is something else.
const MAX_MANIFEST_BYTES: i64 = 64 << 20;
const WANTED: &str = "write `snapshot: <regex of object keys with a group (?<period>…) and perhaps (?<version>…)>`";

/// How the keys of a format tell periods and versions.
pub(super) struct Snapshots {
    objects: Regex,
    manifests: Option<Manifests>,
}

struct Manifests {
    keys: Regex,
    /// Where the list may stand, by steps.
    paths: Vec<Vec<String>>,
}

/// A source's listing by what an object is for.
pub(super) struct Listing {
    pub(super) objects: Vec<Listed>,
    pub(super) manifests: Vec<Listed>,
    pub(super) others: Vec<Listed>,
}

/// What does not count, and why.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Listed objects that do not count.
    pub(super) superseded: BTreeSet<String>,
    /// Objects that were read and are gone, though their period is not.
    pub(super) gone: BTreeSet<String>,
    /// Objects that changed in a period that has to stay as it was.
    pub(super) left: BTreeSet<String>,
    pub(super) warnings: Vec<String>,
    /// A manifest that the store did not give.
    pub(super) failure: Option<Error>,
}

/// The objects of one period.
#[derive(Default)]
struct Period<'a> {
    objects: Vec<(Option<String>, &'a Listed)>,
    manifests: BTreeMap<Option<String>, Vec<&'a Listed>>,
    /// Read before and counting; `true` when no longer listed.
    read: Vec<(&'a str, bool)>,
}

/// What counts of a period: these objects, or what counted before.
enum Choice<'a> {
    Objects(BTreeSet<&'a str>),
    AsBefore,
}

type Place = (Vec<String>, Option<String>);

impl Snapshots {
    /// Reads `snapshot:` and `manifest:` of a format's header.
    ///
    /// # Errors
    /// `Project`, naming the file, when they are not of their form.
    pub(super) fn of(table: &Table) -> Result<Option<Snapshots>> {
        let wrong = |text: String, hint: &str| Error::project(text).at(format!("at {}", table.path)).hint(hint);
        let Some(objects) = table.header.get("snapshot") else {
            return match table.header.get("manifest") {
                Some(_) => Err(wrong("`manifest:` stands without `snapshot:`".into(), WANTED)),
                None => Ok(None),
            };
        };
        let periods = |key: &str, text: &str| {
            let pattern = expression(table, key, text)?;
            let names: BTreeSet<String> =
                pattern.capture_names().flatten().filter(|name| *name != "version").map(String::from).collect();
            match names.contains("period") {
                true => Ok((pattern, names)),
                false => Err(wrong(
                    format!("`{key}:` has no group `period`"),
                    "name the part of the key that is stated anew: `(?<period>…)`",
                )),
            }
        };
        let (objects, names) = periods("snapshot", objects)?;
        let Some(manifest) = table.header.get("manifest") else {
            return Ok(Some(Snapshots { objects, manifests: None }));
        };
        let (keys, path) = manifest.rsplit_once("->").ok_or_else(|| {
            wrong("`manifest:` does not say where its list stands".into(), "write `<regex> -> <path.of.the.list>`")
        })?;
        let (keys, named) = periods("manifest", keys.trim())?;
        if named != names {
            return Err(wrong(
                "`snapshot:` and `manifest:` tell periods by different groups".into(),
                "give both the same named groups; only `version` may stand in one alone",
            ));
        }
        let steps = |path: &str| path.trim().split('.').map(String::from).collect();
        Ok(Some(Snapshots {
            objects,
            manifests: Some(Manifests { keys, paths: path.split('|').map(steps).collect() }),
        }))
    }

    /// Whether the key is a manifest's.
    pub(super) fn is_manifest(&self, key: &str) -> bool {
        self.manifests.as_ref().is_some_and(|manifests| manifests.keys.is_match(key))
    }

    /// Says which objects of a listing do not count.
    pub(super) async fn select(&self, store: &Store, source: &str, listing: &Listing, ledger: &Ledger) -> Selection {
        let mut said = Selection::default();
        let mut loose = Vec::new();
        for (period, objects) in &self.periods(source, listing, ledger, &mut loose) {
            if objects.objects.is_empty() {
                continue;
            }
            let name = period.join(" ");
            let choice =
                self.choose(store, &format!("`{name}` of source `{source}`"), objects, listing, &mut said).await;
            for (_, object) in &objects.objects {
                let key = object.key.as_str();
                let read = ledger.entry(source, key).filter(|entry| !entry.is_superseded);
                match (&choice, read) {
                    (Choice::Objects(chosen), _) if chosen.contains(key) => continue,
                    (Choice::AsBefore, Some(entry)) if entry.is_of(object) => continue,
                    (Choice::AsBefore, Some(_)) => said.left.insert(key.into()),
                    _ => said.superseded.insert(key.into()),
                };
            }
            if let Choice::Objects(_) = choice {
                said.gone.extend(objects.read.iter().filter(|(_, is_gone)| *is_gone).map(|(key, _)| key.to_string()));
            }
        }
        if let (Some(first), true) = (loose.first(), listing.objects.len() > loose.len()) {
            said.warnings.push(format!(
                "source `{source}`: {} objects name no period in their key, so nothing supersedes them, first `{first}`",
                loose.len()
            ));
        }
        said
    }

    /// The objects of a source by period; `loose` gets the keys that name none.
    fn periods<'a>(
        &self,
        source: &str,
        listing: &'a Listing,
        ledger: &'a Ledger,
        loose: &mut Vec<&'a str>,
    ) -> BTreeMap<Vec<String>, Period<'a>> {
        let mut periods: BTreeMap<Vec<String>, Period> = BTreeMap::new();
        for object in &listing.objects {
            match place(&self.objects, &object.key) {
                Some((period, version)) => periods.entry(period).or_default().objects.push((version, object)),
                None => loose.push(&object.key),
            }
        }
        for object in &listing.manifests {
            let found = self.manifests.as_ref().and_then(|manifests| place(&manifests.keys, &object.key));
            if let Some((period, version)) = found {
                periods.entry(period).or_default().manifests.entry(version).or_default().push(object);
            }
        }
        let listed: BTreeSet<&str> = listing.objects.iter().map(|object| object.key.as_str()).collect();
        for entry in ledger.entries_of(source).filter(|entry| !entry.is_superseded) {
            if let Some((period, _)) = place(&self.objects, &entry.object_key) {
                let is_gone = !listed.contains(entry.object_key.as_str());
                periods.entry(period).or_default().read.push((&entry.object_key, is_gone));
            }
        }
        periods
    }

    async fn choose<'a>(
        &self,
        store: &Store,
        name: &str,
        period: &Period<'a>,
        listing: &Listing,
        said: &mut Selection,
    ) -> Choice<'a> {
        let newest = period.objects.iter().map(|(version, _)| version).max().cloned().flatten();
        let of_version = |wanted: &Option<String>| {
            period
                .objects
                .iter()
                .filter(|(version, _)| version == wanted)
                .map(|(_, object)| *object)
                .collect::<Vec<_>>()
        };
        let all_of_newest = || Choice::Objects(of_version(&newest).iter().map(|object| object.key.as_str()).collect());
        let Some(manifests) = &self.manifests else { return all_of_newest() };
        if period.manifests.is_empty() {
            if newest.is_some() {
                said.warnings.push(format!("{name} has no manifest; {} counts, complete or not", words(&newest)));
            }
            return all_of_newest();
        }
        for (version, found) in period.manifests.iter().rev() {
            // A manifest without a version speaks for the whole period.
            let scope = match version {
                Some(_) if newest.is_some() => of_version(version),
                _ => period.objects.iter().map(|(_, object)| *object).collect(),
            };
            let Some(manifest) = found.iter().max_by_key(|object| (object.last_modified, &object.key)) else {
                continue;
            };
            if found.len() > 1 {
                said.warnings.push(format!(
                    "{name} has {} manifests of {}; only the newest counts, `{}`; give each export a source of its own",
                    found.len(),
                    words(version),
                    manifest.key
                ));
            }
            let reason = match manifests.files(store, manifest, &scope, listing).await {
                Ok(Ok(files)) => {
                    if version.is_some() && newest > *version {
                        said.warnings.push(format!(
                            "{name}: {} waits for its manifest; {} counts",
                            words(&newest),
                            words(version)
                        ));
                    }
                    return Choice::Objects(files);
                }
                Ok(Err(reason)) => reason,
                Err(error) => {
                    said.failure.get_or_insert(error);
                    return Choice::AsBefore;
                }
            };
            let effect =
                if period.read.is_empty() { "it counts for nothing" } else { "what counted before goes on counting" };
            said.warnings.push(format!("manifest `{}` of {name} {reason}: {effect}; deliver it again", manifest.key));
            if !period.read.is_empty() {
                break;
            }
        }
        Choice::AsBefore
    }
}

impl Manifests {
    /// The keys that a manifest lists; the inner error says why it cannot be used.
    async fn files<'a>(
        &self,
        store: &Store,
        manifest: &Listed,
        scope: &[&'a Listed],
        listing: &Listing,
    ) -> Result<Result<BTreeSet<&'a str>, String>> {
        if manifest.size > MAX_MANIFEST_BYTES {
            return Ok(Err(format!("has {} bytes, more than a list of files needs", manifest.size)));
        }
        let bytes = store.get(&manifest.key).await?;
        Ok(self.names(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).and_then(|names| {
            let held = |(name, bytes): &(String, Option<i64>)| {
                let key = object_of(name, scope, &listing.others)?;
                let size = scope.iter().find(|object| key == Some(object.key.as_str())).map(|object| object.size);
                match (bytes, size) {
                    (Some(stated), Some(size)) if *stated != size => {
                        Err(format!("says that `{name}` has {stated} bytes, but {size} are there"))
                    }
                    _ => Ok(key),
                }
            };
            names.iter().filter_map(|name| held(name).transpose()).collect()
        }))
    }

    /// The names that the manifest lists, with the size that it states beside a name (`byteCount`, as Azure does).
    fn names(&self, text: &[u8]) -> Result<Vec<(String, Option<i64>)>, String> {
        let document: Value = serde_json::from_slice(text).map_err(|error| format!("is no JSON document ({error})"))?;
        let paths = self.paths.iter().map(|path| path.join(".")).collect::<Vec<_>>().join("` or `");
        for path in &self.paths {
            let (Some(names), Some((_, above))) = (values_at(&document, path), path.split_last()) else { continue };
            let items = values_at(&document, above).filter(|items| items.len() == names.len()).unwrap_or_default();
            let size = |place: usize| items.get(place).and_then(|item: &&Value| item.get("byteCount")?.as_i64());
            let texts =
                names.into_iter().enumerate().map(|(place, name)| Some((name.as_str()?.to_string(), size(place))));
            return texts.collect::<Option<_>>().ok_or_else(|| format!("has no list of file names at `{paths}`"));
        }
        Err(format!("has no `{paths}`"))
    }
}

/// The values at a path that may walk through lists; `None` when a step is missing.
fn values_at<'a>(document: &'a Value, path: &[String]) -> Option<Vec<&'a Value>> {
    let mut values = vec![document];
    for step in path {
        let below = values.into_iter().map(|value| value.get(step)).collect::<Option<Vec<_>>>()?;
        let items = |value: &'a Value| value.as_array().map_or(vec![value], |list| list.iter().collect());
        values = below.into_iter().flat_map(items).collect();
    }
    Some(values)
}

/// Period and version that a key names.
fn place(pattern: &Regex, key: &str) -> Option<Place> {
    let found = pattern.captures(key)?;
    let text = |name: &str| found.name(name).map(|part| part.as_str().to_string());
    let names: BTreeSet<&str> = pattern.capture_names().flatten().filter(|name| *name != "version").collect();
    Some((names.into_iter().map(|name| text(name).unwrap_or_default()).collect(), text("version")))
}

fn words(version: &Option<String>) -> String {
    version.as_ref().map_or("that is listed".into(), |version| format!("version `{version}`"))
}

/// The object of a period that a manifest names by URL, key or end of its key; `None` for one that holds no records.
fn object_of<'a>(name: &str, scope: &[&'a Listed], others: &[Listed]) -> Result<Option<&'a str>, String> {
    // Of a URL the part behind the bucket counts; the source's own URL may stand deeper or higher than that.
    let path = match name.split_once("://") {
        Some((_, rest)) => rest.split('?').next().and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path),
        None => name,
    };
    let path = path.trim_start_matches('/');
    let ends_with = |long: &str, short: &str| {
        !short.is_empty() && long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let fits = |object: &Listed| ends_with(path, &object.key) || ends_with(&object.key, path);
    let found: Vec<&str> = match scope.iter().find(|object| object.key == path) {
        Some(same) => vec![&same.key],
        None => scope.iter().filter(|object| fits(object)).map(|object| object.key.as_str()).collect(),
    };
    match found[..] {
        [key] => Ok(Some(key)),
        [] if others.iter().any(fits) => Ok(None),
        [] => Err(format!("names `{name}`, which is not there")),
        _ => Err(format!("names `{name}`, which may be {} objects", found.len())),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::{DateTime, Utc};
    use url::Url;

    use super::super::ledger::Entry;
    use super::*;
    use crate::config::Stores;

    const RUNS: &str = "-- snapshot: ^(?<period>[^/]+)/(?<version>[0-9]+)/\n-- manifest: ^(?<period>[^/]+)/(?<version>[0-9]+)/manifest\\.json$ -> blobs.blobName\n";
    const MONTHS: &str =
        "-- snapshot: ^data/(?<period>[^/]+)/\n-- manifest: ^metadata/(?<period>[^/]+)/ -> dataFiles\n";

    async fn snapshots(header: &str) -> Result<Option<Snapshots>> {
        let text =
            format!("-- A bill.\n--\n{header}create external table bill (a varchar) stored as csv location 'x/';\n");
        Snapshots::of(&Table::parse(&text, "schemas/sources/bill.sql").await?)
    }

    fn listed(key: &str) -> Listed {
        let last_modified = DateTime::<Utc>::UNIX_EPOCH;
        Listed { key: key.into(), size: 1, etag: "1".into(), last_modified }
    }

    /// What is selected of objects (key, text), whatever the order they are listed in. `read` counted before.
    async fn select(header: &str, objects: &[(&str, &str)], read: &[&str]) -> Selection {
        static PLACES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let place = PLACES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let store =
            Store::open(&Url::parse(&format!("memory:///snapshots/{place}/")).unwrap(), &Stores::default()).unwrap();
        let snapshots = snapshots(header).await.unwrap().unwrap();
        let mut ledger = Ledger::default();
        for key in read {
            let (source, object_key) = ("bill".to_string(), key.to_string());
            ledger.put(Entry { source, object_key, etag: "1".into(), size: 1, ..Entry::default() }, Vec::new());
        }
        let mut listing = Listing { objects: Vec::new(), manifests: Vec::new(), others: Vec::new() };
        for (key, text) in objects {
            store.put(key, Bytes::copy_from_slice(text.as_bytes())).await.unwrap();
            match key {
                _ if snapshots.is_manifest(key) => listing.manifests.push(listed(key)),
                _ if key.ends_with(".txt") => listing.others.push(listed(key)),
                _ => listing.objects.push(listed(key)),
            }
        }
        let forwards = snapshots.select(&store, "bill", &listing, &ledger).await;
        listing.objects.reverse();
        listing.manifests.reverse();
        let backwards = snapshots.select(&store, "bill", &listing, &ledger).await;
        let told = |s: &Selection| (s.superseded.clone(), s.gone.clone(), s.left.clone(), s.failure.is_some());
        assert_eq!(told(&forwards), told(&backwards), "the order of a listing says nothing");
        forwards
    }

    fn keys(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(|key| key.to_string()).collect()
    }

    fn manifest(names: &[&str]) -> String {
        let blobs: Vec<Value> =
            names.iter().map(|name| serde_json::json!({ "blobName": name, "byteCount": 1 })).collect();
        serde_json::json!({ "blobs": blobs }).to_string()
    }

    #[tokio::test]
    async fn the_greatest_version_of_each_period_counts() {
        let header = "-- snapshot: ^(?<period>[^/]+)/(?<version>[0-9]+)/\n";
        let said = select(header, &[("09/1/a", ""), ("10/1/a", ""), ("10/2/a", ""), ("10/2/b", "")], &["10/1/a"]).await;
        assert_eq!(said.superseded, keys(&["10/1/a"]));
        assert!(said.warnings.is_empty() && said.left.is_empty() && said.gone.is_empty(), "{said:?}");
        let said =
            select("-- snapshot: ^(?<period>[^/]+)/\n", &[("10/a", ""), ("10/b", "")], &["10/a", "10/c", "09/a"]).await;
        assert_eq!(
            (said.superseded, said.gone),
            (keys(&[]), keys(&["10/c"])),
            "a period that is gone as a whole stays"
        );
    }

    #[tokio::test]
    async fn a_version_without_a_manifest_waits_while_another_has_one() {
        let one = manifest(&["10/1/a"]);
        let said = select(RUNS, &[("10/1/a", ""), ("10/1/manifest.json", &one), ("10/2/a", "")], &[]).await;
        assert_eq!(said.superseded, keys(&["10/2/a"]));
        assert_eq!(said.warnings.len(), 1, "{said:?}");
        let said = select(RUNS, &[("10/1/a", ""), ("10/2/a", "")], &[]).await;
        assert_eq!(said.superseded, keys(&["10/1/a"]), "without any manifest the newest counts");
        assert!(said.warnings[0].contains("`10` of source `bill` has no manifest"), "{said:?}");
    }

    #[tokio::test]
    async fn only_listed_files_count_however_they_are_named() {
        for name in ["s3://bucket/export/data/10/a", "https://host/box/data/10/a?sig=x", "/data/10/a", "10/a", "a"] {
            let list = format!("\u{feff}{{\"dataFiles\": [\"{name}\"]}}");
            let objects = [("data/10/a", ""), ("data/10/b", ""), ("metadata/10/m", &list), ("data/09/a", "")];
            let said = select(MONTHS, &objects, &["data/10/b"]).await;
            assert_eq!(said.superseded, keys(&["data/10/b"]), "{name}");
        }
        let header = MONTHS.replace("-> dataFiles", "-> blobs.blobName | dataFiles").replace("^", "^(?<export>.*?)");
        let own = [
            ("x/data/10/a", ""),
            ("x/data/10/b", ""),
            ("x/metadata/10/m", "{\"dataFiles\": [\"a\"]}"),
            ("y/data/10/a", ""),
        ];
        assert_eq!(
            select(&header, &own, &[]).await.superseded,
            keys(&["x/data/10/b"]),
            "each export has its own periods"
        );
        let none = manifest(&[]);
        let said = select(RUNS, &[("10/1/a", ""), ("10/2/manifest.json", &none)], &["10/1/a"]).await;
        assert_eq!(said.superseded, keys(&["10/1/a"]), "a complete version without lines is one");
        let both = manifest(&["box/10/2/a", "10/2/read.txt"]);
        let objects =
            [("10/1/a", ""), ("10/2/a", ""), ("10/2/b", ""), ("10/2/read.txt", ""), ("10/2/manifest.json", &both)];
        let said = select(RUNS, &objects, &[]).await;
        assert_eq!(said.superseded, keys(&["10/1/a", "10/2/b"]), "a listed file without records is no fault");
        assert!(said.warnings.is_empty(), "{said:?}");
    }

    #[tokio::test]
    async fn a_manifest_that_cannot_be_used_changes_nothing() {
        let missing = manifest(&["10/2/a", "10/2/b"]);
        for (text, reason) in [
            ("{", "is no JSON document"),
            ("{}", "has no `blobs.blobName`"),
            ("{\"blobs\": null}", "has no `blobs.blobName`"),
            ("{\"blobs\": [{}]}", "has no `blobs.blobName`"),
            ("{\"blobs\": [{\"blobName\": 7}]}", "has no list of file names at `blobs.blobName`"),
            (&missing, "names `10/2/b`, which is not there"),
        ] {
            let one = manifest(&["10/1/a"]);
            let objects =
                [("10/1/a", ""), ("10/1/manifest.json", one.as_str()), ("10/2/a", ""), ("10/2/manifest.json", text)];
            for read in [&["10/1/a", "10/0/gone"][..], &[]] {
                let said = select(RUNS, &objects, read).await;
                assert_eq!(said.superseded, keys(&["10/2/a"]), "{text}: the run before counts on, or counts at first");
                assert!(said.gone.is_empty() && said.left.is_empty(), "{said:?}");
                let warning = &said.warnings[0];
                assert!(warning.contains(reason) && warning.contains("`10/2/manifest.json`"), "{warning}");
            }
        }
    }

    #[tokio::test]
    async fn an_object_that_changed_under_a_broken_manifest_is_left_for_later() {
        let objects = [("data/10/a", ""), ("data/10/b", ""), ("metadata/10/m", "{\"dataFiles\": [\"a\", \"c\"]}")];
        let said = select(MONTHS, &objects, &["data/10/a"]).await;
        assert_eq!(said.superseded, keys(&["data/10/b"]), "it was not read and is not, {said:?}");

        let mut ledger = Ledger::default();
        let (source, object_key) = ("bill".to_string(), "data/10/a".to_string());
        ledger.put(Entry { source, object_key, etag: "0".into(), size: 1, ..Entry::default() }, Vec::new());
        let store = Store::open(&Url::parse("memory:///snapshots/left/").unwrap(), &Stores::default()).unwrap();
        store.put("metadata/10/m", Bytes::from_static(b"{\"dataFiles\": [\"a\", \"c\"]}")).await.unwrap();
        let mut listing = Listing {
            objects: vec![listed("data/10/a")],
            manifests: vec![listed("metadata/10/m")],
            others: Vec::new(),
        };
        let months = snapshots(MONTHS).await.unwrap().unwrap();
        let said = months.select(&store, "bill", &listing, &ledger).await;
        assert_eq!((said.left, said.superseded), (keys(&["data/10/a"]), keys(&[])));

        listing.manifests = vec![listed("metadata/10/never_written")];
        let said = months.select(&store, "bill", &listing, &ledger).await;
        assert!(said.failure.is_some(), "what the store does not give fails the source, as an object does");
    }

    #[tokio::test]
    async fn names_that_fit_two_objects_and_two_manifests_are_told() {
        let objects = [("data/10/x/a", ""), ("data/10/y/a", ""), ("metadata/10/m", "{\"dataFiles\": [\"a\"]}")];
        let said = select(MONTHS, &objects, &[]).await;
        assert!(said.warnings[0].contains("names `a`, which may be 2 objects"), "{said:?}");
        let objects = [
            ("data/10/a", ""),
            ("data/10/b", ""),
            ("metadata/10/m", "{\"dataFiles\": [\"a\"]}"),
            ("metadata/10/n", "{\"dataFiles\": [\"b\"]}"),
        ];
        let said = select(MONTHS, &objects, &[]).await;
        assert_eq!(said.superseded, keys(&["data/10/a"]));
        assert!(said.warnings[0].contains("has 2 manifests"), "{said:?}");
        let said = select(MONTHS, &[("elsewhere/a", ""), ("data/10/a", "")], &["elsewhere/b"]).await;
        assert_eq!((said.superseded, said.gone), (keys(&[]), keys(&[])), "what names no period always counts");
        assert!(said.warnings.iter().any(|warning| warning.contains("first `elsewhere/a`")), "{:?}", said.warnings);
    }

    #[tokio::test]
    async fn a_header_that_cannot_work_is_refused_with_its_file() {
        for (header, message) in [
            ("-- manifest: (?<period>x) -> a\n", "`manifest:` stands without `snapshot:`"),
            ("-- snapshot: ^x/\n", "`snapshot:` has no group `period`"),
            ("-- snapshot: (\n", "`snapshot:` is no regular expression"),
            ("-- snapshot: (?<period>x)\n-- manifest: (?<period>x)\n", "does not say where its list stands"),
            ("-- snapshot: (?<period>x)\n-- manifest: (?<version>x) -> a\n", "`manifest:` has no group `period`"),
            ("-- snapshot: (?<period>x)(?<export>y)\n-- manifest: (?<period>x) -> a\n", "by different groups"),
        ] {
            let error = snapshots(header).await.err().unwrap();
            assert!(error.to_string().contains(message) && error.to_string().contains("bill.sql"), "{error}");
            assert!(error.hint_text().is_some(), "{error}");
        }
        assert!(snapshots("").await.unwrap().is_none());
    }
}
