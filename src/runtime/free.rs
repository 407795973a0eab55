//! Freeing documents: finding the host that handed one out, and telling second frees and strange values.
//! Not here: the memory itself (`abi::memory`), the table of documents (`documents`).

use std::sync::Arc;

use super::documents::Freeing;
use super::world::Shared;
use super::{registry, seat, trace};
use crate::handle::Parts;
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::place::Place;
use crate::journal::report;

pub(crate) enum Freed {
    Done,
    /// It was freed before; that is a finding now.
    Refused,
    NotADocument,
}

/// Frees the document at an address. NULL is fine, as in Win32.
pub(crate) fn free_document(address: usize, function: &'static str) -> Freed {
    if address == 0 {
        return Freed::Done;
    }
    let here = seat::entered();
    if let Some(place) = &here
        && let Some(freed) = free_in(&place.shared, address, function)
    {
        return freed;
    }
    let others = registry::all().into_iter().chain([registry::limbo()]);
    others
        .filter(|it| here.as_ref().is_none_or(|here| !Arc::ptr_eq(&here.shared, it)))
        .find_map(|it| free_in(&it, address, function))
        .unwrap_or(Freed::NotADocument)
}

fn free_in(shared: &Arc<Shared>, address: usize, function: &'static str) -> Option<Freed> {
    let mut world = shared.world.lock();
    if function != "LocalFree"
        && let Some((export, entry)) = world.documents.origin(address)
    {
        let are_wanted = world.log.places().are_wanted();
        let finding = || {
            let place = are_wanted.then(Place::here);
            let mut finding = report::lints::freed_otherwise(function, export);
            finding.sources.noticed_at("freed at", place.as_ref());
            finding
        };
        world.lint(FindingKind::FreedOtherwise, Some(entry), finding);
    }
    match world.documents.free(address) {
        Freeing::Freed(give_back) => {
            drop(world);
            trace::flush(shared);
            if let Some((address, size)) = give_back {
                (shared.gateway.take_back)(address, size);
            }
            Some(Freed::Done)
        }
        Freeing::Twice => {
            world.find_here(report::double_free(function));
            drop(world);
            trace::flush(shared);
            Some(Freed::Refused)
        }
        Freeing::Unknown => None,
    }
}

/// Something was freed that nobody handed out.
pub(crate) fn report_foreign(function: &'static str) {
    tell(report::foreign_free(function));
}

/// `CloseHandle` was called with something that is no kernel handle.
pub(crate) fn report_close_handle(value: u64) {
    let kind = Parts::decode(value).map(|it| it.kind);
    tell(report::close_handle(kind, value));
}

/// A pipe's function was called with something that is no pipe of a process.
pub(crate) fn report_strange_handle(function: &str, value: u64) {
    let kind = Parts::decode(value).map(|it| it.kind);
    tell(report::strange_handle(function, kind, value));
}

fn tell(finding: Finding) {
    let witness = witness();
    witness.world.lock().find_here(finding);
    trace::flush(&witness);
}

/// The host that keeps a finding about a call that belongs to none: the thread's, else the default one.
fn witness() -> Arc<Shared> {
    match seat::current() {
        Ok(place) => Arc::clone(&place.shared),
        Err(_) => Arc::clone(registry::default_host().shared()),
    }
}
