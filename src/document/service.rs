//! The documents of the service: property queries, settings, and the properties that it tells.
//! Not here: the service's state (`model::service`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Object;
use super::properties::PropertyResponse;
use crate::schema::Version;

/// `Service_PropertyQuery`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServiceQuery {
    #[serde(default, deserialize_with = "super::or_default")]
    pub(crate) property_types: Vec<ServicePropertyType>,
    /// Schema 2.5.
    pub(crate) property_queries: Option<BTreeMap<String, Value>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ServicePropertyType {
    Basic,
    CpuGroup,
    ProcessorTopology,
    ContainerCredentialGuard,
    QoSCapabilities,
}

/// `ModificationRequest`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
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
#[serde(tag = "Operation", content = "OperationDetails")]
pub(crate) enum CpuGroupChange {
    CreateGroup(Object<NewCpuGroup>),
    DeleteGroup(Object<CpuGroupName>),
    SetProperty(Object<CpuGroupSetting>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewCpuGroup {
    pub(crate) group_id: String,
    pub(crate) logical_processor_count: Option<u32>,
    #[serde(default, deserialize_with = "super::or_default")]
    pub(crate) logical_processors: Vec<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CpuGroupName {
    pub(crate) group_id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CpuGroupSetting {
    pub(crate) group_id: String,
    pub(crate) property_code: u32,
    #[serde(default, deserialize_with = "super::or_default")]
    pub(crate) property_value: u64,
}

/// `ContainerCredentialGuardOperationRequest`, with the details of its operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "Operation", content = "OperationDetails")]
pub(crate) enum CredentialGuardChange {
    AddInstance(Object<NewCredentialGuard>),
    RemoveInstance(Object<CredentialGuardName>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewCredentialGuard {
    pub(crate) id: String,
    pub(crate) credential_spec: String,
    pub(crate) transport: Option<Transport>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CredentialGuardName {
    pub(crate) id: String,
}

/// How a credential guard is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of the schema
pub enum Transport {
    #[serde(rename = "LRPC")]
    Lrpc,
    HvSocket,
}

/// What the service tells about itself.
///
/// ```
/// use hcs_sim::documents::{ServiceProperties, ServiceProperty};
/// use hcs_sim::{Host, call, schema::Version};
///
/// let old = ServiceProperties {
///     properties: Some(vec![ServiceProperty::Basic { supported_schema_versions: vec![Version::V2_1] }]),
///     ..Default::default()
/// };
/// let host = Host::new();
/// host.when(call::service_properties()).succeed().document(old).optional();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct ServiceProperties {
    /// In the order in which their types were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<ServiceProperty>>,
    /// Schema 2.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property_responses: Option<BTreeMap<String, PropertyResponse>>,
}

impl ServiceProperties {
    /// The document's text.
    pub fn to_json(&self) -> String {
        super::write(self).to_string()
    }
}

/// One of the `Properties` of the service: `BasicInformation`, `CpuGroupConfigurations`, `ProcessorTopology`,
/// `ContainerCredentialGuardSystemInfo` and `QoSCapabilities`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "PascalCase", deny_unknown_fields)] // what has more is another one
#[non_exhaustive]
#[allow(missing_docs)] // fields are named as in the schema
pub enum ServiceProperty {
    /// Asked for as `Basic`.
    Basic { supported_schema_versions: Vec<Version> },
    /// Asked for as `CpuGroup`.
    CpuGroups { cpu_groups: Vec<CpuGroup> },
    /// Asked for as `ProcessorTopology`.
    ProcessorTopology { logical_processor_count: u32, logical_processors: Vec<LogicalProcessor> },
    /// Asked for as `ContainerCredentialGuard`.
    CredentialGuards { instances: Vec<CredentialGuard> },
    /// Asked for as `QoSCapabilities`.
    QoSCapabilities {
        #[serde(rename = "ProcessorQoSSupported")]
        processor_qos_supported: bool,
    },
    /// Any other.
    Other(Value),
}

/// `CpuGroupConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct CpuGroup {
    pub group_id: String,
    pub affinity: Affinity,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_properties: Vec<CpuGroupProperty>,
    pub hypervisor_group_id: u64,
}

/// `CpuGroupAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct Affinity {
    pub logical_processor_count: u32,
    pub logical_processors: Vec<u32>,
}

/// `CpuGroupProperty`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct CpuGroupProperty {
    pub property_code: u32,
    pub property_value: u64,
}

/// `ContainerCredentialGuardInstance`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct CredentialGuard {
    pub id: String,
    pub credential_guard: CredentialGuardState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hv_socket_config: Option<CredentialGuardSocket>,
}

/// `ContainerCredentialGuardHvSocketServiceConfig`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct CredentialGuardSocket {
    pub service_id: String,
    /// An `HvSocketServiceConfig`.
    pub service_config: Value,
}

/// `ContainerCredentialGuardState`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct CredentialGuardState {
    pub cookie: String,
    pub rpc_endpoint: String,
    pub transport: Transport,
    pub credential_spec: String,
}

/// `LogicalProcessor`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct LogicalProcessor {
    pub lp_index: u32,
    pub node_number: u8,
    pub package_id: u32,
    pub core_id: u32,
    pub root_vp_index: i32,
    /// Schema 2.4.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subnodes: Vec<Subnode>,
}

/// `Subnode`: where a logical processor stands in the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct Subnode {
    pub r#type: String,
    pub id: u64,
}
