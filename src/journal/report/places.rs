//! How places in the user's code read in a finding and above a timeline, and why one is not known.
//! Not here: finding the lines (`journal::place`).

use super::Report;
use crate::journal::finding::{Finding, FindingKind};
use crate::journal::place::{Place, file_of};
use crate::journal::places::{Places, Source, Spot};
use crate::journal::{Entry, Journal, What};

/// Adds where the thing was made that is left behind.
pub(crate) fn made_at(finding: &mut Finding, journal: &Journal, places: &Places, journal_limit: usize) {
    let label = match finding.kind {
        FindingKind::LeakedDocument | FindingKind::LeakedPipe => "handed out",
        _ => "made at",
    };
    let spot = match finding.entry {
        Some(entry) if entry >= journal.dropped() => places.spot(entry),
        _ if !places.are_wanted() => Spot::Unwanted,
        // Without a journal its bound is no news.
        _ if journal.dropped() > 0 && journal_limit > 0 => Spot::Dropped(journal_limit),
        _ => Spot::Unwanted,
    };
    finding.sources.add(Source { before: 0, label, spot, also: String::new() });
}

/// The facts of a finding, and among them the places that it names.
pub(super) fn facts(finding: &Finding) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    for (index, fact) in finding.facts.iter().enumerate() {
        facts.extend(finding.sources.before(index).filter_map(told));
        facts.push(fact.clone());
    }
    facts.extend(finding.sources.from(finding.facts.len()).filter_map(told));
    facts
}

/// The line that called, and the one in another file that led there: of a client that wraps each export the first says little.
pub(super) fn beside_an_entry(place: &Place) -> Option<String> {
    let lines = place.lines();
    let first = lines.first()?;
    let elsewhere = lines.iter().find(|it| file_of(it) != file_of(first));
    Some(match elsewhere.or_else(|| lines.get(1)) {
        Some(from) => format!("{first}{FROM}{from}"),
        None => first.clone(),
    })
}

const FROM: &str = ", from ";

fn told(source: &Source) -> Option<(&'static str, String)> {
    let mut text = match &source.spot {
        Spot::Known(place) => match place.lines().join(FROM) {
            none if none.is_empty() => "unknown (no debug information)".to_owned(),
            lines => lines,
        },
        Spot::Beyond(count) => {
            format!("not kept: only the first {count} calls were; Builder::source_lines(..) raises it")
        }
        Spot::Dropped(count) => {
            format!(
                "not kept: the journal holds the last {count} entries; Builder::journal_limit(..) raises it"
            )
        }
        Spot::ThisCall | Spot::Unwanted if source.also.is_empty() => return None,
        Spot::ThisCall | Spot::Unwanted => String::new(),
    };
    if !source.also.is_empty() {
        let comma = if text.is_empty() { "" } else { ", " };
        text = format!("{text}{comma}{}", source.also);
    }
    Some((source.label, text))
}

impl Report {
    /// Says that lines are missing because there were more calls than are kept.
    pub(super) fn bound_of_places<'a>(&self, mut shown: impl Iterator<Item = &'a Entry>) -> String {
        let is_beyond = |it: &Entry| {
            matches!(it.what, What::Called { .. })
                && matches!(self.beside.places.spot(it.number), Spot::Beyond(_))
        };
        match self.beside.places.limit() {
            limit if shown.any(is_beyond) => {
                format!("; source lines of the first {limit} calls only, Builder::source_lines(..) raises it")
            }
            _ => String::new(),
        }
    }
}
