fn main() {
    telemetry::span!(parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "shop.reply").finish();
    telemetry::completion_span!(parent: 7, "shop.query").finish();
}
