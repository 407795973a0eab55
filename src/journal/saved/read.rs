//! A saved journal read back: lines become entries, arguments become calls, and everything that is wrong is told.
//! Not here: writing them (`saved`).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{FORMAT, NO_HOST, STREAMS, UNREADABLE};
use crate::Error;
use crate::answer::{Answer, ProcessInfo, Returned};
use crate::call::{
    Call, CreateOptions, Export, Milliseconds, Needed, NeededOut, OperationType, Out, Pointer, Text,
};
use crate::event::EventType;
use crate::handle::{self, OperationHandle, ProcessHandle, SystemHandle, TargetHandle};
use crate::hresult::Hresult;
use crate::journal::report::files as words;
use crate::journal::{Entry, Journal, Output, What};
use crate::source::record::{Data, Fields, word};
use crate::source::{Node, Problems, without_mark};

pub(super) fn load(text: &str, file: &str) -> Result<Journal, Error> {
    let text = without_mark(text);
    let mut problems = Problems::of(text);
    let mut journal = Journal { entries: Vec::new(), dropped: 0 };
    let mut has_header = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.trim().is_empty() || line.trim_start().starts_with("//") {
            continue;
        }
        if !has_header && !begins_a_journal(line) {
            problems.tell(start, words::no_journal());
            break; // something else: nothing in it has to be understood
        }
        let Some(node) = Node::parse(line.trim_end_matches(['\n', '\r']), start, &mut problems) else {
            continue;
        };
        if !has_header {
            has_header = true;
            if let Some(mut fields) = Fields::of(node, "the first line of a journal", &mut problems) {
                let format = fields.need::<u32>("hcs_sim_journal", &mut problems);
                if let Some(format) = format.filter(|it| *it != FORMAT) {
                    problems.tell(start, words::unknown_format(format, FORMAT));
                }
                journal.dropped = fields.take("dropped", &mut problems).unwrap_or_default();
                fields.finish(&mut problems);
            }
            continue;
        }
        let number = journal.dropped.saturating_add(journal.entries.len() as u64);
        journal.entries.extend(read_entry(node, number, &mut problems));
    }
    if !has_header && problems.is_empty() {
        problems.tell(0, words::no_journal());
    }
    if problems.is_empty() {
        Ok(journal)
    } else {
        Err(Error::BadFile { file: file.to_owned(), problems: problems.into_list() })
    }
}

/// Whether a line is the first of a journal, of whatever format.
fn begins_a_journal(line: &str) -> bool {
    let node = Node::parse(line.trim_end_matches(['\n', '\r']), 0, &mut Problems::of(line));
    let members = node.and_then(Node::members);
    members.is_some_and(|it| it.iter().any(|it| it.name == "hcs_sim_journal"))
}

/// How an argument is read back.
pub(crate) trait SavedArgument: Sized {
    /// What is expected, in words.
    const SAVED_AS: &'static str;

    fn from_saved(node: Node<'_>) -> Option<Self>;
}

macro_rules! saved_arguments {
    ($($type:ty, $what:literal: |$node:ident| $read:expr;)*) => {$(
        impl SavedArgument for $type {
            const SAVED_AS: &'static str = $what;

            fn from_saved($node: Node<'_>) -> Option<$type> {
                $read
            }
        }
    )*};
}

saved_arguments! {
    OperationHandle, "a handle such as \"operation#1\"": |node| Some(OperationHandle(handle_value(node)?));
    SystemHandle, "a handle such as \"system#1\"": |node| Some(SystemHandle(handle_value(node)?));
    ProcessHandle, "a handle such as \"process#1\"": |node| Some(ProcessHandle(handle_value(node)?));
    Text, "a text, a document or null": |node| text_of(node);
    Needed, "a text, a document or null": |node| text_of(node).map(Needed);
    Pointer, "true or false": |node| Some(Pointer(usize::from(node.boolean()?)));
    Out, "true or false": |node| node.boolean().map(Out);
    NeededOut, "true or false": |node| node.boolean().map(NeededOut);
    Milliseconds, "a number of milliseconds or \"INFINITE\"": |node| match node.text().as_deref() {
        Some("INFINITE") => Some(Milliseconds::INFINITE),
        _ => node.number().map(Milliseconds),
    };
    u32, "a whole number": |node| node.number();
    i32, "a whole number": |node| node.number();
    Box<CreateOptions>, "options or null": |node| options_of(node).map(Box::new);
}

fn handle_value(node: Node<'_>) -> Option<u64> {
    handle::by_name(&node.text()?, NO_HOST)
}

fn text_of(node: Node<'_>) -> Option<Text> {
    if node.is_null() {
        return Some(Text::Null);
    }
    if node.is_object()
        && let Some([only]) = node.members().as_deref()
        && only.name == UNREADABLE
    {
        let Some(members) = only.value.members() else {
            return (only.value.text()? == "too long").then_some(Text::TooLong);
        };
        let find = |name: &str| members.iter().find(|it| it.name == name).map(|it| it.value);
        return Some(Text::LoneSurrogate(find("surrogate")?.number()?, find("at")?.number()?));
    }
    document_of(node).map(|it| Text::Is(it.into()))
}

/// A document's text: of a text, or of JSON that stands there.
pub(crate) fn document_of(node: Node<'_>) -> Option<Cow<'_, str>> {
    if node.is_object() || node.is_list() { Some(Cow::Borrowed(node.raw)) } else { node.text() }
}

fn options_of(node: Node<'_>) -> Option<CreateOptions> {
    if node.is_null() {
        return Some(CreateOptions::Null);
    }
    let members = node.members()?;
    let find = |name: &str| members.iter().find(|it| it.name == name).map(|it| it.value);
    if let Some(version) = find("version") {
        return version.number().map(CreateOptions::Unknown);
    }
    let pointer = |name| Some(Pointer(usize::from(find(name)?.boolean()?)));
    Some(CreateOptions::Version1 {
        callback_options: find("callback_options")?.number()?,
        context: pointer("context")?,
        callback: pointer("callback")?,
    })
}

/// What kind of entry a line is, by the member that it has.
const KINDS: [&str; 9] = [
    "call",
    "completed",
    "callback_entered",
    "callback_returned",
    "exited",
    "process_exited",
    "event_entered",
    "event_returned",
    "service",
];

fn read_entry(node: Node<'_>, number: u64, problems: &mut Problems<'_>) -> Option<Entry> {
    let mut fields = Fields::of(node, "an entry", problems)?;
    let at: Option<Duration> = fields.need("at", problems);
    let began: Option<Duration> = fields.take("began", problems);
    let thread: Option<String> = fields.need("thread", problems);
    let present: Vec<(&str, Node<'_>)> =
        KINDS.iter().filter_map(|it| Some((*it, fields.node(it)?))).collect();
    let [(kind, value)] = present[..] else {
        problems.tell(node.at, words::not_one_of("an entry", &KINDS));
        return None;
    };
    let what = read_what(kind, value, &mut fields, problems);
    fields.finish(problems);
    let at = at?;
    Some(Entry { number, began: began.unwrap_or(at).min(at), at, thread: thread?.into(), what: what? })
}

fn read_what(
    kind: &str,
    value: Node<'_>,
    fields: &mut Fields<'_>,
    problems: &mut Problems<'_>,
) -> Option<What> {
    Some(match kind {
        "call" => return read_call(value, fields, problems),
        "completed" => {
            let operation = operation(value, problems);
            let operation_type = fields.need("operation_type", problems);
            let hresult = fields.need("hresult", problems);
            let document = document(fields, "document", problems);
            let dropped = fields.take("dropped", problems).unwrap_or_default();
            let note = fields.take::<String>("note", problems).map(Arc::from);
            What::Completed {
                operation: operation?,
                operation_type: operation_type?,
                hresult: hresult?,
                document,
                dropped,
                note,
            }
        }
        "callback_entered" => What::CallbackEntered { operation: operation(value, problems)? },
        "callback_returned" => What::CallbackReturned { operation: operation(value, problems)? },
        "exited" => {
            let document = needed_document(fields, problems);
            What::Exited { system_id: text(value, problems)?, document: document? }
        }
        "process_exited" => {
            let process_id = value.number();
            if process_id.is_none() {
                problems.tell(value.at, words::expected("a process id", value.kind()));
            }
            let system_id = fields.need::<String>("system_id", problems);
            let document = needed_document(fields, problems);
            let [stdout, stderr] = ["stdout", "stderr"].map(|it| bytes(fields, it, problems));
            let is_silent = stdout.is_empty() && stderr.is_empty();
            let output = (!is_silent).then(|| Arc::new(Output { stdout, stderr }));
            What::ProcessExited {
                system_id: system_id?.into(),
                process_id: process_id?,
                document: document?,
                output,
            }
        }
        "event_entered" => {
            let event = event_type(value, problems);
            let target = target(fields, problems);
            let operation = fields.node("operation").and_then(|it| operation(it, problems));
            let data = document(fields, "data", problems);
            What::EventEntered { event: event?, target: target?, operation, data }
        }
        "event_returned" => {
            let event = event_type(value, problems);
            What::EventReturned { target: target(fields, problems)?, event: event? }
        }
        _ => What::Service { what: text(value, problems)? },
    })
}

fn read_call(value: Node<'_>, fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<What> {
    let exports: Vec<(&str, Export)> = Export::all().iter().map(|it| (it.name, it.export)).collect();
    let export = word(value, "an export of computecore.dll", &exports, problems);
    let arguments = fields.node("arguments");
    if arguments.is_none() {
        problems.tell(fields.at(), words::missing("a call", "arguments"));
    }
    let call = arguments.map(|it| (it, export)).and_then(|(node, export)| {
        let mut arguments = Fields::of(node, export?.name(), problems)?;
        let mut missing = Vec::new();
        let mut wrong = Vec::new();
        let mut find = |name| {
            let found = arguments.node(name);
            if found.is_none() {
                missing.push(name);
            }
            found
        };
        let call = Call::from_saved(export?, &mut find, &mut |node, what| wrong.push((node, what)));
        for name in missing {
            problems.tell(node.at, words::missing(export?.name(), name));
        }
        for (node, what) in wrong {
            problems.tell(node.at, words::expected(what, node.raw));
        }
        arguments.finish(problems);
        call
    });
    let system_id = fields.take::<String>("system_id", problems).map(Arc::from);
    let returned = fields.need::<String>("returned", problems).map(|it| (returned_of(export, &it), it));
    if let Some((None, text)) = &returned
        && let Some(export) = export
    {
        problems
            .tell(fields.at(), words::expected(&format!("what {export} can return"), &format!("{text:?}")));
    }
    let mut handle = |name| {
        let node = fields.node(name)?;
        let value = handle_value(node);
        if value.is_none() {
            problems.tell(node.at, words::expected("a handle", node.raw));
        }
        value
    };
    let system = SystemHandle(handle("compute_system").unwrap_or_default());
    let process = ProcessHandle(handle("process").unwrap_or_default());
    let process_info = fields.node("process_information").and_then(|it| info_of(it, problems));
    let document = document(fields, "document", problems);
    let note = fields.take::<String>("note", problems).map(Arc::from);
    let answer = Answer { returned: returned?.0?, system, process, process_info, document };
    Some(What::Called { call: call?, answer, system_id, note })
}

/// The return value of an export that is shown so.
fn returned_of(export: Option<Export>, text: &str) -> Option<Returned> {
    let usual = crate::model::step::returned_by(export?);
    Some(match usual {
        Returned::Nothing => return (text == Returned::Nothing.to_string()).then_some(Returned::Nothing),
        Returned::Hresult(_) => Returned::Hresult(Hresult::by_label(text)?),
        Returned::Operation(_) => Returned::Operation(OperationHandle(handle::by_name(text, NO_HOST)?)),
        Returned::System(_) => Returned::System(SystemHandle(handle::by_name(text, NO_HOST)?)),
        Returned::Process(_) => Returned::Process(ProcessHandle(handle::by_name(text, NO_HOST)?)),
        Returned::Context(_) => match text {
            "NULL" => Returned::Context(Pointer(0)),
            "context" => Returned::Context(Pointer(1)),
            _ => return None,
        },
        Returned::Type(_) => Returned::Type(OperationType::by_name(text)?),
        Returned::Id(_) if text == Returned::Id(u64::MAX).to_string() => Returned::Id(u64::MAX),
        Returned::Id(_) => Returned::Id(text.parse().ok()?),
    })
}

fn bytes(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems<'_>) -> Vec<u8> {
    let Some(node) = fields.node(name).filter(|it| !it.is_null()) else { return Vec::new() };
    match node.text() {
        Some(text) => text.into_owned().into_bytes(),
        None => Vec::<u8>::read(node, problems).unwrap_or_default(),
    }
}

fn info_of(node: Node<'_>, problems: &mut Problems<'_>) -> Option<ProcessInfo> {
    let mut fields = Fields::of(node, "process information", problems)?;
    let process_id = fields.need("process_id", problems);
    let streams: Vec<String> = fields.need("streams", problems).unwrap_or_default();
    let copies: bool = fields.take("copies", problems).unwrap_or_default();
    fields.finish(problems);
    for unknown in streams.iter().filter(|it| !STREAMS.contains(&it.as_str())) {
        problems.tell(node.at, words::unknown_word("a stream", unknown, &STREAMS));
    }
    let [std_input, std_output, std_error] = STREAMS.map(|name| streams.iter().any(|it| it == name));
    Some(ProcessInfo { process_id: process_id?, std_input, std_output, std_error, is_create: !copies })
}

fn operation(node: Node<'_>, problems: &mut Problems<'_>) -> Option<OperationHandle> {
    let value = handle_value(node);
    if value.is_none() {
        problems.tell(node.at, words::expected(OperationHandle::SAVED_AS, node.raw));
    }
    value.map(OperationHandle)
}

fn target(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<TargetHandle> {
    let node = fields.node("target");
    let target = node.and_then(handle_value).and_then(TargetHandle::of);
    if target.is_none() {
        let (at, found) = node.map_or((fields.at(), "nothing"), |it| (it.at, it.raw));
        problems.tell(at, words::expected("a \"target\" such as \"system#1\"", found));
    }
    target
}

fn event_type(node: Node<'_>, problems: &mut Problems<'_>) -> Option<EventType> {
    EventType::read(node, problems)
}

fn text(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Arc<str>> {
    String::read(node, problems).map(Arc::from)
}

fn document(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems<'_>) -> Option<Arc<str>> {
    let node = fields.node(name).filter(|it| !it.is_null())?;
    let document = document_of(node);
    if document.is_none() {
        problems.tell(node.at, words::expected("a document", node.kind()));
    }
    document.map(|it| Arc::from(&*it))
}

fn needed_document(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Arc<str>> {
    let document = document(fields, "document", problems);
    if document.is_none() {
        problems.tell(fields.at(), words::missing("an exit", "document"));
    }
    document
}
