//! A small client for tests: the functions under test without pointers, each document freed as soon as it is read.
//! Not here: expectations; nothing in this file asserts.

#![allow(dead_code)] // each test file uses a part

pub mod lints;
pub mod listeners;
pub mod migrations;
pub mod processes;
pub mod states;

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::win32::LocalFree;
use hcs_sim::{FindingKind, Host, Hresult, Report};

pub const VM: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"tests","VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":512}}}}"#;
pub const CONTAINER: &str = r#"{"SchemaVersion":{"Major":2,"Minor":1},"Owner":"tests","Container":{}}"#;

pub fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A text argument: `None` is NULL.
fn pointer(text: &Option<Vec<u16>>) -> PCWSTR {
    text.as_ref().map_or(null(), |it| it.as_ptr())
}

fn optional(text: Option<&str>) -> Option<Vec<u16>> {
    text.map(wide)
}

/// Reads a document and frees it.
pub fn take(document: PWSTR) -> Option<String> {
    if document.is_null() {
        return None;
    }
    let text = peek(document);
    // SAFETY: the document came from the function under test and is freed once.
    let left = unsafe { LocalFree(document.cast()) };
    assert!(left.is_null());
    Some(text)
}

/// Reads a document without freeing it.
pub fn peek(document: PWSTR) -> String {
    let mut units = Vec::new();
    let mut at = document;
    // SAFETY: documents are 16-bit units up to a zero.
    unsafe {
        while *at != 0 {
            units.push(*at);
            at = at.add(1);
        }
    }
    String::from_utf16(&units).expect("documents are UTF-16")
}

/// What a fetch of a result answered.
pub type Fetched = (Hresult, Option<String>);

pub fn operation() -> HCS_OPERATION {
    // SAFETY: no context, no callback.
    unsafe { HcsCreateOperation(null(), None) }
}

pub fn operation_with(context: *const c_void, callback: HCS_OPERATION_COMPLETION) -> HCS_OPERATION {
    // SAFETY: the tests keep what the context points to until the callback has run.
    unsafe { HcsCreateOperation(context, callback) }
}

pub fn close_operation(operation: HCS_OPERATION) {
    // SAFETY: any value is recognised.
    unsafe { HcsCloseOperation(operation) }
}

pub fn close_system(system: HCS_SYSTEM) {
    // SAFETY: any value is recognised.
    unsafe { HcsCloseComputeSystem(system) }
}

pub fn result(operation: HCS_OPERATION) -> Fetched {
    let mut document = null_mut();
    // SAFETY: the out pointer is valid.
    let code = unsafe { HcsGetOperationResult(operation, &mut document) };
    (code.into(), take(document))
}

pub fn wait_for(operation: HCS_OPERATION, milliseconds: u32) -> Fetched {
    let mut document = null_mut();
    // SAFETY: the out pointer is valid.
    let code = unsafe { HcsWaitForOperationResult(operation, milliseconds, &mut document) };
    (code.into(), take(document))
}

pub fn wait(operation: HCS_OPERATION) -> Fetched {
    wait_for(operation, INFINITE)
}

pub fn operation_type(operation: HCS_OPERATION) -> i32 {
    // SAFETY: any value is recognised.
    unsafe { HcsGetOperationType(operation) }
}

pub fn operation_id(operation: HCS_OPERATION) -> u64 {
    // SAFETY: any value is recognised.
    unsafe { HcsGetOperationId(operation) }
}

pub fn system_of(operation: HCS_OPERATION) -> HCS_SYSTEM {
    // SAFETY: any value is recognised.
    unsafe { HcsGetComputeSystemFromOperation(operation) }
}

/// Issues a create; answers the call's HRESULT and the handle.
pub fn create_call(id: &str, configuration: &str, operation: HCS_OPERATION) -> (Hresult, HCS_SYSTEM) {
    let (id, configuration) = (wide(id), wide(configuration));
    let mut system = null_mut();
    // SAFETY: texts and out pointer are valid.
    let code = unsafe {
        HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), &mut system)
    };
    (code.into(), system)
}

/// Creates a system and waits; answers the operation's outcome and the handle.
pub fn try_create(id: &str, configuration: &str) -> (Fetched, HCS_SYSTEM) {
    let operation = operation();
    let (called, system) = create_call(id, configuration, operation);
    assert_eq!(called, hcs_sim::hresult::S_OK);
    let outcome = wait(operation);
    close_operation(operation);
    (outcome, system)
}

/// Creates a system that has to be created.
pub fn create(id: &str, configuration: &str) -> HCS_SYSTEM {
    let (outcome, system) = try_create(id, configuration);
    assert_eq!(outcome, (hcs_sim::hresult::S_OK, None));
    system
}

pub fn open(id: &str, access: u32) -> (Hresult, HCS_SYSTEM) {
    let id = wide(id);
    let mut system = null_mut();
    // SAFETY: text and out pointer are valid.
    let code = unsafe { HcsOpenComputeSystem(id.as_ptr(), access, &mut system) };
    (code.into(), system)
}

/// A request on a system with an options text.
pub type Request = unsafe extern "system" fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;

/// Issues a request; answers the call's HRESULT.
pub fn call(
    request: Request,
    system: HCS_SYSTEM,
    operation: HCS_OPERATION,
    options: Option<&str>,
) -> Hresult {
    let options = optional(options);
    // SAFETY: the text is valid, any handle value is recognised.
    unsafe { request(system, operation, pointer(&options)) }.into()
}

/// Issues a request that has to be accepted, and waits; answers the operation's outcome.
pub fn ask(request: Request, system: HCS_SYSTEM, options: Option<&str>) -> Fetched {
    let operation = operation();
    assert_eq!(call(request, system, operation, options), hcs_sim::hresult::S_OK);
    let outcome = wait(operation);
    close_operation(operation);
    outcome
}

pub fn modify(system: HCS_SYSTEM, request: &str) -> Fetched {
    let request = wide(request);
    let operation = operation();
    // SAFETY: the text is valid.
    let code = unsafe { HcsModifyComputeSystem(system, operation, request.as_ptr(), null_mut()) };
    assert_eq!(code, 0);
    let outcome = wait(operation);
    close_operation(operation);
    outcome
}

pub fn enumerate(query: Option<&str>) -> Fetched {
    let query = optional(query);
    let operation = operation();
    // SAFETY: the text is valid.
    let code = unsafe { HcsEnumerateComputeSystems(pointer(&query), operation) };
    assert_eq!(code, 0);
    let outcome = wait(operation);
    close_operation(operation);
    outcome
}

pub fn wait_for_exit(system: HCS_SYSTEM, milliseconds: u32) -> Fetched {
    let mut document = null_mut();
    // SAFETY: the out pointer is valid.
    let code = unsafe { HcsWaitForComputeSystemExit(system, milliseconds, &mut document) };
    (code.into(), take(document))
}

pub fn start(system: HCS_SYSTEM) {
    assert_eq!(ask(HcsStartComputeSystem, system, None), (hcs_sim::hresult::S_OK, None));
}

pub fn properties(system: HCS_SYSTEM, query: Option<&str>) -> serde_json::Value {
    let (code, document) = ask(HcsGetComputeSystemProperties, system, query);
    assert_eq!(code, hcs_sim::hresult::S_OK);
    json(document)
}

pub fn json(document: Option<String>) -> serde_json::Value {
    serde_json::from_str(&document.expect("there is a document")).expect("documents are JSON")
}

/// What another thread tells next: the client's own way of waiting. What never comes fails the test, it does not hang it.
#[track_caller]
pub fn next_of<T>(receiver: &Receiver<T>) -> T {
    receiver.recv_timeout(Duration::from_secs(30)).expect("another thread tells it")
}

/// A handle that another thread may use.
#[derive(Clone, Copy)]
pub struct Sent(pub usize);

impl Sent {
    pub fn new(handle: *mut c_void) -> Sent {
        Sent(handle as usize)
    }

    pub fn get(self) -> *mut c_void {
        self.0 as *mut c_void
    }
}

/// Runs a body and answers what was found, by kind; for tests of findings. The handles of the body may leak.
pub fn findings_of(host: &Host, body: impl FnOnce()) -> Vec<FindingKind> {
    report_of(host, body).map_or(Vec::new(), |it| it.findings.iter().map(|it| it.kind).collect())
}

pub fn report_of(host: &Host, body: impl FnOnce()) -> Option<Report> {
    let entered = host.enter();
    body();
    let report = host.verify().err();
    drop(entered);
    report
}

/// The same cases in every run. `PROPTEST_RNG_SEED` and `PROPTEST_CASES` try others, and more.
pub fn repeatable(cases: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(0x5EED);
    }
    config
}

/// Whether a line of a report with this text is marked as guilty.
pub fn marks(report: &str, text: &str) -> bool {
    report.lines().any(|it| it.contains(text) && it.ends_with("   <<<<<"))
}
