//! Log lines on standard error: for people as text, for collectors one JSON object a line with the name of the run.

use std::fmt;
use std::time::Instant;

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::cli::LogFormat;

/// Sends log lines to standard error. Quiet JSON still tells errors: they are all that is left to read.
pub(super) fn to_stderr(format: LogFormat, run_id: &str, is_quiet: bool) {
    let level = if is_quiet { EnvFilter::new("trimtab=error") } else { EnvFilter::new("trimtab=info") };
    let filter = if is_quiet { level } else { EnvFilter::try_from_default_env().unwrap_or(level) };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        // A collector that went away must not end the night: its fault would be printed where nobody reads, and panic.
        .log_internal_errors(false);
    // A second subscriber in one process is refused; the first one stays, which is fine.
    let _ = match format {
        LogFormat::Json => {
            builder.event_format(JsonLines { run_id: run_id.to_string(), began: Instant::now() }).try_init()
        }
        LogFormat::Text if is_quiet => return,
        LogFormat::Text => builder.without_time().with_ansi(false).try_init(),
    };
}

struct JsonLines {
    run_id: String,
    began: Instant,
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Fields(Map::new());
        line.0.insert("timestamp".into(), json!(Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)));
        line.0.insert("level".into(), json!(event.metadata().level().as_str()));
        line.0.insert("run_id".into(), json!(self.run_id));
        line.0.insert("elapsed_ms".into(), json!(self.began.elapsed().as_millis() as u64));
        event.record(&mut line);
        writeln!(writer, "{}", Value::Object(line.0))
    }
}

/// Fields of an event by name.
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), json!(value));
    }
}
