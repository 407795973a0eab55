//! Compute systems: created, opened, closed, listed, and what their properties are.
//! Not here: what is legal when (`states`).

use hcs_sim::Export::*;
use hcs_sim::FindingKind;
use hcs_sim::computecore::{GENERIC_ALL, HcsCreateOptions_1, HcsEventSystemExited};
use hcs_sim::hresult::*;

use crate::row::*;
use crate::session::VM;

const ALL: Arg = Number(GENERIC_ALL);
/// A machine that goes on without a handle.
const STAYING: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","VirtualMachine":{"StopOnReset":true,"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}}}"#;
const NAMESPACE: Arg = Text("hcs-sim-conformance");
const VERSION_1: i32 = HcsCreateOptions_1;

fn create(row: Row, configuration: &'static str) -> Row {
    row.call(
        HcsCreateComputeSystem,
        [Text("<id>"), Text(configuration), OPERATION, NULL, Arg::Out(Slot::System)],
    )
}

fn open(row: Row, id: &'static str, access: u32) -> Row {
    row.call(HcsOpenComputeSystem, [Text(id), Number(access), Arg::Out(Slot::Opened)])
}

pub fn rows() -> Vec<Row> {
    let mut rows = created();
    rows.extend(created_in_a_namespace());
    rows.extend(opened());
    rows.extend(listed());
    rows.extend(described());
    rows
}

fn created() -> Vec<Row> {
    let refused = |name: &str, configuration: &'static str| {
        create(row(name, &["create-handle", "create-invalid-json"]), configuration).fails(HCS_E_INVALID_JSON)
    };
    vec![
        create(row("create", &["create-handle", "accepted"]), VM).succeeds(),
        create(row("create-then-pending", &["create-handle", "result-pending"]), VM)
            .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
            .gives(HCS_E_OPERATION_PENDING),
        create(row("create-names-its-system", &["pending-handles"]), VM)
            .call(HcsGetComputeSystemFromOperation, [OPERATION])
            .answers(Answer::Is(Slot::System)),
        refused("create-no-json", "{"),
        refused("create-empty-text", ""),
        refused("create-unknown-member", r#"{"VirtualMachine":{},"VirtualMachin":{}}"#),
        refused(
            "create-wrong-type",
            r#"{"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":"256"}}}}"#,
        ),
        row("create-two-kinds", &["create-one-kind", "create-handle"])
            .call(
                HcsCreateComputeSystem,
                [
                    Text("<id>"),
                    Text(r#"{"VirtualMachine":{},"Container":{}}"#),
                    OPERATION,
                    NULL,
                    Arg::Out(Slot::System),
                ],
            )
            .fails(HCS_E_INVALID_JSON),
        row("create-no-kind", &["create-one-kind", "create-handle"])
            .call(HcsCreateComputeSystem, [Text("<id>"), Text("{}"), OPERATION, NULL, Arg::Out(Slot::System)])
            .fails(HCS_E_INVALID_JSON),
        row("create-duplicate", &["create-duplicate", "create-handle"])
            .vm(State::Created)
            .call(HcsCreateComputeSystem, [Text("<id>"), Text(VM), OPERATION, NULL, Arg::Out(Slot::Opened)])
            .fails(HCS_E_SYSTEM_ALREADY_EXISTS),
        row("create-duplicate-in-capitals", &["create-duplicate", "id-case"])
            .vm(State::Created)
            .call(HcsCreateComputeSystem, [Text("<ID>"), Text(VM), OPERATION, NULL, Arg::Out(Slot::Opened)])
            .fails(HCS_E_SYSTEM_ALREADY_EXISTS),
        row("create-again-after-the-exit", &["exit-frees-id"])
            .vm(State::Stopped)
            .call(HcsCreateComputeSystem, [Text("<id>"), Text(VM), OPERATION, NULL, Arg::Out(Slot::Opened)])
            .succeeds(),
        row("create-with-a-pending-operation", &["operation-in-use"])
            .vm(State::Created)
            .operation(Operation::Pending)
            .call(HcsCreateComputeSystem, [Text("<id>-2"), Text(VM), OPERATION, NULL, Arg::Out(Slot::Opened)])
            .gives(HCS_E_OPERATION_ALREADY_STARTED)
            .succeeds(),
    ]
}

fn created_in_a_namespace() -> Vec<Row> {
    let create = |row: Row, namespace: Arg, options: Arg| {
        row.call(
            HcsCreateComputeSystemInNamespace,
            [namespace, Text("<id>"), Text(VM), OPERATION, options, Arg::Out(Slot::System)],
        )
    };
    let exited = Told::Event(
        HcsEventSystemExited,
        Doc::Has(&[("/Status", "0"), ("/ExitType", r#""ForcedExit""#)]),
        false,
    );
    vec![
        create(row("create-in-no-namespace", &["namespaces", "create-handle"]), NULL, NULL)
            .succeeds()
            .call(HcsOpenComputeSystem, [Text("<id>"), ALL, Arg::Out(Slot::Opened)]),
        create(row("create-in-a-namespace", &["namespaces"]), NAMESPACE, NULL)
            .succeeds()
            .call(HcsOpenComputeSystem, [Text("<id>"), ALL, Arg::Out(Slot::Opened)])
            .gives(HCS_E_SYSTEM_NOT_FOUND)
            .call(HcsOpenComputeSystemInNamespace, [NAMESPACE, Text("<id>"), ALL, Arg::Out(Slot::Opened)]),
        create(row("create-with-options", &["create-options"]), NULL, Arg::CreateOptions(VERSION_1, 0))
            .succeeds()
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .call(HcsTerminateComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .hears(&[exited]),
        create(
            row("create-with-options-of-an-unknown-version", &["create-options"]),
            NULL,
            Arg::CreateOptions(7, 0),
        )
        .gives(E_INVALIDARG)
        .call(HcsGetOperationResult, [OPERATION, DOCUMENT])
        .gives(HCS_E_OPERATION_NOT_STARTED),
        create(
            row("create-with-unknown-events", &["create-options"]),
            NULL,
            Arg::CreateOptions(VERSION_1, 0x4000),
        )
        .gives(E_INVALIDARG),
    ]
}

fn opened() -> Vec<Row> {
    let mut rows = vec![
        open(row("open-created", &["open-independent"]).vm(State::Created), "<id>", GENERIC_ALL),
        open(row("open-running", &["open-independent"]).vm(State::Running), "<id>", GENERIC_ALL)
            .call(HcsCloseComputeSystem, [OPENED])
            .call(HcsGetComputeSystemProperties, [SYSTEM, OPERATION, NULL])
            .outcome(S_OK, Doc::Has(&[("/State", r#""Running""#)])),
        open(row("open-in-capitals", &["id-case"]).vm(State::Created), "<ID>", GENERIC_ALL),
        open(row("open-stopped", &["exit-unlists", "open-missing"]).vm(State::Stopped), "<id>", GENERIC_ALL)
            .gives(HCS_E_SYSTEM_NOT_FOUND),
        open(
            row("open-failed", &["failed-create-handle", "open-missing"]).vm(State::Failed),
            "<id>",
            GENERIC_ALL,
        )
        .gives(HCS_E_SYSTEM_NOT_FOUND),
        open(row("open-missing", &["open-missing"]), "<id>", GENERIC_ALL).gives(HCS_E_SYSTEM_NOT_FOUND),
        row("open-missing-in-a-namespace", &["open-missing", "namespaces"])
            .call(HcsOpenComputeSystemInNamespace, [NAMESPACE, Text("<id>"), ALL, Arg::Out(Slot::Opened)])
            .gives(HCS_E_SYSTEM_NOT_FOUND),
        row("open-in-no-namespace", &["namespaces", "open-independent"])
            .vm(State::Created)
            .call(HcsOpenComputeSystemInNamespace, [NULL, Text("<id>"), ALL, Arg::Out(Slot::Opened)]),
        row("open-in-another-namespace", &["namespaces"])
            .vm(State::Created)
            .call(HcsOpenComputeSystemInNamespace, [NAMESPACE, Text("<id>"), ALL, Arg::Out(Slot::Opened)])
            .gives(HCS_E_SYSTEM_NOT_FOUND),
        row("close-the-last-handle", &["last-handle"])
            .vm(State::Running)
            .call(HcsCloseComputeSystem, [SYSTEM])
            .call(HcsOpenComputeSystem, [Text("<id>"), ALL, Arg::Out(Slot::Opened)])
            .gives(HCS_E_SYSTEM_NOT_FOUND)
            .sim_only("how soon the system is gone is a matter of time on Windows"),
        row("close-one-of-two-handles", &["last-handle", "open-independent"])
            .vm(State::Running)
            .call(HcsOpenComputeSystem, [Text("<id>"), ALL, Arg::Out(Slot::Opened)])
            .call(HcsCloseComputeSystem, [SYSTEM])
            .call(HcsGetComputeSystemProperties, [OPENED, OPERATION, NULL])
            .outcome(S_OK, Doc::Has(&[("/State", r#""Running""#)])),
        create(row("close-and-open-again", &["close-keeps-running"]), STAYING)
            .succeeds()
            .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
            .succeeds()
            .call(HcsCloseComputeSystem, [SYSTEM])
            .call(HcsOpenComputeSystem, [Text("<id>"), ALL, Arg::Out(Slot::Opened)]),
        row("close-a-failed-create", &["failed-create-handle", "create-handle"])
            .vm(State::Failed)
            .call(HcsCloseComputeSystem, [SYSTEM]),
    ];
    for (name, access) in [("nothing", 0), ("read", 0x8000_0000), ("maximum", 0x0200_0000)] {
        let row = row(format!("open-with-access-{name}"), &["open-access"]).vm(State::Created);
        rows.push(open(row, "<id>", access).gives(E_INVALIDARG).finds(FindingKind::OpenedWithoutGenericAll));
    }
    rows
}

fn listed() -> Vec<Row> {
    let list = |name: &str, cites: &[&'static str], query: Arg| {
        row(name, cites).vm(State::Running).call(HcsEnumerateComputeSystems, [query, OPERATION])
    };
    let found = Doc::Has(&[("/0/Id", r#""<id>""#), ("/0/State", r#""Running""#), ("/1", "-")]);
    let any = Doc::Has(&[("/0/Id", "*"), ("/0/SystemType", "*")]);
    vec![
        list("enumerate", &["enumerate"], NULL).outcome(S_OK, any),
        list("enumerate-empty-object", &["enumerate"], Text("{}")).outcome(S_OK, any),
        list("enumerate-empty-text", &["enumerate", "query-invalid-json"], Text(""))
            .fails(HCS_E_INVALID_JSON),
        list("enumerate-no-json", &["query-invalid-json"], Text("{")).fails(HCS_E_INVALID_JSON),
        list("enumerate-unknown-member", &["strict-documents"], Text(r#"{"Idz":[]}"#))
            .fails(HCS_E_INVALID_JSON),
        list("enumerate-by-id", &["enumerate-filter"], Text(r#"{"Ids":["<id>"]}"#)).outcome(S_OK, found),
        list(
            "enumerate-by-id-and-owner",
            &["enumerate-filter"],
            Text(r#"{"Ids":["<id>"],"Owners":["hcs-sim-conformance"]}"#),
        )
        .outcome(S_OK, found),
        list(
            "enumerate-by-another-owner",
            &["enumerate-filter"],
            Text(r#"{"Ids":["<id>"],"Owners":["nobody"]}"#),
        )
        .outcome(S_OK, Doc::Text("[]")),
        list(
            "enumerate-by-type",
            &["enumerate-filter"],
            Text(r#"{"Ids":["<id>"],"Types":["VirtualMachine"]}"#),
        )
        .outcome(S_OK, found),
        list(
            "enumerate-by-another-type",
            &["enumerate-filter"],
            Text(r#"{"Ids":["<id>"],"Types":["Container"]}"#),
        )
        .outcome(S_OK, Doc::Text("[]")),
        row("enumerate-stopped", &["exit-unlists"])
            .vm(State::Stopped)
            .call(HcsEnumerateComputeSystems, [Text(r#"{"Ids":["<id>"]}"#), OPERATION])
            .outcome(S_OK, Doc::Text("[]")),
        row("enumerate-has-a-type", &["operation-type"])
            .call(HcsEnumerateComputeSystems, [NULL, OPERATION])
            .call(HcsGetOperationType, [OPERATION])
            .answers(Answer::Number(0)),
        row("enumerate-in-no-namespace", &["namespaces", "enumerate-filter"])
            .vm(State::Running)
            .call(HcsEnumerateComputeSystemsInNamespace, [NULL, Text(r#"{"Ids":["<id>"]}"#), OPERATION])
            .outcome(S_OK, found),
        row("enumerate-in-another-namespace", &["namespaces", "enumerate-filter"])
            .vm(State::Running)
            .call(HcsEnumerateComputeSystemsInNamespace, [NAMESPACE, Text(r#"{"Ids":["<id>"]}"#), OPERATION])
            .outcome(S_OK, Doc::Text("[]")),
    ]
}

fn described() -> Vec<Row> {
    let ask = |name: &str, cites: &[&'static str], state: State, query: Arg| {
        row(name, cites).vm(state).call(HcsGetComputeSystemProperties, [SYSTEM, OPERATION, query])
    };
    let running = Doc::Has(&[
        ("/Id", r#""<id>""#),
        ("/SystemType", r#""VirtualMachine""#),
        ("/Owner", r#""hcs-sim-conformance""#),
        ("/RuntimeId", "*"),
        ("/State", r#""Running""#),
    ]);
    vec![
        ask(
            "properties-created",
            &["properties-created", "properties-omission", "state-properties"],
            State::Created,
            NULL,
        )
        .outcome(S_OK, Doc::Has(&[("/Id", r#""<id>""#), ("/RuntimeId", "*"), ("/State", "-")])),
        ask(
            "properties-running",
            &["properties-running", "compact-json", "state-properties"],
            State::Running,
            NULL,
        )
        .outcome(S_OK, running),
        ask("properties-paused", &["properties-running"], State::Paused, NULL)
            .outcome(S_OK, Doc::Has(&[("/State", r#""Paused""#)])),
        ask("properties-saved", &["save-as-template"], State::Saved, NULL)
            .outcome(S_OK, Doc::Has(&[("/State", r#""SavedAsTemplate""#)])),
        ask("properties-stopped", &["properties-stopped", "state-properties"], State::Stopped, NULL).outcome(
            S_OK,
            Doc::Has(&[
                ("/Id", r#""<id>""#),
                ("/SystemType", r#""Container""#),
                ("/Stopped", "true"),
                ("/ExitType", r#""ForcedExit""#),
                ("/State", "-"),
                ("/Owner", "-"),
            ]),
        ),
        ask("properties-failed", &["failed-create-handle"], State::Failed, NULL)
            .fails(HCS_E_SYSTEM_NOT_FOUND),
        ask("properties-basic", &["property-types"], State::Running, Text(r#"{"PropertyTypes":["Basic"]}"#))
            .outcome(S_OK, running),
        ask("properties-none", &["property-types"], State::Running, Text(r#"{"PropertyTypes":[]}"#))
            .outcome(S_OK, running),
        ask(
            "properties-memory",
            &["property-types", "assigned-memory"],
            State::Running,
            Text(r#"{"PropertyTypes":["Memory"]}"#),
        )
        .outcome(S_OK, Doc::Has(&[("/Memory", "*"), ("/State", r#""Running""#)])),
        ask(
            "properties-last-handle",
            &["property-types", "last-handle"],
            State::Running,
            Text(r#"{"PropertyTypes":["TerminateOnLastHandleClosed"]}"#),
        )
        .outcome(S_OK, Doc::Has(&[("/TerminateOnLastHandleClosed", "true")])),
        ask(
            "properties-of-an-unknown-type",
            &["properties-types"],
            State::Running,
            Text(r#"{"PropertyTypes":["Weather"]}"#),
        )
        .fails(HCS_E_INVALID_JSON),
        ask("properties-no-json", &["query-invalid-json"], State::Running, Text("{"))
            .fails(HCS_E_INVALID_JSON),
        ask("properties-empty-text", &["query-invalid-json"], State::Running, Text(""))
            .fails(HCS_E_INVALID_JSON),
        ask("properties-runtime-id", &["runtime-id"], State::Created, NULL)
            .outcome(S_OK, Doc::Has(&[("/RuntimeId", r#""1f04cdf4-069c-5179-93fa-a3601497d0e4""#)])),
        ask(
            "properties-statistics",
            &["property-types"],
            State::Running,
            Text(r#"{"PropertyTypes":["Statistics"]}"#),
        )
        .outcome(S_OK, Doc::Has(&[("/Statistics/Timestamp", "*"), ("/State", r#""Running""#)])),
        ask(
            "properties-queries",
            &["property-queries"],
            State::Created,
            Text(r#"{"Queries":{"Basic":{},"Weather":{}}}"#),
        )
        .outcome(
            S_OK,
            Doc::Has(&[
                ("/PropertyResponses/Basic/Response/Id", r#""<id>""#),
                ("/PropertyResponses/Weather/Error/Error", "-2147024846"),
            ]),
        ),
    ]
}
