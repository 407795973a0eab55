//! Live migration: its phases on both sides, its events, what its calls need.
//! Not here: failures and what a system answers meanwhile (`migration_failures`), adding resources (`operations_extra`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Export, Host, Time, call as calls};
use serde_json::json;
use support::listeners::*;
use support::migrations::*;
use support::processes::*;
use support::states::*;
use support::*;

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
