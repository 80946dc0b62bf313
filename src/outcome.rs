//! The outcome of a check: what checks return, reports show and the manifest records.

/// The outcome of one check.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Outcome {
    /// Name of the check.
    pub check: String,
    /// `error` or `warn`.
    pub severity: String,
    /// Rows that break the rule.
    pub rows: usize,
    /// What the rule protects.
    pub because: String,
    /// The first rows, as text.
    pub examples: Vec<String>,
}
