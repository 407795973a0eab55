//! Modify requests on a machine that runs firmware only, which has no disk and no guest.
//! Not here: modifying in other states (`states`).

use hcs_sim::Export::*;
use hcs_sim::hresult::*;

use crate::row::*;

const MISSING: Doc = Doc::Error(HRESULT_ERROR_NOT_FOUND);

pub fn rows() -> Vec<Row> {
    let modify = |name: &str, cites: &[&'static str], request: &'static str| {
        row(name, cites)
            .vm(State::Running)
            .call(HcsModifyComputeSystem, [SYSTEM, OPERATION, Text(request), NULL])
    };
    vec![
        modify(
            "modify-limits-without-a-type",
            &["modify-no-type", "modify-paths"],
            r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Processor/Limits","Settings":{"Limit":5000}}"#,
        )
        .succeeds(),
        modify(
            "modify-the-guest-alone",
            &["modify-guest-request"],
            r#"{"RequestType":"Add","GuestRequest":{"ResourceType":"MappedDirectory","Settings":{}}}"#,
        )
        .sim_only("it needs a guest that listens")
        .succeeds(),
        modify(
            "modify-add-to-no-controller",
            &["modify-no-such-device"],
            r#"{"ResourcePath":"VirtualMachine/Devices/Scsi/7/Attachments/0","RequestType":"Add","Settings":{"Type":"VirtualDisk","Path":"<file>"}}"#,
        )
        .outcome(HRESULT_ERROR_NOT_FOUND, MISSING),
        modify(
            "modify-update-what-is-not-there",
            &["modify-no-such-device"],
            r#"{"ResourcePath":"VirtualMachine/Devices/NetworkAdapters/6f2c9a10-4b1d-4e59-9c7a-0d5b8e3f2a41","RequestType":"Update","Settings":{"EndpointId":"6f2c9a10-4b1d-4e59-9c7a-0d5b8e3f2a42"}}"#,
        )
        .outcome(HRESULT_ERROR_NOT_FOUND, MISSING),
        modify(
            "modify-remove-what-is-not-there",
            &["modify-remove-nothing"],
            r#"{"ResourcePath":"VirtualMachine/Devices/NetworkAdapters/6f2c9a10-4b1d-4e59-9c7a-0d5b8e3f2a41","RequestType":"Remove"}"#,
        )
        .succeeds(),
        modify(
            "modify-settings-of-another-type",
            &["modify-settings", "strict-documents"],
            r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Processor/Limits","RequestType":"Update","Settings":{"Lmit":5000}}"#,
        )
        .fails(HCS_E_INVALID_JSON),
        modify(
            "modify-a-pipe-with-settings",
            &["modify-empty-settings"],
            r#"{"ResourcePath":"VirtualMachine/Devices/MappedPipes/agent","RequestType":"Add","Settings":{"Name":"x"}}"#,
        )
        .fails(E_INVALIDARG),
        modify(
            "modify-a-machine-as-a-container",
            &["modify-request-type"],
            r#"{"ResourcePath":"Container/MappedDirectories","RequestType":"Add","Settings":{"HostPath":"C:\\data","ContainerPath":"C:\\data"}}"#,
        )
        .fails(HRESULT_ERROR_NOT_SUPPORTED),
        modify(
            "modify-memory",
            &["modify-memory"],
            r#"{"ResourcePath":"VirtualMachine/ComputeTopology/Memory/SizeInMB","RequestType":"Update","Settings":512}"#,
        )
        .sim_only("a guest has to boot first")
        .succeeds(),
        row("pause-a-container", &["pause-process-isolated"])
            .container(State::Running)
            .call(HcsPauseComputeSystem, [SYSTEM, OPERATION, NULL])
            .fails(HRESULT_ERROR_NOT_SUPPORTED),
    ]
}
