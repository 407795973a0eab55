//! Request documents that are not in order: every call refuses them as HCS does, and the journal says what is wrong.
//! Not here: the check itself (`schema`), arguments that are no documents at all (`bad_input`).

mod support;

use std::ptr::{null, null_mut};

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::schema::{self, Version};
use hcs_sim::{DocumentChecks, Export, Host, Hresult, What, call};
use support::processes::*;
use support::*;

/// A running container with a process, and a running machine that a guest connection leads into.
struct Stage {
    container: HCS_SYSTEM,
    machine: HCS_SYSTEM,
    process: HCS_PROCESS,
}

fn on_stage(host: Host, test: impl FnOnce(&Host, &Stage)) {
    host.run(|host| {
        host.canned("tool", hcs_sim::program::runs_until_terminated());
        let container = running("box");
        let machine = create("vm", r#"{"VirtualMachine":{"GuestConnection":{}}}"#);
        start(machine);
        let (code, started) = try_start_process(container, NO_PIPES);
        assert_eq!(code, S_OK);
        test(host, &Stage { container, machine, process: started.process });
        // SAFETY: any value is recognised.
        unsafe { HcsCloseProcess(started.process) };
        close_system(container);
        close_system(machine);
    });
}

/// What has to be said of the last call or completion.
fn last_note(host: &Host) -> String {
    let journal = host.journal();
    let mut notes = journal.entries().iter().rev().filter_map(|it| match &it.what {
        What::Called { note, .. } | What::Completed { note, .. } => note.as_deref().map(str::to_owned),
        _ => None,
    });
    notes.next().unwrap_or_default()
}

/// Issues a call that takes a document and an operation, and waits.
fn outcome(issue: impl FnOnce(HCS_OPERATION, PCWSTR) -> HRESULT, text: &str) -> Fetched {
    let operation = operation();
    let text = wide(text);
    assert_eq!(issue(operation, text.as_ptr()), S_OK);
    let outcome = wait(operation);
    close_operation(operation);
    outcome
}

/// Every call through an operation that takes a document: its name, a document that is not in order, and the note on it.
fn every_call() -> Vec<(Export, &'static str, &'static str)> {
    use Export::*;
    vec![
        (
            HcsEnumerateComputeSystems,
            r#"{"Owner":["me"]}"#,
            "/Owner: SystemQuery has no member \"Owner\"; did you mean \"Owners\"?",
        ),
        (
            HcsEnumerateComputeSystemsInNamespace,
            r#"{"Types":["Pod"]}"#,
            "/Types/0: expected one of Container, VirtualMachine (SystemType), found \"Pod\"",
        ),
        (
            HcsStartComputeSystem,
            r#"{"DestinationMigrationOption":{}}"#,
            "/DestinationMigrationOption: StartOptions has no member \"DestinationMigrationOption\"; did you mean \"DestinationMigrationOptions\"?",
        ),
        (
            HcsShutDownComputeSystem,
            r#"{"Force":"yes"}"#,
            "/Force: expected true or false, found the text \"yes\"",
        ),
        (
            HcsPauseComputeSystem,
            r#"{"SuspensionLevel":"Suspended"}"#,
            "/SuspensionLevel: expected one of Suspend, MemoryLow, MemoryMedium, MemoryHigh (PauseSuspensionLevel), found \"Suspended\"; did you mean \"Suspend\"?",
        ),
        (
            HcsSaveComputeSystem,
            r#"{"SavedStateFilePath":"C:\\a.vmrs"}"#,
            "/SavedStateFilePath: SaveOptions has no member \"SavedStateFilePath\"; did you mean \"SaveStateFilePath\"?",
        ),
        (
            HcsCrashComputeSystem,
            r#"{"Type":"Crash"}"#,
            "/Type: expected one of CrashGuest (CrashType), found \"Crash\"",
        ),
        (
            HcsGetComputeSystemProperties,
            r#"{"PropertyTypes":["Memroy"]}"#,
            "/PropertyTypes/0: expected one of Memory, Statistics, ProcessList, TerminateOnLastHandleClosed, SharedMemoryRegion, GuestConnection, Basic, MappedVirtualDisk, PendingUpdates, ICHeartbeatStatus, GuestMemory, ContainerMemory, ... (System_PropertyType), found \"Memroy\"; did you mean \"Memory\"?",
        ),
        (
            HcsModifyComputeSystem,
            r#"{"RequestType":"Delete"}"#,
            "/RequestType: expected one of Add, Remove, Update (ModifyRequestType), found \"Delete\"",
        ),
        (
            HcsInitializeLiveMigrationOnSource,
            r#"{"memoryTransport":"TCP"}"#,
            "/memoryTransport: MigrationInitializeOptions has no member \"memoryTransport\"; did you mean \"MemoryTransport\"?",
        ),
        (
            HcsStartLiveMigrationOnSource,
            r#"{"NetworkSettings":{"SessionId":-1}}"#,
            "/NetworkSettings/SessionId: expected uint32, 0 to 4294967295, found -1",
        ),
        (
            HcsStartLiveMigrationTransfer,
            r#"{"Origin":"source"}"#,
            "/Origin: expected one of Source, Destination (MigrationOrigin), found \"source\"; did you mean \"Source\"?",
        ),
        (
            HcsFinalizeLiveMigration,
            r#"{"FinalizedOperation":"Explode"}"#,
            "/FinalizedOperation: expected one of Resume, Stop (MigrationFinalOperation), found \"Explode\"",
        ),
        (
            HcsCancelLiveMigration,
            r#"{"Origin":[]}"#,
            "/Origin: expected one of Source, Destination (MigrationOrigin), found a list",
        ),
        (
            HcsCreateProcess,
            r#"{"CommandLine":"tool","CreateStdOutPipes":true}"#,
            "/CreateStdOutPipes: ProcessParameters has no member \"CreateStdOutPipes\"; did you mean \"CreateStdOutPipe\"?",
        ),
        (
            HcsSignalProcess,
            r#"{"Signal":"SIGTERM"}"#,
            "/Signal: expected one of CtrlC, CtrlBreak, CtrlClose, CtrlLogOff, CtrlShutdown (ProcessSignal), found \"SIGTERM\"",
        ),
        (
            HcsModifyProcess,
            r#"{"Operation":"CloseHandle","Handle":"StdIn"}"#,
            "/Handle: ProcessModifyRequest has no member \"Handle\"; CloseHandle has one: CloseHandle/Handle",
        ),
    ]
}

fn issue(stage: &Stage, export: Export, text: &str) -> Fetched {
    let (machine, container, process) = (stage.machine, stage.container, stage.process);
    let mut created: HCS_PROCESS = null_mut();
    // SAFETY: texts and out pointers are valid, handles are open.
    let answer = outcome(
        |operation, text| unsafe {
            match export {
                Export::HcsEnumerateComputeSystems => HcsEnumerateComputeSystems(text, operation),
                Export::HcsEnumerateComputeSystemsInNamespace => {
                    HcsEnumerateComputeSystemsInNamespace(null(), text, operation)
                }
                Export::HcsStartComputeSystem => HcsStartComputeSystem(machine, operation, text),
                Export::HcsShutDownComputeSystem => HcsShutDownComputeSystem(machine, operation, text),
                Export::HcsPauseComputeSystem => HcsPauseComputeSystem(machine, operation, text),
                Export::HcsSaveComputeSystem => HcsSaveComputeSystem(machine, operation, text),
                Export::HcsCrashComputeSystem => HcsCrashComputeSystem(machine, operation, text),
                Export::HcsGetComputeSystemProperties => {
                    HcsGetComputeSystemProperties(machine, operation, text)
                }
                Export::HcsModifyComputeSystem => {
                    HcsModifyComputeSystem(machine, operation, text, null_mut())
                }
                Export::HcsInitializeLiveMigrationOnSource => {
                    HcsInitializeLiveMigrationOnSource(machine, operation, text)
                }
                Export::HcsStartLiveMigrationOnSource => {
                    HcsStartLiveMigrationOnSource(machine, operation, text)
                }
                Export::HcsStartLiveMigrationTransfer => {
                    HcsStartLiveMigrationTransfer(machine, operation, text)
                }
                Export::HcsFinalizeLiveMigration => HcsFinalizeLiveMigration(machine, operation, text),
                Export::HcsCancelLiveMigration => HcsCancelLiveMigration(machine, operation, text),
                Export::HcsCreateProcess => {
                    HcsCreateProcess(container, text, operation, null(), &mut created)
                }
                Export::HcsSignalProcess => HcsSignalProcess(process, operation, text),
                Export::HcsModifyProcess => HcsModifyProcess(process, operation, text),
                other => panic!("{other} takes no document through an operation"),
            }
        },
        text,
    );
    if !created.is_null() {
        // SAFETY: the handle is open.
        unsafe { HcsCloseProcess(created) };
    }
    answer
}

#[test]
fn every_call_refuses_a_document_that_is_not_in_order_and_the_journal_says_why() {
    for (export, text, note) in every_call() {
        let problems = schema::check(export.document_type().unwrap(), text, Version::V2_6);
        assert_eq!(problems[0].to_string(), note, "{export}"); // as the check says without a host
        on_stage(Host::new(), |host, stage| {
            let (code, document) = issue(stage, export, text);
            assert_eq!(code, HCS_E_INVALID_JSON, "{export}");
            let document = json(document);
            assert_eq!(document["Error"], HCS_E_INVALID_JSON.nt_form().as_i32(), "{export}");
            let event = &document["ErrorEvents"][0];
            assert_eq!(event["EventId"], 11001, "{export}");
            let path = note.split(':').next().unwrap().replace('/', ".");
            assert!(event["Data"][2]["Value"].as_str().unwrap().contains(&format!("'${path}'")), "{event}");
            let said = last_note(host);
            assert!(said.starts_with(note), "{export}: {said}"); // what follows from the first may come after it
        });
    }
}

#[test]
fn a_configuration_that_is_not_in_order_is_refused_with_every_problem_in_the_journal() {
    Host::new().run(|host| {
        let configuration = r#"{"Ownr":"me","VirtualMachine":{"Chipset":{"Uefi":{"BootThis":{"DeviceType":"Scsi"}}},
            "ComputeTopology":{"Memory":{"SizeInMB":-1}},"Devices":{"ComPorts":{"2":{}}}}}"#;
        let ((code, document), system) = try_create("vm", configuration);
        assert_eq!(code, HCS_E_INVALID_JSON);
        assert_eq!(json(document)["ErrorEvents"][0]["EventId"], 11000);
        assert_eq!(
            last_note(host).split("; /").collect::<Vec<_>>(),
            [
                "/Ownr: ComputeSystem has no member \"Ownr\"; did you mean \"Owner\"?",
                "VirtualMachine/Chipset/Uefi/BootThis/DeviceType: expected one of ScsiDrive, VmbFs, Network, File (UefiBootDevice), found \"Scsi\"",
                "VirtualMachine/ComputeTopology/Memory/SizeInMB: expected uint64, 0 to 18446744073709551615, found -1",
                "VirtualMachine/Devices/ComPorts/2: expected 0 or 1 as the key (a machine has two COM ports), found \"2\"",
            ]
        );
        close_system(system);
    });
}

#[test]
fn calls_that_answer_at_once_refuse_such_a_document_at_once() {
    Host::new().run(|host| {
        let mut document = null_mut();
        let query = wide(r#"{"PropertyTypes":["Memory"]}"#); // which the documentation's own sample asks for
        // SAFETY: the text and the out pointer are valid.
        let code: Hresult = unsafe { HcsGetServiceProperties(query.as_ptr(), &mut document) }.into();
        assert_eq!(code, HCS_E_INVALID_JSON);
        assert_eq!(json(take(document))["ErrorEvents"][0]["EventId"], 11001);
        assert_eq!(
            last_note(host),
            "/PropertyTypes/0: expected one of Basic, CpuGroup, ProcessorTopology, ContainerCredentialGuard, QoSCapabilities (GetPropertyType), found \"Memory\""
        );
        let settings = wide(r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"DeleteGroup","OperationDetails":{"Id":"x"}}}"#);
        document = null_mut();
        // SAFETY: as above.
        let code: Hresult = unsafe { HcsModifyServiceSettings(settings.as_ptr(), &mut document) }.into();
        assert_eq!(code, HCS_E_INVALID_JSON);
        assert!(take(document).is_some());
        assert!(last_note(host).starts_with("/Settings/OperationDetails/Id: DeleteGroupOperation has no member"));
        let report = wide(r#"{"SystemId":"vm","CrashParameters":[-1]}"#);
        // SAFETY: the text is valid.
        assert_eq!(unsafe { HcsSubmitWerReport(report.as_ptr()) }, HCS_E_INVALID_JSON);
        assert!(last_note(host).starts_with("/CrashParameters/0: "), "{}", last_note(host));
    });
}

#[test]
fn with_checks_that_only_note_the_document_is_taken_as_far_as_it_is_understood() {
    let host = Host::builder().behavior(|it| it.document_checks = DocumentChecks::Note).build();
    on_stage(host, |host, stage| {
        let save = r#"{"SaveType":"ToFile","SaveStateFilePath":"C:\\a.vmrs","Compress":true}"#;
        ask(HcsPauseComputeSystem, stage.machine, None);
        assert_eq!(ask(HcsSaveComputeSystem, stage.machine, Some(save)).0, S_OK);
        assert!(
            host.journal().to_string().contains("SaveOptions has no member \"Compress\""),
            "{}",
            host.journal()
        );
        let system = create("lax", r#"{"Owner":"me","Colour":"red","VirtualMachine":{}}"#);
        assert!(last_note(host).contains("\"Colour\""), "{}", last_note(host));
        assert_eq!(properties(system, None)["Owner"], "me");
        close_system(system);
        for nothing in ["{", "[]", "7"] {
            let ((code, _), broken) = try_create("broken", nothing);
            assert_eq!(code, HCS_E_INVALID_JSON, "{nothing}"); // that is no configuration to anybody
            close_system(broken);
        }
    });
}

#[test]
fn with_checks_off_nothing_is_noted() {
    let host = Host::builder().behavior(|it| it.document_checks = DocumentChecks::Off).build();
    host.run(|host| {
        let system = create("lax", r#"{"Owner":"me","Colour":"red","VirtualMachine":{}}"#);
        assert_eq!(last_note(host), "");
        assert_eq!(ask(HcsPauseComputeSystem, system, Some(r#"{"Elephant":1}"#)).0, HCS_E_INVALID_STATE);
        close_system(system);
    });
}

#[test]
fn a_rule_can_let_a_document_pass_that_is_not_in_order() {
    Host::new().run(|host| {
        host.when(call::create()).succeed();
        let system = create("vm", r#"{"Colour":"red"}"#);
        start(system);
        close_system(system);
    });
}

#[test]
fn options_of_calls_that_have_none_may_be_any_object() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        start(system);
        ask(HcsPauseComputeSystem, system, None);
        for request in [HcsResumeComputeSystem as Request, HcsTerminateComputeSystem] {
            assert_eq!(ask(request, system, Some(r#"{"X":1}"#)).0, S_OK);
        }
        close_system(system);
    });
}

#[test]
fn members_that_are_null_or_left_out_for_being_zero_are_taken() {
    on_stage(Host::new(), |_, stage| {
        for (export, text) in [
            (
                Export::HcsCreateProcess,
                r#"{"CommandLine":"tool","CommandArgs":null,"Environment":null,"EmulateConsole":null,"ConsoleSize":null,"User":null}"#,
            ),
            (Export::HcsGetComputeSystemProperties, r#"{"PropertyTypes":null,"Queries":null}"#),
            (Export::HcsEnumerateComputeSystems, r#"{"Ids":null,"Names":null,"Types":null,"Owners":null}"#),
            (Export::HcsSignalProcess, r#"{"Signal":null}"#),
        ] {
            assert_eq!(issue(stage, export, text).0, S_OK, "{export}");
        }
        // as clients written in Go leave out zeros
        let system =
            create("snp", r#"{"SchemaVersion":{"Major":2},"VirtualMachine":{"Version":{"Major":11}}}"#);
        close_system(system);
        let mut document = null_mut();
        let group = r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"CreateGroup","OperationDetails":{"GroupId":"0d2b4c8e-6f35-4a91-9b07-e1c3a5d7f264","LogicalProcessors":null}}}"#;
        // SAFETY: the texts and the out pointer are valid.
        unsafe {
            assert_eq!(HcsModifyServiceSettings(wide(group).as_ptr(), &mut document), S_OK);
            let query = wide(r#"{"PropertyTypes":null,"PropertyQueries":{}}"#);
            assert_eq!(HcsGetServiceProperties(query.as_ptr(), &mut document), S_OK);
        }
        assert!(take(document).is_some());
    });
}
