//! What is in the packages.

use std::collections::{BTreeMap, BTreeSet};

use crate::cargo::{Member, cargo, libraries};

/// What Cargo puts into each.
const OF_CARGO: [&str; 4] = [
    ".cargo_vcs_info.json",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
];

#[test]
fn a_package_has_its_sources_and_licences_and_nothing_of_the_tests() {
    for library in libraries() {
        let name = library.name();
        let (list, _) = cargo(&[
            "package",
            "--offline",
            "--list",
            "--allow-dirty",
            "-p",
            name,
        ]);
        let files: Vec<&str> = list.lines().collect();
        for needed in [
            "Cargo.toml",
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "README.md",
            "src/lib.rs",
        ] {
            assert!(files.contains(&needed), "{name} lacks {needed}");
        }
        for file in files {
            let is_known = OF_CARGO.contains(&file)
                || ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "build.rs"].contains(&file)
                || ["src/", "assets/", "examples/"]
                    .iter()
                    .any(|folder| file.starts_with(folder));
            assert!(is_known, "{name} has {file}");
        }
        assert_eq!(
            list.contains("build.rs\n"),
            library.folder().join("build.rs").exists(),
            "{name}"
        );
    }
}

/// All but compiling what came out, which `cargo package` itself does.
#[test]
fn cargo_packages_every_library_and_complains_of_none() {
    let names: Vec<&str> = libraries().map(Member::name).collect();
    let mut arguments = vec!["package", "--offline", "--no-verify", "--allow-dirty"];
    arguments.extend(names.iter().flat_map(|name| ["-p", name]));
    let (_, said) = cargo(&arguments);

    let mut packaged = BTreeMap::new();
    let mut current = "";
    for line in said.lines().map(str::trim_start) {
        if let Some(rest) = line.strip_prefix("Packaging ") {
            current = rest.split(' ').next().unwrap_or_default();
        } else if let Some(rest) = line.strip_prefix("Packaged ") {
            packaged.insert(current, rest);
        }
        // Tests stay in the repository, and Cargo says so for each.
        let is_meant = line.starts_with("warning: ignoring test `");
        assert!(
            is_meant || !line.starts_with("warning"),
            "{current}: {said}"
        );
    }
    assert!(
        packaged.keys().copied().eq(BTreeSet::from_iter(names)),
        "{packaged:?}"
    );
}
