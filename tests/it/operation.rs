//! What those who run the job every night see: status, run records, metrics and log lines.
//!
//! Goal: a run, however it ends, leaves what a collector needs, and nothing of it in the output. Method: the program over a
//! few made-up calls, its good, its failed and its refused nights.

use std::process::{Command, Stdio};

use regex::Regex;
use serde_json::{Value, json};

use super::support::{Place, said};

const RUN: [&str; 3] = ["run", "--config", "trimtab.toml"];

fn call(id: usize, day: &str) -> String {
    format!(
        "{{\"ts\":\"{day}T08:00:00.000Z\",\"workload\":\"triage\",\"request_id\":\"r-{id}\",\"request\":{{\"model\":\"gpt-5.4-mini\"}},\
         \"response\":{{\"id\":\"chatcmpl-{id}\",\"object\":\"chat.completion\",\"model\":\"gpt-5.4-mini\",\
         \"usage\":{{\"prompt_tokens\":1000,\"completion_tokens\":100}}}}}}\n"
    )
}

fn place() -> Place {
    let place = Place::new();
    place.write("logs/a.jsonl", (0..3).map(|id| call(id, "2026-10-05")).collect::<String>());
    place.run_file("2026-10-07", &[("apps", "openai_envelope", "logs/")], "[lock]\nstale_seconds = 60\n");
    place
}

fn status(place: &Place, more: &[&str]) -> Value {
    let said = place.trimtab(&[&["status", "--config", "trimtab.toml", "--format", "json"], more].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str(&said.out).expect("one JSON object")
}

/// Metrics by name with labels.
fn metrics(place: &Place, file: &str) -> std::collections::BTreeMap<String, String> {
    let line = Regex::new(r#"^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9]+(\.[0-9]+)?$"#).unwrap();
    let text = place.read(file);
    let values: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    for value in &values {
        assert!(line.is_match(value), "no line of the exposition format: {value}");
        let name = value.split(['{', ' ']).next().expect("a name");
        assert!(
            text.contains(&format!("# TYPE {name} gauge\n")) && text.contains(&format!("# HELP {name} ")),
            "{name}"
        );
    }
    values.iter().filter_map(|line| line.rsplit_once(' ')).map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn status_shows_runs_lock_sources_and_publication() {
    let place = place();
    let empty = status(&place, &[]);
    assert_eq!(
        (&empty["version"], &empty["lock"]["status"], &empty["published"], &empty["runs"]),
        (&Value::Null, &json!("free"), &Value::Null, &json!([]))
    );
    assert!(!place.path("out").exists(), "asking leaves no trace");

    assert_eq!(place.trimtab(&RUN).code, 0);
    let found = status(&place, &[]);
    assert_eq!((&found["version"], &found["lock"]["status"]), (&json!(3), &json!("free")));
    assert_eq!(found["published"], json!({ "run_date": "2026-10-07", "is_complete": true }));
    let source = &found["sources"][0];
    assert_eq!((&source["source"], &source["objects"]), (&json!("apps"), &json!(1)));
    assert_eq!((&source["latest_event_date"], &source["is_stale"]), (&json!("2026-10-05"), &json!(false)));
    let run = &found["runs"][0];
    assert_eq!((&run["outcome"], &run["exit_code"], &run["fencing"]), (&json!("published"), &json!(0), &json!(1)));
    let first_new = source["last_new_at"].clone();

    // Nothing new: the watermark stays.
    assert_eq!(place.trimtab(&RUN).code, 0);
    let again = status(&place, &["--stale-hours", "0", "--runs", "1"]);
    assert_eq!(again["sources"][0]["last_new_at"], first_new);
    assert_eq!(again["sources"][0]["is_stale"], json!(true), "no hour at all is allowed");
    assert_eq!(again["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!((&again["runs"][0]["fencing"], &again["runs"][0]["read"]), (&json!(2), &json!({})));

    // What is read again is not new either.
    assert_eq!(place.trimtab(&[&RUN[..], &["--full"]].concat()).code, 0);
    let full = status(&place, &["--runs", "1"]);
    assert_eq!(full["sources"][0]["last_new_at"], first_new);
    assert_eq!(full["runs"][0]["read"]["apps"]["objects"], json!(1));

    let table = place.trimtab(&["status", "--config", "trimtab.toml"]).out;
    for part in ["(version 3)", "lock       free", "published  2026-10-07, complete", "apps    1        2026-10-05"] {
        assert!(table.contains(part), "lacks `{part}`:\n{table}");
    }
    assert_eq!((table.matches("published (0)").count(), table.matches("unchanged (0)").count()), (2, 1), "{table}");

    let manifest = "out/manifest/run_date=2026-10-07/manifest.json";
    place.write(manifest, place.read(manifest).replace("\"complete\"", "\"publishing\""));
    assert_eq!(status(&place, &[])["published"]["is_complete"], json!(false));
    let table = place.trimtab(&["status", "--config", "trimtab.toml"]).out;
    assert!(table.contains("published  2026-10-07, not complete"), "{table}");
}

#[test]
fn status_says_who_holds_the_lock() {
    let place = place();
    assert_eq!(place.trimtab(&RUN).code, 0);
    let mut record: Value = serde_json::from_str(&place.read("out/state/lock.json")).expect("a record");
    record["released"] = Value::Null;
    record["host"] = "elsewhere".into();
    let now = chrono::Utc::now();
    for (heartbeat, status_of_lock, part) in [
        (now + chrono::TimeDelta::seconds(30), "held", "lock       held by run "),
        (now - chrono::TimeDelta::seconds(90), "stale", "lock       stale: held by run "),
    ] {
        record["heartbeat"] = json!(heartbeat);
        place.write("out/state/lock.json", record.to_string());
        let found = status(&place, &[]);
        assert_eq!(found["lock"]["status"], json!(status_of_lock));
        assert_eq!(found["lock"]["holder"]["host"], json!("elsewhere"));
        let table = place.trimtab(&["status", "--config", "trimtab.toml"]).out;
        assert!(table.contains(part) && table.contains(" on `elsewhere`, process "), "{table}");
    }
}

#[test]
fn a_run_leaves_its_record_and_metrics_in_the_state_and_nothing_in_the_output() {
    let place = place();
    assert_eq!(place.trimtab(&RUN).code, 0);
    let [(name, bytes)] = &place.files("out/state/runs", &[])[..] else { panic!("one record") };
    let record: Value = serde_json::from_slice(bytes).expect("JSON");
    let run_id = record["run_id"].as_str().expect("a name");
    assert_eq!(name, &format!("{run_id}.json"));
    assert!(Regex::new(r"^\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{8}$").unwrap().is_match(run_id), "{run_id}");
    let stages: Vec<&str> = record["stages"].as_array().unwrap().iter().filter_map(|s| s["stage"].as_str()).collect();
    assert_eq!(
        stages,
        ["plan", "lock", "recover", "ingest", "compare", "build", "decide", "check", "publish", "retain"]
    );
    let size = place.read("logs/a.jsonl").len();
    assert_eq!(
        record["read"],
        json!({ "apps": { "objects": 1, "bytes": size, "records": 3, "rows": 3, "rejected": 0 } })
    );
    for kind in ["get", "list", "put"] {
        assert!(record["requests"][kind].as_u64() > Some(0), "{kind}: {record}");
    }
    assert!(record["bytes_got"].as_u64() > Some(size as u64) && record["rows_published"].as_u64() > Some(0));
    for (name, bytes) in place.files("out", &["state"]) {
        assert!(!String::from_utf8_lossy(&bytes).contains(run_id), "{name} names the run");
    }

    let found = metrics(&place, "out/state/metrics.prom");
    let info = format!("trimtab_last_run_info{{run_id=\"{run_id}\",outcome=\"published\"}}");
    for (name, value) in [
        (info.as_str(), "1"),
        ("trimtab_last_run_success", "1"),
        ("trimtab_last_run_exit_code", "0"),
        ("trimtab_last_run_objects_read", "1"),
        ("trimtab_last_run_rows_read", "3"),
        ("trimtab_last_run_rows_rejected", "0"),
        // 2026-10-07 00:00 UTC
        ("trimtab_published_date_timestamp_seconds", "1791331200"),
    ] {
        assert_eq!(found.get(name).map(String::as_str), Some(value), "{name}: {found:?}");
    }
    assert!(found.contains_key("trimtab_last_run_stage_duration_seconds{stage=\"ingest\"}"));
}

#[test]
fn a_failed_run_leaves_record_and_metrics_too() {
    let place = place();
    assert_eq!(place.trimtab(&RUN).code, 0);
    let text = format!("metrics = \"watch/trimtab.prom\"\n{}", place.read("trimtab.toml"));
    place.write("trimtab.toml", text.replace("logs/", "nowhere/"));
    let failed = place.trimtab(&["run", "--config", "trimtab.toml", "--date", "2026-10-08"]);
    assert_eq!(failed.code, 3, "{}", failed.err);
    let run = &status(&place, &[])["runs"][0];
    assert_eq!((&run["outcome"], &run["exit_code"]), (&json!("storage"), &json!(3)));
    assert!(run["error"].as_str().is_some_and(|error| error.contains("nowhere")), "{run}");
    let found = metrics(&place, "watch/trimtab.prom");
    assert_eq!(found["trimtab_last_run_success"], "0");
    assert_eq!(found["trimtab_last_run_exit_code"], "3");
    assert_eq!(found["trimtab_published_date_timestamp_seconds"], "1791331200", "yesterday's stands");

    // A run file that cannot be planned fails before the state is looked at, and is counted all the same.
    place.write("trimtab.toml", place.read("trimtab.toml").replace("openai_envelope", "nothing"));
    assert_eq!(place.trimtab(&RUN).code, 2);
    assert_eq!(metrics(&place, "watch/trimtab.prom")["trimtab_last_run_exit_code"], "2");
}

#[test]
fn a_run_that_finds_another_one_leaves_the_others_traces_alone() {
    let place = place();
    assert_eq!(place.trimtab(&RUN).code, 0);
    let before = place.files("out", &[]);
    let lock = std::fs::File::open(place.path("out/state/.lock")).expect("the lock's file");
    lock.lock().expect("free");
    let refused = place.trimtab(&["run", "--config", "trimtab.toml", "--log-format", "json"]);
    assert_eq!(refused.code, 75, "{}", refused.err);
    let line: Value = serde_json::from_str(refused.err.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&line["level"], &line["exit_code"]), (&json!("ERROR"), &json!(75)));
    assert!(place.files("out", &[]) == before, "nothing is written");
}

#[test]
fn json_log_lines_name_the_run_and_the_last_one_is_the_error() {
    let place = place();
    place.write("logs/bad.jsonl", "{\"ts\":7}\n");
    let failed = place.trimtab(&["run", "--config", "trimtab.toml", "--log-format", "json"]);
    assert_eq!(failed.code, 5, "{}", failed.err);
    let lines: Vec<Value> = failed
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    let run_id = status(&place, &[])["runs"][0]["run_id"].clone();
    assert!(lines.len() > 3 && lines.iter().all(|line| line["run_id"] == run_id), "{}", failed.err);
    let last = lines.last().expect("lines");
    assert_eq!((&last["level"], &last["exit_code"]), (&json!("ERROR"), &json!(5)));
    assert!(last["message"].as_str().is_some_and(|text| text.starts_with("a check failed")), "{last}");
    assert!(last["hint"].as_str().is_some_and(|text| text.starts_with("the last publication stays")), "{last}");

    let quiet = place.trimtab(&["run", "--config", "trimtab.toml", "--log-format", "json", "--quiet"]);
    let only: Value = serde_json::from_str(quiet.err.trim_end()).expect("one line");
    assert_eq!((quiet.code, &only["exit_code"]), (5, &json!(5)));
}

/// The scheduler stopped listening: the night goes on.
#[test]
fn a_closed_standard_error_ends_no_night() {
    let place = place();
    for format in ["text", "json"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trimtab"))
            .args(["run", "--config", "trimtab.toml", "--log-format", format])
            .current_dir(place.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stderr.take());
        let said = said(child.wait_with_output());
        assert_eq!(said.code, 0, "{format}");
        assert_eq!(status(&place, &[])["published"]["is_complete"], json!(true));
    }
}

/// Below `/proc` no file can be made, and a put that makes the folder and tries again would never end.
#[cfg(target_os = "linux")]
#[test]
fn metrics_that_cannot_be_written_are_a_warning_and_end_no_night() {
    let place = place();
    place.write("trimtab.toml", format!("metrics = \"/proc/nowhere/trimtab.prom\"\n{}", place.read("trimtab.toml")));
    let night = place.trimtab(&RUN);
    assert_eq!(night.code, 0, "{}", night.err);
    assert!(night.err.contains("the metrics were not written: writing `"), "{}", night.err);
    place.write("trimtab.toml", place.read("trimtab.toml").replace("output = \"out/\"", "output = \"/proc/out/\""));
    let night = place.trimtab(&RUN);
    assert_eq!(night.code, 3, "{}", night.err);
}

#[test]
fn days_to_come_are_not_read_again() {
    let place = place();
    let said = place.trimtab(&[&RUN[..], &["--from", "2026-10-08", "--to", "2026-10-09"]].concat());
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("`--from` 2026-10-08 is later than the run date 2026-10-07"), "{}", said.err);
}

/// Who asks without a date wants what there is.
#[test]
fn questions_without_a_date_are_about_the_latest_publication() {
    let place = place();
    place.write("trimtab.toml", place.read("trimtab.toml").replace("date = \"2026-10-07\"\n", ""));
    for date in ["2026-10-06", "2026-10-07"] {
        assert_eq!(place.trimtab(&[&RUN[..], &["--date", date]].concat()).code, 0);
    }
    let ask = ["sql", "select run_date from settings", "--format", "csv", "--config", "trimtab.toml"];
    let said = place.trimtab(&ask);
    assert_eq!((said.code, said.out.as_str()), (0, "run_date\n2026-10-07\n"), "{}", said.err);
    assert!(said.err.contains("this is what was published for 2026-10-07"), "{}", said.err);
    let said = place.trimtab(&[&ask[..], &["--date", "2026-10-06"]].concat());
    assert_eq!((said.code, said.out.as_str()), (0, "run_date\n2026-10-06\n"), "{}", said.err);
}

fn calls_of(place: &Place) -> String {
    place.sql("select cast(sum(requests) as bigint) as n from workload_cube")[0]["n"].clone()
}

fn again(place: &Place, more: &[&str]) -> super::support::Said {
    place.trimtab(&[&RUN[..], more].concat())
}

/// A file that somebody took out of the state is missed: built again where that can be, else named with the way out.
#[test]
fn a_file_of_the_state_that_is_gone_is_built_again_or_named() {
    let place = place();
    place.write("logs/b.jsonl", (3..5).map(|id| call(id, "2026-10-06")).collect::<String>());
    assert_eq!(again(&place, &[]).code, 0);
    let whole = place.files("out", &["state"]);
    let remove =
        |file: &str| std::fs::remove_file(place.path(&format!("out/state/{file}"))).expect("the file was there");

    remove("workload_cube/event_date=2026-10-05/part.parquet");
    let night = again(&place, &[]);
    assert_eq!(night.code, 0, "{}", night.err);
    assert!(place.files("out", &["state"]) == whole, "the day was built again from its requests");
    assert_eq!(calls_of(&place), "5");

    let (cube, requests) =
        ("workload_cube/event_date=2026-10-05/part.parquet", "requests/event_date=2026-10-05/part.parquet");
    remove(requests);
    let night = again(&place, &[]);
    assert_eq!(night.code, 1, "{}", night.err);
    for words in [&format!("`{requests}` of the state is gone"), "hint: run with --full"] {
        assert!(night.err.contains(words), "{}", night.err);
    }
    assert_eq!(again(&place, &["--full"]).code, 0);
    assert!(place.files("out", &["state"]) == whole);

    // The objects of the day are gone as well: --full goes on with what there is, and says so.
    std::fs::remove_file(place.path("logs/a.jsonl")).expect("the log");
    remove(requests);
    remove(cube);
    let night = again(&place, &["--full"]);
    assert_eq!(night.code, 0, "{}", night.err);
    assert!(night.err.contains("the requests of 2026-10-05 are lost"), "{}", night.err);
    assert_eq!(calls_of(&place), "2");
    assert_eq!(again(&place, &[]).code, 0);
}

/// What was built of a day whose requests are deleted cannot be built again by itself.
#[test]
fn a_closed_day_that_is_gone_is_named_with_the_days_to_read() {
    let place = place();
    let early: String = (10..14).map(|id| call(id, "2026-07-01")).collect();
    place.write("logs/early.jsonl", early);
    let night = again(&place, &[]);
    assert_eq!(night.code, 0, "{}", night.err);
    assert!(!place.path("out/state/requests/event_date=2026-07-01").exists(), "two months are kept");
    assert_eq!(calls_of(&place), "7");
    let cube = place.path("out/state/workload_cube/event_date=2026-07-01/part.parquet");
    std::fs::remove_file(&cube).expect("the file was there");
    let night = again(&place, &[]);
    assert_eq!(night.code, 1, "{}", night.err);
    assert!(
        night.err.contains("`workload_cube/event_date=2026-07-01/part.parquet` of the state is gone"),
        "{}",
        night.err
    );
    assert!(night.err.contains("`--from 2026-07-01 --to 2026-07-01` builds it again"), "{}", night.err);
    let night = again(&place, &["--from", "2026-07-01", "--to", "2026-07-01"]);
    assert_eq!(night.code, 0, "{}", night.err);
    assert!(cube.exists());
    assert_eq!(calls_of(&place), "7");
}

/// With the ledger went the account of objects that are no longer there: `--full` drops their rows and gets out.
#[test]
fn a_broken_ledger_and_an_object_that_vanished_are_repaired_by_full() {
    let place = place();
    place.write("logs/second.jsonl", (3..6).map(|id| call(id, "2026-10-05")).collect::<String>());
    assert_eq!(again(&place, &[]).code, 0);
    place.write("out/state/ledger.jsonl.zst", "no ledger");
    std::fs::remove_file(place.path("logs/second.jsonl")).expect("the log");
    assert_eq!(again(&place, &[]).code, 1);
    let night = again(&place, &["--full"]);
    assert_eq!(night.code, 0, "{}", night.err);
    assert!(night.err.contains("rows of objects that are gone are dropped with it"), "{}", night.err);
    assert_eq!(calls_of(&place), "3");
    assert_eq!(again(&place, &[]).code, 0);
}

/// A killed process leaves unfinished writes beside the files; the next run takes them away, and nobody else's.
#[test]
fn unfinished_writes_of_a_killed_run_are_swept() {
    let place = place();
    assert_eq!(again(&place, &[]).code, 0);
    let ours = ["out/state/ledger.jsonl.zst#1", "out/decisions/run_date=2026-10-07/decisions.parquet#12"];
    let theirs = ["out/notes.txt#1", "out/decisions/run_date=2026-10-07/plan#b"];
    ours.iter().chain(&theirs).for_each(|name| drop(place.write(name, "half")));
    assert_eq!(again(&place, &[]).code, 0);
    assert!(ours.iter().all(|name| !place.path(name).exists()), "what a killed run left is gone");
    assert!(theirs.iter().all(|name| place.path(name).exists()), "what is not ours stays");
}

/// A link to a folder above, inside a date folder that is listed by itself, is no second copy of the days beside it.
#[cfg(unix)]
#[test]
fn a_link_back_inside_a_date_folder_doubles_nothing() {
    let place = Place::new();
    for (day, ids) in [("05", 0..3), ("06", 3..6)] {
        // Without ids of answers: only where a call stands tells it from another.
        let calls: String =
            ids.map(|id| call(id, &format!("2026-10-{day}")).replace("\"id\":\"chatcmpl", "\"note\":\"c")).collect();
        place.write(&format!("logs/2026/10/{day}/a.jsonl"), calls);
    }
    place.run_file("2026-10-07", &[("apps", "openai_envelope", "logs/")], "");
    assert_eq!(again(&place, &[]).code, 0);
    let before = calls_of(&place);
    std::os::unix::fs::symlink("..", place.path("logs/2026/10/06/loop")).expect("a link");
    let night = again(&place, &["--date", "2026-10-08"]);
    assert_eq!(night.code, 0, "{}", night.err);
    assert!(night.err.contains("loop` is a link to a folder above it"), "{}", night.err);
    assert_eq!(calls_of(&place), before);
}
