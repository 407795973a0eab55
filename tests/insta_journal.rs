//! Journals as insta snapshots: stable to the letter in every run, and small enough to be looked at in a review.
//! Not here: the messages of findings (`messages`), the journal's own format (`saving`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, Journal, ResultError, call as calls, event, program};
use insta::{assert_json_snapshot, assert_snapshot, assert_yaml_snapshot};
use support::listeners::Listener;
use support::processes::*;
use support::*;

/// The first start fails, the second does not; then the worker dies, and a callback hears of it.
fn a_machine() -> Journal {
    let host = Host::new();
    host.when(calls::start())
        .fail(E_OUTOFMEMORY)
        .document(ResultError::new().message("too little memory"))
        .after(Duration::from_secs(2))
        .then()
        .simulate();
    host.run(|host| {
        let system = create("web", VM);
        let listener = Listener::new();
        assert_eq!(listener.register(system, HcsEventOptionNone), S_OK);
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, E_OUTOFMEMORY);
        start(system);
        host.raise_after(Duration::from_secs(60), event::worker_death("web"));
        assert_eq!(wait_for_exit(system, 120_000).0, S_OK);
        assert_eq!(listener.next().event, HcsEventSystemExited);
        close_system(system);
        host.journal()
    })
}

/// A container in which a program runs.
fn a_container() -> Journal {
    Host::new().run(|host| {
        host.canned("cmd /c ver", program::prints("Windows\r\n").exits_with(3));
        let system = create("box", CONTAINER);
        start(system);
        let (code, started) =
            try_start_process(system, r#"{"CommandLine":"cmd /c ver","CreateStdOutPipe":true}"#);
        assert_eq!(code, S_OK);
        started.close();
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        close_system(system);
        host.journal()
    })
}

#[test]
fn a_journal_as_text() {
    assert_snapshot!(a_machine());
}

#[test]
fn a_journal_as_yaml() {
    assert_yaml_snapshot!(a_container());
}

/// What a test is not about is left out: who has called, when, and what the documents say.
#[test]
fn a_journal_as_json_with_redactions() {
    assert_json_snapshot!(a_machine(), {
        "[].at" => "[time]",
        "[].began" => "[time]",
        "[].thread" => "[thread]",
        "[].**.document" => "[document]",
        "[].arguments.configuration" => "[configuration]",
    });
}

/// Where only the order of calls matters, a test says so.
#[test]
fn the_calls_of_a_journal() {
    let journal = a_container();
    let calls: Vec<String> =
        journal.calls().map(|(call, answer)| format!("{} {}", call.export(), answer.returned)).collect();
    assert_snapshot!(calls.join("\n"));
}
