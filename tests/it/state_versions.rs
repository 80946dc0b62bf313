//! States that earlier versions wrote are opened, brought up to date and stay right; later ones are refused.
//!
//! Goal: an upgrade loses nothing and publishes what a state built from nothing would. Method: a small state of each
//! version under `tests/states/<version>/`, one source and one day, made by the program of that version.

use std::path::Path;

use super::support::{Place, Said, root};

const RUN: [&str; 3] = ["run", "--config", "trimtab.toml"];

/// A place with a copy of the state of a version and of the objects that it was made from.
fn place_of(version: u32) -> Place {
    let place = Place::new();
    copy(&root().join(format!("tests/states/{version}")), &place.path("."));
    run_file(&place);
    place
}

fn run_file(place: &Place) {
    let source = "[[sources]]\nname = \"apps\"\nformat = \"openai_envelope\"\nurl = \"logs/\"\n";
    place.write("trimtab.toml", format!("date = \"2026-10-07\"\nstate = \"state/\"\noutput = \"out/\"\n{source}"));
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() { copy(&path, &to) } else { std::fs::copy(&path, &to).map(|_| ()).expect("a copy") }
    }
}

fn ran(place: &Place) -> Said {
    let said = place.trimtab(&RUN);
    assert_eq!(said.code, 0, "{}", said.err);
    said
}

/// A call on another day than those of the fixtures.
fn late() -> String {
    let first = std::fs::read_to_string(root().join("tests/states/1/logs/a.jsonl")).expect("the fixture's log");
    first.lines().next().expect("a line").replace("2026-10-05", "2026-10-06").replace("chatcmpl-0", "chatcmpl-late")
        + "\n"
}

#[test]
fn a_state_of_every_version_is_brought_up_to_date_and_publishes_what_a_new_one_does() {
    let fresh = place_of(1);
    std::fs::remove_dir_all(fresh.path("state")).expect("a folder");
    fresh.write("logs/late.jsonl", late());
    ran(&fresh);
    let wanted = fresh.files("out", &["manifest"]);
    let mut versions = 0;
    for version in 1..=3 {
        if !root().join(format!("tests/states/{version}")).exists() {
            continue;
        }
        versions += 1;
        let place = place_of(version);
        place.write("logs/late.jsonl", late());
        ran(&place);
        assert!(place.read("state/format.json").contains("\"version\":3"), "{}", place.read("state/format.json"));
        assert!(place.files("out", &["manifest"]) == wanted, "version {version} publishes something else");
        let again = ran(&place);
        assert!(again.err.contains("apps: 0 objects"), "and is read no more: {}", again.err);
    }
    assert!(versions >= 1, "the states are there");
}

/// The rows of the old state are used, not read again: their object is gone.
#[test]
fn what_an_old_state_holds_stays_read() {
    let place = place_of(1);
    std::fs::remove_file(place.path("logs/a.jsonl")).expect("a file");
    place.write("logs/late.jsonl", late());
    ran(&place);
    let rows = place.sql("select event_date, sum(requests) as n from workload_cube group by event_date order by 1");
    let found: Vec<_> = rows.iter().map(|row| (row["event_date"].as_str(), row["n"].as_str())).collect();
    assert_eq!(found, [("2026-10-05", "3"), ("2026-10-06", "1")]);
}

/// A killed run of version 1 could leave days whose rows were newer than what was built of them.
#[test]
fn the_step_from_version_1_builds_every_day_again() {
    let place = place_of(1);
    std::fs::remove_file(place.path("state/workload_cube/event_date=2026-10-05/part.parquet")).expect("a file");
    let said = ran(&place);
    assert!(said.err.contains("workload_cube: 1 days"), "{}", said.err);
    assert_eq!(place.sql("select sum(requests) as n from workload_cube")[0]["n"], "3");
    // Without the note of what stands the night goes on to the daily relations.
    std::fs::remove_file(place.path("state/standing.json")).expect("what was published was noted");
    let said = ran(&place);
    assert!(said.err.contains("workload_cube: 0 days"), "once: {}", said.err);
}

#[test]
fn a_newer_state_is_refused_and_not_touched() {
    let place = place_of(1);
    place.write("state/format.json", "{\"version\":4}");
    let before = place.files(".", &[]);
    for arguments in [&RUN[..], &["sql", "select 1 as a", "--config", "trimtab.toml"]] {
        let said = place.trimtab(arguments);
        assert_eq!(said.code, 2, "{}", said.err);
        for part in ["the state has version 4, this trimtab knows 3", "state/", "hint: run the newer trimtab"] {
            assert!(said.err.contains(part), "lacks `{part}`: {}", said.err);
        }
    }
    let after = place.files(".", &["metrics.prom"]);
    assert!(before == after, "nothing but the metrics of the failure is written");
    assert!(place.read("state/metrics.prom").contains("trimtab_last_run_exit_code 2\n"));
}
