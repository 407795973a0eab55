//! Recordings of clients that make it hard, and recordings that make no sense: each ends, and is told.
//! Not here: what a recording is for (`replay`), random clients (`replay_any`).

mod support;

use std::ffi::c_void;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host, Hresult, Journal, Time, call as calls, event, program};
use support::listeners::Listener;
use support::processes::*;
use support::*;

fn recorded(client: impl FnOnce(&Host)) -> Journal {
    Host::new().run(|host| {
        client(host);
        host.journal()
    })
}

/// Replays a client, which has to have the identical journal.
fn replays(journal: &Journal, client: impl FnOnce(&Host)) {
    Host::replaying(&Journal::load(&journal.to_json_lines()).unwrap()).run(|host| {
        client(host);
        assert_eq!(host.journal().to_json_lines(), journal.to_json_lines());
    });
}

/// Two callbacks that need each other: neither returns before the other has begun.
struct Meeting {
    barrier: Barrier,
    codes: Mutex<Vec<Hresult>>,
    done: Sender<()>,
}

unsafe extern "system" fn meets(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the test keeps the meeting until both callbacks have returned.
    let meeting = unsafe { &*context.cast::<Meeting>() };
    meeting.barrier.wait();
    let code = result(operation).0;
    meeting.codes.lock().unwrap().push(code);
    meeting.done.send(()).unwrap();
}

fn two_callbacks_meet(_: &Host) {
    let (done, both) = mpsc::channel();
    let meeting = Meeting { barrier: Barrier::new(2), codes: Mutex::default(), done };
    let systems = ["a", "b"].map(|it| create(it, VM));
    let operations = systems.map(|it| {
        let operation = operation_with((&raw const meeting).cast(), Some(meets));
        assert_eq!(call(HcsStartComputeSystem, it, operation, None), S_OK);
        operation
    });
    operations.into_iter().for_each(|it| assert_eq!(wait(it), (S_OK, None)));
    next_of(&both);
    next_of(&both);
    operations.into_iter().for_each(close_operation); // waits for the callbacks
    systems.into_iter().for_each(close_system);
    assert_eq!(*meeting.codes.lock().unwrap(), [S_OK, S_OK]);
}

#[test]
fn callbacks_that_wait_for_each_other_overlap_as_they_did() {
    let journal = recorded(two_callbacks_meet);
    replays(&journal, two_callbacks_meet);
}

unsafe extern "system" fn closes_itself(operation: HCS_OPERATION, context: *const c_void) {
    let code = result(operation).0;
    close_operation(operation);
    // SAFETY: the test keeps the sender until it has heard.
    unsafe { &*context.cast::<Sender<Hresult>>() }.send(code).unwrap();
}

fn a_callback_closes_its_operation(_: &Host) {
    let (sender, receiver) = mpsc::channel::<Hresult>();
    let system = create("web", VM);
    for request in [HcsStartComputeSystem, HcsTerminateComputeSystem] {
        let operation = operation_with((&raw const sender).cast(), Some(closes_itself));
        assert_eq!(call(request, system, operation, None), S_OK);
        assert_eq!(next_of(&receiver), S_OK);
    }
    close_system(system);
}

#[test]
fn a_callback_that_closes_its_own_operation_last_of_all_is_in_the_journal_to_its_end() {
    for _ in 0..20 {
        let journal = recorded(|host| {
            a_callback_closes_its_operation(host);
            host.advance(Duration::ZERO); // the callback has returned
        });
        replays(&journal, a_callback_closes_its_operation);
    }
}

/// More than a pipe holds, both ways.
fn much_goes_through_pipes(_: &Host) {
    let system = running("box");
    let started = start_process(system, ALL_PIPES);
    for _ in 0..64 {
        write_all(started.info.StdInput, &[b'x'; 16 << 10]).unwrap();
    }
    close_pipe(started.info.StdInput);
    assert_eq!(read_all(started.info.StdOutput), vec![b'y'; 60 << 10]);
    assert_eq!(read_all(started.info.StdError), b"");
    assert_eq!(exit_code(started.process), 0);
    close_pipe(started.info.StdOutput);
    close_pipe(started.info.StdError);
    close_process(started.process);
    close_system(system);
}

#[test]
fn what_a_client_writes_is_swallowed_however_much_it_is() {
    let journal = recorded(|host| {
        host.program("tool", |guest| {
            guest.read_to_end();
            guest.stdout(vec![b'y'; 60 << 10]);
            0
        });
        much_goes_through_pipes(host);
    });
    replays(&journal, much_goes_through_pipes);
}

fn with_a_watcher(host: &Host) {
    let system = create("web", VM);
    start(system);
    std::thread::scope(|scope| {
        let (watches, seen) = mpsc::channel();
        let handle = Sent::new(system);
        let watcher = std::thread::Builder::new().name("watcher".to_owned());
        watcher
            .spawn_scoped(scope, move || {
                let _entered = host.enter();
                let _ = properties(handle.get(), None);
                watches.send(()).unwrap();
                let code = wait_for_exit(handle.get(), INFINITE).0;
                watches.send(()).unwrap();
                assert_eq!(code, S_OK);
            })
            .unwrap();
        next_of(&seen);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        next_of(&seen);
    });
    close_system(system);
}

#[test]
fn a_watcher_on_a_thread_of_its_own_is_replayed_many_times() {
    let journal = recorded(with_a_watcher);
    for _ in 0..20 {
        let host = Host::replaying(&journal);
        host.run(|host| {
            with_a_watcher(host);
            assert_eq!(host.journal().to_json_lines(), journal.to_json_lines());
        });
    }
}

/// The threads of a pool share their name.
fn with_a_pool(host: &Host) {
    std::thread::scope(|scope| {
        let (go, first): (Vec<Sender<()>>, Vec<Receiver<()>>) = (0..3).map(|_| mpsc::channel()).unzip();
        for (nth, first) in first.into_iter().enumerate() {
            let worker = std::thread::Builder::new().name("pool".to_owned());
            worker
                .spawn_scoped(scope, move || {
                    let _entered = host.enter();
                    let _ = first.recv();
                    for n in 0..9 {
                        assert_eq!(open(&format!("{n} of {nth}"), GENERIC_ALL).0, HCS_E_SYSTEM_NOT_FOUND);
                    }
                })
                .unwrap();
        }
        drop(go);
    });
}

#[test]
fn threads_that_share_a_name_take_their_turns() {
    let journal = recorded(|host| {
        close_operation(operation()); // this thread is seen first
        with_a_pool(host);
    });
    for _ in 0..5 {
        let host = Host::replaying(&journal);
        host.run(|host| {
            close_operation(operation());
            with_a_pool(host);
        });
    }
}
