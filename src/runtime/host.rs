//! `Host` and its builder: the handle by which a test owns a world.
//! Not here: rules (`rules`), the scope and its verification (`scope`).

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::clock::Time;
use super::queue::Order;
use super::seat::{self, Entered};
use super::world::{Completion, HOST_GATE, Settings, Shared};
use super::{dispatch, environment, registry, trace};
use crate::call::OperationType;
use crate::document::DocumentChecks;
use crate::journal::Journal;
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::level::Level;
use crate::journal::written::JournalFile;
use crate::model::behavior::Behavior;
use crate::model::host::SavedState;
use crate::model::lifecycle::{nanos, path_key};
use crate::model::operation::State;
use crate::model::profile::Profile;

/// A Host Compute Service of your own: its systems, operations, time, rules and journal.
///
/// Clones are the same host. When the last clone is dropped the host ends; findings that nobody has looked at are printed
/// to stderr then. [`Host::run`] is the usual way to use one.
///
/// ```
/// use hcs_sim::{Host, call, hresult::*};
/// use hcs_sim::computecore::*;
///
/// Host::new().run(|host| {
///     host.when(call::create_operation()).refuse(E_OUTOFMEMORY);
///     // SAFETY: no pointers are passed.
///     let operation = unsafe { HcsCreateOperation(std::ptr::null(), None) };
///     assert!(operation.is_null());
/// });
/// ```
#[derive(Clone)]
pub struct Host {
    pub(super) owner: Arc<Owner>,
}

/// Ends the host when the last clone goes.
pub(super) struct Owner {
    pub(super) shared: Arc<Shared>,
}

/// Makes a [`Host`] with other settings than the usual ones.
///
/// ```
/// use std::time::Duration;
/// use hcs_sim::{Completion, Host, OperationType, Time};
/// let host = Host::builder()
///     .time(Time::Virtual)
///     .completion(Completion::Asynchronous)
///     .latency_of(OperationType::Start, Duration::from_secs(3))
///     .build();
/// # drop(host);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until build() or run()"]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    /// How time passes. Default [`Time::Virtual`].
    pub fn time(mut self, time: Time) -> Builder {
        self.settings.time = time;
        self
    }

    /// When accepted operations complete. Default [`Completion::Asynchronous`].
    pub fn completion(mut self, completion: Completion) -> Builder {
        self.settings.completion = completion;
        self
    }

    /// How long every call takes by itself, before it does anything. Default zero.
    pub fn call_latency(mut self, latency: Duration) -> Builder {
        self.settings.call_latency = latency;
        self
    }

    /// How long every operation takes from the accepted call to its completion. Default by type: create 40 ms, start
    /// 30 ms, terminate 20 ms, save 200 ms, pause, resume, shut down and crash 10 ms, modify 5 ms, others 1 ms.
    pub fn latency(mut self, latency: Duration) -> Builder {
        self.settings.latency = Some(latency);
        self
    }

    /// How long operations of one type take; wins over [`Builder::latency`].
    pub fn latency_of(mut self, operation: OperationType, latency: Duration) -> Builder {
        self.settings.latencies.insert(operation, latency);
        self
    }

    /// How far a poll of something pending moves the virtual clock. Default 10 ms.
    pub fn poll_step(mut self, step: Duration) -> Builder {
        self.settings.poll_step = step;
        self
    }

    /// How long, in real time, a wait with nothing due trusts that another thread will act, before it is a finding.
    /// Default 5 s.
    pub fn patience(mut self, patience: Duration) -> Builder {
        self.settings.patience = patience;
        self
    }

    /// How long, in real time, a finite wait with nothing due gives other threads that could act before it times out, counted
    /// from their last call. Default 50 ms; on Linux, threads that are running are given more, up to the patience. Without
    /// such threads, and as long as they do nothing after one such time in vain, waits time out at once.
    pub fn grace(mut self, grace: Duration) -> Builder {
        self.settings.grace = grace;
        self
    }

    /// What comes first among effects that are due together. Default [`Order::Sequence`].
    pub fn order(mut self, order: Order) -> Builder {
        self.settings.order = order;
        self
    }

    /// How many entries the journal keeps; older ones are dropped, and the journal says so. Default 100,000.
    pub fn journal_limit(mut self, entries: usize) -> Builder {
        self.settings.journal_limit = entries;
        self
    }

    /// Writes the journal into a file as it goes, as [`Journal::to_json_lines`] has it: a process that crashes leaves what came
    /// before. A file that is there is replaced; one that cannot be written is told on stderr, and the host goes on without.
    ///
    /// ```
    /// use hcs_sim::computecore::*;
    /// use hcs_sim::{Host, Journal};
    /// let path = std::env::temp_dir().join(format!("hcs-sim-doc-{}.jsonl", std::process::id()));
    /// Host::builder().journal_file(&path).run(|host| {
    ///     // SAFETY: no pointers are passed, and the handle is closed once.
    ///     unsafe { HcsCloseOperation(HcsCreateOperation(std::ptr::null(), None)) };
    ///     assert_eq!(Journal::read(&path).unwrap().to_string(), host.journal().to_string());
    /// });
    /// # std::fs::remove_file(&path).unwrap();
    /// ```
    pub fn journal_file(mut self, path: impl AsRef<Path>) -> Builder {
        self.settings.journal_file = Some(JournalFile::At(path.as_ref().to_owned()));
        self
    }

    /// Of how many calls, counted from the first, the line of your code is kept, so that a report can name where a handle was made
    /// and where the calls of its timeline stand. Default 512; `usize::MAX` for all. Where something is found to be wrong, the
    /// line of that call is kept whatever its number. 0 turns both off.
    ///
    /// A kept line is a backtrace of the thread: some microseconds and some kilobytes a call, freed with the call's entry in the
    /// journal. Nothing is looked up in it until a report is printed. Further calls pay nothing; `docs/performance.md` has
    /// numbers.
    ///
    /// ```
    /// use hcs_sim::Host;
    /// let host = Host::builder().source_lines(usize::MAX).build();
    /// # drop(host);
    /// ```
    pub fn source_lines(mut self, calls: usize) -> Builder {
        self.settings.source_lines = calls;
        self
    }

    /// Which Windows the host is like. Default [`Profile::Windows11V21H2`]. It turns the switches of [`Behavior`] that follow
    /// from it: call it before [`Builder::behavior`].
    pub fn profile(mut self, profile: Profile) -> Builder {
        self.settings.behavior.be(profile);
        self
    }

    /// What becomes of request documents that the schema does not know so. Default [`DocumentChecks::Refuse`].
    pub fn document_checks(mut self, checks: DocumentChecks) -> Builder {
        self.settings.behavior.document_checks = checks;
        self
    }

    /// Turns switches of the modelled Windows.
    pub fn behavior(mut self, change: impl FnOnce(&mut Behavior)) -> Builder {
        change(&mut self.settings.behavior);
        self
    }

    /// Findings of this kind do not fail the test: [`Level::Allow`].
    pub fn allow(self, kind: FindingKind) -> Builder {
        self.level(kind, Level::Allow)
    }

    /// What findings of this kind do to the test. Default [`FindingKind::default_level`].
    ///
    /// ```
    /// use hcs_sim::{FindingKind, Host, Level};
    /// Host::builder().level(FindingKind::ResultUnread, Level::Deny).run(|host| {
    ///     // .. the test ..
    /// #   let _ = host;
    /// });
    /// ```
    pub fn level(mut self, kind: FindingKind, level: Level) -> Builder {
        self.settings.levels.insert(kind, level);
        self
    }

    pub(crate) fn into_settings(self) -> Settings {
        self.settings
    }

    pub(crate) fn edit(mut self, change: impl FnOnce(&mut Settings)) -> Builder {
        change(&mut self.settings);
        self
    }

    /// Makes the host.
    pub fn build(self) -> Host {
        Host::from_shared(registry::register(self.settings, registry::Whose::Tests))
    }
}

impl Default for Host {
    fn default() -> Host {
        Host::new()
    }
}

impl Host {
    /// A host with the usual settings.
    pub fn new() -> Host {
        Builder::default().build()
    }

    /// A host with other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn from_shared(shared: Arc<Shared>) -> Host {
        Host { owner: Arc::new(Owner { shared }) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.owner.shared
    }

    /// Makes this host the current one of the calling thread, until the guard is dropped.
    ///
    /// Calls without a handle go to the current host; waits know that the thread may act. The guard keeps the host alive.
    /// It stays on its thread, so a task holds it between two `.await`s at most; [`Host::within`] is for whole tasks.
    pub fn enter(&self) -> Entered {
        trace::introduce(self.shared());
        seat::enter(self.clone())
    }

    /// Virtual time since the host was made.
    pub fn now(&self) -> Duration {
        let mut world = self.shared().world.lock();
        world.catch_up();
        Duration::from_nanos(world.now())
    }

    /// Moves the clock, and lets everything happen on the way: completions, callbacks, exits. In real time it sleeps.
    pub fn advance(&self, time: Duration) {
        let shared = self.shared();
        let _told = trace::listen(shared);
        let mut world = shared.world.lock();
        world.calls += 1;
        dispatch::settle(shared, &mut world);
        if world.replay.is_some() {
            return; // time is the recording's
        }
        if world.clock.mode == Time::Real {
            drop(world);
            std::thread::sleep(time);
            world = shared.world.lock();
            world.catch_up();
            return dispatch::after_a_step(shared, &mut world);
        }
        let until = world.now().saturating_add(nanos(time));
        while world.queue.next_at().is_some_and(|at| at <= until) {
            world.run_next();
            dispatch::after_a_step(shared, &mut world);
        }
        world.clock.move_to(until);
        dispatch::after_a_step(shared, &mut world);
    }

    /// Completes the oldest operation that [`Completion::WhenReleased`] holds. Answers whether there was one.
    pub fn release_next(&self) -> bool {
        let shared = self.shared();
        let _told = trace::listen(shared);
        let mut world = shared.world.lock();
        let held = world.gates.get_mut(&HOST_GATE).map(|it| &mut it.held).filter(|it| !it.is_empty());
        let Some(accepted) = held.map(|it| it.remove(0)) else { return false };
        world.calls += 1;
        world.release(accepted);
        dispatch::after_a_step(shared, &mut world);
        true
    }

    /// Completes every operation that [`Completion::WhenReleased`] holds, oldest first. Answers how many.
    pub fn release_all(&self) -> usize {
        std::iter::from_fn(|| self.release_next().then_some(())).count()
    }

    /// What happened so far.
    pub fn journal(&self) -> Journal {
        let shared = self.shared();
        let mut world = shared.world.lock();
        if world.replay.is_some() {
            // How far callbacks are is the recording's to say, not that of the threads.
            super::replay::let_others_go_on(shared, &mut world, dispatch::CALLBACK_PAUSE);
        }
        world.journal()
    }

    /// Findings of this kind do not fail the test: [`Level::Allow`].
    pub fn allow(&self, kind: FindingKind) {
        self.level(kind, Level::Allow);
    }

    /// What findings of this kind do to the test, also those that were noticed already and are not verified yet.
    pub fn level(&self, kind: FindingKind, level: Level) {
        self.shared().world.lock().settings.levels.insert(kind, level);
    }

    /// What was noticed so far and does not fail the test, because its level is [`Level::Warn`]. Kept after a verification too.
    /// Whether a request was left alone is known only once everything has happened: such a warning comes with
    /// [`Host::verify`], or at the end of [`Host::run`].
    ///
    /// ```
    /// use hcs_sim::Host;
    /// let host = Host::new();
    /// // .. the test ..
    /// host.verify().unwrap();
    /// assert_eq!(host.warnings(), []);
    /// ```
    pub fn warnings(&self) -> Vec<Finding> {
        self.shared().world.lock().warnings()
    }

    /// The configuration of a system as it is now, with what modify requests have changed; after its exit as it was, as long as
    /// a handle is open; else none.
    /// Resources that the schema has no member for stand at their resource path.
    ///
    /// ```
    /// use hcs_sim::Host;
    /// assert_eq!(Host::new().configuration("web"), None);
    /// ```
    pub fn configuration(&self, id: &str) -> Option<serde_json::Value> {
        self.shared().world.lock().model.configuration(id)
    }

    /// Declares that a saved state lies at a path, as if another process had saved one there: a system can be restored from it.
    pub fn add_saved_state(&self, path: &str) {
        let mut world = self.shared().world.lock();
        world.model.saved.insert(path_key(path), SavedState::default());
        world.declared.saved_states.push(path.to_owned());
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        environment::end(&self.shared);
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({self})")
    }
}

/// What is alive: systems, handles, operations.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = self.shared().world.lock();
        let model = &world.model;
        write!(f, "t={}", crate::journal::text::Seconds(Duration::from_nanos(world.now())))?;
        for (number, system) in model.systems.iter() {
            write!(f, "\nsystem {:?}: {:?}, {} open handles", system.id, system.state, system.handles)?;
            let of_this = model.handles.iter().filter(|(_, it)| it.system == number);
            write_inside(of_this.map(|(_, it)| it.inside).sum(), f)?;
        }
        for (number, process) in model.processes.iter() {
            let (id, pid, command) = (&process.system_id, process.process_id, process.parameters.command());
            write!(
                f,
                "\nprocess {pid} in {id:?}: {command:?}, {:?}, {} open handles",
                process.state, process.handles
            )?;
            let of_this = model.process_handles.iter().filter(|(_, it)| it.process == number);
            write_inside(of_this.map(|(_, it)| it.inside).sum(), f)?;
        }
        if model.service.is_away {
            write!(f, "\nthe service is away")?;
        }
        for (number, operation) in model.operations.iter() {
            let handle = model.operation_handle(number);
            match &operation.state {
                State::Idle => write!(f, "\n{handle}: idle")?,
                State::Pending(it) => {
                    write!(f, "\n{handle}: {:?} pending, {} threads inside", it.kind, operation.inside)?
                }
                State::Completed(it, outcome) => {
                    write!(f, "\n{handle}: {:?} completed with {}", it.kind, outcome.hresult.label())?;
                }
            }
        }
        Ok(())
    }
}

fn write_inside(threads: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if threads == 0 { Ok(()) } else { write!(f, ", {threads} threads inside") }
}
