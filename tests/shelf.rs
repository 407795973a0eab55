//! The scenarios of the shelf: what each does to a client.
//! Not here: scenario files (`scenarios`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host, Hresult, scenarios};
use support::listeners::Listener;
use support::processes::*;
use support::*;

const WITH_AGENT: &str = r#"{"SchemaVersion":{"Major":2,"Minor":5},"VirtualMachine":{"GuestConnection":{},"Services":{"Shutdown":{}}}}"#;
const MINUTE: u32 = 60_000;

/// What a client sees that does everything once: each step with its HRESULT.
fn a_life(host: &Host) -> Vec<(&'static str, Fetched)> {
    host.canned("tool", hcs_sim::program::runs_until_terminated());
    let mut seen = Vec::new();
    let operation = operation();
    let (called, system) = create_call("web", WITH_AGENT, operation);
    seen.push(("create call", (called, None)));
    if called == S_OK {
        seen.push(("create", wait(operation)));
    }
    if seen.last().unwrap().1.0 == S_OK {
        let operation = support::operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        let (code, document) = wait_for(operation, MINUTE);
        seen.push(("start", (code, document)));
        close_operation(operation);
    }
    if seen.last().unwrap().1.0 == S_OK && seen.len() > 2 {
        seen.push(("properties", ask(HcsGetComputeSystemProperties, system, None)));
        let (code, started) = try_start_process(system, NO_PIPES);
        seen.push(("create process", (code, None)));
        if code == S_OK {
            seen.push(("signal", signal(started.process, r#"{"Signal":"CtrlC"}"#)));
        }
        if !started.process.is_null() {
            started.close();
        }
        let (code, again) = open("web", 0x1000_0000);
        seen.push(("open", (code, None)));
        if !again.is_null() {
            close_system(again);
        }
        seen.push(("pause", ask(HcsPauseComputeSystem, system, None)));
        seen.push(("resume", ask(HcsResumeComputeSystem, system, None)));
        seen.push(("shut down", ask(HcsShutDownComputeSystem, system, Some("{}"))));
        seen.push(("exit", wait_for_exit(system, MINUTE)));
        seen.push(("terminate", ask(HcsTerminateComputeSystem, system, None)));
    }
    close_operation(operation);
    if !system.is_null() {
        close_system(system);
    }
    seen
}

/// The first step in which the client sees something else than without a scenario, and what.
fn first_difference(name: &str) -> Option<(&'static str, Fetched)> {
    let tolerant = || {
        let all = [FindingKind::RuleNeverApplied, FindingKind::EventMissed, FindingKind::LeakedOperation];
        all.into_iter().fold(Host::builder(), |it, kind| it.allow(kind)).build()
    };
    let usual = tolerant().run(a_life);
    let host = tolerant();
    let (_, scenario) = scenarios::all("web").into_iter().find(|it| it.0 == name).unwrap();
    host.play(&scenario).unwrap();
    let seen = host.run(a_life);
    let differing = seen.iter().zip(&usual).position(|(one, other)| one.1.0 != other.1.0 || one.0 != other.0);
    differing.map(|it| seen[it].clone())
}

#[test]
fn each_scenario_shows_in_the_step_that_it_is_about() {
    let expected: &[(&str, &str, Hresult)] = &[
        ("exit_while_starting", "start", HCS_E_TERMINATED_DURING_START),
        ("disconnect_while_starting", "start", HCS_E_SERVICE_DISCONNECT),
        ("exit_while_pausing", "pause", HCS_E_UNEXPECTED_EXIT),
        ("shutdown_ignored", "exit", HCS_E_OPERATION_TIMEOUT),
        ("shutdown_fails_later", "shut down", HRESULT_ERROR_NOT_SUPPORTED),
        ("shutdown_refuses_options", "shut down", HCS_E_INVALID_JSON),
        ("create_fails_later", "create", E_ACCESSDENIED),
        ("create_refused_at_once", "create call", HCS_E_ACCESS_DENIED),
        ("start_fails_later", "start", E_OUTOFMEMORY),
        ("result_document_missing", "start", HCS_E_UNEXPECTED_EXIT),
        ("start_never_completes", "start", HCS_E_OPERATION_TIMEOUT),
        ("start_outlives_timeout", "start", HCS_E_OPERATION_TIMEOUT),
        ("process_not_found", "create process", HRESULT_ERROR_FILE_NOT_FOUND),
        ("signal_denied", "signal", E_ACCESSDENIED),
        ("left_over", "create", HCS_E_SYSTEM_ALREADY_EXISTS),
        ("localized_messages", "start", ERROR_VIRTUAL_DISK_LIMITATION),
        ("code_of_hyperv_not_installed", "create", HCS_E_HYPERV_NOT_INSTALLED),
        ("code_of_already_exists", "create", HCS_E_SYSTEM_ALREADY_EXISTS),
        ("code_of_connection_timeout", "start", HCS_E_CONNECTION_TIMEOUT),
        ("code_of_not_found", "open", HCS_E_SYSTEM_NOT_FOUND),
        ("code_of_proc_not_found", "shut down", HRESULT_ERROR_PROC_NOT_FOUND),
        ("code_of_invalid_state", "start", HCS_E_INVALID_STATE),
    ];
    for (name, step, code) in expected {
        let (seen_in, (seen, document)) =
            first_difference(name).unwrap_or_else(|| panic!("{name} does nothing"));
        assert_eq!((seen_in, seen), (*step, *code), "{name}");
        let says = document.unwrap_or_default();
        match *name {
            "result_document_missing" => assert_eq!(says, ""),
            "localized_messages" => assert!(says.contains("Datenträger"), "{says}"),
            "code_of_already_exists" => assert!(says.contains("-1070137073"), "0xC037010F: {says}"),
            "create_fails_later" => assert!(says.contains(r#""Detail":"Construct""#), "{says}"),
            _ => {}
        }
    }
    // Each of the others has a test of its own below.
    let others = [
        "service_restarts",
        "late_event_after_close",
        "late_event_of_predecessor",
        "exit_long_after_terminate",
        "exit_event_lost",
        "properties_missing",
        "process_exit_event_lost",
        "several_wait_for_exit",
        "guest_crashes",
        "guest_connection_lost",
        "exit_without_data",
        "foreign_systems",
        "stopped_unnoticed",
        "code_of_already_stopped",
        "code_of_invalid_argument",
    ];
    let mut tested: Vec<&str> = expected.iter().map(|it| it.0).chain(others).collect();
    let mut all: Vec<&str> = scenarios::all("web").iter().map(|it| it.0).collect();
    tested.sort_unstable();
    all.sort_unstable();
    assert_eq!(tested, all);
    assert!(all.len() >= 20);
}

/// A host that plays a scenario about "web", whose system is there and has a callback.
fn with_listener(scenario: &hcs_sim::Scenario, body: impl FnOnce(&Host, HCS_SYSTEM, &Listener)) {
    with_configuration(VM, scenario, body);
}

fn with_configuration(
    configuration: &str,
    scenario: &hcs_sim::Scenario,
    body: impl FnOnce(&Host, HCS_SYSTEM, &Listener),
) {
    let listener = Listener::new();
    Host::new().run(|host| {
        host.play(scenario).unwrap();
        let system = create("web", configuration);
        assert_eq!(listener.register(system, 0), S_OK);
        body(host, system, &listener);
    });
}

#[test]
fn a_worker_that_dies_while_its_system_starts_fails_the_start_and_is_told() {
    with_listener(&scenarios::exit_while_starting("web"), |host, system, listener| {
        let before = host.now();
        let (code, document) = ask(HcsStartComputeSystem, system, None);
        assert_eq!(code, HCS_E_TERMINATED_DURING_START);
        assert!(document.is_some());
        assert_eq!(host.now() - before, Duration::from_secs(1));
        assert_eq!(listener.next().event, HcsEventSystemExited);
        close_system(system);
    });
}

#[test]
fn what_an_exit_has_completed_completes_once_though_its_operation_is_closed() {
    with_listener(&scenarios::exit_while_starting("web"), |host, system, _| {
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, HCS_E_TERMINATED_DURING_START);
        host.advance(Duration::from_secs(60));
        let journal = host.journal().to_string();
        assert_eq!(journal.matches("operation#2 completes").count(), 1, "{journal}");
        close_system(system);
    });
}

#[test]
fn a_scenario_about_a_system_that_never_comes_is_told() {
    for (name, scenario) in scenarios::all("wbe") {
        let host = Host::new();
        host.play(&scenario).unwrap();
        let told = report_of(&host, || close_system(create("web", VM)));
        // Those that only put something there have nothing to wait for.
        assert_eq!(told.is_some(), !matches!(name, "left_over" | "foreign_systems"), "{name}");
    }
}

#[test]
fn service_restarts() {
    with_listener(&scenarios::service_restarts("web"), |host, system, listener| {
        start(system);
        assert_eq!(listener.next().event, HcsEventSystemExited);
        assert_eq!(listener.next().event, HcsEventServiceDisconnect);
        assert_eq!(open("web", 0x1000_0000).0, HCS_E_SERVICE_NOT_AVAILABLE);
        host.advance(Duration::from_secs(3));
        assert_eq!(open("web", 0x1000_0000).0, HCS_E_SYSTEM_NOT_FOUND);
        close_system(system);
        let again = create("web", WITH_AGENT);
        close_system(again);
    });
}

#[test]
fn late_event_after_close() {
    with_listener(&scenarios::late_event_after_close("web"), |host, system, listener| {
        start(system);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        close_system(system);
        host.advance(Duration::from_secs(3600));
        assert_eq!(listener.heard(), []);
    });
}

#[test]
fn late_event_of_predecessor() {
    with_listener(&scenarios::late_event_of_predecessor("web"), |host, first, listener| {
        start(first);
        assert_eq!(ask(HcsTerminateComputeSystem, first, None).0, S_OK);
        let second = create("web", WITH_AGENT);
        start(second);
        assert_eq!(listener.heard(), []);
        host.advance(Duration::from_secs(6));
        assert_eq!(listener.next().event, HcsEventSystemExited); // of the first, while the second runs
        assert_eq!(properties(second, None)["State"], "Running");
        assert_eq!(ask(HcsTerminateComputeSystem, second, None).0, S_OK);
        close_system(first);
        close_system(second);
    });
}

#[test]
fn exit_long_after_terminate() {
    with_listener(&scenarios::exit_long_after_terminate("web"), |host, system, listener| {
        start(system);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        let terminated = host.now();
        assert_eq!(listener.next().event, HcsEventSystemExited);
        assert_eq!(host.now() - terminated, Duration::from_secs(10));
        close_system(system);
    });
}

#[test]
fn exit_event_lost() {
    with_listener(&scenarios::exit_event_lost("web"), |host, system, listener| {
        start(system);
        assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
        host.advance(Duration::from_secs(3600));
        assert_eq!(listener.heard(), []);
        assert_eq!(wait_for_exit(system, 0).0, S_OK); // whoever asks is told
        close_system(system);
    });
}

#[test]
fn properties_missing() {
    with_listener(&scenarios::properties_missing("web"), |_, system, _| {
        assert_eq!(ask(HcsGetComputeSystemProperties, system, None), (S_OK, None));
        close_system(system);
    });
}

#[test]
fn process_exit_event_lost() {
    with_configuration(CONTAINER, &scenarios::process_exit_event_lost("web"), |host, system, _| {
        host.canned("tool", hcs_sim::program::prints("").exits_with(4));
        start(system);
        let started = start_process(system, NO_PIPES);
        let listener = Listener::new();
        assert_eq!(listener.register_process(started.process, 0), S_OK);
        host.advance(Duration::from_secs(3600));
        assert_eq!(listener.heard(), []);
        assert_eq!(exit_code(started.process), 4);
        started.close();
        close_system(system);
    });
}

#[test]
fn several_wait_for_exit() {
    with_listener(&scenarios::several_wait_for_exit("web"), |host, system, _| {
        start(system);
        let shared = Sent::new(system);
        std::thread::scope(|scope| {
            let waiters: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(move || {
                        let _entered = host.enter();
                        wait_for_exit(shared.get(), INFINITE).0
                    })
                })
                .collect();
            assert!(waiters.into_iter().all(|it| it.join().unwrap() == S_OK));
        });
        close_system(system);
    });
}

#[test]
fn guest_crashes() {
    with_listener(&scenarios::guest_crashes("web"), |_, system, listener| {
        start(system);
        assert_eq!(listener.next().event, HcsEventSystemCrashInitiated);
        assert!(listener.next().data.unwrap().contains("239"));
        let exit = listener.next().data.unwrap();
        assert!(exit.contains("GuestCrash"), "{exit}");
        close_system(system);
    });
}

#[test]
fn guest_connection_lost() {
    with_configuration(WITH_AGENT, &scenarios::guest_connection_lost("web"), |_, system, listener| {
        start(system);
        assert_eq!(listener.next().event, 6);
        assert_eq!(properties(system, None)["State"], "Running");
        close_system(system);
    });
}

#[test]
fn exit_without_data() {
    with_listener(&scenarios::exit_without_data("web"), |_, system, listener| {
        start(system);
        let heard = listener.next();
        assert_eq!((heard.event, heard.data), (HcsEventSystemExited, None));
        close_system(system);
    });
}

#[test]
fn foreign_systems() {
    Host::new().run(|host| {
        host.play(&scenarios::foreign_systems("web")).unwrap();
        let listed = json(enumerate(None).1);
        let states: Vec<_> =
            listed.as_array().unwrap().iter().map(|it| (it["Id"].clone(), it["State"].clone())).collect();
        assert_eq!(states[0], ("cellar-0".into(), serde_json::Value::Null)); // created ones have no state
        assert_eq!(states[1], ("cellar (copy)".into(), "Running".into()));
        assert_eq!(states[2].1, "Paused");
    });
}

#[test]
fn stopped_unnoticed() {
    with_listener(&scenarios::stopped_unnoticed("web"), |_, system, _| {
        start(system);
        let told = properties(system, None);
        assert_eq!((&told["Stopped"], &told["State"]), (&true.into(), &serde_json::Value::Null));
        close_system(system);
    });
}

#[test]
fn terminates_that_fail_with_codes_that_clients_confuse() {
    for (scenario, code) in [
        (scenarios::code_of_already_stopped("web"), HCS_E_SYSTEM_ALREADY_STOPPED),
        (scenarios::code_of_invalid_argument("web"), E_INVALIDARG),
    ] {
        with_listener(&scenario, |_, system, _| {
            start(system);
            assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, code);
            assert_eq!(properties(system, None)["State"], "Running");
            close_system(system);
        });
    }
}

#[test]
fn an_id_may_hold_anything() {
    let odd = "a \"b\" \\ $system \u{1F600}";
    let (_, scenario) = scenarios::all(odd).into_iter().find(|it| it.0 == "left_over").unwrap();
    Host::new().run(|host| {
        host.play(&scenario).unwrap();
        assert_eq!(json(enumerate(None).1)[0]["Id"], odd);
    });
}
