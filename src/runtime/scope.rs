//! The scope of a host: `run` joins the body's own failure with the findings; leaks are counted at its end.
//! Not here: the sentences (`journal::report`).

use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::dispatch::{self, Muted};
use super::host::{Builder, Host};
use super::trace;
use super::world::{Shared, World};
use crate::handle::{ProcessHandle, SystemHandle};
use crate::journal::Journal;
use crate::journal::finding::Finding;
use crate::journal::level::Level;
use crate::journal::report::{self, Moment, Report};

/// What a test body may return: nothing, a value, or a `Result` whose `Err` is the test's own failure.
pub trait Body {
    /// The body's own failure, in words.
    fn own_failure(&self) -> Option<String> {
        None
    }
}

impl<T, E: Debug> Body for Result<T, E> {
    fn own_failure(&self) -> Option<String> {
        self.as_ref().err().map(|it| format!("Error: {it:?}"))
    }
}

macro_rules! bodies_that_cannot_fail {
    ($($type:ty),* $(,)?) => { $(impl Body for $type {})* };
}

bodies_that_cannot_fail!((), bool, char, i32, i64, u8, u16, u32, u64, usize, String, &str, Duration);
/// A body that always panics returns the never type, which can be named on stable Rust only through a function pointer.
trait Returns {
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

impl Body for <fn() -> ! as Returns>::Output {}
impl<T> Body for Option<T> {}
impl<T> Body for Vec<T> {}
impl Body for crate::journal::Journal {}
impl Body for serde_json::Value {}
impl<A, B> Body for (A, B) {}

/// How often it is looked whether a pipe that is open has been closed.
const CLOSES: Duration = Duration::from_millis(2);

/// How many effects the end of a scope lets happen before it gives up: more is a world that feeds itself.
const MOST_EFFECTS: usize = 1_000_000;

impl Builder {
    /// Makes the host and runs a test body in it; see [`Host::run`].
    #[track_caller]
    pub fn run<T: Body>(self, body: impl FnOnce(&Host) -> T) -> T {
        self.build().run(body)
    }
}

impl Host {
    /// Runs a test body with this host as the current one, then verifies. Rules end with it. A run inside of another one of
    /// the same host leaves both to the outer one.
    ///
    /// Findings fail the test with a panic that carries the whole report. If the body panics, its panic goes on, and the
    /// findings are printed to stderr. If it returns `Err`, the panic carries both; without findings the `Err` is returned.
    /// A body that fails without findings has the notes of the journal printed: why requests were refused, for instance.
    ///
    /// ```should_panic
    /// use hcs_sim::Host;
    /// use hcs_sim::computecore::*;
    /// Host::new().run(|_| {
    ///     // SAFETY: no pointers are passed.
    ///     let _never_closed = unsafe { HcsCreateOperation(std::ptr::null(), None) };
    /// });
    /// ```
    #[track_caller]
    pub fn run<T: Body>(&self, body: impl FnOnce(&Host) -> T) -> T {
        let entered = self.enter();
        self.shared().world.lock().runs += 1;
        let result = panic::catch_unwind(AssertUnwindSafe(|| body(self)));
        let outermost = {
            let mut world = self.shared().world.lock();
            world.runs -= 1;
            world.runs == 0
        };
        let mut verified = Ok(());
        if outermost {
            let muted = if result.is_err() { Muted::All } else { Muted::Handles };
            self.shared().world.lock().dispatch.muted = muted;
            verified = self.verify();
            let (closures, programs) = {
                let mut world = self.shared().world.lock();
                world.model.unregister_all();
                world.dispatch.muted = Muted::Nobody;
                (world.script.retire(), std::mem::take(&mut world.guests.provided))
            };
            drop((closures, programs));
        }
        drop(entered);
        match (result, verified) {
            (Err(payload), verified) => {
                match verified {
                    Err(report) => eprintln!("\n{}", report::for_stderr(report::beside_a_panic(&report))),
                    Ok(()) => {
                        self.print_notes(outermost);
                        self.print_warnings(outermost);
                    }
                }
                panic::resume_unwind(payload)
            }
            (Ok(value), Ok(())) => {
                if value.own_failure().is_some() {
                    self.print_notes(outermost);
                }
                self.print_warnings(outermost);
                value
            }
            (Ok(value), Err(report)) => match value.own_failure() {
                Some(own) => panic!("{}", report::joined(&own, &report)),
                None => panic!("{report}"),
            },
        }
    }

    /// A test that fails by itself may do so because of a request that was refused: what was noted of it is printed.
    fn print_notes(&self, outermost: bool) {
        if outermost && let Some(notes) = report::notes_beside_a_failure(&self.journal()) {
            eprintln!("\n{notes}");
        }
    }

    /// Warnings are printed: libtest shows them if the test fails.
    fn print_warnings(&self, outermost: bool) {
        if !outermost {
            return;
        }
        let report = {
            let mut world = self.shared().world.lock();
            let warnings = world.warn(Vec::new());
            if warnings.is_empty() {
                return;
            }
            world.set_shown();
            Report::new(Moment::Test, Vec::new(), warnings, world.journal(), world.log.places().clone())
        };
        eprintln!("\n{}", report::for_stderr(report.to_string()));
    }

    /// Lets everything happen that is still due, then answers what is wrong: what was noticed on the way, and what is
    /// still open. Findings that are allowed are left out, and those that only warn do not make it an error: [`Host::warnings`] has
    /// them. Each finding is reported once.
    pub fn verify(&self) -> Result<(), Report> {
        outcome(verify(self.shared()))
    }

    /// [`Host::verify`] as the process ends. On Windows its other threads are gone by then: callbacks and guest programs do nothing more,
    /// and if one of them died inside the host, nothing can be verified.
    pub fn verify_at_exit(&self) -> Result<(), Report> {
        if !cfg!(windows) {
            return self.verify();
        }
        match self.shared().world.try_lock() {
            Some(mut world) => {
                world.dispatch.muted = Muted::All;
                let effects =
                    std::iter::from_fn(|| world.queue.has_more_than_wakes().then(|| world.run_next()));
                effects.take(MOST_EFFECTS).for_each(drop);
                outcome(judge(&mut world, Moment::ProcessEnd))
            }
            None => {
                eprintln!("{}", report::died_inside());
                Ok(())
            }
        }
    }

    /// What was noticed so far, without what is merely still open, allowed or not.
    pub fn findings(&self) -> Vec<Finding> {
        let world = self.shared().world.lock();
        world.findings.iter().cloned().map(|it| world.so_far(it)).collect()
    }
}

fn outcome(report: Report) -> Result<(), Report> {
    if report.findings.is_empty() { Ok(()) } else { Err(report) }
}

fn verify(shared: &Arc<Shared>) -> Report {
    let _told = trace::listen(shared);
    let mut world = shared.world.lock();
    world.calls += 1;
    if world.replay.is_some() {
        world.script.set_verified(); // nothing asks the rules
        let patience = world.settings.patience;
        super::replay::let_others_go_on(shared, &mut world, patience);
        if world.runs == 0 {
            world.end_replay(); // a verification on the way is not the end
        }
    }
    for _ in 0..MOST_EFFECTS {
        dispatch::settle(shared, &mut world);
        if !world.queue.has_more_than_wakes() {
            break; // programs that sleep can go on for ever
        }
        world.run_next();
        shared.announce(&world);
    }
    dispatch::settle(shared, &mut world);
    let asked = Instant::now();
    // A thread that reads a pipe to its end is about to close it; it may be one that the host has not seen yet.
    while asked.elapsed() < world.settings.grace && !world.pipes.leaked(&shared.gateway.pipes).is_empty() {
        dispatch::wait(shared, &mut world, CLOSES);
    }
    judge(&mut world, Moment::Test)
}

/// What is wrong with a world in which everything has happened.
fn judge(world: &mut World, moment: Moment) -> Report {
    world.judge_suspects();
    let journal = world.journal();
    let mut findings: Vec<Finding> =
        std::mem::take(&mut world.findings).into_iter().map(|it| world.so_far(it)).collect();
    let noticed = findings.len(); // and told
    let mut open = what_is_open(world, &journal);
    let places = world.log.places();
    open.iter_mut().for_each(|it| report::made_at(it, &journal, places, world.log.limit()));
    let places = places.clone();
    findings.extend(open);
    findings.extend(world.script.rules().iter().flat_map(|rule| {
        match &rule.expected {
            _ if rule.verified => Vec::new(),
            Some(expected) if !expected.contains(&rule.applied) => {
                vec![report::rule_count(rule, &journal, &places)]
            }
            Some(_) => Vec::new(),
            None if rule.optional => Vec::new(),
            None if rule.unused_steps().next().is_none() => Vec::new(),
            None if rule.applied == 0 => vec![report::rule_never_applied(rule, 0, &journal, &places)],
            None => rule
                .unused_steps()
                .map(|step| report::rule_never_applied(rule, step, &journal, &places))
                .collect(),
        }
    }));
    world.script.set_verified();
    trace::found(world, &findings[noticed..]);
    findings.retain(|it| world.settings.level(it.kind) != Level::Allow);
    let (warnings, findings) =
        findings.into_iter().partition(|it| world.settings.level(it.kind) == Level::Warn);
    let warnings = world.warn(warnings);
    if !findings.is_empty() {
        world.set_shown(); // beside the findings
    }
    Report::new(moment, findings, warnings, journal, places)
}

/// Handles and documents that nobody closed or freed. Each is told once.
fn what_is_open(world: &mut World, journal: &Journal) -> Vec<Finding> {
    let World { model, documents, leaks_told, pipes, gateway, .. } = world;
    let mut findings = Vec::new();
    for (number, operation) in model.operations.iter() {
        let handle = model.operation_handle(number);
        findings.push((('o', number), report::leaked_operation(handle, &operation.state, journal)));
    }
    for (number, open) in model.handles.iter() {
        let handle = SystemHandle::new(model.serial, number);
        findings.push((('s', number), report::leaked_system(handle, &open.id, journal)));
    }
    for (number, _) in model.process_handles.iter() {
        findings
            .push((('p', number), report::leaked_process(ProcessHandle::new(model.serial, number), journal)));
    }
    for (value, given) in pipes.leaked(&gateway.pipes) {
        let finding = report::leaked_pipe(given.stream.name(), given.process_id, given.entry);
        findings.push((('h', value as u64), finding));
    }
    for document in documents.leaked(gateway.is_there) {
        let finding = report::leaked_document(document.export, &document.text, document.entry);
        findings.push((('d', document.entry), finding));
    }
    findings.retain(|(what, _)| leaks_told.insert(*what));
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// The last clone of a host is gone: what nobody has looked at is printed, and its threads end.
pub(super) fn end(shared: &Arc<Shared>) {
    shared.world.lock().dispatch.muted = if std::thread::panicking() { Muted::All } else { Muted::Handles };
    let report = verify(shared);
    if !report.findings.is_empty() || !report.warnings.is_empty() {
        eprintln!("\n{}", report::for_stderr(report.to_string()));
    }
    let mut world = shared.world.lock();
    world.ended = true;
    world.end_guests();
    world.pipes.leave_orphans(&shared.gateway.pipes);
    let freed: Vec<(usize, usize)> = world.documents.drain().collect();
    shared.announce(&world);
    drop(world);
    shared.work.notify_all();
    for (address, size) in freed {
        (shared.gateway.take_back)(address, size);
    }
}
