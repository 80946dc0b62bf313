//! `trimtab whatif`: one workload and one candidate, decided again from the state with another price, volume or evaluation.
//! The night's own relations do it; only what the question changes is computed again.

use std::collections::BTreeSet;

use crate::cli::{Numbers, PlaceArgs, WhatifArgs};
use crate::error::{Error, Kind, Result};
use crate::pipeline::schedule::{self, Plan};
use crate::project::Query;
use crate::project::graph;

/// The candidate's own rows give way to the stated ones, at the standard tier everywhere.
const PRICES: &str = "
select provider, model_id, bucket, service_tier, region_class, above_prompt_tokens, band_mode, usd_per_mtok, valid_from, valid_to,
    is_derived, source_url, checked_on
from model_prices
where provider <> '{provider}' or model_id <> '{model}' or bucket in ('tool_call')
union all
select '{provider}', '{model}', offered.bucket, 'standard', 'global', 0, 'whole_request', offered.usd, date '1970-01-01',
    cast(null as date), false, 'what if', settings.run_date
from ({offered}) as offered (bucket, usd)
cross join settings";

/// The workload alone, open to one candidate.
const WORKLOAD: &str = "
select * exclude (has_own_candidates), true as has_own_candidates from int_workloads where workload_id = '{w}'";

const WORKLOAD_COUNTS: &str = "requests logical_requests errors gateway_cache_hits unknown_model_requests unpriced_requests \
    no_usage_requests input_tokens cache_read_tokens output_tokens reasoning_tokens cost_usd tools_requests server_tool_requests image_requests \
    audio_requests schema_requests tools_cost_usd image_cost_usd audio_cost_usd schema_cost_usd";

const CELL_COUNTS: &str = "requests unpriced_requests usage_input_uncached_tokens usage_cache_read_tokens \
    usage_cache_write_5m_tokens usage_cache_write_1h_tokens usage_input_audio_tokens usage_input_image_tokens \
    usage_output_visible_tokens usage_output_reasoning_tokens usage_output_audio_tokens usage_output_image_tokens cost_usd";

const SIDES: &str = "
select int_bundles.recommendation_id, int_bundles.workload_id, 'what if' as eval_set, 'deterministic' as method, '' as rubric,
    coalesce(int_bundles.split_rule, '') as split_rule, int_bundles.to_provider, int_bundles.to_model_id, int_bundles.adaptation,
    '' as to_run_id, '' as from_run_id, int_workloads.main_provider as from_provider, int_workloads.main_model_id as from_model_id,
    true as has_items, cast({n} as bigint) as to_items, cast(round({n} * {b}) as bigint) as to_right,
    cast({n} as bigint) as from_items, cast(round({n} * {a}) as bigint) as from_right,
    cast(0 as bigint) as clustered_items, cast(0 as bigint) as clusters, cast(0 as bigint) as contradicted_items,
    cast(null as varchar) as template_id, false as is_vendor_made, settings.run_date as scored_on
from int_bundles
cross join settings
inner join int_workloads on int_workloads.workload_id = int_bundles.workload_id";

/// What follows from prices, each after what it reads.
const PRICED: [&str; 4] = ["int_listed_prices", "int_router_prices", "int_prices_by_day", "int_prices_offered"];

/// What proposes the candidate.
const PROPOSING: [&str; 4] = ["int_candidates", "int_dearer_candidates", "lever_smaller_model", "lever_move_up"];

/// What evaluations come down to, which the night does not keep of many workloads.
const EVALUATED: [&str; 2] = ["int_evidence_items", "int_evidence_runs"];

/// Scores of the workload, and those that name none.
const EVALUATIONS: &str = "select * from evaluations where workload_id = '{w}' or workload_id is null";

/// Items on which only one model is right: the planned share of all, as far as so many can be, of which the loss is the difference.
const PAIRS: &str = "
select sides.recommendation_id, sides.eval_set, sides.method, sides.rubric, sides.split_rule, sides.to_items as pairs,
    cast(round((least(greatest(held.discordant_share * sides.to_items, abs(sides.from_right - sides.to_right)),
        sides.from_right + sides.to_right, 2 * sides.to_items - sides.from_right - sides.to_right)
        + sides.from_right - sides.to_right) / 2) as bigint) as only_in_use,
    cast(round((least(greatest(held.discordant_share * sides.to_items, abs(sides.from_right - sides.to_right)),
        sides.from_right + sides.to_right, 2 * sides.to_items - sides.from_right - sides.to_right)
        + sides.from_right - sides.to_right) / 2) as bigint) - sides.from_right + sides.to_right as only_candidate,
    sides.from_right, sides.to_right
from int_evidence_sides as sides
inner join int_workload_parameters as held on held.workload_id = sides.workload_id";

pub(super) async fn run(args: WhatifArgs, place: PlaceArgs) -> Result<()> {
    let opened = super::opened(&place).await.map_err(|error| match error.kind() {
        Kind::Usage => error.hint("run `trimtab run` first: the question is asked of what it kept"),
        _ => error,
    })?;
    if let Some(why) = &opened.unpublished {
        return Err(Error::usage(why).hint("run `trimtab run` first: the question is asked of what it kept"));
    }
    let (question, before) = Question::of(&opened, args).await?;
    question.change(&opened).await?;
    question.decide(&opened).await?;
    let after = question.decision(&opened).await?;
    let tried =
        question.records(&opened, "select * from alternatives where workload_id = '{w}' order by option_rank").await?;
    let bridge = format!(
        "select * from savings_bridge where workload_id = '{{w}}' and {} order by basis, place",
        super::explain::EFFECTS
    );
    let bridge = question.records(&opened, &bridge).await?;
    say!("what if    {} goes to {} {}{}", question.args.workload, question.provider, question.model, question.said());
    for decision in &before {
        say!("decided    {}: {}{}", text(decision, "action"), text(decision, "reason"), target(decision));
    }
    let page = opened.project.templates.get("explain.txt.j2").map_or("", String::as_str);
    let context = serde_json::json!({
        "name": question.args.workload, "decisions": after, "alternatives": tried, "shown": tried.len(), "commitments": [], "bridge": bridge,
        "window_days": opened.window_days,
    });
    super::tell(&crate::report::page(page, "explain.txt.j2", &context)?);
    Ok(())
}

fn text<'a>(record: &'a serde_json::Value, column: &str) -> &'a str {
    record[column].as_str().unwrap_or_default()
}

fn target(decision: &serde_json::Value) -> String {
    match decision["to_model_id"].as_str() {
        Some(model) => format!(" ({} {model})", text(decision, "to_provider")),
        None => String::new(),
    }
}

struct Question {
    args: WhatifArgs,
    provider: String,
    model: String,
}

impl Question {
    /// Finds workload and candidate, and what the night decided.
    async fn of(opened: &super::Opened, args: WhatifArgs) -> Result<(Question, Vec<serde_json::Value>)> {
        for (name, numbers, counts) in
            [("--price", &args.price, 2..=3), ("--volume", &args.volume, 1..=1), ("--accuracy", &args.accuracy, 2..=2)]
        {
            if numbers.as_ref().is_some_and(|numbers| !counts.contains(&numbers.0.len())) {
                return Err(
                    Error::usage(format!("{name} has another number of values")).hint("see `trimtab whatif --help`")
                );
            }
        }
        let is_share = |number: &String| number.parse::<f64>().is_ok_and(|share| (0.0..=1.0).contains(&share));
        if args.accuracy.as_ref().is_some_and(|Numbers(shares)| !shares.iter().all(is_share)) {
            return Err(
                Error::usage("an accuracy is a share of right answers, 0 to 1").hint("write --accuracy 0.91,0.90")
            );
        }
        if args
            .volume
            .as_ref()
            .is_some_and(|Numbers(factor)| factor[0].parse::<f64>().is_ok_and(|factor| factor == 0.0))
        {
            return Err(
                Error::usage("no traffic costs nothing on any model").hint("write --volume 2 for twice the window's")
            );
        }
        let name = args.to.replace('\'', "''");
        let mut question = Question { args, provider: String::new(), model: String::new() };
        let known = format!(
            "select provider, model_id from models where model_id = '{name}' or provider || '/' || model_id = '{name}' order by provider"
        );
        let models = question.records(opened, &known).await?;
        let [model] = models.as_slice() else {
            let names: Vec<String> =
                models.iter().map(|model| format!("{}/{}", text(model, "provider"), text(model, "model_id"))).collect();
            return Err(match names.is_empty() {
                true => Error::usage(format!("the catalog has no model `{}`", question.args.to))
                    .hint("`trimtab list models` shows the names; an overlay adds rows to queries/seeds/models.csv"),
                false => Error::usage(format!("several providers serve `{}`", question.args.to))
                    .hint(format!("name one of {}", names.join(", "))),
            });
        };
        (question.provider, question.model) = (text(model, "provider").into(), text(model, "model_id").into());
        let decided = question.decision(opened).await?;
        if decided.is_empty() {
            return Err(super::no_workload(&question.args.workload));
        }
        let in_use = |decision: &serde_json::Value| {
            text(decision, "from_provider") == question.provider && text(decision, "from_model_id") == question.model
        };
        if decided.iter().any(in_use) {
            return Err(Error::usage(format!("`{}` is the model in use", question.model))
                .hint("ask for another model; `trimtab explain` shows what the one in use costs"));
        }
        Ok((question, decided))
    }

    async fn records(&self, opened: &super::Opened, select: &str) -> Result<Vec<serde_json::Value>> {
        let select = select.replace("{w}", &self.args.workload.replace('\'', "''"));
        let (_, batches) = opened.engine.select(&select).await?;
        Ok(batches.iter().map(crate::report::records).collect::<Result<Vec<_>>>()?.concat())
    }

    async fn decision(&self, opened: &super::Opened) -> Result<Vec<serde_json::Value>> {
        self.records(opened, "select * from decisions where workload_id = '{w}'").await
    }

    /// Puts the rows of a select in the place of a relation.
    async fn replace(&self, opened: &super::Opened, relation: &str, select: &str) -> Result<()> {
        let select = select
            .replace("{w}", &self.args.workload.replace('\'', "''"))
            .replace("{provider}", &self.provider.replace('\'', "''"))
            .replace("{model}", &self.model.replace('\'', "''"));
        let (schema, rows) = opened.engine.select(&select).await?;
        opened.engine.register(relation, schema, rows)
    }

    /// Puts the question's facts in the place of the night's.
    async fn change(&self, opened: &super::Opened) -> Result<()> {
        if let Some(Numbers(prices)) = &self.args.price {
            let buckets = ["input", "output", "cache_read"].iter().zip(prices);
            let offered: Vec<String> = buckets
                .map(|(bucket, usd)| format!(" union all select '{bucket}', cast('{usd}' as decimal(18, 6))"))
                .collect();
            let select = PRICES.replace("{offered}", offered.concat().trim_start_matches(" union all "));
            self.replace(opened, "model_prices", &select).await?;
        }
        let one = "select '{w}' as workload_id, '{provider}' as provider, '{model}' as model_id";
        self.replace(opened, "workload_candidates", one).await?;
        self.replace(opened, "int_workloads", WORKLOAD).await?;
        if self.makes(opened, EVALUATED[0]) {
            self.replace(opened, "evaluations", EVALUATIONS).await?;
        }
        let Some(Numbers(factor)) = &self.args.volume else { return Ok(()) };
        for (relation, counts) in
            [("int_workloads", WORKLOAD_COUNTS), ("int_cells", CELL_COUNTS), ("int_rate_limits", "own_minute_tokens")]
        {
            let scaled = |column: &str| match column.ends_with("_usd") {
                true => format!("cast({column} * {0} as decimal(38, 12)) as {column}", factor[0]),
                // A cell of few calls has a part of one left, with its part of the tokens.
                false if relation == "int_cells" && column == "requests" => {
                    format!(
                        "greatest(cast(round({column} * {0}) as bigint), least({column}, 1)) as {column}",
                        factor[0]
                    )
                }
                false => format!("cast(round({column} * {0}) as bigint) as {column}", factor[0]),
            };
            let columns: Vec<&str> = counts.split_whitespace().collect();
            let names = columns.join(", ");
            let scaled: Vec<String> = columns.iter().map(|column| scaled(column)).collect();
            // Other workloads stay: commitments and discounts are asked of all of them.
            let select = format!(
                "select * exclude ({names}), {} from {relation} where workload_id = '{{w}}' \
                 union all select * exclude ({names}), {names} from {relation} where workload_id <> '{{w}}'",
                scaled.join(", ")
            );
            self.replace(opened, relation, &select).await?;
        }
        let left =
            self.records(opened, "select requests from int_workloads where workload_id = '{w}' and requests > 0");
        match left.await?.is_empty() {
            true => {
                Err(Error::usage("of the window's calls this volume leaves not one").hint("write a larger --volume"))
            }
            false => Ok(()),
        }
    }

    /// Runs what decides over the one bundle, as the night does.
    async fn decide(&self, opened: &super::Opened) -> Result<()> {
        let mut needed = BTreeSet::from(["decisions", "savings_bridge"]);
        for query in opened.project.queries.iter().rev().filter(|query| query.layer.is_decided()) {
            if needed.contains(query.name.as_str()) {
                needed.extend(query.inputs.iter().map(String::as_str));
            }
        }
        let mut changed = BTreeSet::from([schedule::PROPOSALS]);
        if self.args.volume.is_some() {
            changed.insert("int_cells");
        }
        let mut asked = Vec::new();
        for query in opened.project.queries.iter().filter(|query| query.layer.is_decided()) {
            let follows =
                query.inputs.iter().any(|input| changed.contains(input.as_str())) || query.name == "decisions";
            if needed.contains(query.name.as_str()) && follows && query.name != schedule::WORKLOADS {
                changed.insert(query.name.as_str());
                asked.push(self.evaluated(query)?);
            } else if self.makes(opened, &query.name) {
                asked.push(query.clone());
            }
        }
        let plan = Plan {
            relations: asked.iter().collect(),
            stay: asked.iter().map(|query| query.name.as_str()).collect(),
            kept: None,
            workloads_at_once: usize::MAX / 2,
        };
        schedule::run(&opened.engine, &opened.project, &plan, |_| {}).await
    }

    /// Whether a relation is made again though nothing that it reads follows from the proposal.
    fn makes(&self, opened: &super::Opened, relation: &str) -> bool {
        PROPOSING.contains(&relation)
            || self.args.price.is_some() && PRICED.contains(&relation)
            || EVALUATED.contains(&relation) && opened.unkept.iter().any(|unkept| unkept == relation)
    }

    /// An evaluation that was not made stands in the place of those that were; the models differ on the planned share of items.
    fn evaluated(&self, query: &Query) -> Result<Query> {
        let (Some(Numbers(shares)), Some(select)) = (&self.args.accuracy, imagined(&query.name)) else {
            return Ok(query.clone());
        };
        let items = self.args.items.to_string();
        let select = select.replace("{n}", &items).replace("{a}", &shares[0]).replace("{b}", &shares[1]);
        let header: String =
            query.sql.lines().take_while(|line| line.starts_with("--")).map(|line| format!("{line}\n")).collect();
        graph::query(&query.path, &format!("{header}{select}"))
    }

    fn said(&self) -> String {
        let mut said = String::new();
        if let Some(Numbers(prices)) = &self.args.price {
            said.push_str(&format!(", at ${} per million tokens", prices.join(", $")));
        }
        if let Some(Numbers(factor)) = &self.args.volume {
            said.push_str(&format!(", with {} times the traffic", factor[0]));
        }
        if let Some(Numbers(shares)) = &self.args.accuracy {
            said.push_str(&format!(", had {} items said {} and {}", self.args.items, shares[0], shares[1]));
        }
        said
    }
}

/// What an evaluation that was not made gives in the place of a relation.
fn imagined(relation: &str) -> Option<&'static str> {
    match relation {
        "int_evidence_sides" => Some(SIDES),
        "int_evidence_pairs" => Some(PAIRS),
        _ => None,
    }
}
