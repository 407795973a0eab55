//! The sentences about files that cannot be used: scenarios and journals.
//! Not here: reading them (`source`).

use std::fmt::Write;

use crate::hresult::Hresult;
use crate::schema::nearest;
use crate::source::{FileProblem, MOST};

pub(crate) fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let said = text.rsplit_once(" at line ").map_or(&*text, |it| it.0);
    format!("not JSON: {said}")
}

pub(crate) fn expected(what: &str, found: &str) -> String {
    format!("expected {what}, found {found}")
}

/// A subscriber of `tracing` panicked.
#[cfg(feature = "tracing")]
pub(crate) fn subscriber_panicked(panic: crate::panics::Panic) -> crate::Finding {
    let at = panic.at.unwrap_or_else(|| "unknown".to_owned());
    crate::Finding {
        facts: vec![("panicked at", at), ("message", panic.message)],
        ..super::finding(
            crate::FindingKind::SubscriberPanicked,
            "a subscriber of tracing panicked".to_owned(),
        )
    }
}

/// For a property test that asks for documents of a type that cannot be generated.
#[cfg(feature = "proptest")]
pub(crate) fn no_such_document(ty: &str) -> String {
    let near = nearest(ty, crate::schema::types().map(crate::schema::Type::name));
    match (crate::schema::find(ty), near) {
        (Some(_), _) => format!(
            "what is in order in {ty} depends on its other members: build such requests from their parts"
        ),
        (None, Some(near)) => format!("the schema has no type {ty:?}; did you mean {near:?}?"),
        (None, None) => format!("the schema has no type {ty:?}"),
    }
}

pub(crate) fn twice(name: &str) -> String {
    format!("{name:?} stands here twice")
}

pub(crate) fn missing(what: &str, name: &str) -> String {
    format!("{what} needs {name:?}")
}

pub(crate) fn unknown_member(what: &str, name: &str, known: &[&str]) -> String {
    match near(name, known) {
        Some(near) => format!("{what} has no {name:?}; did you mean {near:?}?"),
        None => format!("{what} has no {name:?}; it can have {}", listed(known)),
    }
}

pub(crate) fn unknown_word(what: &str, given: &str, known: &[&str]) -> String {
    const FEW: usize = 40;
    match near(given, known) {
        Some(near) => format!("{given:?} is not {what}; did you mean {near:?}?"),
        None if known.len() <= FEW => format!("{given:?} is not {what}; there are {}", listed(known)),
        None => format!("{given:?} is not {what}"),
    }
}

pub(crate) fn no_time(given: &str) -> String {
    format!("{given} is not a time; write a number and a unit in quotes, such as \"40ms\" or \"1.5s\"")
}

pub(crate) fn no_text() -> String {
    "not a text: it holds half of a surrogate pair".to_owned()
}

pub(crate) fn not_one_of(what: &str, names: &[&str]) -> String {
    format!("{what} needs exactly one of {}", listed(names))
}

pub(crate) fn not_together(names: &[&str]) -> String {
    format!("only one of {} can be said", listed(names))
}

pub(crate) fn no_reply(replies: &[&str], found: &[&str]) -> String {
    let found = if found.is_empty() { "none".to_owned() } else { found.join(" and ") };
    format!("a reply needs exactly one of {}; there is {found}", listed(replies))
}

pub(crate) fn unknown_gate(gate: &str, gates: &[&str]) -> String {
    match near(gate, gates) {
        Some(near) => {
            format!("no rule has \"hold_as\": {gate:?}, so that nothing is released; did you mean {near:?}?")
        }
        None => format!("no rule has \"hold_as\": {gate:?}, so that nothing is released"),
    }
}

pub(crate) fn no_times() -> String {
    "a reply that applies to no call says nothing".to_owned()
}

pub(crate) fn no_pointer(given: &str) -> String {
    format!("{given:?} is not a JSON pointer; they begin with a slash, such as \"/Owner\"")
}

pub(crate) fn counted_from_one() -> String {
    "calls are counted from 1".to_owned()
}

pub(crate) fn no_failure(code: Hresult) -> String {
    format!("{code:?} is no failure; \"succeed\" and \"acknowledge\" let a call succeed")
}

pub(crate) fn empty_range(least: u64, most: u64) -> String {
    format!("no number is at least {least} and at most {most}")
}

pub(crate) fn journal_not_written(file: &str, error: &std::io::Error) -> String {
    format!("hcs-sim: the journal cannot be written into {file} any further: {error}")
}

pub(crate) fn no_journal() -> String {
    "not a saved journal: the first line is {\"hcs_sim_journal\":1}".to_owned()
}

pub(crate) fn unknown_format(found: u32, known: u32) -> String {
    format!("a journal of format {found}; this version of hcs-sim reads format {known}")
}

/// The name that was probably meant: spelled nearly so, or the only one that the given one is a good part of.
fn near<'a>(given: &str, names: &[&'a str]) -> Option<&'a str> {
    const ENOUGH: usize = 6;
    let part = given.to_lowercase();
    let mut longer = names.iter().filter(|it| part.len() >= ENOUGH && it.to_lowercase().contains(&part));
    let only = longer.next().copied().filter(|_| longer.next().is_none());
    nearest(given, names.iter().copied()).or(only)
}

fn listed(names: &[&str]) -> String {
    names.join(", ")
}

/// The default host cannot play the scenario that it was to.
pub(crate) fn refused_scenario(variable: &str, error: &crate::Error) -> String {
    format!("hcs-sim: {variable} names no scenario that can be used, and every call is refused\n{error}")
}

/// All that is wrong with a file.
pub(crate) fn bad_file(file: &str, problems: &[FileProblem]) -> String {
    let count = match problems.len() {
        1 => "1 problem".to_owned(),
        MOST => format!("{MOST} problems are told, there may be more"),
        count => format!("{count} problems"),
    };
    let mut text = format!("{file} cannot be used: {count}");
    for problem in problems {
        let _ = write!(text, "\n  {file}:{problem}");
    }
    text
}
