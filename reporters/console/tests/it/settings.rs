//! What a builder refuses, and how it says so.

use std::time::Duration;

use telemetry_console::{Console, ConsoleError, Problem};
use telemetry_metrics::{Aggregator, Unit};

fn problems(result: Result<Console, ConsoleError>) -> Vec<Problem> {
    match result {
        Err(ConsoleError::Settings(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_nothing_is_attached() {
    let error = Console::events()
        .only(["settings.ok.*", "settings.*.x"])
        .except(["a\nb"])
        .unit("bytes", Unit::Byte)
        .max_text(0)
        .background(10)
        .start();
    let text = error.as_ref().unwrap_err().to_string();
    assert!(
        text.starts_with("5 problems in the settings of the console:\n"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 6, "{text}");
    assert_eq!(
        problems(error),
        [
            Problem::Pattern("settings.*.x".into()),
            Problem::Pattern("a\nb".into()),
            Problem::Measurement("bytes".into()),
            Problem::MaxText,
            Problem::Background(10),
        ]
    );
    assert!(telemetry::list_handlers("settings").is_empty());
}

#[test]
fn a_table_needs_an_interval_rows_and_room() {
    let aggregator = Aggregator::builder().start().unwrap();
    let error = Console::metrics(&aggregator)
        .only(["*x"])
        .interval(Duration::ZERO)
        .max_rows(0)
        .width(39)
        .start();
    let expected = [
        Problem::Pattern("*x".into()),
        Problem::Interval,
        Problem::MaxRows,
        Problem::Width(39),
    ];
    assert_eq!(problems(error), expected);
    assert!(aggregator.health().is_empty());
}
