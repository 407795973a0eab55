//! What is wrong with a document, told so that it can be mended.
//! Not here: finding it (`reader`), nor what HCS says about it (`model::failure`).

use std::fmt;

use super::types::Version;

/// One thing that is wrong with a document.
///
/// ```
/// use hcs_sim::schema::{self, ProblemKind, Version};
/// let problems = schema::check("ShutdownOptions", r#"{"Mechanizm":"IntegrationService"}"#, Version::V2_6);
/// assert_eq!(problems[0].kind, ProblemKind::UnknownMember);
/// assert_eq!(problems[0].pointer, "/Mechanizm");
/// assert_eq!(problems[0].nearest.as_deref(), Some("Mechanism"));
/// assert_eq!(
///     problems[0].to_string(),
///     "/Mechanizm: ShutdownOptions has no member \"Mechanizm\"; did you mean \"Mechanism\"?"
/// );
/// ```
///
/// `Debug` writes the same sentence as `Display`: `assert_eq!(schema::check(..), [])` is good to read when it fails.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Where, as a JSON pointer (RFC 6901); empty for the document itself. One of more than 1,024 bytes is cut.
    pub pointer: String,
    /// What kind of thing is wrong.
    pub kind: ProblemKind,
    /// What the schema wants there, in words.
    pub expected: String,
    /// What stands there, cut if it is long.
    pub found: String,
    /// The nearest spelling that the schema knows, where one is near.
    pub nearest: Option<String>,
    /// The version of the schema that would accept it, for what is too new.
    pub since: Option<Version>,
    /// What else helps: the members that there are, where the member belongs.
    pub hint: Option<String>,
}

/// The kinds of [`Problem`].
///
/// ```
/// use hcs_sim::schema::{self, ProblemKind, Version};
/// let of = |text| schema::check("WorkerExit", text, Version::V2_6)[0].kind;
/// assert_eq!(of("{"), ProblemKind::NotJson);
/// assert_eq!(of(r#"{"ExitCode":"255"}"#), ProblemKind::WrongType);
/// assert_eq!(of(r#"{"ExitCode":-1}"#), ProblemKind::OutOfRange);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Not JSON at all, or nested too deep to be read.
    NotJson,
    /// The schema has no type of the name that was asked for.
    UnknownType,
    /// A member that the type does not have.
    UnknownMember,
    /// A member that stands there twice.
    DuplicateMember,
    /// A member that may not be missing.
    MissingMember,
    /// Not exactly one of members that exclude each other.
    NotOneOf,
    /// Another JSON type than the schema's.
    WrongType,
    /// A number that its type cannot hold, or a list of the wrong length.
    OutOfRange,
    /// A text that is no GUID, date, MAC address or Base64.
    BadFormat,
    /// A value that the enumeration does not have.
    UnknownValue,
    /// Known to the schema, but not in this version.
    TooNew,
    /// A resource path that names nothing, or a request that it does not take.
    BadResource,
}

impl Problem {
    /// The place in the notation of HCS: `$` is the document.
    pub(crate) fn path(&self) -> String {
        format!("${}", self.pointer.replace('/', ".").replace("~1", "/").replace("~0", "~"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        match self.kind {
            ProblemKind::NotJson => write!(f, "not JSON: {}", self.found)?,
            ProblemKind::UnknownType => write!(f, "the schema has no type {}", self.found)?,
            ProblemKind::UnknownMember => write!(f, "{} has no member {}", self.expected, self.found)?,
            ProblemKind::DuplicateMember => write!(f, "{} stands there twice", self.found)?,
            ProblemKind::MissingMember => f.write_str("it is missing")?,
            ProblemKind::NotOneOf => {
                let are = if self.found.contains(" and ") { "are" } else { "is" };
                write!(f, "exactly one of {} is required, and there {are} {}", self.expected, self.found)?;
            }
            ProblemKind::TooNew => write!(f, "{} is not known to {}", self.found, self.expected)?,
            ProblemKind::BadResource => write!(f, "{}: {}", self.found, self.expected)?,
            _ => write!(f, "expected {}, found {}", self.expected, self.found)?,
        }
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean {nearest:?}?")?;
        }
        if let Some(since) = self.since {
            write!(f, "; it came with schema {since}")?;
            if let Some(windows) = since.windows() {
                write!(f, " ({windows})")?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// As `Display`: problems are met in the panics of `assert_eq`.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
