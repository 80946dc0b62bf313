//! The product's side: its own queries, over registered rows of the daily relations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use trimtab::config::{Config, EngineOptions, Overrides};
use trimtab::engine::Engine;
use trimtab::ingest::ledger::Ledger;
use trimtab::pipeline::{relations, schedule};
use trimtab::project::Project;

use super::catalog::{Model, models_csv, prices_csv};
use super::traces::{self, Sizes};
use super::workload::Workload;

/// Workloads whose evaluations share a batch: text columns of one batch hold 2 GiB at most.
const AT_ONCE: usize = 200;

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
            "" => traces::run_file(&[], &[], true),
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
    pub async fn decide(&self, workloads: &[Workload], models: &[Model], is_wide: bool) -> Result<Decided, String> {
        self.register(&traces::run_file(workloads, models, !is_wide))?;
        let contract = |name: &str| self.project.contract(name).ok_or_else(|| format!("`{name}` has no contract"));
        let put = |name: &str, batches: Vec<RecordBatch>| {
            self.engine.register(name, contract(name)?.schema.clone(), batches).map_err(said)
        };
        put("workload_cube", vec![traces::cube(contract("workload_cube")?, workloads, models, &self.sizes, is_wide)])?;
        put("workload_sizes", vec![traces::size_counts(contract("workload_sizes")?, workloads, models, &self.sizes)])?;
        put("workload_prefixes", vec![traces::prefixes(contract("workload_prefixes")?, workloads)])?;
        put("workload_signals", vec![traces::signals(contract("workload_signals")?, workloads, models)])?;
        let table = contract("evaluations")?;
        let scored = workloads.chunks(AT_ONCE).map(|part| traces::evaluations(table, part, models)).collect();
        put("evaluations", scored)?;
        let begun = Instant::now();
        let relations = self.build().await?;
        let seconds = begun.elapsed().as_secs_f64();
        let decisions = self.rows("select * from decisions").await?;
        if is_wide {
            return Ok(Decided { decisions, moves: Vec::new(), relations, seconds });
        }
        let moves = self
            .rows(
                "select * from alternatives where lever in ('lever_smaller_model', 'lever_move_up', 'lever_split') \
                 and finding <> 'blocked' and estimated_monthly_savings_usd is not null",
            )
            .await?;
        Ok(Decided { decisions, moves, relations, seconds })
    }

    async fn build(&self) -> Result<Vec<(String, f64, usize)>, String> {
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
                .filter(|query| needed.contains(query.name.as_str()) || is_lever(&query.path))
                .collect(),
            stay: ["decisions", "alternatives", "headline"].into(),
            kept: None,
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
