//! What a process in C or C++ should not do: callbacks that do not return, unloading the library in use, a fork after use.
//! Not here: bad arguments (`bad_input_from_c`).

#![cfg(target_os = "linux")] // elsewhere scripts run the programs

mod support;

use support::library_path;
use support::programs::{compiled, is_there, run};

#[test]
fn a_callback_that_throws_or_ends_its_thread_is_a_finding_and_the_library_goes_on() {
    if !is_there("c++") {
        return eprintln!("left out: there is no C++ compiler, whose exceptions this is about");
    }
    let program = compiled("cc", "misbehaving.c", &["world.c", "throwing.cpp", "-lstdc++"]);
    let (printed, _) = run(&program, &[]);
    assert_eq!(printed.lines().count(), 4, "{printed}");
}

#[test]
fn a_library_that_is_unloaded_with_an_operation_pending_goes_on_when_it_is_loaded_again() {
    let program = compiled("cc", "unloaded.c", &["-Wl,--as-needed"]); // it names no function of the library
    let (printed, _) = run(&program, &[library_path().to_str().unwrap()]);
    assert!(printed.contains("it goes on"), "{printed}");
}

#[test]
fn a_process_that_was_forked_is_refused_everything_and_told_why_once() {
    let (printed, _) = run(&compiled("cc", "forked.c", &["world.c"]), &[]);
    assert!(printed.contains("this process was forked from one that uses HCS"), "{printed}");
}
