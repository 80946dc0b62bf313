//! Everything that is tested from outside, in one binary: linking the engine many times is slow.

mod support;

mod any_records;
mod cli;
mod crashes;
mod faulty;
mod formats;
mod golden;
mod hostile;
mod house_rules;
mod init;
mod killed;
mod one_writer;
mod operation;
mod planted;
mod prices;
mod properties;
mod recipes;
mod restatement;
mod sql;
mod state_versions;
mod witness;
