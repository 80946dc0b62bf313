//! How fast the reader turns LiteLLM lines into columns: `cargo bench --bench reader`.
//!
//! A plain loop over made-up lines; prints megabytes of text a second, the median of seven rounds.

use std::hint::black_box;
use std::time::Instant;

use trimtab::project::Project;
use trimtab::reader::{FileFormat, Limits, Object, RawTable, Reader};

const LINES: usize = 20_000;
const ROUNDS: usize = 7;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let project = runtime.block_on(Project::load(None)).expect("the project loads");
    let table = project.sources.get("litellm").expect("the format litellm");
    let text: String = (0..LINES).map(line).collect();
    let object = Object { key: "bench.jsonl".into(), bytes: text.into(), last_modified: chrono::DateTime::UNIX_EPOCH };
    let mut seconds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let raw = RawTable { name: table.name.clone(), file: FileFormat::Json, schema: table.schema.clone() };
            let mut reader = Reader::new(raw, Limits::default());
            let begun = Instant::now();
            let read = reader.read(&object, &mut |batch| drop(black_box(batch)));
            reader.flush(&mut |batch| drop(black_box(batch)));
            assert_eq!((read.records, read.rejected), (LINES as i64, 0));
            begun.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let median = seconds[ROUNDS / 2];
    println!(
        "{LINES} lines, {:.0} MB/s, {:.0} lines/s",
        object.bytes.len() as f64 / median / 1e6,
        LINES as f64 / median
    );
}

fn line(number: usize) -> String {
    format!(
        "{{\"id\":\"chatcmpl-{number}\",\"litellm_call_id\":\"call-{number}\",\"call_type\":\"acompletion\",\"status\":\"success\",\
         \"custom_llm_provider\":\"openai\",\"model\":\"gpt-5.4\",\"startTime\":1768382102.123456,\"endTime\":1768382108.923456,\
         \"prompt_tokens\":{p},\"completion_tokens\":912,\"total_tokens\":{t},\"request_tags\":[\"workload:triage\",\"env:prod\"],\
         \"messages\":[{{\"role\":\"user\",\"content\":\"{filler}\"}}],\
         \"metadata\":{{\"user_api_key_alias\":\"router\",\"usage_object\":{{\"prompt_tokens\":{p},\"completion_tokens\":912,\
         \"prompt_tokens_details\":{{\"cached_tokens\":512}},\"completion_tokens_details\":{{\"reasoning_tokens\":768}}}}}},\
         \"response\":{{\"id\":\"chatcmpl-{number}\",\"model\":\"gpt-5.4-2026-03-05\"}}}}\n",
        p = 1840 + number % 100,
        t = 2752 + number % 100,
        filler = "x".repeat(400),
    )
}
