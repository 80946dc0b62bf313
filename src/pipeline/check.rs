//! Check queries return the rows that break a rule; an empty answer is good.

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::outcome::Outcome;
use crate::project::{Project, graph::Layer};

/// Rows that are shown of a failed check.
const SHOWN: usize = 3;

/// Runs every check.
///
/// # Errors
/// `Engine` when a check itself fails.
pub async fn run(engine: &Engine, project: &Project) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for query in project.layer(Layer::Check) {
        let (_, batches) = engine.run(query).await?;
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let examples = batches.iter().flat_map(texts).take(SHOWN).collect();
        outcomes.push(Outcome {
            check: query.name.clone(),
            severity: query.header.get("severity").unwrap_or("error").to_string(),
            rows,
            because: query.header.get("because").unwrap_or_default().to_string(),
            examples,
        });
    }
    Ok(outcomes)
}

/// The error of the checks that failed, if any.
///
/// # Errors
/// `Check`, with every failed check and its first rows.
pub fn judge(outcomes: &[Outcome]) -> Result<()> {
    let failed: Vec<&Outcome> = outcomes.iter().filter(|o| o.severity == "error" && o.rows > 0).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let mut error = Error::check("a check failed, so nothing was published");
    for outcome in failed {
        error = error.at(format!("{}: {} rows; {}", outcome.check, outcome.rows, outcome.because));
        for example in &outcome.examples {
            error = error.at(format!("  {example}"));
        }
    }
    Err(error.hint("the last publication stays; `trimtab explain <check>` shows the rule"))
}

fn texts(batch: &RecordBatch) -> Vec<String> {
    let schema = batch.schema();
    (0..batch.num_rows().min(SHOWN))
        .map(|row| {
            let cells = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
                format!("{}={}", field.name(), array_value_to_string(column, row).unwrap_or_default())
            });
            cells.collect::<Vec<_>>().join(" ")
        })
        .collect()
}
