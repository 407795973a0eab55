//! `Command`: what to run, and in which surroundings; the schema's `ProcessParameters`.
//! Not here: running it (`running`).

use std::collections::BTreeMap;

use serde::Serialize;

/// A command to run in a container.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Command {
    command_line: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    working_directory: Option<String>,
    environment: BTreeMap<String, String>,
    emulate_console: bool,
    create_std_in_pipe: bool,
    create_std_out_pipe: bool,
    create_std_err_pipe: bool,
    /// Height, then width.
    #[serde(skip_serializing_if = "Option::is_none")]
    console_size: Option<(u16, u16)>,
}

impl Command {
    /// A command line as Windows has them: what is to be quoted is quoted already.
    pub fn new(command_line: &str) -> Command {
        Command {
            command_line: command_line.to_owned(),
            create_std_in_pipe: true,
            create_std_out_pipe: true,
            create_std_err_pipe: true,
            ..Command::default()
        }
    }

    /// Adds a variable to the environment.
    pub fn environment(mut self, name: &str, value: &str) -> Command {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Where the command starts.
    pub fn working_directory(mut self, path: &str) -> Command {
        self.working_directory = Some(path.to_owned());
        self
    }

    /// Gives the command a console. That has one stream: errors come out between the rest of the output.
    pub fn console(mut self, height: u16, width: u16) -> Command {
        self.emulate_console = true;
        self.create_std_err_pipe = false;
        self.console_size = Some((height, width));
        self
    }
}
