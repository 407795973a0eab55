//! Journals that are saved, loaded, edited by hand, and answered from.
//! Not here: how journals read as text (`hosts`) and as pictures (`views`).

mod support;

use std::ffi::c_void;
use std::sync::mpsc;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{Error, FindingKind, Host, Journal, ResultError, call as calls, event, program};
use support::listeners::Listener;
use support::processes::*;
use support::*;

const WITH_AGENT: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"VirtualMachine":{"GuestConnection":{}}}"#;

/// A run with a bit of everything: what it saw.
fn a_life() -> Vec<Fetched> {
    let listener = Listener::new();
    let system = create("web", WITH_AGENT);
    assert_eq!(listener.register(system, 0), S_OK);
    let mut seen = vec![ask(HcsStartComputeSystem, system, None), ask(HcsStartComputeSystem, system, None)];
    seen.push(ask(HcsGetComputeSystemProperties, system, Some("{\n  \"PropertyTypes\": [\"Memory\"]\n}")));
    let (code, started) = try_start_process(system, r#"{"CommandLine":"ver","CreateStdOutPipe":true}"#);
    assert_eq!(code, S_OK);
    seen.push((S_OK, Some(read_text(started.info.StdOutput))));
    seen.push(wait_for_process(started.process, INFINITE));
    started.close();
    for (id, configuration) in [("web", VM), ("odd \u{2028} \"quoted\"", r#"{"Owner":1}"#)] {
        let (fetched, failed) = try_create(id, configuration);
        seen.push(fetched);
        close_system(failed);
    }
    seen.push(wait_for_exit(system, 20));
    seen.push(wait_for_exit(system, INFINITE));
    listener.next();
    close_system(system);
    seen
}

fn scripted(host: &Host) {
    host.when(calls::start().system("web"))
        .fail(E_OUTOFMEMORY)
        .document(ResultError::new().message("no"))
        .then()
        .simulate();
    host.canned("ver", program::prints("hello"));
    host.raise_after(Duration::from_secs(9), event::worker_death("web"));
}

fn recorded(client: impl FnOnce(&Host)) -> Journal {
    Host::new().run(|host| {
        client(host);
        host.journal()
    })
}

#[test]
fn a_journal_that_was_saved_loads_as_it_was() {
    let journal = recorded(|host| {
        scripted(host);
        a_life();
    });
    let saved = journal.to_json_lines();
    let loaded = Journal::load(&saved).unwrap();
    assert_eq!(loaded.to_json_lines(), saved);
    assert_eq!(loaded.to_string(), journal.to_string());
    assert_eq!(loaded.to_mermaid(), journal.to_mermaid());
    // Documents stand there as JSON, but for those with several lines.
    assert!(saved.contains(r#""configuration":{"SchemaVersion":{"#), "{saved}");
    assert!(saved.contains(r#""property_query":"{\n  \"PropertyTypes\""#), "{saved}");
    // What is serialised otherwise has the same members, with documents as texts.
    let data = serde_json::to_value(&journal).unwrap();
    assert_eq!(data[1]["arguments"]["configuration"], WITH_AGENT);
}

#[test]
fn a_run_that_is_replayed_sees_the_same_and_has_the_identical_journal() {
    let mut first = Vec::new();
    let journal = recorded(|host| {
        scripted(host);
        first = a_life();
    });
    let host = Host::replaying(&Journal::load(&journal.to_json_lines()).unwrap());
    host.run(|host| {
        assert_eq!(a_life(), first);
        assert_eq!(host.journal().to_json_lines(), journal.to_json_lines());
        assert_eq!(host.now(), journal.entries().last().unwrap().at);
    });
}

unsafe extern "system" fn done(operation: HCS_OPERATION, context: *const c_void) {
    // SAFETY: the context is the sender that the test keeps until the end.
    let sender = unsafe { &*context.cast::<mpsc::Sender<Hresult>>() };
    sender.send(result(operation).0).unwrap();
}

/// A client that waits for its callback outside of HCS, and asks a second thread.
fn waits_outside(host: &Host) -> Vec<Hresult> {
    let system = create("web", VM);
    let (sender, receiver) = mpsc::channel::<Hresult>();
    let operation = operation_with((&raw const sender).cast(), Some(done));
    assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
    let mut seen = vec![next_of(&receiver)];
    // SAFETY: any value is recognised.
    assert_eq!(unsafe { HcsGetOperationContext(operation) }.cast_const(), (&raw const sender).cast());
    close_operation(operation);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let _entered = host.enter();
            let (code, again) = open("web", GENERIC_ALL);
            close_system(again);
            code
        });
        seen.push(other.join().unwrap());
    });
    seen.push(ask(HcsTerminateComputeSystem, system, None).0);
    close_system(system);
    seen
}

const GENERIC_ALL: u32 = 0x1000_0000;

#[test]
fn callbacks_and_other_threads_are_replayed_where_they_were() {
    let journal = recorded(|host| assert_eq!(waits_outside(host), [S_OK, S_OK, S_OK]));
    Host::replaying(&journal).run(|host| {
        assert_eq!(waits_outside(host), [S_OK, S_OK, S_OK]);
        assert_eq!(host.journal().to_json_lines(), journal.to_json_lines());
    });
}

#[test]
fn a_journal_can_be_edited_by_hand() {
    let journal = recorded(|_| {
        let system = create("web", VM);
        start(system);
        close_system(system);
    });
    let saved = journal.to_json_lines();
    let edited = saved.replacen(
        r#""completed":"operation#2","operation_type":"Start","hresult":"S_OK""#,
        r#""completed":"operation#2","operation_type":"Start","hresult":"0x80370110","document":{"Error":-1}"#,
        1,
    );
    let line =
        edited.lines().position(|it| it.contains("HcsWaitForOperationResult") && it.contains("operation#2"));
    let mut lines: Vec<String> = edited.lines().map(str::to_owned).collect();
    let wait = &mut lines[line.unwrap()];
    *wait = wait.replace(
        r#""returned":"S_OK""#,
        r#""returned":"HCS_E_SYSTEM_ALREADY_STOPPED","document":{"Error":-1}"#,
    );
    lines.insert(1, "// a remark".to_owned());
    Host::replaying(&Journal::load(&lines.join("\n")).unwrap()).run(|_| {
        let system = create("web", VM);
        let (code, document) = ask(HcsStartComputeSystem, system, None);
        assert_eq!((code, document.as_deref()), (HCS_E_SYSTEM_ALREADY_STOPPED, Some(r#"{"Error":-1}"#)));
        close_system(system);
    });
}

#[test]
fn a_verification_on_the_way_does_not_end_a_replay() {
    let client = |host: &Host| {
        let system = create("web", VM);
        host.allow(FindingKind::LeakedSystem);
        host.verify().unwrap();
        start(system);
        close_system(system);
        host.journal().to_json_lines()
    };
    let recorded = Host::new().run(client);
    let replayed = Host::replaying(&Journal::load(&recorded).unwrap()).run(client);
    assert_eq!(replayed, recorded);
}

#[test]
fn process_information_that_is_fetched_twice_has_the_same_pipes() {
    let client = |host: &Host| {
        host.canned("tool", program::prints("once"));
        let system = running("web");
        let operation = operation();
        let (code, process) = create_process_call(system, OUT_ONLY, operation);
        assert_eq!(code, S_OK);
        let (one, other) = (wait_with_info(operation).1, wait_with_info(operation).1);
        assert_eq!(one.StdOutput, other.StdOutput);
        assert_eq!(read_text(one.StdOutput), "once");
        close_pipe(one.StdOutput);
        close_operation(operation);
        close_process(process);
        close_system(system);
        host.journal().to_json_lines()
    };
    let recorded = Host::new().run(client);
    let replayed = Host::replaying(&Journal::load(&recorded).unwrap()).run(client);
    assert_eq!(replayed, recorded);
}

fn departure_of(journal: &Journal, client: impl FnOnce()) -> String {
    let host = Host::replaying(journal);
    let report = report_of(&host, client).expect("the client departs");
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!(report.findings[0].kind, FindingKind::ReplayDeparted);
    let facts = report.findings[0].facts.iter().map(|(label, text)| format!("\n{label}: {text}"));
    format!("{}{}", report.findings[0].sentence, facts.collect::<String>())
}

#[test]
fn the_first_call_that_departs_is_told_with_both_sides() {
    let journal = recorded(|_| {
        let system = create("web", VM);
        start(system);
        close_system(system);
    });
    let told = departure_of(&journal, || {
        let operation = operation();
        let (code, system) = create_call("web", &VM.replace("512", "1024"), operation);
        assert!(code == HCS_E_SERVICE_NOT_AVAILABLE && system.is_null());
        assert_eq!(open("web", GENERIC_ALL).0, HCS_E_SERVICE_NOT_AVAILABLE);
    });
    assert!(
        told.starts_with("HcsCreateComputeSystem departs from the recording in configuration\n"),
        "{told}"
    );
    assert!(told.contains(r#"expected  ..":{"Memory":{"SizeInMB":512}}}}"#), "{told}");
    assert!(told.contains(r#"got       ..":{"Memory":{"SizeInMB":1024}}}}"#), "{told}");

    let told = departure_of(&journal, || {
        let system = create("web", VM);
        let operation = operation();
        assert_eq!(call(HcsTerminateComputeSystem, system, operation, None), HCS_E_SERVICE_NOT_AVAILABLE);
    });
    assert!(
        told.starts_with(
            "HcsTerminateComputeSystem is called where the recording has HcsStartComputeSystem\n"
        ),
        "{told}"
    );

    let told = departure_of(&journal, || {
        let system = create("web", VM);
        start(system);
        let _ = system;
    });
    assert_eq!(
        told,
        "the recording has 1 call more than were made\n\
         recorded: HcsCloseComputeSystem(system#1 \"web\") at t=0.070s, thread \"main\""
    );

    let told = departure_of(&journal, || {
        let system = create("web", VM);
        start(system);
        close_system(system);
        let _ = operation();
    });
    assert!(
        told.starts_with("HcsCreateOperation is called, and the recording has no further call"),
        "{told}"
    );
}

#[test]
fn a_recording_without_its_beginning_is_no_recording() {
    let journal = Host::builder().journal_limit(3).run(|host| {
        close_operation(operation());
        close_operation(operation());
        host.journal()
    });
    assert_eq!(journal.dropped(), 1);
    let host = Host::replaying(&Journal::load(&journal.to_json_lines()).unwrap());
    let report = report_of(&host, || {}).unwrap();
    assert_eq!(
        report.findings[0].sentence,
        "the recording is not whole: its beginning, 1 of its entries, was dropped"
    );
}

#[test]
fn everything_that_is_wrong_with_a_journal_is_told_at_once() {
    let text = r#"{"hcs_sim_journal":1}
{"at":"0.000s","thread":"main","call":"HcsCloseOperatoin","arguments":{},"returned":"returned"}
{"at":"soon","thread":"main","call":"HcsCloseOperation","arguments":{"operation":"operation#0"},"returned":"S_OK"}

{"at":"0.000s","thread":"main","service":"the service is gone","exited":"web"}
{"at":"0.000s","thread":"main"
{"at":"0.000s","thread":"main","call":"HcsCloseOperation","arguments":{"operation":"operation#1"},"returned":"returned","docment":1}
"#;
    let Err(Error::BadFile { file, problems }) = Journal::load(text) else { panic!("it cannot be used") };
    assert_eq!(file, "journal");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let expected = [
        "2:39: \"HcsCloseOperatoin\" is not an export of computecore.dll; did you mean \"HcsCloseOperation\"?",
        "3:7: \"soon\" is not a time; write a number and a unit in quotes, such as \"40ms\" or \"1.5s\"",
        "3:1: expected what HcsCloseOperation can return, found \"S_OK\"",
        "3:82: expected a handle such as \"operation#1\", found \"operation#0\"",
        "5:1: an entry needs exactly one of",
        "6:30: not JSON: EOF while parsing an object",
        "7:121: an entry has no \"docment\"; did you mean \"document\"?",
    ];
    for expected in expected {
        assert!(
            told.iter().any(|it| it.starts_with(expected)),
            "{expected}\nis not among\n{}",
            told.join("\n")
        );
    }
    assert_eq!(told.len(), expected.len(), "{}", told.join("\n"));

    let first = |text: &str| Journal::load(text).unwrap_err().to_string();
    assert!(first("").contains("journal:1:1: not a saved journal"));
    assert!(
        first("{\"hcs_sim_journal\":2}")
            .contains("a journal of format 2; this version of hcs-sim reads format 1")
    );
    let missing = Journal::read("no/such/file").unwrap_err();
    assert!(matches!(missing, Error::Unreadable { .. }), "{missing}");
}

#[test]
fn texts_that_are_no_unicode_and_handles_that_are_none_survive() {
    let journal = Host::builder().allow(FindingKind::NotAHandle).allow(FindingKind::WrongKind).run(|host| {
        let lone = [0x61, 0xD800, 0];
        let mut system = std::ptr::null_mut();
        let operation = operation();
        // SAFETY: texts end with a zero; the out pointer is valid; handles may be anything.
        unsafe {
            HcsCreateComputeSystem(lone.as_ptr(), lone.as_ptr(), operation, std::ptr::null(), &mut system);
            HcsStartComputeSystem(operation, operation, std::ptr::null());
            HcsGetOperationType(77 as HCS_OPERATION);
            HcsGetOperationId(operation);
            HcsGetOperationContext(operation);
            HcsCloseOperation(operation);
        }
        host.journal()
    });
    let saved = journal.to_json_lines();
    assert!(saved.contains(r#""configuration":{"$unreadable":{"at":1,"surrogate":55296}}"#), "{saved}");
    assert!(saved.contains("garbage"), "{saved}");
    let loaded = Journal::load(&saved).unwrap();
    assert_eq!(loaded.to_json_lines(), saved);
    assert_eq!(loaded.to_string(), journal.to_string());
}
