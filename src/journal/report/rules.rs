//! The sentences about rules: those that never applied, applied too often, or panicked, and the nearest calls.
//! Not here: every other sentence (`report`).

use serde_json::Value;

use super::{contrast, finding};
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::places::{Places, Spot};
use crate::journal::text::{self, Seconds};
use crate::journal::{Journal, What};
use crate::schema::nearest::nearest;
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
pub(crate) fn rule_never_applied(rule: &Rule, step: usize, journal: &Journal, places: &Places) -> Finding {
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
    let mut finding = declared(rule, FindingKind::RuleNeverApplied, sentence);
    finding.fact("would do", would_do(rule.steps[step].reply.kind));
    if rule.applied == 0 {
        near_misses(&mut finding, rule, journal, places);
        finding.entry = rule.nearest().first().map(|it| it.0);
    }
    finding
}

pub(crate) fn rule_count(rule: &Rule, journal: &Journal, places: &Places) -> Finding {
    let expected = rule.expected.as_ref().expect("the caller compared with it");
    let wanted = if *expected.end() == u64::MAX {
        format!("at least {}", times(*expected.start()))
    } else if expected.start() == expected.end() {
        times(*expected.start())
    } else {
        format!("{} to {}", expected.start(), times(*expected.end()))
    };
    let applied = match rule.applied {
        0 => "never applied".to_owned(),
        count => format!("applied {}", times(count)),
    };
    let sentence = format!("{} {applied}, expected {wanted}", describe(rule));
    let mut finding = declared(rule, FindingKind::RuleCount, sentence);
    if rule.applied < *expected.start() {
        near_misses(&mut finding, rule, journal, places);
    }
    finding
}

/// A finding about a rule: where it stands, and what would satisfy it.
fn declared(rule: &Rule, kind: FindingKind, sentence: String) -> Finding {
    let mut finding = finding(kind, sentence);
    finding.fact("declared at", rule.declared.to_string());
    finding.fact("would match", rule.matcher.to_string());
    finding
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

/// How many calls are told that are equally near.
const NEAREST: usize = 3;

fn near_misses(finding: &mut Finding, rule: &Rule, journal: &Journal, places: &Places) {
    if rule.misses.is_empty() {
        return finding.fact("nearest call", "none: no such export was called");
    }
    let mut nearest = rule.nearest();
    let least = nearest[0].1.len();
    nearest.retain(|it| it.1.len() == least);
    for (entry, misses) in nearest.iter().take(NEAREST) {
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
        finding.fact("nearest call", call);
        if let Some(place) = places.of(*entry) {
            finding.spot("called at", Spot::Known(place.clone()), "");
        }
        misses.iter().for_each(|it| finding.fact("but", why_not(it, rule)));
    }
    let more = rule.missed.saturating_sub(nearest.len().min(NEAREST) as u64);
    if more > 0 {
        finding.fact(
            "and",
            format!("{more} more {} not match", if more == 1 { "call did" } else { "calls did" }),
        );
    }
}

/// Which criterion said no, and why.
fn why_not(miss: &Miss, rule: &Rule) -> String {
    match miss {
        Miss::Export => "it calls another export".to_owned(),
        Miss::Missing => "the Windows of this host does not export it".to_owned(),
        Miss::System { expected, got: Some(got) } => {
            format!(
                "the system is another one\n{}",
                contrast::texts(&format!("{expected:?}"), &format!("{got:?}"))
            )
        }
        Miss::System { expected, got: None } => format!("the call is about no system, expected {expected:?}"),
        Miss::Nth { expected, got } => format!(
            "it was number {got} of the calls that match otherwise, expected number {expected}; there {} {}",
            if rule.matched == 1 { "was" } else { "were" },
            rule.matched
        ),
        Miss::Taken { by } => format!(
            "the rule declared at {by} took it first; the first that matches wins: declare the narrower one first"
        ),
        Miss::Closure { description } => format!("the closure {description:?} said no"),
        Miss::Document { pointer, expected, got } => {
            let wanted = expected.as_ref().map_or_else(|| "any value".to_owned(), ToString::to_string);
            match got {
                Got::NoDocument => format!(
                    "the call has no document\n{}",
                    contrast::lines(&format!("{pointer} = {wanted}"), "NULL")
                ),
                Got::NotJson => format!("the document is not JSON, expected {pointer} = {wanted}"),
                Got::Nothing { until, members } => {
                    let got =
                        contrast::lines(&wanted, &format!("nothing; {}", there_is(pointer, until, members)));
                    format!("the document has no {pointer}\n{got}")
                }
                Got::Value(got) => differences(pointer, expected.as_ref().unwrap_or(got), got),
            }
        }
    }
}

/// What stands beside a place of a document where nothing stands.
fn there_is(pointer: &str, until: &str, members: &[String]) -> String {
    /// How many names are told.
    const NAMES: usize = 8;
    let place = if until.is_empty() { "the document" } else { until };
    if members.is_empty() {
        return format!("{place} has no members");
    }
    let mut names = members[..members.len().min(NAMES)].join(", ");
    if members.len() > NAMES {
        names.push_str(&format!(", and {} more", members.len() - NAMES));
    }
    let sought = pointer[until.len()..].trim_start_matches('/').split('/').next().unwrap_or_default();
    match nearest(sought, members.iter().map(String::as_str)) {
        Some(near) => format!("{place} has {names}; the nearest is {near}"),
        None => format!("{place} has {names}"),
    }
}

/// Where two documents part, one block each.
fn differences(pointer: &str, expected: &Value, got: &Value) -> String {
    /// How many differences are told.
    const DIFFERENCES: usize = 3;
    let all = contrast::documents(pointer, expected, got);
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    let mut blocks: Vec<String> = all
        .iter()
        .take(DIFFERENCES)
        .map(|it| {
            let place = if it.pointer.is_empty() { "" } else { " at " };
            let contrast = match (it.expected, it.got) {
                (Some(_), Some(_)) => contrast::texts(&shown(it.expected), &shown(it.got)),
                _ => contrast::lines(&shown(it.expected), &shown(it.got)),
            };
            format!("the document differs{place}{}\n{contrast}", it.pointer)
        })
        .collect();
    if all.len() > DIFFERENCES {
        blocks.push(format!("and at {} more places", all.len() - DIFFERENCES));
    }
    blocks.join("\n")
}

/// What a reply would have done, with what its code means.
fn would_do(kind: ReplyKind) -> String {
    match kind {
        ReplyKind::Refuse(code) => format!("refuse with {code}"),
        ReplyKind::Fail(code) => format!("fail with {code}"),
        _ => reply(kind),
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
