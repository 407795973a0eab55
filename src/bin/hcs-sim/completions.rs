//! `hcs-sim completions`: what a shell needs to complete the others.
//! Not here: the arguments themselves.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Arguments;
use crate::answer::Answer;

/// Print a script that makes a shell complete hcs-sim
#[derive(Args)]
#[command(
    after_help = "Example:\n  hcs-sim completions bash > ~/.local/share/bash-completion/completions/hcs-sim"
)]
pub(crate) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Answer {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "hcs-sim", &mut script);
        Answer::verbatim(String::from_utf8_lossy(&script).into_owned(), true)
    }
}
