//! Guest programs as a test provides them: which commands they answer, and the canned ones.
//! Not here: what a program can do (`runtime::guest`), when it runs (`model::process`).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::document::process::ProcessParameters;
use crate::model::identity::fold;
use crate::panics::{self, Panic};
use crate::runtime::guest::Guest;

type Body = Arc<dyn Fn(&mut Guest) -> u32 + Send + Sync>;
type Check = Arc<dyn Fn(&ProcessParameters) -> bool + Send + Sync>;

/// What a guest program does.
#[derive(Clone)]
pub(crate) enum Program {
    Closure(Body),
    Canned(Canned),
}

/// A program that prints and exits, without a closure. Made by [`prints`] and [`runs_until_terminated`].
///
/// ```
/// use std::time::Duration;
/// use hcs_sim::{Host, program};
/// let host = Host::new();
/// host.canned("cmd /c ver", program::prints("Windows\r\n"));
/// host.canned("build", program::prints("").complains("no such target\n").exits_with(2).after(Duration::from_secs(9)));
/// host.canned(program::starting_with("ping"), program::runs_until_terminated());
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a program does nothing until Host::canned installs it"]
pub struct Canned {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) after: Duration,
    /// `None`: it runs until it is ended.
    pub(crate) exit_code: Option<u32>,
}

/// A program that prints this and exits with 0.
pub fn prints(text: impl AsRef<[u8]>) -> Canned {
    Canned { stdout: text.as_ref().to_vec(), exit_code: Some(0), ..Canned::default() }
}

/// A program that runs until it is killed, signalled, or its system exits.
pub fn runs_until_terminated() -> Canned {
    Canned::default()
}

impl Canned {
    /// It prints this to standard output.
    pub fn prints(mut self, text: impl AsRef<[u8]>) -> Canned {
        self.stdout.extend_from_slice(text.as_ref());
        self
    }

    /// It prints this to standard error.
    pub fn complains(mut self, text: impl AsRef<[u8]>) -> Canned {
        self.stderr.extend_from_slice(text.as_ref());
        self
    }

    /// It exits with this code.
    pub fn exits_with(mut self, exit_code: u32) -> Canned {
        self.exit_code = Some(exit_code);
        self
    }

    /// It takes this long, in virtual time, from its output to its exit.
    pub fn after(mut self, time: Duration) -> Canned {
        self.after = time;
        self
    }

    /// Whether it needs nobody to run it.
    pub(crate) fn is_idle(&self) -> bool {
        self.exit_code.is_none() && self.stdout.is_empty() && self.stderr.is_empty()
    }
}

/// What a guest program exits with: `()` is 0.
pub trait ExitCode {
    /// The code.
    fn code(self) -> u32;
}

impl ExitCode for () {
    fn code(self) -> u32 {
        0
    }
}

impl ExitCode for u32 {
    fn code(self) -> u32 {
        self
    }
}

impl ExitCode for i32 {
    fn code(self) -> u32 {
        self.cast_unsigned()
    }
}

/// Says which commands a program answers. Every criterion added narrows it; a text alone is the exact command line.
///
/// ```
/// use hcs_sim::program;
/// let matcher = program::starting_with("sh -c").user("root").environment("HOME", "/root");
/// assert_eq!(matcher.to_string(), r#"command starting with "sh -c", user "root", HOME="/root""#);
/// ```
#[derive(Clone, Default)]
#[must_use = "a matcher does nothing until Host::program uses it"]
pub struct ProgramMatcher {
    pub(crate) command: Command,
    pub(crate) application: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) working_directory: Option<String>,
    pub(crate) system: Option<String>,
    pub(crate) environment: Vec<(String, String)>,
    closure: Option<(String, Check)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Command {
    #[default]
    Any,
    Is(String),
    StartsWith(String),
}

/// Any command.
pub fn any() -> ProgramMatcher {
    ProgramMatcher::default()
}

/// This command line: `CommandLine`, or `CommandArgs` joined by blanks, or the application's name.
pub fn command_line(text: impl Into<String>) -> ProgramMatcher {
    ProgramMatcher { command: Command::Is(text.into()), ..ProgramMatcher::default() }
}

/// Command lines that start with this.
pub fn starting_with(text: impl Into<String>) -> ProgramMatcher {
    ProgramMatcher { command: Command::StartsWith(text.into()), ..ProgramMatcher::default() }
}

impl From<&str> for ProgramMatcher {
    fn from(text: &str) -> ProgramMatcher {
        command_line(text)
    }
}

impl From<String> for ProgramMatcher {
    fn from(text: String) -> ProgramMatcher {
        command_line(text)
    }
}

impl ProgramMatcher {
    /// Only with this `ApplicationName`, compared without case.
    pub fn application(mut self, name: impl Into<String>) -> ProgramMatcher {
        self.application = Some(name.into());
        self
    }

    /// Only for this `User`, compared without case.
    pub fn user(mut self, name: impl Into<String>) -> ProgramMatcher {
        self.user = Some(name.into());
        self
    }

    /// Only in this `WorkingDirectory`, compared without case.
    pub fn working_directory(mut self, path: impl Into<String>) -> ProgramMatcher {
        self.working_directory = Some(path.into());
        self
    }

    /// Only with this variable in `Environment`.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> ProgramMatcher {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Only in the system with this id, compared without case.
    pub fn system(mut self, id: impl Into<String>) -> ProgramMatcher {
        self.system = Some(id.into());
        self
    }

    /// Only if a closure says yes. The description stands in messages. A panic in it is a finding and means no.
    pub fn matching(
        mut self,
        description: impl Into<String>,
        closure: impl Fn(&ProcessParameters) -> bool + Send + Sync + 'static,
    ) -> ProgramMatcher {
        self.closure = Some((description.into(), Arc::new(closure)));
        self
    }

    pub(crate) fn has_closure(&self) -> bool {
        self.closure.is_some()
    }

    /// Whether the closure, if there is one, says yes.
    pub(crate) fn ask(&self, parameters: &ProcessParameters) -> Result<bool, Panic> {
        let Some((_, closure)) = &self.closure else { return Ok(true) };
        panics::guarded(|| closure(parameters))
    }

    /// Which criteria say no, the closure's answer given.
    pub(crate) fn misses(
        &self,
        parameters: &ProcessParameters,
        system_id: &str,
        said: bool,
    ) -> Vec<ProgramMiss> {
        let mut misses = Vec::new();
        let command = parameters.command();
        match &self.command {
            Command::Is(expected) if *expected != command => {
                misses.push(ProgramMiss::Other {
                    what: "command".to_owned(),
                    expected: expected.clone(),
                    got: Some(command),
                });
            }
            Command::StartsWith(expected) if !command.starts_with(expected) => {
                misses.push(ProgramMiss::Start { expected: expected.clone(), got: command });
            }
            _ => {}
        }
        let mut other = |what: &str, expected: &str, got: Option<&str>| {
            misses.push(ProgramMiss::Other {
                what: what.to_owned(),
                expected: expected.to_owned(),
                got: got.map(str::to_owned),
            });
        };
        let texts = [
            ("application", &self.application, parameters.application_name.as_deref()),
            ("user", &self.user, parameters.user.as_deref()),
            ("working directory", &self.working_directory, parameters.working_directory.as_deref()),
            ("system", &self.system, Some(system_id)),
        ];
        for (what, expected, got) in texts {
            if let Some(expected) = expected
                && got.is_none_or(|it| fold(it) != fold(expected))
            {
                other(what, expected, got);
            }
        }
        for (name, expected) in &self.environment {
            let got = parameters.environment.get(name);
            if got != Some(expected) {
                other(name, expected, got.map(String::as_str));
            }
        }
        if let (Some((description, _)), false) = (&self.closure, said) {
            misses.push(ProgramMiss::Closure(description.clone()));
        }
        misses
    }
}

/// Why a command is not one that a program answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ProgramMiss {
    /// A text is another one, or is not there.
    Other { what: String, expected: String, got: Option<String> },
    /// The command begins otherwise.
    Start { expected: String, got: String },
    /// The closure with this description said no.
    Closure(String),
}

impl fmt::Display for ProgramMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.command {
            Command::Any => f.write_str("any command")?,
            Command::Is(text) => write!(f, "command {text:?}")?,
            Command::StartsWith(text) => write!(f, "command starting with {text:?}")?,
        }
        let texts = [
            ("application", &self.application),
            ("user", &self.user),
            ("working directory", &self.working_directory),
            ("system", &self.system),
        ];
        for (what, text) in texts {
            if let Some(text) = text {
                write!(f, ", {what} {text:?}")?;
            }
        }
        for (name, value) in &self.environment {
            write!(f, ", {name}={value:?}")?;
        }
        match &self.closure {
            Some((description, _)) => write!(f, ", {description}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ProgramMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgramMatcher({self})")
    }
}
