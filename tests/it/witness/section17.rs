//! What the cases of `tests/formats` do not show of section 17 of `formats/requests.md`: the same calls in three stores of
//! LiteLLM, a source each, and raw OpenAI, Mistral and Anthropic records in an envelope. Counts are inclusive input, cache
//! read, cache write, inclusive output, reasoning.

use std::path::Path;

use serde_json::{Value, json};

use super::data;
use crate::support::{KEEPS_ALL, Place};

/// The day after the examples.
const DATE: &str = "2026-01-15";

/// Counts as the table of section 17 shows them; an empty cell of the table is `None`.
type Counts = [Option<i64>; 5];

const fn counts(input: i64, read: i64, write: i64, output: i64) -> Counts {
    [Some(input), Some(read), Some(write), Some(output), None]
}

const fn reasoned(input: i64, read: i64, write: i64, output: i64, reasoning: i64) -> Counts {
    [Some(input), Some(read), Some(write), Some(output), Some(reasoning)]
}

const UNKNOWN: Counts = [None; 5];

/// Runs sources and compares every kept row, by the last part of its object's name and its line.
fn compare(sources: &[(&str, &str, &Path)], place: &Place, expected: &[(&str, &str, i64, Counts)]) {
    let urls: Vec<String> = sources.iter().map(|(_, _, folder)| format!("{}/", folder.display())).collect();
    let sources: Vec<_> =
        sources.iter().zip(&urls).map(|((name, format, _), url)| (*name, *format, url.as_str())).collect();
    place.run_file(DATE, &sources, KEEPS_ALL);
    let said = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let rows = place.sql(
        "select x_source, x_object_key, x_line, gen_ai_usage_input_tokens as input, usage_cache_read_tokens as read, \
         usage_cache_write_5m_tokens + usage_cache_write_1h_tokens as write, gen_ai_usage_output_tokens as output, \
         usage_output_reasoning_tokens as reasoning from requests order by x_source, x_object_key, x_line",
    );
    let mut faults = Vec::new();
    for (source, object, line, wanted) in expected {
        let is_it = |row: &&crate::support::Row| {
            row["x_source"] == *source && row["x_object_key"].contains(object) && row["x_line"] == line.to_string()
        };
        let found: Vec<_> = rows.iter().filter(is_it).collect();
        let cells = |row: &crate::support::Row| {
            ["input", "read", "write", "output", "reasoning"].map(|name| row[name].parse().ok())
        };
        match found[..] {
            [row] if cells(row) == *wanted => {}
            [row] => faults.push(format!("{source} {object} line {line}: expected {wanted:?}, found {:?}", cells(row))),
            _ => faults.push(format!("{source} {object} line {line}: {} rows", found.len())),
        }
    }
    if rows.len() != expected.len() {
        faults.push(format!("{} rows, expected {}", rows.len(), expected.len()));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

const O3: Counts = reasoned(1840, 1536, 0, 912, 768);
const CLAUDE: Counts = counts(6131, 5800, 300, 402);

#[test]
fn calls_that_three_stores_hold_are_counted_once() {
    let Some(data) = data() else { return };
    let folder = |store: &str| data.join("formats/examples/requests").join(store);
    let place = Place::new();
    compare(
        &[
            ("s3", "litellm", &folder("litellm_s3")),
            ("gcs", "litellm", &folder("litellm_gcs")),
            ("blob", "litellm", &folder("litellm_azure_blob")),
        ],
        &place,
        &[
            ("s3", "time-09-15-02-123456_chatcmpl-Cx7Qh2ExampleA", 1, O3),
            // On purpose not the 0 0 0 0 of section 17: LiteLLM writes 0 and 0 when it knows nothing, and nothing is
            // known of a failed call. Missing is null, never 0.
            ("s3", "time-09-17-05-500000_5b0d5e0c-9a41-4c0e-a4f1", 1, UNKNOWN),
            ("s3", "time-09-18-32-250000_chatcmpl-Cx7Qh2ExampleA_cache_hit", 1, O3),
            ("s3", "time-09-16-40-000501_chatcmpl-01ExampleAnthropicB", 1, CLAUDE),
        ],
    );
    let coverage = place
        .sql("select source, rows_in, rows_kept, rows_repeated from coverage where event_date is null order by source");
    let found: Vec<_> = coverage
        .iter()
        .map(|row| ["source", "rows_in", "rows_kept", "rows_repeated"].map(|name| &*row[name]))
        .collect();
    assert_eq!(found, [["blob", "2", "0", "2"], ["gcs", "2", "0", "2"], ["s3", "4", "4", "0"]]);
    // Tokens that the gateway answered from its own cache are logged and cost nothing.
    let hit = &place.sql("select price_status, cost_usd from requests_priced where is_gateway_cache_hit")[0];
    assert_eq!((&*hit["price_status"], &*hit["cost_usd"]), ("free", "0.000000000000"));
}

/// The records of a file, wrapped as an application would log them.
fn wrap(folder: &Path, file: &str, envelope: impl Fn(Value) -> Value) -> String {
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let records = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{file}: {error}")));
    let wrapped = records.map(|record| {
        let mut call = envelope(record);
        call["ts"] = json!("2026-01-14T09:20:00.250Z");
        format!("{call}\n")
    });
    wrapped.collect()
}

#[test]
fn raw_openai_and_anthropic_records_in_an_envelope() {
    let Some(data) = data() else { return };
    let folder = data.join("formats/examples/requests/provider_raw");
    let place = Place::new();
    let plain = |response: Value| json!({ "response": response });
    for file in ["openai_chat_completions.jsonl", "openai_responses.jsonl"] {
        place.write(&format!("openai/{file}"), wrap(&folder, file, plain));
    }
    let mistral = |response: Value| json!({ "provider": "mistral_ai", "response": response });
    place.write("openai/mistral_chat.jsonl", wrap(&folder, "mistral_chat.jsonl", mistral));
    let batch = |mut line: Value| {
        let mut call = json!({ "tier": "batch", "request_id": line["custom_id"] });
        let error = if line["response"]["body"]["error"].is_object() {
            &line["response"]["body"]["error"]
        } else {
            &line["error"]
        };
        if error.is_object() {
            call["error"] =
                json!({ "type": error["type"], "code": error["code"], "status": line["response"]["status_code"] });
        } else {
            call["response"] = line["response"]["body"].take();
        }
        call
    };
    place.write("openai/openai_batch_output.jsonl", wrap(&folder, "openai_batch_output.jsonl", batch));
    place.write("anthropic/anthropic_messages.jsonl", wrap(&folder, "anthropic_messages.jsonl", plain));
    let results = |mut line: Value| {
        let mut call = json!({ "tier": "batch", "request_id": line["custom_id"] });
        match line["result"]["type"].as_str() {
            Some("succeeded") => call["response"] = line["result"]["message"].take(),
            Some("errored") => call["response"] = line["result"]["error"].take(),
            other => call["error"] = json!({ "type": other }),
        }
        call
    };
    let file = "anthropic_message_batch_results.jsonl";
    place.write(&format!("anthropic/{file}"), wrap(&folder, file, results));

    let (openai, anthropic) = (place.path("openai"), place.path("anthropic"));
    compare(
        &[("openai", "openai_envelope", &openai), ("anthropic", "anthropic_envelope", &anthropic)],
        &place,
        &[
            ("openai", "openai_chat_completions", 1, O3),
            ("openai", "openai_chat_completions", 2, reasoned(530, 0, 0, 260, 0)),
            ("openai", "openai_chat_completions", 3, reasoned(90, 0, 0, 1000, 1000)),
            ("openai", "openai_responses", 1, O3),
            ("openai", "openai_responses", 2, reasoned(9100, 0, 0, 2000, 1900)),
            ("openai", "openai_batch_output", 1, reasoned(31, 0, 0, 2, 0)),
            ("openai", "openai_batch_output", 2, UNKNOWN),
            ("openai", "openai_batch_output", 3, UNKNOWN),
            ("openai", "mistral_chat", 1, counts(1013, 1008, 0, 4)),
            ("openai", "mistral_chat", 2, counts(20, 0, 0, 50)),
            ("anthropic", "anthropic_messages", 1, CLAUDE),
            ("anthropic", "anthropic_messages", 2, reasoned(900, 0, 0, 1500, 1210)),
            ("anthropic", "anthropic_message_batch_results", 1, counts(31, 0, 0, 5)),
            ("anthropic", "anthropic_message_batch_results", 2, UNKNOWN),
            ("anthropic", "anthropic_message_batch_results", 3, UNKNOWN),
        ],
    );
    // The last column of section 17: the tier that served, and what became of the call.
    let rows = place.sql(
        "select regexp_replace(x_object_key, '\\.jsonl$', '') as file, x_line, x_service_tier, x_status \
         from requests order by x_object_key, x_line",
    );
    let found: Vec<_> =
        rows.iter().map(|row| ["file", "x_line", "x_service_tier", "x_status"].map(|name| &*row[name])).collect();
    assert_eq!(
        found,
        [
            ["anthropic_message_batch_results", "1", "batch", "ok"],
            ["anthropic_message_batch_results", "2", "batch", "error"],
            ["anthropic_message_batch_results", "3", "batch", "expired"],
            ["anthropic_messages", "1", "standard", "ok"],
            ["anthropic_messages", "2", "priority", "ok"],
            ["mistral_chat", "1", "", "ok"],
            ["mistral_chat", "2", "", "ok"],
            ["openai_batch_output", "1", "batch", "ok"],
            ["openai_batch_output", "2", "batch", "error"],
            ["openai_batch_output", "3", "batch", "expired"],
            ["openai_chat_completions", "1", "standard", "ok"],
            ["openai_chat_completions", "2", "standard", "ok"],
            ["openai_chat_completions", "3", "flex", "ok"],
            ["openai_responses", "1", "standard", "ok"],
            ["openai_responses", "2", "priority", "ok"],
        ]
    );
}
