//! The control functions of `hcs_sim.h`: what tests in other languages tell a host and ask of it.
//! Not here: the exports of HCS, and how hosts are kept (`hosts`).

use std::ffi::{c_char, c_int};
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use hcs_sim::hresult::{E_INVALIDARG, E_UNEXPECTED, S_OK};
use hcs_sim::{Event, Host, Journal, Scenario};

use crate::{hosts, text};

/// `HRESULT`.
type HResult = i32;

/// What a control function answers to arguments that cannot be used.
const FAILED: HResult = E_INVALIDARG.as_i32();
/// And where nothing can be done: for a bug of ours, and in a process that was forked.
const BUG: HResult = E_UNEXPECTED.as_i32();

/// Runs a control function: what went wrong is remembered, and no panic of ours crosses the boundary. In a process that was forked
/// none does anything: the locks of hosts may be held by threads of the parent.
fn control(function: &str, body: impl FnOnce() -> Result<HResult, String>) -> HResult {
    if let Some(problem) = Host::problem_of_a_fork() {
        text::set_problem(function, problem.trim_start_matches("hcs-sim: "));
        return BUG;
    }
    let ran = panic::catch_unwind(AssertUnwindSafe(body));
    match ran {
        Ok(Ok(answer)) => {
            text::clear_problem();
            answer
        }
        Ok(Err(problem)) => {
            text::set_problem(function, &problem);
            FAILED
        }
        Err(_) => {
            text::set_problem(function, "the panic above is a bug of hcs-sim; please report it");
            BUG
        }
    }
}

/// Adds a scenario, JSON or the path of a file that has it, to the thread's host.
///
/// # Safety
///
/// `scenario` is NULL or ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimLoadScenario(scenario: *const c_char) -> HResult {
    control("HcsSimLoadScenario", || {
        // SAFETY: the caller promises it.
        let said = unsafe { text::read(scenario, "scenario") }?;
        let is_text = said.trim_start_matches('\u{feff}').trim_start().starts_with('{');
        let scenario = if is_text { Scenario::from_json(said) } else { Scenario::read(said) };
        hosts::load(scenario.map_err(|it| it.to_string())?)?;
        Ok(S_OK.as_i32())
    })
}

/// Begins the thread's host anew.
#[unsafe(no_mangle)]
pub extern "system" fn HcsSimReset() -> HResult {
    control("HcsSimReset", || {
        hosts::begin_anew(Vec::new()).map_err(|it| it.to_string())?;
        Ok(S_OK.as_i32())
    })
}

/// The thread belongs to the host with a name from now on, or to none.
///
/// # Safety
///
/// `name` is NULL or ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimEnterHost(name: *const c_char) -> HResult {
    control("HcsSimEnterHost", || {
        let name = match name.is_null() {
            true => None,
            // SAFETY: the caller promises it.
            false => Some(unsafe { text::read(name, "name") }?),
        };
        if name == Some("") {
            return Err("name is empty; NULL leaves the host".into());
        }
        hosts::enter(name).map_err(|it| it.to_string())?;
        Ok(S_OK.as_i32())
    })
}

/// Moves the host's clock.
#[unsafe(no_mangle)]
pub extern "system" fn HcsSimAdvance(milliseconds: u64) -> HResult {
    control("HcsSimAdvance", || {
        hosts::current().advance(Duration::from_millis(milliseconds));
        Ok(S_OK.as_i32())
    })
}

/// Milliseconds of the host's time since it began.
#[unsafe(no_mangle)]
pub extern "system" fn HcsSimNow() -> u64 {
    if Host::problem_of_a_fork().is_some() {
        return 0;
    }
    let now = panic::catch_unwind(|| hosts::current().now());
    now.map_or(0, |it| it.as_millis().try_into().unwrap_or(u64::MAX))
}

/// Lets what rules hold under a name complete; NULL: everything that the host holds by its setting. Answers how many operations.
///
/// # Safety
///
/// `name` is NULL or ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimRelease(name: *const c_char) -> c_int {
    control("HcsSimRelease", || {
        let host = hosts::current();
        let released = match name.is_null() {
            true => host.release_all(),
            // SAFETY: the caller promises it.
            false => host.release(unsafe { text::read(name, "name") }?),
        };
        Ok(c_int::try_from(released).unwrap_or(c_int::MAX))
    })
}

/// Answers how many operations rules hold under a name.
///
/// # Safety
///
/// `name` is NULL or ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimHeld(name: *const c_char) -> c_int {
    control("HcsSimHeld", || {
        // SAFETY: the caller promises it.
        let held = hosts::current().held(unsafe { text::read(name, "name") }?);
        Ok(c_int::try_from(held).unwrap_or(c_int::MAX))
    })
}

/// Lets an event happen now.
///
/// # Safety
///
/// `event` is NULL or ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimRaiseEvent(event: *const c_char) -> HResult {
    control("HcsSimRaiseEvent", || {
        // SAFETY: the caller promises it.
        let event = unsafe { text::read(event, "event") }?;
        hosts::current().raise_from(Event::from_json(event).map_err(|it| it.to_string())?, None);
        Ok(S_OK.as_i32())
    })
}

/// Gives the journal as JSON lines.
///
/// # Safety
///
/// `journal` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimJournal(journal: *mut *mut c_char) -> HResult {
    // SAFETY: the caller promises it.
    unsafe { give_journal("HcsSimJournal", Journal::to_json_lines, journal) }
}

/// Gives the journal as people read it.
///
/// # Safety
///
/// `timeline` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimTimeline(timeline: *mut *mut c_char) -> HResult {
    // SAFETY: the caller promises it.
    unsafe { give_journal("HcsSimTimeline", Journal::to_string, timeline) }
}

/// # Safety
///
/// `out` is NULL or valid for a write.
unsafe fn give_journal(function: &str, as_text: fn(&Journal) -> String, out: *mut *mut c_char) -> HResult {
    // SAFETY: the caller promises it.
    unsafe { text::give_none(out) };
    control(function, || {
        if out.is_null() {
            return Err("there is no place for the text: NULL".into());
        }
        let journal = as_text(&hosts::current().journal());
        // SAFETY: the caller promises it.
        unsafe { text::give(journal, out) };
        Ok(S_OK.as_i32())
    })
}

/// Lets everything happen that is due, then answers how many findings there are and gives the report, NULL without findings.
///
/// # Safety
///
/// `report` is NULL or valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimVerify(report: *mut *mut c_char) -> c_int {
    // SAFETY: the caller promises it.
    unsafe { text::give_none(report) };
    control("HcsSimVerify", || {
        let Err(found) = hosts::current().verify() else { return Ok(0) };
        let count = c_int::try_from(found.findings.len()).unwrap_or(c_int::MAX);
        // SAFETY: the caller promises it.
        unsafe { text::give(found.to_string(), report) };
        Ok(count)
    })
}

/// Frees a text of these functions. NULL is fine.
///
/// # Safety
///
/// The text is not used any more. Any other value is recognised and not followed.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSimFree(text: *mut c_char) {
    let freed = panic::catch_unwind(|| text.is_null() || text::take_back(text.addr()));
    if !freed.unwrap_or(true) {
        text::set_problem(
            "HcsSimFree",
            "this is no text of HcsSimJournal or HcsSimVerify, or it was freed before",
        );
    }
}

/// What went wrong in the thread's last control function; NULL if nothing did. It lives until the next one.
#[unsafe(no_mangle)]
pub extern "system" fn HcsSimProblem() -> *const c_char {
    text::problem()
}
