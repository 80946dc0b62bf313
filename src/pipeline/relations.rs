//! Relations that no query computes: seeds, settings, the owner's facts, size buckets and the ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use chrono::{Duration, NaiveDate};
use serde_json::{Value, json};

use super::check;
use crate::config::{Config, Pool, Quota, Source};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::ledger::{Entry, Ledger};
use crate::project::Project;
use crate::table_file::to_rows;

/// Largest size that is told apart, tokens or milliseconds; contracts reject what is larger.
const LARGEST_SIZE: u64 = 1 << 31;

/// Registers every relation that the program provides; what is not known yet is empty.
///
/// # Errors
/// `Project` when a contract of one is missing or does not fit.
pub fn register(engine: &Engine, project: &Project, config: &Config, ledger: &Ledger) -> Result<()> {
    for (name, contract) in &project.contracts {
        engine.register_empty(name, &contract.schema)?;
    }
    for (name, seed) in &project.seeds {
        let mut batches = vec![seed.rows.clone()];
        if name == "parameters" {
            batches.push(rows(project, "parameters", &[parameters(config), limits(project, config)].concat())?);
        }
        engine.register(name, seed.rows.schema(), batches)?;
    }
    for (name, values) in [
        ("settings", vec![settings(config)]),
        ("size_buckets", size_buckets(&edges(project))),
        ("workload_facts", workload_facts(config)),
        ("workload_candidates", workload_candidates(config)),
        ("commitments", commitments(config)),
        ("contract_terms", contract_terms(config)),
        ("gpu_pools", gpu_pools(config)),
        ("quotas", quotas(config)),
        ("benefits", benefits(config)),
        ("team", vec![json!({ "capacity_hours": config.facts.team.capacity_hours })]),
        ("sources", sources(project, config)),
        ("quarantine", values(ledger.rejected())?),
        ("repeats", values(ledger.repeats().iter())?),
    ] {
        let batch = rows(project, name, &values)?;
        engine.register(name, batch.schema(), vec![batch])?;
    }
    let batch = ledger_rows(project, ledger)?;
    engine.register("ledger", batch.schema(), vec![batch])
}

fn rows(project: &Project, name: &str, values: &[Value]) -> Result<RecordBatch> {
    let contract = project.contract(name).ok_or_else(|| {
        Error::project(format!("relation `{name}` has no contract")).hint(format!("write schemas/contracts/{name}.sql"))
    })?;
    to_rows(contract, values)
}

fn values<'a, T: serde::Serialize + 'a>(rows: impl Iterator<Item = &'a T>) -> Result<Vec<Value>> {
    rows.map(|row| serde_json::to_value(row).map_err(|error| Error::engine("a row cannot be written").because(error)))
        .collect()
}

fn settings(config: &Config) -> Value {
    let window_days = config.windows.decision_days;
    let day = |days: i64| (config.date - Duration::days(days)).to_string();
    json!({
        "run_date": config.date.to_string(),
        "window_days": window_days,
        "window_from": day(window_days),
        "previous_window_from": day(2 * window_days),
        "report_from": day(config.windows.report_days),
        "month_factor_numerator": 365,
        "month_factor_denominator": 12 * window_days,
        "candidate_providers": config.facts.candidate_providers.len(),
    })
}

/// The sources of the run file, and what is known of their formats.
fn sources(project: &Project, config: &Config) -> Vec<Value> {
    let row = |source: &Source| {
        let header = |key: &str| project.sources.get(&source.format).and_then(|table| table.header.get(key));
        json!({
            "source": source.name, "source_rank": source.rank, "format": source.format,
            "format_status": header("status").unwrap_or("unverified"), "unusable_because": header("unusable"),
            "stale_after_hours": source.stale_after_hours, "late_days": source.late_days,
        })
    };
    config.sources.iter().map(row).collect()
}

fn workload_facts(config: &Config) -> Vec<Value> {
    let list = |items: &Vec<String>| (!items.is_empty()).then(|| items.join("|"));
    config
        .facts
        .workloads
        .iter()
        .map(|(id, facts)| {
            json!({
                "workload_id": id,
                "owner": facts.owner,
                "criticality": facts.criticality,
                "is_batch_ok": facts.batch_ok,
                "residency": facts.residency,
                "retention": facts.retention,
                "languages": list(&facts.languages),
                "latency_ms_p95": facts.latency_ms_p95,
                "licence": facts.licence,
                "static_tokens": facts.static_tokens,
                "has_own_candidates": !facts.candidates.is_empty(),
            })
        })
        .collect()
}

/// Candidates that the owner allows: by workload, else by provider; no row means that every catalogued model may be proposed.
fn workload_candidates(config: &Config) -> Vec<Value> {
    let named = config.facts.workloads.iter().flat_map(|(id, facts)| {
        facts.candidates.iter().map(move |candidate| {
            let (provider, model) = candidate.split_once('/').unwrap_or((candidate, ""));
            json!({ "workload_id": id, "provider": provider, "model_id": model })
        })
    });
    let providers = config.facts.candidate_providers.iter().map(|provider| json!({ "provider": provider }));
    named.chain(providers).collect()
}

fn commitments(config: &Config) -> Vec<Value> {
    config
        .facts
        .commitments
        .iter()
        .map(|c| {
            json!({
                "commitment_id": c.id, "provider": c.provider, "usd_per_month": c.usd_per_month,
                "starts_on": c.starts_on.to_string(), "ends_on": c.ends_on.to_string(), "is_reassignable": c.is_reassignable,
                "reassignable_to": c.reassignable_to,
            })
        })
        .collect()
}

fn contract_terms(config: &Config) -> Vec<Value> {
    config
        .facts
        .contract_terms
        .iter()
        .map(|t| {
            json!({
                "provider": t.provider, "model_id": t.model_id, "discount_pct": t.discount_pct,
                "valid_from": t.valid_from.to_string(),
            })
        })
        .collect()
}

fn quotas(config: &Config) -> Vec<Value> {
    let row = |q: &Quota| {
        let (provider, model) = q.model.split_once('/').unwrap_or((&q.model, ""));
        json!({ "provider": provider, "model_id": model, "tokens_per_minute": q.tokens_per_minute })
    };
    config.facts.quotas.iter().map(row).collect()
}

fn gpu_pools(config: &Config) -> Vec<Value> {
    let row = |p: &Pool| {
        let (provider, model) = p.model.split_once('/').unwrap_or((&p.model, ""));
        json!({
            "pool_id": p.id, "provider": provider, "model_id": model, "usd_per_gpu_hour": p.usd_per_gpu_hour,
            "prefill_tokens_per_second": p.prefill_tokens_per_second, "decode_tokens_per_second": p.decode_tokens_per_second,
            "is_measured": p.is_measured, "target_utilisation_ratio": p.target_utilisation, "min_gpus": p.min_gpus,
            "max_gpus": p.max_gpus, "gpu_memory_gb": p.gpu_memory_gb, "gpus_per_copy": p.gpus_per_copy,
            "residency": p.residency, "is_running": p.is_running,
        })
    };
    config.facts.pools.iter().map(row).collect()
}

fn benefits(config: &Config) -> Vec<Value> {
    config
        .facts
        .benefits
        .iter()
        .map(|b| json!({ "workload_id": b.workload, "kind": b.kind, "usd_per_month": b.usd_per_month, "owner": b.owner }))
        .collect()
}

fn parameters(config: &Config) -> Vec<Value> {
    config
        .facts
        .parameters
        .iter()
        .map(|p| {
            json!({
                "parameter_id": p.parameter_id, "name": p.name, "scope": p.scope, "key": (!p.key.is_empty()).then_some(&p.key),
                "valid_from": "1970-01-01",
                "low": p.low, "expected": p.expected, "high": p.high, "class": "config", "source": "run file",
            })
        })
        .collect()
}

/// Limits of checks, as the run file has them under `[checks]`.
fn limits(project: &Project, config: &Config) -> Vec<Value> {
    let row = |(name, expected): (String, f64)| {
        json!({
            "parameter_id": "[checks]", "name": name, "scope": "all", "valid_from": "1970-01-01", "expected": expected,
            "class": "config", "source": "run file",
        })
    };
    check::limits(project, config).into_iter().map(row).collect()
}

/// One row per object, column by column: of many small objects the values of all rows would be the largest thing in memory.
fn ledger_rows(project: &Project, ledger: &Ledger) -> Result<RecordBatch> {
    let contract = project.contract("ledger").ok_or_else(|| Error::project("relation `ledger` has no contract"))?;
    let text =
        |of: fn(&Entry) -> Option<&str>| -> ArrayRef { Arc::new(ledger.entries().map(of).collect::<StringArray>()) };
    let count = |of: fn(&Entry) -> i64| -> ArrayRef { Arc::new(ledger.entries().map(of).collect::<Int64Array>()) };
    let is = |of: fn(&Entry) -> bool| -> ArrayRef {
        Arc::new(ledger.entries().map(|entry| Some(of(entry))).collect::<BooleanArray>())
    };
    let day = |of: fn(&Entry) -> Option<NaiveDate>| -> ArrayRef {
        let days = ledger.entries().map(|entry| of(entry).map(|day| (day - NaiveDate::default()).num_days() as i32));
        Arc::new(days.collect::<Date32Array>())
    };
    let column = |name: &str| match name {
        "source" => Some(text(|e| Some(&e.source))),
        "format" => Some(text(|e| Some(&e.format))),
        "object_key" => Some(text(|e| Some(&e.object_key))),
        "etag" => Some(text(|e| Some(&e.etag))),
        "fault" => Some(text(|e| e.fault.as_deref())),
        "size" => Some(count(|e| e.size)),
        "records" => Some(count(|e| e.records)),
        "rejected_lines" => Some(count(|e| e.rejected_lines)),
        "skipped_records" => Some(count(|e| e.skipped_records)),
        "rows" => Some(count(|e| e.rows)),
        "rejected_rows" => Some(count(|e| e.rejected_rows)),
        "closed_rows" => Some(count(|e| e.closed_rows)),
        "late_rows" => Some(count(|e| e.late_rows)),
        "decimals_rounded" => Some(count(|e| e.decimals_rounded)),
        "is_spent" => Some(is(Entry::is_spent)),
        "is_superseded" => Some(is(|e| e.is_superseded)),
        "first_event_date" => Some(day(|e| e.days.iter().map(|of| of.day).min())),
        "last_event_date" => Some(day(|e| e.days.iter().map(|of| of.day).max())),
        _ => None,
    };
    let columns = contract.schema.fields().iter().map(|field| {
        column(field.name()).ok_or_else(|| {
            Error::project(format!("contract `ledger` has a column `{}` that nothing fills", field.name()))
                .at(format!("at {}", contract.path))
        })
    });
    Ok(RecordBatch::try_new(contract.schema.clone(), columns.collect::<Result<_>>()?)?)
}

/// Sizes at which a model's answer can change: windows, output limits and price bands of the catalog.
fn edges(project: &Project) -> BTreeSet<u64> {
    let mut edges = BTreeSet::new();
    for (seed, column) in
        [("models", "context_window_tokens"), ("models", "max_output_tokens"), ("model_prices", "above_prompt_tokens")]
    {
        let Some(values) = project.seeds.get(seed).and_then(|seed| seed.rows.column_by_name(column)) else { continue };
        if let Some(values) = values.as_primitive_opt::<Int64Type>() {
            edges.extend(values.iter().flatten().filter_map(|value| u64::try_from(value).ok()));
        }
    }
    edges
}

/// Buckets of at most 1/64 width (M 4.4 allows 2 %), cut at every edge, and the stratum (half octaves and edges) of each.
///
/// Bucket of `x`: with `e` = bits of `x` less 7, at least 0: `e * 64 + (x >> e)`. Integers only.
fn size_buckets(catalog: &BTreeSet<u64>) -> Vec<Value> {
    let mut edges = catalog.clone();
    edges.insert(0);
    for bits in 0..=31_u32 {
        edges.insert(1 << bits);
        edges.insert((1_u64 << (2 * bits + 1)).isqrt());
    }
    edges.insert(LARGEST_SIZE);
    let mut rows = Vec::new();
    for base in 0..=(25 * 64 + 64) as u64 {
        let (low, high) = if base < 128 {
            (base, base)
        } else {
            let e = base / 64 - 1;
            let mantissa = base - e * 64;
            (mantissa << e, ((mantissa + 1) << e) - 1)
        };
        if low > LARGEST_SIZE {
            break;
        }
        let mut above = low as i64 - 1;
        let cuts: Vec<u64> = edges.range(low..high).copied().chain([high]).collect();
        for upto in cuts {
            let stratum = edges.range(upto..).next().copied().unwrap_or(LARGEST_SIZE);
            rows.push(json!({ "base_bucket": base, "above": above, "upto": upto, "stratum": stratum }));
            above = upto as i64;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_narrow_cut_at_every_edge_and_leave_no_gap() {
        let rows = size_buckets(&BTreeSet::from([200_000, 272_000, 4_096]));
        let number = |row: &Value, key: &str| row[key].as_i64().unwrap();
        let mut last = -1;
        for row in &rows {
            let (above, upto) = (number(row, "above"), number(row, "upto"));
            assert_eq!(above, last, "no gap, no overlap");
            assert!(upto - above <= 1 || (upto - above) as f64 / upto as f64 <= 0.02, "{row}");
            assert!(number(row, "stratum") >= upto);
            last = upto;
        }
        for edge in [4_096, 200_000, 272_000, 1 << 20, 1_048_576] {
            let row = rows.iter().find(|row| number(row, "upto") == edge).unwrap();
            assert_eq!(number(row, "stratum"), edge);
        }
    }
}
