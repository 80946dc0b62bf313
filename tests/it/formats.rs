//! Each format of `schemas/sources` over its sample: what a record means after the mapping, written out by hand.
//!
//! Formats are found by folder: one without expectations fails, as do expectations without a format. A table names its
//! columns in the first line; an empty cell is null, never 0. The samples' README files say why each record is there.

use std::collections::BTreeSet;

use crate::support::{Place, Row, root};

/// After the last day of the samples, so that every one of their days is in the window.
const DATE: &str = "2026-10-09";

/// What one format's sample gives.
struct Expected {
    format: &'static str,
    contract: &'static str,
    counts: Counts,
    /// Object, line and path of the rejected records.
    rejected: &'static [(&'static str, i64, &'static str)],
    tables: &'static [&'static str],
}

/// The source's row of `coverage`.
#[derive(Debug, PartialEq)]
struct Counts {
    records: i64,
    unreadable: i64,
    skipped: i64,
    rows: i64,
    kept: i64,
    repeated: i64,
}

#[test]
fn every_format_means_what_its_sample_says() {
    let formats: BTreeSet<String> = std::fs::read_dir(root().join("schemas/sources"))
        .expect("schemas/sources")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "sql"))
        .map(|path| path.file_stem().expect("a stem").to_string_lossy().into_owned())
        .collect();
    let expected: BTreeSet<String> = FORMATS.iter().map(|expected| expected.format.to_string()).collect();
    assert_eq!(formats, expected, "left: formats of schemas/sources; right: expectations in tests/it/formats.rs");
    let faults: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = FORMATS.iter().map(|expected| scope.spawn(|| faults(expected))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the format's thread ends")).collect()
    });
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The sample stands in the repository, the results in a place of their own. The samples reject a record on purpose:
/// their shares are above what a run accepts, so the run file raises the parameter.
fn run(place: &Place, formats: &[&str]) {
    let folder = |format: &str| format!("{}/", root().join("sample_data/formats").join(format).display());
    let urls: Vec<String> = formats.iter().map(|format| folder(format)).collect();
    let sources: Vec<_> = formats.iter().zip(&urls).map(|(format, url)| (*format, *format, url.as_str())).collect();
    place.run_file(
        DATE,
        &sources,
        "[[parameters]]\nparameter_id = \"C-01\"\nname = \"max_rejected_share\"\nexpected = 1.0\n",
    );
    let said = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(said.code, 0, "{formats:?}: {}", said.err);
}

fn faults(expected: &Expected) -> Vec<String> {
    let place = Place::new();
    run(&place, &[expected.format]);
    let mut faults = Vec::new();
    let rows = place.sql(select(expected.contract));
    for table in expected.tables {
        let (wanted, found) = (cells(table), shown(&rows, table));
        for (wanted, found) in wanted.iter().zip(&found).filter(|(wanted, found)| wanted != found) {
            faults.push(format!(
                "{}\n  expected {}\n  found    {}",
                expected.format,
                wanted.join(" | "),
                found.join(" | ")
            ));
        }
        if wanted.len() != found.len() {
            let (wanted, found) = (wanted.len() - 1, found.len() - 1);
            faults.push(format!("{}: {found} rows of {}, expected {wanted}", expected.format, expected.contract));
        }
    }
    let coverage = place.sql("select * from coverage where event_date is null");
    let number = |name: &str| coverage[0][name].parse::<i64>().unwrap_or_else(|_| panic!("`{name}` of {coverage:?}"));
    let counts = Counts {
        records: number("records_read"),
        unreadable: number("records_rejected"),
        skipped: number("records_skipped"),
        rows: number("rows_in"),
        kept: number("rows_kept"),
        repeated: number("rows_repeated"),
    };
    if counts != expected.counts {
        faults.push(format!("{}\n  expected {:?}\n  found    {counts:?}", expected.format, expected.counts));
    }
    if number("rows_in") != number("rows_kept") + number("rows_repeated") + number("rows_rejected") {
        faults.push(format!("{}: rows in are not kept + repeated + rejected: {counts:?}", expected.format));
    }
    let rejected: Vec<(String, i64, String)> = place
        .sql("select object_key, line, path from quarantine order by object_key, line")
        .into_iter()
        .map(|row| (row["object_key"].clone(), row["line"].parse().expect("a line"), row["path"].clone()))
        .collect();
    let is_same = |(wanted, found): (&(&str, i64, &str), &(String, i64, String))| {
        found.0.ends_with(wanted.0) && (found.1, found.2.as_str()) == (wanted.1, wanted.2)
    };
    if rejected.len() != expected.rejected.len() || !expected.rejected.iter().zip(&rejected).all(is_same) {
        faults.push(format!(
            "{}\n  expected rejected {:?}\n  found    rejected {rejected:?}",
            expected.format, expected.rejected
        ));
    }
    faults
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

/// The rows as a table with the columns of another table's first line.
fn shown(rows: &[Row], like: &str) -> Vec<Vec<String>> {
    let columns = cells(like).swap_remove(0);
    let line = |row: &Row| columns.iter().map(|name| short(&row[name])).collect();
    std::iter::once(columns.clone()).chain(rows.iter().map(line)).collect()
}

/// Decimals without the zeros at their end; everything else as it is.
fn short(cell: &str) -> String {
    let is_decimal = cell.contains('.') && cell.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_decimal { cell.trim_end_matches('0').trim_end_matches('.').to_string() } else { cell.to_string() }
}

#[test]
fn what_has_no_price_or_no_usage_costs_an_unknown_amount_and_not_zero() {
    let place = Place::new();
    run(&place, &["openai_envelope"]);
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
    run(&place, &["litellm", "openai_envelope"]);
    let calls = place.sql(
        "select x_source, x_repeats, x_attempt, x_trace_id, gen_ai_usage_input_tokens as input from requests \
         where gen_ai_response_id = 'chatcmpl-SampleC'",
    );
    assert_eq!(calls.len(), 1, "{calls:?}");
    let cell = |name: &str| calls[0][name].as_str();
    assert_eq!((cell("x_source"), cell("x_repeats"), cell("input")), ("litellm", "1", "900"));
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

const REQUESTS: &str = r"
select
    regexp_replace(requests.x_object_key, '^.*[/_]', '') as file, requests.x_line as line,
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
    requests.x_gateway_cache_hit as hit, requests.x_server_tool_requests as searches, requests.x_repeats as repeats,
    requests.tags as tags
from requests
inner join requests_priced on requests_priced.x_record_id = requests.x_record_id and requests_priced.event_date = requests.event_date
order by requests.x_object_key, requests.x_line
";

const CHARGES: &str = r"
select
    regexp_replace(x_object_key, '^.*/', '') as file, x_line as line, event_date as day, charge_category as category,
    charge_class as class, provider_name as provider, x_model_raw as model, x_token_kind as kind,
    x_service_tier as tier, pricing_quantity as priced, pricing_unit as unit, consumed_quantity as consumed,
    billed_cost as billed, effective_cost as effective, list_cost as list, billing_currency as currency
from charges
order by x_object_key, x_line
";

const EVALUATIONS: &str = r"
select
    regexp_replace(x_object_key, '^.*/', '') as file, x_line as line, provider, model_id as model,
    workload_id as workload, eval_set, method, rubric_or_judge as rubric, run_id as run, item_id as item, score,
    is_correct as correct, n, n_correct, cluster_id as cluster, adaptation, template_id as template,
    split_rule as split, scored_at, is_vendor_made as vendor
from evaluations
order by x_object_key, x_line
";

const FORMATS: &[Expected] = &[
    Expected {
        format: "anthropic_envelope",
        contract: "requests",
        counts: Counts { records: 10, unreadable: 1, skipped: 0, rows: 10, kept: 9, repeated: 0 },
        rejected: &[("part-0000.jsonl", 7, "request.max_tokens")],
        tables: &[
            r#"
file               | line | status  | error            | attempt | tier     | asked                | billed                    | region | workload        | named_by | finish     | price         | cost_usd
part-0000.jsonl    | 1    | ok      |                  |         | standard | claude-opus-4-1      | claude-opus-4-1-20250805  | us     | contract-review | app      | stop       | unpriced      |
part-0000.jsonl    | 2    | error   | overloaded_error | 1       |          | claude-opus-4-1      | claude-opus-4-1-20250805  | global | contract-review | app      |            | error         |
part-0000.jsonl    | 3    | ok      |                  | 2       | priority | claude-opus-4-1      | claude-opus-4-1-20250805  | global | contract-review | app      | tool_calls | unpriced      |
part-0000.jsonl    | 4    | ok      |                  |         | standard | claude-haiku-4-5     | claude-haiku-4-5-20251001 | global | triage          | tag      | length     | priced        | 0.00266
part-0000.jsonl    | 5    | ok      |                  |         | standard | nimbus-large-preview | nimbus-large-preview      | global | lab             | app      | stop       | unknown_model |
part-0000.jsonl    | 6    | ok      |                  |         |          | claude-opus-4-1      | claude-opus-4-1-20250805  | global | contract-review | app      |            | no_usage      |
part-0000.jsonl.gz | 1    | ok      |                  |         | batch    | claude-haiku-4-5     | claude-haiku-4-5-20251001 | global | enrich          | tag      | stop       | priced        | 0.000028
part-0000.jsonl.gz | 2    | expired | expired          |         | batch    | claude-haiku-4-5     | claude-haiku-4-5-20251001 | global | enrich          | tag      |            | no_usage      |
part-0000.jsonl.gz | 3    | ok      |                  |         | standard | claude-haiku-4-5     | claude-haiku-4-5-20251001 | global | help            | app      | refusal    | priced        | 0.00008
"#,
            r#"
file               | line | input | uncached | read | write_5m | write_1h | audio_in | image_in | output | visible | reasoning | audio_out | semantics
part-0000.jsonl    | 1    | 6131  | 31       | 5800 | 100      | 200      |          |          | 402    | 402     |           |           | exclusive_repaired
part-0000.jsonl    | 2    |       |          |      |          |          |          |          |        |         |           |           | missing
part-0000.jsonl    | 3    | 900   | 900      | 0    | 0        | 0        |          |          | 1500   | 290     | 1210      |           | exclusive_repaired
part-0000.jsonl    | 4    | 2068  | 20       | 0    | 2048     | 0        |          |          | 16     | 16      |           |           | assumed
part-0000.jsonl    | 5    | 400   | 400      | 0    | 0        | 0        |          |          | 80     | 80      |           |           | exclusive_repaired
part-0000.jsonl    | 6    |       |          |      |          |          |          |          |        |         |           |           | missing
part-0000.jsonl.gz | 1    | 31    | 31       | 0    | 0        | 0        |          |          | 5      | 5       |           |           | exclusive_repaired
part-0000.jsonl.gz | 2    |       |          |      |          |          |          |          |        |         |           |           | missing
part-0000.jsonl.gz | 3    | 60    | 60       | 0    | 0        | 0        |          |          | 4      | 4       |           |           | exclusive_repaired
"#,
            r#"
file               | line | began                    | ended                    | ms     | tools | image | audio | shape       | effort | hit | searches | repeats | tags
part-0000.jsonl    | 1    | 2026-10-05T09:00:00Z     | 2026-10-05T09:00:09.400Z | 9400   |       | true  |       |             |        |     |          | 0       |
part-0000.jsonl    | 2    | 2026-10-05T09:01:00Z     | 2026-10-05T09:01:00.200Z | 200    |       |       |       |             |        |     |          | 0       |
part-0000.jsonl    | 3    | 2026-10-05T09:01:01.200Z | 2026-10-05T09:01:08.200Z | 7000   | true  |       |       | forced_tool |        |     | 2        | 0       |
part-0000.jsonl    | 4    | 2026-10-05T08:59:58Z     | 2026-10-05T09:02:00Z     | 122000 |       |       |       |             | low    |     |          | 0       |
part-0000.jsonl    | 5    | 2026-10-05T09:02:59.300Z | 2026-10-05T09:03:00.100Z | 800    |       |       |       |             |        |     |          | 0       |
part-0000.jsonl    | 6    | 2026-10-05T09:02:59.100Z | 2026-10-05T09:04:00.100Z | 61000  |       |       |       |             |        |     |          | 0       |
part-0000.jsonl.gz | 1    |                          | 2026-10-06T03:00:00Z     |        |       |       |       |             |        |     |          | 0       |
part-0000.jsonl.gz | 2    |                          | 2026-10-06T03:00:00Z     |        |       |       |       |             |        |     |          | 0       |
part-0000.jsonl.gz | 3    | 2026-10-06T08:59:59.650Z | 2026-10-06T09:00:00.050Z | 400    |       |       |       |             |        |     |          | 0       |
"#,
        ],
    },
    Expected {
        format: "bedrock",
        contract: "requests",
        counts: Counts { records: 11, unreadable: 1, skipped: 0, rows: 11, kept: 10, repeated: 0 },
        rejected: &[("0f0c2a9be1d7c583.json.gz", 7, "input.inputTokenCount")],
        tables: &[
            r#"
file                     | line | status | error               | attempt | tier        | asked                                      | billed                                   | region    | workload           | named_by | finish     | price         | cost_usd
0f0c2a9be1d7c583.json.gz | 1    | ok     |                     |         |             | us.anthropic.claude-opus-4-1-20250805-v1:0 | anthropic.claude-opus-4-1-20250805-v1:0  | us        | triage             | tag      | stop       | priced        | 0.003705
0f0c2a9be1d7c583.json.gz | 2    | ok     |                     |         |             | anthropic.claude-haiku-4-5-20251001-v1:0   | anthropic.claude-haiku-4-5-20251001-v1:0 | us-east-1 | doc-qa-task        | app      | stop       | priced        | 0.00129536
0f0c2a9be1d7c583.json.gz | 3    | error  | ThrottlingException |         |             | k3x9q2m7w1ab                               | k3x9q2m7w1ab                             | us-east-1 | ticket-router      | app      |            | error         | 0
0f0c2a9be1d7c583.json.gz | 4    | ok     |                     |         |             | k3x9q2m7w1ab                               | k3x9q2m7w1ab                             | us-east-1 | ticket-router      | app      | stop       | unknown_model |
0f0c2a9be1d7c583.json.gz | 5    | ok     |                     |         |             | amazon.titan-embed-text-v2:0               | amazon.titan-embed-text-v2:0             | us-east-1 | ticket-router-task | app      |            | unknown_model |
0f0c2a9be1d7c583.json.gz | 6    | ok     |                     |         |             | us.anthropic.claude-opus-4-1-20250805-v1:0 | anthropic.claude-opus-4-1-20250805-v1:0  | us        | ticket-router      | app      |            | no_usage      |
081be03d77c4f209.json    | 1    | ok     |                     |         |             | us.anthropic.claude-opus-4-1-20250805-v1:0 | anthropic.claude-opus-4-1-20250805-v1:0  | us        | batch-summariser   | key      | length     | priced        | 0.28233
081be03d77c4f209.json    | 2    | ok     |                     |         | flex        | anthropic.claude-haiku-4-5-20251001-v1:0   | anthropic.claude-haiku-4-5-20251001-v1:0 | us-east-1 | routing            | tag      | tool_calls | unpriced      |
081be03d77c4f209.json    | 3    | ok     |                     |         |             | nimbus.large-preview-v1:0                  | nimbus.large-preview-v1:0                | us-east-1 | ticket-router-task | app      | stop       | unknown_model |
081be03d77c4f209.json    | 4    | ok     |                     |         | provisioned | p0q1r2s3t4u5                               | anthropic.claude-haiku-4-5-20251001-v1:0 | us-east-1 | ticket-router-task | app      | tool_calls | unpriced      |
"#,
            r#"
file                     | line | input | uncached | read  | write_5m | write_1h | audio_in | image_in | output | visible | reasoning | audio_out | semantics
0f0c2a9be1d7c583.json.gz | 1    | 212   | 212      | 0     | 0        | 0        |          |          | 7      | 7       |           |           | exclusive_repaired
0f0c2a9be1d7c583.json.gz | 2    | 4431  | 23       | 4096  | 112      | 200      |          |          | 41     | 41      |           |           | exclusive_repaired
0f0c2a9be1d7c583.json.gz | 3    | 0     | 0        | 0     | 0        | 0        |          |          |        |         |           |           | exclusive_repaired
0f0c2a9be1d7c583.json.gz | 4    | 198   | 198      | 0     | 0        | 0        |          |          | 6      | 6       |           |           | exclusive_repaired
0f0c2a9be1d7c583.json.gz | 5    | 4     | 4        | 0     | 0        | 0        |          |          |        |         |           |           | exclusive_repaired
0f0c2a9be1d7c583.json.gz | 6    |       |          |       |          |          |          |          |        |         |           |           | missing
081be03d77c4f209.json    | 1    | 63606 | 118      | 61440 | 2048     | 0        |          |          | 2000   | 2000    |           |           | assumed
081be03d77c4f209.json    | 2    | 9653  | 40       | 0     | 613      | 9000     |          |          | 22     | 22      |           |           | exclusive_repaired
081be03d77c4f209.json    | 3    | 900   | 900      | 0     | 0        | 0        |          |          | 5      | 5       |           |           | exclusive_repaired
081be03d77c4f209.json    | 4    | 12    | 12       | 0     | 0        | 0        |          |          | 9      | 9       |           |           | exclusive_repaired
"#,
            r#"
file                     | line | began                | ended                    | ms    | tools | image | audio | shape       | effort | hit | searches | repeats | tags
0f0c2a9be1d7c583.json.gz | 1    | 2026-10-05T09:15:02Z | 2026-10-05T09:15:03.184Z | 1184  | false | false |       |             |        |     |          | 0       | {"team":"support","app":"ticket-router","workload":"triage","prompt_id":"classify-ticket","prompt_version":"7","env":"prod"}
0f0c2a9be1d7c583.json.gz | 2    | 2026-10-05T09:15:09Z | 2026-10-05T09:15:10.630Z | 1630  | true  | false |       |             |        |     |          | 0       |
0f0c2a9be1d7c583.json.gz | 3    | 2026-10-05T09:15:11Z |                          |       | false | false |       |             |        |     |          | 0       | {"team":"support","app":"ticket-router"}
0f0c2a9be1d7c583.json.gz | 4    | 2026-10-05T09:15:13Z | 2026-10-05T09:15:13.990Z | 990   | false | false |       |             |        |     |          | 0       | {"team":"support","app":"ticket-router"}
0f0c2a9be1d7c583.json.gz | 5    | 2026-10-05T09:16:40Z |                          |       | false | false |       |             |        |     |          | 0       |
0f0c2a9be1d7c583.json.gz | 6    | 2026-10-05T09:17:00Z |                          |       |       |       |       |             |        |     |          | 0       | {"app":"ticket-router"}
081be03d77c4f209.json    | 1    | 2026-10-05T10:22:10Z | 2026-10-05T10:22:34.110Z | 24110 |       |       |       |             |        |     |          | 0       |
081be03d77c4f209.json    | 2    | 2026-10-05T10:23:00Z | 2026-10-05T10:23:00.812Z | 812   | true  | false |       | forced_tool |        |     |          | 0       | {"feature":"routing","environment":"staging"}
081be03d77c4f209.json    | 3    | 2026-10-05T10:24:00Z | 2026-10-05T10:24:00.700Z | 700   | false | true  |       |             |        |     |          | 0       |
081be03d77c4f209.json    | 4    | 2026-10-05T10:25:00Z |                          |       | false | false |       |             |        |     |          | 0       |
"#,
        ],
    },
    Expected {
        format: "evaluations_table",
        contract: "evaluations",
        counts: Counts { records: 16, unreadable: 1, skipped: 0, rows: 16, kept: 15, repeated: 0 },
        rejected: &[("scores.csv", 12, "scored_at")],
        tables: &[
            r#"
file            | line | provider  | model                | eval_set            | method        | rubric                   | run   | item     | score | correct | n    | n_correct
scores.csv      | 1    | openai    | o3                   | triage-gold-2026-09 | deterministic | exact-match v1           | run-1 | item-001 |       | true    |      |
scores.csv      | 2    | openai    | gpt-5.4-mini         | triage-gold-2026-09 | deterministic | exact-match v1           | run-1 | item-001 |       | true    |      |
scores.csv      | 3    | openai    | o3                   | triage-gold-2026-09 | deterministic | exact-match v1           | run-1 | item-002 |       | true    |      |
scores.csv      | 4    | openai    | gpt-5.4-mini         | triage-gold-2026-09 | deterministic | exact-match v1           | run-1 | item-002 |       | false   |      |
scores.csv      | 5    | openai    | o3                   | triage-gold-2026-09 | deterministic | exact-match v1           | run-1 | item-003 |       | false   |      |
scores.csv      | 6    | openai    | gpt-5.4-mini         | triage-gold-2026-09 | deterministic | exact-match v1           | run-1 | item-003 |       | true    |      |
scores.csv      | 7    | openai    | o3                   | triage-gold-2026-09 | deterministic | exact-match v1           | run-1 | item-004 |       | true    |      |
scores.csv      | 8    | openai    | gpt-5.4-mini         | triage-gold-2026-09 | deterministic | exact-match v1           | run-1 | item-004 |       | true    |      |
scores.csv      | 9    | openai    | gpt-5.4-mini         | triage-gold-2026-09 | llm_judge     | judge-b 2026-09 rubric 3 | run-2 | item-005 | 0.82  |         |      |
scores.csv      | 10   | openai    | gpt-5.4-mini         | triage-gold-2026-09 | deterministic | exact-match v1           | run-3 |          |       |         | 400  | 371
scores.csv      | 11   |           | nimbus-large-preview | public-bench        | benchmark     |                          |       |          |       |         | 1000 | 905
scores.csv      | 13   | openai    | gpt-5.4-mini         | triage-gold-2026-09 | deterministic | exact-match v1           | run-4 | item-007 |       | true    |      |
scores.jsonl.gz | 1    | anthropic | claude-haiku-4-5     | clauses-1           | human         | legal panel 2            | run-9 | doc-1    | 0.5   | true    |      |
scores.jsonl.gz | 2    | anthropic | claude-haiku-4-5     | clauses-1           | human         | legal panel 2            | run-9 | doc-2    | 1     | false   |      |
scores.jsonl.gz | 3    | anthropic | claude-haiku-4-5     | clauses-1           | human         | legal panel 2            | run-9 |          |       |         | 40   | 37
"#,
            r#"
file            | line | workload        | cluster    | adaptation | template         | split                | scored_at            | vendor
scores.csv      | 1    | triage          | customer-1 | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 2    | triage          | customer-1 | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 3    | triage          | customer-1 | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 4    | triage          | customer-1 | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 5    | triage          | customer-2 | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 6    | triage          | customer-2 | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 7    | triage          | customer-2 | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 8    | triage          | customer-2 | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 9    | triage          |            | none       |                  |                      | 2026-10-04T10:00:00Z | false
scores.csv      | 10   | triage          |            | post_train |                  |                      | 2026-10-05T09:30:00Z | false
scores.csv      | 11   | triage          |            | none       |                  |                      | 2026-10-04T10:00:00Z | true
scores.csv      | 13   | triage          |            | none       | 20e8938751ab29ea | input_tokens <= 2048 | 2026-10-04T10:00:00Z | false
scores.jsonl.gz | 1    | contract-review | matter-1   | none       |                  |                      | 2026-10-06T10:00:00Z | false
scores.jsonl.gz | 2    | contract-review | matter-1   | none       |                  |                      | 2026-10-06T10:00:00Z | false
scores.jsonl.gz | 3    | contract-review | matter-1   | none       |                  |                      | 2026-10-06T10:00:00Z | false
"#,
        ],
    },
    Expected {
        format: "focus",
        contract: "charges",
        counts: Counts { records: 30, unreadable: 1, skipped: 0, rows: 30, kept: 29, repeated: 0 },
        rejected: &[("focus_1_0.csv", 3, "BilledCost")],
        tables: &[r#"
file                                | line | day        | category | class      | provider  | model                     | kind           | tier        | priced | unit           | consumed | billed         | effective  | list      | currency
ai-focus-00001.csv.gz               | 1    | 2026-10-05 | Usage    |            | AWS       | Nova2.0Lite               | input          | flex        | 2000   | 1K tokens      | 2000     | 0.3            | 0.3        | 0.3       | USD
ai-focus-00001.csv.gz               | 2    | 2026-10-05 | Usage    |            | AWS       | NovaPro                   | cache_read     | standard    | 8000   | 1K tokens      | 8000     | 1.6            | 1.6        | 1.6       | USD
ai-focus-00001.csv.gz               | 3    | 2026-10-05 | Usage    |            | AWS       | NovaPro                   | output         | batch       | 900    | 1K tokens      | 900      | 1.44           | 1.44       | 1.44      | USD
ai-focus-00001.csv.gz               | 4    | 2026-10-05 | Usage    |            | AWS       | openai.gpt-oss-120b       | input          | standard    | 1000   | 1K tokens      | 1000     | 0.15           | 0.15       | 0.15      | USD
ai-focus-00001.csv.gz               | 5    | 2026-10-05 | Usage    |            | AWS       | anthropic.claude-opus-4-8 | cache_write_5m | standard    | 1      | 1M tokens      | 1        | 6.25           | 6.25       | 6.25      | USD
ai-focus-00001.csv.gz               | 6    | 2026-10-05 | Usage    |            | AWS       | Claude Sonnet 4.6         | output         | standard    | 0.5    | 1M tokens      | 0.5      | 7.5            | 7.5        | 7.5       | USD
ai-focus-00001.csv.gz               | 7    | 2026-10-05 | Usage    |            | AWS       | Claude Opus 5.5           | input          | standard    | 1.5    | 1M tokens      | 1.5      | 6              | 6          | 6         | USD
ai-focus-00001.csv.gz               | 8    | 2026-10-05 | Usage    |            | AWS       | Nova                      | other          | provisioned | 24     | Hours          | 24       | 480            | 480        | 480       | USD
ai-focus-00001.csv.gz               | 9    | 2026-10-05 | Tax      |            | AWS       |                           |                |             |        |                |          | 1.1            | 1.1        | 1.1       | USD
ai-focus-00001.csv.gz               | 10   | 2026-10-05 | Credit   |            | AWS       | NovaPro                   | input          | standard    |        |                |          | -2.5           | -2.5       | -2.5      | USD
ai-focus-00001.csv.gz               | 11   | 2026-10-05 | Usage    |            | AWS       |                           |                |             | 24     | Hours          | 24       | 2.304          | 2.304      | 2.304     | USD
part_0_0001.csv                     | 1    | 2026-10-05 | Usage    |            | Microsoft | o3 0416                   | cache_read     | standard    | 300    | 1000 Units     | 300000   | 0.138          | 0.138      | 0.138     | EUR
part_0_0001.csv                     | 2    | 2026-10-05 | Usage    |            | Microsoft | gpt 4.1 mini              | input          | batch       | 9000   | 1000 Units     | 9000000  | 1.656          | 1.656      | 1.656     | EUR
part_0_0001.csv                     | 3    | 2026-10-05 | Usage    |            | Microsoft | 5.4                       | output         | standard    | 3.2    | 1000000 Units  | 3200000  | 7.36           | 7.36       | 7.36      | EUR
part_0_0001.csv                     | 4    | 2026-10-05 | Usage    |            | Microsoft |                           | other          | provisioned | 24     | Units          | 24       | 24             | 24         | 24        | EUR
part_0_0001.csv                     | 5    | 2026-10-05 | Usage    | Correction | Microsoft | o3 0416                   | output         | standard    |        |                |          | -0.5           | -0.5       | -0.5      | EUR
focus_1_0.csv                       | 1    | 2024-09-18 | Usage    |            | AWS       |                           |                |             |        |                | 2        | 0.0000008      | 0          | 0.0000008 | USD
focus_1_0.csv                       | 2    | 2024-09-18 | Usage    |            | AWS       |                           |                |             |        |                |          | 0.123456789013 | 0.00000015 | 1         | USD
focus_1_0.csv                       | 4    | 2024-09-18 | Usage    |            | Microsoft |                           |                |             |        |                | -1       | -0.25          | -0.25      | -0.25     | USD
llm_spend_2026-10-08.snappy.parquet | 1    | 2026-10-08 | Usage    |            | OpenAI    | o3-2025-04-16             | input          | standard    | 0.5    | 1000000 Tokens | 500000   | 1              | 1          | 1         | USD
llm_spend_2026-10-08.snappy.parquet | 2    | 2026-10-08 | Usage    |            | OpenAI    | o3-2025-04-16             | output         | standard    | 0.1    | 1000000 Tokens | 100000   | 0.8            | 0.8        | 0.8       | USD
llm_spend_2026-10.csv               | 1    | 2026-10-05 | Usage    |            | OpenAI    | o3-2025-04-16             | input          | standard    | 1.2    | 1000000 Tokens | 1200000  | 2.4            | 2.4        | 2.4       | USD
llm_spend_2026-10.csv               | 2    | 2026-10-05 | Usage    |            | OpenAI    | o3-2025-04-16             | cache_read     | standard    | 0.3    | 1000000 Tokens | 300000   | 0.15           | 0.15       | 0.15      | USD
llm_spend_2026-10.csv               | 3    | 2026-10-05 | Usage    |            | OpenAI    | o3-2025-04-16             | output         | standard    | 0.45   | 1000000 Tokens | 450000   | 3.6            | 3.6        | 3.6       | USD
llm_spend_2026-10.csv               | 4    | 2026-10-06 | Usage    |            | OpenAI    | gpt-5.4-mini-2026-03-17   | input          | batch       | 4      | 1000000 Tokens | 4000000  | 1.5            | 1.5        | 1.5       | USD
llm_spend_2026-10.csv               | 5    | 2026-10-06 | Usage    |            | OpenAI    | gpt-5.4-mini-2026-03-17   | cache_write_5m | standard    | 0.1    | 1000000 Tokens | 100000   | 0.0125         | 0.0125     | 0.0125    | USD
llm_spend_2026-10.csv               | 6    | 2026-10-06 | Usage    |            | OpenAI    | nimbus-large-preview      | output         | priority    | 0.001  | 1000000 Tokens | 1000     | 0.01           | 0.01       | 0.01      | USD
llm_spend_2026-10.csv               | 7    | 2026-10-06 | Credit   |            | OpenAI    |                           |                |             |        |                |          | -1.5           | -1.5       | -1.5      | USD
llm_spend_2026-10.csv               | 8    | 2026-10-06 | Usage    | Correction | OpenAI    | o3-2025-04-16             | input          | standard    | -0.15  | 1000000 Tokens | -150000  | -0.3           | -0.3       | -0.3      | USD
"#],
    },
    Expected {
        format: "litellm",
        contract: "requests",
        counts: Counts { records: 18, unreadable: 1, skipped: 1, rows: 17, kept: 15, repeated: 1 },
        rejected: &[("chatcmpl-SampleK.json", 1, "prompt_tokens")],
        tables: &[
            r#"
file                                      | line | status | error          | attempt | tier     | asked        | billed                                  | region | workload         | named_by | finish     | price         | cost_usd
chatcmpl-SampleG.json                     | 1    | ok     |                |         |          | claude-opus  | anthropic.claude-opus-4-1-20250805-v1:0 | us     | contract-review  | key      | stop       | priced        | 0.02379
chatcmpl-SampleA                          | 1    | ok     |                |         | standard | o3           | o3                                      | global | triage           | tag      | stop       | priced        | 0.008672
failure-00112233445566778899aabbccddeeff  | 1    | error  | RateLimitError |         |          | o3           | o3                                      | global | ticket-router    | app      |            | error         |
calls.jsonl.gz                            | 1    | ok     |                |         | batch    | gpt-5.4-mini | gpt-5.4-mini                            | global | enrich-catalogue | tag      |            | priced        | 0.016125
calls.jsonl.gz                            | 2    | ok     |                |         |          | embed        | text-embedding-3-small                  | global | search           | key      |            | unknown_model |
calls.jsonl.gz                            | 3    | ok     |                |         | priority | o3           | o3                                      | global | router-prod      | key      | length     | unpriced      |
SampleF.json                              | 1    | ok     |                |         |          | claude-haiku | claude-haiku-4-5-20251001               | global | coding           | key      | stop       | priced        | 0.0010276
chatcmpl-SampleH.json                     | 1    | ok     |                |         |          | nimbus       | nimbus-large-preview                    | global | lab              | key      | length     | unknown_model |
chatcmpl-SampleE.json                     | 1    | ok     |                |         |          | claude-opus  | claude-opus-4-1-20250805                | global | contract-review  | tag      | tool_calls | priced        | 0.04719
0a0a0a0a-0000-4000-8000-000000000002.json | 1    | error  | RateLimitError |         |          | o3           | o3                                      | global | ticket-router    | app      |            | error         |
chatcmpl-SampleC.json                     | 1    | ok     |                |         | standard | o3           | o3                                      | global | ticket-router    | app      | stop       | priced        | 0.0042
hit1791187500.12.json                     | 1    | ok     |                |         | standard | o3           | o3                                      | global | triage           | tag      | stop       | free          | 0
chatcmpl-SampleI.json                     | 1    | ok     |                |         |          | gpt-5.4-mini | gpt-5.4-mini                            | global | router-prod      | key      |            | no_usage      |
chatcmpl-SampleJ.json                     | 1    | ok     |                |         | flex     | gpt-5.4-mini | gpt-5.4-mini                            | global | router-prod      | key      |            | unpriced      |
chatcmpl-SampleL.json                     | 1    | ok     |                |         |          | voice        | gpt-4o-audio-preview-2025-06-03         | global | voice-desk       | tag      | stop       | unknown_model |
"#,
            r#"
file                                      | line | input | uncached | read | write_5m | write_1h | audio_in | image_in | output | visible | reasoning | audio_out | semantics
chatcmpl-SampleG.json                     | 1    | 6131  | 31       | 5800 | 300      | 0        |          |          | 120    | 120     |           |           | exclusive_repaired
chatcmpl-SampleA                          | 1    | 1840  | 304      | 1536 | 0        | 0        | 0        |          | 912    | 144     | 768       | 0         | inclusive
failure-00112233445566778899aabbccddeeff  | 1    |       |          |      |          |          |          |          |        |         |           |           | missing
calls.jsonl.gz                            | 1    | 31000 | 31000    | 0    | 0        | 0        |          |          | 2000   | 2000    | 0         |           | inclusive
calls.jsonl.gz                            | 2    | 64    | 64       | 0    | 0        | 0        |          |          | 0      | 0       |           |           | inclusive
calls.jsonl.gz                            | 3    | 9100  | 8588     | 0    | 512      | 0        |          |          | 2000   | 100     | 1900      |           | inclusive
SampleF.json                              | 1    | 4431  | 23       | 4096 | 312      | 0        |          |          | 41     | 41      |           |           | exclusive_repaired
chatcmpl-SampleH.json                     | 1    | 400   | 400      | 0    | 0        | 0        |          |          | 80     | 80      |           |           | inclusive
chatcmpl-SampleE.json                     | 1    | 6131  | 31       | 5800 | 100      | 200      |          |          | 402    | 402     |           |           | inclusive
0a0a0a0a-0000-4000-8000-000000000002.json | 1    |       |          |      |          |          |          |          |        |         |           |           | missing
chatcmpl-SampleC.json                     | 1    | 900   | 900      | 0    | 0        | 0        |          |          | 300    | 172     | 128       |           | inclusive
hit1791187500.12.json                     | 1    | 1840  | 304      | 1536 | 0        | 0        | 0        |          | 912    | 144     | 768       | 0         | inclusive
chatcmpl-SampleI.json                     | 1    |       |          |      |          |          |          |          |        |         |           |           | missing
chatcmpl-SampleJ.json                     | 1    | 250   | 250      | 0    | 0        | 0        |          |          | 50     | 50      |           |           | inclusive
chatcmpl-SampleL.json                     | 1    | 530   | 50       | 0    | 0        | 0        | 480      | 0        | 260    | 50      | 0         | 210       | inclusive
"#,
            r#"
file                                      | line | began                       | ended                       | ms    | tools | image | audio | shape       | effort | hit   | searches | repeats | tags
chatcmpl-SampleG.json                     | 1    | 2026-10-05T08:13:00Z        | 2026-10-05T08:13:03.500Z    | 3500  | false | false | false | text        |        | false |          | 0       |
chatcmpl-SampleA                          | 1    | 2026-10-05T08:00:01.000123Z | 2026-10-05T08:00:07.800123Z | 6800  | false | false | false | json_schema | medium | false |          | 1       | {"app":"ticket-router","feature":"triage","env":"prod","job":"nightly","cost_centre":"cc \"7\""}
failure-00112233445566778899aabbccddeeff  | 1    | 2026-10-05T08:01:00.500Z    | 2026-10-05T08:01:00.810Z    | 310   | false | false | false | text        |        | false |          | 0       | {"app":"ticket-router"}
calls.jsonl.gz                            | 1    | 2026-10-06T02:00:00Z        | 2026-10-06T02:00:00.400Z    | 400   | false | false | false | text        |        | false |          | 0       | {"job":"enrich-catalogue"}
calls.jsonl.gz                            | 2    | 2026-10-06T02:05:00Z        | 2026-10-06T02:05:00.200Z    | 200   | false | false | false | text        |        | false |          | 0       |
calls.jsonl.gz                            | 3    | 2026-10-06T02:06:00Z        | 2026-10-06T02:06:12Z        | 12000 | true  | false | false | json_object | high   | false | 2        | 0       |
SampleF.json                              | 1    | 2026-10-05T08:12:00Z        | 2026-10-05T08:12:03Z        | 3000  | false | false | false | text        |        | false |          | 0       |
chatcmpl-SampleH.json                     | 1    | 2026-10-05T08:14:00Z        | 2026-10-05T08:14:01.100Z    | 1100  | false | false | false | text        |        | false |          | 0       |
chatcmpl-SampleE.json                     | 1    | 2026-10-05T08:10:00Z        | 2026-10-05T08:10:09.400Z    | 9400  | true  | false | false | forced_tool |        | false |          | 0       | {"workload":"contract-review"}
0a0a0a0a-0000-4000-8000-000000000002.json | 1    | 2026-10-05T08:01:00.500Z    | 2026-10-05T08:01:00.810Z    | 310   | false | false | false | text        |        | false |          | 0       | {"app":"ticket-router"}
chatcmpl-SampleC.json                     | 1    | 2026-10-05T08:01:02Z        | 2026-10-05T08:01:06.200Z    | 4200  | false | false | false | text        |        | false |          | 0       | {"app":"ticket-router"}
hit1791187500.12.json                     | 1    | 2026-10-05T08:05:00.100Z    | 2026-10-05T08:05:00.120Z    | 20    | false | false | false | json_schema | medium | true  |          | 0       | {"app":"ticket-router","feature":"triage","env":"prod","job":"nightly","cost_centre":"cc \"7\""}
chatcmpl-SampleI.json                     | 1    | 2026-10-05T08:15:00Z        | 2026-10-05T08:15:02Z        | 2000  | false | false | false | text        |        | false |          | 0       |
chatcmpl-SampleJ.json                     | 1    | 2026-10-05T08:16:00Z        | 2026-10-05T08:16:02Z        | 2000  | false |       |       | text        |        | false |          | 0       |
chatcmpl-SampleL.json                     | 1    | 2026-10-05T08:18:00Z        | 2026-10-05T08:18:02.500Z    | 2500  | false | true  | true  | text        |        | false |          | 0       | {"workload":"voice-desk","env":"staging"}
"#,
        ],
    },
    Expected {
        format: "openai_envelope",
        contract: "requests",
        counts: Counts { records: 15, unreadable: 1, skipped: 0, rows: 15, kept: 14, repeated: 0 },
        rejected: &[("part-0000.jsonl", 8, "latency_ms")],
        tables: &[
            r#"
file               | line | status  | error               | attempt | tier     | asked                | billed                          | region | workload      | named_by | finish  | price         | cost_usd
part-0000.jsonl    | 1    | ok      |                     | 1       | standard | o3                   | o3                              | global | triage        | tag      | stop    | priced        | 0.008672
part-0000.jsonl    | 2    | error   | rate_limit_exceeded | 1       |          | o3                   | o3                              | global | triage        | tag      |         | error         |
part-0000.jsonl    | 3    | ok      |                     | 2       | standard | o3                   | o3                              | global | triage        | tag      | stop    | priced        | 0.0042
part-0000.jsonl    | 4    | ok      |                     |         | standard | gpt-4o-audio-preview | gpt-4o-audio-preview-2025-06-03 | global | voice-desk    | app      | stop    | unknown_model |
part-0000.jsonl    | 5    | ok      |                     |         | flex     | o4-mini              | o4-mini                         | global | reports       | app      | length  | unpriced      |
part-0000.jsonl    | 6    | ok      |                     |         | standard | nimbus-large-preview | nimbus-large-preview            | global | lab           | app      | stop    | unknown_model |
part-0000.jsonl    | 7    | ok      |                     |         | standard | gpt-5.4-mini         | gpt-5.4-mini                    | global | ticket-router | app      |         | no_usage      |
part-0000.jsonl.gz | 1    | ok      |                     |         | standard | o3-2025-04-16        | o3                              | global | pmpt_classify | prompt   | stop    | unpriced      |
part-0000.jsonl.gz | 2    | ok      |                     |         | priority | o3                   | o3                              | global | pmpt_classify | prompt   | length  | unpriced      |
part-0000.jsonl.gz | 3    | error   | server_error        |         | standard | gpt-5.4-mini         | gpt-5.4-mini                    | global | pmpt_classify | prompt   |         | error         |
part-0000.jsonl.gz | 4    | ok      |                     |         | batch    | gpt-5.4-mini         | gpt-5.4-mini                    | global | enrich        | tag      | stop    | priced        | 0.000016125
part-0000.jsonl.gz | 5    | expired | batch_expired       |         | batch    | gpt-5.4-mini         | gpt-5.4-mini                    | global | enrich        | tag      |         | no_usage      |
part-0000.jsonl.gz | 6    | ok      |                     |         | standard | gpt-5.4-mini         | gpt-5.4-mini                    | global | help          | app      | refusal | unpriced      |
part-0000.jsonl.gz | 7    | ok      |                     |         |          | embed-prod           | text-embedding-3-small          | global | search        | app      |         | unknown_model |
"#,
            r#"
file               | line | input | uncached | read | write_5m | write_1h | audio_in | image_in | output | visible | reasoning | audio_out | semantics
part-0000.jsonl    | 1    | 1840  | 304      | 1536 | 0        | 0        | 0        |          | 912    | 144     | 768       | 0         | inclusive
part-0000.jsonl    | 2    |       |          |      |          |          |          |          |        |         |           |           | missing
part-0000.jsonl    | 3    | 900   | 900      | 0    | 0        | 0        | 0        |          | 300    | 172     | 128       | 0         | inclusive
part-0000.jsonl    | 4    | 530   | 50       | 0    | 0        | 0        | 480      | 0        | 260    | 50      | 0         | 210       | inclusive
part-0000.jsonl    | 5    | 90    | 90       | 0    | 0        | 0        | 0        |          | 1000   | 0       | 1000      | 0         | inclusive
part-0000.jsonl    | 6    | 400   | 400      | 0    | 0        | 0        | 0        |          | 80     | 80      | 0         | 0         | inclusive
part-0000.jsonl    | 7    |       |          |      |          |          |          |          |        |         |           |           | missing
part-0000.jsonl.gz | 1    | 1840  | 200      | 1536 | 104      | 0        |          |          | 912    | 144     | 768       |           | inclusive
part-0000.jsonl.gz | 2    | 9100  | 9100     | 0    | 0        | 0        |          |          | 2000   | 100     | 1900      |           | inclusive
part-0000.jsonl.gz | 3    |       |          |      |          |          |          |          |        |         |           |           | missing
part-0000.jsonl.gz | 4    | 31    | 31       | 0    | 0        | 0        | 0        |          | 2      | 2       | 0         | 0         | inclusive
part-0000.jsonl.gz | 5    |       |          |      |          |          |          |          |        |         |           |           | missing
part-0000.jsonl.gz | 6    | 1200  | 435      | 0    | 0        | 0        | 0        | 765      | 12     | 12      | 0         | 0         | inclusive
part-0000.jsonl.gz | 7    | 64    | 64       | 0    | 0        | 0        |          |          |        |         |           |           | inclusive
"#,
            r#"
file               | line | began                    | ended                    | ms    | tools | image | audio | shape       | effort | hit | searches | repeats | tags
part-0000.jsonl    | 1    | 2026-10-05T08:00:02.123Z | 2026-10-05T08:00:08.923Z | 6800  |       | false |       | json_schema | medium |     |          | 0       |
part-0000.jsonl    | 2    | 2026-10-05T08:01:00.500Z | 2026-10-05T08:01:00.810Z | 310   |       |       |       |             |        |     |          | 0       |
part-0000.jsonl    | 3    | 2026-10-05T08:01:02Z     | 2026-10-05T08:01:06.200Z | 4200  |       |       |       |             |        |     |          | 0       |
part-0000.jsonl    | 4    | 2026-10-05T06:01:57.900Z | 2026-10-05T06:02:00Z     | 2100  |       |       | true  |             |        |     |          | 0       |
part-0000.jsonl    | 5    | 2026-10-05T08:02:51.500Z | 2026-10-05T08:03:00.500Z | 9000  | true  |       |       | forced_tool |        |     |          | 0       |
part-0000.jsonl    | 6    | 2026-10-05T08:03:59.800Z | 2026-10-05T08:04:00.500Z | 700   |       |       |       |             |        |     |          | 0       |
part-0000.jsonl    | 7    | 2026-10-05T08:04:59Z     | 2026-10-05T08:05:00.500Z | 1500  |       |       |       |             |        |     |          | 0       |
part-0000.jsonl.gz | 1    | 2026-10-06T08:00:02.123Z | 2026-10-06T08:00:08.923Z | 6800  | false |       |       | json_schema | medium |     | 0        | 0       | {"app":"ticket-router","note":"a \"quoted\" word"}
part-0000.jsonl.gz | 2    | 2026-10-06T08:00:38.423Z | 2026-10-06T08:01:08.923Z | 30500 | true  |       |       | json_schema | medium |     | 2        | 0       | {"app":"ticket-router","note":"a \"quoted\" word"}
part-0000.jsonl.gz | 3    | 2026-10-06T08:01:59.100Z | 2026-10-06T08:02:00Z     | 900   | false |       |       | json_schema | medium |     | 0        | 0       | {"app":"ticket-router","note":"a \"quoted\" word"}
part-0000.jsonl.gz | 4    |                          | 2026-10-06T03:00:00Z     |       |       |       |       |             |        |     |          | 0       |
part-0000.jsonl.gz | 5    |                          | 2026-10-06T03:00:00Z     |       |       |       |       |             |        |     |          | 0       |
part-0000.jsonl.gz | 6    | 2026-10-06T08:09:59.050Z | 2026-10-06T08:10:00.250Z | 1200  |       | true  |       |             |        |     |          | 0       |
part-0000.jsonl.gz | 7    | 2026-10-06T08:11:00.170Z | 2026-10-06T08:11:00.250Z | 80    |       |       |       |             |        |     |          | 0       |
"#,
        ],
    },
];
