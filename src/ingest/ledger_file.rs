//! Files of rows as compressed JSON, one line a row, written and read as a stream: never is the whole text in memory.

use std::io::{BufReader, BufWriter, Write};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::Store;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Hands over every row of a file; a state without it has none.
///
/// # Errors
/// `Storage` when it cannot be read, `Engine` when it is broken.
pub(super) async fn load<T: for<'a> Deserialize<'a>>(state: &Store, key: &str, mut take: impl FnMut(T)) -> Result<()> {
    let Some(bytes) = state.get_if_exists(key).await? else { return Ok(()) };
    let broken = |error: Cause| {
        Error::engine(format!("`{key}` of the state is broken"))
            .because(error)
            .hint("run with --full to build it again")
    };
    let text = zstd::Decoder::new(bytes.as_ref()).map_err(|error| broken(error.into()))?;
    for row in serde_json::Deserializer::from_reader(BufReader::new(text)).into_iter() {
        take(row.map_err(|error| broken(error.into()))?);
    }
    Ok(())
}

/// Writes rows as a file.
///
/// # Errors
/// `Storage` when it cannot be written.
pub(super) async fn save<'a, T: Serialize + 'a>(
    state: &Store,
    key: &str,
    rows: impl Iterator<Item = &'a T>,
) -> Result<()> {
    let packed = pack(rows).map_err(|error| Error::engine(format!("`{key}` cannot be encoded")).because(error))?;
    state.put(key, Bytes::from(packed)).await
}

fn pack<'a, T: Serialize + 'a>(rows: impl Iterator<Item = &'a T>) -> Result<Vec<u8>, Cause> {
    let mut text = BufWriter::new(zstd::Encoder::new(Vec::new(), 3)?);
    for row in rows {
        serde_json::to_writer(&mut text, row)?;
        text.write_all(b"\n")?;
    }
    Ok(text.into_inner().map_err(|error| error.into_error())?.finish()?)
}
