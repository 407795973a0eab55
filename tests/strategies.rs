//! The feature `proptest`: every generated value is as promised, and stays so while it shrinks.
//! Not here: property tests of hcs-sim itself (`reference`, `any_bytes`).

mod support;

use std::collections::BTreeSet;
use std::fmt::Debug;

use hcs_sim::computecore::*;
use hcs_sim::documents::Properties;
use hcs_sim::hresult::*;
use hcs_sim::schema::{self, Version};
use hcs_sim::{
    ExitType, FindingKind, Host, Hresult, ProcessStatus, Profile, ResultError, Scenario, SystemExitStatus,
    strategies,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::*;

/// Looks at many values, and at some of what each shrinks to; answers the values themselves.
fn every<T: Debug>(strategy: impl Strategy<Value = T>, count: u32, promise: impl Fn(&T)) -> Vec<T> {
    const SHRINKS: usize = 40;
    let mut runner = TestRunner::new(repeatable(count));
    let mut values = Vec::new();
    for round in 0..count {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        let value = tree.current();
        promise(&value);
        values.push(value);
        // As proptest does: simpler while it fails, back where it does not; each round takes another way.
        let mut fails = true;
        for step in 0..SHRINKS {
            let has_moved = if fails { tree.simplify() } else { tree.complicate() };
            if !has_moved {
                break;
            }
            promise(&tree.current());
            fails = !(step + round as usize).is_multiple_of(3);
        }
    }
    values
}

/// What a strategy shrinks to if everything fails.
fn simplest<T: Debug>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::new(repeatable(10));
    let mut simplest = Vec::new();
    for _ in 0..10 {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        while tree.simplify() {}
        simplest.push(tree.current());
    }
    simplest
}

fn in_order(ty: &str, json: &str, version: Version) {
    let problems = schema::check(ty, json, version);
    assert!(problems.is_empty(), "{ty} for {version}: {json}\n{problems:#?}");
}

#[test]
fn configurations_pass_the_check_of_their_schema() {
    for profile in Profile::ALL {
        let all = every(strategies::configuration(profile), 60, |json| {
            in_order("ComputeSystem", json, profile.schema());
        });
        let lengths: BTreeSet<usize> = all.iter().map(String::len).collect();
        assert!(*lengths.first().unwrap() < 100 && *lengths.last().unwrap() > 800, "{lengths:?}");
        for kind in ["VirtualMachine", "Container"] {
            assert!(all.iter().any(|it| it.contains(&format!("\"{kind}\":"))), "{kind}");
        }
    }
}

#[test]
fn configurations_shrink_to_the_smallest_machine() {
    for json in simplest(strategies::configuration(Profile::Newest)) {
        assert_eq!(json, r#"{"VirtualMachine":{}}"#);
    }
}

#[test]
fn a_system_of_every_configuration_can_be_created_and_started() {
    for profile in Profile::ALL {
        let host = Host::builder().profile(profile).build();
        host.run(|_| {
            every(strategies::configuration(profile), 15, |json| {
                let system = create("web", json);
                start(system);
                assert_eq!(ask(HcsTerminateComputeSystem, system, None).0, S_OK);
                close_system(system);
            });
        });
    }
}

#[test]
fn newer_members_come_with_newer_schemas() {
    let has = |version, member: &str| {
        let all = every(strategies::document("VirtualMachine", version), 60, |_| {});
        all.iter().any(|it| it.contains(&format!("\"{member}\"")))
    };
    assert!(!has(Version::V2_4, "Services") && has(Version::V2_5, "Services"));
    let all = every(strategies::configuration(Profile::Windows10V1809), 60, |_| {});
    assert!(!all.iter().any(|it| it.contains("\"Services\"")));
}

#[test]
fn broken_configurations_fail_the_check_and_are_refused() {
    let mut kinds = BTreeSet::new();
    for profile in Profile::ALL {
        let host = Host::builder().profile(profile).build();
        host.run(|_| {
            let all = every(strategies::broken_configuration(profile), 40, |text| {
                assert!(!schema::check("ComputeSystem", text, profile.schema()).is_empty(), "{text}");
                let ((code, _), system) = try_create("web", text);
                assert_eq!(code, HCS_E_INVALID_JSON, "{text}");
                close_system(system);
            });
            let problems = all.iter().flat_map(|it| schema::check("ComputeSystem", it, profile.schema()));
            kinds.extend(problems.map(|it| format!("{:?}", it.kind)));
        });
    }
    for kind in ["NotJson", "UnknownMember", "WrongType", "UnknownValue", "TooNew", "NotOneOf", "OutOfRange"]
    {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
}

/// What is in order in them depends on their other members.
const DEPENDENT: [&str; 4] = [
    "ModifySettingRequest",
    "ModificationRequest",
    "HostProcessorModificationRequest",
    "ContainerCredentialGuardOperationRequest",
];

#[test]
fn documents_of_every_type_pass_the_check() {
    let mut count = 0;
    for ty in schema::types().map(|it| it.name()) {
        if DEPENDENT.contains(&ty) {
            continue; // they have a test of their own
        }
        for version in [Version::V2_1, Version::V2_6] {
            let known = schema::find(ty).unwrap();
            let is_of_then =
                known.members().is_empty() || known.members().iter().all(|it| it.since() <= version);
            if is_of_then
                && (known.values().next().is_none() || known.values().any(|it| it.since() <= version))
            {
                every(strategies::document(ty, version), 3, |json| in_order(ty, json, version));
                count += 1;
            }
        }
    }
    assert!(count > 250, "{count}");
}

#[test]
#[should_panic(expected = "the schema has no type \"ProcessParameter\"; did you mean \"ProcessParameters\"?")]
fn documents_of_no_type_cannot_be_had() {
    let _ = strategies::document("ProcessParameter", Version::V2_6);
}

#[test]
fn documents_that_depend_on_themselves_cannot_be_had() {
    for ty in DEPENDENT {
        let refused = std::panic::catch_unwind(|| drop(strategies::document(ty, Version::V2_6))).unwrap_err();
        let says = refused.downcast_ref::<String>().unwrap();
        assert!(
            says.starts_with(&format!("what is in order in {ty} depends on its other members")),
            "{says}"
        );
    }
}

#[test]
fn failures_are_codes_with_which_requests_fail() {
    let all = every(strategies::failure(), 400, |code| {
        assert!(!code.is_success());
        assert_eq!(code.hresult_form(), *code);
        assert_ne!(*code, HCS_E_OPERATION_PENDING);
    });
    assert!(all.contains(&HCS_E_SYSTEM_ALREADY_EXISTS) && all.contains(&E_OUTOFMEMORY));
}

#[test]
fn results_of_failures_are_read_as_they_are_written() {
    let all = every(strategies::result_error(), 300, |error| {
        let json = error.to_json();
        in_order("ResultError", &json, Version::V2_6);
        assert_eq!(serde_json::from_str::<ResultError>(&json).unwrap(), *error);
        assert!(!error.code().is_success());
    });
    let has = |what: fn(&ResultError) -> bool| all.iter().any(what) && !all.iter().all(what);
    assert!(has(|it| it.code().bits() >> 16 == 0x8037) && has(|it| it.code().bits() >> 16 == 0xC037));
    assert!(has(|it| it.events().is_empty()) && has(|it| it.attributions().is_empty()));
    assert!(has(|it| it.text().is_empty()) && has(|it| it.text().is_ascii()));
    for error in simplest(strategies::result_error()) {
        assert!(error.events().is_empty() && error.attributions().is_empty() && error.text().is_empty());
    }
}

#[test]
fn exits_of_systems_and_processes_are_read_as_they_are_written() {
    let systems = every(strategies::exit_status(), 100, |status| {
        in_order("SystemExitStatus", &status.to_json(), Version::V2_6);
        assert_eq!(serde_json::from_str::<SystemExitStatus>(&status.to_json()).unwrap(), *status);
    });
    for exit_type in [ExitType::GracefulExit, ExitType::ForcedExit, ExitType::UnexpectedExit] {
        assert!(systems.iter().any(|it| it.exit_type == exit_type), "{exit_type:?}");
    }
    let processes = every(strategies::process_status(), 100, |status| {
        let json = serde_json::to_string(status).unwrap();
        in_order("ProcessStatus", &json, Version::V2_1);
        assert_eq!(serde_json::from_str::<ProcessStatus>(&json).unwrap(), *status);
    });
    assert!(processes.iter().any(|it| it.exited) && processes.iter().any(|it| !it.exited));
}

#[test]
fn properties_are_read_as_they_are_written() {
    let all = every(strategies::properties(), 100, |properties| {
        in_order("Properties", &properties.to_json(), Version::V2_6);
        assert_eq!(serde_json::from_str::<Properties>(&properties.to_json()).unwrap(), *properties);
    });
    assert!(all.iter().any(|it| it.memory.is_some()) && all.iter().any(|it| it.process_list.is_some()));
    assert!(all.iter().any(|it| it.state.is_some()) && all.iter().any(|it| it.state.is_none()));
}

#[test]
fn fault_plans_are_scenarios_of_every_kind_of_trouble() {
    let all = every(strategies::fault_plan("web"), 250, |plan| {
        let file = format!("{plan:?}");
        assert_eq!(Scenario::from_json(&file).unwrap(), *plan);
        Host::new().play(plan).unwrap();
    });
    let text = all.iter().map(Scenario::to_json).collect::<String>();
    let kinds = [
        "refuse",
        "fail",
        "fault",
        "never_completes",
        "hold_as",
        "release",
        "loses_events",
        "event_after",
        "raising",
        "no_document",
        "result_error",
        "times",
        "worker_death",
        "guest_crash",
        "service_disconnect",
        "service_stop",
        "service_return",
    ];
    for kind in kinds {
        assert!(text.contains(&format!("\"{kind}\"")), "{kind}");
    }
}

#[test]
fn fault_plans_shrink_to_one_where_nothing_goes_wrong() {
    for plan in simplest(strategies::fault_plan("web")) {
        assert_eq!(plan, Scenario::from_json(r#"{"allow":["event-missed"]}"#).unwrap());
    }
}

/// A client that a plan breaks has a plan of one rule shown.
#[test]
fn a_plan_that_breaks_a_client_shrinks_to_what_breaks_it() {
    let mut runner = TestRunner::new(repeatable(256));
    let failed = runner.run(&strategies::fault_plan("web"), |plan| {
        let host = Host::new();
        host.play(&plan).unwrap();
        let mut outcome = S_OK;
        host.run(|_| {
            let (created, system) = try_create_limited("web");
            if !system.is_null() {
                close_system(system);
            }
            outcome = created;
        });
        prop_assert_ne!(outcome, E_OUTOFMEMORY);
        prop_assert!(outcome.is_success() || outcome == HCS_E_OPERATION_TIMEOUT, "{:?}", outcome);
        Ok(())
    });
    let Err(proptest::test_runner::TestError::Fail(_, plan)) = failed else {
        panic!("no plan refuses a create")
    };
    let file: serde_json::Value = serde_json::from_str(&plan.to_json()).unwrap();
    let rules = file["rules"].as_array().map_or(0, Vec::len);
    // Either one rule for the create, or what happens by itself.
    assert_eq!(rules + usize::from(file.get("events").is_some()), 1, "{plan:?}");
    assert!(rules == 0 || file["rules"][0]["when"]["call"] == "create", "{plan:?}");
}

const LIMIT: u32 = 60_000;

/// Creates, and waits for a minute.
fn try_create_limited(id: &str) -> (Hresult, HCS_SYSTEM) {
    let operation = operation();
    let (called, system) = create_call(id, r#"{"VirtualMachine":{}}"#, operation);
    let code = if called.is_success() { wait_for(operation, LIMIT).0 } else { called };
    close_operation(operation);
    (code, system)
}

/// A request that is given a minute; whatever comes of it, nothing is left of it.
fn request(request: Request, system: HCS_SYSTEM) -> Hresult {
    let operation = operation();
    let called = call(request, system, operation, None);
    let code = if called.is_success() { wait_for(operation, LIMIT).0 } else { called };
    close_operation(operation);
    code
}

/// A correct client: it limits every wait, tries a failed start once more, ends what it has started, and closes what it has.
fn a_careful_client() -> Vec<Hresult> {
    let (created, system) = try_create_limited("web");
    let mut seen = vec![created];
    if created.is_success() {
        for _ in 0..2 {
            seen.push(request(HcsStartComputeSystem, system));
            if seen.last().unwrap().is_success() {
                break;
            }
        }
        seen.push(request(HcsPauseComputeSystem, system));
        seen.push(request(HcsResumeComputeSystem, system));
        seen.push(request(HcsGetComputeSystemProperties, system));
        seen.push(request(HcsTerminateComputeSystem, system));
        seen.push(wait_for_exit(system, LIMIT).0);
    }
    if !system.is_null() {
        close_system(system);
    }
    seen
}

proptest! {
    #![proptest_config(repeatable(120))]

    #[test]
    fn a_careful_client_never_leaks_never_hangs_and_repeats_to_the_letter(plan in strategies::fault_plan("web")) {
        let run = || {
            let host = Host::new();
            host.play(&plan).unwrap();
            let seen = host.run(|_| a_careful_client()); // a leak or a wait without an end fails here
            (seen, host.journal().to_json_lines())
        };
        prop_assert_eq!(run(), run());
    }
}

/// The strategy finds what a careless client does wrong.
#[test]
fn a_careless_client_is_found_out() {
    let mut runner = TestRunner::new(repeatable(256));
    let failed = runner.run(&strategies::fault_plan("web"), |plan| {
        let host = Host::new();
        host.play(&plan).unwrap();
        let report = report_of(&host, || {
            let operation = operation();
            let (called, system) = create_call("web", r#"{"VirtualMachine":{}}"#, operation);
            if !called.is_success() {
                return; // and the operation leaks
            }
            let _ = wait_for(operation, LIMIT);
            close_operation(operation);
            close_system(system);
        });
        let kinds: Vec<FindingKind> = report.iter().flat_map(|it| &it.findings).map(|it| it.kind).collect();
        prop_assert!(kinds.is_empty(), "{:?}", kinds);
        Ok(())
    });
    let Err(proptest::test_runner::TestError::Fail(reason, _)) = failed else {
        panic!("it was not found out")
    };
    assert!(reason.message().starts_with("[LeakedOperation]"), "{reason}");
}
