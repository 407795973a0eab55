//! A place, what is expected there and what stands there, in words.
//! Not here: finding what is wrong (`reader`), the sentence about it (`problem`).

use std::fmt;

use super::types::{Member, Ref, Shape, Struct, Type};

/// A place in a document, as a list on the stack: written down only when there is something to tell.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl Place<'_> {
    pub(super) fn pointer(self) -> String {
        const LONGEST: usize = 1024;
        const PART: usize = 500;
        let mut pointer = String::new();
        self.write(&mut pointer);
        if pointer.len() > LONGEST {
            let boundary = |at: &usize| pointer.is_char_boundary(*at);
            let head = (0..=PART).rev().find(boundary).unwrap_or(0);
            let tail = (pointer.len() - PART..).find(boundary).unwrap_or(pointer.len());
            pointer = format!("{}...{}", &pointer[..head], &pointer[tail..]);
        }
        pointer
    }

    fn write(self, pointer: &mut String) {
        match self {
            Place::Root => {}
            Place::Member(parent, name) => {
                parent.write(pointer);
                pointer.push('/');
                for letter in name.chars() {
                    match letter {
                        '~' => pointer.push_str("~0"),
                        '/' => pointer.push_str("~1"),
                        other => pointer.push(other),
                    }
                }
            }
            Place::Element(parent, index) => {
                parent.write(pointer);
                pointer.push_str(&format!("/{index}"));
            }
        }
    }
}

/// A text as it is shown: quoted, and cut if it is long.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 64;
        match self.0.char_indices().nth(LONGEST) {
            None => write!(f, "{:?}", self.0),
            Some((end, _)) => write!(f, "{:?}... ({} bytes)", &self.0[..end], self.0.len()),
        }
    }
}

/// What is expected, in words.
pub(super) struct Wanted(pub(super) Ref);

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ref::One(Type { name, shape, .. }) => match shape {
                Shape::Struct(_) => write!(f, "an object ({name})"),
                Shape::Enum(groups) | Shape::OldEnum(groups) | Shape::EnumOrNumber(groups) => {
                    let names = groups.iter().flat_map(|it| it.names.iter().copied());
                    write!(f, "one of {} ({name})", listed(names))
                }
                Shape::Text => f.write_str("a text"),
                Shape::Form(_, what) => f.write_str(what),
                Shape::Bool => f.write_str("true or false"),
                Shape::Integer(..) => write!(f, "a whole number ({name})"),
                Shape::Number => f.write_str("a number"),
                Shape::Any => f.write_str("anything"),
            },
            Ref::List(of) => write!(f, "a list of {}", of.name),
            Ref::Fixed(of, count) => write!(f, "a list of {count} {}", of.name),
            Ref::Map(key, of) => {
                let keys = match key.shape {
                    Shape::Integer(..) => "numbers",
                    Shape::Form(..) => "GUIDs",
                    _ => "names",
                };
                write!(f, "an object with {keys} as keys")?;
                if matches!(of.shape, Shape::Any) { Ok(()) } else { write!(f, " ({})", of.name) }
            }
        }
    }
}

/// The right name in the wrong place: a structure in this one has it.
pub(super) fn belongs(shape: &Struct, name: &str) -> Option<String> {
    let inside = |member: &&Member| match member.value {
        Ref::One(ty) => ty.members().iter().any(|it| it.name == name),
        _ => false,
    };
    shape.members.iter().find(inside).map(|it| format!("{} has one: {}/{name}", it.name, it.name))
}

/// What there is instead.
pub(super) fn has(shape: &Struct) -> Option<String> {
    (!shape.members.is_empty()).then(|| format!("it has {}", listed(shape.members.iter().map(|it| it.name))))
}

/// Names in a line, or the first of many.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.collect();
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    format!("{}{more}", names[..names.len().min(SHOWN)].join(", "))
}
