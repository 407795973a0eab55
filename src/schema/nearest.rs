//! The nearest spelling among names.
//! Not here: what is compared with what (`reader`).

/// A name that was probably meant: the same without case, or one that a slip or two makes of it.
pub(crate) fn nearest<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 96;
    if given.is_empty() || given.len() > LONGEST {
        return None;
    }
    let slips = match given.len() {
        0..=2 => 0,
        3..=5 => 1,
        6..=12 => 2,
        _ => 3,
    };
    let near = names.filter(|it| it.len().abs_diff(given.len()) <= slips);
    near.map(|it| (distance(&given.to_lowercase(), &it.to_lowercase()), it))
        .filter(|it| it.0 <= slips)
        .min_by_key(|it| it.0) // the first of several
        .map(|it| it.1)
}

/// How many letters have to be put in, taken out, changed, or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
    for (at, row) in rows.iter_mut().enumerate() {
        row[0] = at;
    }
    for (at, cell) in rows[0].iter_mut().enumerate() {
        *cell = at;
    }
    for i in 1..=one.len() {
        for j in 1..=other.len() {
            let change = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let names = ["SaveStateFilePath", "SaveType", "Path"];
        let find = |given| nearest(given, names.into_iter());
        assert_eq!(find("SavedStateFilePath"), Some("SaveStateFilePath"));
        assert_eq!(find("savetype"), Some("SaveType"));
        assert_eq!(find("SaevType"), Some("SaveType"));
        assert_eq!(find("Pth"), Some("Path"));
        assert_eq!(find("Owner"), None);
        assert_eq!(find(""), None);
        assert_eq!(find(&"x".repeat(1 << 20)), None);
    }
}
