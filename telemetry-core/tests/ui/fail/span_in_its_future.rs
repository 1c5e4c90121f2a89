async fn checkout() {
    let span = telemetry::span!("shop.checkout");
    span.wrap(async {
        span.measure("rows", 3);
    })
    .await;
}

fn main() {}
