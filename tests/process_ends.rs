//! How processes end: killed, signalled, with their system; and what is asked of them afterwards.
//! Not here: what guest programs do with signals (`guests`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, call, program};
use support::processes::*;
use support::*;

// Killing and signalling

#[test]
fn a_killed_process_exits_with_1067() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(kill(started.process), (S_OK, None));
        assert_eq!(exit_code(started.process), 1067);
        started.close();
        close_system(system);
    });
    let host = Host::builder().behavior(|it| it.killed_exit_code = 137).build();
    host.run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        // an empty text stands for NULL
        assert_eq!(ask_process(HcsTerminateProcess, started.process, Some("")), (S_OK, None));
        assert_eq!(exit_code(started.process), 137);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_second_kill_finds_the_process_stopped() {
    for (code, host) in [
        (HCS_E_PROCESS_ALREADY_STOPPED, Host::new()),
        (E_ACCESSDENIED, Host::builder().behavior(|it| it.second_kill = E_ACCESSDENIED).build()),
    ] {
        host.run(|host| {
            host.canned("tool", program::runs_until_terminated());
            let system = running("box");
            let started = start_process(system, NO_PIPES);
            assert_eq!(kill(started.process).0, S_OK);
            assert_eq!(kill(started.process).0, code);
            started.close();
            close_system(system);
        });
    }
}

#[test]
fn requests_on_an_exited_process_find_it_stopped() {
    Host::new().run(|host| {
        host.program("tool", |_| 0);
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        exit_code(started.process);
        assert_eq!(signal(started.process, r#"{"Signal":"CtrlC"}"#).0, HCS_E_PROCESS_ALREADY_STOPPED);
        let close = r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#;
        assert_eq!(modify_process(started.process, close).0, HCS_E_PROCESS_ALREADY_STOPPED);
        assert_eq!(process_info(started.process).0, HCS_E_PROCESS_ALREADY_STOPPED);
        started.close();
        close_system(system);
    });
}

#[test]
fn information_about_an_exited_process_may_not_be_found() {
    Host::builder().behavior(|it| it.exited_process_info = HRESULT_ERROR_NOT_FOUND).run(|host| {
        host.program("tool", |_| 0);
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        exit_code(started.process);
        assert_eq!(process_info(started.process).0, HRESULT_ERROR_NOT_FOUND);
        started.close();
        close_system(system);
    });
}

#[test]
fn the_information_races_with_the_exit() {
    Host::new().run(|host| {
        host.program("tool", |_| 0);
        let system = running("box");
        let started = start_process(system, NO_PIPES); // and it has exited by now
        let operation = operation();
        // SAFETY: any handle value is recognised.
        assert_eq!(unsafe { HcsGetProcessInfo(started.process, operation) }, S_OK); // accepted all the same
        assert_eq!(wait_with_info(operation).0, HCS_E_PROCESS_ALREADY_STOPPED);
        close_operation(operation);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_signal_ends_a_program_that_does_not_catch_it() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        for (options, expected) in [
            (Some(r#"{"Signal":"CtrlC"}"#), 0xC000_013A),
            (Some(r#"{"Signal":"CtrlShutdown"}"#), 0xC000_013A),
            (None, 0xC000_013A), // Ctrl-C
            (Some(r#"{"Signal":15}"#), 143),
            (Some(r#"{"Signal":9}"#), 137),
        ] {
            let started = start_process(system, NO_PIPES);
            assert_eq!(ask_process(HcsSignalProcess, started.process, options), (S_OK, None));
            assert_eq!(exit_code(started.process), expected, "{options:?}");
            started.close();
        }
        close_system(system);
    });
}

#[test]
fn a_signal_that_does_not_exist_fails_the_operation() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        for bad in [r#"{"Signal":"SIGTERM"}"#, r#"{"signal":"CtrlC"}"#, "[]"] {
            assert_eq!(signal(started.process, bad).0, HCS_E_INVALID_JSON, "{bad}");
        }
        assert_eq!(wait_for_process(started.process, 0).0, HCS_E_OPERATION_TIMEOUT);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_change_of_the_wrong_shape_fails_the_operation() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        let wrong = r#"{"Operation":"CloseHandle","Handle":"StdIn"}"#; // a known mistake of clients
        assert_eq!(modify_process(started.process, wrong).0, HCS_E_INVALID_JSON);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_signal_waits_for_the_one_before_it_on_the_same_system_handle() {
    Host::new().run(|host| {
        let gate = host.when(call::to(hcs_sim::Export::HcsSignalProcess)).simulate().hold();
        host.program("tool", |guest| {
            guest.catch_signals();
            guest.next_signal();
            5
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let (first, second) = (operation(), operation());
        assert_eq!(call(HcsSignalProcess, started.process, first, Some(r#"{"Signal":"CtrlC"}"#)), S_OK);
        // The kill is stuck behind the signal ..
        assert_eq!(call(HcsTerminateProcess, started.process, second, None), S_OK);
        assert_eq!(wait_for(second, 60_000).0, HCS_E_OPERATION_TIMEOUT);
        // .. and goes through by another handle of the system.
        let (_, other) = open("box", GENERIC_ALL);
        let (_, killer) = open_process(other, started.info.ProcessId);
        assert_eq!(kill(killer).0, S_OK);
        assert_eq!(exit_code(started.process), 1067);
        assert_eq!(wait(second).0, HCS_E_PROCESS_ALREADY_STOPPED);
        gate.release();
        assert_eq!(wait(first).0, HCS_E_PROCESS_ALREADY_STOPPED);
        close_operation(first);
        close_operation(second);
        close_process(killer);
        close_system(other);
        started.close();
        close_system(system);
    });
}

#[test]
fn signals_that_wait_go_on_in_their_order() {
    Host::new().run(|host| {
        let signals = call::to(hcs_sim::Export::HcsSignalProcess);
        host.when(signals).simulate().after(Duration::from_secs(1));
        host.program("tool", |guest| {
            let caught = [guest.next_signal(), guest.next_signal()];
            u32::from(caught == [hcs_sim::Signal::CtrlBreak, hcs_sim::Signal::CtrlC])
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let began = host.now();
        let (first, second) = (operation(), operation());
        assert_eq!(call(HcsSignalProcess, started.process, first, Some(r#"{"Signal":"CtrlBreak"}"#)), S_OK);
        assert_eq!(call(HcsSignalProcess, started.process, second, Some(r#"{"Signal":"CtrlC"}"#)), S_OK);
        assert_eq!(wait(second).0, S_OK);
        assert_eq!(host.now() - began, Duration::from_secs(2)); // one after the other
        assert_eq!(exit_code(started.process), 1);
        close_operation(first);
        close_operation(second);
        started.close();
        close_system(system);
    });
}

// The end of the system

#[test]
fn processes_end_with_their_system() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let pending = operation();
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        assert_eq!(exit_code(started.process), 1067);
        assert_eq!(call(HcsSignalProcess, started.process, pending, None), S_OK);
        assert_eq!(wait(pending).0, HCS_E_PROCESS_ALREADY_STOPPED);
        assert_eq!(open_process(system, started.info.ProcessId).0, HRESULT_ERROR_NOT_FOUND);
        close_operation(pending);
        started.close();
        close_system(system);
    });
}

#[test]
fn process_handles_may_answer_that_the_system_has_stopped() {
    let behaves = |it: &mut hcs_sim::Behavior| it.process_after_system_exit = HCS_E_SYSTEM_ALREADY_STOPPED;
    Host::builder().behavior(behaves).run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        assert_eq!(kill(started.process).0, HCS_E_SYSTEM_ALREADY_STOPPED);
        assert_eq!(process_info(started.process).0, HCS_E_SYSTEM_ALREADY_STOPPED);
        started.close();
        close_system(system);
    });
}

#[test]
fn requests_on_a_process_that_are_pending_when_the_system_exits_fail() {
    Host::new().run(|host| {
        let slow = Duration::from_secs(100);
        host.when(call::to(hcs_sim::Export::HcsModifyProcess)).simulate().after(slow);
        host.when(call::create_process().nth(2)).simulate().after(slow);
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let (modify, create) = (operation(), operation());
        let resize = r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":1,"Width":2}}"#;
        assert_eq!(call(HcsModifyProcess, started.process, modify, Some(resize)), S_OK);
        let (_, unborn) = create_process_call(system, NO_PIPES, create);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        assert_eq!(wait(modify).0, HCS_E_PROCESS_ALREADY_STOPPED);
        assert_eq!(wait(create).0, HCS_E_TERMINATED);
        assert!(host.now() < slow);
        close_operation(modify);
        close_operation(create);
        close_process(unborn);
        started.close();
        close_system(system);
    });
}
