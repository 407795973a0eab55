//! The code is what it says it is: it agrees with `docs/fidelity.md` and `docs/findings.md`, and unsafe code stands in `abi` only.
//! Not here: the behaviours themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "rs" => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

/// The rows: id and test.
fn rows() -> Vec<(String, String)> {
    let page = fs::read_to_string(root().join("docs/fidelity.md")).unwrap();
    let rows = page.lines().filter(|it| it.starts_with("| `")).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 5, "a row has five cells: {line}");
        assert!(cells.iter().all(|it| !it.is_empty()), "no cell is empty: {line}");
        (cells[0].trim_matches('`').to_owned(), cells[4].trim_matches('`').to_owned())
    });
    rows.collect()
}

#[test]
fn every_named_test_exists() {
    let tests: BTreeSet<String> = rust_files("tests")
        .into_iter()
        .chain(rust_files("src"))
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let lines: Vec<String> = text.lines().map(|it| it.trim().to_owned()).collect();
            let named: Vec<String> = lines
                .windows(2)
                .filter(|pair| pair[0] == "#[test]")
                .filter_map(|pair| pair[1].strip_prefix("fn ")?.split('(').next().map(str::to_owned))
                .collect();
            named
        })
        .collect();
    for (id, test) in rows() {
        assert!(tests.contains(&test), "docs/fidelity.md names a test that does not exist: {id}: {test}");
    }
}

#[test]
fn every_id_stands_once() {
    let mut seen = BTreeSet::new();
    for (id, _) in rows() {
        assert!(seen.insert(id.clone()), "docs/fidelity.md has two rows {id}");
    }
    assert!(seen.len() > 80);
}

#[test]
fn every_cited_id_stands_in_the_table() {
    let known: BTreeSet<String> = rows().into_iter().map(|it| it.0).collect();
    let mut cited = 0;
    for path in rust_files("src") {
        let text = fs::read_to_string(&path).unwrap().replace("///", "").replace("//", "");
        for citation in text.split("fidelity:").skip(1) {
            let end = citation.find([')', ';', '"']).unwrap_or(citation.len());
            let line_end = citation.find("\n\n").unwrap_or(citation.len());
            for id in citation[..end.min(line_end)].split([',', '\n', ' ', '`', '.']).map(str::trim) {
                let shaped = id.len() > 3
                    && id.chars().all(|it| it.is_ascii_lowercase() || it == '-' || it.is_ascii_digit());
                if !shaped || ["the", "rows", "state-"].contains(&id) {
                    continue;
                }
                if id.contains('-') || known.contains(id) {
                    assert!(
                        known.contains(id),
                        "{} cites {id}, which docs/fidelity.md does not have",
                        path.display()
                    );
                    cited += 1;
                }
            }
        }
    }
    assert!(cited > 60, "only {cited} citations were found");
}

#[test]
fn every_kind_of_finding_is_explained_once() {
    let page = fs::read_to_string(root().join("docs/findings.md")).unwrap();
    let mut explained: Vec<&str> = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let (name, text) = section.split_once('\n').unwrap();
        let (why, mend) =
            text.split_once("\nTo mend: ").unwrap_or_else(|| panic!("{name} does not say how to mend it"));
        assert!(why.len() > 40 && mend.len() > 15, "{name} says too little");
        explained.push(name);
    }
    explained.sort_unstable();
    let mut kinds: Vec<&str> = hcs_sim::FindingKind::all().iter().map(|it| it.name()).collect();
    kinds.sort_unstable();
    assert_eq!(explained, kinds);
}

#[test]
fn unsafe_code_stands_in_abi_only() {
    let gate = root().join("src/abi");
    let mut lints = 0;
    for path in rust_files("src").into_iter().filter(|it| !it.starts_with(&gate)) {
        let text = fs::read_to_string(&path).unwrap();
        // without comments, and with them examples: exports are unsafe functions, so their callers write it
        let code: Vec<&str> = text.lines().map(|it| it.split("//").next().unwrap()).collect();
        for line in code {
            let words: Vec<&str> = line.split(|it: char| !it.is_alphanumeric() && it != '_').collect();
            assert!(!words.contains(&"unsafe"), "{}: {line}", path.display());
            if words.contains(&"unsafe_code") {
                assert!(line.starts_with("#![deny("), "{}: {line}", path.display());
                lints += 1;
            }
        }
    }
    assert_eq!(lints, 1, "lib.rs denies unsafe code");
}
