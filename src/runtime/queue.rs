//! The queue of due effects, and the one place that chooses what happens next.
//! Not here: what an effect does (`model`), the clock.

use std::collections::BTreeMap;

use crate::model::Nanos;
use crate::model::step::Due;

/// Which of the effects that are due at the same time comes first.
///
/// ```
/// use hcs_sim::{Host, Order};
/// for seed in 0..10 {
///     Host::builder().order(Order::Seeded(seed)).run(|_| {
///         // what holds in one order has to hold in all
///     });
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Order {
    /// The one that was put in first. The default.
    #[default]
    Sequence,
    /// Any, by a pseudo-random sequence: the same seed gives the same order.
    Seeded(u64),
}

/// Makes every choice of "what next".
struct Chooser {
    order: Order,
    state: u64,
}

pub(crate) struct Queue {
    // Ordered by time, then by sequence number: both ends stay cheap, whatever is pending.
    due: BTreeMap<(Nanos, u64), Due>,
    /// How many of them only wake a program.
    wakes: usize,
    sequence: u64,
    chooser: Chooser,
}

impl Queue {
    pub(crate) fn new(order: Order) -> Queue {
        let state = match order {
            Order::Sequence => 0,
            Order::Seeded(seed) => seed,
        };
        Queue { due: BTreeMap::new(), wakes: 0, sequence: 0, chooser: Chooser { order, state } }
    }

    /// Puts something in. Answers the key by which it can be taken out again.
    pub(crate) fn push(&mut self, at: Nanos, due: Due) -> (Nanos, u64) {
        let key = (at, self.sequence);
        self.wakes += usize::from(is_wake(&due));
        self.due.insert(key, due);
        self.sequence += 1;
        key
    }

    /// Takes something out that is not to happen any more.
    pub(crate) fn remove(&mut self, key: (Nanos, u64)) {
        if let Some(due) = self.due.remove(&key) {
            self.wakes -= usize::from(is_wake(&due));
        }
    }

    /// Whether something is due besides programs that sleep: those can go on for ever.
    pub(crate) fn has_more_than_wakes(&self) -> bool {
        self.due.len() > self.wakes
    }

    /// What is due, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Nanos, &Due)> {
        self.due.iter().map(|((at, _), due)| (*at, due))
    }

    /// When the next effect is due.
    pub(crate) fn next_at(&self) -> Option<Nanos> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next effect: one of those that are due first.
    pub(crate) fn pop(&mut self) -> Option<(Nanos, Due)> {
        let popped = if self.chooser.order == Order::Sequence {
            self.due.pop_first().map(|((at, _), due)| (at, due))
        } else {
            let at = self.next_at()?;
            let together = self.due.range((at, 0)..=(at, u64::MAX)).count();
            let chosen = self.chooser.choose(together);
            let key = *self.due.range((at, 0)..).nth(chosen)?.0;
            self.due.remove(&key).map(|due| (at, due))
        }?;
        self.wakes -= usize::from(is_wake(&popped.1));
        Some(popped)
    }
}

fn is_wake(due: &Due) -> bool {
    matches!(due, Due::Wake { .. })
}

impl Chooser {
    /// An index below `count`, which is at least 1.
    fn choose(&mut self, count: usize) -> usize {
        match self.order {
            Order::Sequence => 0,
            Order::Seeded(_) => {
                // splitmix64
                self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut mixed = self.state;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                ((mixed ^ (mixed >> 31)) % count as u64) as usize
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::exit::ExitCause;

    fn order_of(order: Order) -> Vec<(Nanos, u64)> {
        let mut queue = Queue::new(order);
        for (at, system) in [(5, 1), (3, 2), (5, 3), (3, 4), (5, 5), (5, 6)] {
            queue.push(at, Due::Exit { system, cause: ExitCause::ShutDown });
        }
        std::iter::from_fn(|| queue.pop())
            .map(|(at, due)| match due {
                Due::Exit { system, .. } => (at, system),
                _ => unreachable!(),
            })
            .collect()
    }

    #[test]
    fn effects_come_by_time_and_then_by_sequence() {
        assert_eq!(order_of(Order::Sequence), [(3, 2), (3, 4), (5, 1), (5, 3), (5, 5), (5, 6)]);
    }

    #[test]
    fn a_seed_mixes_only_what_is_due_together_and_repeats() {
        let mut orders: Vec<Vec<(Nanos, u64)>> = (0..50).map(|seed| order_of(Order::Seeded(seed))).collect();
        for (seed, order) in orders.iter().enumerate() {
            assert_eq!(*order, order_of(Order::Seeded(seed as u64)));
            let times: Vec<Nanos> = order.iter().map(|it| it.0).collect();
            assert_eq!(times, [3, 3, 5, 5, 5, 5]);
        }
        orders.sort();
        orders.dedup();
        assert!(orders.len() > 20, "{} different orders", orders.len());
    }
}
