//! The service itself: its properties, its settings, crash reports; what rules make of these calls.
//! Not here: files and access rights (`files`), the service's end and return (`disconnect`).

mod support;

use std::ptr::{dangling_mut, null, null_mut};
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::win32::LocalFree;
use hcs_sim::{CrashReport, Export, FindingKind, Host, Hresult, ResultError, call};
use serde_json::{Value, json};
use support::listeners::*;
use support::states::*;
use support::*;

const GROUP: &str = "6F2C9A10-4B1D-4E59-9C7A-0D5B8E3F2A41";
const OTHER: &str = "0a8b7c6d-1e2f-4a3b-8c4d-5e6f7a8b9c0d";

fn text_of(text: Option<&str>) -> Vec<u16> {
    text.map(wide).unwrap_or_default()
}

/// Asks for properties of the service; `None` is NULL.
fn service_properties(query: Option<&str>) -> Fetched {
    let units = text_of(query);
    properties_by(if query.is_some() { units.as_ptr() } else { null() })
}

fn properties_by(query: PCWSTR) -> Fetched {
    let mut document = dangling_mut(); // it is written in any case
    // SAFETY: the text and the out pointer are valid.
    let code = unsafe { HcsGetServiceProperties(query, &mut document) };
    (code.into(), take(document))
}

fn modify_service(settings: &str) -> Fetched {
    modify_by(wide(settings).as_ptr())
}

fn modify_by(settings: PCWSTR) -> Fetched {
    let mut document = dangling_mut(); // it is written in any case
    // SAFETY: the text and the out pointer are valid.
    let code = unsafe { HcsModifyServiceSettings(settings, &mut document) };
    (code.into(), take(document))
}

fn submit(report: &str) -> Hresult {
    // SAFETY: the text is valid.
    unsafe { HcsSubmitWerReport(wide(report).as_ptr()) }.into()
}

/// What one property type is answered with.
fn property(kind: &str) -> Value {
    let (code, document) = service_properties(Some(&json!({ "PropertyTypes": [kind] }).to_string()));
    assert_eq!(code, S_OK);
    json(document)["Properties"][0].take()
}

fn cpu_group(operation: &str, details: Value) -> Fetched {
    let settings = json!({ "Operation": operation, "OperationDetails": details });
    modify_service(&json!({ "PropertyType": "CpuGroup", "Settings": settings }).to_string())
}

fn credential_guard(operation: &str, details: Value) -> Fetched {
    let settings = json!({ "Operation": operation, "OperationDetails": details });
    modify_service(&json!({ "PropertyType": "ContainerCredentialGuard", "Settings": settings }).to_string())
}

/// The refusal of a document: the code, and the event that says so.
fn assert_invalid((code, document): Fetched, what: &str) {
    assert_eq!(code, HCS_E_INVALID_JSON, "{what}");
    let document = json(document);
    assert_eq!(document["Error"], HCS_E_INVALID_JSON.nt_form().as_i32(), "{what}");
    assert_eq!(document["ErrorEvents"][0]["EventId"], 11001, "{what}");
}

/// A failure with code and message alone.
fn assert_plain((code, document): Fetched, expected: Hresult) {
    assert_eq!(code, expected);
    assert_explains(&json(document), expected);
}

fn assert_explains(document: &Value, code: Hresult) {
    let members: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(members, ["Error", "ErrorMessage"]);
    assert_eq!(document["Error"], code.as_i32());
    assert!(document["ErrorMessage"].as_str().is_some_and(|it| !it.is_empty()));
}

/// A text that is not valid UTF-16: `{`, a lone surrogate, `}`.
const LONE: [u16; 4] = [0x7B, 0xD800, 0x7D, 0];

// Properties

#[test]
fn without_a_query_the_service_tells_its_basic_properties() {
    Host::new().run(|_| {
        let basic =
            r#"{"Properties":[{"SupportedSchemaVersions":[{"Major":1,"Minor":0},{"Major":2,"Minor":6}]}]}"#;
        assert_eq!(service_properties(None), (S_OK, Some(basic.to_owned())));
        let query = r#"{"PropertyTypes":["Basic"]}"#;
        assert_eq!(service_properties(Some(query)), (S_OK, Some(basic.to_owned())));
    });
}

#[test]
fn the_newest_schema_of_the_service_is_a_switch() {
    Host::builder().behavior(|it| it.schema_minor = 1).run(|_| {
        let versions = &property("Basic")["SupportedSchemaVersions"];
        assert_eq!(versions[1], json!({ "Major": 2, "Minor": 1 }));
    });
}

#[test]
fn each_property_stands_where_its_type_was_asked_for() {
    Host::new().run(|_| {
        let basic = json!({ "SupportedSchemaVersions": [
            { "Major": 1, "Minor": 0 }, { "Major": 2, "Minor": 6 },
        ] });
        let qos = json!({ "ProcessorQoSSupported": true });
        let groups = json!({ "CpuGroups": [] });
        let guards = json!({ "Instances": [] });
        let query =
            r#"{"PropertyTypes":["QoSCapabilities","Basic","CpuGroup","ContainerCredentialGuard","Basic"]}"#;
        let (code, document) = service_properties(Some(query));
        assert_eq!(code, S_OK);
        assert_eq!(json(document), json!({ "Properties": [qos, basic, groups, guards, basic] }));
    });
}

#[test]
fn the_processor_topology_has_as_many_processors_as_the_host() {
    Host::builder().behavior(|it| it.logical_processors = 3).run(|_| {
        let (_, document) = service_properties(Some(r#"{"PropertyTypes":["ProcessorTopology"]}"#));
        let expected = concat!(
            r#"{"Properties":[{"LogicalProcessorCount":3,"LogicalProcessors":["#,
            r#"{"LpIndex":0,"NodeNumber":0,"PackageId":0,"CoreId":0,"RootVpIndex":0},"#,
            r#"{"LpIndex":1,"NodeNumber":0,"PackageId":0,"CoreId":0,"RootVpIndex":1},"#,
            r#"{"LpIndex":2,"NodeNumber":0,"PackageId":0,"CoreId":1,"RootVpIndex":2}]}]}"#
        );
        assert_eq!(document.as_deref(), Some(expected));
    });
    Host::new().run(|_| assert_eq!(property("ProcessorTopology")["LogicalProcessorCount"], 4));
}

#[test]
fn a_query_for_nothing_is_answered_with_nothing() {
    Host::new().run(|_| {
        for (query, answer) in [
            ("{}", r#"{"Properties":[]}"#),
            (r#"{"PropertyTypes":[]}"#, r#"{"Properties":[]}"#),
            (r#"{"PropertyQueries":null}"#, r#"{"Properties":[]}"#),
            (r#"{"PropertyQueries":{}}"#, r#"{"PropertyResponses":{}}"#),
        ] {
            assert_eq!(service_properties(Some(query)), (S_OK, Some(answer.to_owned())), "{query}");
        }
    });
}

#[test]
fn a_service_query_that_is_not_valid_is_refused_with_a_document() {
    Host::new().run(|_| {
        for query in [
            "",
            " ",
            "{",
            "null",
            "[]",
            r#"["Basic"]"#,
            "\u{feff}{}",
            r#"{"PropertyTypes":["Memory"]}"#, // which the documentation's own sample asks for
            r#"{"PropertyTypes":["basic"]}"#,
            r#"{"PropertyTypes":["Basic","Nothing"]}"#,
            r#"{"PropertyTypes":[0]}"#,
            r#"{"PropertyTypes":"Basic"}"#,
            r#"{"PropertyQueries":["ProcessorCapabilities"]}"#,
            r#"{"Propertytypes":["Basic"]}"#,
            r#"{"PropertyTypes":["Basic"],"PropertyTypes":["Basic"]}"#,
        ] {
            assert_invalid(service_properties(Some(query)), query);
        }
        assert_invalid(properties_by(LONE.as_ptr()), "a lone surrogate");
    });
}

#[test]
fn service_properties_need_somewhere_to_be_written() {
    Host::new().run(|host| {
        // SAFETY: both are NULL.
        let code = unsafe { HcsGetServiceProperties(null(), null_mut()) };
        assert_eq!(code, E_INVALIDARG);
        let journal = host.journal().to_string();
        assert!(journal.contains("result is NULL, and HcsGetServiceProperties requires it"), "{journal}");
    });
}

#[test]
fn processor_capabilities_are_told_as_a_response() {
    Host::new().run(|_| {
        let (code, document) =
            service_properties(Some(r#"{"PropertyQueries":{"ProcessorCapabilities":{}}}"#));
        assert_eq!(code, S_OK);
        let document = document.unwrap();
        // In the order of the type.
        let start =
            r#"{"PropertyResponses":{"ProcessorCapabilities":{"Response":{"ProcessorFeatures":["Sse3","#;
        assert!(document.starts_with(start), "{document}");
        let capabilities =
            &serde_json::from_str::<Value>(&document).unwrap()["PropertyResponses"]["ProcessorCapabilities"];
        assert!(capabilities.get("Error").is_none());
        let response = &capabilities["Response"];
        assert!(response["XsaveProcessorFeatures"].as_array().unwrap().contains(&json!("Avx2")));
        assert_eq!(response["NonArchitecturalCoreSharing"], "Unreported");
        assert!(response["CacheLineFlushSize"].is_u64());
        assert!(response["ImplementedPhysicalAddressBits"].is_u64());
    });
}

#[test]
fn a_property_query_that_nothing_knows_gets_an_error_of_its_own() {
    Host::new().run(|_| {
        let query = r#"{"PropertyTypes":["QoSCapabilities"],"PropertyQueries":{"Weather":{},"ProcessorCapabilities":{}}}"#;
        let (code, document) = service_properties(Some(query));
        assert_eq!(code, S_OK);
        let document = json(document);
        assert_eq!(document["Properties"], json!([{ "ProcessorQoSSupported": true }]));
        let responses = &document["PropertyResponses"];
        assert!(responses["Weather"].get("Response").is_none());
        assert_explains(&responses["Weather"]["Error"], HRESULT_ERROR_NOT_SUPPORTED);
        assert!(responses["ProcessorCapabilities"]["Response"].is_object());
    });
}

#[test]
fn property_queries_are_refused_below_schema_2_5() {
    let query = r#"{"PropertyQueries":{"ProcessorCapabilities":{}}}"#;
    Host::builder().behavior(|it| it.schema_minor = 4).run(|_| {
        assert_invalid(service_properties(Some(query)), query);
        assert_eq!(service_properties(Some("{}")).0, S_OK);
    });
    Host::builder().behavior(|it| it.schema_minor = 5).run(|_| {
        assert_eq!(service_properties(Some(query)).0, S_OK);
    });
}

// Settings: CPU groups

#[test]
fn cpu_groups_are_created_told_and_deleted() {
    Host::new().run(|_| {
        let create = json!({ "GroupId": GROUP, "LogicalProcessorCount": 2, "LogicalProcessors": [0, 1] });
        assert_eq!(cpu_group("CreateGroup", create), (S_OK, None));
        assert_eq!(
            cpu_group("CreateGroup", json!({ "GroupId": OTHER, "LogicalProcessors": [3] })),
            (S_OK, None)
        );
        let (_, document) = service_properties(Some(r#"{"PropertyTypes":["CpuGroup"]}"#));
        let expected = concat!(
            r#"{"Properties":[{"CpuGroups":["#,
            r#"{"GroupId":"6f2c9a10-4b1d-4e59-9c7a-0d5b8e3f2a41","#,
            r#""Affinity":{"LogicalProcessorCount":2,"LogicalProcessors":[0,1]},"HypervisorGroupId":1},"#,
            r#"{"GroupId":"0a8b7c6d-1e2f-4a3b-8c4d-5e6f7a8b9c0d","#,
            r#""Affinity":{"LogicalProcessorCount":1,"LogicalProcessors":[3]},"HypervisorGroupId":2}]}]}"#
        );
        assert_eq!(document.as_deref(), Some(expected));

        // Ids are GUIDs, and so without case.
        assert_eq!(cpu_group("DeleteGroup", json!({ "GroupId": GROUP.to_lowercase() })), (S_OK, None));
        let groups = property("CpuGroup")["CpuGroups"].take();
        assert_eq!(groups.as_array().unwrap().len(), 1);
        assert_eq!(groups[0]["GroupId"], OTHER);
    });
}

#[test]
fn a_cpu_group_that_exists_is_not_created_again() {
    Host::new().run(|_| {
        assert_eq!(cpu_group("CreateGroup", json!({ "GroupId": GROUP })), (S_OK, None));
        let again = json!({ "GroupId": GROUP.to_lowercase(), "LogicalProcessors": [0] });
        assert_plain(cpu_group("CreateGroup", again), HRESULT_ERROR_ALREADY_EXISTS);
        let groups = property("CpuGroup")["CpuGroups"].take();
        assert_eq!(groups.as_array().unwrap().len(), 1);
        assert_eq!(groups[0]["Affinity"], json!({ "LogicalProcessorCount": 0, "LogicalProcessors": [] }));
        // Once deleted it can be, and is another group to the hypervisor.
        assert_eq!(cpu_group("DeleteGroup", json!({ "GroupId": GROUP })).0, S_OK);
        assert_eq!(cpu_group("CreateGroup", json!({ "GroupId": GROUP })).0, S_OK);
        assert_eq!(property("CpuGroup")["CpuGroups"][0]["HypervisorGroupId"], 2);
    });
}

#[test]
fn a_cpu_group_that_is_missing_is_not_found() {
    Host::new().run(|_| {
        let set = json!({ "GroupId": GROUP, "PropertyCode": 65536, "PropertyValue": 1 });
        assert_plain(cpu_group("SetProperty", set), HRESULT_ERROR_NOT_FOUND);
        assert_plain(cpu_group("DeleteGroup", json!({ "GroupId": GROUP })), HRESULT_ERROR_NOT_FOUND);
    });
}

#[test]
fn a_property_of_a_cpu_group_is_set_and_replaced() {
    Host::new().run(|_| {
        let set = |code: u32, value: u64| {
            cpu_group(
                "SetProperty",
                json!({ "GroupId": GROUP, "PropertyCode": code, "PropertyValue": value }),
            )
        };
        let told = || property("CpuGroup")["CpuGroups"][0]["GroupProperties"].take();
        assert_eq!(cpu_group("CreateGroup", json!({ "GroupId": GROUP, "LogicalProcessors": [0] })).0, S_OK);
        assert_eq!(told(), Value::Null);
        assert_eq!(set(65536, 5), (S_OK, None));
        assert_eq!(set(65537, u64::MAX), (S_OK, None));
        assert_eq!(set(65536, 7), (S_OK, None));
        let mut properties = told().as_array().unwrap().clone();
        properties.sort_by_key(|it| it["PropertyCode"].as_u64());
        assert_eq!(
            properties,
            [
                json!({ "PropertyCode": 65536, "PropertyValue": 7 }),
                json!({ "PropertyCode": 65537, "PropertyValue": u64::MAX }),
            ]
        );
    });
}

#[test]
fn a_cpu_group_has_processors_that_the_host_has() {
    Host::builder().behavior(|it| it.logical_processors = 2).run(|host| {
        let create = |processors: Value| {
            cpu_group("CreateGroup", json!({ "GroupId": GROUP, "LogicalProcessors": processors }))
        };
        assert_plain(create(json!([0, 2])), E_INVALIDARG);
        let journal = host.journal().to_string();
        assert!(journal.contains("the host has no logical processor 2: it has 2"), "{journal}");
        assert_eq!(property("CpuGroup")["CpuGroups"], json!([]));
        assert_eq!(create(json!([0, 1])), (S_OK, None));
    });
}

// Settings: credential guards

#[test]
fn credential_guards_are_added_told_and_removed() {
    Host::new().run(|_| {
        let add = |details| credential_guard("AddInstance", details);
        let spec = r#"{"CmsPlugins":["ActiveDirectory"]}"#;
        assert_eq!(add(json!({ "Id": "bakery", "CredentialSpec": spec })), (S_OK, None));
        let by_socket = json!({ "Id": "mill", "CredentialSpec": "{}", "Transport": "HvSocket" });
        assert_eq!(add(by_socket), (S_OK, None));
        let told = property("ContainerCredentialGuard")["Instances"].take();
        let ids: Vec<_> = told.as_array().unwrap().iter().map(|it| it["Id"].clone()).collect();
        assert_eq!(ids, ["bakery", "mill"]);
        let state = &told[0]["CredentialGuard"];
        assert_eq!((&state["Transport"], &state["CredentialSpec"]), (&json!("LRPC"), &json!(spec)));
        let cookies = [&state["Cookie"], &told[1]["CredentialGuard"]["Cookie"]];
        assert!(cookies.iter().all(|it| it.as_str().is_some_and(|it| it.len() == 32)));
        assert_ne!(cookies[0], cookies[1]);
        assert_ne!(state["RpcEndpoint"], told[1]["CredentialGuard"]["RpcEndpoint"]);
        assert_eq!(told[1]["CredentialGuard"]["Transport"], "HvSocket");

        assert_eq!(credential_guard("RemoveInstance", json!({ "Id": "BAKERY" })), (S_OK, None));
        let told = property("ContainerCredentialGuard")["Instances"].take();
        assert_eq!(told.as_array().unwrap().len(), 1);
        assert_eq!(told[0]["Id"], "mill");
    });
}

#[test]
fn a_credential_guard_is_added_once_and_removed_once() {
    Host::new().run(|_| {
        let new = json!({ "Id": "bakery", "CredentialSpec": "{}" });
        assert_eq!(credential_guard("AddInstance", new).0, S_OK);
        let again = json!({ "Id": "Bakery", "CredentialSpec": "{}" });
        assert_plain(credential_guard("AddInstance", again), HRESULT_ERROR_ALREADY_EXISTS);
        assert_eq!(credential_guard("RemoveInstance", json!({ "Id": "bakery" })).0, S_OK);
        let again = credential_guard("RemoveInstance", json!({ "Id": "bakery" }));
        assert_plain(again, HRESULT_ERROR_NOT_FOUND);
    });
}

// Settings that are not valid

#[test]
fn settings_that_are_not_valid_are_refused_with_a_document_and_change_nothing() {
    Host::new().run(|_| {
        for settings in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"PropertyType":"Basic","Settings":{}}"#, // to be asked for, not to be set
            r#"{"PropertyType":0,"Settings":{}}"#,
            r#"{"PropertyType":"CpuGroup"}"#,
            r#"{"PropertyType":"CpuGroup","Settings":null}"#,
            r#"{"PropertyType":"CpuGroup","Settings":"CreateGroup"}"#,
            r#"{"PropertyType":"CpuGroup","Settings":{}}"#,
            r#"{"PropertyType":"CpuGroup","Setting":{}}"#,
        ] {
            assert_invalid(modify_service(settings), settings);
        }
        assert_invalid(modify_by(LONE.as_ptr()), "a lone surrogate");
        for (operation, details) in [
            ("CreateGroup", json!({})),
            ("CreateGroup", json!({ "GroupId": "group" })),
            ("CreateGroup", json!({ "GroupId": format!("{{{GROUP}}}") })),
            ("CreateGroup", json!({ "GroupId": 7 })),
            ("CreateGroup", json!({ "GroupId": GROUP, "LogicalProcessors": [-1] })),
            ("CreateGroup", json!({ "GroupId": GROUP, "Processors": [0] })),
            ("CreateGroup", json!([GROUP, 0, []])),
            ("DeleteGroup", json!(GROUP)),
            ("SetProperty", json!({ "GroupId": GROUP, "PropertyValue": 1 })),
            ("Create", json!({ "GroupId": GROUP })),
            ("AddInstance", json!({ "Id": "bakery", "CredentialSpec": "{}" })),
        ] {
            assert_invalid(cpu_group(operation, details.clone()), &format!("{operation} {details}"));
        }
        for (operation, details) in [
            ("AddInstance", json!({ "Id": "bakery" })),
            ("AddInstance", json!({ "Id": "bakery", "CredentialSpec": {} })),
            ("AddInstance", json!({ "Id": "bakery", "CredentialSpec": "{}", "Transport": "Pigeon" })),
            ("AddInstance", json!(["bakery", "{}", null])),
            ("RemoveInstance", json!({})),
            ("CreateGroup", json!({ "GroupId": GROUP })),
        ] {
            assert_invalid(credential_guard(operation, details.clone()), &format!("{operation} {details}"));
        }
        let array =
            format!(r#"{{"PropertyType":"CpuGroup","Settings":["CreateGroup",{{"GroupId":"{GROUP}"}}]}}"#);
        assert_invalid(modify_service(&array), &array);
        assert_eq!(property("CpuGroup")["CpuGroups"], json!([]));
        assert_eq!(property("ContainerCredentialGuard")["Instances"], json!([]));
    });
}

#[test]
fn settings_may_go_without_a_place_for_the_error_document() {
    Host::new().run(|_| {
        let modify = |text: &str| -> Hresult {
            // SAFETY: the text is valid, and there is no out pointer.
            unsafe { HcsModifyServiceSettings(wide(text).as_ptr(), null_mut()) }.into()
        };
        let create = |id: &str| {
            json!({ "PropertyType": "CpuGroup", "Settings":
                { "Operation": "CreateGroup", "OperationDetails": { "GroupId": id } } })
            .to_string()
        };
        assert_eq!(modify(&create(GROUP)), S_OK);
        assert_eq!(modify(&create(GROUP)), HRESULT_ERROR_ALREADY_EXISTS);
        assert_eq!(modify("{"), HCS_E_INVALID_JSON);
        // SAFETY: the settings are NULL, and are refused for it.
        let code = unsafe { HcsModifyServiceSettings(null(), null_mut()) };
        assert_eq!(code, E_INVALIDARG);
        assert_eq!(modify_by(null()), (E_INVALIDARG, None));
    });
}

#[test]
fn documents_of_the_service_are_the_callers_to_free() {
    let host = Host::new();
    let found = findings_of(&host, || {
        let (mut properties, mut error) = (null_mut(), null_mut());
        // SAFETY: the texts and the out pointers are valid; one document is freed, the other is leaked.
        unsafe {
            assert_eq!(HcsGetServiceProperties(null(), &mut properties), S_OK);
            assert_eq!(HcsModifyServiceSettings(wide("{").as_ptr(), &mut error), HCS_E_INVALID_JSON);
            assert!(LocalFree(properties.cast()).is_null());
        }
    });
    assert_eq!(found, [FindingKind::LeakedDocument]);
}

#[test]
fn settings_are_those_of_one_host() {
    let (first, second) = (Host::new(), Host::new());
    first.run(|_| assert_eq!(cpu_group("CreateGroup", json!({ "GroupId": GROUP })).0, S_OK));
    second.run(|_| assert_eq!(property("CpuGroup")["CpuGroups"], json!([])));
    first.run(|_| assert_eq!(property("CpuGroup")["CpuGroups"][0]["HypervisorGroupId"], 1));
}

// Crash reports

#[test]
fn a_crash_report_can_be_submitted_as_the_event_brought_it() {
    Host::new().run(|_| {
        let listener = Listener::new();
        let system = system_in(State::Running);
        listener.register(system, HcsEventOptionNone);
        assert_eq!(ask(HcsCrashComputeSystem, system, None).0, S_OK);
        let report = std::iter::repeat_with(|| listener.next())
            .find(|it| it.event == HcsEventSystemCrashReport)
            .and_then(|it| it.data)
            .unwrap();
        assert_eq!(&*serde_json::from_str::<CrashReport>(&report).unwrap().system_id, "vm");
        assert_eq!(submit(&report), S_OK);
        close_system(system);
    });
}

#[test]
fn what_is_no_crash_report_is_refused() {
    Host::new().run(|_| {
        for report in [
            "",
            "{",
            "[]",
            r#""vm""#,
            r#"{"SystemId":7}"#,
            r#"{"SystemId":"vm","CrashParameters":[-1]}"#,
            r#"{"SystemId":"vm","Status":4294967295}"#,
        ] {
            assert_eq!(submit(report), HCS_E_INVALID_JSON, "{report}");
        }
        // SAFETY: a lone surrogate up to a zero, and NULL.
        unsafe {
            assert_eq!(HcsSubmitWerReport(LONE.as_ptr()), HCS_E_INVALID_JSON);
            assert_eq!(HcsSubmitWerReport(null()), E_INVALIDARG);
        }
        assert_eq!(submit(r#"{"SystemId":"nobody"}"#), S_OK); // whoever that was
    });
}

// What rules say

#[test]
fn a_rule_fails_the_calls_on_the_service() {
    Host::new().run(|host| {
        let document = ResultError::new().message("the service is busy");
        host.when(call::to(Export::HcsGetServiceProperties)).fail(E_OUTOFMEMORY);
        host.when(call::to(Export::HcsModifyServiceSettings)).refuse(E_ACCESSDENIED).document(document);
        host.when(call::to(Export::HcsSubmitWerReport).document("/SystemId", "vm")).fail(E_FAIL);
        assert_eq!(service_properties(None), (E_OUTOFMEMORY, None));
        let (code, document) = modify_service("{}");
        assert_eq!(code, E_ACCESSDENIED);
        let expected = json!({ "Error": E_ACCESSDENIED.as_i32(), "ErrorMessage": "the service is busy" });
        assert_eq!(json(document), expected);
        assert_eq!(submit(r#"{"SystemId":"vm"}"#), E_FAIL);
        assert_eq!(submit(r#"{"SystemId":"other"}"#), S_OK);
    });
}

#[test]
fn a_rule_fails_one_query_of_several() {
    Host::new().run(|host| {
        let queries = call::to(Export::HcsGetServiceProperties).document("/PropertyTypes/0", "CpuGroup");
        host.when(queries).fail(HCS_E_ACCESS_DENIED).times(1).then().simulate();
        let query = Some(r#"{"PropertyTypes":["CpuGroup"]}"#);
        assert_eq!(service_properties(None).0, S_OK);
        assert_eq!(service_properties(query).0, HCS_E_ACCESS_DENIED);
        assert_eq!(service_properties(query).0, S_OK);
    });
}

#[test]
fn a_rule_words_the_answer_of_the_service() {
    Host::new().run(|host| {
        let old = r#"{"Properties":[{"SupportedSchemaVersions":[{"Major":2,"Minor":0}]}]}"#;
        host.when(call::to(Export::HcsGetServiceProperties))
            .simulate()
            .document(old)
            .after(Duration::from_secs(2))
            .times(2)
            .then()
            .succeed()
            .then()
            .acknowledge()
            .then()
            .simulate()
            .no_document();
        assert_eq!(service_properties(None), (S_OK, Some(old.to_owned())));
        assert_eq!(host.now(), Duration::from_secs(2));
        assert_invalid(service_properties(Some("{")), "only a success is worded");
        assert!(json(service_properties(None).1)["Properties"][0].is_object());
        assert_eq!(service_properties(None), (S_OK, None));
        assert_eq!(service_properties(None), (S_OK, None)); // a client has to survive that
    });
}

#[test]
fn a_rule_that_lets_settings_succeed_changes_them_and_one_that_acknowledges_does_not() {
    Host::new().run(|host| {
        let creates = |id: &str| {
            call::to(Export::HcsModifyServiceSettings).document("/Settings/OperationDetails/GroupId", id)
        };
        host.when(creates(GROUP)).succeed();
        host.when(creates(OTHER)).acknowledge();
        assert_eq!(cpu_group("CreateGroup", json!({ "GroupId": GROUP })), (S_OK, None));
        assert_eq!(cpu_group("CreateGroup", json!({ "GroupId": OTHER })), (S_OK, None));
        assert_eq!(cpu_group("CreateGroup", json!({ "GroupId": GROUP })), (S_OK, None)); // whatever the model says
        assert_eq!(property("CpuGroup")["CpuGroups"].as_array().unwrap().len(), 1);
    });
}
