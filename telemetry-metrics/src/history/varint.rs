//! Integers in as few bytes as they need: seven bits to a byte, the lowest first, as in LEB128.

/// Appends a number.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Appends a number that may be negative; small magnitudes are short.
pub(super) fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put(bytes, ((number << 1) ^ (number >> 63)) as u64);
}

/// Takes a number off the front. What was cut short reads as zeros: never a panic.
pub(super) fn take(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    let mut shift = 0;
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7F).checked_shl(shift).unwrap_or(0);
        if *byte < 0x80 {
            break;
        }
        shift += 7;
    }
    number
}

/// Takes a number off the front unread.
pub(super) fn skip(bytes: &mut &[u8]) {
    let length = bytes.iter().position(|byte| *byte < 0x80);
    *bytes = &bytes[length.map_or(bytes.len(), |length| length + 1)..];
}

/// Takes what [`put_signed`] appended off the front.
pub(super) fn take_signed(bytes: &mut &[u8]) -> i64 {
    let number = take(bytes);
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers_take_one_byte() {
        for (number, length) in [(0, 1), (127, 1), (128, 2), (u64::MAX, 10)] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            assert_eq!(bytes.len(), length, "{number}");
        }
        for number in [-64, 63] {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, number);
            assert_eq!(bytes.len(), 1, "{number}");
        }
    }

    proptest! {
        #[test]
        fn what_is_put_is_taken(numbers: Vec<(u64, i64)>) {
            let mut bytes = Vec::new();
            for (number, signed) in numbers.iter().chain(&[(u64::MAX, i64::MIN), (0, i64::MAX)]) {
                put(&mut bytes, *number);
                put_signed(&mut bytes, *signed);
            }
            let mut left = &bytes[..];
            for (number, signed) in numbers.iter().chain(&[(u64::MAX, i64::MIN), (0, i64::MAX)]) {
                prop_assert_eq!(take(&mut left), *number);
                prop_assert_eq!(take_signed(&mut left), *signed);
            }
            prop_assert!(left.is_empty());
            let mut left = &bytes[..];
            for _ in 0..2 * numbers.len() + 4 {
                prop_assert!(!left.is_empty());
                skip(&mut left);
            }
            prop_assert!(left.is_empty());
            skip(&mut left);
        }

        #[test]
        fn nothing_is_read_beyond_the_end(bytes: Vec<u8>) {
            let mut left = &bytes[..];
            while !left.is_empty() {
                let before = left.len();
                take(&mut left);
                prop_assert!(left.len() < before);
            }
            prop_assert_eq!(take(&mut left), 0);
        }
    }
}
