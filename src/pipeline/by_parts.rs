//! A daily relation that makes each of its rows from one row of another is built part by part, several at once, and each of its
//! days is written as soon as the last part of it is there: memory does not grow with the days, and of a large day it holds
//! little more than what the day takes as Parquet.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use tokio::task::JoinSet;

use super::build::{Gathering, conformed, null_in};
use super::daily::{HELD_BYTES, Site, at_once, split, strange_day};
use super::parts::Parts;
use crate::error::{Error, Result};
use crate::project::Query;
use crate::schema::Table;
use crate::store::Store;
use crate::table_file::{day_to_parquet, without};
use crate::waiting::{MANY_BYTES, Waiting};

/// Days that were written.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Those that have rows.
    pub(super) days: BTreeSet<NaiveDate>,
    /// All their rows in the order of the grain, unless they are too many.
    pub(super) held: Option<Vec<RecordBatch>>,
}

impl Site {
    /// Builds and writes some days of a relation that makes each of its rows from one row of `input`.
    pub(super) async fn by_parts(&self, query: &Query, input: &str, wanted: &BTreeSet<NaiveDate>) -> Result<Written> {
        let table = self.table_of(query, input)?;
        let mut parts = Parts::of(self.state.join(input)?, wanted);
        let mut writing = Writing::of(self, query, wanted)?;
        let (mut begun, mut ended) = (0, 0);
        let mut running = JoinSet::new();
        let mut done = BTreeMap::new();
        loop {
            // A part that takes long keeps those behind it waiting, so that few wait.
            while running.len() < at_once()
                && done.len() < at_once()
                && let Some(part) = parts.next().await?
            {
                let place = begun;
                begun += 1;
                let inputs = query.inputs.iter().filter(|name| *name != input);
                let engine = self.engine.with_tables_of(inputs).await?;
                let (query, schema, name) = (query.clone(), table.schema.clone(), input.to_string());
                running.spawn(async move {
                    let last = part.last_day();
                    engine.register(&name, schema.clone(), part.rows(&schema)?)?;
                    let (schema, rows) = engine.run(&query).await?;
                    Ok::<_, Error>((place, last, schema, rows))
                });
            }
            let Some(part) = running.join_next().await else { break };
            let (place, last, schema, rows) =
                part.map_err(|error| Error::engine("a part of a relation came to no end").because(error))??;
            done.insert(place, (last, schema, rows));
            while let Some((last, schema, rows)) = done.remove(&ended) {
                ended += 1;
                writing.take(&schema, rows)?;
                writing.write_before(last).await?;
            }
        }
        writing.end().await
    }

    /// The contract of the one relation of days that such a query reads.
    fn table_of(&self, query: &Query, input: &str) -> Result<&Table> {
        let by_day = |input: &&String| super::daily::is_by_day(&self.project, input);
        // A day is written before the next one comes, so that only rows of one day are held against each other.
        let has_day = query.header.list("grain").iter().any(|column| column == "event_date");
        let is_the_one = has_day && query.inputs.iter().filter(by_day).eq([input]);
        self.project.contract(input).filter(|_| is_the_one).ok_or_else(|| {
            Error::project(format!("query `{}` is not by row of `{input}`", query.name))
                .at(format!("at {}", query.path))
                .hint("`by_row:` names the one relation of days that the query reads, and `grain:` the event_date of its rows")
        })
    }
}

/// Days of a relation that are being written, the earliest first.
struct Writing<'a> {
    site: &'a Site,
    query: &'a Query,
    contract: &'a Table,
    folder: Store,
    wanted: &'a BTreeSet<NaiveDate>,
    /// Days of which parts may still come.
    open: BTreeMap<NaiveDate, Waiting>,
    /// Days before this one are written.
    begun: NaiveDate,
    written: Written,
    held_bytes: usize,
}

impl<'a> Writing<'a> {
    fn of(site: &'a Site, query: &'a Query, wanted: &'a BTreeSet<NaiveDate>) -> Result<Writing<'a>> {
        let (contract, folder) = (site.contract_of(query)?, site.state.join(&query.name)?);
        let written = Written { held: Some(Vec::new()), ..Written::default() };
        let (open, begun) = (BTreeMap::new(), NaiveDate::MIN);
        Ok(Writing { site, query, contract, folder, wanted, open, begun, written, held_bytes: 0 })
    }

    /// Takes the rows of the next part.
    fn take(&mut self, schema: &SchemaRef, rows: Vec<RecordBatch>) -> Result<()> {
        for rows in conformed(&self.site.project, self.query, schema, rows)? {
            if rows.column_by_name("event_date").is_none_or(|days| days.null_count() > 0) {
                return Err(null_in(self.query, "event_date"));
            }
            for (day, rows) in split(&rows)? {
                if !self.wanted.contains(&day) || day < self.begun {
                    return Err(strange_day(self.query, day));
                }
                let waiting = self.open.entry(day).or_insert_with(|| Waiting::new(&self.contract.schema));
                waiting.push(&rows)?;
                if waiting.loose_bytes() > MANY_BYTES {
                    waiting.pack()?;
                }
            }
        }
        Ok(())
    }

    /// Writes the days before one of which parts may still come.
    async fn write_before(&mut self, day: NaiveDate) -> Result<()> {
        self.begun = day;
        while let Some(first) = self.open.first_entry().filter(|first| *first.key() < day) {
            let (day, rows) = first.remove_entry();
            self.write(day, rows).await?;
        }
        Ok(())
    }

    async fn write(&mut self, day: NaiveDate, rows: Waiting) -> Result<()> {
        let schema: SchemaRef = Arc::new(without(&self.contract.schema, "event_date"));
        let mut places = Vec::new();
        for field in schema.fields() {
            places.push(self.contract.schema.index_of(field.name())?);
        }
        let gathering = Gathering::of(&self.site.project, self.query, self.contract.schema.clone(), rows)?;
        self.held_bytes = self.held_bytes.saturating_add(gathering.bytes().unwrap_or(usize::MAX));
        let bytes = match self.held_bytes <= HELD_BYTES {
            true => {
                let rows = gathering.whole()?;
                let column = |column: usize, range: Range<usize>| -> Result<ArrayRef> {
                    Ok(rows.column(places[column]).slice(range.start, range.len()))
                };
                let bytes = day_to_parquet(&schema, rows.num_rows(), &column)?;
                self.written.held.iter_mut().for_each(|held| held.push(rows.clone()));
                bytes
            }
            false => {
                self.written.held = None;
                let column = |column: usize, range| gathering.column(places[column], range);
                day_to_parquet(&schema, gathering.rows(), &column)?
            }
        };
        self.site.put(&self.folder, &format!("event_date={day}/part.parquet"), bytes).await?;
        self.written.days.insert(day);
        Ok(())
    }

    /// Writes what is left; of days without rows there is no file any more.
    async fn end(mut self) -> Result<Written> {
        self.write_before(NaiveDate::MAX).await?;
        for day in self.wanted.difference(&self.written.days) {
            self.site.delete(&self.folder, &format!("event_date={day}/part.parquet")).await?;
        }
        Ok(self.written)
    }
}
