//! The catalogue of failures: each reaches the caller as HCS was seen to do it, with its document.
//! Not here: rules in general (`rules`), failures that the model finds itself.

mod support;

use hcs_sim::computecore::*;
use hcs_sim::faults::{self, Fault};
use hcs_sim::hresult::*;
use hcs_sim::schema::{self, Version};
use hcs_sim::{Export, Host, What, call};
use serde_json::{Value, json};
use support::*;

/// The document of a failure, as JSON.
fn document(fault: &Fault) -> Value {
    serde_json::from_str(&fault.document("web").unwrap().to_json()).unwrap()
}

/// What a create answers through its operation.
fn at_create(fault: Fault) -> Fetched {
    let mut outcome = None;
    Host::new().run(|host| {
        host.when(call::create()).fault(fault);
        let (answered, system) = try_create("web", VM);
        outcome = Some(answered);
        close_system(system);
    });
    outcome.unwrap()
}

/// What a start answers through its operation.
fn at_start(fault: Fault) -> Fetched {
    let mut outcome = None;
    Host::new().run(|host| {
        host.when(call::start()).fault(fault);
        let system = create("web", VM);
        outcome = Some(ask(HcsStartComputeSystem, system, None));
        close_system(system);
    });
    outcome.unwrap()
}

#[test]
fn every_failure_has_a_document_that_the_schema_knows_or_none() {
    let faults = faults::all();
    assert!(faults.len() > 35, "{}", faults.len());
    let mut names = std::collections::BTreeSet::new();
    for fault in faults {
        assert!(names.insert(fault.name()), "{}", fault.name());
        assert!(fault.hresult().is_failure() && fault.hresult().name().is_some(), "{}", fault.name());
        let Some(document) = fault.document("web") else { continue };
        let problems = schema::check("ResultError", document.to_json(), Version::V2_4);
        assert_eq!(problems, [], "{}", fault.name());
    }
}

#[test]
fn a_host_without_hyper_v_says_so_through_the_operation() {
    let (code, text) = at_create(faults::hyperv_not_installed());
    assert_eq!(code, HCS_E_HYPERV_NOT_INSTALLED);
    let document = json(text);
    assert_eq!(document["Error"], HCS_E_HYPERV_NOT_INSTALLED.as_i32()); // not in its 0xC037 form
    let event = &document["ErrorEvents"][0];
    assert_eq!(
        (&event["EventId"], &event["Provider"]),
        (&json!(11008), &json!("17103e3f-3c6e-4677-bb17-3b267eb5be57"))
    );
    assert_eq!(
        event["Data"],
        json!([
            { "Type": "String", "Value": "web" },
            { "Type": "String", "Value": "%%2151088386" },
            { "Type": "String", "Value": "0x80370102" },
        ])
    );
    assert!(event["Message"].as_str().unwrap().contains("'web'"));
    assert!(event.get("Flags").is_none() && document.get("Attribution").is_none());
}

#[test]
fn failures_to_construct_have_an_attribution_and_no_message() {
    for (fault, code) in [
        (faults::construct_access_denied(), E_ACCESSDENIED),
        (faults::logon_type_not_granted(), HRESULT_ERROR_LOGON_TYPE_NOT_GRANTED),
        (faults::setting_refused(), WBEM_E_INVALID_PARAMETER),
        (faults::construct_duplicate_tag(), HRESULT_ERROR_DUPLICATE_TAG),
        (faults::construct(E_FAIL), E_FAIL),
    ] {
        let (answered, text) = at_create(fault);
        assert_eq!(answered, code);
        let expected = json!({ "Error": code.as_i32(), "ErrorMessage": "", "Attribution": [{ "OperationFailure": { "Detail": "Construct" } }] });
        assert_eq!(json(text), expected);
    }
}

#[test]
fn a_duplicate_id_and_a_wrong_image_have_code_and_message_only() {
    for (fault, code) in [
        (faults::duplicate_id(), HCS_E_SYSTEM_ALREADY_EXISTS),
        (faults::image_mismatch(), HCS_E_IMAGE_MISMATCH),
    ] {
        let (answered, text) = at_create(fault);
        assert_eq!(answered, code);
        let document = json(text);
        assert_eq!(document["Error"], code.nt_form().as_i32());
        assert_eq!(document.as_object().unwrap().keys().collect::<Vec<_>>(), ["Error", "ErrorMessage"]);
    }
}

#[test]
fn a_configuration_that_is_refused_carries_event_11000_with_either_code() {
    for (fault, code, shown) in [
        (faults::invalid_configuration(), HCS_E_INVALID_JSON, "%%3224830221"),
        (faults::invalid_configuration_data(), HRESULT_ERROR_INVALID_DATA, "%%2147942413"),
    ] {
        let (answered, text) = at_create(fault);
        assert_eq!(answered, code);
        let event = &json(text)["ErrorEvents"][0];
        assert_eq!((&event["EventId"], &event["Data"][0]["Value"]), (&json!(11000), &json!(shown)));
    }
}

#[test]
fn missing_rights_come_through_the_operation_or_at_once() {
    assert_eq!(at_create(faults::access_denied()).0, HCS_E_ACCESS_DENIED);
    Host::new().run(|host| {
        host.when(call::create()).fault(faults::access_denied().at_once());
        let operation = operation();
        assert_eq!(create_call("web", VM, operation).0, HCS_E_ACCESS_DENIED);
        assert_eq!(result(operation), (HCS_E_OPERATION_NOT_STARTED, None));
        close_operation(operation);
    });
}

#[test]
fn a_disk_that_cannot_be_used_fails_the_start_with_the_events_of_the_worker() {
    let path = r"C:\disks\web.vhdx";
    for (fault, code) in [
        (faults::disk_not_granted(path), E_ACCESSDENIED),
        (faults::disk_sparse(path), ERROR_VIRTUAL_DISK_LIMITATION),
        (faults::disk_in_use(path), HRESULT_ERROR_SHARING_VIOLATION),
        (faults::disk_missing(path), HRESULT_ERROR_FILE_NOT_FOUND),
        (faults::disk_corrupt(path), HRESULT_ERROR_FILE_CORRUPT),
        (faults::disk_unreadable(path), ERROR_VIRTDISK_PROVIDER_NOT_FOUND),
        (faults::storage_not_supported(path), HRESULT_ERROR_NOT_SUPPORTED),
    ] {
        let (answered, text) = at_start(fault.clone());
        assert_eq!(answered, code, "{}", fault.name());
        let document = json(text);
        let events = document["ErrorEvents"].as_array().unwrap();
        let of =
            |event: &Value| (event["EventId"].clone(), event["Flags"].clone(), event["Provider"].clone());
        let worker = json!("51ddfa29-d5c8-4803-be4b-2ecb715570fe");
        assert_eq!(of(&events[0]), (json!(12030), json!(13), worker.clone())); // outermost first
        assert_eq!(of(&events[1]), (json!(12010), json!(5), worker));
        assert!(events[1]["Message"].as_str().unwrap().contains("web.vhdx"));
    }
}

#[test]
fn the_ids_in_events_are_those_of_the_system_in_upper_case() {
    Host::new().run(|host| {
        host.when(call::start())
            .fault(faults::disk_sparse("C:\\a.vhdx").controller("Primary SCSI Controller"));
        let system = create("cowork-vm-929216c6", VM);
        let document = json(ask(HcsStartComputeSystem, system, None).1);
        let data = &document["ErrorEvents"][0]["Data"];
        assert_eq!(data[0]["Value"], "cowork-vm-929216c6");
        assert_eq!(data[1]["Value"], "D2B9750A-3588-5FF4-A2BC-7C0F86A95EB4");
        let message = document["ErrorEvents"][1]["Message"].as_str().unwrap().to_owned();
        assert!(message.contains("1FF46D3F-E712-5DBC-9813-AAD51981A2E9"), "{message}");
        assert_eq!(properties(system, None)["RuntimeId"], "d2b9750a-3588-5ff4-a2bc-7c0f86a95eb4");
        close_system(system);
    });
}

#[test]
fn too_little_memory_is_told_with_its_size() {
    let (code, text) = at_start(faults::out_of_memory(8192));
    assert_eq!(code, E_OUTOFMEMORY);
    assert!(json(text)["ErrorEvents"][0]["Message"].as_str().unwrap().contains("8192 megabytes"));
    assert_eq!(at_start(faults::no_system_resources()).0, HRESULT_ERROR_NO_SYSTEM_RESOURCES);
}

#[test]
fn an_endpoint_that_is_still_attached_fails_a_start_or_a_create() {
    assert_eq!(at_start(faults::endpoint_attached()).0, HCN_E_ENDPOINT_ALREADY_ATTACHED);
    assert_eq!(at_create(faults::endpoint_attached()).0, HCN_E_ENDPOINT_ALREADY_ATTACHED);
    assert_eq!(at_start(faults::network_document_refused()).0, HCN_E_INVALID_JSON);
}

#[test]
fn an_exit_during_a_start_takes_the_system_along() {
    for (fault, code) in [
        (faults::terminated_during_start(), HCS_E_TERMINATED_DURING_START),
        (faults::unexpected_exit(), HCS_E_UNEXPECTED_EXIT),
    ] {
        Host::new().run(|host| {
            host.when(call::start()).fault(fault);
            let system = create("web", VM);
            let (answered, text) = ask(HcsStartComputeSystem, system, None);
            assert_eq!(answered, code);
            assert_eq!(json(text)["Error"], code.nt_form().as_i32());
            assert_eq!(json(wait_for_exit(system, 0).1)["ExitType"], "UnexpectedExit");
            close_system(system);
        });
    }
}

#[test]
fn a_shutdown_that_the_guest_cannot_take_fails_through_the_operation() {
    for (fault, code) in [
        (faults::guest_no_shutdown_channel(), HRESULT_ERROR_NOT_SUPPORTED),
        (faults::invalid_options(), HCS_E_INVALID_JSON),
        (faults::proc_not_found(), HRESULT_ERROR_PROC_NOT_FOUND),
        (faults::guest_timeout(), HCS_E_CONNECTION_TIMEOUT),
        (faults::already_stopped(), HCS_E_SYSTEM_ALREADY_STOPPED),
    ] {
        Host::new().run(|host| {
            host.when(call::shut_down()).fault(fault);
            let system = create("web", CONTAINER);
            start(system);
            let (answered, text) = ask(HcsShutDownComputeSystem, system, None);
            assert_eq!(answered, code);
            if code == HCS_E_INVALID_JSON {
                assert_eq!(json(text)["ErrorEvents"][0]["EventId"], 11001);
            }
            assert_eq!(properties(system, None)["State"], "Running");
            close_system(system);
        });
    }
}

#[test]
fn failures_of_guests_and_handles_reach_any_call() {
    assert_eq!(at_start(faults::guest_critical_error()).0, HCS_E_GUEST_CRITICAL_ERROR);
    assert_eq!(at_start(faults::invalid_state()).0, HCS_E_INVALID_STATE);
    assert_eq!(at_start(faults::invalid_handle()), (E_HANDLE, None));
}

#[test]
fn failures_of_processes_reach_the_caller_as_seen() {
    use support::processes::*;
    Host::new().run(|host| {
        host.when(call::create_process())
            .fault(faults::program_not_found())
            .then()
            .fault(faults::process_wait_failed());
        let system = running("web");
        let (code, missing) = try_start_process(system, NO_PIPES);
        assert_eq!(code, HRESULT_ERROR_FILE_NOT_FOUND);
        assert!(faults::process_wait_failed().document("web").is_none());
        let (code, spurious) = try_start_process(system, NO_PIPES);
        assert_eq!(code, E_INVALIDARG);
        for started in [missing, spurious] {
            // SAFETY: any value is recognised.
            unsafe { HcsCloseProcess(started.process) };
        }
        close_system(system);
    });
    let codes =
        [faults::process_not_found(), faults::process_already_stopped(), faults::process_access_denied()];
    assert_eq!(
        codes.map(|it| it.hresult()),
        [HRESULT_ERROR_NOT_FOUND, HCS_E_PROCESS_ALREADY_STOPPED, E_ACCESSDENIED]
    );
}

#[test]
fn the_service_that_is_not_there_answers_at_once_and_without_a_document() {
    for fault in [faults::service_not_available(), faults::system_not_found(), faults::stale_handle()] {
        assert!(fault.is_at_once() && fault.document("web").is_none(), "{}", fault.name());
    }
    assert!(faults::access_denied().at_once().document("web").is_none());
    Host::new().run(|host| {
        host.when(call::open()).fault(faults::system_not_found());
        let (code, system) = open("web", 0x1000_0000);
        assert!(code == HCS_E_SYSTEM_NOT_FOUND && system.is_null());
    });
    assert_eq!(at_start(faults::service_disconnected()).0, HCS_E_SERVICE_DISCONNECT);
}

#[test]
fn a_host_of_another_language_says_the_same_in_its_own_words() {
    let words = "Die Datei des virtuellen Datenträgers ist ungeeignet.";
    let (code, text) = at_start(faults::disk_sparse("C:\\a.vhdx").message(words));
    let document = json(text);
    assert_eq!(code, ERROR_VIRTUAL_DISK_LIMITATION);
    assert_eq!(document["ErrorMessage"], words);
    for event in document["ErrorEvents"].as_array().unwrap() {
        assert!(event["Message"].as_str().unwrap().contains(words), "{event}");
    }
    let power_on = document["ErrorEvents"][1]["Message"].as_str().unwrap().to_owned();
    assert!(power_on.contains("C:\\a.vhdx") && power_on.contains("0xC03A001A"), "{power_on}");
    assert_eq!(self::document(&faults::localized_message(E_FAIL, words))["ErrorMessage"], words);
}

#[test]
fn the_journal_shows_the_document_of_the_failure() {
    Host::new().run(|host| {
        host.when(call::to(Export::HcsStartComputeSystem)).fault(faults::disk_missing("C:\\a.vhdx"));
        let system = create("web", VM);
        let (_, text) = ask(HcsStartComputeSystem, system, None);
        let journal = host.journal();
        let shown = journal.entries().iter().any(|it| matches!(&it.what, What::Completed { document, .. } if document.as_deref() == text.as_deref()));
        assert!(shown);
        close_system(system);
    });
}

#[test]
fn a_failed_construction_has_no_message_in_any_language() {
    let text = faults::construct_access_denied().message("Zugriff verweigert").document("web").unwrap();
    assert_eq!(text, faults::construct_access_denied().document("web").unwrap());
}

#[test]
fn a_failure_of_a_call_without_an_operation_is_about_the_system_of_its_handle() {
    Host::new().run(|host| {
        host.when(call::wait_for_exit()).fault(faults::out_of_memory(2));
        let system = create("web", VM);
        let (code, document) = wait_for_exit(system, 0);
        assert_eq!(code, E_OUTOFMEMORY);
        assert!(json(document)["ErrorEvents"][0]["Message"].as_str().unwrap().starts_with("'web' "));
        close_system(system);
    });
}
