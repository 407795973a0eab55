//! Any bytes as a document of any type for any version: `Type minor`, a new line, and the document.
//! Not here: the expectations, which the tests share (`tests/support/examine.rs`).

#![no_main]

#[path = "../../tests/support/examine.rs"]
mod examine;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|it| *it == b'\n').unwrap_or(data.len());
    let (head, json) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let head = String::from_utf8_lossy(head);
    let (ty, minor) = head.rsplit_once(' ').unwrap_or((&head, "6"));
    examine::examine(ty, json, minor.parse().unwrap_or(6));
});
