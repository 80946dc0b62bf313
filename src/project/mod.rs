//! The text project: schemas, queries, seeds and templates, embedded in the binary, with an overlay folder on top.
//!
//! An overlay (`--project DIR`) has the same tree. A file of the same path replaces ours, a new one is added; seed files
//! are merged row by row ([`seeds`]). Everything is parsed and ordered here, before any data is read.

pub mod graph;
pub mod seeds;

use std::collections::BTreeMap;
use std::path::Path;

use datafusion::sql::parser::Statement;
use rust_embed::Embed;

use crate::error::{Error, Result};
use crate::header::Header;
use crate::schema::Table;
use graph::Layer;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/schemas"]
#[prefix = "schemas/"]
struct Schemas;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/queries"]
#[prefix = "queries/"]
struct Queries;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/src/report/templates"]
#[prefix = "templates/"]
struct Templates;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/sample_data"]
struct SampleData;

/// One relation that a query computes.
#[derive(Debug, Clone)]
pub struct Query {
    /// Relation: the file stem, or `<contract>__<format>` in staging.
    pub name: String,
    /// Folder that it stands in, which decides what it may read.
    pub layer: Layer,
    /// Path inside the project.
    pub path: String,
    /// The text.
    pub sql: String,
    /// The text, parsed.
    pub statement: Statement,
    /// Header comment.
    pub header: Header,
    /// Relations that it reads.
    pub inputs: Vec<String>,
}

impl Query {
    /// Whether each of its rows is about one workload, and nothing of another workload has a part in it (`by_workload:`); what a
    /// lever proposes always is.
    pub fn is_by_workload(&self) -> bool {
        self.layer == Layer::Lever || self.header.get(graph::BY_WORKLOAD).is_some()
    }

    /// Whether its rows stay in the order in which it gives them (`unsorted:`, and why); all others are sorted by their grain.
    pub fn is_unsorted(&self) -> bool {
        self.header.get(graph::UNSORTED).is_some()
    }
}

/// Everything that is text.
#[derive(Debug, Clone)]
pub struct Project {
    /// Queries in the order of the run.
    pub queries: Vec<Query>,
    /// Contracts by relation.
    pub contracts: BTreeMap<String, Table>,
    /// Raw shapes by format.
    pub sources: BTreeMap<String, Table>,
    /// Seed rows by relation.
    pub seeds: BTreeMap<String, seeds::Seed>,
    /// Templates by file name.
    pub templates: BTreeMap<String, String>,
    /// Whether an overlay changed a shape, a contract or a query: what is ours alone plans as it did in our tests.
    pub has_foreign_sql: bool,
}

impl Project {
    /// Loads the embedded project and an overlay.
    ///
    /// # Errors
    /// `Project`, naming file and line, for a missing header key, a wrong seed header, an unknown relation, a forbidden
    /// edge or a cycle.
    pub async fn load(overlay: Option<&Path>) -> Result<Project> {
        let mut files = embedded();
        let mut overlay_seeds = Vec::new();
        let mut has_foreign_sql = false;
        if let Some(folder) = overlay {
            for (path, text) in read_overlay(folder)? {
                match seeds::relation_of(&path) {
                    Some(_) => overlay_seeds.push((path, text)),
                    None => {
                        has_foreign_sql |= path.ends_with(".sql");
                        files.insert(path, text);
                    }
                }
            }
        }
        let mut contracts = BTreeMap::new();
        let mut sources = BTreeMap::new();
        let mut queries = Vec::new();
        let mut templates = BTreeMap::new();
        for (path, text) in &files {
            if let Some(stem) = stem(path, "schemas/contracts/", ".sql") {
                contracts.insert(stem.clone(), named(Table::parse(text, path).await?, &stem, path)?);
            } else if let Some(stem) = stem(path, "schemas/sources/", ".sql") {
                sources.insert(stem.clone(), named(Table::parse(text, path).await?, &stem, path)?);
            } else if path.starts_with("queries/") && path.ends_with(".sql") {
                queries.push(graph::query(path, text)?);
            } else if let Some(name) = path.strip_prefix("templates/") {
                templates.insert(name.to_string(), text.clone());
            }
        }
        let mut seeds = BTreeMap::new();
        for (path, text) in &files {
            if let Some(relation) = seeds::relation_of(path) {
                let contract = contracts.get(&relation).ok_or_else(|| {
                    Error::project(format!("seed `{relation}` has no contract"))
                        .at(format!("at {path}"))
                        .hint(format!("write schemas/contracts/{relation}.sql"))
                })?;
                let extra = overlay_seeds.iter().filter(|(p, _)| p == path).map(|(p, t)| (p.as_str(), t.as_str()));
                seeds
                    .insert(relation, seeds::Seed::load(contract, (path, text), extra.collect::<Vec<_>>().as_slice())?);
            }
        }
        if let Some((path, _)) = overlay_seeds.iter().find(|(path, _)| !files.contains_key(path)) {
            return Err(Error::project(format!("`{path}` is no seed of the project"))
                .hint("seed rows go to queries/seeds/<name>.csv; `trimtab list queries` shows the seeds"));
        }
        if let Some(models) = seeds.get("models") {
            for name in ["model_prices", "model_names"] {
                seeds.get(name).map_or(Ok(()), |seed| seeds::check_models(name, seed, models))?;
            }
        }
        pairs(&sources, &queries)?;
        let known = contracts.keys().cloned().collect();
        let queries = graph::order(queries, &known)?;
        Ok(Project { queries, contracts, sources, seeds, templates, has_foreign_sql })
    }

    /// The contract of a relation, if it has one.
    pub fn contract(&self, relation: &str) -> Option<&Table> {
        self.contracts.get(relation)
    }

    /// Queries of a layer, in the order of the run.
    pub fn layer(&self, layer: Layer) -> impl Iterator<Item = &Query> {
        self.queries.iter().filter(move |query| query.layer == layer)
    }

    /// Mappings of a format, one per contract.
    pub fn mappings<'a>(&'a self, format: &'a str) -> impl Iterator<Item = (&'a str, &'a Query)> {
        self.queries.iter().filter_map(move |query| match &query.layer {
            Layer::Staging(contract) if query.name == format!("{contract}__{format}") => {
                Some((contract.as_str(), query))
            }
            _ => None,
        })
    }
}

/// The files that are baked into the binary (read from disk in a debug build), by project path.
pub fn embedded() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut add = |path: &str, file: Option<rust_embed::EmbeddedFile>| {
        if let Some(file) = file {
            files.insert(path.to_string(), String::from_utf8_lossy(&file.data).into_owned());
        }
    };
    Schemas::iter().for_each(|path| add(&path, Schemas::get(&path)));
    Queries::iter().for_each(|path| add(&path, Queries::get(&path)));
    Templates::iter().for_each(|path| add(&path, Templates::get(&path)));
    files
}

/// Rows, values and traps that the tests check, by format (`schemas/sources/tested.csv`, written by the tests).
pub fn tested_formats() -> BTreeMap<String, [i64; 3]> {
    let text = Schemas::get("schemas/sources/tested.csv")
        .map(|file| String::from_utf8_lossy(&file.data).into_owned())
        .unwrap_or_default();
    let figures = |line: &str| {
        let mut cells = line.split(',');
        let name = cells.next()?.to_string();
        let mut number = || cells.next().and_then(|cell| cell.parse().ok());
        let _cases: i64 = number()?;
        Some((name, [number()?, number()?, number()?]))
    };
    text.lines().skip(1).filter_map(figures).collect()
}

/// The run file of the sample company.
pub fn sample_run_file() -> Option<String> {
    Some(String::from_utf8_lossy(&SampleData::get("trimtab.toml")?.data).into_owned())
}

/// The files of the sample company, by path below `sample_data`.
pub fn sample_data() -> impl Iterator<Item = (String, Vec<u8>)> {
    SampleData::iter().filter_map(|path| Some((path.to_string(), SampleData::get(&path)?.data.into_owned())))
}

fn stem(path: &str, folder: &str, ending: &str) -> Option<String> {
    path.strip_prefix(folder)?.strip_suffix(ending).map(str::to_string)
}

fn named(table: Table, stem: &str, path: &str) -> Result<Table> {
    if table.name == stem {
        return Ok(table);
    }
    Err(Error::project(format!("the file declares `{}`, but is named `{stem}`", table.name))
        .at(format!("at {path}"))
        .hint("file stem and table name are the same word"))
}

/// A raw shape without a mapping, or a mapping without a raw shape, is half a format.
fn pairs(sources: &BTreeMap<String, Table>, queries: &[Query]) -> Result<()> {
    for format in sources.keys() {
        if !queries.iter().any(|q| matches!(&q.layer, Layer::Staging(c) if q.name == format!("{c}__{format}"))) {
            return Err(Error::project(format!("format `{format}` has no mapping"))
                .at(format!("at schemas/sources/{format}.sql"))
                .hint(format!("write queries/staging/requests/{format}.sql (or charges, evaluations)")));
        }
    }
    for query in queries {
        if let Layer::Staging(contract) = &query.layer {
            if !["requests", "charges", "evaluations"].contains(&contract.as_str()) {
                return Err(Error::project(format!("mappings go to no contract `{contract}`"))
                    .at(format!("at {}", query.path))
                    .hint("put the file into queries/staging/requests, charges or evaluations"));
            }
            let format = query.name.trim_start_matches(&format!("{contract}__")).to_string();
            if !sources.contains_key(&format) {
                return Err(Error::project(format!("mapping `{}` has no raw shape", query.name))
                    .at(format!("at {}", query.path))
                    .hint(format!("write schemas/sources/{format}.sql")));
            }
        }
    }
    Ok(())
}

fn read_overlay(folder: &Path) -> Result<Vec<(String, String)>> {
    let unreadable = |error: std::io::Error| {
        Error::project(format!("the project folder `{}` cannot be read", folder.display()))
            .because(error)
            .hint("give --project a folder with schemas/, queries/ or templates/")
    };
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(&next).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let relative: Vec<_> = path.strip_prefix(folder).unwrap_or(&path).components().collect();
            let name = relative.iter().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            if ["schemas/", "queries/", "templates/"].iter().any(|top| name.starts_with(top)) && !name.ends_with(".md")
            {
                found.push((name, std::fs::read_to_string(&path).map_err(unreadable)?));
            } else if [".sql", ".csv", ".j2"].iter().any(|ending| name.ends_with(ending)) {
                return Err(Error::project(format!("`{name}` stands in no folder of a project"))
                    .at(format!("at {}", folder.display()))
                    .hint("an overlay holds schemas/, queries/ and templates/, with the same tree as ours"));
            }
        }
    }
    found.sort();
    Ok(found)
}
