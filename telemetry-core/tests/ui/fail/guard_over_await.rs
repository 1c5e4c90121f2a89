async fn charge() {}

async fn checkout() {
    let span = telemetry::span!("shop.checkout");
    let _guard = span.enter();
    charge().await;
}

fn main() {
    let _ = std::thread::spawn(move || drop(checkout()));
    tokio::spawn(checkout());
}
