//! Events of compute systems: who is told what, when, how often, and what closing does.
//! Not here: events of processes (`process_events`), of live migration (`migration`), the end of the service (`disconnect`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{CrashReport, EventType, ExitType, FindingKind, Host, SystemExitStatus, call, event};
use support::listeners::*;
use support::states::*;
use support::*;

fn exit_status(heard: &Heard) -> SystemExitStatus {
    assert_eq!(heard.event, HcsEventSystemExited);
    serde_json::from_str(heard.data.as_ref().expect("an exit has data")).unwrap()
}

#[test]
fn an_exit_is_told_on_another_thread_with_its_status() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        assert_eq!(listener.register(system, HcsEventOptionNone), S_OK);
        start(system);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        let heard = listener.next();
        assert_eq!(exit_status(&heard).exit_type, ExitType::ForcedExit);
        assert_ne!(heard.thread, std::thread::current().id());
        assert_eq!(heard.operation, 0);
        let (_, waited) = wait_for_exit(system, INFINITE);
        assert_eq!(heard.data, waited);
        close_system(system);
        assert_eq!(listener.heard(), []); // once
    });
}

#[test]
fn a_terminate_may_complete_before_the_exit_is_told_and_closing_in_between_loses_it() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        start(system);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        assert_eq!(listener.heard(), []);
        close_system(system);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
    });
    // the delay is a switch
    Host::builder().behavior(|it| it.exit_event_delay = Duration::ZERO).run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        start(system);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        assert_eq!(listener.types(), [HcsEventSystemExited]);
        close_system(system);
    });
}

#[test]
fn a_registration_after_the_exit_is_told_it_too() {
    Host::new().run(|host| {
        let (first, second) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        let (_, other) = open("vm", GENERIC_ALL);
        first.register(system, HcsEventOptionNone);
        start(system);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!(first.types(), [HcsEventSystemExited]);
        second.register(other, HcsEventOptionNone);
        assert_eq!(exit_status(&second.next()).exit_type, ExitType::ForcedExit);
        assert_eq!(first.heard(), []); // not again
        close_system(other);
        close_system(system);
    });
}

#[test]
fn every_handle_with_a_callback_is_told() {
    Host::new().run(|host| {
        let (first, second) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        let (_, other) = open("vm", GENERIC_ALL);
        first.register(system, HcsEventOptionNone);
        second.register(other, HcsEventOptionNone);
        start(system);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!((first.types().len(), second.types().len()), (1, 1));
        close_system(system);
        close_system(other);
    });
}

#[test]
fn a_closed_handle_is_told_nothing_and_others_are() {
    Host::new().run(|host| {
        let (closed, open_) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        let (_, other) = open("vm", GENERIC_ALL);
        closed.register(other, HcsEventOptionNone);
        open_.register(system, HcsEventOptionNone);
        start(system);
        close_system(other);
        host.raise(event::power_off("vm"));
        host.advance(Duration::from_secs(1));
        assert_eq!(closed.heard(), []);
        assert_eq!(open_.types(), [HcsEventSystemExited]);
        close_system(system);
    });
}

// What can happen to a system

#[test]
fn a_guest_that_powers_off_exits_gracefully_by_itself() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        start(system);
        host.raise_after(Duration::from_secs(3), event::power_off("VM"));
        let heard = listener.next();
        assert_eq!(
            heard.data.unwrap(),
            concat!(
                r#"{"Status":0,"ExitType":"GracefulExit","Attribution":["#,
                r#"{"SystemExit":{"Detail":"Shutdown","Initiator":"GuestOS"}},"#,
                r#"{"WorkerExit":{"ExitCode":0,"Type":"Stopped","Detail":"PowerOff","Initiator":"GuestOS"}}]}"#
            )
        );
        assert_eq!(host.now(), Duration::from_millis(3_075));
        close_system(system);
    });
}

#[test]
fn a_worker_that_dies_ends_its_system_unexpectedly() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        start(system);
        host.raise(event::worker_death("vm").exit_code(7));
        let status = exit_status(&listener.next());
        assert_eq!((status.status, status.exit_type), (HCS_E_UNEXPECTED_EXIT, ExitType::UnexpectedExit));
        let document = wait_for_exit(system, 0).1.unwrap();
        assert!(
            document.contains(r#"{"WorkerExit":{"ExitCode":7,"Detail":"ProcessUnexpectedExit"}}"#),
            "{document}"
        );
        close_system(system);
    });
}

#[test]
fn a_guest_crash_is_told_by_two_events_before_the_exit() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        start(system);
        host.raise(event::guest_crash("vm").crash_parameters([0xD1, 1, 2, 3, 4]));
        let heard: Vec<Heard> = (0..3).map(|_| listener.next()).collect();
        let types: Vec<i32> = heard.iter().map(|it| it.event).collect();
        assert_eq!(types, [HcsEventSystemCrashInitiated, HcsEventSystemCrashReport, HcsEventSystemExited]);
        let report: CrashReport = serde_json::from_str(heard[1].data.as_ref().unwrap()).unwrap();
        assert_eq!((&*report.system_id, report.crash_parameters.as_slice()), ("vm", &[0xD1, 1, 2, 3, 4][..]));
        assert!(
            heard[2].data.as_ref().unwrap().contains(r#"{"GuestCrash":{"CrashParameters":[209,1,2,3,4]}}"#)
        );
        close_system(system);
    });
}

#[test]
fn crashing_a_system_by_call_tells_the_same_events() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        start(system);
        assert_eq!(ask(HcsCrashComputeSystem, system, Some(r#"{"Type":"CrashGuest"}"#)), (S_OK, None));
        let types: Vec<i32> = (0..3).map(|_| listener.next().event).collect();
        assert_eq!(types, [HcsEventSystemCrashInitiated, HcsEventSystemCrashReport, HcsEventSystemExited]);
        close_system(system);
    });
}

#[test]
fn a_triple_fault_ends_the_system_unexpectedly() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        start(system);
        host.raise(event::triple_fault("vm"));
        let document = wait_for_exit(system, INFINITE).1.unwrap();
        assert!(
            document.contains(r#"{"TripleFault":{"ErrorType":0}}"#) && document.contains("UnexpectedExit")
        );
        close_system(system);
    });
}

#[test]
fn a_reset_ends_a_system_that_says_so() {
    Host::new().run(|host| {
        let stays = create("stays", VM);
        let stops = create("stops", r#"{"VirtualMachine":{"StopOnReset":true}}"#);
        start(stays);
        start(stops);
        host.raise(event::reset("stays"));
        host.raise(event::reset("stops"));
        assert_eq!(state_of(stays), State::Running);
        let document = wait_for_exit(stops, INFINITE).1.unwrap();
        assert!(document.contains(r#""Type":"StoppedOnReset","Detail":"Reset""#), "{document}");
        close_system(stays);
        close_system(stops);
    });
}

#[test]
fn a_lost_guest_connection_is_told_and_missed() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", FULL);
        listener.register(system, HcsEventOptionNone);
        start(system);
        host.raise(event::guest_connection_lost("vm"));
        assert_eq!(listener.next().event, HcsEventSystemGuestConnectionClosed);
        let by_guest = Some(r#"{"Mechanism":"GuestConnection"}"#);
        assert_eq!(ask(HcsShutDownComputeSystem, system, by_guest).0, HRESULT_ERROR_NOT_SUPPORTED);
        assert_eq!(state_of(system), State::Running);
        close_system(system);
    });
}

#[test]
fn an_expected_end_closes_the_guest_connection_too() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", FULL);
        listener.register(system, HcsEventOptionNone);
        start(system);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.types(), [HcsEventSystemGuestConnectionClosed, HcsEventSystemExited]);
        close_system(system);
    });
}

#[test]
fn any_event_can_be_told_with_any_data_or_none() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionEnableVmLifecycle | HcsEventOptionEnableLiveMigrationEvents);
        for event in [
            EventType::SystemRdpEnhancedModeStateChanged,
            EventType::SystemSiloJobCreated,
            EventType::GroupVmLifecycle,
            EventType::GroupLiveMigration,
        ] {
            host.raise(event::to_system("vm", event).data(r#"{"X":1}"#));
            let heard = listener.next();
            assert_eq!((heard.event, heard.data.as_deref()), (event.number(), Some(r#"{"X":1}"#)));
        }
        host.raise(event::to_system("vm", EventType::SystemExited)); // NULL data, where clients expect some
        assert_eq!(listener.next().data, None);
        assert_eq!(state_of(system), State::Created); // nothing else happened
        close_system(system);
    });
}

#[test]
fn events_of_groups_are_for_those_who_ask() {
    Host::new().run(|host| {
        let (plain, lifecycle) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        let (_, other) = open("vm", GENERIC_ALL);
        plain.register(system, HcsEventOptionNone);
        lifecycle.register(other, HcsEventOptionEnableVmLifecycle);
        host.raise(event::to_system("vm", EventType::GroupVmLifecycle));
        host.raise(event::to_system("vm", EventType::GroupLiveMigration));
        assert_eq!(plain.heard(), []);
        assert_eq!(lifecycle.types(), [HcsEventGroupVmLifecycle]);
        close_system(other);
        close_system(system);
    });
}

#[test]
fn an_event_for_nobody_is_told_to_the_test() {
    let host = Host::new();
    let report = report_of(&host, || {
        let system = create("vm", VM);
        host.raise(event::power_off("vm")); // it does not run yet
        host.raise(event::worker_death("other"));
        host.raise(event::guest_connection_lost("other"));
        host.raise(event::process_exit("vm", 77, 0));
        host.raise(event::service_return());
        close_system(system);
    })
    .unwrap();
    let sentences: Vec<&str> = report.findings.iter().map(|it| it.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            r#"guest power-off of "vm" happened to nobody: system "vm" is Created: no guest runs in it"#,
            r#"worker death of "other" happened to nobody: there is no system "other"; there is "vm""#,
            r#"guest connection lost of "other" happened to nobody: there is no system "other"; there is "vm""#,
            r#"exit with 0 of process 77 in "vm" happened to nobody: there is no process 77 in a system "vm""#,
            "service return happened to nobody: the service is not away",
        ]
    );
    assert!(report.findings.iter().all(|it| it.kind == FindingKind::EventMissed));
}

// Rules

#[test]
fn a_rule_raises_an_event_when_its_operation_has_completed() {
    Host::new().run(|host| {
        host.when(call::start()).simulate().raising_after(Duration::from_secs(2), event::guest_crash("vm"));
        let system = create("vm", VM);
        start(system);
        assert_eq!(wait_for_exit(system, 1_999).0, HCS_E_OPERATION_TIMEOUT);
        assert_eq!(wait_for_exit(system, 10).0, S_OK);
        close_system(system);
    });
}

#[test]
fn a_rule_loses_the_exit_event() {
    Host::new().run(|host| {
        host.when(call::terminate()).simulate().loses_events();
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(3_600));
        assert_eq!(listener.heard(), []);
        assert_eq!(wait_for_exit(system, 0).0, S_OK); // it has exited all the same
        close_system(system);
    });
}

#[test]
fn a_rule_makes_the_exit_event_late_for_an_earlier_system_of_the_same_id() {
    Host::new().run(|host| {
        host.when(call::terminate()).simulate().event_after(Duration::from_secs(10));
        let (old, new) = (Listener::new(), Listener::new());
        let first = create("vm", VM);
        old.register(first, HcsEventOptionNone);
        ask(HcsTerminateComputeSystem, first, None);
        let second = create("vm", VM); // the id is free again
        new.register(second, HcsEventOptionNone);
        start(second);
        assert_eq!(old.heard(), []);
        assert_eq!(old.next().event, HcsEventSystemExited); // while the new one runs
        assert_eq!(host.now(), Duration::from_millis(10_060));
        assert_eq!(new.heard(), []);
        close_system(first);
        close_system(second);
    });
}

#[test]
fn the_journal_tells_events_to_the_letter_in_every_run() {
    fn run() -> String {
        let host = Host::new();
        host.run(|host| {
            let listener = Listener::new();
            let systems = ["a", "b", "c"].map(|it| create(it, FULL));
            for system in systems {
                listener.register(system, HcsEventOptionEnableOperationCallbacks);
                start(system);
            }
            host.raise(event::guest_crash("b"));
            host.raise(event::power_off("c"));
            host.raise_after(Duration::from_millis(1), event::worker_death("a"));
            host.advance(Duration::from_secs(1));
            systems.into_iter().for_each(close_system);
            host.journal().to_string()
        })
    }
    let first = run();
    assert!(
        first.contains("event SystemCrashReport(system#2) -> callback enters, {\"SystemId\":\"b\""),
        "{first}"
    );
    for _ in 0..10 {
        assert_eq!(run(), first);
    }
}
