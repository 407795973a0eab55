//! Reading a document by the table: one pass over its text, no tree is built, every problem is told.
//! Not here: the rows (`table`), what depends on another member (`dependent`), how a problem reads (`problem`).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::keys::{Found, Key, MemberKey, numbers_are_maps};
use super::nearest::nearest;
use super::problem::{Problem, ProblemKind};
use super::types::{Group, Ref, Shape, Struct, Type, Version};
use super::words::{Place, Shown, Wanted, belongs, has};

/// How many problems of a document are told.
pub(super) const PROBLEMS: usize = 100;

/// How many of them may be no more than too new: others count more.
const NEWER: usize = 50;

/// How deep a document may be nested: `serde_json` reads no deeper.
pub(crate) const DEPTH: usize = 127;

/// Collects what is wrong with a document.
pub(super) struct Reader {
    pub(super) version: Version,
    pub(super) problems: Vec<Problem>,
    /// How many of the problems are of what is too new.
    newer: usize,
    /// The two numbers of the document's own `SchemaVersion`.
    declared: [Option<u32>; 2],
    /// There is a `SystemType` that the type does not have: a document of the first API.
    pub(super) is_of_first_api: bool,
}

impl Reader {
    pub(super) fn new(version: Version) -> Reader {
        Reader { version, problems: Vec::new(), newer: 0, declared: [None; 2], is_of_first_api: false }
    }

    /// A configuration may not declare a schema that the host does not know. (fidelity: `declared-schema`)
    pub(super) fn check_declared(&mut self) {
        let [Some(major), minor] = self.declared else { return };
        let declared = Version::new(major, minor.unwrap_or_default()); // what is zero is often left out
        if declared > self.version {
            let host = format_args!("schema {}", self.version).to_string();
            let place = Place::Member(&Place::Root, "SchemaVersion");
            self.tell(place, ProblemKind::TooNew, host, Shown(&declared.to_string()));
        }
    }

    /// Notes a number if it belongs to the document's own `SchemaVersion`.
    fn note_declared(&mut self, place: Place<'_>, number: i128) {
        if let Place::Member(Place::Member(Place::Root, "SchemaVersion"), name) = place {
            self.declared[usize::from(name == "Minor")] = number.try_into().ok();
        }
    }

    /// Reads what a deserializer has. Its own errors are returned: what it holds is no JSON, or too deep.
    pub(super) fn read<'de, D: Deserializer<'de>>(
        &mut self,
        expected: Ref,
        place: Place<'_>,
        deserializer: D,
    ) -> Result<(), D::Error> {
        let is_given = At { reader: self, expected, place }.deserialize(deserializer)?;
        if !is_given {
            tell_null(self, expected, place);
        }
        Ok(())
    }

    fn tell(
        &mut self,
        place: Place<'_>,
        kind: ProblemKind,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) {
        self.tell_more(place, kind, expected, found, More::default());
    }

    fn tell_more(
        &mut self,
        place: Place<'_>,
        kind: ProblemKind,
        expected: impl fmt::Display,
        found: impl fmt::Display,
        more: More<'_>,
    ) {
        let is_newer = kind == ProblemKind::TooNew;
        if !(self.is_full() || is_newer && self.newer >= NEWER) {
            self.newer += usize::from(is_newer);
            self.problems.push(Problem {
                pointer: place.pointer(),
                kind,
                expected: expected.to_string(),
                found: found.to_string(),
                nearest: more.nearest.map(str::to_owned),
                since: more.since,
                hint: more.hint,
            });
        }
    }

    /// No further problem will be told: looking for one's details is in vain.
    fn is_full(&self) -> bool {
        self.problems.len() >= PROBLEMS
    }

    /// A member is missing that is needed.
    pub(super) fn missing(&mut self, place: Place<'_>, name: &str) {
        self.tell(place, ProblemKind::MissingMember, Shown(name), "nothing");
    }

    /// Something else stands where a type is expected.
    pub(super) fn is_not(&mut self, expected: Ref, place: Place<'_>, found: &str) {
        self.tell(place, ProblemKind::WrongType, Wanted(expected), found);
    }

    fn too_new(&mut self, place: Place<'_>, found: &str, since: Version) {
        let host = format_args!("schema {}", self.version).to_string();
        let more = More { since: Some(since), ..More::default() };
        self.tell_more(place, ProblemKind::TooNew, host, Shown(found), more);
    }
}

/// What is told of a problem besides what was expected and what stands there.
#[derive(Default)]
struct More<'a> {
    nearest: Option<&'a str>,
    since: Option<Version>,
    hint: Option<String>,
}

/// What is expected at a place, and where it is.
struct At<'r, 'p> {
    reader: &'r mut Reader,
    expected: Ref,
    place: Place<'p>,
}

impl<'de> DeserializeSeed<'de> for At<'_, '_> {
    /// Whether there is anything but null.
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl At<'_, '_> {
    fn wrong(self, found: impl fmt::Display) {
        let kind = ProblemKind::WrongType;
        self.reader.tell(self.place, kind, Wanted(self.expected), found);
    }

    fn integer(self, number: i128) {
        match self.expected {
            Ref::One(Type { shape: Shape::Integer(least, most), name, .. }) => {
                if !(i128::from(*least)..=i128::from(*most)).contains(&number) {
                    let wanted = format_args!("{name}, {least} to {most}").to_string();
                    self.reader.tell(self.place, ProblemKind::OutOfRange, wanted, number);
                }
                self.reader.note_declared(self.place, number);
            }
            Ref::One(Type { shape: Shape::EnumOrNumber(_), .. }) if i32::try_from(number).is_err() => {
                self.reader.tell(self.place, ProblemKind::OutOfRange, "a number of 32 bits", number);
            }
            Ref::One(Type { shape: Shape::Number | Shape::Any | Shape::EnumOrNumber(_), .. }) => {}
            _ => self.wrong(format_args!("the number {number}")),
        }
    }

    fn fraction(self, number: f64) {
        match self.expected {
            Ref::One(Type { shape: Shape::Number | Shape::Any, .. }) => {}
            Ref::One(Type { shape: Shape::Integer(least, most), name, .. }) if number.fract() == 0.0 => {
                let wanted = format_args!("{name}, {least} to {most}, as a whole number").to_string();
                self.reader.tell(self.place, ProblemKind::OutOfRange, wanted, number);
            }
            _ => self.wrong(format_args!("the number {number}")),
        }
    }

    fn text(self, text: &str) {
        match self.expected {
            Ref::One(Type { shape: Shape::Text | Shape::Any, .. }) => {}
            Ref::One(Type { shape: Shape::Form(has_form, what), .. }) => {
                if !has_form(text) {
                    self.reader.tell(self.place, ProblemKind::BadFormat, what, Shown(text));
                }
            }
            Ref::One(ty @ Type { shape: Shape::Enum(groups) | Shape::EnumOrNumber(groups), .. }) => {
                match find_value(groups, |it| it == text) {
                    Some(since) if since <= self.reader.version => {}
                    Some(since) => self.reader.too_new(self.place, text, since),
                    None => self.unknown_value(ty, text),
                }
            }
            Ref::One(ty @ Type { shape: Shape::OldEnum(groups), .. }) => {
                if find_value(groups, |it| it.eq_ignore_ascii_case(text)).is_none() {
                    self.unknown_value(ty, text);
                }
            }
            _ => self.wrong(format_args!("the text {}", Shown(text))),
        }
    }

    fn unknown_value(self, ty: &Type, text: &str) {
        if self.reader.is_full() {
            return;
        }
        let near = nearest(text, ty.values().map(|it| it.name));
        let kind = ProblemKind::UnknownValue;
        let more = More { nearest: near, ..More::default() };
        self.reader.tell_more(self.place, kind, Wanted(self.expected), Shown(text), more);
    }
}

fn find_value(groups: &[Group], is_it: impl Fn(&str) -> bool) -> Option<Version> {
    groups.iter().find(|group| group.names.iter().any(|it| is_it(it))).map(|it| it.since)
}

impl<'de> Visitor<'de> for At<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        if !matches!(self.expected, Ref::One(Type { shape: Shape::Bool | Shape::Any, .. })) {
            self.wrong(value);
        }
        Ok(true)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.integer(value.into());
        Ok(true)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.integer(value.into());
        Ok(true)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        self.fraction(value);
        Ok(true)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        self.text(value);
        Ok(true)
    }

    /// As a member it stands for its absence; elsewhere the caller tells it.
    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<bool, A::Error> {
        let (reader, place) = (self.reader, self.place);
        let of = match self.expected {
            Ref::List(of) | Ref::Fixed(of, _) => Ref::One(of),
            expected => {
                if !matches!(expected, Ref::One(Type { shape: Shape::Any, .. })) {
                    reader.tell(place, ProblemKind::WrongType, Wanted(expected), "a list");
                }
                ANYTHING
            }
        };
        let mut count = 0;
        loop {
            let at = At { reader, expected: of, place: Place::Element(&place, count) };
            let Some(given) = elements.next_element_seed(at)? else { break };
            if !given {
                tell_null(reader, of, Place::Element(&place, count));
            }
            count += 1;
        }
        if let Ref::Fixed(_, wanted) = self.expected
            && count != wanted
        {
            let found = format_args!("{count} of them").to_string();
            reader.tell(place, ProblemKind::OutOfRange, Wanted(self.expected), found);
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        match self.expected {
            Ref::One(ty @ Type { shape: Shape::Struct(shape), .. }) => {
                self.structure(ty, shape, members).map(|()| true)
            }
            Ref::Map(key, of) => self.map(key, Ref::One(of), members).map(|()| true),
            expected => {
                let (reader, place) = (self.reader, self.place);
                let mut is_first = true;
                while let Some(key) = members.next_key_seed(Key)? {
                    let is_number = std::mem::take(&mut is_first) && key == "$serde_json::private::Number";
                    if is_number && numbers_are_maps() {
                        let number: Cow<'_, str> = members.next_value()?;
                        let at = At { reader, expected, place };
                        match (number.parse::<i128>(), number.parse::<f64>()) {
                            (Ok(number), _) => at.integer(number),
                            (_, Ok(number)) => at.fraction(number),
                            _ => at.wrong("an object"),
                        }
                        return Ok(true);
                    }
                    members.next_value_seed(At { reader, expected: ANYTHING, place: Place::Root })?;
                }
                if !matches!(expected, Ref::One(Type { shape: Shape::Any, .. })) {
                    reader.tell(place, ProblemKind::WrongType, Wanted(expected), "an object");
                }
                Ok(true)
            }
        }
    }
}

impl At<'_, '_> {
    fn structure<'de, A: MapAccess<'de>>(
        self,
        ty: &'static Type,
        shape: &'static Struct,
        mut members: A,
    ) -> Result<(), A::Error> {
        let At { reader, place, .. } = self;
        let (mut seen, mut given) = (0u64, 0u64); // by position; no structure has more members than bits
        let mut next = 0;
        while let Some(key) = members.next_key_seed(MemberKey { members: shape.members, next })? {
            let (at, name) = match &key {
                Found::Member(at) => (*at, shape.members[*at].name),
                Found::Other(name) => {
                    reader.is_of_first_api |= matches!(place, Place::Root) && name == "SystemType";
                    let place = Place::Member(&place, name);
                    unknown_member(reader, place, ty, shape, name);
                    members.next_value_seed(At { reader, expected: ANYTHING, place })?;
                    continue;
                }
            };
            let member = &shape.members[at];
            let place = Place::Member(&place, name);
            next = at + 1;
            if seen & (1 << at) != 0 {
                reader.tell(place, ProblemKind::DuplicateMember, "one", Shown(name));
            }
            seen |= 1 << at;
            let is_known = member.since <= reader.version;
            if !is_known {
                reader.too_new(place, name, member.since);
            }
            let expected = if is_known { member.value } else { ANYTHING };
            let is_given = members.next_value_seed(At { reader, expected, place })?;
            given |= u64::from(is_given) << at;
        }
        if !shape.one_of.is_empty() || !shape.required.is_empty() {
            complete(reader, place, shape, given);
        }
        Ok(())
    }

    fn map<'de, A: MapAccess<'de>>(
        self,
        key_type: &'static Type,
        of: Ref,
        mut members: A,
    ) -> Result<(), A::Error> {
        let At { reader, place, .. } = self;
        let mut seen = BTreeSet::new();
        while let Some(key) = members.next_key_seed(Key)? {
            {
                let place = Place::Member(&place, &key);
                check_key(reader, place, key_type, &key);
                if !members.next_value_seed(At { reader, expected: of, place })? {
                    tell_null(reader, of, place);
                }
            }
            if let Some(key) = seen.replace(key) {
                reader.tell(Place::Member(&place, &key), ProblemKind::DuplicateMember, "one", Shown(&key));
            }
        }
        Ok(())
    }
}

/// Exactly one, and all that may not miss.
fn complete(reader: &mut Reader, place: Place<'_>, shape: &Struct, given: u64) {
    let is_given = |name: &str| {
        shape.members.iter().position(|it| it.name == name).is_some_and(|at| given & (1 << at) != 0)
    };
    let found: Vec<&str> = shape.one_of.iter().copied().filter(|it| is_given(it)).collect();
    if !shape.one_of.is_empty() && found.len() != 1 {
        let found = if found.is_empty() { "none of them".to_owned() } else { found.join(" and ") };
        reader.tell(place, ProblemKind::NotOneOf, shape.one_of.join(", "), found);
    }
    for name in shape.required.iter().filter(|it| !is_given(it)) {
        reader.missing(Place::Member(&place, name), name);
    }
}

fn unknown_member(reader: &mut Reader, place: Place<'_>, ty: &Type, shape: &Struct, name: &str) {
    if reader.is_full() {
        return;
    }
    let near = nearest(name, shape.members.iter().map(|it| it.name));
    let hint = if near.is_some() { None } else { belongs(shape, name).or_else(|| has(shape)) };
    let more = More { nearest: near, hint, ..More::default() };
    reader.tell_more(place, ProblemKind::UnknownMember, ty.name, Shown(name), more);
}

/// Keys are texts also where they stand for numbers.
fn check_key(reader: &mut Reader, place: Place<'_>, key_type: &Type, key: &str) {
    match &key_type.shape {
        Shape::Integer(least, most) => {
            let digits = !key.is_empty()
                && key.bytes().all(|it| it.is_ascii_digit())
                && (key == "0" || !key.starts_with('0'));
            let fits =
                key.parse::<i128>().is_ok_and(|it| (i128::from(*least)..=i128::from(*most)).contains(&it));
            if !digits || !fits {
                let kind = if digits { ProblemKind::OutOfRange } else { ProblemKind::BadFormat };
                let wanted = match key_type.name {
                    "port" => "0 or 1 as the key (a machine has two COM ports)".to_owned(),
                    _ => format!("a number from {least} to {most} as the key"),
                };
                reader.tell(place, kind, wanted, Shown(key));
            }
        }
        Shape::Form(has_form, what) if !has_form(key) => {
            let wanted = format_args!("{what} as the key").to_string();
            reader.tell(place, ProblemKind::BadFormat, wanted, Shown(key));
        }
        _ => {}
    }
}

fn tell_null(reader: &mut Reader, expected: Ref, place: Place<'_>) {
    if !matches!(expected, Ref::One(Type { shape: Shape::Any, .. })) {
        reader.is_not(expected, place, "null");
    }
}

static ANY: Type = Type { name: "Any", is_documented: true, shape: Shape::Any };
const ANYTHING: Ref = Ref::One(&ANY);
