//! Handles that are none, in every parameter that takes one, and NULL where something is required.
//! Not here: misuse that Windows answers too, which stands with its subject.
//!
//! All of this is undefined on Windows, so that these rows are for simulated hosts only.

use hcs_sim::Export::{self, *};
use hcs_sim::FindingKind;
use hcs_sim::hresult::*;

use crate::row::*;
use crate::seen::{Returns, returns};

pub const NULL_ARGUMENT: &str = "what NULL does there is not known, and may end the process";
const UNDEFINED: &str = "handles that are none are undefined on Windows";

/// How a handle is none.
#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Null,
    Closed,
    Garbage,
    OtherKind,
}

const WRONG: [(&str, Wrong); 4] = [
    ("null", Wrong::Null),
    ("closed", Wrong::Closed),
    ("garbage", Wrong::Garbage),
    ("other-kind", Wrong::OtherKind),
];

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for info in Export::all() {
        let arguments = arguments(info.export);
        for (index, argument) in arguments.iter().enumerate() {
            let Arg::In(slot) = *argument else { continue };
            for (name, wrong) in WRONG {
                rows.push(wrong_handle(info.export, &arguments, index, slot, name, wrong));
            }
        }
    }
    rows.extend(required());
    rows
}

fn wrong_handle(
    export: Export,
    arguments: &[Arg],
    index: usize,
    slot: Slot,
    name: &str,
    wrong: Wrong,
) -> Row {
    let kind = format!("{slot:?}").to_lowercase();
    let mut arguments = arguments.to_vec();
    arguments[index] = match wrong {
        Wrong::Null => NULL,
        Wrong::Closed => Arg::Closed(slot),
        Wrong::Garbage => Arg::Garbage,
        Wrong::OtherKind if slot == Slot::System => PROCESS,
        Wrong::OtherKind => SYSTEM,
    };
    let (cite, finding, code) = match wrong {
        Wrong::Null => ("null-operation", FindingKind::NullHandle, E_INVALIDARG),
        Wrong::Closed if is_close(export) => ("stale-handle", FindingKind::DoubleClose, E_HANDLE),
        Wrong::Closed => ("stale-handle", FindingKind::UseAfterClose, E_HANDLE),
        Wrong::Garbage => ("stale-handle", FindingKind::NotAHandle, E_HANDLE),
        Wrong::OtherKind => ("stale-handle", FindingKind::WrongKind, E_HANDLE),
    };
    let row = row(format!("{export}-{kind}-{name}"), &[cite]).process(Process::Running).sim_only(UNDEFINED);
    let row = row.call(export, arguments).finds(finding);
    match (export, returns(export)) {
        (HcsGetOperationType, _) => row.answers(Answer::Number(u64::MAX)),
        (HcsGetOperationId, _) => row.answers(Answer::Number(u64::MAX)),
        (_, Returns::Code) => row.gives(code),
        (_, Returns::Handle) => row.answers(Answer::Handle(false)),
        (_, Returns::Context) => row.answers(Answer::Number(0)),
        _ => row.answers(Answer::Nothing),
    }
}

fn is_close(export: Export) -> bool {
    returns(export) == Returns::Nothing
}

/// Arguments with which the export would be content.
fn arguments(export: Export) -> Vec<Arg> {
    let document = match export {
        HcsModifyComputeSystem => Text(r#"{"ResourcePath":"VirtualMachine","RequestType":"Update"}"#),
        HcsModifyProcess => Text(r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":50,"Width":160}}"#),
        _ => NULL,
    };
    match export {
        HcsCloseOperation
        | HcsGetOperationContext
        | HcsGetComputeSystemFromOperation
        | HcsGetProcessFromOperation
        | HcsGetOperationType
        | HcsGetOperationId
        | HcsCancelOperation => vec![OPERATION],
        HcsSetOperationContext => vec![OPERATION, NULL],
        HcsGetOperationResult => vec![OPERATION, DOCUMENT],
        HcsGetOperationResultAndProcessInfo => vec![OPERATION, INFO, DOCUMENT],
        HcsGetOperationProperties => vec![OPERATION, NULL, DOCUMENT],
        HcsAddResourceToOperation => {
            vec![OPERATION, Number(4), Text("hcs:/VirtualMachine/LiveMigrationSocket"), Number(8)]
        }
        HcsWaitForOperationResult => vec![OPERATION, Number(60_000), DOCUMENT],
        HcsWaitForOperationResultAndProcessInfo => vec![OPERATION, Number(60_000), INFO, DOCUMENT],
        HcsSetOperationCallback => vec![OPERATION, Arg::Listener, Arg::OnCompletion],
        HcsEnumerateComputeSystems => vec![NULL, OPERATION],
        HcsEnumerateComputeSystemsInNamespace => vec![NULL, NULL, OPERATION],
        HcsCreateComputeSystem => {
            vec![Text("<id>-2"), Text(crate::session::VM), OPERATION, NULL, Arg::Out(Slot::Opened)]
        }
        HcsCreateComputeSystemInNamespace => {
            vec![NULL, Text("<id>-2"), Text(crate::session::VM), OPERATION, NULL, Arg::Out(Slot::Opened)]
        }
        HcsCloseComputeSystem => vec![SYSTEM],
        HcsModifyComputeSystem => vec![SYSTEM, OPERATION, document, NULL],
        HcsWaitForComputeSystemExit => vec![SYSTEM, Number(0), DOCUMENT],
        HcsSetComputeSystemCallback => vec![SYSTEM, Number(0), Arg::Listener, Arg::OnEvent],
        HcsCreateProcess => {
            vec![SYSTEM, Text(crate::session::ENDS), OPERATION, NULL, Arg::Out(Slot::OpenedProcess)]
        }
        HcsOpenProcess => vec![SYSTEM, Arg::ProcessId, Number(0x1000_0000), Arg::Out(Slot::OpenedProcess)],
        HcsCloseProcess => vec![PROCESS],
        HcsTerminateProcess | HcsSignalProcess | HcsGetProcessProperties | HcsModifyProcess => {
            vec![PROCESS, OPERATION, document]
        }
        HcsGetProcessInfo => vec![PROCESS, OPERATION],
        HcsWaitForProcessExit => vec![PROCESS, Number(0), DOCUMENT],
        HcsSetProcessCallback => vec![PROCESS, Number(0), Arg::Listener, Arg::OnEvent],
        HcsStartComputeSystem
        | HcsShutDownComputeSystem
        | HcsTerminateComputeSystem
        | HcsCrashComputeSystem
        | HcsPauseComputeSystem
        | HcsResumeComputeSystem
        | HcsSaveComputeSystem
        | HcsGetComputeSystemProperties
        | HcsInitializeLiveMigrationOnSource
        | HcsStartLiveMigrationOnSource
        | HcsStartLiveMigrationTransfer
        | HcsFinalizeLiveMigration
        | HcsCancelLiveMigration => vec![SYSTEM, OPERATION, NULL],
        _ => Vec::new(), // it takes no handle
    }
}

/// NULL where an id, a document or a place for a handle is required.
fn required() -> Vec<Row> {
    let refused = |name: &str, export: Export, arguments: Vec<Arg>| {
        row(name, &["null-argument"])
            .container(State::Running)
            .sim_only(NULL_ARGUMENT)
            .call(export, arguments)
            .gives(E_INVALIDARG)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_OPERATION_NOT_STARTED)
    };
    let (out, vm) = (Arg::Out(Slot::Opened), Text(crate::session::VM));
    let (id, all) = (Text("<id>-2"), Number(0x1000_0000));
    vec![
        refused("create-without-id", HcsCreateComputeSystem, vec![NULL, vm, OPERATION, NULL, out]),
        refused("create-without-configuration", HcsCreateComputeSystem, vec![id, NULL, OPERATION, NULL, out]),
        refused("create-without-out", HcsCreateComputeSystem, vec![id, vm, OPERATION, NULL, NULL]),
        refused("open-without-id", HcsOpenComputeSystem, vec![NULL, all, out]),
        refused("open-without-out", HcsOpenComputeSystem, vec![Text("<id>"), all, NULL]),
        refused("open-in-namespace-without-id", HcsOpenComputeSystemInNamespace, vec![NULL, NULL, all, out]),
        refused(
            "create-process-without-parameters",
            HcsCreateProcess,
            vec![SYSTEM, NULL, OPERATION, NULL, Arg::Out(Slot::Process)],
        ),
        refused(
            "create-process-without-out",
            HcsCreateProcess,
            vec![SYSTEM, Text(crate::session::ENDS), OPERATION, NULL, NULL],
        ),
        refused("open-process-without-out", HcsOpenProcess, vec![SYSTEM, Number(1), all, NULL]),
    ]
}
