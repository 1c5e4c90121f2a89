fn main() {
    let status = 200;
    telemetry::execute!("shop.stop", {}, { http.status: status });
    telemetry::span!("shop.checkout", { http.status: status }).finish();
}
