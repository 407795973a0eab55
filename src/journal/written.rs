//! The journal as it goes into a file: every entry as it is written, so that a process that dies leaves what came before.
//! Not here: how an entry is saved (`saved`), which file it is (`runtime::environment`).

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Entry;
use super::report::files as words;
use super::saved;
use crate::abi::pipe;

/// Which file the journal goes into.
#[derive(Clone, Debug)]
pub(crate) enum JournalFile {
    /// This one, which is there from the beginning.
    At(PathBuf),
    /// The one that is said once there is something to write, for the host with a name or the default one.
    Of(fn(Option<&str>) -> Option<PathBuf>, Option<String>),
}

/// A file that the journal goes into.
pub(crate) enum Written {
    Begun(File, String),
    /// Nothing was written yet.
    Waits(JournalFile),
    /// It cannot be written, which was told.
    GivenUp,
}

impl Written {
    pub(crate) fn into(file: JournalFile) -> Written {
        match file {
            JournalFile::At(path) => Written::begin(&path),
            JournalFile::Of(..) => Written::Waits(file),
        }
    }

    /// Begins a file, in place of one that is there. One that cannot be made is told once, and nothing is written.
    fn begin(path: &Path) -> Written {
        let name = path.display().to_string();
        let begun = File::create(path).and_then(|mut file| {
            pipe::unsignalled(|| file.write_all(saved::head(0).as_bytes()))?;
            Ok(file)
        });
        match begun {
            Ok(file) => Written::Begun(file, name),
            Err(error) => Written::give_up(&name, &error),
        }
    }

    fn give_up(name: &str, error: &std::io::Error) -> Written {
        eprintln!("{}", words::journal_not_written(name, error));
        Written::GivenUp
    }

    /// Writes an entry, whole or not at all as far as the system allows. Answers whether further ones can be.
    pub(crate) fn write(&mut self, entry: &Entry) -> bool {
        if let Written::Waits(JournalFile::Of(file_of, host)) = self {
            *self = file_of(host.as_deref()).map_or(Written::GivenUp, |path| Written::begin(&path));
        }
        let Written::Begun(file, name) = self else { return false };
        let line = saved::line(entry) + "\n";
        if let Err(error) = pipe::unsignalled(|| file.write_all(line.as_bytes())) {
            *self = Written::give_up(name, &error); // it may be a pipe that nobody reads
            return false;
        }
        true
    }
}
