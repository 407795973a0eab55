//! What is said where something is not known because of a bound, and what is known whatever the bound.
//! Not here: messages of hosts with the usual settings.

use hcs_sim::Host;
use hcs_sim::hresult::*;

use crate::snapshot;
use crate::support::*;

#[test]
fn more_calls_than_lines_are_kept() {
    let host = Host::builder().source_lines(2).build();
    snapshot::of_report("source-lines-bound", &host, || {
        let closed = operation();
        close_operation(closed);
        let _leaked = operation();
        assert_eq!(result(closed), (E_HANDLE, None)); // where something is wrong the line is known
    });
}

#[test]
fn no_lines_are_wanted() {
    let host = Host::builder().source_lines(0).build();
    snapshot::of_report("source-lines-off", &host, || {
        let closed = operation();
        close_operation(closed);
        let _leaked = operation();
        assert_eq!(result(closed), (E_HANDLE, None));
    });
}

#[test]
fn the_journal_no_longer_holds_the_call() {
    let host = Host::builder().journal_limit(4).build();
    snapshot::of_report("journal-bound", &host, || {
        let _leaked = operation();
        for _ in 0..3 {
            close_operation(operation());
        }
    });
}

#[test]
fn the_nearest_of_many_calls_are_told() {
    let host = Host::new();
    snapshot::of_report("rule-many-calls", &host, || {
        host.when(hcs_sim::call::create().system("web-12").document("/Owner", "me")).fail(E_FAIL);
        (1..=12).for_each(|it| close_system(create(&format!("web-{it}"), VM)));
    });
}
