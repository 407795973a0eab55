//! The least that a test needs: one line, and the product runs. All tests of such a file share one host.
//! Not here: anything scripted; for that, and for leaks that fail each test by itself, make a `Host`.

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use hcs_sim as _; // answers the HCS calls below
use vm_keeper::{Error, State, VirtualMachine};

const LINUX: &str = include_str!("../../../fixtures/linux-direct-boot.json");

#[test]
fn a_machine_boots() -> Result<(), Error> {
    let machine = VirtualMachine::boot("build-1", LINUX, |_| {})?;
    assert_eq!(machine.state()?, State::Running);
    machine.terminate()
}
