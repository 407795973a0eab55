//! A callback that writes down what it is told, for any number of handles.
//! Not here: expectations.

use std::ffi::c_void;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::ThreadId;

use hcs_sim::Hresult;
use hcs_sim::computecore::*;

use super::*;

/// What a callback was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub event: i32,
    pub data: Option<String>,
    pub operation: usize,
    pub thread: ThreadId,
}

/// Keeps what the callbacks need alive; dropped after the handles are closed.
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
    pub fn new() -> Listener {
        Listener::default()
    }

    pub fn context(&self) -> *const c_void {
        (&raw const *self.sender).cast()
    }

    pub fn register(&self, system: HCS_SYSTEM, options: i32) -> Hresult {
        // SAFETY: the context outlives the registration.
        unsafe { HcsSetComputeSystemCallback(system, options, self.context(), Some(hear)) }.into()
    }

    pub fn register_process(&self, process: HCS_PROCESS, options: i32) -> Hresult {
        // SAFETY: the context outlives the registration.
        unsafe { HcsSetProcessCallback(process, options, self.context(), Some(hear)) }.into()
    }

    /// The next event.
    #[track_caller]
    pub fn next(&self) -> Heard {
        next_of(&self.receiver)
    }

    /// What has come so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.receiver.try_iter().collect()
    }

    /// The types of what has come so far.
    pub fn types(&self) -> Vec<i32> {
        self.receiver.try_iter().map(|it| it.event).collect()
    }
}

/// Writes down what it is told.
pub unsafe extern "system" fn hear(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: the event is valid during the call, and the context is a sender that outlives it.
    let (event, sender) = unsafe { (&*event, &*context.cast::<Sender<Heard>>()) };
    let data = (!event.EventData.is_null()).then(|| peek(event.EventData.cast_mut()));
    let heard = Heard {
        event: event.Type,
        data,
        operation: event.Operation as usize,
        thread: std::thread::current().id(),
    };
    let _ = sender.send(heard);
}
