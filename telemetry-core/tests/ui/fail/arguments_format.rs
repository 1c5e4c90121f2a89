fn main() {
    let n = 1;
    telemetry::execute!("shop.stop {}", n);
    telemetry::execute!("shop.stop", n);
}
