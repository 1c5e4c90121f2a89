//! An `unsafe fn` stays one, and its body may do what it could.
use telemetry_macros::measured;

/// # Safety
///
/// `n` must be valid.
#[measured("ui.unsafe.read")]
unsafe fn read(n: *const u8) -> u8 {
    unsafe { *n }
}

fn main() {
    assert_eq!(unsafe { read(&7) }, 7);
}
