/* hcs-sim: the types of computecore.h. Names, values and layouts are those of the Windows SDK.
 *
 * On Windows it builds on <windows.h>. Elsewhere it brings the few Win32 types that the functions need; a program with definitions of
 * its own (a shim of windows.h, say) defines HCS_SIM_NO_WIN32 before, and includes its own first.
 *
 * Text is UTF-16 everywhere: WCHAR is wchar_t where that has 2 bytes (Windows, -fshort-wchar), char16_t in C++, uint16_t in C. u"text"
 * fits all but the first, L"text" the first.
 */
#ifndef HCS_SIM_COMPUTEDEFS_H
#define HCS_SIM_COMPUTEDEFS_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#include <windows.h>
#elif !defined(HCS_SIM_NO_WIN32)

#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#else
typedef uint16_t WCHAR;
#endif

typedef int32_t HRESULT;
typedef uint32_t DWORD;
typedef uint32_t UINT32;
typedef uint64_t UINT64;
typedef int BOOL;
typedef void VOID;
typedef void *PVOID;
typedef void *HANDLE;
typedef void *HLOCAL;
typedef WCHAR *PWSTR;
typedef const WCHAR *PCWSTR;
/* HCS wants NULL wherever it takes one; here it is only carried. */
typedef void SECURITY_DESCRIPTOR;
typedef void *PSECURITY_DESCRIPTOR;

typedef struct OVERLAPPED
{
    uintptr_t Internal;
    uintptr_t InternalHigh;
    union
    {
        struct
        {
            DWORD Offset;
            DWORD OffsetHigh;
        } Parts;
        void *Pointer;
    } Position;
    HANDLE hEvent;
} OVERLAPPED, *LPOVERLAPPED;

#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif
#define INFINITE 0xFFFFFFFFu
#define GENERIC_ALL 0x10000000u
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)
#define LMEM_FIXED 0x0000u
#define LMEM_ZEROINIT 0x0040u
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define ERROR_SUCCESS 0u
#define ERROR_INVALID_HANDLE 6u
#define ERROR_BROKEN_PIPE 109u
#define ERROR_NO_DATA 232u
#define WINAPI
#define CALLBACK
#define SUCCEEDED(hr) ((HRESULT)(hr) >= 0)
#define FAILED(hr) ((HRESULT)(hr) < 0)

#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Handles: opaque numbers, never followed. Each kind has a type of its own, so that a compiler tells them apart. */
typedef struct HCS_OPERATION__ *HCS_OPERATION;
typedef struct HCS_SYSTEM__ *HCS_SYSTEM;
typedef struct HCS_PROCESS__ *HCS_PROCESS;
typedef struct HCS_CALLBACK__ *HCS_CALLBACK;

/* What HcsGetOperationId answers for an operation that has not been used. */
#define HCS_INVALID_OPERATION_ID ((uint64_t)-1)

typedef enum HCS_OPERATION_TYPE
{
    HcsOperationTypeNone = -1,
    HcsOperationTypeEnumerate = 0,
    HcsOperationTypeCreate = 1,
    HcsOperationTypeStart = 2,
    HcsOperationTypeShutdown = 3,
    HcsOperationTypePause = 4,
    HcsOperationTypeResume = 5,
    HcsOperationTypeSave = 6,
    HcsOperationTypeTerminate = 7,
    HcsOperationTypeModify = 8,
    HcsOperationTypeGetProperties = 9,
    HcsOperationTypeCreateProcess = 10,
    HcsOperationTypeSignalProcess = 11,
    HcsOperationTypeGetProcessInfo = 12,
    HcsOperationTypeGetProcessProperties = 13,
    HcsOperationTypeModifyProcess = 14,
    HcsOperationTypeCrash = 15,
    HcsOperationTypeReserved1 = 16,
    HcsOperationTypeReserved2 = 17,
    HcsOperationTypeReserved3 = 18,
    HcsOperationTypeLiveMigration = 19
} HCS_OPERATION_TYPE;

typedef enum HCS_EVENT_TYPE
{
    HcsEventInvalid = 0,
    HcsEventSystemExited = 1,
    HcsEventSystemCrashInitiated = 2,
    HcsEventSystemCrashReport = 3,
    HcsEventSystemRdpEnhancedModeStateChanged = 4,
    HcsEventSystemSiloJobCreated = 5,
    HcsEventSystemGuestConnectionClosed = 6,
    HcsEventProcessExited = 0x00010000,
    HcsEventOperationCallback = 0x01000000,
    HcsEventServiceDisconnect = 0x02000000,
    HcsEventGroupVmLifecycle = (int32_t)0x80000002,
    HcsEventGroupLiveMigration = (int32_t)0x80000003,
    HcsEventGroupOperationInfo = (int32_t)0xC0000001
} HCS_EVENT_TYPE;

typedef enum HCS_EVENT_OPTIONS
{
    HcsEventOptionNone = 0,
    HcsEventOptionEnableOperationCallbacks = 1,
    HcsEventOptionEnableVmLifecycle = 2,
    HcsEventOptionEnableLiveMigrationEvents = 4
} HCS_EVENT_OPTIONS;

typedef enum HCS_OPERATION_OPTIONS
{
    HcsOperationOptionNone = 0,
    HcsOperationOptionProgressUpdate = 1,
    HcsOperationOptionReserved1 = 2
} HCS_OPERATION_OPTIONS;

typedef enum HCS_RESOURCE_TYPE
{
    HcsResourceTypeNone = 0,
    HcsResourceTypeFile = 1,
    HcsResourceTypeJob = 2,
    HcsResourceTypeComObject = 3,
    HcsResourceTypeSocket = 4
} HCS_RESOURCE_TYPE;

typedef enum HCS_NOTIFICATIONS
{
    HcsNotificationInvalid = 0,
    HcsNotificationSystemExited = 1,
    HcsNotificationSystemCreateCompleted = 2,
    HcsNotificationSystemStartCompleted = 3,
    HcsNotificationSystemPauseCompleted = 4,
    HcsNotificationSystemResumeCompleted = 5,
    HcsNotificationSystemCrashReport = 6,
    HcsNotificationSystemSiloJobCreated = 7,
    HcsNotificationSystemSaveCompleted = 8,
    HcsNotificationSystemRdpEnhancedModeStateChanged = 9,
    HcsNotificationSystemShutdownFailed = 10,
    HcsNotificationSystemShutdownCompleted = 10,
    HcsNotificationSystemGetPropertiesCompleted = 11,
    HcsNotificationSystemModifyCompleted = 12,
    HcsNotificationSystemCrashInitiated = 13,
    HcsNotificationSystemGuestConnectionClosed = 14,
    HcsNotificationSystemOperationCompletion = 15,
    HcsNotificationSystemPassThru = 16,
    HcsNotificationOperationProgressUpdate = 0x00000100,
    HcsNotificationProcessExited = 0x00010000,
    HcsNotificationServiceDisconnect = 0x01000000,
    HcsNotificationFlagsReserved = (int32_t)0xF0000000
} HCS_NOTIFICATIONS;

typedef enum HCS_NOTIFICATION_FLAGS
{
    HcsNotificationFlagSuccess = 0,
    HcsNotificationFlagFailure = (int32_t)0x80000000
} HCS_NOTIFICATION_FLAGS;

typedef enum HCS_CREATE_OPTIONS
{
    HcsCreateOptions_1 = 0x00010000
} HCS_CREATE_OPTIONS;

/* What an event callback is given. Valid until it returns. */
typedef struct HCS_EVENT
{
    HCS_EVENT_TYPE Type;
    /* A JSON document that depends on the type; may be NULL. */
    PCWSTR EventData;
    /* The operation that has completed, for HcsEventOperationCallback; else NULL. */
    HCS_OPERATION Operation;
} HCS_EVENT;

/* A process that was just created or asked about. The caller closes the pipes with CloseHandle. */
typedef struct HCS_PROCESS_INFORMATION
{
    DWORD ProcessId;
    DWORD Reserved;
    HANDLE StdInput;
    HANDLE StdOutput;
    HANDLE StdError;
} HCS_PROCESS_INFORMATION;

typedef void(CALLBACK *HCS_EVENT_CALLBACK)(HCS_EVENT *event, void *context);
typedef void(CALLBACK *HCS_OPERATION_COMPLETION)(HCS_OPERATION operation, void *context);
/* Of the first API; no function of computecore.dll takes it. */
typedef void(CALLBACK *HCS_NOTIFICATION_CALLBACK)(DWORD notificationType, void *context, HRESULT notificationStatus,
                                                  PCWSTR notificationData);

/* What HcsCreateComputeSystemInNamespace takes: Version is HcsCreateOptions_1. */
typedef struct HCS_CREATE_OPTIONS_1
{
    HCS_CREATE_OPTIONS Version;
    HANDLE UserToken;
    SECURITY_DESCRIPTOR *SecurityDescriptor;
    HCS_EVENT_OPTIONS CallbackOptions;
    void *CallbackContext;
    HCS_EVENT_CALLBACK Callback;
} HCS_CREATE_OPTIONS_1;

#ifdef __cplusplus
}

/* Flags stay of their type when they are put together. */
#ifdef _WIN32
DEFINE_ENUM_FLAG_OPERATORS(HCS_EVENT_OPTIONS)
DEFINE_ENUM_FLAG_OPERATORS(HCS_OPERATION_OPTIONS)
#else
constexpr HCS_EVENT_OPTIONS operator|(HCS_EVENT_OPTIONS a, HCS_EVENT_OPTIONS b)
{
    return static_cast<HCS_EVENT_OPTIONS>(static_cast<int>(a) | static_cast<int>(b));
}
constexpr HCS_OPERATION_OPTIONS operator|(HCS_OPERATION_OPTIONS a, HCS_OPERATION_OPTIONS b)
{
    return static_cast<HCS_OPERATION_OPTIONS>(static_cast<int>(a) | static_cast<int>(b));
}
#endif
#endif

/* Codes that the functions answer with; those that a system header has already keep its definition. */
/* BEGIN codes, generated from the table of hcs-sim */
#ifndef S_OK
#define S_OK ((HRESULT)0x00000000) /* success */
#endif
#ifndef E_NOTIMPL
#define E_NOTIMPL ((HRESULT)0x80004001) /* not implemented; HcsCancelOperation always says so */
#endif
#ifndef E_POINTER
#define E_POINTER ((HRESULT)0x80004003) /* a pointer that is needed is NULL */
#endif
#ifndef E_FAIL
#define E_FAIL ((HRESULT)0x80004005) /* a failure that nobody gave a better code */
#endif
#ifndef E_UNEXPECTED
#define E_UNEXPECTED ((HRESULT)0x8000FFFF) /* the service met a state that it did not expect */
#endif
#ifndef E_ACCESSDENIED
#define E_ACCESSDENIED ((HRESULT)0x80070005) /* no rights: to a file (was HcsGrantVmAccess called?), to the system, or to a process that has died */
#endif
#ifndef E_HANDLE
#define E_HANDLE ((HRESULT)0x80070006) /* the handle is closed, closing, or of another kind (ERROR_INVALID_HANDLE) */
#endif
#ifndef E_OUTOFMEMORY
#define E_OUTOFMEMORY ((HRESULT)0x8007000E) /* not enough memory, as a rule for the memory that a virtual machine is to have */
#endif
#ifndef E_INVALIDARG
#define E_INVALIDARG ((HRESULT)0x80070057) /* an argument is wrong: a NULL, access other than GENERIC_ALL, or an operation of another type */
#endif
#ifndef HCS_E_TERMINATED_DURING_START
#define HCS_E_TERMINATED_DURING_START ((HRESULT)0x80370100) /* the system exited while it was still starting */
#endif
#ifndef HCS_E_IMAGE_MISMATCH
#define HCS_E_IMAGE_MISMATCH ((HRESULT)0x80370101) /* the container image's OS does not fit the host's; another build, or isolation in a VM, is needed */
#endif
#ifndef HCS_E_HYPERV_NOT_INSTALLED
#define HCS_E_HYPERV_NOT_INSTALLED ((HRESULT)0x80370102) /* Hyper-V is not there: the feature is off, or the hypervisor is not running */
#endif
#ifndef HCS_E_INVALID_STATE
#define HCS_E_INVALID_STATE ((HRESULT)0x80370105) /* the system's state does not allow this call, such as a second start or a pause before the start */
#endif
#ifndef HCS_E_UNEXPECTED_EXIT
#define HCS_E_UNEXPECTED_EXIT ((HRESULT)0x80370106) /* the system exited without being asked to */
#endif
#ifndef HCS_E_TERMINATED
#define HCS_E_TERMINATED ((HRESULT)0x80370107) /* the system was ended by force */
#endif
#ifndef HCS_E_CONNECT_FAILED
#define HCS_E_CONNECT_FAILED ((HRESULT)0x80370108) /* no connection into the guest or the container */
#endif
#ifndef HCS_E_CONNECTION_TIMEOUT
#define HCS_E_CONNECTION_TIMEOUT ((HRESULT)0x80370109) /* the guest or the container did not answer in time; not a timeout of HcsWaitForOperationResult */
#endif
#ifndef HCS_E_CONNECTION_CLOSED
#define HCS_E_CONNECTION_CLOSED ((HRESULT)0x8037010A) /* the connection into the guest or the container ended while it was in use */
#endif
#ifndef HCS_E_UNKNOWN_MESSAGE
#define HCS_E_UNKNOWN_MESSAGE ((HRESULT)0x8037010B) /* the service and the guest do not understand each other: an unknown message came in */
#endif
#ifndef HCS_E_UNSUPPORTED_PROTOCOL_VERSION
#define HCS_E_UNSUPPORTED_PROTOCOL_VERSION ((HRESULT)0x8037010C) /* the service and the guest have no protocol version in common */
#endif
#ifndef HCS_E_INVALID_JSON
#define HCS_E_INVALID_JSON ((HRESULT)0x8037010D) /* a document was refused: no JSON, an unknown or misplaced member, or "" where {} or NULL is meant */
#endif
#ifndef HCS_E_SYSTEM_NOT_FOUND
#define HCS_E_SYSTEM_NOT_FOUND ((HRESULT)0x8037010E) /* no system has this id: it was never created, or it has exited and its last handle is closed */
#endif
#ifndef HCS_E_SYSTEM_ALREADY_EXISTS
#define HCS_E_SYSTEM_ALREADY_EXISTS ((HRESULT)0x8037010F) /* the id is taken by a system that still lives, perhaps one that an earlier run left behind */
#endif
#ifndef HCS_E_SYSTEM_ALREADY_STOPPED
#define HCS_E_SYSTEM_ALREADY_STOPPED ((HRESULT)0x80370110) /* the system has stopped already; for a shutdown or a terminate that is as good as success */
#endif
#ifndef HCS_E_PROTOCOL_ERROR
#define HCS_E_PROTOCOL_ERROR ((HRESULT)0x80370111) /* the talk between the service and the guest broke its own rules */
#endif
#ifndef HCS_E_INVALID_LAYER
#define HCS_E_INVALID_LAYER ((HRESULT)0x80370112) /* a container layer is missing, damaged, or of an unknown format */
#endif
#ifndef HCS_E_WINDOWS_INSIDER_REQUIRED
#define HCS_E_WINDOWS_INSIDER_REQUIRED ((HRESULT)0x80370113) /* this build gives the feature to members of the Windows Insider program only */
#endif
#ifndef HCS_E_SERVICE_NOT_AVAILABLE
#define HCS_E_SERVICE_NOT_AVAILABLE ((HRESULT)0x80370114) /* the compute service (vmcompute) cannot be reached: the feature is off or the service is stopped */
#endif
#ifndef HCS_E_OPERATION_NOT_STARTED
#define HCS_E_OPERATION_NOT_STARTED ((HRESULT)0x80370115) /* the operation has not been used in a call yet, so there is nothing to wait for */
#endif
#ifndef HCS_E_OPERATION_ALREADY_STARTED
#define HCS_E_OPERATION_ALREADY_STARTED ((HRESULT)0x80370116) /* the operation is in use by an earlier call that is still pending */
#endif
#ifndef HCS_E_OPERATION_PENDING
#define HCS_E_OPERATION_PENDING ((HRESULT)0x80370117) /* the operation is still running */
#endif
#ifndef HCS_E_OPERATION_TIMEOUT
#define HCS_E_OPERATION_TIMEOUT ((HRESULT)0x80370118) /* the wait ended before what it waited for; the work itself goes on */
#endif
#ifndef HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET
#define HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET ((HRESULT)0x80370119) /* this handle has an event callback already; it excludes another one, and callbacks of operations */
#endif
#ifndef HCS_E_OPERATION_RESULT_ALLOCATION_FAILED
#define HCS_E_OPERATION_RESULT_ALLOCATION_FAILED ((HRESULT)0x8037011A) /* the operation is done but there was no memory for its result document */
#endif
#ifndef HCS_E_ACCESS_DENIED
#define HCS_E_ACCESS_DENIED ((HRESULT)0x8037011B) /* the user is neither an elevated administrator nor a member of Hyper-V Administrators */
#endif
#ifndef HCS_E_GUEST_CRITICAL_ERROR
#define HCS_E_GUEST_CRITICAL_ERROR ((HRESULT)0x8037011C) /* the guest's OS failed badly: it crashed, and was stopped or reset */
#endif
#ifndef HCS_E_PROCESS_INFO_NOT_AVAILABLE
#define HCS_E_PROCESS_INFO_NOT_AVAILABLE ((HRESULT)0x8037011D) /* the operation has no process information to give */
#endif
#ifndef HCS_E_SERVICE_DISCONNECT
#define HCS_E_SERVICE_DISCONNECT ((HRESULT)0x8037011E) /* the compute service went away (it stopped or crashed); every handle to its systems is dead */
#endif
#ifndef HCS_E_PROCESS_ALREADY_STOPPED
#define HCS_E_PROCESS_ALREADY_STOPPED ((HRESULT)0x8037011F) /* the process has exited already; for a terminate or a signal that is as good as success */
#endif
#ifndef HCS_E_SYSTEM_NOT_CONFIGURED_FOR_OPERATION
#define HCS_E_SYSTEM_NOT_CONFIGURED_FOR_OPERATION ((HRESULT)0x80370120) /* the system's configuration lacks what this call needs */
#endif
#ifndef HCS_E_OPERATION_ALREADY_CANCELLED
#define HCS_E_OPERATION_ALREADY_CANCELLED ((HRESULT)0x80370121) /* the operation has been cancelled already */
#endif
/* END codes */

#endif
