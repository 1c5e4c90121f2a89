const NAME: &str = "shop.stop";

fn main() {
    let name = String::from("shop.stop");
    telemetry::execute!(name);
    telemetry::execute!(NAME, { n: 1 });
    telemetry::span!(name.as_str()).finish();
    telemetry::completion_span!(&name, { n: 1 }).finish();
}
