//! What lies at a place: objects of every alike are sampled, and each format says which records it knows.
//!
//! A format knows its records by the predicate `recognised_by:` of its header, over its own raw columns. Keys decide
//! which formats are asked; content decides which one is believed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use regex::Regex;

use super::{Format, no_predicate, raw_table};
use crate::config::{DayBasis, Source};
use crate::engine::Engine;
use crate::error::Result;
use crate::project::Project;
use crate::reader::{Limits, Object, Reader};
use crate::schema::without_fingerprints;
use crate::store::{Listed, Store};

/// Objects that are read of one alike, spread over its keys.
const SAMPLES_OF_A_LAYOUT: usize = 6;
/// Objects that are read at first, over all layouts.
const SAMPLES: usize = 300;
/// Larger objects are not sampled: the survey is to be quick.
const LARGEST_SAMPLE: i64 = 64 << 20;
/// Folders of one format above which they are taken together, though something else lies between them.
const MOST_FOLDERS: usize = 20;

/// Objects of one format below one folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Format that knows the records.
    pub format: String,
    /// Folder below the place, empty or with `/` at its end.
    pub folder: String,
    /// Objects whose keys the format takes.
    pub objects: usize,
    /// Their bytes as stored.
    pub bytes: i64,
    /// Records of the sampled objects.
    pub sampled: i64,
    /// Of them, records that the format knows.
    pub recognised: i64,
    /// Other formats that know as many of the records.
    pub also: Vec<String>,
    /// Objects of other formats lie below the folder and will be rejected.
    pub is_mixed: bool,
}

/// What a survey saw.
#[derive(Debug, Default)]
pub struct Survey {
    /// Objects by format and folder.
    pub found: Vec<Found>,
    /// Objects at the place.
    pub objects: usize,
    /// Objects of layouts that no format knows, with one key of each alike.
    pub unknown: Vec<(String, usize)>,
}

/// What the samples of one alike said.
#[derive(Default)]
struct Layout<'a> {
    objects: Vec<&'a Listed>,
    /// Records sampled and recognised, by the format that knew the most of an object.
    votes: BTreeMap<String, (i64, i64)>,
    also: BTreeMap<String, BTreeSet<String>>,
}

/// Looks into a place.
///
/// # Errors
/// `Storage` when the place cannot be listed or read, `Project` when a format's header is wrong.
pub async fn survey(engine: &Engine, project: &Project, store: &Store) -> Result<Survey> {
    let listed: Vec<Listed> = store.list().await?.into_iter().filter(|object| object.size > 0).collect();
    let sources: Vec<Source> = project.sources.keys().map(|format| source_of(format, store)).collect();
    let formats = sources.iter().map(|source| Format::find(project, source)).collect::<Result<Vec<_>>>()?;
    let mut layouts: BTreeMap<String, Layout> = BTreeMap::new();
    for object in &listed {
        layouts.entry(layout_of(&object.key)).or_default().objects.push(object);
    }
    let share = (SAMPLES / layouts.len().max(1)).clamp(1, SAMPLES_OF_A_LAYOUT);
    for alike in layouts.values_mut() {
        for object in spread(&alike.objects, share) {
            vote(engine, &formats, store, object, &mut alike.votes, &mut alike.also).await?;
        }
        // The first and the last object may be the odd ones.
        if alike.votes.is_empty() && alike.objects.len() > share {
            for object in spread(&alike.objects, SAMPLES_OF_A_LAYOUT) {
                vote(engine, &formats, store, object, &mut alike.votes, &mut alike.also).await?;
            }
        }
    }
    Ok(gather(&formats, &layouts, listed.len()))
}

/// Asks every format that takes the key; the one that knows the most records has the object.
async fn vote(
    engine: &Engine,
    formats: &[Format<'_>],
    store: &Store,
    listed: &Listed,
    votes: &mut BTreeMap<String, (i64, i64)>,
    also: &mut BTreeMap<String, BTreeSet<String>>,
) -> Result<()> {
    let bytes = store.get(&listed.key).await?;
    let object = Object { key: listed.key.clone(), bytes, last_modified: listed.last_modified };
    let mut scores = Vec::new();
    for format in formats.iter().filter(|format| format.holds(&object.key)) {
        let (records, recognised) = ask(engine, format, &object).await?;
        if recognised > 0 {
            scores.push((recognised, records, format.table.name.clone()));
        }
    }
    // Of equals the one that finds the fewest records it does not know.
    scores.sort_by(|a, b| (b.0, a.1, &a.2).cmp(&(a.0, b.1, &b.2)));
    if let Some((recognised, records, format)) = scores.first() {
        let vote = votes.entry(format.clone()).or_default();
        *vote = (vote.0 + records, vote.1 + recognised);
        let equals = scores[1..].iter().filter(|other| other.0 == *recognised).map(|other| other.2.clone());
        also.entry(format.clone()).or_default().extend(equals);
    }
    Ok(())
}

fn source_of(format: &str, store: &Store) -> Source {
    Source {
        name: format.into(),
        format: format.into(),
        url: store.url().clone(),
        rank: 0,
        day_basis: DayBasis::default(),
        is_fingerprinted: false,
        stale_after_hours: None,
        late_days: 0,
    }
}

/// Records of an object, and how many of them the format knows.
async fn ask(engine: &Engine, format: &Format<'_>, object: &Object) -> Result<(i64, i64)> {
    let table = format.table;
    let Some(select) = format.counts_known() else { return Ok((0, 0)) };
    let mut raw = raw_table(table);
    raw.schema = without_fingerprints(&raw.schema);
    let mut reader = Reader::new(raw, Limits::default());
    let mut batches: Vec<RecordBatch> = Vec::new();
    let read = reader.read(object, &mut |batch| batches.push(batch));
    reader.flush(&mut |batch| batches.push(batch));
    let Some(schema) = batches.first().map(RecordBatch::schema) else { return Ok((read.records, 0)) };
    engine.register(&table.name, schema, batches)?;
    let counted = engine.select(&select).await.map_err(|error| no_predicate(table, error));
    engine.deregister(&table.name)?;
    let (_, rows) = counted?;
    let recognised =
        rows.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>()).map_or(0, |c| c.value(0));
    Ok((read.records, recognised))
}

/// The folder and ending of a key, with what differs from object to object taken out.
fn layout_of(key: &str) -> String {
    static VARYING: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"[0-9a-fA-F]{8,}(-[0-9a-fA-F]{4,})*|[0-9]+").ok());
    let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
    let ending = name.split_once('.').map_or("", |(_, ending)| ending);
    let ending: String = ending.rsplit('.').take(2).filter(|part| part.len() <= 7).collect::<Vec<_>>().join(".");
    match VARYING.as_ref() {
        Some(varying) => format!("{}/.{ending}", varying.replace_all(folder, "#")),
        None => format!("{folder}/.{ending}"),
    }
}

/// A few objects, evenly spread, the first and the last among them.
fn spread<'a>(objects: &[&'a Listed], wanted: usize) -> Vec<&'a Listed> {
    let small: Vec<&Listed> = objects.iter().copied().filter(|object| object.size <= LARGEST_SAMPLE).collect();
    match (small.len(), wanted) {
        (0, _) | (_, 0) => Vec::new(),
        (_, 1) => vec![small[small.len() - 1]],
        (many, wanted) if many <= wanted => small,
        (many, wanted) => (0..wanted).map(|n| small[n * (many - 1) / (wanted - 1)]).collect(),
    }
}

/// Layouts to sources: one folder a format, or several where other objects lie between.
fn gather(formats: &[Format], layouts: &BTreeMap<String, Layout>, objects: usize) -> Survey {
    let mut survey = Survey { objects, ..Survey::default() };
    for alike in layouts.values() {
        if let (true, Some(first)) = (alike.votes.is_empty(), alike.objects.first()) {
            survey.unknown.push((first.key.clone(), alike.objects.len()));
        }
    }
    for format in formats {
        let name = &format.table.name;
        let is_its = |alike: &&Layout| alike.votes.contains_key(name);
        let keys = |is_wanted: &dyn Fn(&&Layout) -> bool| -> Vec<&str> {
            let wanted = layouts.values().filter(is_wanted).flat_map(|alike| &alike.objects);
            wanted.map(|object| object.key.as_str()).filter(|key| format.holds(key)).collect()
        };
        let (own, others) = (keys(&is_its), keys(&|alike| !is_its(alike)));
        if own.is_empty() {
            continue;
        }
        let mut folders = Vec::new();
        split(common_folder(&own), &own, &others, &mut folders);
        if folders.len() > MOST_FOLDERS {
            folders = vec![common_folder(&own)];
        }
        for folder in folders.iter_mut().filter(|folder| !folder.is_empty()) {
            // A run sees keys below the source's URL: they must look to the format as they do from here.
            while own.iter().any(|key| key.strip_prefix(folder.as_str()).is_some_and(|rest| !format.holds(rest))) {
                let up = folder.trim_end_matches('/').rsplit_once('/').map_or("", |(up, _)| up).to_string();
                *folder = if up.is_empty() { up } else { format!("{up}/") };
            }
        }
        folders.sort();
        folders.dedup();
        for folder in folders {
            let inside = |key: &&str| key.starts_with(&folder);
            let mut found = Found {
                format: name.clone(),
                is_mixed: others.iter().any(inside),
                folder: folder.clone(),
                objects: 0,
                bytes: 0,
                sampled: 0,
                recognised: 0,
                also: Vec::new(),
            };
            let mut also = BTreeSet::new();
            for alike in layouts.values().filter(is_its) {
                let held: Vec<_> =
                    alike.objects.iter().filter(|o| inside(&o.key.as_str()) && format.holds(&o.key)).collect();
                if held.is_empty() {
                    continue;
                }
                found.objects += held.len();
                found.bytes += held.iter().map(|object| object.size).sum::<i64>();
                let (records, recognised) = alike.votes.get(name).copied().unwrap_or_default();
                found.sampled += records;
                found.recognised += recognised;
                also.extend(alike.also.get(name).into_iter().flatten().cloned());
            }
            found.also = also.into_iter().collect();
            survey.found.push(found);
        }
    }
    survey
}

/// The longest folder that all keys share, empty or with `/` at its end. A folder of a date is never part of it: tomorrow's
/// objects lie beside it.
fn common_folder(keys: &[&str]) -> String {
    static DATED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[0-9]+$|[0-9]{4}-?[0-9]{2}(-?[0-9]{2})?([^0-9]|$)|=[0-9-]+$").ok());
    let is_dated = |part: &str| DATED.as_ref().is_some_and(|dated| dated.is_match(part));
    let Some(first) = keys.first() else { return String::new() };
    let folder = first.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut shared = String::new();
    for part in folder.split('/').filter(|part| !part.is_empty()) {
        let next = format!("{shared}{part}/");
        if is_dated(part) || !keys.iter().all(|key| key.starts_with(&next)) {
            break;
        }
        shared = next;
    }
    shared
}

/// Goes down from a folder until nothing else that the format would take lies below.
fn split(folder: String, own: &[&str], others: &[&str], folders: &mut Vec<String>) {
    let is_mixed = others.iter().any(|key| key.starts_with(&folder));
    let rest = |key: &&str| key[folder.len()..].split_once('/').map(|(next, _)| next.to_string());
    let next: BTreeSet<Option<String>> = own.iter().filter(|key| key.starts_with(&folder)).map(rest).collect();
    // An object that lies in the folder itself is reached by the folder only.
    if !is_mixed || next.contains(&None) || folders.len() > MOST_FOLDERS {
        folders.push(folder);
        return;
    }
    for next in next.into_iter().flatten() {
        let below = format!("{folder}{next}/");
        let own: Vec<&str> = own.iter().copied().filter(|key| key.starts_with(&below)).collect();
        split(below, &own, others, folders);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_leave_out_what_differs_from_object_to_object() {
        for (key, alike) in [
            ("a/2026/10/05/x_1.json.gz", "a/#/#/#/.gz.json"),
            ("llm/2026-10-05/time-08_chatcmpl-AbC.json", "llm/#-#-#/.json"),
            ("2026-10-05/chatcmpl-AbC", "#-#-#/."),
            ("x.json", "/.json"),
            ("p/0a1b2c3d-0000-4000-8000-000000000001/part_0.csv", "p/#/.csv"),
        ] {
            assert_eq!(layout_of(key), alike, "{key}");
        }
    }

    #[test]
    fn folders_are_split_only_where_something_else_lies_between() {
        let split = |own: &[&str], others: &[&str]| {
            let mut folders = Vec::new();
            split(common_folder(own), own, others, &mut folders);
            folders
        };
        assert_eq!(split(&["a/b/1.json", "a/c/2.json"], &[]), ["a/"]);
        assert_eq!(split(&["a/b/1.json", "a/c/2.json"], &["a/d/3.json"]), ["a/b/", "a/c/"]);
        assert_eq!(split(&["a/1.json", "a/c/2.json"], &["a/d/3.json"]), ["a/"]);
        assert_eq!(split(&["1.json"], &[]), [""]);
        for dated in ["a/2026/10/05/1.json", "a/2026-10-05/1.json", "a/year=2026/month=10/1.json", "a/20261005/1.json"]
        {
            assert_eq!(split(&[dated], &[]), ["a/"], "{dated}");
        }
        assert_eq!(split(&["AWSLogs/111122223333/us-east-1/1.json"], &[]), ["AWSLogs/"]);
    }
}
