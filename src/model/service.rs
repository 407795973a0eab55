//! The service itself: its properties and settings, crash reports, and who may open which file.
//! Not here: the service's end and return (`incident`), files (`runtime::files`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::failure::Failure;
use super::host::Host;
use super::identity::{fold, is_guid, uuid_v5};
use super::lifecycle::path_key;
use super::step::{Performed, refusal_of};
use super::system::System;
use crate::answer::Answer;
use crate::call::{Call, Needed, Text};
use crate::document;
use crate::document::configuration::file_paths;
use crate::document::crash::CrashReport;
use crate::document::request::read;
use crate::document::result_error::ResultError;
use crate::document::service::*;
use crate::document::{Object, Problem};
use crate::hresult::*;

/// The namespace of the cookies of credential guards; ours.
const COOKIES: [u8; 16] =
    [0x1d, 0x92, 0x77, 0x0e, 0x0b, 0x4c, 0x42, 0x61, 0xb3, 0x5c, 0x8a, 0x4f, 0x60, 0x19, 0xee, 0x05];

#[derive(Debug, Default)]
pub(crate) struct Service {
    pub(crate) is_away: bool,
    /// Handles with smaller numbers are from before the service went away.
    pub(crate) stale_handles: u64,
    pub(crate) stale_processes: u64,
    cpu_groups: Vec<CpuGroup>,
    last_cpu_group: u64,
    guards: Vec<CredentialGuard>,
    /// Who may open which file: the id as it is compared (none for every virtual machine), and the path.
    grants: BTreeSet<(Option<String>, String)>,
}

/// The processor of the modelled host.
pub(crate) const CAPABILITIES: ProcessorCapabilities = ProcessorCapabilities {
    processor_features: &[
        "Sse3",
        "LahfSahf",
        "Ssse3",
        "Sse4_1",
        "Sse4_2",
        "Cmpxchg16B",
        "Popcnt",
        "Lzcnt",
        "Page1Gb",
        "Pclmulqdq",
        "Pcid",
        "F16C",
        "Rdrand",
        "Rdwrfsgs",
        "Smep",
        "EnhancedFastString",
        "Bmi1",
        "Bmi2",
        "Movbe",
        "Rdseed",
        "Adx",
        "Smap",
        "Rdtscp",
        "Clflushopt",
        "Invpcid",
        "TscInvariant",
        "UnrestrictedGuest",
    ],
    xsave_processor_features: &["Xsave", "Xsave_Opt", "Avx", "Avx2", "Fma", "Xsave_Comp", "Xsave_Supervisor"],
    cache_line_flush_size: 8,
    implemented_physical_address_bits: 46,
    non_architectural_core_sharing: "Unreported",
};

impl Host {
    /// `HcsGetServiceProperties`. (fidelity: `service-basic`, `service-query`, `service-query-invalid`)
    pub(super) fn service_properties(&self, call: &Call, query: &Text) -> Performed {
        let query = match query {
            Text::Null => {
                Ok(ServiceQuery { property_types: vec![ServiceProperty::Basic], property_queries: None })
            }
            Text::Is(text) => read::<ServiceQuery>(text),
            broken => Err(Problem::at_root(broken.fault().unwrap_or_default())),
        };
        let query = match query {
            Ok(query) => query,
            Err(problem) => return failed(call, Failure::invalid_request(&problem)),
        };
        if query.property_queries.is_some() && self.behavior.schema_minor < 5 {
            let problem = Problem::at("$.PropertyQueries", "known from schema 2.5 on");
            return failed(call, Failure::invalid_request(&problem));
        }
        let asks_types = !query.property_types.is_empty() || query.property_queries.is_none();
        let answer = ServiceProperties {
            properties: asks_types
                .then(|| query.property_types.iter().map(|it| self.service_property(*it)).collect()),
            property_responses: query
                .property_queries
                .map(|it| it.into_keys().map(|name| (name.clone(), property_response(&name))).collect()),
        };
        Performed::done(Answer::with_document(S_OK, Some(document::write(&answer))))
    }

    fn service_property(&self, property: ServiceProperty) -> PropertyValue<'_> {
        match property {
            ServiceProperty::Basic => PropertyValue::Basic {
                supported_schema_versions: [
                    Version { major: 1, minor: 0 },
                    Version { major: 2, minor: self.behavior.schema_minor },
                ],
            },
            ServiceProperty::CpuGroup => PropertyValue::CpuGroups { cpu_groups: &self.service.cpu_groups },
            ServiceProperty::ProcessorTopology => {
                let logical_processor_count = self.behavior.logical_processors;
                let processor = |index: u32| LogicalProcessor {
                    lp_index: index,
                    node_number: 0,
                    package_id: 0,
                    core_id: index / 2,
                    root_vp_index: index.cast_signed(),
                };
                PropertyValue::ProcessorTopology {
                    logical_processor_count,
                    logical_processors: (0..logical_processor_count).map(processor).collect(),
                }
            }
            ServiceProperty::ContainerCredentialGuard => {
                PropertyValue::CredentialGuards { instances: &self.service.guards }
            }
            ServiceProperty::QoSCapabilities => {
                PropertyValue::QoSCapabilities { processor_qos_supported: true }
            }
        }
    }

    /// `HcsModifyServiceSettings`: no document on success. (fidelity: `service-modify`, `cpu-groups`, `credential-guard`)
    pub(super) fn modify_service(&mut self, call: &Call, settings: &Needed) -> Performed {
        let request = match &settings.0 {
            Text::Is(text) => read::<ModificationRequest>(text),
            broken => Err(Problem::at_root(broken.fault().unwrap_or_default())),
        };
        let done = request.map_err(|it| Failure::invalid_request(&it)).and_then(|request| {
            let settings = request.settings.unwrap_or(Value::Null);
            match request.property_type {
                ModifyPropertyType::CpuGroup => self.change_cpu_groups(parse(settings)?),
                ModifyPropertyType::ContainerCredentialGuard => {
                    self.change_credential_guards(parse(settings)?)
                }
            }
        });
        match done {
            Ok(()) => Performed::hresult(S_OK),
            Err(failure) => failed(call, failure),
        }
    }

    fn change_cpu_groups(&mut self, change: CpuGroupChange) -> Result<(), Failure> {
        let groups = &mut self.service.cpu_groups;
        let position = |groups: &[CpuGroup], id: &str| {
            groups
                .iter()
                .position(|it| it.group_id.eq_ignore_ascii_case(id))
                .ok_or_else(|| Failure::noted(HRESULT_ERROR_NOT_FOUND, format!("there is no CPU group {id}")))
        };
        match change {
            CpuGroupChange::CreateGroup(Object(new)) => {
                if !is_guid(&new.group_id) {
                    let what = format!("GroupId {:?} is not a GUID", new.group_id);
                    return Err(Failure::invalid_request(&Problem::at(
                        "$.Settings.OperationDetails.GroupId",
                        what,
                    )));
                }
                if position(groups, &new.group_id).is_ok() {
                    return Err(Failure::noted(
                        HRESULT_ERROR_ALREADY_EXISTS,
                        "there is such a CPU group already",
                    ));
                }
                let count = self.behavior.logical_processors;
                if let Some(strange) = new.logical_processors.iter().find(|it| **it >= count) {
                    let note = format!("the host has no logical processor {strange}: it has {count}");
                    return Err(Failure::noted(E_INVALIDARG, note));
                }
                self.service.last_cpu_group += 1;
                groups.push(CpuGroup {
                    group_id: new.group_id.to_ascii_lowercase(),
                    affinity: Affinity {
                        logical_processor_count: new
                            .logical_processor_count
                            .unwrap_or(new.logical_processors.len() as u32),
                        logical_processors: new.logical_processors,
                    },
                    group_properties: Vec::new(),
                    hypervisor_group_id: self.service.last_cpu_group,
                });
            }
            CpuGroupChange::DeleteGroup(Object(name)) => {
                let at = position(groups, &name.group_id)?;
                groups.remove(at);
            }
            CpuGroupChange::SetProperty(Object(setting)) => {
                let at = position(groups, &setting.group_id)?;
                let properties = &mut groups[at].group_properties;
                properties.retain(|it| it.property_code != setting.property_code);
                properties.push(CpuGroupProperty {
                    property_code: setting.property_code,
                    property_value: setting.property_value,
                });
            }
        }
        Ok(())
    }

    fn change_credential_guards(&mut self, change: CredentialGuardChange) -> Result<(), Failure> {
        let guards = &mut self.service.guards;
        match change {
            CredentialGuardChange::AddInstance(Object(new)) => {
                if guards.iter().any(|it| fold(&it.id) == fold(&new.id)) {
                    return Err(Failure::noted(
                        HRESULT_ERROR_ALREADY_EXISTS,
                        "there is such an instance already",
                    ));
                }
                guards.push(CredentialGuard {
                    credential_guard: CredentialGuardState {
                        cookie: uuid_v5(&COOKIES, &new.id).replace('-', ""),
                        rpc_endpoint: format!("ccg-{}", new.id),
                        transport: new.transport.unwrap_or(Transport::Lrpc),
                        credential_spec: new.credential_spec,
                    },
                    id: new.id,
                });
            }
            CredentialGuardChange::RemoveInstance(Object(name)) => {
                let before = guards.len();
                guards.retain(|it| fold(&it.id) != fold(&name.id));
                if guards.len() == before {
                    return Err(Failure::noted(
                        HRESULT_ERROR_NOT_FOUND,
                        format!("there is no instance {:?}", name.id),
                    ));
                }
            }
        }
        Ok(())
    }

    /// `HcsSubmitWerReport` takes the data of a crash event; the journal keeps it. (fidelity: `wer-report`)
    pub(super) fn submit_report(&mut self, call: &Call, settings: &Needed) -> Performed {
        let report = match &settings.0 {
            Text::Is(text) => read::<CrashReport>(text),
            broken => Err(Problem::at_root(broken.fault().unwrap_or_default())),
        };
        match report {
            Ok(_) => Performed::hresult(S_OK),
            Err(problem) => failed(call, Failure::invalid_request(&problem)),
        }
    }

    /// The four calls on access rights. (fidelity: `access-grants`)
    pub(super) fn change_access(&mut self, call: &Call) -> Performed {
        let (vm, path, grants) = match call {
            Call::GrantVmAccess { vm_id, file_path } => (Some(vm_id), file_path, true),
            Call::RevokeVmAccess { vm_id, file_path } => (Some(vm_id), file_path, false),
            Call::GrantVmGroupAccess { file_path } => (None, file_path, true),
            Call::RevokeVmGroupAccess { file_path } => (None, file_path, false),
            _ => return Performed::hresult(E_NOTIMPL),
        };
        let vm = match vm.map(|it| it.0.as_str().filter(|it| !it.is_empty())) {
            Some(None) => return Performed::noted(call, E_INVALIDARG, "vm_id is not a text".to_owned()),
            Some(Some(id)) => Some(fold(id)),
            None => None,
        };
        let Some(path) = path.0.as_str().filter(|it| !it.is_empty()) else {
            return Performed::noted(call, E_INVALIDARG, "file_path is not a path".to_owned());
        };
        let grant = (vm, path_key(path));
        if grants {
            self.service.grants.insert(grant);
        } else {
            self.service.grants.remove(&grant);
        }
        Performed::hresult(S_OK)
    }

    /// The first file of a system's configuration that it was never granted. (fidelity: `access-enforced`)
    pub(super) fn missing_grant(&self, system: &System) -> Option<String> {
        let granted = |path: &str| {
            let may = |vm| self.service.grants.contains(&(vm, path_key(path)));
            may(None) || may(Some(fold(&system.id)))
        };
        file_paths(system.configuration.text.as_deref()?).into_iter().find(|it| !granted(it))
    }

    pub(crate) fn is_stale_handle(&self, number: u64) -> bool {
        number < self.service.stale_handles
    }

    pub(crate) fn is_stale_process(&self, number: u64) -> bool {
        number < self.service.stale_processes
    }
}

/// (fidelity: `processor-capabilities`)
fn property_response(name: &str) -> PropertyResponse {
    if name == "ProcessorCapabilities" {
        return PropertyResponse::Response(CAPABILITIES);
    }
    PropertyResponse::Error(ResultError::of(HRESULT_ERROR_NOT_SUPPORTED))
}

/// Settings are an object, as every document.
fn parse<T: for<'a> serde::Deserialize<'a>>(settings: Value) -> Result<T, Failure> {
    serde_json::from_value::<Object<T>>(settings)
        .map(|it| it.0)
        .map_err(|it| Failure::invalid_request(&Problem::at("$.Settings", it.to_string())))
}

/// A call that answers at once fails, with the document that HCS would give.
pub(super) fn failed(call: &Call, failure: Failure) -> Performed {
    let answer = Answer { document: failure.document, ..refusal_of(call, failure.hresult) };
    Performed { note: failure.note, ..Performed::done(answer) }
}
