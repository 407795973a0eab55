//! The switches: what the sources leave open, and figures that differ between hosts.
//! Not here: scripted answers to single calls (`script`).

use std::time::Duration;

use super::profile::Profile;
use crate::call::OperationType;
use crate::document::{DocumentChecks, Reading};
use crate::hresult::*;
use crate::schema::Version;

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
    /// Which Windows this is: it decides which exports there are. [`Builder::profile`](crate::Builder::profile) sets the
    /// other switches that follow from it too. Default [`Profile::Windows11V21H2`]. (fidelity: `profiles`)
    pub profile: Profile,
    /// What becomes of request documents that the schema does not know so. Default [`DocumentChecks::Refuse`].
    /// (fidelity: `strict-documents`)
    pub document_checks: DocumentChecks,
    /// Results and exits leave out members that are newer than the host's schema, as the schema's reference dates them: no
    /// `ErrorEvents` and `Attribution` before 2.4, no `ExitType` before 2.2. Default false: logs of hosts that are older show
    /// events. (fidelity: `older-documents`)
    pub leaves_out_newer_members: bool,
    /// Members and values that are merely newer than the host's schema are accepted, with a note in the journal, instead of
    /// refused. Default false; two clients send such to older hosts and live. (fidelity: `newer-members`)
    pub accepts_newer_members: bool,
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
    /// The HRESULT of a modify request whose resource path no resource has; none to let it succeed and change nothing. Default
    /// `E_INVALIDARG`. (fidelity: `modify-unknown-path`)
    pub unknown_resource: Option<Hresult>,
    /// How long after its start a guest takes until its memory can be resized. Default zero. (fidelity: `modify-memory`)
    pub guest_boot: Duration,
    /// How long after a delivered shutdown request the guest is off. Default one second. (fidelity: `shutdown-delivered`)
    pub guest_shutdown: Duration,
    /// How long after a delivered crash request the system is gone. Default 100 ms. (fidelity: `exit-crash`)
    pub guest_crash: Duration,
    /// How long after a system or a process has ended its callbacks are told: a terminate completes before, and a handle
    /// that is closed in between is told nothing. Default 5 ms. (fidelity: `exit-event`)
    pub exit_event_delay: Duration,
    /// A second callback for a handle. A callback of the first that runs is not waited for. Default [`SecondRegistration::Replace`]. (fidelity: `second-registration`)
    pub second_registration: SecondRegistration,
    /// A NULL callback for a handle. Default [`NullCallback::Refuse`]. (fidelity: `null-event-callback`)
    pub null_callback: NullCallback,
    /// A callback that asks for completions is told those that came before it too, as long as nobody has fetched their
    /// results. Default true. (fidelity: `early-completions`)
    pub early_completions: bool,
    /// Which callbacks may run side by side. Default [`CallbackDelivery::OneByOne`]. (fidelity: `events-serial`)
    pub delivery: CallbackDelivery,
    /// The exit code of a killed process. Default 1067. (fidelity: `process-kill`)
    pub killed_exit_code: u32,
    /// The HRESULT of requests on a process that has exited. Default `HCS_E_PROCESS_ALREADY_STOPPED`.
    /// (fidelity: `process-exited-requests`)
    pub exited_process: Hresult,
    /// The same for `HcsGetProcessInfo`; `0x80070490` was seen too. (fidelity: `process-info-exited`)
    pub exited_process_info: Hresult,
    /// The same for `HcsTerminateProcess`; `E_ACCESSDENIED` was seen too. (fidelity: `process-kill-twice`)
    pub second_kill: Hresult,
    /// The same once the system has exited; `HCS_E_SYSTEM_ALREADY_STOPPED` was seen too. (fidelity: `process-after-system`)
    pub process_after_system_exit: Hresult,
    /// The exits of processes are told too when they end with their system. Default true. (fidelity: `process-events-lost`)
    pub process_events_at_system_exit: bool,
    /// The wait for a process in a process-isolated container fails with `E_INVALIDARG`, though the process runs. Default
    /// false. (fidelity: `spurious-process-wait`)
    pub spurious_process_wait: bool,
    /// Starting a system fails with `E_ACCESSDENIED` for a disk that was never granted. Default false.
    /// (fidelity: `access-enforced`)
    pub enforce_access: bool,
    /// The HRESULT of calls on handles from before the service went away. (fidelity: `service-disconnect`)
    pub stale_handle: Hresult,
    /// The newest minor version of schema 2 that the service supports. Default 6. (fidelity: `service-basic`)
    pub schema_minor: u32,
    /// The logical processors of the host. Default 4. (fidelity: `service-query`)
    pub logical_processors: u32,
}

/// Which callbacks may run side by side. A client has to survive all three.
///
/// ```
/// use hcs_sim::{CallbackDelivery, Host};
/// let host = Host::builder().behavior(|it| it.delivery = CallbackDelivery::ByHandle).build();
/// # drop(host);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CallbackDelivery {
    /// None: runs repeat to the letter. One that does not return does not keep others from starting for long.
    #[default]
    OneByOne,
    /// Those of different handles and operations.
    ByHandle,
    /// All of them, also those of one handle.
    SideBySide,
}

/// What a second callback for the same handle does.
///
/// ```
/// use hcs_sim::{Host, SecondRegistration};
/// let host = Host::builder().behavior(|it| it.second_registration = SecondRegistration::Refuse).build();
/// # drop(host);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SecondRegistration {
    /// It takes the place of the first.
    #[default]
    Replace,
    /// It is refused with `HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET`.
    Refuse,
}

/// What a NULL callback for a handle does.
///
/// ```
/// use hcs_sim::{Host, NullCallback};
/// let host = Host::builder().behavior(|it| it.null_callback = NullCallback::Clear).build();
/// # drop(host);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NullCallback {
    /// It is refused with `E_INVALIDARG`: the documentation requires a callback.
    #[default]
    Refuse,
    /// It ends the registration, as one client hopes.
    Clear,
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
            profile: Profile::default(),
            document_checks: DocumentChecks::Refuse,
            leaves_out_newer_members: false,
            accepts_newer_members: false,
            invalid_configuration: HCS_E_INVALID_JSON,
            require_generic_all: true,
            shutdown_service_needs_schema_2_5: true,
            terminate_document: None,
            created_refuses_properties: false,
            pending_at_exit: PendingAtExit::ByCause,
            unknown_resource: Some(E_INVALIDARG),
            guest_boot: Duration::ZERO,
            guest_shutdown: Duration::from_secs(1),
            guest_crash: Duration::from_millis(100),
            exit_event_delay: Duration::from_millis(5),
            second_registration: SecondRegistration::Replace,
            null_callback: NullCallback::Refuse,
            early_completions: true,
            delivery: CallbackDelivery::OneByOne,
            killed_exit_code: 1067,
            exited_process: HCS_E_PROCESS_ALREADY_STOPPED,
            exited_process_info: HCS_E_PROCESS_ALREADY_STOPPED,
            second_kill: HCS_E_PROCESS_ALREADY_STOPPED,
            process_after_system_exit: HCS_E_PROCESS_ALREADY_STOPPED,
            process_events_at_system_exit: true,
            spurious_process_wait: false,
            enforce_access: false,
            stale_handle: HRESULT_RPC_X_SS_IN_NULL_CONTEXT,
            schema_minor: 6,
            logical_processors: 4,
        }
    }
}

impl Behavior {
    /// Turns the switches that follow from a profile.
    pub(crate) fn be(&mut self, profile: Profile) {
        self.profile = profile;
        self.schema_minor = profile.schema().minor;
        self.terminate_document = profile.terminate_document().map(str::to_owned);
    }

    /// The newest schema that the host knows.
    pub(crate) fn schema(&self) -> Version {
        Version::new(2, self.schema_minor)
    }

    /// The schema that results and exits are written by.
    pub(crate) fn written_schema(&self) -> Version {
        if self.leaves_out_newer_members { self.schema() } else { self.schema().max(Version::V2_6) }
    }

    pub(crate) fn reading(&self) -> Reading {
        Reading {
            checks: self.document_checks,
            version: self.schema(),
            accepts_newer: self.accepts_newer_members,
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
