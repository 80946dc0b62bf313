//! Fetched objects become rows of contracts beside each other: decoding and mapping are the longest part of a night, and
//! objects do not need each other.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{Stream, StreamExt, unfold};

use arrow::array::RecordBatch;

use super::mapping::{Mapping, Outcome};
use crate::error::{Error, Result};
use crate::reader::{Limits, Object, ObjectRead, RawTable, Reader};
use crate::store::Listed;

/// Small objects are decoded together, so that they share batches: until they have this many bytes,
const GROUP_BYTES: usize = 1 << 20;
/// or are this many.
const GROUP_OBJECTS: usize = 2048;

/// Raw rows that are mapped at once: at least so many,
const ROWS_AT_ONCE: usize = 16_384;
/// or so many bytes of them.
const BYTES_AT_ONCE: usize = 32 << 20;

/// What some whole objects hold.
#[derive(Default)]
pub(super) struct Decoded {
    /// Every object and what was read of it, in the order of the listing.
    pub(super) reads: Vec<(Listed, ObjectRead)>,
    /// Their rows.
    pub(super) batches: Vec<RecordBatch>,
    /// Why the first object that could not be fetched could not.
    pub(super) failure: Option<Error>,
}

/// Decodes objects as they come, as many groups at once as the machine has cores, and delivers them in their order.
pub(super) fn decoded<'a>(
    fetched: impl Stream<Item = (Result<Bytes>, Listed)> + Send + 'a,
    raw: RawTable,
) -> impl Stream<Item = Result<Decoded>> + 'a {
    let groups = unfold(Box::pin(fetched), |mut fetched| async move {
        let (mut group, mut size) = (Vec::new(), 0);
        while let Some((bytes, listed)) = fetched.next().await {
            size += bytes.as_ref().map_or(0, Bytes::len);
            group.push((bytes, listed));
            if size >= GROUP_BYTES || group.len() >= GROUP_OBJECTS {
                break;
            }
        }
        (!group.is_empty()).then_some((group, fetched))
    });
    let decode = move |group| {
        let raw = raw.clone();
        async move {
            tokio::task::spawn_blocking(move || decode(raw, group))
                .await
                .map_err(|error| Error::engine("an object cannot be decoded").because(error))
        }
    };
    groups.map(decode).buffered(cores())
}

/// Maps what was decoded, as many groups of objects at once as the machine has cores, and delivers them in their order. A
/// mapping may look at an object's other records, so it always sees objects whole.
pub(super) fn mapped<'a>(
    decoded: impl Stream<Item = Result<Decoded>> + 'a,
    mapping: Arc<Mapping>,
) -> impl Stream<Item = Result<(Decoded, Outcome)>> + 'a {
    let groups = unfold(Box::pin(decoded), |mut decoded| async move {
        let mut all: Option<Decoded> = None;
        let (mut rows, mut size) = (0, 0);
        while let Some(next) = decoded.next().await {
            let next = match next {
                Ok(next) => next,
                Err(error) => return Some((Err(error), decoded)),
            };
            rows += next.batches.iter().map(RecordBatch::num_rows).sum::<usize>();
            size += next.batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>();
            match &mut all {
                None => all = Some(next),
                Some(all) => {
                    all.reads.extend(next.reads);
                    all.batches.extend(next.batches);
                    all.failure = all.failure.take().or(next.failure);
                }
            }
            if rows >= ROWS_AT_ONCE || size >= BYTES_AT_ONCE {
                break;
            }
        }
        all.map(|all| (Ok(all), decoded))
    });
    let map = move |group: Result<Decoded>| {
        let mapping = mapping.clone();
        async move {
            let mut group = group?;
            let batches = std::mem::take(&mut group.batches);
            let mapped = tokio::spawn(async move { mapping.map(batches).await }).await;
            let outcome = mapped.map_err(|error| Error::engine("rows cannot be mapped").because(error))??;
            Ok((group, outcome))
        }
    };
    groups.map(map).buffered(cores())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn decode(raw: RawTable, group: Vec<(Result<Bytes>, Listed)>) -> Decoded {
    let mut reader = Reader::new(raw, Limits::default());
    let mut decoded = Decoded::default();
    for (bytes, listed) in group {
        // An object that cannot be fetched fails the source at the end; the others are read and entered all the same.
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                decoded.failure.get_or_insert(error);
                continue;
            }
        };
        let object = Object { key: listed.key.clone(), bytes, last_modified: listed.last_modified };
        let read = reader.read(&object, &mut |batch| decoded.batches.push(batch));
        decoded.reads.push((listed, read));
    }
    reader.flush(&mut |batch| decoded.batches.push(batch));
    decoded
}
