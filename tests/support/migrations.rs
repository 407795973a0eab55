//! A small client of live migration: its calls, systems in each phase, and the steps that were told.
//! Not here: expectations.

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Host, Hresult};

use super::listeners::*;
use super::states::*;
use super::*;

pub const SOCKET_URI: &str = "hcs:/VirtualMachine/LiveMigrationSocket";
pub const DESTINATION: &str = r#"{"DestinationMigrationOptions":{"NetworkSettings":{"SessionId":7}}}"#;
pub const LISTENING: i32 = HcsEventOptionEnableLiveMigrationEvents;

pub const INITIALIZE: Request = HcsInitializeLiveMigrationOnSource;
pub const START: Request = HcsStartLiveMigrationOnSource;
pub const TRANSFER: Request = HcsStartLiveMigrationTransfer;
pub const FINALIZE: Request = HcsFinalizeLiveMigration;
pub const CANCEL: Request = HcsCancelLiveMigration;

/// The five calls, with their names.
pub const CALLS: [(&str, Request); 5] = [
    ("initialize", INITIALIZE),
    ("start", START),
    ("transfer", TRANSFER),
    ("finalize", FINALIZE),
    ("cancel", CANCEL),
];

pub fn add(operation: HCS_OPERATION, kind: i32, uri: &str) {
    let socket = std::ptr::without_provenance_mut(0x1234); // only carried
    // SAFETY: the text is valid, any handle value is recognised.
    let code = unsafe { HcsAddResourceToOperation(operation, kind, wide(uri).as_ptr(), socket) };
    assert_eq!(code, S_OK);
}

/// Makes a request with a socket, and waits; answers the operation's outcome.
pub fn ask_with_socket(request: Request, system: HCS_SYSTEM, options: Option<&str>) -> Fetched {
    let operation = operation();
    add(operation, HcsResourceTypeSocket, SOCKET_URI);
    assert_eq!(call(request, system, operation, options), S_OK);
    let outcome = wait(operation);
    close_operation(operation);
    outcome
}

/// Makes one of the five calls as it is to be made: the start with a socket.
pub fn migrate(request: Request, system: HCS_SYSTEM) -> Hresult {
    if request as usize == START as usize {
        ask_with_socket(request, system, None).0
    } else {
        ask(request, system, None).0
    }
}

pub fn all_migrate(requests: &[Request], system: HCS_SYSTEM) {
    for request in requests {
        assert_eq!(migrate(*request, system), S_OK);
    }
}

/// Lets the transfer come to its end.
pub fn transferred(host: &Host) {
    host.advance(Duration::from_secs(1));
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    None,
    Initialized,
    Started,
    Transferring,
    Done,
    Failed,
}

/// A running source "vm" in a phase.
pub fn source_in(phase: Phase, host: &Host) -> HCS_SYSTEM {
    let system = system_in(State::Running);
    match phase {
        Phase::None => {}
        Phase::Initialized => all_migrate(&[INITIALIZE], system),
        Phase::Started => all_migrate(&[INITIALIZE, START], system),
        Phase::Transferring => all_migrate(&[INITIALIZE, START, TRANSFER], system),
        Phase::Done => {
            all_migrate(&[INITIALIZE, START, TRANSFER], system);
            transferred(host);
        }
        Phase::Failed => all_migrate(&[INITIALIZE, CANCEL], system),
    }
    system
}

/// A destination "vm" in a phase; it begins as started.
pub fn destination_in(phase: Phase, host: &Host) -> HCS_SYSTEM {
    let system = system_in(State::Created);
    assert_eq!(ask_with_socket(HcsStartComputeSystem, system, Some(DESTINATION)), (S_OK, None));
    match phase {
        Phase::Transferring => all_migrate(&[TRANSFER], system),
        Phase::Done => {
            all_migrate(&[TRANSFER], system);
            transferred(host);
        }
        Phase::Failed => all_migrate(&[CANCEL], system),
        _ => {}
    }
    system
}

/// The documents of migration events that came so far; no other events may have come.
pub fn steps(listener: &Listener) -> Vec<String> {
    let heard = listener.heard();
    assert!(heard.iter().all(|it| (it.event, it.operation) == (HcsEventGroupLiveMigration, 0)), "{heard:?}");
    heard.into_iter().map(|it| it.data.unwrap()).collect()
}

pub fn told(origin: &str, step: &str) -> String {
    format!(r#"{{"Origin":"{origin}","Event":"{step}"}}"#)
}

pub fn told_with(origin: &str, step: &str, result: &str) -> String {
    format!(r#"{{"Origin":"{origin}","Event":"{step}","Result":"{result}"}}"#)
}
