//! Definitions that nothing in the program seems to feed.

use telemetry_metrics::DefinitionProblem;

use crate::card::{Card, Status, Table, Value};

/// More rows than this are only counted.
const MOST_ROWS: usize = 200;

pub(super) fn card(warnings: &[DefinitionProblem]) -> Card {
    let mut table = Table::new(["Definition", "What is wrong"])
        .empty("Everything that definitions name is emitted somewhere in the program.")
        .searchable();
    for (at, warning) in warnings.iter().take(MOST_ROWS).enumerate() {
        let cells = [
            Value::code(&*warning.metric),
            warning.problem.to_string().into(),
        ];
        table.row_with(at.to_string(), cells, Some(Status::Warn), None);
    }
    let mut hint = "A definition whose event nothing emits stays silent for ever.".to_owned();
    if warnings.len() > MOST_ROWS {
        hint.push_str(&format!(
            " There are {}; the first {MOST_ROWS} are shown.",
            warnings.len()
        ));
    }
    Card::table("definitions", table)
        .title("Definitions")
        .hint(&hint)
        .wide()
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, counter};

    use super::*;

    #[test]
    fn a_definition_that_nothing_feeds_is_named_with_what_to_do() {
        telemetry::execute!("dash_definitions.placed");
        let aggregator = Aggregator::builder()
            .metrics([counter("dash_definitions.plaecd.count")])
            .start()
            .unwrap();
        let card = card(aggregator.warnings()).whole();
        let cells = &card["rows"][0]["cells"];
        assert_eq!(cells[0]["c"], "dash_definitions.plaecd.count");
        let text = cells[1].as_str().unwrap();
        assert!(
            text.contains("did you mean `dash_definitions.placed`?"),
            "{text}"
        );
    }
}
