//! The parts of the drawing: lanes, bars for what lasts, marks for moments.
//! Not here: which entry is which part (`lanes`), nor shapes and colours (`draw`).

use super::super::{Entry, What};
use crate::answer::{Answer, Returned};
use crate::hresult::{HCS_E_OPERATION_PENDING, Hresult};

/// The thread of the host itself: what runs on it are callbacks.
const HCS: &str = "hcs";

/// A row of the drawing.
pub(super) struct Lane {
    pub(super) kind: LaneKind,
    pub(super) name: String,
    /// It begins something new: another system, or what belongs to none.
    pub(super) is_first: bool,
    pub(super) bars: Vec<Bar>,
    pub(super) marks: Vec<Mark>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LaneKind {
    /// A thread of the client, by its number.
    Thread(usize),
    Callbacks,
    Service,
    System,
    Operations,
    Process,
}

/// Something that lasts, from place to place.
pub(super) struct Bar {
    pub(super) from: usize,
    /// None: it lasts longer than the journal.
    pub(super) to: Option<usize>,
    pub(super) kind: BarKind,
    pub(super) label: String,
    /// The entry that tells of it.
    pub(super) entry: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BarKind {
    /// A call that took time.
    Call,
    /// A callback that runs.
    Callback,
    /// A handle of an operation that is not closed.
    Handle,
    /// An operation at work.
    Pending,
    /// One whose outcome was a failure.
    Failed,
    /// A system that is not there yet.
    Creating,
    /// One in a state of some duration.
    State,
    /// A process that runs.
    Process,
}

/// A moment.
pub(super) struct Mark {
    pub(super) slot: usize,
    pub(super) entry: usize,
    /// None: the entry has its own mark elsewhere, and touches this lane.
    pub(super) shape: Option<Shape>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Called,
    CallFailed,
    /// A result that was read too early.
    NotYet,
    Completed,
    Failed,
    Enters,
    Returns,
    Exits,
    Service,
}

/// The outcome that an entry tells of, where it is a failure.
pub(super) fn failure(entry: &Entry) -> Option<Hresult> {
    match &entry.what {
        What::Called { answer: Answer { returned: Returned::Hresult(it), .. }, .. }
        | What::Completed { hresult: it, .. } => {
            Some(*it).filter(|it| it.is_failure() && *it != HCS_E_OPERATION_PENDING)
        }
        _ => None,
    }
}

/// Whose code an entry is about, where that is a thread's of the client.
pub(super) fn client_thread(entry: &Entry) -> Option<&str> {
    match &entry.what {
        What::Called { .. } => Some(&*entry.thread).filter(|it| *it != HCS),
        _ => None,
    }
}

impl Lane {
    pub(super) fn new(kind: LaneKind, name: impl Into<String>) -> Lane {
        let is_first = kind == LaneKind::System;
        Lane { kind, name: name.into(), is_first, bars: Vec::new(), marks: Vec::new() }
    }

    pub(super) fn touch(&mut self, slot: usize, entry: usize) {
        self.marks.push(Mark { slot, entry, shape: None });
    }

    pub(super) fn mark(&mut self, slot: usize, entry: usize, shape: Shape) {
        self.marks.push(Mark { slot, entry, shape: Some(shape) });
    }
}
