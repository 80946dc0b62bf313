//! `trimtab run`: one night.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tracing::info;

use crate::cli::{LogFormat, RunArgs};
use crate::error::{Error, Result};
use crate::lock::Owner;
use crate::pipeline;
use crate::project::Project;

pub(super) async fn run(args: RunArgs) -> Result<()> {
    let is_plain = args.log_format == LogFormat::Json;
    let owner = Owner::of_process()?;
    super::log::to_stderr(args.log_format, &owner.run_id, args.quiet);
    let started = Instant::now();
    let config = super::configuration(&args.place, &args.overrides(), true).await?;
    let project = match Project::load(config.project.as_deref()).await {
        Ok(project) => project,
        Err(error) => {
            pipeline::failed(&config, &owner, &error).await;
            return Err(error);
        }
    };
    let bar = (!args.quiet && !is_plain && std::io::stderr().is_terminal()).then(|| {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    });
    let progress = |line: &str| match &bar {
        Some(bar) => bar.set_message(line.to_string()),
        None => info!(elapsed_ms = started.elapsed().as_millis() as u64, "{line}"),
    };
    let night = pipeline::run(&project, &config, &owner, &progress).await;
    // The process ends: taking hundreds of parsed queries apart would be the last hundredth of a second of an idle night.
    std::mem::forget(project);
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let night = night?;
    let mut out = std::io::stdout().lock();
    let said = match night.stands {
        true => format!("nothing new; the publication of {} stands", config.date),
        false => format!("published {}", config.date),
    };
    let mut text = match args.quiet {
        true => String::new(),
        false if night.stands => {
            format!("Nothing new; the publication of {} stands.\n\n{}\n", config.date, night.summary)
        }
        false => format!("{}\n", night.summary),
    };
    // Quiet are the paths that were written alone, and of these there are none when the publication stands.
    for key in night.published.iter().filter(|_| !(args.quiet && night.stands)) {
        text.push_str(&format!("{}{key}\n", shown(&config.output)));
    }
    out.write_all(text.as_bytes()).or_else(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Error::engine("standard output cannot be written").because(error)),
    })?;
    let sent = config.stores.wire.counts();
    info!(
        warnings = night.warnings,
        elapsed_ms = started.elapsed().as_millis() as u64,
        requests = sent.total(),
        requests_failed = sent.failed,
        lists = sent.lists,
        gets = sent.gets,
        puts = sent.puts,
        "{said}"
    );
    Ok(())
}

/// A local URL as the path that a person would type.
fn shown(url: &url::Url) -> String {
    let Ok(path) = url.to_file_path() else { return url.to_string() };
    let here = std::env::current_dir().unwrap_or_default();
    format!("{}/", path.strip_prefix(&here).unwrap_or(&path).display()).replace("//", "/")
}
