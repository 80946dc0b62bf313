//! The long proofs, run by hand: `cargo run --profile bench --example prove -- NAME`. Each promise is tested in its short
//! form by `cargo test`; the long form's figures go to docs/reliability.md, one row a run.

#[path = "prove/disturbed_nights.rs"]
mod disturbed_nights;
#[path = "../tests/support/hostile/mod.rs"]
mod hostile;

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
        _ => Err(format!("`{name}` is no proof; there are: hostile-lines, kills, two-schedulers")),
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
