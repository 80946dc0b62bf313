//! What lies in a source and which of it has to be read.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Books;
use super::format::Format;
use super::snapshots::Listing;
use crate::config::{Config, Source};
use crate::error::Result;
use crate::store::dates::DateLayout;
use crate::store::{Listed, Store};

/// Lists a source, as a whole or its date folders of late, and says what was left out.
pub(super) async fn list(
    store: &Store,
    source: &Source,
    format: &Format<'_>,
    books: &mut Books<'_>,
) -> Result<Listing> {
    let since = books.horizon.listing(&source.name, &format.digest).filter(|_| format.is_log());
    let listed = match &since {
        Some((dates, first)) => store.list_since(dates, *first).await?,
        None => store.list().await?,
    };
    let odd = store.left_out(since).await?;
    books.warnings.extend(odd.iter().map(|odd| format!("source `{}`: {odd}; it is left out", source.name)));
    let mut listing = Listing { objects: Vec::new(), manifests: Vec::new(), others: Vec::new() };
    for object in listed {
        match &object.key {
            key if format.holds(key) => listing.objects.push(object),
            key if format.is_manifest(key) => listing.manifests.push(object),
            _ => listing.others.push(object),
        }
    }
    let ignored: Vec<&Listed> = listing.others.iter().filter(|object| !format.skips(&object.key)).collect();
    if let Some(first) = ignored.first() {
        books.warnings.push(format!(
            "source `{}`: {} objects do not look like `{}` and were left out, first `{}`",
            source.name,
            ignored.len(),
            source.format,
            first.key
        ));
    }
    let keys: BTreeSet<&str> = listing.objects.iter().map(|object| object.key.as_str()).collect();
    // What lies in a folder that was not listed is not gone: nobody looked.
    let is_looked_for = |key: &str| since.as_ref().is_none_or(|(dates, first)| !dates.is_before(key, *first));
    books.ledger.excuse_vanished(&source.name, |key| !keys.contains(key) && is_looked_for(key));
    match since {
        Some((_, first)) if listing.objects.is_empty() => {
            books.warnings.push(format!("source `{}` has no object in its folders since {first}", source.name));
        }
        None if listing.objects.is_empty() => {
            let read = books.ledger.entries().filter(|entry| entry.source == source.name).count();
            books.warnings.push(match read {
                0 => format!("source `{}` has no object that looks like `{}`", source.name, source.format),
                _ => format!(
                    "source `{}` is empty: none of the {read} objects that were read is there any more; what they gave \
                     stays",
                    source.name
                ),
            });
        }
        Some(_) => {}
        None => {
            let dates = if format.is_log() { DateLayout::recognise(keys.iter().copied()) } else { None };
            books.horizon.lies_in(&source.name, dates);
        }
    }
    Ok(listing)
}

impl Books<'_> {
    /// Everything that a source listed was read.
    pub(super) fn was_read(&mut self, source: &Source, format: &Format<'_>, date: NaiveDate) {
        let days = self.ledger.entries_of(&source.name).flat_map(|entry| &entry.days).map(|of| of.day);
        let latest = days.filter(|day| *day <= date).max();
        self.horizon.was_read(&source.name, &format.digest, latest);
    }
}

pub(super) fn must_read(config: &Config, source: &Source, books: &Books<'_>, object: &Listed, digest: &str) -> bool {
    let is_reread = || {
        let (Some((from, to)), Some(entry)) = (config.reread, books.ledger.entry(&source.name, &object.key)) else {
            return false;
        };
        // Which closed days an object's rows belong to is not remembered.
        let is_closed_one = entry.closed_rows + entry.late_rows > 0 && books.horizon.reopens();
        is_closed_one || entry.days.iter().any(|of| from <= of.day && of.day <= to)
    };
    config.full || books.ledger.is_new(&source.name, object, digest) || is_reread()
}
