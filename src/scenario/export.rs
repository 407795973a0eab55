//! What a host was told, as the records of a file.
//! Not here: the way back (`play`).

use super::behavior::BehaviorFile;
use super::file::*;
use super::values::{ByName, Bytes, Calls, Count, Placed, Verbatim};
use crate::document::result_error::ResultDocument;
use crate::event::{Event, Kind, Subject};
use crate::faults::Fault;
use crate::journal::level::Level;
use crate::model::behavior::Behavior;
use crate::model::step::{Due, Say};
use crate::runtime::existing::MINIMAL;
use crate::runtime::host::Host;
use crate::runtime::world::{Settings, World};
use crate::script::program::{Canned, Command, Program, ProgramMatcher};
use crate::script::rule::{ReplyKind, Rule, Step};

/// The file; what it cannot hold is named in `closures`.
pub(super) fn file_of(host: &Host, closures: &mut Vec<String>) -> File {
    let world = host.shared().world.lock();
    let declared = &world.declared;
    let levels = || world.settings.levels.iter().map(|(kind, level)| (*kind, *level));
    File {
        description: None,
        host: host_of(&world.settings),
        scenarios: Vec::new(),
        saved_states: declared.saved_states.clone(),
        systems: declared
            .systems
            .iter()
            .map(|it| SystemFile {
                id: it.id.clone(),
                configuration: (&*it.configuration != MINIMAL)
                    .then(|| Verbatim(it.configuration.to_string())),
                state: it.state,
            })
            .collect(),
        rules: world
            .script
            .rules()
            .iter()
            .map(|it| Placed { value: rule_of(it, &world, closures), place: (0, 0) })
            .collect(),
        programs: world.guests.provided.iter().filter_map(|it| program_of(&it.0, &it.1, closures)).collect(),
        processes: declared
            .processes
            .iter()
            .map(|it| ProcessFile {
                system: it.system.clone(),
                command_line: it.command_line.clone(),
                user: it.user.clone(),
                process_id: it.process_id,
            })
            .collect(),
        events: events_of(&world),
        allow: levels().filter(|it| it.1 == Level::Allow).map(|it| it.0).collect(),
        level: ByName(levels().filter(|it| it.1 != Level::Allow && it.1 != it.0.default_level()).collect()),
    }
}

fn host_of(settings: &Settings) -> HostFile {
    fn unusual<T: PartialEq + Copy>(value: T, usual: T) -> Option<T> {
        (value != usual).then_some(value)
    }
    let usual = Settings::default();
    let mut usual_behavior = Behavior::default();
    usual_behavior.be(settings.behavior.profile);
    HostFile {
        profile: unusual(settings.behavior.profile, usual.behavior.profile),
        time: unusual(settings.time, usual.time),
        completion: unusual(settings.completion, usual.completion),
        call_latency: unusual(settings.call_latency, usual.call_latency),
        latency: settings.latency,
        latency_of: ByName(settings.latencies.clone()),
        poll_step: unusual(settings.poll_step, usual.poll_step),
        patience: unusual(settings.patience, usual.patience),
        grace: unusual(settings.grace, usual.grace),
        order: unusual(settings.order, usual.order),
        journal_limit: unusual(settings.journal_limit, usual.journal_limit),
        source_lines: unusual(settings.source_lines, usual.source_lines),
        behavior: BehaviorFile::beyond(&settings.behavior, &usual_behavior),
    }
}

fn rule_of(rule: &Rule, world: &World, closures: &mut Vec<String>) -> RuleFile {
    let matcher = &rule.matcher;
    if matcher.closure().is_some() {
        closures.push(format!("the closure of the rule declared at {}", rule.declared));
    }
    let mut replies = rule.steps.iter().enumerate().map(|(index, step)| {
        // A reply that another one follows applies once unless it says so.
        let is_followed = index + 1 < rule.steps.len();
        let times = step.limit.filter(|it| !(is_followed && *it == 1));
        ReplyFile { times, ..reply_of(step, world) }
    });
    RuleFile {
        name: rule.name.clone(),
        when: WhenFile {
            call: Calls(matcher.exports.clone()),
            system: matcher.system.clone(),
            nth: matcher.nth,
            document: matcher.document.iter().filter_map(|it| Some((it.0.clone(), it.1.clone()?))).collect(),
            document_has: matcher
                .document
                .iter()
                .filter(|it| it.1.is_none())
                .map(|it| it.0.clone())
                .collect(),
        },
        expect: rule.expected.clone().map(Count),
        optional: rule.optional,
        reply: replies.next().unwrap_or_default(),
        then: replies.collect(),
    }
}

fn reply_of(step: &Step, world: &World) -> ReplyFile {
    let mut file = ReplyFile { after: step.reply.after, ..ReplyFile::default() };
    match &step.reply.say {
        Say::Usual => {}
        Say::Nothing => file.no_document = true,
        Say::This(document) => match &**document {
            ResultDocument::Error(error) => file.result_error = Some(Verbatim(error.as_set())),
            ResultDocument::Text(text) => file.document = Some(Verbatim(text.to_string())),
            ResultDocument::Fault(fault) => file.fault = Some(fault_of(fault)),
        },
    }
    match step.reply.kind {
        _ if file.fault.is_some() => {}
        ReplyKind::Simulate => file.simulate = true,
        ReplyKind::Refuse(code) => file.refuse = Some(code),
        ReplyKind::Succeed => file.succeed = true,
        ReplyKind::Acknowledge => file.acknowledge = true,
        ReplyKind::Fail(code) => file.fail = Some(code),
        ReplyKind::Never => file.never_completes = true,
    }
    if let Some(gate) = step.reply.gate {
        let name = world.gates.get(&gate).and_then(|it| it.name.clone());
        file.hold_as = Some(name.unwrap_or_else(|| format!("gate {gate}")));
    }
    if let Some(aside) = &step.reply.aside {
        file.loses_events = aside.loses_events;
        file.event_after = aside.event_delay;
        let meanwhile = aside.raises_meanwhile.iter().map(|it| (true, it));
        file.raising = meanwhile
            .chain(aside.raises.iter().map(|it| (false, it)))
            .map(|(meanwhile, (after, event))| RaisingFile {
                after: *after,
                meanwhile,
                event: event_file(event),
            })
            .collect();
    }
    file
}

fn fault_of(fault: &Fault) -> FaultFile {
    let argument = fault.argument();
    let named = |name: &str| argument.filter(|it| it.0 == name).map(|it| it.1.to_owned());
    FaultFile {
        name: fault.name().to_owned(),
        path: named("path"),
        megabytes: named("megabytes").and_then(|it| it.parse().ok()),
        code: fault.has_own_code().then(|| fault.hresult()),
        message: fault.own_message().map(str::to_owned),
        controller: fault.own_controller().map(str::to_owned),
        at_once: fault.is_at_once(),
    }
}

fn events_of(world: &World) -> Vec<TimedFile> {
    let now = world.now();
    let to_come = world.queue.iter().filter_map(|(at, due)| {
        let at = std::time::Duration::from_nanos(at.saturating_sub(now));
        match due {
            Due::Raise(event, _) => Some(TimedFile { at, release: None, event: event_file(event) }),
            Due::Release(gate) => {
                Some(TimedFile { at, release: Some(gate.clone()), event: EventFile::default() })
            }
            _ => None,
        }
    });
    to_come.collect()
}

fn event_file(event: &Event) -> EventFile {
    let mut file = EventFile::default();
    let is_of_process = matches!(event.subject, Subject::Process(..));
    match &event.subject {
        Subject::System(id) => file.system = Some(id.to_string()),
        Subject::Process(id, process_id) => {
            file.system = Some(id.to_string());
            file.process_id = Some(*process_id);
        }
        Subject::Service => {}
    }
    let name = match &event.kind {
        Kind::PowerOff => "power_off",
        Kind::Reset => "reset",
        Kind::GuestCrash(parameters) => {
            file.crash_parameters = if *parameters == [0; 5] { Vec::new() } else { parameters.to_vec() };
            "guest_crash"
        }
        Kind::TripleFault(_) => "triple_fault",
        Kind::WorkerDeath(code) => {
            file.exit_code = (*code != 255).then_some(*code);
            "worker_death"
        }
        Kind::ConnectionLost => "guest_connection_lost",
        Kind::ProcessExit(code) => {
            file.exit_code = Some(*code);
            "process_exit"
        }
        Kind::MigrationFailure(failure) => {
            file.failure = Some(*failure);
            "migration_failure"
        }
        Kind::Disconnect => "service_disconnect",
        Kind::Stop => "service_stop",
        Kind::Return => "service_return",
        Kind::Told(told, data) => {
            file.event_type = Some(*told);
            file.data = data.as_ref().map(|it| Verbatim(it.plain_text()));
            if is_of_process { "to_process" } else { "to_system" }
        }
    };
    file.event = Some(EventName(name.to_owned()));
    file
}

fn program_of(
    matcher: &ProgramMatcher,
    program: &Program,
    closures: &mut Vec<String>,
) -> Option<ProgramFile> {
    let Program::Canned(Canned { stdout, stderr, after, exit_code }) = program else {
        closures.push(format!("the closure that is the program for {matcher}"));
        return None;
    };
    if matcher.has_closure() {
        closures.push(format!("the closure of the program for {matcher}"));
    }
    let (command_line, starting_with) = match &matcher.command {
        Command::Any => (None, None),
        Command::Is(text) => (Some(text.clone()), None),
        Command::StartsWith(text) => (None, Some(text.clone())),
    };
    Some(ProgramFile {
        command_line,
        starting_with,
        application: matcher.application.clone(),
        user: matcher.user.clone(),
        working_directory: matcher.working_directory.clone(),
        environment: matcher.environment.iter().cloned().collect(),
        system: matcher.system.clone(),
        prints: Bytes(stdout.clone()),
        complains: Bytes(stderr.clone()),
        after: *after,
        exits_with: exit_code.filter(|it| *it != 0),
        runs_until_terminated: exit_code.is_none(),
    })
}
