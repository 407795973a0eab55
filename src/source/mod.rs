//! Reading the project's own files, JSON that people edit: every problem at once, each with its line and column.
//! Not here: what the files say (`scenario`, `journal::saved`), and the documents of HCS, which `schema` checks.

mod named;
pub(crate) mod record;
pub(crate) mod span;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::path::Path;

use serde::Deserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::Error;
use crate::journal::report::files as words;

/// One thing that is wrong with a file.
///
/// ```
/// use hcs_sim::{Error, Scenario};
/// let Err(Error::BadFile { problems, .. }) = Scenario::from_json("{\n  \"allow\": [\"leaked-opration\"]\n}") else { panic!() };
/// assert_eq!((problems[0].line, problems[0].column), (2, 13));
/// assert!(problems[0].message.contains("did you mean \"leaked-operation\"?"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileProblem {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, and the nearest right spelling where there is one.
    pub message: String,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// A text without the mark with which some editors begin files.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads a file: its name for messages, and its text.
pub(crate) fn read_file(path: &Path) -> Result<(String, String), Error> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Error::Unreadable { path: name, message: error.to_string() }),
    }
}

/// How many problems of a file are told.
pub(crate) const MOST: usize = 100;

/// Collects what is wrong with a text.
pub(crate) struct Problems<'a> {
    text: &'a str,
    list: Vec<FileProblem>,
    /// Where they are.
    offsets: Vec<usize>,
    /// The last place that was asked for: its offset, line and column. Places are asked for one after the other, as a rule.
    last: Cell<(usize, usize, usize)>,
}

impl<'a> Problems<'a> {
    pub(crate) fn of(text: &'a str) -> Problems<'a> {
        Problems { text, list: Vec::new(), offsets: Vec::new(), last: Cell::new((0, 1, 1)) }
    }

    /// Notes what is wrong at an offset of the text.
    pub(crate) fn tell(&mut self, at: usize, message: String) {
        if self.list.len() < MOST {
            let (line, column) = self.position(at);
            self.list.push(FileProblem { line, column, message });
            self.offsets.push(at);
        }
    }

    /// Line and column of an offset, both from 1.
    pub(crate) fn position(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.text.len());
        let (from, line, column) = Some(self.last.get()).filter(|it| it.0 <= at).unwrap_or((0, 1, 1));
        let between = &self.text[from..at];
        let (line, column) = match between.rfind('\n') {
            None => (line, column + between.chars().count()),
            Some(end) => (line + between.matches('\n').count(), between[end + 1..].chars().count() + 1),
        };
        self.last.set((at, line, column));
        (line, column)
    }

    /// Whether it was told already that members of an object cannot be used: those with these names, or those that may have been
    /// meant to be.
    pub(crate) fn are_about(&self, object: Node<'_>, names: &[&str]) -> bool {
        let is_in = |node: Node<'_>| {
            let span = node.at..node.at + node.raw.len();
            self.offsets.iter().any(|it| span.contains(it))
        };
        object
            .members()
            .into_iter()
            .flatten()
            .any(|it| self.offsets.contains(&it.at) || names.contains(&&*it.name) && is_in(it.value))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What was told, in the order of the text.
    pub(crate) fn into_list(mut self) -> Vec<FileProblem> {
        self.list.sort_by_key(|it| (it.line, it.column));
        self.list
    }
}

/// A JSON value in a text, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    /// The value as it is written.
    pub(crate) raw: &'a str,
    /// Its offset in the text.
    pub(crate) at: usize,
}

/// A member of an object: its name, and where the name stands.
pub(crate) struct Member<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) at: usize,
    pub(crate) value: Node<'a>,
}

impl<'a> Node<'a> {
    /// The value that a part of a text holds, or what is wrong with it. `part` begins at offset `at` of the text.
    pub(crate) fn parse(part: &'a str, at: usize, problems: &mut Problems<'_>) -> Option<Node<'a>> {
        match serde_json::from_str::<&RawValue>(part) {
            Ok(raw) => Some(Node::of(part, at, raw)),
            Err(error) => {
                let lines = part.split_inclusive('\n').take(error.line().saturating_sub(1));
                let line_start: usize = lines.map(str::len).sum();
                let mut offset = (line_start + error.column().saturating_sub(1)).min(part.len());
                while !part.is_char_boundary(offset) {
                    offset -= 1;
                }
                problems.tell(at + offset, words::not_json(&error));
                None
            }
        }
    }

    fn of(part: &str, at: usize, raw: &'a RawValue) -> Node<'a> {
        let raw = raw.get();
        Node { raw, at: at + (raw.as_ptr().addr() - part.as_ptr().addr()) }
    }

    pub(crate) fn is_null(self) -> bool {
        self.raw == "null"
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        self.raw.parse().ok()
    }

    pub(crate) fn is_number(self) -> bool {
        self.raw.starts_with(|it: char| it == '-' || it.is_ascii_digit())
    }

    pub(crate) fn number<T: std::str::FromStr>(self) -> Option<T> {
        self.is_number().then(|| self.raw.parse().ok())?
    }

    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let quoted = self.raw.strip_prefix('"')?.strip_suffix('"')?;
        if quoted.contains('\\') {
            serde_json::from_str(self.raw).ok().map(Cow::Owned)
        } else {
            Some(quoted.into())
        }
    }

    pub(crate) fn is_object(self) -> bool {
        self.raw.starts_with('{')
    }

    pub(crate) fn is_list(self) -> bool {
        self.raw.starts_with('[')
    }

    /// The members of an object, in their order.
    pub(crate) fn members(self) -> Option<Vec<Member<'a>>> {
        struct Members<'a>(Node<'a>);
        impl<'a> Visitor<'a> for Members<'a> {
            type Value = Vec<Member<'a>>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    let (name, value) =
                        (Node::of(self.0.raw, self.0.at, name), Node::of(self.0.raw, self.0.at, value));
                    members.push(Member { name: name.text().unwrap_or_default(), at: name.at, value });
                }
                Ok(members)
            }
        }
        self.is_object()
            .then(|| serde_json::Deserializer::from_str(self.raw).deserialize_map(Members(self)).ok())?
    }

    /// Where the value of a member of this object stands; without it, where the object does.
    pub(crate) fn place_of(self, name: &str) -> usize {
        let members = self.members().unwrap_or_default();
        members.iter().find(|it| it.name == name).map_or(self.at, |it| it.value.at)
    }

    /// The items of a list.
    pub(crate) fn items(self) -> Option<Vec<Node<'a>>> {
        struct Items<'a>(Node<'a>);
        impl<'a> Visitor<'a> for Items<'a> {
            type Value = Vec<Node<'a>>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(raw) = list.next_element::<&RawValue>()? {
                    items.push(Node::of(self.0.raw, self.0.at, raw));
                }
                Ok(items)
            }
        }
        self.is_list()
            .then(|| serde_json::Deserializer::from_str(self.raw).deserialize_seq(Items(self)).ok())?
    }

    /// What kind of value it is, in words.
    pub(crate) fn kind(self) -> &'static str {
        match self.raw.as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a text",
            Some(b't' | b'f') => "a truth value",
            Some(b'n') => "null",
            _ => "a number",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_where_they_stand() {
        let text = "\n { \"naïve\" : [1, {\"b\":\"\\u0041\"}],\n\"c\":null}";
        let mut problems = Problems::of(text);
        let root = Node::parse(text, 0, &mut problems).unwrap();
        let members = root.members().unwrap();
        assert_eq!(members.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["naïve", "c"]);
        let items = members[0].value.items().unwrap();
        assert_eq!(items[0].number::<u8>(), Some(1));
        let inner = items[1].members().unwrap();
        assert_eq!(inner[0].value.text().as_deref(), Some("A"));
        assert_eq!(problems.position(inner[0].value.at), (2, 23));
        assert_eq!(problems.position(members[1].at), (3, 1));
        assert!(members[1].value.is_null());
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, line, column) in [("{\n  \"a\": 1,\n}", 3, 1), ("", 1, 1), ("{} x", 1, 4), ("[1 2]", 1, 4)]
        {
            let mut problems = Problems::of(text);
            assert!(Node::parse(text, 0, &mut problems).is_none());
            let list = problems.into_list();
            assert_eq!((list[0].line, list[0].column), (line, column), "{text:?}: {list:?}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let mut problems = Problems::of(&deep);
        let node = Node::parse(&deep, 0, &mut problems).unwrap();
        assert_eq!(node.items().unwrap().len(), 1);
    }
}
