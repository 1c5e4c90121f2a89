//! The READMEs of the crates, which are their pages on the registry.

use crate::cargo::{libraries, text};

#[test]
fn a_readme_begins_with_the_name_and_has_an_example() {
    for library in libraries() {
        let (name, readme) = (library.name(), library.read("README.md"));
        assert!(readme.starts_with(&format!("# {name}\n\n")), "{name}");
        assert!(readme.contains("\n```rust"), "{name}");
        // The registry shows them, where the documentation hides them.
        assert!(
            !readme
                .lines()
                .any(|line| line.starts_with("# ") && line.ends_with(';')),
            "{name}"
        );
        assert!(readme.contains("MIT or Apache-2.0"), "{name}");
        let docs = format!("](https://docs.rs/{name})");
        assert!(readme.contains(&docs), "{name}");
    }
}

/// No repository is named in the manifests, so the registry has nothing to resolve them with.
#[test]
fn a_readme_has_no_relative_links() {
    for library in libraries() {
        let readme = library.read("README.md");
        for link in readme.split("](").skip(1) {
            assert!(
                link.starts_with("https://"),
                "{}: {link:.40}",
                library.name()
            );
        }
    }
}

#[test]
fn every_readme_says_which_rust_it_takes() {
    for library in libraries() {
        let says = format!("Rust {} or newer", library.text("rust_version"));
        assert!(
            library.read("README.md").contains(&says),
            "{}: {says}",
            library.name()
        );
    }
}

#[test]
fn every_library_is_in_the_table_of_the_front_page_and_has_its_examples_tested() {
    let (front, tested) = (text("README.md"), text("testing/workspace/src/lib.rs"));
    for library in libraries() {
        let place = library.place();
        let row = format!("[`{}`]({place})", library.name());
        // What is only a part of another one is not listed.
        assert!(
            front.contains(&row) || library.name() == "telemetry-macros",
            "{row}"
        );
        assert!(
            tested.contains(&format!("../../../{place}/README.md")),
            "{place}"
        );
    }
}
