//! What tests of lints need: a host on which every lint is a finding, and requests that nobody waits for.
//! Not here: expectations.

use std::ptr::null_mut;

use hcs_sim::computecore::*;
use hcs_sim::{FindingKind, Host, Level};

use super::*;

/// A host that denies everything.
pub fn strict() -> Host {
    let all = FindingKind::all().iter();
    all.fold(Host::builder(), |it, kind| it.level(*kind, Level::Deny)).build()
}

/// The sentences of what is found in a body on such a host.
pub fn told(body: impl FnOnce(&Host)) -> Vec<String> {
    let host = strict();
    let report = report_of(&host, || body(&host));
    report.map_or(Vec::new(), |it| it.findings.into_iter().map(|it| it.sentence).collect())
}

/// Issues a request that has to be accepted, and waits for nothing.
pub fn begin(request: Request, system: HCS_SYSTEM) -> HCS_OPERATION {
    let operation = operation();
    assert_eq!(call(request, system, operation, None), hcs_sim::hresult::S_OK);
    operation
}

/// Waits without asking for the document.
pub fn wait_without_document(operation: HCS_OPERATION) -> Hresult {
    // SAFETY: no pointers are passed.
    unsafe { HcsWaitForOperationResult(operation, INFINITE, null_mut()) }.into()
}

pub fn end(system: HCS_SYSTEM) {
    ask(HcsTerminateComputeSystem, system, None);
    wait_for_exit(system, INFINITE);
    close_system(system);
}
