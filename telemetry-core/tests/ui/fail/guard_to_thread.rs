fn main() {
    let guard = telemetry::SpanContext::new_root().enter();
    std::thread::spawn(move || drop(guard));
}
