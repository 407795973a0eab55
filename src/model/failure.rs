//! Failures of requests: the HRESULT, and the document in the shape that was observed for it.
//! Not here: when a request fails (`lifecycle`).

use std::sync::Arc;

use crate::document::Problem;
use crate::document::error_event::ErrorEvent;
use crate::document::result_error::{AttributionRecord, ResultError, document_form};
use crate::hresult::{HCS_E_INVALID_JSON, Hresult};
use crate::schema::Version;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) hresult: Hresult,
    pub(crate) document: Option<Box<ResultError>>,
    /// What we know beyond the document, for the journal.
    pub(crate) note: Option<String>,
}

impl Failure {
    /// A failure that HCS explains with code and message alone. (fidelity: `result-error-shape`)
    pub(crate) fn plain(hresult: Hresult) -> Failure {
        Failure { hresult, document: Some(Box::new(ResultError::of(hresult))), note: None }
    }

    pub(crate) fn noted(hresult: Hresult, note: impl Into<String>) -> Failure {
        Failure { note: Some(note.into()), ..Failure::plain(hresult) }
    }

    /// A create that fails with a code that is not one of HCS's own: no message, but an attribution.
    /// (fidelity: `construct-failure`)
    pub(crate) fn of_construct(hresult: Hresult) -> Failure {
        if hresult.bits() >> 16 == 0x8037 {
            return Failure::plain(hresult);
        }
        let attribution = AttributionRecord::OperationFailure { detail: "Construct".into() };
        let document = ResultError::new().error(hresult).message("").attribution(attribution);
        Failure { hresult, document: Some(Box::new(document)), note: None }
    }

    /// A configuration that is not valid. (fidelity: `create-invalid-json`)
    pub(crate) fn invalid_configuration(code: Hresult, problem: &Problem) -> Failure {
        Failure::invalid_document(code, ErrorEvent::INVALID_CONFIGURATION, problem)
    }

    /// A query or an options document that is not valid. (fidelity: `query-invalid-json`)
    pub(crate) fn invalid_request(problem: &Problem) -> Failure {
        Failure::invalid_document(HCS_E_INVALID_JSON, ErrorEvent::INVALID_REQUEST, problem)
    }

    fn invalid_document(code: Hresult, event_id: u16, problem: &Problem) -> Failure {
        let event = ErrorEvent::refused(event_id, document_form(code), &problem.path, code.message());
        let document = ResultError::of(code).event(event);
        Failure { hresult: code, document: Some(Box::new(document)), note: Some(problem.note.clone()) }
    }
}

impl Failure {
    /// The document as a host of a version of the schema writes it.
    pub(crate) fn write(&self, version: Version) -> Option<Arc<str>> {
        self.document.as_ref().map(|it| it.write_for(version))
    }
}

impl From<Hresult> for Failure {
    fn from(code: Hresult) -> Failure {
        Failure::plain(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_configuration_has_the_observed_shape() {
        let failure = Failure::invalid_configuration(HCS_E_INVALID_JSON, &Problem::at_root("x"));
        let document: serde_json::Value = serde_json::from_str(&failure.document.unwrap().to_json()).unwrap();
        assert_eq!(document["Error"], -1070137075);
        let event = &document["ErrorEvents"][0];
        assert_eq!(event["Provider"], ErrorEvent::HYPER_V_COMPUTE);
        assert_eq!(event["EventId"], 11000);
        assert!(event.get("Flags").is_none());
        assert_eq!(event["Data"][0]["Value"], "%%3224830221");
        assert_eq!(event["Data"][1]["Value"], "0xC037010D");
        assert!(document.get("Attribution").is_none());
    }
}
