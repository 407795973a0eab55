//! Creating machines: what HCS reports only after it has accepted the request.
//! Not here: starting them.

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use hcs_sim::hresult::*;
use hcs_sim::{Call, Host, call};
use vm_keeper::VirtualMachine;

const LINUX: &str = include_str!("../../../fixtures/linux-direct-boot.json");

#[test]
fn a_second_machine_with_the_same_id_is_refused_and_leaks_nothing() {
    Host::new().run(|host| {
        let _first = VirtualMachine::create("build-1", LINUX).unwrap();

        let error = VirtualMachine::create("Build-1", LINUX).unwrap_err();

        assert_eq!(error.code(), HCS_E_SYSTEM_ALREADY_EXISTS);
        // The call was accepted, and gave a handle; the failure came through the operation.
        let journal = host.journal();
        let created = journal.calls().filter(|(call, _)| matches!(call, Call::CreateComputeSystem { .. }));
        assert!(created.last().is_some_and(|(_, answer)| !answer.system.is_null()));
    }); // a handle or a document that nobody has closed or freed would fail the test here
}

#[test]
fn a_configuration_that_is_not_valid_is_explained() {
    Host::new().run(|_| {
        let error = VirtualMachine::create("build-1", r#"{"VirtualMachine":"#).unwrap_err();
        assert_eq!(error.code(), HCS_E_INVALID_JSON);
        assert_eq!(error.explained().unwrap().error_events[0].event_id, 11000);
    });
}

#[test]
fn no_operation_can_be_made() {
    Host::new().run(|host| {
        host.when(call::create_operation()).refuse(E_OUTOFMEMORY);
        let error = VirtualMachine::create("build-1", LINUX).unwrap_err();
        assert_eq!(error.code(), E_OUTOFMEMORY);
    });
}

#[test]
fn what_does_not_exist_cannot_be_opened() {
    Host::new().run(|_| {
        assert_eq!(VirtualMachine::open("build-1").unwrap_err().code(), HCS_E_SYSTEM_NOT_FOUND);
    });
}
