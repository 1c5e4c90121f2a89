use telemetry::attach;

fn main() {
    let name = String::from("a");
    let _ = attach("drops", "shop.stop", move |_| drop(name));
}
