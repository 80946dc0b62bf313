//! Arrow arrays that a file brought, as text: scalars bare, nested values as JSON.

use std::borrow::Cow;

use arrow::datatypes::DataType;

use super::arrays::{Source, range, utf8};
use super::cell::Rejection;
use super::time::{Instant, day_text};

impl Source {
    /// The value of a row as bare text; nested values as JSON.
    pub(super) fn text(&self, row: usize) -> Result<Cow<'_, str>, Rejection> {
        Ok(match self {
            Self::Number(texts) | Self::Text(texts) | Self::Other(texts) => Cow::Borrowed(texts.value(row)),
            Self::Bytes(bytes) => Cow::Borrowed(utf8(bytes.value(row))?),
            Self::Bool(values) => Cow::Borrowed(if values.value(row) { "true" } else { "false" }),
            Self::Whole(wholes) => Cow::Owned(wholes.value(row).to_string()),
            // The shortest text that reads back as the same number.
            Self::Single(singles) => Cow::Owned(format!("{:?}", singles.value(row))),
            Self::Double(doubles) => Cow::Owned(format!("{:?}", doubles.value(row))),
            Self::Instant(counts, unit) => {
                let text = Instant::from_unit(counts.value(row), *unit).text();
                Cow::Owned(text.ok_or_else(|| Rejection::out_of_range(&DataType::Utf8))?)
            }
            Self::Day(days) => {
                Cow::Owned(day_text(days.value(row)).ok_or_else(|| Rejection::out_of_range(&DataType::Utf8))?)
            }
            Self::Nothing | Self::Struct(..) | Self::List(..) | Self::Map(..) => {
                let mut json = String::new();
                self.write_json(row, &mut json)?;
                Cow::Owned(json)
            }
        })
    }

    fn write_json(&self, row: usize, json: &mut String) -> Result<(), Rejection> {
        if self.is_null(row) {
            json.push_str("null");
            return Ok(());
        }
        match self {
            Self::Single(singles) if !singles.value(row).is_finite() => json.push_str("null"),
            Self::Double(doubles) if !doubles.value(row).is_finite() => json.push_str("null"),
            Self::Bool(_) | Self::Whole(_) | Self::Single(_) | Self::Double(_) | Self::Number(_) => {
                json.push_str(&self.text(row)?);
            }
            Self::Struct(_, children) => {
                for (position, (name, value)) in children.iter().enumerate() {
                    json.push(if position == 0 { '{' } else { ',' });
                    write_quoted(name, json);
                    json.push(':');
                    value.write_json(row, json)?;
                }
                json.push_str(if children.is_empty() { "{}" } else { "}" });
            }
            Self::List(_, offsets, items) => {
                json.push('[');
                for (position, element) in range(offsets, row).enumerate() {
                    json.push_str(if position == 0 { "" } else { "," });
                    items.write_json(element, json)?;
                }
                json.push(']');
            }
            Self::Map(_, offsets, pairs) => {
                json.push('{');
                for (position, entry) in range(offsets, row).enumerate() {
                    json.push_str(if position == 0 { "" } else { "," });
                    write_quoted(&pairs.0.text(entry)?, json);
                    json.push(':');
                    pairs.1.write_json(entry, json)?;
                }
                json.push('}');
            }
            _ => write_quoted(&self.text(row)?, json),
        }
        Ok(())
    }
}

fn write_quoted(text: &str, json: &mut String) {
    // Writing a string as JSON does not fail.
    json.push_str(&serde_json::to_string(text).unwrap_or_default());
}
