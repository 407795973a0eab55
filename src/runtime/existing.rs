//! Systems and processes that are there before the test begins, as if another program had made them.
//! Not here: what they are (`model`), files that declare them (`scenario`).

use std::sync::Arc;

use super::call::choose_program;
use super::dispatch;
use super::host::Host;
use crate::Error;
use crate::document::process::ProcessParameters;
use crate::model::system::SystemState;

/// A compute system that is there already: [`Host::add_system`].
///
/// ```
/// use hcs_sim::{Existing, ExistingState};
/// let stale = Existing::new("web").state(ExistingState::Created).configuration(r#"{"Container":{}}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    pub(crate) id: String,
    pub(crate) configuration: Arc<str>,
    pub(crate) state: ExistingState,
}

/// The state in which a compute system is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
#[allow(missing_docs)] // the names are those of the field
pub enum ExistingState {
    Created,
    #[default]
    Running,
    Paused,
    SavedAsTemplate,
}

/// A process that runs already: [`Host::add_process`].
///
/// ```
/// use hcs_sim::ExistingProcess;
/// let shell = ExistingProcess::new("web", "cmd.exe").process_id(4321);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingProcess {
    pub(crate) system: String,
    pub(crate) command_line: String,
    pub(crate) user: Option<String>,
    pub(crate) process_id: Option<u32>,
}

/// What a host was told to have.
#[derive(Default)]
pub(crate) struct Declared {
    pub(crate) systems: Vec<Existing>,
    pub(crate) processes: Vec<ExistingProcess>,
    pub(crate) saved_states: Vec<String>,
}

impl Existing {
    /// A running virtual machine with the smallest configuration.
    pub fn new(id: impl Into<String>) -> Existing {
        Existing { id: id.into(), configuration: MINIMAL.into(), state: ExistingState::Running }
    }

    /// Its configuration, JSON as a create takes it.
    pub fn configuration(mut self, configuration: impl Into<String>) -> Existing {
        self.configuration = configuration.into().into();
        self
    }

    /// The state in which it is.
    pub fn state(mut self, state: ExistingState) -> Existing {
        self.state = state;
        self
    }
}

/// The smallest configuration.
pub(crate) const MINIMAL: &str = r#"{"VirtualMachine":{}}"#;

impl ExistingProcess {
    /// A process of a system, with its command line. It runs the program that is provided for it, or until it is ended.
    pub fn new(system: impl Into<String>, command_line: impl Into<String>) -> ExistingProcess {
        ExistingProcess {
            system: system.into(),
            command_line: command_line.into(),
            user: None,
            process_id: None,
        }
    }

    /// Its user.
    pub fn user(mut self, user: impl Into<String>) -> ExistingProcess {
        self.user = Some(user.into());
        self
    }

    /// Its id; else the host chooses one.
    pub fn process_id(mut self, process_id: u32) -> ExistingProcess {
        self.process_id = Some(process_id);
        self
    }
}

impl Host {
    /// Declares a compute system that is there already, as if another program had made it: it can be opened and is listed.
    ///
    /// ```
    /// use hcs_sim::{Existing, Host};
    /// Host::new().run(|host| {
    ///     host.add_system(Existing::new("left over")).unwrap();
    ///     assert!(host.add_system(Existing::new("LEFT OVER")).is_err()); // ids are compared without case
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::CannotBeThere`] if the id is taken, or the configuration is none for this host.
    pub fn add_system(&self, system: Existing) -> Result<(), Error> {
        let mut world = self.shared().world.lock();
        let now = world.now();
        world.model.set_now(now);
        let state = match system.state {
            ExistingState::Created => SystemState::Created,
            ExistingState::Running => SystemState::Running,
            ExistingState::Paused => SystemState::Paused,
            ExistingState::SavedAsTemplate => SystemState::SavedAsTemplate,
        };
        let added = world.model.add_system(&system.id, &system.configuration, state);
        added.map_err(|why| Error::CannotBeThere { what: format!("system {:?}", system.id), why })?;
        world.declared.systems.push(system);
        Ok(())
    }

    /// Declares a process that runs already in a system that does. Answers its id, for `HcsOpenProcess`.
    ///
    /// ```
    /// use hcs_sim::{Existing, ExistingProcess, Host, program};
    /// Host::new().run(|host| {
    ///     host.add_system(Existing::new("web")).unwrap();
    ///     host.canned("agent", program::runs_until_terminated());
    ///     assert_eq!(host.add_process(ExistingProcess::new("web", "agent").process_id(4321)), Ok(4321));
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::CannotBeThere`] if no such system runs, or the id is taken.
    pub fn add_process(&self, process: ExistingProcess) -> Result<u32, Error> {
        let shared = self.shared();
        let mut world = shared.world.lock();
        let now = world.now();
        world.model.set_now(now);
        let parameters = Arc::new(ProcessParameters {
            command_line: Some(process.command_line.as_str().into()),
            user: process.user.as_deref().map(Arc::from),
            ..ProcessParameters::default()
        });
        let (program, _) = choose_program(&mut world, &parameters, &process.system, None);
        let program = program.filter(|_| world.replay.is_none()); // what runs is the recording's to say
        let added = world.model.add_process(&process.system, &parameters, process.process_id, program);
        let what = || format!("process {:?} in {:?}", process.command_line, process.system);
        let process_id = added.map_err(|why| Error::CannotBeThere { what: what(), why })?;
        world.declared.processes.push(process);
        world.take_in(None);
        dispatch::after_a_step(shared, &mut world);
        Ok(process_id)
    }
}
