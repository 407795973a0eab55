//! The way of a call: the script may claim it, the model performs it, the journal writes it down.
//! Not here: decoding and encoding (`abi`), finding the host (`seat`).

use std::sync::Arc;
use std::time::Duration;

use parking_lot::MutexGuard;

use super::clock::Time;
use super::closing::{Caller, closed_by, drain};
use super::dispatch;
use super::documents::Document;
use super::lints::{self, Seen as Turned};
use super::seat::Place;
use super::wait::{Waited, wait_until};
use super::world::{Completion, Noticing, Shared, World};
use super::{files, replay, trace};
use crate::answer::{Answer, Returned};
use crate::call::{Call, Milliseconds};
use crate::document::process::ProcessParameters;
use crate::hresult::*;
use crate::journal::finding::Finding;
use crate::journal::level::Level;
use crate::journal::place::Place as Source;
use crate::journal::{Event, report, text};
use crate::model::Nanos;
use crate::model::ask::{asks_process_info, result_of};
use crate::model::lifecycle::nanos;
use crate::model::registration::Target;
use crate::model::request::Body;
use crate::model::step::{Fault, Performed, Plan};
use crate::panics;
use crate::script::matcher::Seen;
use crate::script::{Claim, Verdict};

/// An answer on its way out, with the address of the document if one is handed out.
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) document: usize,
    /// The handles of standard input, output and error, if process information is handed out.
    pub(crate) std: [usize; 3],
}

/// Performs a call on its host.
pub(crate) fn invoke(place: &Place, call: Call) -> Answered {
    let Place { shared, label } = place;
    let source = shared.place_of_call(); // before the lock
    let _told = trace::call(shared, &call); // dropped after the world's lock
    let mut world = shared.world.lock();
    shared.arrived(source.as_ref());
    world.calls += 1;
    world.threads.called(*label);
    if world.replay.is_some() {
        return replay::answer(shared, &mut world, *label, call, source);
    }
    dispatch::settle(shared, &mut world); // a callback on its way out comes first
    world.catch_up();
    let began = world.now();
    // Other entries may come before this call's own: what is noticed of it meanwhile stands under a number of no entry.
    let provisional = u64::MAX - world.calls;
    let noticing = Noticing { provisional, findings: world.findings.len() };
    let closed = match &call {
        Call::CloseProcess { process } => world
            .model
            .process_behind(*process)
            .and_then(|number| world.model.processes.get(number).map(|it| (number, it.process_id))),
        _ => None,
    };
    let profile = world.model.behavior.profile;
    let is_missing = !profile.has(call.export());
    let claim = if is_missing {
        world.script.has_no(call.export(), provisional);
        None // no rule brings an export back
    } else if world.script.is_empty() {
        None
    } else {
        claim(shared, &mut world, &call, provisional)
    };
    let call_latency = world.settings.call_latency;
    if !call_latency.is_zero() {
        take_time(shared, &mut world, call_latency);
    }
    let plan = claim.as_ref().map_or_else(Plan::default, |it| it.reply.plan());
    let scripted = !matches!(plan, Plan::Simulate(_) | Plan::Never);
    if let Some(target) = closed_by(&call) {
        drain(shared, &mut world, Caller { label: *label, provisional }, target, &call);
    }
    let suspicion = if is_missing { None } else { lints::before(&mut world, &call) };
    let now = world.now();
    let mut performed = if is_missing {
        Performed::faulty(&call, Fault::MissingExport(profile))
    } else {
        match files::perform(&mut world, &call, &plan) {
            Some(performed) => performed,
            None => world.model.perform(&call, plan, now),
        }
    };
    if let Some(open) = performed.answer.system.number().and_then(|it| world.model.handles.get(it)) {
        let id = Arc::clone(&open.id);
        world.log.name_system(performed.answer.system, &id);
    }
    let is_accepted = performed.accepted.is_some();
    if let Some(mut accepted) = performed.accepted.take() {
        if let Body::NewProcess(new) = &mut accepted.request.body {
            let parameters = Arc::clone(&new.parameters);
            let id =
                call.compute_system().and_then(|it| world.log.system_id(it).cloned()).unwrap_or_default();
            (new.program, new.nearest) = choose_program(&mut world, &parameters, &id, Some(provisional));
        }
        let due = world.send_off(accepted, claim.as_ref().map(|it| &it.reply));
        if let Some(at) = due.filter(|_| world.settings.completion == Completion::BeforeReturn) {
            complete_now(&mut world, at);
        }
    } else if let Some(after) = claim.as_ref().and_then(|it| it.reply.after) {
        take_time(shared, &mut world, after);
    }
    if !scripted {
        lints::waits_in_callback(&mut world, *label, &call, &performed.answer, provisional);
        wait_if_asked(shared, &mut world, *label, &call, &mut performed);
    }
    match &call {
        // Closing the last handle may end the system; registering may tell what came before.
        Call::CloseComputeSystem { .. }
        | Call::CreateComputeSystemInNamespace { .. }
        | Call::SetComputeSystemCallback { .. }
        | Call::SetProcessCallback { .. } => {
            note_registration(&mut world, &call, &performed.answer, source.as_ref());
            world.take_in(None);
        }
        Call::CloseProcess { .. } => forget_pipes(&mut world, closed),
        _ => {}
    }
    if let Some(target) = closed_by(&call)
        && !world.places.is_empty()
    {
        world.places.remove(&target);
    }
    // Whoever waits inside the host has to look again: something may be due now, or over.
    shared.announce(&world);
    if world.is_awaited() || world.threads.are_several() {
        world.threads.note_status(*label); // somebody may have to know whether this thread runs or waits
    }
    let entry = world.log.next_number();
    if !is_missing {
        let answer = &performed.answer;
        let turned = Turned { label: *label, call: &call, answer, accepted: is_accepted, began, entry };
        lints::after(&mut world, &turned, suspicion);
    }
    let answered = write_down(shared, &mut world, *label, began, call, performed);
    world.written_down(noticing, entry, source);
    dispatch::settle(shared, &mut world);
    let homeless = if shared.serial == 0 { std::mem::take(&mut world.findings) } else { Vec::new() };
    drop(world);
    homeless.into_iter().for_each(tell);
    answered
}

/// Finds the guest program for a command, or says why there is none. Closures run without the world's lock. `entry`: that of the
/// call that wants it.
pub(super) fn choose_program(
    world: &mut MutexGuard<'_, World>,
    parameters: &ProcessParameters,
    system_id: &str,
    entry: Option<u64>,
) -> (Option<usize>, Option<String>) {
    let mut nearest: Option<(usize, String)> = None;
    for index in 0.. {
        let Some((matcher, _)) = world.guests.provided.get(index) else { break };
        let mut misses = matcher.misses(parameters, system_id, true);
        if misses.is_empty() {
            let (matcher, name) = (matcher.clone(), matcher.to_string());
            let said = MutexGuard::unlocked(world, move || {
                let said = matcher.ask(parameters);
                drop(matcher);
                said
            });
            match said {
                Ok(true) => return (Some(index), None),
                Ok(false) => {}
                Err(panic) => {
                    let finding = report::program_matcher_panicked(&name, &panic.message, panic.at);
                    world.find(finding, entry);
                }
            }
            let Some((matcher, _)) = world.guests.provided.get(index) else { break };
            misses = matcher.misses(parameters, system_id, false);
        }
        if nearest.as_ref().is_none_or(|it| misses.len() < it.0) {
            let name = world.guests.provided.get(index).map(|it| it.0.to_string()).unwrap_or_default();
            nearest = Some((misses.len(), report::no_program(&name, &misses)));
        }
    }
    (None, nearest.map(|it| it.1))
}

/// Remembers where a callback was registered, for a close that waits for it in vain.
fn note_registration(world: &mut World, call: &Call, answer: &Answer, source: Option<&Source>) {
    let target = match call {
        Call::SetComputeSystemCallback { compute_system, .. } => compute_system.number().map(Target::System),
        Call::SetProcessCallback { process, .. } => process.number().map(Target::Process),
        Call::CreateComputeSystemInNamespace { .. } => answer.system.number().map(Target::System),
        _ => None,
    };
    // A backtrace is some kilobytes: a host with more callbacks than this goes without.
    const MOST_PLACES: usize = 1_000;
    if let Some(target) = target
        && world.places.len() < MOST_PLACES
        && world.log.places().are_wanted()
    {
        world.places.insert(target, source.cloned().unwrap_or_else(Source::here));
    }
}

/// Nobody has a handle of the process any more: nobody can ask for its pipes.
fn forget_pipes(world: &mut World, process: Option<(u64, u32)>) {
    if let Some((number, process_id)) = process
        && world.model.processes.get(number).is_none_or(|it| it.handles == 0)
    {
        world.pipes.forget(process_id);
    }
}

/// Lets a request complete before its call returns.
fn complete_now(world: &mut MutexGuard<'_, World>, at: Nanos) {
    if world.clock.mode == Time::Real {
        let rest = world.clock.real_time_until(at);
        MutexGuard::unlocked(world, || std::thread::sleep(rest));
        world.catch_up();
    } else {
        world.pass_time_to(at);
    }
}

/// Finds the rule that applies. Closures run without the world's lock.
fn claim(shared: &Shared, world: &mut MutexGuard<'_, World>, call: &Call, provisional: u64) -> Option<Claim> {
    let system_id = system_id(world, call);
    let now = Duration::from_nanos(world.now());
    let seen = Seen { call, system_id: system_id.as_deref(), now };
    let mut verdicts = Vec::new();
    while let Some((rule, closure)) = world.script.question(&seen, &verdicts) {
        // What the closure holds may be let go of here, and may call HCS then.
        let said = MutexGuard::unlocked(world, move || {
            let said = panics::guarded(|| closure(&seen));
            drop(closure);
            said
        });
        let said = said.unwrap_or_else(|panic| {
            let finding = report::closure_panicked(world.script.rule(rule), &panic.message, panic.at);
            world.find(finding, Some(provisional));
            false
        });
        verdicts.push(Verdict { rule, said });
    }
    let claim = world.script.claim(&seen, &verdicts, provisional);
    shared.announce(world);
    claim
}

/// The id of the system that a call is about: of its handle, of its process, of the request that its operation tracks, or in
/// plain text.
fn system_id(world: &World, call: &Call) -> Option<Arc<str>> {
    let tracked = || {
        let number = world.model.operation_number(call.operation()?).ok()?;
        world.model.operations.get(number)?.tracked().map(|it| it.system)
    };
    if let Some(process) = call.process() {
        let number = world.model.process_behind(process)?;
        return world.model.processes.get(number).map(|it| Arc::clone(&it.system_id));
    }
    match call.id() {
        Some(id) => Some(Arc::from(id)),
        None => world.log.system_id(call.compute_system().or_else(tracked)?).cloned(),
    }
}

/// Lets the call itself take time.
fn take_time(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>, time: Duration) {
    match world.clock.mode {
        Time::Virtual => {
            let until = world.now().saturating_add(nanos(time));
            while world.queue.next_at().is_some_and(|at| at <= until) {
                world.run_next();
                dispatch::settle(shared, world);
            }
            world.clock.move_to(until);
        }
        Time::Manual => {}
        Time::Real => {
            MutexGuard::unlocked(world, || std::thread::sleep(time));
            world.catch_up();
        }
    }
}

/// The waits block here; the polls let time pass.
fn wait_if_asked(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    label: u32,
    call: &Call,
    performed: &mut Performed,
) {
    let returned = performed.answer.returned;
    match call {
        Call::WaitForOperationResult { operation, timeout_ms, .. }
        | Call::WaitForOperationResultAndProcessInfo { operation, timeout_ms, .. }
            if returned == Returned::Hresult(HCS_E_OPERATION_PENDING) =>
        {
            if timeout_ms.0 == 0 {
                performed.answer = Answer::hresult(HCS_E_OPERATION_TIMEOUT);
                return step(shared, world);
            }
            let Some(number) = operation.number() else { return };
            let with_info = asks_process_info(call);
            set_inside(world, number, 1);
            let waited = wait_until(shared, world, label, span(*timeout_ms), |world| {
                let Some(operation) = world.model.operations.get(number) else {
                    return Some(Answer::hresult(E_HANDLE)); // closed under this call
                };
                (!operation.is_pending()).then(|| result_of(operation, with_info))
            });
            set_inside(world, number, -1);
            world.model.outcome_is_known(number);
            let kind = world.model.operations.get(number).and_then(|it| it.tracked()).map(|it| it.kind);
            performed.answer = end_of_wait(world, call, waited, || report::completion_of(*operation, kind));
        }
        Call::WaitForComputeSystemExit { compute_system, timeout_ms, .. }
            if returned == Returned::Hresult(HCS_E_OPERATION_TIMEOUT) =>
        {
            if timeout_ms.0 == 0 {
                return step(shared, world);
            }
            let Some(system) = world.model.system_behind(*compute_system) else { return };
            let Some(handle) = compute_system.number() else { return };
            set_handle_inside(world, handle, 1);
            let waited = wait_until(shared, world, label, span(*timeout_ms), |world| {
                if let Some(document) = world.model.exit_document(system) {
                    return Some(Answer::with_document(S_OK, Some(document)));
                }
                if world.model.handles.get(handle).is_none() {
                    return Some(Answer::hresult(E_HANDLE));
                }
                world.model.is_stale_handle(handle).then(|| Answer::hresult(HCS_E_SERVICE_DISCONNECT))
            });
            set_handle_inside(world, handle, -1);
            let id = world.log.system_id(*compute_system).cloned().unwrap_or_default();
            performed.answer = end_of_wait(world, call, waited, || report::exit_of_system(&id));
        }
        Call::WaitForProcessExit { process, timeout_ms, .. }
            if returned == Returned::Hresult(HCS_E_OPERATION_TIMEOUT) =>
        {
            if timeout_ms.0 == 0 {
                return step(shared, world);
            }
            let Some(number) = world.model.process_behind(*process) else { return };
            let Some(handle) = process.number() else { return };
            set_process_inside(world, handle, 1);
            let waited = wait_until(shared, world, label, span(*timeout_ms), |world| {
                if let Some(document) = world.model.process_exit_document(number) {
                    return Some(Answer::with_document(S_OK, Some(document)));
                }
                if world.model.process_handles.get(handle).is_none() {
                    return Some(Answer::hresult(E_HANDLE));
                }
                world.model.is_stale_process(handle).then(|| Answer::hresult(HCS_E_SERVICE_DISCONNECT))
            });
            set_process_inside(world, handle, -1);
            let pid = world.model.processes.get(number).map_or(0, |it| it.process_id);
            let state = match &waited {
                Waited::Stuck(_) => world.state_of_program(pid),
                _ => None,
            };
            performed.answer =
                end_of_wait(world, call, waited, || report::exit_of_process(pid, state.as_deref()));
        }
        Call::GetOperationResult { .. } | Call::GetOperationResultAndProcessInfo { .. }
            if returned == Returned::Hresult(HCS_E_OPERATION_PENDING) =>
        {
            step(shared, world);
        }
        _ => {}
    }
}

fn end_of_wait(
    world: &mut MutexGuard<'_, World>,
    call: &Call,
    waited: Waited<Answer>,
    waits_for: impl FnOnce() -> String,
) -> Answer {
    match waited {
        Waited::Ready(answer) => answer,
        Waited::TimedOut => Answer::hresult(HCS_E_OPERATION_TIMEOUT),
        Waited::Stuck(why) => {
            let mut shown = String::new();
            let id = call.compute_system().and_then(|it| world.log.system_id(it)).cloned();
            let _ = text::write_call(call, id.as_deref(), &mut shown);
            let entry = world.log.next_number();
            world.find(report::stuck_wait(&shown, waits_for(), &why), Some(entry));
            Answer::hresult(HCS_E_OPERATION_TIMEOUT)
        }
    }
}

/// A poll of something pending lets a little time pass, so that loops of polls end. (fidelity: `poll`)
fn step(shared: &Arc<Shared>, world: &mut MutexGuard<'_, World>) {
    if world.clock.mode == Time::Virtual {
        let time = world.settings.poll_step;
        take_time(shared, world, time);
        shared.announce(world);
    }
}

fn span(timeout: Milliseconds) -> Option<Nanos> {
    (timeout != Milliseconds::INFINITE).then(|| u64::from(timeout.0) * 1_000_000)
}

fn set_inside(world: &mut World, number: u64, change: i32) {
    if let Some(operation) = world.model.operations.get_mut(number) {
        operation.inside = operation.inside.saturating_add_signed(change);
    }
}

fn set_handle_inside(world: &mut World, number: u64, change: i32) {
    if let Some(open) = world.model.handles.get_mut(number) {
        open.inside = open.inside.saturating_add_signed(change);
    }
}

fn set_process_inside(world: &mut World, number: u64, change: i32) {
    if let Some(open) = world.model.process_handles.get_mut(number) {
        open.inside = open.inside.saturating_add_signed(change);
    }
}

/// Writes the call into the journal and hands out its document.
pub(super) fn write_down(
    shared: &Shared,
    world: &mut World,
    label: u32,
    began: Nanos,
    call: Call,
    performed: Performed,
) -> Answered {
    let Performed { mut answer, fault, note, .. } = performed;
    let entry = world.log.next_number();
    if let Some(fault) = fault {
        world.find(report::fault(&call, fault), Some(entry));
    }
    let mut address = 0;
    if !wants_document(&call) {
        answer.document = None;
    } else if let Some(text) = &answer.document {
        let (at, size) = (shared.gateway.publish)(text);
        if at == 0 {
            answer = Answer::hresult(HCS_E_OPERATION_RESULT_ALLOCATION_FAILED);
        } else {
            let document = Document { size, export: call.export(), entry, text: Arc::clone(text) };
            world.documents.handed_out(at, document);
            address = at;
        }
    }
    let mut std = [0; 3];
    match answer.process_info {
        Some(info) if wants_process_info(&call) => {
            std = world.pipes.hand_out(&shared.gateway.pipes, &info, entry);
        }
        _ => answer.process_info = None,
    }
    let now = world.now();
    let note = note.map(Arc::from);
    // The caller gets the document's copy; its text stays with the journal.
    let kept = Answer {
        returned: answer.returned,
        system: answer.system,
        process: answer.process,
        process_info: answer.process_info,
        document: None,
    };
    world.note(began, now, label, Event::Called { call, answer, note });
    Answered { answer: kept, document: address, std }
}

/// Whether the caller has passed a pointer for process information.
fn wants_process_info(call: &Call) -> bool {
    match call {
        Call::GetOperationResultAndProcessInfo { process_information, .. }
        | Call::WaitForOperationResultAndProcessInfo { process_information, .. } => process_information.0,
        _ => false,
    }
}

/// Whether the caller has passed a pointer for the document.
pub(super) fn wants_document(call: &Call) -> bool {
    match call {
        Call::GetOperationResult { result_document, .. }
        | Call::GetOperationResultAndProcessInfo { result_document, .. }
        | Call::WaitForOperationResult { result_document, .. }
        | Call::WaitForOperationResultAndProcessInfo { result_document, .. }
        | Call::GetOperationProperties { result_document, .. } => result_document.0,
        Call::WaitForComputeSystemExit { result, .. }
        | Call::WaitForProcessExit { result, .. }
        | Call::ModifyServiceSettings { result, .. } => result.0,
        Call::GetServiceProperties { result, .. } => result.0,
        Call::GetProcessorCompatibilityFromSavedState { processor_features, .. } => processor_features.0,
        _ => false,
    }
}

/// A call for which no host can be told.
pub(crate) fn nowhere(call: &Call, alive: usize) -> Answer {
    tell(report::ambiguous_host(call.export(), alive));
    crate::model::step::refusal_of(call, HCS_E_SERVICE_NOT_AVAILABLE)
}

/// A finding that belongs to no test's host: the default host keeps it, and stderr says it at once.
fn tell(finding: Finding) {
    let is_denied = finding.kind.default_level() == Level::Deny;
    let host = super::registry::default_host();
    let shared = host.shared();
    let finding = shared.world.lock().find_here(finding);
    trace::flush(shared);
    if is_denied {
        eprintln!("{}", report::at_once(&finding)); // without the lock: lines are looked up
    }
}
