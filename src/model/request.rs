//! What an accepted call asks of the service, parsed once when the call is made.
//! Not here: what it does when it is due (`lifecycle`).

use std::sync::Arc;

use super::process::signal_of;
use crate::call::{Call, OperationType, Text};
use crate::document::Problem;
use crate::document::migration::{
    FinalizeOptions, InitializeOptions, Origin, StartOptions, SystemStartOptions, TransferOptions,
};
use crate::document::process::{ProcessChange, ProcessParameters, Signal, SignalOptions};
use crate::document::request::{
    AnyObject, ModifyRequest, PropertyQuery, SaveOptions, ShutdownOptions, SystemQuery, read,
};

/// A request on its way: what is asked, and of which system and process (0 for none).
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) kind: OperationType,
    pub(crate) system: u64,
    pub(crate) process: u64,
    pub(crate) body: Body,
}

/// A process to be created.
#[derive(Clone, Debug)]
pub(crate) struct NewProcess {
    pub(crate) parameters: Arc<ProcessParameters>,
    /// The guest program that it runs, by its index.
    pub(crate) program: Option<usize>,
    /// Without one: why not.
    pub(crate) nearest: Option<String>,
}

/// The calls of a live migration.
#[derive(Clone, Debug)]
pub(crate) enum MigrationCall {
    Initialize(InitializeOptions),
    Start { has_socket: bool },
    Transfer(TransferOptions),
    Finalize(FinalizeOptions),
    Cancel(TransferOptions),
}

impl MigrationCall {
    /// The side that the caller takes this one for, if it says so.
    pub(crate) fn origin(&self) -> Option<Origin> {
        match self {
            MigrationCall::Initialize(options) => options.origin,
            MigrationCall::Start { .. } => None,
            MigrationCall::Transfer(options) | MigrationCall::Cancel(options) => options.origin,
            MigrationCall::Finalize(options) => options.origin,
        }
    }
}

/// The parsed document of a request; a broken one is refused when the request is carried out.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// NULL, or a document whose members do not matter.
    Empty,
    Broken(Box<Problem>),
    Query(Box<SystemQuery>, Arc<str>),
    Properties(Box<PropertyQuery>),
    Save(Box<SaveOptions>),
    Shutdown(Box<ShutdownOptions>),
    Modify(Box<ModifyRequest>),
    NewProcess(Box<NewProcess>),
    Kill,
    Signal(Signal),
    ChangeProcess(ProcessChange),
    /// A start as the destination of a migration.
    Destination {
        has_socket: bool,
    },
    Migration(Box<MigrationCall>),
}

impl Body {
    /// Parses the document of a call on a system or a process. `has_socket`: one was added to the operation.
    pub(crate) fn of(call: &Call, has_socket: bool) -> Body {
        match call {
            Call::EnumerateComputeSystems { query, .. } => enumeration(&Text::Null, query),
            Call::EnumerateComputeSystemsInNamespace { id_namespace, query, .. } => {
                enumeration(id_namespace, query)
            }
            Call::GetComputeSystemProperties { property_query, .. } => {
                parse(property_query, false, |it| Body::Properties(Box::new(it)))
            }
            Call::SaveComputeSystem { options, .. } => parse(options, true, |it| Body::Save(Box::new(it))),
            Call::ShutDownComputeSystem { options, .. } => {
                parse(options, true, |it: ShutdownOptions| Body::Shutdown(Box::new(it)))
            }
            Call::ModifyComputeSystem { configuration, .. } => {
                parse(&configuration.0, false, |it| Body::Modify(Box::new(it)))
            }
            Call::StartComputeSystem { options, .. } => {
                parse(options, true, |it: SystemStartOptions| match it.destination_migration_options {
                    Some(_) => Body::Destination { has_socket },
                    None => Body::Empty,
                })
            }
            Call::TerminateComputeSystem { options, .. }
            | Call::CrashComputeSystem { options, .. }
            | Call::PauseComputeSystem { options, .. }
            | Call::ResumeComputeSystem { options, .. } => parse(options, true, |_: AnyObject| Body::Empty),
            Call::CreateProcess { process_parameters, .. } => {
                parse(&process_parameters.0, false, |parameters: ProcessParameters| {
                    let parameters = Arc::new(parameters);
                    Body::NewProcess(Box::new(NewProcess { parameters, program: None, nearest: None }))
                })
            }
            Call::TerminateProcess { options, .. } => match parse(options, true, |_: AnyObject| Body::Kill) {
                Body::Empty => Body::Kill,
                body => body,
            },
            Call::SignalProcess { options, .. } => {
                let signal = |it: SignalOptions| Body::Signal(signal_of(it.signal));
                match parse(options, true, signal) {
                    Body::Empty => Body::Signal(signal_of(None)),
                    body => body,
                }
            }
            Call::GetProcessProperties { property_query, .. } => {
                parse(property_query, true, |_: AnyObject| Body::Empty)
            }
            Call::ModifyProcess { settings, .. } => parse(&settings.0, false, Body::ChangeProcess),
            _ => Body::of_migration(call, has_socket),
        }
    }

    fn of_migration(call: &Call, has_socket: bool) -> Body {
        let migration = |it| Body::Migration(Box::new(it));
        let (options, of_null, body): (_, _, Body) = match call {
            Call::InitializeLiveMigrationOnSource { options, .. } => {
                let null = MigrationCall::Initialize(InitializeOptions::default());
                (options, null, parse(options, true, |it| migration(MigrationCall::Initialize(it))))
            }
            Call::StartLiveMigrationOnSource { options, .. } => {
                let start = |_: StartOptions| migration(MigrationCall::Start { has_socket });
                (options, MigrationCall::Start { has_socket }, parse(options, true, start))
            }
            Call::StartLiveMigrationTransfer { options, .. } => {
                let null = MigrationCall::Transfer(TransferOptions::default());
                (options, null, parse(options, true, |it| migration(MigrationCall::Transfer(it))))
            }
            Call::FinalizeLiveMigration { options, .. } => {
                let null = MigrationCall::Finalize(FinalizeOptions::default());
                (options, null, parse(options, true, |it| migration(MigrationCall::Finalize(it))))
            }
            Call::CancelLiveMigration { options, .. } => {
                let null = MigrationCall::Cancel(TransferOptions::default());
                (options, null, parse(options, true, |it| migration(MigrationCall::Cancel(it))))
            }
            _ => return Body::Empty,
        };
        let no_options = options.as_str().is_none_or(str::is_empty);
        if no_options && matches!(body, Body::Empty) { migration(of_null) } else { body }
    }
}

fn enumeration(namespace: &Text, query: &Text) -> Body {
    let namespace: Arc<str> = namespace.as_str().unwrap_or_default().into();
    match query {
        Text::Null => Body::Query(Box::default(), namespace),
        _ => parse(query, false, |it| Body::Query(Box::new(it), namespace)),
    }
}

/// `empty_is_null`: whether the empty text stands for NULL, as clients rely on for options. (fidelity: `empty-options`)
fn parse<T: for<'a> serde::Deserialize<'a>>(
    text: &Text,
    empty_is_null: bool,
    body: impl FnOnce(T) -> Body,
) -> Body {
    let read = match text {
        Text::Null => return Body::Empty,
        Text::Is(text) if text.is_empty() && empty_is_null => return Body::Empty,
        Text::Is(text) => read(text),
        Text::LoneSurrogate(..) | Text::TooLong => Err(Problem::at_root(text.fault().unwrap_or_default())),
    };
    match read {
        Ok(document) => body(document),
        Err(problem) => Body::Broken(Box::new(problem)),
    }
}
