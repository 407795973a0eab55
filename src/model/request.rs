//! What an accepted call asks of the service, parsed once when the call is made.
//! Not here: what it does when it is due (`lifecycle`).

use std::sync::Arc;

use crate::call::{Call, OperationType, Text};
use crate::document::Problem;
use crate::document::request::{
    AnyObject, ModifyRequest, PropertyQuery, SaveOptions, ShutdownOptions, SystemQuery, read,
};

/// A request on its way: what is asked, and of which system (0 for none).
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) kind: OperationType,
    pub(crate) system: u64,
    pub(crate) body: Body,
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
}

impl Body {
    /// Parses the document of a call on a system.
    pub(crate) fn of(call: &Call) -> Body {
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
            Call::StartComputeSystem { options, .. }
            | Call::TerminateComputeSystem { options, .. }
            | Call::CrashComputeSystem { options, .. }
            | Call::PauseComputeSystem { options, .. }
            | Call::ResumeComputeSystem { options, .. } => parse(options, true, |_: AnyObject| Body::Empty),
            _ => Body::Empty,
        }
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
