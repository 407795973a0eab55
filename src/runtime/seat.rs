//! Which host a thread belongs to, and how a call finds its host: by handle, by thread, by the single live host.
//! Not here: the list of hosts (`registry`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Weak};

use super::host::Host;
use super::world::Shared;
use super::{registry, unreturned};
use crate::handle::Parts;

/// A host, and the label under which it knows the thread.
pub(crate) struct Place {
    pub(crate) shared: Arc<Shared>,
    pub(crate) label: u32,
}

/// Several hosts could be meant: how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ambiguous(pub(crate) usize);

#[derive(Default)]
struct Seat {
    /// Hosts that the thread has entered, innermost last.
    entered: RefCell<Vec<Rc<Place>>>,
    /// Every host that has seen the thread.
    known: RefCell<Vec<Known>>,
    /// The serial of the host whose dispatcher the thread belongs to, 0 if none.
    worker_of: Cell<u32>,
}

/// The host's serial, the host, and the label under which it knows the thread.
type Known = (u32, Weak<Shared>, u32);

thread_local! {
    static SEAT: Seat = Seat::default();
}

impl Drop for Seat {
    /// The thread ends: hosts that have seen it no longer expect anything of it.
    fn drop(&mut self) {
        if crate::abi::fork::is_alone() {
            return; // what the locks of other threads guard is nobody's here
        }
        if self.worker_of.get() != 0
            && let Some(place) = self.entered.get_mut().first()
        {
            unreturned::let_go(place);
        }
        for (_, shared, label) in self.known.get_mut().drain(..) {
            if let Some(shared) = shared.upgrade() {
                let mut world = shared.world.lock();
                world.threads.ended(label);
                shared.announce(&world);
            }
        }
    }
}

/// Whether this is a thread of the host's own dispatcher.
pub(crate) fn is_worker_of(shared: &Shared) -> bool {
    shared.serial != 0 && SEAT.try_with(|seat| seat.worker_of.get() == shared.serial).unwrap_or(false)
}

/// The place of a thread of a dispatcher.
pub(crate) fn worker() -> Option<Rc<Place>> {
    let place = SEAT.try_with(|seat| {
        let entered = seat.entered.borrow();
        entered.first().filter(|it| it.shared.serial == seat.worker_of.get()).map(Rc::clone)
    });
    place.ok().flatten()
}

/// The host that a call with this handle value goes to.
pub(crate) fn place_of_handle(value: u64) -> Result<Rc<Place>, Ambiguous> {
    let Some(parts) = Parts::decode(value) else { return current() };
    let entered = SEAT.try_with(|seat| {
        let entered = seat.entered.borrow();
        let is_of = |it: &&Rc<Place>| it.shared.serial == parts.serial && !it.shared.is_over();
        entered.iter().rev().find(is_of).map(Rc::clone)
    });
    if let Ok(Some(place)) = entered {
        return Ok(place);
    }
    let known = SEAT.try_with(|seat| {
        let known = seat.known.borrow();
        let (_, shared, label) = known.iter().find(|it| it.0 == parts.serial)?;
        let shared = shared.upgrade().filter(|it| !it.is_over())?;
        Some(Rc::new(Place { shared, label: *label }))
    });
    if let Ok(Some(place)) = known {
        return Ok(place);
    }
    match registry::find(parts.serial) {
        Some(shared) => Ok(introduce(shared)),
        None => current(), // a host that has ended: whoever is there says so
    }
}

/// The host of a call without a handle.
pub(crate) fn current() -> Result<Rc<Place>, Ambiguous> {
    match entered() {
        Some(place) => Ok(place),
        None => registry::single(is_known).map(introduce),
    }
}

/// Whether the thread has used the host with this serial.
fn is_known(serial: u32) -> bool {
    SEAT.try_with(|seat| seat.known.borrow().iter().any(|it| it.0 == serial)).unwrap_or(false)
}

/// The host that the thread has entered, innermost, or the one that has taken its place.
pub(crate) fn entered() -> Option<Rc<Place>> {
    let place = SEAT.try_with(|seat| seat.entered.borrow().last().map(Rc::clone)).ok().flatten()?;
    if place.shared.successor.get().is_none() { Some(place) } else { Some(followed(place)) }
}

#[cold]
fn followed(place: Rc<Place>) -> Rc<Place> {
    let mut last = None;
    while let Some(next) = last.as_ref().unwrap_or(&place.shared).successor.get().and_then(Weak::upgrade) {
        last = Some(next);
    }
    last.map_or(place, introduce)
}

/// The label under which a host knows this thread.
pub(crate) fn label_on(shared: &Arc<Shared>) -> u32 {
    let entered = SEAT.try_with(|seat| {
        seat.entered.borrow().iter().rev().find(|it| Arc::ptr_eq(&it.shared, shared)).map(|it| it.label)
    });
    match entered {
        Ok(Some(label)) => label,
        _ => introduce(Arc::clone(shared)).label,
    }
}

/// The label of every thread in the waiting room of operations without a host, where nobody waits.
pub(crate) const LIMBO_LABEL: u32 = 0;

/// Makes a host and this thread known to each other.
fn introduce(shared: Arc<Shared>) -> Rc<Place> {
    let known = SEAT.try_with(|seat| {
        let mut known = seat.known.borrow_mut();
        known.retain(|it| it.1.strong_count() > 0);
        if let Some((_, _, label)) = known.iter().find(|it| it.0 == shared.serial) {
            return *label;
        }
        let label = shared.world.lock().threads.add(std::thread::current().name());
        known.push((shared.serial, Arc::downgrade(&shared), label));
        label
    });
    // While a thread ends, its seat is gone already: it is seen as one more thread, and as ended.
    let label = known.unwrap_or_else(|_| {
        let mut world = shared.world.lock();
        let label = world.threads.add(None);
        world.threads.ended(label);
        label
    });
    Rc::new(Place { shared, label })
}

/// Until it is dropped, the thread belongs to a host.
///
/// Made by [`Host::enter`](crate::Host::enter); it stays on its thread.
#[must_use = "the thread belongs to the host only as long as this lives"]
pub struct Entered {
    serial: u32,
    /// Keeps the host alive.
    host: Option<Host>,
    stays_here: std::marker::PhantomData<*const ()>,
}

pub(crate) fn enter(host: Host) -> Entered {
    let place = introduce(Arc::clone(host.shared()));
    push(place, Some(host))
}

/// A dispatcher thread takes its seat.
pub(crate) fn enter_as_worker(shared: &Arc<Shared>, label: u32) -> Entered {
    SEAT.with(|seat| seat.worker_of.set(shared.serial));
    push(Rc::new(Place { shared: Arc::clone(shared), label }), None)
}

fn push(place: Rc<Place>, host: Option<Host>) -> Entered {
    let serial = place.shared.serial;
    SEAT.with(|seat| seat.entered.borrow_mut().push(place));
    Entered { serial, host, stays_here: std::marker::PhantomData }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let left = SEAT.try_with(|seat| {
            let mut entered = seat.entered.borrow_mut();
            let at = entered.iter().rposition(|it| it.shared.serial == self.serial)?;
            Some(entered.remove(at))
        });
        drop((left, self.host.take())); // outside the borrow: the host may end here
    }
}
