//! Runs a command, prints its error with hint, and turns the error's kind into the exit code.

use std::error::Error as _;
use std::io::Write;
use std::process::ExitCode;

use trimtab::cli::Cli;
use trimtab::error::Error;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::of_process();
    let is_json = cli.logs_json();
    match trimtab::commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if is_json {
                log(&error);
            } else {
                print(&error);
            }
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn print(error: &Error) {
    let mut text = format!("error: {error}\n");
    for cause in causes(error) {
        text += &format!("  because: {cause}\n");
    }
    if let Some(hint) = error.hint_text() {
        text += &format!("hint: {hint}\n");
    }
    // Nobody may be listening any more; the exit code says it all the same.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The last line of a log that a collector reads.
fn log(error: &Error) {
    tracing::error!(
        exit_code = u64::from(error.kind().exit_code()),
        because = causes(error).join("; "),
        hint = error.hint_text().unwrap_or_default(),
        "{error}"
    );
}

fn causes(error: &Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // Libraries repeat the inner message in the outer one.
        let text = inner.to_string();
        if !causes.last().is_some_and(|said| said.contains(&text)) {
            causes.push(text);
        }
        cause = inner.source();
    }
    causes
}
