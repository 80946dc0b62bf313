//! Evaluation results under the column names of the project's own contract.

use super::Company;
use super::draws::Draws;
use super::workload::Evaluation;

const COLUMNS: &str = "provider,model_id,workload_id,eval_set,method,rubric_or_judge,run_id,item_id,score,is_correct,n,n_correct,\
cluster_id,adaptation,template_id,split_rule,scored_at,is_vendor_made\n";

/// The table, its rows, and how many of them say again what an earlier one said.
pub fn table(company: &Company) -> (String, u64, u64) {
    let mut rows: Vec<String> = company.evaluations.iter().flat_map(|evaluation| items(company, evaluation)).collect();
    // The runner's last upload of the first run arrived twice.
    let again: Vec<String> = rows.iter().take(5).cloned().collect();
    let repeated = again.len() as u64;
    rows.extend(again);
    rows.extend(company.vendor_claims.iter().map(|(provider, model_id, workload, n, n_correct)| {
        format!("{provider},{model_id},{workload},vendor-card,benchmark,vendor-harness,card-1,,,,{n},{n_correct},,none,,,2026-09-15T00:00:00Z,true\n")
    }));
    let count = rows.len() as u64;
    (COLUMNS.to_owned() + &rows.concat(), count, repeated)
}

/// One row per item and model; the four kinds of items are dealt in a seeded order.
fn items(company: &Company, evaluation: &Evaluation) -> Vec<String> {
    let outcomes = [(true, true), (true, false), (false, true), (false, false)];
    let mut dealt: Vec<(bool, bool)> = Vec::new();
    for (count, outcome) in evaluation.paired.iter().zip(outcomes) {
        dealt.extend((0..*count).map(|_| outcome));
    }
    let name =
        evaluation.run_id.bytes().fold(0, |hash: u64, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte)));
    let mut draws = Draws::of(company.seed, &[name]);
    for place in (1..dealt.len()).rev() {
        dealt.swap(place, draws.below(place as u64 + 1) as usize);
    }
    let mut rows = Vec::new();
    for (number, (in_use, candidate)) in dealt.into_iter().enumerate() {
        let models = [(evaluation.in_use, in_use), (evaluation.candidate, candidate)];
        for ((provider, model_id), is_correct) in models {
            let Evaluation { workload, eval_set, method, rubric, run_id, scored_on, .. } = evaluation;
            rows.push(format!(
                "{provider},{model_id},{workload},{eval_set},{method},{rubric},{run_id},item-{number:04},,{is_correct},,,,none,,,\
                 {scored_on}T09:00:00Z,false\n"
            ));
        }
    }
    rows
}
