//! The guide: its recipes are those that run, its contents are complete, its links lead somewhere.
//! Not here: the other code of its pages, which documentation tests run; the counts of docs/comparison.md (`compare`).

use std::fs;
use std::path::{Path, PathBuf};

const COOKBOOK: &str = include_str!("../docs/cookbook.md");
const RECIPES: &str = include_str!("cookbook.rs");
const CONTENTS: &str = include_str!("../docs/README.md");

/// The code blocks of a page, each with the heading above it.
fn blocks(page: &'static str) -> Vec<(&'static str, &'static str)> {
    let sections = page.split("\n## ").map(|it| (it.lines().next().unwrap(), it));
    sections
        .filter_map(|(heading, text)| {
            let code = text.split_once("```rust\n")?.1;
            Some((heading, code.split_once("```").unwrap().0))
        })
        .collect()
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

#[test]
fn every_recipe_is_to_the_letter_one_that_runs() {
    let blocks = blocks(COOKBOOK);
    assert_eq!(blocks.len(), 1 + 12);
    for (heading, code) in &blocks[1..] {
        let test = format!("#[test]\n{code}");
        assert!(RECIPES.contains(&test), "{heading} is not in tests/cookbook.rs as the page has it");
        let (number, title) = heading.split_once(". ").unwrap();
        let marker = format!("// {number}: {}{}\n", title[..1].to_lowercase(), &title[1..]);
        assert!(RECIPES.contains(&(marker.clone() + &test)), "{heading} does not stand below {marker}");
    }
    assert!(RECIPES.contains(blocks[0].1), "what all need is not what tests/cookbook.rs has");
}

#[test]
fn no_recipe_has_more_than_ten_lines() {
    for (heading, code) in &blocks(COOKBOOK)[1..] {
        // the frame: the line of `fn`, and its brace
        let lines = code.lines().filter(|it| it.starts_with(' ')).count();
        assert!(lines <= 10, "{heading} has {lines} lines");
        assert_eq!(lines + 2, code.lines().count(), "{heading} is one function");
    }
}

#[test]
fn the_contents_name_every_page() {
    let entries = fs::read_dir(docs()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    for page in entries.filter(|it| it.ends_with(".md") && it != "README.md") {
        assert!(CONTENTS.contains(&format!("[{page}]({page}): ")), "docs/README.md has no line on {page}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for entry in fs::read_dir(docs()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "md") {
            continue;
        }
        let page = fs::read_to_string(&path).unwrap();
        let targets = page.split("](").skip(1).filter_map(|it| it.split_once(')')).map(|it| it.0);
        for target in targets.filter(|it| it.contains(".md") && !it.contains("://")) {
            let file = target.split('#').next().unwrap();
            assert!(docs().join(file).exists(), "{} links to {target}", path.display());
        }
    }
}
