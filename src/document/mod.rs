//! JSON in and out: the documents that HCS writes, and the requests that it reads.
//! Not here: when a document is handed out (`model`), nor UTF-16 and memory (`abi`).

pub(crate) mod configuration;
pub(crate) mod exit;
pub(crate) mod properties;
pub(crate) mod request;
pub(crate) mod result_error;

use std::sync::Arc;

use serde::Serialize;

/// Writes a document as HCS does: compact, fields in the order of the type. (fidelity: `compact-json`)
pub(crate) fn write(document: &impl Serialize) -> Arc<str> {
    serde_json::to_string(document).expect("hcs-sim bug: a document type that JSON cannot hold").into()
}

/// What is wrong with a request document, as far as HCS tells and as far as we can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, in the notation of HCS: `$` is the document.
    pub(crate) path: String,
    /// What, for the journal.
    pub(crate) what: String,
}

impl Problem {
    pub(crate) fn at_root(what: impl Into<String>) -> Problem {
        Problem { path: "$".to_owned(), what: what.into() }
    }

    pub(crate) fn at(path: impl Into<String>, what: impl Into<String>) -> Problem {
        Problem { path: path.into(), what: what.into() }
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Problem {
        Problem::at_root(error.to_string())
    }
}

/// Every request is a JSON object; serde alone would also take an array of the members' values.
pub(crate) fn require_object(text: &str) -> Result<(), Problem> {
    match text.trim_start_matches([' ', '\t', '\r', '\n']).chars().next() {
        Some('{') => Ok(()),
        Some(other) => {
            Err(Problem::at_root(format!("expected an object, found {other:?} at line 1 column 1")))
        }
        None => Err(Problem::at_root("expected an object, found nothing at line 1 column 0")),
    }
}
