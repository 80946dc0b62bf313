//! The whole job over the sample company: snapshots as text, the generator's own truth, and the same bytes again.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::OnceLock;

use crate::support::{Place, root};

/// The built-in sample, run once for all tests of this file.
fn sample() -> &'static (Place, String) {
    static SAMPLE: OnceLock<(Place, String)> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let place = Place::new();
        let said = place.trimtab(&["run"]);
        assert_eq!(said.code, 0, "{}", said.err);
        (place, said.out)
    })
}

/// Rows of a select over the sample, as cells of text.
fn rows(select: &str) -> Vec<Vec<String>> {
    let said = sample().0.trimtab(&["sql", select, "--format", "csv"]);
    assert_eq!(said.code, 0, "{}", said.err);
    table(&said.out)
}

fn table(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_string).collect()).collect()
}

fn file(name: &str) -> Vec<Vec<String>> {
    table(&std::fs::read_to_string(root().join(name)).expect(name))
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn the_summary_says_the_same() {
    snapshot("summary.md", &sample().0.read("trimtab-out/summary/run_date=2026-11-21/summary.md"));
}

#[test]
fn decisions_and_the_best_alternatives_say_the_same() {
    let said = sample().0.trimtab(&[
        "sql",
        "select workload_id, action, reason, reason_codes, from_model_id, to_model_id, current_monthly_cost_usd, \
         projected_monthly_cost_usd, price_only_monthly_savings_usd, estimated_monthly_savings_usd, \
         estimated_monthly_savings_p10_usd, estimated_monthly_savings_p90_usd, horizon_monthly_savings_usd, stage, \
         evidence_grade, verdict, risk_points, net_monthly_savings_usd, net_monthly_savings_p10_usd, \
         net_monthly_savings_p90_usd, one_off_usd, npv_usd, payback_months, roi_ratio, roi_status, net_evsi_usd, assumptions \
         from decisions order by workload_id",
        "--format",
        "csv",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    snapshot("decisions", &said.out);
    let said = sample().0.trimtab(&[
        "sql",
        "select workload_id, option_rank, recommendation_id, to_provider, to_model_id, finding, binding_gate, \
         estimated_monthly_savings_usd, pass_share_requests, pass_share_spend, is_cache_lost, is_tier_lost, tau_source \
         from alternatives where option_rank <= 2 order by workload_id, option_rank",
        "--format",
        "csv",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    snapshot("alternatives", &said.out);
}

#[test]
fn the_readme_shows_the_real_output() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let block = readme.split("<!-- sample output -->").nth(1).expect("a marked block in README.md");
    let page = sample().0.read("trimtab-out/summary/run_date=2026-11-21/summary.md");
    let shown = block.trim().trim_start_matches("```text").trim_end_matches("```").trim();
    assert!(page.starts_with(shown), "README.md shows another page than the run; put this there:\n{page}");
    assert!(shown.lines().count() > 20, "the shown part is the page, not a line of it");
    assert!(sample().1.contains(shown), "the page is printed by the run");
}

/// `truth.csv`: workload_id, requests_28d, spend_28d_usd, action, target_provider, target_model_id,
/// price_only_monthly_saving_usd, binding_gate, note; computed by the generator in integers.
#[test]
fn every_workload_is_judged_as_planted() {
    let decisions: BTreeMap<String, Vec<String>> = rows(
        "select workload_id, action, reason, coalesce(reason_codes, ''), to_provider, to_model_id, spend_window_usd, requests, unpriced_requests, wait_until from decisions",
    )
    .into_iter()
    .map(|row| (row[0].clone(), row))
    .collect();
    let savings: BTreeMap<String, String> = rows(
        "select workload_id || ' ' || to_provider || ' ' || to_model_id, price_only_monthly_savings_usd from alternatives where lever = 'lever_smaller_model'",
    )
    .into_iter()
    .map(|row| (row[0].clone(), row[1].clone()))
    .collect();
    let truth = file("sample_data/company/truth.csv");
    assert!(truth.len() >= 12, "a dozen or more workloads");
    assert_eq!(decisions.len(), truth.len(), "one decision per planted workload: {:?}", decisions.keys());
    for row in &truth {
        let [workload, requests, spend, action, provider, model, saving, gate, note] = row.as_slice() else {
            panic!("truth.csv has other columns")
        };
        let found = decisions.get(workload).unwrap_or_else(|| panic!("no decision for {workload}"));
        let (did, reason, codes) = (&found[1], &found[2], &found[3]);
        assert_eq!(&found[7], requests, "{workload}: requests");
        if spend.is_empty() {
            assert_eq!(found[8], *requests, "{workload}: all of it is unpriced, none of it is zero");
        } else {
            assert_eq!(&found[6], spend, "{workload}: spend");
        }
        if !gate.is_empty() {
            assert!(
                reason == gate || codes.split(", ").any(|code| code == gate),
                "{workload}: gate {gate}, said {reason} and {codes}"
            );
        }
        if !saving.is_empty() {
            let key = format!("{workload} {provider} {model}");
            assert_eq!(savings.get(&key), Some(saving), "{workload}: price-only saving on {model}");
        }
        // Equality: the action, the model that it speaks of, and the reason, which is the gate or what the note opens with.
        assert_eq!(did, action, "{workload}: {reason}, {codes}");
        if !provider.is_empty() {
            assert_eq!((&found[4], &found[5]), (provider, model), "{workload}");
        }
        let planted = match (gate.as_str(), note.split([' ', ':']).next().unwrap_or_default()) {
            ("", _) if action == "MOVE" => "PROVEN",
            ("", "price") => "NOTHING_PAYS",
            ("", "no") => "UNATTRIBUTED",
            ("", opening) => opening,
            (gate, _) => gate,
        };
        assert_eq!(reason, planted, "{workload}");
        let (wait, age) = (&found[9], "2026-12-31");
        assert_eq!(wait, if action == "WAIT_MATURITY" { age } else { "" }, "{workload}: the date to wait for");
    }
    assert!(truth.iter().any(|row| row[3] == "MOVE"), "the sample shows a proven move");
}

/// The page for one workload: facts, arithmetic that adds up, evidence with its figures, what would change the answer.
#[test]
fn explain_shows_proof_and_arithmetic() {
    for (workload, parts) in [
        (
            "ticket-triage",
            &[
                "action      MOVE: PROVEN",
                "less maintenance            $180.00",
                "less expected rework        $2.13",
                "after costs                 $1,031.56",
                "payback                     5.50 months",
                "grade A, NON_INFERIOR",
                "14 only the model in use got right, 16 only the candidate",
                "fewer calls: at 586 a month",
                "openai gpt-5.4-mini: blocked by UNKNOWN_FACT",
            ][..],
        ),
        ("claims-summary", &["action      KEEP: INFERIOR", "0.92 in use, 0.78 candidate", "64 only the model in use"]),
        (
            "nightly-tagging",
            &["KEEP: EVAL_NOT_WORTH_IT", "ROI                         not stated", "371 items would cost"],
        ),
        ("voice-notes", &["WAIT_MATURITY: PROTOTYPE, not before 2026-12-31", "can be mature on 2026-12-31"]),
        ("translation", &["the gate UNKNOWN_FACT: a catalog row that states languages"]),
    ] {
        let said = sample().0.trimtab(&["explain", workload]);
        assert_eq!(said.code, 0, "{}", said.err);
        for part in parts {
            assert!(said.out.contains(part), "{workload} lacks `{part}`:\n{}", said.out);
        }
    }
}

/// Benefits in time and revenue stand beside a decision and in no saving.
/// A question that changes nothing gets the night's own answer; prices, traffic and evaluations change it.
#[test]
fn what_if_decides_again_like_the_night() {
    let ask = |arguments: &[&str]| sample().0.trimtab(&[&["whatif"], arguments].concat());
    for (workload, model) in [("nightly-tagging", "gpt-5.6-luna"), ("voice-notes", "openai/gpt-5.6-luna")] {
        let asked = ask(&["--workload", workload, "--to", model]);
        assert_eq!(asked.code, 0, "{}", asked.err);
        let explained = sample().0.trimtab(&["explain", workload]).out;
        // Up to the other alternatives, and to what only they could ask: one candidate has none beside it.
        let reasoning = explained.split("\nwhat would change").next().expect("the reasoning");
        assert!(reasoning.contains("arithmetic, a month"), "{explained}");
        assert!(asked.out.contains(reasoning), "{workload}:\n{}\nand\n{explained}", asked.out);
    }
    for (arguments, parts) in [
        (
            &["--workload", "ticket-triage", "--to", "gpt-5.6-luna", "--price", "100,500"][..],
            &["decided    MOVE: PROVEN", "action      KEEP: NOTHING_PAYS", "at $100, $500 per million tokens"][..],
        ),
        (
            &[
                "--workload",
                "nightly-tagging",
                "--to",
                "gpt-5.6-luna",
                "--volume",
                "100",
                "--accuracy",
                "0.91,0.90",
                "--items",
                "500",
            ],
            &[
                "action      PILOT: GROWING",
                "32,400 calls",
                "saving                      $6,504.94",
                "40 only the model in use got right, 35 only the candidate",
                "grade A, NON_INFERIOR",
            ],
        ),
        (
            &["--workload", "nightly-tagging", "--to", "gpt-5.6-luna", "--volume", "100", "--accuracy", "0.91,0.80"],
            &["action      KEEP: INFERIOR", "grade A, INFERIOR"],
        ),
        // The more a move would save the more it is worth a test, however surely it would pay.
        (
            &["--workload", "nightly-tagging", "--to", "gpt-5.6-luna", "--volume", "100"],
            &["action      EVALUATE_NEXT: NO_EVIDENCE"],
        ),
        // Models that are right on every item differ on none.
        (
            &["--workload", "nightly-tagging", "--to", "gpt-5.6-luna", "--accuracy", "1,1"],
            &["0 only the model in use got right, 0 only the candidate"],
        ),
    ] {
        let asked = ask(arguments);
        assert_eq!(asked.code, 0, "{}", asked.err);
        for part in parts {
            assert!(asked.out.contains(part), "{arguments:?} lacks `{part}`:\n{}", asked.out);
        }
    }
    for (arguments, fault) in [
        (["--workload", "nightly-tagging", "--to", "no-such-model"], "the catalog has no model `no-such-model`"),
        (["--workload", "no-such-workload", "--to", "gpt-5.6-luna"], "`no-such-workload` is no workload of the window"),
        (["--workload", "ticket-triage", "--to", "gpt-5.5"], "`gpt-5.5` is the model in use"),
    ] {
        let asked = ask(&arguments);
        assert_eq!(asked.code, 2, "{}", asked.err);
        assert!(asked.err.contains(fault) && asked.err.contains("hint: "), "{}", asked.err);
    }
    let asked = ask(&["--workload", "nightly-tagging", "--to", "gpt-5.6-luna", "--volume", "0.000001"]);
    assert!(asked.code == 2 && asked.err.contains("leaves not one"), "{}", asked.err);
    // A hundredth of the calls costs a hundredth, also of cells that have few.
    let asked = ask(&["--workload", "ticket-triage", "--to", "openai/gpt-5.6-luna", "--volume", "0.01"]);
    let shown = |line: &str| asked.out.lines().any(|of| of.split_whitespace().collect::<Vec<_>>().join(" ") == line);
    assert!(shown("now $12.64") && !asked.out.contains("by tier"), "{}", asked.out);
    let asked = ask(&["--workload", "nightly-tagging", "--to", "gpt-5.6-luna", "--price", "1,x"]);
    assert!(asked.code == 2 && asked.err.contains("no plain decimal"), "{}", asked.err);
}

#[test]
fn named_benefits_are_shown_and_never_added() {
    let place = Place::new();
    let line = "{\"ts\":\"2026-11-20T10:00:00Z\",\"workload\":\"w\",\"request\":{\"model\":\"gpt-6-luna\"},\"response\":{\"id\":\"a\",\"object\":\"chat.completion\",\"model\":\"gpt-6-luna\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}}\n";
    place.write("logs/1.jsonl", line);
    let run = |benefits: &str| {
        place.run_file("2026-11-24", &[("o", "openai_envelope", "logs/")], benefits);
        let said = place.trimtab(&["run", "--quiet", "--config", "trimtab.toml"]);
        assert_eq!(said.code, 0, "{}", said.err);
        let decisions =
            place.sql("select benefit_time_monthly_usd as time, benefit_revenue_monthly_usd as revenue from decisions");
        let headline = place.sql("select * from headline");
        ((decisions[0]["time"].clone(), decisions[0]["revenue"].clone()), headline)
    };
    let (none, before) = run("");
    assert_eq!(none, (String::new(), String::new()), "not named is unknown, not 0");
    let benefit = |kind: &str, usd: &str| {
        format!("[[benefits]]\nworkload = \"w\"\nkind = \"{kind}\"\nusd_per_month = \"{usd}\"\n")
    };
    let (named, after) = run(&(benefit("time", "120.50") + &benefit("time", "9.50") + &benefit("revenue", "5000")));
    assert_eq!(named, ("130.00".to_string(), "5000.00".to_string()));
    assert_eq!(before, after, "no total moves");
    for page in ["summary.md", "summary.html"] {
        let page = place.read(&format!("out/summary/run_date=2026-11-24/{page}"));
        assert!(page.contains("w: $130.00 of time, $5,000.00 of revenue a month"), "{page}");
    }
}

/// M 5.3: calls in proportion to their size strata, no retry and no failed call, the same list everywhere.
#[test]
fn a_sample_is_stratified_and_the_same_everywhere() {
    let place = &sample().0;
    let listed = |arguments: &[&str]| {
        let said = place.trimtab(&[&["sample", "nightly-tagging"], arguments].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        table(&said.out)
    };
    let eight = listed(&["--items", "8"]);
    let strata: Vec<&str> = eight.iter().map(|row| row[5].as_str()).collect();
    // 146, 46 and 129 calls: 3.6, 1.1 and 3.2 of eight, the largest remainder first.
    assert_eq!(strata, ["128000", "128000", "128000", "128000", "131072", "164000", "164000", "164000"]);
    assert_eq!(eight, listed(&["--items", "8"]));
    assert_ne!(eight, listed(&["--items", "8", "--seed", "2"]));
    let twenty = listed(&["--items", "20"]);
    assert!(
        eight.iter().filter(|row| twenty.iter().any(|other| other[3] == row[3])).count() == 8,
        "a longer list extends"
    );
    let all = listed(&[]);
    let failed =
        rows("select x_record_id from requests_priced where workload_id = 'nightly-tagging' and x_status = 'error'");
    assert!(all.iter().all(|row| failed.iter().all(|call| call[0] != row[3])), "no failed call is asked for");
    assert_eq!(all.len(), 321, "371 are planned, 321 exist");
    let said = place.trimtab(&["sample", "nightly-tagging"]).err;
    assert!(said.contains("371 calls are wanted and 321 of the window succeeded"), "{said}");
    for arguments in [&["sample", "nobody", "--items", "3"][..], &["sample", "nobody"]] {
        let unknown = place.trimtab(arguments);
        assert_eq!(unknown.code, 2, "{}", unknown.err);
        assert!(unknown.err.contains("no kept call of workload `nobody`"), "{}", unknown.err);
    }
}

/// What `evidence_gaps` says to run can be run, also where the decision itself plans no evaluation.
#[test]
fn every_gap_can_be_sampled() {
    let gaps = rows(
        "select evidence_gaps.sample_command, evidence_gaps.items_available, decisions.planned_items is null from evidence_gaps \
         inner join decisions on decisions.workload_id = evidence_gaps.workload_id",
    );
    assert!(gaps.iter().any(|gap| gap[2] == "true"), "a gap that the decision plans nothing for");
    for gap in gaps {
        let arguments: Vec<&str> = gap[0].split(' ').skip(1).collect();
        let said = sample().0.trimtab(&arguments);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(table(&said.out).len() as i64 >= gap[1].parse().unwrap(), "{} lists what it says is there", gap[0]);
    }
}

/// `totals.csv`: scope, source, provider, model_id, workload_id, measure, value; the generator's own count.
#[test]
fn every_total_equals_the_generators() {
    let mut found: BTreeMap<(String, String), String> = BTreeMap::new();
    for row in rows(
        "select source, records_read, rows_kept, rows_repeated, records_rejected from coverage where event_date is null",
    ) {
        for (place, measure) in ["records", "rows_kept", "rows_repeated", "lines_rejected"].iter().enumerate() {
            found.insert((row[0].clone(), (*measure).into()), row[place + 1].clone());
        }
    }
    let mut seen = 0;
    for row in file("sample_data/company/totals.csv").iter().filter(|row| row[0] == "source" && row[5] != "objects") {
        let key = (row[1].clone(), row[5].clone());
        assert_eq!(found.get(&key), Some(&row[6]), "{key:?}");
        seen += 1;
    }
    assert!(seen >= 20, "the totals name their sources");
    let wanted: BTreeMap<(String, String), String> = file("sample_data/company/totals.csv")
        .into_iter()
        .filter(|row| row[0] == "model_all_days" && row[5] == "spend_usd" && !row[6].is_empty())
        .map(|row| ((row[2].clone(), row[3].clone()), row[6].clone()))
        .collect();
    assert!(wanted.len() > 5, "spend per model is in totals.csv");
    let spent: BTreeMap<(String, String), String> = rows(
        "select provider, billed_model_id, sum(cost_usd) from requests_priced where price_status = 'priced' and event_date < date '2026-11-21' group by provider, billed_model_id",
    )
    .into_iter()
    .map(|row| ((row[0].clone(), row[1].clone()), row[2].clone()))
    .collect();
    for (model, usd) in wanted {
        assert_eq!(spent.get(&model), Some(&usd), "{model:?}");
    }
}

/// A column's comment and the contract's version travel inside the published file.
#[test]
fn published_files_document_themselves() {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let files = sample().0.files("trimtab-out", &["state"]);
    let marts: Vec<_> = files.iter().filter(|(name, _)| name.ends_with(".parquet")).collect();
    assert_eq!(marts.len(), 21);
    for (name, bytes) in marts {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::copy_from_slice(bytes)).expect("Parquet");
        let mart = name.rsplit('/').next().expect("a file").trim_end_matches(".parquet");
        let contract =
            std::fs::read_to_string(root().join(format!("schemas/contracts/{mart}.sql"))).expect("its contract");
        let version = contract.lines().find_map(|line| line.strip_prefix("-- version:")).map(str::trim);
        assert!(version.is_some(), "{name}");
        assert_eq!(reader.schema().metadata().get("contract_version").map(String::as_str), version, "{name}");
        for field in reader.schema().fields() {
            assert!(
                field.metadata().get("description").is_some_and(|text| !text.is_empty()),
                "{name}: {}",
                field.name()
            );
        }
    }
}

#[test]
fn a_second_run_changes_no_byte() {
    let place = Place::new();
    assert_eq!(place.trimtab(&["run", "--quiet"]).code, 0);
    let before = place.files("trimtab-out", &["state"]);
    let again = place.trimtab(&["run"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("gateway: 0 objects"), "the second run reads nothing: {}", again.err);
    assert!(again.err.contains("nothing new; the publication of 2026-11-21 stands"), "{}", again.err);
    assert!(before == place.files("trimtab-out", &["state"]), "a published byte changed");
    std::fs::remove_file(place.path("trimtab-out/state/standing.json")).expect("what was published was noted");
    let decided = place.trimtab(&["run"]);
    assert_eq!(decided.code, 0, "{}", decided.err);
    assert!(decided.err.contains("workload_cube: 0 days"), "decided anew, it builds no day: {}", decided.err);
    assert!(before == place.files("trimtab-out", &["state"]), "deciding again changed a byte");
    assert!(sample().0.files("trimtab-out", &["state"]) == before, "another folder gives the same bytes");
    let full = place.trimtab(&["run", "--full"]);
    assert_eq!(full.code, 0, "{}", full.err);
    assert!(before == place.files("trimtab-out", &["state"]), "reading everything again changed a byte");
}

/// Every object cut in two, its lines in reverse order and under other names.
#[test]
fn shuffled_and_split_inputs_give_the_same_bytes() {
    let place = Place::new();
    let company = root().join("sample_data/company");
    for (name, bytes) in files_below(&company) {
        let text = match name.strip_suffix(".gz") {
            Some(_) => {
                let mut text = Vec::new();
                flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).map(|_| text)
            }
            None => Ok(bytes.clone()),
        };
        let is_lines = [".jsonl", ".json"].iter().any(|ending| name.trim_end_matches(".gz").ends_with(ending));
        let Some(text) =
            text.ok().filter(|text| is_lines && text.ends_with(b"\n") && !text.starts_with(b"\xef\xbb\xbf"))
        else {
            place.write(&format!("company/{name}"), bytes);
            continue;
        };
        let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        lines.reverse();
        let (first, second) = lines.split_at(lines.len() / 2);
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", &name));
        for (part, lines) in [("z-", first), ("a-", second)] {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            lines.iter().for_each(|line| packed.write_all(line).expect("memory"));
            let file = file.trim_end_matches(".gz");
            // LiteLLM and Bedrock objects are known by how their names begin: the part goes to the end of the stem.
            let (stem, ending) = file.split_once(".json").expect("an ending");
            place.write(&format!("company/{folder}/{stem}{part}.json{ending}.gz"), packed.finish().expect("memory"));
        }
    }
    std::fs::copy(root().join("sample_data/trimtab.toml"), place.path("trimtab.toml")).expect("the run file");
    let said = place.trimtab(&["run", "--quiet", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let wanted = sample().0.files("trimtab-out", &["state", "manifest", "summary"]);
    let found = place.files("out", &["manifest", "summary"]);
    for ((name, wanted), (other, found)) in wanted.iter().zip(&found) {
        assert_eq!(name, other);
        // Twice as many objects have other sizes; everything else of coverage is compared below.
        assert!(wanted == found || name.starts_with("coverage/"), "{name} differs after shuffling and splitting");
    }
    assert_eq!(wanted.len(), found.len());
    let coverage = "select * exclude (objects, bytes) from coverage order by source, event_date";
    let ours = sample().0.trimtab(&["sql", coverage, "--format", "csv"]);
    let theirs = place.trimtab(&["sql", coverage, "--format", "csv", "--config", "trimtab.toml"]);
    assert!(ours.code == 0 && ours.out.lines().count() > 6, "{}", ours.err);
    assert_eq!(ours.out, theirs.out, "coverage differs after shuffling and splitting");
}

fn files_below(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").display().to_string();
                found.push((name, std::fs::read(&path).expect("a file")));
            }
        }
    }
    found
}

/// M 0.2, EX-0.2, and a late object: one day is rebuilt, the others are not.
#[test]
fn a_call_belongs_to_the_utc_day_of_its_end() {
    let place = Place::new();
    let line = |id: &str, ts: &str| {
        format!(
            "{{\"ts\":\"{ts}\",\"workload\":\"w\",\"request\":{{\"model\":\"gpt-6-luna\"}},\"response\":{{\"id\":\"{id}\",\"object\":\"chat.completion\",\"model\":\"gpt-6-luna\",\"usage\":{{\"prompt_tokens\":10,\"completion_tokens\":5}}}}}}\n"
        )
    };
    place.write("logs/1.jsonl", line("a", "2026-11-22T01:30:00+02:00") + &line("b", "2026-11-20T23:59:59Z"));
    place.run_file("2026-11-24", &[("o", "openai_envelope", "logs/")], "");
    let said = place.trimtab(&["run", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let days = place.trimtab(&[
        "sql",
        "select event_date, count(*) as n from requests group by event_date order by event_date",
        "--format",
        "csv",
        "--config",
        "trimtab.toml",
    ]);
    assert_eq!(days.out, "event_date,n\n2026-11-20,1\n2026-11-21,1\n", "{}", days.err);
    place.write("logs/2.jsonl", line("c", "2026-11-20T10:00:00Z"));
    let said = place.trimtab(&["run", "--config", "trimtab.toml"]);
    assert!(said.err.contains("o: 1 objects, 1 records") && said.err.contains("workload_cube: 1 days"), "{}", said.err);
    let days = place.trimtab(&[
        "sql",
        "select sum(requests) as n from spend_by_model",
        "--format",
        "csv",
        "--config",
        "trimtab.toml",
    ]);
    assert_eq!(days.out, "n\n3\n");
}

/// EX-1.1: OpenAI, Gemini (as LiteLLM logs it) and Anthropic count differently and mean the same buckets.
#[test]
fn three_dialects_give_the_same_disjoint_buckets() {
    let place = Place::new();
    let usage = r#""prompt_tokens":3000,"completion_tokens":700,"total_tokens":3700,"prompt_tokens_details":{"cached_tokens":2048},"completion_tokens_details":{"reasoning_tokens":512}"#;
    place.write("openai/1.jsonl", format!(r#"{{"ts":"2026-11-20T10:00:00Z","workload":"openai","response":{{"id":"a","object":"chat.completion","model":"gpt-5","usage":{{{usage}}}}}}}"#));
    place.write(
        "gateway/1.json",
        format!(
            r#"{{"id":"g","litellm_call_id":"g","call_type":"acompletion","status":"success","custom_llm_provider":"gemini","model":"gemini-2.5-pro","startTime":1795255200.0,"endTime":1795255201.0,"prompt_tokens":3000,"completion_tokens":700,"total_tokens":3700,"request_tags":["workload:gemini"],"metadata":{{"usage_object":{{{usage}}}}},"response":{{"id":"g","model":"gemini-2.5-pro"}}}}"#
        ),
    );
    place.write(
        "anthropic/1.jsonl",
        r#"{"ts":"2026-11-20T10:00:00Z","workload":"anthropic","response":{"id":"m","type":"message","model":"claude-opus-4-5","usage":{"input_tokens":952,"cache_read_input_tokens":2048,"cache_creation_input_tokens":0,"output_tokens":700}}}"#,
    );
    place.run_file(
        "2026-11-21",
        &[("g", "litellm", "gateway/"), ("o", "openai_envelope", "openai/"), ("a", "anthropic_envelope", "anthropic/")],
        "",
    );
    let said = place.trimtab(&["run", "--quiet", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = place.trimtab(&[
        "sql",
        "select x_workload_tag, gen_ai_usage_input_tokens, usage_input_uncached_tokens, usage_cache_read_tokens, usage_output_visible_tokens, usage_output_reasoning_tokens from requests order by x_workload_tag",
        "--format",
        "csv",
        "--config",
        "trimtab.toml",
    ]);
    let rows: Vec<&str> = said.out.lines().skip(1).collect();
    assert_eq!(
        rows,
        ["anthropic,3000,952,2048,700,", "gemini,3000,952,2048,188,512", "openai,3000,952,2048,188,512"],
        "{}",
        said.err
    );
}

/// M 1.4: a template tells calls apart without its text ever becoming a column; off unless the source asks.
#[test]
fn prompts_become_fingerprints_only_where_the_source_asks() {
    let place = Place::new();
    let line = |id: &str, number: &str| {
        format!(
            "{{\"ts\":\"2026-11-20T10:00:00Z\",\"request\":{{\"model\":\"gpt-5\",\"messages\":[{{\"role\":\"system\",\"content\":\"SECRET answers order {number}\"}},{{\"role\":\"user\",\"content\":\"hi\"}}]}},\"response\":{{\"id\":\"{id}\",\"object\":\"chat.completion\",\"model\":\"gpt-5\",\"usage\":{{\"prompt_tokens\":10,\"completion_tokens\":5}}}}}}\n"
        )
    };
    place.write("logs/1.jsonl", line("a", "17") + &line("b", "9,876"));
    let ids = || {
        let said = place.trimtab(&[
            "sql",
            "select count(distinct workload_id) as n, min(workload_source) as s from requests_priced",
            "--format",
            "csv",
            "--config",
            "trimtab.toml",
        ]);
        said.out
    };
    place.run_file("2026-11-21", &[("o", "openai_envelope", "logs/")], "");
    assert_eq!(place.trimtab(&["run", "--quiet", "--config", "trimtab.toml"]).code, 0);
    assert_eq!(ids(), "n,s\n1,unattributed\n");
    let text = place.read("trimtab.toml").replace("url = \"logs/\"", "url = \"logs/\"\nfingerprint = true");
    place.write("trimtab.toml", text);
    assert_eq!(place.trimtab(&["run", "--quiet", "--config", "trimtab.toml"]).code, 0);
    assert_eq!(ids(), "n,s\n1,template\n", "one template, two order numbers");
    for (name, bytes) in place.files("out", &[]) {
        assert!(!bytes.windows(6).any(|window| window == b"SECRET"), "{name} holds prompt text");
    }
}
