//! The engine holds the left side of a cross join and makes a batch of each row of it. Where it does not know how many rows
//! that are, it leaves the sides as they were written, and one-row relations such as `settings` are written on the right: a
//! hundred thousand rows became as many batches, each with a copy of the schema. The side that is known to be small is held.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::CrossJoinExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

/// Rows up to which a side is small.
const SMALL: usize = 64;

/// Swaps cross joins whose right side is known to be small.
#[derive(Debug)]
pub(super) struct SmallSide;

impl PhysicalOptimizerRule for SmallSide {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| match plan.downcast_ref::<CrossJoinExec>() {
            // Of two small sides either may be held: what the left one is need not be computed.
            Some(join) if is_one(join.right()) && is_small(join.right())? => join.swap_inputs().map(Transformed::yes),
            _ => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "small_side"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// What is held has to come in one piece; to gather pieces would leave their order to chance.
fn is_one(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.output_partitioning().partition_count() == 1
}

fn is_small(plan: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    let statistics = StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new())?;
    Ok(statistics.num_rows.get_value().is_some_and(|rows| *rows <= SMALL))
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};

    use super::*;
    use crate::engine::Engine;

    async fn engine() -> Engine {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, false)]));
        for (name, rows) in [("many", 10_000), ("one", 1)] {
            let column = Arc::new(Int64Array::from_iter_values(0..rows));
            let batch = RecordBatch::try_new(schema.clone(), vec![column]).unwrap();
            engine.register(name, schema.clone(), vec![batch]).unwrap();
        }
        engine
    }

    const SELECT: &str = "select grouped.a, one.a as b from (select a from many group by a) as grouped cross join one";

    #[tokio::test]
    async fn one_row_is_held_and_rows_of_unknown_number_stream() {
        let engine = engine().await;
        let (_, plan) = engine.select(&format!("explain {SELECT}")).await.unwrap();
        let texts: Vec<String> = plan
            .iter()
            .flat_map(|batch| batch.column(1).as_string::<i32>().iter().flatten().map(String::from))
            .collect();
        let physical = texts.last().unwrap();
        let (_, below) = physical.split_once("CrossJoinExec").unwrap();
        let (held, streamed) = (below.find("DataSourceExec"), below.find("AggregateExec"));
        assert!(held < streamed, "{physical}");
        let (_, rows) = engine.select(SELECT).await.unwrap();
        assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 10_000);
        assert!(rows.len() < 10, "{} batches", rows.len());
        let first: Vec<i64> =
            rows.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
        assert_eq!(first.iter().sum::<i64>(), 9_999 * 10_000 / 2);
    }
}
