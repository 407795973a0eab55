//! Lints: legal but fragile use, noticed on the way of a call.
//! Not here: their sentences (`journal::report::lints`), polls in a loop (`polls`), what fails a test (`scope`).

use std::collections::BTreeMap;

use super::call::wants_document;
use super::left::{Tracked, close_of_process, close_of_system, has_ended, is_ended_on_purpose, unread};
use super::polls::Polls;
use super::world::World;
use crate::answer::{Answer, Returned};
use crate::call::{Call, Delivery, Milliseconds, OperationType, Pointer, Text};
use crate::event::EventType;
use crate::handle::{OperationHandle, SystemHandle};
use crate::hresult::*;
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::level::Level;
use crate::journal::report::lints as sentences;
use crate::journal::text;
use crate::model::Nanos;
use crate::model::attention::Attention;
use crate::model::host::{GENERIC_ALL, Host};
use crate::model::operation::State;
use crate::model::registration::Target;
use crate::model::system::PendingUse;

/// How many lints of a kind are kept for one verification: a loop makes the same mistake again and again.
const MOST_OF_A_KIND: u32 = 20;

/// How many operations may have been left before it is known what became of their requests.
const MOST_SUSPECTS: usize = 1_000;

#[derive(Default)]
pub(crate) struct Lints {
    suspects: Vec<Suspect>,
    /// How many there were of each kind since the last verification.
    counts: BTreeMap<FindingKind, u32>,
    /// What verifications have found that only warns.
    warned: Vec<Finding>,
    /// How many of these were shown.
    shown: usize,
    pub(super) polls: Polls,
}

/// An operation that was left before its request was over: it depends on what follows whether that is wrong.
pub(super) struct Suspect {
    finding: Finding,
    tracked: Tracked,
}

/// What is wrong with a call, if it comes to pass.
pub(super) enum Suspicion {
    Certain(Finding),
    Open(Suspect),
    /// There are enough of this kind.
    OneMore(FindingKind),
}

/// Looks at a call before it is performed: afterwards what it closes, or uses again, is gone.
#[inline]
pub(super) fn before(world: &mut World, call: &Call) -> Option<Box<Suspicion>> {
    match call {
        Call::CloseOperation { operation } => unread(world, *operation, true),
        Call::CloseComputeSystem { compute_system } => close_of_system(world, *compute_system),
        Call::CloseProcess { process } => close_of_process(world, *process),
        Call::OpenComputeSystem { id, requested_access, .. }
        | Call::OpenComputeSystemInNamespace { id, requested_access, .. }
            if *requested_access != GENERIC_ALL =>
        {
            let id = id.0.as_str().unwrap_or_default();
            let finding = || sentences::opened_without_generic_all(call.export(), id, *requested_access);
            Some(world.lints.certain(FindingKind::OpenedWithoutGenericAll, finding))
        }
        _ if call.export().info().delivery == Delivery::ThroughOperation => {
            unread(world, call.operation()?, false)
        }
        _ => None,
    }
}

/// Whether a call is about to wait without end inside of a callback; that is told at once, for it may last.
pub(super) fn waits_in_callback(
    world: &mut World,
    label: u32,
    call: &Call,
    answer: &Answer,
    entry: u64,
) -> bool {
    let has_to_wait = matches!(
        answer.returned,
        Returned::Hresult(HCS_E_OPERATION_PENDING | HCS_E_OPERATION_TIMEOUT) // of a result, of an exit
    );
    if timeout_of(call) != Some(Milliseconds::INFINITE) || !has_to_wait {
        return false;
    }
    if !world.dispatch.is_in_callback(label) {
        return false;
    }
    let mut shown = String::new();
    let id = call.compute_system().and_then(|it| world.log.system_id(it)).cloned();
    let _ = text::write_call(call, id.as_deref(), &mut shown);
    world.lint(FindingKind::InfiniteWaitInCallback, Some(entry), || sentences::infinite_wait(&shown));
    true
}

/// A call as it turned out.
pub(super) struct Seen<'a> {
    pub(super) label: u32,
    pub(super) call: &'a Call,
    pub(super) answer: &'a Answer,
    /// It was accepted, and answers through its operation.
    pub(super) accepted: bool,
    pub(super) began: Nanos,
    pub(super) entry: u64,
}

/// Looks at a call after it was performed.
pub(super) fn after(world: &mut World, seen: &Seen<'_>, suspicion: Option<Box<Suspicion>>) {
    let Seen { call, answer, accepted, entry, .. } = *seen;
    if let Some(suspicion) = suspicion
        && (accepted || call.export().info().delivery != Delivery::ThroughOperation)
    {
        world.suspect(*suspicion, entry);
    }
    let succeeded = answer.returned == Returned::Hresult(S_OK);
    match call {
        Call::GetOperationResult { .. }
        | Call::GetOperationResultAndProcessInfo { .. }
        | Call::WaitForOperationResult { .. }
        | Call::WaitForOperationResultAndProcessInfo { .. } => heed_result(world, call, answer),
        Call::GetOperationProperties { operation, .. } if succeeded => {
            heed_operation(world, *operation, |it| it.fetched = true);
        }
        Call::CancelOperation { operation } if succeeded => {
            heed_operation(world, *operation, |it| it.excused = true);
        }
        Call::WaitForComputeSystemExit { compute_system, .. } if succeeded => {
            if let Some(number) = world.model.system_behind(*compute_system) {
                world.system_end_is_known(number);
            }
        }
        Call::WaitForProcessExit { process, .. } if succeeded => {
            if let Some(number) = world.model.process_behind(*process) {
                world.process_end_is_known(number);
            }
        }
        Call::TerminateComputeSystem { compute_system, operation, .. }
        | Call::ShutDownComputeSystem { compute_system, operation, .. }
            if accepted =>
        {
            let requested = pending_use(&world.model, *operation);
            let number = world.model.system_behind(*compute_system).unwrap_or_default();
            if let Some(system) = world.model.systems.get_mut(number) {
                system.ending.requested = requested;
            }
        }
        Call::TerminateProcess { process, operation, .. } if accepted => {
            let requested = pending_use(&world.model, *operation);
            let number = world.model.process_behind(*process).unwrap_or_default();
            if let Some(process) = world.model.processes.get_mut(number) {
                process.ending.requested = requested;
            }
        }
        Call::CancelLiveMigration { compute_system, .. } if accepted => cancelled(world, *compute_system),
        _ => {}
    }
    if let Some((parameter, passed)) = not_null(call) {
        world.lint(FindingKind::OptionsNotNull, Some(entry), || {
            sentences::options_not_null(call.export(), parameter, passed)
        });
    }
    world.notice_polls(seen);
}

/// What is passed where the documentation wants NULL, and its text, if it is one. An empty text is none: Microsoft's own client passes one.
fn not_null(call: &Call) -> Option<(&'static str, Option<&str>)> {
    match call {
        Call::ResumeComputeSystem { options: Text::Is(text), .. }
        | Call::TerminateComputeSystem { options: Text::Is(text), .. }
        | Call::TerminateProcess { options: Text::Is(text), .. }
            if !text.is_empty() =>
        {
            Some(("options", Some(text)))
        }
        Call::CreateComputeSystem { security_descriptor: Pointer(1..), .. }
        | Call::CreateProcess { security_descriptor: Pointer(1..), .. } => {
            Some(("a security descriptor", None))
        }
        _ => None,
    }
}

/// The timeout of the calls that wait.
pub(super) fn timeout_of(call: &Call) -> Option<Milliseconds> {
    match call {
        Call::WaitForOperationResult { timeout_ms, .. }
        | Call::WaitForOperationResultAndProcessInfo { timeout_ms, .. }
        | Call::WaitForComputeSystemExit { timeout_ms, .. }
        | Call::WaitForProcessExit { timeout_ms, .. } => Some(*timeout_ms),
        _ => None,
    }
}

/// A get or a wait has answered.
fn heed_result(world: &mut World, call: &Call, answer: &Answer) {
    let Returned::Hresult(code) = answer.returned else { return };
    let Some(number) = call.operation().and_then(|it| it.number()) else { return };
    let Some(operation) = world.model.operations.get_mut(number) else { return };
    let attention = &mut operation.attention;
    match &operation.state {
        State::Completed(tracked, outcome) if outcome.hresult == code => {
            attention.fetched = true;
            attention.document |= wants_document(call);
            // The properties of a system that has ended say so.
            if tracked.kind == OperationType::GetProperties {
                let number = tracked.system_number;
                if world.model.systems.get(number).is_some_and(|it| it.exit.is_some()) {
                    world.system_end_is_known(number);
                }
            }
        }
        _ if code == HCS_E_OPERATION_TIMEOUT => match timeout_of(call) {
            Some(Milliseconds(0)) => {}                               // a poll
            Some(Milliseconds::INFINITE) => attention.excused = true, // a stuck wait is a finding already
            _ => attention.timed_out = true,
        },
        _ => {}
    }
}

fn heed_operation(world: &mut World, handle: OperationHandle, note: impl FnOnce(&mut Attention)) {
    if let Ok(number) = world.model.operation_number(handle)
        && let Some(operation) = world.model.operations.get_mut(number)
    {
        note(&mut operation.attention);
    }
}

fn pending_use(model: &Host, operation: OperationHandle) -> Option<PendingUse> {
    let number = model.operation_number(operation).ok()?;
    model.operations.get(number)?.tracked().map(|it| PendingUse { operation: number, id: it.id })
}

/// A migration that is cancelled is over, for whoever waits for a step of it.
fn cancelled(world: &mut World, handle: SystemHandle) {
    let system = world.model.system_behind(handle).unwrap_or_default();
    let is_of_it = |kind, number| kind == OperationType::LiveMigration && number == system;
    let numbers = world.model.operations.iter().filter(|(_, it)| {
        it.is_pending() && it.tracked().is_some_and(|it| is_of_it(it.kind, it.system_number))
    });
    for number in numbers.map(|it| it.0).collect::<Vec<_>>() {
        if let Some(operation) = world.model.operations.get_mut(number) {
            operation.attention.excused |= operation.attention.timed_out;
        }
    }
    world.lints.suspects.retain(|it| !is_of_it(it.tracked.kind, it.tracked.system));
}

impl Lints {
    pub(super) fn certain(&self, kind: FindingKind, finding: impl FnOnce() -> Finding) -> Box<Suspicion> {
        let is_full = self.counts.get(&kind).is_some_and(|it| *it >= MOST_OF_A_KIND);
        Box::new(if is_full { Suspicion::OneMore(kind) } else { Suspicion::Certain(finding()) })
    }

    pub(super) fn open(&self, tracked: Tracked, finding: Finding) -> Box<Suspicion> {
        if self.suspects.len() >= MOST_SUSPECTS {
            return Box::new(Suspicion::OneMore(finding.kind));
        }
        Box::new(Suspicion::Open(Suspect { finding, tracked }))
    }
}

impl World {
    /// Keeps a lint, unless there are enough of its kind.
    pub(super) fn lint(&mut self, kind: FindingKind, entry: Option<u64>, finding: impl FnOnce() -> Finding) {
        let count = self.lints.counts.entry(kind).or_default();
        *count += 1;
        if *count <= MOST_OF_A_KIND {
            self.find(finding(), entry);
        }
    }

    fn suspect(&mut self, suspicion: Suspicion, entry: u64) {
        match suspicion {
            Suspicion::Certain(finding) => self.lint(finding.kind, Some(entry), || finding),
            Suspicion::Open(mut suspect) => {
                suspect.finding.entry = Some(entry);
                self.lints.suspects.push(suspect);
            }
            Suspicion::OneMore(kind) => *self.lints.counts.entry(kind).or_default() += 1,
        }
    }

    /// A callback is told something.
    pub(super) fn heed_told(&mut self, target: Target, event: Option<EventType>, of: Option<(u64, u64)>) {
        match (event, target) {
            (None | Some(EventType::OperationCallback), _) => {
                if let Some((number, id)) = of
                    && let Some(operation) = self.model.operations.get_mut(number)
                    && operation.tracked().is_some_and(|it| it.id == id)
                {
                    operation.attention.told = true;
                    operation.attention.document |= event.is_some(); // an event brings it along
                }
            }
            (Some(EventType::SystemExited), Target::System(handle)) => {
                if let Some(number) = self.model.handles.get(handle).map(|it| it.system) {
                    self.system_end_is_known(number);
                }
            }
            (Some(EventType::ProcessExited), Target::Process(handle)) => {
                if let Some(number) = self.model.process_handles.get(handle).map(|it| it.process) {
                    self.process_end_is_known(number);
                }
            }
            _ => {}
        }
    }

    fn system_end_is_known(&mut self, number: u64) {
        if let Some(system) = self.model.systems.get_mut(number) {
            system.ending.known = true;
        }
        self.lints.suspects.retain(|it| it.tracked.system != number);
    }

    fn process_end_is_known(&mut self, number: u64) {
        if let Some(process) = self.model.processes.get_mut(number) {
            process.ending.known = true;
        }
        self.lints.suspects.retain(|it| it.tracked.process != number);
    }

    /// Everything has happened: which of the operations that were left were left alone?
    pub(super) fn judge_suspects(&mut self) {
        for Suspect { mut finding, tracked } in std::mem::take(&mut self.lints.suspects) {
            if let Some(place) = finding.entry.and_then(|it| self.log.places().of(it)) {
                finding.sources.noticed_at("called at", Some(place));
            }
            let is_over = has_ended(&self.model, tracked) || is_ended_on_purpose(&self.model, tracked);
            if finding.kind != FindingKind::TimeoutAbandoned || !is_over {
                self.lint(finding.kind, finding.entry, || finding);
            }
        }
        for (kind, count) in std::mem::take(&mut self.lints.counts) {
            let Some(more) = count.checked_sub(MOST_OF_A_KIND).filter(|it| *it > 0) else { continue };
            if let Some(last) = self.findings.iter_mut().rev().find(|it| it.kind == kind) {
                last.facts.push(sentences::and_more(more));
            }
        }
    }

    /// Keeps what only warns, and answers what of it was not shown yet.
    pub(super) fn warn(&mut self, warnings: Vec<Finding>) -> Vec<Finding> {
        self.lints.warned.extend(warnings);
        self.lints.warned[self.lints.shown..].to_vec()
    }

    /// The warnings have been shown.
    pub(super) fn set_shown(&mut self) {
        self.lints.shown = self.lints.warned.len();
    }

    pub(super) fn warnings(&self) -> Vec<Finding> {
        let found = self.findings.iter().filter(|it| self.settings.level(it.kind) == Level::Warn);
        self.lints.warned.iter().chain(found).cloned().map(|it| self.so_far(it)).collect()
    }
}
