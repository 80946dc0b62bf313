//! Folders that the client's listing gives up on: one odd entry must not hide all others.
//!
//! The client stops at a link that leads back to a folder above it and at a name that is no UTF-8. Here such an entry is
//! left out with a warning that names it. A folder that may not be read still fails the listing: what stands in it would be
//! missing without anybody knowing.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use object_store::local::LocalFileSystem;
use object_store::{ObjectStoreExt, path};
use tracing::warn;

use crate::error::{Error, Result};
use crate::store::{Listed, Store};

/// What stands below a folder.
#[derive(Debug, Default)]
struct Walk {
    files: Vec<PathBuf>,
    /// What was left out, and why.
    odd: Vec<String>,
}

impl Store {
    /// Objects below a path, entry by entry, after the client's listing failed.
    pub(super) async fn walked(&self, path: &path::Path, failure: &object_store::Error) -> Result<Vec<Listed>> {
        let client = LocalFileSystem::new();
        let top = client.path_to_filesystem(path).map_err(|_| self.unlisted(failure))?;
        let walk = tokio::task::spawn_blocking(move || {
            let mut walk = Walk::default();
            walk.folder(&top, &mut Vec::new()).map(|()| walk)
        });
        let walk = walk.await.map_err(|error| Error::engine("the listing of a folder failed").because(error))?;
        // The client's own words name the entry.
        let walk = walk.map_err(|_| self.unlisted(failure))?;
        for odd in &walk.odd {
            warn!("{odd}; it is left out");
        }
        let mut listed = Vec::new();
        for file in &walk.files {
            // A name of the client's own unfinished writes is no object.
            let location = path::Path::from_absolute_path(file).ok().filter(|at| client.path_to_filesystem(at).is_ok());
            let Some(location) = location else { continue };
            match self.inner.head(&location).await {
                Ok(meta) => listed.extend(self.listed(meta)),
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.unlisted(&error)),
            }
        }
        Ok(listed)
    }
}

impl Walk {
    fn folder(&mut self, folder: &Path, above: &mut Vec<PathBuf>) -> std::io::Result<()> {
        let real = folder.canonicalize()?;
        if above.contains(&real) {
            self.odd.push(format!("`{}` is a link to a folder above it", folder.display()));
            return Ok(());
        }
        above.push(real);
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.file_name().is_none_or(|name| name.to_str().is_none()) {
                self.odd.push(format!("the name of `{}` is no UTF-8", path.display()));
                continue;
            }
            match path.metadata() {
                Ok(meta) if meta.is_dir() => self.folder(&path, above)?,
                Ok(meta) if meta.is_file() => self.files.push(path),
                // Pipes and the like; links whose end does not exist, and what vanished meanwhile.
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) if path.is_symlink() && error.kind() != ErrorKind::PermissionDenied => {
                    self.odd.push(format!("`{}` is a link that leads nowhere", path.display()));
                }
                Err(error) => return Err(error),
            }
        }
        above.pop();
        Ok(())
    }
}
