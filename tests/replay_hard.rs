//! Recordings of clients that make it hard, and recordings that make no sense: each ends, and is told.
//! Not here: what a recording is for (`replay`), random clients (`replay_any`).

mod support;

use std::ffi::c_void;
use std::process::Command;
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

/// A recording by hand.
fn journal_of(lines: &str) -> Journal {
    Journal::load(&format!("{{\"hcs_sim_journal\":1}}\n{lines}")).unwrap()
}

/// What is told of a client on a replaying host.
fn told(journal: &Journal, client: impl FnOnce(&Host)) -> Vec<String> {
    let host = Host::builder().patience(Duration::from_millis(200)).replaying(journal);
    let report = report_of(&host, || client(&host));
    report.map_or(Vec::new(), |it| it.findings.iter().map(|it| it.sentence.clone()).collect())
}

const CREATED: &str = r#"{"at":"0s","thread":"main","call":"HcsCreateOperation","arguments":{"context":false,"callback":false},"returned":"operation#1"}"#;

#[test]
fn recordings_that_make_no_sense_end_and_are_told() {
    let departs = ["HcsCreateOperation comes too early: the recording has something else first".to_owned()];
    // Callbacks return that were never entered, and nobody is there to return: the first of them is waited for.
    for nonsense in [
        r#"{"at":"0s","thread":"hcs","callback_returned":"operation#7"}"#,
        r#"{"at":"0s","thread":"hcs","callback_returned":"NULL"}"#,
        r#"{"at":"0s","thread":"hcs","event_returned":"SystemExited","target":"system#7"}"#,
    ] {
        let journal = journal_of(&format!("{nonsense}\n{CREATED}"));
        let sentences = told(&journal, |_| assert!(operation().is_null()));
        assert_eq!(sentences, departs, "{nonsense}");
    }
    // What is odd and in nobody's way is played.
    let at = "18446744073.709551615s";
    let lines = [
        format!(r#"{{"at":"{at}","thread":"hcs","service":"the service is gone"}}"#),
        r#"{"at":"0s","began":"5s","thread":"hcs","completed":"operation#68719476735","operation_type":"Start","hresult":"S_OK","dropped":true}"#.to_owned(),
        r#"{"at":"1s","thread":"","callback_entered":"operation#3"}"#.to_owned(),
        r#"{"at":"1s","thread":"hcs","callback_returned":"operation#3"}"#.to_owned(),
        r#"{"at":"1s","thread":"hcs","event_entered":"ProcessExited","target":"process#9","data":"no JSON"}"#.to_owned(),
        r#"{"at":"1s","thread":"hcs","process_exited":7,"system_id":"a","document":{},"stdout":[255,0],"stderr":"x"}"#.to_owned(),
        r#"{"at":"1s","thread":"hcs","event_returned":"SystemExited","target":"process#9"}"#.to_owned(),
        CREATED.to_owned(),
        r#"{"at":"0s","thread":"main","call":"HcsOpenComputeSystem","arguments":{"id":"a","requested_access":268435456,"compute_system":true},"system_id":"a","returned":"S_OK","compute_system":"system#68719476735"}"#.to_owned(),
        r#"{"at":"0s","thread":"main","call":"HcsCloseComputeSystem","arguments":{"compute_system":"system#68719476735"},"system_id":"a","returned":"returned"}"#.to_owned(),
        r#"{"at":"0s","thread":"main","call":"HcsCloseOperation","arguments":{"operation":"operation#1"},"returned":"returned"}"#.to_owned(),
    ];
    let journal = journal_of(&lines.join("\n"));
    assert!(!journal.to_string().is_empty() && !journal.to_html().is_empty());
    let host = Host::builder().journal_limit(1).replaying(&journal); // a recording is never cut
    host.run(|host| {
        let operation = operation();
        let (code, system) = open("a", GENERIC_ALL);
        assert_eq!(code, S_OK);
        close_system(system);
        close_operation(operation);
        assert_eq!(host.now(), Duration::from_nanos(u64::MAX)); // time never goes back
        assert_eq!(host.journal().entries().len(), journal.entries().len());
    });
}

#[test]
fn processes_that_never_end_and_have_pipes_are_answered() {
    let lines = [
        CREATED,
        r#"{"at":"0s","thread":"main","call":"HcsWaitForOperationResultAndProcessInfo","arguments":{"operation":"operation#1","timeout_ms":"INFINITE","process_information":true,"result_document":true},"returned":"S_OK","process_information":{"process_id":7,"streams":["std_input","std_output","std_error"]}}"#,
        r#"{"at":"0s","thread":"main","call":"HcsCloseOperation","arguments":{"operation":"operation#1"},"returned":"returned"}"#,
    ];
    let journal = journal_of(&lines.join("\n"));
    Host::replaying(&journal).run(|host| {
        let operation = operation();
        let (code, info, _) = wait_with_info(operation);
        assert_eq!((code, info.ProcessId), (S_OK, 7));
        write_all(info.StdInput, &[0; 200 << 10]).unwrap();
        assert_eq!(read_all(info.StdOutput), b"");
        [info.StdInput, info.StdOutput, info.StdError].into_iter().for_each(close_pipe);
        close_operation(operation);
        assert_eq!(host.journal().to_json_lines(), journal.to_json_lines());
    });
    let leaks = told(&journal, |_| {
        let operation = operation();
        wait_with_info(operation);
        close_operation(operation);
    });
    assert_eq!(leaks.len(), 3, "pipes that are not closed leak in a replay as in a run: {leaks:?}");
}

#[test]
fn a_document_that_is_not_freed_is_told_of_a_replay_too() {
    let client = |frees: bool| {
        let operation = operation();
        // SAFETY: any handle value is recognised; the out pointer is valid; a document is freed once.
        unsafe {
            let mut document = std::ptr::null_mut();
            HcsEnumerateComputeSystems(std::ptr::null(), operation);
            HcsWaitForOperationResult(operation, INFINITE, &mut document);
            if frees {
                hcs_sim::win32::LocalFree(document.cast());
            }
        }
        close_operation(operation);
    };
    let journal = recorded(|_| client(true));
    assert_eq!(told(&journal, |_| client(true)), [""; 0]);
    let leak = told(&journal, |_| client(false));
    assert!(leak.len() == 1 && leak[0].contains("was never freed"), "{leak:?}");
}

#[test]
fn what_a_test_tells_a_replaying_host_says_nothing() {
    let client = |_: &Host| {
        let system = create("web", VM);
        start(system);
        close_system(system);
    };
    let journal = recorded(client);
    replays(&journal, |host| {
        host.when(calls::start()).refuse(E_FAIL);
        host.when(calls::create()).fail(E_FAIL).hold_as("gate");
        host.canned("tool", program::prints("x"));
        host.add_system(hcs_sim::Existing::new("web")).unwrap();
        host.play(&hcs_sim::scenarios::exit_while_starting("web")).unwrap();
        host.raise_after(Duration::from_millis(1), event::service_disconnect());
        host.raise_at(Duration::ZERO, event::power_off("web"));
        host.raise(event::power_off("nobody"));
        host.advance(Duration::from_secs(100));
        assert!(host.release("gate") == 0 && !host.release_next());
        client(host);
        host.advance(Duration::from_secs(100));
        assert_eq!(host.now(), journal.entries().last().unwrap().at);
    });
}

#[test]
fn recordings_in_other_times_are_replayed_at_once() {
    for time in [Time::Manual, Time::Real] {
        let client = |host: &Host| {
            create_call("web", VM, operation());
            host.advance(Duration::from_millis(50));
        };
        let host =
            Host::builder().time(time).allow(FindingKind::LeakedOperation).allow(FindingKind::LeakedSystem);
        let journal = host.run(|host| {
            client(host);
            host.journal()
        });
        let host = Host::replaying(&journal);
        host.allow(FindingKind::LeakedOperation);
        host.run(|host| {
            client(host);
            assert_eq!(host.journal().to_json_lines(), journal.to_json_lines());
        });
    }
}

#[test]
fn a_client_that_panics_in_the_middle_fails_by_its_own_panic() {
    let journal = recorded(with_a_watcher);
    let panic = std::panic::catch_unwind(|| {
        Host::replaying(&journal).run(|_| {
            let _ = create("web", VM);
            panic!("mine");
        })
    });
    assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"mine"));
}

#[test]
fn a_call_for_which_another_thread_has_to_come_first_is_told_and_not_waited_for_for_ever() {
    let journal = recorded(with_a_watcher);
    let sentences = told(&journal, |_| {
        let system = create("web", VM);
        start(system);
        assert_eq!(call(HcsTerminateComputeSystem, system, operation(), None), HCS_E_SERVICE_NOT_AVAILABLE);
    });
    assert_eq!(sentences, ["HcsCreateOperation comes too early: the recording has something else first"]);
}

#[test]
fn two_replays_side_by_side_do_not_mix() {
    let journal = recorded(with_a_watcher);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| replays(&journal, with_a_watcher));
        }
    });
}

#[test]
fn long_recordings_are_replayed() {
    let client = |host: &Host| {
        std::thread::scope(|scope| {
            for nth in 0..3 {
                let worker = std::thread::Builder::new().name(format!("worker {nth}"));
                worker
                    .spawn_scoped(scope, move || {
                        let _entered = host.enter();
                        for _ in 0..1_000 {
                            close_operation(operation());
                        }
                    })
                    .unwrap();
            }
        });
    };
    let journal = recorded(|host| {
        close_operation(operation());
        client(host);
    });
    replays(&journal, |host| {
        close_operation(operation());
        client(host);
    });
}

#[test]
fn a_listener_hears_what_was_told_then() {
    let client = |host: &Host| {
        let listener = Listener::new();
        let system = running("box");
        assert_eq!(listener.register(system, 0), S_OK);
        host.raise(event::worker_death("box"));
        let heard = listener.next();
        close_system(system);
        (heard.event, heard.data)
    };
    let mut first = None;
    let journal = recorded(|host| first = Some(client(host)));
    replays(&journal, |host| assert_eq!(Some(client(host)), first));
}

/// What hangs outside of HCS cannot be ended by it: stderr of a process of its own says why.
#[test]
fn a_client_that_waits_for_a_callback_in_vain_is_told_why() {
    let said = |what: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "wait_in_vain", "--nocapture"]);
        let output = command.env("WAIT_IN_VAIN", what).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let first = said("watcher");
    assert!(first.contains("the recording has callbacks left; it has something else first"), "{first}");
    assert!(
        first.contains(r#"recorded     HcsCreateOperation(NULL, NULL) at t=0.000s, thread "other""#),
        "{first}"
    );
    let departed = said("departed");
    assert!(departed.contains("no callback comes after a call that has departed from it"), "{departed}");
}

/// The part of the test above that runs in the process of its own; alone it does nothing.
#[test]
fn wait_in_vain() {
    let Ok(what) = std::env::var("WAIT_IN_VAIN") else { return };
    let created = CREATED.replace("false", "true");
    let lines = [
        created.as_str(),
        &CREATED.replace("main", "other").replace("operation#1", "operation#2"),
        r#"{"at":"0s","thread":"hcs","callback_entered":"operation#1"}"#,
    ];
    let (sender, receiver) = mpsc::channel::<Hresult>();
    let host = Host::builder().patience(Duration::from_millis(50)).replaying(&journal_of(&lines.join("\n")));
    host.run(|_| {
        operation_with((&raw const sender).cast(), Some(closes_itself));
        if what == "departed" {
            operation();
        }
        let _ = receiver.recv_timeout(Duration::from_secs(1)); // as long as somebody may look at it
    });
}

/// An operation that was made where no host could be told belongs to the first host that it is used on.
fn with_an_operation_from_elsewhere(host: &Host) {
    let (sender, receiver) = mpsc::channel::<Hresult>();
    let context = Sent::new((&raw const sender).cast_mut().cast());
    std::thread::scope(|scope| {
        let make = || {
            let made = [operation(), operation_with(context.get(), Some(closes_itself))];
            made.map(Sent::new)
        };
        let [first, second] = scope.spawn(make).join().unwrap();
        let system = create("web", VM);
        assert_eq!(call(HcsStartComputeSystem, system, first.get(), None), S_OK);
        assert_eq!(wait(first.get()), (S_OK, None));
        assert_eq!(call(HcsTerminateComputeSystem, system, second.get(), None), S_OK);
        assert_eq!(next_of(&receiver), S_OK);
        close_operation(first.get());
        close_system(system);
    });
    host.advance(Duration::ZERO);
}

#[test]
fn operations_that_were_made_before_they_had_a_host_are_replayed() {
    let other = Host::new(); // with two hosts, a thread that has entered none is nowhere
    let journal = recorded(with_an_operation_from_elsewhere);
    replays(&journal, with_an_operation_from_elsewhere);
    drop(other);
}

/// Contexts that change, and copies of pipes.
fn asks_again(_: &Host) {
    let (first, second) = (1, 2);
    let [one, two] = [&raw const first, &raw const second].map(|it| it.cast::<c_void>());
    let operation = operation_with(one, None);
    // SAFETY: any handle value is recognised; contexts are not looked into.
    let context = || unsafe { HcsGetOperationContext(operation) }.cast_const();
    assert_eq!(context(), one);
    // SAFETY: as above.
    assert_eq!(unsafe { HcsSetOperationContext(operation, two) }, 0);
    assert_eq!(context(), two);
    close_operation(operation);

    let system = running("box");
    let started = start_process(system, OUT_ONLY);
    let (code, copies) = process_info(started.process);
    assert_eq!(code, S_OK);
    assert!(copies.StdOutput != started.info.StdOutput && copies.StdInput == INVALID_HANDLE_VALUE);
    assert_eq!(read_text(copies.StdOutput), "said once");
    assert_eq!(read_text(started.info.StdOutput), "");
    close_pipe(copies.StdOutput);
    assert_eq!(exit_code(started.process), 0);
    started.close();
    close_system(system);
}

#[test]
fn contexts_and_copies_of_pipes_are_the_client_s_own() {
    let journal = recorded(|host| {
        host.canned("tool", program::prints("said once").after(Duration::from_secs(10)));
        asks_again(host);
    });
    replays(&journal, asks_again);
}

unsafe extern "system" fn never_called(_: HCS_OPERATION, _: *const c_void) {
    unreachable!("the recording has an event, and this takes completions")
}

unsafe extern "system" fn makes_a_call(_: HCS_OPERATION, context: *const c_void) {
    let made = operation();
    // SAFETY: the test keeps the sender until it has heard.
    unsafe { &*context.cast::<Sender<bool>>() }.send(made.is_null()).unwrap();
}

#[test]
fn a_callback_of_another_kind_than_the_client_has_registered_is_not_called() {
    let created = CREATED.replace("false", "true");
    let lines = [
        created.as_str(),
        r#"{"at":"0s","thread":"hcs","event_entered":"OperationCallback","target":"operation#1","operation":"operation#1"}"#,
        r#"{"at":"0s","thread":"hcs","event_returned":"OperationCallback","target":"operation#1"}"#,
        r#"{"at":"0s","thread":"main","call":"HcsCloseOperation","arguments":{"operation":"operation#1"},"returned":"returned"}"#,
    ];
    let journal = journal_of(&lines.join("\n"));
    Host::replaying(&journal)
        .run(|_| close_operation(operation_with(std::ptr::dangling(), Some(never_called))));
}

#[test]
fn threads_of_other_names_take_the_parts_of_users_and_callbacks_that_of_the_host() {
    let created = CREATED.replace("false", "true");
    let of = |thread: &str, number: u32| {
        CREATED.replace("main", thread).replace("operation#1", &format!("operation#{number}"))
    };
    let entered = r#"{"at":"0s","thread":"hcs","callback_entered":"operation#1"}"#;
    let returned = r#"{"at":"0s","thread":"hcs","callback_returned":"operation#1"}"#;
    let (sender, receiver) = mpsc::channel::<bool>();
    let client = |host: &Host| {
        host.allow(FindingKind::LeakedOperation);
        operation_with((&raw const sender).cast(), Some(makes_a_call));
        let is_refused = next_of(&receiver);
        std::thread::scope(|scope| {
            let worker = std::thread::Builder::new().name("another name".to_owned());
            let calls = move || {
                let _entered = host.enter();
                operation();
            };
            worker.spawn_scoped(scope, calls).unwrap();
        });
        is_refused
    };
    let both = [&created, entered, &of("hcs", 2), returned, &of("worker", 3)].map(str::to_owned).join("\n");
    replays(&journal_of(&both), |host| assert!(!client(host)));
    // Where no callback has made a call, one that does has no part.
    let none = [&created, entered, returned, &of("worker", 3)].map(str::to_owned).join("\n");
    let sentences = told(&journal_of(&none), |host| assert!(client(host)));
    assert_eq!(
        sentences,
        [r#"HcsCreateOperation is called, and the recording has no further call of thread "hcs""#]
    );
}
