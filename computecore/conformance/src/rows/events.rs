//! Event callbacks of compute systems: registered, told, replaced, ended.
//! Not here: those of processes (`processes`), those that come with a create (`systems`).

use hcs_sim::Export::*;
use hcs_sim::computecore::{
    HcsEventOperationCallback, HcsEventOptionEnableOperationCallbacks, HcsEventSystemCrashInitiated,
    HcsEventSystemCrashReport, HcsEventSystemExited, HcsEventSystemGuestConnectionClosed,
};
use hcs_sim::hresult::*;

use crate::row::*;

const fn register(options: i32) -> [Arg; 4] {
    [SYSTEM, Number(options as u32), Arg::Listener, Arg::OnEvent]
}

/// A machine whose guest connects.
const CONNECTED: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":256}},"GuestConnection":{}}}"#;
const COMPLETIONS: i32 = HcsEventOptionEnableOperationCallbacks;
const EXITED: Told =
    Told::Event(HcsEventSystemExited, Doc::Has(&[("/Status", "0"), ("/ExitType", r#""ForcedExit""#)]), false);

pub fn rows() -> Vec<Row> {
    vec![
        row("events-none", &["set-event-callback"])
            .vm(State::Running)
            .call(HcsSetComputeSystemCallback, register(0)),
        row("events-unknown-options", &["set-event-callback"])
            .vm(State::Running)
            .call(HcsSetComputeSystemCallback, register(0x4000))
            .gives(E_INVALIDARG),
        row("events-null-callback", &["null-event-callback"])
            .vm(State::Running)
            .call(HcsSetComputeSystemCallback, [SYSTEM, Number(0), NULL, NULL])
            .gives(E_INVALIDARG),
        row("events-exit", &["exit-event", "exit-once", "exit-document", "events-threads"])
            .vm(State::Running)
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[EXITED]),
        row("events-exit-of-created", &["exit-event", "state-terminate"])
            .vm(State::Created)
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[EXITED]),
        row("events-exit-of-paused", &["exit-event", "state-terminate"])
            .vm(State::Paused)
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[EXITED]),
        row("events-after-the-exit", &["exit-sticky"])
            .vm(State::Stopped)
            .call(HcsSetComputeSystemCallback, register(0))
            .hears(&[EXITED]),
        row("events-on-every-handle", &["events-every-handle", "open-independent"])
            .vm(State::Running)
            .call(HcsOpenComputeSystem, [Text("<id>"), Number(0x1000_0000), Arg::Out(Slot::Opened)])
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsSetComputeSystemCallback, [OPENED, Number(0), Arg::Listener, Arg::OnEvent])
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[EXITED, EXITED]),
        row("events-not-after-close", &["close-unregisters"])
            .vm(State::Running)
            .call(HcsOpenComputeSystem, [Text("<id>"), Number(0x1000_0000), Arg::Out(Slot::Opened)])
            .call(HcsSetComputeSystemCallback, [OPENED, Number(0), Arg::Listener, Arg::OnEvent])
            .call(HcsCloseComputeSystem, [OPENED])
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds(),
        row("events-registered-again", &["second-registration"])
            .vm(State::Running)
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[EXITED]),
        row("events-of-a-crash", &["crash-events", "crash-call-events"])
            .vm(State::Running)
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsCrashComputeSystem, [SYSTEM, OPERATION, Text(r#"{"Type":"CrashGuest"}"#)])
            .succeeds()
            .hears(&[
                Told::Event(HcsEventSystemCrashInitiated, Doc::Has(&[("/SystemId", "*")]), false),
                Told::Event(HcsEventSystemCrashReport, Doc::Has(&[("/SystemId", "*")]), false),
                Told::Event(HcsEventSystemExited, Doc::Has(&[("/ExitType", r#""UnexpectedExit""#)]), false),
            ]),
        row("events-of-operations", &["operation-event", "operation-event-data"])
            .vm(State::Created)
            .call(HcsSetComputeSystemCallback, register(COMPLETIONS))
            .call(HcsGetComputeSystemProperties, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Event(HcsEventOperationCallback, Doc::Has(&[("/Id", r#""<id>""#)]), true)]),
        row("events-of-operations-without-document", &["operation-event", "event-data"])
            .vm(State::Created)
            .call(HcsSetComputeSystemCallback, register(COMPLETIONS))
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Event(HcsEventOperationCallback, Doc::None, true)]),
        row("events-of-operations-that-fail", &["operation-event", "operation-event-data"])
            .vm(State::Created)
            .call(HcsSetComputeSystemCallback, register(COMPLETIONS))
            .call(HcsResumeComputeSystem, [SYSTEM, OPERATION, NULL])
            .hears(&[Told::Event(HcsEventOperationCallback, Doc::Error(HCS_E_INVALID_STATE), true)]),
        row("events-of-operations-unasked", &["operation-event"])
            .vm(State::Created)
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds(),
        row("events-of-operations-and-a-callback", &["callback-already-set"])
            .vm(State::Created)
            .call(HcsSetComputeSystemCallback, register(COMPLETIONS))
            .call(HcsSetOperationCallback, [OPERATION, Arg::Listener, Arg::OnCompletion])
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .gives(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET),
        row("events-of-groups", &["event-groups", "set-event-callback"])
            .vm(State::Running)
            .call(HcsSetComputeSystemCallback, register(2))
            .call(HcsSetComputeSystemCallback, register(4)),
        row("events-of-a-shutdown", &["exit-event", "exit-shutdown", "shutdown-delivered"])
            .container(State::Running)
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsShutDownComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[Told::Event(
                HcsEventSystemExited,
                Doc::Has(&[("/Status", "0"), ("/ExitType", r#""GracefulExit""#)]),
                false,
            )]),
        row("events-of-a-guest-connection", &["guest-connection-closed"])
            .sim_only("it needs a guest that has connected")
            .call(
                HcsCreateComputeSystem,
                [Text("<id>"), Text(CONNECTED), OPERATION, NULL, Arg::Out(Slot::System)],
            )
            .succeeds()
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .call(HcsSetComputeSystemCallback, register(0))
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[Told::Event(HcsEventSystemGuestConnectionClosed, Doc::None, false), EXITED]),
    ]
}
