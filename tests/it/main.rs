//! Everything that is tested from outside, in one binary: linking the engine many times is slow.

#[path = "../support/disturbed/mod.rs"]
mod disturbed;
#[path = "../support/http/mod.rs"]
mod http;
mod shelves;
#[path = "../support/splitmix.rs"]
mod splitmix;
mod support;

mod any_records;
mod cli;
mod crashes;
mod date_folders;
mod days;
mod deployment;
mod faults;
mod faulty;
mod formats;
mod gates;
mod golden;
mod groups;
mod hindered;
mod hostile;
mod house_rules;
mod idle;
mod init;
mod killed;
mod levers;
mod nights;
mod one_writer;
mod operation;
mod paused;
mod planted;
mod planted_clouds;
mod prices;
mod properties;
mod recipes;
mod restatement;
mod retention;
mod small_objects;
mod sql;
mod state_versions;
mod stores;
mod truth;
mod two_readings;
mod witness;
