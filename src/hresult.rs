//! The [`Hresult`] newtype and the one table of codes: value, name, meaning, and the text that HCS would give.
//! Not here: the documents that carry codes (`document`), and which failure gets which code (`model`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A status as HCS returns it: negative is a failure. The codes that an HCS client meets are constants of this module.
///
/// ```
/// use hcs_sim::hresult::{HCS_E_OPERATION_PENDING, Hresult};
///
/// let code = Hresult::from_bits(0x8037_0117);
/// assert_eq!(code, HCS_E_OPERATION_PENDING);
/// assert!(code.is_failure());
/// assert_eq!(code.to_string(), "HCS_E_OPERATION_PENDING (0x80370117): the operation is still running");
/// assert_eq!(Hresult::from_bits(0x8004_ABCD).to_string(), "0x8004ABCD");
/// ```
///
/// It compares with the plain number that the functions return, so that a test can name what it expects:
///
/// ```
/// use hcs_sim::hresult::E_INVALIDARG;
///
/// let returned: i32 = -2147024809;
/// assert_eq!(returned, E_INVALIDARG);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)] // HCS documents carry the signed decimal
#[repr(transparent)]
pub struct Hresult(i32);

/// A row of [`TABLE`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The code.
    pub value: Hresult,
    /// The code's name in the Windows headers. The HRESULT form of a Win32 error is named as the Win32 error is.
    pub name: &'static str,
    /// One line for a developer, with the typical cause where it is known.
    pub meaning: &'static str,
    message: &'static str,
}

impl Hresult {
    /// The code with this number, as functions return it and documents write it.
    pub const fn from_i32(value: i32) -> Hresult {
        Hresult(value)
    }

    /// The code with these bits, as people write it: `0x80370117`.
    pub const fn from_bits(bits: u32) -> Hresult {
        Hresult(bits.cast_signed())
    }

    /// The HRESULT form of a Win32 error, by the rule of `HRESULT_FROM_WIN32`: zero and what is a failure code already
    /// stay as they are.
    ///
    /// ```
    /// use hcs_sim::hresult::{ERROR_VMCOMPUTE_OPERATION_PENDING, HRESULT_ERROR_NOT_FOUND, Hresult, S_OK};
    ///
    /// assert_eq!(Hresult::from_win32(1168), HRESULT_ERROR_NOT_FOUND);
    /// assert_eq!(Hresult::from_win32(0xC037_0103), ERROR_VMCOMPUTE_OPERATION_PENDING);
    /// assert_eq!(Hresult::from_win32(0), S_OK);
    /// ```
    pub const fn from_win32(error: u32) -> Hresult {
        if error.cast_signed() <= 0 {
            return Hresult::from_bits(error);
        }
        const FACILITY_WIN32: u32 = 7;
        Hresult::from_bits(0x8000_0000 | FACILITY_WIN32 << 16 | error & 0xFFFF)
    }

    /// The signed number.
    pub const fn as_i32(self) -> i32 {
        self.0
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0.cast_unsigned()
    }

    /// Not negative: `S_OK`, `S_FALSE` and their like.
    pub const fn is_success(self) -> bool {
        self.0 >= 0
    }

    /// Negative.
    pub const fn is_failure(self) -> bool {
        self.0 < 0
    }

    /// The code's row in [`TABLE`].
    pub fn entry(self) -> Option<&'static Entry> {
        let at = TABLE.binary_search_by_key(&self.bits(), |entry| entry.value.bits()).ok()?;
        Some(&TABLE[at])
    }

    /// The code's name in the Windows headers, if the table has it.
    ///
    /// ```
    /// use hcs_sim::hresult::{HRESULT_ERROR_NOT_FOUND, Hresult};
    ///
    /// assert_eq!(HRESULT_ERROR_NOT_FOUND.name(), Some("ERROR_NOT_FOUND"));
    /// assert_eq!(Hresult::from_bits(0x8004_ABCD).name(), None);
    /// ```
    pub fn name(self) -> Option<&'static str> {
        Some(self.entry()?.name)
    }

    /// What the code means to a developer, if the table has it.
    pub fn meaning(self) -> Option<&'static str> {
        Some(self.entry()?.meaning)
    }

    /// The `0xC037....` value of a `0x8037....` code that has one; any other code stays as it is.
    ///
    /// HCS writes this form into the `Error` of most documents while the operation itself fails with the other.
    ///
    /// ```
    /// use hcs_sim::hresult::{ERROR_VMCOMPUTE_INVALID_JSON, HCS_E_INVALID_JSON, HCS_E_OPERATION_PENDING};
    ///
    /// assert_eq!(HCS_E_INVALID_JSON.nt_form(), ERROR_VMCOMPUTE_INVALID_JSON);
    /// assert_eq!(HCS_E_OPERATION_PENDING.nt_form(), HCS_E_OPERATION_PENDING); // newer than the twins
    /// ```
    pub fn nt_form(self) -> Hresult {
        if self.bits() >> 16 == HCS_FACILITY { self.twin().unwrap_or(self) } else { self }
    }

    /// The inverse of [`nt_form`](Self::nt_form): the `0x8037....` value of a `0xC037....` code that has one.
    ///
    /// ```
    /// use hcs_sim::hresult::{ERROR_VMCOMPUTE_OPERATION_PENDING, ERROR_VMCOMPUTE_TIMEOUT, HCS_E_CONNECTION_TIMEOUT};
    ///
    /// assert_eq!(ERROR_VMCOMPUTE_TIMEOUT.hresult_form(), HCS_E_CONNECTION_TIMEOUT);
    /// // Two codes of the first API have no successor with the same number.
    /// assert_eq!(ERROR_VMCOMPUTE_OPERATION_PENDING.hresult_form(), ERROR_VMCOMPUTE_OPERATION_PENDING);
    /// ```
    pub fn hresult_form(self) -> Hresult {
        if self.bits() >> 16 == HCS_FACILITY | NT_BIT >> 16 { self.twin().unwrap_or(self) } else { self }
    }

    /// The sentence that HCS puts into the `ErrorMessage` of a document where it gives the system's text for the code, in words of our own;
    /// "" where there is none.
    ///
    /// ```
    /// use hcs_sim::hresult::HCS_E_SYSTEM_NOT_FOUND;
    ///
    /// let says = "There is no virtual machine or container with this identifier.";
    /// assert_eq!(HCS_E_SYSTEM_NOT_FOUND.message(), says);
    /// ```
    // Whether it is used is the caller's business: documents of failed constructions have "" in any case.
    pub fn message(self) -> &'static str {
        self.entry().map_or("", |entry| entry.message)
    }

    /// The same code with the NT bit flipped, if the table has both.
    fn twin(self) -> Option<Hresult> {
        self.entry()?;
        Some(Hresult::from_bits(self.bits() ^ NT_BIT).entry()?.value)
    }
}

/// Upper half of `HCS_E_*`.
const HCS_FACILITY: u32 = 0x8037;
/// What tells `0xC037....` from `0x8037....`: an NTSTATUS has a second bit of severity, and errors set both.
const NT_BIT: u32 = 0x4000_0000;

impl fmt::Display for Hresult {
    /// Name, bits, meaning; the bits alone for a code that the table does not have.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)?;
        self.meaning().map_or(Ok(()), |meaning| write!(f, ": {meaning}"))
    }
}

impl fmt::Debug for Hresult {
    /// Name and bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (0x{:08X})", self.bits()),
            None => write!(f, "0x{:08X}", self.bits()),
        }
    }
}

impl From<u32> for Hresult {
    fn from(bits: u32) -> Hresult {
        Hresult::from_bits(bits)
    }
}

impl From<i32> for Hresult {
    fn from(value: i32) -> Hresult {
        Hresult(value)
    }
}

impl From<Hresult> for i32 {
    fn from(code: Hresult) -> i32 {
        code.0
    }
}

impl PartialEq<i32> for Hresult {
    fn eq(&self, other: &i32) -> bool {
        self.0 == *other
    }
}

impl PartialEq<Hresult> for i32 {
    fn eq(&self, other: &Hresult) -> bool {
        *self == other.0
    }
}

/// One row a code: `value CONSTANT ("name", where it differs)`, then the twin if there is one, then meaning and message.
/// Makes the constants and [`TABLE`].
macro_rules! codes {
    ($($value:literal $constant:ident $(($name:literal))? $(, $twin_value:literal $twin:ident)?:
        $meaning:literal, $message:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($value), "`: ", $meaning, ".")]
            pub const $constant: Hresult = Hresult::from_bits($value);
            $(
                #[doc = concat!("`", stringify!($twin_value), "`: [`", stringify!($constant), "`] as an NTSTATUS.")]
                pub const $twin: Hresult = Hresult::from_bits($twin_value);
            )?
        )*

        /// Every code that the crate knows, sorted by [`bits`](Hresult::bits).
        ///
        /// ```
        /// for entry in hcs_sim::hresult::TABLE {
        ///     println!("0x{:08X} {:50} {}", entry.value.bits(), entry.name, entry.meaning);
        /// }
        /// ```
        pub static TABLE: &[Entry] = &sorted([
            $(
                Entry {
                    value: $constant,
                    name: codes!(@name $constant $($name)?),
                    meaning: $meaning,
                    message: $message,
                },
                $(
                    Entry {
                        value: $twin,
                        name: stringify!($twin),
                        meaning: concat!($meaning, " (HRESULT form: ", stringify!($constant), ")"),
                        message: $message,
                    },
                )?
            )*
        ]);
    };
    (@name $constant:ident) => { stringify!($constant) };
    (@name $constant:ident $name:literal) => { $name };
}

/// Sorted at compile time, so that rows can stand where they are best read.
const fn sorted<const N: usize>(mut rows: [Entry; N]) -> [Entry; N] {
    let mut end = 1;
    while end < N {
        let mut at = end;
        while at > 0 && rows[at].value.bits() < rows[at - 1].value.bits() {
            rows.swap(at, at - 1);
            at -= 1;
        }
        end += 1;
    }
    rows
}

// Values and names: the Windows metadata. Meanings and messages are our own words; where Windows has a text, the message
// says the same thing differently. Sources of the causes: the fidelity notes of the calls that return the code.
codes! {
    // The compute service's own, with their twins from its first API.
    0x80370100 HCS_E_TERMINATED_DURING_START, 0xC0370100 ERROR_VMCOMPUTE_TERMINATED_DURING_START:
        "the system exited while it was still starting",
        "While it was starting, the virtual machine or container went away.";
    0x80370101 HCS_E_IMAGE_MISMATCH, 0xC0370101 ERROR_VMCOMPUTE_IMAGE_MISMATCH:
        "the container image's OS does not fit the host's; another build, or isolation in a VM, is needed",
        "The image of the container was made for another operating system than the host's.";
    0x80370102 HCS_E_HYPERV_NOT_INSTALLED, 0xC0370102 ERROR_VMCOMPUTE_HYPERV_NOT_INSTALLED:
        "Hyper-V is not there: the feature is off, or the hypervisor is not running",
        "Starting the virtual machine needs a Windows feature that this host does not have.";
    0xC0370103 ERROR_VMCOMPUTE_OPERATION_PENDING:
        "the first API's way to say that the work goes on in the background; not an error",
        "The work was accepted and goes on in the background.";
    0xC0370104 ERROR_VMCOMPUTE_TOO_MANY_NOTIFICATIONS:
        "the first API takes no more notification callbacks for this system",
        "No further notification callback can be registered.";
    0x80370105 HCS_E_INVALID_STATE, 0xC0370105 ERROR_VMCOMPUTE_INVALID_STATE:
        "the system's state does not allow this call, such as a second start or a pause before the start",
        "In its present state the virtual machine or container cannot do what was asked.";
    0x80370106 HCS_E_UNEXPECTED_EXIT, 0xC0370106 ERROR_VMCOMPUTE_UNEXPECTED_EXIT:
        "the system exited without being asked to",
        "Without being asked to, the virtual machine or container ended.";
    0x80370107 HCS_E_TERMINATED, 0xC0370107 ERROR_VMCOMPUTE_TERMINATED:
        "the system was ended by force",
        "The virtual machine or container was ended by force.";
    0x80370108 HCS_E_CONNECT_FAILED, 0xC0370108 ERROR_VMCOMPUTE_CONNECT_FAILED:
        "no connection into the guest or the container",
        "Connecting to the virtual machine or container did not succeed.";
    0x80370109 HCS_E_CONNECTION_TIMEOUT, 0xC0370109 ERROR_VMCOMPUTE_TIMEOUT:
        "the guest or the container did not answer in time; not a timeout of HcsWaitForOperationResult",
        "The virtual machine or container gave no answer in the time allowed.";
    0x8037010A HCS_E_CONNECTION_CLOSED, 0xC037010A ERROR_VMCOMPUTE_CONNECTION_CLOSED:
        "the connection into the guest or the container ended while it was in use",
        "The other side ended the connection to the virtual machine or container.";
    0x8037010B HCS_E_UNKNOWN_MESSAGE, 0xC037010B ERROR_VMCOMPUTE_UNKNOWN_MESSAGE:
        "the service and the guest do not understand each other: an unknown message came in",
        "A message came from the virtual machine or container that the service does not know.";
    0x8037010C HCS_E_UNSUPPORTED_PROTOCOL_VERSION, 0xC037010C ERROR_VMCOMPUTE_UNSUPPORTED_PROTOCOL_VERSION:
        "the service and the guest have no protocol version in common",
        "Host and virtual machine or container share no version of their protocol.";
    0x8037010D HCS_E_INVALID_JSON, 0xC037010D ERROR_VMCOMPUTE_INVALID_JSON:
        "a document was refused: no JSON, an unknown or misplaced member, or \"\" where {} or NULL is meant",
        "The JSON text given for the virtual machine or container cannot be accepted.";
    0x8037010E HCS_E_SYSTEM_NOT_FOUND, 0xC037010E ERROR_VMCOMPUTE_SYSTEM_NOT_FOUND:
        "no system has this id: it was never created, or it has exited and its last handle is closed",
        "There is no virtual machine or container with this identifier.";
    0x8037010F HCS_E_SYSTEM_ALREADY_EXISTS, 0xC037010F ERROR_VMCOMPUTE_SYSTEM_ALREADY_EXISTS:
        "the id is taken by a system that still lives, perhaps one that an earlier run left behind",
        "The identifier is in use by another virtual machine or container.";
    0x80370110 HCS_E_SYSTEM_ALREADY_STOPPED, 0xC0370110 ERROR_VMCOMPUTE_SYSTEM_ALREADY_STOPPED:
        "the system has stopped already; for a shutdown or a terminate that is as good as success",
        "The virtual machine or container has stopped already.";
    0x80370111 HCS_E_PROTOCOL_ERROR, 0xC0370111 ERROR_VMCOMPUTE_PROTOCOL_ERROR:
        "the talk between the service and the guest broke its own rules",
        "Host and virtual machine or container failed to follow their protocol.";
    0x80370112 HCS_E_INVALID_LAYER, 0xC0370112 ERROR_VMCOMPUTE_INVALID_LAYER:
        "a container layer is missing, damaged, or of an unknown format",
        "One of the layers of the container has a format that is not known.";
    0x80370113 HCS_E_WINDOWS_INSIDER_REQUIRED, 0xC0370113 ERROR_VMCOMPUTE_WINDOWS_INSIDER_REQUIRED:
        "this build gives the feature to members of the Windows Insider program only",
        "To use this, the host has to take part in the Windows Insider program.";

    // The compute service's own that came with operations; no twins.
    0x80370114 HCS_E_SERVICE_NOT_AVAILABLE:
        "the compute service (vmcompute) cannot be reached: the feature is off or the service is stopped",
        "The service behind this call is not there, because a Windows feature is missing.";
    0x80370115 HCS_E_OPERATION_NOT_STARTED:
        "the operation has not been used in a call yet, so there is nothing to wait for",
        "Nothing has been started with this operation.";
    0x80370116 HCS_E_OPERATION_ALREADY_STARTED:
        "the operation is in use by an earlier call that is still pending",
        "This operation is in use by a call that has not ended.";
    0x80370117 HCS_E_OPERATION_PENDING:
        "the operation is still running",
        "The result is not there yet, because the work goes on.";
    0x80370118 HCS_E_OPERATION_TIMEOUT:
        "the wait ended before what it waited for; the work itself goes on",
        "What was waited for did not happen in the time allowed.";
    0x80370119 HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET:
        "this handle has an event callback already; it excludes another one, and callbacks of operations",
        "An event callback stands on this handle already.";
    0x8037011A HCS_E_OPERATION_RESULT_ALLOCATION_FAILED:
        "the operation is done but there was no memory for its result document",
        "Memory for the text of the result could not be had.";
    0x8037011B HCS_E_ACCESS_DENIED:
        "the user is neither an elevated administrator nor a member of Hyper-V Administrators",
        "The user lacks the rights for this: administrators and Hyper-V administrators have them.";
    0x8037011C HCS_E_GUEST_CRITICAL_ERROR:
        "the guest's OS failed badly: it crashed, and was stopped or reset",
        "The guest met an error it could not survive, and was stopped or started anew.";
    0x8037011D HCS_E_PROCESS_INFO_NOT_AVAILABLE:
        "the operation has no process information to give",
        "About this process there is no information to give.";
    0x8037011E HCS_E_SERVICE_DISCONNECT:
        "the compute service went away (it stopped or crashed); every handle to its systems is dead",
        "The connection to the service was lost.";
    0x8037011F HCS_E_PROCESS_ALREADY_STOPPED:
        "the process has exited already; for a terminate or a signal that is as good as success",
        "The process is over already.";
    0x80370120 HCS_E_SYSTEM_NOT_CONFIGURED_FOR_OPERATION:
        "the system's configuration lacks what this call needs",
        "The virtual machine or container was not set up for what was asked.";
    0x80370121 HCS_E_OPERATION_ALREADY_CANCELLED:
        "the operation has been cancelled already",
        "An earlier call has cancelled this operation.";

    // COM's.
    0x00000000 S_OK: "success", "";
    0x00000001 S_FALSE: "success, but nothing was to be done", "";
    0x80004001 E_NOTIMPL: "not implemented; HcsCancelOperation always says so", "This is not implemented.";
    0x80004003 E_POINTER: "a pointer that is needed is NULL", "A pointer is not valid.";
    0x80004005 E_FAIL: "a failure that nobody gave a better code", "Something failed for unknown reasons.";
    0x8000FFFF E_UNEXPECTED: "the service met a state that it did not expect", "This was not foreseen.";
    0x80070005 E_ACCESSDENIED:
        "no rights: to a file (was HcsGrantVmAccess called?), to the system, or to a process that has died",
        "The rights for this are lacking.";
    0x80070006 E_HANDLE:
        "the handle is closed, closing, or of another kind (ERROR_INVALID_HANDLE)",
        "The handle is of no use.";
    0x8007000E E_OUTOFMEMORY:
        "not enough memory, as a rule for the memory that a virtual machine is to have",
        "There is too little memory for this.";
    0x80070057 E_INVALIDARG:
        "an argument is wrong: a NULL, access other than GENERIC_ALL, or an operation of another type",
        "One of the arguments is wrong.";

    // Win32 errors in their HRESULT form.
    0x80070002 HRESULT_ERROR_FILE_NOT_FOUND ("ERROR_FILE_NOT_FOUND"):
        "a file is missing: a disk of the configuration, or the program of a new process",
        "A file that was named does not exist.";
    0x80070003 HRESULT_ERROR_PATH_NOT_FOUND ("ERROR_PATH_NOT_FOUND"):
        "a folder of the path is missing",
        "A folder that was named does not exist.";
    0x8007000D HRESULT_ERROR_INVALID_DATA ("ERROR_INVALID_DATA"):
        "malformed data, as a rule the configuration document",
        "The data makes no sense.";
    0x80070020 HRESULT_ERROR_SHARING_VIOLATION ("ERROR_SHARING_VIOLATION"):
        "somebody else has the file open, often the worker of a system that is just exiting",
        "The file is open elsewhere and is not shared.";
    0x80070032 HRESULT_ERROR_NOT_SUPPORTED ("ERROR_NOT_SUPPORTED"):
        "the system cannot do that: shutdown without guest connection, pause of a process-isolated one",
        "What was asked for is not possible here.";
    0x80070050 HRESULT_ERROR_FILE_EXISTS ("ERROR_FILE_EXISTS"):
        "a file to be made is there already",
        "There is such a file already.";
    0x8007007F HRESULT_ERROR_PROC_NOT_FOUND ("ERROR_PROC_NOT_FOUND"):
        "the DLL lacks an export; not to be read as a process that was not found",
        "The function that was looked for is not there.";
    0x800700B7 HRESULT_ERROR_ALREADY_EXISTS ("ERROR_ALREADY_EXISTS"):
        "something to be made is there already, as a rule a CPU group of the same id",
        "There is one of this name already.";
    0x80070490 HRESULT_ERROR_NOT_FOUND ("ERROR_NOT_FOUND"):
        "there is no such thing in the system, as a rule a process that has exited",
        "What was looked for is not there.";
    0x80070569 HRESULT_ERROR_LOGON_TYPE_NOT_GRANTED ("ERROR_LOGON_TYPE_NOT_GRANTED"):
        "virtual machine accounts may not log on as a service on this host (SeServiceLogonRight)",
        "This account may not log on to the computer in this way.";
    0x80070570 HRESULT_ERROR_FILE_CORRUPT ("ERROR_FILE_CORRUPT"):
        "a file is damaged, as a rule a virtual disk",
        "The file is damaged and cannot be read.";
    0x800705AA HRESULT_ERROR_NO_SYSTEM_RESOURCES ("ERROR_NO_SYSTEM_RESOURCES"):
        "the host has run out of something: memory, network compartments",
        "The host has too few resources left for this.";
    // The number stands for a stale handle in one client's code by name only; the HRESULT form is inferred.
    0x800706EF HRESULT_RPC_X_SS_IN_NULL_CONTEXT ("RPC_X_SS_IN_NULL_CONTEXT"):
        "the handle is stale: the service knows nothing behind it any more",
        "The service was given a handle that has nothing behind it.";
    0x800707DE HRESULT_ERROR_DUPLICATE_TAG ("ERROR_DUPLICATE_TAG"):
        "seen when a system could not be constructed; the cause is not known",
        "";

    // Of others, passed on by the service.
    0x80041008 WBEM_E_INVALID_PARAMETER:
        "a setting was refused while the system was constructed, for instance the size of its memory",
        "";
    0x803B0014 HCN_E_ENDPOINT_ALREADY_ATTACHED:
        "the network endpoint belongs to another system already",
        "The network endpoint is attached already.";
    0x803B001B HCN_E_INVALID_JSON:
        "the network service refused a document",
        "The JSON text given for the network cannot be accepted.";
    0xC03A0014 ERROR_VIRTDISK_PROVIDER_NOT_FOUND:
        "nothing on the host can read the virtual disk: its format is unknown or the file is damaged",
        "No provider for virtual disks knows the format of the file.";
    0xC03A001A ERROR_VIRTUAL_DISK_LIMITATION:
        "the virtual disk's file is compressed, encrypted or sparse, which the host does not take",
        "The file of a virtual disk may be neither compressed nor encrypted nor sparse.";
}

#[cfg(test)]
mod tests;
