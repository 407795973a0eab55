//! Configurations that a create takes or refuses, by what stands in them.
//! Not here: creating as such (`systems`).

use hcs_sim::Export::*;
use hcs_sim::Hresult;
use hcs_sim::hresult::*;

use crate::row::*;

/// Memory comes in steps of 2 MB: what an odd size fails with.
const ODD: Hresult = Hresult::from_bits(0x8004_1008);

pub fn rows() -> Vec<Row> {
    let create = |name: &str, cites: &[&'static str], configuration: &'static str| {
        row(name, cites).call(
            HcsCreateComputeSystem,
            [Text("<id>"), Text(configuration), OPERATION, NULL, Arg::Out(Slot::System)],
        )
    };
    vec![
        create(
            "configuration-null-members",
            &["null-members"],
            r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":null,"ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":null}}}"#,
        )
        .succeeds(),
        create(
            "configuration-of-a-schema-to-come",
            &["declared-schema"],
            r#"{"SchemaVersion":{"Major":2,"Minor":999},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}}}"#,
        )
        .fails(HCS_E_INVALID_JSON),
        create(
            "configuration-odd-memory",
            &["memory-even"],
            r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":257},"Processor":{"Count":1}}}}"#,
        )
        .fails(ODD),
        create(
            "configuration-two-com-ports",
            &["com-ports"],
            r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}},"Devices":{"ComPorts":{"0":{},"1":{}}}}}"#,
        )
        .succeeds(),
        create(
            "configuration-three-com-ports",
            &["com-ports"],
            r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"Chipset":{"Uefi":{}},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}},"Devices":{"ComPorts":{"0":{},"1":{},"2":{}}}}}"#,
        )
        .fails(HCS_E_INVALID_JSON),
        create(
            "configuration-number-out-of-range",
            &["strict-documents"],
            r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":-1}}}}"#,
        )
        .fails(HCS_E_INVALID_JSON),
        create(
            "configuration-template-that-is-none",
            &["restore-template"],
            r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"hcs-sim-conformance","ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"RestoreState":{"TemplateSystemId":"<id>-none"},"ComputeTopology":{"Memory":{"SizeInMB":256},"Processor":{"Count":1}}}}"#,
        )
        .sim_only("whether the create or the start finds out is not known")
        .succeeds()
        .call(HcsStartComputeSystem, [SYSTEM, OPERATION, NULL])
        .fails(HCS_E_SYSTEM_NOT_FOUND),
    ]
}
