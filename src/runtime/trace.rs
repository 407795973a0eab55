//! When subscribers of `tracing` are told what happened: before and after the world's lock, never under it, so that they may
//! call HCS themselves. Not here: what they are told (`journal::trace`).

use std::sync::Arc;

use tracing::span::EnteredSpan;

use super::seat;
use super::world::{Shared, World};
use crate::call::Call;
use crate::journal::finding::Finding;
use crate::journal::level::Level;
use crate::journal::report::files;
use crate::journal::trace::{self, Ear, Listener, telling};

/// As long as it lives, the thread's deeds are told to its subscriber; what has come up is told when it is dropped. It has to be
/// made before the world is locked and to be dropped after.
pub(crate) struct Listening {
    /// Nothing where nobody listens.
    shared: Option<Arc<Shared>>,
    /// Whom the thread's deeds were told before, if that has changed.
    before: Option<Ear>,
    span: Option<EnteredSpan>,
}

/// For a call: it gets a span.
#[inline]
pub(crate) fn call(shared: &Arc<Shared>, call: &Call) -> Listening {
    listening(shared, Some(call))
}

/// For what a test does.
#[inline]
pub(crate) fn listen(shared: &Arc<Shared>) -> Listening {
    listening(shared, None)
}

/// A thread enters the host: its subscriber is the one for threads that have none.
pub(crate) fn introduce(shared: &Arc<Shared>) {
    if trace::is_anybody_there() && !trace::is_telling() {
        listener(shared);
        tell_panics(shared);
    }
}

#[inline]
fn listening(shared: &Arc<Shared>, call: Option<&Call>) -> Listening {
    if !trace::is_anybody_there() {
        return Listening { shared: None, before: None, span: None };
    }
    listening_to_somebody(shared, call)
}

fn listening_to_somebody(shared: &Arc<Shared>, call: Option<&Call>) -> Listening {
    if trace::is_telling() {
        return Listening { shared: None, before: None, span: None };
    }
    let Some(mut listener) = listener(shared) else {
        tell_panics(shared); // one that panics over the question whether it is interested is told of too
        return Listening { shared: None, before: Some(trace::set_ear(Ear::Deaf)), span: None };
    };
    flush(shared); // what came before a call stands before its span
    if let Some(call) = call {
        listener.begin(call);
    }
    let span = listener.span.clone().and_then(|it| telling(|| it.entered()));
    let before = Some(trace::set_ear(Ear::One(listener)));
    Listening { shared: Some(Arc::clone(shared)), before, span }
}

/// Who listens on this thread: its own subscriber, else the host's usual one; on the host's own threads always that one.
fn listener(shared: &Arc<Shared>) -> Option<Listener> {
    if seat::is_worker_of(shared) {
        let usual = shared.world.lock().log.heard.usual();
        return usual.and_then(Listener::of);
    }
    let dispatch = match trace::dispatch_of_thread() {
        Some(dispatch) => {
            shared.world.lock().log.heard.set_usual(&dispatch);
            dispatch
        }
        None => shared.world.lock().log.heard.usual()?,
    };
    Listener::of(dispatch)
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            flush(shared);
        }
        if let Some(span) = self.span.take() {
            telling(|| drop(span));
        }
        if let Some(before) = self.before.take() {
            let listener = trace::set_ear(before);
            telling(|| drop(listener)); // the span may close, and the subscriber end
        }
        if let Some(shared) = &self.shared {
            tell_panics(shared);
        }
    }
}

/// Subscribers that panicked are found.
fn tell_panics(shared: &Shared) {
    for panic in trace::take_panics() {
        shared.world.lock().find(files::subscriber_panicked(panic), None);
    }
}

/// Whether something is to be told that nobody is telling.
#[inline]
pub(crate) fn is_pending(world: &World) -> bool {
    world.log.heard.is_pending()
}

/// What a verification has found.
pub(crate) fn found(world: &mut World, findings: &[Finding]) {
    for finding in findings {
        let is_allowed = world.settings.level(finding.kind) == Level::Allow;
        world.log.heard.found(finding, is_allowed);
    }
}

/// A callback is about to be called: what came before is told before what it does.
#[inline]
pub(crate) fn before_callback(shared: &Arc<Shared>) {
    if trace::is_anybody_there() {
        flush(shared);
    }
}

/// Tells what is to be told, unless another thread is at it.
pub(crate) fn flush(shared: &Arc<Shared>) {
    if trace::is_telling() {
        return;
    }
    loop {
        let batch = {
            let mut world = shared.world.lock();
            let World { log, threads, .. } = &mut *world;
            log.heard.take(|label| threads.name(label))
        };
        let Some(batch) = batch else { return };
        batch.tell();
        shared.world.lock().log.heard.told();
        tell_panics(shared);
    }
}
