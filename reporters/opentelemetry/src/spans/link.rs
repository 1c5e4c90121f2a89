//! Links: other spans that a span names by the metadata `link`.

use telemetry::{SpanContext, Value};

use super::attribute;
use crate::proto::writer::{bytes, fixed32, message, uint};

/// As many as the limits of the OpenTelemetry SDK allow.
const MOST: usize = 128;

/// What a piece of metadata names. The first is kept aside: mostly there is just that.
#[derive(Debug, Default)]
pub(super) struct Links {
    first: Option<SpanContext>,
    more: Vec<SpanContext>,
    /// What was no link, or one too many.
    dropped: u64,
}

impl Links {
    /// `None` if no part of it is the `traceparent` of a span. What has to be printed for that is printed
    /// to the end of `out`, and taken off again.
    #[inline(never)]
    pub(super) fn of(out: &mut Vec<u8>, value: &Value<'_>) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return Self::parse(text.as_bytes());
        }
        let from = out.len();
        attribute::print(out, value);
        let links = Self::parse(&out[from..]);
        out.truncate(from);
        links
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let mut links = Self::default();
        let parts = text.split(|byte| *byte == b',' || byte.is_ascii_whitespace());
        for part in parts.filter(|part| !part.is_empty()) {
            match SpanContext::from_traceparent(part) {
                Ok(link) if links.first.is_none() => links.first = Some(link),
                Ok(link) if links.more.len() + 1 < MOST => links.more.push(link),
                _ => links.dropped += 1,
            }
        }
        links.first.is_some().then_some(links)
    }
}

/// `Span.links`, and how many there are not.
#[inline]
pub(super) fn write(out: &mut Vec<u8>, links: &Links) {
    for link in links.first.iter().chain(&links.more) {
        message(out, 13, |out| {
            bytes(out, 1, &link.trace_id().to_bytes());
            bytes(out, 2, &link.span_id().to_bytes());
            // Whether it is of another process cannot be seen from the text, so that is not told.
            fixed32(out, 6, u32::from(link.is_sampled()));
        });
    }
    uint(out, 14, links.dropped.min(u32::MAX.into()));
}
