fn main() {
    telemetry::execute!("shop stop");
    telemetry::execute!("shop/stop");
    telemetry::execute!("café.stop");
    // A pattern is for those who attach.
    telemetry::execute!("shop.*");
}
