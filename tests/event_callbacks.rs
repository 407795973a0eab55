//! Event callbacks: registering them, completions that they are told, and what closing does with those that run.
//! Not here: what can happen to a system (`events`), completion callbacks of operations (`callbacks`).

mod support;

use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{CallbackDelivery, FindingKind, Host, Hresult, NullCallback, SecondRegistration, event};
use support::listeners::*;
use support::states::*;
use support::*;

// Registering

#[test]
fn a_second_callback_takes_the_place_of_the_first_or_is_refused() {
    Host::new().run(|host| {
        let (first, second) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        assert_eq!(first.register(system, HcsEventOptionNone), S_OK);
        assert_eq!(second.register(system, HcsEventOptionNone), S_OK);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!((first.types().len(), second.types().len()), (0, 1));
        close_system(system);
    });
    let refuses = |it: &mut hcs_sim::Behavior| it.second_registration = SecondRegistration::Refuse;
    Host::builder().behavior(refuses).run(|host| {
        let (first, second) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        assert_eq!(first.register(system, HcsEventOptionNone), S_OK);
        assert_eq!(second.register(system, HcsEventOptionNone), HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!((first.types().len(), second.types().len()), (1, 0));
        close_system(system);
    });
}

#[test]
fn a_callback_that_replaces_another_after_the_exit_is_told_the_exit() {
    Host::new().run(|host| {
        let (first, second) = (Listener::new(), Listener::new());
        let system = create("vm", VM);
        first.register(system, HcsEventOptionNone);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        second.register(system, HcsEventOptionNone);
        assert_eq!(second.next().event, HcsEventSystemExited); // once per registration
        assert_eq!(first.types(), [HcsEventSystemExited]);
        close_system(system);
    });
}

#[test]
fn a_null_callback_is_refused_or_ends_the_registration() {
    // SAFETY: nothing is registered.
    let clear = |system| unsafe { HcsSetComputeSystemCallback(system, 0, std::ptr::null(), None) };
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        assert_eq!(clear(system), E_INVALIDARG);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.types().len(), 1);
        close_system(system);
    });
    Host::builder().behavior(|it| it.null_callback = NullCallback::Clear).run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionNone);
        assert_eq!(clear(system), S_OK);
        ask(HcsTerminateComputeSystem, system, None);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.types().len(), 0);
        close_system(system);
    });
}

#[test]
fn options_that_nothing_defines_are_refused() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        for bad in [8, -1, 0x100] {
            assert_eq!(listener.register(system, bad), E_INVALIDARG);
        }
        assert_eq!(listener.register(system, 7), S_OK);
        close_system(system);
    });
}

// Completions as events

#[test]
fn a_completion_is_told_as_an_event_with_its_result_document() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = operation();
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        let heard = listener.next();
        assert_eq!((heard.event, heard.operation), (HcsEventOperationCallback, operation as usize));
        let (code, document) = result(operation);
        assert_eq!((code, &document), (S_OK, &heard.data));
        assert!(document.is_some());
        // a failure's document comes likewise
        assert_eq!(call(HcsResumeComputeSystem, system, operation, None), S_OK);
        let heard = listener.next();
        assert_eq!(result(operation), (HCS_E_INVALID_STATE, heard.data));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_operation_with_a_callback_of_its_own_is_refused_on_such_a_handle() {
    unsafe extern "system" fn never(_: HCS_OPERATION, _: *const c_void) {}
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = create("vm", VM);
        let (_, other) = open("vm", GENERIC_ALL);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = operation_with(std::ptr::null(), Some(never));
        let refused = HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET;
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), refused);
        assert_eq!(operation_type(operation), HcsOperationTypeNone);
        // another handle has no such callback
        assert_eq!(call(HcsStartComputeSystem, other, operation, None), S_OK);
        assert_eq!(wait(operation).0, S_OK);
        close_operation(operation);
        assert_eq!(listener.heard(), []); // nor was its completion told
        close_system(other);
        close_system(system);
    });
}

#[test]
fn a_completion_from_before_the_registration_is_told_then() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        host.advance(Duration::from_secs(1)); // it has completed
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let heard = listener.next();
        assert_eq!((heard.event, heard.operation), (HcsEventOperationCallback, operation as usize));
        close_operation(operation);
        close_system(system);
    });
    Host::builder().behavior(|it| it.early_completions = false).run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        host.advance(Duration::from_secs(1));
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_completion_that_was_fetched_before_the_registration_is_not_told_again() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        assert_eq!(wait(operation).0, S_OK);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_completion_of_a_closed_operation_is_not_told() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let system = create("vm", VM);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        close_operation(operation);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        assert_eq!(state_of(system), State::Running);
        close_system(system);
    });
}

/// Closes the operation that it is told of, after asking it for its system.
unsafe extern "system" fn close_what_completed(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context is a sender that outlives it.
    let (event, sender) = unsafe { (&*event, &*context.cast::<Sender<usize>>()) };
    if event.Type == HcsEventOperationCallback {
        let system = system_of(event.Operation) as usize;
        close_operation(event.Operation);
        let _ = sender.send(system);
    }
}

#[test]
fn an_operation_can_be_closed_in_the_event_callback_that_tells_of_it() {
    Host::new().run(|_| {
        let (sender, receiver) = channel::<usize>();
        let system = create("vm", VM);
        let options = HcsEventOptionEnableOperationCallbacks;
        // SAFETY: the sender outlives the registration.
        let code = unsafe {
            HcsSetComputeSystemCallback(
                system,
                options,
                (&raw const sender).cast(),
                Some(close_what_completed),
            )
        };
        assert_eq!(code, S_OK);
        assert_eq!(call(HcsStartComputeSystem, system, operation(), None), S_OK); // never stored
        assert_eq!(next_of(&receiver), system as usize);
        close_system(system);
    });
}

// Closing

/// Waits for a lock that the thread which closes holds.
unsafe extern "system" fn lock(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the mutex outlives the registration.
    let mutex = unsafe { &*context.cast::<Mutex<u32>>() };
    *mutex.lock().unwrap() += 1;
}

#[test]
fn a_close_that_waits_for_a_callback_which_cannot_return_is_told_with_both_places() {
    let host = Host::builder().patience(Duration::from_millis(30)).build();
    let mutex = Mutex::new(0u32);
    let report = report_of(&host, || {
        let system = create("vm", VM);
        // SAFETY: the mutex outlives the host's callbacks.
        let code = unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const mutex).cast(), Some(lock)) };
        assert_eq!(code, S_OK);
        start(system);
        let held = mutex.lock().unwrap();
        host.raise(event::power_off("vm"));
        host.advance(Duration::from_secs(1)); // the callback enters, and waits for the lock
        close_system(system); // and this for the callback
        drop(held);
    })
    .unwrap();
    let finding = &report.findings[0];
    assert_eq!(finding.kind, FindingKind::StuckWait);
    assert_eq!(finding.sentence, r#"HcsCloseComputeSystem(system#1 "vm") can never return"#);
    let text = report.to_string();
    let fact =
        |label| text.lines().find_map(|it| it.trim_start().strip_prefix(label)).expect(label).trim_start();
    // support/mod.rs makes both calls of the tests; what matters is that the client's lines are named
    assert!(fact("closing here").contains("tests/support/mod.rs:"), "{}", fact("closing here"));
    assert!(fact("closing here").contains(r#"thread "main""#));
    assert!(fact("registered").contains("tests/event_callbacks.rs:"), "{}", fact("registered"));
    assert!(fact("waits for").starts_with("the callback of system#1, told SystemExited, running since t=0."));
    while *mutex.lock().unwrap() == 0 {
        std::thread::yield_now(); // the callback returns once it can
    }
}

/// Closes the system whose event it is told.
unsafe extern "system" fn close_own(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context is a sender and a handle that outlive it.
    let (event, (sender, system)) = unsafe { (&*event, &*context.cast::<(Sender<i32>, Sent)>()) };
    close_system(system.get());
    let _ = sender.send(event.Type);
}

#[test]
fn a_close_in_the_handles_own_callback_is_told_and_returns() {
    let host = Host::new();
    let report = report_of(&host, || {
        let (sender, receiver) = channel::<i32>();
        let system = create("vm", VM);
        let context = Box::new((sender, Sent::new(system)));
        // SAFETY: the context outlives the registration.
        let code =
            unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const *context).cast(), Some(close_own)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::power_off("vm"));
        assert_eq!(next_of(&receiver), HcsEventSystemExited);
        host.advance(Duration::from_secs(1));
    })
    .unwrap();
    assert_eq!(report.findings.len(), 1, "{report}");
    let text = report.to_string();
    assert!(text.contains(r#"HcsCloseComputeSystem(system#1 "vm") can never return"#), "{text}");
    assert!(text.contains("it is called inside of that callback"), "{text}");
}

/// Says when it begins and when it ends, and makes calls in between.
unsafe extern "system" fn take_long(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context is a sender that outlives it.
    let (event, sender) = unsafe { (&*event, &*context.cast::<Sender<(i32, bool)>>()) };
    let _ = sender.send((event.Type, true));
    let operation = operation();
    for _ in 0..1_000 {
        operation_type(operation);
    }
    close_operation(operation);
    let _ = sender.send((event.Type, false));
}

#[test]
fn events_of_one_handle_are_told_one_after_the_other() {
    Host::new().run(|host| {
        let (sender, receiver) = channel::<(i32, bool)>();
        let system = create("vm", FULL);
        // SAFETY: the sender outlives the registration.
        let code =
            unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const sender).cast(), Some(take_long)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::guest_crash("vm"));
        host.advance(Duration::from_secs(1));
        let order: Vec<(i32, bool)> = receiver.try_iter().collect();
        let expected = [
            HcsEventSystemCrashInitiated,
            HcsEventSystemCrashReport,
            HcsEventSystemGuestConnectionClosed,
            HcsEventSystemExited,
        ];
        assert_eq!(order, expected.map(|it| [(it, true), (it, false)]).concat());
        close_system(system);
    });
}

/// Waits until a second callback has entered beside this one.
unsafe extern "system" fn meet(_: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the barrier outlives the registration.
    unsafe { &*context.cast::<std::sync::Barrier>() }.wait();
}

#[test]
fn events_of_one_handle_may_be_told_side_by_side() {
    Host::builder().behavior(|it| it.delivery = CallbackDelivery::SideBySide).run(|host| {
        let barrier = std::sync::Barrier::new(2);
        let system = create("vm", FULL);
        // SAFETY: the barrier outlives the registration.
        let code = unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const barrier).cast(), Some(meet)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::guest_crash("vm")); // four events: two pairs that meet
        host.advance(Duration::from_secs(1));
        close_system(system);
    });
}

#[test]
fn a_callback_may_use_hcs_while_it_runs() {
    /// Terminates the system that has crashed, and waits.
    unsafe extern "system" fn terminate(event: *const HCS_EVENT, context: *const c_void) {
        // SAFETY: the event is valid during the call, and the context is a sender and a handle that outlive it.
        let (event, (sender, system)) = unsafe { (&*event, &*context.cast::<(Sender<Hresult>, Sent)>()) };
        if event.Type == HcsEventSystemGuestConnectionClosed {
            let _ = sender.send(ask(HcsTerminateComputeSystem, system.get(), None).0);
        }
    }
    Host::new().run(|host| {
        let (sender, receiver) = channel::<Hresult>();
        let system = create("vm", FULL);
        let context = Box::new((sender, Sent::new(system)));
        // SAFETY: the context outlives the registration.
        let code =
            unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const *context).cast(), Some(terminate)) };
        assert_eq!(code, S_OK);
        start(system);
        host.raise(event::guest_connection_lost("vm"));
        assert_eq!(next_of(&receiver), S_OK);
        assert_eq!(wait_for_exit(system, INFINITE).0, S_OK);
        close_system(system);
    });
}

#[test]
fn a_callback_may_wait_for_what_a_program_writes() {
    /// Reads a byte, and says so.
    unsafe extern "system" fn read(_: *const HCS_EVENT, context: *const c_void) {
        // SAFETY: the context outlives the registration.
        let (sender, pipe) = unsafe { &*context.cast::<(Sender<bool>, Sent)>() };
        let _ = sender.send(processes::read_some(pipe.get(), &mut [0; 1]).is_ok());
    }
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.sleep(Duration::from_secs(1));
            guest.stdout("x");
        });
        let (sender, receiver) = channel::<bool>();
        let system = processes::running("box");
        let started = processes::start_process(system, processes::OUT_ONLY);
        let context = Box::new((sender, Sent::new(started.info.StdOutput)));
        // SAFETY: the context outlives the registration.
        let code =
            unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const *context).cast(), Some(read)) };
        assert_eq!(code, S_OK);
        host.raise(event::to_system("box", hcs_sim::EventType::SystemSiloJobCreated));
        assert!(next_of(&receiver));
        started.close();
        close_system(system);
    });
}

#[test]
fn callbacks_of_different_handles_may_run_side_by_side() {
    Host::builder().behavior(|it| it.delivery = CallbackDelivery::ByHandle).run(|host| {
        let barrier = std::sync::Barrier::new(2);
        let systems = ["a", "b"].map(|it| create(it, VM));
        for system in systems {
            // SAFETY: the barrier outlives the registration.
            let code =
                unsafe { HcsSetComputeSystemCallback(system, 0, (&raw const barrier).cast(), Some(meet)) };
            assert_eq!(code, S_OK);
            start(system);
        }
        host.raise_after(Duration::from_secs(1), event::power_off("a"));
        host.raise_after(Duration::from_secs(1), event::power_off("b"));
        host.advance(Duration::from_secs(2)); // each waits for the other
        systems.into_iter().for_each(close_system);
    });
}

#[test]
fn callbacks_of_handles_that_a_test_left_open_are_called_no_more() {
    let listener = Listener::new();
    let host = Host::new();
    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        host.run(|_| {
            let system = create("vm", VM);
            listener.register(system, HcsEventOptionNone);
            start(system);
            ask(HcsTerminateComputeSystem, system, None); // the exit is still to be told
        });
    }));
    assert!(run.is_err()); // the handle has leaked
    host.advance(Duration::from_secs(1));
    assert_eq!(listener.heard(), []);
}

#[test]
fn a_completion_that_was_polled_for_is_not_told_again() {
    Host::new().run(|host| {
        let listener = Listener::new();
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        host.advance(Duration::from_secs(1));
        assert_eq!(result(operation).0, S_OK);
        listener.register(system, HcsEventOptionEnableOperationCallbacks);
        host.advance(Duration::from_secs(1));
        assert_eq!(listener.heard(), []);
        close_operation(operation);
        close_system(system);
    });
}
