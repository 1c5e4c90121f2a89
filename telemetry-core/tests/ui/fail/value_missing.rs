fn main() {
    telemetry::execute!("shop.stop", { n: });
    telemetry::execute!("shop.stop", { n: , m: 1 });
}
