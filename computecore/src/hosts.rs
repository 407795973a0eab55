//! The hosts of the process: the default one, and those that threads have entered by name.
//! Not here: how a host begins (`hcs_sim::Host::begin`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hcs_sim::{Entered, Error, FindingKind, Host, Scenario};

use crate::at_exit;

/// A host, what was loaded into it before it was used, and how many threads are in it.
struct Named {
    host: Host,
    loaded: Vec<Scenario>,
    inside: usize,
}

/// By name; the default host has none, and stands here once something was loaded into it.
static HOSTS: Mutex<BTreeMap<Option<String>, Named>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// The host that the thread has entered.
    static ENTERED: RefCell<Option<Membership>> = const { RefCell::new(None) };
}

/// A thread is in a host, until this is dropped.
struct Membership {
    name: String,
    entered: Option<Entered>,
}

impl Drop for Membership {
    /// The last thread that leaves ends the host.
    fn drop(&mut self) {
        if Host::problem_of_a_fork().is_some() || cfg!(windows) && at_exit::has_begun() {
            return std::mem::forget(self.entered.take()); // threads that are gone may have had the locks
        }
        drop(self.entered.take());
        let mut hosts = hosts();
        let key = Some(std::mem::take(&mut self.name));
        let Some(named) = hosts.get_mut(&key) else { return };
        named.inside -= 1;
        let is_last = named.inside == 0 && !at_exit::has_begun();
        let ended = if is_last { hosts.remove(&key) } else { None };
        drop(hosts);
        if let Some(ended) = ended {
            let_go(key.as_deref(), &ended.host);
        }
    }
}

fn hosts() -> MutexGuard<'static, BTreeMap<Option<String>, Named>> {
    HOSTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of the host that the thread has entered, or whose callback it runs; else, as long as nobody needs the default host, that of the
/// only one with a name. Its calls without a handle go the same way.
fn name_here() -> Option<String> {
    let entered = ENTERED.try_with(|it| it.borrow().as_ref().map(|it| it.name.clone())).ok().flatten();
    entered.or_else(|| {
        let hosts = hosts();
        let running = hosts.iter().find(|it| it.1.host.is_entered()).and_then(|it| it.0.clone());
        let mut named = hosts.keys().flatten();
        let only = named.next().filter(|_| named.next().is_none() && Host::default_host_if_any().is_none());
        running.or_else(|| only.cloned())
    })
}

/// The host of the calling thread.
pub(crate) fn current() -> Host {
    let name = name_here();
    match (hosts().get(&name), name) {
        (Some(named), Some(_)) => named.host.clone(),
        _ => {
            let host = Host::default_host();
            host.know_thread();
            host
        }
    }
}

/// Every host of the process with its name, the default one first.
pub(crate) fn all() -> Vec<(Option<String>, Host)> {
    // On Windows, where this is asked at the end, a thread that is gone may have the lock for ever.
    let named = if cfg!(windows) { HOSTS.try_lock().ok() } else { Some(hosts()) };
    let named = named
        .iter()
        .flat_map(|it| it.iter())
        .filter(|it| it.0.is_some())
        .map(|(name, it)| (name.clone(), it.host.clone()));
    Host::default_host_if_any().map(|it| (None, it)).into_iter().chain(named).collect()
}

/// The thread leaves its host, if it has one, and enters that with the name, which begins now if there is none.
pub(crate) fn enter(name: Option<&str>) -> Result<(), Error> {
    let entered = match name {
        None => None,
        Some(name) => {
            let mut hosts = hosts();
            let key = Some(name.to_owned());
            if !hosts.contains_key(&key) {
                let host = Host::begin(Some(name), &[])?;
                hosts.insert(key.clone(), Named { host, loaded: Vec::new(), inside: 0 });
            }
            let host = hosts.get_mut(&key).map(|it| {
                it.inside += 1;
                it.host.clone()
            });
            drop(hosts);
            host.map(|host| Membership { name: name.to_owned(), entered: Some(host.enter()) })
        }
    };
    let before = ENTERED.try_with(|it| it.replace(entered));
    drop(before); // the host may end here, and print
    Ok(())
}

/// Begins the thread's host anew, with scenarios on top of what the environment says.
pub(crate) fn begin_anew(loaded: Vec<Scenario>) -> Result<(), Error> {
    let name = name_here();
    let former = current();
    let host = Host::begin(name.as_deref(), &loaded)?; // if it cannot, the former one stays
    let_go(name.as_deref(), &former);
    let entered = ENTERED.try_with(|it| {
        let mut membership = it.borrow_mut();
        membership.as_mut().and_then(|it| it.entered.replace(host.enter()))
    });
    let mut hosts = hosts();
    let inside = hosts.get(&name).map_or(0, |it| it.inside);
    let replaced = hosts.insert(name, Named { host: host.clone(), loaded, inside });
    drop(hosts);
    drop(entered);
    // Of two threads that do this at once the second has another one to replace.
    [Some(former), replaced.map(|it| it.host)].iter().flatten().for_each(|it| it.give_way_to(&host));
    Ok(())
}

/// Another host takes the place of this one: what is wrong with it is told. What nobody has used did nothing wrong, though its rules
/// never applied.
fn let_go(name: Option<&str>, host: &Host) {
    if host.has_been_used() {
        at_exit::verify_early(name, host);
    }
    FindingKind::all().iter().for_each(|kind| host.allow(*kind));
}

/// Adds a scenario to the thread's host. What it says of the host itself counts only before the host is used.
pub(crate) fn load(scenario: Scenario) -> Result<(), String> {
    let host = current();
    let is_unused = !host.has_been_used();
    if scenario.is_about_the_host() {
        if !is_unused {
            return Err("the scenario has a \"host\", which counts only before the first call: call HcsSimReset first, or leave \"host\" out".into());
        }
        let name = name_here();
        let mut loaded = hosts().get(&name).map(|it| it.loaded.clone()).unwrap_or_default();
        loaded.push(scenario);
        return begin_anew(loaded).map_err(|it| it.to_string());
    }
    host.play(&scenario).map_err(|it| it.to_string())?;
    if is_unused {
        let name = name_here();
        let mut hosts = hosts();
        hosts
            .entry(name)
            .or_insert_with(|| Named { host, loaded: Vec::new(), inside: 0 })
            .loaded
            .push(scenario);
    }
    Ok(())
}
