//! A query that is planned once and run over many batches: to plan a mapping takes as long as to map thousands of rows.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::TaskContext;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::{ExecutionPlan, collect};

use super::repeated::shares_results;
use super::scan::{ReadRows, RowsOfRun};
use super::{Engine, without_comments};
use crate::error::Result;
use crate::project::Query;

/// Rows that a plan is to expect: facts that they are joined to are held, and they pass by.
const MANY_ROWS: usize = 1 << 20;

/// A planned query over rows that each run brings.
#[derive(Clone)]
pub struct Prepared {
    context: SessionContext,
    /// The table that each run fills.
    table: String,
    schema: SchemaRef,
    plan: LogicalPlan,
    /// The plan of every run; without it each run has its own.
    physical: Option<Arc<dyn ExecutionPlan>>,
    /// File of the query, for messages.
    place: Option<(String, String)>,
}

impl Engine {
    /// Plans a query that reads rows of `schema` under the name `table`, which are given to each run. If they come in the order of
    /// a column, joins to facts keep it.
    ///
    /// # Errors
    /// `Project`, naming the file, when it does not plan.
    pub async fn prepare(
        &self,
        query: &Query,
        table: &str,
        schema: &SchemaRef,
        order: Option<&str>,
    ) -> Result<Prepared> {
        self.offer(table, schema, order)?;
        let plan = self.plan(query).await?;
        self.prepared(plan, table, schema, Some((query.name.clone(), query.path.clone()))).await
    }

    /// Plans a read-only select in the same way.
    ///
    /// # Errors
    /// `Usage` for anything but a select, or SQL that does not plan.
    pub async fn prepare_select(&self, sql: &str, table: &str, schema: &SchemaRef) -> Result<Prepared> {
        self.offer(table, schema, None)?;
        let plan = self.plan_select(sql).await?;
        self.prepared(plan, table, schema, None).await
    }

    fn offer(&self, table: &str, schema: &SchemaRef, order: Option<&str>) -> Result<()> {
        let rows = ReadRows::of_run(table, without_comments(schema)).in_order_of(order);
        rows.note(MANY_ROWS);
        self.register_table(table, Arc::new(rows))
    }

    async fn prepared(
        &self,
        plan: LogicalPlan,
        table: &str,
        schema: &SchemaRef,
        place: Option<(String, String)>,
    ) -> Result<Prepared> {
        let context = self.context.clone();
        let plan = context.state().optimize(&plan)?;
        let (table, schema) = (table.to_string(), without_comments(schema));
        let mut prepared = Prepared { context, table, schema, plan, physical: None, place };
        let physical = prepared.physical().await?;
        prepared.physical = (!shares_results(&physical)?).then_some(physical);
        Ok(prepared)
    }
}

impl Prepared {
    /// The schema that the query gives.
    pub fn schema(&self) -> SchemaRef {
        Arc::new(self.plan.schema().as_arrow().clone())
    }

    /// Runs the query over some rows and gives what it makes of them, in its order.
    ///
    /// # Errors
    /// `Engine` when it fails.
    pub async fn run(&self, rows: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
        let plain = |rows: &RecordBatch| RecordBatch::try_new(self.schema.clone(), rows.columns().to_vec());
        let rows = rows.iter().map(plain).collect::<Result<Vec<_>, _>>()?;
        self.collected(rows).await.map_err(|error| match &self.place {
            Some((name, path)) => super::failed_query(error, name, path),
            None => crate::store::refused(&error).unwrap_or_else(|| error.into()),
        })
    }

    async fn collected(&self, rows: Vec<RecordBatch>) -> datafusion::error::Result<Vec<RecordBatch>> {
        let physical = match &self.physical {
            Some(physical) => reset_plan_states(physical.clone())?,
            None => self.physical().await?,
        };
        let config = self.context.copied_config().with_extension(Arc::new(RowsOfRun::of(&self.table, rows)));
        let task = TaskContext::from(&self.context.state()).with_session_config(config);
        collect(physical, Arc::new(task)).await
    }

    async fn physical(&self) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let state = self.context.state();
        state.query_planner().create_physical_plan(&self.plan, &state).await
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};

    use super::*;

    #[tokio::test]
    async fn runs_beside_each_other_read_their_own_rows_also_where_a_plan_keeps_something() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        let batch = |numbers: [i64; 3]| {
            RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(numbers.to_vec()))]).unwrap()
        };
        let joined =
            "select a.n + b.n as n from given as a join given as b on a.n = b.n where b.n > 1 order by n limit 2";
        for (sql, first, second) in [
            ("select n + 1 as n from given where n > 1", vec![3, 4], vec![8, 9, 10]),
            (joined, vec![4, 6], vec![14, 16]),
        ] {
            let prepared = engine.prepare_select(sql, "given", &schema).await.unwrap();
            assert!(prepared.physical.is_some(), "one plan for both: {sql}");
            // What bears the name later is another query's.
            engine.register_empty("given", &schema).unwrap();
            let numbers = |found: Vec<RecordBatch>| -> Vec<i64> {
                found.iter().flat_map(|rows| rows.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
            };
            let (low, high) = ([batch([1, 2, 3])], [batch([7, 8, 9])]);
            let (low, high) = futures::join!(prepared.run(&low), prepared.run(&high));
            assert_eq!((numbers(low.unwrap()), numbers(high.unwrap())), (first, second), "{sql}");
        }
    }

    #[tokio::test]
    async fn rows_that_come_in_order_keep_it_where_some_find_no_fact() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let schema = Arc::new(Schema::new(vec![
            Field::new("day", DataType::Int64, false),
            Field::new("n", DataType::Int64, false),
        ]));
        let column = |numbers: Vec<i64>| Arc::new(Int64Array::from(numbers)) as arrow::array::ArrayRef;
        let facts = RecordBatch::try_from_iter([("n", column(vec![2, 4])), ("name", column(vec![20, 40]))]).unwrap();
        engine.register("facts", facts.schema(), vec![facts]).unwrap();
        let rows = RecordBatch::try_new(schema.clone(), vec![column(vec![1, 1, 1, 2, 2]), column(vec![5, 4, 3, 2, 1])]);
        let sql = "-- x\n-- grain: n\nselect g.day, g.n, f.name from given as g left join facts as f on f.n = g.n";
        let query = crate::project::graph::query("queries/daily/x.sql", sql).unwrap();
        let prepared = engine.prepare(&query, "given", &schema, Some("day")).await.unwrap();
        let found = prepared.run(&[rows.unwrap()]).await.unwrap();
        let numbers: Vec<i64> =
            found.iter().flat_map(|rows| rows["n"].as_primitive::<Int64Type>().values().to_vec()).collect();
        assert_eq!(numbers, [5, 4, 3, 2, 1]);
    }
}
