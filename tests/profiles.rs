//! Hosts that are like one Windows or another: which documents they take and write, and which exports they have.
//! Not here: the versions of single names (`schema`).

mod support;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::schema::{self, ProblemKind, Version};
use hcs_sim::{Behavior, Export, FindingKind, Host, Profile, call as calls};
use serde_json::json;
use support::listeners::Listener;
use support::*;

fn on(profile: Profile, test: impl FnOnce(&Host)) {
    Host::builder().profile(profile).run(|host| test(host));
}

fn service_properties(query: Option<&str>) -> Fetched {
    let query = query.map(wide);
    let mut document = std::ptr::null_mut();
    // SAFETY: the text and the out pointer are valid.
    let code = unsafe {
        HcsGetServiceProperties(query.as_ref().map_or(std::ptr::null(), |it| it.as_ptr()), &mut document)
    };
    (code.into(), take(document))
}

#[test]
fn a_test_can_run_on_every_windows() {
    for profile in Profile::ALL {
        on(profile, |_| {
            let system = create("vm", r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{}}"#);
            start(system);
            assert_eq!(properties(system, None)["State"], "Running", "{profile}");
            assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK, "{profile}");
            close_system(system);
        });
    }
}

#[test]
fn each_windows_tells_the_schema_that_it_knows() {
    let minors = [1, 2, 3, 5, 6, 9];
    for (profile, minor) in Profile::ALL.into_iter().zip(minors) {
        assert_eq!(profile.schema(), Version::new(2, minor));
        on(profile, |_| {
            let told = json(service_properties(None).1);
            let versions = json!([{ "Major": 1, "Minor": 0 }, { "Major": 2, "Minor": minor }]);
            assert_eq!(told["Properties"][0]["SupportedSchemaVersions"], versions);
        });
    }
    assert_eq!(Profile::default(), Profile::Windows11V21H2);
}

#[test]
fn a_member_is_refused_by_every_windows_that_is_older_than_it() {
    let configuration = r#"{"VirtualMachine":{"Services":{"Shutdown":{}}}}"#; // schema 2.5
    for profile in Profile::ALL {
        on(profile, |host| {
            let ((code, document), system) = try_create("vm", configuration);
            if profile < Profile::WindowsServer2022 {
                assert_eq!(code, HCS_E_INVALID_JSON, "{profile}");
                assert!(document.is_some());
                assert!(host.journal().to_string().contains("it came with schema 2.5"), "{}", host.journal());
            } else {
                assert_eq!((code, document), (S_OK, None), "{profile}");
            }
            close_system(system);
        });
    }
}

#[test]
fn what_came_after_the_documented_schema_is_known_to_the_newest_windows_only() {
    let numa = r#"{"VirtualMachine":{"ComputeTopology":{"Numa":{"VirtualNodeCount":2}}}}"#;
    for (profile, taken) in [(Profile::Windows11V21H2, false), (Profile::Newest, true)] {
        assert_eq!(schema::check("ComputeSystem", numa, profile.schema()).is_empty(), taken, "{profile}");
        on(profile, |_| {
            let ((code, _), system) = try_create("vm", numa);
            assert_eq!(code.is_success(), taken, "{profile}");
            close_system(system);
        });
    }
    let problem = &schema::check("ComputeSystem", numa, Version::V2_6)[0];
    assert_eq!((problem.kind, problem.since), (ProblemKind::TooNew, Some(Version::new(2, 7))));
}

#[test]
fn newer_windows_answers_a_terminate_with_a_document() {
    for profile in Profile::ALL {
        on(profile, |_| {
            let system = create("vm", VM);
            let (code, document) = ask(HcsTerminateComputeSystem, system, None);
            assert_eq!((code, document.is_some()), (S_OK, profile == Profile::Newest), "{profile}");
            close_system(system);
        });
    }
}

#[test]
fn older_windows_may_write_no_events_and_no_attribution() {
    for (profile, exit) in [
        (Profile::Windows10V1809, json!({ "Status": 0 })),
        (Profile::Windows10V1903, json!({ "Status": 0, "ExitType": "ForcedExit" })),
        (Profile::Windows10V2004, json!({ "Status": 0, "ExitType": "ForcedExit" })),
    ] {
        on(profile, |_| {
            let ((_, document), broken) = try_create("vm", "{");
            assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11000); // as logs of such hosts show
            close_system(broken);
        });
        let by_the_reference = |it: &mut Behavior| it.leaves_out_newer_members = true;
        Host::builder().profile(profile).behavior(by_the_reference).run(|_| {
            let ((code, document), broken) = try_create("vm", "{");
            assert_eq!(code, HCS_E_INVALID_JSON);
            let document = json(document);
            assert_eq!(document.as_object().unwrap().keys().collect::<Vec<_>>(), ["Error", "ErrorMessage"]);
            assert!(schema::check("ResultError", document.to_string(), profile.schema()).is_empty());
            close_system(broken);
            let system = create("vm", VM);
            let listener = Listener::new();
            assert_eq!(listener.register(system, HcsEventOptionNone), S_OK);
            ask(HcsTerminateComputeSystem, system, None);
            assert_eq!(json(listener.next().data), exit, "{profile}");
            close_system(system);
        });
    }
}

#[test]
fn windows_before_2_5_takes_no_options_for_a_shutdown() {
    let connected = r#"{"VirtualMachine":{"GuestConnection":{}}}"#;
    for profile in Profile::ALL {
        on(profile, |_| {
            let takes_options = profile >= Profile::WindowsServer2022;
            let options = r#"{"Mechanism":"GuestConnection","Type":"Shutdown"}"#;
            for (configuration, options, code) in [
                (connected, None, if takes_options { HCS_E_INVALID_JSON } else { S_OK }),
                (connected, Some(options), if takes_options { S_OK } else { HCS_E_INVALID_JSON }),
                (VM, None, if takes_options { HCS_E_INVALID_JSON } else { HRESULT_ERROR_NOT_SUPPORTED }),
            ] {
                let system = create("vm", configuration);
                start(system);
                assert_eq!(ask(HcsShutDownComputeSystem, system, options).0, code, "{profile} {options:?}");
                ask(HcsTerminateComputeSystem, system, None);
                close_system(system);
            }
        });
    }
}

#[test]
fn queries_of_2_5_are_refused_by_older_windows() {
    for profile in Profile::ALL {
        on(profile, |_| {
            let knows = profile >= Profile::WindowsServer2022;
            let (code, document) =
                service_properties(Some(r#"{"PropertyQueries":{"ProcessorCapabilities":{}}}"#));
            assert_eq!(code.is_success(), knows, "{profile}");
            assert!(document.is_some());
            let system = create("vm", VM);
            let (code, document) =
                ask(HcsGetComputeSystemProperties, system, Some(r#"{"Queries":{"Basic":{},"Weather":{}}}"#));
            assert_eq!(code, if knows { S_OK } else { HCS_E_INVALID_JSON }, "{profile}");
            if knows {
                let responses = &json(document)["PropertyResponses"];
                assert_eq!(responses["Basic"]["Response"]["Id"], "vm");
                assert_eq!(responses["Weather"]["Error"]["Error"], HRESULT_ERROR_NOT_SUPPORTED.as_i32());
            }
            close_system(system);
        });
    }
}

#[test]
fn an_export_that_is_not_there_is_told() {
    for (profile, export, there) in [
        (Profile::Windows10V1809, Export::HcsWaitForComputeSystemExit, false),
        (Profile::Windows10V2004, Export::HcsWaitForProcessExit, false),
        (Profile::WindowsServer2022, Export::HcsWaitForComputeSystemExit, true),
        (Profile::Windows10V1903, Export::HcsOpenComputeSystemInNamespace, false),
        (Profile::Windows10V2004, Export::HcsOpenComputeSystemInNamespace, true),
        (Profile::WindowsServer2022, Export::HcsInitializeLiveMigrationOnSource, false),
        (Profile::Windows11V21H2, Export::HcsInitializeLiveMigrationOnSource, true),
    ] {
        assert_eq!(profile.has(export), there, "{profile} {export}");
    }
    assert!(Export::all().iter().all(|it| Profile::Newest.has(it.export)));

    let host = Host::builder().profile(Profile::Windows10V1809).build();
    let report = report_of(&host, || {
        let system = create("vm", VM);
        assert_eq!(wait_for_exit(system, 0), (HRESULT_ERROR_PROC_NOT_FOUND, None));
        close_system(system);
    });
    let findings = report.unwrap().findings;
    assert_eq!(findings.iter().map(|it| it.kind).collect::<Vec<_>>(), [FindingKind::MissingExport]);
    assert_eq!(
        findings[0].sentence,
        "HcsWaitForComputeSystemExit was called, and the computecore.dll of Windows 10 1809, Windows Server 2019 does not export it"
    );
}

#[test]
fn switches_are_turned_after_the_profile() {
    let host = Host::builder().profile(Profile::Newest).behavior(|it| it.terminate_document = None);
    host.run(|host| {
        host.when(calls::terminate()).simulate();
        let system = create("vm", VM);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        close_system(system);
    });
}

#[test]
fn what_is_merely_newer_may_be_accepted() {
    // as WSL attaches every disk, also on Windows 10
    let disk = r#"{"Type":"VirtualDisk","Path":"C:\\a.vhdx","AlwaysAllowSparseFiles":true}"#;
    let configuration = format!(
        r#"{{"SchemaVersion":{{"Major":2,"Minor":3}},"VirtualMachine":{{"Devices":{{"Scsi":{{"d":{{"Attachments":{{"0":{disk}}}}}}}}}}}}}"#
    );
    for (accepts, code) in [(false, HCS_E_INVALID_JSON), (true, S_OK)] {
        let host = Host::builder().profile(Profile::Windows10V2004);
        host.behavior(|it| it.accepts_newer_members = accepts).run(|host| {
            let ((created, _), system) = try_create("vm", &configuration);
            assert_eq!(created, code);
            assert!(
                host.journal().notes().any(|it| it.contains("AlwaysAllowSparseFiles")),
                "{}",
                host.journal()
            );
            close_system(system);
            let ((created, _), broken) = try_create("broken", &configuration.replace("Path", "Pth"));
            assert_eq!(created, HCS_E_INVALID_JSON);
            close_system(broken);
        });
    }
}

#[test]
fn however_much_is_newer_what_is_wrong_is_refused_and_told_first() {
    let disk = r#"{"Type":"VirtualDisk","Path":"C:\\a.vhdx","AlwaysAllowSparseFiles":true}"#;
    let disks: Vec<String> = (0..120).map(|it| format!("\"{it}\":{disk}")).collect();
    let configuration = format!(
        r#"{{"SchemaVersion":{{"Major":2,"Minor":3}},"VirtualMachine":{{"Devices":{{"Scsi":{{"d":{{"Attachments":{{{}}}}}}}}},
            "Chipst":{{}}}}}}"#,
        disks.join(",")
    );
    let host = Host::builder().profile(Profile::Windows10V2004);
    host.behavior(|it| it.accepts_newer_members = true).run(|host| {
        let ((created, document), system) = try_create("vm", &configuration);
        assert_eq!(created, HCS_E_INVALID_JSON);
        assert!(document.unwrap().contains("VirtualMachine.Chipst"));
        let journal = host.journal();
        let note = journal.notes().next().unwrap();
        assert!(note.contains("/VirtualMachine/Chipst"), "{note}");
        close_system(system);
        // the settings of a request too, beside a member that is newer
        let system = create("web", VM);
        start(system);
        let request = r#"{"ResourcePath":"VirtualMachine/Devices/Scsi/d/Attachments/0","Settings":
            {"Type":"VirtualDisk","Path":"C:\\a.vhdx","AlwaysAllowSparseFiles":true,"Pth":""}}"#;
        assert_eq!(modify(system, request).0, HCS_E_INVALID_JSON);
        close_system(system);
    });
}

#[test]
fn a_rule_for_an_export_that_is_not_there_does_not_apply() {
    let host = Host::builder().profile(Profile::WindowsServer2022).build();
    let report = report_of(&host, || {
        host.when(calls::to(Export::HcsInitializeLiveMigrationOnSource)).succeed();
        let system = create("vm", VM);
        let operation = operation();
        let code = call(HcsInitializeLiveMigrationOnSource, system, operation, None);
        assert_eq!(code, HRESULT_ERROR_PROC_NOT_FOUND);
        close_operation(operation);
        close_system(system);
    });
    let findings = report.unwrap().findings;
    let kinds: Vec<FindingKind> = findings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [FindingKind::MissingExport, FindingKind::RuleNeverApplied]);
    let nearest = findings[1].facts.iter().find(|it| it.0 == "nearest call").unwrap();
    assert!(nearest.1.starts_with("HcsInitializeLiveMigrationOnSource("), "{}", nearest.1);
    assert!(findings[1].facts.contains(&("but", "the Windows of this host does not export it".to_owned())));
}

#[test]
fn known_failures_are_written_as_the_host_writes() {
    use hcs_sim::faults;
    let host = Host::builder().profile(Profile::Windows10V1809);
    host.behavior(|it| it.leaves_out_newer_members = true).run(|host| {
        host.when(calls::start()).fault(faults::disk_sparse("C:\\a.vhdx"));
        let system = create("vm", VM);
        let document = json(ask(HcsStartComputeSystem, system, None).1);
        assert_eq!(document.as_object().unwrap().keys().collect::<Vec<_>>(), ["Error", "ErrorMessage"]);
        close_system(system);
    });
}
