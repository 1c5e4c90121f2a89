fn main() {
    let n = 1;
    telemetry::execute!("shop.stop", { n, n: 2 });
    telemetry::execute!("shop.stop", {}, { route: "/", "route": "/" });
    telemetry::span!("shop.checkout", { route: "/", route: "/" }).finish();
    telemetry::completion_span!("shop.query", { source: "a", source: "b" }).finish();
}
