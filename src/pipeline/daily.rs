//! Daily relations, one file a day: each is built for the days that changed as soon as what it reads is there, several at
//! once. What one gives is held for those that read it, so that it is not read back from the file that was just written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Date32Type, SchemaRef};
use bytes::Bytes;
use chrono::{Duration, NaiveDate};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::build::rows;
use super::by_parts::Written;
use super::versions::{HAS_FILE, Known, Versions};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::{gone, lost};
use crate::project::{Project, Query, graph};
use crate::schema::{Table, hex};
use crate::store::Store;
use crate::table_file::{day_to_parquet, without};

/// Relations that are built at once, where the machine has as many cores.
const AT_ONCE: usize = 4;

/// Bytes of a relation up to which it is held for its readers.
pub(super) const HELD_BYTES: usize = 192 << 20;

/// Days of the state.
#[derive(Debug, Default, Clone)]
pub struct Days {
    /// Days whose requests changed.
    pub changed: BTreeSet<NaiveDate>,
    /// Days whose requests are kept.
    pub open: BTreeSet<NaiveDate>,
    /// Days that have requests, kept or not.
    pub known: BTreeSet<NaiveDate>,
}

/// What became of the days of a daily relation.
#[derive(Debug, Default)]
pub struct Built {
    /// Days that were written.
    pub days: BTreeSet<NaiveDate>,
    /// Days that an older version wrote and that stay so: their requests are gone.
    pub older: BTreeSet<NaiveDate>,
}

/// A relation whose changed days were built.
struct Done {
    built: Built,
    known: Known,
    /// Their rows, unless they are too many.
    held: Option<Vec<RecordBatch>>,
}

/// Rows of some days of a relation.
#[derive(Clone)]
struct Held {
    days: BTreeSet<NaiveDate>,
    rows: Vec<RecordBatch>,
}

/// What every relation is built from.
pub(super) struct Site {
    pub(super) engine: Engine,
    pub(super) project: Project,
    pub(super) state: Store,
    days: Days,
    /// Whose write it is.
    turn: Mutex<()>,
}

/// Builds the days of all daily relations that changed, or that an older version of a relation wrote, and tells of each
/// relation.
///
/// # Errors
/// As [`rows`], and `Storage`; the others are given up.
pub async fn build(
    engine: &Engine,
    project: &Project,
    state: &Store,
    days: &Days,
    versions: &mut Versions,
    mut tell: impl FnMut(&str, &Built),
) -> Result<()> {
    let (engine, project) = (engine.clone(), project.clone());
    let site = Arc::new(Site { engine, project, state: state.clone(), days: days.clone(), turn: Mutex::new(()) });
    let mut waiting: Vec<&Query> = site.project.layer(graph::Layer::Daily).collect();
    let mut missing: BTreeSet<&str> = waiting.iter().map(|query| query.name.as_str()).collect();
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_once()
            && let Some(next) =
                waiting.iter().position(|query| query.inputs.iter().all(|input| !missing.contains(input.as_str())))
        {
            let query = waiting.remove(next).clone();
            let known = versions.0.remove(&query.name).unwrap_or_default();
            let inputs = query.inputs.iter().filter_map(|input| Some((input.clone(), held.get(input)?.clone())));
            let (site, inputs) = (site.clone(), inputs.collect());
            running.spawn(async move {
                let done = site.changed(&query, known, inputs).await;
                (query.name, done)
            });
            held.retain(|name, _| waiting.iter().any(|query| query.inputs.contains(name)));
        }
        let Some(ended) = running.join_next().await else { return Ok(()) };
        let (name, done) = ended.map_err(|error| Error::engine("a relation came to no end").because(error))?;
        let Done { built, known, held: rows } = done?;
        tell(&name, &built);
        missing.remove(name.as_str());
        versions.0.insert(name.clone(), known);
        if let Some(rows) = rows.filter(|_| waiting.iter().any(|query| query.inputs.contains(&name))) {
            held.insert(name, Held { days: built.days, rows });
        }
    }
}

pub(super) fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(AT_ONCE)
}

/// Demands the open days that another version built, before any of them is written: a run that ends half way must not leave
/// days that pass for the version before. Says whether there are any.
pub fn demand_outdated(project: &Project, open: &BTreeSet<NaiveDate>, versions: &mut Versions) -> bool {
    let mut found = false;
    for query in project.layer(graph::Layer::Daily) {
        let version = version(project, query);
        let known = versions.0.get_mut(&query.name).into_iter().flatten();
        let is_outdated = |of: &str| !of.is_empty() && of.trim_end_matches(HAS_FILE) != version;
        for (_, of) in known.filter(|(day, of)| open.contains(day) && is_outdated(of)) {
            of.clear();
            found = true;
        }
    }
    found
}

impl Site {
    /// Writes a file of a relation. One goes at a time, as all that the lock guards: each write on its way may come after a
    /// pause of this run.
    pub(super) async fn put(&self, folder: &Store, key: &str, bytes: Bytes) -> Result<()> {
        let _turn = self.turn.lock().await;
        folder.put(key, bytes).await
    }

    /// Deletes a file of a relation, in its turn too.
    pub(super) async fn delete(&self, folder: &Store, key: &str) -> Result<()> {
        let _turn = self.turn.lock().await;
        folder.delete(key).await
    }

    /// Builds the changed days of one relation, one file a day.
    async fn changed(&self, query: &Query, mut known: Known, held: BTreeMap<String, Held>) -> Result<Done> {
        let Site { project, state, .. } = self;
        let Days { changed, open, known: standing } = &self.days;
        let version = version(project, query);
        // Relations as fine as requests go with them.
        let is_kept = |day: &NaiveDate| query.header.get("kept_with").is_none() || open.contains(day);
        let written =
            known.iter().filter(|(day, of)| of.ends_with(HAS_FILE) && is_kept(day)).map(|(day, _)| *day).collect();
        for day in lost(state, &query.name, written).await? {
            if !open.contains(&day) && !changed.contains(&day) {
                return Err(gone(
                    &query.name,
                    day,
                    &format!(
                        "`--from {day} --to {day}` builds it again from the objects that are still there; else put the file back"
                    ),
                ));
            }
            known.insert(day, String::new());
        }
        let is_current = |of: &String| of.trim_end_matches(HAS_FILE) == version;
        let stale = open.iter().filter(|day| !known.get(day).is_some_and(is_current)).copied();
        // A day that lost its last row is kept no more, but what was built of it still stands.
        let forgotten = known.iter().filter(|(_, version)| version.is_empty()).map(|(day, _)| *day);
        let wanted: BTreeSet<NaiveDate> = changed.iter().copied().chain(stale).chain(forgotten).collect();
        let mut all = None;
        if !wanted.is_empty() {
            let written = match query.header.get("by_row") {
                Some(input) => self.by_parts(query, input, &wanted).await?,
                None => {
                    let rows = self.rows(query, &wanted, held).await?;
                    let days = self.write(query, &wanted, &rows).await?;
                    Written { days, held: (rows.get_array_memory_size() <= HELD_BYTES).then(|| vec![rows]) }
                }
            };
            for day in &wanted {
                let mark = if written.days.contains(day) { HAS_FILE.to_string() } else { String::new() };
                match standing.contains(day) {
                    true => known.insert(*day, version.clone() + &mark),
                    false => known.remove(day),
                };
            }
            all = written.held;
        }
        let older =
            known.iter().filter(|(day, of)| !is_current(of) && !open.contains(*day)).map(|(day, _)| *day).collect();
        Ok(Done { built: Built { days: wanted, older }, known, held: all })
    }

    /// The rows of some days.
    async fn rows(
        &self,
        query: &Query,
        wanted: &BTreeSet<NaiveDate>,
        mut held: BTreeMap<String, Held>,
    ) -> Result<RecordBatch> {
        let Site { engine, project, state, .. } = self;
        // Beside each other, queries may look at different days of the same relation.
        let engine = engine.with_tables_of(query.inputs.iter().filter(|input| !is_by_day(project, input))).await?;
        let chosen: Vec<NaiveDate> = wanted.iter().copied().collect();
        for input in query.inputs.iter().filter(|input| is_by_day(project, input)) {
            let Some(table) = project.contract(input) else { continue };
            match held.remove(input).filter(|held| held.days == *wanted) {
                Some(held) => engine.register(input, table.schema.clone(), held.rows)?,
                None => engine.register_days(input, &table.schema, &state.join(input)?, Some(&chosen))?,
            }
        }
        rows(&engine, project, query).await
    }

    pub(super) fn contract_of(&self, query: &Query) -> Result<&Table> {
        self.project.contract(&query.name).ok_or_else(|| {
            Error::project(format!("daily relation `{}` has no contract", query.name))
                .at(format!("at {}", query.path))
                .hint(format!("write schemas/contracts/{}.sql", query.name))
        })
    }

    /// Writes a file for each day that has rows, and says which have; of the others there is none any more.
    async fn write(
        &self,
        query: &Query,
        wanted: &BTreeSet<NaiveDate>,
        rows: &RecordBatch,
    ) -> Result<BTreeSet<NaiveDate>> {
        let contract = self.contract_of(query)?;
        let folder = self.state.join(&query.name)?;
        let file_schema: SchemaRef = Arc::new(without(&contract.schema, "event_date"));
        let by_day = split(rows)?;
        if let Some(day) = by_day.keys().find(|day| !wanted.contains(day)) {
            return Err(strange_day(query, *day));
        }
        for day in wanted {
            let key = format!("event_date={day}/part.parquet");
            match by_day.get(day) {
                Some(rows) => {
                    let rows = project_to(rows, &file_schema)?;
                    let column =
                        |column: usize, range: Range<usize>| Ok(rows.column(column).slice(range.start, range.len()));
                    let bytes = day_to_parquet(&file_schema, rows.num_rows(), &column)?;
                    self.put(&folder, &key, bytes).await?;
                }
                None => self.delete(&folder, &key).await?,
            }
        }
        Ok(by_day.into_keys().collect())
    }
}

/// The error for a row of a day that nobody asked for.
fn strange_day(query: &Query, day: NaiveDate) -> Error {
    Error::project(format!("query `{}` gives rows of {day}, a day that it was not asked for", query.name))
        .at(format!("at {}", query.path))
        .hint("a daily query keeps the event_date of its input")
}

/// Whether a relation is kept as one file a day.
pub fn is_by_day(project: &Project, relation: &str) -> bool {
    ["requests", "charges", "evaluations"].contains(&relation)
        || project.layer(graph::Layer::Daily).any(|query| query.name == relation)
}

/// A daily relation's version: its text, its contract, and the facts and relations that it reads.
fn version(project: &Project, query: &Query) -> String {
    let mut digest = Sha256::new_with_prefix(&query.sql);
    if let Some(contract) = project.contract(&query.name) {
        digest.update(&contract.digest);
    }
    for input in &query.inputs {
        if let Some(seed) = project.seeds.get(input) {
            digest.update(&seed.digest);
        } else if let Some(other) = project.layer(graph::Layer::Daily).find(|other| &other.name == input) {
            digest.update(version(project, other));
        }
    }
    hex(&digest.finalize()[..8])
}

pub(super) fn project_to(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().filter_map(|field| rows.column_by_name(field.name()).cloned()).collect();
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

/// Rows by day.
pub(super) fn split(rows: &RecordBatch) -> Result<BTreeMap<NaiveDate, RecordBatch>> {
    let days = rows
        .column_by_name("event_date")
        .and_then(|column| column.as_primitive_opt::<Date32Type>())
        .ok_or_else(|| Error::project("a daily relation has no `event_date`"))?;
    let date = |day: i32| NaiveDate::default() + Duration::days(i64::from(day));
    let days = days.values();
    // Mostly they stand day by day.
    if days.is_sorted() {
        let mut begin = 0;
        let of_day = days.chunk_by(|day, next| day == next).map(|of_day| {
            let rows = rows.slice(begin, of_day.len());
            begin += of_day.len();
            (date(of_day[0]), rows)
        });
        return Ok(of_day.collect());
    }
    let mut places: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for (row, day) in (0..).zip(days) {
        places.entry(*day).or_default().push(row);
    }
    places
        .into_iter()
        .map(|(day, rows_of_day)| Ok((date(day), take_record_batch(rows, &UInt32Array::from(rows_of_day))?)))
        .collect()
}
