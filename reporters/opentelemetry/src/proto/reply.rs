//! What a receiver answers: `Export*ServiceResponse` and `google.rpc.Status`, as far as they matter.
//!
//! The bytes come from outside. Whatever is not well formed is [`Unreadable`]; fields that are not
//! known are skipped, as they have to be. Nothing is copied but the one text that is told.

use std::time::Duration;

/// The bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// `ExportTracePartialSuccess` and `ExportMetricsPartialSuccess`, which are written alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Partial {
    /// How many spans or data points the receiver threw away. It may claim any number.
    pub(crate) rejected: u64,
    /// Why, or a warning if none was rejected. Any text, control characters included.
    pub(crate) message: String,
}

/// `google.rpc.Status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// One of gRPC's codes, or anything else.
    pub(crate) code: i32,
    /// Any text, control characters included.
    pub(crate) message: String,
    /// From a `google.rpc.RetryInfo` among the details: try again, but not before.
    pub(crate) retry_after: Option<Duration>,
}

/// Reads an `ExportTraceServiceResponse` or an `ExportMetricsServiceResponse`.
pub(crate) fn partial_success(body: &[u8]) -> Result<Partial, Unreadable> {
    let mut partial = Partial::default();
    for field in Fields(body) {
        let (1, Field::Bytes(inner)) = field? else {
            continue;
        };
        for field in Fields(inner) {
            match field? {
                // An int64; a negative one makes no sense.
                (1, Field::Number(number)) => {
                    partial.rejected = u64::try_from(number as i64).unwrap_or(0);
                }
                (2, Field::Bytes(text)) => partial.message = lossy(text),
                _ => {}
            }
        }
    }
    Ok(partial)
}

/// Reads a `google.rpc.Status`.
pub(crate) fn status(body: &[u8]) -> Result<Status, Unreadable> {
    let mut status = Status::default();
    for field in Fields(body) {
        match field? {
            (1, Field::Number(number)) => status.code = number as i32,
            (2, Field::Bytes(text)) => status.message = lossy(text),
            (3, Field::Bytes(any)) => {
                // A detail that cannot be read is none that is known.
                if let Ok(Some(wait)) = retry_info(any) {
                    status.retry_after = Some(wait);
                }
            }
            _ => {}
        }
    }
    Ok(status)
}

/// A `google.protobuf.Any`, if it holds a `google.rpc.RetryInfo`.
fn retry_info(any: &[u8]) -> Result<Option<Duration>, Unreadable> {
    let (mut kind, mut value): (&[u8], &[u8]) = (&[], &[]);
    for field in Fields(any) {
        match field? {
            (1, Field::Bytes(bytes)) => kind = bytes,
            (2, Field::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    if !kind.ends_with(b"/google.rpc.RetryInfo") {
        return Ok(None);
    }
    let (mut seconds, mut nanos) = (0_i64, 0_i32);
    for field in Fields(value) {
        let (1, Field::Bytes(duration)) = field? else {
            continue;
        };
        for field in Fields(duration) {
            match field? {
                (1, Field::Number(number)) => seconds = number as i64,
                (2, Field::Number(number)) => nanos = number as i32,
                _ => {}
            }
        }
    }
    let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let nanos = Duration::from_nanos(u64::try_from(nanos).unwrap_or(0));
    Ok(Some(seconds.saturating_add(nanos)))
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a fixed width; none of those are of interest.
    Other,
}

/// The fields of a message, by number. The first error ends it.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Field<'a>), Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Field<'a>), Unreadable> {
        let key = self.varint()?;
        let number = key >> 3;
        if number == 0 || number >= 1 << 29 {
            return Err(Unreadable);
        }
        let field = match key & 7 {
            0 => Field::Number(self.varint()?),
            1 => self.take(8).map(|_| Field::Other)?,
            2 => {
                let length = self.varint()?;
                Field::Bytes(self.take(usize::try_from(length).map_err(|_| Unreadable)?)?)
            }
            5 => self.take(4).map(|_| Field::Other)?,
            // Groups were given up long before there was OTLP.
            _ => return Err(Unreadable),
        };
        Ok((number, field))
    }

    fn varint(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0_u64;
        for at in 0..10 {
            let byte = *self.0.get(at).ok_or(Unreadable)?;
            // The tenth byte has room for one bit.
            if at == 9 && byte > 1 {
                return Err(Unreadable);
            }
            number |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                self.0 = &self.0[at + 1..];
                return Ok(number);
            }
        }
        Err(Unreadable)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Unreadable)?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests;
