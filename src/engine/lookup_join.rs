//! Most joins look up one row by a key that no two rows share: a model's price, what another relation says of the same bundle.
//! The engine's hash join builds a table of keys and copies every column of both sides, through each of a dozen joins of one
//! query. Where the held side has no key twice, a row that streams by finds one row or none: its columns pass as they are, and
//! where the rows found stand beside each other, so do theirs. Relations stand in the order of their keys, so the next row is
//! looked for behind the last one before anything is hashed.
//!
//! Whether a key repeats is seen when the held side is there; where one does, the hash join runs.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array, new_null_array};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::utils::memory::RecordBatchMemoryCounter;
use datafusion::common::{JoinType, NullEquality};
use datafusion::config::ConfigOptions;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExprRef;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, EmptyRecordBatchStream, ExecutionPlan, ExecutionPlanProperties, PhysicalExpr,
    PlanProperties,
};
use futures::future::ready;
use futures::{StreamExt, TryStreamExt};

use super::held::{Held, NONE};

/// What a row takes in the table of keys.
const PLACE_BYTES: usize = 40;
/// How many times as many rows as are given may be kept for them.
const MOST_KEPT: usize = 4;

/// Puts lookups in the place of hash joins that may be some. It comes last: other rules know the engine's own joins.
#[derive(Debug)]
pub(super) struct LookUp;

impl PhysicalOptimizerRule for LookUp {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| match plan.downcast_ref::<HashJoinExec>() {
            Some(join) if may_look_up(join)? => Ok(Transformed::yes(Arc::new(LookupJoinExec(plan)))),
            _ => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "look_up"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn may_look_up(join: &HashJoinExec) -> Result<bool> {
    let (left, right) = (join.left.schema(), join.right.schema());
    for (held, streamed) in &join.on {
        let key = held.data_type(&left)?;
        let is_exact = matches!(key, DataType::Utf8 | DataType::Boolean | DataType::Date32) || key.is_signed_integer();
        if !is_exact || streamed.data_type(&right)? != key {
            return Ok(false);
        }
    }
    let is_one = |side: &Arc<dyn ExecutionPlan>| side.output_partitioning().partition_count() == 1;
    Ok(matches!(join.join_type, JoinType::Inner | JoinType::Right)
        && join.filter.is_none()
        && join.fetch().is_none()
        && join.mode == PartitionMode::CollectLeft
        && join.null_equality == NullEquality::NullEqualsNothing
        && is_one(&join.left)
        && is_one(&join.right))
}

/// A hash join that is run as lookups where its left side has no key twice. The join itself is never run, so it keeps no rows.
#[derive(Debug)]
struct LookupJoinExec(Arc<dyn ExecutionPlan>);

impl LookupJoinExec {
    fn join(&self) -> Result<&HashJoinExec> {
        self.0.downcast_ref().ok_or_else(|| DataFusionError::Internal("a lookup stands for no hash join".into()))
    }
}

impl DisplayAs for LookupJoinExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("LookupJoinExec, else ")?;
        self.0.fmt_as(kind, f)
    }
}

impl ExecutionPlan for LookupJoinExec {
    fn name(&self) -> &'static str {
        "LookupJoinExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        self.0.maintains_input_order()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.0.children()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.0.apply_expressions(f)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(LookupJoinExec(self.0.clone().replace_children(children, options)?)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let join = self.0.clone();
        let rows = futures::stream::once(async move { joined(join, partition, context).await }).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}

/// The rows of a join.
async fn joined(
    plan: Arc<dyn ExecutionPlan>,
    partition: usize,
    context: Arc<TaskContext>,
) -> Result<SendableRecordBatchStream> {
    let lookup = LookupJoinExec(plan);
    let join = lookup.join()?;
    let memory = MemoryConsumer::new("LookupJoin").register(context.memory_pool());
    let mut stream = join.left.execute(0, context.clone())?;
    let (mut batches, mut counter) = (Vec::new(), RecordBatchMemoryCounter::new());
    while let Some(batch) = stream.try_next().await? {
        // Batches may be cut from the same bytes.
        memory.try_grow(counter.count_batch(&batch) + batch.num_rows() * PLACE_BYTES)?;
        batches.push(batch);
    }
    let rows = match batches.as_slice() {
        [one] => one.clone(),
        several => concat_batches(&join.left.schema(), several)?,
    };
    let keys = values(join.on.iter().map(|(held, _)| held), &rows)?;
    let Some(mut held) = Held::new(rows.clone(), keys)? else {
        drop(memory);
        let left = MemorySourceConfig::try_new_exec(&[vec![rows]], join.left.schema(), None)?;
        let join = join.builder().with_new_children(vec![left, join.right.clone()])?.reset_state().build_exec()?;
        return join.execute(partition, context);
    };
    let shape = Shape {
        schema: join.schema(),
        held: join.left.schema().fields().len(),
        columns: join.projection.as_ref().map(|columns| columns.to_vec()),
        is_inner: join.join_type == JoinType::Inner,
    };
    if shape.is_inner && held.rows.num_rows() == 0 {
        return Ok(Box::pin(EmptyRecordBatchStream::new(lookup.schema())));
    }
    let streamed: Vec<PhysicalExprRef> = join.on.iter().map(|(_, streamed)| streamed.clone()).collect();
    let rows = join.right.execute(partition, context)?.map(move |batch| {
        // Held for as long as the rows are.
        let _ = &memory;
        let batch = batch?;
        let places = held.find(&values(streamed.iter(), &batch)?, batch.num_rows())?;
        shape.beside(&held.rows, batch, places)
    });
    let rows = rows.try_filter(|batch| ready(batch.num_rows() > 0));
    Ok(Box::pin(RecordBatchStreamAdapter::new(lookup.schema(), rows)))
}

fn values<'a>(keys: impl Iterator<Item = &'a PhysicalExprRef>, rows: &RecordBatch) -> Result<Vec<ArrayRef>> {
    keys.map(|key| key.evaluate(rows)?.into_array(rows.num_rows())).collect()
}

/// What a join gives.
struct Shape {
    schema: SchemaRef,
    /// Columns of the held side, which come first.
    held: usize,
    /// Those that are given, where not all are.
    columns: Option<Vec<usize>>,
    /// Whether rows that find none are left out.
    is_inner: bool,
}

impl Shape {
    /// The held rows at the places beside the rows that found them.
    fn beside(&self, held: &RecordBatch, mut rows: RecordBatch, mut places: Vec<u32>) -> Result<RecordBatch> {
        if self.is_inner && places.contains(&NONE) {
            let found: UInt32Array =
                places.iter().enumerate().filter(|(_, place)| **place != NONE).map(|(row, _)| row as u32).collect();
            places.retain(|place| *place != NONE);
            let columns = rows.columns().iter().map(|column| take(column, &found, None));
            let columns = columns.collect::<std::result::Result<_, _>>()?;
            let count = RecordBatchOptions::new().with_row_count(Some(places.len()));
            rows = RecordBatch::try_new_with_options(rows.schema(), columns, &count)?;
        }
        let first = places.first().copied().unwrap_or(0);
        // A few rows that stay would keep all that are held.
        let is_run = held.num_rows() <= MOST_KEPT * places.len()
            && !places.contains(&NONE)
            && places.iter().zip(first..).all(|(place, next)| *place == next);
        let has_none = places.iter().all(|place| *place == NONE);
        let indices: Option<UInt32Array> =
            (!is_run && !has_none).then(|| places.iter().map(|place| (*place != NONE).then_some(*place)).collect());
        let column = |place: usize| {
            if place >= self.held {
                Ok(rows.column(place - self.held).clone())
            } else if is_run {
                Ok(held.column(place).slice(first as usize, places.len()))
            } else {
                let column = held.column(place);
                let none = || Ok(new_null_array(column.data_type(), places.len()));
                indices.as_ref().map_or_else(none, |indices| take(column, indices, None))
            }
        };
        let columns: std::result::Result<_, _> = match &self.columns {
            Some(columns) => columns.iter().map(|place| column(*place)).collect(),
            None => (0..self.held + rows.num_columns()).map(column).collect(),
        };
        let count = RecordBatchOptions::new().with_row_count(Some(places.len()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns?, &count)?)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array, StringArray};
    use arrow::datatypes::{Field, Int64Type, Schema};
    use arrow::util::pretty::pretty_format_batches;
    use datafusion::prelude::SessionContext;
    use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest};

    use super::*;
    use crate::engine::Engine;

    /// Keys of two columns, either of which may be missing, and the number of the row.
    type Row = (Option<String>, Option<i64>);
    type Rows = Vec<Row>;

    fn batches(rows: &Rows, size: usize) -> (SchemaRef, Vec<RecordBatch>) {
        let fields = [("a", DataType::Utf8), ("b", DataType::Int64), ("n", DataType::Int64)];
        let fields: Vec<Field> = fields.map(|(name, kind)| Field::new(name, kind, true)).into();
        let schema = Arc::new(Schema::new(fields));
        let batch = |(at, rows): (usize, &[Row])| {
            let a: StringArray = rows.iter().map(|(a, _)| a.clone()).collect();
            let b: Int64Array = rows.iter().map(|(_, b)| *b).collect();
            let n = Int64Array::from_iter_values((at * size) as i64..(at * size + rows.len()) as i64);
            RecordBatch::try_new(schema.clone(), vec![Arc::new(a), Arc::new(b), Arc::new(n)]).unwrap()
        };
        (schema.clone(), rows.chunks(size).enumerate().map(batch).collect())
    }

    /// The numbers of the rows that a join puts beside each other, sorted; and the plan.
    async fn joined(context: &SessionContext, sql: &str) -> (String, String) {
        let rows = context.sql(sql).await.unwrap().collect().await.unwrap();
        let plan = context.sql(&format!("explain {sql}")).await.unwrap().collect().await.unwrap();
        (pretty_format_batches(&rows).unwrap().to_string(), pretty_format_batches(&plan).unwrap().to_string())
    }

    /// Held in order, held in no order, some keys missing, some twice.
    fn rows() -> impl Strategy<Value = Rows> {
        let key = prop_oneof![8 => (0_i64..40).prop_map(Some), 1 => Just(None)];
        (proptest::collection::vec((key.clone(), key), 0..40), any::<[bool; 2]>()).prop_map(
            |(keys, [sorted, unique])| {
                let mut rows: Rows = keys
                    .into_iter()
                    .map(|(a, b)| (a.map(|a| if a == 7 { String::new() } else { format!("key {a:02}") }), b))
                    .collect();
                if sorted {
                    rows.sort();
                }
                if unique {
                    let mut seen = std::collections::BTreeSet::new();
                    rows.retain(|row| seen.insert(row.0.clone()));
                }
                rows
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_lookup_gives_what_the_engines_own_join_gives(one in rows(), other in rows(), size in 1_usize..20) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let engine = Engine::open(&Default::default()).await.unwrap();
                let plain = SessionContext::new();
                for (name, rows) in [("one", &one), ("other", &other)] {
                    let (schema, rows) = batches(rows, size);
                    let table = datafusion::datasource::MemTable::try_new(schema.clone(), vec![rows.clone()]).unwrap();
                    plain.register_table(name, Arc::new(table)).unwrap();
                    engine.register(name, schema, rows).unwrap();
                }
                for kind in ["inner", "left", "right"] {
                    for on in ["other.a = one.a", "other.a = one.a and other.b = one.b", "other.b = one.n"] {
                        for (what, end) in [("one.n, other.n as m, other.a, one.b", "order by 1, 2"), ("count(*)", "")] {
                            let sql = format!("select {what} from one {kind} join other on {on} {end}");
                            let (expected, _) = joined(&plain, &sql).await;
                            let (found, plan) = joined(&engine.context, &sql).await;
                            prop_assert_eq!(found, expected, "{}\n{}", sql, plan);
                        }
                    }
                }
                Ok(())
            })?;
        }
    }

    #[tokio::test]
    async fn what_streams_and_what_stands_in_its_order_is_not_copied() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let keys = |keys: std::ops::Range<i64>| -> Rows { keys.map(|n| (Some(format!("{n:04}")), Some(n))).collect() };
        let (schema, one) = batches(&keys(100..400), 1000);
        let (_, other) = batches(&keys(100..400), 1000);
        engine.register("one", schema.clone(), one.clone()).unwrap();
        engine.register("other", schema, other.clone()).unwrap();
        let sql = "select one.n, other.n as m from one left join other on other.a = one.a";
        let (_, plan) = joined(&engine.context, sql).await;
        assert!(plan.contains("LookupJoinExec"), "{plan}");
        let rows = engine.context.sql(sql).await.unwrap().collect().await.unwrap();
        let [rows] = rows.as_slice() else { panic!("{} batches", rows.len()) };
        let address =
            |rows: &RecordBatch, column: usize| rows.column(column).as_primitive::<Int64Type>().values().as_ptr();
        assert_eq!(address(rows, 0), address(&one[0], 2));
        assert_eq!(address(rows, 1), address(&other[0], 2));
        assert_eq!(rows.column(1).as_primitive::<Int64Type>().value(0), 0);
    }
}
