//! The command line: documents and scenarios checked, codes explained, journals drawn. `docs/command-line.md` is its page.
//! Not here: what is checked and known, which is the library's; a file for each subcommand has its arguments and its words.

mod answer;
mod check;
mod code;
mod completions;
mod explain;
#[path = "../../schema/nearest.rs"]
mod nearest;
mod place;
mod scenario;
mod timeline;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Look at documents, codes, journals and scenarios of the Host Compute System without Windows.
#[derive(Parser)]
#[command(
    name = "hcs-sim",
    version,
    max_term_width = 100,
    after_help = "\
Exit codes: 0 the answer is good, 1 it is not (problems, an unknown code), 2 wrong usage or an unreadable file.
A FILE of - is the standard input."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Check),
    Explain(explain::Explain),
    Timeline(timeline::Timeline),
    Scenario(scenario::Scenarios),
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    let answer = match Arguments::parse().command {
        Command::Check(it) => it.run(),
        Command::Explain(it) => it.run(),
        Command::Timeline(it) => it.run(),
        Command::Scenario(it) => it.run(),
        Command::Completions(it) => Ok(it.run()),
    };
    answer::give(answer)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
