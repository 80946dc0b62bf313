//! The sample company: Brightwater, an invented carrier, over ninety days.

use super::draws::Size;
use super::workload::{Answer, Evaluation, Events, Format, Hours, Model, Sizes, Workload};
use super::{Company, roster_of_apps, roster_of_gateway};
use chrono::NaiveDate;

pub const HAIKU: (&str, &str) = ("anthropic", "claude-haiku-4-5-20251001");
pub const LUNA: (&str, &str) = ("openai", "gpt-5.6-luna");
pub const MISTRAL_SMALL: (&str, &str) = ("mistral_ai", "mistral-small-2603");
pub const GPT_5_5: Model = Model::snapshot("openai", "gpt-5.5", "gpt-5.5-2026-04-23");
pub const GPT_5_4: Model = Model::snapshot("openai", "gpt-5.4", "gpt-5.4-2026-03-05");
pub const GPT_5_2: Model = Model::snapshot("openai", "gpt-5.2", "gpt-5.2-2025-12-11");
pub const SONNET_5: Model = Model::plain("anthropic", "claude-sonnet-5");

/// A day of the calendar; a day that does not exist is the first of 1970.
pub fn day(year: i32, month: u32, of_month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, of_month).unwrap_or_default()
}

impl Company {
    /// Ninety days of events that end before the run date 2026-11-21.
    pub fn sample() -> Self {
        Company {
            name: "Brightwater",
            seed: 20_261_121,
            start: day(2026, 8, 23),
            days: 90,
            workloads: workloads(),
            evaluations: evaluations(),
            vendor_claims: vec![("anthropic", "claude-haiku-4-5-20251001", "faq-bot", 1000, 930)],
            events: events(),
            requests_per_night: None,
            body_bytes: 0,
            formats: Format::ALL.to_vec(),
            calls_per_batch: None,
        }
    }
}

/// All workloads, those behind the gateway first.
fn workloads() -> Vec<Workload> {
    let mut all = roster_of_gateway::behind_the_gateway();
    all.extend(roster_of_apps::of_openai_apps());
    all.extend(roster_of_apps::of_anthropic_apps());
    all.push(roster_of_apps::claims_summary());
    all
}

fn events() -> Events {
    let november = |of_month| day(2026, 11, of_month);
    let october = |of_month| day(2026, 10, of_month);
    Events {
        redelivered: Some(november(2)..=november(8)),
        logged_twice: Some(("agent-planner", october(19)..=november(1))),
        unlogged: Some((Format::OpenaiEnvelope, october(13))),
        single_objects: Some((november(20), 40)),
        gateway_cache_off: Some(october(24)),
        after_midnight: Some("search-rerank"),
        unknown_model: Some(("search-rerank", october(7), "gpt-5.9-private-preview")),
        truncated: vec![(Format::OpenaiEnvelope, day(2026, 9, 24))],
        wrong_type: vec![
            (Format::Litellm, october(14)),
            (Format::OpenaiEnvelope, october(8)),
            (Format::AnthropicEnvelope, october(21)),
        ],
        byte_order_mark: Some((Format::AnthropicEnvelope, day(2026, 9, 10))),
        empty_object: Some((Format::AnthropicEnvelope, day(2026, 9, 6))),
        offloaded: Some(october(6)),
        discounts: Vec::new(),
        monthly_tax_cents: 18_450,
        monthly_credit_cents: 5_000,
    }
}

fn evaluations() -> Vec<Evaluation> {
    let triage = Evaluation {
        workload: "ticket-triage",
        eval_set: "triage-golden",
        method: "deterministic",
        rubric: "exact-label-v3",
        run_id: "triage-2026-11",
        scored_on: day(2026, 11, 12),
        in_use: ("openai", "gpt-5.5"),
        candidate: ("openai", "gpt-5.6-luna"),
        paired: [540, 14, 16, 30],
    };
    let too_few = Evaluation {
        run_id: "triage-pilot",
        scored_on: day(2026, 11, 5),
        candidate: ("openai", "gpt-5.4-mini"),
        paired: [36, 2, 1, 1],
        ..triage.clone()
    };
    let claims = Evaluation {
        workload: "claims-summary",
        eval_set: "claims-october",
        method: "human",
        rubric: "claims-rubric-v2",
        run_id: "claims-2026-10",
        scored_on: day(2026, 10, 30),
        in_use: ("aws.bedrock", "anthropic.claude-opus-5-5"),
        candidate: ("anthropic", "claude-haiku-4-5-20251001"),
        paired: [304, 64, 8, 24],
    };
    vec![triage, too_few, claims]
}

/// A workload with the usual habits; the roster states what differs.
pub fn usual(
    id: &'static str,
    team: &'static str,
    format: Format,
    model: Model,
    weekday: u64,
    sizes: Sizes,
    answer: Answer,
) -> Workload {
    Workload {
        id,
        team,
        criticality: "medium",
        batch_ok: false,
        candidates: Vec::new(),
        languages: Vec::new(),
        prompt_versions: 0,
        format,
        models: vec![(NaiveDate::MIN, model)],
        weekday,
        first_day: NaiveDate::MIN,
        levels: Vec::new(),
        hours: Hours::Office,
        sizes,
        max_output: 8192,
        stream: false,
        has_tools: false,
        has_image: false,
        has_schema: false,
        effort: "",
        tier: "standard",
        anonymous: false,
        gateway_hits: 0,
        answer,
    }
}

/// The planted answer about a target.
pub fn answer(
    action: &'static str,
    target: (&'static str, &'static str),
    binding_gate: &'static str,
    note: &'static str,
) -> Answer {
    Answer { action, target: Some(target), binding_gate, note }
}

/// Sizes without a cache.
pub fn sizes(prompt: Size, visible: Size, reasoning: Size) -> Sizes {
    Sizes { prompt, visible, reasoning, ..Sizes::default() }
}
