//! Part of a listing: a sample of keys, or the folders of recent days.

use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt};
use object_store::ListResult;

use crate::error::Result;
use crate::store::dates::{DateLayout, Take};
use crate::store::{Listed, Store};

impl Store {
    /// The first objects that a listing gives, at most `most`: enough to see how keys look. One request, if `most` is
    /// not above the store's page, which is 1,000 or more everywhere.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn sample(&self, most: usize) -> Result<Vec<Listed>> {
        self.exists()?;
        if self.only.is_some() {
            return self.list().await;
        }
        let found: object_store::Result<Vec<_>> = self.inner.list(Some(&self.prefix)).take(most).try_collect().await;
        let found = match found {
            Err(_) if self.is_plain_folder => return Ok(self.list().await?.into_iter().take(most).collect()),
            found => found.map_err(|error| self.unlisted(&error))?,
        };
        Ok(found.into_iter().filter_map(|meta| self.listed(meta)).collect())
    }

    /// Every object but those in date folders that end before `first`, ordered by key. The folders of the layout are
    /// walked, so old years cost nothing; `[engine] concurrency` bounds the requests under way.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub async fn list_since(&self, layout: &DateLayout, first: NaiveDate) -> Result<Vec<Listed>> {
        self.exists()?;
        let mut listed = Vec::new();
        let mut pending = vec![self.prefix.clone()];
        while !pending.is_empty() {
            let walked = futures::stream::iter(
                std::mem::take(&mut pending)
                    .into_iter()
                    .map(|folder| async move { self.inner.list_with_delimiter(Some(&folder)).await }),
            )
            .buffer_unordered(self.wire.limits().at_once.max(1));
            let walked: Vec<ListResult> = match walked.try_collect().await {
                Err(_) if self.is_plain_folder => {
                    let all = self.list().await?.into_iter();
                    return Ok(all.filter(|object| !layout.is_before(&object.key, first)).collect());
                }
                walked => walked.map_err(|error| self.unlisted(&error))?,
            };
            let mut whole = Vec::new();
            for ListResult { common_prefixes, objects, .. } in walked {
                listed.extend(objects.into_iter().filter_map(|meta| self.listed(meta)));
                for folder in common_prefixes {
                    let names = self.names(&folder);
                    match layout.take(&names.iter().map(String::as_str).collect::<Vec<_>>(), first) {
                        Take::Skip => {}
                        Take::Whole => whole.push(folder),
                        Take::Inside => pending.push(folder),
                    }
                }
            }
            let below = futures::stream::iter(whole.iter().map(|folder| self.below_path(folder)));
            let below: Vec<Vec<Listed>> =
                below.buffer_unordered(self.wire.limits().at_once.max(1)).try_collect().await?;
            listed.extend(below.into_iter().flatten());
        }
        listed.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(listed)
    }
}
