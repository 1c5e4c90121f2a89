use telemetry::{NameError, SpanName};

fn main() -> Result<(), NameError> {
    let name = SpanName::new("shop.checkout")?;
    telemetry::span!("*.checkout" => name).finish();
    telemetry::span!("*.checkout" => name, { n: 1 }).finish();
    Ok(())
}
