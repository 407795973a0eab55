//! Live migration: its phases on both sides, its events, its failures, and what a system answers meanwhile.
//! Not here: adding resources to operations (`operations_extra`), other events (`events`).

mod support;

use std::ptr::null_mut;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Export, FindingKind, Host, Hresult, MigrationFailure, Time, call as calls, event};
use serde_json::{Value, json};
use support::listeners::*;
use support::processes::*;
use support::states::*;
use support::*;

const SOCKET_URI: &str = "hcs:/VirtualMachine/LiveMigrationSocket";
const DESTINATION: &str = r#"{"DestinationMigrationOptions":{"NetworkSettings":{"SessionId":7}}}"#;
const LISTENING: i32 = HcsEventOptionEnableLiveMigrationEvents;

const INITIALIZE: Request = HcsInitializeLiveMigrationOnSource;
const START: Request = HcsStartLiveMigrationOnSource;
const TRANSFER: Request = HcsStartLiveMigrationTransfer;
const FINALIZE: Request = HcsFinalizeLiveMigration;
const CANCEL: Request = HcsCancelLiveMigration;

/// The five calls, with their names.
const CALLS: [(&str, Request); 5] = [
    ("initialize", INITIALIZE),
    ("start", START),
    ("transfer", TRANSFER),
    ("finalize", FINALIZE),
    ("cancel", CANCEL),
];

fn add(operation: HCS_OPERATION, kind: i32, uri: &str) {
    let socket = std::ptr::without_provenance_mut(0x1234); // only carried
    // SAFETY: the text is valid, any handle value is recognised.
    let code = unsafe { HcsAddResourceToOperation(operation, kind, wide(uri).as_ptr(), socket) };
    assert_eq!(code, S_OK);
}

/// Makes a request with a socket, and waits; answers the operation's outcome.
fn ask_with_socket(request: Request, system: HCS_SYSTEM, options: Option<&str>) -> Fetched {
    let operation = operation();
    add(operation, HcsResourceTypeSocket, SOCKET_URI);
    assert_eq!(call(request, system, operation, options), S_OK);
    let outcome = wait(operation);
    close_operation(operation);
    outcome
}

/// Makes one of the five calls as it is to be made: the start with a socket.
fn migrate(request: Request, system: HCS_SYSTEM) -> Hresult {
    if request as usize == START as usize {
        ask_with_socket(request, system, None).0
    } else {
        ask(request, system, None).0
    }
}

fn all_migrate(requests: &[Request], system: HCS_SYSTEM) {
    for request in requests {
        assert_eq!(migrate(*request, system), S_OK);
    }
}

/// Lets the transfer come to its end.
fn transferred(host: &Host) {
    host.advance(Duration::from_secs(1));
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    None,
    Initialized,
    Started,
    Transferring,
    Done,
    Failed,
}

/// A running source "vm" in a phase.
fn source_in(phase: Phase, host: &Host) -> HCS_SYSTEM {
    let system = system_in(State::Running);
    match phase {
        Phase::None => {}
        Phase::Initialized => all_migrate(&[INITIALIZE], system),
        Phase::Started => all_migrate(&[INITIALIZE, START], system),
        Phase::Transferring => all_migrate(&[INITIALIZE, START, TRANSFER], system),
        Phase::Done => {
            all_migrate(&[INITIALIZE, START, TRANSFER], system);
            transferred(host);
        }
        Phase::Failed => all_migrate(&[INITIALIZE, CANCEL], system),
    }
    system
}

/// A destination "vm" in a phase; it begins as started.
fn destination_in(phase: Phase, host: &Host) -> HCS_SYSTEM {
    let system = system_in(State::Created);
    assert_eq!(ask_with_socket(HcsStartComputeSystem, system, Some(DESTINATION)), (S_OK, None));
    match phase {
        Phase::Transferring => all_migrate(&[TRANSFER], system),
        Phase::Done => {
            all_migrate(&[TRANSFER], system);
            transferred(host);
        }
        Phase::Failed => all_migrate(&[CANCEL], system),
        _ => {}
    }
    system
}

/// The documents of migration events that came so far; no other events may have come.
fn steps(listener: &Listener) -> Vec<String> {
    let heard = listener.heard();
    assert!(heard.iter().all(|it| (it.event, it.operation) == (HcsEventGroupLiveMigration, 0)), "{heard:?}");
    heard.into_iter().map(|it| it.data.unwrap()).collect()
}

fn told(origin: &str, step: &str) -> String {
    format!(r#"{{"Origin":"{origin}","Event":"{step}"}}"#)
}

fn told_with(origin: &str, step: &str, result: &str) -> String {
    format!(r#"{{"Origin":"{origin}","Event":"{step}","Result":"{result}"}}"#)
}

// The way of a migration

#[test]
fn a_source_tells_each_step_and_stops_when_it_is_finalized() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = system_in(State::Running);
        assert_eq!(listener.register(system, LISTENING), S_OK);
        assert_eq!(ask(INITIALIZE, system, None), (S_OK, None));
        assert_eq!(steps(&listener), [""; 0]);
        assert_eq!(ask_with_socket(START, system, None), (S_OK, None));
        assert_eq!(steps(&listener), [told("Source", "SetupDone")]);
        assert_eq!(state_of(system), State::Running);
        assert_eq!(ask(TRANSFER, system, None), (S_OK, None));
        transferred(host);
        assert_eq!(
            steps(&listener),
            [
                told("Source", "TransferInProgress"),
                told("Source", "BlackoutStarted"),
                told_with("Source", "OfflineDone", "Success"),
                told_with("Source", "MigrationDone", "Success"),
            ]
        );
        assert_eq!(state_of(system), State::Paused);
        assert_eq!(ask(FINALIZE, system, None), (S_OK, None));
        assert_eq!(listener.next().event, HcsEventSystemGuestConnectionClosed);
        let heard = listener.next();
        assert_eq!(heard.event, HcsEventSystemExited);
        let exit = json(heard.data);
        assert_eq!((&exit["ExitType"], &exit["Status"]), (&json!("ForcedExit"), &json!(0)));
        assert_eq!(state_of(system), State::Stopped);
        close_system(system);
    });
}

#[test]
fn a_destination_tells_each_step_and_goes_on_when_it_is_finalized() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", FULL);
        assert_eq!(listener.register(system, LISTENING), S_OK);
        assert_eq!(ask_with_socket(HcsStartComputeSystem, system, Some(DESTINATION)), (S_OK, None));
        assert_eq!(steps(&listener), [told("Destination", "SetupDone")]);
        assert_eq!(ask(TRANSFER, system, None), (S_OK, None));
        let begun = host.now();
        transferred(host);
        let heard = steps(&listener);
        assert_eq!(heard[0], told("Destination", "TransferInProgress"));
        assert_eq!(heard[1], told("Destination", "BlackoutStarted"));
        let end = begun + Duration::from_millis(450);
        let exited = format!(
            r#"{{"Origin":"Destination","Event":"BlackoutExited","Result":"Success","AdditionalDetails":{{"BlackoutDurationMilliseconds":250,"BlackoutStopTimestamp":"2026-01-01T00:00:00.{:07}Z"}}}}"#,
            end.as_nanos() / 100
        );
        assert_eq!(heard[2], exited);
        assert_eq!(heard[3..], [told_with("Destination", "MigrationDone", "Success")]);
        assert_eq!(state_of(system), State::Running);
        assert_eq!(ask(FINALIZE, system, None), (S_OK, None));
        transferred(host);
        assert_eq!(state_of(system), State::Running);
        assert_eq!(steps(&listener), [""; 0]);
        close_system(system);
    });
}

#[test]
fn the_steps_of_a_transfer_come_in_their_time() {
    Host::builder().time(Time::Manual).run(|host| {
        let (listener, operation) = (Listener::new(), operation());
        let outcome = || {
            host.advance(Duration::from_millis(40));
            result(operation).0
        };
        let (_, system) = create_call("vm", FULL, operation);
        assert_eq!(outcome(), S_OK);
        listener.register(system, LISTENING);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(outcome(), S_OK);
        assert_eq!(call(INITIALIZE, system, operation, None), S_OK);
        assert_eq!(outcome(), S_OK);
        add(operation, HcsResourceTypeSocket, SOCKET_URI);
        assert_eq!(call(START, system, operation, None), S_OK);
        assert_eq!(outcome(), S_OK);
        assert_eq!(listener.heard().len(), 1);
        assert_eq!(call(TRANSFER, system, operation, None), S_OK);
        host.advance(Duration::from_millis(1)); // it is accepted
        for (after, step) in [
            (100, "TransferInProgress"),
            (100, "BlackoutStarted"),
            (250, "OfflineDone"),
            (100, "MigrationDone"),
        ] {
            host.advance(Duration::from_millis(after - 1));
            assert_eq!(listener.heard(), [], "{step}");
            host.advance(Duration::from_millis(1));
            let heard = steps(&listener);
            assert_eq!(heard.len(), 1);
            assert!(heard[0].contains(step), "{heard:?}");
        }
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_system_moves_from_one_host_to_another() {
    let (here, there) = (Host::new(), Host::new());
    here.run(|here| {
        let source = source_in(Phase::Started, here);
        there.run(|there| {
            let destination = destination_in(Phase::Transferring, there);
            let runtime_id = properties(destination, None)["RuntimeId"].take();
            {
                let _entered = here.enter();
                all_migrate(&[TRANSFER], source);
                transferred(here);
                assert_eq!(properties(source, None)["RuntimeId"], runtime_id);
                all_migrate(&[FINALIZE], source);
                assert_eq!(state_of(source), State::Stopped);
            }
            transferred(there);
            all_migrate(&[FINALIZE], destination);
            assert_eq!(state_of(destination), State::Running);
            close_system(destination);
        });
        close_system(source);
    });
}

#[test]
fn migration_calls_are_operations_of_the_type_live_migration() {
    Host::new().run(|_| {
        let system = system_in(State::Running);
        let operation = operation();
        for (name, request) in CALLS {
            assert_eq!(call(request, system, operation, None), S_OK);
            assert_eq!(operation_type(operation), HcsOperationTypeLiveMigration, "{name}");
            wait(operation);
        }
        close_operation(operation);
        close_system(system);
    });
}

// Who is told

#[test]
fn migration_events_are_for_callbacks_that_ask_for_them() {
    for (options, migration, completions) in [
        (HcsEventOptionNone, false, false),
        (HcsEventOptionEnableOperationCallbacks, false, true),
        (HcsEventOptionEnableVmLifecycle, false, false),
        (HcsEventOptionEnableLiveMigrationEvents, true, false),
        (7, true, true),
    ] {
        Host::new().run(|host| {
            let listener = Listener::new();
            let system = system_in(State::Running);
            assert_eq!(listener.register(system, options), S_OK);
            all_migrate(&[INITIALIZE, START, TRANSFER], system);
            transferred(host);
            let types = listener.types();
            let count = |event| types.iter().filter(|it| **it == event).count();
            assert_eq!(count(HcsEventGroupLiveMigration), if migration { 5 } else { 0 }, "{options}");
            assert_eq!(count(HcsEventOperationCallback) > 0, completions, "{options}");
            close_system(system);
        });
    }
}

#[test]
fn every_handle_that_asks_is_told_of_the_migration_and_closed_ones_are_not() {
    Host::new().run(|host| {
        let (first, second, closed) = (Listener::new(), Listener::new(), Listener::new());
        let system = system_in(State::Running);
        let (_, other) = open("vm", GENERIC_ALL);
        let (_, third) = open("vm", GENERIC_ALL);
        for (listener, handle) in [(&first, system), (&second, other), (&closed, third)] {
            assert_eq!(listener.register(handle, LISTENING), S_OK);
        }
        all_migrate(&[INITIALIZE, START], system);
        assert_eq!(steps(&closed).len(), 1);
        close_system(third);
        all_migrate(&[TRANSFER], other);
        transferred(host);
        let heard = steps(&first);
        assert_eq!(heard.len(), 5);
        assert_eq!(steps(&second), heard);
        assert_eq!(steps(&closed), [""; 0]);
        close_system(other);
        close_system(system);
    });
}

// Out of turn

/// The codes of the five calls in each phase.
fn assert_turns(phases: &[Phase], begin: fn(Phase, &Host) -> HCS_SYSTEM, legal: &[&[&str]]) {
    for (phase, legal) in phases.iter().zip(legal) {
        for (name, request) in CALLS {
            Host::new().run(|host| {
                let system = begin(*phase, host);
                let before = state_of(system);
                let expected = if legal.contains(&name) { S_OK } else { HCS_E_INVALID_STATE };
                assert_eq!(migrate(request, system), expected, "{name} when {phase:?}");
                if expected != S_OK {
                    assert_eq!(state_of(system), before, "{name} when {phase:?}");
                    let journal = host.journal().to_string();
                    assert!(journal.contains("the call is out of turn"), "{journal}");
                }
                close_system(system);
            });
        }
    }
}

#[test]
fn each_call_has_its_turn_on_the_source() {
    use Phase::*;
    assert_turns(
        &[None, Initialized, Started, Transferring, Done, Failed],
        source_in,
        &[
            &["initialize"],
            &["start", "cancel"],
            &["transfer", "cancel"],
            &["cancel"],
            &["finalize"],
            &["finalize"],
        ],
    );
}

#[test]
fn each_call_has_its_turn_on_the_destination() {
    use Phase::*;
    assert_turns(
        &[Started, Transferring, Done, Failed],
        destination_in,
        &[&["transfer", "cancel"], &["cancel"], &["finalize"], &["finalize"]],
    );
}

#[test]
fn a_migration_is_for_machines_that_run_or_are_paused() {
    for state in STATES {
        Host::new().run(|_| {
            let system = system_in(state);
            let expected = match state {
                State::Running | State::Paused => S_OK,
                State::Created | State::SavedAsTemplate => HCS_E_INVALID_STATE,
                State::Stopped => HCS_E_SYSTEM_ALREADY_STOPPED,
            };
            assert_eq!(migrate(INITIALIZE, system), expected, "{state:?}");
            close_system(system);
        });
    }
}

#[test]
fn containers_do_not_migrate() {
    Host::new().run(|host| {
        let system = running("box");
        for (name, request) in CALLS {
            assert_eq!(migrate(request, system), HRESULT_ERROR_NOT_SUPPORTED, "{name}");
        }
        close_system(system);
        let system = create("other", CONTAINER);
        let outcome = ask_with_socket(HcsStartComputeSystem, system, Some(DESTINATION));
        assert_eq!(outcome.0, HRESULT_ERROR_NOT_SUPPORTED);
        let journal = host.journal().to_string();
        assert!(journal.contains("only virtual machines migrate"), "{journal}");
        start(system); // it was not started, and can be without
        close_system(system);
    });
}

// The socket

#[test]
fn a_migration_does_not_start_without_a_socket() {
    Host::new().run(|host| {
        let system = source_in(Phase::Initialized, host);
        assert_eq!(ask(START, system, None).0, E_INVALIDARG);
        let journal = host.journal().to_string();
        assert!(journal.contains(&format!("HcsAddResourceToOperation with {SOCKET_URI}")), "{journal}");
        for (kind, uri) in
            [(HcsResourceTypeFile, SOCKET_URI), (HcsResourceTypeSocket, "hcs:/VirtualMachine/Socket")]
        {
            let operation = operation();
            add(operation, kind, uri);
            assert_eq!(call(START, system, operation, None), S_OK);
            assert_eq!(wait(operation).0, E_INVALIDARG, "{kind} {uri}");
            close_operation(operation);
        }
        // It has not started.
        assert_eq!(ask_with_socket(START, system, None).0, S_OK);
        close_system(system);
    });
}

#[test]
fn a_destination_does_not_start_without_a_socket() {
    Host::new().run(|_| {
        let system = create("vm", FULL);
        let (code, document) = ask(HcsStartComputeSystem, system, Some(DESTINATION));
        assert_eq!(code, E_INVALIDARG);
        assert_eq!(json(document)["Error"], E_INVALIDARG.as_i32());
        assert_eq!(state_of(system), State::Created);
        // An ordinary start needs none.
        for options in ["{}", r#"{"DestinationMigrationOptions":null}"#] {
            let system = create(options, FULL);
            assert_eq!(ask(HcsStartComputeSystem, system, Some(options)).0, S_OK);
            assert_eq!(migrate(TRANSFER, system), HCS_E_INVALID_STATE);
            close_system(system);
        }
        close_system(system);
    });
}

#[test]
fn a_socket_is_used_by_the_first_call_that_is_accepted() {
    Host::new().run(|host| {
        let system = source_in(Phase::Initialized, host);
        host.when(calls::to(Export::HcsStartLiveMigrationOnSource).nth(1)).refuse(E_FAIL);
        host.when(calls::to(Export::HcsStartLiveMigrationOnSource).nth(2)).fail(E_OUTOFMEMORY);
        let operation = operation();
        let outcome = || match call(START, system, operation, None) {
            S_OK => wait(operation).0,
            code => code,
        };
        let shouted = SOCKET_URI.to_uppercase();
        add(operation, HcsResourceTypeSocket, &shouted);
        assert_eq!(outcome(), E_FAIL); // refused: it is still there
        assert_eq!(outcome(), E_OUTOFMEMORY); // accepted: it is not
        assert_eq!(outcome(), E_INVALIDARG);
        add(operation, HcsResourceTypeSocket, SOCKET_URI);
        assert_eq!(outcome(), S_OK);
        close_operation(operation);
        close_system(system);
    });
}

// Options

#[test]
fn the_options_of_clients_are_accepted() {
    let initialize = r#"{"Origin":"Source","MemoryTransport":"TCP","MemoryTransferThrottleParams":{"SkipThrottling":true},
        "CompressionSettings":{"ThrottleWorkerCount":2},"ChecksumVerification":true,"PerfTracingEnabled":true,
        "CancelIfBlackoutThresholdExceeds":true,"PrepareMemoryTransferMode":true,"CompatibilityData":{"Data":"AA=="}}"#;
    let by_calls: [[&str; 4]; 3] = [
        ["", "", "", ""],
        ["{}", "{}", "{}", "{}"],
        [
            initialize,
            r#"{"NetworkSettings":{"SessionId":7}}"#,
            r#"{"Origin":"Source"}"#,
            r#"{"Origin":"Source","FinalizedOperation":"Stop"}"#,
        ],
    ];
    for [initialize, start, transfer, finalize] in by_calls {
        Host::new().run(|host| {
            let system = system_in(State::Running);
            assert_eq!(ask(INITIALIZE, system, Some(initialize)).0, S_OK);
            assert_eq!(ask_with_socket(START, system, Some(start)).0, S_OK);
            assert_eq!(ask(TRANSFER, system, Some(transfer)).0, S_OK);
            transferred(host);
            assert_eq!(ask(FINALIZE, system, Some(finalize)).0, S_OK);
            close_system(system);
        });
    }
    for cancel in ["", "{}", r#"{"Origin":"Source"}"#] {
        Host::new().run(|host| {
            let system = source_in(Phase::Started, host);
            assert_eq!(ask(CANCEL, system, Some(cancel)).0, S_OK);
            close_system(system);
        });
    }
}

fn assert_invalid((code, document): Fetched, what: &str) {
    assert_eq!(code, HCS_E_INVALID_JSON, "{what}");
    assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11001, "{what}");
}

#[test]
fn options_that_are_not_valid_fail_the_operation_and_the_migration_stays_where_it_is() {
    Host::new().run(|host| {
        let anywhere = ["{", "[]", "7", "null", r#"{"Nothing":1}"#];
        let system = system_in(State::Running);
        let refused = |request: Request, special: &[&str]| {
            for options in anywhere.iter().chain(special) {
                assert_invalid(ask_with_socket(request, system, Some(options)), options);
            }
            let (lone, operation) = ([0x7Bu16, 0xD800, 0x7D, 0], operation());
            // SAFETY: a text up to a zero.
            assert_eq!(unsafe { request(system, operation, lone.as_ptr()) }, S_OK);
            assert_invalid(wait(operation), "a lone surrogate");
            close_operation(operation);
        };
        refused(
            INITIALIZE,
            &[
                r#"{"Origin":"Nowhere"}"#,
                r#"{"Origin":0}"#,
                r#"{"ChecksumVerification":"true"}"#,
                r#"{"MemoryTransport":[]}"#,
                r#"{"memoryTransport":"TCP"}"#,
            ],
        );
        all_migrate(&[INITIALIZE], system);
        refused(START, &[r#"{"NetworkSettings":[7]}"#, r#"{"NetworkSettings":{"SessionId":-1}}"#]);
        all_migrate(&[START], system);
        refused(TRANSFER, &[r#"{"Origin":"source"}"#]);
        refused(CANCEL, &[r#"{"Origin":true}"#]);
        all_migrate(&[TRANSFER], system);
        transferred(host);
        refused(
            FINALIZE,
            &[r#"{"FinalizedOperation":"Explode"}"#, r#"{"FinalizedOperation":1}"#, r#"{"Origin":""}"#],
        );
        all_migrate(&[FINALIZE], system);
        close_system(system);
        let system = create("vm", FULL);
        for options in [
            r#"{"DestinationMigrationOptions":7}"#,
            r#"{"DestinationMigrationOptions":[]}"#,
            r#"{"DestinationMigrationOptions":{"Session":7}}"#,
        ] {
            assert_invalid(ask_with_socket(HcsStartComputeSystem, system, Some(options)), options);
        }
        assert_eq!(state_of(system), State::Created);
        close_system(system);
    });
}

#[test]
fn a_call_for_the_other_side_is_refused() {
    let (source, destination) = (r#"{"Origin":"Source"}"#, r#"{"Origin":"Destination"}"#);
    Host::new().run(|host| {
        let system = system_in(State::Running);
        assert_eq!(ask(INITIALIZE, system, Some(destination)).0, E_INVALIDARG);
        all_migrate(&[INITIALIZE, START], system);
        assert_eq!(ask(TRANSFER, system, Some(destination)).0, E_INVALIDARG);
        assert_eq!(ask(CANCEL, system, Some(destination)).0, E_INVALIDARG);
        assert_eq!(ask(TRANSFER, system, Some(source)).0, S_OK);
        transferred(host);
        assert_eq!(ask(FINALIZE, system, Some(destination)).0, E_INVALIDARG);
        assert_eq!(ask(FINALIZE, system, Some(source)).0, S_OK);
        close_system(system);
    });
    Host::new().run(|host| {
        let system = destination_in(Phase::Started, host);
        assert_eq!(ask(TRANSFER, system, Some(source)).0, E_INVALIDARG);
        assert_eq!(ask(TRANSFER, system, Some(destination)).0, S_OK);
        assert_eq!(ask(CANCEL, system, Some(source)).0, E_INVALIDARG);
        assert_eq!(ask(CANCEL, system, Some(destination)).0, S_OK);
        close_system(system);
    });
}

// Failures

fn name(failure: MigrationFailure) -> String {
    format!("{failure:?}") // as the events carry it
}

#[test]
fn every_failure_of_the_source_is_told_and_what_can_be_recovered_is() {
    for failure in MigrationFailure::all() {
        Host::new().run(|host| {
            let listener = Listener::new();
            let system = source_in(Phase::Transferring, host);
            listener.register(system, LISTENING);
            host.advance(Duration::from_millis(250)); // the guest stands still
            assert_eq!(state_of(system), State::Paused);
            assert_eq!(steps(&listener).len(), 2);
            host.raise(event::migration_failure("VM", *failure));
            let failed = told_with("Source", "MigrationFailed", &name(*failure));
            let recovered = told_with("Source", "MigrationRecoveryDone", "Success");
            if *failure == MigrationFailure::MigrationRecoveryFailed {
                assert_eq!(steps(&listener), [failed]);
                assert_eq!(state_of(system), State::Paused);
            } else {
                assert_eq!(steps(&listener), [failed, recovered]);
                assert_eq!(state_of(system), State::Running);
            }
            transferred(host);
            assert_eq!(steps(&listener), [""; 0]); // it does not go on
            close_system(system);
        });
    }
    assert_eq!(MigrationFailure::all().len(), 5);
}

#[test]
fn every_failure_of_the_destination_is_told_and_nothing_is_recovered() {
    for failure in MigrationFailure::all() {
        Host::new().run(|host| {
            let listener = Listener::new();
            let system = destination_in(Phase::Transferring, host);
            listener.register(system, LISTENING);
            host.raise(event::migration_failure("vm", *failure));
            transferred(host);
            assert_eq!(steps(&listener), [told_with("Destination", "MigrationFailed", &name(*failure))]);
            assert_eq!(migrate(FINALIZE, system), S_OK);
            assert_eq!(state_of(system), State::Stopped); // the source is the one that goes on
            close_system(system);
        });
    }
}

#[test]
fn a_migration_fails_at_any_time_while_it_is_under_way() {
    for phase in [Phase::Initialized, Phase::Started, Phase::Transferring] {
        Host::new().run(|host| {
            let system = source_in(phase, host);
            host.raise(event::migration_failure("vm", MigrationFailure::SourceMigrationFailed));
            assert_eq!(migrate(CANCEL, system), HCS_E_INVALID_STATE, "{phase:?}"); // it has failed already
            assert_eq!(migrate(FINALIZE, system), S_OK);
            assert_eq!(state_of(system), State::Running);
            close_system(system);
        });
    }
}

#[test]
fn a_failure_of_no_migration_is_told_to_the_test() {
    for phase in [Phase::None, Phase::Done, Phase::Failed] {
        let host = Host::new();
        let report = report_of(&host, || {
            let system = source_in(phase, &host);
            host.raise(event::migration_failure("vm", MigrationFailure::SourceMigrationFailed));
            close_system(system);
        });
        let found = &report.unwrap().findings[0];
        assert_eq!(found.kind, FindingKind::EventMissed);
        assert!(found.sentence.ends_with("no migration of the system is under way"), "{}", found.sentence);
        assert!(found.sentence.contains("SourceMigrationFailed"), "{}", found.sentence);
    }
}

#[test]
fn a_source_that_was_paused_is_paused_again_after_a_failure() {
    Host::new().run(|host| {
        let system = system_in(State::Paused);
        all_migrate(&[INITIALIZE, START, TRANSFER], system);
        host.advance(Duration::from_millis(250));
        host.raise(event::migration_failure("vm", MigrationFailure::DestinationMigrationFailed));
        assert_eq!(state_of(system), State::Paused);
        close_system(system);
    });
}

#[test]
fn a_rule_lets_a_transfer_fail_on_its_way() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let failure = event::migration_failure("vm", MigrationFailure::GuestInitiatedCancellation);
        host.when(calls::to(Export::HcsStartLiveMigrationTransfer))
            .simulate()
            .raising_after(Duration::from_millis(150), failure);
        let system = source_in(Phase::Started, host);
        listener.register(system, LISTENING);
        all_migrate(&[TRANSFER], system);
        transferred(host);
        assert_eq!(
            steps(&listener),
            [
                told("Source", "TransferInProgress"),
                told_with("Source", "MigrationFailed", "GuestInitiatedCancellation"),
                told_with("Source", "MigrationRecoveryDone", "Success"),
            ]
        );
        close_system(system);
    });
}

// Cancelling and finalizing

#[test]
fn a_migration_that_is_cancelled_fails_as_cancelled() {
    for phase in [Phase::Initialized, Phase::Started, Phase::Transferring] {
        Host::new().run(|host| {
            let listener = Listener::new();
            let system = source_in(phase, host);
            listener.register(system, LISTENING);
            assert_eq!(ask(CANCEL, system, None), (S_OK, None));
            transferred(host);
            assert_eq!(
                steps(&listener),
                [
                    told_with("Source", "MigrationFailed", "MigrationCancelled"),
                    told_with("Source", "MigrationRecoveryDone", "Success"),
                ]
            );
            assert_eq!(state_of(system), State::Running);
            assert_eq!(migrate(CANCEL, system), HCS_E_INVALID_STATE);
            close_system(system);
        });
    }
}

#[test]
fn what_becomes_of_each_side_is_said_by_the_finalization() {
    type Begin = fn(Phase, &Host) -> HCS_SYSTEM;
    let usual = [
        (source_in as Begin, Phase::Done, State::Stopped),
        (source_in, Phase::Failed, State::Running),
        (destination_in, Phase::Done, State::Running),
        (destination_in, Phase::Failed, State::Stopped),
    ];
    for (begin, phase, otherwise) in usual {
        for (options, expected) in [
            (Some(r#"{"FinalizedOperation":"Resume"}"#), State::Running),
            (Some(r#"{"FinalizedOperation":"Stop"}"#), State::Stopped),
            (Some("{}"), otherwise),
            (None, otherwise),
        ] {
            Host::new().run(|host| {
                let system = begin(phase, host);
                assert_eq!(ask(FINALIZE, system, options), (S_OK, None));
                assert_eq!(state_of(system), expected, "{phase:?} {options:?}");
                let again = match expected {
                    State::Stopped => HCS_E_SYSTEM_ALREADY_STOPPED,
                    _ => HCS_E_INVALID_STATE,
                };
                assert_eq!(migrate(FINALIZE, system), again);
                close_system(system);
            });
        }
    }
}

#[test]
fn another_migration_can_follow_and_is_not_disturbed_by_the_first() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = system_in(State::Running);
        all_migrate(&[INITIALIZE, START, TRANSFER], system);
        host.advance(Duration::from_millis(50)); // its next step is on its way
        all_migrate(&[CANCEL, FINALIZE, INITIALIZE, START], system);
        listener.register(system, LISTENING);
        all_migrate(&[TRANSFER], system);
        host.advance(Duration::from_millis(80)); // when the first would have gone on
        assert_eq!(steps(&listener), [""; 0]);
        transferred(host);
        assert_eq!(steps(&listener).len(), 4);
        close_system(system);
    });
}

// What a system answers meanwhile

#[test]
fn a_system_in_transfer_answers_properties_and_terminate_only() {
    for begin in [source_in as fn(Phase, &Host) -> HCS_SYSTEM, destination_in] {
        let quick = Host::builder().latency(Duration::from_millis(1)); // so that the transfer outlasts all of it
        quick.run(|host| {
            let system = begin(Phase::Transferring, host);
            let refused = |request: Request, options| {
                let (code, document) = ask(request, system, options);
                assert_eq!(code, HCS_E_INVALID_STATE);
                assert!(json(document)["ErrorEvents"].is_null());
            };
            for state in [State::Running, State::Paused] {
                assert_eq!(state_of(system), state);
                refused(HcsStartComputeSystem, None);
                refused(HcsPauseComputeSystem, None);
                refused(HcsResumeComputeSystem, None);
                refused(HcsSaveComputeSystem, Some(SAVE));
                refused(HcsShutDownComputeSystem, Some(SHUTDOWN));
                refused(HcsCrashComputeSystem, None);
                assert_eq!(modify(system, RESIZE).0, HCS_E_INVALID_STATE);
                let (code, started) = try_start_process(system, NO_PIPES);
                assert_eq!(code, HCS_E_INVALID_STATE);
                started.close();
                host.advance(Duration::from_millis(200)); // and once more while the guest stands still
            }
            let journal = host.journal().to_string();
            assert!(journal.contains("the system is migrating"), "{journal}");
            assert_eq!(properties(system, None)["Id"], "vm");
            assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
            close_system(system);
        });
    }
}

#[test]
fn a_system_is_itself_before_and_after_the_transfer() {
    Host::new().run(|host| {
        let system = source_in(Phase::Started, host);
        assert_eq!(modify(system, RESIZE).0, S_OK);
        all_migrate(&[CANCEL], system);
        assert_eq!(ask(HcsPauseComputeSystem, system, None).0, S_OK);
        assert_eq!(ask(HcsResumeComputeSystem, system, None).0, S_OK);
        close_system(system);
    });
    Host::new().run(|host| {
        let system = destination_in(Phase::Done, host);
        assert_eq!(ask(HcsPauseComputeSystem, system, None).0, S_OK);
        close_system(system);
    });
}

#[test]
fn a_source_whose_guest_goes_on_elsewhere_is_not_resumed_until_it_is_finalized() {
    Host::new().run(|host| {
        let system = source_in(Phase::Done, host);
        assert_eq!(ask(HcsResumeComputeSystem, system, None).0, HCS_E_INVALID_STATE);
        assert_eq!(ask(HcsSaveComputeSystem, system, Some(SAVE)).0, HCS_E_INVALID_STATE);
        assert_eq!(state_of(system), State::Paused);
        assert_eq!(ask(FINALIZE, system, Some(r#"{"FinalizedOperation":"Resume"}"#)).0, S_OK);
        assert_eq!(ask(HcsPauseComputeSystem, system, None).0, S_OK);
        close_system(system);
    });
}

#[test]
fn a_system_that_ends_tells_no_further_step() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = source_in(Phase::Transferring, host);
        listener.register(system, LISTENING);
        host.advance(Duration::from_millis(150));
        assert_eq!(steps(&listener), [told("Source", "TransferInProgress")]);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        transferred(host);
        let exit = [HcsEventSystemGuestConnectionClosed, HcsEventSystemExited];
        assert_eq!(listener.types(), exit);
        close_system(system);
    });
}

// What rules say

#[test]
fn a_rule_fails_each_of_the_calls_and_the_migration_stays_where_it_is() {
    Host::new().run(|host| {
        let listener = Listener::new();
        for export in [
            Export::HcsInitializeLiveMigrationOnSource,
            Export::HcsStartLiveMigrationOnSource,
            Export::HcsStartLiveMigrationTransfer,
            Export::HcsFinalizeLiveMigration,
        ] {
            host.when(calls::to(export).system("vm")).fail(HCS_E_CONNECTION_TIMEOUT).then().simulate();
        }
        host.when(calls::to(Export::HcsCancelLiveMigration)).fail(HCS_E_SERVICE_NOT_AVAILABLE);
        let system = system_in(State::Running);
        listener.register(system, LISTENING);
        for request in [INITIALIZE, START, TRANSFER] {
            assert_eq!(migrate(request, system), HCS_E_CONNECTION_TIMEOUT);
            transferred(host);
            assert_eq!(steps(&listener), [""; 0]);
            assert_eq!(migrate(CANCEL, system), HCS_E_SERVICE_NOT_AVAILABLE);
            assert_eq!(migrate(request, system), S_OK);
            listener.heard();
        }
        transferred(host);
        listener.heard();
        let (code, document) = ask(FINALIZE, system, None);
        assert_eq!(code, HCS_E_CONNECTION_TIMEOUT);
        assert_eq!(json(document)["Error"], HCS_E_CONNECTION_TIMEOUT.nt_form().as_i32());
        assert_eq!(state_of(system), State::Paused);
        assert_eq!(migrate(FINALIZE, system), S_OK);
        assert_eq!(state_of(system), State::Stopped);
        close_system(system);
    });
}

#[test]
fn a_rule_refuses_a_migration_call_at_once() {
    Host::new().run(|host| {
        host.when(calls::to(Export::HcsInitializeLiveMigrationOnSource)).refuse(HCS_E_ACCESS_DENIED);
        let system = system_in(State::Running);
        let operation = operation();
        assert_eq!(call(INITIALIZE, system, operation, None), HCS_E_ACCESS_DENIED);
        assert_eq!(result(operation).0, HCS_E_OPERATION_NOT_STARTED);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_rule_lets_a_call_out_of_turn_succeed() {
    Host::new().run(|host| {
        for export in [
            Export::HcsStartLiveMigrationTransfer,
            Export::HcsCancelLiveMigration,
            Export::HcsStartLiveMigrationOnSource,
        ] {
            host.when(calls::to(export)).succeed();
        }
        let system = system_in(State::Running);
        for request in [TRANSFER, CANCEL, START] {
            assert_eq!(ask(request, system, None), (S_OK, None)); // without a socket too
        }
        transferred(host);
        assert_eq!(state_of(system), State::Running);
        close_system(system);
    });
}

#[test]
fn migration_calls_need_their_handles() {
    let host = Host::new();
    let found = findings_of(&host, || {
        let (system, operation) = (system_in(State::Running), operation());
        for (_, request) in CALLS {
            assert_eq!(call(request, null_mut(), operation, None), E_INVALIDARG);
            assert_eq!(call(request, system, null_mut(), None), E_INVALIDARG);
        }
        close_operation(operation);
        close_system(system);
    });
    assert_eq!(found, [FindingKind::NullHandle; 10]);
}

#[test]
fn events_of_a_migration_may_come_without_data() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = system_in(State::Running);
        listener.register(system, LISTENING);
        let bare = || event::to_system("vm", hcs_sim::EventType::GroupLiveMigration);
        host.raise(bare());
        host.raise(bare().data(json!({ "Event": "Unknown" })));
        let data: Vec<_> = listener.heard().into_iter().map(|it| it.data).collect();
        assert_eq!(data[0], None);
        let unknown: Value = serde_json::from_str(data[1].as_ref().unwrap()).unwrap();
        assert_eq!(unknown, json!({ "Event": "Unknown" }));
        close_system(system);
    });
}
