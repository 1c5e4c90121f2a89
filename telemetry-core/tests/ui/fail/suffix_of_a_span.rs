use telemetry::{EventName, NameError, SpanName};

fn main() -> Result<(), NameError> {
    let (name, suffix) = (SpanName::new("shop.checkout")?, "*.checkout");
    telemetry::span!("checkout" => name).finish();
    telemetry::span!("*checkout" => name, { n: 1 }).finish();
    telemetry::span!(parent: None, "*.check out" => name, { n: 1 }).finish();
    telemetry::span!("*.checkout." => name).finish();
    telemetry::span!(suffix => name).finish();
    telemetry::span!(parent: None, suffix => name, { n: 1 }).finish();
    telemetry::span!("*.checkout" => "shop.checkout").finish();
    telemetry::span!("*.checkout" => EventName::new("shop.checkout")?).finish();
    telemetry::span!("*.checkout" => name, { outcome: 1 }).finish();
    telemetry::span!("*.checkout" => name, { n: 1, n: 2 }).finish();
    telemetry::span!("*.checkout" => name, { n = 1 }).finish();
    telemetry::span!("*.checkout" => name, { n: 1 }, { m: 1 }).finish();
    telemetry::span!("*.checkout" => name, parent: None).finish();
    Ok(())
}
