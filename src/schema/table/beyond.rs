//! Types that the schema's reference lacks: those of public clients (hcsshim, WSL), and the container documents of the first API.
//! Not here: single members that the reference lacks; they stand with their structures, marked `seen`.
//!
//! Where a source names no version, the row has that of the build that its source was made from.

use super::*;

enums! { false Enum MORE_ENUMS:
    ContainerIsolationType { 2.7: Process HostProcess; }
    GuestIsolationType {
        2.4: Disabled GuestStateOnly VirtualizationBasedSecurity SecureNestedPaging SecureNestedPagingEmulation;
    }
    GuestStateFileType { 2.4: BlockStorage FileMode; }
    MemoryBackingType { 2.0: Physical Virtual; 2.7: Hybrid; }
    MigrationEvent {
        2.6: Unknown MigrationDone BlackoutStarted OfflineDone BlackoutExited SetupDone TransferInProgress
        MigrationRecoveryDone MigrationFailed;
    }
    MigrationFinalOperation { 2.6: Resume Stop; }
    MigrationMemoryTransport { 2.6: TCP; }
    MigrationOrigin { 2.6: Source Destination; }
    MigrationResult {
        2.6: Invalid Success MigrationCancelled GuestInitiatedCancellation SourceMigrationFailed
        DestinationMigrationFailed MigrationRecoveryFailed;
    }
    PageGranularity {
        2.7: TracingDisabled GranularityBest Granularity4KB Granularity2MB Granularity1GB;
    }
    SgxLaunchControlMode { 2.4: NoAccess ReadOnly ReadWrite; }
    VirtualSlitType { 2.7: None Firmware Measured FirmwareFallbackMeasured; }
    Vtl2AddressSpaceConfigurationMode { 2.7: Default ConfigurableSizePlacement ExplicitPlacement; }
    WindowsCrashDumpType { 2.4: Disabled Full Summary Header Triage BitmapFull BitmapKernel Automatic; }
}

enums! { false OldEnum OLD_ENUMS:
    ContainerConfig_CacheMode { 1.0: Disabled Enabled Private PrivateAllowSharing; }
    ContainerConfig_ContainerType { 1.0: Windows Linux; }
    ContainerConfig_SystemType { 1.0: Container; }
}

structs! { false MORE_STRUCTS:
    CompatibilityInfo { Data: ByteArray 2.6; }
    ContainerConfig needs(SystemType) {
        SystemType: ContainerConfig_SystemType 1.0; Name: string 1.0; Owner: string 1.0; IsDummy: bool 1.0;
        VolumePath: string 1.0; IgnoreFlushesDuringBoot: bool 1.0; LayerFolderPath: string 1.0;
        Layers: [ContainerConfig_Layer] 1.0; Credentials: string 1.0; ProcessorCount: uint32 1.0;
        ProcessorWeight: uint64 1.0; ProcessorMaximum: int64 1.0; StorageIOPSMaximum: uint64 1.0;
        StorageBandwidthMaximum: uint64 1.0; StorageSandboxSize: uint64 1.0; MemoryMaximumInMB: int64 1.0;
        HostName: string 1.0; MappedDirectories: [ContainerConfig_MappedDirectory] 1.0;
        MappedPipes: [ContainerConfig_MappedPipe] 1.0; HvPartition: bool 1.0; NetworkSharedContainerName: string 1.0;
        EndpointList: [string] 1.0; HvRuntime: ContainerConfig_HvRuntime 1.0; Servicing: bool 1.0;
        AllowUnqualifiedDNSQuery: bool 1.0; DNSSearchList: string 1.0; ContainerType: ContainerConfig_ContainerType 1.0;
        TerminateOnLastHandleClosed: bool 1.0; MappedVirtualDisks: [ContainerConfig_MappedVirtualDisk] 1.0;
        AssignedDevices: [ContainerConfig_AssignedDevice] 1.0;
    }
    ContainerConfig_AssignedDevice { InterfaceClassGuid: string 1.0; }
    ContainerConfig_HvRuntime {
        ImagePath: string 1.0; SkipTemplate: bool 1.0; LinuxInitrdFile: string 1.0; LinuxKernelFile: string 1.0;
        LinuxBootParameters: string 1.0; BootSource: string 1.0; WritableBootSource: bool 1.0;
    }
    ContainerConfig_Layer { ID: string 1.0; Path: string 1.0; }
    ContainerConfig_MappedDirectory {
        HostPath: string 1.0; ContainerPath: string 1.0; ReadOnly: bool 1.0; BandwidthMaximum: uint64 1.0;
        IOPSMaximum: uint64 1.0; CreateInUtilityVM: bool 1.0; LinuxMetadata: bool 1.0;
    }
    ContainerConfig_MappedPipe { HostPath: string 1.0; ContainerPipeName: string 1.0; }
    ContainerConfig_MappedVirtualDisk {
        HostPath: string 1.0; ContainerPath: string 1.0; Lun: uint8 1.0; CreateInUtilityVM: bool 1.0; ReadOnly: bool 1.0;
        Cache: ContainerConfig_CacheMode 1.0; AttachOnly: bool 1.0;
    }
    DebugOptions {
        BugcheckSavedStateFileName: string 2.4; BugcheckNoCrashdumpSavedStateFileName: string 2.4;
        TripleFaultSavedStateFileName: string 2.4; FirmwareDumpFileName: string 2.4;
        ShutdownOrResetSavedStateFileName: string 2.4;
    }
    EnlightenmentSet { SyntheticProcessorFeatures: [string] 2.7; ProcessorFeatureSetMode: ProcessorFeatureSetMode 2.7; }
    FileCopy {}
    FirmwareFile { Parameters: ByteArray 2.7; }
    GuestCrashSaveInfo { SaveStateFile: string 2.4; Status: int32 2.4; }
    GuestMemoryInfo {
        TotalPhysicalBytes: uint64 2.4; TotalUsage: uint64 2.4; CommittedBytes: uint64 2.4;
        SharedCommittedBytes: uint64 2.4; CommitLimitBytes: uint64 2.4; PeakCommitmentBytes: uint64 2.4;
    }
    IsolationSettings {
        IsolationType: GuestIsolationType 2.4; DebugHost: string 2.4; DebugPort: int64 2.4; LaunchData: ByteArray 2.4;
        HclEnabled: bool 2.6;
    }
    KernelIntegration {}
    Licensing { ContainerID: Guid 2.4; PackageFamilyNames: [string] 2.4; }
    MappedVirtualDiskController { MappedVirtualDisks: {uint32: ContainerConfig_MappedVirtualDisk} 2.0; }
    MemoryMigrationTransferThrottleParams {
        SkipThrottling: bool 2.6; ThrottlingScale: Number 2.6; MinimumThrottlePercentage: uint8 2.6;
        TargetNumberOfBrownoutTransferPasses: uint32 2.6; StartingBrownoutPassNumberForThrottling: uint32 2.6;
        MaximumNumberOfBrownoutTransferPasses: uint32 2.6; TargetBlackoutTransferTime: uint32 2.6;
        BlackoutTimeThresholdForCancellingMigration: uint32 2.6;
    }
    MemoryTopology {
        AccessTrackingEnabled: bool 2.4; HardwareAccessTrackingSupported: bool 2.4; DeviceAccessTrackingSupported: bool 2.4;
        AccessTrackingRangeSizeInPages: uint64 2.4; AccessTrackingBitmapSizeInBits: uint64 2.4;
        GpaMappingSizeInPages: uint64 2.4;
    }
    MigrationBlackoutExitedEventDetails {
        BlackoutDurationMilliseconds: uint64 2.6; BlackoutStopTimestamp: DateTime 2.6;
    }
    MigrationCompressionSettings { ThrottleWorkerCount: uint32 2.6; }
    MigrationFinalizedOptions { Origin: MigrationOrigin 2.6; FinalizedOperation: MigrationFinalOperation 2.6; }
    MigrationInitializeOptions {
        Origin: MigrationOrigin 2.6; MemoryTransport: MigrationMemoryTransport 2.6;
        MemoryTransferThrottleParams: MemoryMigrationTransferThrottleParams 2.6;
        CompressionSettings: MigrationCompressionSettings 2.6; ChecksumVerification: bool 2.6;
        PerfTracingEnabled: bool 2.6; CancelIfBlackoutThresholdExceeds: bool 2.6;
        PrepareMemoryTransferMode: bool 2.6; CompatibilityData: CompatibilityInfo 2.6;
    }
    MigrationNetworkSettings { SessionId: uint32 2.6; }
    MigrationStartOptions { NetworkSettings: MigrationNetworkSettings 2.6; }
    MigrationTransferOptions { Origin: MigrationOrigin 2.6; }
    NetworkStats {
        BytesReceived: uint64 2.1; BytesSent: uint64 2.1; PacketsReceived: uint64 2.1; PacketsSent: uint64 2.1;
        DroppedPacketsIncoming: uint64 2.1; DroppedPacketsOutgoing: uint64 2.1; EndpointId: string 2.1;
        InstanceId: string 2.1;
    }
    Numa {
        VirtualNodeCount: uint8 2.7; PreferredPhysicalNodes: [int64] 2.7; Settings: [NumaSetting] 2.7;
        MaxSizePerNode: uint64 2.7;
    }
    NumaProcessors { count_per_node: NumaProcessors_Range 2.7; node_per_socket: uint32 2.7; }
    NumaProcessors_Range { max: uint32 2.7; }
    NumaSetting {
        VirtualNodeNumber: uint32 2.7; PhysicalNodeNumber: uint32 2.7; VirtualSocketNumber: uint32 2.7;
        CountOfProcessors: uint32 2.7; CountOfMemoryBlocks: uint64 2.7; MemoryBackingType: MemoryBackingType 2.7;
        AccessTracingGranularity: PageGranularity 2.7;
    }
    OperationSystemMigrationNotificationInfo {
        Origin: MigrationOrigin 2.6; Event: MigrationEvent 2.6; Result: MigrationResult 2.6; AdditionalDetails: Any 2.6;
    }
    RemoteDesktopVirtualization {}
    SecuritySettings { EnableTpm: bool 2.4; Isolation: IsolationSettings 2.4; }
    SgxMemory {
        Enabled: bool 2.4; SizeInMB: uint64 2.4; LaunchControlMode: SgxLaunchControlMode 2.4;
        LaunchControlDefault: string 2.4;
    }
    StartOptions { DestinationMigrationOptions: MigrationStartOptions 2.6; }
    VirtualMachineCompatibilitySettings { GuestFeatureSet: int64 2.7; }
    VolumeSnapshot {}
}
