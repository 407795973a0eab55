//! The pipes of processes: the ends that callers get, which of them they have, and which they never closed.
//! Not here: reading and writing (`guest`, `files`), waiting for a pipe (`abi::pipe`).

use std::collections::BTreeMap;
use std::io::{self, PipeReader, PipeWriter};

use parking_lot::Mutex;

use super::raw::IntoRaw;
use crate::abi::pipe::{Caller, Pipes, UNKNOWN};
use crate::answer::ProcessInfo;

/// `INVALID_HANDLE_VALUE`.
const INVALID: usize = usize::MAX;

/// The callers' ends of the pipes of a host's processes.
#[derive(Default)]
pub(crate) struct PipeTable {
    /// By the id of the process, which is unique in a host.
    ends: BTreeMap<u32, [End; 3]>,
    /// By value.
    given: BTreeMap<usize, Given>,
}

/// One of the ends that a caller can get.
#[derive(Default)]
enum End {
    /// Nobody asked for it.
    #[default]
    None,
    Writer(PipeWriter),
    Reader(PipeReader),
    /// A caller has it, under this value.
    Given(usize),
}

/// An end that a caller has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given {
    /// What the value led to.
    identity: (u64, u64),
    pub(crate) stream: Stream,
    pub(crate) process_id: u32,
    /// The journal entry of the call that gave it.
    pub(crate) entry: u64,
}

impl Given {
    /// Whether a value still leads to the pipe. Some systems do not know it any more once its other end is closed.
    fn is_still(&self, pipes: &Pipes, value: usize) -> bool {
        let found = (pipes.identity)(value);
        found.is_some_and(|it| it == self.identity || it == UNKNOWN || self.identity == UNKNOWN)
    }
}

/// Handles that outlive their hosts: threads of a test that is over may still read and close them, and that is nobody's fault.
static ORPHANS: Mutex<BTreeMap<usize, Given>> = Mutex::new(BTreeMap::new());

/// Whether a value is such a handle, and still what it was.
pub(crate) fn is_orphan(pipes: &Pipes, value: usize) -> bool {
    let given = ORPHANS.lock().get(&value).copied();
    given.is_some_and(|it| it.is_still(pipes, value))
}

/// Closes such a handle.
pub(crate) fn close_orphan(pipes: &Pipes, value: usize) -> bool {
    let is_orphan = is_orphan(pipes, value);
    ORPHANS.lock().remove(&value);
    if is_orphan {
        (pipes.close)(value);
    }
    is_orphan
}

/// One of the standard streams, as callers see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Input,
    Output,
    Error,
}

const STREAMS: [Stream; 3] = [Stream::Input, Stream::Output, Stream::Error];

impl Stream {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Stream::Input => "standard input",
            Stream::Output => "standard output",
            Stream::Error => "standard error",
        }
    }
}

/// The ends that a process has of its own pipes.
#[derive(Default)]
pub(crate) struct GuestEnds {
    pub(crate) stdin: Option<PipeReader>,
    pub(crate) stdout: Option<PipeWriter>,
    pub(crate) stderr: Option<PipeWriter>,
}

impl PipeTable {
    /// Makes the pipes that were asked for.
    pub(crate) fn make(&mut self, process_id: u32, asked: [bool; 3]) -> io::Result<GuestEnds> {
        let mut ends = [End::None, End::None, End::None];
        let mut guest = GuestEnds::default();
        if asked[0] {
            let (reader, writer) = crate::abi::pipe::pair(Caller::Writes)?;
            ends[0] = End::Writer(writer);
            guest.stdin = Some(reader);
        }
        for (index, side) in [(1, &mut guest.stdout), (2, &mut guest.stderr)] {
            if asked[index] {
                let (reader, writer) = crate::abi::pipe::pair(Caller::Reads)?;
                ends[index] = End::Reader(reader);
                *side = Some(writer);
            }
        }
        if asked.contains(&true) {
            self.ends.insert(process_id, ends);
        }
        Ok(guest)
    }

    /// The handles that a caller gets with process information: the first ones with a create, copies of them later. What
    /// there is no pipe for is NULL, or `INVALID_HANDLE_VALUE` among copies. (fidelity: `stdio-handles`, `process-info-fresh`)
    pub(crate) fn hand_out(&mut self, pipes: &Pipes, info: &ProcessInfo, entry: u64) -> [usize; 3] {
        let has = [info.std_input, info.std_output, info.std_error];
        let nothing = if info.is_create { 0 } else { INVALID };
        let mut values = [nothing; 3];
        let Some(ends) = self.ends.get_mut(&info.process_id) else { return values };
        for (index, end) in ends.iter_mut().enumerate().filter(|(index, _)| has[*index]) {
            let value = if info.is_create { end.first(pipes) } else { end.copy(pipes, &self.given) };
            let Some(value) = value else { continue };
            values[index] = value;
            if let Some(identity) = (pipes.identity)(value) {
                let process_id = info.process_id;
                let fresh = Given { identity, stream: STREAMS[index], process_id, entry };
                self.given.entry(value).and_modify(|it| *it = fresh).or_insert(fresh);
            }
        }
        values
    }

    /// The caller's ends of a pipe close: for all, as a modify request does it.
    pub(crate) fn close_end(&mut self, process_id: u32, which: [bool; 3]) {
        if let Some(ends) = self.ends.get_mut(&process_id) {
            for (end, _) in ends.iter_mut().zip(which).filter(|it| it.1) {
                if !matches!(end, End::Given(_)) {
                    *end = End::None;
                }
            }
        }
    }

    /// Whether a process has pipes already.
    pub(crate) fn has(&self, process_id: u32) -> bool {
        self.ends.contains_key(&process_id)
    }

    /// Nobody can ask for the pipes of a process any more.
    pub(crate) fn forget(&mut self, process_id: u32) {
        self.ends.remove(&process_id);
    }

    /// A handle that was given out and is still what it was.
    pub(crate) fn find(&self, pipes: &Pipes, value: usize) -> Option<Given> {
        let given = self.given.get(&value)?;
        given.is_still(pipes, value).then_some(*given)
    }

    /// The caller closes a handle that was given out.
    pub(crate) fn close(&mut self, pipes: &Pipes, value: usize) -> bool {
        let known = self.find(pipes, value).is_some();
        self.given.remove(&value);
        if known {
            (pipes.close)(value);
        }
        known
    }

    /// The host ends: what callers still have is theirs.
    pub(crate) fn leave_orphans(&mut self, pipes: &Pipes) {
        let open = self.leaked(pipes);
        ORPHANS.lock().extend(open);
        self.given.clear();
    }

    /// What callers have and never closed, in the order in which they got it.
    pub(crate) fn leaked(&self, pipes: &Pipes) -> Vec<(usize, Given)> {
        let mut leaked: Vec<_> = self.given.iter().map(|(value, given)| (*value, *given)).collect();
        leaked.retain(|(value, _)| self.find(pipes, *value).is_some());
        leaked.sort_by_key(|(value, given)| (given.entry, given.stream as u8, *value));
        leaked
    }
}

impl End {
    fn first(&mut self, pipes: &Pipes) -> Option<usize> {
        let value = match std::mem::take(self) {
            End::None => return None,
            End::Given(value) => value,
            End::Writer(writer) => above_zero(pipes, writer.into_raw_value()),
            End::Reader(reader) => above_zero(pipes, reader.into_raw_value()),
        };
        *self = End::Given(value);
        Some(value)
    }

    fn copy(&self, pipes: &Pipes, given: &BTreeMap<usize, Given>) -> Option<usize> {
        match self {
            End::None => None,
            End::Writer(writer) => writer.try_clone().ok().map(|it| above_zero(pipes, it.into_raw_value())),
            End::Reader(reader) => reader.try_clone().ok().map(|it| above_zero(pipes, it.into_raw_value())),
            End::Given(value) => {
                let known = given.get(value)?;
                known.is_still(pipes, *value).then(|| (pipes.duplicate)(*value))?
            }
        }
    }
}

/// Zero is a file descriptor like any other, but NULL as a handle.
fn above_zero(pipes: &Pipes, value: usize) -> usize {
    if value != 0 {
        return value;
    }
    let copy = (pipes.duplicate)(value).unwrap_or(INVALID);
    (pipes.close)(value);
    copy
}
