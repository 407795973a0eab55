//! Every message that a person reads when a test fails, as a snapshot: each is made by a real mistake, through the exports.
//! Not here: comparing and accepting (`snapshot`); what is a mistake and what is not (`tests/findings.rs`, `tests/rules.rs`).
//!
//! A new message is one function that calls [`snapshot::of_report`] with the name of a new file. Run it once with
//! `HCS_SIM_BLESS=1`, and read what it has written.

#![cfg_attr(not(unix), allow(dead_code, unused_imports))] // what needs a process of its own is left out there

#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod coverage;
mod leaks;
mod lints;
mod misuse;
mod programs;
mod rules;
mod snapshot;
mod together;
mod waits;
