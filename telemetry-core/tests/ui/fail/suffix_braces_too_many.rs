use telemetry::{EventName, NameError};

fn main() -> Result<(), NameError> {
    let name = EventName::new("shop.repo.query")?;
    telemetry::execute!("*.query" => name, { n: 1 }, { k: 1 }, { l: 1 });
    telemetry::completion_span!("*.query" => name, { n: 1 }, { k: 1 }).finish();
    telemetry::completion_span!(parent: None, "*.query" => name, { n: 1 }, { k: 1 }, { l: 1 }).finish();
    Ok(())
}
