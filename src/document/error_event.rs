//! `ErrorEvent`: an event of the Windows event log inside a `ResultError`, and those whose ids are known.
//! Not here: which failure carries which events (`faults`, `model::failure`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::hresult::Hresult;

/// One event of the Windows event log inside a [`ResultError`](crate::ResultError).
///
/// ```
/// use hcs_sim::ErrorEvent;
/// let event = ErrorEvent::new(ErrorEvent::HYPER_V_COMPUTE, 11000, "the configuration was refused").data("0xC037010D");
/// let json = serde_json::to_string(&event).unwrap();
/// assert!(json.ends_with(r#""EventId":11000,"Data":[{"Type":"String","Value":"0xC037010D"}]}"#));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorEvent {
    #[serde(default, deserialize_with = "super::or_default")]
    message: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stack_trace: Option<String>,
    #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "str::is_empty")]
    provider: Cow<'static, str>,
    #[serde(default, deserialize_with = "super::or_default")]
    event_id: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flags: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "Vec::is_empty")]
    data: Vec<EventData>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventData {
    #[serde(default, deserialize_with = "super::or_default")]
    r#type: EventDataType,
    #[serde(default, deserialize_with = "super::or_default")]
    value: String,
}

/// The types of an event's data.
///
/// ```
/// use hcs_sim::{ErrorEvent, documents::EventDataType};
/// let event = ErrorEvent::new(ErrorEvent::HYPER_V_WORKER, 1, "").typed_data(EventDataType::UInt32, "7");
/// assert!(serde_json::to_string(&event).unwrap().contains(r#""Data":[{"Type":"UInt32","Value":"7"}]"#));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are those of the schema
pub enum EventDataType {
    #[default]
    Empty,
    String,
    AnsiString,
    SByte,
    Byte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Single,
    Double,
    Boolean,
    Binary,
    Guid,
}

impl ErrorEvent {
    /// The provider of the compute service's own events. They carry no `Flags`. (fidelity: `event-providers`)
    pub const HYPER_V_COMPUTE: &'static str = "17103e3f-3c6e-4677-bb17-3b267eb5be57";
    /// The provider of the virtual machine worker's events. (fidelity: `event-providers`)
    pub const HYPER_V_WORKER: &'static str = "51ddfa29-d5c8-4803-be4b-2ecb715570fe";

    /// The compute service refused a configuration.
    pub const INVALID_CONFIGURATION: u16 = 11000;
    /// The compute service refused a query or options.
    pub const INVALID_REQUEST: u16 = 11001;
    /// The compute service cannot create a system without Hyper-V.
    pub const HYPER_V_NOT_INSTALLED: u16 = 11008;
    /// A device of a virtual machine could not be powered on.
    pub const POWER_ON_FAILED: u16 = 12010;
    /// A virtual machine could not be started.
    pub const START_FAILED: u16 = 12030;

    /// An event without data.
    pub fn new(
        provider: impl Into<Cow<'static, str>>,
        event_id: u16,
        message: impl Into<Cow<'static, str>>,
    ) -> ErrorEvent {
        ErrorEvent {
            message: message.into(),
            stack_trace: None,
            provider: provider.into(),
            event_id,
            flags: None,
            source: None,
            data: Vec::new(),
        }
    }

    /// An event of the compute service about a code: its data end with the code in the two forms that HCS writes.
    /// (fidelity: `compute-events`)
    pub(crate) fn of_compute(
        event_id: u16,
        about: Option<&str>,
        code: Hresult,
        message: String,
    ) -> ErrorEvent {
        let event = ErrorEvent::new(ErrorEvent::HYPER_V_COMPUTE, event_id, message);
        let event = about.into_iter().fold(event, ErrorEvent::data);
        event.data(format!("%%{}", code.bits())).data(format!("0x{:08X}", code.bits()))
    }

    /// The compute service refuses a document, and says where it is not in order. (fidelity: `create-invalid-json`,
    /// `query-invalid-json`)
    pub(crate) fn refused(event_id: u16, code: Hresult, path: &str, says: &str) -> ErrorEvent {
        let what = if event_id == ErrorEvent::INVALID_CONFIGURATION {
            "The configuration of the compute system was refused"
        } else {
            "The request document was refused"
        };
        let detail = format!("Not a valid document at '{path}'");
        let message = format!("{what}: {says} (0x{:08X}, '{detail}').", code.bits());
        ErrorEvent::of_compute(event_id, None, code, message).data(detail)
    }

    /// An event of the worker: its data begin with the system's id and its runtime id in upper case.
    /// (fidelity: `worker-events`)
    pub(crate) fn of_worker(
        event_id: u16,
        flags: u32,
        id: &str,
        runtime_id: &str,
        message: String,
    ) -> ErrorEvent {
        let message = format!("{message} (Virtual machine ID {runtime_id})");
        ErrorEvent::new(ErrorEvent::HYPER_V_WORKER, event_id, message).flags(flags).data(id).data(runtime_id)
    }

    /// `EventId`.
    pub fn event_id(&self) -> u16 {
        self.event_id
    }

    /// `Provider`: a GUID.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// `Message`, in the language of the host.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The values of `Data`.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.data.iter().map(|it| it.value.as_str())
    }

    /// Appends a value of type `String` to `Data`.
    pub fn data(self, value: impl Into<String>) -> ErrorEvent {
        self.typed_data(EventDataType::String, value)
    }

    /// Appends a value of another type to `Data`.
    pub fn typed_data(mut self, r#type: EventDataType, value: impl Into<String>) -> ErrorEvent {
        self.data.push(EventData { r#type, value: value.into() });
        self
    }

    /// Sets `Flags`.
    pub fn flags(mut self, flags: u32) -> ErrorEvent {
        self.flags = Some(flags);
        self
    }

    /// Sets `Source`.
    pub fn source(mut self, source: impl Into<String>) -> ErrorEvent {
        self.source = Some(source.into());
        self
    }

    /// Sets `StackTrace`.
    pub fn stack_trace(mut self, trace: impl Into<String>) -> ErrorEvent {
        self.stack_trace = Some(trace.into());
        self
    }
}
