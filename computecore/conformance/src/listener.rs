//! The callbacks of a row, which write down what they are told.
//! Not here: what they should be told (`rows`).

use std::ffi::c_void;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::ThreadId;
use std::time::Duration;

use hcs_sim::computecore::*;

/// What a callback was told.
#[derive(Debug)]
pub struct Heard {
    /// Type and data; `None` for a completion callback.
    pub event: Option<(i32, Option<String>)>,
    pub operation: usize,
    pub thread: ThreadId,
}

/// Outlives the handles whose callbacks have it as their context.
pub struct Listener {
    sender: Box<Sender<Heard>>,
    receiver: Receiver<Heard>,
}

impl Default for Listener {
    fn default() -> Listener {
        let (sender, receiver) = channel();
        Listener { sender: Box::new(sender), receiver }
    }
}

impl Listener {
    /// What the row's callbacks get as their context.
    pub fn context(&self) -> usize {
        (&raw const *self.sender).expose_provenance()
    }

    /// What comes until there are that many, or until nothing has come for so long.
    pub fn wait_for(&self, count: usize, patience: Duration) -> Vec<Heard> {
        let mut heard = Vec::new();
        while heard.len() < count {
            match self.receiver.recv_timeout(patience) {
                Ok(it) => heard.push(it),
                Err(_) => break,
            }
        }
        heard
    }

    /// What has come.
    pub fn rest(&self) -> Vec<Heard> {
        self.receiver.try_iter().collect()
    }
}

/// The callback for events.
///
/// # Safety
///
/// HCS calls it, with the context of a [`Listener`] that outlives the handle.
pub unsafe extern "system" fn on_event(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context is a sender that outlives the handle.
    let (event, sender) = unsafe { (&*event, &*context.cast::<Sender<Heard>>()) };
    // SAFETY: the data is text or NULL.
    let data = unsafe { text(event.EventData) };
    let thread = std::thread::current().id();
    let _ = sender.send(Heard {
        event: Some((event.Type, data)),
        operation: event.Operation.expose_provenance(),
        thread,
    });
}

/// The callback of operations.
///
/// # Safety
///
/// As for [`on_event`].
pub unsafe extern "system" fn on_completion(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is a sender that outlives the operation.
    let sender = unsafe { &*context.cast::<Sender<Heard>>() };
    let thread = std::thread::current().id();
    let _ = sender.send(Heard { event: None, operation: operation.expose_provenance(), thread });
}

/// UTF-16 up to a zero, as text; `None` for NULL.
///
/// # Safety
///
/// The pointer is NULL or leads to such text.
pub unsafe fn text(units: *const u16) -> Option<String> {
    if units.is_null() {
        return None;
    }
    // SAFETY: the text goes up to its zero.
    let units: Vec<u16> = (0..).map(|at| unsafe { *units.add(at) }).take_while(|it| *it != 0).collect();
    Some(String::from_utf16_lossy(&units))
}
