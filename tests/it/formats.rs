//! Each format over records whose meaning was worked out by hand: the text files `tests/formats/<format>.<case>.txt`.
//!
//! A case names its objects, the counts that the run must give, the records that must be rejected, the traps that it
//! tests, and tables of rows; `CONTRIBUTING.md` explains the form. Every format of `schemas/sources` has a case over its
//! own sample. Cases over data that others made need `WITNESS_DATA`. What the cases prove is counted in
//! `schemas/sources/tested.csv`, which `trimtab list formats` shows. `TRIMTAB_FORMAT=x` runs one format;
//! `TRIMTAB_BLESS=1` writes what was found into the files: read the difference before you keep it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::support::{KEEPS_ALL, Place, Row, root, texts_in};
use crate::witness;

/// After the last day of the samples, so that every one of their days is in the window.
const DATE: &str = "2026-10-09";
const TESTED: &str = "schemas/sources/tested.csv";

/// One case file.
struct Case {
    name: String,
    format: String,
    keys: Vec<(String, String)>,
    blocks: Vec<Block>,
}

/// A table of rows, or of the answer to a select of its own.
struct Block {
    select: Option<String>,
    lines: Vec<Vec<String>>,
}

impl Case {
    fn parse(name: &str, text: &str) -> Case {
        let mut parts = text.split("\n\n");
        let head = parts.next().unwrap_or_default();
        let keys = head.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (key, value) = line.split_once(':').unwrap_or_else(|| panic!("{name}: `{line}` is no `key: value`"));
            (key.trim().to_string(), value.trim().to_string())
        });
        let block = |text: &str| {
            let (select, table) = match text.strip_prefix("sql:") {
                Some(rest) => rest.split_once('\n').map(|(sql, rows)| (Some(sql.trim().to_string()), rows)),
                None => Some((None, text)),
            }
            .unwrap_or_else(|| panic!("{name}: a select has no rows below it"));
            Block { select, lines: cells(table) }
        };
        Case {
            name: name.to_string(),
            format: name.split('.').next().unwrap_or_default().to_string(),
            keys: keys.collect(),
            blocks: parts.filter(|part| !part.trim().is_empty()).map(|part| block(part.trim_matches('\n'))).collect(),
        }
    }

    fn all<'a>(&'a self, key: &'static str) -> impl Iterator<Item = &'a str> {
        self.keys.iter().filter(move |(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    fn one(&self, key: &'static str) -> &str {
        self.all(key).next().unwrap_or_else(|| panic!("{}: `{key}:` is missing", self.name))
    }

    /// Format and folder of every source; `None` when data of others is not here.
    fn sources(&self) -> Option<Vec<(String, PathBuf)>> {
        let mut sources = vec![(self.format.clone(), self.one("data").to_string())];
        sources.extend(self.all("also").map(|text| {
            let (format, path) = text.split_once(' ').unwrap_or_else(|| panic!("{}: `also: format path`", self.name));
            (format.to_string(), path.trim().to_string())
        }));
        let place = |path: &str| {
            if path.starts_with("sample_data/") { Some(root().join(path)) } else { Some(witness::data()?.join(path)) }
        };
        sources.into_iter().map(|(format, path)| Some((format, place(&path)?))).collect()
    }

    fn is_sample(&self) -> bool {
        self.one("data").starts_with("sample_data/")
    }

    /// Rows, cells and traps that the case holds to account.
    fn figures(&self) -> [usize; 3] {
        let value_columns =
            |header: &[String]| header.iter().filter(|name| !["file", "line"].contains(&name.as_str())).count();
        let rows = self.blocks.iter().filter(|b| b.select.is_none()).map(|b| b.lines.len() - 1).max().unwrap_or(0);
        let values = self.blocks.iter().map(|b| (b.lines.len() - 1) * value_columns(&b.lines[0])).sum();
        [rows, values, self.all("trap").count()]
    }

    /// The case as text, tables aligned.
    fn write(&self, comment: &str) -> String {
        let mut text = comment.to_string();
        for (key, value) in &self.keys {
            text += &format!("{:<9} {value}\n", format!("{key}:"));
        }
        for block in &self.blocks {
            let width = |column: usize| block.lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
            let widths: Vec<usize> = (0..block.lines[0].len()).map(width).collect();
            text.push('\n');
            if let Some(select) = &block.select {
                text += &format!("sql: {select}\n");
            }
            for line in &block.lines {
                let cells: Vec<String> =
                    line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
                text += cells.join(" | ").trim_end();
                text.push('\n');
            }
        }
        text
    }
}

fn cases() -> Vec<Case> {
    let wanted = std::env::var("TRIMTAB_FORMAT").ok();
    let files = texts_in("tests/formats", "txt");
    let cases = files.iter().map(|(name, text)| Case::parse(name.trim_end_matches(".txt"), text));
    cases.filter(|case| wanted.as_ref().is_none_or(|wanted| case.format == *wanted)).collect()
}

fn is_blessing() -> bool {
    std::env::var("TRIMTAB_BLESS").is_ok_and(|value| value == "1")
}

#[test]
fn every_format_means_what_its_cases_say() {
    let cases = cases();
    // More programs at once than cores only wait for each other.
    let lanes = std::thread::available_parallelism().map_or(2, usize::from).min(cases.len().max(1));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let faults: Vec<String> = std::thread::scope(|scope| {
        let lane = || {
            let mut faults = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                faults.extend(faults_of(case));
            }
            faults
        };
        let threads: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the cases' thread ends")).collect()
    });
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_format_has_a_sample_with_a_rejected_record_and_says_what_it_is() {
    let cases = cases();
    let mut faults = Vec::new();
    for (file, text) in texts_in("schemas/sources", "sql") {
        let format = file.trim_end_matches(".sql");
        if std::env::var("TRIMTAB_FORMAT").is_ok_and(|wanted| wanted != format) {
            continue;
        }
        let header = |key: &str| text.lines().find_map(|line| line.strip_prefix(&format!("-- {key}:"))).map(str::trim);
        let samples: Vec<&Case> = cases.iter().filter(|case| case.format == format && case.is_sample()).collect();
        let mut demand = |is_met: bool, what: &str| {
            if !is_met {
                faults.push(format!("{format}: {what}"));
            }
        };
        demand(
            header("status").is_some_and(|s| ["real", "documented", "unverified"].contains(&s)),
            "`status:` is missing",
        );
        demand(header("recognised_by").is_some(), "`recognised_by:` is missing");
        demand(!samples.is_empty(), "no case over sample_data");
        demand(samples.iter().any(|case| case.all("rejected").next().is_some()), "no rejected record in a sample");
        let is_of_calls = root().join(format!("queries/staging/requests/{format}.sql")).exists();
        let shows_missing_usage = samples.iter().flat_map(|case| &case.blocks).any(|block| {
            let place = block.lines[0].iter().position(|name| name == "semantics" || name == "x_usage_semantics");
            place.is_some_and(|place| block.lines.iter().any(|line| line[place] == "missing"))
        });
        demand(
            !is_of_calls || header("unusable").is_some() || shows_missing_usage,
            "no call with missing usage in a sample",
        );
    }
    for case in &cases {
        let exists = root().join(format!("schemas/sources/{}.sql", case.format)).exists();
        if !exists {
            faults.push(format!("{}: no such format", case.name));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn what_the_cases_prove_is_counted() {
    let mut figures: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for case in cases() {
        let [rows, values, traps] = case.figures();
        let sum = figures.entry(case.format.clone()).or_default();
        *sum = [sum[0] + 1, sum[1] + rows, sum[2] + values, sum[3] + traps];
    }
    let lines: Vec<String> =
        figures.iter().map(|(format, [c, r, v, t])| format!("{format},{c},{r},{v},{t}\n")).collect();
    let text = format!("format,cases,rows,values,traps\n{}", lines.concat());
    if std::env::var("TRIMTAB_FORMAT").is_ok() {
        return;
    }
    if is_blessing() {
        std::fs::write(root().join(TESTED), &text).expect("the figures can be written");
    }
    let found = std::fs::read_to_string(root().join(TESTED)).unwrap_or_default();
    assert_eq!(found, text, "{TESTED} is out of date: run with TRIMTAB_BLESS=1");
}

/// The sample stands in the repository, the results in a place of their own. The samples reject a record on purpose:
/// their shares are above what a run accepts, so the run file raises the parameter.
fn run(place: &Place, date: &str, sources: &[(String, PathBuf)]) {
    let urls: Vec<String> = sources.iter().map(|(_, folder)| format!("{}/", folder.display())).collect();
    let names: Vec<String> = sources.iter().enumerate().map(|(rank, (format, _))| format!("{format}-{rank}")).collect();
    let sources: Vec<_> = sources
        .iter()
        .zip(&urls)
        .zip(&names)
        .map(|(((format, _), url), name)| (name.as_str(), format.as_str(), url.as_str()))
        .collect();
    let lenient = "[[parameters]]\nparameter_id = \"C-01\"\nname = \"max_rejected_share\"\nexpected = 1.0\n";
    place.run_file(date, &sources, &format!("{KEEPS_ALL}{lenient}"));
    let said = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(said.code, 0, "{sources:?}: {}", said.err);
}

fn samples(formats: &[&str]) -> Vec<(String, PathBuf)> {
    let folder = |format: &&str| (format.to_string(), root().join("sample_data/formats").join(format));
    formats.iter().map(folder).collect()
}

fn faults_of(case: &Case) -> Vec<String> {
    let Some(sources) = case.sources() else { return Vec::new() };
    let place = Place::new();
    run(&place, case.all("date").next().unwrap_or(DATE), &sources);
    let rows = place.sql(select(case.one("contract")));
    let mut found = Case { name: case.name.clone(), format: case.format.clone(), keys: Vec::new(), blocks: Vec::new() };
    for block in &case.blocks {
        let answer = block.select.as_ref().map(|select| place.sql(select));
        let lines = shown(answer.as_ref().unwrap_or(&rows), &block.lines[0], &case.name);
        found.blocks.push(Block { select: block.select.clone(), lines });
    }
    let coverage = place.sql("select * from coverage where event_date is null");
    let number = |name: &str| {
        let cell = |row: &Row| row[name].parse::<i64>().unwrap_or_else(|_| panic!("`{name}` of {row:?}"));
        coverage.iter().map(cell).sum::<i64>()
    };
    let mut faults = Vec::new();
    if number("rows_in") != number("rows_kept") + number("rows_repeated") + number("rows_rejected") {
        faults.push(format!("{}: rows in are not kept + repeated + rejected", case.name));
    }
    let counts = [
        ("records", "records_read"),
        ("unreadable", "records_rejected"),
        ("skipped", "records_skipped"),
        ("rows", "rows_in"),
        ("kept", "rows_kept"),
        ("repeated", "rows_repeated"),
    ];
    let counts: Vec<String> = counts.iter().map(|(name, column)| format!("{name}={}", number(column))).collect();
    let rejected: Vec<String> = place
        .sql("select source, object_key, line, path from quarantine order by object_key, line, path")
        .into_iter()
        .map(|row| {
            let object = row["object_key"].rsplit('/').next().unwrap_or_default().to_string();
            let words = [object, row["line"].clone(), row["path"].clone()];
            words.join(" ").trim_end().to_string()
        })
        .collect();
    let mut rejected = rejected.into_iter();
    for (key, value) in &case.keys {
        let value = match key.as_str() {
            "counts" => counts.join(" "),
            "rejected" => match rejected.next() {
                Some(line) => line,
                None => continue,
            },
            _ => value.clone(),
        };
        found.keys.push((key.clone(), value));
    }
    let at = found.keys.iter().rposition(|(key, _)| key == "rejected" || key == "counts").map_or(0, |at| at + 1);
    let more: Vec<_> = rejected.map(|line| ("rejected".to_string(), line)).collect();
    found.keys.splice(at..at, more);
    let path = root().join(format!("tests/formats/{}.txt", case.name));
    let text = std::fs::read_to_string(&path).expect("the case");
    let comment: String =
        text.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let (wanted, found) = (case.write(&comment), found.write(&comment));
    if is_blessing() && faults.is_empty() {
        std::fs::write(&path, &found).expect("the case can be written");
    } else if wanted != found {
        faults.push(differences(&case.name, &wanted, &found));
    }
    faults
}

/// The lines that differ, expected before found.
fn differences(name: &str, wanted: &str, found: &str) -> String {
    let squeezed = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>().join(" | ")).collect()
    };
    let (wanted, found) = (squeezed(wanted), squeezed(found));
    let mut text = name.to_string();
    for place in 0..wanted.len().max(found.len()) {
        let (wanted, found) = (wanted.get(place), found.get(place));
        if wanted != found {
            text += &format!(
                "\n  expected {}\n  found    {}",
                wanted.map_or("", String::as_str),
                found.map_or("", String::as_str)
            );
        }
    }
    text
}

/// Every column that a table may name, in the order of objects and lines.
fn select(contract: &str) -> &'static str {
    match contract {
        "requests" => REQUESTS,
        "charges" => CHARGES,
        "evaluations" => EVALUATIONS,
        other => panic!("write the select of contract `{other}`"),
    }
}

fn cells(table: &str) -> Vec<Vec<String>> {
    table.trim_matches('\n').lines().map(|line| line.split('|').map(|cell| cell.trim().to_string()).collect()).collect()
}

/// The rows under a table's columns.
fn shown(rows: &[Row], columns: &[String], case: &str) -> Vec<Vec<String>> {
    let cell = |row: &Row, name: &String| {
        short(row.get(name).unwrap_or_else(|| panic!("{case}: no column `{name}`; there are {:?}", row.keys())))
    };
    let line = |row: &Row| columns.iter().map(|name| cell(row, name)).collect();
    std::iter::once(columns.to_vec()).chain(rows.iter().map(line)).collect()
}

/// Decimals without the zeros at their end, and no bar that would end a cell; everything else as it is.
fn short(cell: &str) -> String {
    let is_decimal = cell.contains('.') && cell.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.');
    let text = if is_decimal { cell.trim_end_matches('0').trim_end_matches('.').to_string() } else { cell.to_string() };
    text.replace('|', "¦").trim().to_string()
}

#[test]
fn what_has_no_price_or_no_usage_costs_an_unknown_amount_and_not_zero() {
    let place = Place::new();
    run(&place, DATE, &samples(&["openai_envelope"]));
    // One streamed success without counts is all that this model has on that day.
    let rows = place.sql(
        "select requests, no_usage_requests, cost_usd, price_status from spend_by_model \
         where billed_model_id = 'gpt-5.4-mini' and service_tier = 'standard' and event_date = date '2026-10-05'",
    );
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&*rows[0]["requests"], &*rows[0]["no_usage_requests"]), ("1", "1"));
    assert_eq!(rows[0]["cost_usd"], "", "cost of a call without usage is null: {rows:?}");
    assert_ne!(rows[0]["price_status"], "priced", "{rows:?}");

    // Workloads of an unknown model, of an unpriced bucket, of a call without usage; and one with a price.
    let rows = place.sql(
        "select workloads.workload_id, workloads.cost_usd, decisions.spend_window_usd from workloads \
         inner join decisions on decisions.workload_id = workloads.workload_id order by workloads.workload_id",
    );
    let cost = |workload: &str| {
        let row =
            rows.iter().find(|row| row["workload_id"] == workload).unwrap_or_else(|| panic!("{workload} in {rows:?}"));
        (short(&row["cost_usd"]), short(&row["spend_window_usd"]))
    };
    let both = |text: &str| (text.to_string(), text.to_string());
    assert_eq!(cost("triage"), both("0.012872"));
    for workload in ["lab", "help", "ticket-router"] {
        assert_eq!(cost(workload), both(""), "{workload}: cost is null");
    }
    assert_eq!(short(&place.sql("select spend_window_usd from headline")[0]["spend_window_usd"]), "0.012888125");
}

#[test]
fn a_call_that_two_formats_log_is_one_row_and_the_second_fills_its_gaps() {
    let place = Place::new();
    run(&place, DATE, &samples(&["litellm", "openai_envelope"]));
    let calls = place.sql(
        "select x_source, x_repeats, x_attempt, x_trace_id, gen_ai_usage_input_tokens as input from requests \
         where gen_ai_response_id = 'chatcmpl-SampleC'",
    );
    assert_eq!(calls.len(), 1, "{calls:?}");
    let cell = |name: &str| calls[0][name].as_str();
    assert_eq!((cell("x_source"), cell("x_repeats"), cell("input")), ("litellm-0", "1", "900"));
    assert_ne!(cell("x_trace_id"), "", "known to the first source only");
    assert_eq!(cell("x_attempt"), "2", "known to the second source only");
    for row in place.sql("select * from coverage where event_date is null") {
        let number = |name: &str| row[name].parse::<i64>().expect("a number");
        assert_eq!(
            number("rows_in"),
            number("rows_kept") + number("rows_repeated") + number("rows_rejected"),
            "{row:?}"
        );
    }
}

#[test]
fn a_call_that_only_the_request_id_joins_is_one_row_and_a_retry_is_not() {
    let place = Place::new();
    let call = |response: &str, request: &str, tokens: &str| {
        format!(
            r#"{{"ts":"2026-10-05T08:00:00Z","app":"a","request_id":"{request}","request":{{"model":"o3"}},"response":{{{response}"object":"chat.completion","model":"o3"{tokens}}}}}"#
        ) + "\n"
    };
    let usage = r#","usage":{"prompt_tokens":10,"completion_tokens":1}"#;
    // The gateway knows both ids; the application knows the request id only.
    let gateway = [
        call(r#""id":"resp-1","#, "req-1", usage),
        call(r#""id":"resp-2","#, "req-2", usage),
        // Two calls under one request id: which of them the application means, nobody can say.
        call(r#""id":"resp-3","#, "req-3", usage),
        call(r#""id":"resp-4","#, "req-3", usage),
    ];
    let application = [call("", "req-1", ""), call("", "req-3", ""), call("", "req-9", "")];
    place.write("gateway/day.jsonl", gateway.concat());
    place.write("application/day.jsonl", application.concat());
    let sources = [
        ("openai_envelope".to_string(), place.path("gateway")),
        ("openai_envelope".to_string(), place.path("application")),
    ];
    run(&place, DATE, &sources);
    let rows = place.sql(
        "select coalesce(gen_ai_response_id, '-') as response, x_request_id as request, x_repeats from requests order by 2, 1",
    );
    let found: Vec<String> =
        rows.iter().map(|row| format!("{} {} {}", row["request"], row["response"], row["x_repeats"])).collect();
    assert_eq!(
        found,
        ["req-1 resp-1 1", "req-2 resp-2 0", "req-3 - 0", "req-3 resp-3 0", "req-3 resp-4 0", "req-9 - 0"]
    );
    let drop = place.sql("select source, kept_source, rows_repeated from repeats where rows_repeated > 0");
    assert_eq!(drop.len(), 1, "the drop is counted: {drop:?}");
    assert_eq!(drop[0]["kept_source"], "openai_envelope-0");
}

const REQUESTS: &str = r"
select
    requests.*, regexp_replace(requests.x_object_key, '^.*/', '') as file, requests.x_line as line,
    requests.x_status as status, requests.error_type as error, requests.x_attempt as attempt,
    requests.x_service_tier as tier, requests.gen_ai_request_model as asked,
    requests_priced.billed_model_id as billed, requests_priced.region_class as region,
    requests_priced.workload_id as workload, requests_priced.workload_source as named_by,
    requests.gen_ai_response_finish_reason as finish, requests_priced.price_status as price,
    requests_priced.cost_usd as cost_usd, requests.gen_ai_usage_input_tokens as input,
    requests.usage_input_uncached_tokens as uncached, requests.usage_cache_read_tokens as read,
    requests.usage_cache_write_5m_tokens as write_5m, requests.usage_cache_write_1h_tokens as write_1h,
    requests.usage_input_audio_tokens as audio_in, requests.usage_input_image_tokens as image_in,
    requests.gen_ai_usage_output_tokens as output, requests.usage_output_visible_tokens as visible,
    requests.usage_output_reasoning_tokens as reasoning, requests.usage_output_audio_tokens as audio_out,
    requests.x_usage_semantics as semantics, requests.x_start_time as began, requests.x_end_time as ended,
    requests.x_duration_ms as ms, requests.x_has_tools as tools, requests.x_has_image as image,
    requests.x_has_audio as audio, requests.x_response_format as shape, requests.x_reasoning_effort as effort,
    requests.x_gateway_cache_hit as hit, requests.x_server_tool_requests as searches, requests.x_repeats as repeats
from requests
inner join requests_priced on requests_priced.x_record_id = requests.x_record_id and requests_priced.event_date = requests.event_date
order by requests.x_object_key, requests.x_line, requests.gen_ai_response_id, requests.x_request_id, requests.x_natural_key
";

const CHARGES: &str = r"
select
    charges.*, regexp_replace(x_object_key, '^.*/', '') as file, x_line as line, event_date as day,
    charge_category as category, charge_class as class, provider_name as provider, x_model_raw as model,
    x_token_kind as kind, x_service_tier as tier, pricing_quantity as priced, pricing_unit as unit,
    consumed_quantity as consumed, billed_cost as billed, effective_cost as effective, list_cost as list,
    billing_currency as currency
from charges
order by x_object_key, x_line, x_item
";

const EVALUATIONS: &str = r"
select
    evaluations.*, regexp_replace(x_object_key, '^.*/', '') as file, x_line as line, model_id as model,
    workload_id as workload, rubric_or_judge as rubric, run_id as run, item_id as item, is_correct as correct,
    cluster_id as cluster, template_id as template, split_rule as split, is_vendor_made as vendor
from evaluations
order by x_object_key, x_line, x_natural_key
";
