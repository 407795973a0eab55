//! What can happen to a system, a process or the service without anybody calling: the types of events, and [`Event`], which
//! a test raises. Not here: what an event does (`model::incident`), who is told (`model::registration`).

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::document::result_error::ResultDocument;

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $number:literal;)*) => {
        /// The type of an event, with the numbers of `HCS_EVENT_TYPE`.
        ///
        /// ```
        /// use hcs_sim::EventType;
        /// assert_eq!(EventType::SystemExited.number(), 1);
        /// assert_eq!(EventType::ServiceDisconnect.to_string(), "ServiceDisconnect");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        #[non_exhaustive]
        pub enum EventType { $($(#[$doc])* $variant = $number),* }

        impl EventType {
            /// Every type.
            pub fn all() -> &'static [EventType] {
                &[$(EventType::$variant),*]
            }
        }
    };
}

event_types! {
    /// A system has ended. Data: `SystemExitStatus`.
    SystemExited = 1;
    /// A guest's crash has begun. Data: `CrashReport`.
    SystemCrashInitiated = 2;
    /// A guest has crashed. Data: `CrashReport`.
    SystemCrashReport = 3;
    /// The enhanced session mode was switched.
    SystemRdpEnhancedModeStateChanged = 4;
    /// The job object of a container was created; reserved.
    SystemSiloJobCreated = 5;
    /// The connection to the guest's agent has closed, expectedly or not.
    SystemGuestConnectionClosed = 6;
    /// A process has ended. Data: `ProcessStatus`. Told to the callbacks of the process only.
    ProcessExited = 0x0001_0000;
    /// An operation has completed. Data: its result document.
    OperationCallback = 0x0100_0000;
    /// The compute service has gone away.
    ServiceDisconnect = 0x0200_0000;
    /// A step in the life of a virtual machine; only for callbacks that ask for it.
    GroupVmLifecycle = 0x8000_0002;
    /// A step of a live migration; only for callbacks that ask for it.
    GroupLiveMigration = 0x8000_0003;
    /// Progress of an operation; only for operations that ask for it.
    GroupOperationInfo = 0xC000_0001;
}

impl EventType {
    /// The number, as `HCS_EVENT` carries it.
    pub fn number(self) -> i32 {
        (self as u32).cast_signed()
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Something that happens without a call: raised by [`Host::raise`](crate::Host::raise) and its siblings, or by a rule
/// ([`Rule::raising`](crate::Rule::raising)). Made by the functions of [`event`](crate::event).
///
/// ```
/// use std::time::Duration;
/// use hcs_sim::{Host, event};
/// let host = Host::new();
/// host.raise_after(Duration::from_secs(3), event::worker_death("web"));
/// # host.allow(hcs_sim::FindingKind::EventMissed);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub(crate) subject: Subject,
    pub(crate) kind: Kind,
}

/// Whom an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    System(Arc<str>),
    Process(Arc<str>, u32),
    Service,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    PowerOff,
    Reset,
    GuestCrash([u64; 5]),
    TripleFault(u64),
    WorkerDeath(u32),
    ConnectionLost,
    ProcessExit(u32),
    MigrationFailure(MigrationFailure),
    Disconnect,
    Stop,
    Return,
    /// The callbacks are told, and nothing else happens.
    Told(EventType, Option<ResultDocument>),
}

/// How a live migration fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // the names are those that the events carry
pub enum MigrationFailure {
    MigrationCancelled,
    GuestInitiatedCancellation,
    SourceMigrationFailed,
    DestinationMigrationFailed,
    MigrationRecoveryFailed,
}

impl MigrationFailure {
    /// Every one.
    pub fn all() -> &'static [MigrationFailure] {
        use MigrationFailure::*;
        &[
            MigrationCancelled,
            GuestInitiatedCancellation,
            SourceMigrationFailed,
            DestinationMigrationFailed,
            MigrationRecoveryFailed,
        ]
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            MigrationFailure::MigrationCancelled => "MigrationCancelled",
            MigrationFailure::GuestInitiatedCancellation => "GuestInitiatedCancellation",
            MigrationFailure::SourceMigrationFailed => "SourceMigrationFailed",
            MigrationFailure::DestinationMigrationFailed => "DestinationMigrationFailed",
            MigrationFailure::MigrationRecoveryFailed => "MigrationRecoveryFailed",
        }
    }
}

fn of(system: impl Into<String>, kind: Kind) -> Event {
    Event { subject: Subject::System(system.into().into()), kind }
}

/// The guest powers itself off: `GracefulExit`, by the guest. (fidelity: `exit-power-off`)
pub fn power_off(system: impl Into<String>) -> Event {
    of(system, Kind::PowerOff)
}

/// The guest resets: the system ends if its configuration says `StopOnReset`, else it goes on. (fidelity: `exit-reset`)
pub fn reset(system: impl Into<String>) -> Event {
    of(system, Kind::Reset)
}

/// The guest crashes: `SystemCrashInitiated`, `SystemCrashReport`, then the exit. (fidelity: `crash-events`)
pub fn guest_crash(system: impl Into<String>) -> Event {
    of(system, Kind::GuestCrash([0; 5]))
}

/// The guest runs into a triple fault. (fidelity: `exit-triple-fault`)
pub fn triple_fault(system: impl Into<String>) -> Event {
    of(system, Kind::TripleFault(0))
}

/// The worker process of the virtual machine dies: `UnexpectedExit`. (fidelity: `exit-worker-death`)
pub fn worker_death(system: impl Into<String>) -> Event {
    of(system, Kind::WorkerDeath(255))
}

/// The connection to the guest's agent is lost, and the system goes on without. (fidelity: `guest-connection-closed`)
pub fn guest_connection_lost(system: impl Into<String>) -> Event {
    of(system, Kind::ConnectionLost)
}

/// A process ends by itself, whatever its program is doing.
pub fn process_exit(system: impl Into<String>, process_id: u32, exit_code: u32) -> Event {
    Event { subject: Subject::Process(system.into().into(), process_id), kind: Kind::ProcessExit(exit_code) }
}

/// The live migration of a system that is under way fails. (fidelity: `migration-failures`)
pub fn migration_failure(system: impl Into<String>, failure: MigrationFailure) -> Event {
    of(system, Kind::MigrationFailure(failure))
}

/// The service crashes: pending operations fail, callbacks are told, handles go stale; systems go on, except those that end
/// with their last handle. It is gone until [`service_return`]. (fidelity: `service-disconnect`)
pub fn service_disconnect() -> Event {
    Event { subject: Subject::Service, kind: Kind::Disconnect }
}

/// The service is stopped: every system ends, then as [`service_disconnect`]. (fidelity: `service-stop`)
pub fn service_stop() -> Event {
    Event { subject: Subject::Service, kind: Kind::Stop }
}

/// The service is there again; handles from before stay stale. (fidelity: `service-return`)
pub fn service_return() -> Event {
    Event { subject: Subject::Service, kind: Kind::Return }
}

/// The callbacks of a system are told an event, and nothing else happens. It has no data unless [`Event::data`] gives some.
///
/// ```
/// use hcs_sim::{EventType, event};
/// let lifecycle = event::to_system("web", EventType::GroupVmLifecycle).data(r#"{"Event":"Started"}"#);
/// let nothing_said = event::to_system("web", EventType::SystemExited); // NULL data, for clients that do not expect it
/// ```
pub fn to_system(system: impl Into<String>, event: EventType) -> Event {
    of(system, Kind::Told(event, None))
}

/// The callbacks of a process are told an event, and nothing else happens.
pub fn to_process(system: impl Into<String>, process_id: u32, event: EventType) -> Event {
    Event { subject: Subject::Process(system.into().into(), process_id), kind: Kind::Told(event, None) }
}

impl Event {
    /// The event's data, verbatim.
    ///
    /// # Panics
    ///
    /// If it is not one of [`to_system`] and [`to_process`]: other events write their own.
    #[track_caller]
    pub fn data(mut self, data: impl Into<ResultDocument>) -> Event {
        let Kind::Told(_, document) = &mut self.kind else {
            panic!("data() is for to_system() and to_process(); a {self} writes its own")
        };
        *document = Some(data.into());
        self
    }

    /// The parameters of a guest's crash, as Windows calls them of a bug check.
    ///
    /// # Panics
    ///
    /// If it is not a [`guest_crash`].
    #[track_caller]
    pub fn crash_parameters(mut self, parameters: [u64; 5]) -> Event {
        let Kind::GuestCrash(it) = &mut self.kind else {
            panic!("crash_parameters() is for guest_crash(), not for a {self}")
        };
        *it = parameters;
        self
    }

    /// The exit code of a worker that dies; 255 unless it is set.
    ///
    /// # Panics
    ///
    /// If it is not a [`worker_death`].
    #[track_caller]
    pub fn exit_code(mut self, code: u32) -> Event {
        let Kind::WorkerDeath(it) = &mut self.kind else {
            panic!("exit_code() is for worker_death(), not for a {self}")
        };
        *it = code;
        self
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::PowerOff => f.write_str("guest power-off")?,
            Kind::Reset => f.write_str("guest reset")?,
            Kind::GuestCrash(_) => f.write_str("guest crash")?,
            Kind::TripleFault(_) => f.write_str("triple fault")?,
            Kind::WorkerDeath(_) => f.write_str("worker death")?,
            Kind::ConnectionLost => f.write_str("guest connection lost")?,
            Kind::ProcessExit(code) => write!(f, "exit with {code}")?,
            Kind::MigrationFailure(failure) => write!(f, "migration failure {}", failure.name())?,
            Kind::Disconnect => f.write_str("service disconnect")?,
            Kind::Stop => f.write_str("service stop")?,
            Kind::Return => f.write_str("service return")?,
            Kind::Told(event, _) => write!(f, "event {event}")?,
        }
        match &self.subject {
            Subject::System(id) => write!(f, " of {id:?}"),
            Subject::Process(id, process_id) => write!(f, " of process {process_id} in {id:?}"),
            Subject::Service => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic = "exit_code() is for worker_death(), not for a guest crash of \"web\""]
    fn what_an_event_cannot_be_told_is_refused() {
        let _ = guest_crash("web").exit_code(3);
    }

    #[test]
    fn the_numbers_are_those_of_the_header() {
        use crate::abi::types::*;
        let numbers: Vec<i32> = EventType::all().iter().map(|it| it.number()).collect();
        let expected = [
            HcsEventSystemExited,
            HcsEventSystemCrashInitiated,
            HcsEventSystemCrashReport,
            HcsEventSystemRdpEnhancedModeStateChanged,
            HcsEventSystemSiloJobCreated,
            HcsEventSystemGuestConnectionClosed,
            HcsEventProcessExited,
            HcsEventOperationCallback,
            HcsEventServiceDisconnect,
            HcsEventGroupVmLifecycle,
            HcsEventGroupLiveMigration,
            HcsEventGroupOperationInfo,
        ];
        assert_eq!(numbers, expected);
    }
}
