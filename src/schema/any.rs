//! Any document of a type, by the table, and any way in which one can be wrong: the ground of `strategies`.
//! Not here: what a host asks of a configuration beyond the schema (`strategies::configuration`).

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::DEPENDENT;
use super::types::{Member, Ref, Shape, Struct, Type, Version};

/// What stands at a member that is not left to chance, by the names of its type and its own.
pub(crate) type Choice = fn(&'static str, &'static str, Version) -> Chosen;

pub(crate) enum Chosen {
    /// Whatever the schema allows.
    Any,
    /// Nothing.
    Nothing,
    /// One of these, or nothing where the schema takes that too.
    One(BoxedStrategy<Value>),
}

/// The choice where only the schema counts: a configuration declares no schema that its host does not know.
pub(crate) fn by_the_schema(ty: &'static str, member: &'static str, version: Version) -> Chosen {
    match (ty, member) {
        ("ComputeSystem", "SchemaVersion") => {
            let minor = 0..=version.minor;
            Chosen::One(minor.prop_map(|minor| json!({ "Major": 2, "Minor": minor })).boxed())
        }
        _ => Chosen::Any,
    }
}

/// How many elements lists and maps have at most.
const ELEMENTS: usize = 2;

/// Makes strategies for documents of a version of the schema.
pub(crate) struct Documents {
    version: Version,
    /// How likely a member is there that may miss.
    fullness: f64,
    choice: Choice,
    texts: BoxedStrategy<Value>,
    /// By name: types refer to each other often.
    made: HashMap<&'static str, BoxedStrategy<Value>>,
    /// The types that are being made: one that holds itself does not.
    within: Vec<&'static str>,
}

impl Documents {
    pub(crate) fn new(version: Version, fullness: f64, choice: Choice) -> Documents {
        let texts = text().prop_map(Value::from).boxed();
        Documents { version, fullness, choice, texts, made: HashMap::new(), within: Vec::new() }
    }

    /// Documents of a type. They hold what the reference has, and not what is merely known beyond it.
    pub(crate) fn of(&mut self, ty: &'static Type) -> BoxedStrategy<Value> {
        if let Some(made) = self.made.get(ty.name) {
            return made.clone();
        }
        self.within.push(ty.name);
        let made = self.make(ty);
        self.within.pop();
        self.made.insert(ty.name, made.clone());
        made
    }

    fn make(&mut self, ty: &'static Type) -> BoxedStrategy<Value> {
        match &ty.shape {
            Shape::Struct(shape) => self.structure(ty, shape),
            Shape::Enum(_) | Shape::OldEnum(_) | Shape::EnumOrNumber(_) => {
                let known = ty.values().filter(|it| it.since() <= self.version && it.is_documented());
                let mut names: Vec<&str> = known.map(|it| it.name()).collect();
                if names.is_empty() {
                    names = ty.values().filter(|it| it.since() <= self.version).map(|it| it.name()).collect();
                }
                select(names).prop_map(Value::from).boxed()
            }
            Shape::Text => self.texts.clone(),
            Shape::Form(..) => form(ty.name),
            Shape::Bool => any::<bool>().prop_map(Value::from).boxed(),
            Shape::Integer(least, most) => integer(*least, *most),
            Shape::Number => (0u32..1_000).prop_map(|it| json!(f64::from(it) / 10.0)).boxed(),
            Shape::Any => anything(),
        }
    }

    /// A place in a document.
    fn at(&mut self, place: Ref) -> BoxedStrategy<Value> {
        match place {
            Ref::One(ty) => self.of(ty),
            Ref::List(ty) => vec(self.of(ty), 0..=ELEMENTS).prop_map(Value::from).boxed(),
            Ref::Fixed(ty, count) => vec(self.of(ty), count).prop_map(Value::from).boxed(),
            Ref::Map(key, ty) => vec((key_of(key), self.of(ty)), 0..=ELEMENTS)
                .prop_map(|it| Value::Object(it.into_iter().collect()))
                .boxed(),
        }
    }

    fn structure(&mut self, ty: &'static Type, shape: &'static Struct) -> BoxedStrategy<Value> {
        // Types that the reference lacks have no documented members.
        let is_wanted = |it: &&Member| {
            it.since <= self.version && (it.is_documented || !ty.is_documented)
                || shape.required.contains(&it.name)
        };
        let known = shape.members.iter().filter(is_wanted);
        let known: Vec<&Member> = known.filter(|it| !self.within.contains(&of(it.value).name)).collect();
        let one_of = known.iter().filter(|it| shape.one_of.contains(&it.name)).copied();
        let mut kinds: Vec<&Member> = one_of.filter(|it| !self.is_left_out(ty, it)).collect();
        kinds.reverse(); // tables name the simplest last: what a failure shrinks to
        let mut members = Vec::new();
        for member in known.iter().filter(|it| !shape.one_of.contains(&it.name)) {
            let value = match (self.choice)(ty.name, member.name, self.version) {
                Chosen::Nothing => continue,
                Chosen::One(value) => value,
                Chosen::Any => self.at(member.value),
            };
            let is_there = if shape.required.contains(&member.name) { 1.0 } else { self.fullness };
            members.push((member.name, is_there, value));
        }
        if kinds.is_empty() {
            return object(members);
        }
        let kinds: Vec<BoxedStrategy<Value>> = kinds
            .into_iter()
            .map(|kind| {
                let mut members = members.clone();
                members.push((kind.name, 1.0, self.at(kind.value)));
                object(members)
            })
            .collect();
        proptest::strategy::Union::new(kinds).boxed()
    }

    fn is_left_out(&self, ty: &Type, member: &Member) -> bool {
        matches!((self.choice)(ty.name, member.name, self.version), Chosen::Nothing)
    }
}

fn of(place: Ref) -> &'static Type {
    match place {
        Ref::One(ty) | Ref::List(ty) | Ref::Fixed(ty, _) | Ref::Map(_, ty) => ty,
    }
}

/// An object of members: name, how likely it is there, its value.
fn object(members: Vec<(&'static str, f64, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let names: Vec<&str> = members.iter().map(|it| it.0).collect();
    let values: Vec<BoxedStrategy<Option<Value>>> =
        members
            .into_iter()
            .map(|(_, is_there, value)| {
                if is_there >= 1.0 { value.prop_map(Some).boxed() } else { weighted(is_there, value).boxed() }
            })
            .collect();
    values
        .prop_map(move |values| {
            let given = names.iter().zip(values).filter_map(|(name, it)| Some(((*name).to_owned(), it?)));
            Value::Object(given.collect::<Map<_, _>>())
        })
        .boxed()
}

/// Names and paths, and now and then anything.
pub(crate) fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[a-z][A-Za-z0-9 _.-]{0,11}",
        2 => r"[C-F]:\\[a-z]{1,8}\\[a-z]{1,8}\.vhdx",
        1 => "\\PC{0,8}",
    ]
    .boxed()
}

pub(crate) fn guid() -> BoxedStrategy<String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".boxed()
}

fn form(name: &str) -> BoxedStrategy<Value> {
    let text = match name {
        "Guid" => guid(),
        "DateTime" => "20[0-9]{2}-0[1-9]-[012][1-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{7}Z".boxed(),
        "MacAddress" => "00-15-5D(-[0-9A-F]{2}){3}".boxed(),
        _ => "([A-Za-z0-9+/]{4}){0,3}([A-Za-z0-9+/]{2}==)?".boxed(), // the others are Base64
    };
    text.prop_map(Value::from).boxed()
}

/// Mostly small ones.
fn integer(least: i64, most: u64) -> BoxedStrategy<Value> {
    const SMALL: u64 = 4_096;
    if least < 0 {
        let most = most as i64; // no signed type has more
        return prop_oneof![4 => -1..=SMALL as i64, 1 => least..=most].prop_map(Value::from).boxed();
    }
    let least = least as u64;
    prop_oneof![4 => least..=most.min(SMALL), 1 => least..=most].prop_map(Value::from).boxed()
}

fn anything() -> BoxedStrategy<Value> {
    let plain =
        prop_oneof![Just(json!({})), any::<bool>().prop_map(Value::from), text().prop_map(Value::from)];
    prop_oneof![3 => plain.clone(), 1 => plain.prop_map(|it| json!({ "a": it }))].boxed()
}

fn key_of(ty: &'static Type) -> BoxedStrategy<String> {
    match ty.shape {
        Shape::Integer(least, most) => {
            const SMALL: u64 = 64;
            (least.max(0) as u64..=most.min(SMALL)).prop_map(|it| it.to_string()).boxed()
        }
        Shape::Form(..) => guid(),
        _ => "[a-z]{1,8}".boxed(),
    }
}

/// Whether the table alone says what is a document of the type.
pub(crate) fn stands_alone(ty: &Type) -> bool {
    !DEPENDENT.contains(&ty.name)
}

/// Values that are wrong where they stand in a configuration, each with its JSON pointer, whatever else the configuration holds.
pub(crate) fn wrong_values(version: Version) -> Vec<(String, Value)> {
    let mut wrong = Vec::new();
    wrong_in(&super::table::ComputeSystem, "", version, &mut wrong);
    wrong
}

fn wrong_in(ty: &'static Type, at: &str, version: Version, wrong: &mut Vec<(String, Value)>) {
    wrong.push((format!("{at}/Nonsense"), json!({})));
    for member in ty.members().iter().filter(|it| it.name != "HostedSystem") {
        let place = format!("{at}/{}", member.name);
        let mut add = |value| wrong.push((place.clone(), value));
        if member.since > version {
            add(json!({})); // too new, whatever it is
            continue;
        }
        let Ref::One(of) = member.value else {
            add(json!("neither a list nor a map"));
            continue;
        };
        match &of.shape {
            Shape::Struct(_) => {
                add(json!("no object"));
                wrong_in(of, &place, version, wrong);
            }
            Shape::Text => add(json!(7)),
            Shape::Form(..) => add(json!("not so")),
            Shape::Bool => add(json!("true")),
            Shape::Enum(_) | Shape::OldEnum(_) | Shape::EnumOrNumber(_) => add(json!("Nonsense")),
            Shape::Integer(least, _) => {
                add(json!("7"));
                add(json!(0.5));
                if *least == 0 {
                    add(json!(-1));
                }
            }
            Shape::Number => add(json!("7")),
            Shape::Any => {}
        }
    }
}
