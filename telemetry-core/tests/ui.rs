//! What the compiler says to those who write it wrong. A binary of its own: it builds programs.

#[test]
#[ignore = "compares with the messages of Rust 1.95 without rust-src: run with --ignored"]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
