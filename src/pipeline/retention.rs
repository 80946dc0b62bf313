//! Deletes what the state no longer keeps, after the night's publication.
//!
//! The horizon was committed with the ledger before: from then on nothing counts on these files, so a run that is killed
//! here leaves files that the next one deletes. What to delete is told from the keys alone, whoever wrote them and whenever.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::error::Result;
use crate::ingest::horizon::Horizon;
use crate::project::{Project, graph::Layer};
use crate::store::{Listed, Store};

/// Run dates whose intermediate relations are kept, for `trimtab sql` and `trimtab explain`.
const RUN_DATES: usize = 7;

/// Deletes files of closed days and of old run dates. Gives what the state holds then.
///
/// # Errors
/// `Storage` when the state cannot be listed, or an object not be deleted.
pub async fn delete(project: &Project, state: &Store, horizon: &Horizon, date: NaiveDate) -> Result<Vec<Listed>> {
    let mut objects = state.list().await?;
    let mut dates: BTreeSet<NaiveDate> = objects.iter().filter_map(|object| run_date(&object.key)).collect();
    dates.remove(&date);
    let old: BTreeSet<NaiveDate> = dates.into_iter().rev().skip(RUN_DATES - 1).collect();
    let is_old = |object: &mut Listed| {
        let is_closed = day_of(&object.key).is_some_and(|(relation, day)| is_closed(project, horizon, relation, day));
        is_closed || run_date(&object.key).is_some_and(|date| old.contains(&date))
    };
    let mut folders = BTreeSet::new();
    let gone: Vec<Listed> = objects.extract_if(.., is_old).collect();
    for object in &gone {
        state.delete(&object.key).await?;
        folders.extend(object.key.rsplit_once('/').map(|(folder, _)| folder));
    }
    folders.into_iter().for_each(|folder| state.drop_folder(folder));
    Ok(objects)
}

/// Whether an object is a file of rows: of a day, or of a run date.
pub(super) fn is_rows(key: &str) -> bool {
    day_of(key).is_some() || run_date(key).is_some()
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
