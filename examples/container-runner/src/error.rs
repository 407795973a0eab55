//! `Error`: what the runner was doing, and what came in between.
//! Not here: asking HCS for any of it (`hcs`).

use std::{fmt, io};

use windows_sys::Win32::Foundation::{
    E_UNEXPECTED, HCS_E_SERVICE_DISCONNECT, HCS_E_SYSTEM_ALREADY_STOPPED, RPC_X_SS_IN_NULL_CONTEXT,
};
use windows_sys::core::HRESULT;

use crate::Exit;

/// The codes by which a call says that the service is not there, or is not the one that gave the handle.
const LOST: [HRESULT; 4] = [
    HCS_E_SERVICE_DISCONNECT,
    from_win32(1722), // RPC_S_SERVER_UNAVAILABLE
    from_win32(1726), // RPC_S_CALL_FAILED
    from_win32(RPC_X_SS_IN_NULL_CONTEXT as u32),
];

/// What can go wrong. `doing` is what the runner had asked for.
#[derive(Debug)]
pub enum Error {
    /// HCS refused a request, failed it, or did not finish it in time. The document explains it, if HCS gave one.
    Hcs { doing: &'static str, hresult: HRESULT, document: Option<String> },
    /// The service has crashed or was stopped. What the runner had of it is of no use any more.
    ServiceLost { doing: &'static str, hresult: HRESULT },
    /// The container ended, and the command with it.
    ContainerGone(Exit),
    /// A document cannot be read: a configuration, or an answer of HCS.
    Document { doing: &'static str, source: serde_json::Error },
    /// Output could not be passed on, or the input was closed.
    Stream { doing: &'static str, source: io::Error },
}

impl Error {
    pub(crate) fn hcs(doing: &'static str, hresult: HRESULT, document: Option<String>) -> Error {
        if LOST.contains(&hresult) {
            Error::ServiceLost { doing, hresult }
        } else {
            Error::Hcs { doing, hresult, document }
        }
    }

    /// Whether it is this failure of a request. What a request says while the service is lost, it does not mean.
    pub(crate) fn is(&self, code: HRESULT) -> bool {
        matches!(self, Error::Hcs { hresult, .. } if *hresult == code)
    }

    /// The code of HCS, or the one that is nearest.
    pub fn code(&self) -> HRESULT {
        match self {
            Error::Hcs { hresult, .. } | Error::ServiceLost { hresult, .. } => *hresult,
            Error::ContainerGone(_) => HCS_E_SYSTEM_ALREADY_STOPPED,
            Error::Document { .. } | Error::Stream { .. } => E_UNEXPECTED,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Hcs { doing, hresult, document } => {
                write!(f, "could not {doing}: 0x{hresult:08X}")?;
                document.iter().try_for_each(|it| write!(f, ", {it}"))
            }
            Error::ServiceLost { doing, .. } => write!(f, "could not {doing}: the compute service is lost"),
            Error::ContainerGone(exit) => {
                write!(
                    f,
                    "the container ended under the command: {:?}, 0x{:08X}",
                    exit.exit_type, exit.status
                )
            }
            Error::Document { doing, source } => write!(f, "could not {doing}: unreadable, {source}"),
            Error::Stream { doing, source } => write!(f, "could not {doing}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Document { source, .. } => Some(source),
            Error::Stream { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// HCS reports an error of Win32 in the form of an HRESULT.
pub(crate) const fn from_win32(error: u32) -> HRESULT {
    (error & 0xFFFF | 7 << 16 | 0x8000_0000) as HRESULT
}
