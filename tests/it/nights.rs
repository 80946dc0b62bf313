//! The state stays small night after night; the long form of it is `cargo run --example prove -- nights`.
//!
//! Goal: once the retention is full, files and bytes of the state grow no more at equal volume, and what is published is what
//! a run over everything publishes. Method: 20 simulated nights of 2,000 requests, a tenth of the objects late.

#[path = "../support/nights/mod.rs"]
mod simulated;

use super::planted::company;
use simulated::{Simulation, run};

#[tokio::test]
async fn twenty_nights_leave_no_more_than_the_retention_says() {
    let simulation = Simulation {
        name: "nights-short",
        nights: 20,
        requests_a_night: 2_000,
        start: "2026-01-15".parse().expect("a day"),
        keeps: "[windows]\ndecision_days = 7\nreport_days = 14\n\
                [retention]\nrequests_days = 14\ndaily_months = 1\nevaluations_months = 1\n",
    };
    let found = run(&simulation, |_| {}).await.expect("nights");
    assert_eq!(found.differing, Vec::<String>::new(), "a run over everything publishes the same");
    assert!(found.nights.iter().all(|left| left.late == 0), "nothing came later than the retention");
    let bytes = |night| found.most(night..=night, |left| left.bytes as f64);
    assert!(bytes(14) > 3.0 * bytes(2), "the state grows until the retention is full");
    assert!(bytes(20) < 1.2 * bytes(15), "and then no more: {} bytes, {} bytes", bytes(15), bytes(20));
}
