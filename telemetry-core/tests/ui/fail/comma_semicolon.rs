fn main() {
    telemetry::execute!("shop.stop", { n: 1; m: 2 });
}
