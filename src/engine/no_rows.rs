//! What reads only relations without rows has none, and need not be planned to find that out. A company without bills, evaluations
//! or pools of its own has dozens of such relations each night.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::JoinType;
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};

/// Names of the registered relations that have no rows.
#[derive(Debug, Clone, Default)]
pub(super) struct NoRows(Arc<Mutex<BTreeSet<String>>>);

impl NoRows {
    /// Notes whether a relation has rows; one of which nobody knows has some.
    pub(super) fn note(&self, name: &str, has_none: bool) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match has_none {
            true => drop(names.insert(name.to_string())),
            false => drop(names.remove(name)),
        }
    }

    /// Whether a relation was noted as one without rows.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// Whether a plan gives no row, whatever its conditions say.
    pub(super) fn are_given_by(&self, plan: &LogicalPlan) -> bool {
        let none = |plan: &LogicalPlan| self.are_given_by(plan);
        match plan {
            LogicalPlan::EmptyRelation(empty) => !empty.produce_one_row,
            LogicalPlan::TableScan(scan) => self.has(scan.table_name.table()),
            LogicalPlan::Projection(of) => none(&of.input),
            LogicalPlan::Filter(of) => none(&of.input),
            LogicalPlan::Window(of) => none(&of.input),
            LogicalPlan::Sort(of) => none(&of.input),
            LogicalPlan::Limit(of) => none(&of.input),
            LogicalPlan::SubqueryAlias(of) => none(&of.input),
            LogicalPlan::Unnest(of) => none(&of.input),
            LogicalPlan::Distinct(Distinct::All(input)) => none(input),
            // Without groups, and with a group of everything, an aggregate of nothing is a row.
            LogicalPlan::Aggregate(of) => {
                let is_grouped = of.group_expr.iter().all(|expr| !matches!(expr, Expr::GroupingSet(_)));
                is_grouped && !of.group_expr.is_empty() && none(&of.input)
            }
            LogicalPlan::Union(of) => of.inputs.iter().all(|input| none(input)),
            LogicalPlan::Join(of) => match of.join_type {
                JoinType::Inner => none(&of.left) || none(&of.right),
                JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => none(&of.left),
                JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => none(&of.right),
                JoinType::Full => none(&of.left) && none(&of.right),
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field, Schema};

    use crate::engine::Engine;
    use crate::project::graph;

    #[tokio::test]
    async fn a_plan_without_rows_is_told_and_one_with_rows_is_not_taken_for_one() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let schema = std::sync::Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
        engine.register_empty("none", &schema).unwrap();
        let rows =
            RecordBatch::try_new(schema.clone(), vec![std::sync::Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
        engine.register("some", schema.clone(), vec![rows.clone()]).unwrap();
        for (sql, is_told, count) in [
            ("select a + 1 as a from none where a > 3", true, 0),
            ("select none.a from none inner join some on some.a = none.a", true, 0),
            ("select some.a from some cross join none", true, 0),
            ("select none.a from none left join some on some.a = none.a", true, 0),
            ("select some.a from some left join none on some.a = none.a", false, 2),
            ("select some.a from none right join some on some.a = none.a", false, 2),
            ("select coalesce(none.a, some.a) as a from none full join some on some.a = none.a", false, 2),
            ("select a, count(*) as n from none group by a", true, 0),
            ("select count(*) as n from none", false, 1),
            ("select a, count(*) as n from none group by grouping sets ((a), ())", false, 1),
            ("select distinct a, row_number() over (order by a) as n from none", true, 0),
            ("select a from none union all select a from none", true, 0),
            ("select a from none union all select a from some", false, 2),
            ("with w as (select a from none) select a from w where a in (select a from some)", true, 0),
            ("select a from some where a not in (select a from none)", false, 2),
            ("select a from some where exists (select 1 from none)", false, 0),
            ("select (select max(a) from none) as a", false, 1),
            ("select unnest(make_array(a, a)) as a from none", true, 0),
        ] {
            let query = graph::query("queries/marts/m.sql", &format!("-- grain: a\n{sql}")).unwrap();
            let plan = engine.plan(&query).await.unwrap();
            assert_eq!(engine.no_rows.are_given_by(&plan), is_told, "{sql}");
            let (found, batches) = engine.run(&query).await.unwrap();
            assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), count, "{sql}");
            assert_eq!(found.fields().len(), plan.schema().fields().len());
        }
        engine.register("none", schema, vec![rows]).unwrap();
        let query = graph::query("queries/marts/m.sql", "-- grain: a\nselect a from none").unwrap();
        assert_eq!(engine.run(&query).await.unwrap().1[0].num_rows(), 2);
    }
}
