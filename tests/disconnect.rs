//! The compute service goes away and comes back: pending operations, handles, callbacks, waiting threads.
//! Not here: other events (`events`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{ExitType, FindingKind, Host, Hresult, SystemExitStatus, call, event, program};
use support::listeners::*;
use support::processes::*;
use support::states::*;
use support::*;

const STALE: Hresult = HRESULT_RPC_X_SS_IN_NULL_CONTEXT;

#[test]
fn pending_operations_fail_when_the_service_goes() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        host.raise(event::service_disconnect());
        let (code, document) = result(operation);
        assert_eq!(code, HCS_E_SERVICE_DISCONNECT);
        assert!(document.is_some());
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn systems_and_processes_are_told_without_data() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let (of_system, of_process) = (Listener::new(), Listener::new());
        let system = running("box");
        of_system.register(system, HcsEventOptionNone);
        let started = start_process(system, NO_PIPES);
        of_process.register_process(started.process, HcsEventOptionNone);
        host.raise_after(Duration::from_secs(1), event::service_disconnect());
        for listener in [&of_system, &of_process] {
            let heard = listener.next();
            assert_eq!((heard.event, heard.data), (HcsEventServiceDisconnect, None));
        }
        started.close();
        close_system(system);
        assert_eq!((of_system.heard(), of_process.heard()), (vec![], vec![])); // once
    });
}

#[test]
fn nothing_can_be_asked_while_the_service_is_away() {
    Host::new().run(|host| {
        let kept = operation();
        host.raise(event::service_disconnect());
        assert_eq!(open("vm", GENERIC_ALL).0, HCS_E_SERVICE_NOT_AVAILABLE);
        let (code, system) = create_call("vm", VM, kept);
        assert_eq!((code, system.is_null()), (HCS_E_SERVICE_NOT_AVAILABLE, true));
        // SAFETY: NULL asks for everything.
        let code = unsafe { HcsEnumerateComputeSystems(std::ptr::null(), kept) };
        assert_eq!(code, HCS_E_SERVICE_NOT_AVAILABLE);
        let mut document = std::ptr::null_mut();
        // SAFETY: the out pointer is valid.
        let code = unsafe { HcsGetServiceProperties(std::ptr::null(), &mut document) };
        assert_eq!((code, document.is_null()), (HCS_E_SERVICE_NOT_AVAILABLE.as_i32(), true));
        // operations are the client's own
        assert_eq!(result(kept).0, HCS_E_OPERATION_NOT_STARTED);
        close_operation(kept);
        close_operation(operation());
    });
}

#[test]
fn handles_from_before_stay_stale_when_the_service_is_back() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        host.raise(event::service_disconnect());
        let operation = operation();
        for back in [false, true] {
            if back {
                host.raise(event::service_return());
            }
            assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), STALE);
            assert_eq!(call(HcsTerminateProcess, started.process, operation, None), STALE);
            assert_eq!(wait_for_exit(system, INFINITE).0, STALE);
            assert_eq!(wait_for_process(started.process, INFINITE).0, STALE);
            assert_eq!(Listener::new().register(system, 0), STALE);
            assert_eq!(open_process(system, started.info.ProcessId).0, STALE);
        }
        // The system has gone on, and a new handle reaches it and its processes.
        let (code, again) = open("box", GENERIC_ALL);
        assert_eq!(code, S_OK);
        assert_eq!(state_of(again), State::Running);
        let (code, process) = open_process(again, started.info.ProcessId);
        assert_eq!(code, S_OK);
        assert_eq!(kill(process).0, S_OK);
        close_process(process);
        close_operation(operation);
        started.close();
        close_system(system);
        close_system(again);
    });
}

#[test]
fn which_code_a_stale_handle_answers_is_a_switch() {
    Host::builder().behavior(|it| it.stale_handle = E_HANDLE).run(|host| {
        let system = create("vm", VM);
        host.raise(event::service_disconnect());
        assert_eq!(wait_for_exit(system, 0).0, E_HANDLE);
        close_system(system);
    });
}

#[test]
fn a_system_that_ends_with_its_last_handle_ends_with_the_service() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", r#"{"ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{}}"#);
        listener.register(system, HcsEventOptionNone);
        start(system);
        host.raise(event::service_disconnect());
        host.raise(event::service_return());
        assert_eq!(open("vm", GENERIC_ALL).0, HCS_E_SYSTEM_NOT_FOUND);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.types(), [HcsEventServiceDisconnect]); // nobody is left to tell its exit
        close_system(system);
    });
}

#[test]
fn a_service_that_is_stopped_ends_its_systems_and_says_so_first() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        start(system);
        host.raise(event::service_stop());
        let heard = listener.next();
        let status: SystemExitStatus = serde_json::from_str(heard.data.as_ref().unwrap()).unwrap();
        assert_eq!(status.exit_type, ExitType::ForcedExit);
        assert!(heard.data.unwrap().contains(r#""Detail":"ServiceStop""#));
        assert_eq!(listener.next().event, HcsEventServiceDisconnect);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        close_system(system);
    });
}

#[test]
fn threads_that_wait_for_an_exit_are_released() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        host.raise_after(Duration::from_secs(9), event::service_disconnect());
        assert_eq!(wait_for_exit(system, INFINITE).0, HCS_E_SERVICE_DISCONNECT);
        assert_eq!(host.now().as_secs(), 9);
        started.close();
        close_system(system);
    });
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        host.raise_after(Duration::from_secs(9), event::service_disconnect());
        assert_eq!(wait_for_process(started.process, INFINITE).0, HCS_E_SERVICE_DISCONNECT);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_create_that_was_on_its_way_leaves_nothing_behind() {
    Host::new().run(|host| {
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        host.raise(event::service_disconnect());
        assert_eq!(wait(operation).0, HCS_E_SERVICE_DISCONNECT);
        host.raise(event::service_return());
        assert_eq!(open("vm", GENERIC_ALL).0, HCS_E_SYSTEM_NOT_FOUND);
        close_system(system);
        close_system(create("vm", VM)); // the id is free
        close_operation(operation);
    });
}

#[test]
fn what_never_completes_does_not_complete_by_a_disconnect() {
    Host::new().run(|host| {
        host.when(call::start()).never_completes();
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        host.raise(event::service_disconnect());
        assert_eq!(wait_for(operation, 1_000).0, HCS_E_OPERATION_TIMEOUT);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn the_service_goes_and_comes_any_number_of_times() {
    let host = Host::new();
    let found = findings_of(&host, || {
        for _ in 0..3 {
            let system = create("vm", VM);
            host.raise(event::service_stop());
            host.raise(event::service_return());
            assert_eq!(wait_for_exit(system, 0).0, STALE);
            close_system(system);
        }
        host.raise(event::service_disconnect());
        host.raise(event::service_disconnect()); // it is away already
    });
    assert_eq!(found, [FindingKind::EventMissed]);
}

#[test]
fn handles_from_before_are_told_nothing_any_more() {
    Host::new().run(|host| {
        let (old, new) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        old.register(system, HcsEventOptionNone);
        start(system);
        host.raise(event::service_disconnect());
        host.raise(event::service_return());
        let (_, again) = open("vm", GENERIC_ALL);
        new.register(again, HcsEventOptionNone);
        host.raise(event::power_off("vm"));
        host.advance(Duration::from_secs(1));
        assert_eq!(old.types(), [HcsEventServiceDisconnect]);
        assert_eq!(new.types(), [HcsEventSystemExited]);
        close_system(system);
        close_system(again);
    });
}
