//! Reading the small request documents: queries, options, modify requests.
//! Not here: configurations, nor what a request does to a system (`model`).

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Problem;

/// `SystemQuery`: a filter for enumerations; an absent list filters nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SystemQuery {
    pub(crate) ids: Option<Vec<String>>,
    pub(crate) names: Option<Vec<String>>,
    pub(crate) types: Option<Vec<SystemType>>,
    pub(crate) owners: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum SystemType {
    Container,
    VirtualMachine,
}

/// `System_PropertyQuery`, with the types that clients send beyond the documented ones. (fidelity: `property-types`)
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct PropertyQuery {
    #[serde(default)]
    pub(crate) property_types: Vec<PropertyType>,
    #[serde(default)]
    #[allow(dead_code)] // accepted, not yet answered
    queries: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum PropertyType {
    Basic,
    Memory,
    Statistics,
    ProcessList,
    TerminateOnLastHandleClosed,
    SharedMemoryRegion,
    GuestConnection,
    #[serde(rename = "ICHeartbeatStatus")]
    IcHeartbeatStatus,
    MappedVirtualDisk,
    PendingUpdates,
}

/// `SaveOptions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SaveOptions {
    pub(crate) save_type: Option<SaveType>,
    pub(crate) save_state_file_path: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum SaveType {
    ToFile,
    AsTemplate,
}

/// `ShutdownOptions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[allow(dead_code)] // the fields are read so that their types are checked
pub(crate) struct ShutdownOptions {
    pub(crate) mechanism: Option<ShutdownMechanism>,
    r#type: Option<ShutdownType>,
    force: Option<bool>,
    reason: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ShutdownMechanism {
    GuestConnection,
    IntegrationService,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum ShutdownType {
    Shutdown,
    Hibernate,
    Reboot,
}

/// `ModifySettingRequest`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ModifyRequest {
    pub(crate) resource_path: Option<Arc<str>>,
    #[serde(default)]
    #[allow(dead_code)] // read so that its value is checked
    request_type: Option<RequestType>,
    pub(crate) settings: Option<serde_json::Value>,
    #[allow(dead_code)] // accepted, not yet forwarded
    guest_request: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum RequestType {
    Add,
    Remove,
    Update,
}

/// Options of calls that document them as NULL, and those whose members the model does not need: any JSON object.
pub(crate) type AnyObject = std::collections::BTreeMap<String, IgnoredAny>;

/// Reads a request; `text` is not NULL.
pub(crate) fn read<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, Problem> {
    super::require_object(text)?;
    Ok(serde_json::from_str(text)?)
}
