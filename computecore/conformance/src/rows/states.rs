//! What is legal when: every request on a system in every state, the options of requests, and waiting for the exit.
//! Not here: what callbacks are told (`events`).

use hcs_sim::Export::{self, *};
use hcs_sim::Hresult;
use hcs_sim::hresult::*;

use crate::row::*;
use crate::session::ENDS;

const NO: Hresult = HCS_E_INVALID_STATE;
const GONE: Hresult = HCS_E_SYSTEM_ALREADY_STOPPED;
const MISSING: Hresult = HCS_E_SYSTEM_NOT_FOUND;

const STATES: [(&str, State); 6] = [
    ("created", State::Created),
    ("running", State::Running),
    ("paused", State::Paused),
    ("stopped", State::Stopped),
    ("saved", State::Saved),
    ("failed", State::Failed),
];

const SHUTDOWN: Arg = Text(r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#);
const SAVE: Arg = Text(r#"{"SaveType":"ToFile","SaveStateFilePath":"<temp>/saved.vmrs"}"#);
const TEMPLATE: Arg = Text(r#"{"SaveType":"AsTemplate"}"#);
const CRASH: Arg = Text(r#"{"Type":"CrashGuest"}"#);
/// A guest's memory cannot change before it has booted, and this one never does; a disk can go that never was there.
const MODIFY: Arg =
    Text(r#"{"ResourcePath":"VirtualMachine/Devices/Scsi/0/Attachments/0","RequestType":"Remove"}"#);

/// A request in the states of `STATES`.
struct Request {
    name: &'static str,
    cites: &'static [&'static str],
    export: Export,
    options: Arg,
    outcomes: [Hresult; 6],
}

const REQUESTS: [Request; 9] = [
    Request {
        name: "start",
        cites: &["state-start"],
        export: HcsStartComputeSystem,
        options: NULL,
        outcomes: [S_OK, NO, NO, GONE, NO, MISSING],
    },
    Request {
        name: "shut-down",
        cites: &["state-shutdown", "shutdown-channel", "shutdown-twice"],
        export: HcsShutDownComputeSystem,
        options: SHUTDOWN,
        outcomes: [NO, HRESULT_ERROR_NOT_SUPPORTED, NO, GONE, NO, MISSING],
    },
    Request {
        name: "terminate",
        cites: &["state-terminate", "shutdown-twice"],
        export: HcsTerminateComputeSystem,
        options: NULL,
        outcomes: [S_OK, S_OK, S_OK, GONE, S_OK, MISSING],
    },
    Request {
        name: "pause",
        cites: &["state-pause"],
        export: HcsPauseComputeSystem,
        options: NULL,
        outcomes: [NO, S_OK, NO, GONE, NO, MISSING],
    },
    Request {
        name: "resume",
        cites: &["state-resume"],
        export: HcsResumeComputeSystem,
        options: NULL,
        outcomes: [NO, NO, S_OK, GONE, NO, MISSING],
    },
    Request {
        name: "save",
        cites: &["state-save", "save-to-file"],
        export: HcsSaveComputeSystem,
        options: SAVE,
        outcomes: [NO, NO, S_OK, GONE, NO, MISSING],
    },
    Request {
        name: "save-as-template",
        cites: &["save-as-template"],
        export: HcsSaveComputeSystem,
        options: TEMPLATE,
        outcomes: [NO, NO, S_OK, GONE, NO, MISSING],
    },
    Request {
        name: "crash",
        cites: &["state-crash"],
        export: HcsCrashComputeSystem,
        options: CRASH,
        outcomes: [NO, S_OK, NO, GONE, NO, MISSING],
    },
    Request {
        name: "modify",
        cites: &["state-modify", "modify-remove-nothing"],
        export: HcsModifyComputeSystem,
        options: MODIFY,
        outcomes: [NO, S_OK, NO, GONE, NO, MISSING],
    },
];

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for request in &REQUESTS {
        for ((name, state), outcome) in STATES.into_iter().zip(request.outcomes) {
            let mut row = row(format!("{}-{name}", request.name), request.cites).vm(state);
            if outcome == MISSING {
                row.cites.push("failed-create-handle");
            }
            let row = match request.export {
                HcsModifyComputeSystem => {
                    row.call(request.export, [SYSTEM, OPERATION, request.options, NULL])
                }
                export => row.call(export, [SYSTEM, OPERATION, request.options]),
            };
            rows.push(if outcome == S_OK { row.succeeds() } else { row.fails(outcome) });
        }
    }
    for ((name, state), outcome) in
        STATES.into_iter().zip([NO, HRESULT_ERROR_NOT_SUPPORTED, NO, GONE, NO, MISSING])
    {
        rows.push(
            row(format!("create-process-{name}"), &["state-create-process"])
                .vm(state)
                .call(HcsCreateProcess, [SYSTEM, Text(ENDS), OPERATION, NULL, Arg::Out(Slot::Process)])
                .fails(outcome),
        );
    }
    rows.extend(afterwards());
    rows.extend(options());
    rows.extend(exits());
    rows
}

/// The state that a request leads to.
fn afterwards() -> Vec<Row> {
    let then = |row: Row, state: &'static [(&'static str, &'static str)]| {
        row.call(HcsGetComputeSystemProperties, [SYSTEM, OPERATION, NULL]).outcome(S_OK, Doc::Has(state))
    };
    let running = &[("/State", r#""Running""#)];
    let paused = &[("/State", r#""Paused""#)];
    let ask = |name: &str, cite: &'static str, state: State, export: Export, options: Arg| {
        row(name, &[cite]).vm(state).call(export, [SYSTEM, OPERATION, options]).succeeds()
    };
    vec![
        then(ask("after-start", "state-start", State::Created, HcsStartComputeSystem, NULL), running),
        then(ask("after-pause", "state-pause", State::Running, HcsPauseComputeSystem, NULL), paused),
        then(ask("after-resume", "state-resume", State::Paused, HcsResumeComputeSystem, NULL), running),
        then(ask("after-save", "state-save", State::Paused, HcsSaveComputeSystem, SAVE), paused),
        then(
            ask("after-terminate", "terminate-stopped", State::Running, HcsTerminateComputeSystem, NULL),
            &[("/Stopped", "true")],
        ),
        then(
            ask("after-crash", "exit-crash", State::Running, HcsCrashComputeSystem, CRASH)
                .call(HcsWaitForComputeSystemExit, [SYSTEM, Number(60_000), NULL]),
            &[("/Stopped", "true"), ("/ExitType", r#""UnexpectedExit""#)],
        ),
    ]
}

fn options() -> Vec<Row> {
    let ask = |name: &str, cites: &[&'static str], state: State, export: Export, options: &'static str| {
        row(name, cites).vm(state).call(export, [SYSTEM, OPERATION, Text(options)])
    };
    vec![
        ask("start-empty-text", &["empty-options"], State::Created, HcsStartComputeSystem, "").succeeds(),
        ask("start-empty-object", &["empty-options"], State::Created, HcsStartComputeSystem, "{}").succeeds(),
        ask("start-no-json", &["query-invalid-json"], State::Created, HcsStartComputeSystem, "{").fails(HCS_E_INVALID_JSON),
        ask("pause-options", &["empty-options"], State::Running, HcsPauseComputeSystem, r#"{"SuspensionLevel":"Suspend"}"#)
            .succeeds(),
        ask(
            "pause-unknown-level",
            &["strict-documents"],
            State::Running,
            HcsPauseComputeSystem,
            r#"{"SuspensionLevel":"Nap"}"#,
        )
        .fails(HCS_E_INVALID_JSON),
        ask("save-without-a-path", &["save-to-file"], State::Paused, HcsSaveComputeSystem, r#"{"SaveType":"ToFile"}"#)
            .fails(E_INVALIDARG),
        ask("terminate-empty-object", &["empty-options"], State::Created, HcsTerminateComputeSystem, "{}").succeeds(),
        row("shut-down-without-options", &["shutdown-null-options"])
            .vm(State::Running)
            .call(HcsShutDownComputeSystem, [SYSTEM, OPERATION, NULL])
            .fails(HCS_E_INVALID_JSON),
        row("shut-down-a-container", &["shutdown-null-options", "shutdown-delivered", "exit-shutdown"])
            .container(State::Running)
            .call(HcsShutDownComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .call(HcsWaitForComputeSystemExit, [SYSTEM, Number(60_000), DOCUMENT])
            .document(Doc::Has(&[("/Status", "0"), ("/ExitType", r#""GracefulExit""#)])),
        row("modify-no-json", &["query-invalid-json"])
            .vm(State::Running)
            .call(HcsModifyComputeSystem, [SYSTEM, OPERATION, Text("{"), NULL])
            .fails(HCS_E_INVALID_JSON),
        row("modify-unknown-member", &["strict-documents"])
            .vm(State::Running)
            .call(HcsModifyComputeSystem, [SYSTEM, OPERATION, Text(r#"{"ResourcePth":"VirtualMachine"}"#), NULL])
            .fails(HCS_E_INVALID_JSON),
        row("modify-unknown-path", &["modify-unknown-path"])
            .vm(State::Running)
            .call(
                HcsModifyComputeSystem,
                [SYSTEM, OPERATION, Text(r#"{"ResourcePath":"VirtualMachine/Weather","RequestType":"Update","Settings":{}}"#), NULL],
            )
            .fails(E_INVALIDARG),
        row("restore-what-nobody-saved", &["restore-missing", "restore-file"])
            .call(
                HcsCreateComputeSystem,
                [
                    Text("<id>"),
                    Text(r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"RestoreState":{"SaveStateFilePath":"<temp>/nothing.vmrs"},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}}}"#),
                    OPERATION,
                    NULL,
                    Arg::Out(Slot::System),
                ],
            )
            .succeeds()
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .fails(HRESULT_ERROR_FILE_NOT_FOUND),
    ]
}

fn exits() -> Vec<Row> {
    let wait = |name: &str, cites: &[&'static str], state: State, timeout: u32, out: Arg| {
        row(name, cites).vm(state).call(HcsWaitForComputeSystemExit, [SYSTEM, Number(timeout), out])
    };
    let forced = Doc::Has(&[("/Status", "0"), ("/ExitType", r#""ForcedExit""#)]);
    vec![
        wait(
            "exit-of-stopped",
            &["wait-for-exit", "exit-document", "exit-terminate"],
            State::Stopped,
            60_000,
            DOCUMENT,
        )
        .document(forced),
        wait("exit-of-stopped-for-ever", &["wait-for-exit"], State::Stopped, u32::MAX, DOCUMENT)
            .document(forced),
        wait("exit-of-stopped-twice", &["wait-for-exit"], State::Stopped, 0, DOCUMENT)
            .document(forced)
            .call(HcsWaitForComputeSystemExit, [SYSTEM, Number(0), DOCUMENT])
            .document(forced),
        wait("exit-of-stopped-no-out", &["wait-for-exit", "result-null-out"], State::Stopped, 60_000, NULL),
        wait("exit-of-running", &["wait-for-exit-timeout"], State::Running, 10, DOCUMENT)
            .gives(HCS_E_OPERATION_TIMEOUT),
        wait("exit-of-running-zero", &["wait-for-exit-timeout"], State::Running, 0, DOCUMENT)
            .gives(HCS_E_OPERATION_TIMEOUT),
        wait("exit-of-created", &["wait-for-exit-timeout"], State::Created, 0, DOCUMENT)
            .gives(HCS_E_OPERATION_TIMEOUT),
        row("exit-of-crashed", &["exit-crash", "wait-for-exit"])
            .vm(State::Running)
            .call(HcsCrashComputeSystem, [SYSTEM, OPERATION, CRASH])
            .succeeds()
            .call(HcsWaitForComputeSystemExit, [SYSTEM, Number(60_000), DOCUMENT])
            .document(Doc::Has(&[("/ExitType", r#""UnexpectedExit""#)])),
        row("exit-while-starting", &["pending-start-at-exit", "pending-at-exit"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .sim_only("which of the two comes first is a matter of time on Windows")
            .call(HcsCreateOperation, [NULL, NULL])
            .keep(Slot::Other)
            .call(HcsTerminateComputeSystem, [SYSTEM, OTHER, NULL])
            .call(HcsWaitForOperationResult, [OTHER, Number(60_000), DOCUMENT])
            .call(HcsWaitForOperationResult, [OPERATION, Number(60_000), NULL])
            .gives(HCS_E_TERMINATED_DURING_START),
        row("pause-after-the-exit", &["state-pause"])
            .vm(State::Created)
            .operation(Operation::Completed)
            .call(HcsCreateOperation, [NULL, NULL])
            .keep(Slot::Other)
            .call(HcsTerminateComputeSystem, [SYSTEM, OTHER, NULL])
            .call(HcsWaitForOperationResult, [OTHER, Number(60_000), DOCUMENT])
            .call(HcsPauseComputeSystem, [SYSTEM, OPERATION, NULL])
            .fails(GONE),
    ]
}
