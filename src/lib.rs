//! trimtab reads LLM provider bills and request logs, and finds workloads that could move to smaller models.
//!
//! The path of the data, which is also the map of the modules:
//!
//! ```text
//! bucket --store--> bytes --reader--> raw rows --queries/staging--> requests, charges, evaluations   (ingest)
//!        --queries/daily--> one file a day --queries/intermediate, levers, marts--> decisions          (pipeline)
//!        --queries/checks--> published Parquet and pages                                        (pipeline, report)
//! ```
//!
//! Everything that changes often is text: formats and contracts (`schemas`), SQL (`queries`), prices (`queries/seeds`),
//! wording (`src/report/templates`). [`project`] loads it, [`engine`] runs it, [`pipeline`] tells the story of a night.

#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod cli;
pub mod commands;
pub mod config;
pub mod engine;
pub mod error;
pub mod header;
pub mod ingest;
pub mod lock;
pub mod outcome;
pub mod pipeline;
pub mod prices;
pub mod project;
pub mod reader;
pub mod report;
pub mod requests;
pub mod rows;
pub mod schema;
pub mod store;
pub mod table_file;
pub mod waiting;
pub mod wire;
