//! The pipes of processes: who gets which ends, and that they behave as pipes do.
//! Not here: what guest programs read and write for (`guests`).

mod support;

use std::time::Duration;

use hcs_sim::computecore::*;
use hcs_sim::hresult::*;
use hcs_sim::win32::{CloseHandle, GetLastError, ReadFile, WriteFile};
use hcs_sim::{FindingKind, Host, program};
use support::processes::*;
use support::*;

const ERROR_BROKEN_PIPE: u32 = 109;
const ERROR_NO_DATA: u32 = 232;

#[test]
fn the_caller_gets_the_pipes_that_it_asked_for_and_no_others() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        for (parameters, expected) in [
            (ALL_PIPES, [true, true, true]),
            (OUT_ONLY, [false, true, false]),
            (NO_PIPES, [false, false, false]),
            (r#"{"CommandLine":"tool","CreateStdInPipe":true,"CreateStdErrPipe":true}"#, [true, false, true]),
        ] {
            let started = start_process(system, parameters);
            let info = started.info;
            let given = [info.StdInput, info.StdOutput, info.StdError].map(|it| !it.is_null());
            assert_eq!(given, expected, "{parameters}");
            started.close();
        }
        close_system(system);
    });
}

#[test]
fn with_an_emulated_console_errors_go_the_way_of_output() {
    Host::new().run(|host| {
        host.canned("tool", program::prints("out ").complains("err"));
        let system = running("box");
        let parameters =
            r#"{"CommandLine":"tool","EmulateConsole":true,"CreateStdOutPipe":true,"CreateStdErrPipe":true}"#;
        let started = start_process(system, parameters);
        assert!(started.info.StdError.is_null());
        assert_eq!(read_text(started.info.StdOutput), "out err");
        started.close();
        close_system(system);
    });
}

#[test]
fn output_errors_and_input_are_kept_apart() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            let said = guest.read_to_end();
            guest.stdout(&said);
            guest.stderr("that was all");
        });
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        write_all(started.info.StdInput, b"hello").unwrap();
        close_pipe(started.info.StdInput);
        assert_eq!(read_text(started.info.StdOutput), "hello");
        assert_eq!(read_text(started.info.StdError), "that was all");
        assert_eq!(exit_code(started.process), 0);
        let info = HCS_PROCESS_INFORMATION { StdInput: std::ptr::null_mut(), ..started.info };
        Started { info, ..started }.close();
        close_system(system);
    });
}

#[cfg(unix)]
#[test]
fn on_unix_a_handle_is_the_file_descriptor() {
    use std::fs::File;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::fd::FromRawFd;

    Host::new().run(|host| {
        host.program("tool", |guest| {
            while let Some(line) = guest.read_line() {
                guest.stdout(format!("{}\n", line.to_uppercase()));
            }
        });
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        // SAFETY: each handle is an open descriptor that nobody else owns.
        let [mut input, output, mut errors] =
            [started.info.StdInput, started.info.StdOutput, started.info.StdError]
                .map(|it| unsafe { File::from_raw_fd(it as i32) });
        let mut lines = BufReader::new(output).lines();
        for word in ["one", "two"] {
            writeln!(input, "{word}").unwrap();
            assert_eq!(lines.next().unwrap().unwrap(), word.to_uppercase());
        }
        drop(input); // and so the program sees the end
        assert!(lines.next().is_none());
        let mut rest = String::new();
        errors.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        assert_eq!(exit_code(started.process), 0);
        close_process(started.process);
        close_system(system);
    });
}

#[test]
fn megabytes_flow_both_ways_at_once() {
    const SIZE: usize = 3 << 20;
    Host::new().run(|host| {
        host.program("tool", |guest| {
            let mut chunk = [0; 10_000];
            loop {
                let count = std::io::Read::read(&mut guest.stdin(), &mut chunk).unwrap();
                if count == 0 {
                    return 0;
                }
                guest.stdout(&chunk[..count]);
            }
        });
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        let (input, output) = (Sent::new(started.info.StdInput), Sent::new(started.info.StdOutput));
        let sent: Vec<u8> = (0..SIZE).map(|it| (it * 7 % 251) as u8).collect();
        let got = std::thread::scope(|scope| {
            let reader = scope.spawn(move || read_all(output.get()));
            write_all(input.get(), &sent).unwrap();
            close_pipe(input.get());
            reader.join().unwrap()
        });
        assert!(got == sent);
        let info = HCS_PROCESS_INFORMATION { StdInput: std::ptr::null_mut(), ..started.info };
        Started { info, ..started }.close();
        close_system(system);
    });
}

#[test]
fn a_program_that_nobody_reads_waits_and_does_not_stop_the_world() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.stdout(vec![b'x'; 1 << 20]);
            5
        });
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        assert_eq!(wait_for_process(started.process, 60_000).0, HCS_E_OPERATION_TIMEOUT);
        assert_eq!(properties(system, None)["State"], "Running");
        assert_eq!(read_all(started.info.StdOutput).len(), 1 << 20);
        assert_eq!(exit_code(started.process), 5);
        started.close();
        close_system(system);
    });
}

#[test]
fn a_program_whose_reader_is_gone_gets_a_broken_pipe() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.sleep(Duration::from_secs(1));
            let written = std::io::Write::write_all(&mut guest.stdout_pipe(), &vec![b'x'; 1 << 20]);
            i32::from(written.is_err_and(|it| it.kind() == std::io::ErrorKind::BrokenPipe))
        });
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        close_pipe(started.info.StdOutput);
        assert_eq!(exit_code(started.process), 1);
        close_process(started.process);
        close_system(system);
    });
}

#[test]
fn a_caller_whose_program_is_gone_gets_a_broken_pipe() {
    Host::new().run(|host| {
        host.program("tool", |_| 0);
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        exit_code(started.process);
        assert_eq!(write_all(started.info.StdInput, b"too late"), Err(ERROR_NO_DATA));
        assert_eq!(read_some(started.info.StdOutput, &mut [0; 8]), Err(ERROR_BROKEN_PIPE));
        started.close();
        close_system(system);
    });
}

#[test]
fn what_a_killed_program_had_written_can_still_be_read() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.stdout("begun ");
            guest.stdout(vec![b'x'; 1 << 20]); // cut off in here
            0
        });
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        assert_eq!(kill(started.process).0, S_OK);
        let read = read_all(started.info.StdOutput);
        assert!(read.starts_with(b"begun xx"));
        assert!(read.len() < 1 << 20);
        started.close();
        close_system(system);
    });
}

#[test]
fn closing_standard_input_by_a_modify_request_gives_the_program_its_end() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            let all = guest.read_to_end();
            guest.stdout(format!("{} bytes", all.len()));
        });
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        write_all(started.info.StdInput, b"12345").unwrap();
        let close = r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#;
        assert_eq!(modify_process(started.process, close), (S_OK, None));
        // the caller's own handle is still open
        assert_eq!(read_text(started.info.StdOutput), "5 bytes");
        started.close();
        close_system(system);
    });
}

#[test]
fn closing_all_handles_by_a_modify_request_ends_output_too() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            let event = guest.next_event();
            assert_eq!(event, hcs_sim::GuestEvent::StdinClosed);
            let written = std::io::Write::write(&mut guest.stdout_pipe(), b"x");
            i32::from(written.is_err())
        });
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        let close = r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"All"}}"#;
        assert_eq!(modify_process(started.process, close), (S_OK, None));
        assert_eq!(exit_code(started.process), 1);
        started.close();
        close_system(system);
    });
}

#[test]
fn process_information_asked_for_again_brings_new_handles_to_the_same_pipes() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            guest.read_line();
            guest.stdout("one ");
            guest.read_line();
            guest.stdout("two");
            guest.read_line();
        });
        let system = running("box");
        let started =
            start_process(system, r#"{"CommandLine":"tool","CreateStdInPipe":true,"CreateStdOutPipe":true}"#);
        let (code, copy) = process_info(started.process);
        assert_eq!(code, S_OK);
        assert_eq!(copy.StdError, INVALID_HANDLE_VALUE); // not NULL here
        assert!(copy.StdInput != started.info.StdInput && copy.StdOutput != started.info.StdOutput);
        let mut buffer = [0; 16];
        write_all(copy.StdInput, b"\n").unwrap();
        assert_eq!(read_some(started.info.StdOutput, &mut buffer), Ok(4));
        write_all(started.info.StdInput, b"\n").unwrap();
        assert_eq!(read_some(copy.StdOutput, &mut buffer), Ok(3));
        // A pipe ends with its last writer.
        close_pipe(started.info.StdInput);
        assert_eq!(wait_for_process(started.process, 1_000).0, HCS_E_OPERATION_TIMEOUT);
        close_pipe(copy.StdInput);
        assert_eq!(exit_code(started.process), 0);
        close_pipe(copy.StdOutput);
        close_pipe(started.info.StdOutput);
        close_process(started.process);
        close_system(system);
    });
}

#[test]
fn pipes_that_nobody_fetched_are_still_to_be_had() {
    Host::new().run(|host| {
        host.canned("tool", program::prints("hello").after(Duration::from_secs(1)));
        let system = running("box");
        let operation = operation();
        let (_, process) = create_process_call(system, OUT_ONLY, operation);
        assert_eq!(wait(operation).0, S_OK); // without process information
        close_operation(operation);
        let (code, info) = process_info(process);
        assert_eq!(code, S_OK);
        assert_eq!(read_text(info.StdOutput), "hello");
        close_pipe(info.StdOutput);
        close_process(process);
        close_system(system);
    });
}

#[test]
fn pipes_that_nobody_can_fetch_are_closed() {
    Host::new().run(|host| {
        host.program("tool", |guest| {
            let all = guest.read_to_end(); // the end comes with the last handle
            guest.stdout(vec![b'x'; 1 << 20]); // nobody will read: lost
            all.len() as u32
        });
        let system = running("box");
        let operation = operation();
        let (_, process) = create_process_call(system, ALL_PIPES, operation);
        assert_eq!(wait(operation).0, S_OK);
        close_operation(operation);
        close_process(process);
        let list = properties(system, Some(r#"{"PropertyTypes":["ProcessList"]}"#))["ProcessList"].clone();
        assert_eq!(list.as_array().unwrap().len(), 0, "{list}");
        close_system(system);
    });
}

#[test]
fn a_transfer_with_an_overlapped_is_over_when_the_function_returns() {
    Host::new().run(|host| {
        host.canned("tool", program::prints("abc"));
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        let mut overlapped = OVERLAPPED::default();
        let mut buffer = [0; 8];
        // SAFETY: the buffer and the structure are valid; the count may be NULL.
        let read = unsafe {
            ReadFile(started.info.StdOutput, buffer.as_mut_ptr(), 8, std::ptr::null_mut(), &mut overlapped)
        };
        assert_ne!(read, 0);
        assert_eq!((overlapped.Internal, overlapped.InternalHigh), (0, 3));
        // SAFETY: as above.
        let read = unsafe {
            ReadFile(started.info.StdOutput, buffer.as_mut_ptr(), 8, std::ptr::null_mut(), &mut overlapped)
        };
        assert_eq!((read, overlapped.Internal), (0, ERROR_BROKEN_PIPE as usize));
        started.close();
        close_system(system);
    });
}

#[test]
fn reading_nothing_and_writing_nothing_succeed() {
    Host::new().run(|host| {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        assert_eq!(read_some(started.info.StdOutput, &mut []), Ok(0));
        assert_eq!(write_all(started.info.StdInput, &[]), Ok(()));
        started.close();
        close_system(system);
    });
}

// Mistakes

#[test]
fn a_pipe_that_is_never_closed_is_told() {
    let host = Host::new();
    let report = report_of(&host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, ALL_PIPES);
        close_pipe(started.info.StdError);
        close_process(started.process);
        close_system(system);
    })
    .unwrap();
    let sentences: Vec<&str> = report.findings.iter().map(|it| it.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "the standard input of process 1004 was never closed",
            "the standard output of process 1004 was never closed"
        ]
    );
    assert!(report.findings.iter().all(|it| it.kind == FindingKind::LeakedPipe));
}

#[test]
fn values_that_are_no_pipes_are_told_and_refused() {
    let host = Host::new();
    let found = findings_of(&host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        let pipe = started.info.StdOutput;
        close_pipe(pipe);
        let mut buffer = [0; 4];
        for value in [std::ptr::null_mut(), INVALID_HANDLE_VALUE, 0x7FFF_FFF0 as HANDLE, pipe, system] {
            assert_eq!(read_some(value, &mut buffer), Err(6));
            assert_eq!(write_all(value, b"x"), Err(6));
        }
        // SAFETY: no value is followed.
        assert_eq!(unsafe { CloseHandle(pipe) }, 0);
        // SAFETY: NULL buffers move nothing.
        let moved = unsafe {
            let read = ReadFile(pipe, std::ptr::null_mut(), 9, std::ptr::null_mut(), std::ptr::null_mut());
            read + WriteFile(pipe, std::ptr::null(), 9, std::ptr::null_mut(), std::ptr::null_mut())
        };
        // SAFETY: nothing is passed.
        assert_eq!((moved, unsafe { GetLastError() }), (0, 6));
        close_process(started.process);
        close_system(system);
    });
    assert_eq!(found.iter().filter(|it| **it == FindingKind::NotAHandle).count(), 11);
    assert_eq!(found.iter().filter(|it| **it == FindingKind::WrongKind).count(), 2);
}

#[test]
fn a_read_that_can_never_end_is_told() {
    let host = Host::builder().patience(Duration::from_millis(20)).build();
    let report = report_of(&host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        assert_eq!(read_some(started.info.StdOutput, &mut [0; 4]), Err(995));
        started.close();
        close_system(system);
    })
    .unwrap();
    assert_eq!(report.findings[0].kind, FindingKind::StuckWait);
    assert_eq!(report.findings[0].sentence, "ReadFile(standard output of process 1004) can never return");
}

#[cfg(unix)]
#[test]
fn a_descriptor_that_somebody_else_has_by_now_is_not_closed() {
    use std::fs::File;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    let host = Host::new();
    let found = findings_of(&host, || {
        host.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        let pipe = started.info.StdOutput;
        // SAFETY: the descriptor is open, and nobody else owns it.
        drop(unsafe { OwnedFd::from_raw_fd(pipe as i32) });
        // Somebody opens files until one has its number.
        let files: Vec<File> = (0..200).map(|_| File::open("/dev/null").unwrap()).collect();
        if let Some(same) = files.iter().find(|it| it.as_raw_fd() == pipe as i32) {
            // SAFETY: a value that is no pipe is recognised.
            assert_eq!(unsafe { CloseHandle(pipe) }, 0);
            assert!(same.metadata().is_ok()); // still open
        } else {
            // Another test of this process was faster: then the value is closed, or another pipe's.
            // SAFETY: as above.
            assert_eq!(unsafe { CloseHandle(0x7FFF_FFF0 as HANDLE) }, 0);
        }
        close_process(started.process);
        close_system(system);
    });
    assert_eq!(found, [FindingKind::NotAHandle]);
}

#[test]
fn a_thread_that_reads_to_the_end_may_close_its_pipe_a_little_late() {
    let reader = Host::new().run(|host| {
        host.program("tool", |guest| guest.sleep(Duration::from_secs(60)));
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        let pipe = Sent::new(started.info.StdOutput);
        let (sender, receiver) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            sender.send(()).unwrap();
            read_all(pipe.get());
            close_pipe(pipe.get());
        });
        next_of(&receiver);
        assert_eq!(kill(started.process).0, S_OK); // the reader sees the end
        close_process(started.process);
        close_system(system);
        Some(reader) // nobody has waited for it
    });
    reader.unwrap().join().unwrap();
}

#[test]
fn a_pipe_outlives_its_host_and_is_no_fault_of_another() {
    let first = Host::new();
    let pipe = {
        let entered = first.enter();
        first.canned("tool", program::runs_until_terminated());
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        close_process(started.process);
        close_system(system);
        assert_eq!(first.verify().unwrap_err().findings.len(), 1); // it has leaked
        drop(entered);
        started.info.StdOutput
    };
    drop(first);
    Host::new().run(|_| {
        assert_eq!(read_some(pipe, &mut [0; 4]), Err(ERROR_BROKEN_PIPE));
        close_pipe(pipe);
    });
}

#[cfg(unix)] // elsewhere a program tries a full pipe again and again
#[test]
fn a_wait_for_a_program_that_nobody_reads_says_so() {
    let host = Host::new();
    let report = report_of(&host, || {
        host.program("tool", |guest| guest.stdout(vec![b'x'; 1 << 20]));
        let system = running("box");
        let started = start_process(system, OUT_ONLY);
        assert_eq!(wait_for_process(started.process, INFINITE).0, HCS_E_OPERATION_TIMEOUT);
        started.close();
        close_system(system);
    })
    .unwrap();
    let waits = &report.findings[0].facts[0];
    assert_eq!(
        *waits,
        (
            "waits for",
            r#"the end of the program "tool" of process 1004, which writes into a full pipe that nobody reads"#.to_owned()
        )
    );
}
