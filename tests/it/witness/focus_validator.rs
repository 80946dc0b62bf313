//! The 1.2 file is held to the FinOps Foundation's validator, which has to reject what is broken on purpose.

use std::process::Command;

use super::{absent, present, script};
use crate::support::{Place, said};

#[test]
fn the_foundations_validator_accepts_the_focus_file_and_rejects_mutated_ones() {
    let need = "Python 3.12 with focus-validator (FOCUS_VALIDATOR_PYTHON names it; \
                pip install focus-validator==2.2.1 'pyarrow<20' 'numpy<2')";
    let python = std::env::var("FOCUS_VALIDATOR_PYTHON").unwrap_or_else(|_| "python3.12".into());
    let asked = Command::new(&python).args(["-c", "import focus_validator.main, pyarrow.parquet"]).output();
    if !asked.is_ok_and(|said| said.status.success()) {
        absent::<()>(need);
        return;
    }
    present(need, ());
    let place = Place::new();
    let run = place.trimtab(&["run", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let file = place.path("trimtab-out/focus_1_2/run_date=2026-11-21/focus_1_2.parquet");
    let found = said(Command::new(&python).arg(script("validated.py")).args([&file, &place.path(".")]).output());
    assert_eq!(found.code, 0, "{}{}", found.out, found.err);
    let counts: Vec<u32> = found.out.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    assert_eq!(counts.len(), 2, "rules that passed and mutations that were rejected: {}", found.out);
    assert!(counts[0] > 250 && counts[1] == 7, "{counts:?}");
}
