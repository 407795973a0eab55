//! What a modify request changes: the configuration as it is now, a tree that begins as the document of the create.
//! Not here: which paths there are and what settings they take (`schema::resource`), when a modify is legal (`system`).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Nanos;
use super::failure::Failure;
use super::host::Host;
use super::identity::fold;
use super::lifecycle::{Carried, nanos};
use super::request::{Body, Request};
use super::system::{Key, System};
use crate::document::Problem;
use crate::document::configuration::{SystemKind, file_paths};
use crate::document::request::ModifyRequest;
use crate::hresult::*;
use crate::schema::resource::{self, RequestType, Resource, Target};

/// What became of a change: a remark for the journal, or the reason why it cannot be made.
type Changed = Result<Option<String>, (Hresult, String)>;

const MEMORY: &str = "VirtualMachine/ComputeTopology/Memory/SizeInMB";

impl Host {
    /// (fidelity: `modify-paths`, `modify-unknown-path`, `modify-guest-request`, `modify-memory`)
    pub(super) fn modify(&mut self, request: &Request, force: bool, now: Nanos) -> Carried {
        let Body::Modify(modify) = &request.body else { return Ok(None) };
        let ModifyRequest { resource_path, request_type, settings, .. } = modify.as_ref();
        let Some(path) = resource_path.as_deref().filter(|it| !it.is_empty()) else {
            self.remark = Some("there is no ResourcePath: HCS itself changes nothing".to_owned());
            return Ok(None);
        };
        let Some(resource) = resource::find(path) else { return self.no_such_path(path, force) };
        let asked = request_type.as_deref().and_then(RequestType::of);
        let asked = asked.unwrap_or_else(|| resource.usual_request());
        let settings = settings.clone().unwrap_or(Value::Null);
        if !force {
            self.may_be_modified(request.system, resource, path, asked, &settings, now)?;
        }
        let system = self.systems.get_mut(request.system).expect("carry_out found it");
        if path.eq_ignore_ascii_case(MEMORY) {
            system.memory_mb = if asked == RequestType::Remove { None } else { settings.as_u64() };
        }
        let change = Change { resource, path, asked, settings, force };
        match change.apply(system.tree()) {
            Ok(remark) => {
                self.remark = remark;
                Ok(None)
            }
            Err((code, why)) => Err(Failure::noted(code, why)),
        }
    }

    /// A path that no resource has. (fidelity: `modify-unknown-path`)
    fn no_such_path(&mut self, path: &str, force: bool) -> Carried {
        let meant =
            resource::nearest_path(path).map_or(String::new(), |it| format!("; did you mean {it:?}?"));
        let path = resource::shortened(path);
        let note = format!("no resource is known at {path:?}, and nothing changed{meant}");
        match self.behavior.unknown_resource {
            Some(code) if !force => Err(Failure::noted(code, note)),
            _ => {
                self.remark = Some(note);
                Ok(None)
            }
        }
    }

    fn may_be_modified(
        &self,
        number: u64,
        resource: &Resource,
        path: &str,
        asked: RequestType,
        settings: &Value,
        now: Nanos,
    ) -> Result<(), Failure> {
        let system = self.systems.get(number).expect("carry_out found it");
        let is_machine = system.configuration.kind == SystemKind::VirtualMachine;
        if resource.is_of_machines() != is_machine {
            let what = if is_machine { "a virtual machine" } else { "a container" };
            let note = format!("{path:?} is not a resource of {what}");
            return Err(Failure::noted(HRESULT_ERROR_NOT_SUPPORTED, note));
        }
        if !resource.requests.contains(&asked) {
            let problem = Problem::at("$.RequestType", format!("this resource does not take {asked:?}"));
            return Err(Failure::invalid_request(&problem));
        }
        let has_settings = settings.as_object().map_or(!settings.is_null(), |it| !it.is_empty());
        if resource.is_empty() && has_settings {
            return Err(Failure::noted(E_INVALIDARG, format!("{path:?} takes no settings"))); // fidelity: modify-empty-settings
        }
        if asked == RequestType::Remove {
            return Ok(());
        }
        if path.eq_ignore_ascii_case(MEMORY) {
            let Some(size) = settings.as_u64() else {
                let problem =
                    Problem::at("$.Settings", "a size in megabytes is required: an unsigned integer");
                return Err(Failure::invalid_request(&problem));
            };
            if now < system.started_at.saturating_add(nanos(self.behavior.guest_boot)) {
                let note = "the guest has not booted yet; its memory cannot be resized";
                return Err(Failure::noted(HCS_E_INVALID_STATE, note));
            }
            if let Some(note) = odd_memory(Some(size)) {
                return Err(Failure::noted(WBEM_E_INVALID_PARAMETER, note));
            }
        }
        // (fidelity: `access-enforced`)
        let file = ["Path", "HostPath"].into_iter().find_map(|it| settings[it].as_str()).unwrap_or_default();
        if self.behavior.enforce_access && resource.opens_a_file() && !self.is_granted(system, file) {
            let note = format!("{file} was never granted to {}: HcsGrantVmAccess", system.id);
            return Err(Failure::noted(E_ACCESSDENIED, note));
        }
        Ok(())
    }

    /// The configuration of a system as it is now, or as it was when it ended.
    pub(crate) fn configuration(&self, id: &str) -> Option<Value> {
        let key = Key { namespace: "".into(), id: fold(id) };
        let system = match self.names.get(&key) {
            Some(number) => self.systems.get(*number),
            None => {
                self.systems.iter().filter(|(_, it)| it.key == key && it.exit.is_some()).last().map(|it| it.1)
            }
        };
        Some(system?.tree_now())
    }

    /// What was saved counts for what the configuration of the restored system leaves out. (fidelity: `restore-modified`)
    pub(super) fn restore_tree(&mut self, number: u64, mut saved: Value) {
        let Some(system) = self.systems.get_mut(number) else { return };
        if system.template_id.is_some()
            && let Some(devices) = saved["Devices"].as_object_mut()
        {
            devices.remove("NetworkAdapters"); // fidelity: restore-template
        }
        let mut added = Vec::new();
        if let Some(size) = system.memory_mb {
            let topology = ["VirtualMachine", "ComputeTopology", "Memory"].map(str::to_owned);
            at(system.tree(), &topology)["SizeInMB"] = Value::from(size);
        }
        let mut path = vec!["VirtualMachine".to_owned()];
        merge(&mut system.tree()["VirtualMachine"], saved, &mut path, &mut added);
        if !added.is_empty() {
            self.remark =
                Some(format!("restored with what the configuration leaves out: {}", added.join(", ")));
        }
    }
}

impl System {
    /// The configuration as it is now.
    pub(crate) fn tree(&mut self) -> &mut Value {
        let text = self.configuration.text.as_deref();
        self.tree.get_or_insert_with(|| Box::new(tree_of(text)))
    }

    /// The same, without keeping it.
    pub(crate) fn tree_now(&self) -> Value {
        self.tree.as_deref().cloned().unwrap_or_else(|| tree_of(self.configuration.text.as_deref()))
    }

    /// What of it is saved with its memory.
    pub(super) fn saved_tree(&self) -> Value {
        let mut machine = self.tree_now()["VirtualMachine"].take();
        if let Some(members) = machine.as_object_mut() {
            members.remove("RestoreState");
        }
        machine
    }

    /// The key of the SCSI controller that a file is attached to.
    pub(super) fn controller_of(&self, path: &str) -> Option<String> {
        let tree = self.tree_now();
        let attached = |controller: &Value| {
            let attachments = controller["Attachments"].as_object();
            attachments.is_some_and(|it| it.values().any(|it| it["Path"] == path))
        };
        let controllers = tree["VirtualMachine"]["Devices"]["Scsi"].as_object()?;
        controllers.iter().find(|it| attached(it.1)).map(|it| it.0.clone())
    }

    /// The files that it opens at its start.
    pub(super) fn files(&self) -> Vec<String> {
        file_paths(&self.tree_now())
    }
}

fn tree_of(text: Option<&str>) -> Value {
    text.and_then(|it| serde_json::from_str(it).ok()).unwrap_or_else(|| Value::Object(Map::new()))
}

/// Memory is given in pairs of megabytes. (fidelity: `memory-even`)
pub(super) fn odd_memory(size: Option<u64>) -> Option<String> {
    let size = size.filter(|it| it % 2 != 0)?;
    Some(format!("SizeInMB is {size}; memory is given out in steps of 2 MB"))
}

struct Change<'a> {
    resource: &'static Resource,
    path: &'a str,
    asked: RequestType,
    settings: Value,
    /// It is made whatever stands there.
    force: bool,
}

impl Change<'_> {
    fn apply(self, tree: &mut Value) -> Changed {
        let segments = self.resource.spelled(self.path);
        let tree = match tree {
            hosted
                if segments[0] == "Container"
                    && hosted["Container"].is_null()
                    && !hosted["HostedSystem"].is_null() =>
            {
                &mut hosted["HostedSystem"]
            }
            tree => tree,
        };
        let (key, parents) = segments.split_last().expect("every pattern has segments");
        match self.resource.target {
            Target::Value => self.set_value(tree, parents, key),
            Target::Members => {
                let parent = at(tree, parents);
                for (name, value) in self.settings.as_object().into_iter().flatten() {
                    parent[name] = value.clone();
                }
                Ok(None)
            }
            Target::Element(keys) => self.change_element(tree, &segments, keys),
            Target::Entry | Target::EntryOfDevice | Target::Upserted => self.change_entry(tree, parents, key),
        }
    }

    fn set_value(self, tree: &mut Value, parents: &[String], key: &str) -> Changed {
        if self.asked == RequestType::Remove {
            return self.remove(tree, parents, key);
        }
        at(tree, parents)[key] = self.settings;
        Ok(None)
    }

    /// (fidelity: `modify-remove-nothing`)
    fn remove(&self, tree: &mut Value, parents: &[String], key: &str) -> Changed {
        let parent = parents.iter().try_fold(tree, |at, name| at.get_mut(name));
        let removed = parent.and_then(Value::as_object_mut).and_then(|it| it.remove(key));
        Ok(if removed.is_none() { self.nothing_there("") } else { None })
    }

    /// (fidelity: `modify-slot-in-use`, `modify-no-such-device`)
    fn change_entry(self, tree: &mut Value, parents: &[String], key: &str) -> Changed {
        let known = parents.iter().try_fold(&*tree, |at, name| at.get(name)).and_then(Value::as_object);
        // What has to be a GUID is the same in either case. (fidelity: `modify-guid-keys`)
        let by_guid = self.resource.is_keyed_by_guid();
        let same = known.and_then(|it| it.keys().find(|it| by_guid && it.eq_ignore_ascii_case(key)));
        let key = &*same.map_or_else(|| key.to_owned(), String::clone);
        if self.asked == RequestType::Remove {
            return self.remove(tree, parents, key);
        }
        let device = &parents[..parents.len() - 1]; // the last of them is the map
        if self.resource.target == Target::EntryOfDevice
            && !self.force
            && device.iter().try_fold(&*tree, |at, name| at.get(name)).is_none_or(|it| !it.is_object())
        {
            let which = device.join("/");
            return Err((HRESULT_ERROR_NOT_FOUND, format!("there is no such device: {which:?}")));
        }
        let map = at(tree, parents).as_object_mut().expect("it was made one");
        match (self.asked, map.contains_key(key)) {
            (RequestType::Add, true) if !self.force => {
                return Err((HRESULT_ERROR_ALREADY_EXISTS, format!("{:?} is in use", self.path)));
            }
            (RequestType::Update, false) if !self.force && self.resource.target != Target::Upserted => {
                return Err((HRESULT_ERROR_NOT_FOUND, format!("there is no such device: {:?}", self.path)));
            }
            _ => {}
        }
        let entry = if self.settings.is_null() { Value::Object(Map::new()) } else { self.settings };
        map.insert(key.to_owned(), entry);
        Ok(None)
    }

    fn change_element(self, tree: &mut Value, list: &[String], keys: &[&str]) -> Changed {
        let is_it = |it: &Value| keys.iter().all(|key| it[*key] == self.settings[*key]);
        let known = list.iter().try_fold(&*tree, |at, name| at.get(name)).and_then(Value::as_array);
        let found = known.and_then(|it| it.iter().position(is_it));
        let called = shown(keys, &self.settings);
        match (self.asked, found) {
            (RequestType::Remove, None) => return Ok(self.nothing_there(&format!(" with {called}"))),
            (RequestType::Add, Some(_)) if !self.force => {
                return Err((HRESULT_ERROR_ALREADY_EXISTS, format!("{:?} has {called} already", self.path)));
            }
            (RequestType::Update, None) if !self.force => {
                return Err((HRESULT_ERROR_NOT_FOUND, format!("{:?} has no {called}", self.path)));
            }
            _ => {}
        }
        let (name, parents) = list.split_last().expect("every pattern has segments");
        let list = &mut at(tree, parents)[name.as_str()];
        if !list.is_array() {
            *list = Value::Array(Vec::new());
        }
        let elements = list.as_array_mut().expect("it was made one");
        match (self.asked, found) {
            (RequestType::Remove, Some(index)) => drop(elements.remove(index)),
            (_, Some(index)) => elements[index] = self.settings,
            (_, None) => elements.push(self.settings),
        }
        Ok(None)
    }

    fn nothing_there(&self, which: &str) -> Option<String> {
        Some(format!("nothing is at {:?}{which}: HCS removes nothing, and reports success", self.path))
    }
}

/// The members by which an element is known, as they are shown.
fn shown(keys: &[&str], settings: &Value) -> String {
    keys.iter().map(|key| format!("{key} {}", settings[*key])).collect::<Vec<_>>().join(", ")
}

/// What stands at a place, which is made an object on the way.
fn at<'a>(tree: &'a mut Value, names: &[String]) -> &'a mut Value {
    let tree = object(tree);
    match names.split_first() {
        Some((name, rest)) => at(&mut tree[name.as_str()], rest),
        None => tree,
    }
}

fn object(value: &mut Value) -> &mut Value {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value
}

/// Adds what is missing, and tells where. Elements of lists are told apart by what a resource knows them by.
fn merge(into: &mut Value, from: Value, path: &mut Vec<String>, added: &mut Vec<String>) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                path.push(name.clone());
                match into.get_mut(&name) {
                    Some(there) => merge(there, value, path, added),
                    None => {
                        into.insert(name, value);
                        added.push(format!("/{}", path.join("/")));
                    }
                }
                path.pop();
            }
        }
        (Value::Array(into), Value::Array(from)) => {
            let target = resource::find(&path.join("/")).map(|it| it.target);
            let Some(Target::Element(keys)) = target else { return }; // the configuration says it all
            let mut known: BTreeSet<String> = into.iter().map(|it| shown(keys, it)).collect();
            for value in from {
                if known.insert(shown(keys, &value)) {
                    into.push(value);
                    added.push(format!("/{}/{}", path.join("/"), into.len() - 1));
                }
            }
        }
        _ => {}
    }
}
