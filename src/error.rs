//! The one error type of the Rust API: one variant per thing that can go wrong.
//! Not here: HRESULTs, which are what the simulated calls answer (`hresult`).

use std::fmt;

use crate::source::FileProblem;

/// What can go wrong in a call of the Rust API.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No finding has this name.
    #[error("no finding is called {name:?}; FindingKind::all() lists them")]
    UnknownFinding {
        /// The name that was given.
        name: String,
    },
    /// What a test declares as being there already cannot be.
    #[error("{what} cannot be there already: {why}")]
    CannotBeThere {
        /// The system or process.
        what: String,
        /// Why not.
        why: String,
    },
    /// What a host was told has parts that a file cannot hold: closures.
    #[error("a scenario cannot hold {}", parts.join(", nor "))]
    NotData {
        /// Each of the parts.
        parts: Vec<String>,
    },
    /// A file could not be read.
    #[error("{path} cannot be read: {message}")]
    Unreadable {
        /// Its path.
        path: String,
        /// What the system says.
        message: String,
    },
    /// A file, or the text of one, says what cannot be used: everything that is wrong with it.
    #[error("{}", crate::journal::report::files::bad_file(file, problems))]
    BadFile {
        /// The path, or what the text is of.
        file: String,
        /// Each problem, in the order of the text.
        problems: Vec<FileProblem>,
    },
}

/// As `Display`: errors are met in the panics of `unwrap`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
