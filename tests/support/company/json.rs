//! A JSON object written member by member, in the order given. Fixed order keeps the bytes fixed.

use std::fmt::Write;

/// One object under construction.
pub struct Object(String);

impl Object {
    pub fn new() -> Self {
        Object(String::from("{"))
    }

    fn name(&mut self, name: &str) -> &mut Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_text(&mut self.0, name);
        self.0.push(':');
        self
    }

    /// A member whose value is JSON already.
    pub fn raw(mut self, name: &str, value: &str) -> Self {
        self.name(name).0.push_str(value);
        self
    }

    pub fn text(mut self, name: &str, value: &str) -> Self {
        push_text(&mut self.name(name).0, value);
        self
    }

    /// A text, or null when it is empty.
    pub fn known(self, name: &str, value: &str) -> Self {
        if value.is_empty() { self.raw(name, "null") } else { self.text(name, value) }
    }

    pub fn number(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        // Writing into a String cannot fail.
        let _ = write!(self.name(name).0, "{value}");
        self
    }

    pub fn flag(self, name: &str, value: bool) -> Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    pub fn object(self, name: &str, value: Object) -> Self {
        let value = value.close();
        self.raw(name, &value)
    }

    pub fn close(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A text with quotes, escaped.
pub fn quoted(value: &str) -> String {
    let mut text = String::new();
    push_text(&mut text, value);
    text
}

fn push_text(buffer: &mut String, value: &str) {
    buffer.push('"');
    for character in value.chars() {
        match character {
            '"' => buffer.push_str("\\\""),
            '\\' => buffer.push_str("\\\\"),
            '\n' => buffer.push_str("\\n"),
            other if (other as u32) < 0x20 => {
                let _ = write!(buffer, "\\u{:04x}", other as u32);
            }
            other => buffer.push(other),
        }
    }
    buffer.push('"');
}
