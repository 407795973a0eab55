//! Operations: made, closed, and what they tell of themselves.
//! Not here: results (`results`), callbacks (`callbacks`).

use hcs_sim::Export::*;
use hcs_sim::computecore::{HCS_INVALID_OPERATION_ID, HcsResourceTypeFile, HcsResourceTypeSocket};
use hcs_sim::hresult::*;

use crate::row::*;

const SOCKET: Arg = Text("hcs:/VirtualMachine/LiveMigrationSocket");
const NO_ID: Answer = Answer::Number(HCS_INVALID_OPERATION_ID);
/// `OperationType` None, start, resume, properties, create of a process.
const NO_TYPE: Answer = Answer::Number(u64::MAX);
const START: Answer = Answer::Number(2);
const RESUME: Answer = Answer::Number(5);
const PROPERTIES: Answer = Answer::Number(9);
const CREATE_PROCESS: Answer = Answer::Number(10);

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("create-operation", &["create-operation", "idle-nothing"])
            .call(HcsCreateOperation, [NULL, NULL])
            .keep(Slot::Other)
            .call(HcsGetOperationType, [OTHER])
            .answers(NO_TYPE),
        row("create-operation-context", &["create-operation", "operation-context"])
            .call(HcsCreateOperation, [Number(0x1234), NULL])
            .keep(Slot::Other)
            .call(HcsGetOperationContext, [OTHER])
            .answers(Answer::Number(0x1234)),
        row(
            "create-operation-for-notifications",
            &["create-operation", "notifications", "operation-context"],
        )
        .call(HcsCreateOperationWithNotifications, [Number(0), Arg::Listener, Arg::OnEvent])
        .keep(Slot::Other)
        .call(HcsGetOperationContext, [OTHER])
        .answers(Answer::Listener)
        .call(HcsGetOperationResult, [OTHER, DOCUMENT])
        .gives(HCS_E_OPERATION_NOT_STARTED),
        row("close-idle", &["close-idle"]).call(HcsCloseOperation, [OPERATION]).answers(Answer::Nothing),
        row("close-pending", &["close-pending"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsCloseOperation, [OPERATION])
            .call(HcsCreateOperation, [NULL, NULL])
            .keep(Slot::Operation)
            // It waits for the start, which goes on.
            .call(HcsPauseComputeSystem, [SYSTEM, OPERATION, NULL])
            .call(HcsWaitForOperationResult, [OPERATION, Number(60_000), NULL])
            .gives(HCS_E_INVALID_STATE)
            .sim_only("what a pause finds while a start is on its way is a matter of time on Windows"),
        row("close-completed", &["result-completed"])
            .vm(State::Created)
            .operation(Operation::Completed)
            .call(HcsCloseOperation, [OPERATION])
            .answers(Answer::Nothing),
        row("close-with-unread-failure", &["result-of-failure"])
            .vm(State::Created)
            .operation(Operation::Failed)
            .call(HcsCloseOperation, [OPERATION])
            .answers(Answer::Nothing),
        row("context-none", &["operation-context"])
            .call(HcsGetOperationContext, [OPERATION])
            .answers(Answer::Number(0)),
        row("context-changed", &["operation-context"])
            .call(HcsSetOperationContext, [OPERATION, Number(0x5678)])
            .call(HcsGetOperationContext, [OPERATION])
            .answers(Answer::Number(0x5678))
            .call(HcsSetOperationContext, [OPERATION, NULL])
            .call(HcsGetOperationContext, [OPERATION])
            .answers(Answer::Number(0)),
        row("context-while-pending", &["operation-context"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsSetOperationContext, [OPERATION, Number(0x5678)])
            .call(HcsGetOperationContext, [OPERATION])
            .answers(Answer::Number(0x5678))
            .succeeds(),
        row("context-after-completion", &["operation-context"])
            .vm(State::Created)
            .operation(Operation::Completed)
            .call(HcsSetOperationContext, [OPERATION, Number(0x5678)])
            .call(HcsGetOperationContext, [OPERATION])
            .answers(Answer::Number(0x5678)),
        row("system-of-nothing", &["idle-nothing", "system-from-operation"])
            .call(HcsGetComputeSystemFromOperation, [OPERATION])
            .answers(Answer::Handle(false)),
        row("system-of-pending", &["pending-handles"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsGetComputeSystemFromOperation, [OPERATION])
            .answers(Answer::Is(Slot::System)),
        row("system-of-completed", &["system-from-operation", "system-from-completed"])
            .vm(State::Created)
            .operation(Operation::Completed)
            .call(HcsGetComputeSystemFromOperation, [OPERATION])
            .answers(Answer::Handle(false)),
        row("process-of-nothing", &["idle-nothing", "process-from-operation"])
            .call(HcsGetProcessFromOperation, [OPERATION])
            .answers(Answer::Handle(false)),
        row("process-of-a-pending-start", &["process-from-operation"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsGetProcessFromOperation, [OPERATION])
            .answers(Answer::Handle(false)),
        row("process-of-a-pending-create", &["process-from-operation", "pending-handles"])
            .container(State::Running)
            .call(
                HcsCreateProcess,
                [SYSTEM, Text(crate::session::RUNS_ON), OPERATION, NULL, Arg::Out(Slot::Process)],
            )
            .call(HcsGetProcessFromOperation, [OPERATION])
            .answers(Answer::Is(Slot::Process))
            .succeeds(),
        row("process-of-a-completed-create", &["process-from-operation"])
            .container(State::Running)
            .operation(Operation::CreatedProcess)
            .call(HcsGetProcessFromOperation, [OPERATION])
            .answers(Answer::Handle(false)),
        row("in-use", &["operation-in-use"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsPauseComputeSystem, [SYSTEM, OPERATION, NULL])
            .gives(HCS_E_OPERATION_ALREADY_STARTED)
            .succeeds(),
        row("in-use-by-a-query", &["operation-in-use"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsEnumerateComputeSystems, [NULL, OPERATION])
            .gives(HCS_E_OPERATION_ALREADY_STARTED)
            .succeeds(),
        row("operation-properties-idle", &["operation-properties"])
            .call(HcsGetOperationProperties, [OPERATION, NULL, DOCUMENT])
            .document(Doc::Text(r#"{"Operation":"None"}"#)),
        row("operation-properties-pending", &["operation-properties"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsGetOperationProperties, [OPERATION, NULL, DOCUMENT])
            .document(Doc::Has(&[
                ("/Operation", r#""Start""#),
                ("/StartTimestamp", "*"),
                ("/EndTimestamp", "-"),
            ])),
        row("operation-properties-completed", &["operation-properties", "timestamps"])
            .vm(State::Created)
            .operation(Operation::Completed)
            .call(HcsGetOperationProperties, [OPERATION, Text("{}"), DOCUMENT])
            .document(Doc::Has(&[
                ("/Operation", r#""Start""#),
                ("/EndTimestamp", "*"),
                ("/FailureInfo", "-"),
            ])),
        row("operation-properties-failed", &["operation-properties"])
            .vm(State::Created)
            .operation(Operation::Failed)
            .call(HcsGetOperationProperties, [OPERATION, NULL, DOCUMENT])
            .document(Doc::Has(&[("/Operation", r#""Resume""#), ("/FailureInfo/Result", "*")])),
        row("operation-properties-no-out", &["operation-properties"])
            .call(HcsGetOperationProperties, [OPERATION, NULL, NULL]),
    ];
    for (state, system, operation, kind, id) in [
        ("idle", false, Operation::Idle, NO_TYPE, NO_ID),
        ("pending", true, Operation::Pending, START, Answer::AnId),
        ("completed", true, Operation::Completed, START, Answer::AnId),
        ("with-document", true, Operation::CompletedWithDocument, PROPERTIES, Answer::AnId),
        ("failed", true, Operation::Failed, RESUME, Answer::AnId),
    ] {
        let start = |row: Row| if system { row.vm(State::Created) } else { row };
        let cites = if system { "operation-type" } else { "idle-nothing" };
        rows.push(
            start(row(format!("type-{state}"), &[cites]))
                .operation(operation)
                .call(HcsGetOperationType, [OPERATION])
                .answers(kind),
        );
        let cites = if system { "operation-id" } else { "idle-nothing" };
        rows.push(
            start(row(format!("id-{state}"), &[cites]))
                .operation(operation)
                .call(HcsGetOperationId, [OPERATION])
                .answers(id),
        );
        rows.push(
            start(row(format!("cancel-{state}"), &["cancel"]))
                .operation(operation)
                .call(HcsCancelOperation, [OPERATION])
                .gives(E_NOTIMPL),
        );
    }
    rows.push(
        row("type-of-a-process", &["operation-type", "process-operation-types"])
            .container(State::Running)
            .operation(Operation::CreatedProcess)
            .call(HcsGetOperationType, [OPERATION])
            .answers(CREATE_PROCESS),
    );
    rows.extend(resources());
    rows
}

fn resources() -> Vec<Row> {
    let add = |name: &str, kind: i32, uri: Arg, handle: Arg| {
        row(name, &["add-resource"])
            .call(HcsAddResourceToOperation, [OPERATION, Number(kind as u32), uri, handle])
            .gives(E_INVALIDARG)
    };
    vec![
        add("resource-of-no-type", 0, SOCKET, Number(0x1234)),
        add("resource-of-an-unknown-type", 99, SOCKET, Number(0x1234)),
        add("resource-without-a-handle", HcsResourceTypeSocket, SOCKET, NULL),
        add("resource-without-a-uri", HcsResourceTypeFile, NULL, Number(0x1234))
            .sim_only(super::misuse::NULL_ARGUMENT),
        add("resource-with-an-empty-uri", HcsResourceTypeFile, Text(""), Number(0x1234)),
        row("resource", &["add-resource"])
            .sim_only("Windows wants a real socket")
            .call(
                HcsAddResourceToOperation,
                [OPERATION, Number(HcsResourceTypeSocket as u32), SOCKET, Number(0x1234)],
            )
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_OPERATION_NOT_STARTED),
        row("resource-while-pending", &["add-resource"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .sim_only("Windows wants a real socket")
            .call(
                HcsAddResourceToOperation,
                [OPERATION, Number(HcsResourceTypeSocket as u32), SOCKET, Number(0x1234)],
            )
            .gives(HCS_E_OPERATION_ALREADY_STARTED)
            .succeeds(),
    ]
}
