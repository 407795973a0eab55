//! The documents in `fixtures/`: each is in order for its type, and is what a host takes or what it writes.
//! Not here: what becomes of documents that are not in order (`bad_input`).

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::ptr::null_mut;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::documents::*;
use hcs_sim::faults::{self, Fault};
use hcs_sim::hresult::*;
use hcs_sim::schema::{self, Version};
use hcs_sim::{Event, GuestEvent, Host, Profile, Signal, call as calls, event, program};
use serde_json::json;
use support::listeners::*;
use support::migrations::{self, ask_with_socket, transferred};
use support::processes::*;
use support::*;

/// `fixtures/*.json`: configurations (`ComputeSystem`), with the first Windows that takes each.
const CONFIGURATIONS: [(&str, Profile); 9] = [
    ("confidential-vm", Profile::Windows11V21H2),
    ("fork-from-template", Profile::Windows10V1809),
    ("hyperv-container", Profile::Windows10V1809),
    ("linux-direct-boot", Profile::Windows10V1903),
    ("process-container", Profile::Windows10V1809),
    ("restore-from-file", Profile::Windows10V1903),
    ("schema1-container", Profile::Windows10V1809),
    ("uefi-full-vm", Profile::WindowsServer2022),
    ("windows-utility-vm", Profile::Windows10V1809),
];

/// `fixtures/documents/*.json`: what HCS writes, with the type of each.
const DOCUMENTS: [(&str, &str); 26] = [
    ("crash-report", "CrashReport"),
    ("enumeration", "<Properties> array"),
    ("exit-forced", "SystemExitStatus"),
    ("exit-guest-crash", "SystemExitStatus"),
    ("exit-power-off", "SystemExitStatus"),
    ("exit-reset", "SystemExitStatus"),
    ("exit-shutdown", "SystemExitStatus"),
    ("exit-triple-fault", "SystemExitStatus"),
    ("exit-worker-death", "SystemExitStatus"),
    ("migration-event", "OperationSystemMigrationNotificationInfo"),
    ("process-exit", "ProcessStatus"),
    ("properties-after-exit", "Properties"),
    ("properties-container", "Properties"),
    ("properties-mapped-virtual-disks", "Properties"),
    ("properties-memory", "Properties"),
    ("properties-never-started", "Properties"),
    ("properties-process-list", "Properties"),
    ("properties-running", "Properties"),
    ("result-construct-failure", "ResultError"),
    ("result-duplicate-id", "ResultError"),
    ("result-hyperv-not-installed", "ResultError"),
    ("result-invalid-configuration", "ResultError"),
    ("result-invalid-options", "ResultError"),
    ("result-start-failure", "ResultError"),
    ("service-basic", "ServiceProperties"),
    ("service-processor-capabilities", "ServiceProperties"),
];

/// `fixtures/requests/*.json`: what clients send, with the type of each.
const REQUESTS: [(&str, &str); 23] = [
    ("crash", "CrashOptions"),
    ("migration-finalize", "MigrationFinalizedOptions"),
    ("migration-initialize", "MigrationInitializeOptions"),
    ("migration-start", "MigrationStartOptions"),
    ("migration-transfer", "MigrationTransferOptions"),
    ("modify-add-disk", "ModifySettingRequest"),
    ("modify-add-share", "ModifySettingRequest"),
    ("modify-memory", "ModifySettingRequest"),
    ("modify-remove-nic", "ModifySettingRequest"),
    ("pause", "PauseOptions"),
    ("process-close-stdin", "ProcessModifyRequest"),
    ("process-linux", "ProcessParameters"),
    ("process-resize-console", "ProcessModifyRequest"),
    ("process-windows", "ProcessParameters"),
    ("property-query", "System_PropertyQuery"),
    ("save", "SaveOptions"),
    ("service-create-cpu-group", "ModificationRequest"),
    ("service-query", "Service_PropertyQuery"),
    ("shutdown", "ShutdownOptions"),
    ("signal-linux", "SignalProcessOptions"),
    ("signal-windows", "SignalProcessOptions"),
    ("start-destination", "StartOptions"),
    ("system-query", "SystemQuery"),
];

/// The systems that the documents are about.
const LINUX: &str = "orchard-build-1";
const DESKTOP: &str = "orchard-desktop";
const CONTAINER_ID: &str = "press-7";

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

/// Every file, by its path without extension, with the type of its document.
fn fixtures() -> impl Iterator<Item = (String, &'static str)> {
    let configurations = CONFIGURATIONS.iter().map(|it| (it.0.to_owned(), "ComputeSystem"));
    let documents = DOCUMENTS.iter().map(|it| (format!("documents/{}", it.0), it.1));
    let requests = REQUESTS.iter().map(|it| (format!("requests/{}", it.0), it.1));
    configurations.chain(documents).chain(requests)
}

fn fixture(name: &str) -> String {
    let path = folder().join(format!("{name}.json"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn document(name: &str) -> String {
    fixture(&format!("documents/{name}"))
}

fn request(name: &str) -> String {
    fixture(&format!("requests/{name}"))
}

/// A document that a host has written is the one in the file, to the byte. `HCS_SIM_REWRITE_FIXTURES=1` writes the file anew.
fn assert_written(name: &str, written: Option<String>) {
    if let (Some(_), Some(text)) = (std::env::var_os("HCS_SIM_REWRITE_FIXTURES"), &written) {
        fs::write(folder().join(format!("documents/{name}.json")), text).unwrap();
    }
    assert_eq!(written, Some(document(name)), "{name}");
}

/// A running system, with a configuration of the files.
fn started(id: &str, configuration: &str) -> HCS_SYSTEM {
    let system = create(id, &fixture(configuration));
    start(system);
    system
}

fn running_linux() -> HCS_SYSTEM {
    started(LINUX, "linux-direct-boot")
}

fn terminate(system: HCS_SYSTEM) {
    assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
}

fn service_properties(query: &str) -> Fetched {
    let mut document = null_mut();
    // SAFETY: the text and the out pointer are valid.
    let code = unsafe { HcsGetServiceProperties(wide(query).as_ptr(), &mut document) };
    (code.into(), take(document))
}

// The files

const NOT_DOCUMENTS: [&str; 4] = ["README.md", "documents", "requests", "scenarios"];

#[test]
fn every_file_stands_in_a_table_and_every_row_has_a_file() {
    let mut files = BTreeSet::new();
    for group in ["", "documents/", "requests/"] {
        for entry in fs::read_dir(folder().join(group)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            match name.strip_suffix(".json") {
                Some(name) => assert!(files.insert(format!("{group}{name}"))),
                None => assert!(NOT_DOCUMENTS.contains(&&*name), "{group}{name}"),
            }
        }
    }
    assert_eq!(files, fixtures().map(|it| it.0).collect());
}

#[test]
fn every_file_stands_in_the_readme() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for (file, _) in fixtures() {
        let row = format!("\n| `{}.json` |", file.rsplit('/').next().unwrap());
        assert!(readme.contains(&row), "fixtures/README.md has no row {row}");
    }
}

#[test]
fn every_file_is_in_order_for_its_type() {
    for (file, type_name) in fixtures() {
        let problems = schema::check(type_name, fixture(&file), Version::new(2, 9));
        assert_eq!(problems, [], "{file} as {type_name}");
    }
}

#[test]
fn documents_have_one_line_without_an_end_and_the_others_lines_with_ends() {
    for (file, _) in fixtures() {
        let text = fixture(&file);
        let is_written_by_hcs = file.starts_with("documents/");
        assert_eq!(is_written_by_hcs, !text.contains('\n'), "{file}");
        assert_eq!(is_written_by_hcs, !text.ends_with('\n'), "{file}");
    }
}

#[test]
fn a_typed_document_reads_its_file_and_writes_it_back() {
    for (name, type_name) in DOCUMENTS {
        let text = document(name);
        let written = match type_name {
            "CrashReport" => serde_json::from_str::<CrashReport>(&text).unwrap().to_json(),
            "ProcessStatus" => {
                let status: ProcessStatus = serde_json::from_str(&text).unwrap();
                serde_json::to_string(&status).unwrap()
            }
            "Properties" => serde_json::from_str::<Properties>(&text).unwrap().to_json(),
            "<Properties> array" => {
                let all: Vec<Properties> = serde_json::from_str(&text).unwrap();
                serde_json::to_string(&all).unwrap()
            }
            "ResultError" => serde_json::from_str::<ResultError>(&text).unwrap().to_json(),
            "OperationSystemMigrationNotificationInfo" => {
                let told: MigrationNotification = serde_json::from_str(&text).unwrap();
                serde_json::to_string(&told).unwrap()
            }
            "ServiceProperties" => serde_json::from_str::<ServiceProperties>(&text).unwrap().to_json(),
            "SystemExitStatus" => serde_json::from_str::<SystemExitStatus>(&text).unwrap().to_json(),
            _ => continue, // it has no typed form
        };
        assert_eq!(written, text, "{name}");
    }
}

// Configurations

/// Lets there be what a configuration builds upon. Answers the handle that keeps it there.
fn lay_the_ground(host: &Host, name: &str) -> Option<HCS_SYSTEM> {
    match name {
        "fork-from-template" => {
            let template = started("orchard-seedling", "windows-utility-vm");
            assert_eq!(ask(HcsPauseComputeSystem, template, None).0, S_OK);
            assert_eq!(ask(HcsSaveComputeSystem, template, Some(states::TEMPLATE)).0, S_OK);
            Some(template)
        }
        "hyperv-container" => Some(started("orchard-utility-vm", "windows-utility-vm")),
        "restore-from-file" => {
            host.add_saved_state(r"C:\ProgramData\Orchard\build-1\suspended.vmrs");
            None
        }
        _ => None,
    }
}

#[test]
fn each_configuration_is_created_started_and_terminated() {
    for (name, _) in CONFIGURATIONS {
        Host::builder().profile(Profile::Newest).run(|host| {
            let ground = lay_the_ground(host, name);
            let system = create("orchard", &fixture(name));
            let configured = serde_json::from_str::<serde_json::Value>(&fixture(name)).unwrap();
            assert_eq!(host.configuration("orchard"), Some(configured), "{name}");
            start(system);
            assert_eq!(properties(system, None)["Owner"], "orchard", "{name}");
            terminate(system);
            close_system(system);
            ground.into_iter().for_each(close_system);
        });
    }
}

#[test]
fn each_configuration_is_taken_from_the_first_windows_on_that_knows_it() {
    for (name, first) in CONFIGURATIONS {
        for profile in Profile::ALL {
            Host::builder().profile(profile).run(|_| {
                let ((code, _), system) = try_create("orchard", &fixture(name));
                let expected = if profile < first { HCS_E_INVALID_JSON } else { S_OK };
                assert_eq!(code, expected, "{name} on {profile}");
                close_system(system);
            });
        }
    }
}

#[test]
fn a_confidential_machine_is_refused_for_what_older_schemas_lack() {
    let since = |version| {
        let problems = schema::check("ComputeSystem", fixture("confidential-vm"), version);
        problems.into_iter().map(|it| (it.pointer, it.since.unwrap_or(Version::V2_6))).collect::<Vec<_>>()
    };
    let at = |place: &str, version| (format!("/VirtualMachine/{place}"), version);
    let declares_2_6 = ("/SchemaVersion".to_owned(), Version::V2_6);
    assert_eq!(
        since(Version::V2_3),
        [
            at("Devices/Scsi/Primary disk controller/Attachments/1/NoWriteHardening", Version::V2_4),
            at("GuestState/GuestStateFileType", Version::V2_4),
            at("SecuritySettings", Version::V2_4),
            declares_2_6.clone(),
        ]
    );
    assert_eq!(
        since(Version::V2_5),
        [at("SecuritySettings/Isolation/HclEnabled", Version::V2_6), declares_2_6]
    );
    assert_eq!(since(Version::V2_6), []);
}

// Results

/// The outcome of a call that a rule fails with a known fault, on the Linux machine.
fn outcome_of(fault: Fault) -> Option<String> {
    Host::new().run(|host| {
        host.when(calls::to(fault.export())).fault(fault.clone());
        let ((code, document), system) = try_create(LINUX, &fixture("linux-direct-boot"));
        let (code, document) =
            if code.is_failure() { (code, document) } else { ask(HcsStartComputeSystem, system, None) };
        close_system(system);
        assert_eq!(code, fault.hresult());
        assert_eq!(document, fault.document(LINUX).map(|it| it.to_json()));
        document
    })
}

#[test]
fn known_faults_write_their_results() {
    for (name, fault) in [
        ("result-hyperv-not-installed", faults::hyperv_not_installed()),
        ("result-duplicate-id", faults::duplicate_id()),
        ("result-construct-failure", faults::construct_access_denied()),
        ("result-start-failure", faults::disk_not_granted(r"C:\ProgramData\Orchard\build-1\scratch.vhdx")),
    ] {
        assert_written(name, outcome_of(fault));
    }
}

#[test]
fn a_create_with_an_id_that_is_taken_fails_with_its_result() {
    Host::new().run(|_| {
        let first = create(LINUX, &fixture("linux-direct-boot"));
        let ((code, document), second) = try_create(LINUX, &fixture("linux-direct-boot"));
        assert_eq!(code, HCS_E_SYSTEM_ALREADY_EXISTS);
        assert_written("result-duplicate-id", document);
        close_system(second);
        close_system(first);
    });
}

#[test]
fn a_configuration_that_is_cut_off_fails_with_its_result() {
    Host::new().run(|_| {
        let configuration = fixture("linux-direct-boot");
        let ((code, document), system) = try_create(LINUX, &configuration[..configuration.len() / 2]);
        assert_eq!(code, HCS_E_INVALID_JSON);
        assert_written("result-invalid-configuration", document);
        close_system(system);
    });
}

#[test]
fn a_shutdown_without_options_fails_with_its_result() {
    Host::new().run(|_| {
        let system = running_linux();
        let (code, document) = ask(HcsShutDownComputeSystem, system, None);
        assert_eq!(code, HCS_E_INVALID_JSON);
        assert_written("result-invalid-options", document);
        close_system(system);
    });
}

// Exits

#[test]
fn what_ends_a_guest_writes_its_exit() {
    type End = (&'static str, fn(&'static str) -> Event);
    let ends: [End; 4] = [
        ("exit-power-off", event::power_off),
        ("exit-reset", event::reset),
        ("exit-triple-fault", event::triple_fault),
        ("exit-worker-death", event::worker_death),
    ];
    for (name, end) in ends {
        Host::new().run(|host| {
            let system = running_linux();
            host.raise(end(LINUX));
            assert_written(name, wait_for_exit(system, INFINITE).1);
            close_system(system);
        });
    }
}

#[test]
fn a_terminate_writes_its_exit_and_leaves_reduced_properties() {
    Host::new().run(|_| {
        let system = running_linux();
        terminate(system);
        assert_written("exit-forced", wait_for_exit(system, INFINITE).1);
        assert_written("properties-after-exit", ask(HcsGetComputeSystemProperties, system, None).1);
        close_system(system);
    });
}

#[test]
fn a_shutdown_request_is_taken_and_writes_its_exit() {
    Host::new().run(|_| {
        let system = started(DESKTOP, "uefi-full-vm");
        assert_eq!(ask(HcsShutDownComputeSystem, system, Some(&request("shutdown"))), (S_OK, None));
        assert_written("exit-shutdown", wait_for_exit(system, INFINITE).1);
        close_system(system);
    });
}

#[test]
fn a_crash_writes_its_report_and_its_exit() {
    const CRITICAL_PROCESS_DIED: u64 = 0xEF;
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = started(DESKTOP, "uefi-full-vm");
        listener.register(system, HcsEventOptionNone);
        host.raise(event::guest_crash(DESKTOP).crash_parameters([CRITICAL_PROCESS_DIED, 3, 0, 0, 0]));
        assert_eq!(listener.next().event, HcsEventSystemCrashInitiated);
        assert_written("crash-report", listener.next().data);
        assert_written("exit-guest-crash", listener.next().data);
        close_system(system);
    });
}

#[test]
fn a_crash_request_ends_a_machine() {
    Host::new().run(|_| {
        let system = running_linux();
        assert_eq!(ask(HcsCrashComputeSystem, system, Some(&request("crash"))), (S_OK, None));
        assert_eq!(json(wait_for_exit(system, INFINITE).1)["ExitType"], "UnexpectedExit");
        close_system(system);
    });
}

// Properties

#[test]
fn systems_write_their_properties_and_stand_in_the_enumeration() {
    Host::new().run(|_| {
        let desktop = create(DESKTOP, &fixture("uefi-full-vm"));
        let linux = running_linux();
        let container = started(CONTAINER_ID, "process-container");
        let told = |system, query| ask(HcsGetComputeSystemProperties, system, query).1;
        assert_written("properties-never-started", told(desktop, None));
        assert_written("properties-running", told(linux, None));
        assert_written("properties-memory", told(linux, Some(r#"{"PropertyTypes":["Memory"]}"#)));
        let asked = properties(linux, Some(&request("property-query")));
        assert!(asked["Statistics"].is_object() && asked["ProcessList"].is_array(), "{asked}");
        assert_written("enumeration", enumerate(Some(&request("system-query"))).1);
        terminate(desktop);
        [desktop, linux, container].into_iter().for_each(close_system);
    });
}

// Processes

#[test]
fn processes_are_created_and_write_the_list_and_their_exits() {
    Host::new().run(|host| {
        host.canned(program::starting_with(r#""C:\job\press.exe""#), program::runs_until_terminated());
        host.canned(program::command_line("sort windfalls.csv"), program::prints("").exits_with(3));
        let system = started(CONTAINER_ID, "process-container");
        let first = start_process(system, &request("process-windows"));
        let list = Some(r#"{"PropertyTypes":["ProcessList"]}"#);
        assert_written("properties-process-list", ask(HcsGetComputeSystemProperties, system, list).1);
        let second = start_process(system, r#"{"CommandLine":"sort windfalls.csv"}"#);
        assert_written("process-exit", wait_for_process(second.process, INFINITE).1);
        kill(first.process);
        first.close();
        second.close();
        close_system(system);
    });
}

#[test]
fn requests_on_a_process_reach_its_program() {
    Host::new().run(|host| {
        host.program(program::starting_with(r#""C:\job\press.exe""#), |guest| {
            guest.catch_signals();
            assert_eq!(guest.console_size(), Some((40, 120)));
            assert_eq!(guest.parameters().environment["ORCHARD_JOB"], "7");
            assert_eq!(guest.next_event(), GuestEvent::Resized { height: 50, width: 160 });
            assert_eq!(guest.next_event(), GuestEvent::Signal(Signal::CtrlBreak));
            assert_eq!(guest.next_event(), GuestEvent::StdinClosed);
        });
        let system = started(CONTAINER_ID, "process-container");
        let press = start_process(system, &request("process-windows"));
        assert_eq!(modify_process(press.process, &request("process-resize-console")), (S_OK, None));
        assert_eq!(signal(press.process, &request("signal-windows")), (S_OK, None));
        assert_eq!(modify_process(press.process, &request("process-close-stdin")), (S_OK, None));
        assert_eq!(exit_code(press.process), 0);
        press.close();
        close_system(system);
    });
}

#[test]
fn a_linux_machine_runs_a_process_and_ends_it_by_a_signal() {
    Host::new().run(|host| {
        host.canned(program::starting_with("/usr/bin/orchard-probe"), program::runs_until_terminated());
        let system = started("orchard-vault-2", "confidential-vm");
        let probe = start_process(system, &request("process-linux"));
        assert_eq!(signal(probe.process, &request("signal-linux")), (S_OK, None));
        assert_eq!(exit_code(probe.process), 128 + 15);
        probe.close();
        close_system(system);
    });
}

// Changes

#[test]
fn modify_requests_change_the_configuration() {
    Host::new().run(|host| {
        let system = running_linux();
        let at = |pointer: &str| host.configuration(LINUX).unwrap().pointer(pointer).cloned();
        let devices = |rest: &str| at(&format!("/VirtualMachine/Devices/{rest}"));
        for name in ["modify-add-disk", "modify-add-share", "modify-memory", "modify-remove-nic"] {
            assert_eq!(modify(system, &request(name)), (S_OK, None), "{name}");
        }
        let disk = devices("Scsi/Primary disk controller/Attachments/2/Path");
        assert_eq!(disk, Some(json!(r"C:\ProgramData\Orchard\build-1\cache.vhdx")));
        assert_eq!(devices("Plan9/Shares/0/Name"), Some(json!("workspace")));
        assert_eq!(devices("Plan9/Shares/1/Name"), Some(json!("harvest")));
        assert_eq!(at("/VirtualMachine/ComputeTopology/Memory/SizeInMB"), Some(json!(3072)));
        assert_eq!(devices("NetworkAdapters"), Some(json!({})));
        close_system(system);
    });
}

#[test]
fn a_system_that_was_paused_and_saved_is_restored() {
    Host::new().run(|_| {
        let system = running_linux();
        assert_eq!(ask(HcsPauseComputeSystem, system, Some(&request("pause"))), (S_OK, None));
        assert_eq!(ask(HcsSaveComputeSystem, system, Some(&request("save"))), (S_OK, None));
        terminate(system);
        close_system(system);
        close_system(started(LINUX, "restore-from-file"));
    });
}

// The service

#[test]
fn the_service_writes_its_properties() {
    Host::new().run(|_| {
        assert_written("service-basic", service_properties(r#"{"PropertyTypes":["Basic"]}"#).1);
        let query = r#"{"PropertyQueries":{"ProcessorCapabilities":{}}}"#;
        assert_written("service-processor-capabilities", service_properties(query).1);
        let both = json(service_properties(&request("service-query")).1);
        assert!(both["Properties"][1]["LogicalProcessors"].is_array(), "{both}");
        assert!(both["PropertyResponses"]["ProcessorCapabilities"]["Response"].is_object(), "{both}");
    });
}

#[test]
fn the_service_creates_a_cpu_group() {
    Host::new().run(|_| {
        // SAFETY: the text is valid, and the document may go unread.
        let code = unsafe {
            HcsModifyServiceSettings(wide(&request("service-create-cpu-group")).as_ptr(), null_mut())
        };
        assert_eq!(code, S_OK);
        let groups = json(service_properties(r#"{"PropertyTypes":["CpuGroup"]}"#).1);
        let affinity = &groups["Properties"][0]["CpuGroups"][0]["Affinity"];
        assert_eq!(*affinity, json!({ "LogicalProcessorCount": 2, "LogicalProcessors": [2, 3] }));
    });
}

// Migration

#[test]
fn a_source_migrates_with_the_options_of_each_call() {
    Host::new().run(|host| {
        let system = running_linux();
        let options = |name: &str| Some(request(&format!("migration-{name}")));
        assert_eq!(ask(migrations::INITIALIZE, system, options("initialize").as_deref()), (S_OK, None));
        assert_eq!(ask_with_socket(migrations::START, system, options("start").as_deref()), (S_OK, None));
        assert_eq!(ask(migrations::TRANSFER, system, options("transfer").as_deref()), (S_OK, None));
        transferred(host);
        assert_eq!(ask(migrations::FINALIZE, system, options("finalize").as_deref()), (S_OK, None));
        assert_eq!(json(wait_for_exit(system, INFINITE).1)["ExitType"], "ForcedExit");
        close_system(system);
    });
}

#[test]
fn a_destination_starts_with_options_and_writes_the_end_of_its_blackout() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create(LINUX, &fixture("linux-direct-boot"));
        assert_eq!(listener.register(system, migrations::LISTENING), S_OK);
        let options = request("start-destination");
        assert_eq!(ask_with_socket(HcsStartComputeSystem, system, Some(&options)), (S_OK, None));
        assert_eq!(ask(migrations::TRANSFER, system, None), (S_OK, None));
        host.advance(Duration::from_secs(1));
        let blackout_exited =
            migrations::steps(&listener).into_iter().find(|it| it.contains("BlackoutExited"));
        assert_written("migration-event", blackout_exited);
        close_system(system);
    });
}
