#![deny(warnings)]

use telemetry_macros::measured;

#[measured("ui.checkout", fields(n))]
fn checkout(n: u32, mut limit: u32, unused: u8) -> u32 {
    limit
}

fn main() {
    checkout(1, 2, 3);
}
