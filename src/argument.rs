//! The types of arguments of a call, and what each says of itself.
//! Not here: which export takes which (`call`), how they are decoded (`abi`).

use std::sync::Arc;

use crate::handle::{OperationHandle, ProcessHandle, SystemHandle};

/// A text argument: a UTF-16 string of the caller, decoded once.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Text {
    /// A NULL pointer.
    #[default]
    Null,
    /// Valid UTF-16.
    Is(Arc<str>),
    /// Not valid UTF-16: the lone surrogate and the index of its 16-bit unit.
    LoneSurrogate(u16, u32),
    /// Longer than [`Text::LIMIT`]: nothing was read beyond it.
    TooLong,
}

impl Text {
    /// The longest argument that is read, in 16-bit units: 16 Mi, which is 32 MiB.
    pub const LIMIT: usize = 16 << 20;

    /// The text, if there is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Text::Is(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the pointer was NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Text::Null)
    }

    /// What is wrong with the text, in words; `None` for NULL and for valid text.
    pub fn fault(&self) -> Option<String> {
        match self {
            Text::Null | Text::Is(_) => None,
            Text::LoneSurrogate(unit, at) => {
                Some(format!("not valid UTF-16: lone surrogate 0x{unit:04X} at unit {at}"))
            }
            Text::TooLong => Some(format!("longer than the {} 16-bit units that hcs-sim reads", Text::LIMIT)),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Is(text.into())
    }
}

/// A text argument that may not be NULL.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Needed(pub Text);

/// An opaque pointer or handle of the caller that is carried and never followed: a context, a callback's address, a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Pointer(pub usize);

/// The options of `HcsCreateComputeSystemInNamespace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
#[allow(missing_docs)] // fields are named as in the structure
pub enum CreateOptions {
    /// NULL.
    #[default]
    Null,
    /// `HCS_CREATE_OPTIONS_1`, as far as it matters here.
    Version1 { callback_options: i32, context: Pointer, callback: Pointer },
    /// A structure of another version, which is not read further.
    Unknown(i32),
}

/// An out parameter that may be NULL: whether the caller passed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Out(pub bool);

/// An out parameter that may not be NULL: whether the caller passed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeededOut(pub bool);

/// A timeout in milliseconds, `0xFFFFFFFF` meaning INFINITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milliseconds(pub u32);

impl Milliseconds {
    /// The value that means "no timeout".
    pub const INFINITE: Milliseconds = Milliseconds(u32::MAX);
}

/// One argument of a [`Call`](crate::Call), as [`Call::arguments`](crate::Call::arguments) shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // one variant per argument type above
pub enum Argument<'a> {
    Operation(OperationHandle),
    System(SystemHandle),
    Process(ProcessHandle),
    Text { text: &'a Text, required: bool },
    Pointer(Pointer),
    Options(CreateOptions),
    Out { given: bool, required: bool },
    Timeout(Milliseconds),
    Number(u32),
    Flags(i32),
}

/// What every argument type answers about itself; one type a role, so that a call's handles are found without a list.
pub(crate) trait AsArgument {
    fn as_argument(&self) -> Argument<'_>;

    fn operation(&self) -> Option<OperationHandle> {
        None
    }

    fn system(&self) -> Option<SystemHandle> {
        None
    }

    fn process(&self) -> Option<ProcessHandle> {
        None
    }

    /// What makes the call impossible, if anything does.
    fn fault(&self) -> Option<ArgumentFault> {
        None
    }
}

pub(crate) enum ArgumentFault {
    Missing,
    Unreadable(String),
}

impl AsArgument for OperationHandle {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Operation(*self)
    }

    fn operation(&self) -> Option<OperationHandle> {
        Some(*self)
    }
}

impl AsArgument for SystemHandle {
    fn as_argument(&self) -> Argument<'_> {
        Argument::System(*self)
    }

    fn system(&self) -> Option<SystemHandle> {
        Some(*self)
    }
}

impl AsArgument for ProcessHandle {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Process(*self)
    }

    fn process(&self) -> Option<ProcessHandle> {
        Some(*self)
    }
}

/// Text that is merely not UTF-16 is no argument error: the service reports it as an invalid document.
impl AsArgument for Text {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Text { text: self, required: false }
    }

    fn fault(&self) -> Option<ArgumentFault> {
        match self {
            Text::TooLong => Some(ArgumentFault::Unreadable(Text::fault(self)?)),
            _ => None,
        }
    }
}

impl AsArgument for Needed {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Text { text: &self.0, required: true }
    }

    fn fault(&self) -> Option<ArgumentFault> {
        if self.0.is_null() { Some(ArgumentFault::Missing) } else { AsArgument::fault(&self.0) }
    }
}

impl AsArgument for Out {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Out { given: self.0, required: false }
    }
}

impl AsArgument for NeededOut {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Out { given: self.0, required: true }
    }

    fn fault(&self) -> Option<ArgumentFault> {
        (!self.0).then_some(ArgumentFault::Missing)
    }
}

impl AsArgument for Pointer {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Pointer(*self)
    }
}

/// Boxed: it is rare, and calls are kept in the journal.
impl AsArgument for Box<CreateOptions> {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Options(**self)
    }

    fn fault(&self) -> Option<ArgumentFault> {
        match &**self {
            CreateOptions::Unknown(version) => {
                Some(ArgumentFault::Unreadable(format!("of version 0x{version:08X}, which is not known")))
            }
            _ => None,
        }
    }
}

impl AsArgument for Milliseconds {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Timeout(*self)
    }
}

impl AsArgument for u32 {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Number(*self)
    }
}

impl AsArgument for i32 {
    fn as_argument(&self) -> Argument<'_> {
        Argument::Flags(*self)
    }
}
