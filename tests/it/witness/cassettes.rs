//! 672 recorded answers of Anthropic, Bedrock, Gemini, Groq, Mistral, OpenAI and Together, streams and errors among them:
//! none is rejected, and every token count equals the answer's own usage.

use super::{data, python_with, script};
use crate::support::Place;

const FIGURES: &str = "\
anthropic_message: 81 answers, 81 rows, 0 repeated, 0 + 0 rejected, 0 skipped, 0 errors, 0 without usage, 324 values equal
bedrock: 82 answers, 82 rows, 0 repeated, 0 + 0 rejected, 0 skipped, 0 errors, 0 without usage, 325 values equal
gemini: 2 answers, 2 rows, 0 repeated, 0 + 0 rejected, 0 skipped, 0 errors, 0 without usage, 10 values equal
mistral: 19 answers, 19 rows, 0 repeated, 0 + 0 rejected, 0 skipped, 0 errors, 0 without usage, 76 values equal
openai_response: 488 answers, 488 rows, 0 repeated, 0 + 0 rejected, 0 skipped, 15 errors, 114 without usage, 1677 values equal
left out 1: a stream of Bedrock without counts
left out 3: no format: anthropic
left out 27: no format: cohere
left out 33: no format: ollama
left out 213: no format: openai
left out 3: no format: sagemaker
";

#[test]
fn recorded_answers_are_read_whole_and_count_what_they_say() {
    let (Some(data), Some(python)) = (data(), python_with("yaml")) else { return };
    let place = Place::new();
    let folder = place.path("");
    let said = python.run(
        &script("cassettes.py"),
        &[std::path::Path::new(env!("CARGO_BIN_EXE_trimtab")), &data.join("data/openllmetry-cassettes"), &folder],
    );
    assert_eq!(said, FIGURES);
}
