//! Whether the last publication stands: nothing that it was decided from has changed, and nothing of it is gone.
//!
//! A night that published notes in `<state>/standing.json` what it decided from (its *basis*), which files of rows the state
//! held then, and what it published, each object with its version. A night that finds the same basis, the same files and the
//! same objects would write the same bytes again, so it writes none. Whatever is in doubt is decided anew: another program,
//! another run date, a note that is missing or broken.
//!
//! The basis holds what a night's own reading leaves in the books of the state: so new, changed, late and vanished objects
//! are found by reading as ever, and only what comes after the reading is left out.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::NaiveDate;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{publish, retention};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::schema::hex;
use crate::store::{Listed, Store};

const STANDING: &str = "standing.json";

/// What the state knows of objects and days. Their bytes are the same whenever they say the same.
const BOOKS: [&str; 6] = [
    "format.json",
    "ledger.jsonl.zst",
    "quarantine.jsonl.zst",
    "repeats.jsonl.zst",
    "daily_versions.json",
    "horizon.json",
];

/// What a night that published left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Run date.
    pub run_date: NaiveDate,
    /// Digest of everything that was decided from.
    basis: String,
    /// Digest of the state's files of rows, by their versions.
    files: String,
    /// Objects that were published, with the manifest: size and version.
    pub objects: BTreeMap<String, (i64, String)>,
    /// Rows of the marts.
    pub rows: u64,
    /// What the checks said.
    pub warnings: Vec<String>,
}

/// What a night published.
pub struct Published<'a> {
    /// Everything that the state holds.
    pub kept: &'a [Listed],
    /// Objects below the output, without the manifest.
    pub keys: &'a [&'a str],
    /// Rows of the marts.
    pub rows: u64,
    /// What the checks said.
    pub warnings: &'a [String],
}

impl Standing {
    /// The page that was published as text.
    ///
    /// # Errors
    /// `Storage` when it cannot be read.
    pub async fn summary(&self, output: &Store) -> Result<String> {
        let key = publish::page_key("summary.md", self.run_date);
        let bytes = if self.objects.contains_key(&key) { output.get_if_exists(&key).await? } else { None };
        Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
    }
}

/// Whether a run would publish what stands.
#[derive(Debug)]
pub enum Verdict {
    /// It would: this is what an earlier run left.
    Stands(Standing),
    /// It decides anew, because of this.
    Anew(String),
}

/// Compares what an earlier run left with what this one would publish; the night's objects must have been read.
///
/// # Errors
/// `Storage` when state or output cannot be read.
pub async fn verdict(project: &Project, config: &Config, state: &Store, output: &Store) -> Result<Verdict> {
    let anew = |why: &str| Ok(Verdict::Anew(why.to_string()));
    if config.full || config.reread.is_some() {
        return anew("days are read again");
    }
    let Some(bytes) = state.get_if_exists(STANDING).await? else {
        return anew("no finished publication is noted in the state");
    };
    let noted = serde_json::from_slice::<Standing>(&bytes).ok();
    let Some(noted) = noted.filter(|noted| noted.objects.contains_key(&publish::manifest_key(noted.run_date))) else {
        return anew(&format!("`{STANDING}` cannot be understood"));
    };
    if noted.run_date != config.date {
        return anew(&format!("the last publication was of {}", noted.run_date));
    }
    if basis(project, config, state).await?.as_ref() != Some(&noted.basis) {
        return anew("objects, the run file, the project or the program are not what they were");
    }
    if files(&state.list().await?) != noted.files {
        return anew("a file of the state is not as it was left");
    }
    let keys: Vec<&str> = noted.objects.keys().map(String::as_str).collect();
    let found = objects(output, &keys).await?;
    let other = keys.into_iter().zip(found).find(|(key, found)| found.as_ref() != noted.objects.get(*key));
    if let Some((key, _)) = other {
        return anew(&format!("`{key}` is not as it was published"));
    }
    Ok(Verdict::Stands(noted))
}

/// Takes the note away, before a night changes what it speaks of.
///
/// # Errors
/// `Storage` when it cannot be deleted.
pub async fn forget(state: &Store) -> Result<()> {
    state.delete(STANDING).await
}

/// Notes what a night published.
///
/// # Errors
/// `Storage` when state or output cannot be read, or the note not be written.
pub async fn note(
    project: &Project,
    config: &Config,
    state: &Store,
    output: &Store,
    published: Published<'_>,
) -> Result<()> {
    let manifest = publish::manifest_key(config.date);
    let keys: Vec<&str> = published.keys.iter().copied().chain([manifest.as_str()]).collect();
    let found = keys.iter().map(|key| (*key).to_string()).zip(objects(output, &keys).await?);
    let objects: Option<_> = found.map(|(key, found)| Some((key, found?))).collect();
    // What cannot be told for sure is not noted: the next night decides.
    let (Some(basis), Some(objects)) = (basis(project, config, state).await?, objects) else { return Ok(()) };
    let (files, rows, warnings) = (files(published.kept), published.rows, published.warnings.to_vec());
    let standing = Standing { run_date: config.date, basis, files, objects, rows, warnings };
    let text = serde_json::to_vec_pretty(&standing)
        .map_err(|error| Error::engine(format!("`{STANDING}` cannot be encoded")).because(error))?;
    state.put(STANDING, Bytes::from(text)).await
}

/// Digest of everything that decisions are made from, but for the files of rows; `None` where it cannot be told.
async fn basis(project: &Project, config: &Config, state: &Store) -> Result<Option<String>> {
    let Some(program) = program() else { return Ok(None) };
    let mut digest = Parts::default();
    digest.add("program", &program);
    digest.add("run", run(config));
    for query in &project.queries {
        digest.add(&query.path, &query.sql);
    }
    for table in project.contracts.values().chain(project.sources.values()) {
        digest.add(&table.path, &table.digest);
    }
    for (name, seed) in &project.seeds {
        digest.add(name, &seed.digest);
    }
    for (file, text) in &project.templates {
        digest.add(file, text);
    }
    for book in BOOKS {
        digest.add(book, state.get_if_exists(book).await?.unwrap_or_default());
    }
    Ok(Some(digest.hex()))
}

/// The program: a build of the same version may decide otherwise, so its file counts, too.
fn program() -> Option<String> {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let said = format!("{} {} {:?}", env!("CARGO_PKG_VERSION"), file.len(), file.modified().ok()?);
    // A copy may keep size and time of another build.
    #[cfg(unix)]
    let said = {
        use std::os::unix::fs::MetadataExt;
        format!("{said} {} {}.{:09}", file.ino(), file.ctime(), file.ctime_nsec())
    };
    Some(said)
}

/// What the run file says, as far as a publication depends on it. A new key has to say here whether it does.
fn run(config: &Config) -> String {
    let Config {
        date,
        state,
        output,
        sources,
        windows,
        checks,
        retention,
        listing,
        facts,
        is_sample,
        // Of the overlay the text counts.
        project: _,
        // How requests are made, how much memory there is and where metrics go change no figure.
        stores: _,
        engine: _,
        lock: _,
        metrics: _,
        // With these nothing stands.
        full: _,
        reread: _,
    } = config;
    format!(
        "{date} {state} {output} {is_sample} {sources:?} {windows:?} {checks:?} {retention:?} {listing:?} {facts:?}"
    )
}

/// Digest of the files of rows by key, size and version, in the order of their keys.
fn files(listed: &[Listed]) -> String {
    let mut digest = Parts::default();
    for Listed { key, size, etag, .. } in listed.iter().filter(|object| retention::is_rows(&object.key)) {
        digest.add(key, format!("{size} {etag}"));
    }
    digest.hex()
}

/// Sizes and versions of objects, in the order of their keys; `None` where one is not there.
async fn objects(output: &Store, keys: &[&str]) -> Result<Vec<Option<(i64, String)>>> {
    let looks = keys.iter().map(|key| output.look(key));
    let found: Vec<Option<Listed>> = stream::iter(looks).buffered(publish::LOOKS_AT_ONCE).try_collect().await?;
    Ok(found.into_iter().map(|object| object.map(|object| (object.size, object.etag))).collect())
}

/// A digest of named texts, each of which ends where it ends.
#[derive(Default)]
struct Parts(Sha256);

impl Parts {
    fn add(&mut self, name: &str, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        self.0.update(format!("{name}\n{}\n", text.len()));
        self.0.update(text);
    }

    fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}
