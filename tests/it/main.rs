//! Everything that is tested from outside, in one binary: linking the engine many times is slow.

#[path = "../support/http/mod.rs"]
mod http;
mod shelves;
mod support;

mod any_records;
mod cli;
mod deployment;
mod faults;
mod formats;
mod golden;
mod hostile;
mod house_rules;
mod prices;
mod properties;
mod recipes;
mod small_objects;
mod sql;
mod stores;
mod witness;
