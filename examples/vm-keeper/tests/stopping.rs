//! Ending machines: guests that obey, guests that do not, guests that cannot be asked.
//! Not here: saving them for later.

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use std::time::Duration;

use hcs_sim::hresult::*;
use hcs_sim::{Host, call};
use vm_keeper::{Exit, ExitType, State, VirtualMachine};

/// Has `Services.Shutdown`.
const DESKTOP: &str = include_str!("../../../fixtures/uefi-full-vm.json");
/// Has not.
const LINUX: &str = include_str!("../../../fixtures/linux-direct-boot.json");

const PATIENCE_MS: u32 = 30_000;
const GRACEFUL: Exit = Exit { status: 0, exit_type: ExitType::GracefulExit };
const FORCED: Exit = Exit { status: 0, exit_type: ExitType::ForcedExit };

fn running(configuration: &str) -> VirtualMachine {
    let machine = VirtualMachine::create("desktop", configuration).unwrap();
    machine.start().unwrap();
    machine
}

#[test]
fn a_guest_that_obeys_is_not_terminated() {
    Host::new().run(|host| {
        host.when(call::terminate()).simulate().expect(0);
        let machine = running(DESKTOP);
        assert_eq!(machine.shut_down(PATIENCE_MS).unwrap(), GRACEFUL);
        assert_eq!(machine.state().unwrap(), State::Stopped);
    });
}

#[test]
fn a_guest_that_ignores_the_request_is_terminated_after_the_patience() {
    let an_hour = Duration::from_secs(3600);
    Host::builder().behavior(|it| it.guest_shutdown = an_hour).run(|host| {
        host.when(call::terminate()).simulate().expect(1);
        let machine = running(DESKTOP);
        let before = host.now();

        assert_eq!(machine.shut_down(PATIENCE_MS).unwrap(), FORCED);

        let took = host.now() - before;
        assert!((30..31).contains(&took.as_secs()), "it took {took:?}");
    });
}

#[test]
fn a_guest_that_cannot_be_asked_is_terminated_at_once() {
    Host::new().run(|host| {
        let machine = running(LINUX);
        let before = host.now();
        assert_eq!(machine.shut_down(PATIENCE_MS).unwrap(), FORCED);
        assert!(host.now() - before < Duration::from_secs(1));
    });
}

#[test]
fn a_guest_that_goes_just_before_it_is_terminated_has_gone() {
    Host::builder().behavior(|it| it.guest_shutdown = Duration::from_millis(30_005)).run(|host| {
        let machine = running(DESKTOP);
        assert_eq!(machine.shut_down(PATIENCE_MS).unwrap(), GRACEFUL); // terminate came too late, and says so
        let codes: Vec<_> = host.journal().calls().map(|(_, answer)| answer.returned).collect();
        assert!(codes.contains(&hcs_sim::Returned::Hresult(HCS_E_SYSTEM_ALREADY_STOPPED)));
    });
}

#[test]
fn terminating_twice_is_once_too_many_and_does_no_harm() {
    Host::new().run(|_| {
        let machine = running(DESKTOP);
        machine.terminate().unwrap();
        machine.terminate().unwrap();
        assert_eq!(machine.wait_for_exit(0).unwrap(), FORCED);
    });
}

#[test]
fn other_failures_of_a_shutdown_are_passed_on() {
    Host::new().run(|host| {
        host.when(call::shut_down()).fail(HCS_E_ACCESS_DENIED);
        host.when(call::terminate()).simulate().expect(0);
        let machine = running(DESKTOP);
        assert_eq!(machine.shut_down(PATIENCE_MS).unwrap_err().code(), HCS_E_ACCESS_DENIED);
    });
}
