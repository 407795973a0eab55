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
#[non_exhaustive]
#[allow(missing_docs)] // fields are named as in the schema
pub struct CrashReport {
    pub system_id: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows_crash_info: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crash_parameters: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_log: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    #[serde(default, rename = "PreOSId", skip_serializing_if = "Option::is_none")]
    pub pre_os_id: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_stack_unavailable: Option<bool>,
}
