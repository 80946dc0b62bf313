//! One day's calls as objects: which lines lie where, what arrives twice, what arrives broken.

use super::calls::Call;
use super::prices::Prices;
use super::truth::{Truth, Written};
use super::workload::Format;
use super::{Company, Fault, Put, apps, call_uuid, calls::Outcome, damage, gateway, midnight_ms};
use chrono::NaiveDate;
use flate2::{Compression, GzBuilder};
use std::collections::BTreeMap;
use std::io::Write;

/// A line and the call it tells of; a line of no call is one that cannot be read.
pub struct Line {
    pub text: String,
    pub call: Option<usize>,
    pub has_usage: bool,
}

/// The lines of each object.
pub type Objects = BTreeMap<(Format, String), Vec<Line>>;

/// Calls that lie together: a whole day's, or a part of it when objects are to stay small.
#[derive(Clone, Copy)]
pub struct Batch {
    pub day: NaiveDate,
    /// From 0; what goes wrong on a day goes wrong in its first part.
    pub part: usize,
}

impl Batch {
    /// Beginning of the names of its objects.
    pub fn stem(&self) -> String {
        let day = self.day.format("%Y-%m-%d");
        match self.part {
            0 => day.to_string(),
            part => format!("{day}.{part:04}"),
        }
    }

    pub fn is_first_of(&self, day: NaiveDate) -> bool {
        self.part == 0 && self.day == day
    }
}

/// Writes a batch and settles each of its calls.
pub fn deliver(
    company: &Company,
    prices: &Prices,
    batch: Batch,
    calls: &[Call],
    truth: &mut Truth,
    put: &mut Put<'_>,
) -> Result<(), Fault> {
    let mut objects = lines(company, prices, batch, calls);
    damage::repeat(company, batch, &mut objects);
    damage::damage(company, batch, &mut objects);
    let mut written: Vec<Vec<Written>> = calls.iter().map(|_| Vec::new()).collect();
    for ((format, key), lines) in &objects {
        let offered = truth.sources.entry(*format).or_default();
        offered.objects += 1;
        offered.records += lines.len() as u64;
        for (number, line) in lines.iter().enumerate() {
            match line.call {
                None => offered.rejected += 1,
                Some(call) => written[call].push(Written {
                    format: *format,
                    key: key.clone(),
                    line: number as u64 + 1,
                    has_usage: line.has_usage,
                }),
            }
        }
        put(&format!("{}/{key}", format.folder()), &bytes(company, batch, *format, key, lines)?)?;
    }
    for (call, written) in calls.iter().zip(written) {
        truth.settle(company, prices, call, written)?;
    }
    besides(company, batch, calls, put)
}

/// All lines of a day by object.
fn lines(company: &Company, prices: &Prices, batch: Batch, calls: &[Call]) -> Objects {
    let mut objects = Objects::new();
    let alone = first_alone(company, batch, calls);
    for (index, call) in calls.iter().enumerate() {
        let workload = &company.workloads[call.workload];
        let format = workload.format;
        if company.events.unlogged == Some((format, batch.day)) {
            continue;
        }
        let (key, text) = match format {
            Format::Litellm if index >= alone => (gateway::single_key(call), gateway::line(company, prices, call)),
            Format::Litellm => (daily(company, format, batch), gateway::line(company, prices, call)),
            Format::Bedrock => (
                bedrock_key(batch),
                apps::invocation(company, call, offloaded(company, batch, &objects, call).as_deref()),
            ),
            _ => (daily(company, format, batch), apps::envelope(company, call, format)),
        };
        let has_usage = match format {
            Format::Litellm => gateway::has_usage(call),
            _ => call.is_answered(),
        };
        objects.entry((format, key)).or_default().push(Line { text, call: Some(index), has_usage });
        // The app behind the gateway logs what it was answered.
        if company.formats.contains(&Format::OpenaiEnvelope)
            && company.is_logged_twice(workload, batch.day)
            && call.is_answered()
        {
            let text = apps::envelope(company, call, Format::OpenaiEnvelope);
            let key = (Format::OpenaiEnvelope, daily(company, Format::OpenaiEnvelope, batch));
            objects.entry(key).or_default().push(Line { text, call: Some(index), has_usage: true });
        }
    }
    objects
}

/// Index of the first call of the day whose line lies in an object of its own.
fn first_alone(company: &Company, batch: Batch, calls: &[Call]) -> usize {
    let Some((_, count)) = company.events.single_objects.filter(|(on, _)| batch.is_first_of(*on)) else {
        return calls.len();
    };
    let at_gateway = |(_, call): &(usize, &Call)| company.workloads[call.workload].format == Format::Litellm;
    calls.iter().enumerate().filter(at_gateway).rev().nth(count.saturating_sub(1)).map_or(0, |(index, _)| index)
}

/// Objects without a record.
fn besides(company: &Company, batch: Batch, calls: &[Call], put: &mut Put<'_>) -> Result<(), Fault> {
    if let Some((format, _)) =
        company.events.empty_object.filter(|(format, on)| batch.is_first_of(*on) && company.formats.contains(format))
    {
        put(&format!("{}/{}.part2.jsonl", format.folder(), batch.stem()), &[])?;
    }
    if !company.formats.contains(&Format::Bedrock) {
        return Ok(());
    }
    if batch.is_first_of(company.start) {
        put(&format!("{}/{}", Format::Bedrock.folder(), apps::BEDROCK_PERMISSION_CHECK), &[])?;
    }
    let first = calls.iter().find(|call| company.workloads[call.workload].format == Format::Bedrock);
    if let Some(path) = first.filter(|_| company.events.offloaded.is_some_and(|on| batch.is_first_of(on))).map(body_key)
    {
        let body =
            r#"{"messages":[{"role":"user","content":[{"text":"redacted"}]}],"inferenceConfig":{"maxTokens":4096}}"#;
        put(&format!("{}/{path}", Format::Bedrock.folder()), &gzip(body.as_bytes())?)?;
    }
    Ok(())
}

/// Where the body of a day's first Bedrock call went, when that day offloads one.
fn offloaded(company: &Company, batch: Batch, objects: &Objects, call: &Call) -> Option<String> {
    let is_first = !objects.keys().any(|(format, _)| *format == Format::Bedrock);
    (company.events.offloaded.is_some_and(|on| batch.is_first_of(on)) && is_first)
        .then(|| format!("s3://brightwater-invocation-logs/{}", body_key(call)))
}

fn body_key(call: &Call) -> String {
    let asked = Call { outcome: Outcome::Answered, ..call.clone() };
    format!("{}/data/{}_input.json.gz", apps::bedrock_folder(call.start_ms), call_uuid(&asked))
}

fn bedrock_key(batch: Batch) -> String {
    let noon = midnight_ms(batch.day) + 43_200_000 + batch.part as i64;
    let hash = (noon as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let stamp = format!("{}T120000{:03}Z", batch.day.format("%Y%m%d"), batch.part);
    format!("{}/{stamp}_{hash:016x}.json.gz", apps::bedrock_folder(noon))
}

/// A day's object: the day is the one on which its calls began.
pub fn daily(company: &Company, format: Format, batch: Batch) -> String {
    let is_plain = is_plain(company, format, batch);
    format!("{}.jsonl{}", batch.stem(), if is_plain { "" } else { ".gz" })
}

fn is_plain(company: &Company, format: Format, batch: Batch) -> bool {
    let marked = company.events.byte_order_mark;
    marked.is_some_and(|(of, on)| of == format && batch.is_first_of(on))
}

fn bytes(company: &Company, batch: Batch, format: Format, key: &str, lines: &[Line]) -> Result<Vec<u8>, Fault> {
    let is_cut = batch.part == 0
        && company.events.truncated.contains(&(format, batch.day))
        && key == daily(company, format, batch);
    let mut text = String::new();
    if !key.ends_with(".gz") && is_plain(company, format, batch) {
        text.push('\u{feff}');
    }
    for (number, line) in lines.iter().enumerate() {
        text.push_str(&line.text);
        let is_last = number + 1 == lines.len();
        if !(is_last && (is_cut || key.ends_with(".json"))) {
            text.push('\n');
        }
    }
    if key.ends_with(".gz") { gzip(text.as_bytes()) } else { Ok(text.into_bytes()) }
}

/// Compressed without a time stamp, so that equal text gives equal bytes.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| Fault(format!("cannot compress: {error}")))
}
