//! Planted truth, the long form: 5,000 workloads and 2,000 more at the exact margin, for each of five seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Instant;

use super::truth::score::{Score, Share};
use super::truth::{Population, decide};
use super::{Row, peak_mib};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/planted.md");
const MARK: &str = "<!-- planted -->";
const WORKLOADS: usize = 5_000;
const AT_MARGIN: usize = 2_000;
const MEMORY_MIB: usize = 8_192;
/// Seeds that run side by side.
const AT_ONCE: usize = 2;

/// What one seed gave.
struct Found {
    seed: u64,
    score: Score,
    moved: Share,
    proven: Share,
    seconds: f64,
    slow: Vec<(String, f64, usize)>,
}

fn sum(shares: impl Iterator<Item = Share>) -> Share {
    shares.fold(Share::default(), |sum, share| Share { hits: sum.hits + share.hits, of: sum.of + share.of })
}

/// Runs the seeds 1 to 5; a second argument is the number of workloads, a third one of those at the margin, a fourth one the
/// last seed.
pub async fn five_seeds() -> Result<Row, String> {
    let number = |place: usize, usual: usize| std::env::args().nth(place).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (workloads, at_margin, last) = (number(2, WORKLOADS), number(3, AT_MARGIN), number(4, 5) as u64);
    let begun = Instant::now();
    let mut found = Vec::new();
    let seeds: Vec<u64> = (1..=last).collect();
    for seeds in seeds.chunks(AT_ONCE) {
        let running: Vec<_> = seeds
            .iter()
            .map(|seed| {
                let seed = *seed;
                std::thread::spawn(move || alone(one_seed(seed, workloads, at_margin)))
            })
            .collect();
        for thread in running {
            found.push(thread.join().map_err(|_| "a seed came to no end".to_string())??);
        }
    }
    let page = std::fs::read_to_string(PAGE).map_err(|error| format!("{PAGE}: {error}"))?;
    let (head, _) = page.split_once(MARK).ok_or_else(|| format!("{PAGE} has no {MARK}"))?;
    std::fs::write(PAGE, format!("{head}{MARK}\n\n{}", tables(&found))).map_err(|error| format!("{PAGE}: {error}"))?;
    let missed = |one: &Found| {
        usize::from(one.score.right.percent() < 95.0)
            + usize::from(!(77.0..=83.0).contains(&one.score.inside.percent()))
            + usize::from(one.moved.percent() > 5.8)
            + one.score.moves_on_faults
    };
    let pooled = |of: fn(&Found) -> Share| sum(found.iter().map(of)).percent();
    Ok(Row {
        promise: "planted truth",
        cases: format!("{last} seeds of {workloads} workloads and {at_margin} at the margin"),
        violations: found.iter().map(missed).sum(),
        remark: format!(
            "right {:.1} %, true savings inside P10 to P90 {:.1} %, false moves at the exact margin {:.1} %; {:.0} s, peak {} MiB",
            pooled(|one| one.score.right),
            pooled(|one| one.score.inside),
            pooled(|one| one.moved),
            begun.elapsed().as_secs_f64(),
            peak_mib(),
        ),
    })
}

/// All decisions over thirteen months with the whole catalogue as candidates: how long, and in how much memory. A second
/// argument is the number of workloads, a third one the memory of the engine in MiB, a fourth one how many are decided together.
pub async fn speed() -> Result<Row, String> {
    let number = |place: usize, usual: usize| std::env::args().nth(place).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (workloads, memory_mib, at_once) = (number(2, 10_000), number(3, 2_048), number(4, 128));
    let trial = decide(Population { workloads, is_wide: true, memory_mib, at_once, ..Population::default() }).await?;
    let mut slow = trial.decided.relations;
    let whole = trial.decided.seconds;
    let bundles = slow.iter().find(|(name, ..)| name == "int_bundles").map_or(0, |(.., rows)| *rows);
    slow.sort_by(|a, b| b.1.total_cmp(&a.1));
    slow.iter().take(40).for_each(|(name, seconds, rows)| eprintln!("{seconds:8.2} s {rows:9} rows {name}"));
    Ok(Row {
        promise: "speed of decisions",
        cases: format!("{workloads} workloads, {bundles} bundles"),
        violations: usize::from(whole > 60.0) + usize::from(peak_mib() > 2_048),
        remark: format!("{whole:.1} s for all relations, peak memory {} MiB with the rows that they read", peak_mib()),
    })
}

fn alone<T>(proof: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(proof)
}

async fn one_seed(seed: u64, workloads: usize, at_margin: usize) -> Result<Found, String> {
    let begun = Instant::now();
    let mixed = Population { seed, workloads, memory_mib: MEMORY_MIB, ..Population::default() };
    let trial = decide(mixed).await?;
    let (score, mut slow, seconds) = (trial.score(), trial.decided.relations, begun.elapsed().as_secs_f64());
    slow.sort_by(|a, b| b.1.total_cmp(&a.1));
    let trial = decide(Population { workloads: at_margin, is_at_margin: true, ..mixed }).await?;
    let (moved, proven) = (trial.moves_at_margin(), trial.proven_at_margin());
    eprintln!(
        "seed {seed}: right {:?}, inside {:?}, at the margin {moved:?}, {seconds:.0} s",
        score.right, score.inside
    );
    Ok(Found { seed, score, moved, proven, seconds, slow })
}

/// A table of lines, each with a value for every seed and one for all.
fn table(text: &mut String, title: &str, found: &[Found], lines: &[(String, Vec<String>, String)]) {
    let seeds: Vec<String> = found.iter().map(|one| format!("seed {}", one.seed)).collect();
    let _ = writeln!(text, "| {title} | {} | all |\n|---{}|---:|", seeds.join(" | "), "|---:".repeat(seeds.len()));
    for (name, values, all) in lines {
        let _ = writeln!(text, "| {name} | {} | {all} |", values.join(" | "));
    }
    text.push('\n');
}

fn tables(found: &[Found]) -> String {
    let mut text = String::from("## Figures\n\n");
    let percent = |share: Share| if share.of == 0 { String::from("–") } else { format!("{:.1} %", share.percent()) };
    let counts = |share: Share| format!("{} of {}", share.hits, share.of);
    let line = |name: &str, of: &dyn Fn(&Found) -> Share, show: &dyn Fn(Share) -> String| {
        (name.to_string(), found.iter().map(|one| show(of(one))).collect(), show(sum(found.iter().map(of))))
    };
    let net = |kind: &'static str| move |one: &Found| one.score.inside_net.get(kind).copied().unwrap_or_default();
    let lines = [
        line("right action", &|one| one.score.right, &counts),
        line("right action, share", &|one| one.score.right, &percent),
        line("true saving inside P10 to P90", &|one| one.score.inside, &percent),
        line("the same, ratios around the expected value", &|one| one.score.inside_around_expected, &percent),
        line("next month's net saving inside, evaluated", &net("evaluated"), &percent),
        line("next month's net saving inside, never evaluated", &net("never evaluated"), &percent),
        line("moves to a model beyond the margin", &|one| one.score.false_moves, &counts),
        line(
            "moves to a model exactly at the margin",
            &|one| Share { hits: one.score.moves_at_margin, of: one.score.false_moves.of },
            &counts,
        ),
        line(
            "moves on an evaluation to be refused",
            &|one| Share { hits: one.score.moves_on_faults, of: one.score.false_moves.of },
            &counts,
        ),
        line("all candidates exactly at the margin: moved", &|one| one.moved, &counts),
        line("the same, share", &|one| one.moved, &percent),
        line("the same, a verdict NON_INFERIOR", &|one| one.proven, &percent),
    ];
    table(&mut text, "figure", found, &lines);
    text.push_str("### Wrong ones by cause\n\nWhat is right (why): what was said (why). Examples are of the first seed that has any.\n\n");
    let causes: BTreeSet<&String> = found.iter().flat_map(|one| one.score.wrong.keys()).collect();
    let of = |one: &Found, cause: &String| one.score.wrong.get(cause).map_or(0, Vec::len);
    let mut lines: Vec<_> = causes
        .into_iter()
        .map(|cause| {
            let example = found.iter().find_map(|one| Some((one.seed, one.score.wrong.get(cause)?)));
            let example = example
                .map_or(String::new(), |(seed, ids)| format!("; {seed}: {}", ids[..ids.len().min(3)].join(", ")));
            let values: Vec<String> = found.iter().map(|one| of(one, cause).to_string()).collect();
            (format!("{cause}{example}"), values, found.iter().map(|one| of(one, cause)).sum::<usize>().to_string())
        })
        .collect();
    lines.sort_by_key(|(_, _, all)| std::cmp::Reverse(all.parse::<usize>().unwrap_or_default()));
    table(&mut text, "cause", found, &lines);
    text.push_str("### Right ones by action\n\n");
    let mut by_action: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for one in found {
        for action in one.score.actions.keys() {
            by_action.entry(action).or_default();
        }
    }
    let lines: Vec<_> = by_action
        .keys()
        .map(|action| line(action, &|one| one.score.actions.get(*action).copied().unwrap_or_default(), &counts))
        .collect();
    table(&mut text, "action", found, &lines);
    text.push_str("### True savings of every priced move inside P10 to P90, by what is uncertain\n\n");
    let kinds: BTreeSet<&'static str> = found.iter().flat_map(|one| one.score.inside_moves.keys().copied()).collect();
    let lines: Vec<_> = kinds
        .into_iter()
        .map(|kind| line(kind, &|one| one.score.inside_moves.get(kind).copied().unwrap_or_default(), &percent))
        .collect();
    table(&mut text, "ratios", found, &lines);
    if let Some(first) = found.first() {
        let whole: f64 = first.slow.iter().map(|(_, seconds, _)| seconds).sum();
        let _ = writeln!(
            text,
            "### Time of seed {}\n\n{:.0} s with drawing and scoring, {whole:.0} s in relations; the slowest of them:\n\n\
             | relation | seconds | rows |\n|---|---:|---:|",
            first.seed, first.seconds
        );
        for (name, seconds, rows) in first.slow.iter().take(10) {
            let _ = writeln!(text, "| {name} | {seconds:.2} | {rows} |");
        }
    }
    text
}
