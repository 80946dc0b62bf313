//! FOCUS files are held to an outside toolkit, which has to reject what is broken on purpose.

use std::process::Command;

use super::{absent, present, python, script};
use crate::support::Place;

#[test]
fn an_outside_toolkit_accepts_the_focus_files_and_rejects_mutated_ones() {
    let Some(python) = python() else { return };
    let asked = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|said| said.status.success())
    };
    let need = "focus-data-toolkit (pip install 'focus-data-toolkit[parquet]==0.14.1')";
    if !asked("focus-toolkit", &["version"]) || !asked("python3", &["-c", "import pyarrow"]) {
        absent::<()>(need);
        return;
    }
    present(need, ());
    let place = Place::new();
    let said = place.trimtab(&["run", "--quiet"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let file = |name: &str| place.path(&format!("trimtab-out/{name}/run_date=2026-11-21/{name}.parquet"));
    let said = python.run(&script("focus.py"), &[&file("focus_1_2"), &file("focus_1_4"), &place.path(".")]);
    assert_eq!(said.trim(), "8", "mutations that were rejected");
}
