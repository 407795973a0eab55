//! The HCS schema: every type with the version that brought each of its names, and checking documents against it.
//! Not here: typed documents ([`documents`](crate::documents)), nor what a host does with a request (`model`).
//!
//! [`Export::document_type`](crate::Export::document_type) tells which type the document of a call has:
//! `ComputeSystem` to create, `ModifySettingRequest` to modify, `System_PropertyQuery` and `Service_PropertyQuery` to query,
//! `ProcessParameters` to create a process. Results are `ResultError`, `Properties`, `SystemExitStatus` and so on.
//!
//! The types are those of the schema's reference, up to version 2.6; what clients and hosts use beyond it is there too and
//! marked ([`Type::is_documented`]). A host checks every request document that it is given; [`check`] does so without a host.
//!
//! ```
//! use hcs_sim::schema::{self, Version};
//! let configuration = r#"{"VirtualMachine":{"Devices":{"Scsi":{"disk":{"Attachments":{"0":{"Pth":"C:\\a.vhdx"}}}}}}}"#;
//! let problems = schema::check("ComputeSystem", configuration, Version::V2_1);
//! assert_eq!(
//!     problems[0].to_string(),
//!     "/VirtualMachine/Devices/Scsi/disk/Attachments/0/Pth: Attachment has no member \"Pth\"; did you mean \"Path\"?"
//! );
//! ```

mod dependent;
mod keys;
pub(crate) mod nearest;
mod problem;
mod reader;
pub(crate) mod resource;
pub(crate) mod table;
mod types;
mod words;

pub use problem::{Problem, ProblemKind};
pub use types::{Member, Type, Value, Version};

pub(crate) use nearest::nearest;
pub(crate) use reader::DEPTH;
use reader::{PROBLEMS, Reader};
pub(crate) use table::is_guid;
use types::Ref;
use words::Place;

/// Every structure and enumeration, those of the schema's reference first.
///
/// ```
/// use hcs_sim::schema;
/// let structures = schema::types().filter(|it| it.is_documented() && it.values().next().is_none());
/// assert_eq!(structures.count(), 189);
/// ```
pub fn types() -> impl Iterator<Item = &'static Type> {
    table::all()
}

/// The type of a name, scalars included.
///
/// ```
/// use hcs_sim::schema;
/// assert!(schema::find("ComputeSystem").is_some());
/// assert!(schema::find("computesystem").is_none());
/// ```
pub fn find(name: &str) -> Option<&'static Type> {
    table::find(name)
}

/// What is wrong with a document of a type, for a host whose newest schema is `version`; nothing if it is in order.
///
/// `ty` is a type's name, or a list or a map as the reference writes them: `<Properties> array`, `Map<string, Scsi>`. `ComputeSystem` takes container documents of the first API
/// (`ContainerConfig`) too. The settings of a `ModifySettingRequest` are checked by its resource path, those of a
/// `ModificationRequest` by its property type. What is no JSON comes first; at most 100 problems are told, and at most 50 of what is
/// merely too new.
///
/// ```
/// use hcs_sim::schema::{self, Version};
/// let heartbeat = r#"{"VirtualMachine":{"Services":{"Heartbeat":{}}}}"#;
/// assert!(schema::check("ComputeSystem", heartbeat, Version::V2_5).is_empty());
///
/// let problem = &schema::check("ComputeSystem", heartbeat, Version::V2_1)[0];
/// assert_eq!((problem.pointer.as_str(), problem.since), ("/VirtualMachine/Services", Some(Version::V2_5)));
/// ```
pub fn check(ty: &str, json: impl AsRef<[u8]>, version: Version) -> Vec<Problem> {
    let Some(expected) = expression(ty) else {
        let alike = types()
            .map(Type::name)
            .find(|it| !ty.is_empty() && it.strip_suffix(ty).is_some_and(|it| it.ends_with('_')));
        let near = nearest(ty, types().map(Type::name)).or(alike).map(str::to_owned);
        return vec![alone(ProblemKind::UnknownType, format!("{ty:?}"), near)];
    };
    match std::str::from_utf8(json.as_ref()) {
        Ok(text) => check_text(expected, text, version),
        Err(error) => {
            vec![alone(ProblemKind::NotJson, format!("not UTF-8 from byte {} on", error.valid_up_to()), None)]
        }
    }
}

/// The same for a request document, by its row. What becomes of a resource path that names nothing is the host's business.
pub(crate) fn check_request(ty: &'static Type, text: &str, version: Version) -> Vec<Problem> {
    let mut problems = check_text(Ref::One(ty), text, version);
    problems.retain(|it| it.kind != ProblemKind::BadResource || it.pointer != "/ResourcePath");
    problems
}

fn check_text(expected: Ref, text: &str, version: Version) -> Vec<Problem> {
    let mut reader = check_shape(expected, text, version);
    let Ref::One(ty) = expected else { return reader.problems };
    if ty.name == "ComputeSystem" && reader.is_of_first_api {
        reader = check_shape(Ref::One(&table::ContainerConfig), text, version);
    }
    let is_readable = reader.problems.iter().all(|it| it.kind == ProblemKind::TooNew);
    if is_readable
        && DEPENDENT.contains(&ty.name)
        && let Ok(document) = serde_json::from_str(text)
    {
        dependent::check(ty, &document, &mut reader);
    }
    reader.problems
}

/// The types with parts that depend on other members.
const DEPENDENT: [&str; 4] = [
    "ModifySettingRequest",
    "ModificationRequest",
    "HostProcessorModificationRequest",
    "ContainerCredentialGuardOperationRequest",
];

/// Reads a document by its type alone.
fn check_shape(expected: Ref, text: &str, version: Version) -> Reader {
    let mut reader = Reader::new(version);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = reader.read(expected, Place::Root, &mut deserializer).and_then(|()| deserializer.end());
    if matches!(expected, Ref::One(Type { name: "ComputeSystem", .. })) {
        reader.check_declared();
    }
    if let Err(error) = read {
        reader.problems.insert(0, alone(ProblemKind::NotJson, not_json(text, &error), None));
        reader.problems.truncate(PROBLEMS);
    }
    reader
}

/// What the parser says, and what is often behind it.
fn not_json(text: &str, error: &serde_json::Error) -> String {
    let said =
        error.to_string().replace("recursion limit exceeded", &format!("nested deeper than {DEPTH} levels"));
    let hint = if text.starts_with('\u{feff}') {
        "; it begins with a byte order mark"
    } else if said.starts_with("invalid escape") {
        r"; a backslash in a text is written \\"
    } else {
        ""
    };
    said + hint
}

/// A problem of the document as a whole.
fn alone(kind: ProblemKind, found: String, nearest: Option<String>) -> Problem {
    Problem {
        pointer: String::new(),
        kind,
        expected: "JSON".to_owned(),
        found,
        nearest,
        since: None,
        hint: None,
    }
}

/// `Name`, `<Name> array`, `<Name, count> array`, `Map<Key, Name>`.
fn expression(text: &str) -> Option<Ref> {
    if let Some(inner) = text.strip_prefix('<').and_then(|it| it.strip_suffix("> array")) {
        return Some(match inner.split_once(", ") {
            Some((name, count)) => Ref::Fixed(table::find(name)?, count.parse().ok()?),
            None => Ref::List(table::find(inner)?),
        });
    }
    if let Some((key, name)) = text.strip_prefix("Map<").and_then(|it| it.strip_suffix('>')?.split_once(", "))
    {
        return Some(Ref::Map(table::find(key)?, table::find(name)?));
    }
    table::find(text).map(Ref::One)
}
