//! A query names a step once (`with counts as (…)`) and may read it several times. The engine puts the step's plan in every
//! place where it is read, and plans and runs it as often; here it is run once, and its rows are read.
//!
//! A step that another one reads is only counted where that one is, so a step is run on its own exactly when two places in
//! the text read it. One whose rows are too many to be kept is left in its plans, which stream.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{Field, Schema};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion, TreeNodeVisitor};
use datafusion::common::utils::memory::RecordBatchMemoryCounter;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, SubqueryAlias};
use datafusion::physical_plan::execute_stream;
use futures::TryStreamExt;

use super::Engine;

/// Runs every step that is read more than once and gives the plan that reads their rows, as far as they fit `most` bytes each.
///
/// # Errors
/// The engine's, when a step fails.
pub(super) async fn run_once(engine: &Engine, plan: LogicalPlan, most: usize) -> Result<LogicalPlan> {
    let mut steps = Steps::default();
    plan.visit_with_subqueries(&mut steps)?;
    let mut rows = HashMap::new();
    for step in steps.inner_first {
        if steps.readers.get(&step).is_some_and(|readers| *readers > 1) {
            let plan = reading(LogicalPlan::clone(&step), &rows)?;
            let schema = Arc::new(Schema::new(plan.schema().as_arrow().fields().clone()));
            let stream = execute_stream(engine.plan_small(&plan).await?, engine.lean.task_ctx())?;
            let Some(batches) = few(stream, &schema, most).await? else { continue };
            let table = MemTable::try_new(schema, vec![batches])?;
            let name = format!("step_{}", rows.len());
            let scan = LogicalPlanBuilder::scan(name, provider_as_source(Arc::new(table)), None)?.build()?;
            rows.insert(step, Arc::new(scan));
        }
    }
    reading(plan, &rows)
}

/// The plans of the steps that are read more than once, each before those that read it, and the plan that reads them all. What is
/// read in a step's place is what `scan` makes of its number and the schema of its rows.
///
/// # Errors
/// The engine's, and those of `scan`.
pub(super) fn split(
    plan: LogicalPlan,
    mut scan: impl FnMut(usize, Arc<Schema>) -> Result<LogicalPlan>,
) -> Result<(Vec<LogicalPlan>, LogicalPlan)> {
    let mut steps = Steps::default();
    plan.visit_with_subqueries(&mut steps)?;
    let (mut read, mut plans) = (HashMap::new(), Vec::new());
    for step in steps.inner_first {
        if steps.readers.get(&step).is_some_and(|readers| *readers > 1) {
            let plan = reading(LogicalPlan::clone(&step), &read)?;
            let schema = Arc::new(Schema::new(plan.schema().as_arrow().fields().clone()));
            read.insert(step, Arc::new(scan(plans.len(), schema)?));
            plans.push(plan);
        }
    }
    Ok((plans, reading(plan, &read)?))
}

/// All rows of a stream, unless they take more than so many bytes.
async fn few(
    mut stream: SendableRecordBatchStream,
    schema: &Arc<Schema>,
    most: usize,
) -> Result<Option<Vec<RecordBatch>>> {
    // Batches may be cut from the same bytes.
    let (mut batches, mut memory) = (Vec::new(), RecordBatchMemoryCounter::new());
    while let Some(batch) = stream.try_next().await? {
        memory.count_batch(&batch);
        if memory.memory_usage() > most {
            return Ok(None);
        }
        batches.push(typed(&batch, schema)?);
    }
    Ok(Some(batches))
}

/// Rows with the types that were planned: what the engine simplifies may give a decimal more digits than its plan says.
pub(super) fn typed(batch: &RecordBatch, schema: &Arc<Schema>) -> Result<RecordBatch> {
    let options = CastOptions { safe: false, ..Default::default() };
    let column = |(column, field): (&ArrayRef, &Arc<Field>)| cast_with_options(column, field.data_type(), &options);
    let columns = batch.columns().iter().zip(schema.fields()).map(column).collect::<std::result::Result<_, _>>()?;
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

/// The plan with rows in the place of the steps that gave them.
fn reading(plan: LogicalPlan, rows: &HashMap<Arc<LogicalPlan>, Arc<LogicalPlan>>) -> Result<LogicalPlan> {
    if rows.is_empty() {
        return Ok(plan);
    }
    plan.transform_down_with_subqueries(|plan| match &plan {
        LogicalPlan::SubqueryAlias(step) => match rows.get(&step.input) {
            Some(scan) => {
                let step = SubqueryAlias::try_new(scan.clone(), step.alias.clone())?;
                Ok(Transformed::new(LogicalPlan::SubqueryAlias(step), true, TreeNodeRecursion::Jump))
            }
            None => Ok(Transformed::no(plan)),
        },
        // What it reads of itself exists only while it runs.
        LogicalPlan::RecursiveQuery(_) => Ok(Transformed::new(plan, false, TreeNodeRecursion::Jump)),
        _ => Ok(Transformed::no(plan)),
    })
    .data()
}

/// The steps of a plan, each before those that read it, and how often each is read.
#[derive(Default)]
struct Steps {
    readers: HashMap<Arc<LogicalPlan>, usize>,
    inner_first: Vec<Arc<LogicalPlan>>,
}

/// A step's plan, where a node is one: a table under another name is none.
fn step(plan: &LogicalPlan) -> Option<&Arc<LogicalPlan>> {
    match plan {
        LogicalPlan::SubqueryAlias(SubqueryAlias { input, .. }) => match input.as_ref() {
            LogicalPlan::TableScan(_) | LogicalPlan::SubqueryAlias(_) => None,
            input if input.contains_outer_reference() => None,
            _ => Some(input),
        },
        _ => None,
    }
}

impl TreeNodeVisitor<'_> for Steps {
    type Node = LogicalPlan;

    fn f_down(&mut self, plan: &LogicalPlan) -> Result<TreeNodeRecursion> {
        if matches!(plan, LogicalPlan::RecursiveQuery(_)) {
            return Ok(TreeNodeRecursion::Jump);
        }
        let Some(step) = step(plan) else { return Ok(TreeNodeRecursion::Continue) };
        let readers = self.readers.entry(step.clone()).or_default();
        *readers += 1;
        Ok(if *readers > 1 { TreeNodeRecursion::Jump } else { TreeNodeRecursion::Continue })
    }

    fn f_up(&mut self, plan: &LogicalPlan) -> std::result::Result<TreeNodeRecursion, DataFusionError> {
        if let Some(step) = step(plan).filter(|step| !self.inner_first.contains(step)) {
            self.inner_first.push(step.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use datafusion::physical_plan::displayable;

    use super::*;
    use crate::project::graph;

    /// The plan that runs after what is shared was run, and the sum of its first column.
    async fn run(engine: &Engine, sql: &str) -> (String, i64) {
        run_within(engine, sql, 1 << 20).await
    }

    async fn run_within(engine: &Engine, sql: &str, most: usize) -> (String, i64) {
        let state = engine.context.state();
        let plan = state.statement_to_plan(graph::parse(sql).unwrap()).await.unwrap();
        let plan = run_once(engine, plan, most).await.unwrap();
        let frame = engine.context.execute_logical_plan(plan).await.unwrap();
        let physical =
            displayable(frame.clone().create_physical_plan().await.unwrap().as_ref()).indent(false).to_string();
        let rows = frame.collect().await.unwrap();
        (physical, rows.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().iter().flatten()).sum())
    }

    #[tokio::test]
    async fn a_step_that_two_places_read_is_run_once_and_one_that_one_place_reads_stays_in_its_plan() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let steps = "with numbers as (select value % 3 as n, value from range(1, 10)), \
            sums as (select n, sum(value) as total from numbers group by n)";
        let (plan, sum) = run(&engine, &format!("{steps} select total from sums")).await;
        assert!(plan.contains("AggregateExec"), "{plan}");
        assert_eq!(sum, 45);
        // Both places read rows; `numbers` has one reader, `sums`.
        let (plan, sum) = run(
            &engine,
            &format!(
                "{steps} select one.total from sums as one inner join sums as other on other.n = one.n \
                where one.total < (select max(total) from sums)"
            ),
        )
        .await;
        assert_eq!((plan.matches("DataSourceExec").count(), plan.contains("sum(")), (3, false), "{plan}");
        assert_eq!(sum, 12 + 15);
        // A step that a shared one and another place read is run once too.
        let (plan, sum) = run(
            &engine,
            &format!(
                "{steps} select sum(value) as total from numbers union all select one.total from sums as one \
                inner join sums as other on other.n = one.n"
            ),
        )
        .await;
        assert!(!plan.contains("%"), "{plan}");
        assert_eq!(sum, 90);
    }

    #[tokio::test]
    async fn a_step_with_too_many_rows_stays_in_its_plans() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let sql = "with numbers as (select value % 3 as n from range(0, 9000)) \
            select n from numbers union all select n from numbers";
        let (plan, sum) = run_within(&engine, sql, 100).await;
        assert!(plan.contains('%'), "{plan}");
        assert_eq!(sum, 18_000);
        assert!(!run(&engine, sql).await.0.contains('%'));
    }

    #[tokio::test]
    async fn a_recursive_step_is_left_whole() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let sql = "with recursive steps as (select 1 as n union all select n + 1 from steps where n < 4) \
            select one.n from steps as one inner join steps as other on other.n = one.n";
        assert_eq!(run(&engine, sql).await.1, 10);
    }
}
