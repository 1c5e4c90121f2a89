use telemetry::attach;

fn main() {
    let mut count = 0;
    let _ = attach("counts", "shop.stop", move |_| count += 1);
}
