//! Every sentence that a person reads when a test fails. Nothing else in the crate words findings.
//! Not here: noticing what is wrong (`runtime`), the lines of the timeline (`text`).

pub(crate) mod files;
pub(crate) mod replay;
mod rules;

pub(crate) use rules::{closure_panicked, reply, rule_count, rule_never_applied};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::finding::{Finding, FindingKind};
use super::place::Place;
use super::text::{Seconds, write_timeline};
use super::{Entry, Journal};
use crate::answer::Returned;
use crate::call::{Call, Export};
use crate::event::{Event, EventType};
use crate::handle::{HandleKind, OperationHandle, ProcessHandle, SystemHandle, TargetHandle};
use crate::model::step::Fault;

/// Which entries of the timeline are shown around a guilty one, and how many at the end.
const BEFORE: u64 = 8;
const AFTER: u64 = 3;
const AT_THE_END: u64 = 8;
/// How many entries with notes are shown wherever they stand.
const NOTES: usize = 20;

/// What a verification found, ready to be printed.
///
/// `Display` writes each finding with what would mend it, then the timeline with the guilty lines marked; `...` stands for
/// entries that are left out.
///
/// ```
/// use hcs_sim::computecore::*;
/// use hcs_sim::{FindingKind, Host};
/// let host = Host::new();
/// let entered = host.enter();
/// // SAFETY: no pointers are passed.
/// let _never_closed = unsafe { HcsCreateOperation(std::ptr::null(), None) };
/// let report = host.verify().unwrap_err();
/// assert_eq!(report.findings[0].kind, FindingKind::LeakedOperation);
/// assert!(report.to_string().contains("operation#1 was never closed"));
/// # drop(entered);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Report {
    /// The findings that are not allowed, in the order in which they were noticed.
    pub findings: Vec<Finding>,
    /// The journal.
    pub journal: Journal,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.findings.len();
        writeln!(
            f,
            "hcs-sim: {}",
            if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
        )?;
        for (index, finding) in self.findings.iter().enumerate() {
            writeln!(f, "\n{}. {}", index + 1, finding.sentence)?;
            let allow = format!("host.allow(FindingKind::{:?})   // {}", finding.kind, finding.kind);
            let facts = finding.facts.iter().map(|(label, text)| (*label, text.as_str()));
            // A finding that knows better says so itself.
            let has_own = finding.facts.iter().any(|it| it.0 == "to mend");
            let usual = (!has_own).then(|| ("to mend", mend(finding.kind)));
            for (label, text) in facts.chain(usual).chain([("to allow", allow.as_str())]) {
                writeln!(f, "     {label:<12} {text}")?;
            }
        }
        self.write_journal(f)
    }
}

impl Report {
    /// The entries around the guilty ones and the last few: whatever ended the test stands there.
    fn write_journal(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.journal.entries();
        let Some(last) = entries.last().map(|it| it.number) else { return Ok(()) };
        let guilty: Vec<u64> = self.findings.iter().filter_map(|it| it.entry).collect();
        let noted = entries.iter().filter(|it| it.note().is_some()).map(|it| it.number);
        let noted: Vec<u64> = noted.rev().take(NOTES).collect(); // the last ones: they are near the cause
        let shown = |entry: &Entry| {
            let number = entry.number;
            number + AT_THE_END > last
                || noted.contains(&number)
                || guilty.iter().any(|it| number + BEFORE >= *it && number <= it + AFTER)
        };
        let count = entries.iter().filter(|it| shown(it)).count();
        let total = entries.len() as u64 + self.journal.dropped();
        writeln!(f, "\ntimeline ({count} of {total} entries)")?;
        let mut rest = entries;
        while !rest.is_empty() {
            let hidden = rest.iter().take_while(|it| !shown(it)).count();
            let visible = rest[hidden..].iter().take_while(|it| shown(it)).count();
            if hidden > 0 {
                writeln!(f, "...")?;
            }
            write_timeline(&rest[hidden..hidden + visible], &guilty, f)?;
            rest = &rest[hidden + visible..];
        }
        Ok(())
    }
}

/// As `Display`: reports are met in the panics of `unwrap`.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Report {}

/// What would have been right.
pub(crate) fn mend(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::LeakedOperation => {
            "call HcsCloseOperation on every path, also when the call or the wait fails"
        }
        FindingKind::LeakedSystem => {
            "call HcsCloseComputeSystem once for every handle, also when its create fails"
        }
        FindingKind::LeakedProcess => "call HcsCloseProcess once for every handle",
        FindingKind::LeakedDocument => "call LocalFree on every document, also on those of failed operations",
        FindingKind::UseAfterClose => "close the handle after its last use; clear the variable that holds it",
        FindingKind::DoubleClose => "give the handle one owner that closes it",
        FindingKind::WrongKind => "pass the handle that the parameter is for",
        FindingKind::NotAHandle => "pass only handles that came from a call on the same host",
        FindingKind::NullHandle => "make the handle first; HcsCreateOperation makes operations",
        FindingKind::ClosedInUse => "let calls on a handle return before it is closed",
        FindingKind::DoubleFree => "free each document once; every fetch hands out a copy of its own",
        FindingKind::ForeignFree => "free only what came from hcs-sim or LocalAlloc",
        FindingKind::StuckWait => {
            "complete the operation, end the system, or wait with a timeout; \
             if another thread would have acted, enter the host there before waiting"
        }
        FindingKind::RuleNeverApplied => "remove the rule, correct its matcher, or mark it .optional()",
        FindingKind::RuleCount => "correct the code or the number given to .expect()",
        FindingKind::RulePanicked => "a closure of a rule must not panic; answer false instead",
        FindingKind::AmbiguousHost => "call host.enter() on this thread before its first HCS call",
        FindingKind::EventMissed => "raise the event while what it happens to is there",
        FindingKind::ProgramPanicked => "a program must not panic; let it return an exit code",
        FindingKind::LeakedPipe => "close each standard handle once, also when the process has exited",
        FindingKind::MissingExport => {
            "look the export up before it is called and do without it, or test with a newer Profile"
        }
        FindingKind::ReplayDeparted => "correct the code, or record the run again",
        FindingKind::SubscriberPanicked => {
            "a subscriber must not panic; let it note what it saw for the test"
        }
        FindingKind::OutOfResources => "raise the limit of open files, or keep fewer processes",
    }
}

/// A handle that a call could not use.
pub(crate) fn fault(call: &Call, fault: Fault) -> Finding {
    let export = call.export();
    let closes =
        matches!(export, Export::HcsCloseOperation | Export::HcsCloseComputeSystem | Export::HcsCloseProcess);
    let (kind, sentence) = match fault {
        Fault::MissingExport(profile) => (
            FindingKind::MissingExport,
            format!("{export} was called, and the computecore.dll of {profile} does not export it"),
        ),
        Fault::Null(HandleKind::Operation) => (
            FindingKind::NullHandle,
            format!("{export} was called with a NULL operation, which crashes the process on Windows"),
        ),
        Fault::Null(kind) => {
            (FindingKind::NullHandle, format!("{export} was called with a NULL {}", kind.type_name()))
        }
        Fault::Garbage(kind) => (
            FindingKind::NotAHandle,
            format!("{export} was called with a value that is no {}", kind.type_name()),
        ),
        Fault::WrongKind { wanted, given, value } => (
            FindingKind::WrongKind,
            format!("{export} takes an {} and was called with {}", wanted.type_name(), name(given, value)),
        ),
        Fault::Closed { kind, value } if closes => {
            (FindingKind::DoubleClose, format!("{} was closed twice", name(kind, value)))
        }
        Fault::Closed { kind, value } => (
            FindingKind::UseAfterClose,
            format!("{export} was called with {} after it was closed", name(kind, value)),
        ),
        Fault::OtherHost { kind, value } => (
            FindingKind::NotAHandle,
            format!(
                "{export} was called with {} of another host, or of one that has ended",
                name(kind, value)
            ),
        ),
        Fault::ClosedInUse { kind, value, threads } => (
            FindingKind::ClosedInUse,
            format!(
                "{} was closed while {} inside a call on it",
                name(kind, value),
                if threads == 1 {
                    "another thread was".to_owned()
                } else {
                    format!("{threads} threads were")
                }
            ),
        ),
    };
    Finding { kind, sentence, facts: Vec::new(), entry: None }
}

fn name(kind: HandleKind, value: u64) -> String {
    match kind {
        HandleKind::Operation => OperationHandle(value).to_string(),
        HandleKind::System => SystemHandle(value).to_string(),
        HandleKind::Process => ProcessHandle(value).to_string(),
    }
}

pub(crate) fn leaked_operation(handle: OperationHandle, state: &str, journal: &Journal) -> Finding {
    let entry = journal.made_at(|answer| answer.returned == Returned::Operation(handle));
    Finding { entry, ..finding(FindingKind::LeakedOperation, format!("{handle} was never closed; {state}")) }
}

pub(crate) fn leaked_system(handle: SystemHandle, id: &str, journal: &Journal) -> Finding {
    let entry = journal.made_at(|answer| answer.system == handle);
    Finding {
        entry,
        ..finding(FindingKind::LeakedSystem, format!("{handle}, a handle of {id:?}, was never closed"))
    }
}

pub(crate) fn leaked_process(handle: ProcessHandle, journal: &Journal) -> Finding {
    let entry = journal.made_at(|answer| answer.process == handle);
    Finding { entry, ..finding(FindingKind::LeakedProcess, format!("{handle} was never closed")) }
}

pub(crate) fn leaked_document(export: Export, text: &str, entry: u64) -> Finding {
    let shown: String = text.chars().take(60).collect();
    let dots = if shown.len() < text.len() { ".." } else { "" };
    Finding {
        facts: vec![("document", format!("{shown}{dots}"))],
        entry: Some(entry),
        ..finding(FindingKind::LeakedDocument, format!("a document that {export} handed out was never freed"))
    }
}

pub(crate) fn leaked_pipe(stream: &str, process_id: u32, entry: u64) -> Finding {
    Finding {
        entry: Some(entry),
        ..finding(FindingKind::LeakedPipe, format!("the {stream} of process {process_id} was never closed"))
    }
}

pub(crate) fn no_pipes(process_id: u32, error: &std::io::Error) -> Finding {
    finding(
        FindingKind::OutOfResources,
        format!("process {process_id} could not be given pipes and a thread, and ended: {error}"),
    )
}

pub(crate) fn program_panicked(command: &str, process_id: u32, message: &str, at: Option<String>) -> Finding {
    Finding {
        facts: vec![
            ("panicked at", at.unwrap_or_else(|| "unknown".to_owned())),
            ("message", message.to_owned()),
            ("process", format!("{process_id}; it exited with 101")),
        ],
        ..finding(FindingKind::ProgramPanicked, format!("the guest program for {command:?} panicked"))
    }
}

pub(crate) fn program_matcher_panicked(matcher: &str, message: &str, at: Option<String>) -> Finding {
    Finding {
        facts: vec![
            ("panicked at", at.unwrap_or_else(|| "unknown".to_owned())),
            ("message", message.to_owned()),
        ],
        ..finding(FindingKind::RulePanicked, format!("the closure of the program for {matcher} panicked"))
    }
}

pub(crate) fn event_missed(event: &Event, why: &str) -> Finding {
    finding(FindingKind::EventMissed, format!("{event} happened to nobody: {why}"))
}

/// Why no guest program answers a command: the nearest one, and what it misses.
pub(crate) fn no_program(nearest: &str, misses: &[String]) -> String {
    format!("no guest program matches; the nearest is the one for {nearest}, but {}", misses.join("; "))
}

pub(crate) fn double_free(function: &str) -> Finding {
    finding(FindingKind::DoubleFree, format!("{function} was called twice on the same document"))
}

pub(crate) fn foreign_free(function: &str) -> Finding {
    finding(
        FindingKind::ForeignFree,
        format!("{function} was called on memory that is no document, or no longer one"),
    )
}

pub(crate) fn close_handle(kind: Option<HandleKind>, value: u64) -> Finding {
    match kind {
        Some(kind) => finding(
            FindingKind::WrongKind,
            format!(
                "CloseHandle was called with {}, which has a close function of its own",
                name(kind, value)
            ),
        ),
        None => finding(
            FindingKind::NotAHandle,
            "CloseHandle was called with a value that is no handle of hcs-sim".to_owned(),
        ),
    }
}

pub(crate) fn strange_handle(function: &str, kind: Option<HandleKind>, value: u64) -> Finding {
    match kind {
        Some(kind) => finding(
            FindingKind::WrongKind,
            format!("{function} was called with {}, which is no pipe", name(kind, value)),
        ),
        None => finding(
            FindingKind::NotAHandle,
            format!("{function} was called with a value that is no open pipe of a process"),
        ),
    }
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
    /// The place of the close, and its thread.
    pub(crate) closing: (Place, Arc<str>),
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
    let (place, thread) = &stuck.closing;
    let what = match stuck.event {
        Some(event) => format!("the callback of {}, told {event}", stuck.target),
        None => format!("the completion callback of {}", stuck.target),
    };
    let mut facts = vec![
        ("closing here", format!("{place}, thread {thread:?}")),
        ("waits for", format!("{what}, running since t={}", Seconds(stuck.since))),
    ];
    if let Some(place) = &stuck.registered {
        facts.push(("registered", place.to_string()));
    }
    if let Some(call) = &stuck.last_call {
        facts.push(("last call", format!("{call}, made in the callback's thread")));
    }
    facts.push(("because", stuck.why.because()));
    let mend = match stuck.why {
        Stuck::ItsOwnCallback => {
            "do not close a handle in its own callback: tell another thread, which closes it"
        }
        _ => "let the callback return without what the closing thread holds, such as a lock",
    };
    facts.push(("to mend", mend.to_owned()));
    facts.push((
        "on Windows",
        "a close waits for running callbacks too (docs/fidelity.md, close-drains)".to_owned(),
    ));
    Finding { facts, ..finding(FindingKind::StuckWait, format!("{} can never return", stuck.call)) }
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

pub(crate) fn ambiguous_host(export: Export, alive: usize) -> Finding {
    finding(
        FindingKind::AmbiguousHost,
        format!("{export} was called on a thread that belongs to no host, while {alive} hosts are alive"),
    )
}

fn finding(kind: FindingKind, sentence: String) -> Finding {
    Finding { kind, sentence, facts: Vec::new(), entry: None }
}

/// The test's own failure and the findings, neither hiding the other.
pub(crate) fn joined(own: &str, report: &Report) -> String {
    format!("{own}\n\nand hcs-sim found besides:\n\n{report}")
}

/// The findings of a test that panics by itself.
pub(crate) fn beside_a_panic(report: &Report) -> String {
    format!(
        "the test's own panic stands above; some of what hcs-sim found besides may be its consequence:\n\n{report}"
    )
}

/// What was said of requests in a test that fails by itself, without findings.
pub(crate) fn notes_beside_a_failure(journal: &Journal) -> Option<String> {
    let noted: Vec<Entry> = journal.entries().iter().filter(|it| it.note().is_some()).cloned().collect();
    if noted.is_empty() {
        return None;
    }
    let mut text = "hcs-sim: the test failed by itself; this was noted on the way:\n\n".to_owned();
    let last = &noted[noted.len().saturating_sub(NOTES)..];
    if noted.len() > last.len() {
        text.push_str(&format!("... {} more\n", noted.len() - last.len()));
    }
    write_timeline(last, &[], &mut text).expect("a text takes everything");
    Some(text)
}

/// A hint for somebody who looks at a test that hangs outside of hcs-sim. `programs`: what those that run are at.
pub(crate) fn awaited_callback(count: u32, programs: &[String], patience: Duration) -> String {
    let what = match count {
        0 => "an event may be".to_owned(),
        1 => "a completion callback is".to_owned(),
        _ => format!("{count} completion callbacks are"),
    };
    let mut hint = format!(
        "hcs-sim: {what} awaited, nothing is due, and no thread has done anything for {patience:?}; if the test hangs, \
         it waits for an operation that a rule never completes, or that is held until it is released, or for an event that \
         nothing will bring about"
    );
    for program in programs {
        hint.push_str("\n  ");
        hint.push_str(program);
    }
    hint
}
