mod keys {
    pub const ROUTE: &str = "route";
}

fn main() {
    telemetry::execute!("shop.stop", {}, { keys::ROUTE: "/" });
}
