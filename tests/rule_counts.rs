//! Rules over several calls: sequences of replies, counts, and what is said when a rule does not apply.
//! Not here: which calls a rule claims and how it answers one (`rules`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Export, FindingKind, Host, Hresult, call as calls};
use support::*;

fn start_code(system: HCS_SYSTEM) -> Hresult {
    ask(HcsStartComputeSystem, system, None).0
}

#[test]
fn replies_can_follow_each_other() {
    Host::new().run(|host| {
        host.when(calls::start()).fail(E_FAIL).then().fail(E_OUTOFMEMORY).times(2).then().simulate();
        let system = create("vm", VM);
        let codes: Vec<Hresult> = (0..5).map(|_| start_code(system)).collect();
        assert_eq!(codes, [E_FAIL, E_OUTOFMEMORY, E_OUTOFMEMORY, S_OK, HCS_E_INVALID_STATE]);
        close_system(system);
    });
}

#[test]
fn a_rule_that_is_used_up_lets_the_next_one_apply() {
    Host::new().run(|host| {
        host.when(calls::start()).fail(E_FAIL).times(1);
        host.when(calls::start()).fail(E_OUTOFMEMORY).times(1);
        let system = create("vm", VM);
        assert_eq!([0; 3].map(|_| start_code(system)), [E_FAIL, E_OUTOFMEMORY, S_OK]);
        close_system(system);
    });
}

#[test]
fn a_rule_that_never_applies_is_a_finding_with_its_near_misses() {
    let host = Host::new();
    let line = line!() + 2;
    let report = report_of(&host, || {
        host.when(calls::start().system("web")).fail(E_FAIL);
        let system = create("wep", VM);
        start(system);
        close_system(system);
    })
    .unwrap();
    let facts: String =
        report.findings[0].facts.iter().map(|(label, text)| format!("{label}: {text}\n")).collect();
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].kind, FindingKind::RuleNeverApplied);
    assert_eq!(
        report.findings[0].sentence,
        r#"the rule for HcsStartComputeSystem, system "web" never applied"#
    );
    assert_eq!(
        facts,
        format!(
            "declared at: tests/rule_counts.rs:{line}:14\n\
             would match: HcsStartComputeSystem, system \"web\"\n\
             would do: fail with E_FAIL (0x80004005): a failure that nobody gave a better code\n\
             nearest call: HcsStartComputeSystem(system#1 \"wep\", operation#2, NULL) at t=0.040s\n\
             but: the system is another one\n  \
             expected  \"web\"\n  \
             got       \"wep\"\n               \
             ^\n"
        )
    );
    let text = report.to_string();
    let marked = text.lines().find(|it| it.ends_with("   <<<<<")).unwrap();
    assert!(marked.contains("operation#2 pending   tests/support/mod.rs:"), "{report}");
}

#[test]
fn every_criterion_says_why_not() {
    let host = Host::new();
    let report = report_of(&host, || {
        host.when(calls::create().document("/Owner", "me")).fail(E_FAIL);
        host.when(calls::create().document_has("/Nothing")).fail(E_FAIL);
        host.when(calls::create().nth(3)).fail(E_FAIL);
        host.when(calls::create().matching("is blue", |_| false)).fail(E_FAIL);
        host.when(calls::start().document_has("/X")).fail(E_FAIL);
        host.when(calls::save()).fail(E_FAIL);
        let system = create("vm", VM);
        start(system);
        close_system(system);
    })
    .unwrap();
    let why: Vec<&str> = report
        .findings
        .iter()
        .filter_map(|it| it.facts.iter().rfind(|(label, _)| *label == "but" || *label == "nearest call"))
        .map(|it| it.1.as_str())
        .collect();
    assert_eq!(
        why,
        [
            "the document differs at /Owner\n  expected  \"me\"\n  got       \"tests\"",
            "the document has no /Nothing\n  expected  any value\n  \
             got       nothing; the document has Owner, SchemaVersion, VirtualMachine",
            "it was number 1 of the calls that match otherwise, expected number 3; there was 1",
            r#"the closure "is blue" said no"#,
            "the call has no document\n  expected  /X = any value\n  got       NULL",
            "none: no such export was called",
        ]
    );
}

#[test]
fn a_reply_that_is_never_reached_is_a_finding() {
    let host = Host::new();
    let report = report_of(&host, || {
        host.when(calls::start()).fail(E_FAIL).then().fail(E_OUTOFMEMORY).then().simulate();
        let system = create("vm", VM);
        assert_eq!(start_code(system), E_FAIL);
        close_system(system);
    })
    .unwrap();
    assert_eq!(
        report.findings[0].sentence,
        "reply 2 of 3 of the rule for HcsStartComputeSystem was never used; the rule applied once"
    );
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn an_expected_count_is_verified() {
    for (calls_made, expected_sentence) in [
        (1, Some("the rule \"boots\" applied once, expected twice")),
        (2, None),
        (3, Some("the rule \"boots\" applied 3 times, expected twice")),
    ] {
        let host = Host::new();
        let report = report_of(&host, || {
            host.when(calls::start()).fail(E_FAIL).named("boots").expect(2);
            let system = create("vm", VM);
            (0..calls_made).for_each(|_| assert_eq!(start_code(system), E_FAIL));
            close_system(system);
        });
        let sentence = report.map(|it| it.findings[0].sentence.clone());
        assert_eq!(sentence.as_deref(), expected_sentence);
    }
}

#[test]
fn ranges_of_counts_read_as_they_are_meant() {
    fn sentence(rule: impl FnOnce(hcs_sim::Rule) -> hcs_sim::Rule) -> Option<String> {
        let host = Host::new();
        rule(host.when(calls::start()).simulate());
        host.verify().err().map(|it| it.findings[0].sentence.clone())
    }
    let prefix = "the rule for HcsStartComputeSystem never applied, expected ";
    assert_eq!(sentence(|it| it.expect(1..)), Some(format!("{prefix}at least once")));
    assert_eq!(sentence(|it| it.expect(2..=3)), Some(format!("{prefix}2 to 3 times")));
    assert_eq!(sentence(|it| it.expect(..4)), None);
    assert_eq!(sentence(|it| it.expect(0)), None);
    assert_eq!(sentence(|it| it.optional()), None);
}

#[test]
fn a_panic_in_a_closure_is_a_finding_with_its_message_and_line() {
    let host = Host::new();
    let line = line!() + 2;
    let report = report_of(&host, || {
        host.when(calls::start().matching("odd", |_| panic!("not {}", "today"))).fail(E_FAIL).optional();
        let system = create("vm", VM);
        assert_eq!(start_code(system), S_OK); // a panic means no
        close_system(system);
    })
    .unwrap();
    let finding = &report.findings[0];
    assert_eq!((report.findings.len(), finding.kind), (1, FindingKind::RulePanicked));
    assert_eq!(finding.sentence, "the closure of the rule for HcsStartComputeSystem, odd panicked");
    assert!(finding.facts[0].1.starts_with(&format!("tests/rule_counts.rs:{line}:")), "{finding:?}");
    assert_eq!(finding.facts[1], ("message", "not today".to_owned()));
}

#[test]
fn a_rule_that_claims_a_close_lets_it_close_all_the_same() {
    Host::new().run(|host| {
        host.when(calls::to(Export::HcsCloseOperation)).refuse(E_FAIL).after(Duration::from_secs(1));
        close_operation(operation());
        assert_eq!(host.now(), Duration::from_secs(1));
    });
}

#[test]
fn a_rule_for_a_system_is_for_calls_on_its_processes_too() {
    Host::new().run(|host| {
        host.canned("tool", hcs_sim::program::runs_until_terminated());
        host.when(calls::signal().system("other")).fail(E_FAIL).optional();
        host.when(calls::signal().system("WEB")).fail(E_ACCESSDENIED);
        let system = support::processes::running("web");
        let started = support::processes::start_process(system, support::processes::NO_PIPES);
        assert_eq!(support::processes::signal(started.process, r#"{"Signal":"CtrlC"}"#).0, E_ACCESSDENIED);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_rule_that_only_simulates_is_told_too_if_it_never_applies() {
    let never = |declare: fn(hcs_sim::When) -> hcs_sim::Rule| {
        let host = Host::new();
        declare(host.when(calls::start().system("wbe")));
        report_of(&host, || close_system(create("web", VM)))
            .is_some_and(|it| it.findings.iter().map(|it| it.kind).eq([FindingKind::RuleNeverApplied]))
    };
    assert!(never(|it| it.simulate()));
    assert!(never(|it| it.simulate().after(Duration::from_secs(9))));
    assert!(never(|it| it.simulate().loses_events()));
    assert!(!never(|it| it.simulate().optional()));
    // A reply that follows others is told unless it is there only for what comes after them.
    let second = |declare: fn(hcs_sim::When) -> hcs_sim::Rule| {
        let host = Host::new();
        declare(host.when(calls::start()).fail(E_FAIL).then());
        report_of(&host, || {
            let system = create("web", VM);
            assert_eq!(start_code(system), E_FAIL);
            close_system(system);
        })
        .is_some()
    };
    assert!(!second(|it| it.simulate()));
    assert!(second(|it| it.simulate().after(Duration::from_secs(5))));
}
