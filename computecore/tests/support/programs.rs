//! Programs in C and C++: compiled against the headers, run with the library that Cargo has built for the test.
//! Not here: what the programs do (`c/`).

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::library_path;

/// A file of this package.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Whether a compiler is there. That of C is: Rust links with it.
pub fn is_there(compiler: &str) -> bool {
    Command::new(compiler).arg("--version").output().is_ok_and(|it| it.status.success())
}

/// Compiles a program of `tests/c`; further arguments may be sources and flags. It is linked with the library.
pub fn compiled(compiler: &str, program: &str, arguments: &[&str]) -> PathBuf {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(Path::new(program).file_stem().unwrap());
    let library = library_path();
    let library = library.parent().unwrap();
    let mut command = Command::new(compiler);
    command.current_dir(file("tests/c")).arg(program).args(arguments);
    command.args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-pthread", "-I"]).arg(file("include"));
    command.arg("-o").arg(&out).arg(format!("-L{}", library.display()));
    command.arg(format!("-Wl,-rpath,{}", library.display())).args(["-lcomputecore", "-ldl"]);
    let output = command.output().unwrap_or_else(|error| panic!("{compiler} cannot be run: {error}"));
    assert!(output.status.success(), "{program}:\n{}", String::from_utf8_lossy(&output.stderr));
    out
}

/// Runs a program that has to succeed. Answers what it printed and what it complained.
pub fn run(program: &Path, arguments: &[&str]) -> (String, String) {
    let output =
        Command::new(program).args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    let (printed, complained) = texts(&output);
    assert!(output.status.success(), "{:?}\n{printed}\n{complained}", output.status);
    (printed, complained)
}

fn texts(output: &Output) -> (String, String) {
    (String::from_utf8_lossy(&output.stdout).into(), String::from_utf8_lossy(&output.stderr).into())
}
