//! Functions that mappings need and the engine lacks, or has in a form that takes long.
//!
//! - `json_string(text)`: the text as a string of JSON, in quotes and escaped (RFC 8259, section 7). Tags of calls are one JSON
//!   object, which a mapping puts together of them.
//! - `regexp_extract(text, pattern)`: what the first group of a pattern found, of those that found something; all that the pattern
//!   found where it has no group; null where it found nothing. It is `regexp_match(text, pattern)[1]` without a list for each text.
//!
//! Both give null for null.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::common::cast::as_string_array;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::scalar::ScalarValue;
use regex::Regex;

thread_local! {
    /// Patterns are few, and to compile one takes as long as to search a batch of texts.
    static PATTERNS: RefCell<HashMap<String, Arc<Regex>>> = RefCell::default();
}

/// All of them.
pub(super) fn functions() -> [ScalarUDF; 2] {
    let text = || DataType::Utf8;
    [
        create_udf("json_string", vec![text()], text(), Volatility::Immutable, Arc::new(json_string)),
        create_udf("regexp_extract", vec![text(), text()], text(), Volatility::Immutable, Arc::new(regexp_extract)),
    ]
}

fn json_string(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let [texts] = arguments else { return Err(arity("json_string takes one text")) };
    let mut buffer = Vec::new();
    each(texts, |text, found| {
        buffer.clear();
        serde_json::to_writer(&mut buffer, text).map_err(|error| DataFusionError::External(error.into()))?;
        found.append_value(std::str::from_utf8(&buffer).map_err(|error| DataFusionError::External(error.into()))?);
        Ok(())
    })
}

fn regexp_extract(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let [texts, ColumnarValue::Scalar(ScalarValue::Utf8(pattern))] = arguments else {
        return Err(arity("regexp_extract takes a text and a constant pattern"));
    };
    let Some(pattern) = pattern else { return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None))) };
    let regex = compiled(pattern)?;
    let mut places = regex.capture_locations();
    each(texts, |text, found| {
        if regex.captures_read(&mut places, text).is_none() {
            found.append_null();
            return Ok(());
        }
        let groups = if places.len() == 1 { 0..1 } else { 1..places.len() };
        let place = groups.filter_map(|group| places.get(group)).next();
        found.append_option(place.and_then(|(begin, end)| text.get(begin..end)));
        Ok(())
    })
}

fn compiled(pattern: &str) -> Result<Arc<Regex>> {
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(regex) = patterns.get(pattern) {
            return Ok(regex.clone());
        }
        let regex = Arc::new(Regex::new(pattern).map_err(|error| DataFusionError::External(error.into()))?);
        patterns.insert(pattern.to_string(), regex.clone());
        Ok(regex)
    })
}

fn arity(what: &str) -> DataFusionError {
    DataFusionError::Plan(what.to_string())
}

/// Fills a column, or one value, with what is found in each text.
fn each(texts: &ColumnarValue, mut find: impl FnMut(&str, &mut StringBuilder) -> Result<()>) -> Result<ColumnarValue> {
    let column = match texts {
        ColumnarValue::Array(column) => column.clone(),
        ColumnarValue::Scalar(text) => text.to_array()?,
    };
    let column = as_string_array(&column)?;
    let mut found = StringBuilder::with_capacity(column.len(), 16 * column.len());
    for text in column {
        match text {
            Some(text) => find(text, &mut found)?,
            None => found.append_null(),
        }
    }
    let found: ArrayRef = Arc::new(found.finish());
    Ok(match texts {
        ColumnarValue::Array(_) => ColumnarValue::Array(found),
        ColumnarValue::Scalar(_) => ColumnarValue::Scalar(ScalarValue::try_from_array(&found, 0)?),
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};

    use crate::engine::Engine;

    #[tokio::test]
    async fn what_is_quoted_is_the_text_when_it_is_read_again() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let every: String = (0..=0x2100).filter_map(char::from_u32).collect();
        let texts = [Some(""), Some("plain"), None, Some("\"a\\b\"\n\u{1}\u{7f}"), Some(&every), Some("\u{1f980}")];
        let column: ArrayRef = std::sync::Arc::new(StringArray::from(texts.to_vec()));
        let rows = RecordBatch::try_from_iter([("text", column)]).unwrap();
        engine.register("given", rows.schema(), vec![rows]).unwrap();
        let select = "select json_string(text) as found, json_string('a\"b') as constant, \
            array_transform([text], t -> json_string(t))[1] as inside from given";
        let (_, found) = engine.select(select).await.unwrap();
        let read = |column: &str| -> Vec<Option<String>> {
            let column = found[0][column].as_string::<i32>();
            column.iter().map(|text| text.map(|text| serde_json::from_str(text).unwrap())).collect()
        };
        let wanted: Vec<Option<String>> = texts.iter().map(|text| text.map(str::to_string)).collect();
        assert_eq!((read("found"), read("inside")), (wanted.clone(), wanted));
        assert_eq!(read("constant"), vec![Some("a\"b".to_string()); texts.len()]);
    }

    #[tokio::test]
    async fn what_a_pattern_extracts_is_the_first_of_its_match() {
        let engine = Engine::open(&Default::default()).await.unwrap();
        let texts = [
            Some(r#"{"model" : "m-1","finish_reason":null,"choices":[{"finish_reason":"stop"}]}"#),
            Some(r#"{"content":"\"model\":\"no\"","a":[],"stop_reason":"éü"}"#),
            Some("3.5"),
            Some(""),
            None,
        ];
        let column: ArrayRef = std::sync::Arc::new(StringArray::from(texts.to_vec()));
        let rows = RecordBatch::try_from_iter([("text", column)]).unwrap();
        engine.register("given", rows.schema(), vec![rows]).unwrap();
        for pattern in [
            r#""model"\s*:\s*"([^"\\]+)""#,
            r#""(?:finish_reason|stop_reason)"\s*:\s*"([^"]+)""#,
            r"^(\d+)\.(\d+)$",
            r#""(choices)"|"(a)""#,
            "(x)?(.)",
            "[0-9]",
            "^$",
            "",
        ] {
            let select = format!(
                "select regexp_extract(text, '{pattern}') as found, regexp_match(text, '{pattern}')[1] as wanted, \
                 regexp_extract('a1', '{pattern}') as one, regexp_match('a1', '{pattern}')[1] as wanted_one from given"
            );
            let (_, found) = engine.select(&select).await.unwrap();
            assert_eq!(found[0]["found"].as_string::<i32>(), found[0]["wanted"].as_string::<i32>(), "{pattern}");
            assert_eq!(found[0]["one"].as_string::<i32>(), found[0]["wanted_one"].as_string::<i32>(), "{pattern}");
        }
        let error = engine.select("select regexp_extract(text, text) as found from given").await.unwrap_err();
        assert!(format!("{error:?}").contains("a constant pattern"), "{error:?}");
        assert!(engine.select("select regexp_extract(text, '(') as found from given").await.is_err());
    }
}
