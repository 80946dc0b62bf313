//! Publishing a run date: manifest says `publishing`, then every object, then manifest says `complete`.
//!
//! Names depend on mart and date only, so that a second run of a date writes the same bytes to the same places.
//!
//! Before the first put, all bytes stand in `<state>/publication/` under their digests, and `<state>/publication.json` is the
//! manifest that is to be. A run that finds it finishes what was published by half, whatever its own run date is: the checks
//! had passed, and a mixed run date must not stay.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::NaiveDate;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::schema::hex;
use crate::store::Store;

const MANIFESTS: &str = "manifest";
const PENDING: &str = "publication.json";
const COPIES: &str = "publication";

/// Objects that are looked at at once: a bucket answers each after tens of milliseconds. Writes go one at a time: of those
/// that are on their way when a run is paused, each may arrive after the run that takes over has published its own.
pub(super) const LOOKS_AT_ONCE: usize = 8;

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

/// The manifest of a run date.
pub(super) fn manifest_key(date: NaiveDate) -> String {
    format!("{MANIFESTS}/run_date={date}/manifest.json")
}

/// A mart of a run date.
pub fn mart_key(name: &str, date: NaiveDate) -> String {
    format!("{name}/run_date={date}/{name}.parquet")
}

/// A page of the summary of a run date.
pub(super) fn page_key(file: &str, date: NaiveDate) -> String {
    format!("summary/run_date={date}/{file}")
}

/// Whether a key is that of a manifest.
pub fn is_manifest(key: &str) -> bool {
    key.split('/').next() == Some(MANIFESTS)
}

/// Everything that is published for a run date, by key below the output.
#[derive(Debug, Default)]
pub struct Publication {
    objects: BTreeMap<String, Bytes>,
}

impl Publication {
    /// Adds a mart.
    pub fn mart(&mut self, name: &str, date: NaiveDate, bytes: Bytes) {
        self.objects.insert(mart_key(name, date), bytes);
    }

    /// Adds a page of the summary.
    pub fn page(&mut self, file: &str, date: NaiveDate, text: String) {
        self.objects.insert(page_key(file, date), Bytes::from(text));
    }

    /// Keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().map(String::as_str)
    }

    /// Writes everything; objects that already hold the bytes are not written again.
    ///
    /// # Errors
    /// `Storage` when a put fails: the manifest then says `publishing`, or still what it said, and the next run goes on.
    pub async fn write(&self, state: &Store, output: &Store, date: NaiveDate, facts: Value) -> Result<()> {
        let plan = self.manifest(date, &facts);
        let complete = encoded(&plan, "complete")?;
        if output.get_if_exists(&manifest_key(date)).await?.as_ref() == Some(&complete) && self.stands(output).await? {
            return Ok(());
        }
        for bytes in self.objects.values() {
            state.put(&copy_key(&digest(bytes)), bytes.clone()).await?;
        }
        state.put(PENDING, complete).await?;
        self.publish(output, date, &plan).await?;
        clear(state).await
    }

    /// Puts every object between the two manifests.
    async fn publish(&self, output: &Store, date: NaiveDate, plan: &Value) -> Result<()> {
        output.put(&manifest_key(date), encoded(plan, "publishing")?).await?;
        for (key, bytes) in &self.objects {
            output.put(key, bytes.clone()).await?;
        }
        output.put(&manifest_key(date), encoded(plan, "complete")?).await
    }

    async fn stands(&self, output: &Store) -> Result<bool> {
        let looks = self
            .objects
            .iter()
            .map(async |(key, bytes)| Ok::<bool, Error>(output.get_if_exists(key).await?.as_ref() == Some(bytes)));
        stream::iter(looks).buffer_unordered(LOOKS_AT_ONCE).try_all(async |is_same| is_same).await
    }

    fn manifest(&self, date: NaiveDate, facts: &Value) -> Value {
        let objects: Vec<Value> = self
            .objects
            .iter()
            .map(|(key, bytes)| json!({ "key": key, "bytes": bytes.len(), "sha256": digest(bytes) }))
            .collect();
        json!({
            "run_date": date.to_string(),
            "trimtab_version": env!("CARGO_PKG_VERSION"),
            "objects": objects,
            "built_from": facts,
        })
    }
}

/// Finishes the publication that a run left half way, and clears away what it kept for that. Gives its run date.
///
/// # Errors
/// `Storage` when a request fails.
pub async fn recover(state: &Store, output: &Store) -> Result<Option<NaiveDate>> {
    let mut finished = None;
    if let Some(plan) = state.get_if_exists(PENDING).await?
        && let Some((date, plan, publication)) = planned(state, &plan).await?
        && is_begun(output, date).await?
    {
        publication.publish(output, date, &plan).await?;
        finished = Some(date);
    }
    clear(state).await?;
    Ok(finished)
}

/// A publication as it was planned; `None` if a copy of its bytes is not what the plan says. A write of a paused run that
/// arrives after its successor's may do that; the run that comes now then publishes its own.
async fn planned(state: &Store, plan: &[u8]) -> Result<Option<(NaiveDate, Value, Publication)>> {
    let plan: Value = serde_json::from_slice(plan).unwrap_or_default();
    let Some(date) = plan["run_date"].as_str().and_then(|date| date.parse().ok()) else { return Ok(None) };
    let mut publication = Publication::default();
    for object in plan["objects"].as_array().into_iter().flatten() {
        let (Some(key), Some(sha256)) = (object["key"].as_str(), object["sha256"].as_str()) else { return Ok(None) };
        match state.get_if_exists(&copy_key(sha256)).await? {
            Some(bytes) if digest(&bytes) == sha256 => publication.objects.insert(key.to_string(), bytes),
            _ => return Ok(None),
        };
    }
    Ok(Some((date, plan, publication)))
}

/// Whether the manifest of a run date says that it is being published.
async fn is_begun(output: &Store, date: NaiveDate) -> Result<bool> {
    Ok(output.get_if_exists(&manifest_key(date)).await?.is_some() && !published(output, date).await?.is_complete)
}

/// The plan goes before the copies: as long as it stands, they do.
async fn clear(state: &Store) -> Result<()> {
    state.delete(PENDING).await?;
    for key in state.keys(COPIES).await? {
        state.delete(&key).await?;
    }
    state.drop_folder(COPIES);
    Ok(())
}

fn copy_key(sha256: &str) -> String {
    format!("{COPIES}/{sha256}")
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn encoded(plan: &Value, status: &str) -> Result<Bytes> {
    let mut manifest = plan.clone();
    manifest["status"] = status.into();
    serde_json::to_vec_pretty(&manifest)
        .map(Bytes::from)
        .map_err(|error| Error::engine("the manifest cannot be encoded").because(error))
}
