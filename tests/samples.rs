//! The C++ samples of the HCS documentation as Rust on windows-sys: the same calls in the same order, each with its outcome.
//! Not here: the samples with callbacks (`samples_events`), and what the calls do beyond the samples.

#[path = "support/owners.rs"]
mod owners;

use std::fs;
use std::path::PathBuf;
use std::ptr::{null, null_mut};
use std::time::Duration;

use hcs_sim::Host;
use serde_json::json;
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::Win32::System::Threading::INFINITE;

use owners::*;

/// What the page on compute systems calls "system": it goes on when its handles are closed.
const VM: &str = r#"{
    "SchemaVersion": {"Major": 2, "Minor": 1},
    "Owner": "bakery",
    "VirtualMachine": {
        "Chipset": {"Uefi": {}},
        "ComputeTopology": {"Memory": {"Backing": "Virtual", "SizeInMB": 768}, "Processor": {"Count": 1}}
    }
}"#;

const ASK_FOR_MEMORY: &str = r#"{"PropertyTypes":["Memory"]}"#;

// Tutorial.md

/// A machine that boots from a disk, and ends with its last handle.
const MACHINE_WITH_DISK: &str = r#"{
    "SchemaVersion": {"Major": 2, "Minor": 1},
    "Owner": "bakery",
    "ShouldTerminateOnLastHandleClosed": true,
    "VirtualMachine": {
        "Chipset": {
            "Uefi": {"BootThis": {"DeviceType": "ScsiDrive", "DevicePath": "System", "DiskNumber": 0}}
        },
        "ComputeTopology": {
            "Memory": {"Backing": "Virtual", "SizeInMB": 1536},
            "Processor": {"Count": 4}
        },
        "Devices": {
            "Scsi": {"System": {"Attachments": {"0": {"Type": "VirtualDisk", "Path": "D:\\ovens\\oven.vhdx"}}}}
        }
    }
}"#;

const DOUBLE_THE_MEMORY: &str = r#"{
    "RequestType": "Update",
    "ResourcePath": "VirtualMachine/ComputeTopology/Memory/SizeInMB",
    "Settings": 3072
}"#;

#[test]
fn quick_start_creates_starts_asks_resizes_when_booted_and_terminates() {
    // Follows Tutorial.md. Where it sleeps before each try, virtual time passes.
    let guest_boot = Duration::from_secs(12);
    Host::builder().behavior(|it| it.guest_boot = guest_boot).run(|host| {
        // SAFETY: texts end with a zero and live as long as their statement, the owners as long as the block.
        unsafe {
            let operation = Operation::of(HcsCreateOperation(null(), None));
            let mut system = System::none();
            let called = HcsCreateComputeSystem(
                wide("Oven").as_ptr(),
                wide(MACHINE_WITH_DISK).as_ptr(),
                operation.get(),
                null(),
                system.out(),
            );
            assert_eq!(called, S_OK);
            assert!(!system.get().is_null());
            let mut document = Document::none();
            assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, document.out()), S_OK);
            assert_eq!(document.text(), None);

            assert_eq!(HcsStartComputeSystem(system.get(), operation.get(), null()), S_OK);
            assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, document.out()), S_OK);
            assert_eq!(document.text(), None);

            let query = wide(ASK_FOR_MEMORY);
            assert_eq!(HcsGetComputeSystemProperties(system.get(), operation.get(), query.as_ptr()), S_OK);
            assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, document.out()), S_OK);
            let properties = document.json();
            assert_eq!(properties["Id"], "Oven");
            assert_eq!(properties["State"], "Running");
            assert_eq!(properties["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 1536 * 256);

            let request = wide(DOUBLE_THE_MEMORY);
            let mut outcomes = Vec::new();
            while outcomes.last() != Some(&S_OK) && outcomes.len() < 6 {
                host.advance(Duration::from_secs(5));
                let modify = Operation::of(HcsCreateOperation(null(), None));
                let called = HcsModifyComputeSystem(system.get(), modify.get(), request.as_ptr(), null_mut());
                assert_eq!(called, S_OK);
                outcomes.push(HcsWaitForOperationResult(modify.get(), INFINITE, document.out()));
            }
            assert_eq!(outcomes, [HCS_E_INVALID_STATE, HCS_E_INVALID_STATE, S_OK]);
            assert_eq!(document.text(), None);

            assert_eq!(HcsTerminateComputeSystem(system.get(), operation.get(), null()), S_OK);
            assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, document.out()), S_OK);
            assert_eq!(document.text(), None);
        }
        let journal = host.journal();
        let calls: Vec<&str> = journal.calls().map(|(call, _)| call.export().name()).collect();
        let one_try = [
            "HcsCreateOperation",
            "HcsModifyComputeSystem",
            "HcsWaitForOperationResult",
            "HcsCloseOperation",
        ];
        let before = [
            "HcsCreateOperation",
            "HcsCreateComputeSystem",
            "HcsWaitForOperationResult",
            "HcsStartComputeSystem",
            "HcsWaitForOperationResult",
            "HcsGetComputeSystemProperties",
            "HcsWaitForOperationResult",
        ];
        let after = [
            "HcsTerminateComputeSystem",
            "HcsWaitForOperationResult",
            "HcsCloseComputeSystem",
            "HcsCloseOperation",
        ];
        assert_eq!(calls, [&before[..], &one_try, &one_try, &one_try, &after].concat());
    });
}

// ComputeSystemSample.md

#[test]
fn a_running_vm_without_handles_is_opened_by_its_id() {
    // Follows ComputeSystemSample.md, "open". The page prepares operation and query but ends before it uses them.
    Host::new().run(|_| {
        drop(started("Oven", VM));
        // SAFETY: texts end with a zero and live as long as their statement, the owners as long as the block.
        unsafe {
            let operation = Operation::of(HcsCreateOperation(null(), None));
            let mut system = System::none();
            assert_eq!(HcsOpenComputeSystem(wide("Oven").as_ptr(), GENERIC_ALL, system.out()), S_OK);

            let query = wide(ASK_FOR_MEMORY);
            assert_eq!(HcsGetComputeSystemProperties(system.get(), operation.get(), query.as_ptr()), S_OK);
            let mut document = Document::none();
            assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, document.out()), S_OK);
            let properties = document.json();
            assert_eq!(properties["State"], "Running");
            assert_eq!(properties["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 768 * 256);

            let mut none = System::none();
            let code = HcsOpenComputeSystem(wide("Stove").as_ptr(), GENERIC_ALL, none.out());
            assert_eq!(code, HCS_E_SYSTEM_NOT_FOUND);
            assert!(none.get().is_null());
        }
    });
}

#[test]
fn enumeration_without_a_query_answers_an_array_of_all_systems() {
    // Follows ComputeSystemSample.md, "enumerate".
    Host::new().run(|_| {
        let _systems = [started("Oven", VM), created("Mixer", VM)];
        // SAFETY: there is no query, and the owners live as long as the block.
        unsafe {
            let operation = Operation::of(HcsCreateOperation(null(), None));
            assert_eq!(HcsEnumerateComputeSystems(null(), operation.get()), S_OK);
            let mut document = Document::none();
            assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, document.out()), S_OK);
            let list = document.json();
            let told: Vec<_> = list.as_array().unwrap().iter().map(|it| (&it["Id"], &it["State"])).collect();
            assert_eq!(told, [(&json!("Oven"), &json!("Running")), (&json!("Mixer"), &json!(null))]);
            assert!(list[0]["SystemType"] == "VirtualMachine" && list[0]["Owner"] == "bakery");
        }
    });
}

const SUSPEND_TO_SAVE: &str = r#"{"HostedNotification":{"Reason":"Save"},"SuspensionLevel":"Suspend"}"#;

#[test]
fn a_vm_pauses_and_resumes_through_one_operation_each() {
    // Follows ComputeSystemSample.md, "pause and resume".
    Host::new().run(|host| {
        let system = started("Oven", VM);
        // SAFETY: texts end with a zero and live as long as their statement, the owners as long as the block.
        unsafe {
            let pause = Operation::of(HcsCreateOperation(null(), None));
            let options = wide(SUSPEND_TO_SAVE);
            assert_eq!(HcsPauseComputeSystem(system.get(), pause.get(), options.as_ptr()), S_OK);
            let mut document = Document::none();
            assert_eq!(HcsWaitForOperationResult(pause.get(), INFINITE, document.out()), S_OK);
            assert_eq!(document.text(), None);
            assert_eq!(HcsGetOperationType(pause.get()), HcsOperationTypePause);
            assert_eq!(state(&system), "Paused");

            host.advance(Duration::from_secs(60));
            let resume = Operation::of(HcsCreateOperation(null(), None));
            assert_eq!(HcsResumeComputeSystem(system.get(), resume.get(), null()), S_OK);
            assert_eq!(HcsWaitForOperationResult(resume.get(), INFINITE, document.out()), S_OK);
            assert_eq!(document.text(), None);
            assert_eq!(HcsGetOperationType(resume.get()), HcsOperationTypeResume);
            assert_eq!(state(&system), "Running");
        }
    });
}

#[test]
fn a_paused_vm_is_saved_to_a_file_and_its_handle_closed() {
    // Follows ComputeSystemSample.md, "save and close". Read on from "pause and resume" its system would be running again:
    // then the save fails, and it has to be paused.
    Host::new().run(|_| {
        let system = started("Oven", VM);
        let options = wide(r#"{"SaveStateFilePath":"D:\\ovens\\cold.vmrs","SaveType":"ToFile"}"#);
        // SAFETY: texts end with a zero, and the owners live as long as the block; the system is closed once.
        unsafe {
            let save = Operation::of(HcsCreateOperation(null(), None));
            let mut document = Document::none();
            assert_eq!(HcsSaveComputeSystem(system.get(), save.get(), options.as_ptr()), S_OK);
            let code = HcsWaitForOperationResult(save.get(), INFINITE, document.out());
            assert_eq!(code, HCS_E_INVALID_STATE);
            assert_eq!(asked(HcsPauseComputeSystem, &system), (S_OK, None));

            let save = Operation::of(HcsCreateOperation(null(), None));
            assert_eq!(HcsSaveComputeSystem(system.get(), save.get(), options.as_ptr()), S_OK);
            assert_eq!(HcsWaitForOperationResult(save.get(), INFINITE, document.out()), S_OK);
            assert_eq!(document.text(), None);
            HcsCloseComputeSystem(system.release());

            // Neither the save nor the close has ended it.
            let mut again = System::none();
            assert_eq!(HcsOpenComputeSystem(wide("Oven").as_ptr(), GENERIC_ALL, again.out()), S_OK);
            assert_eq!(state(&again), "Paused");
        }
    });
}

// ServiceSample.md

#[test]
fn the_service_tells_the_schema_versions_that_it_supports() {
    // Follows ServiceSample.md, "properties". The page asks for Memory, which the schema does not list; here Basic.
    Host::new().run(|_| {
        let query = wide(r#"{"PropertyTypes":["Basic"]}"#);
        let mut document = Document::none();
        // SAFETY: the text ends with a zero, and the document's owner is alive.
        let code = unsafe { HcsGetServiceProperties(query.as_ptr(), document.out()) };
        assert_eq!(code, S_OK);
        let versions = json!([{"Major": 1, "Minor": 0}, {"Major": 2, "Minor": 6}]);
        assert_eq!(document.json(), json!({"Properties": [{"SupportedSchemaVersions": versions}]}));
    });
}

#[test]
fn a_cpu_group_is_created_by_a_service_setting() {
    // Follows ServiceSample.md, "settings". The page has a placeholder where the group's GUID belongs.
    Host::new().run(|_| {
        let details = json!({
            "GroupId": "6f0c9a5e-3d1b-4c7e-8a52-9b1d40f7e213",
            "LogicalProcessorCount": 2,
            "LogicalProcessors": [0, 1],
        });
        let settings = json!({"Operation": "CreateGroup", "OperationDetails": &details});
        let request = wide(&json!({"PropertyType": "CpuGroup", "Settings": settings}).to_string());
        let mut document = Document::none();
        let query = wide(r#"{"PropertyTypes":["CpuGroup"]}"#);
        // SAFETY: texts end with a zero, and the document's owner is alive.
        unsafe {
            let code = HcsModifyServiceSettings(request.as_ptr(), document.out());
            assert_eq!((code, document.text()), (S_OK, None));
            // Not of the page: the group is there.
            assert_eq!(HcsGetServiceProperties(query.as_ptr(), document.out()), S_OK);
        }
        let group = &document.json()["Properties"][0]["CpuGroups"][0];
        assert_eq!(group["GroupId"], details["GroupId"]);
        assert_eq!(group["Affinity"]["LogicalProcessors"], details["LogicalProcessors"]);
    });
}

// UtilityFunctionSample.md

/// A folder of a test's own, removed with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("hcs-sim-samples-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path); // left by a run that was killed
        fs::create_dir(&path).expect("the folder is new");
        Folder(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().expect("the temporary directory is Unicode")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_empty_runtime_state_file_is_created_and_opened_to_a_vm() {
    // Follows UtilityFunctionSample.md, for a system that exists, as the page assumes.
    let folder = Folder::new("runtime-state");
    Host::new().run(|_| {
        let _system = created("Oven", VM);
        let file = wide(&folder.file("warm.vmrs"));
        // SAFETY: texts end with a zero and live as long as their statement.
        unsafe {
            assert_eq!(HcsCreateEmptyRuntimeStateFile(file.as_ptr()), S_OK);
            assert_eq!(folder.names(), ["warm.vmrs"]);
            assert_eq!(HcsGrantVmAccess(wide("Oven").as_ptr(), file.as_ptr()), S_OK);
        }
    });
}

#[test]
fn access_to_an_empty_guest_state_file_is_granted_before_the_vm_exists() {
    // No sample has this call: as UtilityFunctionSample.md, with the function of the page HcsCreateEmptyGuestStateFile.md.
    let folder = Folder::new("guest-state");
    Host::new().run(|_| {
        let file = folder.file("firmware.vmgs");
        // SAFETY: texts end with a zero and live as long as their statement.
        unsafe {
            assert_eq!(HcsCreateEmptyGuestStateFile(wide(&file).as_ptr()), S_OK);
            assert_eq!(folder.names(), ["firmware.vmgs"]);
            assert_eq!(HcsGrantVmAccess(wide("Oven").as_ptr(), wide(&file).as_ptr()), S_OK);
        }
        let guest_state = json!({"GuestStateFilePath": file});
        let machine = json!({"Chipset": {"Uefi": {}}, "GuestState": guest_state});
        let configuration = json!({"SchemaVersion": {"Major": 2, "Minor": 1}, "VirtualMachine": machine});
        let system = started("Oven", &configuration.to_string());
        assert_eq!(state(&system), "Running");
    });
}

#[test]
fn a_saved_state_tells_what_it_needs_of_a_processor() {
    // No sample has this call: after the pages HcsCreateEmptyRuntimeStateFile.md, which says what the file is for, and
    // HcsGetProcessorCompatibilityFromSavedState.md.
    let folder = Folder::new("processor");
    Host::new().run(|_| {
        let file = folder.file("warm.vmrs");
        let system = started("Oven", VM);
        assert_eq!(asked(HcsPauseComputeSystem, &system), (S_OK, None));
        let options = wide(&json!({"SaveType": "ToFile", "SaveStateFilePath": file}).to_string());
        // SAFETY: texts end with a zero and live as long as their statement, the owners as long as the block.
        unsafe {
            assert_eq!(HcsCreateEmptyRuntimeStateFile(wide(&file).as_ptr()), S_OK);
            assert_eq!(HcsGrantVmAccess(wide("Oven").as_ptr(), wide(&file).as_ptr()), S_OK);
            let save = Operation::of(HcsCreateOperation(null(), None));
            assert_eq!(HcsSaveComputeSystem(system.get(), save.get(), options.as_ptr()), S_OK);
            assert_eq!(HcsWaitForOperationResult(save.get(), INFINITE, null_mut()), S_OK);

            let mut document = Document::none();
            let code =
                HcsGetProcessorCompatibilityFromSavedState(wide(&file).as_ptr(), document.out().cast());
            assert_eq!(code, S_OK);
            assert!(document.json()["ProcessorFeatures"].is_array()); // of VmProcessorRequirements
        }
    });
}
