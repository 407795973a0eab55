//! The table: every row, by subject.
//! Not here: how a row is written (`row`) and run (`run`).

mod callbacks;
mod configurations;
mod events;
mod files;
mod migration;
mod misuse;
mod modifying;
mod operations;
mod processes;
mod results;
mod service;
mod states;
mod systems;

use super::row::Row;

/// The whole table, in a fixed order.
pub fn all() -> Vec<Row> {
    let subjects = [
        results::rows(),
        operations::rows(),
        callbacks::rows(),
        systems::rows(),
        configurations::rows(),
        states::rows(),
        modifying::rows(),
        events::rows(),
        processes::rows(),
        service::rows(),
        files::rows(),
        migration::rows(),
        misuse::rows(),
    ];
    subjects.concat()
}
