//! The one generator of test data: an invented company whose right answers are known because they were planted.
//!
//! `Company::sample()` is the company of `sample_data/company`. Benches, planted bills and simulated years change its
//! public fields: seed, days, workloads, requests a night, formats, bodies, events. `Company::write` hands every object
//! to the caller (a folder, a store, memory) and returns what it counted on the way.
//! Only this module knows what was planted; nothing of the product is used, so that its results can be checked.

#![allow(dead_code, unused_imports, reason = "each test or bench that includes this module takes a part of it")]

mod apps;
mod bill;
mod calls;
pub mod cloud_bills;
mod damage;
mod delivery;
mod draws;
mod evaluations;
mod gateway;
mod json;
mod prices;
mod roster_of_apps;
mod roster_of_gateway;
mod run_file;
mod sample;
mod totals;
mod truth;
mod workload;

pub use bill::{Bill, Sku};
pub use calls::{Call, Outcome, Usage};
pub use draws::{Draws, Size};
pub use prices::{Money, Prices, decimal, short_decimal};
pub use truth::{Offered, Truth};
pub use workload::{Answer, Evaluation, Events, Format, Hours, Model, Sizes, Workload};

use chrono::{DateTime, Days, NaiveDate};

/// The invented AWS account.
const ACCOUNT: &str = "111122223333";

/// Tools as a request offers them.
const TOOLS: &str =
    r#"[{"type":"function","function":{"name":"find_depot"}},{"type":"function","function":{"name":"book_slot"}}]"#;

/// What went wrong, in words for the person at the terminal.
#[derive(Debug)]
pub struct Fault(pub String);

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// Claim of a vendor about its own model: provider, model, workload, items, items passed.
pub type VendorClaim = (&'static str, &'static str, &'static str, u64, u64);

/// A company and all that is planted in its data.
#[derive(Clone, Debug)]
pub struct Company {
    pub name: &'static str,
    pub seed: u64,
    /// First day of events, UTC.
    pub start: NaiveDate,
    pub days: u32,
    pub workloads: Vec<Workload>,
    pub evaluations: Vec<Evaluation>,
    pub vendor_claims: Vec<VendorClaim>,
    pub events: Events,
    /// Logical requests on a weekday, over all workloads; none keeps each workload's own volume.
    pub requests_per_night: Option<u64>,
    /// Bytes of placeholder text in each request; 0 leaves only the word "redacted".
    pub body_bytes: usize,
    pub formats: Vec<Format>,
    /// Calls of one batch of objects; the whole day when none. Keeps objects and memory small in large runs.
    pub calls_per_batch: Option<usize>,
}

/// The whole delivery: what was counted and what is billed.
#[derive(Default)]
pub struct Delivered {
    pub truth: Truth,
    pub bill: Bill,
    pub bytes: u64,
}

/// Takes one object: its key below the company's folder, and its bytes.
pub type Put<'a> = dyn FnMut(&str, &[u8]) -> Result<(), Fault> + 'a;

impl Company {
    /// The day after the last event: the run date.
    pub fn end(&self) -> NaiveDate {
        self.start + Days::new(u64::from(self.days))
    }

    /// Keeps these formats, and only the workloads that are logged in them.
    pub fn keep_formats(&mut self, formats: &[Format]) {
        self.formats.retain(|format| formats.contains(format));
        let kept = &self.formats;
        self.workloads.retain(|workload| kept.contains(&workload.format));
        let known: Vec<&str> = self.workloads.iter().map(|workload| workload.id).collect();
        self.evaluations.retain(|evaluation| known.contains(&evaluation.workload));
        self.vendor_claims.retain(|claim| known.contains(&claim.2));
    }

    /// Writes logs day by day, then the bill, the evaluations, truth.csv and totals.csv.
    pub fn write(&self, prices: &Prices, put: &mut Put<'_>) -> Result<Delivered, Fault> {
        let mut delivered = Delivered::default();
        let mut counted = |key: &str, bytes: &[u8]| {
            delivered.bytes += bytes.len() as u64;
            put(key, bytes)
        };
        let mut truth = Truth::default();
        let mut bill = Bill::default();
        for offset in 0..self.days {
            let day = self.start + Days::new(u64::from(offset));
            let calls = self.calls_of(day);
            for call in &calls {
                bill.add(self, prices, call);
            }
            let size = self.calls_per_batch.unwrap_or(calls.len()).max(1);
            for (part, calls) in calls.chunks(size).enumerate() {
                let batch = delivery::Batch { day, part };
                delivery::deliver(self, prices, batch, calls, &mut truth, &mut counted)?;
            }
        }
        if self.formats.contains(&Format::Focus) {
            for (name, (text, rows)) in bill.files(self) {
                counted(&format!("{}/{name}", Format::Focus.folder()), text.as_bytes())?;
                offer_table(&mut truth, Format::Focus, rows, 0);
            }
        }
        if self.formats.contains(&Format::EvaluationsTable) {
            let (text, rows, repeated) = evaluations::table(self);
            counted(&format!("{}/evaluations.csv", Format::EvaluationsTable.folder()), text.as_bytes())?;
            offer_table(&mut truth, Format::EvaluationsTable, rows, repeated);
        }
        counted("truth.csv", truth.table(self).as_bytes())?;
        counted("totals.csv", truth.totals(self, &bill).as_bytes())?;
        Ok(Delivered { truth, bill, ..delivered })
    }

    /// The run file over this company, its data in the folder `folder` beside it.
    pub fn run_file(&self, folder: &str) -> String {
        run_file::text(self, folder)
    }
}

fn offer_table(truth: &mut Truth, format: Format, rows: u64, repeated: u64) {
    let offered = truth.sources.entry(format).or_default();
    offered.objects += 1;
    offered.records += rows;
    offered.kept += rows - repeated;
    offered.repeated += repeated;
}

fn midnight_ms(day: NaiveDate) -> i64 {
    (day - NaiveDate::default()).num_days() * 86_400_000
}

/// UTC day of an instant.
pub fn day_of(ms: i64) -> NaiveDate {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().date_naive()
}

/// ISO instant with milliseconds.
fn stamp(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Seconds with three places, as gateways write instants and durations.
fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// An id of the log's own, in the shape of a UUID.
fn call_uuid(call: &Call) -> String {
    let id = if call.outcome == Outcome::GatewayHit { call.logical } else { call.id };
    format!(
        "{:08x}-{:04x}-4000-8{:03x}-{:012x}",
        call.start_ms / 86_400_000,
        call.workload,
        id >> 52,
        id & 0xFFFF_FFFF_FFFF
    )
}

/// Placeholder text; there is never a real prompt.
fn body(company: &Company) -> String {
    if company.body_bytes == 0 {
        return "redacted".to_owned();
    }
    "redacted ".chars().cycle().take(company.body_bytes).collect()
}
