//! Lines that a log should never hold and some day does, made by number: the reader must account for every one.

use std::io::Write;

use trimtab::reader::{FileFormat, Limits, Object, RawTable, Reader};
use trimtab::schema::Table;

/// What one pass over hostile lines gave.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Account {
    /// Lines written that are not blank.
    pub lines: u64,
    /// Records that the reader delivered.
    pub delivered: u64,
    /// Records that it rejected.
    pub rejected: u64,
    /// Objects with a fault of their own; lines behind the fault are in no other count.
    pub faults: u64,
    /// Lines behind a fault.
    pub behind_faults: u64,
    /// Objects that broke the promise, each described.
    pub violations: Vec<String>,
}

/// Numbers that look random and are the same each time (SplitMix64).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        crate::splitmix::next(&mut self.0)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

const GOOD: &str = r#"{"id":"c1","startTime":1791187500.25,"model":"o3","prompt_tokens":12,"completion_tokens":3}"#;

/// One line without its end; some hold bytes that are no text.
fn line(random: &mut Random) -> Vec<u8> {
    let number = random.next() % 1_000_000;
    let text = match random.below(22) {
        0 => return [br#"{"id":""#.as_slice(), b"\xff\xfe", br#"","startTime":1}"#].concat(),
        1 => return [br#"{"id":"a"#.as_slice(), b"\0", br#"b","startTime":1}"#].concat(),
        2 => return GOOD.as_bytes()[..1 + random.below(GOOD.len() - 1)].to_vec(),
        3 => format!("{}{}", "[".repeat(random.below(20_000)), "]".repeat(random.below(20_000))),
        4 => format!(r#"{{"id":"d","startTime":1,"response":{}1{}}}"#, r#"{"a":"#.repeat(300), "}".repeat(300)),
        5 => format!(r#"{{"id":"n","startTime":1,"prompt_tokens":{}}}"#, "9".repeat(1 + random.below(400))),
        6 => format!(r#"{{"id":"e","startTime":1e{number},"prompt_tokens":1}}"#),
        7 => r#"{"id":"x","startTime":NaN,"prompt_tokens":Infinity}"#.into(),
        8 => r#"{"id":"q","startTime":1,"prompt_tokens":-0.0,"prompt_tokens":1,"prompt_tokens":{}}"#.into(),
        9 => r#"{"id":"\ud800","startTime":1,"model":"\udc00\ud800"}"#.into(),
        10 => r#"{"\ud800":1,"id":"k","startTime":1}"#.into(),
        11 => format!("\u{feff}{GOOD}"),
        12 => format!("{GOOD}{GOOD}"),
        13 => format!("[{GOOD},{GOOD}"),
        14 => format!(
            r#"{{"id":"m","startTime":1,"metadata":{{{}}}}}"#,
            r#""a":[],"#.repeat(random.below(2_000)) + r#""z":1"#
        ),
        15 => format!("{GOOD}\u{2028}"),
        16 => r#"{"id":"s","startTime":"soon","prompt_tokens":"12"}"#.into(),
        17 => format!(r#"{{"id":"w","startTime":1,"request_tags":[{}"x"]}}"#, "null,".repeat(random.below(3_000))),
        18 => format!(r#"{{"id":{number},"startTime":{number}.5,"prompt_tokens":{number},"completion_tokens":1.5}}"#),
        19 => "\u{7f}\u{1b}[31m\"'<>&".into(),
        _ => return GOOD.into(),
    };
    text.into_bytes()
}

/// An object of hostile lines: its bytes as stored, and how many lines are not blank.
fn object(random: &mut Random, wanted: usize) -> (Vec<u8>, u64) {
    let mut text = Vec::new();
    let mut lines = 0;
    for _ in 0..wanted {
        let line = line(random);
        // A carriage return or a space is no record.
        lines += u64::from(!line.iter().all(u8::is_ascii_whitespace));
        text.extend(line);
        text.extend(match random.below(6) {
            0 => b"\r\n".as_slice(),
            1 => b"\n\n",
            2 => b" \n",
            _ => b"\n",
        });
    }
    let stored = match random.below(4) {
        0 => {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(&text).and_then(|()| packed.finish()).unwrap_or_default()
        }
        1 => zstd::encode_all(text.as_slice(), 1).unwrap_or_default(),
        _ => text,
    };
    (stored, lines)
}

/// Reads `lines` hostile lines as records of a table and accounts for them.
pub fn read(table: &Table, lines: u64, seed: u64) -> Account {
    let raw = RawTable { name: table.name.clone(), file: FileFormat::Json, schema: table.schema.clone() };
    let mut reader = Reader::new(raw, Limits::default());
    let mut random = Random(seed);
    let mut account = Account::default();
    let mut number = 0;
    while account.lines < lines {
        // Lines of one object stand below each other: the first is a record, or the whole is tried as one text.
        let wanted = (1 + random.below(400)).min((lines - account.lines) as usize).max(1);
        let (bytes, written) = object(&mut random, wanted);
        let object =
            Object { key: format!("hostile/{number}"), bytes: bytes.into(), last_modified: Default::default() };
        number += 1;
        let mut delivered = 0_u64;
        let read = reader.read(&object, &mut |batch| delivered += batch.num_rows() as u64);
        reader.flush(&mut |batch| delivered += batch.num_rows() as u64);
        account.lines += written;
        account.delivered += delivered;
        account.rejected += read.rejected as u64;
        if read.records as u64 != delivered + read.rejected as u64 {
            account
                .violations
                .push(format!("object {number}: {} records are not {delivered} + {}", read.records, read.rejected));
        }
        // A line may hold several records, never none.
        match &read.fault {
            None if (read.records as u64) < written => {
                account.violations.push(format!("object {number}: {written} lines, {} records", read.records));
            }
            None => {}
            Some(_) => {
                account.faults += 1;
                account.behind_faults += written.saturating_sub(read.records as u64);
            }
        }
    }
    account
}

/// The shapes that are one object each: a line of 100 MB, a bomb of 100 MB, 100,000 objects deep.
pub fn large(table: &Table) -> Account {
    let long = format!("{GOOD}\n{{\"id\":\"{}\",\"startTime\":1}}\n{GOOD}\n", "x".repeat(100_000_000));
    let bomb = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let written = (0..100).try_for_each(|_| packed.write_all(&vec![b' '; 1_000_000]));
        written.and_then(|()| packed.finish()).unwrap_or_default()
    };
    let deep = format!("{GOOD}\n{}\n{GOOD}\n", "[".repeat(100_000));
    let mut account = Account::default();
    let raw = RawTable { name: table.name.clone(), file: FileFormat::Json, schema: table.schema.clone() };
    let mut reader = Reader::new(raw, Limits::default());
    for (name, bytes, lines) in
        [("long line", long.into_bytes(), 3_u64), ("bomb", bomb, 0), ("deep", deep.into_bytes(), 3)]
    {
        let object = Object { key: name.into(), bytes: bytes.into(), last_modified: Default::default() };
        let read = reader.read(&object, &mut |_| {});
        reader.flush(&mut |_| {});
        account.lines += lines;
        account.rejected += read.rejected as u64;
        account.delivered += (read.records - read.rejected) as u64;
        account.faults += u64::from(read.fault.is_some());
        if read.fault.is_none() && (read.records as u64) < lines {
            account.violations.push(format!("{name}: {lines} lines, {} records", read.records));
        }
    }
    account
}
