//! The control functions, through the loaded library, as a test in another language calls them; and what the environment says.
//! Not here: the exports of HCS (`conformance`), clients in other languages (`examples/clients`).

mod support;

use std::ffi::{CStr, CString, c_char, c_int};
use std::process::{Command, Output};
use std::ptr::{null, null_mut};

use libloading::{Library, Symbol};
use support::library;

type Text = *const c_char;

/// The library, and a host of the calling thread's own.
struct Sim(&'static Library);

impl Sim {
    fn entered(name: &str) -> Sim {
        let sim = Sim(library());
        assert_eq!(sim.enter(name), 0);
        sim
    }

    fn function<T>(&self, name: &str) -> Symbol<'static, T> {
        // SAFETY: the types below are those of the header, to which tests/header.rs holds the names.
        unsafe { self.0.get(name) }.unwrap()
    }

    fn told(&self, function: &str, text: &str) -> c_int {
        let text = CString::new(text).unwrap();
        // SAFETY: the function takes one text, which ends with a zero.
        unsafe { self.function::<unsafe extern "system" fn(Text) -> c_int>(function)(text.as_ptr()) }
    }

    fn enter(&self, name: &str) -> c_int {
        self.told("HcsSimEnterHost", name)
    }

    fn load(&self, scenario: &str) -> c_int {
        self.told("HcsSimLoadScenario", scenario)
    }

    fn reset(&self) -> c_int {
        // SAFETY: nothing is passed.
        unsafe { self.function::<unsafe extern "system" fn() -> c_int>("HcsSimReset")() }
    }

    fn advance(&self, milliseconds: u64) -> c_int {
        // SAFETY: a number is passed.
        unsafe { self.function::<unsafe extern "system" fn(u64) -> c_int>("HcsSimAdvance")(milliseconds) }
    }

    fn now(&self) -> u64 {
        // SAFETY: nothing is passed.
        unsafe { self.function::<unsafe extern "system" fn() -> u64>("HcsSimNow")() }
    }

    fn problem(&self) -> Option<String> {
        // SAFETY: nothing is passed; the text is read at once.
        unsafe {
            let problem = self.function::<unsafe extern "system" fn() -> Text>("HcsSimProblem")();
            (!problem.is_null()).then(|| CStr::from_ptr(problem).to_str().unwrap().to_owned())
        }
    }

    fn given(&self, function: &str) -> (c_int, Option<String>) {
        let mut text: *mut c_char = null_mut();
        // SAFETY: the out pointer is valid, and what comes out of it is freed once.
        unsafe {
            let answered =
                self.function::<unsafe extern "system" fn(*mut *mut c_char) -> c_int>(function)(&mut text);
            let copy = (!text.is_null()).then(|| CStr::from_ptr(text).to_str().unwrap().to_owned());
            self.function::<unsafe extern "system" fn(*mut c_char)>("HcsSimFree")(text);
            (answered, copy)
        }
    }

    fn journal(&self) -> String {
        self.given("HcsSimJournal").1.unwrap()
    }

    fn verify(&self) -> (c_int, Option<String>) {
        self.given("HcsSimVerify")
    }

    // What a client calls.

    fn create_operation(&self) -> usize {
        // SAFETY: there is no callback.
        unsafe {
            self.function::<unsafe extern "system" fn(usize, usize) -> usize>("HcsCreateOperation")(0, 0)
        }
    }

    fn close_operation(&self, operation: usize) {
        // SAFETY: any value is recognised.
        unsafe { self.function::<unsafe extern "system" fn(usize)>("HcsCloseOperation")(operation) }
    }

    fn open(&self, id: &str) -> (i32, usize) {
        let id: Vec<u16> = id.encode_utf16().chain([0]).collect();
        let mut system = 0;
        // SAFETY: the text ends with a zero, and the out pointer is valid.
        let code = unsafe {
            self.function::<unsafe extern "system" fn(*const u16, u32, *mut usize) -> i32>(
                "HcsOpenComputeSystem",
            )(id.as_ptr(), 0x1000_0000, &mut system)
        };
        (code, system)
    }

    fn close_system(&self, system: usize) {
        // SAFETY: any value is recognised.
        unsafe { self.function::<unsafe extern "system" fn(usize)>("HcsCloseComputeSystem")(system) }
    }

    fn pause(&self, system: usize, operation: usize) -> i32 {
        let pause = self
            .function::<unsafe extern "system" fn(usize, usize, *const u16) -> i32>("HcsPauseComputeSystem");
        // SAFETY: any handles are recognised; no options are passed.
        unsafe { pause(system, operation, null()) }
    }

    fn result(&self, operation: usize) -> i32 {
        let result =
            self.function::<unsafe extern "system" fn(usize, *mut *mut u16) -> i32>("HcsGetOperationResult");
        // SAFETY: no document is asked for.
        unsafe { result(operation, null_mut()) }
    }
}

const PENDING: i32 = 0x8037_0117_u32.cast_signed();
const NOT_FOUND: i32 = 0x8037_010E_u32.cast_signed();
const INVALID_ARGUMENT: i32 = 0x8007_0057_u32.cast_signed();

#[test]
fn a_scenario_is_added_to_the_threads_host() {
    let sim = Sim::entered("load");
    assert_eq!(sim.load(r#"{ "systems": [{ "id": "web" }] }"#), 0);
    assert_eq!(sim.problem(), None);
    let (code, system) = sim.open("web");
    assert_eq!(code, 0);
    assert_eq!(sim.load(r#"{ "systems": [{ "id": "db" }] }"#), 0);
    assert_eq!(sim.open("db").0, 0);
    sim.close_system(system);
    let (found, report) = sim.verify();
    assert_eq!(found, 1);
    assert!(report.unwrap().contains("a handle of \"db\", was never closed"));
    assert_eq!(sim.verify(), (0, None)); // each finding is told once
}

#[test]
fn what_a_scenario_says_of_the_host_counts_before_the_first_call() {
    let sim = Sim::entered("settings");
    assert_eq!(sim.load(r#"{ "systems": [{ "id": "web" }] }"#), 0);
    assert_eq!(sim.load(r#"{ "host": { "latency": "7ms" } }"#), 0); // and keeps what was said before
    let (code, system) = sim.open("web");
    assert_eq!(code, 0);
    let operation = sim.create_operation();
    assert_eq!(sim.pause(system, operation), 0);
    assert_eq!(sim.advance(6), 0);
    assert_eq!(sim.result(operation), PENDING); // a poll, and 10 ms later
    assert_eq!(sim.result(operation), 0);
    assert_eq!(sim.load(r#"{ "host": { "latency": "8ms" } }"#), INVALID_ARGUMENT);
    assert!(sim.problem().unwrap().contains("call HcsSimReset first"));
    sim.close_operation(operation);
    sim.close_system(system);
    assert_eq!(sim.verify(), (0, None));
}

#[test]
fn a_bad_scenario_is_told_whole_and_changes_nothing() {
    let sim = Sim::entered("bad");
    assert_eq!(sim.load("{\n  \"allow\": [\"leaked-opration\"],\n  \"rulez\": []\n}"), INVALID_ARGUMENT);
    let problem = sim.problem().unwrap();
    assert!(problem.contains("2:13") && problem.contains("did you mean \"leaked-operation\"?"), "{problem}");
    assert!(problem.contains("3:3"), "{problem}");
    assert_eq!(sim.load("no/such/file.json"), INVALID_ARGUMENT);
    assert!(sim.problem().unwrap().contains("no/such/file.json"));
    assert_eq!(sim.load(""), INVALID_ARGUMENT);
    assert_eq!(sim.verify(), (0, None));
    assert_eq!(sim.problem(), None);
}

#[test]
fn a_reset_begins_anew() {
    let sim = Sim::entered("reset");
    assert_eq!(sim.load(r#"{ "systems": [{ "id": "web" }] }"#), 0);
    assert_eq!(sim.advance(5), 0);
    assert_eq!(sim.now(), 5);
    let (_, system) = sim.open("web");
    assert_eq!(sim.reset(), 0); // tells the open handle on stderr
    assert_eq!(sim.now(), 0);
    assert_eq!(sim.open("web").0, NOT_FOUND);
    sim.close_system(system); // of a host that has ended: strange to this one
    let (found, report) = sim.verify();
    assert_eq!(found, 1, "{report:?}");
    assert_eq!(sim.journal().lines().count(), 3);
}

#[test]
fn threads_enter_hosts_by_name() {
    let sim = Sim::entered("shared");
    assert_eq!(sim.load(r#"{ "systems": [{ "id": "web" }] }"#), 0);
    let (code, system) = sim.open("web");
    assert_eq!(code, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = Sim::entered("other");
            assert_eq!(other.open("web").0, NOT_FOUND);
            assert_eq!(other.enter("shared"), 0);
            let (code, second) = other.open("web");
            assert_eq!(code, 0);
            other.close_system(second);
        });
    });
    sim.close_system(system);
    assert_eq!(sim.verify(), (0, None));
    assert_eq!(sim.enter(""), INVALID_ARGUMENT);
    assert!(sim.problem().unwrap().contains("name is empty"));
}

#[test]
fn a_host_lives_as_long_as_a_thread_is_in_it() {
    let load = |sim: &Sim| assert_eq!(sim.load(r#"{ "systems": [{ "id": "web" }] }"#), 0);
    let opened = |sim: &Sim| {
        let (code, system) = sim.open("web");
        sim.close_system(system);
        code
    };
    let sim = Sim::entered("brief");
    load(&sim);
    std::thread::scope(|scope| {
        // As long as this thread is in it, others find what is there.
        scope.spawn(|| assert_eq!(opened(&Sim::entered("brief")), 0)).join().unwrap();
        scope.spawn(|| assert_eq!(opened(&Sim::entered("brief")), 0)).join().unwrap();
    });
    assert_eq!(sim.enter("another"), 0);
    assert_eq!(sim.enter("brief"), 0);
    assert_eq!(sim.open("web").0, NOT_FOUND);
    assert_eq!(sim.verify(), (0, None));
}

#[test]
fn process_that_leaks_in_a_thread() {
    if is_meant("process_that_leaks_in_a_thread") {
        // The harness's own thread is another one.
        std::thread::spawn(|| Sim::entered("thread").create_operation()).join().unwrap();
    }
}

#[test]
fn what_is_wrong_with_a_host_that_has_ended_counts_at_the_end() {
    let ran = in_a_process("process_that_leaks_in_a_thread", &[("HCS_SIM_VERIFY", "1")]);
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(told.matches("was never closed").count(), 1, "{told}");
    assert_eq!(ran.status.code(), Some(70));
    let ran = in_a_process("process_that_leaks_in_a_thread", &[]);
    assert!(String::from_utf8(ran.stderr).unwrap().contains("was never closed"));
    assert_eq!(ran.status.code(), Some(0));
}

#[test]
fn gates_open_by_name_and_events_happen_by_name() {
    let sim = Sim::entered("gates");
    let scenario = r#"{ "systems": [{ "id": "web", "state": "Running" }],
        "rules": [{ "when": { "call": "pause" }, "simulate": true, "hold_as": "nap" }] }"#;
    assert_eq!(sim.load(scenario), 0);
    let (_, system) = sim.open("web");
    let operation = sim.create_operation();
    assert_eq!(sim.pause(system, operation), 0);
    assert_eq!(sim.advance(60_000), 0);
    assert_eq!(sim.result(operation), PENDING);
    assert_eq!(sim.told("HcsSimHeld", "nap"), 1);
    assert_eq!(sim.told("HcsSimRelease", "nap"), 1);
    assert_eq!(sim.told("HcsSimHeld", "nap"), 0);
    assert_eq!(sim.told("HcsSimRelease", "nap"), 0);
    assert_eq!(sim.result(operation), 0);
    assert_eq!(sim.told("HcsSimRaiseEvent", r#"{ "event": "power_off", "system": "web" }"#), 0);
    assert!(sim.journal().contains(r#""exited":"web""#));
    let timeline = sim.given("HcsSimTimeline").1.unwrap();
    assert!(timeline.contains("hcs   system \"web\" exits"), "{timeline}");
    assert_eq!(sim.told("HcsSimRaiseEvent", r#"{ "event": "power_of", "system": "web" }"#), INVALID_ARGUMENT);
    assert!(sim.problem().unwrap().contains("did you mean \"power_off\"?"));
    sim.close_operation(operation);
    sim.close_system(system);
    assert_eq!(sim.verify(), (0, None));
}

#[test]
fn null_releases_what_the_host_holds() {
    let sim = Sim::entered("held");
    let scenario =
        r#"{ "host": { "completion": "WhenReleased" }, "systems": [{ "id": "web", "state": "Running" }] }"#;
    assert_eq!(sim.load(&format!("\u{feff} {scenario}")), 0); // as editors of Windows save it
    let (_, system) = sim.open("web");
    let operation = sim.create_operation();
    assert_eq!(sim.pause(system, operation), 0);
    assert_eq!(sim.result(operation), PENDING);
    let release = sim.function::<unsafe extern "system" fn(Text) -> c_int>("HcsSimRelease");
    // SAFETY: NULL is everything.
    assert_eq!(unsafe { (release(null()), release(null())) }, (1, 0));
    assert_eq!(sim.result(operation), 0);
    sim.close_operation(operation);
    sim.close_system(system);
    assert_eq!(sim.verify(), (0, None));
}

#[test]
fn texts_are_freed_once_and_what_has_none_answers_null() {
    let sim = Sim::entered("texts");
    let mut text: *mut c_char = std::ptr::dangling_mut();
    let verify = sim.function::<unsafe extern "system" fn(*mut *mut c_char) -> c_int>("HcsSimVerify");
    let journal = sim.function::<unsafe extern "system" fn(*mut *mut c_char) -> c_int>("HcsSimJournal");
    let free = sim.function::<unsafe extern "system" fn(*mut c_char)>("HcsSimFree");
    // SAFETY: the out pointer is valid; a text that was freed is recognised and not followed.
    unsafe {
        assert_eq!((verify(&mut text), text), (0, null_mut()));
        assert_eq!(journal(&mut text), 0);
        free(text);
        assert_eq!(sim.problem(), None);
        free(text);
    }
    assert!(sim.problem().unwrap().contains("it was freed before"));
}

#[test]
fn null_and_garbage_are_told() {
    let sim = Sim::entered("null");
    let one = std::ptr::dangling_mut::<c_char>();
    for function in ["HcsSimLoadScenario", "HcsSimRaiseEvent"] {
        // SAFETY: NULL is recognised.
        let answered = unsafe { sim.function::<unsafe extern "system" fn(Text) -> c_int>(function)(null()) };
        assert_eq!(answered, INVALID_ARGUMENT);
        assert!(sim.problem().unwrap().ends_with("is NULL"));
        // SAFETY: the text ends with a zero.
        let answered =
            unsafe { sim.function::<unsafe extern "system" fn(Text) -> c_int>(function)(c"{\xff}".as_ptr()) };
        assert_eq!(answered, INVALID_ARGUMENT);
        assert!(sim.problem().unwrap().contains("not UTF-8"));
    }
    // SAFETY: NULL is recognised.
    let journal = unsafe {
        sim.function::<unsafe extern "system" fn(*mut *mut c_char) -> c_int>("HcsSimJournal")(null_mut())
    };
    assert_eq!(journal, INVALID_ARGUMENT);
    // SAFETY: NULL is recognised; the count comes all the same.
    let verified = unsafe {
        sim.function::<unsafe extern "system" fn(*mut *mut c_char) -> c_int>("HcsSimVerify")(null_mut())
    };
    assert_eq!(verified, 0);
    // SAFETY: a value that is no text is recognised.
    unsafe { sim.function::<unsafe extern "system" fn(*mut c_char)>("HcsSimFree")(one) };
    assert!(sim.problem().unwrap().contains("no text"));
}

/// Runs one of the tests below in a process of its own, with an environment.
fn in_a_process(test: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--include-ignored"]).env("HCS_SIM_TEST_PROCESS", test);
    command.envs(environment.iter().copied()).output().unwrap()
}

/// Whether the test runs in a process of its own.
fn is_meant(test: &str) -> bool {
    std::env::var("HCS_SIM_TEST_PROCESS").is_ok_and(|it| it == test)
}

#[test]
fn process_that_leaks() {
    if is_meant("process_that_leaks") {
        Sim(library()).create_operation();
    }
}

#[test]
fn process_that_is_neat() {
    if is_meant("process_that_is_neat") {
        let sim = Sim(library());
        sim.close_operation(sim.create_operation());
    }
}

#[test]
fn process_that_leaks_and_fails() {
    if is_meant("process_that_leaks_and_fails") {
        Sim(library()).create_operation();
        panic!("its own failure");
    }
}

#[test]
fn process_that_leaks_before_a_reset() {
    if is_meant("process_that_leaks_before_a_reset") {
        let sim = Sim(library());
        assert_eq!(sim.load(r#"{ "rules": [{ "when": { "call": "start" }, "refuse": "E_FAIL" }] }"#), 0);
        assert_eq!(sim.reset(), 0); // of a host that nobody has used: no word
        sim.create_operation();
        assert_eq!(sim.reset(), 0);
    }
}

#[test]
fn at_the_end_of_the_process_findings_are_told_and_make_the_exit_code() {
    let verify = [("HCS_SIM_VERIFY", "1")];
    let leaks = in_a_process("process_that_leaks", &verify);
    let told = String::from_utf8(leaks.stderr).unwrap();
    assert!(told.contains("operation#1 was never closed"), "{told}");
    assert_eq!(leaks.status.code(), Some(70));
    let neat = in_a_process("process_that_is_neat", &verify);
    assert_eq!(neat.status.code(), Some(0), "{}", String::from_utf8_lossy(&neat.stderr));
    assert_eq!(in_a_process("process_that_leaks", &[]).status.code(), Some(0));
    assert_eq!(in_a_process("process_that_leaks", &[("HCS_SIM_VERIFY", "0")]).status.code(), Some(0));
}

#[cfg(all(target_os = "linux", target_env = "gnu"))] // elsewhere a library is not told the code
#[test]
fn a_programs_own_failure_keeps_its_code() {
    let both = in_a_process("process_that_leaks_and_fails", &[("HCS_SIM_VERIFY", "1")]);
    assert_eq!(both.status.code(), Some(101));
    assert!(String::from_utf8(both.stderr).unwrap().contains("operation#1 was never closed"));
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn process_that_has_something_to_do_at_its_end() {
    unsafe extern "C" {
        fn atexit(function: extern "C" fn()) -> c_int;
    }
    extern "C" fn last() {
        eprintln!("the last word");
    }
    if is_meant("process_that_has_something_to_do_at_its_end") {
        // SAFETY: the function is there until the end. What is registered first, before the library is loaded, runs last.
        unsafe { atexit(last) };
        Sim(library()).create_operation();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn what_is_to_run_at_the_end_runs_beside_findings() {
    let ran = in_a_process("process_that_has_something_to_do_at_its_end", &[("HCS_SIM_VERIFY", "1")]);
    let told = String::from_utf8(ran.stderr).unwrap();
    assert!(told.contains("was never closed") && told.ends_with("the last word\n"), "{told}");
    assert_eq!(ran.status.code(), Some(70));
}

#[test]
fn what_a_reset_ends_counts_too() {
    let before = in_a_process("process_that_leaks_before_a_reset", &[("HCS_SIM_VERIFY", "1")]);
    let told = String::from_utf8(before.stderr).unwrap();
    assert!(told.contains("hcs-sim: 1 finding\n"), "{told}");
    assert_eq!(told.matches("hcs-sim:").count(), 1, "{told}");
    assert_eq!(told.matches("was never closed").count(), 1, "{told}");
    assert_eq!(before.status.code(), Some(70));
}

#[test]
fn process_with_one_named_host() {
    if is_meant("process_with_one_named_host") {
        let sim = Sim::entered("only");
        assert_eq!(sim.advance(7), 0);
        // A thread that has entered none: its calls go to the only host with a name, and so do its questions.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let outside = Sim(library());
                assert_eq!(outside.now(), 7);
                outside.close_operation(outside.create_operation());
            });
        });
        assert_eq!(sim.journal().lines().count(), 3);
    }
}

#[test]
fn a_thread_without_a_host_asks_the_one_that_its_calls_go_to() {
    let ran = in_a_process("process_with_one_named_host", &[]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}

#[test]
fn process_with_a_default_host_and_a_named_one() {
    if is_meant("process_with_a_default_host_and_a_named_one") {
        let sim = Sim(library());
        assert_eq!(sim.load(r#"{ "allow": ["ambiguous-host"] }"#), 0);
        let (entered, leave) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _other = Sim::entered("other");
                entered.wait();
                leave.wait();
            });
            entered.wait();
            // This thread keeps to the default host, whoever enters another; one that nobody has seen cannot be told.
            let kept = sim.open("web").0;
            let strange = scope.spawn(|| Sim(library()).open("web").0).join().unwrap();
            leave.wait(); // before anything can fail: the other thread would wait for ever
            assert_eq!((kept, strange), (NOT_FOUND, 0x8037_0114_u32.cast_signed()));
        });
        assert_eq!(sim.verify(), (0, None));
    }
}

#[test]
fn a_thread_keeps_to_the_default_host_that_it_has_used() {
    let ran = in_a_process("process_with_a_default_host_and_a_named_one", &[]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}

#[test]
fn a_scenario_that_cannot_be_used_counts_at_the_end() {
    let environment = [("HCS_SIM_VERIFY", "1"), ("HCS_SIM_SCENARIO", "no/such/file.json")];
    let ran = in_a_process("process_that_leaks", &environment); // it does not: its create is refused
    let told = String::from_utf8(ran.stderr).unwrap();
    assert!(told.contains("every call is refused") && !told.contains("never closed"), "{told}");
    assert_eq!(ran.status.code(), Some(70));
}

#[test]
fn process_that_opens_web() {
    if is_meant("process_that_opens_web") {
        let sim = Sim(library());
        assert_eq!(sim.open("web").0, 0);
        assert_eq!(sim.enter("a"), 0);
        assert_eq!(sim.open("web").0, 0);
        assert_eq!(sim.reset(), 0);
        assert_eq!(sim.open("web").0, 0);
        assert_eq!(sim.enter("b"), 0); // nobody uses it
        std::process::abort(); // the journal is there all the same
    }
}

#[test]
fn every_host_begins_as_the_environment_says_and_writes_its_journal_as_it_goes() {
    let folder = std::env::temp_dir().join(format!("hcs-sim-environment-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let scenario = folder.join("web.json");
    std::fs::write(&scenario, r#"{ "systems": [{ "id": "web" }], "allow": ["leaked-system"] }"#).unwrap();
    let journal = folder.join("run.jsonl");
    let environment =
        [("HCS_SIM_SCENARIO", scenario.to_str().unwrap()), ("HCS_SIM_JOURNAL", journal.to_str().unwrap())];
    let ran = in_a_process("process_that_opens_web", &environment);
    let told = String::from_utf8_lossy(&ran.stderr);
    for name in ["run.jsonl", "run.a.jsonl", "run.a.2.jsonl"] {
        let text =
            std::fs::read_to_string(folder.join(name)).unwrap_or_else(|it| panic!("{name}: {it}\n{told}"));
        let journal = hcs_sim::Journal::load(&text).unwrap();
        assert_eq!(journal.calls().count(), 1, "{name}: {text}\n{told}");
    }
    assert!(!folder.join("run.b.jsonl").exists());
    std::fs::remove_dir_all(&folder).unwrap();
}
