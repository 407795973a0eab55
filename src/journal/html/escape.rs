//! Texts of clients inside of the page: nothing in them is read as markup, and nothing in them is invisible.
//! Not here: which texts the page has (`html`, `draw`).

use std::fmt::{self, Display, Write};

/// A text for between tags and inside of quoted attributes, for HTML and for XML.
pub(super) struct Escaped<T>(pub(super) T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, letter) in text.char_indices() {
            let shown = match letter {
                '&' => "&amp;".into(),
                '<' => "&lt;".into(),
                '>' => "&gt;".into(),
                '"' => "&quot;".into(),
                '\'' => "&#39;".into(),
                '\n' | '\t' => continue,
                it => match visible(it) {
                    Some(shown) => shown,
                    None => continue,
                },
            };
            self.0.write_str(&text[plain..at])?;
            self.0.write_str(&shown)?;
            plain = at + letter.len_utf8();
        }
        self.0.write_str(&text[plain..])
    }
}

/// What stands for a letter that nobody would see, that would turn others around, or that XML does not take.
fn visible(letter: char) -> Option<String> {
    let code = letter as u32;
    match letter {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + code).map(String::from),
        '\u{7f}' => Some("\u{2421}".to_owned()),
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fdd0}'..='\u{fdef}' => Some(format!("&lt;U+{code:04X}&gt;")),
        _ if code & 0xFFFE == 0xFFFE => Some(format!("&lt;U+{code:04X}&gt;")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_is_markup_or_invisible() {
        let shown = |text: &str| Escaped(text).to_string();
        assert_eq!(shown(r#"</script> & 'a' "b""#), "&lt;/script&gt; &amp; &#39;a&#39; &quot;b&quot;");
        assert_eq!(shown("a\0\r\u{1b}\u{7f}\u{85}b"), "a\u{2400}\u{240d}\u{241b}\u{2421}&lt;U+0085&gt;b");
        assert_eq!(
            shown("x\u{202e}gnp.\u{2066}\u{feff}\u{ffff}"),
            "x&lt;U+202E&gt;gnp.&lt;U+2066&gt;&lt;U+FEFF&gt;&lt;U+FFFF&gt;"
        );
        assert_eq!(shown("שלום 👩\u{200d}💻\n\t"), "שלום 👩\u{200d}💻\n\t");
    }
}
