//! Hosts of whole processes, as the environment describes them: the default one, and those that have names.
//! Not here: which host serves whom (`registry`, `seat`), what a scenario says (`scenario`).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::host::{Builder, Host};
use super::registry::Whose;
use super::world::Shared;
use super::{registry, scope, seat};
use crate::Error;
use crate::abi::fork;
use crate::journal::report;
use crate::journal::written::JournalFile;
use crate::scenario::Scenario;

/// The environment variable that names the file which the journal goes into.
const JOURNAL: &str = "HCS_SIM_JOURNAL";

/// How many hosts of each name have written; no name is the default host.
static BEGUN: Mutex<BTreeMap<Option<String>, u32>> = Mutex::new(BTreeMap::new());

impl Host {
    /// The host that serves threads and processes that made none.
    ///
    /// It plays the [scenario](crate::Scenario) of the file that the environment variable `HCS_SIM_SCENARIO` names, and writes its
    /// journal into the file that `HCS_SIM_JOURNAL` names, if they are set. It lives as long as the process, or until
    /// [`Host::begin`] puts another in its place, and nobody verifies it unasked: call [`Host::verify`].
    pub fn default_host() -> Host {
        registry::default_host()
    }

    /// The [default host](Host::default_host), if anybody has needed it yet.
    pub fn default_host_if_any() -> Option<Host> {
        registry::default_if_any()
    }

    /// Why no call works in this process, and nothing of hosts should be asked: it was forked from one that used a host, whose threads
    /// and locks stayed there. `None` in any other process.
    ///
    /// ```
    /// assert_eq!(hcs_sim::Host::problem_of_a_fork(), None);
    /// ```
    pub fn problem_of_a_fork() -> Option<&'static str> {
        fork::is_silently_forked().then(report::forked)
    }

    /// Begins a host of the process as the environment describes it, and plays scenarios on top: what a later one says of the host
    /// itself wins. Without a name it is the [default host](Host::default_host) from now on; the former one ends, and handles of it are
    /// stale.
    ///
    /// It is what the C library makes its hosts with. Tests in Rust make theirs with [`Host::builder`].
    ///
    /// The journal goes into the file that `HCS_SIM_JOURNAL` names, `%p` in it being the process's id. The second default host of a
    /// process and hosts with names have files beside it, with the name and the number before the extension: `run.jsonl`,
    /// `run.2.jsonl`, `run.web.jsonl`.
    ///
    /// # Errors
    ///
    /// [`Error::CannotBeThere`] if a system or process that is to be there cannot be; then no host has begun.
    ///
    /// ```
    /// use hcs_sim::{Host, Scenario};
    /// let paused = Scenario::from_json(r#"{ "host": { "time": "Manual" }, "systems": [{ "id": "web" }] }"#).unwrap();
    /// let host = Host::begin(Some("a"), &[paused]).unwrap();
    /// assert!(host.configuration("web").is_some());
    /// ```
    pub fn begin(name: Option<&str>, scenarios: &[Scenario]) -> Result<Host, Error> {
        let of_environment = Scenario::of_environment();
        let builder =
            of_environment.iter().chain(scenarios).fold(Builder::default(), |it, said| said.set_up(it));
        let host = make(name, builder, of_environment);
        for scenario in scenarios {
            host.play_rest(scenario)?;
        }
        if name.is_none() {
            drop(registry::replace_default(host.clone()));
        }
        Ok(host)
    }

    /// Another host takes the place of this one, which ends, though others may still hold it: handles of it are stale, and threads that
    /// have entered it belong to the other one from now on.
    pub fn give_way_to(&self, other: &Host) {
        if !Arc::ptr_eq(self.shared(), other.shared()) {
            let _ = self.shared().successor.set(Arc::downgrade(other.shared())); // the first one stays
            end(self.shared());
        }
    }

    /// Whether the calling thread belongs to this host: it has entered it last, or is one of its own, on which callbacks run.
    ///
    /// ```
    /// let host = hcs_sim::Host::new();
    /// assert!(!host.is_entered());
    /// let _entered = host.enter();
    /// assert!(host.is_entered());
    /// ```
    pub fn is_entered(&self) -> bool {
        seat::entered().is_some_and(|it| Arc::ptr_eq(&it.shared, self.shared()))
    }

    /// The calling thread has to do with this host, without entering it: if it is the default host, the thread's calls without a handle go
    /// on to it, also once other threads enter hosts with names.
    pub fn know_thread(&self) {
        seat::label_on(self.shared());
    }

    /// Whether anything was asked of the host yet.
    pub fn has_been_used(&self) -> bool {
        let world = self.shared().world.lock();
        world.calls > 0 || world.log.next_number() > 0
    }
}

/// A host ends, once.
pub(super) fn end(shared: &Arc<Shared>) {
    if shared.is_over() {
        return;
    }
    scope::end(shared);
    if !shared.over.swap(true, Ordering::AcqRel) {
        registry::unregister(shared.serial);
    }
}

/// The default host as it is without being told anything.
pub(super) fn default_host() -> Host {
    let scenario = Scenario::of_environment();
    let builder = scenario.iter().fold(Builder::default(), |it, said| said.set_up(it));
    make(None, builder, scenario)
}

fn make(name: Option<&str>, builder: Builder, of_environment: Option<Scenario>) -> Host {
    let builder = builder.edit(|settings| settings.journal_file = journal_file(name));
    let whose = if name.is_some() { Whose::Named } else { Whose::Default };
    let host = Host::from_shared(registry::register(builder.into_settings(), whose));
    if let Some(scenario) = of_environment {
        scenario.play_or_refuse(&host);
    }
    host
}

/// The file of a host, once it has something to write: one that nobody has used leaves none.
fn journal_file(name: Option<&str>) -> Option<JournalFile> {
    let is_asked_for = std::env::var_os(JOURNAL).is_some_and(|it| !it.is_empty());
    is_asked_for.then(|| JournalFile::Of(next_file, name.map(str::to_owned)))
}

/// The file of the next host of a name.
fn next_file(name: Option<&str>) -> Option<PathBuf> {
    let named = std::env::var_os(JOURNAL).filter(|it| !it.is_empty())?;
    let mut begun = BEGUN.lock();
    let count = begun.entry(name.map(str::to_owned)).or_default();
    *count += 1;
    Some(beside(&with_process_id(named), name, *count))
}

fn with_process_id(path: OsString) -> PathBuf {
    match path.to_str() {
        Some(text) => text.replace("%p", &std::process::id().to_string()).into(),
        None => path.into(),
    }
}

fn beside(path: &Path, name: Option<&str>, count: u32) -> PathBuf {
    let mut stem = path.file_stem().unwrap_or_default().to_owned();
    if let Some(name) = name {
        stem.push(".");
        stem.push(name.replace(|it: char| !it.is_alphanumeric() && !matches!(it, '-' | '_'), "_"));
    }
    if count > 1 {
        stem.push(format!(".{count}"));
    }
    if let Some(extension) = path.extension() {
        stem.push(".");
        stem.push(extension);
    }
    path.with_file_name(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_further_hosts_stand_beside_the_first() {
        let run = Path::new("logs/run.jsonl");
        assert_eq!(beside(run, None, 1), Path::new("logs/run.jsonl"));
        assert_eq!(beside(run, None, 2), Path::new("logs/run.2.jsonl"));
        assert_eq!(beside(run, Some("web"), 1), Path::new("logs/run.web.jsonl"));
        assert_eq!(beside(run, Some("../a b"), 3), Path::new("logs/run.___a_b.3.jsonl"));
        assert_eq!(beside(Path::new("journal"), None, 2), Path::new("journal.2"));
    }
}
