//! Tells the simulated Host Compute Service of hcs-sim what to do. Not here: what is tested (`client`).

use std::ffi::{CStr, CString, c_char};
use std::ptr::null_mut;

windows_link::link!("computecore.dll" "system" fn HcsSimEnterHost(name: *const c_char) -> i32);
windows_link::link!("computecore.dll" "system" fn HcsSimLoadScenario(scenario: *const c_char) -> i32);
windows_link::link!("computecore.dll" "system" fn HcsSimRaiseEvent(event: *const c_char) -> i32);
windows_link::link!("computecore.dll" "system" fn HcsSimVerify(report: *mut *mut c_char) -> i32);
windows_link::link!("computecore.dll" "system" fn HcsSimFree(text: *mut c_char));
windows_link::link!("computecore.dll" "system" fn HcsSimProblem() -> *const c_char);

/// Runs a test on a host of its own, which begins with a scenario. What was done wrong fails it.
pub fn on_host(name: &str, scenario: &str, test: impl FnOnce()) {
    call(name, HcsSimEnterHost);
    call(scenario, HcsSimLoadScenario);
    test();
    assert_eq!(verify(), None);
}

/// Lets an event happen.
pub fn raise(event: &str) {
    call(event, HcsSimRaiseEvent);
}

/// The report of what was done wrong, each finding told once.
pub fn verify() -> Option<String> {
    let mut report = null_mut();
    // SAFETY: the report can be written.
    unsafe { HcsSimVerify(&mut report) };
    // SAFETY: a report ends in a NUL, and is freed below.
    let text = (!report.is_null()).then(|| unsafe { CStr::from_ptr(report) }.to_string_lossy().into_owned());
    // SAFETY: the report is not used any more.
    unsafe { HcsSimFree(report) };
    text
}

#[track_caller]
fn call(text: &str, function: unsafe extern "system" fn(*const c_char) -> i32) {
    let text = CString::new(text).unwrap();
    // SAFETY: the text ends in a NUL and outlives the call.
    let answer = unsafe { function(text.as_ptr()) };
    // SAFETY: after a failure there is a text, which lives until this thread's next call.
    assert!(answer >= 0, "{:?}", unsafe { CStr::from_ptr(HcsSimProblem()) });
}
