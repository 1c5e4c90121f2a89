fn main() {
    telemetry::execute!("shop.stop", {}, { content-type: "text/html" });
}
