//! Bills that are stated anew: by whole objects (runs of a month, partitions with a manifest) and by rows (pulls of a day).
//!
//! Goal: after every delivery the sum of the charges is that of the latest statement to the last digit, and a state that
//! grew night by night publishes the same bytes as one that reads everything again. Method: the program itself over
//! made-up formats of an overlay, laid out like the exports of two clouds and a vendor's console; each night runs with
//! and without `--full`, and the last one also from nothing.

use std::fs::File;
use std::time::{Duration, SystemTime};

use super::support::{Place, Said};

const DATE: &str = "2026-10-09";

/// A bill of day, project and amount, in the format `name` with more lines in its header.
fn format(place: &Place, name: &str, header: &str, more_columns: &str) {
    place.write(
        &format!("overlay/schemas/sources/{name}.sql"),
        format!(
            "-- One line of an invented bill.\n--\n-- docs: none, the bill is invented\n-- status: unverified\n-- recognised_by: day is not null\n{header}create external table {name} (\n    day date not null,\n    project varchar,\n    amount decimal(38,12)\n)\nstored as csv\nlocation 'bill/';\n"
        ),
    );
    place.write(
        &format!("overlay/queries/staging/charges/{name}.sql"),
        format!(
            "-- One charge of an invented bill.\n--\n-- grain: the line of the file\n-- tokens: the bill counts none\n-- docs: none, the bill is invented\nselect\n    _object_key as x_object_key,\n    _line as x_line,{more_columns}\n    project as sub_account_id,\n    'invented' as provider_name,\n    'Usage' as charge_category,\n    cast(day as timestamp) as charge_period_start,\n    amount as billed_cost,\n    'USD' as billing_currency\nfrom {name}\n"
        ),
    );
}

/// Lines of day of October, project and amount.
fn lines(lines: &[(u8, &str, &str)]) -> String {
    let lines = lines.iter().map(|(day, project, amount)| format!("2026-10-{day:02},{project},{amount}\n"));
    format!("day,project,amount\n{}", lines.collect::<String>())
}

/// A folder with one bill and two run files over it: one state that grows, and one that reads everything every night.
fn bill(format: &str) -> Place {
    let place = Place::new();
    place.run_file(DATE, &[("bill", format, "bill/")], "");
    let text = format!("project = \"overlay\"\n{}", place.read("trimtab.toml"));
    place.write("trimtab.toml", &text);
    place.write("full.toml", text.replace("\"out/", "\"full/"));
    place.write("fresh.toml", text.replace("\"out/", "\"fresh/"));
    place
}

fn run(place: &Place, file: &str, more: &[&str]) -> Said {
    let said = place.trimtab(&[&["run", "--config", file], more].concat());
    assert_eq!(said.code, 0, "{file}: {}", said.err);
    said
}

/// Two run files of one folder published the same and keep the same charges, to the last byte.
fn same_bytes(place: &Place, one: &str, other: &str) {
    for (folder, leave_out) in [
        ("", &["state"][..]),
        ("/state/charges", &[]),
        ("/state/charges_originals", &[]),
        ("/state/ledger.jsonl.zst", &[]),
    ] {
        let below = |top: &str| match place.path(&format!("{top}{folder}")) {
            path if path.is_file() => vec![(folder.to_string(), std::fs::read(path).expect("a file"))],
            path if path.is_dir() => place.files(&format!("{top}{folder}"), leave_out),
            _ => Vec::new(),
        };
        let (one, other) = (below(one), below(other));
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&one), names(&other));
        assert!(one.len() > 5 || !folder.is_empty(), "something is published");
        for ((name, a), (_, b)) in one.iter().zip(&other) {
            assert!(a == b, "`{name}` differs:\n{}\n{}", String::from_utf8_lossy(a), String::from_utf8_lossy(b));
        }
    }
}

/// One night, held to what the bill must say by day. Answers what the night said.
fn night(place: &Place, expected: &[(&str, &str)]) -> Said {
    let said = run(place, "trimtab.toml", &[]);
    assert_eq!(charges(place), amounts(expected), "{}", said.err);
    run(place, "full.toml", &["--full"]);
    same_bytes(place, "out", "full");
    said
}

/// The same night again reads nothing, and a state that never saw the older deliveries says the same.
fn fresh(place: &Place) {
    let again = run(place, "trimtab.toml", &[]);
    assert!(again.err.contains("bill: 0 objects, 0 records"), "nothing is read twice: {}", again.err);
    same_bytes(place, "out", "full");
    run(place, "fresh.toml", &[]);
    same_bytes(place, "out", "fresh");
    std::fs::remove_dir_all(place.path("fresh")).expect("a folder");
}

/// Charges by day, with the proof that every row is counted: rows in = kept + repeated + rejected.
fn charges(place: &Place) -> Vec<(String, String)> {
    let rows = place.sql(
        "select cast(event_date as varchar) as day, cast(sum(billed_cost) as varchar) as cost from charges group by event_date \
         union all select 'lost', cast(rows_in - rows_kept - rows_repeated - rows_rejected as varchar) from coverage where event_date is null \
         union all select 'more', cast(rows_kept - (select count(*) from charges) as varchar) from coverage where event_date is null \
         union all select 'counted', cast(count(*) as varchar) from ledger where is_superseded and rows + records + rejected_rows > 0 \
         order by day",
    );
    let (days, proofs): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .map(|row| (row["day"].clone(), row["cost"].clone()))
        .partition(|(day, _)| day.starts_with('2'));
    assert!(proofs.len() == 3 && proofs.iter().all(|(_, cost)| cost == "0"), "{proofs:?}");
    days
}

/// Days of October with amounts of twelve decimals.
fn amounts(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let amount = |text: &str| {
        let (whole, part) = text.split_once('.').expect("a decimal point");
        format!("{whole}.{part:0<12}")
    };
    expected.iter().map(|(day, cost)| (format!("2026-10-{day}"), amount(cost))).collect()
}

fn superseded(place: &Place) -> Vec<String> {
    let rows = place.sql("select object_key from ledger where is_superseded order by object_key");
    rows.into_iter().map(|row| row["object_key"].clone()).collect()
}

fn delete(place: &Place, name: &str) {
    std::fs::remove_file(place.path(name)).expect("a file to delete");
}

// ---- runs of a month, each in a folder of its own

const RUNS: &str = "-- objects:  part_[^/]*\\.csv$\n-- snapshot: ^export/(?<period>\\d{8}-\\d{8})/(?<version>\\d{12})/\n-- manifest: ^export/(?<period>\\d{8}-\\d{8})/(?<version>\\d{12})/[^/]+/manifest\\.json$ -> blobs.blobName\n";

/// Writes a run of October with its parts; the manifest names them below the container's root.
fn month_run(place: &Place, version: &str, parts: &[&str], has_manifest: bool) {
    let folder = format!("export/20261001-20261031/{version}/guid-{version}");
    for (number, part) in parts.iter().enumerate() {
        place.write(&format!("bill/{folder}/part_{number}_0001.csv"), part);
    }
    if has_manifest {
        let blobs: Vec<_> = (0..parts.len())
            .map(|number| serde_json::json!({ "blobName": format!("billing/{folder}/part_{number}_0001.csv"), "dataRowCount": 1 }))
            .collect();
        let manifest = serde_json::json!({ "blobCount": parts.len(), "blobs": blobs });
        place.write(&format!("bill/{folder}/manifest.json"), manifest.to_string());
    }
}

#[test]
fn of_the_runs_of_a_month_the_newest_complete_one_counts() {
    let place = bill("runs_bill");
    format(&place, "runs_bill", RUNS, "");
    month_run(&place, "202610050512", &[&lines(&[(1, "a", "10.10"), (2, "a", "1.000000000001")])], true);
    night(&place, &[("01", "10.10"), ("02", "1.000000000001")]);

    // The next run states the month to date anew, in two parts, and adds a day; the first day shrank.
    month_run(
        &place,
        "202610060512",
        &[
            &lines(&[(1, "a", "9.90"), (3, "a", "4.25")]),
            &lines(&[(2, "a", "1.5"), (2, "a", "1.5"), (3, "b", "-0.25")]),
        ],
        true,
    );
    let said = night(&place, &[("01", "9.90"), ("02", "3.0"), ("03", "4.00")]);
    assert!(said.err.contains("bill: 2 objects, 5 records, 0 rejected, 1 superseded"), "{}", said.err);
    let first = "export/20261001-20261031/202610050512/guid-202610050512/part_0_0001.csv";
    assert_eq!(superseded(&place), [first]);

    // A third run is half written: it waits for its manifest.
    let third = [&lines(&[(1, "a", "9.91")])[..], &lines(&[(4, "b", "7.77")])];
    month_run(&place, "202610070512", &third[..1], false);
    let said = night(&place, &[("01", "9.90"), ("02", "3.0"), ("03", "4.00")]);
    assert!(said.err.contains("`202610070512` waits for its manifest"), "{}", said.err);

    // A manifest that names a part which is not there yet changes nothing either.
    month_run(&place, "202610070512", &third, true);
    let missing = "bill/export/20261001-20261031/202610070512/guid-202610070512/part_1_0001.csv";
    delete(&place, missing);
    let said = night(&place, &[("01", "9.90"), ("02", "3.0"), ("03", "4.00")]);
    assert!(said.err.contains("part_1_0001.csv`, which is not there: what counted before goes on"), "{}", said.err);

    month_run(&place, "202610070512", &third, true);
    night(&place, &[("01", "9.91"), ("04", "7.77")]);
    assert_eq!(superseded(&place).len(), 3);
    fresh(&place);

    // The newest run is deleted: the one before counts again. Then the export tidies up: nothing changes.
    std::fs::remove_dir_all(place.path("bill/export/20261001-20261031/202610070512")).expect("a folder");
    night(&place, &[("01", "9.90"), ("02", "3.0"), ("03", "4.00")]);
    std::fs::remove_dir_all(place.path("bill/export/20261001-20261031/202610050512")).expect("a folder");
    night(&place, &[("01", "9.90"), ("02", "3.0"), ("03", "4.00")]);
    assert!(superseded(&place).is_empty());
    fresh(&place);

    // A new month begins and the old one leaves the bucket as a whole: its rows stay.
    place.write("bill/export/20261101-20261130/202610080512/g/part_0_0001.csv", lines(&[(8, "a", "2.00")]));
    std::fs::remove_dir_all(place.path("bill/export/20261001-20261031")).expect("a folder");
    let said = night(&place, &[("01", "9.90"), ("02", "3.0"), ("03", "4.00"), ("08", "2.00")]);
    assert!(said.err.contains("`20261101-20261130` of source `bill` has no manifest"), "{}", said.err);
}

// ---- partitions with a manifest beside them, delivered again under the same keys

const PARTITIONS: &str = "-- objects:  ^data/.*\\.csv$\n-- snapshot: ^data/BILLING_PERIOD=(?<period>[^/]+)/\n-- manifest: ^metadata/BILLING_PERIOD=(?<period>[^/]+)/[^/]*-Manifest\\.json$ -> dataFiles\n";

fn partition(place: &Place, chunks: &[&str]) {
    for (number, chunk) in chunks.iter().enumerate() {
        place.write(&format!("bill/data/BILLING_PERIOD=2026-10/own-{number}.csv"), chunk);
    }
    let names: Vec<String> = (0..chunks.len())
        .map(|number| format!("s3://own-bucket/prefix/own/data/BILLING_PERIOD=2026-10/own-{number}.csv"))
        .collect();
    let manifest = serde_json::json!({ "executionId": "x", "dataFiles": names }).to_string();
    place.write("bill/metadata/BILLING_PERIOD=2026-10/own-Manifest.json", manifest);
}

#[test]
fn a_partition_is_what_its_manifest_lists() {
    let place = bill("partition_bill");
    format(&place, "partition_bill", PARTITIONS, "");
    place.write("bill/data/BILLING_PERIOD=2026-09/own-0.csv", lines(&[(1, "september", "0.01")]));
    partition(&place, &[&lines(&[(1, "a", "1.10")]), &lines(&[(2, "a", "2.20")]), &lines(&[(2, "b", "3.30")])]);
    night(&place, &[("01", "1.11"), ("02", "5.50")]);

    // Delivered again under the same keys with fewer files: the third chunk is a leftover, then it is tidied up.
    partition(&place, &[&lines(&[(1, "a", "1.00")]), &lines(&[(2, "a", "5.25"), (3, "c", "0.75")])]);
    night(&place, &[("01", "1.01"), ("02", "5.25"), ("03", "0.75")]);
    assert_eq!(superseded(&place), ["data/BILLING_PERIOD=2026-10/own-2.csv"]);
    delete(&place, "bill/data/BILLING_PERIOD=2026-10/own-2.csv");
    night(&place, &[("01", "1.01"), ("02", "5.25"), ("03", "0.75")]);
    assert!(superseded(&place).is_empty());
    fresh(&place);

    // Half delivered: the manifest is new, one chunk is, the other is missing. The month stays whole.
    partition(&place, &[&lines(&[(1, "a", "100.00")]), &lines(&[(2, "a", "5.25")]), &lines(&[(3, "a", "6.00")])]);
    delete(&place, "bill/data/BILLING_PERIOD=2026-10/own-2.csv");
    let said = run(&place, "trimtab.toml", &[]);
    assert!(said.err.contains("own-Manifest.json` of `2026-10` of source `bill` names"), "{}", said.err);
    assert_eq!(charges(&place), amounts(&[("01", "1.01"), ("02", "5.25"), ("03", "0.75")]));
    run(&place, "full.toml", &["--full"]);
    same_bytes(&place, "out", "full");

    place.write("bill/data/BILLING_PERIOD=2026-10/own-2.csv", lines(&[(3, "a", "6.00")]));
    night(&place, &[("01", "100.01"), ("02", "5.25"), ("03", "6.00")]);
    fresh(&place);
}

#[test]
fn a_partition_without_manifests_loses_what_it_no_longer_lists() {
    let place = bill("bare_bill");
    format(&place, "bare_bill", "-- snapshot: ^(?<period>[^/]+)/\n", "");
    place.write("bill/2026-10/0.csv", lines(&[(1, "a", "1.10")]));
    place.write("bill/2026-10/1.csv", lines(&[(1, "a", "2.20")]));
    night(&place, &[("01", "3.30")]);
    delete(&place, "bill/2026-10/1.csv");
    night(&place, &[("01", "1.10")]);
    fresh(&place);
}

// ---- pulls that state days anew

const PULLS: &str = "\n    'day of a project' || cast(day as varchar) || project as x_restates,\n    _object_modified_at as x_restated_at,";

fn at(place: &Place, name: &str, minutes: u64) {
    let file = File::options().write(true).open(place.path(name)).expect("a file");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_791_000_000 + 60 * minutes);
    file.set_modified(time).expect("a time of change");
}

#[test]
fn of_the_pulls_that_state_a_day_the_latest_counts() {
    let place = bill("pulls_bill");
    format(&place, "pulls_bill", "", PULLS);
    // Equal lines of one pull are real: both count.
    place.write("bill/z_first.csv", lines(&[(5, "a", "1.25"), (5, "a", "1.25"), (5, "b", "0.10"), (6, "a", "4.00")]));
    at(&place, "bill/z_first.csv", 1);
    night(&place, &[("05", "2.60"), ("06", "4.00")]);

    // A later pull knows more of the 6th and less of the 5th; it says nothing of project b.
    place.write("bill/a_second.csv", lines(&[(5, "a", "2.75"), (6, "a", "3.00"), (6, "a", "2.000000000001")]));
    at(&place, "bill/a_second.csv", 2);
    night(&place, &[("05", "2.85"), ("06", "5.000000000001")]);
    let coverage = place.sql("select rows_in, rows_kept, rows_repeated, rows_repeated_of_other_source from coverage where event_date is null");
    let cells: Vec<&str> = coverage[0].values().map(String::as_str).collect();
    assert_eq!(cells, ["7", "4", "3", "0"], "in, kept, repeated, of another source: {coverage:?}");
    assert_eq!(place.sql("select count(*) as n from charges where x_repeats <> 0")[0]["n"], "0");
    fresh(&place);

    // The later pull turns out to be older than the first: the first counts again, with both of its equal lines.
    at(&place, "bill/a_second.csv", 0);
    night(&place, &[("05", "2.60"), ("06", "4.00")]);
    at(&place, "bill/a_second.csv", 3);
    night(&place, &[("05", "2.85"), ("06", "5.000000000001")]);

    // The latest pull comes again without the 6th: the day is what the first pull said.
    place.write("bill/a_second.csv", lines(&[(5, "a", "2.70")]));
    at(&place, "bill/a_second.csv", 4);
    night(&place, &[("05", "2.80"), ("06", "4.00")]);
    fresh(&place);

    // A pull that leaves the bucket keeps what it stated, as every vanished object does.
    delete(&place, "bill/a_second.csv");
    night(&place, &[("05", "2.80"), ("06", "4.00")]);
}

#[test]
fn a_bill_that_only_adds_lines_is_the_sum_of_its_files() {
    let place = bill("added_bill");
    format(&place, "added_bill", "", "");
    place.write("bill/20261005.csv", lines(&[(5, "a", "1.25"), (5, "a", "1.25")]));
    night(&place, &[("05", "2.50")]);
    place.write("bill/20261006.csv", lines(&[(5, "a", "1.25"), (5, "a", "-0.50"), (6, "a", "4.00")]));
    night(&place, &[("05", "3.25"), ("06", "4.00")]);
    delete(&place, "bill/20261005.csv");
    night(&place, &[("05", "3.25"), ("06", "4.00")]);
    assert!(superseded(&place).is_empty());
}

#[test]
fn a_header_that_cannot_work_is_refused_with_its_file_and_a_remedy() {
    let place = bill("bad_bill");
    format(&place, "bad_bill", "-- manifest: ^(?<period>x) -> files\n", "");
    place.write("bill/a.csv", lines(&[(5, "a", "1.25")]));
    let said = place.trimtab(&["run", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 2, "{}", said.err);
    for part in ["`manifest:` stands without `snapshot:`", "schemas/sources/bad_bill.sql", "hint: "] {
        assert!(said.err.contains(part), "{}", said.err);
    }
}
