//! The service itself: its properties and settings, crash reports, and who may open which file.
//! Not here: the service's end and return (`incident`), files (`runtime::files`).

use std::borrow::Cow;
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
use crate::document::crash::CrashReport;
use crate::document::properties::{ProcessorCapabilities, PropertyResponse, PropertyValue};
use crate::document::result_error::ResultError;
use crate::document::service::*;
use crate::document::{Object, Problem};
use crate::hresult::*;
use crate::schema::{Type, Version, table};

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
pub(crate) fn capabilities() -> ProcessorCapabilities {
    let named = |names: &'static str| names.split(' ').map(Cow::Borrowed).collect();
    ProcessorCapabilities {
        processor_features: named(
            "Sse3 LahfSahf Ssse3 Sse4_1 Sse4_2 Cmpxchg16B Popcnt Lzcnt Page1Gb Pclmulqdq Pcid F16C Rdrand Rdwrfsgs Smep \
             EnhancedFastString Bmi1 Bmi2 Movbe Rdseed Adx Smap Rdtscp Clflushopt Invpcid TscInvariant UnrestrictedGuest",
        ),
        xsave_processor_features: named("Xsave Xsave_Opt Avx Avx2 Fma Xsave_Comp Xsave_Supervisor"),
        cache_line_flush_size: 8,
        implemented_physical_address_bits: 46,
        non_architectural_core_sharing: Cow::Borrowed("Unreported"),
    }
}

impl Host {
    /// `HcsGetServiceProperties`. (fidelity: `service-basic`, `service-query`, `service-query-invalid`)
    pub(super) fn service_properties(&self, call: &Call, query: &Text) -> Performed {
        let query = match query {
            Text::Null => {
                let basic =
                    ServiceQuery { property_types: vec![ServicePropertyType::Basic], property_queries: None };
                Ok((basic, None))
            }
            text => self.read_service(&table::Service_PropertyQuery, text),
        };
        let (query, note) = match query {
            Ok(read) => read,
            Err(problem) => return self.failed(call, Failure::invalid_request(&problem)),
        };
        let asks_types = !query.property_types.is_empty() || query.property_queries.is_none();
        let answer = ServiceProperties {
            properties: asks_types
                .then(|| query.property_types.iter().map(|it| self.service_property(*it)).collect()),
            property_responses: query
                .property_queries
                .map(|it| it.into_keys().map(|name| (name.clone(), property_response(&name))).collect()),
        };
        Performed { note, ..Performed::done(Answer::with_document(S_OK, Some(document::write(&answer)))) }
    }

    fn read_service<T: for<'a> serde::Deserialize<'a>>(
        &self,
        ty: &'static Type,
        text: &Text,
    ) -> Result<(T, Option<String>), Problem> {
        match text {
            Text::Is(text) => self.behavior.reading().read(ty, text),
            broken => Err(Problem::at_root(broken.fault().unwrap_or_default())),
        }
    }

    fn service_property(&self, property: ServicePropertyType) -> ServiceProperty {
        match property {
            ServicePropertyType::Basic => ServiceProperty::Basic {
                supported_schema_versions: vec![Version::V1_0, self.behavior.schema()],
            },
            ServicePropertyType::CpuGroup => {
                ServiceProperty::CpuGroups { cpu_groups: self.service.cpu_groups.clone() }
            }
            ServicePropertyType::ProcessorTopology => {
                let logical_processor_count = self.behavior.logical_processors;
                let processor = |index: u32| LogicalProcessor {
                    lp_index: index,
                    node_number: 0,
                    package_id: 0,
                    core_id: index / 2,
                    root_vp_index: index.cast_signed(),
                    subnodes: Vec::new(),
                };
                ServiceProperty::ProcessorTopology {
                    logical_processor_count,
                    logical_processors: (0..logical_processor_count).map(processor).collect(),
                }
            }
            ServicePropertyType::ContainerCredentialGuard => {
                ServiceProperty::CredentialGuards { instances: self.service.guards.clone() }
            }
            ServicePropertyType::QoSCapabilities => {
                ServiceProperty::QoSCapabilities { processor_qos_supported: true }
            }
        }
    }

    /// `HcsModifyServiceSettings`: no document on success. (fidelity: `service-modify`, `cpu-groups`, `credential-guard`)
    pub(super) fn modify_service(&mut self, call: &Call, settings: &Needed) -> Performed {
        let request = self.read_service::<ModificationRequest>(&table::ModificationRequest, &settings.0);
        let done = request.map_err(|it| Failure::invalid_request(&it)).and_then(|(request, note)| {
            let settings = request.settings.unwrap_or(Value::Null);
            match request.property_type {
                ModifyPropertyType::CpuGroup => self.change_cpu_groups(parse(settings)?),
                ModifyPropertyType::ContainerCredentialGuard => {
                    self.change_credential_guards(parse(settings)?)
                }
            }
            .map(|()| note)
        });
        match done {
            Ok(note) => Performed { note, ..Performed::hresult(S_OK) },
            Err(failure) => self.failed(call, failure),
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
                    hv_socket_config: None,
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
        match self.read_service::<CrashReport>(&table::CrashReport, &settings.0) {
            Ok((_, note)) => Performed { note, ..Performed::hresult(S_OK) },
            Err(problem) => self.failed(call, Failure::invalid_request(&problem)),
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
        system.files().into_iter().find(|it| !self.is_granted(system, it))
    }

    /// Whether a system may open a file; "" is none.
    pub(super) fn is_granted(&self, system: &System, path: &str) -> bool {
        let may = |vm| self.service.grants.contains(&(vm, path_key(path)));
        path.is_empty() || may(None) || may(Some(fold(&system.id)))
    }

    /// A call that answers at once fails, with the document that HCS would give.
    fn failed(&self, call: &Call, failure: Failure) -> Performed {
        let document = failure.write(self.behavior.written_schema());
        let answer = Answer { document, ..refusal_of(call, failure.hresult) };
        Performed { note: failure.note, ..Performed::done(answer) }
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
        return PropertyResponse::Response(PropertyValue::ProcessorCapabilities(capabilities()));
    }
    PropertyResponse::Error(ResultError::of(HRESULT_ERROR_NOT_SUPPORTED))
}

/// Settings are an object, as every document.
fn parse<T: for<'a> serde::Deserialize<'a>>(settings: Value) -> Result<T, Failure> {
    serde_json::from_value::<Object<T>>(settings)
        .map(|it| it.0)
        .map_err(|it| Failure::invalid_request(&Problem::at("$.Settings", it.to_string())))
}
