//! The tables of features, in `docs/features.md` and in the crates' READMEs. They are made of the manifests:
//! what a feature brings is the comment above it. `RENEW_FEATURES=1` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::cargo::{Member, libraries, root, text};

const BEGIN: &str = "<!-- features -->\n";
const END: &str = "<!-- /features -->\n";

/// The comment above each feature of a manifest.
fn comments(manifest: &str) -> BTreeMap<&str, String> {
    let mut comments = BTreeMap::new();
    let mut comment = Vec::new();
    let section = manifest
        .lines()
        .skip_while(|line| *line != "[features]")
        .skip(1);
    for line in section.take_while(|line| !line.starts_with('[')) {
        if let Some(said) = line.strip_prefix('#') {
            comment.push(said.trim());
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
            comments.insert(name, comment.join(" "));
            comment.clear();
        }
    }
    comments
}

/// What a feature turns on, in words.
fn adds(entries: &[&str]) -> String {
    let crates: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.strip_prefix("dep:"))
        .collect();
    let mut words: Vec<String> = crates.iter().map(|name| format!("`{name}`")).collect();
    for entry in entries.iter().filter(|entry| !entry.starts_with("dep:")) {
        match entry.split_once('/') {
            // Of a dependency that comes with this feature, its own features are a matter of course.
            Some((name, _)) if crates.contains(&name) => {}
            Some((name, feature)) => words.push(format!("`{feature}` of `{name}`")),
            None => words.push(format!("the feature `{entry}`")),
        }
    }
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(", ")
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The features of a crate, other than `default`.
fn features(library: &Member) -> Vec<(&str, Vec<&str>)> {
    let features = library.0["features"].as_object().into_iter().flatten();
    features
        .filter(|(name, _)| *name != "default")
        .map(|(name, list)| (name.as_str(), texts(list)))
        .collect()
}

fn table(library: &Member) -> String {
    let defaults = library.0["features"]["default"].as_array();
    let is_default =
        |name: &str| defaults.is_some_and(|list| list.iter().any(|entry| entry == name));
    let manifest = library.read("Cargo.toml");
    let comments = comments(&manifest);
    let mut table =
        String::from("| feature | default | what it brings | what it adds |\n|---|---|---|---|\n");
    for (name, entries) in features(library) {
        let brings = comments.get(name).map_or("", String::as_str);
        let default = if is_default(name) { "yes" } else { "no" };
        writeln!(
            table,
            "| `{name}` | {default} | {brings} | {} |",
            adds(&entries)
        )
        .expect("a string");
    }
    table
}

/// All of them, for `docs/features.md`.
fn tables() -> String {
    let mut tables = String::new();
    let mut without = Vec::new();
    for library in libraries() {
        if features(library).is_empty() {
            without.push(format!("`{}`", library.name()));
        } else {
            write!(tables, "## {}\n\n{}\n", library.name(), table(library)).expect("a string");
        }
    }
    let last = without.pop().expect("crates without features");
    writeln!(
        tables,
        "Without features: {} and {last}.",
        without.join(", ")
    )
    .expect("a string");
    tables
}

/// A page with something else between its two marks.
fn renewed(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

fn is_to_be_renewed() -> bool {
    std::env::var_os("RENEW_FEATURES").is_some_and(|value| value == "1")
}

fn check(path: &str, table: &str) {
    let page = text(path);
    let new = renewed(&page, table).unwrap_or_else(|| panic!("{path} has no marks {BEGIN}{END}"));
    if is_to_be_renewed() {
        std::fs::write(root().join(path), new).expect("a file that can be written");
    } else {
        assert_eq!(
            page, new,
            "{path} is not what the manifests say; RENEW_FEATURES=1 writes it anew"
        );
    }
}

#[test]
fn every_feature_says_what_it_brings() {
    for library in libraries() {
        let manifest = library.read("Cargo.toml");
        let comments = comments(&manifest);
        for (name, _) in features(library) {
            let brings = comments.get(name).map_or("", String::as_str);
            let is_sentence = brings.ends_with('.') && !brings.contains('|');
            assert!(is_sentence, "{}: {name}: {brings:?}", library.name());
        }
    }
}

#[test]
fn the_tables_say_what_the_manifests_say() {
    check("docs/features.md", &tables());
    for library in libraries() {
        let path = format!("{}/README.md", library.place());
        if features(library).is_empty() {
            assert!(!text(&path).contains(BEGIN), "{path}: there are none");
        } else {
            check(&path, &table(library));
        }
    }
}

#[test]
fn comments_belong_to_the_feature_below_them() {
    let manifest = "[package]\n# Not this.\n[features]\ndefault = [\"b\"]\n# One,\n# two.\na = [\n    \"b\",\n]\n\
        # Three.\nb = []\n\n[dependencies]\n# Nor this.\nc = \"1\"\n";
    let found = comments(manifest);
    assert_eq!(found["a"], "One, two.");
    assert_eq!(found["b"], "Three.");
    assert_eq!(found["default"], "");
    assert_eq!(found.len(), 3);
}

#[test]
fn what_a_feature_adds_is_told_in_words() {
    assert_eq!(adds(&[]), "nothing");
    assert_eq!(adds(&["dep:x", "x/y"]), "`x`");
    assert_eq!(adds(&["x/y", "z"]), "`y` of `x`, the feature `z`");
}
