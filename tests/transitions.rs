//! What is legal when: the whole table, the options of requests, and shutting down.
//! Not here: identity, exits, documents (`systems`).

mod support;

use std::ptr::{null, null_mut};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, Hresult};
use support::states::*;
use support::*;

/// Asks in every state, and compares HRESULT and next state with a row of the table.
fn check_row(request: impl Fn(HCS_SYSTEM) -> Fetched, row: [(Hresult, State); 5]) {
    for (state, (code, next)) in STATES.into_iter().zip(row) {
        Host::new().run(|_| {
            let system = system_in(state);
            let (answered, document) = request(system);
            assert_eq!(answered, code, "in state {state:?}");
            assert_eq!(state_of(system), next, "after {state:?}");
            if code.is_failure() {
                // an explanation comes with every refusal
                assert_eq!(json(document)["Error"], code.nt_form().as_i32(), "in state {state:?}");
            }
            close_system(system);
        });
    }
}

const NO: Hresult = HCS_E_INVALID_STATE;
const GONE: Hresult = HCS_E_SYSTEM_ALREADY_STOPPED;
use State::*;

#[test]
fn start_is_for_created_systems() {
    check_row(
        |it| ask(HcsStartComputeSystem, it, None),
        [(S_OK, Running), (NO, Running), (NO, Paused), (GONE, Stopped), (NO, SavedAsTemplate)],
    );
}

#[test]
fn shut_down_is_for_running_systems() {
    check_row(
        |it| ask(HcsShutDownComputeSystem, it, Some(SHUTDOWN)),
        [(NO, Created), (S_OK, Running), (NO, Paused), (GONE, Stopped), (NO, SavedAsTemplate)],
    );
}

#[test]
fn terminate_is_for_every_system_that_has_not_stopped() {
    check_row(
        |it| ask(HcsTerminateComputeSystem, it, None),
        [(S_OK, Stopped), (S_OK, Stopped), (S_OK, Stopped), (GONE, Stopped), (S_OK, Stopped)],
    );
}

#[test]
fn pause_is_for_running_systems() {
    check_row(
        |it| ask(HcsPauseComputeSystem, it, Some(r#"{"SuspensionLevel":"Suspend"}"#)),
        [(NO, Created), (S_OK, Paused), (NO, Paused), (GONE, Stopped), (NO, SavedAsTemplate)],
    );
}

#[test]
fn resume_is_for_paused_systems() {
    check_row(
        |it| ask(HcsResumeComputeSystem, it, None),
        [(NO, Created), (NO, Running), (S_OK, Running), (GONE, Stopped), (NO, SavedAsTemplate)],
    );
}

#[test]
fn save_to_file_is_for_paused_systems_and_leaves_them_paused() {
    check_row(
        |it| ask(HcsSaveComputeSystem, it, Some(SAVE)),
        [(NO, Created), (NO, Running), (S_OK, Paused), (GONE, Stopped), (NO, SavedAsTemplate)],
    );
}

#[test]
fn save_as_template_is_for_paused_systems() {
    check_row(
        |it| ask(HcsSaveComputeSystem, it, Some(TEMPLATE)),
        [(NO, Created), (NO, Running), (S_OK, SavedAsTemplate), (GONE, Stopped), (NO, SavedAsTemplate)],
    );
}

#[test]
fn properties_are_for_every_state() {
    check_row(|it| ask(HcsGetComputeSystemProperties, it, None), STATES.map(|it| (S_OK, it)));
}

#[test]
fn modify_is_for_running_systems() {
    check_row(
        |it| modify(it, RESIZE),
        [(NO, Created), (S_OK, Running), (NO, Paused), (GONE, Stopped), (NO, SavedAsTemplate)],
    );
}

#[test]
fn crash_is_for_running_systems() {
    check_row(
        |it| ask(HcsCrashComputeSystem, it, Some(r#"{"Type":"CrashGuest"}"#)),
        [(NO, Created), (S_OK, Running), (NO, Paused), (GONE, Stopped), (NO, SavedAsTemplate)],
    );
}

fn create_process(system: HCS_SYSTEM) -> Fetched {
    let (operation, parameters) = (operation(), wide(r#"{"CommandLine":"/bin/true"}"#));
    let mut process = null_mut();
    // SAFETY: text and out pointer are valid; the process handle is closed once.
    unsafe {
        assert_eq!(HcsCreateProcess(system, parameters.as_ptr(), operation, null(), &mut process), 0);
        assert!(!process.is_null());
        let outcome = wait(operation);
        HcsCloseProcess(process);
        close_operation(operation);
        outcome
    }
}

#[test]
fn create_process_is_for_running_systems() {
    check_row(
        create_process,
        [
            (NO, Created),
            (HRESULT_ERROR_FILE_NOT_FOUND, Running),
            (NO, Paused),
            (GONE, Stopped),
            (NO, SavedAsTemplate),
        ],
    );
}

#[test]
fn a_virtual_machine_without_a_guest_connection_runs_no_processes() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        start(system);
        assert_eq!(create_process(system).0, HRESULT_ERROR_NOT_SUPPORTED);
        close_system(system);
    });
}

// Options

#[test]
fn options_may_be_null_empty_or_an_object() {
    for options in [None, Some(""), Some("{}")] {
        Host::new().run(|_| {
            let system = create("vm", VM);
            for request in [
                HcsStartComputeSystem as Request,
                HcsPauseComputeSystem,
                HcsResumeComputeSystem,
                HcsTerminateComputeSystem,
            ] {
                assert_eq!(ask(request, system, options), (S_OK, None), "{options:?}");
            }
            close_system(system);
        });
    }
}

#[test]
fn options_that_are_no_object_fail_the_operation() {
    for options in ["[]", "{", "1", "\"x\"", "null", "{} {}"] {
        Host::new().run(|_| {
            let system = create("vm", VM);
            let (code, document) = ask(HcsStartComputeSystem, system, Some(options));
            assert_eq!(code, HCS_E_INVALID_JSON, "{options}");
            assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11001);
            assert_eq!(state_of(system), Created);
            close_system(system);
        });
    }
}

// Shutdown

#[test]
fn a_virtual_machine_is_not_shut_down_without_options() {
    for options in [None, Some("")] {
        Host::new().run(|_| {
            let system = system_in(Running);
            let (code, document) = ask(HcsShutDownComputeSystem, system, options);
            assert_eq!(code, HCS_E_INVALID_JSON);
            assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11001);
            assert_eq!(state_of(system), Running);
            close_system(system);
        });
    }
}

#[test]
fn a_container_is_shut_down_without_options() {
    for options in [None, Some("")] {
        Host::new().run(|_| {
            let system = create("box", CONTAINER);
            start(system);
            assert_eq!(ask(HcsShutDownComputeSystem, system, options), (S_OK, None));
            assert_eq!(wait_for_exit(system, INFINITE).0, S_OK);
            close_system(system);
        });
    }
}

fn shut_down_with(configuration: &str, options: &str) -> Hresult {
    Host::new()
        .run(|_| {
            let system = create("vm", configuration);
            start(system);
            let (code, _) = ask(HcsShutDownComputeSystem, system, Some(options));
            close_system(system);
            code.as_i32()
        })
        .into()
}

#[test]
fn a_shutdown_needs_a_channel_to_the_guest() {
    let without = r#"{"SchemaVersion":{"Major":2,"Minor":5},"VirtualMachine":{}}"#;
    let service = r#"{"SchemaVersion":{"Major":2,"Minor":5},"VirtualMachine":{"Services":{"Shutdown":{}}}}"#;
    let old = r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{"Services":{"Shutdown":{}}}}"#;
    let agent = r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{"GuestConnection":{}}}"#;
    for (configuration, options, code) in [
        (without, "{}", HRESULT_ERROR_NOT_SUPPORTED),
        (without, SHUTDOWN, HRESULT_ERROR_NOT_SUPPORTED),
        (service, "{}", HRESULT_ERROR_NOT_SUPPORTED),
        (service, SHUTDOWN, S_OK),
        (old, SHUTDOWN, HRESULT_ERROR_NOT_SUPPORTED),
        (agent, "{}", S_OK),
        (agent, r#"{"Mechanism":"GuestConnection"}"#, S_OK),
        (agent, SHUTDOWN, HRESULT_ERROR_NOT_SUPPORTED),
    ] {
        assert_eq!(shut_down_with(configuration, options), code, "{configuration} {options}");
    }
    Host::builder().behavior(|it| it.shutdown_service_needs_schema_2_5 = false).run(|_| {
        let system = create("vm", old);
        start(system);
        assert_eq!(ask(HcsShutDownComputeSystem, system, Some(SHUTDOWN)), (S_OK, None));
        close_system(system);
    });
}

#[test]
fn shutdown_success_is_not_the_stop() {
    Host::new().run(|host| {
        let system = system_in(Running);
        assert_eq!(ask(HcsShutDownComputeSystem, system, Some(SHUTDOWN)), (S_OK, None));
        let delivered = host.now();
        assert_eq!(state_of(system), Running);
        let (code, document) = wait_for_exit(system, INFINITE);
        assert_eq!(code, S_OK);
        assert_eq!(host.now() - delivered, Duration::from_secs(1));
        assert_eq!(
            document.unwrap(),
            r#"{"Status":0,"ExitType":"GracefulExit","Attribution":[{"SystemExit":{"Detail":"Shutdown","Initiator":"Client"}}]}"#
        );
        close_system(system);
    });
}

#[test]
fn a_second_shutdown_or_terminate_finds_the_system_stopped() {
    Host::new().run(|_| {
        let system = system_in(Running);
        assert_eq!(ask(HcsShutDownComputeSystem, system, Some(SHUTDOWN)).0, S_OK);
        assert_eq!(ask(HcsShutDownComputeSystem, system, Some(SHUTDOWN)).0, GONE);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK); // the guest was still on its way
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, GONE);
        close_system(system);
    });
}

// Order of requests on one system

#[test]
fn requests_wait_for_the_create_of_their_system() {
    Host::new().run(|_| {
        let (creating, starting) = (operation(), operation());
        let (_, system) = create_call("vm", VM, creating);
        assert_eq!(call(HcsStartComputeSystem, system, starting, None), S_OK);
        assert_eq!(wait(starting), (S_OK, None));
        assert_eq!(wait(creating), (S_OK, None));
        assert_eq!(state_of(system), Running);
        close_operation(creating);
        close_operation(starting);
        close_system(system);
    });
}

#[test]
fn the_handle_of_a_failed_create_is_good_for_closing_only() {
    Host::new().run(|_| {
        let (outcome, system) = try_create("vm", "{}");
        assert_eq!(outcome.0, HCS_E_INVALID_JSON);
        assert!(!system.is_null());
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, HCS_E_SYSTEM_NOT_FOUND);
        assert_eq!(wait_for_exit(system, 0).0, HCS_E_OPERATION_TIMEOUT);
        close_system(system);
    });
}

#[test]
fn latencies_are_those_that_were_observed() {
    Host::new().run(|host| {
        let spent = |request: &mut dyn FnMut()| {
            let before = host.now();
            request();
            (host.now() - before).as_millis()
        };
        let mut system = null_mut();
        assert_eq!(spent(&mut || system = create("vm", FULL)), 40);
        assert_eq!(spent(&mut || start(system)), 30);
        assert_eq!(spent(&mut || drop(properties(system, None))), 1);
        assert_eq!(spent(&mut || drop(modify(system, RESIZE))), 5);
        assert_eq!(spent(&mut || drop(ask(HcsPauseComputeSystem, system, None))), 10);
        assert_eq!(spent(&mut || drop(ask(HcsSaveComputeSystem, system, Some(SAVE)))), 200);
        assert_eq!(spent(&mut || drop(ask(HcsTerminateComputeSystem, system, None))), 20);
        close_system(system);
    });
}
