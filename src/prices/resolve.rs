//! What follows from a list together with the catalog: names that the catalog reads otherwise, prices that are implied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, AsArray};
use chrono::NaiveDate;

use super::{Price, PriceKey, Read};
use crate::project::Project;

/// One price per key and first day, by the catalog's ids, with the prices that a list leaves to be understood.
pub(super) fn resolve(mut read: Read, project: &Project) -> Read {
    let aliases = aliases(project);
    let target = |provider: &String, model_id: &String| aliases.get(&(provider.clone(), model_id.clone())).cloned();
    for ((provider, model_id), facts) in std::mem::take(&mut read.models) {
        let id = target(&provider, &model_id).unwrap_or(model_id);
        let known = read.models.entry((provider, id)).or_insert_with(|| facts.clone());
        known.names.extend(facts.names);
        known.names.sort();
        known.names.dedup();
    }
    // What a list says of a model by its id goes before what it says by another name.
    let (mut prices, aliased): (Vec<Price>, Vec<Price>) = std::mem::take(&mut read.prices)
        .into_iter()
        .partition(|price| target(&price.key.provider, &price.key.model_id).is_none());
    prices.extend(aliased.into_iter().map(|mut price| {
        price.key.model_id = target(&price.key.provider, &price.key.model_id).unwrap_or(price.key.model_id);
        price
    }));
    // Two entries of a list may name one model, as an alias and its long spelling do.
    let mut first: HashMap<(PriceKey, Option<NaiveDate>), i128> = HashMap::new();
    let mut doubled = 0;
    prices.retain(|price| match first.get(&(price.key.clone(), price.valid_from)) {
        None => {
            first.insert((price.key.clone(), price.valid_from), price.micro_usd_per_mtok);
            true
        }
        Some(known) => {
            doubled += usize::from(*known != price.micro_usd_per_mtok);
            false
        }
    });
    if doubled > 0 {
        read.skipped.insert("second price of the list for one key".into(), doubled);
    }
    let images = images(&prices, &read);
    prices.extend(images);
    read.prices = prices;
    read
}

/// Models of the catalog by the other names that it knows of them.
fn aliases(project: &Project) -> HashMap<(String, String), String> {
    let column = |name: &str| {
        let rows = &project.seeds.get("model_names")?.rows;
        rows.column_by_name(name)?.as_string_opt::<i32>().cloned()
    };
    let (Some(providers), Some(names), Some(models), Some(regions)) =
        (column("provider"), column("name"), column("model_id"), column("region_class"))
    else {
        return HashMap::new();
    };
    (0..names.len())
        // A name that tells a region is a place of the model, not another name of it.
        .filter(|row| {
            names.value(*row) != models.value(*row) && (regions.is_null(*row) || regions.value(*row).is_empty())
        })
        .map(|row| ((providers.value(row).into(), names.value(row).into()), models.value(row).into()))
        .collect()
}

/// Images are input, and cost what input costs where a list has no price of their own (M 2.2: a row, marked as derived).
fn images(prices: &[Price], read: &Read) -> Vec<Price> {
    let stated: BTreeSet<&PriceKey> =
        prices.iter().filter(|price| price.key.bucket == "input_image").map(|price| &price.key).collect();
    let reads: BTreeMap<_, _> = read.models.iter().map(|(key, facts)| (key, facts.reads_images)).collect();
    prices
        .iter()
        .filter(|price| price.key.bucket == "input")
        .map(|price| {
            let key = PriceKey { bucket: "input_image".into(), ..price.key.clone() };
            Price { key, is_derived: true, ..price.clone() }
        })
        .filter(|price| {
            let model = (price.key.provider.clone(), price.key.model_id.clone());
            !stated.contains(&price.key) && reads.get(&model).copied().flatten() != Some(false)
        })
        .collect()
}
