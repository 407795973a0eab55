//! Callbacks of operations: completion, notifications, progress.
//! Not here: callbacks of systems (`events`) and processes (`processes`).

use hcs_sim::Export::*;
use hcs_sim::computecore::{HcsEventGroupOperationInfo, HcsEventOperationCallback};
use hcs_sim::hresult::*;

use crate::row::*;

const SET: [Arg; 3] = [OPERATION, Arg::Listener, Arg::OnCompletion];

pub fn rows() -> Vec<Row> {
    vec![
        row("callback-of-a-success", &["callback-once"])
            .vm(State::Created)
            .call(HcsSetOperationCallback, SET)
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Completion]),
        row("callback-with-the-operation", &["callback-once", "create-operation"])
            .vm(State::Created)
            .call(HcsCloseOperation, [OPERATION])
            .call(HcsCreateOperation, [Arg::Listener, Arg::OnCompletion])
            .keep(Slot::Operation)
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Completion]),
        row("callback-of-a-failure", &["callback-failure"])
            .vm(State::Created)
            .call(HcsSetOperationCallback, SET)
            .call(HcsResumeComputeSystem, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Completion]),
        row("callback-and-wait", &["callback-and-wait", "callback-once"])
            .vm(State::Created)
            .call(HcsSetOperationCallback, SET)
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[Told::Completion]),
        row("callback-of-each-use", &["callback-once", "operation-reuse"])
            .vm(State::Created)
            .call(HcsSetOperationCallback, SET)
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .call(HcsPauseComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[Told::Completion, Told::Completion]),
        row("callback-set-while-pending", &["set-callback"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsSetOperationCallback, SET)
            .hears(&[Told::Completion]),
        row("callback-of-nothing", &["set-callback"]).call(HcsSetOperationCallback, SET),
        row("callback-null", &["set-callback"])
            .sim_only(super::misuse::NULL_ARGUMENT)
            .call(HcsSetOperationCallback, [OPERATION, NULL, NULL])
            .gives(E_INVALIDARG),
        row("callback-sets-the-context", &["set-callback", "operation-context"])
            .call(HcsSetOperationCallback, SET)
            .call(HcsGetOperationContext, [OPERATION])
            .answers(Answer::Listener),
        row("callback-not-after-close", &["close-stops-callback", "close-pending"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsSetOperationCallback, SET)
            .call(HcsCloseOperation, [OPERATION])
            .answers(Answer::Nothing),
        row("callback-not-after-a-refusal", &["failed-call-idle", "operation-in-use"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsPauseComputeSystem, [SYSTEM, OPERATION, NULL])
            .gives(HCS_E_OPERATION_ALREADY_STARTED)
            .call(HcsSetOperationCallback, SET)
            .hears(&[Told::Completion]),
        row("notification", &["notifications"])
            .vm(State::Created)
            .call(HcsCloseOperation, [OPERATION])
            .call(HcsCreateOperationWithNotifications, [Number(0), Arg::Listener, Arg::OnEvent])
            .keep(Slot::Operation)
            .call(HcsGetComputeSystemProperties, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Event(HcsEventOperationCallback, Doc::Has(&[("/Id", r#""<id>""#)]), true)]),
        row("notification-of-a-failure", &["notifications"])
            .vm(State::Created)
            .call(HcsCloseOperation, [OPERATION])
            .call(HcsCreateOperationWithNotifications, [Number(0), Arg::Listener, Arg::OnEvent])
            .keep(Slot::Operation)
            .call(HcsResumeComputeSystem, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Event(HcsEventOperationCallback, Doc::Error(HCS_E_INVALID_STATE), true)]),
        row("notification-with-progress", &["notifications", "progress"])
            .vm(State::Created)
            .call(HcsCloseOperation, [OPERATION])
            .call(HcsCreateOperationWithNotifications, [Number(1), Arg::Listener, Arg::OnEvent])
            .keep(Slot::Operation)
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .hears(&[
                Told::Event(HcsEventGroupOperationInfo, Doc::Text("{}"), true),
                Told::Event(HcsEventOperationCallback, Doc::None, true),
            ]),
        row("notification-and-wait", &["notifications"])
            .vm(State::Created)
            .call(HcsCloseOperation, [OPERATION])
            .call(HcsCreateOperationWithNotifications, [Number(0), Arg::Listener, Arg::OnEvent])
            .keep(Slot::Operation)
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[Told::Event(HcsEventOperationCallback, Doc::None, true)]),
        row("notification-replaced-by-a-callback", &["notifications", "set-callback"])
            .vm(State::Created)
            .call(HcsCloseOperation, [OPERATION])
            .call(HcsCreateOperationWithNotifications, [Number(0), Arg::Listener, Arg::OnEvent])
            .keep(Slot::Operation)
            .call(HcsSetOperationCallback, SET)
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Completion]),
    ]
}
