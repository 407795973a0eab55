//! `Error`: a request that HCS did not fulfil, with what it said.
//! Not here: making the request (`request`).

use std::fmt;

use serde::Deserialize;
use windows::core::HRESULT;

/// A request that HCS did not fulfil.
#[derive(Debug)]
pub struct Error {
    doing: &'static str,
    source: windows::core::Error,
    result: Option<ResultError>,
}

/// The document of a failure.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResultError {
    #[serde(default)]
    pub error_message: String,
}

impl Error {
    /// A document that cannot be read is as good as none.
    pub(crate) fn new(doing: &'static str, source: windows::core::Error, document: Option<String>) -> Error {
        let result = document.and_then(|it| serde_json::from_str(&it).ok());
        Error { doing, source, result }
    }

    /// What HCS answered.
    pub fn code(&self) -> HRESULT {
        self.source.code()
    }

    /// What HCS said about it. Often it says nothing.
    pub fn result(&self) -> Option<&ResultError> {
        self.result.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.doing)?;
        match &self.result {
            Some(result) if !result.error_message.is_empty() => write!(f, ": {}", result.error_message),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
