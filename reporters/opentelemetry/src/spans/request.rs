//! The body of a request: `opentelemetry/proto/collector/trace/v1`.

use bytes::Bytes;

use super::Batch;
use crate::proto::writer;

/// The conventions that the names of attributes are taken from.
const SCHEMA: &str = "https://opentelemetry.io/schemas/1.44.0";

/// An `ExportTraceServiceRequest`: a resource (a `Resource`, without the field's key), and spans of it.
pub(crate) fn request(resource: &[u8], batch: &Batch) -> Bytes {
    let mut scope = Vec::new();
    writer::message(&mut scope, 1, |out| {
        writer::bytes(out, 1, env!("CARGO_PKG_NAME").as_bytes());
        writer::bytes(out, 2, env!("CARGO_PKG_VERSION").as_bytes());
    });
    let schema = field_len(SCHEMA.len());
    let scope_spans = scope.len() + batch.bytes.len() + schema;
    let resource_spans = field_len(resource.len()) + field_len(scope_spans);
    // Of a known size: nothing has to be moved, and a batch may be large.
    let mut out = Vec::with_capacity(field_len(resource_spans));
    begin(&mut out, 1, resource_spans);
    writer::bytes_even_empty(&mut out, 1, resource);
    begin(&mut out, 2, scope_spans);
    out.extend_from_slice(&scope);
    out.extend_from_slice(&batch.bytes);
    writer::bytes(&mut out, 3, SCHEMA.as_bytes());
    out.into()
}

/// The key, which is one byte, and the length of a message of so many bytes.
fn begin(out: &mut Vec<u8>, field: u8, length: usize) {
    out.push(field << 3 | 2);
    writer::varint(out, length as u64);
}

fn field_len(length: usize) -> usize {
    1 + writer::varint_len(length as u64) + length
}
