async fn checkout() {
    let span = telemetry::span!("shop.checkout");
    span.wrap(|| 7).await;
    telemetry::in_current_context(7).await;
}

fn main() {}
