//! Runs a command, prints its error with hint, and turns the error's kind into the exit code.

use std::error::Error as _;
use std::process::ExitCode;

use trimtab::cli::Cli;
use trimtab::error::Error;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::of_process();
    match trimtab::commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn print(error: &Error) {
    eprintln!("error: {error}");
    let mut said = String::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // Libraries repeat the inner message in the outer one.
        let text = inner.to_string();
        if !said.contains(&text) {
            eprintln!("  because: {text}");
            said = text;
        }
        cause = inner.source();
    }
    if let Some(hint) = error.hint_text() {
        eprintln!("hint: {hint}");
    }
}
