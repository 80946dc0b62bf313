//! Publishing a run date: manifest says `publishing`, then every object, then manifest says `complete`.
//!
//! Names depend on mart and date only, so that a second run of a date writes the same bytes to the same places.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::NaiveDate;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::schema::hex;
use crate::store::Store;

const MANIFESTS: &str = "manifest";

/// A run date that was published, or is being published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// Run date.
    pub run_date: NaiveDate,
    /// Every object of it is the one that the manifest names.
    pub is_complete: bool,
}

/// The latest run date that has a manifest.
///
/// # Errors
/// `Storage` when the output cannot be read.
pub async fn latest(output: &Store) -> Result<Option<Published>> {
    match dates(output).await?.last() {
        Some(run_date) => published(output, *run_date).await.map(Some),
        None => Ok(None),
    }
}

/// The latest run date whose publication is complete.
///
/// # Errors
/// `Storage` when the output cannot be read.
pub async fn latest_complete(output: &Store) -> Result<Option<NaiveDate>> {
    for run_date in dates(output).await?.into_iter().rev() {
        if published(output, run_date).await?.is_complete {
            return Ok(Some(run_date));
        }
    }
    Ok(None)
}

/// Run dates that have a manifest, the earliest first.
async fn dates(output: &Store) -> Result<Vec<NaiveDate>> {
    let keys = output.keys(MANIFESTS).await?;
    let date = |key: &String| key.split('/').find_map(|part| part.strip_prefix("run_date=")?.parse().ok());
    Ok(keys.iter().filter_map(date).collect())
}

async fn published(output: &Store, run_date: NaiveDate) -> Result<Published> {
    let manifest = output.get_if_exists(&manifest_key(run_date)).await?.unwrap_or_default();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap_or_default();
    Ok(Published { run_date, is_complete: manifest["status"] == "complete" })
}

fn manifest_key(date: NaiveDate) -> String {
    format!("{MANIFESTS}/run_date={date}/manifest.json")
}

/// Everything that is published for a run date, by key below the output.
#[derive(Debug, Default)]
pub struct Publication {
    objects: BTreeMap<String, Bytes>,
}

impl Publication {
    /// Adds a mart.
    pub fn mart(&mut self, name: &str, date: NaiveDate, bytes: Bytes) {
        self.objects.insert(format!("{name}/run_date={date}/{name}.parquet"), bytes);
    }

    /// Adds a page of the summary.
    pub fn page(&mut self, file: &str, date: NaiveDate, text: String) {
        self.objects.insert(format!("summary/run_date={date}/{file}"), Bytes::from(text));
    }

    /// Keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().map(String::as_str)
    }

    /// Writes everything; objects that already hold the bytes are not written again.
    ///
    /// # Errors
    /// `Storage` when a put fails: the manifest then still says `publishing`.
    pub async fn write(&self, output: &Store, date: NaiveDate, facts: Value) -> Result<()> {
        let key = manifest_key(date);
        let complete = self.manifest(date, "complete", &facts)?;
        if output.get_if_exists(&key).await?.as_ref() == Some(&complete) && self.stands(output).await? {
            return Ok(());
        }
        output.put(&key, self.manifest(date, "publishing", &facts)?).await?;
        for (key, bytes) in &self.objects {
            output.put(key, bytes.clone()).await?;
        }
        output.put(&key, complete).await
    }

    async fn stands(&self, output: &Store) -> Result<bool> {
        for (key, bytes) in &self.objects {
            if output.get_if_exists(key).await?.as_ref() != Some(bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn manifest(&self, date: NaiveDate, status: &str, facts: &Value) -> Result<Bytes> {
        let objects: Vec<Value> = self
            .objects
            .iter()
            .map(|(key, bytes)| json!({ "key": key, "bytes": bytes.len(), "sha256": hex(&Sha256::digest(bytes)) }))
            .collect();
        let manifest = json!({
            "status": status,
            "run_date": date.to_string(),
            "trimtab_version": env!("CARGO_PKG_VERSION"),
            "objects": objects,
            "built_from": facts,
        });
        serde_json::to_vec_pretty(&manifest)
            .map(Bytes::from)
            .map_err(|error| Error::engine("the manifest cannot be encoded").because(error))
    }
}
