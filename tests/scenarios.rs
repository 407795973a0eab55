//! Scenario files: what they say, what is wrong with them, and that the builder says the same.
//! Not here: the scenarios of the shelf, one by one (`shelf`).

mod support;

use std::process::Command;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{
    Completion, Error, Existing, ExistingState, FindingKind, Host, NullCallback, Order, Profile, ResultError,
    Scenario, call, event, faults, program, scenarios,
};
use support::processes::*;
use support::*;

const EVERYTHING: &str = include_str!("../fixtures/scenarios/everything.json");
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario.schema.json");

fn allow_all(host: &Host) {
    FindingKind::all().iter().for_each(|it| host.allow(*it));
}

fn fixtures() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|it| (it.display().to_string(), std::fs::read_to_string(it).unwrap())).collect()
}

#[test]
fn every_file_is_read_and_written_back_the_same() {
    assert!(fixtures().len() >= 4);
    for (path, text) in fixtures() {
        let scenario = Scenario::read(&path).unwrap();
        let written = scenario.to_json();
        assert_eq!(Scenario::from_json(&written).unwrap(), scenario, "{path}");
        assert_eq!(Scenario::from_json(&text).unwrap(), scenario, "{path}");
    }
}

#[test]
fn a_file_that_became_a_host_becomes_the_same_file_again() {
    for (path, text) in fixtures() {
        let host = Host::from_scenario(&text).unwrap();
        allow_all(&host);
        let again = Scenario::of(&host).unwrap();
        let second = Host::from_scenario(&again.to_json()).unwrap();
        allow_all(&second);
        assert_eq!(Scenario::of(&second).unwrap(), again, "{path}");
    }
    // What is not spelled out differently in a host: all but names of the shelf, and the description.
    let host = Host::from_scenario(
        &EVERYTHING.replace(r#""scenarios": [{ "name": "exit_while_pausing", "system": "mill" }],"#, ""),
    )
    .unwrap();
    let host_said = Scenario::of(&host).unwrap().to_json();
    allow_all(&host);
    let mut said: serde_json::Value = serde_json::from_str(&host_said).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(EVERYTHING).unwrap();
    for name in ["$schema", "description", "scenarios"] {
        file.as_object_mut().unwrap().remove(name);
    }
    // Defaults are left out, and codes have their names.
    file["host"].as_object_mut().unwrap().retain(|name, _| name != "time" && name != "completion");
    file["systems"][1].as_object_mut().unwrap().remove("state");
    for name in ["exited_process", "exited_process_info"] {
        file["host"]["behavior"][name] = "ERROR_NOT_FOUND".into();
    }
    file["host"]["behavior"]["invalid_configuration"] = "ERROR_INVALID_DATA".into();
    file["host"]["latency_of"]["Start"] = "1500ms".into();
    file["host"]["latency_of"]["Save"] = "180s".into();
    file["rules"][2]["when"]["call"] = "shut_down".into(); // which calls that export only
    file["rules"][0]["then"][3] = serde_json::json!({ "refuse": "E_FAIL" }); // a fault at once has no document
    for it in [&mut said, &mut file] {
        it["allow"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
    }
    assert_eq!(said, file);
}

#[test]
fn what_the_builder_says_is_what_a_file_says() {
    let build = || {
        let host = Host::builder()
            .profile(Profile::Newest)
            .completion(Completion::WhenReleased)
            .order(Order::Seeded(3))
            .behavior(|it| it.null_callback = NullCallback::Clear)
            .allow(FindingKind::RuleCount)
            .build();
        host.add_system(Existing::new("old").state(ExistingState::Paused)).unwrap();
        host.add_saved_state(r"C:\saved");
        host.when(call::start().system("web").document("/A", 1).nth(2))
            .fail(HCS_E_TERMINATED)
            .document(ResultError::new().message("gone"))
            .after(Duration::from_secs(2))
            .then()
            .fault(faults::localized_message(E_FAIL, "ach"))
            .hold_as("later")
            .raising_meanwhile(Duration::from_secs(1), event::power_off("old"))
            .named("both")
            .expect(1..3);
        host.canned(program::starting_with("x").user("me"), program::prints("y").exits_with(3));
        host.raise_after(Duration::from_secs(5), event::service_stop());
        host
    };
    let said = Scenario::of(&build()).unwrap();
    let expected = r#"{
  "host": { "profile": "Newest", "completion": "WhenReleased", "order": { "Seeded": 3 },
            "behavior": { "null_callback": "Clear" } },
  "saved_states": ["C:\\saved"],
  "systems": [{ "id": "old", "state": "Paused" }],
  "rules": [{
    "name": "both", "when": { "call": "start", "system": "web", "nth": 2, "document": { "/A": 1 } },
    "expect": { "at_least": 1, "at_most": 2 },
    "fail": "HCS_E_TERMINATED", "result_error": {"ErrorMessage":"gone"}, "after": "2s",
    "then": [{ "fault": { "name": "localized_message", "code": "E_FAIL", "message": "ach" }, "hold_as": "later",
               "raising": [{ "meanwhile": true, "after": "1s", "event": "power_off", "system": "old" }] }]
  }],
  "programs": [{ "starting_with": "x", "user": "me", "prints": "y", "exits_with": 3 }],
  "events": [{ "at": "5s", "event": "service_stop" }],
  "allow": ["rule-count"]
}"#;
    assert_eq!(said, Scenario::from_json(expected).unwrap(), "{}", said.to_json());
}

#[test]
fn closures_are_named_as_what_a_file_cannot_hold() {
    let host = Host::builder().allow(FindingKind::RuleNeverApplied).build();
    host.when(call::start().matching("odd", |_| true)).fail(E_FAIL);
    host.program("tool", |_| 0);
    let Err(Error::NotData { parts }) = Scenario::of(&host) else { panic!("closures are no data") };
    assert_eq!(parts.len(), 2);
    assert!(parts[0].starts_with("the closure of the rule declared at tests/scenarios.rs:"), "{parts:?}");
    assert_eq!(parts[1], r#"the closure that is the program for command "tool""#);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place_and_the_nearest_spelling() {
    let text = r#"{
  "hosst": {},
  "host": { "profile": "Windows11", "time": "virtual", "latency": 5, "behavior": { "guest_bot": "1s" } },
  "rules": [
    { "when": { "call": "strat", "nth": 0 }, "fail": "HCS_E_UNEXPECTED_EXITS" },
    { "when": { "call": "start", "document": { "Owner": 1 } }, "fail": "S_OK" },
    { "when": { "call": "start" }, "fail": "E_FAIL", "succeed": true },
    { "when": { "call": "start" }, "fault": { "name": "disk_spars" } },
    { "when": { "call": "start" }, "fail": "E_FAIL", "expect": -1, "expect": 2 }
  ],
  "events": [{ "at": "1s", "event": "gest_crash" }],
  "systems": [{ "id": "a", "configuration": { "VirtualMachin": {} } }, { "state": "Runing" }],
  "allow": ["leaked-operations"]
}"#;
    let error = Scenario::from_json(text).unwrap_err();
    let Error::BadFile { problems, .. } = &error else { panic!("{error}") };
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let expected = [
        r#"2:3: a scenario has no "hosst"; did you mean "host"?"#,
        r#"3:24: "Windows11" is not a profile"#,
        r#"3:45: "virtual" is not a mode of time; did you mean "Virtual"?"#,
        r#"3:67: 5 is not a time; write a number and a unit in quotes"#,
        r#"3:84: a behavior has no "guest_bot"; did you mean "guest_boot"?"#,
        r#"5:25: "strat" is not a call; did you mean "start"?"#,
        r#"5:41: calls are counted from 1"#,
        r#"5:54: "HCS_E_UNEXPECTED_EXITS" is not an HRESULT; did you mean "HCS_E_UNEXPECTED_EXIT"?"#,
        r#"6:15: "Owner" is not a JSON pointer"#,
        r#"6:72: S_OK (0x00000000) is no failure"#,
        r#"7:5: a reply needs exactly one of"#,
        r#"8:55: "disk_spars" is not a fault; did you mean "disk_sparse"?"#,
        r#"9:64: expected a whole number"#,
        r#"9:68: "expect" stands here twice"#,
        r#"11:37: "gest_crash" is not an event; did you mean "guest_crash"?"#,
        r#"12:45: /VirtualMachin: ComputeSystem has no member "VirtualMachin"; did you mean "VirtualMachine"?"#,
        r#"12:72: a system needs "id""#,
        r#"12:83: "Runing" is not a state; did you mean "Running"?"#,
        r#"13:13: "leaked-operations" is not a kind of finding; did you mean "leaked-operation"?"#,
    ];
    for expected in expected {
        assert!(
            told.iter().any(|it| it.starts_with(expected)),
            "{expected}\nis not among\n{}",
            told.join("\n")
        );
    }
    assert_eq!(
        told.len(),
        expected.len() + 1,
        "nothing is told twice, and of the configuration two things are"
    );
    assert!(error.to_string().starts_with("scenario cannot be used: "));
    assert!(error.to_string().contains("\n  scenario:2:3: a scenario has no \"hosst\""));
}

#[test]
fn what_contradicts_itself_is_told() {
    let told = |text: &str| Scenario::from_json(text).unwrap_err().to_string();
    let two = told(r#"{"rules":[{"when":{"call":"start"},"fail":"E_FAIL","succeed":true}]}"#);
    assert!(two.contains("a reply needs exactly one of simulate, refuse, fail,"), "{two}");
    assert!(two.contains("; there is fail and succeed"), "{two}");
    let none = told(r#"{"rules":[{"when":{"call":"start"}}]}"#);
    assert!(none.contains("a reply needs exactly one of"), "{none}");
    let documents = told(r#"{"rules":[{"when":{},"fail":"E_FAIL","no_document":true,"document":{}}]}"#);
    assert!(documents.contains("only one of document, result_error, no_document can be said"), "{documents}");
    let gate = told(
        r#"{"rules":[{"when":{"call":"start"},"simulate":true,"hold_as":"boot"}],"events":[{"at":"1s","release":"boto"}]}"#,
    );
    assert!(
        gate.contains(r#"no rule has "hold_as": "boto", so that nothing is released; did you mean "boot"?"#),
        "{gate}"
    );
    let zero = told(r#"{"rules":[{"when":{"call":"start"},"simulate":true,"times":0}]}"#);
    assert!(zero.contains("applies to no call"), "{zero}");
    let anything = told(r#"{"rules":[{"simulate":true}, {"when":{},"simulate":true}]}"#);
    assert!(
        anything.contains(r#"a rule needs "when""#) && anything.contains(r#"a matcher needs "call""#),
        "{anything}"
    );
    let event = told(r#"{"events":[{"at":"1s","event":"process_exit","system":"web"}]}"#);
    assert!(
        event.contains(r#"process_exit needs "process_id""#) && event.contains(r#"needs "exit_code""#),
        "{event}"
    );
    let program = told(r#"{"programs":[{"command_line":"a","starting_with":"a"}]}"#);
    assert!(program.contains("only one of command_line, starting_with"), "{program}");
    assert!(told("{\n  \"rules\": [,]\n}").contains("scenario:2:13: not JSON: expected value"));
    assert!(told("[]").contains("scenario:1:1: expected a scenario, found a list"));
    let deep = format!(
        r#"{{"rules":[{{"when":{{"document":{{"/a":{}1{}}}}},"simulate":true}}]}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    assert!(told(&deep).contains("recursion limit"), "{}", told(&deep));
    let missing = Host::from_scenario("no/such/scenario.json").unwrap_err();
    assert!(missing.to_string().starts_with("no/such/scenario.json cannot be read: "), "{missing}");
    let taken = Host::from_scenario(r#"{"systems":[{"id":"a"},{"id":"A"}]}"#).unwrap_err();
    assert_eq!(taken.to_string(), r#"system "A" cannot be there already: there is a system "A" already"#);
}

#[test]
fn a_rule_of_a_file_is_named_by_its_line() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios/flaky-start.json");
    let host = Host::from_scenario(path).unwrap();
    let report = host.verify().unwrap_err();
    let declared = &report.findings[0].facts[0];
    assert_eq!(declared.0, "declared at");
    assert!(declared.1.ends_with("fixtures/scenarios/flaky-start.json:5:5"), "{}", declared.1);
}

#[test]
fn a_start_is_flaky_as_its_file_says() {
    let text = include_str!("../fixtures/scenarios/flaky-start.json");
    Host::from_scenario(text).unwrap().run(|host| {
        let system = create("web", VM);
        let (code, document) = ask(HcsStartComputeSystem, system, None);
        assert_eq!(code, HRESULT_ERROR_SHARING_VIOLATION);
        assert!(document.unwrap().contains(r"C:\\disks\\web.vhdx"));
        let before = host.now();
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, S_OK);
        assert_eq!(host.now() - before, Duration::from_secs(60));
        let exit = wait_for_exit(system, INFINITE).1.unwrap();
        assert!(exit.contains("GuestCrash"), "{exit}");
        assert_eq!(host.now() - before, Duration::from_secs(3660));
        close_system(system);
    });
}

#[test]
fn systems_and_processes_of_a_file_are_there_already() {
    let text = include_str!("../fixtures/scenarios/container-host.json");
    Host::from_scenario(text).unwrap().run(|_| {
        let listed = json(enumerate(None).1);
        assert_eq!((&listed[0]["Id"], &listed[0]["Owner"]), (&"build".into(), &"ci".into()));
        let (code, system) = open("build", 0x1000_0000);
        assert_eq!(code, S_OK);
        let (code, shell) = open_process(system, 5120);
        assert_eq!(code, S_OK);
        assert_eq!(kill(shell).0, S_OK);
        assert_eq!(exit_code(shell), 1067);
        close_process(shell);
        let (code, started) =
            try_start_process(system, r#"{"CommandLine":"msbuild all","CreateStdOutPipe":true}"#);
        assert_eq!(code, S_OK);
        assert_eq!(read_text(started.info.StdOutput), "error MSB1009\r\n");
        assert_eq!(exit_code(started.process), 1);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_gate_of_a_file_is_released_by_an_event_or_by_the_test() {
    let text = r#"{
      "rules": [{ "when": { "call": "start" }, "simulate": true, "hold_as": "boot" }],
      "events": [{ "at": "7s", "release": "boot" }]
    }"#;
    Host::from_scenario(text).unwrap().run(|host| {
        let system = create("web", VM);
        start(system);
        assert_eq!(host.now(), Duration::from_secs(7));
        close_system(system);
    });
    Host::from_scenario(&text.replace(r#""events": [{ "at": "7s", "release": "boot" }]"#, r#""events": []"#))
        .unwrap()
        .run(|host| {
            let system = create("web", VM);
            let operation = operation();
            assert_eq!(support::call(HcsStartComputeSystem, system, operation, None), S_OK);
            assert_eq!(result(operation).0, HCS_E_OPERATION_PENDING);
            assert_eq!((host.release("bot"), host.release("boot")), (0, 1));
            assert_eq!(result(operation).0, S_OK);
            close_operation(operation);
            close_system(system);
        });
}

#[test]
fn rules_that_share_a_name_share_the_gate_and_once_open_it_holds_nothing() {
    Host::new().run(|host| {
        host.when(call::start()).simulate().hold_as("gate");
        host.when(call::pause()).simulate().hold_as("gate");
        let system = create("web", VM);
        let begins = |request: Request| {
            let operation = operation();
            assert_eq!(support::call(request, system, operation, None), S_OK);
            operation
        };
        let first = [begins(HcsStartComputeSystem), begins(HcsPauseComputeSystem)];
        assert_eq!(host.release("gate"), 2);
        assert_eq!(first.map(|it| result(it).0), [S_OK; 2]);
        first.into_iter().for_each(close_operation);
        assert_eq!(ask(HcsResumeComputeSystem, system, None), (S_OK, None));
        assert_eq!(ask(HcsPauseComputeSystem, system, None), (S_OK, None));
        assert_eq!(host.release("gate"), 0);
        close_system(system);
    });
}

#[test]
fn a_scenario_of_the_shelf_is_one_line_of_a_file() {
    let text = r#"{"scenarios": [{"name": "left_over", "system": "web"}]}"#;
    Host::from_scenario(text).unwrap().run(|host| {
        let ((code, _), system) = try_create("web", VM);
        assert_eq!(code, HCS_E_SYSTEM_ALREADY_EXISTS);
        close_system(system);
        let expanded = Scenario::of(host).unwrap();
        assert_eq!(expanded, scenarios::left_over("web"));
    });
    let wrong = Scenario::from_json(r#"{"scenarios": [{"name": "left_ver", "system": "web"}]}"#).unwrap_err();
    assert!(wrong.to_string().contains(r#"did you mean "left_over"?"#), "{wrong}");
}

#[test]
#[should_panic = "the scenario has a \"host\", which counts only for a host that is made"]
fn the_host_of_a_scenario_cannot_be_played_on_another() {
    let scenario = Scenario::from_json(r#"{"host": {"time": "Manual"}}"#).unwrap();
    let _ = Host::new().play(&scenario);
}

/// The default host is one a process: a process of its own looks at it.
#[test]
fn the_default_host_plays_the_scenario_that_the_environment_names() {
    let run = |path: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "look_at_the_default_host", "--nocapture"]);
        command.env("HCS_SIM_SCENARIO", path).env("LOOK_AT_THE_DEFAULT_HOST", "1");
        let output = command.output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios");
    let told = run(&format!("{folder}/flaky-start.json"));
    assert!(told.contains("the start answered ERROR_SHARING_VIOLATION"), "{told}");
    let told = run(&format!("{folder}/no-such-file.json"));
    assert!(told.contains("HCS_SIM_SCENARIO names no scenario that can be used"), "{told}");
    assert!(told.contains("no-such-file.json cannot be read"), "{told}");
    assert!(told.contains("there is no operation"), "{told}");
}

/// The part of the test above that runs in the process of its own; alone it does nothing.
#[test]
fn look_at_the_default_host() {
    if std::env::var_os("LOOK_AT_THE_DEFAULT_HOST").is_none() {
        return;
    }
    let operation = operation();
    if operation.is_null() {
        println!("there is no operation");
        return;
    }
    let (code, system) = create_call("web", VM, operation);
    assert_eq!(code, S_OK);
    assert_eq!(wait(operation).0, S_OK);
    println!("the start answered {:?}", ask(HcsStartComputeSystem, system, None).0);
    close_operation(operation);
    close_system(system);
}

#[test]
fn the_schema_for_editors_is_the_one_of_the_types() {
    let generated = serde_json::to_string_pretty(&Scenario::json_schema()).unwrap() + "\n";
    if std::env::var_os("HCS_SIM_REWRITE_FIXTURES").is_some() {
        std::fs::write(SCHEMA, &generated).unwrap();
    }
    let there = std::fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(
        there == generated,
        "docs/scenario.schema.json is not what the types say; rewrite it:\n\
         HCS_SIM_REWRITE_FIXTURES=1 cargo test --test scenarios"
    );
}

#[test]
fn an_editor_says_of_a_file_what_loading_says() {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("scenario.schema.json", Scenario::json_schema()).unwrap();
    let index = compiler.compile("scenario.schema.json", &mut schemas).unwrap();
    let accepts = |text: &str| schemas.validate(&serde_json::from_str(text).unwrap(), index).is_ok();
    let right = fixtures().into_iter().map(|it| it.1);
    for text in right.chain(scenarios::all("web").iter().map(|it| it.1.to_json())) {
        assert!(accepts(&text), "{text}");
    }
    let wrong = [
        r#"{"hosst": {}}"#,
        r#"{"host": {"profile": "Windows11"}}"#,
        r#"{"host": {"latency": "5 parsecs"}}"#,
        r#"{"host": {"behavior": {"unknown_resource": 1.5}}}"#,
        r#"{"rules": [{"when": {"call": "strat"}, "simulate": true}]}"#,
        r#"{"rules": [{"when": {}, "simulate": true, "succeed": true}]}"#,
        r#"{"rules": [{"when": {}}]}"#,
        r#"{"rules": [{"when": {}, "fail": "E_FIAL"}]}"#,
        r#"{"rules": [{"when": {}, "fault": {"name": "disk_spars"}}]}"#,
        r#"{"rules": [{"when": {}, "simulate": true, "expect": -1}]}"#,
        r#"{"events": [{"at": "1s", "event": "gest_crash"}]}"#,
        r#"{"systems": [{"configuration": {}}]}"#,
        r#"{"scenarios": [{"name": "left_ver", "system": "web"}]}"#,
        r#"{"allow": ["leaked-operations"]}"#,
    ];
    for text in wrong {
        assert!(!accepts(text), "{text}");
        assert!(Scenario::from_json(text).is_err(), "{text}");
    }
}

#[test]
fn the_page_on_scenario_files_is_right() {
    let page = include_str!("../docs/scenario-files.md");
    let blocks: Vec<&str> = page.split("```json\n").skip(1).filter_map(|it| it.split("```").next()).collect();
    assert_eq!(blocks.len(), 1);
    let scenario = Scenario::from_json(blocks[0]).unwrap();
    let host = Host::builder()
        .profile(Profile::WindowsServer2022)
        .latency_of(hcs_sim::OperationType::Start, Duration::from_secs(3))
        .allow(FindingKind::EventMissed)
        .build();
    host.add_system(Existing::new("left over").state(ExistingState::Paused)).unwrap();
    host.when(call::start().system("web"))
        .fail(HCS_E_TERMINATED_DURING_START)
        .document(ResultError::new().message("worker died"))
        .after(Duration::from_secs(2))
        .then()
        .simulate();
    host.canned("cmd /c ver", program::prints("Windows\r\n"));
    host.raise_after(Duration::from_secs(10), event::guest_crash("web"));
    assert_eq!(Scenario::of(&host).unwrap(), scenario);
    allow_all(&host);
    // The members that the page names are those that there are.
    let schema = Scenario::json_schema();
    for record in ["File", "HostFile", "WhenFile", "ReplyFile", "RuleFile", "SystemFile", "ProcessFile"] {
        for name in schema["definitions"][record]["properties"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{name}`")) || name == "$schema", "{record}: {name}");
        }
    }
    // What it shows of problems is what is told.
    let wrong = "{\n  \"rules\": [\n    {\n        \"when\": {\"call\": \"strat\"},\n        \"fail\": \"HCS_E_INVALID_JASON\"\n    }]\n}";
    let told = Scenario::from_json(wrong).unwrap_err().to_string();
    for line in told.lines().skip(1) {
        let line = line.replace("scenario:", "web.json:") + "\n";
        assert!(page.contains(&line), "{line}");
    }
}
