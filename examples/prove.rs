//! The long proofs, run by hand: `cargo run --profile bench --example prove -- NAME`. Each promise is tested in its short
//! form by `cargo test`; the long form's figures go to docs/reliability.md, one row a run.

#[path = "../tests/support/company/mod.rs"]
mod company;
#[path = "prove/disturbed_nights.rs"]
mod disturbed_nights;
#[path = "../tests/support/hostile/mod.rs"]
mod hostile;
#[path = "../tests/support/nights/mod.rs"]
mod nights;
#[path = "prove/planted.rs"]
mod planted;
#[path = "../tests/support/splitmix.rs"]
mod splitmix;
#[path = "../tests/support/truth/mod.rs"]
mod truth;

// What the tests use as well; the proofs need a part of it.
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../tests/support/disturbed/mod.rs"]
mod disturbed;
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../tests/support/http/mod.rs"]
mod http;
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../tests/it/shelves.rs"]
mod shelves;
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../tests/it/support.rs"]
mod support;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use chrono::NaiveDate;
use trimtab::project::Project;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reliability.md");
/// Lines of the long form, read in parts with seeds of their own.
const LINES: u64 = 10_000_000;
const PARTS: u64 = 100;

/// A row of the page.
struct Row {
    promise: &'static str,
    cases: String,
    violations: usize,
    remark: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    // What is proven is the commit that the proof began with.
    let commit = said(&["git", "rev-parse", "--short", "HEAD"]);
    let proof = match name.as_str() {
        "hostile-lines" => hostile_lines().await,
        "kills" => aside(disturbed_nights::kills),
        "two-schedulers" => aside(disturbed_nights::two_schedulers),
        "nights" => a_year().await,
        "truth" => planted::five_seeds().await,
        "speed" => planted::speed().await,
        _ => {
            Err(format!("`{name}` is no proof; there are: hostile-lines, kills, two-schedulers, nights, truth, speed"))
        }
    };
    match proof.and_then(|row| write(&row, &commit).map(|()| row.violations)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(violations) => {
            eprintln!("{violations} violations");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// A proof that waits for things itself, outside of this runtime.
fn aside(proof: fn() -> Result<Row, String>) -> Result<Row, String> {
    std::thread::spawn(proof).join().unwrap_or_else(|_| Err("the proof came to no end".into()))
}

/// Ten million hostile lines: each is delivered or rejected, in memory that does not grow.
async fn hostile_lines() -> Result<Row, String> {
    let project = Project::load(None).await.map_err(|error| error.to_string())?;
    let table = project.sources.get("litellm").ok_or("the project has no format `litellm`")?;
    let begun = Instant::now();
    let mut sum = hostile::large(table);
    let mut memory = Vec::new();
    for part in 0..PARTS {
        let account = hostile::read(table, LINES / PARTS, 1 + part);
        sum.lines += account.lines;
        sum.delivered += account.delivered;
        sum.rejected += account.rejected;
        sum.faults += account.faults;
        sum.behind_faults += account.behind_faults;
        sum.violations.extend(account.violations);
        memory.push(peak_mib());
        eprintln!("part {part}: {} lines, {} violations, peak {} MiB", sum.lines, sum.violations.len(), peak_mib());
    }
    sum.violations.iter().for_each(|violation| eprintln!("{violation}"));
    Ok(Row {
        promise: "hostile lines",
        cases: format!("{} lines", sum.lines),
        violations: sum.violations.len(),
        remark: format!(
            "{} records delivered, {} rejected, {} faults; {:.0} s; peak memory {} MiB after the first tenth, {} MiB at the end",
            sum.delivered,
            sum.rejected,
            sum.faults,
            begun.elapsed().as_secs_f64(),
            memory.get(memory.len() / 10).copied().unwrap_or_default(),
            memory.last().copied().unwrap_or_default(),
        ),
    })
}

/// A year of nights with late data: state and cost of a night do not grow once the retention is full. A second argument is
/// the number of nights, a third one the requests of a night.
async fn a_year() -> Result<Row, String> {
    let number = |place: usize, usual: u64| std::env::args().nth(place).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let simulation = nights::Simulation {
        name: "nights",
        nights: number(2, 365),
        requests_a_night: number(3, 300),
        start: NaiveDate::from_ymd_opt(2025, 10, 1).ok_or("no day")?,
        keeps: "[windows]\ndecision_days = 14\nreport_days = 28\n\
                [retention]\nrequests_days = 28\ndaily_months = 2\nevaluations_months = 2\n",
    };
    println!("| night | files | bytes | seconds | store requests |\n|---:|---:|---:|---:|---:|");
    let found = nights::run(&simulation, |left| {
        if left.night % 30 == 0 || left.night == simulation.nights || left.night == 1 {
            let nights::Left { night, files, bytes, seconds, requests, .. } = left;
            println!("| {night} | {files} | {bytes} | {seconds:.1} | {requests} |");
        }
    })
    .await?;
    // Months are deleted whole, so a month's greatest number is compared with a month's.
    let last = simulation.nights.saturating_sub(30)..=simulation.nights;
    let grown = |of: fn(&nights::Left) -> f64| found.most(last.clone(), of) / found.most(90..=120, of);
    let (files, bytes) = (grown(|left| left.files as f64), grown(|left| left.bytes as f64));
    let slower = found.middle(last.clone(), |left| left.seconds) / found.middle(16..=46, |left| left.seconds);
    let asked =
        found.middle(last.clone(), |left| left.requests as f64) / found.middle(16..=46, |left| left.requests as f64);
    let is_grown = [files, bytes].iter().filter(|ratio| **ratio > 1.2).count();
    found.differing.iter().for_each(|key| eprintln!("published otherwise by a run over everything: {key}"));
    let late: u64 = found.nights.iter().map(|left| left.late).sum();
    Ok(Row {
        promise: "nights",
        cases: format!("{} nights of {} requests", simulation.nights, simulation.requests_a_night),
        violations: is_grown + found.differing.len() + late as usize,
        remark: format!(
            "last month against nights 90 to 120: files x{files:.2}, bytes x{bytes:.2}; against the month of night 30: time \
             x{slower:.2}, store requests x{asked:.2}; the last publication is that of a run over everything"
        ),
    })
}

/// The most memory that this process ever held, as Linux counts it.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() / 1024
}

fn said(arguments: &[&str]) -> String {
    let output = std::process::Command::new(arguments[0]).args(&arguments[1..]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string()).unwrap_or_default()
}

fn write(row: &Row, commit: &str) -> Result<(), String> {
    let date = said(&["date", "-u", "+%Y-%m-%d"]);
    let line =
        format!("| {date} | {commit} | {} | {} | {} | {} |\n", row.promise, row.cases, row.violations, row.remark);
    print!("{line}");
    let mut page = std::fs::OpenOptions::new().append(true).open(PAGE).map_err(|error| format!("{PAGE}: {error}"))?;
    page.write_all(line.as_bytes()).map_err(|error| format!("{PAGE}: {error}"))
}
