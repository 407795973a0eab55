//! JSON in and out: the documents that HCS writes, and the requests that it reads.
//! Not here: when a document is handed out (`model`), nor UTF-16 and memory (`abi`).

pub(crate) mod configuration;
pub(crate) mod crash;
pub(crate) mod error_event;
pub(crate) mod exit;
pub(crate) mod migration;
pub(crate) mod operation;
pub(crate) mod process;
pub(crate) mod properties;
pub(crate) mod request;
pub(crate) mod result_error;
pub(crate) mod service;
pub(crate) mod timestamp;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::schema::{self, DEPTH, ProblemKind, Type, Version};

/// Writes a document as HCS does: compact, fields in the order of the type. (fidelity: `compact-json`)
pub(crate) fn write(document: &impl Serialize) -> Arc<str> {
    serde_json::to_string(document).expect("hcs-sim bug: a document type that JSON cannot hold").into()
}

/// What becomes of a request document that the schema does not know so.
///
/// ```
/// use hcs_sim::{DocumentChecks, Host};
/// let host = Host::builder().document_checks(DocumentChecks::Note).build();
/// # drop(host);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DocumentChecks {
    /// It is refused as HCS refuses it, and a note in the journal says what is wrong.
    #[default]
    Refuse,
    /// It is taken as far as it can be understood, and the note is written all the same. What the model needs and cannot
    /// understand is refused: a member of another type, for instance. See [`Journal::notes`](crate::Journal::notes).
    Note,
    /// It is not compared with the schema at all. What is no JSON, or makes no sense in a member that the model needs, is refused
    /// all the same; so is an unknown resource path, unless [`Behavior::unknown_resource`](crate::Behavior::unknown_resource) lets it pass.
    Off,
}

/// How a host reads request documents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) checks: DocumentChecks,
    /// The newest schema that the host knows.
    pub(crate) version: Version,
    /// What is merely newer is no reason to refuse.
    pub(crate) accepts_newer: bool,
}

impl Reading {
    /// Compares a document with its type. Answers a remark for the journal. (fidelity: `strict-documents`)
    pub(crate) fn check(self, ty: &'static Type, text: &str) -> Result<Option<String>, Problem> {
        if self.checks == DocumentChecks::Off {
            return Ok(None);
        }
        let problems = schema::check_request(ty, text, self.version);
        if problems.is_empty() {
            return Ok(None);
        }
        // What is no reason to refuse comes after what is.
        let is_reason = |it: &schema::Problem| !self.accepts_newer || it.kind != ProblemKind::TooNew;
        let (mut told, newer): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_reason);
        let reason = told.first().map(schema::Problem::path);
        told.extend(newer);
        let note = note(&told);
        match reason {
            Some(path) if self.checks == DocumentChecks::Refuse => Err(Problem { path, note }),
            _ => Ok(Some(note)),
        }
    }

    /// Reads a document of a type. Answers a remark for the journal besides.
    pub(crate) fn read<T: for<'a> Deserialize<'a>>(
        self,
        ty: &'static Type,
        text: &str,
    ) -> Result<(T, Option<String>), Problem> {
        let note = self.check(ty, text)?;
        if note.is_some() || self.checks == DocumentChecks::Off {
            require_object(text)?; // what was found in order is one, and not too deep
        }
        Ok((serde_json::from_str(text)?, note))
    }
}

/// All problems in a line, or the first few of many.
fn note(problems: &[schema::Problem]) -> String {
    const SHOWN: usize = 5;
    let mut note = problems.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if problems.len() > SHOWN {
        note.push_str(&format!("; and {} more", problems.len() - SHOWN));
    }
    note
}

/// What is wrong with a request document, as far as HCS tells and as far as we can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, in the notation of HCS: `$` is the document.
    pub(crate) path: String,
    /// Where and what, for the journal.
    pub(crate) note: String,
}

impl Problem {
    pub(crate) fn at_root(what: impl Into<String>) -> Problem {
        Problem { path: "$".to_owned(), note: what.into() }
    }

    pub(crate) fn at(path: impl Into<String>, what: impl fmt::Display) -> Problem {
        let path = path.into();
        Problem { note: format!("{path}: {what}"), path }
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Problem {
        Problem::at_root(error.to_string())
    }
}

/// A member that has to be an object: serde alone would also take an array of its members' values, and for members that
/// are skipped anything at all.
#[derive(Clone, Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// Reads a member that may be null, which stands for its absence. (fidelity: `null-members`)
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Every request is a JSON object; serde alone would also take an array of the members' values, and skips what it does not
/// know however deep it is nested.
pub(crate) fn require_object(text: &str) -> Result<(), Problem> {
    match text.trim_start_matches([' ', '\t', '\r', '\n']).chars().next() {
        Some('{') => require_shallow(text),
        Some(other) => {
            Err(Problem::at_root(format!("expected an object, found {other:?} at line 1 column 1")))
        }
        None => Err(Problem::at_root("expected an object, found nothing at line 1 column 0")),
    }
}

fn require_shallow(text: &str) -> Result<(), Problem> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return Err(Problem::at_root(format!("nested deeper than {DEPTH} levels at byte {at}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::table;

    /// A value of a type, as small as it gets.
    fn sample(type_name: &str) -> String {
        if let Some(of) = type_name.strip_prefix('<').and_then(|it| it.strip_suffix("> array")) {
            return match of.split_once(", ") {
                Some((of, _)) => format!("[{0},{0}]", sample(of)),
                None => format!("[{}]", sample(of)),
            };
        }
        if let Some((_, of)) =
            type_name.strip_prefix("Map<").and_then(|it| it.strip_suffix('>')?.split_once(", "))
        {
            return format!(r#"{{"0":{}}}"#, sample(of));
        }
        match type_name {
            "string" => r#""a""#.to_owned(),
            "bool" => "true".to_owned(),
            "Guid" => r#""0d2b4c8e-6f35-4a91-9b07-e1c3a5d7f264""#.to_owned(),
            "Any" => "{}".to_owned(),
            name if name.starts_with("uint") || name.starts_with("int") => "1".to_owned(),
            name => match schema::find(name).and_then(|it| it.values().next()) {
                Some(value) => format!("{:?}", value.name()),
                None => "{}".to_owned(),
            },
        }
    }

    /// Documents of a type: every member by itself and null, every member by itself and given, all of them.
    fn documents(ty: &Type, more: &str) -> Vec<String> {
        let given: Vec<String> =
            ty.members().iter().map(|it| format!("{:?}:{}", it.name(), sample(&it.type_name()))).collect();
        let null = ty.members().iter().map(|it| format!("{:?}:null", it.name()));
        let lists = ty.members().iter().map(|it| format!("{:?}:[]", it.name()));
        // two spellings of one name stand in no document together
        let mut names = std::collections::BTreeSet::new();
        let fresh = given.iter().filter(|it| names.insert(it.split(':').next().map(str::to_lowercase)));
        let all = fresh.cloned().collect::<Vec<_>>().join(",");
        let alone = given.iter().cloned().chain(null).chain(lists).chain([all, String::new()]);
        let with = |it: String| match (it.is_empty(), more.is_empty()) {
            (false, false) => format!("{{{it},{more}}}"),
            _ => format!("{{{it}{more}}}"),
        };
        alone.map(with).collect()
    }

    /// Whatever is in order by the table is read, and not refused for another reason.
    fn is_read<T: for<'a> Deserialize<'a>>(ty: &'static Type, more: &str) {
        let version = Version::new(2, 9);
        let reading = Reading { checks: DocumentChecks::Refuse, version, accepts_newer: false };
        let mut read = 0;
        for text in documents(ty, more) {
            if schema::check_request(ty, &text, version).is_empty() {
                assert_eq!(reading.read::<T>(ty, &text).err(), None, "{text}");
                read += 1;
            }
        }
        assert!(read > 1, "{} of {} were in order", read, ty.name());
    }

    #[test]
    fn what_is_in_order_is_read() {
        is_read::<process::ProcessParameters>(&table::ProcessParameters, "");
        is_read::<process::SignalOptions>(&table::SignalProcessOptions, "");
        let size = r#""Operation":"ConsoleSize","ConsoleSize":{"Height":1,"Width":1}"#;
        is_read::<process::ProcessChange>(&table::ProcessModifyRequest, size);
        is_read::<request::PropertyQuery>(&table::System_PropertyQuery, "");
        is_read::<request::SystemQuery>(&table::SystemQuery, "");
        is_read::<request::SaveOptions>(&table::SaveOptions, "");
        is_read::<request::ShutdownOptions>(&table::ShutdownOptions, "");
        is_read::<request::ModifyRequest>(&table::ModifySettingRequest, "");
        is_read::<service::ServiceQuery>(&table::Service_PropertyQuery, "");
        is_read::<migration::InitializeOptions>(&table::MigrationInitializeOptions, "");
        is_read::<migration::TransferOptions>(&table::MigrationTransferOptions, "");
        is_read::<migration::FinalizeOptions>(&table::MigrationFinalizedOptions, "");
        is_read::<migration::SystemStartOptions>(&table::StartOptions, "");
        is_read::<crash::CrashReport>(&table::CrashReport, "");
        let version = Version::new(2, 9);
        let reading = Reading { checks: DocumentChecks::Refuse, version, accepts_newer: false };
        let machine = r#""VirtualMachine":{}"#;
        let machines = documents(&table::VirtualMachine, "")
            .into_iter()
            .map(|it| format!(r#"{{"VirtualMachine":{it}}}"#));
        let first_api = documents(&table::ContainerConfig, r#""SystemType":"Container""#);
        for text in documents(&table::ComputeSystem, machine).into_iter().chain(machines).chain(first_api) {
            if schema::check_request(&table::ComputeSystem, &text, version).is_empty() {
                let read = configuration::Configuration::parse(&text.as_str().into(), reading);
                assert_eq!(read.err(), None, "{text}");
            }
        }
    }

    #[test]
    fn depth_is_counted_outside_of_strings_only() {
        let brackets = "[".repeat(500);
        assert_eq!(require_object(&format!(r#"{{"a":"{brackets}","b\\\"{brackets}":1}}"#)), Ok(()));
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(require_object(&nested(DEPTH - 1)), Ok(()));
        assert!(require_object(&nested(DEPTH)).unwrap_err().note.contains("nested deeper than 127 levels"));
    }
}
