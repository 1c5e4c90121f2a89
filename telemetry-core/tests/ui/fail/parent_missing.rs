fn main() {
    telemetry::span!(parent: , "shop.reply").finish();
}
