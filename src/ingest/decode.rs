//! Fetched objects become raw rows beside the work on earlier ones: decoding is the longest part of a night, and objects do
//! not need each other.

use bytes::Bytes;
use futures::stream::{Stream, StreamExt, unfold};

use arrow::array::RecordBatch;

use crate::error::{Error, Result};
use crate::reader::{Limits, Object, ObjectRead, RawTable, Reader};
use crate::store::Listed;

/// Small objects are decoded together, so that they share batches: until they have this many bytes,
const GROUP_BYTES: usize = 1 << 20;
/// or are this many.
const GROUP_OBJECTS: usize = 2048;

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
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let decode = move |group| {
        let raw = raw.clone();
        async move {
            tokio::task::spawn_blocking(move || decode(raw, group))
                .await
                .map_err(|error| Error::engine("an object cannot be decoded").because(error))
        }
    };
    groups.map(decode).buffered(cores)
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
