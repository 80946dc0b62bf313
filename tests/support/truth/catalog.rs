//! The invented catalogue: models whose facts and prices make every gate and every kind of ratio occur.
//!
//! It reaches the product as an overlay of seed rows; the oracle reads the same list, never the product's relations.

use std::fmt::Write;

/// Prices are micro-USD per million tokens, so that a call's cost is a whole number of 10^-12 USD.
pub type Micro = i128;

#[derive(Clone, Debug)]
pub struct Model {
    pub provider: String,
    pub id: String,
    pub window: i64,
    pub max_output: i64,
    pub has_image: bool,
    /// None is unknown.
    pub has_tools: Option<bool>,
    pub has_schema: Option<bool>,
    pub has_reasoning: bool,
    pub is_open: bool,
    pub tokenizer: &'static str,
    pub regions: &'static str,
    pub retires_on: Option<&'static str>,
    pub replaced_by: Option<&'static str>,
    pub input: Micro,
    /// None: nobody knows what its answers cost.
    pub output: Option<Micro>,
    pub has_batch: bool,
    /// Above so many prompt tokens everything costs twice as much.
    pub band_above: Option<i64>,
}

const USD: Micro = 1_000_000;

fn plain(provider: &str, id: &str, window: i64, max_output: i64, tokenizer: &'static str) -> Model {
    Model {
        provider: provider.into(),
        id: id.into(),
        window,
        max_output,
        has_image: true,
        has_tools: Some(true),
        has_schema: Some(true),
        has_reasoning: true,
        is_open: false,
        tokenizer,
        regions: "eu|us",
        retires_on: None,
        replaced_by: None,
        input: 0,
        output: None,
        has_batch: false,
        band_above: None,
    }
}

/// Large models that workloads are on.
pub const LARGE: [&str; 3] = ["north-grand", "south-grand", "east-classic"];
/// Models that may be proposed instead of them.
pub const SMALL: [&str; 7] =
    ["north-small", "north-mini", "south-small", "south-lite", "east-small", "east-tiny", "open-wide"];

/// The list; `bound` providers with one model each are there to be under a commitment.
pub fn models(bound: usize) -> Vec<Model> {
    let mut all = vec![
        Model {
            input: 15 * USD,
            output: Some(60 * USD),
            has_batch: true,
            ..plain("north", "north-grand", 400_000, 64_000, "claude-4.7")
        },
        Model {
            input: 10 * USD,
            output: Some(40 * USD),
            regions: "us",
            ..plain("south", "south-grand", 250_000, 32_000, "s-1")
        },
        Model {
            input: 8 * USD,
            output: Some(30 * USD),
            has_image: false,
            has_reasoning: false,
            has_batch: true,
            ..plain("east", "east-classic", 210_000, 24_000, "e-1")
        },
        Model {
            input: 12 * USD,
            output: Some(48 * USD),
            ..plain("north", "north-successor", 400_000, 64_000, "claude-4.7")
        },
        Model {
            input: 14 * USD,
            output: Some(56 * USD),
            retires_on: Some("2026-12-10"),
            replaced_by: Some("north-successor"),
            ..plain("north", "north-ending", 400_000, 64_000, "claude-4.7")
        },
        Model {
            input: 14 * USD,
            output: Some(56 * USD),
            retires_on: Some("2027-06-15"),
            replaced_by: Some("north-successor"),
            ..plain("north", "north-fading", 400_000, 64_000, "claude-4.7")
        },
        Model {
            input: USD,
            output: Some(4 * USD),
            has_batch: true,
            ..plain("north", "north-small", 130_000, 16_000, "claude-4.7")
        },
        Model {
            input: 400_000,
            output: Some(1_600_000),
            has_image: false,
            has_schema: Some(false),
            has_reasoning: false,
            regions: "us",
            ..plain("north", "north-mini", 33_000, 9_000, "claude-3")
        },
        Model {
            input: 1_200_000,
            output: Some(5 * USD),
            regions: "us",
            ..plain("south", "south-small", 200_000, 32_000, "s-1")
        },
        Model {
            input: 500_000,
            output: Some(2 * USD),
            has_image: false,
            has_tools: Some(false),
            has_reasoning: false,
            regions: "us",
            ..plain("south", "south-lite", 64_000, 12_000, "s-2")
        },
        Model {
            input: 800_000,
            output: Some(3_500_000),
            regions: "eu",
            has_batch: true,
            ..plain("east", "east-small", 128_000, 20_000, "e-1")
        },
        Model {
            input: 200_000,
            output: Some(800_000),
            has_image: false,
            has_schema: Some(false),
            has_reasoning: false,
            regions: "us",
            ..plain("east", "east-tiny", 17_000, 8_000, "e-1")
        },
        Model {
            input: 600_000,
            output: Some(2_400_000),
            has_image: false,
            has_schema: None,
            is_open: true,
            band_above: Some(100_000),
            ..plain("open", "open-wide", 260_000, 32_000, "o-1")
        },
        Model {
            input: 500_000,
            output: Some(2 * USD),
            is_open: true,
            retires_on: Some("2027-05-21"),
            ..plain("open", "open-leaving", 260_000, 32_000, "o-1")
        },
        Model {
            input: 500_000,
            output: Some(2 * USD),
            is_open: true,
            retires_on: Some("2026-12-01"),
            ..plain("open", "open-gone", 260_000, 32_000, "o-1")
        },
        Model { input: 500_000, is_open: true, ..plain("open", "open-unpriced", 260_000, 32_000, "o-1") },
    ];
    for place in 0..bound {
        let provider = format!("bound-{place:03}");
        let id = format!("{provider}-grand");
        all.push(Model { input: 11 * USD, output: Some(44 * USD), ..plain(&provider, &id, 300_000, 32_000, "b-1") });
    }
    all
}

const SOURCE: &str = "invented,2026-11-21";

/// `queries/seeds/models.csv` of the overlay.
pub fn models_csv(models: &[Model]) -> String {
    let mut text = String::from(
        "provider,model_id,family,context_window_tokens,max_output_tokens,input_modalities,output_modalities,has_tools,\
         has_structured_output,has_reasoning,is_open_weights,params_total_b,params_active_b,released_on,retires_on,\
         tokenizer_id,min_cacheable_tokens,is_fine_tunable,is_served_tuned,reasoning_efforts,regions,retention,languages,\
         licence,replaced_by,source_url,checked_on\n",
    );
    let known = |fact: Option<bool>| fact.map_or(String::new(), |fact| fact.to_string());
    for model in models {
        let _ = writeln!(
            text,
            "{},{},,{},{},{},text,{},{},{},{},,,,{},{},,,,,{},,,,{},{SOURCE}",
            model.provider,
            model.id,
            model.window,
            model.max_output,
            if model.has_image { "text+image" } else { "text" },
            known(model.has_tools),
            known(model.has_schema),
            model.has_reasoning,
            model.is_open,
            model.retires_on.unwrap_or_default(),
            model.tokenizer,
            model.regions,
            model.replaced_by.unwrap_or_default(),
        );
    }
    text
}

/// `queries/seeds/model_prices.csv` of the overlay.
pub fn prices_csv(models: &[Model]) -> String {
    let mut text = String::from(
        "provider,model_id,bucket,service_tier,region_class,above_prompt_tokens,band_mode,usd_per_mtok,valid_from,valid_to,\
         is_derived,source_url,checked_on\n",
    );
    for model in models {
        let tiers: &[(&str, Micro)] =
            if model.has_batch { &[("standard", 1), ("batch", 2)] } else { &[("standard", 1)] };
        for (tier, part) in tiers {
            for (above, times) in [(Some(0), 1), (model.band_above, 2)] {
                let Some(above) = above else { continue };
                for (bucket, price) in [("input", Some(model.input)), ("output", model.output)] {
                    let Some(price) = price else { continue };
                    let price = price * times / part;
                    let _ = writeln!(
                        text,
                        "{},{},{bucket},{tier},global,{above},whole_request,{}.{:06},2024-01-01,,false,{SOURCE}",
                        model.provider,
                        model.id,
                        price / USD,
                        price % USD,
                    );
                }
            }
        }
    }
    text
}
