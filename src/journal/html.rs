//! The journal as one page to look at: lanes over virtual time, and below them the timeline.
//! Not here: the text of an entry (`text`), the sequence diagram (`mermaid`).

mod callbacks;
mod draw;
mod escape;
mod lanes;
mod parts;
mod scale;

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display, Write};

use super::text::{Line, Seconds};
use super::{Entry, Journal, What};
use crate::call::Argument;
use escape::Escaped;
use lanes::Lanes;
use parts::{client_thread, failure};
use scale::Scale;

/// A document is shown up to this many characters.
const DOCUMENT: usize = 10_000;
/// One that stands there already is pointed to if it has more than this many bytes.
const WORTH_A_LINK: usize = 200;
/// So many bytes of documents a page has; further ones are left out, with a word.
const DOCUMENTS: usize = 4 << 20;
/// So many rows a table has, so that a browser lays out those only that are looked at.
const ROWS: usize = 250;
/// So many failures are listed at the top.
const FAILURES: usize = 24;

impl Journal {
    /// One page of HTML that stands by itself: it needs no network, loads nothing, and opens from a file.
    ///
    /// Each thread, each system with its operations and processes, and the callbacks have a lane; virtual time runs from left to right,
    /// by the order of what happened: time that passes is a gap with a label, a day not much wider than a millisecond. Pointing at a mark, or
    /// reaching it by keyboard, shows the entry with its documents. The whole timeline stands below. The same journal gives the same page, to the letter.
    ///
    /// ```
    /// use hcs_sim::Host;
    /// let host = Host::new();
    /// // .. the test ..
    /// let page = host.journal().to_html();
    /// assert!(page.starts_with("<!DOCTYPE html>"));
    /// // std::fs::write("journal.html", page)
    /// ```
    pub fn to_html(&self) -> String {
        let mut page = String::new();
        write_page(self, &mut page).expect("hcs-sim bug: a text takes everything");
        page
    }
}

fn write_page(journal: &Journal, page: &mut String) -> fmt::Result {
    let entries = journal.entries();
    let scale = Scale::of(entries);
    let lanes = Lanes::of(entries, &scale);
    page.push_str(concat!(
        include_str!("html/head.html"),
        "<style>\n",
        include_str!("html/page.css"),
        "</style>\n</head>\n<body>\n<main>\n<h1>Journal</h1>\n"
    ));
    write_summary(journal, &lanes, page)?;
    if !entries.is_empty() {
        page.push_str("<section id=\"lanes\" aria-label=\"lanes\">\n");
        draw::write(&lanes, &scale, page)?;
        page.push_str("</section>\n");
        write_table(entries, &lanes, page)?;
    }
    page.push_str(
        "</main>\n<aside id=\"pane\" aria-label=\"entry\" aria-live=\"polite\"></aside>\n<script>\n",
    );
    page.push_str(include_str!("html/page.js"));
    page.push_str("</script>\n</body>\n</html>\n");
    Ok(())
}

fn write_summary(journal: &Journal, lanes: &Lanes, page: &mut String) -> fmt::Result {
    let entries = journal.entries();
    page.push_str("<p class=\"summary\">");
    write!(page, "{}", Count(entries.len(), "entry", "entries"))?;
    for count in [
        Count(lanes.threads.len(), "thread", "threads"),
        Count(lanes.systems, "system", "systems"),
        Count(lanes.operations, "operation", "operations"),
        Count(lanes.processes, "process", "processes"),
    ] {
        if count.0 > 0 {
            write!(page, ", {count}")?;
        }
    }
    if let Some(last) = entries.iter().map(|it| it.at).max() {
        write!(page, "; virtual time up to t={}", Seconds(last))?;
    }
    page.push_str("</p>\n");
    if journal.dropped() > 0 {
        writeln!(
            page,
            "<p class=\"dropped\">{} older entries were dropped; Builder::journal_limit raises the limit.</p>",
            journal.dropped()
        )?;
    }
    let mut told = HashSet::new();
    let mut failures = entries.iter().enumerate().filter_map(|(index, entry)| {
        let code = failure(entry)?;
        let read_later = match &entry.what {
            What::Completed { operation, .. } => {
                told.insert((*operation, code));
                false
            }
            What::Called { call, .. } => call.operation().is_some_and(|it| told.contains(&(it, code))),
            _ => false,
        };
        (!read_later).then_some((index, code))
    });
    let first: Vec<_> = failures.by_ref().take(FAILURES).collect();
    if !first.is_empty() {
        page.push_str("<p class=\"failures\">Failures:");
        for (index, code) in first {
            write!(page, " <a href=\"#m{index}\" data-e=\"{index}\">{}</a>", code.label())?;
        }
        match failures.count() {
            0 => {}
            more => write!(page, " and {more} more")?,
        }
        page.push_str("</p>\n");
    }
    Ok(())
}

/// `1 entry`, `2 entries`.
struct Count(usize, &'static str, &'static str);

impl Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { self.1 } else { self.2 })
    }
}

fn write_table(entries: &[Entry], lanes: &Lanes, page: &mut String) -> fmt::Result {
    page.push_str("<section id=\"timeline\" aria-label=\"timeline\">\n<h2>Timeline</h2>\n");
    let mut documents = Documents::default();
    let mut before = None;
    for (part, entries) in entries.chunks(ROWS).enumerate() {
        page.push_str(concat!(
            "<div class=\"rows\"><table>\n",
            "<thead><tr><th>#</th><th>time</th><th>thread</th><th>what happened</th></tr></thead>\n<tbody>\n"
        ));
        for (row, entry) in entries.iter().enumerate() {
            let is_later = before.replace(entry.at).is_some_and(|it| it != entry.at);
            write_row(part * ROWS + row, entry, is_later, lanes, &mut documents, page)?;
        }
        page.push_str("</tbody>\n</table></div>\n");
    }
    page.push_str("</section>\n");
    Ok(())
}

fn write_row<'a>(
    index: usize,
    entry: &'a Entry,
    is_later: bool,
    lanes: &Lanes,
    documents: &mut Documents<'a>,
    page: &mut String,
) -> fmt::Result {
    let class = match (is_later, failure(entry).is_some()) {
        (false, false) => "",
        (true, false) => " class=\"later\"",
        (false, true) => " class=\"bad\"",
        (true, true) => " class=\"later bad\"",
    };
    let number = client_thread(entry).and_then(|name| lanes.threads.iter().position(|it| it == name));
    let thread = number.map_or("callbacks".to_owned(), draw::thread_class);
    write!(
        page,
        "<tr id=\"e{index}\"{class}><td><a href=\"#m{index}\">{}</a></td><td>{}</td><td class=\"{thread}\"><bdi>{}</bdi></td><td><span id=\"l{index}\">{}</span>",
        entry.number,
        Seconds(entry.at),
        Escaped(&entry.thread),
        Escaped(Line(entry))
    )?;
    if let Some(note) = entry.note() {
        write!(page, "<p class=\"note\">{}</p>", Escaped(note))?;
    }
    for (name, text) in documents_of(entry) {
        documents.write(&name, text, page)?;
    }
    page.push_str("</td></tr>\n");
    Ok(())
}

/// The documents of an entry, with what each is called.
fn documents_of(entry: &Entry) -> Vec<(String, &str)> {
    let result = |text| ("result".to_owned(), text);
    match &entry.what {
        What::Called { call, answer, .. } => {
            let given = call.document().filter(|it| it.starts_with(['{', '[']));
            let name = |given| {
                let is = |it: &Argument<'_>| matches!(it, Argument::Text { text, .. } if text.as_str() == Some(given));
                call.arguments()
                    .into_iter()
                    .find(|it| is(&it.1))
                    .map_or("document", |it| it.0)
                    .replace('_', " ")
            };
            let given = given.map(|it| (name(it), it));
            given.into_iter().chain(answer.document.as_deref().map(result)).collect()
        }
        What::Completed { document, .. } => document.as_deref().map(result).into_iter().collect(),
        What::Exited { document, .. } | What::ProcessExited { document, .. } => {
            vec![("exit status".to_owned(), document)]
        }
        What::EventEntered { data, .. } => {
            data.as_deref().map(|it| ("data".to_owned(), it)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The documents that the page has so far, each of some length by its text.
#[derive(Default)]
struct Documents<'a> {
    numbers: HashMap<&'a str, usize>,
    written: usize,
}

impl<'a> Documents<'a> {
    fn write(&mut self, name: &str, text: &'a str, page: &mut String) -> fmt::Result {
        let name = Escaped(name);
        if text.is_empty() {
            return Ok(());
        }
        if let Some(number) = self.numbers.get(text) {
            return write!(
                page,
                "<p class=\"same\" data-d=\"{number}\">{name}: <a href=\"#d{number}\">the same as before</a></p>"
            );
        }
        if self.written > DOCUMENTS {
            return write!(page, "<p class=\"same\">{name}: left out, the page has too many</p>");
        }
        self.written += text.len();
        page.push_str("<details");
        if text.len() > WORTH_A_LINK {
            let number = self.numbers.len();
            self.numbers.insert(text, number);
            write!(page, " id=\"d{number}\"")?;
        }
        let cut = text.char_indices().nth(DOCUMENT).map_or(text, |it| &text[..it.0]);
        write!(page, "><summary>{name}</summary><pre>{}", Escaped(cut))?;
        if cut.len() < text.len() {
            write!(page, ".. ({} characters)", text.chars().count())?;
        }
        page.push_str("</pre></details>");
        Ok(())
    }
}
