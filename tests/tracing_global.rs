//! A subscriber for the whole process that calls HCS from all its hooks: `tracing` does not keep such a one from itself.
//! Not here: what is told (`tracing`).

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use hcs_sim::Host;
use support::*;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static TOLD: AtomicUsize = AtomicUsize::new(0);

struct CallsHcs;

impl CallsHcs {
    fn is_told(&self) {
        TOLD.fetch_add(1, Ordering::Relaxed);
        close_operation(operation());
        let _ = enumerate(None);
    }
}

impl Subscriber for CallsHcs {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        self.is_told();
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        self.is_told();
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.is_told();
    }

    fn enter(&self, _: &Id) {
        self.is_told();
    }

    fn exit(&self, _: &Id) {
        self.is_told();
    }

    fn try_close(&self, _: Id) -> bool {
        self.is_told();
        true
    }
}

#[test]
fn a_subscriber_of_the_process_may_call_hcs_from_everywhere() {
    tracing::subscriber::set_global_default(CallsHcs).unwrap();
    Host::new().run(|_| {
        let system = create("web", VM);
        start(system);
        close_system(system);
    });
    assert!(TOLD.load(Ordering::Relaxed) > 30);
}
