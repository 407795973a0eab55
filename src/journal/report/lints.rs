//! The sentences of lints: legal but fragile use, why it matters on Windows, what mends it.
//! Not here: when they are noticed (`runtime::lints`), other findings (`report`).

use std::fmt;
use std::sync::Arc;

use super::{finding, write_facts};
use crate::call::{Export, OperationType};
use crate::handle::{OperationHandle, ProcessHandle, SystemHandle};
use crate::hresult::Hresult;
use crate::journal::finding::{Finding, FindingKind};

/// A text in a fact ends after so many characters.
const SHOWN: usize = 120;

/// An operation that is closed, or used again.
pub(crate) struct Left {
    pub(crate) operation: OperationHandle,
    pub(crate) kind: OperationType,
    /// The id of its system, if it is about one.
    pub(crate) id: Option<Arc<str>>,
    /// It is closed; else it is used again.
    pub(crate) closing: bool,
    /// How its use ended, if it has.
    pub(crate) hresult: Option<Hresult>,
}

impl Left {
    fn how(&self) -> &'static str {
        if self.closing { "closed" } else { "used again" }
    }

    /// The request, as in "Start of \"web\"".
    fn request(&self) -> String {
        match &self.id {
            Some(id) => format!("{:?} of {id:?}", self.kind),
            None => format!("{:?}", self.kind),
        }
    }
}

/// The exit that a callback is still to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coming {
    /// It has happened.
    Happened,
    /// It was asked for.
    Requested,
}

impl Coming {
    fn because(self) -> &'static str {
        match self {
            Coming::Happened => "it has exited, and the event was on its way",
            Coming::Requested => "its end was asked for, and the event was still to come",
        }
    }
}

/// What would have been right.
pub(super) fn mend(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::InfiniteWaitInCallback => {
            "let the callback tell a thread of your own, which waits; or give the wait a timeout"
        }
        FindingKind::FailureUnread => {
            "pass a pointer for the result document, and log what it says when the HRESULT is a failure"
        }
        FindingKind::ClosedBeforeExitEvent => {
            "close the handle once its callback was told of the exit, or wait for the exit before the close"
        }
        FindingKind::ResultUnread => {
            "get or wait for the result of every request before its operation is closed"
        }
        FindingKind::ClosedWhilePending => {
            "wait for the operation, or let a completion callback close it, before it is closed"
        }
        FindingKind::PolledInALoop => {
            "wait for the operation or the exit with a timeout, or register a callback for the event"
        }
        FindingKind::FreedOtherwise => "free result documents with LocalFree",
        FindingKind::TimeoutAbandoned => {
            "after a timeout wait again, or end what the request is about: terminate the system or the process"
        }
        FindingKind::OpenedWithoutGenericAll => "pass GENERIC_ALL (0x10000000)",
        FindingKind::OptionsNotNull => "pass NULL",
        _ => "see docs/findings.md",
    }
}

fn lint(kind: FindingKind, sentence: String, on_windows: &str) -> Finding {
    Finding { facts: vec![("on Windows", on_windows.to_owned())], ..finding(kind, sentence) }
}

fn with_fact(mut finding: Finding, label: &'static str, text: String) -> Finding {
    finding.facts.insert(0, (label, text));
    finding
}

fn shortened(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { format!("{shown}..") } else { shown }
}

pub(crate) fn infinite_wait(call: &str) -> Finding {
    lint(
        FindingKind::InfiniteWaitInCallback,
        format!("{call} was called inside a callback, and had to wait"),
        "callbacks run on threads of HCS: while one waits, others of its handle are not told, a close of the handle waits too, \
         and what is waited for may need that very thread",
    )
}

pub(crate) fn failure_unread(left: &Left, document: &str, fetched: bool) -> Finding {
    let code = left.hresult.map_or_else(String::new, |it| format!(" with {}", it.label()));
    let finding = lint(
        FindingKind::FailureUnread,
        format!(
            "{} was {}, and nobody has read why its {} failed{code}",
            left.operation,
            left.how(),
            left.request()
        ),
        "the document alone says what failed and where; the HRESULT is the same for many causes",
    );
    let finding = with_fact(finding, "document", shortened(document));
    if fetched {
        with_fact(finding, "fetched", "with NULL for the result document".to_owned())
    } else {
        finding
    }
}

pub(crate) fn result_unread(left: &Left) -> Finding {
    let code = left.hresult.map_or_else(String::new, |it| format!("; it was {}", it.label()));
    lint(
        FindingKind::ResultUnread,
        format!(
            "{} was {} with the result of its {} unread{code}",
            left.operation,
            left.how(),
            left.request()
        ),
        "S_OK of the call means accepted; whether the request succeeded, only its result says",
    )
}

pub(crate) fn closed_while_pending(left: &Left) -> Finding {
    lint(
        FindingKind::ClosedWhilePending,
        format!("{} was closed while its {} was pending: its result is lost", left.operation, left.request()),
        "the close does not stop the request, no callback is told, and a failure is never seen",
    )
}

pub(crate) fn timeout_abandoned(left: &Left) -> Finding {
    let after = match left.hresult {
        None => "was never ended".to_owned(),
        Some(code) => format!("completed with {} unseen", code.label()),
    };
    lint(
        FindingKind::TimeoutAbandoned,
        format!(
            "{} was {} after a wait for it timed out, and its {} {after}",
            left.operation,
            left.how(),
            left.request()
        ),
        "a timeout ends the wait, not the request: it goes on, and takes effect when nobody expects it",
    )
}

pub(crate) fn system_closed_before_exit_event(handle: SystemHandle, id: &str, coming: Coming) -> Finding {
    closed_before_exit_event(format!("{handle} {id:?}"), coming)
}

pub(crate) fn process_closed_before_exit_event(
    handle: ProcessHandle,
    process_id: u32,
    coming: Coming,
) -> Finding {
    closed_before_exit_event(format!("{handle}, of process {process_id},"), coming)
}

fn closed_before_exit_event(what: String, coming: Coming) -> Finding {
    let finding = lint(
        FindingKind::ClosedBeforeExitEvent,
        format!("{what} was closed before its callback was told of the exit"),
        "the event comes a while after the end, and never after the close: who waits for it waits for ever",
    );
    with_fact(finding, "because", coming.because().to_owned())
}

/// `about`: of what, as in "for system#1"; or nothing.
pub(crate) fn polled_in_a_loop(export: Export, about: &str, row: u32) -> Finding {
    let space = if about.is_empty() { "" } else { " " };
    lint(
        FindingKind::PolledInALoop,
        format!("{export} was called {row} times in a row{space}{about}, with nothing in between"),
        "each poll is a call into another process: a loop of them burns a processor and slows down what it waits for",
    )
}

pub(crate) fn freed_otherwise(function: &str, export: Export) -> Finding {
    lint(
        FindingKind::FreedOtherwise,
        format!("a document that {export} handed out was freed with {function}"),
        "it works as long as both functions use the same heap; only LocalFree is documented",
    )
}

pub(crate) fn opened_without_generic_all(export: Export, id: &str, access: u32) -> Finding {
    lint(
        FindingKind::OpenedWithoutGenericAll,
        format!("{export} was called for {id:?} with the access 0x{access:08X}, which is not GENERIC_ALL"),
        "the documentation takes GENERIC_ALL alone; another mask is refused with E_INVALIDARG",
    )
}

/// `what`: what was passed; `text`: its text, if it is one.
pub(crate) fn options_not_null(export: Export, what: &str, text: Option<&str>) -> Finding {
    let finding = lint(
        FindingKind::OptionsNotNull,
        format!("{export} was called with {what} other than NULL"),
        "the documentation wants NULL: what is passed is ignored today, and may be refused by the next Windows",
    );
    match text {
        Some(text) => with_fact(finding, "passed", shortened(text)),
        None => finding,
    }
}

/// There were more of a kind than are kept.
pub(crate) fn and_more(count: u32) -> (&'static str, String) {
    ("and more", format!("{count} more of this kind were not kept"))
}

/// The first line of a report.
pub(super) fn headline(findings: usize, warnings: usize) -> String {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match (findings, warnings) {
        (_, 0) => counted(findings, "finding"),
        (0, 1) => "1 warning, which does not fail the test".to_owned(),
        (0, _) => format!("{warnings} warnings, which do not fail the test"),
        _ => format!("{}, {}", counted(findings, "finding"), counted(warnings, "warning")),
    }
}

/// Warnings, below the findings.
pub(super) fn write_warnings(warnings: &[Finding], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for warning in warnings {
        writeln!(f, "\nwarning: {}", warning.sentence)?;
        write_facts(warning, f)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_of_its_own_for_what_mends_it() {
        for kind in FindingKind::all() {
            assert_ne!(super::super::mend(*kind), mend(FindingKind::DoubleClose), "{kind}");
        }
    }
}
