//! Answers as text, free of what differs from run to run; documents and answers compared with what a row expects.
//! Not here: the calls (`run`).

use hcs_sim::{Export, Hresult};
use serde_json::Value;

use crate::row::Doc;

/// What an out pointer holds after a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Written<T> {
    /// The call has no such pointer, or it was NULL.
    NotAsked,
    /// It still holds what it held before.
    Untouched,
    Null,
    Some(T),
}

/// What an export returns, by kind.
#[derive(Clone, Copy, PartialEq)]
pub enum Returns {
    Code,
    Handle,
    Context,
    Type,
    Id,
    Nothing,
}

pub fn returns(export: Export) -> Returns {
    match export {
        Export::HcsCreateOperation
        | Export::HcsCreateOperationWithNotifications
        | Export::HcsGetComputeSystemFromOperation
        | Export::HcsGetProcessFromOperation => Returns::Handle,
        Export::HcsGetOperationContext => Returns::Context,
        Export::HcsGetOperationType => Returns::Type,
        Export::HcsGetOperationId => Returns::Id,
        Export::HcsCloseOperation | Export::HcsCloseComputeSystem | Export::HcsCloseProcess => {
            Returns::Nothing
        }
        _ => Returns::Code,
    }
}

/// An HRESULT with its name, if it has one.
pub fn code(value: Hresult) -> String {
    format!("{value:?}")
}

/// Why a document is not the expected one; `None` if it is.
pub fn differs(expected: &Doc, got: &Written<String>, id: &str) -> Option<String> {
    let text = match (expected, got) {
        (_, Written::NotAsked) | (Doc::None, Written::Null) => return None,
        (_, Written::Untouched) => return Some("the document's pointer was not written".into()),
        (Doc::None, Written::Some(text)) => return Some(format!("document: expected NULL, got {text}")),
        (_, Written::Null) => return Some(format!("document: expected {}, got NULL", said(expected))),
        (_, Written::Some(text)) => text,
    };
    let json = serde_json::from_str::<Value>(text);
    let json = match (expected, json) {
        (Doc::Text(wanted), _) => {
            let wanted = wanted.replace("<id>", id);
            return (*text != wanted).then(|| format!("document: expected {wanted}, got {text}"));
        }
        (_, Err(error)) => return Some(format!("document: not JSON ({error}): {text}")),
        (_, Ok(json)) => json,
    };
    match expected {
        Doc::Has(members) => {
            let wrong =
                members.iter().find(|(pointer, wanted)| !has(&json, pointer, &wanted.replace("<id>", id)));
            wrong.map(|(pointer, wanted)| {
                let found = json.pointer(pointer).map_or("nothing".into(), Value::to_string);
                format!("document: at {pointer:?} expected {}, got {found} in {text}", member(wanted))
            })
        }
        Doc::Error(wanted) => {
            let told = json["Error"].as_i64();
            let is_right = told == Some(i64::from(wanted.nt_form().as_i32()))
                || told == Some(i64::from(wanted.as_i32()));
            (!is_right || !json["ErrorMessage"].is_string())
                .then(|| format!("document: expected {}, got {text}", said(expected)))
        }
        Doc::None | Doc::Text(_) => None,
    }
}

fn has(json: &Value, pointer: &str, wanted: &str) -> bool {
    match (json.pointer(pointer), wanted) {
        (found, "-") => found.is_none(),
        (found, "*") => found.is_some(),
        (None, _) => false,
        (Some(found), wanted) => {
            *found == serde_json::from_str::<Value>(wanted).unwrap_or_else(|_| panic!("{wanted} is no JSON"))
        }
    }
}

fn member(wanted: &str) -> &str {
    match wanted {
        "*" => "anything",
        "-" => "nothing",
        other => other,
    }
}

/// A document, as a row describes it.
pub fn said(expected: &Doc) -> String {
    match expected {
        Doc::None => "NULL".into(),
        Doc::Text(text) => (*text).into(),
        Doc::Has(members) => {
            let members: Vec<String> =
                members.iter().map(|(pointer, wanted)| format!("{pointer} {}", member(wanted))).collect();
            format!("JSON with {}", members.join(", "))
        }
        Doc::Error(wanted) => {
            format!("a ResultError of {} ({})", code(*wanted), wanted.nt_form().as_i32())
        }
    }
}

/// A text without its times, and without the id of a process.
pub fn steady(text: &str, process_id: u32) -> String {
    let mut steady = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_time_start) {
        let (before, from) = rest.split_at(at);
        steady.push_str(before);
        match time_length(from) {
            Some(length) => {
                steady.push_str("<time>");
                rest = &from[length..];
            }
            None => {
                steady.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    steady.push_str(rest);
    if process_id != 0 {
        steady = steady.replace(&format!("\"ProcessId\":{process_id}"), "\"ProcessId\":<process id>");
    }
    steady
}

fn is_time_start(it: char) -> bool {
    it == '2'
}

/// `2026-01-01T00:00:00.0000000Z`: how long it is.
fn time_length(text: &str) -> Option<usize> {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let fits = text.len() > shape.len()
        && text.bytes().zip(shape.bytes()).all(|(it, shape)| match shape {
            b'd' => it.is_ascii_digit(),
            other => it == other,
        });
    fits.then(|| text.find('Z').map(|it| it + 1)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_process_ids_do_not_count() {
        let text = r#"{"A":2,"StartTimestamp":"2026-01-01T00:00:00.0000000Z","ProcessId":204}"#;
        assert_eq!(steady(text, 204), r#"{"A":2,"StartTimestamp":"<time>","ProcessId":<process id>}"#);
    }

    #[test]
    fn a_document_that_differs_is_told_with_the_place() {
        let got = Written::Some(r#"{"State":"Paused"}"#.to_owned());
        let said = differs(&Doc::Has(&[("/State", "\"Running\"")]), &got, "").unwrap();
        assert_eq!(said, r#"document: at "/State" expected "Running", got "Paused" in {"State":"Paused"}"#);
        assert_eq!(differs(&Doc::Has(&[("/State", "*"), ("/Stopped", "-")]), &got, ""), None);
        assert!(differs(&Doc::None, &got, "").is_some());
        assert!(differs(&Doc::None, &Written::Untouched, "").is_some());
        assert_eq!(differs(&Doc::None, &Written::Null, ""), None);
    }
}
