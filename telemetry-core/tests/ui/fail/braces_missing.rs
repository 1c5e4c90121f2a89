fn main() {
    telemetry::execute!("shop.stop", n: 1);
    telemetry::execute!("shop.stop", { n: 1 }, route: "/");
    telemetry::span!("shop.checkout", route: "/").finish();
}
