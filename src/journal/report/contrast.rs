//! Two texts or two documents, one below the other, with only what differs marked.
//! Not here: what is compared (`rules`).

use serde_json::Value;

/// Texts up to this many characters are shown whole.
const WHOLE: usize = 72;
/// What is shown around the difference of longer ones, and how much of the difference itself.
const AROUND: usize = 24;
const DIFFERENCE: usize = 48;

/// `expected` and `got`, and a third line that marks where they part.
pub(super) fn texts(expected: &str, got: &str) -> String {
    let (one, other): (Vec<char>, Vec<char>) = (expected.chars().collect(), got.chars().collect());
    let before = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let after = one[before..].iter().rev().zip(other[before..].iter().rev());
    let after = after.take_while(|(one, other)| one == other).count();
    let (expected, _) = excerpt(&one, before, after);
    let (got, at) = excerpt(&other, before, after);
    let mut text = lines(&expected, &got);
    // Quotes and braces say nothing about likeness.
    if before.max(after) > 1 {
        let width = (other.len() - before - after).clamp(1, DIFFERENCE);
        text.push_str(&format!("\n            {}{}", " ".repeat(at), "^".repeat(width)));
    }
    text
}

/// Two texts without marks.
pub(super) fn lines(expected: &str, got: &str) -> String {
    format!("  expected  {expected}\n  got       {got}")
}

/// The part of a text around its difference, and where in it that begins.
fn excerpt(text: &[char], before: usize, after: usize) -> (String, usize) {
    if text.len() <= WHOLE {
        return (text.iter().collect(), before);
    }
    let from = before.saturating_sub(AROUND);
    let differs_until = text.len() - after;
    let until = differs_until.min(before + DIFFERENCE);
    let until = if until < differs_until { until } else { text.len().min(until + AROUND) };
    let (left, right) = (if from > 0 { ".." } else { "" }, if until < text.len() { ".." } else { "" });
    let shown: String = text[from..until].iter().collect();
    (format!("{left}{shown}{right}"), left.len() + before - from)
}

/// Where two documents part.
pub(super) struct Difference<'a> {
    pub(super) pointer: String,
    pub(super) expected: Option<&'a Value>,
    pub(super) got: Option<&'a Value>,
}

/// The innermost places at which two documents differ, in order.
pub(super) fn documents<'a>(pointer: &str, expected: &'a Value, got: &'a Value) -> Vec<Difference<'a>> {
    match (expected, got) {
        (Value::Object(one), Value::Object(other)) => {
            let added = other.keys().filter(|it| !one.contains_key(*it));
            let keys = one.keys().chain(added);
            keys.flat_map(|key| {
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                members(below, one.get(key), other.get(key))
            })
            .collect()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let items = one.iter().zip(other).enumerate();
            items
                .flat_map(|(index, (one, other))| documents(&format!("{pointer}/{index}"), one, other))
                .collect()
        }
        _ if expected == got => Vec::new(),
        _ => vec![Difference { pointer: pointer.to_owned(), expected: Some(expected), got: Some(got) }],
    }
}

fn members<'a>(pointer: String, expected: Option<&'a Value>, got: Option<&'a Value>) -> Vec<Difference<'a>> {
    match (expected, got) {
        (Some(expected), Some(got)) => documents(&pointer, expected, got),
        _ => vec![Difference { pointer, expected, got }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_of_short_texts_is_marked() {
        let marked = "  expected  \"web\"\n  got       \"wep\"\n               ^";
        assert_eq!(texts("\"web\"", "\"wep\""), marked);
        let missing = "  expected  \"vmm-1\"\n  got       \"vm-1\"\n               ^";
        assert_eq!(texts("\"vmm-1\"", "\"vm-1\""), missing);
        assert_eq!(
            texts("512", "\"one\""),
            "  expected  512\n  got       \"one\"",
            "nothing in common, nothing marked"
        );
    }

    #[test]
    fn of_long_texts_the_part_around_the_difference_is_shown() {
        let (left, right) = ("l".repeat(100), "r".repeat(100));
        let (around_left, around_right) = ("l".repeat(AROUND), "r".repeat(AROUND));
        assert_eq!(
            texts(&format!("{left}1{right}"), &format!("{left}22{right}")),
            format!(
                "  expected  ..{around_left}1{around_right}..\n  got       ..{around_left}22{around_right}..\n            {}^^",
                " ".repeat(2 + AROUND)
            )
        );
        let cut = texts("short", &"x".repeat(1000));
        assert_eq!(cut, format!("  expected  short\n  got       {}..", "x".repeat(DIFFERENCE)));
    }

    #[test]
    fn documents_differ_at_their_innermost_places() {
        let one = serde_json::json!({"A": {"B": [1, 2], "C": 1}, "D/": 1});
        let other = serde_json::json!({"A": {"B": [1, 3], "E": 1}, "D/": 2});
        let pointers: Vec<String> = documents("", &one, &other).into_iter().map(|it| it.pointer).collect();
        assert_eq!(pointers, ["/A/B/1", "/A/C", "/A/E", "/D~1"]);
    }
}
