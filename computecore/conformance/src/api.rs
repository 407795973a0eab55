//! The 60 exports as function pointers, whichever door they came through, and calls of them by name.
//! Not here: the doors (`doors`), what a call should answer (`rows`).

use std::ffi::c_void;

use hcs_sim::Export;
use hcs_sim::computecore::*;

/// A parameter of an export, made from a machine word. Every parameter of the table is one word or less.
pub trait Word {
    fn from_word(word: usize) -> Self;
}

impl<T> Word for *const T {
    fn from_word(word: usize) -> *const T {
        std::ptr::with_exposed_provenance(word)
    }
}

impl<T> Word for *mut T {
    fn from_word(word: usize) -> *mut T {
        std::ptr::with_exposed_provenance_mut(word)
    }
}

impl Word for u32 {
    fn from_word(word: usize) -> u32 {
        word as u32
    }
}

impl Word for i32 {
    fn from_word(word: usize) -> i32 {
        word as u32 as i32
    }
}

impl Word for HCS_OPERATION_COMPLETION {
    fn from_word(word: usize) -> HCS_OPERATION_COMPLETION {
        // SAFETY: the rows pass 0, which is `None`, or the address of such a function.
        unsafe { std::mem::transmute(std::ptr::with_exposed_provenance::<c_void>(word)) }
    }
}

impl Word for HCS_EVENT_CALLBACK {
    fn from_word(word: usize) -> HCS_EVENT_CALLBACK {
        // SAFETY: the rows pass 0, which is `None`, or the address of such a function.
        unsafe { std::mem::transmute(std::ptr::with_exposed_provenance::<c_void>(word)) }
    }
}

/// What an export returned, widened without sign: an HRESULT, a handle, a number, nothing.
pub trait Answered {
    fn widen(self) -> u64;
}

impl Answered for () {
    fn widen(self) -> u64 {
        0
    }
}

impl Answered for i32 {
    fn widen(self) -> u64 {
        u64::from(self as u32)
    }
}

impl Answered for u64 {
    fn widen(self) -> u64 {
        self
    }
}

impl Answered for *mut c_void {
    fn widen(self) -> u64 {
        self.expose_provenance() as u64
    }
}

/// What the caller does with documents and pipes, in the functions of the door.
#[derive(Clone, Copy)]
pub struct Win32 {
    pub local_free: unsafe extern "system" fn(HLOCAL) -> HLOCAL,
    pub close_handle: unsafe extern "system" fn(HANDLE) -> BOOL,
    pub read_file: unsafe extern "system" fn(HANDLE, *mut u8, u32, *mut u32, *mut OVERLAPPED) -> BOOL,
}

macro_rules! api {
    ($($name:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {
        /// The exports behind one door. An older Windows lacks some.
        #[allow(non_snake_case)]
        pub struct Api {
            $(pub $name: Option<unsafe extern "system" fn($($type),*) $(-> $answer)?>,)*
            pub win32: Win32,
        }

        impl Api {
            /// The functions of this crate's Rust module.
            pub fn rust(win32: Win32) -> Api {
                Api { $($name: Some(hcs_sim::computecore::$name),)* win32 }
            }

            /// The functions that `find` knows the addresses of.
            ///
            /// # Safety
            ///
            /// What it finds are the exports of those names, and they stay where they are.
            pub unsafe fn found(win32: Win32, mut find: impl FnMut(&str) -> Option<*const c_void>) -> Api {
                Api {
                    // SAFETY: the caller promises it; both are pointers to functions.
                    $($name: find(stringify!($name)).map(|it| unsafe { std::mem::transmute(it) }),)*
                    win32,
                }
            }

            /// Whether the library has an export.
            pub fn has(&self, export: Export) -> bool {
                match export {
                    $(Export::$name => self.$name.is_some(),)*
                }
            }

            /// Calls an export. `None`: the library lacks it.
            ///
            /// # Safety
            ///
            /// The words are as many as the export has parameters, and as the export wants them.
            pub unsafe fn call(&self, export: Export, words: &[usize]) -> Option<u64> {
                match export {
                    $(Export::$name => {
                        let function = self.$name?;
                        let mut words = words.iter().copied();
                        $(let $argument = Word::from_word(words.next().expect(stringify!($name)));)*
                        assert!(words.next().is_none(), "{} has fewer parameters", stringify!($name));
                        // SAFETY: the caller promises it.
                        Some(Answered::widen(unsafe { function($($argument),*) }))
                    })*
                }
            }
        }
    };
}

api! {
    HcsCreateOperation(context: *const c_void, callback: HCS_OPERATION_COMPLETION) -> HCS_OPERATION;
    HcsCreateOperationWithNotifications(types: HCS_OPERATION_OPTIONS, context: *const c_void, callback: HCS_EVENT_CALLBACK) -> HCS_OPERATION;
    HcsCloseOperation(operation: HCS_OPERATION);
    HcsGetOperationContext(operation: HCS_OPERATION) -> *mut c_void;
    HcsSetOperationContext(operation: HCS_OPERATION, context: *const c_void) -> HRESULT;
    HcsGetComputeSystemFromOperation(operation: HCS_OPERATION) -> HCS_SYSTEM;
    HcsGetProcessFromOperation(operation: HCS_OPERATION) -> HCS_PROCESS;
    HcsGetOperationType(operation: HCS_OPERATION) -> HCS_OPERATION_TYPE;
    HcsGetOperationId(operation: HCS_OPERATION) -> u64;
    HcsGetOperationResult(operation: HCS_OPERATION, document: *mut PWSTR) -> HRESULT;
    HcsGetOperationResultAndProcessInfo(operation: HCS_OPERATION, info: *mut HCS_PROCESS_INFORMATION, document: *mut PWSTR) -> HRESULT;
    HcsGetOperationProperties(operation: HCS_OPERATION, options: PCWSTR, document: *mut PWSTR) -> HRESULT;
    HcsAddResourceToOperation(operation: HCS_OPERATION, kind: HCS_RESOURCE_TYPE, uri: PCWSTR, handle: HANDLE) -> HRESULT;
    HcsWaitForOperationResult(operation: HCS_OPERATION, timeout: u32, document: *mut PWSTR) -> HRESULT;
    HcsWaitForOperationResultAndProcessInfo(operation: HCS_OPERATION, timeout: u32, info: *mut HCS_PROCESS_INFORMATION, document: *mut PWSTR) -> HRESULT;
    HcsSetOperationCallback(operation: HCS_OPERATION, context: *const c_void, callback: HCS_OPERATION_COMPLETION) -> HRESULT;
    HcsCancelOperation(operation: HCS_OPERATION) -> HRESULT;
    HcsEnumerateComputeSystems(query: PCWSTR, operation: HCS_OPERATION) -> HRESULT;
    HcsEnumerateComputeSystemsInNamespace(namespace: PCWSTR, query: PCWSTR, operation: HCS_OPERATION) -> HRESULT;
    HcsCreateComputeSystem(id: PCWSTR, configuration: PCWSTR, operation: HCS_OPERATION, descriptor: *const SECURITY_DESCRIPTOR, system: *mut HCS_SYSTEM) -> HRESULT;
    HcsCreateComputeSystemInNamespace(namespace: PCWSTR, id: PCWSTR, configuration: PCWSTR, operation: HCS_OPERATION, options: *const HCS_CREATE_OPTIONS, system: *mut HCS_SYSTEM) -> HRESULT;
    HcsOpenComputeSystem(id: PCWSTR, access: u32, system: *mut HCS_SYSTEM) -> HRESULT;
    HcsOpenComputeSystemInNamespace(namespace: PCWSTR, id: PCWSTR, access: u32, system: *mut HCS_SYSTEM) -> HRESULT;
    HcsCloseComputeSystem(system: HCS_SYSTEM);
    HcsStartComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsShutDownComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsTerminateComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsCrashComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsPauseComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsResumeComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsSaveComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsGetComputeSystemProperties(system: HCS_SYSTEM, operation: HCS_OPERATION, query: PCWSTR) -> HRESULT;
    HcsModifyComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, configuration: PCWSTR, identity: HANDLE) -> HRESULT;
    HcsWaitForComputeSystemExit(system: HCS_SYSTEM, timeout: u32, result: *mut PWSTR) -> HRESULT;
    HcsSetComputeSystemCallback(system: HCS_SYSTEM, options: HCS_EVENT_OPTIONS, context: *const c_void, callback: HCS_EVENT_CALLBACK) -> HRESULT;
    HcsInitializeLiveMigrationOnSource(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsStartLiveMigrationOnSource(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsStartLiveMigrationTransfer(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsFinalizeLiveMigration(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsCancelLiveMigration(system: HCS_SYSTEM, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsCreateProcess(system: HCS_SYSTEM, parameters: PCWSTR, operation: HCS_OPERATION, descriptor: *const SECURITY_DESCRIPTOR, process: *mut HCS_PROCESS) -> HRESULT;
    HcsOpenProcess(system: HCS_SYSTEM, id: u32, access: u32, process: *mut HCS_PROCESS) -> HRESULT;
    HcsCloseProcess(process: HCS_PROCESS);
    HcsTerminateProcess(process: HCS_PROCESS, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsSignalProcess(process: HCS_PROCESS, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT;
    HcsGetProcessInfo(process: HCS_PROCESS, operation: HCS_OPERATION) -> HRESULT;
    HcsGetProcessProperties(process: HCS_PROCESS, operation: HCS_OPERATION, query: PCWSTR) -> HRESULT;
    HcsModifyProcess(process: HCS_PROCESS, operation: HCS_OPERATION, settings: PCWSTR) -> HRESULT;
    HcsWaitForProcessExit(process: HCS_PROCESS, timeout: u32, result: *mut PWSTR) -> HRESULT;
    HcsSetProcessCallback(process: HCS_PROCESS, options: HCS_EVENT_OPTIONS, context: *const c_void, callback: HCS_EVENT_CALLBACK) -> HRESULT;
    HcsGetServiceProperties(query: PCWSTR, result: *mut PWSTR) -> HRESULT;
    HcsModifyServiceSettings(settings: PCWSTR, result: *mut PWSTR) -> HRESULT;
    HcsSubmitWerReport(settings: PCWSTR) -> HRESULT;
    HcsCreateEmptyGuestStateFile(path: PCWSTR) -> HRESULT;
    HcsCreateEmptyRuntimeStateFile(path: PCWSTR) -> HRESULT;
    HcsGetProcessorCompatibilityFromSavedState(path: PCWSTR, features: *mut PCWSTR) -> HRESULT;
    HcsGrantVmAccess(vm: PCWSTR, path: PCWSTR) -> HRESULT;
    HcsRevokeVmAccess(vm: PCWSTR, path: PCWSTR) -> HRESULT;
    HcsGrantVmGroupAccess(path: PCWSTR) -> HRESULT;
    HcsRevokeVmGroupAccess(path: PCWSTR) -> HRESULT;
}
