//! Rules that did not apply as the test says: one snapshot for each reason.
//! Not here: which calls a rule is for (`tests/rules.rs`).

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Export, Host, Profile, call as calls};
use serde_json::json;

use crate::snapshot;
use crate::support::*;

/// A system lives, and an export of each sort is called: the rule of the test is for another call.
fn live(id: &str, configuration: &str) {
    let system = create(id, configuration);
    start(system);
    close_system(system);
}

fn start_code(system: HCS_SYSTEM) -> hcs_sim::Hresult {
    ask(HcsStartComputeSystem, system, None).0
}

#[test]
fn no_such_call() {
    let host = Host::new();
    snapshot::of_report("rule-no-such-call", &host, || {
        host.when(calls::save()).refuse(HCS_E_INVALID_STATE);
        live("web", VM);
    });
}

#[test]
fn another_system() {
    let host = Host::new();
    snapshot::of_report("rule-never-applied", &host, || {
        host.when(calls::start().system("web-frontend")).fail(E_OUTOFMEMORY).named("no memory");
        live("web-fronted", VM);
    });
}

#[test]
fn no_system_at_all() {
    let host = Host::new();
    snapshot::of_report("rule-no-system", &host, || {
        host.when(calls::enumerate().system("web")).fail(E_ACCESSDENIED);
        assert_eq!(enumerate(None).0, S_OK);
    });
}

#[test]
fn another_value_in_the_document() {
    let host = Host::new();
    snapshot::of_report("rule-document", &host, || {
        host.when(calls::create().document("/Owner", "test")).fail(E_FAIL);
        live("web", VM);
    });
}

#[test]
fn documents_that_differ_deep_inside() {
    let host = Host::new();
    snapshot::of_report("rule-document-deep", &host, || {
        let topology = json!({"Memory": {"SizeInMB": 1024}, "Processor": {"Count": 2}});
        host.when(calls::create().document("/VirtualMachine/ComputeTopology", topology)).fail(E_FAIL);
        live("web", VM);
    });
}

#[test]
fn long_texts_that_differ_in_the_middle() {
    let host = Host::new();
    snapshot::of_report("rule-document-long", &host, || {
        let owner = |number: u32| format!("{}-{number}-{}", "owner".repeat(20), "tests".repeat(20));
        host.when(calls::create().document("/Owner", owner(1))).fail(E_FAIL);
        live("web", &VM.replace("tests", &owner(27)));
    });
}

#[test]
fn a_misspelt_member() {
    let host = Host::new();
    snapshot::of_report("rule-document-nothing", &host, || {
        let pointer = "/VirtualMachine/ComputeTopology/Memori/SizeInMB";
        host.when(calls::create().document_has(pointer)).fail(E_FAIL);
        live("web", VM);
    });
}

#[test]
fn no_document_and_one_that_is_no_json() {
    let host = Host::new();
    snapshot::of_report("rule-no-document", &host, || {
        host.when(calls::start().document_has("/X")).fail(E_FAIL);
        let system = create("web", VM);
        assert_eq!(ask(HcsStartComputeSystem, system, Some("no json")).0, HCS_E_INVALID_JSON);
        start(system);
        close_system(system);
    });
}

#[test]
fn several_criteria_at_once() {
    let host = Host::new();
    snapshot::of_report("rule-several-criteria", &host, || {
        host.when(calls::create().system("db").document("/Owner", "me").document_has("/Container"))
            .fail(E_FAIL);
        live("web", VM);
        live("DB", CONTAINER); // the nearest, though not the last
        live("job", CONTAINER);
        live("log", VM);
    });
}

#[test]
fn another_number() {
    let host = Host::new();
    snapshot::of_report("rule-number", &host, || {
        host.when(calls::start().nth(3)).fail(HCS_E_TERMINATED_DURING_START);
        live("web", VM);
        live("db", VM);
    });
}

#[test]
fn a_closure_that_says_no() {
    let host = Host::new();
    snapshot::of_report("rule-closure", &host, || {
        host.when(calls::create().matching("an id in capitals", |it| it.system_id == Some("WEB")))
            .fail(E_FAIL);
        live("web", VM);
    });
}

#[test]
fn an_earlier_rule_takes_the_call() {
    let host = Host::new();
    snapshot::of_report("rule-taken", &host, || {
        host.when(calls::start()).fail(E_FAIL);
        host.when(calls::start().system("web")).fail(E_OUTOFMEMORY);
        let system = create("web", VM);
        assert_eq!(start_code(system), E_FAIL);
        close_system(system);
    });
}

#[test]
fn an_export_that_this_windows_lacks() {
    let host = Host::builder().profile(Profile::WindowsServer2022).build();
    snapshot::of_report("rule-missing-export", &host, || {
        host.when(calls::to(Export::HcsInitializeLiveMigrationOnSource)).succeed();
        let (system, operation) = (create("web", VM), operation());
        assert!(call(HcsInitializeLiveMigrationOnSource, system, operation, None).is_failure());
        close_operation(operation);
        close_system(system);
    });
}

#[test]
fn a_reply_that_is_never_reached() {
    let host = Host::new();
    snapshot::of_report("rule-reply-unused", &host, || {
        host.when(calls::start()).fail(E_FAIL).then().fail(HCS_E_TERMINATED);
        let system = create("web", VM);
        assert_eq!(start_code(system), E_FAIL);
        close_system(system);
    });
}

#[test]
fn too_seldom() {
    let host = Host::new();
    snapshot::of_report("rule-count", &host, || {
        host.when(calls::start().system("web")).simulate().expect(2..=3);
        live("web", VM);
        live("db", VM);
    });
}

#[test]
fn too_often() {
    let host = Host::new();
    snapshot::of_report("rule-count-too-often", &host, || {
        host.when(calls::start()).simulate().expect(0).named("nothing starts");
        live("web", VM);
    });
}

#[test]
fn a_closure_that_panics() {
    let host = Host::new();
    snapshot::of_report("rule-panicked", &host, || {
        host.when(calls::start().matching("odd", |_| panic!("not today"))).fail(E_FAIL).optional();
        live("web", VM);
    });
}
