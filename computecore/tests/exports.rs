//! What the library exports: the functions of the table, the control functions, and elsewhere than on Windows the few of Win32 that a
//! client needs; nothing else. Not here: what they do.

mod support;

use std::collections::BTreeSet;

use hcs_sim::Export;
use object::{Object, ObjectSymbol};

/// Where there is no Windows, the library stands in for the system's own libraries.
const WIN32: [&str; 8] = [
    "CloseHandle",
    "CoTaskMemFree",
    "GetLastError",
    "LocalAlloc",
    "LocalFree",
    "ReadFile",
    "SetLastError",
    "WriteFile",
];

const CONTROL: [&str; 13] = [
    "HcsSimAdvance",
    "HcsSimEnterHost",
    "HcsSimFree",
    "HcsSimHeld",
    "HcsSimJournal",
    "HcsSimLoadScenario",
    "HcsSimNow",
    "HcsSimProblem",
    "HcsSimRaiseEvent",
    "HcsSimRelease",
    "HcsSimReset",
    "HcsSimTimeline",
    "HcsSimVerify",
];

fn exported() -> BTreeSet<String> {
    let bytes = std::fs::read(support::library_path()).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let names: BTreeSet<String> = match file.format() {
        object::BinaryFormat::Elf => file
            .dynamic_symbols()
            .filter(|it| it.is_definition() && it.is_global())
            .map(|it| it.name().unwrap().to_owned())
            .collect(),
        _ => {
            file.exports().unwrap().iter().map(|it| String::from_utf8(it.name().to_vec()).unwrap()).collect()
        }
    };
    names.into_iter().map(|it| it.strip_prefix('_').unwrap_or(&it).to_owned()).collect()
}

#[test]
fn the_library_exports_the_table_and_what_tests_need_and_nothing_else() {
    let table = Export::all().iter().map(|it| it.name);
    let win32 = WIN32.into_iter().filter(|_| cfg!(not(windows)));
    let expected: BTreeSet<String> = table.chain(CONTROL).chain(win32).map(str::to_owned).collect();
    let exported = exported();
    let missing: Vec<_> = expected.difference(&exported).collect();
    let strange: Vec<_> = exported.difference(&expected).collect();
    assert!(missing.is_empty() && strange.is_empty(), "missing: {missing:?}\nstrange: {strange:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn loading_starts_no_thread() {
    fn threads() -> usize {
        std::fs::read_dir("/proc/self/task").unwrap().count()
    }
    if std::env::var_os("HCS_SIM_TEST_PROCESS").is_some() {
        let before = threads();
        support::library();
        assert_eq!(threads(), before);
        return;
    }
    // In a process of its own: here the harness starts and ends threads.
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    alone.args(["--exact", "loading_starts_no_thread", "--test-threads=1"]).env("HCS_SIM_TEST_PROCESS", "1");
    assert!(alone.status().unwrap().success());
}
