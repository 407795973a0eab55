//! The sentences about recordings: the first call that departs, and a recording that is not played to its end.
//! Not here: answering from a recording (`runtime::replay`).

use std::time::Duration;

use super::{contrast, finding};
use crate::call::{Argument, Call, Text};
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::saved::argument_value;
use crate::journal::text::{self, Seconds};
use crate::journal::{Entry, What};

/// What the recording has instead of a call.
pub(crate) enum Instead {
    /// Another call of the same thread; the argument in which it differs, or nothing for another export.
    Call { entry: Box<Entry>, differing: &'static str },
    /// Something else has to come first, and does not.
    First { entry: Box<Entry> },
    /// No further call of the thread.
    Nothing,
}

pub(crate) fn departed(call: &Call, system_id: Option<&str>, thread: &str, instead: &Instead) -> Finding {
    let mut made = String::new();
    let _ = text::write_call(call, system_id, &mut made);
    let (sentence, facts) = match instead {
        Instead::Nothing => (
            format!(
                "{} is called, and the recording has no further call of thread {thread:?}",
                call.export()
            ),
            vec![("called", made)],
        ),
        Instead::First { entry } => (
            format!("{} comes too early: the recording has something else first", call.export()),
            vec![("recorded", line_of(entry)), ("called", made)],
        ),
        Instead::Call { entry, differing } => {
            let recorded = line_of(entry);
            let mut facts = vec![("recorded", recorded), ("called", made)];
            let sentence = match (&entry.what, *differing) {
                (What::Called { call: expected, .. }, "") => {
                    format!("{} is called where the recording has {}", call.export(), expected.export())
                }
                (What::Called { call: expected, .. }, name) => {
                    facts.extend(both(expected, call, name));
                    format!("{} departs from the recording in {name}", call.export())
                }
                _ => format!("{} departs from the recording", call.export()),
            };
            (sentence, facts)
        }
    };
    Finding { facts, ..finding(FindingKind::ReplayDeparted, sentence) }
}

/// An argument on both sides.
fn both(recorded: &Call, made: &Call, name: &str) -> Vec<(&'static str, String)> {
    let value = |call: &Call| {
        let found = call.arguments().into_iter().find(|it| it.0 == name);
        match found {
            Some((_, Argument::Text { text: Text::Is(text), .. })) => text.to_string(),
            Some((_, other)) => argument_value(&other).to_string(),
            None => String::new(),
        }
    };
    vec![("but", format!("{name} is another one\n{}", contrast::texts(&value(recorded), &value(made))))]
}

/// The recording has calls that were never made.
pub(crate) fn not_played(next: &Entry, calls: usize) -> Finding {
    let sentence = match calls {
        1 => "the recording has 1 call more than were made".to_owned(),
        count => format!("the recording has {count} calls more than were made"),
    };
    Finding { facts: vec![("recorded", line_of(next))], ..finding(FindingKind::ReplayDeparted, sentence) }
}

/// The recording lacks its beginning.
pub(crate) fn not_whole(dropped: u64) -> Finding {
    Finding {
        facts: vec![("to mend", "record the run again; Builder::journal_limit raises the limit".to_owned())],
        ..finding(
            FindingKind::ReplayDeparted,
            format!("the recording is not whole: its beginning, {dropped} of its entries, was dropped"),
        )
    }
}

pub(crate) fn after_departure() -> String {
    "not answered from the recording: a call has departed from it".to_owned()
}

/// Nothing happens, and the client may wait for a callback outside of HCS. `first`: what the recording has before it; nothing once a
/// call has departed.
pub(crate) fn awaited(first: Option<&Entry>, patience: Duration) -> String {
    let why = match first {
        Some(entry) => format!("it has something else first\n  recorded     {}", line_of(entry)),
        None => "no callback comes after a call that has departed from it".to_owned(),
    };
    format!("hcs-sim: nothing has happened for {patience:?}, and the recording has callbacks left; {why}")
}

fn line_of(entry: &Entry) -> String {
    let mut line = String::new();
    match &entry.what {
        What::Called { call, system_id, .. } => {
            let _ = text::write_call(call, system_id.as_deref(), &mut line);
        }
        _ => line = text::Line(entry).to_string(),
    }
    format!("{line} at t={}, thread {:?}", Seconds(entry.at), entry.thread)
}
