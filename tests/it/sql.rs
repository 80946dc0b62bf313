//! Tests of single relations, in SQL: every `tests/sql/*.slt` is a test, found by folder.
//!
//! Beyond selects a file may say: `date 2026-11-21` (the run date), `table NAME as SELECT` (rows of an input; columns that
//! the select does not give are null, or empty, 0, false where the contract wants a value), `relation NAME as SELECT` (rows
//! that stand for a query's, with the columns of the select), `build NAME` (run the project's query of that name, after all
//! that it reads and that the file did not give, and register its rows; levers that were built are the only ones), and
//! `facts TOML` (the owner's part of a run file).

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use async_trait::async_trait;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use trimtab::config::{Config, Overrides};
use trimtab::engine::Engine;
use trimtab::error::{Error, Result};
use trimtab::ingest::ledger::Ledger;
use trimtab::pipeline::{build, relations};
use trimtab::project::Project;

struct Sql {
    engine: Engine,
    project: Project,
    date: String,
    facts: String,
    /// What the levers that were built proposed, since the last `facts` or `date`.
    proposals: Vec<RecordBatch>,
    /// Queries whose rows the file gave.
    given: BTreeSet<String>,
    /// Queries that were built since the last change of what they read.
    built: BTreeSet<String>,
}

impl Sql {
    async fn new() -> Result<Sql> {
        let sql = Sql {
            engine: Engine::open(&Default::default()).await?,
            project: Project::load(None).await?,
            date: "2026-11-21".into(),
            facts: String::new(),
            proposals: Vec::new(),
            given: BTreeSet::new(),
            built: BTreeSet::new(),
        };
        sql.register()?;
        Ok(sql)
    }

    fn register(&self) -> Result<()> {
        let text = format!(
            "date = \"{}\"\nstate = \"s\"\noutput = \"o\"\n[[sources]]\nname = \"a\"\nformat = \"litellm\"\nurl = \"x/\"\n{}",
            self.date, self.facts
        );
        let config = Config::sample(&text, Path::new("."), &Overrides::default())?;
        relations::register(&self.engine, &self.project, &config, &Ledger::default())
    }

    async fn table(&self, name: &str, select: &str) -> Result<()> {
        let (_, rows) = self.engine.select(select).await?;
        let contract =
            self.project.contract(name).ok_or_else(|| Error::project(format!("`{name}` has no contract")))?;
        let mut batches = Vec::new();
        for batch in rows {
            if let Some(field) =
                batch.schema().fields().iter().find(|f| contract.schema.field_with_name(f.name()).is_err())
            {
                return Err(Error::project(format!("`{name}` has no column `{}`", field.name())));
            }
            let columns = contract.schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
                Some(column) => Ok(cast(column, field.data_type())?),
                None if field.is_nullable() => Ok(new_null_array(field.data_type(), batch.num_rows())),
                None => default(field.data_type(), batch.num_rows()),
            });
            batches.push(RecordBatch::try_new(contract.schema.clone(), columns.collect::<Result<Vec<_>>>()?)?);
        }
        self.engine.register(name, contract.schema.clone(), batches)
    }

    /// The query and, before it, what it reads; days and seeds are given by the file or are empty.
    async fn build_with_sources(&mut self, name: &str) -> Result<()> {
        let mut needed = BTreeSet::from([name.to_string()]);
        for query in self.project.queries.iter().rev() {
            if !needed.contains(&query.name) || query.name != name && self.given.contains(&query.name) {
                continue;
            }
            for read in &query.inputs {
                match read.as_str() {
                    "proposals" if self.proposals.is_empty() => needed.extend(self.levers()),
                    _ => drop(needed.insert(read.clone())),
                }
            }
        }
        let layers = ["/levers/", "/intermediate/", "/marts/"];
        let is_built_along = |path: &str| layers.iter().any(|layer| path.contains(layer));
        let names: Vec<String> = (self.project.queries.iter())
            .filter(|query| needed.contains(&query.name) && is_built_along(&query.path))
            .map(|query| query.name.clone())
            .filter(|read| read != name && !self.given.contains(read) && !self.built.contains(read))
            .collect();
        for read in names {
            self.build(&read).await?;
        }
        self.given.remove(name);
        self.build(name).await
    }

    fn levers(&self) -> Vec<String> {
        let levers = self.project.queries.iter().filter(|query| query.path.contains("/levers/"));
        levers.map(|query| query.name.clone()).collect()
    }

    async fn build(&mut self, name: &str) -> Result<()> {
        self.built.insert(name.into());
        let query = self.project.queries.iter().find(|query| query.name == name);
        let query = query.ok_or_else(|| Error::project(format!("no query is named `{name}`")))?;
        let rows = build::rows(&self.engine, &self.project, query).await.inspect_err(|error| {
            // The runner shows the first line of an error only.
            let mut cause = std::error::Error::source(error);
            while let Some(next) = cause {
                println!("because {next}");
                cause = next.source();
            }
        })?;
        if query.path.contains("/levers/") {
            self.proposals.push(rows.clone());
            return self.engine.register("proposals", rows.schema(), self.proposals.clone());
        }
        self.engine.register(name, rows.schema(), vec![rows])
    }
}

fn default(data_type: &DataType, rows: usize) -> Result<ArrayRef> {
    use arrow::array::{BooleanArray, Int64Array, StringArray};
    use std::sync::Arc;
    let plain: ArrayRef = match data_type {
        DataType::Utf8 => Arc::new(StringArray::from(vec![""; rows])),
        DataType::Boolean => Arc::new(BooleanArray::from(vec![false; rows])),
        _ => Arc::new(Int64Array::from(vec![0; rows])),
    };
    Ok(match data_type {
        DataType::Date32 => cast(&cast(&plain, &DataType::Int32)?, data_type)?,
        _ => cast(&plain, data_type)?,
    })
}

#[async_trait]
impl AsyncDB for Sql {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>> {
        let sql = sql.trim();
        let done = || Ok(DBOutput::StatementComplete(0));
        if let Some(name) = sql.strip_prefix("build ") {
            for name in name.split_whitespace() {
                self.build_with_sources(name).await?;
            }
            return done();
        }
        if let Some(rest) = sql.strip_prefix("table ") {
            let (name, select) =
                rest.split_once(" as").ok_or_else(|| Error::project("write `table NAME as SELECT`"))?;
            self.table(name.trim(), select).await?;
            self.built.clear();
            return done();
        }
        if let Some(rest) = sql.strip_prefix("relation ") {
            let (name, select) =
                rest.split_once(" as").ok_or_else(|| Error::project("write `relation NAME as SELECT`"))?;
            let (schema, rows) = self.engine.select(select).await?;
            self.engine.register(name.trim(), schema, rows)?;
            self.built.clear();
            self.given.insert(name.trim().into());
            return done();
        }
        if let Some(date) = sql.strip_prefix("date ") {
            self.date = date.trim().into();
            self.proposals.clear();
            self.built.clear();
            self.register()?;
            return done();
        }
        if let Some(facts) = sql.strip_prefix("facts ") {
            self.facts = facts.into();
            self.proposals.clear();
            self.built.clear();
            self.register()?;
            return done();
        }
        let (schema, batches) = self.engine.select(sql).await?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let cell = |column: &ArrayRef| match column.is_null(row) {
                    true => Ok("NULL".to_string()),
                    false => match arrow::util::display::array_value_to_string(column, row)? {
                        text if text.is_empty() => Ok("(empty)".into()),
                        text => Ok(text),
                    },
                };
                rows.push(batch.columns().iter().map(cell).collect::<Result<Vec<_>>>()?);
            }
        }
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Any; schema.fields().len()], rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        "trimtab"
    }
}

#[tokio::test]
async fn every_relation_does_what_its_header_says() {
    let folder = crate::support::root().join("tests/sql");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("tests/sql").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "slt"));
    files.sort();
    // One file: TRIMTAB_SLT=worked_examples cargo test sql::
    let only = std::env::var("TRIMTAB_SLT").unwrap_or_default();
    files.retain(|path| path.display().to_string().contains(&only));
    assert!(!files.is_empty(), "no test file below tests/sql matches `{only}`");
    let mut failures = Vec::new();
    for file in &files {
        let mut runner = Runner::new(Sql::new);
        if let Err(error) = runner.run_file_async(file).await {
            failures.push(format!("{}", error.display(false)));
        }
    }
    assert!(failures.is_empty(), "{} of {} files failed:\n{}", failures.len(), files.len(), failures.join("\n"));
}
