//! `Streams`: threads that carry what a command writes from its pipes to where it is wanted, as it comes.
//! Not here: reading a pipe (`hcs`).

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::Error;
use crate::hcs::Pipe;

const DOING: &str = "pass the output on";

/// Output on its way. Each thread ends when nobody holds the other end of its pipe any more; dropping waits for that.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<Vec<JoinHandle<Result<(), Error>>>>);

impl Streams {
    /// Begins to carry what comes out of a pipe, if there is one, and closes it at its end.
    pub(crate) fn carry(&self, pipe: Option<Pipe>, sink: impl Write + Send + 'static) {
        self.extend(pipe.map(|pipe| thread::spawn(|| carry(pipe, sink))));
    }

    /// Waits until all was carried, for everyone who asks. A failure to pass it on is told once.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let panicked = |_| Err(Error::Stream { doing: DOING, source: io::Error::other("a panic") });
        threads.drain(..).map(|it| it.join().unwrap_or_else(panicked)).fold(Ok(()), Result::and)
    }

    /// Leaves what is still on its way to another.
    pub(crate) fn move_to(&self, other: &Streams) {
        other.extend(self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..));
    }

    fn extend(&self, threads: impl IntoIterator<Item = JoinHandle<Result<(), Error>>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(threads);
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        let _ = self.finish(); // nobody is left to be told
    }
}

fn carry(pipe: Pipe, mut sink: impl Write) -> Result<(), Error> {
    let mut chunk = vec![0; 64 * 1024];
    let mut outcome = Ok(());
    loop {
        let length = pipe.read(&mut chunk)?;
        if length == 0 {
            return outcome.map_err(|source| Error::Stream { doing: DOING, source });
        }
        // A sink that fails is asked no more, but the pipe is emptied: the command must not get stuck on it.
        outcome = outcome.and_then(|()| sink.write_all(&chunk[..length])).and_then(|()| sink.flush());
    }
}
