//! Check queries return the rows that break a rule; an empty answer is good.

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;

use crate::config::{Config, Severity};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::outcome::Outcome;
use crate::project::{Project, Query, graph::Layer};

/// Rows that are shown of a failed check.
const SHOWN: usize = 3;

/// Holds what the run file says about checks to the checks that there are.
///
/// # Errors
/// `Usage` for a check that does not exist, a limit of one that has none or whose parameter the run file sets as well, and
/// for a check of our own figures that is made a warning.
pub fn verify(project: &Project, config: &Config) -> Result<()> {
    for (name, options) in &config.checks {
        let Some(check) = project.layer(Layer::Check).find(|check| &check.name == name) else {
            let known: Vec<&str> = project.layer(Layer::Check).map(|check| check.name.as_str()).collect();
            return Err(Error::usage(format!("check `{name}` does not exist"))
                .at(format!("known: {}", known.join(", ")))
                .hint("correct the name under [checks] in the run file"));
        };
        let parameter = check.header.get("limit");
        if options.limit.is_some() && parameter.is_none() {
            return Err(Error::usage(format!("check `{name}` has no limit"))
                .hint("its rule leaves nothing to choose; its severity may be set"));
        }
        if options.limit.is_some() && config.facts.parameters.iter().any(|set| Some(set.name.as_str()) == parameter) {
            return Err(Error::usage(format!("the limit of `{name}` is set twice"))
                .hint("it is the parameter of the same meaning under [[parameters]]: leave one of the two out"));
        }
        // What checks our own figures has no limit: with rows in it the publication would be false.
        if options.severity == Some(Severity::Warn) && default(check) == "error" && parameter.is_none() {
            return Err(Error::usage(format!("check `{name}` cannot be a warning"))
                .hint("it holds figures to each other; a publication that breaks it would be wrong"));
        }
    }
    Ok(())
}

/// Limits of the run file, as values of the parameters that the checks' headers name.
pub fn limits(project: &Project, config: &Config) -> Vec<(String, f64)> {
    let limit = |check: &Query| Some((check.header.get("limit")?.to_string(), config.checks.get(&check.name)?.limit?));
    project.layer(Layer::Check).filter_map(limit).collect()
}

fn default(check: &Query) -> &str {
    check.header.get("severity").unwrap_or("error")
}

/// Runs every check.
///
/// # Errors
/// `Engine` when a check itself fails.
pub async fn run(engine: &Engine, project: &Project, config: &Config) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for query in project.layer(Layer::Check) {
        let (_, batches) = engine.run(query).await?;
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let severity = config.checks.get(&query.name).and_then(|options| options.severity);
        let examples = batches.iter().flat_map(texts).take(SHOWN).collect();
        outcomes.push(Outcome {
            check: query.name.clone(),
            severity: severity.map_or_else(|| default(query), |severity| severity.word()).to_string(),
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

/// What the checks with rows have to say. What it is about, not only how much: the first row names the model, the object or
/// the workload.
pub fn warnings(outcomes: &[Outcome]) -> Vec<String> {
    let warning = |outcome: &Outcome| {
        let first = outcome.examples.first().map_or_else(String::new, |example| format!("; first: {example}"));
        format!("{}: {} rows; {}{first}", outcome.check, outcome.rows, outcome.because)
    };
    outcomes.iter().filter(|outcome| outcome.rows > 0).map(warning).collect()
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
