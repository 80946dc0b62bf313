//! What only the owner knows: facts of workloads, commitments, contract terms, benefits, the team, parameters.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

/// What only the owner knows.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Facts of workloads, by id.
    pub workloads: BTreeMap<String, Workload>,
    /// Providers that may be proposed at all; empty means all.
    pub candidate_providers: Vec<String>,
    /// Commitments to providers.
    pub commitments: Vec<Commitment>,
    /// Contract discounts.
    pub contract_terms: Vec<ContractTerm>,
    /// Pools of GPUs that serve a model, or could.
    pub pools: Vec<Pool>,
    /// How much of a model a provider serves in a minute.
    pub quotas: Vec<Quota>,
    /// Benefits named before a move.
    pub benefits: Vec<Benefit>,
    /// Capacity of the team.
    pub team: Team,
    /// Parameters of the method.
    pub parameters: Vec<Parameter>,
}

/// Facts of one workload.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Workload {
    /// Team or person in charge.
    pub owner: Option<String>,
    /// `low`, `medium` or `high`.
    pub criticality: Option<String>,
    /// Answers may come a day later.
    pub batch_ok: Option<bool>,
    /// Residency class that the data must stay in.
    pub residency: Option<String>,
    /// Retention terms that the provider must offer.
    pub retention: Option<String>,
    /// Languages that the model must master.
    pub languages: Vec<String>,
    /// Slowest acceptable 95th percentile, milliseconds.
    pub latency_ms_p95: Option<i64>,
    /// Licence class that open weights must have.
    pub licence: Option<String>,
    /// Tokens at the start of every prompt that never change: instructions, tools, examples.
    pub static_tokens: Option<u32>,
    /// The only candidates, as `provider/model_id`; empty means every catalogued one.
    pub candidates: Vec<String>,
}

/// A commitment to a provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// Name of the commitment.
    pub id: String,
    /// Provider that it binds to.
    pub provider: String,
    /// USD a month, as decimal text.
    pub usd_per_month: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// First day after it.
    pub ends_on: NaiveDate,
    /// Another workload could use it up.
    #[serde(default)]
    pub is_reassignable: bool,
    /// That workload; a reassignable commitment without it counts for nobody.
    pub reassignable_to: Option<String>,
}

/// A negotiated discount.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractTerm {
    /// Provider.
    pub provider: String,
    /// Model; absent for all models of the provider.
    pub model_id: Option<String>,
    /// Percent off list, as decimal text.
    pub discount_pct: String,
    /// First day.
    pub valid_from: NaiveDate,
}

/// A pool of GPUs that serves one model of the catalog, or could.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Name of the pool.
    pub id: String,
    /// The model, as `provider/model_id` of the catalog.
    pub model: String,
    /// USD for one GPU and hour, as decimal text.
    pub usd_per_gpu_hour: Option<String>,
    /// Prompt tokens that one GPU reads in a second.
    pub prefill_tokens_per_second: i64,
    /// Answer tokens that one GPU writes in a second.
    pub decode_tokens_per_second: i64,
    /// Both rates were measured on this model and GPU.
    #[serde(default)]
    pub is_measured: bool,
    /// Busy share of the busiest hour that the pool is sized for.
    pub target_utilisation: Option<f64>,
    /// Fewest GPUs that serve at all.
    pub min_gpus: Option<i64>,
    /// Most that can be had.
    pub max_gpus: Option<i64>,
    /// Memory of one GPU, in gigabytes.
    pub gpu_memory_gb: Option<i64>,
    /// GPUs that hold one copy of the model.
    #[serde(default = "one")]
    pub gpus_per_copy: i64,
    /// Residency class of the place.
    pub residency: Option<String>,
    /// The pool runs today.
    #[serde(default)]
    pub is_running: bool,
}

/// A limit that a provider sets to the use of a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The model, as `provider/model_id` of the catalog.
    pub model: String,
    /// Tokens a minute, input and output together.
    pub tokens_per_minute: i64,
}

fn one() -> i64 {
    1
}

/// A benefit named before a move.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benefit {
    /// Workload that brings it.
    pub workload: String,
    /// `time` or `revenue`; cash is what the bill goes down by.
    pub kind: String,
    /// USD a month, as decimal text.
    pub usd_per_month: String,
    /// Who named it.
    pub owner: Option<String>,
}

/// Capacity of the team that would maintain models.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Team {
    /// Hours a month.
    pub capacity_hours: Option<f64>,
}

/// A parameter of the method, set by the owner.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// P-id of the method.
    pub parameter_id: String,
    /// Name in the formula.
    pub name: String,
    /// `all`, `workload` or `pair`.
    #[serde(default = "all")]
    pub scope: String,
    /// Workload id, or `from>to`.
    #[serde(default)]
    pub key: String,
    /// P10.
    pub low: Option<f64>,
    /// Expected value.
    pub expected: f64,
    /// P90.
    pub high: Option<f64>,
}

fn all() -> String {
    "all".into()
}
