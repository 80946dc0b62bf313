//! One settled day of a contract: what it held, less what objects took back, plus what the night brought.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;

use super::Ingested;
use super::ledger::Ledger;
use super::repeats::{self, Settling};
use crate::error::{Error, Kind, Result};
use crate::schema::{Table, nullable};
use crate::store::Store;
use crate::table_file::{day_to_parquet, from_parquet, without};
use crate::waiting::Waiting;

/// Settles one day: what it held, less the rows of objects that were read again or count no more, plus the new rows.
pub(super) async fn settle_day(
    state: &Store,
    table: &Table,
    day: NaiveDate,
    rows: Option<Waiting>,
    replaced: &BTreeSet<(String, String)>,
    ledger: &mut Ledger,
    is_full: bool,
) -> Result<()> {
    let name = &table.name;
    let (kept_key, originals_key) =
        (format!("{name}/event_date={day}/part.parquet"), format!("{name}_originals/event_date={day}/part.parquet"));
    let stored = Arc::new(without(&table.schema, "event_date"));
    let mut all = rows.unwrap_or_else(|| Waiting::new(&stored));
    match stored_rows(state, &stored, &kept_key, &originals_key).await {
        Ok(None) => {}
        Ok(Some((kept, originals))) => {
            let known = repeats::originals(&kept, &originals, |source, key| {
                // Rows that no entry accounts for are those of a ledger that was lost.
                replaced.contains(&(source.to_string(), key.to_string()))
                    || is_full && ledger.entry(source, key).is_none()
            })?;
            all.precede(&known)?;
        }
        // A broken file is built again from the objects that are still there.
        Err(error) if is_full && error.kind() == Kind::Engine => {}
        Err(error) => return Err(error),
    }
    let settled = Settling::of(table, day, &stored, all)?;
    // What waited may be null anywhere, and some of it is taken as it is packed.
    let stored = nullable(&stored);
    match &settled.originals {
        none if none.is_empty() => state.delete(&originals_key).await?,
        originals => {
            let column = |column, range| settled.column(originals, column, range);
            state.put(&originals_key, day_to_parquet(&stored, originals.len(), &column)?).await?;
        }
    }
    match settled.kept.is_empty() {
        true => state.delete(&kept_key).await?,
        false => state.put(&kept_key, settled.kept_file(&stored)?).await?,
    }
    ledger.put_repeats(name, day, settled.counts);
    Ok(())
}

/// Days of a relation whose files are not there although they were written: nobody but a person or a clean-up takes them.
///
/// # Errors
/// `Storage` when the state cannot be read.
pub async fn lost(state: &Store, relation: &str, written: BTreeSet<NaiveDate>) -> Result<Vec<NaiveDate>> {
    let keys: BTreeSet<String> = match written.is_empty() {
        true => BTreeSet::new(),
        false => state.keys(relation).await?.into_iter().collect(),
    };
    let mut lost = Vec::new();
    for day in written {
        let key = format!("{relation}/event_date={day}/part.parquet");
        // A listing may be behind; what is asked for by name is not.
        if !keys.contains(&key) && state.get_if_exists(&key).await?.is_none() {
            lost.push(day);
        }
    }
    Ok(lost)
}

/// Misses the files of open days that are not there: `--full` goes on without them, another run ends.
pub(super) async fn miss(state: &Store, ledger: &mut Ledger, is_full: bool, ingested: &mut Ingested) -> Result<()> {
    for contract in ["requests", "charges", "evaluations"] {
        for day in lost(state, contract, ledger.days_with_rows(contract)).await? {
            if !is_full {
                return Err(gone(contract, day, "run with --full, which reads the objects that are still there again"));
            }
            ingested.warnings.push(format!("the {contract} of {day} are lost, and no object that gave them is left"));
            ledger.forget(contract, day);
            if contract == "requests" {
                ingested.changed.insert(day);
            }
        }
    }
    Ok(())
}

/// The error for a file of the state that is gone.
pub fn gone(relation: &str, day: NaiveDate, hint: &str) -> Error {
    Error::engine(format!("`{relation}/event_date={day}/part.parquet` of the state is gone"))
        .because("it was written, and no run deletes it")
        .hint(hint)
}

/// The settled rows of a day and the originals of its repeated calls, if the day is known.
async fn stored_rows(
    state: &Store,
    schema: &SchemaRef,
    kept_key: &str,
    originals_key: &str,
) -> Result<Option<(RecordBatch, RecordBatch)>> {
    let read = |key: &str, bytes| from_parquet(bytes, schema).map_err(|error| error.at(format!("at {key}")));
    let Some(bytes) = state.get_if_exists(kept_key).await? else { return Ok(None) };
    let originals = match state.get_if_exists(originals_key).await? {
        Some(bytes) => read(originals_key, bytes)?,
        None => RecordBatch::new_empty(schema.clone()),
    };
    Ok(Some((read(kept_key, bytes)?, originals)))
}
