//! The lanes of callbacks, which the host runs on threads of its own.
//! Not here: the lanes that they touch (`lanes`).

use super::parts::{Bar, BarKind, Lane, LaneKind, Shape};
use crate::event::EventType;
use crate::handle::TargetHandle;

/// What the threads of the host run, in as many rows as run at the same time.
#[derive(Default)]
pub(super) struct Callbacks {
    rows: Vec<Lane>,
    running: Vec<Running>,
}

/// What a callback is about: an event, or the completion of an operation.
pub(super) type What = (Option<EventType>, TargetHandle);

struct Running {
    what: What,
    row: usize,
    bar: Bar,
}

impl Callbacks {
    fn row(&mut self, row: usize) -> &mut Lane {
        while self.rows.len() <= row {
            self.rows.push(Lane::new(LaneKind::Callbacks, "callbacks"));
        }
        &mut self.rows[row]
    }

    /// Where a call belongs that a callback makes.
    pub(super) fn current(&mut self) -> &mut Lane {
        let row = self.running.last().map_or(0, |it| it.row);
        self.row(row)
    }

    pub(super) fn enter(&mut self, what: What, slot: usize, entry: usize, label: String) {
        let row = (0..).find(|row| self.running.iter().all(|it| it.row != *row)).unwrap_or(0);
        self.row(row).mark(slot, entry, Shape::Enters);
        let bar = Bar { from: slot, to: None, kind: BarKind::Callback, label, entry };
        self.running.push(Running { what, row, bar });
    }

    pub(super) fn leave(&mut self, what: What, slot: usize, entry: usize) {
        let Some(at) = self.running.iter().position(|it| it.what == what) else {
            return self.current().mark(slot, entry, Shape::Returns);
        };
        let Running { row, bar, .. } = self.running.remove(at);
        let lane = self.row(row);
        lane.bars.push(Bar { to: Some(slot), ..bar });
        lane.mark(slot, entry, Shape::Returns);
    }

    pub(super) fn into_lanes(mut self) -> Vec<Lane> {
        for Running { row, bar, .. } in std::mem::take(&mut self.running) {
            self.row(row).bars.push(bar);
        }
        self.rows
    }
}
