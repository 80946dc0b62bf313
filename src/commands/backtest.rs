//! `trimtab backtest`: decisions on four fifths of the evaluated items, scored on the last fifth, with every model as the one
//! in use (M 10). The product's own relations of evidence decide; the folds stand in the place of a run's bundles.

use crate::cli::{PlaceArgs, SqlFormat};
use crate::engine::Engine;
use crate::error::{Error, Kind, Result};
use crate::pipeline::build;
use crate::project::{Project, Query, graph::Layer};

/// What the back-test prints, under these titles.
const TABLES: [(&str, &str); 4] = [
    (
        "One action for each workload, chosen among all candidates",
        "select from_model_id as model_in_use, sample, size, decisions, moves, false_moves as false, confirmed_false_moves as confirmed, \
         base_usd, policy_usd, round(captured_share, 4) as captured, round(missed_share, 4) as missed, \
         round(false_move_share, 4) as false_rate, round(quality_change_share, 4) as quality_change, \
         round(quality_change_low_share, 4) as low, round(quality_change_high_share, 4) as high, \
         worst_workload_id as worst, round(worst_change_share, 4) as worst_change, \
         round(forecast_error_share, 4) as forecast_error, round(inside_share, 4) as inside_p10_p90 \
         from backtest_figures where policy = 'all candidates' and sample = '100 %' order by size, base_usd desc",
    ),
    (
        "Beside other policies",
        "select from_model_id as model_in_use, policy, to_model_id as model, policy_usd, round(quality_share, 4) as quality, \
         round(quality_change_share, 4) as quality_change, round(pgr_share, 4) + 0.0 as pgr, \
         round(100 * arena_score, 2) as arena \
         from backtest_baselines order by from_model_id, policy",
    ),
    (
        "Learning curve, all models in use together",
        "select sample, size, sum(moves) as moves, sum(false_moves) as false, sum(confirmed_false_moves) as confirmed, \
         round(sum(captured_share * cast(oracle_saving_usd as double)) / sum(cast(oracle_saving_usd as double)), 4) as captured, \
         round(cast(sum(false_moves) as double) / nullif(sum(moves), 0), 4) as false_rate, \
         round(sum(quality_change_share * items) / sum(items), 4) as quality_change, \
         round(sum(inside_share * moves) / nullif(sum(moves), 0), 4) as inside_p10_p90 \
         from backtest_figures where policy = 'all candidates' group by sample, size \
         order by size, length(sample), sample",
    ),
    (
        "Pair by pair, as if there were no other candidate",
        "select from_model_id as model_in_use, to_model_id as candidate, moves, false_moves as false, confirmed_false_moves as confirmed, \
         oracle_saving_usd as oracle_saving, round(captured_share, 4) as captured, round(quality_change_share, 4) as quality_change, \
         round(forecast_error_share, 4) as forecast_error, round(inside_share, 4) as inside_p10_p90 \
         from backtest_figures where policy = 'one candidate' and sample = '100 %' and size = 'all' \
         and (oracle_saving_usd > 0 or moves > 0) order by from_model_id, to_model_id",
    ),
];

pub(super) async fn run(format: SqlFormat, place: PlaceArgs) -> Result<()> {
    let opened = super::opened(&place).await.map_err(|error| match error.kind() {
        Kind::Usage => error.hint("run `trimtab run` first: the back-test reads calls and evaluations that it kept"),
        _ => error,
    })?;
    make_unkept(&opened).await?;
    compute(&opened.engine, &opened.project).await?;
    let (_, items) = opened.engine.select("select item_id from backtest_items limit 1").await?;
    if items.iter().all(|batch| batch.num_rows() == 0) {
        return Err(Error::usage("no evaluated item has a call that says what it cost").hint(
            "map x_trace_id of the requests to the item_id of the evaluations, one call for each item and model",
        ));
    }
    for (title, select) in TABLES {
        say!("{}{title}\n", if format == SqlFormat::Markdown { "### " } else { "" });
        let (schema, rows) = opened.engine.select(select).await?;
        super::sql::print(&schema, &rows, format)?;
        say!("");
    }
    Ok(())
}

/// Makes the evaluated items, which a night of many workloads does not keep. Of the other relations only columns are asked for.
async fn make_unkept(opened: &super::Opened) -> Result<()> {
    let (engine, project) = (&opened.engine, &opened.project);
    for query in project.queries.iter().filter(|query| opened.unkept.contains(&query.name)) {
        if query.name == ITEMS {
            let rows = build::rows(engine, project, query).await?;
            engine.register(&query.name, rows.schema(), vec![rows])?;
        } else {
            let planned = engine.plan(query).await?;
            let schema = build::planned_schema(project, query, planned.schema().as_arrow());
            engine.register_empty(&query.name, &schema)?;
        }
    }
    Ok(())
}

/// Builds the relations of the back-test: first the folds, then what decides on evidence over them, then the scores.
async fn compute(engine: &Engine, project: &Project) -> Result<()> {
    let is_later = |query: &&Query| query.header.get("after").is_some();
    let (last, first): (Vec<&Query>, Vec<&Query>) = project.layer(Layer::Backtest).partition(is_later);
    for name in EMPTY {
        let (schema, _) = engine.select(&format!("select * from {name} where false")).await?;
        engine.register_empty(name, &schema)?;
    }
    let mut stand_ins = Vec::new();
    for query in first {
        let rows = build::rows(engine, project, query).await?;
        match query.header.get("stands_for") {
            // Registered once all are built: some read what others will stand for.
            Some(name) => stand_ins.push((name.to_string(), rows)),
            None => engine.register(&query.name, rows.schema(), vec![rows])?,
        }
    }
    for (name, rows) in stand_ins {
        engine.register(&name, rows.schema(), vec![rows])?;
    }
    for query in project.queries.iter().filter(|query| DECIDES.contains(&query.name.as_str())).chain(last) {
        let rows = build::rows(engine, project, query).await?;
        engine.register(&query.name, rows.schema(), vec![rows])?;
    }
    Ok(())
}

/// The product's relations that decide on evidence, run again over the folds.
const DECIDES: [&str; 7] = [
    "int_evidence_comparisons",
    "int_evidence_intervals",
    "int_evidence_unpaired",
    "int_evidence_tests",
    "int_normals",
    "int_evidence_graded",
    "int_bundles_proven",
];

/// What models were asked in evaluations.
const ITEMS: &str = "int_evidence_items";

/// What has no part in it: signals of production, and the economics of a month.
const EMPTY: [&str; 3] = ["int_workload_proxies", "int_bundle_economics", "int_evaluation_values"];
