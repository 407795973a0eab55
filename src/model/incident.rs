//! What happens without a call: guests that power off or crash, workers that die, a service that goes and comes back.
//! Not here: who raises it and when (`runtime::events`), what an exit does (`lifecycle`).

use std::sync::Arc;

use super::failure::Failure;
use super::host::Host;
use super::identity::{fold, uuid_v5};
use super::operation::{Operation, Outcome};
use super::step::Effect;
use super::system::{Key, PendingUse, SystemState};
use crate::call::OperationType;
use crate::document;
use crate::document::crash::CrashReport;
use crate::document::exit::ExitCause;
use crate::document::result_error::About;
use crate::event::{Event, EventType, Kind, Subject};
use crate::hresult::{HCS_E_SERVICE_DISCONNECT, S_OK};

/// The namespace of the activity ids of crashes; ours.
const ACTIVITIES: [u8; 16] =
    [0x6b, 0x1c, 0x0a, 0x52, 0x4e, 0x0d, 0x4b, 0x2f, 0x9a, 0x77, 0x5d, 0x10, 0x33, 0x8e, 0x21, 0xc4];

impl Host {
    /// Lets an event happen. An event that finds nobody to happen to is refused with the reason.
    pub(crate) fn raise(&mut self, event: &Event) -> Result<(), String> {
        match (&event.subject, &event.kind) {
            (Subject::Service, Kind::Return) => self.service_returns(),
            (Subject::Service, kind) => self.service_goes(*kind == Kind::Stop),
            (Subject::System(id), kind) => self.happen_to_system(id, kind),
            (Subject::Process(id, process_id), kind) => self.happen_to_process(id, *process_id, kind),
        }
    }

    fn happen_to_system(&mut self, id: &str, kind: &Kind) -> Result<(), String> {
        let key = Key { namespace: "".into(), id: fold(id) };
        let Some(&number) = self.names.get(&key) else { return self.tell_the_gone(id, kind) };
        let is_starting = self.is_starting(number); // fidelity: exit-while-starting
        let system = self.systems.get_mut(number).expect("names are of systems");
        let runs = is_starting || matches!(system.state, SystemState::Running | SystemState::Paused);
        let cause = match kind {
            Kind::Told(event, data) => {
                let data = data
                    .as_ref()
                    .and_then(|it| it.write_for(S_OK, &About { id: id.into(), ..About::default() }));
                self.tell_system(number, *event, data.as_ref());
                return Ok(());
            }
            _ if !runs => return Err(format!("system {id:?} is {:?}: no guest runs in it", system.state)),
            Kind::ConnectionLost => return self.lose_connection(number),
            Kind::Reset if !system.configuration.stop_on_reset => return Ok(()),
            Kind::Reset => ExitCause::Reset,
            Kind::PowerOff => ExitCause::PowerOff,
            Kind::GuestCrash(parameters) => ExitCause::GuestCrash(*parameters),
            Kind::TripleFault(error) => ExitCause::TripleFault(*error),
            Kind::WorkerDeath(code) => ExitCause::WorkerDied(*code),
            Kind::MigrationFailure(result) => return self.fail_migration(number, *result),
            Kind::ProcessExit(_) | Kind::Disconnect | Kind::Stop | Kind::Return => return Ok(()),
        };
        self.exit(number, cause);
        Ok(())
    }

    /// Whether a start of the system is pending: its worker is there already.
    fn is_starting(&self, number: u64) -> bool {
        let is_start = |it: &PendingUse| {
            let operation = self.operations.get(it.operation).filter(|op| op.is_pending_as(it.id));
            operation.and_then(Operation::tracked).is_some_and(|it| it.kind == OperationType::Start)
        };
        self.systems
            .get(number)
            .is_some_and(|it| it.state == SystemState::Created && it.pending.iter().any(is_start))
    }

    /// Handles outlive their system: a bare event still reaches their callbacks. (fidelity: `late-event`)
    fn tell_the_gone(&mut self, id: &str, kind: &Kind) -> Result<(), String> {
        let gone =
            self.handles.iter().filter(|(_, it)| fold(&it.id) == fold(id)).last().map(|(_, it)| it.system);
        match (kind, gone) {
            (Kind::Told(event, data), Some(number)) => {
                let data = data
                    .as_ref()
                    .and_then(|it| it.write_for(S_OK, &About { id: id.into(), ..About::default() }));
                self.tell_system(number, *event, data.as_ref());
                Ok(())
            }
            _ => {
                let known: Vec<String> = self
                    .systems
                    .iter()
                    .filter(|it| it.1.is_listed())
                    .map(|it| format!("{:?}", it.1.id))
                    .take(5)
                    .collect();
                let known =
                    if known.is_empty() { String::new() } else { format!("; there is {}", known.join(", ")) };
                Err(format!("there is no system {id:?}{known}"))
            }
        }
    }

    fn happen_to_process(&mut self, id: &str, process_id: u32, kind: &Kind) -> Result<(), String> {
        let found = self.processes.iter().filter(|(_, it)| it.process_id == process_id);
        let found = found.filter(|(_, it)| fold(&it.system_id) == fold(id)).map(|(number, _)| number).last();
        let Some(number) = found else {
            return Err(format!("there is no process {process_id} in a system {id:?}"));
        };
        match kind {
            Kind::ProcessExit(code) => self.end_process(number, *code),
            Kind::Told(event, data) => {
                let data = data
                    .as_ref()
                    .and_then(|it| it.write_for(S_OK, &About { id: id.into(), ..About::default() }));
                self.tell_process(number, *event, data.as_ref());
            }
            _ => {}
        }
        Ok(())
    }

    /// (fidelity: `guest-connection-closed`)
    fn lose_connection(&mut self, number: u64) -> Result<(), String> {
        let system = self.systems.get_mut(number).expect("the caller found it");
        if !system.is_guest_connected() {
            return Err(format!("system {:?} has no connection to its guest", system.id));
        }
        system.connection_lost = true;
        self.tell_system(number, EventType::SystemGuestConnectionClosed, None);
        Ok(())
    }

    /// The two events of a crash. (fidelity: `crash-events`)
    pub(super) fn tell_crash(&mut self, number: u64, parameters: [u64; 5]) {
        let Some(system) = self.systems.get(number) else { return };
        let activity = uuid_v5(&ACTIVITIES, &system.id);
        let report = |crash_parameters| {
            document::write(&CrashReport {
                activity_id: Some(activity.clone()),
                crash_parameters,
                ..CrashReport::new(Arc::clone(&system.id))
            })
        };
        let (begun, full) = (report(Vec::new()), report(parameters.to_vec()));
        self.tell_system(number, EventType::SystemCrashInitiated, Some(&begun));
        self.tell_system(number, EventType::SystemCrashReport, Some(&full));
    }

    /// (fidelity: `service-disconnect`, `service-stop`)
    fn service_goes(&mut self, systems_end: bool) -> Result<(), String> {
        if self.service.is_away {
            return Err("the service is away already".to_owned());
        }
        self.service.is_away = true;
        self.happened.effects.push(Effect::Service("the service is gone"));
        let pending: Vec<u64> =
            self.operations.iter().filter(|(_, it)| it.is_pending()).map(|(number, _)| number).collect();
        for number in pending {
            let Some(tracked) = self.operations.get(number).and_then(Operation::tracked).copied() else {
                continue;
            };
            let failure = Failure::plain(HCS_E_SERVICE_DISCONNECT);
            if !self.never.contains(&tracked.id) {
                self.early.insert(tracked.id);
                self.complete(
                    number,
                    tracked.id,
                    tracked.kind,
                    Outcome::new(failure.hresult, failure.write(self.behavior.written_schema())),
                );
            }
        }
        let systems: Vec<u64> = self.systems.iter().map(|(number, _)| number).collect();
        for number in systems {
            let Some(system) = self.systems.get(number) else { continue };
            if system.is_listed() && (systems_end || system.configuration.terminate_on_last_handle_closed) {
                self.exit(number, ExitCause::ServiceStop);
                if systems_end {
                    // A service that stops says so before it goes; one that crashes tells nobody: handles are stale then.
                    self.tell_exit(number);
                }
            }
        }
        // Creates that were on their way leave nothing behind.
        let unborn: Vec<u64> = self
            .systems
            .iter()
            .filter(|(_, it)| it.state == SystemState::Creating)
            .map(|(number, _)| number)
            .collect();
        for number in unborn {
            self.systems.get_mut(number).expect("just seen").state = SystemState::Failed;
        }
        let processes: Vec<u64> = self.processes.iter().map(|(number, _)| number).collect();
        for number in processes {
            self.fail_process(number);
            self.tell_process(number, EventType::ServiceDisconnect, None); // fidelity: disconnect-null-data
        }
        let systems: Vec<u64> = self.systems.iter().map(|(number, _)| number).collect();
        for number in systems {
            self.tell_system(number, EventType::ServiceDisconnect, None);
        }
        self.service.stale_handles = self.handles.next_number();
        self.service.stale_processes = self.process_handles.next_number();
        Ok(())
    }

    /// (fidelity: `service-return`)
    fn service_returns(&mut self) -> Result<(), String> {
        if !self.service.is_away {
            return Err("the service is not away".to_owned());
        }
        self.service.is_away = false;
        self.happened.effects.push(Effect::Service("the service is back"));
        Ok(())
    }
}
