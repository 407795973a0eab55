//! `SystemExitStatus`: the document that says how a compute system ended.
//! Not here: when a system ends (`model::host`), nor who is told (`runtime`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::result_error::AttributionRecord;
use crate::hresult::{HCS_E_UNEXPECTED_EXIT, Hresult, S_OK};

/// How a compute system ended, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ExitType {
    /// Unknown to the writer.
    None,
    /// Shut down by the guest or on request.
    GracefulExit,
    /// Terminated.
    ForcedExit,
    /// Crashed, or its worker died.
    UnexpectedExit,
    /// Cannot be told.
    Unknown,
}

/// The exit document: `{"Status":0,"ExitType":"GracefulExit","Attribution":[..]}`, the first two always there.
/// (fidelity: `exit-document`)
///
/// ```
/// use hcs_sim::{ExitType, SystemExitStatus};
/// let status: SystemExitStatus = serde_json::from_str(r#"{"Status":0,"ExitType":"GracefulExit"}"#).unwrap();
/// assert_eq!(status.exit_type, ExitType::GracefulExit);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct SystemExitStatus {
    /// The code of the exit, a signed decimal in the document.
    pub status: Hresult,
    /// The kind of exit.
    pub exit_type: ExitType,
    /// Who or what ended it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attribution: Vec<AttributionRecord>,
}

/// Why a modelled system ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitCause {
    /// `HcsShutDownComputeSystem`.
    ShutDown,
    /// `HcsTerminateComputeSystem`, or the last handle closed.
    Terminate,
    /// `HcsCrashComputeSystem`.
    GuestCrash,
    /// The worker process ended, as a rule says that it did.
    WorkerDied,
}

impl ExitCause {
    pub(crate) fn status(self) -> SystemExitStatus {
        let system_exit = |detail: &'static str| AttributionRecord::SystemExit {
            detail: detail.into(),
            initiator: "Client".into(),
        };
        match self {
            ExitCause::ShutDown => SystemExitStatus {
                status: S_OK,
                exit_type: ExitType::GracefulExit,
                attribution: vec![system_exit("Shutdown")], // fidelity: exit-shutdown
            },
            ExitCause::Terminate => SystemExitStatus {
                status: S_OK,
                exit_type: ExitType::ForcedExit,
                attribution: vec![system_exit("Terminate")], // fidelity: exit-terminate
            },
            ExitCause::GuestCrash => SystemExitStatus {
                status: HCS_E_UNEXPECTED_EXIT, // fidelity: exit-crash
                exit_type: ExitType::UnexpectedExit,
                attribution: vec![AttributionRecord::GuestCrash { crash_parameters: Vec::new() }],
            },
            ExitCause::WorkerDied => SystemExitStatus {
                status: HCS_E_UNEXPECTED_EXIT, // fidelity: fail-by-exit
                exit_type: ExitType::UnexpectedExit,
                attribution: vec![AttributionRecord::WorkerExit {
                    exit_code: 255,
                    r#type: None,
                    detail: "ProcessUnexpectedExit".into(),
                    initiator: None,
                }],
            },
        }
    }
}

impl SystemExitStatus {
    pub(crate) fn write(&self) -> Arc<str> {
        super::write(self)
    }
}
