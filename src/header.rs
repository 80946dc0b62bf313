//! The comment at the top of every SQL file: one sentence on what a row is, then `key: value` lines.

use std::collections::BTreeMap;

/// A parsed header.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// First line: what one row is.
    pub summary: String,
    /// Values by key; continued lines are joined by a space.
    pub values: BTreeMap<String, String>,
}

impl Header {
    /// Reads the comment lines before the first line of SQL.
    pub fn parse(text: &str) -> Header {
        let mut header = Header::default();
        let mut last: Option<String> = None;
        for line in text.lines().map(str::trim) {
            let Some(comment) = line.strip_prefix("--") else {
                if line.is_empty() {
                    continue;
                }
                break;
            };
            let comment = comment.trim();
            if comment.is_empty() {
                last = None;
            } else if let Some((key, value)) = key_value(comment) {
                header.values.insert(key.to_string(), value.to_string());
                last = Some(key.to_string());
            } else if let Some(value) = last.as_ref().and_then(|key| header.values.get_mut(key)) {
                value.push(' ');
                value.push_str(comment);
            } else if header.values.is_empty() {
                if !header.summary.is_empty() {
                    header.summary.push(' ');
                }
                header.summary.push_str(comment);
            }
        }
        header
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a key as a list, split at commas.
    pub fn list(&self, key: &str) -> Vec<String> {
        self.get(key)
            .map(|text| text.split(',').map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).collect())
            .unwrap_or_default()
    }
}

fn key_value(comment: &str) -> Option<(&str, &str)> {
    let (key, value) = comment.split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_key.then(|| (key, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_summary_keys_and_continued_lines() {
        let header =
            Header::parse("-- One row is a thing.\n--\n-- grain: a, b\n-- because: it is\n--   so\nselect 1 -- x: y\n");
        assert_eq!(header.summary, "One row is a thing.");
        assert_eq!(header.list("grain"), ["a", "b"]);
        assert_eq!(header.get("because"), Some("it is so"));
        assert_eq!(header.get("x"), None);
    }
}
