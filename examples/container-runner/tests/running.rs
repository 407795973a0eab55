//! Running commands: what they are given, what they write, how they end by themselves.
//! Not here: commands that somebody ends or steers (`steering`), and what goes wrong (`failing`).

#![cfg(not(windows))] // there, the declarations lead to the real HCS

use std::io::{self, Read};
use std::thread;

use container_runner::{Command, Container, Error, FOREVER, run};
use hcs_sim::{Host, program};

const CONTAINER: &str = include_str!("../../../fixtures/process-container.json");

#[test]
fn a_command_runs_and_its_output_and_exit_code_come_back() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("cmd /c ver", |guest| {
            guest.stdout("Microsoft Windows [Version 10.0.26100.1]\r\n");
            3
        });
        let (mut shown, screen) = io::pipe().unwrap();

        let code = run("press-7", CONTAINER, &Command::new("cmd /c ver"), screen, io::sink())?;

        assert_eq!(code, 3);
        let mut text = String::new();
        shown.read_to_string(&mut text).unwrap();
        assert_eq!(text, "Microsoft Windows [Version 10.0.26100.1]\r\n");
        Ok(())
    }) // a handle, a document or a pipe that nobody has closed or freed would fail the test here
}

#[test]
fn a_command_is_fed_and_sees_the_end_of_its_input() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("sort", |guest| {
            let mut lines = Vec::new();
            while let Some(line) = guest.read_line() {
                lines.push(line.trim_end().to_owned());
            }
            lines.sort();
            guest.stdout(lines.join(" "));
            0
        });
        let (shown, screen) = io::pipe().unwrap();
        let container = Container::start("press-7", CONTAINER)?;
        let sort = container.spawn(&Command::new("sort"), screen, io::sink())?;

        sort.write(b"pear\napple\n")?;
        sort.write(b"fig\n")?;
        sort.close_input()?; // without it, the command would wait for ever, and so would this

        assert_eq!(sort.wait(FOREVER)?, 0);
        assert_eq!(io::read_to_string(shown).unwrap(), "apple fig pear");
        assert!(matches!(sort.write(b"plum\n"), Err(Error::Stream { .. })));
        Ok(())
    })
}

#[test]
fn errors_are_kept_apart_from_output() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("build", |guest| {
            guest.stdout("compiling\n");
            guest.stderr("warning: unused\n");
            guest.stdout("done\n");
            1
        });
        let (shown, screen) = io::pipe().unwrap();
        let (complained, log) = io::pipe().unwrap();

        assert_eq!(run("press-7", CONTAINER, &Command::new("build"), screen, log)?, 1);

        assert_eq!(io::read_to_string(shown).unwrap(), "compiling\ndone\n");
        assert_eq!(io::read_to_string(complained).unwrap(), "warning: unused\n");
        Ok(())
    })
}

#[test]
fn megabytes_flow_from_both_streams_at_once() -> Result<(), Error> {
    const PIECE: usize = 48 * 1024;
    const PIECES: u8 = 100;
    Host::new().run(|host| {
        host.program("dump", |guest| {
            for number in 0..PIECES {
                guest.stdout(vec![number; PIECE]);
                guest.stderr(vec![!number; PIECE]);
            }
            0
        });
        let (mut shown, screen) = io::pipe().unwrap();
        let (mut complained, log) = io::pipe().unwrap();
        let all_of = |number: fn(u8) -> u8| (0..PIECES).flat_map(move |it| [number(it); PIECE]);
        let collected = thread::spawn(move || {
            let mut bytes = Vec::new();
            shown.read_to_end(&mut bytes).map(|_| bytes)
        });
        let complaints = thread::spawn(move || {
            let mut bytes = Vec::new();
            complained.read_to_end(&mut bytes).map(|_| bytes)
        });

        assert_eq!(run("press-7", CONTAINER, &Command::new("dump"), screen, log)?, 0);

        assert!(collected.join().unwrap().unwrap().into_iter().eq(all_of(|it| it)));
        assert!(complaints.join().unwrap().unwrap().into_iter().eq(all_of(|it| !it)));
        Ok(())
    })
}

#[test]
fn a_screen_that_is_gone_is_reported_and_the_command_still_ends() {
    Host::new().run(|host| {
        host.program("dump", |guest| {
            for _ in 0..100 {
                guest.stdout(vec![b'.'; 48 * 1024]); // far more than fits into a pipe that nobody reads
            }
            0
        });
        let (shown, screen) = io::pipe().unwrap();
        drop(shown);

        let error = run("press-7", CONTAINER, &Command::new("dump"), screen, io::sink()).unwrap_err();

        assert!(matches!(error, Error::Stream { .. }), "{error}");
    });
}

#[test]
fn environment_and_working_directory_reach_the_command() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program("build /all", |guest| {
            let parameters = guest.parameters();
            assert_eq!(parameters.environment["JOB"], "7");
            assert_eq!(parameters.working_directory.as_deref(), Some(r"C:\job"));
            0
        });
        let build = Command::new("build /all")
            .environment("JOB", "7")
            .environment("CI", "1")
            .working_directory(r"C:\job");
        assert_eq!(run("press-7", CONTAINER, &build, io::sink(), io::sink())?, 0);
        Ok(())
    })
}

#[test]
fn the_same_command_does_something_else_in_another_environment() -> Result<(), Error> {
    Host::new().run(|host| {
        let released = program::command_line("build").environment("PROFILE", "release");
        host.canned(released, program::prints("").exits_with(5));
        host.canned("build", program::prints(""));
        let container = Container::start("press-7", CONTAINER)?;

        let build = Command::new("build");
        assert_eq!(container.spawn(&build, io::sink(), io::sink())?.wait(FOREVER)?, 0);
        let build = build.environment("PROFILE", "release");
        assert_eq!(container.spawn(&build, io::sink(), io::sink())?.wait(FOREVER)?, 5);
        Ok(())
    })
}

#[test]
fn two_commands_run_in_one_container_at_once() -> Result<(), Error> {
    Host::new().run(|host| {
        host.program(program::starting_with("echo-line"), |guest| {
            let line = guest.read_line().unwrap_or_default();
            guest.stdout(line.trim_end());
            guest.process_id()
        });
        let (first_shown, first_screen) = io::pipe().unwrap();
        let (second_shown, second_screen) = io::pipe().unwrap();
        let container = Container::start("press-7", CONTAINER)?;
        let first = container.spawn(&Command::new("echo-line 1"), first_screen, io::sink())?;
        let second = container.spawn(&Command::new("echo-line 2"), second_screen, io::sink())?;
        assert_ne!(first.id(), second.id());

        second.write(b"for the second\n")?; // the first still waits for its line
        assert_eq!(second.wait(FOREVER)?, second.id());
        assert_eq!(first.exited(), None);
        first.write(b"for the first\n")?;
        assert_eq!(first.wait(FOREVER)?, first.id());

        assert_eq!(io::read_to_string(first_shown).unwrap(), "for the first");
        assert_eq!(io::read_to_string(second_shown).unwrap(), "for the second");
        Ok(())
    })
}
