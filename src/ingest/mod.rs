//! From objects to settled days: list, read what is new, map to contracts, settle repeated rows, write one file a day.
//!
//! A source is read with its format's raw shape and mapped by SQL; rows that break a contract's rule are rejected with
//! their reason. Every object, record and row is counted: rows in = kept + repeated + rejected. One bad object never
//! stops the others; a source that is unreadable as a whole fails the run after everything else was counted and saved.
//! Of bills that are stated anew, only the latest statement counts: by whole objects in `snapshots`, by rows in `repeats`.

mod days;
mod format;
pub mod ledger;
mod mapper;
pub mod repeats;
mod snapshots;
pub mod survey;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use futures::StreamExt;

use crate::config::{Config, Source};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::reader::{Limits, Object, ObjectRead, Reader};
use crate::schema::{Table, without_fingerprints};
use crate::store::{Listed, Store};
pub use format::unknown_format;
use format::{Format, no_predicate, raw_table};
use ledger::{Entry, Ledger, Rejected};
use mapper::{Mapped, Mapper};
use snapshots::{Listing, Selection};

/// What an ingest brought.
#[derive(Debug, Default)]
pub struct Ingested {
    /// Days whose requests changed.
    pub changed: BTreeSet<NaiveDate>,
    /// Warnings, one line each.
    pub warnings: Vec<String>,
    /// The first source that failed; everything else was read all the same.
    pub failure: Option<Error>,
}

/// Rows of the night that wait to be settled, and the objects whose earlier rows they replace.
#[derive(Default)]
struct Incoming {
    rows: BTreeMap<(String, NaiveDate), Vec<RecordBatch>>,
    replaced: BTreeSet<(String, String)>,
    touched: BTreeSet<(String, NaiveDate)>,
}

impl Incoming {
    /// Takes the rows that an object gave before out of their days.
    fn replace(&mut self, source: &str, key: &str, ledger: &Ledger) {
        for (contract, days) in ledger.entry(source, key).iter().flat_map(|old| &old.event_days) {
            self.touched.extend(days.iter().map(|day| (contract.clone(), *day)));
        }
        self.replaced.insert((source.to_string(), key.to_string()));
    }
}

/// Reads every source and settles the touched days. `progress` hears one line per source. The caller saves the ledger.
///
/// # Errors
/// `Storage` or `Engine` when the state fails; a source that fails is `failure` in the answer.
pub async fn run(
    engine: &Engine,
    project: &Project,
    config: &Config,
    state: &Store,
    ledger: &mut Ledger,
    progress: &dyn Fn(&str),
) -> Result<Ingested> {
    let mut incoming = Incoming::default();
    let mut ingested = Ingested::default();
    for source in &config.sources {
        match read_source(engine, project, config, source, ledger, &mut incoming, &mut ingested.warnings).await {
            Ok(read) => {
                let more =
                    if read.superseded > 0 { format!(", {} superseded", read.superseded) } else { String::new() };
                progress(&format!(
                    "{}: {} objects, {} records, {} rejected{more}",
                    source.name, read.objects, read.records, read.rejected
                ));
            }
            Err(error) => {
                ingested.failure.get_or_insert(error.at(format!("source `{}`", source.name)));
            }
        }
    }
    for (contract, day) in std::mem::take(&mut incoming.touched) {
        let table = contract_of(project, &contract)?;
        let rows = incoming.rows.remove(&(contract.clone(), day)).unwrap_or_default();
        days::settle_day(state, table, day, rows, &incoming.replaced, ledger, config.full).await?;
        if contract == "requests" {
            ingested.changed.insert(day);
        }
    }
    Ok(ingested)
}

fn contract_of<'a>(project: &'a Project, name: &str) -> Result<&'a Table> {
    project.contract(name).ok_or_else(|| {
        Error::project(format!("contract `{name}` does not exist")).hint(format!("write schemas/contracts/{name}.sql"))
    })
}

/// Counts of one source.
#[derive(Default)]
struct SourceRead {
    objects: usize,
    records: i64,
    rejected: i64,
    superseded: usize,
}

/// Holds a source's format to what its header promises, before any data is read: expressions over keys that parse, and a
/// `recognised_by:` that plans over the raw columns, which must be registered.
///
/// # Errors
/// `Usage` for an unknown format, `Project` naming the file for a wrong header.
pub async fn check(engine: &Engine, project: &Project, source: &Source) -> Result<()> {
    let format = Format::find(project, source)?;
    let Some(select) = format.counts_known() else { return Ok(()) };
    engine.select(&select).await.map(drop).map_err(|error| no_predicate(format.table, error))
}

/// The schema that a format's mapping reads: its raw columns, object, line and time of the object.
pub fn raw_schema(table: &Table) -> SchemaRef {
    Reader::new(raw_table(table), Limits::default()).schema()
}

fn place_and_reason(line: &Rejected) -> String {
    let is_told = line.path.is_empty() || line.reason.contains(&line.path);
    let path = if is_told { String::new() } else { format!("{}: ", line.path) };
    format!("`{}` line {}: {path}{}", line.object_key, line.line, line.reason)
}

/// A source that never gave a row although it has objects: refused every night until it is mended.
fn judge_source(source: &Source, ledger: &Ledger) -> Result<()> {
    let entries: Vec<&Entry> = ledger.entries().filter(|entry| entry.source == source.name).collect();
    let reason = ledger.rejected().iter().find(|line| line.source == source.name);
    match reason {
        Some(reason) if entries.iter().all(|entry| entry.records == entry.rejected_lines) => {
            let records: i64 = entries.iter().map(|entry| entry.records).sum();
            Err(Error::data(format!("source `{}` gave no readable row", source.name))
                .at(format!("format `{}`, {} objects, {records} records", source.format, entries.len()))
                .at(format!("first reason: {}", place_and_reason(reason)))
                .hint(format!("check that the format fits: `trimtab explain {}` shows what it expects", source.format)))
        }
        _ => Ok(()),
    }
}

async fn read_source(
    engine: &Engine,
    project: &Project,
    config: &Config,
    source: &Source,
    ledger: &mut Ledger,
    incoming: &mut Incoming,
    warnings: &mut Vec<String>,
) -> Result<SourceRead> {
    let format = Format::find(project, source)?;
    let store = Store::open(&source.url, &config.stores)?;
    let listing = list(&store, source, &format, ledger, warnings).await?;
    let mut selection = match &format.snapshots {
        Some(snapshots) => snapshots.select(&store, &source.name, &listing, ledger).await,
        None => Selection::default(),
    };
    warnings.append(&mut selection.warnings);
    let counts = |key: &String| !selection.superseded.contains(key) && !selection.left.contains(key);
    let wanted: Vec<Listed> = listing
        .objects
        .iter()
        .filter(|object| counts(&object.key) && must_read(config, source, ledger, object, &format.digest))
        .cloned()
        .collect();
    let mut raw = raw_table(format.table);
    if !source.is_fingerprinted {
        raw.schema = without_fingerprints(&raw.schema);
    }
    let mut reader = Reader::new(raw, Limits::default());
    let mut mapper = Mapper {
        engine,
        project,
        source,
        format: &format,
        batches: Vec::new(),
        rows: 0,
        seen: BTreeMap::new(),
        recognised: 0,
    };
    let mut reads: Vec<(Listed, ObjectRead)> = Vec::new();
    let mut fetched = futures::stream::iter(wanted.into_iter().map(|object| {
        let store = store.clone();
        async move { (store.get_listed(&object).await, object) }
    }))
    .buffered(config.engine.concurrency.max(1));
    let mut failure = selection.failure.take();
    while let Some((bytes, listed)) = fetched.next().await {
        // An object that cannot be fetched fails the source at the end; the others are read and entered all the same.
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                failure.get_or_insert(error);
                continue;
            }
        };
        let object = Object { key: listed.key.clone(), bytes, last_modified: listed.last_modified };
        let mut batches = Vec::new();
        let read = reader.read(&object, &mut |batch| batches.push(batch));
        // A mapping may look at an object's other records, so it always sees objects whole.
        if mapper.takes(batches) {
            reader.flush(&mut |batch| mapper.batches.push(batch));
            mapper.map(incoming).await?;
        }
        reads.push((listed, read));
    }
    reader.flush(&mut |batch| mapper.batches.push(batch));
    mapper.map(incoming).await?;
    let recognised = mapper.recognised;
    let mut read = finish_source(source, &format, reads, mapper.seen, ledger, incoming, warnings);
    supersede(source, &format, &listing, &selection, ledger, incoming);
    read.superseded = selection.superseded.len();
    if let Some(error) = failure {
        return Err(error);
    }
    judge_source(source, ledger)?;
    if recognised == 0 && read.records > read.rejected {
        judge_strangers(source, ledger, read.records, warnings)?;
    }
    Ok(read)
}

/// Not one record of the night looks like the source's format: an error if the source never gave a row.
fn judge_strangers(source: &Source, ledger: &Ledger, records: i64, warnings: &mut Vec<String>) -> Result<()> {
    let what = format!("not one of {records} records looks like `{}`", source.format);
    if ledger.entries().filter(|entry| entry.source == source.name).any(|entry| entry.rows > entry.rejected_rows) {
        warnings.push(format!("source `{}`: {what}", source.name));
        return Ok(());
    }
    Err(Error::data(format!("source `{}`: {what}", source.name))
        .at(format!("at `{}`", source.url))
        .hint("`trimtab init URL` says which format knows the records that lie there"))
}

/// Lists a source and says what was left out.
async fn list(
    store: &Store,
    source: &Source,
    format: &Format<'_>,
    ledger: &mut Ledger,
    warnings: &mut Vec<String>,
) -> Result<Listing> {
    let mut listing = Listing { objects: Vec::new(), manifests: Vec::new(), others: Vec::new() };
    for object in store.list().await? {
        match &object.key {
            key if format.holds(key) => listing.objects.push(object),
            key if format.is_manifest(key) => listing.manifests.push(object),
            _ => listing.others.push(object),
        }
    }
    let ignored: Vec<&Listed> = listing.others.iter().filter(|object| !format.skips(&object.key)).collect();
    if let Some(first) = ignored.first() {
        warnings.push(format!(
            "source `{}`: {} objects do not look like `{}` and were left out, first `{}`",
            source.name,
            ignored.len(),
            source.format,
            first.key
        ));
    }
    ledger.excuse_vanished(&source.name, &listing.objects.iter().map(|object| object.key.as_str()).collect());
    if listing.objects.is_empty() {
        let read = ledger.entries().filter(|entry| entry.source == source.name).count();
        warnings.push(match read {
            0 => format!("source `{}` has no object that looks like `{}`", source.name, source.format),
            _ => format!(
                "source `{}` is empty: none of the {read} objects that were read is there any more; what they gave stays",
                source.name
            ),
        });
    }
    Ok(listing)
}

fn must_read(config: &Config, source: &Source, ledger: &Ledger, object: &Listed, digest: &str) -> bool {
    let is_reread = || {
        config.reread.is_some_and(|(from, to)| {
            let days = ledger.entry(&source.name, &object.key).map(|e| e.event_days.values().flatten().copied());
            days.is_some_and(|mut days| days.any(|day| from <= day && day <= to))
        })
    };
    config.full || ledger.is_new(&source.name, object, digest) || is_reread()
}

/// Enters every object into the ledger.
fn finish_source(
    source: &Source,
    format: &Format,
    reads: Vec<(Listed, ObjectRead)>,
    mut seen: BTreeMap<String, Mapped>,
    ledger: &mut Ledger,
    incoming: &mut Incoming,
    warnings: &mut Vec<String>,
) -> SourceRead {
    let mut total = SourceRead { objects: reads.len(), ..SourceRead::default() };
    let mut first_reason = None;
    for (listed, read) in reads {
        let mapped = seen.remove(&listed.key).unwrap_or_default();
        incoming.replace(&source.name, &listed.key, ledger);
        let line = |line: i64, path: String, reason: String| Rejected {
            source: source.name.clone(),
            object_key: listed.key.clone(),
            line,
            path,
            reason,
        };
        let mut rejected: Vec<Rejected> =
            read.rejected_lines.iter().map(|r| line(r.line, r.path.clone(), r.reason.clone())).collect();
        rejected.extend(read.fault.iter().map(|fault| line(0, "object".into(), fault.clone())));
        rejected
            .extend(mapped.rejected.iter().map(|(number, path, reason)| line(*number, path.clone(), reason.clone())));
        rejected.sort_by_key(|line| line.line);
        if let Some(fault) = &read.fault {
            warnings.push(format!("object `{}` of source `{}`: {fault}; deliver it again", listed.key, source.name));
        } else if listed.size == 0 {
            warnings.push(format!("object `{}` of source `{}` is empty", listed.key, source.name));
        }
        if first_reason.is_none() {
            first_reason = rejected.first().map(place_and_reason);
        }
        total.records += read.records;
        total.rejected += read.rejected + mapped.rejected.len() as i64;
        let entry = Entry {
            source: source.name.clone(),
            format: source.format.clone(),
            format_digest: format.digest.clone(),
            object_key: listed.key.clone(),
            etag: listed.etag,
            size: listed.size,
            records: read.records,
            rejected_lines: read.rejected,
            skipped_records: read.records - read.rejected - mapped.records.len() as i64,
            rows: mapped.rows,
            rejected_rows: mapped.rejected.len() as i64,
            decimals_rounded: read.decimals_rounded,
            fault: read.fault,
            event_days: mapped
                .days
                .into_iter()
                .map(|(contract, days)| (contract, days.into_iter().collect()))
                .collect(),
            is_superseded: false,
        };
        ledger.put(entry, rejected);
    }
    if let (true, Some(reason)) = (total.rejected > 0, &first_reason) {
        warnings.push(format!(
            "source `{}`: {} of {} records were rejected; first {reason}; `trimtab sql \"select * from quarantine\"` with this run's --config shows all",
            source.name, total.rejected, total.records
        ));
    }
    total
}

/// Takes the rows of objects that count no more out of their days, and says so in the ledger.
fn supersede(
    source: &Source,
    format: &Format,
    listing: &Listing,
    selection: &Selection,
    ledger: &mut Ledger,
    incoming: &mut Incoming,
) {
    for object in listing.objects.iter().filter(|object| selection.superseded.contains(&object.key)) {
        incoming.replace(&source.name, &object.key, ledger);
        let entry = Entry {
            source: source.name.clone(),
            format: source.format.clone(),
            format_digest: format.digest.clone(),
            object_key: object.key.clone(),
            etag: object.etag.clone(),
            size: object.size,
            is_superseded: true,
            ..Entry::default()
        };
        ledger.put(entry, Vec::new());
    }
    for key in &selection.gone {
        incoming.replace(&source.name, key, ledger);
        ledger.remove(&source.name, key);
    }
}
