//! Levels: what a finding does to a test, where warnings stand, and how many are kept.
//! Not here: what is found (`lints`, `lints_of_calls`, `findings`), what is printed (`own_failures`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::{Finding, FindingKind, Host, Level};
use support::lints::*;
use support::*;

/// A start whose result nobody reads: a warning by default.
fn start_carelessly() {
    let system = create("web", VM);
    close_operation(begin(HcsStartComputeSystem, system));
    close_system(system);
}

const SENTENCE: &str = "operation#2 was closed while its Start of \"web\" was pending: its result is lost";

fn sentences(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|it| it.sentence.as_str()).collect()
}

#[test]
fn a_warning_does_not_fail_the_test_and_can_be_had() {
    let host = Host::new();
    host.run(|host| {
        start_carelessly();
        assert_eq!(sentences(&host.warnings()), [SENTENCE]);
        assert_eq!(sentences(&host.findings()), [SENTENCE]);
    });
    assert_eq!(sentences(&host.warnings()), [SENTENCE]); // also after the verification
    assert!(host.findings().is_empty());
}

#[test]
#[should_panic(expected = "hcs-sim: 1 finding\n\n1. operation#2 was closed while")]
fn what_is_denied_fails_the_test() {
    Host::builder().level(FindingKind::ClosedWhilePending, Level::Deny).run(|_| start_carelessly());
}

#[test]
fn what_is_allowed_is_no_warning() {
    let host = Host::new();
    host.run(|host| {
        start_carelessly();
        host.allow(FindingKind::ClosedWhilePending); // also afterwards, and the last word counts
    });
    assert!(host.warnings().is_empty());
    let builder = Host::builder().allow(FindingKind::ClosedWhilePending);
    let host = builder.level(FindingKind::ClosedWhilePending, Level::Warn).build();
    assert!(report_of(&host, start_carelessly).is_none());
    assert_eq!(sentences(&host.warnings()), [SENTENCE]);
}

#[test]
fn any_kind_can_be_made_to_warn() {
    let host = Host::builder().level(FindingKind::DoubleClose, Level::Warn).build();
    host.run(|_| {
        let operation = operation();
        close_operation(operation);
        close_operation(operation);
    });
    assert_eq!(sentences(&host.warnings()), ["operation#1 was closed twice"]);
}

#[test]
fn warnings_stand_in_the_report_beside_what_fails() {
    let host = Host::new();
    let report = report_of(&host, || {
        start_carelessly();
        operation(); // which leaks
    })
    .unwrap();
    assert_eq!(report.findings.iter().map(|it| it.kind).collect::<Vec<_>>(), [FindingKind::LeakedOperation]);
    assert_eq!(sentences(&report.warnings), [SENTENCE]);
    let text = report.to_string();
    assert!(text.starts_with("hcs-sim: 1 finding, 1 warning\n\n1. operation#3 was never closed;"), "{text}");
    assert!(text.contains(&format!("\n\nwarning: {SENTENCE}\n     called at ")), "{text}");
    assert!(text.contains("\n     on Windows   the close does not stop the request"), "{text}");
    assert!(
        text.contains("to allow     host.allow(FindingKind::ClosedWhilePending)   // in a scenario: \"allow\": [\"closed-while-pending\"]"),
        "{text}"
    );
    assert!(marks(&text, "HcsCloseOperation(operation#2) -> returned"), "{text}");
    // They were shown: the next report does not have them again.
    let report = report_of(&host, || assert!(!operation().is_null())).unwrap();
    assert!(report.warnings.is_empty());
}

#[test]
fn of_many_of_a_kind_the_first_are_kept_and_the_others_counted() {
    let host = strict();
    let report = report_of(&host, || {
        let system = create("web", VM);
        start(system);
        for _ in 0..25 {
            close_operation(begin(HcsPauseComputeSystem, system));
            host.advance(Duration::from_secs(1));
        }
        close_system(system);
    })
    .unwrap();
    assert_eq!(report.findings.len(), 20);
    let more = ("and more", "5 more of this kind were not kept".to_owned());
    assert_eq!(report.findings.iter().filter(|it| it.facts.contains(&more)).count(), 1);
    assert!(report.findings[19].facts.contains(&more));
}

#[test]
fn what_works_while_nothing_goes_wrong_warns_and_all_else_is_denied() {
    let warns = FindingKind::all().iter().filter(|it| it.default_level() == Level::Warn);
    let names: Vec<&str> = warns.map(|it| it.name()).collect();
    assert_eq!(
        names,
        [
            "infinite-wait-in-callback",
            "failure-unread",
            "closed-before-exit-event",
            "result-unread",
            "closed-while-pending",
            "polled-in-a-loop",
            "freed-otherwise",
            "timeout-abandoned",
            "options-not-null",
        ]
    );
    let page = include_str!("../docs/findings.md");
    for section in page.split("\n## ").skip(1) {
        let (name, text) = section.split_once('\n').unwrap();
        let kind: FindingKind = name.parse().unwrap();
        assert_eq!(text.contains("\nDefault: warn."), kind.default_level() == Level::Warn, "{name}");
    }
}
