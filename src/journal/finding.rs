//! Findings: what the code under test, or the test itself, did wrong.
//! Not here: when they are noticed (`runtime`), the sentences (`report`).

use std::fmt;
use std::str::FromStr;

use super::places::{Source, Sources, Spot};
use crate::Error;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {
        /// The kinds of findings, each with the name by which it can be allowed. `docs/findings.md` explains each: why it matters on
        /// Windows, and what mends it.
        ///
        /// ```
        /// use hcs_sim::FindingKind;
        /// assert_eq!(FindingKind::LeakedOperation.name(), "leaked-operation");
        /// assert_eq!("double-close".parse(), Ok(FindingKind::DoubleClose));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FindingKind { $($(#[$doc])* $kind),* }

        impl FindingKind {
            /// Every kind.
            pub fn all() -> &'static [FindingKind] {
                &[$(FindingKind::$kind),*]
            }

            /// The name, in lower case with hyphens.
            pub fn name(self) -> &'static str {
                match self { $(FindingKind::$kind => $name),* }
            }
        }
    };
}

kinds! {
    /// An operation was never closed.
    LeakedOperation = "leaked-operation";
    /// A compute-system handle was never closed.
    LeakedSystem = "leaked-system";
    /// A process handle was never closed.
    LeakedProcess = "leaked-process";
    /// A result document was never freed.
    LeakedDocument = "leaked-document";
    /// A handle was used after it was closed.
    UseAfterClose = "use-after-close";
    /// A handle was closed twice.
    DoubleClose = "double-close";
    /// A handle of another kind was passed.
    WrongKind = "wrong-kind";
    /// A value was passed that is no handle of this host.
    NotAHandle = "not-a-handle";
    /// A NULL handle was passed where Windows would crash.
    NullHandle = "null-handle";
    /// A handle was closed while another thread was inside a call on it.
    ClosedInUse = "closed-in-use";
    /// A document was freed twice.
    DoubleFree = "double-free";
    /// Something was freed that is no document.
    ForeignFree = "foreign-free";
    /// A wait that nothing can end.
    StuckWait = "stuck-wait";
    /// A rule, or a reply of its sequence, never applied.
    RuleNeverApplied = "rule-never-applied";
    /// A rule applied more or less often than expected.
    RuleCount = "rule-count";
    /// A closure of a rule panicked.
    RulePanicked = "rule-panicked";
    /// A call without a handle came from a thread that belongs to no host, while several are alive.
    AmbiguousHost = "ambiguous-host";
    /// An event that a test raised found nobody to happen to.
    EventMissed = "event-missed";
    /// A callback threw an exception or ended its thread.
    CallbackUnreturned = "callback-unreturned";
    /// The closure of a guest program panicked.
    ProgramPanicked = "program-panicked";
    /// A pipe of a process was never closed.
    LeakedPipe = "leaked-pipe";
    /// A call of an export that the host's [`Profile`](crate::Profile) does not have. On Windows a program that is linked to it does not even
    /// load.
    MissingExport = "missing-export";
    /// A call departed from the recording that the host answers from, or the recording was not played to its end.
    ReplayDeparted = "replay-departed";
    /// A subscriber of `tracing` panicked; only with the feature `tracing`.
    SubscriberPanicked = "subscriber-panicked";
    /// This machine gave hcs-sim no pipe or no thread for a process.
    OutOfResources = "out-of-resources";
    /// A wait without a timeout inside a callback, which had to wait.
    InfiniteWaitInCallback = "infinite-wait-in-callback";
    /// A request failed, and its result document never reached the client.
    FailureUnread = "failure-unread";
    /// A handle with a callback was closed when the exit of its system or process was still to be told.
    ClosedBeforeExitEvent = "closed-before-exit-event";
    /// An operation was closed, or used again, and nobody had read its result.
    ResultUnread = "result-unread";
    /// An operation was closed while its request was pending: its result is lost.
    ClosedWhilePending = "closed-while-pending";
    /// A state or a result was asked for over and over where an event or a wait would tell it.
    PolledInALoop = "polled-in-a-loop";
    /// A document was freed with a function other than `LocalFree`.
    FreedOtherwise = "freed-otherwise";
    /// A wait timed out, its operation was closed, and nothing was done about the request.
    TimeoutAbandoned = "timeout-abandoned";
    /// A compute system was opened with another access mask than `GENERIC_ALL`.
    OpenedWithoutGenericAll = "opened-without-generic-all";
    /// Something was passed in a parameter that the documentation wants to be NULL.
    OptionsNotNull = "options-not-null";
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FindingKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<FindingKind, Error> {
        FindingKind::all()
            .iter()
            .copied()
            .find(|it| it.name() == name)
            .ok_or_else(|| Error::UnknownFinding { name: name.to_owned() })
    }
}

/// Something that is wrong, with the sentence that says so.
///
/// ```
/// use hcs_sim::{Host, call, hresult::E_FAIL};
/// let host = Host::new();
/// host.when(call::save()).fail(E_FAIL);
/// let finding = host.verify().unwrap_err().findings.remove(0);
/// assert_eq!(finding.sentence, "the rule for HcsSaveComputeSystem never applied");
/// assert_eq!(finding.kind.name(), "rule-never-applied");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Its kind.
    pub kind: FindingKind,
    /// One sentence to act on.
    pub sentence: String,
    /// What else is known, as pairs of a label and a text.
    pub facts: Vec<(&'static str, String)>,
    /// The journal entry that shows it.
    pub entry: Option<u64>,
    /// The places that it names: not among the facts, because they are looked up only when a report is printed.
    pub(crate) sources: Sources,
}

impl Finding {
    pub(crate) fn new(kind: FindingKind, sentence: String) -> Finding {
        Finding { kind, sentence, facts: Vec::new(), entry: None, sources: Sources::default() }
    }

    /// Adds a fact, behind what was added before.
    pub(crate) fn fact(&mut self, label: &'static str, text: impl Into<String>) {
        self.facts.push((label, text.into()));
    }

    /// Adds a place, behind the facts that were added before.
    pub(crate) fn spot(&mut self, label: &'static str, spot: Spot, also: impl Into<String>) {
        self.sources.add(Source { before: self.facts.len(), label, spot, also: also.into() });
    }
}
