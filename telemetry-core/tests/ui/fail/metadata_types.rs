use std::path::Path;

struct User;

fn main() {
    telemetry::execute!("shop.stop", {}, { user: User });
    telemetry::execute!("shop.stop", {}, { path: Path::new("/") });
    telemetry::execute!("shop.stop", {}, { list: vec!["a"] });
    telemetry::execute!("shop.stop", {}, { big: 1u128 });
    telemetry::execute!("shop.stop", {}, { parsed: "1".parse::<u64>() });
    telemetry::execute!("shop.stop", {}, { bytes: b"text" });
    telemetry::span!("shop.checkout", { user: User }).finish();
    telemetry::completion_span!("shop.query", { user: User }).finish();
}
