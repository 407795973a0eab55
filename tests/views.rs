//! The journal as something to look at: a sequence diagram. That Mermaid reads it was tried by hand, with its own parser.
//! Not here: the timeline as text (`findings`, `own_failures`).

mod support;

use std::ffi::c_void;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, Time, call as calls};
use support::*;

const SMALL: &str = r#"{"VirtualMachine":{}}"#;

unsafe extern "system" fn done(operation: HCS_OPERATION, _: *const c_void) {
    // SAFETY: the operation is the callback's to close.
    unsafe { HcsCloseOperation(operation) };
}

#[test]
fn a_diagram_has_a_lane_for_each_thread_and_arrows_in_the_order_of_time() {
    Host::new().run(|host| {
        let system = create("web", SMALL);
        start(system);
        close_system(system);
        assert_eq!(
            host.journal().to_mermaid(),
            r#"sequenceDiagram
    participant t0 as main
    participant hcs
    t0->>hcs: t=0.000s HcsCreateOperation(NULL, NULL) -#62; operation#35;1
    t0->>hcs: t=0.000s HcsCreateComputeSystem("web", {"VirtualMachine":{}}, operation#35;1, NULL) -#62; S_OK, system#35;1, operation#35;1 pending
    t0->>hcs: t=0.000s HcsWaitForOperationResult(operation#35;1, INFINITE)
    Note over hcs: t=0.040s operation#35;1 completes: Create S_OK
    hcs-->>t0: t=0.040s HcsWaitForOperationResult -#62; S_OK
    t0->>hcs: t=0.040s HcsCloseOperation(operation#35;1) -#62; returned
    t0->>hcs: t=0.040s HcsCreateOperation(NULL, NULL) -#62; operation#35;2
    t0->>hcs: t=0.040s HcsStartComputeSystem(system#35;1 "web", operation#35;2, NULL) -#62; S_OK, operation#35;2 pending
    t0->>hcs: t=0.040s HcsWaitForOperationResult(operation#35;2, INFINITE)
    Note over hcs: t=0.070s operation#35;2 completes: Start S_OK
    hcs-->>t0: t=0.070s HcsWaitForOperationResult -#62; S_OK
    t0->>hcs: t=0.070s HcsCloseOperation(operation#35;2) -#62; returned
    t0->>hcs: t=0.070s HcsCloseComputeSystem(system#35;1 "web") -#62; returned
"#
        );
    });
}

#[test]
fn a_callback_is_an_arrow_from_the_host() {
    Host::new().run(|host| {
        let system = create("web", SMALL);
        let operation = operation_with(std::ptr::null(), Some(done));
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        host.advance(Duration::from_secs(1));
        close_system(system);
        let diagram = host.journal().to_mermaid();
        let from = diagram.find("    t0->>hcs: t=0.040s HcsCreateOperation").unwrap();
        assert!(
            diagram.starts_with(
                "sequenceDiagram\n    participant t0 as main\n    participant t1 as callbacks\n"
            )
        );
        assert_eq!(
            &diagram[from..],
            r#"    t0->>hcs: t=0.040s HcsCreateOperation(NULL, _) -#62; operation#35;2
    t0->>hcs: t=0.040s HcsStartComputeSystem(system#35;1 "web", operation#35;2, NULL) -#62; S_OK, operation#35;2 pending
    Note over hcs: t=0.070s operation#35;2 completes: Start S_OK
    hcs->>t1: t=0.070s callback of operation#35;2 enters
    t1->>hcs: t=0.070s HcsCloseOperation(operation#35;2) -#62; returned
    t1->>hcs: t=0.070s callback of operation#35;2 returns
    t0->>hcs: t=1.040s HcsCloseComputeSystem(system#35;1 "web") -#62; returned
"#
        );
    });
}

#[test]
fn nothing_in_a_text_is_read_as_mermaids_own() {
    Host::new().run(|host| {
        host.when(calls::start()).fail(E_FAIL).document("a;b\n%%c end <d> #e $$x$$");
        let system = create("x;y\n%%z#1 --> end", SMALL);
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, E_FAIL);
        std::thread::Builder::new()
            .name("as; end".to_owned())
            .spawn({
                let host = host.clone();
                move || {
                    let _entered = host.enter();
                    close_operation(operation());
                }
            })
            .unwrap()
            .join()
            .unwrap();
        close_system(system);
        let diagram = host.journal().to_mermaid();
        assert!(diagram.contains("    participant t1 as as#59; end\n"), "{diagram}");
        let start = diagram.lines().find(|it| it.contains("HcsStartComputeSystem")).unwrap();
        assert_eq!(
            start,
            r#"    t0->>hcs: t=0.040s HcsStartComputeSystem(system#35;1 "x#59;y\n#37;#37;z#35;1 --#62; end", operation#35;2, NULL) -#62; S_OK, operation#35;2 pending"#
        );
        let document = diagram.lines().find(|it| it.contains("completes: Start")).unwrap();
        assert_eq!(
            document,
            "    Note over hcs: t=0.070s operation#35;2 completes: Start E_FAIL, a#59;b #37;#37;c end #60;d#62; #35;e #36;#36;x#36;#36;"
        );
    });
}

#[test]
fn a_wait_begins_where_it_began_beside_what_other_threads_do() {
    let host = Host::builder().time(Time::Manual).build();
    host.run(|host| {
        let system = create_by_hand(host);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        std::thread::scope(|scope| {
            let waiting = Sent::new(operation);
            let waiter = std::thread::Builder::new().name("waiter".to_owned());
            let waiter = waiter.spawn_scoped(scope, move || {
                let _entered = host.enter();
                assert_eq!(wait(waiting.get()).0, S_OK);
            });
            while !host.to_string().contains("1 threads inside") {
                std::thread::yield_now();
            }
            close_operation(support::operation());
            host.advance(Duration::from_secs(1));
            waiter.unwrap().join().unwrap();
        });
        close_operation(operation);
        close_system(system);
        let diagram = host.journal().to_mermaid();
        let place = |text: &str| diagram.find(text).unwrap_or_else(|| panic!("{text}\n{diagram}"));
        assert!(
            place("t1->>hcs: t=1.000s HcsWait") > place("t0->>hcs: t=1.000s HcsCloseOperation"),
            "{diagram}"
        );
        assert!(place("t1->>hcs: t=1.000s HcsWait") < place("completes: Start"), "{diagram}");
        assert!(place("hcs-->>t1") > place("completes: Start"), "{diagram}");
    });
}

/// A machine on a host whose time the test moves.
fn create_by_hand(host: &Host) -> HCS_SYSTEM {
    let operation = operation();
    let (code, system) = create_call("web", SMALL, operation);
    assert_eq!(code, S_OK);
    host.advance(Duration::from_secs(1));
    assert_eq!(result(operation).0, S_OK);
    close_operation(operation);
    system
}
