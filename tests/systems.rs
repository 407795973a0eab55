//! Compute systems: exits, identity, properties, enumeration, handles.
//! Not here: what is legal when (`transitions`), saving and changing systems (`saving`).

mod support;

use std::ptr::{null, null_mut};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host, OperationType, PendingAtExit};
use support::states::State::*;
use support::states::*;
use support::*;

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
        assert_eq!(wait(second).0, HCS_E_SYSTEM_ALREADY_STOPPED);
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
    let builder = Host::builder().allow(FindingKind::OpenedWithoutGenericAll); // tests/lints.rs has it
    builder.clone().run(|_| {
        let system = create("vm", VM);
        for access in [0, 0x001F_0000, 0x000F_FFFF, u32::MAX] {
            assert_eq!(open("vm", access), (E_INVALIDARG, null_mut()));
        }
        close_system(system);
    });
    builder.behavior(|it| it.require_generic_all = false).run(|_| {
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
        assert_eq!(document["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 512 * 256);
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

#[test]
fn a_guest_that_is_asked_to_reboot_goes_on_unless_it_stops_on_reset() {
    let machine = |stop| format!(r#"{{"VirtualMachine":{{"StopOnReset":{stop},"GuestConnection":{{}}}}}}"#);
    let reboot = r#"{"Mechanism":"GuestConnection","Type":"Reboot"}"#;
    Host::new().run(|host| {
        let system = create("vm", &machine(false));
        start(system);
        for _ in 0..2 {
            assert_eq!(ask(HcsShutDownComputeSystem, system, Some(reboot)).0, S_OK);
            host.advance(std::time::Duration::from_secs(60));
            assert_eq!(properties(system, None)["State"], "Running");
        }
        close_system(system);
    });
    Host::new().run(|_| {
        let system = create("vm", &machine(true));
        start(system);
        assert_eq!(ask(HcsShutDownComputeSystem, system, Some(reboot)).0, S_OK);
        let exit = json(wait_for_exit(system, INFINITE).1);
        assert_eq!(exit["Attribution"][0]["WorkerExit"]["Detail"], "Reset");
        close_system(system);
    });
}

#[test]
fn a_hosted_system_with_a_container_is_a_windows_one() {
    for (hosted, os) in [(r#"{"Container":{}}"#, "Windows"), (r#"{"OciBundlePath":"/run/a"}"#, "Linux")] {
        Host::new().run(|_| {
            let system = create("box", &format!(r#"{{"HostingSystemId":"uvm","HostedSystem":{hosted}}}"#));
            assert_eq!(properties(system, None)["RuntimeOsType"], os);
            close_system(system);
        });
    }
}
