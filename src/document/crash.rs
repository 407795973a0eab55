//! `CrashReport`: the data of the two crash events, and what `HcsSubmitWerReport` takes.
//! Not here: when a guest crashes (`model::incident`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What is known about a guest's crash: `{"SystemId":"..","ActivityId":"..","CrashParameters":[..]}`. (fidelity: `crash-events`)
///
/// ```
/// use hcs_sim::CrashReport;
/// let report: CrashReport = serde_json::from_str(
///     r#"{"SystemId":"web","ActivityId":"2f1e6a3c-6c1b-5b0e-8f0a-0f6f0f1f2f3f","CrashParameters":[209,0,0,0,0]}"#,
/// ).unwrap();
/// assert_eq!(report.crash_parameters, [209, 0, 0, 0, 0]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct CrashReport {
    #[serde(default, deserialize_with = "super::or_default")]
    pub system_id: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows_crash_info: Option<WindowsCrashReport>,
    #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "Vec::is_empty")]
    pub crash_parameters: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_log: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    #[serde(default, rename = "PreOSId", skip_serializing_if = "Option::is_none")]
    pub pre_os_id: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_stack_unavailable: Option<bool>,
    /// Not in the schema; WSL reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_crash_save_info: Option<GuestCrashSaveInfo>,
}

/// Where the memory of a crashed guest was saved. Not in the schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in documents
pub struct GuestCrashSaveInfo {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save_state_file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
}

/// `WindowsCrashReport`: what a Windows guest says of its crash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct WindowsCrashReport {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dump_file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_major_version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_minor_version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_build_number: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_service_pack_major_version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_service_pack_minor_version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_suite_mask: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_product_type: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_phase: Option<WindowsCrashPhase>,
}

/// How far a Windows guest got in writing its dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of the schema
pub enum WindowsCrashPhase {
    Inactive,
    CrashValues,
    Starting,
    Started,
    Writing,
    Complete,
}

impl CrashReport {
    /// A report that says no more than whose it is.
    pub fn new(system_id: impl Into<Arc<str>>) -> CrashReport {
        CrashReport {
            system_id: system_id.into(),
            activity_id: None,
            windows_crash_info: None,
            crash_parameters: Vec::new(),
            crash_log: None,
            status: None,
            pre_os_id: None,
            crash_stack_unavailable: None,
            guest_crash_save_info: None,
        }
    }

    /// The document's text.
    pub fn to_json(&self) -> String {
        super::write(self).to_string()
    }
}
