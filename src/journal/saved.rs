//! The journal as data: JSON lines that people can edit and compare, written and read back.
//! Not here: how entries read for people (`text`), answering calls from a journal (`runtime::replay`).

mod read;

pub(crate) use read::{SavedArgument, document_of};

use std::path::Path;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Entry, Journal, What};
use crate::Error;
use crate::answer::ProcessInfo;
use crate::call::{Argument, Call, CreateOptions, Milliseconds, Text};
use crate::handle::MAX_SERIAL;
use crate::source::span;

/// The version of the format, in the first line of a saved journal.
const FORMAT: u32 = 1;

/// The host of handles that were read: no live one has it.
const NO_HOST: u32 = MAX_SERIAL;

/// What stands for a text that could not be read. No document of HCS has such a member.
const UNREADABLE: &str = "$unreadable";

impl Journal {
    /// The journal as JSON lines: a line that names the format, then one object an entry. [`Journal::load`] reads it back.
    ///
    /// Times are in seconds. Documents stand there as JSON, verbatim, unless they have several lines or are no JSON: then as texts.
    /// Addresses are left out, so that two runs of the same test write the same lines.
    ///
    /// ```
    /// use hcs_sim::computecore::*;
    /// use hcs_sim::{Host, Journal};
    /// Host::new().run(|host| {
    ///     // SAFETY: no pointers are passed, and the handle is closed once.
    ///     unsafe { HcsCloseOperation(HcsCreateOperation(std::ptr::null(), None)) };
    ///     let saved = host.journal().to_json_lines();
    ///     assert_eq!(
    ///         saved,
    ///         r#"{"hcs_sim_journal":1}
    /// {"at":"0.000s","thread":"main","call":"HcsCreateOperation","arguments":{"context":false,"callback":false},"returned":"operation#1"}
    /// {"at":"0.000s","thread":"main","call":"HcsCloseOperation","arguments":{"operation":"operation#1"},"returned":"returned"}
    /// "#
    ///     );
    ///     let loaded = Journal::load(&saved).unwrap();
    ///     assert_eq!(loaded.to_string(), host.journal().to_string());
    /// });
    /// ```
    pub fn to_json_lines(&self) -> String {
        let mut lines = head(self.dropped);
        for entry in &self.entries {
            lines.push_str(&line(entry));
            lines.push('\n');
        }
        lines
    }

    /// Writes the journal into a file, as [`Journal::to_json_lines`] does.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> std::io::Result<()> {
        std::fs::write(path, self.to_json_lines())
    }

    /// Reads a journal from the text of [`Journal::to_json_lines`]. Empty lines, and lines that begin with `//`, say nothing.
    ///
    /// # Errors
    ///
    /// [`Error::BadFile`] with everything that is wrong, each with its line and column.
    pub fn load(text: &str) -> Result<Journal, Error> {
        read::load(text, "journal")
    }

    /// Reads a journal from a file.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] if the file cannot be read, else as [`Journal::load`].
    pub fn read(path: impl AsRef<Path>) -> Result<Journal, Error> {
        let (name, text) = crate::source::read_file(path.as_ref())?;
        read::load(&text, &name)
    }
}

/// The first line of a saved journal.
pub(super) fn head(dropped: u64) -> String {
    let head = match dropped {
        0 => json!({ "hcs_sim_journal": FORMAT }),
        dropped => json!({ "hcs_sim_journal": FORMAT, "dropped": dropped }),
    };
    format!("{head}\n")
}

/// An entry as a line of a saved journal, without its end.
pub(super) fn line(entry: &Entry) -> String {
    serde_json::to_string(&Line { entry, raw: true }).expect("hcs-sim bug: an entry is plain data")
}

impl Serialize for Journal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.entries.len()))?;
        self.entries.iter().try_for_each(|it| list.serialize_element(it))?;
        list.end()
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Line { entry: self, raw: false }.serialize(serializer)
    }
}

/// An entry as it is written; `raw`: documents as JSON, which only a line of JSON can hold.
struct Line<'a> {
    entry: &'a Entry,
    raw: bool,
}

impl Line<'_> {
    fn document<'a>(&self, text: &'a str) -> Document<'a> {
        Document { text, raw: self.raw }
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.entry;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("at", &span::write_seconds(entry.at))?;
        if entry.began != entry.at {
            map.serialize_entry("began", &span::write_seconds(entry.began))?;
        }
        map.serialize_entry("thread", &*entry.thread)?;
        match &entry.what {
            What::Called { call, answer, system_id, .. } => {
                map.serialize_entry("call", call.export().name())?;
                map.serialize_entry("arguments", &Arguments { call, raw: self.raw })?;
                if let Some(id) = system_id {
                    map.serialize_entry("system_id", id)?;
                }
                map.serialize_entry("returned", &answer.returned.to_string())?;
                if !answer.system.is_null() {
                    map.serialize_entry("compute_system", &answer.system.to_string())?;
                }
                if !answer.process.is_null() {
                    map.serialize_entry("process", &answer.process.to_string())?;
                }
                if let Some(info) = &answer.process_info {
                    map.serialize_entry("process_information", &info_value(info))?;
                }
                if let Some(document) = &answer.document {
                    map.serialize_entry("document", &self.document(document))?;
                }
            }
            What::Completed { operation, operation_type, hresult, document, dropped, .. } => {
                map.serialize_entry("completed", &operation.to_string())?;
                map.serialize_entry("operation_type", &format!("{operation_type:?}"))?;
                map.serialize_entry("hresult", &hresult.label())?;
                if let Some(document) = document {
                    map.serialize_entry("document", &self.document(document))?;
                }
                if *dropped {
                    map.serialize_entry("dropped", dropped)?;
                }
            }
            What::CallbackEntered { operation } => {
                map.serialize_entry("callback_entered", &operation.to_string())?
            }
            What::CallbackReturned { operation } => {
                map.serialize_entry("callback_returned", &operation.to_string())?
            }
            What::Exited { system_id, document } => {
                map.serialize_entry("exited", system_id)?;
                map.serialize_entry("document", &self.document(document))?;
            }
            What::ProcessExited { system_id, process_id, document, output } => {
                map.serialize_entry("process_exited", process_id)?;
                map.serialize_entry("system_id", system_id)?;
                map.serialize_entry("document", &self.document(document))?;
                if let Some(output) = output {
                    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
                        if !bytes.is_empty() {
                            map.serialize_entry(name, &bytes_value(bytes))?;
                        }
                    }
                }
            }
            What::EventEntered { event, target, operation, data } => {
                map.serialize_entry("event_entered", event)?;
                map.serialize_entry("target", &target.to_string())?;
                if let Some(operation) = operation {
                    map.serialize_entry("operation", &operation.to_string())?;
                }
                if let Some(data) = data {
                    map.serialize_entry("data", &self.document(data))?;
                }
            }
            What::EventReturned { event, target } => {
                map.serialize_entry("event_returned", event)?;
                map.serialize_entry("target", &target.to_string())?;
            }
            What::Service { what } => map.serialize_entry("service", what)?,
        }
        if let Some(note) = entry.note() {
            map.serialize_entry("note", note)?;
        }
        map.end()
    }
}

/// A text that may be a document: as JSON where that says the same to the letter, else as a text.
struct Document<'a> {
    text: &'a str,
    raw: bool,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match json_of(self.text).filter(|_| self.raw) {
            Some(raw) => raw.serialize(serializer),
            None => self.text.serialize(serializer),
        }
    }
}

/// The text as JSON, if it is an object or a list on one line and nothing else.
pub(crate) fn json_of(text: &str) -> Option<&RawValue> {
    let fits = text.starts_with(['{', '['])
        && !text.contains(['\n', '\r'])
        && !text[1..].trim_start().starts_with("\"$");
    let raw: &RawValue = serde_json::from_str(text).ok().filter(|_| fits)?;
    (raw.get().len() == text.len()).then_some(raw)
}

struct Arguments<'a> {
    call: &'a Call,
    raw: bool,
}

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let arguments = self.call.arguments();
        let mut map = serializer.serialize_map(Some(arguments.len()))?;
        for (name, argument) in arguments {
            match argument {
                Argument::Text { text: Text::Is(text), .. } => {
                    map.serialize_entry(name, &Document { text, raw: self.raw })?;
                }
                other => map.serialize_entry(name, &argument_value(&other))?,
            }
        }
        map.end()
    }
}

/// The arguments of a call as they are saved, on one line.
#[cfg(feature = "tracing")]
pub(crate) fn arguments_text(call: &Call) -> String {
    serde_json::to_string(&Arguments { call, raw: true }).expect("hcs-sim bug: arguments are plain data")
}

/// An argument as it is saved; texts that could be read are the caller's.
pub(crate) fn argument_value(argument: &Argument<'_>) -> Value {
    match argument {
        Argument::Operation(it) => json!(it.to_string()),
        Argument::System(it) => json!(it.to_string()),
        Argument::Process(it) => json!(it.to_string()),
        Argument::Text { text, .. } => match text {
            Text::Null => Value::Null,
            Text::Is(text) => json!(text),
            Text::LoneSurrogate(unit, at) => json!({ UNREADABLE: { "surrogate": unit, "at": at } }),
            Text::TooLong => json!({ UNREADABLE: "too long" }),
        },
        Argument::Pointer(it) => json!(it.0 != 0),
        Argument::Options(CreateOptions::Null) => Value::Null,
        Argument::Options(CreateOptions::Unknown(version)) => json!({ "version": version }),
        Argument::Options(CreateOptions::Version1 { callback_options, context, callback }) => json!({
            "callback_options": callback_options, "context": context.0 != 0, "callback": callback.0 != 0,
        }),
        Argument::Out { given, .. } => json!(given),
        Argument::Timeout(Milliseconds::INFINITE) => json!("INFINITE"),
        Argument::Timeout(it) => json!(it.0),
        Argument::Number(it) => json!(it),
        Argument::Flags(it) => json!(it),
    }
}

const STREAMS: [&str; 3] = ["std_input", "std_output", "std_error"];

fn info_value(info: &ProcessInfo) -> Value {
    let given = [info.std_input, info.std_output, info.std_error];
    let streams: Vec<&str> = STREAMS.iter().zip(given).filter(|it| it.1).map(|it| *it.0).collect();
    let mut value = json!({ "process_id": info.process_id, "streams": streams });
    if !info.is_create {
        value["copies"] = true.into();
    }
    value
}

/// Bytes as a text if they are one, else as numbers.
fn bytes_value(bytes: &[u8]) -> Value {
    std::str::from_utf8(bytes).map_or_else(|_| json!(bytes), |it| json!(it))
}
