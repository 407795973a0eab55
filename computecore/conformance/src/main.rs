//! The table against the computecore.dll of a real Windows: says which rows differ, and how many in its exit code.
//! Not here: the table (`rows`), and the tests of this repository's own doors (`tests/conformance.rs`).
//!
//! Each row runs in a process of its own, so that a crash is a row that differs, and what it made ends with it. See
//! `docs/conformance.md`.

use std::path::PathBuf;
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::{Duration, Instant};

use hcs_sim_conformance::doors;
use hcs_sim_conformance::row::{Reach, Row};
use hcs_sim_conformance::rows;
use hcs_sim_conformance::run::{Record, run};
use hcs_sim_conformance::session::{PROGRAMS, Session, Surroundings};

/// Nothing was compared.
const NOT_RUN: u8 = 255;
/// So many rows that differ, or more.
const MOST: usize = 250;

/// What a row's own process exits with.
const AS_EXPECTED: u8 = 0;
const DIFFERS: u8 = 1;
const NOT_EXPORTED: u8 = 2;

/// The longest that a row may take: several waits of a minute.
const PATIENCE: Duration = Duration::from_secs(240);

/// Against what the rows are held.
enum Subject {
    /// The library of this build, as a rehearsal.
    Rehearsal,
    /// The computecore.dll of this Windows, or the library that was named.
    Real(PathBuf),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["--help" | "-h"] => {
            print!("{USAGE}");
            Ok(0)
        }
        ["--list"] => {
            rows::all().iter().for_each(|row| println!("{}", row.name));
            Ok(0)
        }
        ["--row", name] => one(name),
        ["--clean", name] => clean(name),
        words => all(words),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(NOT_RUN)
        }
    }
}

const USAGE: &str = "\
conformance [WORD ..]    holds the rows with one of the words in their names, or all, against computecore.dll
conformance --list       names the rows

  HCS_SIM_REAL=1                 the computecore.dll of this Windows; without it the library of this build, as a rehearsal
  HCS_SIM_REAL=PATH              another library
  HCS_SIM_REAL_CONTAINER=FILE    the configuration of a container that has cmd.exe, for the rows that need one

The exit code is the number of rows that differ (at most 250), or 255 if nothing was compared.
";

fn subject() -> Result<Subject, String> {
    let real = std::env::var("HCS_SIM_REAL").unwrap_or_default();
    match real.as_str() {
        "" | "0" => Ok(Subject::Rehearsal),
        "1" if cfg!(windows) => {
            let root = std::env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
            Ok(Subject::Real(PathBuf::from(root).join("System32").join("computecore.dll")))
        }
        "1" => Err("HCS_SIM_REAL=1 is for Windows: this system has no computecore.dll of its own".into()),
        path => Ok(Subject::Real(path.into())),
    }
}

fn surroundings(subject: &Subject) -> Result<Surroundings, String> {
    let real = matches!(subject, Subject::Real(_));
    let container = match std::env::var("HCS_SIM_REAL_CONTAINER") {
        Ok(path) if real => Some(
            std::fs::read_to_string(&path)
                .map_err(|error| format!("HCS_SIM_REAL_CONTAINER: {path}: {error}"))?,
        ),
        _ => None,
    };
    Ok(Surroundings { real, container })
}

/// Why a row is left out; `None` if it runs.
fn left_out(row: &Row, surroundings: &Surroundings) -> Option<&'static str> {
    match row.reach {
        Reach::SimOnly(why) => Some(why),
        Reach::Container if surroundings.real && surroundings.container.is_none() => {
            Some("HCS_SIM_REAL_CONTAINER names no container")
        }
        Reach::Anywhere | Reach::Container => None,
    }
}

/// The table, a process for each row.
fn all(words: &[&str]) -> Result<u8, String> {
    let subject = subject()?;
    let surroundings = surroundings(&subject)?;
    let library = match &subject {
        Subject::Rehearsal => doors::beside(doors::LIBRARY)?,
        Subject::Real(path) => path.clone(),
    };
    doors::from(&library)?; // or else every row would say that it cannot be loaded
    println!("{}", heading(&subject, &library));

    let (mut as_expected, mut differ, mut missing, mut out) = (0, 0, 0, 0);
    for row in rows::all() {
        if !words.is_empty() && !words.iter().any(|word| row.name.contains(word)) {
            continue;
        }
        if left_out(&row, &surroundings).is_some() {
            out += 1;
            continue;
        }
        let (code, said) = in_a_process(&row)?;
        match code {
            Some(code) if code == i32::from(AS_EXPECTED) => as_expected += 1,
            Some(code) if code == i32::from(NOT_EXPORTED) => {
                missing += 1;
                println!("\n{} was not run\n{said}", row.name);
            }
            Some(code) if code == i32::from(DIFFERS) => {
                differ += 1;
                println!("\n{} differs (docs/fidelity.md: {})\n{said}", row.name, row.cites.join(", "));
            }
            ended => {
                differ += 1;
                let how = ended.map_or("did not end in time".into(), |it| format!("ended with 0x{it:08X}"));
                println!("\n{} differs: its process {how}\n{said}", row.name);
                in_process(&["--clean", &row.name], PATIENCE)?;
            }
        }
    }
    println!(
        "\n{as_expected} rows as expected, {differ} differ, {missing} call what this library does not export, {out} left out"
    );
    Ok(u8::try_from(differ.min(MOST)).unwrap_or(NOT_RUN))
}

fn heading(subject: &Subject, library: &std::path::Path) -> String {
    let version = Command::new("cmd").args(["/c", "ver"]).output().ok().filter(|_| cfg!(windows));
    let version = version.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned()).unwrap_or_default();
    let what = match subject {
        Subject::Rehearsal => "a rehearsal: the library of this build is held against the table",
        Subject::Real(_) => "held against the table",
    };
    format!("hcs-sim-conformance {}: {}, {what}\n{version}", env!("CARGO_PKG_VERSION"), library.display())
        .trim_end()
        .to_owned()
}

/// Runs one row in a process of its own: the exit code, if it ended by itself and in time, and what it said.
fn in_a_process(row: &Row) -> Result<(Option<i32>, String), String> {
    in_process(&["--row", &row.name], PATIENCE)
}

fn in_process(arguments: &[&str], patience: Duration) -> Result<(Option<i32>, String), String> {
    let cannot = |error| format!("a row cannot be run in a process of its own: {error}");
    let program = std::env::current_exe().map_err(cannot)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if std::env::var_os("HCS_SIM_SCENARIO").is_none() {
        command.env("HCS_SIM_SCENARIO", PROGRAMS); // which a real Windows knows nothing of
    }
    let mut child = command.spawn().map_err(cannot)?;
    let begun = Instant::now();
    let is_over = loop {
        match child.try_wait().map_err(cannot)? {
            Some(_) => break true,
            None if begun.elapsed() > patience => break false,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    if !is_over {
        child.kill().map_err(cannot)?;
    }
    let Output { status, stdout, stderr } = child.wait_with_output().map_err(cannot)?;
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    let code = status.code().filter(|_| is_over);
    // Elsewhere than on Windows a process that died of a signal has no code.
    Ok((code.or_else(|| is_over.then_some(-1)), said))
}

/// One row, in this process.
fn one(name: &str) -> Result<u8, String> {
    let row = named(name)?;
    let subject = subject()?;
    let surroundings = surroundings(&subject)?;
    let api = open(&subject)?;
    let record: Record = run(&row, &api, &surroundings);
    if let Some(missing) = record.missing {
        println!("  {missing}");
        return Ok(NOT_EXPORTED);
    }
    if record.differences.is_empty() {
        return Ok(AS_EXPECTED);
    }
    record.differences.iter().for_each(|it| println!("  {it}"));
    println!("  what was seen:");
    record.lines.iter().for_each(|it| println!("    {it}"));
    Ok(DIFFERS)
}

/// Ends what a row left behind whose process could not do so.
fn clean(name: &str) -> Result<u8, String> {
    let (row, subject) = (named(name)?, subject()?);
    let surroundings = surroundings(&subject)?;
    let api = open(&subject)?;
    Session::new(&row, &api, &surroundings).clean_up();
    Ok(AS_EXPECTED)
}

fn named(name: &str) -> Result<Row, String> {
    rows::all().into_iter().find(|it| it.name == name).ok_or_else(|| format!("there is no row {name}"))
}

fn open(subject: &Subject) -> Result<hcs_sim_conformance::api::Api, String> {
    match subject {
        Subject::Rehearsal => doors::loaded(),
        Subject::Real(path) => doors::from(path),
    }
}
