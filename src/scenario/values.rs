//! The values of scenario files that are not plain: calls, documents, bytes, counts, orders.
//! Not here: the records that hold them (`file`).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use crate::call::{Export, OperationType};
use crate::hresult::Hresult;
use crate::journal::finding::FindingKind;
use crate::journal::report::files as words;
use crate::journal::saved::{document_of, json_of};
use crate::model::behavior::PendingAtExit;
use crate::runtime::queue::Order;
use crate::script::matcher::NAMED;
use crate::source::record::{Data, Fields, Out, word};
use crate::source::{Node, Problems};

/// Which exports a rule is for: by the name of a function of `call`, or of one export.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Calls(pub(crate) Vec<Export>);

fn call_names() -> Vec<(&'static str, Vec<Export>)> {
    let any = [("any", Vec::new())].into_iter();
    let named = NAMED.iter().map(|it| (it.0, it.1.to_vec()));
    any.chain(named).chain(Export::all().iter().map(|it| (it.name, vec![it.export]))).collect()
}

impl Data for Calls {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Calls> {
        word(node, "a call", &call_names(), problems).map(Calls)
    }

    fn write(&self) -> Out {
        let names = call_names();
        let name = names.iter().find(|it| it.1 == self.0).map_or("any", |it| it.0);
        Out::Plain(name.into())
    }

    fn shape(_: &mut Map<String, Value>) -> Value {
        json!({ "enum": call_names().iter().map(|it| it.0).collect::<Vec<_>>() })
    }
}

/// A document: JSON, which is written compact as HCS does, or a text, which is passed on verbatim.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Verbatim(pub(crate) String);

impl Data for Verbatim {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Verbatim> {
        let text = document_of(node);
        if text.is_none() {
            problems.tell(node.at, words::expected("a document: an object, a list or a text", node.kind()));
        }
        text.map(|it| {
            Verbatim(if node.is_object() || node.is_list() { compact(&it) } else { it.into_owned() })
        })
    }

    fn write(&self) -> Out {
        match json_of(&self.0).filter(|it| compact(it.get()) == self.0) {
            Some(raw) => Out::Raw(raw.to_owned()),
            None => Out::Plain(self.0.as_str().into()),
        }
    }

    fn shape(_: &mut Map<String, Value>) -> Value {
        json!({ "type": ["object", "array", "string"] })
    }
}

/// JSON without the blanks between its parts.
fn compact(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for character in text.chars() {
        if quoted || !character.is_ascii_whitespace() {
            compact.push(character);
        }
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
    }
    compact
}

/// A JSON value to compare with.
impl Data for Value {
    const READS_NULL: bool = true;

    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Value> {
        let value = serde_json::from_str(node.raw);
        if let Err(error) = &value {
            problems.tell(node.at, words::not_json(error)); // nested too deep
        }
        value.ok()
    }

    fn write(&self) -> Out {
        Out::Plain(self.clone())
    }

    fn shape(_: &mut Map<String, Value>) -> Value {
        json!(true)
    }
}

/// What a program prints: a text, or numbers where it is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Data for Bytes {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Bytes> {
        if node.is_list() {
            return Vec::<u8>::read(node, problems).map(Bytes);
        }
        String::read(node, problems).map(|it| Bytes(it.into_bytes()))
    }

    fn write(&self) -> Out {
        Out::Plain(std::str::from_utf8(&self.0).map_or_else(|_| json!(self.0), |it| json!(it)))
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        json!({ "anyOf": [{ "type": "string" }, Vec::<u8>::shape(definitions)] })
    }
}

/// How often a rule has to apply: a number, or the least and the most.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Count(pub(crate) RangeInclusive<u64>);

impl Data for Count {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Count> {
        if !node.is_object() {
            return u64::read(node, problems).map(|it| Count(it..=it));
        }
        let mut fields = Fields::of(node, "a count", problems)?;
        let least = fields.take("at_least", problems).unwrap_or(0);
        let most = fields.take("at_most", problems).unwrap_or(u64::MAX);
        fields.finish(problems);
        if least > most {
            problems.tell(node.at, words::empty_range(least, most));
            return None;
        }
        Some(Count(least..=most))
    }

    fn write(&self) -> Out {
        let (least, most) = (*self.0.start(), *self.0.end());
        Out::Plain(match (least, most) {
            _ if least == most => least.into(),
            (0, _) => json!({ "at_most": most }),
            (_, u64::MAX) => json!({ "at_least": least }),
            _ => json!({ "at_least": least, "at_most": most }),
        })
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        let number = u64::shape(definitions);
        json!({ "anyOf": [number, {
            "type": "object",
            "properties": { "at_least": number, "at_most": number },
            "additionalProperties": false,
        }]})
    }
}

impl Data for Order {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Order> {
        if !node.is_object() {
            return word(node, "an order", &[("Sequence", Order::Sequence)], problems);
        }
        let mut fields = Fields::of(node, "an order", problems)?;
        let seed = fields.need("Seeded", problems);
        fields.finish(problems);
        seed.map(Order::Seeded)
    }

    fn write(&self) -> Out {
        Out::Plain(match self {
            Order::Sequence => "Sequence".into(),
            Order::Seeded(seed) => json!({ "Seeded": seed }),
        })
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        json!({ "anyOf": [{ "enum": ["Sequence"] }, {
            "type": "object",
            "properties": { "Seeded": u64::shape(definitions) },
            "required": ["Seeded"],
            "additionalProperties": false,
        }]})
    }
}

impl Data for PendingAtExit {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<PendingAtExit> {
        if !node.is_object() {
            return word(
                node,
                "a rule for what is pending",
                &[("ByCause", PendingAtExit::ByCause)],
                problems,
            );
        }
        let mut fields = Fields::of(node, "a rule for what is pending", problems)?;
        let code = fields.need("Always", problems);
        fields.finish(problems);
        code.map(PendingAtExit::Always)
    }

    fn write(&self) -> Out {
        match self {
            PendingAtExit::ByCause => Out::Plain("ByCause".into()),
            PendingAtExit::Always(code) => Out::Object(vec![("Always".to_owned(), code.write())]),
        }
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        json!({ "anyOf": [{ "enum": ["ByCause"] }, {
            "type": "object",
            "properties": { "Always": Hresult::shape(definitions) },
            "required": ["Always"],
            "additionalProperties": false,
        }]})
    }
}

impl Data for FindingKind {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<FindingKind> {
        let names: Vec<(&str, FindingKind)> = FindingKind::all().iter().map(|it| (it.name(), *it)).collect();
        word(node, "a kind of finding", &names, problems)
    }

    fn write(&self) -> Out {
        Out::Plain(self.name().into())
    }

    fn shape(_: &mut Map<String, Value>) -> Value {
        json!({ "enum": FindingKind::all().iter().map(|it| it.name()).collect::<Vec<_>>() })
    }
}

/// What names the members of an object that is keyed by an enumeration.
pub(crate) trait Name: Copy + Ord {
    /// What a name is, in words.
    const WHAT: &'static str;

    /// Each value with its name.
    fn named() -> Vec<(String, Self)>;
}

impl Name for OperationType {
    const WHAT: &'static str = "a type of operation";

    fn named() -> Vec<(String, OperationType)> {
        OperationType::all().iter().map(|it| (format!("{it:?}"), *it)).collect()
    }
}

impl Name for FindingKind {
    const WHAT: &'static str = "a kind of finding";

    fn named() -> Vec<(String, FindingKind)> {
        FindingKind::all().iter().map(|it| (it.name().to_owned(), *it)).collect()
    }
}

/// Values by names of an enumeration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ByName<K, T>(pub(crate) BTreeMap<K, T>);

impl<K, T> Default for ByName<K, T> {
    fn default() -> ByName<K, T> {
        ByName(BTreeMap::new())
    }
}

impl<K: Name, T: Data> Data for ByName<K, T> {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<ByName<K, T>> {
        let Some(members) = node.members() else {
            problems.tell(node.at, words::expected(&format!("an object by {}", K::WHAT), node.kind()));
            return None;
        };
        let named = K::named();
        let names: Vec<&str> = named.iter().map(|it| it.0.as_str()).collect();
        let mut values = BTreeMap::new();
        for member in members {
            match named.iter().find(|it| it.0 == member.name).map(|it| it.1) {
                None => problems.tell(member.at, words::unknown_word(K::WHAT, &member.name, &names)),
                Some(key) if values.contains_key(&key) => {
                    problems.tell(member.at, words::twice(&member.name))
                }
                Some(key) => values.extend(T::read(member.value, problems).map(|it| (key, it))),
            }
        }
        Some(ByName(values))
    }

    fn write(&self) -> Out {
        let named = K::named();
        let name = |key: &K| named.iter().find(|it| it.1 == *key).map_or_else(String::new, |it| it.0.clone());
        Out::Object(self.0.iter().map(|(key, it)| (name(key), it.write())).collect())
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        let value = T::shape(definitions);
        let properties: Map<String, Value> =
            K::named().into_iter().map(|(name, _)| (name, value.clone())).collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

/// A value and where it stands in its file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    /// Line and column.
    pub(crate) place: (usize, usize),
}

/// The place does not count.
impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Placed<T>) -> bool {
        self.value == other.value
    }
}

impl<T: Data> Data for Placed<T> {
    fn read(node: Node<'_>, problems: &mut Problems<'_>) -> Option<Placed<T>> {
        let place = problems.position(node.at);
        T::read(node, problems).map(|value| Placed { value, place })
    }

    fn write(&self) -> Out {
        self.value.write()
    }

    fn shape(definitions: &mut Map<String, Value>) -> Value {
        T::shape(definitions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_loses_the_blanks_between_its_parts() {
        assert_eq!(
            compact("{\n  \"a b\" : \" \\\" x \\\\\" ,\n \"c\":[1, 2]\n}"),
            r#"{"a b":" \" x \\","c":[1,2]}"#
        );
    }
}
