//! Which text built which day of the daily relations.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::NaiveDate;

use crate::error::{Error, Result};
use crate::store::Store;

const VERSIONS: &str = "daily_versions.json";

/// After a version: the day has rows, so that its file must be there. Older states say so of no day.
pub(super) const HAS_FILE: char = '+';

/// Version of a relation by day.
pub(super) type Known = BTreeMap<NaiveDate, String>;

/// Versions of the daily relations by relation and day.
#[derive(Debug, Default)]
pub struct Versions(pub(super) BTreeMap<String, Known>);

impl Versions {
    /// Loads what a state holds; with `is_full` a broken record is as good as none.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub async fn load(state: &Store, is_full: bool) -> Result<Versions> {
        let Some(bytes) = state.get_if_exists(VERSIONS).await? else { return Ok(Versions::default()) };
        match serde_json::from_slice(&bytes) {
            Ok(versions) => Ok(Versions(versions)),
            Err(_) if is_full => Ok(Versions::default()),
            Err(error) => Err(Error::engine(format!("`{VERSIONS}` of the state is broken"))
                .because(error)
                .hint("run with --full")),
        }
    }

    /// Forgets what built some days, so that they are built again.
    pub fn forget(&mut self, days: &BTreeSet<NaiveDate>) {
        for known in self.0.values_mut() {
            known.iter_mut().filter(|(day, _)| days.contains(day)).for_each(|(_, version)| version.clear());
        }
    }

    /// Notes that days of some relations have to be built, also ones that were never built: a run that is killed before it
    /// builds a day that closes tonight must not leave it out for good.
    pub fn demand<'a>(&mut self, relations: impl Iterator<Item = &'a str>, days: &BTreeSet<NaiveDate>) {
        for relation in relations {
            let known = self.0.entry(relation.to_string()).or_default();
            known.extend(days.iter().map(|day| (*day, String::new())));
        }
    }

    /// Forgets the days before one that nothing is kept of.
    pub fn prune(&mut self, first: Option<NaiveDate>) {
        for known in self.0.values_mut() {
            known.retain(|day, version| version.is_empty() || first.is_none_or(|first| *day >= first));
        }
    }

    /// Writes them.
    ///
    /// # Errors
    /// `Storage` when they cannot be written.
    pub async fn save(&self, state: &Store) -> Result<()> {
        let text =
            serde_json::to_vec(&self.0).map_err(|error| Error::engine("versions cannot be encoded").because(error))?;
        state.put(VERSIONS, Bytes::from(text)).await
    }
}
