//! How fast the reader turns LiteLLM lines into columns: `cargo bench --profile release --bench reader`.
//!
//! A plain loop over made-up gzip, without bodies (a) and with them (b). Every round measures, one after the other:
//! inflating alone; the limit, which inflates and finds every line feed, quote and backslash, as any reader must, and
//! does no more; the reader with its fast path; and the reader without it. Only ratios within a round are compared, and
//! the median of the rounds is printed. Arguments that are files are measured instead, gzip of JSON lines each.

#[path = "../tests/support/splitmix.rs"]
mod splitmix;

use std::hint::black_box;
use std::io::{Read, Write};
use std::time::Instant;

use trimtab::project::Project;
use trimtab::reader::{FileFormat, Limits, Object, RawTable, Reader, count_stops};
use trimtab::schema::Table;

const ROUNDS: usize = 9;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let project = runtime.block_on(Project::load(None)).expect("the project loads");
    let table = project.sources.get("litellm").expect("the format litellm");
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for name in &named {
        measure(table, name, std::fs::read(name).expect("a file"));
    }
    if named.is_empty() {
        measure(table, "a", gzip(24_000, 0));
        measure(table, "b", gzip(6_000, 950));
    }
}

fn measure(table: &Table, name: &str, packed: Vec<u8>) {
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut text).expect("gzip");
    let lines = text.iter().filter(|byte| **byte == b'\n').count();
    println!(
        "{name}: {lines} lines, {} bytes of text a line, {:.1} times its gzip",
        text.len() / lines.max(1),
        text.len() as f64 / packed.len() as f64
    );
    let megabytes = text.len() as f64 / 1e6;
    drop(text);
    let object = Object { key: "bench".into(), bytes: packed.into(), last_modified: chrono::DateTime::UNIX_EPOCH };
    let rounds: Vec<[f64; 4]> = (0..ROUNDS)
        .map(|_| {
            let inflated = seconds(|| inflate(&object.bytes, |_| 0));
            let limit = seconds(|| inflate(&object.bytes, count_stops));
            [inflated, limit, seconds(|| read(table, &object, false)), seconds(|| read(table, &object, true))]
        })
        .collect();
    let rate = |way: usize| megabytes / median(rounds.iter().map(|round| round[way]));
    println!("  inflate {:>5.0} MB/s", rate(0));
    println!("  limit   {:>5.0} MB/s", rate(1));
    for (way, what) in [(2, "fast "), (3, "exact")] {
        let share = median(rounds.iter().map(|round| round[1] / round[way]));
        println!("  {what}   {:>5.0} MB/s, {:.0} % of the limit", rate(way), share * 100.0);
    }
    println!("  exact / fast {:.2}", median(rounds.iter().map(|round| round[3] / round[2])));
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let (begun, clock) = (cpu_seconds(), Instant::now());
    black_box(work());
    match (begun, cpu_seconds()) {
        (Some(begun), Some(ended)) => ended - begun,
        _ => clock.elapsed().as_secs_f64(),
    }
}

/// The time that this thread had a core, where the system tells: other programs disturb it less than the clock.
fn cpu_seconds() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(told.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn read(table: &Table, object: &Object, is_exact: bool) {
    let raw = RawTable { name: table.name.clone(), file: FileFormat::Json, schema: table.schema.clone() };
    let mut reader = Reader::new(raw, Limits::default());
    if is_exact {
        reader = reader.exact();
    }
    let account = reader.read(object, &mut |batch| drop(black_box(batch)));
    reader.flush(&mut |batch| drop(black_box(batch)));
    assert!(account.records > 0 && account.rejected == 0 && account.fault.is_none(), "{account:?}");
}

fn inflate(packed: &[u8], look: impl Fn(&[u8]) -> usize) -> usize {
    let mut decoder = flate2::read::MultiGzDecoder::new(packed);
    let mut window = vec![0; 1 << 16];
    let mut found = 0;
    loop {
        let length = decoder.read(&mut window).expect("gzip");
        if length == 0 {
            return found;
        }
        found += look(black_box(&window[..length]));
    }
}

fn gzip(lines: usize, words: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut random = Random(7);
    for number in 0..lines {
        encoder.write_all(line(number, words, &mut random).as_bytes()).expect("memory");
    }
    encoder.finish().expect("memory")
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        splitmix::next(&mut self.0)
    }

    /// Small numbers are far more frequent than large ones, as common words are.
    fn skewed(&mut self, end: u64) -> u64 {
        let bits = self.next() % 13;
        self.next() % end.min(1 << bits)
    }
}

/// Made-up words with the quotes, line feeds and escaped letters that prompts have.
fn prose(words: usize, random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..words {
        let mut word = random.skewed(4_096).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 24;
        for _ in 0..2 + word % 4 {
            text.push(char::from(b"bdfgklmnprstvz"[(word % 14) as usize]));
            text.push(char::from(b"aeiou"[(word / 14 % 5) as usize]));
            word /= 70;
        }
        text += match random.next() % 40 {
            0 => ".\\n",
            1 => "\\\" ",
            2 => "\\u00e9 ",
            3 | 4 => ", ",
            _ => " ",
        };
    }
    text
}

fn line(number: usize, words: usize, random: &mut Random) -> String {
    let (id, call, trace) = (random.next(), random.next(), random.next());
    let (group, prompt, answer) = (random.next() % 60, random.skewed(4_096) * 8 + 40, random.skewed(2_048) + 5);
    let (user, system) = (prose(words * 3 / 5, random), prose(words / 5, random));
    let said = if words > 0 { prose(words / 5, random) } else { "redacted".into() };
    let messages = if words > 0 {
        format!(
            "[{{\"role\": \"system\", \"content\": \"{system}\"}}, {{\"role\": \"user\", \"content\": \"{user}\"}}]"
        )
    } else {
        "\"redacted\"".into()
    };
    let model = ["gpt-5.4", "gpt-5.4-mini", "o3", "claude-sonnet-5", "gemini-3-pro"][(group % 5) as usize];
    format!(
        "{{\"id\": \"chatcmpl-{id:016x}\", \"litellm_call_id\": \"{call:016x}{id:016x}\", \"trace_id\": \"{trace:016x}{call:016x}\", \
         \"call_type\": \"acompletion\", \"cache_hit\": false, \"stream\": true, \"status\": \"success\", \
         \"custom_llm_provider\": \"openai\", \"startTime\": {start}.{id:06}, \"endTime\": {end}.{call:06}, \
         \"response_time\": 6.8, \"model\": \"{model}\", \"model_group\": \"{model}\", \"api_base\": \"https://llm.example.com\", \
         \"metadata\": {{\"user_api_key_hash\": \"{trace:016x}\", \"user_api_key_alias\": \"router-{group}\", \
         \"user_api_key_team_id\": \"team-{team}\", \"user_api_key_user_id\": null, \
         \"user_api_key_request_route\": \"/chat/completions\", \"requester_metadata\": {{\"job\": \"nightly\"}}, \
         \"prompt_management_metadata\": {{\"prompt_id\": \"prompt-{group}\", \"prompt_variables\": {{}}}}, \
         \"usage_object\": {{\"prompt_tokens\": {prompt}, \"completion_tokens\": {answer}, \
         \"prompt_tokens_details\": {{\"audio_tokens\": 0, \"cached_tokens\": {cached}}}, \
         \"completion_tokens_details\": {{\"reasoning_tokens\": {answer}, \"audio_tokens\": 0}}}}}}, \
         \"response_cost\": 0.{cost:09}, \"prompt_tokens\": {prompt}, \"completion_tokens\": {answer}, \
         \"request_tags\": [\"app:w{group}\", \"env:prod\"], \"end_user\": \"\", \"messages\": {messages}, \
         \"response\": {{\"id\": \"chatcmpl-{id:016x}\", \"object\": \"chat.completion\", \"model\": \"{model}\", \
         \"choices\": [{{\"index\": 0, \"finish_reason\": \"stop\", \"message\": {{\"role\": \"assistant\", \"content\": \"{said}\"}}}}]}}, \
         \"model_parameters\": {{\"stream\": true, \"max_completion_tokens\": 2000, \"tools\": []}}, \
         \"hidden_params\": {{\"batch_models\": null, \"litellm_overhead_time_ms\": 3.2}}, \"error_str\": null, \
         \"error_information\": {{\"error_code\": \"\", \"error_class\": \"\", \"error_message\": \"\"}}}}\n",
        id = id,
        start = 1_768_382_102 + number,
        end = 1_768_382_108 + number,
        team = group % 7,
        cached = prompt / 2,
        cost = prompt * 2_000 + answer * 8_000,
    )
}
