//! The catalogue of failures that clients have met, each with its HRESULT, its document, and how it reaches the caller.
//! Not here: how a rule gives them ([`When::fault`](crate::When::fault)), failures that the model finds itself (`model`).
//!
//! ```
//! use hcs_sim::{Host, call, faults};
//! let host = Host::new();
//! host.when(call::create().system("web")).fault(faults::logon_type_not_granted()).optional();
//!
//! let document = faults::logon_type_not_granted().document("web").unwrap();
//! assert_eq!(
//!     document.to_json(),
//!     r#"{"Error":-2147023511,"ErrorMessage":"","Attribution":[{"OperationFailure":{"Detail":"Construct"}}]}"#
//! );
//! ```

use std::borrow::Cow;

use crate::call::Export;
use crate::document::error_event::ErrorEvent;
use crate::document::result_error::{AttributionRecord, ResultError, document_form};
use crate::hresult::*;
use crate::model::identity::{device_id, runtime_id};

/// A known failure, ready for a rule.
///
/// ```
/// use hcs_sim::{faults, hresult::HCS_E_ACCESS_DENIED};
/// let fault = faults::access_denied();
/// assert_eq!(fault.hresult(), HCS_E_ACCESS_DENIED);
/// assert!(!fault.is_at_once() && fault.at_once().is_at_once()); // both were seen
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    name: &'static str,
    export: Export,
    hresult: Hresult,
    at_once: bool,
    shape: Shape,
    /// What the host says in its own language.
    text: Option<String>,
    controller: Cow<'static, str>,
    /// The argument of its function: name and value.
    argument: Option<(&'static str, String)>,
}

/// The shapes of documents that were seen.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// No document at all.
    Nothing,
    /// Code and message.
    Plain,
    /// Code, empty message, and the attribution of a system that could not be constructed.
    Construct,
    /// An event of the compute service about the document that it was given.
    Refused(u16),
    /// An event of the compute service about the system.
    WithoutHyperV,
    /// Events of the worker: the start failed, because of what is said.
    Start(Option<String>),
    /// Events of the worker: the start failed, because a storage device could not be powered on with a file.
    Storage(String),
}

/// The key of the controller unless another one is given.
const USUAL_CONTROLLER: &str = "Primary disk controller";

impl Fault {
    fn new(name: &'static str, export: Export, hresult: Hresult, shape: Shape) -> Fault {
        let controller = Cow::Borrowed(USUAL_CONTROLLER);
        Fault { name, export, hresult, at_once: false, shape, text: None, controller, argument: None }
    }

    /// The name of the function that makes it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn argument(&self) -> Option<(&'static str, &str)> {
        self.argument.as_ref().map(|it| (it.0, it.1.as_str()))
    }

    /// Whether its function takes the HRESULT.
    pub(crate) fn has_own_code(&self) -> bool {
        WITH_CODE.contains(&self.name)
    }

    pub(crate) fn own_message(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(crate) fn own_controller(&self) -> Option<&str> {
        (self.controller != USUAL_CONTROLLER).then_some(&*self.controller)
    }

    /// The call that was seen to fail so.
    pub fn export(&self) -> Export {
        self.export
    }

    /// The HRESULT of the operation, or of the call.
    pub fn hresult(&self) -> Hresult {
        self.hresult
    }

    /// Whether the call itself returns it; else it comes through the operation.
    pub fn is_at_once(&self) -> bool {
        self.at_once
    }

    /// Lets the call itself return it. A call that fails at once is given no document.
    pub fn at_once(self) -> Fault {
        Fault { at_once: true, ..self }
    }

    /// What a host says that speaks another language: the text of the code, as `ErrorMessage` and in the sentences of events. The
    /// document of a failed construction has no text in any language.
    ///
    /// ```
    /// use hcs_sim::faults;
    /// let fault = faults::disk_sparse(r"C:\web.vhdx").message("Die Datei ist ungeeignet.");
    /// assert!(fault.document("web").unwrap().to_json().contains(r#""ErrorMessage":"Die Datei ist ungeeignet.""#));
    /// ```
    pub fn message(self, text: impl Into<String>) -> Fault {
        Fault { text: Some(text.into()), ..self }
    }

    /// The key of the SCSI controller, of which the events of disks give the instance id. (fidelity: `device-id`)
    pub fn controller(self, key: impl Into<Cow<'static, str>>) -> Fault {
        Fault { controller: key.into(), ..self }
    }

    /// The document, for a system; none where HCS gives none.
    pub fn document(&self, id: &str) -> Option<ResultError> {
        let code = self.hresult;
        let document = ResultError::of(code);
        let shown = document_form(code);
        let says = self.text.as_deref().unwrap_or(code.message());
        let worker = |event, flags, message: String| {
            ErrorEvent::of_worker(event, flags, id, &runtime_id(id).to_uppercase(), message)
        };
        let failed = match &self.text {
            None => format!("'{id}' could not start."),
            Some(text) => format!("'{id}': {text}"),
        };
        let document = match &self.shape {
            _ if self.at_once => return None,
            Shape::Nothing => return None,
            Shape::Plain => document,
            Shape::Construct => document
                .message("")
                .attribution(AttributionRecord::OperationFailure { detail: "Construct".into() }),
            Shape::Refused(event) => document.event(ErrorEvent::refused(*event, shown, "$", says)),
            Shape::WithoutHyperV => {
                let message = format!("System '{id}' cannot be created: this host has no Hyper-V.");
                let event = ErrorEvent::HYPER_V_NOT_INSTALLED;
                document.event(ErrorEvent::of_compute(event, Some(id), shown, message))
            }
            Shape::Start(why) => {
                let why = why.as_ref().map_or(String::new(), |it| format!(" {it}"));
                document.event(worker(ErrorEvent::START_FAILED, 13, failed + &why))
            }
            Shape::Storage(path) => {
                let device = device_id(&self.controller).to_uppercase();
                let cannot = if self.text.is_none() { "cannot be powered on with " } else { "" };
                let message = format!(
                    "'{id}' Synthetic Storage (Instance ID {device}): {cannot}'{path}': '{says}' (0x{:08X}).",
                    code.bits()
                );
                document.event(worker(ErrorEvent::START_FAILED, 13, failed)).event(worker(
                    ErrorEvent::POWER_ON_FAILED,
                    5,
                    message,
                ))
            }
        };
        Some(match &self.text {
            Some(text) if self.shape != Shape::Construct => document.message(text.clone()),
            _ => document,
        })
    }
}

/// Rows: name, export, HRESULT, shape. Each makes a function and stands in [`all`].
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $ty:ty = $sample:literal)?) = $export:ident, $code:ident, $shape:expr $(, $at_once:ident)?;)*) => {
        $(
            $(#[$doc])*
            pub fn $name($($argument: $ty)?) -> Fault {
                $(let $argument = $argument.to_string();)?
                let given = [$((stringify!($argument), $argument.clone()))?].into_iter().next();
                let fault = Fault::new(stringify!($name), Export::$export, $code, $shape)$(.$at_once())?;
                Fault { argument: given, ..fault }
            }
        )*

        /// The one with a name, with its argument or a sample.
        fn plain(name: &str, argument: Option<&str>) -> Option<Fault> {
            let _ = argument;
            match name {
                $(stringify!($name) => Some($name($(argument.map_or_else(|| $sample.to_string(), str::to_owned))?)),)*
                _ => None,
            }
        }

        /// Every one of them, with samples of paths and sizes: for tests that try them all.
        ///
        /// ```
        /// use hcs_sim::{Host, call, faults};
        /// for fault in faults::all() {
        ///     let host = Host::new();
        ///     host.when(call::to(fault.export())).fault(fault).optional();
        /// #   host.verify().unwrap();
        ///     // .. the client says something sensible about each ..
        /// }
        /// ```
        pub fn all() -> Vec<Fault> {
            vec![$($name($($sample)?)),*]
        }
    };
}

faults! {
    /// Hyper-V is not there. Through the operation of a create, with event 11008. (fidelity: `fault-create`)
    hyperv_not_installed() = HcsCreateComputeSystem, HCS_E_HYPERV_NOT_INSTALLED, Shape::WithoutHyperV;
    /// The user is no Hyper-V administrator. Seen through the operation and, by another client, at once:
    /// [`Fault::at_once`]. (fidelity: `fault-access`)
    access_denied() = HcsCreateComputeSystem, HCS_E_ACCESS_DENIED, Shape::Plain;
    /// `E_ACCESSDENIED` while a system is constructed: no message, but an attribution. (fidelity: `fault-construct`)
    construct_access_denied() = HcsCreateComputeSystem, E_ACCESSDENIED, Shape::Construct;
    /// Virtual machines may not log on as a service on this host. (fidelity: `fault-construct`)
    logon_type_not_granted() = HcsCreateComputeSystem, HRESULT_ERROR_LOGON_TYPE_NOT_GRANTED, Shape::Construct;
    /// A setting was refused, such as the size of the memory. (fidelity: `fault-construct`)
    setting_refused() = HcsCreateComputeSystem, WBEM_E_INVALID_PARAMETER, Shape::Construct;
    /// A construct failure whose cause nobody has named. (fidelity: `fault-construct`)
    construct_duplicate_tag() = HcsCreateComputeSystem, HRESULT_ERROR_DUPLICATE_TAG, Shape::Construct;
    /// The id is taken: code and message only, `Error` in its 0xC037 form. (fidelity: `fault-create`)
    duplicate_id() = HcsCreateComputeSystem, HCS_E_SYSTEM_ALREADY_EXISTS, Shape::Plain;
    /// The configuration is not valid, with event 11000. (fidelity: `fault-create`)
    invalid_configuration() = HcsCreateComputeSystem, HCS_E_INVALID_JSON, Shape::Refused(ErrorEvent::INVALID_CONFIGURATION);
    /// The same with the other code that was seen. (fidelity: `fault-create`)
    invalid_configuration_data() = HcsCreateComputeSystem, HRESULT_ERROR_INVALID_DATA, Shape::Refused(ErrorEvent::INVALID_CONFIGURATION);
    /// The container's image is of another Windows. (fidelity: `fault-create`)
    image_mismatch() = HcsCreateComputeSystem, HCS_E_IMAGE_MISMATCH, Shape::Plain;
    /// The network endpoint is still attached to a system that has died; at a start or a create. (fidelity: `fault-endpoint`)
    endpoint_attached() = HcsStartComputeSystem, HCN_E_ENDPOINT_ALREADY_ATTACHED, Shape::Plain;

    /// The network service refused a document. (fidelity: `fault-endpoint`)
    network_document_refused() = HcsStartComputeSystem, HCN_E_INVALID_JSON, Shape::Plain;

    /// Nobody called `HcsGrantVmAccess` for the file. (fidelity: `fault-start`)
    disk_not_granted(path: impl ToString = r"C:\disks\system.vhdx") = HcsStartComputeSystem, E_ACCESSDENIED, Shape::Storage(path);
    /// The disk's file is compressed, encrypted or sparse. (fidelity: `fault-start`)
    disk_sparse(path: impl ToString = r"C:\disks\system.vhdx") = HcsStartComputeSystem, ERROR_VIRTUAL_DISK_LIMITATION, Shape::Storage(path);
    /// Another worker, perhaps a dying one, has the file open. (fidelity: `fault-start`)
    disk_in_use(path: impl ToString = r"C:\disks\system.vhdx") = HcsStartComputeSystem, HRESULT_ERROR_SHARING_VIOLATION, Shape::Storage(path);
    /// The file does not exist. (fidelity: `fault-start`)
    disk_missing(path: impl ToString = r"C:\disks\system.vhdx") = HcsStartComputeSystem, HRESULT_ERROR_FILE_NOT_FOUND, Shape::Storage(path);
    /// The file is damaged. (fidelity: `fault-start`)
    disk_corrupt(path: impl ToString = r"C:\disks\system.vhdx") = HcsStartComputeSystem, HRESULT_ERROR_FILE_CORRUPT, Shape::Storage(path);
    /// The file is no virtual disk of a known format. (fidelity: `fault-start`)
    disk_unreadable(path: impl ToString = r"C:\disks\system.vhdx") = HcsStartComputeSystem, ERROR_VIRTDISK_PROVIDER_NOT_FOUND, Shape::Storage(path);
    /// The storage cannot be powered on with what it was given. (fidelity: `fault-start`)
    storage_not_supported(path: impl ToString = r"\\server\share\system.vhdx") = HcsStartComputeSystem, HRESULT_ERROR_NOT_SUPPORTED, Shape::Storage(path);
    /// The host has less memory than the machine is to have, in megabytes. (fidelity: `fault-start`)
    out_of_memory(megabytes: impl ToString = 8192) = HcsStartComputeSystem, E_OUTOFMEMORY,
        Shape::Start(Some(format!("The host has too little memory for {megabytes} megabytes.")));
    /// The host has too few resources. (fidelity: `fault-start`)
    no_system_resources() = HcsStartComputeSystem, HRESULT_ERROR_NO_SYSTEM_RESOURCES, Shape::Start(None);
    /// The system exits while it is starting, and is gone. (fidelity: `fault-exit`)
    terminated_during_start() = HcsStartComputeSystem, HCS_E_TERMINATED_DURING_START, Shape::Plain;
    /// The system exits unexpectedly, and is gone. (fidelity: `fault-exit`)
    unexpected_exit() = HcsStartComputeSystem, HCS_E_UNEXPECTED_EXIT, Shape::Plain;

    /// The guest has nothing that could take a shutdown request. (fidelity: `fault-shutdown`)
    guest_no_shutdown_channel() = HcsShutDownComputeSystem, HRESULT_ERROR_NOT_SUPPORTED, Shape::Plain;
    /// The options of a shutdown are NULL, empty or not valid: event 11001. (fidelity: `fault-shutdown`)
    invalid_options() = HcsShutDownComputeSystem, HCS_E_INVALID_JSON, Shape::Refused(ErrorEvent::INVALID_REQUEST);
    /// A code that was read as "process not found", so that a failed shutdown counted as done. (fidelity: `fault-shutdown`)
    proc_not_found() = HcsShutDownComputeSystem, HRESULT_ERROR_PROC_NOT_FOUND, Shape::Plain;
    /// The guest gives no answer in time. (fidelity: `fault-guest`)
    guest_timeout() = HcsShutDownComputeSystem, HCS_E_CONNECTION_TIMEOUT, Shape::Plain;
    /// The guest's OS has failed badly. (fidelity: `fault-guest`)
    guest_critical_error() = HcsStartComputeSystem, HCS_E_GUEST_CRITICAL_ERROR, Shape::Plain;
    /// The system has stopped already. (fidelity: `fault-shutdown`)
    already_stopped() = HcsTerminateComputeSystem, HCS_E_SYSTEM_ALREADY_STOPPED, Shape::Plain;
    /// The system's state does not allow it. (fidelity: `fault-guest`)
    invalid_state() = HcsPauseComputeSystem, HCS_E_INVALID_STATE, Shape::Plain;
    /// The handle of a system that is closing. (fidelity: `fault-guest`)
    invalid_handle() = HcsGetComputeSystemProperties, E_HANDLE, Shape::Nothing;

    /// The program does not exist in the container. (fidelity: `fault-process`)
    program_not_found() = HcsCreateProcess, HRESULT_ERROR_FILE_NOT_FOUND, Shape::Plain;
    /// The wait fails though the process runs; no document. (fidelity: `fault-process`)
    process_wait_failed() = HcsCreateProcess, E_INVALIDARG, Shape::Nothing;
    /// The process has exited and is forgotten. (fidelity: `fault-process`)
    process_not_found() = HcsGetProcessInfo, HRESULT_ERROR_NOT_FOUND, Shape::Plain;
    /// The process has exited. (fidelity: `fault-process`)
    process_already_stopped() = HcsSignalProcess, HCS_E_PROCESS_ALREADY_STOPPED, Shape::Plain;
    /// The process has ended, and somebody still has a handle. (fidelity: `fault-process`)
    process_access_denied() = HcsTerminateProcess, E_ACCESSDENIED, Shape::Plain;

    /// The service cannot be reached: at once. (fidelity: `fault-service`)
    service_not_available() = HcsCreateComputeSystem, HCS_E_SERVICE_NOT_AVAILABLE, Shape::Nothing, at_once;
    /// No system has the id: at once. (fidelity: `fault-service`)
    system_not_found() = HcsOpenComputeSystem, HCS_E_SYSTEM_NOT_FOUND, Shape::Nothing, at_once;
    /// The service went away under a pending operation. (fidelity: `fault-service`)
    service_disconnected() = HcsStartComputeSystem, HCS_E_SERVICE_DISCONNECT, Shape::Plain;
    /// The handle is from before the service went away: at once. (fidelity: `fault-service`)
    stale_handle() = HcsGetProcessInfo, HRESULT_RPC_X_SS_IN_NULL_CONTEXT, Shape::Nothing, at_once;
}

/// Those whose functions take the HRESULT.
const WITH_CODE: [&str; 2] = ["localized_message", "construct"];

/// The fault that a function of this module makes, by its name.
pub(crate) fn by_name(name: &str, argument: Option<&str>, code: Option<Hresult>) -> Option<Fault> {
    match (name, code) {
        ("localized_message", Some(code)) => Some(localized_message(code, "")),
        ("construct", Some(code)) => Some(construct(code)),
        (_, Some(_)) => None,
        _ => plain(name, argument),
    }
}

/// The names of all functions.
pub(crate) fn names() -> Vec<&'static str> {
    all().iter().map(Fault::name).chain(WITH_CODE).collect()
}

/// Any code with a message in another language: clients must not look at it. (fidelity: `fault-message`)
///
/// ```
/// use hcs_sim::{faults, hresult::E_OUTOFMEMORY};
/// let document = faults::localized_message(E_OUTOFMEMORY, "Nicht genügend Arbeitsspeicher.").document("web").unwrap();
/// assert_eq!(document.to_json(), r#"{"Error":-2147024882,"ErrorMessage":"Nicht genügend Arbeitsspeicher."}"#);
/// ```
pub fn localized_message(code: impl Into<Hresult>, text: impl Into<String>) -> Fault {
    Fault::new("localized_message", Export::HcsStartComputeSystem, code.into(), Shape::Plain).message(text)
}

/// A system that cannot be constructed, for any reason. (fidelity: `fault-construct`)
pub fn construct(code: impl Into<Hresult>) -> Fault {
    Fault::new("construct", Export::HcsCreateComputeSystem, code.into(), Shape::Construct)
}
