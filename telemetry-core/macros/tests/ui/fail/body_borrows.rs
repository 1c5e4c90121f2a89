use telemetry_macros::measured;

#[measured("ui.checkout", fields(n = name.len()))]
fn checkout(name: String, list: Vec<u8>) -> String {
    list.push(1);
    drop(name);
    name
}

#[measured("ui.refund")]
fn refund<'a>(name: String) -> &'a str {
    &name
}

fn main() {}
