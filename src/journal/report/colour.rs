//! Colour for what hcs-sim itself writes to a terminal: the sentences bold, the guilty lines red.
//! Not here: the texts. A panic's text is never coloured: who knows where it is shown.

use std::io::IsTerminal;

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// The text as it goes to stderr.
pub(crate) fn for_stderr(text: String) -> String {
    // The harness keeps what a test writes to stderr, and shows it on stdout.
    let is_terminal = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    if is_terminal && !is_unwanted { coloured(&text) } else { text }
}

fn coloured(text: &str) -> String {
    let is_sentence = |line: &str| {
        line.split_once(". ").is_some_and(|it| !it.0.is_empty() && it.0.bytes().all(|it| it.is_ascii_digit()))
    };
    let lines = text.split_inclusive('\n').map(|whole| {
        let line = whole.trim_end_matches('\n');
        let end = &whole[line.len()..];
        match () {
            () if is_sentence(line) => format!("{BOLD}{line}{PLAIN}{end}"),
            () if line.ends_with("   <<<<<") => format!("{RED}{line}{PLAIN}{end}"),
            () => whole.to_owned(),
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_bold_and_guilty_lines_red() {
        let text = "hcs-sim: 1 finding\n\n1. x was never closed\n     to mend      close it\n\nt=0  main  x   <<<<<\n";
        assert_eq!(
            coloured(text),
            "hcs-sim: 1 finding\n\n\x1b[1m1. x was never closed\x1b[0m\n     to mend      close it\n\n\
             \x1b[31mt=0  main  x   <<<<<\x1b[0m\n"
        );
    }
}
