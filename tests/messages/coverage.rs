//! No message goes without a snapshot, and no snapshot without its test.
//! Not here: the snapshots.

use std::fs;

use hcs_sim::FindingKind;

use crate::snapshot::folder;

/// The kinds of which no snapshot can be made, each with the reason.
const CANNOT_BE_PROVOKED: [(FindingKind, &str); 1] =
    [(FindingKind::SubscriberPanicked, "only with the feature `tracing`: tests/tracing.rs looks at it")];

/// The names and texts of the snapshots.
fn snapshots() -> Vec<(String, String)> {
    let files = fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path());
    files
        .map(|it| (it.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(it).unwrap()))
        .collect()
}

#[test]
fn every_kind_of_finding_has_a_snapshot() {
    let snapshots = snapshots();
    for kind in FindingKind::all() {
        let shown =
            format!("host.allow(FindingKind::{kind:?})   // in a scenario: \"allow\": [\"{kind}\"]\n");
        let has_one = snapshots.iter().any(|it| it.1.contains(&shown));
        let is_excused = CANNOT_BE_PROVOKED.iter().any(|it| it.0 == *kind);
        assert!(
            has_one != is_excused,
            "{kind}: add a function to tests/messages that provokes it and calls snapshot::of_report(\"{kind}\", ..), \
             then run it once: HCS_SIM_BLESS=1 cargo test -p hcs-sim --test messages"
        );
    }
}

#[test]
fn every_snapshot_has_its_test() {
    let sources = fs::read_dir(folder().parent().unwrap()).unwrap().map(|it| it.unwrap().path());
    let sources: String =
        sources.filter(|it| it.is_file()).map(|it| fs::read_to_string(it).unwrap()).collect();
    for (name, _) in snapshots() {
        let count = sources.matches(&format!("\"{name}\"")).count();
        assert_eq!(count, 1, "tests/messages/snapshots/{name}.txt: delete it if no test is meant to make it");
    }
}
