//! A compute system: its states, the one table of what is legal when, and what it tells about itself.
//! Not here: how requests change it (`lifecycle`), nor its handles' bookkeeping (`host`).

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Nanos;
use super::attention::Ending;
use super::identity::runtime_id;
use super::migration::Migration;
use crate::call::OperationType;
use crate::document::configuration::{Configuration, Restore, SystemKind};
use crate::document::exit::SystemExitStatus;
use crate::document::properties::{
    GuestConnectionInfo, MemoryInformation, OsType, Properties, SharedMemoryRegionInfo, State, Statistics,
    SystemType, VmMemory,
};
use crate::document::request::PropertyType;
use crate::document::timestamp::timestamp;
use crate::hresult::{HCS_E_INVALID_STATE, HCS_E_SYSTEM_ALREADY_STOPPED, Hresult};
use crate::schema::Version;

#[derive(Debug)]
pub(crate) struct System {
    pub(crate) id: Arc<str>,
    pub(crate) key: Key,
    /// Computed at the first question.
    pub(crate) runtime_id: OnceCell<Arc<str>>,
    /// The properties as last told to a query without types, until something changes.
    pub(crate) told: Option<Arc<str>>,
    /// Boxed: it is seldom looked at, and systems are visited often.
    pub(crate) configuration: Box<Configuration>,
    pub(crate) state: SystemState,
    /// Open handles.
    pub(crate) handles: u32,
    /// The handles that have a callback.
    pub(crate) registered: Vec<u64>,
    /// Running processes by their ids.
    pub(crate) processes: BTreeMap<u32, u64>,
    pub(crate) memory_mb: Option<u64>,
    /// The configuration as modify requests have changed it; none as long as it is what the create said.
    pub(crate) tree: Option<Box<Value>>,
    pub(crate) started_at: Nanos,
    /// A shutdown request was delivered.
    pub(crate) shutting_down: bool,
    pub(crate) template_id: Option<Arc<str>>,
    pub(crate) exit: Option<Exit>,
    /// Its exit is known to callbacks: one that comes later is told at once.
    pub(crate) exit_told: bool,
    pub(crate) ending: Ending,
    /// Nobody is told of its exit.
    pub(crate) silent: bool,
    /// How long after its exit the callbacks are told, if not the usual time.
    pub(crate) exit_event_delay: Option<Duration>,
    pub(crate) connection_lost: bool,
    pub(crate) migration: Option<Box<Migration>>,
    pub(crate) pending: PendingList,
    /// When its create completes: no request on it completes before.
    pub(crate) created_at: Nanos,
}

/// What makes an id unique: the namespace, and the id as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) namespace: Arc<str>,
    pub(crate) id: String,
}

#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) status: SystemExitStatus,
    pub(crate) document: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemState {
    /// Its create is pending.
    Creating,
    /// Its create failed; only its handle is left.
    Failed,
    Created,
    Running,
    Paused,
    SavedAsTemplate,
    Stopped,
}

/// The columns of the table: the states in which a request can find a system.
const COLUMNS: [SystemState; 5] = [
    SystemState::Created,
    SystemState::Running,
    SystemState::Paused,
    SystemState::Stopped,
    SystemState::SavedAsTemplate,
];

const OK: Option<Hresult> = None;
const STATE: Option<Hresult> = Some(HCS_E_INVALID_STATE);
const GONE: Option<Hresult> = Some(HCS_E_SYSTEM_ALREADY_STOPPED);

/// What is legal when. (fidelity: the rows `state-*`)
#[rustfmt::skip]
static LEGAL: [(OperationType, [Option<Hresult>; 5]); 12] = [
    //                                Created  Running Paused  Stopped SavedAsTemplate
    (OperationType::Start,           [OK,      STATE,  STATE,  GONE,   STATE]),
    (OperationType::Shutdown,        [STATE,   OK,     STATE,  GONE,   STATE]),
    (OperationType::Terminate,       [OK,      OK,     OK,     GONE,   OK]),
    (OperationType::Pause,           [STATE,   OK,     STATE,  GONE,   STATE]),
    (OperationType::Resume,          [STATE,   STATE,  OK,     GONE,   STATE]),
    (OperationType::Save,            [STATE,   STATE,  OK,     GONE,   STATE]),
    (OperationType::GetProperties,   [OK,      OK,     OK,     OK,     OK]),
    (OperationType::Modify,          [STATE,   OK,     STATE,  GONE,   STATE]),
    (OperationType::CreateProcess,   [STATE,   OK,     STATE,  GONE,   STATE]),
    (OperationType::Crash,           [STATE,   OK,     STATE,  GONE,   STATE]),
    (OperationType::LiveMigration,   [STATE,   OK,     OK,     GONE,   STATE]),
    (OperationType::Create,          [OK,      OK,     OK,     OK,     OK]),
];

/// The HRESULT with which a request is refused in a state, if it is.
pub(crate) fn refusal(request: OperationType, state: SystemState) -> Option<Hresult> {
    let column = COLUMNS.iter().position(|it| *it == state)?;
    LEGAL.iter().find(|(kind, _)| *kind == request).and_then(|(_, cells)| cells[column])
}

impl System {
    /// Whether the system exists for enumeration and opening.
    pub(crate) fn is_listed(&self) -> bool {
        matches!(
            self.state,
            SystemState::Created | SystemState::Running | SystemState::Paused | SystemState::SavedAsTemplate
        )
    }

    pub(crate) fn system_type(&self) -> SystemType {
        match self.configuration.kind {
            SystemKind::VirtualMachine => SystemType::VirtualMachine,
            SystemKind::Container { .. } => SystemType::Container,
        }
    }

    /// Whether the guest's agent can be asked for something.
    pub(crate) fn is_guest_connected(&self) -> bool {
        self.configuration.guest_connection && !self.connection_lost
    }

    /// The properties document; reduced after exit. (fidelity: `properties-running`, `properties-created`,
    /// `properties-stopped`, `properties-types`)
    pub(crate) fn properties(&self, asked: &[PropertyType], now: Nanos) -> Properties {
        let id = Arc::clone(&self.id);
        if let Some(exit) = &self.exit {
            return Properties {
                stopped: Some(true),
                exit_type: Some(exit.status.exit_type),
                ..Properties::new(id, SystemType::Container)
            };
        }
        let container = match self.configuration.kind {
            SystemKind::VirtualMachine => None,
            SystemKind::Container { linux, .. } => Some(if linux { OsType::Linux } else { OsType::Windows }),
        };
        let has = |it| asked.contains(&it);
        let running = matches!(self.state, SystemState::Running | SystemState::Paused);
        let runtime_id = self.runtime_id.get_or_init(|| runtime_id(&self.id));
        Properties {
            runtime_os_type: container,
            name: container.map(|_| Arc::clone(self.name())),
            owner: self.configuration.owner.clone(),
            runtime_id: Some(Arc::clone(runtime_id)),
            runtime_template_id: self.template_id.clone(),
            state: match self.state {
                SystemState::Running => Some(State::Running),
                SystemState::Paused => Some(State::Paused),
                SystemState::SavedAsTemplate => Some(State::SavedAsTemplate),
                _ => None,
            },
            memory: self.memory_mb.filter(|_| has(PropertyType::Memory) && running).map(|megabytes| {
                let assigned_memory = megabytes.saturating_mul(PAGES_PER_MB);
                let virtual_machine_memory = VmMemory { assigned_memory, ..VmMemory::default() };
                MemoryInformation { virtual_node_count: 1, virtual_machine_memory, virtual_nodes: Vec::new() }
            }),
            statistics: (has(PropertyType::Statistics) && running).then(|| Statistics {
                timestamp: Some(timestamp(now)),
                container_start_time: Some(timestamp(self.started_at)),
                uptime_100ns: (now - self.started_at) / 100,
                ..Statistics::default()
            }),
            terminate_on_last_handle_closed: has(PropertyType::TerminateOnLastHandleClosed)
                .then_some(self.configuration.terminate_on_last_handle_closed),
            hosting_system_id: self.configuration.hosting_system_id.clone(),
            shared_memory_region_info: (has(PropertyType::SharedMemoryRegion) && running)
                .then(|| shared_memory(&self.tree_now())),
            guest_connection_info: (has(PropertyType::GuestConnection)
                && running
                && self.is_guest_connected())
            .then(guest_connection),
            ..Properties::new(id, self.system_type())
        }
    }

    /// The name that enumerations filter by.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.configuration.name.as_ref().unwrap_or(&self.id)
    }

    pub(crate) fn restore(&self) -> Option<&Restore> {
        self.configuration.restore.as_ref()
    }
}

/// Pages of 4 KiB. (fidelity: `assigned-memory`)
const PAGES_PER_MB: u64 = 256;

/// Where the regions of shared memory lie in the guest: one after the other, from 4 GiB on. (fidelity: `shared-memory`)
fn shared_memory(configuration: &Value) -> Vec<SharedMemoryRegionInfo> {
    const FIRST: u64 = 1 << 32;
    const STEP: u64 = 2 << 20;
    let regions = configuration["VirtualMachine"]["Devices"]["SharedMemory"]["Regions"].as_array();
    let mut guest_physical_address = FIRST;
    let region = |it: &Value| {
        let section_name = it["SectionName"].as_str().unwrap_or_default().to_owned();
        let info = SharedMemoryRegionInfo { section_name, guest_physical_address };
        let length = it["Length"].as_u64().unwrap_or_default().max(1);
        guest_physical_address =
            guest_physical_address.saturating_add(length.div_ceil(STEP).saturating_mul(STEP));
        info
    };
    regions.into_iter().flatten().map(region).collect()
}

/// What a guest's agent says of itself. (fidelity: `guest-connection-info`)
fn guest_connection() -> GuestConnectionInfo {
    GuestConnectionInfo {
        supported_schema_versions: vec![Version::V1_0, Version::V2_1],
        protocol_version: 4,
        guest_defined_capabilities: Some(Value::Object(serde_json::Map::new())),
    }
}

/// The pending operations of a system. One is the usual number and needs no memory of its own; of many, those that have
/// ended are dropped lazily, so that a million cost no more than one.
#[derive(Debug, Default)]
pub(crate) struct PendingList {
    first: Option<PendingUse>,
    more: Vec<PendingUse>,
    /// How many of `more` are still pending.
    live: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PendingUse {
    pub(crate) operation: u64,
    pub(crate) id: u64,
}

impl PendingList {
    pub(crate) fn push(&mut self, entry: PendingUse, is_pending: impl Fn(&PendingUse) -> bool) {
        if self.first.is_none() {
            self.first = Some(entry);
            return;
        }
        if self.more.len() > 2 * self.live + 16 {
            self.more.retain(is_pending);
        }
        self.more.push(entry);
        self.live += 1;
    }

    /// A use is pending no more.
    pub(crate) fn ended(&mut self, id: u64) {
        if self.first.is_some_and(|it| it.id == id) {
            self.first = None;
        } else {
            self.live = self.live.saturating_sub(1);
        }
    }

    /// All, in no order; some of them may have ended.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &PendingUse> {
        self.first.iter().chain(&self.more)
    }

    /// Takes all, oldest first; some of them may have ended.
    pub(crate) fn take(&mut self) -> Vec<PendingUse> {
        self.live = 0;
        let mut all = std::mem::take(&mut self.more);
        all.extend(self.first.take());
        all.sort_by_key(|it| it.id);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_uses_come_back_oldest_first_and_ended_ones_are_dropped() {
        let mut list = PendingList::default();
        let entry = |id| PendingUse { operation: id, id };
        for id in 0..1000 {
            list.push(entry(id), |it| it.id >= 990);
            if id < 990 {
                list.ended(id);
            }
        }
        assert!(list.more.len() < 60, "{} entries are kept for 10 live ones", list.more.len());
        list.push(entry(1000), |it| it.id >= 990);
        let all = list.take();
        assert!(all.is_sorted_by_key(|it| it.id));
        assert_eq!(all.iter().filter(|it| it.id >= 990).count(), 11);
        assert_eq!(list.take(), []);
    }
}
