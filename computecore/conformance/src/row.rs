//! What a row of the table is made of: where it starts, the calls it makes, what they answer, what callbacks are told.
//! Not here: the rows (`rows`), how they are run (`run`), how answers are compared (`seen`).

use hcs_sim::{Export, FindingKind, Hresult};

/// One row: a few calls from a known state, with everything that comes of them.
#[derive(Clone, Debug)]
pub struct Row {
    /// Unique, and part of the id of the row's system.
    pub name: String,
    /// Rows of docs/fidelity.md.
    pub cites: Vec<&'static str>,
    pub system: System,
    pub operation: Operation,
    pub process: Process,
    pub steps: Vec<Step>,
    /// What callbacks are told, in order.
    pub hears: Vec<Told>,
    pub reach: Reach,
    /// What the simulated host finds wrong with the row, and has to.
    pub finds: Vec<FindingKind>,
}

/// Where a row can be run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reach {
    Anywhere,
    /// On a real Windows only with a container that the person who runs it describes.
    Container,
    /// Not on a real Windows, and why.
    SimOnly(&'static str),
}

/// The compute system that a row starts with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum System {
    None,
    Vm(State),
    Container(State),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// Its create was refused through the operation; the handle is there.
    Failed,
    Created,
    Running,
    Paused,
    Stopped,
    /// Saved as a template.
    Saved,
}

/// The operation that a row starts with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    Idle,
    /// A start of the row's created system is on its way.
    Pending,
    /// A start of the row's created system has succeeded, without a document.
    Completed,
    /// A query for the properties of the row's system has succeeded, with a document.
    CompletedWithDocument,
    /// A resume of the row's system has failed, with a document.
    Failed,
    /// A process has been created in the row's container.
    CreatedProcess,
}

/// The process that a row starts with, in the row's running container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Process {
    None,
    Running,
    Exited,
}

/// A value of a row: an argument as the row writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg {
    Null,
    /// What a slot holds, closed or not.
    In(Slot),
    /// A handle of the kind that was closed right after it was made.
    Closed(Slot),
    /// An address that never was a handle.
    Garbage,
    /// UTF-16. `<id>` is the id of the row's system, `<ID>` in capitals, `<temp>` a folder of the row's own, `<file>` a file in there.
    Text(&'static str),
    Number(u32),
    ProcessId,
    /// The context of the row's callbacks.
    Listener,
    OnEvent,
    OnCompletion,
    /// Where a document is to be written.
    Document,
    /// Where a handle is to be written, which the slot keeps.
    Out(Slot),
    /// Where process information is to be written.
    Info,
    /// `HCS_CREATE_OPTIONS` of a version, with the row's callback and these event options.
    CreateOptions(i32, u32),
}

/// Where a row keeps its handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    Operation,
    /// A second operation.
    Other,
    System,
    /// A second handle of a system.
    Opened,
    Process,
    /// A second handle of a process.
    OpenedProcess,
}

pub const OPERATION: Arg = Arg::In(Slot::Operation);
pub const OTHER: Arg = Arg::In(Slot::Other);
pub const SYSTEM: Arg = Arg::In(Slot::System);
pub const OPENED: Arg = Arg::In(Slot::Opened);
pub const PROCESS: Arg = Arg::In(Slot::Process);
pub const OPENED_PROCESS: Arg = Arg::In(Slot::OpenedProcess);
pub use Arg::{Document as DOCUMENT, Info as INFO, Null as NULL, Number, Text};

/// One call, and what is expected of it.
#[derive(Clone, Debug)]
pub struct Step {
    pub export: Export,
    pub arguments: Vec<Arg>,
    pub answer: Answer,
    /// What the out pointer for a document holds afterwards, if the call has one.
    pub document: Doc,
    /// The pipes that come with process information: input, output, errors.
    pub info: Info,
    /// Where a returned handle is kept.
    pub keep: Option<Slot>,
}

/// What an export returns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    Code(Hresult),
    /// A handle, or NULL.
    Handle(bool),
    /// The handle that a slot holds.
    Is(Slot),
    Number(u64),
    /// The id of a use of an operation: any but the invalid one.
    AnId,
    /// The context of the row's callbacks.
    Listener,
    Nothing,
}

/// A document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Doc {
    /// NULL.
    None,
    /// To the letter; `<id>` is the id of the row's system, here and below.
    Text(&'static str),
    /// JSON with these members: pointers, and what they lead to as JSON, `*` for anything, `-` for nothing.
    Has(&'static [(&'static str, &'static str)]),
    /// A `ResultError` with this code.
    Error(Hresult),
}

/// Process information.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Info {
    /// Nothing was written.
    Untouched,
    /// A process id, and pipes.
    Given([Pipe; 3]),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pipe {
    Null,
    Invalid,
    /// A pipe, from which this can be read until it ends; `None` if it is not read.
    Given(Option<&'static str>),
}

/// What a callback is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// The row's operation has completed, to its own callback.
    Completion,
    /// An event: its type, its data, whether it names the row's operation.
    Event(i32, Doc, bool),
}

/// A row that starts with nothing but an idle operation, to be filled by the methods below.
pub fn row(name: impl Into<String>, cites: &[&'static str]) -> Row {
    Row {
        name: name.into(),
        cites: cites.to_vec(),
        system: System::None,
        operation: Operation::Idle,
        process: Process::None,
        steps: Vec::new(),
        hears: Vec::new(),
        reach: Reach::Anywhere,
        finds: Vec::new(),
    }
}

impl Row {
    pub fn vm(mut self, state: State) -> Row {
        self.system = System::Vm(state);
        self
    }

    pub fn container(mut self, state: State) -> Row {
        self.system = System::Container(state);
        if self.reach == Reach::Anywhere {
            self.reach = Reach::Container;
        }
        self
    }

    pub fn operation(mut self, operation: Operation) -> Row {
        self.operation = operation;
        self
    }

    /// A process in a running container.
    pub fn process(mut self, process: Process) -> Row {
        self.process = process;
        self.container(State::Running)
    }

    pub fn sim_only(mut self, why: &'static str) -> Row {
        self.reach = Reach::SimOnly(why);
        self
    }

    pub fn finds(mut self, kind: FindingKind) -> Row {
        self.finds.push(kind);
        self
    }

    /// A call. Until `gives` says otherwise it answers `S_OK`, and NULL as its document.
    pub fn call(mut self, export: Export, arguments: impl Into<Vec<Arg>>) -> Row {
        self.steps.push(Step {
            export,
            arguments: arguments.into(),
            answer: Answer::Code(hcs_sim::hresult::S_OK),
            document: Doc::None,
            info: Info::Untouched,
            keep: None,
        });
        self
    }

    fn last(&mut self) -> &mut Step {
        self.steps.last_mut().expect("a row makes a call before it says what comes of it")
    }

    /// What the last call returns: an HRESULT.
    pub fn gives(mut self, code: Hresult) -> Row {
        self.last().answer = Answer::Code(code);
        self
    }

    /// What the last call returns, if that is no HRESULT.
    pub fn answers(mut self, answer: Answer) -> Row {
        self.last().answer = answer;
        self
    }

    /// The document that the last call writes.
    pub fn document(mut self, document: Doc) -> Row {
        self.last().document = document;
        self
    }

    pub fn info(mut self, pipes: [Pipe; 3]) -> Row {
        self.last().info = Info::Given(pipes);
        self
    }

    /// The last call returns a handle, which the slot keeps.
    pub fn keep(mut self, slot: Slot) -> Row {
        self.last().keep = Some(slot);
        self.answers(Answer::Handle(true))
    }

    /// The outcome of the row's operation, as a wait tells it.
    pub fn outcome(self, code: Hresult, document: Doc) -> Row {
        self.call(Export::HcsWaitForOperationResult, [OPERATION, Number(60_000), DOCUMENT])
            .gives(code)
            .document(document)
    }

    /// Success without a document.
    pub fn succeeds(self) -> Row {
        self.outcome(hcs_sim::hresult::S_OK, Doc::None)
    }

    /// Failure with a `ResultError`.
    pub fn fails(self, code: Hresult) -> Row {
        self.outcome(code, Doc::Error(code))
    }

    /// What callbacks are told by all this.
    pub fn hears(mut self, told: &[Told]) -> Row {
        self.hears = told.to_vec();
        self
    }
}
