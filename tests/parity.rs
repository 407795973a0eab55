//! The crate's declarations against those of windows-sys 0.59, 0.60 and 0.61, item by item.
//! Not here: what the functions do (`conformance`).
//!
//! Nearly everything is checked by the compiler: a signature, a layout, a value that drifts fails the build of this file.
//! The tests that run compare the one list below with the text of windows-sys, so that nothing is missing from it, and
//! the addresses of the functions, so that a client of windows-sys really reaches this crate.

use core::ffi::c_void;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

/// The one list. `compare!` expands it against one version of windows-sys.
macro_rules! compare_all {
    ($($module:ident: $krate:ident $version:literal;)*) => {$(
        compare! {
            $module: $krate $version
            structs {
                HCS_EVENT { Type EventData Operation }
                HCS_PROCESS_INFORMATION { ProcessId Reserved StdInput StdOutput StdError }
                HCS_CREATE_OPTIONS_1 { Version UserToken SecurityDescriptor CallbackOptions CallbackContext Callback }
            }
            foreign_structs {
                SECURITY_DESCRIPTOR { Revision Sbz1 Control Owner Group Sacl Dacl }
                ACL { AclRevision Sbz1 AclSize AceCount Sbz2 }
                OVERLAPPED { Internal InternalHigh Anonymous hEvent }
                OVERLAPPED_0_0 { Offset OffsetHigh }
            }
            types {
                HCS_CREATE_OPTIONS HCS_EVENT_CALLBACK HCS_EVENT_OPTIONS HCS_EVENT_TYPE HCS_NOTIFICATIONS
                HCS_NOTIFICATION_CALLBACK HCS_NOTIFICATION_FLAGS HCS_OPERATION HCS_OPERATION_COMPLETION
                HCS_OPERATION_OPTIONS HCS_OPERATION_TYPE HCS_PROCESS HCS_RESOURCE_TYPE HCS_SYSTEM
            }
            constants {
                HCS_EVENT_TYPE:
                    HcsEventInvalid HcsEventSystemExited HcsEventSystemCrashInitiated
                    HcsEventSystemCrashReport HcsEventSystemRdpEnhancedModeStateChanged
                    HcsEventSystemSiloJobCreated HcsEventSystemGuestConnectionClosed HcsEventProcessExited
                    HcsEventOperationCallback HcsEventServiceDisconnect HcsEventGroupVmLifecycle
                    HcsEventGroupOperationInfo;
                HCS_EVENT_OPTIONS:
                    HcsEventOptionNone HcsEventOptionEnableOperationCallbacks
                    HcsEventOptionEnableVmLifecycle;
                HCS_OPERATION_TYPE:
                    HcsOperationTypeNone HcsOperationTypeEnumerate HcsOperationTypeCreate
                    HcsOperationTypeStart HcsOperationTypeShutdown HcsOperationTypePause
                    HcsOperationTypeResume HcsOperationTypeSave HcsOperationTypeTerminate
                    HcsOperationTypeModify HcsOperationTypeGetProperties HcsOperationTypeCreateProcess
                    HcsOperationTypeSignalProcess HcsOperationTypeGetProcessInfo
                    HcsOperationTypeGetProcessProperties HcsOperationTypeModifyProcess
                    HcsOperationTypeCrash;
                HCS_OPERATION_OPTIONS:
                    HcsOperationOptionNone HcsOperationOptionProgressUpdate;
                HCS_RESOURCE_TYPE:
                    HcsResourceTypeNone HcsResourceTypeFile HcsResourceTypeJob;
                HCS_CREATE_OPTIONS:
                    HcsCreateOptions_1;
                HCS_NOTIFICATIONS:
                    HcsNotificationInvalid HcsNotificationSystemExited HcsNotificationSystemCreateCompleted
                    HcsNotificationSystemStartCompleted HcsNotificationSystemPauseCompleted
                    HcsNotificationSystemResumeCompleted HcsNotificationSystemCrashReport
                    HcsNotificationSystemSiloJobCreated HcsNotificationSystemSaveCompleted
                    HcsNotificationSystemRdpEnhancedModeStateChanged HcsNotificationSystemShutdownCompleted
                    HcsNotificationSystemShutdownFailed HcsNotificationSystemGetPropertiesCompleted
                    HcsNotificationSystemModifyCompleted HcsNotificationSystemCrashInitiated
                    HcsNotificationSystemGuestConnectionClosed HcsNotificationSystemOperationCompletion
                    HcsNotificationSystemPassThru HcsNotificationOperationProgressUpdate
                    HcsNotificationProcessExited HcsNotificationServiceDisconnect
                    HcsNotificationFlagsReserved;
                HCS_NOTIFICATION_FLAGS:
                    HcsNotificationFlagSuccess HcsNotificationFlagFailure;
            }
            foreign_constants {
                GENERIC_ALL LMEM_FIXED LMEM_ZEROINIT LPTR
            }
            functions {
                HcsAddResourceToOperation(_, _, _, _)
                HcsCancelOperation(_)
                HcsCloseComputeSystem(_)
                HcsCloseOperation(_)
                HcsCloseProcess(_)
                HcsCrashComputeSystem(_, _, _)
                HcsCreateComputeSystem(_, _, _, _, _)
                HcsCreateComputeSystemInNamespace(_, _, _, _, _, _)
                HcsCreateEmptyGuestStateFile(_)
                HcsCreateEmptyRuntimeStateFile(_)
                HcsCreateOperation(_, _)
                HcsCreateOperationWithNotifications(_, _, _)
                HcsCreateProcess(_, _, _, _, _)
                HcsEnumerateComputeSystems(_, _)
                HcsEnumerateComputeSystemsInNamespace(_, _, _)
                HcsGetComputeSystemFromOperation(_)
                HcsGetComputeSystemProperties(_, _, _)
                HcsGetOperationContext(_)
                HcsGetOperationId(_)
                HcsGetOperationResult(_, _)
                HcsGetOperationResultAndProcessInfo(_, _, _)
                HcsGetOperationType(_)
                HcsGetProcessFromOperation(_)
                HcsGetProcessInfo(_, _)
                HcsGetProcessProperties(_, _, _)
                HcsGetProcessorCompatibilityFromSavedState(_, _)
                HcsGetServiceProperties(_, _)
                HcsGrantVmAccess(_, _)
                HcsGrantVmGroupAccess(_)
                HcsModifyComputeSystem(_, _, _, _)
                HcsModifyProcess(_, _, _)
                HcsModifyServiceSettings(_, _)
                HcsOpenComputeSystem(_, _, _)
                HcsOpenComputeSystemInNamespace(_, _, _, _)
                HcsOpenProcess(_, _, _, _)
                HcsPauseComputeSystem(_, _, _)
                HcsResumeComputeSystem(_, _, _)
                HcsRevokeVmAccess(_, _)
                HcsRevokeVmGroupAccess(_)
                HcsSaveComputeSystem(_, _, _)
                HcsSetComputeSystemCallback(_, _, _, _)
                HcsSetOperationCallback(_, _, _)
                HcsSetOperationContext(_, _)
                HcsSetProcessCallback(_, _, _, _)
                HcsShutDownComputeSystem(_, _, _)
                HcsSignalProcess(_, _, _)
                HcsStartComputeSystem(_, _, _)
                HcsSubmitWerReport(_)
                HcsTerminateComputeSystem(_, _, _)
                HcsTerminateProcess(_, _, _)
                HcsWaitForComputeSystemExit(_, _, _)
                HcsWaitForOperationResult(_, _, _)
                HcsWaitForOperationResultAndProcessInfo(_, _, _, _)
                HcsWaitForProcessExit(_, _, _)
            }
            foreign_functions {
                LocalAlloc(_, _)
                LocalFree(_)
                CoTaskMemFree(_)
                CloseHandle(_)
                ReadFile(_, _, _, _, _)
                WriteFile(_, _, _, _, _)
                GetLastError()
                SetLastError(_)
            }
        }
    )*};
}

/// A type of this crate that is, seen from C, the type `T` of windows-sys.
///
/// Structures are different types to the compiler however equal they are, hence the detour. `compare!` implements it
/// for a structure next to the assertions that earn it.
#[diagnostic::on_unimplemented(message = "this crate has `{Self}` where windows-sys has `{T}`")]
trait Same<T> {}

macro_rules! same_primitives { ($($type:ty)*) => { $(impl Same<$type> for $type {})* } }
same_primitives! { () u8 u16 u32 u64 usize i32 c_void }

impl<A: Same<B>, B> Same<*const B> for *const A {}
impl<A: Same<B>, B> Same<*mut B> for *mut A {}
impl<A: Same<B>, B> Same<Option<B>> for Option<A> {}

macro_rules! same_functions {
    ($(($($a:ident $b:ident)*))*) => {$(
        impl<R: Same<S>, S, $($a: Same<$b>, $b),*>
            Same<unsafe extern "system" fn($($b),*) -> S> for unsafe extern "system" fn($($a),*) -> R {}
    )*};
}
same_functions! {
    () (A0 B0) (A0 B0 A1 B1) (A0 B0 A1 B1 A2 B2) (A0 B0 A1 B1 A2 B2 A3 B3) (A0 B0 A1 B1 A2 B2 A3 B3 A4 B4)
    (A0 B0 A1 B1 A2 B2 A3 B3 A4 B4 A5 B5)
}

fn same_types<A: Same<B>, B>() {}
fn same<A: Same<B>, B>(_: A, _: B) {}

/// The part of `compare!` that earns a structure its [`Same`].
macro_rules! compare_structs {
    ($($struct:ident { $($field:ident)* })*) => {
        $(
            impl Same<theirs::$struct> for ours::$struct {}
            const _: () = {
                assert!(size_of::<ours::$struct>() == size_of::<theirs::$struct>());
                assert!(align_of::<ours::$struct>() == align_of::<theirs::$struct>());
                $(assert!(
                    offset_of!(ours::$struct, $field) == offset_of!(theirs::$struct, $field),
                    concat!(stringify!($struct), ".", stringify!($field), " stands elsewhere"),
                );)*
            };
        )*

        #[allow(dead_code, non_snake_case)]
        fn compiled_fields() {
            // The patterns have no `..`: a field that only one side has does not compile.
            $(let _ = |ours::$struct { $($field),* }: ours::$struct, theirs: theirs::$struct| {
                $(same($field, theirs.$field);)*
                let theirs::$struct { $($field: _),* } = theirs;
            };)*
        }
    };
}

/// One module for one version.
///
/// The functions named `compiled_*` are never called. They need to compile, and must not link: a Windows host may have
/// an older computecore.dll than windows-sys describes.
macro_rules! compare {
    (
        $module:ident: $krate:ident $version:literal
        structs { $($struct:ident { $($field:ident)* })* }
        foreign_structs { $($foreign_struct:ident { $($foreign_field:ident)* })* }
        types { $($type:ident)* }
        constants { $($constant_type:ident: $($constant:ident)*;)* }
        foreign_constants { $($foreign_constant:ident)* }
        functions { $($function:ident($($_argument:tt),*))* }
        foreign_functions { $($foreign_function:ident($($_parameter:tt),*))* }
    ) => {
        mod $module {
            use hcs_sim::{computecore as ours, win32};
            use std::mem::offset_of;
            use super::{Declared, Same, same, same_types};

            /// As windows-sys has it, under one roof.
            mod theirs {
                pub(super) use $krate::Win32::Foundation::*;
                pub(super) use $krate::Win32::Security::{ACL, SECURITY_DESCRIPTOR};
                pub(super) use $krate::Win32::Storage::FileSystem::{ReadFile, WriteFile};
                pub(super) use $krate::Win32::System::Com::CoTaskMemFree;
                pub(super) use $krate::Win32::System::HostComputeSystem::*;
                pub(super) use $krate::Win32::System::IO::{OVERLAPPED, OVERLAPPED_0, OVERLAPPED_0_0};
                pub(super) use $krate::Win32::System::Memory::{LMEM_FIXED, LMEM_ZEROINIT, LPTR, LocalAlloc};
            }

            /// The one union: every member at its start.
            impl Same<theirs::OVERLAPPED_0> for ours::OVERLAPPED_0 {}
            const _: () = {
                assert!(size_of::<ours::OVERLAPPED_0>() == size_of::<theirs::OVERLAPPED_0>());
                assert!(align_of::<ours::OVERLAPPED_0>() == align_of::<theirs::OVERLAPPED_0>());
            };

            compare_structs! { $($struct { $($field)* })* $($foreign_struct { $($foreign_field)* })* }

            #[allow(dead_code)]
            fn compiled_types() {
                $(same_types::<ours::$type, theirs::$type>();)*
                same(ours::INVALID_HANDLE_VALUE, theirs::INVALID_HANDLE_VALUE);
            }

            $($(const _: ours::$constant_type = {
                assert!(ours::$constant == theirs::$constant, concat!(stringify!($constant), " differs"));
                theirs::$constant
            };)*)*
            $(const _: () = assert!(
                ours::$foreign_constant == theirs::$foreign_constant,
                concat!(stringify!($foreign_constant), " differs"),
            );)*

            #[allow(dead_code, non_snake_case)]
            fn compiled_functions() {
                // Variables of the functions' names, so that the compiler's message has the name.
                $(
                    let here: unsafe extern "system" fn($($_argument),*) -> _ = ours::$function;
                    let $function: unsafe extern "system" fn($($_argument),*) -> _ = theirs::$function;
                    same(here, $function);
                )*
                $(
                    let here: unsafe extern "system" fn($($_parameter),*) -> _ = win32::$foreign_function;
                    let $foreign_function: unsafe extern "system" fn($($_parameter),*) -> _ = theirs::$foreign_function;
                    same(here, $foreign_function);
                )*
            }

            #[test]
            #[cfg_attr(miri, ignore = "runs cargo")]
            fn the_list_is_complete() {
                let listed = Declared {
                    functions: [$(stringify!($function)),*].map(String::from).into(),
                    structs: [$(stringify!($struct)),*].map(String::from).into(),
                    types: [$(stringify!($type)),*].map(String::from).into(),
                    constants: [$($(
                        concat!(stringify!($constant), ": ", stringify!($constant_type))
                    ),*),*].map(String::from).into(),
                };
                super::assert_complete($version, &listed);
            }

            #[test]
            fn invalid_handle_value_has_the_same_bits() {
                assert_eq!(ours::INVALID_HANDLE_VALUE, theirs::INVALID_HANDLE_VALUE);
            }

            #[test]
            #[cfg(all(not(windows), feature = "drop-in"))]
            fn a_client_of_windows_sys_reaches_this_crate() {
                $(assert_eq!(
                    theirs::$function as *const (), ours::$function as *const (), stringify!($function)
                );)*
                $(assert_eq!(
                    theirs::$foreign_function as *const (),
                    win32::$foreign_function as *const (),
                    stringify!($foreign_function)
                );)*
            }
        }
    };
}

compare_all! {
    v0_59: windows_sys_059 "0.59";
    v0_60: windows_sys_060 "0.60";
    v0_61: windows_sys "0.61";
}

const _: () = assert!(hcs_sim::computecore::INFINITE == windows_sys::Win32::System::Threading::INFINITE);

/// What a version of windows-sys declares for computecore.dll: names, constants with their type.
#[derive(Default)]
struct Declared {
    functions: BTreeSet<String>,
    structs: BTreeSet<String>,
    types: BTreeSet<String>,
    constants: BTreeSet<String>,
}

/// Compares the list with the source that this build uses.
fn assert_complete(version: &str, listed: &Declared) {
    let (name, source) = host_compute_system_source(version);
    let theirs = Declared::read(&source);
    let mut drift = Vec::new();
    for (kind, theirs, ours) in [
        ("function", &theirs.functions, &listed.functions),
        ("structure", &theirs.structs, &listed.structs),
        ("type", &theirs.types, &listed.types),
        ("constant", &theirs.constants, &listed.constants),
    ] {
        for it in theirs.difference(ours) {
            drift.push(format!(
                "{name} declares the {kind} {it}: add it to src/abi and to the list in this file"
            ));
        }
        for it in ours.difference(theirs) {
            drift.push(format!("{name} does not declare the {kind} {it}, which the list in this file has"));
        }
    }
    assert!(drift.is_empty(), "{}", drift.join("\n"));
}

impl Declared {
    /// windows-sys is generated, one declaration a line.
    fn read(source: &str) -> Declared {
        let mut declared = Declared::default();
        for line in source.lines() {
            if line.contains("link!(\"computecore.dll\"") {
                let (_, function) = line.split_once(" fn ").expect("a function");
                declared.functions.insert(function.split('(').next().unwrap_or_default().to_owned());
            } else if let Some(it) = line.strip_prefix("pub struct ") {
                declared.structs.insert(it.trim_end_matches(" {").to_owned());
            } else if let Some((it, _)) = line.strip_prefix("pub type ").and_then(|it| it.split_once(" =")) {
                declared.types.insert(it.to_owned());
            } else if let Some((it, _)) = line.strip_prefix("pub const ").and_then(|it| it.split_once(" =")) {
                declared.constants.insert(it.to_owned());
            }
        }
        declared
    }
}

/// `windows-sys 0.61.2`, and the text of its module. `version` is major and minor.
fn host_compute_system_source(version: &str) -> (String, String) {
    static METADATA: LazyLock<serde_json::Value> = LazyLock::new(|| {
        // The filter keeps cargo from asking for packages that only other platforms need.
        let verbose = cargo(&["--version", "--verbose"]);
        let host =
            verbose.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo names its host");
        let metadata = ["metadata", "--offline", "--format-version", "1", "--filter-platform", host];
        serde_json::from_str(&cargo(&metadata)).expect("metadata is JSON")
    });
    let packages = METADATA["packages"].as_array().expect("metadata lists packages");
    let package = packages
        .iter()
        .find(|it| {
            it["name"] == "windows-sys"
                && it["version"]
                    .as_str()
                    .is_some_and(|it| it.strip_prefix(version).is_some_and(|it| it.starts_with('.')))
        })
        .unwrap_or_else(|| panic!("this build has no windows-sys {version}"));

    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a package has a manifest"));
    let path = manifest.with_file_name("src").join("Windows/Win32/System/HostComputeSystem/mod.rs");
    let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (format!("windows-sys {}", package["version"].as_str().unwrap_or(version)), source)
}

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}
