//! A hand-written mock of the client's seam, as they stand in the field, and the behaviours with it.
//! Not here: what its numbers of lines say (docs/comparison.md).

// 0: what all need
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;

use windows_sys::Win32::Foundation::*;

use crate::keeper::seam::{Callback, Hcs, Outcome, Output};
use crate::keeper::{CONFIGURATION, Failure, Vm};
use hcs_sim::computecore::{HcsEventServiceDisconnect, HcsEventSystemExited};

/// Says yes to everything but what a test has scripted, and counts what is open.
#[derive(Default)]
struct ByHand(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    /// What the operations of a call end with, by its name, next first; else with S_OK.
    outcomes: HashMap<&'static str, Vec<Outcome>>,
    /// Which call fails, counted from 1, and how many there were.
    fails_at: Option<usize>,
    calls: Vec<&'static str>,
    operations: HashMap<usize, &'static str>,
    open: Vec<usize>,
    numbers: usize,
    callback: Option<Arc<Callback>>,
    prints: &'static str,
}

const EXITED: &str = r#"{"Status":0,"ExitType":"ForcedExit"}"#;

impl ByHand {
    fn new() -> Arc<ByHand> {
        Arc::default()
    }

    fn scripted(self: Arc<ByHand>, call: &'static str, code: i32, document: Option<&str>) -> Arc<ByHand> {
        let outcome = (code, document.map(str::to_owned));
        self.0.lock().unwrap().outcomes.entry(call).or_default().push(outcome);
        self
    }

    fn boot(self: &Arc<ByHand>) -> Result<Vm<ByHand>, Failure> {
        Vm::boot(self, "web", CONFIGURATION)
    }

    fn tell(&self, event: i32, data: Option<&str>) {
        let callback = self.0.lock().unwrap().callback.clone().expect("somebody listens");
        callback(event, data.map(str::to_owned));
    }

    fn times(&self, call: &str) -> usize {
        self.0.lock().unwrap().calls.iter().filter(|it| **it == call).count()
    }

    fn open(&self) -> usize {
        self.0.lock().unwrap().open.len()
    }

    fn called(&self, call: &'static str) -> i32 {
        let mut inside = self.0.lock().unwrap();
        inside.calls.push(call);
        if inside.fails_at == Some(inside.calls.len()) { E_OUTOFMEMORY } else { S_OK }
    }

    fn asked(&self, call: &'static str, operation: usize) -> i32 {
        self.0.lock().unwrap().operations.insert(operation, call);
        self.called(call)
    }

    fn opened(&self) -> usize {
        let mut inside = self.0.lock().unwrap();
        inside.numbers += 1;
        let number = inside.numbers;
        inside.open.push(number);
        number
    }

    fn closed(&self, number: usize) {
        let open = &mut self.0.lock().unwrap().open;
        let at = open.iter().position(|it| *it == number).expect("it is open");
        open.remove(at);
    }

    fn outcome(&self, call: &'static str, usual: Option<&str>) -> Outcome {
        match self.0.lock().unwrap().outcomes.get_mut(call) {
            Some(outcomes) if !outcomes.is_empty() => outcomes.remove(0),
            _ => (S_OK, usual.map(str::to_owned)),
        }
    }
}

impl Hcs for ByHand {
    fn create_operation(&self) -> usize {
        if self.called("create_operation") == S_OK { self.opened() } else { 0 }
    }
    fn close_operation(&self, operation: usize) {
        self.closed(operation);
    }
    fn wait(&self, operation: usize, _limit_ms: u32) -> Outcome {
        let code = self.called("wait");
        let call = self.0.lock().unwrap().operations[&operation];
        let usual = (call == "properties").then_some(r#"{"State":"Running"}"#);
        if code == S_OK { self.outcome(call, usual) } else { (code, None) }
    }
    fn wait_for_process(&self, operation: usize, limit_ms: u32) -> (Outcome, Option<Output>) {
        let outcome = self.wait(operation, limit_ms);
        let output: Option<Output> = Some(Box::new(self.0.lock().unwrap().prints.as_bytes()));
        if outcome.0 == S_OK { (outcome, output) } else { (outcome, None) }
    }
    fn create(&self, _id: &str, _configuration: &str, operation: usize) -> (i32, usize) {
        let code = self.asked("create", operation);
        if code == S_OK { (code, self.opened()) } else { (code, 0) }
    }
    fn open(&self, _id: &str) -> (i32, usize) {
        let code = self.called("open");
        if code == S_OK { (code, self.opened()) } else { (code, 0) }
    }
    fn close(&self, system: usize) {
        self.0.lock().unwrap().callback = None;
        self.closed(system);
    }
    fn listen(&self, _system: usize, callback: Callback) -> i32 {
        self.0.lock().unwrap().callback = Some(Arc::new(callback));
        self.called("listen")
    }
    fn start(&self, _system: usize, operation: usize) -> i32 {
        self.asked("start", operation)
    }
    fn shut_down(&self, _system: usize, operation: usize, _options: &str) -> i32 {
        self.asked("shut_down", operation)
    }
    fn terminate(&self, _system: usize, operation: usize) -> i32 {
        self.asked("terminate", operation)
    }
    fn properties(&self, _system: usize, operation: usize) -> i32 {
        self.asked("properties", operation)
    }
    fn wait_for_exit(&self, _system: usize, _limit_ms: u32) -> Outcome {
        let code = self.called("wait_for_exit");
        if code == S_OK { self.outcome("wait_for_exit", Some(EXITED)) } else { (code, None) }
    }
    fn create_process(&self, _system: usize, _parameters: &str, operation: usize) -> (i32, usize) {
        let code = self.asked("create_process", operation);
        if code == S_OK { (code, self.opened()) } else { (code, 0) }
    }
    fn wait_for_process_exit(&self, _process: usize, _limit_ms: u32) -> Outcome {
        let code = self.called("wait_for_process_exit");
        if code == S_OK {
            self.outcome("wait_for_process_exit", Some(r#"{"ExitCode":0}"#))
        } else {
            (code, None)
        }
    }
    fn close_process(&self, process: usize) {
        self.closed(process);
    }
}

// 1: my VM dies while starting
#[test]
fn a_vm_that_dies_while_starting_is_reported() {
    let document = r#"{"Error":-1070137088,"ErrorMessage":"worker died"}"#;
    let hcs = ByHand::new().scripted("start", HCS_E_TERMINATED_DURING_START, Some(document));
    let failure = hcs.boot().err().unwrap();
    assert_eq!(failure.code, HCS_E_TERMINATED_DURING_START);
    assert!(failure.document.unwrap().contains("worker died"));
    assert_eq!(hcs.open(), 0);
}

// 2: the service restarts half way
#[test]
fn a_service_that_goes_away_releases_who_waits() {
    let hcs = ByHand::new();
    let vm = hcs.boot().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| vm.wait());
        hcs.tell(HcsEventServiceDisconnect, None); // perhaps before it waits
        assert_eq!(waiting.join().unwrap().unwrap_err().code, HCS_E_SERVICE_DISCONNECT);
    });
    drop(vm);
    assert_eq!(hcs.boot().unwrap().state().unwrap(), "Running");
    assert_eq!(hcs.open(), 0);
}

// 3: the guest ignores shutdown
#[test]
fn a_guest_that_ignores_shutdown_is_terminated_after_the_patience() {
    let hcs = ByHand::new().scripted("wait_for_exit", HCS_E_OPERATION_TIMEOUT, None);
    let vm = hcs.boot().unwrap();
    assert_eq!(vm.shut_down(30_000).unwrap(), "ForcedExit");
    assert_eq!(hcs.times("terminate"), 1);
    drop(vm);
    assert_eq!(hcs.open(), 0);
}

// 4: the create fails after a handle came back
#[test]
fn the_handle_of_a_create_that_fails_later_is_closed() {
    let hcs = ByHand::new().scripted("create", E_ACCESSDENIED, None);
    assert_eq!(hcs.boot().err().unwrap().code, E_ACCESSDENIED);
    assert!(hcs.boot().is_ok());
    assert_eq!(hcs.open(), 0);
}

// 5: the result document is missing
#[test]
fn an_answer_without_a_document_is_an_error_and_no_crash() {
    let hcs = ByHand::new().scripted("start", HCS_E_UNEXPECTED_EXIT, None).scripted("properties", S_OK, None);
    assert_eq!(hcs.boot().err().unwrap().document, None);
    assert_eq!(hcs.boot().unwrap().state().unwrap_err().code, E_UNEXPECTED);
    assert_eq!(hcs.open(), 0);
}

// 6: a start outlives my timeout
#[test]
fn a_start_that_outlives_its_timeout_leaves_no_machine_behind() {
    let hcs = ByHand::new().scripted("start", HCS_E_OPERATION_TIMEOUT, None);
    assert_eq!(hcs.boot().err().unwrap().code, HCS_E_OPERATION_TIMEOUT);
    assert_eq!(hcs.times("terminate"), 1);
    assert_eq!(hcs.open(), 0);
}

// 7: the exit event never comes
#[test]
fn a_machine_whose_exit_event_is_lost_is_ended_all_the_same() {
    let hcs = ByHand::new(); // it tells nothing by itself
    let vm = hcs.boot().unwrap();
    assert_eq!(vm.end().unwrap(), "ForcedExit");
    drop(vm);
    assert_eq!(hcs.open(), 0);
}

// 8: two threads wait for one exit
#[test]
fn every_thread_that_waits_for_an_exit_is_released() {
    let hcs = ByHand::new();
    let vm = hcs.boot().unwrap();
    thread::scope(|scope| {
        let waiting = [(); 2].map(|()| scope.spawn(|| vm.wait()));
        hcs.tell(HcsEventSystemExited, Some(r#"{"ExitType":"UnexpectedExit"}"#)); // perhaps before they wait
        let exits = waiting.map(|it| it.join().unwrap().unwrap());
        assert_eq!(exits, ["UnexpectedExit", "UnexpectedExit"]);
    });
    drop(vm);
    assert_eq!(hcs.open(), 0);
}

// 9: a process prints and exits with 3
#[test]
fn what_a_process_prints_and_its_exit_code_come_back() {
    let hcs = ByHand::new().scripted("wait_for_process_exit", S_OK, Some(r#"{"ExitCode":3}"#));
    hcs.0.lock().unwrap().prints = "1 failed\n";
    let vm = hcs.boot().unwrap();
    assert_eq!(vm.run("make test").unwrap(), (3, "1 failed\n".to_owned()));
    drop(vm);
    assert_eq!(hcs.open(), 0);
}

// 10: an old Windows refuses my configuration
#[test]
fn the_configuration_needs_the_windows_that_the_manual_says() {
    let hcs = ByHand::new().scripted("create", HCS_E_INVALID_JSON, None); // because the author of the test says so
    assert_eq!(hcs.boot().err().unwrap().code, HCS_E_INVALID_JSON);
    assert_eq!(hcs.open(), 0);
}

// 11: a name is in use, left over from a killed run
#[test]
fn a_machine_that_a_killed_run_left_over_is_replaced() {
    let hcs = ByHand::new().scripted("create", HCS_E_SYSTEM_ALREADY_EXISTS, None);
    let vm = hcs.boot().unwrap();
    let times = ["open", "terminate", "create"].map(|it| hcs.times(it));
    assert_eq!(times, [1, 1, 2]);
    assert_eq!(vm.state().unwrap(), "Running");
    drop(vm);
    assert_eq!(hcs.open(), 0);
}

// 12: nothing leaks, whatever fails
#[test]
fn nothing_leaks_whichever_call_fails() {
    for n in 1..=30 {
        let hcs = ByHand::new();
        hcs.0.lock().unwrap().fails_at = Some(n);
        if let Ok(vm) = hcs.boot() {
            let _ = (vm.run("make"), vm.state(), vm.shut_down(1_000));
        }
        assert_eq!(hcs.open(), 0, "call {n}"); // handles; documents and pipes are below the seam
    }
}
