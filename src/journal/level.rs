//! Levels: whether a finding fails the test, is told, or is left alone.
//! Not here: the kinds (`finding`), why each matters (`docs/findings.md`).

use super::finding::FindingKind;

/// What findings of a kind do to a test. [`Builder::level`](crate::Builder::level) and [`Host::level`](crate::Host::level) set it.
///
/// ```
/// use hcs_sim::{FindingKind, Level};
/// assert_eq!(FindingKind::DoubleClose.default_level(), Level::Deny);
/// assert_eq!(FindingKind::ResultUnread.default_level(), Level::Warn);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing is said.
    Allow,
    /// The test passes; the warning is printed to stderr when its scope ends, which libtest shows for failing tests, and stands in the
    /// [`Report`](crate::Report) beside what failed.
    Warn,
    /// The test fails.
    Deny,
}

impl FindingKind {
    /// The level unless a test sets another one: [`Level::Deny`], but [`Level::Warn`] for what works on Windows as long as nothing
    /// goes wrong.
    pub fn default_level(self) -> Level {
        match self {
            FindingKind::InfiniteWaitInCallback
            | FindingKind::FailureUnread
            | FindingKind::ClosedBeforeExitEvent
            | FindingKind::ResultUnread
            | FindingKind::ClosedWhilePending
            | FindingKind::PolledInALoop
            | FindingKind::FreedOtherwise
            | FindingKind::TimeoutAbandoned
            | FindingKind::OptionsNotNull => Level::Warn,
            _ => Level::Deny,
        }
    }
}
