//! `trimtab init URL`: looks into a place and writes a run file that runs.

use std::collections::BTreeSet;

use crate::support::{Place, root};

/// The samples of all formats lie in one place; each format must be found there, by content, and read as by itself.
#[test]
fn every_format_is_found_among_all_others_and_the_run_file_runs() {
    let place = Place::new();
    let samples = root().join("sample_data/formats");
    let init = place.trimtab(&["init", &samples.display().to_string()]);
    assert_eq!((init.code, init.err.as_str()), (0, ""));
    let found: BTreeSet<&str> =
        init.out.lines().filter_map(|line| line.strip_prefix("format = \"")?.strip_suffix('"')).collect();
    let formats: BTreeSet<String> = std::fs::read_dir(&samples)
        .expect("samples")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".md"))
        .collect();
    let missing: Vec<_> = formats.iter().filter(|format| !found.contains(format.as_str())).collect();
    assert!(missing.is_empty(), "not found: {missing:?}\n{}", init.out);
    // No format claims another's folder: its records would be read twice.
    for line in init.out.lines().filter(|line| line.starts_with("url = ")) {
        let claims = formats.iter().filter(|format| line.contains(&format!("/formats/{format}/"))).count();
        assert_eq!(claims, 1, "{line}\n{}", init.out);
    }

    place.write(
        "trimtab.toml",
        format!("date = \"2026-10-09\"\n{}\n[[parameters]]\nparameter_id = \"C-01\"\nname = \"max_rejected_share\"\nexpected = 1.0\n", init.out),
    );
    assert_eq!(place.trimtab(&["check", "--config", "trimtab.toml"]).code, 0);
    let run = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let empty = place.sql("select source, format, note from coverage where event_date is null and records_read = 0");
    assert!(empty.is_empty(), "sources that find nothing: {empty:?}");
}

#[test]
fn a_place_without_a_known_format_says_what_to_do() {
    let place = Place::new();
    place.write("logs/notes.txt", "nothing of ours\n");
    let init = place.trimtab(&["init", "logs"]);
    assert_eq!(init.code, 4, "{}", init.out);
    assert!(init.err.contains("none of 1 objects is of a known format") && init.err.contains("hint: "), "{}", init.err);
    let nowhere = place.trimtab(&["init", "nowhere"]);
    assert_eq!(nowhere.code, 2, "{}", nowhere.err);
    // An unknown layout beside a known one is named, and its text stays where it is.
    let sample = root().join("sample_data/formats/kong/file-log");
    let file = std::fs::read_dir(sample).expect("a sample").next().expect("a file").expect("an entry").path();
    place.write(
        &format!("logs/{}", file.file_name().expect("a name").to_string_lossy()),
        std::fs::read(&file).expect("bytes"),
    );
    let init = place.trimtab(&["init", "logs"]);
    assert_eq!(init.code, 0, "{}", init.err);
    assert!(init.out.contains("format = \"kong\"") && init.out.contains("# 1 objects like notes.txt"), "{}", init.out);
    assert!(!init.out.contains("nothing of ours"));
}
