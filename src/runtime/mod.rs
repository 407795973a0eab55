//! One world per host: lock, clock, queue of due effects, waiting, callbacks, and which thread belongs to which host.
//! Not here: what HCS does (`model`), what rules say (`script`), sentences (`journal::report`), unsafe code (`abi`).

pub(crate) mod call;
pub(crate) mod clock;
mod closing;
pub(crate) mod dispatch;
pub(crate) mod documents;
pub(crate) mod environment;
pub(crate) mod events;
pub(crate) mod existing;
pub(crate) mod files;
pub(crate) mod free;
pub(crate) mod guest;
pub(crate) mod guests;
pub(crate) mod host;
pub(crate) mod hot;
pub(crate) mod lanes;
pub(crate) mod left;
pub(crate) mod lints;
pub(crate) mod pipes;
pub(crate) mod polls;
pub(crate) mod queue;
pub(crate) mod raw;
pub(crate) mod registry;
pub(crate) mod replay;
mod rest;
pub(crate) mod rules;
pub(crate) mod scope;
pub(crate) mod seat;
pub(crate) mod streams;
pub(crate) mod task;
pub(crate) mod threads;
#[cfg_attr(not(feature = "tracing"), path = "untraced.rs")]
pub(crate) mod trace;
pub(crate) mod unreturned;
pub(crate) mod wait;
pub(crate) mod world;
