//! One value of a row, between its source and its column; and the rules that turn text and numbers into it.
//!
//! JSON, CSV and Parquet end here, so that a type means the same in all three.

use std::borrow::Cow;

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::number::{NumberProblem, parse_double, parse_scaled, parse_whole};
use super::time::{Instant, parse_day, parse_instant};

/// What a cell is taken to weigh beside its text, in bytes.
pub(super) const CELL_BYTES: usize = 32;

/// A value that fits its field. Days and instants are whole numbers in the unit of the field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Bool(bool),
    Whole(i64),
    Double(f64),
    Decimal(i128),
    Text(Cow<'a, str>),
    Struct(Vec<Cell<'a>>),
    List(Vec<Cell<'a>>),
    Map(Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>),
}

impl Cell<'_> {
    /// The same value, free of the text that it was read from.
    pub(super) fn into_owned<'b>(self) -> Cell<'b> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Cell::Null => Cell::Null,
            Cell::Bool(value) => Cell::Bool(value),
            Cell::Whole(value) => Cell::Whole(value),
            Cell::Double(value) => Cell::Double(value),
            Cell::Decimal(value) => Cell::Decimal(value),
            Cell::Text(text) => Cell::Text(own(text)),
            Cell::Struct(cells) => Cell::Struct(cells.into_iter().map(Cell::into_owned).collect()),
            Cell::List(cells) => Cell::List(cells.into_iter().map(Cell::into_owned).collect()),
            Cell::Map(pairs) => Cell::Map(pairs.into_iter().map(|(key, value)| (own(key), value.map(own))).collect()),
        }
    }
}

/// Why a record is not taken: where in it, and what is wrong. Never holds text of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) path: String,
    what: String,
}

impl Rejection {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { path: String::new(), what: what.into() }
    }

    pub(super) fn missing() -> Self {
        Self::new("is missing, but required")
    }

    /// `found` reads like "a string".
    pub(super) fn mismatch(found: &str, expected: &DataType) -> Self {
        let hint = match (found, expected) {
            ("a number", DataType::Timestamp(..)) => ": declare bigint and convert in the mapping",
            _ => "",
        };
        Self::new(format!("is {found}, expected {}{hint}", type_name(expected)))
    }

    pub(super) fn out_of_range(expected: &DataType) -> Self {
        Self::new(format!("is out of range for {}", type_name(expected)))
    }

    /// The same, seen from the parent: `segment` is a field's name, or a position such as `[3]`.
    pub(super) fn within(mut self, segment: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{segment}{dot}{}", self.path);
        self
    }

    /// The whole sentence, path included.
    pub(super) fn reason(&self) -> String {
        if self.path.is_empty() { self.what.clone() } else { format!("`{}` {}", self.path, self.what) }
    }
}

/// What decoding one record has cost so far.
#[derive(Debug)]
pub(super) struct Tally {
    /// Bytes of the cells, roughly; at most `limit`.
    pub(super) weight: usize,
    limit: usize,
    /// Decimals that lost digits.
    pub(super) rounded: i64,
}

impl Tally {
    pub(super) fn new(limit: usize) -> Self {
        Self { weight: 0, limit, rounded: 0 }
    }

    pub(super) fn add(&mut self, bytes: usize) -> Result<(), Rejection> {
        self.weight = self.weight.saturating_add(bytes);
        if self.weight <= self.limit {
            return Ok(());
        }
        Err(Rejection::new(format!("takes more than {} bytes of memory", self.limit)))
    }
}

/// True for a text column that keeps the source text of whatever value stands there.
pub(super) fn is_raw_json(field: &Field) -> bool {
    field.data_type() == &DataType::Utf8 && field.metadata().get("trimtab.type").is_some_and(|kind| kind == "json")
}

/// For a column that holds the fingerprint of a prompt: whether the source wants it computed.
pub(super) fn wants_fingerprint(field: &Field) -> Option<bool> {
    match field.metadata().get("trimtab.type").map(String::as_str) {
        Some("fingerprint") => Some(true),
        Some("fingerprint-off") => Some(false),
        _ => None,
    }
}

/// A null, where the field allows it.
pub(super) fn null_cell<'a>(field: &Field) -> Result<Cell<'a>, Rejection> {
    if field.is_nullable() { Ok(Cell::Null) } else { Err(Rejection::missing()) }
}

/// The value of a scalar type that a text states.
pub(super) fn text_cell<'a>(text: Cow<'a, str>, expected: &DataType, tally: &mut Tally) -> Result<Cell<'a>, Rejection> {
    let mismatch = || Rejection::mismatch("a string", expected);
    match expected {
        DataType::Utf8 => {
            tally.add(text.len())?;
            Ok(Cell::Text(text))
        }
        DataType::Boolean => parse_bool(&text).map(Cell::Bool).ok_or_else(mismatch),
        DataType::Timestamp(unit, _) => {
            let instant = parse_instant(&text).ok_or_else(mismatch)?;
            instant_cell(instant, *unit, expected)
        }
        DataType::Date32 => parse_day(&text).map(|day| Cell::Whole(i64::from(day))).ok_or_else(mismatch),
        DataType::Date64 => {
            let day = parse_day(&text).ok_or_else(mismatch)?;
            instant_cell(Instant::at_midnight(day), TimeUnit::Millisecond, expected)
        }
        _ => numeric_cell(&text, "a string", expected, tally),
    }
}

/// The value of a scalar type that a number's text states; a text column keeps that text.
pub(super) fn number_cell<'a>(
    text: Cow<'a, str>,
    expected: &DataType,
    tally: &mut Tally,
) -> Result<Cell<'a>, Rejection> {
    match expected {
        DataType::Utf8 => text_cell(text, expected, tally),
        _ => numeric_cell(&text, "a number", expected, tally),
    }
}

/// The value that true or false has in a column; a text column keeps the word.
pub(super) fn bool_cell<'a>(value: bool, expected: &DataType) -> Result<Cell<'a>, Rejection> {
    match expected {
        DataType::Boolean => Ok(Cell::Bool(value)),
        DataType::Utf8 => Ok(Cell::Text(Cow::Borrowed(if value { "true" } else { "false" }))),
        _ => Err(Rejection::mismatch("a boolean", expected)),
    }
}

/// An instant in the unit of its column, what is finer cut off.
pub(super) fn instant_cell<'a>(instant: Instant, unit: TimeUnit, expected: &DataType) -> Result<Cell<'a>, Rejection> {
    instant.to_unit(unit).map(Cell::Whole).ok_or_else(|| Rejection::out_of_range(expected))
}

/// The name of a type in the DDL.
pub(super) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 => "varchar".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Int32 => "int".into(),
        DataType::Int16 => "smallint".into(),
        DataType::Float64 => "double".into(),
        DataType::Boolean => "boolean".into(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Timestamp(..) => "timestamp".into(),
        DataType::Date32 | DataType::Date64 => "date".into(),
        DataType::Struct(_) => "struct".into(),
        DataType::List(_) => "array".into(),
        DataType::Map(..) => "map".into(),
        other => other.to_string(),
    }
}

fn numeric_cell<'a>(text: &str, found: &str, expected: &DataType, tally: &mut Tally) -> Result<Cell<'a>, Rejection> {
    let cell = match expected {
        DataType::Int64 => parse_whole(text).map(Cell::Whole),
        DataType::Int32 => parse_narrow::<i32>(text),
        DataType::Int16 => parse_narrow::<i16>(text),
        DataType::Float64 => parse_double(text).map(Cell::Double),
        DataType::Decimal128(precision, scale) => parse_scaled(text, *precision, *scale).map(|scaled| {
            tally.rounded += i64::from(scaled.is_rounded);
            Cell::Decimal(scaled.units)
        }),
        _ => Err(NumberProblem::NotANumber),
    };
    cell.map_err(|problem| match problem {
        NumberProblem::NotANumber => Rejection::mismatch(found, expected),
        NumberProblem::Fraction => Rejection::mismatch("a number with a fraction", expected),
        NumberProblem::OutOfRange => Rejection::out_of_range(expected),
    })
}

fn parse_narrow<'a, T: TryFrom<i64>>(text: &str) -> Result<Cell<'a>, NumberProblem> {
    let whole = parse_whole(text)?;
    T::try_from(whole).map_err(|_| NumberProblem::OutOfRange)?;
    Ok(Cell::Whole(whole))
}

fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim_ascii();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_text(text: &str, expected: &DataType) -> Result<Cell<'static>, String> {
        let cell = text_cell(Cow::Owned(text.to_owned()), expected, &mut Tally::new(1000));
        cell.map_err(|rejection| rejection.reason())
    }

    fn from_number(text: &str, expected: &DataType) -> Result<Cell<'static>, String> {
        let cell = number_cell(Cow::Owned(text.to_owned()), expected, &mut Tally::new(1000));
        cell.map_err(|rejection| rejection.reason())
    }

    #[test]
    fn integers_keep_to_their_width() {
        assert_eq!(from_text("12", &DataType::Int16), Ok(Cell::Whole(12)));
        assert_eq!(from_number("-32768", &DataType::Int16), Ok(Cell::Whole(-32768)));
        assert_eq!(from_number("32768", &DataType::Int16), Err("is out of range for smallint".into()));
        assert_eq!(from_number("2147483647", &DataType::Int32), Ok(Cell::Whole(2_147_483_647)));
        assert_eq!(from_number("2147483648", &DataType::Int32), Err("is out of range for int".into()));
        assert_eq!(from_number("12.5", &DataType::Int64), Err("is a number with a fraction, expected bigint".into()));
        assert_eq!(from_text("twelve", &DataType::Int64), Err("is a string, expected bigint".into()));
        assert_eq!(from_text("", &DataType::Int64), Err("is a string, expected bigint".into()));
    }

    #[test]
    fn text_keeps_numbers_and_booleans_as_written() {
        assert_eq!(from_number("1.50e3", &DataType::Utf8), Ok(Cell::Text("1.50e3".into())));
        assert_eq!(bool_cell(true, &DataType::Utf8), Ok(Cell::Text("true".into())));
        assert_eq!(from_text(" as is ", &DataType::Utf8), Ok(Cell::Text(" as is ".into())));
    }

    #[test]
    fn booleans_are_true_or_false_in_any_case() {
        assert_eq!(from_text("True", &DataType::Boolean), Ok(Cell::Bool(true)));
        assert_eq!(from_text("FALSE", &DataType::Boolean), Ok(Cell::Bool(false)));
        assert_eq!(from_text("yes", &DataType::Boolean), Err("is a string, expected boolean".into()));
        assert_eq!(from_number("1", &DataType::Boolean), Err("is a number, expected boolean".into()));
        assert_eq!(bool_cell(true, &DataType::Int64).unwrap_err().reason(), "is a boolean, expected bigint");
    }

    #[test]
    fn times_come_from_text_only() {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        assert_eq!(from_text("1970-01-01T00:00:01.5Z", &micros), Ok(Cell::Whole(1_500_000)));
        assert_eq!(
            from_number("1700000000", &micros),
            Err("is a number, expected timestamp: declare bigint and convert in the mapping".into())
        );
        let nanos = DataType::Timestamp(TimeUnit::Nanosecond, None);
        assert_eq!(from_text("9999-01-01", &nanos), Err("is out of range for timestamp".into()));
        assert_eq!(from_text("1970-01-03", &DataType::Date32), Ok(Cell::Whole(2)));
        assert_eq!(from_text("1970-01-03", &DataType::Date64), Ok(Cell::Whole(172_800_000)));
        assert_eq!(from_text("3 Jan 1970", &DataType::Date32), Err("is a string, expected date".into()));
    }

    #[test]
    fn rounded_decimals_are_counted() {
        let decimal = DataType::Decimal128(18, 6);
        let mut tally = Tally::new(1000);
        assert_eq!(text_cell("0.0000015".into(), &decimal, &mut tally), Ok(Cell::Decimal(2)));
        assert_eq!(number_cell("2".into(), &decimal, &mut tally), Ok(Cell::Decimal(2_000_000)));
        assert_eq!(tally.rounded, 1);
        assert_eq!(from_number("1e12", &decimal), Err("is out of range for decimal(18,6)".into()));
    }

    #[test]
    fn a_path_grows_from_the_inside() {
        let rejection = Rejection::missing().within("k").within("[3]").within("items").within("body");
        assert_eq!(rejection.path, "body.items[3].k");
        assert_eq!(rejection.reason(), "`body.items[3].k` is missing, but required");
    }

    #[test]
    fn a_record_has_a_weight_limit() {
        let mut tally = Tally::new(10);
        assert!(text_cell("0123456789".into(), &DataType::Utf8, &mut tally).is_ok());
        let rejection = text_cell("x".into(), &DataType::Utf8, &mut tally).unwrap_err();
        assert_eq!(rejection.reason(), "takes more than 10 bytes of memory");
    }
}
