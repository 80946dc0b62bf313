//! The product's side: its own queries, over registered rows of the daily relations.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Date32Type, Int64Type};
use chrono::{Duration, NaiveDate};
use trimtab::config::{Config, EngineOptions, Overrides, Stores};
use trimtab::engine::Engine;
use trimtab::ingest::ledger::Ledger;
use trimtab::pipeline::{relations, schedule};
use trimtab::project::Project;
use trimtab::schema::Table;
use trimtab::store::Store;
use trimtab::table_file::{day_to_parquet, without};
use url::Url;

use super::Population;
use super::catalog::{Model, models_csv, prices_csv};
use super::traces::{self, Sizes};
use super::workload::Workload;

/// Workloads whose evaluations share a batch: text columns of one batch hold 2 GiB at most.
const AT_ONCE: usize = 200;

/// The relations that the product reads.
const TRACES: [&str; 5] = ["workload_cube", "workload_sizes", "workload_prefixes", "workload_signals", "evaluations"];

/// Rows as text by column.
pub type Row = BTreeMap<String, String>;

/// What the product said.
pub struct Decided {
    pub decisions: Vec<Row>,
    /// Whole moves and splits to another model, at the tier in use.
    pub moves: Vec<Row>,
    /// Seconds and rows of each relation, in the order in which they were built.
    pub relations: Vec<(String, f64, usize)>,
    /// Seconds of them all; several are built at once.
    pub seconds: f64,
    /// Rows of every relation, where they were asked for.
    #[allow(dead_code, reason = "the long proofs compare no relations")]
    pub kept: BTreeMap<String, Vec<Row>>,
}

pub struct Product {
    engine: Engine,
    project: Project,
    sizes: Sizes,
}

fn said(error: trimtab::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    text
}

impl Product {
    /// Opens the project with the invented catalogue as an overlay of seed rows.
    pub async fn open(models: &[Model], memory_mib: usize) -> Result<Product, String> {
        let overlay = tempfile::tempdir().map_err(|error| error.to_string())?;
        let seeds = overlay.path().join("queries/seeds");
        std::fs::create_dir_all(&seeds).map_err(|error| error.to_string())?;
        for (name, text) in [("models", models_csv(models)), ("model_prices", prices_csv(models))] {
            std::fs::write(seeds.join(format!("{name}.csv")), text).map_err(|error| error.to_string())?;
        }
        let project = Project::load(Some(overlay.path())).await.map_err(said)?;
        let options = EngineOptions { memory_mib, ..EngineOptions::default() };
        let engine = Engine::open(&options).await.map_err(said)?;
        let mut product = Product { engine, project, sizes: Sizes(Vec::new()) };
        product.register("")?;
        product.sizes = product.buckets().await?;
        Ok(product)
    }

    fn register(&self, facts: &str) -> Result<(), String> {
        let text = match facts {
            "" => traces::run_file(&[], &[], true, None),
            facts => facts.to_string(),
        };
        let config = Config::sample(&text, Path::new("."), &Overrides::default()).map_err(said)?;
        relations::register(&self.engine, &self.project, &config, &Ledger::default()).map_err(said)
    }

    async fn buckets(&self) -> Result<Sizes, String> {
        let (_, rows) =
            self.engine.select("select upto, stratum from size_buckets order by upto").await.map_err(said)?;
        let mut buckets = Vec::new();
        for batch in rows {
            let (upto, stratum) =
                (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Int64Type>());
            buckets.extend(upto.values().iter().copied().zip(stratum.values().iter().copied()));
        }
        Ok(Sizes(buckets))
    }

    /// Edges of the strata, at which a rule may cut.
    pub fn edges(&self) -> Vec<i64> {
        self.sizes.0.iter().map(|(_, stratum)| *stratum).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Registers the traces and builds every relation that decisions, alternatives and the headline stand on.
    pub async fn decide(
        &self,
        workloads: &[Workload],
        models: &[Model],
        population: Population,
    ) -> Result<Decided, String> {
        let is_wide = population.is_wide;
        let heir = workloads.last().filter(|_| population.keeps).map(|last| last.id.as_str());
        self.register(&traces::run_file(workloads, models, !is_wide, heir))?;
        let state = match is_wide {
            true => Some(tempfile::tempdir().map_err(|error| error.to_string())?),
            false => None,
        };
        for name in TRACES {
            let table = self.project.contract(name).ok_or_else(|| format!("`{name}` has no contract"))?;
            let rows = |part: &[Workload]| match name {
                "workload_cube" => traces::cube(table, part, models, &self.sizes, is_wide),
                "workload_sizes" => traces::size_counts(table, part, models, &self.sizes),
                "workload_prefixes" => traces::prefixes(table, part),
                "workload_signals" => traces::signals(table, part, models),
                _ => traces::evaluations(table, part, models),
            };
            let at_once = if name == "evaluations" { AT_ONCE } else { workloads.len().max(1) };
            let parts = workloads.chunks(at_once).map(rows);
            match &state {
                None => self.engine.register(name, table.schema.clone(), parts.collect()).map_err(said)?,
                Some(state) => self.put_days(name, table, state.path(), parts).await?,
            }
        }
        let begun = Instant::now();
        let relations = self.build(population).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let mut kept = BTreeMap::new();
        for (name, ..) in relations.iter().filter(|_| population.keeps) {
            let mut rows = self.rows(&format!("select * from {name}")).await?;
            rows.sort();
            kept.insert(name.clone(), rows);
        }
        let decisions = self.rows("select * from decisions").await?;
        if is_wide {
            return Ok(Decided { decisions, moves: Vec::new(), relations, seconds, kept });
        }
        let moves = self
            .rows(
                "select * from alternatives where lever in ('lever_smaller_model', 'lever_move_up', 'lever_split') \
                 and finding <> 'blocked' and estimated_monthly_savings_usd is not null",
            )
            .await?;
        Ok(Decided { decisions, moves, relations, seconds, kept })
    }

    /// Writes rows as files of their days, as the state has them, and registers those.
    async fn put_days(
        &self,
        name: &str,
        table: &Table,
        state: &Path,
        parts: impl Iterator<Item = RecordBatch>,
    ) -> Result<(), String> {
        let url = Url::from_directory_path(state).map_err(|()| "no folder")?;
        let store = Store::open(&url, &Stores::default()).and_then(|state| state.join(name)).map_err(said)?;
        self.engine.mount(&store);
        let schema = Arc::new(without(&table.schema, "event_date"));
        for (place, rows) in parts.enumerate() {
            let mut by_day: BTreeMap<i32, Vec<u64>> = BTreeMap::new();
            let days = rows.column_by_name("event_date").ok_or("rows without a day")?.as_primitive::<Date32Type>();
            for (row, day) in days.values().iter().enumerate() {
                by_day.entry(*day).or_default().push(row as u64);
            }
            for (day, places) in by_day {
                let own = take_record_batch(&rows, &UInt64Array::from(places)).map_err(|error| error.to_string())?;
                let column = |column: usize, range: Range<usize>| {
                    let name = schema.field(column).name();
                    Ok(own.column_by_name(name).expect("a column of the contract").slice(range.start, range.len()))
                };
                let bytes = day_to_parquet(&schema, own.num_rows(), &column).map_err(said)?;
                let day = NaiveDate::default() + Duration::days(day.into());
                store.put(&format!("event_date={day}/part-{place:04}.parquet"), bytes).await.map_err(said)?;
            }
        }
        self.engine.register_days(name, &table.schema, &store, None).map_err(said)
    }

    async fn build(&self, population: Population) -> Result<Vec<(String, f64, usize)>, String> {
        let built = |path: &str| ["/levers/", "/intermediate/", "/marts/"].iter().any(|layer| path.contains(layer));
        let is_lever = |path: &str| path.contains("/levers/");
        let queries = &self.project.queries;
        let mut needed: BTreeSet<&str> = ["decisions", "alternatives", "headline"].into();
        for query in queries.iter().rev() {
            if needed.contains(query.name.as_str()) || is_lever(&query.path) {
                needed.extend(query.inputs.iter().map(String::as_str));
            }
        }
        let plan = schedule::Plan {
            relations: queries
                .iter()
                .filter(|query| built(&query.path))
                .filter(|query| population.keeps || needed.contains(query.name.as_str()) || is_lever(&query.path))
                .collect(),
            stay: match population.keeps {
                true => queries.iter().map(|query| query.name.as_str()).collect(),
                false => ["decisions", "alternatives", "headline"].into(),
            },
            kept: None,
            workloads_at_once: population.at_once,
        };
        let mut relations = Vec::new();
        let note = |built: schedule::Built| {
            let seconds = built.took.as_secs_f64();
            if seconds >= 5.0 {
                eprintln!("{seconds:.0} s {} rows {}", built.rows.num_rows(), built.name);
            }
            relations.push((built.name, seconds, built.rows.num_rows()));
        };
        schedule::run(&self.engine, &self.project, &plan, note).await.map_err(said)?;
        Ok(relations)
    }

    async fn rows(&self, sql: &str) -> Result<Vec<Row>, String> {
        let (schema, batches) = self.engine.select(sql).await.map_err(said)?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let cells = schema.fields().iter().zip(batch.columns()).filter(|(_, column)| column.is_valid(row));
                let cells = cells.map(|(field, column)| {
                    let text = arrow::util::display::array_value_to_string(column, row);
                    Ok((field.name().clone(), text.map_err(|error| error.to_string())?))
                });
                rows.push(cells.collect::<Result<Row, String>>()?);
            }
        }
        Ok(rows)
    }
}
