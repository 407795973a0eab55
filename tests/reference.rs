//! The whole host against a small reference: random requests that overlap in time, on a few systems and operations.
//! Not here: the documents, and anything that a wrong handle brings about (`bad_input`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host, Hresult};
use proptest::prelude::*;
use support::*;

const CONFIGURATION: &str =
    r#"{"SchemaVersion":{"Major":2,"Minor":5},"VirtualMachine":{"Services":{"Shutdown":{}}}}"#;
const SYSTEMS: usize = 3;
const OPERATIONS: usize = 4;
/// Every operation takes this long.
const LATENCY: u64 = 10;
/// A guest takes this long to shut down.
const SHUTDOWN: u64 = 25;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ask {
    Create,
    Start,
    ShutDown,
    Terminate,
    Pause,
    Resume,
    Save,
    Template,
    Properties,
}

#[derive(Clone, Debug)]
enum Step {
    Ask { ask: Ask, system: usize, operation: usize },
    Advance(u64),
    Fetch(usize),
    Wait { operation: usize, milliseconds: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Absent,
    Creating,
    Created,
    Running,
    Paused,
    Template,
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Idle,
    Pending { id: u64 },
    Done(Hresult),
}

/// Something due: when, in which order, what.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: u64,
    id: u64,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Finish { ask: Ask, system: usize, operation: usize },
    GuestOff { system: usize },
}

struct Reference {
    now: u64,
    next: u64,
    systems: [State; SYSTEMS],
    /// When the create of each completes.
    ready: [u64; SYSTEMS],
    shutting_down: [bool; SYSTEMS],
    operations: [Operation; OPERATIONS],
    due: Vec<Due>,
}

impl Reference {
    fn new() -> Reference {
        Reference {
            now: 0,
            next: 0,
            systems: [State::Absent; SYSTEMS],
            ready: [0; SYSTEMS],
            shutting_down: [false; SYSTEMS],
            operations: [Operation::Idle; OPERATIONS],
            due: Vec::new(),
        }
    }

    /// What the call answers.
    fn ask(&mut self, ask: Ask, system: usize, operation: usize) -> Hresult {
        if matches!(self.operations[operation], Operation::Pending { .. }) {
            return HCS_E_OPERATION_ALREADY_STARTED;
        }
        let id = self.next;
        let at = self.now.max(self.ready[system]) + LATENCY;
        if ask == Ask::Create {
            self.systems[system] = State::Creating;
            self.ready[system] = at;
        }
        self.next += 1;
        self.operations[operation] = Operation::Pending { id };
        self.due.push(Due { at, id, what: What::Finish { ask, system, operation } });
        S_OK
    }

    fn pass_to(&mut self, until: u64) {
        while let Some(next) = self.next_due().filter(|it| it.at <= until) {
            self.happen(next);
        }
        self.now = self.now.max(until);
    }

    fn next_due(&self) -> Option<Due> {
        self.due.iter().copied().min_by_key(|it| (it.at, it.id))
    }

    fn happen(&mut self, due: Due) {
        self.due.retain(|it| it.id != due.id);
        self.now = due.at;
        match due.what {
            What::GuestOff { system } => self.exit(system, false),
            What::Finish { ask, system, operation } => {
                if self.operations[operation] != (Operation::Pending { id: due.id }) {
                    return; // an exit has ended it
                }
                let code = self.finish(ask, system);
                self.operations[operation] = Operation::Done(code);
                if ask == Ask::Terminate && code == S_OK {
                    self.exit(system, true);
                }
            }
        }
    }

    fn finish(&mut self, ask: Ask, system: usize) -> Hresult {
        let state = self.systems[system];
        let next = match (ask, state) {
            (Ask::Properties, _) => state,
            (Ask::Create, _) => State::Created,
            (_, State::Stopped) => return HCS_E_SYSTEM_ALREADY_STOPPED,
            (Ask::Start, State::Created) => State::Running,
            (Ask::Terminate, _) => state,
            (Ask::ShutDown, State::Running) if self.shutting_down[system] => {
                return HCS_E_SYSTEM_ALREADY_STOPPED;
            }
            (Ask::ShutDown, State::Running) => {
                self.shutting_down[system] = true;
                self.due.push(Due {
                    at: self.now + SHUTDOWN,
                    id: self.next,
                    what: What::GuestOff { system },
                });
                self.next += 1;
                State::Running
            }
            (Ask::Pause, State::Running) => State::Paused,
            (Ask::Resume, State::Paused) => State::Running,
            (Ask::Save, State::Paused) => State::Paused,
            (Ask::Template, State::Paused) => State::Template,
            _ => return HCS_E_INVALID_STATE,
        };
        self.systems[system] = next;
        S_OK
    }

    fn exit(&mut self, system: usize, forced: bool) {
        if self.systems[system] == State::Stopped {
            return;
        }
        self.systems[system] = State::Stopped;
        let pending = self.due.iter().filter_map(|it| match it.what {
            What::Finish { ask, system: of, operation } if of == system => Some((it.id, ask, operation)),
            _ => None,
        });
        for (id, ask, operation) in pending.collect::<Vec<_>>() {
            if self.operations[operation] == (Operation::Pending { id }) && ask != Ask::Properties {
                self.operations[operation] = Operation::Done(match ask {
                    Ask::Start => HCS_E_TERMINATED_DURING_START,
                    Ask::ShutDown | Ask::Terminate => HCS_E_SYSTEM_ALREADY_STOPPED,
                    _ if forced => HCS_E_TERMINATED,
                    _ => HCS_E_UNEXPECTED_EXIT,
                });
            }
        }
    }

    fn fetch(&mut self, operation: usize) -> Hresult {
        match self.operations[operation] {
            Operation::Idle => HCS_E_OPERATION_NOT_STARTED,
            Operation::Done(code) => code,
            Operation::Pending { .. } => {
                self.pass_to(self.now + 10); // a poll lets time pass, after its answer
                HCS_E_OPERATION_PENDING
            }
        }
    }

    fn wait(&mut self, operation: usize, milliseconds: u64) -> Hresult {
        let deadline = self.now + milliseconds;
        loop {
            match self.operations[operation] {
                Operation::Idle => return HCS_E_OPERATION_NOT_STARTED,
                Operation::Done(code) => return code,
                Operation::Pending { .. } => {}
            }
            match self.next_due().filter(|it| it.at <= deadline) {
                Some(next) => self.happen(next),
                None => {
                    self.now = deadline;
                    return HCS_E_OPERATION_TIMEOUT;
                }
            }
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let asks = prop::sample::select(vec![
        Ask::Start,
        Ask::Start,
        Ask::ShutDown,
        Ask::Terminate,
        Ask::Pause,
        Ask::Pause,
        Ask::Resume,
        Ask::Save,
        Ask::Template,
        Ask::Properties,
    ]);
    prop_oneof![
        4 => (asks, 0..SYSTEMS, 0..OPERATIONS).prop_map(|(ask, system, operation)| Step::Ask { ask, system, operation }),
        1 => (0u64..30).prop_map(Step::Advance),
        1 => (0..OPERATIONS).prop_map(Step::Fetch),
        2 => (0..OPERATIONS, 1u64..60).prop_map(|(operation, milliseconds)| Step::Wait { operation, milliseconds }),
    ]
}

fn request(ask: Ask) -> (Request, Option<&'static str>) {
    match ask {
        Ask::Create => unreachable!("systems are created at the beginning"),
        Ask::Start => (HcsStartComputeSystem, None),
        Ask::ShutDown => (HcsShutDownComputeSystem, Some(r#"{"Mechanism":"IntegrationService"}"#)),
        Ask::Terminate => (HcsTerminateComputeSystem, None),
        Ask::Pause => (HcsPauseComputeSystem, None),
        Ask::Resume => (HcsResumeComputeSystem, None),
        Ask::Save => {
            (HcsSaveComputeSystem, Some(r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\x.vmrs"}"#))
        }
        Ask::Template => (HcsSaveComputeSystem, Some(r#"{"SaveType":"AsTemplate"}"#)),
        Ask::Properties => (HcsGetComputeSystemProperties, None),
    }
}

fn compare(steps: &[Step]) {
    let careless = [FindingKind::ResultUnread, FindingKind::FailureUnread, FindingKind::TimeoutAbandoned];
    let builder = careless
        .into_iter()
        .fold(Host::builder(), |it, kind| it.allow(kind))
        .latency(Duration::from_millis(LATENCY))
        .behavior(|it| it.guest_shutdown = Duration::from_millis(SHUTDOWN));
    builder.run(|host| {
        let mut reference = Reference::new();
        let operations: Vec<HCS_OPERATION> = (0..OPERATIONS).map(|_| operation()).collect();
        let systems: Vec<HCS_SYSTEM> = (0..SYSTEMS)
            .map(|index| {
                assert_eq!(reference.ask(Ask::Create, index, index), S_OK);
                let (code, system) = create_call(&format!("vm{index}"), CONFIGURATION, operations[index]);
                assert_eq!(code, S_OK);
                system
            })
            .collect();
        for (number, step) in steps.iter().enumerate() {
            match *step {
                Step::Ask { ask, system, operation } => {
                    let expected = reference.ask(ask, system, operation);
                    let (request, options) = request(ask);
                    let code = call(request, systems[system], operations[operation], options);
                    assert_eq!(code, expected, "step {number}");
                }
                Step::Advance(milliseconds) => {
                    reference.pass_to(reference.now + milliseconds);
                    host.advance(Duration::from_millis(milliseconds));
                }
                Step::Fetch(operation) => {
                    assert_eq!(result(operations[operation]).0, reference.fetch(operation), "step {number}");
                }
                Step::Wait { operation, milliseconds } => {
                    let expected = reference.wait(operation, milliseconds);
                    assert_eq!(
                        wait_for(operations[operation], milliseconds as u32).0,
                        expected,
                        "step {number}"
                    );
                }
            }
            assert_eq!(host.now(), Duration::from_millis(reference.now), "after step {number}");
        }
        // What was left pending ends as the reference says, and so do the systems.
        reference.pass_to(reference.now + 1_000);
        host.advance(Duration::from_secs(1));
        for (operation, expected) in operations.iter().zip(reference.operations) {
            let code = result(*operation).0;
            match expected {
                Operation::Idle => assert_eq!(code, HCS_E_OPERATION_NOT_STARTED),
                Operation::Done(expected) => assert_eq!(code, expected),
                Operation::Pending { .. } => unreachable!("everything is due within a second"),
            }
        }
        for (system, expected) in systems.iter().zip(reference.systems) {
            let properties = properties(*system, None);
            let state = match (properties["State"].as_str(), properties["Stopped"].as_bool()) {
                (Some("Running"), _) => State::Running,
                (Some("Paused"), _) => State::Paused,
                (Some("SavedAsTemplate"), _) => State::Template,
                (None, Some(true)) => State::Stopped,
                _ => State::Created,
            };
            assert_eq!(state, expected);
        }
        operations.into_iter().for_each(close_operation);
        systems.into_iter().for_each(close_system);
    });
}

proptest! {
    #![proptest_config(repeatable(400))]

    #[test]
    fn the_host_does_what_the_reference_does(steps in proptest::collection::vec(step(), 0..80)) {
        compare(&steps);
    }
}
