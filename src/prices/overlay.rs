//! An overlay folder of seed rows, with the same columns as ours.

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::AsArray;
use chrono::NaiveDate;

use super::{Model, Price, Read, dollars};
use crate::error::{Error, Result};
use crate::project::Project;

/// Writes prices, and the models and names that they need, to `folder/queries/seeds`. Gives the files.
///
/// # Errors
/// `Usage` when a file stands there already, `Storage` when one cannot be written.
pub fn write(
    folder: &Path,
    project: &Project,
    list: &Read,
    prices: &[Price],
    valid_from: NaiveDate,
    source: &str,
    checked_on: NaiveDate,
) -> Result<Vec<String>> {
    let known = pairs(project, "models", "model_id");
    let mut known_names = pairs(project, "model_names", "name");
    let used: BTreeSet<(String, String)> =
        prices.iter().map(|price| (price.key.provider.clone(), price.key.model_id.clone())).collect();
    let mut rows = vec![header(project, "model_prices")?];
    let mut sorted: Vec<&Price> = prices.iter().collect();
    sorted.sort_by(|a, b| (&a.key, a.valid_from).cmp(&(&b.key, b.valid_from)));
    for price in sorted {
        let key = &price.key;
        let from = price.valid_from.unwrap_or(valid_from);
        rows.push(line(&[
            &key.provider,
            &key.model_id,
            &key.bucket,
            &key.service_tier,
            &key.region_class,
            &key.above_prompt_tokens.to_string(),
            "whole_request",
            &dollars(price.micro_usd_per_mtok),
            &from.to_string(),
            "",
            &price.is_derived.to_string(),
            source,
            &checked_on.to_string(),
        ]));
    }
    let mut models = vec![header(project, "models")?];
    let mut names = vec![header(project, "model_names")?];
    let columns: Vec<&str> = models[0].trim_end().split(',').collect();
    let mut model_lines = Vec::new();
    for (provider, model_id) in &used {
        let facts = list.models.get(&(provider.clone(), model_id.clone())).cloned().unwrap_or_default();
        if !known.contains(&(provider.clone(), model_id.clone())) {
            let cells: Vec<String> =
                columns.iter().map(|name| cell(name, provider, model_id, &facts, source, checked_on)).collect();
            model_lines.push(line(&cells.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        let spellings: BTreeSet<&String> = facts.names.iter().chain([model_id]).collect();
        for name in spellings {
            if known_names.insert((provider.clone(), name.clone())) {
                names.push(line(&[provider, name, model_id, ""]));
            }
        }
    }
    models.extend(model_lines);
    let seeds = folder.join("queries/seeds");
    let files = [("model_prices", rows), ("models", models), ("model_names", names)];
    for (name, _) in &files {
        let path = seeds.join(format!("{name}.csv"));
        if path.exists() {
            return Err(Error::usage(format!("`{}` exists", path.display()))
                .hint("give --to a new folder, review it, then move its rows into your overlay"));
        }
    }
    let failed =
        |error: std::io::Error| Error::storage(format!("`{}` cannot be written", seeds.display())).because(error);
    std::fs::create_dir_all(&seeds).map_err(failed)?;
    let mut written = Vec::new();
    for (name, lines) in files.iter().filter(|(_, lines)| lines.len() > 1) {
        let path = seeds.join(format!("{name}.csv"));
        std::fs::write(&path, lines.concat()).map_err(failed)?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

fn cell(column: &str, provider: &str, model_id: &str, facts: &Model, source: &str, checked_on: NaiveDate) -> String {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(String::new, |value| value.to_string())
    }
    match column {
        "provider" => provider.into(),
        "model_id" => model_id.into(),
        "context_window_tokens" => text(facts.context_window_tokens),
        "max_output_tokens" => text(facts.max_output_tokens),
        "has_tools" => text(facts.has_tools),
        "has_structured_output" => text(facts.has_structured_output),
        "has_reasoning" => text(facts.has_reasoning),
        "retires_on" => text(facts.retires_on),
        "source_url" => source.into(),
        "checked_on" => checked_on.to_string(),
        _ => String::new(),
    }
}

/// Pairs of provider and another column of a seed.
fn pairs(project: &Project, seed: &str, column: &str) -> BTreeSet<(String, String)> {
    let found = |name: &str| {
        let rows = &project.seeds.get(seed)?.rows;
        rows.column_by_name(name)?.as_string_opt::<i32>().cloned()
    };
    match (found("provider"), found(column)) {
        (Some(a), Some(b)) => {
            a.iter().zip(b.iter()).filter_map(|(a, b)| Some((a?.to_string(), b?.to_string()))).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The first line of a seed: the columns of its contract.
fn header(project: &Project, seed: &str) -> Result<String> {
    let contract = project.contract(seed).ok_or_else(|| {
        Error::project(format!("seed `{seed}` has no contract")).hint(format!("write schemas/contracts/{seed}.sql"))
    })?;
    let names: Vec<&str> = contract.schema.fields().iter().map(|field| field.name().as_str()).collect();
    Ok(format!("{}\n", names.join(",")))
}

fn line(cells: &[&str]) -> String {
    let quoted = |cell: &&str| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => (*cell).to_string(),
    };
    format!("{}\n", cells.iter().map(quoted).collect::<Vec<_>>().join(","))
}
