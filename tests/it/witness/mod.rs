//! Tests that need more than Rust: real data, another engine. Each names its need.
//!
//! A test whose need is absent says `not run: needs X` and passes; with `CI=true` it fails. What is said goes to standard
//! error past the test harness, so that a plain `cargo test` shows it. Data is read where it lies, never copied here.

mod azure;
mod cassettes;
mod disk;
mod duckdb;
mod focus;
mod focus_toolkit;
mod focus_validator;
mod genai;
mod langfuse;
mod method;
mod mmlu;
mod mooncake;
mod priced;
mod section17;
mod stores;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::root;

/// The folder that `WITNESS_DATA` names, with `data` and `formats` in it; `None` when there is none.
pub fn data() -> Option<PathBuf> {
    let need = "WITNESS_DATA, a folder with data/ and formats/";
    let Some(name) = std::env::var_os("WITNESS_DATA") else { return absent(need) };
    let folder = root().join(name);
    let is_there = folder.join("data").is_dir() && folder.join("formats").is_dir();
    if is_there { present("WITNESS_DATA", folder.canonicalize().expect("a folder")) } else { absent(need) }
}

/// Python with DuckDB; `None` when there is none.
pub fn python() -> Option<Python> {
    python_with("duckdb")
}

/// Python with a module; `None` when there is none.
pub fn python_with(module: &str) -> Option<Python> {
    let asked = Command::new("python3").args(["-c", &format!("import {module}")]).output();
    if asked.is_ok_and(|said| said.status.success()) {
        present(module, Python(()))
    } else {
        absent(&format!("Python with the module {module}"))
    }
}

/// Proof that Python and a module are there.
pub struct Python(());

impl Python {
    /// What a script of this folder, or of the data, prints. A script that fails fails the test.
    pub fn run(&self, script: &Path, arguments: &[&Path]) -> String {
        let output = Command::new("python3").arg(script).args(arguments).output().expect("python starts");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}\n{}{}", script.display(), said(&output.stdout), said(&output.stderr));
        said(&output.stdout)
    }
}

/// A script that lies beside these tests.
pub fn script(name: &str) -> PathBuf {
    root().join("tests/it/witness").join(name)
}

fn present<T>(need: &str, value: T) -> Option<T> {
    say(&format!("witness {}: has {need}", test()));
    Some(value)
}

fn absent<T>(need: &str) -> Option<T> {
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!is_ci, "not run: needs {need}; with CI=true every need must be there");
    say(&format!("witness {}: not run: needs {need}", test()));
    None
}

fn test() -> String {
    std::thread::current().name().unwrap_or("of a test").trim_start_matches("witness::").to_string()
}

fn say(line: &str) {
    // Past the harness, which swallows what passing tests print; a closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{line}");
}
