//! Putting the ids into a line that is written already.

use std::fmt::Write;

use telemetry::SpanContext;

use super::format::Shape;

/// Adds the ids of `context` before the end of `line`.
pub(super) fn insert(line: &mut String, shape: Shape, context: SpanContext, coloured: bool) {
    let (trace_id, span_id) = (context.trace_id(), context.span_id());
    // What ends the line goes back after the ids.
    let end = line.trim_end_matches('\n').len();
    let ending = line.split_off(end);
    // As the format paints its own fields: keys slanted, what is between them and values faint.
    let (slanted, faint, off) = match coloured {
        true => ("\x1b[3m", "\x1b[2m", "\x1b[0m"),
        false => ("", "", ""),
    };
    // Writing into a `String` cannot fail.
    let _ = match shape {
        Shape::Line => write!(
            line,
            " {slanted}trace_id{off}{faint}={off}{trace_id} \
             {slanted}span_id{off}{faint}={off}{span_id}"
        ),
        Shape::Block => write!(
            line,
            "\n    {faint}{slanted}with{off} trace_id: {trace_id}, span_id: {span_id}"
        ),
        Shape::Json => match line.strip_suffix('}') {
            Some(open) => {
                let comma = if open.ends_with('{') { "" } else { "," };
                line.pop();
                write!(
                    line,
                    "{comma}\"trace_id\":\"{trace_id}\",\"span_id\":\"{span_id}\"}}"
                )
            }
            // Not an object: better no ids than no JSON.
            None => Ok(()),
        },
    };
    line.push_str(&ending);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn inserted(line: &str, shape: Shape) -> String {
        let context = format!("00-{TRACE}-{SPAN}-01").parse().unwrap();
        let mut line = line.to_owned();
        insert(&mut line, shape, context, false);
        line
    }

    #[test]
    fn the_ids_stand_before_what_ends_the_line() {
        assert_eq!(
            inserted("INFO hello\n", Shape::Line),
            format!("INFO hello trace_id={TRACE} span_id={SPAN}\n")
        );
        assert_eq!(
            inserted("  INFO hello\n    at x.rs:1\n\n", Shape::Block),
            format!("  INFO hello\n    at x.rs:1\n    with trace_id: {TRACE}, span_id: {SPAN}\n\n")
        );
    }

    #[test]
    fn an_object_stays_one_even_if_it_is_empty() {
        let own = format!("\"trace_id\":\"{TRACE}\",\"span_id\":\"{SPAN}\"}}\n");
        assert_eq!(
            inserted("{\"a\":1}\n", Shape::Json),
            format!("{{\"a\":1,{own}")
        );
        assert_eq!(inserted("{}\n", Shape::Json), format!("{{{own}"));
        assert_eq!(inserted("nonsense\n", Shape::Json), "nonsense\n");
    }
}
