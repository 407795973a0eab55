//! What goes wrong: with the command, with the container, with the service. It is reported, nothing hangs, nothing leaks.
//! Not here: commands that fail by themselves; to the runner, they have just ended (`running`).

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter};
use std::time::Duration;

use container_runner::{Command, Container, Error, ExitType, FOREVER, run};
use hcs_sim::hresult::*;
use hcs_sim::{Export, Guest, Host, call, event, program};

const CONTAINER: &str = include_str!("../../../fixtures/process-container.json");

/// A program that shows a line, and goes on until something happens to it.
fn follow_the_log(guest: &mut Guest) -> i32 {
    guest.stdout("following\n");
    guest.read_to_end();
    0
}

/// Where a program can be watched.
fn screen() -> (BufReader<PipeReader>, PipeWriter) {
    let (shown, screen) = io::pipe().unwrap();
    (BufReader::new(shown), screen)
}

/// The next line that a command shows.
fn line(shown: &mut impl BufRead) -> String {
    let mut line = String::new();
    shown.read_line(&mut line).unwrap();
    line
}

#[test]
fn a_command_that_is_not_there_is_reported() {
    Host::new().run(|_| {
        let error = run("press-7", CONTAINER, &Command::new("nonsense"), io::sink(), io::sink()).unwrap_err();
        assert_eq!(error.code(), HRESULT_ERROR_FILE_NOT_FOUND);
        assert!(error.to_string().starts_with("could not create the process: 0x80070002"), "{error}");
    }); // neither the process nor the container was left behind
}

#[test]
fn a_container_that_cannot_be_created_is_reported() {
    Host::new().run(|host| {
        host.when(call::create().system("press-7")).fail(HRESULT_ERROR_NO_SYSTEM_RESOURCES);
        let error = run("press-7", CONTAINER, &Command::new("build"), io::sink(), io::sink()).unwrap_err();
        assert_eq!(error.code(), HRESULT_ERROR_NO_SYSTEM_RESOURCES); // accepted first, and failed by the operation
    });
}

#[test]
fn a_process_that_cannot_be_created_leaves_the_container_usable() -> Result<(), Error> {
    Host::new().run(|host| {
        host.canned("build", program::prints(""));
        host.when(call::create_process()).fail(E_ACCESSDENIED).then().refuse(E_OUTOFMEMORY).then().simulate();
        let container = Container::start("press-7", CONTAINER)?;
        for code in [E_ACCESSDENIED, E_OUTOFMEMORY] {
            let error = container.spawn(&Command::new("build"), io::sink(), io::sink()).unwrap_err();
            assert_eq!(error.code(), code);
        }
        assert_eq!(container.spawn(&Command::new("build"), io::sink(), io::sink())?.wait(FOREVER)?, 0);
        Ok(())
    })
}

#[test]
fn a_signal_that_is_refused_is_not_taken_for_a_command_that_has_ended() -> Result<(), Error> {
    Host::new().run(|host| {
        host.when(call::to(Export::HcsSignalProcess)).fail(E_ACCESSDENIED);
        host.canned("server", program::runs_until_terminated());
        let container = Container::start("press-7", CONTAINER)?;
        let server = container.spawn(&Command::new("server"), io::sink(), io::sink())?;
        assert_eq!(server.stop(10_000).unwrap_err().code(), E_ACCESSDENIED);
        Ok(())
    })
}

#[test]
fn a_container_that_dies_under_a_command_is_reported() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("tail -f log", follow_the_log);
        let (mut shown, screen) = screen();
        let container = Container::start("press-7", CONTAINER)?;
        let tail = container.spawn(&Command::new("tail -f log"), screen, io::sink())?;
        assert_eq!(line(&mut shown), "following\n");

        host.raise(event::worker_death("press-7"));

        match tail.wait(FOREVER) {
            Err(Error::ContainerGone(exit)) => assert_eq!(exit.exit_type, ExitType::UnexpectedExit),
            other => panic!("{other:?}"),
        }
        assert_eq!(line(&mut shown), ""); // the output has ended, too
        Ok(())
    })
}

#[test]
fn a_service_that_crashes_while_output_streams_is_reported() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("tail -f log", follow_the_log);
        let (mut shown, screen) = screen();
        let container = Container::start("press-7", CONTAINER)?;
        let tail = container.spawn(&Command::new("tail -f log"), screen, io::sink())?;
        assert_eq!(line(&mut shown), "following\n");

        host.raise(event::service_disconnect());

        let error = tail.wait(FOREVER).unwrap_err();
        assert!(matches!(error, Error::ServiceLost { .. }), "{error}");
        for outcome in [tail.interrupt(), tail.kill(), tail.close_input(), container.terminate()] {
            let error = outcome.unwrap_err(); // what was handed out before the crash is of no use
            assert!(matches!(error, Error::ServiceLost { .. }), "{error}");
        }
        drop(tail);
        drop(container);
        assert_eq!(line(&mut shown), ""); // the output has ended, too
        Ok(())
    })
}

#[test]
fn a_service_that_crashes_ends_a_wait_that_has_begun() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("tail -f log", follow_the_log);
        let container = Container::start("press-7", CONTAINER)?;
        let tail = container.spawn(&Command::new("tail -f log"), io::sink(), io::sink())?;
        host.raise_after(Duration::from_secs(60), event::service_disconnect());
        let error = tail.wait(FOREVER).unwrap_err();
        assert!(matches!(error, Error::ServiceLost { .. }), "{error}");
        Ok(())
    })
}

#[test]
fn a_request_that_is_pending_when_the_service_crashes_fails() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("tail -f log", follow_the_log);
        host.when(call::to(Export::HcsSignalProcess)).simulate().after(Duration::from_secs(5));
        let container = Container::start("press-7", CONTAINER)?;
        let tail = container.spawn(&Command::new("tail -f log"), io::sink(), io::sink())?;
        host.raise_after(Duration::from_secs(2), event::service_disconnect());

        let error = tail.interrupt().unwrap_err();

        assert!(matches!(error, Error::ServiceLost { .. }), "{error}");
        assert_eq!(host.now().as_secs(), 2); // not five, and not the runner's limit of ten
        Ok(())
    })
}
