//! Completion callbacks: where, when and how often they run, and what may be done in them.
//! Not here: events of systems and processes.

mod support;

use std::ffi::c_void;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, ThreadId};

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Completion, Host, Hresult, Journal, What};
use support::*;

/// What a callback saw.
#[derive(Debug)]
struct Seen {
    operation: usize,
    thread: ThreadId,
    code: Hresult,
    kind: i32,
    system: usize,
}

/// Reports what it sees through the sender that is its context, and closes nothing.
unsafe extern "system" fn report(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: every test passes a sender that outlives the callback.
    let sender = unsafe { &*context.cast::<Sender<Seen>>() };
    let seen = Seen {
        operation: operation as usize,
        thread: thread::current().id(),
        code: result(operation).0,
        kind: operation_type(operation),
        system: system_of(operation) as usize,
    };
    let _ = sender.send(seen);
}

fn reporting(sender: &Sender<Seen>) -> HCS_OPERATION {
    operation_with((&raw const *sender).cast(), Some(report))
}

fn probe() -> (Box<Sender<Seen>>, Receiver<Seen>) {
    let (sender, receiver) = channel();
    (Box::new(sender), receiver)
}

#[test]
fn a_callback_runs_once_on_another_thread_with_the_operation_completed() {
    Host::new().run(|_| {
        let (sender, receiver) = probe();
        let system = create("vm", VM);
        let operation = reporting(&sender);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (S_OK, None));
        let seen = next_of(&receiver);
        assert_eq!(seen.operation, operation as usize);
        assert_ne!(seen.thread, thread::current().id());
        assert_eq!((seen.code, seen.kind), (S_OK, HcsOperationTypeStart));
        assert_eq!(seen.system, system as usize); // still the active one while its own callback runs
        assert!(system_of(operation).is_null());
        close_operation(operation);
        close_system(system);
        assert!(receiver.try_recv().is_err());
    });
}

#[test]
fn each_use_calls_back_once() {
    Host::new().run(|_| {
        let (sender, receiver) = probe();
        let system = create("vm", VM);
        let operation = reporting(&sender);
        for request in [HcsStartComputeSystem as Request, HcsPauseComputeSystem, HcsResumeComputeSystem] {
            assert_eq!(call(request, system, operation, None), S_OK);
            assert_eq!(wait(operation).0, S_OK);
            wait(operation);
            result(operation);
        }
        close_operation(operation);
        close_system(system);
        let kinds: Vec<i32> = receiver.try_iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [HcsOperationTypeStart, HcsOperationTypePause, HcsOperationTypeResume]);
    });
}

#[test]
fn a_callback_comes_also_when_nobody_waits_inside_the_host() {
    Host::new().run(|_| {
        let (sender, receiver) = probe();
        let system = create("vm", VM);
        let operation = reporting(&sender);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(next_of(&receiver).code, S_OK); // the client's own way of waiting
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_failure_calls_back_too() {
    Host::new().run(|_| {
        let (sender, receiver) = probe();
        let operation = reporting(&sender);
        let (code, system) = create_call("vm", "{}", operation);
        assert_eq!(code, S_OK);
        wait(operation);
        assert_eq!(next_of(&receiver).code, HCS_E_INVALID_JSON);
        close_operation(operation);
        close_system(system);
    });
}

/// The style that never stores the handle: the callback fetches the result and closes the operation.
unsafe extern "system" fn fetch_and_close(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the test passes a sender that outlives the callback.
    let sender = unsafe { &*context.cast::<Sender<(i32, Hresult)>>() };
    let sent = (operation_type(operation), result(operation).0);
    close_operation(operation);
    let _ = sender.send(sent);
}

#[test]
fn an_operation_can_be_closed_in_its_own_callback() {
    let host = Host::new();
    host.run(|host| {
        let (sender, receiver) = channel::<(i32, Hresult)>();
        let context = (&raw const sender).cast();
        let operation = operation_with(context, Some(fetch_and_close));
        let (code, system) = create_call("vm", VM, operation);
        assert_eq!(code, S_OK);
        assert_eq!(next_of(&receiver), (HcsOperationTypeCreate, S_OK));
        // never stored at all
        let code = call(HcsStartComputeSystem, system, operation_with(context, Some(fetch_and_close)), None);
        assert_eq!(code, S_OK);
        assert_eq!(next_of(&receiver), (HcsOperationTypeStart, S_OK));
        assert!(host.findings().is_empty());
        close_system(system);
    });
}

#[test]
fn fire_and_forget_at_the_end_of_a_test_is_no_leak() {
    let (sender, receiver) = channel::<(i32, Hresult)>();
    Host::new().run(|_| {
        let system = create("vm", VM);
        let operation = operation_with((&raw const sender).cast(), Some(fetch_and_close));
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        close_system(system);
    });
    assert_eq!(receiver.try_recv().unwrap(), (HcsOperationTypeStart, S_OK));
}

#[test]
fn no_callback_comes_after_a_close() {
    Host::new().run(|host| {
        let (sender, receiver) = probe();
        let system = create("vm", VM);
        let operation = reporting(&sender);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        close_operation(operation);
        host.advance(std::time::Duration::from_secs(1));
        assert_eq!(properties(system, None)["State"], "Running");
        assert!(receiver.try_recv().is_err());
        close_system(system);
    });
}

/// Says that it runs, goes on using its operation, and says what the last fetch answered.
unsafe extern "system" fn go_on(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the test passes a sender that outlives the callback.
    let sender = unsafe { &*context.cast::<Sender<Hresult>>() };
    let _ = sender.send(HCS_E_OPERATION_PENDING);
    // longer than any call lets callbacks finish before it goes on
    for _ in 0..50_000 {
        operation_type(operation);
    }
    let _ = sender.send(result(operation).0);
}

#[test]
fn a_close_on_another_thread_waits_for_the_callback_to_return() {
    Host::new().run(|host| {
        let (sender, receiver) = channel::<Hresult>();
        let system = create("vm", VM);
        let operation = operation_with((&raw const sender).cast(), Some(go_on));
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(next_of(&receiver), HCS_E_OPERATION_PENDING); // it has entered
        close_operation(operation);
        assert_eq!(receiver.try_recv(), Ok(S_OK)); // it has used its operation to the end
        assert!(host.findings().is_empty());
        close_system(system);
    });
}

#[test]
fn a_callback_can_be_set_later_and_gets_its_own_context() {
    Host::new().run(|_| {
        let (sender, receiver) = probe();
        let context = (&raw const *sender).cast();
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        // SAFETY: the sender outlives the operation.
        unsafe {
            assert_eq!(HcsSetOperationCallback(operation, context, Some(report)), S_OK);
            assert_eq!(HcsGetOperationContext(operation), context.cast_mut());
        }
        wait(operation);
        assert_eq!(receiver.try_iter().count(), 1);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_callback_that_is_set_after_completion_is_for_the_next_use() {
    Host::new().run(|_| {
        let (sender, receiver) = probe();
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        wait(operation);
        // SAFETY: the sender outlives the operation.
        unsafe { HcsSetOperationCallback(operation, (&raw const *sender).cast(), Some(report)) };
        wait(operation);
        assert_eq!(receiver.try_iter().count(), 0);
        assert_eq!(call(HcsPauseComputeSystem, system, operation, None), S_OK);
        wait(operation);
        assert_eq!(receiver.try_iter().map(|it| it.kind).collect::<Vec<_>>(), [HcsOperationTypePause]);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn setting_a_callback_requires_one() {
    Host::new().run(|_| {
        let operation = operation();
        // SAFETY: nothing is passed.
        let code = unsafe { HcsSetOperationCallback(operation, std::ptr::null(), None) };
        assert_eq!(code, E_INVALIDARG);
        close_operation(operation);
    });
}

/// Starts the system of the operation's create, waits for that start in the callback, and closes both operations.
unsafe extern "system" fn start_next(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the test passes a sender that outlives the callback.
    let sender = unsafe { &*context.cast::<Sender<Hresult>>() };
    let code = ask(HcsStartComputeSystem, system_of(operation), None).0;
    close_operation(operation);
    let _ = sender.send(code);
}

#[test]
fn a_callback_may_start_and_wait_for_another_operation() {
    Host::new().run(|_| {
        let (sender, receiver) = channel::<Hresult>();
        let operation = operation_with((&raw const sender).cast(), Some(start_next));
        let (_, system) = create_call("vm", VM, operation);
        assert_eq!(next_of(&receiver), S_OK);
        assert_eq!(properties(system, None)["State"], "Running");
        close_system(system);
    });
}

static LOCK: Mutex<()> = Mutex::new(());
static ENTERED: OnceLock<()> = OnceLock::new();

/// Needs a lock that the waiting thread holds.
unsafe extern "system" fn need_the_lock(_: HCS_OPERATION, _: *const c_void) {
    ENTERED.get_or_init(|| ());
    drop(LOCK.lock());
}

#[test]
fn a_callback_that_needs_a_lock_of_the_waiter_does_not_hang_the_wait() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        let operation = operation_with(std::ptr::null(), Some(need_the_lock));
        let held = LOCK.lock().unwrap();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait(operation), (S_OK, None)); // the result is there; Windows returns it too
        assert!(ENTERED.get().is_some());
        drop(held);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn callbacks_run_before_the_call_returns_when_operations_complete_before_the_call_returns() {
    Host::builder().completion(Completion::BeforeReturn).run(|_| {
        let (sender, receiver) = probe();
        let system = create("vm", VM);
        let operation = reporting(&sender);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(receiver.try_iter().count(), 1);
        assert_eq!(result(operation), (S_OK, None));
        close_operation(operation);
        close_system(system);
    });
}

fn journal_of_many_callbacks() -> Journal {
    let (sender, _receiver) = probe();
    Host::new().run(|host| {
        let systems: Vec<HCS_SYSTEM> = (0..8).map(|it| create(&format!("vm{it}"), VM)).collect();
        let operations: Vec<HCS_OPERATION> = systems.iter().map(|_| reporting(&sender)).collect();
        for (system, operation) in systems.iter().zip(&operations) {
            assert_eq!(call(HcsStartComputeSystem, *system, *operation, None), S_OK);
        }
        for operation in &operations {
            wait(*operation);
        }
        operations.into_iter().for_each(close_operation);
        systems.into_iter().for_each(close_system);
        host.journal()
    })
}

#[test]
fn callbacks_that_are_due_together_run_one_after_the_other_in_the_order_of_completion() {
    let journal = journal_of_many_callbacks();
    let order: Vec<String> = journal
        .entries()
        .iter()
        .filter_map(|it| match &it.what {
            What::CallbackEntered { operation } => Some(format!("enter {operation}")),
            What::CallbackReturned { operation } => Some(format!("return {operation}")),
            _ => None,
        })
        .collect();
    let expected: Vec<String> =
        (9..17).flat_map(|it| [format!("enter operation#{it}"), format!("return operation#{it}")]).collect();
    assert_eq!(order, expected);
    let text = journal.to_string();
    for _ in 0..5 {
        assert_eq!(journal_of_many_callbacks().to_string(), text);
    }
}

/// Uses a system of another host than the one that calls back.
unsafe extern "system" fn use_another_host(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the test passes a system handle and a sender that outlive the callback.
    let (system, sender) = unsafe { &*context.cast::<(Sent, Sender<Hresult>)>() };
    let _ = sender.send(wait_for_exit(system.get(), 100).0);
    close_operation(operation);
}

/// Lets the other operation's callback be set anew while it is queued.
unsafe extern "system" fn set_anew(_: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the test passes an operation handle and a sender that outlive the callback.
    let (other, sender) = unsafe { &*context.cast::<(Sent, Box<Sender<Seen>>)>() };
    // SAFETY: the sender outlives the operation.
    let code = unsafe { HcsSetOperationCallback(other.get(), (&raw const **sender).cast(), Some(report)) };
    assert_eq!(code, S_OK);
}

/// Has a context of another type than [`report`].
unsafe extern "system" fn note_context(_: HCS_OPERATION, context: *const c_void) {
    CONTEXT.store(context as usize, std::sync::atomic::Ordering::SeqCst);
}

static CONTEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

#[test]
fn a_queued_callback_keeps_the_context_that_it_was_set_with() {
    let hour = std::time::Duration::from_secs(3600);
    Host::builder().latency_of(hcs_sim::OperationType::Start, hour).run(|_| {
        let (sender, receiver) = probe();
        let own = 5u8;
        let second = operation_with((&raw const own).cast(), Some(note_context));
        let context = (Sent::new(second), sender);
        let first = operation_with((&raw const context).cast(), Some(set_anew));
        let system = create("vm", VM);
        for operation in [first, second] {
            assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        }
        // Its exit completes both at once: the second callback is queued while the first one runs.
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        assert_eq!(CONTEXT.load(std::sync::atomic::Ordering::SeqCst), &raw const own as usize);
        assert!(receiver.try_recv().is_err());
        [first, second].into_iter().for_each(close_operation);
        close_system(system);
    });
}

#[test]
fn a_callback_may_wait_in_another_host() {
    let other = Host::new();
    let entered = other.enter();
    let elsewhere = create("elsewhere", VM);
    drop(entered);
    let started = other.now();
    Host::new().run(|_| {
        let (sender, receiver) = channel::<Hresult>();
        let context = (Sent::new(elsewhere), sender);
        let operation = operation_with((&raw const context).cast(), Some(use_another_host));
        let (_, system) = create_call("vm", VM, operation);
        assert_eq!(next_of(&receiver), HCS_E_OPERATION_TIMEOUT);
        close_system(system);
    });
    assert_eq!(other.now() - started, std::time::Duration::from_millis(100));
    close_system(elsewhere);
    other.verify().unwrap();
}

#[test]
fn a_thread_that_is_slow_between_two_calls_is_not_overtaken_by_the_clock() {
    Host::new().run(|host| {
        let (sender, receiver) = probe();
        let system = create("vm", VM);
        let operation = reporting(&sender);
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        // busy, not waiting, for longer than the dispatcher is patient
        (0..5_000_000u32).for_each(|it| {
            std::hint::black_box(it);
        });
        if cfg!(target_os = "linux") {
            assert_eq!(host.now(), std::time::Duration::from_millis(40));
        }
        assert_eq!(next_of(&receiver).code, S_OK); // now it waits, and the clock moves
        assert_eq!(host.now(), std::time::Duration::from_millis(70));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_thread_that_has_called_back_ends_when_there_is_nothing_to_do() {
    /// Reports the end of the thread that it belongs to, as a runtime that has to see to its threads would notice.
    struct AtEnd(Sender<()>);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    thread_local!(static AT_END: OnceLock<AtEnd> = const { OnceLock::new() });
    unsafe extern "system" fn watch_thread(_: HCS_OPERATION, context: *const c_void) {
        // SAFETY: the test passes a sender that outlives the callback.
        let sender = unsafe { &*context.cast::<Sender<()>>() };
        AT_END.with(|it| it.get_or_init(|| AtEnd(sender.clone())).0.send(())).unwrap();
    }
    Host::new().run(|_| {
        let (sender, receiver) = channel::<()>();
        let system = create("vm", VM);
        for request in [HcsStartComputeSystem as Request, HcsPauseComputeSystem] {
            let operation = operation_with((&raw const sender).cast(), Some(watch_thread));
            assert_eq!(call(request, system, operation, None), S_OK);
            assert_eq!(wait(operation), (S_OK, None));
            close_operation(operation);
            next_of(&receiver); // the callback
            next_of(&receiver); // and the end of its thread: the next callback has another one
        }
        close_system(system);
    });
}
