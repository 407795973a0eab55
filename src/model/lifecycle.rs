//! What an accepted request does to its system when it is due, and how systems end.
//! Not here: accepting calls (`host`), when things are due (`runtime`).

use std::sync::Arc;
use std::time::Duration;

use super::Nanos;
use super::failure::Failure;
use super::host::{Host, SavedState};
use super::identity::fold;
use super::migration::{lacks_socket, only_machines_migrate};
use super::modify::odd_memory;
use super::operation::Outcome;
use super::request::{Body, Request};
use super::step::{Due, Effect};
use super::system::{Exit, Key, System, SystemState, refusal};
use crate::call::OperationType;
use crate::document;
use crate::document::configuration::{Restore, SystemKind};
use crate::document::exit::{ExitCause, ExitType};
use crate::document::properties::{Properties, PropertyResponse, PropertyValue};
use crate::document::request::{PropertyType, SaveType, ShutdownMechanism, ShutdownType, SystemQuery};
use crate::document::result_error::ResultError;
use crate::event::EventType;
use crate::faults;
use crate::hresult::*;

/// The outcome of a request that is carried out: the document of its success, or its failure.
pub(crate) type Carried = Result<Option<Arc<str>>, Failure>;

impl Host {
    /// Carries out a request. With `force`, the checks of the model are skipped and the change is made all the same.
    pub(crate) fn carry_out(&mut self, request: &Request, force: bool, now: Nanos) -> Carried {
        match &request.body {
            Body::Query(query, namespace) => return Ok(Some(self.enumerate(query, namespace, now))),
            Body::Broken(problem) if !force && request.kind != OperationType::Create => {
                return Err(Failure::invalid_request(problem));
            }
            _ => {}
        }
        if request.process != 0 && request.kind != OperationType::CreateProcess {
            return self.carry_out_on_process(request, force);
        }
        if request.system == 0 {
            return Ok(None);
        }
        let Some(system) = self.systems.get(request.system) else {
            return Err(Failure::noted(
                HCS_E_SYSTEM_ALREADY_STOPPED,
                "the system exited and its last handle is closed",
            ));
        };
        if system.state == SystemState::Creating && request.kind != OperationType::Create {
            return Err(Failure::noted(HCS_E_INVALID_STATE, "its create has not completed yet"));
        }
        if system.state == SystemState::Failed {
            return Err(Failure::noted(HCS_E_SYSTEM_NOT_FOUND, "its create failed; only the handle is left")); // fidelity: failed-create-handle
        }
        if !force
            && system.is_migrating()
            && request.kind != OperationType::LiveMigration
            && changes(request.kind)
        {
            return Err(Failure::noted(HCS_E_INVALID_STATE, "the system is migrating"));
        }
        if !force && let Some(code) = refusal(request.kind, system.state) {
            return Err(Failure::noted(code, format!("the system is {:?}", system.state)));
        }
        match request.kind {
            OperationType::Create => self.create(request, force),
            OperationType::Start => self.start(request, force, now),
            OperationType::LiveMigration => self.migrate(request, force),
            OperationType::Shutdown => self.shut_down(request, force),
            OperationType::Terminate => {
                self.exits.push((request.system, ExitCause::Terminate));
                Ok(self.behavior.terminate_document.as_deref().map(Arc::from))
            }
            OperationType::Crash => {
                let cause = ExitCause::GuestCrash([0; 5]);
                self.due_later(self.behavior.guest_crash, Due::Exit { system: request.system, cause });
                Ok(None)
            }
            OperationType::Pause => self.pause(request.system, force),
            OperationType::Resume => self.set_state(request.system, SystemState::Running),
            OperationType::Save => self.save(request, force),
            OperationType::GetProperties => self.properties(request, force, now),
            OperationType::Modify => self.modify(request, force, now),
            OperationType::CreateProcess => self.create_process(request, force, now),
            _ => Ok(None),
        }
    }

    fn set_state(&mut self, system: u64, state: SystemState) -> Carried {
        if let Some(system) = self.systems.get_mut(system)
            && system.state != SystemState::Stopped
        {
            system.state = state;
            system.told = None;
        }
        Ok(None)
    }

    /// (fidelity: `create-invalid-json`, `create-duplicate`)
    fn create(&mut self, request: &Request, force: bool) -> Carried {
        let Some(system) = self.systems.get(request.system) else { return Ok(None) };
        if !force && let Body::Broken(problem) = &request.body {
            return Err(Failure::invalid_configuration(self.behavior.invalid_configuration, problem));
        }
        if self.names.contains_key(&system.key) {
            return Err(Failure::plain(HCS_E_SYSTEM_ALREADY_EXISTS));
        }
        if !force
            && system.configuration.kind == SystemKind::VirtualMachine
            && let Some(note) = odd_memory(system.memory_mb)
        {
            return Err(Failure { note: Some(note), ..Failure::of_construct(WBEM_E_INVALID_PARAMETER) });
        }
        self.names.insert(system.key.clone(), request.system);
        self.set_state(request.system, SystemState::Created)
    }

    /// (fidelity: `restore-file`, `restore-template`)
    fn start(&mut self, request: &Request, force: bool, now: Nanos) -> Carried {
        let number = request.system;
        let system = &self.systems.get(number).expect("carry_out found it");
        if !force && let Body::Destination { has_socket } = request.body {
            if system.configuration.kind != SystemKind::VirtualMachine {
                return Err(only_machines_migrate());
            }
            if !has_socket {
                return Err(lacks_socket());
            }
        }
        if !force
            && self.behavior.enforce_access
            && let Some(path) = self.missing_grant(system)
        {
            let note = format!("{path} was never granted to {}: HcsGrantVmAccess", system.id);
            let mut fault = faults::disk_not_granted(&path);
            if let Some(controller) = system.controller_of(&path) {
                fault = fault.controller(controller);
            }
            let document = fault.document(&system.id).map(Box::new);
            return Err(Failure { hresult: E_ACCESSDENIED, document, note: Some(note) });
        }
        let mut template_id = None;
        let mut memory_mb = system.memory_mb;
        let mut saved_tree = None;
        match system.restore() {
            None => {}
            Some(Restore::File(path)) => match self.saved.get(&path_key(path)) {
                Some(saved) => {
                    memory_mb = saved.memory_mb.or(memory_mb); // fidelity: restore-modified
                    saved_tree = saved.tree.clone();
                }
                None if force => {}
                None => {
                    let note =
                        format!("no system was saved to {path}; Host::add_saved_state declares such a file");
                    return Err(Failure::noted(HRESULT_ERROR_FILE_NOT_FOUND, note));
                }
            },
            Some(Restore::Template(id)) => {
                let key = Key { namespace: Arc::clone(&system.key.namespace), id: fold(id) };
                let template = self.names.get(&key).and_then(|it| self.systems.get(*it));
                match template.filter(|it| it.state == SystemState::SavedAsTemplate) {
                    _ if force => {}
                    None => {
                        return Err(Failure::noted(
                            HCS_E_SYSTEM_NOT_FOUND,
                            format!("{id} is not saved as a template"),
                        ));
                    }
                    Some(_) if system.configuration.network_adapters => {
                        return Err(Failure::noted(
                            HRESULT_ERROR_NOT_SUPPORTED,
                            "a system that is forked from a template may not declare NetworkAdapters; add them after start",
                        ));
                    }
                    Some(template) => {
                        memory_mb = memory_mb.or(template.memory_mb);
                        saved_tree = Some(template.saved_tree());
                    }
                }
                template_id = Some(Arc::clone(id));
            }
        }
        if let Some(system) = self.systems.get_mut(number) {
            system.started_at = now;
            system.template_id = template_id;
            system.memory_mb = memory_mb;
        }
        if let Some(saved) = saved_tree {
            self.restore_tree(number, saved);
        }
        if matches!(request.body, Body::Destination { .. }) {
            self.start_as_destination(number);
        }
        self.set_state(number, SystemState::Running)
    }

    /// (fidelity: `shutdown-null-options`, `shutdown-channel`, `shutdown-delivered`, `shutdown-twice`)
    fn shut_down(&mut self, request: &Request, force: bool) -> Carried {
        let system = self.systems.get_mut(request.system).expect("carry_out found it");
        if !force {
            if system.shutting_down {
                return Err(Failure::plain(HCS_E_SYSTEM_ALREADY_STOPPED));
            }
            if system.configuration.kind == SystemKind::VirtualMachine {
                let mechanism = match &request.body {
                    Body::Shutdown(options) => options.mechanism,
                    _ if self.behavior.schema_minor < 5 => None, // it knows no options
                    _ => {
                        let problem =
                            document::Problem::at_root("a virtual machine needs ShutdownOptions; found none");
                        return Err(Failure::invalid_request(&problem));
                    }
                };
                let needs_2_5 = self.behavior.shutdown_service_needs_schema_2_5;
                if let Some(lack) = lacks_shutdown_channel(system, mechanism, needs_2_5) {
                    return Err(Failure::noted(HRESULT_ERROR_NOT_SUPPORTED, lack));
                }
            }
        }
        // fidelity: shutdown-reboot
        let cause = match &request.body {
            Body::Shutdown(options) if options.r#type == Some(ShutdownType::Reboot) => {
                if !system.configuration.stop_on_reset {
                    return Ok(None); // the guest is back as if nothing had been
                }
                ExitCause::Reset
            }
            _ => ExitCause::ShutDown,
        };
        system.shutting_down = true;
        self.due_later(self.behavior.guest_shutdown, Due::Exit { system: request.system, cause });
        Ok(None)
    }

    /// (fidelity: `pause-process-isolated`)
    fn pause(&mut self, number: u64, force: bool) -> Carried {
        let system = self.systems.get(number).expect("carry_out found it");
        if !force && matches!(system.configuration.kind, SystemKind::Container { isolated: false, .. }) {
            return Err(Failure::noted(
                HRESULT_ERROR_NOT_SUPPORTED,
                "a process-isolated container cannot be paused",
            ));
        }
        self.set_state(number, SystemState::Paused)
    }

    /// (fidelity: `save-to-file`, `save-as-template`)
    fn save(&mut self, request: &Request, force: bool) -> Carried {
        let options = match &request.body {
            Body::Save(options) => options.as_ref().clone(),
            _ => Default::default(),
        };
        if options.save_type == Some(SaveType::AsTemplate) {
            return self.set_state(request.system, SystemState::SavedAsTemplate);
        }
        match options.save_state_file_path {
            Some(path) => {
                let system = self.systems.get(request.system).expect("carry_out found it");
                let saved = SavedState { memory_mb: system.memory_mb, tree: Some(system.saved_tree()) };
                self.saved.insert(path_key(&path), saved);
                Ok(None)
            }
            None if force => Ok(None),
            None => Err(Failure::noted(E_INVALIDARG, "SaveOptions name no SaveStateFilePath")),
        }
    }

    fn properties(&mut self, request: &Request, force: bool, now: Nanos) -> Carried {
        let system = self.systems.get(request.system).expect("carry_out found it");
        if !force && self.behavior.created_refuses_properties && system.state == SystemState::Created {
            return Err(Failure::plain(HCS_E_INVALID_STATE));
        }
        if let Body::Properties(query) = &request.body
            && (!query.property_types.is_empty() || query.queries.is_some())
        {
            let mut properties = system.properties(&query.property_types, now);
            let is_alive = system.exit.is_none();
            let runs = matches!(system.state, SystemState::Running | SystemState::Paused);
            if query.property_types.contains(&PropertyType::ProcessList) && runs {
                properties.process_list = Some(self.process_list(system));
            }
            if let Some(queries) = query.queries.as_ref().filter(|_| is_alive) {
                let basic = system.properties(&[], now);
                let answer = |name: &String| (name.clone(), response(name, &basic));
                properties.property_responses = Some(queries.keys().map(answer).collect());
            }
            return Ok(Some(document::write(&properties)));
        }
        let system = self.systems.get_mut(request.system).expect("as above");
        // Clients poll this one: written once for each state.
        if system.told.is_none() {
            system.told = Some(document::write(&system.properties(&[], now)));
        }
        Ok(system.told.clone())
    }

    /// (fidelity: `enumerate`, `enumerate-filter`)
    fn enumerate(&self, query: &SystemQuery, namespace: &str, now: Nanos) -> Arc<str> {
        let among = |list: &Option<Vec<String>>, value: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|it| fold(it) == fold(value)))
        };
        let listed: Vec<_> = self
            .systems
            .iter()
            .map(|(_, system)| system)
            .filter(|it| it.is_listed() && &*it.key.namespace == namespace)
            .filter(|it| among(&query.ids, &it.id) && among(&query.names, it.name()))
            .filter(|it| query.types.as_ref().is_none_or(|types| types.contains(&it.system_type())))
            .filter(|it| {
                query.owners.is_none()
                    || among(&query.owners, it.configuration.owner.as_deref().unwrap_or(""))
            })
            .map(|it| it.properties(&[], now))
            .collect();
        document::write(&listed)
    }

    /// A system ends: its pending operations fail, its id is free again, its handles stay for the last questions.
    /// (fidelity: `exit-frees-id`, `pending-at-exit`)
    pub(crate) fn exit(&mut self, number: u64, cause: ExitCause) {
        let Some(system) = self.systems.get_mut(number) else { return };
        if matches!(system.state, SystemState::Stopped | SystemState::Failed) {
            return;
        }
        let status = cause.status();
        let forced = status.exit_type == ExitType::ForcedExit;
        let had_guest =
            matches!(system.state, SystemState::Running | SystemState::Paused) && system.is_guest_connected();
        if let ExitCause::GuestCrash(parameters) = cause {
            self.tell_crash(number, parameters);
        }
        if had_guest {
            self.tell_system(number, EventType::SystemGuestConnectionClosed, None);
        }
        let system = self.systems.get_mut(number).expect("as above");
        system.state = SystemState::Stopped;
        system.told = None;
        system.migration = None; // what was under way tells no further step (fidelity: migration-exit)
        let document = status.write_for(self.behavior.written_schema());
        self.happened.effects.push(Effect::Exited(Arc::clone(&system.id), Arc::clone(&document)));
        system.exit = Some(Exit { document, status });
        let (silent, late) = (system.silent, system.exit_event_delay);
        let processes: Vec<u64> = system.processes.values().copied().collect();
        for process in processes {
            self.end_process(process, self.behavior.killed_exit_code); // fidelity: process-after-system
        }
        if !silent {
            self.tell_later(late, Due::TellExit { system: number });
        }
        let system = self.systems.get_mut(number).expect("as above");
        let pending = system.pending.take();
        if self.names.get(&system.key) == Some(&number) {
            self.names.remove(&system.key);
        }
        for entry in pending {
            let Some(operation) =
                self.operations.get(entry.operation).filter(|it| it.is_pending_as(entry.id))
            else {
                continue;
            };
            if self.never.contains(&entry.id) {
                continue;
            }
            let kind = operation.tracked().map_or(OperationType::None, |it| it.kind);
            if matches!(kind, OperationType::GetProperties | OperationType::GetProcessProperties) {
                continue; // answered in its own time, with the reduced document (fidelity: properties-stopped)
            }
            let code = match kind {
                OperationType::SignalProcess
                | OperationType::ModifyProcess
                | OperationType::GetProcessInfo => self.behavior.process_after_system_exit,
                _ => self.behavior.pending_at_exit.code(kind, forced),
            };
            if kind == OperationType::CreateProcess {
                let process = operation.tracked().and_then(|it| self.process_behind(it.process));
                process.into_iter().for_each(|it| self.fail_process(it));
            }
            let failure = Failure::plain(code);
            self.early.insert(entry.id);
            self.complete(
                entry.operation,
                entry.id,
                kind,
                Outcome::new(code, failure.write(self.behavior.written_schema())),
            );
        }
        self.drop_if_unreachable(number);
    }

    /// The exit document, once there is one. (fidelity: `wait-for-exit`)
    pub(crate) fn exit_document(&self, number: u64) -> Option<Arc<str>> {
        Some(Arc::clone(&self.systems.get(number)?.exit.as_ref()?.document))
    }

    /// Forgets systems that neither exist nor have a handle.
    pub(crate) fn drop_if_unreachable(&mut self, number: u64) {
        let gone =
            |it: &System| it.handles == 0 && matches!(it.state, SystemState::Stopped | SystemState::Failed);
        if self.systems.get(number).is_some_and(gone)
            && let Some(system) = self.systems.remove(number)
            && system.state == SystemState::Failed
        {
            self.failed_creates.insert(number);
        }
    }
}

/// The answer to a property query of schema 2.5. (fidelity: `property-queries`)
fn response(name: &str, basic: &Properties) -> PropertyResponse {
    match name {
        "Basic" => PropertyResponse::Response(PropertyValue::Basic(basic.clone().into())),
        _ => PropertyResponse::Error(ResultError::of(HRESULT_ERROR_NOT_SUPPORTED)),
    }
}

/// Requests that would disturb a migration.
fn changes(kind: OperationType) -> bool {
    !matches!(kind, OperationType::GetProperties | OperationType::Terminate | OperationType::Create)
}

/// Why a shutdown request cannot reach the guest, if it cannot. (fidelity: `shutdown-channel`)
fn lacks_shutdown_channel(
    system: &System,
    mechanism: Option<ShutdownMechanism>,
    needs_2_5: bool,
) -> Option<String> {
    let configuration = &system.configuration;
    match mechanism.unwrap_or(ShutdownMechanism::GuestConnection) {
        ShutdownMechanism::GuestConnection if system.is_guest_connected() => None,
        ShutdownMechanism::GuestConnection if configuration.guest_connection => {
            Some("the connection to the guest is lost".to_owned())
        }
        ShutdownMechanism::GuestConnection => Some("the configuration has no GuestConnection".to_owned()),
        ShutdownMechanism::IntegrationService if !configuration.shutdown_service => {
            Some("the configuration has no Services.Shutdown".to_owned())
        }
        ShutdownMechanism::IntegrationService if needs_2_5 && configuration.schema < (2, 5) => Some(format!(
            "Services.Shutdown is ignored below schema 2.5, and the configuration declares {}.{}",
            configuration.schema.0, configuration.schema.1
        )),
        ShutdownMechanism::IntegrationService => None,
    }
}

/// A path as it is compared: without case, with one kind of slash.
pub(crate) fn path_key(path: &str) -> String {
    path.replace('/', "\\").to_lowercase()
}

pub(crate) fn nanos(duration: Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
