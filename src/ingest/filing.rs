//! Mapped rows are counted by object, and filed by contract and day until their day is settled.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Date32Type, Int64Type, Schema};
use chrono::NaiveDate;

use super::horizon::{Horizon, Standing};
use super::ledger::{DayRows, Ledger};
use super::mapping::{Outcome, Piece};
use crate::error::{Error, Result};
use crate::table_file::without;
use crate::waiting::{MANY_BYTES, Waiting};

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

/// Rows of the night that wait to be settled, and the objects whose earlier rows they replace.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) rows: BTreeMap<(String, NaiveDate), Waiting>,
    pub(super) replaced: BTreeSet<(String, String)>,
    pub(super) touched: BTreeSet<(String, NaiveDate)>,
}

impl Incoming {
    /// Packs the largest days once there are many rows, so that memory does not grow with them. Objects mostly come day by day:
    /// the largest are done.
    pub(super) fn pack(&mut self) -> Result<()> {
        let mut loose: usize = self.rows.values().map(Waiting::loose_bytes).sum();
        if loose <= MANY_BYTES {
            return Ok(());
        }
        let mut days: Vec<&mut Waiting> = self.rows.values_mut().collect();
        for rows in &mut days {
            loose -= rows.loose_bytes();
            rows.pack_groups()?;
            loose += rows.loose_bytes();
        }
        // Many days that come together each hold less than a group.
        days.sort_by_key(|rows| Reverse(rows.loose_bytes()));
        for rows in days {
            if loose <= MANY_BYTES / 2 {
                break;
            }
            loose -= rows.loose_bytes();
            rows.pack()?;
        }
        Ok(())
    }

    /// Takes the rows that an object gave before out of their days.
    pub(super) fn replace(&mut self, source: &str, key: &str, ledger: &Ledger) {
        let old = ledger.entry(source, key).into_iter().flat_map(|old| &old.days);
        self.touched.extend(old.map(|of| (of.contract.clone(), of.day)));
        self.replaced.insert((source.to_string(), key.to_string()));
    }
}

/// Counts what was mapped, and files it by contract and day.
pub(super) struct Filing<'a> {
    horizon: &'a Horizon,
    /// What became of each object.
    pub(super) seen: BTreeMap<String, Mapped>,
    /// Records that look like the format's.
    pub(super) recognised: i64,
    /// Columns without a value, by type and length.
    nulls: HashMap<(DataType, usize), ArrayRef>,
}

impl<'a> Filing<'a> {
    pub(super) fn new(horizon: &'a Horizon) -> Filing<'a> {
        Filing { horizon, seen: BTreeMap::new(), recognised: 0, nulls: HashMap::new() }
    }

    /// Takes what the mappings made of the next objects.
    pub(super) fn take(&mut self, outcome: Outcome, incoming: &mut Incoming) -> Result<()> {
        self.recognised += outcome.recognised;
        for piece in outcome.parts {
            match piece {
                Piece::Rows(contract, rows, reasons) => self.file(&contract, rows, &reasons, incoming)?,
                Piece::Failing(contract, key, line) => {
                    let mapped = self.seen.entry(key).or_default();
                    mapped.adds(line);
                    // The engine's own words may hold the value.
                    let reason = "NOT_COMPUTABLE: a value of the record is out of range for the mapping";
                    mapped.rejected.push((line, contract, reason.into()));
                }
            }
        }
        Ok(())
    }

    /// Counts rows by object, sets rejected ones aside and files the others under their day.
    fn file(
        &mut self,
        contract: &str,
        rows: RecordBatch,
        reasons: &[Option<String>],
        incoming: &mut Incoming,
    ) -> Result<()> {
        let column = |name: &str| rows.column_by_name(name).ok_or_else(|| Error::engine(format!("rows lack `{name}`")));
        let keys = column("x_object_key")?.as_string::<i32>();
        let lines = column("x_line")?.as_primitive::<Int64Type>();
        let days = column("event_date")?.as_primitive::<Date32Type>();
        let mut by_day: BTreeMap<i32, Vec<bool>> = BTreeMap::new();
        // Rows of an object mostly stand together, and so do those of a day.
        let mut begin = 0;
        while begin < reasons.len() {
            let key = keys.value(begin);
            let end = (begin..reasons.len()).find(|row| keys.value(*row) != key).unwrap_or(reasons.len());
            let mapped = self.seen.entry(key.to_string()).or_default();
            let mut last = None;
            for (row, reason) in reasons.iter().enumerate().take(end).skip(begin) {
                mapped.adds(lines.value(row));
                if let Some(reason) = reason {
                    mapped.rejected.push((lines.value(row), contract.to_string(), reason.clone()));
                    continue;
                }
                let day = date(days.value(row));
                let standing = match last {
                    Some((known, standing)) if known == day => standing,
                    _ => self.horizon.standing(contract, day),
                };
                last = Some((day, standing));
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
            begin = end;
        }
        let mut rows = rows;
        for (day, chosen) in by_day {
            let key = (contract.to_string(), date(day));
            incoming.touched.insert(key.clone());
            let chosen = BooleanArray::from(chosen);
            let chosen = match chosen.true_count() == rows.num_rows() {
                // There is no other day: nobody else has the rows, so that what they take beyond their values is given back.
                true => std::mem::replace(&mut rows, RecordBatch::new_empty(Arc::new(Schema::empty()))),
                false => filter_record_batch(&rows, &chosen)?,
            };
            let chosen = self.compact(chosen)?;
            let waiting = incoming.rows.entry(key);
            waiting.or_insert_with(|| Waiting::new(&without(&chosen.schema(), "event_date"))).push(&chosen)?;
        }
        Ok(())
    }

    /// Rows wait until every object was read: what they take beyond their values is given back. Most columns of a source are
    /// null from the first row to the last, and share their nothing.
    fn compact(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let (schema, mut columns, _) = rows.into_parts();
        for column in &mut columns {
            if column.null_count() == column.len() {
                let empty = || new_null_array(column.data_type(), column.len());
                let key = (column.data_type().clone(), column.len());
                *column = self.nulls.entry(key).or_insert_with(empty).clone();
            } else {
                column.shrink_to_fit();
            }
        }
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}

fn date(days: i32) -> NaiveDate {
    NaiveDate::default() + chrono::Duration::days(i64::from(days))
}
