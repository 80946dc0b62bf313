//! `trimtab prices`: public lists beside the catalog.

use std::io::Read as _;

use chrono::Utc;

use crate::cli::{ImportArgs, PlaceArgs, SqlFormat};
use crate::error::{Error, Result};
use crate::prices::{self, Conflict, IMPLAUSIBLE_MICRO_USD, Price, dollars};
use crate::project::Project;

/// Conflicts that are printed; the rest is counted.
const SHOWN: usize = 60;

/// What a run found about prices, as it published it.
const WATCH: &str = "select * from price_watch order by finding, due_on, provider, model_id, subject";

pub(super) async fn check(format: SqlFormat, place: PlaceArgs) -> Result<()> {
    super::sql::run(WATCH, None, format, place).await
}

pub(super) async fn import(args: ImportArgs) -> Result<()> {
    let project = Project::load(args.project.as_deref()).await?;
    let mut list = prices::read(args.from.into(), &text(&args)?, &project)
        .map_err(|error| error.at(format!("at {}", args.file.display())))?;
    let is_wanted = |provider: &String| args.provider.is_empty() || args.provider.contains(provider);
    list.prices.retain(|price| is_wanted(&price.key.provider));
    if list.prices.is_empty() {
        let filter = if args.provider.is_empty() {
            ""
        } else {
            "; --provider takes the catalog's names, see `trimtab list models`"
        };
        return Err(Error::usage(format!("`{}` holds no price that could be taken", args.file.display()))
            .at(list
                .skipped
                .iter()
                .map(|(reason, times)| format!("left out {times}: {reason}"))
                .collect::<Vec<_>>()
                .join("\n  "))
            .hint(format!("give the list that --from names{filter}")));
    }
    let day = args.checked_on.unwrap_or_else(|| Utc::now().date_naive());
    let comparison = prices::compare(&project, &list, day)?;
    say!(
        "{} prices read: {} new, {} as in the catalog, {} different on {day}",
        list.prices.len(),
        comparison.new.len(),
        comparison.equal,
        comparison.conflicts.len()
    );
    for (reason, times) in &list.skipped {
        say!("left out {times}: {reason}");
    }
    show(&comparison.conflicts);
    let Some(folder) = &args.to else {
        say!("nothing was written; --to DIR writes the new rows as an overlay");
        return Ok(());
    };
    let is_plausible = |price: &&Price| args.accept_large_changes || price.micro_usd_per_mtok < IMPLAUSIBLE_MICRO_USD;
    let mut wanted: Vec<Price> = comparison.new.iter().filter(is_plausible).cloned().collect();
    for price in comparison.new.iter().filter(|price| !is_plausible(price)) {
        let (key, usd) = (&price.key, dollars(price.micro_usd_per_mtok));
        say!("not taken: {usd} USD per million tokens for {} of {} {}", key.bucket, key.provider, key.model_id);
    }
    if args.take_conflicts {
        let taken = comparison.conflicts.iter().filter(|conflict| args.accept_large_changes || !conflict.is_large());
        // From the day on which the list was got, unless told otherwise: what was billed before was priced by what was
        // known before.
        let from = args.valid_from.unwrap_or(day);
        wanted.extend(taken.map(|conflict| Price { valid_from: Some(from), ..conflict.theirs.clone() }));
    }
    if wanted.is_empty() {
        say!("nothing was written: the list has no row to take");
        return Ok(());
    }
    let from = args.valid_from.unwrap_or(day);
    let name = args.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let source = format!("{} {name}", prices::List::from(args.from).name());
    let written = prices::write(folder, &project, &list, &wanted, from, &source, day)?;
    // What was written must load, or it is of no use.
    Project::load(Some(folder)).await.map_err(|error| error.at("the written overlay does not load"))?;
    written.iter().for_each(|file| say!("{file}"));
    say!("{} price rows; review them, then use them with --project {}", wanted.len(), folder.display());
    Ok(())
}

/// The file's text, inflated.
fn text(args: &ImportArgs) -> Result<String> {
    let wrong = |error: std::io::Error| {
        Error::usage(format!("`{}` cannot be read", args.file.display()))
            .because(error)
            .hint("give the list as its makers publish it: JSON, plain, gzip or zstd")
    };
    let bytes = std::fs::read(&args.file).map_err(wrong)?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map_err(wrong)?;
    } else if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        text = String::from_utf8_lossy(&zstd::decode_all(bytes.as_slice()).map_err(wrong)?).into_owned();
    } else {
        text = String::from_utf8_lossy(&bytes).into_owned();
    }
    Ok(text)
}

fn show(conflicts: &[Conflict]) {
    if conflicts.is_empty() {
        return;
    }
    say!(
        "\n| provider | model | bucket | tier | region | above | ours | theirs | |\n|---|---|---|---|---|---:|---:|---:|---|"
    );
    for conflict in conflicts.iter().take(SHOWN) {
        let key = &conflict.theirs.key;
        say!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            key.provider,
            key.model_id,
            key.bucket,
            key.service_tier,
            key.region_class,
            key.above_prompt_tokens,
            dollars(conflict.ours),
            dollars(conflict.theirs.micro_usd_per_mtok),
            if conflict.is_large() { "more than 5 times" } else { "" }
        );
    }
    if conflicts.len() > SHOWN {
        say!("and {} more", conflicts.len() - SHOWN);
    }
    say!("");
}
