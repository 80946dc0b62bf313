//! What hinders a run from outside: no room, no right to write, clocks that jump, a source that was emptied.
//!
//! Goal: each ends with the exit code that the page on operation promises and a message that names place, reason and
//! remedy; what was published stays as it was; the next run, with the hindrance gone, finishes the work. Method: the
//! program over a company of a few calls. A full disk as the system has it: `witness/disk.rs`.

use std::process::Command;

use bytes::Bytes;
use serde_json::{Value, json};

use super::disturbed::{Company, Objects, breaches, differing, without_traces};
use super::http::faults::{Fault, Proxy};
use super::shelves::{Shelf, wait};
use super::support::{Place, program, said};

const STALE_SECONDS: u64 = 600;

fn says(err: &str, parts: &[&str]) {
    for part in parts {
        assert!(err.contains(part), "lacks `{part}`: {err}");
    }
}

fn calm(company: &Company<'_>, folder: &str, date: &str) -> Objects {
    let (code, err) = company.start(folder, date, STALE_SECONDS, None).ended();
    assert_eq!(code, 0, "{err}");
    company.objects(folder)
}

/// No file may grow beyond a few kilobytes, as on a disk without room: the write that does not fit fails, in its middle.
#[test]
fn a_disk_without_room_fails_clearly_and_the_next_run_finishes() {
    let shelf = Shelf::folder();
    let company = Company::new(&shelf);
    let date = company.deliver(0);
    let before = calm(&company, "night", date);
    assert_eq!(without_traces(&calm(&company, "calm", date)), without_traces(&before));
    company.deliver(1);
    let after = calm(&company, "calm", date);
    let mut failed = 0;
    for kilobytes in [2, 8, 14, 20] {
        // The folder's own run file, written by the calm night; the signal of too large a file is not wanted.
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", 2 * kilobytes);
        let run_file = company.run_file("night");
        let night = said(
            Command::new("sh")
                .args(["-c", &script, "sh"])
                .arg(program())
                .args(["run", "--quiet", "--config"])
                .arg(run_file)
                .output(),
        );
        let left = company.objects("night");
        let wrong = breaches(&left, &before, &after);
        assert!(wrong.is_empty(), "{kilobytes} kB: {wrong:?}");
        if night.code == 0 {
            continue;
        }
        failed += 1;
        assert_eq!(night.code, 3, "{kilobytes} kB: {}", night.err);
        says(&night.err, &["writing `", "failed: the file system cannot do it", "File too large", "its disk has room"]);
    }
    assert!(failed > 1, "no write was too large");
    let found = calm(&company, "night", date);
    assert!(differing(&without_traces(&found), &without_traces(&after)).is_empty(), "the next run finishes");
}

/// A night whose output may be read and not written; `refused` are lines of the run file that make it so.
pub fn an_output_that_is_read_only(shelf: &Shelf, kept: &str, environment: &[(String, String)], port: Option<u16>) {
    let company = Company::new(shelf);
    let date = company.deliver(0);
    let before = calm(&company, "night", date);
    company.deliver(1);
    let night = company.start_with("night", date, STALE_SECONDS, port, kept, environment);
    let (code, err) = night.ended();
    assert_eq!(code, 3, "{}: {err}", shelf.name);
    let place = format!("{}night/out/", shelf.url);
    says(&err, &["writing `.trimtab-write-test` failed: access is refused", &place, "hint: ", "docs/deployment.md"]);
    let left = company.objects("night");
    let is_work = |key: &String| !key.starts_with("state/lock") && !key.starts_with("state/runs/");
    let differ: Vec<String> = differing(&without_traces(&left), &without_traces(&before));
    assert!(!differ.iter().any(is_work), "{}: nothing was begun, but {differ:?} changed", shelf.name);
    let after = calm(&company, "night", date);
    assert!(!differing(&without_traces(&after), &without_traces(&before)).is_empty(), "the late objects count then");
}

#[test]
fn an_output_bucket_that_is_read_only_is_found_out_before_anything_is_read() {
    let shelf = Shelf::gcs_stub();
    let proxy = Proxy::start(shelf.port, |request, _| {
        (request.method == "PUT" && request.path().contains("night/out/")).then_some(Fault::Forbidden)
    });
    an_output_that_is_read_only(&shelf, "", &[], Some(proxy.server.port()));
}

/// Changes the record of the lock that a run left.
fn change_lock(shelf: &Shelf, change: impl Fn(&mut Value)) {
    let state = shelf.store("night/state/");
    wait(async {
        let mut record: Value = serde_json::from_slice(&state.get("lock.json").await.unwrap()).expect("a record");
        change(&mut record);
        state.put("lock.json", Bytes::from(record.to_string())).await.unwrap();
    });
}

/// Holders whose clocks are hours ahead or behind: one that seems alive is waited for, one that cannot be is taken over.
#[test]
fn clocks_that_jumped_hold_nobody_up_for_longer_than_the_stale_time() {
    for shelf in [Shelf::gcs_stub(), Shelf::folder()] {
        let company = Company::new(&shelf);
        let date = company.deliver(0);
        let before = calm(&company, "night", date);
        for (hours, is_waited_for) in [(-5, false), (5, false), (24 * 365, false), (0, true)] {
            change_lock(&shelf, |record| {
                let at = chrono::Utc::now() + chrono::TimeDelta::hours(hours) + chrono::TimeDelta::seconds(60);
                (record["since"], record["heartbeat"], record["released"]) = (json!(at), json!(at), Value::Null);
                (record["host"], record["pid"]) = (json!("elsewhere"), json!(1));
            });
            let (code, err) = company.start("night", date, STALE_SECONDS, None).ended();
            // On a folder the record is for people: the system's lock is free, whatever stands there.
            let expected = if is_waited_for && shelf.port > 0 { 75 } else { 0 };
            assert_eq!(code, expected, "{}, {hours} hours: {err}", shelf.name);
            if expected == 75 {
                says(&err, &["held by run", "on `elsewhere`, process 1", "(0 seconds ago)"]);
            }
        }
        assert_eq!(without_traces(&company.objects("night")), without_traces(&before), "{}", shelf.name);
    }
}

/// Somebody emptied a source: it is said, what was read stays, and neither a night nor `--full` publishes less.
#[test]
fn a_source_that_was_emptied_is_said_and_what_was_read_stays() {
    let shelf = Shelf::gcs_stub();
    let company = Company::new(&shelf);
    let date = company.deliver(0);
    let before = calm(&company, "night", date);
    shelf.clear("sources/");
    for full in ["", "--full"] {
        let place = Place::new();
        let night = said(
            Command::new(program())
                .args(["run", "--config"])
                .arg(company.run_file("night"))
                .args((!full.is_empty()).then_some(full))
                .envs(shelf.environment.iter().cloned())
                .current_dir(place.path(""))
                .output(),
        );
        assert_eq!(night.code, 0, "{full}: {}", night.err);
        for (source, objects) in [("apps", 2), ("gateway", 1), ("bill", 1)] {
            let empty = format!(
                "WARN source `{source}` is empty: none of the {objects} objects that were read is there any more"
            );
            says(&night.err, &[&empty]);
        }
        let found = company.objects("night");
        let differ = differing(&without_traces(&found), &without_traces(&before));
        assert!(differ.iter().all(|key| !key.starts_with("out/")), "{full}: {differ:?}");
    }
    // Silence that lasts is a check, which may keep the publication back: `gates`.
    let run = company.start_with(
        "night",
        "2026-10-17",
        STALE_SECONDS,
        None,
        "[checks.check_stale_sources]\nseverity = \"error\"\n",
        &[],
    );
    let (code, err) = run.ended();
    assert_eq!(code, 5, "{err}");
    says(&err, &["check_stale_sources", "source=apps", "silent_hours=240"]);
}
