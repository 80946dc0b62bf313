//! Planted bills of three clouds: CUR 2.0, Azure actual cost and Google's billing table over one company's calls.
//!
//! Goal: each planted figure comes back in its own term and nothing is unexplained; a planted fault is named or
//! unexplained, never a rate. Method: the generator's calls as logs, its bill in each cloud's words, the program over both.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::planted::company::cloud_bills::{CurLine, Planted, azure, azure_line, cur, gcp, gcp_row};
use super::planted::company::{
    Bill, Call, Company, Events, Format, Model, Money, Prices, Size, Sizes, Workload, decimal,
};
use crate::support::{Place, root};

const AWS: &str = "aws.bedrock";
const AZURE: &str = "azure.ai.openai";
const GCP: &str = "gcp.vertex_ai";
/// 10^-15 USD in a dollar.
const USD: Money = 1_000_000_000_000_000;

/// The catalog has no prices of Azure OpenAI and Vertex AI: the company brings its own list.
const LIST: [(&str, &str, &str, [&str; 3]); 4] = [
    (AZURE, "gpt-5.4", "5.4", ["2.5", "0.25", "15"]),
    (AZURE, "gpt-4.1-mini", "gpt 4.1 mini", ["0.4", "0.1", "1.6"]),
    (GCP, "gemini-2.5-pro", "Gemini 2.5 Pro", ["1.25", "0.125", "10"]),
    (GCP, "claude-haiku-4-5", "Claude Haiku 4.5", ["1", "0.1", "5"]),
];

fn day(of_november: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, of_november).expect("a day")
}

/// Twenty days of seven workloads on three clouds, in two logs.
fn company() -> Company {
    let mut company = Company::sample();
    let plain = company.workloads.remove(0);
    let on = |id: &'static str, format: Format, model: Model| Workload {
        id,
        format,
        models: vec![(NaiveDate::MIN, model)],
        weekday: 1_000,
        candidates: Vec::new(),
        gateway_hits: 0,
        sizes: Sizes {
            prompt: Size::of(30_000, 70),
            cached: (300, 700),
            visible: Size::of(2_000, 70),
            ..Sizes::default()
        },
        ..plain.clone()
    };
    let haiku = "anthropic.claude-haiku-4-5-20251001-v1:0";
    company.workloads = vec![
        on("rag", Format::Bedrock, Model::bedrock("amazon.nova-pro-v1:0", "us-east-1", "amazon.nova-pro-v1:0")),
        on(
            "labels",
            Format::Bedrock,
            Model::bedrock(haiku, "global", "global.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ),
        on(
            "claims",
            Format::Bedrock,
            Model::bedrock("anthropic.claude-opus-5-5", "us", "us.anthropic.claude-opus-5-5"),
        ),
        on("letters", Format::Litellm, Model::snapshot(AZURE, "gpt-5.4", "gpt-5.4-2026-03-05")),
        on("tags", Format::Litellm, Model::plain(AZURE, "gpt-4.1-mini")),
        on("maps", Format::Litellm, Model::plain(GCP, "gemini-2.5-pro")),
        on("notes", Format::Litellm, Model::plain(GCP, "claude-haiku-4-5")),
    ];
    company.evaluations.clear();
    company.vendor_claims.clear();
    company.start = day(1);
    company.days = 20;
    company.requests_per_night = Some(200);
    company.formats = vec![Format::Litellm, Format::Bedrock];
    company.events = Events::default();
    company
}

/// Writes the overlay with the company's own list, and answers all prices together.
fn own_list(place: &Place, gemini_output: &str) -> Prices {
    let folder = "overlay/queries/seeds";
    let header = "provider,model_id,bucket,service_tier,region_class,above_prompt_tokens,band_mode,usd_per_mtok,valid_from,valid_to,is_derived,source_url,checked_on\n";
    let mut names = String::from("provider,name,model_id,region_class\n");
    let catalog =
        |name: &str| std::fs::read_to_string(root().join(format!("queries/seeds/{name}.csv"))).expect("a seed");
    let models = catalog("models");
    let columns: Vec<&str> = models.lines().next().expect("a header").split(',').collect();
    let mut facts = columns.join(",") + "\n";
    let (mut wanted, mut given) = (String::new(), String::from(header));
    for (provider, model, billed, prices) in LIST {
        let fact = |column: &&str| match *column {
            "provider" => provider,
            "model_id" => model,
            "source_url" => "ours",
            "checked_on" => "2026-10-01",
            _ => "",
        };
        facts += &(columns.iter().map(fact).collect::<Vec<_>>().join(",") + "\n");
        for name in [model, billed, "gpt-5.4-2026-03-05"] {
            if name != "gpt-5.4-2026-03-05" || model == "gpt-5.4" {
                names += &format!("{provider},{name},{model},\n");
            }
        }
        for (bucket, price) in ["input", "cache_read", "output"].into_iter().zip(prices) {
            let row = |price: &str| {
                format!(
                    "{provider},{model},{bucket},standard,global,0,whole_request,{price},2026-10-01,,false,ours,2026-10-01\n"
                )
            };
            wanted += &row(price);
            given += &row(if (model, bucket) == ("gemini-2.5-pro", "output") { gemini_output } else { price });
        }
    }
    place.write(&format!("{folder}/model_names.csv"), names);
    place.write(&format!("{folder}/models.csv"), facts);
    place.write(&format!("{folder}/model_prices.csv"), given);
    Prices::read(&place.write("prices.csv", catalog("model_prices") + &wanted)).expect("both lists")
}

/// Calls as logs, bills as exports, and the run file over them. Answers what was billed in all and what nobody logged.
struct Clouds {
    bill: Bill,
    unlogged: Bill,
}

fn deliver(place: &Place, company: &Company, prices: &Prices) -> Clouds {
    let put = &mut |key: &str, bytes: &[u8]| {
        place.write(&format!("company/{key}"), bytes);
        Ok(())
    };
    let bill = company.write(prices, put).expect("the company is written").bill;
    let mut unlogged = Bill::default();
    if let Some((format, on)) = company.events.unlogged {
        let lost = |call: &&Call| company.workloads[call.workload].format == format;
        company.calls_of(on).iter().filter(lost).for_each(|call| unlogged.add(company, prices, call));
    }
    let sources = [("cur", "aws_cur2"), ("azure", "azure_actual_cost"), ("gcp", "gcp_billing")];
    let sources = sources.map(|(name, format)| {
        format!("[[sources]]\nname = \"{name}\"\nformat = \"{format}\"\nurl = \"bills/{name}/\"\n")
    });
    place
        .write("trimtab.toml", format!("project = \"overlay\"\n{}\n{}", company.run_file("company"), sources.concat()));
    Clouds { bill, unlogged }
}

/// One delivery of a month's CUR: its file, and the manifest that names it.
fn put_cur(place: &Place, file: &str, text: &str) {
    place.write(&format!("bills/cur/ai/data/BILLING_PERIOD=2026-11/{file}"), text);
    let manifest = format!(r#"{{"dataFiles":["s3://bills/ai/data/BILLING_PERIOD=2026-11/{file}"]}}"#);
    place.write("bills/cur/ai/metadata/BILLING_PERIOD=2026-11/ai-Manifest.json", manifest);
}

/// One run of Azure's export of the month, in a folder of its own.
fn put_azure(place: &Place, run: &str, text: &str) {
    let folder = format!("bw/20261101-20261130/{run}/guid");
    place.write(&format!("bills/azure/{folder}/part_0_0001.csv"), text);
    let manifest = format!(r#"{{"blobCount":1,"blobs":[{{"blobName":"{folder}/part_0_0001.csv"}}]}}"#);
    place.write(&format!("bills/azure/{folder}/manifest.json"), manifest);
}

fn run(place: &Place) {
    let said = place.trimtab(&["run", "--quiet", "--config", "trimtab.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
}

/// List cost of a provider's lines in 10^-12 USD.
fn list(bill: &Bill, provider: &str) -> Money {
    let lines = bill.0.iter().filter(|(sku, _)| sku.provider == provider);
    lines.map(|(sku, tokens)| Money::from(*tokens) * sku.micro_usd_per_mtok).sum()
}

type Terms = BTreeMap<(String, String), String>;

/// Terms by provider as the run published them; a term that is nowhere is 0.
fn terms(place: &Place) -> Terms {
    let rows = place.sql(
        "select provider, bridge_term, sum(amount_usd) as usd from reconciliation where status is null or status <> 'NO_BILL' \
         group by provider, bridge_term having sum(amount_usd) <> 0",
    );
    rows.into_iter().map(|row| ((row["provider"].clone(), row["bridge_term"].clone()), row["usd"].clone())).collect()
}

/// The terms that were planted, in 10^-15 USD; `billed` is what they add up to.
fn wanted(planted: &[(&str, &[(&str, Money)])]) -> Terms {
    let mut terms = Terms::new();
    for (provider, of_provider) in planted {
        let billed: Money = of_provider.iter().map(|(_, amount)| amount).sum();
        for (term, amount) in of_provider.iter().copied().chain([("billed", billed)]).filter(|(_, amount)| *amount != 0)
        {
            assert_eq!(amount % 1000, 0, "{provider} {term}: no more than twelve decimals are planted");
            terms.insert((provider.to_string(), term.to_string()), decimal(amount / 1000, 12));
        }
    }
    terms
}

#[test]
fn each_planted_figure_of_three_clouds_comes_back_exactly() {
    let place = Place::new();
    let prices = own_list(&place, "10");
    let mut company = company();
    company.events.unlogged = Some((Format::Litellm, day(10)));
    let clouds = deliver(&place, &company, &prices);
    let bill = &clouds.bill;

    let product = r#"{"product_name":"Amazon Bedrock","model":"Nova Pro"}"#;
    let line =
        |kind, usage_type, amounts| CurLine { day: day(4), kind, usage_type, amounts, quantity: ("", ""), product };
    let nova = "USE1-NovaPro-input-tokens";
    let hours = "USE1-Nova-ProvisionedThroughput-1MonthCommit-ModelUnits";
    let of_cur = [
        CurLine { quantity: ("24", "Hours"), ..line("Usage", hours, (480 * USD, 480 * USD, Some(480 * USD))) },
        line("Credit", nova, (-3 * USD, -3 * USD, None)),
        line("Refund", nova, (-2 * USD, -2 * USD, None)),
        CurLine { product: "", ..line("Tax", "", (11 * USD, 11 * USD, None)) },
    ];
    // A longer file of an earlier delivery, which the manifest no longer names.
    put_cur(&place, "ai-00002.csv", &cur(bill, Planted::discount(0), &of_cur));
    put_cur(&place, "ai-00001.csv", &cur(bill, Planted::discount(80), &of_cur));

    put_azure(&place, "202611190400", &azure(bill, Planted { money: 2, ..Planted::discount(0) }, ""));
    let of_azure = azure_line(day(3), "Provisioned Managed Unit", ("24", "1 Hour"), (24 * USD, "USD"), "Usage")
        + &azure_line(day(1), "Provisioned Managed Reservation", ("1", "1"), (260 * USD, "USD"), "Purchase")
        + &azure_line(day(6), "5.4 inp Gl 1M Tokens", ("", "1M"), (-7 * USD, "USD"), "Refund")
        + &azure_line(day(1), "", ("", ""), (9 * USD, "USD"), "Tax");
    put_azure(&place, "202611210400", &azure(bill, Planted::discount(120), &of_azure));

    // The last three days come late, with a correction of an earlier one: the table only grows.
    let discount = Planted::discount(50);
    let input = "Gemini 2.5 Pro GA Text Input - Predictions";
    place.write("bills/gcp/000000000000.json", gcp(bill, discount, |day| day < company.end() - Days::new(3)));
    let late = gcp(bill, discount, |day| day >= company.end() - Days::new(3))
        + &gcp_row(day(5), 3, input, (0, "requests"), (-4 * USD, None), (0, "adjustment"))
        + &gcp_row(
            day(5),
            4,
            "Gemini 2.5 Pro Input Caching Storage",
            (900, "count hour"),
            (6 * USD, None),
            (0, "regular"),
        )
        + &gcp_row(day(6), 4, input, (0, "requests"), (0, Some(0)), (5 * USD, "regular"))
        + &gcp_row(day(1), 0, "Tax", (0, ""), (USD, None), (0, "tax"));
    place.write("bills/gcp/000000000001.json", late);

    run(&place);
    let listed = |provider| list(bill, provider) * 1000;
    let lost = |provider| list(&clouds.unlogged, provider) * 1000;
    assert!(lost(AZURE) > 0 && lost(GCP) > 0 && lost(AWS) == 0, "a day of the gateway's log is missing");
    let planted = wanted(&[
        (
            AWS,
            &[
                ("calculated", listed(AWS)),
                ("rate", -listed(AWS) * 80 / 1000),
                ("commitment", 480 * USD),
                ("credits", -3 * USD),
                ("adjustments", -2 * USD),
                ("tax", 11 * USD),
            ],
        ),
        (
            AZURE,
            &[
                ("calculated", listed(AZURE) - lost(AZURE)),
                ("quantity", lost(AZURE)),
                ("rate", -listed(AZURE) * 120 / 1000),
                ("commitment", 284 * USD),
                ("adjustments", -7 * USD),
                ("tax", 9 * USD),
            ],
        ),
        (
            GCP,
            &[
                ("calculated", listed(GCP) - lost(GCP)),
                ("quantity", lost(GCP)),
                ("rate", -listed(GCP) * 50 / 1000),
                ("credits", -5 * USD),
                ("adjustments", -4 * USD),
                ("cache_storage", 6 * USD),
                ("tax", USD),
            ],
        ),
    ]);
    assert_eq!(terms(&place), planted, "and nothing is unexplained");
    let sources = place
        .sql("select distinct provider, rate_source from reconciliation where billed_tokens > 0 order by provider");
    let sources: Vec<_> = sources.iter().map(|row| (&*row["provider"], &*row["rate_source"])).collect();
    assert_eq!(sources, [(AWS, "bill"), (AZURE, "inferred"), (GCP, "bill")]);
    assert_eq!(place.sql("select count(*) as n from reconciliation where fault is not null")[0]["n"], "0");

    // What FinOps loads is the same money, by workload, team and environment.
    let billed = planted.iter().filter(|((_, term), _)| term == "billed");
    let billed: Money = billed.map(|(_, usd)| usd.replace('.', "").parse::<Money>().expect("a decimal")).sum();
    for mart in ["focus_1_2", "focus_1_4"] {
        assert_eq!(place.sql(&format!("select sum(\"BilledCost\") as usd from {mart}"))[0]["usd"], decimal(billed, 12));
        let tags = place.sql(&format!(
            "select distinct \"Tags\" as tags from {mart} where \"x_Workload\" in ('rag', 'letters') order by 1 desc"
        ));
        let tags: Vec<_> = tags.iter().map(|row| &*row["tags"]).collect();
        let wanted = ["rag", "letters"];
        let wanted = wanted.map(|id| format!(r#"{{"workload":"{id}","team":"support","environment":"prod"}}"#));
        assert_eq!(tags, wanted);
    }
}

#[test]
fn faults_of_unit_of_cents_and_of_the_list_are_named_or_unexplained_and_never_a_rate() {
    let place = Place::new();
    // The company's list says 20 for the output of Gemini where Google asks for 10.
    let prices = own_list(&place, "20");
    let company = company();
    let bill = deliver(&place, &company, &prices).bill;
    let plain = Planted::discount(0);
    put_cur(&place, "ai-00001.csv", &cur(&bill, Planted { quantity: 1000, ..plain }, &[]));
    put_azure(&place, "202611210400", &azure(&bill, Planted { money: 100, ..plain }, ""));
    place.write("bills/gcp/000000000000.json", gcp(&bill, plain, |_| true));
    run(&place);
    let listed = |provider| list(&bill, provider) * 1000;
    let ten_dollars_more: Money = bill
        .0
        .iter()
        .filter(|(sku, _)| (sku.model_id, sku.bucket) == ("gemini-2.5-pro", "output"))
        .map(|(_, tokens)| Money::from(*tokens) * 10_000_000 * 1000)
        .sum();
    assert!(ten_dollars_more > 0, "Gemini answers");
    let planted = wanted(&[
        (AWS, &[("calculated", listed(AWS))]),
        (AZURE, &[("calculated", listed(AZURE)), ("unexplained", listed(AZURE) * 99)]),
        (GCP, &[("calculated", listed(GCP) + ten_dollars_more), ("unexplained", -ten_dollars_more)]),
    ]);
    assert_eq!(terms(&place), planted, "no rate and no quantity");
    let faults = place.sql(
        "select distinct provider, fault, status from reconciliation where billed_tokens > 0 and model_id <> 'claude-haiku-4-5' order by 1",
    );
    let faults: Vec<_> = faults.iter().map(|row| [&*row["provider"], &*row["fault"], &*row["status"]]).collect();
    let unreconciled = "UNRECONCILED";
    assert_eq!(faults, [[AWS, "UNIT", unreconciled], [AZURE, "CENTS", unreconciled], [GCP, "", unreconciled]]);
}

/// Dollars of a euro: 1.25 until 2026-11-09, then 1.60.
const RATES: &str = "currency,valid_from,valid_to,usd_per_unit,source,checked_on\n\
EUR,2026-10-01,,1.25,a bank,2026-10-01\nEUR,2026-11-10,,1.6,a bank,2026-11-10\n";

#[test]
fn a_restated_bill_is_followed_the_next_night_and_euros_are_dollars_of_their_day() {
    let place = Place::new();
    let prices = own_list(&place, "10");
    place.write("overlay/queries/seeds/currency_rates.csv", RATES);
    let company = company();
    let bill = deliver(&place, &company, &prices).bill;
    let euros = |day_of_bill: NaiveDate| if day_of_bill < day(10) { 800 } else { 625 };
    let of_azure = Planted { currency: ("EUR", euros), ..Planted::discount(0) };
    let run_file = place.read("trimtab.toml");
    let run_on = |date: &str| {
        place.write("trimtab.toml", run_file.replace("date = \"2026-11-21\"", &format!("date = \"{date}\"")));
        run(&place);
    };
    let until = |provider: &str, end: NaiveDate| -> Money {
        let lines = bill.0.iter().filter(|(sku, _)| sku.provider == provider && sku.day < end);
        lines.map(|(sku, tokens)| Money::from(*tokens) * sku.micro_usd_per_mtok * 1000).sum()
    };
    let spent = |place: &Place| {
        let rows = place.sql(
            "select effect, amount_usd from spend_changes where workload_id is null and effect in ('previous', 'current')",
        );
        rows.into_iter().map(|row| (row["effect"].clone(), row["amount_usd"].clone())).collect::<BTreeMap<_, _>>()
    };

    // The first night sees the days before the 15th: Amazon without a discount, Azure with a tax of 8 euros.
    place.write("bills/gcp/000000000000.json", gcp(&bill, Planted::discount(0), |_| true));
    put_cur(&place, "ai-00001.csv", &cur(&bill, Planted::discount(0), &[]));
    let tax = azure_line(day(12), "", ("", ""), (8 * USD, "EUR"), "Tax");
    put_azure(&place, "202611150400", &azure(&bill, of_azure, &tax));
    run_on("2026-11-15");
    let (aws, azure_usd, google) = (until(AWS, day(15)), until(AZURE, day(15)), until(GCP, day(15)));
    let tax_usd = 8 * USD / 1000 * 1600;
    let first = wanted(&[
        (AWS, &[("calculated", aws)]),
        (AZURE, &[("calculated", azure_usd), ("tax", tax_usd)]),
        (GCP, &[("calculated", google)]),
    ]);
    assert_eq!(terms(&place), first);
    let calculated = decimal((aws + azure_usd + google) / 1000, 12);
    let nothing = "0.000000000000".to_string();
    assert_eq!(spent(&place), [("current".into(), calculated), ("previous".into(), nothing.clone())].into());

    // The next night Amazon states the month anew with 8 % off, Azure with 10 % off and without the tax.
    put_cur(&place, "ai-00001.csv", &cur(&bill, Planted::discount(80), &[]));
    put_azure(&place, "202611160400", &azure(&bill, Planted { off: 100, ..of_azure }, ""));
    run_on("2026-11-16");
    let (aws, azure_usd, google) = (until(AWS, day(16)), until(AZURE, day(16)), until(GCP, day(16)));
    let second = wanted(&[
        (AWS, &[("calculated", aws), ("rate", -aws * 80 / 1000)]),
        (AZURE, &[("calculated", azure_usd), ("rate", -azure_usd / 10)]),
        (GCP, &[("calculated", google)]),
    ]);
    assert_eq!(terms(&place), second, "the tax of the first statement is gone");
    // What calls cost at list is not restated by a bill.
    let calculated = decimal((aws + azure_usd + google) / 1000, 12);
    assert_eq!(spent(&place), [("current".into(), calculated), ("previous".into(), nothing)].into());

    // The original amounts stay beside their dollars.
    let in_euros: Money = bill
        .0
        .iter()
        .filter(|(sku, _)| sku.provider == AZURE && sku.day < day(16))
        .map(|(sku, tokens)| Money::from(*tokens) * sku.micro_usd_per_mtok * 9 / 10 * euros(sku.day))
        .sum();
    let kept = place.sql(
        "select billing_currency, sum(billed_cost) as cost from charges where billing_currency = 'EUR' and event_date < date '2026-11-16' group by 1",
    );
    assert_eq!(kept[0]["cost"], decimal(in_euros / 1000, 12));
}

/// What the sample answers about a proven move when the provider is owed a minimum until a day.
fn bound_until(ends_on: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let place = Place::new();
    let folder = root().join("sample_data/company").display().to_string();
    let commitment = format!(
        "\n[[commitments]]\nid = \"c-1\"\nprovider = \"openai\"\nusd_per_month = \"1000000\"\nstarts_on = \"2026-01-01\"\nends_on = \"{ends_on}\"\n"
    );
    place.write("trimtab.toml", Company::sample().run_file(&folder) + &commitment);
    run(&place);
    let columns = ["action", "reason", "wait_until", "interim_bundle"];
    let decision = place.sql("select * from decisions where workload_id = 'ticket-triage'").remove(0);
    let saved = place.sql(
        "select economic_monthly_savings_usd as economic, cash_monthly_savings_usd as cash, stranded_monthly_usd as stranded, \
         cash_follows_from as follows from commitment_savings inner join decisions \
         on decisions.recommendation_id = commitment_savings.recommendation_id where decisions.workload_id = 'ticket-triage'",
    );
    (columns.map(|column| decision[column].clone()).to_vec(), saved.into_iter().next().expect("the move is bound"))
}

#[test]
fn a_proven_move_waits_for_a_commitment_that_keeps_its_saving() {
    let (decision, saved) = bound_until("2027-06-01");
    assert_eq!(decision, ["WAIT_COMMITMENT", "COMMITMENT", "2027-06-01", ""]);
    // A minimum of a million is paid whatever is used: nothing of the saving is cash until it ends.
    assert_eq!((&*saved["cash"], &*saved["follows"]), ("0.00", "2027-06-01"));
    assert!(saved["economic"] == saved["stranded"] && saved["economic"].starts_with("12"), "{saved:?}");
    // One that ends before the move could begin strands nothing.
    let (decision, saved) = bound_until("2026-12-15");
    assert_eq!(decision, ["MOVE", "PROVEN", "", ""]);
    assert_eq!(&*saved["follows"], "2026-12-15");
}
