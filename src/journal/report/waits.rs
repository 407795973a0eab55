//! The sentences about waits and closes that can never end, and what they wait for.
//! Not here: when a wait is given up (`runtime::wait`).

use std::sync::Arc;
use std::time::Duration;

use super::finding;
use crate::call::OperationType;
use crate::event::EventType;
use crate::handle::{OperationHandle, TargetHandle};
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::place::Place;
use crate::journal::places::Spot;
use crate::journal::text::Seconds;

pub(crate) fn completion_of(operation: OperationHandle, kind: Option<OperationType>) -> String {
    match kind {
        Some(kind) => format!("the completion of {operation} ({kind:?})"),
        None => format!("the completion of {operation}"),
    }
}

pub(crate) fn exit_of_system(id: &str) -> String {
    format!("the exit of {id:?}")
}

/// `program`: what the process runs and is at.
pub(crate) fn exit_of_process(process_id: u32, program: Option<&str>) -> String {
    program.map_or_else(|| format!("the exit of process {process_id}"), |it| format!("the end of {it}"))
}

/// Whom a write or a read of a pipe waits for.
pub(crate) fn other_end(write: bool, program: Option<&str>) -> String {
    let end = if write { "its reader" } else { "its writer" };
    program.map_or_else(|| end.to_owned(), |it| format!("{end}, {it}"))
}

/// Why a wait cannot end.
pub(crate) enum Stuck {
    /// Nothing is due, and no other thread is known.
    NothingDue,
    /// Nothing is due, and the threads that could have acted did not, for this long in real time.
    NobodyActed(Duration),
    /// Manual time: nobody advances it.
    NobodyAdvances,
    /// It would have to wait for the callback that it is called in.
    ItsOwnCallback,
    /// Programs sleep and wake, so many times, and nothing comes of it.
    OnlySleepers(u64),
}

impl Stuck {
    fn because(&self) -> String {
        match self {
            Stuck::NothingDue => "nothing is due and no other thread is known to this host".to_owned(),
            Stuck::NobodyActed(patience) => {
                format!(
                    "nothing is due, and no other thread has done anything about it for {patience:?} of real time"
                )
            }
            Stuck::NobodyAdvances => "time is manual, and no other thread advances it".to_owned(),
            Stuck::ItsOwnCallback => {
                "it is called inside of that callback, and waits for it to return".to_owned()
            }
            Stuck::OnlySleepers(count) => {
                format!("only guest programs that sleep are left, and {count} times one woke in vain")
            }
        }
    }
}

/// A close that waits for a callback which cannot return.
pub(crate) struct StuckClose<'a> {
    pub(crate) call: &'a str,
    /// The thread that closes.
    pub(crate) thread: Arc<str>,
    pub(crate) target: TargetHandle,
    /// What the callback was told; nothing for a completion callback.
    pub(crate) event: Option<EventType>,
    /// The place where the callback was registered, if it is known.
    pub(crate) registered: Option<Place>,
    pub(crate) since: Duration,
    pub(crate) last_call: Option<String>,
    pub(crate) why: &'a Stuck,
}

pub(crate) fn stuck_close(stuck: &StuckClose<'_>) -> Finding {
    let what = match stuck.event {
        Some(event) => format!("the callback of {}, told {event}", stuck.target),
        None => format!("the completion callback of {}", stuck.target),
    };
    let mut finding = finding(FindingKind::StuckWait, format!("{} can never return", stuck.call));
    finding.spot("closing here", Spot::ThisCall, format!("thread {:?}", stuck.thread));
    finding.fact("waits for", format!("{what}, running since t={}", Seconds(stuck.since)));
    if let Some(place) = &stuck.registered {
        finding.spot("registered", Spot::Known(place.clone()), "");
    }
    if let Some(call) = &stuck.last_call {
        finding.fact("last call", format!("{call}, made in the callback's thread"));
    }
    finding.fact("because", stuck.why.because());
    let mend = match stuck.why {
        Stuck::ItsOwnCallback => {
            "do not close a handle in its own callback: tell another thread, which closes it"
        }
        _ => "let the callback return without what the closing thread holds, such as a lock",
    };
    finding.fact("to mend", mend);
    finding.fact("on Windows", "a close waits for running callbacks too (docs/fidelity.md, close-drains)");
    finding
}

/// A callback that threw an exception or ended its thread.
pub(crate) fn callback_unreturned(
    target: TargetHandle,
    event: Option<EventType>,
    since: Duration,
) -> Finding {
    let what = match event {
        Some(event) => format!("the callback of {target}, told {event},"),
        None => format!("the completion callback of {target}"),
    };
    let mut finding = finding(FindingKind::CallbackUnreturned, format!("{what} did not return"));
    finding.fact("entered at", format!("t={}", Seconds(since)));
    finding.fact("because", "it threw an exception out of itself, or ended its thread or the process");
    finding.fact("on Windows", "an exception that leaves a callback ends the process");
    finding
}

pub(crate) fn stuck_wait(call: &str, waited_for: String, why: &Stuck) -> Finding {
    Finding {
        facts: vec![("waits for", waited_for), ("because", why.because())],
        ..finding(FindingKind::StuckWait, format!("{call} can never return"))
    }
}

/// A read or a write of a pipe that can never end.
pub(crate) fn stuck_pipe(call: &str, waited_for: String, why: &Stuck) -> Finding {
    let mend =
        "let the program write, read or end: close its standard input, read its output, end the process";
    let mut finding = stuck_wait(call, waited_for, why);
    finding.facts.push(("to mend", mend.to_owned()));
    finding
}
