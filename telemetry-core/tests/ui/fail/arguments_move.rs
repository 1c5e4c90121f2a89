fn take(text: String) -> usize {
    text.len()
}

fn main() {
    let text = String::from("a");
    // Values are taken by reference, but an expression may move.
    telemetry::execute!("shop.stop", { bytes: take(text) });
    drop(text);
}
