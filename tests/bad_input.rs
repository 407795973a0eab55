//! Bad input: any handle value, any text, any order of calls gets an answer and at most a finding.
//! Not here: the sentences of findings (`findings`).

mod support;

use std::ptr::{null, null_mut};

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::win32::{CloseHandle, CoTaskMemFree, LocalFree};
use hcs_sim::{FindingKind, Host, Hresult, What};
use proptest::prelude::*;
use support::*;

/// A host that tolerates every finding.
fn tolerant() -> Host {
    let host = Host::new();
    FindingKind::all().iter().for_each(|it| host.allow(*it));
    host
}

/// The note of the last call in the journal.
fn last_note(host: &Host) -> String {
    let journal = host.journal();
    journal
        .entries()
        .iter()
        .rev()
        .find_map(|it| match &it.what {
            What::Called { note, .. } | What::Completed { note, .. } => note.as_deref().map(str::to_owned),
            _ => None,
        })
        .unwrap_or_default()
}

/// Every export with these handles, and NULL for everything else.
fn call_everything(operation: HCS_OPERATION, system: HCS_SYSTEM, process: HCS_PROCESS) {
    let requests: [Request; 14] = [
        HcsStartComputeSystem,
        HcsShutDownComputeSystem,
        HcsTerminateComputeSystem,
        HcsCrashComputeSystem,
        HcsPauseComputeSystem,
        HcsResumeComputeSystem,
        HcsSaveComputeSystem,
        HcsGetComputeSystemProperties,
        HcsInitializeLiveMigrationOnSource,
        HcsStartLiveMigrationOnSource,
        HcsStartLiveMigrationTransfer,
        HcsFinalizeLiveMigration,
        HcsCancelLiveMigration,
        HcsTerminateProcess,
    ];
    let failed = |code: HRESULT| assert!(code < 0, "{code:#x}");
    for request in requests {
        failed(call(request, system, operation, None).as_i32());
    }
    // SAFETY: every pointer is NULL, and any handle value is recognised.
    unsafe {
        HcsGetOperationContext(operation);
        HcsGetComputeSystemFromOperation(operation);
        HcsGetProcessFromOperation(operation);
        HcsGetOperationType(operation);
        HcsGetOperationId(operation);
        HcsSetOperationContext(operation, null());
        failed(HcsGetOperationResult(operation, null_mut()));
        failed(HcsGetOperationResultAndProcessInfo(operation, null_mut(), null_mut()));
        failed(HcsWaitForOperationResult(operation, 0, null_mut()));
        failed(HcsWaitForOperationResult(operation, INFINITE, null_mut()));
        failed(HcsWaitForOperationResultAndProcessInfo(operation, 10, null_mut(), null_mut()));
        failed(HcsSetOperationCallback(operation, null(), None));
        failed(HcsCancelOperation(operation));
        failed(HcsGetOperationProperties(operation, null(), null_mut()));
        failed(HcsAddResourceToOperation(operation, 0, null(), null_mut()));
        failed(HcsCreateComputeSystem(null(), null(), operation, null(), null_mut()));
        failed(HcsCreateComputeSystemInNamespace(null(), null(), null(), operation, null(), null_mut()));
        failed(HcsOpenComputeSystem(null(), 0, null_mut()));
        failed(HcsOpenComputeSystemInNamespace(null(), null(), 0, null_mut()));
        failed(HcsModifyComputeSystem(system, operation, null(), null_mut()));
        failed(HcsWaitForComputeSystemExit(system, 0, null_mut()));
        failed(HcsSetComputeSystemCallback(system, 0, null(), None));
        failed(HcsCreateProcess(system, null(), operation, null(), null_mut()));
        failed(HcsOpenProcess(system, 0, 0, null_mut()));
        failed(HcsSignalProcess(process, operation, null()));
        failed(HcsGetProcessInfo(process, operation));
        failed(HcsGetProcessProperties(process, operation, null()));
        failed(HcsModifyProcess(process, operation, null()));
        failed(HcsWaitForProcessExit(process, 0, null_mut()));
        failed(HcsSetProcessCallback(process, 0, null(), None));
        failed(HcsGetServiceProperties(null(), null_mut()));
        failed(HcsModifyServiceSettings(null(), null_mut()));
        failed(HcsSubmitWerReport(null()));
        failed(HcsCreateEmptyGuestStateFile(null()));
        failed(HcsCreateEmptyRuntimeStateFile(null()));
        failed(HcsGetProcessorCompatibilityFromSavedState(null(), null_mut()));
        failed(HcsGrantVmAccess(null(), null()));
        failed(HcsRevokeVmAccess(null(), null()));
        failed(HcsGrantVmGroupAccess(null()));
        failed(HcsRevokeVmGroupAccess(null()));
        assert_eq!(CloseHandle(operation), 0);
        LocalFree(operation);
        CoTaskMemFree(system);
        HcsCloseProcess(process);
        HcsCloseOperation(operation);
        HcsCloseComputeSystem(system);
    }
}

#[test]
fn every_export_survives_strange_handles() {
    let (local, ended) = (0u64, Host::new());
    let stale = {
        let _entered = ended.enter();
        let operation = operation();
        close_operation(operation);
        operation as usize
    };
    let strange =
        [0, 1, 0x1000, &raw const local as usize, usize::MAX, usize::MAX - 1, stale, stale ^ (1 << 40)];
    tolerant().run(|host| {
        for value in strange {
            let handle = value as *mut std::ffi::c_void;
            call_everything(handle, handle, handle);
        }
        // right kinds in wrong places
        let (operation, system) = (operation(), create("vm", VM));
        call_everything(system, operation, operation);
        assert_eq!(result(operation), (HCS_E_OPERATION_NOT_STARTED, None));
        assert!(properties(system, None)["Id"] == "vm");
        close_operation(operation);
        close_system(system);
        assert!(host.verify().is_ok());
    });
}

#[test]
fn every_export_survives_strange_handles_on_a_thread_without_a_host() {
    let _two = (Host::new(), Host::new());
    std::thread::spawn(|| {
        for value in [0usize, 0x4F00_0000_0000_0001, 0x5300_0010_0000_0001, usize::MAX] {
            let handle = value as *mut std::ffi::c_void;
            call_everything(handle, handle, handle);
        }
    })
    .join()
    .unwrap();
}

#[test]
fn a_missing_required_argument_is_refused_at_once_and_named() {
    Host::new().run(|host| {
        let operation = operation();
        let (id, configuration) = (wide("vm"), wide(VM));
        let mut system = null_mut();
        // SAFETY: texts and out pointers are NULL or valid.
        let codes = unsafe {
            [
                HcsCreateComputeSystem(null(), configuration.as_ptr(), operation, null(), &mut system),
                HcsCreateComputeSystem(id.as_ptr(), null(), operation, null(), &mut system),
                HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), null_mut()),
                HcsOpenComputeSystem(null(), GENERIC_ALL, &mut system),
            ]
        };
        assert_eq!(codes, [E_INVALIDARG.as_i32(); 4]);
        assert_eq!(result(operation), (HCS_E_OPERATION_NOT_STARTED, None));
        let text = host.journal().to_string();
        for note in [
            "# id is NULL, and HcsCreateComputeSystem requires it",
            "# configuration is NULL, and HcsCreateComputeSystem requires it",
            "# compute_system is NULL, and HcsCreateComputeSystem requires it",
            "# id is NULL, and HcsOpenComputeSystem requires it",
        ] {
            assert!(text.contains(note), "{note}\n{text}");
        }
        close_operation(operation);
    });
}

#[test]
fn an_id_has_to_be_readable() {
    Host::new().run(|host| {
        let operation = operation();
        let configuration = wide(VM);
        for (id, note) in [
            (vec![0], "id is empty"),
            (vec![0x61, 0xD800, 0], "id is not valid UTF-16: lone surrogate 0xD800 at unit 1"),
        ] {
            let mut system = null_mut();
            // SAFETY: texts and out pointer are valid.
            let code = unsafe {
                HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), &mut system)
            };
            assert_eq!(code, E_INVALIDARG);
            assert!(system.is_null());
            assert_eq!(last_note(host), note);
        }
        close_operation(operation);
    });
}

#[test]
fn a_document_that_is_not_utf_16_is_an_invalid_document() {
    Host::new().run(|host| {
        let operation = operation();
        let id = wide("vm");
        let mut configuration = wide(VM);
        configuration[5] = 0xDC00;
        let mut system = null_mut();
        // SAFETY: texts and out pointer are valid.
        let code = unsafe {
            HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), &mut system)
        };
        assert_eq!(code, 0);
        let (code, document) = wait(operation);
        assert_eq!(code, HCS_E_INVALID_JSON);
        assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11000);
        assert_eq!(last_note(host), "not valid UTF-16: lone surrogate 0xDC00 at unit 5");
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_document_of_64_mib_is_refused_and_named() {
    Host::new().run(|host| {
        let operation = operation();
        let id = wide("vm");
        let mut configuration = vec![b' ' as u16; 32 << 20];
        configuration.push(0);
        let mut system = null_mut();
        // SAFETY: texts and out pointer are valid.
        let code = unsafe {
            HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), &mut system)
        };
        assert_eq!(code, E_INVALIDARG);
        assert_eq!(
            last_note(host),
            "configuration is longer than the 16777216 16-bit units that hcs-sim reads"
        );
        close_operation(operation);
    });
}

#[test]
fn a_large_document_below_the_limit_is_read() {
    Host::new().run(|_| {
        let padding = "x".repeat(4 << 20);
        let system = create("vm", &format!(r#"{{"Owner":"{padding}","VirtualMachine":{{}}}}"#));
        assert_eq!(properties(system, None)["Owner"].as_str().map(str::len), Some(4 << 20));
        close_system(system);
    });
}

#[test]
fn ten_thousand_levels_of_json_are_an_invalid_document() {
    Host::new().run(|host| {
        let deep =
            format!(r#"{{"VirtualMachine":{{}},"Deep":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        let ((code, document), system) = try_create("vm", &deep);
        assert_eq!(code, HCS_E_INVALID_JSON);
        assert!(document.is_some());
        assert!(last_note(host).contains("nested deeper than 127 levels"), "{}", last_note(host));
        close_system(system);
    });
}

#[test]
fn configurations_that_are_not_valid_are_refused_through_the_operation() {
    for configuration in [
        "",
        " ",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"VirtualMachine":{}} trailing"#,
        "\u{feff}{\"VirtualMachine\":{}}",
        r#"{"Container":{},"VirtualMachine":{}}"#,
        r#"{"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":"512"}}}}"#,
        r#"{"VirtualMachine":{"RestoreState":{}}}"#,
        r#"{"VirtualMachine":{"RestoreState":{"SaveStateFilePath":"a","TemplateSystemId":"b"}}}"#,
        r#"{"Container":7}"#,
        r#"{"Container":[]}"#,
        r#"{"VirtualMachine":[null,null,null,null,null]}"#,
        r#"{"VirtualMachine":{"ComputeTopology":{"Memory":[512]}}}"#,
        r#"{"SchemaVersion":[2,5],"VirtualMachine":{}}"#,
        r#"{"VirtualMachine":{"Devices":{"NetworkAdapters":{"a":1}}}}"#,
        r#"{"SystemType":"VirtualMachine"}"#,
    ] {
        Host::new().run(|host| {
            let ((code, document), system) = try_create("vm", configuration);
            assert_eq!(code, HCS_E_INVALID_JSON, "{configuration}");
            let document = json(document);
            assert_eq!(document["Error"], HCS_E_INVALID_JSON.nt_form().as_i32());
            assert_eq!(document["ErrorEvents"][0]["EventId"], 11000);
            assert!(!last_note(host).is_empty(), "{configuration}");
            assert_eq!(enumerate(None).1.unwrap(), "[]");
            close_system(system);
        });
    }
}

#[test]
fn the_code_of_an_invalid_configuration_is_a_switch() {
    Host::builder().behavior(|it| it.invalid_configuration = HRESULT_ERROR_INVALID_DATA).run(|_| {
        let ((code, document), system) = try_create("vm", "{");
        assert_eq!(code, HRESULT_ERROR_INVALID_DATA);
        assert_eq!(json(document)["Error"], HRESULT_ERROR_INVALID_DATA.as_i32()); // not in another form
        close_system(system);
    });
}

#[test]
fn a_duplicate_id_is_refused_through_the_operation() {
    Host::new().run(|_| {
        let first = create("vm", VM);
        let ((code, document), second) = try_create("VM", VM);
        assert_eq!(code, HCS_E_SYSTEM_ALREADY_EXISTS);
        let document = json(document);
        assert_eq!(document["Error"], -1070137073);
        assert!(document["ErrorMessage"].as_str().is_some_and(|it| !it.is_empty()));
        assert_eq!(document.as_object().unwrap().len(), 2); // neither events nor attribution
        assert!(!second.is_null());
        close_system(first);
        close_system(second);
    });
}

#[test]
fn two_creates_of_one_id_that_overlap_end_with_one_system() {
    Host::new().run(|_| {
        let (first, second) = (operation(), operation());
        let (_, one) = create_call("vm", VM, first);
        let (_, two) = create_call("vm", VM, second);
        assert_eq!(wait(second).0, HCS_E_SYSTEM_ALREADY_EXISTS);
        assert_eq!(wait(first), (S_OK, None));
        [first, second].into_iter().for_each(close_operation);
        [one, two].into_iter().for_each(close_system);
    });
}

/// One step of a client that knows no rules.
#[derive(Clone, Debug)]
enum Step {
    CreateOperation,
    CloseOperation(usize),
    CreateSystem(u8, u8, usize),
    OpenSystem(u8),
    CloseSystem(usize),
    Request(u8, usize, usize),
    Result(usize),
    Wait(usize, u16),
    WaitForExit(usize, u16),
    Advance(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let index = 0usize..6;
    prop_oneof![
        Just(Step::CreateOperation),
        index.clone().prop_map(Step::CloseOperation),
        (0u8..3, 0u8..4, index.clone()).prop_map(|(id, configuration, at)| Step::CreateSystem(
            id,
            configuration,
            at
        )),
        (0u8..3).prop_map(Step::OpenSystem),
        index.clone().prop_map(Step::CloseSystem),
        (0u8..8, index.clone(), index.clone())
            .prop_map(|(request, system, at)| Step::Request(request, system, at)),
        index.clone().prop_map(Step::Result),
        (index.clone(), any::<u16>()).prop_map(|(at, time)| Step::Wait(at, time)),
        (index, any::<u16>()).prop_map(|(at, time)| Step::WaitForExit(at, time)),
        any::<u16>().prop_map(Step::Advance),
    ]
}

/// Handles open and closed, by index: stale ones stay in the list.
fn run_steps(host: &Host, steps: &[Step]) {
    let (mut operations, mut systems) = (vec![null_mut(); 1], vec![null_mut(); 1]);
    let at = |list: &[*mut std::ffi::c_void], index: usize| list[index % list.len()];
    for step in steps {
        match step {
            Step::CreateOperation => operations.push(operation()),
            Step::CloseOperation(index) => close_operation(at(&operations, *index)),
            Step::CreateSystem(id, configuration, index) => {
                let configuration =
                    [VM, CONTAINER, "{", r#"{"VirtualMachine":{},"ShouldTerminateOnLastHandleClosed":true}"#]
                        [usize::from(*configuration)];
                systems.push(create_call(&format!("vm{id}"), configuration, at(&operations, *index)).1);
            }
            Step::OpenSystem(id) => systems.push(open(&format!("vm{id}"), GENERIC_ALL).1),
            Step::CloseSystem(index) => close_system(at(&systems, *index)),
            Step::Request(request, system, index) => {
                let requests: [Request; 8] = [
                    HcsStartComputeSystem,
                    HcsShutDownComputeSystem,
                    HcsTerminateComputeSystem,
                    HcsCrashComputeSystem,
                    HcsPauseComputeSystem,
                    HcsResumeComputeSystem,
                    HcsSaveComputeSystem,
                    HcsGetComputeSystemProperties,
                ];
                let request = requests[usize::from(*request)];
                call(request, at(&systems, *system), at(&operations, *index), None);
            }
            Step::Result(index) => drop(result(at(&operations, *index))),
            Step::Wait(index, time) => drop(wait_for(at(&operations, *index), u32::from(*time))),
            Step::WaitForExit(index, time) => drop(wait_for_exit(at(&systems, *index), u32::from(*time))),
            Step::Advance(time) => host.advance(std::time::Duration::from_millis(u64::from(*time))),
        }
    }
}

proptest! {
    #![proptest_config(repeatable(300))]

    #[test]
    fn any_order_of_calls_is_answered_and_repeats(steps in proptest::collection::vec(step(), 0..60)) {
        let journal = || {
            let host = tolerant();
            host.run(|host| run_steps(host, &steps));
            host.journal().to_string()
        };
        prop_assert_eq!(journal(), journal());
    }

    #[test]
    fn any_text_is_answered(id in any::<Vec<u16>>(), configuration in any::<Vec<u16>>()) {
        tolerant().run(|_| {
            let (mut id, mut configuration) = (id, configuration);
            id.push(0);
            configuration.push(0);
            let operation = operation();
            let mut system = null_mut();
            // SAFETY: both texts end with a zero.
            let code = unsafe {
                HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), &mut system)
            };
            if code == 0 {
                assert!(wait(operation).0.is_failure());
            }
        });
    }

    #[test]
    fn any_handle_value_is_answered(value in any::<u64>()) {
        tolerant().run(|_| {
            let handle = value as *mut std::ffi::c_void;
            call_everything(handle, handle, handle);
        });
    }
}

#[test]
fn a_namespace_that_cannot_be_read_is_refused_and_not_taken_for_the_usual_one() {
    let host = tolerant();
    let _entered = host.enter();
    let system = create("vm", VM);
    let (broken, id, query) = ([0xD800_u16, 0], [0x76_u16, 0x6D, 0], [0x7B_u16, 0x7D, 0]);
    let operation = operation();
    let mut opened = null_mut();
    // SAFETY: the texts end with a zero, and the out pointer is valid.
    let codes = unsafe {
        [
            HcsOpenComputeSystemInNamespace(broken.as_ptr(), id.as_ptr(), GENERIC_ALL, &mut opened),
            HcsEnumerateComputeSystemsInNamespace(broken.as_ptr(), query.as_ptr(), operation),
            HcsCreateComputeSystemInNamespace(
                broken.as_ptr(),
                id.as_ptr(),
                query.as_ptr(),
                operation,
                null(),
                &mut opened,
            ),
        ]
    };
    assert_eq!(codes.map(Hresult::from), [E_INVALIDARG; 3]);
    assert_eq!(last_note(&host), "id_namespace is not valid UTF-16: lone surrogate 0xD800 at unit 0");
    assert!(opened.is_null());
    close_operation(operation);
    close_system(system);
    host.verify().unwrap();
}
