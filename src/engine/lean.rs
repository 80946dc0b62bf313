//! Planning of queries over small relations: some 180 a night, each of which is planned for longer than it runs.
//!
//! They get one pass of the optimizer, and no rule that gains nothing here: those for several partitions, for limits and
//! sorted files, for scans of large files, and for shapes that are rare in our queries. What is left out makes a plan faster and
//! never another answer; rules that some query cannot do without (distinct, subqueries, lateral joins, required orders) stay.
//! A plan that needs more than one pass is planned again in full ([`super::Engine::run`]).

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::physical_optimizer::{PhysicalOptimizerContext, PhysicalOptimizerRule};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

/// Rules over plans of relations that are left out.
const LOGICAL: [&str; 8] = [
    "optimize_unions",
    "unions_to_filter",
    "eliminate_duplicated_expr",
    "filter_null_join_keys",
    "extract_leaf_expressions",
    "push_down_leaf_projections",
    "propagate_empty_relation",
    "eliminate_group_by_constant",
];

/// Rules over plans of execution that are left out.
const PHYSICAL: [&str; 11] = [
    "aggregate_statistics",
    "LimitedDistinctAggregation",
    "WindowTopN",
    "OptimizeAggregateOrder",
    "LimitAggregation",
    "LimitPushPastWindows",
    "HashJoinBuffering",
    "TopKRepartition",
    "PushdownSort",
    "LimitPushdown",
    "ProjectionPushdown",
];

/// The rule that sees to partitions and orders, where there are any.
const REQUIREMENTS: &str = "EnsureRequirements";

/// A session over the same relations that plans fast.
pub(super) fn lean(full: SessionState) -> SessionState {
    let mut config = full.config().clone();
    config.options_mut().optimizer.max_passes = 1;
    let logical = full.optimizers().iter().filter(|rule| !LOGICAL.contains(&rule.name())).cloned().collect();
    let physical = full.physical_optimizers().iter().filter(|rule| !PHYSICAL.contains(&rule.name()));
    let physical = physical.map(|rule| match rule.name() {
        REQUIREMENTS => Arc::new(WhereRequired(rule.clone())),
        _ => rule.clone(),
    });
    let physical = physical.collect();
    SessionStateBuilder::new_from_existing(full)
        .with_config(config)
        .with_optimizer_rules(logical)
        .with_physical_optimizer_rules(physical)
        .build()
}

/// A rule that sees to partitions and orders, run only where a plan has several partitions or asks for an order: it builds
/// every plan anew, and most of ours have one partition and ask for none.
#[derive(Debug)]
struct WhereRequired(Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for WhereRequired {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, options: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if is_required(&plan)? { self.0.optimize(plan, options) } else { Ok(plan) }
    }

    fn optimize_with_context(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        context: &dyn PhysicalOptimizerContext,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if is_required(&plan)? { self.0.optimize_with_context(plan, context) } else { Ok(plan) }
    }

    fn name(&self) -> &str {
        REQUIREMENTS
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

fn is_required(plan: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    let mut is_required = false;
    plan.apply(|node| {
        let asks = node.required_input_ordering().iter().any(Option::is_some);
        is_required = asks || node.output_partitioning().partition_count() != 1;
        Ok(if is_required { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(is_required)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::util::pretty::pretty_format_batches;

    use super::*;
    use crate::engine::Engine;
    use crate::project::graph;

    #[tokio::test]
    async fn every_rule_that_is_left_out_exists() {
        let full = Engine::open(&Default::default()).await.unwrap().context.state();
        let logical: Vec<&str> = full.optimizers().iter().map(|rule| rule.name()).collect();
        let physical: Vec<&str> = full.physical_optimizers().iter().map(|rule| rule.name()).collect();
        assert!(LOGICAL.iter().all(|name| logical.contains(name)), "{logical:?}");
        assert!(PHYSICAL.iter().chain([&REQUIREMENTS]).all(|name| physical.contains(name)), "{physical:?}");
        let (all, kept) = (physical.len(), lean(full).physical_optimizers().len());
        assert!(kept < all && kept > 5, "{kept} of {all}");
    }

    /// What a query in the decision layer gives is what any select gives.
    #[tokio::test]
    async fn answers_are_those_of_a_plan_in_full() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let fields = [Field::new("k", DataType::Utf8, true), Field::new("n", DataType::Int64, true)];
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let keys = StringArray::from(vec![Some("b"), Some("a"), None, Some("a"), Some("c")]);
        let numbers = Int64Array::from(vec![Some(3), None, Some(1), Some(2), Some(3)]);
        let rows = RecordBatch::try_new(schema.clone(), vec![Arc::new(keys), Arc::new(numbers)]).unwrap();
        engine.register("workloads", schema, vec![rows]).unwrap();
        for sql in [
            "select k, n, row_number() over (partition by k order by n nulls last) as p from workloads order by k, p",
            "select k, sum(n) over (order by n rows between 1 preceding and current row) as s from workloads order by n, k",
            "select distinct k from workloads union all select 'z' order by k",
            "select k, array_agg(n order by n desc) as ns, count(distinct n) as c from workloads group by k order by k",
            "select k from workloads where n = any (select max(n) from workloads) order by k",
            "select k, (select max(o.n) from workloads as o where o.k = w.k and exists (select 1 from workloads as i where \
             i.n = o.n and i.k in (select k from workloads where n > 1))) as m from workloads as w order by k, m, n",
            "select w.k, t.n from workloads as w cross join lateral (select max(o.n) as n from workloads as o where o.k = w.k) \
             as t order by w.k, t.n",
            "select a.k, b.n from workloads as a full join (select k, n from workloads where n > 2) as b on a.k = b.k and a.n > 2 \
             order by a.k, b.n, a.n",
            "select k, n from workloads order by n desc nulls last, k limit 2 offset 1",
            "with recursive s(i) as (select 1 union all select i + 1 from s where i < 5) select count(*) as c, max(i) as m from s",
        ] {
            let query = graph::query("queries/marts/m.sql", &format!("-- grain: k\n{sql}")).unwrap();
            let small = engine.run(&query).await.unwrap_or_else(|error| panic!("{sql}: {error}")).1;
            let full = engine.select(sql).await.unwrap().1;
            let text = |rows: &[RecordBatch]| pretty_format_batches(rows).unwrap().to_string();
            assert_eq!(text(&small), text(&full), "{sql}");
        }
    }
}
