//! Processes: created, opened, asked, waited for.
//! Not here: how they end (`process_ends`), what guest programs can do (`guests`), their pipes (`pipes`), their events.

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host, call, program};
use support::processes::*;
use support::states::*;
use support::*;

#[test]
fn a_process_handle_comes_with_the_call_and_its_id_with_the_operation() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let operation = operation();
        let (code, process) = create_process_call(system, NO_PIPES, operation);
        assert_eq!(code, S_OK);
        assert!(!process.is_null());
        assert_eq!(result(operation).0, HCS_E_OPERATION_PENDING);
        let (code, info, document) = wait_with_info(operation);
        assert_eq!((code, document), (S_OK, None));
        assert!(info.ProcessId > 0);
        assert!(info.StdInput.is_null() && info.StdOutput.is_null() && info.StdError.is_null());
        close_operation(operation);
        close_process(process);
        close_system(system);
    });
}

#[test]
fn a_command_that_nobody_provided_fails_through_the_operation() {
    Host::new().run(|host| {
        host.program(program::command_line("tool").user("root"), |_| 0);
        let system = running("box");
        let (code, started) = try_start_process(system, NO_PIPES);
        assert_eq!(code, HRESULT_ERROR_FILE_NOT_FOUND);
        assert_eq!(started.info.ProcessId, 0);
        let journal = host.journal().to_string();
        assert!(
            journal.contains(r#"the nearest is the one for command "tool", user "root", but user: expected "root", got "none""#),
            "{journal}"
        );
        // Only the handle is left, and it is good for closing.
        assert_eq!(process_info(started.process).0, HRESULT_ERROR_NOT_FOUND);
        started.close();
        close_system(system);
    });
}

#[test]
fn the_first_program_that_matches_runs() {
    Host::new().run(|host| {
        host.program(program::starting_with("sh -c").user("root"), |_| 1);
        host.program(program::any().environment("MODE", "fast"), |_| 2);
        host.program(program::any().application("TOOL.EXE").working_directory(r"C:\work"), |_| 3);
        host.program(program::any().matching("wants a restricted token", |it| it.restricted_token), |_| 4);
        host.program(program::any().system("other"), |_| 5);
        host.program("sh -c ls", |_| 6);
        let system = running("box");
        for (parameters, expected) in [
            (r#"{"CommandLine":"sh -c ls","User":"Root"}"#, 1),
            (r#"{"CommandLine":"sh -c ls","Environment":{"MODE":"fast"}}"#, 2),
            (r#"{"ApplicationName":"tool.exe","WorkingDirectory":"c:\\WORK"}"#, 3),
            (r#"{"CommandLine":"x","RestrictedToken":true}"#, 4),
            (r#"{"CommandArgs":["sh","-c","ls"]}"#, 6),
        ] {
            let started = start_process(system, parameters);
            assert_eq!(exit_code(started.process), expected, "{parameters}");
            started.close();
        }
        close_system(system);
    });
}

#[test]
fn a_panic_in_a_matching_closure_is_told_and_means_no() {
    let host = Host::new();
    let report = report_of(&host, || {
        host.program(program::any().matching("breaks", |_| panic!("not this one")), |_| 1);
        host.program("tool", |_| 2);
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(exit_code(started.process), 2);
        started.close();
        close_system(system);
    })
    .unwrap();
    assert_eq!(report.findings[0].kind, FindingKind::RulePanicked);
    assert_eq!(report.findings[0].sentence, "the closure of the program for any command, breaks panicked");
}

#[test]
fn parameters_that_are_not_valid_fail_the_operation() {
    Host::new().run(|host| {
        host.program(program::any(), |_| 0);
        let system = running("box");
        for bad in ["", "{", "[]", r#"{"CommandLine":7}"#, r#"{"Commandline":"x"}"#, r#"{"ConsoleSize":[1]}"#]
        {
            let operation = operation();
            let (code, process) = create_process_call(system, bad, operation);
            assert_eq!(code, S_OK);
            let (code, document) = wait(operation);
            assert_eq!(code, HCS_E_INVALID_JSON, "{bad}");
            assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11001);
            close_operation(operation);
            close_process(process);
        }
        close_system(system);
    });
}

#[test]
fn parameters_of_linux_containers_are_accepted() {
    Host::new().run(|host| {
        host.program(program::command_line("sh -c true"), |guest| {
            assert_eq!(guest.parameters().oci_process.as_ref().unwrap()["cwd"], "/tmp");
            assert!(guest.parameters().create_in_utility_vm);
        });
        let system = running("box");
        for parameters in [
            r#"{"OCISpecification":{"root":{}},"OCIProcess":{"args":["sh","-c","true"],"cwd":"/tmp"},"CreateInUtilityVm":true}"#,
            r#"{"OciProcess":{"args":["sh","-c","true"],"cwd":"/tmp"},"CreateInUtilityVM":true}"#,
        ] {
            let started = start_process(system, parameters);
            assert_eq!(exit_code(started.process), 0);
            started.close();
        }
        close_system(system);
    });
}

#[test]
fn a_virtual_machine_runs_processes_only_with_a_guest_connection() {
    Host::new().run(|host| {
        host.program(program::any(), |_| 0);
        let system = create("vm", VM);
        start(system);
        let (code, started) = try_start_process(system, NO_PIPES);
        assert_eq!(code, HRESULT_ERROR_NOT_SUPPORTED);
        started.close();
        close_system(system);
        let system = create("full", FULL);
        start(system);
        let started = start_process(system, NO_PIPES);
        assert_eq!(exit_code(started.process), 0);
        started.close();
        close_system(system);
    });
}

#[test]
fn an_exit_is_a_process_status_that_can_be_waited_for_any_number_of_times() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.sleep(Duration::from_secs(3));
            42
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(wait_for_process(started.process, 0), (HCS_E_OPERATION_TIMEOUT, None));
        assert_eq!(wait_for_process(started.process, 1_000), (HCS_E_OPERATION_TIMEOUT, None));
        let expected = format!(
            r#"{{"ProcessId":{},"Exited":true,"ExitCode":42,"LastWaitResult":0}}"#,
            started.info.ProcessId
        );
        for _ in 0..2 {
            assert_eq!(wait_for_process(started.process, INFINITE), (S_OK, Some(expected.clone())));
        }
        assert_eq!(wait_for_process(started.process, 0), (S_OK, Some(expected)));
        assert!(host.now() < Duration::from_secs(4));
        started.close();
        close_system(system);
    });
}

#[test]
fn several_threads_wait_for_one_exit() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.sleep(Duration::from_secs(1));
            7
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let process = Sent::new(started.process);
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..3).map(|_| scope.spawn(move || exit_code(process.get()))).collect();
            assert!(waiters.into_iter().all(|it| it.join().unwrap() == 7));
        });
        started.close();
        close_system(system);
    });
}

#[test]
fn properties_tell_whether_a_process_has_exited() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.sleep(Duration::from_secs(1));
            3
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let properties = || json(ask_process(HcsGetProcessProperties, started.process, None).1);
        let pid = started.info.ProcessId;
        assert_eq!(
            properties(),
            serde_json::json!({"ProcessId": pid, "Exited": false, "ExitCode": 0, "LastWaitResult": 0})
        );
        exit_code(started.process);
        assert_eq!(
            properties(),
            serde_json::json!({"ProcessId": pid, "Exited": true, "ExitCode": 3, "LastWaitResult": 0})
        );
        started.close();
        close_system(system);
    });
}

#[test]
fn process_information_is_for_create_and_get_info_only() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let operation = operation();
        for (request, options) in
            [(HcsSignalProcess as Request, Some(r#"{"Signal":"CtrlC"}"#)), (HcsGetProcessProperties, None)]
        {
            assert_eq!(call(request, started.process, operation, options), S_OK);
            assert_eq!(wait_with_info(operation).0, E_INVALIDARG);
            assert_eq!(wait(operation).0, S_OK); // the plain wait serves every type
        }
        close_operation(operation);
        started.close();
        close_system(system);
    });
}

#[test]
fn operation_types_are_those_of_the_calls() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let operation = operation();
        let (_, process) = create_process_call(system, NO_PIPES, operation);
        wait(operation);
        assert_eq!(operation_type(operation), HcsOperationTypeCreateProcess);
        // SAFETY: any handle value is recognised.
        assert_eq!(unsafe { HcsGetProcessInfo(process, operation) }, S_OK);
        wait(operation);
        assert_eq!(operation_type(operation), HcsOperationTypeGetProcessInfo);
        for (request, options, expected) in [
            (HcsGetProcessProperties as Request, None, HcsOperationTypeGetProcessProperties),
            (
                HcsModifyProcess,
                Some(r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":1,"Width":2}}"#),
                HcsOperationTypeModifyProcess,
            ),
            (HcsSignalProcess, Some("{}"), HcsOperationTypeSignalProcess),
            (HcsTerminateProcess, None, HcsOperationTypeSignalProcess),
        ] {
            assert_eq!(call(request, process, operation, options), S_OK);
            // SAFETY: any handle value is recognised.
            assert_eq!(unsafe { HcsGetProcessFromOperation(operation) }, process);
            wait(operation);
            assert_eq!(operation_type(operation), expected);
        }
        close_operation(operation);
        close_process(process);
        close_system(system);
    });
}

// Opening

#[test]
fn a_process_is_opened_by_its_id_as_long_as_it_runs() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        let (code, second) = open_process(system, started.info.ProcessId);
        assert_eq!(code, S_OK);
        assert_ne!(second, started.process);
        let missing = open_process(system, 4);
        assert_eq!((missing.0, missing.1.is_null()), (HRESULT_ERROR_NOT_FOUND, true));
        assert_eq!(kill(second).0, S_OK);
        assert_eq!(open_process(system, started.info.ProcessId).0, HRESULT_ERROR_NOT_FOUND);
        close_process(second);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_process_that_was_opened_has_no_standard_handles() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        let (_, second) = open_process(system, started.info.ProcessId);
        let (code, info) = process_info(second);
        assert_eq!((code, info.ProcessId), (S_OK, started.info.ProcessId));
        for handle in [info.StdInput, info.StdOutput, info.StdError] {
            assert_eq!(handle, INVALID_HANDLE_VALUE);
        }
        close_process(second);
        started.close();
        close_system(system);
    });
}

#[test]
fn closing_a_handle_does_not_end_the_process() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.sleep(Duration::from_secs(5));
            9
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let pid = started.info.ProcessId;
        started.close();
        let (code, again) = open_process(system, pid);
        assert_eq!(code, S_OK);
        assert_eq!(exit_code(again), 9);
        close_process(again);
        close_system(system);
    });
}

#[test]
fn running_processes_stand_in_the_process_list() {
    Host::new().run(|host| {
        host.canned(program::starting_with(r"C:\bin\tool.exe"), program::runs_until_terminated());
        let system = running("box");
        let first = start_process(system, r#"{"CommandLine":"C:\\bin\\tool.exe -v"}"#);
        let second = start_process(system, r#"{"CommandLine":"C:\\bin\\tool.exe -q"}"#);
        let list = || properties(system, Some(r#"{"PropertyTypes":["ProcessList"]}"#))["ProcessList"].clone();
        let ids: Vec<_> = list().as_array().unwrap().iter().map(|it| it["ProcessId"].clone()).collect();
        assert_eq!(ids, [first.info.ProcessId, second.info.ProcessId]);
        assert_eq!(list()[0]["ImageName"], "tool.exe");
        assert_eq!(list()[0]["CreateTimestamp"], "2026-01-01T00:00:00.0710000Z");
        kill(first.process);
        assert_eq!(list().as_array().unwrap().len(), 1);
        first.close();
        second.close();
        close_system(system);
    });
}

// What rules say

#[test]
fn a_rule_can_let_a_command_succeed_that_nobody_provided() {
    Host::new().run(|host| {
        host.when(call::create_process()).succeed();
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        assert!(!started.info.StdOutput.is_null());
        assert_eq!(wait_for_process(started.process, 1_000).0, HCS_E_OPERATION_TIMEOUT);
        assert_eq!(kill(started.process).0, S_OK);
        assert_eq!(read_text(started.info.StdOutput), "");
        started.close();
        close_system(system);
    });
}

#[test]
fn the_wait_for_a_process_may_fail_though_it_runs() {
    Host::builder().behavior(|it| it.spurious_process_wait = true).run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box"); // isolated by process
        let (code, started) = try_start_process(system, OUT_ONLY);
        assert_eq!(code, E_INVALIDARG);
        let (code, info) = process_info(started.process);
        assert_eq!(code, S_OK);
        assert!(info.ProcessId > 0);
        assert_ne!(info.StdOutput, INVALID_HANDLE_VALUE);
        assert_eq!(kill(started.process).0, S_OK);
        Started { info, ..started }.close();
        close_system(system);
    });
}

// Mistakes

#[test]
fn a_process_handle_is_closed_once() {
    let host = Host::new();
    let found = findings_of(&host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let leaked = start_process(system, NO_PIPES);
        let closed = start_process(system, NO_PIPES);
        close_process(closed.process);
        close_process(closed.process);
        assert_eq!(wait_for_process(closed.process, 0).0, E_HANDLE);
        assert!(!leaked.process.is_null());
        close_system(system);
    });
    assert_eq!(found, [FindingKind::DoubleClose, FindingKind::UseAfterClose, FindingKind::LeakedProcess]);
}

#[test]
fn a_process_handle_is_not_closed_under_a_waiting_thread() {
    let host = Host::builder().patience(Duration::from_secs(60)).build();
    let found = findings_of(&host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let process = Sent::new(started.process);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(move || wait_for_process(process.get(), INFINITE).0);
            while !host.to_string().contains("threads inside") {
                std::thread::yield_now();
            }
            started.close();
            assert_eq!(waiter.join().unwrap(), E_HANDLE);
        });
        close_system(system);
    });
    assert_eq!(found, [FindingKind::ClosedInUse]);
}
