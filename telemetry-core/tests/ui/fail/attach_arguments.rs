use telemetry::{EventName, attach, attach_many};

fn main() {
    let name = EventName::new("shop.stop").unwrap();
    let _ = attach("id", name, |_| {});
    let _ = attach("id", ["shop.stop"], |_| {});
    let _ = attach_many("id", "shop.stop", |_| {});
    let _ = attach(7, "shop.stop", |_| {});
}
