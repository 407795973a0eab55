//! The 189 structures of the schema's reference, members in the order in which HCS writes them.
//! Not here: structures that the reference lacks.

use super::*;

structs! { true STRUCTS:
    Attachment {
        Type: AttachmentType 2.0; Path: string 2.0; CachingMode: CachingMode 2.1; ReadOnly: bool 2.0;
        SupportCompressedVolumes: bool 2.3; AlwaysAllowSparseFiles: bool 2.6; SupportEncryptedFiles: bool 2.6;
        IgnoreFlushes: bool seen 2.4; NoWriteHardening: bool seen 2.4; DisableExpansionOptimization: bool seen 2.4;
        IgnoreRelativeLocator: bool seen 2.4; CaptureIoAttributionContext: bool seen 2.4;
        ExtensibleVirtualDiskType: string seen 2.4;
    }
    AttributionRecord one(WorkerExit GuestCrash TripleFault InjectNonMaskableInterrupt OperationFailure SystemExit
        VirtualDeviceFailure) {
        WorkerExit: WorkerExit 2.4; GuestCrash: GuestCrash 2.4; TripleFault: TripleFault 2.4;
        InjectNonMaskableInterrupt: InjectNonMaskableInterrupt 2.4; OperationFailure: OperationFailure 2.4;
        SystemExit: SystemExit 2.4; VirtualDeviceFailure: VirtualDeviceFailure 2.4;
    }
    BasicInformation { SupportedSchemaVersions: [Version] 2.1; }
    Battery {}
    Chipset {
        Uefi: Uefi 2.0; IsNumLockDisabled: bool 2.0; BaseBoardSerialNumber: string 2.0;
        ChassisSerialNumber: string 2.0; ChassisAssetTag: string 2.0; EnableHibernation: bool 2.5; UseUtc: bool 2.1;
        LinuxKernelDirect: LinuxKernelDirect 2.2; FirmwareFile: FirmwareFile seen 2.7;
    }
    CimMount { ImagePath: string 2.3; FileSystemName: string 2.3; VolumeGuid: Guid 2.3; MountFlags: uint32 2.5; }
    CloseHandle needs(Handle) { Handle: StdHandle 2.0; }
    CombinedLayers { Layers: [Layer] 2.0; ScratchPath: string 2.0; ContainerRootPath: string 2.0; }
    ComPort { NamedPipe: string 2.1; OptimizeForDebugger: bool 2.1; }
    ComputeSystem one(HostedSystem Container VirtualMachine) {
        Owner: string 2.0; SchemaVersion: Version 2.0; HostingSystemId: string 2.0; HostedSystem: HostedSystem 2.0;
        Container: Container 2.0; VirtualMachine: VirtualMachine 2.0; ShouldTerminateOnLastHandleClosed: bool 2.0;
    }
    ComputeSystemProperties {
        Id: string 2.5; Name: string 2.5; SystemType: SystemType 2.5; State: State 2.5; Owner: string 2.5;
        RuntimeId: Guid 2.5; RuntimeOsType: OsType 2.5; HostingSystemId: string 2.5; IsDummy: bool 2.5;
        ObRoot: string 2.5; RuntimeTemplateId: string 2.5;
    }
    ConsoleImage { Image: ByteArray 2.5; }
    ConsoleImageQuery { Width: uint16 2.5; Height: uint16 2.5; Flags: uint32 2.5; }
    ConsoleSize needs(Height Width) { Height: uint16 2.0; Width: uint16 2.0; }
    Container {
        GuestOs: GuestOs 2.0; Storage: Storage 2.0; MappedDirectories: [MappedDirectory] 2.0;
        MappedPipes: [MappedPipe] 2.0; Memory: Container_Memory 2.0; Processor: Container_Processor 2.0;
        Networking: Networking 2.0; HvSocket: Container_HvSocket 2.0;
        ContainerCredentialGuard: ContainerCredentialGuardState 2.1; RegistryChanges: RegistryChanges 2.0;
        AssignedDevices: [Device] 2.1; AdditionalDeviceNamespace: ContainersDef_Device 2.3;
        IsolationType: ContainerIsolationType seen 2.7;
    }
    Container_HvSocket { Config: HvSocketSystemConfig 2.0; EnablePowerShellDirect: bool 2.0; }
    Container_Memory { SizeInMB: uint64 2.1; Maximum: uint64 seen 2.0; }
    Container_Processor { Count: uint32 2.0; Weight: int64 2.0; Maximum: int64 2.0; }
    ContainerCredentialGuardAddInstanceRequest needs(Id CredentialSpec) {
        Id: string 2.1; CredentialSpec: string 2.1; Transport: ContainerCredentialGuardTransport 2.1;
    }
    ContainerCredentialGuardHvSocketServiceConfig { ServiceId: Guid 2.1; ServiceConfig: HvSocketServiceConfig 2.1; }
    ContainerCredentialGuardInstance {
        Id: string 2.1; CredentialGuard: ContainerCredentialGuardState 2.1;
        HvSocketConfig: ContainerCredentialGuardHvSocketServiceConfig 2.1;
    }
    ContainerCredentialGuardOperationRequest needs(Operation) {
        Operation: ContainerCredentialGuardModifyOperation 2.1; OperationDetails: Any 2.1;
    }
    ContainerCredentialGuardRemoveInstanceRequest needs(Id) { Id: string 2.1; }
    ContainerCredentialGuardState {
        Cookie: string_binary 2.1; RpcEndpoint: string 2.1; Transport: ContainerCredentialGuardTransport 2.1;
        CredentialSpec: string 2.1;
    }
    ContainerCredentialGuardSystemInfo { Instances: [ContainerCredentialGuardInstance] 2.1; }
    ContainersDef_BatchedBinding { filepath: string 2.3; bindingroots: [string] 2.3; }
    ContainersDef_Container { namespace: Namespace 2.3; }
    ContainersDef_Device { device_extension: [DeviceExtension] 2.3; }
    CpuGroup { Id: Guid 2.1; }
    CpuGroupAffinity { LogicalProcessorCount: uint32 2.1; LogicalProcessors: [uint32] 2.1; }
    CpuGroupConfig {
        GroupId: Guid 2.1; Affinity: CpuGroupAffinity 2.1; GroupProperties: [CpuGroupProperty] 2.1;
        HypervisorGroupId: uint64 2.5;
    }
    CpuGroupConfigurations { CpuGroups: [CpuGroupConfig] 2.1; }
    CpuGroupProperty { PropertyCode: uint32 2.1; PropertyValue: uint64 2.1; }
    CrashOptions { Type: CrashType 2.3; }
    CrashReport {
        SystemId: string 2.1; ActivityId: Guid 2.1; WindowsCrashInfo: WindowsCrashReport 2.1;
        CrashParameters: [uint64] 2.3; CrashLog: string 2.3; Status: int32 2.4; PreOSId: uint32 2.4;
        CrashStackUnavailable: bool 2.4; GuestCrashSaveInfo: GuestCrashSaveInfo seen 2.4;
    }
    CreateGroupOperation needs(GroupId) {
        GroupId: Guid 2.1; LogicalProcessorCount: uint32 2.1; LogicalProcessors: [uint32] 2.1;
    }
    DeleteGroupOperation needs(GroupId) { GroupId: Guid 2.1; }
    Device { Type: DeviceType 2.2; InterfaceClassGuid: Guid 2.1; LocationPath: string 2.2; }
    DeviceCategory { name: string 2.3; interface_class: [InterfaceClass] 2.3; }
    DeviceExtension { device_category: DeviceCategory 2.3; namespace: Namespace 2.3; }
    DeviceInstance {
        id: string 2.3; location_path: string 2.3; port_name: string 2.3; interface_class: [InterfaceClass] 2.3;
    }
    DeviceNamespace {
        requires_driverstore: bool 2.3; device_category: [DeviceCategory] 2.3; device_instance: [DeviceInstance] 2.3;
    }
    Devices {
        ComPorts: {port: ComPort} 2.1; VirtioSerial: VirtioSerial 2.2; Scsi: {string: Scsi} 2.0;
        VirtualPMem: VirtualPMemController 2.0; NetworkAdapters: {string: NetworkAdapter} 2.0;
        VideoMonitor: VideoMonitor 2.0; Keyboard: Keyboard 2.0; Mouse: Mouse 2.0;
        HvSocket: VirtualMachine_HvSocket 2.1; EnhancedModeVideo: EnhancedModeVideo 2.1;
        GuestCrashReporting: GuestCrashReporting 2.0; VirtualSmb: VirtualSmb 2.0; Plan9: Plan9 2.0;
        Battery: Battery 2.0; FlexibleIov: {string: FlexibleIoDevice} 2.1;
        SharedMemory: SharedMemoryConfiguration 2.1; VirtualPci: {string: VirtualPciDevice} 2.3;
        Licensing: Licensing seen 2.4; KernelIntegration: KernelIntegration seen 2.4;
    }
    EnhancedModeVideo { ConnectionOptions: RdpConnectionOptions 2.1; }
    ErrorEvent {
        Message: string 2.1; StackTrace: string 2.1; Provider: Guid 2.1; EventId: uint16 2.1; Flags: uint32 2.1;
        Source: string 2.1; Data: [EventData] 2.1;
    }
    EventData { Type: EventDataType 2.1; Value: string 2.1; }
    ExportLayerOptions { IsWritableLayer: bool 2.1; }
    FilesystemLayer { identifier: Guid 2.3; path: string 2.3; }
    FilesystemNamespace {
        path: string 2.3; isolation: FilesystemIsolationMode 2.3; nesting: FilesystemNestingMode 2.3;
        layer: [FilesystemLayer] 2.3; bindings: [ContainersDef_BatchedBinding] 2.3;
    }
    FlexibleIoDevice {
        EmulatorId: Guid 2.1; HostingModel: FlexibleIoDeviceHostingModel 2.1; Configuration: [string] 2.1;
    }
    GpuConfiguration {
        AssignmentMode: GpuAssignmentMode 2.0; AssignmentRequest: {string: uint16} 2.0;
        AllowVendorExtension: bool 2.0; DisableGdiAcceleration: bool seen 2.7; DisablePresentation: bool seen 2.7;
    }
    GuestConnection { UseVsock: bool 2.1; UseConnectedSuspend: bool 2.1; UseHostTimeZone: bool 2.4; }
    GuestConnectionInfo {
        SupportedSchemaVersions: [Version] 2.1; ProtocolVersion: uint32 2.1; GuestDefinedCapabilities: Any 2.1;
    }
    GuestCrash { CrashParameters: [uint64] 2.4; }
    GuestCrashReporting { WindowsCrashSettings: WindowsCrashReporting 2.0; }
    GuestModifySettingRequest {
        ResourceType: ModifyResourceType 2.1; RequestType: ModifyRequestType 2.1; Settings: Any 2.1;
    }
    GuestOs { HostName: string 2.0; }
    GuestState {
        GuestStateFilePath: string 2.1; RuntimeStateFilePath: string 2.1; ForceTransientState: bool 2.1;
        GuestStateFileType: GuestStateFileType seen 2.4;
    }
    Heartbeat {}
    HostedSystem {
        SchemaVersion: Version 2.0; Container: Container 2.0; OciBundlePath: string seen 2.0; OciSpecification: Any seen 2.0;
        ScratchDirPath: string seen 2.0;
    }
    HostFiles { base_image_path: string 2.3; sandbox_path: string 2.3; file: [string] 2.3; }
    HostProcessorModificationRequest needs(Operation) {
        Operation: ModifyServiceOperation 2.1; OperationDetails: Any 2.1;
    }
    HvSocketAddress { LocalAddress: Guid 2.1; ParentAddress: Guid 2.1; }
    HvSocketServiceConfig {
        BindSecurityDescriptor: string 2.0; ConnectSecurityDescriptor: string 2.0; AllowWildcardBinds: bool 2.0;
        Disabled: bool seen 2.4;
    }
    HvSocketSystemConfig {
        DefaultBindSecurityDescriptor: string 2.0; DefaultConnectSecurityDescriptor: string 2.0;
        ServiceTable: {Guid: HvSocketServiceConfig} 2.0;
    }
    IdleProcessorsRequest { IdleProcessorCount: uint32 2.3; }
    InjectNonMaskableInterrupt {}
    IntegrationComponentStatus {
        IsEnabled: bool 2.5; State: IntegrationComponentOperationalState 2.5;
        Reason: IntegrationComponentOperatingStateReason 2.5;
    }
    InterfaceClass { type: InterfaceClassType 2.3; identifier: Guid 2.3; recurse: bool 2.3; }
    IovSettings {
        OffloadWeight: uint32 2.4; QueuePairsRequested: uint32 2.4; InterruptModeration: InterruptModerationMode 2.4;
    }
    JobCpu { rate: uint32 2.3; weight: uint32 2.3; }
    JobMemory { limit: uint64 2.3; }
    JobNamespace {
        cpu: JobCpu 2.3; memory: JobMemory 2.3; systemroot: JobSystemRoot 2.3;
        terminationpolicy: JobTerminationPolicy 2.3; threadimpersonation: bool 2.3;
    }
    JobSystemRoot { path: string 2.3; }
    Keyboard {}
    KvpExchange {
        EnableHostOSInfoKvpItems: StateOverride 2.5; EntriesToBeAdded: {string: string} 2.5;
        EntriesToBeRemoved: [string] 2.5;
    }
    KvpQuery { Source: KvpSource 2.5; Keys: [string] 2.5; }
    Layer { Id: Guid 2.0; Path: string 2.0; PathType: PathType 2.1; Cache: CacheMode 2.0; }
    LayerData { SchemaVersion: Version 2.1; Layers: [Layer] 2.1; }
    LinuxKernelDirect { KernelFilePath: string 2.2; InitRdPath: string 2.2; KernelCmdLine: string 2.2; }
    LogicalProcessor {
        LpIndex: uint32 2.1; NodeNumber: uint8 2.1; PackageId: uint32 2.1; CoreId: uint32 2.1; RootVpIndex: int32 2.1;
        Subnodes: [Subnode] 2.4;
    }
    MappedDirectory {
        HostPath: string 2.0; HostPathType: PathType 2.1; ContainerPath: string 2.0; ReadOnly: bool 2.0;
        SupportCloudFiles: bool 2.3;
    }
    MappedPipe { ContainerPipeName: string 2.0; HostPath: string 2.0; HostPathType: MappedPipePathType 2.1; }
    MappedVirtualDisk { ContainerPath: string 2.1; Lun: uint8 2.1; }
    MemoryInformationForVm {
        VirtualNodeCount: uint8 2.1; VirtualMachineMemory: VmMemory 2.1; VirtualNodes: [VirtualNodeInfo] 2.1;
    }
    MemoryStats {
        MemoryUsageCommitBytes: uint64 2.1; MemoryUsageCommitPeakBytes: uint64 2.1;
        MemoryUsagePrivateWorkingSetBytes: uint64 2.1;
    }
    ModificationRequest needs(PropertyType) { PropertyType: ModifyPropertyType 2.1; Settings: Any 2.1; }
    ModifySettingRequest {
        ResourcePath: string 2.1; RequestType: ModifyRequestType 2.0; Settings: Any 2.0; GuestRequest: Any 2.1;
    }
    MountManagerMountPoint { name: string 2.3; path: string 2.3; }
    MountManagerNamespace { mount_point: [MountManagerMountPoint] 2.3; }
    Mouse {}
    NamedPipeNamespace { symlink: [NamedPipeSymlink] 2.3; }
    NamedPipeSymlink { name: string 2.3; path: string 2.3; }
    Namespace {
        job: JobNamespace 2.3; filesystem: FilesystemNamespace 2.3; mountmgr: MountManagerNamespace 2.3;
        namedpipe: NamedPipeNamespace 2.3; ob: ObjectNamespace 2.3; registry: RegistryNamespace 2.3;
        network: NetworkNamespace 2.3; device: DeviceNamespace 2.3; hostfiles: HostFiles 2.3;
    }
    NetworkAdapter {
        EndpointId: Guid 2.0; MacAddress: MacAddress 2.0; InstanceId: Guid 2.4; DisableInterruptBatching: bool 2.4;
        IovSettings: IovSettings 2.4; ConnectionState: StateOverride 2.4; IsConnected: bool seen 2.1;
        SwitchId: Guid seen 2.1; PortId: Guid seen 2.1;
    }
    Networking {
        AllowUnqualifiedDnsQuery: bool 2.0; DnsSearchList: string 2.0; NetworkSharedContainerName: string 2.0;
        Namespace: string 2.0; NetworkAdapters: [Guid] 2.0;
    }
    NetworkNamespace { compartment: string 2.3; }
    ObjectDirectory {
        name: string 2.3; clonesd: string 2.3; shadow: ObjectDirectoryShadow 2.3; symlink: [ObjectSymlink] 2.3;
        objdir: [ObjectDirectory] 2.3;
    }
    ObjectNamespace {
        shadow: ObjectDirectoryShadow 2.3; symlink: [ObjectSymlink] 2.3; objdir: [ObjectDirectory] 2.3;
    }
    ObjectSymlink {
        name: string 2.3; path: string 2.3; scope: ObjectSymlinkScope 2.3; pathtoclone: string 2.3;
        access_mask: uint32 2.3;
    }
    OperationFailure { Detail: OperationFailureDetail 2.4; }
    OperationFailureInfo { Result: int32 2.6; }
    OperationInfo {
        Operation: OperationType 2.6; StartTimestamp: DateTime 2.6; EndTimestamp: DateTime 2.6;
        FailureInfo: OperationFailureInfo 2.6;
    }
    OperationNotificationInfo {}
    OperationProgress {}
    OsLayerOptions { Type: OsLayerType 2.1; DisableCiCacheOptimization: bool 2.1; SkipUpdateBcdForBoot: bool 2.5; }
    PauseNotification { Reason: PauseReason 2.1; }
    PauseOptions { SuspensionLevel: PauseSuspensionLevel 2.0; HostedNotification: PauseNotification 2.1; }
    Plan9 { Shares: [Plan9Share] 2.1; }
    Plan9Share {
        Name: string 2.0; AccessName: string 2.1; Path: string 2.0; Port: uint32 2.0; Flags: uint32 seen 2.0;
        ReadOnly: bool seen 2.0; UseShareRootIdentity: bool seen 2.0; AllowedFiles: [string] 2.2;
    }
    ProcessDetails {
        ProcessId: uint32 2.1; ImageName: string 2.1; CreateTimestamp: DateTime 2.1; UserTime100ns: uint64 2.1;
        KernelTime100ns: uint64 2.1; MemoryCommitBytes: uint64 2.1; MemoryWorkingSetPrivateBytes: uint64 2.1;
        MemoryWorkingSetSharedBytes: uint64 2.1;
    }
    ProcessModifyRequest needs(Operation) {
        Operation: ModifyOperation 2.0; ConsoleSize: ConsoleSize 2.0; CloseHandle: CloseHandle 2.0;
    }
    ProcessorCapabilitiesInfo {
        ProcessorFeatures: [ProcessorFeature] 2.5; XsaveProcessorFeatures: [XsaveProcessorFeature] 2.5;
        CacheLineFlushSize: uint64 2.5; ImplementedPhysicalAddressBits: uint64 2.5;
        NonArchitecturalCoreSharing: NonArchitecturalCoreSharing 2.5;
    }
    ProcessorFeatureSet {
        ProcessorFeatures: [ProcessorFeature] 2.5; XsaveProcessorFeatures: [XsaveProcessorFeature] 2.5;
        ProcessorFeatureSetMode: ProcessorFeatureSetMode 2.5; CacheLineFlushSize: uint64 seen 2.7;
        ImplementedPhysicalAddressBits: uint64 seen 2.7; NonArchitecturalCoreSharing: NonArchitecturalCoreSharing seen 2.7;
        EnlightenmentModifications: [EnlightenmentModifications] seen 2.7; MaxCPUIDLeafBasic: uint32 seen 2.7;
        MaxCPUIDLeafExtended: uint32 seen 2.7; MaxCPUIDLeafSynthetic: uint32 seen 2.7;
    }
    ProcessorLimits {
        Limit: uint64 2.4; Weight: uint64 2.4; Reservation: uint64 2.4; MaximumFrequencyMHz: uint32 2.4;
    }
    ProcessorStats { TotalRuntime100ns: uint64 2.1; RuntimeUser100ns: uint64 2.1; RuntimeKernel100ns: uint64 2.1; }
    ProcessorTopology { LogicalProcessorCount: uint32 2.1; LogicalProcessors: [LogicalProcessor] 2.1; }
    ProcessParameters {
        ApplicationName: string 2.0; CommandLine: string 2.0; CommandArgs: [string] 2.0; User: string 2.0;
        WorkingDirectory: string 2.0; Environment: {string: string} 2.0; RestrictedToken: bool 2.0;
        EmulateConsole: bool 2.0; CreateStdInPipe: bool 2.0; CreateStdOutPipe: bool 2.0; CreateStdErrPipe: bool 2.0;
        ConsoleSize: [uint16; 2] 2.0; UseExistingLogin: bool 2.0; UseLegacyConsole: bool 2.0;
        CreateInUtilityVm: bool seen 2.0; OCISpecification: Any seen 2.0; OCIProcess: Any seen 2.0;
        OciSpecification: Any seen 2.0; OciProcess: Any seen 2.0; CreateInUtilityVM: bool seen 2.0;
    }
    ProcessStatus needs(ProcessId Exited) {
        ProcessId: uint32 2.1; Exited: bool 2.1; ExitCode: uint32 2.1; LastWaitResult: int32 2.1;
    }
    Properties needs(Id SystemType) {
        Id: string 2.1; SystemType: SystemType 2.1; RuntimeOsType: OsType 2.1; Name: string 2.1; Owner: string 2.1;
        RuntimeId: Guid 2.1; RuntimeTemplateId: string 2.1; IsRuntimeTemplate: bool seen 2.1; ObRoot: string seen 2.1;
        IsDummy: bool seen 2.1; RuntimeImagePath: string seen 2.1; State: State 2.1; Stopped: bool 2.1;
        ExitType: NotificationType 2.1; Memory: MemoryInformationForVm 2.1; Statistics: Statistics 2.1;
        ProcessList: [ProcessDetails] 2.1; TerminateOnLastHandleClosed: bool 2.1; HostingSystemId: string 2.1;
        SharedMemoryRegionInfo: [SharedMemoryRegionInfo] 2.1; GuestConnectionInfo: GuestConnectionInfo 2.1;
        MemoryTopology: MemoryTopology seen 2.4; ServiceSessionId: uint32 seen 2.4;
        MappedVirtualDiskControllers: {uint32: MappedVirtualDiskController} seen 2.0;
        GuestMemoryInfo: GuestMemoryInfo seen 2.4; CpuGroupId: Guid seen 2.4; SystemGUID: Guid seen 2.4;
        CpuFrequencyPowerCap: uint32 seen 2.4; PropertyResponses: {string: PropertyResponse} 2.5;
    }
    PropertyResponse one(Error Response) { Error: ResultError 2.5; Response: Any 2.5; }
    QoSCapabilities { ProcessorQoSSupported: bool 2.1; }
    RdpConnectionOptions { AccessSids: [string] 2.1; NamedPipe: string 2.1; }
    RegistryChanges { AddValues: [RegistryValue] 2.0; DeleteKeys: [RegistryKey] 2.0; }
    RegistryDeleteKey { name: string 2.3; }
    RegistryFlushState { Enabled: bool 2.1; }
    RegistryHiveStack {
        hive: string 2.3; layer: [RegistryLayer] 2.3; mkkey: [RegistryMakeKey] 2.3; delkey: [RegistryDeleteKey] 2.3;
    }
    RegistryKey { Hive: RegistryHive 2.0; Name: string 2.0; Volatile: bool 2.0; }
    RegistryLayer {
        hosthive: string 2.3; filepath: string 2.3; identifier: Guid 2.3; readonly: bool 2.3; immutable: bool 2.3;
        inherittrustclass: bool 2.3; trustedhive: bool 2.0; writethrough: bool 2.3; fileaccesstoken: uint64 2.3;
    }
    RegistryMakeKey {
        name: string 2.3; clonesd: string 2.3; mkkey: [RegistryMakeKey] 2.3; mkvalue: [RegistryMakeValue] 2.3;
        volatile: bool 2.3;
    }
    RegistryMakeValue {
        name: string 2.3; data_multistring: string 2.3; data_dword: uint32 2.3; data_string: string 2.3;
        data_binary: NullableByteArray 2.3;
    }
    RegistryNamespace {
        symlink: [RegistrySymlink] 2.3; redirectionnode: [RegistryRedirectionNode] 2.3;
        hivestack: [RegistryHiveStack] 2.3;
    }
    RegistryRedirectionNode {
        containerpath: string 2.3; hostpath: string 2.3; hivestack: string 2.3; access_mask: uint32 2.3;
        trustedhive: bool 2.3; exitnode: bool 2.3;
    }
    RegistrySymlink { key: string 2.3; target: string 2.3; }
    RegistryValue {
        Key: RegistryKey 2.0; Name: string 2.0; Type: RegistryValueType 2.0; StringValue: string 2.0;
        BinaryValue: ByteArray 2.0; DWordValue: uint32 2.0; QWordValue: uint64 2.0; CustomType: uint32 2.0;
    }
    RestoreState one(SaveStateFilePath TemplateSystemId) {
        SaveStateFilePath: string 2.0; TemplateSystemId: string 2.1; RuntimeStateFilePath: string seen 2.4;
    }
    ResultError needs(Error) {
        Error: int32 2.1; ErrorMessage: string 2.1; ErrorEvents: [ErrorEvent] 2.4;
        Attribution: [AttributionRecord] 2.4;
    }
    SaveOptions { SaveType: SaveType 2.1; SaveStateFilePath: string 2.1; RuntimeStateFilePath: string seen 2.4; }
    Scsi { Attachments: {uint32: Attachment} 2.0; DisableInterruptBatching: bool 2.4; }
    Service_PropertyQuery { PropertyTypes: [GetPropertyType] 2.1; PropertyQueries: {string: Any} 2.5; }
    ServiceProperties { Properties: [Any] 2.1; PropertyResponses: {string: PropertyResponse} 2.5; }
    Services {
        Heartbeat: Heartbeat 2.5; Shutdown: Shutdown 2.5; Timesync: Timesync 2.5; KvpExchange: KvpExchange 2.5;
        VolumeSnapshot: VolumeSnapshot seen 2.7; RemoteDesktopVirtualization: RemoteDesktopVirtualization seen 2.7;
        FileCopy: FileCopy seen 2.7;
    }
    SetPropertyOperation needs(GroupId PropertyCode) {
        GroupId: Guid 2.1; PropertyCode: uint32 2.1; PropertyValue: uint64 2.1;
    }
    SharedMemoryConfiguration { Regions: [SharedMemoryRegion] 2.1; }
    SharedMemoryRegion {
        SectionName: string 2.0; StartOffset: uint64 2.0; Length: uint64 2.0; AllowGuestWrite: bool 2.0;
        HiddenFromGuest: bool 2.0;
    }
    SharedMemoryRegionInfo { SectionName: string 2.1; GuestPhysicalAddress: uint64 2.1; }
    Shutdown {}
    ShutdownOptions { Mechanism: ShutdownMechanism 2.5; Type: ShutdownType 2.5; Force: bool 2.5; Reason: string 2.5; }
    SignalProcessOptions { Signal: ProcessSignal 2.1; }
    Statistics {
        Timestamp: DateTime 2.1; ContainerStartTime: DateTime 2.1; Uptime100ns: uint64 2.1;
        Processor: ProcessorStats 2.1; Memory: MemoryStats 2.1; Storage: StorageStats 2.1;
        Network: [NetworkStats] seen 2.1;
    }
    Storage { Layers: [Layer] 2.0; Path: string 2.0; QoS: StorageQoS 2.0; ContainerRootPath: string seen 2.1; }
    StorageQoS { IopsMaximum: uint64 2.0; BandwidthMaximum: uint64 2.0; }
    StorageStats {
        ReadCountNormalized: uint64 2.1; ReadSizeBytes: uint64 2.1; WriteCountNormalized: uint64 2.1;
        WriteSizeBytes: uint64 2.1;
    }
    Subnode { Type: SubnodeType 2.4; Id: uint64 2.4; }
    System_PropertyQuery { PropertyTypes: [System_PropertyType] 2.1; Queries: {string: Any} 2.5; }
    SystemExit { Detail: SystemExitDetail 2.4; Initiator: ExitInitiator 2.4; }
    SystemExitStatus { Status: int32 2.1; ExitType: NotificationType 2.2; Attribution: [AttributionRecord] 2.4; }
    SystemProcessorModificationRequest { GroupId: Guid 2.1; }
    SystemQuery { Ids: [string] 2.1; Names: [string] 2.1; Types: [SystemType] 2.1; Owners: [string] 2.1; }
    SystemTime {
        Year: uint16 2.1; Month: uint16 2.1; DayOfWeek: uint16 2.1; Day: uint16 2.1; Hour: uint16 2.1;
        Minute: uint16 2.1; Second: uint16 2.1; Milliseconds: uint16 2.1;
    }
    Timesync {}
    TimeZoneInformation {
        Bias: int32 2.1; StandardName: string 2.1; StandardDate: SystemTime 2.1; StandardBias: int32 2.1;
        DaylightName: string 2.1; DaylightDate: SystemTime 2.1; DaylightBias: int32 2.1;
    }
    Topology {
        Memory: VirtualMachine_Memory 2.0; Processor: VirtualMachine_Processor 2.0;
        Compatibility: VirtualMachineCompatibilitySettings seen 2.7; Numa: Numa seen 2.7;
    }
    TripleFault { ErrorType: uint64 2.4; }
    Uefi {
        EnableDebugger: bool 2.0; SecureBootTemplateId: Guid 2.0;
        ApplySecureBootTemplate: ApplySecureBootTemplateType 2.3; BootThis: UefiBootEntry 2.0;
        Console: SerialConsole 2.0; StopOnBootFailure: bool 2.2;
    }
    UefiBootEntry {
        DeviceType: UefiBootDevice 2.1; DevicePath: string 2.1; DiskNumber: uint16 2.1; OptionalData: string 2.1;
        VmbFsRootPath: string 2.1;
    }
    Version { Major: uint32 2.0; Minor: uint32 2.0; }
    VideoMonitor {
        HorizontalResolution: uint16 2.1; VerticalResolution: uint16 2.1; ConnectionOptions: RdpConnectionOptions 2.1;
        ResolutionType: int64 seen 2.4;
    }
    VirtioSerial { Ports: {uint32: VirtioSerialPort} 2.2; }
    VirtioSerialPort { NamedPipe: string 2.2; Name: string 2.2; ConsoleSupport: bool seen 2.2; }
    VirtualDeviceFailure {
        Detail: VirtualDeviceFailureDetail 2.4; Name: string 2.4; DeviceId: Guid 2.4; InstanceId: Guid 2.4;
    }
    VirtualMachine {
        Version: Version 2.5; StopOnReset: bool 2.0; Chipset: Chipset 2.0; ComputeTopology: Topology 2.0;
        Devices: Devices 2.0; Services: Services 2.5; GuestState: GuestState 2.1; RestoreState: RestoreState 2.0;
        RegistryChanges: RegistryChanges 2.0; StorageQoS: StorageQoS 2.1; GuestConnection: GuestConnection 2.1;
        DebugOptions: DebugOptions seen 2.4; SecuritySettings: SecuritySettings seen 2.4;
    }
    VirtualMachine_HvSocket { HvSocketConfig: HvSocketSystemConfig 2.1; }
    VirtualMachine_Memory {
        SizeInMB: uint64 2.1; AllowOvercommit: bool 2.1; BackingPageSize: MemoryBackingPageSize 2.2;
        FaultClusterSizeShift: uint32 2.4; DirectMapFaultClusterSizeShift: uint32 2.4; PinBackingPages: bool 2.2;
        ForbidSmallBackingPages: bool 2.2; EnableHotHint: bool 2.0; EnableColdHint: bool 2.0;
        EnableColdDiscardHint: bool 2.2; EnableDeferredCommit: bool 2.1; LowMmioGapInMB: uint64 2.3;
        HighMmioBaseInMB: uint64 2.3; HighMmioGapInMB: uint64 2.3; Backing: MemoryBackingType seen 2.0;
        EnablePrivateCompressionStore: bool seen 2.0; HostingProcessNameSuffix: string seen 2.1;
        SharedMemoryMB: int64 seen 2.4; DisableSharedMemoryMapping: bool seen 2.4;
        SharedMemoryAccessSids: [string] seen 2.4; EnableEpf: bool seen 2.4; Vtl2AddressRangeBase: uint64 seen 2.4;
        Vtl2AddressRangeSize: uint64 seen 2.4; Vtl2MmioAddressRangeSize: uint64 seen 2.4;
        SgxMemory: SgxMemory seen 2.4; Priority: uint32 seen 2.7; LimitInMB: uint64 seen 2.7;
        ReservationInMB: uint64 seen 2.7; TargetBuffer: uint32 seen 2.7;
        MappingPageSize: MemoryBackingPageSize seen 2.7; EnableDynamicMemory: bool seen 2.7;
        SlitType: VirtualSlitType seen 2.7; Vtl2AddressSpaceConfigMode: Vtl2AddressSpaceConfigurationMode seen 2.7;
        GuestMemoryAccessTrackingFromBoot: PageGranularity seen 2.7;
    }
    VirtualMachine_Processor {
        Count: uint32 2.0; Limit: uint64 2.1; Weight: uint64 2.1; Reservation: uint64 2.4;
        MaximumFrequencyMHz: uint32 2.4; ExposeVirtualizationExtensions: bool 2.0; EnablePerfmonPmu: bool 2.2;
        EnablePerfmonArchPmu: bool 2.5; EnablePerfmonPebs: bool 2.2; EnablePerfmonLbr: bool 2.2;
        EnablePerfmonIpt: bool 2.2; EnablePageShattering: bool 2.5; DisableSpeculationControls: bool 2.5;
        ProcessorFeatureSet: ProcessorFeatureSet 2.5; CpuGroup: CpuGroup 2.5; SynchronizeHostFeatures: bool seen 2.4;
        EnableSchedulerAssist: bool seen 2.4; PhysicalAddressWidth: uint32 seen 2.4;
        HideHypervisorPresent: bool seen 2.4; ExposeHwIsolationExtensions: bool seen 2.7;
        MaxHwIsolatedGuests: uint32 seen 2.7; EnableProcessorIdling: bool seen 2.7;
        EnlightenmentSet: EnlightenmentSet seen 2.7; ThreadsPerCore: uint32 seen 2.7;
        AllowACountMCount: bool seen 2.7; CpuBrandString: string seen 2.7;
        NumaProcessorsSettings: NumaProcessors seen 2.7; AllowVPOvercommit: bool seen 2.7; LimitCPUID: bool seen 2.7;
    }
    VirtualNodeInfo {
        VirtualNodeIndex: uint8 2.1; PhysicalNodeNumber: uint8 2.1; VirtualProcessorCount: uint32 2.1;
        MemoryUsageInPages: uint64 2.1;
    }
    VirtualPciDevice { Functions: [VirtualPciFunction] 2.3; PropagateNumaAffinity: bool seen 2.7; }
    VirtualPciFunction {
        DeviceInstancePath: string 2.3; VirtualFunction: uint16 2.3; AllowDirectTranslatedP2P: bool 2.4;
    }
    VirtualPMemController {
        Devices: {uint8: VirtualPMemDevice} 2.0; MaximumCount: uint8 2.0; MaximumSizeBytes: uint64 2.0;
        Backing: VirtualPMemBackingType 2.1;
    }
    VirtualPMemDevice {
        HostPath: string 2.0; ReadOnly: bool 2.0; ImageFormat: VirtualPMemImageFormat 2.0; SizeBytes: uint64 2.2;
        Mappings: {uint64: VirtualPMemMapping} 2.2;
    }
    VirtualPMemMapping { HostPath: string 2.2; ImageFormat: VirtualPMemImageFormat 2.2; }
    VirtualSmb { Shares: [VirtualSmbShare] 2.1; DirectFileMappingInMB: int64 2.1; }
    VirtualSmbShare {
        Name: string 2.0; Path: string 2.0; AllowedFiles: [string] 2.0; Options: VirtualSmbShareOptions 2.1;
        Flags: int64 seen 2.4; AllowedFsctls: [uint32] seen 2.4;
    }
    VirtualSmbShareOptions {
        ReadOnly: bool 2.1; ShareRead: bool 2.1; CacheIo: bool 2.1; NoOplocks: bool 2.1;
        TakeBackupPrivilege: bool 2.1; UseShareRootIdentity: bool 2.1; NoDirectmap: bool 2.1; NoLocks: bool 2.1;
        NoDirnotify: bool 2.1; VmSharedMemory: bool 2.1; RestrictFileAccess: bool 2.1; ForceLevelIIOplocks: bool 2.1;
        ReparseBaseLayer: bool 2.1; PseudoOplocks: bool 2.1; NonCacheIo: bool 2.1; PseudoDirnotify: bool 2.1;
        SingleFileMapping: bool 2.1; SupportCloudFiles: bool 2.3; FilterEncryptionAttributes: bool 2.4;
        DisableIndexing: bool seen 2.4; HideAlternateDataStreams: bool seen 2.4; EnableFsctlFiltering: bool seen 2.4;
        AllowNewCreates: bool seen 2.4;
    }
    VmMemory {
        AvailableMemory: int32 2.1; AvailableMemoryBuffer: int32 2.1; ReservedMemory: uint64 2.1;
        AssignedMemory: uint64 2.1; SlpActive: bool 2.1; BalancingEnabled: bool 2.1; DmOperationInProgress: bool 2.1;
    }
    VmProcessorRequirements {
        ProcessorFeatures: [ProcessorFeature] 2.5; XsaveProcessorFeatures: [XsaveProcessorFeature] 2.5;
        CacheLineFlushSize: uint64 2.5; ImplementedPhysicalAddressBits: uint64 2.5;
        NonArchitecturalCoreSharing: NonArchitecturalCoreSharing 2.5;
    }
    WindowsCrashReport {
        DumpFile: string 2.1; OsMajorVersion: uint32 2.1; OsMinorVersion: uint32 2.1; OsBuildNumber: uint32 2.1;
        OsServicePackMajorVersion: uint32 2.1; OsServicePackMinorVersion: uint32 2.1; OsSuiteMask: uint32 2.1;
        OsProductType: uint32 2.1; Status: int32 2.1; FinalPhase: WindowsCrashPhase 2.1;
    }
    WindowsCrashReporting {
        DumpFileName: string 2.0; MaxDumpSize: int64 2.0; DumpType: WindowsCrashDumpType seen 2.4;
    }
    WorkerExit {
        ExitCode: uint32 2.4; Type: WorkerExitType 2.4; Detail: WorkerExitDetail 2.4; Initiator: ExitInitiator 2.4;
    }
}
