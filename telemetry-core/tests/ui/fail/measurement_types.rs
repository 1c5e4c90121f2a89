use std::time::Instant;

struct Opaque;

fn main() {
    let started = Instant::now();
    telemetry::execute!("shop.stop", { name: "text" });
    telemetry::execute!("shop.stop", { name: String::from("text") });
    telemetry::execute!("shop.stop", { flag: true });
    telemetry::execute!("shop.stop", { micros: started.elapsed().as_micros() });
    telemetry::execute!("shop.stop", { started });
    telemetry::execute!("shop.stop", { opaque: Opaque });
    telemetry::execute!("shop.stop", { many: vec![1, 2] });
    telemetry::execute!("shop.stop", { parsed: "1".parse::<u64>() });
    telemetry::execute!("shop.stop", { nothing: () });
}
