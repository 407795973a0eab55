//! The journal as it goes into a file: every entry as it is written, so that a process that dies leaves what came before.
//! Not here: how an entry is saved (`saved`), which file it is (`runtime::environment`).

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::Entry;
use super::report::files as words;
use super::saved;
use crate::abi::pipe;

/// A file that the journal goes into.
pub(crate) struct Written {
    file: File,
    name: String,
}

impl Written {
    /// Begins a file, in place of one that is there. One that cannot be made is told once, and nothing is written.
    pub(crate) fn begin(path: &Path) -> Option<Written> {
        let name = path.display().to_string();
        let begun = File::create(path).and_then(|mut file| {
            file.write_all(saved::head(0).as_bytes())?;
            Ok(file)
        });
        match begun {
            Ok(file) => Some(Written { file, name }),
            Err(error) => {
                eprintln!("{}", words::journal_not_written(&name, &error));
                None
            }
        }
    }

    /// Writes an entry, whole or not at all as far as the system allows. Answers whether it could.
    pub(crate) fn write(&mut self, entry: &Entry) -> bool {
        let line = saved::line(entry) + "\n";
        let written = pipe::unsignalled(|| self.file.write_all(line.as_bytes())); // it may be one
        if let Err(error) = &written {
            eprintln!("{}", words::journal_not_written(&self.name, error));
        }
        written.is_ok()
    }
}
