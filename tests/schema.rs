//! The schema table, and checking documents against it without a host.
//! Not here: what a host does with a document that is not in order (`strict_documents`).

use hcs_sim::schema::{self, Problem, ProblemKind, Version};

/// The only problem of a document, for a host of 2.6.
#[track_caller]
fn problem(ty: &str, json: &str) -> Problem {
    let mut problems = schema::check(ty, json, Version::V2_6);
    assert_eq!(problems.len(), 1, "{ty} {json}: {problems:?}");
    problems.remove(0)
}

#[track_caller]
fn in_order(ty: &str, json: &str) {
    assert_eq!(schema::check(ty, json, Version::V2_6), [], "{ty} {json}");
}

// The table

#[test]
fn the_table_has_the_reference_and_marks_what_is_beyond_it() {
    let documented: Vec<_> = schema::types().filter(|it| it.is_documented()).collect();
    let enumerations = documented.iter().filter(|it| it.values().next().is_some());
    assert_eq!(enumerations.count(), 64);
    assert_eq!(documented.len(), 64 + 189);
    let members = documented.iter().flat_map(|it| it.members()).filter(|it| it.is_documented());
    assert_eq!(members.count(), 657);
    assert!(schema::types().any(|it| !it.is_documented()));

    let properties = schema::find("Properties").unwrap();
    let is_documented =
        |name: &str| properties.members().iter().find(|it| it.name() == name).unwrap().is_documented();
    assert!(is_documented("GuestConnectionInfo"));
    for seen in
        ["ObRoot", "RuntimeImagePath", "MemoryTopology", "ServiceSessionId", "MappedVirtualDiskControllers"]
    {
        assert!(!is_documented(seen), "{seen}");
    }
}

#[test]
fn documented_names_came_with_2_0_to_2_6_and_every_name_stands_once() {
    let documented = Version::V2_0..=Version::V2_6;
    let mut types = std::collections::BTreeSet::new();
    for ty in schema::types() {
        assert!(types.insert(ty.name()), "{}", ty.name());
        let mut names = std::collections::BTreeSet::new();
        assert!(ty.members().len() <= 64, "{}", ty.name());
        for member in ty.members() {
            assert!(names.insert(member.name()), "{}.{}", ty.name(), member.name());
            assert!(!member.is_documented() || documented.contains(&member.since()), "{}", member.name());
        }
        for value in ty.values() {
            assert!(names.insert(value.name()), "{}.{}", ty.name(), value.name());
            assert!(!value.is_documented() || documented.contains(&value.since()), "{}", value.name());
        }
    }
}

#[test]
fn every_version_has_its_first_windows() {
    let windows =
        [(2, 1), (2, 2), (2, 3), (2, 4), (2, 5), (2, 6), (2, 7)].map(|it| Version::new(it.0, it.1).windows());
    let expected = [
        "Windows 10 1809, Windows Server 2019",
        "Windows 10 1903",
        "Windows 10 2004",
        "Windows Server 2022",
        "Windows Server 2022",
        "Windows 11 21H2",
    ];
    assert_eq!(windows.into_iter().flatten().collect::<Vec<_>>(), expected);
}

#[test]
fn names_carry_the_version_that_brought_them() {
    let since = |ty: &str, member: &str| {
        schema::find(ty).unwrap().members().iter().find(|it| it.name() == member).unwrap().since()
    };
    assert_eq!(since("Chipset", "LinuxKernelDirect"), Version::V2_2);
    assert_eq!(since("VirtualMachine", "Services"), Version::V2_5);
    assert_eq!(since("Attachment", "AlwaysAllowSparseFiles"), Version::V2_6);
    let value = schema::find("WorkerExitDetail")
        .unwrap()
        .values()
        .find(|it| it.name() == "FastSavePreservePartitionHsr");
    assert_eq!(value.unwrap().since(), Version::V2_5);
}

// Problems

#[test]
fn an_unknown_member_is_told_with_the_nearest_spelling() {
    let found = problem("SaveOptions", r#"{"SavedStateFilePath":"x"}"#);
    assert_eq!(found.kind, ProblemKind::UnknownMember);
    assert_eq!(
        (found.pointer.as_str(), found.nearest.as_deref()),
        ("/SavedStateFilePath", Some("SaveStateFilePath"))
    );
    assert_eq!(problem("SaveOptions", r#"{"savetype":"ToFile"}"#).nearest.as_deref(), Some("SaveType"));
    assert_eq!(problem("SaveOptions", r#"{"Elephant":1}"#).nearest, None);
}

#[test]
fn a_value_of_another_type_is_told_with_what_was_expected() {
    for (ty, json, expected, found) in [
        ("Attachment", r#"{"ReadOnly":"true"}"#, "true or false", "the text \"true\""),
        ("Attachment", r#"{"Path":7}"#, "a text", "the number 7"),
        ("VirtualMachine_Memory", r#"{"SizeInMB":"512"}"#, "a whole number (uint64)", "the text \"512\""),
        ("VirtualMachine_Memory", r#"{"SizeInMB":1.5}"#, "a whole number (uint64)", "the number 1.5"),
        ("VirtualMachine", r#"{"Devices":[]}"#, "an object (Devices)", "a list"),
        ("Plan9", r#"{"Shares":{}}"#, "a list of Plan9Share", "an object"),
        ("Devices", r#"{"Scsi":true}"#, "an object with names as keys (Scsi)", "true"),
        ("ComPort", "7", "an object (ComPort)", "the number 7"),
        ("ComPort", "null", "an object (ComPort)", "null"),
        ("CpuGroupAffinity", r#"{"LogicalProcessors":[null]}"#, "a whole number (uint32)", "null"),
    ] {
        let problem = problem(ty, json);
        assert_eq!(problem.kind, ProblemKind::WrongType, "{json}");
        assert_eq!((problem.expected.as_str(), problem.found.as_str()), (expected, found), "{json}");
    }
}

#[test]
fn a_member_may_be_null_as_if_it_were_not_there() {
    in_order("Attachment", r#"{"Path":null,"ReadOnly":null,"Type":null}"#);
    in_order("ComputeSystem", r#"{"VirtualMachine":{"Devices":null},"Container":null}"#);
    assert_eq!(problem("CloseHandle", r#"{"Handle":null}"#).kind, ProblemKind::MissingMember);
}

#[test]
fn numbers_fit_their_types() {
    for (ty, good, bad) in [
        ("<uint8> array", "[0,255]", "[256]"),
        ("<uint16> array", "[0,65535]", "[-1]"),
        ("<uint32> array", "[0,4294967295]", "[4294967296]"),
        ("<int32> array", "[-2147483648,2147483647]", "[2147483648]"),
        ("<int64> array", "[-9223372036854775808,9223372036854775807]", "[9223372036854775808]"),
        ("<uint64> array", "[0,18446744073709551615]", "[18446744073709551616]"),
        ("<uint16, 2> array", "[30,120]", "[30]"),
        ("<uint16, 2> array", "[30,120]", "[30,120,1]"),
    ] {
        in_order(ty, good);
        assert_eq!(problem(ty, bad).kind, ProblemKind::OutOfRange, "{ty} {bad}");
    }
}

#[test]
fn keys_of_maps_are_checked_as_numbers_and_guids() {
    in_order("Devices", r#"{"ComPorts":{"0":{},"1":{}}}"#);
    let third = problem("Devices", r#"{"ComPorts":{"0":{},"1":{},"2":{}}}"#); // two is all there are
    assert_eq!((third.kind, third.pointer.as_str()), (ProblemKind::OutOfRange, "/ComPorts/2"));
    assert_eq!(problem("Scsi", r#"{"Attachments":{"first":{}}}"#).kind, ProblemKind::BadFormat);
    assert_eq!(problem("Scsi", r#"{"Attachments":{"00":{}}}"#).kind, ProblemKind::BadFormat);
    assert_eq!(problem("Scsi", r#"{"Attachments":{"-1":{}}}"#).kind, ProblemKind::BadFormat);
    assert_eq!(problem("Scsi", r#"{"Attachments":{"0":{},"0":{}}}"#).kind, ProblemKind::DuplicateMember);
    let table = r#"{"ServiceTable":{"not-a-guid":{}}}"#;
    assert_eq!(problem("HvSocketSystemConfig", table).kind, ProblemKind::BadFormat);
}

#[test]
fn texts_have_their_form() {
    in_order("CimMount", r#"{"VolumeGuid":"0D2B4C8E-6f35-4a91-9b07-e1c3a5d7f264"}"#);
    for (ty, json) in [
        ("CimMount", r#"{"VolumeGuid":"{0d2b4c8e-6f35-4a91-9b07-e1c3a5d7f264}"}"#),
        ("Statistics", r#"{"Timestamp":"yesterday"}"#),
        ("NetworkAdapter", r#"{"MacAddress":"00155D3A1001"}"#),
        ("ConsoleImage", r#"{"Image":"not base64!"}"#),
    ] {
        assert_eq!(problem(ty, json).kind, ProblemKind::BadFormat, "{json}");
    }
}

#[test]
fn values_of_enumerations_are_compared_with_case() {
    let found = problem("Attachment", r#"{"Type":"virtualDisk"}"#);
    assert_eq!((found.kind, found.nearest.as_deref()), (ProblemKind::UnknownValue, Some("VirtualDisk")));
    assert_eq!(problem("Attachment", r#"{"Type":0}"#).kind, ProblemKind::WrongType);
    in_order("SignalProcessOptions", r#"{"Signal":15}"#); // as clients of Linux containers do
    assert_eq!(problem("SignalProcessOptions", r#"{"Signal":4294967296}"#).kind, ProblemKind::OutOfRange);
}

#[test]
fn choices_and_members_that_may_not_miss() {
    assert_eq!(problem("ComputeSystem", "{}").found, "none of them");
    assert_eq!(
        problem("ComputeSystem", r#"{"VirtualMachine":{},"Container":{}}"#).kind,
        ProblemKind::NotOneOf
    );
    let both = problem("RestoreState", r#"{"SaveStateFilePath":"a","TemplateSystemId":"b"}"#);
    assert_eq!(both.found, "SaveStateFilePath and TemplateSystemId");
    assert_eq!(problem("AttributionRecord", "{}").kind, ProblemKind::NotOneOf);
    assert_eq!(
        problem("PropertyResponse", r#"{"Error":{"Error":0},"Response":1}"#).kind,
        ProblemKind::NotOneOf
    );
    for (ty, json, member) in [
        ("SetPropertyOperation", r#"{"GroupId":"0d2b4c8e-6f35-4a91-9b07-e1c3a5d7f264"}"#, "PropertyCode"),
        ("ProcessModifyRequest", r#"{"ConsoleSize":{"Height":1,"Width":1}}"#, "Operation"),
        ("ResultError", "{}", "Error"),
        ("Properties", r#"{"Id":"a"}"#, "SystemType"),
        ("ProcessStatus", r#"{"ProcessId":1}"#, "Exited"),
        ("ContainerConfig", "{}", "SystemType"),
    ] {
        assert_eq!(problem(ty, json).pointer, format!("/{member}"), "{ty}");
    }
    let missing = problem("ModificationRequest", r#"{"Settings":{}}"#);
    assert_eq!((missing.kind, missing.pointer.as_str()), (ProblemKind::MissingMember, "/PropertyType"));
}

#[test]
fn a_member_that_stands_twice_is_told() {
    let found = problem("SaveOptions", r#"{"SaveType":"ToFile","SaveType":"ToFile"}"#);
    assert_eq!((found.kind, found.pointer.as_str()), (ProblemKind::DuplicateMember, "/SaveType"));
}

#[test]
fn what_is_too_new_is_told_with_the_version_that_would_take_it() {
    for (ty, json, since) in [
        ("ComputeSystem", r#"{"VirtualMachine":{"Services":{"Anything":{}}}}"#, Version::V2_5),
        ("Chipset", r#"{"LinuxKernelDirect":{}}"#, Version::V2_2),
        ("GuestModifySettingRequest", r#"{"ResourceType":"CimMount"}"#, Version::V2_3), // a value
        ("Attachment", r#"{"Type":"SharedDisk"}"#, Version::V2_4),
    ] {
        let older = Version::new(2, since.minor - 1);
        let problems = schema::check(ty, json, older);
        assert_eq!(problems.len(), 1, "{problems:?}"); // what is inside of it is not looked at
        assert_eq!((problems[0].kind, problems[0].since), (ProblemKind::TooNew, Some(since)));
    }
    in_order("Chipset", r#"{"LinuxKernelDirect":{}}"#);
}

#[test]
fn what_is_no_json_comes_first_with_its_place() {
    for json in ["", "{", "\u{feff}{}", "{} x", r#"{"SaveType":}"#, r#"{"SaveStateFilePath":"\ud800"}"#] {
        let problems = schema::check("SaveOptions", json, Version::V2_6);
        assert_eq!((problems[0].kind, problems[0].pointer.as_str()), (ProblemKind::NotJson, ""), "{json:?}");
        assert!(problems[0].found.contains("at line 1 column"), "{}", problems[0].found);
    }
    let cut = schema::check("SaveOptions", r#"{"SavType":"ToFile","#, Version::V2_6);
    assert_eq!(
        cut.iter().map(|it| it.kind).collect::<Vec<_>>(),
        [ProblemKind::NotJson, ProblemKind::UnknownMember]
    );
    let bytes = schema::check("SaveOptions", [b'{', 0xFF, b'}'], Version::V2_6);
    assert_eq!(bytes[0].to_string(), "not JSON: not UTF-8 from byte 1 on");
}

#[test]
fn every_problem_of_a_document_is_told_up_to_a_hundred() {
    let two =
        schema::check("Attachment", r#"{"Tpye":"VirtualDisk","Path":1,"ReadOnly":true}"#, Version::V2_6);
    assert_eq!(two.iter().map(|it| it.pointer.as_str()).collect::<Vec<_>>(), ["/Tpye", "/Path"]);
    let many = format!("[{}7]", "7,".repeat(10_000));
    assert_eq!(schema::check("<Attachment> array", &many, Version::V2_6).len(), 100);
    let broken = schema::check("<Attachment> array", many.replace(']', "}"), Version::V2_6);
    assert_eq!((broken.len(), broken[0].kind), (100, ProblemKind::NotJson));
    let newer = format!("[{}7]", r#"{"AlwaysAllowSparseFiles":true},"#.repeat(200));
    let found = schema::check("<Attachment> array", newer, Version::V2_0);
    assert_eq!((found.len(), found[50].kind), (51, ProblemKind::WrongType)); // which is not lost among them
}

#[test]
fn pointers_are_escaped_and_long_ones_cut() {
    let slashes = problem("Devices", r#"{"NetworkAdapters":{"a/b~c":7}}"#);
    assert_eq!(slashes.pointer, "/NetworkAdapters/a~1b~0c");
    let long = format!(r#"{{"NetworkAdapters":{{"{}":{{"MacAdress":1}}}}}}"#, "ä".repeat(10_000));
    let cut = problem("Devices", &long);
    assert!(cut.pointer.len() < 1_100 && cut.pointer.ends_with("/MacAdress") && cut.pointer.contains("..."));
    let text = problem("ComPort", &format!(r#"{{"OptimizeForDebugger":"{}"}}"#, "x".repeat(10_000)));
    assert!(text.found.len() < 200 && text.found.contains("10000 bytes"), "{}", text.found);
}

#[test]
fn documents_are_nested_up_to_127_levels() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    in_order("Any", &nested(127));
    assert!(problem("Any", &nested(128)).found.starts_with("nested deeper than 127 levels"));
    assert!(problem("Any", &"[".repeat(1_000_000)).found.starts_with("nested deeper than 127 levels"));
}

#[test]
fn a_type_that_does_not_exist_is_told_with_the_nearest() {
    let found = problem("ComputSystem", "{}");
    assert_eq!((found.kind, found.nearest.as_deref()), (ProblemKind::UnknownType, Some("ComputeSystem")));
    for ty in ["<Nothing> array", "Map<string, Nothing>", "<uint16, two> array", "Map<string>", ""] {
        assert_eq!(problem(ty, "{}").kind, ProblemKind::UnknownType, "{ty}");
    }
    in_order("Map<string, ComPort>", r#"{"a":{}}"#);
}

// What depends on another member

#[test]
fn containers_of_the_first_api_are_read_as_such() {
    in_order(
        "ComputeSystem",
        r#"{"SystemType":"container","Name":"a","ContainerType":"linux","HvPartition":true}"#,
    );
    let found = problem("ComputeSystem", r#"{"SystemType":"Container","HostNam":"a"}"#);
    assert_eq!((found.kind, found.nearest.as_deref()), (ProblemKind::UnknownMember, Some("HostName")));
    assert_eq!(
        problem("ComputeSystem", r#"{"SystemType":"VirtualMachine"}"#).kind,
        ProblemKind::UnknownValue
    );
    let nested = problem("ComputeSystem", r#"{"Owner":"a","VirtualMachine":{"SystemType":"Container"}}"#);
    assert_eq!(
        (nested.kind, nested.pointer.as_str()),
        (ProblemKind::UnknownMember, "/VirtualMachine/SystemType")
    );
}

#[test]
fn settings_of_a_modify_request_are_checked_by_its_resource_path() {
    let request = |path: &str, kind: &str, settings: &str| {
        format!(r#"{{"ResourcePath":"{path}","RequestType":"{kind}","Settings":{settings}}}"#)
    };
    let (disk, memory) =
        ("VirtualMachine/Devices/Scsi/disks/Attachments/1", "VirtualMachine/ComputeTopology/Memory/SizeInMB");
    in_order("ModifySettingRequest", &request(disk, "Add", r#"{"Type":"VirtualDisk","Path":"C:\\a.vhdx"}"#));
    let found = problem("ModifySettingRequest", &request(disk, "Add", r#"{"Pth":"C:\\a.vhdx"}"#));
    assert_eq!((found.pointer.as_str(), found.nearest.as_deref()), ("/Settings/Pth", Some("Path")));
    in_order("ModifySettingRequest", &request(disk, "Remove", r#""whatever""#)); // ignored there
    in_order("ModifySettingRequest", &request(memory, "Update", "4096"));
    assert_eq!(
        problem("ModifySettingRequest", &request(memory, "Update", r#""4096""#)).kind,
        ProblemKind::WrongType
    );
    assert_eq!(problem("ModifySettingRequest", &request(memory, "Update", "null")).found, "nothing");
    let gpu = problem("ModifySettingRequest", &request("VirtualMachine/ComputeTopology/Gpu", "Add", "{}"));
    assert_eq!((gpu.kind, gpu.pointer.as_str()), (ProblemKind::BadResource, "/RequestType"));
}

#[test]
fn removing_a_share_needs_what_it_is_known_by() {
    let remove = |settings: &str| {
        format!(
            r#"{{"ResourcePath":"VirtualMachine/Devices/Plan9/Shares","RequestType":"Remove","Settings":{settings}}}"#
        )
    };
    in_order("ModifySettingRequest", &remove(r#"{"AccessName":"src","Port":9000}"#));
    let missing = problem("ModifySettingRequest", &remove(r#"{"AccessName":"src"}"#));
    assert_eq!((missing.kind, missing.pointer.as_str()), (ProblemKind::MissingMember, "/Settings/Port"));
}

#[test]
fn what_is_too_new_in_settings_does_not_hide_what_is_missing() {
    let request = r#"{"ResourcePath":"VirtualMachine/Devices/Plan9/Shares","RequestType":"Remove",
        "Settings":{"Port":9000,"AllowedFiles":[]}}"#;
    let told = schema::check("ModifySettingRequest", request, Version::V2_1);
    let told: Vec<_> = told.iter().map(|it| (it.kind, it.pointer.as_str())).collect();
    assert_eq!(
        told,
        [
            (ProblemKind::TooNew, "/Settings/AllowedFiles"),
            (ProblemKind::MissingMember, "/Settings/AccessName")
        ]
    );
    // nor does what is too new beside them
    let told = schema::check("ModifySettingRequest", request, Version::V2_0);
    assert_eq!((told[0].kind, told[0].pointer.as_str()), (ProblemKind::TooNew, "/ResourcePath"));
    assert_eq!(told.last().unwrap().pointer, "/Settings/AccessName");
}

#[test]
fn settings_of_the_service_are_checked_by_their_property_type() {
    let create = r#"{"PropertyType":"CpuGroup","Settings":{"Operation":"CreateGroup","OperationDetails":{"GroupId":"x"}}}"#;
    let found = problem("ModificationRequest", create);
    assert_eq!(
        (found.kind, found.pointer.as_str()),
        (ProblemKind::BadFormat, "/Settings/OperationDetails/GroupId")
    );
    let add = r#"{"Operation":"AddInstance","OperationDetails":{"Id":"a"}}"#;
    assert_eq!(
        problem("ContainerCredentialGuardOperationRequest", add).pointer,
        "/OperationDetails/CredentialSpec"
    );
}

#[test]
fn a_configuration_may_not_declare_a_schema_that_the_host_does_not_know() {
    let declaring = |major, minor| {
        format!(
            r#"{{"VirtualMachine":{{"Services":{{}}}},"SchemaVersion":{{"Major":{major},"Minor":{minor}}}}}"#
        )
    };
    in_order("ComputeSystem", &declaring(2, 6));
    in_order("ComputeSystem", &declaring(2, 1)); // though Services came with 2.5
    let found = problem("ComputeSystem", &declaring(2, 7));
    assert_eq!((found.kind, found.pointer.as_str()), (ProblemKind::TooNew, "/SchemaVersion"));
    assert_eq!(found.to_string(), "/SchemaVersion: \"2.7\" is not known to schema 2.6");
    assert_eq!(problem("ComputeSystem", &declaring(3, 0)).kind, ProblemKind::TooNew);
    in_order("ComputeSystem", r#"{"VirtualMachine":{},"SchemaVersion":{"Major":2}}"#);
    let without_minor = r#"{"VirtualMachine":{},"SchemaVersion":{"Major":3}}"#;
    assert_eq!(problem("ComputeSystem", without_minor).kind, ProblemKind::TooNew);
}

#[test]
fn details_of_every_operation_of_the_service_are_checked() {
    let guid = "0d2b4c8e-6f35-4a91-9b07-e1c3a5d7f264";
    for (ty, operation, details, pointer) in [
        (
            "HostProcessorModificationRequest",
            "CreateGroup",
            r#"{"GroupId":1}"#.to_owned(),
            "/OperationDetails/GroupId",
        ),
        ("HostProcessorModificationRequest", "DeleteGroup", "{}".to_owned(), "/OperationDetails/GroupId"),
        (
            "HostProcessorModificationRequest",
            "SetProperty",
            format!(r#"{{"GroupId":"{guid}"}}"#),
            "/OperationDetails/PropertyCode",
        ),
        (
            "ContainerCredentialGuardOperationRequest",
            "RemoveInstance",
            r#"{"Id":[]}"#.to_owned(),
            "/OperationDetails/Id",
        ),
    ] {
        let text = format!(r#"{{"Operation":"{operation}","OperationDetails":{details}}}"#);
        assert_eq!(problem(ty, &text).pointer, pointer, "{text}");
    }
}

#[test]
fn a_hosted_container_is_checked_too() {
    let hosted = r#"{"HostingSystemId":"u","HostedSystem":{"Container":{"GuestOS":{}}}}"#;
    let found = problem("ComputeSystem", hosted);
    assert_eq!(found.pointer, "/HostedSystem/Container/GuestOS");
    assert_eq!(found.nearest.as_deref(), Some("GuestOs"));
    in_order(
        "ComputeSystem",
        r#"{"HostedSystem":{"OciBundlePath":"/run/a","OciSpecification":{"root":{}}}}"#,
    );
}

#[test]
fn a_resource_path_that_names_nothing_is_told_with_the_one_that_was_probably_meant() {
    let adapter = "0d2b4c8e-6f35-4a91-9b07-e1c3a5d7f264";
    for (path, meant) in [
        (
            format!("VirtualMachine/Devices/NetworkAdaptors/{adapter}"),
            format!("VirtualMachine/Devices/NetworkAdapters/{adapter}"),
        ),
        (
            format!("VirtualMachine/Devices/Scsi/{adapter}/1"),
            format!("VirtualMachine/Devices/Scsi/{adapter}/Attachments/1"),
        ),
        ("/VirtualMachine/Devices/ComPorts/0".to_owned(), "VirtualMachine/Devices/ComPorts/0".to_owned()),
        ("VirtualMachine/Devices/Licensng".to_owned(), "VirtualMachine/Devices/Licensing".to_owned()),
        (r"VirtualMachine\Devices\ComPorts\0".to_owned(), "VirtualMachine/Devices/ComPorts/0".to_owned()),
    ] {
        let text =
            serde_json::json!({ "ResourcePath": path, "RequestType": "Add", "Settings": {} }).to_string();
        let found = problem("ModifySettingRequest", &text);
        assert_eq!(
            (found.kind, found.pointer.as_str()),
            (ProblemKind::BadResource, "/ResourcePath"),
            "{path}"
        );
        assert_eq!(found.nearest, Some(meant));
    }
    for path in [
        "Foo/Bar",
        "VirtualMachine/Devices/eth0",
        "VirtualMachine/Devices/ComPorts/2",
        "VirtualMachine/Devices/Scsi/a/Attachments/00",
    ] {
        let text = format!(r#"{{"ResourcePath":"{path}","Settings":{{}}}}"#);
        let found = problem("ModifySettingRequest", &text);
        assert_eq!(found.kind, ProblemKind::BadResource, "{path}");
        assert_eq!(found.nearest, None, "{path}"); // nothing is near, or too much
    }
}

#[test]
fn what_helps_is_said_with_the_problem() {
    let said = |ty: &str, json: &str| problem(ty, json).to_string();
    assert_eq!(
        said("ComputeSystem", r#"{"VirtualMachine":{"Memory":{}}}"#),
        "/VirtualMachine/Memory: VirtualMachine has no member \"Memory\"; ComputeTopology has one: ComputeTopology/Memory"
    );
    assert_eq!(
        said("ComPort", r#"{"Elephant":1}"#),
        "/Elephant: ComPort has no member \"Elephant\"; it has NamedPipe, OptimizeForDebugger"
    );
    assert_eq!(
        said("Attachment", r#"{"Type":"Tape"}"#),
        "/Type: expected one of VirtualDisk, Iso, PassThru, SharedDisk, ExtensibleVirtualDisk, VirtualFloppyDisk (AttachmentType), found \"Tape\""
    );
    assert!(
        said("SaveOptions", r#"{"SaveStateFilePath":"C:\vms"}"#)
            .ends_with(r"; a backslash in a text is written \\")
    );
    assert!(said("SaveOptions", "\u{feff}{}").ends_with("; it begins with a byte order mark"));
    let too_new = schema::check("VirtualMachine", r#"{"Services":{}}"#, Version::V2_1);
    assert!(
        too_new[0].to_string().ends_with("; it came with schema 2.5 (Windows Server 2022)"),
        "{too_new:?}"
    );
    assert_eq!(problem("PropertyQuery", "{}").nearest.as_deref(), Some("Service_PropertyQuery"));
    assert_eq!(format!("{too_new:?}"), format!("[{}]", too_new[0]));
}

#[test]
fn a_key_of_serde_json_is_a_key_like_any_other() {
    in_order("Any", r#"{"$serde_json::private::Number":1,"b":{"$serde_json::private::Number":"x"}}"#);
    let object = problem("Container_Processor", r#"{"Count":{"$serde_json::private::Number":"5"}}"#);
    assert_eq!(object.kind, ProblemKind::WrongType);
}

/// A change of the table is made on purpose: what the schema's reference has was compared with it, name by name.
#[test]
fn the_table_is_what_it_was_when_it_was_compared_with_the_reference() {
    use std::fmt::Write;
    let mut dump = String::new();
    for ty in schema::types() {
        writeln!(dump, "{} {}", ty.name(), ty.is_documented()).unwrap();
        for it in ty.members() {
            writeln!(dump, " {} {} {} {}", it.name(), it.type_name(), it.since(), it.is_documented())
                .unwrap();
        }
        for it in ty.values() {
            writeln!(dump, " {} {} {}", it.name(), it.since(), it.is_documented()).unwrap();
        }
    }
    // FNV-1a
    let digest = dump
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |it, byte| (it ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    assert_eq!(
        format!("{digest:016x}"),
        "8ebd3a0d638bb1e3",
        "compare the change with its source, then write its digest here:\n{dump}"
    );
}
