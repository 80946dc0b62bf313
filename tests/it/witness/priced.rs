//! Another engine prices mixed calls again: every tier, band, slice, clock and bucket, equal to the last decimal.
//!
//! 20,000 calls in a plain run, 100,000 with `CI=true`, as many as `WITNESS_CALLS` says otherwise; a million is the long form.

use std::process::Command;

use super::{python, script};
use crate::support::{Place, root};

#[test]
fn mixed_calls_cost_what_another_engine_computes() {
    let Some(python) = python() else { return };
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let calls = std::env::var("WITNESS_CALLS").unwrap_or_else(|_| if is_ci { "100000" } else { "20000" }.into());
    let place = Place::new();
    let (program, seeds) = (script("priced.py"), root().join("queries/seeds"));
    python.run(&program, &["write".as_ref(), calls.as_ref(), &place.path("."), &seeds]);
    let sources =
        [("openai", "openai_envelope", "logs/openai/"), ("anthropic", "anthropic_envelope", "logs/anthropic/")];
    place.run_file("2026-11-21", &sources, "[candidates]\nproviders = [\"mistral_ai\"]\n");
    place.write("trimtab.toml", format!("project = \"overlay\"\n{}", place.read("trimtab.toml")));
    let said = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let (state, overlay) = (place.path("out/state"), place.path("overlay"));
    let counts = python.run(&program, &["compare".as_ref(), &state, &seeds, &overlay]);
    for status in ["priced=", "unpriced="] {
        assert!(counts.split_whitespace().any(|count| count.starts_with(status)), "{counts}");
    }
    // A millionth of a dollar on one slice of one list is noticed, or the comparison compares nothing.
    let name = "overlay/queries/seeds/model_prices.csv";
    let list = place.read(name);
    let changed = list.replace(
        "witness-sliced,input,standard,global,30000,marginal,2.1,",
        "witness-sliced,input,standard,global,30000,marginal,2.100001,",
    );
    assert_ne!(list, changed);
    place.write(name, changed);
    let said = Command::new("python3").arg(&program).arg("compare").args([&state, &seeds, &overlay]).output();
    let said = said.expect("python starts");
    assert!(String::from_utf8_lossy(&said.stderr).starts_with("differ"), "a changed price is not noticed");
}
