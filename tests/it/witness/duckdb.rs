//! Another engine reads what was published and agrees: every file opens, every type is plain, sums are equal.
//!
//! The prices of single calls are computed again in Python from the raw logs and the price list, without any SQL of ours.

use super::{Python, python, script};
use crate::support::{Place, root};

/// A run of the built-in sample, which needs no run file.
fn sample(place: &Place) {
    let said = place.trimtab(&["run", "--quiet"]);
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn duckdb_opens_what_the_sample_publishes_and_finds_the_same_spend() {
    let Some(python) = python() else { return };
    let place = Place::new();
    sample(&place);
    let said = python.run(&script("published.py"), &[&place.path("trimtab-out")]);
    assert!(said.contains("spend of the window"), "{said}");
    prices_of(&python, &place, "trimtab-out", "sample_data/company/openai", "openai_apps", 1000);
}

#[test]
fn the_formats_sample_costs_what_python_computes_from_its_raw_lines() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let folder = "sample_data/formats/openai_envelope";
    let url = format!("{}/", root().join(folder).display());
    let more = "[[parameters]]\nparameter_id = \"C-01\"\nname = \"max_rejected_share\"\nexpected = 1.0\n";
    place.run_file("2026-10-09", &[("apps", "openai_envelope", &url)], more);
    let said = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(said.code, 0, "{}", said.err);
    prices_of(&python, &place, "out", folder, "apps", 3);
}

/// Compares the cost of every call of a source, null included; at least `priced` of them must have one.
fn prices_of(python: &Python, place: &Place, output: &str, raw: &str, source: &str, priced: i64) {
    let state = place.path(output).join("state");
    let said = python.run(
        &script("pricing.py"),
        &[state.as_path(), &root().join(raw), &root().join("queries/seeds"), std::path::Path::new(source)],
    );
    let found: i64 =
        said.trim().parse().unwrap_or_else(|_| panic!("pricing.py says the number of priced calls: {said}"));
    assert!(found >= priced, "only {found} calls of `{source}` have a price, expected {priced} or more");
}
