//! From objects to settled days: list, read what is new, map to contracts, settle repeated rows, write one file a day.
//!
//! A source is read with its format's raw shape and mapped by SQL; rows that break a contract's rule are rejected with
//! their reason. Every object, record and row is counted: rows in = kept + repeated + rejected. One bad object never
//! stops the others; a source that is unreadable as a whole fails the run after everything else was counted and saved.
//! Of bills that are stated anew, only the latest statement counts: by whole objects in `snapshots`, by rows in `repeats`.

mod days;
mod decode;
mod filing;
mod format;
pub mod horizon;
mod identity;
pub mod ledger;
mod ledger_file;
mod listing;
mod mapping;
mod order;
pub mod repeats;
mod snapshots;
pub mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use futures::StreamExt;
use futures::future::join;

use crate::config::{Config, Source};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::reader::{Limits, ObjectRead, Reader};
use crate::schema::{Table, without_fingerprints};
use crate::store::{Listed, Store};
pub use days::{gone, lost};
use decode::{decoded, mapped};
use filing::{Filing, Incoming, Mapped};
pub use format::unknown_format;
use format::{Format, no_predicate, raw_table};
use horizon::Horizon;
use ledger::{Entry, Ledger, Rejected};
use listing::{list, must_read};
use mapping::Mapping;
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

/// Reads every source and settles the touched days, then closes the days that are no longer kept. `progress` hears one line
/// per source. The caller saves ledger and horizon.
///
/// # Errors
/// `Storage` or `Engine` when the state fails; a source that fails is `failure` in the answer.
pub async fn run(
    engine: &Engine,
    project: &Project,
    config: &Config,
    state: &Store,
    ledger: &mut Ledger,
    horizon: &mut Horizon,
    progress: &dyn Fn(&str),
) -> Result<Ingested> {
    let mut incoming = Incoming::default();
    let mut ingested = Ingested::default();
    ingested.warnings.extend(horizon.warning());
    for source in &config.sources {
        let mut books = Books { ledger, horizon, incoming: &mut incoming, warnings: &mut ingested.warnings };
        match read_source(engine, project, config, source, &mut books).await {
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
        let rows = incoming.rows.remove(&(contract.clone(), day));
        days::settle_day(state, table, day, rows, &incoming.replaced, ledger, config.full).await?;
        if contract == "requests" {
            ingested.changed.insert(day);
        }
    }
    days::miss(state, ledger, config.full, &mut ingested).await?;
    // Every night closes a day; that a first night closes years is news.
    let is_first = horizon.since == horizon::Since::default();
    horizon.advance(config, ledger);
    let closed = ledger.close(horizon);
    if is_first && closed > 0 {
        ingested.warnings.push(horizon.closing(closed));
    }
    Ok(ingested)
}

/// What reading a source writes to.
struct Books<'a> {
    ledger: &'a mut Ledger,
    horizon: &'a mut Horizon,
    incoming: &'a mut Incoming,
    warnings: &'a mut Vec<String>,
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
    let entries = || ledger.entries_of(&source.name);
    match ledger.first_rejected(&source.name) {
        Some(reason) if entries().all(|entry| entry.records == entry.rejected_lines) => {
            let records: i64 = entries().map(|entry| entry.records).sum();
            Err(Error::data(format!("source `{}` gave no readable row", source.name))
                .at(format!("format `{}`, {} objects, {records} records", source.format, entries().count()))
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
    books: &mut Books<'_>,
) -> Result<SourceRead> {
    let format = Format::find(project, source)?;
    let store = Store::open(&source.url, &config.stores)?;
    let mut listing = list(&store, source, &format, books).await?;
    let mut selection = match &format.snapshots {
        Some(snapshots) => snapshots.select(&store, &source.name, &listing, books.ledger).await,
        None => Selection::default(),
    };
    books.warnings.append(&mut selection.warnings);
    let counts = |key: &String| !selection.superseded.contains(key) && !selection.left.contains(key);
    // A listing of many small objects is large: it is kept only where something may be superseded.
    let objects = match &format.snapshots {
        Some(_) => listing.objects.clone(),
        None => std::mem::take(&mut listing.objects),
    };
    let wanted: Vec<Listed> = objects
        .into_iter()
        .filter(|object| counts(&object.key) && must_read(config, source, books, object, &format.digest))
        .collect();
    let mut raw = raw_table(format.table);
    if !source.is_fingerprinted {
        raw.schema = without_fingerprints(&raw.schema);
    }
    let mut filing = Filing::new(books.horizon);
    let mut reads: Vec<(Listed, ObjectRead)> = Vec::new();
    let mut failure = selection.failure.take();
    // To plan takes longer than to read a few objects.
    if !wanted.is_empty() {
        let schema = Reader::new(raw.clone(), Limits::default()).schema();
        let fetched = futures::stream::iter(wanted.into_iter().map(|object| {
            let store = store.clone();
            async move { (store.get_listed(&object).await, object) }
        }))
        .buffered(config.engine.concurrency.max(1));
        let mut decoded = Box::pin(decoded(fetched, raw));
        // The mappings are planned while the first objects are decoded.
        let (first, mapping) = join(decoded.next(), Mapping::plan(engine, project, source, &format, &schema)).await;
        let decoded = futures::stream::iter(first).chain(decoded);
        let mut mapped = std::pin::pin!(mapped(decoded, Arc::new(mapping?)));
        while let Some(group) = mapped.next().await {
            let (group, outcome) = group?;
            failure = failure.or(group.failure);
            reads.extend(group.reads);
            filing.take(outcome, books.incoming)?;
            books.incoming.pack()?;
        }
    }
    let (recognised, seen) = (filing.recognised, filing.seen);
    let mut read = finish_source(source, &format, reads, seen, books);
    supersede(source, &format, &listing, &selection, books);
    read.superseded = selection.superseded.len();
    if let Some(error) = failure {
        return Err(error);
    }
    judge_source(source, books.ledger)?;
    if recognised == 0 && read.records > read.rejected {
        judge_strangers(source, books.ledger, read.records, books.warnings)?;
    }
    books.was_read(source, &format, config.date);
    Ok(read)
}

/// Not one record of the night looks like the source's format: an error if the source never gave a row.
fn judge_strangers(source: &Source, ledger: &Ledger, records: i64, warnings: &mut Vec<String>) -> Result<()> {
    let what = format!("not one of {records} records looks like `{}`", source.format);
    if ledger.entries_of(&source.name).any(|entry| entry.rows + entry.closed_rows > entry.rejected_rows) {
        warnings.push(format!("source `{}`: {what}", source.name));
        return Ok(());
    }
    Err(Error::data(format!("source `{}`: {what}", source.name))
        .at(format!("at `{}`", source.url))
        .hint("`trimtab init URL` says which format knows the records that lie there"))
}

/// Enters every object into the ledger.
fn finish_source(
    source: &Source,
    format: &Format,
    reads: Vec<(Listed, ObjectRead)>,
    mut seen: BTreeMap<String, Mapped>,
    books: &mut Books<'_>,
) -> SourceRead {
    let Books { ledger, incoming, warnings, .. } = books;
    let (mut late, mut late_days) = (0, BTreeSet::new());
    let mut total = SourceRead { objects: reads.len(), ..SourceRead::default() };
    let mut first_reason = None;
    for (listed, read) in reads {
        let mut mapped = seen.remove(&listed.key).unwrap_or_default();
        mapped.days.sort_by(|a, b| (&a.contract, a.day).cmp(&(&b.contract, b.day)));
        let earlier = ledger.entry(&source.name, &listed.key);
        let (closed_rows, late_rows) = beyond(&mapped, earlier);
        let known = earlier.map_or(0, |entry| entry.late_rows);
        if late_rows > known {
            late += late_rows - known;
            late_days.extend(mapped.late.keys().copied());
        }
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
            skipped_records: read.records - read.rejected - mapped.records(),
            rows: mapped.rows - mapped.closed,
            rejected_rows: mapped.rejected.len() as i64,
            closed_rows,
            late_rows,
            decimals_rounded: read.decimals_rounded,
            fault: read.fault,
            days: mapped.days,
            event_days: BTreeMap::new(),
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
    if let (Some(first), Some(last)) = (late_days.first(), late_days.last()) {
        warnings.push(format!(
            "source `{}`: {late} rows of {first} to {last} came too late and were left out: the requests of those days are \
             deleted already; `trimtab run --from {first} --to {last}` builds the days again from the objects that are \
             still there, `[retention] requests_days` keeps requests longer",
            source.name
        ));
    }
    total
}

/// Rows of an object that belong to closed days: those that are no news, and those that came too late. An object that
/// is read again brings most of them again.
fn beyond(mapped: &Mapped, earlier: Option<&Entry>) -> (i64, i64) {
    let late: i64 = mapped.late.values().sum();
    let (old_closed, old_late) = earlier.map_or((0, 0), |entry| (entry.closed_rows, entry.late_rows));
    let late = if late == 0 { 0 } else { old_late.min(late) + (late - old_closed - old_late).max(0) };
    (mapped.closed - late, late)
}

/// Takes the rows of objects that count no more out of their days, and says so in the ledger.
fn supersede(source: &Source, format: &Format, listing: &Listing, selection: &Selection, books: &mut Books<'_>) {
    let Books { ledger, incoming, .. } = books;
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
