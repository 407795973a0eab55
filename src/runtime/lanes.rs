//! Signals to one process through one system handle come one after the other, as HCS serialises them.
//! Not here: what a signal does (`model::process`).

use std::collections::{BTreeMap, VecDeque};

use super::world::World;
use crate::call::OperationType;
use crate::model::step::Accepted;
use crate::script::rule::Reply;

/// The system handle's number, and the process's.
pub(crate) type Lane = (u64, u64);

/// Signals that wait for the one before them, by lane. (fidelity: `signals-serialised`)
#[derive(Default)]
pub(crate) struct Lanes {
    waiting: BTreeMap<Lane, VecDeque<(Accepted, Option<Reply>)>>,
}

impl Lanes {
    /// Whether the lane is free for a request, which takes it; else the request waits.
    pub(crate) fn enter(
        &mut self,
        lane: Lane,
        accepted: Accepted,
        reply: Option<&Reply>,
    ) -> Option<Accepted> {
        match self.waiting.get_mut(&lane) {
            Some(queue) => {
                queue.push_back((accepted, reply.cloned()));
                None
            }
            None => {
                self.waiting.insert(lane, VecDeque::new());
                Some(accepted)
            }
        }
    }

    /// The request that had the lane is done: the next one.
    pub(crate) fn leave(&mut self, lane: Lane) -> Option<(Accepted, Option<Reply>)> {
        let next = self.waiting.get_mut(&lane)?.pop_front();
        if next.is_none() {
            self.waiting.remove(&lane);
        }
        next
    }

    /// A process has ended: nothing in its lanes has to wait any more.
    pub(crate) fn open(&mut self, process: u64) -> Vec<(Accepted, Option<Reply>)> {
        let lanes: Vec<Lane> = self.waiting.keys().filter(|it| it.1 == process).copied().collect();
        lanes.into_iter().filter_map(|it| self.waiting.remove(&it)).flatten().collect()
    }
}

impl World {
    /// The lane of a request, if it has one.
    pub(crate) fn lane_of(&self, accepted: &Accepted) -> Option<Lane> {
        let request = &accepted.request;
        if request.kind != OperationType::SignalProcess {
            return None;
        }
        let tracked = self.model.operations.get(accepted.operation)?.tracked()?;
        let open = self.model.process_handles.get(tracked.process.number()?)?;
        Some((open.via, request.process))
    }
}
