//! What happened: every call, completion, callback and exit, in order, as data and as text.
//! Not here: what is wrong with it (`finding`), sentences about it (`report`).

pub(crate) mod finding;
mod html;
pub(crate) mod level;
mod mermaid;
pub(crate) mod place;
pub(crate) mod places;
pub(crate) mod report;
pub(crate) mod saved;
pub(crate) mod text;
#[cfg(feature = "tracing")]
pub(crate) mod trace;
pub(crate) mod written;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use place::Place;
use places::Places;
use written::{JournalFile, Written};

use crate::answer::Answer;
use crate::call::{Call, OperationType};
use crate::event::EventType;
use crate::handle::{OperationHandle, SystemHandle, TargetHandle};
use crate::hresult::Hresult;
use crate::model::Nanos;

/// The journal of a host, as it was when it was asked for.
///
/// `Display` writes one line an entry, virtual time first, and a [note](Entry::note) below it. Serialised, it is an array of objects;
/// [`Journal::to_json_lines`] saves it and [`Journal::load`] reads it back.
///
/// ```
/// use hcs_sim::Host;
/// use hcs_sim::computecore::*;
/// Host::new().run(|host| {
///     // SAFETY: no pointers are passed, and the handle is closed once.
///     unsafe { HcsCloseOperation(HcsCreateOperation(std::ptr::null(), None)) };
///     assert_eq!(
///         host.journal().to_string(),
///         "t=0.000s  main  HcsCreateOperation(NULL, NULL) -> operation#1\n\
///          t=0.000s  main  HcsCloseOperation(operation#1) -> returned\n"
///     );
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Journal {
    entries: Vec<Entry>,
    dropped: u64,
}

/// One thing that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// Its number in the host's journal, counted from 0.
    pub number: u64,
    /// When it began, in virtual time; another time than `at` for calls that took time.
    pub began: Duration,
    /// When it was over.
    pub at: Duration,
    /// The thread: `main` for the first that used the host, `hcs` for the host's own, else its name or number.
    pub thread: Arc<str>,
    /// What happened.
    pub what: What,
}

impl Entry {
    /// What hcs-sim says of it beyond what HCS says.
    pub fn note(&self) -> Option<&str> {
        match &self.what {
            What::Called { note, .. } | What::Completed { note, .. } => note.as_deref(),
            _ => None,
        }
    }
}

/// The kinds of entries.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)] // fields say what they are
pub enum What {
    /// A call returned.
    Called { call: Call, answer: Answer, system_id: Option<Arc<str>>, note: Option<Arc<str>> },
    /// An operation completed. `dropped`: its handle was closed before, and nobody will know.
    Completed {
        operation: OperationHandle,
        operation_type: OperationType,
        hresult: Hresult,
        document: Option<Arc<str>>,
        dropped: bool,
        note: Option<Arc<str>>,
    },
    /// A completion callback is entered.
    CallbackEntered { operation: OperationHandle },
    /// A completion callback returned.
    CallbackReturned { operation: OperationHandle },
    /// A compute system ended.
    Exited { system_id: Arc<str>, document: Arc<str> },
    /// A process ended. `output`: the first of what it wrote into its pipes, nothing if it wrote nothing.
    ProcessExited { system_id: Arc<str>, process_id: u32, document: Arc<str>, output: Option<Arc<Output>> },
    /// An event callback is entered. `operation`: the one that the event is about.
    EventEntered {
        event: EventType,
        target: TargetHandle,
        operation: Option<OperationHandle>,
        data: Option<Arc<str>>,
    },
    /// An event callback returned.
    EventReturned { event: EventType, target: TargetHandle },
    /// The service went away or came back.
    Service { what: Arc<str> },
}

/// What a process wrote into its pipes: up to [`Output::KEPT`] bytes of each stream. The text of the journal does not show it; a
/// recording that is [replayed](crate::Host::replaying) lets clients read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Output {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// How many bytes of each stream are kept.
    pub const KEPT: usize = 64 << 10;

    pub(crate) fn wrote(&mut self, stream: usize, bytes: &[u8]) {
        let kept = if stream == 1 { &mut self.stdout } else { &mut self.stderr };
        let room = Output::KEPT - kept.len();
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

impl Journal {
    /// The entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of the call with such an answer.
    pub(crate) fn made_at(&self, made: impl Fn(&Answer) -> bool) -> Option<u64> {
        self.entries.iter().find_map(|it| match &it.what {
            What::Called { answer, .. } if made(answer) => Some(it.number),
            _ => None,
        })
    }

    /// How many older entries were dropped because of the journal's limit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What hcs-sim says of entries beyond what HCS says: why a request was refused, what it did not change.
    ///
    /// ```
    /// use hcs_sim::Host;
    /// let host = Host::new();
    /// // .. the test ..
    /// assert_eq!(host.journal().notes().collect::<Vec<_>>(), Vec::<&str>::new());
    /// ```
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(Entry::note)
    }

    /// The calls among the entries, with their answers.
    pub fn calls(&self) -> impl Iterator<Item = (&Call, &Answer)> {
        self.entries.iter().filter_map(|it| match &it.what {
            What::Called { call, answer, .. } => Some((call, answer)),
            _ => None,
        })
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dropped > 0 {
            writeln!(
                f,
                "({} older entries were dropped; Builder::journal_limit raises the limit)",
                self.dropped
            )?;
        }
        text::write_timeline(&self.entries, &[], &|_| None, f)
    }
}

/// The journal as it is written: entries without their thread's name.
pub(crate) struct Log {
    records: VecDeque<Record>,
    dropped: u64,
    limit: usize,
    /// Where the calls among the records came from.
    places: Places,
    /// The id behind each system handle, by number: names outlive handles.
    system_ids: BTreeMap<u64, Arc<str>>,
    /// Where entries go as they are written.
    file: Option<Box<Written>>,
    /// What subscribers of `tracing` are still to be told.
    #[cfg(feature = "tracing")]
    pub(crate) heard: trace::Heard,
}

struct Record {
    began: Nanos,
    at: Nanos,
    thread: u32,
    what: Event,
}

/// [`What`] without what can be looked up when somebody reads it.
pub(crate) enum Event {
    Called {
        call: Call,
        answer: Answer,
        note: Option<Arc<str>>,
    },
    Other(Box<What>),
    CallbackEntered(OperationHandle),
    CallbackReturned(OperationHandle),
    Completed {
        operation: OperationHandle,
        kind: OperationType,
        hresult: Hresult,
        document: Option<Arc<str>>,
        dropped: bool,
    },
}

impl Log {
    pub(crate) fn new(limit: usize, source_lines: usize) -> Log {
        Log {
            records: VecDeque::new(),
            dropped: 0,
            limit,
            places: Places::new(source_lines),
            system_ids: BTreeMap::new(),
            file: None,
            #[cfg(feature = "tracing")]
            heard: trace::Heard::default(),
        }
    }

    /// From now on entries go into a file, too.
    pub(crate) fn write_to(&mut self, file: JournalFile) {
        self.file = Some(Box::new(Written::into(file)));
    }

    #[inline]
    pub(crate) fn push(
        &mut self,
        began: Nanos,
        at: Nanos,
        thread: u32,
        what: Event,
        name: impl FnOnce(u32) -> Arc<str>,
    ) {
        if self.file.is_some() {
            self.write(began, at, name(thread), &what);
        }
        #[cfg(feature = "tracing")]
        self.hear(began, at, thread, &what);
        if self.records.len() >= self.limit {
            self.dropped += 1;
            if self.limit == 0 {
                return;
            }
            self.records.pop_front();
            self.places.forget_before(self.dropped);
        }
        self.records.push_back(Record { began, at, thread, what });
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Keeps the place of a call beside its entry, and no longer.
    pub(crate) fn keep_place(&mut self, entry: u64, place: Place) {
        if entry >= self.dropped {
            self.places.keep(entry, place);
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// The number that the next entry will have.
    pub(crate) fn next_number(&self) -> u64 {
        self.dropped + self.records.len() as u64
    }

    /// The last call that a thread made, as it reads.
    pub(crate) fn last_call_of(&self, thread: u32) -> Option<String> {
        let record = self
            .records
            .iter()
            .rev()
            .find(|it| it.thread == thread && matches!(it.what, Event::Called { .. }))?;
        let Event::Called { call, .. } = &record.what else { return None };
        let mut shown = String::new();
        let id = call.compute_system().and_then(|it| self.system_id(it));
        text::write_call(call, id.map(|it| &**it), &mut shown).ok()?;
        Some(shown)
    }

    /// Remembers the id behind a new system handle.
    pub(crate) fn name_system(&mut self, handle: SystemHandle, id: &Arc<str>) {
        if let Some(number) = handle.number() {
            self.system_ids.insert(number, Arc::clone(id));
        }
    }

    pub(crate) fn system_id(&self, handle: SystemHandle) -> Option<&Arc<str>> {
        self.system_ids.get(&handle.number()?)
    }

    #[cold]
    fn write(&mut self, began: Nanos, at: Nanos, thread: Arc<str>, what: &Event) {
        let entry = Entry {
            number: self.next_number(),
            began: Duration::from_nanos(began),
            at: Duration::from_nanos(at),
            thread,
            what: self.what_of(what),
        };
        if self.file.as_mut().is_some_and(|it| !it.write(&entry)) {
            self.file = None;
        }
    }

    /// A copy that can be read without the world's lock.
    pub(crate) fn snapshot(&self, thread_name: impl Fn(u32) -> Arc<str>) -> Journal {
        let entries = self.records.iter().enumerate().map(|(index, record)| Entry {
            number: self.dropped + index as u64,
            began: Duration::from_nanos(record.began),
            at: Duration::from_nanos(record.at),
            thread: thread_name(record.thread),
            what: self.what_of(&record.what),
        });
        Journal { entries: entries.collect(), dropped: self.dropped }
    }
    /// What an event is to whoever reads it.
    fn what_of(&self, what: &Event) -> What {
        match what {
            Event::Called { call, answer, note } => What::Called {
                call: call.clone(),
                answer: answer.clone(),
                system_id: call
                    .compute_system()
                    .and_then(|it| self.system_id(it))
                    .or_else(|| self.system_id(answer.system))
                    .cloned(),
                note: note.clone(),
            },
            Event::Completed { operation, kind, hresult, document, dropped } => What::Completed {
                operation: *operation,
                operation_type: *kind,
                hresult: *hresult,
                document: document.clone(),
                dropped: *dropped,
                note: None,
            },
            Event::CallbackEntered(operation) => What::CallbackEntered { operation: *operation },
            Event::CallbackReturned(operation) => What::CallbackReturned { operation: *operation },
            Event::Other(what) => (**what).clone(),
        }
    }
}
