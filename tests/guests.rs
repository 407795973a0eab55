//! Guest programs: what they see, how they wait, how they end.
//! Not here: pipes as such (`pipes`), what callers ask of processes (`processes`).

mod support;

use std::sync::mpsc::channel;
use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::{FindingKind, GuestEvent, Host, Signal, Time, program};
use support::processes::*;
use support::*;

#[test]
fn a_program_sees_its_parameters() {
    Host::new().run(|host| {
        host.program(program::any(), |guest| {
            let parameters = guest.parameters();
            assert_eq!(parameters.command_line.as_deref(), Some("tool -v"));
            assert_eq!(parameters.working_directory.as_deref(), Some(r"C:\work"));
            assert_eq!(parameters.environment["MODE"], "fast");
            assert_eq!(parameters.console_size, Some((25, 80)));
            assert_eq!(guest.console_size(), Some((25, 80)));
            assert_eq!(guest.system_id(), "box");
            guest.process_id()
        });
        let system = running("box");
        let started = start_process(
            system,
            r#"{"CommandLine":"tool -v","WorkingDirectory":"C:\\work","Environment":{"MODE":"fast"},"ConsoleSize":[25,80]}"#,
        );
        assert_eq!(exit_code(started.process), u64::from(started.info.ProcessId));
        started.close();
        close_system(system);
    });
}

#[test]
fn an_exit_code_is_a_number_of_either_sign_or_nothing() {
    Host::new().run(|host| {
        host.program("none", |_| {});
        host.program("negative", |_| -1);
        host.program("large", |_| 0xC000_0005_u32);
        host.program("exit", |guest| -> u32 { guest.exit(17) });
        let system = running("box");
        for (command, expected) in
            [("none", 0), ("negative", 0xFFFF_FFFF), ("large", 0xC000_0005), ("exit", 17)]
        {
            let started = start_process(system, &format!(r#"{{"CommandLine":"{command}"}}"#));
            assert_eq!(exit_code(started.process), expected, "{command}");
            started.close();
        }
        close_system(system);
    });
}

#[test]
fn canned_programs_print_and_exit() {
    Host::new().run(|host| {
        host.canned(
            "tool",
            program::prints("a\n").prints("b\n").complains("oh").exits_with(3).after(Duration::from_secs(9)),
        );
        let system = running("box");
        let before = host.now();
        let started = start_process(system, ALL_PIPES);
        assert_eq!(exit_code(started.process), 3);
        assert_eq!(host.now() - before, Duration::from_millis(9_001));
        assert_eq!(read_text(started.info.StdOutput), "a\nb\n");
        assert_eq!(read_text(started.info.StdError), "oh");
        started.close();
        close_system(system);
    });
}

// Time

#[test]
fn a_program_sleeps_in_virtual_time() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            let began = guest.now();
            guest.sleep(Duration::from_secs(86_400));
            (guest.now() - began).as_secs() as u32
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(exit_code(started.process), 86_400);
        assert!(host.now() > Duration::from_secs(86_400));
        started.close();
        close_system(system);
    });
}

#[test]
fn time_stands_still_while_a_program_runs() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            let began = guest.now();
            for _ in 0..1_000 {
                std::hint::black_box(guest.process_id());
            }
            u32::from(guest.now() != began)
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(exit_code(started.process), 0);
        started.close();
        close_system(system);
    });
}

#[test]
fn with_manual_time_a_program_sleeps_until_the_test_advances() {
    Host::builder().time(Time::Manual).completion(hcs_sim::Completion::BeforeReturn).run(|host| {
        host.program("tool", |guest| guest.sleep(Duration::from_secs(10)));
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        host.advance(Duration::from_secs(9));
        assert_eq!(wait_for_process(started.process, 0).0, HCS_E_OPERATION_TIMEOUT);
        host.advance(Duration::from_secs(1));
        assert_eq!(wait_for_process(started.process, 0).0, S_OK);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_reader_outside_of_the_host_does_not_stop_time() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            for count in 0..3 {
                guest.sleep(Duration::from_secs(1));
                guest.stdout(format!("{count}\n"));
            }
        });
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        #[cfg(unix)]
        {
            use std::io::Read;
            use std::os::fd::FromRawFd;
            let mut text = String::new();
            // SAFETY: the descriptor is open, and nobody else owns it.
            unsafe { std::fs::File::from_raw_fd(started.info.StdOutput as i32) }
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, "0\n1\n2\n");
            close_process(started.process);
        }
        #[cfg(not(unix))]
        {
            assert_eq!(read_text(started.info.StdOutput), "0\n1\n2\n");
            started.close();
        }
        close_system(system);
    });
}

#[test]
fn programs_of_a_paused_system_stand_still() {
    Host::new().run(|host| {
        host.program("tool", |guest| guest.sleep(Duration::from_secs(1)));
        let system = create("vm", states::FULL);
        start(system);
        let started = start_process(system, NO_PIPES);
        assert_eq!(ask(HcsPauseComputeSystem, system, None).0, S_OK);
        assert_eq!(wait_for_process(started.process, 60_000).0, HCS_E_OPERATION_TIMEOUT);
        assert_eq!(ask(HcsResumeComputeSystem, system, None).0, S_OK);
        assert_eq!(exit_code(started.process), 0);
        started.close();
        close_system(system);
    });
}

use support::states;

// Signals and the console

#[test]
fn a_program_that_catches_signals_decides_what_they_do() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            assert_eq!(guest.next_signal(), Signal::CtrlC); // ignored
            assert_eq!(guest.next_signal(), Signal::Number(15));
            guest.stdout("bye");
            4
        });
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        assert_eq!(signal(started.process, r#"{"Signal":"CtrlC"}"#), (S_OK, None));
        assert_eq!(wait_for_process(started.process, 1_000).0, HCS_E_OPERATION_TIMEOUT);
        assert_eq!(signal(started.process, r#"{"Signal":15}"#), (S_OK, None));
        assert_eq!(exit_code(started.process), 4);
        assert_eq!(read_text(started.info.StdOutput), "bye");
        started.close();
        close_system(system);
    });
}

#[test]
fn nobody_catches_signal_9() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            loop {
                guest.next_signal();
            }
            #[allow(unreachable_code)]
            0
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(signal(started.process, r#"{"Signal":9}"#), (S_OK, None));
        assert_eq!(exit_code(started.process), 137);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_program_sees_its_console_change() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            assert_eq!(guest.console_size(), None);
            let (height, width) = guest.wait_for_resize();
            assert_eq!(guest.console_size(), Some((height, width)));
            guest.stdout(format!("{width}x{height}"));
        });
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        let resize = r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":50,"Width":132}}"#;
        assert_eq!(modify_process(started.process, resize), (S_OK, None));
        assert_eq!(read_text(started.info.StdOutput), "132x50");
        started.close();
        close_system(system);
    });
}

#[test]
fn events_come_in_their_order_and_can_be_polled() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            assert_eq!(guest.try_event(), None);
            guest.sleep(Duration::from_secs(60));
            let came = [guest.next_event(), guest.next_event(), guest.next_event()];
            let expected = [
                GuestEvent::Resized { height: 1, width: 2 },
                GuestEvent::Signal(Signal::CtrlBreak),
                GuestEvent::StdinClosed,
            ];
            u32::from(came != expected || guest.try_event().is_some())
        });
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        modify_process(
            started.process,
            r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":1,"Width":2}}"#,
        );
        signal(started.process, r#"{"Signal":"CtrlBreak"}"#);
        modify_process(started.process, r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#);
        assert_eq!(exit_code(started.process), 0);
        started.close();
        close_system(system);
    });
}

// Children

#[test]
fn a_program_starts_others_and_waits_for_them() {
    Host::new().run(|host| {
        host.program("parent", |guest| {
            let child = guest.spawn("child").unwrap();
            assert_ne!(child.process_id(), guest.process_id());
            assert!(guest.spawn("nobody").is_none());
            guest.wait_for_child(&child)
        });
        host.program("child", |guest| {
            assert_eq!(guest.parameters().environment["MODE"], "fast");
            guest.sleep(Duration::from_secs(5));
            6
        });
        let system = running("box");
        let started = start_process(system, r#"{"CommandLine":"parent","Environment":{"MODE":"fast"}}"#);
        assert_eq!(exit_code(started.process), 6);
        started.close();
        close_system(system);
    });
}

#[test]
fn killing_a_process_leaves_its_children() {
    Host::new().run(|host| {
        host.program("parent", |guest| {
            let _child = guest.spawn("child");
            guest.sleep(Duration::from_secs(60));
        });
        host.canned("child", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, r#"{"CommandLine":"parent"}"#);
        assert_eq!(kill(started.process).0, S_OK);
        let list = properties(system, Some(r#"{"PropertyTypes":["ProcessList"]}"#))["ProcessList"].clone();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["ImageName"], "child");
        // and a child can be opened like any other
        let (code, child) = open_process(system, list[0]["ProcessId"].as_u64().unwrap() as u32);
        assert_eq!(code, S_OK);
        assert_eq!(kill(child).0, S_OK);
        close_process(child);
        started.close();
        close_system(system);
    });
}

// Ends

#[test]
fn a_killed_program_goes_no_further() {
    Host::new().run(|host| {
        let (sender, receiver) = channel();
        host.program("tool", move |guest| {
            sender.send("begun").unwrap();
            guest.sleep(Duration::from_secs(60));
            sender.send("went on").unwrap();
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(kill(started.process).0, S_OK);
        host.advance(Duration::from_secs(120));
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), ["begun"]);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_program_that_panics_exits_and_is_told() {
    let host = Host::new();
    let report = report_of(&host, || {
        host.program("tool", |guest| {
            guest.stdout("so far");
            if guest.process_id() > 0 {
                panic!("divided by cucumber");
            }
        });
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        assert_eq!(exit_code(started.process), 101);
        assert_eq!(read_text(started.info.StdOutput), "so far");
        started.close();
        close_system(system);
    })
    .unwrap();
    assert_eq!(report.findings[0].kind, FindingKind::ProgramPanicked);
    assert_eq!(report.findings[0].sentence, r#"the guest program for "tool" panicked"#);
    let text = report.to_string();
    assert!(text.contains("divided by cucumber") && text.contains("tests/guests.rs:"), "{text}");
}

#[test]
fn programs_that_run_for_ever_do_not_keep_a_test_from_ending() {
    Host::new().run(|host| {
        host.program("ticks", |guest| {
            loop {
                guest.sleep(Duration::from_millis(10));
            }
            #[allow(unreachable_code)]
            0
        });
        host.program("reads", |guest| {
            guest.read_to_end();
        });
        let system = running("box");
        let ticks = start_process(system, r#"{"CommandLine":"ticks"}"#);
        let reads = start_process(system, r#"{"CommandLine":"reads","CreateStdInPipe":true}"#);
        assert_eq!(wait_for_process(ticks.process, 1_000).0, HCS_E_OPERATION_TIMEOUT);
        ticks.close();
        reads.close();
        close_system(system);
    });
}

#[test]
fn many_programs_run_one_after_the_other_in_the_order_of_their_wakes() {
    fn run() -> String {
        let host = Host::new();
        host.run(|host| {
            host.program(program::starting_with("sleep"), |guest| {
                let seconds: u64 = guest.parameters().command()[6..].parse().unwrap();
                guest.sleep(Duration::from_secs(seconds));
                seconds as u32
            });
            let system = running("box");
            let started: Vec<Started> = [3, 1, 2, 1, 3]
                .iter()
                .map(|it| start_process(system, &format!(r#"{{"CommandLine":"sleep {it}"}}"#)))
                .collect();
            for it in &started {
                exit_code(it.process);
            }
            started.into_iter().for_each(Started::close);
            close_system(system);
            host.journal().to_string()
        })
    }
    let first = run();
    let exits: Vec<&str> =
        first.lines().filter_map(|it| it.split(r#""box" exits: {"ProcessId":"#).nth(1)).collect();
    let exits: Vec<&str> = exits.iter().map(|it| &it[..4]).collect();
    assert_eq!(exits, ["1008", "1016", "1012", "1004", "1020"]);
    for _ in 0..5 {
        assert_eq!(run(), first); // to the letter
    }
}

#[test]
fn time_stands_still_while_the_test_computes() {
    Host::new().run(|host| {
        host.program("tool", |guest| guest.sleep(Duration::from_secs(1)));
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let before = host.now();
        // Longer than the dispatcher waits for quiet, and without a call.
        let until = std::time::Instant::now() + Duration::from_millis(12);
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        if cfg!(target_os = "linux") {
            assert_eq!(host.now(), before); // where the system tells that a thread runs
        }
        started.close();
        close_system(system);
    });
}

#[test]
fn a_wait_goes_on_for_a_program_that_takes_real_time() {
    Host::new().run(|host| {
        let (sender, receiver) = channel::<()>();
        let receiver = std::sync::Mutex::new(receiver);
        host.program("tool", move |_| {
            // Until somebody outside of the host acts: longer than the host would wait for a callback.
            receiver.lock().unwrap().recv().unwrap();
            3
        });
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        let process = Sent::new(started.process);
        let stranger = std::thread::spawn(move || {
            for _ in 0..150 {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            sender.send(()).unwrap();
        });
        assert_eq!(exit_code(process.get()), 3);
        stranger.join().unwrap();
        started.close();
        close_system(system);
    });
}

#[test]
fn a_destructor_of_a_killed_program_may_ask_for_anything() {
    /// Asks for everything when the program is cut off.
    struct Asks<'a>(&'a mut hcs_sim::Guest);

    impl Drop for Asks<'_> {
        fn drop(&mut self) {
            self.0.sleep(Duration::from_secs(1));
            self.0.stdout("too late");
            assert_eq!(self.0.read_line(), None);
            assert_eq!(self.0.try_event(), None);
            assert_eq!(self.0.next_signal(), Signal::CtrlClose);
            assert!(self.0.spawn("tool").is_none());
        }
    }

    Host::new().run(|host| {
        let (sender, receiver) = channel();
        host.program("tool", move |guest| {
            let asks = Asks(guest);
            asks.0.sleep(Duration::from_secs(60));
            sender.send(()).unwrap();
        });
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        assert_eq!(kill(started.process).0, S_OK);
        assert_eq!(read_text(started.info.StdOutput), ""); // to its end: the program is gone
        assert!(receiver.try_recv().is_err());
        started.close();
        close_system(system);
    });
}

#[test]
fn the_alarm_of_a_killed_sleeper_moves_no_clock() {
    Host::new().run(|host| {
        host.program("tool", |guest| guest.sleep(Duration::from_secs(86_400)));
        let system = running("box");
        let started = start_process(system, NO_PIPES);
        assert_eq!(kill(started.process).0, S_OK);
        assert_eq!(wait_for_exit(system, 1_000).0, HCS_E_OPERATION_TIMEOUT);
        host.verify().unwrap_err(); // of what is still open; and what is due has happened
        assert!(host.now() < Duration::from_secs(10));
        started.close();
        close_system(system);
    });
}

#[test]
fn an_advance_lets_programs_go_on_before_and_after() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.read_line();
            let heard = guest.now();
            guest.sleep(Duration::from_secs(10));
            guest.stdout(format!("{heard:?}"));
        });
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        let before = host.now();
        write_all(started.info.StdInput, b"go\n").unwrap();
        host.advance(Duration::from_secs(10));
        // It has heard before the clock moved, and has written by the time that the call returned.
        assert_eq!(wait_for_process(started.process, 0).0, S_OK);
        assert_eq!(read_text(started.info.StdOutput), format!("{before:?}"));
        started.close();
        close_system(system);
    });
}

#[cfg(unix)] // elsewhere programs look at their pipes by themselves
#[test]
fn programs_that_read_go_on_in_the_order_in_which_they_were_written_to() {
    fn run() -> String {
        let host = Host::new();
        host.run(|host| {
            host.program(program::starting_with("tool"), |guest| {
                guest.read_line();
            });
            let system = running("box");
            let all: Vec<Started> = (0..3).map(|_| start_process(system, ALL_PIPES)).collect();
            for it in all.iter().rev() {
                write_all(it.info.StdInput, b"\n").unwrap();
            }
            for it in &all {
                exit_code(it.process);
            }
            all.into_iter().for_each(Started::close);
            close_system(system);
            host.journal().to_string()
        })
    }
    let first = run();
    for _ in 0..20 {
        assert_eq!(run(), first);
    }
}
