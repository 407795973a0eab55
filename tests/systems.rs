//! Compute systems: the table of what is legal when, identity, handles, exits, saving and restoring.
//! Not here: the operation handle, configurations that are refused.

mod support;

use std::ptr::{null, null_mut};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, Hresult, OperationType, PendingAtExit};
use support::*;

const SHUTDOWN: &str = r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#;
const SAVE: &str = r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\vms\\one.vmrs"}"#;
const TEMPLATE: &str = r#"{"SaveType":"AsTemplate"}"#;
const RESIZE: &str = r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Memory/SizeInMB","RequestType":"Update","Settings":1024}"#;

/// A virtual machine that can do everything.
const FULL: &str = r#"{"SchemaVersion":{"Major":2,"Minor":5},"Owner":"tests","VirtualMachine":{
    "ComputeTopology":{"Memory":{"SizeInMB":512}},"Services":{"Shutdown":{}},"GuestConnection":{}}}"#;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Created,
    Running,
    Paused,
    Stopped,
    SavedAsTemplate,
}

const STATES: [State; 5] =
    [State::Created, State::Running, State::Paused, State::Stopped, State::SavedAsTemplate];

/// A system in a state.
fn system_in(state: State) -> HCS_SYSTEM {
    let system = create("vm", FULL);
    let requests: &[(Request, Option<&str>)] = match state {
        State::Created => &[],
        State::Running => &[(HcsStartComputeSystem, None)],
        State::Paused => &[(HcsStartComputeSystem, None), (HcsPauseComputeSystem, None)],
        State::Stopped => &[(HcsStartComputeSystem, None), (HcsTerminateComputeSystem, None)],
        State::SavedAsTemplate => &[
            (HcsStartComputeSystem, None),
            (HcsPauseComputeSystem, None),
            (HcsSaveComputeSystem, Some(TEMPLATE)),
        ],
    };
    for (request, options) in requests {
        assert_eq!(ask(*request, system, *options), (S_OK, None));
    }
    system
}

/// The state as properties tell it.
fn state_of(system: HCS_SYSTEM) -> State {
    let properties = properties(system, None);
    match (properties.get("State").and_then(|it| it.as_str()), properties.get("Stopped")) {
        (Some("Running"), None) => State::Running,
        (Some("Paused"), None) => State::Paused,
        (Some("SavedAsTemplate"), None) => State::SavedAsTemplate,
        (None, None) => State::Created,
        (None, Some(_)) => State::Stopped,
        other => panic!("{other:?}"),
    }
}

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
    for options in [None, Some(""), Some("{}"), Some(r#"{"X":1}"#)] {
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

// Exits

#[test]
fn terminate_means_that_the_system_has_stopped() {
    Host::new().run(|_| {
        let system = system_in(Running);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        let (code, document) = wait_for_exit(system, 0);
        assert_eq!(code, S_OK);
        assert_eq!(
            document.unwrap(),
            r#"{"Status":0,"ExitType":"ForcedExit","Attribution":[{"SystemExit":{"Detail":"Terminate","Initiator":"Client"}}]}"#
        );
        close_system(system);
    });
}

#[test]
fn newer_windows_answers_terminate_with_a_document() {
    Host::builder().behavior(|it| it.terminate_document = Some("{}".to_owned())).run(|_| {
        let system = system_in(Running);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, Some("{}".to_owned())));
        close_system(system);
    });
}

#[test]
fn a_crash_ends_the_system_unexpectedly() {
    Host::new().run(|_| {
        let system = system_in(Running);
        assert_eq!(ask(HcsCrashComputeSystem, system, None), (S_OK, None));
        let document = json(wait_for_exit(system, INFINITE).1);
        assert_eq!(document["Status"], HCS_E_UNEXPECTED_EXIT.as_i32());
        assert_eq!(document["ExitType"], "UnexpectedExit");
        assert!(document["Attribution"][0]["GuestCrash"].is_object());
        close_system(system);
    });
}

#[test]
fn waiting_for_an_exit_that_does_not_come_times_out() {
    Host::new().run(|host| {
        let system = system_in(Running);
        let before = host.now();
        assert_eq!(wait_for_exit(system, 5_000), (HCS_E_OPERATION_TIMEOUT, None));
        assert_eq!(host.now() - before, Duration::from_secs(5));
        assert_eq!(wait_for_exit(system, 0), (HCS_E_OPERATION_TIMEOUT, None));
        close_system(system);
    });
}

#[test]
fn after_the_exit_only_reduced_properties_are_left() {
    Host::new().run(|_| {
        let system = system_in(Stopped);
        let (_, document) = ask(HcsGetComputeSystemProperties, system, None);
        assert_eq!(
            document.unwrap(),
            r#"{"Id":"vm","SystemType":"Container","Stopped":true,"ExitType":"ForcedExit"}"#
        );
        close_system(system);
    });
}

#[test]
fn after_the_exit_the_system_is_neither_listed_nor_opened() {
    Host::new().run(|_| {
        let system = system_in(Stopped);
        assert_eq!(enumerate(None), (S_OK, Some("[]".to_owned())));
        assert_eq!(open("vm", GENERIC_ALL), (HCS_E_SYSTEM_NOT_FOUND, null_mut()));
        close_system(system);
    });
}

#[test]
fn the_id_is_free_again_as_soon_as_the_system_has_stopped() {
    Host::new().run(|_| {
        let first = system_in(Stopped);
        let second = create("VM", VM);
        assert_eq!(state_of(first), Stopped);
        assert_eq!(state_of(second), Created);
        close_system(first);
        close_system(second);
    });
}

#[test]
fn operations_that_are_pending_when_their_system_exits_fail() {
    Host::builder().latency_of(OperationType::Save, Duration::from_secs(60)).run(|_| {
        let system = system_in(Paused);
        let (save, terminate) = (operation(), operation());
        assert_eq!(call(HcsSaveComputeSystem, system, save, Some(SAVE)), S_OK);
        assert_eq!(call(HcsTerminateComputeSystem, system, terminate, None), S_OK);
        assert_eq!(wait(terminate), (S_OK, None));
        let (code, document) = result(save);
        assert_eq!(code, HCS_E_TERMINATED);
        assert_eq!(json(document)["Error"], HCS_E_TERMINATED.nt_form().as_i32());
        close_operation(save);
        close_operation(terminate);
        close_system(system);
    });
}

#[test]
fn a_start_that_is_pending_when_its_system_exits_was_terminated_during_start() {
    Host::builder().latency_of(OperationType::Start, Duration::from_secs(60)).run(|host| {
        let system = create("vm", VM);
        let starting = operation();
        assert_eq!(call(HcsStartComputeSystem, system, starting, None), S_OK);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        assert_eq!(result(starting).0, HCS_E_TERMINATED_DURING_START);
        // the start that was on its way changes nothing any more
        host.advance(Duration::from_secs(120));
        assert_eq!(state_of(system), Stopped);
        assert_eq!(result(starting).0, HCS_E_TERMINATED_DURING_START);
        close_operation(starting);
        close_system(system);
    });
}

#[test]
fn a_terminate_that_is_pending_when_its_system_exits_finds_it_stopped() {
    Host::new().run(|_| {
        let system = system_in(Running);
        let (first, second) = (operation(), operation());
        assert_eq!(call(HcsTerminateComputeSystem, system, first, None), S_OK);
        assert_eq!(call(HcsTerminateComputeSystem, system, second, None), S_OK);
        assert_eq!(wait(second).0, GONE);
        assert_eq!(wait(first), (S_OK, None));
        close_operation(first);
        close_operation(second);
        close_system(system);
    });
}

#[test]
fn the_code_of_operations_pending_at_exit_is_a_switch() {
    let behavior = Host::builder()
        .latency_of(OperationType::Save, Duration::from_secs(60))
        .behavior(|it| it.pending_at_exit = PendingAtExit::Always(HCS_E_SERVICE_DISCONNECT));
    behavior.run(|_| {
        let system = system_in(Paused);
        let save = operation();
        assert_eq!(call(HcsSaveComputeSystem, system, save, Some(SAVE)), S_OK);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        assert_eq!(result(save).0, HCS_E_SERVICE_DISCONNECT);
        close_operation(save);
        close_system(system);
    });
}

// Identity

#[test]
fn ids_are_compared_without_case() {
    Host::new().run(|_| {
        let system = create("Web-Ünï", VM);
        let (code, other) = open("wEB-üNÏ", GENERIC_ALL);
        assert_eq!(code, S_OK);
        assert_eq!(properties(other, None)["Id"], "Web-Ünï");
        let (outcome, third) = try_create("WEB-ÜNÏ", VM);
        assert_eq!(outcome.0, HCS_E_SYSTEM_ALREADY_EXISTS);
        [system, other, third].into_iter().for_each(close_system);
    });
}

#[test]
fn the_runtime_id_is_the_id_if_that_is_a_guid_and_else_derived_from_it() {
    Host::new().run(|_| {
        let guid = create("6B1F0C9E-0D55-4C1B-9A3E-2F6C7D8E9F10", VM);
        assert_eq!(properties(guid, None)["RuntimeId"], "6b1f0c9e-0d55-4c1b-9a3e-2f6c7d8e9f10");
        let named = create("cowork-vm-929216c6", VM);
        assert_eq!(properties(named, None)["RuntimeId"], "d2b9750a-3588-5ff4-a2bc-7c0f86a95eb4");
        close_system(guid);
        close_system(named);
    });
}

#[test]
fn opening_requires_generic_all() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        for access in [0, 0x001F_0000, 0x000F_FFFF, u32::MAX] {
            assert_eq!(open("vm", access), (E_INVALIDARG, null_mut()));
        }
        close_system(system);
    });
    Host::builder().behavior(|it| it.require_generic_all = false).run(|_| {
        let system = create("vm", VM);
        let (code, other) = open("vm", 0);
        assert_eq!(code, S_OK);
        close_system(other);
        close_system(system);
    });
}

#[test]
fn opening_what_does_not_exist_fails_at_once() {
    Host::new().run(|_| {
        let mut system = 0x1234 as HCS_SYSTEM;
        let id = wide("nobody");
        // SAFETY: text and out pointer are valid.
        let code = unsafe { HcsOpenComputeSystem(id.as_ptr(), GENERIC_ALL, &mut system) };
        assert_eq!(code, HCS_E_SYSTEM_NOT_FOUND);
        assert!(system.is_null());
    });
}

#[test]
fn namespaces_keep_ids_apart() {
    Host::new().run(|_| {
        let (space, id, configuration) = (wide("tenant"), wide("vm"), wide(VM));
        let plain = create("vm", VM);
        let operation = operation();
        let mut inside = null_mut();
        // SAFETY: texts and out pointers are valid.
        unsafe {
            let code = HcsCreateComputeSystemInNamespace(
                space.as_ptr(),
                id.as_ptr(),
                configuration.as_ptr(),
                operation,
                null(),
                &mut inside,
            );
            assert_eq!(code, 0);
            assert_eq!(wait(operation), (S_OK, None));
            assert_eq!(HcsEnumerateComputeSystemsInNamespace(space.as_ptr(), null(), operation), 0);
            assert_eq!(json(wait(operation).1).as_array().unwrap().len(), 1);
            assert_eq!(HcsEnumerateComputeSystemsInNamespace(null(), null(), operation), 0);
            assert_eq!(json(wait(operation).1).as_array().unwrap().len(), 1);
            let mut again = null_mut();
            assert_eq!(
                HcsOpenComputeSystemInNamespace(space.as_ptr(), id.as_ptr(), GENERIC_ALL, &mut again),
                0
            );
            close_system(again);
            let other = wide("nobody");
            assert_eq!(
                HcsOpenComputeSystemInNamespace(other.as_ptr(), id.as_ptr(), GENERIC_ALL, &mut again),
                HCS_E_SYSTEM_NOT_FOUND
            );
        }
        close_operation(operation);
        close_system(inside);
        close_system(plain);
    });
}

// Properties and enumeration

#[test]
fn properties_are_written_compact_and_in_order() {
    Host::new().run(|_| {
        let system = create("cowork-vm-929216c6", VM);
        start(system);
        let (_, document) = ask(HcsGetComputeSystemProperties, system, Some("{}"));
        assert_eq!(
            document.unwrap(),
            r#"{"Id":"cowork-vm-929216c6","SystemType":"VirtualMachine","Owner":"tests","RuntimeId":"d2b9750a-3588-5ff4-a2bc-7c0f86a95eb4","State":"Running"}"#
        );
        close_system(system);
    });
}

#[test]
fn a_created_system_has_no_state() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        let document = properties(system, None);
        assert!(document.get("State").is_none() && document.get("Stopped").is_none());
        assert!(json(enumerate(None).1)[0].get("State").is_none());
        close_system(system);
    });
}

#[test]
fn a_created_system_refuses_properties_only_when_the_switch_says_so() {
    Host::builder().behavior(|it| it.created_refuses_properties = true).run(|_| {
        let system = create("vm", VM);
        assert_eq!(ask(HcsGetComputeSystemProperties, system, None).0, HCS_E_INVALID_STATE);
        start(system);
        assert_eq!(ask(HcsGetComputeSystemProperties, system, None).0, S_OK);
        close_system(system);
    });
}

#[test]
fn a_container_tells_its_os_and_its_name() {
    Host::new().run(|_| {
        let system = create("box", CONTAINER);
        let document = properties(system, None);
        assert_eq!(document["SystemType"], "Container");
        assert_eq!(document["RuntimeOsType"], "Windows");
        assert_eq!(document["Name"], "box");
        close_system(system);
    });
}

#[test]
fn property_types_add_to_the_document() {
    Host::new().run(|host| {
        let system = system_in(Running);
        host.advance(Duration::from_secs(3));
        let query =
            r#"{"PropertyTypes":["Memory","Statistics","ProcessList","TerminateOnLastHandleClosed"]}"#;
        let document = properties(system, Some(query));
        assert_eq!(document["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 512);
        assert_eq!(document["TerminateOnLastHandleClosed"], false);
        assert_eq!(document["ProcessList"], serde_json::json!([]));
        assert_eq!(document["Statistics"]["Uptime100ns"], 30_010_000); // 3 s, and 1 ms until the query completes
        let basic = properties(system, Some(r#"{"PropertyTypes":["Basic"]}"#));
        assert_eq!(basic, properties(system, Some(r#"{"PropertyTypes":[]}"#)));
        close_system(system);
    });
}

#[test]
fn a_property_query_that_is_not_valid_fails_the_operation() {
    for query in [
        "",
        "[]",
        "{",
        r#"{"PropertyTypes":["Nothing"]}"#,
        r#"{"PropertyType":[]}"#,
        r#"{"PropertyTypes":"Memory"}"#,
    ] {
        Host::new().run(|_| {
            let system = create("vm", VM);
            let (code, document) = ask(HcsGetComputeSystemProperties, system, Some(query));
            assert_eq!(code, HCS_E_INVALID_JSON, "{query}");
            assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11001);
            close_system(system);
        });
    }
}

#[test]
fn enumeration_lists_every_system_in_the_order_of_creation() {
    Host::new().run(|_| {
        let systems = ["c", "a", "b"].map(|it| create(it, VM));
        start(systems[1]);
        for query in [None, Some("{}")] {
            let listed = json(enumerate(query).1);
            let listed: Vec<(&str, Option<&str>)> = listed
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (it["Id"].as_str().unwrap(), it.get("State").and_then(|it| it.as_str())))
                .collect();
            assert_eq!(listed, [("c", None), ("a", Some("Running")), ("b", None)]);
        }
        systems.into_iter().for_each(close_system);
    });
}

#[test]
fn enumeration_filters_by_id_name_type_and_owner() {
    Host::new().run(|_| {
        let systems = [
            create("one", VM),
            create("two", CONTAINER),
            create("three", r#"{"Owner":"other","VirtualMachine":{}}"#),
        ];
        for (query, expected) in [
            (r#"{"Ids":["ONE","three"]}"#, vec!["one", "three"]),
            (r#"{"Ids":[]}"#, vec![]),
            (r#"{"Types":["Container"]}"#, vec!["two"]),
            (r#"{"Types":["VirtualMachine"]}"#, vec!["one", "three"]),
            (r#"{"Owners":["tests"]}"#, vec!["one", "two"]),
            (r#"{"Names":["two"]}"#, vec!["two"]),
            (r#"{"Owners":["tests"],"Types":["VirtualMachine"]}"#, vec!["one"]),
        ] {
            let listed = json(enumerate(Some(query)).1);
            let ids: Vec<&str> =
                listed.as_array().unwrap().iter().map(|it| it["Id"].as_str().unwrap()).collect();
            assert_eq!(ids, expected, "{query}");
        }
        for query in ["", "[]", "{", r#"{"Types":["Pod"]}"#, r#"{"Id":["one"]}"#] {
            assert_eq!(enumerate(Some(query)).0, HCS_E_INVALID_JSON, "{query}");
        }
        systems.into_iter().for_each(close_system);
    });
}

// Handles

#[test]
fn closing_a_handle_leaves_the_system_running() {
    Host::new().run(|_| {
        close_system(system_in(Running));
        let (code, system) = open("vm", GENERIC_ALL);
        assert_eq!(code, S_OK);
        assert_eq!(state_of(system), Running);
        close_system(system);
    });
}

#[test]
fn closing_the_last_handle_terminates_a_system_that_says_so() {
    Host::new().run(|_| {
        for started in [false, true] {
            let system = create("vm", r#"{"VirtualMachine":{},"ShouldTerminateOnLastHandleClosed":true}"#);
            if started {
                start(system);
            }
            let (_, second) = open("vm", GENERIC_ALL);
            close_system(system);
            assert_eq!(json(enumerate(None).1).as_array().unwrap().len(), 1);
            close_system(second);
            assert_eq!(enumerate(None).1.unwrap(), "[]");
        }
    });
}

#[test]
fn closing_the_only_handle_of_a_pending_create_terminates_it_when_it_completes() {
    Host::new().run(|host| {
        let operation = operation();
        let (_, system) =
            create_call("vm", r#"{"VirtualMachine":{},"ShouldTerminateOnLastHandleClosed":true}"#, operation);
        close_system(system);
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(enumerate(None).1.unwrap(), "[]");
        assert!(host.to_string().lines().all(|it| !it.starts_with("system")));
        close_operation(operation);
    });
}

#[test]
fn each_open_gives_a_handle_of_its_own() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        let (_, second) = open("vm", GENERIC_ALL);
        assert_ne!(system, second);
        start(second);
        assert_eq!(state_of(system), Running);
        close_system(second);
        assert_eq!(state_of(system), Running);
        close_system(system);
    });
}

// Saving and restoring

#[test]
fn a_saved_system_is_restored_by_create_and_start() {
    Host::new().run(|_| {
        let system = system_in(Paused);
        assert_eq!(ask(HcsSaveComputeSystem, system, Some(SAVE)), (S_OK, None));
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        close_system(system);
        let restored =
            create("vm", r#"{"VirtualMachine":{"RestoreState":{"SaveStateFilePath":"c:/VMS/one.vmrs"}}}"#);
        start(restored);
        let document = properties(restored, Some(r#"{"PropertyTypes":["Memory"]}"#));
        assert_eq!(document["State"], "Running");
        assert_eq!(document["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 512);
        close_system(restored);
    });
}

#[test]
fn restoring_from_a_file_that_nobody_saved_fails_at_start() {
    let configuration = r#"{"VirtualMachine":{"RestoreState":{"SaveStateFilePath":"C:\\nothing.vmrs"}}}"#;
    Host::new().run(|host| {
        let system = create("vm", configuration);
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, HRESULT_ERROR_FILE_NOT_FOUND);
        host.add_saved_state(r"C:\Nothing.vmrs");
        start(system);
        close_system(system);
    });
}

#[test]
fn saving_to_a_file_needs_a_path() {
    Host::new().run(|_| {
        let system = system_in(Paused);
        for options in [None, Some(""), Some("{}"), Some(r#"{"SaveType":"ToFile"}"#)] {
            assert_eq!(ask(HcsSaveComputeSystem, system, options).0, E_INVALIDARG);
        }
        assert_eq!(
            ask(HcsSaveComputeSystem, system, Some(r#"{"SavedStateFilePath":"x"}"#)).0,
            HCS_E_INVALID_JSON
        );
        close_system(system);
    });
}

#[test]
fn a_template_can_be_forked_without_network_adapters() {
    Host::new().run(|_| {
        let template = system_in(SavedAsTemplate);
        let fork = create("fork", r#"{"VirtualMachine":{"RestoreState":{"TemplateSystemId":"VM"}}}"#);
        start(fork);
        let document = properties(fork, None);
        assert_eq!((&document["State"], &document["RuntimeTemplateId"]), (&"Running".into(), &"VM".into()));
        let with_nic = create(
            "nic",
            r#"{"VirtualMachine":{"RestoreState":{"TemplateSystemId":"vm"},"Devices":{"NetworkAdapters":{"a":{}}}}}"#,
        );
        assert_eq!(ask(HcsStartComputeSystem, with_nic, None).0, HRESULT_ERROR_NOT_SUPPORTED);
        let orphan = create("orphan", r#"{"VirtualMachine":{"RestoreState":{"TemplateSystemId":"fork"}}}"#);
        assert_eq!(ask(HcsStartComputeSystem, orphan, None).0, HCS_E_SYSTEM_NOT_FOUND);
        [template, fork, with_nic, orphan].into_iter().for_each(close_system);
    });
}

#[test]
fn a_process_isolated_container_cannot_be_paused() {
    Host::new().run(|_| {
        for (configuration, code) in [
            (CONTAINER, HRESULT_ERROR_NOT_SUPPORTED),
            (r#"{"SystemType":"Container","HvPartition":false}"#, HRESULT_ERROR_NOT_SUPPORTED),
            (r#"{"SystemType":"Container","HvPartition":true}"#, S_OK),
            (r#"{"HostingSystemId":"uvm","HostedSystem":{}}"#, S_OK),
        ] {
            let system = create("box", configuration);
            start(system);
            assert_eq!(ask(HcsPauseComputeSystem, system, None).0, code, "{configuration}");
            assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
            close_system(system);
        }
    });
}

// Modify

#[test]
fn a_memory_resize_is_reflected_in_properties() {
    Host::new().run(|_| {
        let system = system_in(Running);
        assert_eq!(modify(system, RESIZE), (S_OK, None));
        let document = properties(system, Some(r#"{"PropertyTypes":["Memory"]}"#));
        assert_eq!(document["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 1024);
        for settings in ["-1", "\"1024\"", "1.5", "null", "{}"] {
            assert_eq!(modify(system, &RESIZE.replace("1024", settings)).0, HCS_E_INVALID_JSON, "{settings}");
        }
        close_system(system);
    });
}

#[test]
fn a_memory_resize_fails_until_the_guest_has_booted() {
    Host::builder().behavior(|it| it.guest_boot = Duration::from_secs(10)).run(|host| {
        let system = system_in(Running);
        assert_eq!(modify(system, RESIZE).0, HCS_E_INVALID_STATE);
        host.advance(Duration::from_secs(10));
        assert_eq!(modify(system, RESIZE), (S_OK, None));
        close_system(system);
    });
}

#[test]
fn other_modify_requests_are_accepted_and_journalled() {
    Host::new().run(|host| {
        let system = system_in(Running);
        let request = r#"{"ResourcePath":"VirtualMachine/Devices/NetworkAdapters/a","RequestType":"Add","Settings":{}}"#;
        assert_eq!(modify(system, request), (S_OK, None));
        assert!(host.journal().calls().any(|(call, _)| call.document() == Some(request)));
        assert_eq!(modify(system, r#"{"GuestRequest":{"Anything":1}}"#), (S_OK, None));
        for bad in ["", "{", "[]", r#"{"RequestType":"Change"}"#, r#"{"Resource":"x"}"#] {
            assert_eq!(modify(system, bad).0, HCS_E_INVALID_JSON, "{bad}");
        }
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
