//! Raw rows to contract rows: runs the mappings, fills what the program knows, finds what breaks a rule. The mappings of a
//! source are planned once and work on whole objects, several groups of them at once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType};

use super::{Format, contract_of};
use crate::config::{DayBasis, Source};
use crate::engine::{Engine, Prepared};
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::schema::{Table, null_in_required, nullable};

/// Records of one go that a mapping may fail on before its source fails: then it is the mapping that is wrong.
const MOST_FAILING: usize = 1_000;
const DAY_MICROS: i64 = 86_400_000_000;
/// Days since 1970 of the years 2000 to 2199: a time outside them is a wrong unit.
const PLAUSIBLE_DAYS: std::ops::Range<i64> = 10_957..84_006;

/// One contract that a format's mapping fills.
struct Target {
    name: String,
    table: Table,
    path: String,
    rows: Prepared,
    /// Gives the reason to reject a row, by the contract's `reject:` rules.
    reason: Option<Prepared>,
}

/// The mappings of a source, planned.
pub(super) struct Mapping {
    source: Source,
    targets: Vec<Target>,
    /// Counts the records that the format knows as its own; a format that does not say knows all.
    known: Option<Prepared>,
}

/// What the mappings made of some whole objects, in the order of their records.
#[derive(Default)]
pub(super) struct Outcome {
    /// Records that the format's `recognised_by:` knows.
    pub(super) recognised: i64,
    /// What they gave.
    pub(super) parts: Vec<Piece>,
}

/// What a mapping gave, or could not give.
pub(super) enum Piece {
    /// Rows of a contract, each with the reason to reject it.
    Rows(String, RecordBatch, Vec<Option<String>>),
    /// A record, by object and line, that could not be mapped to a contract.
    Failing(String, String, i64),
}

impl Mapping {
    /// Plans the mappings of a source over its raw rows.
    ///
    /// # Errors
    /// `Project` or `Usage` when one does not plan.
    pub(super) async fn plan(
        engine: &Engine,
        project: &Project,
        source: &Source,
        format: &Format<'_>,
        raw: &SchemaRef,
    ) -> Result<Mapping> {
        let mut targets = Vec::new();
        for (name, query) in &format.mappings {
            let table = contract_of(project, name)?.clone();
            let rows = engine.prepare(query, &format.table.name, raw, None).await?;
            let reason = reason(engine, &table).await?;
            targets.push(Target { name: (*name).to_string(), table, path: query.path.clone(), rows, reason });
        }
        let known = match format.counts_known() {
            Some(select) => engine.prepare_select(&select, &format.table.name, raw).await.ok(),
            None => None,
        };
        Ok(Mapping { source: source.clone(), targets, known })
    }

    /// Maps the rows of whole objects.
    ///
    /// # Errors
    /// `Engine` when the mapping itself fails, not only on some records.
    pub(super) async fn map(&self, batches: Vec<RecordBatch>) -> Result<Outcome> {
        let Some(schema) = batches.first().map(RecordBatch::schema) else { return Ok(Outcome::default()) };
        let recognised = self.recognised(&batches).await;
        let parts = match self.mapped(&batches, None).await {
            Ok(mapped) => mapped,
            Err(error) if error.kind() == Kind::Engine => {
                self.map_parts(concat_batches(&schema, &batches)?, error).await?
            }
            Err(error) => return Err(error),
        };
        Ok(Outcome { recognised, parts })
    }

    async fn recognised(&self, batches: &[RecordBatch]) -> i64 {
        let all = batches.iter().map(|batch| batch.num_rows() as i64).sum();
        let Some(known) = &self.known else { return all };
        // A value that the predicate cannot compute is the mapping's to judge.
        let Ok(rows) = known.run(batches).await else { return all };
        rows.first().and_then(|rows| rows.column(0).as_primitive_opt::<Int64Type>()).map_or(all, |c| c.value(0))
    }

    /// A record that a mapping cannot compute, such as a sum out of range, is rejected alone: the rows are halved until it
    /// is found, between objects first, because a mapping may look at an object's other lines.
    async fn map_parts(&self, rows: RecordBatch, error: Error) -> Result<Vec<Piece>> {
        let (mut mapped, mut failing) = (Vec::new(), 0);
        let mut parts = halves(&rows)?;
        while let Some(part) = parts.pop() {
            match self.mapped(std::slice::from_ref(&part), None).await {
                Ok(pieces) => mapped.extend(pieces),
                Err(_) if part.num_rows() > 1 => parts.extend(halves(&part)?),
                Err(_) => {
                    failing += 1;
                    if failing > MOST_FAILING {
                        return Err(error);
                    }
                    mapped.extend(self.map_one(&part).await?);
                }
            }
        }
        Ok(mapped)
    }

    /// One record, each contract by itself.
    async fn map_one(&self, record: &RecordBatch) -> Result<Vec<Piece>> {
        let mut mapped = Vec::new();
        for target in &self.targets {
            match self.mapped(std::slice::from_ref(record), Some(&target.name)).await {
                Ok(pieces) => mapped.extend(pieces),
                Err(_) => {
                    let (key, line) = place_of(record)?;
                    mapped.push(Piece::Failing(target.name.clone(), key, line));
                }
            }
        }
        Ok(mapped)
    }

    /// The contract rows of raw rows, each with the reason to reject it; of all contracts, or of one.
    async fn mapped(&self, batches: &[RecordBatch], only: Option<&str>) -> Result<Vec<Piece>> {
        let mut all = Vec::new();
        for target in self.targets.iter().filter(|target| only.is_none_or(|only| only == target.name)) {
            for batch in target.rows.run(batches).await?.iter().filter(|batch| batch.num_rows() > 0) {
                let rows = fill(&target.table, &self.source, batch);
                let rows = rows.map_err(|error| error.at(format!("at {}", target.path)))?;
                let reasons = target.reasons(&rows).await?;
                all.push(Piece::Rows(target.name.clone(), rows, reasons));
            }
        }
        Ok(all)
    }
}

/// Mapped rows before they are judged: what is required may be missing.
const MAPPED: &str = "_mapped";

async fn reason(engine: &Engine, table: &Table) -> Result<Option<Prepared>> {
    let Some(rules) = table.header.get("reject") else { return Ok(None) };
    let cases: Vec<String> = rules
        .split(';')
        .filter_map(|rule| rule.split_once(" when "))
        .map(|(code, condition)| format!("when {condition} then '{}'", code.trim()))
        .collect();
    let sql = format!("select case {} end as reason from {MAPPED}", cases.join(" "));
    let prepared = engine.prepare_select(&sql, MAPPED, &nullable(&table.schema)).await;
    prepared.map(Some).map_err(|error| error.at(format!("`reject:` of {}", table.path)))
}

impl Target {
    /// The reason for which each row is rejected.
    async fn reasons(&self, rows: &RecordBatch) -> Result<Vec<Option<String>>> {
        let mut reasons: Vec<Option<String>> = vec![None; rows.num_rows()];
        if null_in_required(&self.table.schema, rows.columns()).is_some() {
            for (field, column) in
                self.table.schema.fields().iter().zip(rows.columns()).filter(|(field, _)| !field.is_nullable())
            {
                for (_, reason) in reasons.iter_mut().enumerate().filter(|(row, _)| column.is_null(*row)) {
                    reason.get_or_insert_with(|| match field.name().as_str() {
                        "event_date" => "NO_TIME: the row has no time, or one outside the years 2000 to 2199, so it belongs to no day".into(),
                        name => format!("`{name}` is missing, but required"),
                    });
                }
            }
        }
        let Some(reason) = &self.reason else { return Ok(reasons) };
        let found = reason.run(std::slice::from_ref(rows)).await;
        let found = found.map_err(|error| error.at(format!("`reject:` of {}", self.table.path)))?;
        let found = found.iter().flat_map(|batch| batch.column(0).as_string::<i32>());
        for (reason, found) in reasons.iter_mut().zip(found).filter(|(_, found)| found.is_some()) {
            *reason = reason.take().or(found.map(String::from));
        }
        Ok(reasons)
    }
}

/// Two parts of raw rows, cut where an object begins if there is such a place.
fn halves(rows: &RecordBatch) -> Result<Vec<RecordBatch>> {
    let count = rows.num_rows();
    if count < 2 {
        return Ok(vec![rows.clone()]);
    }
    let keys = object_keys(rows)?;
    let is_border = |at: &usize| keys.value(*at) != keys.value(*at - 1);
    let middle = count / 2;
    let border = (middle..count).find(is_border).or_else(|| (1..middle).rev().find(is_border)).unwrap_or(middle);
    Ok(vec![rows.slice(border, count - border), rows.slice(0, border)])
}

fn object_keys(rows: &RecordBatch) -> Result<&StringArray> {
    let keys = rows.column_by_name("_object_key").and_then(|column| column.as_string_opt::<i32>());
    keys.ok_or_else(|| Error::engine("raw rows lack `_object_key`"))
}

/// Object and line of a raw row.
fn place_of(record: &RecordBatch) -> Result<(String, i64)> {
    let line = record.column_by_name("_line").and_then(|column| column.as_primitive_opt::<Int64Type>());
    let line = line.ok_or_else(|| Error::engine("raw rows lack `_line`"))?;
    Ok((object_keys(record)?.value(0).to_string(), line.value(0)))
}

/// Adds the columns that the program fills. Required columns may still be null here; they are rejected next.
fn fill(table: &Table, source: &Source, batch: &RecordBatch) -> Result<RecordBatch> {
    let mut columns = table.conform(batch)?;
    let rows = batch.num_rows();
    let same = |text: &str| Arc::new(StringArray::from(vec![text; rows])) as ArrayRef;
    let days = event_days(table, source, &columns, rows);
    for (place, field) in table.schema.fields().iter().enumerate() {
        match field.name().as_str() {
            "x_source" => columns[place] = same(&source.name),
            "x_source_format" => columns[place] = same(&source.format),
            "x_record_id" => columns[place] = same(""),
            "x_source_rank" => columns[place] = Arc::new(Int64Array::from(vec![source.rank; rows])),
            "x_repeats" => columns[place] = Arc::new(Int64Array::from(vec![0; rows])),
            "event_date" => columns[place] = Arc::new(days.clone()),
            _ => {}
        }
    }
    Ok(RecordBatch::try_new(nullable(&table.schema), columns)?)
}

/// The UTC day of each row: the first of the contract's `day:` columns that is known, in the order of the source's basis.
fn event_days(table: &Table, source: &Source, columns: &[ArrayRef], rows: usize) -> Date32Array {
    let mut names: Vec<&str> = table.header.get("day").unwrap_or("").split('|').map(str::trim).collect();
    if source.day_basis == DayBasis::Start {
        names.reverse();
    }
    let times: Vec<ArrayRef> =
        names.iter().filter_map(|name| table.schema.index_of(name).ok()).map(|place| columns[place].clone()).collect();
    let empty = new_null_array(&DataType::Timestamp(TimeUnit::Microsecond, None), rows);
    (0..rows)
        .map(|row| {
            let time = times.iter().find(|time| time.is_valid(row)).unwrap_or(&empty);
            let micros =
                time.as_primitive_opt::<TimestampMicrosecondType>().filter(|time| time.is_valid(row))?.value(row);
            let day = micros.div_euclid(DAY_MICROS);
            PLAUSIBLE_DAYS.contains(&day).then(|| i32::try_from(day).ok()).flatten()
        })
        .collect()
}
