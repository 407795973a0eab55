//! The one error type of the Rust API: one variant per thing that can go wrong.
//! Not here: HRESULTs, which are what the simulated calls answer (`hresult`).

/// What can go wrong in a call of the Rust API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No finding has this name.
    #[error("no finding is called {name:?}; FindingKind::all() lists them")]
    UnknownFinding {
        /// The name that was given.
        name: String,
    },
}
