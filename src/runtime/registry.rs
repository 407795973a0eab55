//! The hosts that are alive, by serial; the default host; and the waiting room of operations that have no host yet.
//! Not here: which of them a thread belongs to (`seat`).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};

use parking_lot::{Mutex, RwLock};

use super::environment;
use super::host::Host;
use super::seat::Ambiguous;
use super::world::{Settings, Shared};
use crate::handle::{MAX_SERIAL, OperationHandle, Parts};
use crate::model::operation::Operation;

#[derive(Default)]
struct Registry {
    hosts: Vec<Registered>,
    last_serial: u32,
}

struct Registered {
    serial: u32,
    shared: Weak<Shared>,
    whose: Whose,
}

/// Whom a host was made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A test, which made it.
    Tests,
    /// The threads that enter it by its name.
    Named,
    /// Everybody else.
    Default,
}

static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(RwLock::default);
static DEFAULT: RwLock<Option<Host>> = RwLock::new(None);

/// Makes a host under a serial that no live host has.
pub(crate) fn register(settings: Settings, whose: Whose) -> Arc<Shared> {
    crate::abi::fork::watch();
    let mut registry = REGISTRY.write();
    let serial = loop {
        registry.last_serial = registry.last_serial % MAX_SERIAL + 1;
        let serial = registry.last_serial;
        if !registry.hosts.iter().any(|it| it.serial == serial) {
            break serial;
        }
    };
    let shared = Shared::new(serial, settings, crate::abi::GATEWAY);
    registry.hosts.push(Registered { serial, shared: Arc::downgrade(&shared), whose });
    shared
}

pub(crate) fn unregister(serial: u32) {
    REGISTRY.write().hosts.retain(|it| it.serial != serial);
}

pub(crate) fn find(serial: u32) -> Option<Arc<Shared>> {
    if serial == 0 {
        return Some(Arc::clone(&LIMBO.shared));
    }
    // The lock is let go of first: dropping what is over may end another host.
    let found = REGISTRY.read().hosts.iter().find(|it| it.serial == serial)?.shared.upgrade();
    found.filter(|it| !it.is_over())
}

/// Every live host, oldest first.
pub(crate) fn all() -> Vec<Arc<Shared>> {
    REGISTRY.read().hosts.iter().filter_map(|it| it.shared.upgrade()).collect()
}

/// The only live host; the default one if there is none. Beside hosts with names the default one counts as soon as there is one: `known`
/// tells whether the thread has used a host, and one that has used the default one keeps to it, whoever enters others.
pub(crate) fn single(known: impl Fn(u32) -> bool) -> Result<Arc<Shared>, Ambiguous> {
    let alive: Vec<(Whose, Arc<Shared>)> = {
        let registry = REGISTRY.read();
        let hosts = registry.hosts.iter().filter_map(|it| Some((it.whose, it.shared.upgrade()?)));
        hosts.filter(|it| it.0 != Whose::Default).collect()
    };
    if alive.iter().any(|it| it.0 == Whose::Named)
        && let Some(default) = default_if_any()
    {
        let knows_default = known(default.shared().serial);
        return if knows_default {
            Ok(Arc::clone(default.shared()))
        } else {
            Err(Ambiguous(alive.len() + 1))
        };
    }
    match alive.as_slice() {
        [] => Ok(Arc::clone(default_host().shared())),
        [(_, only)] => Ok(Arc::clone(only)),
        several => Err(Ambiguous(several.len())),
    }
}

/// The host that serves where no test made one, as the environment describes it. It lives as long as the process, unless another one
/// takes its place.
pub(crate) fn default_host() -> Host {
    if let Some(host) = &*DEFAULT.read() {
        return host.clone();
    }
    let mut slot = DEFAULT.write();
    slot.get_or_insert_with(environment::default_host).clone()
}

/// The default host, if there is one yet.
pub(crate) fn default_if_any() -> Option<Host> {
    DEFAULT.read().clone()
}

/// Puts another host in the place of the default one. Answers the former.
pub(crate) fn replace_default(host: Host) -> Option<Host> {
    DEFAULT.write().replace(host)
}

/// Operations made on a thread without a host while several are alive: they live here until their first use with a
/// system says where they belong, and are forwarded from then on.
struct Limbo {
    shared: Arc<Shared>,
    /// Kept beyond the close: a second one is told to the same host.
    bound: Mutex<HashMap<u64, OperationHandle>>,
}

static LIMBO: LazyLock<Limbo> = LazyLock::new(|| {
    let shared = Shared::new(0, Settings { journal_limit: 0, ..Settings::default() }, crate::abi::GATEWAY);
    shared.world.lock().threads.add(None);
    Limbo { shared, bound: Mutex::default() }
});

pub(crate) fn limbo() -> Arc<Shared> {
    Arc::clone(&LIMBO.shared)
}

/// Where an operation handle leads: itself, unless it was made without a host and has one by now.
pub(crate) fn forward(handle: OperationHandle) -> OperationHandle {
    match Parts::decode(handle.0) {
        Some(parts) if parts.serial == 0 => LIMBO.bound.lock().get(&handle.0).copied().unwrap_or(handle),
        _ => handle,
    }
}

/// Binds an operation that has no host yet to the host of a system that it is used with.
pub(crate) fn bind(handle: OperationHandle, shared: &Shared) -> OperationHandle {
    let forwarded = forward(handle);
    let Some(parts) = Parts::decode(forwarded.0).filter(|it| it.serial == 0 && shared.serial != 0) else {
        return forwarded;
    };
    let mut bound = LIMBO.bound.lock();
    let Some(waiting) = LIMBO.shared.world.lock().model.operations.remove(parts.number) else {
        return forwarded;
    };
    let mut world = shared.world.lock();
    let here = match world.replay.as_deref_mut() {
        Some(replay) => replay.adopt(handle, waiting.context, waiting.callback, shared.serial),
        None => {
            let adopted = Operation { handle, ..Operation::new(waiting.context, waiting.callback) };
            world.model.adopt(adopted)
        }
    };
    bound.insert(handle.0, here);
    here
}
