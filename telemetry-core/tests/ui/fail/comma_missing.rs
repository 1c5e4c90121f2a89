fn main() {
    telemetry::execute!("shop.stop", { n: 1 m: 2 });
    telemetry::execute!("shop.stop", { n: 1 }, { route: "/" status: 200 });
    telemetry::span!("shop.checkout", { route: "/" status: 200 }).finish();
    telemetry::completion_span!("shop.query", { route: "/" status: 200 }).finish();
}
