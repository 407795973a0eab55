//! The 64 enumerations of the schema's reference, each value with the version that brought it.
//! Not here: values and enumerations that the reference lacks, but for those marked `seen`.

use super::{Group, Shape, Type, Version};

enums! { true Enum ENUMS:
    ApplySecureBootTemplateType { 2.3: Skip Apply; }
    AttachmentType { 2.0: VirtualDisk Iso PassThru; seen 2.4: SharedDisk ExtensibleVirtualDisk VirtualFloppyDisk; }
    CacheMode { 2.0: Unspecified Disabled Enabled Private PrivateAllowSharing; }
    CachingMode { 2.1: Uncached Cached ReadOnlyCached; }
    ContainerCredentialGuardModifyOperation { 2.1: AddInstance RemoveInstance; }
    ContainerCredentialGuardTransport { 2.1: LRPC HvSocket; }
    CrashType { 2.3: CrashGuest; }
    DeviceType { 2.2: ClassGuid DeviceInstance GpuMirror; }
    EnlightenmentModifications { 2.5: Unreported FavorAutoEoi RsvdZ1; seen 2.7: FavorAutoEoiLegacyOs; }
    EventDataType {
        2.1: Empty String AnsiString SByte Byte Int16 UInt16 Int32 UInt32 Int64 UInt64 Single Double Boolean Binary
        Guid;
    }
    ExitInitiator { 2.4: None GuestOS Client Internal Unknown; }
    FilesystemIsolationMode { 2.3: hard soft; }
    FilesystemNestingMode { 2.3: inner outer; }
    FlexibleIoDeviceHostingModel { 2.1: Internal External; seen 2.1: ExternalRestricted; }
    GetPropertyType { 2.1: Basic CpuGroup ProcessorTopology ContainerCredentialGuard QoSCapabilities; }
    GpuAssignmentMode { 2.0: Disabled Default List Mirror; }
    IntegrationComponentOperatingStateReason {
        2.5: Unknown AppsInCriticalState CommunicationTimedOut FailedCommunication HealthyApps ProtocolMismatch;
    }
    IntegrationComponentOperationalState {
        2.5: Unknown Degraded Dormant Error LostCommunication NonRecoverableError NoContact Ok;
    }
    InterfaceClassType { 2.3: Inherit DeviceInstance ClassGuid; }
    InterruptModerationMode { 2.4: Default Adaptive Off Low Medium High; }
    JobTerminationPolicy { 2.3: PermanentQuiescent KillOnHandleClose; }
    KvpSource { 2.5: KvpSetByHost KvpSetByGuest GuestOSInfo; }
    MappedPipePathType { 2.1: AbsolutePath VirtualSmbPipeName; }
    MemoryBackingPageSize { 2.2: Small Large; seen 2.7: Huge; }
    ModifyOperation { 2.0: ConsoleSize CloseHandle; }
    ModifyPropertyType { 2.1: CpuGroup ContainerCredentialGuard; }
    ModifyRequestType { 2.0: Add Remove Update; }
    ModifyResourceType {
        2.0: Memory MappedDirectory MappedPipe MappedVirtualDisk CombinedLayers;
        2.1: NetworkNamespace;
        2.3: CimMount;
    }
    ModifyServiceOperation { 2.1: CreateGroup DeleteGroup SetProperty; }
    NonArchitecturalCoreSharing { 2.5: Unreported Off On; }
    NotificationType { 2.1: None GracefulExit ForcedExit UnexpectedExit Unknown; }
    ObjectDirectoryShadow { 2.3: false true ifexists; }
    ObjectSymlinkScope { 2.3: Local Global GlobalDropSilo; }
    OperationFailureDetail {
        2.4: Invalid CreateInternalError ConstructStateError RuntimeOsTypeMismatch Construct Start Pause Resume
        Shutdown Terminate Save GetProperties Modify Crash GuestCrash LifecycleNotify ExecuteProcess GetProcessInfo
        WaitForProcess SignalProcess ModifyProcess PrepareForHosting RegisterHostedSystem UnregisterHostedSystem
        PrepareForClone GetCloneTemplate;
    }
    OperationType {
        2.6: None Construct Start Pause Resume Shutdown Terminate Save GetProperties Modify Crash ExecuteProcess
        GetProcessInfo SignalProcess ModifyProcess CancelOperation;
    }
    OsLayerType { 2.1: Container Vm; }
    OsType { 2.1: Unknown Windows Linux; }
    PathType { 2.1: AbsolutePath VirtualSmbShareName; }
    PauseReason { 2.1: None Save Template; }
    PauseSuspensionLevel { 2.0: Suspend MemoryLow MemoryMedium MemoryHigh; }
    ProcessorFeature {
        2.5: Sse3 LahfSahf Ssse3 Sse4_1 Sse4_2 Sse4A Xop Popcnt Cmpxchg16B Altmovcr8 Lzcnt Misalignsse MmxExt
        Amd3Dnow ExtAmd3Dnow Page1Gb AmdAes Pclmulqdq Pcid Fma4 F16C Rdrand Rdwrfsgs Smep EnhancedFastString Bmi1
        Bmi2 Movbe Npiep1 DepX87FpuSave Rdseed Adx IntelPrefetch Smap Hle Rtm Rdtscp Clflushopt Clwb Sha
        X87PointersSaved Invpcid Ibrs Stibp Ibpb UnrestrictedGuest Mdd FastShortRepMov L1DCacheFlush RdclNo IbrsAll
        SkipL1Df SsbNo RsbaNo VirtSpecCtrl Rdpid Umip MbsNo MbClear TaaNo TsxCtrl AcountMcount TscInvariant Clzero
        Rdpru La57 Mbec NestedVirt Psfd CetSs CetIbt VmxExceptionInject UmwaitTpause Movdiri Movdir64b Cldemote
        Serialize TscDeadlineTmr TscAdjust FZLRepMovsb FSRepStosb FSRepCmpsb SentinelAmd Asid16 TGran16 TGran64 Haf
        Hdbs Pan AtS1E1 Uao El0Aarch32 Fp FpHp AdvSimd AdvSimdHp GicV3V4 PmuV3 PmuV3ArmV81 PmuV3ArmV84 ArmAes PolyMul
        Sha1 Sha256 Sha512 Crc32 Atomic Rdm Sha3 Sm3 Sm4 Dp Fhm DcCvap DcCvadp ApaBase ApaEp ApaEp2 ApaEp2Fp
        ApaEp2Fpc Jscvt Fcma RcpcV83 RcpcV84 Gpa L1ipPipt DzPermitted SentinelArm;
        seen 2.7: HleDeprecated RtmDeprecated Enqcmd TsxLdTrk VmxInsOutsExitInfo HlatSupport SbdrSsdpNo FbsdpNo PsdpNo
        FbClear BtcNo IbpbRsbFlush StibpAlwaysOn PerfGlobalCtrl NptExecuteOnlyTranslation NptAccessedDirtyFlags
        NptLargePage1Gb AmdProcessorTopologyNodeId LocalMachineCheck ExtendedTopologyLeafFp256Amd Cmpccxadd
        TscAuxVirtualization RmpQuery PrefetchI Sha512Support SM3Support SM4Support GicV4P1 Ras PmuV3ArmV85 Ssbs
        SsbsRw SmcccW1Supported SmcccW1Mitigated SmcccW2Supported SmcccW2Mitigated Csv2 Csv3 Sb Idc Dic TlbiOs
        TlbiOsRange FlagsM FlagsM2 Bf16 Ebf16 SveBf16 SveEbf16 I8mm SveI8mm Frintts Specres Mtpmu Rpres Exs SpecSei
        Ets Afp Iesb Rng Lse2 Idst RasV1P1 RasFracV1P1 Sel2 AmuV1 AmuV1P1 Dit Ccidx FgtForIntercepts L1ipVpipt
        DebugV8P4 PmuV3ArmV87 DoubleLock Clrbhb Spe SpeV1P1 SpeV1P2 TtCnp Hpds Sve SveV2 SveV2P1 SpecFpacc SveAes
        SveBitPerm SveSha3 SveSm4;
    }
    ProcessorFeatureSetMode { 2.5: Strict Permissive; }
    RegistryHive { 2.0: System Software Security Sam; }
    RegistryValueType { 2.0: None String ExpandedString MultiString Binary DWord QWord CustomType; }
    SaveType { 2.1: ToFile AsTemplate; }
    SerialConsole { 2.0: Default Disabled ComPort1 ComPort2; }
    ShutdownMechanism { 2.5: GuestConnection IntegrationService; }
    ShutdownType { 2.5: Shutdown Hibernate Reboot; }
    State { 2.1: Created Running Paused Stopped SavedAsTemplate Unknown; }
    StateOverride { 2.4: Default Disabled Enabled; }
    StdHandle { 2.0: StdIn StdOut StdErr; 2.1: All; }
    SubnodeType { 2.4: Any Socket Cluster L3; }
    System_PropertyType {
        2.1: Memory Statistics ProcessList TerminateOnLastHandleClosed SharedMemoryRegion GuestConnection;
        seen 2.0: Basic MappedVirtualDisk PendingUpdates; seen 2.1: ICHeartbeatStatus;
        seen 2.4: GuestMemory ContainerMemory CpuGroup SystemGUID Silo CosIndex Rmid CacheStats IdledProcessors
        CpuFrequencyPowerCap;
    }
    SystemExitDetail { 2.4: Invalid HcsApiFatalError ServiceStop Shutdown Terminate UnexpectedExit; }
    SystemType { 2.1: Container VirtualMachine; }
    UefiBootDevice { 2.0: ScsiDrive VmbFs Network; 2.1: File; }
    VirtualDeviceFailureDetail {
        2.4: None Create Initialize StartReservingResources FinishReservingResources FreeReservedResources
        SaveReservedResources PowerOnCold PowerOnRestore PowerOff Save Resume Pause EnableOptimizations
        StartDisableOptimizations FinishDisableOptimizations Reset PostReset Teardown SaveCompatibilityInfo
        MetricRestore MetricEnumerate MetricEnumerateForSave MetricReset MetricEnable MetricDisable;
    }
    VirtualPMemBackingType { 2.1: Virtual Physical; }
    VirtualPMemImageFormat { 2.0: Vhdx Vhd1; }
    WindowsCrashPhase { 2.1: Inactive CrashValues Starting Started Writing Complete; }
    WorkerExitDetail {
        2.4: Invalid PowerOff PowerOffCritical Reset GuestCrash GuestFirmwareCrash TripleFault DeviceFatalApicRequest
        DeviceFatalMsrRequest DeviceFatalException DeviceFatalError DeviceMachineCheck EmulatorError VidTerminate
        ProcessUnexpectedExit InitializationFailure InitializationStartTimeout ColdStartFailure ResetStartFailure
        FastRestoreStartFailure RestoreStartFailure FastSavePreservePartition FastSavePreservePartitionHandleTransfer
        FastSave CloneTemplate Save Migrate MigrateFailure CannotReferenceVm MgotUnregister;
        2.5: FastSavePreservePartitionHandleTransferStorage FastSavePreservePartitionHandleTransferNetworking
        FastSavePreservePartitionHandleTransferStorageAndNetworking FastSavePreservePartitionHsr
        FastSavePreservePartitionWithHandleTransfer FastSaveWithHandleTransfer;
    }
    WorkerExitType {
        2.4: None InitializationFailed Stopped Saved StoppedOnReset UnexpectedStop ResetFailed UnrecoverableError;
    }
    XsaveProcessorFeature {
        2.5: Xsave Xsave_Opt Avx Avx2 Fma Mpx Avx512 Avx512Dq Avx512Cd Avx512Bw Avx512Vl Xsave_Comp Xsave_Supervisor
        Xcr1 Avx512_Bitalg AVX512_Ifma Avx512_Vbmi Avx512_Vbmi2 Avx512_Vnni Gfni Vaes Avx512_Vpopcntdq Vpclmulqdq
        Avx512_Bf16 Avx512_Vp2Intersect Avx512Fp16 Xfd AmxTile AmxBf16 AmxInt8 AvxVnni SentinelAmdXsave;
        seen 2.7: AvxIfma AvxNeConvert AvxVnniInt8 AvxVnniInt16 Avx10_1_256Support Avx10_1_512Support AmxFp16Support;
    }
}

// Clients of Linux containers give the number of a signal.
enums! { true EnumOrNumber SIGNALS:
    ProcessSignal { 2.1: CtrlC CtrlBreak CtrlClose CtrlLogOff CtrlShutdown; }
}
