//! Makes `tokio_unstable` a known `cfg`: tokio has more figures with it, and so have we.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(tokio_unstable)");
}
