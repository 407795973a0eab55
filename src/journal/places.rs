//! The places of calls, beside the entries of a journal; and those that a finding names.
//! Not here: what a place is (`place`), when one is taken (`runtime`), how they read (`report`).

use std::collections::VecDeque;

use super::place::Place;

/// The places of the calls that have one, by the number of their entry.
#[derive(Clone)]
pub(crate) struct Places {
    /// Of how many calls the places are taken; 0: of none, not even of those with findings.
    limit: usize,
    kept: VecDeque<(u64, Place)>,
}

impl Places {
    pub(crate) fn new(limit: usize) -> Places {
        Places { limit, kept: VecDeque::new() }
    }

    pub(crate) fn are_wanted(&self) -> bool {
        self.limit > 0
    }

    /// Entries come in order.
    pub(crate) fn keep(&mut self, entry: u64, place: Place) {
        self.kept.push_back((entry, place));
    }

    /// The entries before this one are dropped.
    pub(crate) fn forget_before(&mut self, entry: u64) {
        while self.kept.front().is_some_and(|it| it.0 < entry) {
            self.kept.pop_front();
        }
    }

    pub(crate) fn of(&self, entry: u64) -> Option<&Place> {
        let at = self.kept.binary_search_by_key(&entry, |it| it.0).ok()?;
        Some(&self.kept[at].1)
    }

    pub(crate) fn spot(&self, entry: u64) -> Spot {
        match self.of(entry) {
            Some(place) => Spot::Known(place.clone()),
            None if self.limit == 0 => Spot::Unwanted,
            None => Spot::Beyond(self.limit),
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }
}

/// A place, or why it is not known.
#[derive(Clone, Debug)]
pub(crate) enum Spot {
    Known(Place),
    /// It was not taken: only those of the first so many calls are.
    Beyond(usize),
    /// The journal no longer holds the call, only so many later entries.
    Dropped(usize),
    /// That of the call in which the finding is noticed, once the call is written down.
    ThisCall,
    /// Nobody wants to know any.
    Unwanted,
}

/// The places that a finding names, each under its label.
///
/// Where a thing happened says nothing about what it is: findings are equal without regard to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(Vec<Source>);

#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The fact before which it is told.
    pub(crate) before: usize,
    pub(crate) label: &'static str,
    pub(crate) spot: Spot,
    /// What is said beside it.
    pub(crate) also: String,
}

impl Sources {
    pub(crate) fn add(&mut self, source: Source) {
        self.0.push(source);
    }

    pub(crate) fn before(&self, fact: usize) -> impl Iterator<Item = &Source> {
        self.0.iter().filter(move |it| it.before == fact)
    }

    /// Those behind all facts.
    pub(crate) fn from(&self, fact: usize) -> impl Iterator<Item = &Source> {
        self.0.iter().filter(move |it| it.before >= fact)
    }

    /// The place of the call in which the finding was noticed.
    pub(crate) fn noticed_at(&mut self, label: &'static str, place: Option<&Place>) {
        let spot = place.map_or(Spot::Unwanted, |it| Spot::Known(it.clone()));
        if let Some(source) = self.0.iter_mut().find(|it| matches!(it.spot, Spot::ThisCall)) {
            source.spot = spot;
        } else if self.0.iter().all(|it| it.label != label) {
            self.0.push(Source { before: 0, label, spot, also: String::new() });
        } // else it is told already
    }
}

impl PartialEq for Sources {
    fn eq(&self, _: &Sources) -> bool {
        true
    }
}

impl Eq for Sources {}
