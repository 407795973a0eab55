//! Running a user's closure so that a panic in it becomes words: the message and the line.
//! Not here: what is done about it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::journal::place::slashed;

pub(crate) struct Panic {
    pub(crate) message: String,
    /// `file:line:column`, if the panic hook saw it.
    pub(crate) at: Option<String>,
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a closure of the user; a panic comes back as a value.
pub(crate) fn guarded<T>(closure: impl FnOnce() -> T) -> Result<T, Panic> {
    static HOOK: Once = Once::new();
    let install = || {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if GUARDED.get() {
                PLACE.set(info.location().map(slashed));
            } else {
                previous(info);
            }
        }));
    };
    // The hook cannot be changed while this thread panics; then a panic goes without its place.
    if !std::thread::panicking() {
        HOOK.call_once(install);
    }
    let outer = GUARDED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(closure));
    GUARDED.set(outer);
    result.map_err(|payload| Panic { message: message(&*payload), at: PLACE.take() })
}

/// How a closure left without returning.
pub(crate) enum Unwound<T> {
    /// On purpose, with this.
    Taken(T),
    Panicked(Panic),
}

/// As [`guarded`]; what a closure throws on purpose is taken out of its payload.
pub(crate) fn guarded_by<T, L>(
    closure: impl FnOnce() -> T,
    take: impl FnOnce(Box<dyn Any + Send>) -> Result<L, Box<dyn Any + Send>>,
) -> Result<T, Unwound<L>> {
    let result = guarded(|| panic::catch_unwind(AssertUnwindSafe(closure)));
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(payload)) => match take(payload) {
            Ok(taken) => Err(Unwound::Taken(taken)),
            Err(payload) => Err(Unwound::Panicked(Panic { message: message(&*payload), at: PLACE.take() })),
        },
        Err(panic) => Err(Unwound::Panicked(panic)),
    }
}

/// The text of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|it| (*it).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
