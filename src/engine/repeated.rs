//! Queries that are planned once and run for many groups of rows: to plan the queries of a night takes a second, and a large
//! company is decided in a hundred groups.
//!
//! Every table is one of the run ([`RowsOfRun`]), so that a plan holds no rows. A query is planned when the first group has rows
//! for it, because how many there are decides how they are joined.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::{ExecutionPlan, collect};
use tokio::sync::Mutex;

use super::no_rows::NoRows;
use super::scan::ReadRows;
pub use super::scan::RowsOfRun;
use super::{Engine, failed_query, shared, without_comments};
use crate::error::{Error, Result};
use crate::project::Query;

/// Queries over tables of the run.
pub struct Repeated {
    engine: Engine,
    tables: BTreeMap<String, Arc<ReadRows>>,
    planned: BTreeMap<String, Planned>,
}

/// One query.
struct Planned {
    path: String,
    schema: SchemaRef,
    logical: LogicalPlan,
    /// Once a group had rows for it.
    physical: Mutex<Option<Arc<Vec<Step>>>>,
}

/// A plan whose rows are a table for those behind it, or the query's.
struct Step {
    /// The table that it fills.
    table: Option<(String, Arc<ReadRows>)>,
    schema: SchemaRef,
    plan: Plan,
}

enum Plan {
    /// One for all groups.
    Shared(Arc<dyn ExecutionPlan>),
    /// One for each group that runs beside others, as its parts keep results that two groups would share; those that no group
    /// holds wait here.
    Lent { logical: Box<LogicalPlan>, free: std::sync::Mutex<Vec<Arc<dyn ExecutionPlan>>> },
}

impl Repeated {
    /// No queries yet; tables are known by their schemas.
    ///
    /// # Errors
    /// `Engine` when the engine refuses one.
    pub async fn open(engine: &Engine, tables: impl Iterator<Item = (String, SchemaRef)>) -> Result<Repeated> {
        let engine = engine.with_tables_of(std::iter::empty()).await?;
        let mut repeated = Repeated { engine, tables: BTreeMap::new(), planned: BTreeMap::new() };
        for (name, schema) in tables {
            repeated.table(&name, &schema)?;
        }
        Ok(repeated)
    }

    fn table(&mut self, name: &str, schema: &SchemaRef) -> Result<()> {
        let rows = Arc::new(ReadRows::of_run(name, without_comments(schema)));
        self.engine.register_table(name, rows.clone())?;
        self.tables.insert(name.to_string(), rows);
        Ok(())
    }

    /// Plans a query, whose rows are a table for those that come after it. What it reads must be known.
    ///
    /// # Errors
    /// `Project`, naming the file, when it does not plan.
    pub async fn plan(&mut self, query: &Query, shown: impl FnOnce(&Schema) -> SchemaRef) -> Result<()> {
        let logical = self.engine.plan(query).await?;
        let schema: SchemaRef = Arc::new(logical.schema().as_arrow().clone());
        self.table(&query.name, &shown(&schema))?;
        let planned = Planned { path: query.path.clone(), schema, logical, physical: Mutex::new(None) };
        self.planned.insert(query.name.clone(), planned);
        Ok(())
    }

    /// The schema that a query gives.
    pub fn schema(&self, name: &str) -> Option<&SchemaRef> {
        self.planned.get(name).map(|planned| &planned.schema)
    }

    /// Whether a query gives no row, whatever the tables hold whose rows are not there.
    pub fn gives_none(&self, name: &str, rows: &RowsOfRun) -> bool {
        let none = NoRows::default();
        for table in self.tables.keys().filter(|table| rows.count(table) == Some(0)) {
            none.note(table, true);
        }
        self.planned.get(name).is_some_and(|planned| none.are_given_by(&planned.logical))
    }

    /// Runs a query over the rows of a group.
    ///
    /// # Errors
    /// `Engine` when it fails, or was not planned.
    pub async fn run(&self, name: &str, rows: &RowsOfRun) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let Some(planned) = self.planned.get(name) else {
            return Err(Error::engine(format!("query `{name}` was not planned")));
        };
        if self.gives_none(name, rows) {
            return Ok((planned.schema.clone(), Vec::new()));
        }
        let found = self.found(name, planned, rows).await;
        Ok((planned.schema.clone(), found.map_err(|error| failed_query(error, name, &planned.path))?))
    }

    async fn found(
        &self,
        name: &str,
        planned: &Planned,
        rows: &RowsOfRun,
    ) -> datafusion::error::Result<Vec<RecordBatch>> {
        let mut physical = planned.physical.lock().await;
        if let Some(steps) = physical.clone() {
            drop(physical);
            return self.steps(&steps, rows).await;
        }
        let (steps, found) = self.first(name, planned, rows).await?;
        *physical = Some(Arc::new(steps));
        Ok(found)
    }

    /// Plans step by step, as each counts on how many rows the ones before it gave.
    async fn first(
        &self,
        name: &str,
        planned: &Planned,
        rows: &RowsOfRun,
    ) -> datafusion::error::Result<(Vec<Step>, Vec<RecordBatch>)> {
        // Another group may plan another query meanwhile: what this one does not know yet, that one may.
        for (table, expected) in &self.tables {
            rows.count(table).into_iter().for_each(|rows| expected.note(rows));
        }
        let mut rows = rows.clone();
        let mut steps = Vec::new();
        let mut scans = Vec::new();
        let (inner, whole) = shared::split(planned.logical.clone(), |place, schema| {
            let table = format!("{name} step {place}");
            let source = Arc::new(ReadRows::of_run(&table, schema));
            scans.push((table.clone(), source.clone()));
            LogicalPlanBuilder::scan(table, provider_as_source(source), None)?.build()
        })?;
        for (plan, table) in inner.into_iter().zip(scans) {
            let step = self.step(plan, Some(table.clone())).await?;
            let found = self.rows_of(&step, &rows).await?;
            table.1.note(found.iter().map(RecordBatch::num_rows).sum());
            rows.put(&table.0, &found);
            steps.push(step);
        }
        let last = self.step(whole, None).await?;
        let found = self.rows_of(&last, &rows).await?;
        steps.push(last);
        Ok((steps, found))
    }

    async fn step(
        &self,
        logical: LogicalPlan,
        table: Option<(String, Arc<ReadRows>)>,
    ) -> datafusion::error::Result<Step> {
        let physical = self.engine.plan_small(&logical).await?;
        let schema = Arc::new(Schema::new(logical.schema().as_arrow().fields().clone()));
        let plan = match shares_results(&physical)? {
            true => Plan::Lent { logical: Box::new(logical), free: vec![physical].into() },
            false => Plan::Shared(physical),
        };
        Ok(Step { table, schema, plan })
    }

    async fn steps(&self, steps: &[Step], rows: &RowsOfRun) -> datafusion::error::Result<Vec<RecordBatch>> {
        let mut rows = rows.clone();
        for step in steps {
            let found = self.rows_of(step, &rows).await?;
            match &step.table {
                Some((table, _)) => rows.put(table, &found),
                None => return Ok(found),
            }
        }
        Err(DataFusionError::Internal("a query has no last step".into()))
    }

    async fn rows_of(&self, step: &Step, rows: &RowsOfRun) -> datafusion::error::Result<Vec<RecordBatch>> {
        let plan = match &step.plan {
            Plan::Shared(plan) => plan.clone(),
            Plan::Lent { logical, free } => {
                let waiting = free.lock().map_or(None, |mut free| free.pop());
                match waiting {
                    Some(plan) => plan,
                    None => self.engine.plan_small(logical).await?,
                }
            }
        };
        let config = self.engine.context.copied_config().with_extension(Arc::new(rows.clone()));
        let task = TaskContext::from(self.engine.lean.as_ref()).with_session_config(config);
        let found = collect(reset_plan_states(plan.clone())?, Arc::new(task)).await?;
        if let Plan::Lent { free, .. } = &step.plan
            && let Ok(mut free) = free.lock()
        {
            free.push(plan);
        }
        match step.table {
            Some(_) => found.iter().map(|rows| shared::typed(rows, &step.schema)).collect(),
            None => Ok(found),
        }
    }
}

/// Whether a part of a plan keeps results in a place that copies of the plan share.
pub(super) fn shares_results(plan: &Arc<dyn ExecutionPlan>) -> datafusion::error::Result<bool> {
    let mut shares = false;
    plan.apply(|node| {
        shares |= ["ScalarSubqueryExec", "RecursiveQueryExec"].contains(&node.name());
        Ok(if shares { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::{DataType, Field, Int64Type};

    use super::*;
    use crate::project::graph;

    #[tokio::test]
    async fn groups_beside_each_other_read_their_own_rows_and_what_a_query_gives_is_a_table() {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        let numbers = |numbers: &[i64]| {
            RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(numbers.to_vec()))]).unwrap()
        };
        let engine = Engine::open(&Default::default()).await.unwrap();
        let given = std::iter::once(("given".to_string(), schema.clone()));
        let mut repeated = Repeated::open(&engine, given).await.unwrap();
        let pairs = "with steps as (select n, n * 10 as tens from given) \
            select one.n, other.tens from steps as one inner join steps as other on other.n = one.n where one.n > 1";
        let above = "select tens from pairs where tens > (select avg(tens) from pairs) order by tens";
        let halved = "with recursive steps as (select tens from above union all \
            select tens / 2 from steps where tens % 2 = 0) select tens from steps order by tens";
        for (name, sql) in [("pairs", pairs), ("above", above), ("halved", halved)] {
            let query =
                graph::query(&format!("queries/marts/{name}.sql"), &format!("-- x\n-- grain: n\n{sql}")).unwrap();
            repeated.plan(&query, |schema| Arc::new(schema.clone())).await.unwrap();
        }
        let group = async |of: &[i64]| {
            let mut rows = RowsOfRun::default();
            rows.put("given", &[numbers(of)]);
            let (_, found) = repeated.run("pairs", &rows).await.unwrap();
            rows.put("pairs", &found);
            let (_, found) = repeated.run("above", &rows).await.unwrap();
            rows.put("above", &found);
            let (_, found) = repeated.run("halved", &rows).await.unwrap();
            found.iter().flat_map(|rows| rows.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
        };
        let nothing: Vec<i64> = group(&[]).await;
        assert_eq!(nothing, Vec::<i64>::new());
        for _ in 0..3 {
            let (low, high): (Vec<i64>, Vec<i64>) = futures::join!(group(&[1, 2, 3, 4]), group(&[7, 8]));
            assert_eq!((low, high), (vec![5, 10, 20, 40], vec![5, 10, 20, 40, 80]));
        }
        let error = repeated.run("pairs", &RowsOfRun::default()).await.unwrap_err();
        assert!(format!("{error:?}").contains("`given` are not there"), "{error:?}");
    }
}
