//! Both ways to read JSON give the same: what is published does not hang on the fast path.
//!
//! Every sample file of every format is read with every format's shape, most of which do not fit it; and lines of the
//! samples are spoilt at random. `TRIMTAB_LONG_TRIALS` sets how many.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use trimtab::project::Project;
use trimtab::reader::{FileFormat, Limits, Object, ObjectRead, RawTable, Reader};
use trimtab::schema::Table;

use crate::support::root;
use crate::witness;

/// Larger files are read with the shapes of their own format only.
const FOREIGN_BYTES: usize = 6_000;

fn project() -> Project {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(Project::load(None)).expect("the project loads")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files(&entry, found);
        } else if entry.extension().is_none_or(|ending| ending != "md") {
            found.push(entry);
        }
    }
    found.sort();
}

fn is_json(table: &Table) -> bool {
    !matches!(table.file_type.as_str(), "csv" | "parquet")
}

/// The account of a text, which must be the same on both paths, rows and all.
fn both(table: &Table, bytes: &Bytes) -> ObjectRead {
    let object = Object { key: "x".into(), bytes: bytes.clone(), last_modified: chrono::DateTime::UNIX_EPOCH };
    let read = |is_exact: bool| {
        let raw = RawTable { name: table.name.clone(), file: FileFormat::Json, schema: table.schema.clone() };
        let mut reader = Reader::new(raw, Limits::default());
        if is_exact {
            reader = reader.exact();
        }
        let mut batches = Vec::new();
        let account = reader.read(&object, &mut |batch| batches.push(batch));
        reader.flush(&mut |batch| batches.push(batch));
        (batches, account)
    };
    let (fast, exact) = (read(false), read(true));
    assert!(fast == exact, "{}: {:?}\n{:?}\n{:?}", table.name, String::from_utf8_lossy(bytes), fast.1, exact.1);
    fast.1
}

#[test]
fn every_sample_reads_alike_with_every_shape() {
    let project = project();
    let mut found = Vec::new();
    files(&root().join("sample_data/formats"), &mut found);
    if let Some(data) = witness::data() {
        files(&data.join("formats/examples"), &mut found);
    }
    let (mut taken, mut rejected) = (0, 0);
    for file in &found {
        let bytes = Bytes::from(std::fs::read(file).expect("a file"));
        if bytes.starts_with(b"PAR1") {
            continue;
        }
        for table in project.sources.values().filter(|table| is_json(table)) {
            let is_own = file.components().any(|part| part.as_os_str() == table.name.as_str());
            if is_own || bytes.len() <= FOREIGN_BYTES {
                let read = both(table, &bytes);
                taken += read.records - read.rejected;
                rejected += read.rejected;
            }
        }
    }
    assert!(taken > 1_000 && rejected > 1_000, "{taken} {rejected}");
    println!("{} files: {taken} records taken, {rejected} rejected", found.len());
}

#[test]
fn spoilt_lines_of_samples_read_alike() {
    let count = std::env::var("TRIMTAB_LONG_TRIALS").ok().and_then(|count| count.parse().ok()).unwrap_or(3_000);
    let project = project();
    let mut lines = Vec::new();
    for table in project.sources.values().filter(|table| is_json(table)) {
        let mut found = Vec::new();
        files(&root().join("sample_data/formats").join(&table.name), &mut found);
        for file in found {
            let bytes = std::fs::read(file).expect("a file");
            let whole =
                bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{") && line.ends_with(b"}"));
            lines.extend(whole.map(|line| (table, line.to_vec())));
        }
    }
    let mut seed = 11_u64;
    let mut below = |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % end
    };
    let (mut taken, mut rejected) = (0, 0);
    for _ in 0..count {
        let (table, line) = &lines[below(lines.len())];
        let mut text = line.clone();
        for _ in 0..=below(2) {
            let at = below(text.len());
            let end = (at + below(6)).min(text.len());
            match below(5) {
                0 => text[at] = b"{}[],:\"\\0 e-\x01\xc3"[below(14)],
                1 => text[at] = below(256) as u8,
                2 => drop(text.drain(at..end)),
                3 => {
                    let copy = text[at..end].to_vec();
                    text.splice(at..at, copy);
                }
                _ => {
                    let other = below(text.len());
                    text.swap(at, other);
                }
            }
        }
        text.push(b'\n');
        text.extend(line);
        let read = both(table, &text.into());
        taken += read.records - read.rejected;
        rejected += read.rejected;
    }
    assert!(lines.len() > 100 && taken > count as i64 && rejected > count as i64 / 3, "{taken} {rejected}");
    println!("{count} spoilt lines: {taken} records taken, {rejected} rejected");
}
