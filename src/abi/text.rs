//! UTF-16 text of the caller, decoded.
//! Not here: text that we hand out (`memory`).

use std::char;

use crate::abi::types::PCWSTR;
use crate::call::Text;

/// Reads a NUL-terminated text; a NULL pointer is no text.
///
/// # Safety
///
/// `text` is NULL or points to 16-bit units that end with a zero. It need not be aligned.
pub(crate) unsafe fn read(text: PCWSTR) -> Text {
    if text.is_null() {
        return Text::Null;
    }
    let mut length = 0;
    let mut all = 0;
    loop {
        // SAFETY: every unit up to the first zero can be read, and no further one is.
        let unit = unsafe { text.add(length).read_unaligned() };
        if unit == 0 {
            break;
        }
        all |= unit;
        length += 1;
        if length > Text::LIMIT {
            return Text::TooLong;
        }
    }
    // SAFETY: as above.
    let units = (0..length).map(|at| unsafe { text.add(at).read_unaligned() });
    if all < 0x80 {
        return Text::Is(units.map(|it| char::from(it as u8)).collect::<String>().into());
    }
    let mut decoded = String::with_capacity(length);
    let mut at = 0;
    for character in char::decode_utf16(units) {
        match character {
            Ok(character) => {
                decoded.push(character);
                at += character.len_utf16() as u32;
            }
            Err(lone) => return Text::LoneSurrogate(lone.unpaired_surrogate(), at),
        }
    }
    Text::Is(decoded.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_units(units: &[u16]) -> Text {
        // SAFETY: every test below ends its units with a zero.
        unsafe { read(units.as_ptr()) }
    }

    #[test]
    fn text_is_read_up_to_its_zero() {
        assert_eq!(read_units(&[0x68, 0x69, 0, 0x78]), Text::from("hi"));
        assert_eq!(read_units(&[0]), Text::from(""));
        assert_eq!(read_units(&[0xD83D, 0xDE00, 0]), Text::from("😀"));
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { read(std::ptr::null()) }, Text::Null);
    }

    #[test]
    fn a_lone_surrogate_is_named_with_its_place() {
        assert_eq!(read_units(&[0x61, 0xD800, 0x62, 0]), Text::LoneSurrogate(0xD800, 1));
        assert_eq!(read_units(&[0xD83D, 0xDE00, 0xDC00, 0]), Text::LoneSurrogate(0xDC00, 2));
        assert_eq!(read_units(&[0xD800, 0]), Text::LoneSurrogate(0xD800, 0));
    }

    #[test]
    fn what_is_too_long_is_not_read_to_its_end() {
        let mut long = vec![0x78u16; Text::LIMIT + 1];
        long.push(0);
        assert_eq!(read_units(&long), Text::TooLong);
        long.truncate(Text::LIMIT);
        long.push(0);
        assert_eq!(read_units(&long).as_str().map(str::len), Some(Text::LIMIT));
    }

    #[test]
    fn odd_addresses_are_fine() {
        let bytes = [0u8, 0x68, 0, 0x69, 0, 0, 0];
        // SAFETY: two units and a zero follow the first byte.
        assert_eq!(unsafe { read(bytes.as_ptr().add(1).cast()) }, Text::from("hi"));
    }
}
