//! Hosts: how calls find theirs, how time passes, when operations complete, what the journal says.
//! Not here: what calls do once they have a host.

mod support;

use std::ptr::{null, null_mut};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Completion, FindingKind, Host, OperationType, Order, Time, What, call as calls};
use support::*;

// Finding the host

#[test]
fn each_thread_has_its_own_current_host() {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                Host::new().run(|_| {
                    for round in 0..50 {
                        let system = create("vm", VM); // the same id everywhere, and no clash
                        assert_eq!(json(enumerate(None).1).as_array().unwrap().len(), 1, "{round}");
                        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
                        close_system(system);
                    }
                });
            });
        }
    });
}

#[test]
fn a_handle_finds_its_host_from_any_thread() {
    Host::new().run(|_| {
        let system = create("vm", VM);
        let operation = operation();
        let sent = (Sent::new(system), Sent::new(operation));
        let outcome = thread::spawn(move || {
            assert_eq!(call(HcsStartComputeSystem, sent.0.get(), sent.1.get(), None), S_OK);
            wait(sent.1.get())
        });
        assert_eq!(outcome.join().unwrap(), (S_OK, None));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_operation_made_without_a_host_belongs_to_the_host_of_its_first_system() {
    let other = Host::new(); // so that two are alive
    Host::new().run(|host| {
        let system = Sent::new(create("vm", VM));
        thread::spawn(move || {
            let context = 7u8;
            let operation = operation_with((&raw const context).cast(), None);
            assert_eq!(result(operation), (HCS_E_OPERATION_NOT_STARTED, None));
            assert_eq!(call(HcsStartComputeSystem, system.get(), operation, None), S_OK);
            assert_eq!(wait(operation), (S_OK, None));
            assert_eq!(call(HcsPauseComputeSystem, system.get(), operation, None), S_OK);
            assert_eq!(wait(operation), (S_OK, None));
            // SAFETY: any value is recognised.
            let carried = unsafe { HcsGetOperationContext(operation) };
            assert_eq!(carried, (&raw const context).cast_mut().cast());
            close_operation(operation);
        })
        .join()
        .unwrap();
        assert_eq!(properties(system.get(), None)["State"], "Paused");
        assert!(host.findings().is_empty());
        close_system(system.get());
    });
    other.verify().unwrap();
}

#[test]
fn entering_a_host_makes_it_current_until_the_guard_is_dropped() {
    let (outer, inner) = (Host::new(), Host::new());
    outer.run(|_| {
        let first = create("outer", VM);
        let entered = inner.enter();
        assert_eq!(enumerate(None).1.unwrap(), "[]");
        drop(entered);
        assert_eq!(json(enumerate(None).1)[0]["Id"], "outer");
        close_system(first);
    });
    inner.verify().unwrap();
}

#[test]
fn a_client_that_never_heard_of_hosts_is_served_by_the_default_one() {
    // A process of its own: the default host serves only where no other host is alive.
    let this = std::env::current_exe().unwrap();
    let output = std::process::Command::new(this)
        .args(["--exact", "in_a_process_of_its_own_no_set_up_is_needed", "--nocapture"])
        .env("HCS_SIM_TEST_ALONE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn in_a_process_of_its_own_no_set_up_is_needed() {
    if std::env::var_os("HCS_SIM_TEST_ALONE").is_none() {
        return; // run by the test above, where it is alone
    }
    let system = create("vm", VM);
    start(system);
    close_system(system);
    let spawned = thread::spawn(|| Sent::new(open("vm", GENERIC_ALL).1)).join().unwrap();
    close_system(spawned.get());
    Host::default_host().verify().unwrap();
    assert_eq!(Host::default_host().journal().calls().count(), 11);
    // with one explicit host alive, threads without one go there
    let host = Host::new();
    assert_eq!(enumerate(None).1.unwrap(), "[]");
    // with several, nobody can tell
    let other = Host::new();
    let mut handle = null_mut();
    let id = wide("vm");
    // SAFETY: text and out pointer are valid.
    let code = unsafe { HcsOpenComputeSystem(id.as_ptr(), GENERIC_ALL, &mut handle) };
    assert_eq!(code, HCS_E_SERVICE_NOT_AVAILABLE);
    let found = Host::default_host().findings();
    assert_eq!(
        found[0].sentence,
        "HcsOpenComputeSystem was called on a thread that belongs to no host, while 2 hosts are alive"
    );
    drop((host, other));
}

// Time

#[test]
fn virtual_time_passes_without_real_time() {
    Host::builder().latency_of(OperationType::Start, Duration::from_secs(86_400)).run(|host| {
        let system = create("vm", VM);
        start(system);
        assert_eq!(host.now(), Duration::from_millis(86_400_040));
        close_system(system);
    });
}

#[test]
fn manual_time_passes_only_when_the_test_says_so() {
    Host::builder().time(Time::Manual).run(|host| {
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        for _ in 0..100 {
            assert_eq!(result(operation), (HCS_E_OPERATION_PENDING, None));
        }
        host.advance(Duration::from_millis(39));
        assert_eq!(result(operation), (HCS_E_OPERATION_PENDING, None));
        host.advance(Duration::from_millis(1));
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(host.now(), Duration::from_millis(40));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn in_manual_time_a_wait_blocks_until_another_thread_advances() {
    let host = Host::builder().time(Time::Manual).build();
    host.run(|host| {
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        let sent = Sent::new(operation);
        thread::scope(|scope| {
            let waiter = scope.spawn(move || {
                let _entered = host.enter();
                wait_for(sent.get(), 60_000)
            });
            while !host.to_string().contains("1 threads inside") {
                thread::yield_now();
            }
            host.advance(Duration::from_millis(40));
            assert_eq!(waiter.join().unwrap(), (S_OK, None));
        });
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn real_time_takes_real_time() {
    let started = std::time::Instant::now();
    let latency = Duration::from_millis(20);
    Host::builder().time(Time::Real).latency(latency).run(|host| {
        let system = create("vm", VM);
        assert!(started.elapsed() >= latency && host.now() >= latency);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        while result(operation).0 == HCS_E_OPERATION_PENDING {}
        assert!(started.elapsed() >= 2 * latency);
        assert_eq!(result(operation), (S_OK, None));
        assert_eq!(wait_for_exit(system, 5), (HCS_E_OPERATION_TIMEOUT, None));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn finite_waits_of_several_threads_end_in_the_order_of_their_deadlines() {
    let host = Host::new();
    host.run(|host| {
        let system = Sent::new(create("vm", VM));
        let (sender, receiver) = channel();
        thread::scope(|scope| {
            for milliseconds in [300, 100, 200] {
                let sender = sender.clone();
                scope.spawn(move || {
                    let _entered = host.enter();
                    let outcome = wait_for_exit(system.get(), milliseconds);
                    assert_eq!(outcome, (HCS_E_OPERATION_TIMEOUT, None));
                    sender.send(milliseconds).unwrap();
                });
            }
        });
        assert_eq!(receiver.try_iter().count(), 3);
        assert!(host.now() >= Duration::from_millis(300));
        close_system(system.get());
    });
}

#[test]
fn a_call_of_one_thread_wakes_the_wait_of_another() {
    // A wait that is not woken would sit out this patience: the test would hang, not fail by a hair.
    Host::builder().patience(Duration::from_secs(3600)).run(|host| {
        let system = create("vm", VM);
        start(system);
        let sent = Sent::new(system);
        thread::scope(|scope| {
            let waiter = scope.spawn(move || {
                let _entered = host.enter();
                wait_for_exit(sent.get(), INFINITE).0
            });
            while !host.to_string().contains("1 threads inside") {
                thread::yield_now();
            }
            let terminating = operation();
            assert_eq!(call(HcsTerminateComputeSystem, system, terminating, None), S_OK);
            assert_eq!(waiter.join().unwrap(), S_OK); // though nobody waits for the terminate itself
            close_operation(terminating);
        });
        close_system(system);
    });
}

#[test]
fn handles_are_named_right_when_slow_calls_overlap() {
    let host = Host::builder().time(Time::Real).build();
    host.run(|host| {
        let (a, b) = (create("a", VM), create("b", VM));
        host.when(calls::open().system("a")).simulate().after(Duration::from_millis(40));
        thread::scope(|scope| {
            let slow = scope.spawn(|| {
                let _entered = host.enter();
                Sent::new(open("a", GENERIC_ALL).1)
            });
            while !host.journal().to_string().contains("\"b\", 0x10000000") {
                close_system(open("b", GENERIC_ALL).1);
            }
            close_system(slow.join().unwrap().get());
        });
        for entry in host.journal().entries() {
            if let What::Called { call: hcs_sim::Call::OpenComputeSystem { id, .. }, system_id, .. } =
                &entry.what
            {
                assert_eq!(id.0.as_str(), system_id.as_deref());
            }
        }
        close_system(a);
        close_system(b);
    });
}

#[test]
fn a_call_can_take_time_by_itself() {
    Host::builder().call_latency(Duration::from_millis(5)).run(|host| {
        let operation = operation();
        assert_eq!(host.now(), Duration::from_millis(5));
        let (_, system) = create_call("vm", VM, operation);
        assert_eq!(wait(operation), (S_OK, None));
        assert_eq!(host.now(), Duration::from_millis(50)); // two calls and 40 ms; the wait's own 5 ms are among these
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn latency_is_set_for_all_operations_or_for_a_type() {
    let builder = Host::builder().latency(Duration::from_secs(1));
    builder.latency_of(OperationType::Start, Duration::from_secs(5)).run(|host| {
        let system = create("vm", VM);
        assert_eq!(host.now(), Duration::from_secs(1));
        start(system);
        assert_eq!(host.now(), Duration::from_secs(6));
        close_system(system);
    });
}

#[test]
fn the_clock_never_runs_backwards_and_every_entry_is_stamped() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        start(system);
        assert_eq!(wait_for_exit(system, 100).0, HCS_E_OPERATION_TIMEOUT);
        close_system(system);
        let journal = host.journal();
        assert!(journal.entries().windows(2).all(|pair| pair[0].at <= pair[1].at));
        assert!(journal.entries().iter().all(|it| it.began <= it.at));
    });
}

// Completion

#[test]
fn operations_can_complete_before_the_call_returns() {
    Host::builder().completion(Completion::BeforeReturn).run(|host| {
        let operation = operation();
        let (code, system) = create_call("vm", VM, operation);
        assert_eq!(code, S_OK);
        assert_eq!(result(operation), (S_OK, None));
        assert_eq!(host.now(), Duration::from_millis(40));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn in_real_time_too_operations_can_complete_before_the_call_returns() {
    let builder = Host::builder().time(Time::Real).latency(Duration::from_millis(5));
    builder.completion(Completion::BeforeReturn).run(|host| {
        let operation = operation();
        let (_, system) = create_call("vm", VM, operation);
        assert_eq!(result(operation), (S_OK, None));
        assert!(host.now() >= Duration::from_millis(5));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn operations_can_complete_only_when_released() {
    Host::builder().completion(Completion::WhenReleased).run(|host| {
        let (first, second) = (operation(), operation());
        let (_, one) = create_call("one", VM, first);
        let (_, two) = create_call("two", VM, second);
        host.advance(Duration::from_secs(3600));
        assert_eq!(result(first), (HCS_E_OPERATION_PENDING, None));
        assert!(host.release_next());
        assert_eq!(result(first), (S_OK, None));
        assert_eq!(result(second), (HCS_E_OPERATION_PENDING, None));
        assert_eq!(host.release_all(), 1);
        assert!(!host.release_next());
        assert_eq!(result(second), (S_OK, None));
        [first, second].into_iter().for_each(close_operation);
        [one, two].into_iter().for_each(close_system);
    });
}

// Order

fn order_of_completions(order: Order) -> Vec<String> {
    let builder = Host::builder().order(order).latency(Duration::from_millis(1));
    let journal = builder.run(|host| {
        let operations: Vec<HCS_OPERATION> = (0..6).map(|_| operation()).collect();
        let systems: Vec<HCS_SYSTEM> = operations
            .iter()
            .enumerate()
            .map(|(index, operation)| create_call(&format!("vm{index}"), VM, *operation).1)
            .collect();
        for operation in &operations {
            assert_eq!(wait(*operation), (S_OK, None));
        }
        operations.into_iter().for_each(close_operation);
        systems.into_iter().for_each(close_system);
        host.journal()
    });
    let completed = |what: &What| match what {
        What::Completed { operation, .. } => Some(operation.to_string()),
        _ => None,
    };
    journal.entries().iter().filter_map(|it| completed(&it.what)).collect()
}

#[test]
fn what_is_due_together_happens_in_the_order_of_the_calls() {
    let expected: Vec<String> = (1..=6).map(|it| format!("operation#{it}")).collect();
    assert_eq!(order_of_completions(Order::Sequence), expected);
}

#[test]
fn another_order_can_be_tried_and_repeats() {
    let orders: Vec<Vec<String>> = (0..8).map(|seed| order_of_completions(Order::Seeded(seed))).collect();
    assert!(orders.iter().any(|it| *it != orders[0]));
    assert_eq!(order_of_completions(Order::Seeded(3)), orders[3]);
}

// The journal

#[test]
fn the_journal_reads_as_text() {
    Host::builder().allow(FindingKind::OpenedWithoutGenericAll).run(|host| {
        host.when(calls::start()).fail(E_OUTOFMEMORY).no_document();
        let configuration = r#"{"VirtualMachine":{}}"#;
        let system = create("web", configuration);
        assert_eq!(ask(HcsStartComputeSystem, system, Some("{}")).0, E_OUTOFMEMORY);
        assert_eq!(open("nobody", 1).0, E_INVALIDARG);
        assert_eq!(wait_for_exit(system, 250).0, HCS_E_OPERATION_TIMEOUT);
        assert_eq!(
            host.journal().to_string(),
            "t=0.000s  main  HcsCreateOperation(NULL, NULL) -> operation#1\n\
             t=0.000s  main  HcsCreateComputeSystem(\"web\", {\"VirtualMachine\":{}}, operation#1, NULL) -> S_OK, system#1, operation#1 pending\n\
             t=0.040s  hcs   operation#1 completes: Create S_OK\n\
             t=0.040s  main  HcsWaitForOperationResult(operation#1, INFINITE) -> S_OK (since t=0.000s)\n\
             t=0.040s  main  HcsCloseOperation(operation#1) -> returned\n\
             t=0.040s  main  HcsCreateOperation(NULL, NULL) -> operation#2\n\
             t=0.040s  main  HcsStartComputeSystem(system#1 \"web\", operation#2, {}) -> S_OK, operation#2 pending\n\
             t=0.070s  hcs   operation#2 completes: Start E_OUTOFMEMORY\n\
             t=0.070s  main  HcsWaitForOperationResult(operation#2, INFINITE) -> E_OUTOFMEMORY (since t=0.040s)\n\
             t=0.070s  main  HcsCloseOperation(operation#2) -> returned\n\
             t=0.070s  main  HcsOpenComputeSystem(\"nobody\", 0x1) -> E_INVALIDARG\n          # requested_access is 0x00000001; only GENERIC_ALL (0x10000000) is accepted\n\
             t=0.320s  main  HcsWaitForComputeSystemExit(system#1 \"web\", 250 ms) -> HCS_E_OPERATION_TIMEOUT (since t=0.070s)\n"
        );
        close_system(system);
    });
}

#[test]
fn the_journal_reads_as_data() {
    Host::new().run(|host| {
        let system = create("web", VM);
        close_system(system);
        let data = serde_json::to_value(host.journal()).unwrap();
        let create = &data[1];
        assert_eq!(create["call"], "HcsCreateComputeSystem");
        assert_eq!(create["arguments"]["id"], "web");
        assert_eq!(create["arguments"]["configuration"], VM);
        assert_eq!((&create["returned"], &create["compute_system"]), (&"S_OK".into(), &"system#1".into()));
        assert_eq!(data[2]["completed"], "operation#1");
        assert_eq!(data[2]["at"], "0.040s");
        assert_eq!(data.as_array().unwrap().len(), host.journal().entries().len());
    });
}

#[test]
fn the_journal_is_bounded_and_says_what_it_dropped() {
    Host::builder().journal_limit(10).run(|host| {
        for _ in 0..50 {
            close_operation(operation());
        }
        let journal = host.journal();
        assert_eq!((journal.entries().len(), journal.dropped()), (10, 90));
        assert_eq!(journal.entries()[0].number, 90);
        assert!(journal.to_string().starts_with("(90 older entries were dropped;"));
    });
}

#[test]
fn the_same_test_prints_the_same_journal() {
    fn run() -> String {
        Host::new().run(|host| {
            host.when(calls::start().nth(2)).fail(E_FAIL);
            let systems: Vec<HCS_SYSTEM> = (0..20).map(|it| create(&format!("vm{it}"), VM)).collect();
            for system in &systems {
                ask(HcsStartComputeSystem, *system, None);
            }
            enumerate(Some(r#"{"Ids":["vm7","vm3"]}"#));
            systems.into_iter().for_each(close_system);
            host.journal().to_string()
        })
    }
    let first = run();
    assert!((0..5).all(|_| run() == first));
}

#[test]
fn a_host_shows_what_is_alive() {
    Host::new().run(|host| {
        host.when(calls::pause()).never_completes();
        let system = create("web", VM);
        start(system);
        let (idle, pending) = (operation(), operation());
        assert_eq!(call(HcsPauseComputeSystem, system, pending, None), S_OK);
        assert_eq!(
            host.to_string(),
            "t=0.070s\n\
             system \"web\": Running, 1 open handles\n\
             operation#3: idle\n\
             operation#4: Pause pending, 0 threads inside"
        );
        [idle, pending].into_iter().for_each(close_operation);
        close_system(system);
    });
}

#[test]
fn hosts_and_gates_can_be_sent_to_other_threads() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Host>();
    is_send_and_sync::<hcs_sim::Gate>();
    is_send_and_sync::<hcs_sim::Journal>();
    is_send_and_sync::<hcs_sim::Report>();
    is_send_and_sync::<hcs_sim::Rule>();
}

#[test]
fn a_dropped_host_ends_its_dispatcher_and_prints_what_is_wrong() {
    let this = std::env::current_exe().unwrap();
    let output = std::process::Command::new(this)
        .args(["--exact", "in_a_process_of_its_own_a_host_is_dropped", "--nocapture"])
        .env("HCS_SIM_TEST_ALONE", "1")
        .output()
        .unwrap();
    assert!(output.status.success()); // it prints and does not fail: the body was not run by Host::run
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(printed.contains("1. operation#1 was never closed; it was never used"), "{printed}");
}

#[test]
fn in_a_process_of_its_own_a_host_is_dropped() {
    if std::env::var_os("HCS_SIM_TEST_ALONE").is_none() {
        return; // run by the test above
    }
    let host = Host::new();
    let entered = host.enter();
    let _leaked = operation();
    drop(entered);
    drop(host);
}

#[test]
fn a_test_that_hangs_on_a_callback_that_never_comes_gets_a_hint() {
    let this = std::env::current_exe().unwrap();
    let output = std::process::Command::new(this)
        .args(["--exact", "in_a_process_of_its_own_a_callback_never_comes", "--nocapture"])
        .env("HCS_SIM_TEST_ALONE", "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(printed.contains("hcs-sim: a completion callback is awaited, nothing is due"), "{printed}");
}

/// Never called.
unsafe extern "system" fn never(_: HCS_OPERATION, _: *const std::ffi::c_void) {}

#[test]
fn in_a_process_of_its_own_a_callback_never_comes() {
    if std::env::var_os("HCS_SIM_TEST_ALONE").is_none() {
        return; // run by the test above
    }
    Host::builder().patience(Duration::from_millis(20)).run(|host| {
        host.when(calls::start()).never_completes();
        let system = create("vm", VM);
        let operation = operation_with(null(), Some(never));
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        // A client that waits in its own way; this one gives up after a while.
        let (_sender, receiver) = channel::<()>();
        assert!(receiver.recv_timeout(Duration::from_millis(500)).is_err());
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn create_with_options_of_the_namespace_form() {
    Host::new().run(|_| {
        let (id, configuration) = (wide("vm"), wide(VM));
        let options = HCS_CREATE_OPTIONS_1 { Version: HcsCreateOptions_1, ..Default::default() };
        let operation = operation();
        let mut system = null_mut();
        // SAFETY: texts, options and out pointer are valid.
        let code = unsafe {
            HcsCreateComputeSystemInNamespace(
                null(),
                id.as_ptr(),
                configuration.as_ptr(),
                operation,
                (&raw const options).cast(),
                &mut system,
            )
        };
        assert_eq!(code, 0);
        assert_eq!(wait(operation), (S_OK, None));
        let (code, again) = open("VM", GENERIC_ALL);
        assert_eq!(code, S_OK);
        close_system(again);
        close_operation(operation);
        close_system(system);
    });
}
