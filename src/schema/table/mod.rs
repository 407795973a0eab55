//! The schema as data: every enumeration and structure of the schema's reference, and what is known beyond it.
//! Not here: what the rows are made of (`types`).
//!
//! A row is `Name { Member: Type since; .. }`; `[Type]` is a list, `{Key: Type}` a map. `seen` marks what the reference lacks
//! and clients send or hosts say. `one(..)` names members of which exactly one is there, `needs(..)` those that may not miss.

#![allow(non_upper_case_globals)] // statics are named as the types of the schema are

macro_rules! since {
    ($since:literal) => {
        Version::of(stringify!($since))
    };
}
macro_rules! is_documented {
    () => {
        true
    };
    ($seen:literal) => {
        false
    };
}
macro_rules! value {
    ([$of:ident]) => {
        Ref::List(&$of)
    };
    ([$of:ident; $count:literal]) => {
        Ref::Fixed(&$of, $count)
    };
    ({$key:ident: $of:ident}) => {
        Ref::Map(&$key, &$of)
    };
    ($of:ident) => {
        Ref::One(&$of)
    };
}
macro_rules! structs {
    ($is_documented:literal $all:ident:
     $($name:ident $(one($($one:ident)+))? $(needs($($needed:ident)+))? {
        $($member:ident: $value:tt $(seen $seen:literal)? $($since:literal)?;)*
     })*) => {
        $(pub(crate) static $name: Type = Type {
            name: stringify!($name),
            is_documented: $is_documented,
            shape: Shape::Struct(Struct {
                members: &[$(Member {
                    name: stringify!($member),
                    value: value!($value),
                    since: since!($($seen)? $($since)?),
                    is_documented: $is_documented && is_documented!($($seen)?),
                }),*],
                one_of: &[$($(stringify!($one)),+)?],
                required: &[$($(stringify!($needed)),+)?],
            }),
        };)*
        pub(super) static $all: &[&Type] = &[$(&$name),*];
    };
}
macro_rules! enums {
    ($is_documented:literal $shape:ident $all:ident:
     $($name:ident { $($(seen $seen:literal)? $($since:literal)?: $($value:ident)+;)* })*) => {
        $(pub(crate) static $name: Type = Type {
            name: stringify!($name),
            is_documented: $is_documented,
            shape: Shape::$shape(&[$(Group {
                since: since!($($seen)? $($since)?),
                is_documented: $is_documented && is_documented!($($seen)?),
                names: &[$(stringify!($value)),+],
            }),*]),
        };)*
        pub(super) static $all: &[&Type] = &[$(&$name),*];
    };
}

mod beyond;
mod enums;
mod scalars;
mod structs;

pub(crate) use beyond::*;
pub(crate) use enums::*;
pub(crate) use scalars::*;
pub(crate) use structs::*;

use super::types::{Group, Member, Ref, Shape, Struct, Type, Version};

/// Every type of the table, scalars apart.
pub(super) fn all() -> impl Iterator<Item = &'static Type> {
    let lists = [
        enums::ENUMS,
        enums::SIGNALS,
        structs::STRUCTS,
        beyond::MORE_ENUMS,
        beyond::OLD_ENUMS,
        beyond::MORE_STRUCTS,
    ];
    lists.into_iter().flatten().copied()
}

/// The type of a name, a scalar or any other.
pub(super) fn find(name: &str) -> Option<&'static Type> {
    all().chain(scalars::SCALARS.iter().copied()).find(|it| it.name == name)
}
