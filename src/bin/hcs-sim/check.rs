//! `hcs-sim check`: a document against the schema.
//! Not here: the check, which is the library's; places (`place`).

use clap::Args;
use clap::builder::PossibleValuesParser;
use hcs_sim::Profile;
use hcs_sim::schema::{self, Problem, ProblemKind, Version};
use serde::Serialize;

use crate::answer::{Answer, Failure, read, shown};
use crate::place::{Part, Place, offset};

/// Check a document against the schema of HCS
///
/// Prints a line for each problem: file, line, column, JSON pointer, and what is wrong. Nothing if the document is in order.
#[derive(Args)]
#[command(after_help = "\
Examples:
  hcs-sim check ComputeSystem vm.json
  hcs-sim check ModifySettingRequest - --profile WindowsServer2022 < request.json
  hcs-sim check '<Properties> array' list.json --schema 2.1 --json")]
pub(crate) struct Check {
    /// The type, as the schema names it: ComputeSystem, ModifySettingRequest, ProcessParameters, ..
    #[arg(value_name = "TYPE")]
    ty: String,
    /// The document; - for the standard input
    file: String,
    /// The newest schema of the host, such as 2.5; 2.6 if nothing is said
    #[arg(long, value_name = "VERSION", value_parser = version)]
    schema: Option<Version>,
    /// The Windows that the host is like
    #[arg(long, value_name = "NAME", conflicts_with = "schema", value_parser = profiles(), ignore_case = true)]
    profile: Option<String>,
    /// Print the problems as one JSON object
    #[arg(long)]
    json: bool,
}

fn version(text: &str) -> Result<Version, String> {
    let read = text.split_once('.').and_then(|it| Some(Version::new(it.0.parse().ok()?, it.1.parse().ok()?)));
    read.ok_or_else(|| "a version is two numbers, such as 2.5".to_owned())
}

fn profiles() -> PossibleValuesParser {
    let values = Profile::ALL.map(|it| clap::builder::PossibleValue::new(name_of(it)).help(it.to_string()));
    PossibleValuesParser::new(values)
}

/// The name in Rust, which scenario files use as well.
fn name_of(profile: Profile) -> String {
    format!("{profile:?}")
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    r#type: &'a str,
    schema: String,
    problems: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    line: Option<usize>,
    column: Option<usize>,
    pointer: &'a str,
    kind: String,
    message: String,
    nearest: Option<&'a str>,
    since: Option<String>,
}

impl Check {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let asked = self
            .profile
            .as_deref()
            .and_then(|name| Profile::ALL.into_iter().find(|it| name_of(*it).eq_ignore_ascii_case(name)));
        let version = self.schema.unwrap_or(asked.unwrap_or_default().schema());
        let unknown = schema::check(&self.ty, "", version);
        if let Some(problem) = unknown.iter().find(|it| it.kind == ProblemKind::UnknownType) {
            return Err(Failure(problem.to_string()));
        }
        let document = read(&self.file)?;
        let file = shown(&self.file);
        let problems = schema::check(&self.ty, &document, version);
        let rows = problems.iter().map(|it| row(it, &document));
        if self.json {
            let (r#type, schema) = (&*self.ty, version.to_string());
            let report = Report { file, r#type, schema, problems: rows.collect() };
            return Answer::json(&report, report.problems.is_empty());
        }
        let line = |it: Row<'_>| match it.line.zip(it.column) {
            Some((line, column)) => format!("{file}:{line}:{column}: {}\n", it.message),
            None => format!("{file}: {}\n", it.message),
        };
        Ok(Answer::lines(&rows.map(line).collect::<String>(), problems.is_empty()))
    }
}

fn row<'a>(problem: &'a Problem, document: &[u8]) -> Row<'a> {
    let (place, message) = match std::str::from_utf8(document) {
        Ok(text) if problem.kind == ProblemKind::NotJson => broken(problem, text),
        Ok(text) => {
            let part = match problem.kind {
                ProblemKind::UnknownMember | ProblemKind::DuplicateMember | ProblemKind::TooNew => Part::Name,
                _ => Part::Value,
            };
            (Some(Place::of(text, offset(text, &problem.pointer, part))), problem.to_string())
        }
        Err(error) => {
            let good = String::from_utf8_lossy(&document[..error.valid_up_to()]);
            (Some(Place::of(&good, good.len())), problem.to_string())
        }
    };
    Row {
        line: place.map(|it| it.line),
        column: place.map(|it| it.column),
        pointer: &problem.pointer,
        kind: format!("{:?}", problem.kind),
        message,
        nearest: problem.nearest.as_deref(),
        since: problem.since.map(|it| it.to_string()),
    }
}

/// What the parser says, without the place that stands before it.
fn broken(problem: &Problem, text: &str) -> (Option<Place>, String) {
    let message = problem.to_string();
    let parts = message.split_once(" at line ").and_then(|(before, rest)| {
        let (line, rest) = rest.split_once(" column ")?;
        let digits = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
        let place = Place::of_bytes(text, line.parse().ok()?, rest[..digits].parse().ok()?);
        Some((place, format!("{before}{}", &rest[digits..])))
    });
    match parts {
        Some((place, message)) => (Some(place), message),
        None => (None, message),
    }
}
