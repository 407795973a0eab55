//! Runs a command line in a new container, prints what it writes, and exits as it does.
//! Not here: containers (the library).

use std::error::Error;
use std::io;
use std::process::ExitCode;

use client_on_windows::Container;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [id, command_line] = arguments.as_slice() else {
        return Err("usage: client-on-windows <id> <command line>".into());
    };
    let container = Container::create(id, "client-on-windows")?;
    container.start()?;
    let mut command = container.run(command_line)?;
    io::copy(&mut command.stdout, &mut io::stdout())?;
    Ok(ExitCode::from(command.wait()?.try_into().unwrap_or(u8::MAX)))
}
