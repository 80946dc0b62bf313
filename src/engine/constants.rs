//! Settings are one row that stands for a whole run. In a condition their values are written out, so that a scan is asked with them:
//! of a year of days only those are opened that a window names, where a join with that row would have read them all.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, JoinType, ScalarValue, TableReference};
use datafusion::datasource::{MemTable, source_as_provider};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};

/// The relation whose one row is the same wherever it is read.
const SETTINGS: &str = "settings";

/// Writes the values of settings into the conditions of a plan. Rows and columns are the same.
///
/// # Errors
/// The engine's.
pub(super) fn written_out(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut values = HashMap::new();
    let mut may_lack = false;
    plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::TableScan(scan) if is_named(&scan.table_name) && values.is_empty() => values = row(scan)?,
            // Where an outer join finds no match there are no settings.
            LogicalPlan::Join(join) if join.join_type != JoinType::Inner => {
                let qualified = |side: &LogicalPlan| side.schema().iter().any(|(of, _)| of.is_some_and(is_named));
                may_lack |= match join.join_type {
                    JoinType::Left => qualified(&join.right),
                    JoinType::Right => qualified(&join.left),
                    JoinType::Full => qualified(&join.left) || qualified(&join.right),
                    _ => false,
                };
            }
            // Another relation bears the name.
            LogicalPlan::SubqueryAlias(alias) => may_lack |= is_named(&alias.alias),
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if may_lack || values.is_empty() {
        return Ok(plan);
    }
    let written = |expr: Expr| {
        expr.transform(|expr| match expr {
            Expr::Column(ref column) => Ok(match value_of(column, &values) {
                Some(value) => Transformed::yes(Expr::Literal(value, None)),
                None => Transformed::no(expr),
            }),
            other => Ok(Transformed::no(other)),
        })
    };
    plan.transform_with_subqueries(|node| match node {
        LogicalPlan::Filter(mut filter) => {
            let predicate = written(filter.predicate)?;
            filter.predicate = predicate.data;
            Ok(Transformed::new_transformed(LogicalPlan::Filter(filter), predicate.transformed))
        }
        other => Ok(Transformed::no(other)),
    })
    .data()
}

fn value_of(column: &Column, values: &HashMap<String, ScalarValue>) -> Option<ScalarValue> {
    let of = column.relation.as_ref()?;
    values.get(&column.name).filter(|_| is_named(of)).cloned()
}

fn is_named(of: &TableReference) -> bool {
    of.table() == SETTINGS
}

/// The values of the one row; none where the relation is something else.
fn row(scan: &TableScan) -> Result<HashMap<String, ScalarValue>> {
    let provider = source_as_provider(&scan.source)?;
    let Some(table) = provider.downcast_ref::<MemTable>() else { return Ok(HashMap::new()) };
    let parts: Vec<RecordBatch> =
        table.batches.iter().filter_map(|part| part.try_read().ok()).flat_map(|part| part.clone()).collect();
    let [only] = parts.as_slice() else { return Ok(HashMap::new()) };
    if only.num_rows() != 1 {
        return Ok(HashMap::new());
    }
    let fields = only.schema();
    let values = fields.fields().iter().zip(only.columns());
    values.map(|(field, column)| Ok((field.name().clone(), ScalarValue::try_from_array(column, 0)?))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Int64Array};
    use arrow::datatypes::{DataType, Field, Schema};
    use url::Url;

    use crate::config::{EngineOptions, Stores};
    use crate::engine::Engine;
    use crate::project::graph;
    use crate::store::Store;
    use crate::table_file::to_parquet;

    use super::*;

    /// Settings with a window from the given day of 1970 on.
    fn settings(engine: &Engine, from: i32) {
        let schema = Arc::new(Schema::new(vec![Field::new("window_from", DataType::Date32, false)]));
        let rows = RecordBatch::try_new(schema.clone(), vec![Arc::new(Date32Array::from(vec![from]))]).unwrap();
        engine.register("settings", schema, vec![rows]).unwrap();
    }

    async fn count(engine: &Engine, sql: &str) -> std::result::Result<i64, String> {
        let query = graph::query("queries/intermediate/int_x.sql", &format!("-- x\n-- grain: n\n{sql}")).unwrap();
        let (_, rows) = engine.run(&query).await.map_err(|error| error.to_string())?;
        let column = arrow::compute::concat_batches(&rows[0].schema(), &rows).unwrap().column(0).clone();
        Ok(column.as_any().downcast_ref::<Int64Array>().unwrap().value(0))
    }

    #[tokio::test]
    async fn days_outside_the_window_are_not_opened() {
        let store = Store::open(&Url::parse("memory:///constants_test/things/").unwrap(), &Stores::default()).unwrap();
        let engine = Engine::open(&EngineOptions::default()).await.unwrap();
        engine.mount(&store);
        let file = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        let schema = Arc::new(Schema::new(vec![
            Field::new("n", DataType::Int64, false),
            Field::new("event_date", DataType::Date32, false),
        ]));
        let rows = RecordBatch::try_new(file, vec![Arc::new(Int64Array::from(vec![7]))]).unwrap();
        store.put("event_date=1970-01-11/part.parquet", to_parquet(&rows).unwrap()).await.unwrap();
        store.put("event_date=1970-01-02/part.parquet", "no table".into()).await.unwrap();
        engine.register_days("things", &schema, &store, None).unwrap();
        let inner =
            "select sum(things.n) as n from things cross join settings where things.event_date >= settings.window_from";
        let step = "with told as (select things.n, settings.window_from from things cross join settings \
            where things.event_date >= settings.window_from and things.n > 0) select sum(n) as n from told";
        let below = "select count(*) as n from settings where 7 in (select things.n from things cross join settings \
            where things.event_date >= settings.window_from)";
        settings(&engine, 10);
        for (sql, answer) in [(inner, 7), (step, 7), (below, 1)] {
            assert_eq!(count(&engine, sql).await.unwrap(), answer, "{sql}");
        }
        // The broken day is there: who asks for it is told.
        settings(&engine, 0);
        for sql in [inner, step, below] {
            assert!(count(&engine, sql).await.is_err(), "{sql}");
        }
    }

    #[tokio::test]
    async fn settings_that_an_outer_join_may_lack_are_no_constants() {
        let engine = Engine::open(&EngineOptions::default()).await.unwrap();
        settings(&engine, 10);
        for (sql, n) in [
            (
                "select count(*) as n from (select 1 as a) as one left join settings on one.a = 2 where settings.window_from is null",
                1,
            ),
            (
                "select count(*) as n from (select 1 as a) as one left join ((select 3 as b) as two cross join settings) on one.a = two.b \
                where settings.window_from is null",
                1,
            ),
            (
                "select count(*) as n from (select 1 as a) as one cross join settings right join (select 3 as b) as two on one.a = two.b \
                where settings.window_from is null",
                1,
            ),
            // A step that bears the name: the graph refuses it in a file.
            (
                "select count(*) as n from (select cast(null as date) as window_from) as settings cross join \
                (select window_from as w from settings) as real where settings.window_from is null",
                1,
            ),
            // What is kept whole by the join is there in every row.
            (
                "select count(*) as n from (select 1 as a) as one cross join settings left join (select 3 as b) as two on one.a = two.b \
                where settings.window_from = date '1970-01-11'",
                1,
            ),
        ] {
            assert_eq!(count(&engine, sql).await.unwrap(), n, "{sql}");
        }
    }
}
