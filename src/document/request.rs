//! Reading the small request documents: queries, options, modify requests.
//! Not here: configurations, nor what a request does to a system (`model`).

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::properties::SystemType;

/// `SystemQuery`: a filter for enumerations; an absent list filters nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SystemQuery {
    pub(crate) ids: Option<Vec<String>>,
    pub(crate) names: Option<Vec<String>>,
    pub(crate) types: Option<Vec<SystemType>>,
    pub(crate) owners: Option<Vec<String>>,
}

/// `System_PropertyQuery`, with the types that clients send beyond the documented ones. (fidelity: `property-types`)
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PropertyQuery {
    #[serde(default, deserialize_with = "super::or_default")]
    pub(crate) property_types: Vec<PropertyType>,
    /// Schema 2.5.
    pub(crate) queries: Option<std::collections::BTreeMap<String, IgnoredAny>>,
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
    /// One that is known by its name only.
    #[serde(other)]
    Other,
}

/// `SaveOptions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
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
#[serde(rename_all = "PascalCase")]
pub(crate) struct ShutdownOptions {
    pub(crate) mechanism: Option<ShutdownMechanism>,
    pub(crate) r#type: Option<ShutdownType>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ShutdownType {
    Shutdown,
    Hibernate,
    Reboot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum ShutdownMechanism {
    GuestConnection,
    IntegrationService,
}

/// `ModifySettingRequest`. What goes to the guest is carried only.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ModifyRequest {
    pub(crate) resource_path: Option<Arc<str>>,
    #[serde(default)]
    pub(crate) request_type: Option<Arc<str>>,
    pub(crate) settings: Option<serde_json::Value>,
}

/// Options of calls that document them as NULL, and those whose members the model does not need: any JSON object.
pub(crate) type AnyObject = std::collections::BTreeMap<String, IgnoredAny>;
