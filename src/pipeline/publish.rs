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
        let key = format!("manifest/run_date={date}/manifest.json");
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
