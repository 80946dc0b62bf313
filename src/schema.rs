//! Declared tables: DDL text to Arrow schema, and rows held to a contract.
//!
//! Source formats and contracts are `create external table` statements, planned by the engine itself.
//! Three type words are ours: `map(varchar, varchar)` for objects with any keys, `json` for the raw text of whatever value
//! stands there, `fingerprint` for the digest of a prompt, computed where the source asks for it.
//! Knows no storage.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, OnceLock};

use arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::planner::TypePlanner;
use datafusion::logical_expr::{DdlStatement, LogicalPlan};
use datafusion::prelude::SessionConfig;
use datafusion::sql::sqlparser::ast;
use regex::Regex;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::header::Header;

/// Field metadata key that marks a column of type `json`.
pub const JSON_MARK: &str = "trimtab.type";

/// A declared table: a source format's raw shape, a contract, or a seed.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name of the relation.
    pub name: String,
    /// File that declares it, for messages.
    pub path: String,
    /// Header comment.
    pub header: Header,
    /// Columns in order; field metadata `description` holds the column's comment.
    pub schema: SchemaRef,
    /// `json`, `csv` or `parquet`.
    pub file_type: String,
    /// Options of the statement.
    pub options: HashMap<String, String>,
    /// SHA-256 of the file's text, 64 hex digits.
    pub digest: String,
}

impl Table {
    /// Plans a `create external table` statement.
    ///
    /// # Errors
    /// `Project` with the file when the statement does not plan or is something else.
    pub async fn parse(text: &str, path: &str) -> Result<Table> {
        let wrong = |message: String| Error::project(message).at(format!("at {path}"));
        let state = ddl_state()?;
        let statement = state
            .sql_to_statement(text, &datafusion::config::Dialect::Generic)
            .map_err(|error| wrong("the statement does not parse".into()).because(error))?;
        let plan = state.statement_to_plan(statement).await.map_err(|error| {
            wrong("the statement does not plan".into())
                .because(error)
                .hint("write `create external table name (column type, …) stored as json|csv|parquet location '…'`")
        })?;
        let LogicalPlan::Ddl(DdlStatement::CreateExternalTable(table)) = plan else {
            return Err(wrong("the file is no `create external table` statement".into())
                .hint("one file declares one table; other statements have no place here"));
        };
        let comments = column_comments(text);
        let fields: Vec<Field> = table
            .schema
            .fields()
            .iter()
            .map(|field| {
                let mut metadata = field.metadata().clone();
                if let Some(comment) = comments.get(field.name()) {
                    metadata.insert("description".into(), comment.clone());
                }
                Field::clone(field).with_metadata(metadata)
            })
            .collect();
        Ok(Table {
            name: table.name.table().to_string(),
            path: path.to_string(),
            header: Header::parse(text),
            schema: Arc::new(Schema::new(fields)),
            file_type: table.file_type.to_lowercase(),
            options: table
                .options
                .iter()
                .map(|(k, v)| (k.trim_start_matches("format.").to_string(), v.clone()))
                .collect(),
            digest: hex(&Sha256::digest(text)),
        })
    }

    /// Holds the columns of a query's plan to this contract: no unknown column, no wrong type, no required one missing.
    ///
    /// # Errors
    /// `Contract`, naming each difference, the query's file and a remedy.
    pub fn compare(&self, found: &Schema, relation: &str, file: &str, filled: &[String]) -> Result<()> {
        let mut differences = Vec::new();
        for field in found.fields() {
            match self.schema.field_with_name(field.name()) {
                Err(_) => differences.push(format!("column `{}` is not in the contract", field.name())),
                Ok(_) if filled.contains(field.name()) => {
                    differences.push(format!("column `{}` is filled by the program, not by a query", field.name()));
                }
                Ok(wanted) if !fits(field.data_type(), wanted.data_type()) => differences.push(format!(
                    "column `{}` is {}, expected {}",
                    field.name(),
                    field.data_type(),
                    wanted.data_type()
                )),
                Ok(_) => {}
            }
        }
        for field in self.schema.fields() {
            let missing = found.field_with_name(field.name()).is_err();
            if missing && !field.is_nullable() && !filled.contains(field.name()) {
                differences.push(format!("column `{}` is missing and may not be null", field.name()));
            }
        }
        if differences.is_empty() {
            return Ok(());
        }
        let mut error = Error::contract(format!("query `{relation}` does not match contract `{}`", self.name));
        for difference in differences {
            error = error.at(difference);
        }
        Err(error.at(format!("at {file}")).hint(format!(
            "cast or rename in the last select, or run `trimtab explain {}` to see the contract",
            self.name
        )))
    }

    /// Casts a batch to this contract's columns and order; columns that the query does not give become null.
    ///
    /// # Errors
    /// `Engine` when a cast fails, which `compare` rules out but for overflow.
    pub fn conform(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        self.schema
            .fields()
            .iter()
            .map(|field| match batch.column_by_name(field.name()) {
                None => Ok(new_null_array(field.data_type(), batch.num_rows())),
                Some(column) if column.data_type() == field.data_type() => Ok(column.clone()),
                Some(column) => cast_with_options(column, field.data_type(), &options).map_err(Error::from),
            })
            .collect()
    }
}

/// The same columns, each of which may be null.
pub fn nullable(schema: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| field.as_ref().clone().with_nullable(true);
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

/// A column fits when only its width or unit grows on the way to the contract.
fn fits(found: &DataType, wanted: &DataType) -> bool {
    use DataType::{
        Decimal128, Dictionary, Int8, Int16, Int32, Int64, LargeUtf8, Null, Timestamp, UInt8, UInt16, UInt32, Utf8,
        Utf8View,
    };
    match (found, wanted) {
        (a, b) if a == b => true,
        (Null, _) | (Utf8View | LargeUtf8, Utf8) | (Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32, Int64) => true,
        (Dictionary(_, value), wanted) => fits(value, wanted),
        (Timestamp(_, zone), Timestamp(TimeUnit::Microsecond, Some(_))) => {
            zone.as_deref().is_none_or(|zone| ["UTC", "+00:00", "Z"].contains(&zone))
        }
        (Decimal128(p, s), Decimal128(wp, ws)) => {
            s <= ws && i16::from(*p) - i16::from(*s) <= i16::from(*wp) - i16::from(*ws)
        }
        (DataType::List(a), DataType::List(b)) => fits(a.data_type(), b.data_type()),
        _ => false,
    }
}

/// Comments that stand behind the columns of a DDL text, by column name.
fn column_comments(text: &str) -> BTreeMap<String, String> {
    static LINE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"^\s+"?([A-Za-z_][A-Za-z0-9_]*)"?\s+\S.*?-- (.*)$"#).ok());
    let Some(line) = LINE.as_ref() else { return BTreeMap::new() };
    text.lines()
        .filter_map(|text| line.captures(text))
        .map(|found| (found[1].to_string(), found[2].trim().to_string()))
        .collect()
}

/// The session that plans DDL: our type words, UTC, plain strings. One for all files: to open it takes longer than to read one.
fn ddl_state() -> Result<&'static SessionState> {
    static STATE: OnceLock<SessionState> = OnceLock::new();
    if let Some(state) = STATE.get() {
        return Ok(state);
    }
    let mut config = SessionConfig::new();
    for (key, value) in
        [("datafusion.execution.time_zone", "UTC"), ("datafusion.sql_parser.map_string_types_to_utf8view", "false")]
    {
        config.options_mut().set(key, value)?;
    }
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .with_type_planner(Arc::new(TypeWords))
        .build();
    Ok(STATE.get_or_init(|| state))
}

/// Plans the type words `map(varchar, varchar)`, `json` and `fingerprint`.
#[derive(Debug)]
struct TypeWords;

impl TypePlanner for TypeWords {
    fn plan_type_field(&self, sql_type: &ast::DataType) -> datafusion::error::Result<Option<FieldRef>> {
        Ok(match sql_type {
            ast::DataType::Map(..) => Some(Arc::new(Field::new("map", map_type(), true))),
            ast::DataType::JSON => Some(Arc::new(
                Field::new("json", DataType::Utf8, true)
                    .with_metadata(HashMap::from([(JSON_MARK.into(), "json".into())])),
            )),
            ast::DataType::Custom(name, _) if name.to_string().eq_ignore_ascii_case("fingerprint") => {
                let mark = HashMap::from([(JSON_MARK.into(), "fingerprint".into())]);
                Some(Arc::new(Field::new("fingerprint", DataType::Utf8, true).with_metadata(mark)))
            }
            _ => None,
        })
    }
}

/// The schema with its fingerprint columns switched off: prompts are looked at only where a source asks for it.
pub fn without_fingerprints(schema: &Schema) -> SchemaRef {
    fn off(field: &Field) -> Field {
        let mut field = field.clone();
        if let DataType::Struct(fields) = field.data_type() {
            let fields: Fields = fields.iter().map(|field| Arc::new(off(field))).collect();
            field = field.with_data_type(DataType::Struct(fields));
        }
        let mut metadata = field.metadata().clone();
        if metadata.get(JSON_MARK).is_some_and(|kind| kind == "fingerprint") {
            metadata.insert(JSON_MARK.into(), "fingerprint-off".into());
        }
        field.with_metadata(metadata)
    }
    Arc::new(Schema::new(schema.fields().iter().map(|field| off(field)).collect::<Vec<_>>()))
}

/// The type of `map(varchar, varchar)`.
fn map_type() -> DataType {
    let entries =
        Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

/// An empty batch of a schema.
pub fn empty(schema: &SchemaRef) -> RecordBatch {
    RecordBatch::new_empty(schema.clone())
}

/// Whether any value of a required column is null; gives the column's name.
pub fn null_in_required(schema: &Schema, columns: &[ArrayRef]) -> Option<String> {
    schema
        .fields()
        .iter()
        .zip(columns)
        .find(|(field, column)| !field.is_nullable() && column.null_count() > 0)
        .map(|(field, _)| field.name().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DDL: &str = "-- One row per thing.\n--\n-- day: t\ncreate external table things (\n    id varchar not null, -- the id\n    usage struct<\"inTokens\" bigint, n bigint>,\n    items array<struct<k varchar, v bigint>>,\n    tags map(varchar, varchar), -- free tags\n    body json,\n    price decimal(18,6),\n    t timestamp(6) with time zone,\n    event_date date not null\n) stored as json\noptions ('format.null_value' 'NULL')\nlocation 'sample_data/things/';\n";

    #[tokio::test]
    async fn ddl_with_nested_and_own_types_plans() {
        let table = Table::parse(DDL, "schemas/sources/things.sql").await.unwrap();
        let types: Vec<String> = table.schema.fields().iter().map(|f| f.data_type().to_string()).collect();
        assert_eq!(table.file_type, "json");
        assert_eq!(table.options.get("null_value").map(String::as_str), Some("NULL"));
        assert!(matches!(table.schema.field(3).data_type(), DataType::Map(..)), "{types:?}");
        assert_eq!(table.schema.field(4).metadata().get(JSON_MARK).map(String::as_str), Some("json"));
        assert_eq!(table.schema.field(6).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        assert_eq!(table.schema.field(0).metadata()["description"], "the id");
        assert!(!table.schema.field(0).is_nullable());
        assert!(
            matches!(table.schema.field(2).data_type(), DataType::List(f) if matches!(f.data_type(), DataType::Struct(_)))
        );
    }

    #[tokio::test]
    async fn a_contract_names_every_difference() {
        let table = Table::parse(DDL, "x").await.unwrap();
        let found = Schema::new(vec![
            Field::new("price", DataType::Float64, true),
            Field::new("colour", DataType::Utf8, true),
            Field::new("t", DataType::Timestamp(TimeUnit::Second, None), true),
        ]);
        let error = table.compare(&found, "q", "queries/q.sql", &["event_date".into()]).unwrap_err().to_string();
        for part in
            ["`price` is Float64, expected Decimal128(18, 6)", "`colour` is not in", "`id` is missing", "queries/q.sql"]
        {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("`t`"), "{error}");
    }
}
