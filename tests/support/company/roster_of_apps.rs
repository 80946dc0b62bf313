//! The sample's workloads of applications that call a provider themselves. Volumes, sizes and models are chosen so that each answer holds with room to spare.

use super::draws::Size;
use super::sample::{GPT_5_2, GPT_5_4, HAIKU, LUNA, SONNET_5, answer, day, sizes, usual};
use super::workload::{Answer, Format, Hours, Model, Sizes, Workload};
use chrono::NaiveDate;

/// Four workloads on OpenAI.
pub fn of_openai_apps() -> Vec<Workload> {
    let apps = Format::OpenaiEnvelope;
    vec![
        Workload {
            criticality: "high",
            candidates: vec!["anthropic/claude-haiku-4-5-20251001"],
            max_output: 8_000,
            ..usual(
                "contract-qa",
                "legal",
                apps,
                GPT_5_4,
                600,
                sizes(Size::of(231_000, 27), Size::of(700, 90), Size::of(800, 90)),
                answer(
                    "KEEP",
                    HAIKU,
                    "CTX_TAIL",
                    "every prompt is longer than the target's context of 200,000 tokens and shorter than the source's price band at 272,000",
                ),
            )
        },
        Workload {
            candidates: vec!["aws.bedrock/openai.gpt-oss-120b-1:0"],
            max_output: 8_000,
            has_image: true,
            ..usual(
                "receipt-vision",
                "finance",
                apps,
                GPT_5_4,
                1_600,
                sizes(Size::of(60_000, 60), Size::of(1_300, 80), Size::of(900, 80)),
                answer(
                    "KEEP",
                    ("aws.bedrock", "openai.gpt-oss-120b-1:0"),
                    "MODALITY",
                    "every call holds an image, the target reads text only; no rule can split it",
                ),
            )
        },
        Workload {
            candidates: vec!["openai/gpt-4.1-nano"],
            max_output: 8_000,
            ..usual(
                "search-rerank",
                "search",
                apps,
                GPT_5_2,
                1_600,
                sizes(Size::of(80_000, 70), Size::of(900, 80), Size::of(900, 80)),
                answer("BLOCKED", ("openai", "gpt-4.1-nano"), "RETIRED", "the target was shut down on 2026-10-23"),
            )
        },
        Workload {
            batch_ok: true,
            candidates: vec!["openai/gpt-5.6-luna"],
            max_output: 32_000,
            hours: Hours::Night,
            tier: "batch",
            ..usual(
                "nightly-tagging",
                "data",
                apps,
                Model::plain("openai", "gpt-5.6-terra"),
                1_400,
                sizes(Size::of(130_000, 60), Size::of(4_000, 80), Size::of(9_000, 70)),
                answer(
                    "KEEP",
                    LUNA,
                    "",
                    "EVAL_NOT_WORTH_IT: $65.05 a month is less than the two hours of maintenance that a move costs, so no evaluation can pay; both models have batch prices",
                ),
            )
        },
    ]
}

/// Five workloads on Anthropic, one of them nameless.
pub fn of_anthropic_apps() -> Vec<Workload> {
    let none = Size::default();
    let apps = Format::AnthropicEnvelope;
    vec![
        Workload {
            candidates: vec!["anthropic/claude-haiku-4-5-20251001"],
            max_output: 8_000,
            stream: true,
            ..usual(
                "email-drafts",
                "sales",
                apps,
                SONNET_5,
                1_700,
                sizes(Size::of(66_000, 80), Size::of(3_200, 90), none),
                answer(
                    "KEEP",
                    HAIKU,
                    "",
                    "EVAL_NOT_WORTH_IT: about $42 a month is less than the two hours of maintenance that a move costs, so no evaluation can pay",
                ),
            )
        },
        Workload {
            criticality: "high",
            candidates: vec!["anthropic/claude-sonnet-5"],
            max_output: 8_000,
            ..usual(
                "policy-answers",
                "compliance",
                apps,
                Model::plain("anthropic", "claude-sonnet-4-5-20250929"),
                1_500,
                sizes(Size::of(48_000, 70), Size::of(1_500, 80), Size::of(1_200, 80)),
                answer(
                    "MIGRATE",
                    ("anthropic", "claude-sonnet-5"),
                    "SOURCE_RETIRES",
                    "the source retires on 2026-11-30: the move is forced and no saving is claimed for it",
                ),
            )
        },
        Workload {
            candidates: vec!["anthropic/claude-haiku-4-5-20251001"],
            max_output: 24_000,
            levels: vec![(day(2026, 10, 24), 400)],
            ..usual(
                "campaign-copy",
                "marketing",
                apps,
                SONNET_5,
                2_000,
                sizes(Size::of(110_000, 60), Size::of(13_000, 70), none),
                answer(
                    "KEEP",
                    HAIKU,
                    "",
                    "DECLINING: the last 28 days have 40% of the 28 before, no evidence; M 9 names the stage, M 7.2 has no row for it, so KEEP",
                ),
            )
        },
        Workload {
            anonymous: true,
            max_output: 16_000,
            effort: "low",
            ..usual(
                "unattributed",
                "",
                apps,
                SONNET_5,
                1_000,
                sizes(Size::of(90_000, 90), Size::of(5_000, 90), Size::of(2_500, 90)),
                Answer {
                    action: "KEEP",
                    target: None,
                    binding_gate: "",
                    note: "no app, workload, prompt or key: nobody to ask, no candidate",
                },
            )
        },
        Workload {
            candidates: vec!["aws.bedrock/meta.llama3-3-70b-instruct-v1:0"],
            max_output: 2_000,
            models: vec![
                (NaiveDate::MIN, Model::plain("anthropic", "claude-opus-5")),
                (day(2026, 10, 5), Model::plain("anthropic", "claude-opus-5-5")),
            ],
            ..usual(
                "code-review",
                "engineering",
                apps,
                Model::plain("anthropic", "claude-opus-5-5"),
                6_800,
                Sizes {
                    cached: (950, 1000),
                    written: (30, 400),
                    ..sizes(Size::of(68_000, 45), Size::of(600, 90), none)
                },
                answer(
                    "KEEP",
                    ("aws.bedrock", "meta.llama3-3-70b-instruct-v1:0"),
                    "",
                    "price: 95% of each prompt is read from a cache that the target does not have; claude-opus-5-5 since 2026-10-05",
                ),
            )
        },
    ]
}

/// The workload on Bedrock.
pub fn claims_summary() -> Workload {
    let opus_4_1 = Model::bedrock(
        "anthropic.claude-opus-4-1-20250805-v1:0",
        "us-east-1",
        "anthropic.claude-opus-4-1-20250805-v1:0",
    );
    let opus_5_5 = Model::bedrock("anthropic.claude-opus-5-5", "us", "us.anthropic.claude-opus-5-5");
    Workload {
        criticality: "high",
        candidates: vec!["anthropic/claude-haiku-4-5-20251001"],
        max_output: 6_000,
        models: vec![(NaiveDate::MIN, opus_4_1), (day(2026, 10, 5), opus_5_5)],
        ..usual(
            "claims-summary",
            "claims",
            Format::Bedrock,
            opus_5_5,
            1_600,
            Sizes { cached: (200, 500), ..sizes(Size::of(28_000, 70), Size::of(2_400, 80), Size::default()) },
            answer(
                "KEEP",
                HAIKU,
                "",
                "INFERIOR on 400 paired items scored by people: 92% against 78%; claude-opus-5-5 through the us profile since 2026-10-05",
            ),
        )
    }
}
