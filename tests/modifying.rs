//! What modify requests change: devices come and go, and properties, later requests and saved states see it.
//! Not here: in which states a modify is legal (`transitions`), the check of its settings (`schema`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{DocumentChecks, Host, Hresult, What};
use serde_json::{Value, json};
use support::*;

const MACHINE: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{
    "ComputeTopology":{"Memory":{"SizeInMB":1024},"Processor":{"Count":2}},
    "Devices":{"Scsi":{"disks":{"Attachments":{"0":{"Type":"VirtualDisk","Path":"C:\\system.vhdx"}}}},
               "NetworkAdapters":{"eth0":{}},"Plan9":{}}}}"#;

/// A running machine on a host of the usual settings.
fn on_a_machine(test: impl FnOnce(&Host, HCS_SYSTEM)) {
    Host::new().run(|host| {
        let system = create("vm", MACHINE);
        start(system);
        test(host, system);
        close_system(system);
    });
}

fn request(path: &str, kind: &str, settings: Value) -> String {
    json!({ "ResourcePath": path, "RequestType": kind, "Settings": settings }).to_string()
}

fn change(system: HCS_SYSTEM, path: &str, kind: &str, settings: Value) -> Hresult {
    modify(system, &request(path, kind, settings)).0
}

/// What stands in the configuration now.
fn now(host: &Host, pointer: &str) -> Value {
    host.configuration("vm").unwrap().pointer(pointer).cloned().unwrap_or(Value::Null)
}

/// The note of the last completion.
fn last_note(host: &Host) -> String {
    let journal = host.journal();
    let notes = journal.entries().iter().rev().filter_map(|it| match &it.what {
        What::Completed { note, .. } => note.as_deref().map(str::to_owned),
        _ => None,
    });
    notes.into_iter().next().unwrap_or_default()
}

const NIC: &str = "VirtualMachine/Devices/NetworkAdapters/eth1";
const DISK: &str = "VirtualMachine/Devices/Scsi/disks/Attachments/1";
const MEMORY: &str = "VirtualMachine/ComputeTopology/Memory/SizeInMB";

#[test]
fn every_resource_path_changes_the_configuration() {
    let guid = "0d2b4c8e-6f35-4a91-9b07-e1c3a5d7f264";
    let entries = [
        ("VirtualMachine/Devices/FlexibleIov/gpu", json!({ "EmulatorId": guid })),
        ("VirtualMachine/Devices/MappedPipes/agent", Value::Null),
        (NIC, json!({ "EndpointId": guid })),
        (DISK, json!({ "Type": "VirtualDisk", "Path": "D:\\data.vhdx" })),
        ("VirtualMachine/Devices/ComPorts/1", json!({ "NamedPipe": "\\\\.\\pipe\\com2" })),
        ("VirtualMachine/Devices/VirtualPMem/Devices/3", json!({ "HostPath": "C:\\layer.vhd" })),
        ("VirtualMachine/Devices/VirtualPMem/Devices/3/Mappings/4096", json!({ "HostPath": "C:\\part.vhd" })),
        ("VirtualMachine/Devices/VirtualPci/nvme", json!({ "Functions": [] })),
    ];
    let takes_no_update = ["FlexibleIov", "MappedPipes", "VirtualPMem", "VirtualPci"];
    on_a_machine(|host, system| {
        for (path, settings) in &entries {
            assert_eq!(change(system, path, "Add", settings.clone()), S_OK, "{path}");
            let expected = if settings.is_null() { json!({}) } else { settings.clone() };
            let here = now(host, &format!("/{path}"));
            assert!(here == expected || path.ends_with("Devices/3"), "{path}: {here}");
            let updated = change(system, path, "Update", settings.clone());
            let code =
                if takes_no_update.iter().any(|it| path.contains(it)) { HCS_E_INVALID_JSON } else { S_OK };
            assert_eq!(updated, code, "{path}");
        }
        let listed = [
            (
                "VirtualMachine/Devices/Plan9/Shares",
                json!({ "Name": "src", "AccessName": "src", "Path": "C:\\src", "Port": 9000 }),
            ),
            ("VirtualMachine/Devices/SharedMemory/Regions", json!({ "SectionName": "ring", "Length": 4096 })),
            ("VirtualMachine/Devices/VirtualSmb/Shares", json!({ "Name": "os", "Path": "C:\\os" })),
        ];
        for (path, settings) in &listed {
            assert_eq!(change(system, path, "Add", settings.clone()), S_OK, "{path}");
            assert_eq!(now(host, &format!("/{path}")), json!([settings]), "{path}");
            let mut other = settings.clone();
            other["Path"] = json!("D:\\other");
            let has_path = settings.get("Path").is_some();
            let updated = if has_path { other } else { settings.clone() };
            assert_eq!(change(system, path, "Update", updated.clone()), S_OK, "{path}");
            assert_eq!(now(host, &format!("/{path}")), json!([updated]), "{path}"); // no second one
            assert_eq!(change(system, path, "Remove", settings.clone()), S_OK, "{path}");
            assert_eq!(now(host, &format!("/{path}")), json!([]), "{path}");
        }
        let values = [
            (MEMORY, json!(2048)),
            ("VirtualMachine/ComputeTopology/Processor/CpuGroup", json!({ "Id": guid })),
            ("VirtualMachine/ComputeTopology/Processor/IdledProcessors", json!({ "IdleProcessorCount": 1 })),
            ("VirtualMachine/ComputeTopology/Processor/CpuFrequencyPowerCap", json!(1200)),
            ("VirtualMachine/ComputeTopology/Gpu", json!({ "AssignmentMode": "Mirror" })),
            (
                "VirtualMachine/Devices/HvSocket/HvSocketConfig/ServiceTable/00001b58-facb-11e6-bd58-64006a7986d3",
                json!({ "AllowWildcardBinds": true }),
            ),
        ];
        for (path, settings) in &values {
            assert_eq!(change(system, path, "Update", settings.clone()), S_OK, "{path}");
            assert_eq!(now(host, &format!("/{path}")), *settings, "{path}");
        }
        let limits = json!({ "Limit": 5000, "Weight": 50 });
        assert_eq!(change(system, "VirtualMachine/ComputeTopology/Processor/Limits", "Update", limits), S_OK);
        assert_eq!(now(host, "/VirtualMachine/ComputeTopology/Processor/Weight"), 50);
        assert_eq!(now(host, "/VirtualMachine/ComputeTopology/Processor/Count"), 2);
    });
}

#[test]
fn containers_have_resources_of_their_own() {
    Host::new().run(|host| {
        let configuration = r#"{"HostingSystemId":"uvm","HostedSystem":{"SchemaVersion":{"Major":2,"Minor":1},"Container":{}}}"#;
        let system = create("vm", configuration);
        start(system);
        let directory = json!({ "HostPath": "C:\\a", "ContainerPath": "C:\\b" });
        assert_eq!(change(system, "Container/MappedDirectories", "Add", directory.clone()), S_OK);
        assert_eq!(now(host, "/HostedSystem/Container/MappedDirectories"), json!([directory]));
        assert_eq!(change(system, "Container/Memory/SizeInMB", "Update", json!(512)), S_OK);
        assert_eq!(now(host, "/HostedSystem/Container/Memory/SizeInMB"), 512);
        for (path, settings) in [
            ("Container/Processor", json!({ "Count": 2, "Maximum": 5000 })),
            ("Container/Devices/Generic", json!({ "Anything": 1 })),
            ("Container/RegistryFlushState", json!({ "Enabled": true })),
        ] {
            assert_eq!(change(system, path, "Update", settings.clone()), S_OK, "{path}");
            assert_eq!(now(host, &format!("/HostedSystem/{path}")), settings, "{path}");
        }
        assert_eq!(change(system, "Container/Processor", "Update", json!({ "Limit": 1 })), HCS_E_INVALID_JSON); // a machine's
        let pipe = json!({ "ContainerPipeName": "agent", "HostPath": "\\\\.\\pipe\\a" });
        let elsewhere = json!({ "ContainerPipeName": "agent", "HostPath": "\\\\.\\pipe\\b" });
        assert_eq!(change(system, "Container/MappedPipes", "Add", pipe), S_OK);
        assert_eq!(change(system, "Container/MappedPipes", "Add", elsewhere), HRESULT_ERROR_ALREADY_EXISTS);
        assert_eq!(change(system, MEMORY, "Update", json!(512)), HRESULT_ERROR_NOT_SUPPORTED);
        close_system(system);
    });
    on_a_machine(|_, system| {
        assert_eq!(
            change(system, "Container/Memory/SizeInMB", "Update", json!(512)),
            HRESULT_ERROR_NOT_SUPPORTED
        );
    });
}

#[test]
fn a_slot_that_is_in_use_is_not_given_twice() {
    on_a_machine(|_, system| {
        let disk = json!({ "Type": "VirtualDisk", "Path": "D:\\data.vhdx" });
        let taken = DISK.replace("/1", "/0");
        assert_eq!(change(system, &taken, "Add", disk.clone()), HRESULT_ERROR_ALREADY_EXISTS);
        assert_eq!(change(system, DISK, "Add", disk.clone()), S_OK);
        assert_eq!(change(system, DISK, "Add", disk.clone()), HRESULT_ERROR_ALREADY_EXISTS);
        assert_eq!(change(system, DISK, "Remove", Value::Null), S_OK);
        assert_eq!(change(system, DISK, "Add", disk), S_OK);
        let share = json!({ "Name": "a", "AccessName": "a", "Path": "C:\\a", "Port": 9000 });
        let shares = "VirtualMachine/Devices/Plan9/Shares";
        assert_eq!(change(system, shares, "Add", share.clone()), S_OK);
        assert_eq!(change(system, shares, "Add", share.clone()), HRESULT_ERROR_ALREADY_EXISTS);
        let elsewhere = json!({ "Name": "a", "AccessName": "a", "Path": "C:\\a", "Port": 9001 });
        assert_eq!(change(system, shares, "Add", elsewhere), S_OK);
    });
}

#[test]
fn a_device_that_is_not_there_cannot_be_changed() {
    on_a_machine(|host, system| {
        let before = host.configuration("vm");
        let disk = json!({ "Type": "VirtualDisk", "Path": "D:\\data.vhdx" });
        for (path, kind, settings) in [
            ("VirtualMachine/Devices/Scsi/others/Attachments/0", "Add", disk.clone()),
            (DISK, "Update", disk),
            (NIC, "Update", json!({})),
            ("VirtualMachine/Devices/VirtualPMem/Devices/0/Mappings/0", "Add", json!({})),
            ("VirtualMachine/Devices/Plan9/Shares", "Update", json!({ "AccessName": "a", "Port": 1 })),
        ] {
            assert_eq!(change(system, path, kind, settings), HRESULT_ERROR_NOT_FOUND, "{path}");
        }
        assert_eq!(host.configuration("vm"), before);
    });
}

#[test]
fn removing_what_is_not_there_succeeds_and_changes_nothing() {
    on_a_machine(|host, system| {
        let before = host.configuration("vm");
        for path in [
            "VirtualMachine/Devices/NetworkAdapters/ETH0",
            NIC,
            DISK,
            "VirtualMachine/Devices/Scsi/no/Attachments/0",
        ] {
            assert_eq!(change(system, path, "Remove", Value::Null), S_OK, "{path}");
            assert!(last_note(host).contains("HCS removes nothing"), "{}", last_note(host));
        }
        assert_eq!(host.configuration("vm"), before);
        assert_eq!(
            change(system, "VirtualMachine/Devices/NetworkAdapters/eth0", "Remove", Value::Null),
            S_OK
        );
        assert_eq!(now(host, "/VirtualMachine/Devices/NetworkAdapters"), json!({}));
        assert!(!last_note(host).contains("eth0"), "{}", last_note(host));
    });
}

#[test]
fn a_resource_path_that_no_resource_has_is_refused_or_changes_nothing() {
    let misspelt = "VirtualMachine/Devices/NetworkAdaptors/eth0";
    on_a_machine(|host, system| {
        assert_eq!(change(system, misspelt, "Add", json!({})), E_INVALIDARG);
        let note = last_note(host);
        assert!(note.contains("did you mean \"VirtualMachine/Devices/NetworkAdapters/eth0\"?"), "{note}");
    });
    let lenient = Host::builder().behavior(|it| it.unknown_resource = None).build();
    lenient.run(|host| {
        let system = create("vm", MACHINE);
        start(system);
        let before = host.configuration("vm");
        assert_eq!(change(system, misspelt, "Add", json!({})), S_OK);
        assert!(last_note(host).contains("nothing changed"), "{}", last_note(host));
        assert_eq!(host.configuration("vm"), before);
        close_system(system);
    });
}

#[test]
fn a_request_for_the_guest_alone_changes_nothing_of_the_host() {
    on_a_machine(|host, system| {
        let before = host.configuration("vm");
        let request =
            r#"{"RequestType":"Add","GuestRequest":{"ResourceType":"MappedDirectory","Settings":{}}}"#;
        assert_eq!(modify(system, request).0, S_OK);
        assert!(last_note(host).contains("no ResourcePath"), "{}", last_note(host));
        assert_eq!(host.configuration("vm"), before);
    });
}

#[test]
fn a_mapped_pipe_takes_no_settings() {
    on_a_machine(|_, system| {
        let path = "VirtualMachine/Devices/MappedPipes/agent";
        assert_eq!(change(system, path, "Add", json!({ "Name": "x" })), E_INVALIDARG);
        assert_eq!(change(system, path, "Add", json!({})), S_OK);
        assert_eq!(change(system, path, "Remove", Value::Null), S_OK);
    });
}

#[test]
fn settings_of_the_wrong_type_fail_the_operation_and_name_the_place() {
    on_a_machine(|host, system| {
        let (code, document) = modify(system, &request(DISK, "Add", json!({ "Pth": "D:\\data.vhdx" })));
        assert_eq!(code, HCS_E_INVALID_JSON);
        assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11001);
        assert_eq!(
            last_note(host),
            "/Settings/Pth: Attachment has no member \"Pth\"; did you mean \"Path\"?"
        );
        assert_eq!(change(system, DISK, "Change", json!({})), HCS_E_INVALID_JSON);
        assert_eq!(
            change(system, "VirtualMachine/ComputeTopology/Gpu", "Remove", json!({})),
            HCS_E_INVALID_JSON
        );
        assert_eq!(change(system, MEMORY, "Update", json!("2048")), HCS_E_INVALID_JSON);
    });
}

#[test]
fn memory_is_given_out_in_steps_of_two_megabytes() {
    on_a_machine(|_, system| {
        assert_eq!(change(system, MEMORY, "Update", json!(2047)), WBEM_E_INVALID_PARAMETER);
        assert_eq!(
            properties(system, Some(r#"{"PropertyTypes":["Memory"]}"#))["Memory"]["VirtualMachineMemory"]["AssignedMemory"],
            1024 * 256
        );
    });
    Host::new().run(|host| {
        let odd = r#"{"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":513}}}}"#;
        let ((code, document), system) = try_create("vm", odd);
        assert_eq!(code, WBEM_E_INVALID_PARAMETER);
        assert_eq!(json(document)["Attribution"], json!([{ "OperationFailure": { "Detail": "Construct" } }]));
        assert!(last_note(host).contains("513"), "{}", last_note(host));
        close_system(system);
    });
}

#[test]
fn regions_of_shared_memory_are_told_by_the_properties() {
    on_a_machine(|_, system| {
        let path = "VirtualMachine/Devices/SharedMemory/Regions";
        assert_eq!(change(system, path, "Add", json!({ "SectionName": "ring", "Length": 4096 })), S_OK);
        assert_eq!(change(system, path, "Add", json!({ "SectionName": "pool", "Length": 1 << 22 })), S_OK);
        let told = properties(system, Some(r#"{"PropertyTypes":["SharedMemoryRegion"]}"#));
        let info = told["SharedMemoryRegionInfo"].as_array().unwrap();
        assert_eq!(info[0], json!({ "SectionName": "ring", "GuestPhysicalAddress": 1u64 << 32 }));
        assert_eq!(info[1]["GuestPhysicalAddress"], (1u64 << 32) + (2 << 20));
    });
}

#[test]
fn a_restored_system_has_what_was_added_before_it_was_saved() {
    on_a_machine(|host, system| {
        assert_eq!(change(system, NIC, "Add", json!({})), S_OK);
        assert_eq!(change(system, MEMORY, "Update", json!(4096)), S_OK);
        let share =
            |name: &str, path: &str| json!({ "Name": name, "AccessName": name, "Path": path, "Port": 9000 });
        for (name, path) in [("src", "C:\\src"), ("out", "C:\\out")] {
            assert_eq!(change(system, "VirtualMachine/Devices/Plan9/Shares", "Add", share(name, path)), S_OK);
        }
        ask(HcsPauseComputeSystem, system, None);
        let save = r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\vm.vmrs"}"#;
        assert_eq!(ask(HcsSaveComputeSystem, system, Some(save)).0, S_OK);
        ask(HcsTerminateComputeSystem, system, None);

        let restored = MACHINE.replace(
            r#""VirtualMachine":{"#,
            r#""VirtualMachine":{"RestoreState":{"SaveStateFilePath":"C:\\vm.vmrs"},"#,
        );
        // one of the shares is named, and lies elsewhere now
        let restored = restored
            .replace(r#""Plan9":{}"#, &format!(r#""Plan9":{{"Shares":[{}]}}"#, share("src", "D:\\src")));
        let restored = create("vm", &restored);
        start(restored);
        assert!(
            last_note(host).contains("/VirtualMachine/Devices/NetworkAdapters/eth1"),
            "{}",
            last_note(host)
        );
        assert_eq!(change(restored, NIC, "Add", json!({})), HRESULT_ERROR_ALREADY_EXISTS);
        let told = properties(restored, Some(r#"{"PropertyTypes":["Memory"]}"#));
        assert_eq!(told["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 4096 * 256);
        assert_eq!(now(host, "/VirtualMachine/ComputeTopology/Memory/SizeInMB"), 4096);
        let shares = json!([share("src", "D:\\src"), share("out", "C:\\out")]);
        assert_eq!(now(host, "/VirtualMachine/Devices/Plan9/Shares"), shares);
        // what is saved of it again says nothing of where it came from
        ask(HcsPauseComputeSystem, restored, None);
        let again = r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\again.vmrs"}"#;
        assert_eq!(ask(HcsSaveComputeSystem, restored, Some(again)).0, S_OK);
        ask(HcsTerminateComputeSystem, restored, None);
        let bare =
            create("vm", r#"{"VirtualMachine":{"RestoreState":{"SaveStateFilePath":"C:\\again.vmrs"}}}"#);
        start(bare);
        assert_eq!(
            now(host, "/VirtualMachine/RestoreState"),
            json!({ "SaveStateFilePath": "C:\\again.vmrs" })
        );
        assert_eq!(now(host, "/VirtualMachine/Devices/Plan9/Shares"), shares);
        close_system(bare);
        close_system(restored);
    });
}

#[test]
fn a_fork_has_the_devices_of_its_template_but_no_network_adapters() {
    on_a_machine(|host, system| {
        assert_eq!(
            change(system, DISK, "Add", json!({ "Type": "VirtualDisk", "Path": "D:\\data.vhdx" })),
            S_OK
        );
        ask(HcsPauseComputeSystem, system, None);
        assert_eq!(ask(HcsSaveComputeSystem, system, Some(r#"{"SaveType":"AsTemplate"}"#)).0, S_OK);
        let fork = create("fork", r#"{"VirtualMachine":{"RestoreState":{"TemplateSystemId":"vm"}}}"#);
        start(fork);
        let devices = host.configuration("fork").unwrap()["VirtualMachine"]["Devices"].clone();
        assert_eq!(devices["Scsi"]["disks"]["Attachments"]["1"]["Path"], "D:\\data.vhdx");
        assert_eq!(devices["NetworkAdapters"], Value::Null);
        let told = properties(fork, Some(r#"{"PropertyTypes":["Memory"]}"#));
        assert_eq!(told["Memory"]["VirtualMachineMemory"]["AssignedMemory"], 1024 * 256);
        assert_eq!(change(fork, "VirtualMachine/Devices/NetworkAdapters/eth0", "Add", json!({})), S_OK);
        close_system(fork);
    });
}

#[test]
fn a_disk_that_is_added_has_to_be_granted_where_access_is_enforced() {
    let host = Host::builder().behavior(|it| it.enforce_access = true).build();
    host.run(|host| {
        let system = create("vm", r#"{"VirtualMachine":{"Devices":{"Scsi":{"disks":{}}}}}"#);
        start(system);
        let disk = json!({ "Type": "VirtualDisk", "Path": "D:\\data.vhdx" });
        assert_eq!(change(system, DISK, "Add", disk.clone()), E_ACCESSDENIED);
        assert!(last_note(host).contains("HcsGrantVmAccess"), "{}", last_note(host));
        let (id, path) = (wide("vm"), wide("d:/data.vhdx"));
        // SAFETY: both texts are valid.
        assert_eq!(unsafe { HcsGrantVmAccess(id.as_ptr(), path.as_ptr()) }, S_OK);
        assert_eq!(change(system, DISK, "Add", disk), S_OK);
        let layer = json!({ "HostPath": "D:\\layer.vhd" });
        assert_eq!(
            change(system, "VirtualMachine/Devices/VirtualPMem/Devices/0", "Add", layer),
            E_ACCESSDENIED
        );
        close_system(system);
    });
}

#[test]
fn a_start_without_access_tells_the_controller_of_the_disk() {
    let host = Host::builder().behavior(|it| it.enforce_access = true).build();
    host.run(|_| {
        let disks = r#"{"A first":{"Attachments":{}},"Primary SCSI Controller":{"Attachments":{"0":{"Path":"D:\\a.vhdx"}}}}"#;
        let system = create("vm", &format!(r#"{{"VirtualMachine":{{"Devices":{{"Scsi":{disks}}}}}}}"#));
        let (code, document) = ask(HcsStartComputeSystem, system, None);
        assert_eq!(code, E_ACCESSDENIED);
        let message = json(document)["ErrorEvents"][1]["Message"].as_str().unwrap().to_owned();
        assert!(message.contains("1FF46D3F-E712-5DBC-9813-AAD51981A2E9"), "{message}");
        close_system(system);
    });
}

#[test]
fn keys_that_are_guids_are_the_same_in_either_case() {
    on_a_machine(|host, system| {
        let table = "VirtualMachine/Devices/HvSocket/HvSocketConfig/ServiceTable";
        let (lower, upper) = ("00001b58-facb-11e6-bd58-64006a7986d3", "00001B58-FACB-11E6-BD58-64006A7986D3");
        assert_eq!(change(system, &format!("{table}/{lower}"), "Update", json!({ "Disabled": true })), S_OK);
        assert_eq!(change(system, &format!("{table}/{upper}"), "Update", json!({ "Disabled": false })), S_OK);
        assert_eq!(now(host, &format!("/{table}")), json!({ lower: { "Disabled": false } }));
        assert_eq!(change(system, &format!("{table}/{upper}"), "Remove", Value::Null), S_OK);
        assert_eq!(now(host, &format!("/{table}")), json!({}));
    });
}

#[test]
fn keys_that_may_be_anything_are_as_they_are_written_also_where_they_are_guids() {
    on_a_machine(|host, system| {
        let adapters = "VirtualMachine/Devices/NetworkAdapters";
        let (lower, upper) = ("9e7d2a40-13c6-4f58-8b2d-aa61c04e7f35", "9E7D2A40-13C6-4F58-8B2D-AA61C04E7F35");
        assert_eq!(change(system, &format!("{adapters}/{lower}"), "Add", json!({})), S_OK);
        assert_eq!(change(system, &format!("{adapters}/{upper}"), "Remove", Value::Null), S_OK);
        assert_eq!(now(host, &format!("/{adapters}/{lower}")), json!({}));
    });
}

#[test]
fn a_configuration_of_the_wrong_shapes_is_made_right_by_a_change() {
    let topology = "VirtualMachine/ComputeTopology";
    let device = "VirtualMachine/Devices";
    let changes = [
        (topology, "Processor/CpuFrequencyPowerCap", json!(1200)),
        (topology, "Gpu", json!({})),
        (device, "NetworkAdapters/eth0", json!({})),
        (device, "FlexibleIov/gpu", json!({})),
        (device, "VirtualPci/nvme", json!({})),
        (device, "ComPorts/0", json!({})),
        (device, "VirtualSmb/Shares", json!({ "Name": "os", "Path": "C:\\os" })),
        (device, "Plan9/Shares", json!({ "Name": "src", "Path": "C:\\src" })),
        (device, "VirtualPMem/Devices/0", json!({ "HostPath": "C:\\layer.vhd" })),
    ];
    let mut created = 0;
    for checks in [DocumentChecks::Note, DocumentChecks::Off] {
        Host::builder().document_checks(checks).build().run(|host| {
            for (at, rest, settings) in &changes {
                let (part, member) = at.split_once('/').unwrap();
                let wrong = rest.split_once('/').map_or(*rest, |it| it.0);
                for shape in [json!([]), json!("text"), json!(7), json!(null), json!([{}])] {
                    let configuration = json!({ part: { member: { wrong: shape } } }).to_string();
                    let ((code, _), system) = try_create("vm", &configuration);
                    if code == S_OK {
                        created += 1;
                        start(system);
                        let path = format!("{at}/{rest}");
                        let request = json!({ "ResourcePath": path, "Settings": settings }).to_string();
                        assert_eq!(modify(system, &request).0, S_OK, "{checks:?} {shape} {path}");
                        let here = now(host, &format!("/{path}"));
                        assert!(here == *settings || here == json!([settings]), "{shape} {path}: {here}");
                        ask(HcsTerminateComputeSystem, system, None);
                    } else {
                        assert_eq!(code, HCS_E_INVALID_JSON); // it cannot be read at all
                    }
                    close_system(system);
                }
            }
        });
    }
    assert!(created > 60, "{created}");
}

#[test]
fn a_long_path_is_cut_where_it_is_shown() {
    let long = format!("VirtualMachine/Devices/{}", "é/".repeat(200_000));
    on_a_machine(|host, system| {
        assert_eq!(change(system, &long, "Add", json!({})), E_INVALIDARG);
        assert!(last_note(host).len() < 800);
    });
}

#[test]
fn the_configuration_can_be_looked_at_after_the_exit_while_a_handle_is_open() {
    on_a_machine(|host, system| {
        assert_eq!(change(system, NIC, "Add", json!({})), S_OK);
        ask(HcsTerminateComputeSystem, system, None);
        assert_eq!(now(host, &format!("/{NIC}")), json!({}));
        assert_eq!(
            ask(HcsGetComputeSystemProperties, system, Some(r#"{"Queries":{"Basic":{}}}"#)).1.unwrap(),
            r#"{"Id":"vm","SystemType":"Container","Stopped":true,"ExitType":"ForcedExit"}"#
        ); // reduced
    });
}

#[test]
fn of_two_systems_of_one_id_the_configuration_is_that_of_the_newer() {
    on_a_machine(|host, older| {
        ask(HcsTerminateComputeSystem, older, None);
        let newer = create("vm", &MACHINE.replace("1024", "512"));
        let memory = "/VirtualMachine/ComputeTopology/Memory/SizeInMB";
        assert_eq!(now(host, memory), 512);
        ask(HcsTerminateComputeSystem, newer, None);
        assert_eq!(now(host, memory), 512); // both have ended, and both are open
        close_system(newer);
        assert_eq!(now(host, memory), 1024);
    });
}

#[test]
fn licensing_is_updated_and_nothing_else() {
    on_a_machine(|host, system| {
        let licensing = "VirtualMachine/Devices/Licensing";
        assert_eq!(change(system, licensing, "Update", json!({})), S_OK);
        assert_eq!(now(host, &format!("/{licensing}")), json!({}));
        for kind in ["Add", "Remove"] {
            assert_eq!(change(system, licensing, kind, json!({})), HCS_E_INVALID_JSON, "{kind}");
        }
    });
}

#[test]
fn a_rule_that_lets_a_modify_succeed_makes_its_change_all_the_same() {
    let host = Host::builder().behavior(|it| it.guest_boot = Duration::from_secs(60)).build();
    host.run(|host| {
        host.when(hcs_sim::call::modify()).succeed();
        let system = create("vm", MACHINE);
        start(system);
        let elsewhere = "VirtualMachine/Devices/Scsi/others/Attachments/0";
        assert_eq!(change(system, elsewhere, "Add", json!({ "Path": "D:\\x.vhdx" })), S_OK);
        assert_eq!(now(host, &format!("/{elsewhere}/Path")), "D:\\x.vhdx");
        assert_eq!(change(system, MEMORY, "Update", json!(2048)), S_OK);
        assert_eq!(now(host, "/VirtualMachine/ComputeTopology/Memory/SizeInMB"), 2048);
        close_system(system);
    });
}

#[test]
fn a_request_without_a_type_adds_or_does_what_the_resource_takes() {
    on_a_machine(|host, system| {
        let limits =
            r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Processor/Limits","Settings":{"Limit":5000}}"#;
        assert_eq!(modify(system, limits).0, S_OK);
        assert_eq!(now(host, "/VirtualMachine/ComputeTopology/Processor/Limit"), 5000);
        let guid = "00001b58-facb-11e6-bd58-64006a7986d3";
        let service = format!("VirtualMachine/Devices/HvSocket/HvSocketConfig/ServiceTable/{guid}");
        for path in [NIC, &service] {
            assert_eq!(modify(system, &format!(r#"{{"ResourcePath":"{path}","Settings":{{}}}}"#)).0, S_OK);
            assert_eq!(now(host, &format!("/{path}")), json!({}));
        }
    });
}
