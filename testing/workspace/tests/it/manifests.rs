//! What a crate's page on the registry shows.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cargo::{Member, libraries, members, root, text};

/// Those categories of the registry that are of use here; it ignores others, and only warns of them.
const CATEGORIES: [&str; 13] = [
    "asynchronous",
    "command-line-interface",
    "concurrency",
    "data-structures",
    "database",
    "development-tools::debugging",
    "development-tools::profiling",
    "development-tools::testing",
    "network-programming",
    "visualization",
    "web-programming::http-client",
    "web-programming::http-server",
    "web-programming::websocket",
];

#[test]
fn only_what_is_made_for_others_is_published() {
    let kept: BTreeSet<_> = members()
        .iter()
        .filter(|member| !member.is_published())
        .map(Member::place)
        .collect();
    let expected = [
        "demo-app",
        "telemetry-core/model",
        "testing/counting",
        "testing/otlp",
        "testing/vectors",
        "testing/workspace",
    ];
    assert!(kept.iter().eq(expected), "{kept:?}");
}

#[test]
fn a_library_is_described() {
    for library in libraries() {
        let name = library.name();
        let description = library.text("description");
        assert!(
            (30..=130).contains(&description.len()),
            "{name}: {description}"
        );
        assert!(!description.ends_with('.'), "{name}: {description}");
        assert_eq!(library.text("license"), "MIT OR Apache-2.0", "{name}");
        assert_eq!(library.text("edition"), "2024", "{name}");
        assert_eq!(library.text("readme"), "README.md", "{name}");
        assert_eq!(
            library.text("documentation"),
            format!("https://docs.rs/{name}")
        );
    }
}

#[test]
fn keywords_and_categories_are_as_the_registry_wants_them() {
    for library in libraries() {
        let (name, keywords) = (library.name(), library.texts("keywords"));
        assert!((3..=5).contains(&keywords.len()), "{name}: {keywords:?}");
        for word in &keywords {
            let is_one = |letter: char| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
            };
            assert!(
                word.len() <= 20 && word.chars().all(is_one),
                "{name}: {word}"
            );
        }
        assert_eq!(
            keywords.iter().collect::<BTreeSet<_>>().len(),
            keywords.len(),
            "{name}: {keywords:?}"
        );
        assert_eq!(keywords[0], "telemetry", "{name}: what finds the family");

        let categories = library.texts("categories");
        assert!(
            (1..=5).contains(&categories.len()),
            "{name}: {categories:?}"
        );
        for category in categories {
            assert!(CATEGORIES.contains(&category), "{name}: {category}");
        }
    }
}

#[test]
fn the_documentation_of_a_library_shows_all_its_features() {
    for library in libraries() {
        let has_features = library.0["features"]
            .as_object()
            .is_some_and(|features| !features.is_empty());
        let all = &library.0["metadata"]["docs"]["rs"]["all-features"];
        assert_eq!(
            *all == Value::Bool(true),
            has_features,
            "{}",
            library.name()
        );
    }
}

#[test]
fn both_licences_are_in_the_folder_of_each_library() {
    for library in libraries() {
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert_eq!(
                library.read(licence),
                text(licence),
                "{}: {licence}",
                library.name()
            );
        }
    }
}

/// Otherwise what is published would need something that is not, or that is another version.
#[test]
fn libraries_need_libraries_of_the_same_version() {
    for library in libraries() {
        for dependency in library.dependencies() {
            let path = dependency["path"].as_str();
            // Cargo leaves out development's dependencies that have no version.
            let is_left_out = dependency["kind"] == "dev" && dependency["req"] == "*";
            let Some(path) = path.filter(|_| !is_left_out) else {
                continue;
            };
            let (name, needed) = (library.name(), &dependency["name"]);
            let found = libraries().find(|other| other.folder() == root().join(path));
            let found =
                found.unwrap_or_else(|| panic!("{name} needs {needed}, which is not published"));
            let wanted = dependency["req"].as_str().unwrap_or_default();
            assert_eq!(
                wanted.trim_start_matches(['^', '=']),
                found.text("version"),
                "{name} needs {needed}"
            );
        }
    }
}
