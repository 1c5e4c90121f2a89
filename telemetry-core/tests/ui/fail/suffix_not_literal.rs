use telemetry::{EventName, NameError};

fn main() -> Result<(), NameError> {
    let (suffix, name) = ("*.query", EventName::new("shop.repo.query")?);
    telemetry::execute!(suffix => name, { n: 1 });
    Ok(())
}
