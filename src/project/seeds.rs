//! Seed rows: dated CSV facts, checked line by line when they are loaded, with an overlay's rows merged in.
//!
//! An overlay's rows win: for a dated key they replace ours from the overlay's first day on, for any other key at once.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, Date32Array, RecordBatch};
use arrow::compute::{SortColumn, SortOptions};
use arrow::compute::{concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{Date32Type, Decimal128Type};
use arrow::row::{OwnedRow, RowConverter, SortField};
use bytes::Bytes;
use chrono::DateTime;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::reader::{FileFormat, Limits, Object, RawTable, Reader};
use crate::schema::{Table, hex};

/// The rows of one seed.
#[derive(Debug, Clone)]
pub struct Seed {
    /// Rows in the order of their key, with the contract's schema.
    pub rows: RecordBatch,
    /// SHA-256 of the merged rows' text, for the manifest and for rebuilding what was priced with them.
    pub digest: String,
}

/// The relation that a project path seeds.
pub fn relation_of(path: &str) -> Option<String> {
    path.strip_prefix("queries/seeds/")?.strip_suffix(".csv").map(str::to_string)
}

impl Seed {
    /// Reads the project's file, then the overlay's.
    ///
    /// # Errors
    /// `Project` with file and line for a wrong header, a value of the wrong type, a key that stands twice, windows that
    /// overlap or leave a gap.
    pub fn load(contract: &Table, base: (&str, &str), extra: &[(&str, &str)]) -> Result<Seed> {
        let mut rows = read(contract, base.0, base.1)?;
        check(contract, base.0, &rows)?;
        let mut digest = Sha256::new_with_prefix(base.1.as_bytes());
        for (path, text) in extra {
            let path = &format!("{path} of the overlay");
            let more = read(contract, path, text)?;
            check(contract, path, &more)?;
            rows = merge(contract, &rows, &more)?;
            digest.update(text.as_bytes());
        }
        check(contract, base.0, &rows)?;
        Ok(Seed { rows: sorted(contract, &rows)?, digest: hex(&digest.finalize()) })
    }
}

fn read(contract: &Table, path: &str, text: &str) -> Result<RecordBatch> {
    let wanted: Vec<&str> = contract.schema.fields().iter().map(|field| field.name().as_str()).collect();
    let header = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default().trim_end();
    if header.split(',').collect::<Vec<_>>() != wanted {
        return Err(Error::project("the header of the seed is wrong")
            .at(format!("at {path}:1"))
            .at(format!("expected {}", wanted.join(",")))
            .at(format!("found    {header}"))
            .hint("copy the header from the contract; columns stand in its order"));
    }
    let raw = RawTable {
        name: contract.name.clone(),
        file: FileFormat::Csv { delimiter: b',', null_text: None },
        schema: contract.schema.clone(),
    };
    let object = Object {
        key: path.to_string(),
        bytes: Bytes::copy_from_slice(text.as_bytes()),
        last_modified: DateTime::UNIX_EPOCH,
    };
    let mut reader = Reader::new(raw, Limits::default());
    let mut batches = Vec::new();
    let read = reader.read(&object, &mut |batch| batches.push(batch));
    reader.flush(&mut |batch| batches.push(batch));
    if let Some(line) = read.rejected_lines.first() {
        return Err(Error::project("a row of the seed cannot be read")
            .at(format!("at {path}:{}", line.line + 1))
            .at(format!("{} {}", line.path, line.reason).trim_start())
            .hint(format!("schemas/contracts/{}.sql says what each column holds", contract.name)));
    }
    if read.decimals_rounded > 0 {
        return Err(Error::project("an amount of the seed has more digits than its column")
            .at(format!("at {path}"))
            .hint(format!("schemas/contracts/{}.sql says how many", contract.name)));
    }
    if let Some(fault) = read.fault {
        return Err(Error::project("the seed cannot be read").at(format!("at {path}")).at(fault));
    }
    let width = contract.schema.fields().len();
    let batches: Vec<RecordBatch> =
        batches.iter().map(|batch| batch.project(&(0..width).collect::<Vec<_>>())).collect::<Result<_, _>>()?;
    let batches: Vec<RecordBatch> = batches
        .into_iter()
        .map(|batch| RecordBatch::try_new(contract.schema.clone(), batch.columns().to_vec()))
        .collect::<Result<_, _>>()?;
    Ok(concat_batches(&contract.schema, &batches)?)
}

fn keys(contract: &Table, rows: &RecordBatch) -> Result<Vec<OwnedRow>> {
    let columns: Vec<_> =
        contract.header.list("key").iter().filter_map(|name| rows.column_by_name(name).cloned()).collect();
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let converted = converter.convert_columns(&columns)?;
    Ok(converted.iter().map(|row| row.owned()).collect())
}

fn days(rows: &RecordBatch, name: &str) -> Option<Vec<Option<i32>>> {
    let column = rows.column_by_name(name)?.as_primitive_opt::<Date32Type>()?;
    Some((0..column.len()).map(|row| column.is_valid(row).then(|| column.value(row))).collect())
}

/// No key stands twice; the windows of one key neither overlap nor leave a gap.
fn check(contract: &Table, path: &str, rows: &RecordBatch) -> Result<()> {
    let (from, to) = (days(rows, "valid_from"), days(rows, "valid_to"));
    let mut groups: HashMap<OwnedRow, Vec<usize>> = HashMap::new();
    for (row, key) in keys(contract, rows)?.into_iter().enumerate() {
        groups.entry(key).or_default().push(row);
    }
    check_values(contract, path, rows)?;
    let wrong = |message: &str, row: usize, other: usize| {
        Err(Error::project(message)
            .at(format!("at {path}:{}, against line {}", row + 2, other + 2))
            .hint(format!("the key is {}", contract.header.get("key").unwrap_or("the whole row"))))
    };
    for mut group in groups.into_values() {
        let Some(from) = &from else {
            if let [first, second, ..] = group[..] {
                return wrong("a key stands twice", second, first);
            }
            continue;
        };
        group.sort_by_key(|row| from[*row]);
        for pair in group.windows(2) {
            let [earlier, later] = pair else { continue };
            if from[*earlier] == from[*later] {
                return wrong("a key starts twice on one day", *later, *earlier);
            }
            match to.as_ref().and_then(|to| to[*earlier]) {
                Some(end) if Some(end) > from[*later] => {
                    return wrong("two windows of one key overlap", *later, *earlier);
                }
                Some(end) if Some(end) < from[*later] => {
                    return wrong("the windows of one key leave a gap", *later, *earlier);
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Closed lists (`values:` of the contract), no negative amounts, no window that ends before it begins.
fn check_values(contract: &Table, path: &str, rows: &RecordBatch) -> Result<()> {
    let wrong = |row: usize, message: String| {
        Err(Error::project(message)
            .at(format!("at {path}:{}", row + 2))
            .hint(format!("schemas/contracts/{}.sql says what each column holds", contract.name)))
    };
    for list in contract.header.get("values").unwrap_or("").split(';') {
        let Some((name, words)) = list.split_once('=') else { continue };
        let words: Vec<&str> = words.split('|').map(str::trim).collect();
        let Some(column) = rows.column_by_name(name.trim()).and_then(|c| c.as_string_opt::<i32>()) else { continue };
        if let Some((row, word)) = column.iter().enumerate().find(|(_, word)| word.is_some_and(|w| !words.contains(&w)))
        {
            return wrong(row, format!("`{}` is no {}: write {}", word.unwrap_or(""), name.trim(), words.join(", ")));
        }
    }
    for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
        let Some(column) = column.as_primitive_opt::<Decimal128Type>() else { continue };
        if let Some(row) = column.iter().position(|value| value.is_some_and(|value| value < 0)) {
            return wrong(row, format!("`{}` is negative", field.name()));
        }
    }
    if let (Some(from), Some(to)) = (days(rows, "valid_from"), days(rows, "valid_to"))
        && let Some(row) = from.iter().zip(&to).position(|(from, to)| to.is_some() && to <= from)
    {
        return wrong(row, "the price ends before it begins".into());
    }
    Ok(())
}

/// Every (provider, model_id) of `seed` stands in `models`.
///
/// # Errors
/// `Project`, naming the first one that does not.
pub fn check_models(name: &str, seed: &Seed, models: &Seed) -> Result<()> {
    let pairs = |seed: &Seed| -> Vec<(String, String)> {
        let column = |name: &str| seed.rows.column_by_name(name).and_then(|c| c.as_string_opt::<i32>().cloned());
        match (column("provider"), column("model_id")) {
            (Some(provider), Some(model)) => {
                (0..provider.len()).map(|row| (provider.value(row).into(), model.value(row).into())).collect()
            }
            _ => Vec::new(),
        }
    };
    let known: std::collections::HashSet<_> = pairs(models).into_iter().collect();
    match pairs(seed).into_iter().find(|pair| !known.contains(pair)) {
        Some((provider, model)) => Err(Error::project(format!("`{provider}` `{model}` is in no row of models"))
            .at(format!("at queries/seeds/{name}.csv, ours or the overlay's"))
            .hint("correct the name, or add the model to queries/seeds/models.csv")),
        None => Ok(()),
    }
}

fn merge(contract: &Table, base: &RecordBatch, extra: &RecordBatch) -> Result<RecordBatch> {
    let mut first: HashMap<OwnedRow, Option<i32>> = HashMap::new();
    let extra_from = days(extra, "valid_from");
    for (row, key) in keys(contract, extra)?.into_iter().enumerate() {
        let from = extra_from.as_ref().and_then(|from| from[row]);
        first.entry(key).and_modify(|known| *known = (*known).min(from)).or_insert(from);
    }
    let base_from = days(base, "valid_from");
    let kept: BooleanArray = keys(contract, base)?
        .iter()
        .enumerate()
        .map(|(row, key)| {
            let from = base_from.as_ref().and_then(|from| from[row]);
            Some(first.get(key).is_none_or(|start| from < *start))
        })
        .collect();
    let kept = ended(contract, &filter_record_batch(base, &kept)?, &first)?;
    Ok(concat_batches(&base.schema(), [&kept, extra])?)
}

/// A row of ours with an announced end ends no later than where the overlay begins: else the two would overlap.
fn ended(contract: &Table, rows: &RecordBatch, first: &HashMap<OwnedRow, Option<i32>>) -> Result<RecordBatch> {
    let Some(to) = days(rows, "valid_to") else { return Ok(rows.clone()) };
    let starts = keys(contract, rows)?.into_iter().map(|key| first.get(&key).copied().flatten());
    let ends: Date32Array = to
        .into_iter()
        .zip(starts)
        .map(|(end, start)| end.map(|end| start.map_or(end, |start| end.min(start))))
        .collect();
    let mut columns = rows.columns().to_vec();
    columns[rows.schema().index_of("valid_to")?] = Arc::new(ends);
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

fn sorted(contract: &Table, rows: &RecordBatch) -> Result<RecordBatch> {
    let mut names = contract.header.list("key");
    names.push("valid_from".into());
    let columns: Vec<SortColumn> = names
        .iter()
        .filter_map(|name| rows.column_by_name(name))
        .map(|column| SortColumn { values: column.clone(), options: Some(SortOptions::default()) })
        .collect();
    if columns.is_empty() || rows.num_rows() == 0 {
        return Ok(rows.clone());
    }
    closed(contract, &take_record_batch(rows, &lexsort_to_indices(&columns, None)?)?)
}

/// A later `valid_from` of a key closes its earlier row: queries then join half-open windows and nothing else.
fn closed(contract: &Table, rows: &RecordBatch) -> Result<RecordBatch> {
    let (Some(from), Some(to)) = (days(rows, "valid_from"), days(rows, "valid_to")) else { return Ok(rows.clone()) };
    let keys = keys(contract, rows)?;
    let ends: Date32Array = (0..rows.num_rows())
        .map(|row| {
            let is_followed = keys.get(row + 1).is_some_and(|next| *next == keys[row]);
            let next = is_followed.then(|| from[row + 1]).flatten();
            match (to[row], next) {
                (Some(end), Some(next)) => Some(end.min(next)),
                (end, next) => end.or(next),
            }
        })
        .collect();
    let mut columns = rows.columns().to_vec();
    columns[rows.schema().index_of("valid_to")?] = Arc::new(ends);
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DDL: &str = "-- x\n-- key: id\ncreate external table p (\n    id varchar not null,\n    usd decimal(18,6) not null,\n    valid_from date not null,\n    valid_to date\n) stored as csv location 'x';\n";

    async fn load(base: &str, extra: &[(&str, &str)]) -> Result<Seed> {
        Seed::load(&Table::parse(DDL, "schemas/contracts/p.sql").await?, ("queries/seeds/p.csv", base), extra)
    }

    #[tokio::test]
    async fn faults_are_named_with_their_line() {
        let head = "id,usd,valid_from,valid_to\n";
        for (rows, line, words) in [
            ("a,1,2026-01-01,\na,2,2026-01-01,\n", ":3", "twice"),
            ("a,1,2026-01-01,2026-03-01\na,2,2026-02-01,\n", ":3", "overlap"),
            ("a,1,2026-01-01,2026-02-01\na,2,2026-03-01,\n", ":3", "gap"),
            ("a,x,2026-01-01,\n", ":2", "cannot be read"),
        ] {
            let error = load(&format!("{head}{rows}"), &[]).await.unwrap_err().to_string();
            assert!(error.contains(line) && error.contains(words), "{error}");
        }
        let error = load("id,usd\na,1\n", &[]).await.unwrap_err().to_string();
        assert!(error.contains("header") && error.contains("p.csv:1"), "{error}");
    }

    #[tokio::test]
    async fn an_overlay_wins_from_its_first_day() {
        let base = "id,usd,valid_from,valid_to\na,1,2026-01-01,\na,2,2026-06-01,\nb,5,2026-01-01,\n";
        let seed =
            load(base, &[("queries/seeds/p.csv", "id,usd,valid_from,valid_to\na,9,2026-03-01,\n")]).await.unwrap();
        let text = arrow_text(&seed.rows);
        assert_eq!(text, "a 1.000000 2026-01-01|a 9.000000 2026-03-01|b 5.000000 2026-01-01");
    }

    #[tokio::test]
    async fn an_overlay_may_begin_before_an_announced_end() {
        let base = "id,usd,valid_from,valid_to\na,1,2026-01-01,2026-06-01\na,2,2026-06-01,\n";
        let seed =
            load(base, &[("queries/seeds/p.csv", "id,usd,valid_from,valid_to\na,9,2026-03-01,\n")]).await.unwrap();
        assert_eq!(arrow_text(&seed.rows), "a 1.000000 2026-01-01|a 9.000000 2026-03-01");
    }

    fn arrow_text(rows: &RecordBatch) -> String {
        let show = |column: usize, row: usize| {
            datafusion::arrow::util::display::array_value_to_string(rows.column(column), row).unwrap()
        };
        (0..rows.num_rows())
            .map(|row| format!("{} {} {}", show(0, row), show(1, row), show(2, row)))
            .collect::<Vec<_>>()
            .join("|")
    }
}
