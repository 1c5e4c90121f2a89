fn main() {
    telemetry::execute!("shop.stop", { n: 1 } { route: "/" });
    telemetry::execute!("shop.stop" { n: 1 });
    telemetry::span!("shop.checkout" { n: 1 }).finish();
}
