//! The company's bill as three clouds export it: lines of a CUR 2.0, of an Azure actual cost file, of Google's billing table.
//!
//! Each has its own words for a model, its own unit of tokens and its own way to show a discount; all are decimal text.

use super::ACCOUNT;
use super::bill::{Bill, Sku, csv_cell};
use super::json::Object;
use super::prices::{Money, decimal, short_decimal};
use chrono::{Days, NaiveDate};

/// What is planted in a cloud's bill.
#[derive(Clone, Copy)]
pub struct Planted {
    /// Thousandths off the list price.
    pub off: Money,
    /// Every quantity times this: 1000 is a fault of unit.
    pub quantity: u64,
    /// Every amount times this: 100 is a fault of cents.
    pub money: Money,
    /// Currency of the amounts, and thousandths of it in a dollar by day.
    pub currency: (&'static str, fn(NaiveDate) -> Money),
}

impl Planted {
    pub fn discount(off: Money) -> Self {
        Planted { off, quantity: 1, money: 1, currency: ("USD", |_| 1000) }
    }

    /// List, and what is asked after the discount, in 10^-15 of the currency.
    fn amounts(self, sku: &Sku, tokens: u64) -> (Money, Money) {
        let list = Money::from(tokens) * sku.micro_usd_per_mtok * self.money * (self.currency.1)(sku.day);
        (list, list / 1000 * (1000 - self.off))
    }
}

/// The lines of one provider.
fn of_provider<'a>(bill: &'a Bill, provider: &'a str) -> impl Iterator<Item = (&'a Sku, u64)> {
    bill.0.iter().filter(move |(sku, _)| sku.provider == provider).map(|(sku, tokens)| (sku, *tokens))
}

const CUR: &str = "bill_payer_account_id,line_item_currency_code,line_item_line_item_type,line_item_product_code,\
line_item_unblended_cost,line_item_net_unblended_cost,line_item_usage_account_id,line_item_usage_amount,\
line_item_usage_start_date,line_item_usage_end_date,line_item_usage_type,pricing_public_on_demand_cost,pricing_term,\
pricing_unit,product,product_region_code,product_servicecode";

/// One line of a CUR: type, usage type, amounts in 10^-15 USD (unblended, net, list), quantity and unit, product.
#[derive(Clone, Copy)]
pub struct CurLine<'a> {
    pub day: NaiveDate,
    pub kind: &'a str,
    pub usage_type: &'a str,
    pub amounts: (Money, Money, Option<Money>),
    pub quantity: (&'a str, &'a str),
    pub product: &'a str,
}

impl CurLine<'_> {
    fn text(&self) -> String {
        let (cost, net, list) = self.amounts;
        let usd = |amount: Money| short_decimal(amount, 15);
        let from = format!("{}T00:00:00.000Z", self.day);
        let to = format!("{}T00:00:00.000Z", self.day + Days::new(1));
        let cells = [
            ACCOUNT,
            "USD",
            self.kind,
            "AmazonBedrock",
            &usd(cost),
            &usd(net),
            ACCOUNT,
            self.quantity.0,
            &from,
            &to,
            self.usage_type,
            &list.map(usd).unwrap_or_default(),
            "OnDemand",
            self.quantity.1,
            self.product,
            "us-east-1",
            "AmazonBedrock",
        ];
        cells.map(csv_cell).join(",") + "\n"
    }
}

/// A CUR of the Bedrock lines. A discount is a line of its own beside each usage line, whose net cost has it inside.
pub fn cur(bill: &Bill, planted: Planted, more: &[CurLine<'_>]) -> String {
    let mut text = format!("{CUR}\n");
    for (sku, tokens) in of_provider(bill, "aws.bedrock") {
        let (usage_type, unit, scale, product) = cur_words(sku);
        let (list, asked) = planted.amounts(sku, tokens);
        let quantity = short_decimal(Money::from(tokens * planted.quantity), scale);
        let usage = CurLine {
            day: sku.day,
            kind: "Usage",
            usage_type: &usage_type,
            amounts: (list, asked, Some(list)),
            quantity: (&quantity, unit),
            product: &product,
        };
        text += &usage.text();
        if asked != list {
            text +=
                &CurLine { kind: "EdpDiscount", amounts: (asked - list, 0, None), quantity: ("", ""), ..usage }.text();
        }
    }
    more.iter().fold(text, |text, line| text + &line.text())
}

/// Usage type, unit, decimals of the unit, product: Nova in thousands, Claude of the marketplace in millions.
fn cur_words(sku: &Sku) -> (String, &'static str, usize, String) {
    if sku.model_id.starts_with("amazon.nova") {
        let kind = match sku.bucket {
            "cache_read" => "cache-read-input-token-count",
            "output" => "output-tokens",
            _ => "input-tokens",
        };
        let product = Object::new().text("product_name", "Amazon Bedrock").text("model", "Nova Pro").close();
        return (format!("USE1-NovaPro-{kind}"), "1K tokens", 3, product);
    }
    let kind = match sku.bucket {
        "cache_read" => "CacheReadInputTokenCount",
        "output" => "OutputTokenCount",
        _ => "InputTokenCount",
    };
    let (model, scope) =
        if sku.name.starts_with("global.") { ("Claude Haiku 4.5", "_Global") } else { ("Claude Opus 5.5", "") };
    let product = Object::new().text("servicename", &format!("{model} (Amazon Bedrock Edition)")).close();
    (format!("USE1-MP:USE1_{kind}{scope}-Units"), "Units", 6, product)
}

const AZURE: &str = "BillingAccountId,BillingPeriodStartDate,BillingPeriodEndDate,SubscriptionId,Date,MeterCategory,\
MeterName,Quantity,UnitOfMeasure,Cost,BillingCurrency,PricingModel,ChargeType,Frequency,ResourceId";

/// One line of an Azure file: meter, quantity and unit, cost in 10^-15 of the currency, type of charge.
pub fn azure_line(
    day: NaiveDate,
    meter: &str,
    quantity: (&str, &str),
    (cost, currency): (Money, &str),
    charge_type: &str,
) -> String {
    let date = day.format("%m/%d/%Y").to_string();
    let cost = short_decimal(cost, 15);
    let cells = [
        "7001001",
        "11/01/2026",
        "11/30/2026",
        "sub-brightwater",
        &date,
        "Foundry Models",
        meter,
        quantity.0,
        quantity.1,
        &cost,
        currency,
        "OnDemand",
        charge_type,
        "UsageBased",
        "/subscriptions/sub-brightwater/accounts/bw",
    ];
    cells.map(csv_cell).join(",") + "\n"
}

/// An actual cost file of the Azure OpenAI lines: what is asked after the discount, and no list price.
pub fn azure(bill: &Bill, planted: Planted, more: &str) -> String {
    let mut text = format!("{AZURE}\n");
    for (sku, tokens) in of_provider(bill, "azure.ai.openai") {
        let is_small = sku.model_id == "gpt-4.1-mini";
        let (meter, unit, scale) = match (is_small, sku.bucket) {
            (true, "cache_read") => ("gpt 4.1 mini cached Inp glbl Tokens", "1K", 3),
            (true, "output") => ("gpt 4.1 mini Outp glbl Tokens", "1K", 3),
            (true, _) => ("gpt 4.1 mini Inp glbl Tokens", "1K", 3),
            (false, "cache_read") => ("5.4 cchd inp Gl 1M Tokens", "1M", 6),
            (false, "output") => ("5.4 outp Gl 1M Tokens", "1M", 6),
            (false, _) => ("5.4 inp Gl 1M Tokens", "1M", 6),
        };
        let quantity = short_decimal(Money::from(tokens * planted.quantity), scale);
        let (_, asked) = planted.amounts(sku, tokens);
        text += &azure_line(sku.day, meter, (&quantity, unit), (asked, planted.currency.0), "Usage");
    }
    text + more
}

/// One row of Google's table: SKU, amount and unit, cost and list cost in 10^-15 USD, credits, cost type.
pub fn gcp_row(
    day: NaiveDate,
    hour: u8,
    sku: &str,
    usage: (u64, &str),
    cost: (Money, Option<Money>),
    more: (Money, &str),
) -> String {
    let (credit, cost_type) = more;
    let credits = match credit {
        0 => "[]".to_owned(),
        _ => format!(
            "[{}]",
            Object::new()
                .text("name", "Promotion")
                .text("type", "PROMOTION")
                .raw("amount", &decimal(-credit, 15))
                .close()
        ),
    };
    let words = Object::new().text("id", &format!("SKU-{}", sku.len())).text("description", sku);
    let amount = Object::new()
        .number("amount", usage.0)
        .text("unit", usage.1)
        .number("amount_in_pricing_units", usage.0)
        .text("pricing_unit", usage.1);
    Object::new()
        .text("billing_account_id", "0A0A0A-0B0B0B-0C0C0C")
        .object("service", Object::new().text("id", "C7E2-9256-1C43").text("description", "Vertex AI"))
        .object("sku", words)
        .text("usage_start_time", &format!("{day} {hour:02}:00:00 UTC"))
        .text("usage_end_time", &format!("{day} {:02}:00:00 UTC", hour + 1))
        .object("project", Object::new().text("id", "brightwater-prod"))
        .raw("cost", &decimal(cost.0, 15))
        .raw("cost_at_list", &cost.1.map_or("null".to_owned(), |list| decimal(list, 15)))
        .text("currency", "USD")
        .object("usage", amount)
        .raw("credits", &credits)
        .object("invoice", Object::new().text("month", "202611"))
        .text("cost_type", cost_type)
        .close()
        + "\n"
}

/// Google's rows, two hours a day, of the days that a rule keeps; the list cost stands beside what is asked.
pub fn gcp(bill: &Bill, planted: Planted, keep: impl Fn(NaiveDate) -> bool) -> String {
    let mut text = String::new();
    for (sku, tokens) in of_provider(bill, "gcp.vertex_ai").filter(|(sku, _)| keep(sku.day)) {
        let words = match (sku.model_id, sku.bucket) {
            ("gemini-2.5-pro", "cache_read") => " Gemini 2.5 Pro GA Input Text Caching",
            ("gemini-2.5-pro", "output") => "Gemini 2.5 Pro GA Text Output - Predictions",
            ("gemini-2.5-pro", _) => "Gemini 2.5 Pro GA Text Input - Predictions",
            (_, "cache_read") => "Claude Haiku 4.5 - Cached Input Tokens",
            (_, "output") => "Claude Haiku 4.5 - Output Tokens",
            _ => "Claude Haiku 4.5 - Input Tokens",
        };
        for (hour, tokens) in [(8, tokens / 3), (20, tokens - tokens / 3)] {
            let (list, asked) = planted.amounts(sku, tokens);
            let usage = (tokens * planted.quantity, "requests");
            text += &gcp_row(sku.day, hour, words, usage, (asked, Some(list)), (0, "regular"));
        }
    }
    text
}
