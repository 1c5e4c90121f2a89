use telemetry::{Event, attach};

async fn store(_: &Event<'_>) {}

fn main() {
    let _ = attach("async", "shop.stop", store);
    let _ = attach("async closure", "shop.stop", async |_| {});
}
