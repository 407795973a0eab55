//! Which lane an entry stands in, and what lasts from one entry to another: pending operations, states, callbacks, processes.
//! Not here: from left to right (`scale`), nor shapes and colours (`draw`).

use std::collections::HashMap;

use super::super::{Entry, What};
use super::callbacks::Callbacks;
use super::parts::{Bar, BarKind, Lane, LaneKind, Shape, client_thread, failure};
use super::scale::Scale;
use crate::answer::{Answer, Returned};
use crate::call::{Call, Delivery, OperationType};
use crate::handle::{OperationHandle, ProcessHandle, SystemHandle, TargetHandle};
use crate::hresult::{HCS_E_OPERATION_PENDING, Hresult, S_OK};

/// What the lanes are made of, and how many of each there are.
pub(super) struct Lanes {
    /// From top to bottom; empty ones are left out.
    pub(super) lanes: Vec<Lane>,
    pub(super) threads: Vec<String>,
    pub(super) systems: usize,
    pub(super) operations: usize,
    pub(super) processes: usize,
}

impl Lanes {
    pub(super) fn of(entries: &[Entry], scale: &Scale) -> Lanes {
        let mut builder = Builder {
            scale,
            threads: Vec::new(),
            callbacks: Callbacks::default(),
            service: Lane::new(LaneKind::Service, "service"),
            groups: vec![Group::new(None)],
            group_of: HashMap::new(),
            systems: HashMap::new(),
            operations: Vec::new(),
            operation_of: HashMap::new(),
            processes: Vec::new(),
            process_of: HashMap::new(),
            process_ids: process_ids(entries),
        };
        for (index, entry) in entries.iter().enumerate() {
            builder.add(index, entry);
        }
        builder.finish()
    }
}

/// The process ids that clients were told: a process may have exited before they ask.
fn process_ids(entries: &[Entry]) -> HashMap<ProcessHandle, u32> {
    let mut process_of: HashMap<OperationHandle, ProcessHandle> = HashMap::new();
    let mut ids = HashMap::new();
    for entry in entries {
        let What::Called { call, answer, .. } = &entry.what else { continue };
        let Some(operation) = call.operation() else { continue };
        let process = Some(answer.process).filter(|it| !it.is_null()).or(call.process());
        if let Some(process) = process {
            process_of.insert(operation, process);
        }
        if let (Some(info), Some(process)) = (&answer.process_info, process_of.get(&operation)) {
            ids.insert(*process, info.process_id);
        }
    }
    ids
}

struct Builder<'a> {
    scale: &'a Scale,
    threads: Vec<(String, Lane)>,
    callbacks: Callbacks,
    service: Lane,
    /// The first is for what belongs to no system.
    groups: Vec<Group>,
    group_of: HashMap<String, usize>,
    systems: HashMap<SystemHandle, usize>,
    operations: Vec<Operation>,
    operation_of: HashMap<OperationHandle, usize>,
    processes: Vec<Process>,
    process_of: HashMap<ProcessHandle, usize>,
    process_ids: HashMap<ProcessHandle, u32>,
}

/// A system, with what is about it.
struct Group {
    lane: Lane,
    /// Since which place it is in which state, and which entry told of it.
    state: Option<(usize, BarKind, &'static str, usize)>,
    was_there: bool,
}

struct Operation {
    group: usize,
    lane: Lane,
    handle: Bar,
    /// Since when it is at work, and at what.
    pending: Option<(usize, OperationType)>,
    process: Option<usize>,
}

struct Process {
    group: usize,
    name: String,
    id: Option<u32>,
    lane: Lane,
    bar: Option<Bar>,
}

impl Group {
    fn new(id: Option<&str>) -> Group {
        let lane = Lane::new(LaneKind::System, id.map_or(String::new(), |it| format!("{it:?}")));
        Group { lane, state: None, was_there: false }
    }

    fn set(&mut self, slot: usize, entry: usize, state: Option<(BarKind, &'static str)>) {
        let next = state.map(|(kind, label)| (slot, kind, label, entry));
        if let Some((from, kind, label, entry)) = std::mem::replace(&mut self.state, next) {
            self.lane.bars.push(Bar { from, to: Some(slot), kind, label: label.to_owned(), entry });
        }
        self.was_there = true;
    }
}

impl Builder<'_> {
    fn add(&mut self, index: usize, entry: &Entry) {
        let slot = self.scale.end(index);
        match &entry.what {
            What::Called { call, answer, system_id, .. } => {
                self.add_call(index, entry, call, answer, system_id.as_deref());
            }
            What::Completed { operation, operation_type, hresult, .. } => {
                self.complete(index, *operation, *operation_type, *hresult);
            }
            What::CallbackEntered { operation } => {
                let label = operation.to_string();
                self.callbacks.enter((None, TargetHandle::Operation(*operation)), slot, index, label);
                self.touch_target(slot, index, TargetHandle::Operation(*operation));
            }
            What::CallbackReturned { operation } => {
                self.callbacks.leave((None, TargetHandle::Operation(*operation)), slot, index);
            }
            What::EventEntered { event, target, .. } => {
                self.callbacks.enter((Some(*event), *target), slot, index, event.to_string());
                self.touch_target(slot, index, *target);
            }
            What::EventReturned { event, target } => {
                self.callbacks.leave((Some(*event), *target), slot, index);
            }
            What::Exited { system_id, .. } => {
                let group = self.group(system_id);
                self.groups[group].set(slot, index, None);
                self.groups[group].lane.mark(slot, index, Shape::Exits);
            }
            What::ProcessExited { system_id, process_id, .. } => {
                let group = self.group(system_id);
                let process = self.process_by_id(group, *process_id);
                self.processes[process].end(slot);
                self.processes[process].lane.mark(slot, index, Shape::Exits);
            }
            What::Service { .. } => self.service.mark(slot, index, Shape::Service),
        }
    }

    fn add_call(&mut self, index: usize, entry: &Entry, call: &Call, answer: &Answer, id: Option<&str>) {
        let (begin, slot) = (self.scale.begin(index), self.scale.end(index));
        let shape = match answer.returned {
            Returned::Hresult(HCS_E_OPERATION_PENDING) => Shape::NotYet,
            _ if failure(entry).is_some() => Shape::CallFailed,
            _ => Shape::Called,
        };
        let lane = match client_thread(entry) {
            Some(name) => self.thread(name),
            None => self.callbacks.current(),
        };
        if begin < slot {
            let label = call.export().name().to_owned();
            lane.bars.push(Bar { from: begin, to: Some(slot), kind: BarKind::Call, label, entry: index });
        }
        lane.mark(slot, index, shape);

        let accepted = answer.returned == Returned::Hresult(S_OK);
        let group = self.group_of_call(call, answer, id);
        if let Some(group) = group {
            self.groups[group].lane.touch(slot, index);
            if accepted && !answer.system.is_null() {
                let known = self.groups[group].state.is_some();
                if matches!(
                    call,
                    Call::CreateComputeSystem { .. } | Call::CreateComputeSystemInNamespace { .. }
                ) {
                    if !known {
                        self.groups[group].set(slot, index, Some((BarKind::Creating, "is created")));
                    }
                } else if !self.groups[group].was_there {
                    self.groups[group].set(0, index, Some((BarKind::State, "was there")));
                }
            }
        }
        let process = self.process_of_call(call, answer, group, slot, index);
        if let Some(process) = process {
            self.processes[process].lane.touch(slot, index);
        }
        let operation = match answer.returned {
            Returned::Operation(it) => Some(it),
            _ => call.operation(),
        };
        let Some(operation) = operation.and_then(|it| self.operation(it, slot, index)) else { return };
        let group = group.or_else(|| Some(self.processes[process?].group));
        let operation = &mut self.operations[operation];
        operation.lane.touch(slot, index);
        if accepted && call.export().info().delivery == Delivery::ThroughOperation {
            operation.pending = Some((slot, call.export().info().operation_type));
            operation.process = process;
            if operation.group == 0 {
                operation.group = group.unwrap_or(0);
            }
        }
        if matches!(call, Call::CloseOperation { .. }) {
            operation.handle.to = Some(slot);
        }
    }

    fn complete(&mut self, index: usize, handle: OperationHandle, kind: OperationType, code: Hresult) {
        let slot = self.scale.end(index);
        let shape = if code.is_failure() { Shape::Failed } else { Shape::Completed };
        let Some(number) = self.operation(handle, slot, index) else {
            self.service.mark(slot, index, shape);
            return;
        };
        let operation = &mut self.operations[number];
        operation.lane.mark(slot, index, shape);
        let from = operation.pending.take().map_or(slot, |it| it.0);
        let bar_kind = if code.is_failure() { BarKind::Failed } else { BarKind::Pending };
        let label = format!("#{} {kind:?}", handle.number().unwrap_or_default());
        operation.lane.bars.push(Bar { from, to: Some(slot), kind: bar_kind, label, entry: index });
        if let Some(to) = &mut operation.handle.to {
            *to = slot.max(*to); // its handle was closed before
        }
        if code.is_failure()
            && kind == OperationType::CreateProcess
            && let Some(process) = operation.process
        {
            self.processes[process].end(slot);
        }
        let group = operation.group;
        if group == 0 {
            return;
        }
        let state = match kind {
            OperationType::Create if code.is_failure() => None,
            _ if code.is_failure() => return,
            OperationType::Create => Some((BarKind::State, "created")),
            OperationType::Start | OperationType::Resume => Some((BarKind::State, "running")),
            OperationType::Pause => Some((BarKind::State, "paused")),
            OperationType::Save => Some((BarKind::State, "saved")),
            _ => return,
        };
        let group = &mut self.groups[group];
        group.lane.touch(slot, index);
        let exists = group.state.is_some_and(|it| kind != OperationType::Create || it.1 == BarKind::Creating);
        if exists {
            group.set(slot, index, state);
        }
    }

    fn thread(&mut self, name: &str) -> &mut Lane {
        let at = self.threads.iter().position(|it| it.0 == name).unwrap_or_else(|| {
            let lane = Lane::new(LaneKind::Thread(self.threads.len()), format!("thread {name}"));
            self.threads.push((name.to_owned(), lane));
            self.threads.len() - 1
        });
        &mut self.threads[at].1
    }

    fn group(&mut self, id: &str) -> usize {
        if let Some(group) = self.group_of.get(id) {
            return *group;
        }
        self.groups.push(Group::new(Some(id)));
        self.group_of.insert(id.to_owned(), self.groups.len() - 1);
        self.groups.len() - 1
    }

    /// The system that a call is about, by its id or its handle.
    fn group_of_call(&mut self, call: &Call, answer: &Answer, id: Option<&str>) -> Option<usize> {
        let named = match call {
            Call::GrantVmAccess { .. } | Call::RevokeVmAccess { .. } => None,
            _ => call.id(),
        };
        let handle = call.compute_system().filter(|it| it.number().is_some());
        let group = match id.or(named) {
            Some(id) => self.group(id),
            None => match self.systems.get(&handle?) {
                Some(group) => *group,
                None => self.group(&handle?.to_string()),
            },
        };
        for handle in handle.into_iter().chain(Some(answer.system).filter(|it| !it.is_null())) {
            self.systems.insert(handle, group);
        }
        Some(group)
    }

    /// None for values that are no handles.
    fn operation(&mut self, handle: OperationHandle, slot: usize, entry: usize) -> Option<usize> {
        let number = handle.number()?;
        Some(*self.operation_of.entry(handle).or_insert_with(|| {
            let label = format!("#{number}");
            let bar = Bar { from: slot, to: None, kind: BarKind::Handle, label, entry };
            let lane = Lane::new(LaneKind::Operations, handle.to_string());
            self.operations.push(Operation { group: 0, lane, handle: bar, pending: None, process: None });
            self.operations.len() - 1
        }))
    }

    /// The process that a call is about; one that is made or opened by it is new, unless its id is known.
    fn process_of_call(
        &mut self,
        call: &Call,
        answer: &Answer,
        group: Option<usize>,
        slot: usize,
        entry: usize,
    ) -> Option<usize> {
        let handed_out = Some(answer.process).filter(|it| it.number().is_some());
        if let (Some(handle), Some(group)) = (handed_out, group) {
            let process = match call {
                Call::OpenProcess { process_id, .. } => self.process_by_id(group, *process_id),
                _ => {
                    let id = self.process_ids.get(&handle).copied();
                    let name = id.map_or(handle.to_string(), |it| format!("process {it}"));
                    let label = handle.to_string();
                    let bar = Bar { from: slot, to: None, kind: BarKind::Process, label, entry };
                    self.new_process(group, name, id, Some(bar))
                }
            };
            self.process_of.insert(handle, process);
            return Some(process);
        }
        let handle = call.process().filter(|it| it.number().is_some())?;
        match self.process_of.get(&handle) {
            Some(process) => Some(*process),
            None => {
                let process = self.new_process(0, handle.to_string(), None, None);
                self.process_of.insert(handle, process);
                Some(process)
            }
        }
    }

    fn process_by_id(&mut self, group: usize, id: u32) -> usize {
        let known = self.processes.iter().position(|it| it.group == group && it.id == Some(id));
        known.unwrap_or_else(|| self.new_process(group, format!("process {id}"), Some(id), None))
    }

    fn new_process(&mut self, group: usize, name: String, id: Option<u32>, bar: Option<Bar>) -> usize {
        let lane = Lane::new(LaneKind::Process, String::new());
        self.processes.push(Process { group, name, id, lane, bar });
        self.processes.len() - 1
    }

    fn touch_target(&mut self, slot: usize, index: usize, target: TargetHandle) {
        let lane = match target {
            TargetHandle::Operation(it) => {
                self.operation_of.get(&it).map(|it| &mut self.operations[*it].lane)
            }
            TargetHandle::System(it) => self.systems.get(&it).map(|it| &mut self.groups[*it].lane),
            TargetHandle::Process(it) => self.process_of.get(&it).map(|it| &mut self.processes[*it].lane),
        };
        if let Some(lane) = lane {
            lane.touch(slot, index);
        }
    }

    fn finish(self) -> Lanes {
        let (systems, operations, processes) =
            (self.groups.len() - 1, self.operations.len(), self.processes.len());
        let mut rows: Vec<Vec<Lane>> = self.groups.iter().map(|_| Vec::new()).collect();
        for operation in self.operations {
            let name = if operation.group == 0 { "other operations" } else { "operations" };
            pack(&mut rows[operation.group], operation, name);
        }
        for process in self.processes {
            rows[process.group].push(process.into_lane());
        }
        let (names, mut lanes): (Vec<String>, Vec<Lane>) = self.threads.into_iter().unzip();
        lanes.append(&mut self.callbacks.into_lanes());
        lanes.push(self.service);
        let mut groups: Vec<(Group, Vec<Lane>)> = self.groups.into_iter().zip(rows).collect();
        groups.rotate_left(1); // what belongs to no system comes last
        for (mut group, mut rows) in groups {
            if let Some(row) = rows.first_mut().filter(|_| group.lane.name.is_empty()) {
                row.is_first = true;
            }
            if let Some((from, kind, label, entry)) = group.state {
                group.lane.bars.push(Bar { from, to: None, kind, label: label.to_owned(), entry });
            }
            lanes.push(group.lane);
            lanes.append(&mut rows);
        }
        lanes.retain(|it| !it.marks.is_empty());
        Lanes { lanes, threads: names, systems, operations, processes }
    }
}

/// Puts an operation into the first row of its group where its handle's time is free.
fn pack(rows: &mut Vec<Lane>, mut operation: Operation, name: &str) {
    let free = |row: &Lane| {
        let last = row.bars.iter().rfind(|it| it.kind == BarKind::Handle);
        last.is_none_or(|it| it.to.is_some_and(|it| it < operation.handle.from))
    };
    let row = match rows.iter_mut().position(|it| free(it)) {
        Some(row) => &mut rows[row],
        None => {
            rows.push(Lane::new(LaneKind::Operations, name));
            rows.last_mut().expect("hcs-sim bug: there is a row")
        }
    };
    if let Some((from, kind)) = operation.pending {
        let label = format!("{} {kind:?}", operation.handle.label);
        let entry = operation.handle.entry;
        operation.lane.bars.push(Bar { from, to: None, kind: BarKind::Pending, label, entry });
    }
    if !operation.lane.bars.is_empty() {
        operation.handle.label.clear(); // its work says its number
    }
    row.bars.push(operation.handle); // first, that the others are drawn over it
    row.bars.append(&mut operation.lane.bars);
    row.marks.append(&mut operation.lane.marks);
}

impl Process {
    fn end(&mut self, slot: usize) {
        if let Some(bar) = &mut self.bar
            && bar.to.is_none()
        {
            bar.to = Some(slot);
        }
    }

    fn into_lane(self) -> Lane {
        Lane { name: self.name, bars: self.bar.into_iter().collect(), ..self.lane }
    }
}
