//! One relation: run its query, hold it to its contract, order it by its grain, write it as Parquet, register it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{Date32Type, Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};
use bytes::Bytes;
use chrono::{Duration, NaiveDate};
use sha2::{Digest, Sha256};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::{gone, lost};
use crate::project::{Project, Query, graph};
use crate::schema::{hex, null_in_required};
use crate::store::Store;
use crate::table_file::{to_parquet, without};

const VERSIONS: &str = "daily_versions.json";

/// After a version: the day has rows, so that its file must be there. Older states say so of no day.
const HAS_FILE: char = '+';

/// Versions of the daily relations by relation and day.
#[derive(Debug, Default)]
pub struct Versions(BTreeMap<String, BTreeMap<NaiveDate, String>>);

impl Versions {
    /// Loads what a state holds; with `is_full` a broken record is as good as none.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub async fn load(state: &Store, is_full: bool) -> Result<Versions> {
        let Some(bytes) = state.get_if_exists(VERSIONS).await? else { return Ok(Versions::default()) };
        match serde_json::from_slice(&bytes) {
            Ok(versions) => Ok(Versions(versions)),
            Err(_) if is_full => Ok(Versions::default()),
            Err(error) => Err(Error::engine(format!("`{VERSIONS}` of the state is broken"))
                .because(error)
                .hint("run with --full")),
        }
    }

    /// Forgets what built some days, so that they are built again.
    pub fn forget(&mut self, days: &BTreeSet<NaiveDate>) {
        for known in self.0.values_mut() {
            known.iter_mut().filter(|(day, _)| days.contains(day)).for_each(|(_, version)| version.clear());
        }
    }

    /// Notes that days of some relations have to be built, also ones that were never built: a run that is killed before it
    /// builds a day that closes tonight must not leave it out for good.
    pub fn demand<'a>(&mut self, relations: impl Iterator<Item = &'a str>, days: &BTreeSet<NaiveDate>) {
        for relation in relations {
            let known = self.0.entry(relation.to_string()).or_default();
            known.extend(days.iter().map(|day| (*day, String::new())));
        }
    }

    /// Forgets the days before one that nothing is kept of.
    pub fn prune(&mut self, first: Option<NaiveDate>) {
        for known in self.0.values_mut() {
            known.retain(|day, version| version.is_empty() || first.is_none_or(|first| *day >= first));
        }
    }

    /// Writes them.
    ///
    /// # Errors
    /// `Storage` when they cannot be written.
    pub async fn save(&self, state: &Store) -> Result<()> {
        let text =
            serde_json::to_vec(&self.0).map_err(|error| Error::engine("versions cannot be encoded").because(error))?;
        state.put(VERSIONS, Bytes::from(text)).await
    }
}

/// Runs a query and gives its rows with the contract's schema, in the order of its grain.
///
/// # Errors
/// `Project`, `Contract` or `Engine`; a grain that is not unique is a `Project` error that names the query.
pub async fn rows(engine: &Engine, project: &Project, query: &Query) -> Result<RecordBatch> {
    let (schema, batches) = engine.run(query).await?;
    let rows = concat_batches(&schema, &batches)?;
    let relation = if query.layer == graph::Layer::Lever { "proposals" } else { &query.name };
    let rows = match project.contract(relation) {
        None => rows,
        Some(contract) => {
            contract.compare(&schema, &query.name, &query.path, &[])?;
            let columns = contract.conform(&rows)?;
            if let Some(column) = null_in_required(&contract.schema, &columns) {
                return Err(Error::contract(format!(
                    "query `{}` gives null in the required column `{column}`",
                    query.name
                ))
                .at(format!("at {}", query.path))
                .hint("drop `not null` in the contract, or give the column a value and a reason"));
            }
            RecordBatch::try_new(contract.schema.clone(), columns)?
        }
    };
    by_grain(query, &rows)
}

fn by_grain(query: &Query, rows: &RecordBatch) -> Result<RecordBatch> {
    let grain = query.header.list("grain");
    let mut columns = Vec::new();
    for name in &grain {
        columns.push(rows.column_by_name(name).cloned().ok_or_else(|| {
            Error::project(format!("the grain of `{}` names `{name}`, which is no column", query.name))
                .at(format!("at {}", query.path))
        })?);
    }
    if rows.num_rows() < 2 {
        return Ok(rows.clone());
    }
    let sort: Vec<SortColumn> =
        columns.iter().map(|column| SortColumn { values: column.clone(), options: None }).collect();
    let order = lexsort_to_indices(&sort, None)?;
    let converter = RowConverter::new(columns.iter().map(|c| SortField::new(c.data_type().clone())).collect())?;
    let keys = converter.convert_columns(&columns)?;
    for pair in order.values().windows(2) {
        if keys.row(pair[0] as usize) == keys.row(pair[1] as usize) {
            return Err(Error::project(format!("query `{}` gives two rows for one {}", query.name, grain.join(", ")))
                .at(format!("at {}", query.path))
                .hint("correct the grain in the header, or aggregate"));
        }
    }
    Ok(take_record_batch(rows, &order)?)
}

/// Builds a relation of the decision layer whole and writes it below `run_date=D` of the state.
///
/// # Errors
/// As [`rows`], and `Storage` when it cannot be written.
pub async fn whole(
    engine: &Engine,
    project: &Project,
    state: &Store,
    date: NaiveDate,
    query: &Query,
) -> Result<RecordBatch> {
    let rows = rows(engine, project, query).await?;
    state.put(&format!("run_date={date}/{}.parquet", query.name), to_parquet(&rows)?).await?;
    Ok(rows)
}

/// Days of the state.
#[derive(Debug, Default)]
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

/// Builds the days of a daily relation that changed, or that an older version of it wrote, one file a day.
///
/// # Errors
/// As [`rows`], and `Storage`.
pub async fn days(
    engine: &Engine,
    project: &Project,
    state: &Store,
    query: &Query,
    Days { changed, open, known: standing }: &Days,
    versions: &mut Versions,
) -> Result<Built> {
    let version = version(project, query);
    let known = versions.0.entry(query.name.clone()).or_default();
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
    let contract = project.contract(&query.name).ok_or_else(|| {
        Error::project(format!("daily relation `{}` has no contract", query.name))
            .at(format!("at {}", query.path))
            .hint(format!("write schemas/contracts/{}.sql", query.name))
    })?;
    let folder = state.join(&query.name)?;
    if !wanted.is_empty() {
        let chosen: Vec<NaiveDate> = wanted.iter().copied().collect();
        for input in &query.inputs {
            if let (true, Some(table)) = (is_by_day(project, input), project.contract(input)) {
                engine.register_days(input, &table.schema, &state.join(input)?, Some(&chosen))?;
            }
        }
        let rows = rows(engine, project, query).await?;
        let file_schema: SchemaRef = Arc::new(without(&contract.schema, "event_date"));
        let mut by_day = split(&rows)?;
        for day in &wanted {
            let key = format!("event_date={day}/part.parquet");
            let mut built = version.clone();
            match by_day.remove(day) {
                Some(rows) => {
                    folder.put(&key, to_parquet(&project_to(&rows, &file_schema)?)?).await?;
                    built.push(HAS_FILE);
                }
                None => folder.delete(&key).await?,
            }
            match standing.contains(day) {
                true => known.insert(*day, built),
                false => known.remove(day),
            };
        }
        if let Some(day) = by_day.keys().next() {
            return Err(Error::project(format!(
                "query `{}` gives rows of {day}, a day that it was not asked for",
                query.name
            ))
            .at(format!("at {}", query.path))
            .hint("a daily query keeps the event_date of its input"));
        }
    }
    let older = known.iter().filter(|(day, of)| !is_current(of) && !open.contains(*day)).map(|(day, _)| *day).collect();
    Ok(Built { days: wanted, older })
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

fn project_to(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().filter_map(|field| rows.column_by_name(field.name()).cloned()).collect();
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

fn split(rows: &RecordBatch) -> Result<BTreeMap<NaiveDate, RecordBatch>> {
    let days = rows
        .column_by_name("event_date")
        .and_then(|column| column.as_primitive_opt::<Date32Type>())
        .ok_or_else(|| Error::project("a daily relation has no `event_date`"))?;
    let mut places: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for row in 0..days.len() {
        places.entry(days.value(row)).or_default().push(row as u32);
    }
    places
        .into_iter()
        .map(|(day, rows_of_day)| {
            let day = NaiveDate::default() + Duration::days(i64::from(day));
            Ok((day, take_record_batch(rows, &UInt32Array::from(rows_of_day))?))
        })
        .collect()
}

/// The schema that a relation is registered with before it is built, for planning.
pub fn planned_schema(project: &Project, query: &Query, planned: &Schema) -> SchemaRef {
    project.contract(&query.name).map_or_else(|| Arc::new(planned.clone()), |contract| contract.schema.clone())
}
