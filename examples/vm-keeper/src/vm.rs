//! `VirtualMachine`: what can be done with a virtual machine, how long it may take, and what to do when it does not work.
//! Not here: handles and documents (`hcs`).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use windows_sys::Win32::Foundation::{
    ERROR_NOT_SUPPORTED, ERROR_SHARING_VIOLATION, HCS_E_OPERATION_TIMEOUT, HCS_E_SYSTEM_ALREADY_STOPPED,
};
use windows_sys::Win32::System::HostComputeSystem::*;
use windows_sys::core::HRESULT;

use crate::Error;
use crate::hcs::{self, System};

/// How long a create may take: HCS checks every disk.
const CREATE_MS: u32 = 60_000;
/// How long a start may take.
const START_MS: u32 = 60_000;
/// How long a save may take: it writes the whole memory.
const SAVE_MS: u32 = 240_000;
/// How long anything else may take.
const REQUEST_MS: u32 = 10_000;
/// How long a terminated system may take to be gone.
const GONE_MS: u32 = 30_000;
/// How often a boot is tried when something still holds the disk.
const BOOT_ATTEMPTS: u32 = 4;

/// A guest with integration services is asked through them.
const SHUTDOWN_OPTIONS: &str = r#"{"Mechanism":"IntegrationService","Type":"Shutdown"}"#;
/// Containers are none of our business.
const ONLY_VIRTUAL_MACHINES: &str = r#"{"Types":["VirtualMachine"]}"#;

/// A virtual machine. Dropping it closes the handle; whether the machine goes on without one, its configuration says.
#[derive(Debug)]
pub struct VirtualMachine {
    system: System,
}

/// What a machine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum State {
    Created,
    Running,
    Paused,
    Stopped,
    SavedAsTemplate,
    /// Something newer than this crate.
    #[serde(other)]
    Unknown,
}

/// A machine in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub owner: Option<String>,
    pub state: State,
}

/// How a machine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Exit {
    pub status: i32,
    pub exit_type: ExitType,
}

/// How a machine ended, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ExitType {
    GracefulExit,
    ForcedExit,
    UnexpectedExit,
    /// `None`, `Unknown`, or something newer than this crate.
    #[serde(other)]
    Unknown,
}

/// The key of the controller that every configuration of ours has.
const CONTROLLER: &str = "Primary disk controller";

impl VirtualMachine {
    /// Creates a machine. It does not run yet.
    pub fn create(id: &str, configuration: &str) -> Result<VirtualMachine, Error> {
        System::create(id, configuration, CREATE_MS).map(|system| VirtualMachine { system })
    }

    /// Opens a machine that exists.
    pub fn open(id: &str) -> Result<VirtualMachine, Error> {
        System::open(id).map(|system| VirtualMachine { system })
    }

    /// Creates and starts a machine. While the worker of its predecessor still holds the disk, it tries again;
    /// `pause` is called in between with the number of attempts so far.
    pub fn boot(id: &str, configuration: &str, mut pause: impl FnMut(u32)) -> Result<VirtualMachine, Error> {
        let mut attempts = 1;
        loop {
            let machine = VirtualMachine::create(id, configuration)?;
            let Err(error) = machine.start() else { return Ok(machine) };
            // What could not start is of no use, and would keep its id. Its end must not hide why it could not.
            let _ = machine.terminate();
            if error.code() != from_win32(ERROR_SHARING_VIOLATION) || attempts == BOOT_ATTEMPTS {
                return Err(error);
            }
            pause(attempts);
            attempts += 1;
        }
    }

    /// Starts a machine that was created.
    pub fn start(&self) -> Result<(), Error> {
        self.system.request("start the system", HcsStartComputeSystem, None, START_MS).map(drop)
    }

    /// Pauses a running machine.
    pub fn pause(&self) -> Result<(), Error> {
        self.system.request("pause the system", HcsPauseComputeSystem, None, REQUEST_MS).map(drop)
    }

    /// Lets a paused machine go on.
    pub fn resume(&self) -> Result<(), Error> {
        self.system.request("resume the system", HcsResumeComputeSystem, None, REQUEST_MS).map(drop)
    }

    /// Writes the state of a paused machine to a file, from which a later one can go on. It stays paused.
    pub fn save(&self, path: &str) -> Result<(), Error> {
        let options = serde_json::json!({ "SaveType": "ToFile", "SaveStateFilePath": path }).to_string();
        self.system.request("save the system", HcsSaveComputeSystem, Some(&options), SAVE_MS).map(drop)
    }

    /// Attaches a disk to a running machine, at a place of its first controller.
    pub fn attach_disk(&self, lun: u8, path: &str) -> Result<(), Error> {
        let disk = serde_json::json!({ "Type": "VirtualDisk", "Path": path });
        self.change_disk("attach a disk", "Add", lun, disk)
    }

    /// Detaches a disk. One that is not there is as good.
    pub fn detach_disk(&self, lun: u8) -> Result<(), Error> {
        self.change_disk("detach a disk", "Remove", lun, serde_json::Value::Null)
    }

    fn change_disk(
        &self,
        doing: &'static str,
        request: &str,
        lun: u8,
        settings: serde_json::Value,
    ) -> Result<(), Error> {
        let path = format!("VirtualMachine/Devices/Scsi/{CONTROLLER}/Attachments/{lun}");
        let change =
            serde_json::json!({ "ResourcePath": path, "RequestType": request, "Settings": settings });
        self.system.modify(doing, &change.to_string(), REQUEST_MS)
    }

    /// Asks the guest to shut down. If it has no ear for that, or is still there after `patience_ms`, it is terminated.
    pub fn shut_down(&self, patience_ms: u32) -> Result<Exit, Error> {
        let asked = self.system.request(
            "shut the guest down",
            HcsShutDownComputeSystem,
            Some(SHUTDOWN_OPTIONS),
            REQUEST_MS,
        );
        let outcome = match asked {
            // Success means that the guest has been told; it has not obeyed yet.
            Ok(_) => self.wait_for_exit(patience_ms),
            Err(error) if error.code() == HCS_E_SYSTEM_ALREADY_STOPPED => self.wait_for_exit(patience_ms),
            Err(error) => Err(error),
        };
        match outcome {
            Err(error)
                if [HCS_E_OPERATION_TIMEOUT, from_win32(ERROR_NOT_SUPPORTED)].contains(&error.code()) =>
            {
                self.terminate()?;
                self.wait_for_exit(GONE_MS)
            }
            outcome => outcome,
        }
    }

    /// Ends the machine at once. One that has ended already is as good.
    pub fn terminate(&self) -> Result<(), Error> {
        match self.system.request("terminate the system", HcsTerminateComputeSystem, None, REQUEST_MS) {
            Err(error) if error.code() != HCS_E_SYSTEM_ALREADY_STOPPED => Err(error),
            _ => Ok(()),
        }
    }

    /// What the machine is doing.
    pub fn state(&self) -> Result<State, Error> {
        let doing = "read the properties";
        let document = self.system.request(doing, HcsGetComputeSystemProperties, None, REQUEST_MS)?;
        parse::<Properties>(doing, document).map(|it| it.state())
    }

    /// Waits until the machine has ended.
    pub fn wait_for_exit(&self, limit_ms: u32) -> Result<Exit, Error> {
        let doing = "wait for the exit";
        parse(doing, self.system.wait_for_exit(doing, limit_ms)?)
    }

    /// Every virtual machine of the host, those of others included.
    pub fn list() -> Result<Vec<Listed>, Error> {
        let systems: Vec<Properties> =
            parse("list the systems", hcs::enumerate(ONLY_VIRTUAL_MACHINES, REQUEST_MS)?)?;
        let listed = |it: Properties| Listed { state: it.state(), id: it.id, owner: it.owner };
        Ok(systems.into_iter().map(listed).collect())
    }
}

/// What HCS tells about a system, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    id: String,
    owner: Option<String>,
    state: Option<State>,
    #[serde(default)]
    stopped: bool,
}

impl Properties {
    /// HCS leaves `State` out for a system that never started, and for one that has stopped.
    fn state(&self) -> State {
        self.state.unwrap_or(if self.stopped { State::Stopped } else { State::Created })
    }
}

/// Reads an answer that HCS always gives; where it gives none, that is the same as one that cannot be read.
fn parse<T: DeserializeOwned>(doing: &'static str, document: Option<String>) -> Result<T, Error> {
    serde_json::from_str(&document.unwrap_or_default()).map_err(|source| Error::Answer { doing, source })
}

/// HCS reports an error of Win32 in the form of an HRESULT.
const fn from_win32(error: u32) -> HRESULT {
    (error & 0xFFFF | 7 << 16 | 0x8000_0000) as HRESULT
}
