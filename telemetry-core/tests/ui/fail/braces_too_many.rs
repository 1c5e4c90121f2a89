fn main() {
    telemetry::execute!("shop.stop", { n: 1 }, { route: "/" }, { more: 1 });
    // A span has no measurements when it begins.
    telemetry::span!("shop.checkout", { n: 1 }, { route: "/" }).finish();
    telemetry::completion_span!("shop.query", { n: 1 }, { route: "/" }).finish();
}
