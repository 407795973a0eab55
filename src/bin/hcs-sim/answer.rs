//! What goes in and out: files and the standard input, the answer, its exit code.
//! Not here: what the answer is (a file for each subcommand).

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::process::ExitCode;

use serde::Serialize;

/// What a subcommand has to say.
pub(crate) struct Answer {
    text: String,
    is_good: bool,
}

/// Why there is no answer: wrong usage, or a file that cannot be used.
pub(crate) struct Failure(pub(crate) String);

/// Exit code of an answer that is not good news.
const BAD: u8 = 1;
/// Exit code of no answer; that of clap for wrong usage as well.
const FAILED: u8 = 2;

impl Answer {
    /// Lines for people. What would be told to their terminal is written out.
    pub(crate) fn lines(text: &str, is_good: bool) -> Answer {
        let mut plain = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '\n' | '\t' => plain.push(letter),
                it if it.is_control() => write!(plain, "{}", it.escape_default()).unwrap_or_default(),
                it => plain.push(it),
            }
        }
        Answer { text: plain, is_good }
    }

    /// Text for programs, as it is.
    pub(crate) fn verbatim(text: String, is_good: bool) -> Answer {
        Answer { text, is_good }
    }

    /// One line of JSON.
    pub(crate) fn json(value: &impl Serialize, is_good: bool) -> Result<Answer, Failure> {
        let text = serde_json::to_string(value).map_err(|it| Failure(it.to_string()))?;
        Ok(Answer { text: text + "\n", is_good })
    }
}

/// Prints an answer; its exit code. A reader that goes away has read enough.
pub(crate) fn give(answer: Result<Answer, Failure>) -> ExitCode {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Failure(message)) => return fail(&message),
    };
    let mut out = std::io::stdout().lock();
    match out.write_all(answer.text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => fail(&format!("standard output: {error}")),
        _ if answer.is_good => ExitCode::SUCCESS,
        _ => ExitCode::from(BAD),
    }
}

fn fail(message: &str) -> ExitCode {
    let message = Answer::lines(&format!("hcs-sim: {message}\n"), false).text;
    let _ = std::io::stderr().write_all(message.as_bytes()); // nobody is left to be told
    ExitCode::from(FAILED)
}

/// The bytes of a file; `-` is the standard input.
pub(crate) fn read(file: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match file {
        "-" => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
        path => std::fs::read(path),
    };
    read.map_err(|error| Failure(format!("{}: {error}", shown(file))))
}

/// The text of a file.
pub(crate) fn read_text(file: &str) -> Result<String, Failure> {
    let not_text = |_| Failure(format!("{}: not UTF-8", shown(file)));
    String::from_utf8(read(file)?).map_err(not_text)
}

/// A file as messages name it.
pub(crate) fn shown(file: &str) -> &str {
    if file == "-" { "<stdin>" } else { file }
}
