//! What the tests of the library share: finding it, and loading it.
//! Not here: what it does.

#![allow(dead_code)] // each test uses a part

#[cfg(target_os = "linux")]
pub mod programs;

use std::path::PathBuf;
use std::sync::LazyLock;

use libloading::Library;

/// Where cargo puts the library that belongs to this test.
pub fn library_path() -> PathBuf {
    let name = format!("{}computecore{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let executable = std::env::current_exe().expect("the test knows where it is");
    let beside = executable.ancestors().skip(1).take(2).map(|it| it.join(&name)).find(|it| it.is_file());
    beside.unwrap_or_else(|| {
        panic!("{name} is not beside {}: cargo build -p computecore", executable.display())
    })
}

/// The library, loaded once.
pub fn library() -> &'static Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
        // SAFETY: what runs when it is loaded is ours, and it stays loaded.
        unsafe { Library::new(library_path()) }.expect("the library can be loaded")
    });
    &LIBRARY
}
