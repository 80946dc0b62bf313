//! Planted truth in its short form; the long one is `cargo run --profile bench --example prove -- truth`.
//!
//! Goal: the product's own relations take the right action, their ranges hold the truth as often as they say, and at the exact
//! margin chance moves a workload no more often than the test allows. Method: workloads are drawn from a seed with everything
//! that is true of them; an oracle written from the method's text answers for each.

#[path = "../support/truth/mod.rs"]
mod planted_truth;

use planted_truth::{Population, decide};

#[tokio::test]
async fn decisions_follow_the_planted_truth() {
    let workloads = std::env::var("TRIMTAB_PLANTED").ok().and_then(|count| count.parse().ok()).unwrap_or(300);
    let population = Population { seed: 1, workloads, is_at_margin: false, memory_mib: 4096 };
    let trial = decide(population).await.expect("decisions");
    let score = trial.score();
    for (cause, workloads) in &score.wrong {
        println!("{:5} {cause}: {}", workloads.len(), workloads[..workloads.len().min(6)].join(" "));
    }
    println!("{score:#?}");
    let mut slow = trial.decided.relations.clone();
    slow.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (name, seconds, rows) in slow.iter().take(12) {
        println!("{seconds:8.3} s {rows:9} rows {name}");
    }
    assert!(score.right.percent() >= 95.0, "{:?}", score.right);
}
