//! Live migration: the phases of both sides, and the events from set-up to done, or to each of its failures.
//! Not here: any transfer of memory; a migration here moves nothing and tells its steps.

use std::time::Duration;

use super::Nanos;
use super::failure::Failure;
use super::host::Host;
use super::lifecycle::Carried;
use super::request::{Body, MigrationCall, Request};
use super::step::Due;
use super::system::{System, SystemState};
use crate::document;
use crate::document::configuration::SystemKind;
use crate::document::exit::ExitCause;
use crate::document::migration::{
    Blackout, FinalOperation, MigrationNotification, MigrationOrigin, MigrationStep,
};
use crate::document::timestamp::timestamp;
use crate::event::{EventType, MigrationFailure};
use crate::hresult::*;

/// Where the socket of a migration is added to its operation.
pub(crate) const SOCKET: &str = "hcs:/VirtualMachine/LiveMigrationSocket";

/// How long a step takes, and how long the guest stands still.
const STEP: Duration = Duration::from_millis(100);
const BLACKOUT: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(crate) struct Migration {
    origin: MigrationOrigin,
    phase: Phase,
    /// Counts migrations: steps of an earlier one come to nothing.
    serial: u64,
    /// The state before it, to which a recovery leads back.
    before: SystemState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Initialized,
    Started,
    Transferring,
    Done,
    Failed,
}

/// What happens on each side once the transfer begins, after which time. (fidelity: `migration-events`)
const ON_SOURCE: [(Duration, MigrationStep); 4] = [
    (STEP, MigrationStep::TransferInProgress),
    (STEP, MigrationStep::BlackoutStarted),
    (BLACKOUT, MigrationStep::OfflineDone),
    (STEP, MigrationStep::MigrationDone),
];
const ON_DESTINATION: [(Duration, MigrationStep); 4] = [
    (STEP, MigrationStep::TransferInProgress),
    (STEP, MigrationStep::BlackoutStarted),
    (BLACKOUT, MigrationStep::BlackoutExited),
    (STEP, MigrationStep::MigrationDone),
];

impl Host {
    /// Carries out one of the calls of a migration. (fidelity: `migration-phases`)
    pub(super) fn migrate(&mut self, request: &Request, force: bool) -> Carried {
        let Body::Migration(call) = &request.body else { return Ok(None) };
        let number = request.system;
        let system = self.systems.get_mut(number).expect("carry_out found it");
        if system.configuration.kind != SystemKind::VirtualMachine && !force {
            return Err(only_machines_migrate());
        }
        let phase = system.migration.as_ref().map(|it| it.phase);
        let expected = |phases: &[Option<Phase>]| force || phases.contains(&phase);
        let out_of_turn = || {
            let at = phase.map_or_else(|| "no migration".to_owned(), |it| format!("{it:?}"));
            Failure::noted(HCS_E_INVALID_STATE, format!("the call is out of turn: {at}"))
        };
        // fidelity: migration-origin
        let side = system.migration.as_ref().map_or(MigrationOrigin::Source, |it| it.origin);
        if !force && call.origin().is_some_and(|it| it != side) {
            return Err(Failure::noted(E_INVALIDARG, format!("Origin: this side is the {side:?}")));
        }
        match &**call {
            MigrationCall::Initialize(_) => {
                if !expected(&[None]) {
                    return Err(out_of_turn());
                }
                self.begin_migration(number, MigrationOrigin::Source, Phase::Initialized);
            }
            MigrationCall::Start { has_socket } => {
                if !expected(&[Some(Phase::Initialized)]) {
                    return Err(out_of_turn());
                }
                if !has_socket && !force {
                    return Err(lacks_socket());
                }
                self.set_phase(number, Phase::Started);
                self.tell_step(number, MigrationStep::SetupDone, None, 0);
            }
            MigrationCall::Transfer(_) => {
                if !expected(&[Some(Phase::Started)]) {
                    return Err(out_of_turn());
                }
                self.set_phase(number, Phase::Transferring);
                self.next_step(number, 0);
            }
            MigrationCall::Finalize(options) => {
                if !expected(&[Some(Phase::Done), Some(Phase::Failed)]) {
                    return Err(out_of_turn());
                }
                let system = self.systems.get_mut(number).expect("as above");
                let migration = system.migration.take();
                let usual = match migration.map(|it| (it.origin, it.phase)) {
                    // One side goes on: the destination, or after a failure the source. (fidelity: migration-finalize)
                    Some(
                        (MigrationOrigin::Source, Phase::Done)
                        | (MigrationOrigin::Destination, Phase::Failed),
                    ) => FinalOperation::Stop,
                    _ => FinalOperation::Resume,
                };
                match options.finalized_operation.unwrap_or(usual) {
                    FinalOperation::Stop => self.exits.push((number, ExitCause::Terminate)),
                    FinalOperation::Resume => self.set_state_of(number, SystemState::Running),
                }
            }
            MigrationCall::Cancel(_) => {
                let under_way = [Some(Phase::Initialized), Some(Phase::Started), Some(Phase::Transferring)];
                if !expected(&under_way) {
                    return Err(out_of_turn());
                }
                self.end_migration(number, MigrationFailure::MigrationCancelled);
            }
        }
        Ok(None)
    }

    /// A system is started as the destination of a migration. (fidelity: `migration-destination`)
    pub(super) fn start_as_destination(&mut self, number: u64) {
        self.begin_migration(number, MigrationOrigin::Destination, Phase::Started);
        self.tell_step(number, MigrationStep::SetupDone, None, 0);
    }

    fn begin_migration(&mut self, number: u64, origin: MigrationOrigin, phase: Phase) {
        self.last_migration += 1;
        let serial = self.last_migration;
        if let Some(system) = self.systems.get_mut(number) {
            let before = system.state;
            system.migration = Some(Box::new(Migration { origin, phase, serial, before }));
        }
    }

    fn set_phase(&mut self, number: u64, phase: Phase) {
        if let Some(migration) = self.migration_of(number) {
            migration.phase = phase;
        }
    }

    fn migration_of(&mut self, number: u64) -> Option<&mut Migration> {
        self.systems.get_mut(number)?.migration.as_deref_mut()
    }

    fn next_step(&mut self, number: u64, index: usize) {
        let Some(migration) = self.migration_of(number) else { return };
        let serial = migration.serial;
        if let Some((after, _)) = steps(migration.origin).get(index) {
            self.due_later(*after, Due::MigrationStep { system: number, serial, index });
        }
    }

    /// A step of a migration is due.
    pub(crate) fn migration_step(&mut self, number: u64, serial: u64, index: usize, now: Nanos) {
        let Some(migration) = self.migration_of(number) else { return };
        if migration.serial != serial || migration.phase != Phase::Transferring {
            return;
        }
        let (_, step) = steps(migration.origin)[index];
        match step {
            MigrationStep::BlackoutStarted => self.set_state_of(number, SystemState::Paused),
            MigrationStep::BlackoutExited => self.set_state_of(number, SystemState::Running),
            MigrationStep::MigrationDone => self.set_phase(number, Phase::Done),
            _ => {}
        }
        let ends_something = matches!(
            step,
            MigrationStep::OfflineDone | MigrationStep::BlackoutExited | MigrationStep::MigrationDone
        );
        let result = ends_something.then_some("Success");
        self.tell_step(number, step, result, now);
        self.next_step(number, index + 1);
    }

    /// A migration that is under way fails. (fidelity: `migration-failures`)
    pub(super) fn fail_migration(&mut self, number: u64, failure: MigrationFailure) -> Result<(), String> {
        let phase = self.migration_of(number).map(|it| it.phase);
        if !matches!(phase, Some(Phase::Initialized | Phase::Started | Phase::Transferring)) {
            return Err("no migration of the system is under way".to_owned());
        }
        self.end_migration(number, failure);
        Ok(())
    }

    /// Tells the failure, and the recovery: the source goes on as before, unless that is what failed.
    fn end_migration(&mut self, number: u64, failure: MigrationFailure) {
        self.set_phase(number, Phase::Failed);
        self.tell_step(number, MigrationStep::MigrationFailed, Some(failure.name()), 0);
        let Some(&mut Migration { origin, before, .. }) = self.migration_of(number) else { return };
        if origin == MigrationOrigin::Source && failure != MigrationFailure::MigrationRecoveryFailed {
            self.set_state_of(number, before);
            self.tell_step(number, MigrationStep::MigrationRecoveryDone, Some("Success"), 0);
        }
    }

    fn tell_step(&mut self, number: u64, event: MigrationStep, result: Option<&'static str>, now: Nanos) {
        let Some(origin) = self.migration_of(number).map(|it| it.origin) else { return };
        let additional_details = (event == MigrationStep::BlackoutExited).then(|| Blackout {
            blackout_duration_milliseconds: BLACKOUT.as_millis() as u64,
            blackout_stop_timestamp: timestamp(now),
        });
        let document = document::write(&MigrationNotification {
            origin,
            event,
            result: result.map(Into::into),
            additional_details,
        });
        self.tell_system(number, EventType::GroupLiveMigration, Some(&document));
    }

    fn set_state_of(&mut self, number: u64, state: SystemState) {
        if let Some(system) = self.systems.get_mut(number).filter(|it| it.exit.is_none()) {
            system.state = state;
            system.told = None;
        }
    }
}

impl System {
    /// A migration holds it: it answers no other request that changes something than those of the migration. A source whose
    /// guest goes on elsewhere is held until it is finalized. (fidelity: `migration-requests`)
    pub(super) fn is_migrating(&self) -> bool {
        let held = |it: &Migration| match it.phase {
            Phase::Transferring => true,
            Phase::Done => it.origin == MigrationOrigin::Source,
            _ => false,
        };
        self.migration.as_deref().is_some_and(held)
    }
}

/// (fidelity: `migration-containers`)
pub(super) fn only_machines_migrate() -> Failure {
    Failure::noted(HRESULT_ERROR_NOT_SUPPORTED, "only virtual machines migrate")
}

/// (fidelity: `migration-socket`)
pub(super) fn lacks_socket() -> Failure {
    Failure::noted(
        E_INVALIDARG,
        format!("no socket was added to the operation: HcsAddResourceToOperation with {SOCKET}"),
    )
}

fn steps(origin: MigrationOrigin) -> &'static [(Duration, MigrationStep)] {
    match origin {
        MigrationOrigin::Source => &ON_SOURCE,
        MigrationOrigin::Destination => &ON_DESTINATION,
    }
}
