//! A URL and the object store behind it: list, get, put. Knows no SQL.
//!
//! Every store that `object_store` knows works here: `file:`, `memory:`, `s3:`, `gs:`, `az:` and `http:` (read only).
//! Options and credentials come from the run file's `[[stores]]` and the environment's usual variables.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload, PutResult, UpdateVersion};
use url::Url;

use crate::config::StoreOptions;
use crate::error::{Error, Result};
use crate::requests::Hooked;

/// The process's one in-memory store: `memory:` URLs of the sample and of tests share it.
static MEMORY: LazyLock<Arc<object_store::memory::InMemory>> = LazyLock::new(Arc::default);

/// Stores that the embedding program brought: `memory://NAME/` is the one that bears the name.
static MOUNTED: Mutex<BTreeMap<String, Arc<dyn ObjectStore>>> = Mutex::new(BTreeMap::new());

/// Lets `memory://NAME/` be a store of the embedding program's own, replacing what bore the name.
pub fn mount(name: &str, store: Arc<dyn ObjectStore>) {
    MOUNTED.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), store);
}

/// The store of a `memory:` URL.
fn memory(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    let Some(name) = url.host_str() else { return Ok(MEMORY.clone()) };
    let mounted = MOUNTED.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    mounted.ok_or_else(|| {
        Error::usage(format!("no store is mounted as `{name}`"))
            .at(format!("at `{url}`"))
            .hint("`memory:///folder/` is this process's own memory; names are for programs that embed trimtab")
    })
}

/// What an object was when it was read or written: the condition of the next write.
#[derive(Debug, Clone)]
pub struct Version(UpdateVersion);

/// An object store and the prefix inside it that a URL names.
#[derive(Debug, Clone)]
pub struct Store {
    url: Url,
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// What a listing says of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Key below the store's URL.
    pub key: String,
    /// Bytes as stored.
    pub size: i64,
    /// Version: the store's etag, else size and time.
    pub etag: String,
    /// Time of the last change.
    pub last_modified: DateTime<Utc>,
}

impl Store {
    /// Opens the store of a URL. No request is made.
    ///
    /// # Errors
    /// `Usage` for a URL that no store serves, `Storage` for credentials that cannot be read.
    pub fn open(url: &Url, options: &[StoreOptions]) -> Result<Store> {
        let options = options.iter().filter(|store| url.as_str().starts_with(&store.url));
        let pairs: Vec<(String, String)> = options.flat_map(|store| store.options.clone()).collect();
        let (inner, prefix): (Arc<dyn ObjectStore>, Path) = match url.scheme() {
            "memory" => (memory(url)?, Path::from_url_path(url.path()).map_err(|e| bad_url(url, e))?),
            "file" => {
                let path = url.to_file_path().map_err(|()| Error::usage(format!("`{url}` is no local path")))?;
                let prefix = Path::from_absolute_path(path).map_err(|e| bad_url(url, e))?;
                (Arc::new(object_store::local::LocalFileSystem::new().with_automatic_cleanup(false)), prefix)
            }
            "s3" | "s3a" | "gs" | "az" | "abfs" | "abfss" | "http" | "https" => {
                let environment = std::env::vars()
                    .filter(|(key, _)| ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|cloud| key.starts_with(cloud)));
                let all = environment.map(|(key, value)| (key.to_lowercase(), value)).chain(pairs);
                let (store, prefix) = object_store::parse_url_opts(url, all).map_err(|error| {
                    Error::storage(format!("the store of `{url}` cannot be opened"))
                        .because(error)
                        .hint("check the credentials in the environment and the options under [[stores]]")
                })?;
                (Arc::from(store), prefix)
            }
            other => {
                return Err(Error::usage(format!("`{other}:` is no known kind of store"))
                    .at(format!("at `{url}`"))
                    .hint("use a local path, s3://, gs://, az:// or https:// (read only)"));
            }
        };
        Ok(Store { url: url.clone(), inner: Hooked::counted(inner), prefix })
    }

    /// The URL that was opened.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The object store itself, for the engine's registry.
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        self.inner.clone()
    }

    /// The same store with a longer prefix.
    pub fn join(&self, folder: &str) -> Result<Store> {
        let url = self.url.join(&format!("{folder}/")).map_err(|e| Error::usage("no URL").because(e))?;
        let prefix = folder.split('/').fold(self.prefix.clone(), |path, part| path.join(part));
        Ok(Store { url, inner: self.inner.clone(), prefix })
    }

    fn path(&self, key: &str) -> Result<Path> {
        let full = format!("{}/{}", self.prefix, key);
        Path::parse(full.trim_start_matches('/')).map_err(|error| bad_url(&self.url, error))
    }

    /// Every object below the URL, ordered by key.
    ///
    /// # Errors
    /// `Storage` when the listing fails, or when a local folder does not exist.
    pub async fn list(&self) -> Result<Vec<Listed>> {
        if self.url.scheme() == "file" {
            let path = self.url.to_file_path().unwrap_or_default();
            if !path.exists() {
                return Err(Error::storage(format!("`{}` does not exist", path.display()))
                    .hint("check the url in the run file; relative ones start at the run file's folder"));
            }
        }
        let located = |error: object_store::Error| Error::from(error).at(format!("listing `{}`", self.url));
        let all: Vec<_> = self.inner.list(Some(&self.prefix)).try_collect().await.map_err(located)?;
        let mut listed: Vec<Listed> = all
            .into_iter()
            .filter_map(|meta| {
                let parts: Vec<_> = meta.location.prefix_match(&self.prefix)?.map(|p| p.as_ref().to_string()).collect();
                let etag =
                    meta.e_tag.unwrap_or_else(|| format!("{}-{}", meta.size, meta.last_modified.timestamp_micros()));
                (!parts.is_empty()).then(|| Listed {
                    key: parts.join("/"),
                    size: meta.size as i64,
                    etag,
                    last_modified: meta.last_modified,
                })
            })
            .collect();
        listed.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(listed)
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn get(&self, key: &str) -> Result<Bytes> {
        let located = |error: object_store::Error| Error::from(error).at(format!("reading `{key}` of `{}`", self.url));
        self.inner.get(&self.path(key)?).await.map_err(located)?.bytes().await.map_err(located)
    }

    /// The bytes of an object, or `None` when it does not exist.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn get_if_exists(&self, key: &str) -> Result<Option<Bytes>> {
        match self.inner.get(&self.path(key)?).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::from(error).at(format!("reading `{key}` of `{}`", self.url))),
        }
    }

    /// Writes an object in one atomic put.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        self.inner.put(&self.path(key)?, PutPayload::from_bytes(bytes)).await.map_err(|error| {
            Error::from(error).at(format!("writing `{key}` to `{}`", self.url)).hint("check that the place is writable")
        })?;
        Ok(())
    }

    /// Deletes an object; one that does not exist is no error.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn delete(&self, key: &str) -> Result<()> {
        match self.inner.delete(&self.path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::from(error).at(format!("deleting `{key}` of `{}`", self.url))),
        }
    }

    /// Proves that the place can be written, before any work is done.
    ///
    /// # Errors
    /// `Storage` when it cannot.
    pub async fn prove_writable(&self) -> Result<()> {
        let key = ".trimtab-write-test";
        self.put(key, Bytes::from_static(b"trimtab")).await?;
        self.delete(key).await
    }

    /// The same place behind a wrapper, which gets the store and the prefix inside it.
    #[must_use]
    pub fn wrapped(&self, wrap: impl FnOnce(Arc<dyn ObjectStore>, &Path) -> Arc<dyn ObjectStore>) -> Store {
        Store { inner: wrap(self.inner.clone(), &self.prefix), ..self.clone() }
    }

    /// Keys below a folder, in order; a folder that does not exist has none.
    ///
    /// # Errors
    /// `Storage` when the listing fails.
    pub async fn keys(&self, folder: &str) -> Result<Vec<String>> {
        let prefix = self.path(folder)?;
        let located =
            |error: object_store::Error| Error::from(error).at(format!("listing `{folder}` of `{}`", self.url));
        let found: Vec<_> = self.inner.list(Some(&prefix)).try_collect().await.map_err(located)?;
        let key = |meta: object_store::ObjectMeta| {
            let parts: Vec<_> = meta.location.prefix_match(&self.prefix)?.map(|p| p.as_ref().to_string()).collect();
            Some(parts.join("/"))
        };
        let mut keys: Vec<String> = found.into_iter().filter_map(key).collect();
        keys.sort();
        Ok(keys)
    }

    /// The bytes of an object with its version, or `None` when it does not exist.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn get_versioned(&self, key: &str) -> Result<Option<(Bytes, Version)>> {
        let located = |error: object_store::Error| Error::from(error).at(format!("reading `{key}` of `{}`", self.url));
        match self.inner.get(&self.path(key)?).await {
            Ok(found) => {
                let version =
                    Version(UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() });
                Ok(Some((found.bytes().await.map_err(located)?, version)))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(located(error)),
        }
    }

    /// Writes an object that may not exist yet.
    ///
    /// # Errors
    /// `Storage` when it exists, or when the put fails; the object may stand all the same when only the reply was lost.
    pub async fn create(&self, key: &str, bytes: Bytes) -> Result<Version> {
        self.put_if(key, bytes, PutMode::Create).await
    }

    /// Replaces an object that is still the one that was read or written before.
    ///
    /// # Errors
    /// `Storage` when it changed, or when the put fails; the object may stand all the same when only the reply was lost.
    pub async fn update(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Version> {
        self.put_if(key, bytes, PutMode::Update(version.0.clone())).await
    }

    async fn put_if(&self, key: &str, bytes: Bytes, mode: PutMode) -> Result<Version> {
        match self.inner.put_opts(&self.path(key)?, PutPayload::from_bytes(bytes), mode.into()).await {
            Ok(PutResult { e_tag, version }) => Ok(Version(UpdateVersion { e_tag, version })),
            Err(error) => {
                let is_unknown = matches!(error, object_store::Error::NotImplemented { .. });
                let failed = Error::from(error).at(format!("writing `{key}` to `{}`", self.url));
                Err(if is_unknown { failed.hint("use a store that takes conditional puts by ETag") } else { failed })
            }
        }
    }
}

fn bad_url(url: &Url, error: object_store::path::Error) -> Error {
    Error::usage(format!("`{url}` is no usable place")).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_listed_read_and_deleted() {
        let store = Store::open(&Url::parse("memory:///store_test/a/").unwrap(), &[]).unwrap();
        store.put("x/y.json", Bytes::from_static(b"{}")).await.unwrap();
        let listed = store.list().await.unwrap();
        assert_eq!(listed.iter().map(|l| l.key.as_str()).collect::<Vec<_>>(), ["x/y.json"]);
        assert_eq!(store.get("x/y.json").await.unwrap(), Bytes::from_static(b"{}"));
        store.delete("x/y.json").await.unwrap();
        assert!(store.get_if_exists("x/y.json").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_missing_folder_is_an_error_not_an_empty_source() {
        let store = Store::open(&Url::parse("file:///nowhere/at/all/").unwrap(), &[]).unwrap();
        let error = store.list().await.unwrap_err();
        assert_eq!(error.kind().exit_code(), 3);
    }

    #[test]
    fn an_unknown_scheme_is_refused() {
        assert!(Store::open(&Url::parse("ftp://x/").unwrap(), &[]).is_err());
    }
}
