//! The price list, read from the project's own seed, and costs in whole units of 10^-12 USD. No float anywhere.

use super::Fault;
use super::calls::Usage;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Units of 10^-12 USD: tokens times micro-dollars per million tokens.
pub type Money = i128;

/// Names one priced thing: who bills it, under which id, in which region class and tier.
#[derive(Clone, Copy, Debug)]
pub struct Priced<'a> {
    pub provider: &'a str,
    pub model_id: &'a str,
    pub region_class: &'a str,
    pub tier: &'a str,
}

struct Row {
    above: u64,
    from: NaiveDate,
    until: Option<NaiveDate>,
    micro_usd_per_mtok: Money,
}

type Key = (String, String, String, String, String);

/// All prices of the seed, by provider, model, region class, tier and bucket.
pub struct Prices {
    rows: BTreeMap<Key, Vec<Row>>,
    regions: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Prices {
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Fault(format!("cannot read the price seed {}: {error}", path.display())))?;
        let mut lines = text.lines();
        let header = split(lines.next().unwrap_or_default());
        let place = |name: &str| {
            header
                .iter()
                .position(|column| column == name)
                .ok_or_else(|| Fault(format!("{} has no column {name}", path.display())))
        };
        let places = [
            place("provider")?,
            place("model_id")?,
            place("region_class")?,
            place("service_tier")?,
            place("bucket")?,
            place("above_prompt_tokens")?,
            place("valid_from")?,
            place("valid_to")?,
            place("usd_per_mtok")?,
        ];
        let mut prices = Prices { rows: BTreeMap::new(), regions: BTreeMap::new() };
        for (number, line) in lines.enumerate() {
            let cells = split(line);
            let wrong = || Fault(format!("{} line {}: not a price row", path.display(), number + 2));
            let [provider, model_id, region, tier, bucket, above, from, until, price] =
                places.map(|at| cells.get(at).map_or("", String::as_str));
            let row = Row {
                above: above.parse().map_err(|_| wrong())?,
                from: from.parse().map_err(|_| wrong())?,
                until: if until.is_empty() { None } else { Some(until.parse().map_err(|_| wrong())?) },
                micro_usd_per_mtok: micro(price).ok_or_else(wrong)?,
            };
            let model = (provider.to_owned(), model_id.to_owned());
            prices.regions.entry(model).or_default().insert(region.to_owned());
            let key = [provider, model_id, region, tier, bucket].map(str::to_owned).into();
            prices.rows.entry(key).or_default().push(row);
        }
        Ok(prices)
    }

    /// The region class in which a model would serve calls of a class: the same one, else global, else the first by name.
    pub fn region_for(&self, provider: &str, model_id: &str, wanted: &str) -> Option<&str> {
        let regions = self.regions.get(&(provider.to_owned(), model_id.to_owned()))?;
        let has = |name: &str| regions.iter().find(|region| region.as_str() == name);
        has(wanted).or_else(|| has("global")).or_else(|| regions.iter().min()).map(String::as_str)
    }

    /// Micro-dollars per million tokens on a day, in the band of the whole prompt (M 2.3, M 2.4).
    pub fn price(&self, of: Priced<'_>, bucket: &str, prompt: u64, day: NaiveDate) -> Option<Money> {
        let key = [of.provider, of.model_id, of.region_class, of.tier, bucket].map(str::to_owned).into();
        self.rows
            .get(&key)?
            .iter()
            .filter(|row| row.from <= day && row.until.is_none_or(|until| day < until))
            .filter(|row| row.above == 0 || prompt > row.above)
            .max_by_key(|row| (row.above, row.from))
            .map(|row| row.micro_usd_per_mtok)
    }

    /// Bucket, tokens and price of each bucket in use; `None` when one of them has no price: unpriced, never zero.
    pub fn parts(&self, of: Priced<'_>, usage: &Usage, day: NaiveDate) -> Option<Vec<(&'static str, u64, Money)>> {
        let mut parts = Vec::new();
        for (bucket, tokens) in usage.billed_buckets() {
            if tokens > 0 {
                parts.push((bucket, tokens, self.price(of, bucket, usage.input(), day)?));
            }
        }
        Some(parts)
    }

    pub fn cost(&self, of: Priced<'_>, usage: &Usage, day: NaiveDate) -> Option<Money> {
        let parts = self.parts(of, usage, day)?;
        Some(parts.iter().map(|(_, tokens, price)| Money::from(*tokens) * price).sum())
    }

    /// The same tokens on a target: a cache price that the target lacks falls back to the write for minutes, then to plain input.
    pub fn cost_on_target(&self, of: Priced<'_>, usage: &Usage, day: NaiveDate) -> Option<Money> {
        let mut cost = 0;
        for (bucket, tokens) in usage.billed_buckets() {
            let ways: &[&str] = match bucket {
                "cache_read" => &["cache_read", "input"],
                "cache_write_5m" => &["cache_write_5m", "input"],
                "cache_write_1h" => &["cache_write_1h", "cache_write_5m", "input"],
                "output" => &["output"],
                _ => &["input"],
            };
            if tokens > 0 {
                let price = ways.iter().find_map(|way| self.price(of, way, usage.input(), day))?;
                cost += Money::from(tokens) * price;
            }
        }
        Some(cost)
    }
}

/// A decimal with up to six places as micro units.
fn micro(text: &str) -> Option<Money> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 6 {
        return None;
    }
    let fraction: Money = format!("{fraction:0<6}").parse().ok()?;
    Some(whole.parse::<Money>().ok()? * 1_000_000 + fraction)
}

/// An exact decimal: `units` of 10^-`scale`, all places written.
pub fn decimal(units: Money, scale: usize) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The same without trailing zeros.
pub fn short_decimal(units: Money, scale: usize) -> String {
    let text = decimal(units, scale);
    if scale == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Cells of one CSV line with optional quotes.
pub fn split(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut inside = false;
    for character in line.trim_end_matches('\r').chars() {
        match character {
            '"' => inside = !inside,
            ',' if !inside => cells.push(String::new()),
            other => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(other);
                }
            }
        }
    }
    cells
}
