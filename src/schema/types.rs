//! What a row of the schema table is: types, members, values, and the versions that brought them.
//! Not here: the rows themselves (`table`), nor reading documents by them (`reader`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A version of the HCS schema. A host that supports 2.5 supports 2.0 to 2.5.
///
/// ```
/// use hcs_sim::schema::Version;
/// assert!(Version::new(2, 10) > Version::V2_6);
/// assert_eq!(Version::V2_1.to_string(), "2.1");
/// assert_eq!(serde_json::to_string(&Version::V2_1).unwrap(), r#"{"Major":2,"Minor":1}"#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // the two numbers are named as in the schema
pub struct Version {
    #[serde(default)] // clients leave out what is zero
    pub major: u32,
    #[serde(default)]
    pub minor: u32,
}

impl Version {
    /// Container documents of the first API.
    pub const V1_0: Version = Version::new(1, 0);
    /// The first of the second API.
    pub const V2_0: Version = Version::new(2, 0);
    /// Windows 10 1809, Windows Server 2019.
    pub const V2_1: Version = Version::new(2, 1);
    /// Windows 10 1903.
    pub const V2_2: Version = Version::new(2, 2);
    /// Windows 10 2004.
    pub const V2_3: Version = Version::new(2, 3);
    /// An early Windows Server 2022.
    pub const V2_4: Version = Version::new(2, 4);
    /// Windows Server 2022.
    pub const V2_5: Version = Version::new(2, 5);
    /// Windows 11 21H2: the newest that is documented.
    pub const V2_6: Version = Version::new(2, 6);

    /// The version of these two numbers.
    pub const fn new(major: u32, minor: u32) -> Version {
        Version { major, minor }
    }

    /// The first Windows that knows it, as people call it; none for versions that nobody has dated.
    ///
    /// ```
    /// use hcs_sim::schema::Version;
    /// assert_eq!(Version::V2_5.windows(), Some("Windows Server 2022"));
    /// assert_eq!(Version::new(2, 9).windows(), None);
    /// ```
    pub fn windows(self) -> Option<&'static str> {
        Some(match (self.major, self.minor) {
            (1, 0) | (2, 0 | 1) => "Windows 10 1809, Windows Server 2019",
            (2, 2) => "Windows 10 1903",
            (2, 3) => "Windows 10 2004",
            (2, 4 | 5) => "Windows Server 2022",
            (2, 6) => "Windows 11 21H2",
            _ => return None,
        })
    }

    /// Reads `2.1` at compile time.
    pub(super) const fn of(text: &str) -> Version {
        let bytes = text.as_bytes();
        let (mut numbers, mut which, mut at) = ([0, 0], 0, 0);
        while at < bytes.len() {
            if bytes[at] == b'.' {
                which += 1;
            } else {
                numbers[which] = numbers[which] * 10 + (bytes[at] - b'0') as u32;
            }
            at += 1;
        }
        Version::new(numbers[0], numbers[1])
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A type of the schema.
///
/// ```
/// use hcs_sim::schema;
/// let attachment = schema::find("Attachment").unwrap();
/// let sparse = attachment.members().iter().find(|it| it.name() == "AlwaysAllowSparseFiles").unwrap();
/// assert_eq!(sparse.since(), schema::Version::V2_6);
/// assert_eq!(sparse.type_name(), "bool");
/// ```
#[derive(Debug)]
pub struct Type {
    pub(super) name: &'static str,
    pub(super) is_documented: bool,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Struct(Struct),
    Enum(&'static [Group]),
    /// An enumeration of the first API, which takes its values without case.
    OldEnum(&'static [Group]),
    Text,
    /// Text of a form: whether it has it, and how the form is described.
    Form(fn(&str) -> bool, &'static str),
    Bool,
    /// From the least to the most.
    Integer(i64, u64),
    /// Any number.
    Number,
    /// An enumeration whose value some clients give as a number.
    EnumOrNumber(&'static [Group]),
    /// Any JSON.
    Any,
}

#[derive(Debug)]
pub(super) struct Struct {
    pub(super) members: &'static [Member],
    /// Exactly one of these is there.
    pub(super) one_of: &'static [&'static str],
    pub(super) required: &'static [&'static str],
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    pub(super) name: &'static str,
    pub(super) value: Ref,
    pub(super) since: Version,
    pub(super) is_documented: bool,
}

/// Values of an enumeration that came with one version.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) since: Version,
    pub(super) is_documented: bool,
    pub(super) names: &'static [&'static str],
}

/// A value of an enumeration.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    pub(super) name: &'static str,
    pub(super) since: Version,
    pub(super) is_documented: bool,
}

/// What stands at a place: a type, or a list or a map of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ref {
    One(&'static Type),
    List(&'static Type),
    /// A list of just so many.
    Fixed(&'static Type, usize),
    /// By keys of a type.
    Map(&'static Type, &'static Type),
}

impl Type {
    /// The name, as the schema has it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The members of a structure, in the order in which HCS writes them; none of other types.
    pub fn members(&self) -> &'static [Member] {
        match &self.shape {
            Shape::Struct(it) => it.members,
            _ => &[],
        }
    }

    /// The values of an enumeration; none of other types.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        let groups = match self.shape {
            Shape::Enum(groups) | Shape::OldEnum(groups) | Shape::EnumOrNumber(groups) => groups,
            _ => &[],
        };
        groups.iter().flat_map(|group| {
            let (since, is_documented) = (group.since, group.is_documented);
            group.names.iter().map(move |name| Value { name, since, is_documented })
        })
    }

    /// Whether the schema's reference has it. Others are known from what clients send, and from what hosts were seen to say.
    pub fn is_documented(&self) -> bool {
        self.is_documented
    }
}

impl Member {
    /// The name, as documents spell it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The type: a name as [`find`](super::find) takes it, `<Name> array`, or `Map<Key, Name>`.
    pub fn type_name(&self) -> String {
        self.value.to_string()
    }

    /// The version of the schema that brought it.
    pub fn since(&self) -> Version {
        self.since
    }

    /// Whether the schema's reference has it, as for [`Type::is_documented`].
    pub fn is_documented(&self) -> bool {
        self.is_documented
    }
}

impl Value {
    /// The value, as documents spell it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The version of the schema that brought it.
    pub fn since(&self) -> Version {
        self.since
    }

    /// Whether the schema's reference has it, as for [`Type::is_documented`].
    pub fn is_documented(&self) -> bool {
        self.is_documented
    }
}

/// As the schema's reference writes it.
impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ref::One(it) => f.write_str(it.name),
            Ref::List(it) => write!(f, "<{}> array", it.name),
            Ref::Fixed(it, count) => write!(f, "<{}, {count}> array", it.name),
            Ref::Map(key, it) => write!(f, "Map<{}, {}>", key.name, it.name),
        }
    }
}
