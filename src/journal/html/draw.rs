//! The drawing: lanes as SVG, in sheets of a length that can be read, each with the lanes in which something happens.
//! Not here: what stands in which lane (`lanes`), colours (`page.css`).

use std::fmt::{self, Write};
use std::ops::Range;

use super::super::text::Seconds;
use super::escape::Escaped;
use super::lanes::Lanes;
use super::parts::{Bar, BarKind, Lane, LaneKind, Mark, Shape};
use super::scale::{Passed, Ruler, STEP, Scale};

/// How many places a sheet has at most.
const SHEET: usize = 500;
/// The height of a lane, in pixels.
const LANE: u32 = 28;
/// The height of what stands above the lanes: times, and what passed between them.
const AXIS: u32 = 36;
/// Names in the drawing are cut to this many characters.
const NAME: usize = 80;

/// What marks look like, once for all of them: drawn around the middle of a place.
const SYMBOLS: &str = r##"<svg class="symbols" width="0" height="0" aria-hidden="true"><defs>
<g id="called"><circle r="5"/></g>
<g id="call-failed"><circle r="6.5"/><path class="in" d="M-3-3 3 3M-3 3 3-3"/></g>
<g id="not-yet"><circle class="hollow" r="4.5"/></g>
<g id="completed"><path d="M0-7 7 0 0 7-7 0Z"/></g>
<g id="failed"><path d="M0-8 8 0 0 8-8 0Z"/><path class="in" d="M-3-3 3 3M-3 3 3-3"/></g>
<g id="enters"><path d="M-5-6 6 0-5 6Z"/></g>
<g id="returns"><path d="M5-6-6 0 5 6Z"/></g>
<g id="exits"><path d="M-6-6H6V6H-6Z"/></g>
<g id="service"><path d="M0-8 2.4-2.4 8 0 2.4 2.4 0 8-2.4 2.4-8 0-2.4-2.4Z"/></g>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V5"/></pattern>
</defs></svg>
"##;

/// What each shape says, for the legend.
const LEGEND: [(Shape, &str); 9] = [
    (Shape::Called, "call"),
    (Shape::CallFailed, "call that failed"),
    (Shape::NotYet, "result read too early"),
    (Shape::Completed, "operation completes"),
    (Shape::Failed, "operation fails"),
    (Shape::Enters, "callback enters"),
    (Shape::Returns, "callback returns"),
    (Shape::Exits, "system or process exits"),
    (Shape::Service, "service"),
];

impl Shape {
    fn symbol(self) -> &'static str {
        match self {
            Shape::Called => "called",
            Shape::CallFailed => "call-failed",
            Shape::NotYet => "not-yet",
            Shape::Completed => "completed",
            Shape::Failed => "failed",
            Shape::Enters => "enters",
            Shape::Returns => "returns",
            Shape::Exits => "exits",
            Shape::Service => "service",
        }
    }

    fn is_bad(self) -> bool {
        matches!(self, Shape::CallFailed | Shape::Failed)
    }
}

/// How a lane looks, by the names of `page.css`.
pub(super) fn thread_class(number: usize) -> String {
    format!("t{}", number % 6)
}

fn lane_class(kind: LaneKind) -> String {
    match kind {
        LaneKind::Thread(number) => format!("thread {}", thread_class(number)),
        LaneKind::Callbacks => "callbacks".to_owned(),
        LaneKind::Service => "service".to_owned(),
        LaneKind::System => "system".to_owned(),
        LaneKind::Operations => "operations".to_owned(),
        LaneKind::Process => "process".to_owned(),
    }
}

/// Symbols, legend, and all sheets.
pub(super) fn write(lanes: &Lanes, scale: &Scale, page: &mut String) -> fmt::Result {
    page.push_str(SYMBOLS);
    page.push_str("<p class=\"legend\">");
    let used = |shape| lanes.lanes.iter().flat_map(|it| &it.marks).any(|it| it.shape == Some(shape));
    for (shape, says) in LEGEND.into_iter().filter(|it| used(it.0)) {
        let class = if shape.is_bad() { "bad" } else { "good" };
        write!(
            page,
            "<span><svg class=\"{class}\" width=\"20\" height=\"18\" aria-hidden=\"true\"><use href=\"#{}\" x=\"10\" y=\"9\"/></svg>{says}</span> ",
            shape.symbol()
        )?;
    }
    page.push_str("</p>\n");
    let mut first = 0;
    while first < scale.count() {
        let slots = first..scale.count().min(first + SHEET);
        first = slots.end;
        write_sheet(lanes, scale, slots, page)?;
    }
    Ok(())
}

fn write_sheet(lanes: &Lanes, scale: &Scale, slots: Range<usize>, page: &mut String) -> fmt::Result {
    let ruler = scale.ruler(slots.clone());
    let shown: Vec<&Lane> = lanes.lanes.iter().filter(|it| it.happens_in(&slots)).collect();
    let height = AXIS + LANE * shown.len() as u32 + 6;
    if scale.count() > SHEET {
        let (from, to) = (scale.time(slots.start), scale.time(slots.end - 1));
        writeln!(page, "<h3>t={} to {}</h3>", Seconds(from), Seconds(to))?;
    }
    writeln!(page, "<div class=\"sheet\" style=\"contain-intrinsic-height:{height}px\">")?;
    page.push_str("<div class=\"names\">");
    for lane in &shown {
        let name: String = lane.name.chars().take(NAME).collect();
        let class = lane_class(lane.kind);
        let first = if lane.is_first { " first" } else { "" };
        write!(page, "<div class=\"{class}{first}\"><bdi>{}</bdi></div>", Escaped(name))?;
    }
    writeln!(
        page,
        "</div>\n<svg class=\"lanes\" width=\"{0}\" height=\"{height}\" viewBox=\"0 0 {0} {height}\" role=\"group\" aria-label=\"lanes over virtual time\">",
        ruler.width
    )?;
    write_axis(scale, &ruler, height, page)?;
    write_links(&shown, &ruler, page)?;
    for (row, lane) in shown.iter().enumerate() {
        let middle = AXIS + LANE * row as u32 + LANE / 2;
        write_lane(lane, &ruler, middle, page)?;
    }
    page.push_str("</svg>\n</div>\n");
    Ok(())
}

impl Lane {
    fn happens_in(&self, slots: &Range<usize>) -> bool {
        self.marks.iter().any(|it| slots.contains(&it.slot))
    }
}

impl Bar {
    fn is_in(&self, slots: &Range<usize>) -> bool {
        self.from < slots.end && self.to.is_none_or(|it| it >= slots.start)
    }
}

/// Times at places where the time is another, and gaps with what passed.
fn write_axis(scale: &Scale, ruler: &Ruler, height: u32, page: &mut String) -> fmt::Result {
    for gap in &ruler.gaps {
        let (width, middle) = (gap.to - gap.from, (gap.from + gap.to) / 2);
        writeln!(
            page,
            "<rect class=\"gap\" x=\"{}\" y=\"{AXIS}\" width=\"{width}\" height=\"{}\"/><text class=\"passed\" x=\"{middle}\" y=\"29\">{}</text>",
            gap.from,
            height - AXIS,
            Passed(gap.passed)
        )?;
    }
    let (mut before, mut free) = (None, 0);
    for slot in ruler.slots() {
        let time = scale.time(slot);
        if before.replace(time) == Some(time) {
            continue;
        }
        let x = ruler.x(slot);
        let label = Seconds(time).to_string();
        write!(page, "<path class=\"tick\" d=\"M{x} 18V{height}\"/>")?;
        let left = x.saturating_sub(8);
        if left >= free {
            write!(page, "<text class=\"time\" x=\"{left}\" y=\"13\">{label}</text>")?;
            free = left + letters(label.len()) + 6;
        }
        page.push('\n');
    }
    Ok(())
}

/// A line from the lane where an entry stands to the lanes that it touches.
fn write_links(lanes: &[&Lane], ruler: &Ruler, page: &mut String) -> fmt::Result {
    let slots = ruler.slots();
    let mut reach: Vec<Option<(u32, u32, usize)>> = vec![None; slots.len()];
    for (row, lane) in lanes.iter().enumerate() {
        let middle = AXIS + LANE * row as u32 + LANE / 2;
        for mark in lane.marks.iter().filter(|it| slots.contains(&it.slot)) {
            let reach = &mut reach[mark.slot - slots.start];
            let (top, _, _) = reach.unwrap_or((middle, middle, mark.entry));
            *reach = Some((top, middle, mark.entry));
        }
    }
    for (at, reach) in reach.into_iter().enumerate() {
        if let Some((top, bottom, entry)) = reach
            && top < bottom
        {
            let x = ruler.x(slots.start + at);
            writeln!(page, "<path class=\"link\" data-e=\"{entry}\" d=\"M{x} {top}V{bottom}\"/>")?;
        }
    }
    Ok(())
}

fn write_lane(lane: &Lane, ruler: &Ruler, middle: u32, page: &mut String) -> fmt::Result {
    let slots = ruler.slots();
    writeln!(
        page,
        "<g class=\"{}\"><path class=\"line\" d=\"M0 {middle}H{}\"/>",
        lane_class(lane.kind),
        ruler.width
    )?;
    for bar in lane.bars.iter().filter(|it| it.is_in(&slots)) {
        write_bar(bar, ruler, middle, page)?;
    }
    for mark in lane.marks.iter().filter(|it| slots.contains(&it.slot)) {
        let is_labelled = matches!(lane.kind, LaneKind::System | LaneKind::Process);
        let y = if is_labelled && mark.shape.is_none() { middle + 9 } else { middle };
        write_mark(mark, ruler.x(mark.slot), y, page)?;
    }
    page.push_str("</g>\n");
    Ok(())
}

fn write_bar(bar: &Bar, ruler: &Ruler, middle: u32, page: &mut String) -> fmt::Result {
    let (class, half) = match bar.kind {
        BarKind::Call => ("call", 5),
        BarKind::Callback => ("callback", 9),
        BarKind::Handle => ("handle", 11),
        BarKind::Pending => ("pending", 8),
        BarKind::Failed => ("pending bad", 8),
        BarKind::Creating => ("creating", 9),
        BarKind::State => ("state", 9),
        BarKind::Process => ("state", 9),
    };
    let starts_before = bar.from < ruler.slots().start;
    let ends_after = bar.to.is_none_or(|it| it >= ruler.slots().end);
    let from = if starts_before { 0 } else { ruler.x(bar.from) };
    let to = if ends_after { ruler.width } else { ruler.x(bar.to.unwrap_or(bar.from)) };
    let (from, to) = if bar.kind == BarKind::Handle {
        (from.saturating_sub(STEP / 2 - 1), (to + STEP / 2 - 1).min(ruler.width))
    } else {
        (from, to.max(from + 2))
    };
    let open = if bar.to.is_none() { " open" } else { "" };
    let round = if starts_before || ends_after { 0 } else { 4 };
    writeln!(
        page,
        "<rect class=\"bar {class}{open}\" data-e=\"{}\" x=\"{from}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{round}\"/>",
        bar.entry,
        middle - half,
        to - from,
        2 * half
    )?;
    if bar.kind == BarKind::Failed {
        writeln!(
            page,
            "<rect class=\"hatched\" x=\"{from}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{round}\"/>",
            middle - half,
            to - from,
            2 * half
        )?;
    }
    let room = (to - from).saturating_sub(16);
    let label = bar.label.as_str();
    let shorter = label.strip_prefix("Hcs").unwrap_or(label);
    let shortest = label.split(' ').next().unwrap_or(label);
    let shown = [label, shorter, shortest].into_iter().find(|it| letters(it.chars().count()) <= room);
    if let Some(label) = shown.filter(|it| !it.is_empty()) {
        let x = (from + to) / 2;
        let class = if bar.kind == BarKind::Call { "label above" } else { "label" };
        let y = if bar.kind == BarKind::Call { middle - 7 } else { middle + 4 };
        writeln!(page, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", Escaped(label))?;
    }
    Ok(())
}

fn write_mark(mark: &Mark, x: u32, y: u32, page: &mut String) -> fmt::Result {
    let entry = mark.entry;
    match mark.shape {
        None => {
            writeln!(page, "<circle class=\"touch\" data-e=\"{entry}\" cx=\"{x}\" cy=\"{y}\" r=\"2\"/>")
        }
        Some(shape) => {
            let bad = if shape.is_bad() { " bad" } else { "" };
            writeln!(
                page,
                "<a class=\"mark{bad}\" id=\"m{entry}\" href=\"#e{entry}\" data-e=\"{entry}\" aria-labelledby=\"l{entry}\"><use href=\"#{}\" x=\"{x}\" y=\"{y}\"/></a>",
                shape.symbol()
            )
        }
    }
}

/// About how wide so many letters of a label are, in pixels.
fn letters(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX / 8).saturating_mul(6)
}
