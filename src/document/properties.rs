//! `Properties`: what HCS tells about a compute system, in enumerations and in property queries.
//! Not here: where the values come from (`model::system`).

use serde::Serialize;

use super::exit::ExitType;

/// Only what is set is written, except `Id` and `SystemType`. (fidelity: `properties-omission`)
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Properties<'a> {
    pub(crate) id: &'a str,
    pub(crate) system_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runtime_os_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runtime_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runtime_template_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exit_type: Option<ExitType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<MemoryInformation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statistics: Option<Statistics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) process_list: Option<Vec<ProcessDetails>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) terminate_on_last_handle_closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hosting_system_id: Option<&'a str>,
}

/// `MemoryInformationForVm`, one virtual node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MemoryInformation {
    pub(crate) virtual_node_count: u8,
    pub(crate) virtual_machine_memory: VmMemory,
}

/// `ProcessDetails`, as far as a guest without a kernel has any.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ProcessDetails {
    pub(crate) process_id: u32,
    pub(crate) image_name: String,
    pub(crate) create_timestamp: String,
    #[serde(rename = "UserTime100ns")]
    pub(crate) user_time_100ns: u64,
    #[serde(rename = "KernelTime100ns")]
    pub(crate) kernel_time_100ns: u64,
    pub(crate) memory_commit_bytes: u64,
    pub(crate) memory_working_set_private_bytes: u64,
    pub(crate) memory_working_set_shared_bytes: u64,
}

/// `VmMemory`, in megabytes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VmMemory {
    pub(crate) assigned_memory: u64,
}

/// `Statistics`, as far as a system without a guest has any.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Statistics {
    #[serde(rename = "Uptime100ns")]
    pub(crate) uptime_100ns: u64,
}
