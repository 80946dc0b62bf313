//! Marts as templates see them: a mart's rows become values when a page first asks for it, once for all pages. Most marts are
//! on no page, and the largest are none of those that are.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions, array_value_to_string};
use minijinja::value::{Enumerator, Object, Value};
use serde_json::json;

use crate::error::Result;
use crate::rows::Rows;

/// Marts by name.
#[derive(Debug)]
pub(super) struct Marts(BTreeMap<String, (Rows, OnceLock<Value>)>);

impl Marts {
    pub(super) fn of(marts: &BTreeMap<String, Rows>) -> Marts {
        Marts(marts.iter().map(|(name, rows)| (name.clone(), (rows.clone(), OnceLock::new()))).collect())
    }
}

impl Object for Marts {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (rows, value) = self.0.get(key.as_str()?)?;
        let shown = || match rows.whole().and_then(|rows| records(&rows)) {
            Ok(records) => Value::from_serialize(records),
            // Whoever looks at such a value gets the error.
            Err(error) => minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()).into(),
        };
        Some(value.get_or_init(shown).clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(Value::from).collect())
    }
}

/// Rows as JSON objects: decimals, dates and instants as text, so that nothing is rounded on the way.
///
/// # Errors
/// `Engine` when a value cannot be shown.
pub fn records(rows: &RecordBatch) -> Result<Vec<serde_json::Value>> {
    let schema = rows.schema();
    let options = FormatOptions::default().with_display_error(true);
    let texts = rows.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
    let texts = texts.collect::<std::result::Result<Vec<_>, _>>()?;
    let record = |row: usize| {
        let cells = schema.fields().iter().zip(rows.columns().iter().zip(&texts));
        let cell = |(column, text): (&ArrayRef, &ArrayFormatter)| -> Result<serde_json::Value> {
            Ok(match column.data_type() {
                _ if column.is_null(row) => serde_json::Value::Null,
                DataType::Null => serde_json::Value::Null,
                DataType::Boolean => json!(column.as_boolean().value(row)),
                DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
                DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(row)),
                DataType::List(_) => list(column, row)?,
                _ => json!(text.value(row).to_string()),
            })
        };
        cells.map(|(field, of)| Ok((field.name().clone(), cell(of)?))).collect::<Result<_>>()
    };
    (0..rows.num_rows()).map(|row| record(row).map(serde_json::Value::Object)).collect()
}

fn list(column: &ArrayRef, row: usize) -> Result<serde_json::Value> {
    let Some(list) = column.as_list_opt::<i32>() else { return Ok(serde_json::Value::Null) };
    let items = list.value(row);
    let texts = (0..items.len()).map(|item| array_value_to_string(&items, item)).collect::<Result<Vec<_>, _>>()?;
    Ok(json!(texts))
}
