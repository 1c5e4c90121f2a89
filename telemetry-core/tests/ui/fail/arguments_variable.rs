use std::collections::HashMap;

fn main() {
    let measurements: HashMap<&str, u64> = HashMap::new();
    telemetry::execute!("shop.stop", measurements);
}
