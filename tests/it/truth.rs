//! Planted truth in its short form; the long one is `cargo run --profile bench --example prove -- truth`.
//!
//! Goal: the product's own relations take the right action, their ranges hold the truth as often as they say, and at the exact
//! margin chance moves a workload no more often than the test allows. Method: workloads are drawn from a seed with everything
//! that is true of them; an oracle written from the method's text answers for each.

#[path = "../support/truth/mod.rs"]
pub mod planted_truth;

use planted_truth::{Population, decide};

#[tokio::test]
async fn decisions_follow_the_planted_truth() {
    let trial = decide(Population::default()).await.expect("decisions");
    assert_eq!(trial.decided.decisions.len(), 600, "one decision each");
    let built: Vec<&str> = trial.decided.relations.iter().map(|(name, ..)| name.as_str()).collect();
    assert!(built.contains(&"int_bundles_proven") && built.contains(&"headline"), "the whole chain: {built:?}");
    let score = trial.score();
    println!("decided in {:.1} s", trial.decided.seconds);
    for (cause, workloads) in &score.wrong {
        println!("{:5} {cause}: {}", workloads.len(), workloads[..workloads.len().min(6)].join(" "));
    }
    assert!(score.right.percent() >= 95.0, "right actions: {:?}", score.right);
    assert_eq!(score.moves_on_faults, 0, "an evaluation that should be refused moves nobody");
    // A sixth of the actions is a move: without some of each kind the test would say nothing.
    for action in ["BLOCKED", "EVALUATE_NEXT", "KEEP", "MIGRATE", "MOVE", "MOVE_SPLIT", "MOVE_UP", "OPTIMIZE", "PILOT"]
    {
        assert!(score.actions.contains_key(action), "{action} is planted: {:?}", score.actions);
    }
    let inside = score.inside.percent();
    assert!((77.0..=83.0).contains(&inside), "true savings inside P10 to P90: {:?}", score.inside);
    assert!(score.false_moves.hits * 50 <= score.false_moves.of, "moves beyond the margin: {:?}", score.false_moves);
}

#[tokio::test]
async fn at_the_exact_margin_few_move() {
    let at_margin = Population { workloads: 500, is_at_margin: true, ..Population::default() };
    let trial = decide(at_margin).await.expect("decisions");
    let (moved, proven) = (trial.moves_at_margin(), trial.proven_at_margin());
    println!("moved {moved:?}, proven {proven:?}");
    assert!(proven.hits >= 5, "chance does prove some: {proven:?}");
    assert!(moved.percent() <= 5.8, "false moves at the margin: {moved:?}");
}
