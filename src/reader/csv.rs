//! CSV files: columns by the names in the header, cells by the rules for text.

use std::io::{self, Read};

use ::csv::{ByteRecord, ReaderBuilder};
use arrow::datatypes::Field;

use super::batch::Intake;
use super::cell::{CELL_BYTES, Cell, Rejection, Tally, null_cell};
use super::inflate::Inflate;
use super::names::match_columns;
use super::value::decode_text;

/// Reads the object's rows. A row is numbered from 1, the header not counted.
pub(super) fn read(intake: &mut Intake<'_>, delimiter: u8, null_text: Option<&str>) {
    let source = Inflate::open(intake.bytes(), intake.limits);
    let mut rows = Rows::new(source, delimiter, intake.limits.max_line_bytes);
    if let Err(fault) = read_rows(intake, &mut rows, null_text) {
        intake.fault(fault);
    }
    let source = &rows.reader.get_ref().source;
    intake.set_inflated(source.total());
    if let Some(fault) = source.fault() {
        intake.fault(fault);
    }
}

fn read_rows(intake: &mut Intake<'_>, rows: &mut Rows<'_>, null_text: Option<&str>) -> Result<(), String> {
    let Some(header) = read_header(rows)? else {
        return Ok(());
    };
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let places = match_columns(intake.fields, &names)?;
    let mut number = 0;
    loop {
        let ending = rows.read_next()?;
        number += 1;
        match ending {
            Ending::None => return Ok(()),
            Ending::Complete => {}
            Ending::Damage => {
                intake.reject(number, Rejection::new("cut off"));
                continue;
            }
            Ending::TooLong => {
                let limit = intake.limits.max_line_bytes;
                intake.reject(number, Rejection::new(format!("row exceeds the limit of {limit} bytes")));
                // Most likely a quote that nothing closes: where the next row starts is a guess.
                return Err(format!("row {number} exceeds the limit of {limit} bytes: the rest is not read"));
            }
        }
        let mut tally = intake.tally();
        let decoded = if rows.record.len() == header.len() {
            decode_row(intake, &places, &rows.record, null_text, &mut tally)
        } else {
            let (found, expected) = (rows.record.len(), header.len());
            Err(Rejection::new(format!("row has {found} cells, the header has {expected}")))
        };
        intake.take(number, decoded, &tally);
    }
}

/// The names of the columns; `None` when the text is empty or blank.
fn read_header(rows: &mut Rows<'_>) -> Result<Option<Vec<String>>, String> {
    loop {
        match rows.read_next()? {
            Ending::None => return Ok(None),
            Ending::TooLong => return Err("header exceeds the limit of a row".into()),
            Ending::Complete | Ending::Damage => {}
        }
        let names: Vec<String> =
            rows.record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        if names.len() > 1 || names.iter().any(|name| !name.is_empty()) {
            return Ok(Some(names));
        }
    }
}

fn decode_row<'a>(
    intake: &Intake<'_>,
    places: &[Option<usize>],
    record: &'a ByteRecord,
    null_text: Option<&str>,
    tally: &mut Tally,
) -> Result<Vec<Cell<'a>>, Rejection> {
    tally.add(places.len() * CELL_BYTES)?;
    let mut cells = Vec::with_capacity(places.len());
    for (field, place) in intake.fields.iter().zip(places) {
        let bytes = place.and_then(|place| record.get(place)).unwrap_or_default();
        let cell = decode_cell(field, bytes, null_text, intake.limits.max_depth, tally);
        cells.push(cell.map_err(|rejection| rejection.within(field.name()))?);
    }
    Ok(cells)
}

fn decode_cell<'a>(
    field: &Field,
    bytes: &'a [u8],
    null_text: Option<&str>,
    max_depth: usize,
    tally: &mut Tally,
) -> Result<Cell<'a>, Rejection> {
    if bytes.is_empty() || null_text.is_some_and(|null_text| null_text.as_bytes() == bytes) {
        return null_cell(field);
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Rejection::new(format!("holds invalid UTF-8 at byte {}", error.valid_up_to() + 1)))?;
    decode_text(field, text, max_depth, tally)
}

/// How a row came to its end.
enum Ending {
    Complete,
    /// The stream broke off inside it.
    Damage,
    TooLong,
    /// There is no further row.
    None,
}

/// Splits a text into rows, in memory that the longest allowed row bounds.
struct Rows<'a> {
    reader: ::csv::Reader<Feed<'a>>,
    record: ByteRecord,
}

impl<'a> Rows<'a> {
    fn new(source: Inflate<'a>, delimiter: u8, max_row_bytes: usize) -> Self {
        // The line end does not count.
        let max_row_bytes = (max_row_bytes as u64).saturating_add(2);
        let feed = Feed { source, max_row_bytes, row_start: 0, given: 0, is_over: false, is_at_end: false };
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).has_headers(false).flexible(true);
        Self { reader: builder.from_reader(feed), record: ByteRecord::new() }
    }

    fn read_next(&mut self) -> Result<Ending, String> {
        let start = self.reader.position().byte();
        self.reader.get_mut().row_start = start;
        let is_there = self.reader.read_byte_record(&mut self.record).map_err(|_| "cannot be read as CSV")?;
        let length = self.reader.position().byte() - start;
        let feed = self.reader.get_ref();
        Ok(if feed.is_over || length > feed.max_row_bytes {
            Ending::TooLong
        } else if !is_there {
            Ending::None
        } else if feed.is_at_end && feed.source.fault().is_some() {
            Ending::Damage
        } else {
            Ending::Complete
        })
    }
}

/// Gives the CSV parser its bytes, but no more than a row may have.
struct Feed<'a> {
    source: Inflate<'a>,
    max_row_bytes: u64,
    row_start: u64,
    given: u64,
    /// The row at hand has more bytes than it may.
    is_over: bool,
    /// The parser knows that nothing follows: it ended its row without a line end.
    is_at_end: bool,
}

impl Read for Feed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The parser asks only when it has used up everything, so all that was given since belongs to this row.
        if self.given - self.row_start >= self.max_row_bytes {
            self.is_over = true;
            return Ok(0);
        }
        // Filled to the end: the parser looks for a byte order mark in its first piece only.
        let mut length = 0;
        while let Some(rest) = out.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match self.source.fill(rest) {
                0 => break,
                more => length += more,
            }
        }
        self.given += length as u64;
        self.is_at_end = length == 0;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, TimeUnit};

    use super::super::inflate::tests::{gzip, zstd};
    use super::super::tests::{field, json_field, list, map, reader, required, show, strukt};
    use super::super::{FileFormat, Limits, Reader};

    fn table(fields: impl IntoIterator<Item = arrow::datatypes::Field>) -> Reader {
        table_within(fields, Limits::default())
    }

    fn table_within(fields: impl IntoIterator<Item = arrow::datatypes::Field>, limits: Limits) -> Reader {
        let file = FileFormat::Csv { delimiter: b',', null_text: Some("NULL".into()) };
        reader(file, fields, limits)
    }

    fn pair() -> [arrow::datatypes::Field; 2] {
        [field("a", DataType::Utf8), field("n", DataType::Int64)]
    }

    fn rows(text: impl AsRef<[u8]>) -> Vec<String> {
        show(&mut table(pair()), text)
    }

    #[test]
    fn columns_are_found_by_name() {
        for text in
            ["a,n\nx,1\ny,2\n", "n,more,a\r\n1,,x\r\n2,,y", "\u{feff}\"N\", A \n1,x\n\n2,y\n", "\n \nA,n\nx,1\n\ny,2"]
        {
            assert_eq!(rows(text), ["1: x|1", "2: y|2"], "{text:?}");
        }
        assert_eq!(rows("a\nx\n"), ["1: x|null"]);
        assert_eq!(rows("a,n\n"), Vec::<String>::new());
        assert_eq!(rows("a,n"), Vec::<String>::new());
    }

    #[test]
    fn a_lacking_required_column_is_a_fault() {
        let mut reader = table([required("id", DataType::Utf8), field("n", DataType::Int64)]);
        assert_eq!(show(&mut reader, "a,n\nx,1\n"), ["fault: lacks required column `id`"]);
        assert_eq!(show(&mut reader, "ID,n\nx,1\n,2\n"), ["1: x|1", "2! `id` is missing, but required"]);
        assert_eq!(rows("a,n,n\nx,1,2\n"), ["fault: has column `n` more than once"]);
        assert_eq!(rows("a,n,b,b\nx,1,2,3\n"), ["1: x|1"]);
    }

    #[test]
    fn quotes_and_delimiters() {
        assert_eq!(rows("a,n\n\"x, \"\"y\"\"\nz\",1\n"), ["1: x, \"y\"\nz|1"]);
        let file = FileFormat::Csv { delimiter: b'\t', null_text: None };
        assert_eq!(
            show(&mut reader(file, pair(), Limits::default()), "a\tn\nx,y\t1\nNULL\t\n"),
            ["1: x,y|1", "2: NULL|null"]
        );
    }

    #[test]
    fn cells_follow_the_rules_for_text() {
        assert_eq!(
            rows("a,n\n,10.0\nNULL,NULL\n\"\", 7 \nx,1.5\nx,secret\n x ,1e3\n"),
            [
                "1: null|10",
                "2: null|null",
                "3: null|7",
                "4! `n` is a number with a fraction, expected bigint",
                "5! `n` is a string, expected bigint",
                "6:  x |1000"
            ]
        );
        let time = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        let fields = [field("flag", DataType::Boolean), field("cost", DataType::Decimal128(18, 6)), field("at", time)];
        let text = "flag,cost,at\nTrue,1e-6,2024-10-01 00:00:00\nfalse,0.0000005,2024-10-01\n0,1,\n";
        assert_eq!(
            show(&mut table(fields), text),
            [
                "1: true|0.000001|2024-10-01T00:00:00",
                "2: false|0.000001|2024-10-01T00:00:00",
                "3! `flag` is a string, expected boolean"
            ]
        );
    }

    #[test]
    fn nested_cells_are_json() {
        let fields =
            [field("s", strukt([field("n", DataType::Int64)])), field("l", list(DataType::Int64)), field("m", map())];
        let header = "s,l,m\n";
        let row = |cell: &str| format!("{header}{cell}\n");
        let mut reader = table(fields);
        let text = row(r#""{""n"": 1}","[1, null]","{""k"": 2}""#);
        assert_eq!(show(&mut reader, text), ["1: {n: 1}|[1, null]|{k: 2}"]);
        assert_eq!(show(&mut reader, row(",,")), ["1: null|null|null"]);
        assert_eq!(show(&mut reader, row("null,[],{}")), ["1: null|[]|{}"]);
        assert_eq!(show(&mut reader, row(r#""{""n"": ""x""}",,"#)), ["1! `s.n` is a string, expected bigint"]);
        assert_eq!(show(&mut reader, row("secret,,")), ["1! `s` is not valid JSON near byte 1"]);
        assert_eq!(show(&mut reader, row(",7,")), ["1! `l` is a number, expected array"]);
        let deep = format!(",{}{},", "[".repeat(65), "]".repeat(65));
        assert_eq!(show(&mut reader, row(&deep)), ["1! `l` is nested more than 64 deep"]);
        let mut raw = table([json_field("tags")]);
        assert_eq!(show(&mut raw, "tags\n\"{\"\"a\"\": 1}\"\n"), ["1: {\"a\": 1}"]);
    }

    #[test]
    fn rows_of_another_width_are_rejected() {
        let text = "a,n\nx,1\ny\nz,2,3\nw,4\n";
        assert_eq!(
            rows(text),
            ["1: x|1", "2! row has 1 cells, the header has 2", "3! row has 3 cells, the header has 2", "4: w|4"]
        );
    }

    #[test]
    fn bytes_that_are_no_text_reject_their_row() {
        assert_eq!(rows(b"a,n\nx\xff,1\ny,2\n"), ["1! `a` holds invalid UTF-8 at byte 2", "2: y|2"]);
        assert_eq!(rows(b"a,n,other\nx,1,\xff\n"), ["1: x|1"]);
    }

    #[test]
    fn a_damaged_stream_gives_whole_rows_only() {
        let packed = |text: &str| {
            let mut packed = gzip(text.as_bytes());
            packed.truncate(packed.len() - 8);
            packed
        };
        let fault = |bytes: usize| format!("fault: gzip stream is cut off after {bytes} inflated bytes");
        assert_eq!(rows(packed("a,n\nx,1\ny,2")), ["1: x|1".to_owned(), "2! cut off".into(), fault(11)]);
        assert_eq!(rows(packed("a,n\nx,1\ny,2\n")), ["1: x|1".to_owned(), "2: y|2".into(), fault(12)]);
        assert_eq!(rows(packed("a,n\nx,1\n\"y\n")), ["1: x|1".to_owned(), "2! cut off".into(), fault(11)]);
        assert_eq!(rows("a,n\nx,1\ny,2"), ["1: x|1", "2: y|2"]);
        assert_eq!(rows(zstd(b"a,n\nx,1\n")), ["1: x|1"]);
    }

    #[test]
    fn a_row_that_is_too_long_ends_the_reading() {
        let limits = Limits { max_line_bytes: 20_000, ..Limits::default() };
        let expected = [
            "1: x|1",
            "2! row exceeds the limit of 20000 bytes",
            "fault: row 2 exceeds the limit of 20000 bytes: the rest is not read",
        ];
        for length in [20_000, 30_000, 1_000_000] {
            let text = format!("a,n\nx,1\n{},2\nz,3\n", "y".repeat(length + 1));
            assert_eq!(show(&mut table_within(pair(), limits), text), expected);
        }
        let open_quote = format!("a,n\nx,1\n\"{}", "y,2\n".repeat(100_000));
        assert_eq!(show(&mut table_within(pair(), limits), open_quote), expected);
        let fits = format!("a,n\nx,1\n{},2\nz,3\n", "y".repeat(19_998));
        assert_eq!(show(&mut table_within(pair(), limits), fits).len(), 3);
        let header = show(&mut table_within(pair(), limits), "a".repeat(30_000));
        assert_eq!(header, ["fault: header exceeds the limit of a row"]);
    }
}
