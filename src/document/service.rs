//! The documents of the service: property queries, settings, and the properties that it tells.
//! Not here: the service's state (`model::service`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Object;
use super::result_error::ResultError;

/// `Service_PropertyQuery`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ServiceQuery {
    #[serde(default)]
    pub(crate) property_types: Vec<ServiceProperty>,
    /// Schema 2.5.
    pub(crate) property_queries: Option<BTreeMap<String, Value>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ServiceProperty {
    Basic,
    CpuGroup,
    ProcessorTopology,
    ContainerCredentialGuard,
    QoSCapabilities,
}

/// `ModificationRequest`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ModificationRequest {
    pub(crate) property_type: ModifyPropertyType,
    pub(crate) settings: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ModifyPropertyType {
    CpuGroup,
    ContainerCredentialGuard,
}

/// `HostProcessorModificationRequest`, with the details of its operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "Operation", content = "OperationDetails", deny_unknown_fields)]
pub(crate) enum CpuGroupChange {
    CreateGroup(Object<NewCpuGroup>),
    DeleteGroup(Object<CpuGroupName>),
    SetProperty(Object<CpuGroupSetting>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct NewCpuGroup {
    pub(crate) group_id: String,
    pub(crate) logical_processor_count: Option<u32>,
    #[serde(default)]
    pub(crate) logical_processors: Vec<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CpuGroupName {
    pub(crate) group_id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CpuGroupSetting {
    pub(crate) group_id: String,
    pub(crate) property_code: u32,
    pub(crate) property_value: u64,
}

/// `ContainerCredentialGuardOperationRequest`, with the details of its operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "Operation", content = "OperationDetails", deny_unknown_fields)]
pub(crate) enum CredentialGuardChange {
    AddInstance(Object<NewCredentialGuard>),
    RemoveInstance(Object<CredentialGuardName>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct NewCredentialGuard {
    pub(crate) id: String,
    pub(crate) credential_spec: String,
    pub(crate) transport: Option<Transport>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CredentialGuardName {
    pub(crate) id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Transport {
    #[serde(rename = "LRPC")]
    Lrpc,
    HvSocket,
}

/// `ServiceProperties`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServiceProperties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) properties: Option<Vec<PropertyValue<'a>>>,
    /// Schema 2.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) property_responses: Option<BTreeMap<String, PropertyResponse>>,
}

/// One of the `Properties`: `BasicInformation`, `CpuGroupConfigurations`, `ProcessorTopology`,
/// `ContainerCredentialGuardSystemInfo` and `QoSCapabilities`.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "PascalCase")]
pub(crate) enum PropertyValue<'a> {
    Basic {
        supported_schema_versions: [Version; 2],
    },
    CpuGroups {
        cpu_groups: &'a [CpuGroup],
    },
    ProcessorTopology {
        logical_processor_count: u32,
        logical_processors: Vec<LogicalProcessor>,
    },
    CredentialGuards {
        instances: &'a [CredentialGuard],
    },
    QoSCapabilities {
        #[serde(rename = "ProcessorQoSSupported")]
        processor_qos_supported: bool,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

/// `PropertyResponse`: one of its two members.
#[derive(Debug, Serialize)]
pub(crate) enum PropertyResponse {
    Error(ResultError),
    Response(ProcessorCapabilities),
}

/// `CpuGroupConfig`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CpuGroup {
    pub(crate) group_id: String,
    pub(crate) affinity: Affinity,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) group_properties: Vec<CpuGroupProperty>,
    pub(crate) hypervisor_group_id: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Affinity {
    pub(crate) logical_processor_count: u32,
    pub(crate) logical_processors: Vec<u32>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CpuGroupProperty {
    pub(crate) property_code: u32,
    pub(crate) property_value: u64,
}

/// `ContainerCredentialGuardInstance`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CredentialGuard {
    pub(crate) id: String,
    pub(crate) credential_guard: CredentialGuardState,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CredentialGuardState {
    pub(crate) cookie: String,
    pub(crate) rpc_endpoint: String,
    pub(crate) transport: Transport,
    pub(crate) credential_spec: String,
}

/// `LogicalProcessor`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LogicalProcessor {
    pub(crate) lp_index: u32,
    pub(crate) node_number: u8,
    pub(crate) package_id: u32,
    pub(crate) core_id: u32,
    pub(crate) root_vp_index: i32,
}

/// `VmProcessorRequirements` and `ProcessorCapabilitiesInfo`, which have the same members.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ProcessorCapabilities {
    pub(crate) processor_features: &'static [&'static str],
    pub(crate) xsave_processor_features: &'static [&'static str],
    pub(crate) cache_line_flush_size: u64,
    pub(crate) implemented_physical_address_bits: u64,
    pub(crate) non_architectural_core_sharing: &'static str,
}
