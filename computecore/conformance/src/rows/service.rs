//! The service: its properties, its settings, crash reports.
//! Not here: files and access (`files`).

use hcs_sim::Export::*;
use hcs_sim::hresult::*;

use crate::row::*;

const BASIC: Doc =
    Doc::Has(&[("/Properties/0/SupportedSchemaVersions/0/Major", "*"), ("/Properties/1", "-")]);
const SETTINGS: &str = "it would change the settings of the machine";

pub fn rows() -> Vec<Row> {
    let ask = |name: &str, cites: &[&'static str], query: Arg| {
        row(name, cites).call(HcsGetServiceProperties, [query, DOCUMENT])
    };
    let refused = |name: &str, query: &'static str| {
        ask(name, &["service-query-invalid"], Text(query))
            .gives(HCS_E_INVALID_JSON)
            .document(Doc::Error(HCS_E_INVALID_JSON))
    };
    let set = |name: &str, cites: &[&'static str], settings: &'static str, out: Arg| {
        row(name, cites).call(HcsModifyServiceSettings, [Text(settings), out])
    };
    let invalid = Doc::Error(HCS_E_INVALID_JSON);
    vec![
        ask("service", &["service-basic"], NULL).document(BASIC),
        ask("service-basic", &["service-basic", "service-query"], Text(r#"{"PropertyTypes":["Basic"]}"#)).document(BASIC),
        ask(
            "service-two-properties",
            &["service-query"],
            Text(r#"{"PropertyTypes":["ProcessorTopology","Basic"]}"#),
        )
        .document(Doc::Has(&[
            ("/Properties/0/LogicalProcessorCount", "*"),
            ("/Properties/1/SupportedSchemaVersions", "*"),
        ])),
        ask("service-no-types", &["service-query"], Text(r#"{"PropertyTypes":[]}"#))
            .document(Doc::Text(r#"{"Properties":[]}"#)),
        ask(
            "service-processor-capabilities",
            &["processor-capabilities"],
            Text(r#"{"PropertyQueries":{"ProcessorCapabilities":{}}}"#),
        )
        .document(Doc::Has(&[("/PropertyResponses/ProcessorCapabilities/Response", "*")])),
        refused("service-no-json", "{"),
        refused("service-empty-text", ""),
        refused("service-unknown-type", r#"{"PropertyTypes":["Weather"]}"#),
        refused("service-memory", r#"{"PropertyTypes":["Memory"]}"#),
        refused("service-unknown-member", r#"{"PropertyTyps":["Basic"]}"#),
        row("service-no-out", &["null-argument"])
            .sim_only(super::misuse::NULL_ARGUMENT)
            .call(HcsGetServiceProperties, [NULL, NULL])
            .gives(E_INVALIDARG),
        set("settings-no-json", &["service-modify"], "{", DOCUMENT).gives(HCS_E_INVALID_JSON).document(invalid),
        set("settings-no-json-no-out", &["service-modify"], "{", NULL).gives(HCS_E_INVALID_JSON),
        set("settings-unknown-type", &["service-modify"], r#"{"PropertyType":"Weather","Settings":{}}"#, DOCUMENT)
            .gives(HCS_E_INVALID_JSON)
            .document(invalid),
        row("settings-null", &["null-argument"])
            .sim_only(super::misuse::NULL_ARGUMENT)
            .call(HcsModifyServiceSettings, [NULL, DOCUMENT])
            .gives(E_INVALIDARG),
        set(
            "settings-cpu-group",
            &["cpu-groups", "service-modify"],
            r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"CreateGroup","OperationDetails":{"GroupId":"b4e07a63-1c9d-4f52-86ea-d03f7b518c29","LogicalProcessorCount":1,"LogicalProcessors":[1]}}}"#,
            DOCUMENT,
        )
        .sim_only(SETTINGS)
        .call(
            HcsModifyServiceSettings,
            [
                Text(r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"DeleteGroup","OperationDetails":{"GroupId":"b4e07a63-1c9d-4f52-86ea-d03f7b518c29"}}}"#),
                DOCUMENT,
            ],
        ),
        set(
            "settings-missing-cpu-group",
            &["cpu-groups", "service-modify"],
            r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"DeleteGroup","OperationDetails":{"GroupId":"b4e07a63-1c9d-4f52-86ea-d03f7b518c30"}}}"#,
            DOCUMENT,
        )
        .gives(HRESULT_ERROR_NOT_FOUND)
        .document(Doc::Error(HRESULT_ERROR_NOT_FOUND)),
        row("report", &["wer-report"])
            .sim_only("it would send a report of a crash that was none")
            .call(HcsSubmitWerReport, [Text(r#"{"SystemId":"<id>","CrashParameters":[239,3,0,0,0]}"#)]),
        row("report-no-json", &["wer-report"]).call(HcsSubmitWerReport, [Text("{")]).gives(HCS_E_INVALID_JSON),
        row("report-null", &["null-argument"])
            .sim_only(super::misuse::NULL_ARGUMENT)
            .call(HcsSubmitWerReport, [NULL])
            .gives(E_INVALIDARG),
    ]
}
