//! The public lists' own shapes. Numbers are read from their text, never through a float.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use arrow::array::AsArray;
use chrono::NaiveDate;
use regex::Regex;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Model, Price, PriceKey, Read, resolve};
use crate::error::{Error, Result};
use crate::project::Project;
use crate::reader::parse_decimal;

/// A public list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// pydantic/genai-prices, `data.json`: has history
    GenaiPrices,
    /// BerriAI/litellm, `model_prices_and_context_window.json`: tiers, no history
    Litellm,
    /// models.dev, `api.json`: no history
    ModelsDev,
}

impl List {
    /// The list's own name.
    pub fn name(self) -> &'static str {
        match self {
            List::GenaiPrices => "genai-prices",
            List::Litellm => "litellm",
            List::ModelsDev => "models.dev",
        }
    }
}

/// Reads a list.
///
/// # Errors
/// `Usage` when the text is not that list.
pub fn read(list: List, text: &str, project: &Project) -> Result<Read> {
    let mut reader = Lists { providers: providers(project), read: Read::default() };
    let done = match list {
        List::GenaiPrices => reader.genai_prices(text),
        List::Litellm => reader.litellm(text),
        List::ModelsDev => reader.models_dev(text),
    };
    done.map_err(|error| {
        Error::usage("the file is not the list that --from names").because(error).hint(
            "give litellm's model_prices_and_context_window.json, genai-prices' data.json or models.dev's api.json",
        )
    })?;
    Ok(resolve::resolve(reader.read, project))
}

/// Provider names of the catalog by the spellings that it knows.
fn providers(project: &Project) -> HashMap<String, String> {
    let column = |name: &str| {
        let rows = &project.seeds.get("provider_names")?.rows;
        rows.column_by_name(name)?.as_string_opt::<i32>().cloned()
    };
    match (column("name"), column("provider")) {
        (Some(names), Some(providers)) => names
            .iter()
            .zip(providers.iter())
            .filter_map(|(name, provider)| Some((name?.to_string(), provider?.to_string())))
            .collect(),
        _ => HashMap::new(),
    }
}

/// One number of a list in millionths, from dollars per million tokens (`per_token` false) or per token.
fn micros(number: &RawValue, per_token: bool) -> Option<i128> {
    let text = number.get().trim_matches('"');
    // Dollars per token at scale 12 are the same digits as dollars per million tokens at scale 6.
    parse_decimal(text, if per_token { 12 } else { 6 })
}

fn number(json: &RawValue) -> Option<i64> {
    json.get().parse().ok().or_else(|| i64::try_from(parse_decimal(json.get(), 0)?).ok())
}

fn flag(json: &RawValue) -> Option<bool> {
    json.get().parse().ok()
}

fn date(json: &RawValue) -> Option<NaiveDate> {
    json.get().trim_matches('"').parse().ok()
}

type Members<'a> = BTreeMap<String, &'a RawValue>;

struct Lists {
    providers: HashMap<String, String>,
    read: Read,
}

impl Lists {
    fn skip(&mut self, reason: impl Into<String>) {
        *self.read.skipped.entry(reason.into()).or_default() += 1;
    }

    /// The catalog's name of a provider; one that it does not know is taken as logs name it.
    fn provider(&self, name: &str) -> String {
        let name = name.to_lowercase();
        self.providers.get(&name).cloned().unwrap_or(name)
    }

    fn price(
        &mut self,
        place: (&str, &str, &str),
        bucket: &str,
        tier: &str,
        above: i64,
        micro: Option<i128>,
        from: Option<NaiveDate>,
    ) {
        let (provider, model_id, region) = place;
        match micro {
            Some(micro) if micro >= 0 => self.read.prices.push(Price {
                key: PriceKey {
                    provider: provider.into(),
                    model_id: model_id.into(),
                    bucket: bucket.into(),
                    service_tier: tier.into(),
                    region_class: region.into(),
                    above_prompt_tokens: above,
                },
                micro_usd_per_mtok: micro,
                valid_from: from,
                is_derived: false,
            }),
            _ => self.skip(format!("the {bucket} price of {provider} {model_id} is negative or no number")),
        }
    }

    /// USD per token; tiers, bands and cache lives stand in the names of the keys.
    fn litellm(&mut self, text: &str) -> serde_json::Result<()> {
        static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(
                "^(input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost\
                 |input_cost_per_audio_token|output_cost_per_audio_token|output_cost_per_reasoning_token\
                 |input_cost_per_image_token|output_cost_per_image_token)(_above_1hr)?(?:_above_([0-9]+)k_tokens)?\
                 (?:_(batches|flex|priority))?$",
            )
            .ok()
        });
        let entries: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
        for (name, entry) in entries.iter().filter(|(name, _)| *name != "sample_spec") {
            let members: Members = serde_json::from_str(entry.get())?;
            let text = |key: &str| members.get(key).map_or("", |value| value.get().trim_matches('"'));
            if !["chat", "completion", "responses", "embedding"].contains(&text("mode")) {
                self.skip(format!("mode `{}` is not billed by the token", text("mode")));
                continue;
            }
            let said = text("litellm_provider");
            let said = if said.starts_with("vertex_ai-") { "vertex_ai" } else { said };
            let provider = self.provider(said);
            let (model, region) = place_of(name, &provider);
            let facts = Model {
                context_window_tokens: members.get("max_input_tokens").and_then(|value| number(value)),
                max_output_tokens: members.get("max_output_tokens").and_then(|value| number(value)),
                has_tools: members.get("supports_function_calling").and_then(|value| flag(value)),
                has_structured_output: members.get("supports_response_schema").and_then(|value| flag(value)),
                has_reasoning: members.get("supports_reasoning").and_then(|value| flag(value)),
                reads_images: Some(members.get("supports_vision").and_then(|value| flag(value)).unwrap_or(false)),
                retires_on: members.get("deprecation_date").and_then(|value| date(value)),
                names: vec![name.clone()],
            };
            self.model(&provider, &model, facts);
            for (key, value) in &members {
                let Some(found) = KEY.as_ref().and_then(|pattern| pattern.captures(key)) else {
                    if key.contains("cost_per_token") || key == "tiered_pricing" {
                        self.skip(format!("`{key}` has no bucket here"));
                    }
                    continue;
                };
                let bucket = match (&found[1], found.get(2).is_some()) {
                    ("input_cost_per_token", _) => "input",
                    ("output_cost_per_token", _) => "output",
                    ("cache_read_input_token_cost", _) => "cache_read",
                    ("cache_creation_input_token_cost", true) => "cache_write_1h",
                    ("cache_creation_input_token_cost", false) => "cache_write_5m",
                    ("input_cost_per_audio_token", _) => "input_audio",
                    ("output_cost_per_audio_token", _) => "output_audio",
                    ("output_cost_per_reasoning_token", _) => "reasoning",
                    ("input_cost_per_image_token", _) => "input_image",
                    _ => "output_image",
                };
                let tier = match found.get(4).map(|tier| tier.as_str()) {
                    Some("batches") => "batch",
                    Some(tier) => tier,
                    None => "standard",
                };
                let above = found.get(3).and_then(|k| k.as_str().parse::<i64>().ok()).map_or(0, |k| k * 1_000);
                self.price((&provider, &model, &region), bucket, tier, above, micros(value, true), None);
            }
        }
        Ok(())
    }

    fn model(&mut self, provider: &str, model: &str, facts: Model) {
        let known = self.read.models.entry((provider.into(), model.into())).or_insert_with(|| facts.clone());
        known.names.extend(facts.names);
        known.names.sort();
        known.names.dedup();
    }

    /// USD per million tokens; history by start date, bands by tiers.
    fn genai_prices(&mut self, text: &str) -> serde_json::Result<()> {
        #[derive(Deserialize)]
        struct Provider<'a> {
            id: String,
            #[serde(borrow)]
            models: Vec<Entry<'a>>,
        }
        #[derive(Deserialize)]
        struct Entry<'a> {
            id: String,
            #[serde(rename = "match", borrow, default)]
            spellings: Option<&'a RawValue>,
            #[serde(borrow)]
            prices: &'a RawValue,
            #[serde(borrow, default)]
            context_window: Option<&'a RawValue>,
        }
        #[derive(Deserialize)]
        struct Dated<'a> {
            #[serde(default)]
            constraint: Option<Constraint>,
            #[serde(borrow)]
            prices: Members<'a>,
        }
        #[derive(Deserialize)]
        struct Constraint {
            #[serde(default)]
            start_date: Option<NaiveDate>,
        }
        #[derive(Deserialize)]
        struct Banded<'a> {
            #[serde(borrow)]
            base: &'a RawValue,
            #[serde(borrow)]
            tiers: Vec<Band<'a>>,
        }
        #[derive(Deserialize)]
        struct Band<'a> {
            start: i64,
            #[serde(borrow)]
            price: &'a RawValue,
        }
        let providers: Vec<Provider> = serde_json::from_str(text)?;
        for list in &providers {
            let named = self.provider(&list.id);
            // The list has one Google for both of its APIs: its pattern of addresses takes in Vertex AI's.
            let providers = match named.as_str() {
                "gcp.gemini" => vec![named, "gcp.vertex_ai".to_string()],
                _ => vec![named],
            };
            for (provider, entry) in
                providers.iter().flat_map(|name| list.models.iter().map(move |entry| (name, entry)))
            {
                let (model, region) = place_of(&entry.id, provider);
                let facts = Model {
                    context_window_tokens: entry.context_window.and_then(number),
                    names: spellings(entry.spellings).into_iter().chain([entry.id.clone()]).collect(),
                    ..Model::default()
                };
                self.model(provider, &model, facts);
                let dated: Vec<Dated> = match entry.prices.get().starts_with('[') {
                    true => serde_json::from_str(entry.prices.get())?,
                    false => vec![Dated { constraint: None, prices: serde_json::from_str(entry.prices.get())? }],
                };
                // What holds outside of some hours is no price of the day either: the model is left to the catalog.
                if dated.iter().any(|part| matches!(part.constraint, Some(Constraint { start_date: None }))) {
                    self.skip("price by time of day");
                    continue;
                }
                for part in dated {
                    let from = part.constraint.and_then(|constraint| constraint.start_date);
                    for (key, value) in &part.prices {
                        let bucket = match key.as_str() {
                            "input_mtok" => "input",
                            "output_mtok" => "output",
                            "cache_read_mtok" => "cache_read",
                            "cache_write_mtok" => "cache_write_5m",
                            "cache_write_1h_mtok" => "cache_write_1h",
                            "input_audio_mtok" => "input_audio",
                            "input_image_mtok" => "input_image",
                            "output_audio_mtok" => "output_audio",
                            "output_image_mtok" => "output_image",
                            "output_reasoning_mtok" => "reasoning",
                            other => {
                                self.skip(format!("`{other}` has no bucket here"));
                                continue;
                            }
                        };
                        let place = (provider.as_str(), model.as_str(), region.as_str());
                        if value.get().starts_with('{') {
                            let banded: Banded = serde_json::from_str(value.get())?;
                            self.price(place, bucket, "standard", 0, micros(banded.base, false), from);
                            for band in banded.tiers {
                                self.price(place, bucket, "standard", band.start, micros(band.price, false), from);
                            }
                        } else {
                            self.price(place, bucket, "standard", 0, micros(value, false), from);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// USD per million tokens, with facts of the models.
    fn models_dev(&mut self, text: &str) -> serde_json::Result<()> {
        #[derive(Deserialize)]
        struct Provider<'a> {
            #[serde(borrow)]
            models: BTreeMap<String, Members<'a>>,
        }
        let providers: BTreeMap<String, Provider> = serde_json::from_str(text)?;
        for (name, list) in &providers {
            let provider = self.provider(name);
            for (id, members) in &list.models {
                let inner = |key: &str| -> Members {
                    members.get(key).and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default()
                };
                let (model, region) = place_of(id, &provider);
                let limit = inner("limit");
                let facts = Model {
                    context_window_tokens: limit.get("context").and_then(|value| number(value)),
                    max_output_tokens: limit.get("output").and_then(|value| number(value)),
                    has_tools: members.get("tool_call").and_then(|value| flag(value)),
                    has_structured_output: members.get("structured_output").and_then(|value| flag(value)),
                    has_reasoning: members.get("reasoning").and_then(|value| flag(value)),
                    reads_images: Some(
                        inner("modalities").get("input").is_some_and(|kinds| kinds.get().contains("\"image\"")),
                    ),
                    retires_on: None,
                    names: vec![id.clone()],
                };
                self.model(&provider, &model, facts);
                for (key, value) in inner("cost") {
                    let bucket = match key.as_str() {
                        "input" | "output" | "cache_read" | "input_audio" | "output_audio" | "reasoning" => {
                            key.as_str()
                        }
                        "cache_write" => "cache_write_5m",
                        other => {
                            self.skip(format!("`cost.{other}` has no bucket here"));
                            continue;
                        }
                    };
                    self.price((&provider, &model, &region), bucket, "standard", 0, micros(value, false), None);
                }
            }
        }
        Ok(())
    }
}

/// Model and region class of a list's key: `provider/`, a region folder and an inference profile's prefix taken off.
fn place_of(key: &str, provider: &str) -> (String, String) {
    if provider != "aws.bedrock" {
        let model = key.rsplit_once('/').map_or(key, |(_, model)| model);
        // Marketplaces name models with their maker: `meta-llama/Llama-3-8b` stays whole where the provider does so.
        let keeps_maker = ["together_ai", "deepinfra", "fireworks_ai", "groq"].contains(&provider);
        let whole =
            key.split_once('/').filter(|(first, _)| first.replace('-', "_") == provider).map_or(key, |(_, rest)| rest);
        return (if keeps_maker { whole } else { model }.to_string(), "global".into());
    }
    let parts: Vec<&str> = key.trim_start_matches("bedrock/").split('/').collect();
    let name = parts.last().copied().unwrap_or(key);
    let region = parts.iter().find(|part| {
        part.matches('-').count() >= 2 && part.chars().last().is_some_and(|c| c.is_ascii_digit()) && **part != name
    });
    match name.split_once('.') {
        Some((class @ ("us" | "eu" | "apac" | "global" | "jp" | "au"), model)) => (model.into(), class.into()),
        _ => (name.into(), region.map_or("us-east-1", |region| region).into()),
    }
}

/// The exact spellings of a matching rule: `equals`, and those under `or`.
fn spellings(rule: Option<&RawValue>) -> Vec<String> {
    let Some(rule) = rule else { return Vec::new() };
    let Ok(members) = serde_json::from_str::<Members>(rule.get()) else { return Vec::new() };
    let mut names: Vec<String> =
        members.get("equals").and_then(|v| serde_json::from_str(v.get()).ok()).into_iter().collect();
    let any: Vec<&RawValue> = members.get("or").and_then(|v| serde_json::from_str(v.get()).ok()).unwrap_or_default();
    for rule in any {
        names.extend(spellings(Some(rule)));
    }
    names
}
