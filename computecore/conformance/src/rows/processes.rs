//! Processes of containers: created, opened, signalled, changed, waited for, and what their callbacks are told.
//! Not here: process information of operations (`results`).

use hcs_sim::Export::*;
use hcs_sim::computecore::{GENERIC_ALL, HcsEventProcessExited};
use hcs_sim::hresult::*;

use crate::row::*;
use crate::session::{ENDS, RUNS_ON};

const PIPED: Arg = Text(
    r#"{"CommandLine":"cmd /c echo hello","CreateStdOutPipe":true,"CreateStdErrPipe":true,"CreateStdInPipe":true}"#,
);
const INPUT: &str = r#"{"CommandLine":"ping -t 127.0.0.1","CreateStdInPipe":true}"#;
const RUNNING: Doc = Doc::Has(&[("/ProcessId", "*"), ("/Exited", "false")]);
const EXITED: Doc =
    Doc::Has(&[("/ProcessId", "*"), ("/Exited", "true"), ("/ExitCode", "3"), ("/LastWaitResult", "0")]);
const KILLED: Doc = Doc::Has(&[("/Exited", "true"), ("/ExitCode", "1067")]);
const LISTEN: [Arg; 4] = [PROCESS, Number(0), Arg::Listener, Arg::OnEvent];

fn create(row: Row, parameters: Arg) -> Row {
    row.container(State::Running)
        .call(HcsCreateProcess, [SYSTEM, parameters, OPERATION, NULL, Arg::Out(Slot::Process)])
}

pub fn rows() -> Vec<Row> {
    let mut rows = created();
    rows.extend(requests());
    rows.extend(exits());
    rows.extend(told());
    rows
}

fn created() -> Vec<Row> {
    let wait = |row: Row| {
        row.call(HcsWaitForOperationResultAndProcessInfo, [OPERATION, Number(60_000), INFO, DOCUMENT])
    };
    vec![
        wait(create(row("process", &["create-process", "stdio-handles"]), Text(RUNS_ON)))
            .info([Pipe::Null; 3]),
        wait(create(row("process-with-pipes", &["create-process", "stdio-handles", "stdio-owned", "pipes"]), PIPED)).info([
            Pipe::Given(None),
            Pipe::Given(Some("hello\r\n")),
            Pipe::Given(Some("")),
        ]),
        wait(create(
            row("process-with-a-console", &["emulate-console", "stdio-handles"]),
            Text(r#"{"CommandLine":"cmd /c echo hello","EmulateConsole":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}"#),
        ))
        .info([Pipe::Null, Pipe::Given(None), Pipe::Null]),
        wait(create(row("process-that-gets-no-more-input", &["close-stdin", "stdio-handles"]), Text(INPUT)))
            .info([Pipe::Given(None), Pipe::Null, Pipe::Null])
            .call(HcsModifyProcess, [PROCESS, OPERATION, Text(r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#)])
            .succeeds(),
        create(row("process-plain-wait", &["process-plain-wait"]), Text(ENDS)).succeeds(),
        wait(create(
            row("process-of-no-program", &["process-not-found", "create-process"]),
            Text(r#"{"CommandLine":"hcs-sim-nothing.exe"}"#),
        ))
        .gives(HRESULT_ERROR_FILE_NOT_FOUND)
        .document(Doc::Error(HRESULT_ERROR_FILE_NOT_FOUND)),
        create(row("process-no-json", &["process-invalid-json"]), Text("{")).fails(HCS_E_INVALID_JSON),
        create(
            row("process-unknown-member", &["process-parameters", "process-invalid-json"]),
            Text(r#"{"CommandLin":"cmd"}"#),
        )
        .fails(HCS_E_INVALID_JSON),
        row("process-in-a-stopped-container", &["state-create-process"])
            .container(State::Stopped)
            .call(HcsCreateProcess, [SYSTEM, Text(ENDS), OPERATION, NULL, Arg::Out(Slot::Process)])
            .fails(HCS_E_SYSTEM_ALREADY_STOPPED),
        row("process-in-a-created-container", &["state-create-process"])
            .container(State::Created)
            .call(HcsCreateProcess, [SYSTEM, Text(ENDS), OPERATION, NULL, Arg::Out(Slot::Process)])
            .fails(HCS_E_INVALID_STATE),
        row("open-process", &["open-process", "open-process-no-stdio", "process-info-types"])
            .process(Process::Running)
            .call(
                HcsOpenProcess,
                [SYSTEM, Arg::ProcessId, Number(GENERIC_ALL), Arg::Out(Slot::OpenedProcess)],
            )
            .call(HcsGetProcessInfo, [OPENED_PROCESS, OPERATION])
            .call(HcsWaitForOperationResultAndProcessInfo, [OPERATION, Number(60_000), INFO, DOCUMENT])
            .info([Pipe::Invalid; 3]),
        row("open-process-missing", &["open-process"])
            .container(State::Running)
            .call(
                HcsOpenProcess,
                [SYSTEM, Number(0x7FFF_FFF0), Number(GENERIC_ALL), Arg::Out(Slot::OpenedProcess)],
            )
            .gives(HRESULT_ERROR_NOT_FOUND),
        row("open-process-exited", &["open-process"])
            .process(Process::Exited)
            .call(
                HcsOpenProcess,
                [SYSTEM, Arg::ProcessId, Number(GENERIC_ALL), Arg::Out(Slot::OpenedProcess)],
            )
            .gives(HRESULT_ERROR_NOT_FOUND),
        row("close-process", &["close-process", "open-process"])
            .process(Process::Running)
            .call(HcsCloseProcess, [PROCESS])
            .call(
                HcsOpenProcess,
                [SYSTEM, Arg::ProcessId, Number(GENERIC_ALL), Arg::Out(Slot::OpenedProcess)],
            ),
        row("process-list", &["process-list"])
            .process(Process::Running)
            .call(
                HcsGetComputeSystemProperties,
                [SYSTEM, OPERATION, Text(r#"{"PropertyTypes":["ProcessList"]}"#)],
            )
            .outcome(S_OK, Doc::Has(&[("/ProcessList/0/ProcessId", "*")])),
    ]
}

fn requests() -> Vec<Row> {
    let on = |name: &str, cites: &[&'static str], process: Process| row(name, cites).process(process);
    let stopped = HCS_E_PROCESS_ALREADY_STOPPED;
    vec![
        on("kill", &["process-kill", "process-operation-types"], Process::Running)
            .call(HcsTerminateProcess, [PROCESS, OPERATION, NULL])
            .call(HcsGetOperationType, [OPERATION])
            .answers(Answer::Number(11))
            .succeeds()
            .call(HcsWaitForProcessExit, [PROCESS, Number(60_000), DOCUMENT])
            .document(KILLED),
        on("kill-empty-object", &["process-kill", "empty-options"], Process::Running)
            .call(HcsTerminateProcess, [PROCESS, OPERATION, Text("{}")])
            .succeeds(),
        on("kill-twice", &["process-kill-twice"], Process::Running)
            .call(HcsTerminateProcess, [PROCESS, OPERATION, NULL])
            .succeeds()
            .call(HcsWaitForProcessExit, [PROCESS, Number(60_000), NULL])
            .call(HcsTerminateProcess, [PROCESS, OPERATION, NULL])
            .fails(stopped),
        on("kill-exited", &["process-exited-requests"], Process::Exited)
            .call(HcsTerminateProcess, [PROCESS, OPERATION, NULL])
            .fails(stopped),
        on("signal", &["signal-null-options", "signal-default"], Process::Running)
            .call(HcsSignalProcess, [PROCESS, OPERATION, NULL])
            .succeeds()
            .call(HcsWaitForProcessExit, [PROCESS, Number(60_000), DOCUMENT])
            .document(Doc::Has(&[("/Exited", "true"), ("/ExitCode", "3221225786")])),
        on("signal-break", &["signal-default", "process-operation-types"], Process::Running)
            .call(HcsSignalProcess, [PROCESS, OPERATION, Text(r#"{"Signal":"CtrlBreak"}"#)])
            .succeeds()
            .call(HcsWaitForProcessExit, [PROCESS, Number(60_000), DOCUMENT])
            .document(Doc::Has(&[("/Exited", "true")])),
        on("signal-no-json", &["process-invalid-json"], Process::Running)
            .call(HcsSignalProcess, [PROCESS, OPERATION, Text("{")])
            .fails(HCS_E_INVALID_JSON),
        on("signal-exited", &["process-exited-requests"], Process::Exited)
            .call(HcsSignalProcess, [PROCESS, OPERATION, NULL])
            .fails(stopped),
        on("info", &["process-info-fresh", "stdio-handles", "process-info-types"], Process::Running)
            .call(HcsGetProcessInfo, [PROCESS, OPERATION])
            .call(HcsGetOperationType, [OPERATION])
            .answers(Answer::Number(12))
            .call(HcsWaitForOperationResultAndProcessInfo, [OPERATION, Number(60_000), INFO, DOCUMENT])
            .info([Pipe::Invalid; 3]),
        on("info-of-exited", &["process-info-exited", "process-info-race"], Process::Exited)
            .call(HcsGetProcessInfo, [PROCESS, OPERATION])
            .fails(stopped),
        on("properties-of-a-process", &["process-properties"], Process::Running)
            .call(HcsGetProcessProperties, [PROCESS, OPERATION, NULL])
            .outcome(S_OK, RUNNING),
        on(
            "properties-of-a-process-empty-object",
            &["process-properties", "process-operation-types"],
            Process::Running,
        )
        .call(HcsGetProcessProperties, [PROCESS, OPERATION, Text("{}")])
        .call(HcsGetOperationType, [OPERATION])
        .answers(Answer::Number(13))
        .outcome(S_OK, RUNNING),
        on(
            "properties-of-an-exited-process",
            &["process-properties", "process-exit-document"],
            Process::Exited,
        )
        .call(HcsGetProcessProperties, [PROCESS, OPERATION, NULL])
        .outcome(S_OK, EXITED),
        on("resize-console", &["console-size", "process-operation-types"], Process::Running)
            .call(
                HcsModifyProcess,
                [
                    PROCESS,
                    OPERATION,
                    Text(r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":50,"Width":160}}"#),
                ],
            )
            .call(HcsGetOperationType, [OPERATION])
            .answers(Answer::Number(14))
            .succeeds(),
        on("modify-process-wrong-shape", &["modify-wrong-shape"], Process::Running)
            .call(
                HcsModifyProcess,
                [PROCESS, OPERATION, Text(r#"{"Operation":"CloseHandle","Handle":"StdIn"}"#)],
            )
            .fails(HCS_E_INVALID_JSON),
        on("modify-process-no-json", &["process-invalid-json"], Process::Running)
            .call(HcsModifyProcess, [PROCESS, OPERATION, Text("{")])
            .fails(HCS_E_INVALID_JSON),
        on("modify-exited", &["process-exited-requests"], Process::Exited)
            .call(
                HcsModifyProcess,
                [
                    PROCESS,
                    OPERATION,
                    Text(r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":50,"Width":160}}"#),
                ],
            )
            .fails(stopped),
    ]
}

fn exits() -> Vec<Row> {
    let wait = |name: &str, process: Process, timeout: u32, out: Arg| {
        row(name, &["wait-for-process-exit", "process-exit-document"])
            .process(process)
            .call(HcsWaitForProcessExit, [PROCESS, Number(timeout), out])
    };
    vec![
        wait("process-exit-of-running", Process::Running, 10, DOCUMENT).gives(HCS_E_OPERATION_TIMEOUT),
        wait("process-exit-of-running-zero", Process::Running, 0, DOCUMENT).gives(HCS_E_OPERATION_TIMEOUT),
        wait("process-exit", Process::Exited, 60_000, DOCUMENT).document(EXITED),
        wait("process-exit-for-ever", Process::Exited, u32::MAX, DOCUMENT).document(EXITED),
        wait("process-exit-no-out", Process::Exited, 0, NULL),
        wait("process-exit-twice", Process::Exited, 0, DOCUMENT)
            .document(EXITED)
            .call(HcsWaitForProcessExit, [PROCESS, Number(0), DOCUMENT])
            .document(EXITED),
        row("process-ends-with-its-system", &["process-after-system"])
            .process(Process::Running)
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .call(HcsTerminateProcess, [PROCESS, OPERATION, NULL])
            .fails(HCS_E_PROCESS_ALREADY_STOPPED),
    ]
}

fn told() -> Vec<Row> {
    let exited = Told::Event(HcsEventProcessExited, EXITED, false);
    let killed = Told::Event(HcsEventProcessExited, KILLED, false);
    vec![
        row("process-events-exit", &["process-exit-event", "process-exit-document"])
            .process(Process::Running)
            .call(HcsSetProcessCallback, LISTEN)
            .call(HcsTerminateProcess, [PROCESS, OPERATION, NULL])
            .succeeds()
            .hears(&[killed]),
        row("process-events-after-the-exit", &["process-exit-sticky"])
            .process(Process::Exited)
            .call(HcsSetProcessCallback, LISTEN)
            .hears(&[exited]),
        row("process-events-not-to-the-system", &["process-exit-event"])
            .process(Process::Running)
            .call(HcsSetComputeSystemCallback, [SYSTEM, Number(0), Arg::Listener, Arg::OnEvent])
            .call(HcsTerminateProcess, [PROCESS, OPERATION, NULL])
            .succeeds()
            .call(HcsWaitForProcessExit, [PROCESS, Number(60_000), DOCUMENT])
            .document(KILLED)
            .call(HcsCloseComputeSystem, [SYSTEM]),
        row("process-events-not-after-close", &["close-process-events"])
            .process(Process::Running)
            .call(
                HcsOpenProcess,
                [SYSTEM, Arg::ProcessId, Number(GENERIC_ALL), Arg::Out(Slot::OpenedProcess)],
            )
            .call(HcsSetProcessCallback, [OPENED_PROCESS, Number(0), Arg::Listener, Arg::OnEvent])
            .call(HcsCloseProcess, [OPENED_PROCESS])
            .call(HcsTerminateProcess, [PROCESS, OPERATION, NULL])
            .succeeds(),
        row("process-events-unknown-options", &["set-event-callback"])
            .process(Process::Running)
            .call(HcsSetProcessCallback, [PROCESS, Number(0x4000), Arg::Listener, Arg::OnEvent])
            .gives(E_INVALIDARG),
        row("process-events-null-callback", &["null-event-callback"])
            .process(Process::Running)
            .call(HcsSetProcessCallback, [PROCESS, Number(0), NULL, NULL])
            .gives(E_INVALIDARG),
    ]
}
