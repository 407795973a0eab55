//! Rules: which calls they claim, and how they answer.
//! Not here: sequences and counts (`rule_counts`), what the model does without rules.

mod support;

use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Export, FindingKind, Host, Hresult, ResultError, call as calls};
use support::*;

fn start_code(system: HCS_SYSTEM) -> Hresult {
    ask(HcsStartComputeSystem, system, None).0
}

// Matching

#[test]
fn a_rule_claims_calls_of_its_export_only() {
    Host::new().run(|host| {
        host.when(calls::pause()).fail(E_FAIL);
        let system = create("vm", VM);
        start(system);
        assert_eq!(ask(HcsPauseComputeSystem, system, None).0, E_FAIL);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        close_system(system);
    });
}

#[test]
fn every_short_name_is_for_the_exports_that_it_is_named_after() {
    let in_namespace = |name: &str| format!("Hcs{name} or Hcs{name}InNamespace");
    let result = |name: &str| format!("Hcs{name} or Hcs{name}AndProcessInfo");
    for (matcher, exports) in [
        (calls::create(), in_namespace("CreateComputeSystem")),
        (calls::open(), in_namespace("OpenComputeSystem")),
        (calls::enumerate(), in_namespace("EnumerateComputeSystems")),
        (calls::start(), "HcsStartComputeSystem".to_owned()),
        (calls::shut_down(), "HcsShutDownComputeSystem".to_owned()),
        (calls::terminate(), "HcsTerminateComputeSystem".to_owned()),
        (calls::crash(), "HcsCrashComputeSystem".to_owned()),
        (calls::pause(), "HcsPauseComputeSystem".to_owned()),
        (calls::resume(), "HcsResumeComputeSystem".to_owned()),
        (calls::save(), "HcsSaveComputeSystem".to_owned()),
        (calls::properties(), "HcsGetComputeSystemProperties".to_owned()),
        (calls::modify(), "HcsModifyComputeSystem".to_owned()),
        (calls::create_operation(), "HcsCreateOperation".to_owned()),
        (calls::operation_result(), result("GetOperationResult")),
        (calls::wait(), result("WaitForOperationResult")),
        (calls::create_process(), "HcsCreateProcess".to_owned()),
        (calls::signal(), "HcsSignalProcess".to_owned()),
        (calls::wait_for_exit(), "HcsWaitForComputeSystemExit".to_owned()),
        (calls::wait_for_process_exit(), "HcsWaitForProcessExit".to_owned()),
        (calls::service_properties(), "HcsGetServiceProperties".to_owned()),
        (calls::modify_service(), "HcsModifyServiceSettings".to_owned()),
    ] {
        assert_eq!(matcher.to_string(), exports);
    }
}

#[test]
fn a_rule_claims_calls_on_its_system_without_regard_to_case() {
    Host::new().run(|host| {
        host.when(calls::start().system("WEB")).fail(E_FAIL);
        host.when(calls::create().system("web")).succeed().after(Duration::from_secs(7));
        let (web, other) = (create("web", VM), create("db", VM));
        assert_eq!(host.now(), Duration::from_millis(7_040));
        assert_eq!(start_code(web), E_FAIL);
        assert_eq!(start_code(other), S_OK);
        close_system(web);
        close_system(other);
    });
}

#[test]
fn a_rule_can_be_for_the_nth_call() {
    Host::new().run(|host| {
        host.when(calls::properties().nth(2)).fail(E_FAIL);
        let system = create("vm", VM);
        let codes: Vec<Hresult> =
            (0..4).map(|_| ask(HcsGetComputeSystemProperties, system, None).0).collect();
        assert_eq!(codes, [S_OK, E_FAIL, S_OK, S_OK]);
        close_system(system);
    });
}

#[test]
fn nth_counts_only_calls_that_meet_the_other_criteria() {
    Host::new().run(|host| {
        host.when(calls::start().system("b").nth(1)).fail(E_FAIL);
        let (a, b) = (create("a", VM), create("b", VM));
        assert_eq!(start_code(a), S_OK);
        assert_eq!(start_code(b), E_FAIL);
        assert_eq!(start_code(b), S_OK);
        close_system(a);
        close_system(b);
    });
}

#[test]
fn a_rule_can_look_into_the_document() {
    Host::new().run(|host| {
        let size = "/VirtualMachine/ComputeTopology/Memory/SizeInMB";
        host.when(calls::create().document(size, 512)).fail(E_OUTOFMEMORY);
        host.when(calls::create().document_has("/Container")).fail(HCS_E_IMAGE_MISMATCH);
        for (configuration, code) in
            [(VM, E_OUTOFMEMORY), (CONTAINER, HCS_E_IMAGE_MISMATCH), (r#"{"VirtualMachine":{}}"#, S_OK)]
        {
            let (outcome, system) = try_create("vm", configuration);
            assert_eq!(outcome.0, code);
            close_system(system);
        }
        let (outcome, system) = try_create("vm2", "no json");
        assert_eq!(outcome.0, HCS_E_INVALID_JSON);
        close_system(system);
    });
}

#[test]
fn a_rule_can_ask_a_closure() {
    Host::new().run(|host| {
        let short =
            calls::create().matching("short id", |seen| seen.system_id.is_some_and(|it| it.len() < 3));
        host.when(short).fail(E_FAIL);
        for (id, code) in [("vm", E_FAIL), ("long", S_OK)] {
            let (outcome, system) = try_create(id, VM);
            assert_eq!(outcome.0, code);
            close_system(system);
        }
    });
}

#[test]
fn a_closure_sees_the_typed_call_and_may_use_the_host() {
    let host = Host::new();
    let seen_alive = Arc::new(());
    let alive = Arc::clone(&seen_alive);
    host.run(|host| {
        let (clock, asked) = (host.clone(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&asked);
        let matcher = calls::to(Export::HcsOpenComputeSystem).matching("after one second", move |seen| {
            let _held = &alive;
            counter.fetch_add(1, Ordering::Relaxed);
            assert!(matches!(
                seen.call,
                hcs_sim::Call::OpenComputeSystem { requested_access: GENERIC_ALL, .. }
            ));
            assert_eq!(seen.now, clock.now()); // no lock is held
            clock.now() >= Duration::from_secs(1)
        });
        host.when(matcher).refuse(E_ACCESSDENIED);
        assert_eq!(open("vm", GENERIC_ALL).0, HCS_E_SYSTEM_NOT_FOUND);
        host.advance(Duration::from_secs(1));
        assert_eq!(open("vm", GENERIC_ALL).0, E_ACCESSDENIED);
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    });
    assert_eq!(Arc::strong_count(&seen_alive), 1); // the closure, and the host in it, are let go of
}

#[test]
fn a_closure_is_asked_only_about_calls_that_no_earlier_rule_takes() {
    Host::new().run(|host| {
        host.when(calls::start()).fail(E_FAIL);
        host.when(calls::start().matching("never asked", |_| panic!("asked"))).fail(E_FAIL).optional();
        let system = create("vm", VM);
        assert_eq!(start_code(system), E_FAIL);
        close_system(system);
    });
}

#[test]
fn a_rule_that_is_declared_in_a_closure_is_asked_like_any_other() {
    for says in [true, false] {
        let host = Host::new();
        host.run(|host| {
            let declaring = host.clone();
            let matcher = calls::start().matching("declares a rule", move |_| {
                declaring.when(calls::start().matching("says", move |_| says)).fail(E_FAIL).optional();
                false
            });
            host.when(matcher).simulate().optional();
            let system = create("vm", VM);
            assert_eq!(start_code(system), if says { E_FAIL } else { S_OK });
            close_system(system);
        });
    }
}

#[test]
fn a_closure_may_be_asked_while_the_test_panics() {
    struct Terminates(HCS_SYSTEM);
    impl Drop for Terminates {
        fn drop(&mut self) {
            assert_eq!(ask(HcsTerminateComputeSystem, self.0, None).0, S_OK);
            close_system(self.0);
        }
    }
    let body = || {
        Host::new().run(|host| {
            host.when(calls::terminate().matching("any", |_| true)).simulate();
            let _terminates = Terminates(create("vm", VM));
            panic!("the test's own failure");
        })
    };
    assert!(std::panic::catch_unwind(body).is_err());
    Host::new().run(|host| {
        host.when(calls::start().matching("any", |_| true)).fail(E_FAIL);
        let system = create("vm", VM);
        assert_eq!(start_code(system), E_FAIL);
        close_system(system);
    });
}

#[test]
fn a_call_made_in_a_closure_is_answered_too() {
    Host::new().run(|host| {
        let matcher = calls::start().matching("asks for properties", |_| {
            close_operation(operation());
            true
        });
        host.when(matcher).fail(E_FAIL);
        let system = create("vm", VM);
        assert_eq!(start_code(system), E_FAIL);
        close_system(system);
    });
}

#[test]
fn a_rule_that_an_earlier_one_leaves_nothing_is_told_so() {
    let host = Host::new();
    let line = line!() + 2;
    let report = report_of(&host, || {
        host.when(calls::start()).fail(E_FAIL);
        host.when(calls::start().system("vm")).fail(E_OUTOFMEMORY);
        let system = create("vm", VM);
        assert_eq!(start_code(system), E_FAIL);
        close_system(system);
    })
    .unwrap();
    assert_eq!(
        report.findings[0].facts.last().unwrap().1,
        format!(
            "the rule declared at tests/rules.rs:{line}:14 took it first; the first that matches wins: \
             declare the narrower one first"
        )
    );
}

#[test]
fn the_first_matching_rule_wins() {
    Host::new().run(|host| {
        host.when(calls::start().system("a")).fail(E_FAIL);
        host.when(calls::start()).fail(E_OUTOFMEMORY);
        let (a, b) = (create("a", VM), create("b", VM));
        assert_eq!(start_code(a), E_FAIL);
        assert_eq!(start_code(b), E_OUTOFMEMORY);
        close_system(a);
        close_system(b);
    });
}

#[test]
fn calls_on_an_operation_are_about_the_system_of_its_request() {
    Host::new().run(|host| {
        host.when(calls::wait().system("b").nth(2)).refuse(HCS_E_OPERATION_TIMEOUT);
        let (a, b) = (create("a", VM), create("b", VM));
        assert_eq!(start_code(a), S_OK);
        assert_eq!(ask(HcsStartComputeSystem, b, None), (HCS_E_OPERATION_TIMEOUT, None));
        close_system(a);
        close_system(b);
    });
}

// Replies

#[test]
fn a_refused_call_starts_nothing() {
    Host::new().run(|host| {
        host.when(calls::create()).refuse(HCS_E_ACCESS_DENIED);
        let operation = operation();
        assert_eq!(create_call("vm", VM, operation), (HCS_E_ACCESS_DENIED, null_mut()));
        assert_eq!(result(operation), (HCS_E_OPERATION_NOT_STARTED, None));
        assert_eq!(enumerate(None).1.unwrap(), "[]");
        close_operation(operation);
    });
}

#[test]
fn a_failure_comes_with_a_document_of_its_code_unless_told_otherwise() {
    Host::new().run(|host| {
        let system = create("vm", VM);
        let documents = [
            host.when(calls::start().nth(1)).fail(HCS_E_CONNECT_FAILED),
            host.when(calls::start().nth(2)).fail(HCS_E_CONNECT_FAILED).no_document(),
            host.when(calls::start().nth(3)).fail(HCS_E_CONNECT_FAILED).document("not even JSON"),
            host.when(calls::start().nth(4))
                .fail(HCS_E_CONNECT_FAILED)
                .document(ResultError::new().error(HCS_E_CONNECT_FAILED).message("")),
            host.when(calls::start().nth(5))
                .fail(0x8007_0005_u32 as i32)
                .document(serde_json::json!({"X": [1]})),
        ]
        .map(|_| ask(HcsStartComputeSystem, system, None));
        assert_eq!(json(documents[0].1.clone())["Error"], -1070137080);
        assert_eq!(documents[1], (HCS_E_CONNECT_FAILED, None));
        assert_eq!(documents[2].1.as_deref(), Some("not even JSON"));
        assert_eq!(documents[3].1.as_deref(), Some(r#"{"Error":-2143878904,"ErrorMessage":""}"#));
        assert_eq!(documents[4], (E_ACCESSDENIED, Some(r#"{"X":[1]}"#.to_owned())));
        close_system(system);
    });
}

#[test]
fn success_can_be_forced_and_changes_the_system_as_success_does() {
    Host::new().run(|host| {
        host.when(calls::pause()).succeed();
        host.when(calls::properties().nth(2)).succeed().document(r#"{"Id":"other"}"#);
        let system = create("box", CONTAINER);
        start(system);
        assert_eq!(ask(HcsPauseComputeSystem, system, None), (S_OK, None)); // the model would say 0x80070032
        assert_eq!(properties(system, None)["State"], "Paused");
        assert_eq!(properties(system, None)["Id"], "other");
        close_system(system);
    });
}

#[test]
fn the_document_of_a_simulated_success_can_be_replaced() {
    Host::new().run(|host| {
        host.when(calls::terminate()).simulate().document("{}");
        let system = create("vm", VM);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, Some("{}".to_owned())));
        let (code, document) = ask(HcsTerminateComputeSystem, system, None);
        assert_eq!(code, HCS_E_SYSTEM_ALREADY_STOPPED); // a failure keeps its own
        assert_ne!(document.as_deref(), Some("{}"));
        close_system(system);
    });
}

#[test]
fn an_operation_can_be_made_slow() {
    Host::new().run(|host| {
        host.when(calls::start()).simulate().after(Duration::from_secs(120));
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait_for(operation, 60_000), (HCS_E_OPERATION_TIMEOUT, None));
        assert_eq!(wait_for(operation, 60_000), (S_OK, None)); // it was still tracked
        assert_eq!(host.now(), Duration::from_millis(120_040));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_operation_can_hang_for_ever_even_beyond_the_exit_of_its_system() {
    Host::new().run(|host| {
        host.when(calls::start()).never_completes();
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(wait_for(operation, 86_400_000), (HCS_E_OPERATION_TIMEOUT, None));
        assert_eq!(ask(HcsTerminateComputeSystem, system, None), (S_OK, None));
        assert_eq!(result(operation), (HCS_E_OPERATION_PENDING, None));
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn an_operation_can_be_held_until_the_test_releases_it() {
    Host::new().run(|host| {
        let gate = host.when(calls::start()).simulate().hold();
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        host.advance(Duration::from_secs(3600));
        assert_eq!((result(operation), gate.held()), ((HCS_E_OPERATION_PENDING, None), 1));
        assert!(gate.release_next());
        assert!(!gate.release_next());
        assert_eq!(result(operation), (S_OK, None));
        gate.release(); // from now on nothing is held
        assert_eq!(start_code(system), HCS_E_INVALID_STATE);
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_held_operation_can_be_released_by_another_thread_while_this_one_waits() {
    Host::new().run(|host| {
        let gate = host.when(calls::start()).fail(E_FAIL).hold();
        let system = create("vm", VM);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        std::thread::scope(|scope| {
            scope.spawn(|| gate.release());
            assert_eq!(wait(operation).0, E_FAIL);
        });
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn exports_without_an_operation_are_answered_at_once() {
    Host::new().run(|host| {
        host.when(calls::open()).fail(E_ACCESSDENIED).after(Duration::from_secs(1));
        host.when(calls::to(Export::HcsGetServiceProperties)).succeed().document(r#"{"Properties":[]}"#);
        host.when(calls::operation_result()).refuse(HCS_E_OPERATION_RESULT_ALLOCATION_FAILED);
        assert_eq!(open("vm", GENERIC_ALL).0, E_ACCESSDENIED);
        assert_eq!(host.now(), Duration::from_secs(1));
        let mut document = null_mut();
        // SAFETY: the out pointer is valid.
        assert_eq!(unsafe { HcsGetServiceProperties(null(), &mut document) }, 0);
        assert_eq!(take(document).unwrap(), r#"{"Properties":[]}"#);
        let operation = operation();
        assert_eq!(result(operation), (HCS_E_OPERATION_RESULT_ALLOCATION_FAILED, None));
        close_operation(operation);
    });
}

#[test]
fn a_failure_that_says_that_the_system_is_gone_ends_it() {
    for (code, exit) in [
        (HCS_E_TERMINATED_DURING_START, "UnexpectedExit"),
        (HCS_E_UNEXPECTED_EXIT, "UnexpectedExit"),
        (HCS_E_TERMINATED, "ForcedExit"),
    ] {
        Host::new().run(|host| {
            host.when(calls::start()).fail(code).times(1);
            let system = create("vm", VM);
            assert_eq!(start_code(system), code);
            assert_eq!(json(wait_for_exit(system, 0).1)["ExitType"], exit);
            assert_eq!(start_code(system), HCS_E_SYSTEM_ALREADY_STOPPED);
            close_system(system);
        });
    }
}

#[test]
fn a_request_can_be_acknowledged_and_ignored() {
    Host::new().run(|host| {
        host.when(calls::shut_down()).acknowledge();
        let system = create("box", CONTAINER);
        start(system);
        assert_eq!(ask(HcsShutDownComputeSystem, system, None), (S_OK, None));
        assert_eq!(wait_for_exit(system, 3_600_000).0, HCS_E_OPERATION_TIMEOUT);
        close_system(system);
    });
}

#[test]
fn a_success_can_come_without_its_document() {
    Host::new().run(|host| {
        host.when(calls::properties()).simulate().no_document();
        let system = create("vm", VM);
        assert_eq!(ask(HcsGetComputeSystemProperties, system, None), (S_OK, None));
        close_system(system);
    });
}

#[test]
#[should_panic = "a rule cannot fail a call with S_OK"]
fn a_rule_cannot_fail_with_a_success() {
    let host = Host::new();
    host.when(calls::start()).fail(S_OK);
}

#[test]
fn a_wait_cannot_be_made_to_hang_and_an_open_hands_out_a_handle() {
    Host::builder().allow(FindingKind::OpenedWithoutGenericAll).run(|host| {
        host.when(calls::wait().nth(2)).never_completes();
        host.when(calls::open()).succeed();
        let system = create("vm", VM);
        assert_eq!(start_code(system), S_OK);
        let (code, opened) = open("vm", 0); // the access is not looked at
        assert_eq!(code, S_OK);
        close_system(opened);
        assert_eq!(open("nobody", GENERIC_ALL), (HCS_E_SYSTEM_NOT_FOUND, null_mut()));
        close_system(system);
    });
}

#[test]
fn a_create_that_fails_with_a_foreign_code_has_an_attribution_and_no_message() {
    Host::new().run(|host| {
        host.when(calls::create()).fail(E_ACCESSDENIED).times(1).then().fail(HCS_E_HYPERV_NOT_INSTALLED);
        let ((_, document), first) = try_create("vm", VM);
        assert_eq!(
            document.unwrap(),
            r#"{"Error":-2147024891,"ErrorMessage":"","Attribution":[{"OperationFailure":{"Detail":"Construct"}}]}"#
        );
        let ((_, document), second) = try_create("vm", VM);
        assert_eq!(json(document)["Error"], -2143878910);
        close_system(first);
        close_system(second);
    });
}

#[test]
fn a_near_miss_of_a_wait_shows_the_wait() {
    let host = Host::new();
    let report = report_of(&host, || {
        host.when(calls::wait().system("other")).fail(E_FAIL);
        close_system(create("vm", VM));
    })
    .unwrap();
    let (label, call) = &report.findings[0].facts[3];
    assert_eq!(*label, "nearest call");
    assert!(call.starts_with("HcsWaitForOperationResult(operation#1, INFINITE)"), "{call}");
}
