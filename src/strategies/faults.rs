//! Plans of faults: what goes wrong in a test, and when, as scenarios that shrink to what matters.
//! Not here: faults of single calls (`crate::faults`), scenarios of real bugs (`crate::scenarios`).

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{failure, result_error};
use crate::faults;
use crate::hresult::Hresult;
use crate::scenario::Scenario;

/// Calls about a system whose answers come through an operation.
const REQUESTS: &[&str] =
    &["start", "create", "terminate", "shut_down", "properties", "pause", "resume", "save", "modify"];

/// Those that bring about an exit.
const ENDS: &[&str] = &["terminate", "shut_down"];

/// Calls that are answered at once.
const AT_ONCE: &[&str] = &["open", "wait_for_exit"];

/// What happens to a system by itself.
const EVENTS: &[&str] =
    &["power_off", "worker_death", "guest_crash", "triple_fault", "reset", "guest_connection_lost"];

/// A rule, without what makes it a member of the list.
type Rule = Map<String, Value>;

/// What goes wrong with a system, at random: rules that refuse, fail, delay, hold and lose, requests that never complete, workers
/// that die, guests that crash, a service that goes away and comes back. As a [`Scenario`], for [`Host::play`](crate::Host::play).
///
/// Every rule is optional, and events may find nobody: a plan is what may happen, not what has to. What is held is released within two
/// virtual minutes, and a service that went away comes back; only a rule with `never_completes` lasts, so a client has to limit
/// its waits.
///
/// Plans shrink to fewer rules and events, to milder ones, and to shorter times. `Debug` writes one as the file of a scenario:
///
/// ```
/// use hcs_sim::strategies;
/// use proptest::prelude::*;
///
/// proptest!(|(plan in strategies::fault_plan("web"))| {
///     let pasted = hcs_sim::Scenario::from_json(&format!("{plan:?}")).unwrap();
///     prop_assert_eq!(pasted, plan);
/// });
/// ```
pub fn fault_plan(system: impl Into<String>) -> impl Strategy<Value = Scenario> {
    let system: String = system.into();
    (vec(rule(), 0..=4), vec(happening(), 0..=3), option::weighted(0.2, outage()))
        .prop_map(move |(rules, happenings, outage)| plan(&system, rules, &happenings, outage.as_ref()))
}

fn plan(system: &str, rules: Vec<Rule>, happenings: &[(u64, &str)], outage: Option<&Outage>) -> Scenario {
    let mut events: Vec<(u64, Value)> = Vec::new();
    for (at, event) in happenings {
        events.push((*at, json!({ "event": event, "system": system })));
    }
    if let Some(Outage { at, length, event }) = outage {
        events.push((*at, json!({ "event": event })));
        events.push((at + length, json!({ "event": "service_return" })));
    }
    let rules: Vec<Value> = rules
        .into_iter()
        .enumerate()
        .map(|(index, mut rule)| {
            rule["when"]["system"] = system.into();
            if let Some(Value::Array(raising)) = rule.get_mut("raising") {
                raising.iter_mut().for_each(|it| it["system"] = system.into());
            }
            if let Some(Value::Number(at)) = rule.remove("release") {
                let gate = format!("gate {}", index + 1);
                events.push((at.as_u64().unwrap_or_default(), json!({ "release": gate })));
                rule.insert("hold_as".to_owned(), gate.into());
            }
            rule.insert("optional".to_owned(), true.into());
            rule.into()
        })
        .collect();
    events.sort_by_key(|it| it.0);
    let events: Vec<Value> = events
        .into_iter()
        .map(|(at, mut event)| {
            event["at"] = milliseconds(at);
            event
        })
        .collect();
    // Built as a file is, so that it prints as one.
    let file = json!({ "rules": rules, "events": events, "allow": ["event-missed"] });
    Scenario::from_json(&file.to_string()).expect("hcs-sim bug: plans are scenarios")
}

fn milliseconds(time: u64) -> Value {
    format!("{time}ms").into()
}

/// How long a request takes.
fn latency() -> impl Strategy<Value = Value> {
    prop_oneof![3 => 0u64..2_000, 1 => 0u64..300_000].prop_map(milliseconds)
}

/// When something happens: mostly while a client is at it.
fn time() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0u64..500, 1 => 0u64..120_000]
}

/// The service goes away, and comes back.
#[derive(Clone, Debug)]
struct Outage {
    at: u64,
    length: u64,
    event: &'static str,
}

fn outage() -> impl Strategy<Value = Outage> {
    (time(), 1u64..30_000, select(&["service_disconnect", "service_stop"][..]))
        .prop_map(|(at, length, event)| Outage { at, length, event })
}

fn happening() -> impl Strategy<Value = (u64, &'static str)> {
    (time(), select(EVENTS))
}

/// The mildest first: that is what a failing plan shrinks to.
fn rule() -> impl Strategy<Value = Rule> {
    let request = || select(REQUESTS);
    let rule = prop_oneof![
        3 => (request(), latency()).prop_map(|(call, after)| rule_for(call, json!({ "simulate": true, "after": after }))),
        3 => (request(), failure()).prop_map(|(call, code)| rule_for(call, json!({ "refuse": code.label() }))),
        4 => (request(), failing()).prop_map(|(call, reply)| rule_for(call, reply)),
        2 => known_fault(),
        1 => (select(AT_ONCE), failure()).prop_map(|(call, code)| rule_for(call, json!({ "refuse": code.label() }))),
        2 => (request(), 0u64..120_000).prop_map(|(call, at)| {
            rule_for(call, json!({ "simulate": true, "release": at }))
        }),
        2 => (request(), latency(), latency(), select(EVENTS)).prop_map(|(call, after, raised, event)| {
            let raising = json!([{ "meanwhile": true, "after": raised, "event": event }]);
            rule_for(call, json!({ "simulate": true, "after": after, "raising": raising }))
        }),
        1 => (select(ENDS), latency()).prop_map(|(call, late)| {
            rule_for(call, json!({ "simulate": true, "event_after": late }))
        }),
        1 => select(ENDS).prop_map(|call| rule_for(call, json!({ "simulate": true, "loses_events": true }))),
        1 => request().prop_map(|call| rule_for(call, json!({ "never_completes": true }))),
    ];
    (rule, option::weighted(0.8, 1u64..=3)).prop_map(|(mut rule, times)| {
        if let Some(times) = times {
            rule.insert("times".to_owned(), times.into());
        }
        rule
    })
}

fn rule_for(call: &str, reply: Value) -> Rule {
    let Value::Object(mut rule) = reply else { unreachable!("replies are objects") };
    rule.insert("when".to_owned(), json!({ "call": call }));
    rule
}

/// A failure, with any document that may explain it.
fn failing() -> impl Strategy<Value = Value> {
    let explained = prop_oneof![
        3 => Just(json!({})),
        2 => Just(json!({ "no_document": true })),
        3 => result_error().prop_map(|it| {
            let document: Value = serde_json::from_str(&it.to_json()).expect("hcs-sim bug: it is JSON");
            json!({ "result_error": document })
        }),
        1 => select(&["", "{", "null", "The service said no."][..]).prop_map(|it| json!({ "document": it })),
    ];
    (failure(), latency(), explained).prop_map(|(code, after, mut reply): (Hresult, Value, Value)| {
        reply["fail"] = code.label().into();
        reply["after"] = after;
        reply
    })
}

/// One of the failures that clients have met, for the call that was seen to fail so.
fn known_fault() -> impl Strategy<Value = Rule> {
    let of_systems = |call: &&str| {
        let exports =
            crate::script::matcher::NAMED.iter().find(|it| it.0 == *call).map_or(&[][..], |it| it.1);
        faults::all().into_iter().filter(|it| exports.contains(&it.export())).map(|it| it.name()).collect()
    };
    let known: Vec<(&str, &str)> = REQUESTS
        .iter()
        .flat_map(|call| {
            let names: Vec<&str> = of_systems(call);
            names.into_iter().map(|name| (*call, name))
        })
        .collect();
    select(known).prop_map(|(call, name)| rule_for(call, json!({ "fault": { "name": name } })))
}
