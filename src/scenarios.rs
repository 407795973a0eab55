//! A shelf of scenarios: what HCS does to clients in the field, each after a bug that a real project had. One call in Rust,
//! one line in a file. Not here: what scenarios are ([`Scenario`]), failures of single calls ([`faults`](crate::faults)).
//!
//! Each takes the id of the system that it is about. A rule of it that never applies is a finding, as any other: the client did not
//! come to where the trouble is.
//!
//! ```
//! use hcs_sim::{Host, scenarios};
//! # mod my_crate { pub fn boot(_: &str) -> Result<(), ()> { Err(()) } }
//! Host::new().run(|host| {
//!     host.play(&scenarios::exit_while_starting("web")).unwrap();
//!     # host.allow(hcs_sim::FindingKind::RuleNeverApplied);
//!     assert!(my_crate::boot("web").is_err());
//! });
//! // The same in a file: { "scenarios": [{ "name": "exit_while_starting", "system": "web" }] }
//! ```

use crate::scenario::Scenario;

/// Rows: name, and what a file would say; `$system` stands for the id, as JSON.
macro_rules! shelf {
    ($($(#[$doc:meta])* $name:ident: $text:literal;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(system: &str) -> Scenario {
                placed(stringify!($name), $text, system)
            }
        )*

        /// The names of all.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// The one with a name, which is one of [`NAMES`].
        pub(crate) fn by_name(name: &str, system: &str) -> Scenario {
            match name {
                $(stringify!($name) => $name(system),)*
                _ => unreachable!("hcs-sim bug: names are checked when a file is read"),
            }
        }

        /// Every one of them by its name, about a system: for tests that try them all.
        ///
        /// ```
        /// use hcs_sim::{Host, scenarios};
        /// for (name, scenario) in scenarios::all("web") {
        ///     let host = Host::new();
        ///     host.play(&scenario).unwrap();
        ///     # host.allow(hcs_sim::FindingKind::RuleNeverApplied);
        ///     # host.allow(hcs_sim::FindingKind::EventMissed);
        ///     // .. the client reports a failure, and does not hang ..
        /// }
        /// ```
        pub fn all(system: &str) -> Vec<(&'static str, Scenario)> {
            vec![$((stringify!($name), $name(system))),*]
        }
    };
}

fn placed(name: &str, text: &str, system: &str) -> Scenario {
    let id = serde_json::Value::from(system).to_string();
    Scenario::on_shelf(name, &text.replace("$system", &id))
}

shelf! {
    /// The system exits while its start is pending: the start fails with `HCS_E_TERMINATED_DURING_START` after a second, and the
    /// exit is told too. Clients that watch only the operation or only the event report half of it, or report it twice.
    exit_while_starting: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "simulate": true, "after": "2s",
        "raising": [{"meanwhile": true, "after": "1s", "event": "worker_death", "system": $system}]}]}"#;

    /// The service goes away while a start is pending, and comes back two seconds later. The operation fails with
    /// `HCS_E_SERVICE_DISCONNECT` and every handle is stale. hcsshim's waiters hung until it took this notification into account.
    disconnect_while_starting: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "simulate": true, "after": "2s",
        "raising": [{"meanwhile": true, "after": "1s", "event": "service_disconnect"},
                    {"meanwhile": true, "after": "3s", "event": "service_return"}]}]}"#;

    /// The service is stopped, with every system, half a second after a start, and comes back two seconds later. A client that keeps its
    /// handles talks to nobody for ever.
    service_restarts: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "simulate": true,
        "raising": [{"after": "500ms", "event": "service_stop"}, {"after": "2500ms", "event": "service_return"}]}]}"#;

    /// The system exits while a pause is pending: the pause fails with `HCS_E_UNEXPECTED_EXIT`, and there is nothing to resume.
    exit_while_pausing: r#"{"rules": [{
        "when": {"call": "pause", "system": $system}, "simulate": true, "after": "2s",
        "raising": [{"meanwhile": true, "after": "1s", "event": "worker_death", "system": $system}]}]}"#;

    /// The exit event of a terminate comes a minute later. A client that closes its handle as soon as the terminate has completed, and
    /// waits for the event then, waits for ever: multipass did.
    late_event_after_close: r#"{"rules": [{
        "when": {"call": "terminate", "system": $system}, "simulate": true, "event_after": "1min"}]}"#;

    /// The first system with this id is terminated, and its exit event comes when its successor with the same id may be running: only a
    /// client that keeps the old handle open hears it, and must not take it for the new system's. VMLord counts generations for that.
    late_event_of_predecessor: r#"{"rules": [{
        "when": {"call": "terminate", "system": $system, "nth": 1}, "simulate": true, "event_after": "5s"}]}"#;

    /// The guest takes a shutdown request and does nothing: only a terminate helps. hcsshim once took the success of the request for the end
    /// of the machine.
    shutdown_ignored: r#"{"rules": [{
        "when": {"call": "shut_down", "system": $system}, "acknowledge": true}]}"#;

    /// A shutdown is accepted, and its operation fails: the guest has nothing that could take the request. Clients that do not
    /// wait for the operation notice nothing, and the machine runs on.
    shutdown_fails_later: r#"{"rules": [{
        "when": {"call": "shut_down", "system": $system}, "fault": {"name": "guest_no_shutdown_channel"}, "after": "3s"}]}"#;

    /// A shutdown fails with `HCS_E_INVALID_JSON`, as it does for options that are NULL or empty.
    shutdown_refuses_options: r#"{"rules": [{
        "when": {"call": "shut_down", "system": $system}, "fault": {"name": "invalid_options"}}]}"#;

    /// A terminate completes at once, and the exit event comes ten seconds later. Whoever deletes the machine's files in between finds them
    /// in use.
    exit_long_after_terminate: r#"{"rules": [{
        "when": {"call": "terminate", "system": $system}, "simulate": true, "event_after": "10s"}]}"#;

    /// The exit event of a terminate never comes.
    exit_event_lost: r#"{"rules": [{
        "when": {"call": "terminate", "system": $system}, "simulate": true, "loses_events": true}]}"#;

    /// A create is accepted and hands out a handle, and its operation fails. The handle is the client's to close all the same; appsandbox
    /// and others overwrote it with that of the next try.
    create_fails_later: r#"{"rules": [{
        "when": {"call": "create", "system": $system}, "fault": {"name": "construct_access_denied"}, "after": "1s"}]}"#;

    /// A create is refused by the call itself: there is no handle, and nothing comes through the operation.
    create_refused_at_once: r#"{"rules": [{
        "when": {"call": "create", "system": $system}, "fault": {"name": "access_denied", "at_once": true}}]}"#;

    /// A start is accepted with `S_OK` and fails later. Early clients took the `S_OK` of the call for success.
    start_fails_later: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "fail": "E_OUTOFMEMORY", "after": "1s"}]}"#;

    /// A start fails without a result document, which HCS is free to leave out. Clients that parse first and ask later crash.
    result_document_missing: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "fail": "HCS_E_UNEXPECTED_EXIT", "no_document": true}]}"#;

    /// A query of properties succeeds without a document.
    properties_missing: r#"{"rules": [{
        "when": {"call": "properties", "system": $system}, "succeed": true, "no_document": true}]}"#;

    /// A start never completes. Only a timeout, or a terminate, ends the wait.
    start_never_completes: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "never_completes": true}]}"#;

    /// A start takes five minutes: a wait with a usual timeout ends with `HCS_E_OPERATION_TIMEOUT`, and the operation completes
    /// later, when the client may have closed it or started another machine. appsandbox read the timeout as the final result.
    start_outlives_timeout: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "simulate": true, "after": "5min"}]}"#;

    /// Processes start and end, and nobody is told of their ends: `HcsWaitForProcessExit` knows.
    process_exit_event_lost: r#"{"rules": [{
        "when": {"call": "create_process", "system": $system}, "simulate": true, "loses_events": true}]}"#;

    /// The program of a process does not exist: the create is accepted and fails later.
    process_not_found: r#"{"rules": [{
        "when": {"call": "create_process", "system": $system}, "fault": {"name": "program_not_found"}}]}"#;

    /// A process cannot be signalled. hcsshim swallowed every error of a signal that it did not know.
    signal_denied: r#"{"rules": [{
        "when": {"call": "signal", "system": $system}, "fail": "E_ACCESSDENIED"}]}"#;

    /// The worker of the machine dies five seconds after its start, when several threads may wait for its exit. Each has to be
    /// released: hcsshim released one.
    several_wait_for_exit: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "simulate": true,
        "raising": [{"after": "5s", "event": "worker_death", "system": $system}]}]}"#;

    /// The guest crashes three seconds after its start: two crash events, then the exit, whose cause stands in `Attribution` only.
    guest_crashes: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "simulate": true,
        "raising": [{"after": "3s", "event": "guest_crash", "system": $system, "crash_parameters": [239, 1, 2, 3, 4]}]}]}"#;

    /// The connection to the guest's agent closes three seconds after the start, and the machine runs on. It is event 6; one client had
    /// numbered the events by guess.
    guest_connection_lost: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "simulate": true,
        "raising": [{"after": "3s", "event": "guest_connection_lost", "system": $system}]}]}"#;

    /// Callbacks are told an exit without data, one second after the start. WSL reads the data without a look at the pointer.
    exit_without_data: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "simulate": true,
        "raising": [{"after": "1s", "event": "to_system", "system": $system, "event_type": "SystemExited"}]}]}"#;

    /// Systems of others are there whose ids are no GUIDs, one of them never started. A tool of WSL panicked on such ids; another program
    /// looked for "Running" in the whole list and found the wrong machine's.
    foreign_systems: r#"{"systems": [
        {"id": "cellar-0", "state": "Created"},
        {"id": "cellar (copy)", "state": "Running"},
        {"id": "5f6c0a1e-7d8b-4b6e-9c57-0d1a53a1f3be", "configuration": {"Container": {}}, "state": "Paused"}]}"#;

    /// A system with this id is there already, left over from a run that was killed: a create finds the id taken.
    left_over: r#"{"systems": [{"id": $system}]}"#;

    /// A query says that the system has stopped, in the short form, though nobody was told. Cowork took the answer for a running machine and
    /// never made it anew.
    stopped_unnoticed: r#"{"rules": [{
        "when": {"call": "properties", "system": $system}, "succeed": true,
        "document": {"Id": $system, "SystemType": "Container", "Stopped": true, "ExitType": "UnexpectedExit"}}]}"#;

    /// The host speaks German: nothing in a message can be relied on.
    localized_messages: r#"{"rules": [{
        "when": {"call": "start", "system": $system},
        "fault": {"name": "disk_sparse", "path": "C:\\disks\\system.vhdx", "message": "Der Datentr\u00e4ger wird in dieser Form nicht unterst\u00fctzt."}}]}"#;

    /// `HCS_E_HYPERV_NOT_INSTALLED` (0x80370102), which one client had as its code for a timeout.
    code_of_hyperv_not_installed: r#"{"rules": [{
        "when": {"call": "create", "system": $system}, "fault": {"name": "hyperv_not_installed"}}]}"#;

    /// `HCS_E_SYSTEM_ALREADY_EXISTS` (0x8037010F) with 0xC037010F in the document; 0x8037010D was taken for it.
    code_of_already_exists: r#"{"rules": [{
        "when": {"call": "create", "system": $system}, "fault": {"name": "duplicate_id"}}]}"#;

    /// `HCS_E_CONNECTION_TIMEOUT` (0x80370109), which is not `HCS_E_OPERATION_TIMEOUT` (0x80370118): the operation is over.
    code_of_connection_timeout: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "fail": "HCS_E_CONNECTION_TIMEOUT", "after": "4s"}]}"#;

    /// `HCS_E_SYSTEM_NOT_FOUND` (0x8037010E) where hcsshim looked for 0xC037010E.
    code_of_not_found: r#"{"rules": [{
        "when": {"call": "open", "system": $system}, "fault": {"name": "system_not_found"}}]}"#;

    /// `HCS_E_SYSTEM_ALREADY_STOPPED` (0x80370110) with 0xC0370110 in the document: a terminate that came too late has what it wanted.
    code_of_already_stopped: r#"{"rules": [{
        "when": {"call": "terminate", "system": $system}, "fault": {"name": "already_stopped"}}]}"#;

    /// `ERROR_PROC_NOT_FOUND` (0x8007007F), "the procedure could not be found", which hcsshim read as "the process was not found", so
    /// that a failed shutdown counted as done.
    code_of_proc_not_found: r#"{"rules": [{
        "when": {"call": "shut_down", "system": $system}, "fault": {"name": "proc_not_found"}}]}"#;

    /// `E_INVALIDARG` of a terminate, which clients took for "it is gone already".
    code_of_invalid_argument: r#"{"rules": [{
        "when": {"call": "terminate", "system": $system}, "fail": "E_INVALIDARG"}]}"#;

    /// `HCS_E_INVALID_STATE` (0x80370105): the request is right, and comes at the wrong time.
    code_of_invalid_state: r#"{"rules": [{
        "when": {"call": "start", "system": $system}, "fail": "HCS_E_INVALID_STATE"}]}"#;
}
