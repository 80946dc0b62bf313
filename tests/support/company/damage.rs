//! What arrives twice and what arrives broken.

use super::Company;
use super::delivery::{Batch, Line, Objects, daily};
use super::workload::Format;

/// The same lines again under another name.
pub fn repeat(company: &Company, batch: Batch, objects: &mut Objects) {
    let days = company.events.redelivered.as_ref();
    if !days.is_some_and(|days| days.contains(&batch.day)) {
        return;
    }
    let format = Format::OpenaiEnvelope;
    let Some(lines) = objects.get(&(format, daily(company, format, batch))) else {
        return;
    };
    let again = lines.iter().map(|line| Line { text: line.text.clone(), ..*line }).collect();
    objects.insert((format, format!("{}.redelivered.jsonl.gz", batch.stem())), again);
}

/// Broken copies of lines that are whole elsewhere, so that nothing is lost by rejecting them.
pub fn damage(company: &Company, batch: Batch, objects: &mut Objects) {
    for (format, _) in company.events.wrong_type.iter().filter(|(_, on)| batch.is_first_of(*on)) {
        if let Some(lines) = objects.get_mut(&(*format, daily(company, *format, batch))) {
            let whole = lines.iter().find(|line| line.has_usage).map(|line| line.text.clone()).unwrap_or_default();
            let (name, value) = match format {
                Format::AnthropicEnvelope => ("\"output_tokens\":", "{\"count\":\"many\"}"),
                _ => ("\"prompt_tokens\":", "\"many\""),
            };
            let at = lines.len().min(2);
            lines.insert(at, Line { text: replace_number(&whole, name, value), call: None, has_usage: false });
        }
    }
    for (format, _) in company.events.truncated.iter().filter(|(_, on)| batch.is_first_of(*on)) {
        if let Some(lines) = objects.get_mut(&(*format, daily(company, *format, batch))) {
            let whole = lines.first().map(|line| line.text.clone()).unwrap_or_default();
            let half = whole[..whole.len() * 2 / 3].to_owned();
            lines.push(Line { text: half, call: None, has_usage: false });
        }
    }
}

/// Puts `value` in place of each number that follows `name`.
fn replace_number(text: &str, name: &str, value: &str) -> String {
    let mut parts = text.split(name);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        replaced.push_str(name);
        replaced.push_str(value);
        replaced.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    replaced
}
