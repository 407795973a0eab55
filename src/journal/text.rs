//! How entries of the journal read: one line each, things by name, documents shortened.
//! Not here: sentences about what is wrong (`report`).

use std::fmt::{self, Write};
use std::time::Duration;

use super::{Entry, What};
use crate::answer::{Answer, Returned};
use crate::call::{Argument, Call, CreateOptions, Delivery, Milliseconds, Pointer, Text};
use crate::hresult::S_OK;

/// Documents and texts are shown up to this many characters.
const SHOWN: usize = 96;

/// Writes entries as lines; those whose numbers are in `guilty` are marked, and where a place is known it stands behind.
pub(crate) fn write_timeline(
    entries: &[Entry],
    guilty: &[u64],
    place: &dyn Fn(u64) -> Option<String>,
    f: &mut dyn Write,
) -> fmt::Result {
    let width = entries.iter().map(|it| it.thread.chars().count()).max().unwrap_or(0);
    for entry in entries {
        write!(f, "t={}  {:width$}  {}", Seconds(entry.at), entry.thread, Line(entry))?;
        if let Some(place) = place(entry.number) {
            write!(f, "   {place}")?;
        }
        writeln!(f, "{}", if guilty.contains(&entry.number) { "   <<<<<" } else { "" })?;
        if let Some(note) = entry.note() {
            writeln!(f, "{:10}# {note}", "")?;
        }
    }
    Ok(())
}

/// A virtual time in seconds, to the millisecond, finer where needed.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.subsec_nanos();
        if nanos.is_multiple_of(1_000_000) {
            write!(f, "{}.{:03}s", self.0.as_secs(), nanos / 1_000_000)
        } else {
            write!(f, "{}.{:06}s", self.0.as_secs(), nanos / 1_000)
        }
    }
}

/// An entry without its time and thread.
pub(crate) struct Line<'a>(pub(crate) &'a Entry);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.0;
        match &entry.what {
            What::Called { call, answer, system_id, .. } => {
                write!(f, "{} -> {}", CallText(call, system_id.as_deref()), AnswerText(call, answer))?;
                if entry.at > entry.began {
                    write!(f, " (since t={})", Seconds(entry.began))?;
                }
                Ok(())
            }
            What::Completed { operation, operation_type, hresult, document, dropped, .. } => {
                write!(f, "{operation} completes: {operation_type:?} {}", hresult.label())?;
                if let Some(document) = document {
                    write!(f, ", {}", Shortened(document))?;
                }
                if *dropped {
                    f.write_str(" (its handle is closed: the result is dropped)")?;
                }
                Ok(())
            }
            What::CallbackEntered { operation } => write!(f, "callback of {operation} enters"),
            What::CallbackReturned { operation } => write!(f, "callback of {operation} returns"),
            What::Exited { system_id, document } => {
                write!(f, "system {system_id:?} exits: {}", Shortened(document))
            }
            What::ProcessExited { system_id, process_id, document, .. } => {
                write!(f, "process {process_id} in {system_id:?} exits: {}", Shortened(document))
            }
            What::EventEntered { event, target, operation, data } => {
                write!(f, "event {event}({target}")?;
                if let Some(operation) = operation {
                    write!(f, ", {operation}")?;
                }
                f.write_str(") -> callback enters")?;
                match data {
                    Some(data) => write!(f, ", {}", Shortened(data)),
                    None => Ok(()),
                }
            }
            What::EventReturned { event, target } => write!(f, "event {event}({target}) -> callback returns"),
            What::Service { what } => f.write_str(what),
        }
    }
}

/// A call, with the id of its system.
pub(super) struct CallText<'a>(pub(super) &'a Call, pub(super) Option<&'a str>);

impl fmt::Display for CallText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_call(self.0, self.1, f)
    }
}

/// What a call answered: `S_OK, operation#1 pending`.
pub(super) struct AnswerText<'a>(pub(super) &'a Call, pub(super) &'a Answer);

impl fmt::Display for AnswerText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AnswerText(call, answer) = self;
        write!(f, "{}", answer.returned)?;
        if !answer.system.is_null() {
            write!(f, ", {}", answer.system)?;
        }
        if !answer.process.is_null() {
            write!(f, ", {}", answer.process)?;
        }
        let accepted = answer.returned == Returned::Hresult(S_OK);
        if call.export().info().delivery == Delivery::ThroughOperation && accepted {
            write!(f, ", {} pending", call.operation().unwrap_or_default())?;
        }
        if let Some(info) = &answer.process_info {
            write!(f, ", process {}", info.process_id)?;
            for (name, given) in
                [("stdin", info.std_input), ("stdout", info.std_output), ("stderr", info.std_error)]
            {
                if given {
                    write!(f, " {name}")?;
                }
            }
        }
        match &answer.document {
            Some(document) => write!(f, ", {}", Shortened(document)),
            None => Ok(()),
        }
    }
}

/// `HcsStartComputeSystem(system#1 "web", operation#1, NULL)`.
pub(crate) fn write_call(call: &Call, system_id: Option<&str>, f: &mut dyn Write) -> fmt::Result {
    write!(f, "{}(", call.export())?;
    let mut separator = "";
    for (_, argument) in call.arguments() {
        if let Argument::Out { given: true, .. } = argument {
            continue; // what it received stands behind the arrow
        }
        f.write_str(std::mem::replace(&mut separator, ", "))?;
        match argument {
            Argument::System(handle) => {
                write!(f, "{handle}")?;
                if let Some(id) = system_id {
                    write!(f, " {id:?}")?;
                }
            }
            Argument::Operation(handle) => write!(f, "{handle}")?,
            Argument::Process(handle) => write!(f, "{handle}")?,
            Argument::Text { text: Text::Is(text), .. } if text.starts_with(['{', '[']) => {
                write!(f, "{}", Shortened(text))?;
            }
            Argument::Text { text: Text::Is(text), .. } => write!(f, "{:?}", Shortened(text).to_string())?,
            Argument::Text { text: Text::Null, .. }
            | Argument::Options(CreateOptions::Null)
            | Argument::Pointer(Pointer(0))
            | Argument::Out { given: false, .. } => f.write_str("NULL")?,
            Argument::Text { text, .. } => write!(f, "<{}>", text.fault().unwrap_or_default())?,
            Argument::Pointer(_) | Argument::Options(_) => f.write_str("_")?, // an address says nothing, and would differ in every run
            Argument::Out { .. } => {}
            Argument::Timeout(Milliseconds::INFINITE) => f.write_str("INFINITE")?,
            Argument::Timeout(Milliseconds(ms)) => write!(f, "{ms} ms")?,
            Argument::Number(it) => write!(f, "0x{it:X}")?,
            Argument::Flags(it) => write!(f, "0x{it:X}")?,
        }
    }
    f.write_str(")")
}

/// A text on one line, cut where it gets long.
struct Shortened<'a>(&'a str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = 0;
        let mut space = false;
        for character in self.0.chars() {
            if character.is_whitespace() {
                space = shown > 0;
                continue;
            }
            if std::mem::take(&mut space) {
                f.write_char(' ')?;
                shown += 1;
            }
            if shown >= SHOWN {
                return write!(f, ".. ({} characters)", self.0.chars().count());
            }
            f.write_char(character)?;
            shown += 1;
        }
        Ok(())
    }
}
