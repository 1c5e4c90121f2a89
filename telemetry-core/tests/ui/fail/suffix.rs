use telemetry::{EventName, NameError};

fn main() -> Result<(), NameError> {
    let name = EventName::new("shop.repo.query")?;
    telemetry::execute!("query" => name);
    telemetry::execute!("*query" => name, { n: 1 });
    telemetry::execute!("*.qu ery" => name, { n: 1 });
    telemetry::execute!("" => name, { n: 1 });
    telemetry::completion_span!("shop.*" => name).finish();
    Ok(())
}
