//! The switches: what the sources leave open, and figures that differ between hosts.
//! Not here: scripted answers to single calls (`script`).

use std::time::Duration;

use crate::call::OperationType;
use crate::hresult::{
    HCS_E_INVALID_JSON, HCS_E_TERMINATED, HCS_E_TERMINATED_DURING_START, HCS_E_UNEXPECTED_EXIT, Hresult,
};

/// How this Windows behaves where sources are silent, disagree, or builds differ.
///
/// Each field names its default and the row of `docs/fidelity.md` behind it.
///
/// ```
/// use hcs_sim::Host;
/// let host = Host::builder().behavior(|it| it.require_generic_all = false).build();
/// # drop(host);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Behavior {
    /// The HRESULT of a create whose configuration is not valid. Default `HCS_E_INVALID_JSON`; `0x8007000D` was seen too.
    /// (fidelity: `create-invalid-json`)
    pub invalid_configuration: Hresult,
    /// `HcsOpenComputeSystem` refuses every access mask but `GENERIC_ALL`. Default true. (fidelity: `open-access`)
    pub require_generic_all: bool,
    /// `Services.Shutdown` is honoured only for a declared schema of 2.5 or newer. Default true.
    /// (fidelity: `shutdown-channel`)
    pub shutdown_service_needs_schema_2_5: bool,
    /// The result document of a successful `HcsTerminateComputeSystem`. Default none, as on older Windows.
    /// (fidelity: `terminate-document`)
    pub terminate_document: Option<String>,
    /// A created system refuses property queries with `HCS_E_INVALID_STATE`. Default false. (fidelity: `properties-created`)
    pub created_refuses_properties: bool,
    /// The HRESULT of operations that are pending when their system exits. (fidelity: `pending-at-exit`)
    pub pending_at_exit: PendingAtExit,
    /// How long after its start a guest takes until its memory can be resized. Default zero. (fidelity: `modify-memory`)
    pub guest_boot: Duration,
    /// How long after a delivered shutdown request the guest is off. Default one second. (fidelity: `shutdown-delivered`)
    pub guest_shutdown: Duration,
    /// How long after a delivered crash request the system is gone. Default 100 ms. (fidelity: `exit-crash`)
    pub guest_crash: Duration,
}

/// The HRESULT that operations get which are pending when their system exits.
///
/// ```
/// use hcs_sim::{Host, PendingAtExit, hresult::HCS_E_SERVICE_DISCONNECT};
/// let host =
///     Host::builder().behavior(|it| it.pending_at_exit = PendingAtExit::Always(HCS_E_SERVICE_DISCONNECT)).build();
/// # drop(host);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PendingAtExit {
    /// A pending start `HCS_E_TERMINATED_DURING_START`; a pending shutdown or terminate `HCS_E_SYSTEM_ALREADY_STOPPED`;
    /// others `HCS_E_TERMINATED` after a forced exit, else `HCS_E_UNEXPECTED_EXIT`. The default.
    ByCause,
    /// Every one this code.
    Always(Hresult),
}

impl Default for Behavior {
    fn default() -> Behavior {
        Behavior {
            invalid_configuration: HCS_E_INVALID_JSON,
            require_generic_all: true,
            shutdown_service_needs_schema_2_5: true,
            terminate_document: None,
            created_refuses_properties: false,
            pending_at_exit: PendingAtExit::ByCause,
            guest_boot: Duration::ZERO,
            guest_shutdown: Duration::from_secs(1),
            guest_crash: Duration::from_millis(100),
        }
    }
}

impl PendingAtExit {
    pub(crate) fn code(self, pending: OperationType, forced: bool) -> Hresult {
        match self {
            PendingAtExit::Always(code) => code,
            PendingAtExit::ByCause => match pending {
                OperationType::Start => HCS_E_TERMINATED_DURING_START,
                OperationType::Shutdown | OperationType::Terminate => {
                    crate::hresult::HCS_E_SYSTEM_ALREADY_STOPPED
                }
                _ if forced => HCS_E_TERMINATED,
                _ => HCS_E_UNEXPECTED_EXIT,
            },
        }
    }
}

/// How long an operation takes by default, from the accepted call to its completion. (fidelity: `latencies`)
pub(crate) fn usual_latency(operation: OperationType) -> Duration {
    Duration::from_millis(match operation {
        OperationType::Create => 40,
        OperationType::Start => 30,
        OperationType::Terminate => 20,
        OperationType::Save => 200,
        OperationType::Pause | OperationType::Resume | OperationType::Shutdown | OperationType::Crash => 10,
        OperationType::Modify => 5,
        _ => 1,
    })
}
