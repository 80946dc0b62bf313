//! What a night reads becomes part of the state whole or not at all, wherever it is killed.
//!
//! While objects are read and days are settled, every write goes to `<state>/staged/` and is read back from there. Then one
//! put of `<state>/pending.json` decides: it lists what is moved to its place. A run that finds the list moves everything
//! once more, which changes nothing that was moved already; staged objects without a list were never part of the state.
//! So the days, the ledger that accounts for them and the note of what has to be built again never disagree, even when an
//! object vanishes between a killed night and the next.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::Utc;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::Store;

const PENDING: &str = "pending.json";
const FOLDER: &str = "staged";

/// What a run changed.
#[derive(Debug, Default)]
struct Changes {
    /// By key: the staged object that replaces it and its bytes, or nothing any more.
    by_key: BTreeMap<String, Option<(String, u64)>>,
    /// Staged objects until now: two puts under way at once never share a name.
    names: usize,
}

/// Writes that wait for their commit.
#[derive(Debug)]
pub struct Staged {
    state: Store,
    run_id: String,
    changes: Arc<Mutex<Changes>>,
}

/// The list that decides.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    run_id: String,
    /// Staged object by the key that it replaces.
    puts: BTreeMap<String, String>,
    deletes: Vec<String>,
}

impl Staged {
    /// Begins to collect the writes of a run to a state.
    pub fn begin(state: &Store, run_id: &str) -> Staged {
        Staged { state: state.clone(), run_id: run_id.to_string(), changes: Arc::default() }
    }

    /// The state as it will be: writes are staged, and seen by later reads.
    pub fn store(&self) -> Store {
        self.state.wrapped(|inner, prefix| {
            let (run_id, changes) = (self.run_id.clone(), self.changes.clone());
            Arc::new(Overlay { inner, prefix: prefix.clone(), run_id, changes })
        })
    }

    /// Makes everything that was written part of the state.
    ///
    /// # Errors
    /// `Storage` when a request fails. Once the list stands, the next run finishes what this one could not.
    pub async fn commit(self) -> Result<()> {
        let mut pending = Pending { run_id: self.run_id, puts: BTreeMap::new(), deletes: Vec::new() };
        for (key, change) in std::mem::take(&mut locked(&self.changes).by_key) {
            match change {
                Some((staged, _)) => {
                    pending.puts.insert(key, staged);
                }
                None => pending.deletes.push(key),
            }
        }
        let text = serde_json::to_vec_pretty(&pending)
            .map_err(|error| Error::engine(format!("`{PENDING}` cannot be encoded")).because(error))?;
        self.state.put(PENDING, Bytes::from(text)).await?;
        finish(&self.state, &pending).await
    }

    /// Finishes the commit of a killed run, and clears away what a killed run staged but never committed.
    ///
    /// # Errors
    /// `Storage` when a request fails, `Engine` when the list is broken.
    pub async fn recover(state: &Store) -> Result<()> {
        if let Some(bytes) = state.get_if_exists(PENDING).await? {
            let pending: Pending = serde_json::from_slice(&bytes).map_err(|error| {
                Error::engine(format!("`{PENDING}` of the state is broken"))
                    .because(error)
                    .hint("delete it and run with --full")
            })?;
            finish(state, &pending).await?;
        }
        for key in state.keys(FOLDER).await? {
            state.delete(&key).await?;
        }
        Ok(())
    }
}

/// Moves what a list names. The list goes before the staged objects: as long as it stands, they do.
async fn finish(state: &Store, pending: &Pending) -> Result<()> {
    for (key, staged) in &pending.puts {
        state.put(key, state.get(staged).await?).await?;
    }
    for key in &pending.deletes {
        state.delete(key).await?;
    }
    state.delete(PENDING).await?;
    for staged in pending.puts.values() {
        state.delete(staged).await?;
    }
    Ok(())
}

fn locked(changes: &Mutex<Changes>) -> MutexGuard<'_, Changes> {
    changes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A store that stages writes beside what it holds.
#[derive(Debug)]
struct Overlay {
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    run_id: String,
    changes: Arc<Mutex<Changes>>,
}

impl Overlay {
    fn key(&self, location: &Path) -> String {
        location.prefix_match(&self.prefix).map_or_else(
            || location.to_string(),
            |parts| parts.map(|part| part.as_ref().to_string()).collect::<Vec<_>>().join("/"),
        )
    }

    fn place(&self, key: &str) -> object_store::Result<Path> {
        Ok(Path::parse(format!("{}/{key}", self.prefix).trim_start_matches('/'))?)
    }

    async fn put(&self, location: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        if options.mode != PutMode::Overwrite {
            return Err(unknown("a conditional put"));
        }
        let key = self.key(location);
        let staged = {
            let mut changes = locked(&self.changes);
            changes.names += 1;
            // Names without folders: a local store leaves empty folders behind.
            let staged = format!("{FOLDER}/{}-{:06}", self.run_id, changes.names);
            changes.by_key.insert(key, Some((staged.clone(), payload.content_length() as u64)));
            staged
        };
        self.inner.put_opts(&self.place(&staged)?, payload, options).await
    }

    async fn get(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        let change = locked(&self.changes).by_key.get(&self.key(location)).cloned();
        match change {
            Some(Some((staged, _))) => self.inner.get_opts(&self.place(&staged)?, options).await,
            Some(None) => {
                Err(StoreError::NotFound { path: location.to_string(), source: "deleted by this run".into() })
            }
            None => self.inner.get_opts(location, options).await,
        }
    }
}

fn unknown(operation: &str) -> StoreError {
    StoreError::NotImplemented { operation: operation.into(), implementer: "staged writes".into() }
}

impl fmt::Display for Overlay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "staged over {}", self.inner)
    }
}

impl ObjectStore for Overlay {
    fn put_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> BoxFuture<'t, object_store::Result<PutResult>>
    where
        'a: 't,
        'b: 't,
    {
        Box::pin(self.put(location, payload, options))
    }

    fn put_multipart_opts<'a, 'b, 't>(
        &'a self,
        _location: &'b Path,
        _options: PutMultipartOptions,
    ) -> BoxFuture<'t, object_store::Result<Box<dyn MultipartUpload>>>
    where
        'a: 't,
        'b: 't,
    {
        Box::pin(async { Err(unknown("a put in parts")) })
    }

    fn get_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        options: GetOptions,
    ) -> BoxFuture<'t, object_store::Result<GetResult>>
    where
        'a: 't,
        'b: 't,
    {
        Box::pin(self.get(location, options))
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let (changes, prefix) = (self.changes.clone(), self.prefix.clone());
        let (inner, run_id) = (self.inner.clone(), self.run_id.clone());
        let this = Overlay { inner, prefix, run_id, changes };
        locations
            .map_ok(move |location| {
                locked(&this.changes).by_key.insert(this.key(&location), None);
                location
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let changes = locked(&self.changes).by_key.clone();
        let below = prefix.cloned().unwrap_or_default();
        let mut staged = Vec::new();
        for (key, change) in &changes {
            let (Ok(location), Some((_, size))) = (self.place(key), change) else { continue };
            if location.prefix_matches(&below) {
                let (last_modified, size) = (Utc::now(), *size);
                staged.push(Ok(ObjectMeta { location, last_modified, size, e_tag: None, version: None }));
            }
        }
        let hidden: Vec<Path> = changes.keys().filter_map(|key| self.place(key).ok()).collect();
        let listed = self.inner.list(prefix).try_filter(move |meta| {
            let is_seen = !hidden.contains(&meta.location);
            async move { is_seen }
        });
        listed.chain(stream::iter(staged)).boxed()
    }

    fn list_with_delimiter<'a, 'b, 't>(
        &'a self,
        _prefix: Option<&'b Path>,
    ) -> BoxFuture<'t, object_store::Result<ListResult>>
    where
        'a: 't,
        'b: 't,
    {
        Box::pin(async { Err(unknown("a listing by folder")) })
    }

    fn copy_opts<'a, 'b, 'c, 't>(
        &'a self,
        _from: &'b Path,
        _to: &'c Path,
        _options: CopyOptions,
    ) -> BoxFuture<'t, object_store::Result<()>>
    where
        'a: 't,
        'b: 't,
        'c: 't,
    {
        Box::pin(async { Err(unknown("a copy")) })
    }
}
