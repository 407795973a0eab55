//! Where in a text something stands that a JSON pointer names.
//! Not here: what is wrong with it (`check`).

use serde::Serialize;

/// A line and a column in characters, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// The place of an offset.
    pub(crate) fn of(text: &str, offset: usize) -> Place {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |it| it + 1);
        Place { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
    }

    /// The place of a line and a column in bytes, as serde_json counts them.
    pub(crate) fn of_bytes(text: &str, line: usize, column: usize) -> Place {
        let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let mut offset = (start + column.saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        Place { line, ..Place::of(text, offset) }
    }
}

/// Which part of a member is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Name,
    Value,
}

/// The offset of what a pointer names; where the text has no such thing, of the innermost that it has. A member that stands
/// there several times is the last of them. The text may end or break anywhere.
pub(crate) fn offset(text: &str, pointer: &str, part: Part) -> usize {
    let mut walker = Walker { text, at: 0 };
    walker.space();
    let mut found = walker.at;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let next = match walker.here() {
            Some(b'{') => walker.member(&token),
            Some(b'[') => walker.element(&token),
            _ => None,
        };
        let Some((name, value)) = next else { return found };
        found = if part == Part::Name { name } else { value };
        walker.at = value;
    }
    found
}

struct Walker<'a> {
    text: &'a str,
    at: usize,
}

impl Walker<'_> {
    fn here(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.here().is_some_and(|it| it.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Passes a letter that has to stand here, and the space around it.
    fn pass(&mut self, letter: u8) -> Option<()> {
        self.space();
        (self.here()? == letter).then_some(())?;
        self.at += 1;
        self.space();
        Some(())
    }

    /// The offsets of a member's name and value.
    fn member(&mut self, wanted: &str) -> Option<(usize, usize)> {
        let mut found = None;
        let mut walk = || {
            self.pass(b'{')?;
            loop {
                let name_at = self.at;
                self.text_value()?;
                let name = serde_json::from_str::<String>(&self.text[name_at..self.at]);
                self.pass(b':')?;
                if name.is_ok_and(|it| it == wanted) {
                    found = Some((name_at, self.at));
                }
                self.value()?;
                self.pass(b',')?;
            }
        };
        let _: Option<()> = walk(); // it ends where the object does
        found
    }

    /// The offset of an element, twice: it has no name.
    fn element(&mut self, wanted: &str) -> Option<(usize, usize)> {
        let index: usize = wanted.parse().ok()?;
        self.pass(b'[')?;
        for _ in 0..index {
            self.value()?;
            self.pass(b',')?;
        }
        Some((self.at, self.at))
    }

    fn text_value(&mut self) -> Option<()> {
        (self.here()? == b'"').then_some(())?;
        loop {
            self.at += 1;
            match self.here()? {
                b'\\' => self.at += 1,
                b'"' => break,
                _ => {}
            }
        }
        self.at += 1;
        Some(())
    }

    /// Passes a value of any depth.
    fn value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.here()? {
                b'"' => self.text_value()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' if depth == 0 => return None,
                _ => self.at += 1,
            }
            let ends =
                self.here().is_none_or(|it| matches!(it, b',' | b'}' | b']') || it.is_ascii_whitespace());
            if depth == 0 && ends {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, pointer: &str, part: Part) -> (usize, usize) {
        let place = Place::of(text, offset(text, pointer, part));
        (place.line, place.column)
    }

    #[test]
    fn a_pointer_finds_names_and_values() {
        let text = "{ \"ä~/\": [1, \"x,]\", {\"b\" : {} }],\n  \"c\": null, \"c\": 2 }";
        assert_eq!(at(text, "", Part::Value), (1, 1));
        assert_eq!(at(text, "/ä~0~1", Part::Name), (1, 3));
        assert_eq!(at(text, "/ä~0~1/1", Part::Value), (1, 14));
        assert_eq!(at(text, "/ä~0~1/2/b", Part::Value), (1, 28));
        assert_eq!(at(text, "/c", Part::Name), (2, 14)); // the second
    }

    #[test]
    fn what_is_not_there_is_where_its_parent_is() {
        let text = "{\"a\": {\"b\": [true]}}";
        assert_eq!(at(text, "/a/missing", Part::Value), (1, 7));
        assert_eq!(at(text, "/a/b/7", Part::Value), (1, 13));
        assert_eq!(at(text, "/a/b/0/deeper", Part::Value), (1, 14));
        assert_eq!(at("", "/a", Part::Value), (1, 1));
    }

    #[test]
    fn a_text_that_breaks_off_is_read_as_far_as_it_goes() {
        let text = "{\"a\": 1, \"b\": {\"c\": [1, {";
        for end in 0..=text.len() {
            let place = offset(&text[..end], "/b/c/1/d", Part::Value);
            assert!(place <= end);
        }
        assert_eq!(at(text, "/b/c", Part::Name), (1, 16));
    }
}
