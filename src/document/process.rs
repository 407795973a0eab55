//! The documents of processes: `ProcessParameters`, `ProcessStatus`, signals, `ProcessModifyRequest`.
//! Not here: what a process does with them (`model::process`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

/// What `HcsCreateProcess` asks for.
///
/// ```
/// use hcs_sim::{Host, program};
/// Host::new().program(program::any(), |guest| {
///     let parameters = guest.parameters();
///     assert!(parameters.environment.is_empty());
///     u32::from(parameters.command_line.is_none())
/// });
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
#[allow(missing_docs)] // fields are named as in the schema
pub struct ProcessParameters {
    pub application_name: Option<Arc<str>>,
    pub command_line: Option<Arc<str>>,
    #[serde(default, deserialize_with = "super::or_default")]
    pub command_args: Vec<Arc<str>>,
    pub user: Option<Arc<str>>,
    pub working_directory: Option<Arc<str>>,
    #[serde(default, deserialize_with = "super::or_default")]
    pub environment: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "super::or_default")]
    pub restricted_token: bool,
    /// A console is emulated: standard error goes the way of standard output.
    #[serde(default, deserialize_with = "super::or_default")]
    pub emulate_console: bool,
    #[serde(default, deserialize_with = "super::or_default")]
    pub create_std_in_pipe: bool,
    #[serde(default, deserialize_with = "super::or_default")]
    pub create_std_out_pipe: bool,
    #[serde(default, deserialize_with = "super::or_default")]
    pub create_std_err_pipe: bool,
    /// Height, then width.
    pub console_size: Option<(u16, u16)>,
    #[serde(default, deserialize_with = "super::or_default")]
    pub use_existing_login: bool,
    #[serde(default, deserialize_with = "super::or_default")]
    pub use_legacy_console: bool,
    /// Not in the schema; what hcsshim sends for Linux containers. (fidelity: `process-parameters`)
    #[serde(default, alias = "CreateInUtilityVM", deserialize_with = "super::or_default")]
    pub create_in_utility_vm: bool,
    /// As above.
    #[serde(rename = "OCISpecification", alias = "OciSpecification")]
    pub oci_specification: Option<serde_json::Value>,
    /// As above.
    #[serde(rename = "OCIProcess", alias = "OciProcess")]
    pub oci_process: Option<serde_json::Value>,
}

impl ProcessParameters {
    /// The command as one line: `CommandLine`, or `CommandArgs` joined by blanks, or the application's name, or the arguments
    /// of the OCI process.
    pub fn command(&self) -> String {
        match (&self.command_line, self.command_args.as_slice(), &self.application_name) {
            (Some(line), _, _) => line.to_string(),
            (None, [], Some(name)) => name.to_string(),
            (None, [], None) => {
                let args = self.oci_process.as_ref().and_then(|it| it["args"].as_array());
                let args = args.into_iter().flatten().filter_map(serde_json::Value::as_str);
                args.collect::<Vec<_>>().join(" ")
            }
            (None, args, _) => args.join(" "),
        }
    }

    /// What a child gets that is started with this command: its parent's surroundings, and no pipes.
    pub(crate) fn of_child(&self, command_line: &str) -> ProcessParameters {
        ProcessParameters {
            command_line: Some(command_line.into()),
            user: self.user.clone(),
            working_directory: self.working_directory.clone(),
            environment: self.environment.clone(),
            ..ProcessParameters::default()
        }
    }

    /// Which of standard input, output and error the caller gets a pipe for. (fidelity: `emulate-console`)
    pub(crate) fn pipes(&self) -> [bool; 3] {
        [self.create_std_in_pipe, self.create_std_out_pipe, self.create_std_err_pipe && !self.emulate_console]
    }
}

/// How a process ended, or that it has not. All members are always written.
///
/// ```
/// use hcs_sim::ProcessStatus;
/// let json = r#"{"ProcessId":7,"Exited":true,"ExitCode":42,"LastWaitResult":0}"#;
/// assert_eq!(serde_json::from_str::<ProcessStatus>(json).unwrap(), ProcessStatus::exited(7, 42));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // fields are named as in the schema
pub struct ProcessStatus {
    pub process_id: u32,
    pub exited: bool,
    #[serde(default, deserialize_with = "super::or_default")]
    pub exit_code: u32,
    #[serde(default, deserialize_with = "super::or_default")]
    pub last_wait_result: i32,
}

impl ProcessStatus {
    /// Of a process that runs.
    pub fn running(process_id: u32) -> ProcessStatus {
        ProcessStatus::of(process_id, None)
    }

    /// Of one that has exited.
    pub fn exited(process_id: u32, exit_code: u32) -> ProcessStatus {
        ProcessStatus::of(process_id, Some(exit_code))
    }

    pub(crate) fn of(process_id: u32, exit_code: Option<u32>) -> ProcessStatus {
        ProcessStatus {
            process_id,
            exited: exit_code.is_some(),
            exit_code: exit_code.unwrap_or(0),
            last_wait_result: 0,
        }
    }
}

/// A signal, as `HcsSignalProcess` sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // the names are those of the schema
pub enum Signal {
    CtrlC,
    CtrlBreak,
    CtrlClose,
    CtrlLogOff,
    CtrlShutdown,
    /// A Linux signal by its number.
    Number(i32),
}

const NAMES: [(&str, Signal); 5] = [
    ("CtrlC", Signal::CtrlC),
    ("CtrlBreak", Signal::CtrlBreak),
    ("CtrlClose", Signal::CtrlClose),
    ("CtrlLogOff", Signal::CtrlLogOff),
    ("CtrlShutdown", Signal::CtrlShutdown),
];

const SIGKILL: i32 = 9;

impl Signal {
    /// Whether a program cannot catch it.
    pub(crate) fn is_final(self) -> bool {
        self == Signal::Number(SIGKILL)
    }

    /// The exit code of a program that does not catch it. (fidelity: `signal-default`)
    pub(crate) fn exit_code(self) -> u32 {
        match self {
            Signal::Number(number) => 128 + number.clamp(0, 127).unsigned_abs(),
            _ => 0xC000_013A,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|it| it.1 == *self) {
            Some((name, _)) => f.write_str(name),
            None => match self {
                Signal::Number(number) => write!(f, "signal {number}"),
                _ => unreachable!("every other signal has a name"),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Signal, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Name(String),
            Number(i32),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Signal::Number(number)),
            Form::Name(name) => NAMES.iter().find(|it| it.0 == name).map(|it| it.1).ok_or_else(|| {
                let known = NAMES.map(|it| it.0).join(", ");
                serde::de::Error::custom(format!("unknown signal {name:?}, expected one of {known}"))
            }),
        }
    }
}

/// `SignalProcessOptions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SignalOptions {
    pub(crate) signal: Option<Signal>,
}

/// `ProcessModifyRequest`, as far as it makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessChange {
    ConsoleSize { height: u16, width: u16 },
    Close(StdHandle),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum StdHandle {
    StdIn,
    StdOut,
    StdErr,
    All,
}

impl StdHandle {
    /// Whether it names standard input, output and error.
    pub(crate) fn names(self) -> [bool; 3] {
        [StdHandle::StdIn, StdHandle::StdOut, StdHandle::StdErr]
            .map(|it| self == it || self == StdHandle::All)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ModifyRequest {
    operation: Operation,
    console_size: Option<super::Object<Size>>,
    close_handle: Option<super::Object<Close>>,
}

#[derive(Deserialize)]
enum Operation {
    ConsoleSize,
    CloseHandle,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Size {
    height: u16,
    width: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Close {
    handle: StdHandle,
}

impl<'de> Deserialize<'de> for ProcessChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ProcessChange, D::Error> {
        use serde::de::Error;
        match ModifyRequest::deserialize(deserializer)? {
            ModifyRequest { operation: Operation::ConsoleSize, console_size: Some(size), .. } => {
                Ok(ProcessChange::ConsoleSize { height: size.0.height, width: size.0.width })
            }
            ModifyRequest { operation: Operation::CloseHandle, close_handle: Some(close), .. } => {
                Ok(ProcessChange::Close(close.0.handle))
            }
            ModifyRequest { operation: Operation::ConsoleSize, .. } => {
                Err(D::Error::custom("Operation ConsoleSize needs the member ConsoleSize"))
            }
            ModifyRequest { operation: Operation::CloseHandle, .. } => {
                Err(D::Error::custom("Operation CloseHandle needs the member CloseHandle"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_a_name_or_a_number() {
        let read = |text| serde_json::from_str::<SignalOptions>(text).map(|it| it.signal);
        assert_eq!(read(r#"{"Signal":"CtrlBreak"}"#).unwrap(), Some(Signal::CtrlBreak));
        assert_eq!(read(r#"{"Signal":15}"#).unwrap(), Some(Signal::Number(15)));
        assert_eq!(read("{}").unwrap(), None);
        assert!(read(r#"{"Signal":"SIGTERM"}"#).unwrap_err().to_string().contains("expected one of CtrlC"));
        assert_eq!(Signal::Number(15).exit_code(), 143);
    }

    #[test]
    fn a_change_needs_the_member_of_its_operation() {
        let read = serde_json::from_str::<ProcessChange>;
        assert_eq!(
            read(r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":40,"Width":120}}"#).unwrap(),
            ProcessChange::ConsoleSize { height: 40, width: 120 }
        );
        assert_eq!(
            read(r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#).unwrap(),
            ProcessChange::Close(StdHandle::StdIn)
        );
        assert!(read(r#"{"Operation":"CloseHandle","Handle":"StdIn"}"#).is_err()); // a known mistake
        assert!(read(r#"{"Operation":"ConsoleSize"}"#).is_err());
    }

    #[test]
    fn with_an_emulated_console_there_is_no_pipe_for_errors() {
        let read = |text: &str| serde_json::from_str::<ProcessParameters>(text).unwrap();
        let asked = r#""CreateStdOutPipe":true,"CreateStdErrPipe":true"#;
        assert_eq!(read(&format!("{{{asked}}}")).pipes(), [false, true, true]);
        assert_eq!(read(&format!("{{{asked},\"EmulateConsole\":true}}")).pipes(), [false, true, false]);
    }
}
