fn main() {
    telemetry::execute!(5);
    telemetry::execute!(5, { n: 1 });
    telemetry::execute!(b"shop.stop");
    telemetry::span!(true).finish();
    telemetry::completion_span!('q').finish();
}
