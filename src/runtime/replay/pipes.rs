//! The pipes of recorded processes.
//! Not here: which ends a client gets (`runtime::pipes`).

use std::io::{self, PipeReader, PipeWriter, Write};

use super::World;

/// Pipes that a recorded process had: what it wrote until its exit comes out of them, and what is written is swallowed.
pub(super) fn make(world: &mut World, process_id: u32, asked: [bool; 3]) {
    match world.pipes.make(process_id, asked) {
        Ok(ends) => {
            ends.stdin.into_iter().for_each(drain);
            let replay = world.replay.as_deref().expect("only replays make such pipes");
            let output = replay.outputs.get(&process_id).map(|it| (**it).clone()).unwrap_or_default();
            for (pipe, bytes) in [(ends.stdout, output.stdout), (ends.stderr, output.stderr)] {
                pipe.into_iter().for_each(|it| fill(it, bytes.clone()));
            }
        }
        Err(error) => world.find(crate::journal::report::no_pipes(process_id, &error), None),
    }
}

/// Reads what a client writes, on a thread of its own until the client closes the pipe: a pipe that is full blocks its writer.
fn drain(mut pipe: PipeReader) {
    let read = move || drop(io::copy(&mut pipe, &mut io::sink()));
    let _ = std::thread::Builder::new().name("hcs-sim".to_owned()).spawn(read);
}

/// Writes into a pipe and closes it; what its buffer may not hold is written by a thread of its own.
fn fill(mut pipe: PipeWriter, bytes: Vec<u8>) {
    const ALWAYS_FITS: usize = 4096;
    let fits = bytes.len() <= ALWAYS_FITS;
    let mut write = move || {
        let _ = pipe.write_all(&bytes); // a reader that is gone wants nothing
    };
    if fits {
        write();
    } else {
        let _ = std::thread::Builder::new().name("hcs-sim".to_owned()).spawn(write);
    }
}
