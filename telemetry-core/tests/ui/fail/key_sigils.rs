fn main() {
    let route = "/";
    // As `tracing` has it.
    telemetry::execute!("shop.stop", {}, { route: %route });
    telemetry::execute!("shop.stop", {}, { route: ?route, status: 200 });
    telemetry::execute!("shop.stop", {}, { %route });
    telemetry::span!("shop.checkout", { ?route }).finish();
    telemetry::execute!("shop.stop", {}, { route = %route });
    telemetry::execute!("shop.stop", {}, { status: 200, %route });
}
