//! Any bytes as a document: checking them ends, is bounded, and says what is no JSON. The fuzz target does the same for longer.
//! Not here: documents that mean something (`schema`).

#[path = "support/examine.rs"]
mod examine;
mod support;

use examine::examine;
use hcs_sim::schema;
use proptest::prelude::*;
use support::repeatable;

fn any_type() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = schema::types().map(schema::Type::name).collect();
    let name = proptest::sample::select(names);
    (name, 0..8).prop_map(|(name, form)| match form {
        0 => format!("<{name}> array"),
        1 => format!("Map<string, {name}>"),
        _ => name.to_owned(),
    })
}

/// JSON whose names are those of a type, or nearly so, and whose values are of any kind.
fn document_of(ty: &'static schema::Type) -> impl Strategy<Value = String> {
    let names: Vec<String> = ty
        .members()
        .iter()
        .map(|it| it.name().to_owned())
        .chain(["Nme".to_owned(), "$serde_json::private::Number".to_owned(), String::new()])
        .collect();
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|it| it.to_string()),
        any::<f64>()
            .prop_filter("JSON has finite numbers only", |it| it.is_finite())
            .prop_map(|it| format!("{it:?}")),
        any::<String>().prop_map(|it| serde_json::to_string(&it).unwrap()),
        Just("{}".to_owned()),
        Just("[{},[],7]".to_owned()),
        Just(r#"{"a":{"b":[1]}}"#.to_owned()),
    ];
    proptest::collection::vec((proptest::sample::select(names), value), 0..6).prop_map(|members| {
        let members: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{}:{value}", serde_json::to_string(name).unwrap()))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

fn structures() -> Vec<&'static schema::Type> {
    schema::types().filter(|it| !it.members().is_empty()).collect()
}

proptest! {
    #![proptest_config(repeatable(500))]

    #[test]
    fn any_bytes_are_a_document_or_told_not_to_be(ty in any_type(), bytes in any::<Vec<u8>>(), minor in 0u32..12) {
        examine(&ty, &bytes, minor);
    }

    #[test]
    fn any_members_are_told_one_by_one(
        (ty, json) in proptest::sample::select(structures()).prop_flat_map(|ty| (Just(ty.name()), document_of(ty))),
        minor in 0u32..12,
    ) {
        examine(ty, json.as_bytes(), minor);
    }

    #[test]
    fn a_configuration_that_is_cut_or_changed_anywhere_is_told_or_taken(
        which in 0usize..3, at in 0usize..3_000, byte in any::<u8>(), cut in any::<bool>(), minor in 0u32..12,
    ) {
        let texts = [
            include_str!("../fixtures/linux-direct-boot.json"),
            include_str!("../fixtures/process-container.json"),
            include_str!("../fixtures/schema1-container.json"),
        ];
        let mut bytes = texts[which].as_bytes().to_vec();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        examine("ComputeSystem", &bytes, minor);
    }

    #[test]
    fn any_type_name_is_known_or_told(ty in "[ -~]{0,20}", minor in 0u32..12) {
        examine(&ty, b"{}", minor);
    }
}

#[test]
fn large_and_strange_documents_end() {
    let mib = 1 << 20;
    let many = |one: &str| format!("[{}{one}]", format!("{one},").repeat(mib / (one.len() + 1)));
    for (ty, json) in [
        ("<Attachment> array", many(r#"{"Pth":1}"#)),
        ("<Any> array", many("[[[[]]]]")),
        ("Map<string, uint8>", format!("{{{}\"z\":1}}", r#""a":256,"#.repeat(mib / 8))),
        ("ComputeSystem", format!(r#"{{"{}":1}}"#, "k".repeat(mib))),
        ("ComputeSystem", format!(r#"{{"Owner":"{}"}}"#, "\\u00e4".repeat(mib / 6))),
        ("ComputeSystem", r#"{"VirtualMachine":"#.repeat(100_000)),
        ("Devices", format!(r#"{{"NetworkAdapters":{{"{}":{}}}}}"#, "k".repeat(mib), many(r#"{"A":1}"#))),
        ("uint64", "9".repeat(mib)),
    ] {
        examine(ty, json.as_bytes(), 6);
    }
}
