//! Puts that depend on what stands there: the step on which locks and books with many writers are built.

use bytes::Bytes;
use object_store::{ObjectMeta, PutMode, PutPayload, UpdateVersion};

use crate::error::Result;
use crate::store::Store;

/// The version of an object that stands; what a conditional put compares.
#[derive(Debug, Clone, PartialEq)]
pub struct Version(UpdateVersion);

impl Store {
    /// The bytes of an object and the version that they are, or `None` when it does not exist.
    ///
    /// # Errors
    /// `Storage`, naming the object.
    pub async fn get_with_version(&self, key: &str) -> Result<Option<(Bytes, Version)>> {
        let version = |meta: ObjectMeta| Version(UpdateVersion { e_tag: meta.e_tag, version: meta.version });
        Ok(self.whole(key).await?.map(|(bytes, meta)| (bytes, version(meta))))
    }

    /// Writes an object that must not exist yet. `None`: another one stands there.
    ///
    /// The bytes must be the writer's own, such as its name and a random number: when an answer is lost, the object is
    /// read back, and the same bytes mean that the put had worked.
    ///
    /// # Errors
    /// `Storage`, naming the object; then the object may exist all the same.
    pub async fn put_new(&self, key: &str, bytes: Bytes) -> Result<Option<Version>> {
        self.put_if(key, bytes, PutMode::Create).await
    }

    /// Replaces an object that must still be of a version. `None`: another version stands there, or none. The rule of
    /// [`Store::put_new`] for the bytes holds. Local folders cannot do it.
    ///
    /// # Errors
    /// `Storage`, naming the object; then the object may have been replaced all the same.
    pub async fn put_if_unchanged(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Option<Version>> {
        self.put_if(key, bytes, PutMode::Update(version.0.clone())).await
    }

    async fn put_if(&self, key: &str, bytes: Bytes, mode: PutMode) -> Result<Option<Version>> {
        use object_store::Error as Refused;
        self.writable(key)?;
        let payload = PutPayload::from_bytes(bytes.clone());
        let error = match self.inner.put_opts(&self.path(key)?, payload, mode.into()).await {
            Ok(put) => return Ok(Some(Version(UpdateVersion { e_tag: put.e_tag, version: put.version }))),
            Err(error @ (Refused::NotImplemented { .. } | Refused::PermissionDenied { .. })) => {
                return Err(self.refused(&error, &format!("writing `{key}`")));
            }
            Err(error) => error,
        };
        // The client sends a put again when the connection broke, and then meets what its first try wrote.
        let refused = self.refused(&error, &format!("writing `{key}`"));
        match self.get_with_version(key).await {
            Ok(Some((standing, version))) if standing == bytes => Ok(Some(version)),
            Ok(_) if matches!(error, Refused::AlreadyExists { .. } | Refused::Precondition { .. }) => Ok(None),
            _ => Err(refused),
        }
    }
}
