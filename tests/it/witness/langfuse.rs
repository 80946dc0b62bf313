//! 20 real traces of agent frameworks, as Langfuse wrote them and as the spans that they were made of: no call is
//! rejected or counted twice, and tokens and scores are Langfuse's own.
//!
//! Langfuse has a price of its own for two calls, and none is ours for Gemini on Vertex AI. The spans of 12 calls do not
//! say that they are calls, and 6 lack the tokens: Langfuse counted these itself, or got them beside the span.

use super::{data, python_with, script};
use crate::support::Place;

const FIGURES: &str = "\
langfuse_observations records_read 20 rows_in 63 rows_kept 62 rows_repeated 1 records_rejected 0 rows_rejected 0 calls 38
tokens: equal to Langfuse's 37; input 17356; missing 2; output 6234; with thoughts that only the total has 1;
cost: equal to Langfuse's 26; ours unknown (no_usage) 5; ours unknown (unknown_model) 4; theirs is a price of the project's own, $1 a million 2; theirs is the instrumentation's 1;
scores: correctness 2 1.0; hallucination 11 4.4; toxicity 11 1.8;
otlp_traces records_read 20 rows_in 27 rows_kept 26 rows_repeated 1 records_rejected 0 rows_rejected 0 calls 26
tokens: equal to Langfuse's 19; input 10209; missing 6; not in the span 6; output 5440; with thoughts that only the total has 1; without a row: the span has neither an operation nor tokens 5; without a row: the span names no model 7;
cost: equal to Langfuse's 13; ours unknown (no_usage) 6; ours unknown (unknown_model) 7;
";

#[test]
fn real_traces_are_read_as_langfuse_reads_them() {
    let (Some(data), Some(python)) = (data(), python_with("lzma")) else { return };
    let place = Place::new();
    let folder = place.path("");
    let said = python.run(
        &script("langfuse.py"),
        &[std::path::Path::new(env!("CARGO_BIN_EXE_trimtab")), &data.join("data/langfuse-traces"), &folder],
    );
    assert_eq!(said, FIGURES);
}
