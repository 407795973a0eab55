//! `Container`: a container from its creation to its exit.
//! Not here: the commands that run in it (`running`).

use std::ffi::c_void;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use windows::Win32::Foundation::{
    HCS_E_OPERATION_TIMEOUT, HCS_E_SERVICE_DISCONNECT, HCS_E_SYSTEM_ALREADY_STOPPED,
};
use windows::Win32::System::HostComputeSystem::*;
use windows::core::{HSTRING, Owned, PCWSTR};

use crate::request::{LIMIT, parse, request};
use crate::{Error, Running};

const CREATE_LIMIT: Duration = Duration::from_secs(60);
const START_LIMIT: Duration = Duration::from_secs(120);
const EXIT_LIMIT: Duration = Duration::from_secs(30);

/// A container. Dropping it ends it.
pub struct Container {
    /// Before the watch, as its close waits for a callback that uses that.
    system: Owned<HCS_SYSTEM>,
    watch: Arc<Watch>,
}

/// What HCS knows of a container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Properties {
    pub id: String,
    /// None until the first start, and after the exit.
    pub state: Option<String>,
}

/// How a container exited.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Exit {
    pub status: i32,
    /// `GracefulExit`, `ForcedExit`, `UnexpectedExit` or a newer word.
    pub exit_type: String,
}

/// What HCS has told without being asked.
#[derive(Default)]
struct Watch {
    told: Mutex<Option<Told>>,
    changed: Condvar,
}

#[derive(Clone)]
enum Told {
    /// With the document that says how.
    Exited(String),
    ServiceLost,
}

impl Container {
    /// Creates a container, which is to be started.
    pub fn create(id: &str, owner: &str) -> Result<Container, Error> {
        let doing = "create the container";
        let configuration = serde_json::json!({
            "Owner": owner,
            "SchemaVersion": { "Major": 2, "Minor": 1 },
            "ShouldTerminateOnLastHandleClosed": true,
            "Container": { "GuestOs": { "HostName": id } },
        });
        let (id, configuration) = (HSTRING::from(id), HSTRING::from(configuration.to_string()));
        let mut system = None;
        request(doing, CREATE_LIMIT, |operation| {
            // SAFETY: the texts and the operation outlive the call. The handle comes before it is known whether the create
            // succeeds: it is owned, and so closed, in either case.
            system =
                Some(unsafe { Owned::new(HcsCreateComputeSystem(&id, &configuration, operation, None)?) });
            Ok(())
        })?;
        let container = Container { system: system.expect("the call was accepted"), watch: Arc::default() };
        container.listen()?; // before the start, so that no event is missed
        Ok(container)
    }

    fn listen(&self) -> Result<(), Error> {
        let context = Arc::as_ptr(&self.watch).cast::<c_void>();
        // SAFETY: the context is a `Watch`, as the callback expects, and outlives the handle.
        unsafe {
            HcsSetComputeSystemCallback(*self.system, HcsEventOptionNone, Some(context), Some(on_event))
        }
        .map_err(|source| Error::new("listen to the container", source, None))
    }

    /// Starts the container, and waits until it runs.
    pub fn start(&self) -> Result<(), Error> {
        request("start the container", START_LIMIT, |operation| {
            // SAFETY: both handles are live.
            unsafe { HcsStartComputeSystem(*self.system, operation, PCWSTR::null()) }
        })?;
        Ok(())
    }

    /// Asks HCS what it knows of the container.
    pub fn properties(&self) -> Result<Properties, Error> {
        let doing = "query the container";
        let ((), document) = request(doing, LIMIT, |operation| {
            // SAFETY: both handles are live.
            unsafe { HcsGetComputeSystemProperties(*self.system, operation, PCWSTR::null()) }
        })?;
        parse(doing, document)
    }

    /// Starts a command line in the container.
    pub fn run(&self, command_line: &str) -> Result<Running, Error> {
        Running::start(*self.system, command_line)
    }

    /// Ends the container, and waits until it has exited. One that has exited already is as good.
    pub fn terminate(&self) -> Result<Exit, Error> {
        let terminated = request("terminate the container", LIMIT, |operation| {
            // SAFETY: both handles are live.
            unsafe { HcsTerminateComputeSystem(*self.system, operation, PCWSTR::null()) }
        });
        match terminated {
            Err(error) if error.code() != HCS_E_SYSTEM_ALREADY_STOPPED => Err(error),
            // The exit is told after the terminate is done, and only as long as the handle is open.
            _ => self.wait_for_exit(EXIT_LIMIT),
        }
    }

    /// Waits until HCS has told of the exit.
    pub fn wait_for_exit(&self, limit: Duration) -> Result<Exit, Error> {
        let doing = "wait for the container's exit";
        let told = self.watch.told.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.watch.changed.wait_timeout_while(told, limit, |told| told.is_none());
        let told = waited.unwrap_or_else(PoisonError::into_inner).0.clone();
        match told {
            Some(Told::Exited(document)) => parse(doing, Some(document)),
            Some(Told::ServiceLost) => Err(Error::new(doing, HCS_E_SERVICE_DISCONNECT.into(), None)),
            None => Err(Error::new(doing, HCS_E_OPERATION_TIMEOUT.into(), None)),
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let told = self.watch.told.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !told {
            let _ = self.terminate(); // the close ends it as well, and nobody is left to be told
        }
    }
}

/// Called by HCS on a thread of its own.
unsafe extern "system" fn on_event(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: HCS passes an event for the time of the callback. The context is the `Watch` of a container, let go of after the
    // handle's close, which waits for this callback.
    let (event, watch) = unsafe { (&*event, &*context.cast::<Watch>()) };
    let told = if event.Type == HcsEventSystemExited {
        let data = event.EventData;
        // SAFETY: the data is NULL, or ends in a NUL and can be read during the callback.
        let document = (!data.is_null()).then(|| String::from_utf16_lossy(unsafe { data.as_wide() }));
        Told::Exited(document.unwrap_or_default())
    } else if event.Type == HcsEventServiceDisconnect {
        Told::ServiceLost
    } else {
        return;
    };
    let mut known = watch.told.lock().unwrap_or_else(PoisonError::into_inner);
    known.get_or_insert(told);
    watch.changed.notify_all();
}
