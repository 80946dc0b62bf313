//! What a company is made of: workloads, the models they ran on, and the events planted in the data.

use super::draws::Size;
use chrono::NaiveDate;
use std::ops::RangeInclusive;

/// Where a workload's calls are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Litellm,
    OpenaiEnvelope,
    AnthropicEnvelope,
    Bedrock,
    Focus,
    EvaluationsTable,
}

impl Format {
    /// In the order of the run file: the first one is kept when a call is repeated.
    pub const ALL: [Format; 6] = [
        Format::Litellm,
        Format::OpenaiEnvelope,
        Format::AnthropicEnvelope,
        Format::Bedrock,
        Format::Focus,
        Format::EvaluationsTable,
    ];

    /// Name of the mapping.
    pub fn name(self) -> &'static str {
        match self {
            Format::Litellm => "litellm",
            Format::OpenaiEnvelope => "openai_envelope",
            Format::AnthropicEnvelope => "anthropic_envelope",
            Format::Bedrock => "bedrock",
            Format::Focus => "focus",
            Format::EvaluationsTable => "evaluations_table",
        }
    }

    /// Name of the source in the run file.
    pub fn source(self) -> &'static str {
        match self {
            Format::Litellm => "gateway",
            Format::OpenaiEnvelope => "openai_apps",
            Format::AnthropicEnvelope => "anthropic_apps",
            Format::Bedrock => "bedrock",
            Format::Focus => "bill",
            Format::EvaluationsTable => "evaluations",
        }
    }

    /// Folder of its objects.
    pub fn folder(self) -> &'static str {
        match self {
            Format::Litellm => "litellm",
            Format::OpenaiEnvelope => "openai",
            Format::AnthropicEnvelope => "anthropic",
            Format::Bedrock => "bedrock",
            Format::Focus => "focus",
            Format::EvaluationsTable => "evaluations",
        }
    }
}

/// A model in the words of the catalog and in those of logs and bills.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    pub provider: &'static str,
    pub model_id: &'static str,
    pub region_class: &'static str,
    /// As the caller asks for it.
    pub requested: &'static str,
    /// As the provider names it in the reply and on the bill.
    pub served: &'static str,
}

impl Model {
    pub const fn plain(provider: &'static str, name: &'static str) -> Self {
        Model::snapshot(provider, name, name)
    }

    pub const fn snapshot(provider: &'static str, name: &'static str, served: &'static str) -> Self {
        Model { provider, model_id: name, region_class: "global", requested: name, served }
    }

    /// A Bedrock model: the name in a request may carry a profile prefix, the catalog's id never does.
    pub const fn bedrock(model_id: &'static str, region_class: &'static str, name: &'static str) -> Self {
        Model { provider: "aws.bedrock", model_id, region_class, requested: name, served: name }
    }
}

/// Token sizes of one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sizes {
    /// Whole prompt, cached parts included.
    pub prompt: Size,
    /// Thousandths of the prompt that a hit reads from the provider's cache, and how often one happens.
    pub cached: (u64, u64),
    /// Thousandths of the prompt written to the cache for minutes, and how often.
    pub written: (u64, u64),
    pub visible: Size,
    pub reasoning: Size,
}

/// When the calls of a day begin, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// From 06:00 to 20:00, thickest in the middle.
    Office,
    Always,
    /// From 01:00 to 04:00.
    Night,
}

/// The right answer, as the company was built to give it.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub action: &'static str,
    /// Provider and model that the answer speaks about; for KEEP and BLOCKED the one that was refused.
    pub target: Option<(&'static str, &'static str)>,
    pub binding_gate: &'static str,
    pub note: &'static str,
}

/// One workload and everything that makes its calls.
#[derive(Clone, Debug)]
pub struct Workload {
    pub id: &'static str,
    pub team: &'static str,
    pub criticality: &'static str,
    pub batch_ok: bool,
    pub candidates: Vec<&'static str>,
    pub languages: Vec<&'static str>,
    /// Versions of its prompt in use, as the owner states them; 0 is not stated, because no log of the company shows one.
    pub prompt_versions: u64,
    pub format: Format,
    /// Models and the day from which each is used; the first holds from the beginning.
    pub models: Vec<(NaiveDate, Model)>,
    /// Hundredths of logical requests on a weekday.
    pub weekday: u64,
    /// Day of the first call; the earliest date of all for a workload older than its logs.
    pub first_day: NaiveDate,
    /// Thousandths of the usual volume from a day on.
    pub levels: Vec<(NaiveDate, u64)>,
    pub hours: Hours,
    pub sizes: Sizes,
    pub max_output: u64,
    pub stream: bool,
    pub has_tools: bool,
    pub has_image: bool,
    pub has_schema: bool,
    pub effort: &'static str,
    pub tier: &'static str,
    /// Carries no app, workload, prompt or key.
    pub anonymous: bool,
    /// Thousandths answered a second time by the gateway's own cache.
    pub gateway_hits: u64,
    pub answer: Answer,
}

impl Workload {
    /// The model in use on a day.
    pub fn model_on(&self, day: NaiveDate) -> Model {
        let mut current = self.models[0].1;
        for (from, model) in &self.models {
            if *from <= day {
                current = *model;
            }
        }
        current
    }

    /// Thousandths of the usual volume on a day; 0 before the first call.
    pub fn level_on(&self, day: NaiveDate) -> u64 {
        if day < self.first_day {
            return 0;
        }
        let mut level = 1000;
        for (from, permille) in &self.levels {
            if *from <= day {
                level = *permille;
            }
        }
        level
    }
}

/// An evaluation run: two or more models on one set of items, the first one being the model in use.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub workload: &'static str,
    pub eval_set: &'static str,
    pub method: &'static str,
    pub rubric: &'static str,
    pub run_id: &'static str,
    pub scored_on: NaiveDate,
    pub in_use: (&'static str, &'static str),
    pub candidate: (&'static str, &'static str),
    /// Items that both pass, only the model in use, only the candidate, neither.
    pub paired: [u64; 4],
}

/// What goes wrong, and when. Every field may be empty.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Days whose openai_envelope object arrives a second time under another name.
    pub redelivered: Option<RangeInclusive<NaiveDate>>,
    /// A gateway workload whose app logs its calls too, and for which days.
    pub logged_twice: Option<(&'static str, RangeInclusive<NaiveDate>)>,
    /// A format that logged nothing on a day, although its calls were billed.
    pub unlogged: Option<(Format, NaiveDate)>,
    /// The day whose last calls lie as one object per call, and how many.
    pub single_objects: Option<(NaiveDate, usize)>,
    /// First day without the gateway's own cache.
    pub gateway_cache_off: Option<NaiveDate>,
    /// A workload whose first call of each Friday ends after midnight.
    pub after_midnight: Option<&'static str>,
    /// One call of a workload to a model that no catalog knows and nobody bills.
    pub unknown_model: Option<(&'static str, NaiveDate, &'static str)>,
    /// Last line cut off, by format and day.
    pub truncated: Vec<(Format, NaiveDate)>,
    /// A line with text where a token count belongs.
    pub wrong_type: Vec<(Format, NaiveDate)>,
    /// A plain object with a byte order mark.
    pub byte_order_mark: Option<(Format, NaiveDate)>,
    /// An object without a byte.
    pub empty_object: Option<(Format, NaiveDate)>,
    /// A Bedrock day whose first body was offloaded to a `data/` object.
    pub offloaded: Option<NaiveDate>,
    /// Thousandths off the list price, by provider.
    pub discounts: Vec<(&'static str, u64)>,
    /// Cents of tax and of credit on each month's bill.
    pub monthly_tax_cents: i64,
    pub monthly_credit_cents: i64,
}
