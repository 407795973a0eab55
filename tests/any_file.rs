//! Any bytes as a scenario file or a saved journal: reading them ends, and what is wrong has a place in them.
//! Not here: what right files say (`scenarios`, `replay`).

mod support;

use hcs_sim::{Error, Host, Journal, Scenario, call, event, program};
use proptest::prelude::*;
use support::{VM, close_system, create, repeatable, start};

/// What is told has a place: a line that is there, and a column in it or right behind it.
fn examine(text: &str, read: Result<(), Error>) {
    let Err(error) = read else { return };
    let Error::BadFile { problems, .. } = &error else { panic!("{error}") };
    assert!(!problems.is_empty());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut last = (0, 0);
    for problem in problems {
        let line = lines.get(problem.line - 1).unwrap_or_else(|| panic!("no such line: {problem}\n{text}"));
        assert!(
            (1..=line.chars().count() + 1).contains(&problem.column),
            "no such column: {problem}\n{line:?}"
        );
        assert!(!problem.message.is_empty() && problem.message.len() < 2_000, "{problem}");
        assert!(last <= (problem.line, problem.column), "not in order: {problem}");
        last = (problem.line, problem.column);
    }
    assert!(error.to_string().contains("cannot be used"));
}

fn scenario(text: &str) {
    examine(
        text,
        Scenario::from_json(text).map(|it| {
            // What can be read can be written, and says the same then.
            let written = it.to_json();
            assert_eq!(Scenario::from_json(&written).unwrap(), it, "{written}");
            assert_eq!(Scenario::from_json(&written).unwrap().to_json(), written);
            // And it can be played, or cannot be there.
            match Host::builder().scenario(&it) {
                Ok(host) => _ = Scenario::of(&host).unwrap(),
                Err(error) => assert!(matches!(error, Error::CannotBeThere { .. }), "{error}"),
            }
        }),
    );
}

fn journal(text: &str) {
    examine(
        text,
        Journal::load(text).map(|it| {
            let written = it.to_json_lines();
            assert_eq!(Journal::load(&written).unwrap().to_json_lines(), written);
            let _ = (it.to_string(), it.to_mermaid());
        }),
    );
}

fn scenarios() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files.iter().map(|it| std::fs::read_to_string(it).unwrap()).collect()
}

fn a_journal() -> String {
    Host::new().run(|host| {
        host.when(call::start()).fail(hcs_sim::hresult::E_OUTOFMEMORY).then().simulate();
        host.canned("tool", program::prints("naïve"));
        let system = create("wéb", VM);
        let _ = support::ask(hcs_sim::computecore::HcsStartComputeSystem, system, None);
        start(system);
        host.raise(event::worker_death("wéb"));
        let _ = support::wait_for_exit(system, 5);
        close_system(system);
        host.journal().to_json_lines()
    })
}

/// How a text is spoilt.
#[derive(Clone, Debug)]
enum Spoil {
    Byte { at: usize, byte: u8 },
    Cut(usize),
    Remove { at: usize, count: usize },
    Repeat { at: usize, count: usize },
    Insert { at: usize, what: &'static str },
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let at = || 0usize..20_000;
    let what = vec![
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\\",
        "\\ud800",
        "\r\n",
        "\t",
        "ä",
        "😀",
        "null",
        "-1",
        "1e999",
        "true",
        "\"\":1,",
        "99999999999999999999",
        "\"$schema\":1,",
        "//",
        "\u{feff}",
        "\0",
    ];
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Spoil::Byte { at, byte }),
        at().prop_map(Spoil::Cut),
        (at(), 1usize..40).prop_map(|(at, count)| Spoil::Remove { at, count }),
        (at(), 1usize..40).prop_map(|(at, count)| Spoil::Repeat { at, count }),
        (at(), proptest::sample::select(what)).prop_map(|(at, what)| Spoil::Insert { at, what }),
    ]
}

fn spoilt(text: &str, spoils: &[Spoil], crlf: bool) -> String {
    let mut bytes = if crlf { text.replace('\n', "\r\n").into_bytes() } else { text.as_bytes().to_vec() };
    for spoil in spoils {
        let size = bytes.len();
        if size == 0 {
            break;
        }
        match *spoil {
            Spoil::Byte { at, byte } => bytes[at % size] = byte,
            Spoil::Cut(at) => bytes.truncate(at % size),
            Spoil::Remove { at, count } => drop(bytes.drain(at % size..(at % size + count).min(size))),
            Spoil::Repeat { at, count } => {
                let part = bytes[at % size..(at % size + count).min(size)].to_vec();
                bytes.splice(at % size..at % size, part);
            }
            Spoil::Insert { at, what } => drop(bytes.splice(at % size..at % size, what.bytes())),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(repeatable(400))]

    #[test]
    fn a_scenario_file_that_is_spoilt_is_read_or_told(
        which in 0usize..100, spoils in proptest::collection::vec(spoil(), 0..4), crlf in any::<bool>(),
    ) {
        let all = scenarios();
        scenario(&spoilt(&all[which % all.len()], &spoils, crlf));
    }

    #[test]
    fn a_journal_that_is_spoilt_is_read_or_told(
        spoils in proptest::collection::vec(spoil(), 0..4), crlf in any::<bool>(),
    ) {
        journal(&spoilt(&a_journal(), &spoils, crlf));
    }

    #[test]
    fn any_text_is_read_or_told(text in any::<String>()) {
        scenario(&text);
        journal(&text);
        journal(&format!("{{\"hcs_sim_journal\":1}}\n{text}"));
    }
}

#[test]
fn a_mark_at_the_beginning_and_line_ends_of_windows_say_nothing() {
    let everything = include_str!("../fixtures/scenarios/everything.json");
    let as_windows = format!("\u{feff}{}", everything.replace('\n', "\r\n"));
    assert_eq!(Scenario::from_json(&as_windows).unwrap(), Scenario::from_json(everything).unwrap());
    Host::from_scenario("\u{feff}{}").unwrap();
    let saved = a_journal();
    let as_windows = format!("\u{feff}{}", saved.replace('\n', "\r\n"));
    assert_eq!(Journal::load(&as_windows).unwrap().to_json_lines(), saved);

    let text = "\u{feff}{\r\n\t\"allow\": [\"ä😀\", \"leaked-opration\"]\r\n}";
    let Err(Error::BadFile { problems, .. }) = Scenario::from_json(text) else { panic!("it cannot be used") };
    assert_eq!(problems.iter().map(|it| (it.line, it.column)).collect::<Vec<_>>(), [(2, 12), (2, 18)]);
}

#[test]
fn large_and_strange_files_end() {
    let mib = 1 << 20;
    let few = 1 << 16; // what is told takes its time in a debug build
    let many = |one: &str| format!("{one},").repeat(few / (one.len() + 1));
    let members: String = (0..20_000).map(|it| format!("\"{it}\":1,")).collect();
    let rule = r#"{"when":{"call":"start"},"simulate":true,"optional":true}"#;
    for text in [
        format!("{{{members}\"z\":1}}"),
        format!("{{\"rules\":[{}{rule}]}}", many(rule)),
        format!("{{\"rules\":[{}{rule}]}}", many(r#"{"when":{"call":"strat"}}"#)),
        format!("{{\"allow\":[{}1]}}", many("1")),
        format!("{{\"description\":\"{}\"}}", "\\u00e4".repeat(mib / 6)),
        r#"{"systems":[{"id":"a","configuration":"#.repeat(100_000),
        format!(
            r#"{{"rules":[{{"when":{{"document":{{"/a":{}{}}}}},"simulate":true}}]}}"#,
            "[".repeat(300),
            "]".repeat(300)
        ),
        format!(
            r#"{{"systems":[{{"id":"a","configuration":{{"Owner":{}{}}}}}]}}"#,
            "[".repeat(9_000),
            "]".repeat(9_000)
        ),
        "\n".repeat(mib),
    ] {
        scenario(&text);
        journal(&text);
        journal(&format!("{{\"hcs_sim_journal\":1}}\n{text}"));
    }
}
