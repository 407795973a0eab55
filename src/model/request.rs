//! What an accepted call asks of the service, parsed once when the call is made.
//! Not here: what it does when it is due (`lifecycle`).

use std::sync::Arc;

use super::process::signal_of;
use crate::call::{Call, OperationType, Text};
use crate::document::migration::{
    FinalizeOptions, InitializeOptions, MigrationOrigin, SystemStartOptions, TransferOptions,
};
use crate::document::process::{ProcessChange, ProcessParameters, Signal, SignalOptions};
use crate::document::request::{
    AnyObject, ModifyRequest, PropertyQuery, SaveOptions, ShutdownOptions, SystemQuery,
};
use crate::document::{Problem, Reading};
use crate::schema::{Type, table};

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
    pub(crate) fn origin(&self) -> Option<MigrationOrigin> {
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

/// Reads the documents of calls.
pub(crate) struct Intake {
    pub(crate) reading: Reading,
    /// A remark for the journal about a document that was taken all the same.
    pub(crate) note: Option<String>,
}

impl Body {
    /// Parses the document of a call on a system or a process. `has_socket`: one was added to the operation.
    pub(crate) fn of(call: &Call, has_socket: bool, intake: &mut Intake) -> Body {
        match call {
            Call::EnumerateComputeSystems { query, .. } => intake.enumeration(&Text::Null, query),
            Call::EnumerateComputeSystemsInNamespace { id_namespace, query, .. } => {
                intake.enumeration(id_namespace, query)
            }
            Call::GetComputeSystemProperties { property_query, .. } => {
                intake.document(&table::System_PropertyQuery, property_query, |it| {
                    Body::Properties(Box::new(it))
                })
            }
            Call::SaveComputeSystem { options, .. } => {
                intake.options(&table::SaveOptions, options, |it| Body::Save(Box::new(it)))
            }
            Call::ShutDownComputeSystem { options, .. } => {
                intake.options(&table::ShutdownOptions, options, |it| Body::Shutdown(Box::new(it)))
            }
            Call::ModifyComputeSystem { configuration, .. } => {
                intake
                    .document(&table::ModifySettingRequest, &configuration.0, |it| Body::Modify(Box::new(it)))
            }
            Call::StartComputeSystem { options, .. } => {
                intake.options(&table::StartOptions, options, |it: SystemStartOptions| {
                    match it.destination_migration_options {
                        Some(_) => Body::Destination { has_socket },
                        None => Body::Empty,
                    }
                })
            }
            Call::CrashComputeSystem { options, .. } => {
                intake.options(&table::CrashOptions, options, |_: AnyObject| Body::Empty)
            }
            Call::PauseComputeSystem { options, .. } => {
                intake.options(&table::PauseOptions, options, |_: AnyObject| Body::Empty)
            }
            Call::TerminateComputeSystem { options, .. } | Call::ResumeComputeSystem { options, .. } => {
                intake.options(&table::Any, options, |_: AnyObject| Body::Empty)
            }
            Call::CreateProcess { process_parameters, .. } => {
                let body = |parameters: ProcessParameters| {
                    let parameters = Arc::new(parameters);
                    Body::NewProcess(Box::new(NewProcess { parameters, program: None, nearest: None }))
                };
                intake.document(&table::ProcessParameters, &process_parameters.0, body)
            }
            Call::TerminateProcess { options, .. } => {
                match intake.options(&table::Any, options, |_: AnyObject| Body::Kill) {
                    Body::Empty => Body::Kill,
                    body => body,
                }
            }
            Call::SignalProcess { options, .. } => {
                let signal = |it: SignalOptions| Body::Signal(signal_of(it.signal));
                match intake.options(&table::SignalProcessOptions, options, signal) {
                    Body::Empty => Body::Signal(signal_of(None)),
                    body => body,
                }
            }
            Call::GetProcessProperties { property_query, .. } => {
                intake.options(&table::Any, property_query, |_: AnyObject| Body::Empty)
            }
            Call::ModifyProcess { settings, .. } => {
                intake.document(&table::ProcessModifyRequest, &settings.0, Body::ChangeProcess)
            }
            _ => Body::of_migration(call, has_socket, intake),
        }
    }

    fn of_migration(call: &Call, has_socket: bool, intake: &mut Intake) -> Body {
        let migration = |it| Body::Migration(Box::new(it));
        let (options, of_null, body): (_, _, Body) = match call {
            Call::InitializeLiveMigrationOnSource { options, .. } => {
                let null = MigrationCall::Initialize(InitializeOptions::default());
                let body = |it| migration(MigrationCall::Initialize(it));
                (options, null, intake.options(&table::MigrationInitializeOptions, options, body))
            }
            Call::StartLiveMigrationOnSource { options, .. } => {
                let body = |_: AnyObject| migration(MigrationCall::Start { has_socket });
                let null = MigrationCall::Start { has_socket };
                (options, null, intake.options(&table::MigrationStartOptions, options, body))
            }
            Call::StartLiveMigrationTransfer { options, .. } => {
                let null = MigrationCall::Transfer(TransferOptions::default());
                let body = |it| migration(MigrationCall::Transfer(it));
                (options, null, intake.options(&table::MigrationTransferOptions, options, body))
            }
            Call::FinalizeLiveMigration { options, .. } => {
                let null = MigrationCall::Finalize(FinalizeOptions::default());
                let body = |it| migration(MigrationCall::Finalize(it));
                (options, null, intake.options(&table::MigrationFinalizedOptions, options, body))
            }
            Call::CancelLiveMigration { options, .. } => {
                let null = MigrationCall::Cancel(TransferOptions::default());
                let body = |it| migration(MigrationCall::Cancel(it));
                (options, null, intake.options(&table::MigrationTransferOptions, options, body))
            }
            _ => return Body::Empty,
        };
        let no_options = options.as_str().is_none_or(str::is_empty);
        if no_options && matches!(body, Body::Empty) { migration(of_null) } else { body }
    }
}

impl Intake {
    fn enumeration(&mut self, namespace: &Text, query: &Text) -> Body {
        let namespace: Arc<str> = namespace.as_str().unwrap_or_default().into();
        match query {
            Text::Null => Body::Query(Box::default(), namespace),
            _ => self.document(&table::SystemQuery, query, |it| Body::Query(Box::new(it), namespace)),
        }
    }

    /// Reads options. The empty text stands for NULL, as clients rely on. (fidelity: `empty-options`)
    fn options<T: for<'a> serde::Deserialize<'a>>(
        &mut self,
        ty: &'static Type,
        text: &Text,
        body: impl FnOnce(T) -> Body,
    ) -> Body {
        match text {
            Text::Is(text) if text.is_empty() => Body::Empty,
            _ => self.document(ty, text, body),
        }
    }

    fn document<T: for<'a> serde::Deserialize<'a>>(
        &mut self,
        ty: &'static Type,
        text: &Text,
        body: impl FnOnce(T) -> Body,
    ) -> Body {
        let read = match text {
            Text::Null => return Body::Empty,
            Text::Is(text) => self.reading.read(ty, text),
            Text::LoneSurrogate(..) | Text::TooLong => {
                Err(Problem::at_root(text.fault().unwrap_or_default()))
            }
        };
        match read {
            Ok((document, note)) => {
                self.note = note;
                body(document)
            }
            Err(problem) => Body::Broken(Box::new(problem)),
        }
    }
}
