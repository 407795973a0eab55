//! What callbacks, events and processes cost, side by side with an operation that is waited for. `cargo bench --bench events`.
//! Not here: the alternatives to hcs-sim (`ratios`).

mod common;

use std::ffi::c_void;
use std::hint::black_box;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::measure::*;
use common::*;
use hcs_sim::computecore::*;
use hcs_sim::{Host, call, program};

fn main() {
    let scale = Scale::asked_for();
    operations(&scale);
    many_callbacks(&scale);
    processes(&scale);
}

unsafe extern "system" fn count_completion(_: HCS_OPERATION, context: *const c_void) {
    count(context);
}

unsafe extern "system" fn count_event(_: *const HCS_EVENT, context: *const c_void) {
    count(context);
}

fn count(context: *const c_void) {
    // SAFETY: every registration passes a counter that outlives it.
    unsafe { &*context.cast::<AtomicU32>() }.fetch_add(1, Ordering::Relaxed);
}

fn address(counter: &AtomicU32) -> *const c_void {
    (&raw const *counter).cast()
}

fn handle(value: usize) -> *mut c_void {
    std::ptr::without_provenance_mut(value)
}

/// One operation, from create to close, without its document.
fn one(system: usize, context: *const c_void, callback: HCS_OPERATION_COMPLETION) {
    // SAFETY: the context outlives the operation.
    unsafe {
        let operation = black_box(HcsCreateOperation(context, callback));
        let called = HcsGetComputeSystemProperties(handle(system), operation, null());
        let waited = HcsWaitForOperationResult(operation, INFINITE, null_mut());
        assert_eq!((called, waited), (0, 0));
        HcsCloseOperation(operation);
    }
}

/// Goal: a callback at most three times a wait.
fn operations(scale: &Scale) {
    let (plain, called_back, told) = (Host::new(), Host::new(), Host::new());
    let systems = [&plain, &called_back, &told].map(|it| with_running(it, "web", CONFIGURATION));
    let (completions, events) = (AtomicU32::new(0), AtomicU32::new(0));
    let options = HcsEventOptionEnableOperationCallbacks;
    // SAFETY: the counter outlives the registration.
    let code = unsafe {
        HcsSetComputeSystemCallback(handle(systems[2]), options, address(&events), Some(count_event))
    };
    assert_eq!(code, 0);
    let with_callback = || one(systems[1], address(&completions), Some(count_completion));
    side_by_side(
        "One operation, create to close",
        scale,
        scale.batch,
        vec![
            on_host(&plain, "waited for", || one(systems[0], null(), None)),
            on_host(&called_back, "with a completion callback, waited for", with_callback),
            on_host(&told, "completion as an event, waited for", || one(systems[2], null(), None)),
        ],
    );
    assert!(completions.into_inner() > 0 && events.load(Ordering::Relaxed) > 0);
    for (host, system) in [&plain, &called_back, &told].into_iter().zip(systems) {
        end(host, &[system]);
    }
}

/// Callbacks per second, when many are due at once and nobody waits for a single one.
fn many_callbacks(scale: &Scale) {
    const MANY: u32 = 100;
    let (plain, called_back) = (Host::new(), Host::new());
    let systems = [&plain, &called_back].map(|it| with_running(it, "web", CONFIGURATION));
    let counter = AtomicU32::new(0);
    let burst = |host: &Host, system: usize, callback: HCS_OPERATION_COMPLETION| {
        // SAFETY: the counter outlives the operations.
        let made = (0..MANY).map(|_| unsafe { HcsCreateOperation(address(&counter), callback) });
        let operations: Vec<HCS_OPERATION> = made.collect();
        for operation in &operations {
            // SAFETY: both handles are live.
            let code = unsafe { HcsGetComputeSystemProperties(handle(system), *operation, null()) };
            assert_eq!(code, 0);
        }
        host.advance(Duration::from_millis(1));
        // SAFETY: each is closed once.
        operations.into_iter().for_each(|it| unsafe { HcsCloseOperation(it) });
    };
    side_by_side(
        "100 operations that complete together",
        scale,
        20,
        vec![
            on_host(&plain, "without callbacks", || burst(&plain, systems[0], None)),
            on_host(&called_back, "with completion callbacks", || {
                burst(&called_back, systems[1], Some(count_completion));
            }),
        ],
    );
    for (host, system) in [&plain, &called_back].into_iter().zip(systems) {
        end(host, &[system]);
    }
}

const CONTAINER: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Container":{}}"#;

/// A process from its create to its exit event.
fn process(host: &Host, system: usize, parameters: &[u16], counter: &AtomicU32, kill: bool) {
    let told = counter.load(Ordering::Relaxed);
    // SAFETY: the text ends with a zero, the out pointers are valid, the counter outlives the registration.
    unsafe {
        let operation = HcsCreateOperation(null(), None);
        let mut process = null_mut();
        let code = HcsCreateProcess(handle(system), parameters.as_ptr(), operation, null(), &mut process);
        let mut info = HCS_PROCESS_INFORMATION::default();
        let waited = HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, &mut info, null_mut());
        assert_eq!((code, waited), (0, 0));
        assert_eq!(
            HcsSetProcessCallback(process, HcsEventOptionNone, address(counter), Some(count_event)),
            0
        );
        if kill {
            assert_eq!(HcsTerminateProcess(process, operation, null()), 0);
            assert_eq!(HcsWaitForOperationResult(operation, INFINITE, null_mut()), 0);
        }
        HcsCloseOperation(operation);
        assert_eq!(HcsWaitForProcessExit(process, INFINITE, null_mut()), 0);
        host.advance(Duration::from_millis(5));
        assert_eq!(counter.load(Ordering::Relaxed), told + 1);
        HcsCloseProcess(process);
    }
}

fn processes(scale: &Scale) {
    let (idle, runs) = (Host::new(), Host::new());
    idle.canned("tool", program::runs_until_terminated());
    runs.program("tool", |_| 0);
    runs.when(call::crash()).simulate().optional();
    let systems = [&idle, &runs].map(|it| with_running(it, "box", CONTAINER));
    let parameters = wide(r#"{"CommandLine":"tool"}"#);
    let counters = [AtomicU32::new(0), AtomicU32::new(0)];
    side_by_side(
        "A process, create to exit event",
        scale,
        50,
        vec![
            on_host(&idle, "canned, no thread, killed", || {
                process(&idle, systems[0], &parameters, &counters[0], true);
            }),
            on_host(&runs, "a closure on its thread", || {
                process(&runs, systems[1], &parameters, &counters[1], false);
            }),
            contestant("a real process of this machine, spawned and waited for", || {
                if let Ok(mut child) = std::process::Command::new("true").spawn() {
                    let _ = child.wait();
                }
            }),
        ],
    );
    for (host, system) in [&idle, &runs].into_iter().zip(systems) {
        end(host, &[system]);
    }
}
