use telemetry::{EventName, NameError, SpanName};

fn main() -> Result<(), NameError> {
    let event = EventName::new("shop.stop")?;
    let span = SpanName::new("shop.checkout")?;
    telemetry::span!(event).finish();
    telemetry::execute!(span);
    telemetry::completion_span!(span).finish();
    Ok(())
}
