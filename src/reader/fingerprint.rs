//! Fingerprints of prompt templates (M 1.4): the text becomes 16 hex digits here and is never a column.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// What stands for variable parts of a prompt, in the order in which they are replaced.
static VARIABLE: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"https?://\S+", "<u>"),
        (r"[^\s@<>]+@[^\s@<>]+", "<e>"),
        (
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
            "<d>",
        ),
        (r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}", "<h>"),
        (r"[0-9]+(?:[.,][0-9]+)*", "<n>"),
        (r"\s+", " "),
    ]
    .into_iter()
    .filter_map(|(pattern, mark)| Some((Regex::new(pattern).ok()?, mark)))
    .collect()
});

/// A prompt with its variable parts replaced: NFC, URLs, e-mail addresses, dates, ids, numbers, white space.
pub fn normalise(text: &str) -> String {
    let text: String = text.nfc().collect();
    let replaced = VARIABLE.iter().fold(text, |text, (pattern, mark)| pattern.replace_all(&text, *mark).into_owned());
    replaced.trim().to_string()
}

/// The fingerprint of a prompt, the names of its tools and the hash of its response schema: 16 hex digits.
pub fn fingerprint(text: &str, tools: &[&str], schema: &str) -> String {
    let mut tools = tools.to_vec();
    tools.sort_unstable();
    let body = format!("{}\u{1f}{}\u{1f}{schema}", normalise(text), tools.join(","));
    Sha256::digest(body)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The fingerprint of the value at a path: a text, blocks with a `text`, or messages, of which the system's are taken.
pub(super) fn of_json(json: &str) -> Option<String> {
    let mut texts = Vec::new();
    collect(&serde_json::from_str(json).ok()?, &mut texts);
    (!texts.is_empty()).then(|| fingerprint(&texts.join("\n"), &[], ""))
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(members) => match members.get("role").and_then(Value::as_str) {
            Some("system" | "developer") => {
                members.get("content").into_iter().for_each(|content| collect(content, texts))
            }
            Some(_) => {}
            None => members.get("text").into_iter().for_each(|text| collect(text, texts)),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_texts_of_one_template_share_a_fingerprint() {
        // EX-1.2
        let one = "You answer order 12345 dated 2026-11-21.\n  Reply to ann@example.com";
        let two = "You answer order 9,876.50 dated 2025-01-02T08:00:00Z. Reply to bob@example.org";
        assert_eq!(normalise(one), "You answer order <n> dated <d>. Reply to <e>");
        assert_eq!(fingerprint(one, &[], ""), fingerprint(two, &[], ""));
        assert_eq!(fingerprint(one, &[], ""), "20e8938751ab29ea");
        assert_ne!(fingerprint(one, &["search"], ""), fingerprint(one, &[], ""));
    }

    #[test]
    fn only_the_systems_part_of_messages_counts() {
        let text = of_json("\"You label tickets.\"");
        let blocks = of_json(r#"[{"type":"text","text":"You label tickets."}]"#);
        let messages =
            of_json(r#"[{"role":"system","content":"You label tickets."},{"role":"user","content":"Card declined"}]"#);
        assert!(text.is_some() && text == blocks && text == messages);
        assert_eq!(of_json(r#"[{"role":"user","content":"x"}]"#), None);
        assert_eq!(of_json("17"), None);
    }
}
