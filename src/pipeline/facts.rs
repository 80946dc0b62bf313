//! What the owner stated in the run file, held to what can be: names that the catalog has, money that somebody can owe, days in
//! order, parameters inside the bounds of `queries/seeds/parameters.csv`.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, StringArray};
use arrow::datatypes::Float64Type;

use crate::config::{Config, Parameter, Pool};
use crate::error::{Error, Result};
use crate::project::Project;

/// Holds the owner's facts to the project.
///
/// # Errors
/// `Usage`, naming the table of the run file and the value.
pub fn verify(project: &Project, config: &Config) -> Result<()> {
    parameters(project, config)?;
    let known = Catalog::of(project);
    let facts = &config.facts;
    for commitment in &facts.commitments {
        let place = format!("[[commitments]] `{}`", commitment.id);
        money(&commitment.usd_per_month, "usd_per_month").map_err(|error| error.at(place.clone()))?;
        known.provider(&commitment.provider).map_err(|error| error.at(place.clone()))?;
        if commitment.reassignable_to.is_some() && !commitment.is_reassignable {
            return Err(Error::usage("reassignable_to names a workload, but the commitment is not reassignable")
                .at(place)
                .hint("write is_reassignable = true, or leave reassignable_to out"));
        }
        if commitment.ends_on <= commitment.starts_on {
            return Err(Error::usage(format!("it ends on {}, before it starts", commitment.ends_on))
                .at(place)
                .hint("ends_on is the first day after the commitment"));
        }
    }
    repeated(facts.commitments.iter().map(|c| format!("[[commitments]] `{}`", c.id)))?;
    repeated(facts.contract_terms.iter().map(|terms| {
        let model = terms.model_id.as_deref().unwrap_or("all models");
        format!("[[contract_terms]] of `{}`, {model}, from {}", terms.provider, terms.valid_from)
    }))?;
    for terms in &facts.contract_terms {
        let place = format!("[[contract_terms]] of `{}`", terms.provider);
        known.provider(&terms.provider).map_err(|error| error.at(place.clone()))?;
        if let Some(model) = &terms.model_id {
            known.model(&terms.provider, model).map_err(|error| error.at(place.clone()))?;
        }
        // Less than a percent is nearly always a share that was meant as percent.
        if !plain(&terms.discount_pct).is_some_and(|pct| pct == 0.0 || (1.0..100.0).contains(&pct)) {
            return Err(Error::usage(format!("a discount of `{}` percent cannot be", terms.discount_pct))
                .at(place)
                .hint("discount_pct is percent off list, 0 or 1 to less than 100, as text: \"15\" is 15 %"));
        }
    }
    repeated(facts.pools.iter().map(|pool| format!("[[pools]] `{}`", pool.id)))?;
    repeated(facts.pools.iter().map(|pool| format!("[[pools]] of model `{}`", pool.model)))?;
    for pool in &facts.pools {
        can_be(pool, &known).map_err(|error| error.at(format!("[[pools]] `{}`", pool.id)))?;
    }
    repeated(facts.quotas.iter().map(|quota| format!("[[quotas]] of model `{}`", quota.model)))?;
    for quota in &facts.quotas {
        let place = format!("[[quotas]] of model `{}`", quota.model);
        known.named(&quota.model).map_err(|error| error.at(place.clone()))?;
        if !(1..=1_000_000_000_000).contains(&quota.tokens_per_minute) {
            return Err(Error::usage(format!("tokens_per_minute cannot be {}", quota.tokens_per_minute))
                .at(place)
                .hint("write the tokens that the provider serves in a minute, input and output together"));
        }
    }
    for benefit in &facts.benefits {
        let place = format!("[[benefits]] of `{}`", benefit.workload);
        money(&benefit.usd_per_month, "usd_per_month").map_err(|error| error.at(place.clone()))?;
        if !["time", "revenue"].contains(&benefit.kind.as_str()) {
            return Err(Error::usage(format!("a benefit of kind `{}` does not exist", benefit.kind))
                .at(place)
                .hint("kind is time or revenue: cash is what the bill goes down by, which is worked out"));
        }
    }
    for provider in &facts.candidate_providers {
        known.provider(provider).map_err(|error| error.at("[candidates]"))?;
    }
    for (id, workload) in &facts.workloads {
        for (provider, model) in workload.candidates.iter().filter_map(|candidate| candidate.split_once('/')) {
            known.model(provider, model).map_err(|error| error.at(format!("[workloads.{id}]")))?;
        }
    }
    match facts.team.capacity_hours {
        Some(hours) if !(0.0..=100_000.0).contains(&hours) => {
            Err(Error::usage(format!("a team of {hours} hours a month cannot be"))
                .hint("correct capacity_hours under [team]"))
        }
        _ => Ok(()),
    }
}

/// A pool serves a model of the catalog, at rates and sizes that can be.
fn can_be(pool: &Pool, known: &Catalog) -> Result<()> {
    known.named(&pool.model)?;
    if let Some(usd) = &pool.usd_per_gpu_hour {
        money(usd, "usd_per_gpu_hour")?;
    }
    let counts = [
        ("prefill_tokens_per_second", Some(pool.prefill_tokens_per_second)),
        ("decode_tokens_per_second", Some(pool.decode_tokens_per_second)),
        ("min_gpus", pool.min_gpus),
        ("max_gpus", pool.max_gpus),
        ("gpu_memory_gb", pool.gpu_memory_gb),
        ("gpus_per_copy", Some(pool.gpus_per_copy)),
    ];
    for (key, count) in counts {
        if count.is_some_and(|count| !(1..=1_000_000_000).contains(&count)) {
            return Err(Error::usage(format!("{key} cannot be {}", count.unwrap_or_default()))
                .hint("write a whole number of at least 1"));
        }
    }
    if pool.max_gpus.is_some_and(|most| most < pool.min_gpus.unwrap_or(1)) {
        return Err(Error::usage("max_gpus is less than min_gpus").hint("correct one of the two"));
    }
    if pool.target_utilisation.is_some_and(|share| !(0.01..=1.0).contains(&share)) {
        return Err(Error::usage("target_utilisation is a share of the busiest hour, 0.01 to 1")
            .hint("0.5 leaves half of the busiest hour free"));
    }
    Ok(())
}

/// A number of digits and a point, as people write money.
fn plain(text: &str) -> Option<f64> {
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| is_plain)
}

/// Two facts of one name would both count, or one of them would win by chance.
fn repeated(names: impl Iterator<Item = String>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        if seen.contains(&name) {
            return Err(Error::usage("the run file states it twice").at(name).hint("leave one of the two out"));
        }
        seen.insert(name);
    }
    Ok(())
}

fn money(text: &str, key: &str) -> Result<()> {
    // Twelve digits before the point are what the relations hold, and more than anybody owes.
    if plain(text).is_some_and(|usd| usd < 1e12) {
        return Ok(());
    }
    Err(Error::usage(format!("{key} cannot be `{text}`")).hint("write dollars as text, not negative: \"1250.00\""))
}

/// Names of the catalog.
struct Catalog {
    providers: BTreeSet<String>,
    models: BTreeSet<(String, String)>,
}

impl Catalog {
    fn of(project: &Project) -> Catalog {
        let mut models: BTreeSet<(String, String)> = BTreeSet::new();
        for seed in ["models", "model_prices"] {
            models.extend(texts(project, seed, "provider").into_iter().zip(texts(project, seed, "model_id")));
        }
        let mut providers: BTreeSet<String> = models.iter().map(|(provider, _)| provider.clone()).collect();
        providers.extend(texts(project, "provider_names", "provider"));
        Catalog { providers, models }
    }

    fn provider(&self, name: &str) -> Result<()> {
        if self.providers.contains(name) {
            return Ok(());
        }
        let known = self.providers.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        Err(Error::usage(format!("the catalog has no provider `{name}`"))
            .at(format!("known: {known}"))
            .hint("correct the name, or add rows for it in an overlay's queries/seeds"))
    }

    /// A model as `provider/model_id`.
    fn named(&self, model: &str) -> Result<()> {
        let (provider, model) = model.split_once('/').ok_or_else(|| {
            Error::usage(format!("`{model}` names no model"))
                .hint("write model = \"provider/model_id\" as in the catalog")
        })?;
        self.model(provider, model)
    }

    fn model(&self, provider: &str, model: &str) -> Result<()> {
        self.provider(provider)?;
        if self.models.contains(&(provider.to_string(), model.to_string())) {
            return Ok(());
        }
        Err(Error::usage(format!("the catalog has no model `{model}` of `{provider}`"))
            .hint("`trimtab list models` shows the names; an overlay adds rows to queries/seeds/models.csv"))
    }
}

fn texts(project: &Project, seed: &str, column: &str) -> Vec<String> {
    let column =
        project.seeds.get(seed).and_then(|seed| seed.rows.column_by_name(column)?.as_string_opt::<i32>().cloned());
    let text = |column: StringArray| column.iter().map(|text| text.unwrap_or_default().to_string()).collect();
    column.map_or_else(Vec::new, text)
}

/// A parameter of the run file bears a name that the method has, is in order, and lies inside its bounds.
fn parameters(project: &Project, config: &Config) -> Result<()> {
    let numbers = |column: &str| -> Vec<Option<f64>> {
        let rows = project.seeds.get("parameters").map(|seed| &seed.rows);
        let column = rows.and_then(|rows| rows.column_by_name(column)?.as_primitive_opt::<Float64Type>());
        column.map_or_else(Vec::new, |column| column.iter().collect())
    };
    let places: BTreeMap<String, usize> =
        texts(project, "parameters", "name").into_iter().enumerate().map(|(place, name)| (name, place)).collect();
    let (least, most, scopes) = (numbers("least"), numbers("most"), texts(project, "parameters", "scopes"));
    for parameter in &config.facts.parameters {
        let Some(place) = places.get(&parameter.name).copied() else {
            return Err(Error::usage(format!("parameter `{}` does not exist", parameter.name))
                .at(format!("known: {}", places.into_keys().collect::<Vec<_>>().join(", ")))
                .hint("correct the name under [[parameters]] in the run file"));
        };
        let bound = |bounds: &[Option<f64>]| bounds.get(place).copied().flatten();
        within(parameter, bound(&least).unwrap_or(f64::NEG_INFINITY), bound(&most).unwrap_or(f64::INFINITY))?;
        scoped(parameter, scopes.get(place).map_or("", String::as_str))?;
    }
    Ok(())
}

/// A value in a scope that no formula reads would be passed over in silence.
fn scoped(parameter: &Parameter, scopes: &str) -> Result<()> {
    let Parameter { name, scope, key, .. } = parameter;
    if !scopes.split('|').any(|known| known == scope) {
        return Err(Error::usage(format!("parameter `{name}` cannot be set for the scope `{scope}`"))
            .at(format!("scopes of `{name}`: {}", scopes.replace('|', ", ")))
            .hint("correct the scope under [[parameters]] in the run file"));
    }
    let hint = match scope.as_str() {
        "all" if !key.is_empty() => "a value for all has no key: leave the key out, or name its scope",
        "workload" if key.is_empty() => "key is the workload's id",
        "pair" if !key.contains('>') => "key is from>to: tokenizer ids for tau, provider/model for the others",
        _ => return Ok(()),
    };
    Err(Error::usage(format!("parameter `{name}` has the scope `{scope}` and the key `{key}`"))
        .at("[[parameters]] in the run file")
        .hint(hint))
}

fn within(parameter: &Parameter, least: f64, most: f64) -> Result<()> {
    let name = &parameter.name;
    let (low, high) = (parameter.low.unwrap_or(parameter.expected), parameter.high.unwrap_or(parameter.expected));
    // Not a number is in no order either.
    if !(low <= parameter.expected && parameter.expected <= high) {
        return Err(Error::usage(format!("parameter `{name}` is not low <= expected <= high"))
            .hint("correct the range under [[parameters]] in the run file"));
    }
    if least <= low && high <= most && high.is_finite() {
        return Ok(());
    }
    let bounds = match most.is_finite() {
        true => format!("{least} to {most}"),
        false => format!("at least {least}"),
    };
    Err(Error::usage(format!("parameter `{name}` is {bounds}; the run file has {low} to {high}"))
        .hint("correct the value under [[parameters]] in the run file"))
}
