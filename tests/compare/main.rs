//! The behaviours of docs/cookbook.md with other means, for the same client: what docs/comparison.md counts and judges.
//! Not here: the column of hcs-sim, which is `tests/cookbook.rs`; the same in C++ (`gmock/`), which `.ci/run` compiles and runs.

mod by_hand;
mod counts;
#[path = "../support/keeper/mod.rs"]
mod keeper;
mod with_mockall;
