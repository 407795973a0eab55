//! Events of processes: the exit, on the process's own callbacks.
//! Not here: events of systems (`events`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{EventType, Host, call, event, program};
use support::listeners::*;
use support::processes::*;
use support::*;

#[test]
fn an_exit_is_told_to_the_process_and_never_to_the_system() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.sleep(Duration::from_secs(1));
            42
        });
        let (of_system, of_process) = (Listener::new(), Listener::new());
        let system = running("box");
        of_system.register(system, HcsEventOptionNone);
        let started = start_process(system, NO_PIPES);
        assert_eq!(of_process.register_process(started.process, HcsEventOptionNone), S_OK);
        let heard = of_process.next();
        assert_eq!(heard.event, HcsEventProcessExited);
        assert_eq!(heard.data, wait_for_process(started.process, 0).1);
        host.advance(Duration::from_secs(1));
        assert_eq!(of_system.heard(), []);
        assert_eq!(of_process.heard(), []); // once
        started.close();
        close_system(system);
    });
}

#[test]
fn a_registration_after_the_exit_of_a_process_is_told_it_too() {
    Host::new().run(|host| {
        host.program("tool", |_| 1);
        let listener = Listener::new();
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        exit_code(started.process);
        host.advance(Duration::from_secs(1));
        listener.register_process(started.process, HcsEventOptionNone);
        assert_eq!(listener.next().event, HcsEventProcessExited);
        started.close();
        close_system(system);
    });
}

#[test]
fn each_handle_of_a_process_has_a_callback_of_its_own() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let (first, second) = (Listener::new(), Listener::new());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let (_, other) = open_process(system, started.info.ProcessId);
        first.register_process(started.process, HcsEventOptionNone);
        second.register_process(other, HcsEventOptionNone);
        assert_eq!(kill(other).0, S_OK);
        assert_eq!(first.heard(), []); // a kill completes before the exit is told
        host.advance(Duration::from_secs(1));
        assert_eq!(first.types(), [HcsEventProcessExited]);
        assert_eq!(second.types(), [HcsEventProcessExited]);
        close_process(other);
        started.close();
        close_system(system);
    });
}

#[test]
fn closing_a_process_handle_ends_its_events() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let listener = Listener::new();
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        listener.register_process(started.process, HcsEventOptionNone);
        kill(started.process);
        started.close();
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        close_system(system);
    });
}

#[test]
fn completions_of_a_process_are_told_as_events_to_those_who_ask() {
    unsafe extern "system" fn never(_: HCS_OPERATION, _: *const std::ffi::c_void) {}
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let listener = Listener::new();
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        listener.register_process(started.process, HcsEventOptionEnableOperationCallbacks);
        let operation = operation();
        assert_eq!(call(HcsGetProcessProperties, started.process, operation, None), S_OK);
        let heard = listener.next();
        assert_eq!((heard.event, heard.operation), (HcsEventOperationCallback, operation as usize));
        assert_eq!(result(operation).1, heard.data);
        close_operation(operation);
        let own = operation_with(std::ptr::null(), Some(never));
        let refused = HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET;
        assert_eq!(call(HcsTerminateProcess, started.process, own, None), refused);
        close_operation(own);
        started.close();
        close_system(system);
    });
}

#[test]
fn the_create_of_a_process_is_told_on_the_system_it_was_asked_of() {
    Host::new().run(|host| {
        host.program("tool", |_| 0);
        let listener = Listener::new();
        let system = running("box");
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = operation();
        let (code, process) = create_process_call(system, NO_PIPES, operation);
        assert_eq!(code, S_OK);
        let heard = listener.next();
        assert_eq!((heard.event, heard.operation), (HcsEventOperationCallback, operation as usize));
        close_operation(operation);
        close_process(process);
        close_system(system);
    });
}

#[test]
fn exits_with_the_system_are_told_or_never_come() {
    for (told, host) in [
        (1, Host::new()),
        (0, Host::builder().behavior(|it| it.process_events_at_system_exit = false).build()),
    ] {
        host.run(|host| {
            host.canned("tool", program::runs_until_terminated());
            let listener = Listener::new();
            let system = running("box");
            let started = start_process(system, NO_PIPES);
            listener.register_process(started.process, HcsEventOptionNone);
            ask(HcsTerminateComputeSystem, system, None);
            host.advance(Duration::from_secs(1));
            assert_eq!(listener.types().len(), told);
            started.close();
            close_system(system);
        });
    }
}

#[test]
fn a_rule_loses_or_delays_the_exit_event_of_a_process() {
    Host::new().run(|host| {
        host.when(call::create_process().nth(1)).simulate().loses_events();
        host.when(call::create_process().nth(2)).simulate().event_after(Duration::from_secs(60));
        host.program("tool", |_| 0);
        let (lost, late) = (Listener::new(), Listener::new());
        let system = running("box");
        let first = start_process(system, NO_PIPES);
        let second = start_process(system, NO_PIPES);
        lost.register_process(first.process, HcsEventOptionNone);
        late.register_process(second.process, HcsEventOptionNone);
        host.advance(Duration::from_secs(59));
        assert_eq!(late.heard(), []);
        host.advance(Duration::from_secs(1));
        assert_eq!(late.types(), [HcsEventProcessExited]);
        assert_eq!(lost.heard(), []);
        first.close();
        second.close();
        close_system(system);
    });
}

#[test]
fn a_test_ends_a_process_and_tells_its_callbacks_anything() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let listener = Listener::new();
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let pid = started.info.ProcessId;
        listener.register_process(started.process, HcsEventOptionNone);
        host.raise(event::to_process("box", pid, EventType::ServiceDisconnect));
        let heard = listener.next();
        assert_eq!((heard.event, heard.data), (HcsEventServiceDisconnect, None));
        host.raise_at(host.now() + Duration::from_secs(5), event::process_exit("box", pid, 99));
        assert_eq!(exit_code(started.process), 99);
        assert_eq!(listener.next().event, HcsEventProcessExited);
        started.close();
        close_system(system);
    });
}
