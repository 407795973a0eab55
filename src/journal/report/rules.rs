//! The sentences about rules: those that never applied, applied too often, or panicked, and the nearest calls.
//! Not here: every other sentence (`report`).

use super::finding;
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::text::{self, Seconds};
use crate::journal::{Journal, What};
use crate::script::matcher::{Got, Miss};
use crate::script::rule::{ReplyKind, Rule};

pub(crate) fn closure_panicked(rule: &Rule, message: &str, at: Option<String>) -> Finding {
    Finding {
        facts: vec![
            ("panicked at", at.unwrap_or_else(|| "unknown".to_owned())),
            ("message", message.to_owned()),
            ("declared at", rule.declared.to_string()),
        ],
        ..finding(FindingKind::RulePanicked, format!("the closure of the rule for {} panicked", rule.matcher))
    }
}

/// A rule, or one reply of its sequence, that never applied; the nearest calls tell why.
pub(crate) fn rule_never_applied(rule: &Rule, step: usize, journal: &Journal) -> Finding {
    let what = describe(rule);
    let sentence = if rule.applied == 0 {
        format!("{what} never applied")
    } else {
        format!(
            "reply {} of {} of {what} was never used; the rule applied {}",
            step + 1,
            rule.steps.len(),
            times(rule.applied)
        )
    };
    let mut facts =
        vec![("declared at", rule.declared.to_string()), ("would match", rule.matcher.to_string())];
    if rule.applied == 0 {
        facts.extend(near_misses(rule, journal));
    }
    let entry = if rule.applied == 0 { rule.misses.last().map(|it| it.0) } else { None };
    Finding { facts, entry, ..finding(FindingKind::RuleNeverApplied, sentence) }
}

pub(crate) fn rule_count(rule: &Rule, journal: &Journal) -> Finding {
    let expected = rule.expected.as_ref().expect("the caller compared with it");
    let wanted = if *expected.end() == u64::MAX {
        format!("at least {}", times(*expected.start()))
    } else if expected.start() == expected.end() {
        times(*expected.start())
    } else {
        format!("{} to {}", expected.start(), times(*expected.end()))
    };
    let mut facts =
        vec![("declared at", rule.declared.to_string()), ("would match", rule.matcher.to_string())];
    if rule.applied < *expected.start() {
        facts.extend(near_misses(rule, journal));
    }
    let applied = match rule.applied {
        0 => "never applied".to_owned(),
        count => format!("applied {}", times(count)),
    };
    let sentence = format!("{} {applied}, expected {wanted}", describe(rule));
    Finding { facts, ..finding(FindingKind::RuleCount, sentence) }
}

fn describe(rule: &Rule) -> String {
    match &rule.name {
        Some(name) => format!("the rule {name:?}"),
        None => format!("the rule for {}", rule.matcher),
    }
}

fn times(count: u64) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{count} times"),
    }
}

fn near_misses(rule: &Rule, journal: &Journal) -> Vec<(&'static str, String)> {
    if rule.misses.is_empty() {
        return vec![("nearest call", "none: no such export was called".to_owned())];
    }
    rule.misses
        .iter()
        .rev()
        .take(3)
        .flat_map(|(entry, miss)| {
            let call = journal.entries().iter().find(|it| it.number == *entry).map_or_else(
                || "a call that the journal no longer holds".to_owned(),
                |it| {
                    let mut line = String::new();
                    if let What::Called { call, system_id, .. } = &it.what {
                        let _ = text::write_call(call, system_id.as_deref(), &mut line);
                    }
                    format!("{line} at t={}", Seconds(it.at))
                },
            );
            [("nearest call", call), ("but", why_not(miss))]
        })
        .collect()
}

/// Which criterion said no, and why.
fn why_not(miss: &Miss) -> String {
    match miss {
        Miss::Export => "it calls another export".to_owned(),
        Miss::Missing => "the Windows of this host does not export it".to_owned(),
        Miss::System { expected, got: Some(got) } => format!("system: expected {expected:?}, got {got:?}"),
        Miss::System { expected, got: None } => format!("system: expected {expected:?}, the call names none"),
        Miss::Nth { expected, got } => {
            format!("number: expected call number {expected}, this was number {got}")
        }
        Miss::Taken { by } => format!("the rule declared at {by} took it first"),
        Miss::Closure { description } => format!("closure: {description:?} said no"),
        Miss::Document { pointer, expected, got } => {
            let expected = expected.as_ref().map_or_else(|| "any value".to_owned(), ToString::to_string);
            let got = match got {
                Got::NoDocument => "the call has no document".to_owned(),
                Got::NotJson => "the document is not JSON".to_owned(),
                Got::Nothing => "nothing stands there".to_owned(),
                Got::Value(value) => format!("got {value}"),
            };
            format!("document {pointer}: expected {expected}, {got}")
        }
    }
}

/// What a reply does, in a word; for the display of a host's rules.
pub(crate) fn reply(kind: ReplyKind) -> String {
    match kind {
        ReplyKind::Simulate => "simulate".to_owned(),
        ReplyKind::Refuse(code) => format!("refuse with {}", code.label()),
        ReplyKind::Succeed => "succeed".to_owned(),
        ReplyKind::Acknowledge => "acknowledge".to_owned(),
        ReplyKind::Fail(code) => format!("fail with {}", code.label()),
        ReplyKind::Never => "never complete".to_owned(),
    }
}
