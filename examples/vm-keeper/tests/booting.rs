//! Starting machines: it works, it fails, it takes too long, it works at the third attempt.
//! Not here: how machines end.

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use std::time::Duration;

use hcs_sim::hresult::*;
use hcs_sim::{ErrorEvent, Host, ResultError, call};
use vm_keeper::{State, VirtualMachine};

const LINUX: &str = include_str!("../../../fixtures/linux-direct-boot.json");

#[test]
fn a_machine_boots() -> Result<(), vm_keeper::Error> {
    Host::new().run(|_| {
        let machine = VirtualMachine::create("build-1", LINUX)?;
        assert_eq!(machine.state()?, State::Created);
        machine.start()?;
        assert_eq!(machine.state()?, State::Running);
        assert_eq!(VirtualMachine::open("BUILD-1")?.state()?, State::Running); // ids have no case
        machine.terminate()
    })
}

#[test]
fn a_machine_that_dies_while_starting_is_reported_with_its_reason() {
    Host::new().run(|host| {
        host.when(call::start().system("build-1"))
            .fail(HCS_E_TERMINATED_DURING_START)
            .document(ResultError::new().message("The virtual machine stopped.").event(ErrorEvent::new(
                ErrorEvent::HYPER_V_WORKER,
                12010,
                "root.vhdx is corrupt.",
            )))
            .after(Duration::from_secs(2));

        let machine = VirtualMachine::create("build-1", LINUX).unwrap();
        let before = host.now();
        let error = machine.start().unwrap_err();

        assert_eq!(error.code(), HCS_E_TERMINATED_DURING_START);
        assert_eq!(error.explained().unwrap().error_message, "The virtual machine stopped.");
        assert_eq!(error.to_string(), "could not start the system: 0x80370100, root.vhdx is corrupt.");
        assert_eq!(host.now() - before, Duration::from_secs(2)); // of virtual time
    });
}

#[test]
fn a_failure_that_hcs_does_not_explain_is_reported_all_the_same() {
    Host::new().run(|host| {
        host.when(call::start())
            .fail(HCS_E_HYPERV_NOT_INSTALLED)
            .no_document()
            .then()
            .fail(E_ACCESSDENIED)
            .document("not JSON");
        let machine = VirtualMachine::create("build-1", LINUX).unwrap();
        for code in [HCS_E_HYPERV_NOT_INSTALLED, E_ACCESSDENIED] {
            let error = machine.start().unwrap_err();
            assert_eq!(error.code(), code);
            assert!(error.explained().is_none());
        }
    });
}

#[test]
fn a_start_beyond_the_limit_is_given_up_and_completes_later() {
    Host::new().run(|host| {
        host.when(call::start()).simulate().after(Duration::from_secs(120));
        let machine = VirtualMachine::create("build-1", LINUX).unwrap();
        let before = host.now();

        let error = machine.start().unwrap_err();

        assert_eq!(error.code(), HCS_E_OPERATION_TIMEOUT);
        assert_eq!(host.now() - before, Duration::from_secs(60)); // the keeper's limit
        assert_eq!(machine.state().unwrap(), State::Created);
        host.advance(Duration::from_secs(60));
        assert_eq!(machine.state().unwrap(), State::Running); // giving up has not stopped it
    });
}

#[test]
fn a_disk_that_is_still_held_is_waited_for() {
    Host::new().run(|host| {
        host.when(call::start().system("build-1"))
            .fail(HRESULT_ERROR_SHARING_VIOLATION)
            .times(2)
            .then()
            .simulate()
            .named("the disk is held twice");
        let mut pauses = Vec::new();

        let machine = VirtualMachine::boot("build-1", LINUX, |attempt| {
            pauses.push(attempt);
            host.advance(Duration::from_secs(2)); // where the product sleeps
        });

        assert_eq!(machine.unwrap().state().unwrap(), State::Running);
        assert_eq!(pauses, [1, 2]);
        assert!(host.now() >= Duration::from_secs(4));
    });
}

#[test]
fn a_disk_that_is_never_let_go_ends_the_attempts() {
    Host::new().run(|host| {
        host.when(call::start()).fail(HRESULT_ERROR_SHARING_VIOLATION).expect(4);
        let error = VirtualMachine::boot("build-1", LINUX, |_| {}).unwrap_err();
        assert_eq!(error.code(), HRESULT_ERROR_SHARING_VIOLATION);
        assert!(VirtualMachine::list().unwrap().is_empty()); // nothing is left behind
    });
}
