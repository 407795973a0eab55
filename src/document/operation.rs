//! `OperationInfo`: what `HcsGetOperationProperties` tells.
//! Not here: the operation itself (`model::operation`).

use serde::Serialize;

use crate::hresult::Hresult;

/// What is known about the request that an operation tracks.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OperationInfo {
    pub(crate) operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure_info: Option<OperationFailureInfo>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OperationFailureInfo {
    pub(crate) result: Hresult,
}
