//! Pausing machines, saving them, and going on from what was saved.
//! Not here: machines that end for good.

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use hcs_sim::Host;
use hcs_sim::hresult::*;
use vm_keeper::{State, VirtualMachine};

const LINUX: &str = include_str!("../../../fixtures/linux-direct-boot.json");
const RESTORED: &str = include_str!("../../../fixtures/restore-from-file.json");
/// What the configuration above names.
const SAVED: &str = r"C:\ProgramData\Orchard\build-1\suspended.vmrs";

#[test]
fn a_machine_is_paused_and_goes_on() -> Result<(), vm_keeper::Error> {
    Host::new().run(|_| {
        let machine = VirtualMachine::boot("build-1", LINUX, |_| {})?;
        machine.pause()?;
        assert_eq!(machine.state()?, State::Paused);
        machine.resume()?;
        assert_eq!(machine.state()?, State::Running);
        Ok(())
    })
}

#[test]
fn a_machine_is_saved_and_started_again_from_its_file() -> Result<(), vm_keeper::Error> {
    Host::new().run(|_| {
        let machine = VirtualMachine::boot("build-1", LINUX, |_| {})?;
        machine.pause()?;
        machine.save(SAVED)?;
        machine.terminate()?;
        drop(machine);

        let machine = VirtualMachine::create("build-1", RESTORED)?;
        machine.start()?; // not resume
        assert_eq!(machine.state()?, State::Running);
        Ok(())
    })
}

#[test]
fn a_file_of_an_earlier_run_is_enough() -> Result<(), vm_keeper::Error> {
    Host::new().run(|host| {
        host.add_saved_state(SAVED);
        VirtualMachine::boot("build-1", RESTORED, |_| {})?.terminate()
    })
}

#[test]
fn a_running_machine_cannot_be_saved() {
    Host::new().run(|_| {
        let machine = VirtualMachine::boot("build-1", LINUX, |_| {}).unwrap();
        assert_eq!(machine.save(SAVED).unwrap_err().code(), HCS_E_INVALID_STATE);
    });
}
