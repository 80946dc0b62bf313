//! What a person sees: arguments, screens, exit codes, and every bad input with its message.
//!
//! Goal: each fault says what, where and what to do, ends with the exit code of whoever must act, and costs nothing
//! else: all other rows are still counted. Method: the program itself over a few made-up records in a folder.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use arrow::util::display::array_value_to_string;
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use super::support::{Place, Said, root, said};

const DATE: &str = "2026-10-07";
/// Lets every row be rejected, so that a fault is seen in a run that ends well.
const LENIENT: &str = "[[parameters]]\nparameter_id = \"C-01\"\nname = \"max_rejected_share\"\nexpected = 1.0\n";
const RUN: [&str; 3] = ["run", "--config", "trimtab.toml"];
const CHECK: [&str; 3] = ["check", "--config", "trimtab.toml"];

// ---- bad objects and lines: counted, set aside, warned about; the run goes on

#[test]
fn a_truncated_gzip_gives_what_stood_before_the_cut() {
    let place = Place::new();
    place.write("good/a.jsonl", calls("good", 3));
    place.write("bad/whole.jsonl.gz", gzip(calls("whole", 2)));
    let cut = gzip(calls("cut", 400));
    place.write("bad/cut.jsonl.gz", &cut[..cut.len() / 2]);
    place.run_file(DATE, &[("good", "openai_envelope", "good/"), ("bad", "openai_envelope", "bad/")], LENIENT);
    let run = place.trimtab(&RUN);
    says(&run, 0, &["WARN", "source `bad`", "`cut.jsonl.gz`", "gzip stream is cut off", "deliver"]);
    assert_eq!(
        rows(
            &place,
            "select x_source, count(*) as n from requests where x_object_key not like 'cut%' group by x_source order by x_source"
        ),
        ["bad,2", "good,3"]
    );
    let [faulty] = &rows(
        &place,
        "select records, rejected_lines, rows, fault is not null as f from ledger where object_key = 'cut.jsonl.gz'",
    )[..] else {
        panic!("one object is cut")
    };
    let counts: Vec<i64> = faulty.split(',').filter_map(|cell| cell.parse().ok()).collect();
    assert!(
        counts[0] > 10 && counts[0] == counts[1] + counts[2] && counts[1] <= 1,
        "records = rejected + rows: {faulty}"
    );
    assert!(faulty.ends_with("true"), "{faulty}");
    assert_eq!(rows(&place, "select objects_faulty from coverage where source = 'bad' and event_date is null"), ["1"]);
}

#[test]
fn a_bad_line_is_set_aside_alone() {
    let place = Place::new();
    place.write("good/a.jsonl", calls("good", 3));
    let text = |name: &str| calls(name, 3);
    let cut = text("cut");
    let cases: [(&str, Vec<u8>, i64, &str); 4] = [
        ("utf8", [text("utf8").as_bytes(), b"{\"workload\":\"\xff\"}\n"].concat(), 4, "invalid UTF-8 at byte 14"),
        ("cut", cut[..cut.len() - 80].into(), 3, "cut off"),
        (
            "type",
            text("type").replacen(":1000", ":\"many\"", 1).into(),
            1,
            "`response.usage.prompt_tokens` is a string, expected bigint",
        ),
        ("missing", format!("{}{{}}\n", text("missing")).into(), 4, "`ts` is missing, but required"),
    ];
    let urls = cases.clone().map(|(name, ..)| format!("{name}/"));
    let mut sources = vec![("good", "openai_envelope", "good/")];
    for ((name, bytes, ..), url) in cases.iter().zip(&urls) {
        place.write(&format!("{name}/a.jsonl"), bytes);
        sources.push((name, "openai_envelope", url));
    }
    place.run_file(DATE, &sources, LENIENT);
    let run = place.trimtab(&RUN);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(rows(&place, "select sum(requests) as n from workload_cube"), ["13"], "everything else is counted");
    let coverage =
        "select source, rows_in, rows_kept, rows_rejected from coverage where event_date is null order by source";
    assert_eq!(rows(&place, coverage), ["cut,3,2,1", "good,3,3,0", "missing,4,3,1", "type,3,2,1", "utf8,4,3,1"]);
    let set_aside = rows(&place, "select source, object_key, line, reason from quarantine order by source");
    let mut faults = Vec::new();
    for (name, _, line, reason) in &cases {
        let row = format!("{name},a.jsonl,{line},");
        if !set_aside.iter().any(|found| found.starts_with(&row) && found.contains(reason)) {
            faults.push(format!("no row `{row}…{reason}` is set aside: {set_aside:?}"));
        }
        let source = format!("WARN source `{name}`: 1 of ");
        let warned = Said {
            code: run.code,
            out: String::new(),
            err: run.err.lines().filter(|said| said.contains(&source)).collect(),
        };
        faults.extend(differences(&warned, 0, &[&source, "`a.jsonl`", &format!("line {line}"), reason, "quarantine"]));
    }
    none(faults);
}

#[test]
fn an_empty_object_is_mentioned_and_costs_nothing() {
    let place = Place::new();
    place.write("logs/empty.jsonl", "");
    place.write("logs/full.jsonl", calls("f", 2));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let run = place.trimtab(&RUN);
    assert_eq!(
        rows(&place, "select object_key, size, records, fault from ledger where size = 0"),
        ["empty.jsonl,0,0,"]
    );
    assert_eq!(rows(&place, "select count(*) as n from requests"), ["2"]);
    says(&run, 0, &["WARN", "`empty.jsonl`", "source `apps`", "is empty"]);
}

#[test]
fn more_rejected_rows_than_allowed_publish_nothing_and_can_be_looked_at() {
    let place = Place::new();
    place.write("logs/a.jsonl", format!("{}{{\"ts\":7}}\n", calls("r", 3)));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let run = place.trimtab(&RUN);
    says(&run, 5, &["error: a check failed", "check_rejected_share", "source=apps", "max_rejected_share", "hint: "]);
    assert!(!place.path("out/decisions").exists() && !place.path("out/manifest").exists(), "nothing is published");
    says(&run, 5, &["WARN", "`a.jsonl`", "line 4", "`ts`"]);
    let look = place.trimtab(&[
        "sql",
        "--config",
        "trimtab.toml",
        "--format",
        "csv",
        "select source, object_key, line from quarantine",
    ]);
    assert_eq!(
        (look.code, look.out.as_str()),
        (0, "source,object_key,line\napps,a.jsonl,4\n"),
        "state can be read before the first publication: {}",
        look.err
    );
}

#[test]
fn a_bill_with_a_faulty_object_publishes_nothing() {
    let place = Place::new();
    let bill = std::fs::read(root().join("sample_data/formats/focus/own/llm_spend_2026-10.csv")).unwrap();
    place.write("bill/a.csv", &bill);
    let again = gzip(String::from_utf8(bill).unwrap().repeat(20));
    place.write("bill/b.csv.gz", &again[..again.len() - 20]);
    place.write("logs/a.jsonl", calls("b", 2));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/"), ("bill", "focus", "bill/")], LENIENT);
    says(&place.trimtab(&RUN), 5, &["check_rejected_share", "source=bill", "objects_faulty=1", "hint: "]);
}

// ---- sources that fail as a whole

#[test]
fn a_missing_folder_fails_after_all_other_sources_were_counted() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("m", 3));
    let sources = [("gone", "openai_envelope", "gone/"), ("apps", "openai_envelope", "logs/")];
    place.run_file(DATE, &sources, "");
    let failed = place.trimtab(&RUN);
    says(&failed, 3, &["error: `", "gone/` does not exist", "source `gone`", "hint: check the url in the run file"]);
    assert!(failed.out.is_empty() && !place.path("out/manifest").exists(), "nothing is published");

    place.write("gone/b.jsonl", calls("late", 2));
    let mended = place.trimtab(&RUN);
    says(&mended, 0, &["apps: 0 objects, 0 records", "gone: 1 objects, 2 records"]);
    assert_eq!(rows(&place, "select source, rows from ledger order by source"), ["apps,3", "gone,2"]);
    assert_eq!(rows(&place, "select sum(requests) as n from decisions"), ["5"]);
}

#[test]
fn rows_that_came_in_a_failed_run_reach_every_relation_of_the_next_one() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("first", 3));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    assert_eq!(place.trimtab(&RUN).code, 0);
    place.write("logs/b.jsonl", calls("second", 4));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/"), ("gone", "openai_envelope", "gone/")], "");
    assert_eq!(place.trimtab(&RUN).code, 3);
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    assert_eq!(place.trimtab(&RUN).code, 0);
    let counted = "select (select count(*) from requests) as r, (select sum(requests) from workload_cube) as c, (select sum(requests) from decisions) as d";
    assert_eq!(rows(&place, counted), ["7,7,7"], "requests, cube and decisions tell the same");

    // Both objects come again with calls of another day: the old day loses its last row in a run that fails.
    place.write("logs/a.jsonl", calls("first", 3).replace("2026-10-05", "2026-10-04"));
    place.write("logs/b.jsonl", calls("second", 4).replace("2026-10-05", "2026-10-04"));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/"), ("gone", "openai_envelope", "gone/")], "");
    assert_eq!(place.trimtab(&RUN).code, 3);
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    assert_eq!(place.trimtab(&RUN).code, 0);
    assert_eq!(rows(&place, counted), ["7,7,7"], "a day that lost its rows leaves the cube too");
}

#[test]
fn a_missing_bucket_and_a_refused_credential_fail_with_the_place() {
    for (status, code, hint) in
        [("404 Not Found", "NoSuchBucket", "hint: check"), ("403 Forbidden", "AccessDenied", "credentials")]
    {
        let place = Place::new();
        place.write("logs/a.jsonl", calls("s", 3));
        let store = format!(
            "[[stores]]\nurl = \"s3://llm-logs\"\noptions = {{ aws_endpoint = \"{}\", aws_allow_http = \"true\", aws_region = \"eu-central-1\", aws_skip_signature = \"true\" }}\n",
            refusing_server(status, code)
        );
        let sources = [("bucket", "openai_envelope", "s3://llm-logs/app/"), ("apps", "openai_envelope", "logs/")];
        place.run_file(DATE, &sources, &store);
        let failed = bare(&place, &RUN, &[]);
        says(&failed, 3, &["error: ", "listing `s3://llm-logs/app/`", "source `bucket`", code, hint]);
        place.run_file(DATE, &sources[1..], "");
        says(&place.trimtab(&RUN), 0, &["apps: 0 objects"]);
        assert_eq!(rows(&place, "select source, rows from ledger"), ["apps,3"]);
    }
}

#[test]
fn a_credential_that_cannot_be_read_is_named_before_any_data_is_read() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("c", 1));
    let sources = [("apps", "openai_envelope", "logs/"), ("bucket", "openai_envelope", "gs://llm-logs/")];
    let store = |option: &str| format!("[[stores]]\nurl = \"gs://llm-logs\"\noptions = {{ {option} }}\n");

    place.run_file(DATE, &sources, &store("google_service_account_key = \"${TRIMTAB_UNSET}\""));
    says(
        &bare(&place, &RUN, &[]),
        2,
        &[
            "`TRIMTAB_UNSET` is not set",
            "trimtab.toml",
            "gs://llm-logs",
            "google_service_account_key",
            "hint: export it",
        ],
    );

    place.run_file(DATE, &sources, &store("google_service_account_key = \"hunter2\""));
    let clear = bare(&place, &RUN, &[]);
    says(
        &clear,
        2,
        &[
            "`google_service_account_key` holds a secret in clear text",
            "gs://llm-logs",
            "hint: write it as \"${NAME}\"",
        ],
    );
    assert!(!clear.err.contains("hunter2"), "a secret is never repeated: {}", clear.err);

    place.run_file(DATE, &sources, &store("google_service_account = \"nowhere/key.json\""));
    for command in [&CHECK, &RUN] {
        says(
            &bare(&place, command, &[]),
            3,
            &[
                "`gs://llm-logs/` cannot be opened",
                "source `bucket`",
                "nowhere/key.json",
                "hint: check the credentials",
            ],
        );
    }
    place.run_file(DATE, &sources[..1], "");
    says(&place.trimtab(&RUN), 0, &["apps: 0 objects, 0 records, 0 rejected"]);
    assert_eq!(
        rows(&place, "select source, rows from ledger"),
        ["apps,1"],
        "the other source was counted in the failed run"
    );
}

#[test]
fn a_source_without_a_readable_row_fails_every_night_until_it_is_mended() {
    for (object, bytes) in
        [("x.jsonl", b"{\"a\":1}\n{\"a\":2}\n".to_vec()), ("x.jsonl.gz", gzip(calls("n", 300))[..20].to_vec())]
    {
        let place = Place::new();
        place.write("good/a.jsonl", calls("good", 3));
        place.write(&format!("bad/{object}"), bytes);
        let sources = [("bad", "openai_envelope", "bad/"), ("good", "openai_envelope", "good/")];
        place.run_file(DATE, &sources, "");
        let parts = ["source `bad` gave no readable row", "openai_envelope", &format!("`{object}`"), "hint: "];
        says(&place.trimtab(&RUN), 4, &parts);
        assert!(!place.path("out/manifest").exists(), "nothing is published");
        let again = place.trimtab(&RUN);
        assert!(
            !place.path("out/manifest").exists(),
            "{object}: published in the second night, exit code {}",
            again.code
        );
        says(&again, 4, &parts);
        place.write(&format!("bad/{object}"), calls("mended", 2));
        assert_eq!(place.trimtab(&RUN).code, 0);
        assert_eq!(
            rows(&place, "select x_source, count(*) as n from requests group by x_source order by x_source"),
            ["bad,2", "good,3"]
        );
    }
}

#[test]
fn a_required_column_that_is_nowhere_is_named() {
    let place = Place::new();
    place.write(
        "scores/a.csv",
        "provider,model_id,workload_id,method,scored_at\nopenai,o3,triage,human,2026-10-05T00:00:00Z\n",
    );
    place.run_file(DATE, &[("scores", "evaluations_table", "scores/")], "");
    says(
        &place.trimtab(&RUN),
        4,
        &["source `scores` gave no readable row", "`a.csv`", "lacks required column `eval_set`", "hint: "],
    );
}

#[test]
fn a_source_without_a_matching_object_is_mentioned() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("a", 1));
    place.write("other/readme.txt", "nothing here");
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/"), ("other", "openai_envelope", "other/")], "");
    says(&place.trimtab(&RUN), 0, &["WARN source `other` has no object that looks like `openai_envelope`"]);
}

// ---- run file, arguments, places

#[test]
fn an_unknown_format_is_refused_with_the_known_ones() {
    let place = Place::new();
    place.run_file(DATE, &[("apps", "opanai_envelope", "logs/")], "");
    for command in [&CHECK, &RUN] {
        says(
            &place.trimtab(command),
            2,
            &["source `apps`", "unknown format `opanai_envelope`", "known formats: ", "openai_envelope", "hint: "],
        );
    }
}

#[test]
fn a_wrong_run_file_is_refused_with_its_line() {
    let place = Place::new();
    let source = ("apps", "litellm", "logs/");
    let mut faults = Vec::new();
    for (sources, more, parts) in [
        (&[source][..], "colour = \"red\"\n", &["trimtab.toml:8", "unknown field `colour`", "hint: "][..]),
        (&[source], "[workloads.a]\ncritical = true\n", &["trimtab.toml:9", "unknown field `critical`", "hint: "]),
        (
            &[source],
            "[workloads.a]\ncriticality = \"urgent\"\n",
            &["`a`", "criticality `urgent`", "hint: criticality is low, medium or high"],
        ),
        (
            &[source],
            "[workloads.a]\ncandidates = [\"gpt\"]\n",
            &["`a`", "candidate `gpt`", "hint: write candidates as provider/model_id"],
        ),
        (&[source], "[engine]\nkind = \"spark\"\n", &["engine kind `spark`", "hint: "]),
        (&[source], "[engine]\nmemory_mib = \"much\"\n", &["trimtab.toml:9", "invalid type", "hint: "]),
        (&[source, source], "", &["two sources are named `apps`", "trimtab.toml", "hint: "]),
        (&[], "", &["names no source", "trimtab.toml", "hint: "]),
        (
            &[("apps", "litellm", "ftp://somewhere/")],
            "",
            &["`ftp:` is no known kind of store", "source `apps`", "hint: "],
        ),
        (&[("apps", "litellm", "s3://${BUCKET}/")], "", &["`${...}` stands in a URL", "source `apps`", "hint: "]),
    ] {
        place.run_file(DATE, sources, more);
        faults.extend(differences(&place.trimtab(&CHECK), 2, parts));
    }
    none(faults);
    place.write("trimtab.toml", "date = 2026-10-07\nstate = \n");
    says(&place.trimtab(&CHECK), 2, &["the run file is not valid", "trimtab.toml:2", "hint: "]);
    says(
        &place.trimtab(&["run", "--config", "nowhere.toml"]),
        2,
        &["`nowhere.toml` cannot be read", "hint: write one with `trimtab init > trimtab.toml`"],
    );
}

#[test]
fn wrong_arguments_are_refused() {
    let place = Place::new();
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let mut faults = Vec::new();
    for (arguments, parts) in [
        (&["run", "--config", "trimtab.toml", "--from", "2026-10-01"][..], &["--to <D>"][..]),
        (&["run", "--config", "trimtab.toml", "--to", "2026-10-01"], &["--from <D>"]),
        (
            &["run", "--config", "trimtab.toml", "--from", "2026-10-02", "--to", "2026-10-01"],
            &["`--from` is later than `--to`", "hint: swap"],
        ),
        (&["run", "--date", "yesterday"], &["'yesterday'", "--date"]),
        (&["run", "--log-format", "xml"], &["'xml'", "text, json"]),
        (&["run", "--colour"], &["--colour"]),
        (&["list", "prices"], &["'prices'", "formats, queries, models, levers"]),
        (&["sql"], &["<SELECT>"]),
        (&[], &["Usage: trimtab <COMMAND>", "run", "check", "explain"]),
    ] {
        let refused = place.trimtab(arguments);
        faults.extend(differences(&refused, 2, parts));
        assert!(refused.out.is_empty(), "{arguments:?} prints nothing to be piped: {}", refused.out);
    }
    none(faults);
    assert!(!place.path("out").exists() && !place.path("trimtab-out").exists(), "nothing was begun");
}

#[test]
fn a_place_that_cannot_be_written_is_found_before_any_work() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("p", 1));
    place.write("file", "");
    let text = "date = \"2026-10-07\"\nstate = \"state/\"\noutput = \"file/out/\"\n[[sources]]\nname = \"apps\"\nformat = \"openai_envelope\"\nurl = \"logs/\"\n";
    place.write("trimtab.toml", text);
    says(&place.trimtab(&RUN), 3, &["error: ", "file/out/", "hint: check that the place is writable"]);
    assert!(!place.path("state/ledger.jsonl.zst").exists(), "nothing was read");
    place.write("trimtab.toml", text.replace("file/out/", "out/").replace("\"state/\"", "\"file/state/\""));
    says(&place.trimtab(&RUN), 3, &["error: ", "file/state", "hint: check that it is writable"]);
}

#[test]
fn two_runs_at_once_exclude_each_other() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("l", 1));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let lock = File::create(place.write("out/state/.lock", "")).unwrap();
    lock.lock().unwrap();
    let refused = place.trimtab(&RUN);
    says(&refused, 75, &["another run holds the lock", "out/state", "hint: wait until it has ended"]);
    assert_eq!(place.files("out", &[]).len(), 1, "the second run leaves nothing behind");
    says(&place.trimtab(&CHECK), 0, &[]);
    drop(lock);
    assert_eq!(place.trimtab(&RUN).code, 0, "the lock goes with its holder");
}

#[test]
fn a_broken_state_is_built_again_by_full() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("b", 3));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    assert_eq!(place.trimtab(&RUN).code, 0);
    let published = place.files("out", &["state"]);
    place.write("out/state/ledger.jsonl.zst", "no ledger");
    says(&place.trimtab(&RUN), 1, &["`ledger.jsonl.zst` of the state is broken", "hint: run with --full"]);
    says(&place.trimtab(&["run", "--config", "trimtab.toml", "--full"]), 0, &[]);
    assert!(place.files("out", &["state"]) == published, "the same publication");

    place.write("out/state/requests/event_date=2026-10-05/part.parquet", "no rows");
    place.write("logs/b.jsonl", calls("late", 1));
    let broken = place.trimtab(&RUN);
    says(&broken, 1, &["requests/event_date=2026-10-05/part.parquet", "hint: run with --full"]);
    place.write("out/state/daily_versions.json", "no versions");
    says(&place.trimtab(&RUN), 1, &["`daily_versions.json` of the state is broken", "hint: run with --full"]);
    says(&place.trimtab(&["run", "--config", "trimtab.toml", "--full"]), 0, &[]);
    assert_eq!(rows(&place, "select sum(requests) as n from workload_cube"), ["4"]);
}

// ---- overlays

#[test]
fn an_overlay_with_a_fault_is_refused_with_file_and_remedy() {
    let mart = "-- One row.\n--\n-- grain: a\n";
    let names = std::fs::read_to_string(root().join("queries/seeds/model_names.csv")).unwrap();
    let header = names.lines().next().unwrap();
    let mut faults = Vec::new();
    for (files, parts) in [
        (
            &[("queries/intermediate/int_x.sql", "-- One row.\nselect 1 as a\n")][..],
            &["has no `grain:`", "at queries/intermediate/int_x.sql", "hint: add `-- grain: "][..],
        ),
        (
            &[("queries/checks/check_x.sql", "-- Rows.\n-- severity: fatal\n-- because: x\nselect 1 as a\n")],
            &["severity `fatal`", "check_x.sql", "hint: write error or warn"],
        ),
        (
            &[("queries/seeds/model_names.csv", "name,model\ngpt,gpt-5\n")],
            &[
                "the header of the seed is wrong",
                "queries/seeds/model_names.csv of the overlay:1",
                &format!("expected {header}"),
                "found    name,model",
                "hint: ",
            ],
        ),
        (&[("queries/seeds/colours.csv", "a\n1\n")], &["`queries/seeds/colours.csv` is no seed", "hint: "]),
        (
            &[("queries/elsewhere/x.sql", mart)],
            &["stands in no layer", "at queries/elsewhere/x.sql", "hint: layers are"],
        ),
        (
            &[("queries/intermediate/int_x.sql", &format!("{mart}select a\nfrom requests\n"))],
            &["may not read `requests`", "int_x.sql:5", "hint: "],
        ),
        (
            &[("queries/intermediate/int_x.sql", &format!("{mart}select a\nfrom nothing\n"))],
            &["reads `nothing`, which does not exist", "int_x.sql:5", "hint: "],
        ),
        (
            &[("queries/intermediate/int_x.sql", &format!("{mart}selec 1 as a\n"))],
            &["the SQL does not parse", "at queries/intermediate/int_x.sql", "Line: 4", "hint: "],
        ),
        (
            &[("queries/intermediate/int_x.sql", &format!("{mart}select run_dat as a from settings\n"))],
            &["query `int_x` does not plan", "at queries/intermediate/int_x.sql", "run_dat", "hint: "],
        ),
        (
            &[
                ("queries/intermediate/int_x.sql", &format!("{mart}select a from int_y\n")),
                ("queries/intermediate/int_y.sql", &format!("{mart}select a from int_x\n")),
            ],
            &[
                "read each other in a cycle",
                "at queries/intermediate/int_x.sql",
                "at queries/intermediate/int_y.sql",
                "hint: ",
            ],
        ),
        (
            &[("queries/marts/colours.sql", &format!("{mart}select 1 as a\n"))],
            &[
                "mart `colours` has no contract",
                "at queries/marts/colours.sql",
                "hint: write schemas/contracts/colours.sql",
            ],
        ),
        (
            &[("schemas/sources/tiny.sql", TINY)],
            &[
                "format `tiny` has no mapping",
                "at schemas/sources/tiny.sql",
                "hint: write queries/staging/requests/tiny.sql",
            ],
        ),
        (
            &[("queries/staging/requests/tiny.sql", TINY_MAPPING)],
            &["has no raw shape", "at queries/staging/requests/tiny.sql", "hint: write schemas/sources/tiny.sql"],
        ),
        (
            &[("schemas/sources/tiny.sql", "-- One row.\ncreate table tiny (a bigint)\n")],
            &["at schemas/sources/tiny.sql", "hint: "],
        ),
        (&[("schemas/sources/small.sql", TINY)], &["the file declares `tiny`, but is named `small`", "hint: "]),
        (
            &[
                ("schemas/sources/tiny.sql", TINY),
                (
                    "queries/staging/requests/tiny.sql",
                    &TINY_MAPPING.replace("n as gen_ai_usage_input_tokens", "model as gen_ai_usage_input_tokens"),
                ),
            ],
            &[
                "`requests__tiny` does not match contract `requests`",
                "column `gen_ai_usage_input_tokens` is Utf8, expected Int64",
                "at queries/staging/requests/tiny.sql",
                "hint: cast or rename",
            ],
        ),
        (
            &[
                ("schemas/sources/tiny.sql", TINY),
                (
                    "queries/staging/requests/tiny.sql",
                    &TINY_MAPPING.replace("n as gen_ai_usage_input_tokens", "n as tokens"),
                ),
            ],
            &["column `tokens` is not in the contract", "at queries/staging/requests/tiny.sql", "hint: "],
        ),
    ] {
        let place = Place::new();
        place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
        for (path, text) in files {
            place.write(&format!("overlay/{path}"), text);
        }
        let refused = place.trimtab(&["check", "--config", "trimtab.toml", "--project", "overlay"]);
        faults.extend(differences(&refused, 2, parts));
        assert!(refused.out.is_empty(), "{}", refused.out);
    }
    none(faults);
    says(
        &Place::new().trimtab(&["check", "--project", "nowhere"]),
        2,
        &["project folder `nowhere` cannot be read", "hint: "],
    );
}

#[test]
fn an_overlay_adds_a_format_and_its_queries_can_be_explained() {
    let place = Place::new();
    place.write("overlay/schemas/sources/tiny.sql", TINY);
    place.write("overlay/queries/staging/requests/tiny.sql", TINY_MAPPING);
    place.write("logs/a.json", "{\"at\":\"2026-10-05T08:00:00Z\",\"id\":\"t1\",\"model\":\"gpt-5.4-mini\",\"n\":7}\n");
    place.run_file(DATE, &[("tiny", "tiny", "logs/")], "");
    let text = place.read("trimtab.toml");
    place.write("trimtab.toml", format!("project = \"overlay\"\n{text}"));
    says(&place.trimtab(&RUN), 0, &["tiny: 1 objects, 1 records, 0 rejected"]);
    assert_eq!(rows(&place, "select gen_ai_usage_input_tokens from requests"), ["7"]);
    let listed = place.trimtab(&["list", "formats", "--project", "overlay"]);
    assert!(listed.out.contains("tiny ") && listed.out.contains("One call of a tiny gateway."), "{}", listed.out);
    let explained = place.trimtab(&["explain", "tiny", "--config", "trimtab.toml"]);
    assert!(
        explained.code == 0 && explained.out.contains("schemas/sources/tiny.sql"),
        "the run file names the overlay: {}",
        explained.err
    );
}

#[test]
fn a_template_with_a_fault_is_named_and_nothing_is_published() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("t", 1));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    place.write("overlay/templates/summary.md.j2", "# Spend\n{{ marts.nothing[0].spend }}\n");
    let run = place.trimtab(&["run", "--config", "trimtab.toml", "--project", "overlay"]);
    says(&run, 2, &["template `summary.md.j2` does not render", "at templates/summary.md.j2:2", "hint: "]);
    assert!(!place.path("out/manifest").exists(), "nothing is published");
}

#[test]
fn a_failed_check_leaves_the_last_publication_as_it_is() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("k", 3));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    assert_eq!(place.trimtab(&RUN).code, 0);
    let published = place.files("out", &["state"]);

    place.write("overlay/queries/checks/check_no_triage.sql", "-- Calls of the triage.\n--\n-- severity: error\n-- because:  the triage was switched off\nselect workload_id, requests\nfrom decisions\nwhere workload_id = 'triage'\n");
    place.write("logs/b.jsonl", calls("more", 2));
    for date in [DATE, "2026-10-08"] {
        let run = place.trimtab(&["run", "--config", "trimtab.toml", "--project", "overlay", "--date", date]);
        says(
            &run,
            5,
            &[
                "error: a check failed, so nothing was published",
                "check_no_triage: 1 rows; the triage was switched off",
                "workload_id=triage requests=5",
                "hint: the last publication stays",
            ],
        );
        assert!(run.out.is_empty(), "{}", run.out);
        assert!(place.files("out", &["state"]) == published, "yesterday's publication stays");
    }
    let warned = place.read("overlay/queries/checks/check_no_triage.sql").replace("severity: error", "severity: warn");
    place.write("overlay/queries/checks/check_no_triage.sql", warned);
    let run = place.trimtab(&["run", "--config", "trimtab.toml", "--project", "overlay"]);
    says(&run, 0, &["WARN check_no_triage: 1 rows; the triage was switched off; first: workload_id=triage requests=5"]);
    assert!(run.out.contains("check_no_triage: 1 rows"), "the page warns too: {}", run.out);
}

// ---- screens

#[test]
fn run_prints_the_summary_and_what_it_wrote() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("q", 3));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let loud = place.trimtab(&RUN);
    says(&loud, 0, &["INFO apps: 1 objects, 3 records, 0 rejected", "published 2026-10-07"]);
    assert!(loud.out.starts_with("# LLM spend on 2026-10-07\n"), "{}", loud.out);
    assert!(
        loud.out.starts_with(&place.read("out/summary/run_date=2026-10-07/summary.md")),
        "the page as it was published"
    );
    assert!(!loud.err.contains('\u{1b}'), "no colour outside a terminal");

    let quiet = place.trimtab(&["run", "--config", "trimtab.toml", "--full", "--quiet"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""), "quiet says nothing but errors");
    assert!(!quiet.out.contains("LLM spend"), "no summary: {}", quiet.out);
    let written: BTreeSet<&str> = quiet.out.lines().collect();
    assert!(
        written.contains("out/decisions/run_date=2026-10-07/decisions.parquet")
            && written.iter().all(|path| place.path(path).is_file()),
        "{written:?}"
    );

    let logged = place.trimtab(&["run", "--config", "trimtab.toml", "--log-format", "json"]);
    let lines: Vec<Value> = logged
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    let last = lines.last().expect("lines");
    assert_eq!(
        (&last["level"], &last["message"], &last["warnings"]),
        (&json!("INFO"), &json!("nothing new; the publication of 2026-10-07 stands"), &json!(0))
    );
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["elapsed_ms"].is_u64()), "{}", logged.err);
}

#[test]
fn sql_prints_a_table_csv_and_json_and_refuses_everything_but_a_select() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("q", 3));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let sql =
        |format: &str, select: &str| place.trimtab(&["sql", "--config", "trimtab.toml", "--format", format, select]);
    says(&sql("csv", "select 1 as a"), 2, &["nothing was published for 2026-10-07", "hint: run `trimtab run` first"]);
    assert_eq!(place.trimtab(&RUN).code, 0);
    let before = place.files("out", &[]);

    let select = "select workload_id, requests, cast(0.5 as decimal(4,2)) as d, 'a, \"b\"' as t, cast(null as bigint) as n, true as b from decisions";
    let table = sql("table", select).out;
    assert_eq!(table.lines().nth(1), Some("| workload_id | requests | d    | t      | n | b    |"), "{table}");
    assert_eq!(table.lines().nth(3), Some("| triage      | 3        | 0.50 | a, \"b\" |   | true |"), "{table}");
    assert_eq!(sql("csv", select).out, "workload_id,requests,d,t,n,b\ntriage,3,0.50,\"a, \"\"b\"\"\",,true\n");
    let record: Value = serde_json::from_str(sql("json", select).out.trim_end()).unwrap();
    assert_eq!(
        record,
        json!({ "workload_id": "triage", "requests": 3, "d": "0.50", "t": "a, \"b\"", "n": null, "b": true })
    );
    let record: Value = serde_json::from_str(sql("json", "select null as n").out.trim_end()).unwrap();
    assert_eq!(record, json!({ "n": null }), "an untyped null is null");

    let nothing = "select workload_id, requests from decisions where false";
    assert_eq!(sql("csv", nothing).out, "workload_id,requests\n");
    assert_eq!(sql("json", nothing).out, "");
    assert!(
        sql("table", nothing).out.contains("| workload_id | requests |"),
        "an empty answer still has columns: {}",
        sql("table", nothing).out
    );

    let mut faults = Vec::new();
    for (statement, part) in [
        ("drop table decisions", "only a select may be run"),
        ("create table x as select 1", "only a select may be run"),
        ("copy (select 1) to 'leak.csv'", "only a select may be run"),
        ("explain analyze copy (select 1) to 'leak.csv'", "only a select may be run"),
        ("set datafusion.execution.batch_size = 1", "only a select may be run"),
        ("insert into decisions select * from decisions", "only a select may be run"),
        ("delete from decisions", "select"),
        ("select 1; select 2", "more than one"),
        ("select a from nothing", "nothing"),
        ("select * from 'trimtab.toml'", "not found"),
        ("selec 1", "does not parse"),
    ] {
        let refused = sql("csv", statement);
        faults.extend(differences(&refused, 2, &["error: ", part, "hint: "]));
        assert!(refused.out.is_empty(), "{}", refused.out);
    }
    none(faults);
    assert!(place.files("out", &[]) == before && !place.path("leak.csv").exists(), "reading changes nothing");
    says(
        &place.trimtab(&["sql", "--config", "trimtab.toml", "--date", "2026-10-06", "select action from decisions"]),
        2,
        &["nothing was published for 2026-10-06", "hint: run `trimtab run` first"],
    );
}

#[test]
fn list_shows_formats_queries_models_and_levers() {
    let place = Place::new();
    let list = |what: &str| {
        let listed = place.trimtab(&["list", what]);
        assert_eq!((listed.code, listed.err.as_str()), (0, ""), "{what}");
        listed.out
    };
    let stems = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.extension().is_some_and(|ending| ending == "sql"))
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    for (what, folders) in [
        ("formats", &["schemas/sources"][..]),
        (
            "queries",
            &[
                "queries/daily",
                "queries/intermediate",
                "queries/levers",
                "queries/marts",
                "queries/checks",
                "schemas/contracts",
            ],
        ),
        ("levers", &["queries/levers"]),
    ] {
        let text = list(what);
        let first: BTreeSet<&str> =
            text.lines().filter_map(|line| line.trim_start_matches("| ").split_whitespace().next()).collect();
        for name in folders.iter().flat_map(|folder| stems(folder)) {
            assert!(first.contains(name.as_str()), "`list {what}` lacks {name}:\n{text}");
        }
        let says_what = |line: &str| line.starts_with('+') || line.split_whitespace().count() > 2;
        assert!(text.lines().all(says_what), "every line says what it is:\n{text}");
    }
    let models = list("models");
    let rows = std::fs::read_to_string(root().join("queries/seeds/models.csv")).unwrap().lines().count() - 1;
    assert_eq!(models.lines().count(), rows + 4, "a row for each model, and the frame");
    assert!(models.contains("context_window_tokens") && models.contains("| gpt-5.4-mini "), "{models}");
}

#[test]
fn explain_knows_every_kind_of_name() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("x", 3));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    let explain = |name: &str| place.trimtab(&["explain", name, "--config", "trimtab.toml"]);
    for (name, parts) in [
        ("int_bundles", &["int_bundles (queries/intermediate/int_bundles.sql)", "grain: ", "reads: ", "proposals"][..]),
        ("lever_smaller_model", &["queries/levers/lever_smaller_model.sql", "why_it_costs: ", "wrong_when: "]),
        ("check_rows_add_up", &["queries/checks/check_rows_add_up.sql", "severity: error", "because: "]),
        (
            "requests",
            &[
                "schemas/contracts/requests.sql",
                "gen_ai_usage_input_tokens",
                "int64",
                "all input tokens, cache reads and writes included",
                "not null",
            ],
        ),
        ("CTX_TAIL", &["CTX_TAIL (gate)", "do not fit the candidate's context window"]),
        ("P-13", &["P-13 hint_loss (all): 0.03", "P-13 hint_loss_sd"]),
        ("decisions", &["queries/marts/decisions.sql", "schemas/contracts/decisions.sql", "action"]),
        (
            "openai_envelope",
            &[
                "schemas/sources/openai_envelope.sql",
                "latency_ms",
                "queries/staging/requests/openai_envelope.sql",
                "tokens: cached input is included in input",
            ],
        ),
    ] {
        let said = explain(name);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}");
        for part in parts {
            assert!(said.out.contains(part), "`explain {name}` lacks `{part}`:\n{}", said.out);
        }
    }
    says(
        &explain("triage"),
        2,
        &["`triage` is no query, contract, format, code, parameter, workload or recommendation id", "hint: "],
    );

    assert_eq!(place.trimtab(&RUN).code, 0);
    let said = explain("triage");
    for part in [
        "workload    triage",
        "action      BLOCKED: VOLUME",
        "3 calls",
        "alternatives: what was decided on, then those that pass the gates",
    ] {
        assert!(said.out.contains(part), "lacks `{part}`:\n{}", said.out);
    }
    let id = rows(&place, "select recommendation_id from alternatives order by recommendation_id limit 1");
    let said = explain(&id[0]);
    assert!(said.code == 0 && said.out.contains(&id[0]) && said.out.contains("triage"), "{}{}", said.out, said.err);
    says(
        &explain("nothing-of-ours"),
        2,
        &["`nothing-of-ours` is no query, contract, format, code, parameter, workload or recommendation id", "hint: "],
    );
    says(&explain("it's"), 2, &["`it's` is no query"]);
}

#[test]
fn the_example_run_file_passes_check_with_and_without_its_comments() {
    let place = Place::new();
    let init = place.trimtab(&["init"]);
    assert_eq!((init.code, init.err.as_str()), (0, ""));
    place.write("trimtab.toml", &init.out);
    says(&place.trimtab(&CHECK), 0, &[]);
    let key = regex::Regex::new(r"(?m)^# (\[|[a-z_0-9]+ = )").unwrap();
    let every_key = key.replace_all(&init.out, "$1");
    assert!(every_key.matches(" = ").count() > init.out.matches("\n#").count() / 2 && every_key != init.out);
    place.write("trimtab.toml", every_key.as_bytes());
    let checked = place.trimtab(&CHECK);
    assert_eq!(checked.code, 0, "every key that the example shows is accepted: {}", checked.err);
}

#[test]
fn check_reads_no_data() {
    let place = Place::new();
    let checked = place.trimtab(&["check"]);
    assert_eq!((checked.code, checked.err.as_str()), (0, ""));
    assert!(checked.out.starts_with("ok: 6 sources, "), "{}", checked.out);
    assert!(place.files(".", &[]).is_empty(), "the sample is checked without a trace");
    place.run_file(DATE, &[("apps", "openai_envelope", "nowhere/")], "");
    says(&place.trimtab(&CHECK), 0, &[]);
    assert_eq!(place.files(".", &[]).len(), 1, "nothing is written");
}

// ---- what somebody who tried to break it met

#[test]
fn records_run_together_on_one_line_are_all_counted() {
    let place = Place::new();
    let body = |tokens: u32| {
        format!(
            r#"{{"ts":"2026-11-20T08:00:00Z","request":{{"model":"o3"}},"response":{{"object":"chat.completion","model":"o3","usage":{{"prompt_tokens":{tokens},"completion_tokens":1}}}}}}"#
        )
    };
    place.write("logs/a.jsonl", format!("{}{} {}\n{}\n", body(101), body(102), body(103), body(104)));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    says(&place.trimtab(&RUN), 0, &[]);
    let kept = "select sum(gen_ai_usage_input_tokens) as tokens from requests";
    assert_eq!(rows(&place, kept), ["410"]);
    let counts =
        "select records_read, rows_kept, rows_repeated, records_skipped from coverage where event_date is null";
    assert_eq!(rows(&place, counts), ["4,4,0,0"]);
}

#[test]
fn a_format_that_knows_no_record_is_refused() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("x", 3));
    place.run_file(DATE, &[("apps", "anthropic_batch", "logs/")], "");
    let hints = ["not one of 3 records looks like `anthropic_batch`", "hint: `trimtab init URL` says which format"];
    says(&place.trimtab(&RUN), 4, &hints);
}

#[test]
fn two_copies_of_a_bill_are_said_to_be_alike() {
    let place = Place::new();
    let bill = std::fs::read(root().join("sample_data/company/focus/2026-11.csv")).unwrap();
    place.write("bills/x.csv", &bill);
    place.write("bills/x (1).csv", &bill);
    place.run_file(DATE, &[("bill", "focus", "bills/")], "");
    says(&place.trimtab(&RUN), 0, &["check_bills_that_look_alike"]);
}

#[test]
fn passwords_in_urls_and_strange_source_names_are_refused() {
    let place = Place::new();
    place.run_file(DATE, &[("apps", "openai_envelope", "https://u:SECRETPW@example.invalid/x/")], "");
    let said = place.trimtab(&CHECK);
    says(&said, 2, &["a user name or password stands in the URL of `example.invalid`", "hint: "]);
    assert!(!said.err.contains("SECRETPW"), "{}", said.err);
    place.run_file(DATE, &[("../../evil\\u001b", "openai_envelope", "logs/")], "");
    says(&place.trimtab(&CHECK), 2, &["is no plain name"]);
}

// ---- what people wrote to a model stays where it is

#[test]
fn no_text_of_a_prompt_or_an_answer_leaves_the_log() {
    const SECRET: &str = "Zanzibar-plum-41";
    let text = std::fs::read_to_string(
        root().join("sample_data/formats/litellm/s3/llm-logs/support/router-prod/2026-10-05/time-08-00-01-000123_chatcmpl-SampleA.json"),
    )
    .unwrap();
    let mut call: Value = serde_json::from_str(&text).unwrap();
    call["messages"] = json!([{ "role": "system", "content": SECRET }, { "role": "user", "content": [{ "type": "text", "text": SECRET }] }]);
    call["response"]["choices"][0]["message"] = json!({ "role": "assistant", "content": SECRET, "tool_calls": [{ "function": { "name": "f", "arguments": SECRET } }] });
    call["model_parameters"]["tools"] =
        json!([{ "type": "function", "function": { "name": "f", "description": SECRET } }]);
    call["model_parameters"]["response_format"] =
        json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": { "description": SECRET } } });
    call["error_str"] = json!(SECRET);
    call["error_information"]["error_message"] = json!(SECRET);
    let mut lines = String::new();
    for case in 0..6 {
        let mut call = call.clone();
        call["id"] = json!(format!("chatcmpl-{case}"));
        match case {
            1 => call["prompt_tokens"] = json!(SECRET),
            2 => call["startTime"] = json!(SECRET),
            3 => call["metadata"] = json!(SECRET),
            4 => call["response_cost"] = json!(SECRET),
            _ => {}
        }
        lines += &format!("{call}\n");
    }
    let place = Place::new();
    place.write("logs/a.jsonl", format!("{lines}{{\"messages\":\"{SECRET}\",\n{SECRET}\n{{\"id\":\"{SECRET}"));
    place.write("bad/a.jsonl", format!("{SECRET}\n{{\"messages\":\"{SECRET}\"}}\n"));
    let good = ("gateway", "litellm", "logs/");
    place.run_file(DATE, &[good, ("bad", "litellm", "bad/")], LENIENT);
    let failed = bare(&place, &RUN, &[("RUST_LOG", "debug")]);
    assert_eq!(failed.code, 4, "{}", failed.err);
    place.run_file(DATE, &[good], LENIENT);
    let run = bare(&place, &RUN, &[("RUST_LOG", "debug")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(rows(&place, "select count(*) as n from requests"), ["2"], "two of the calls are good");
    assert!(rows(&place, "select reason from quarantine where source = 'gateway'").len() >= 5);

    for said in [failed, run, place.trimtab(&["sql", "--config", "trimtab.toml", "select * from quarantine"])] {
        assert!(!said.out.contains(SECRET) && !said.err.contains(SECRET), "{}{}", said.out, said.err);
    }
    let files = place.files("out", &[]);
    assert!(files.len() > 30, "{}", files.len());
    for (name, bytes) in files {
        let shown = readable(&name, &bytes);
        assert!(!shown.contains(SECRET), "{name} holds the text of a prompt");
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{name} holds the text of a prompt");
    }
}

/// A file as text: Parquet as its cells, compressed lines as lines.
fn readable(name: &str, bytes: &[u8]) -> String {
    if name.ends_with(".zst") {
        return String::from_utf8(zstd::decode_all(bytes).unwrap()).unwrap();
    }
    if !name.ends_with(".parquet") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut text = String::new();
    for batch in
        ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::copy_from_slice(bytes)).unwrap().build().unwrap()
    {
        let batch = batch.unwrap();
        for column in batch.columns() {
            for row in 0..batch.num_rows() {
                text += &array_value_to_string(column, row).unwrap();
                text.push('\n');
            }
        }
    }
    text
}

// ---- made-up records and the program

const TINY: &str = "-- One call of a tiny gateway.\n--\n-- docs: none\ncreate external table tiny (\n    at timestamp with time zone not null,\n    id varchar,\n    model varchar,\n    n bigint\n)\nstored as json\nlocation 'sample_data/formats/tiny/';\n";
const TINY_MAPPING: &str = "-- One call of a tiny gateway.\n--\n-- grain:  id\n-- tokens: no cached input\n-- docs:   none\nselect\n    _object_key as x_object_key,\n    _line as x_line,\n    at as x_end_time,\n    'openai' as gen_ai_provider_name,\n    model as gen_ai_request_model,\n    id as gen_ai_response_id,\n    n as gen_ai_usage_input_tokens,\n    n as usage_input_uncached_tokens,\n    'ok' as x_status\nfrom tiny\n";

/// Calls of one workload on the day before yesterday, in the envelope of OpenAI's replies.
fn calls(name: &str, count: usize) -> String {
    let call = |number: usize| {
        format!(
            "{{\"ts\":\"2026-10-05T08:00:00.000Z\",\"latency_ms\":800,\"workload\":\"triage\",\"request_id\":\"{name}-{number}\",\
             \"request\":{{\"model\":\"gpt-5.4-mini\"}},\"response\":{{\"id\":\"chatcmpl-{name}-{number}\",\"object\":\"chat.completion\",\
             \"model\":\"gpt-5.4-mini-2026-03-17\",\"usage\":{{\"prompt_tokens\":1000,\"completion_tokens\":100}}}}}}\n"
        )
    };
    (0..count).map(call).collect()
}

fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// The lines of a select over the publication and its state, without the header.
fn rows(place: &Place, select: &str) -> Vec<String> {
    let said = place.trimtab(&["sql", "--config", "trimtab.toml", "--format", "csv", select]);
    assert_eq!(said.code, 0, "{select}: {}", said.err);
    said.out.lines().skip(1).map(str::to_string).collect()
}

/// Holds the exit code, and that standard error has every part.
#[track_caller]
fn says(said: &Said, code: i32, parts: &[&str]) {
    none(differences(said, code, parts));
}

/// What is missing from what the program said.
fn differences(said: &Said, code: i32, parts: &[&str]) -> Vec<String> {
    let code = (said.code != code).then(|| format!("exit code {}, expected {code}", said.code));
    let parts = parts.iter().filter(|part| !said.err.contains(**part)).map(|part| format!("lacks `{part}`"));
    code.into_iter().chain(parts).map(|fault| format!("{fault}; it says:\n{}", said.err)).collect()
}

#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Runs the program in a folder with no environment but the given one: no credentials, no proxy.
fn bare(place: &Place, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trimtab"));
    said(command.args(arguments).current_dir(place.path("")).env_clear().envs(environment.iter().copied()).output())
}

/// A store that refuses every request; gives its URL.
fn refusing_server(status: &'static str, code: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            if stream.read(&mut [0; 8_192]).unwrap_or(0) == 0 {
                continue;
            }
            let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>refused</Message></Error>");
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

#[test]
fn a_bad_object_that_its_owner_takes_away_is_forgiven() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("good", 3));
    place.write("logs/b.jsonl", "{\"ts\":7}\n");
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    says(&place.trimtab(&RUN), 5, &["check_rejected_share"]);
    std::fs::rename(place.path("logs/b.jsonl"), place.path("logs/b.old")).unwrap();
    says(&place.trimtab(&RUN), 0, &[]);
    assert_eq!(rows(&place, "select count(*) as n from quarantine"), ["0"]);
}

#[test]
fn an_overlay_with_a_folder_of_another_name_is_refused() {
    let place = Place::new();
    place.write("overlay/query/marts/x.sql", "select 1");
    says(
        &place.trimtab(&["check", "--project", "overlay"]),
        2,
        &["query/marts/x.sql", "stands in no folder", "hint: "],
    );
}

#[test]
fn a_price_that_cannot_be_one_is_refused_with_its_line() {
    let head = "provider,model_id,bucket,service_tier,region_class,above_prompt_tokens,band_mode,usd_per_mtok,valid_from,valid_to,is_derived,source_url,checked_on\n";
    for (row, part) in [
        ("openai,gpt-5.5,input,standard,global,0,whole_request,-5,2026-11-01,,false,x,2026-11-21", "is negative"),
        (
            "openai,gpt-5.5,inputt,standard,global,0,whole_request,5,2026-11-01,,false,x,2026-11-21",
            "`inputt` is no bucket",
        ),
        (
            "openai,gpt-5.5,input,Standard,global,0,whole_request,5,2026-11-01,,false,x,2026-11-21",
            "`Standard` is no service_tier",
        ),
        ("openai,gpt-5.5,input,standard,global,0,whole_requst,5,2026-11-01,,false,x,2026-11-21", "is no band_mode"),
        (
            "openai,gpt-nope,input,standard,global,0,whole_request,5,2026-11-01,,false,x,2026-11-21",
            "is in no row of models",
        ),
        (
            "openai,gpt-5.5,input,standard,global,0,whole_request,5,2026-11-01,2026-10-01,false,x,2026-11-21",
            "ends before it begins",
        ),
        (
            "openai,gpt-5.5,input,standard,global,0,whole_request,1.1234567,2026-11-01,,false,x,2026-11-21",
            "more digits",
        ),
    ] {
        let place = Place::new();
        place.write("overlay/queries/seeds/model_prices.csv", format!("{head}{row}\n"));
        says(
            &place.trimtab(&["check", "--project", "overlay"]),
            2,
            &[part, "queries/seeds/model_prices.csv", "hint: "],
        );
    }
}

#[test]
fn a_time_in_the_wrong_unit_rejects_its_row_and_nothing_else() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("good", 3) + &calls("far", 1).replace("2026-10-05", "2250-10-05"));
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], LENIENT);
    says(&place.trimtab(&RUN), 0, &["NO_TIME"]);
    assert_eq!(rows(&place, "select count(*) as n from requests"), ["3"]);
    says(&place.trimtab(&["run", "--config", "trimtab.toml", "--date", "0001-01-01"]), 2, &["2000 to 2199", "hint: "]);
}

/// One count beyond all reason ended the night, where a call with such a count is only rejected.
#[test]
fn scores_with_counts_that_cannot_be_are_rejected_alone() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("good", 3));
    let score =
        |item: &str, counts: &str| format!("openai,gpt-5.5,w,set,human,{item},true,{counts},2026-10-05T10:00:00Z\n");
    let head = "provider,model_id,workload_id,eval_set,method,item_id,is_correct,input_tokens,output_tokens,reasoning_tokens,scored_at\n";
    let rows_in = [
        score("fits", "100,40,10"),
        score("unsaid", ",,"),
        score("below", "-1,40,"),
        score("above", "100,9000000000000000000,"),
        score("thought", "100,40,41"),
    ];
    place.write("scores/a.csv", head.to_string() + &rows_in.concat());
    let sources = [("apps", "openai_envelope", "logs/"), ("scores", "evaluations_table", "scores/")];
    place.run_file(DATE, &sources, LENIENT);
    says(&place.trimtab(&RUN), 0, &["BAD_USAGE"]);
    assert_eq!(rows(&place, "select item_id from evaluations order by item_id"), ["fits", "unsaid"]);
}

#[test]
fn a_score_that_comes_again_counts_once_and_one_that_says_otherwise_is_kept() {
    let place = Place::new();
    place.write("logs/a.jsonl", calls("good", 3));
    let score =
        |item: &str, is_correct: bool| format!("openai,gpt-5.5,w,set,human,{item},{is_correct},2026-10-05T10:00:00Z\n");
    let head = "provider,model_id,workload_id,eval_set,method,item_id,is_correct,scored_at\n";
    for (first, second) in [(true, false), (false, true)] {
        let rows_in = [score("same", true), score("same", true), score("other", first), score("other", second)];
        place.write("scores/a.csv", head.to_string() + &rows_in.concat());
        let sources = [("apps", "openai_envelope", "logs/"), ("scores", "evaluations_table", "scores/")];
        place.run_file(DATE, &sources, LENIENT);
        says(&place.trimtab(&RUN), 0, &[]);
        let select = "select concat(item_id, ' ', cast(count(*) as varchar), ' ', cast(sum(x_repeats) as varchar)) as said \
            from evaluations group by item_id order by item_id";
        assert_eq!(rows(&place, select), ["other 2 0", "same 1 1"]);
    }
}

#[test]
fn half_a_usage_is_no_usage_and_a_reserved_name_names_nothing() {
    let place = Place::new();
    let call = |id: &str, workload: &str, usage: &str| {
        format!(
            "{{\"ts\":\"2026-10-05T10:00:00Z\",\"workload\":\"{workload}\",\"response\":{{\"id\":\"{id}\",\"object\":\"chat.completion\",\"model\":\"gpt-5.5\",\"usage\":{{{usage}}}}}}}\n"
        )
    };
    let whole = "\"prompt_tokens\":10,\"completion_tokens\":5";
    place.write(
        "logs/a.jsonl",
        call("a", "w", "\"prompt_tokens\":100")
            + &call("b", "w", whole)
            + &call("c", "unattributed", whole)
            + &call("d", "", whole),
    );
    place.run_file(DATE, &[("apps", "openai_envelope", "logs/")], "");
    says(&place.trimtab(&RUN), 0, &[]);
    assert_eq!(
        rows(
            &place,
            "select workload_id, workload_source, requests, no_usage_requests from workloads order by workload_id"
        ),
        ["unattributed,unattributed,2,0", "w,tag,2,1"]
    );
}
