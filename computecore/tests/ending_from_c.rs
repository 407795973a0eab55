//! How processes in C end with `HCS_SIM_VERIFY=1`, and what does not end them; hosts that several threads share.
//! Not here: the report itself (`control`), what a program should not do (`process_from_c`).

#![cfg(target_os = "linux")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use support::programs::compiled;

/// Ends the program in a way. Answers its code, what it printed, and what it complained.
fn ended(way: &str) -> (Option<i32>, String, String) {
    static PROGRAM: LazyLock<std::path::PathBuf> = LazyLock::new(|| compiled("cc", "ending.c", &[]));
    let program: &Path = &PROGRAM;
    let mut command = Command::new(program);
    command.arg(way).env("HCS_SIM_VERIFY", "1").env_remove("LD_LIBRARY_PATH").stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[cfg(target_env = "gnu")] // elsewhere a library is not told the code
#[test]
fn a_code_counts_as_the_system_shows_it() {
    assert_eq!(ended("0").0, Some(70));
    assert_eq!(ended("256").0, Some(70)); // which a shell sees as 0
    assert_eq!(ended("257").0, Some(1));
}

#[cfg(target_env = "gnu")]
#[test]
fn a_thread_that_reads_a_stream_keeps_no_process_from_its_end() {
    let (code, printed, complained) = ended("beside-a-reader");
    assert_eq!((code, printed.as_str()), (Some(70), "printed"), "{complained}");
}

#[test]
fn a_child_that_exits_says_nothing_of_the_hosts_of_its_parent() {
    let (code, printed, complained) = ended("after-a-fork");
    assert_eq!((code, printed.as_str()), (Some(0), ""), "{complained}");
}

#[test]
fn a_write_that_nobody_reads_fails_and_sends_no_signal() {
    let (code, printed, complained) = ended("writing-to-nobody");
    assert_eq!(code, Some(0), "{complained}");
    assert_eq!(printed, "wrote 0: 0, error 232\n");
}

#[test]
fn control_functions_in_a_callback_are_for_its_host() {
    let (code, printed, complained) = ended("controlled-by-a-callback");
    assert_eq!(code, Some(0), "{complained}");
    assert_eq!(printed, "released 1, paused 0\n");
}

#[test]
fn a_host_begins_anew_for_every_thread_that_is_in_it() {
    let (code, printed, complained) = ended("reset-for-all");
    assert_eq!(code, Some(0), "{complained}");
    assert_eq!(printed, "opened 0, then 0 findings\n", "{complained}");
}

#[test]
fn a_host_that_cannot_begin_leaves_the_former_one() {
    let (_, printed, complained) = ended("no-new-host");
    assert_eq!(printed, "loaded 80070057, then 1 findings\n", "{complained}");
}
