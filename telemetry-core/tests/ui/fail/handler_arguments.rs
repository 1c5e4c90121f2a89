use telemetry::{Event, attach};

fn four(_: &str, _: &[u8], _: &[u8], _: ()) {}

fn by_value(_: Event<'_>) {}

fn main() {
    let _ = attach("none", "shop.stop", || {});
    let _ = attach("two", "shop.stop", |_name, _event| {});
    let _ = attach("four", "shop.stop", four);
    let _ = attach("by value", "shop.stop", by_value);
    let _ = attach("not a function", "shop.stop", 7);
}
