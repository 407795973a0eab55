//! The programs that run in guests: who may go on, who sleeps, who waits for what, and how they begin and end.
//! Not here: what a program can ask for (`guest`), the model of processes (`model::process`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, MutexGuard};

use super::dispatch::{self, Job};
use super::guest::{self, Guest, GuestEvent};
use super::pipes::GuestEnds;
use super::threads;
use super::world::{Shared, World};
use crate::abi::pipe::Pipes;
use crate::journal::report;
use crate::model::Nanos;
use crate::model::lifecycle::nanos;
use crate::model::step::{Due, GuestChange};
use crate::script::program::{Program, ProgramMatcher};

/// The programs of a host: those that a test has provided, and those that run.
#[derive(Default)]
pub(crate) struct Guests {
    pub(crate) provided: Vec<(ProgramMatcher, Program)>,
    running: BTreeMap<u64, Running>,
    /// Programs whose system is paused, in the order in which they wanted to go on.
    frozen: Vec<u64>,
    sleeps: u64,
    /// How many of those that run have a thread.
    threads: u32,
    /// Programs that wait for a pipe.
    at_pipes: BTreeSet<u64>,
    /// Programs that wait for the end of a child: the child, and the program.
    parents: BTreeSet<(u64, u64)>,
    /// The label under which their threads stand in the journal.
    label: Option<u32>,
}

/// A program that runs, by its process.
struct Running {
    /// Where the system tells the state of its thread.
    status: Option<PathBuf>,
    /// When its sleep is over, as the queue knows it.
    alarm: Option<(Nanos, u64)>,
    process_id: u32,
    turn: Turn,
    /// Told when the turn changes.
    changed: Arc<Condvar>,
    ended: bool,
    events: VecDeque<GuestEvent>,
    console: Option<(u16, u16)>,
    /// Streams that a caller closed by a modify request.
    closed: [bool; 3],
    /// Wakes the program when it waits for a pipe: something comes through, or it is dropped.
    wake: Option<std::io::PipeWriter>,
    /// The ends of a process that no thread runs.
    idle: Option<GuestEnds>,
}

/// Whether a program may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It wants to.
    Wanted,
    /// It does.
    Had,
    /// It waits for something.
    Waits(WaitsFor),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitsFor {
    /// A sleep, by its number.
    Time(u64),
    /// A signal, another size of the console, the end of standard input.
    Event,
    /// The end of a child.
    Child(u64),
    /// A pipe, to be read or to be written.
    Pipe(usize, bool),
    /// Its end, and nothing else: no thread runs it.
    Nothing,
}

/// The process is to end: the program goes no further.
pub(crate) struct Ended;

impl Guests {
    /// Whether a program is there that time may concern.
    pub(crate) fn are_running(&self) -> bool {
        self.threads > 0
    }

    /// Whether a program can go on by itself: its pipe has become ready, and its thread is about to notice.
    #[inline]
    pub(crate) fn is_any_ready(&self, pipes: &Pipes) -> bool {
        !self.at_pipes.is_empty() && self.asks_the_kernel(pipes)
    }

    fn asks_the_kernel(&self, pipes: &Pipes) -> bool {
        let waits_at = |it: &Running| match it.turn {
            Turn::Waits(WaitsFor::Pipe(handle, write)) if !it.ended => Some((handle, write)),
            _ => None,
        };
        let mut handles = self.at_pipes.iter().filter_map(|it| self.running.get(it)).filter_map(waits_at);
        (pipes.is_any_ready)(&mut handles)
    }

    /// A program's own thread notes where the system tells its state.
    pub(crate) fn note_thread(&mut self, process: u64) {
        if let Some(running) = self.running.get_mut(&process) {
            running.status = threads::own_status();
        }
    }

    /// Whether a program that has its turn really runs, as far as the system tells.
    pub(crate) fn is_any_at_work(&self) -> bool {
        self.running.values().any(|it| it.turn == Turn::Had && threads::is_at_work(it.status.as_deref()))
    }

    /// Whether programs wait for their paused system.
    pub(crate) fn has_frozen(&self) -> bool {
        !self.frozen.is_empty()
    }

    pub(crate) fn console(&self, process: u64) -> Option<(u16, u16)> {
        self.running.get(&process)?.console
    }

    pub(crate) fn is_closed(&self, process: u64, stream: usize) -> bool {
        self.running.get(&process).is_none_or(|it| it.closed[stream])
    }

    /// Takes the first event of a kind.
    pub(crate) fn take_event(
        &mut self,
        process: u64,
        wanted: impl Fn(&GuestEvent) -> bool,
    ) -> Option<GuestEvent> {
        let events = &mut self.running.get_mut(&process)?.events;
        let at = events.iter().position(wanted)?;
        events.remove(at)
    }
}

impl World {
    /// Something happens to the program of a process.
    pub(super) fn change_guest(&mut self, process: u64, change: GuestChange) {
        match change {
            GuestChange::Start(program) => self.start_guest(process, program),
            GuestChange::Signal(signal) => self.tell_guest(process, GuestEvent::Signal(signal)),
            GuestChange::Resize(height, width) => {
                if let Some(running) = self.guests.running.get_mut(&process) {
                    running.console = Some((height, width));
                }
                self.tell_guest(process, GuestEvent::Resized { height, width });
            }
            GuestChange::Close(which) => {
                let process_id = self.model.processes.get(process).map(|it| it.process_id);
                process_id.into_iter().for_each(|it| self.pipes.close_end(it, which));
                if let Some(running) = self.guests.running.get_mut(&process) {
                    for (closed, it) in running.closed.iter_mut().zip(which) {
                        *closed |= it;
                    }
                    running.wake = None;
                    if let Some(idle) = &mut running.idle {
                        idle.close(which);
                    }
                }
                if which[0] {
                    self.tell_guest(process, GuestEvent::StdinClosed);
                }
            }
            GuestChange::End => self.end_guest(process),
        }
    }

    fn start_guest(&mut self, process: u64, program: Option<usize>) {
        let Some(modelled) = self.model.processes.get(process) else { return };
        let parameters = Arc::clone(&modelled.parameters);
        let (system_id, process_id) = (Arc::clone(&modelled.system_id), modelled.process_id);
        let ends = match self.pipes.make(process_id, modelled.pipes) {
            Ok(ends) => ends,
            Err(error) => {
                self.find(report::no_pipes(process_id, &error), None);
                return self.model.end_process(process, 1);
            }
        };
        let program = program.and_then(|it| self.guests.provided.get(it)).map(|it| it.1.clone());
        let changed = Arc::new(Condvar::new());
        let mut running = Running {
            status: None,
            alarm: None,
            process_id,
            turn: Turn::Wanted,
            changed: Arc::clone(&changed),
            ended: false,
            events: VecDeque::new(),
            console: parameters.console_size,
            closed: [false; 3],
            wake: None,
            idle: None,
        };
        let program = match program {
            None => None,
            Some(Program::Canned(canned)) if canned.is_idle() => None,
            Some(program) => Some(program),
        };
        let (Some(program), Some(shared)) = (program, self.this.upgrade()) else {
            running.turn = Turn::Waits(WaitsFor::Nothing);
            running.idle = Some(ends);
            self.guests.running.insert(process, running);
            return;
        };
        let threads = &mut self.threads;
        let label = *self.guests.label.get_or_insert_with(|| threads.add_own_named("guest"));
        let guest = Guest {
            shared,
            process,
            process_id,
            system_id,
            parameters,
            changed,
            label,
            ends,
            buffer: Vec::new(),
            one_thread: PhantomData,
        };
        self.guests.running.insert(process, running);
        self.guests.threads += 1;
        self.dispatch.enqueue(Job::Guest(process));
        let spawned = std::thread::Builder::new()
            .name(format!("hcs-sim pid {process_id}"))
            .spawn(move || guest::run(guest, &program));
        if let Err(error) = spawned {
            self.find(report::no_pipes(process_id, &error), None);
            self.guests.running.remove(&process);
            self.guests.threads -= 1;
            self.model.end_process(process, 1);
        }
    }

    fn tell_guest(&mut self, process: u64, event: GuestEvent) {
        let Some(running) = self.guests.running.get_mut(&process) else { return };
        running.events.push_back(event);
        if running.turn == Turn::Waits(WaitsFor::Event) {
            self.want_turn(process);
        }
    }

    /// A program that waits may go on as soon as it is its turn.
    fn want_turn(&mut self, process: u64) {
        if let Some(running) = self.guests.running.get_mut(&process) {
            running.turn = Turn::Wanted;
            self.dispatch.enqueue(Job::Guest(process));
        }
    }

    /// A sleep is over.
    pub(super) fn wake_guest(&mut self, process: u64, serial: u64) {
        if let Some(running) = self.guests.running.get_mut(&process) {
            running.alarm = None;
        }
        if self.guests.running.get(&process).is_some_and(|it| it.turn == Turn::Waits(WaitsFor::Time(serial)))
        {
            self.want_turn(process);
        }
    }

    fn end_guest(&mut self, process: u64) {
        let parents = self.guests.parents.range((process, 0)..=(process, u64::MAX));
        for (_, parent) in parents.copied().collect::<Vec<_>>() {
            self.guests.parents.remove(&(process, parent));
            self.want_turn(parent);
        }
        let Some(running) = self.guests.running.get_mut(&process) else { return };
        let process_id = running.process_id;
        running.ended = true;
        running.wake = None;
        if let Some(key) = running.alarm.take() {
            self.queue.remove(key); // time is not to go on for it
        }
        if running.idle.is_some() {
            self.guests.running.remove(&process); // and with it its ends of the pipes
        } else {
            running.changed.notify_all();
        }
        if self.model.processes.get(process).is_none_or(|it| it.handles == 0) {
            self.pipes.forget(process_id);
        }
    }

    /// What the program of a process is at, in words.
    pub(super) fn state_of_program(&self, process_id: u32) -> Option<String> {
        let (process, running) = self.guests.running.iter().find(|it| it.1.process_id == process_id)?;
        let command =
            self.model.processes.get(*process).map(|it| it.parameters.command()).unwrap_or_default();
        let at = match running.turn {
            _ if running.idle.is_some() => "which runs until it is ended",
            Turn::Wanted | Turn::Had => "which runs and asks nothing of its Guest",
            Turn::Waits(WaitsFor::Time(_)) => "which sleeps",
            Turn::Waits(WaitsFor::Event) => "which waits for a signal or another event",
            Turn::Waits(WaitsFor::Child(_)) => "which waits for a child",
            Turn::Waits(WaitsFor::Pipe(_, true)) => "which writes into a full pipe that nobody reads",
            Turn::Waits(WaitsFor::Pipe(_, false)) => "which reads standard input, still open and empty",
            Turn::Waits(WaitsFor::Nothing) => "which runs until it is ended",
        };
        Some(format!("the program {command:?} of process {process_id}, {at}"))
    }

    /// What the programs that run are at.
    pub(super) fn states_of_programs(&self) -> Vec<String> {
        let ids: Vec<u32> = self.guests.running.values().map(|it| it.process_id).take(8).collect();
        ids.into_iter().filter_map(|it| self.state_of_program(it)).collect()
    }

    /// Every program ends: the host does.
    pub(super) fn end_guests(&mut self) {
        let processes: Vec<u64> = self.guests.running.keys().copied().collect();
        processes.into_iter().for_each(|it| self.end_guest(it));
    }

    /// Programs that were frozen with their system want to go on as soon as it does.
    pub(super) fn thaw(&mut self) {
        if self.guests.frozen.is_empty() {
            return;
        }
        for process in std::mem::take(&mut self.guests.frozen) {
            self.dispatch.enqueue(Job::Guest(process));
        }
    }

    /// It is a program's turn. Answers whether it goes on: it may have ended, or its system may be paused.
    pub(super) fn give_turn(&mut self, process: u64) -> bool {
        let Some(running) = self.guests.running.get_mut(&process) else { return false };
        if running.ended || running.turn != Turn::Wanted {
            return false;
        }
        if self.model.is_frozen(process) {
            self.guests.frozen.push(process);
            return false;
        }
        running.turn = Turn::Had;
        running.changed.notify_all();
        true
    }

    pub(super) fn new_sleep(&mut self, process: u64, time: Duration) -> WaitsFor {
        self.guests.sleeps += 1;
        let serial = self.guests.sleeps;
        let at = self.now().saturating_add(nanos(time));
        if at == Nanos::MAX {
            return WaitsFor::Nothing; // for ever
        }
        let key = self.queue.push(at, Due::Wake { process, serial });
        if let Some(running) = self.guests.running.get_mut(&process) {
            running.alarm = Some(key);
        }
        WaitsFor::Time(serial)
    }
}

/// A program waits for its first turn.
pub(super) fn begin(world: &mut MutexGuard<'_, World>, process: u64, changed: &Condvar) -> Result<(), Ended> {
    loop {
        match world.guests.running.get(&process) {
            None => return Err(Ended),
            Some(it) if it.ended => return Err(Ended),
            Some(it) if it.turn == Turn::Had => return Ok(()),
            Some(_) => changed.wait(world),
        }
    }
}

/// A program waits for something, and lets others go on meanwhile.
pub(super) fn wait(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    process: u64,
    changed: &Condvar,
    what: WaitsFor,
) -> Result<(), Ended> {
    let wake = match what {
        WaitsFor::Pipe(..) => Some(match std::io::pipe() {
            Ok(pipe) => pipe,
            Err(error) => return Err(out_of_pipes(world, process, &error)),
        }),
        _ => None,
    };
    let running = world.guests.running.get_mut(&process).filter(|it| !it.ended).ok_or(Ended)?;
    running.turn = Turn::Waits(what);
    match (what, wake) {
        (WaitsFor::Pipe(handle, write), Some((woken, writer))) => {
            running.wake = Some(writer);
            wait_for_pipe(shared, world, process, (handle, write), &woken)?;
        }
        (WaitsFor::Child(child), _) => {
            world.guests.parents.insert((child, process));
            dispatch::left(shared, world);
        }
        _ => dispatch::left(shared, world),
    }
    begin(world, process, changed)
}

/// The process cannot go on for want of a pipe.
fn out_of_pipes(world: &mut World, process: u64, error: &std::io::Error) -> Ended {
    let process_id = world.model.processes.get(process).map_or(0, |it| it.process_id);
    world.find(report::no_pipes(process_id, error), None);
    world.model.end_process(process, 1);
    world.take_in(None);
    Ended
}

/// The kernel tells when a pipe is ready; the world goes on until then.
fn wait_for_pipe(
    shared: &Arc<Shared>,
    world: &mut MutexGuard<'_, World>,
    process: u64,
    (handle, write): (usize, bool),
    woken: &std::io::PipeReader,
) -> Result<(), Ended> {
    use super::raw::AsRaw;
    world.guests.at_pipes.insert(process);
    dispatch::left(shared, world);
    let pipes = shared.gateway.pipes;
    MutexGuard::unlocked(world, || (pipes.wait)(handle, write, woken.as_raw_value()));
    world.guests.at_pipes.remove(&process);
    let running = world.guests.running.get_mut(&process).filter(|it| !it.ended).ok_or(Ended)?;
    running.wake = None;
    world.want_turn(process);
    dispatch::ensure_worker(shared, world);
    shared.announce(world);
    Ok(())
}

/// A program's thread is done: with an exit code of its own, or because the process has ended.
pub(super) fn finish(shared: &Arc<Shared>, process: u64, exit_code: Option<u32>) {
    let mut world = shared.world.lock();
    let had_turn = world.guests.running.get(&process).is_some_and(|it| it.turn == Turn::Had);
    if let Some(code) = exit_code {
        world.model.end_process(process, code);
        world.take_in(None);
    }
    if world.guests.running.remove(&process).is_some() {
        world.guests.threads -= 1;
    }
    if had_turn {
        dispatch::left(shared, &mut world);
    }
    shared.announce(&world);
}

impl GuestEnds {
    pub(super) fn close(&mut self, which: [bool; 3]) {
        if which[0] {
            self.stdin = None;
        }
        if which[1] {
            self.stdout = None;
        }
        if which[2] {
            self.stderr = None;
        }
    }
}
