//! Live migration: its calls in and out of turn, and what its callbacks are told.
//! Not here: resources as such (`operations`).

use hcs_sim::Export::{self, *};
use hcs_sim::computecore::{
    HcsEventGroupLiveMigration, HcsEventOptionEnableLiveMigrationEvents, HcsResourceTypeSocket,
};
use hcs_sim::hresult::*;

use crate::row::*;

const SOCKET: &str = "Windows wants a real socket";

const CALLS: [(&str, Export); 5] = [
    ("initialize", HcsInitializeLiveMigrationOnSource),
    ("start", HcsStartLiveMigrationOnSource),
    ("transfer", HcsStartLiveMigrationTransfer),
    ("finalize", HcsFinalizeLiveMigration),
    ("cancel", HcsCancelLiveMigration),
];

fn ask(row: Row, export: Export) -> Row {
    row.call(export, [SYSTEM, OPERATION, NULL])
}

fn with_socket(row: Row) -> Row {
    row.call(
        HcsAddResourceToOperation,
        [
            OPERATION,
            Number(HcsResourceTypeSocket as u32),
            Text("hcs:/VirtualMachine/LiveMigrationSocket"),
            Number(0x1234),
        ],
    )
}

fn told(document: &'static str) -> Told {
    Told::Event(HcsEventGroupLiveMigration, Doc::Text(document), false)
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, export) in CALLS {
        let before = row(format!("migration-{name}-of-created"), &["state-migration"]).vm(State::Created);
        rows.push(ask(before, export).fails(HCS_E_INVALID_STATE));
        let container = row(format!("migration-{name}-of-a-container"), &["migration-containers"]);
        rows.push(ask(container.container(State::Running), export).fails(HRESULT_ERROR_NOT_SUPPORTED));
        let no_json = row(format!("migration-{name}-no-json"), &["query-invalid-json"]).vm(State::Running);
        rows.push(no_json.call(export, [SYSTEM, OPERATION, Text("{")]).fails(HCS_E_INVALID_JSON));
        let typed = row(format!("migration-{name}-type"), &["operation-type"]).vm(State::Running);
        rows.push(ask(typed, export).call(HcsGetOperationType, [OPERATION]).answers(Answer::Number(19)));
        if export != HcsInitializeLiveMigrationOnSource {
            let early =
                row(format!("migration-{name}-out-of-turn"), &["migration-phases"]).vm(State::Running);
            rows.push(ask(early, export).fails(HCS_E_INVALID_STATE));
        }
    }
    let initialized = |name: &str, cites: &[&'static str]| {
        ask(row(name, cites).vm(State::Running), HcsInitializeLiveMigrationOnSource).succeeds()
    };
    let started = |name: &str, cites: &[&'static str]| {
        ask(with_socket(initialized(name, cites).sim_only(SOCKET)), HcsStartLiveMigrationOnSource).succeeds()
    };
    // The wait is for the transfer to come to its end.
    let transferred = |name: &str, cites: &[&'static str]| {
        ask(started(name, cites), HcsStartLiveMigrationTransfer)
            .succeeds()
            .call(HcsWaitForComputeSystemExit, [SYSTEM, Number(5_000), NULL])
            .gives(HCS_E_OPERATION_TIMEOUT)
    };
    rows.extend([
        initialized("migration-initialize", &["migration-phases"]),
        ask(
            initialized("migration-initialize-twice", &["migration-phases"]),
            HcsInitializeLiveMigrationOnSource,
        )
        .fails(HCS_E_INVALID_STATE),
        ask(
            initialized("migration-start-without-a-socket", &["migration-socket"]),
            HcsStartLiveMigrationOnSource,
        )
        .fails(E_INVALIDARG),
        initialized("migration-of-the-other-side", &["migration-origin"])
            .sim_only(SOCKET)
            .call(HcsCancelLiveMigration, [SYSTEM, OPERATION, Text(r#"{"Origin":"Destination"}"#)])
            .fails(E_INVALIDARG),
        started("migration-start", &["migration-phases", "migration-socket"]),
        ask(started("migration-transfer", &["migration-phases"]), HcsStartLiveMigrationTransfer).succeeds(),
        ask(
            transferred("migration-finalize", &["migration-phases", "migration-finalize"]),
            HcsFinalizeLiveMigration,
        )
        .succeeds()
        .call(HcsWaitForComputeSystemExit, [SYSTEM, Number(60_000), DOCUMENT])
        .document(Doc::Has(&[("/Status", "0"), ("/ExitType", r#""ForcedExit""#)])),
        ask(transferred("migration-pause-when-done", &["migration-requests"]), HcsPauseComputeSystem)
            .fails(HCS_E_INVALID_STATE),
        with_socket(
            row("migration-destination", &["migration-destination", "migration-socket"]).vm(State::Created),
        )
        .sim_only(SOCKET)
        .call(
            HcsStartComputeSystem,
            [
                SYSTEM,
                OPERATION,
                Text(r#"{"DestinationMigrationOptions":{"NetworkSettings":{"SessionId":7}}}"#),
            ],
        )
        .succeeds()
        .call(HcsGetComputeSystemProperties, [SYSTEM, OPERATION, NULL])
        .outcome(S_OK, Doc::Has(&[("/State", r#""Running""#)])),
        ask(initialized("migration-cancel", &["migration-failures"]), HcsCancelLiveMigration).succeeds(),
    ]);
    let listening = row("migration-events", &["migration-events"]).vm(State::Running).sim_only(SOCKET).call(
        HcsSetComputeSystemCallback,
        [SYSTEM, Number(HcsEventOptionEnableLiveMigrationEvents as u32), Arg::Listener, Arg::OnEvent],
    );
    let listening = ask(listening, HcsInitializeLiveMigrationOnSource).succeeds();
    let listening = ask(with_socket(listening), HcsStartLiveMigrationOnSource).succeeds();
    rows.push(ask(listening, HcsStartLiveMigrationTransfer).succeeds().hears(&[
        told(r#"{"Origin":"Source","Event":"SetupDone"}"#),
        told(r#"{"Origin":"Source","Event":"TransferInProgress"}"#),
        told(r#"{"Origin":"Source","Event":"BlackoutStarted"}"#),
        told(r#"{"Origin":"Source","Event":"OfflineDone","Result":"Success"}"#),
        told(r#"{"Origin":"Source","Event":"MigrationDone","Result":"Success"}"#),
    ]));
    rows
}
