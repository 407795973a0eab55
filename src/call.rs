//! The common language: [`Call`], one variant per export with typed arguments, and the table of exports.
//! Not here: what a call does (`model`), how its arguments are decoded (`abi`), how rules match it (`script`).

use std::fmt;

use crate::handle::{OperationHandle, ProcessHandle, SystemHandle};

pub use crate::argument::{Argument, CreateOptions, Milliseconds, Needed, NeededOut, Out, Pointer, Text};
use crate::argument::{ArgumentFault, AsArgument};
use crate::journal::saved::SavedArgument;
pub use crate::script::matcher::*;
use crate::source::Node;

/// The type of request that an operation tracks, as `HcsGetOperationType` reports it.
///
/// The numbers are those of `HCS_OPERATION_TYPE`.
///
/// ```
/// use hcs_sim::OperationType;
/// assert_eq!(OperationType::None as i32, -1);
/// assert_eq!(OperationType::Start as i32, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
#[non_exhaustive]
#[allow(missing_docs)] // the names are those of the field
pub enum OperationType {
    None = -1,
    Enumerate = 0,
    Create = 1,
    Start = 2,
    Shutdown = 3,
    Pause = 4,
    Resume = 5,
    Save = 6,
    Terminate = 7,
    Modify = 8,
    GetProperties = 9,
    CreateProcess = 10,
    SignalProcess = 11,
    GetProcessInfo = 12,
    GetProcessProperties = 13,
    ModifyProcess = 14,
    Crash = 15,
    LiveMigration = 19,
}

impl OperationType {
    /// Every type.
    pub fn all() -> &'static [OperationType] {
        use OperationType::*;
        &[
            None,
            Enumerate,
            Create,
            Start,
            Shutdown,
            Pause,
            Resume,
            Save,
            Terminate,
            Modify,
            GetProperties,
            CreateProcess,
            SignalProcess,
            GetProcessInfo,
            GetProcessProperties,
            ModifyProcess,
            Crash,
            LiveMigration,
        ]
    }

    /// The type with this name.
    pub(crate) fn by_name(name: &str) -> Option<OperationType> {
        OperationType::all().iter().copied().find(|it| format!("{it:?}") == name)
    }

    /// The name of the schema's `OperationType`, which are not quite those of the header.
    pub(crate) fn schema_name(self) -> &'static str {
        match self {
            OperationType::None | OperationType::Enumerate | OperationType::LiveMigration => "None",
            OperationType::Create => "Construct",
            OperationType::Start => "Start",
            OperationType::Shutdown => "Shutdown",
            OperationType::Pause => "Pause",
            OperationType::Resume => "Resume",
            OperationType::Save => "Save",
            OperationType::Terminate => "Terminate",
            OperationType::Modify => "Modify",
            OperationType::GetProperties | OperationType::GetProcessProperties => "GetProperties",
            OperationType::CreateProcess => "ExecuteProcess",
            OperationType::SignalProcess => "SignalProcess",
            OperationType::GetProcessInfo => "GetProcessInfo",
            OperationType::ModifyProcess => "ModifyProcess",
            OperationType::Crash => "Crash",
        }
    }
}

/// What an export works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportKind {
    /// The operation handle itself; nothing is asked of the service.
    Operation,
    /// Compute systems.
    ComputeSystem,
    /// Processes in a compute system.
    Process,
    /// The service, files and access rights.
    Service,
}

/// How the outcome of an export reaches its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// In the return value.
    Returned,
    /// The return value says that the request was accepted; the outcome comes through the operation.
    ThroughOperation,
    /// The export returns nothing.
    Nothing,
}

/// One row of the table of exports.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ExportInfo {
    /// The export.
    pub export: Export,
    /// Its name in `computecore.dll`.
    pub name: &'static str,
    /// The names of its parameters in the order of the prototype, each with the name of its type in [`Call`].
    pub parameters: &'static [(&'static str, &'static str)],
    /// What it works on.
    pub kind: ExportKind,
    /// How its outcome reaches the caller.
    pub delivery: Delivery,
    /// The type that its operation reports; [`OperationType::None`] for exports without an operation.
    pub operation_type: OperationType,
}

/// Everything about the exports stands once, in the rows below: name, arguments, kind, delivery, operation type.
macro_rules! exports {
    ($($name:ident = $variant:ident { $($field:ident: $type:ty),* $(,)? } $kind:ident $delivery:ident $operation:ident;)*) => {
        /// An export of `computecore.dll`: all 60 with a known prototype.
        ///
        /// ```
        /// use hcs_sim::Export;
        /// assert_eq!(Export::HcsStartComputeSystem.name(), "HcsStartComputeSystem");
        /// assert_eq!(Export::all().len(), 60);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)] // the names are those of the exports
        pub enum Export { $($name),* }

        static EXPORTS: &[ExportInfo] = &[$(ExportInfo {
            export: Export::$name,
            name: stringify!($name),
            parameters: &[$((stringify!($field), stringify!($type))),*],
            kind: ExportKind::$kind,
            delivery: Delivery::$delivery,
            operation_type: OperationType::$operation,
        }),*];

        /// A call of an export, with its arguments as the caller passed them.
        ///
        /// Rules match it, the journal records it. Fields carry the parameter's meaning: documents as [`Text`], handles as
        /// typed numbers, pointers that are only carried as [`Pointer`].
        ///
        /// ```
        /// use hcs_sim::{Call, Host, call, hresult::E_ACCESSDENIED};
        /// let host = Host::new();
        /// let modest = call::open().matching("asks for less than everything", |seen| {
        ///     matches!(seen.call, Call::OpenComputeSystem { requested_access, .. } if *requested_access != 0x1000_0000)
        /// });
        /// host.when(modest).refuse(E_ACCESSDENIED).optional();
        /// # host.verify().unwrap();
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs)] // variants and fields are named after exports and parameters
        pub enum Call { $($variant { $($field: $type),* }),* }

        impl Call {
            /// The export that was called.
            pub fn export(&self) -> Export {
                match self { $(Call::$variant { .. } => Export::$name),* }
            }

            /// The arguments in the order of the prototype, with the names of the parameters.
            pub fn arguments(&self) -> Vec<(&'static str, Argument<'_>)> {
                match self {
                    $(Call::$variant { $($field),* } => vec![$((stringify!($field), $field.as_argument())),*]),*
                }
            }

            /// The call of an export whose arguments are found by the names of the parameters; `None` once one is not.
            pub(crate) fn from_saved<'a>(export: Export, find: &mut dyn FnMut(&'static str) -> Option<Node<'a>>, wrong: &mut dyn FnMut(Node<'a>, &'static str)) -> Option<Call> {
                match export {
                    $(Export::$name => {
                        $(let $field = find(stringify!($field)).and_then(|node| {
                            let read = <$type>::from_saved(node);
                            if read.is_none() {
                                wrong(node, <$type>::SAVED_AS);
                            }
                            read
                        });)*
                        Some(Call::$variant { $($field: $field?),* })
                    })*
                }
            }

            /// The operation argument, if the export takes one.
            pub fn operation(&self) -> Option<OperationHandle> {
                match self {
                    $(Call::$variant { $($field),* } => { $(if let Some(it) = $field.operation() { return Some(it) })* })*
                }
                None
            }

            /// The compute-system argument, if the export takes one.
            pub fn compute_system(&self) -> Option<SystemHandle> {
                match self {
                    $(Call::$variant { $($field),* } => { $(if let Some(it) = $field.system() { return Some(it) })* })*
                }
                None
            }

            /// The process argument, if the export takes one.
            pub fn process(&self) -> Option<ProcessHandle> {
                match self {
                    $(Call::$variant { $($field),* } => { $(if let Some(it) = $field.process() { return Some(it) })* })*
                }
                None
            }

            /// The first required argument that is NULL, or text that is too long to be read, with what is wrong.
            pub(crate) fn bad_argument(&self) -> Option<String> {
                let what = |name: &str, fault| match fault {
                    ArgumentFault::Missing => format!("{name} is NULL, and {} requires it", self.export()),
                    ArgumentFault::Unreadable(what) => format!("{name} is {what}"),
                };
                match self {
                    $(Call::$variant { $($field),* } => {
                        $(if let Some(it) = AsArgument::fault($field) { return Some(what(stringify!($field), it)) })*
                    })*
                }
                self.bad_namespace()
            }
        }
    };
}

exports! {
    HcsCreateOperation = CreateOperation { context: Pointer, callback: Pointer } Operation Returned None;
    HcsCreateOperationWithNotifications = CreateOperationWithNotifications { event_types: i32, context: Pointer, callback: Pointer } Operation Returned None;
    HcsCloseOperation = CloseOperation { operation: OperationHandle } Operation Nothing None;
    HcsGetOperationContext = GetOperationContext { operation: OperationHandle } Operation Returned None;
    HcsSetOperationContext = SetOperationContext { operation: OperationHandle, context: Pointer } Operation Returned None;
    HcsGetComputeSystemFromOperation = GetComputeSystemFromOperation { operation: OperationHandle } Operation Returned None;
    HcsGetProcessFromOperation = GetProcessFromOperation { operation: OperationHandle } Operation Returned None;
    HcsGetOperationType = GetOperationType { operation: OperationHandle } Operation Returned None;
    HcsGetOperationId = GetOperationId { operation: OperationHandle } Operation Returned None;
    HcsGetOperationResult = GetOperationResult { operation: OperationHandle, result_document: Out } Operation Returned None;
    HcsGetOperationResultAndProcessInfo = GetOperationResultAndProcessInfo { operation: OperationHandle, process_information: Out, result_document: Out } Operation Returned None;
    HcsGetOperationProperties = GetOperationProperties { operation: OperationHandle, options: Text, result_document: Out } Operation Returned None;
    HcsAddResourceToOperation = AddResourceToOperation { operation: OperationHandle, resource_type: i32, uri: Needed, handle: Pointer } Operation Returned None;
    HcsWaitForOperationResult = WaitForOperationResult { operation: OperationHandle, timeout_ms: Milliseconds, result_document: Out } Operation Returned None;
    HcsWaitForOperationResultAndProcessInfo = WaitForOperationResultAndProcessInfo { operation: OperationHandle, timeout_ms: Milliseconds, process_information: Out, result_document: Out } Operation Returned None;
    HcsSetOperationCallback = SetOperationCallback { operation: OperationHandle, context: Pointer, callback: Pointer } Operation Returned None;
    HcsCancelOperation = CancelOperation { operation: OperationHandle } Operation Returned None;

    HcsEnumerateComputeSystems = EnumerateComputeSystems { query: Text, operation: OperationHandle } ComputeSystem ThroughOperation Enumerate;
    HcsEnumerateComputeSystemsInNamespace = EnumerateComputeSystemsInNamespace { id_namespace: Text, query: Text, operation: OperationHandle } ComputeSystem ThroughOperation Enumerate;
    HcsCreateComputeSystem = CreateComputeSystem { id: Needed, configuration: Needed, operation: OperationHandle, security_descriptor: Pointer, compute_system: NeededOut } ComputeSystem ThroughOperation Create;
    HcsCreateComputeSystemInNamespace = CreateComputeSystemInNamespace { id_namespace: Text, id: Needed, configuration: Needed, operation: OperationHandle, options: Box<CreateOptions>, compute_system: NeededOut } ComputeSystem ThroughOperation Create;
    HcsOpenComputeSystem = OpenComputeSystem { id: Needed, requested_access: u32, compute_system: NeededOut } ComputeSystem Returned None;
    HcsOpenComputeSystemInNamespace = OpenComputeSystemInNamespace { id_namespace: Text, id: Needed, requested_access: u32, compute_system: NeededOut } ComputeSystem Returned None;
    HcsCloseComputeSystem = CloseComputeSystem { compute_system: SystemHandle } ComputeSystem Nothing None;
    HcsStartComputeSystem = StartComputeSystem { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation Start;
    HcsShutDownComputeSystem = ShutDownComputeSystem { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation Shutdown;
    HcsTerminateComputeSystem = TerminateComputeSystem { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation Terminate;
    HcsCrashComputeSystem = CrashComputeSystem { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation Crash;
    HcsPauseComputeSystem = PauseComputeSystem { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation Pause;
    HcsResumeComputeSystem = ResumeComputeSystem { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation Resume;
    HcsSaveComputeSystem = SaveComputeSystem { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation Save;
    HcsGetComputeSystemProperties = GetComputeSystemProperties { compute_system: SystemHandle, operation: OperationHandle, property_query: Text } ComputeSystem ThroughOperation GetProperties;
    HcsModifyComputeSystem = ModifyComputeSystem { compute_system: SystemHandle, operation: OperationHandle, configuration: Needed, identity: Pointer } ComputeSystem ThroughOperation Modify;
    HcsWaitForComputeSystemExit = WaitForComputeSystemExit { compute_system: SystemHandle, timeout_ms: Milliseconds, result: Out } ComputeSystem Returned None;
    HcsSetComputeSystemCallback = SetComputeSystemCallback { compute_system: SystemHandle, callback_options: i32, context: Pointer, callback: Pointer } ComputeSystem Returned None;
    HcsInitializeLiveMigrationOnSource = InitializeLiveMigrationOnSource { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation LiveMigration;
    HcsStartLiveMigrationOnSource = StartLiveMigrationOnSource { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation LiveMigration;
    HcsStartLiveMigrationTransfer = StartLiveMigrationTransfer { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation LiveMigration;
    HcsFinalizeLiveMigration = FinalizeLiveMigration { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation LiveMigration;
    HcsCancelLiveMigration = CancelLiveMigration { compute_system: SystemHandle, operation: OperationHandle, options: Text } ComputeSystem ThroughOperation LiveMigration;

    HcsCreateProcess = CreateProcess { compute_system: SystemHandle, process_parameters: Needed, operation: OperationHandle, security_descriptor: Pointer, process: NeededOut } Process ThroughOperation CreateProcess;
    HcsOpenProcess = OpenProcess { compute_system: SystemHandle, process_id: u32, requested_access: u32, process: NeededOut } Process Returned None;
    HcsCloseProcess = CloseProcess { process: ProcessHandle } Process Nothing None;
    HcsTerminateProcess = TerminateProcess { process: ProcessHandle, operation: OperationHandle, options: Text } Process ThroughOperation SignalProcess;
    HcsSignalProcess = SignalProcess { process: ProcessHandle, operation: OperationHandle, options: Text } Process ThroughOperation SignalProcess;
    HcsGetProcessInfo = GetProcessInfo { process: ProcessHandle, operation: OperationHandle } Process ThroughOperation GetProcessInfo;
    HcsGetProcessProperties = GetProcessProperties { process: ProcessHandle, operation: OperationHandle, property_query: Text } Process ThroughOperation GetProcessProperties;
    HcsModifyProcess = ModifyProcess { process: ProcessHandle, operation: OperationHandle, settings: Needed } Process ThroughOperation ModifyProcess;
    HcsWaitForProcessExit = WaitForProcessExit { process: ProcessHandle, timeout_ms: Milliseconds, result: Out } Process Returned None;
    HcsSetProcessCallback = SetProcessCallback { process: ProcessHandle, callback_options: i32, context: Pointer, callback: Pointer } Process Returned None;

    HcsGetServiceProperties = GetServiceProperties { property_query: Text, result: NeededOut } Service Returned None;
    HcsModifyServiceSettings = ModifyServiceSettings { settings: Needed, result: Out } Service Returned None;
    HcsSubmitWerReport = SubmitWerReport { settings: Needed } Service Returned None;
    HcsCreateEmptyGuestStateFile = CreateEmptyGuestStateFile { path: Needed } Service Returned None;
    HcsCreateEmptyRuntimeStateFile = CreateEmptyRuntimeStateFile { path: Needed } Service Returned None;
    HcsGetProcessorCompatibilityFromSavedState = GetProcessorCompatibilityFromSavedState { runtime_file_name: Needed, processor_features: NeededOut } Service Returned None;
    HcsGrantVmAccess = GrantVmAccess { vm_id: Needed, file_path: Needed } Service Returned None;
    HcsRevokeVmAccess = RevokeVmAccess { vm_id: Needed, file_path: Needed } Service Returned None;
    HcsGrantVmGroupAccess = GrantVmGroupAccess { file_path: Needed } Service Returned None;
    HcsRevokeVmGroupAccess = RevokeVmGroupAccess { file_path: Needed } Service Returned None;
}

impl Export {
    /// The whole table, in a fixed order.
    pub fn all() -> &'static [ExportInfo] {
        EXPORTS
    }

    /// This export's row.
    pub fn info(self) -> &'static ExportInfo {
        &EXPORTS[self as usize]
    }

    /// The name, as exported.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The type of the request document that it takes, as [`schema::check`](crate::schema::check) takes it; none for exports that take
    /// no document, and for those whose options have no documented type.
    ///
    /// ```
    /// use hcs_sim::{Export, schema};
    /// let ty = Export::HcsModifyComputeSystem.document_type().unwrap();
    /// assert_eq!(ty, "ModifySettingRequest");
    /// assert!(schema::find(ty).is_some());
    /// ```
    pub fn document_type(self) -> Option<&'static str> {
        Some(match self {
            Export::HcsCreateComputeSystem | Export::HcsCreateComputeSystemInNamespace => "ComputeSystem",
            Export::HcsEnumerateComputeSystems | Export::HcsEnumerateComputeSystemsInNamespace => {
                "SystemQuery"
            }
            Export::HcsStartComputeSystem => "StartOptions",
            Export::HcsShutDownComputeSystem => "ShutdownOptions",
            Export::HcsPauseComputeSystem => "PauseOptions",
            Export::HcsSaveComputeSystem => "SaveOptions",
            Export::HcsCrashComputeSystem => "CrashOptions",
            Export::HcsGetComputeSystemProperties => "System_PropertyQuery",
            Export::HcsModifyComputeSystem => "ModifySettingRequest",
            Export::HcsInitializeLiveMigrationOnSource => "MigrationInitializeOptions",
            Export::HcsStartLiveMigrationOnSource => "MigrationStartOptions",
            Export::HcsStartLiveMigrationTransfer | Export::HcsCancelLiveMigration => {
                "MigrationTransferOptions"
            }
            Export::HcsFinalizeLiveMigration => "MigrationFinalizedOptions",
            Export::HcsCreateProcess => "ProcessParameters",
            Export::HcsSignalProcess => "SignalProcessOptions",
            Export::HcsModifyProcess => "ProcessModifyRequest",
            Export::HcsGetServiceProperties => "Service_PropertyQuery",
            Export::HcsModifyServiceSettings => "ModificationRequest",
            Export::HcsSubmitWerReport => "CrashReport",
            _ => return None,
        })
    }
}

impl fmt::Display for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Call {
    /// What is wrong with a namespace: one that cannot be read is not the usual one.
    fn bad_namespace(&self) -> Option<String> {
        match self {
            Call::CreateComputeSystemInNamespace { id_namespace, .. }
            | Call::OpenComputeSystemInNamespace { id_namespace, .. }
            | Call::EnumerateComputeSystemsInNamespace { id_namespace, .. } => {
                id_namespace.fault().map(|it| format!("id_namespace is {it}"))
            }
            _ => None,
        }
    }

    /// Whether the call waits for something to happen.
    pub(crate) fn is_wait(&self) -> bool {
        self.export().name().starts_with("HcsWait")
    }

    /// The id that the call names in plain text: the one to create or open.
    pub fn id(&self) -> Option<&str> {
        match self {
            Call::CreateComputeSystem { id, .. }
            | Call::CreateComputeSystemInNamespace { id, .. }
            | Call::OpenComputeSystem { id, .. }
            | Call::OpenComputeSystemInNamespace { id, .. } => id.0.as_str(),
            Call::GrantVmAccess { vm_id, .. } | Call::RevokeVmAccess { vm_id, .. } => vm_id.0.as_str(),
            _ => None,
        }
    }

    /// The request document, for the exports that take one: configuration, options, query, settings.
    pub fn document(&self) -> Option<&str> {
        match self {
            Call::CreateComputeSystem { configuration: Needed(it), .. }
            | Call::CreateComputeSystemInNamespace { configuration: Needed(it), .. }
            | Call::ModifyComputeSystem { configuration: Needed(it), .. }
            | Call::CreateProcess { process_parameters: Needed(it), .. }
            | Call::ModifyProcess { settings: Needed(it), .. }
            | Call::ModifyServiceSettings { settings: Needed(it), .. }
            | Call::SubmitWerReport { settings: Needed(it) }
            | Call::EnumerateComputeSystems { query: it, .. }
            | Call::EnumerateComputeSystemsInNamespace { query: it, .. }
            | Call::GetComputeSystemProperties { property_query: it, .. }
            | Call::GetProcessProperties { property_query: it, .. }
            | Call::GetServiceProperties { property_query: it, .. }
            | Call::GetOperationProperties { options: it, .. }
            | Call::StartComputeSystem { options: it, .. }
            | Call::ShutDownComputeSystem { options: it, .. }
            | Call::TerminateComputeSystem { options: it, .. }
            | Call::CrashComputeSystem { options: it, .. }
            | Call::PauseComputeSystem { options: it, .. }
            | Call::ResumeComputeSystem { options: it, .. }
            | Call::SaveComputeSystem { options: it, .. }
            | Call::InitializeLiveMigrationOnSource { options: it, .. }
            | Call::StartLiveMigrationOnSource { options: it, .. }
            | Call::StartLiveMigrationTransfer { options: it, .. }
            | Call::FinalizeLiveMigration { options: it, .. }
            | Call::CancelLiveMigration { options: it, .. }
            | Call::TerminateProcess { options: it, .. }
            | Call::SignalProcess { options: it, .. } => it.as_str(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, row) in Export::all().iter().enumerate() {
            assert_eq!(row.export as usize, index);
            assert_eq!(row.export.info().name, format!("{:?}", row.export));
        }
    }

    #[test]
    fn exports_with_an_operation_type_answer_through_the_operation() {
        for row in Export::all() {
            assert_eq!(
                row.operation_type != OperationType::None,
                row.delivery == Delivery::ThroughOperation,
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn a_missing_required_argument_is_named() {
        let call = Call::CreateEmptyGuestStateFile { path: Needed(Text::Null) };
        assert_eq!(
            call.bad_argument().as_deref(),
            Some("path is NULL, and HcsCreateEmptyGuestStateFile requires it")
        );
    }
}
