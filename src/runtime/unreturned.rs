//! Callbacks that do not return: they throw an exception of C++, or end their thread. The host goes on without that thread, and it is a
//! finding. Not here: how the unwinding is noticed (`abi`), the life of a dispatcher's thread (`dispatch`).

use std::time::Duration;

use super::dispatch::{Dispatch, Entered};
use super::seat::{self, Place};
use super::{dispatch, trace};
use crate::journal::report;
use crate::model::registration::Target;

/// A callback on this thread is being unwound. On Windows an exception would end the process here; the thread goes no further, as
/// nobody can catch what is not of Rust.
pub(crate) fn unwound() -> ! {
    if let Some(place) = seat::worker() {
        let_go(&place);
    }
    loop {
        std::thread::park();
    }
}

/// A thread of the dispatcher is lost to it. If it was in a callback, that is over.
pub(super) fn let_go(place: &Place) {
    let Place { shared, label } = place;
    let was_handed_over = shared.world.lock().dispatch.is_in_hand_of(*label);
    if was_handed_over {
        shared.hot.abandon();
    }
    let mut world = shared.world.lock();
    let Some(entered) = world.dispatch.lose(*label) else { return };
    if was_handed_over {
        shared.hot.is_left();
    }
    let target = world.model.target_name(entered.target);
    if world.replay.is_some() {
        world.replayed_callback_returned(entered.target);
    } else if let Target::Operation(number) = entered.target
        && let Some(operation) = world.model.operations.get_mut(number)
    {
        operation.callback_of = 0; // its system can be asked for no longer
    }
    world.threads.ended(*label);
    let entry = world.log.next_number().checked_sub(1);
    world
        .find(report::callback_unreturned(target, entered.event, Duration::from_nanos(entered.since)), entry);
    dispatch::ensure_worker(shared, &mut world);
    shared.announce(&world);
    drop(world);
    trace::flush(shared);
}

impl Dispatch {
    /// Whether a thread runs what was handed over.
    fn is_in_hand_of(&self, label: u32) -> bool {
        self.in_hand.as_ref().is_some_and(|it| it.label == label)
    }

    /// A thread is lost in a callback, if it was in one.
    fn lose(&mut self, label: u32) -> Option<Entered> {
        let at = self.entered.iter().position(|it| it.label == label)?;
        self.running -= 1;
        self.workers -= 1;
        if self.is_in_hand_of(label) {
            self.in_hand = None;
        }
        Some(self.entered.remove(at))
    }
}
