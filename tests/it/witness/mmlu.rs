//! 120,288 real answers of ten models, from the overlay `tests/overlays/mmlu-pro`: one file feeds requests and
//! evaluations, spend is exact, and the two models that have no price cost null, never 0.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Python, data, python};
use crate::support::{Place, root};

/// Spend per model as the data's README prints it, rounded to the micro-dollar.
const README: [(&str, &str); 10] = [
    ("Meta-Llama-3.1-70B-Instruct", "4.097123"),
    ("Meta-Llama-3.1-8B-Instruct", "1.252928"),
    ("Mistral-7B-Instruct-v0.2", "0.621597"),
    ("Mixtral-8x7B-Instruct-v0.1", "1.901571"),
    ("Phi-3-mini-4k-instruct", "0.961454"),
    ("Qwen1.5-72B-Chat", ""),
    ("Qwen1.5-7B-Chat", ""),
    ("gemini-1.5-flash-002", "0.566276"),
    ("gemini-1.5-pro-002", "8.176051"),
    ("jamba-1.5-large", "7.816762"),
];

#[test]
fn real_answers_cost_what_their_readme_says_and_feed_the_evaluations() {
    let Some(data) = data() else { return };
    // Absent, the README's figures are compared alone.
    let python = python();
    let folder = data.join("data/mmlu-pro-results");
    let place = Place::new();
    let overlay = format!("project = \"{}\"\n", root().join("tests/overlays/mmlu-pro").display());
    let url = format!("{}/", folder.display());
    place.write(
        "trimtab.toml",
        format!(
            "date = \"2026-11-01\"\nstate = \"out/state/\"\noutput = \"out/\"\n{overlay}\
             [[sources]]\nname = \"answers\"\nformat = \"mmlu_pro\"\nurl = \"{url}\"\n"
        ),
    );
    let said = place.trimtab(&["run", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);

    let models = place.sql(
        "select billed_model_id as model, sum(requests) as requests, sum(input_tokens) as input, \
         sum(output_tokens) as output, sum(cost_usd) as cost_usd, min(price_status) as status, \
         sum(unknown_model_requests) as unknown, sum(unpriced_requests) as unpriced \
         from spend_by_model group by billed_model_id order by billed_model_id",
    );
    let sum = |name: &str| models.iter().map(|row| row[name].parse::<i64>().expect("a number")).sum::<i64>();
    assert_eq!((sum("requests"), sum("input"), sum("output")), (120_288, 23_770_251, 14_547_556));

    let prices = prices(&folder.join("prices.csv"));
    assert_eq!(prices.len(), 8);
    let mut total = 0;
    for (row, (model, readme)) in models.iter().zip(README) {
        assert_eq!(row["model"], model);
        let Some((input, output)) = prices.get(model) else {
            assert_eq!((row["cost_usd"].as_str(), readme), ("", ""), "no price is known: {row:?}");
            continue;
        };
        let tokens = |name: &str| row[name].parse::<i128>().expect("tokens");
        let exact = tokens("input") * input + tokens("output") * output;
        assert_eq!(row["cost_usd"], decimal(exact), "{model}: to the last decimal");
        assert_eq!(
            decimal((exact + 500_000) / 1_000_000 * 1_000_000)[..readme.len()],
            *readme,
            "{model}: to the micro-dollar"
        );
        assert_eq!(row["status"], "priced");
        total += exact;
    }
    assert_eq!(models.len(), README.len());
    // One Qwen stands in the catalog without a price, the other in no catalog.
    let without: Vec<_> = models.iter().filter(|row| row["cost_usd"].is_empty()).collect();
    let cells = |row: &crate::support::Row| ["model", "status", "unknown", "unpriced"].map(|name| row[name].clone());
    assert_eq!(cells(without[0]), ["Qwen1.5-72B-Chat", "unpriced", "0", "12032"]);
    assert_eq!(cells(without[1]), ["Qwen1.5-7B-Chat", "unknown_model", "12032", "0"]);
    assert_eq!(without.len(), 2);
    let headline = &place.sql("select * from headline")[0];
    assert_eq!(headline["spend_window_usd"], decimal(total));
    assert_eq!((headline["workloads"].as_str(), headline["unpriced_requests"].as_str()), ("14", "24064"));

    evaluations(&place);
    if let Some(python) = python {
        agrees_with_oracle(&python, &folder, &models);
    }
}

/// Which categories may move is what the data's README says, pair by pair: the lower bound of the paired test against
/// margins of 2, 5 and 10 points. One model's answers are the calls, all models' answers are the evidence.
#[test]
fn the_categories_that_may_move_are_those_of_the_readme() {
    let Some(data) = data() else { return };
    let folder = data.join("data/mmlu-pro-results");
    let flash = "gemini-1.5-flash-002";
    let all_but_law = "biology business chemistry computer_science economics engineering health history math other \
                       philosophy physics psychology";
    for (in_use, candidate, at_2, at_5, at_10) in [
        (
            "gemini-1.5-pro-002",
            flash,
            "chemistry math",
            "biology chemistry math",
            "biology chemistry economics math psychology",
        ),
        ("jamba-1.5-large", flash, all_but_law, "all", "all"),
        (flash, "Meta-Llama-3.1-8B-Instruct", "", "", ""),
    ] {
        let place = Place::new();
        one_in_use(&place, &folder, in_use);
        let rows = place.sql(&format!(
            "select workload_id, verdict_unadjusted, verdict, evidence_candidates, evidence_items, evidence_p_share, \
             evidence_p_adjusted_share, quality_change_low_share as low, finding, action \
             from alternatives where to_model_id = '{candidate}' order by workload_id"
        ));
        assert_eq!(rows.len(), 14, "{in_use}");
        let names = |keep: &dyn Fn(&crate::support::Row) -> bool| {
            let kept: Vec<String> =
                rows.iter().filter(|row| keep(row)).map(|row| row["workload_id"].replace(' ', "_")).collect();
            if kept.len() == 14 { "all".to_string() } else { kept.join(" ") }
        };
        let low = |row: &crate::support::Row| row["low"].parse::<f64>().expect("a bound");
        for (margin, wanted) in [(0.02, at_2), (0.05, at_5), (0.10, at_10)] {
            assert_eq!(names(&|row| low(row) > -margin), *wanted, "{in_use} to {candidate} at {margin}");
        }
        // The shown bound and the verdict at medium criticality are one statistic.
        assert_eq!(names(&|row| row["verdict_unadjusted"] == "NON_INFERIOR"), at_5, "{in_use} to {candidate}");
        assert!(rows.iter().all(|row| row["action"] != "MOVE"), "cents a month never pay for two hours");
        if in_use == "gemini-1.5-pro-002" {
            // Biology alone would pass at 5 points; as one of seven candidates that were tried it does not.
            let biology = rows.iter().find(|row| row["workload_id"] == "biology").expect("biology");
            assert_eq!((&biology["evidence_items"][..], &biology["evidence_candidates"][..]), ("716", "7"));
            assert_eq!(&biology["evidence_p_share"][..6], "0.0407", "0.0408 when rounded: {biology:?}");
            assert_eq!(biology["verdict"], "INCONCLUSIVE");
            assert_eq!(names(&|row| row["verdict"] == "NON_INFERIOR"), "chemistry math");
        }
    }
}

/// The figures of docs/backtest.md are what the command prints; TRIMTAB_BLESS=1 writes them there.
#[test]
fn the_back_test_says_what_its_page_says() {
    const MARK: &str = "<!-- backtest -->\n";
    let Some(data) = data() else { return };
    let place = Place::new();
    place.write(
        "trimtab.toml",
        format!(
            "date = \"2026-11-01\"\nstate = \"out/state/\"\noutput = \"out/\"\nproject = \"{}\"\n\
             [[sources]]\nname = \"answers\"\nformat = \"mmlu_pro\"\nurl = \"{}/\"\n",
            root().join("tests/overlays/mmlu-pro").display(),
            data.join("data/mmlu-pro-results").display()
        ),
    );
    let said = place.trimtab(&["run", "--quiet", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = place.trimtab(&["backtest", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let path = root().join("docs/backtest.md");
    let page = std::fs::read_to_string(&path).expect("docs/backtest.md");
    let parts: Vec<&str> = page.split(MARK).collect();
    assert_eq!(parts.len(), 3, "two marks around the figures");
    if std::env::var("TRIMTAB_BLESS").is_ok_and(|value| value == "1") {
        let figures = format!("\n{}", said.out);
        std::fs::write(&path, [parts[0], &figures, parts[2]].join(MARK)).expect("the page can be written");
        return;
    }
    assert_eq!(parts[1].trim(), said.out.trim(), "run with TRIMTAB_BLESS=1");
    if let Some(python) = python() {
        // Pair by pair, a program that shares nothing with this one.
        let theirs = python.run(&super::script("backtest.py"), &[&data.join("data/mmlu-pro-results")]);
        let table = said.out.split("### Pair by pair").nth(1).expect("the pairs");
        let ours: Vec<String> = table
            .lines()
            .filter(|line| line.starts_with("| ") && !line.contains("model_in_use"))
            .map(|line| {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                let captured = cells[7].parse::<f64>().expect("a share");
                format!("{},{captured:.4}", [cells[1], cells[2], cells[3], cells[4], cells[5]].join(","))
            })
            .collect();
        assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
    }
    // The targets, over all models in use: nothing of it may get worse in silence.
    let line = said.out.lines().find(|line| line.starts_with("| 100 % | n >= 371 |")).expect("the learning curve");
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let number = |at: usize| cells[at].parse::<f64>().expect("a number");
    assert!(number(6) >= 0.85, "captured: {line}");
    assert!(number(7) <= 0.05 && cells[5] == "0", "false moves, and confirmed ones: {line}");
    assert!((0.75..=0.85).contains(&number(9)), "inside P10 to P90: {line}");
}

/// The smaller model writes 1.88 times as much: measured where both served the workloads, its saving is $2.844195 and not the
/// $3.186651 of equal tokens.
#[test]
fn answers_of_measured_length_save_what_the_readme_says() {
    let Some(data) = data() else { return };
    let place = Place::new();
    let (large, small) = ("Meta-Llama-3.1-70B-Instruct", "Meta-Llama-3.1-8B-Instruct");
    these_in_use(&place, &data.join("data/mmlu-pro-results"), &[large, small]);
    let sums = &place.sql(&format!(
        "select sum(p.source_usd - p.target_equal_tokens_usd) as equal_tokens, sum(p.source_usd - p.target_usd) as measured, \
         min(r.nu_source) as nu_source, count(*) as workloads \
         from int_bundles_priced p inner join int_bundles b on b.recommendation_id = p.recommendation_id \
         inner join int_bundle_ratios r on r.recommendation_id = b.recommendation_id and r.from_model_id = '{large}' \
         where b.to_model_id = '{small}'"
    ))[0];
    let usd = |name: &str| sums[name].parse::<f64>().expect("dollars");
    assert_eq!((&*sums["workloads"], &*sums["nu_source"]), ("14", "measured"), "{sums:?}");
    // The README counts each model's own questions (30 are missing on one side): not the last decimals.
    assert!((usd("equal_tokens") - 3.186651).abs() < 0.002, "{sums:?}");
    assert!((usd("measured") - 2.844195).abs() < 0.002, "{sums:?}");
}

/// A run in which one model's answers are the calls.
fn one_in_use(place: &Place, folder: &Path, model: &str) {
    these_in_use(place, folder, &[model]);
}

/// A run in which these models' answers are the calls. Output limits and tokenizers, which the data does not state,
/// are taken as 8,192 and as one.
fn these_in_use(place: &Place, folder: &Path, models: &[&str]) {
    let overlay = root().join("tests/overlays/mmlu-pro");
    for file in [
        "queries/seeds/model_names.csv",
        "queries/seeds/model_prices.csv",
        "queries/seeds/provider_names.csv",
        "queries/staging/evaluations/mmlu_pro.sql",
        "schemas/sources/mmlu_pro.sql",
    ] {
        place.write(&format!("overlay/{file}"), std::fs::read(overlay.join(file)).expect(file));
    }
    let staging = "queries/staging/requests/mmlu_pro.sql";
    let text = std::fs::read_to_string(overlay.join(staging)).expect(staging);
    place.write(&format!("overlay/{staging}"), format!("{text}where model in ('{}')\n", models.join("', '")));
    let seed = "queries/seeds/models.csv";
    let mut reader = csv::Reader::from_path(overlay.join(seed)).expect(seed);
    let limit =
        reader.headers().expect("a header").iter().position(|name| name == "max_output_tokens").expect("limits");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(reader.headers().expect("a header")).expect("memory");
    for record in reader.records() {
        let record = record.expect("a record");
        let cells = record.iter().enumerate().map(|(at, cell)| if at == limit { "8192" } else { cell });
        writer.write_record(cells).expect("memory");
    }
    place.write(&format!("overlay/{seed}"), writer.into_inner().expect("memory"));
    place.write(
        "trimtab.toml",
        format!(
            "date = \"2026-11-01\"\nstate = \"out/state/\"\noutput = \"out/\"\nproject = \"overlay\"\n\
             [[sources]]\nname = \"answers\"\nformat = \"mmlu_pro\"\nurl = \"{}/\"\n\
             [candidates]\nproviders = [\"mmlu_pro\"]\n\
             [[parameters]]\nparameter_id = \"P-01\"\nname = \"volume_min_usd\"\nexpected = 0\n\
             [[parameters]]\nparameter_id = \"P-04\"\nname = \"tau\"\nexpected = 1\n",
            folder.display()
        ),
    );
    let said = place.trimtab(&["run", "--quiet", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
}

/// Every row is a call and a score; two models pair on the question, and what one lacks is not invented.
fn evaluations(place: &Place) {
    let read = &place.sql("select * from coverage where event_date is null")[0];
    let counts = ["records_read", "rows_in", "rows_kept", "rows_repeated", "rows_rejected"];
    assert_eq!(counts.map(|name| &*read[name]), ["120288", "240576", "240576", "0", "0"]);
    let scores = &place.sql(
        "select count(*) as items, count(distinct workload_id) as workloads, count(distinct model_id) as models, \
         sum(case when is_correct then 1 else 0 end) as correct from evaluations",
    )[0];
    assert_eq!((&*scores["items"], &*scores["workloads"], &*scores["models"]), ("120288", "14", "10"));
    let pairs = &place.sql(
        "with large as (select item_id, is_correct from evaluations where model_id = 'gemini-1.5-pro-002'), \
         small as (select item_id, is_correct from evaluations where model_id = 'gemini-1.5-flash-002') \
         select count(*) as pairs, avg(case when large.is_correct then 1.0 else 0.0 end) as large, \
         avg(case when small.is_correct then 1.0 else 0.0 end) as small \
         from large inner join small on small.item_id = large.item_id",
    )[0];
    assert_eq!(pairs["pairs"], "12002", "each file lacks some questions");
    let accuracy = |name: &str| pairs[name].parse::<f64>().expect("a share");
    assert!((accuracy("large") - 0.702383).abs() < 5e-7 && (accuracy("small") - 0.640893).abs() < 5e-7, "{pairs:?}");
}

/// The data's own oracle is DuckDB's SQL: it shares nothing with this program.
fn agrees_with_oracle(python: &Python, folder: &Path, models: &[crate::support::Row]) {
    let said = python.run(&folder.join("oracle.py"), &[Path::new("--json")]);
    let oracle: serde_json::Value = serde_json::from_str(&said).expect("the oracle prints JSON");
    let rows = oracle["spend_per_model"].as_array().expect("rows");
    assert_eq!(rows.len(), models.len());
    for (row, found) in rows.iter().zip(models) {
        assert_eq!(row["model"], *found["model"]);
        for (name, column) in [("requests", "requests"), ("pt", "input"), ("ot", "output")] {
            assert_eq!(row[name].to_string(), found[column], "{name} of {}", row["model"]);
        }
        match row["spend_usd"].as_f64() {
            None => assert_eq!(found["cost_usd"], "", "{row}"),
            // The oracle divides, so its figure is a float: equal within its own error.
            Some(spend) => {
                assert!((spend - found["cost_usd"].parse::<f64>().expect("a cost")).abs() < 1e-9, "{row} {found:?}")
            }
        }
    }
}

/// Input and output price per model in millionths of a dollar per million tokens, which are pico-dollars per token.
fn prices(file: &Path) -> BTreeMap<String, (i128, i128)> {
    let micro = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{fraction:0<6}").parse::<i128>().expect("a price")
    };
    let mut reader = csv::Reader::from_path(file).expect("prices.csv");
    let records = reader.records().map(|record| record.expect("a record"));
    records.map(|record| (record[0].to_string(), (micro(&record[1]), micro(&record[2])))).collect()
}

/// Pico-dollars as dollars with twelve decimals.
fn decimal(pico: i128) -> String {
    format!("{}.{:012}", pico / 1_000_000_000_000, pico % 1_000_000_000_000)
}
