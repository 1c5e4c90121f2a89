fn main() {
    let id = 7;
    telemetry::execute!("shop.stop", { 7: id });
    telemetry::execute!("shop.stop", {}, { true: id });
    telemetry::execute!("shop.stop", { (id): id });
    telemetry::span!("shop.checkout", { [id]: id }).finish();
}
