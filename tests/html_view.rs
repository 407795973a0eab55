//! The journal as a page: read by a strict parser of XML, so that what a browser would guess at is an error here. How it looks was
//! tried by hand. Not here: the sequence diagram (`views`), the timeline as text (`findings`).

mod support;

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, Host, Journal, ResultError, call as calls, event, program};
use roxmltree::{Document, Node, ParsingOptions};
use support::listeners::Listener;
use support::processes::*;
use support::*;

const SMALL: &str = r#"{"VirtualMachine":{}}"#;
/// Markup, quotes, control characters, a letter that turns the others around, and one of several code points.
const HOSTILE: &str =
    "</script><b id=\"x\" a='y'>&amp;]]>\u{1}\u{7f}\u{202e}gnp.exe\u{feff}\u{ffff} 👩\u{200d}💻";

unsafe extern "system" fn done(operation: HCS_OPERATION, _: *const c_void) {
    // SAFETY: the operation is the callback's to close.
    unsafe { HcsCloseOperation(operation) };
}

fn read(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}"))
}

fn all<'a, 'b>(page: &'b Document<'a>, class: &'b str) -> impl Iterator<Item = Node<'b, 'a>> {
    page.descendants().filter(move |it| {
        it.attribute("class").is_some_and(|classes| classes.split(' ').any(|it| it == class))
    })
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|it| it.text().filter(|_| it.is_text())).collect()
}

/// The names of the lanes, from top to bottom.
fn lanes(page: &Document<'_>) -> Vec<String> {
    let names = all(page, "names").flat_map(|it| it.children().filter(Node::is_element));
    names.map(text).collect()
}

/// The lane that an entry's mark stands in, by its class, and the mark's shape.
fn mark(page: &Document<'_>, entry: usize) -> (String, String) {
    let id = format!("m{entry}");
    let mark = page.descendants().find(|it| it.attribute("id") == Some(&id)).expect("every entry has a mark");
    let lane = mark.parent().and_then(|it| it.attribute("class")).expect("a mark stands in a lane");
    let shape = mark.first_element_child().and_then(|it| it.attribute("href")).expect("a mark has a shape");
    (lane.to_owned(), shape.trim_start_matches('#').to_owned())
}

/// The number of the first entry whose line has such a text.
fn entry(journal: &Journal, part: &str) -> usize {
    let text = journal.to_string();
    let lines = text.lines().filter(|it| it.starts_with("t="));
    lines.enumerate().find(|it| it.1.contains(part)).unwrap_or_else(|| panic!("{part}\n{text}")).0
}

/// Each mark has a row and each row a mark, no two things have one id, and every link leads somewhere.
fn assert_is_linked(page: &Document<'_>, entries: usize) {
    let mut ids = BTreeSet::new();
    for id in page.descendants().filter_map(|it| it.attribute("id")) {
        assert!(ids.insert(id.to_owned()), "{id} twice");
    }
    for number in 0..entries {
        for id in [format!("m{number}"), format!("e{number}"), format!("l{number}")] {
            assert!(ids.contains(&id), "{id} is missing");
        }
    }
    for node in page.descendants() {
        if let Some(href) = node.attribute("href") {
            assert!(ids.contains(href.strip_prefix('#').expect("a page links to itself only")), "{href}");
        }
    }
}

/// A run with all kinds of entries.
fn journal() -> Journal {
    let listener = Listener::new();
    Host::new().run(|host| {
        host.canned("tool", program::prints("Windows\r\n"));
        host.when(calls::start().system("web"))
            .fail(E_OUTOFMEMORY)
            .document(ResultError::new().message("no memory"))
            .then()
            .simulate();
        let system = create("web", CONTAINER);
        assert_eq!(listener.register(system, 0), S_OK);
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, E_OUTOFMEMORY);
        start(system);
        let operation = operation_with(std::ptr::null(), Some(done));
        assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        host.advance(Duration::from_secs(1));
        let process = start_process(system, NO_PIPES).process;
        assert_eq!(exit_code(process), 0);
        close_process(process);
        assert_eq!(enumerate(None).0, S_OK);
        host.raise_after(Duration::from_secs(86_400), event::power_off("web"));
        assert_eq!(wait_for_exit(system, INFINITE).0, S_OK);
        host.advance(Duration::from_secs(1));
        close_system(system);
        host.journal()
    })
}

#[test]
fn every_thread_system_and_process_has_a_lane() {
    let journal = journal();
    let page = journal.to_html();
    let page = read(&page);
    assert_eq!(
        lanes(&page),
        ["thread main", "callbacks", "\"web\"", "operations", "process 1004", "other operations"]
    );
    assert_is_linked(&page, journal.entries().len());
}

#[test]
fn an_entry_stands_where_it_happens_with_the_shape_of_what_it_is() {
    let journal = journal();
    let page = journal.to_html();
    let page = read(&page);
    for (part, lane, shape) in [
        ("main  HcsCreateComputeSystem(", "thread t0", "called"),
        ("operation#1 completes", "operations", "completed"),
        ("operation#2 completes: Start E_OUTOFMEMORY", "operations", "failed"),
        ("INFINITE) -> E_OUTOFMEMORY", "thread t0", "call-failed"),
        ("callback of operation#4 enters", "callbacks", "enters"),
        ("hcs   HcsCloseOperation(operation#4)", "callbacks", "called"),
        ("callback of operation#4 returns", "callbacks", "returns"),
        ("exits: {\"ProcessId\"", "process", "exits"),
        ("system \"web\" exits", "system", "exits"),
        ("event SystemExited(system#1) -> callback enters", "callbacks", "enters"),
    ] {
        assert_eq!(mark(&page, entry(&journal, part)), (lane.to_owned(), shape.to_owned()), "{part}");
    }
}

#[test]
fn what_lasts_is_a_bar_that_says_what_it_is() {
    let page = journal().to_html();
    let page = read(&page);
    let labels: Vec<String> = all(&page, "label").map(text).collect();
    for label in ["is created", "created", "running", "#1 Create", "#2 Start", "process#1"] {
        assert!(labels.iter().any(|it| it == label), "{label} in {labels:?}");
    }
    let passed: Vec<String> = all(&page, "passed").map(text).collect();
    assert!(passed.contains(&"+1 d".to_owned()), "{passed:?}");
    let failed = all(&page, "pending").filter(|it| it.attribute("class").unwrap().contains("bad"));
    assert_eq!(failed.count(), 1);
    // the second start succeeds: one state follows the other without a gap
    let states: Vec<(u32, u32)> = all(&page, "state")
        .filter(|it| it.parent().unwrap().attribute("class") == Some("system"))
        .map(|it| {
            let number = |name| it.attribute(name).unwrap().parse::<u32>().unwrap();
            (number("x"), number("x") + number("width"))
        })
        .collect();
    assert_eq!(states.len(), 2);
    assert_eq!(states[0].1, states[1].0);
}

#[test]
fn what_does_not_end_is_open_to_the_end() {
    let page = Host::new().run(|host| {
        host.when(calls::start()).never_completes();
        let system = create("web", SMALL);
        let operation = operation();
        assert_eq!(call(HcsStartComputeSystem, system, operation, None), S_OK);
        assert_eq!(result(operation).0, HCS_E_OPERATION_PENDING);
        let page = host.journal().to_html();
        close_operation(operation);
        close_system(system);
        page
    });
    let page = read(&page);
    let open: Vec<&str> = all(&page, "open").map(|it| it.attribute("class").unwrap()).collect();
    assert_eq!(open, ["bar state open", "bar handle open", "bar pending open"]);
    assert!(all(&page, "label").any(|it| text(it) == "#2 Start"));
    assert_eq!(mark(&page, 7).1, "not-yet");
}

#[test]
fn operations_that_run_at_the_same_time_have_rows_of_their_own() {
    let page = Host::new().run(|host| {
        let system = create("web", SMALL);
        let (one, other) = (operation(), operation());
        for operation in [one, other] {
            assert_eq!(call(HcsGetComputeSystemProperties, system, operation, None), S_OK);
        }
        assert_eq!((wait(one).0, wait(other).0), (S_OK, S_OK));
        close_operation(one);
        close_operation(other);
        close_system(system);
        host.journal().to_html()
    });
    let page = read(&page);
    assert_eq!(lanes(&page), ["thread main", "\"web\"", "operations", "operations"]);
}

#[test]
fn the_table_has_the_lines_of_the_timeline_and_whole_documents() {
    let journal = journal();
    let page = journal.to_html();
    let page = read(&page);
    let id = |id: String| page.descendants().find(|it| it.attribute("id") == Some(&id)).unwrap();
    let timeline = journal.to_string();
    for (number, line) in timeline.lines().filter(|it| it.starts_with("t=")).enumerate() {
        assert!(line.ends_with(&text(id(format!("l{number}")))), "{line}");
    }
    let row = id(format!("e{}", entry(&journal, "operation#4 completes")));
    let document: Vec<String> = row.descendants().filter(|it| it.has_tag_name("pre")).map(text).collect();
    assert!(document[0].ends_with(r#""State":"Running"}"#), "{document:?}");
    let failures = all(&page, "failures").next().unwrap();
    assert_eq!(text(failures), "Failures: E_OUTOFMEMORY"); // once, although it was read as well
}

#[test]
fn a_note_stands_below_its_entry() {
    let page = Host::new().run(|host| {
        let system = create("web", SMALL);
        start(system);
        assert!(modify(system, r#"{"ResourcePath":"VirtualMachine/Nonsense","Settings":{}}"#).0.is_failure());
        close_system(system);
        host.journal().to_html()
    });
    let page = read(&page);
    let notes: Vec<String> = all(&page, "note").map(text).collect();
    assert_eq!(notes, [r#"no resource is known at "VirtualMachine/Nonsense", and nothing changed"#]);
}

#[test]
fn nothing_in_a_text_is_markup_and_nothing_in_it_is_invisible() {
    let page = Host::new().run(|host| {
        host.when(calls::start()).fail(E_FAIL).document(HOSTILE);
        let system = create(HOSTILE, SMALL);
        assert_eq!(ask(HcsStartComputeSystem, system, None).0, E_FAIL);
        std::thread::Builder::new()
            .name("<i>'\"&\u{202e}".to_owned())
            .spawn({
                let host = host.clone();
                move || {
                    let _entered = host.enter();
                    close_operation(operation());
                }
            })
            .unwrap()
            .join()
            .unwrap();
        close_system(system);
        host.journal().to_html()
    });
    assert_eq!(page.matches("</script>").count(), 1); // the page's own
    assert!(!page.contains(['\u{1}', '\u{7f}', '\u{202e}', '\u{feff}', '\u{ffff}']));
    let page = read(&page);
    assert_eq!(page.descendants().filter(|it| it.has_tag_name("b") || it.has_tag_name("i")).count(), 0);
    let names = lanes(&page);
    assert!(names.contains(&"thread <i>'\"&<U+202E>".to_owned()), "{names:?}");
    assert!(names.iter().any(|it| it.starts_with("\"</script><b id=")), "{names:?}");
    let document =
        page.descendants().filter(|it| it.has_tag_name("pre")).map(text).find(|it| it.starts_with("</"));
    assert_eq!(
        document.as_deref(),
        Some(
            "</script><b id=\"x\" a='y'>&amp;]]>\u{2401}\u{2421}<U+202E>gnp.exe<U+FEFF><U+FFFF> 👩\u{200d}💻"
        )
    );
    assert_is_linked(&page, 13);
}

#[test]
fn the_same_run_gives_the_same_page() {
    assert_eq!(journal().to_html(), journal().to_html());
}

#[test]
fn an_empty_journal_is_a_page_too() {
    let page = Host::new().run(|host| host.journal().to_html());
    let page = read(&page);
    let summary = all(&page, "summary").next().unwrap();
    assert_eq!(text(summary), "0 entries");
    assert_eq!(page.descendants().filter(|it| it.has_tag_name("table")).count(), 0);
}

#[test]
fn older_entries_that_were_dropped_are_told() {
    let page = Host::builder().journal_limit(4).run(|host| {
        close_system(create("web", SMALL));
        host.journal().to_html()
    });
    let page = read(&page);
    let dropped = all(&page, "dropped").next().unwrap();
    assert!(text(dropped).starts_with("2 older entries were dropped"), "{}", text(dropped));
    assert_is_linked(&page, 4);
}

#[test]
fn a_page_needs_nothing_but_itself() {
    let page = journal().to_html();
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("@import"));
    let page = read(&page);
    for node in page.descendants() {
        assert!(node.attribute("src").is_none() && !node.has_tag_name("link"), "{node:?}");
        assert!(!node.attributes().any(|it| it.name().starts_with("on")), "{node:?}");
    }
    let policy = page.descendants().find_map(|it| it.attribute("content").filter(|it| it.contains("-src")));
    assert!(policy.unwrap().starts_with("default-src 'none'; "));
}

#[test]
fn a_long_journal_is_a_page_that_can_be_opened() {
    let configuration = format!(r#"{{"Owner":"{}","VirtualMachine":{{}}}}"#, "o".repeat(2_000));
    let (page, entries) = Host::new().run(|host| {
        host.allow(FindingKind::LeakedOperation);
        let system = create("web", &configuration);
        start(system);
        for round in 0..1_100 {
            ask(HcsPauseComputeSystem, system, None);
            ask(HcsResumeComputeSystem, system, None);
            if round % 100 == 0 {
                operation(); // never closed
                host.advance(Duration::from_secs(86_400));
                close_system(create(&format!("job-{round}"), &configuration));
            }
        }
        close_system(system);
        (host.journal().to_html(), host.journal().entries().len())
    });
    assert!(entries > 10_000, "{entries}");
    assert!(page.len() < 900 * entries, "{} bytes", page.len() / entries);
    assert_eq!(page.matches(&"o".repeat(2_000)).count(), 1); // the document stands there once
    let page = read(&page);
    assert_is_linked(&page, entries);
    let sheets: Vec<u32> = all(&page, "lanes").filter_map(|it| it.attribute("width")?.parse().ok()).collect();
    assert!(sheets.len() > 20, "{}", sheets.len());
    assert!(sheets.iter().all(|it| *it < 40_000), "{sheets:?}");
    // a system that lives on is not drawn where nothing happens to it
    assert_eq!(lanes(&page).iter().filter(|it| *it == "\"job-0\"").count(), 1);
}

#[test]
fn a_journal_that_was_edited_is_drawn_as_far_as_it_makes_sense() {
    let saved = journal().to_json_lines();
    let (header, lines) = saved.split_once('\n').unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let every_second = |from| lines.iter().skip(from).step_by(2).copied().collect();
    let edited: [Vec<&str>; 5] = [
        lines.iter().rev().copied().collect(), // time runs backwards, everything ends before it begins
        every_second(0),
        every_second(1),
        lines.iter().flat_map(|it| [*it, *it]).collect(),
        lines[lines.len() / 2..].to_vec(), // as if the older half had been dropped
    ];
    for lines in edited {
        let journal = Journal::load(&format!("{header}\n{}\n", lines.join("\n"))).unwrap();
        let page = journal.to_html();
        assert_is_linked(&read(&page), lines.len());
    }
}

#[test]
fn a_saved_journal_gives_the_page_of_the_one_it_was() {
    let journal = journal();
    assert_eq!(Journal::load(&journal.to_json_lines()).unwrap().to_html(), journal.to_html());
}
