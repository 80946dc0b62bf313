//! The company's bill in FOCUS 1.2: one row per day, provider account, model, tier and token kind.

use super::calls::Call;
use super::json::Object;
use super::prices::{Money, Priced, Prices, short_decimal};
use super::{ACCOUNT, Company, day_of};
use chrono::{Datelike, Days, Months, NaiveDate};
use std::collections::BTreeMap;

/// The columns of FOCUS 1.2, in the order of the specification.
const HEADER: &str = "\
AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingAccountType,BillingCurrency,\
BillingPeriodEnd,BillingPeriodStart,CapacityReservationId,CapacityReservationStatus,ChargeCategory,ChargeClass,\
ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,CommitmentDiscountCategory,\
CommitmentDiscountId,CommitmentDiscountName,CommitmentDiscountQuantity,CommitmentDiscountStatus,\
CommitmentDiscountType,CommitmentDiscountUnit,ConsumedQuantity,ConsumedUnit,ContractedCost,ContractedUnitPrice,\
EffectiveCost,InvoiceId,InvoiceIssuerName,ListCost,ListUnitPrice,PricingCategory,PricingCurrency,\
PricingCurrencyContractedUnitPrice,PricingCurrencyEffectiveCost,PricingCurrencyListUnitPrice,PricingQuantity,\
PricingUnit,ProviderName,PublisherName,RegionId,RegionName,ResourceId,ResourceName,ResourceType,ServiceCategory,\
ServiceName,ServiceSubcategory,SkuId,SkuMeter,SkuPriceDetails,SkuPriceId,SubAccountId,SubAccountName,\
SubAccountType,Tags";

/// What makes a row of its own. The price is part of it: two prices are two SKUs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sku {
    pub day: NaiveDate,
    pub provider: &'static str,
    pub model_id: &'static str,
    pub name: &'static str,
    pub tier: &'static str,
    pub bucket: &'static str,
    pub micro_usd_per_mtok: Money,
}

/// Tokens billed so far.
#[derive(Default)]
pub struct Bill(pub BTreeMap<Sku, u64>);

impl Bill {
    /// Adds a call that the provider answered, whether or not anybody logged it.
    pub fn add(&mut self, company: &Company, prices: &Prices, call: &Call) {
        if !call.is_answered() || call.is_unbilled {
            return;
        }
        let model = call.model;
        let tier = company.workloads[call.workload].tier;
        let day = day_of(call.end_ms());
        let of = Priced { provider: model.provider, model_id: model.model_id, region_class: model.region_class, tier };
        for (bucket, tokens, price) in prices.parts(of, &call.usage, day).unwrap_or_default() {
            let (provider, model_id, name) = (model.provider, model.model_id, model.served);
            let sku = Sku { day, provider, model_id, name, tier, bucket, micro_usd_per_mtok: price };
            *self.0.entry(sku).or_default() += tokens;
        }
    }

    /// One CSV per month, by name.
    pub fn files(&self, company: &Company) -> BTreeMap<String, (String, u64)> {
        let mut files: BTreeMap<String, (String, u64)> = BTreeMap::new();
        let mut put = |day: NaiveDate, row: String| {
            let (text, rows) =
                files.entry(format!("{}.csv", day.format("%Y-%m"))).or_insert_with(|| (format!("{HEADER}\n"), 0));
            text.push_str(&row);
            *rows += 1;
        };
        for (sku, tokens) in &self.0 {
            put(sku.day, usage_row(company, sku, *tokens));
        }
        let mut month = first_of_month(company.start);
        while month < company.end() && self.0.keys().any(|sku| first_of_month(sku.day) == month) {
            let day = month.max(company.start);
            put(day, other_row(company, day, "Tax", "Sales tax", company.events.monthly_tax_cents));
            put(day, other_row(company, day, "Credit", "Promotional credit", -company.events.monthly_credit_cents));
            month = month + Months::new(1);
        }
        files
    }
}

fn usage_row(company: &Company, sku: &Sku, tokens: u64) -> String {
    let (issuer, account, service, publisher) = parties(sku.provider);
    let (kind, meter) = kind(sku.bucket);
    let list = Money::from(tokens) * sku.micro_usd_per_mtok;
    let off =
        company.events.discounts.iter().find(|(provider, _)| *provider == sku.provider).map_or(0, |(_, off)| *off);
    // Thousandths of 10^-12: a discount keeps every digit.
    let contracted = short_decimal(list * Money::from(1000 - off), 15);
    let quantity = short_decimal(Money::from(tokens), 6);
    let details =
        Object::new().text("x_Model", sku.name).text("x_TokenType", kind).text("x_ServiceTier", tier_word(sku.tier));
    let mut row = Row::of(company, sku.day, "Usage", issuer, account);
    let id = format!("{}/{kind}", sku.name);
    row.set("ChargeDescription", format!("{} {meter}", sku.name));
    row.set("ChargeFrequency", "Usage-Based");
    row.set("ConsumedQuantity", tokens);
    row.set("ConsumedUnit", "Tokens");
    row.set("ListCost", short_decimal(list, 12));
    row.set("ListUnitPrice", short_decimal(sku.micro_usd_per_mtok, 6));
    row.set("ContractedUnitPrice", short_decimal(sku.micro_usd_per_mtok * Money::from(1000 - off), 9));
    row.set("PricingCategory", "Standard");
    row.set("PricingQuantity", quantity);
    row.set("PricingUnit", "1000000 Tokens");
    row.set("PublisherName", publisher);
    row.set("ServiceName", service);
    row.set("SkuMeter", meter);
    row.set("SkuPriceId", format!("{id}/{}", tier_word(sku.tier)));
    row.set("SkuId", id);
    row.set("SkuPriceDetails", details.close());
    for column in ["BilledCost", "ContractedCost", "EffectiveCost"] {
        row.set(column, &contracted);
    }
    if sku.provider == "aws.bedrock" {
        row.set("RegionId", "us-east-1");
        row.set("RegionName", "US East (N. Virginia)");
        row.set("SubAccountId", ACCOUNT);
        row.set("SubAccountType", "AWS Account");
    }
    row.line()
}

/// Tax and credit, booked on the first billed day of a month.
fn other_row(company: &Company, day: NaiveDate, category: &str, description: &str, cents: i64) -> String {
    let (issuer, account, service, _) = parties("openai");
    let mut row = Row::of(company, day, category, issuer, account);
    row.set("ChargeDescription", description);
    row.set("ChargeFrequency", "One-Time");
    row.set("PublisherName", issuer);
    row.set("ServiceName", service);
    for column in ["BilledCost", "ContractedCost", "EffectiveCost", "ListCost"] {
        row.set(column, short_decimal(Money::from(cents), 2));
    }
    row.line()
}

/// Issuer, billing account, service and publisher of a provider's rows.
fn parties(provider: &str) -> (&'static str, &'static str, &'static str, &'static str) {
    match provider {
        "anthropic" => ("Anthropic", "org-brightwater-claude", "Claude API", "Anthropic"),
        "mistral_ai" => ("Mistral AI", "brightwater-workspace", "Mistral API", "Mistral AI"),
        "aws.bedrock" => ("AWS", ACCOUNT, "Amazon Bedrock", "Anthropic"),
        _ => ("OpenAI", "org-brightwater", "OpenAI API", "OpenAI"),
    }
}

/// Token type and meter in the words of the bill.
fn kind(bucket: &str) -> (&'static str, &'static str) {
    match bucket {
        "cache_read" => ("cached_input_tokens", "Cached Input Tokens"),
        "cache_write_5m" => ("cache_write_input_tokens", "Cache Write Tokens"),
        "cache_write_1h" => ("cache_write_1h_tokens", "Cache Write Tokens (1 hour)"),
        "output" => ("output_tokens", "Output Tokens"),
        _ => ("input_tokens", "Input Tokens"),
    }
}

fn tier_word(tier: &str) -> &str {
    if tier == "standard" { "default" } else { tier }
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.day0()))
}

/// One row by column name; everything not set stays null, an empty cell.
struct Row(BTreeMap<&'static str, String>);

impl Row {
    fn of(company: &Company, day: NaiveDate, category: &str, issuer: &str, account: &str) -> Self {
        let month = first_of_month(day);
        let next_month = month + Months::new(1);
        let midnight = |day: NaiveDate| format!("{}T00:00:00Z", day.format("%Y-%m-%d"));
        let mut row = Row(BTreeMap::new());
        row.set("BillingAccountId", account);
        row.set("BillingAccountName", company.name);
        row.set("BillingAccountType", "Organization");
        row.set("BillingCurrency", "USD");
        row.set("BillingPeriodStart", midnight(month));
        row.set("BillingPeriodEnd", midnight(next_month));
        row.set("ChargeCategory", category);
        row.set("ChargePeriodStart", midnight(day));
        row.set("ChargePeriodEnd", midnight(day + Days::new(1)));
        row.set("InvoiceIssuerName", issuer);
        row.set("ProviderName", issuer);
        row.set("ServiceCategory", "AI and Machine Learning");
        row.set("ServiceSubcategory", "Generative AI");
        // An open month has no invoice yet.
        if next_month <= company.end() {
            row.set("InvoiceId", format!("{account}-{}", month.format("%Y%m")));
        }
        row
    }

    fn set(&mut self, column: &'static str, value: impl std::fmt::Display) {
        self.0.insert(column, value.to_string());
    }

    fn line(&self) -> String {
        let cell = |column| self.0.get(column).map_or(String::new(), |cell| csv_cell(cell));
        HEADER.split(',').map(cell).collect::<Vec<_>>().join(",") + "\n"
    }
}

/// A CSV cell, quoted where it has to be.
pub fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
