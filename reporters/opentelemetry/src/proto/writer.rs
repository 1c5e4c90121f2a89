//! Writes fields of Protocol Buffers at the end of a vector of bytes.
//!
//! As the language-neutral specification has it: fields of their default value are left out, except
//! where a field tells by its presence. Numbers of fields are below 2,048, so a key is at most two bytes.

/// How a field's value is written.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}

/// An unsigned number, seven bits to a byte, the lowest first.
#[inline]
pub(crate) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes [`varint`] takes.
#[inline]
pub(crate) fn varint_len(number: u64) -> usize {
    (70 - (number | 1).leading_zeros() as usize) / 7
}

#[inline]
fn key(out: &mut Vec<u8>, field: u32, wire: Wire) {
    varint(out, u64::from(field << 3 | wire as u32));
}

/// `uint32`, `uint64`, `bool` and enumerations. Zero is left out.
#[inline]
pub(crate) fn uint(out: &mut Vec<u8>, field: u32, number: u64) {
    if number != 0 {
        uint_even_zero(out, field, number);
    }
}

/// A member of a `oneof`, or an `optional` one: also zero is written.
#[inline]
pub(crate) fn uint_even_zero(out: &mut Vec<u8>, field: u32, number: u64) {
    key(out, field, Wire::Varint);
    varint(out, number);
}

/// `sint32`, zigzag. Zero is left out.
#[inline]
pub(crate) fn sint(out: &mut Vec<u8>, field: u32, number: i32) {
    let zigzag = (number << 1) ^ (number >> 31);
    uint(out, field, u64::from(zigzag as u32));
}

/// `fixed64`. Zero is left out.
#[inline]
pub(crate) fn fixed64(out: &mut Vec<u8>, field: u32, number: u64) {
    if number != 0 {
        fixed64_even_zero(out, field, number);
    }
}

/// `fixed64` and `sfixed64` where zero is told, too.
#[inline]
pub(crate) fn fixed64_even_zero(out: &mut Vec<u8>, field: u32, number: u64) {
    key(out, field, Wire::Fixed64);
    out.extend_from_slice(&number.to_le_bytes());
}

/// `fixed32`. Zero is left out.
#[inline]
pub(crate) fn fixed32(out: &mut Vec<u8>, field: u32, number: u32) {
    if number != 0 {
        key(out, field, Wire::Fixed32);
        out.extend_from_slice(&number.to_le_bytes());
    }
}

/// `double` where zero is told, too.
#[inline]
pub(crate) fn double_even_zero(out: &mut Vec<u8>, field: u32, number: f64) {
    fixed64_even_zero(out, field, number.to_bits());
}

/// `bytes` and `string`, empty ones left out.
#[inline]
pub(crate) fn bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        bytes_even_empty(out, field, bytes);
    }
}

/// `bytes` and `string` where an empty one is told, too.
#[inline]
pub(crate) fn bytes_even_empty(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    key(out, field, Wire::Length);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A message within the message, an empty one too. `write` may do nothing but add at the end.
///
/// Its length stands before it and is known after it. One byte is kept free for the length, which is
/// enough for most; a longer message is moved up.
#[inline]
pub(crate) fn message<R>(
    out: &mut Vec<u8>,
    field: u32,
    write: impl FnOnce(&mut Vec<u8>) -> R,
) -> R {
    key(out, field, Wire::Length);
    let length_at = out.len();
    out.push(0);
    let result = write(out);
    let length = out.len() - length_at - 1;
    if length < 0x80 {
        out[length_at] = length as u8;
    } else {
        move_up(out, length_at, length);
    }
    result
}

#[cold]
fn move_up(out: &mut Vec<u8>, length_at: usize, length: usize) {
    let more = varint_len(length as u64) - 1;
    let begin = length_at + 1;
    let end = out.len();
    out.resize(end + more, 0);
    out.copy_within(begin..end, begin + more);
    let mut rest = length as u64;
    for byte in &mut out[length_at..length_at + more] {
        *byte = rest as u8 | 0x80;
        rest >>= 7;
    }
    out[length_at + more] = rest as u8;
}

/// `repeated fixed64`, packed. Left out if there are none.
pub(crate) fn packed_fixed64(
    out: &mut Vec<u8>,
    field: u32,
    numbers: impl ExactSizeIterator<Item = u64>,
) {
    if numbers.len() == 0 {
        return;
    }
    key(out, field, Wire::Length);
    varint(out, numbers.len() as u64 * 8);
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

/// `repeated double`, packed. Left out if there are none.
pub(crate) fn packed_double(
    out: &mut Vec<u8>,
    field: u32,
    numbers: impl ExactSizeIterator<Item = f64>,
) {
    packed_fixed64(out, field, numbers.map(f64::to_bits));
}

/// `repeated uint64`, packed. Left out if there are none.
pub(crate) fn packed_uint(out: &mut Vec<u8>, field: u32, numbers: impl IntoIterator<Item = u64>) {
    let mut numbers = numbers.into_iter().peekable();
    if numbers.peek().is_some() {
        message(out, field, |out| {
            numbers.for_each(|number| varint(out, number));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_its_length_whatever_that_is() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_152] {
            let inside = vec![7; length];
            let mut out = vec![9];
            message(&mut out, 2, |out| out.extend_from_slice(&inside));
            let mut expected = vec![9, 2 << 3 | 2];
            varint(&mut expected, length as u64);
            expected.extend_from_slice(&inside);
            assert!(out == expected, "{length}");
        }
    }

    #[test]
    fn the_length_of_a_number_is_known_beforehand() {
        for bits in 0..64 {
            for number in [(1_u64 << bits) - 1, 1 << bits, u64::MAX >> bits] {
                let mut out = Vec::new();
                varint(&mut out, number);
                assert_eq!(out.len(), varint_len(number), "{number}");
            }
        }
    }
}
