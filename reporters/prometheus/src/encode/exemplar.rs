//! Exemplars: one number of a bucket, and where it was counted.

use std::fmt::{Display, Write as _};
use std::time::SystemTime;

use telemetry_metrics::{Amount, Exemplar, Unit};

use crate::number::{write_amount, write_time};

/// Appends what stands behind a bucket: ` # {trace_id="..",span_id=".."} 0.3 1700000000.5`.
pub(super) fn write(out: &mut String, exemplar: &Exemplar, unit: Unit) {
    let ids = (exemplar.trace_id, exemplar.span_id);
    write_parts(out, ids, exemplar.value, unit, exemplar.time);
}

/// Ids need no escaping: they are hexadecimal digits. With their labels they are 63 characters, of
/// 128 that may be.
fn write_parts(
    out: &mut String,
    (trace_id, span_id): (impl Display, impl Display),
    value: Amount,
    unit: Unit,
    time: SystemTime,
) {
    // Writing into a `String` does not fail.
    let _ = write!(out, " # {{trace_id=\"{trace_id}\",span_id=\"{span_id}\"}} ");
    write_amount(out, value, unit);
    let end = out.len();
    out.push(' ');
    if !write_time(out, time) {
        out.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use telemetry::{SpanId, TraceId};

    use super::*;

    #[test]
    fn it_has_the_ids_the_number_in_its_unit_and_the_time() {
        let ids = (TraceId::new(0xabc).unwrap(), SpanId::new(0xdef).unwrap());
        let value = Amount::Integer(300_000_000);
        let mut text = String::new();
        let time = UNIX_EPOCH + Duration::from_millis(1_700_000_000_250);
        write_parts(&mut text, ids, value, Unit::Second, time);
        assert_eq!(
            text,
            " # {trace_id=\"00000000000000000000000000000abc\",span_id=\"0000000000000def\"} 0.3 \
             1700000000.25"
        );
        text.clear();
        let before = UNIX_EPOCH - Duration::from_secs(1);
        write_parts(&mut text, ids, value, Unit::Millisecond, before);
        assert!(text.ends_with("\"} 300"), "{text}");
    }
}
