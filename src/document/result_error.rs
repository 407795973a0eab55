//! `ResultError` and its parts: the document that explains a failure.
//! Not here: which failure gets which document (`model::failure`).

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::hresult::{HCS_E_HYPERV_NOT_INSTALLED, Hresult};

/// The document that a failed operation may carry.
///
/// Written as `{"Error":<signed decimal>,"ErrorMessage":"..","ErrorEvents":[..],"Attribution":[..]}`; the first two are
/// always there, the others only when they are not empty. (fidelity: `result-error-shape`)
///
/// ```
/// use hcs_sim::{ResultError, hresult::E_ACCESSDENIED};
/// let document = ResultError::new().error(E_ACCESSDENIED).message("no rights to the disk");
/// assert_eq!(document.to_json(), r#"{"Error":-2147024891,"ErrorMessage":"no rights to the disk"}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResultError {
    #[serde(default, serialize_with = "error_or_zero")]
    error: Option<Hresult>,
    #[serde(default)]
    error_message: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    error_events: Vec<ErrorEvent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attribution: Vec<AttributionRecord>,
}

fn error_or_zero<S: serde::Serializer>(error: &Option<Hresult>, serializer: S) -> Result<S::Ok, S::Error> {
    error.unwrap_or_default().serialize(serializer)
}

impl ResultError {
    /// A document without events or attribution. A rule that fails a call fills in `Error` and `ErrorMessage`
    /// from its HRESULT unless they are set here.
    pub fn new() -> ResultError {
        ResultError::default()
    }

    /// The document that HCS writes for a code when it has no more to say.
    pub(crate) fn of(code: Hresult) -> ResultError {
        ResultError::new().completed_for(code)
    }

    /// Sets `Error`, verbatim.
    pub fn error(mut self, code: impl Into<Hresult>) -> ResultError {
        self.error = Some(code.into());
        self
    }

    /// Sets `ErrorMessage`.
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> ResultError {
        self.error_message = Some(message.into());
        self
    }

    /// Appends to `ErrorEvents`, outermost first.
    pub fn event(mut self, event: ErrorEvent) -> ResultError {
        self.error_events.push(event);
        self
    }

    /// Appends to `Attribution`.
    pub fn attribution(mut self, record: AttributionRecord) -> ResultError {
        self.attribution.push(record);
        self
    }

    /// The document's text.
    pub fn to_json(&self) -> String {
        super::write(self).to_string()
    }

    /// Fills in what the caller left open: the code in the form that HCS uses in documents, and its message.
    pub(crate) fn completed_for(mut self, code: Hresult) -> ResultError {
        self.error.get_or_insert_with(|| document_form(code));
        self.error_message.get_or_insert_with(|| Cow::Borrowed(code.message()));
        self
    }

    pub(crate) fn write(&self) -> Arc<str> {
        super::write(self)
    }
}

/// The form in which a code stands inside documents: `0xC037....` where the code has such a twin, except for the one
/// that was seen in its `0x8037....` form. (fidelity: `error-form`)
pub(crate) fn document_form(code: Hresult) -> Hresult {
    if code == HCS_E_HYPERV_NOT_INSTALLED { code } else { code.nt_form() }
}

/// One event of the Windows event log inside a [`ResultError`].
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
    message: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stack_trace: Option<String>,
    provider: Cow<'static, str>,
    event_id: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flags: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    data: Vec<EventData>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventData {
    r#type: Cow<'static, str>,
    value: String,
}

impl ErrorEvent {
    /// The provider of the compute service's own events. They carry no `Flags`. (fidelity: `event-providers`)
    pub const HYPER_V_COMPUTE: &'static str = "17103e3f-3c6e-4677-bb17-3b267eb5be57";
    /// The provider of the virtual machine worker's events. (fidelity: `event-providers`)
    pub const HYPER_V_WORKER: &'static str = "51ddfa29-d5c8-4803-be4b-2ecb715570fe";

    /// An event without data.
    pub fn new(provider: &'static str, event_id: u16, message: impl Into<Cow<'static, str>>) -> ErrorEvent {
        ErrorEvent {
            message: message.into(),
            stack_trace: None,
            provider: Cow::Borrowed(provider),
            event_id,
            flags: None,
            source: None,
            data: Vec::new(),
        }
    }

    /// Appends a value of type `String` to `Data`.
    pub fn data(mut self, value: impl Into<String>) -> ErrorEvent {
        self.data.push(EventData { r#type: Cow::Borrowed("String"), value: value.into() });
        self
    }

    /// Sets `Flags`.
    pub fn flags(mut self, flags: u32) -> ErrorEvent {
        self.flags = Some(flags);
        self
    }
}

/// Who or what caused a failure or an exit.
///
/// `Detail`, `Type` and `Initiator` are the names of the schema's enumerations of those fields.
///
/// ```
/// use hcs_sim::AttributionRecord;
/// let record = AttributionRecord::OperationFailure { detail: "Construct".into() };
/// assert_eq!(serde_json::to_string(&record).unwrap(), r#"{"OperationFailure":{"Detail":"Construct"}}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "PascalCase")]
#[non_exhaustive]
#[allow(missing_docs)] // fields are named as in the schema
pub enum AttributionRecord {
    /// The worker process of a virtual machine ended.
    WorkerExit {
        exit_code: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#type: Option<Cow<'static, str>>,
        detail: Cow<'static, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        initiator: Option<Cow<'static, str>>,
    },
    /// The guest reported a crash.
    GuestCrash { crash_parameters: Vec<u64> },
    /// The guest ran into a triple fault.
    TripleFault { error_type: u64 },
    /// A non-maskable interrupt was injected.
    InjectNonMaskableInterrupt {},
    /// An operation failed.
    OperationFailure { detail: Cow<'static, str> },
    /// The system exited.
    SystemExit { detail: Cow<'static, str>, initiator: Cow<'static, str> },
    /// A virtual device failed.
    VirtualDeviceFailure {
        detail: Cow<'static, str>,
        name: String,
        device_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance_id: Option<String>,
    },
}

/// A result document as a test gives it: a [`ResultError`], any JSON value, or text that is passed on verbatim (also when
/// it is not JSON, for clients that must survive that).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ResultDocument {
    /// Completed with the HRESULT and message of the reply.
    Error(ResultError),
    /// Passed on as it is.
    Text(Arc<str>),
}

impl ResultDocument {
    pub(crate) fn write_for(&self, code: Hresult) -> Arc<str> {
        match self {
            ResultDocument::Error(error) => error.clone().completed_for(code).write(),
            ResultDocument::Text(text) => Arc::clone(text),
        }
    }
}

impl From<ResultError> for ResultDocument {
    fn from(error: ResultError) -> ResultDocument {
        ResultDocument::Error(error)
    }
}

impl From<&str> for ResultDocument {
    fn from(text: &str) -> ResultDocument {
        ResultDocument::Text(text.into())
    }
}

impl From<String> for ResultDocument {
    fn from(text: String) -> ResultDocument {
        ResultDocument::Text(text.into())
    }
}

impl From<serde_json::Value> for ResultDocument {
    fn from(value: serde_json::Value) -> ResultDocument {
        ResultDocument::Text(super::write(&value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hresult::*;

    #[test]
    fn a_code_with_a_twin_stands_in_its_nt_form() {
        assert!(
            ResultError::of(HCS_E_SYSTEM_ALREADY_EXISTS).to_json().starts_with(r#"{"Error":-1070137073,"#)
        );
        assert!(
            ResultError::of(HCS_E_HYPERV_NOT_INSTALLED).to_json().starts_with(r#"{"Error":-2143878910,"#)
        );
        assert!(ResultError::of(E_ACCESSDENIED).to_json().starts_with(r#"{"Error":-2147024891,"#));
    }

    #[test]
    fn what_the_test_sets_is_kept() {
        let document = ResultError::new().error(HCS_E_TERMINATED).message("");
        assert_eq!(
            document.completed_for(HCS_E_UNEXPECTED_EXIT).to_json(),
            r#"{"Error":-2143878905,"ErrorMessage":""}"#
        );
    }

    #[test]
    fn it_parses_back_equal() {
        let document = ResultError::of(HCS_E_INVALID_JSON)
            .event(ErrorEvent::new(ErrorEvent::HYPER_V_WORKER, 12030, "x").flags(13).data("a"))
            .attribution(AttributionRecord::WorkerExit {
                exit_code: 255,
                r#type: None,
                detail: "ProcessUnexpectedExit".into(),
                initiator: None,
            });
        assert_eq!(serde_json::from_str::<ResultError>(&document.to_json()).unwrap(), document);
    }
}
