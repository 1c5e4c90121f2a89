use telemetry::{EventName, NameError, SpanName};

fn main() -> Result<(), NameError> {
    let (event, span) = (EventName::new("shop.stop")?, SpanName::new("shop.checkout")?);
    telemetry::execute!(event, { n: 1, n: 2 });
    telemetry::span!(span, { n: 1, n: 2 }).finish();
    telemetry::completion_span!(event, { n: 1, n: 2 }).finish();
    Ok(())
}
