//! The recipes of docs/cookbook.md, which shows each of them to the letter. The client is `support/keeper`.
//! Not here: the same behaviours with mocks (`compare`).

#![cfg(not(windows))] // there, the declarations lead to the real HCS

#[path = "support/keeper/mod.rs"]
mod keeper;

// 0: what all need
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hcs_sim::hresult::*;
use hcs_sim::{Host, Profile, ResultError, call, event, faults, program, scenarios};
use keeper::seam::Computecore;
use keeper::{CONFIGURATION, Failure, Vm};

fn boot(id: &str) -> Result<Vm, Failure> {
    Vm::boot(&Arc::new(Computecore::default()), id, CONFIGURATION)
}

// 1: my VM dies while starting
#[test]
fn a_vm_that_dies_while_starting_is_reported() {
    Host::new().run(|host| {
        host.when(call::start().system("web"))
            .fail(HCS_E_TERMINATED_DURING_START)
            .document(ResultError::new().message("worker died"))
            .after(Duration::from_secs(2));
        let failure = boot("web").err().unwrap();
        assert_eq!(failure.code, HCS_E_TERMINATED_DURING_START);
        assert!(failure.document.unwrap().contains("worker died"));
    });
}

// 2: the service restarts half way
#[test]
fn a_service_that_goes_away_releases_who_waits() {
    Host::new().run(|host| {
        let vm = boot("web").unwrap();
        host.raise_after(Duration::from_secs(60), event::service_disconnect());
        host.raise_after(Duration::from_secs(65), event::service_return());
        assert_eq!(vm.wait().unwrap_err().code, HCS_E_SERVICE_DISCONNECT);
        drop(vm);
        host.advance(Duration::from_secs(10));
        assert_eq!(boot("web").unwrap().state().unwrap(), "Running");
    });
}

// 3: the guest ignores shutdown
#[test]
fn a_guest_that_ignores_shutdown_is_terminated_after_the_patience() {
    let an_hour = Duration::from_secs(3600); // from the S_OK of the shutdown to the guest's end
    Host::builder().behavior(|it| it.guest_shutdown = an_hour).run(|host| {
        host.when(call::terminate()).simulate().expect(1);
        let vm = boot("web").unwrap();
        let before = host.now();
        assert_eq!(vm.shut_down(30_000).unwrap(), "ForcedExit");
        assert!(host.now() - before >= Duration::from_secs(30)); // virtual
    });
}

// 4: the create fails after a handle came back
#[test]
fn the_handle_of_a_create_that_fails_later_is_closed() {
    Host::new().run(|host| {
        host.when(call::create()).fault(faults::construct_access_denied()).then().simulate();
        assert_eq!(boot("web").err().unwrap().code, E_ACCESSDENIED);
        assert!(boot("web").is_ok());
    }); // a handle that was lost would fail the test here
}

// 5: the result document is missing
#[test]
fn an_answer_without_a_document_is_an_error_and_no_crash() {
    Host::new().run(|host| {
        host.when(call::start()).fail(HCS_E_UNEXPECTED_EXIT).no_document().then().simulate();
        host.when(call::properties()).succeed().no_document();
        assert_eq!(boot("web").err().unwrap().document, None);
        let failure = boot("web").unwrap().state().unwrap_err();
        assert_eq!(failure.code, E_UNEXPECTED);
    });
}

// 6: a start outlives my timeout
#[test]
fn a_start_that_outlives_its_timeout_leaves_no_machine_behind() {
    Host::new().run(|host| {
        host.when(call::start()).simulate().after(Duration::from_secs(300)); // the client waits for 60
        host.when(call::terminate()).simulate().expect(1);
        assert_eq!(boot("web").err().unwrap().code, HCS_E_OPERATION_TIMEOUT);
        host.advance(Duration::from_secs(300));
        assert_eq!(host.configuration("web"), None); // there is no such system
    });
}

// 7: the exit event never comes
#[test]
fn a_machine_whose_exit_event_is_lost_is_ended_all_the_same() {
    Host::new().run(|host| {
        host.when(call::terminate()).simulate().loses_events();
        let vm = boot("web").unwrap();
        assert_eq!(vm.end().unwrap(), "ForcedExit");
    });
}

// 8: two threads wait for one exit
#[test]
fn every_thread_that_waits_for_an_exit_is_released() {
    Host::new().run(|host| {
        let vm = boot("web").unwrap();
        host.raise_after(Duration::from_secs(5), event::worker_death("web"));
        thread::scope(|scope| {
            let waiting = [(); 2].map(|()| scope.spawn(|| vm.wait()));
            let exits = waiting.map(|it| it.join().unwrap().unwrap());
            assert_eq!(exits, ["UnexpectedExit", "UnexpectedExit"]);
        });
    });
}

// 9: a process prints and exits with 3
#[test]
fn what_a_process_prints_and_its_exit_code_come_back() {
    Host::new().run(|host| {
        host.canned("make test", program::prints("1 failed\n").exits_with(3));
        let vm = boot("web").unwrap();
        assert_eq!(vm.run("make test").unwrap(), (3, "1 failed\n".to_owned()));
    });
}

// 10: an old Windows refuses my configuration
#[test]
fn the_configuration_needs_the_windows_that_the_manual_says() {
    for profile in Profile::ALL {
        Host::builder().profile(profile).run(|_| {
            let refused = boot("web").err().map(|it| it.code);
            let expected = (profile < Profile::WindowsServer2022).then_some(HCS_E_INVALID_JSON);
            assert_eq!(refused.map(Into::into), expected, "{profile}");
        });
    }
}

// 11: a name is in use, left over from a killed run
#[test]
fn a_machine_that_a_killed_run_left_over_is_replaced() {
    Host::new().run(|host| {
        host.play(&scenarios::left_over("web")).unwrap();
        let vm = boot("web").unwrap();
        assert_eq!(host.configuration("web").unwrap()["Owner"], "keeper");
        assert_eq!(vm.state().unwrap(), "Running");
    });
}

// 12: nothing leaks, whatever fails
#[test]
fn nothing_leaks_whichever_call_fails() {
    for n in 1..=30 {
        Host::new().run(|host| {
            host.canned("make", program::prints("done\n"));
            host.when(call::any().nth(n)).fail(E_OUTOFMEMORY).optional();
            if let Ok(vm) = boot("web") {
                let _ = (vm.run("make"), vm.state(), vm.shut_down(1_000));
            }
        }); // every operation, handle, document and pipe was closed, in each of the runs
    }
}
