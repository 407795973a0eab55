//! Configurations of compute systems: those that a host takes, and those that it refuses.
//! Not here: documents by the schema alone (`schema::any`).

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::model::profile::Profile;
use crate::schema::any::{Choice, Chosen, Documents, by_the_schema, wrong_values};
use crate::schema::{Version, table};

/// A configuration that a host like a Windows takes: virtual machines and containers, from the smallest to rich ones. It passes
/// [`schema::check`](crate::schema::check) for the schema of the profile, and a system of it can be created and started.
///
/// Systems that need another one, or a saved state, are not among them.
///
/// ```
/// use hcs_sim::{Profile, schema, strategies};
/// use proptest::prelude::*;
///
/// proptest!(|(json in strategies::configuration(Profile::WindowsServer2022))| {
///     prop_assert!(schema::check("ComputeSystem", &json, Profile::WindowsServer2022.schema()).is_empty());
/// });
/// ```
pub fn configuration(profile: Profile) -> impl Strategy<Value = String> {
    values(profile.schema()).prop_map(|it| it.to_string())
}

fn values(version: Version) -> BoxedStrategy<Value> {
    let of = |fullness| Documents::new(version, fullness, CHOICE).of(&table::ComputeSystem);
    prop_oneof![2 => of(0.1), 2 => of(0.3), 1 => of(0.6)].boxed()
}

/// What a host asks beyond the schema.
const CHOICE: Choice = |ty, member, version| match (ty, member) {
    // Needs another system, or a saved state.
    ("ComputeSystem", "HostedSystem" | "HostingSystemId") | ("VirtualMachine", "RestoreState") => {
        Chosen::Nothing
    }
    // Odd sizes are refused.
    ("VirtualMachine_Memory", "SizeInMB") => Chosen::One((1u64..=4_096).prop_map(|it| json!(it * 2)).boxed()),
    ("VirtualMachine_Processor", "Count") => Chosen::One((1u32..=64).prop_map(|it| json!(it)).boxed()),
    _ => by_the_schema(ty, member, version),
};

/// What is wrong with a configuration.
#[derive(Clone, Debug)]
enum Wrong {
    /// This stands at a JSON pointer.
    Value(String, Value),
    /// It ends after so many thousandths of itself.
    Cut(usize),
    /// It is something else altogether.
    Other(&'static str),
}

/// A text that is no configuration for a host like a Windows: no JSON, or with something that
/// [`schema::check`](crate::schema::check) tells for the schema of the profile, such as a misspelled member, a value of another type, a
/// member that is too new. `HcsCreateComputeSystem` fails with `HCS_E_INVALID_JSON` for each.
///
/// ```
/// use hcs_sim::{Profile, schema, strategies};
/// use proptest::prelude::*;
///
/// proptest!(|(text in strategies::broken_configuration(Profile::WindowsServer2022))| {
///     prop_assert!(!schema::check("ComputeSystem", &text, Profile::WindowsServer2022.schema()).is_empty());
/// });
/// ```
pub fn broken_configuration(profile: Profile) -> impl Strategy<Value = String> {
    const OTHERS: &[&str] =
        &["{}", "", "null", "[]", r#""VirtualMachine""#, r#"{"VirtualMachine":{},"Container":{}}"#];
    let wrong = prop_oneof![
        6 => select(wrong_values(profile.schema())).prop_map(|(at, it)| Wrong::Value(at, it)),
        1 => (0usize..1_000).prop_map(Wrong::Cut),
        1 => select(OTHERS).prop_map(Wrong::Other),
    ];
    (values(profile.schema()), wrong).prop_map(|(configuration, wrong)| match wrong {
        Wrong::Value(at, value) => with(configuration, &at, value).to_string(),
        Wrong::Cut(thousandths) => {
            let text = configuration.to_string();
            let mut end = text.len() * thousandths / 1_000;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text[..end].to_owned()
        }
        Wrong::Other(text) => text.to_owned(),
    })
}

/// A document in which a value stands at a JSON pointer of members only.
fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let mut place = &mut document;
    for name in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[name];
    }
    *place = value;
    document
}
