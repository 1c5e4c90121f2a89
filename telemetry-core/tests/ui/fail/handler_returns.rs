use telemetry::attach;

fn main() {
    let _ = attach("returns", "shop.stop", |event| event.name().len());
}
