//! What holds for any bytes as a document of any type: shared by the tests and the fuzz target.
//! Not here: where the bytes come from.

use hcs_sim::schema::{self, ProblemKind, Version};

/// Checks a document; what comes of it is bounded, the same each time, and says of what is no JSON that it is none.
pub fn examine(ty: &str, json: &[u8], minor: u32) {
    let version = Version::new(2, minor);
    let problems = schema::check(ty, json, version);
    assert!(problems.len() <= 101);
    for problem in &problems {
        assert!(problem.pointer.len() <= 1_100, "{}", problem.pointer.len());
        assert!(problem.expected.len() <= 300, "{}", problem.expected);
        assert!(problem.found.len() <= 700 + ty.len() * 6, "{}", problem.found);
        assert!(!problem.to_string().is_empty());
    }
    assert_eq!(problems, schema::check(ty, json, version));

    let is_unknown = problems.first().is_some_and(|it| it.kind == ProblemKind::UnknownType);
    let is_json = serde_json::from_slice::<serde_json::Value>(json).is_ok();
    if !is_unknown {
        let is_told = problems.iter().any(|it| it.kind == ProblemKind::NotJson);
        assert_eq!(is_json, !is_told, "{problems:?}");
    }
    if problems.is_empty() && minor < 6 {
        // What an older host takes, a newer one takes too.
        assert_eq!(schema::check(ty, json, Version::new(2, 9)), []);
    }
}
