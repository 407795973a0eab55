//! Comparing a message with its file, and accepting a new one.
//! Not here: the messages.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

use hcs_sim::Host;

/// Set: what is written is accepted.
const BLESS: &str = "HCS_SIM_BLESS";
/// Set in a child process: the test whose body runs there.
const CHILD: &str = "HCS_SIM_CHILD";

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages/snapshots")
}

/// Runs a body on a host and compares the report of its findings with `snapshots/<name>.txt`.
#[track_caller]
pub fn of_report(name: &str, host: &Host, body: impl FnOnce()) {
    compare(name, &report_of(host, body));
}

/// The text with which a test fails that does something wrong.
pub fn report_of(host: &Host, body: impl FnOnce()) -> String {
    let payload =
        catch_unwind(AssertUnwindSafe(|| host.run(|_| body()))).expect_err("the body does something wrong");
    match payload.downcast::<String>() {
        Ok(text) if text.starts_with("hcs-sim: ") => *text,
        Ok(own) => resume_unwind(own),
        Err(own) => resume_unwind(own),
    }
}

/// Compares a message with `snapshots/<name>.txt`.
#[track_caller]
pub fn compare(name: &str, text: &str) {
    let text = normalised(text);
    let path = folder().join(format!("{name}.txt"));
    if std::env::var_os(BLESS).is_some() {
        return fs::write(&path, text).expect("the folder is there");
    }
    let accepted = fs::read_to_string(&path).unwrap_or_default();
    if accepted != text {
        panic!("{}", departure(name, &accepted, &text));
    }
}

/// What a person reads whose message has changed.
fn departure(name: &str, accepted: &str, text: &str) -> String {
    let file = format!("tests/messages/snapshots/{name}.txt");
    let what = match accepted {
        "" => format!("there is no {file} yet; the message reads:"),
        _ => format!("the message departs from {file} (-: accepted, +: now):"),
    };
    let hint = match text.contains("unknown (no debug information)") {
        true => "\n(messages name source lines: build the tests with debug information)\n",
        false => "",
    };
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    format!(
        "{what}\n\n{}{hint}\nif it is right as it is now, accept it, and commit the file:\n\n    \
         {BLESS}=1 cargo test -p hcs-sim --test messages -- --exact {test}\n",
        difference(accepted, text)
    )
}

/// The lines of both, those that differ marked with `-` and `+`.
fn difference(one: &str, other: &str) -> String {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    // How long the rest is that both have in common, from each pair of lines on.
    let mut common = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in (0..one.len()).rev() {
        for j in (0..other.len()).rev() {
            common[i][j] = if one[i] == other[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, String::new());
    while i < one.len() || j < other.len() {
        let is_old = j == other.len() || i < one.len() && common[i + 1][j] >= common[i][j + 1];
        let (mark, line) = match () {
            () if i < one.len() && j < other.len() && one[i] == other[j] => (' ', one[i]),
            () if is_old => ('-', one[i]),
            () => ('+', other[j]),
        };
        lines.push_str(&format!("{mark} {line}\n"));
        i += usize::from(mark != '+');
        j += usize::from(mark != '-');
    }
    lines
}

/// Without what changes with every edit or build: numbers of lines, and how the tests are built.
fn normalised(text: &str) -> String {
    let text = text.replace("-p hcs-sim --release ", "-p hcs-sim ");
    let mut pieces = text.split(".rs:");
    let mut normalised = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|it: char| it.is_ascii_digit());
        // Some places have a column, too.
        let column = rest.strip_prefix(':').filter(|it| it.starts_with(|it: char| it.is_ascii_digit()));
        let rest = column.map_or(rest, |it| it.trim_start_matches(|it: char| it.is_ascii_digit()));
        normalised.push_str(".rs:LINE");
        normalised.push_str(rest);
    }
    normalised
}

/// Runs a test's body in a process of its own, where it has the default host, limits or stderr to itself. Answers what the
/// body has answered there and what was written to stderr; nothing in the process itself.
pub fn in_child(test: &str, limits: &str, body: impl FnOnce() -> String) -> Option<(String, String)> {
    const BEGIN: &str = "<<<< message\n";
    const END: &str = ">>>> message\n";
    if std::env::var_os(CHILD).is_some() {
        print!("\n{BEGIN}{}{END}", body());
        return None;
    }
    let script = format!("{limits} exec \"$0\" --exact {test} --nocapture");
    let ran = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, test)
        .env_remove(BLESS)
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let (out, error) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let message = out.split_once(BEGIN).and_then(|it| it.1.split_once(END));
    let message = message.unwrap_or_else(|| panic!("the child said\n{out}\n{error}")).0.to_owned();
    Some((message, error.into_owned()))
}

#[test]
fn a_departure_shows_the_lines_and_what_to_run() {
    let text = departure("x", "same\nold\nend\n", "same\nnew\nend\n");
    assert_eq!(
        text,
        "the message departs from tests/messages/snapshots/x.txt (-: accepted, +: now):\n\n  same\n- old\n+ new\n  end\n\n\
         if it is right as it is now, accept it, and commit the file:\n\n    \
         HCS_SIM_BLESS=1 cargo test -p hcs-sim --test messages -- --exact \
         snapshot::a_departure_shows_the_lines_and_what_to_run\n"
    );
}

#[test]
fn numbers_of_lines_do_not_count() {
    assert_eq!(normalised("C:\\a at tests/a.rs:7"), "C:\\a at tests/a.rs:LINE");
    assert_eq!(normalised("a.rs:12:3 took b.rs:4, c.rs: no"), "a.rs:LINE took b.rs:LINE, c.rs:LINE no");
}
