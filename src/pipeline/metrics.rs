//! What the last run did, as a Prometheus text file that a node exporter or a sidecar reads.

use std::fmt::Write;

use bytes::Bytes;
use chrono::{NaiveDate, NaiveTime};

use super::record::Record;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::store::Store;

/// Writes the file in one put, which replaces the last one whole.
///
/// # Errors
/// `Storage` when it cannot be written.
pub async fn save(config: &Config, record: &Record, published: Option<NaiveDate>) -> Result<()> {
    let folder = config.metrics.join(".").map_err(|error| Error::usage("metrics lie in no folder").because(error))?;
    let name = config.metrics.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let place = Store::open(&folder, &config.stores)?;
    place.prove_writable().await?;
    place.put(name, Bytes::from(text(record, published))).await
}

/// The text of the file.
fn text(record: &Record, published: Option<NaiveDate>) -> String {
    let mut text = String::new();
    let read = |figure: fn(&super::watermarks::Read) -> i64| record.read.values().map(figure).sum::<i64>().to_string();
    let seconds = |ms: u64| format!("{}.{:03}", ms / 1000, ms % 1000);
    let label = |name: &str, value: &str| format!("{{{name}=\"{}\"}}", escaped(value));
    let date = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp().to_string();
    let one = |value: String| vec![(String::new(), value)];
    let about = format!("{{run_id=\"{}\",outcome=\"{}\"}}", escaped(&record.run_id), escaped(&record.outcome));
    let metrics = [
        ("last_run_info", "The last run and how it ended.", vec![(about, "1".to_string())]),
        (
            "last_run_success",
            "1 when the last run published, or found nothing new.",
            one(u8::from(record.exit_code == 0).to_string()),
        ),
        ("last_run_exit_code", "Exit code of the last run.", one(record.exit_code.to_string())),
        ("last_run_start_timestamp_seconds", "When the last run began.", one(record.started.timestamp().to_string())),
        ("last_run_end_timestamp_seconds", "When the last run ended.", one(record.ended.timestamp().to_string())),
        ("last_run_duration_seconds", "How long the last run took.", one(seconds(record.ms))),
        (
            "last_run_stage_duration_seconds",
            "How long a part of the last run took.",
            record.stages.iter().map(|stage| (label("stage", &stage.stage), seconds(stage.ms))).collect(),
        ),
        ("last_run_objects_read", "Objects that were new or had changed.", one(read(|read| read.objects))),
        ("last_run_bytes_read", "Bytes of those objects as stored.", one(read(|read| read.bytes))),
        ("last_run_records_read", "Records in those objects.", one(read(|read| read.records))),
        ("last_run_rows_read", "Rows that their records gave.", one(read(|read| read.rows))),
        ("last_run_rows_rejected", "Records and rows that were rejected.", one(read(|read| read.rejected))),
        ("last_run_rows_published", "Rows of the marts.", one(record.rows_published.to_string())),
        (
            "last_run_store_requests",
            "What was asked of stores, folders included.",
            record.requests.iter().map(|(kind, made)| (label("kind", kind), made.to_string())).collect(),
        ),
        (
            "last_run_sent_requests",
            "Requests that went over the network, tries that failed included.",
            record.sent.iter().map(|(kind, sent)| (label("kind", kind), sent.to_string())).collect(),
        ),
        ("last_run_store_got_bytes", "Bytes got from object stores.", one(record.bytes_got.to_string())),
        ("last_run_store_put_bytes", "Bytes put to object stores.", one(record.bytes_put.to_string())),
        ("last_run_warnings", "Warnings of the last run.", one(record.warnings.to_string())),
        (
            "published_date_timestamp_seconds",
            "Latest run date whose publication is complete, its midnight UTC.",
            published.map(|day| (String::new(), date(day))).into_iter().collect(),
        ),
    ];
    for (name, help, values) in metrics.iter().filter(|(_, _, values)| !values.is_empty()) {
        let _ = writeln!(text, "# HELP trimtab_{name} {help}\n# TYPE trimtab_{name} gauge");
        for (labels, value) in values {
            let _ = writeln!(text, "trimtab_{name}{labels} {value}");
        }
    }
    text
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
