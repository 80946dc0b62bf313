//! Public price lists turned into rows of the catalog, for an overlay that somebody reviews.
//!
//! Three lists are read (`docs`: BerriAI/litellm model_prices_and_context_window.json, pydantic/genai-prices data.json,
//! models.dev api.json). A list is compared with the catalog on one day: what is new is offered, what differs is shown and
//! only taken when asked for, what is equal is left out. A night never fetches a price.

mod lists;
mod overlay;
mod resolve;

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use chrono::NaiveDate;

use crate::error::{Error, Result};
use crate::project::Project;
pub use lists::{List, read};
pub use overlay::write;

/// What a price is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceKey {
    /// Provider of the catalog.
    pub provider: String,
    /// Model.
    pub model_id: String,
    /// Bucket of M 1.2.
    pub bucket: String,
    /// Tier.
    pub service_tier: String,
    /// Region class.
    pub region_class: String,
    /// The price holds for prompts longer than this.
    pub above_prompt_tokens: i64,
}

/// A price of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// What it is for.
    pub key: PriceKey,
    /// Millionths of a dollar per million tokens.
    pub micro_usd_per_mtok: i128,
    /// First day, where the list knows it.
    pub valid_from: Option<NaiveDate>,
    /// Not stated by the list but following from another of its prices.
    pub is_derived: bool,
}

/// What a list says of a model beside its prices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// Input and output together.
    pub context_window_tokens: Option<i64>,
    /// Longest output.
    pub max_output_tokens: Option<i64>,
    /// Tool calling.
    pub has_tools: Option<bool>,
    /// Strict JSON schema output.
    pub has_structured_output: Option<bool>,
    /// Spends reasoning tokens.
    pub has_reasoning: Option<bool>,
    /// Takes images as input.
    pub reads_images: Option<bool>,
    /// First day on which the provider no longer serves it.
    pub retires_on: Option<NaiveDate>,
    /// Further spellings.
    pub names: Vec<String>,
}

/// A list as read.
#[derive(Debug, Default)]
pub struct Read {
    /// Prices.
    pub prices: Vec<Price>,
    /// Models by provider and id.
    pub models: BTreeMap<(String, String), Model>,
    /// What was left out, by reason.
    pub skipped: BTreeMap<String, usize>,
}

/// A price that the catalog has otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The list's price.
    pub theirs: Price,
    /// Ours on the day, millionths of a dollar per million tokens.
    pub ours: i128,
}

impl Conflict {
    /// The two differ by more than five times, as a slip of the unit does.
    pub fn is_large(&self) -> bool {
        let (a, b) = (self.theirs.micro_usd_per_mtok, self.ours);
        a.max(b) > 5 * a.min(b)
    }
}

/// A price of a thousand dollars per million tokens: dearer than any, as a slip of the unit is.
pub const IMPLAUSIBLE_MICRO_USD: i128 = 1_000_000_000;

/// A list beside the catalog.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Prices of keys that the catalog does not have.
    pub new: Vec<Price>,
    /// Prices that both state alike.
    pub equal: usize,
    /// Prices that differ on the day.
    pub conflicts: Vec<Conflict>,
}

/// Compares a list with the catalog's prices of a day.
///
/// # Errors
/// `Project` when the catalog lacks a column.
pub fn compare(project: &Project, list: &Read, day: NaiveDate) -> Result<Comparison> {
    let ours = catalog(project, day)?;
    let mut comparison = Comparison::default();
    let mut by_key: BTreeMap<&PriceKey, Vec<&Price>> = BTreeMap::new();
    for price in &list.prices {
        by_key.entry(&price.key).or_default().push(price);
    }
    for (key, mut prices) in by_key {
        prices.sort_by_key(|price| price.valid_from);
        let Some(ours) = ours.get(key) else {
            comparison.new.extend(prices.into_iter().cloned());
            continue;
        };
        // A list's history is its own; what it says of the day is compared.
        let in_force = prices.iter().rev().find(|price| price.valid_from.is_none_or(|from| from <= day));
        match (in_force, ours) {
            (Some(price), Some(ours)) if price.micro_usd_per_mtok == *ours => comparison.equal += 1,
            (Some(price), Some(ours)) => {
                comparison.conflicts.push(Conflict { theirs: Price::clone(price), ours: *ours });
            }
            // Ours begins later or has ended: neither new nor wrong.
            _ => comparison.equal += 1,
        }
    }
    Ok(comparison)
}

/// The catalog's prices on a day; `None` for a key whose windows do not hold it.
fn catalog(project: &Project, day: NaiveDate) -> Result<BTreeMap<PriceKey, Option<i128>>> {
    let missing =
        || Error::project("the seed `model_prices` lacks a column").at("at schemas/contracts/model_prices.sql");
    let rows = &project.seeds.get("model_prices").ok_or_else(missing)?.rows;
    let text = |name: &str| rows.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).ok_or_else(missing);
    let date =
        |name: &str| rows.column_by_name(name).and_then(|c| c.as_primitive_opt::<Date32Type>()).ok_or_else(missing);
    let (provider, model_id, bucket) = (text("provider")?, text("model_id")?, text("bucket")?);
    let (tier, region) = (text("service_tier")?, text("region_class")?);
    let above = rows.column_by_name("above_prompt_tokens").and_then(|c| c.as_primitive_opt::<Int64Type>());
    let usd = rows.column_by_name("usd_per_mtok").and_then(|c| c.as_primitive_opt::<Decimal128Type>());
    let (above, usd) = (above.ok_or_else(missing)?, usd.ok_or_else(missing)?);
    let (from, to) = (date("valid_from")?, date("valid_to")?);
    let today = arrow::temporal_conversions::date32_to_datetime(0).map_or(0, |epoch| (day - epoch.date()).num_days());
    let mut found: BTreeMap<PriceKey, (i64, Option<i128>)> = BTreeMap::new();
    for row in 0..rows.num_rows() {
        let key = PriceKey {
            provider: provider.value(row).into(),
            model_id: model_id.value(row).into(),
            bucket: bucket.value(row).into(),
            service_tier: tier.value(row).into(),
            region_class: region.value(row).into(),
            above_prompt_tokens: above.value(row),
        };
        let begun = i64::from(from.value(row));
        let is_over = to.is_valid(row) && i64::from(to.value(row)) <= today;
        let entry = found.entry(key).or_insert((i64::MIN, None));
        if begun <= today && begun > entry.0 {
            *entry = (begun, (!is_over).then(|| usd.value(row)));
        }
    }
    Ok(found.into_iter().map(|(key, (_, price))| (key, price)).collect())
}

/// Dollars per million tokens as text, without zeros at the end.
pub fn dollars(micro: i128) -> String {
    let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
