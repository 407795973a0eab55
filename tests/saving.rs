//! Saving, restoring and forking systems, and changing running ones.
//! Not here: what is legal when (`transitions`).

mod support;

use std::time::Duration;

use hcs_sim::Host;
use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use support::states::State::*;
use support::states::*;
use support::*;

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
        assert_eq!(document["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 512 * 256);
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
        assert_eq!(document["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 1024 * 256);
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
        // 5 ms of the first request are over, and 5 ms the second takes: it completes when the guest has just booted
        host.advance(Duration::from_millis(9_990));
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
