//! Rows cut into groups of workloads.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, UInt64Array};
use arrow::compute::take_record_batch;
use bytes::Bytes;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::schedule::WORKLOADS;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::waiting::{MANY_BYTES, Waiting};

/// The column by which rows belong to a group.
pub const WORKLOAD: &str = "workload_id";

/// Batches that wait to be cut.
const READ_AHEAD: usize = 8;

/// The first workload of every group but the first.
pub(super) async fn bounds(engine: &Engine, workloads_at_once: usize) -> Result<Arc<[String]>> {
    let (_, rows) = engine.select(&format!("select {WORKLOAD} from {WORKLOADS} order by {WORKLOAD}")).await?;
    let ids = rows.iter().flat_map(|rows| rows.column(0).as_string::<i32>().iter().flatten());
    Ok(ids.skip(workloads_at_once).step_by(workloads_at_once.max(1)).map(String::from).collect())
}

/// Rows in one packed part for each group; those of no workload are in every one.
pub(super) async fn parted(mut stream: SendableRecordBatchStream, bounds: &[String]) -> Result<Arc<[Bytes]>> {
    let schema = stream.schema();
    let mut groups: Vec<Waiting> = (0..=bounds.len()).map(|_| Waiting::new(&schema)).collect();
    // The next rows are decoded while these are packed.
    let (sender, mut decoded) = mpsc::channel(READ_AHEAD);
    let mut decoding = JoinSet::new();
    decoding.spawn(async move {
        while let Some(rows) = stream.next().await {
            if sender.send(rows).await.is_err() {
                break;
            }
        }
    });
    while let Some(rows) = decoded.recv().await {
        let rows = rows?;
        let ids = rows.column_by_name(WORKLOAD).and_then(|ids| ids.as_string_opt::<i32>());
        let Some(ids) = ids else { return Err(Error::engine(format!("`{WORKLOAD}` is no text"))) };
        let mut places: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        let mut last: Option<(&str, usize)> = None;
        for row in 0..rows.num_rows() {
            if ids.is_null(row) {
                (0..groups.len()).for_each(|group| places.entry(group).or_default().push(row as u64));
                continue;
            }
            let id = ids.value(row);
            let group = match last.filter(|(known, _)| *known == id) {
                Some((_, group)) => group,
                None => bounds.partition_point(|bound| bound.as_str() <= id),
            };
            last = Some((id, group));
            places.entry(group).or_default().push(row as u64);
        }
        for (group, places) in places {
            let own = match places.len() == rows.num_rows() {
                true => rows.clone(),
                false => take_record_batch(&rows, &UInt64Array::from(places))?,
            };
            groups[group].push(&own)?;
        }
        if groups.iter().map(Waiting::loose_bytes).sum::<usize>() > MANY_BYTES {
            groups.iter_mut().try_for_each(Waiting::pack)?;
        }
    }
    while let Some(ended) = decoding.join_next().await {
        ended.map_err(|error| Error::engine("rows came to no end").because(error))?;
    }
    groups.into_iter().map(Waiting::packed).collect()
}
