//! `SystemExitStatus`: the document that says how a compute system ended.
//! Not here: when a system ends (`model::host`), nor who is told (`runtime`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::result_error::AttributionRecord;
use crate::hresult::{HCS_E_UNEXPECTED_EXIT, Hresult, S_OK};
use crate::schema::Version;

/// How a compute system ended, in a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ExitType {
    /// Unknown to the writer; what an old host leaves out.
    #[default]
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
/// use hcs_sim::{AttributionRecord, ExitType, SystemExitStatus, hresult::HCS_E_UNEXPECTED_EXIT};
/// let status = SystemExitStatus::new(ExitType::UnexpectedExit)
///     .status(HCS_E_UNEXPECTED_EXIT)
///     .attribution(AttributionRecord::TripleFault { error_type: 1 });
/// assert_eq!(
///     status.to_json(),
///     r#"{"Status":-2143878906,"ExitType":"UnexpectedExit","Attribution":[{"TripleFault":{"ErrorType":1}}]}"#
/// );
/// assert_eq!(serde_json::from_str::<SystemExitStatus>(&status.to_json()).unwrap(), status);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct SystemExitStatus {
    /// The code of the exit, a signed decimal in the document.
    #[serde(default, deserialize_with = "super::or_default")]
    pub status: Hresult,
    /// The kind of exit.
    #[serde(default, deserialize_with = "super::or_default")]
    pub exit_type: ExitType,
    /// Who or what ended it.
    #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "Vec::is_empty")]
    pub attribution: Vec<AttributionRecord>,
}

/// Why a modelled system ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitCause {
    /// `HcsShutDownComputeSystem`.
    ShutDown,
    /// `HcsTerminateComputeSystem`, or the last handle closed.
    Terminate,
    /// The guest crashed, by itself or by `HcsCrashComputeSystem`, with these parameters.
    GuestCrash([u64; 5]),
    TripleFault(u64),
    /// The worker process ended with this code.
    WorkerDied(u32),
    /// The guest powered itself off.
    PowerOff,
    /// The guest reset, and its configuration says to stop then.
    Reset,
    /// The service was stopped.
    ServiceStop,
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
            ExitCause::GuestCrash(parameters) => SystemExitStatus {
                status: HCS_E_UNEXPECTED_EXIT, // fidelity: exit-crash
                exit_type: ExitType::UnexpectedExit,
                attribution: vec![
                    AttributionRecord::GuestCrash { crash_parameters: parameters.to_vec() },
                    worker_exit(0, "UnexpectedStop", "GuestCrash", "GuestOS"),
                ],
            },
            ExitCause::TripleFault(error_type) => SystemExitStatus {
                status: HCS_E_UNEXPECTED_EXIT, // fidelity: exit-triple-fault
                exit_type: ExitType::UnexpectedExit,
                attribution: vec![
                    AttributionRecord::TripleFault { error_type },
                    worker_exit(0, "UnexpectedStop", "TripleFault", "GuestOS"),
                ],
            },
            ExitCause::WorkerDied(exit_code) => SystemExitStatus {
                status: HCS_E_UNEXPECTED_EXIT, // fidelity: fail-by-exit, exit-worker-death
                exit_type: ExitType::UnexpectedExit,
                attribution: vec![AttributionRecord::WorkerExit {
                    exit_code,
                    r#type: None,
                    detail: "ProcessUnexpectedExit".into(),
                    initiator: None,
                }],
            },
            ExitCause::PowerOff => SystemExitStatus {
                status: S_OK, // fidelity: exit-power-off
                exit_type: ExitType::GracefulExit,
                attribution: vec![
                    AttributionRecord::SystemExit { detail: "Shutdown".into(), initiator: "GuestOS".into() },
                    worker_exit(0, "Stopped", "PowerOff", "GuestOS"),
                ],
            },
            ExitCause::Reset => SystemExitStatus {
                status: S_OK, // fidelity: exit-reset
                exit_type: ExitType::GracefulExit,
                attribution: vec![worker_exit(0, "StoppedOnReset", "Reset", "GuestOS")],
            },
            ExitCause::ServiceStop => SystemExitStatus {
                status: S_OK, // fidelity: service-stop
                exit_type: ExitType::ForcedExit,
                attribution: vec![AttributionRecord::SystemExit {
                    detail: "ServiceStop".into(),
                    initiator: "Internal".into(),
                }],
            },
        }
    }
}

fn worker_exit(
    exit_code: u32,
    kind: &'static str,
    detail: &'static str,
    initiator: &'static str,
) -> AttributionRecord {
    AttributionRecord::WorkerExit {
        exit_code,
        r#type: Some(kind.into()),
        detail: detail.into(),
        initiator: Some(initiator.into()),
    }
}

impl SystemExitStatus {
    /// An exit with status 0 and no attribution.
    pub fn new(exit_type: ExitType) -> SystemExitStatus {
        SystemExitStatus { status: S_OK, exit_type, attribution: Vec::new() }
    }

    /// Sets `Status`, verbatim.
    pub fn status(mut self, status: impl Into<Hresult>) -> SystemExitStatus {
        self.status = status.into();
        self
    }

    /// Appends to `Attribution`.
    pub fn attribution(mut self, record: AttributionRecord) -> SystemExitStatus {
        self.attribution.push(record);
        self
    }

    /// The document's text.
    pub fn to_json(&self) -> String {
        super::write(self).to_string()
    }

    /// The document as a host of a version of the schema writes it. (fidelity: `older-documents`)
    pub(crate) fn write_for(&self, version: Version) -> Arc<str> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Older {
            status: Hresult,
            #[serde(skip_serializing_if = "Option::is_none")]
            exit_type: Option<ExitType>,
        }

        if version >= Version::V2_4 {
            return super::write(self);
        }
        let exit_type = (version >= Version::V2_2).then_some(self.exit_type);
        super::write(&Older { status: self.status, exit_type })
    }
}
