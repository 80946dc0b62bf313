//! A URL and the object store behind it: list, get, put. Knows no SQL.
//!
//! `file:`, `memory:`, `s3:`, `gs:`, `az:` and `https:` (read only) are served. Options and credentials come from the
//! run file's `[[stores]]` and the environment's usual variables; limits of requests from its `[engine]`. [`dates`] is
//! how a night lists recent days only; `open` builds the clients, `refusal` says what an error means.

pub mod dates;
mod local;
mod open;
mod recent;
mod refusal;
mod version;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};
use url::Url;

use crate::config::Stores;
use crate::error::{Error, Result};
use crate::wire::{Counts, Wire};
pub use open::mount;
pub use version::Version;

/// How often a body is asked for that breaks off.
const BODY_TRIES: u32 = 4;

/// An object store and the prefix inside it that a URL names.
#[derive(Clone)]
pub struct Store {
    url: Url,
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Over plain HTTP, a URL without a slash at its end is one object, of this name.
    only: Option<String>,
    is_read_only: bool,
    /// A local folder that nothing wraps: what stands there may be looked at without the client.
    is_plain_folder: bool,
    wire: Arc<Wire>,
    secrets: Arc<[String]>,
}

/// Without the secrets that errors are cleaned of.
impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("url", &self.url.as_str()).finish()
    }
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
    /// `Usage` for a URL that no store serves or an option that it does not have, `Storage` for credentials that cannot
    /// be read.
    pub fn open(url: &Url, stores: &Stores) -> Result<Store> {
        let opened = open::open(url, stores)?;
        let (mut url, mut prefix, mut only) = (url.clone(), opened.prefix, None);
        if opened.is_read_only && !url.path().ends_with('/') {
            only = prefix.filename().map(str::to_string);
            let parts: Vec<_> = prefix.parts().collect();
            prefix = parts.into_iter().rev().skip(1).rev().collect();
            url = url.join(".").map_err(|error| Error::usage(format!("`{url}` is no usable place")).because(error))?;
        }
        Ok(Store {
            url,
            inner: opened.inner,
            prefix,
            only,
            is_read_only: opened.is_read_only,
            is_plain_folder: opened.is_folder,
            wire: stores.wire.clone(),
            secrets: opened.secrets.into(),
        })
    }

    /// The URL that was opened.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The object store itself, for the engine's registry.
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        self.inner.clone()
    }

    /// Requests that went over the wire of this store's run so far.
    pub fn counts(&self) -> Counts {
        self.wire.counts()
    }

    /// The same place behind a wrapper, which gets the store and the prefix inside it.
    #[must_use]
    pub fn wrapped(&self, wrap: impl FnOnce(Arc<dyn ObjectStore>, &Path) -> Arc<dyn ObjectStore>) -> Store {
        Store { inner: wrap(self.inner.clone(), &self.prefix), is_plain_folder: false, ..self.clone() }
    }

    /// The same store with a longer prefix.
    ///
    /// # Errors
    /// `Usage` when the folder makes no URL.
    pub fn join(&self, folder: &str) -> Result<Store> {
        let url = self.url.join(&format!("{folder}/")).map_err(|e| Error::usage("no URL").because(e))?;
        let prefix = folder.split('/').fold(self.prefix.clone(), |path, part| path.join(part));
        Ok(Store { url, prefix, only: None, ..self.clone() })
    }

    fn path(&self, key: &str) -> Result<Path> {
        let full = format!("{}/{}", self.prefix, key);
        Path::parse(full.trim_start_matches('/')).map_err(|error| bad_url(&self.url, error))
    }

    fn refused(&self, error: &object_store::Error, what: &str) -> Error {
        refusal::refusal(error, what, Some(&self.url), &self.secrets)
    }

    fn unlisted(&self, error: &object_store::Error) -> Error {
        refusal::refusal(error, &format!("listing `{}`", self.url), None, &self.secrets)
    }

    /// Every object below the URL, ordered by key.
    ///
    /// # Errors
    /// `Storage` when the listing fails, or when a local folder does not exist.
    pub async fn list(&self) -> Result<Vec<Listed>> {
        self.exists()?;
        if let Some(key) = &self.only {
            let meta = self.inner.head(&self.path(key)?).await;
            let meta = meta.map_err(|error| self.refused(&error, &format!("reading `{key}`")))?;
            return Ok(self.listed(meta).into_iter().collect());
        }
        let mut listed = self.below_path(&self.prefix).await?;
        listed.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(listed)
    }

    /// Keys below a folder, in order; a folder that does not exist has none.
    ///
    /// # Errors
    /// `Storage` when the listing fails.
    pub async fn keys(&self, folder: &str) -> Result<Vec<String>> {
        let mut keys: Vec<String> = self.below(folder).await?.into_iter().map(|object| object.key).collect();
        keys.sort();
        Ok(keys)
    }

    /// Objects below a folder, in the store's order; a folder that does not exist has none.
    ///
    /// # Errors
    /// `Storage` when the listing fails.
    pub async fn below(&self, folder: &str) -> Result<Vec<Listed>> {
        self.below_path(&self.path(folder)?).await
    }

    /// Objects below a path, in the store's order.
    async fn below_path(&self, path: &Path) -> Result<Vec<Listed>> {
        let mut objects = self.inner.list(Some(path));
        let mut listed = Vec::new();
        while let Some(meta) = objects.next().await {
            match meta {
                Ok(meta) => listed.extend(self.listed(meta)),
                Err(error) if self.is_plain_folder => return self.walked(path, &error).await,
                Err(error) if self.is_read_only => {
                    return Err(self.unlisted(&error).hint(
                        "plain web servers list nothing: name one object, with a URL that does not end with a slash",
                    ));
                }
                Err(error) => return Err(self.unlisted(&error)),
            }
        }
        Ok(listed)
    }

    /// A local folder that does not exist is a mistake, not an empty source.
    fn exists(&self) -> Result<()> {
        if self.url.scheme() == "file" {
            let path = self.url.to_file_path().unwrap_or_default();
            if !path.exists() {
                return Err(Error::storage(format!("`{}` does not exist", path.display()))
                    .hint("check the url in the run file; relative ones start at the run file's folder"));
            }
        }
        Ok(())
    }

    /// Names of a path below the store's URL.
    fn names(&self, path: &Path) -> Vec<String> {
        path.prefix_match(&self.prefix)
            .map(|parts| parts.map(|part| part.as_ref().to_string()).collect())
            .unwrap_or_default()
    }

    fn listed(&self, meta: ObjectMeta) -> Option<Listed> {
        let key = self.names(&meta.location).join("/");
        let etag = etag(&meta);
        (!key.is_empty()).then_some(Listed { key, size: meta.size as i64, etag, last_modified: meta.last_modified })
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn get(&self, key: &str) -> Result<Bytes> {
        Ok(self.fetch(key).await?.0)
    }

    /// The bytes of an object that a listing named. Unlike [`Store::get`], it refuses a body that is shorter or longer
    /// than the listing says of the same version.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn get_listed(&self, listed: &Listed) -> Result<Bytes> {
        let (bytes, meta) = self.fetch(&listed.key).await?;
        let is_same = etag(&meta).trim_matches('"') == listed.etag.trim_matches('"');
        if is_same && bytes.len() as i64 != listed.size {
            return Err(self.cut(&listed.key, bytes.len(), listed.size));
        }
        Ok(bytes)
    }

    fn cut(&self, key: &str, came: usize, said: impl std::fmt::Display) -> Error {
        Error::storage(format!("reading `{key}` failed: {came} bytes came, {said} were announced"))
            .at(format!("at `{}`", self.url))
            .hint("run again; if it stays so, something between here and the store cuts bodies")
    }

    async fn fetch(&self, key: &str) -> Result<(Bytes, ObjectMeta)> {
        let missing = || {
            let path = self.path(key).map(|path| path.to_string()).unwrap_or_default();
            let error = object_store::Error::NotFound { path, source: "no such object".into() };
            self.refused(&error, &format!("reading `{key}`"))
        };
        self.whole(key).await?.ok_or_else(missing)
    }

    /// An object whose body came whole, or `None` when there is none. The client asks again for an answer that it did not
    /// get, but not for a body that breaks off behind a wrapper, so that is done here.
    async fn whole(&self, key: &str) -> Result<Option<(Bytes, ObjectMeta)>> {
        let refused = |error: object_store::Error| self.refused(&error, &format!("reading `{key}`"));
        let mut tries = 0;
        loop {
            tries += 1;
            let found = match self.inner.get(&self.path(key)?).await {
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                // The answer that there is no such object has a body too.
                Err(error) if tries < BODY_TRIES && refusal::is_broken_off(&error) => continue,
                found => found.map_err(refused)?,
            };
            let meta = found.meta.clone();
            match found.bytes().await {
                Ok(bytes) if bytes.len() as u64 == meta.size => return Ok(Some((bytes, meta))),
                _ if tries < BODY_TRIES => {}
                Ok(bytes) => return Err(self.cut(key, bytes.len(), meta.size)),
                Err(error) => return Err(refused(error)),
            }
        }
    }

    /// The bytes of an object, or `None` when it does not exist.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn get_if_exists(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(self.get_with_version(key).await?.map(|(bytes, _)| bytes))
    }

    /// What is known of an object without reading it, or `None` when it does not exist.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn look(&self, key: &str) -> Result<Option<Listed>> {
        match self.inner.head(&self.path(key)?).await {
            Ok(meta) => Ok(self.listed(meta)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.refused(&error, &format!("looking at `{key}`"))),
        }
    }

    /// Writes an object in one atomic put.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        self.writable(key)?;
        let put = self.inner.put(&self.path(key)?, PutPayload::from_bytes(bytes)).await;
        put.map(drop).map_err(|error| self.refused(&error, &format!("writing `{key}`")))
    }

    fn writable(&self, key: &str) -> Result<()> {
        if self.is_read_only {
            return Err(Error::storage(format!("`{key}` cannot be written: plain HTTP is read only"))
                .at(format!("at `{}`", self.url))
                .hint("give state and output a place in s3://, gs://, az:// or a folder"));
        }
        Ok(())
    }

    /// Deletes an object; one that does not exist is no error.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn delete(&self, key: &str) -> Result<()> {
        self.writable(key)?;
        match self.inner.delete(&self.path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.refused(&error, &format!("deleting `{key}`"))),
        }
    }

    /// Takes away a folder that has no object any more, where folders are more than parts of keys. One that is not empty,
    /// or that cannot be taken away, stays.
    pub fn drop_folder(&self, folder: &str) {
        if let (true, Ok(path)) = (self.url.scheme() == "file", self.url.to_file_path()) {
            let _ = std::fs::remove_dir(path.join(folder));
        }
    }

    /// Proves that the place can be written, before any work is done.
    ///
    /// # Errors
    /// `Storage` when it cannot.
    pub async fn prove_writable(&self) -> Result<()> {
        let key = ".trimtab-write-test";
        self.takes_files(key)?;
        self.put(key, Bytes::from_static(b"trimtab")).await?;
        self.delete(key).await
    }

    /// Whether a local folder can hold files at all. Where the system makes none, as below `/proc`, the client's put would
    /// try for ever: it answers "not found" by making the folder above.
    fn takes_files(&self, name: &str) -> Result<()> {
        let (true, Ok(folder)) = (self.url.scheme() == "file", self.url.to_file_path()) else { return Ok(()) };
        let file = folder.join(name);
        let made = std::fs::create_dir_all(&folder).and_then(|()| std::fs::File::create(&file));
        made.and_then(|_| std::fs::remove_file(&file)).map_err(|source| {
            let error = object_store::Error::Generic { store: "LocalFileSystem", source: source.into() };
            self.refused(&error, &format!("writing `{name}`"))
        })
    }
}

/// The error for a read of the engine that a store refused; `None` when the engine failed for another reason.
pub fn refused(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let mut next = Some(error);
    while let Some(cause) = next {
        let shared = cause.downcast_ref::<Arc<object_store::Error>>().map(Arc::as_ref);
        if let Some(refused) = shared.or_else(|| cause.downcast_ref()) {
            return Some(refusal::refusal(refused, "reading the state or the output", None, &open::secrets()));
        }
        next = cause.source();
    }
    None
}

fn etag(meta: &ObjectMeta) -> String {
    let made_up = || format!("{}-{}", meta.size, meta.last_modified.timestamp_micros());
    meta.e_tag.clone().unwrap_or_else(made_up)
}

fn bad_url(url: &Url, error: object_store::path::Error) -> Error {
    Error::usage(format!("`{url}` is no usable place")).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_object_is_listed_read_and_deleted() {
        let store = Store::open(&Url::parse("memory:///store_test/a/").unwrap(), &Stores::default()).unwrap();
        store.put("x/y.json", Bytes::from_static(b"{}")).await.unwrap();
        let listed = store.list().await.unwrap();
        assert_eq!(listed.iter().map(|l| l.key.as_str()).collect::<Vec<_>>(), ["x/y.json"]);
        assert_eq!(store.get("x/y.json").await.unwrap(), Bytes::from_static(b"{}"));
        store.delete("x/y.json").await.unwrap();
        assert!(store.get_if_exists("x/y.json").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_missing_folder_is_an_error_not_an_empty_source() {
        let store = Store::open(&Url::parse("file:///nowhere/at/all/").unwrap(), &Stores::default()).unwrap();
        let error = store.list().await.unwrap_err();
        assert_eq!(error.kind().exit_code(), 3);
    }

    #[test]
    fn an_unknown_scheme_is_refused() {
        assert!(Store::open(&Url::parse("ftp://x/").unwrap(), &Stores::default()).is_err());
    }
}
