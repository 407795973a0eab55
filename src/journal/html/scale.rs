//! From left to right: a place for each entry by its rank, not by its time; time that passes is a gap with a label.
//! Not here: what stands at the places (`lanes`).

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use super::super::Entry;
use super::super::mermaid::start;

/// From one place to the next, in pixels.
pub(super) const STEP: u32 = 18;
/// Before the first place and after the last.
const MARGIN: u32 = 22;

/// A place: one for each entry, and one more for the beginning of a call that took time.
#[derive(Clone, Copy)]
struct Slot {
    entry: usize,
    time: Duration,
}

/// The places of all entries.
pub(super) struct Scale {
    slots: Vec<Slot>,
    /// The places of each entry: where it began and where it was over.
    of: Vec<(usize, usize)>,
}

impl Scale {
    pub(super) fn of(entries: &[Entry]) -> Scale {
        let mut placed = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            if entry.at > entry.began {
                placed.push(((start(entries, index), false), Slot { entry: index, time: entry.began }));
            }
            placed.push(((index, true), Slot { entry: index, time: entry.at }));
        }
        placed.sort_by_key(|it| (it.0, it.1.time));
        let mut of = vec![(usize::MAX, 0); entries.len()];
        for (slot, (_, placed)) in placed.iter().enumerate() {
            let of = &mut of[placed.entry];
            *of = (of.0.min(slot), of.1.max(slot));
        }
        Scale { slots: placed.into_iter().map(|it| it.1).collect(), of }
    }

    /// Where an entry began.
    pub(super) fn begin(&self, entry: usize) -> usize {
        self.of[entry].0
    }

    /// Where it was over.
    pub(super) fn end(&self, entry: usize) -> usize {
        self.of[entry].1
    }

    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn time(&self, slot: usize) -> Duration {
        self.slots[slot].time
    }

    /// A part of the places as a drawing of its own.
    pub(super) fn ruler(&self, slots: Range<usize>) -> Ruler {
        let mut ruler = Ruler { first: slots.start, x: Vec::new(), gaps: Vec::new(), width: MARGIN };
        let mut before = None;
        for slot in &self.slots[slots] {
            let passed = before.map_or(Duration::ZERO, |it| slot.time.saturating_sub(it));
            if !passed.is_zero() {
                let from = ruler.width - STEP / 2;
                ruler.width += gap(passed);
                ruler.gaps.push(Gap { from, to: ruler.width - STEP / 2, passed });
            }
            ruler.x.push(ruler.width);
            ruler.width += STEP;
            before = Some(slot.time);
        }
        ruler.width += MARGIN - STEP;
        ruler
    }
}

/// How wide time that passes is drawn: ten times as long is a little wider.
fn gap(passed: Duration) -> u32 {
    let milliseconds = passed.as_millis().clamp(1, 1_000_000_000_000);
    44 + 8 * milliseconds.ilog10()
}

/// The places of one drawing, in pixels.
pub(super) struct Ruler {
    first: usize,
    x: Vec<u32>,
    pub(super) gaps: Vec<Gap>,
    pub(super) width: u32,
}

/// Time that passes between two places.
pub(super) struct Gap {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) passed: Duration,
}

impl Ruler {
    pub(super) fn slots(&self) -> Range<usize> {
        self.first..self.first + self.x.len()
    }

    /// The middle of a place; what stands outside of the drawing is at its edge.
    pub(super) fn x(&self, slot: usize) -> u32 {
        match slot.checked_sub(self.first) {
            None => 0,
            Some(at) => self.x.get(at).copied().unwrap_or(self.width),
        }
    }
}

/// A span of time by its two largest units: `+1 d 2 h`, `+30 ms`.
pub(super) struct Passed(pub(super) Duration);

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u128, &str); 7] = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "min"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "µs"),
            (1, "ns"),
        ];
        let mut left = self.0.as_nanos();
        let first = UNITS.iter().position(|it| left >= it.0).unwrap_or(UNITS.len() - 1);
        f.write_str("+")?;
        for (nth, (nanos, unit)) in UNITS.iter().skip(first).take(2).enumerate() {
            let count = left / nanos;
            left %= nanos;
            if nth == 0 {
                write!(f, "{count} {unit}")?;
            } else if count > 0 {
                write!(f, " {count} {unit}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_by_its_two_largest_units() {
        let told = |nanos| Passed(Duration::from_nanos(nanos)).to_string();
        assert_eq!(told(30_000_000), "+30 ms");
        assert_eq!(told(86_400_000_000_000), "+1 d");
        assert_eq!(told(93_784_005_000_000), "+1 d 2 h");
        assert_eq!(told(2_040_000_000), "+2 s 40 ms");
        assert_eq!(told(0), "+0 ns");
        assert_eq!(Passed(Duration::MAX).to_string(), "+213503982334601 d 7 h");
    }

    #[test]
    fn a_day_is_wider_than_a_millisecond_but_not_much() {
        let millisecond = gap(Duration::from_millis(1));
        let day = gap(Duration::from_secs(86_400));
        assert!(day > millisecond && day < 3 * millisecond, "{millisecond} {day}");
        assert!(gap(Duration::MAX) < 200);
    }
}
