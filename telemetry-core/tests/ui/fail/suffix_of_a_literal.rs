fn main() {
    telemetry::execute!("*.query" => "shop.repo.query", { n: 1 });
}
