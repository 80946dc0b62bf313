//! `trimtab init`: a commented run file that passes `check`; with a URL, one for what lies there.

use std::collections::BTreeMap;
use std::path::Path;

use url::Url;

use crate::config::{EngineOptions, Stores};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::survey::{Found, Survey, survey};
use crate::project::Project;
use crate::store::Store;

/// The example run file; a test holds that it passes `check`.
pub const EXAMPLE: &str = include_str!("init.toml");

pub(super) async fn run(place: Option<&str>, overlay: Option<&Path>) -> Result<()> {
    let Some(place) = place else {
        super::tell(EXAMPLE);
        return Ok(());
    };
    let project = Project::load(overlay).await?;
    let url = url_of(place)?;
    let engine = Engine::open(&EngineOptions::default()).await?;
    let survey = survey(&engine, &project, &Store::open(&url, &Stores::default())?).await?;
    if survey.found.is_empty() {
        return Err(Error::data(format!("none of {} objects is of a known format", survey.objects))
            .at(format!("at `{url}`"))
            .hint("`trimtab list formats` shows the formats; one of your own is two text files in a --project folder (CONTRIBUTING.md)"));
    }
    super::tell(&run_file(&survey, &url, overlay, &project));
    Ok(())
}

/// A URL, or a folder here.
fn url_of(place: &str) -> Result<Url> {
    let wrong = |reason: String| {
        Error::usage(format!("`{place}` is no URL and no folder"))
            .because(reason)
            .hint("give a folder, s3://bucket/folder/, gs://…, az://… or https://…")
    };
    if place.contains("://") {
        let slash = if place.ends_with('/') { "" } else { "/" };
        return Url::parse(&format!("{place}{slash}")).map_err(|error| wrong(error.to_string()));
    }
    if Path::new(place).is_file() {
        return Err(wrong("it is a file: give the folder that it lies in".into()));
    }
    let folder = std::fs::canonicalize(place).map_err(|error| wrong(error.to_string()))?;
    Url::from_directory_path(&folder).map_err(|()| wrong("it is not a folder".into()))
}

/// The run file: calls first, in the order of rank, then bills and evaluations.
fn run_file(survey: &Survey, url: &Url, overlay: Option<&Path>, project: &Project) -> String {
    let contracts = |found: &Found| -> Vec<String> {
        project.mappings(&found.format).map(|(contract, _)| contract.to_string()).collect()
    };
    let mut found: Vec<&Found> = survey.found.iter().collect();
    let place = |found: &Found| match contracts(found) {
        contracts if contracts.iter().any(|contract| contract == "requests") => 0,
        contracts if contracts.iter().any(|contract| contract == "charges") => 1,
        _ => 2,
    };
    // The format that fills the most columns knows the most of a call: its row is kept when another tells of it too.
    let columns = |found: &Found| {
        let mapped = project.mappings(&found.format).map(|(_, query)| query.sql.matches(" as ").count());
        std::cmp::Reverse(mapped.max().unwrap_or(0))
    };
    found.sort_by_key(|found| (place(found), columns(found), found.format.clone(), found.folder.clone()));
    let mut text = format!(
        "# What lies at {url}: {} objects. Records were recognised by their content, in samples of every layout.\n\
         # Check it: trimtab check --config FILE    Run it: trimtab run --config FILE\n\n\
         state = \"trimtab-out/state/\"\noutput = \"trimtab-out/\"\n",
        survey.objects
    );
    if let Some(overlay) = overlay {
        text += &format!("project = {}\n", quoted(&overlay.display().to_string()));
    }
    text += "\n# In order of rank: when the same call stands in two sources, the first one's row is kept and filled from the others.\n";
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for found in found {
        let count = names.entry(&found.format).or_default();
        *count += 1;
        let name = if *count == 1 { found.format.clone() } else { format!("{}_{count}", found.format) };
        let header = |key: &str| project.sources.get(&found.format).and_then(|table| table.header.get(key));
        text += &format!(
            "\n# {} objects, {} bytes; {} of {} sampled records recognised; format {}, gives {}\n",
            found.objects,
            found.bytes,
            found.recognised,
            found.sampled,
            header("status").unwrap_or("unverified"),
            if header("unusable").is_some() { "nothing".into() } else { contracts(found).join(" and ") },
        );
        if let Some(why) = header("unusable") {
            text += &format!("# gives no call: {why}\n");
        }
        if !found.also.is_empty() {
            text += &format!("# {} knows these records as well: keep one of the two\n", found.also.join(", "));
        }
        if found.is_mixed {
            text += "# objects of other formats lie in the same folder: their records will be rejected or skipped, and counted\n";
        }
        text += &format!(
            "[[sources]]\nname = \"{name}\"\nformat = \"{}\"\nurl = {}\n",
            found.format,
            quoted(&format!("{url}{}", escaped(&found.folder)))
        );
    }
    if !survey.unknown.is_empty() {
        text += "\n# Of no known format, one key of each layout:\n";
        for (key, objects) in &survey.unknown {
            text += &format!("# {objects} objects like {}\n", key.replace(char::is_control, " "));
        }
    }
    text
}

/// A key as the path of a URL.
fn escaped(folder: &str) -> String {
    folder.replace('%', "%25").replace(' ', "%20").replace('#', "%23").replace('?', "%3F")
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.into()).to_string()
}
