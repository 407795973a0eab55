//! Every sentence that a person reads when a test fails. Nothing else in the crate words findings.
//! Not here: noticing what is wrong (`runtime`), the lines of the timeline (`text`).

mod again;
mod colour;
mod contrast;
pub(crate) mod files;
pub(crate) mod lints;
mod places;
pub(crate) mod replay;
mod rules;
mod waits;

pub(crate) use colour::for_stderr;
pub(crate) use places::made_at;
pub(crate) use rules::{closure_panicked, reply, rule_count, rule_never_applied};
pub(crate) use waits::{
    Stuck, StuckClose, callback_unreturned, completion_of, exit_of_process, exit_of_system, other_end,
    stuck_close, stuck_pipe, stuck_wait,
};

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use again::Again;

use super::finding::{Finding, FindingKind};
use super::place::slashed;
use super::places::Places;
use super::text::write_timeline;
use super::{Entry, Journal};
use crate::answer::Returned;
use crate::call::{Call, Export};
use crate::event::Event;
use crate::handle::{HandleKind, OperationHandle, ProcessHandle, SystemHandle};
use crate::model::operation::State;
use crate::model::step::Fault;
use crate::script::program::ProgramMiss;

/// Which entries of the timeline are shown around a guilty one, and how many at the end.
const BEFORE: u64 = 8;
const AFTER: u64 = 3;
const AT_THE_END: u64 = 8;
/// How many entries with notes are shown wherever they stand.
const NOTES: usize = 20;

/// What a verification found, ready to be printed.
///
/// `Display` writes each finding with what would mend it, then the timeline with the guilty lines marked; `...` stands for
/// entries that are left out. Lines of the code under test are looked up only then, which takes a moment the first time;
/// [`Builder::source_lines`](crate::Builder::source_lines) has more about them. The last line says how to run the test again, if cargo
/// and the test's thread tell enough.
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
    /// What does not fail the test: findings at [`Level::Warn`](crate::Level::Warn) that were not shown before.
    pub warnings: Vec<Finding>,
    /// The journal.
    pub journal: Journal,
    beside: Box<Beside>,
}

/// When a report is made.
pub(crate) enum Moment {
    Test,
    ProcessEnd,
}

/// What a report knows besides, in a box: reports are error values.
#[derive(Clone)]
struct Beside {
    /// Where the calls of the journal stand in the user's code.
    places: Places,
    again: Again,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "hcs-sim: {}", lints::headline(self.findings.len(), self.warnings.len()))?;
        for (index, finding) in self.findings.iter().enumerate() {
            writeln!(f, "\n{}. {}", index + 1, finding.sentence)?;
            write_facts(finding, f)?;
        }
        lints::write_warnings(&self.warnings, f)?;
        self.write_journal(f)?;
        match self.beside.again.line() {
            // A test that passes shows nothing of its own accord.
            Some(line) if self.findings.is_empty() && line.contains(" -- ") => {
                writeln!(f, "\nto see it again   {line} --show-output")
            }
            Some(line) => writeln!(f, "\nto see it again   {line}"),
            None => Ok(()),
        }
    }
}

/// What is known of a finding, what would mend it and how it is allowed.
fn write_facts(finding: &Finding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let kind = finding.kind;
    let allow = format!("host.allow(FindingKind::{kind:?})   // in a scenario: \"allow\": [\"{kind}\"]");
    // A finding that knows better says so itself.
    let has_own = finding.facts.iter().any(|it| it.0 == "to mend");
    let usual = (!has_own).then(|| ("to mend", mend(finding.kind).to_owned()));
    for (label, text) in places::facts(finding).into_iter().chain(usual).chain([("to allow", allow)]) {
        // Further lines of a text stand below its first.
        writeln!(f, "     {label:<12} {}", text.replace('\n', "\n                  "))?;
    }
    Ok(())
}

impl Report {
    /// Made on the thread of the test, or as the process ends.
    pub(crate) fn new(
        moment: Moment,
        findings: Vec<Finding>,
        warnings: Vec<Finding>,
        journal: Journal,
        places: Places,
    ) -> Report {
        let is_something = !findings.is_empty() || !warnings.is_empty();
        let again = match moment {
            Moment::Test => Again::here(is_something && places.are_wanted()),
            Moment::ProcessEnd => Again::unknown(),
        };
        Report { findings, warnings, journal, beside: Box::new(Beside { places, again }) }
    }

    /// The entries around the guilty ones and the last few: whatever ended the test stands there.
    fn write_journal(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.journal.entries();
        let Some(last) = entries.last().map(|it| it.number) else { return Ok(()) };
        let guilty: Vec<u64> = self.findings.iter().chain(&self.warnings).filter_map(|it| it.entry).collect();
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
        let bound = self.bound_of_places(entries.iter().filter(|it| shown(it)));
        writeln!(f, "\ntimeline ({count} of {total} entries{bound})")?;
        let mut rest = entries;
        while !rest.is_empty() {
            let hidden = rest.iter().take_while(|it| !shown(it)).count();
            let visible = rest[hidden..].iter().take_while(|it| shown(it)).count();
            if hidden > 0 {
                writeln!(f, "...")?;
            }
            let place = |number| places::beside_an_entry(self.beside.places.of(number)?);
            write_timeline(&rest[hidden..hidden + visible], &guilty, &place, f)?;
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
        FindingKind::RuleNeverApplied => {
            "remove the rule, correct its matcher, or mark it .optional() (\"optional\": true)"
        }
        FindingKind::RuleCount => "correct the code or the number given to .expect()",
        FindingKind::RulePanicked => "a closure of a rule must not panic; answer false instead",
        FindingKind::AmbiguousHost => {
            "call host.enter() (HcsSimEnterHost) on this thread before its first HCS call"
        }
        FindingKind::EventMissed => "raise the event while what it happens to is there",
        FindingKind::ProgramPanicked => "a program must not panic; let it return an exit code",
        FindingKind::CallbackUnreturned => "catch everything inside the callback, and let it return",
        FindingKind::LeakedPipe => "close each standard handle once, also when the process has exited",
        FindingKind::MissingExport => {
            "look the export up before it is called and do without it, or test with a newer Profile"
        }
        FindingKind::ReplayDeparted => "correct the code, or record the run again",
        FindingKind::SubscriberPanicked => {
            "a subscriber must not panic; let it note what it saw for the test"
        }
        FindingKind::OutOfResources => "raise the limit of open files, or keep fewer processes",
        lint => lints::mend(lint),
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
    finding(kind, sentence)
}

fn name(kind: HandleKind, value: u64) -> String {
    match kind {
        HandleKind::Operation => OperationHandle(value).to_string(),
        HandleKind::System => SystemHandle(value).to_string(),
        HandleKind::Process => ProcessHandle(value).to_string(),
    }
}

pub(crate) fn leaked_operation(handle: OperationHandle, state: &State, journal: &Journal) -> Finding {
    let what = match state {
        State::Idle => "it was never used".to_owned(),
        State::Pending(it) => format!("its {:?} is still pending", it.kind),
        State::Completed(it, outcome) => {
            format!("its {:?} completed with {}", it.kind, outcome.hresult.label())
        }
    };
    let entry = journal.made_at(|answer| answer.returned == Returned::Operation(handle));
    let sentence = format!("{handle} was never closed; {what}");
    let mut finding = Finding { entry, ..finding(FindingKind::LeakedOperation, sentence) };
    if let State::Completed(_, outcome) = state
        && outcome.hresult.is_failure()
    {
        finding.fact("its result", outcome.hresult.to_string());
    }
    finding
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

pub(crate) fn event_missed(event: &Event, why: &str, raised: Option<&'static Location<'static>>) -> Finding {
    let mut finding = finding(FindingKind::EventMissed, format!("{event} happened to nobody: {why}"));
    if let Some(raised) = raised {
        finding.fact("raised at", slashed(raised));
    }
    finding
}

/// Why no guest program answers a command: the nearest one, and what it misses.
pub(crate) fn no_program(nearest: &str, misses: &[ProgramMiss]) -> String {
    let misses: Vec<String> = misses
        .iter()
        .map(|miss| match miss {
            ProgramMiss::Other { what, expected, got } => {
                format!("{what}: expected {expected:?}, got {:?}", got.as_deref().unwrap_or("none"))
            }
            ProgramMiss::Start { expected, got } => {
                format!("command: expected one starting with {expected:?}, got {got:?}")
            }
            ProgramMiss::Closure(description) => format!("closure: {description:?} said no"),
        })
        .collect();
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

pub(crate) fn ambiguous_host(export: Export, alive: usize) -> Finding {
    finding(
        FindingKind::AmbiguousHost,
        format!("{export} was called on a thread that belongs to no host, while {alive} hosts are alive"),
    )
}

fn finding(kind: FindingKind, sentence: String) -> Finding {
    Finding::new(kind, sentence)
}

/// A process was forked from one that uses hosts.
pub(crate) fn forked() -> &'static str {
    "hcs-sim: this process was forked from one that uses HCS, and its host stayed there: every call is refused here, as Windows knows \
     no fork.\n         Use HCS in one of both only: fork before the first call, or start another program."
}

/// A process ended while one of its threads was inside the host, on Windows.
pub(crate) fn died_inside() -> &'static str {
    "hcs-sim: the process ended while one of its threads was inside of an HCS call: nothing can be said of what it left open"
}

/// A finding that belongs to no test, as stderr says it when it is noticed.
pub(crate) fn at_once(finding: &Finding) -> String {
    let mut text = format!("hcs-sim: {}; {}", finding.sentence, mend(finding.kind));
    for (label, fact) in places::facts(finding) {
        text.push_str(&format!("\n     {label:<12} {fact}"));
    }
    text
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
    write_timeline(last, &[], &|_| None, &mut text).expect("a text takes everything");
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
