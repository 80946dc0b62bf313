//! A source's format: its raw shape, its mappings and what its header says about object keys.

use regex::Regex;
use sha2::{Digest, Sha256};

use super::snapshots::Snapshots;
use crate::config::Source;
use crate::error::{Error, Result};
use crate::project::{Project, Query};
use crate::reader::{FileFormat, RawTable};
use crate::schema::{Table, hex};

/// A format with everything that reading needs.
pub(super) struct Format<'a> {
    pub(super) table: &'a Table,
    pub(super) mappings: Vec<(&'a str, &'a Query)>,
    /// How whole objects restate each other; `None`: every object counts.
    pub(super) snapshots: Option<Snapshots>,
    pub(super) digest: String,
    objects: Option<Regex>,
    skip: Option<Regex>,
}

impl<'a> Format<'a> {
    pub(super) fn find(project: &'a Project, source: &'a Source) -> Result<Format<'a>> {
        let table = project.sources.get(&source.format).ok_or_else(|| unknown_format(project, source))?;
        let mappings: Vec<_> = project.mappings(&source.format).collect();
        let pattern = |key: &str| table.header.get(key).map(|text| expression(table, key, text)).transpose();
        let mut digest = Sha256::new_with_prefix(&table.digest);
        mappings.iter().for_each(|(_, query)| digest.update(&query.sql));
        digest.update([u8::from(source.is_fingerprinted)]);
        let digest = hex(&digest.finalize()[..8]);
        let (objects, skip, snapshots) = (pattern("objects")?, pattern("skip")?, Snapshots::of(table)?);
        Ok(Format { table, mappings, snapshots, digest, objects, skip })
    }

    /// Holds records.
    pub(super) fn holds(&self, key: &str) -> bool {
        let looks_so = self.objects.as_ref().is_none_or(|pattern| pattern.is_match(key));
        looks_so && !self.skips(key) && !self.is_manifest(key)
    }

    /// Holds logs of requests alone: nothing in it is stated again, weeks later, in a folder of its old day.
    pub(super) fn is_log(&self) -> bool {
        self.snapshots.is_none() && self.mappings.iter().all(|(contract, _)| *contract == "requests")
    }

    /// Names the objects that count, and holds no records itself.
    pub(super) fn is_manifest(&self, key: &str) -> bool {
        self.snapshots.as_ref().is_some_and(|snapshots| snapshots.is_manifest(key))
    }

    /// The select that counts the registered raw rows which the format knows as its own; a format without
    /// `recognised_by:` has none.
    pub(super) fn counts_known(&self) -> Option<String> {
        let predicate = self.table.header.get("recognised_by")?;
        Some(format!("select count(*) filter (where {predicate}) as known from {}", self.table.name))
    }

    /// Known to be no records.
    pub(super) fn skips(&self, key: &str) -> bool {
        self.skip.as_ref().is_some_and(|pattern| pattern.is_match(key))
    }
}

/// The error for a `recognised_by:` that the engine refuses.
pub(super) fn no_predicate(table: &Table, error: Error) -> Error {
    Error::project("`recognised_by:` is no predicate over the raw columns")
        .at(format!("at {}", table.path))
        .because(error)
        .hint("write a condition as in a `where`, over the columns that the file declares")
}

/// A regular expression of a header.
pub(super) fn expression(table: &Table, key: &str, text: &str) -> Result<Regex> {
    Regex::new(text).map_err(|error| {
        Error::project(format!("`{key}:` is no regular expression"))
            .at(format!("at {}", table.path))
            .because(error)
            .hint("write it in the syntax of Rust's `regex`")
    })
}

/// What the reader has to know of a format.
pub(super) fn raw_table(table: &Table) -> RawTable {
    let delimiter = table.options.get("delimiter").and_then(|text| text.bytes().next()).unwrap_or(b',');
    let null_text = table.options.get("null_value").cloned();
    let file = match table.file_type.as_str() {
        "csv" => FileFormat::Csv { delimiter, null_text },
        "parquet" => FileFormat::Parquet,
        _ => FileFormat::Json,
    };
    RawTable { name: table.name.clone(), file, schema: table.schema.clone() }
}

/// The error for a source whose format is in no project file.
pub fn unknown_format(project: &Project, source: &Source) -> Error {
    let known: Vec<&str> = project.sources.keys().map(String::as_str).collect();
    Error::usage(format!("source `{}` has the unknown format `{}`", source.name, source.format))
        .at(format!("known formats: {}", known.join(", ")))
        .hint("correct the format, or add it with two text files in a --project folder (CONTRIBUTING.md, recipe a)")
}
