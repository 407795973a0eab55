//! Places in the user's code: which line of it made a call, and which of its lines led there.
//! Not here: the places of a journal's entries (`places`), the sentences that name them (`report`).

use std::backtrace::Backtrace;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::abi::fork;

/// How many lines of the user's code are told: the one that calls, and who led there, since many a client wraps each export.
const LINES: usize = 4;
/// How many of them may follow each other in one file: helpers call helpers, and the line that matters stands elsewhere.
const IN_A_FILE: usize = 2;

/// Where a call came from. Taken without looking anything up: that is done when somebody reads it.
#[derive(Clone)]
pub(crate) struct Place(Arc<Backtrace>);

/// How many threads look at frames now. The standard library has a lock for that.
static LOOKING: AtomicUsize = AtomicUsize::new(0);

fn looking<T>(look: impl FnOnce() -> T) -> T {
    LOOKING.fetch_add(1, Ordering::Relaxed);
    let seen = look();
    LOOKING.fetch_sub(1, Ordering::Relaxed);
    seen
}

impl Place {
    pub(crate) fn here() -> Place {
        Place(Arc::new(looking(Backtrace::force_capture)))
    }

    /// Nothing at the end of a process of Windows if one of the threads that it has ended had the lock: it has it for ever.
    fn frames(&self) -> String {
        if fork::is_alone() && LOOKING.load(Ordering::Relaxed) > 0 {
            return String::new();
        }
        looking(|| self.0.to_string())
    }

    /// The line that called, then those that led there, as `file:line`. Empty without debug information.
    pub(crate) fn lines(&self) -> Vec<String> {
        users_lines(&self.frames())
    }

    /// Whether a test of Rust's own harness runs on the thread.
    pub(crate) fn is_in_a_test(&self) -> bool {
        frames(&self.frames()).any(|it| it.symbol.starts_with("test::") && it.place.is_none_or(is_librarys))
    }
}

/// What stands in its stead is a matter of the report; nothing is looked up here.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(..)")
    }
}

struct Frame<'a> {
    symbol: &'a str,
    /// `file:line:column`, if there is debug information.
    place: Option<&'a str>,
}

/// Reads what the standard library writes: a line for the symbol, then one for its place.
fn frames(backtrace: &str) -> impl Iterator<Item = Frame<'_>> {
    let mut lines = backtrace.lines().map(str::trim).peekable();
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let numbered = line.split_once(": ").filter(|it| it.0.bytes().all(|it| it.is_ascii_digit()));
        let symbol = numbered.map_or(line, |it| it.1); // inlined frames have no number
        let place = lines.next_if(|it| it.starts_with("at ")).map(|it| &it[3..]);
        Some(Frame { symbol, place })
    })
}

fn users_lines(backtrace: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut inner = "";
    for Frame { symbol, place } in frames(backtrace) {
        let Some(place) = place else { continue };
        if is_ours(symbol, place) {
            if lines.is_empty() {
                continue;
            }
            break; // beyond it is who runs the test's body, or nobody
        }
        if is_librarys(place) || is_known(symbol) {
            continue;
        }
        // Around each test the harness has a closure of the test's own name.
        let is_harness =
            symbol.strip_prefix(inner).is_some_and(|it| it == "::{{closure}}" || it == "::{closure#0}");
        if is_harness && !inner.is_empty() {
            continue;
        }
        inner = symbol;
        let line = shown(place);
        let before = lines.iter().rev().take(IN_A_FILE);
        let is_more_of_it =
            lines.len() >= IN_A_FILE && before.clone().all(|it| file_of(it) == file_of(&line));
        if lines.last() != Some(&line) && !is_more_of_it {
            lines.push(line);
        }
        if lines.len() == LINES {
            break;
        }
    }
    lines
}

/// The file of a line as it is told.
pub(crate) fn file_of(line: &str) -> &str {
    line.rsplit_once(':').map_or(line, |it| it.0)
}

/// `src/vm.rs:88`: without the column, relative to where the test runs or to its package.
fn shown(place: &str) -> String {
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let line = match place.rsplit_once(':') {
        // Some places have no column.
        Some((rest, column))
            if is_number(column) && rest.rsplit_once(':').is_some_and(|it| is_number(it.1)) =>
        {
            rest
        }
        _ => place,
    };
    let line = line.strip_prefix("./").or_else(|| line.strip_prefix(".\\")).unwrap_or(line);
    let mut path = PathBuf::new();
    for part in Path::new(line).components() {
        // A module that is included from elsewhere: `tests/booting/../support/mod.rs`.
        let is_up = part == Component::ParentDir
            && matches!(path.components().next_back(), Some(Component::Normal(_)));
        if !(is_up && path.pop()) {
            path.push(part);
        }
    }
    let package = std::env::var_os("CARGO_MANIFEST_DIR");
    let within = package.and_then(|it| path.strip_prefix(it).ok().map(Path::to_owned));
    slashed(within.unwrap_or(path).display())
}

/// A place as it is told: with the same separators on each system, so that reports are the same.
pub(crate) fn slashed(place: impl fmt::Display) -> String {
    let place = place.to_string();
    if cfg!(windows) { place.replace('\\', "/") } else { place }
}

/// Code of hcs-sim itself.
fn is_ours(symbol: &str, place: &str) -> bool {
    // A place below the current directory is written relative to it. Built on Linux for Windows, the path has no drive.
    let whole = |it: &Path| std::path::absolute(it).unwrap_or_default();
    let sources = whole(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let file = whole(Path::new(place));
    let inner = symbol.trim_start_matches('<');
    file.starts_with(sources) || inner.starts_with("hcs_sim::") && !inner.contains(" as ")
}

/// Code of a standard library, Rust's or that of C++, of Rust's test harness, or of a crate that cargo has downloaded.
fn is_librarys(place: &str) -> bool {
    let place = place.replace('\\', "/");
    place.starts_with("/rustc/")
        || ["/lib/rustlib/src/rust/", "/registry/src/", "/git/checkouts/", "/include/c++/"]
            .iter()
            .any(|it| place.contains(it))
}

/// Code that is nobody's who reads a report, wherever it was built.
fn is_known(symbol: &str) -> bool {
    let inner = symbol.trim_start_matches('<');
    let crates =
        ["std::", "core::", "alloc::", "tokio::", "parking_lot", "lock_api", "__rust", "__libc_start"];
    crates.iter().any(|it| inner.starts_with(it))
        || inner.contains(" as core::")
        || ["start_thread", "clone", "__clone", "clone3", "__clone3", "_start"].contains(&symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "   0: std::backtrace_rs::backtrace::libunwind::trace\n             at /rustc/x/std/src/x.rs:1:2\n   \
                        1: <hcs_sim::journal::place::Place>::here\n             at ./src/journal/place.rs:3:4\n   \
                        2: HcsCloseComputeSystem\n             at ./src/abi/system.rs:5:6\n";
    const HARNESS: &str = "   7: booting::boots::{{closure}}\n             at ./tests/booting.rs:10:11\n   \
                           8: core::ops::function::FnOnce::call_once\n             at /rustc/x/core/src/x.rs:1:2\n   \
                           9: test::__rust_begin_short_backtrace\n             at /rustc/x/test/src/lib.rs:1:2\n  \
                          10: start_thread\n             at ./nptl/pthread_create.c:447:8\n";

    #[test]
    fn the_lines_of_the_user_are_found_from_the_call_outwards() {
        let trace = format!(
            "{OURS}   3: client::hcs::close\n             at ./wrapped/hcs.rs:88:9\n      client::vm::Vm::stop\n             \
             at ./wrapped/vm.rs:21:9\n   5: tokio::runtime::block_on\n             at /home/x/.cargo/registry/src/i/tokio-1/a.rs:1:2\n   \
             6: booting::boots\n             at ./tests/booting.rs:12:5\n{HARNESS}"
        );
        assert_eq!(users_lines(&trace), ["wrapped/hcs.rs:88", "wrapped/vm.rs:21", "tests/booting.rs:12"]);
    }

    #[test]
    fn helpers_that_call_helpers_do_not_hide_the_test() {
        let helpers: String =
            (3..7).map(|it| format!("  {it}: tests::h{it}\n             at ./h.rs:{it}:9\n")).collect();
        let trace = format!(
            "{OURS}{helpers}   7: booting::boots\n             at ./tests/booting.rs:12:5\n{HARNESS}"
        );
        assert_eq!(users_lines(&trace), ["h.rs:3", "h.rs:4", "tests/booting.rs:12"]);
    }

    #[test]
    fn who_runs_a_body_and_the_harness_are_not_told() {
        let trace = format!(
            "{OURS}   3: booting::boots::{{{{closure}}}}\n             at ./tests/booting.rs:14:9\n   \
             4: hcs_sim::runtime::scope::<impl hcs_sim::runtime::host::Host>::run\n             at ./src/runtime/scope.rs:8:9\n   \
             6: booting::boots\n             at ./tests/booting.rs:12:5\n{HARNESS}"
        );
        assert_eq!(users_lines(&trace), ["tests/booting.rs:14"]);
        let direct =
            format!("{OURS}   6: booting::boots\n             at ./tests/booting.rs:12:5\n{HARNESS}");
        assert_eq!(users_lines(&direct), ["tests/booting.rs:12"]);
    }

    #[test]
    fn without_debug_information_there_are_no_lines() {
        assert_eq!(users_lines("   0: hcs_sim::x\n   1: client::vm\n   2: main\n"), [""; 0]);
    }

    #[test]
    fn a_place_is_shown_without_its_column() {
        assert_eq!(shown("./src/vm.rs:88:9"), "src/vm.rs:88");
        assert_eq!(shown("/elsewhere/vm.c:88"), "/elsewhere/vm.c:88");
        assert_eq!(shown("./tests/booting/../support/mod.rs:8:9"), "tests/support/mod.rs:8");
        let elsewhere = if cfg!(windows) { "C:/elsewhere/vm.rs:88" } else { "C:\\elsewhere\\vm.rs:88" };
        assert_eq!(shown("C:\\elsewhere\\vm.rs:88:9"), elsewhere);
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        assert_eq!(shown(&format!("{here}/src/vm.rs:88:9")), "src/vm.rs:88");
    }
}
