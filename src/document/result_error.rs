//! `ResultError` and its parts: the document that explains a failure.
//! Not here: which failure gets which document (`model::failure`).

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::crash::CrashReport;
use super::error_event::ErrorEvent;
use super::exit::SystemExitStatus;
use super::process::ProcessStatus;
use super::properties::Properties;
use super::service::ServiceProperties;
use crate::faults::Fault;
use crate::hresult::{HCS_E_HYPERV_NOT_INSTALLED, Hresult};
use crate::schema::Version;

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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResultError {
    #[serde(default, serialize_with = "error_or_zero")]
    error: Option<Hresult>,
    #[serde(default, serialize_with = "message_or_empty")]
    error_message: Option<Cow<'static, str>>,
    #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "Vec::is_empty")]
    error_events: Vec<ErrorEvent>,
    #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "Vec::is_empty")]
    attribution: Vec<AttributionRecord>,
}

fn error_or_zero<S: serde::Serializer>(error: &Option<Hresult>, serializer: S) -> Result<S::Ok, S::Error> {
    error.unwrap_or_default().serialize(serializer)
}

fn message_or_empty<S: serde::Serializer>(
    message: &Option<Cow<'static, str>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    message.as_deref().unwrap_or_default().serialize(serializer)
}

/// Equal is what is written equal.
impl PartialEq for ResultError {
    fn eq(&self, other: &ResultError) -> bool {
        fn written(it: &ResultError) -> (Hresult, &str, &[ErrorEvent], &[AttributionRecord]) {
            (it.code(), it.text(), &it.error_events, &it.attribution)
        }
        written(self) == written(other)
    }
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

    /// `Error`, zero if it is not set.
    ///
    /// ```
    /// use hcs_sim::{ResultError, hresult::HCS_E_INVALID_JSON};
    /// let told = r#"{"Error":-1070137075,"ErrorMessage":"..","ErrorEvents":[{"Message":"..","Provider":"17103e3f-3c6e-4677-bb17-3b267eb5be57","EventId":11000}]}"#;
    /// let told: ResultError = serde_json::from_str(told).unwrap();
    /// assert_eq!(told.code().hresult_form(), HCS_E_INVALID_JSON);
    /// assert_eq!(told.events()[0].event_id(), 11000);
    /// ```
    pub fn code(&self) -> Hresult {
        self.error.unwrap_or_default()
    }

    /// `ErrorMessage`, empty if it is not set.
    pub fn text(&self) -> &str {
        self.error_message.as_deref().unwrap_or_default()
    }

    /// `ErrorEvents`.
    pub fn events(&self) -> &[ErrorEvent] {
        &self.error_events
    }

    /// `Attribution`.
    pub fn attributions(&self) -> &[AttributionRecord] {
        &self.attribution
    }

    /// The document's text.
    pub fn to_json(&self) -> String {
        super::write(self).to_string()
    }

    /// What was set, as JSON without the rest.
    pub(crate) fn as_set(&self) -> String {
        let mut written = super::write(self).to_string();
        // Both stand at the front, in this order, and are written even where they were not set.
        for (is_set, usual) in
            [(self.error.is_some(), r#""Error":0"#), (self.error_message.is_some(), r#""ErrorMessage":"""#)]
        {
            if !is_set {
                written = written
                    .replacen(usual, "", 1)
                    .replacen("{,", "{", 1)
                    .replacen(",,", ",", 1)
                    .replacen(",}", "}", 1);
            }
        }
        written
    }

    /// Fills in what the caller left open: the code in the form that HCS uses in documents, and its message.
    pub(crate) fn completed_for(mut self, code: Hresult) -> ResultError {
        self.error.get_or_insert_with(|| document_form(code));
        self.error_message.get_or_insert_with(|| Cow::Borrowed(code.message()));
        self
    }

    /// The document as a host of a version of the schema writes it: events and attribution came with 2.4.
    /// (fidelity: `older-documents`)
    pub(crate) fn write_for(&self, version: Version) -> Arc<str> {
        if version >= Version::V2_4 {
            return super::write(self);
        }
        let ResultError { error, error_message, .. } = self.clone();
        super::write(&ResultError { error, error_message, ..ResultError::default() })
    }
}

/// The form in which a code stands inside documents: `0xC037....` where the code has such a twin, except for the one
/// that was seen in its `0x8037....` form. (fidelity: `error-form`)
pub(crate) fn document_form(code: Hresult) -> Hresult {
    if code == HCS_E_HYPERV_NOT_INSTALLED { code } else { code.nt_form() }
}

/// Who or what caused a failure or an exit.
///
/// `Detail`, `Type` and `Initiator` are the names of the schema's enumerations of those fields; an empty text is left out.
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
        #[serde(default, deserialize_with = "super::or_default")]
        exit_code: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#type: Option<Cow<'static, str>>,
        #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "str::is_empty")]
        detail: Cow<'static, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        initiator: Option<Cow<'static, str>>,
    },
    /// The guest reported a crash.
    GuestCrash {
        #[serde(default, deserialize_with = "super::or_default")]
        crash_parameters: Vec<u64>,
    },
    /// The guest ran into a triple fault.
    TripleFault {
        #[serde(default, deserialize_with = "super::or_default")]
        error_type: u64,
    },
    /// A non-maskable interrupt was injected.
    InjectNonMaskableInterrupt {},
    /// An operation failed.
    OperationFailure {
        #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "str::is_empty")]
        detail: Cow<'static, str>,
    },
    /// The system exited.
    SystemExit {
        #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "str::is_empty")]
        detail: Cow<'static, str>,
        #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "str::is_empty")]
        initiator: Cow<'static, str>,
    },
    /// A virtual device failed.
    VirtualDeviceFailure {
        #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "str::is_empty")]
        detail: Cow<'static, str>,
        #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "str::is_empty")]
        name: String,
        #[serde(default, deserialize_with = "super::or_default", skip_serializing_if = "str::is_empty")]
        device_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance_id: Option<String>,
    },
}

/// What a scripted document is about.
pub(crate) struct About {
    /// The system's id.
    pub(crate) id: Arc<str>,
    /// What the host writes by.
    pub(crate) schema: Version,
}

impl Default for About {
    fn default() -> About {
        About { id: Arc::default(), schema: Version::V2_6 }
    }
}

/// A result document as a test gives it: a [`ResultError`], another typed [document](crate::documents), any JSON value, or text that is passed on verbatim (also when
/// it is not JSON, for clients that must survive that).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ResultDocument {
    /// Completed with the HRESULT and message of the reply.
    Error(ResultError),
    /// Passed on as it is.
    Text(Arc<str>),
    /// The one of a known failure, about the system that is asked for.
    Fault(Box<Fault>),
}

impl ResultDocument {
    /// The text as it is without a failure that it is for.
    pub(crate) fn plain_text(&self) -> String {
        match self {
            ResultDocument::Error(error) => error.to_json(),
            ResultDocument::Text(text) => text.to_string(),
            ResultDocument::Fault(fault) => fault.document("").map_or_else(String::new, |it| it.to_json()),
        }
    }

    pub(crate) fn write_for(&self, code: Hresult, about: &About) -> Option<Arc<str>> {
        match self {
            ResultDocument::Error(error) => Some(super::write(&error.clone().completed_for(code))),
            ResultDocument::Text(text) => Some(Arc::clone(text)),
            ResultDocument::Fault(fault) => fault.document(&about.id).map(|it| it.write_for(about.schema)),
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

/// Documents of success are passed on as they are written.
macro_rules! written {
    ($($type:ty),*) => {
        $(impl From<$type> for ResultDocument {
            fn from(document: $type) -> ResultDocument {
                ResultDocument::Text(super::write(&document))
            }
        })*
    };
}

written!(
    serde_json::Value,
    Properties,
    Vec<Properties>,
    ServiceProperties,
    ProcessStatus,
    SystemExitStatus,
    CrashReport
);

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
