//! Attaching and detaching disks while a machine runs, and what is left of them after a restore.
//! Not here: disks of the configuration (`booting`).

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use hcs_sim::hresult::*;
use hcs_sim::{Host, call, faults};
use serde_json::json;
use vm_keeper::VirtualMachine;

const LINUX: &str = include_str!("../../../fixtures/linux-direct-boot.json");
const RESTORED: &str = include_str!("../../../fixtures/restore-from-file.json");
const CACHE: &str = r"C:\ProgramData\Orchard\build-1\cache.vhdx";
const STATE: &str = r"C:\ProgramData\Orchard\build-1\suspended.vmrs";

fn attached(host: &Host, lun: u8) -> Option<serde_json::Value> {
    let place = format!("/VirtualMachine/Devices/Scsi/Primary disk controller/Attachments/{lun}/Path");
    host.configuration("build-1").and_then(|it| it.pointer(&place).cloned())
}

#[test]
fn a_disk_comes_and_goes() {
    Host::new().run(|host| {
        let machine = VirtualMachine::boot("build-1", LINUX, |_| ()).unwrap();
        machine.attach_disk(2, CACHE).unwrap();
        assert_eq!(attached(host, 2), Some(json!(CACHE)));
        machine.detach_disk(2).unwrap();
        assert_eq!(attached(host, 2), None);
        machine.detach_disk(2).unwrap(); // HCS removes nothing, and says that it did
    });
}

#[test]
fn a_place_that_is_taken_is_told() {
    Host::new().run(|_| {
        let machine = VirtualMachine::boot("build-1", LINUX, |_| ()).unwrap();
        assert_eq!(machine.attach_disk(0, CACHE).unwrap_err().code(), HRESULT_ERROR_ALREADY_EXISTS);
    });
}

#[test]
fn a_disk_that_was_attached_is_there_after_a_restore() {
    Host::new().run(|host| {
        let machine = VirtualMachine::boot("build-1", LINUX, |_| ()).unwrap();
        machine.attach_disk(2, CACHE).unwrap();
        machine.pause().unwrap();
        machine.save(STATE).unwrap();
        machine.terminate().unwrap();
        let restored = VirtualMachine::boot("build-1", RESTORED, |_| ()).unwrap();
        assert_eq!(attached(host, 2), Some(json!(CACHE)));
        assert_eq!(restored.attach_disk(2, CACHE).unwrap_err().code(), HRESULT_ERROR_ALREADY_EXISTS);
    });
}

#[test]
fn a_disk_that_the_host_does_not_take_is_explained() {
    Host::new().run(|host| {
        host.when(call::modify()).fault(faults::disk_sparse(CACHE));
        let machine = VirtualMachine::boot("build-1", LINUX, |_| ()).unwrap();
        let error = machine.attach_disk(2, CACHE).unwrap_err();
        assert_eq!(error.code(), ERROR_VIRTUAL_DISK_LIMITATION);
        assert!(error.explained().unwrap().error_events.iter().any(|it| it.event_id == 12010));
    });
}
