//! The C++ samples of the HCS documentation that use callbacks, as Rust on windows-sys: the same calls in the same order.
//! Not here: the samples that only wait (`samples`).

#[path = "support/owners.rs"]
mod owners;
mod support;

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, ThreadId};
use std::time::Duration;

use hcs_sim::Host;
use serde_json::json;
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::Win32::System::Threading::INFINITE;
use windows_sys::core::HRESULT;

use owners::*;
use support::next_of;

/// The pages' machine without guest and disks; it ends with its last handle.
const BARE_MACHINE: &str = r#"{
    "SchemaVersion": {"Major": 2, "Minor": 1},
    "Owner": "bakery",
    "ShouldTerminateOnLastHandleClosed": true,
    "VirtualMachine": {
        "Chipset": {"Uefi": {}},
        "ComputeTopology": {"Memory": {"Backing": "Physical", "SizeInMB": 512}, "Processor": {"Count": 1}}
    }
}"#;

/// Where a callback tells what it saw: the samples' Windows event, with something in it. The sender outlives the system.
fn context_of<T>(sender: &Sender<T>) -> *const c_void {
    (&raw const *sender).cast()
}

// EventCallbackSample.md

/// What an event callback saw.
#[derive(Debug)]
struct Seen {
    kind: HCS_EVENT_TYPE,
    data: Option<String>,
    operation: usize,
    thread: ThreadId,
}

/// The assertions that the page makes in the callback stand in the test: a panic could not leave this function.
unsafe extern "system" fn tell(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event and its data are valid during the call; the context is the test's sender.
    let (sender, seen) = unsafe {
        let HCS_EVENT { Type: kind, EventData, Operation } = *event;
        let seen = Seen {
            kind,
            data: copied(EventData),
            operation: Operation as usize,
            thread: thread::current().id(),
        };
        (&*context.cast::<Sender<Seen>>(), seen)
    };
    let _ = sender.send(seen);
}

#[test]
fn an_event_callback_tells_once_that_the_system_exited_and_how() {
    // Follows EventCallbackSample.md, with one of the causes that it names: a terminate.
    Host::new().run(|_| {
        let (sender, receiver) = channel::<Seen>();
        // SAFETY: texts end with a zero and live as long as their statement, the owners and the sender as long as the block.
        unsafe {
            let operation = Operation::of(HcsCreateOperation(null(), None));
            let mut system = System::none();
            let called = HcsCreateComputeSystem(
                wide("Proofer").as_ptr(),
                wide(BARE_MACHINE).as_ptr(),
                operation.get(),
                null(),
                system.out(),
            );
            assert_eq!(called, S_OK);
            let mut document = Document::none();
            assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, document.out()), S_OK);
            assert_eq!(document.text(), None);
            let context = context_of(&sender);
            let code = HcsSetComputeSystemCallback(system.get(), HcsEventOptionNone, context, Some(tell));
            assert_eq!(code, S_OK);

            assert_eq!(asked(HcsStartComputeSystem, &system).0, S_OK);
            assert_eq!(asked(HcsTerminateComputeSystem, &system).0, S_OK);
            let seen = next_of(&receiver);
            // Neither the create nor the start nor the terminate were events: the option for that is not set.
            assert_eq!((seen.kind, seen.operation), (HcsEventSystemExited, 0));
            assert_ne!(seen.thread, thread::current().id());
            let exit = json(seen.data.as_deref());
            assert_eq!((&exit["Status"], &exit["ExitType"]), (&json!(0), &json!("ForcedExit")));
            let by = &exit["Attribution"][0]["SystemExit"];
            assert_eq!(by, &json!({"Detail": "Terminate", "Initiator": "Client"}));
        }
        assert!(receiver.try_recv().is_err());
    });
}

// OperationCompletionSample.md

#[test]
fn completion_pattern_one_waits_for_the_operation() {
    // Follows OperationCompletionSample.md, first pattern.
    Host::new().run(|_| {
        // SAFETY: texts end with a zero and live as long as their statement, the owners as long as the block.
        unsafe {
            let operation = Operation::of(HcsCreateOperation(null(), None));
            let mut system = System::none();
            let called = HcsCreateComputeSystem(
                wide("Proofer").as_ptr(),
                wide(BARE_MACHINE).as_ptr(),
                operation.get(),
                null(),
                system.out(),
            );
            assert_eq!(called, S_OK);
            let mut document = Document::none();
            let early = HcsGetOperationResult(operation.get(), null_mut());
            assert_eq!(early, HCS_E_OPERATION_PENDING); // not of the page: there is something to wait for
            assert_eq!(HcsWaitForOperationResult(operation.get(), INFINITE, document.out()), S_OK);
            assert_eq!(document.text(), None);
        }
    });
}

type Completed = (HCS_OPERATION_TYPE, HRESULT, Option<String>);

/// Fetches the result and closes the operation, whose handle nobody else has.
unsafe extern "system" fn fetch_and_close(operation: HCS_OPERATION, context: *const c_void) {
    let mut document = Document::none();
    // SAFETY: the operation has completed and is closed once; the context is the test's sender.
    let (sender, kind, code) = unsafe {
        let kind = HcsGetOperationType(operation);
        let code = HcsGetOperationResult(operation, document.out());
        HcsCloseOperation(operation);
        (&*context.cast::<Sender<Completed>>(), kind, code)
    };
    let text = document.text();
    drop(document); // the test may end as soon as it knows
    let _ = sender.send((kind, code, text));
}

#[test]
fn completion_pattern_two_closes_the_operation_in_its_own_callback() {
    // Follows OperationCompletionSample.md, second pattern.
    Host::new().run(|_| {
        let (sender, receiver) = channel::<Completed>();
        // SAFETY: texts end with a zero and live as long as their statement, the owner and the sender as long as the block.
        unsafe {
            let mut system = System::none();
            let called = HcsCreateComputeSystem(
                wide("Proofer").as_ptr(),
                wide(BARE_MACHINE).as_ptr(),
                HcsCreateOperation(context_of(&sender), Some(fetch_and_close)),
                null(),
                system.out(),
            );
            assert_eq!(called, S_OK);
            assert_eq!(next_of(&receiver), (HcsOperationTypeCreate, S_OK, None));
        }
        assert!(receiver.try_recv().is_err());
    });
}

/// What the event callback of the third pattern saw and did.
#[derive(Debug)]
struct Fetched {
    seen: Seen,
    kind: HCS_OPERATION_TYPE,
    code: HRESULT,
    document: Option<String>,
}

/// Fetches the result of the event's operation and closes it.
unsafe extern "system" fn fetch_from_event(event: *const HCS_EVENT, context: *const c_void) {
    let mut document = Document::none();
    // SAFETY: the event is valid during the call, its operation is closed once; the context is the test's sender.
    let (sender, seen, kind, code) = unsafe {
        let HCS_EVENT { Type, EventData, Operation } = *event;
        let seen = Seen {
            kind: Type,
            data: copied(EventData),
            operation: Operation as usize,
            thread: thread::current().id(),
        };
        let kind = HcsGetOperationType(Operation);
        let code = HcsGetOperationResult(Operation, document.out());
        HcsCloseOperation(Operation);
        (&*context.cast::<Sender<Fetched>>(), seen, kind, code)
    };
    let text = document.text();
    drop(document); // the test may end as soon as it knows
    let _ = sender.send(Fetched { seen, kind, code, document: text });
}

/// For an operation that is never accepted.
unsafe extern "system" fn never(_: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is the test's sender.
    let sender = unsafe { &*context.cast::<Sender<()>>() };
    let _ = sender.send(());
}

#[test]
fn completion_pattern_three_gets_the_operation_from_the_event_callback() {
    // Follows OperationCompletionSample.md, third pattern; with a create that completes after the callback is set, and with
    // one that completes before, of which the page would never hear if that were lost.
    for create_is_fast in [false, true] {
        Host::new().run(|host| {
            let (sender, receiver) = channel::<Fetched>();
            let (refused, refusals) = channel::<()>();
            // SAFETY: texts end with a zero and live as long as their statement, owners and senders as long as the block.
            unsafe {
                let mut system = System::none();
                let create = HcsCreateOperation(null(), None); // a number to compare with; the callback closes it
                let called = HcsCreateComputeSystem(
                    wide("Proofer").as_ptr(),
                    wide(BARE_MACHINE).as_ptr(),
                    create,
                    null(),
                    system.out(),
                );
                assert_eq!(called, S_OK);
                if create_is_fast {
                    host.advance(Duration::from_secs(1));
                }
                let code = HcsSetComputeSystemCallback(
                    system.get(),
                    HcsEventOptionEnableOperationCallbacks,
                    context_of(&sender),
                    Some(fetch_from_event),
                );
                assert_eq!(code, S_OK);
                let Fetched { seen, kind, code, document } = next_of(&receiver);
                assert_eq!((seen.kind, seen.operation), (HcsEventOperationCallback, create as usize));
                assert_eq!((kind, code, document, seen.data), (HcsOperationTypeCreate, S_OK, None, None));
                assert_ne!(seen.thread, thread::current().id());

                // An operation with a callback of its own is refused. The page leaks it: nobody else closes it.
                let own = Operation::of(HcsCreateOperation(context_of(&refused), Some(never)));
                let code = HcsStartComputeSystem(system.get(), own.get(), null());
                assert_eq!(code, HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
                assert_eq!(HcsGetOperationType(own.get()), HcsOperationTypeNone);

                // Not of the page: a result document comes with the event, too.
                let query = HcsCreateOperation(null(), None);
                assert_eq!(HcsGetComputeSystemProperties(system.get(), query, null()), S_OK);
                let Fetched { seen, kind, code, document } = next_of(&receiver);
                assert_eq!((seen.kind, seen.operation), (HcsEventOperationCallback, query as usize));
                assert_eq!((kind, code), (HcsOperationTypeGetProperties, S_OK));
                let properties = json(seen.data.as_deref());
                assert_eq!((&properties["Id"], &properties["State"]), (&json!("Proofer"), &json!(null)));
                assert_eq!(seen.data, document);
            }
            assert!(receiver.try_recv().is_err());
            assert!(refusals.try_recv().is_err());
        });
    }
}

// ServiceSample.md

type Submitted = (HCS_EVENT_TYPE, Option<String>, Option<HRESULT>);

/// Passes a crash report on to error reporting, and tells.
unsafe extern "system" fn submit_reports(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event and its data are valid during the call; the context is the test's sender.
    let (sender, told) = unsafe {
        let HCS_EVENT { Type: kind, EventData: data, .. } = *event;
        let submitted = (kind == HcsEventSystemCrashReport).then(|| HcsSubmitWerReport(data));
        (&*context.cast::<Sender<Submitted>>(), (kind, copied(data), submitted))
    };
    let _ = sender.send(told);
}

#[test]
fn a_crash_report_is_submitted_in_the_event_callback() {
    // Follows ServiceSample.md, "crash report"; its call lacks the options of the callback. The page waits for a crash: here
    // HcsCrashComputeSystem.md makes one.
    Host::new().run(|_| {
        let (sender, receiver) = channel::<Submitted>();
        let system = created("Proofer", BARE_MACHINE);
        // SAFETY: texts end with a zero and live as long as their statement, the owners and the sender as long as the block.
        unsafe {
            let context = context_of(&sender);
            let code =
                HcsSetComputeSystemCallback(system.get(), HcsEventOptionNone, context, Some(submit_reports));
            assert_eq!(code, S_OK);
            assert_eq!(asked(HcsStartComputeSystem, &system).0, S_OK);
            let crash = Operation::of(HcsCreateOperation(null(), None));
            let options = wide(r#"{"Type":"CrashGuest"}"#);
            assert_eq!(HcsCrashComputeSystem(system.get(), crash.get(), options.as_ptr()), S_OK);
            assert_eq!(HcsWaitForOperationResult(crash.get(), INFINITE, null_mut()), S_OK);
        }
        let events: [Submitted; 3] = std::array::from_fn(|_| next_of(&receiver));
        let [(initiated, first, no), (report, second, submitted), (exited, last, neither)] = events;
        assert_eq!((initiated, no), (HcsEventSystemCrashInitiated, None));
        assert!(json(first.as_deref()).is_object());
        assert_eq!((report, submitted), (HcsEventSystemCrashReport, Some(S_OK)));
        assert_eq!(json(second.as_deref())["SystemId"], "Proofer");
        assert_eq!((exited, neither), (HcsEventSystemExited, None));
        assert_eq!(json(last.as_deref())["ExitType"], "UnexpectedExit");
        drop(system);
        assert!(receiver.try_recv().is_err());
    });
}
