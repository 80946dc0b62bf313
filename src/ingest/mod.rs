//! From objects to settled days: list, read what is new, map to contracts, settle repeated rows, write one file a day.
//!
//! A source is read with its format's raw shape and mapped by SQL; rows that break a contract's rule are rejected with
//! their reason. Every object, record and row is counted: rows in = kept + repeated + rejected. One bad object never
//! stops the others; a source that is unreadable as a whole fails the run after everything else was counted and saved.

pub mod ledger;
mod mapper;
pub mod repeats;
pub mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use futures::StreamExt;
use regex::Regex;
use sha2::{Digest, Sha256};

use crate::config::{Config, Source};
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::project::{Project, Query};
use crate::reader::{FileFormat, Limits, Object, ObjectRead, RawTable, Reader};
use crate::schema::{Table, hex, without_fingerprints};
use crate::store::{Listed, Store};
use crate::table_file::{from_parquet, to_parquet, without};
use ledger::{Entry, Ledger, Rejected};
use mapper::{Mapped, Mapper};

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
                progress(&format!(
                    "{}: {} objects, {} records, {} rejected",
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
        settle_day(state, table, day, rows, &incoming.replaced, ledger, config.full).await?;
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
}

/// A format with everything that reading needs.
struct Format<'a> {
    table: &'a Table,
    mappings: Vec<(&'a str, &'a Query)>,
    objects: Option<Regex>,
    skip: Option<Regex>,
    digest: String,
}

impl<'a> Format<'a> {
    fn find(project: &'a Project, source: &'a Source) -> Result<Format<'a>> {
        let table = project.sources.get(&source.format).ok_or_else(|| unknown_format(project, source))?;
        let mappings: Vec<_> = project.mappings(&source.format).collect();
        let pattern = |key: &str| {
            table.header.get(key).map(Regex::new).transpose().map_err(|error| {
                Error::project(format!("`{key}:` is no regular expression"))
                    .at(format!("at {}", table.path))
                    .because(error)
            })
        };
        let mut digest = Sha256::new_with_prefix(&table.digest);
        mappings.iter().for_each(|(_, query)| digest.update(&query.sql));
        digest.update([u8::from(source.is_fingerprinted)]);
        let digest = hex(&digest.finalize()[..8]);
        Ok(Format { objects: pattern("objects")?, skip: pattern("skip")?, table, mappings, digest })
    }

    fn holds(&self, key: &str) -> bool {
        self.objects.as_ref().is_none_or(|pattern| pattern.is_match(key)) && !self.skips(key)
    }

    /// Known to be no records.
    fn skips(&self, key: &str) -> bool {
        self.skip.as_ref().is_some_and(|pattern| pattern.is_match(key))
    }
}

fn raw_table(table: &Table) -> RawTable {
    let delimiter = table.options.get("delimiter").and_then(|text| text.bytes().next()).unwrap_or(b',');
    let null_text = table.options.get("null_value").cloned();
    let file = match table.file_type.as_str() {
        "csv" => FileFormat::Csv { delimiter, null_text },
        "parquet" => FileFormat::Parquet,
        _ => FileFormat::Json,
    };
    RawTable { name: table.name.clone(), file, schema: table.schema.clone() }
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

/// The error for a source whose format is in no project file.
pub fn unknown_format(project: &Project, source: &Source) -> Error {
    let known: Vec<&str> = project.sources.keys().map(String::as_str).collect();
    Error::usage(format!("source `{}` has the unknown format `{}`", source.name, source.format))
        .at(format!("known formats: {}", known.join(", ")))
        .hint("correct the format, or add it with two text files in a --project folder (CONTRIBUTING.md, recipe a)")
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
    let (listed, others): (Vec<Listed>, Vec<Listed>) =
        store.list().await?.into_iter().partition(|object| format.holds(&object.key));
    let ignored: Vec<&Listed> = others.iter().filter(|object| !format.skips(&object.key)).collect();
    if let Some(first) = ignored.first() {
        warnings.push(format!(
            "source `{}`: {} objects do not look like `{}` and were left out, first `{}`",
            source.name,
            ignored.len(),
            source.format,
            first.key
        ));
    }
    ledger.excuse_vanished(&source.name, &listed.iter().map(|object| object.key.as_str()).collect());
    if listed.is_empty() {
        warnings.push(format!("source `{}` has no object that looks like `{}`", source.name, source.format));
    }
    let wanted: Vec<Listed> =
        listed.into_iter().filter(|object| must_read(config, source, ledger, object, &format.digest)).collect();
    let mut raw = raw_table(format.table);
    if !source.is_fingerprinted {
        raw.schema = without_fingerprints(&raw.schema);
    }
    let mut reader = Reader::new(raw, Limits::default());
    let mut mapper =
        Mapper { engine, project, source, format: &format, batches: Vec::new(), rows: 0, seen: BTreeMap::new() };
    let mut reads: Vec<(Listed, ObjectRead)> = Vec::new();
    let mut fetched = futures::stream::iter(wanted.into_iter().map(|object| {
        let store = store.clone();
        async move { (store.get(&object.key).await, object) }
    }))
    .buffered(config.engine.concurrency.max(1));
    let mut failure = None;
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
    let read = finish_source(source, &format, reads, mapper.seen, ledger, incoming, warnings);
    if let Some(error) = failure {
        return Err(error);
    }
    judge_source(source, ledger)?;
    Ok(read)
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
        if let Some(old) = ledger.entry(&source.name, &listed.key) {
            for (contract, days) in &old.event_days {
                incoming.touched.extend(days.iter().map(|day| (contract.clone(), *day)));
            }
        }
        incoming.replaced.insert((source.name.clone(), listed.key.clone()));
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
        };
        ledger.put(entry, rejected);
    }
    if let (true, Some(reason)) = (total.rejected > 0, &first_reason) {
        warnings.push(format!(
            "source `{}`: {} of {} records were rejected; first {reason}; `trimtab sql \"select * from quarantine\"` shows all",
            source.name, total.rejected, total.records
        ));
    }
    total
}

/// The settled rows of a day and the originals of its repeated calls, if the day is known.
async fn stored_rows(
    state: &Store,
    schema: &SchemaRef,
    kept_key: &str,
    originals_key: &str,
) -> Result<Option<(RecordBatch, RecordBatch)>> {
    let read = |key: &str, bytes| from_parquet(bytes, schema).map_err(|error| error.at(format!("at {key}")));
    let Some(bytes) = state.get_if_exists(kept_key).await? else { return Ok(None) };
    let originals = match state.get_if_exists(originals_key).await? {
        Some(bytes) => read(originals_key, bytes)?,
        None => RecordBatch::new_empty(schema.clone()),
    };
    Ok(Some((read(kept_key, bytes)?, originals)))
}

/// Settles one day: what it held, less the rows of objects that were read again, plus the new rows.
async fn settle_day(
    state: &Store,
    table: &Table,
    day: NaiveDate,
    rows: Vec<RecordBatch>,
    replaced: &BTreeSet<(String, String)>,
    ledger: &mut Ledger,
    is_full: bool,
) -> Result<()> {
    let name = &table.name;
    let (kept_key, originals_key) =
        (format!("{name}/event_date={day}/part.parquet"), format!("{name}_originals/event_date={day}/part.parquet"));
    let stored = Arc::new(without(&table.schema, "event_date"));
    let mut all = Vec::new();
    match stored_rows(state, &stored, &kept_key, &originals_key).await {
        Ok(None) => {}
        Ok(Some((kept, originals))) => {
            all = repeats::originals(&kept, &originals, |source, key| {
                replaced.contains(&(source.to_string(), key.to_string()))
            })?;
        }
        // A broken file is built again from the objects that are still there.
        Err(error) if is_full && error.kind() == Kind::Engine => {}
        Err(error) => return Err(error),
    }
    for batch in rows {
        let columns = stored.fields().iter().filter_map(|field| batch.column_by_name(field.name()).cloned()).collect();
        all.push(RecordBatch::try_new(stored.clone(), columns)?);
    }
    let settled = repeats::settle(table, day, &concat_batches(&stored, &all)?)?;
    for (key, rows) in [(&originals_key, &settled.originals), (&kept_key, &settled.kept)] {
        if rows.num_rows() == 0 { state.delete(key).await? } else { state.put(key, to_parquet(rows)?).await? }
    }
    ledger.put_repeats(name, day, settled.counts);
    Ok(())
}
