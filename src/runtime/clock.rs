//! The clock of a host: virtual, manual or real.
//! Not here: what is due when (`queue`), who waits (`wait`).

use std::time::{Duration, Instant};

use crate::model::Nanos;
use crate::model::lifecycle::nanos;

/// How time passes in a host.
///
/// ```
/// use std::time::Duration;
/// use hcs_sim::{Host, Time};
/// let host = Host::builder().time(Time::Manual).build();
/// host.advance(Duration::from_secs(5));
/// assert_eq!(host.now(), Duration::from_secs(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Time {
    /// Waiting moves the clock to what is due next; nothing sleeps. The default. For clients that wait with means of their own
    /// see [Clients that wait outside of HCS](crate#clients-that-wait-outside-of-hcs).
    #[default]
    Virtual,
    /// Only [`Host::advance`](crate::Host::advance) moves the clock; waits block until another thread has advanced it.
    Manual,
    /// The clock of the machine.
    Real,
}

pub(crate) struct Clock {
    pub(crate) mode: Time,
    now: Nanos,
    started: Instant,
}

impl Clock {
    pub(crate) fn new(mode: Time) -> Clock {
        Clock { mode, now: 0, started: Instant::now() }
    }

    pub(crate) fn now(&self) -> Nanos {
        self.now
    }

    /// Moves the clock, never back.
    pub(crate) fn move_to(&mut self, at: Nanos) {
        self.now = self.now.max(at);
    }

    /// In real time, reads the machine's clock.
    pub(crate) fn read(&mut self) {
        if self.mode == Time::Real {
            self.move_to(nanos(self.started.elapsed()));
        }
    }

    /// How much real time is left until a time of this clock; only in real time.
    pub(crate) fn real_time_until(&self, at: Nanos) -> Duration {
        Duration::from_nanos(at.saturating_sub(nanos(self.started.elapsed())))
    }
}
