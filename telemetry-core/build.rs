//! Says that this crate is linked once (`links` in the manifest takes a build script), and whether
//! the linker can collect the catalogue.

/// Where `linkme` works; the manifest has the same list.
const LINKERS: [&str; 10] = [
    "linux", "android", "fuchsia", "macos", "ios", "tvos", "windows", "freebsd", "openbsd",
    "illumos",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(linked_catalogue)");
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if std::env::var_os("CARGO_FEATURE_CATALOGUE").is_some() && LINKERS.contains(&&*os) {
        println!("cargo::rustc-cfg=linked_catalogue");
    }
}
