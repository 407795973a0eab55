//! Doing what a scenario says, by the means that tests have.
//! Not here: what it can say (`file`).

use std::time::Duration;

use super::Scenario;
use super::file::{EventFile, EventName, HostFile, ProgramFile, ReplyFile, RuleFile, TimedFile, WhenFile};
use super::values::Placed;
use crate::Error;
use crate::document::result_error::{ResultDocument, ResultError};
use crate::event::{self, Event, EventType, MigrationFailure};
use crate::model::lifecycle::nanos;
use crate::model::step::{Due, Say};
use crate::runtime::dispatch;
use crate::runtime::existing::{Existing, ExistingProcess};
use crate::runtime::host::{Builder, Host};
use crate::script::matcher::Matcher;
use crate::script::program::{self, Canned, ProgramMatcher};
use crate::script::rule::{Declared, ReplyKind, Rule, Step};

/// Sets what a file says of the host itself.
pub(super) fn set_up(mut builder: Builder, host: &HostFile) -> Builder {
    if let Some(profile) = host.profile {
        builder = builder.profile(profile);
    }
    builder.edit(|settings| {
        let HostFile { time, completion, call_latency, latency, latency_of, .. } = host;
        let HostFile { poll_step, patience, grace, order, journal_limit, source_lines, behavior, .. } = host;
        settings.time = time.unwrap_or(settings.time);
        settings.completion = completion.unwrap_or(settings.completion);
        settings.call_latency = call_latency.unwrap_or(settings.call_latency);
        settings.latency = latency.or(settings.latency);
        settings.latencies.extend(&latency_of.0);
        settings.poll_step = poll_step.unwrap_or(settings.poll_step);
        settings.patience = patience.unwrap_or(settings.patience);
        settings.grace = grace.unwrap_or(settings.grace);
        settings.order = order.unwrap_or(settings.order);
        settings.journal_limit = journal_limit.unwrap_or(settings.journal_limit);
        settings.source_lines = source_lines.unwrap_or(settings.source_lines);
        behavior.apply(&mut settings.behavior);
    })
}

/// Adds everything else to a host.
pub(super) fn play(host: &Host, scenario: &Scenario) -> Result<(), Error> {
    let file = &scenario.file;
    for named in &file.scenarios {
        let shelf = crate::scenarios::by_name(&named.value.name.0, &named.value.system);
        play(host, &Scenario { name: scenario.place(named.place), ..shelf })?;
    }
    file.saved_states.iter().for_each(|it| host.add_saved_state(it));
    for system in &file.systems {
        let mut existing = Existing::new(&system.id).state(system.state);
        if let Some(configuration) = &system.configuration {
            existing = existing.configuration(&configuration.0);
        }
        host.add_system(existing)?;
    }
    for rule in &file.rules {
        add_rule(host, rule, scenario);
    }
    for program in &file.programs {
        host.canned(program_matcher(program), canned(program));
    }
    for process in &file.processes {
        let mut existing = ExistingProcess::new(&process.system, &process.command_line);
        existing.user = process.user.clone();
        existing.process_id = process.process_id;
        host.add_process(existing)?;
    }
    file.events.iter().for_each(|it| happen_later(host, it));
    file.allow.iter().for_each(|it| host.allow(*it));
    file.level.0.iter().for_each(|(kind, level)| host.level(*kind, *level));
    Ok(())
}

impl Scenario {
    /// Line and column of its text, as messages show them. A scenario of the shelf stands where its name does.
    fn place(&self, (line, column): (usize, usize)) -> std::sync::Arc<str> {
        let mut behind = self.name.rsplitn(3, ':');
        let is_number = |it: Option<&str>| it.is_some_and(|it| it.parse::<usize>().is_ok());
        let is_place = is_number(behind.next()) && is_number(behind.next());
        if self.name.starts_with("scenarios::") || is_place {
            return std::sync::Arc::clone(&self.name);
        }
        format!("{}:{line}:{column}", self.name).into()
    }
}

fn add_rule(host: &Host, rule: &Placed<RuleFile>, scenario: &Scenario) {
    let RuleFile { name, when, expect, optional, then, reply } = &rule.value;
    let mut world = host.shared().world.lock();
    let declared = Declared::File(scenario.place(rule.place));
    let data = Rule {
        name: name.clone(),
        expected: expect.as_ref().map(|it| it.0.clone()),
        optional: *optional,
        ..Rule::new(matcher(when), declared)
    };
    let index = world.script.push(data);
    for reply in std::iter::once(reply).chain(then) {
        let rule = world.script.rule(index);
        rule.push(kind(reply));
        if let Some(step) = rule.last() {
            fill(step, reply);
        }
        if let Some(gate) = &reply.hold_as {
            world.hold(index, Some(gate.clone()));
        }
    }
}

fn matcher(when: &WhenFile) -> Matcher {
    let mut matcher = Matcher::of(&when.call.0);
    matcher.system = when.system.clone();
    matcher.nth = when.nth;
    let values = when.document.iter().map(|(pointer, value)| (pointer.clone(), Some(value.clone())));
    matcher.document = values.chain(when.document_has.iter().map(|it| (it.clone(), None))).collect();
    matcher
}

fn kind(reply: &ReplyFile) -> ReplyKind {
    let fault = reply.fault.as_ref().and_then(super::file::FaultFile::fault);
    match (reply.refuse, reply.fail, fault) {
        (Some(code), ..) => ReplyKind::Refuse(code),
        (_, Some(code), _) => ReplyKind::Fail(code),
        (.., Some(fault)) if fault.is_at_once() => ReplyKind::Refuse(fault.hresult()),
        (.., Some(fault)) => ReplyKind::Fail(fault.hresult()),
        _ if reply.succeed => ReplyKind::Succeed,
        _ if reply.acknowledge => ReplyKind::Acknowledge,
        _ if reply.never_completes => ReplyKind::Never,
        _ => ReplyKind::Simulate,
    }
}

fn fill(step: &mut Step, reply: &ReplyFile) {
    let fault = reply.fault.as_ref().and_then(super::file::FaultFile::fault);
    let error = reply.result_error.as_ref().and_then(|it| serde_json::from_str::<ResultError>(&it.0).ok());
    let document = match (&reply.document, error, fault.filter(|it| !it.is_at_once())) {
        (Some(text), ..) => Some(ResultDocument::from(text.0.as_str())),
        (_, Some(error), _) => Some(error.into()),
        (.., Some(fault)) => Some(ResultDocument::Fault(Box::new(fault))),
        _ => None,
    };
    step.reply.say = match document {
        Some(document) => Say::This(Box::new(document)),
        None if reply.no_document => Say::Nothing,
        None => Say::Usual,
    };
    step.reply.after = reply.after;
    step.limit = reply.times;
    if reply.loses_events || reply.event_after.is_some() || !reply.raising.is_empty() {
        let aside = step.reply.aside.get_or_insert_default();
        aside.loses_events = reply.loses_events;
        aside.event_delay = reply.event_after;
        for raising in &reply.raising {
            let list = if raising.meanwhile { &mut aside.raises_meanwhile } else { &mut aside.raises };
            list.extend(event_of(&raising.event).map(|it| (raising.after, it)));
        }
    }
}

pub(super) fn event_of(file: &EventFile) -> Option<Event> {
    let EventName(name) = file.event.as_ref()?;
    let system = || file.system.clone().unwrap_or_default();
    let process = file.process_id.unwrap_or_default();
    let told = file.event_type.unwrap_or(EventType::SystemExited);
    let event = match name.as_str() {
        "power_off" => event::power_off(system()),
        "reset" => event::reset(system()),
        "guest_crash" => {
            let parameters = file.crash_parameters.as_slice().try_into().unwrap_or_default();
            event::guest_crash(system()).crash_parameters(parameters)
        }
        "triple_fault" => event::triple_fault(system()),
        "worker_death" => match file.exit_code {
            Some(code) => event::worker_death(system()).exit_code(code),
            None => event::worker_death(system()),
        },
        "guest_connection_lost" => event::guest_connection_lost(system()),
        "process_exit" => event::process_exit(system(), process, file.exit_code.unwrap_or_default()),
        "migration_failure" => {
            event::migration_failure(system(), file.failure.unwrap_or(MigrationFailure::MigrationCancelled))
        }
        "service_disconnect" => event::service_disconnect(),
        "service_stop" => event::service_stop(),
        "service_return" => event::service_return(),
        "to_system" => event::to_system(system(), told),
        _ => event::to_process(system(), process, told),
    };
    Some(match &file.data {
        Some(data) if name.starts_with("to_") => event.data(data.0.as_str()),
        _ => event,
    })
}

fn happen_later(host: &Host, timed: &TimedFile) {
    let due = match (event_of(&timed.event), &timed.release) {
        (Some(event), _) => Due::Raise(Box::new(event), None),
        (None, Some(gate)) => Due::Release(gate.clone()),
        (None, None) => return,
    };
    let shared = host.shared();
    let mut world = shared.world.lock();
    if world.replay.is_some() {
        return;
    }
    let at = world.now().saturating_add(nanos(timed.at));
    world.queue.push(at, due);
    dispatch::ensure_worker(shared, &mut world);
}

fn program_matcher(program: &ProgramFile) -> ProgramMatcher {
    let mut matcher = match (&program.command_line, &program.starting_with) {
        (Some(command), _) => program::command_line(command),
        (_, Some(start)) => program::starting_with(start),
        _ => program::any(),
    };
    matcher.application = program.application.clone();
    matcher.user = program.user.clone();
    matcher.working_directory = program.working_directory.clone();
    matcher.system = program.system.clone();
    matcher.environment = program.environment.clone().into_iter().collect();
    matcher
}

fn canned(program: &ProgramFile) -> Canned {
    let exit_code = program.exits_with.or((!program.runs_until_terminated).then_some(0));
    let after: Duration = program.after;
    Canned { stdout: program.prints.0.clone(), stderr: program.complains.0.clone(), after, exit_code }
}
