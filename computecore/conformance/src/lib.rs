//! One table of HCS calls and what comes of them, and what runs a row of it through a door: Rust functions, linked symbols, a library that
//! is loaded at run time, the computecore.dll of a real Windows.
//!
//! Not here: the tests (`tests/conformance.rs`), the program for a real Windows (`main.rs`).
//!
//! * [`rows`] is the table, by subject; [`row`] is what a row is made of.
//! * [`run`] runs a row, [`session`] gets it to its start and cleans up, [`seen`] compares, [`listener`] has the callbacks.
//! * [`api`] is the 60 exports as function pointers; [`doors`] fills it in.

pub mod api;
pub mod doors;
pub mod listener;
pub mod pipe;
pub mod row;
pub mod rows;
pub mod run;
pub mod seen;
pub mod session;
