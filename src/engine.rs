//! The only place that knows which engine runs the queries; today the local one.
//!
//! Every setting on which results or bytes depend is set here, explicitly. Queries run in the dialect that has lambdas.

mod constants;
mod files;
mod functions;
mod held;
mod lean;
mod lookup_join;
mod no_rows;
mod prepared;
mod repeated;
mod scan;
mod shared;
mod small_side;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use bytes::Bytes;
use datafusion::catalog::{MemoryCatalogProviderList, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SessionContext;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionConfig;

use crate::config::EngineOptions;
use crate::error::{Error, Result};
use crate::project::{Query, graph};
use crate::schema::empty;
use crate::store::{self, Store};
use no_rows::NoRows;
pub use prepared::Prepared;
pub use repeated::{Repeated, RowsOfRun};

/// Partitions of every plan: a constant, because row order inside a file depends on it.
const TARGET_PARTITIONS: usize = 1;

/// A session with the relations that are registered in it.
#[derive(Clone)]
pub struct Engine {
    context: SessionContext,
    /// Bytes that queries may take.
    memory: usize,
    /// The same session for queries over small relations.
    lean: Arc<SessionState>,
    no_rows: NoRows,
}

impl Engine {
    /// Opens the engine.
    ///
    /// # Errors
    /// `Engine` when a setting is refused.
    pub async fn open(options: &EngineOptions) -> Result<Engine> {
        let mut config = SessionConfig::new().with_target_partitions(TARGET_PARTITIONS).with_batch_size(8_192);
        for (key, value) in [
            // Timestamps without a zone are UTC, on every machine.
            ("datafusion.execution.time_zone", "UTC"),
            // Of what is asked for by name, other columns are read of the rows that have it.
            ("datafusion.execution.parquet.pushdown_filters", "true"),
            // Exports lie under account and date folders.
            ("datafusion.execution.listing_table_ignore_subdirectory", "false"),
            // One string type everywhere: contracts say varchar and mean Utf8.
            ("datafusion.sql_parser.map_string_types_to_utf8view", "false"),
            ("datafusion.execution.parquet.schema_force_view_types", "false"),
            // Lambdas exist in this dialect only.
            ("datafusion.sql_parser.dialect", "duckdb"),
        ] {
            config.options_mut().set(key, value)?;
        }
        let memory = options.memory_mib.max(64) * 1024 * 1024;
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(memory))).build_arc()?;
        let mut rules = small_side::SmallSide::among(PhysicalOptimizer::new().rules);
        rules.push(Arc::new(lookup_join::LookUp));
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rules(rules)
            .build();
        let context = SessionContext::new_with_state(state);
        functions::functions().into_iter().for_each(|function| context.register_udf(function));
        // A folder's listing may not outlive a write into it.
        context.sql("set datafusion.runtime.list_files_cache_limit = '0K'").await?;
        Ok(Engine::of(context, memory))
    }

    fn of(context: SessionContext, memory: usize) -> Engine {
        let lean = Arc::new(lean::lean(context.state()));
        Engine { context, memory, lean, no_rows: NoRows::default() }
    }

    /// A session of its own beside this one, with the same memory and stores, and with some of its relations.
    ///
    /// # Errors
    /// `Engine` when a relation is not there.
    pub async fn with_tables_of(&self, names: impl Iterator<Item = &String>) -> Result<Engine> {
        let state = self.context.state();
        let config = state.config().clone().with_create_default_catalog_and_schema(true);
        let state = SessionStateBuilder::new_from_existing(state)
            .with_config(config)
            .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
            .build();
        let engine = Engine::of(SessionContext::new_with_state(state), self.memory);
        for name in names {
            engine.register_table(name, self.context.table_provider(name.as_str()).await?)?;
        }
        Ok(engine)
    }

    /// Lets the engine read a store's URLs.
    pub fn mount(&self, store: &Store) {
        self.context.register_object_store(store.url(), store.object_store());
    }

    /// Registers rows under a name, replacing what bore it.
    ///
    /// # Errors
    /// `Engine` when the batches do not have the schema.
    pub fn register(&self, name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<()> {
        // Comments of columns stay with contracts: the engine's plans fail where two inputs of a union have different ones.
        let plain = without_comments(&schema);
        let batches = batches.into_iter().map(|batch| RecordBatch::try_new(plain.clone(), batch.columns().to_vec()));
        let batches: Vec<RecordBatch> = batches.collect::<std::result::Result<_, _>>()?;
        let has_none = batches.iter().all(|batch| batch.num_rows() == 0);
        self.register_table(name, Arc::new(MemTable::try_new(plain, vec![batches])?))?;
        self.no_rows.note(name, has_none);
        Ok(())
    }

    /// Registers an empty relation, so that queries over it plan.
    ///
    /// # Errors
    /// `Engine` when the engine refuses the schema.
    pub fn register_empty(&self, name: &str, schema: &SchemaRef) -> Result<()> {
        self.register(name, schema.clone(), vec![empty(schema)])
    }

    /// Registers rows that stand packed as Parquet, of which a query unpacks the columns that it reads.
    ///
    /// # Errors
    /// `Engine` when the engine refuses the schema.
    pub fn register_packed(&self, name: &str, schema: &SchemaRef, parts: Arc<[Bytes]>, rows: usize) -> Result<()> {
        self.register_table(name, Arc::new(scan::ReadRows::packed(without_comments(schema), parts, rows)))?;
        self.no_rows.note(name, rows == 0);
        Ok(())
    }

    /// Whether a relation is known to have no rows.
    pub fn has_no_rows(&self, name: &str) -> bool {
        self.no_rows.has(name)
    }

    /// The schema of a relation.
    ///
    /// # Errors
    /// `Engine` when it is not there.
    pub async fn schema_of(&self, name: &str) -> Result<SchemaRef> {
        Ok(self.context.table_provider(name).await?.schema())
    }

    /// Some columns of the rows of a relation, as they come.
    ///
    /// # Errors
    /// `Engine` when it is not there or lacks a column.
    pub async fn stream(&self, name: &str, columns: &[&str]) -> Result<SendableRecordBatchStream> {
        let frame = self.context.table(name).await?.select_columns(columns)?;
        Ok(frame.execute_stream().await?)
    }

    /// Takes a relation out of the session.
    ///
    /// # Errors
    /// `Engine` when the engine refuses.
    pub fn deregister(&self, name: &str) -> Result<()> {
        self.context.deregister_table(name)?;
        Ok(())
    }

    /// Holds the rows of a relation in memory, in their order.
    ///
    /// # Errors
    /// `Storage` when a store refuses, `Engine` when they cannot be read.
    pub async fn hold(&self, name: &str) -> Result<()> {
        let frame = self.context.table(name).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let rows = frame.collect().await.map_err(|error| {
            failed(error, format!("files of `{name}` cannot be read"), &format!("at {name}/ of the state"))
        })?;
        self.register(name, schema, rows)
    }

    fn register_table(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        self.no_rows.note(name, false);
        self.context.deregister_table(name)?;
        self.context.register_table(name, table)?;
        Ok(())
    }

    /// Plans a query against what is registered.
    ///
    /// # Errors
    /// `Project`, naming the file, when it does not plan.
    pub async fn plan(&self, query: &Query) -> Result<LogicalPlan> {
        let statement = query.statement.clone();
        let planned = match is_small(query) {
            true => self.lean.statement_to_plan(statement).await,
            false => self.context.state().statement_to_plan(statement).await,
        };
        planned.and_then(constants::written_out).map_err(|error| {
            let hint = match error.to_string().contains("named arguments") {
                true => "`f(a = b)` names an argument in this dialect: put the comparison in parentheses, `f((a = b))`",
                false if error.to_string().contains("' not found") => {
                    "the last night was another version's: `trimtab run` makes what is missing"
                }
                false => "`trimtab explain <relation>` shows the columns of what it reads",
            };
            Error::project(format!("query `{}` does not plan", query.name))
                .at(format!("at {}", query.path))
                .because(error)
                .hint(hint)
        })
    }

    /// Runs a query and gives its rows.
    ///
    /// # Errors
    /// `Project` when it does not plan, `Storage` when a store refuses, `Engine` when it fails.
    pub async fn run(&self, query: &Query) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let plan = self.plan(query).await?;
        let rows = match is_small(query) {
            true => self.collect_small(plan).await,
            false => self.collect(plan).await,
        };
        rows.map_err(|error| failed_query(error, &query.name, &query.path))
    }

    /// Runs one read-only select.
    ///
    /// # Errors
    /// `Usage` for anything but a select, or SQL that does not plan; `Storage` when a store refuses, `Engine` when it fails.
    pub async fn select(&self, sql: &str) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let plan = self.plan_select(sql).await?;
        self.collect(plan).await.map_err(|error| store::refused(&error).unwrap_or_else(|| error.into()))
    }

    async fn plan_select(&self, sql: &str) -> Result<LogicalPlan> {
        let wrong = |error: DataFusionError| {
            Error::usage("the select cannot be run")
                .because(error)
                .hint("`trimtab list queries` shows what can be read")
        };
        let statement = graph::parse(sql).map_err(|e| {
            Error::usage("the select does not parse").because(e).hint("give one select, without a semicolon")
        })?;
        let plan = self.context.state().statement_to_plan(statement).await.map_err(wrong)?;
        let options = datafusion::execution::context::SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        options.verify_plan(&plan).map_err(|error| {
            Error::usage("only a select may be run").because(error).hint("published data is read only")
        })?;
        Ok(plan)
    }

    async fn collect_small(&self, plan: LogicalPlan) -> datafusion::error::Result<(SchemaRef, Vec<RecordBatch>)> {
        let schema = Arc::new(plan.schema().as_arrow().clone());
        if self.no_rows.are_given_by(&plan) {
            return Ok((schema, Vec::new()));
        }
        let plan = shared::run_once(self, plan, self.memory / 2).await?;
        Ok((schema, collect(self.plan_small(&plan).await?, self.lean.task_ctx()).await?))
    }

    async fn plan_small(&self, plan: &LogicalPlan) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        match self.lean.create_physical_plan(plan).await {
            Ok(plan) => Ok(plan),
            // Subqueries inside subqueries may take more than one pass; and what no plan can do, a plan in full words best.
            Err(_) => self.context.state().create_physical_plan(plan).await,
        }
    }

    async fn collect(&self, plan: LogicalPlan) -> datafusion::error::Result<(SchemaRef, Vec<RecordBatch>)> {
        let frame = self.context.execute_logical_plan(plan).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        Ok((schema, frame.collect().await?))
    }
}

/// The error for a query that planned and failed.
fn failed_query(error: DataFusionError, name: &str, path: &str) -> Error {
    failed(error, format!("query `{name}` failed"), &format!("at {path}"))
}

/// The error for rows that could not be had.
fn failed(error: DataFusionError, what: String, place: &str) -> Error {
    if let Some(refused) = store::refused(&error) {
        return refused.at(place);
    }
    let failed = Error::engine(what).at(place);
    let text = error.to_string();
    let failed = failed.because(error);
    if text.contains("Parquet error") {
        failed.hint("a file of the state that it reads is broken: run with --full")
    } else if text.contains("Resources exhausted") {
        failed.hint("raise memory_mib under [engine] in the run file, if the machine has more")
    } else {
        failed
    }
}

/// Whether a query reads what days and decisions come down to: to plan it takes longer than to run it.
fn is_small(query: &Query) -> bool {
    query.layer.is_decided() || query.layer == graph::Layer::Check
}

fn without_comments(schema: &SchemaRef) -> SchemaRef {
    let plain = |field: &Arc<Field>| Field::clone(field).with_metadata(Default::default());
    Arc::new(Schema::new(schema.fields().iter().map(plain).collect::<Vec<_>>()))
}
