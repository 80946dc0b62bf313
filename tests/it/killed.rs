//! The program itself, killed by the system, and started twice at once.
//!
//! Goal: as `crashes`, with real processes, real files and the whole project. Method: SIGKILL after a part of the time
//! that an undisturbed night takes, at points drawn with a fixed seed; the next night must leave what the undisturbed one
//! left. Long form, on a real object store: `prove`.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::crashes::{Objects, differing, hold_to_protocol, without_traces};
use super::state_versions::copy;
use super::support::{Place, root, said};

const KILLS: usize = 10;

fn calls(ids: std::ops::Range<usize>, day: &str) -> String {
    let call = |id: usize| {
        format!(
            "{{\"ts\":\"{day}T08:{:02}:00.000Z\",\"latency_ms\":800,\"workload\":\"triage-{}\",\"request_id\":\"r-{id}\",\
             \"request\":{{\"model\":\"gpt-5.4-mini\"}},\"response\":{{\"id\":\"chatcmpl-{id}\",\"object\":\"chat.completion\",\
             \"model\":\"gpt-5.4-mini-2026-03-17\",\"usage\":{{\"prompt_tokens\":{},\"completion_tokens\":100}}}}}}\n",
            id % 60,
            id % 2,
            1000 + id
        )
    };
    ids.map(call).collect()
}

/// A bill of one line.
fn bill(usd: &str) -> String {
    let file = root().join("sample_data/formats/focus/own/llm_spend_2026-10.csv");
    let text = std::fs::read_to_string(file).expect("the sample of the format");
    let lines: Vec<&str> = text.lines().take(2).collect();
    format!("{}\n{}\n", lines[0], lines[1].replacen("2.4,", &format!("{usd},"), 1))
}

/// Brings what stands in the sources before a night.
fn deliver(place: &Place, night: usize) -> &'static str {
    match night {
        0 => {
            place.write("apps/a.jsonl", calls(0..4, "2026-10-05"));
            place.write("apps/b.jsonl", calls(4..8, "2026-10-06"));
            place.write("gateway/a.jsonl", calls(40..42, "2026-10-05"));
            place.write("bill/2026-10.csv", bill("2.4"));
            "2026-10-07"
        }
        1 => {
            place.write("apps/late.jsonl", calls(8..10, "2026-10-05"));
            place.write("gateway/b.jsonl", calls(6..10, "2026-10-06"));
            place.write("bill/2026-10.csv", bill("2.5"));
            "2026-10-07"
        }
        _ => {
            place.write("apps/late.jsonl", calls(8..10, "2026-10-04"));
            place.write("apps/c.jsonl", calls(30..34, "2026-10-07"));
            "2026-10-08"
        }
    }
}

/// A run file of its own for a folder with state and output, over sources that all folders share.
fn run_file(place: &Place, folder: &str, date: &str) {
    let mut text = format!("date = \"{date}\"\nstate = \"{folder}/state/\"\noutput = \"{folder}/out/\"\n");
    for (name, format) in [("apps", "openai_envelope"), ("gateway", "openai_envelope"), ("bill", "focus")] {
        text += &format!("[[sources]]\nname = \"{name}\"\nformat = \"{format}\"\nurl = \"{name}/\"\n");
    }
    place.write(&format!("{folder}.toml"), text);
}

fn start(place: &Place, folder: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_trimtab"))
        .args(["run", "--quiet", "--config", &format!("{folder}.toml")])
        .current_dir(place.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

fn finished(child: Child) -> (i32, String) {
    let said = said(child.wait_with_output());
    (said.code, said.err)
}

/// What stands in a folder: a killed put leaves a file of a name that the store does not list, `part.parquet#1`.
fn objects(place: &Place, folder: &str) -> Objects {
    let files = place.files(folder, &[".lock", "metrics.prom"]);
    files
        .into_iter()
        .filter(|(name, _)| !name.contains('#'))
        .map(|(name, bytes)| (name, Bytes::from(bytes)))
        .collect::<BTreeMap<_, _>>()
}

#[test]
fn a_killed_process_is_finished_by_the_next_one() {
    let place = Place::new();
    let mut random: u64 = 26;
    let (mut before, mut killed) = (Objects::new(), 0);
    std::fs::create_dir_all(place.path("calm")).expect("a folder");
    for night in 0..3 {
        let date = deliver(&place, night);
        copy(&place.path("calm"), &place.path("before"));
        run_file(&place, "calm", date);
        let started = Instant::now();
        let (code, err) = finished(start(&place, "calm"));
        assert_eq!(code, 0, "{err}");
        let takes = started.elapsed().as_micros() as u64;
        let after = objects(&place, "calm");
        for kill in (0..KILLS).filter(|kill| kill % 3 == night) {
            let folder = format!("kill-{kill}");
            copy(&place.path("before"), &place.path(&folder));
            run_file(&place, &folder, date);
            // Points lie in the later four fifths: before, nothing is written.
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let point = takes / 5 + (random >> 33) % (takes * 4 / 5);
            let mut child = start(&place, &folder);
            std::thread::sleep(Duration::from_micros(point));
            child.kill().expect("a signal");
            killed += usize::from(child.wait().expect("it ends").code().is_none());
            let what = format!("night {night}, killed after {point} of {takes} microseconds");
            let left = if place.path(&folder).exists() { objects(&place, &folder) } else { Objects::new() };
            hold_to_protocol(&left, &before, &after, &what);

            let (code, err) = finished(start(&place, &folder));
            assert_eq!(code, 0, "{what}: {err}");
            let differ = differing(&without_traces(&objects(&place, &folder)), &without_traces(&after));
            assert!(differ.is_empty(), "{what}: these differ from an undisturbed night: {differ:?}");
        }
        std::fs::remove_dir_all(place.path("before")).expect("a folder");
        before = after;
    }
    println!("{KILLS} kills, {killed} of them before the end");
    assert!(killed > 0, "no kill came before the end of its night");
}

#[test]
fn of_two_schedulers_at_once_one_runs_and_one_says_who() {
    let place = Place::new();
    let date = deliver(&place, 0);
    run_file(&place, "calm", date);
    assert_eq!(finished(start(&place, "calm")).0, 0);
    let wanted = place.files("calm/out", &[]);
    let (mut rounds, mut apart) = (0, 0);
    while rounds < 5 {
        let folder = format!("two-{}", rounds + apart);
        run_file(&place, &folder, date);
        let both = [start(&place, &folder), start(&place, &folder)].map(finished);
        let mut codes = both.clone().map(|(code, _)| code);
        codes.sort_unstable();
        assert!(place.files(&format!("{folder}/out"), &[]) == wanted, "{codes:?}: another publication");
        if codes == [0, 0] {
            // On a machine under load one may end before the other begins: then there was nothing to exclude.
            let times = runs(&place, &folder);
            assert!(times.len() == 2 && times[0].1 <= times[1].0, "both ran at once: {times:?}");
            apart += 1;
            assert!(apart < 10, "two processes never met");
            continue;
        }
        assert_eq!(codes, [0, 75], "{both:?}");
        let refused = both.iter().find(|(code, _)| *code == 75).map(|(_, err)| err).expect("one is refused");
        for part in ["another run holds the lock", &folder, "hint: wait until it has ended"] {
            assert!(refused.contains(part), "lacks `{part}`: {refused}");
        }
        rounds += 1;
    }
}

/// When the lock was held by each run of a folder, in order.
fn runs(place: &Place, folder: &str) -> Vec<(String, String)> {
    let files = place.files(&format!("{folder}/state/runs"), &[]);
    let mut times: Vec<(String, String)> = files
        .iter()
        .map(|(_, bytes)| {
            let record: Value = serde_json::from_slice(bytes).expect("a record");
            let text = |key: &str| record[key].as_str().expect("a time").to_string();
            (text("locked"), text("ended"))
        })
        .collect();
    times.sort();
    times
}
