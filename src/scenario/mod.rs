//! Scenarios: what a host is told, as data. A file becomes a host, and what a host was told becomes a file.
//! Not here: the records of a file (`file`), reading JSON (`source`), the named ones (`scenarios`).

mod behavior;
mod export;
mod file;
mod play;
mod values;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::Error;
use crate::event::Event;
use crate::journal::report::files;
use crate::runtime::host::{Builder, Host};
use crate::script::Script;
use crate::source::record::Data;
use crate::source::{Node, Problems, read_file, without_mark};
use file::{EventFile, File};

/// The environment variable that names the default host's scenario.
pub(crate) const VARIABLE: &str = "HCS_SIM_SCENARIO";

/// What a host is told, as data: its profile and time, what is there already, rules, guest programs, events, findings that are
/// allowed. `docs/scenario-files.md` has the format; [`Scenario::json_schema`] describes it to editors.
///
/// A file says what the methods of [`Builder`], [`Host`], [`When`](crate::When) and [`Rule`](crate::Rule) say, under their names;
/// closures aside, each can be turned into the other.
///
/// ```
/// use hcs_sim::{Host, Scenario};
/// let text = r#"{
///   "rules": [
///     { "when": { "call": "start", "system": "web" }, "fail": "E_OUTOFMEMORY", "after": "2s", "optional": true }
///   ]
/// }"#;
/// Host::from_scenario(text).unwrap().run(|host| {
///     assert_eq!(Scenario::of(host).unwrap(), Scenario::from_json(text).unwrap());
/// });
/// ```
#[derive(Clone)]
pub struct Scenario {
    file: File,
    /// What messages call it.
    name: Arc<str>,
}

/// As a file: a test that fails with one shows what to paste into another.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_json().trim_end())
    }
}

/// What is said counts, not in which file or how it is written.
impl PartialEq for Scenario {
    fn eq(&self, other: &Scenario) -> bool {
        self.file == other.file
    }
}

impl Scenario {
    /// Reads a scenario from JSON.
    ///
    /// # Errors
    ///
    /// [`Error::BadFile`] with everything that is wrong, each with line, column and the nearest right spelling.
    pub fn from_json(text: &str) -> Result<Scenario, Error> {
        Scenario::parse(text, "scenario")
    }

    /// Reads a scenario from a file.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if the file cannot be read, else as [`Scenario::from_json`].
    pub fn read(path: impl AsRef<Path>) -> Result<Scenario, Error> {
        let (name, text) = read_file(path.as_ref())?;
        Scenario::parse(&text, &name)
    }

    pub(crate) fn parse(text: &str, name: &str) -> Result<Scenario, Error> {
        let text = without_mark(text);
        let mut problems = Problems::of(text);
        let node = Node::parse(text, 0, &mut problems);
        let file = node.and_then(|it| File::read(it, &mut problems));
        match file {
            Some(file) if problems.is_empty() => Ok(Scenario { file, name: name.into() }),
            _ => Err(Error::BadFile { file: name.to_owned(), problems: problems.into_list() }),
        }
    }

    /// The scenario as JSON, indented; what is usual is left out.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(&self.file.write());
        text.expect("hcs-sim bug: a scenario is plain data") + "\n"
    }

    /// The JSON Schema (draft 7) of scenario files, for editors: `docs/scenario.schema.json`.
    pub fn json_schema() -> Value {
        let mut definitions = Map::new();
        let root = File::shape(&mut definitions);
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "hcs-sim scenario",
            "allOf": [root],
            "definitions": definitions,
        })
    }

    /// What a host was told so far: what a builder set, what is there already, rules, programs, events that are still to come,
    /// allowed findings.
    ///
    /// # Errors
    ///
    /// [`Error::NotData`] names the closures, which a file cannot hold.
    pub fn of(host: &Host) -> Result<Scenario, Error> {
        let mut closures = Vec::new();
        let file = export::file_of(host, &mut closures);
        if closures.is_empty() {
            Ok(Scenario { file, name: "scenario".into() })
        } else {
            Err(Error::NotData { parts: closures })
        }
    }

    /// The scenario that the default host plays: of the file that `HCS_SIM_SCENARIO` names. One that cannot be used is told, and refuses
    /// every call: a test that goes on without its scenario tests something else.
    pub(crate) fn of_environment() -> Option<Scenario> {
        let path = std::env::var_os(VARIABLE).filter(|it| !it.is_empty())?;
        Some(Scenario::read(path).unwrap_or_else(|error| Scenario::refusing(&error)))
    }

    /// Whether the file that `HCS_SIM_SCENARIO` names can be used, or none is named.
    pub fn of_environment_is_good() -> bool {
        let path = std::env::var_os(VARIABLE).filter(|it| !it.is_empty());
        path.is_none_or(|path| Scenario::read(path).is_ok())
    }

    fn refusing(error: &Error) -> Scenario {
        eprintln!("{}", files::refused_scenario(VARIABLE, error));
        let refuses =
            r#"{"rules":[{"when":{"call":"any"},"refuse":"HCS_E_SERVICE_NOT_AVAILABLE","optional":true}]}"#;
        Scenario::on_shelf("refusing", refuses)
    }

    /// What it says of the host itself, on top of what was said before.
    pub(crate) fn set_up(&self, builder: Builder) -> Builder {
        play::set_up(builder, &self.file.host)
    }

    /// Whether it says something of the host itself, its "host", which counts only for a host that is made.
    pub fn is_about_the_host(&self) -> bool {
        self.file.host != file::HostFile::default()
    }

    /// Plays it, or refuses every call if that cannot be.
    pub(crate) fn play_or_refuse(&self, host: &Host) {
        if let Err(error) = play::play(host, self) {
            let refusing = Scenario::refusing(&error);
            host.shared().world.lock().script = Script::default(); // what it said before it failed
            play::play(host, &refusing).expect("a rule can be added to every host");
        }
    }

    /// A scenario of the shelf.
    pub(crate) fn on_shelf(name: &str, text: &str) -> Scenario {
        Scenario::parse(text, &format!("scenarios::{name}"))
            .expect("hcs-sim bug: scenarios of the shelf can be read")
    }
}

impl Event {
    /// Reads an event from JSON, as scenario files have it: `{ "event": "power_off", "system": "web" }`.
    ///
    /// ```
    /// use hcs_sim::{Event, event};
    /// let told = Event::from_json(r#"{ "event": "worker_death", "system": "web", "exit_code": 7 }"#).unwrap();
    /// assert_eq!(told, event::worker_death("web").exit_code(7));
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::BadFile`] with everything that is wrong, each with line, column and the nearest right spelling.
    pub fn from_json(text: &str) -> Result<Event, Error> {
        let text = without_mark(text);
        let mut problems = Problems::of(text);
        let file = Node::parse(text, 0, &mut problems).and_then(|node| {
            let file = EventFile::read(node, &mut problems)?;
            if file.event.is_none() && problems.is_empty() {
                problems.tell(node.at, files::missing("an event", "event"));
            }
            Some(file)
        });
        match file.as_ref().and_then(play::event_of).filter(|_| problems.is_empty()) {
            Some(event) => Ok(event),
            None => Err(Error::BadFile { file: "event".to_owned(), problems: problems.into_list() }),
        }
    }
}

impl Host {
    /// A host as a scenario describes it: of a file, or of a text that is JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] and [`Error::BadFile`] as [`Scenario::read`], [`Error::CannotBeThere`] if a system or process that is
    /// to be there cannot be.
    pub fn from_scenario(path_or_text: &str) -> Result<Host, Error> {
        let is_text = without_mark(path_or_text).trim_start().starts_with('{');
        let scenario =
            if is_text { Scenario::from_json(path_or_text)? } else { Scenario::read(path_or_text)? };
        Builder::default().scenario(&scenario)
    }

    /// Adds what a scenario says to this host: rules after those that are there, programs, events from now on, allowed
    /// findings, systems and processes.
    ///
    /// ```
    /// use hcs_sim::{Host, scenarios};
    /// Host::new().run(|host| {
    ///     host.play(&scenarios::exit_while_starting("web")).unwrap();
    ///     # host.allow(hcs_sim::FindingKind::RuleNeverApplied);
    ///     // .. the client has to notice ..
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::CannotBeThere`], as [`Host::from_scenario`].
    ///
    /// # Panics
    ///
    /// If the scenario says something about the host itself (`"host"`): that counts when a host is made.
    #[track_caller]
    pub fn play(&self, scenario: &Scenario) -> Result<(), Error> {
        assert!(
            !scenario.is_about_the_host(),
            "the scenario has a \"host\", which counts only for a host that is made: Builder::scenario"
        );
        play::play(self, scenario)
    }

    /// Plays a scenario whose "host" was heeded when this host was made.
    pub(crate) fn play_rest(&self, scenario: &Scenario) -> Result<(), Error> {
        play::play(self, scenario)
    }
}

impl Builder {
    /// Makes the host, as set so far and then as a scenario says.
    ///
    /// # Errors
    ///
    /// [`Error::CannotBeThere`], as [`Host::from_scenario`].
    pub fn scenario(self, scenario: &Scenario) -> Result<Host, Error> {
        let host = play::set_up(self, &scenario.file.host).build();
        play::play(&host, scenario)?;
        Ok(host)
    }
}
