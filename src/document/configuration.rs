//! Reading a compute-system configuration, schema 1 or 2, as far as the model needs it.
//! Not here: comparing it with the schema (`schema`).

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Object, Problem, Reading};
use crate::schema::table;

/// What the model keeps of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Configuration {
    pub(crate) kind: SystemKind,
    pub(crate) owner: Option<Arc<str>>,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) schema: (u32, u32),
    pub(crate) terminate_on_last_handle_closed: bool,
    pub(crate) hosting_system_id: Option<Arc<str>>,
    pub(crate) memory_mb: Option<u64>,
    pub(crate) restore: Option<Restore>,
    /// `Services.Shutdown` is there: the guest can be asked to shut down by an integration service.
    pub(crate) shutdown_service: bool,
    /// `GuestConnection` is there: a guest agent can be asked.
    pub(crate) guest_connection: bool,
    pub(crate) network_adapters: bool,
    pub(crate) stop_on_reset: bool,
    /// The document itself, for what is seldom asked.
    pub(crate) text: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemKind {
    VirtualMachine,
    /// A container: isolated by Hyper-V or hosted in a utility VM when `isolated`, else a process-isolated one.
    Container {
        isolated: bool,
        linux: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Restore {
    File(Arc<str>),
    Template(Arc<str>),
}

impl Configuration {
    /// Reads one. Answers a remark for the journal besides.
    pub(crate) fn parse(
        text: &Arc<str>,
        reading: Reading,
    ) -> Result<(Configuration, Option<String>), Problem> {
        let (document, note): (Document, _) = reading.read(&table::ComputeSystem, text)?;
        let read =
            if document.system_type.is_some() { document.into_schema_1() } else { document.into_schema_2() };
        read.map(|it| (Configuration { text: Some(Arc::clone(text)), ..it }, note))
    }

    /// Stands in for a configuration that could not be read.
    pub(crate) fn unreadable() -> Configuration {
        Configuration {
            kind: SystemKind::VirtualMachine,
            owner: None,
            name: None,
            schema: (2, 0),
            terminate_on_last_handle_closed: false,
            hosting_system_id: None,
            memory_mb: None,
            restore: None,
            shutdown_service: false,
            guest_connection: false,
            network_adapters: false,
            stop_on_reset: false,
            text: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    owner: Option<Arc<str>>,
    schema_version: Option<Object<Version>>,
    hosting_system_id: Option<Arc<str>>,
    hosted_system: Option<Object<HostedSystem>>,
    container: Option<Object<IgnoredAny>>,
    virtual_machine: Option<Object<VirtualMachine>>,
    should_terminate_on_last_handle_closed: Option<bool>,
    // schema 1
    system_type: Option<Arc<str>>,
    name: Option<Arc<str>>,
    hv_partition: Option<bool>,
    container_type: Option<Arc<str>>,
    terminate_on_last_handle_closed: Option<bool>,
    #[serde(rename = "MemoryMaximumInMB")]
    memory_maximum_in_mb: Option<i64>,
}

/// A Windows container in a utility VM has a `Container`, a Linux one the documents of the OCI.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostedSystem {
    container: Option<Object<IgnoredAny>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(default, deserialize_with = "super::or_default")]
    major: u32,
    #[serde(default, deserialize_with = "super::or_default")]
    minor: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VirtualMachine {
    compute_topology: Option<Object<Topology>>,
    devices: Option<Object<Devices>>,
    services: Option<Object<Services>>,
    restore_state: Option<Object<RestoreState>>,
    guest_connection: Option<Object<IgnoredAny>>,
    stop_on_reset: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Topology {
    memory: Option<Object<Memory>>,
}

#[derive(Deserialize)]
struct Memory {
    #[serde(rename = "SizeInMB")]
    size_in_mb: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Devices {
    network_adapters: Option<std::collections::BTreeMap<String, Object<IgnoredAny>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Services {
    shutdown: Option<Object<IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RestoreState {
    save_state_file_path: Option<Arc<str>>,
    template_system_id: Option<Arc<str>>,
}

impl Document {
    fn into_schema_1(self) -> Result<Configuration, Problem> {
        let system_type = self.system_type.as_deref().unwrap_or_default();
        if !system_type.eq_ignore_ascii_case("Container") {
            return Err(Problem::at(
                "$.SystemType",
                format!("a schema 1 document describes a Container, not {system_type:?}"),
            ));
        }
        Ok(Configuration {
            kind: SystemKind::Container {
                isolated: self.hv_partition.unwrap_or(false),
                linux: self.container_type.is_some_and(|it| it.eq_ignore_ascii_case("linux")),
            },
            owner: self.owner,
            name: self.name,
            schema: (1, 0),
            terminate_on_last_handle_closed: self.terminate_on_last_handle_closed.unwrap_or(false),
            hosting_system_id: None,
            memory_mb: self.memory_maximum_in_mb.and_then(|it| it.try_into().ok()),
            restore: None,
            shutdown_service: false,
            guest_connection: false,
            network_adapters: false,
            stop_on_reset: false,
            text: None,
        })
    }

    fn into_schema_2(self) -> Result<Configuration, Problem> {
        let given = [
            ("Container", self.container.is_some()),
            ("VirtualMachine", self.virtual_machine.is_some()),
            ("HostedSystem", self.hosted_system.is_some()),
        ];
        let named: Vec<&str> = given.iter().filter(|it| it.1).map(|it| it.0).collect();
        if named.len() != 1 {
            let found = if named.is_empty() { "none of them".to_owned() } else { named.join(" and ") };
            return Err(Problem::at_root(format!(
                "exactly one of Container, VirtualMachine, HostedSystem is required, and there is {found}"
            )));
        }
        let kind = if self.virtual_machine.is_some() {
            SystemKind::VirtualMachine
        } else {
            SystemKind::Container {
                isolated: self.hosting_system_id.is_some(),
                linux: self.hosted_system.is_some_and(|it| it.0.container.is_none()),
            }
        };
        let schema = self.schema_version.map_or((2, 0), |Object(it)| (it.major, it.minor));
        let vm = self.virtual_machine.map(|it| it.0);
        let restore = match vm.as_ref().and_then(|it| it.restore_state.as_ref()).map(|it| &it.0) {
            None => None,
            Some(RestoreState { save_state_file_path: Some(path), template_system_id: None }) => {
                Some(Restore::File(Arc::clone(path)))
            }
            Some(RestoreState { save_state_file_path: None, template_system_id: Some(id) }) => {
                Some(Restore::Template(Arc::clone(id)))
            }
            Some(_) => {
                return Err(Problem::at(
                    "$.VirtualMachine.RestoreState",
                    "exactly one of SaveStateFilePath and TemplateSystemId is required",
                ));
            }
        };
        let vm = vm.as_ref();
        Ok(Configuration {
            kind,
            owner: self.owner,
            name: None,
            schema,
            terminate_on_last_handle_closed: self.should_terminate_on_last_handle_closed.unwrap_or(false),
            hosting_system_id: self.hosting_system_id,
            memory_mb: vm
                .and_then(|it| it.compute_topology.as_ref())
                .and_then(|it| it.0.memory.as_ref())
                .and_then(|it| it.0.size_in_mb),
            restore,
            shutdown_service: vm
                .and_then(|it| it.services.as_ref())
                .is_some_and(|it| it.0.shutdown.is_some()),
            guest_connection: vm.is_some_and(|it| it.guest_connection.is_some()),
            network_adapters: vm
                .and_then(|it| it.devices.as_ref())
                .and_then(|it| it.0.network_adapters.as_ref())
                .is_some_and(|it| !it.is_empty()),
            stop_on_reset: vm.is_some_and(|it| it.stop_on_reset == Some(true)),
            text: None,
        })
    }
}

/// The files that a virtual machine opens at its start: SCSI attachments and persistent memory.
pub(crate) fn file_paths(configuration: &Value) -> Vec<String> {
    let devices = &configuration["VirtualMachine"]["Devices"];
    let members = |value: &Value| value.as_object().map_or(Vec::new(), |it| it.values().cloned().collect());
    let attached = members(&devices["Scsi"]).into_iter().flat_map(|it| members(&it["Attachments"]));
    let attached = attached.map(|it| it["Path"].clone());
    let persistent = members(&devices["VirtualPMem"]["Devices"]).into_iter().map(|it| it["HostPath"].clone());
    let paths = attached.chain(persistent).filter_map(|it| it.as_str().map(str::to_owned));
    paths.filter(|it| !it.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocumentChecks;
    use crate::schema::Version;

    fn parse(text: &str, checks: DocumentChecks) -> Result<Configuration, Problem> {
        let reading = Reading { checks, version: Version::V2_6, accepts_newer: false };
        Configuration::parse(&text.into(), reading).map(|it| it.0)
    }

    /// What is not in order is refused whether the schema is asked or not.
    fn refused(text: &str) -> Problem {
        let strict = parse(text, DocumentChecks::Refuse).unwrap_err();
        let lax = parse(text, DocumentChecks::Off).unwrap_err();
        assert_eq!(strict.path, lax.path, "{text}");
        strict
    }

    #[test]
    fn exactly_one_kind_is_required() {
        for bad in ["{}", r#"{"Container":{},"VirtualMachine":{}}"#, r#"{"VirtualMachine":null}"#] {
            assert_eq!(refused(bad).path, "$", "{bad}");
        }
        for (good, kind) in [
            (r#"{"VirtualMachine":{}}"#, SystemKind::VirtualMachine),
            (r#"{"Container":{}}"#, SystemKind::Container { isolated: false, linux: false }),
            (
                r#"{"HostingSystemId":"uvm","HostedSystem":{"SchemaVersion":{"Major":2,"Minor":1},"Container":{}}}"#,
                SystemKind::Container { isolated: true, linux: false },
            ),
            (
                r#"{"HostingSystemId":"uvm","HostedSystem":{"OciBundlePath":"/run/a"}}"#,
                SystemKind::Container { isolated: true, linux: true },
            ),
            (
                r#"{"SystemType":"container","HvPartition":true}"#,
                SystemKind::Container { isolated: true, linux: false },
            ),
        ] {
            assert_eq!(parse(good, DocumentChecks::Refuse).unwrap().kind, kind, "{good}");
            assert_eq!(parse(good, DocumentChecks::Off).unwrap().kind, kind, "{good}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_the_place() {
        for bad in ["", "{", "\u{feff}{\"VirtualMachine\":{}}", "[1]", "{\"VirtualMachine\":{}} x"] {
            let note = refused(bad).note;
            assert!(note.contains("line 1 column") || bad == "[1]", "{bad:?}: {note}");
        }
    }

    #[test]
    fn ten_thousand_levels_are_refused_and_not_followed() {
        let deep =
            format!("{{\"VirtualMachine\":{{\"Devices\":{}{}}}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(refused(&deep).note.contains("nested deeper"));
        let deep = format!("{{\"VirtualMachine\":{{}},\"X\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(refused(&deep).note.contains("nested deeper"));
    }
}
