//! The keeper on every Windows: what it sends is in order there, and what it is told it understands.
//! Not here: failures (`booting`, `creating`).

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use hcs_sim::hresult::HCS_E_INVALID_JSON;
use hcs_sim::{Host, Profile, schema};
use vm_keeper::{State, VirtualMachine};

const LINUX: &str = include_str!("../../../fixtures/linux-direct-boot.json");
const DESKTOP: &str = include_str!("../../../fixtures/uefi-full-vm.json");

#[test]
fn a_machine_runs_on_every_windows_that_knows_its_configuration() {
    for profile in Profile::ALL {
        for (configuration, since) in
            [(LINUX, Profile::Windows10V1903), (DESKTOP, Profile::WindowsServer2022)]
        {
            let problems = schema::check("ComputeSystem", configuration, profile.schema());
            assert_eq!(problems.is_empty(), profile >= since, "{profile}: {problems:?}");
            Host::builder().profile(profile).run(|_| {
                match VirtualMachine::boot("vm", configuration, |_| ()) {
                    Ok(machine) => {
                        assert_eq!(machine.state().unwrap(), State::Running, "{profile}");
                        machine.terminate().unwrap(); // newer ones answer it with a document
                    }
                    Err(error) => {
                        assert_eq!(error.code(), HCS_E_INVALID_JSON, "{profile}");
                        assert!(profile < since);
                    }
                }
            });
        }
    }
}
