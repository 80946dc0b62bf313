//! Any JSON of a format's declared shape becomes rows or reasons: records drawn at random for every format.
//!
//! Texts are drawn from the words that the mappings themselves compare with, so that their branches are taken.

use std::collections::BTreeSet;

use arrow::datatypes::{DataType, Field, TimeUnit};
use trimtab::project::Project;

use crate::support::{Place, root};

const RECORDS: usize = 150;

/// Numbers that look random and are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        crate::splitmix::next(&mut self.0)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

/// Draws records of a shape.
struct Draw {
    random: Random,
    words: Vec<String>,
}

impl Draw {
    fn record(&mut self, fields: &[&Field]) -> String {
        let mut members = Vec::new();
        for field in fields {
            // Mostly what the format asks for, so that most records get past the reader.
            if !field.is_nullable() || self.random.below(5) > 0 {
                members.push(format!("{}:{}", quoted(field.name()), self.value(field)));
            }
        }
        format!("{{{}}}", members.join(","))
    }

    fn value(&mut self, field: &Field) -> String {
        if field.is_nullable() && self.random.below(12) == 0 {
            return "null".into();
        }
        if self.random.below(400) == 0 {
            return self.random.one_of(&["[]", "{}", "\"\"", "-1", "true", "1e300", "\"\\ud800\"", "[[1]]"]).into();
        }
        let kind = field.metadata().get("trimtab.type").map(String::as_str);
        match (field.data_type(), kind) {
            (DataType::Utf8, Some("json")) => self.json(3),
            (DataType::Utf8, Some(_)) => quoted("system prompt"),
            (DataType::Utf8, _) => self.text(),
            (DataType::Struct(fields), _) => self.record(&fields.iter().map(AsRef::as_ref).collect::<Vec<_>>()),
            (DataType::List(item), _) => {
                let items: Vec<String> = (0..self.random.below(4)).map(|_| self.value(item)).collect();
                format!("[{}]", items.join(","))
            }
            (DataType::Map(..), _) => {
                let pairs: Vec<String> =
                    (0..self.random.below(6)).map(|_| format!("{}:{}", self.text(), self.text())).collect();
                format!("{{{}}}", pairs.join(","))
            }
            (DataType::Boolean, _) => self.random.one_of(&["true", "false", "\"True\""]).into(),
            (DataType::Int64, _) => self.whole(),
            (DataType::Float64 | DataType::Decimal128(..), _) => {
                self.random.one_of(&["0", "1.5", "-0.25", "3e-06", "1791187500.25", "0.123456789012345678"]).into()
            }
            (
                DataType::Timestamp(
                    TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
                    _,
                ),
                _,
            ) => {
                let (day, hour) = (1 + self.random.below(8), self.random.below(24));
                format!("\"2026-10-{day:02}T{hour:02}:15:02.123Z\"")
            }
            (DataType::Date32, _) => "\"2026-10-05\"".into(),
            (other, _) => panic!("draw values of {other}"),
        }
    }

    /// Counts, times in every unit, and numbers that no sum should meet.
    fn whole(&mut self) -> String {
        match self.random.below(12) {
            0 => self.random.one_of(&["0", "-1", "9223372036854775807", "-9223372036854775808", "1e3"]).into(),
            1 => "1791187500".into(),
            2 => "1791187500123".into(),
            3 => "\"1791187500123456789\"".into(),
            _ => self.random.below(5_000).to_string(),
        }
    }

    fn text(&mut self) -> String {
        match self.random.below(10) {
            0 => quoted(&self.random.below(3_000).to_string()),
            1 => quoted("2026-10-05T08:00:02.123Z"),
            2 => {
                const ODD: [&str; 7] = ["", " ", "a\"b\\c", "käse", "o3", "claude-opus-4-1", "1791187500123456789"];
                quoted(ODD[self.random.below(ODD.len())])
            }
            3 => quoted(&self.json(2)),
            _ => {
                let word = self.random.one_of(&self.words.clone());
                quoted(&word)
            }
        }
    }

    fn json(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 3 } else { 6 }) {
            0 => self.whole(),
            1 => self.text(),
            2 => self.random.one_of(&["true", "null", "[]", "{}"]).into(),
            3 => format!("[{},{}]", self.json(depth - 1), self.json(depth - 1)),
            _ => format!("{{{}:{},{}:{}}}", self.text(), self.json(depth - 1), self.text(), self.json(depth - 1)),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The words between single quotes of a format's mappings, and of its recogniser.
fn words(project: &Project, format: &str) -> Vec<String> {
    let quotes = regex::Regex::new(r"'([^'\n]{1,60})'").expect("an expression");
    let mut words: BTreeSet<String> = BTreeSet::from(["x".into()]);
    let header = project.sources[format].header.get("recognised_by").unwrap_or_default();
    let texts = project.mappings(format).map(|(_, query)| query.sql.as_str()).chain([header]);
    for text in texts {
        words.extend(quotes.captures_iter(text).map(|found| found[1].trim_matches('%').to_string()));
    }
    words.into_iter().collect()
}

/// A key of the format's sample, so that it is read.
fn key_of(format: &str, pattern: Option<&str>, skip: Option<&str>) -> String {
    let folder = root().join("sample_data/formats").join(format);
    let expression = |text: Option<&str>| text.map(|text| regex::Regex::new(text).expect("an expression"));
    let (pattern, skip) = (expression(pattern), expression(skip));
    let mut keys: Vec<String> = walk(&folder).into_iter().filter(|key| !key.ends_with("README.md")).collect();
    keys.sort();
    let is_read = |key: &&String| {
        pattern.as_ref().is_none_or(|p| p.is_match(key))
            && !skip.as_ref().is_some_and(|s| s.is_match(key))
            && !key.to_lowercase().contains("manifest")
    };
    keys.iter()
        .find(is_read)
        .unwrap_or_else(|| panic!("{format}: no sample object that its own `objects:` takes"))
        .clone()
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("below").display().to_string());
            }
        }
    }
    found
}

#[test]
fn any_record_of_a_declared_shape_is_a_row_or_a_reason() {
    let project =
        tokio::runtime::Runtime::new().expect("a runtime").block_on(Project::load(None)).expect("the project loads");
    let place = Place::new();
    let mut urls = Vec::new();
    for (format, table) in project.sources.iter().filter(|(_, table)| table.file_type != "parquet") {
        let mut draw = Draw { random: Random(format.len() as u64 + 26), words: words(&project, format) };
        let fields: Vec<&Field> = table.schema.fields().iter().map(AsRef::as_ref).collect();
        let lines: Vec<String> = (0..RECORDS).map(|_| draw.record(&fields) + "\n").collect();
        let key = key_of(format, table.header.get("objects"), table.header.get("skip"));
        place.write(&format!("logs/{format}/{key}"), lines.concat());
        urls.push((format.clone(), format!("logs/{format}/")));
    }
    let sources: Vec<_> = urls.iter().map(|(format, url)| (format.as_str(), format.as_str(), url.as_str())).collect();
    place.run_file(
        "2026-10-09",
        &sources,
        "[[parameters]]\nparameter_id = \"C-01\"\nname = \"max_rejected_share\"\nexpected = 1.0\n",
    );
    let said = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    // A source of which every record is refused, or strange to the format, is named; that is an answer as well.
    assert!(
        said.code == 0
            || (said.code == 4
                && ["gave no readable row", "records looks like"].iter().any(|words| said.err.contains(words))),
        "{}: {}",
        said.code,
        said.err
    );
    let coverage = place.sql_with(
        "select source, sum(records) as records, sum(rejected_lines) as unreadable, sum(skipped_records) as skipped, \
         sum(rows) as row_count, sum(rejected_rows) as refused from ledger group by source order by source",
        &[],
    );
    assert_eq!(coverage.len(), sources.len(), "every format was read: {coverage:?}");
    let kept = place.sql(
        "select source, sum(rows_kept + rows_repeated) as settled from repeats where not is_closed group by source",
    );
    for row in &coverage {
        let number = |name: &str| row[name].parse::<i64>().unwrap_or_else(|_| panic!("`{name}` of {row:?}"));
        let settled =
            kept.iter().find(|k| k["source"] == row["source"]).map_or(0, |k| k["settled"].parse().expect("a count"));
        assert_eq!(number("records"), RECORDS as i64, "{row:?}");
        assert_eq!(number("row_count"), number("refused") + settled, "{row:?}");
    }
    // What the contract promises of usage, for every row that was kept.
    let parts = |parts: &[&str]| -> String {
        parts.iter().map(|part| format!("coalesce(usage_{part}_tokens, 0)")).collect::<Vec<_>>().join(" + ")
    };
    let input =
        parts(&["input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "input_image"]);
    let output = parts(&["output_visible", "output_reasoning", "output_audio", "output_image"]);
    let broken = place.sql(&format!(
        "select x_source, x_object_key, x_line from requests where gen_ai_usage_input_tokens <> {input} or gen_ai_usage_output_tokens <> {output} \
         or usage_input_uncached_tokens < 0 or usage_output_visible_tokens < 0 or usage_cache_read_tokens < 0 or x_end_time < x_start_time"
    ));
    assert!(broken.is_empty(), "{broken:?}");
}
