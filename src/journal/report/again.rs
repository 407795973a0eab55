//! The line to paste that runs a failing test again, from what cargo and the harness tell a test.
//! Not here: the report that it ends (`report`).

use std::path::{Path, PathBuf};

use crate::journal::place::Place;

/// Who made a report: the thread and what it is running.
#[derive(Clone)]
pub(super) struct Again {
    thread: Option<String>,
    /// The place tells whether the thread is a test's.
    place: Option<Place>,
}

impl Again {
    pub(super) fn here(with_place: bool) -> Again {
        Again {
            thread: std::thread::current().name().map(str::to_owned),
            place: with_place.then(Place::here),
        }
    }

    /// At the end of a process nothing is known: the thread's own data is gone, and asking for its name would panic.
    pub(super) fn unknown() -> Again {
        Again { thread: None, place: None }
    }

    /// What is not known for sure is left out, down to nothing.
    pub(super) fn line(&self) -> Option<String> {
        let surroundings = Surroundings {
            executable: std::env::current_exe().ok()?,
            package: std::env::var("CARGO_PKG_NAME").ok()?,
            folder: PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?),
            test: self.test(),
        };
        surroundings.line()
    }

    /// The name of the test: the harness gives it to the thread that runs it.
    fn test(&self) -> Option<String> {
        let is_test = self.place.as_ref()?.is_in_a_test(); // without places nobody can tell
        let thread = self.thread.clone().filter(|it| is_test && it != "main");
        thread.or_else(|| {
            // One test alone was asked for, as cargo-nextest does.
            let is_exact = std::env::args().any(|it| it == "--exact");
            let mut named = std::env::args().skip(1).filter(|it| !it.starts_with('-'));
            named.next().filter(|_| is_exact && named.next().is_none())
        })
    }
}

struct Surroundings {
    executable: PathBuf,
    package: String,
    folder: PathBuf,
    test: Option<String>,
}

impl Surroundings {
    fn line(&self) -> Option<String> {
        let crate_name = self.crate_name()?;
        let target = self.target(&crate_name);
        if target.is_none() && self.test.is_none() {
            return None;
        }
        let mut line = format!("cargo test -p {}", self.package);
        match self.profile() {
            Some("release") => line.push_str(" --release"),
            Some("debug") | None => {}
            Some(profile) => line.push_str(&format!(" --profile {profile}")),
        }
        if let Some(target) = target {
            line.push_str(&format!(" {target}"));
        }
        if let Some(test) = &self.test {
            line.push_str(&format!(" -- --exact {test}"));
        }
        Some(line)
    }

    /// Cargo builds tests as `target/debug/deps/<crate>-<hash>`. Examples, programs and documentation tests stand elsewhere.
    fn crate_name(&self) -> Option<String> {
        let (name, hash) = self.executable.file_stem()?.to_str()?.rsplit_once('-')?;
        let is_hash = hash.len() == 16 && hash.bytes().all(|it| it.is_ascii_hexdigit());
        (is_hash && self.executable.parent()?.file_name()? == "deps").then(|| name.to_owned())
    }

    fn profile(&self) -> Option<&str> {
        self.executable.parent()?.parent()?.file_name()?.to_str()
    }

    /// The option that selects the test's target: `--test name`, or `--lib` where the crate's name leaves no doubt.
    fn target(&self, crate_name: &str) -> Option<String> {
        let is_it = |path: &Path| {
            let stem = path.file_stem()?.to_str()?;
            let is_target = path.extension().is_some_and(|it| it == "rs") || path.join("main.rs").is_file();
            (is_target && stem.replace('-', "_") == crate_name).then(|| stem.to_owned())
        };
        let tests = self.folder.join("tests").read_dir().into_iter().flatten().flatten();
        let mut named = tests.filter_map(|it| is_it(&it.path()));
        match (named.next(), named.next()) {
            (Some(name), None) => return Some(format!("--test {name}")),
            (Some(_), Some(_)) => return None,
            (None, _) => {}
        }
        let is_package = self.package.replace('-', "_") == crate_name;
        let has = |file: &str| self.folder.join("src").join(file).is_file();
        (is_package && self.test.is_some() && has("lib.rs") && !has("main.rs")).then(|| "--lib".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(executable: &str, test: Option<&str>) -> Option<String> {
        Surroundings {
            executable: executable.into(),
            package: "hcs-sim".to_owned(),
            folder: env!("CARGO_MANIFEST_DIR").into(),
            test: test.map(str::to_owned),
        }
        .line()
    }

    #[test]
    fn a_test_is_run_again_by_target_and_name() {
        let rules = "/x/target/debug/deps/rules-0123456789abcdef";
        let whole = "cargo test -p hcs-sim --test rules -- --exact waits::end";
        assert_eq!(line(rules, Some("waits::end")).as_deref(), Some(whole));
        assert_eq!(line(rules, None).as_deref(), Some("cargo test -p hcs-sim --test rules"));
        assert_eq!(
            line("/x/target/debug/deps/messages-0123456789abcdef", Some("a")).as_deref(),
            Some("cargo test -p hcs-sim --test messages -- --exact a"),
            "a folder with a main.rs"
        );
        assert_eq!(
            line("/x/target/release/deps/hcs_sim-0123456789abcdef", Some("a")).as_deref(),
            Some("cargo test -p hcs-sim --release --lib -- --exact a")
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let strange = "/x/target/debug/deps/no_such_file-0123456789abcdef";
        assert_eq!(line(strange, Some("a")).as_deref(), Some("cargo test -p hcs-sim -- --exact a"));
        assert_eq!(line(strange, None), None, "a benchmark, for instance");
        assert_eq!(line("/x/target/debug/examples/quickstart", Some("a")), None);
        assert_eq!(line("/x/rustdoctest1234/rust_out", Some("a")), None, "a documentation test");
        assert_eq!(line("/usr/bin/vm-keeper", None), None);
    }
}
