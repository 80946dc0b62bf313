//! The command line, and nothing else that knows clap.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Overrides;
use crate::prices::List;

/// Finds LLM workloads that could move to smaller models, from provider bills and request logs.
#[derive(Debug, Parser)]
#[command(name = "trimtab", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The arguments of this process; prints help or what is wrong and ends the process where clap says so.
    pub fn of_process() -> Cli {
        Cli::parse()
    }

    /// Whether standard error is read by a collector.
    pub fn logs_json(&self) -> bool {
        matches!(&self.command, Command::Run(args) if args.log_format == LogFormat::Json)
    }
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run one night: read what is new, decide, check, publish
    Run(RunArgs),
    /// What the runs did, who holds the lock, how far each source was read, what was published
    Status(StatusArgs),
    /// Everything short of reading data: run file, project, contracts, every query planned
    Check(PlaceArgs),
    /// List formats, queries, models or levers
    List {
        /// What to list
        what: ListWhat,
        /// Folder that adds or replaces formats, queries, seeds and templates
        #[arg(long, value_name = "DIR")]
        project: Option<PathBuf>,
        /// How rows are printed, for formats and models
        #[arg(long, default_value = "table")]
        format: SqlFormat,
    },
    /// Explain a query, lever, contract, format, check, code, parameter, workload or recommendation id
    Explain {
        /// Name or id
        name: String,
        /// Where to look for workloads and recommendations
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Run one select over published marts and state
    Sql {
        /// The select
        select: String,
        /// Show this workload alone, also in relations that are not kept of many workloads
        #[arg(long, value_name = "W")]
        workload: Option<String>,
        /// How to print the rows
        #[arg(long, default_value = "table")]
        format: SqlFormat,
        /// Where the marts and the state are
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Decide on a part of the evaluations and score the decisions on the rest, with every model as the one in use
    Backtest {
        /// How to print the rows
        #[arg(long, default_value = "markdown")]
        format: SqlFormat,
        /// Where the state is
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// List the kept calls of a workload that an evaluation should score: ids only, the same on every machine
    Sample {
        /// Which calls
        #[command(flatten)]
        sample: SampleArgs,
        /// Where the state is
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Decide one workload again for one candidate: other prices, another volume, or an evaluation that was not made
    Whatif {
        /// What is different
        #[command(flatten)]
        whatif: WhatifArgs,
        /// Where the marts and the state are
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Work on the catalog of prices
    Prices {
        /// What to do
        #[command(subcommand)]
        action: PricesAction,
    },
    /// Print a commented run file; with a place, one for the formats that are found there
    Init {
        /// Folder or URL to look into
        #[arg(value_name = "URL")]
        place: Option<String>,
        /// Folder that adds or replaces formats, queries, seeds and templates
        #[arg(long, value_name = "DIR")]
        project: Option<PathBuf>,
    },
}

/// Arguments of `sample`.
#[derive(Debug, Clone, Args)]
pub struct SampleArgs {
    /// Workload
    pub workload: String,
    /// How many calls; without it as many as the decision plans
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub items: Option<u32>,
    /// Another list of the same size
    #[arg(long, default_value = "1", value_name = "TEXT")]
    pub seed: String,
    /// How to print the rows
    #[arg(long, default_value = "csv")]
    pub format: SqlFormat,
}

/// Arguments of `whatif`.
#[derive(Debug, Clone, Args)]
pub struct WhatifArgs {
    /// Workload
    #[arg(long, value_name = "W")]
    pub workload: String,
    /// Candidate: a model of the catalog, or provider/model
    #[arg(long, value_name = "M")]
    pub to: String,
    /// Its prices in USD per million tokens: input,output or input,output,cache read; without the third it has no cache
    #[arg(long, value_name = "IN,OUT", value_parser = numbers, allow_hyphen_values = true)]
    pub price: Option<Numbers>,
    /// Traffic as a multiple of the window's
    #[arg(long, value_name = "FACTOR", value_parser = numbers, allow_hyphen_values = true)]
    pub volume: Option<Numbers>,
    /// Shares of right answers of an evaluation: model in use,candidate
    #[arg(long, value_name = "A,B", value_parser = numbers, allow_hyphen_values = true)]
    pub accuracy: Option<Numbers>,
    /// Paired items of that evaluation
    #[arg(long, value_name = "N", default_value = "400", requires = "accuracy", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub items: u32,
}

/// Plain decimals, as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers(pub Vec<String>);

fn numbers(text: &str) -> Result<Numbers, String> {
    let is_plain = |part: &&str| {
        let (whole, fraction) = part.split_once('.').unwrap_or((part, "0"));
        let is_digits = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        is_digits(whole, 9) && is_digits(fraction, 6)
    };
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    match parts.iter().find(|part| !is_plain(part)) {
        Some(part) => Err(format!(
            "`{part}` is no plain decimal such as 0.25, with at most nine digits before the point and six behind it"
        )),
        None => Ok(Numbers(parts.into_iter().map(str::to_string).collect())),
    }
}

/// Where a command works.
#[derive(Debug, Clone, Default, Args)]
pub struct PlaceArgs {
    /// Run file; without it the built-in sample company
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Run date, YYYY-MM-DD; events before it are seen
    #[arg(long, value_name = "D")]
    pub date: Option<NaiveDate>,
    /// Folder that adds or replaces formats, queries, seeds and templates
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    /// Where to work
    #[command(flatten)]
    pub place: PlaceArgs,
    /// First event day to read again
    #[arg(long, value_name = "D", requires = "to")]
    pub from: Option<NaiveDate>,
    /// Last event day to read again
    #[arg(long, value_name = "D", requires = "from")]
    pub to: Option<NaiveDate>,
    /// Read everything again
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub full: bool,
    /// How log lines on standard error look
    #[arg(long, default_value = "text", value_name = "text|json")]
    pub log_format: LogFormat,
    /// No summary and no log lines: only the paths that were written, and errors
    #[arg(long)]
    pub quiet: bool,
}

impl RunArgs {
    /// What the command line changes in the run file.
    pub fn overrides(&self) -> Overrides {
        Overrides { from: self.from, to: self.to, full: self.full, ..self.place.overrides() }
    }
}

impl PlaceArgs {
    /// What the command line changes in the run file.
    pub fn overrides(&self) -> Overrides {
        Overrides { date: self.date, project: self.project.clone(), ..Overrides::default() }
    }
}

/// Arguments of `status`.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// Run file; without it the built-in sample company
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Latest runs that are shown
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub runs: usize,
    /// Hours without a new object after which a source counts as stale
    #[arg(long, default_value_t = 48, value_name = "N")]
    pub stale_hours: u32,
    /// How it is printed
    #[arg(long, default_value = "table", value_name = "table|json")]
    pub format: StatusFormat,
}

/// How `status` is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// Lines and aligned tables
    Table,
    /// One JSON object
    Json,
}

/// What `prices` does.
#[derive(Debug, Clone, Subcommand)]
pub enum PricesAction {
    /// Compare a public price list with the catalog and offer its rows as an overlay
    Import(ImportArgs),
    /// Say what a run found about prices: not looked at for long, about to change, ending, missing
    Check {
        /// How to print the rows
        #[arg(long, default_value = "table")]
        format: SqlFormat,
        /// Where the marts and the state are
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Arguments of `prices import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The list, as its makers publish it; gzip and zstd are seen in the bytes
    pub file: PathBuf,
    /// Which list it is
    #[arg(long, value_name = "LIST")]
    pub from: ListName,
    /// Folder for the rows; without it the comparison is only shown
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Take only this provider of the catalog; may be repeated
    #[arg(long, value_name = "P")]
    pub provider: Vec<String>,
    /// First day of prices that the list does not date, and of those taken where ours differ; the default is --checked-on
    #[arg(long, value_name = "D")]
    pub valid_from: Option<NaiveDate>,
    /// Day on which the list was got, and on which it is compared; the default is today, UTC
    #[arg(long, value_name = "D")]
    pub checked_on: Option<NaiveDate>,
    /// Take the list's price where the catalog has another one
    #[arg(long)]
    pub take_conflicts: bool,
    /// Take also prices that differ by more than five times, or cost a thousand dollars per million tokens
    #[arg(long)]
    pub accept_large_changes: bool,
    /// Folder that adds or replaces formats, queries, seeds and templates
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
}

/// Public price lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListName {
    /// pydantic/genai-prices, `data.json`: has history
    #[value(name = "genai-prices")]
    GenaiPrices,
    /// BerriAI/litellm, `model_prices_and_context_window.json`: tiers, no history
    Litellm,
    /// models.dev, `api.json`: no history
    #[value(name = "models.dev")]
    ModelsDev,
}

impl From<ListName> for List {
    fn from(name: ListName) -> List {
        match name {
            ListName::GenaiPrices => List::GenaiPrices,
            ListName::Litellm => List::Litellm,
            ListName::ModelsDev => List::ModelsDev,
        }
    }
}

/// What `list` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListWhat {
    /// Log, bill and evaluation formats
    Formats,
    /// Queries in the order of the run
    Queries,
    /// Models of the catalog
    Models,
    /// Ways to save
    Levers,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// How `sql` prints rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SqlFormat {
    /// An aligned table
    Table,
    /// Comma-separated values
    Csv,
    /// One JSON object a line
    Json,
    /// A table in Markdown
    Markdown,
}
