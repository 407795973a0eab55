//! What the client has taken note of: results, documents, exits. Nothing of HCS depends on it; the lints do.
//! Not here: the lints themselves (`runtime::lints`).

use super::system::PendingUse;

/// What the client knows of the use that an operation tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Attention {
    /// A get or a wait has answered the outcome.
    pub(crate) fetched: bool,
    /// A callback was told of the completion.
    pub(crate) told: bool,
    /// The result document has reached the client.
    pub(crate) document: bool,
    /// A wait for it has timed out.
    pub(crate) timed_out: bool,
    /// It was cancelled, or is a finding already: nobody has to look at it any more.
    pub(crate) excused: bool,
}

/// What the client has asked for, and knows, as to the end of a system or a process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ending {
    /// The last accepted request that is to end it.
    pub(crate) requested: Option<PendingUse>,
    /// Its operation was closed while it was pending.
    pub(crate) left: bool,
    /// A wait or a callback has told the client that it has ended.
    pub(crate) known: bool,
}
