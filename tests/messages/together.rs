//! Findings beside the test's own failure, and what is printed where nothing can panic.
//! Not here: the findings themselves.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hcs_sim::Host;

use crate::snapshot;
use crate::support::*;

#[test]
fn an_error_of_the_test_and_findings() {
    let run = || {
        let _: Result<(), String> = Host::new().run(|_| {
            let _leaked = operation();
            Err("the test's own error".to_owned())
        });
    };
    let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    snapshot::compare("beside-an-error", payload.downcast_ref::<String>().unwrap());
}

/// What a body that may panic writes to stderr, without the panic itself.
#[cfg(unix)]
fn printed(test: &str, body: impl FnOnce()) -> Option<String> {
    let (_, error) = snapshot::in_child(test, "", || {
        let _ = catch_unwind(AssertUnwindSafe(body));
        String::new()
    })?;
    let lines = error.lines().skip_while(|it| !it.starts_with("the test's own panic stands above"));
    let lines: Vec<&str> = lines.collect();
    let text = if lines.is_empty() {
        error.lines().skip_while(|it| !it.starts_with("hcs-sim: ")).collect()
    } else {
        lines
    };
    Some(text.join("\n"))
}

#[cfg(unix)]
#[test]
fn a_panic_of_the_test_and_findings() {
    let text = printed("together::a_panic_of_the_test_and_findings", || {
        Host::new().run(|_| {
            let _leaked = operation();
            panic!("the test's own failure");
        })
    });
    if let Some(text) = text {
        snapshot::compare("beside-a-panic", &text);
    }
}

#[cfg(unix)]
#[test]
fn a_panic_of_the_test_and_notes() {
    let text = printed("together::a_panic_of_the_test_and_notes", || {
        Host::new().run(|_| {
            let (outcome, system) = try_create("web", "{\"VirtualMachin\":{}}");
            close_system(system);
            assert_eq!(outcome.0, 0, "the test's own failure");
        })
    });
    if let Some(text) = text {
        snapshot::compare("notes-beside-a-panic", &text);
    }
}

#[cfg(unix)]
#[test]
fn a_host_that_nobody_verifies() {
    let text = printed("together::a_host_that_nobody_verifies", || {
        let host = Host::new();
        let entered = host.enter();
        let _leaked = operation();
        drop(entered);
        drop(host);
    });
    if let Some(text) = text {
        snapshot::compare("unverified", &text);
    }
}
