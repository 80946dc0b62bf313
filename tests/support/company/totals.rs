//! totals.csv: one measure per row, by source, model and workload, and what is on the bill.

use super::Company;
use super::bill::Bill;
use super::prices::{Money, decimal};
use super::truth::{Offered, Truth};
use std::collections::BTreeMap;

impl Truth {
    /// totals.csv: one measure per row.
    pub fn totals(&self, company: &Company, bill: &Bill) -> String {
        let mut text = "scope,source,provider,model_id,workload_id,measure,value\n".to_owned();
        for (format, offered) in &self.sources {
            let Offered { objects, records, kept, repeated, rejected } = offered;
            let counts = [
                ("objects", objects),
                ("records", records),
                ("rows_kept", kept),
                ("rows_repeated", repeated),
                ("lines_rejected", rejected),
            ];
            for (measure, value) in counts {
                text += &format!("source,{},,,,{measure},{value}\n", format.source());
            }
        }
        for ((provider, model_id), sums) in &self.models {
            for (measure, value) in sums.measures() {
                text += &format!("model_all_days,,{provider},{model_id},,{measure},{value}\n");
            }
        }
        for (scope, by_workload) in [("workload_all_days", &self.all_days), ("workload_28_days", &self.window)] {
            for (index, sums) in by_workload {
                for (measure, value) in sums.measures() {
                    text += &format!("{scope},,,,{},{measure},{value}\n", company.workloads[*index].id);
                }
            }
        }
        text + &billed(bill)
    }
}

/// Tokens and list cost on the bill, by provider and model, unlogged calls included.
fn billed(bill: &Bill) -> String {
    let mut models: BTreeMap<(&str, &str), (u64, Money)> = BTreeMap::new();
    for (sku, tokens) in &bill.0 {
        let (billed, cost) = models.entry((sku.provider, sku.model_id)).or_default();
        *billed += tokens;
        *cost += Money::from(*tokens) * sku.micro_usd_per_mtok;
    }
    let mut text = String::new();
    for ((provider, model_id), (tokens, cost)) in models {
        text += &format!("bill_all_days,bill,{provider},{model_id},,billed_tokens,{tokens}\n");
        text += &format!("bill_all_days,bill,{provider},{model_id},,list_cost_usd,{}\n", decimal(cost, 12));
    }
    text
}
