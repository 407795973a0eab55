//! The behaviours with mockall's mock of the client's seam, which `#[automock]` there makes.
//! Not here: what its numbers of lines say (docs/comparison.md).

// 0: what all need
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use mockall::predicate::{always, eq};
use windows_sys::Win32::Foundation::*;

use crate::keeper::seam::{Callback, MockHcs, Output};
use crate::keeper::{CONFIGURATION, Failure, Vm};
use hcs_sim::computecore::{HcsEventServiceDisconnect, HcsEventSystemExited};

/// The numbers of the operations of a boot, and of the first one after it.
const CREATE: usize = 1;
const START: usize = 2;
const AFTER: usize = 3;
const SYSTEM: usize = 100;
const PROCESS: usize = 200;

/// Wants each operation and each machine to be closed, and says yes to whatever a test has not said before.
fn willing(mut hcs: MockHcs, machines: usize, operations: usize) -> Arc<MockHcs> {
    let number = AtomicUsize::new(0);
    hcs.expect_create_operation()
        .times(operations)
        .returning(move || number.fetch_add(1, Ordering::Relaxed) + 1);
    hcs.expect_close_operation().times(operations).return_const(());
    hcs.expect_close().with(eq(SYSTEM)).times(machines).return_const(());
    obliging(hcs)
}

/// Says yes to whatever a test has not said before: the first expectation that matches wins.
fn obliging(mut hcs: MockHcs) -> Arc<MockHcs> {
    let exited = (S_OK, Some(r#"{"Status":0,"ExitType":"ForcedExit"}"#.to_owned()));
    hcs.expect_wait().return_const((S_OK, None));
    hcs.expect_wait_for_process().returning(|_, _| ((S_OK, None), None));
    hcs.expect_create().return_const((S_OK, SYSTEM));
    hcs.expect_open().return_const((S_OK, SYSTEM));
    hcs.expect_listen().return_const(S_OK);
    hcs.expect_start().return_const(S_OK);
    hcs.expect_shut_down().return_const(S_OK);
    hcs.expect_terminate().return_const(S_OK);
    hcs.expect_properties().return_const(S_OK);
    hcs.expect_wait_for_exit().return_const(exited);
    hcs.expect_create_process().return_const((S_OK, PROCESS));
    hcs.expect_wait_for_process_exit().return_const((S_OK, Some(r#"{"ExitCode":0}"#.to_owned())));
    Arc::new(hcs)
}

fn done<T>(_: T) {}

fn boot(hcs: &Arc<MockHcs>) -> Result<Vm<MockHcs>, Failure> {
    Vm::boot(hcs, "web", CONFIGURATION)
}

/// Keeps the callback of a machine, to be called by the test.
fn listening(hcs: &mut MockHcs) -> Arc<OnceLock<Callback>> {
    let kept: Arc<OnceLock<Callback>> = Arc::default();
    let callback = Arc::clone(&kept);
    hcs.expect_listen().once().returning(move |_, it| {
        let _ = callback.set(it);
        S_OK
    });
    kept
}

// 1: my VM dies while starting
#[test]
fn a_vm_that_dies_while_starting_is_reported() {
    let mut hcs = MockHcs::new();
    let document = r#"{"Error":-1070137088,"ErrorMessage":"worker died"}"#;
    hcs.expect_wait()
        .with(eq(START), always())
        .return_const((HCS_E_TERMINATED_DURING_START, Some(document.to_owned())));
    let failure = boot(&willing(hcs, 1, 3)).err().unwrap();
    assert_eq!(failure.code, HCS_E_TERMINATED_DURING_START);
    assert!(failure.document.unwrap().contains("worker died"));
}

// 2: the service restarts half way
#[test]
fn a_service_that_goes_away_releases_who_waits() {
    let mut hcs = MockHcs::new();
    let callback = listening(&mut hcs);
    hcs.expect_wait().with(eq(5), always()).return_const((S_OK, Some(r#"{"State":"Running"}"#.to_owned())));
    let hcs = willing(hcs, 2, 5);
    let vm = boot(&hcs).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| vm.wait());
        callback.get().unwrap()(HcsEventServiceDisconnect, None); // perhaps before it waits
        assert_eq!(waiting.join().unwrap().unwrap_err().code, HCS_E_SERVICE_DISCONNECT);
    });
    drop(vm);
    assert_eq!(boot(&hcs).unwrap().state().unwrap(), "Running");
}

// 3: the guest ignores shutdown
#[test]
fn a_guest_that_ignores_shutdown_is_terminated_after_the_patience() {
    let mut hcs = MockHcs::new();
    hcs.expect_wait_for_exit()
        .with(eq(SYSTEM), eq(30_000))
        .once()
        .return_const((HCS_E_OPERATION_TIMEOUT, None));
    hcs.expect_terminate().once().return_const(S_OK);
    let vm = boot(&willing(hcs, 1, 4)).unwrap();
    assert_eq!(vm.shut_down(30_000).unwrap(), "ForcedExit");
}

// 4: the create fails after a handle came back
#[test]
fn the_handle_of_a_create_that_fails_later_is_closed() {
    let mut hcs = MockHcs::new();
    hcs.expect_wait().with(eq(CREATE), always()).return_const((E_ACCESSDENIED, None));
    let hcs = willing(hcs, 2, 3);
    assert_eq!(boot(&hcs).err().unwrap().code, E_ACCESSDENIED);
    assert!(boot(&hcs).is_ok());
}

// 5: the result document is missing
#[test]
fn an_answer_without_a_document_is_an_error_and_no_crash() {
    let mut hcs = MockHcs::new();
    hcs.expect_wait().with(eq(START), always()).return_const((HCS_E_UNEXPECTED_EXIT, None));
    let hcs = willing(hcs, 2, 6);
    assert_eq!(boot(&hcs).err().unwrap().document, None);
    assert_eq!(boot(&hcs).unwrap().state().unwrap_err().code, E_UNEXPECTED);
}

// 6: a start outlives my timeout
#[test]
fn a_start_that_outlives_its_timeout_leaves_no_machine_behind() {
    let mut hcs = MockHcs::new();
    hcs.expect_wait().with(eq(START), always()).return_const((HCS_E_OPERATION_TIMEOUT, None));
    hcs.expect_terminate().once().return_const(S_OK);
    assert_eq!(boot(&willing(hcs, 1, 3)).err().unwrap().code, HCS_E_OPERATION_TIMEOUT);
}

// 7: the exit event never comes
#[test]
fn a_machine_whose_exit_event_is_lost_is_ended_all_the_same() {
    let vm = boot(&willing(MockHcs::new(), 1, 3)).unwrap(); // it tells nothing by itself
    assert_eq!(vm.end().unwrap(), "ForcedExit");
}

// 8: two threads wait for one exit
#[test]
fn every_thread_that_waits_for_an_exit_is_released() {
    let mut hcs = MockHcs::new();
    let callback = listening(&mut hcs);
    let vm = boot(&willing(hcs, 1, 2)).unwrap();
    let data = Some(r#"{"ExitType":"UnexpectedExit"}"#.to_owned());
    thread::scope(|scope| {
        let waiting = [(); 2].map(|()| scope.spawn(|| vm.wait()));
        callback.get().unwrap()(HcsEventSystemExited, data); // perhaps before they wait
        let exits = waiting.map(|it| it.join().unwrap().unwrap());
        assert_eq!(exits, ["UnexpectedExit", "UnexpectedExit"]);
    });
}

// 9: a process prints and exits with 3
#[test]
fn what_a_process_prints_and_its_exit_code_come_back() {
    let mut hcs = MockHcs::new();
    hcs.expect_wait_for_process()
        .with(eq(AFTER), always())
        .returning(|_, _| ((S_OK, None), Some(Box::new("1 failed\n".as_bytes()) as Output)));
    hcs.expect_wait_for_process_exit()
        .with(eq(PROCESS), always())
        .return_const((S_OK, Some(r#"{"ExitCode":3}"#.to_owned())));
    hcs.expect_close_process().with(eq(PROCESS)).once().return_const(());
    let vm = boot(&willing(hcs, 1, 3)).unwrap();
    assert_eq!(vm.run("make test").unwrap(), (3, "1 failed\n".to_owned()));
}

// 10: an old Windows refuses my configuration
#[test]
fn the_configuration_needs_the_windows_that_the_manual_says() {
    let mut hcs = MockHcs::new();
    // because the author of the test says so
    hcs.expect_wait().with(eq(CREATE), always()).return_const((HCS_E_INVALID_JSON, None));
    assert_eq!(boot(&willing(hcs, 1, 1)).err().unwrap().code, HCS_E_INVALID_JSON);
}

// 11: a name is in use, left over from a killed run
#[test]
fn a_machine_that_a_killed_run_left_over_is_replaced() {
    let mut hcs = MockHcs::new();
    hcs.expect_wait().with(eq(CREATE), always()).return_const((HCS_E_SYSTEM_ALREADY_EXISTS, None));
    hcs.expect_wait().with(eq(5), always()).return_const((S_OK, Some(r#"{"State":"Running"}"#.to_owned())));
    hcs.expect_open().with(eq("web")).once().return_const((S_OK, SYSTEM));
    hcs.expect_terminate().once().return_const(S_OK);
    let vm = boot(&willing(hcs, 3, 5)).unwrap();
    assert_eq!(vm.state().unwrap(), "Running");
}

// 12: nothing leaks, whatever fails
#[test]
fn nothing_leaks_whichever_call_fails() {
    type Failing = fn(&mut MockHcs);
    const NO: i32 = E_OUTOFMEMORY;
    let each: [Failing; 12] = [
        |hcs| done(hcs.expect_create_operation().return_const(0_usize)),
        |hcs| done(hcs.expect_create().return_const((NO, 0_usize))),
        |hcs| done(hcs.expect_listen().return_const(NO)),
        |hcs| done(hcs.expect_start().return_const(NO)),
        |hcs| done(hcs.expect_create_process().return_const((NO, 0_usize))),
        |hcs| done(hcs.expect_wait_for_process().returning(|_, _| ((NO, None), None))),
        |hcs| done(hcs.expect_wait_for_process_exit().return_const((NO, None))),
        |hcs| done(hcs.expect_properties().return_const(NO)),
        |hcs| done(hcs.expect_shut_down().return_const(NO)),
        |hcs| done(hcs.expect_wait_for_exit().return_const((NO, None))),
        |hcs| done(hcs.expect_wait().return_const((NO, None))), // all waits: to fail the third only needs its number
        |_| (),
    ];
    for (at, fail) in each.into_iter().enumerate() {
        let mut hcs = MockHcs::new();
        fail(&mut hcs);
        let counted: [Arc<AtomicIsize>; 3] = Default::default();
        let changed = |by, kind: usize| {
            let open = Arc::clone(&counted[kind]);
            move || open.fetch_add(by, Ordering::Relaxed)
        };
        let (opened, closed) = (changed(1, 0), changed(-1, 0));
        hcs.expect_create_operation().returning(move || (opened() + 1).cast_unsigned());
        hcs.expect_close_operation().returning(move |_| done(closed()));
        let (opened, closed) = (changed(1, 1), changed(-1, 1));
        hcs.expect_create().returning(move |_, _, _| (S_OK, (opened() + 1).cast_unsigned()));
        hcs.expect_close().returning(move |_| done(closed()));
        let (opened, closed) = (changed(1, 2), changed(-1, 2));
        hcs.expect_create_process().returning(move |_, _, _| (S_OK, (opened() + 1).cast_unsigned()));
        hcs.expect_close_process().returning(move |_| done(closed()));
        if let Ok(vm) = boot(&obliging(hcs)) {
            let _ = (vm.run("make"), vm.state(), vm.shut_down(1_000));
        }
        assert!(counted.iter().all(|it| it.load(Ordering::Relaxed) == 0), "call {at}");
    }
}
