//! An in-process fake of the Windows Host Compute System (HCS) operation API, `computecore.dll`, for testing its clients on
//! any OS: the same signatures, operations that complete later, compute systems, processes and events that behave, scripted
//! failures, virtual time, and a report of what the code under test did wrong.
//!
//! ```
//! use std::time::Duration;
//! use hcs_sim::{Host, ResultError, call, hresult::*};
//! # mod my_crate {
//! #     use hcs_sim::computecore::*;
//! #     use hcs_sim::win32::LocalFree;
//! #     pub fn boot(id: &str) -> Result<(), i32> {
//! #         let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
//! #         let (id, configuration) = (wide(id), wide(r#"{"VirtualMachine":{}}"#));
//! #         // SAFETY: texts end with a zero, out pointers are valid, everything is closed and freed once.
//! #         unsafe {
//! #             let operation = HcsCreateOperation(std::ptr::null(), None);
//! #             let (mut system, mut document) = (std::ptr::null_mut(), std::ptr::null_mut());
//! #             HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, std::ptr::null(), &mut system);
//! #             HcsWaitForOperationResult(operation, INFINITE, std::ptr::null_mut());
//! #             HcsStartComputeSystem(system, operation, std::ptr::null());
//! #             let code = HcsWaitForOperationResult(operation, INFINITE, &mut document);
//! #             LocalFree(document.cast());
//! #             HcsCloseOperation(operation);
//! #             HcsCloseComputeSystem(system);
//! #             if code < 0 { Err(code) } else { Ok(()) }
//! #         }
//! #     }
//! # }
//!
//! // #[test]
//! fn a_vm_that_dies_while_starting_is_reported() {
//!     Host::new().run(|host| {
//!         host.when(call::start().system("web"))
//!             .fail(HCS_E_TERMINATED_DURING_START)
//!             .document(ResultError::new().message("worker died"))
//!             .after(Duration::from_secs(2));
//!
//!         let error = my_crate::boot("web").unwrap_err(); // unchanged code on windows-sys
//!
//!         assert_eq!(error, HCS_E_TERMINATED_DURING_START);
//!         assert_eq!(host.now(), Duration::from_millis(2_040)); // virtual: no real time passes
//!     }); // leaks and misuse fail here, with a timeline
//! }
//! # a_vm_that_dies_while_starting_is_reported();
//! ```
//!
//! # Three doors
//!
//! * **Rust functions**: [`computecore`] and [`win32`] have the functions, types and constants under the names of
//!   windows-sys, for a crate that picks its back end with `cfg`.
//! * **Link-time drop-in**: on targets other than Windows, windows-sys declares plain `extern "system"` functions, and this
//!   crate exports those symbols (feature `drop-in`, on by default). A crate on windows-sys is tested unchanged:
//!   `use hcs_sim as _;` in its tests is all, and anything of `hcs_sim` that a test uses does as well.
//! * **The C library**, member crate `computecore` of the repository: `libcomputecore.so` and `computecore.dll` with headers, for C, C++, Go,
//!   C#, Python, and for Windows programs as they are; `docs/other-languages.md`.
//!
//! # Documents
//!
//! Half of what goes wrong in a client is in its JSON. [`schema`] knows every type, with the version that brought each name:
//! a host refuses what the Windows that it is like ([`Profile`]) would not know, and the journal says where and why.
//! [`documents`] has what HCS writes as types, [`faults`] the failures that clients have met, ready for a rule.
//!
//! # Files
//!
//! [`Scenario`] is what a host is told, as JSON: [`Host::from_scenario`], or the environment variable `HCS_SIM_SCENARIO` for the default
//! host, whose journal goes, as it is written, into the file that `HCS_SIM_JOURNAL` names; [`scenarios`] has a shelf of them, each after a
//! bug of a real client. A [`Journal`] saves as JSON lines, and [`Host::replaying`] answers from one: of an earlier run, or edited by hand.
//!
//! # Features
//!
//! * `drop-in`, on by default: the symbols of the link-time door.
//! * `tracing`: subscribers of the crate `tracing` are told what the journal is told, a span for each call and an event for
//!   everything else, under the names that the [saved journal](Journal::to_json_lines) has.
//! * `cli`: the binary `hcs-sim`, see `docs/command-line.md`.
//! * `c-library`: for the member crate `computecore`, which exports the functions on Windows too. A test of your own must not have it.
//! * `proptest`: the module `strategies`, with configurations, result documents and plans of faults for property tests of clients.
//!
//! None of them changes what a host does. `docs/ecosystem.md` shows `tracing` and `proptest`, and how hosts go with tokio, insta and cargo-nextest:
//! [`Host::within`] lets a host follow a task.
//!
//! # What it is not
//!
//! * Not Windows: no guest boots, no disk is opened, no access is checked. `docs/fidelity.md` says of every behaviour where it
//!   comes from; what the sources leave open is a switch of [`Behavior`].
//! * Not a container engine: a guest program is a closure of the test, its pipes are real ones.
//! * Not for 32-bit targets: a handle carries its kind, its host and its number.
//!
//! # Ways it can hurt you
//!
//! * **On Windows the drop-in is not there**: the declarations lead to the real `computecore.dll`, and tests would create and
//!   terminate real systems. Keep such tests under `#![cfg(not(windows))]`, or use the Rust functions.
//! * **A binary crate links without its dev-dependencies.** `cargo test` builds the package's binaries too; one that calls HCS
//!   finds no symbols outside of Windows. Keep the code in a library, and the binary under `#[cfg(windows)]`.
//! * **Threads without a host.** A handle finds its host from any thread. Calls without one (creating, opening and listing
//!   systems) on a thread that your code has started go to the only live host, and with parallel tests there are several: call
//!   [`Host::enter`] on that thread first, and wrap a task that may change its thread in [`Host::within`].
//! * **Sleeping is not waiting.** Waiting and polling inside HCS move virtual time, `std::thread::sleep` as such does not. Code that
//!   sleeps between polls should take its clock as a parameter; in tests that clock calls [`Host::advance`].
//! * **The default host verifies nothing by itself.** `use hcs_sim as _;` alone makes calls work; [`Host::run`] is what finds
//!   leaks and misuse.
//! * **A callback's context has to live until its handle is closed**, as on Windows. Once a test is over, callbacks of handles that
//!   it did not close are no longer called, and after a panic none at all.
//! * **A panic across a callback's `extern "system"` boundary aborts**, as on Windows. Guest programs may panic: that is a finding.
//! * **A finite wait with nothing due ends at once** if no other thread is known that could act, and after 50 ms of real time if
//!   the known ones sleep ([`Builder::grace`]). A thread is known once it has entered the host or called it.
//!
//! # Clients that wait outside of HCS
//!
//! A client may wait for a callback with a channel or a condition variable, or read a pipe as a file. While somebody may be
//! waiting so (an operation with a callback is pending, a callback is registered on a handle, a guest program runs), the
//! host watches: once no thread that it knows has made a call for 3 ms of real time, and none of them is running, it moves the
//! clock to what is due next, and looks again. On Linux it can tell a thread that runs from one that sleeps; elsewhere it takes 30 ms
//! of silence for waiting, and on Linux 250 ms of a thread that computes. So:
//!
//! * A real sleep, a slow read or a lock of more than 3 ms between two steps of such a test may let virtual time go on. Where a
//!   test depends on what happens in between, let it wait in HCS, hold operations ([`Rule::hold`]), or use [`Time::Manual`] and
//!   [`Host::advance`].
//! * A limit in real time, such as `Condvar::wait_timeout`, is compared with nothing virtual: the event of a day later comes within
//!   milliseconds, and one that never comes costs the whole limit.
//! * A guest program that sleeps in a loop lets virtual time run, a step each 3 ms, for as long as its client waits outside.
//! * A wait that can never end is a finding only inside of HCS. Outside, the host says on stderr after [`Builder::patience`] that
//!   nothing is due, and what the guest programs are at.
//!
//! # Map of the code
//!
//! `call` the calls and the table of exports; `event` what happens without one; `hresult` the table of codes; `schema` the table
//! of types and the check by it; `model` what HCS is, pure; `document` JSON in and out; `faults` known failures; `script` rules
//! and guest programs; `scenario` what a host is told as a file, `scenarios` the shelf of them, `source` reading our own files;
//! `runtime` lock, clock, queue, waiting, callbacks, pipes; `journal` what happened and every sentence that a person reads;
//! `strategies` values for property tests; `abi` the only unsafe code. A call goes through them in one line: `abi` decodes it, `runtime` locks the
//! world, `script` may claim it, `model` performs it, `journal` writes it down, `abi` encodes the answer.

#![deny(unsafe_code, clippy::undocumented_unsafe_blocks)] // unsafe code is opened again in abi only
#![forbid(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs, unreachable_pub)]

mod abi;
mod answer;
mod argument;
pub mod call;
mod document;
mod error;
pub mod event;
pub mod faults;
mod handle;
pub mod hresult;
mod journal;
mod model;
mod panics;
mod runtime;
mod scenario;
pub mod scenarios;
pub mod schema;
mod script;
mod source;
#[cfg(feature = "proptest")]
pub mod strategies;

/// Guest programs: which commands they answer, and canned ones. [`Host::program`] installs them.
pub mod program {
    pub use crate::script::program::{
        Canned, ExitCode, ProgramMatcher, any, command_line, prints, runs_until_terminated, starting_with,
    };
}

/// The documents that HCS writes, as types: to script a result, and to read one.
///
/// Each is written as Windows writes it: compact, members in the order of the schema, what is not set left out where Windows
/// leaves it out. Each reads what it writes. [`schema`] knows the types that are not here; the folder `fixtures/` of the package has
/// documents of all kinds to copy from, requests too.
///
/// ```
/// use hcs_sim::documents::{Properties, State};
/// let told = r#"{"Id":"web","SystemType":"VirtualMachine","RuntimeId":"ee1bb2a8-0c5f-5ac5-8ac4-7c8a8b9e9d60","State":"Running"}"#;
/// let properties: Properties = serde_json::from_str(told).unwrap();
/// assert_eq!(properties.state, Some(State::Running));
/// assert_eq!(properties.to_json(), told);
/// ```
pub mod documents {
    pub use crate::document::crash::{
        CrashReport, GuestCrashSaveInfo, WindowsCrashPhase, WindowsCrashReport,
    };
    pub use crate::document::error_event::{ErrorEvent, EventDataType};
    pub use crate::document::exit::{ExitType, SystemExitStatus};
    pub use crate::document::migration::{Blackout, MigrationNotification, MigrationOrigin, MigrationStep};
    pub use crate::document::process::ProcessStatus;
    pub use crate::document::properties::*;
    pub use crate::document::result_error::{AttributionRecord, ResultDocument, ResultError};
    pub use crate::document::service::{
        Affinity, CpuGroup, CpuGroupProperty, CredentialGuard, CredentialGuardSocket, CredentialGuardState,
        LogicalProcessor, ServiceProperties, ServiceProperty, Subnode, Transport,
    };
}

/// The exports of `computecore.dll`, with their types and constants: names and signatures as in windows-sys.
///
/// ```
/// use std::ptr::{null, null_mut};
/// use hcs_sim::computecore::*;
/// use hcs_sim::win32::LocalFree;
/// use hcs_sim::{Host, hresult::*};
///
/// Host::new().run(|_| {
///     let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
///     let (id, configuration) = (wide("web"), wide(r#"{"VirtualMachine":{}}"#));
///     let (mut system, mut document) = (null_mut(), null_mut());
///     // SAFETY: texts end with a zero, out pointers are valid, everything is closed and freed once.
///     unsafe {
///         let operation = HcsCreateOperation(null(), None);
///         // S_OK means accepted; the outcome comes through the operation.
///         let code = HcsCreateComputeSystem(id.as_ptr(), configuration.as_ptr(), operation, null(), &mut system);
///         assert_eq!(code, S_OK);
///         assert_eq!(HcsGetOperationResult(operation, null_mut()), HCS_E_OPERATION_PENDING);
///         assert_eq!(HcsWaitForOperationResult(operation, 60_000, null_mut()), S_OK);
///         // A completed operation can be used again.
///         assert_eq!(HcsGetComputeSystemProperties(system, operation, null()), S_OK);
///         assert_eq!(HcsWaitForOperationResult(operation, INFINITE, &mut document), S_OK);
///         assert!(!document.is_null());
///         LocalFree(document.cast());
///         HcsCloseOperation(operation);
///         HcsCloseComputeSystem(system);
///     }
/// });
/// ```
pub mod computecore {
    pub use crate::abi::operation::*;
    pub use crate::abi::process::*;
    pub use crate::abi::service::*;
    pub use crate::abi::system::*;
    pub use crate::abi::types::*;
}

/// The few Win32 functions that an HCS client cannot live without.
///
/// ```
/// use hcs_sim::computecore::LPTR;
/// use hcs_sim::win32::{LocalAlloc, LocalFree};
/// // SAFETY: the block is freed once.
/// assert!(unsafe { LocalFree(LocalAlloc(LPTR, 16)) }.is_null());
/// ```
pub mod win32 {
    pub use crate::abi::win32::{
        CloseHandle, CoTaskMemFree, GetLastError, LocalAlloc, LocalFree, ReadFile, SetLastError, WriteFile,
    };
}

pub use answer::{Answer, ProcessInfo, Returned};
pub use call::{
    Argument, Call, CreateOptions, Delivery, Export, ExportInfo, ExportKind, Milliseconds, Needed, NeededOut,
    OperationType, Out, Pointer, Text,
};
pub use document::DocumentChecks;
pub use document::crash::CrashReport;
pub use document::error_event::ErrorEvent;
pub use document::exit::{ExitType, SystemExitStatus};
pub use document::process::{ProcessParameters, ProcessStatus, Signal};
pub use document::result_error::{AttributionRecord, ResultDocument, ResultError};
pub use error::Error;
pub use event::{Event, EventType, MigrationFailure};
pub use handle::{HandleKind, OperationHandle, ProcessHandle, SystemHandle, TargetHandle};
pub use hresult::Hresult;
pub use journal::finding::{Finding, FindingKind};
pub use journal::level::Level;
pub use journal::report::Report;
pub use journal::{Entry, Journal, Output, What};
pub use model::behavior::{Behavior, CallbackDelivery, NullCallback, PendingAtExit, SecondRegistration};
pub use model::profile::Profile;
pub use runtime::clock::Time;
pub use runtime::existing::{Existing, ExistingProcess, ExistingState};
pub use runtime::guest::{Child, Guest, GuestEvent};
pub use runtime::host::{Builder, Host};
pub use runtime::queue::Order;
pub use runtime::rules::{Expected, Gate, Rule, When};
pub use runtime::scope::Body;
pub use runtime::seat::Entered;
pub use runtime::world::Completion;
pub use scenario::Scenario;
pub use source::FileProblem;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// And that of the page on recordings.
#[cfg(doctest)]
#[doc = include_str!("../docs/recordings.md")]
struct RecordingsPage;

/// And that of the page on scenario files.
#[cfg(doctest)]
#[doc = include_str!("../docs/scenario-files.md")]
struct ScenarioFilesPage;

/// That of the page on other crates: the parts that need a feature, with it.
#[cfg(doctest)]
#[doc = include_str!("../docs/ecosystem.md")]
struct EcosystemPage;

/// So does that of the page on findings.
#[cfg(doctest)]
#[doc = include_str!("../docs/findings.md")]
struct FindingsPage;

/// The pages of the guide: their code compiles, and runs.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../docs/first-test.md")]
    struct FirstTest;

    #[doc = include_str!("../docs/scripting.md")]
    struct Scripting;

    #[doc = include_str!("../docs/time.md")]
    struct Time;

    #[doc = include_str!("../docs/events.md")]
    struct Events;

    #[doc = include_str!("../docs/processes.md")]
    struct Processes;
}
