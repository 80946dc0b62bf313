//! JSON objects of a store: one record a line, or any other way to write records one after another.
//!
//! A text is read line by line. Only when its first line is not a record by itself is the text tried as a whole, which
//! finds pretty-printed records, records run together, and one array of records.

use serde_json::value::RawValue;

use super::batch::Intake;
use super::cell::{Cell, Rejection, Tally};
use super::fast::Plan;
use super::inflate::Inflate;
use super::lines::{Ending, Line, Lines, read_whole};
use super::value::{Kind, decode_members, is_deeper_than};
use super::walk::for_each_element;

/// Reads the object's JSON text; lines that are one record by `plan`, where that is sure of them.
pub(super) fn read(intake: &mut Intake<'_>, mut plan: Option<&mut Plan>) {
    let open = Inflate::open(intake.bytes(), intake.limits);
    let mut lines = Lines::new(open, intake.limits.max_line_bytes);
    let mut is_first = true;
    while let Some(line) = lines.next() {
        match line {
            Line::TooLong { number, length } => {
                let limit = intake.limits.max_line_bytes;
                let what = format!("line of {length} bytes exceeds the limit of {limit}");
                intake.reject(number, Rejection::new(what));
            }
            Line::Text { bytes, .. } if bytes.iter().all(|byte| is_space(*byte)) => continue,
            Line::Text { number, bytes, ending } => {
                if plan.as_mut().is_some_and(|plan| read_fast(intake, plan, number, bytes)) {
                    is_first = false;
                    continue;
                }
                if is_first && is_worth_a_second_look(bytes) && read_as_a_whole(intake, bytes) {
                    return;
                }
                read_line(intake, number, bytes, ending);
            }
        }
        is_first = false;
    }
    intake.set_inflated(lines.source().total());
    if let Some(fault) = lines.source().fault() {
        intake.fault(fault);
    }
}

/// Takes a line that surely is one record of the table; what does not fit is left as it was. Says whether.
fn read_fast(intake: &mut Intake<'_>, plan: &mut Plan, number: i64, bytes: &[u8]) -> bool {
    let mut tally = intake.tally();
    let row = plan.read(bytes, intake.limits.max_depth, &mut tally);
    row.is_some_and(|row| {
        intake.take_flat(number, &row, &tally);
        true
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// True unless a line is plainly one record.
fn is_worth_a_second_look(line: &[u8]) -> bool {
    match serde_json::from_slice::<&RawValue>(line) {
        Ok(value) => Kind::of(value.get()) == Kind::Array,
        Err(_) => true,
    }
}

/// Reads one line, which mostly holds one record; it may hold several, or an array of them.
fn read_line(intake: &mut Intake<'_>, number: i64, bytes: &[u8], ending: Ending) {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let is_cut = ending != Ending::LineFeed && error.error_len().is_none();
            let what = format!("invalid UTF-8 at byte {}", error.valid_up_to() + 1);
            let what = if is_cut { "cut off inside a character".to_owned() } else { what };
            return intake.reject(number, Rejection::new(what));
        }
    };
    if let Ok(value) = serde_json::from_str::<&RawValue>(text) {
        return take_value(intake, value.get(), &mut || number);
    }
    match count_values(text) {
        (_, None) => {
            for value in values(text) {
                take_value(intake, value, &mut || number);
            }
        }
        (_, Some(error)) => {
            let is_cut = ending == Ending::Damage || (ending == Ending::EndOfText && error.is_eof());
            intake.reject(number, syntax_rejection(&error, is_cut));
        }
    }
}

/// Reads all of the object at once, if it is a sequence of values that are more than the first line. Says whether.
fn read_as_a_whole(intake: &mut Intake<'_>, first_line: &[u8]) -> bool {
    let open = Inflate::open(intake.bytes(), intake.limits);
    let Some((text, source)) = read_whole(open, intake.limits.max_line_bytes) else {
        return false;
    };
    let Ok(text) = std::str::from_utf8(&text) else {
        return false;
    };
    let (count, error) = count_values(text);
    let is_one_array = count == 1 && error.is_none() && values(text).all(|value| Kind::of(value) == Kind::Array);
    // A first line that is an array by itself: either the whole text, or the first of many lines.
    if !is_one_array && serde_json::from_slice::<&RawValue>(first_line).is_ok() {
        return false;
    }
    let is_cut = error.as_ref().is_some_and(serde_json::Error::is_eof);
    if error.is_some() && !is_cut {
        return false;
    }
    if count == 0 && !take_cut_array(intake, text) {
        return false;
    }
    if is_one_array {
        let mut element = 0;
        for value in values(text) {
            take_value(intake, value, &mut || {
                element += 1;
                element
            });
        }
    } else if count > 0 {
        take_run(intake, text, error);
    }
    intake.set_inflated(source.total());
    if let Some(fault) = source.fault() {
        intake.fault(fault);
    }
    true
}

/// Records one after another; each has the number of the line that it starts on. The last may be cut off.
fn take_run(intake: &mut Intake<'_>, text: &str, cut: Option<serde_json::Error>) {
    let (mut line, mut seen) = (1, 0);
    let mut line_of = |at: usize| {
        let feeds = text.as_bytes().get(seen..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        seen = at;
        line += i64::try_from(feeds).unwrap_or(0);
        line
    };
    let mut end = 0;
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    while let Some(Ok(value)) = stream.next() {
        end = stream.byte_offset();
        let number = line_of(end.saturating_sub(value.get().len()));
        take_value(intake, value.get(), &mut || number);
    }
    if let Some(error) = cut {
        let spaces = text.bytes().skip(end).take_while(|byte| is_space(*byte)).count();
        intake.reject(line_of(end + spaces), syntax_rejection(&error, true));
    }
}

/// The elements of an array that breaks off after at least one of them. Says whether the text is that.
fn take_cut_array(intake: &mut Intake<'_>, text: &str) -> bool {
    let text = text.trim_start_matches([' ', '\t', '\r', '\n']);
    if Kind::of(text) != Kind::Array {
        return false;
    }
    let mut element = 0;
    // The walk ends in an error, at the cut.
    let _ = for_each_element(text, &mut |json| {
        element += 1;
        take_record(intake, element, json);
        Ok(())
    });
    if element > 0 {
        intake.reject(element + 1, Rejection::new("cut off"));
    }
    element > 0
}

/// Takes a record, or the records of an array. `number` gives the line of the next record.
fn take_value(intake: &mut Intake<'_>, json: &str, number: &mut dyn FnMut() -> i64) {
    if Kind::of(json) != Kind::Array {
        return take_record(intake, number(), json);
    }
    let walked = for_each_element(json, &mut |element| {
        take_record(intake, number(), element);
        Ok(())
    });
    if let Err(rejection) = walked {
        intake.reject(number(), rejection);
    }
}

fn take_record(intake: &mut Intake<'_>, number: i64, json: &str) {
    let mut tally = intake.tally();
    let decoded = decode_record(intake, json, &mut tally);
    intake.take(number, decoded, &tally);
}

fn decode_record<'a>(intake: &Intake<'_>, json: &'a str, tally: &mut Tally) -> Result<Vec<Cell<'a>>, Rejection> {
    let kind = Kind::of(json);
    if kind != Kind::Object {
        return Err(Rejection::new(format!("record is {}, expected an object", kind.words())));
    }
    let limit = intake.limits.max_depth;
    if is_deeper_than(json, limit) {
        return Err(Rejection::new(format!("record is nested more than {limit} deep")));
    }
    decode_members(intake.fields, json, tally)
}

/// How many values stand in a text before its end or its first error.
fn count_values(text: &str) -> (usize, Option<serde_json::Error>) {
    let mut count = 0;
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        match value {
            Ok(_) => count += 1,
            Err(error) => return (count, Some(error)),
        }
    }
    (count, None)
}

fn values(text: &str) -> impl Iterator<Item = &str> {
    serde_json::Deserializer::from_str(text).into_iter::<&RawValue>().map_while(Result::ok).map(RawValue::get)
}

/// serde_json's own words hold no text of the record, but count lines from where it began.
fn syntax_rejection(error: &serde_json::Error, is_cut: bool) -> Rejection {
    if is_cut {
        return Rejection::new("cut off");
    }
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    Rejection::new(format!("not valid JSON near byte {}: {words}", error.column()))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::super::inflate::tests::{gzip, zstd};
    use super::super::tests::{field, json_field, object, read_all, reader, show};
    use super::super::{FileFormat, Limits, Reader};

    fn numbers() -> Reader {
        numbers_within(Limits::default())
    }

    fn numbers_within(limits: Limits) -> Reader {
        reader(FileFormat::Json, [field("n", DataType::Int64)], limits)
    }

    fn rows(text: impl AsRef<[u8]>) -> Vec<String> {
        show(&mut numbers(), text)
    }

    #[test]
    fn one_record_a_line() {
        assert_eq!(rows("{\"n\":1}\n{\"n\":2}\n"), ["1: 1", "2: 2"]);
        assert_eq!(rows("{\"n\":1}\r\n\r\n \t\n{\"n\":2}"), ["1: 1", "4: 2"]);
        assert_eq!(rows("\u{feff}{\"n\":1}\n"), ["1: 1"]);
        assert_eq!(rows("\n\n  {\"n\":1}  \n"), ["3: 1"]);
        assert_eq!(rows("{\"n\":1}"), ["1: 1"]);
    }

    #[test]
    fn bad_lines_do_not_hurt_others() {
        let text = "{\"n\":1}\n{\"n\":\nnonsense\n{\"n\":2} trailing\n7\nnull\n\"text\"\n{\"n\":3}\n";
        assert_eq!(
            rows(text),
            [
                "1: 1",
                "2! not valid JSON near byte 5: EOF while parsing a value",
                "3! not valid JSON near byte 2: expected ident",
                "4! not valid JSON near byte 11: expected ident",
                "5! record is a number, expected an object",
                "6! record is null, expected an object",
                "7! record is a string, expected an object",
                "8: 3",
            ]
        );
        let bad_first = rows("oops\n{\"n\":1}\n{\"n\":2}");
        assert_eq!(bad_first, ["1! not valid JSON near byte 1: expected value", "2: 1", "3: 2"]);
    }

    #[test]
    fn bytes_that_are_no_text_reject_their_line() {
        assert_eq!(rows(b"{\"n\":1}\n{\"a\":\"\xff\"}\n{\"n\":2}"), ["1: 1", "2! invalid UTF-8 at byte 7", "3: 2"]);
        assert_eq!(rows(b"\xff\n{\"n\":2}"), ["1! invalid UTF-8 at byte 1", "2: 2"]);
        let nul = rows(b"{\"n\":1}\n\0\n{\"a\":\"\0\"}\n");
        assert!(nul[1].starts_with("2! not valid JSON near byte 1"), "{nul:?}");
        assert!(nul[2].starts_with("3! not valid JSON near byte 6: control character"), "{nul:?}");
    }

    #[test]
    fn a_cut_last_line_is_rejected_unless_it_is_whole() {
        assert_eq!(rows("{\"n\":1}\n{\"n\":2"), ["1: 1", "2! cut off"]);
        assert_eq!(rows("{\"n\":1}\n{\"n\":2}}"), ["1: 1", "2! not valid JSON near byte 8: expected value"]);
        assert_eq!(rows(b"{\"n\":1}\n{\"a\":\"\xc3"), ["1: 1", "2! cut off inside a character"]);
        assert_eq!(rows("{\"n\":"), ["1! cut off"]);
    }

    #[test]
    fn a_damaged_stream_gives_what_came_before() {
        let text: String = (0..50_000_i64).map(|n| format!("{{\"n\":{}}}\n", n * n * 7919)).collect();
        for packed in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
            let (_, read) = read_all(&mut numbers(), &object(&packed[..packed.len() * 2 / 3]));
            let fault = read.fault.unwrap();
            assert!(fault.contains(" stream is cut off after "), "{fault}");
            assert!(read.records > 15_000 && read.rejected <= 1, "{} {}", read.records, read.rejected);
            assert!(read.rejected_lines.iter().all(|line| line.reason == "cut off"));
        }
        let mut cut = gzip(b"{\"n\":1}\n{\"n\":2}");
        cut.truncate(cut.len() - 8);
        assert_eq!(rows(&cut), ["1: 1", "2: 2", "fault: gzip stream is cut off after 15 inflated bytes"]);
        let mut cut = gzip(b"{\n\"n\":1}\n");
        cut.truncate(cut.len() - 8);
        assert_eq!(rows(&cut), ["1: 1", "fault: gzip stream is cut off after 9 inflated bytes"]);
    }

    #[test]
    fn limits_of_the_stream_are_faults() {
        let text = "{\"n\":1}\n".repeat(1000);
        let limits = Limits { max_object_bytes: 20, ..Limits::default() };
        let expected = ["1: 1", "2: 1", "3! cut off", "fault: inflates to more than 20 bytes"];
        assert_eq!(show(&mut numbers_within(limits), &text), expected);
        assert_eq!(show(&mut numbers_within(limits), gzip(text.as_bytes())), expected);
        let limits = Limits { max_inflate_ratio: 2, ..Limits::default() };
        let (_, read) = read_all(&mut numbers_within(limits), &object(gzip(text.repeat(200).as_bytes())));
        assert_eq!(read.fault.as_deref(), Some("inflates to more than 2 times its size"));
        assert_eq!((read.records, read.bytes_inflated), ((1 << 20) / 8, 1 << 20));
    }

    #[test]
    fn records_may_be_pretty_printed() {
        assert_eq!(rows("{\n  \"n\": 1\n}\n"), ["1: 1"]);
        assert_eq!(rows("\u{feff}\n{\r\n\"n\": 1\r\n}\r\n{\r\n\"n\": 2\r\n}"), ["2: 1", "5: 2"]);
        assert_eq!(
            rows("{\n\"n\": 1\n}\n3\n{\n\"n\": \"x\"\n}"),
            ["1: 1", "4! record is a number, expected an object", "5! `n` is a string, expected bigint"]
        );
    }

    #[test]
    fn records_may_be_run_together() {
        assert_eq!(rows("{\"n\":1}{\"n\":2} {\"n\":3}\n{\"n\":4}{\"n\":5}"), ["1: 1", "2: 2", "3: 3", "4: 4", "5: 5"]);
        // Two files put together, the first without a last line feed.
        assert_eq!(rows("{\"n\":1}\n{\"n\":2}{\"n\":3}\n{\"n\":4}"), ["1: 1", "2: 2", "3: 3", "4: 4"]);
    }

    #[test]
    fn records_before_a_cut_are_kept_in_any_layout() {
        assert_eq!(rows("{\n\"n\": 1\n}\n{\n\"n\": 2\n"), ["1: 1", "4! cut off"]);
        assert_eq!(rows("{\"n\":1}{\"n\":2}{\"n\""), ["1: 1", "2: 2", "3! cut off"]);
        assert_eq!(rows(" [\n{\"n\":1},\n{\"n\":2}\n"), ["1: 1", "2: 2", "3! cut off"]);
        assert_eq!(rows("[{\"n\":1},{\"n\":2},{\"n\""), ["1: 1", "2: 2", "3! cut off"]);
        assert_eq!(rows("[{\"n\":1"), ["1! cut off"]);
        assert_eq!(rows("{\"n\":\n{\"n\":2}").len(), 2);
    }

    #[test]
    fn arrays_hold_records() {
        for text in
            ["[{\"n\":1},{\"n\":2}]", "\u{feff}[\n{\"n\":1},\n\n{\"n\":2}\n]\n", "\n [{\"n\":1},\r\n{\"n\":2}]\n\n"]
        {
            assert_eq!(rows(text), ["1: 1", "2: 2"], "{text}");
        }
        assert_eq!(rows("[]"), Vec::<String>::new());
        assert_eq!(
            rows("[{\"n\":1},\n[{\"n\":2}], 3, null, {\"n\":\"x\"}]"),
            [
                "1: 1",
                "2! record is an array, expected an object",
                "3! record is a number, expected an object",
                "4! record is null, expected an object",
                "5! `n` is a string, expected bigint"
            ]
        );
        // In lines, records of an array share the number of the line.
        assert_eq!(rows("[{\"n\":1},{\"n\":2}]\n[]\n[{\"n\":3}]\n{\"n\":4}"), ["1: 1", "2: 2", "3: 3", "4: 4"]);
        assert_eq!(rows("{\"n\":1}\n[{\"n\":2},7]\n"), ["1: 1", "2: 2", "3! record is a number, expected an object"]);
        assert_eq!(rows("[\n{\"n\":1}\n]\n[\n{\"n\":2},{\"n\":3}]"), ["1: 1", "4: 2", "5: 3"]);
    }

    #[test]
    fn long_lines_are_skipped() {
        let long = format!("{{\"n\":7,\"a\":\"{}\"}}", "x".repeat(100_000));
        let text = format!("{{\"n\":1}}\n{long}\n{{\"n\":2}}\n{long}");
        let limits = Limits { max_line_bytes: 1000, ..Limits::default() };
        let expected = [
            "1: 1",
            "2! line of 100014 bytes exceeds the limit of 1000",
            "3: 2",
            "4! line of 100014 bytes exceeds the limit of 1000",
        ];
        assert_eq!(show(&mut numbers_within(limits), &text), expected);
        assert_eq!(show(&mut numbers_within(limits), gzip(text.as_bytes())), expected);
        let first = show(&mut numbers_within(limits), format!("{long}\n{{\"n\":2}}"));
        assert_eq!(first, ["1! line of 100014 bytes exceeds the limit of 1000", "2: 2"]);
        let exact = Limits { max_line_bytes: long.len(), ..Limits::default() };
        assert_eq!(show(&mut numbers_within(exact), format!("{long}\r\n{long}")), ["1: 7", "2: 7"]);
        // A text that is longer than a line may be is not tried as a whole.
        let whole = show(&mut numbers_within(limits), format!("[\n{}{{\"n\":3}}]", "{\"n\":2},\n".repeat(200)));
        assert_eq!(whole.len(), 202);
        assert!(whole.iter().all(|line| line.contains("! not valid JSON")));
    }

    #[test]
    fn depth_is_limited_and_harmless() {
        let nest = |depth: usize| format!("{{\"n\":1,\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert_eq!(rows(nest(64)), ["1: 1"]);
        assert_eq!(rows(nest(65)), ["1! record is nested more than 64 deep"]);
        assert_eq!(rows(format!("[{}]", nest(64))), ["1: 1"]);
        assert_eq!(rows(nest(1_000_000)), ["1! record is nested more than 64 deep"]);
        assert_eq!(rows("[".repeat(1_000_000)), ["1! cut off"]);
        assert_eq!(rows("{\"a\":".repeat(1_000_000)), ["1! cut off"]);
        let wide = Limits { max_depth: 1_000_000, ..Limits::default() };
        let mut reader = reader(FileFormat::Json, [json_field("a")], wide);
        assert_eq!(read_all(&mut reader, &object(nest(300_000))).1.rejected, 0);
    }

    #[test]
    fn texts_of_serde_json_itself_are_only_text() {
        let mut reader = reader(FileFormat::Json, [json_field("n"), field("m", DataType::Utf8)], Limits::default());
        let text = r#"{"n":{"$serde_json::private::RawValue":"1"},"m":{"$serde_json::private::Number":"2"}}"#;
        assert_eq!(show(&mut reader, text), ["1! `m` is an object, expected varchar"]);
        let text = r#"{"$serde_json::private::RawValue":"{\"n\":1}"}"#;
        assert_eq!(show(&mut reader, text), ["1: null|null"]);
    }

    #[test]
    fn no_value_reaches_a_reason() {
        let fields = ["a", "b", "c", "d", "e", "f"].map(|name| field(name, DataType::Int64));
        let mut reader = reader(FileFormat::Json, fields, Limits::default());
        let secrets = ["\"hunter2\"", "{\"hunter2\":1}", "[\"hunter2\"]", "hunter2", "\"hunter2\\ud800\"", "\"hunter2"];
        let text: String = secrets.iter().map(|secret| format!("{{\"a\":{secret}}}\nhunter2\n")).collect();
        let shown = show(&mut reader, text);
        assert_eq!(shown.len(), 12);
        assert!(shown.iter().all(|line| line.contains('!') && !line.contains("hunter")), "{shown:?}");
    }
}
