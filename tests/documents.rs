//! Typed documents: whatever is written is in order by the schema, in its order of members, and reads back equal.
//! Not here: which document comes when, documents of requests (`strict_documents`).

mod support;

use std::collections::BTreeMap;

use hcs_sim::computecore::{
    HcsGetComputeSystemProperties, HcsGetOperationProperties, HcsGetServiceProperties,
};
use hcs_sim::documents::*;
use hcs_sim::hresult::*;
use hcs_sim::schema::{self, Version};
use hcs_sim::{Host, Hresult, call};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use support::*;

/// What is written is in order, in the order of the schema, and reads back equal.
fn holds<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(ty: &str, document: &T) {
    let text = serde_json::to_string(document).unwrap();
    assert_eq!(schema::check(ty, &text, Version::new(2, 9)), [], "{text}");
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), document, "{text}");
    in_the_order_of(ty, &text);
}

/// A document as it stands there, in its own order.
enum Ordered {
    Object(Vec<(String, Ordered)>),
    List(Vec<Ordered>),
    Other,
}

impl<'de> serde::Deserialize<'de> for Ordered {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Ordered, D::Error> {
        deserializer.deserialize_any(AsItStands)
    }
}

struct AsItStands;

impl<'de> serde::de::Visitor<'de> for AsItStands {
    type Value = Ordered;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<Ordered, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Ordered::Object(object))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut elements: A) -> Result<Ordered, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Ordered::List(list))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Ordered, E> {
        Ok(Ordered::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Ordered, E> {
        Ok(Ordered::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Ordered, E> {
        Ok(Ordered::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Ordered, E> {
        Ok(Ordered::Other)
    }
}

/// The members of a document and of everything in it stand in the order of their types.
fn in_the_order_of(ty: &str, text: &str) {
    check_order(ty, &serde_json::from_str(text).unwrap(), text);
}

fn check_order(ty: &str, document: &Ordered, text: &str) {
    if let Some(of) = ty.strip_prefix('<').and_then(|it| it.strip_suffix("> array")) {
        let Ordered::List(elements) = document else { panic!("{ty} is a list: {text}") };
        return elements.iter().for_each(|it| check_order(of, it, text));
    }
    if let Some((_, of)) = ty.strip_prefix("Map<").and_then(|it| it.strip_suffix('>')?.split_once(", ")) {
        let Ordered::Object(members) = document else { panic!("{ty} is an object: {text}") };
        return members.iter().for_each(|it| check_order(of, &it.1, text));
    }
    let (Some(ty), Ordered::Object(members)) = (schema::find(ty), document) else { return };
    if ty.members().is_empty() {
        return;
    }
    let mut places = Vec::new();
    for (name, value) in members {
        let place = ty.members().iter().position(|it| it.name() == *name).unwrap();
        check_order(&ty.members()[place].type_name(), value, text);
        places.push(place);
    }
    assert!(places.is_sorted(), "{}: {text}", ty.name());
}

// Strategies

fn text() -> impl Strategy<Value = String> {
    "[ -~\u{e4}\u{4e2d}\u{1f600}\n]{0,12}"
}

fn guid() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
}

fn date() -> impl Strategy<Value = String> {
    "20[0-9]{2}-0[1-9]-1[0-9]T0[0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{7}Z"
}

fn code() -> impl Strategy<Value = Hresult> {
    any::<i32>().prop_map(Hresult::from_i32)
}

fn value_of(ty: &'static str) -> impl Strategy<Value = String> {
    let values: Vec<String> = schema::find(ty).unwrap().values().map(|it| it.name().to_owned()).collect();
    proptest::sample::select(values)
}

fn attribution() -> impl Strategy<Value = AttributionRecord> {
    let worker = (
        any::<u32>(),
        option::of(value_of("WorkerExitType")),
        value_of("WorkerExitDetail"),
        option::of(value_of("ExitInitiator")),
    );
    let device = (value_of("VirtualDeviceFailureDetail"), text(), guid(), option::of(guid()));
    prop_oneof![
        worker.prop_map(|(exit_code, kind, detail, initiator)| AttributionRecord::WorkerExit {
            exit_code,
            r#type: kind.map(Into::into),
            detail: detail.into(),
            initiator: initiator.map(Into::into),
        }),
        vec(any::<u64>(), 0..5)
            .prop_map(|crash_parameters| AttributionRecord::GuestCrash { crash_parameters }),
        any::<u64>().prop_map(|error_type| AttributionRecord::TripleFault { error_type }),
        Just(AttributionRecord::InjectNonMaskableInterrupt {}),
        value_of("OperationFailureDetail")
            .prop_map(|it| AttributionRecord::OperationFailure { detail: it.into() }),
        (value_of("SystemExitDetail"), value_of("ExitInitiator")).prop_map(|(detail, initiator)| {
            AttributionRecord::SystemExit { detail: detail.into(), initiator: initiator.into() }
        }),
        device.prop_map(|(detail, name, device_id, instance_id)| AttributionRecord::VirtualDeviceFailure {
            detail: detail.into(),
            name,
            device_id,
            instance_id,
        }),
    ]
}

fn event() -> impl Strategy<Value = ErrorEvent> {
    let kinds = [
        EventDataType::Empty,
        EventDataType::String,
        EventDataType::UInt64,
        EventDataType::Binary,
        EventDataType::Guid,
    ];
    let data = vec((proptest::sample::select(kinds.to_vec()), text()), 0..4);
    let provider = prop_oneof![Just(ErrorEvent::HYPER_V_COMPUTE), Just(ErrorEvent::HYPER_V_WORKER)];
    let more = (option::of(any::<u32>()), option::of(text()), option::of(text()), data);
    (provider, any::<u16>(), text(), more).prop_map(
        |(provider, id, message, (flags, source, trace, data))| {
            let event = ErrorEvent::new(provider, id, message);
            let event = flags.into_iter().fold(event, ErrorEvent::flags);
            let event = source.into_iter().fold(event, ErrorEvent::source);
            let event = trace.into_iter().fold(event, ErrorEvent::stack_trace);
            data.into_iter().fold(event, |it, (kind, value)| it.typed_data(kind, value))
        },
    )
}

fn result_error() -> impl Strategy<Value = ResultError> {
    (code(), text(), vec(event(), 0..3), vec(attribution(), 0..3)).prop_map(
        |(code, message, events, records)| {
            let document = ResultError::new().error(code).message(message);
            let document = events.into_iter().fold(document, ResultError::event);
            records.into_iter().fold(document, ResultError::attribution)
        },
    )
}

fn exit_type() -> impl Strategy<Value = ExitType> {
    proptest::sample::select(vec![
        ExitType::None,
        ExitType::GracefulExit,
        ExitType::ForcedExit,
        ExitType::UnexpectedExit,
        ExitType::Unknown,
    ])
}

fn statistics() -> impl Strategy<Value = Statistics> {
    let processor = any::<[u64; 3]>().prop_map(|[total, user, kernel]| ProcessorStats {
        total_runtime_100ns: total,
        runtime_user_100ns: user % 2,
        runtime_kernel_100ns: kernel % 2,
    });
    let memory = any::<[u64; 3]>().prop_map(|[commit, peak, private]| MemoryStats {
        memory_usage_commit_bytes: commit,
        memory_usage_commit_peak_bytes: peak,
        memory_usage_private_working_set_bytes: private,
    });
    let storage = any::<[u64; 4]>().prop_map(|[reads, read, writes, written]| StorageStats {
        read_count_normalized: reads,
        read_size_bytes: read,
        write_count_normalized: writes,
        write_size_bytes: written,
    });
    let network = (text(), any::<u64>()).prop_map(|(endpoint_id, bytes_sent)| NetworkStats {
        endpoint_id,
        bytes_sent,
        ..NetworkStats::default()
    });
    (
        option::of(date()),
        any::<u64>(),
        option::of(processor),
        option::of(memory),
        option::of(storage),
        option::of(vec(network, 0..3)),
    )
        .prop_map(|(timestamp, uptime_100ns, processor, memory, storage, network)| Statistics {
            container_start_time: timestamp.clone(),
            timestamp,
            uptime_100ns,
            processor,
            memory,
            storage,
            network,
        })
}

fn response() -> impl Strategy<Value = PropertyResponse> {
    prop_oneof![
        result_error().prop_map(PropertyResponse::Error),
        any::<u32>().prop_map(|it| PropertyResponse::Response(PropertyValue::Other(json!({ "Value": it })))),
    ]
}

fn properties_document() -> impl Strategy<Value = Properties> {
    let kind = proptest::sample::select(vec![SystemType::Container, SystemType::VirtualMachine]);
    let state = proptest::sample::select(vec![
        State::Created,
        State::Running,
        State::Paused,
        State::Stopped,
        State::SavedAsTemplate,
        State::Unknown,
    ]);
    let os = proptest::sample::select(vec![OsType::Unknown, OsType::Windows, OsType::Linux]);
    let names = (text(), kind, option::of(os), option::of(text()), option::of(text()), option::of(guid()));
    let states =
        (option::of(state), option::of(any::<bool>()), option::of(exit_type()), option::of(any::<bool>()));
    let process = (any::<u32>(), text(), date()).prop_map(|(process_id, image_name, create_timestamp)| {
        ProcessDetails { process_id, image_name, create_timestamp, ..ProcessDetails::default() }
    });
    let memory = (any::<u8>(), any::<u64>(), option::of(any::<i32>()), option::of(any::<bool>())).prop_map(
        |(virtual_node_count, assigned_memory, available_memory, slp_active)| MemoryInformation {
            virtual_node_count,
            virtual_machine_memory: VmMemory {
                available_memory,
                available_memory_buffer: available_memory,
                reserved_memory: available_memory.map(|_| assigned_memory),
                assigned_memory,
                slp_active,
                balancing_enabled: slp_active,
                dm_operation_in_progress: slp_active,
            },
            virtual_nodes: vec![VirtualNodeInfo {
                virtual_node_index: virtual_node_count,
                ..VirtualNodeInfo::default()
            }],
        },
    );
    let disk = (option::of(text()), option::of(any::<u8>()), any::<bool>()).prop_map(
        |(host_path, lun, attach_only)| MappedVirtualDisk {
            host_path,
            lun,
            attach_only,
            ..MappedVirtualDisk::default()
        },
    );
    let disks = btree_map(any::<u32>(), disk, 0..3)
        .prop_map(|it| BTreeMap::from([(0, MappedVirtualDiskController { mapped_virtual_disks: it })]));
    let region = (text(), any::<u64>()).prop_map(|(section_name, guest_physical_address)| {
        SharedMemoryRegionInfo { section_name, guest_physical_address }
    });
    let guest = any::<u32>().prop_map(|protocol_version| GuestConnectionInfo {
        supported_schema_versions: vec![Version::V1_0, Version::V2_1],
        protocol_version,
        guest_defined_capabilities: Some(json!({ "SignalProcessSupported": true })),
    });
    let parts = (
        option::of(memory),
        option::of(statistics()),
        option::of(vec(process, 0..3)),
        option::of(vec(region, 0..3)),
        option::of(guest),
    );
    let more = (
        option::of(disks),
        option::of(any::<u32>()),
        option::of(btree_map("[A-Z][a-z]{3}", response(), 0..3)),
    );
    (names, states, parts, more).prop_map(|(names, states, parts, more)| Properties {
        runtime_os_type: names.2,
        name: names.3.map(Into::into),
        owner: names.4.map(Into::into),
        runtime_id: names.5.map(Into::into),
        state: states.0,
        stopped: states.1,
        exit_type: states.2,
        terminate_on_last_handle_closed: states.3,
        memory: parts.0,
        statistics: parts.1,
        process_list: parts.2,
        shared_memory_region_info: parts.3,
        guest_connection_info: parts.4,
        memory_topology: more.1.map(|_| MemoryTopology::default()),
        mapped_virtual_disk_controllers: more.0,
        service_session_id: more.1,
        property_responses: more.2,
        ..Properties::new(names.0, names.1)
    })
}

proptest! {
    #![proptest_config(repeatable(200))]

    #[test]
    fn errors_are_in_order_and_read_back_equal(document in result_error()) {
        holds("ResultError", &document);
    }

    #[test]
    fn exits_are_in_order_and_read_back_equal(code in code(), kind in exit_type(), records in vec(attribution(), 0..3)) {
        let document = SystemExitStatus::new(kind).status(code);
        holds("SystemExitStatus", &records.into_iter().fold(document, SystemExitStatus::attribution));
    }

    #[test]
    fn ends_of_processes_are_in_order_and_read_back_equal(id in any::<u32>(), code in option::of(any::<u32>())) {
        holds("ProcessStatus", &code.map_or(ProcessStatus::running(id), |it| ProcessStatus::exited(id, it)));
    }

    #[test]
    fn properties_are_in_order_and_read_back_equal(document in properties_document()) {
        holds("Properties", &document);
    }

    #[test]
    fn crash_reports_are_in_order_and_read_back_equal(
        id in text(), activity in option::of(guid()), parameters in vec(any::<u64>(), 0..5), log in option::of(text()), status in option::of(any::<i32>()),
    ) {
        let info = status.map(|it| WindowsCrashReport { status: Some(it), final_phase: Some(WindowsCrashPhase::Complete), ..Default::default() });
        let saved = status.map(|it| GuestCrashSaveInfo { save_state_file: Some("C:\\a".to_owned()), status: Some(it) });
        holds("CrashReport", &CrashReport {
            activity_id: activity,
            windows_crash_info: info,
            crash_parameters: parameters,
            crash_log: log,
            status,
            pre_os_id: status.map(i32::unsigned_abs),
            crash_stack_unavailable: status.map(|it| it > 0),
            guest_crash_save_info: saved,
            ..CrashReport::new(id)
        });
    }

    #[test]
    fn properties_of_the_service_are_in_order_and_read_back_equal(group in guid(), number in any::<u32>(), responses in option::of(btree_map("[A-Z][a-z]{3}", response(), 0..3))) {
        let properties = vec![
            ServiceProperty::Basic { supported_schema_versions: vec![Version::V1_0, Version::V2_6] },
            ServiceProperty::CpuGroups { cpu_groups: vec![CpuGroup { group_id: group, ..CpuGroup::default() }] },
            ServiceProperty::ProcessorTopology {
                logical_processor_count: number,
                logical_processors: vec![LogicalProcessor { lp_index: number, ..LogicalProcessor::default() }],
            },
            ServiceProperty::CredentialGuards {
                instances: vec![CredentialGuard {
                    id: "a".to_owned(),
                    credential_guard: CredentialGuardState {
                        cookie: "AQID".to_owned(),
                        rpc_endpoint: "b".to_owned(),
                        transport: Transport::HvSocket,
                        credential_spec: "{}".to_owned(),
                    },
                    hv_socket_config: None,
                }],
            },
            ServiceProperty::QoSCapabilities { processor_qos_supported: true },
        ];
        holds("ServiceProperties", &ServiceProperties { properties: Some(properties), property_responses: responses });
    }
}

// What is left out, and what is not

#[test]
fn zeros_are_left_out_field_by_field() {
    let document = Properties {
        statistics: Some(Statistics {
            processor: Some(ProcessorStats::default()),
            network: Some(Vec::new()),
            ..Statistics::default()
        }),
        memory_topology: Some(MemoryTopology::default()),
        service_session_id: Some(0),
        ..Properties::new("m", SystemType::Container)
    };
    assert_eq!(
        document.to_json(),
        r#"{"Id":"m","SystemType":"Container","Statistics":{"Uptime100ns":0,"Processor":{"TotalRuntime100ns":0},"Network":[]},"MemoryTopology":{"AccessTrackingEnabled":false,"HardwareAccessTrackingSupported":false,"DeviceAccessTrackingSupported":false,"AccessTrackingRangeSizeInPages":0,"AccessTrackingBitmapSizeInBits":0,"GpaMappingSizeInPages":0},"ServiceSessionId":0}"#
    );
    assert_eq!(ResultError::new().to_json(), r#"{"Error":0,"ErrorMessage":""}"#);
    holds("ResultError", &ResultError::new());
    assert_eq!(
        SystemExitStatus::new(ExitType::GracefulExit).to_json(),
        r#"{"Status":0,"ExitType":"GracefulExit"}"#
    );
}

#[test]
fn a_typed_document_is_what_a_rule_answers() {
    Host::new().run(|host| {
        let paused =
            Properties { state: Some(State::Paused), ..Properties::new("web", SystemType::VirtualMachine) };
        host.when(call::properties()).succeed().document(paused.clone());
        host.when(call::enumerate()).succeed().document(vec![paused.clone()]);
        let system = create("web", VM);
        let (_, text) = ask(HcsGetComputeSystemProperties, system, None);
        assert_eq!(serde_json::from_str::<Properties>(&text.unwrap()).unwrap(), paused);
        assert_eq!(enumerate(None).1.unwrap(), format!("[{}]", paused.to_json()));
        close_system(system);
    });
}

#[test]
fn everything_that_a_host_says_of_a_system_is_in_order() {
    Host::new().run(|_| {
        let system = create("web", r#"{"VirtualMachine":{"GuestConnection":{},"ComputeTopology":{"Memory":{"SizeInMB":512}}}}"#);
        start(system);
        let every = r#"{"PropertyTypes":["Basic","Memory","Statistics","ProcessList","TerminateOnLastHandleClosed","SharedMemoryRegion","GuestConnection","ICHeartbeatStatus"],"Queries":{"Basic":{},"Other":{}}}"#;
        let (code, text) = ask(HcsGetComputeSystemProperties, system, Some(every));
        assert_eq!(code, S_OK);
        let text = text.unwrap();
        assert_eq!(schema::check("Properties", &text, Version::V2_6), [], "{text}");
        in_the_order_of("Properties", &text);
        let read: Properties = serde_json::from_str(&text).unwrap();
        assert_eq!(read.to_json(), text);
        let guest = read.guest_connection_info.unwrap();
        assert_eq!((guest.protocol_version, guest.supported_schema_versions.len()), (4, 2));
        assert!(matches!(read.property_responses.unwrap()["Basic"], PropertyResponse::Response(PropertyValue::Basic(_))));
        close_system(system);
    });
}

#[test]
fn what_hosts_leave_out_is_read_all_the_same() {
    let read = |text: &str| serde_json::from_str::<ResultError>(text).unwrap();
    let bare = read(
        r#"{"Error":-2147467259,"ErrorMessage":null,"ErrorEvents":[{"EventId":7,"Data":[{"Type":"Empty"}]}],"Attribution":null}"#,
    );
    assert_eq!((bare.code(), bare.text(), bare.events()[0].event_id()), (E_FAIL, "", 7));
    assert_eq!(bare.events()[0].values().collect::<Vec<_>>(), [""]);
    let records = read(
        r#"{"Error":0,"Attribution":[{"WorkerExit":{"Detail":"PowerOff"}},{"SystemExit":{}},{"VirtualDeviceFailure":{"Name":"a"}},{"TripleFault":{}}]}"#,
    );
    assert_eq!(records.attributions().len(), 4);
    let exit: SystemExitStatus = serde_json::from_str(r#"{"Status":0}"#).unwrap(); // as schema 2.1 has it
    assert_eq!(exit.exit_type, ExitType::None);
    assert_eq!(
        serde_json::from_str::<CrashReport>(r#"{"CrashLog":"panic"}"#).unwrap().crash_log.as_deref(),
        Some("panic")
    );
}

#[test]
fn an_answer_that_is_of_no_known_type_is_kept_as_it_is() {
    for text in [
        r#"{"PropertyResponses":{"A":{"Response":{"Id":"a","SystemType":"Container","Weather":"rain"}}}}"#,
        r#"{"PropertyResponses":{"A":{"Response":{"Id":"a","SystemType":"Container","IsDummy":false,"ObRoot":"r"}}}}"#,
        r#"{"Properties":[{"Weather":"rain"},{"ProcessorQoSSupported":true}]}"#,
    ] {
        assert_eq!(serde_json::from_str::<ServiceProperties>(text).unwrap().to_json(), text);
    }
}

#[test]
fn every_other_document_that_a_host_writes_is_in_order() {
    Host::new().run(|_| {
        let operation = operation();
        let mut document = std::ptr::null_mut();
        // SAFETY: the out pointer is valid.
        let code = unsafe { HcsGetOperationProperties(operation, std::ptr::null(), &mut document) };
        let text = take(document).unwrap();
        assert_eq!((code, schema::check("OperationInfo", &text, Version::V2_6)), (0, Vec::new()), "{text}");
        close_operation(operation);
        let all = r#"{"PropertyTypes":["Basic","CpuGroup","ProcessorTopology","ContainerCredentialGuard","QoSCapabilities"],"PropertyQueries":{"ProcessorCapabilities":{},"Other":{}}}"#;
        document = std::ptr::null_mut();
        // SAFETY: the text and the out pointer are valid.
        let code = unsafe { HcsGetServiceProperties(wide(all).as_ptr(), &mut document) };
        let text = take(document).unwrap();
        assert_eq!((code, schema::check("ServiceProperties", &text, Version::V2_6)), (0, Vec::new()), "{text}");
        let read: ServiceProperties = serde_json::from_str(&text).unwrap();
        assert_eq!(read.to_json(), text);
    });
}

#[test]
fn an_answer_of_the_service_with_more_members_is_another_one_and_nothing_is_lost() {
    let text = r#"{"Properties":[{"CpuGroups":[],"More":1},{"CpuGroups":[]}]}"#;
    let read: ServiceProperties = serde_json::from_str(text).unwrap();
    let properties = read.properties.as_ref().unwrap();
    assert!(matches!(properties[0], ServiceProperty::Other(_)), "{properties:?}");
    assert!(matches!(properties[1], ServiceProperty::CpuGroups { .. }), "{properties:?}");
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

#[test]
fn members_that_are_null_are_as_if_they_were_not_there() {
    let event = r#"{"Message":null,"Provider":null,"EventId":null,"Data":[{"Type":null,"Value":null}]}"#;
    let error = format!(
        r#"{{"Error":-2147467259,"ErrorEvents":[{event}],"Attribution":[{{"WorkerExit":{{"ExitCode":null,"Detail":null}}}}]}}"#
    );
    let read: ResultError = serde_json::from_str(&error).unwrap();
    let bare = r#"{"Error":-2147467259,"ErrorEvents":[{"Data":[{}]}],"Attribution":[{"WorkerExit":{}}]}"#;
    assert_eq!(read, serde_json::from_str(bare).unwrap());
    let running: ProcessStatus =
        serde_json::from_str(r#"{"ProcessId":7,"Exited":false,"ExitCode":null}"#).unwrap();
    assert_eq!((running.exit_code, running.last_wait_result), (0, 0));
    let read: SystemExitStatus = serde_json::from_str(r#"{"Status":null,"ExitType":null}"#).unwrap();
    assert_eq!(read, serde_json::from_str(r#"{"Status":0}"#).unwrap());
}
