fn main() {
    telemetry::execute!("");
}
