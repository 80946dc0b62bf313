//! How a run behaves towards other runs and towards those who watch it.

use serde::Deserialize;
use url::Url;

use super::urls::resolve;
use crate::error::{Error, Result};

/// The lock of the state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockOptions {
    /// Seconds without a heartbeat after which a holder counts as dead; the heart beats three times as often.
    pub stale_seconds: u64,
}

impl Default for LockOptions {
    fn default() -> Self {
        Self { stale_seconds: 600 }
    }
}

impl LockOptions {
    pub(super) fn check(&self) -> Result<()> {
        if (3..=86_400).contains(&self.stale_seconds) {
            return Ok(());
        }
        Err(Error::usage(format!("a lock cannot be stale after {} seconds", self.stale_seconds))
            .hint("stale_seconds is 3 to 86400; the default is 600"))
    }
}

/// Where the metrics are written: the run file's place, else inside the state.
pub(super) fn metrics(path: Option<&str>, base: &Url, state: &Url) -> Result<Url> {
    match path {
        Some(path) if path.ends_with('/') => {
            Err(Error::usage(format!("metrics `{path}` is a folder")).hint("name the file, such as metrics.prom"))
        }
        Some(path) => resolve(base, path),
        None => resolve(state, "metrics.prom"),
    }
}
