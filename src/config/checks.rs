//! What the owner says about checks: how severe one is, and how much it lets pass.

use serde::Deserialize;

use crate::error::{Error, Result};

/// What becomes of a run whose check has rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is published.
    Error,
    /// The page warns.
    Warn,
}

impl Severity {
    /// The word of headers and reports.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warn => "warn",
        }
    }
}

/// What the run file says about one check; what it leaves out stays as the check's header has it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckOptions {
    /// How severe it is.
    pub severity: Option<Severity>,
    /// Its limit, in the unit of the parameter that its header names.
    pub limit: Option<f64>,
}

impl CheckOptions {
    /// Holds the limit to be one.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        match self.limit {
            Some(limit) if !limit.is_finite() || limit < 0.0 => {
                Err(Error::usage(format!("`{name}` has the limit {limit}")).hint("a limit is a number from 0 on"))
            }
            _ => Ok(()),
        }
    }
}
