//! Data of files: types that are read with every problem told, written with what is usual left out, and described for editors.
//! Not here: which types a file is made of (`scenario::file`).

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{Member, Node, Problems, span};
use crate::hresult::{Hresult, TABLE};
use crate::journal::report::files as words;

/// What a file can hold somewhere.
pub(crate) trait Data: Sized {
    /// Whether null says something; elsewhere it is as good as absent.
    const READS_NULL: bool = false;

    /// Reads a value. What is wrong is told, and `None` then stands for a value that cannot be used.
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Self>;

    /// The value as it is written.
    fn write(&self) -> Out;

    /// Its JSON Schema; types with names put theirs among the definitions.
    fn shape(definitions: &mut Map<String, Value>) -> Value;
}

/// JSON to be written, with members in the order of their declaration.
pub(crate) enum Out {
    Plain(Value),
    /// Verbatim.
    Raw(Box<RawValue>),
    List(Vec<Out>),
    Object(Vec<(String, Out)>),
}

impl Serialize for Out {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Out::Plain(value) => value.serialize(serializer),
            Out::Raw(raw) => raw.serialize(serializer),
            Out::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|it| list.serialize_element(it))?;
                list.end()
            }
            Out::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, it)| map.serialize_entry(name, it))?;
                map.end()
            }
        }
    }
}

/// The members of an object that is being read.
pub(crate) struct Fields<'a> {
    what: &'static str,
    at: usize,
    members: Vec<(Member<'a>, bool)>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(node: Node<'a>, what: &'static str, problems: &mut Problems<'_>) -> Option<Fields<'a>> {
        let Some(members) = node.members() else {
            problems.tell(node.at, words::expected(what, node.kind()));
            return None;
        };
        let mut fields: Vec<(Member<'a>, bool)> = Vec::new();
        let mut names = HashSet::new();
        for member in members {
            if !names.insert(member.name.clone()) {
                problems.tell(member.at, words::twice(&member.name));
            } else {
                fields.push((member, false));
            }
        }
        Some(Fields { what, at: node.at, members: fields, known: Vec::new() })
    }

    /// A member, if it is there and can be used.
    pub(crate) fn take<T: Data>(&mut self, name: &'static str, problems: &mut Problems<'_>) -> Option<T> {
        T::read(self.node(name).filter(|it| T::READS_NULL || !it.is_null())?, problems)
    }

    /// A member that has to be there.
    pub(crate) fn need<T: Data>(&mut self, name: &'static str, problems: &mut Problems<'_>) -> Option<T> {
        match self.node(name) {
            Some(node) => T::read(node, problems),
            None => {
                problems.tell(self.at, words::missing(self.what, name));
                None
            }
        }
    }

    /// A member as it stands there.
    pub(crate) fn node(&mut self, name: &'static str) -> Option<Node<'a>> {
        self.known.push(name);
        let member = self.members.iter_mut().find(|it| it.0.name == name)?;
        member.1 = true;
        Some(member.0.value)
    }

    /// Where the object stands.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Tells members that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems<'_>) {
        for (member, _) in self.members.iter().filter(|it| !it.1 && it.0.name != "$schema") {
            problems.tell(member.at, words::unknown_member(self.what, &member.name, &self.known));
        }
    }
}

/// Declares a type of a file: the struct, how it is read and written, and its description for editors, from one list. Absent
/// members have their default; `(needed)` ones may not be absent. A `flat` member's own members stand beside the others.
macro_rules! record {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident as $what:literal {
            $($(#[doc = $field_doc:literal])* $field:ident $(($needed:ident))?: $type:ty,)*
            $(@flat $flat:ident: $flat_type:ty,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $vis struct $name { $($(#[doc = $field_doc])* $vis $field: $type,)* $($vis $flat: $flat_type,)? }

        impl $name {
            $vis fn read_members(
                fields: &mut $crate::source::record::Fields<'_>,
                problems: &mut $crate::source::Problems<'_>,
            ) -> $name {
                $name {
                    $($field: $crate::source::record::record!(@read fields problems $field $($needed)?),)*
                    $($flat: <$flat_type>::read_members(fields, problems),)?
                }
            }

            $vis fn write_members(&self, members: &mut Vec<(String, $crate::source::record::Out)>) {
                $(if self.$field != <$type>::default() $(|| stringify!($needed) == "needed")? {
                    let name = stringify!($field).to_owned();
                    members.push((name, $crate::source::record::Data::write(&self.$field)));
                })*
                $(self.$flat.write_members(members);)?
            }

            $vis fn describe_members(
                properties: &mut serde_json::Map<String, serde_json::Value>,
                needed: &mut Vec<&'static str>,
                definitions: &mut serde_json::Map<String, serde_json::Value>,
            ) {
                $({
                    let mut shape = <$type as $crate::source::record::Data>::shape(definitions);
                    $crate::source::record::describe(&mut shape, &[$($field_doc),*]);
                    properties.insert(stringify!($field).to_owned(), shape);
                    $(if stringify!($needed) == "needed" { needed.push(stringify!($field)); })?
                })*
                $(<$flat_type>::describe_members(properties, needed, definitions);)?
                let _ = (properties, needed, definitions);
            }
        }

        impl $crate::source::record::Data for $name {
            fn read(
                node: $crate::source::Node<'_>,
                problems: &mut $crate::source::Problems<'_>,
            ) -> Option<$name> {
                let mut fields = $crate::source::record::Fields::of(node, $what, problems)?;
                let it = $name::read_members(&mut fields, problems);
                fields.finish(problems);
                it.check(node, problems);
                Some(it)
            }

            fn write(&self) -> $crate::source::record::Out {
                let mut members = Vec::new();
                self.write_members(&mut members);
                $crate::source::record::Out::Object(members)
            }

            fn shape(definitions: &mut serde_json::Map<String, serde_json::Value>) -> serde_json::Value {
                let name = stringify!($name);
                if !definitions.contains_key(name) {
                    definitions.insert(name.to_owned(), serde_json::Value::Null); // types may contain themselves
                    let mut properties = serde_json::Map::new();
                    let mut needed = Vec::new();
                    $name::describe_members(&mut properties, &mut needed, definitions);
                    let mut shape = serde_json::json!({
                        "type": "object",
                        "properties": properties,
                        "additionalProperties": false,
                    });
                    if !needed.is_empty() {
                        shape["required"] = serde_json::json!(needed);
                    }
                    $crate::source::record::describe(&mut shape, &[$($doc),*]);
                    $name::refine(&mut shape);
                    definitions.insert(name.to_owned(), shape);
                }
                serde_json::json!({ "$ref": format!("#/definitions/{name}") })
            }
        }
    };
    (@read $fields:ident $problems:ident $field:ident needed) => {
        $fields.need(stringify!($field), $problems).unwrap_or_default()
    };
    (@read $fields:ident $problems:ident $field:ident) => {
        $fields.take(stringify!($field), $problems).unwrap_or_default()
    };
}

pub(crate) use record;

/// What a record says beyond its members; most say nothing.
pub(crate) trait Refined {
    /// Tells what is wrong between members.
    fn check(&self, _node: Node<'_>, _problems: &mut Problems<'_>) {}

    /// Says the same to editors.
    fn refine(_shape: &mut Value) {}
}

/// Adds a description to a shape.
pub(crate) fn describe(shape: &mut Value, doc: &[&str]) {
    let text = doc.iter().map(|it| it.trim()).collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return;
    }
    match shape.get("$ref").cloned() {
        // Beside a reference nothing else counts.
        Some(reference) => *shape = json!({ "allOf": [{ "$ref": reference }], "description": text }),
        None => shape["description"] = text.into(),
    }
}

/// A word out of a list, whose value it stands for.
pub(crate) fn word<T: Clone>(
    node: Node<'_>,
    what: &str,
    words: &[(&str, T)],
    problems: &mut Problems<'_>,
) -> Option<T> {
    let Some(text) = node.text() else {
        problems.tell(node.at, words::expected(what, node.kind()));
        return None;
    };
    let found = words.iter().find(|it| it.0 == text).map(|it| it.1.clone());
    if found.is_none() {
        let names: Vec<&str> = words.iter().map(|it| it.0).collect();
        problems.tell(node.at, words::unknown_word(what, &text, &names));
    }
    found
}

/// Declares that the variants of an enumeration are written by their names.
macro_rules! named {
    ($($type:ident as $what:literal: $($variant:ident),+;)*) => {$(
        impl $crate::source::record::Data for $type {
            fn read(node: $crate::source::Node<'_>, problems: &mut $crate::source::Problems<'_>) -> Option<$type> {
                let words = [$((stringify!($variant), $type::$variant)),+];
                $crate::source::record::word(node, $what, &words, problems)
            }

            fn write(&self) -> $crate::source::record::Out {
                $crate::source::record::Out::Plain(format!("{self:?}").into())
            }

            fn shape(_: &mut serde_json::Map<String, serde_json::Value>) -> serde_json::Value {
                serde_json::json!({ "enum": [$(stringify!($variant)),+] })
            }
        }
    )*};
}

pub(crate) use named;

fn wrong<T>(node: Node<'_>, expected: &str, problems: &mut Problems<'_>) -> Option<T> {
    problems.tell(node.at, words::expected(expected, node.kind()));
    None
}

impl Data for bool {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<bool> {
        node.boolean().or_else(|| wrong(node, "true or false", problems))
    }

    fn write(&self) -> Out {
        Out::Plain((*self).into())
    }

    fn shape(_: &mut Map<String, Value>) -> Value {
        json!({ "type": "boolean" })
    }
}

macro_rules! numbers {
    ($($type:ident)*) => {$(
        impl Data for $type {
            fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<$type> {
                let range = concat!("a whole number from 0 to the most that ", stringify!($type), " holds");
                node.number().or_else(|| {
                    let found = if node.is_number() { node.raw } else { node.kind() };
                    problems.tell(node.at, words::expected(range, found));
                    None
                })
            }

            fn write(&self) -> Out {
                Out::Plain((*self).into())
            }

            fn shape(_: &mut Map<String, Value>) -> Value {
                json!({ "type": "integer", "minimum": 0, "maximum": $type::MAX })
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 usize);

impl Data for String {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<String> {
        match node.text() {
            Some(text) => Some(text.into_owned()),
            // `text` also refuses what is quoted and is no text: a lone surrogate.
            None if node.raw.starts_with('"') => {
                problems.tell(node.at, words::no_text());
                None
            }
            None => wrong(node, "a text", problems),
        }
    }

    fn write(&self) -> Out {
        Out::Plain(self.as_str().into())
    }

    fn shape(_: &mut Map<String, Value>) -> Value {
        json!({ "type": "string" })
    }
}

impl Data for Duration {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Duration> {
        let read = node.text().and_then(|it| span::read(&it));
        if read.is_none() {
            problems.tell(node.at, words::no_time(node.raw));
        }
        read
    }

    fn write(&self) -> Out {
        Out::Plain(span::write(*self).into())
    }

    fn shape(_: &mut Map<String, Value>) -> Value {
        json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,9})? *(ns|us|ms|s|min|h|d)$", "examples": ["40ms", "1.5s"] })
    }
}

/// A name of the table, `0x` and eight digits, or the number as documents write it.
impl Data for Hresult {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Hresult> {
        if let Some(number) = node.number::<i64>() {
            let bits = i32::try_from(number).map(Hresult::from_i32).ok();
            let bits = bits.or_else(|| u32::try_from(number).map(Hresult::from_bits).ok());
            return bits.or_else(|| wrong(node, "an HRESULT", problems));
        }
        let Some(text) = node.text() else { return wrong(node, "an HRESULT", problems) };
        let code = Hresult::by_label(&text);
        if code.is_none() {
            let names: Vec<&str> = TABLE.iter().map(|it| it.name).collect();
            problems.tell(node.at, words::unknown_word("an HRESULT", &text, &names));
        }
        code
    }

    fn write(&self) -> Out {
        Out::Plain(self.label().into())
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        definitions.entry("Hresult").or_insert_with(|| {
            let plain = TABLE.iter().map(|it| it.name.to_owned());
            let of_win32 = TABLE.iter().filter(|it| it.name.starts_with("ERROR_") || it.name.starts_with("RPC_"));
            let names: Vec<String> = plain.chain(of_win32.map(|it| format!("HRESULT_{}", it.name))).collect();
            json!({
                "description": "An HRESULT: its name, 0x and eight digits, or the number.",
                "anyOf": [{ "enum": names }, { "type": "string", "pattern": "^0x[0-9A-Fa-f]{8}$" }, { "type": "integer" }],
            })
        });
        json!({ "$ref": "#/definitions/Hresult" })
    }
}

impl<T: Data> Data for Option<T> {
    const READS_NULL: bool = T::READS_NULL;

    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Option<T>> {
        T::read(node, problems).map(Some)
    }

    fn write(&self) -> Out {
        self.as_ref().map_or(Out::Plain(Value::Null), T::write)
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        T::shape(definitions)
    }
}

/// A value, or null, which says that there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OrNone<T>(pub(crate) Option<T>);

impl<T: Data> Data for OrNone<T> {
    const READS_NULL: bool = true;

    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<OrNone<T>> {
        if node.is_null() { Some(OrNone(None)) } else { T::read(node, problems).map(|it| OrNone(Some(it))) }
    }

    fn write(&self) -> Out {
        self.0.write()
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        json!({ "anyOf": [T::shape(definitions), { "type": "null" }] })
    }
}

impl<T: Data> Data for Vec<T> {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Vec<T>> {
        let Some(items) = node.items() else { return wrong(node, "a list", problems) };
        Some(items.into_iter().filter_map(|it| T::read(it, problems)).collect())
    }

    fn write(&self) -> Out {
        Out::List(self.iter().map(T::write).collect())
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        json!({ "type": "array", "items": T::shape(definitions) })
    }
}

impl<T: Data> Data for BTreeMap<String, T> {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<BTreeMap<String, T>> {
        let Some(members) = node.members() else { return wrong(node, "an object", problems) };
        let mut map = BTreeMap::new();
        for member in members {
            if map.contains_key(&*member.name) {
                problems.tell(member.at, words::twice(&member.name));
            } else if let Some(value) = T::read(member.value, problems) {
                map.insert(member.name.into_owned(), value);
            }
        }
        Some(map)
    }

    fn write(&self) -> Out {
        Out::Object(self.iter().map(|(name, it)| (name.clone(), it.write())).collect())
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        json!({ "type": "object", "additionalProperties": T::shape(definitions) })
    }
}
