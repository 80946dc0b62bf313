//! Raw rows to contract rows: runs the mappings, fills what the program knows, rejects what breaks a rule, files by day.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use chrono::NaiveDate;

use super::horizon::{Horizon, Standing};
use super::ledger::DayRows;
use super::{Format, Incoming, contract_of};
use crate::config::{DayBasis, Source};
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::schema::{Table, null_in_required};

/// Raw rows that are mapped at once.
const ROWS_AT_ONCE: usize = 65_536;
/// Records of one go that a mapping may fail on before its source fails: then it is the mapping that is wrong.
const MOST_FAILING: usize = 1_000;
const DAY_MICROS: i64 = 86_400_000_000;
/// Days since 1970 of the years 2000 to 2199: a time outside them is a wrong unit.
const PLAUSIBLE_DAYS: std::ops::Range<i64> = 10_957..84_006;

/// What the mappings made of one object. There may be as many as there are objects, so it holds no more than it must.
#[derive(Default)]
pub(super) struct Mapped {
    /// Lines of the records that gave rows, each once if the mappings keep their order.
    records: Vec<i64>,
    pub(super) rows: i64,
    pub(super) rejected: Vec<(i64, String, String)>,
    /// Rows that are kept, by contract and day.
    pub(super) days: Vec<DayRows>,
    /// Rows of closed days; of them, those of days that an earlier run closed.
    pub(super) closed: i64,
    pub(super) late: BTreeMap<NaiveDate, i64>,
}

impl Mapped {
    /// Records that gave at least one row.
    pub(super) fn records(&mut self) -> i64 {
        self.records.sort_unstable();
        self.records.dedup();
        self.records.len() as i64
    }

    fn adds(&mut self, line: i64) {
        self.rows += 1;
        if self.records.last() != Some(&line) {
            self.records.push(line);
        }
    }

    fn keeps(&mut self, contract: &str, day: NaiveDate) {
        match self.days.iter_mut().rev().find(|of| of.day == day && of.contract == contract) {
            Some(of) => of.rows += 1,
            None => {
                self.days.reserve_exact(1);
                self.days.push(DayRows { contract: contract.to_string(), day, rows: 1 });
            }
        }
    }
}

/// Maps raw rows to contracts, a good deal of rows at a time.
pub(super) struct Mapper<'a> {
    pub(super) engine: &'a Engine,
    pub(super) project: &'a Project,
    pub(super) source: &'a Source,
    pub(super) format: &'a Format<'a>,
    pub(super) horizon: &'a Horizon,
    pub(super) batches: Vec<RecordBatch>,
    pub(super) rows: usize,
    pub(super) seen: BTreeMap<String, Mapped>,
    /// Records that the format's `recognised_by:` knows; a format without one knows all.
    pub(super) recognised: i64,
}

impl Mapper<'_> {
    /// Takes raw rows; says whether there are enough to map them.
    pub(super) fn takes(&mut self, batches: Vec<RecordBatch>) -> bool {
        self.rows += batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        self.batches.extend(batches);
        self.rows >= ROWS_AT_ONCE
    }

    /// Maps the rows that wait.
    pub(super) async fn map(&mut self, incoming: &mut Incoming) -> Result<()> {
        let batches = std::mem::take(&mut self.batches);
        self.rows = 0;
        let Some(schema) = batches.first().map(RecordBatch::schema) else { return Ok(()) };
        self.recognised += self.known(&schema, &batches).await?;
        match self.mapped(&schema, batches.clone(), None).await {
            Ok(mapped) => self.take_all(mapped, incoming),
            Err(error) if error.kind() == Kind::Engine => {
                self.map_parts(concat_batches(&schema, &batches)?, error, incoming).await
            }
            Err(error) => Err(error),
        }
    }

    /// How many raw rows the format knows as its own.
    async fn known(&self, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<i64> {
        let all = batches.iter().map(|batch| batch.num_rows() as i64).sum();
        let Some(select) = self.format.counts_known() else { return Ok(all) };
        self.engine.register(&self.format.table.name, schema.clone(), batches.to_vec())?;
        // A value that the predicate cannot compute is the mapping's to judge.
        let Ok((_, rows)) = self.engine.select(&select).await else { return Ok(all) };
        Ok(rows.first().and_then(|rows| rows.column(0).as_primitive_opt::<Int64Type>()).map_or(all, |c| c.value(0)))
    }

    /// A record that a mapping cannot compute, such as a sum out of range, is rejected alone: the rows are halved until it
    /// is found, between objects first, because a mapping may look at an object's other lines.
    async fn map_parts(&mut self, rows: RecordBatch, error: Error, incoming: &mut Incoming) -> Result<()> {
        let schema = rows.schema();
        let mut failing = 0;
        let mut parts = halves(&rows)?;
        while let Some(part) = parts.pop() {
            match self.mapped(&schema, vec![part.clone()], None).await {
                Ok(mapped) => self.take_all(mapped, incoming)?,
                Err(_) if part.num_rows() > 1 => parts.extend(halves(&part)?),
                Err(_) => {
                    failing += 1;
                    if failing > MOST_FAILING {
                        return Err(error);
                    }
                    self.map_one(&part, incoming).await?;
                }
            }
        }
        Ok(())
    }

    /// One record, each contract by itself.
    async fn map_one(&mut self, record: &RecordBatch, incoming: &mut Incoming) -> Result<()> {
        for (contract, _) in &self.format.mappings {
            match self.mapped(&record.schema(), vec![record.clone()], Some(contract)).await {
                Ok(mapped) => self.take_all(mapped, incoming)?,
                Err(_) => {
                    let (key, line) = place_of(record)?;
                    let mapped = self.seen.entry(key).or_default();
                    mapped.adds(line);
                    // The engine's own words may hold the value.
                    let reason = "NOT_COMPUTABLE: a value of the record is out of range for the mapping";
                    mapped.rejected.push((line, (*contract).to_string(), reason.into()));
                }
            }
        }
        Ok(())
    }

    /// The contract rows of raw rows, each with the reason to reject it; of all contracts, or of one.
    async fn mapped(
        &self,
        schema: &SchemaRef,
        batches: Vec<RecordBatch>,
        only: Option<&str>,
    ) -> Result<Vec<(String, RecordBatch, Vec<Option<String>>)>> {
        self.engine.register(&self.format.table.name, schema.clone(), batches)?;
        let mut all = Vec::new();
        for (contract, query) in self.format.mappings.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
            let table = contract_of(self.project, contract)?;
            let (_, mapped) = self.engine.run(query).await?;
            for batch in mapped.iter().filter(|batch| batch.num_rows() > 0) {
                let rows = fill(table, self.source, batch).map_err(|error| error.at(format!("at {}", query.path)))?;
                let reasons = self.reasons(table, &rows).await?;
                all.push(((*contract).to_string(), rows, reasons));
            }
        }
        Ok(all)
    }

    fn take_all(
        &mut self,
        mapped: Vec<(String, RecordBatch, Vec<Option<String>>)>,
        incoming: &mut Incoming,
    ) -> Result<()> {
        mapped.into_iter().try_for_each(|(contract, rows, reasons)| self.take(&contract, rows, &reasons, incoming))
    }

    /// The reason for which each row is rejected, from the contract's `reject:` rules.
    async fn reasons(&self, table: &Table, rows: &RecordBatch) -> Result<Vec<Option<String>>> {
        let mut reasons: Vec<Option<String>> = vec![None; rows.num_rows()];
        if null_in_required(&table.schema, rows.columns()).is_some() {
            for (field, column) in
                table.schema.fields().iter().zip(rows.columns()).filter(|(field, _)| !field.is_nullable())
            {
                for (_, reason) in reasons.iter_mut().enumerate().filter(|(row, _)| column.is_null(*row)) {
                    reason.get_or_insert_with(|| match field.name().as_str() {
                        "event_date" => "NO_TIME: the row has no time, or one outside the years 2000 to 2199, so it belongs to no day".into(),
                        name => format!("`{name}` is missing, but required"),
                    });
                }
            }
        }
        let Some(rules) = table.header.get("reject") else { return Ok(reasons) };
        let nullable = Arc::new(Schema::new(
            rows.schema().fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect::<Vec<_>>(),
        ));
        self.engine.register(
            "_mapped",
            nullable.clone(),
            vec![RecordBatch::try_new(nullable, rows.columns().to_vec())?],
        )?;
        let cases: Vec<String> = rules
            .split(';')
            .filter_map(|rule| rule.split_once(" when "))
            .map(|(code, condition)| format!("when {condition} then '{}'", code.trim()))
            .collect();
        let sql = format!("select case {} end as reason from _mapped", cases.join(" "));
        let (_, found) =
            self.engine.select(&sql).await.map_err(|error| error.at(format!("`reject:` of {}", table.path)))?;
        let found = found.iter().flat_map(|batch| {
            batch.column(0).as_string::<i32>().iter().map(|text| text.map(String::from)).collect::<Vec<_>>()
        });
        for (reason, found) in reasons.iter_mut().zip(found) {
            *reason = reason.take().or(found);
        }
        Ok(reasons)
    }

    /// Counts rows by object, sets rejected ones aside and files the others under their day.
    fn take(
        &mut self,
        contract: &str,
        rows: RecordBatch,
        reasons: &[Option<String>],
        incoming: &mut Incoming,
    ) -> Result<()> {
        let column = |name: &str| rows.column_by_name(name).ok_or_else(|| Error::engine(format!("rows lack `{name}`")));
        let keys = column("x_object_key")?.as_string::<i32>().clone();
        let lines = column("x_line")?.as_primitive::<Int64Type>().clone();
        let days = column("event_date")?.as_primitive::<Date32Type>().clone();
        let mut by_day: BTreeMap<i32, Vec<bool>> = BTreeMap::new();
        for (row, reason) in reasons.iter().enumerate() {
            let mapped = self.seen.entry(keys.value(row).to_string()).or_default();
            mapped.adds(lines.value(row));
            match reason {
                Some(reason) => mapped.rejected.push((lines.value(row), contract.to_string(), reason.clone())),
                None => {
                    let day = date(days.value(row));
                    let standing = self.horizon.standing(contract, day);
                    if standing == Standing::Open {
                        by_day.entry(days.value(row)).or_insert_with(|| vec![false; rows.num_rows()])[row] = true;
                        mapped.keeps(contract, day);
                        continue;
                    }
                    mapped.closed += 1;
                    if standing == Standing::Late {
                        *mapped.late.entry(day).or_default() += 1;
                    }
                }
            }
        }
        for (day, chosen) in by_day {
            let key = (contract.to_string(), date(day));
            incoming.touched.insert(key.clone());
            incoming.rows.entry(key).or_default().push(filter_record_batch(&rows, &BooleanArray::from(chosen))?);
        }
        Ok(())
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

fn date(days: i32) -> NaiveDate {
    NaiveDate::default() + chrono::Duration::days(i64::from(days))
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
    let fields: Vec<_> = table.schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
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
