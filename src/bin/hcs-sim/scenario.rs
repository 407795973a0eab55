//! `hcs-sim scenario`: scenario files, before a test runs with them.
//! Not here: how a scenario is read and played, which is the library's.

use clap::{Args, Subcommand};
use hcs_sim::{Error, Host, Scenario};
use serde::Serialize;

use crate::answer::{Answer, Failure, read_text, shown};

/// Check scenario files, or describe them to editors
#[derive(Args)]
pub(crate) struct Scenarios {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(Check),
    Schema(Schema),
}

/// Print the JSON Schema of scenario files, for editors
///
/// Save it beside your scenarios, and name it in their "$schema".
#[derive(Args)]
#[command(after_help = "\
Example:
  hcs-sim scenario schema > tests/scenario.schema.json")]
struct Schema {}

/// Check a scenario file
///
/// Prints a line for each problem: file, line, column, and what is wrong. Nothing if a host can be made of it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  hcs-sim scenario check fixtures/scenarios/flaky-start.json
  hcs-sim scenario check - --json < scenario.json")]
struct Check {
    /// The scenario; - for the standard input
    file: String,
    /// Print the problems as one JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    problems: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    line: Option<usize>,
    column: Option<usize>,
    message: String,
}

impl Scenarios {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let check = match self.command {
            Command::Check(check) => check,
            Command::Schema(_) => {
                let text = serde_json::to_string_pretty(&Scenario::json_schema());
                let text = text.map_err(|it| Failure(it.to_string()))?;
                return Ok(Answer::verbatim(text + "\n", true));
            }
        };
        let text = read_text(&check.file)?;
        let file = shown(&check.file);
        let problems = problems(&text);
        let is_good = problems.is_empty();
        if check.json {
            return Answer::json(&Report { file, problems }, is_good);
        }
        let line = |it: Row| match it.line.zip(it.column) {
            Some((line, column)) => format!("{file}:{line}:{column}: {}\n", it.message),
            None => format!("{file}: {}\n", it.message),
        };
        Ok(Answer::lines(&problems.into_iter().map(line).collect::<String>(), is_good))
    }
}

/// What is wrong with the text, and if nothing is, what keeps a host from being made of it.
fn problems(text: &str) -> Vec<Row> {
    let made = Scenario::from_json(text).and_then(|it| Host::builder().scenario(&it));
    match made {
        Ok(host) => {
            let _ = host.verify(); // that no test used it is no news
            Vec::new()
        }
        Err(Error::BadFile { problems, .. }) => problems
            .into_iter()
            .map(|it| Row { line: Some(it.line), column: Some(it.column), message: it.message })
            .collect(),
        Err(error) => vec![Row { line: None, column: None, message: error.to_string() }],
    }
}
