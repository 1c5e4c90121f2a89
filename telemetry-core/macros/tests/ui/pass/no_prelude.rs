//! Every path in the expansion is absolute, and nothing of it needs the prelude.
#![no_implicit_prelude]
#![deny(warnings, unsafe_code, missing_docs, unused_qualifications)]

use ::std::result::Result;
use ::std::string::String;

/// In the way of names that are not absolute.
pub mod core {}
/// In the way of names that are not absolute.
pub mod std {}
/// In the way of names that are not absolute.
pub mod telemetry {}

/// All options.
#[::telemetry_macros::measured(
    "ui.prelude.load",
    fields(n, "db.table" = "users"),
    result = |span, text| span.measure("ok", text.is_ok() as u8),
    errors = debug,
)]
pub async fn load(n: u8) -> Result<String, u8> {
    Result::Err(n)
}

/// A boxed future.
#[::telemetry_macros::measured("ui.prelude.boxed", result = |n| *n)]
pub fn boxed(n: u8) -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = u8>>> {
    ::std::boxed::Box::pin(async move { n })
}

/// A call.
#[::telemetry_macros::measured("ui.prelude.call", result = |n| *n)]
pub fn call(n: u8) -> u8 {
    n
}

fn main() {
    call(1);
    let _ = load(1);
    let _ = boxed(1);
}
