fn main() {
    telemetry::execute!("shop.");
    telemetry::execute!(".shop", { n: 1 });
    telemetry::execute!("shop..stop", { n: 1 }, { route: "/" });
}
