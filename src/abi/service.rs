//! The functions on the service, on files and on access rights, as exported.
//! Not here: what they do; the service is not simulated yet, and only rules answer these calls.

use super::types::*;
use super::{contained, hresult, send, text, write_document};
use crate::call::{Call, Needed, NeededOut, Out};
use crate::hresult::E_UNEXPECTED;
use crate::runtime::seat;

const BUG: HRESULT = E_UNEXPECTED.as_i32();

/// Asks for properties of the service. Not simulated yet: `E_NOTIMPL` with a finding, unless a rule answers.
///
/// # Safety
///
/// `propertyquery` is NULL or NUL-terminated text; `result` is NULL or valid for a write.
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
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

/// Changes settings of the service. Not simulated yet: `E_NOTIMPL` with a finding, unless a rule answers.
///
/// # Safety
///
/// `settings` is NULL or NUL-terminated text; `result` is NULL or valid for a write.
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
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

/// Reads what a saved state needs of a processor. Not simulated yet: `E_NOTIMPL` with a finding, unless a rule answers.
///
/// # Safety
///
/// `runtimefilename` is NULL or NUL-terminated text; `processorfeaturesstring` is NULL or valid for a write.
#[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
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
        /// Not simulated yet: `E_NOTIMPL` with a finding, unless a rule answers.
        ///
        /// # Safety
        ///
        /// Every text is NULL or NUL-terminated.
        #[cfg_attr(all(feature = "drop-in", not(windows)), unsafe(no_mangle))]
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
    /// Submits a crash report.
    HcsSubmitWerReport(settings => settings) => SubmitWerReport;
    /// Creates an empty guest state file.
    HcsCreateEmptyGuestStateFile(gueststatefilepath => path) => CreateEmptyGuestStateFile;
    /// Creates an empty runtime state file.
    HcsCreateEmptyRuntimeStateFile(runtimestatefilepath => path) => CreateEmptyRuntimeStateFile;
    /// Lets a virtual machine open a file.
    HcsGrantVmAccess(vmid => vm_id, filepath => file_path) => GrantVmAccess;
    /// Takes back what [`HcsGrantVmAccess`] gave.
    HcsRevokeVmAccess(vmid => vm_id, filepath => file_path) => RevokeVmAccess;
    /// Lets every virtual machine open a file.
    HcsGrantVmGroupAccess(filepath => file_path) => GrantVmGroupAccess;
    /// Takes back what [`HcsGrantVmGroupAccess`] gave.
    HcsRevokeVmGroupAccess(filepath => file_path) => RevokeVmGroupAccess;
}
