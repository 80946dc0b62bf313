//! One JSON value into the cell of a field, by the type that the schema declares.
//!
//! serde_json has checked the grammar before; what no field names is only skipped, so a lone surrogate there does no
//! harm. Nothing here recurses deeper than the schema.

use std::borrow::Cow;
use std::collections::HashMap;

use arrow::datatypes::{DataType, Field, Fields};
use serde_json::value::RawValue;

use super::cell::{
    CELL_BYTES, Cell, Rejection, Tally, bool_cell, is_raw_json, null_cell, number_cell, text_cell, wants_fingerprint,
};
use super::columns::map_value;
use super::fingerprint;
use super::walk::{find_members, for_each_element, for_each_member};

/// How deep JSON inside a string may be nested.
const QUOTED_DEPTH: usize = 64;

/// The cells of an object, one for each of `fields`. `json` is one valid object.
pub(super) fn decode_members<'a>(
    fields: &Fields,
    json: &'a str,
    tally: &mut Tally,
) -> Result<Vec<Cell<'a>>, Rejection> {
    tally.add(fields.len() * CELL_BYTES)?;
    let mut cells = Vec::with_capacity(fields.len());
    for (field, value) in fields.iter().zip(find_members(fields, json)?) {
        let cell = match value {
            Some(value) => decode_value(field, value, tally),
            None => null_cell(field),
        };
        cells.push(cell.map_err(|rejection| rejection.within(field.name()))?);
    }
    Ok(cells)
}

/// The cell of a field. `json` is one valid value without white space around it.
pub(super) fn decode_value<'a>(field: &Field, json: &'a str, tally: &mut Tally) -> Result<Cell<'a>, Rejection> {
    let kind = Kind::of(json);
    if kind == Kind::Null {
        return null_cell(field);
    }
    if is_raw_json(field) {
        tally.add(json.len())?;
        return Ok(Cell::Text(Cow::Borrowed(json)));
    }
    if let Some(is_wanted) = wants_fingerprint(field) {
        let found = if is_wanted { fingerprint::of_json(json) } else { None };
        return found.map_or_else(|| null_cell(field), |digits| Ok(Cell::Text(Cow::Owned(digits))));
    }
    match (field.data_type(), kind) {
        (DataType::Struct(fields), Kind::Object) => decode_members(fields, json, tally).map(Cell::Struct),
        (DataType::List(item), Kind::Array) => decode_list(item, json, tally),
        (DataType::Map(entries, _), Kind::Object) => decode_map(entries, json, tally),
        (DataType::Map(entries, _), Kind::Array) => decode_pairs(entries, json, tally),
        (nested, Kind::String) if nested.is_nested() => decode_quoted(field, &unescape(json)?, tally),
        (nested, _) if nested.is_nested() => Err(Rejection::mismatch(kind.words(), nested)),
        (scalar, Kind::String) => text_cell(unescape(json)?, scalar, tally),
        (scalar, Kind::Number) => number_cell(Cow::Borrowed(json), scalar, tally),
        (scalar, Kind::Bool) => bool_cell(json == "true", scalar),
        (scalar, _) => Err(Rejection::mismatch(kind.words(), scalar)),
    }
}

/// A nested value that is written as JSON inside a string. An empty text is null; a text inside the text is refused, so
/// this goes one level down and no further.
fn decode_quoted<'a>(field: &Field, text: &str, tally: &mut Tally) -> Result<Cell<'a>, Rejection> {
    if text.trim_ascii().is_empty() {
        return null_cell(field);
    }
    let refused = || Rejection::mismatch("a string", field.data_type());
    let json: &RawValue = serde_json::from_str(text).map_err(|_| refused())?;
    match Kind::of(json.get()) {
        Kind::Null => null_cell(field),
        Kind::String => Err(refused()),
        _ if is_deeper_than(json.get(), QUOTED_DEPTH) => {
            Err(Rejection::new(format!("is nested more than {QUOTED_DEPTH} deep")))
        }
        _ => decode_value(field, json.get(), tally).map(Cell::into_owned),
    }
}

/// The cell of a field whose value is a text, as in CSV: nested types are written in it as JSON.
pub(super) fn decode_text<'a>(
    field: &Field,
    text: &'a str,
    max_depth: usize,
    tally: &mut Tally,
) -> Result<Cell<'a>, Rejection> {
    if !field.data_type().is_nested() {
        return text_cell(Cow::Borrowed(text), field.data_type(), tally);
    }
    let json: &'a RawValue = serde_json::from_str(text)
        .map_err(|error| Rejection::new(format!("is not valid JSON near byte {}", error.column())))?;
    if is_deeper_than(json.get(), max_depth) {
        return Err(Rejection::new(format!("is nested more than {max_depth} deep")));
    }
    decode_value(field, json.get(), tally)
}

/// True when arrays and objects stand inside each other more than `limit` deep. `json` is valid.
pub(super) fn is_deeper_than(json: &str, limit: usize) -> bool {
    let mut depth = 0_usize;
    let mut is_text = false;
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => is_text = !is_text,
            b'\\' => {
                bytes.next();
            }
            b'{' | b'[' if !is_text => depth += 1,
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

/// What a JSON value is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub(super) fn of(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Bool,
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number,
        }
    }

    /// The kind as `Rejection::mismatch` wants it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

fn decode_list<'a>(item: &Field, json: &'a str, tally: &mut Tally) -> Result<Cell<'a>, Rejection> {
    let mut cells = Vec::new();
    for_each_element(json, &mut |element| {
        let cell = tally.add(CELL_BYTES).and_then(|()| decode_value(item, element, tally));
        cells.push(cell.map_err(|rejection| rejection.within(&format!("[{}]", cells.len() + 1)))?);
        Ok(())
    })?;
    Ok(Cell::List(cells))
}

/// Pairs in the order of the first mention of their keys; of a repeated key the last value counts.
/// A rejection's path ends at the map: its keys are data.
fn decode_map<'a>(entries: &Field, json: &'a str, tally: &mut Tally) -> Result<Cell<'a>, Rejection> {
    let mut found: Vec<(Cow<'a, str>, &'a str)> = Vec::new();
    let mut places: HashMap<Cow<'a, str>, usize> = HashMap::new();
    for_each_member(json, &mut |key, value| {
        let key = key.ok_or_else(lone_surrogate)?;
        if let Some(pair) = places.get(&key).and_then(|place| found.get_mut(*place)) {
            pair.1 = value;
            return Ok(());
        }
        tally.add(4 * CELL_BYTES + key.len())?;
        places.insert(key.clone(), found.len());
        found.push((key, value));
        Ok(())
    })?;
    let mut pairs = Vec::with_capacity(found.len());
    for (key, value) in found {
        tally.add(value.len())?;
        pairs.push((key, decode_map_value(map_value(entries), value)?));
    }
    Ok(Cell::Map(pairs))
}

/// A map that is written as a list of `{"key": …, "value": …}`, as labels and OTLP attributes are. A value that is an
/// object of one member, as OTLP's typed values are, counts as that member's value.
fn decode_pairs<'a>(entries: &Field, json: &'a str, tally: &mut Tally) -> Result<Cell<'a>, Rejection> {
    let mut found: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)> = Vec::new();
    let mut places: HashMap<Cow<'a, str>, usize> = HashMap::new();
    let mut number = 0;
    for_each_element(json, &mut |element| {
        number += 1;
        let refused = |what: &str| Rejection::new(what).within(&format!("[{number}]"));
        if Kind::of(element) != Kind::Object {
            return Err(refused("is no object with `key` and `value`"));
        }
        let (mut key, mut value) = (None, None);
        for_each_member(element, &mut |name, member| {
            match name.as_deref() {
                Some("key") if Kind::of(member) == Kind::String => key = Some(unescape(member)?),
                Some("value") => value = Some(member),
                _ => {}
            }
            Ok(())
        })?;
        let key = key.ok_or_else(|| refused("has no text `key`"))?;
        let value = match value {
            Some(typed) if Kind::of(typed) == Kind::Object => only_member(typed)?,
            value => value,
        };
        tally.add(4 * CELL_BYTES + key.len() + value.map_or(0, str::len))?;
        let value = decode_map_value(map_value(entries), value.unwrap_or("null"))?;
        match places.get(&key).and_then(|place| found.get_mut(*place)) {
            Some(pair) => pair.1 = value,
            None => {
                places.insert(key.clone(), found.len());
                found.push((key, value));
            }
        }
        Ok(())
    })?;
    Ok(Cell::Map(found))
}

/// The value of an object's only member; an object with more members stays as it is, one without is no value.
fn only_member(json: &str) -> Result<Option<&str>, Rejection> {
    let (mut only, mut count) = (None, 0);
    for_each_member(json, &mut |_, member| {
        only = Some(member);
        count += 1;
        Ok(())
    })?;
    Ok(if count > 1 { Some(json) } else { only })
}

pub(super) fn decode_map_value<'a>(field: Option<&Field>, json: &'a str) -> Result<Option<Cow<'a, str>>, Rejection> {
    match Kind::of(json) {
        Kind::Null if field.is_some_and(Field::is_nullable) => Ok(None),
        Kind::Null => Err(Rejection::new("holds a null, but every value is required")),
        Kind::String if !field.is_some_and(is_raw_json) => unescape(json).map(Some),
        _ => Ok(Some(Cow::Borrowed(json))),
    }
}

/// The text that a JSON string stands for.
fn unescape(json: &str) -> Result<Cow<'_, str>, Rejection> {
    match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => Ok(Cow::Borrowed(inner)),
        _ => serde_json::from_str(json).map(Cow::Owned).map_err(|_| lone_surrogate()),
    }
}

fn lone_surrogate() -> Rejection {
    Rejection::new("holds a lone surrogate, which is no character")
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::super::tests::{field, json_field, list, map, reader, required, show, strukt};
    use super::super::{FileFormat, Limits, Reader};
    use super::*;

    fn one(field: Field) -> Reader {
        reader(FileFormat::Json, [field], Limits::default())
    }

    /// The cell that a value under key `x` has, or the reason against it.
    fn cell(data_type: DataType, json: &str) -> String {
        cell_of(field("x", data_type), json)
    }

    fn cell_of(field: Field, json: &str) -> String {
        let shown = show(&mut one(field), format!("{{\"x\":{json}}}\n"));
        assert_eq!(shown.len(), 1, "{shown:?}");
        shown[0].replacen("1: ", "", 1).replacen("1! ", "", 1)
    }

    #[test]
    fn text_keeps_what_scalars_say() {
        for (json, expected) in [
            (r#""a \"quoted\" \u00fc\n""#, "a \"quoted\" ü\n"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""""#, ""),
            ("1.50e+3", "1.50e+3"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("true", "true"),
            ("null", "null"),
            ("{}", "`x` is an object, expected varchar"),
            ("[1]", "`x` is an array, expected varchar"),
            (r#""\ud83d""#, "`x` holds a lone surrogate, which is no character"),
            (r#""\ude00\ud83d""#, "`x` holds a lone surrogate, which is no character"),
        ] {
            assert_eq!(cell(DataType::Utf8, json), expected, "{json}");
        }
    }

    #[test]
    fn json_keeps_the_raw_text_of_anything() {
        for json in [r#"{ "a" : [1.0, "\ud800"] }"#, "[]", r#""te\u0078t""#, "12.50", "false", "null"] {
            assert_eq!(cell_of(json_field("x"), json), json);
        }
        let required = json_field("x").with_nullable(false);
        assert_eq!(cell_of(required, "null"), "`x` is missing, but required");
        let inner = strukt([json_field("raw")]);
        assert_eq!(cell(inner, r#"{"raw": {"b": 1}}"#), r#"{raw: {"b": 1}}"#);
    }

    #[test]
    fn numbers_may_be_strings() {
        for (json, expected) in [
            ("12", "12"),
            ("12.0", "12"),
            ("1e3", "1000"),
            (r#""12""#, "12"),
            (r#""1700000000000000000""#, "1700000000000000000"),
            ("12.5", "`x` is a number with a fraction, expected bigint"),
            ("9223372036854775808", "`x` is out of range for bigint"),
            (r#""""#, "`x` is a string, expected bigint"),
            (r#""secret""#, "`x` is a string, expected bigint"),
            ("true", "`x` is a boolean, expected bigint"),
            ("[1]", "`x` is an array, expected bigint"),
            (r#""\ud800""#, "`x` holds a lone surrogate, which is no character"),
        ] {
            assert_eq!(cell(DataType::Int64, json), expected, "{json}");
        }
        assert_eq!(cell(DataType::Int16, "40000"), "`x` is out of range for smallint");
        assert_eq!(cell(DataType::Float64, r#""1e-7""#), "1e-7");
        assert_eq!(cell(DataType::Float64, "1e400"), "`x` is out of range for double");
        assert_eq!(cell(DataType::Float64, r#""NaN""#), "`x` is a string, expected double");
        assert_eq!(cell(DataType::Boolean, r#""True""#), "true");
        assert_eq!(cell(DataType::Boolean, "0"), "`x` is a number, expected boolean");
        let decimal = DataType::Decimal128(38, 12);
        assert_eq!(cell(decimal.clone(), "1.5e-05"), "0.000015000000");
        assert_eq!(cell(decimal.clone(), r#""-0.0000000000005""#), "-0.000000000001");
        assert_eq!(cell(decimal, "1e26"), "`x` is out of range for decimal(38,12)");
    }

    #[test]
    fn times_are_text() {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        assert_eq!(cell(micros.clone(), r#""2024-02-29T14:34:56.1234567+02:00""#), "2024-02-29T12:34:56.123456");
        let refused = "`x` is a number, expected timestamp: declare bigint and convert in the mapping";
        assert_eq!(cell(micros.clone(), "1700000000"), refused);
        assert_eq!(cell(micros, r#""soon""#), "`x` is a string, expected timestamp");
        assert_eq!(cell(DataType::Date32, r#""2024-02-29""#), "2024-02-29");
    }

    #[test]
    fn structs_take_only_what_they_name() {
        let usage = strukt([required("in", DataType::Int64), field("outTokens", DataType::Int64)]);
        for (json, expected) in [
            (r#"{"in": 1, "outTokens": 2, "more": {"in": []}}"#, "{in: 1, outTokens: 2}"),
            (r#"{"in": 1}"#, "{in: 1, outTokens: null}"),
            (r#"{"in": 1, "OUTTOKENS": 2}"#, "{in: 1, outTokens: null}"),
            (r#"{"in": "x", "in": 3, "in": 4}"#, "{in: 4, outTokens: null}"),
            (r#"{"\u0069n": 5}"#, "{in: 5, outTokens: null}"),
            ("null", "null"),
            ("{}", "`x.in` is missing, but required"),
            (r#"{"in": null}"#, "`x.in` is missing, but required"),
            (r#"{"in": 1, "outTokens": "many"}"#, "`x.outTokens` is a string, expected bigint"),
            (r#""{\"in\": 1}""#, "{in: 1, outTokens: null}"),
            (r#""""#, "null"),
            (r#""null""#, "null"),
            (r#""secret""#, "`x` is a string, expected struct"),
            (r#""\"{\\\"in\\\": 1}\"""#, "`x` is a string, expected struct"),
            (r#""[1]""#, "`x` is an array, expected struct"),
            ("[]", "`x` is an array, expected struct"),
            ("7", "`x` is a number, expected struct"),
        ] {
            assert_eq!(cell(usage.clone(), json), expected, "{json}");
        }
    }

    #[test]
    fn lists_keep_nulls_and_name_elements_from_one() {
        let items = list(strukt([field("k", DataType::Utf8), field("v", DataType::Int64)]));
        for (json, expected) in [
            (r#"[{"k": "a", "v": 1}, null, {}]"#, "[{k: a, v: 1}, null, {k: null, v: null}]"),
            ("[]", "[]"),
            ("null", "null"),
            (r#"[{}, {"v": true}]"#, "`x[2].v` is a boolean, expected bigint"),
            ("[{}, 3]", "`x[2]` is a number, expected struct"),
            ("{}", "`x` is an object, expected array"),
        ] {
            assert_eq!(cell(items.clone(), json), expected, "{json}");
        }
        assert_eq!(
            cell(list(list(DataType::Int64)), "[[1], [], [2, 3.5]]"),
            "`x[3][2]` is a number with a fraction, expected bigint"
        );
        let strict = DataType::List(std::sync::Arc::new(required("item", DataType::Int64)));
        assert_eq!(cell(strict, "[1, null]"), "`x[2]` is missing, but required");
    }

    #[test]
    fn maps_take_any_key() {
        for (json, expected) in [
            (
                r#"{"team": "a\nb", "n": 1.0, "f": false, "o": {"p": [1]}, "z": null}"#,
                "{team: a\nb, n: 1.0, f: false, o: {\"p\": [1]}, z: null}",
            ),
            (r#"{"a": 1, "b": 2, "a": 3}"#, "{a: 3, b: 2}"),
            (r#"{"\u0061": "x"}"#, "{a: x}"),
            ("{}", "{}"),
            ("null", "null"),
            ("[]", "{}"),
            (r#"[{"key": "a", "value": "b"}, {"key": "n", "value": 1}]"#, "{a: b, n: 1}"),
            (
                r#"[{"key": "i", "value": {"intValue": "7"}}, {"key": "e", "value": {}}, {"key": "z"}]"#,
                "{i: 7, e: null, z: null}",
            ),
            (r#"[{"key": "a", "value": 1}, {"key": "a", "value": 2}]"#, "{a: 2}"),
            (r#"[{"key": "l", "value": {"arrayValue": {"values": [1]}}}]"#, "{l: {\"values\": [1]}}"),
            (r#"[{"key": "o", "value": {"a": 1, "b": 2}}]"#, "{o: {\"a\": 1, \"b\": 2}}"),
            (r#"[{"value": 1}]"#, "`x[1]` has no text `key`"),
            ("[1]", "`x[1]` is no object with `key` and `value`"),
            (r#""{\"a\": \"b\"}""#, "{a: b}"),
            (r#"{"secret": "\ud800"}"#, "`x` holds a lone surrogate, which is no character"),
            (r#"{"\ud800": 1}"#, "`x` holds a lone surrogate, which is no character"),
        ] {
            assert_eq!(cell(map(), json), expected, "{json}");
        }
        let entries = strukt([required("key", DataType::Utf8), required("value", DataType::Utf8)]);
        let strict = DataType::Map(std::sync::Arc::new(required("entries", entries)), false);
        assert_eq!(cell(strict, r#"{"a": null}"#), "`x` holds a null, but every value is required");
    }

    #[test]
    fn fields_are_found_by_exact_names() {
        let mut reader = one(required("model", DataType::Utf8));
        assert_eq!(show(&mut reader, r#"{"Model": "a"}"#), ["1! `model` is missing, but required"]);
        assert_eq!(show(&mut reader, r#"{"model": null}"#), ["1! `model` is missing, but required"]);
        assert_eq!(show(&mut reader, r#"{"x": "\ud800", "\udc00": 1, "model": "a"}"#), ["1: a"]);
    }

    #[test]
    fn a_null_struct_need_not_have_what_it_requires() {
        let inner = strukt([required("n", DataType::Int64)]);
        let mut reader = one(field("x", inner));
        assert_eq!(show(&mut reader, "{}\n{\"x\":null}\n{\"x\":{\"n\":1}}"), ["1: null", "2: null", "3: {n: 1}"]);
    }

    #[test]
    fn depth_is_counted_outside_of_text() {
        assert!(!is_deeper_than(r#"{"a": "[[[[\"[[", "b": [{}], "c": [{}]}"#, 3));
        assert!(is_deeper_than(r#"{"a": "[[[[\"[[", "b": [{}], "c": [{}]}"#, 2));
    }

    #[test]
    fn memory_of_one_record_is_bounded() {
        let limits = Limits { max_line_bytes: 1 << 20, ..Limits::default() };
        let wide: Vec<Field> = (0..50).map(|n| field(&n.to_string(), DataType::Utf8)).collect();
        let mut reader = reader(FileFormat::Json, [field("x", list(strukt(wide)))], limits);
        let bomb = format!("{{\"x\":[{}{{}}]}}", "{},".repeat(50_000));
        let shown = show(&mut reader, bomb);
        assert!(shown[0].ends_with("takes more than 4194304 bytes of memory"), "{shown:?}");
    }
}
