//! The names of members and the keys of maps, as the parser hands them over.
//! Not here: what is done with them (`reader`).

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::types::Member;

/// The key of a structure's member: known ones are not copied.
pub(super) struct MemberKey {
    pub(super) members: &'static [Member],
    /// Where the next one is likely to stand: most documents keep the order.
    pub(super) next: usize,
}

pub(super) enum Found<'de> {
    Member(usize),
    Other(Cow<'de, str>),
}

impl MemberKey {
    fn find(&self, name: &str) -> Option<usize> {
        let is_it = |it: &Member| it.name == name;
        let (before, after) = self.members.split_at(self.next);
        after.iter().position(is_it).map(|it| it + self.next).or_else(|| before.iter().position(is_it))
    }
}

impl<'de> DeserializeSeed<'de> for MemberKey {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for MemberKey {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Found<'de>, E> {
        Ok(self.find(name).map_or_else(|| Found::Other(Cow::Owned(name.to_owned())), Found::Member))
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Found<'de>, E> {
        Ok(self.find(name).map_or(Found::Other(Cow::Borrowed(name)), Found::Member))
    }
}

/// Any key.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }
}

/// Whether some crate of the build asks `serde_json` for arbitrary precision: then it hands numbers over as maps of one text.
pub(super) fn numbers_are_maps() -> bool {
    struct Probe;

    impl<'de> Visitor<'de> for Probe {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number")
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<bool, E> {
            Ok(false)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
            while members.next_entry::<Cow<'_, str>, Cow<'_, str>>()?.is_some() {}
            Ok(true)
        }
    }

    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| serde_json::Deserializer::from_str("1").deserialize_any(Probe).unwrap_or(false))
}
