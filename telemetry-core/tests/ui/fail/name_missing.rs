fn main() {
    telemetry::execute!();
    telemetry::span!();
    telemetry::completion_span!();
    telemetry::execute!({ n: 1 });
    telemetry::span!({ n: 1 });
    telemetry::span!(parent: None);
    telemetry::completion_span!({ n: 1 });
}
