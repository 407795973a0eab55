//! The functions on the service, on files and on access rights, as exported.
//! Not here: what they do (`model::service`, `runtime::files`).

use super::types::*;
use super::{contained, hresult, send, text, write_document};
use crate::call::{Call, Needed, NeededOut, Out};
use crate::hresult::E_UNEXPECTED;
use crate::runtime::seat;

const BUG: HRESULT = E_UNEXPECTED.as_i32();

/// Asks for properties of the service: a `ServiceProperties` document. `propertyquery` is a `Service_PropertyQuery`; NULL
/// stands for `Basic`, an empty text is invalid. (fidelity: `service-basic`, `service-query`, `processor-capabilities`)
///
/// # Safety
///
/// `propertyquery` is NULL or NUL-terminated text; `result` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetServiceProperties(propertyquery: PCWSTR, result: *mut PWSTR) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let property_query = unsafe { text::read(propertyquery) };
        let call = Call::GetServiceProperties { property_query, result: NeededOut(!result.is_null()) };
        let answered = send(seat::current(), call);
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, result) };
        hresult(&answered)
    })
}

/// Changes settings of the service: CPU groups and credential guards, by a `ModificationRequest`. A document comes only
/// with a failure. (fidelity: `service-modify`, `cpu-groups`, `credential-guard`)
///
/// # Safety
///
/// `settings` is NULL or NUL-terminated text; `result` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsModifyServiceSettings(settings: PCWSTR, result: *mut PWSTR) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let settings = Needed(unsafe { text::read(settings) });
        let call = Call::ModifyServiceSettings { settings, result: Out(!result.is_null()) };
        let answered = send(seat::current(), call);
        // SAFETY: the caller promises it.
        unsafe { write_document(&answered, result) };
        hresult(&answered)
    })
}

/// Reads what a saved state needs of a processor: a `VmProcessorRequirements` document. It knows the files that
/// [`HcsCreateEmptyRuntimeStateFile`] made, and those that a system of the host was saved to.
/// (fidelity: `processor-compatibility`)
///
/// # Safety
///
/// `runtimefilename` is NULL or NUL-terminated text; `processorfeaturesstring` is NULL or valid for a write.
#[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
pub unsafe extern "system" fn HcsGetProcessorCompatibilityFromSavedState(
    runtimefilename: PCWSTR,
    processorfeaturesstring: *mut PCWSTR,
) -> HRESULT {
    contained(BUG, || {
        // SAFETY: the caller promises it.
        let runtime_file_name = Needed(unsafe { text::read(runtimefilename) });
        let call = Call::GetProcessorCompatibilityFromSavedState {
            runtime_file_name,
            processor_features: NeededOut(!processorfeaturesstring.is_null()),
        };
        let answered = send(seat::current(), call);
        // SAFETY: the caller promises it; both are pointers to text.
        unsafe { write_document(&answered, processorfeaturesstring.cast()) };
        hresult(&answered)
    })
}

macro_rules! calls_with_texts {
    ($($(#[$doc:meta])* $function:ident($($argument:ident => $field:ident),+) => $variant:ident;)*) => {
        $($(#[$doc])*
        ///
        /// # Safety
        ///
        /// Every text is NULL or NUL-terminated.
        #[cfg_attr(any(feature = "c-library", all(feature = "drop-in", not(windows))), unsafe(no_mangle))]
        pub unsafe extern "system" fn $function($($argument: PCWSTR),+) -> HRESULT {
            contained(BUG, || {
                // SAFETY: the caller promises it.
                $(let $field = Needed(unsafe { text::read($argument) });)+
                hresult(&send(seat::current(), Call::$variant { $($field),+ }))
            })
        })*
    };
}

calls_with_texts! {
    /// Submits a crash report: the data of a crash event. (fidelity: `wer-report`)
    HcsSubmitWerReport(settings => settings) => SubmitWerReport;
    /// Creates an empty guest state file: a real one, which says that it is of hcs-sim. (fidelity: `state-files`)
    HcsCreateEmptyGuestStateFile(gueststatefilepath => path) => CreateEmptyGuestStateFile;
    /// Creates an empty runtime state file, as [`HcsCreateEmptyGuestStateFile`]. (fidelity: `state-files`)
    HcsCreateEmptyRuntimeStateFile(runtimestatefilepath => path) => CreateEmptyRuntimeStateFile;
    /// Lets a virtual machine open a file, also before it exists. Asked for only with
    /// [`Behavior::enforce_access`](crate::Behavior::enforce_access). (fidelity: `access-grants`)
    HcsGrantVmAccess(vmid => vm_id, filepath => file_path) => GrantVmAccess;
    /// Takes back what [`HcsGrantVmAccess`] gave.
    HcsRevokeVmAccess(vmid => vm_id, filepath => file_path) => RevokeVmAccess;
    /// Lets every virtual machine open a file.
    HcsGrantVmGroupAccess(filepath => file_path) => GrantVmGroupAccess;
    /// Takes back what [`HcsGrantVmGroupAccess`] gave.
    HcsRevokeVmGroupAccess(filepath => file_path) => RevokeVmGroupAccess;
}
