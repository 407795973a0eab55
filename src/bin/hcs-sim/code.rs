//! A code in the many ways in which people come across one: hex, decimal, extended to 64 bits, a Win32 error, a name.
//! Not here: what a code means (`explain`).

use hcs_sim::Hresult;
use hcs_sim::hresult::TABLE;

use crate::nearest::nearest;

/// The code that a text says; `None` if it says none.
pub(crate) fn read(text: &str) -> Option<Hresult> {
    let text = text.trim();
    named(text).or_else(|| number(&text.replace('_', "")))
}

/// The nearest name, for a text that says no code.
pub(crate) fn near(text: &str) -> Option<&'static str> {
    nearest(text.trim(), TABLE.iter().map(|it| it.name))
}

/// A name of the Windows headers, or of a constant of the library.
fn named(text: &str) -> Option<Hresult> {
    let same = |name: &str| {
        name.eq_ignore_ascii_case(text)
            || text.get(..8).is_some_and(|it| it.eq_ignore_ascii_case("HRESULT_"))
                && name.eq_ignore_ascii_case(&text[8..])
    };
    TABLE.iter().find(|it| same(it.name)).map(|it| it.value)
}

fn number(text: &str) -> Option<Hresult> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return hexadecimal(digits);
    }
    match text.parse::<i128>() {
        Ok(number) => {
            let decimal = folded(number).map(of_small);
            let known = decimal.is_some_and(|it| it.entry().is_some());
            // eight digits that say nothing as a decimal number are hexadecimal without their 0x
            if !known
                && let Some(code) = hexadecimal(text).filter(|it| text.len() == 8 && it.entry().is_some())
            {
                return Some(code);
            }
            decimal
        }
        Err(_) if text.len() == 8 || text.len() == 16 => hexadecimal(text),
        Err(_) => None,
    }
}

fn hexadecimal(digits: &str) -> Option<Hresult> {
    let all = digits.bytes().all(|it| it.is_ascii_hexdigit());
    let bits = u64::from_str_radix(digits, 16).ok().filter(|_| all)?;
    folded(bits.into())
}

/// 32 bits, signed or not, alone or with their sign extended to 64.
fn folded(number: i128) -> Option<Hresult> {
    if let Ok(bits) = u32::try_from(number) {
        return Some(Hresult::from_bits(bits));
    }
    let signed = i64::try_from(number).or_else(|_| u64::try_from(number).map(u64::cast_signed)).ok()?;
    i32::try_from(signed).ok().map(Hresult::from_i32)
}

/// A small number that is no code of its own is a Win32 error.
fn of_small(code: Hresult) -> Hresult {
    let is_small = (1..=0xFFFF).contains(&code.bits());
    if is_small && code.entry().is_none() { Hresult::from_win32(code.bits()) } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hcs_sim::hresult::*;

    #[test]
    fn every_way_to_write_a_code_is_read() {
        for text in [
            "0x8037010E",
            "0X8037010e",
            "0x8037_010E",
            "8037010E",
            "-2143878898",
            "2151088398",
            "0xFFFFFFFF8037010E",
            "FFFFFFFF8037010E",
            "18446744071565672718",
            " HCS_E_SYSTEM_NOT_FOUND\n",
            "hcs_e_system_not_found",
        ] {
            assert_eq!(read(text), Some(HCS_E_SYSTEM_NOT_FOUND), "{text}");
        }
        assert_eq!(read("80370100"), Some(HCS_E_TERMINATED_DURING_START)); // digits alone
        assert_eq!(read("0xC037010E"), Some(ERROR_VMCOMPUTE_SYSTEM_NOT_FOUND));
        assert_eq!(read("1168"), Some(HRESULT_ERROR_NOT_FOUND)); // a Win32 error
        assert_eq!(read("HRESULT_ERROR_NOT_FOUND"), Some(HRESULT_ERROR_NOT_FOUND));
        assert_eq!(read("0"), Some(S_OK));
        assert_eq!(read("1"), Some(S_FALSE));
    }

    #[test]
    fn what_says_no_code_is_none() {
        for text in ["", "0x", "0x+1", "x", "HCS_E", "0x18037010E", "9999999999", "1.5", "-", "ä8037010"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(near("HCS_E_SYSTEM_NOTFOUND"), Some("HCS_E_SYSTEM_NOT_FOUND"));
    }
}
