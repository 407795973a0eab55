//! What a step of the model takes in and what comes of it: plans of the script, accepted requests, effects, faults.
//! Not here: the steps themselves (`host`, `accept`, `lifecycle`).

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::profile::Profile;
use super::registration::Told;
use super::request::Request;
use crate::answer::{Answer, Returned};
use crate::call::{Call, Delivery, Export, OperationType, Pointer};
use crate::document::exit::ExitCause;
use crate::document::process::Signal;
use crate::document::result_error::{About, ResultDocument};
use crate::event::Event;
use crate::handle::{HandleKind, OperationHandle, ProcessHandle, SystemHandle};
use crate::hresult::*;

/// What came of a step, for the runtime to pass on.
#[derive(Default)]
pub(crate) struct Happened {
    pub(crate) completed: Vec<Completed>,
    /// What is rarer, in order.
    pub(crate) effects: Vec<Effect>,
    pub(crate) later: Vec<(Duration, Due)>,
}

/// What came of a step besides completions.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A system ended: its id, and its exit document.
    Exited(Arc<str>, Arc<str>),
    ProcessExited {
        system_id: Arc<str>,
        process_id: u32,
        document: Arc<str>,
    },
    /// A callback is to be told.
    Tell(Told),
    /// Something happens to the program of a process.
    Guest(u64, GuestChange),
    /// The service goes or comes.
    Service(&'static str),
}

/// What happens to the program of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GuestChange {
    /// It begins to run: the program's index, none for a process that a rule made up.
    Start(Option<usize>),
    Signal(Signal),
    Resize(u16, u16),
    /// Standard input, output and error that are closed.
    Close([bool; 3]),
    /// It has ended, or has to.
    End,
}

/// A use that has just ended.
#[derive(Debug)]
pub(crate) struct Completed {
    /// The number of the operation.
    pub(crate) operation: u64,
    /// The id of the use.
    pub(crate) id: u64,
    /// Its completion callback's address, 0 if none, and the context as it is now.
    pub(crate) callback: usize,
    pub(crate) context: usize,
    pub(crate) kind: OperationType,
    pub(crate) hresult: Hresult,
    pub(crate) document: Option<Arc<str>>,
    /// The handle is still open.
    pub(crate) tracked: bool,
}

/// Something that happens at a later time.
#[derive(Debug)]
pub(crate) enum Due {
    /// An accepted request is carried out and its operation completes.
    Finish(Accepted),
    /// A system ends.
    Exit { system: u64, cause: ExitCause },
    /// Callbacks are told that a system has ended.
    TellExit { system: u64 },
    /// Callbacks are told that a process has ended.
    TellProcessExit { process: u64 },
    /// Progress of a pending use is told.
    Progress { operation: u64, id: u64 },
    /// A migration goes on.
    MigrationStep { system: u64, serial: u64, index: usize },
    /// A guest program that sleeps wakes up.
    Wake { process: u64, serial: u64 },
    /// What a test asked for, and where; a rule raises without a place.
    Raise(Box<Event>, Option<&'static Location<'static>>),
    /// A gate opens, by its name.
    Release(String),
}

/// A request that was accepted, on its way.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) operation: u64,
    pub(crate) id: u64,
    pub(crate) request: Request,
    pub(crate) plan: Plan,
    /// What a rule says beyond the outcome.
    pub(crate) aside: Option<Box<Aside>>,
    /// It takes its turn among the signals to one process: the system handle's number, and the process's.
    pub(crate) lane: Option<Box<(u64, u64)>>,
}

/// What a rule says about a request beyond its outcome.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Aside {
    /// The exit that the request brings about is told to nobody.
    pub(crate) loses_events: bool,
    /// The exit that the request brings about is told this long after it.
    pub(crate) event_delay: Option<Duration>,
    /// What happens this long after the call was accepted.
    pub(crate) raises_meanwhile: Vec<(Duration, Event)>,
    /// What happens this long after the completion.
    pub(crate) raises: Vec<(Duration, Event)>,
}

/// What the script says about a call.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// What the model does; what is said counts if it succeeds.
    Simulate(Say),
    /// The call itself returns this; nothing is started.
    Refuse(Hresult, Say),
    /// Success, whatever the model would say, with the change that success makes.
    Succeed(Say),
    /// Success, and nothing changes.
    Acknowledge(Say),
    /// Failure through the operation.
    Fail(Hresult, Say),
    /// Accepted, and never heard of again.
    Never,
}

/// Which document a scripted outcome carries.
#[derive(Clone, Debug, Default)]
pub(crate) enum Say {
    /// The one that is usual for the outcome.
    #[default]
    Usual,
    Nothing,
    /// Boxed: it is rare, and plans travel with every request.
    This(Box<ResultDocument>),
}

impl Default for Plan {
    fn default() -> Plan {
        Plan::Simulate(Say::Usual)
    }
}

impl Plan {
    /// Whether a call that answers at once does what the model says.
    pub(crate) fn asks_the_model(&self) -> bool {
        matches!(self, Plan::Simulate(_) | Plan::Succeed(_) | Plan::Never)
    }

    /// What the script makes of the model's answer to such a call.
    pub(crate) fn over(self, performed: Performed) -> Performed {
        let succeeds = performed.answer.returned == Returned::Hresult(S_OK);
        let (say, usual) = match self {
            Plan::Simulate(say) if succeeds => (say, performed.answer.document),
            Plan::Succeed(say) => (say, performed.answer.document.filter(|_| succeeds)),
            _ => return performed,
        };
        Performed { answer: Answer::with_document(S_OK, say.or(S_OK, usual, About::default)), ..performed }
    }
}

impl Say {
    /// The document, given the usual one and what it is about.
    pub(crate) fn or(
        self,
        code: Hresult,
        usual: Option<Arc<str>>,
        about: impl FnOnce() -> About,
    ) -> Option<Arc<str>> {
        match self {
            Say::Usual => usual,
            Say::Nothing => None,
            Say::This(document) => document.write_for(code, &about()),
        }
    }
}

/// How a call ended, for the runtime.
pub(crate) struct Performed {
    pub(crate) answer: Answer,
    /// The request that was accepted, to be put on its way.
    pub(crate) accepted: Option<Accepted>,
    /// What the caller did wrong.
    pub(crate) fault: Option<Fault>,
    /// A remark for the journal.
    pub(crate) note: Option<String>,
}

/// A handle that is not what it should be, or an export that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Null(HandleKind),
    Garbage(HandleKind),
    WrongKind { wanted: HandleKind, given: HandleKind, value: u64 },
    Closed { kind: HandleKind, value: u64 },
    OtherHost { kind: HandleKind, value: u64 },
    ClosedInUse { kind: HandleKind, value: u64, threads: u32 },
    MissingExport(Profile),
}

impl Performed {
    pub(crate) fn done(answer: Answer) -> Performed {
        Performed { answer, accepted: None, fault: None, note: None }
    }

    pub(crate) fn hresult(hresult: Hresult) -> Performed {
        Performed::done(Answer::hresult(hresult))
    }

    pub(crate) fn faulty(call: &Call, fault: Fault) -> Performed {
        Performed { fault: Some(fault), ..Performed::done(refusal_of(call, fault_code(fault))) }
    }

    pub(crate) fn noted(call: &Call, code: Hresult, note: String) -> Performed {
        Performed { note: Some(note), ..Performed::done(refusal_of(call, code)) }
    }
}

/// What a refused call returns: the HRESULT, or the "nothing" of exports that return something else.
pub(crate) fn refusal_of(call: &Call, code: Hresult) -> Answer {
    Answer::new(match returned_by(call.export()) {
        Returned::Hresult(_) => Returned::Hresult(code),
        other => other,
    })
}

/// The kind of value that an export returns, with the "nothing" of that kind.
pub(crate) fn returned_by(export: Export) -> Returned {
    match export {
        Export::HcsCreateOperation | Export::HcsCreateOperationWithNotifications => {
            Returned::Operation(OperationHandle::NULL)
        }
        Export::HcsGetOperationContext => Returned::Context(Pointer(0)),
        Export::HcsGetComputeSystemFromOperation => Returned::System(SystemHandle::NULL),
        Export::HcsGetProcessFromOperation => Returned::Process(ProcessHandle::NULL),
        Export::HcsGetOperationType => Returned::Type(OperationType::None),
        Export::HcsGetOperationId => Returned::Id(u64::MAX),
        export if export.info().delivery == Delivery::Nothing => Returned::Nothing,
        _ => Returned::Hresult(S_OK),
    }
}

/// What a call with a bad handle returns, where Windows would crash or worse. (fidelity: `null-operation`, `stale-handle`)
fn fault_code(fault: Fault) -> Hresult {
    match fault {
        Fault::Null(_) => E_INVALIDARG,
        Fault::MissingExport(_) => HRESULT_ERROR_PROC_NOT_FOUND, // fidelity: profile-exports
        _ => E_HANDLE,
    }
}
