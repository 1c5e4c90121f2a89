//! Forty keys are no trouble, and neither is the default recursion limit.
fn main() {
    telemetry::execute!(
        "ui.many",
        {
            a00: 0, a01: 0, a02: 0, a03: 0, a04: 0, a05: 0, a06: 0, a07: 0, a08: 0, a09: 0,
            a10: 0, a11: 0, a12: 0, a13: 0, a14: 0, a15: 0, a16: 0, a17: 0, a18: 0, a19: 0,
        },
        {
            b00: 0, b01: 0, b02: 0, b03: 0, b04: 0, b05: 0, b06: 0, b07: 0, b08: 0, b09: 0,
            b10: 0, b11: 0, b12: 0, b13: 0, b14: 0, b15: 0, b16: 0, b17: 0, b18: 0, b19: 0,
        }
    );
}
