//! A daily relation that makes each of its rows from one row of another is built part by part, several at once: a part's rows
//! are encoded where they are made, as row groups of their days, and stay in the order of those that they come of. Of a large day
//! memory holds little more than what it takes as Parquet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, UInt32Array};
use arrow::compute::{concat, concat_batches, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};
use bytes::Bytes;
use chrono::NaiveDate;
use tokio::task::JoinSet;

use super::build::{conformed, null_in};
use super::daily::{HELD_BYTES, Site, at_once, project_to, split};
use super::parts::{Part, Parts};
use crate::engine::Prepared;
use crate::error::{Error, Result};
use crate::project::{Project, Query};
use crate::schema::{Table, nullable};
use crate::store::Store;
use crate::table_file::{day_to_parquet, joined, without};

/// What `by_row:` promises.
const ONE_FOR_ONE: &str = "a query with `by_row:` gives exactly one row for each row that it reads, which bears the same columns of the grain";

/// Days that were written.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Those that have rows.
    pub(super) days: BTreeSet<NaiveDate>,
    /// All their rows, unless they are too many.
    pub(super) held: Option<Vec<RecordBatch>>,
}

/// How a part is built.
struct Recipe {
    query: Query,
    prepared: Prepared,
    /// The contract of the rows that it reads.
    input: Table,
    contract: Table,
}

/// A part that was built.
struct Done {
    /// Its rows by day, and as the row group of a file.
    days: BTreeMap<NaiveDate, (RecordBatch, Bytes)>,
}

impl Site {
    /// Builds and writes some days of a relation that makes each of its rows from one row of `input`.
    pub(super) async fn by_parts(&self, query: &Query, input: &str, wanted: &BTreeSet<NaiveDate>) -> Result<Written> {
        let recipe = Arc::new(self.recipe(query, input).await?);
        let mut parts = Parts::of(self.state.join(input)?, wanted);
        let mut writing = Writing::of(self, &recipe.contract)?;
        let (mut begun, mut ended) = (0, 0);
        let mut running = JoinSet::new();
        let mut done = BTreeMap::new();
        loop {
            // A part that takes long keeps those behind it waiting, so that few wait.
            while running.len() < at_once()
                && done.len() < at_once()
                && let Some(part) = parts.next().await?
            {
                let (place, recipe, project) = (begun, recipe.clone(), self.project.clone());
                begun += 1;
                running.spawn(async move { Ok::<_, Error>((place, recipe.build(&project, part).await?)) });
            }
            let Some(part) = running.join_next().await else { break };
            let (place, part) =
                part.map_err(|error| Error::engine("a part of a relation came to no end").because(error))??;
            done.insert(place, part);
            while let Some(part) = done.remove(&ended) {
                ended += 1;
                writing.take(part).await?;
            }
        }
        writing.end(wanted).await
    }

    /// Plans the query, which is to read the one relation of days that `by_row:` names.
    async fn recipe(&self, query: &Query, input: &str) -> Result<Recipe> {
        let by_day = |input: &&String| super::daily::is_by_day(&self.project, input);
        // A day is written before the next one comes.
        let has_day = query.header.list("grain").iter().any(|column| column == "event_date");
        let is_the_one = has_day && query.inputs.iter().filter(by_day).eq([input]);
        let table = self.project.contract(input).filter(|_| is_the_one).ok_or_else(|| {
            Error::project(format!("query `{}` is not by row of `{input}`", query.name))
                .at(format!("at {}", query.path))
                .hint("`by_row:` names the one relation of days that the query reads, and `grain:` the event_date of its rows")
        })?;
        let engine = self.engine.with_tables_of(query.inputs.iter().filter(|name| *name != input)).await?;
        let contract = self.contract_of(query)?;
        let type_in =
            |of: &Table, name: &str| of.schema.field_with_name(name).ok().map(|field| field.data_type().clone());
        let is_own = |name: &String| type_in(table, name).is_none() || type_in(table, name) != type_in(contract, name);
        if let Some(own) = query.header.list("grain").into_iter().find(is_own) {
            return Err(Error::project(format!(
                "the grain of `{}` names `{own}`, which is none of `{input}`",
                query.name
            ))
            .at(format!("at {}", query.path))
            .hint(ONE_FOR_ONE));
        }
        let prepared = engine.prepare(query, input, &table.schema, Some("event_date")).await?;
        Ok(Recipe { query: query.clone(), prepared, input: table.clone(), contract: contract.clone() })
    }
}

impl Recipe {
    async fn build(&self, project: &Project, part: Part) -> Result<Done> {
        let of = part.rows(&self.input.schema)?;
        let rows = self.prepared.run(&of).await?;
        let rows = conformed(project, &self.query, &self.prepared.schema(), rows)?;
        let rows = concat_batches(&nullable(&self.contract.schema), &rows)?;
        for (field, column) in self.contract.schema.fields().iter().zip(rows.columns()) {
            if !field.is_nullable() && column.null_count() > 0 {
                return Err(null_in(&self.query, field.name()));
            }
        }
        let rows = one_for_one(&self.query, &of, rows)?;
        drop(of);
        let rows = RecordBatch::try_new(self.contract.schema.clone(), rows.columns().to_vec())?;
        let stored: SchemaRef = Arc::new(without(&self.contract.schema, "event_date"));
        let mut days = BTreeMap::new();
        for (day, rows) in split(&rows)? {
            let group = project_to(&rows, &stored)?;
            let column = |column: usize, range: Range<usize>| Ok(group.column(column).slice(range.start, range.len()));
            let bytes = day_to_parquet(&stored, group.num_rows(), &column)?;
            days.insert(day, (rows, bytes));
        }
        Ok(Done { days })
    }
}

/// The rows in the order of those that were read, of which there is one for each, by the columns of the grain: so a day has the
/// same bytes beside whichever other days it is built.
fn one_for_one(query: &Query, of: &[RecordBatch], rows: RecordBatch) -> Result<RecordBatch> {
    let wrong = |what: String| {
        Error::project(format!("query `{}` {what}", query.name)).at(format!("at {}", query.path)).hint(ONE_FOR_ONE)
    };
    let grain = query.header.list("grain");
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for name in &grain {
        let lacks = || wrong(format!("has no `{name}` of the rows that it reads"));
        let columns = of.iter().map(|rows| rows.column_by_name(name).map(AsRef::as_ref).ok_or_else(lacks));
        let columns: Vec<&dyn Array> = columns.collect::<Result<_>>()?;
        theirs.push(concat(&columns)?);
        ours.push(rows.column_by_name(name).cloned().ok_or_else(lacks)?);
    }
    if theirs == ours {
        return Ok(rows);
    }
    let given: usize = of.iter().map(RecordBatch::num_rows).sum();
    if rows.num_rows() != given {
        return Err(wrong(format!("gives {} rows for {given}", rows.num_rows())));
    }
    let converter = RowConverter::new(ours.iter().map(|key| SortField::new(key.data_type().clone())).collect())?;
    let (theirs, ours) = (converter.convert_columns(&theirs)?, converter.convert_columns(&ours)?);
    let mut places: HashMap<&[u8], u32> = ours.iter().map(|key| key.data()).zip(0..).collect();
    let places: Option<Vec<u32>> = theirs.iter().map(|key| places.remove(key.data())).collect();
    let places = places.ok_or_else(|| wrong(format!("gives rows that are none of `{}`", grain.join(", "))))?;
    Ok(take_record_batch(&rows, &UInt32Array::from(places))?)
}

/// Days of a relation that are being written, the earliest first.
struct Writing<'a> {
    site: &'a Site,
    folder: Store,
    stored: SchemaRef,
    /// The day of which parts may still come, and the row groups that came.
    open: Option<(NaiveDate, Vec<Bytes>)>,
    written: Written,
    held_bytes: usize,
}

impl<'a> Writing<'a> {
    fn of(site: &'a Site, contract: &Table) -> Result<Writing<'a>> {
        let (folder, stored) = (site.state.join(&contract.name)?, Arc::new(without(&contract.schema, "event_date")));
        let written = Written { held: Some(Vec::new()), ..Written::default() };
        Ok(Writing { site, folder, stored, open: None, written, held_bytes: 0 })
    }

    /// Takes the next part, whose days come after those of the parts before it or go on with the last of them.
    async fn take(&mut self, part: Done) -> Result<()> {
        for (day, (rows, group)) in part.days {
            // Days of a part share its memory.
            for column in rows.columns() {
                self.held_bytes += column.to_data().get_slice_memory_size()?;
            }
            match &mut self.written.held {
                Some(held) if self.held_bytes <= HELD_BYTES => held.push(rows),
                held => *held = None,
            }
            match &mut self.open {
                Some((open, groups)) if *open == day => groups.push(group),
                _ => {
                    self.write().await?;
                    self.open = Some((day, vec![group]));
                }
            }
        }
        Ok(())
    }

    /// Writes the day that is open.
    async fn write(&mut self) -> Result<()> {
        let Some((day, groups)) = self.open.take() else { return Ok(()) };
        let bytes = match groups.as_slice() {
            [only] => only.clone(),
            groups => joined(&self.stored, groups)?,
        };
        self.site.put(&self.folder, &format!("event_date={day}/part.parquet"), bytes).await?;
        self.written.days.insert(day);
        Ok(())
    }

    /// Writes what is left; of days without rows there is no file any more.
    async fn end(mut self, wanted: &BTreeSet<NaiveDate>) -> Result<Written> {
        self.write().await?;
        for day in wanted.difference(&self.written.days) {
            self.site.delete(&self.folder, &format!("event_date={day}/part.parquet")).await?;
        }
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;
    use crate::project::graph;

    fn rows(ids: &[&str]) -> RecordBatch {
        let text: ArrayRef = Arc::new(StringArray::from(ids.to_vec()));
        let days: ArrayRef = Arc::new(Int64Array::from_value(7, ids.len()));
        RecordBatch::try_from_iter([("id", text), ("event_date", days)]).unwrap()
    }

    #[test]
    fn each_row_is_one_of_those_that_were_read_in_their_order() {
        let sql = "-- X.\n--\n-- grain: event_date, id\nselect 1 as id";
        let query = graph::query("queries/daily/x.sql", sql).unwrap();
        let of = [rows(&["c", "a"]), rows(&["b"])];
        for given in [["c", "a", "b"], ["a", "b", "c"], ["b", "c", "a"]] {
            assert_eq!(one_for_one(&query, &of, rows(&given)).unwrap(), rows(&["c", "a", "b"]));
        }
        for (given, what) in [
            (rows(&["a", "b"]), "gives 2 rows for 3"),
            (rows(&["a", "b", "b", "c"]), "gives 4 rows for 3"),
            (rows(&["a", "b", "b"]), "gives rows that are none of `event_date, id`"),
            (rows(&["a", "b", "d"]), "gives rows that are none of `event_date, id`"),
            (rows(&["a", "b", "c"]).project(&[0]).unwrap(), "has no `event_date`"),
        ] {
            let error = one_for_one(&query, &of, given).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
