//! The records of a scenario file: which members there are, what they are for, what is wrong between them.
//! Not here: values that are not plain (`values`), doing what a file says (`play`).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::behavior::BehaviorFile;
use super::values::{ByName, Bytes, Calls, Count, Placed, Verbatim};
use crate::call::OperationType;
use crate::document::result_error::ResultError;
use crate::event::{EventType, MigrationFailure};
use crate::faults::{self, Fault};
use crate::hresult::Hresult;
use crate::journal::finding::FindingKind;
use crate::journal::level::Level;
use crate::journal::report::files as words;
use crate::model::profile::Profile;
use crate::runtime::clock::Time;
use crate::runtime::existing::ExistingState;
use crate::runtime::queue::Order;
use crate::runtime::world::Completion;
use crate::schema::{self, ProblemKind, Version};
use crate::source::record::{Data, Refined, named, record};
use crate::source::{Node, Problems};

named! {
    ExistingState as "a state": Created, Running, Paused, SavedAsTemplate;
    Level as "a level": Allow, Warn, Deny;
}

record! {
    /// A host for tests of HCS clients: what it is like, what is there, and what happens.
    pub(crate) struct File as "a scenario" {
        /// What the scenario is for.
        description: Option<String>,
        /// What the host is like, where it is not as usual.
        host: HostFile,
        /// Scenarios of the shelf that belong to this one.
        scenarios: Vec<Placed<ShelfFile>>,
        /// Paths at which a saved state lies.
        saved_states: Vec<String>,
        /// Compute systems that are there already.
        systems: Vec<SystemFile>,
        /// What calls are answered with. The first rule that matches wins; calls that none claims are simulated.
        rules: Vec<Placed<RuleFile>>,
        /// Guest programs.
        programs: Vec<ProgramFile>,
        /// Processes that run already.
        processes: Vec<ProcessFile>,
        /// What happens by itself, and when.
        events: Vec<TimedFile>,
        /// Findings about which nothing is said.
        allow: Vec<FindingKind>,
        /// What findings of a kind do to a test, where it is not as usual.
        level: ByName<FindingKind, Level>,
    }
}

impl Refined for File {
    fn refine(shape: &mut Value) {
        shape["properties"]["$schema"] = json!({ "type": "string" });
    }

    /// A gate that opens has to hold something.
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        let rules = self.rules.iter().map(|it| &it.value);
        let replies = rules.flat_map(|it| std::iter::once(&it.reply).chain(&it.then));
        let gates: Vec<&str> = replies.filter_map(|it| it.hold_as.as_deref()).collect();
        for gate in self.events.iter().filter_map(|it| it.release.as_deref()) {
            if !gates.contains(&gate) {
                problems.tell(node.place_of("events"), words::unknown_gate(gate, &gates));
            }
        }
    }
}

record! {
    /// What a host is like.
    pub(crate) struct HostFile as "a host" {
        /// Which Windows it is like.
        profile: Option<Profile>,
        /// How time passes.
        time: Option<Time>,
        /// When accepted operations complete.
        completion: Option<Completion>,
        /// How long every call takes by itself.
        call_latency: Option<Duration>,
        /// How long every operation takes.
        latency: Option<Duration>,
        /// How long operations of one type take.
        latency_of: ByName<OperationType, Duration>,
        /// How far a poll of something pending moves the virtual clock.
        poll_step: Option<Duration>,
        /// How long, in real time, a wait with nothing due trusts that another thread will act.
        patience: Option<Duration>,
        /// How long, in real time, a finite wait with nothing due gives other threads.
        grace: Option<Duration>,
        /// What comes first among effects that are due together.
        order: Option<Order>,
        /// How many entries the journal keeps.
        journal_limit: Option<usize>,
        /// Of how many calls the source lines are kept.
        source_lines: Option<usize>,
        /// Switches of the modelled Windows.
        behavior: BehaviorFile,
    }
}

impl Refined for HostFile {}

record! {
    /// A scenario of the shelf, by the name of its function in `hcs_sim::scenarios`.
    pub(crate) struct ShelfFile as "a scenario of the shelf" {
        /// Its name.
        name(needed): ShelfName,
        /// The id of the system that it is about.
        system(needed): String,
    }
}

impl Refined for ShelfFile {}

/// The name of a scenario of the shelf.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ShelfName(pub(crate) String);

impl Data for ShelfName {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<ShelfName> {
        let names: Vec<(&str, &str)> = crate::scenarios::NAMES.iter().map(|it| (*it, *it)).collect();
        let name = crate::source::record::word(node, "a scenario of the shelf", &names, problems)?;
        Some(ShelfName(name.to_owned()))
    }

    fn write(&self) -> crate::source::record::Out {
        self.0.write()
    }

    fn shape(_: &mut serde_json::Map<String, Value>) -> Value {
        json!({ "enum": crate::scenarios::NAMES })
    }
}

record! {
    /// A compute system that is there already.
    pub(crate) struct SystemFile as "a system" {
        /// Its id.
        id(needed): String,
        /// Its configuration; the smallest one of a virtual machine if it is left out.
        configuration: Option<Verbatim>,
        /// The state in which it is; Running if it is left out.
        state: ExistingState,
    }
}

impl Refined for SystemFile {
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        let at = node.place_of("configuration");
        let Some(configuration) = &self.configuration else { return };
        for problem in schema::check("ComputeSystem", &configuration.0, NEWEST) {
            problems.tell(at, problem.to_string());
        }
    }
}

/// What is too new for the host that is described is for the host to say.
const NEWEST: Version = Version::new(2, 9);

record! {
    /// A process that runs already.
    pub(crate) struct ProcessFile as "a process" {
        /// The id of its system.
        system(needed): String,
        /// Its command line.
        command_line(needed): String,
        /// Its user.
        user: Option<String>,
        /// Its id; chosen by the host if it is left out.
        process_id: Option<u32>,
    }
}

impl Refined for ProcessFile {}

record! {
    /// A rule: calls, and what they are answered with. The members of its first reply stand beside `when`.
    pub(crate) struct RuleFile as "a rule" {
        /// The name of the rule in messages.
        name: Option<String>,
        /// Which calls it is for.
        when(needed): WhenFile,
        /// How often it has to apply.
        expect: Option<Count>,
        /// It need not apply.
        optional: bool,
        /// Further replies, one after the other. The one before applies once, unless `times` says more.
        then: Vec<ReplyFile>,
        @flat reply: ReplyFile,
    }
}

impl Refined for RuleFile {
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        self.reply.check(node, problems);
    }

    fn refine(shape: &mut Value) {
        ReplyFile::refine(shape);
    }
}

record! {
    /// Which calls a rule is for; every member narrows it.
    pub(crate) struct WhenFile as "a matcher" {
        /// The call: a function of `hcs_sim::call`, such as `start`, an export, or `any`.
        call(needed): Calls,
        /// Only calls about the system with this id.
        system: Option<String>,
        /// Only this call, counted from 1, of those that meet the other criteria.
        nth: Option<u64>,
        /// Only calls whose request document has these values, by JSON pointers such as `/Owner`.
        document: BTreeMap<String, Value>,
        /// Only calls whose request document has any value at these JSON pointers.
        document_has: Vec<String>,
    }
}

impl Refined for WhenFile {
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        let at = node.at;
        for pointer in self.document.keys().chain(&self.document_has) {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                problems.tell(at, words::no_pointer(pointer));
            }
        }
        if self.nth == Some(0) {
            problems.tell(node.place_of("nth"), words::counted_from_one());
        }
    }
}

record! {
    /// How calls are answered: exactly one of `simulate`, `refuse`, `fail`, `fault`, `succeed`, `acknowledge`, `never_completes`.
    pub(crate) struct ReplyFile as "a reply" {
        /// What the model does; for sequences, and to change only latency, document or events.
        simulate: bool,
        /// The call itself returns this HRESULT, and nothing is started.
        refuse: Option<Hresult>,
        /// The call is accepted, and its operation fails with this HRESULT.
        fail: Option<Hresult>,
        /// A known failure.
        fault: Option<FaultFile>,
        /// The operation succeeds, whatever the model would say.
        succeed: bool,
        /// The operation succeeds, and nothing changes.
        acknowledge: bool,
        /// The operation never completes.
        never_completes: bool,
        /// The result document, verbatim.
        document: Option<Verbatim>,
        /// The result document as a `ResultError`, whose Error and ErrorMessage are filled in where they are left out.
        result_error: Option<Verbatim>,
        /// No result document.
        no_document: bool,
        /// How long the operation takes.
        after: Option<Duration>,
        /// The name of the gate that holds the operation until `Host::release`, or an event with `release`, opens it.
        hold_as: Option<String>,
        /// The exit that the request brings about is told to nobody.
        loses_events: bool,
        /// The exit that the request brings about is told this long after it.
        event_after: Option<Duration>,
        /// What happens besides.
        raising: Vec<RaisingFile>,
        /// How many calls the reply applies to.
        times: Option<u64>,
    }
}

const REPLIES: [&str; 7] =
    ["simulate", "refuse", "fail", "fault", "succeed", "acknowledge", "never_completes"];

impl Refined for ReplyFile {
    fn refine(shape: &mut Value) {
        shape["oneOf"] = REPLIES.iter().map(|it| json!({ "required": [it] })).collect();
    }

    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        let at = node.at;
        let said = [
            self.simulate,
            self.refuse.is_some(),
            self.fail.is_some(),
            self.fault.is_some(),
            self.succeed,
            self.acknowledge,
            self.never_completes,
        ];
        if said.iter().filter(|it| **it).count() != 1 && !problems.are_about(node, &REPLIES) {
            let found: Vec<&str> = REPLIES.iter().zip(said).filter(|it| it.1).map(|it| *it.0).collect();
            problems.tell(at, words::no_reply(&REPLIES, &found));
        }
        for (name, code) in [("refuse", self.refuse), ("fail", self.fail)] {
            if let Some(code) = code.filter(|it| it.is_success()) {
                problems.tell(node.place_of(name), words::no_failure(code));
            }
        }
        if self.times == Some(0) {
            problems.tell(node.place_of("times"), words::no_times());
        }
        let documents = [self.document.is_some(), self.result_error.is_some(), self.no_document];
        if documents.iter().filter(|it| **it).count() > 1 {
            problems.tell(at, words::not_together(&["document", "result_error", "no_document"]));
        }
        if let Some(error) = &self.result_error {
            // What is missing is filled in.
            let at = node.place_of("result_error");
            let mut told = schema::check("ResultError", &error.0, NEWEST);
            told.retain(|it| it.kind != ProblemKind::MissingMember);
            told.iter().for_each(|it| problems.tell(at, it.to_string()));
            if told.is_empty() && serde_json::from_str::<ResultError>(&error.0).is_err() {
                problems.tell(at, words::expected("a ResultError", "another document"));
            }
        }
    }
}

record! {
    /// A known failure, by the name of its function in `hcs_sim::faults`.
    pub(crate) struct FaultFile as "a fault" {
        /// Its name.
        name(needed): String,
        /// The file that it is about, for those of disks.
        path: Option<String>,
        /// The memory that is missing, for `out_of_memory`.
        megabytes: Option<u64>,
        /// The HRESULT, for `localized_message` and `construct`.
        code: Option<Hresult>,
        /// What a host says that speaks another language.
        message: Option<String>,
        /// The key of the SCSI controller.
        controller: Option<String>,
        /// The call itself returns it.
        at_once: bool,
    }
}

impl FaultFile {
    pub(crate) fn fault(&self) -> Option<Fault> {
        let argument = self.path.clone().or_else(|| self.megabytes.map(|it| it.to_string()));
        let mut fault = faults::by_name(&self.name, argument.as_deref(), self.code)?;
        if let Some(text) = &self.message {
            fault = fault.message(text.clone());
        }
        if let Some(key) = &self.controller {
            fault = fault.controller(key.clone());
        }
        Some(if self.at_once { fault.at_once() } else { fault })
    }
}

impl Refined for FaultFile {
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        if self.fault().is_none() && !self.name.is_empty() {
            problems
                .tell(node.place_of("name"), words::unknown_word("a fault", &self.name, &faults::names()));
        }
    }

    fn refine(shape: &mut Value) {
        shape["properties"]["name"]["enum"] = json!(faults::names());
    }
}

/// What can happen, by the names of the functions of `hcs_sim::event`.
pub(crate) const EVENTS: [&str; 13] = [
    "power_off",
    "reset",
    "guest_crash",
    "triple_fault",
    "worker_death",
    "guest_connection_lost",
    "process_exit",
    "migration_failure",
    "service_disconnect",
    "service_stop",
    "service_return",
    "to_system",
    "to_process",
];

record! {
    /// Something that happens without a call.
    pub(crate) struct EventFile as "an event" {
        /// What happens: a function of `hcs_sim::event`.
        event: Option<EventName>,
        /// The id of the system that it happens to.
        system: Option<String>,
        /// The process that it happens to, for `process_exit` and `to_process`.
        process_id: Option<u32>,
        /// The exit code of a process or of a worker.
        exit_code: Option<u32>,
        /// The five parameters of a guest's crash.
        crash_parameters: Vec<u64>,
        /// How a migration fails.
        failure: Option<MigrationFailure>,
        /// What callbacks are told, for `to_system` and `to_process`.
        event_type: Option<EventType>,
        /// Its data, verbatim.
        data: Option<Verbatim>,
    }
}

/// The name of an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EventName(pub(crate) String);

impl Data for EventName {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<EventName> {
        let names: Vec<(&str, &str)> = EVENTS.iter().map(|it| (*it, *it)).collect();
        let name = crate::source::record::word(node, "an event", &names, problems)?;
        Some(EventName(name.to_owned()))
    }

    fn write(&self) -> crate::source::record::Out {
        self.0.write()
    }

    fn shape(_: &mut serde_json::Map<String, Value>) -> Value {
        json!({ "enum": EVENTS })
    }
}

impl Refined for EventFile {
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        let at = node.at;
        let Some(EventName(name)) = &self.event else { return };
        let mut need = |is_there: bool, what: &str| {
            if !is_there {
                problems.tell(at, words::missing(name, what));
            }
        };
        need(self.system.is_some() || name.starts_with("service_"), "system");
        if matches!(name.as_str(), "process_exit" | "to_process") {
            need(self.process_id.is_some(), "process_id");
        }
        match name.as_str() {
            "process_exit" => need(self.exit_code.is_some(), "exit_code"),
            "migration_failure" => need(self.failure.is_some(), "failure"),
            "to_system" | "to_process" => need(self.event_type.is_some(), "event_type"),
            _ => {}
        }
        if !matches!(self.crash_parameters.len(), 0 | 5) {
            problems
                .tell(at, words::expected("five crash_parameters", &self.crash_parameters.len().to_string()));
        }
    }
}

record! {
    /// What a rule lets happen.
    pub(crate) struct RaisingFile as "what a rule raises" {
        /// How long after the completion of the operation.
        after: Duration,
        /// It is counted from the call, whether the operation has completed by then or not.
        meanwhile: bool,
        @flat event: EventFile,
    }
}

impl Refined for RaisingFile {
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        let at = node.at;
        if self.event.event.is_none() && !problems.are_about(node, &["event"]) {
            problems.tell(at, words::missing("what a rule raises", "event"));
        }
        self.event.check(node, problems);
    }
}

record! {
    /// What happens at a time of the host's clock.
    pub(crate) struct TimedFile as "what happens" {
        /// When.
        at: Duration,
        /// The name of a gate that opens: what rules with `hold_as` hold completes.
        release: Option<String>,
        @flat event: EventFile,
    }
}

impl Refined for TimedFile {
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        let at = node.at;
        if self.event.event.is_some() == self.release.is_some()
            && !problems.are_about(node, &["event", "release"])
        {
            problems.tell(at, words::not_one_of("what happens", &["event", "release"]));
        }
        self.event.check(node, problems);
    }
}

record! {
    /// A guest program by what it prints: for which commands, and what comes of it.
    pub(crate) struct ProgramFile as "a program" {
        /// Only this command line.
        command_line: Option<String>,
        /// Only command lines that start with this.
        starting_with: Option<String>,
        /// Only with this application name.
        application: Option<String>,
        /// Only for this user.
        user: Option<String>,
        /// Only in this working directory.
        working_directory: Option<String>,
        /// Only with these variables.
        environment: BTreeMap<String, String>,
        /// Only in the system with this id.
        system: Option<String>,
        /// What it prints to standard output.
        prints: Bytes,
        /// What it prints to standard error.
        complains: Bytes,
        /// How long it takes from its output to its exit.
        after: Duration,
        /// Its exit code; 0 if it is left out.
        exits_with: Option<u32>,
        /// It runs until it is killed, signalled, or its system exits.
        runs_until_terminated: bool,
    }
}

impl Refined for ProgramFile {
    fn check(&self, node: Node<'_>, problems: &mut Problems<'_>) {
        let at = node.at;
        if self.command_line.is_some() && self.starting_with.is_some() {
            problems.tell(at, words::not_together(&["command_line", "starting_with"]));
        }
        if self.exits_with.is_some() && self.runs_until_terminated {
            problems.tell(at, words::not_together(&["exits_with", "runs_until_terminated"]));
        }
    }
}
