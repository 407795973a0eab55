//! `hcs-sim timeline`: a saved journal as something to read or to look at.
//! Not here: how it is drawn, which is the library's.

use clap::Args;
use hcs_sim::{Error, Journal};

use crate::answer::{Answer, Failure, read_text, shown};

/// Show a saved journal: as text, as a page to look at, or as a diagram
///
/// Journal::save and Journal::to_json_lines write what it reads. Without an option, it prints the timeline, a line an entry.
#[derive(Args)]
#[command(after_help = "\
Examples:
  hcs-sim timeline journal.jsonl
  hcs-sim timeline journal.jsonl --html journal.html
  hcs-sim timeline - --mermaid < journal.jsonl")]
pub(crate) struct Timeline {
    /// The journal; - for the standard input
    journal: String,
    /// Write one self-contained page of HTML into a file; - for the standard output
    #[arg(long, value_name = "OUT")]
    html: Option<String>,
    /// Print a sequence diagram for Mermaid
    #[arg(long, conflicts_with = "html")]
    mermaid: bool,
    /// Print the entries as one JSON array
    #[arg(long, conflicts_with_all = ["html", "mermaid"])]
    json: bool,
}

impl Timeline {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let text = read_text(&self.journal)?;
        let journal = Journal::load(&text).map_err(|error| bad(&self.journal, error))?;
        if self.json {
            return Answer::json(&journal, true);
        }
        if self.mermaid {
            return Ok(Answer::verbatim(journal.to_mermaid(), true));
        }
        match self.html.as_deref() {
            None => Ok(Answer::lines(&journal.to_string(), true)),
            Some("-") => Ok(Answer::verbatim(journal.to_html(), true)),
            Some(path) => match std::fs::write(path, journal.to_html()) {
                Ok(()) => Ok(Answer::verbatim(String::new(), true)),
                Err(error) => Err(Failure(format!("{path}: {error}"))),
            },
        }
    }
}

/// What is wrong with a journal, each with its place, under the file's name.
fn bad(file: &str, error: Error) -> Failure {
    let file = shown(file);
    match error {
        Error::BadFile { problems, .. } => {
            let lines: Vec<String> = problems.iter().map(|it| format!("{file}:{it}")).collect();
            Failure(lines.join("\nhcs-sim: "))
        }
        other => Failure(format!("{file}: {other}")),
    }
}
