//! Results of operations: fetched, waited for, with process information.
//! Not here: handles that are none (`misuse`).

use hcs_sim::Export::*;
use hcs_sim::hresult::*;

use crate::row::*;

/// Properties of the row's created machine.
const PROPERTIES: Doc =
    Doc::Has(&[("/Id", r#""<id>""#), ("/SystemType", r#""VirtualMachine""#), ("/State", "-")]);
const INVALID_STATE: Doc = Doc::Error(HCS_E_INVALID_STATE);

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("result-idle", &["result-idle", "result-null-document"])
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_OPERATION_NOT_STARTED),
        row("result-idle-no-out", &["result-idle", "result-null-out"])
            .call(HcsGetOperationResult, [OPERATION, NULL])
            .gives(HCS_E_OPERATION_NOT_STARTED),
        row("result-pending", &["result-pending", "result-null-document"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_OPERATION_PENDING),
        row("result-pending-no-out", &["result-pending", "result-null-out"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsGetOperationResult, [OPERATION, NULL])
            .gives(HCS_E_OPERATION_PENDING),
        row("result-pending-then-completed", &["result-pending", "poll", "wait-blocks", "result-completed"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_OPERATION_PENDING)
            .succeeds()
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT]),
        row("result-completed", &["result-completed", "result-null-document"])
            .vm(State::Created)
            .operation(Operation::Completed)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT]),
        row("result-completed-no-out", &["result-completed", "result-null-out"])
            .vm(State::Created)
            .operation(Operation::Completed)
            .call(HcsGetOperationResult, [OPERATION, NULL]),
        row("result-document", &["result-completed", "free-local"])
            .vm(State::Created)
            .operation(Operation::CompletedWithDocument)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .document(PROPERTIES),
        row("result-document-no-out", &["result-completed", "result-null-out"])
            .vm(State::Created)
            .operation(Operation::CompletedWithDocument)
            .call(HcsGetOperationResult, [OPERATION, NULL]),
        row("result-document-twice", &["result-completed", "result-copies"])
            .vm(State::Created)
            .operation(Operation::CompletedWithDocument)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .document(PROPERTIES)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .document(PROPERTIES),
        row("result-failed", &["result-of-failure", "error-form", "result-error-shape"])
            .vm(State::Created)
            .operation(Operation::Failed)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_INVALID_STATE)
            .document(INVALID_STATE),
        row("result-failed-no-out", &["result-of-failure", "result-null-out"])
            .vm(State::Created)
            .operation(Operation::Failed)
            .call(HcsGetOperationResult, [OPERATION, NULL])
            .gives(HCS_E_INVALID_STATE),
        row("result-failed-twice", &["result-of-failure", "result-copies"])
            .vm(State::Created)
            .operation(Operation::Failed)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_INVALID_STATE)
            .document(INVALID_STATE)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_INVALID_STATE)
            .document(INVALID_STATE),
        row("result-after-wait", &["result-completed", "result-copies"])
            .vm(State::Created)
            .call(HcsGetComputeSystemProperties, [SYSTEM, OPERATION, NULL])
            .outcome(S_OK, PROPERTIES)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .document(PROPERTIES),
        row("result-of-the-next-use", &["operation-reuse"])
            .vm(State::Created)
            .operation(Operation::CompletedWithDocument)
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_OPERATION_PENDING)
            .succeeds(),
        row("result-after-the-system-was-closed", &["result-completed"])
            .vm(State::Created)
            .operation(Operation::CompletedWithDocument)
            .call(HcsCloseComputeSystem, [SYSTEM])
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .document(PROPERTIES),
        row("result-after-a-refused-call", &["failed-call-idle", "null-argument"])
            .vm(State::Running)
            .sim_only(super::misuse::NULL_ARGUMENT)
            .call(HcsModifyComputeSystem, [SYSTEM, OPERATION, NULL, NULL])
            .gives(E_INVALIDARG)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_OPERATION_NOT_STARTED),
        row("operation-serves-them-all", &["operation-quick-start", "operation-reuse", "idle-use"])
            .call(
                HcsCreateComputeSystem,
                [Text("<id>"), Text(crate::session::VM), OPERATION, NULL, Arg::Out(Slot::System)],
            )
            .succeeds()
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .call(HcsGetComputeSystemProperties, [SYSTEM, OPERATION, NULL])
            .outcome(S_OK, Doc::Has(&[("/State", r#""Running""#)]))
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds(),
    ];
    rows.extend(waits());
    rows.extend(process_information());
    rows
}

fn waits() -> Vec<Row> {
    vec![
        row("wait-idle", &["wait-idle", "result-null-document"])
            .call(HcsWaitForOperationResult, [OPERATION, Number(60_000), DOCUMENT])
            .gives(HCS_E_OPERATION_NOT_STARTED),
        row("wait-idle-for-ever", &["wait-idle"])
            .call(HcsWaitForOperationResult, [OPERATION, Number(u32::MAX), DOCUMENT])
            .gives(HCS_E_OPERATION_NOT_STARTED),
        row("wait-idle-no-out", &["wait-idle", "result-null-out"])
            .call(HcsWaitForOperationResult, [OPERATION, Number(0), NULL])
            .gives(HCS_E_OPERATION_NOT_STARTED),
        row("wait-pending", &["wait-blocks"]).vm(State::Created).operation(Operation::Pending).succeeds(),
        row("wait-pending-for-ever", &["wait-blocks"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsWaitForOperationResult, [OPERATION, Number(u32::MAX), DOCUMENT]),
        row("wait-pending-no-out", &["wait-blocks", "result-null-out"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsWaitForOperationResult, [OPERATION, Number(60_000), NULL]),
        row("wait-zero", &["wait-zero", "wait-timeout"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsWaitForOperationResult, [OPERATION, Number(0), DOCUMENT])
            .gives(HCS_E_OPERATION_TIMEOUT)
            .succeeds(),
        row("wait-too-short", &["wait-timeout"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsWaitForOperationResult, [OPERATION, Number(1), DOCUMENT])
            .gives(HCS_E_OPERATION_TIMEOUT)
            .call(HcsGetOperationType, [OPERATION])
            .answers(Answer::Number(2))
            .succeeds(),
        row("wait-completed", &["result-completed"])
            .vm(State::Created)
            .operation(Operation::Completed)
            .call(HcsWaitForOperationResult, [OPERATION, Number(0), DOCUMENT]),
        row("wait-document", &["result-completed", "result-copies"])
            .vm(State::Created)
            .operation(Operation::CompletedWithDocument)
            .outcome(S_OK, PROPERTIES)
            .outcome(S_OK, PROPERTIES),
        row("wait-failed", &["result-of-failure", "result-error-shape"])
            .vm(State::Created)
            .operation(Operation::Failed)
            .fails(HCS_E_INVALID_STATE),
        row("wait-failed-no-out", &["result-of-failure", "result-null-out"])
            .vm(State::Created)
            .operation(Operation::Failed)
            .call(HcsWaitForOperationResult, [OPERATION, Number(0), NULL])
            .gives(HCS_E_INVALID_STATE),
    ]
}

/// Both exports that answer process information, in every state of an operation.
fn process_information() -> Vec<Row> {
    let mut rows = Vec::new();
    for (prefix, export) in [
        ("result-info", HcsGetOperationResultAndProcessInfo),
        ("wait-info", HcsWaitForOperationResultAndProcessInfo),
    ] {
        let call = |row: Row, info: Arg, document: Arg| match export {
            HcsGetOperationResultAndProcessInfo => row.call(export, [OPERATION, info, document]),
            _ => row.call(export, [OPERATION, Number(60_000), info, document]),
        };
        let name = |state: &str| format!("{prefix}-{state}");
        rows.push(
            call(row(name("idle"), &["result-idle"]), INFO, DOCUMENT).gives(HCS_E_OPERATION_NOT_STARTED),
        );
        let of_a_start = |state: &str, operation: Operation| {
            let row = row(name(state), &["process-info-types"]).vm(State::Created).operation(operation);
            call(row, INFO, DOCUMENT).gives(E_INVALIDARG)
        };
        rows.push(of_a_start("of-a-pending-start", Operation::Pending));
        rows.push(of_a_start("of-a-start", Operation::Completed));
        rows.push(of_a_start("of-a-query", Operation::CompletedWithDocument));
        rows.push(of_a_start("of-a-failure", Operation::Failed));
        let created = |state: &str| {
            row(name(state), &["create-process", "stdio-handles", "process-info-types"])
                .container(State::Running)
                .operation(Operation::CreatedProcess)
        };
        rows.push(call(created("of-a-process"), INFO, DOCUMENT).info([Pipe::Null; 3]));
        rows.push(call(created("of-a-process-no-out"), INFO, NULL).info([Pipe::Null; 3]));
        rows.push(call(created("of-a-process-no-info"), NULL, DOCUMENT));
        rows.push(call(created("of-a-process-nothing"), NULL, NULL));
    }
    rows
}
