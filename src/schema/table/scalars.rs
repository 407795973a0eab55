//! The scalars of the schema: texts of a form, numbers of a range.
//! Not here: structures and enumerations.

// `bool` is a row here, so Rust's own is named in full.
use core::primitive::bool as Truth;

use super::{Shape, Type};

const fn scalar(name: &'static str, shape: Shape) -> Type {
    Type { name, is_documented: true, shape }
}

pub(crate) static string: Type = scalar("string", Shape::Text);
pub(crate) static bool: Type = scalar("bool", Shape::Bool);
pub(crate) static int32: Type = scalar("int32", Shape::Integer(i32::MIN as i64, i32::MAX as u64));
pub(crate) static int64: Type = scalar("int64", Shape::Integer(i64::MIN, i64::MAX as u64));
pub(crate) static uint8: Type = scalar("uint8", Shape::Integer(0, u8::MAX as u64));
pub(crate) static uint16: Type = scalar("uint16", Shape::Integer(0, u16::MAX as u64));
pub(crate) static uint32: Type = scalar("uint32", Shape::Integer(0, u32::MAX as u64));
pub(crate) static uint64: Type = scalar("uint64", Shape::Integer(0, u64::MAX));
pub(crate) static Number: Type = scalar("Number", Shape::Number);
pub(crate) static Any: Type = scalar("Any", Shape::Any);
pub(crate) static Guid: Type = scalar(
    "Guid",
    Shape::Form(is_guid, "a GUID such as 0d2b4c8e-6f35-4a91-9b07-e1c3a5d7f264, without braces"),
);
pub(crate) static DateTime: Type =
    scalar("DateTime", Shape::Form(is_date, "a date such as 2026-01-31T08:30:00.0000000Z"));
pub(crate) static MacAddress: Type =
    scalar("MacAddress", Shape::Form(is_mac, "a MAC address such as 00-15-5D-3A-10-01"));
pub(crate) static ByteArray: Type = scalar("ByteArray", Shape::Form(is_base64, "bytes in Base64"));
pub(crate) static NullableByteArray: Type =
    scalar("NullableByteArray", Shape::Form(is_base64, "bytes in Base64"));
pub(crate) static string_binary: Type = scalar("string_binary", Shape::Form(is_base64, "bytes in Base64"));
/// The number of a serial port: a machine has two. (fidelity: `com-ports`)
pub(crate) static port: Type = scalar("port", Shape::Integer(0, 1));

pub(super) static SCALARS: &[&Type] = &[
    &string,
    &bool,
    &int32,
    &int64,
    &uint8,
    &uint16,
    &uint32,
    &uint64,
    &Number,
    &Any,
    &Guid,
    &DateTime,
    &MacAddress,
    &ByteArray,
    &NullableByteArray,
    &string_binary,
    &port,
];

pub(crate) fn is_guid(text: &str) -> Truth {
    has_form(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

fn is_mac(text: &str) -> Truth {
    has_form(text, "xx-xx-xx-xx-xx-xx") || has_form(text, "xx:xx:xx:xx:xx:xx")
}

/// With up to seven digits of a second, in UTC or with an offset.
fn is_date(text: &str) -> Truth {
    const TO_SECONDS: usize = 19;
    let Some((start, rest)) = text.split_at_checked(TO_SECONDS) else { return false };
    let fraction = rest.strip_prefix('.').map_or("", |it| {
        let end = it.find(|it: char| !it.is_ascii_digit()).unwrap_or(it.len());
        &it[..end]
    });
    let zone = if rest.starts_with('.') { &rest[1 + fraction.len()..] } else { rest };
    has_form(start, "dddd-dd-ddTdd:dd:dd")
        && rest.starts_with('.') == (1..=7).contains(&fraction.len())
        && (zone.is_empty() || zone == "Z" || has_form(zone, "+dd:dd") || has_form(zone, "-dd:dd"))
}

fn is_base64(text: &str) -> Truth {
    let padding = text.len() - text.trim_end_matches('=').len();
    text.len().is_multiple_of(4)
        && padding <= 2
        && text[..text.len() - padding].bytes().all(|it| it.is_ascii_alphanumeric() || b"+/".contains(&it))
}

/// `x` stands for a hexadecimal digit, `d` for a decimal one, anything else for itself.
fn has_form(text: &str, form: &str) -> Truth {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'x' => byte.is_ascii_hexdigit(),
            b'd' => byte.is_ascii_digit(),
            _ => byte == form,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_forms() {
        for good in ["2026-01-31T08:30:00.0000000Z", "2026-01-31T08:30:00Z", "2026-01-31T08:30:00.5+01:00"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "",
            "2026-01-31",
            "2026-01-31T08:30:00.Z",
            "2026-01-31T08:30:00.12345678Z",
            "ü026-01-31T08:30:00",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
        assert!(is_mac("00-15-5D-3a-10-01") && is_mac("00:15:5D:3A:10:01") && !is_mac("00155D3A1001"));
        assert!(
            is_base64("")
                && is_base64("AQ==")
                && is_base64("AQID")
                && !is_base64("AQI")
                && !is_base64("A===")
        );
        assert!(
            is_guid("4D9c1b70-e2a5-4836-9f7c-b0d3e8516a2f")
                && !is_guid("{4d9c1b70-e2a5-4836-9f7c-b0d3e8516a2f}")
        );
    }
}
