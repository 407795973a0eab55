//! The C library: `libcomputecore.so`, `libcomputecore.a`, `computecore.dll`. It exports the functions of `computecore.dll` as hcs-sim
//! has them, and the control functions of `hcs_sim.h`. Not here: any behaviour of HCS (`hcs-sim`).
//!
//! `control` the control functions; `hosts` the hosts of the process by name; `text` texts of the caller and for it; `at_exit`
//! the report at the end of the process; `pin` keeps the library loaded on Windows.

#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![allow(non_snake_case)] // functions have the names of their exports

mod at_exit;
mod control;
mod hosts;
#[cfg(windows)]
mod pin;
mod text;

// The exports themselves: they come with the crate.
use hcs_sim as _;
