//! Steering commands from outside: their console is resized, they are interrupted, they are killed.
//! Not here: commands that are left alone (`running`), and what goes wrong (`failing`).

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use std::io::{self, BufRead, BufReader};
use std::time::Duration;

use container_runner::{Command, Container, Error, ExitType, FOREVER};
use hcs_sim::{Export, Host, Signal, call, program};

const CONTAINER: &str = include_str!("../../../fixtures/process-container.json");

const PATIENCE_MS: u32 = 10_000;
/// STATUS_CONTROL_C_EXIT
const INTERRUPTED: u32 = 0xC000_013A;
/// ERROR_PROCESS_ABORTED
const KILLED: u32 = 1067;

/// The next line that a command shows.
fn line(shown: &mut impl BufRead) -> String {
    let mut line = String::new();
    shown.read_line(&mut line).unwrap();
    line
}

#[test]
fn a_resize_of_the_console_reaches_the_command() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("powershell", |guest| {
            let (height, width) = guest.console_size().unwrap();
            guest.stdout(format!("{width} x {height}\n"));
            let (height, width) = guest.wait_for_resize();
            guest.stdout(format!("{width} x {height}\n"));
            0
        });
        let (shown, screen) = io::pipe().unwrap();
        let mut shown = BufReader::new(shown);
        let container = Container::start("press-7", CONTAINER)?;
        let shell = container.spawn(&Command::new("powershell").console(25, 80), screen, io::sink())?;

        assert_eq!(line(&mut shown), "80 x 25\n");
        shell.resize(50, 132)?;
        assert_eq!(line(&mut shown), "132 x 50\n");
        assert_eq!(shell.wait(FOREVER)?, 0);
        Ok(())
    })
}

#[test]
fn ctrl_c_reaches_the_command_which_ends_with_a_code_of_its_own() -> Result<(), Error> {
    Host::new().run(|host| {
        host.when(call::to(Export::HcsTerminateProcess)).simulate().expect(0);
        host.program("ping -t press-8", |guest| {
            guest.catch_signals();
            guest.stdout("pinging\n");
            let signal = guest.next_signal();
            guest.stdout("4 sent, 4 received\n");
            if signal == Signal::CtrlC { 7 } else { 1 }
        });
        let (shown, screen) = io::pipe().unwrap();
        let mut shown = BufReader::new(shown);
        let container = Container::start("press-7", CONTAINER)?;
        let ping = container.spawn(&Command::new("ping -t press-8"), screen, io::sink())?;
        assert_eq!(line(&mut shown), "pinging\n"); // from here on it catches signals

        assert_eq!(ping.stop(PATIENCE_MS)?, 7);

        assert_eq!(line(&mut shown), "4 sent, 4 received\n");
        assert_eq!(ping.exited(), Some(7));
        Ok(())
    })
}

#[test]
fn ctrl_c_ends_a_command_that_does_not_care_for_it() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("sort", |guest| {
            guest.read_to_end();
            0
        });
        let container = Container::start("press-7", CONTAINER)?;
        let sort = container.spawn(&Command::new("sort"), io::sink(), io::sink())?;
        sort.interrupt()?;
        assert_eq!(sort.wait(FOREVER)?, INTERRUPTED);
        Ok(())
    })
}

#[test]
fn a_command_that_ignores_ctrl_c_is_killed_after_the_patience() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("stubborn", |guest| {
            guest.catch_signals();
            guest.stdout("never\n");
            guest.read_to_end(); // the input stays open
            0
        });
        let (shown, screen) = io::pipe().unwrap();
        let mut shown = BufReader::new(shown);
        let container = Container::start("press-7", CONTAINER)?;
        let stubborn = container.spawn(&Command::new("stubborn"), screen, io::sink())?;
        assert_eq!(line(&mut shown), "never\n");
        let before = host.now();

        assert_eq!(stubborn.stop(PATIENCE_MS)?, KILLED);

        assert!(host.now() - before >= Duration::from_secs(10)); // of virtual time
        Ok(())
    })
}

#[test]
fn killing_twice_is_once_too_many_and_does_no_harm() -> Result<(), Error> {
    Host::new().run(|host| {
        host.canned("server", program::runs_until_terminated());
        let container = Container::start("press-7", CONTAINER)?;
        let server = container.spawn(&Command::new("server"), io::sink(), io::sink())?;
        server.kill()?;
        assert_eq!(server.wait(FOREVER)?, KILLED);
        server.kill()?;
        Ok(())
    })
}

#[test]
fn a_command_that_is_let_go_of_does_not_outlive_that() -> Result<(), Error> {
    Host::new().run(|host| {
        host.when(call::to(Export::HcsTerminateProcess)).simulate().expect(1);
        host.canned("server", program::runs_until_terminated());
        let container = Container::start("press-7", CONTAINER)?;
        drop(container.spawn(&Command::new("server"), io::sink(), io::sink())?);
        assert_eq!(container.shut_down(PATIENCE_MS)?.exit_type, ExitType::GracefulExit);
        Ok(())
    })
}

#[test]
fn a_container_that_does_not_shut_down_is_terminated() -> Result<(), Error> {
    Host::new().run(|host| {
        host.when(call::shut_down()).acknowledge(); // it is told, and does not obey
        let container = Container::start("press-7", CONTAINER)?;
        assert_eq!(container.shut_down(PATIENCE_MS)?.exit_type, ExitType::ForcedExit);
        Ok(())
    })
}
