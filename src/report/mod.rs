//! Pages over marts: templates hold the prose, marts hold the numbers, nothing is computed here but rounding.

mod marts;

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use serde_json::json;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::outcome::Outcome;
use crate::project::{Project, graph::Layer};
use crate::rows::Rows;
use marts::Marts;
pub use marts::records;

/// Renders every template over the marts, by the name of the page.
///
/// # Errors
/// `Project`, naming template and line, when one does not render.
pub fn render(
    project: &Project,
    config: &Config,
    marts: &BTreeMap<String, Rows>,
    outcomes: &[Outcome],
) -> Result<BTreeMap<String, String>> {
    let levers: Vec<_> = project
        .layer(Layer::Lever)
        .map(|query| json!({ "name": query.name, "title": query.header.get("title"), "assumes": query.header.get("assumes"), "wrong_when": query.header.get("wrong_when") }))
        .collect();
    let context = json!({
        "run_date": config.date.to_string(),
        "window_days": config.windows.decision_days,
        "version": env!("CARGO_PKG_VERSION"),
        "is_sample": config.is_sample,
        "checks": outcomes,
        "levers": levers,
    });
    let context = context! { marts => Value::from_object(Marts::of(marts)), ..Value::from_serialize(context) };
    let mut pages = BTreeMap::new();
    for (file, text) in project.templates.iter().filter(|(file, _)| file.starts_with("summary.")) {
        pages.insert(file.trim_end_matches(".j2").to_string(), page(text, file, context.clone())?);
    }
    Ok(pages)
}

/// Compiles every template, so that a fault shows before a night and not after it.
///
/// # Errors
/// `Project`, naming template and line.
pub fn check(project: &Project) -> Result<()> {
    for (file, text) in &project.templates {
        environment().add_template(file, text).map_err(|error| broken(file, error))?;
    }
    Ok(())
}

fn broken(file: &str, error: minijinja::Error) -> Error {
    Error::project(format!("template `{file}` does not render"))
        .at(format!("at templates/{file}:{}", error.line().unwrap_or(1)))
        .because(error)
        .hint("the marts' columns are in docs/columns.md")
}

/// Renders one template.
///
/// # Errors
/// `Project`, naming template and line, when it does not render.
pub fn page(text: &str, file: &str, context: impl Serialize) -> Result<String> {
    let failed = |error: minijinja::Error| broken(file, error);
    let mut environment = environment();
    environment.add_template(file, text).map_err(failed)?;
    environment.get_template(file).and_then(|template| template.render(context)).map_err(failed)
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.trim_end_matches(".j2").rsplit('.').next() {
        Some("html") => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.add_filter("usd", |value: Value| amount(&value, 2, "$"));
    environment.add_filter("usd0", |value: Value| amount(&value, 0, "$"));
    environment.add_filter("signed", |value: Value| signed(&value));
    environment.add_filter("number", |value: Value| amount(&value, 0, ""));
    environment.add_filter("percent", |value: Value| percent(&value));
    environment.add_filter("sort_money", sort_money);
    environment.add_filter("name", |value: String| name(&value));
    environment.add_filter("cell", |value: String| cell(&name(&value)));
    environment
}

/// The page of columns: every contract with its grain, window and columns, published marts first.
pub fn columns(project: &Project) -> String {
    let is_mart = |name: &str| project.layer(Layer::Mart).any(|query| query.name == name);
    let mut page = String::from(
        "# Columns\n\nMade from `schemas/contracts`; a test keeps it current. Money is decimal, time is UTC, null is unknown.\n",
    );
    for (title, wanted) in [("Published", true), ("State, seeds and runtime relations", false)] {
        page.push_str(&format!("\n## {title}\n"));
        for (name, contract) in project.contracts.iter().filter(|(name, _)| is_mart(name) == wanted) {
            page.push_str(&format!("\n### {name}\n\n{}\n", contract.header.summary));
            for (word, key) in [("Grain", "grain"), ("Key", "key"), ("Window", "window"), ("Version", "version")] {
                if let Some(value) = contract.header.get(key) {
                    page.push_str(&format!("{word}: {value}. "));
                }
            }
            page.push_str("\n\n| column | type | null | meaning |\n|---|---|---|---|\n");
            for field in contract.schema.fields() {
                let comment = field.metadata().get("description").map_or("", String::as_str).replace('|', "\\|");
                let null = if field.is_nullable() { "yes" } else { "no" };
                page.push_str(&format!("| {} | {} | {null} | {comment} |\n", field.name(), field.data_type()));
            }
        }
    }
    page
}

/// A name that came from a log, fit to be shown: one line, no control or direction marks, at most 80 characters.
fn name(text: &str) -> String {
    let is_shown = |c: &char| {
        !c.is_control() && !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text = text.replace(['\n', '\r', '\t'], " ");
    let mut shown: String = text.trim().chars().filter(is_shown).take(80).collect();
    if text.trim().chars().count() > 80 {
        shown.push('…');
    }
    shown
}

/// A name inside Markdown: what would end the cell, or become markup or HTML, is escaped.
fn cell(text: &str) -> String {
    text.chars().fold(String::new(), |mut cell, c| {
        match c {
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '&' => cell.push_str("&amp;"),
            '|' | '`' | '*' | '[' | ']' | '\\' => cell.extend(['\\', c]),
            c => cell.push(c),
        }
        cell
    })
}

/// A decimal text rounded once, half away from zero, with thousands separated; `unknown` for null.
fn amount(value: &Value, places: usize, sign: &str) -> String {
    if value.is_none() || value.is_undefined() {
        return "unknown".into();
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let Some((is_negative, whole, fraction)) = rounded(&text, places) else { return text };
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if places > 0 { format!(".{fraction}") } else { String::new() };
    format!("{}{sign}{grouped}{point}", if is_negative { "-" } else { "" })
}

/// An amount as a term of a sum: `+ $1.00` or `- $1.00`.
fn signed(value: &Value) -> String {
    let text = amount(value, 2, "$");
    match text.strip_prefix('-') {
        Some(size) => format!("- {size}"),
        None => format!("+ {text}"),
    }
}

/// Splits a decimal text into sign, whole digits and exactly `places` digits of fraction.
fn rounded(text: &str, places: usize) -> Option<(bool, String, String)> {
    let is_negative = text.starts_with('-');
    let (whole, fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
    if whole.is_empty() || !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) {
        return None;
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(places).collect();
    let mut digits: u128 = format!("{whole}{kept}").parse().ok()?;
    if fraction.chars().nth(places).is_some_and(|digit| digit >= '5') {
        digits += 1;
    }
    let text = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = text.split_at(text.len() - places);
    Some((is_negative && digits > 0, whole.to_string(), fraction.to_string()))
}

/// Rows by a column of money, highest first, unknown last; equal ones keep their order.
fn sort_money(rows: Vec<Value>, column: String) -> Vec<Value> {
    let cents = |row: &Value| {
        let value = row.get_attr(&column).unwrap_or_default();
        let (is_negative, whole, fraction) = value.as_str().and_then(|text| rounded(text, 6))?;
        let size: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some(if is_negative { -size } else { size })
    };
    let mut rows = rows;
    rows.sort_by_key(|row| std::cmp::Reverse(cents(row)));
    rows
}

fn percent(value: &Value) -> String {
    match f64::try_from(value.clone()) {
        Ok(share) => format!("{:.1}%", share * 100.0),
        Err(_) => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_logs_cannot_become_markup() {
        assert_eq!(cell(&name("a|b <script>[x](y)\n`z`\u{202e}")), "a\\|b &lt;script&gt;\\[x\\](y) \\`z\\`");
        assert_eq!(name(&"x".repeat(200)).chars().count(), 81);
    }

    #[test]
    fn money_is_rounded_once_half_away_from_zero() {
        // EX-0.1
        let show = |text: &str| amount(&Value::from(text), 2, "$");
        assert_eq!(show("1234.565"), "$1,234.57");
        assert_eq!(show("-0.005"), "-$0.01");
        assert_eq!(show("-0.004"), "$0.00");
        assert_eq!(show("1000000.000000000000"), "$1,000,000.00");
        assert_eq!(amount(&Value::from(()), 2, "$"), "unknown");
        assert_eq!(amount(&Value::from("999.5"), 0, ""), "1,000");
    }
}
