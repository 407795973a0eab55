//! The hosts of the process: the default one, and those that threads have entered by name.
//! Not here: how a host begins (`hcs_sim::Host::begin`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hcs_sim::{Entered, Error, FindingKind, Host, Scenario};

use crate::at_exit;

/// A host, and what was loaded into it before it was used.
struct Named {
    host: Host,
    loaded: Vec<Scenario>,
}

/// By name; the default host has none, and stands here once something was loaded into it.
static HOSTS: Mutex<BTreeMap<Option<String>, Named>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// The host that the thread has entered, with its name.
    static ENTERED: RefCell<Option<(String, Entered)>> = const { RefCell::new(None) };
}

fn hosts() -> MutexGuard<'static, BTreeMap<Option<String>, Named>> {
    HOSTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of the host that the thread has entered.
fn name_here() -> Option<String> {
    ENTERED.try_with(|it| it.borrow().as_ref().map(|it| it.0.clone())).ok().flatten()
}

/// The host of the calling thread.
pub(crate) fn current() -> Host {
    let name = name_here();
    match (hosts().get(&name), name) {
        (Some(named), Some(_)) => named.host.clone(),
        _ => Host::default_host(),
    }
}

/// Every host of the process with its name, the default one first.
pub(crate) fn all() -> Vec<(Option<String>, Host)> {
    let named = hosts();
    let named = named.iter().filter(|it| it.0.is_some()).map(|(name, it)| (name.clone(), it.host.clone()));
    Host::default_host_if_any().map(|it| (None, it)).into_iter().chain(named).collect()
}

/// The thread leaves its host, if it has one, and enters that with the name, which begins now if there is none.
pub(crate) fn enter(name: Option<&str>) -> Result<(), Error> {
    let entered = match name {
        None => None,
        Some(name) => {
            let mut hosts = hosts();
            let key = Some(name.to_owned());
            let host = match hosts.get(&key) {
                Some(named) => named.host.clone(),
                None => {
                    let host = Host::begin(Some(name), &[])?;
                    hosts.insert(key, Named { host: host.clone(), loaded: Vec::new() });
                    host
                }
            };
            drop(hosts);
            Some((name.to_owned(), host.enter()))
        }
    };
    let before = ENTERED.try_with(|it| it.replace(entered));
    drop(before); // the host may end here, and print
    Ok(())
}

/// Begins the thread's host anew, with scenarios on top of what the environment says.
pub(crate) fn begin_anew(loaded: Vec<Scenario>) -> Result<(), Error> {
    let name = name_here();
    let_go(&current());
    let host = Host::begin(name.as_deref(), &loaded)?;
    let entered = name.clone().map(|name| (name, host.enter()));
    let before = ENTERED.try_with(|it| it.replace(entered));
    let former = hosts().insert(name, Named { host, loaded });
    drop((before, former));
    Ok(())
}

/// Another host takes the place of this one: what is wrong with it is told. What nobody has used did nothing wrong, though its rules
/// never applied.
fn let_go(host: &Host) {
    if host.has_been_used() {
        at_exit::verify_early(host);
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
        let mut loaded = hosts().get(&name_here()).map(|it| it.loaded.clone()).unwrap_or_default();
        loaded.push(scenario);
        return begin_anew(loaded).map_err(|it| it.to_string());
    }
    host.play(&scenario).map_err(|it| it.to_string())?;
    if is_unused {
        let name = name_here();
        let mut hosts = hosts();
        hosts.entry(name).or_insert_with(|| Named { host, loaded: Vec::new() }).loaded.push(scenario);
    }
    Ok(())
}
