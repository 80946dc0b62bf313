//! Folders as the system shows them, where the client's listing gives up or says nothing.
//!
//! The client stops at a link that leads back to a folder above it and at a name that is no UTF-8, and it passes over names
//! that make no key. One odd entry must not hide all others, and none may be missing unsaid: they are left out of the
//! listing, and told on request. A folder that may not be read still fails the listing: what stands in it would be missing
//! without anybody knowing.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStoreExt, path};

use crate::error::Result;
use crate::store::dates::{DateLayout, Take};
use crate::store::{Listed, Store};

/// Date folders that need not be looked into.
pub type Since = Option<(DateLayout, NaiveDate)>;

/// What stands below a folder.
#[derive(Debug, Default)]
struct Walk {
    top: PathBuf,
    since: Since,
    files: Vec<PathBuf>,
    /// What was left out, and why.
    odd: Vec<String>,
}

impl Store {
    /// Objects below a path, entry by entry, after the client's listing failed.
    pub(super) async fn walked(&self, path: &path::Path, failure: &object_store::Error) -> Result<Vec<Listed>> {
        let client = LocalFileSystem::new();
        // The client's own words name the entry.
        let walk = Walk::below(path, None).await.map_err(|_| self.unlisted(failure))?;
        let mut listed = Vec::new();
        for file in &walk.files {
            let Some(location) = location(&client, file) else { continue };
            match self.inner.head(&location).await {
                Ok(meta) => listed.extend(self.listed(meta)),
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.unlisted(&error)),
            }
        }
        Ok(listed)
    }

    /// What stands in a local folder and no listing of it has, each with the reason; of another store, nothing.
    ///
    /// # Errors
    /// `Storage` when a folder may not be read.
    pub async fn left_out(&self, since: Since) -> Result<Vec<String>> {
        if !self.is_plain_folder {
            return Ok(Vec::new());
        }
        let client = LocalFileSystem::new();
        let failed = |error| object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(error) };
        let walk = Walk::below(&self.prefix, since).await.map_err(|error| self.unlisted(&failed(error)))?;
        let files = walk.files.iter().filter(|file| location(&client, file).is_none());
        // Debug of a path shows a line break as what it is, on one line.
        Ok(walk.odd.into_iter().chain(files.map(|file| format!("the name {file:?} makes no key"))).collect())
    }
}

impl Store {
    /// Takes away what killed processes left of unfinished writes to this local folder: files whose name ends with `#` and
    /// a number, which no listing shows. Of a folder that others may write to, `only` says which are ours.
    pub async fn sweep(&self, only: impl Fn(&str) -> bool) {
        if self.url.scheme() != "file" {
            return;
        }
        // Whether it works or not, no reader counts on them.
        let Ok(walk) = Walk::below(&self.prefix, None).await else { return };
        for file in &walk.files {
            let name = file.strip_prefix(&walk.top).ok().and_then(Path::to_str).unwrap_or_default();
            let is_unfinished = name
                .rsplit_once('#')
                .is_some_and(|(_, number)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
            if is_unfinished && only(name) {
                let _ = std::fs::remove_file(file);
            }
        }
    }
}

/// The key of a file; none for a name with control characters, nor for one that ends with `#` and a number, as the client's
/// own unfinished writes do.
fn location(client: &LocalFileSystem, file: &Path) -> Option<path::Path> {
    path::Path::from_absolute_path(file).ok().filter(|at| client.path_to_filesystem(at).is_ok())
}

impl Walk {
    async fn below(path: &path::Path, since: Since) -> std::io::Result<Walk> {
        // The client gives no folder that is named like an unfinished write, and not the topmost one.
        let top = LocalFileSystem::new().path_to_filesystem(path).unwrap_or_else(|_| PathBuf::from(format!("/{path}")));
        let walk = tokio::task::spawn_blocking(move || {
            let mut walk = Walk { top: top.clone(), since, ..Walk::default() };
            // A walk may begin at a folder deep inside: what lies above it is above all that it finds.
            let real = top.canonicalize()?;
            let mut above: Vec<PathBuf> = real.ancestors().skip(1).map(Path::to_path_buf).collect();
            walk.folder(&top, &mut above).map(|()| walk)
        });
        walk.await.map_err(std::io::Error::other)?
    }

    /// Whether a folder lies before the days that are looked into.
    fn is_passed(&self, folder: &Path) -> bool {
        let names: Option<Vec<&str>> =
            folder.strip_prefix(&self.top).ok().and_then(|below| below.iter().map(|name| name.to_str()).collect());
        let (Some((dates, first)), Some(names)) = (&self.since, names) else { return false };
        !names.is_empty() && matches!(dates.take(&names, *first), Take::Skip)
    }

    fn folder(&mut self, folder: &Path, above: &mut Vec<PathBuf>) -> std::io::Result<()> {
        let real = folder.canonicalize()?;
        if above.contains(&real) {
            self.odd.push(format!("`{}` is a link to a folder above it", folder.display()));
            return Ok(());
        }
        above.push(real);
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if path.file_name().is_none_or(|name| name.to_str().is_none()) {
                self.odd.push(format!("the name of `{}` is no UTF-8", path.display()));
                continue;
            }
            // Only a link has to be followed to know what it is.
            let kind = if kind.is_symlink() { path.metadata().map(|meta| meta.file_type()) } else { Ok(kind) };
            match kind {
                Ok(kind) if kind.is_dir() && self.is_passed(&path) => {}
                Ok(kind) if kind.is_dir() => self.folder(&path, above)?,
                Ok(kind) if kind.is_file() => self.files.push(path),
                // Pipes and the like, and what vanished meanwhile.
                Ok(_) => {}
                Err(error) if path.is_symlink() && error.kind() != ErrorKind::PermissionDenied => {
                    self.odd.push(format!("`{}` is a link that leads nowhere", path.display()));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        above.pop();
        Ok(())
    }
}
