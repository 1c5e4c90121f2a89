struct User {
    id: u64,
}

fn main() {
    let user = User { id: 7 };
    telemetry::execute!("shop.stop", {}, { user.id });
    telemetry::completion_span!("shop.query", { user.id }).finish();
}
