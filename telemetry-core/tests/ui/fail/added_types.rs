struct User;

fn main() {
    let span = telemetry::span!("shop.checkout");
    span.measure("rows", "three");
    span.set("user", User);
    span.fail(&User);
    span.handle().measure("rows", true);
    span.finish();
}
