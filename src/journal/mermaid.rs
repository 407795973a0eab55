//! The journal as a sequence diagram in the language of Mermaid.
//! Not here: the text of an entry (`text`).

use std::fmt::{self, Display};

use super::text::{AnswerText, CallText, Line, Seconds};
use super::{Entry, Journal, What};

/// The lane of HCS, which has the name of the host's own threads.
const HCS: &str = "hcs";
/// The lane of the code under test where the host's own threads run it.
const CALLBACKS: &str = "callbacks";

impl Journal {
    /// A sequence diagram for [Mermaid](https://mermaid.js.org), which forges and editors draw in Markdown: a lane for each thread, one for
    /// callbacks, and one for HCS.
    ///
    /// A call that took virtual time is two arrows, there and back, with what happened meanwhile between them; any other is one. Mermaid
    /// draws up to 50,000 characters unless its `maxTextSize` says otherwise: some hundred entries.
    ///
    /// ```
    /// use hcs_sim::Host;
    /// use hcs_sim::computecore::*;
    /// Host::new().run(|host| {
    ///     // SAFETY: no pointers are passed, and the handle is closed once.
    ///     unsafe { HcsCloseOperation(HcsCreateOperation(std::ptr::null(), None)) };
    ///     assert_eq!(
    ///         host.journal().to_mermaid(),
    ///         "sequenceDiagram\n    \
    ///             participant t0 as main\n    \
    ///             participant hcs\n    \
    ///             t0->>hcs: t=0.000s HcsCreateOperation(NULL, NULL) -#62; operation#35;1\n    \
    ///             t0->>hcs: t=0.000s HcsCloseOperation(operation#35;1) -#62; returned\n"
    ///     );
    /// });
    /// ```
    pub fn to_mermaid(&self) -> String {
        let mut lanes: Vec<&str> = Vec::new();
        for lane in self.entries().iter().filter_map(lane) {
            if !lanes.contains(&lane) {
                lanes.push(lane);
            }
        }
        let mut diagram = "sequenceDiagram\n".to_owned();
        for (number, name) in lanes.iter().enumerate() {
            diagram.push_str(&format!("    participant t{number} as {}\n", escaped(name)));
        }
        diagram.push_str("    participant hcs\n");
        if self.dropped() > 0 {
            diagram.push_str(&format!("    Note over hcs: {} older entries were dropped\n", self.dropped()));
        }
        for line in lines(self.entries(), &lanes) {
            diagram.push_str(&format!("    {line}\n"));
        }
        diagram
    }
}

/// The arrows and notes, each call's first arrow where the call began.
fn lines(entries: &[Entry], lanes: &[&str]) -> Vec<String> {
    let mut placed: Vec<((usize, bool), String)> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let number = lane(entry).and_then(|lane| lanes.iter().position(|it| *it == lane));
        let lane = number.map_or_else(|| HCS.to_owned(), |it| format!("t{it}"));
        let mut add = |text: String| placed.push(((index, true), text));
        match &entry.what {
            What::Called { call, answer, system_id, .. } if entry.at > entry.began => {
                add(format!(
                    "{HCS}-->>{lane}: {}",
                    at(entry, format!("{} -> {}", call.export(), AnswerText(call, answer)))
                ));
                let text = format!("t={} {}", Seconds(entry.began), CallText(call, system_id.as_deref()));
                let text = format!("{lane}->>{HCS}: {}", escaped(&text));
                placed.push(((start(entries, index), false), text));
            }
            What::Called { .. } | What::CallbackReturned { .. } | What::EventReturned { .. } => {
                add(format!("{lane}->>{HCS}: {}", at(entry, Line(entry))));
            }
            What::CallbackEntered { .. } | What::EventEntered { .. } => {
                add(format!("{HCS}->>{lane}: {}", at(entry, Line(entry))));
            }
            What::Completed { .. }
            | What::Exited { .. }
            | What::ProcessExited { .. }
            | What::Service { .. } => add(format!("Note over {HCS}: {}", at(entry, Line(entry)))),
        }
        if let Some(note) = entry.note() {
            placed.push(((index, true), format!("Note over {HCS}: {}", escaped(note))));
        }
    }
    placed.sort_by_key(|it| it.0);
    placed.into_iter().map(|it| it.1).collect()
}

/// Whose code an entry is about; none for what HCS does by itself.
fn lane(entry: &Entry) -> Option<&str> {
    match &entry.what {
        What::Called { .. }
        | What::CallbackEntered { .. }
        | What::CallbackReturned { .. }
        | What::EventEntered { .. }
        | What::EventReturned { .. } => Some(if &*entry.thread == HCS { CALLBACKS } else { &entry.thread }),
        What::Completed { .. } | What::Exited { .. } | What::ProcessExited { .. } | What::Service { .. } => {
            None
        }
    }
}

/// Before which entry a call began: after all that its thread did before, and after what had happened by then.
pub(super) fn start(entries: &[Entry], index: usize) -> usize {
    let (thread, began) = (&entries[index].thread, entries[index].began);
    let meanwhile =
        entries[..index].iter().rev().take_while(|it| it.at > began && it.thread != *thread).count();
    index - meanwhile
}

fn at(entry: &Entry, text: impl Display) -> String {
    escaped(&format!("t={} {text}", Seconds(entry.at)))
}

/// What Mermaid would read as its own, as character codes.
fn escaped(text: &str) -> String {
    use fmt::Write;
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '#' | ';' | '<' | '>' | '%' | '$' => {
                write!(escaped, "#{};", character as u32).expect("a text takes everything");
            }
            it if it.is_control() => escaped.push(' '),
            it => escaped.push(it),
        }
    }
    escaped
}
