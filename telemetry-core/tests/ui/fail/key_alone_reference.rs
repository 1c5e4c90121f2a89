fn main() {
    let route = String::from("/");
    telemetry::execute!("shop.stop", {}, { &route });
}
