//! `Properties`: what HCS tells about a compute system, in enumerations and in property queries.
//! Not here: where the values come from (`model::system`).
//!
//! All are plain data: write what matters and let `..Default::default()` stand for the rest, as new members come with new
//! versions of the schema. What is `None` is left out of the document.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exit::ExitType;
use super::result_error::ResultError;
use crate::schema::Version;

/// What HCS tells about a compute system. Only what is set is written, except `Id` and `SystemType`. (fidelity: `properties-omission`)
///
/// ```
/// use hcs_sim::documents::{Properties, State, SystemType};
/// use hcs_sim::{Host, call};
///
/// let paused = Properties { state: Some(State::Paused), ..Properties::new("web", SystemType::VirtualMachine) };
/// assert_eq!(paused.to_json(), r#"{"Id":"web","SystemType":"VirtualMachine","State":"Paused"}"#);
///
/// let host = Host::new();
/// host.when(call::properties().system("web")).succeed().document(paused).optional();
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct Properties {
    pub id: Arc<str>,
    pub system_type: SystemType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_os_type: Option<OsType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Arc<str>>,
    /// In lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_id: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_template_id: Option<Arc<str>>,
    /// Not in the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_runtime_template: Option<bool>,
    /// Not in the schema; the silo of a process-isolated container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ob_root: Option<Arc<str>>,
    /// Not in the schema of this document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_dummy: Option<bool>,
    /// Not in the schema; the utility VM's image of a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_image_path: Option<Arc<str>>,
    /// Absent from a system that was never started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_type: Option<ExitType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryInformation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Statistics>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_list: Option<Vec<ProcessDetails>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminate_on_last_handle_closed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosting_system_id: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_memory_region_info: Option<Vec<SharedMemoryRegionInfo>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_connection_info: Option<GuestConnectionInfo>,
    /// Not in the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_topology: Option<MemoryTopology>,
    /// Not in the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_session_id: Option<u32>,
    /// Not in the schema; of containers of the first API, by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped_virtual_disk_controllers: Option<BTreeMap<u32, MappedVirtualDiskController>>,
    /// Not in the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_memory_info: Option<GuestMemoryInfo>,
    /// Not in the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_group_id: Option<Arc<str>>,
    /// Not in the schema.
    #[serde(default, rename = "SystemGUID", skip_serializing_if = "Option::is_none")]
    pub system_guid: Option<Arc<str>>,
    /// Not in the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_frequency_power_cap: Option<u32>,
    /// Schema 2.5: the answers to the `Queries` of a property query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property_responses: Option<BTreeMap<String, PropertyResponse>>,
}

impl Properties {
    /// A document of the two members that are always there.
    pub fn new(id: impl Into<Arc<str>>, system_type: SystemType) -> Properties {
        Properties {
            id: id.into(),
            system_type,
            runtime_os_type: None,
            name: None,
            owner: None,
            runtime_id: None,
            runtime_template_id: None,
            is_runtime_template: None,
            ob_root: None,
            is_dummy: None,
            runtime_image_path: None,
            state: None,
            stopped: None,
            exit_type: None,
            memory: None,
            statistics: None,
            process_list: None,
            terminate_on_last_handle_closed: None,
            hosting_system_id: None,
            shared_memory_region_info: None,
            guest_connection_info: None,
            memory_topology: None,
            service_session_id: None,
            mapped_virtual_disk_controllers: None,
            guest_memory_info: None,
            cpu_group_id: None,
            system_guid: None,
            cpu_frequency_power_cap: None,
            property_responses: None,
        }
    }

    /// The document's text.
    pub fn to_json(&self) -> String {
        super::write(self).to_string()
    }
}

/// The two kinds of compute systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of the schema
pub enum SystemType {
    Container,
    VirtualMachine,
}

/// The operating system in a compute system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of the schema
pub enum OsType {
    Unknown,
    Windows,
    Linux,
}

/// The states that HCS tells; one that was never started is told without any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of the schema
pub enum State {
    Created,
    Running,
    Paused,
    Stopped,
    SavedAsTemplate,
    Unknown,
}

/// `MemoryInformationForVm`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct MemoryInformation {
    pub virtual_node_count: u8,
    pub virtual_machine_memory: VmMemory,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub virtual_nodes: Vec<VirtualNodeInfo>,
}

/// `VmMemory`. `AssignedMemory` is in pages of 4 KiB, the others in megabytes. (fidelity: `assigned-memory`)
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct VmMemory {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_memory: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_memory_buffer: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_memory: Option<u64>,
    pub assigned_memory: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slp_active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balancing_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dm_operation_in_progress: Option<bool>,
}

/// `VirtualNodeInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct VirtualNodeInfo {
    pub virtual_node_index: u8,
    pub physical_node_number: u8,
    pub virtual_processor_count: u32,
    pub memory_usage_in_pages: u64,
}

/// `ProcessDetails`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct ProcessDetails {
    pub process_id: u32,
    pub image_name: String,
    pub create_timestamp: String,
    #[serde(rename = "UserTime100ns")]
    pub user_time_100ns: u64,
    #[serde(rename = "KernelTime100ns")]
    pub kernel_time_100ns: u64,
    pub memory_commit_bytes: u64,
    pub memory_working_set_private_bytes: u64,
    pub memory_working_set_shared_bytes: u64,
}

/// `Statistics`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct Statistics {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_start_time: Option<String>,
    #[serde(rename = "Uptime100ns")]
    pub uptime_100ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor: Option<ProcessorStats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryStats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageStats>,
    /// Not in the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Vec<NetworkStats>>,
}

/// `ProcessorStats`; of the shares of user and kernel, those that are zero are left out. (fidelity: `statistics-omission`)
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct ProcessorStats {
    #[serde(rename = "TotalRuntime100ns")]
    pub total_runtime_100ns: u64,
    #[serde(rename = "RuntimeUser100ns", skip_serializing_if = "is_zero")]
    pub runtime_user_100ns: u64,
    #[serde(rename = "RuntimeKernel100ns", skip_serializing_if = "is_zero")]
    pub runtime_kernel_100ns: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// `MemoryStats`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct MemoryStats {
    pub memory_usage_commit_bytes: u64,
    pub memory_usage_commit_peak_bytes: u64,
    pub memory_usage_private_working_set_bytes: u64,
}

/// `StorageStats`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct StorageStats {
    pub read_count_normalized: u64,
    pub read_size_bytes: u64,
    pub write_count_normalized: u64,
    pub write_size_bytes: u64,
}

/// The traffic of one endpoint. Not in the schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in documents
pub struct NetworkStats {
    pub bytes_received: u64,
    pub bytes_sent: u64,
    pub packets_received: u64,
    pub packets_sent: u64,
    pub dropped_packets_incoming: u64,
    pub dropped_packets_outgoing: u64,
    pub endpoint_id: String,
    pub instance_id: String,
}

/// `SharedMemoryRegionInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct SharedMemoryRegionInfo {
    pub section_name: String,
    pub guest_physical_address: u64,
}

/// `GuestConnectionInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in the schema
pub struct GuestConnectionInfo {
    pub supported_schema_versions: Vec<Version>,
    pub protocol_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_defined_capabilities: Option<Value>,
}

/// What is known of the tracking of memory. Not in the schema; its zeros are written. (fidelity: `statistics-omission`)
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in documents
pub struct MemoryTopology {
    pub access_tracking_enabled: bool,
    pub hardware_access_tracking_supported: bool,
    pub device_access_tracking_supported: bool,
    pub access_tracking_range_size_in_pages: u64,
    pub access_tracking_bitmap_size_in_bits: u64,
    pub gpa_mapping_size_in_pages: u64,
}

/// What a guest says of its memory, in bytes. Not in the schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in documents
pub struct GuestMemoryInfo {
    pub total_physical_bytes: u64,
    pub total_usage: u64,
    pub committed_bytes: u64,
    pub shared_committed_bytes: u64,
    pub commit_limit_bytes: u64,
    pub peak_commitment_bytes: u64,
}

/// The disks of one controller. Not in the schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in documents
pub struct MappedVirtualDiskController {
    pub mapped_virtual_disks: BTreeMap<u32, MappedVirtualDisk>,
}

/// A disk of a container of the first API; what is false is left out. Not in the schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // fields are named as in documents
pub struct MappedVirtualDisk {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lun: Option<u8>,
    #[serde(rename = "CreateInUtilityVM", skip_serializing_if = "is_false")]
    pub create_in_utility_vm: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub attach_only: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The answer to one of the queries of schema 2.5: one of the two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of the schema
pub enum PropertyResponse {
    Error(ResultError),
    Response(PropertyValue),
}

/// What a query of schema 2.5 is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PropertyValue {
    /// Of `ProcessorCapabilities`.
    ProcessorCapabilities(ProcessorCapabilities),
    /// Of `Basic`.
    Basic(ComputeSystemProperties),
    /// Of another one.
    Other(Value),
}

/// `VmProcessorRequirements` and `ProcessorCapabilitiesInfo`, which have the same members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)] // what has more is another answer
#[allow(missing_docs)] // fields are named as in the schema
pub struct ProcessorCapabilities {
    pub processor_features: Vec<Cow<'static, str>>,
    pub xsave_processor_features: Vec<Cow<'static, str>>,
    pub cache_line_flush_size: u64,
    pub implemented_physical_address_bits: u64,
    pub non_architectural_core_sharing: Cow<'static, str>,
}

/// `ComputeSystemProperties`: the basic properties as schema 2.5 tells them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)] // what has more is another answer
#[allow(missing_docs)] // fields are named as in the schema
pub struct ComputeSystemProperties {
    pub id: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    pub system_type: SystemType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_id: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_os_type: Option<OsType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosting_system_id: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_dummy: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ob_root: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_template_id: Option<Arc<str>>,
}

impl From<Properties> for ComputeSystemProperties {
    fn from(properties: Properties) -> ComputeSystemProperties {
        ComputeSystemProperties {
            id: properties.id,
            name: properties.name,
            system_type: properties.system_type,
            state: properties.state,
            owner: properties.owner,
            runtime_id: properties.runtime_id,
            runtime_os_type: properties.runtime_os_type,
            hosting_system_id: properties.hosting_system_id,
            is_dummy: properties.is_dummy,
            ob_root: properties.ob_root,
            runtime_template_id: properties.runtime_template_id,
        }
    }
}
