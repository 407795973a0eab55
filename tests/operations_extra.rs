//! The less known calls on operations: resources, properties, notifications; and the options of a create with a callback.
//! Not here: operations as everybody uses them (`operation`, `callbacks`), what resources are for (`migration`).

mod support;

use std::ffi::c_void;
use std::ptr::{dangling_mut, null, null_mut};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Completion, Export, FindingKind, Host, Hresult, OperationType, Time, call as calls, event};
use serde_json::{Value, json};
use support::listeners::*;
use support::states::*;
use support::*;

const SOCKET_URI: &str = "hcs:/VirtualMachine/LiveMigrationSocket";

/// A handle of whatever kind: it is only carried.
fn some_handle() -> HANDLE {
    std::ptr::without_provenance_mut(0x1234)
}

fn add(operation: HCS_OPERATION, kind: i32, uri: &str, handle: HANDLE) -> Hresult {
    // SAFETY: the text is valid, any handle value is recognised.
    unsafe { HcsAddResourceToOperation(operation, kind, wide(uri).as_ptr(), handle) }.into()
}

fn operation_properties(operation: HCS_OPERATION, options: Option<&str>) -> Fetched {
    let options = options.map(wide);
    let mut document = dangling_mut(); // it is written in any case
    let pointer = options.as_ref().map_or(null(), |it| it.as_ptr());
    // SAFETY: the text and the out pointer are valid.
    let code = unsafe { HcsGetOperationProperties(operation, pointer, &mut document) };
    (code.into(), take(document))
}

fn info(operation: HCS_OPERATION) -> String {
    let (code, document) = operation_properties(operation, None);
    assert_eq!(code, S_OK);
    document.unwrap()
}

/// An operation for notifications that are written down.
fn notifying(listener: &Listener, options: i32) -> HCS_OPERATION {
    // SAFETY: the listener outlives the operation.
    unsafe { HcsCreateOperationWithNotifications(options, listener.context(), Some(hear)) }
}

// Resources

#[test]
fn a_resource_of_every_type_can_be_added_before_a_call() {
    Host::new().run(|host| {
        let operation = operation();
        for kind in [HcsResourceTypeFile, HcsResourceTypeJob, HcsResourceTypeComObject, HcsResourceTypeSocket]
        {
            assert_eq!(add(operation, kind, SOCKET_URI, some_handle()), S_OK);
        }
        assert_eq!(add(operation, HcsResourceTypeSocket, "hcs:/Somewhere", some_handle()), S_OK);
        let journal = host.journal().to_string();
        assert!(journal.contains(r#"nothing is known to use a resource at "hcs:/Somewhere""#), "{journal}");
        assert_eq!(result(operation).0, HCS_E_OPERATION_NOT_STARTED); // it is still idle
        close_operation(operation);
    });
}

#[test]
fn what_is_no_resource_is_not_added() {
    Host::new().run(|_| {
        let operation = operation();
        for kind in [HcsResourceTypeNone, 5, -1, i32::MAX, i32::MIN] {
            assert_eq!(add(operation, kind, SOCKET_URI, some_handle()), E_INVALIDARG, "{kind}");
        }
        assert_eq!(add(operation, HcsResourceTypeSocket, SOCKET_URI, null_mut()), E_INVALIDARG);
        let unchecked = INVALID_HANDLE_VALUE; // of a client that does not look whether it got a socket
        assert_eq!(add(operation, HcsResourceTypeSocket, SOCKET_URI, unchecked), E_INVALIDARG);
        assert_eq!(add(operation, HcsResourceTypeSocket, "", some_handle()), E_INVALIDARG);
        let lone = [0x68u16, 0xD800, 0];
        // SAFETY: a text up to a zero, and NULL.
        unsafe {
            let add = HcsAddResourceToOperation;
            assert_eq!(add(operation, HcsResourceTypeSocket, lone.as_ptr(), some_handle()), E_INVALIDARG);
            assert_eq!(add(operation, HcsResourceTypeSocket, null(), some_handle()), E_INVALIDARG);
        }
        close_operation(operation);
    });
}

#[test]
fn a_resource_is_added_before_the_call_that_uses_it_and_not_after() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        let kind = HcsResourceTypeSocket;
        assert_eq!(add(operation, kind, SOCKET_URI, some_handle()), HCS_E_OPERATION_ALREADY_STARTED);
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(add(operation, kind, SOCKET_URI, some_handle()), S_OK); // for its next use
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_resource_for_no_operation_is_told() {
    let host = Host::new();
    let found = findings_of(&host, || {
        assert_eq!(add(null_mut(), HcsResourceTypeSocket, SOCKET_URI, some_handle()), E_INVALIDARG);
        let operation = operation();
        close_operation(operation);
        assert_eq!(add(operation, HcsResourceTypeSocket, SOCKET_URI, some_handle()), E_HANDLE);
    });
    assert_eq!(found, [FindingKind::NullHandle, FindingKind::UseAfterClose]);
}

#[test]
fn a_rule_refuses_a_resource() {
    Host::new().run(|host| {
        host.when(calls::to(Export::HcsAddResourceToOperation)).fail(E_ACCESSDENIED);
        let operation = operation();
        assert_eq!(add(operation, HcsResourceTypeSocket, SOCKET_URI, some_handle()), E_ACCESSDENIED);
        close_operation(operation);
    });
}

// Properties of operations

#[test]
fn an_idle_operation_tells_that_it_has_done_nothing() {
    Host::new().run(|_| {
        let operation = operation();
        assert_eq!(info(operation), r#"{"Operation":"None"}"#);
        close_operation(operation);
    });
}

#[test]
fn an_operation_tells_when_its_request_began_and_ended() {
    Host::new().run(|_| {
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        let pending = r#"{"Operation":"Construct","StartTimestamp":"2026-01-01T00:00:00.0000000Z"}"#;
        assert_eq!(info(operation), pending);
        assert_eq!(result(operation).0, HCS_E_OPERATION_PENDING); // telling is not waiting
        assert_eq!(wait(operation).0, S_OK);
        let completed = r#"{"Operation":"Construct","StartTimestamp":"2026-01-01T00:00:00.0000000Z","EndTimestamp":"2026-01-01T00:00:00.0400000Z"}"#;
        assert_eq!(info(operation), completed);
        // The next use is told, and not the last.
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        let pending = json!({ "Operation": "Start", "StartTimestamp": "2026-01-01T00:00:00.0400000Z" });
        assert_eq!(serde_json::from_str::<Value>(&info(operation)).unwrap(), pending);
        wait(operation);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_operation_that_failed_tells_with_what() {
    Host::new().run(|_| {
        let operation = operation();
        let (_, system) = create_call("vm", "{", operation);
        assert_eq!(wait(operation).0, HCS_E_INVALID_JSON);
        let told: Value = serde_json::from_str(&info(operation)).unwrap();
        assert_eq!(told["EndTimestamp"], "2026-01-01T00:00:00.0400000Z");
        assert_eq!(told["FailureInfo"], json!({ "Result": HCS_E_INVALID_JSON.as_i32() }));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_call_that_failed_at_once_with_a_document_ended_when_it_began() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        host.when(calls::start()).refuse(E_FAIL).document("{}");
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), E_FAIL);
        let told: Value = serde_json::from_str(&info(operation)).unwrap();
        assert_eq!(told["EndTimestamp"], told["StartTimestamp"]);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn properties_of_an_operation_need_neither_options_nor_a_place() {
    Host::new().run(|_| {
        let operation = operation();
        // Nobody knows what the options are for, and they are not read.
        for options in ["", "{}", "{", "[]", r#"{"PropertyTypes":["Memory"]}"#] {
            assert_eq!(operation_properties(operation, Some(options)).0, S_OK, "{options}");
        }
        let lone = [0xDC00u16, 0];
        // SAFETY: a text up to a zero; the out pointer is NULL.
        unsafe {
            assert_eq!(HcsGetOperationProperties(operation, lone.as_ptr(), null_mut()), S_OK);
            assert_eq!(HcsGetOperationProperties(operation, null(), null_mut()), S_OK);
        }
        close_operation(operation);
    });
}

#[test]
fn the_properties_of_no_operation_are_told_as_a_mistake() {
    let host = Host::new();
    let found = findings_of(&host, || {
        assert_eq!(operation_properties(null_mut(), None), (E_INVALIDARG, None));
        let operation = operation();
        close_operation(operation);
        assert_eq!(operation_properties(operation, None), (E_HANDLE, None));
    });
    assert_eq!(found, [FindingKind::NullHandle, FindingKind::UseAfterClose]);
}

// Notifications

#[test]
fn a_completion_is_told_as_an_event_to_an_operation_made_for_notifications() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let operation = notifying(&listener, HcsOperationOptionNone);
        let (code, system) = create_call("vm", VM, operation);
        assert_eq!(code, S_OK);
        let heard = listener.next();
        assert_eq!((heard.event, heard.data), (HcsEventOperationCallback, None));
        assert_eq!(heard.operation, operation as usize);
        assert_ne!(heard.thread, std::thread::current().id());
        assert_eq!(result(operation), (S_OK, None));
        // Once per use, with the result document, on failures too.
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        assert_eq!(listener.next().data, wait(operation).1);
        assert_eq!(call(HcsResumeComputeSystem, system, operation, None), S_OK);
        let heard = listener.next();
        assert_eq!(heard.event, HcsEventOperationCallback);
        assert_eq!(json(heard.data)["Error"], HCS_E_INVALID_STATE.nt_form().as_i32());
        assert_eq!(wait(operation).0, HCS_E_INVALID_STATE);
        assert_eq!(listener.heard(), []);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn progress_is_told_to_operations_that_ask_for_it() {
    Host::builder().time(Time::Manual).run(|host| {
        let listener = Listener::new();
        let operation = notifying(&listener, HcsOperationOptionProgressUpdate);
        let (_, system) = create_call("vm", VM, operation);
        host.advance(Duration::from_millis(19));
        assert_eq!(listener.heard(), []);
        host.advance(Duration::from_millis(1)); // half of the time has gone by
        let heard = listener.heard();
        assert_eq!(heard.len(), 1);
        assert_eq!(
            (heard[0].event, heard[0].data.as_deref(), heard[0].operation),
            (HcsEventGroupOperationInfo, Some("{}"), operation as usize)
        );
        assert_eq!(result(operation).0, HCS_E_OPERATION_PENDING);
        host.advance(Duration::from_millis(20));
        assert_eq!(listener.types(), [HcsEventOperationCallback]);
        assert_eq!(result(operation).0, S_OK);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn progress_is_told_to_nobody_else() {
    Host::new().run(|_| {
        let (listener, handles) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        assert_eq!(handles.register(system, HcsEventOptionEnableVmLifecycle), S_OK);
        for options in [HcsOperationOptionNone, HcsOperationOptionReserved1, 4] {
            let operation = notifying(&listener, options);
            assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
            assert_eq!(wait(operation).0, S_OK);
            assert_eq!(listener.types(), [HcsEventOperationCallback], "{options}");
            close_operation(operation);
        }
        let operation = notifying(&listener, HcsOperationOptionProgressUpdate | HcsOperationOptionReserved1);
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        assert_eq!(wait(operation).0, S_OK);
        assert_eq!(listener.types(), [HcsEventGroupOperationInfo, HcsEventOperationCallback]);
        close_operation(operation);
        assert_eq!(handles.heard(), []);
        close_system(system);
    });
}

#[test]
fn a_request_that_fails_early_tells_no_progress_afterwards() {
    Host::builder().latency_of(OperationType::Start, Duration::from_secs(10)).run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        let operation = notifying(&listener, HcsOperationOptionProgressUpdate);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        assert_eq!(wait(operation).0, HCS_E_TERMINATED_DURING_START);
        host.advance(Duration::from_secs(20));
        assert_eq!(listener.types(), [HcsEventOperationCallback]);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn notifications_come_before_the_call_returns_when_operations_complete_before_the_call_returns() {
    Host::builder().completion(Completion::BeforeReturn).run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        let operation = notifying(&listener, HcsOperationOptionProgressUpdate);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(listener.types(), [HcsEventGroupOperationInfo, HcsEventOperationCallback]);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_operation_for_notifications_needs_no_callback() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        // SAFETY: no context, no callback.
        let operation =
            unsafe { HcsCreateOperationWithNotifications(HcsOperationOptionProgressUpdate, null(), None) };
        assert!(!operation.is_null());
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (S_OK, None));
        close_operation(operation);
        close_system(system);
    });
}

/// What the callbacks below tell: the event, and what a fetch answered.
type Fetches = Sender<(i32, Hresult, i32)>;

/// Fetches the result of the event's operation and closes it.
unsafe extern "system" fn fetch_and_close(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call; the test passes a sender that outlives the callback.
    let (event, sender) = unsafe { (&*event, &*context.cast::<Fetches>()) };
    let told = (event.Type, result(event.Operation).0, operation_type(event.Operation));
    close_operation(event.Operation);
    let _ = sender.send(told);
}

#[test]
fn an_operation_can_be_closed_in_the_event_that_tells_its_completion() {
    Host::new().run(|host| {
        let (sender, receiver) = channel::<(i32, Hresult, i32)>();
        // SAFETY: the sender outlives the operation.
        let operation = unsafe {
            let context = (&raw const sender).cast();
            HcsCreateOperationWithNotifications(HcsOperationOptionNone, context, Some(fetch_and_close))
        };
        let (_, system) = create_call("vm", VM, operation);
        let told = next_of(&receiver);
        assert_eq!(told, (HcsEventOperationCallback, S_OK, HcsOperationTypeCreate));
        close_system(system);
        assert!(host.findings().is_empty());
    });
}

#[test]
fn an_operation_can_be_closed_in_the_event_that_tells_its_progress() {
    Host::new().run(|host| {
        let (sender, receiver) = channel::<(i32, Hresult, i32)>();
        let system = create("vm", VM);
        // SAFETY: the sender outlives the operation.
        let operation = unsafe {
            let (context, options) = ((&raw const sender).cast(), HcsOperationOptionProgressUpdate);
            HcsCreateOperationWithNotifications(options, context, Some(fetch_and_close))
        };
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        let told = next_of(&receiver);
        assert_eq!(told, (HcsEventGroupOperationInfo, HCS_E_OPERATION_PENDING, HcsOperationTypeStart));
        // The request goes on, and nothing is told of it any more.
        host.advance(Duration::from_secs(1));
        assert_eq!(state_of(system), State::Running);
        assert!(receiver.try_recv().is_err());
        close_system(system);
    });
}

/// A completion callback that says of which operation it was called.
unsafe extern "system" fn complete(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the test passes a sender that outlives the callback.
    let sender = unsafe { &*context.cast::<Sender<usize>>() };
    let _ = sender.send(operation as usize);
}

#[test]
fn a_completion_callback_that_is_set_later_takes_the_place_of_the_notifications() {
    Host::new().run(|_| {
        let (listener, (sender, receiver)) = (Listener::new(), channel::<usize>());
        let system = create("vm", VM);
        let operation = notifying(&listener, HcsOperationOptionProgressUpdate);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        // SAFETY: the sender outlives the operation.
        let code = unsafe { HcsSetOperationCallback(operation, (&raw const sender).cast(), Some(complete)) };
        assert_eq!(code, S_OK);
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [operation as usize]);
        assert_eq!(listener.heard(), []);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_operation_for_notifications_is_refused_where_the_handle_tells_completions() {
    Host::new().run(|_| {
        let (own, handles) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        handles.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = notifying(&own, HcsOperationOptionNone);
        let code = call(HcsStartComputeSystem, system, operation, None);
        assert_eq!(code, HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
        assert_eq!((own.heard(), handles.heard()), (vec![], vec![]));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_rule_gives_no_operation_for_notifications() {
    Host::new().run(|host| {
        host.when(calls::to(Export::HcsCreateOperationWithNotifications)).refuse(E_OUTOFMEMORY);
        let listener = Listener::new();
        assert!(notifying(&listener, HcsOperationOptionNone).is_null());
    });
}

#[test]
fn an_operation_for_notifications_can_leak() {
    let (host, listener) = (Host::new(), Listener::new());
    let found = findings_of(&host, || {
        notifying(&listener, HcsOperationOptionNone);
    });
    assert_eq!(found, [FindingKind::LeakedOperation]);
}

// The options of a create

fn options_of(listener: &Listener, callback_options: i32) -> HCS_CREATE_OPTIONS_1 {
    HCS_CREATE_OPTIONS_1 {
        Version: HcsCreateOptions_1,
        CallbackOptions: callback_options,
        CallbackContext: listener.context().cast_mut(),
        Callback: Some(hear),
        ..Default::default()
    }
}

/// Creates with options; answers the call's HRESULT and the handle.
fn create_with(id: &str, options: &HCS_CREATE_OPTIONS_1, operation: HCS_OPERATION) -> (Hresult, HCS_SYSTEM) {
    let mut system = dangling_mut::<u8>().cast(); // it is written in any case
    // SAFETY: texts, options and out pointer are valid.
    let code = unsafe {
        HcsCreateComputeSystemInNamespace(
            null(),
            wide(id).as_ptr(),
            wide(VM).as_ptr(),
            operation,
            (&raw const *options).cast(),
            &mut system,
        )
    };
    (code.into(), system)
}

#[test]
fn a_callback_that_comes_with_the_create_hears_everything_from_then_on() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let operation = operation();
        let options = options_of(&listener, HcsEventOptionEnableOperationCallbacks);
        let (code, system) = create_with("vm", &options, operation);
        assert_eq!(code, S_OK);
        let heard = listener.next(); // the create itself
        assert_eq!((heard.event, heard.operation), (HcsEventOperationCallback, operation as usize));
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(listener.next().event, HcsEventOperationCallback);
        assert_eq!(call(HcsTerminateComputeSystem, system, operation, None), S_OK);
        assert_eq!(listener.next().event, HcsEventOperationCallback);
        assert_eq!(listener.next().event, HcsEventSystemExited);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn the_callback_of_a_create_hears_what_its_options_say() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let (code, system) = create_with("vm", &options_of(&listener, HcsEventOptionNone), operation);
        assert_eq!(code, S_OK);
        wait(operation);
        start(system);
        assert_eq!(listener.heard(), []);
        host.raise(event::power_off("vm"));
        assert_eq!(listener.next().event, HcsEventSystemExited);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn the_callback_of_a_create_is_that_of_its_handle() {
    Host::builder().behavior(|it| it.second_registration = hcs_sim::SecondRegistration::Refuse).run(|_| {
        let (first, second) = (Listener::new(), Listener::new());
        let operation = operation();
        let (_, system) = create_with("vm", &options_of(&first, HcsEventOptionNone), operation);
        wait(operation);
        let again = second.register(system, HcsEventOptionNone);
        assert_eq!(again, HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
        let (_, other) = open("vm", GENERIC_ALL);
        assert_eq!(second.register(other, HcsEventOptionNone), S_OK);
        close_operation(operation);
        close_system(system);
        close_system(other);
    });
}

#[test]
fn options_without_a_callback_register_none() {
    Host::builder().behavior(|it| it.second_registration = hcs_sim::SecondRegistration::Refuse).run(|_| {
        let listener = Listener::new();
        let options = HCS_CREATE_OPTIONS_1 { Callback: None, ..options_of(&listener, 0) };
        let operation = operation();
        let (code, system) = create_with("vm", &options, operation);
        assert_eq!((code, wait(operation)), (S_OK, (S_OK, None)));
        assert_eq!(listener.register(system, HcsEventOptionNone), S_OK);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn options_that_nobody_knows_are_refused_and_nothing_is_created() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let known = options_of(&listener, HcsEventOptionNone);
        for version in [0, 1, 0x0002_0000, -1] {
            let options = HCS_CREATE_OPTIONS_1 { Version: version, ..known };
            let (code, system) = create_with("vm", &options, operation);
            assert_eq!((code, system), (E_INVALIDARG, null_mut()), "{version:#x}");
        }
        let (code, system) = create_with("vm", &options_of(&listener, 0x40), operation);
        assert_eq!((code, system), (E_INVALIDARG, null_mut()));
        assert_eq!(result(operation).0, HCS_E_OPERATION_NOT_STARTED); // and can be used
        assert_eq!(enumerate(None).1.as_deref(), Some("[]"));
        assert!(!host.to_string().contains("system"), "{host}");
        let journal = host.journal().to_string();
        assert!(journal.contains("options is of version 0x00020000, which is not known"), "{journal}");
        assert!(journal.contains("callback_options 0x40 has flags that nothing defines"), "{journal}");
        let (code, system) = create_with("vm", &known, operation);
        assert_eq!((code, wait(operation)), (S_OK, (S_OK, None)));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn the_callback_of_a_create_that_failed_hears_nothing_but_its_completion() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let existing = create("vm", VM);
        let operation = operation();
        let options = options_of(&listener, HcsEventOptionEnableOperationCallbacks);
        let (code, system) = create_with("VM", &options, operation);
        assert_eq!(code, S_OK);
        let heard = listener.next();
        assert_eq!(heard.event, HcsEventOperationCallback);
        assert_eq!(heard.data, wait(operation).1);
        assert_eq!(result(operation).0, HCS_E_SYSTEM_ALREADY_EXISTS);
        start(existing);
        host.raise(event::power_off("vm")); // of the other one
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        close_operation(operation);
        close_system(system);
        close_system(existing);
    });
}
