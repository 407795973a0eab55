//! Live migration: its failures, its ends, what a system answers meanwhile, what rules say.
//! Not here: its phases (`migration`).

mod support;

use std::ptr::null_mut;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Export, FindingKind, Host, MigrationFailure, call as calls, event};
use serde_json::{Value, json};
use support::listeners::*;
use support::migrations::*;
use support::processes::*;
use support::states::*;
use support::*;

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
