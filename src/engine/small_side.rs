//! The engine holds the left side of a cross join and makes a batch of each row of it. Where it does not know how many rows
//! that are, it leaves the sides as they were written, and one-row relations such as `settings` are written on the right: a
//! hundred thousand rows became as many batches, each with a copy of the schema. Of a join by keys it makes a table of the left
//! side, of twelve million answers to look up the names of five providers. The side that is known to be small is held.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec};
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// Rows up to which a side of a join by keys is small; of a cross join the smaller one is held, however large. What passes a
/// filter is estimated at a fifth of what is read, so it has to be well above one.
const SMALL: usize = 1_024;

/// Swaps joins whose right side is small and not known to be the larger one. It comes after the engine's own choice of sides,
/// and before the rule that counts on the order that a join gives.
#[derive(Debug)]
pub(super) struct SmallSide;

impl SmallSide {
    /// The engine's rules with this one in its place.
    pub(super) fn among(mut rules: Vec<Rule>) -> Vec<Rule> {
        let place =
            rules.iter().position(|rule| rule.name() == "join_selection").map_or(rules.len(), |place| place + 1);
        rules.insert(place, Arc::new(SmallSide));
        rules
    }
}

impl PhysicalOptimizerRule for SmallSide {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            if let Some(join) = plan.downcast_ref::<CrossJoinExec>()
                && is_one(join.right())
                && is_smaller(join.right(), join.left(), usize::MAX)?
            {
                return join.swap_inputs().map(Transformed::yes);
            }
            if let Some(join) = plan.downcast_ref::<HashJoinExec>()
                && join.join_type().supports_swap()
                && !join.null_aware
                && is_one(join.right())
                && is_smaller(join.right(), join.left(), most_held(join))?
            {
                return join.swap_inputs(join.mode).map(Transformed::yes);
            }
            Ok(Transformed::no(plan))
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

/// Rows up to which the right side of a join by keys is held. Where every row of the left side is kept, holding the right one
/// keeps the order of rows: each looks up what stands beside it. Still it is an estimate, so there is an end to it.
fn most_held(join: &HashJoinExec) -> usize {
    if join.join_type == JoinType::Left { 1 << 16 } else { SMALL }
}

/// What is held has to come in one piece; to gather pieces would leave their order to chance.
fn is_one(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.output_partitioning().partition_count() == 1
}

/// Whether the right side has at most so many rows, and not more than the left one.
fn is_smaller(right: &Arc<dyn ExecutionPlan>, left: &Arc<dyn ExecutionPlan>, most: usize) -> Result<bool> {
    let Some(right) = rows(right)?.get_value().copied().filter(|rows| *rows <= most) else { return Ok(false) };
    let left = match rows(left)? {
        Precision::Exact(rows) => Some(rows),
        // Each join guesses anew, and after a few of them a guess says little. What is read is known.
        _ => largest(left)?,
    };
    Ok(left.is_none_or(|left| left >= right))
}

/// How many rows, where it is known or estimated.
fn rows(plan: &Arc<dyn ExecutionPlan>) -> Result<Precision<usize>> {
    Ok(StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new())?.num_rows)
}

/// Rows of the largest table that a plan reads, where all are known. What a list holds is not.
fn largest(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<usize>> {
    if plan.name() == "UnnestExec" {
        return Ok(None);
    }
    if plan.children().is_empty() {
        return Ok(rows(plan)?.get_value().copied());
    }
    let mut most = Some(0);
    for child in plan.children() {
        most = most.zip(largest(child)?).map(|(most, rows)| most.max(rows));
    }
    Ok(most)
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray};
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

    /// The physical plan as text.
    async fn physical(engine: &Engine, select: &str) -> String {
        let (_, plan) = engine.select(&format!("explain {select}")).await.unwrap();
        let texts: Vec<String> = plan
            .iter()
            .flat_map(|batch| batch.column(1).as_string::<i32>().iter().flatten().map(String::from))
            .collect();
        texts.last().unwrap().clone()
    }

    #[tokio::test]
    async fn a_join_by_keys_makes_its_table_of_the_small_side() {
        let engine = engine().await;
        let select = "select listed.a, one.a as b from (select unnest(generate_series(0, 9)) as a) as listed \
            left join one on one.a = listed.a";
        let physical = physical(&engine, select).await;
        assert!(physical.contains("join_type=Right"), "{physical}");
        let (_, rows) =
            engine.select(&format!("select count(*) as n, count(b) as found from ({select})")).await.unwrap();
        let counts = |column: usize| rows[0].column(column).as_primitive::<Int64Type>().value(0);
        assert_eq!((counts(0), counts(1)), (10, 1));
    }

    /// A row of a table of parameters is found by its name; as an estimate it is dozens of rows.
    #[tokio::test]
    async fn a_row_that_a_filter_finds_is_held_and_the_larger_of_two_small_sides_streams() {
        let engine = engine().await;
        let schema = Arc::new(Schema::new(vec![Field::new("name", DataType::Utf8, false)]));
        let column = Arc::new(StringArray::from_iter_values((0..900).map(|n| format!("n{n}"))));
        let batch = RecordBatch::try_new(schema.clone(), vec![column]).unwrap();
        engine.register("some", schema, vec![batch]).unwrap();
        // How many rows a list has is not known.
        let found = "select listed.a, some.name from (select unnest(generate_series(1, 10000)) as a) as listed \
            inner join some on some.name = 'n7'";
        let (_, rows) = engine.select(found).await.unwrap();
        assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 10_000);
        assert!(rows.len() < 10, "{} batches", rows.len());
        let (_, rows) = engine.select("select one.a, some.name from one cross join some").await.unwrap();
        assert_eq!((rows.len(), rows[0].num_rows()), (1, 900));
    }

    const SELECT: &str = "select grouped.a, one.a as b from (select a from many group by a) as grouped cross join one";

    #[tokio::test]
    async fn one_row_is_held_and_rows_of_unknown_number_stream() {
        let engine = engine().await;
        let physical = physical(&engine, SELECT).await;
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
