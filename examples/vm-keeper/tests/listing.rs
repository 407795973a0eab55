//! Listing machines, and finding one again after its handle was closed.
//! Not here: containers, which the keeper does not list.

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use hcs_sim::{Host, call};
use vm_keeper::{Error, Listed, State, VirtualMachine};

const LINUX: &str = include_str!("../../../fixtures/linux-direct-boot.json");
const DESKTOP: &str = include_str!("../../../fixtures/uefi-full-vm.json");
const CONTAINER: &str = include_str!("../../../fixtures/process-container.json");

fn listed(id: &str, state: State) -> Listed {
    Listed { id: id.to_owned(), owner: Some("orchard".to_owned()), state }
}

#[test]
fn a_created_and_a_running_machine_are_listed_and_a_container_is_not() -> Result<(), Error> {
    Host::new().run(|_| {
        let _created = VirtualMachine::create("build-1", LINUX)?;
        let _running = VirtualMachine::boot("desktop", DESKTOP, |_| {})?;
        let _container = VirtualMachine::create("press-7", CONTAINER)?;
        let expected = [listed("build-1", State::Created), listed("desktop", State::Running)];
        assert_eq!(VirtualMachine::list()?, expected);
        Ok(())
    })
}

#[test]
fn what_outlives_its_handle_is_found_again_and_the_rest_is_gone() -> Result<(), Error> {
    Host::new().run(|_| {
        drop(VirtualMachine::boot("build-1", LINUX, |_| {})?); // terminates on its last handle's close
        drop(VirtualMachine::boot("desktop", DESKTOP, |_| {})?); // goes on
        assert_eq!(VirtualMachine::list()?, [listed("desktop", State::Running)]);
        VirtualMachine::open("desktop")?.terminate()
    })
}

#[test]
fn a_list_that_cannot_be_read_is_an_error_and_not_an_empty_list() {
    Host::new().run(|host| {
        host.when(call::enumerate()).succeed().document("[{\"Id\":");
        let error = VirtualMachine::list().unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{error}");
    });
}
