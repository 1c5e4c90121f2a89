use telemetry::attach;

fn main() {
    let name = String::from("a");
    let _ = attach("borrows", "shop.stop", |_| println!("{name}"));
}
