//! What HCS is: operations, compute systems, and the host that holds them. Pure state and rules of behaviour.
//! Not here: locks, threads, clocks, memory, scripted answers, messages; time comes in as a number.

pub(crate) mod accept;
pub(crate) mod ask;
pub(crate) mod attention;
pub(crate) mod behavior;
pub(crate) mod failure;
pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod incident;
pub(crate) mod ledger;
pub(crate) mod lifecycle;
pub(crate) mod migration;
mod modify;
pub(crate) mod operation;
pub(crate) mod process;
pub(crate) mod profile;
pub(crate) mod registration;
pub(crate) mod request;
pub(crate) mod service;
pub(crate) mod step;
pub(crate) mod system;

/// Virtual time in nanoseconds since the host was made.
pub(crate) type Nanos = u64;
