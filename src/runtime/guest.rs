//! What a guest program sees: its parameters, its standard streams, signals, its console, virtual time, children.
//! Not here: which program answers which command (`script::program`), who may go on (`guests`).

use std::cell::Cell;
use std::fmt;
use std::io::{self, PipeWriter, Read, Write};
use std::marker::PhantomData;
use std::panic;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Condvar;

use super::guests::{self, Ended, WaitsFor};
use super::pipes::GuestEnds;
use super::raw::AsRaw;
use super::seat;
use super::world::Shared;
use crate::document::process::{ProcessParameters, Signal};
use crate::journal::report;
use crate::panics;
use crate::script::program::{Canned, Program};

/// What a guest program can do. It is handed to the closure of [`Host::program`](crate::Host::program).
///
/// A program runs on a thread of its own, one at a time with other programs and callbacks of its host. When its process
/// is ended from outside, the next thing that it asks of its `Guest` does not return: the closure is unwound, as a killed
/// process is cut off. (With `panic = "abort"` that aborts; keep tests on the default.)
///
/// Standard streams that the caller did not ask for are there all the same: reading finds the end, what is written is lost.
///
/// ```
/// use hcs_sim::Host;
/// let host = Host::new();
/// host.program("sort", |guest| {
///     let mut lines = Vec::new();
///     while let Some(line) = guest.read_line() {
///         lines.push(line);
///     }
///     lines.sort();
///     guest.stdout(lines.join("\n"));
/// });
/// ```
pub struct Guest {
    pub(super) shared: Arc<Shared>,
    pub(super) process: u64,
    pub(super) process_id: u32,
    pub(super) system_id: Arc<str>,
    pub(super) parameters: Arc<ProcessParameters>,
    pub(super) changed: Arc<Condvar>,
    pub(super) label: u32,
    pub(super) ends: GuestEnds,
    /// What was read and not asked for yet.
    pub(super) buffer: Vec<u8>,
    /// A program is one thread: it cannot wait for two things at once.
    pub(super) one_thread: PhantomData<Cell<()>>,
}

/// Something that reaches a program from outside.
///
/// ```
/// use hcs_sim::{GuestEvent, Host};
/// Host::new().program("shell", |guest| loop {
///     match guest.next_event() {
///         GuestEvent::Resized { height, width } => guest.stdout(format!("{width}x{height}\n")),
///         GuestEvent::StdinClosed => return 0,
///         _ => return 1,
///     }
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuestEvent {
    /// `HcsSignalProcess`.
    Signal(Signal),
    /// `HcsModifyProcess` with another size of the console, in characters.
    Resized {
        /// Lines.
        height: u16,
        /// Columns.
        width: u16,
    },
    /// `HcsModifyProcess` closed standard input.
    StdinClosed,
}

/// How a program leaves before its closure returns.
struct Leave(Option<u32>);

/// The most that is written at once: what a pipe that is ready takes without blocking.
const AT_ONCE: usize = 4096;

impl Guest {
    /// What the process was created with.
    pub fn parameters(&self) -> &ProcessParameters {
        &self.parameters
    }

    /// The id of the process in its system.
    pub fn process_id(&self) -> u32 {
        self.process_id
    }

    /// The id of the system.
    pub fn system_id(&self) -> &str {
        &self.system_id
    }

    /// Virtual time since the host was made.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.shared.world.lock().now())
    }

    /// Sleeps in virtual time; nothing sleeps for real.
    pub fn sleep(&self, time: Duration) {
        let mut world = self.shared.world.lock();
        let what = world.new_sleep(self.process, time);
        let woken = guests::wait(&self.shared, &mut world, self.process, &self.changed, what);
        drop(world);
        self.has_ended(woken);
    }

    /// Writes to standard output, all of it; if its reader is gone, the rest is lost. [`Guest::stdout_pipe`] tells errors.
    pub fn stdout(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stdout_pipe().write_all(bytes.as_ref());
    }

    /// Writes to standard error, as [`Guest::stdout`]. With an emulated console it goes to standard output.
    pub fn stderr(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stderr_pipe().write_all(bytes.as_ref());
    }

    /// Standard output as a `Write`.
    pub fn stdout_pipe(&mut self) -> impl Write + '_ {
        Out { guest: self, stream: 1 }
    }

    /// Standard error as a `Write`.
    pub fn stderr_pipe(&mut self) -> impl Write + '_ {
        let stream = if self.parameters.emulate_console { 1 } else { 2 };
        Out { guest: self, stream }
    }

    /// Standard input as a `Read`.
    pub fn stdin(&mut self) -> impl Read + '_ {
        In { guest: self }
    }

    /// The next line of standard input, without its end; `None` at the end. What is not UTF-8 is replaced.
    pub fn read_line(&mut self) -> Option<String> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer[searched..].iter().position(|it| *it == b'\n') {
                let rest = self.buffer.split_off(searched + at + 1);
                let line = std::mem::replace(&mut self.buffer, rest);
                return Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            searched = self.buffer.len();
            let mut chunk = [0; AT_ONCE];
            match self.read_pipe(&mut chunk) {
                Ok(count) if count > 0 => self.buffer.extend_from_slice(&chunk[..count]),
                _ if self.buffer.is_empty() => return None,
                _ => return Some(String::from_utf8_lossy(&std::mem::take(&mut self.buffer)).into_owned()),
            }
        }
    }

    /// The rest of standard input.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let _ = self.stdin().read_to_end(&mut all);
        all
    }

    /// From now on signals come as events; until then, each ends the program. Kill, which is signal 9, always does.
    pub fn catch_signals(&self) {
        let mut world = self.shared.world.lock();
        if let Some(process) = world.model.processes.get_mut(self.process) {
            process.catches_signals = true;
        }
    }

    /// Waits for the next signal, which is caught.
    pub fn next_signal(&self) -> Signal {
        self.catch_signals();
        match self.wait_for(|it| matches!(it, GuestEvent::Signal(_))) {
            Some(GuestEvent::Signal(signal)) => signal,
            _ => Signal::CtrlClose, // asked by a destructor, of a program that has ended
        }
    }

    /// Waits for the console to get another size: height, then width.
    pub fn wait_for_resize(&self) -> (u16, u16) {
        match self.wait_for(|it| matches!(it, GuestEvent::Resized { .. })) {
            Some(GuestEvent::Resized { height, width }) => (height, width),
            _ => (0, 0), // as above
        }
    }

    /// Waits for whatever comes next; signals are caught.
    pub fn next_event(&self) -> GuestEvent {
        self.catch_signals();
        self.wait_for(|_| true).unwrap_or(GuestEvent::StdinClosed)
    }

    /// What has come already, if anything has; signals are caught.
    pub fn try_event(&self) -> Option<GuestEvent> {
        self.catch_signals();
        if self.has_ended(self.check()) {
            return None;
        }
        self.shared.world.lock().guests.take_event(self.process, |_| true)
    }

    /// The size of the console, if it has one: height, then width.
    pub fn console_size(&self) -> Option<(u16, u16)> {
        self.shared.world.lock().guests.console(self.process)
    }

    /// Starts another program in the same system: one of those that the host has. Nothing if there is none of this command.
    pub fn spawn(&self, command_line: &str) -> Option<Child> {
        if self.has_ended(self.check()) {
            return None;
        }
        let parameters = Arc::new(self.parameters.of_child(command_line));
        let mut world = self.shared.world.lock();
        let (program, _) = super::call::choose_program(&mut world, &parameters, &self.system_id, None);
        let now = world.now();
        let (process, process_id) = world.model.spawn_process(self.process, &parameters, program?, now)?;
        world.take_in(None);
        Some(Child { shared: Arc::clone(&self.shared), process, process_id })
    }

    /// Waits for a child to end, in virtual time: its exit code.
    pub fn wait_for_child(&self, child: &Child) -> u32 {
        loop {
            let mut world = self.shared.world.lock();
            let modelled = world.model.processes.get(child.process);
            if let Some(exit) = modelled.and_then(|it| it.exit.as_ref()) {
                return exit.exit_code;
            }
            let what = WaitsFor::Child(child.process);
            let woken = guests::wait(&self.shared, &mut world, self.process, &self.changed, what);
            drop(world);
            if self.has_ended(woken) {
                return PANICKED;
            }
        }
    }

    /// Exits at once: the closure is unwound.
    pub fn exit(&self, exit_code: u32) -> ! {
        panic::resume_unwind(Box::new(Leave(Some(exit_code))))
    }

    fn wait_for(&self, wanted: impl Fn(&GuestEvent) -> bool) -> Option<GuestEvent> {
        loop {
            let mut world = self.shared.world.lock();
            if let Some(event) = world.guests.take_event(self.process, &wanted) {
                return Some(event);
            }
            let woken = guests::wait(&self.shared, &mut world, self.process, &self.changed, WaitsFor::Event);
            drop(world);
            if self.has_ended(woken) {
                return None;
            }
        }
    }

    /// Whether the process is still to run.
    fn check(&self) -> Result<(), Ended> {
        let world = self.shared.world.lock();
        let runs = world.model.processes.get(self.process).is_some_and(|it| it.exit.is_none());
        if runs && !world.ended { Ok(()) } else { Err(Ended) }
    }

    /// Unwinds the program if its process has ended. Answers whether it has, where it is being unwound already: what a
    /// destructor asks for is then left out.
    fn has_ended(&self, outcome: Result<(), Ended>) -> bool {
        if outcome.is_err() && !std::thread::panicking() {
            panic::resume_unwind(Box::new(Leave(None)));
        }
        outcome.is_err()
    }

    /// Waits until a pipe is ready, and lets others go on meanwhile.
    fn wait_for_pipe(&self, handle: usize, write: bool) {
        let mut world = self.shared.world.lock();
        let what = WaitsFor::Pipe(handle, write);
        let woken = guests::wait(&self.shared, &mut world, self.process, &self.changed, what);
        drop(world);
        self.has_ended(woken);
    }

    fn is_closed(&self, stream: usize) -> bool {
        self.shared.world.lock().guests.is_closed(self.process, stream)
    }

    /// Reads what there is, or waits for more; 0 at the end.
    fn read_pipe(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let pipes = self.shared.gateway.pipes;
        loop {
            if self.has_ended(self.check()) {
                return Ok(0);
            }
            let Some(stdin) = &self.ends.stdin else { return Ok(0) };
            let handle = stdin.as_raw_value();
            if (pipes.is_ready)(handle, false) {
                return (&*stdin).read(buffer);
            }
            if self.is_closed(0) {
                self.ends.stdin = None;
                return Ok(0);
            }
            self.wait_for_pipe(handle, false);
        }
    }

    /// Writes a part, or waits until it can.
    fn write_pipe(&mut self, stream: usize, bytes: &[u8]) -> io::Result<usize> {
        let pipes = self.shared.gateway.pipes;
        let part = &bytes[..bytes.len().min(AT_ONCE)];
        loop {
            if self.has_ended(self.check()) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            if self.is_closed(stream) {
                let mut which = [false; 3];
                which[stream] = true;
                self.ends.close(which);
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let pipe: &PipeWriter = match (stream, &self.ends.stdout, &self.ends.stderr) {
                (1, Some(pipe), _) | (2, _, Some(pipe)) => pipe,
                _ => return Ok(bytes.len()), // nobody asked for it
            };
            let handle = pipe.as_raw_value();
            if (pipes.is_ready)(handle, true) || !cfg!(unix) {
                match (pipes.write)(handle, part) {
                    Ok(0) if !part.is_empty() => {} // full, where the system does not tell before
                    written => {
                        if let Ok(count) = written {
                            let mut world = self.shared.world.lock();
                            world.outputs.entry(self.process_id).or_default().wrote(stream, &part[..count]);
                        }
                        return written;
                    }
                }
            }
            self.wait_for_pipe(handle, true);
        }
    }
}

struct In<'a> {
    guest: &'a mut Guest,
}

impl Read for In<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let kept = &mut self.guest.buffer;
        if !kept.is_empty() {
            let count = kept.len().min(buffer.len());
            buffer[..count].copy_from_slice(&kept[..count]);
            kept.drain(..count);
            return Ok(count);
        }
        self.guest.read_pipe(buffer)
    }
}

struct Out<'a> {
    guest: &'a mut Guest,
    stream: usize,
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.guest.write_pipe(self.stream, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guest(process {} in {:?})", self.process_id, self.system_id)
    }
}

/// A program that another one started; it goes on by itself when this is dropped.
pub struct Child {
    shared: Arc<Shared>,
    process: u64,
    process_id: u32,
}

impl Child {
    /// The id of the process in its system.
    pub fn process_id(&self) -> u32 {
        self.process_id
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.shared.world.lock().model.release_process(self.process);
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Child(process {})", self.process_id)
    }
}

/// The exit code of a program whose closure panicked, as a Rust program's.
const PANICKED: u32 = 101;

/// The life of a program's thread.
pub(super) fn run(mut guest: Guest, program: &Program) {
    let (shared, process, label) = (Arc::clone(&guest.shared), guest.process, guest.label);
    let changed = Arc::clone(&guest.changed);
    let seat = seat::enter_as_worker(&shared, label);
    let began = {
        let mut world = shared.world.lock();
        world.guests.note_thread(process);
        guests::begin(&mut world, process, &changed)
    };
    let exit_code = if began.is_err() {
        None
    } else {
        let outcome = panics::guarded_by(
            || match program {
                Program::Closure(body) => body(&mut guest),
                Program::Canned(canned) => play(&mut guest, canned),
            },
            |payload| payload.downcast::<Leave>().map(|it| it.0),
        );
        match outcome {
            Ok(code) => Some(code),
            Err(panics::Unwound::Taken(code)) => code,
            Err(panics::Unwound::Panicked(panic)) => {
                let command = guest.parameters.command();
                let finding = report::program_panicked(&command, guest.process_id, &panic.message, panic.at);
                shared.world.lock().find(finding, None);
                Some(PANICKED)
            }
        }
    };
    drop(guest); // its ends of the pipes close before the process is gone
    guests::finish(&shared, process, exit_code);
    drop(seat);
}

fn play(guest: &mut Guest, canned: &Canned) -> u32 {
    guest.stdout(&canned.stdout);
    guest.stderr(&canned.stderr);
    if !canned.after.is_zero() {
        guest.sleep(canned.after);
    }
    match canned.exit_code {
        Some(code) => code,
        None => loop {
            guest.sleep(Duration::MAX);
        },
    }
}
