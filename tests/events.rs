//! Events of compute systems: who is told what, when, how often, and what closing does.
//! Not here: events of processes (`process_events`), of live migration (`migration`), the end of the service (`disconnect`).

mod support;

use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{
    CrashReport, EventType, ExitType, FindingKind, Host, Hresult, NullCallback, SecondRegistration,
    SystemExitStatus, call, event,
};
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
            r#"worker death of "other" happened to nobody: there is no system "other""#,
            r#"guest connection lost of "other" happened to nobody: there is no system "other""#,
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

// Registering

#[test]
fn a_second_callback_takes_the_place_of_the_first_or_is_refused() {
    Host::new().run(|host| {
        let (first, second) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        assert_eq!(first.register(system, HcsEventOptionNone), S_OK);
        assert_eq!(second.register(system, HcsEventOptionNone), S_OK);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!((first.types().len(), second.types().len()), (0, 1));
        close_system(system);
    });
    let refuses = |it: &mut hcs_sim::Behavior| it.second_registration = SecondRegistration::Refuse;
    Host::builder().behavior(refuses).run(|host| {
        let (first, second) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        assert_eq!(first.register(system, HcsEventOptionNone), S_OK);
        assert_eq!(second.register(system, HcsEventOptionNone), HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!((first.types().len(), second.types().len()), (1, 0));
        close_system(system);
    });
}

#[test]
fn a_callback_that_replaces_another_after_the_exit_is_told_the_exit() {
    Host::new().run(|host| {
        let (first, second) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        first.register(system, HcsEventOptionNone);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        second.register(system, HcsEventOptionNone);
        assert_eq!(second.next().event, HcsEventSystemExited); // once per registration
        assert_eq!(first.types(), [HcsEventSystemExited]);
        close_system(system);
    });
}

#[test]
fn a_null_callback_is_refused_or_ends_the_registration() {
    // SAFETY: nothing is registered.
    let clear = |system| unsafe { HcsSetComputeSystemCallback(system, 0, std::ptr::null(), None) };
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        assert_eq!(clear(system), E_INVALIDARG);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.types().len(), 1);
        close_system(system);
    });
    Host::builder().behavior(|it| it.null_callback = NullCallback::Clear).run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        assert_eq!(clear(system), S_OK);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.types().len(), 0);
        close_system(system);
    });
}

#[test]
fn options_that_nothing_defines_are_refused() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        for bad in [8, -1, 0x100] {
            assert_eq!(listener.register(system, bad), E_INVALIDARG);
        }
        assert_eq!(listener.register(system, 7), S_OK);
        close_system(system);
    });
}

// Completions as events

#[test]
fn a_completion_is_told_as_an_event_with_its_result_document() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = operation();
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        let heard = listener.next();
        assert_eq!((heard.event, heard.operation), (HcsEventOperationCallback, operation as usize));
        let (code, document) = result(operation);
        assert_eq!((code, &document), (S_OK, &heard.data));
        assert!(document.is_some());
        // a failure's document comes likewise
        assert_eq!(call(HcsResumeComputeSystem, system, operation, None), S_OK);
        let heard = listener.next();
        assert_eq!(result(operation), (HCS_E_INVALID_STATE, heard.data));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_operation_with_a_callback_of_its_own_is_refused_on_such_a_handle() {
    unsafe extern "system" fn never(_: HCS_OPERATION, _: *const c_void) {}
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        let (_, other) = open("vm", GENERIC_ALL);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = operation_with(std::ptr::null(), Some(never));
        let refused = HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET;
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), refused);
        assert_eq!(operation_type(operation), HcsOperationTypeNone);
        // another handle has no such callback
        assert_eq!(call(HcsStartComputeSystem, other, operation, None), S_OK);
        assert_eq!(wait(operation).0, S_OK);
        close_operation(operation);
        assert_eq!(listener.heard(), []); // nor was its completion told
        close_system(other);
        close_system(system);
    });
}

#[test]
fn a_completion_from_before_the_registration_is_told_then() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        host.advance(Duration::from_secs(1)); // it has completed
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let heard = listener.next();
        assert_eq!((heard.event, heard.operation), (HcsEventOperationCallback, operation as usize));
        close_operation(operation);
        close_system(system);
    });
    Host::builder().behavior(|it| it.early_completions = false).run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        host.advance(Duration::from_secs(1));
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_completion_that_was_fetched_before_the_registration_is_not_told_again() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        assert_eq!(wait(operation).0, S_OK);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_completion_of_a_closed_operation_is_not_told() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        close_operation(operation);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        assert_eq!(state_of(system), State::Running);
        close_system(system);
    });
}

/// Closes the operation that it is told of, after asking it for its system.
unsafe extern "system" fn close_what_completed(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context is a sender that outlives it.
    let (event, sender) = unsafe { (&*event, &*context.cast::<Sender<usize>>()) };
    if event.Type == HcsEventOperationCallback {
        let system = system_of(event.Operation) as usize;
        close_operation(event.Operation);
        let _ = sender.send(system);
    }
}

#[test]
fn an_operation_can_be_closed_in_the_event_callback_that_tells_of_it() {
    Host::new().run(|_| {
        let (sender, receiver) = channel::<usize>();
        let system = create("vm", VM);
        let options = HcsEventOptionEnableOperationCallbacks;
        // SAFETY: the sender outlives the registration.
        let code = unsafe {
            HcsSetComputeSystemCallback(
                system,
                options,
                (&raw const sender).cast(),
                Some(close_what_completed),
            )
        };
        assert_eq!(code, S_OK);
        assert_eq!(call(HcsStartComputeSystem, system, operation(), None), S_OK); // never stored
        assert_eq!(receiver.recv().unwrap(), system as usize);
        close_system(system);
    });
}

// Closing

/// Waits for a lock that the thread which closes holds.
unsafe extern "system" fn lock(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the mutex outlives the registration.
    let mutex = unsafe { &*context.cast::<Mutex<u32>>() };
    *mutex.lock().unwrap() += 1;
}

#[test]
fn a_close_that_waits_for_a_callback_which_cannot_return_is_told_with_both_places() {
    let host = Host::builder().patience(Duration::from_millis(30)).build();
    let mutex = Mutex::new(0u32);
    let report = report_of(&host, || {
        let system = create("vm", VM);
        // SAFETY: the mutex outlives the host's callbacks.
        let code = unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const mutex).cast(), Some(lock)) };
        assert_eq!(code, S_OK);
        start(system);
        let held = mutex.lock().unwrap();
        host.raise(event::power_off("vm"));
        host.advance(Duration::from_secs(1)); // the callback enters, and waits for the lock
        close_system(system); // and this for the callback
        drop(held);
    })
    .unwrap();
    let finding = &report.findings[0];
    assert_eq!(finding.kind, FindingKind::StuckWait);
    assert_eq!(finding.sentence, r#"HcsCloseComputeSystem(system#1 "vm") can never return"#);
    let fact = |label| finding.facts.iter().find(|it| it.0 == label).map(|it| it.1.as_str()).unwrap();
    // support/mod.rs makes both calls of the tests; what matters is that the client's lines are named
    assert!(fact("closing here").contains("tests/support/mod.rs:"), "{}", fact("closing here"));
    assert!(fact("closing here").contains(r#"thread "main""#));
    assert!(fact("registered").contains("tests/events.rs:"), "{}", fact("registered"));
    assert!(fact("waits for").starts_with("the callback of system#1, told SystemExited, running since t=0."));
    while *mutex.lock().unwrap() == 0 {
        std::thread::yield_now(); // the callback returns once it can
    }
}

/// Closes the system whose event it is told.
unsafe extern "system" fn close_own(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context is a sender and a handle that outlive it.
    let (event, (sender, system)) = unsafe { (&*event, &*context.cast::<(Sender<i32>, Sent)>()) };
    close_system(system.get());
    let _ = sender.send(event.Type);
}

#[test]
fn a_close_in_the_handles_own_callback_is_told_and_returns() {
    let host = Host::new();
    let report = report_of(&host, || {
        let (sender, receiver) = channel::<i32>();
        let system = create("vm", VM);
        let context = Box::new((sender, Sent::new(system)));
        // SAFETY: the context outlives the registration.
        let code =
            unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const *context).cast(), Some(close_own)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::power_off("vm"));
        assert_eq!(receiver.recv().unwrap(), HcsEventSystemExited);
        host.advance(Duration::from_secs(1));
    })
    .unwrap();
    assert_eq!(report.findings.len(), 1, "{report}");
    let text = report.to_string();
    assert!(text.contains(r#"HcsCloseComputeSystem(system#1 "vm") can never return"#), "{text}");
    assert!(text.contains("it is called inside of that callback"), "{text}");
}

/// Says when it begins and when it ends, and makes calls in between.
unsafe extern "system" fn take_long(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context is a sender that outlives it.
    let (event, sender) = unsafe { (&*event, &*context.cast::<Sender<(i32, bool)>>()) };
    let _ = sender.send((event.Type, true));
    let operation = operation();
    for _ in 0..1_000 {
        operation_type(operation);
    }
    close_operation(operation);
    let _ = sender.send((event.Type, false));
}

#[test]
fn events_of_one_handle_are_told_one_after_the_other() {
    Host::new().run(|host| {
        let (sender, receiver) = channel::<(i32, bool)>();
        let system = create("vm", FULL);
        // SAFETY: the sender outlives the registration.
        let code =
            unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const sender).cast(), Some(take_long)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::guest_crash("vm"));
        host.advance(Duration::from_secs(1));
        let order: Vec<(i32, bool)> = receiver.try_iter().collect();
        let expected = [
            HcsEventSystemCrashInitiated,
            HcsEventSystemCrashReport,
            HcsEventSystemGuestConnectionClosed,
            HcsEventSystemExited,
        ];
        assert_eq!(order, expected.map(|it| [(it, true), (it, false)]).concat());
        close_system(system);
    });
}

/// Waits until a second callback has entered beside this one.
unsafe extern "system" fn meet(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the barrier outlives the registration.
    unsafe { &*context.cast::<std::sync::Barrier>() }.wait();
}

#[test]
fn events_of_one_handle_may_be_told_side_by_side() {
    Host::builder().behavior(|it| it.concurrent_events = true).run(|host| {
        let barrier = std::sync::Barrier::new(2);
        let system = create("vm", FULL);
        // SAFETY: the barrier outlives the registration.
        let code = unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const barrier).cast(), Some(meet)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::guest_crash("vm")); // four events: two pairs that meet
        host.advance(Duration::from_secs(1));
        close_system(system);
    });
}

#[test]
fn a_callback_may_use_hcs_while_it_runs() {
    /// Terminates the system that has crashed, and waits.
    unsafe extern "system" fn terminate(event: *const HCS_EVENT, context: *const c_void) {
        // SAFETY: the event is valid during the call, and the context is a sender and a handle that outlive it.
        let (event, (sender, system)) = unsafe { (&*event, &*context.cast::<(Sender<Hresult>, Sent)>()) };
        if event.Type == HcsEventSystemGuestConnectionClosed {
            let _ = sender.send(ask(HcsTerminateComputeSystem, system.get(), None).0);
        }
    }
    Host::new().run(|host| {
        let (sender, receiver) = channel::<Hresult>();
        let system = create("vm", FULL);
        let context = Box::new((sender, Sent::new(system)));
        // SAFETY: the context outlives the registration.
        let code =
            unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const *context).cast(), Some(terminate)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::guest_connection_lost("vm"));
        assert_eq!(receiver.recv().unwrap(), S_OK);
        assert_eq!(wait_for_exit(system, INFINITE).0, S_OK);
        close_system(system);
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
