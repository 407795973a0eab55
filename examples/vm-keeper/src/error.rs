//! `Error`: what the keeper was doing, the code that HCS gave, and the document by which HCS explains it.
//! Not here: asking HCS for any of it (`hcs`).

use std::fmt;

use serde::Deserialize;
use windows_sys::Win32::Foundation::E_UNEXPECTED;
use windows_sys::core::HRESULT;

/// What can go wrong.
#[derive(Debug)]
pub enum Error {
    /// HCS refused a request, failed it, or did not finish it in time.
    Hcs {
        /// What was asked of it.
        doing: &'static str,
        /// The code.
        hresult: HRESULT,
        /// The explanation. HCS does not always give one.
        explained: Option<Box<ResultError>>,
    },
    /// HCS answered something that the keeper cannot read.
    Answer {
        /// What was asked of it.
        doing: &'static str,
        /// What is wrong with the answer.
        source: serde_json::Error,
    },
}

/// The document by which HCS explains a failure, as far as people want to read it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResultError {
    /// A code; not always in the same form as that of the operation.
    pub error: i32,
    /// The system's text for the code, in the language of the host; can be empty.
    pub error_message: String,
    /// What led to it, outermost first.
    pub error_events: Vec<ErrorEvent>,
}

/// One step of what led to a failure.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ErrorEvent {
    /// The text, in the language of the host: to be shown, never to be matched.
    pub message: String,
    /// The number of the event.
    pub event_id: u16,
}

impl Error {
    pub(crate) fn hcs(doing: &'static str, hresult: HRESULT, document: Option<&str>) -> Error {
        // A document that cannot be read must not hide the code.
        let explained = document.and_then(|it| serde_json::from_str(it).ok());
        Error::Hcs { doing, hresult, explained }
    }

    /// The code of HCS.
    pub fn code(&self) -> HRESULT {
        match self {
            Error::Hcs { hresult, .. } => *hresult,
            Error::Answer { .. } => E_UNEXPECTED,
        }
    }

    /// The explanation of HCS, if it gave one.
    pub fn explained(&self) -> Option<&ResultError> {
        match self {
            Error::Hcs { explained, .. } => explained.as_deref(),
            Error::Answer { .. } => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Hcs { doing, hresult, explained } => {
                write!(f, "could not {doing}: 0x{hresult:08X}")?;
                let Some(explained) = explained else { return Ok(()) };
                // The innermost event is nearest to the cause.
                let event = explained.error_events.last().map(|it| it.message.as_str());
                match event.unwrap_or(&explained.error_message) {
                    "" => Ok(()),
                    text => write!(f, ", {text}"),
                }
            }
            Error::Answer { doing, source } => write!(f, "could not {doing}: unreadable answer, {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Hcs { .. } => None,
            Error::Answer { source, .. } => Some(source),
        }
    }
}
