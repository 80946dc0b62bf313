//! Deletes what the state no longer keeps, after the night's publication.
//!
//! The horizon was committed with the ledger before: from then on nothing counts on these files, so a run that is killed
//! here leaves files that the next one deletes. What to delete is told from the keys alone, whoever wrote them and whenever.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::error::Result;
use crate::ingest::horizon::Horizon;
use crate::project::{Project, graph::Layer};
use crate::store::Store;

/// Run dates whose intermediate relations are kept, for `trimtab sql` and `trimtab explain`.
const RUN_DATES: usize = 7;

/// Deletes files of closed days and of old run dates. Gives how many.
///
/// # Errors
/// `Storage` when the state cannot be listed, or an object not be deleted.
pub async fn delete(project: &Project, state: &Store, horizon: &Horizon, date: NaiveDate) -> Result<usize> {
    let keys: Vec<String> = state.list().await?.into_iter().map(|object| object.key).collect();
    let mut dates: BTreeSet<NaiveDate> = keys.iter().filter_map(|key| run_date(key)).collect();
    dates.remove(&date);
    let old: BTreeSet<NaiveDate> = dates.into_iter().rev().skip(RUN_DATES - 1).collect();
    let mut folders = BTreeSet::new();
    let mut deleted = 0;
    for key in &keys {
        let is_closed = day_of(key).is_some_and(|(relation, day)| is_closed(project, horizon, relation, day));
        if is_closed || run_date(key).is_some_and(|date| old.contains(&date)) {
            state.delete(key).await?;
            deleted += 1;
            folders.extend(key.rsplit_once('/').map(|(folder, _)| folder));
        }
    }
    folders.into_iter().for_each(|folder| state.drop_folder(folder));
    Ok(deleted)
}

/// The run date of `run_date=D/<relation>.parquet`.
fn run_date(key: &str) -> Option<NaiveDate> {
    key.split_once('/')?.0.strip_prefix("run_date=")?.parse().ok()
}

/// Relation and day of `<relation>/event_date=D/part.parquet`.
fn day_of(key: &str) -> Option<(&str, NaiveDate)> {
    let (relation, rest) = key.split_once('/')?;
    let day = rest.strip_suffix("/part.parquet")?.strip_prefix("event_date=")?;
    Some((relation.strip_suffix("_originals").unwrap_or(relation), day.parse().ok()?))
}

/// Whether a day of a relation is no longer kept. A daily relation of rows as fine as requests says so in its header and goes
/// with them; one that the project does not have any more goes when the others do.
fn is_closed(project: &Project, horizon: &Horizon, relation: &str, day: NaiveDate) -> bool {
    let query = project.layer(Layer::Daily).find(|query| query.name == relation);
    let like = query.and_then(|query| query.header.get("kept_with")).unwrap_or(relation);
    horizon.is_closed(like, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_they_are() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(
            day_of("requests_originals/event_date=2026-01-02/part.parquet"),
            Some(("requests", day("2026-01-02")))
        );
        assert_eq!(run_date("run_date=2026-01-02/int_cells.parquet"), Some(day("2026-01-02")));
        for key in ["ledger.jsonl.zst", "runs/20260102T030405Z-ab.json", "lock.json", "x/event_date=soon/part.parquet"]
        {
            assert_eq!((day_of(key), run_date(key)), (None, None), "{key}");
        }
    }
}
