//! Places in the user's code: which line of it made a call.
//! Not here: the sentences that name them (`report`).

use std::backtrace::Backtrace;
use std::fmt;
use std::sync::Arc;

/// Where a call came from. Taken cheaply, and looked up only when somebody reads it.
#[derive(Clone)]
pub(crate) struct Place(Arc<Backtrace>);

impl Place {
    pub(crate) fn here() -> Place {
        Place(Arc::new(Backtrace::force_capture()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match first_of_the_users(&self.0.to_string()) {
            Some(line) => f.write_str(&line),
            None => f.write_str("unknown (no debug information)"),
        }
    }
}

/// The first frame that is neither ours nor of the standard library, as `file:line:column`.
fn first_of_the_users(backtrace: &str) -> Option<String> {
    let mut symbol = "";
    for line in backtrace.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            if !is_ours(symbol) {
                return Some(place.strip_prefix("./").unwrap_or(place).to_owned());
            }
        } else {
            symbol = line.split_once(": ").map_or(line, |it| it.1);
        }
    }
    None
}

fn is_ours(symbol: &str) -> bool {
    let inner = symbol.trim_start_matches('<');
    let crates = ["hcs_sim::", "std::", "core::", "alloc::", "parking_lot", "lock_api"];
    crates.iter().any(|it| inner.starts_with(it))
        || inner.contains(" as core::")
        || inner.contains("::{{closure}}") && inner.starts_with("hcs_sim")
        || (symbol.starts_with("Hcs") && !symbol.contains("::"))
        || symbol.starts_with("__rust")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_of_the_user_is_found() {
        let trace = "   0: std::backtrace_rs::backtrace::libunwind::trace\n             at /rustc/x/std/src/x.rs:1:2\n   \
                     1: <hcs_sim::journal::place::Place>::here\n             at ./src/journal/place.rs:3:4\n   \
                     2: HcsCloseComputeSystem\n             at ./src/abi/system.rs:5:6\n   \
                     3: client::vm::Vm::stop\n             at ./src/vm.rs:88:9\n";
        assert_eq!(first_of_the_users(trace).as_deref(), Some("src/vm.rs:88:9"));
        assert_eq!(first_of_the_users("  0: main\n"), None);
    }
}
