//! `[engine]`: memory of queries, and limits of requests to object stores.

use std::time::Duration;

use serde::Deserialize;

use crate::wire::Limits;

/// Limits of the engine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineOptions {
    /// Kind of engine; only `local` exists.
    pub kind: String,
    /// Memory that the engine may use before it spills, MiB.
    pub memory_mib: usize,
    /// Workloads that are decided together where there are more than twice as many: fewer take less memory.
    pub workloads_at_once: usize,
    /// Requests to object stores under way at once.
    pub concurrency: usize,
    /// Requests to object stores begun in a second; 0 means no limit.
    pub requests_per_second: u32,
    /// Seconds until a connection to a store must stand.
    pub connect_timeout_seconds: u64,
    /// Seconds that one request to a store may take, its body included.
    pub request_timeout_seconds: u64,
    /// How often a request that failed is sent again, with growing pauses.
    pub retries: usize,
    /// Seconds after which a request that failed is not sent again.
    pub retry_seconds: u64,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            kind: "local".into(),
            memory_mib: 1024,
            workloads_at_once: 128,
            concurrency: limits.at_once,
            requests_per_second: limits.per_second,
            connect_timeout_seconds: limits.connect.as_secs(),
            request_timeout_seconds: limits.request.as_secs(),
            retries: limits.retries,
            retry_seconds: limits.retry_for.as_secs(),
        }
    }
}

impl EngineOptions {
    /// The limits of requests to object stores.
    pub fn limits(&self) -> Limits {
        Limits {
            at_once: self.concurrency,
            per_second: self.requests_per_second,
            connect: Duration::from_secs(self.connect_timeout_seconds),
            request: Duration::from_secs(self.request_timeout_seconds),
            retries: self.retries,
            retry_for: Duration::from_secs(self.retry_seconds),
        }
    }
}
