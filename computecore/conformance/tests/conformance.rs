//! One table, three doors: the same rows through the Rust functions, through the linked symbols, through the library that is loaded at
//! run time. Every row is as the table says, through each of them, and they agree to the letter.
//! Not here: the rows (`rows`), the arm against a real Windows (`src/main.rs`).

mod linked;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use hcs_sim::{Export, FindingKind, Host, Level};

use hcs_sim_conformance::api::Api;
use hcs_sim_conformance::row::Row;
use hcs_sim_conformance::run::{Record, run};
use hcs_sim_conformance::session::{PROGRAMS, Surroundings};
use hcs_sim_conformance::{doors, rows};

/// What came of all rows through a door, in the order of the table.
type Records = Vec<Record>;

static RUST: LazyLock<Records> = LazyLock::new(|| on_hosts(&doors::rust()));
static LINKED: LazyLock<Records> = LazyLock::new(|| {
    let api = linked::linked();
    // On Windows what is linked is the DLL, whose host is another one than those of this executable.
    if cfg!(windows) { on_the_default_host(&api) } else { on_hosts(&api) }
});
static LOADED: LazyLock<Records> = LazyLock::new(|| {
    play_programs();
    on_the_default_host(&doors::loaded().unwrap_or_else(|problem| panic!("{problem}")))
});

/// Each row on a host of its own, which verifies.
fn on_hosts(api: &Api) -> Records {
    rows::all().iter().map(|row| on_a_host(row, api)).collect()
}

fn on_a_host(row: &Row, api: &Api) -> Record {
    let host = Host::from_scenario(PROGRAMS).expect("the programs of the rows are a scenario");
    // Rows do at times what careful clients do not; what is plainly wrong has to be named by the row.
    let lints = FindingKind::all().iter().filter(|it| it.default_level() == Level::Warn);
    lints.chain(&row.finds).for_each(|kind| host.allow(*kind));
    let entered = host.enter();
    let mut record = run(row, api, &Surroundings::default());
    let found: BTreeSet<&str> = host.findings().iter().map(|it| it.kind.name()).collect();
    for kind in row.finds.iter().filter(|it| !found.contains(it.name())) {
        record.differences.push(format!("the host did not find {}", kind.name()));
    }
    if let Err(report) = host.verify() {
        record.differences.push(format!("the host found something:\n{report}"));
    }
    drop(entered);
    record
}

/// One row after the other: they share the host of the library, and its clock.
fn on_the_default_host(api: &Api) -> Records {
    static ALONE: Mutex<()> = Mutex::new(());
    play_programs();
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    rows::all().iter().map(|row| run(row, api, &Surroundings::default())).collect()
}

/// Tells the library's host of the programs of the rows, before it is first used.
fn play_programs() {
    static TOLD: LazyLock<()> = LazyLock::new(|| {
        // SAFETY: the environment of Rust is under a lock, and no other code of this process reads it: the library is
        // not loaded yet, or, linked on Windows, has not been called.
        unsafe { std::env::set_var("HCS_SIM_SCENARIO", PROGRAMS) };
    });
    *TOLD;
}

/// Fails with every row that differs.
fn expect_all(door: &str, records: &Records) {
    let rows = rows::all();
    let mut told = Vec::new();
    for (row, record) in rows.iter().zip(records) {
        for difference in record.differences.iter().chain(&record.missing) {
            told.push(format!("{} ({door}): {difference}", row.name));
        }
    }
    assert!(told.is_empty(), "{} differences in {} rows:\n{}", told.len(), rows.len(), told.join("\n"));
}

#[test]
fn through_the_rust_functions() {
    expect_all("Rust function", &RUST);
}

#[test]
fn through_the_linked_symbols() {
    expect_all("linked symbol", &LINKED);
}

#[test]
fn through_the_loaded_library() {
    expect_all("loaded library", &LOADED);
}

#[test]
fn the_doors_agree_to_the_letter() {
    let mut told = Vec::new();
    for (index, row) in rows::all().iter().enumerate() {
        let [rust, linked, loaded] = [&RUST[index], &LINKED[index], &LOADED[index]].map(|it| &it.lines);
        for (door, lines) in [("linked symbol", linked), ("loaded library", loaded)] {
            let lines = rust.iter().zip(lines).filter(|(one, other)| one != other);
            told.extend(
                lines.map(|(one, other)| format!("{}\n  Rust function:  {one}\n  {door}: {other}", row.name)),
            );
        }
        if rust.len() != linked.len() || rust.len() != loaded.len() {
            told.push(format!("{}: one door got further than another", row.name));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn every_export_has_rows() {
    let mut called: BTreeMap<Export, usize> = BTreeMap::new();
    for row in rows::all() {
        row.steps.iter().for_each(|step| *called.entry(step.export).or_default() += 1);
    }
    let without: Vec<&str> =
        Export::all().iter().filter(|it| !called.contains_key(&it.export)).map(|it| it.name).collect();
    assert!(without.is_empty(), "no row calls {without:?}");
}

#[test]
fn every_row_cites_rows_of_the_fidelity_page() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/fidelity.md");
    let page = std::fs::read_to_string(page).expect("docs/fidelity.md is there");
    let known: BTreeSet<&str> =
        page.lines().filter_map(|it| it.strip_prefix("| `")?.split('`').next()).collect();
    for row in rows::all() {
        assert!(!row.cites.is_empty(), "{} cites nothing", row.name);
        for id in &row.cites {
            assert!(known.contains(id), "{} cites {id}, which docs/fidelity.md does not have", row.name);
        }
    }
}

#[test]
fn every_name_stands_once() {
    let mut seen = BTreeSet::new();
    for row in rows::all() {
        assert!(seen.insert(row.name.to_lowercase()), "two rows are named {}", row.name);
    }
    assert!(seen.len() >= 150, "only {} rows", seen.len());
}
