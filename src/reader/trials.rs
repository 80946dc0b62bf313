//! The JSON reader against serde_json's own `Value`, and against lines that were spoilt at random.

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use arrow::array::{Array, AsArray, RecordBatch};
    use arrow::datatypes::{
        DataType, Decimal128Type, Field, Float64Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    };
    use chrono::DateTime;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use super::super::inflate::tests::{gzip, zstd};
    use super::super::tests::{Random, field, json_field, list, map, object, read_all, reader, required, strukt};
    use super::super::{FileFormat, Limits};

    /// A word that stands in every text value, to see that no reason repeats it.
    const SECRET: &str = "hunter2";

    pub(in crate::reader) fn fields() -> Vec<Field> {
        let usage =
            [required("in", DataType::Int64), field("outTokens", DataType::Int32), field("ratio", DataType::Float64)];
        let item = [field("k", DataType::Utf8), field("v", DataType::Int64), field("sub", list(DataType::Float64))];
        vec![
            required("id", DataType::Utf8),
            field("model", DataType::Utf8),
            field("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
            field("cost", DataType::Decimal128(38, 12)),
            field("isCached", DataType::Boolean),
            field("usage", strukt(usage)),
            field("items", list(strukt(item))),
            field("tags", map()),
            json_field("body"),
        ]
    }

    /// Writes records that fit `fields`.
    pub(in crate::reader) struct Writer {
        pub(in crate::reader) random: Random,
    }

    impl Writer {
        pub(in crate::reader) fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
            choices[self.random.below(choices.len())]
        }

        pub(in crate::reader) fn space(&mut self) -> &'static str {
            self.one_of(&["", "", "", " ", "\t", "  "])
        }

        pub(in crate::reader) fn record(&mut self) -> String {
            let mut members = vec![("id".to_owned(), self.text())];
            for field in &fields()[1..] {
                if self.random.below(5) > 0 {
                    members.push((field.name().clone(), self.value(field)));
                }
            }
            for _ in 0..self.random.below(4) {
                let (key, place) =
                    (self.one_of(&["x", "ID", "a\\u00fcb", "\\ud83d\\ude00", "x"]), self.random.below(members.len()));
                let value = self.anything(3);
                members.insert(place, (key.to_owned(), value));
            }
            self.object(&members)
        }

        fn object(&mut self, members: &[(String, String)]) -> String {
            let mut json = String::from("{");
            for (place, (key, value)) in members.iter().enumerate() {
                let (before, between, after) = (self.space(), self.space(), self.space());
                let comma = if place == 0 { "" } else { "," };
                json += &format!("{comma}{before}\"{key}\"{between}:{after}{value}{after}");
            }
            json + "}"
        }

        fn value(&mut self, field: &Field) -> String {
            if field.is_nullable() && self.random.below(8) == 0 {
                return "null".into();
            }
            if field.metadata().contains_key("trimtab.type") {
                return self.anything(4);
            }
            match field.data_type() {
                DataType::Utf8 => match self.random.below(4) {
                    0 => self.number(),
                    1 => self.one_of(&["true", "false"]).into(),
                    _ => self.text(),
                },
                DataType::Int64 => (self.random.next() as i64 >> self.random.below(64)).to_string(),
                DataType::Int32 => (self.random.next() as i32).to_string(),
                DataType::Float64 => self.number(),
                DataType::Boolean => self.one_of(&["true", "false"]).into(),
                DataType::Decimal128(..) => {
                    let (sign, quote) = (self.one_of(&["", "-"]), self.one_of(&["", "\""]));
                    let (whole, width) = (self.random.next() >> 8, self.random.below(12) + 1);
                    let fraction = format!("{:012}", self.random.below(1_000_000_000_000));
                    format!("{quote}{sign}{whole}.{}{quote}", &fraction[..width])
                }
                DataType::Timestamp(..) => {
                    let micros = self.random.below(4_000_000_000_000_000) as i64 - 1_000_000_000_000_000;
                    let offset = chrono::FixedOffset::east_opt(900 * (self.random.below(80) as i32 - 40)).unwrap();
                    let time = DateTime::from_timestamp_micros(micros).unwrap().with_timezone(&offset);
                    format!("\"{}\"", time.to_rfc3339())
                }
                DataType::Struct(children) => {
                    let mut members = Vec::new();
                    for child in children {
                        if !child.is_nullable() || self.random.below(4) > 0 {
                            members.push((child.name().clone(), self.value(child)));
                        }
                    }
                    self.object(&members)
                }
                DataType::List(item) => {
                    let elements: Vec<String> = (0..self.random.below(4)).map(|_| self.value(item)).collect();
                    format!("[{}]", elements.join(","))
                }
                _ => {
                    let mut members = Vec::new();
                    for _ in 0..self.random.below(4) {
                        let key = self.one_of(&["team", "a.b", "", "\\u0074eam", "tab\\t"]);
                        members.push((key.to_owned(), self.anything(2)));
                    }
                    self.object(&members)
                }
            }
        }

        fn text(&mut self) -> String {
            let tail = self.one_of(&[
                "",
                " ",
                "\\n",
                "\\u00fc",
                "ü",
                "\\\"",
                "\\\\",
                "😀",
                "\\ud83d\\ude00",
                "/",
                "\\/",
                "{[,:",
            ]);
            format!("\"{tail}{SECRET}{tail}\"")
        }

        fn number(&mut self) -> String {
            let whole = self.random.next() as i64 >> self.random.below(64);
            match self.random.below(4) {
                0 => whole.to_string(),
                1 => format!("{whole}.{}", self.random.below(1_000_000)),
                2 => format!("{whole}e-{}", self.random.below(30)),
                _ => format!("{whole}.50e+{}", self.random.below(9)),
            }
        }

        pub(in crate::reader) fn anything(&mut self, depth: usize) -> String {
            match self.random.below(if depth == 0 { 4 } else { 6 }) {
                0 => "null".into(),
                1 => self.number(),
                2 => self.text(),
                3 => self.one_of(&["true", "false"]).into(),
                4 => {
                    let elements: Vec<String> = (0..self.random.below(3)).map(|_| self.anything(depth - 1)).collect();
                    format!("[{}]", elements.join(", "))
                }
                _ => {
                    let members: Vec<_> =
                        (0..self.random.below(3)).map(|n| (n.to_string(), self.anything(depth - 1))).collect();
                    self.object(&members)
                }
            }
        }

        pub(in crate::reader) fn spoil(&mut self, text: &mut Vec<u8>) {
            const PIECES: [&[u8]; 24] = [
                b"{",
                b"}",
                b"[",
                b"]",
                b"\"",
                b",",
                b":",
                b"\\",
                b"\\u",
                b"\\ud800",
                b"null",
                b"true",
                b"0",
                b"-",
                b"1e999",
                b"\n",
                b"\r\n",
                b"\0",
                b"\xff",
                b"\xef\xbb\xbf",
                b"\xf0\x9f",
                b"{\"id\":\"a\"}",
                b"[{\"id\":\"b\"},{}]",
                b"\"id\":",
            ];
            let at = self.random.below(text.len() + 1);
            let end = (at + self.random.below(8)).min(text.len());
            match self.random.below(6) {
                0 => text.truncate(at),
                1 => drop(text.drain(at..end)),
                2 => {
                    let copy = text[at..end].to_vec();
                    text.splice(at..at, copy);
                }
                3 if at < text.len() => text[at] = self.random.below(256) as u8,
                4 => {
                    let other = self.random.below(text.len() + 1);
                    let piece = text[at..end].to_vec();
                    text.splice(other..other, piece);
                }
                _ => {
                    let piece = PIECES[self.random.below(PIECES.len())];
                    text.splice(at..end.min(at + 1), piece.iter().copied());
                }
            }
        }
    }

    /// A parsed value whose numbers keep their text, marked by a first character that no text of a record has.
    fn parse(json: &str) -> Value {
        let json = json.trim();
        match json.as_bytes().first() {
            Some(b'{') => {
                let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap();
                Value::Object(members.into_iter().map(|(key, member)| (key, parse(member.get()))).collect())
            }
            Some(b'[') => {
                let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap();
                Value::Array(elements.into_iter().map(|element| parse(element.get())).collect())
            }
            Some(b'-' | b'0'..=b'9') => Value::String(format!("\u{1}{json}")),
            _ => serde_json::from_str(json).unwrap(),
        }
    }

    /// A text, or the text of a number.
    fn plain(text: &str) -> &str {
        text.trim_start_matches('\u{1}')
    }

    /// What a column should hold, from the parsed value, in a form to compare.
    fn expected(field: &Field, value: &Value) -> String {
        match (field.data_type(), value) {
            (_, Value::Null) => "null".into(),
            (DataType::Utf8, value) if field.metadata().contains_key("trimtab.type") => value.to_string(),
            (DataType::Utf8, Value::String(text)) => format!("{:?}", plain(text)),
            (DataType::Utf8, value) => format!("{:?}", value.to_string()),
            (DataType::Float64, value) => plain(value.as_str().unwrap()).parse::<f64>().unwrap().to_string(),
            (DataType::Decimal128(..), value) => {
                let text = plain(value.as_str().unwrap());
                let (whole, fraction) = text.split_once('.').unwrap();
                format!("{whole}{fraction:0<12}").parse::<i128>().unwrap().to_string()
            }
            (DataType::Timestamp(..), value) => {
                DateTime::parse_from_rfc3339(value.as_str().unwrap()).unwrap().timestamp_micros().to_string()
            }
            (DataType::Struct(children), Value::Object(members)) => {
                let child =
                    |field: &std::sync::Arc<Field>| expected(field, members.get(field.name()).unwrap_or(&Value::Null));
                format!("{{{}}}", children.iter().map(child).collect::<Vec<_>>().join(","))
            }
            (DataType::List(item), Value::Array(elements)) => {
                let elements = elements.iter().map(|element| expected(item, element));
                format!("[{}]", elements.collect::<Vec<_>>().join(","))
            }
            (DataType::Map(..), Value::Object(members)) => {
                let value = |value: &Value| match value {
                    Value::String(text) => format!("{:?}", plain(text)),
                    Value::Null => "null".into(),
                    other => format!("{:?}", other.to_string()),
                };
                let pairs = members.iter().map(|(key, member)| format!("{key:?}:{}", value(member)));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
            }
            (_, Value::String(text)) => plain(text).to_owned(),
            (_, value) => value.to_string(),
        }
    }

    /// What a column does hold, in the same form.
    fn actual(field: &Field, array: &dyn Array, row: usize) -> String {
        if array.is_null(row) {
            return "null".into();
        }
        match field.data_type() {
            DataType::Utf8 => {
                let text = array.as_string::<i32>().value(row);
                if field.metadata().contains_key("trimtab.type") {
                    parse(text).to_string()
                } else {
                    format!("{text:?}")
                }
            }
            DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
            DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
            DataType::Boolean => array.as_boolean().value(row).to_string(),
            DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value(row).to_string(),
            DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().value(row).to_string(),
            DataType::Struct(children) => {
                let columns = array.as_struct().columns();
                let cells = children.iter().zip(columns).map(|(field, column)| actual(field, column, row));
                format!("{{{}}}", cells.collect::<Vec<_>>().join(","))
            }
            DataType::List(item) => {
                let items = array.as_list::<i32>().value(row);
                let cells = (0..items.len()).map(|at| actual(item, &items, at));
                format!("[{}]", cells.collect::<Vec<_>>().join(","))
            }
            _ => {
                let entries = array.as_map().value(row);
                let (keys, values) = (entries.column(0).as_string::<i32>(), entries.column(1).as_string::<i32>());
                let value = |at| {
                    if values.is_null(at) { "null".to_owned() } else { normal(values.value(at)) }
                };
                let mut pairs: Vec<_> = (0..keys.len()).map(|at| (keys.value(at), value(at))).collect();
                pairs.sort();
                let pairs = pairs.into_iter().map(|(key, value)| format!("{key:?}:{value}"));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// The text of a map's value, nested JSON without its spaces.
    fn normal(text: &str) -> String {
        match text.as_bytes().first() {
            Some(b'{' | b'[') if serde_json::from_str::<Value>(text).is_ok() => {
                format!("{:?}", parse(text).to_string())
            }
            _ => format!("{text:?}"),
        }
    }

    fn compare(lines: &[String], batches: &[RecordBatch]) {
        let fields = fields();
        let mut line = lines.iter();
        for batch in batches {
            for row in 0..batch.num_rows() {
                let line = line.next().unwrap();
                let value = parse(line);
                for (field, column) in fields.iter().zip(batch.columns()) {
                    let expected = expected(field, value.get(field.name()).unwrap_or(&Value::Null));
                    assert_eq!(actual(field, column, row), expected, "{} in {line}", field.name());
                }
            }
        }
        assert_eq!(line.next(), None);
    }

    #[test]
    fn valid_records_are_read_as_serde_json_reads_them() {
        let mut writer = Writer { random: Random(1) };
        let lines: Vec<String> = (0..3000).map(|_| writer.record()).collect();
        let limits = Limits { batch_rows: 700, ..Limits::default() };
        let mut reader = reader(FileFormat::Json, fields(), limits);
        for text in [lines.join("\n"), lines.concat(), format!("[{}]", lines.join(",\r\n"))] {
            let (batches, read) = read_all(&mut reader, &object(&text));
            assert_eq!((read.records, read.rejected, read.fault), (3000, 0, None), "{:?}", read.rejected_lines.first());
            assert_eq!(batches.len(), 5);
            compare(&lines, &batches);
        }
    }

    #[test]
    fn spoilt_records_are_taken_or_rejected() {
        let mut writer = Writer { random: Random(2) };
        let mut reader = reader(FileFormat::Json, fields(), Limits::default());
        let (mut taken, mut rejected) = (0, 0);
        for _ in 0..20_000 {
            let mut text = writer.record().into_bytes();
            if writer.random.below(4) == 0 {
                text.push(b'\n');
                text.extend(writer.record().into_bytes());
            }
            for _ in 0..=writer.random.below(3) {
                writer.spoil(&mut text);
            }
            let (_, read) = read_all(&mut reader, &object(&text));
            taken += read.records - read.rejected;
            rejected += read.rejected;
            assert_eq!(read.fault, None);
            for line in &read.rejected_lines {
                assert!(!line.reason.contains("hunter") && !line.path.contains("hunter"), "{line:?}");
            }
        }
        assert!(taken > 3_000 && rejected > 10_000, "{taken} {rejected}");
    }

    #[test]
    fn spoilt_streams_are_read_as_far_as_they_go() {
        let mut writer = Writer { random: Random(3) };
        let mut reader = reader(FileFormat::Json, fields(), Limits { max_object_bytes: 60_000, ..Limits::default() });
        let text: String = (0..40).map(|_| writer.record() + "\n").collect();
        for packed in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
            let mut faults = 0;
            for _ in 0..500 {
                let mut bytes = packed.clone();
                writer.spoil(&mut bytes);
                let (_, read) = read_all(&mut reader, &object(&bytes));
                faults += i32::from(read.fault.is_some());
            }
            assert!(faults > 350, "{faults}");
        }
    }

    #[test]
    fn spoilt_tables_are_taken_or_rejected() {
        let mut writer = Writer { random: Random(4) };
        let csv = FileFormat::Csv { delimiter: b',', null_text: Some("null".into()) };
        let mut reader = reader(csv, fields(), Limits::default());
        let names: Vec<String> = fields().iter().map(|field| field.name().clone()).collect();
        let (mut taken, mut rejected) = (0, 0);
        for _ in 0..1_000 {
            let mut text = names.join(",") + "\n";
            for _ in 0..3 {
                let cells = fields()
                    .iter()
                    .map(|field| {
                        let value = writer.value(field);
                        format!("\"{}\"", value.trim_matches('"').replace('"', "\"\""))
                    })
                    .collect::<Vec<_>>();
                text += &(cells.join(",") + "\r\n");
            }
            let mut bytes = text.into_bytes();
            for _ in 0..writer.random.below(3) {
                writer.spoil(&mut bytes);
            }
            let (_, read) = read_all(&mut reader, &object(&bytes));
            taken += read.records - read.rejected;
            rejected += read.rejected;
            for line in &read.rejected_lines {
                assert!(!line.reason.contains("hunter") && !line.path.contains("hunter"), "{line:?}");
            }
        }
        assert!(taken > 300 && rejected > 300, "{taken} {rejected}");
    }
}
