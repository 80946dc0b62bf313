//! What the company was built to be, counted on its own: no query of the product is used here.

use super::bill::csv_cell;
use super::calls::{Call, Outcome, Usage};
use super::prices::{Money, Priced, Prices, decimal};
use super::workload::{Format, Model, Workload};
use super::{Company, Fault, day_of};
use chrono::Days;
use std::collections::{BTreeMap, BTreeSet};

const WINDOW_DAYS: u64 = 28;

/// What a source offered and what became of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offered {
    pub objects: u64,
    pub records: u64,
    pub kept: u64,
    pub repeated: u64,
    pub rejected: u64,
}

/// A line that some source wrote about a call.
#[derive(Clone, Debug)]
pub struct Written {
    pub format: Format,
    pub key: String,
    pub line: u64,
    pub has_usage: bool,
}

/// Sums over kept rows. Rows answered by the gateway's own cache are counted apart and add nothing else.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    pub kept: u64,
    pub gateway_hits: u64,
    pub failed: u64,
    pub without_usage: u64,
    pub unpriced: u64,
    pub logical: BTreeSet<u64>,
    pub usage: Usage,
    pub spend: Money,
}

impl Sums {
    fn add(&mut self, call: &Call, has_usage: bool, cost: Option<Money>) {
        if call.outcome == Outcome::GatewayHit {
            self.gateway_hits += 1;
            return;
        }
        self.kept += 1;
        self.logical.insert(call.logical);
        self.failed += u64::from(matches!(call.outcome, Outcome::Failed(_)));
        if !has_usage {
            self.without_usage += 1;
            return;
        }
        let (sum, usage) = (&mut self.usage, &call.usage);
        sum.uncached += usage.uncached;
        sum.cache_read += usage.cache_read;
        sum.write_5m += usage.write_5m;
        sum.write_1h += usage.write_1h;
        sum.visible += usage.visible;
        sum.reasoning += usage.reasoning;
        match cost {
            Some(cost) => self.spend += cost,
            None => self.unpriced += 1,
        }
    }

    /// Spend, or nothing when no row had a price: unknown is not zero.
    fn spend(&self) -> String {
        if self.unpriced > 0 && self.spend == 0 { String::new() } else { decimal(self.spend, 12) }
    }

    /// Every measure with its name in totals.csv.
    pub fn measures(&self) -> Vec<(&'static str, String)> {
        let usage = &self.usage;
        vec![
            ("requests", self.kept.to_string()),
            ("logical_requests", self.logical.len().to_string()),
            ("failed", self.failed.to_string()),
            ("without_usage", self.without_usage.to_string()),
            ("gateway_cache_hits", self.gateway_hits.to_string()),
            ("unpriced_requests", self.unpriced.to_string()),
            ("usage_input_uncached_tokens", usage.uncached.to_string()),
            ("usage_cache_read_tokens", usage.cache_read.to_string()),
            ("usage_cache_write_5m_tokens", usage.write_5m.to_string()),
            ("usage_cache_write_1h_tokens", usage.write_1h.to_string()),
            ("usage_output_visible_tokens", usage.visible.to_string()),
            ("usage_output_reasoning_tokens", usage.reasoning.to_string()),
            ("spend_usd", self.spend()),
        ]
    }
}

/// Both sides of a move at the run date's prices and equal tokens.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    in_use: Money,
    target: Money,
    is_unpriced: bool,
}

/// Everything counted while the files are written.
#[derive(Default)]
pub struct Truth {
    pub sources: BTreeMap<Format, Offered>,
    pub models: BTreeMap<(String, String), Sums>,
    pub all_days: BTreeMap<usize, Sums>,
    pub window: BTreeMap<usize, Sums>,
    pairs: BTreeMap<usize, Pair>,
}

impl Truth {
    /// Settles one call: of all its lines one is kept, by usage, source, object and line.
    pub fn settle(
        &mut self,
        company: &Company,
        prices: &Prices,
        call: &Call,
        mut written: Vec<Written>,
    ) -> Result<(), Fault> {
        written.sort_by(|a, b| (!a.has_usage, a.format, &a.key, a.line).cmp(&(!b.has_usage, b.format, &b.key, b.line)));
        let Some((kept, others)) = written.split_first() else {
            return Ok(());
        };
        self.sources.entry(kept.format).or_default().kept += 1;
        for other in others {
            self.sources.entry(other.format).or_default().repeated += 1;
        }
        let workload = &company.workloads[call.workload];
        let day = day_of(call.end_ms());
        let cost =
            if call.is_unbilled { None } else { prices.cost(priced(call.model, workload.tier), &call.usage, day) };
        let model = (call.model.provider.to_owned(), call.model.model_id.to_owned());
        self.models.entry(model).or_default().add(call, kept.has_usage, cost);
        self.all_days.entry(call.workload).or_default().add(call, kept.has_usage, cost);
        if day + Days::new(WINDOW_DAYS) >= company.end() {
            self.window.entry(call.workload).or_default().add(call, kept.has_usage, cost);
            if kept.has_usage && call.outcome != Outcome::GatewayHit {
                self.compare(company, prices, call, workload)?;
            }
        }
        Ok(())
    }

    fn compare(&mut self, company: &Company, prices: &Prices, call: &Call, workload: &Workload) -> Result<(), Fault> {
        let Some((provider, model_id)) = workload.answer.target else {
            return Ok(());
        };
        let region_class = prices
            .region_for(provider, model_id, call.model.region_class)
            .ok_or_else(|| Fault(format!("{provider}/{model_id} has no price")))?;
        let target = Priced { provider, model_id, region_class, tier: workload.tier };
        let in_use = prices.cost(priced(call.model, workload.tier), &call.usage, company.end());
        let pair = self.pairs.entry(call.workload).or_default();
        match (in_use, prices.cost_on_target(target, &call.usage, company.end())) {
            (Some(in_use), Some(on_target)) => {
                pair.in_use += in_use;
                pair.target += on_target;
            }
            _ => pair.is_unpriced = true,
        }
        Ok(())
    }

    /// truth.csv: one row per workload.
    pub fn table(&self, company: &Company) -> String {
        let mut text = "workload_id,requests_28d,spend_28d_usd,action,target_provider,target_model_id,\
                        price_only_monthly_saving_usd,binding_gate,note\n"
            .to_owned();
        for (index, workload) in company.workloads.iter().enumerate() {
            let sums = self.window.get(&index).cloned().unwrap_or_default();
            let answer = workload.answer;
            let (provider, model_id) = answer.target.unwrap_or_default();
            let saving = match self.pairs.get(&index) {
                Some(pair) if !pair.is_unpriced => monthly_cents(pair.in_use - pair.target),
                _ => String::new(),
            };
            let (requests, spend) = (sums.kept.to_string(), sums.spend());
            let cells = [
                workload.id,
                &requests,
                &spend,
                answer.action,
                provider,
                model_id,
                &saving,
                answer.binding_gate,
                answer.note,
            ];
            text += &(cells.map(csv_cell).join(",") + "\n");
        }
        text
    }
}

pub fn priced(model: Model, tier: &'static str) -> Priced<'static> {
    Priced { provider: model.provider, model_id: model.model_id, region_class: model.region_class, tier }
}

/// Twenty-eight days as a month (M 0.3), in cents, half away from zero.
fn monthly_cents(units: Money) -> String {
    let per_cent = Money::from(12 * WINDOW_DAYS) * 10_000_000_000;
    let scaled = units * 365;
    let half = if scaled < 0 { -per_cent / 2 } else { per_cent / 2 };
    decimal((scaled + half) / per_cent, 2)
}
