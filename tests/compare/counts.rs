//! Holds docs/comparison.md to the files that it counts.
//! Not here: the code that is counted.

use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../docs/comparison.md");

/// In the order of the page's columns.
const FILES: [&str; 4] = [
    include_str!("../cookbook.rs"),
    include_str!("by_hand.rs"),
    include_str!("with_mockall.rs"),
    include_str!("gmock/behaviours.cpp"),
];

/// Lines of code by marker: neither blank, nor a comment alone, nor the frame of a test.
fn counted(file: &str) -> BTreeMap<(usize, &str), usize> {
    let (mut counts, mut here) = (BTreeMap::new(), None);
    for line in file.lines() {
        let marker = line.strip_prefix("// ").and_then(|it| it.split_once(": "));
        if let Some((number, title)) = marker
            && let Ok(number) = number.parse()
        {
            here = Some((number, title));
            counts.insert((number, title), 0);
        } else if let Some(here) = here
            && counts_as_code(line, here.0)
        {
            *counts.get_mut(&here).unwrap() += 1;
        }
    }
    counts
}

fn counts_as_code(line: &str, marker: usize) -> bool {
    let text = line.trim();
    let frame = ["#[test]", "fn ", "TEST(", "}"].iter().any(|it| line.starts_with(it)) && marker != 0;
    !text.is_empty() && !text.starts_with("//") && !frame
}

/// The rows of the page's table: what stands in the first cell, and the numbers of the others.
fn rows() -> BTreeMap<&'static str, Vec<usize>> {
    let table = PAGE.lines().skip_while(|it| !it.starts_with("| lines of code")).skip(2);
    let cells = table.take_while(|it| it.starts_with('|')).map(|it| it.trim_matches('|').split('|'));
    cells
        .map(|mut row| {
            let name = row.next().unwrap().trim();
            (name, row.map(|it| it.trim().trim_end_matches('*').parse().unwrap()).collect())
        })
        .collect()
}

#[test]
fn the_page_has_the_lines_of_code_of_every_behaviour() {
    let mut expected: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for file in FILES {
        let counts = counted(file);
        assert_eq!(counts.len(), 13);
        let sum = counts.iter().filter(|it| it.0.0 != 0).map(|it| *it.1).sum();
        for ((number, title), lines) in counts {
            let name = if number == 0 { title.to_owned() } else { format!("{number}: {title}") };
            expected.entry(name).or_default().push(lines);
        }
        expected.entry("1 to 12".to_owned()).or_default().push(sum);
    }
    let told = rows().into_iter().map(|(name, lines)| (name.to_owned(), lines)).collect();
    assert_eq!(expected, told, "the table of docs/comparison.md has other numbers than the files");
}
