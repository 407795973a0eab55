//! The table of codes against `windows-sys`, and how a code is shown and written.
//! Not here: which failure gets which code (`tests/`).

use super::*;

#[test]
fn the_table_is_sorted_and_without_duplicates() {
    assert!(TABLE.is_sorted_by(|a, b| a.value.bits() < b.value.bits()), "{TABLE:#?}");
    let mut names: Vec<_> = TABLE.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_meaning_is_half_a_line_and_a_message_a_sentence() {
    for Entry { name, meaning, message, .. } in TABLE {
        assert!(!meaning.is_empty() && !meaning.ends_with('.') && !meaning.contains('\n'), "{name}");
        assert!(message.is_empty() || message.ends_with('.'), "{name}");
        assert!(!message.starts_with(char::is_lowercase), "{name}");
    }
}

/// Looks each up in the table, and has the compiler look each up here and in windows-sys.
macro_rules! assert_as_in_windows_sys {
    ($($name:ident)*) => {{
        $({
            let value = Hresult::from_bits(windows_sys::Win32::Foundation::$name as u32);
            assert_eq!($name.bits(), value.bits(), stringify!($name));
            assert_eq!(value.name(), Some(stringify!($name)));
        })*
        [$(stringify!($name)),*]
    }};
}

#[test]
fn every_code_of_the_compute_service_is_as_in_windows_sys() {
    let listed = assert_as_in_windows_sys!(
        HCS_E_ACCESS_DENIED HCS_E_CONNECTION_CLOSED HCS_E_CONNECTION_TIMEOUT HCS_E_CONNECT_FAILED
        HCS_E_GUEST_CRITICAL_ERROR HCS_E_HYPERV_NOT_INSTALLED HCS_E_IMAGE_MISMATCH HCS_E_INVALID_JSON
        HCS_E_INVALID_LAYER HCS_E_INVALID_STATE HCS_E_OPERATION_ALREADY_CANCELLED
        HCS_E_OPERATION_ALREADY_STARTED HCS_E_OPERATION_NOT_STARTED HCS_E_OPERATION_PENDING
        HCS_E_OPERATION_RESULT_ALLOCATION_FAILED HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET
        HCS_E_OPERATION_TIMEOUT HCS_E_PROCESS_ALREADY_STOPPED HCS_E_PROCESS_INFO_NOT_AVAILABLE
        HCS_E_PROTOCOL_ERROR HCS_E_SERVICE_DISCONNECT HCS_E_SERVICE_NOT_AVAILABLE
        HCS_E_SYSTEM_ALREADY_EXISTS HCS_E_SYSTEM_ALREADY_STOPPED
        HCS_E_SYSTEM_NOT_CONFIGURED_FOR_OPERATION HCS_E_SYSTEM_NOT_FOUND HCS_E_TERMINATED
        HCS_E_TERMINATED_DURING_START HCS_E_UNEXPECTED_EXIT HCS_E_UNKNOWN_MESSAGE
        HCS_E_UNSUPPORTED_PROTOCOL_VERSION HCS_E_WINDOWS_INSIDER_REQUIRED
        ERROR_VMCOMPUTE_CONNECTION_CLOSED ERROR_VMCOMPUTE_CONNECT_FAILED
        ERROR_VMCOMPUTE_HYPERV_NOT_INSTALLED ERROR_VMCOMPUTE_IMAGE_MISMATCH ERROR_VMCOMPUTE_INVALID_JSON
        ERROR_VMCOMPUTE_INVALID_LAYER ERROR_VMCOMPUTE_INVALID_STATE ERROR_VMCOMPUTE_OPERATION_PENDING
        ERROR_VMCOMPUTE_PROTOCOL_ERROR ERROR_VMCOMPUTE_SYSTEM_ALREADY_EXISTS
        ERROR_VMCOMPUTE_SYSTEM_ALREADY_STOPPED ERROR_VMCOMPUTE_SYSTEM_NOT_FOUND
        ERROR_VMCOMPUTE_TERMINATED ERROR_VMCOMPUTE_TERMINATED_DURING_START ERROR_VMCOMPUTE_TIMEOUT
        ERROR_VMCOMPUTE_TOO_MANY_NOTIFICATIONS ERROR_VMCOMPUTE_UNEXPECTED_EXIT
        ERROR_VMCOMPUTE_UNKNOWN_MESSAGE ERROR_VMCOMPUTE_UNSUPPORTED_PROTOCOL_VERSION
        ERROR_VMCOMPUTE_WINDOWS_INSIDER_REQUIRED
    );
    assert_eq!(listed.len(), 32 + 20);
    for Entry { name, .. } in TABLE {
        assert!(
            !name.starts_with("HCS_E_") && !name.starts_with("ERROR_VMCOMPUTE_") || listed.contains(name),
            "{name}"
        );
    }
}

#[test]
fn every_other_code_is_as_in_windows_sys() {
    assert_as_in_windows_sys!(
        S_OK S_FALSE E_NOTIMPL E_POINTER E_FAIL E_UNEXPECTED E_ACCESSDENIED E_HANDLE E_OUTOFMEMORY
        E_INVALIDARG HCN_E_ENDPOINT_ALREADY_ATTACHED HCN_E_INVALID_JSON
        ERROR_VIRTDISK_PROVIDER_NOT_FOUND ERROR_VIRTUAL_DISK_LIMITATION
    );
    macro_rules! assert_win32 {
        ($($constant:ident $name:ident)*) => {
            $(
                assert_eq!($constant, Hresult::from_win32(windows_sys::Win32::Foundation::$name as u32));
                assert_eq!($constant.name(), Some(stringify!($name)));
            )*
        };
    }
    assert_win32!(
        HRESULT_ERROR_FILE_NOT_FOUND ERROR_FILE_NOT_FOUND
        HRESULT_ERROR_PATH_NOT_FOUND ERROR_PATH_NOT_FOUND
        HRESULT_ERROR_INVALID_DATA ERROR_INVALID_DATA
        HRESULT_ERROR_SHARING_VIOLATION ERROR_SHARING_VIOLATION
        HRESULT_ERROR_NOT_SUPPORTED ERROR_NOT_SUPPORTED
        HRESULT_ERROR_FILE_EXISTS ERROR_FILE_EXISTS
        HRESULT_ERROR_ALREADY_EXISTS ERROR_ALREADY_EXISTS
        HRESULT_ERROR_NOT_FOUND ERROR_NOT_FOUND
        HRESULT_ERROR_LOGON_TYPE_NOT_GRANTED ERROR_LOGON_TYPE_NOT_GRANTED
        HRESULT_ERROR_FILE_CORRUPT ERROR_FILE_CORRUPT
        HRESULT_ERROR_NO_SYSTEM_RESOURCES ERROR_NO_SYSTEM_RESOURCES
        HRESULT_RPC_X_SS_IN_NULL_CONTEXT RPC_X_SS_IN_NULL_CONTEXT
        HRESULT_ERROR_DUPLICATE_TAG ERROR_DUPLICATE_TAG
    );
}

#[test]
fn twins_are_0x100_to_0x113_without_the_two_of_the_first_api() {
    for low in 0x000..0x200 {
        let hresult = Hresult::from_bits(0x8037_0000 | low);
        let nt = Hresult::from_bits(0xC037_0000 | low);
        if matches!(low, 0x100..=0x113) && !matches!(low, 0x103 | 0x104) {
            assert_eq!((hresult.nt_form(), nt.hresult_form()), (nt, hresult));
            assert_eq!(hresult.message(), nt.message());
        } else {
            assert_eq!((hresult.nt_form(), nt.hresult_form()), (hresult, nt));
        }
        assert_eq!((nt.nt_form(), hresult.hresult_form()), (nt, hresult));
    }
    for code in [S_OK, E_FAIL, E_ACCESSDENIED, ERROR_VIRTUAL_DISK_LIMITATION] {
        assert_eq!((code.nt_form(), code.hresult_form()), (code, code));
    }
}

#[test]
fn shown_with_name_bits_and_meaning() {
    let pending = HCS_E_OPERATION_PENDING;
    assert_eq!(pending.to_string(), "HCS_E_OPERATION_PENDING (0x80370117): the operation is still running");
    assert_eq!(format!("{pending:?}"), "HCS_E_OPERATION_PENDING (0x80370117)");
    assert_eq!(format!("{HRESULT_ERROR_NOT_FOUND:?}"), "ERROR_NOT_FOUND (0x80070490)");
    assert_eq!(S_OK.to_string(), "S_OK (0x00000000): success");
    assert_eq!(
        ERROR_VMCOMPUTE_TERMINATED.to_string(),
        "ERROR_VMCOMPUTE_TERMINATED (0xC0370107): the system was ended by force (HRESULT form: HCS_E_TERMINATED)",
    );

    let unknown = Hresult::from_bits(0x8004_ABCD);
    assert_eq!(unknown.to_string(), "0x8004ABCD");
    assert_eq!(format!("{unknown:?}"), "0x8004ABCD");
    assert_eq!(unknown.message(), "");
}

#[test]
fn a_document_carries_the_signed_number() {
    assert_eq!(serde_json::to_string(&E_ACCESSDENIED).unwrap(), "-2147024891");
    assert_eq!(serde_json::from_str::<Hresult>("-2147024891").unwrap(), E_ACCESSDENIED);
    assert!(serde_json::from_str::<Hresult>("2147942405").is_err());
}
