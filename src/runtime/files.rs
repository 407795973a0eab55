//! The calls that make and read files: empty state files, and what a saved state says of its processor.
//! Not here: saved states of systems, which the model remembers (`model::lifecycle`).

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

use super::world::World;
use crate::answer::Answer;
use crate::call::{Call, Needed};
use crate::document;
use crate::hresult::*;
use crate::model::lifecycle::path_key;
use crate::model::service::capabilities;
use crate::model::step::{Performed, Plan};

/// The first line of every file that is made here: it is no file of Windows.
const MARK: &str = "hcs-sim state file, not a Hyper-V one; version 1\n";

/// The most that is read of a file.
const MOST: u64 = 1 << 16;

/// Answers the calls on state files, unless a rule does. (fidelity: `state-files`, `processor-compatibility`)
pub(crate) fn perform(world: &mut World, call: &Call, plan: &Plan) -> Option<Performed> {
    if !plan.asks_the_model() || world.model.service.is_away || call.bad_argument().is_some() {
        return None;
    }
    let performed = match call {
        Call::CreateEmptyGuestStateFile { path } => make(world, call, path, "guest state"),
        Call::CreateEmptyRuntimeStateFile { path } => make(world, call, path, "runtime state"),
        Call::GetProcessorCompatibilityFromSavedState { runtime_file_name, .. } => {
            read_compatibility(world, call, runtime_file_name)
        }
        _ => return None,
    };
    Some(plan.clone().over(performed))
}

/// A path of Windows on another system names no real file: its file is remembered instead.
fn is_foreign(path: &str) -> bool {
    let bytes = path.as_bytes();
    !cfg!(windows)
        && (path.starts_with("\\\\")
            || (bytes.len() > 2
                && bytes[0].is_ascii_alphabetic()
                && bytes[1] == b':'
                && matches!(bytes[2], b'\\' | b'/')))
}

fn make(world: &mut World, call: &Call, path: &Needed, kind: &'static str) -> Performed {
    let Some(path) = path.0.as_str().filter(|it| !it.is_empty()) else {
        return Performed::noted(call, E_INVALIDARG, "path is not a path".to_owned());
    };
    if is_foreign(path) {
        return match world.model.state_files.insert(path_key(path), kind) {
            None => Performed::noted(call, S_OK, "remembered: the path is not one of this system".to_owned()),
            Some(earlier) => {
                world.model.state_files.insert(path_key(path), earlier);
                Performed::noted(call, HRESULT_ERROR_FILE_EXISTS, "the file exists".to_owned())
            }
        };
    }
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    match made.and_then(|mut file| file.write_all(format!("{MARK}kind: {kind}\n").as_bytes())) {
        Ok(()) => Performed::hresult(S_OK),
        Err(error) => Performed::noted(call, code_of(&error, path), error.to_string()),
    }
}

fn read_compatibility(world: &World, call: &Call, path: &Needed) -> Performed {
    let Some(path) = path.0.as_str().filter(|it| !it.is_empty()) else {
        return Performed::noted(call, E_INVALIDARG, "runtime_file_name is not a path".to_owned());
    };
    let key = path_key(path);
    let known = match world.model.state_files.get(&key) {
        _ if world.model.saved.contains_key(&key) => Ok(true),
        Some(kind) => Ok(*kind == "runtime state"),
        None if is_foreign(path) => Err(io::ErrorKind::NotFound.into()),
        None => is_runtime_state(Path::new(path)),
    };
    match known {
        Ok(true) => Performed::done(Answer::with_document(S_OK, Some(document::write(&capabilities())))),
        Ok(false) => {
            let note =
                "the file is no runtime state file of hcs-sim, and no other kind can be read".to_owned();
            Performed::noted(call, HRESULT_ERROR_INVALID_DATA, note)
        }
        Err(error) => Performed::noted(call, code_of(&error, path), error.to_string()),
    }
}

fn is_runtime_state(path: &Path) -> io::Result<bool> {
    let mut text = Vec::new();
    std::fs::File::open(path)?.take(MOST).read_to_end(&mut text)?;
    Ok(text.starts_with(format!("{MARK}kind: runtime state\n").as_bytes()))
}

/// The code of Windows for what happened here.
fn code_of(error: &io::Error, path: &str) -> Hresult {
    match error.kind() {
        io::ErrorKind::AlreadyExists => HRESULT_ERROR_FILE_EXISTS,
        io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory => E_ACCESSDENIED,
        // Of the folders of another system nothing is known.
        io::ErrorKind::NotFound
            if !is_foreign(path)
                && Path::new(path).parent().is_some_and(|it| !it.as_os_str().is_empty() && !it.is_dir()) =>
        {
            HRESULT_ERROR_PATH_NOT_FOUND
        }
        io::ErrorKind::NotFound => HRESULT_ERROR_FILE_NOT_FOUND,
        io::ErrorKind::NotADirectory => HRESULT_ERROR_PATH_NOT_FOUND,
        _ => E_FAIL,
    }
}
