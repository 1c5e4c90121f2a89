#![deny(unused)]

fn main() {
    telemetry::span!("shop.checkout");
    telemetry::span!("shop.checkout").wrap(std::future::ready(()));
    telemetry::in_current_context(std::future::ready(()));
    telemetry::SpanContext::new_root().enter();
    let _ = telemetry::attach("id", "shop.stop", |_| {}).map(|attached| {
        attached.guard();
    });
    telemetry::attach("id", "shop.stop", |_| {});
}
