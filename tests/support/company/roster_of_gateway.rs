//! The sample's workloads behind the gateway. Volumes, sizes and models are chosen so that each answer holds with room to spare.

use super::draws::Size;
use super::sample::{GPT_5_2, GPT_5_4, GPT_5_5, LUNA, MISTRAL_SMALL, answer, day, sizes, usual};
use super::workload::{Format, Hours, Model, Sizes, Workload};
use chrono::NaiveDate;

/// Eight workloads, logged by LiteLLM.
pub fn behind_the_gateway() -> Vec<Workload> {
    let none = Size::default();
    let gateway = Format::Litellm;
    vec![
        Workload {
            criticality: "low",
            candidates: vec!["openai/gpt-5.6-luna", "openai/gpt-5.4-mini"],
            prompt_versions: 1,
            max_output: 40_000,
            has_schema: true,
            effort: "medium",
            gateway_hits: 12,
            ..usual(
                "ticket-triage",
                "support",
                gateway,
                GPT_5_5,
                5_000,
                Sizes { cached: (250, 600), ..sizes(Size::of(80_000, 80), Size::of(500, 100), Size::of(22_000, 70)) },
                answer(
                    "MOVE",
                    LUNA,
                    "",
                    "600 paired items, deterministic, 14 against 16: no worse within 10 points, and $1,213.69 a month pay for 40 hours and 2 hours a month; gpt-5.4-mini has 40 items, too few for a verdict",
                ),
            )
        },
        Workload {
            candidates: vec!["mistral_ai/mistral-small-2603"],
            max_output: 16_000,
            stream: true,
            hours: Hours::Always,
            ..usual(
                "route-notes",
                "routing",
                gateway,
                Model::plain("mistral_ai", "mistral-large-2512"),
                10_800,
                sizes(Size::of(18_000, 60), Size::of(9_800, 40), none),
                answer(
                    "KEEP",
                    MISTRAL_SMALL,
                    "",
                    "price: the target reasons and the source does not; at five reasoning tokens per visible one it costs more, although equal tokens look cheaper",
                ),
            )
        },
        Workload {
            candidates: vec!["aws.bedrock/deepseek.r1-v1:0"],
            max_output: 4_000,
            has_tools: true,
            ..usual(
                "agent-planner",
                "planning",
                gateway,
                GPT_5_4,
                1_900,
                Sizes { cached: (280, 900), ..sizes(Size::of(70_000, 40), Size::of(600, 80), Size::of(500, 80)) },
                answer(
                    "BLOCKED",
                    ("aws.bedrock", "deepseek.r1-v1:0"),
                    "UNKNOWN_FACT",
                    "tools in every call; the catalog does not say whether the target calls tools",
                ),
            )
        },
        Workload {
            candidates: vec!["openai/gpt-5.4-nano", "anthropic/claude-haiku-4-5-20251001"],
            max_output: 32_000,
            stream: true,
            gateway_hits: 25,
            ..usual(
                "faq-bot",
                "self-service",
                gateway,
                Model::plain("openai", "gpt-5.6-luna"),
                7_200,
                sizes(Size::of(112_000, 25), Size::of(2_000, 80), Size::of(9_500, 60)),
                answer(
                    "KEEP",
                    ("openai", "gpt-5.4-nano"),
                    "",
                    "price: already small; gpt-5.4-nano has the same input price and a higher output price, haiku costs more of both",
                ),
            )
        },
        Workload {
            candidates: vec!["openai/gpt-5.6-luna"],
            first_day: day(2026, 11, 1),
            max_output: 16_000,
            effort: "low",
            ..usual(
                "voice-notes",
                "depots",
                gateway,
                GPT_5_5,
                1_800,
                sizes(Size::of(26_000, 90), Size::of(1_200, 100), Size::of(2_200, 90)),
                answer(
                    "WAIT_MATURITY",
                    LUNA,
                    "",
                    "PROTOTYPE: first call 2026-11-01, younger than 30 days; can first be MATURE on 2026-12-31",
                ),
            )
        },
        Workload {
            candidates: vec!["openai/gpt-5.6-luna"],
            ..usual(
                "depot-local",
                "depots",
                gateway,
                Model::plain("hosted_vllm", "brightwater-ft-7b"),
                700,
                sizes(Size::of(6_000, 100), Size::of(700, 100), none),
                answer(
                    "BLOCKED",
                    LUNA,
                    "UNPRICED",
                    "the company's own model is in no catalog: spend is unknown, never 0, and no saving can be stated",
                ),
            )
        },
        Workload {
            candidates: vec!["mistral_ai/mistral-small-2603"],
            languages: vec!["de", "pl"],
            max_output: 48_000,
            models: vec![
                (NaiveDate::MIN, Model::plain("mistral_ai", "mistral-large-2512")),
                (day(2026, 10, 20), Model::plain("mistral_ai", "mistral-large-4")),
            ],
            ..usual(
                "translation",
                "localisation",
                gateway,
                Model::plain("mistral_ai", "mistral-large-4"),
                2_200,
                sizes(Size::of(80_000, 50), Size::of(30_000, 40), none),
                answer(
                    "BLOCKED",
                    MISTRAL_SMALL,
                    "UNKNOWN_FACT",
                    "LANG: the owner demands de and pl; the catalog does not document the target's languages. mistral-large-4 since 2026-10-20, its price fell on 2026-10-29",
                ),
            )
        },
        Workload {
            criticality: "low",
            candidates: vec!["openai/gpt-5.6-luna"],
            ..usual(
                "joke-bot",
                "people",
                gateway,
                GPT_5_2,
                80,
                sizes(Size::of(900, 100), Size::of(120, 100), Size::of(200, 100)),
                answer("BLOCKED", LUNA, "VOLUME", "about 20 calls a month"),
            )
        },
    ]
}
