async fn rows() -> u64 {
    3
}

fn run() -> u64 {
    telemetry::execute!("shop.stop", { n: rows().await });
    3
}

fn main() {
    run();
}
