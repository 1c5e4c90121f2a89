//! How many spans there are in an `ExportTraceServiceRequest`.

/// Counts the spans of a request, without looking into them.
///
/// # Panics
///
/// If it is none: whoever writes it that way must not be measured.
pub fn spans_in(request: &[u8]) -> u64 {
    const RESOURCE_SPANS: u64 = 1;
    const SCOPE_SPANS: u64 = 2;
    const SPANS: u64 = 2;
    let mut count = 0;
    for resource in messages(request, RESOURCE_SPANS) {
        for scope in messages(resource, SCOPE_SPANS) {
            count += messages(scope, SPANS).count() as u64;
        }
    }
    count
}

/// All fields of a message that have this number and are messages themselves.
fn messages(mut message: &[u8], wanted: u64) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        while !message.is_empty() {
            let tag = varint(&mut message);
            let (number, kind) = (tag >> 3, tag & 7);
            match kind {
                0 => _ = varint(&mut message),
                1 => _ = take(&mut message, 8),
                5 => _ = take(&mut message, 4),
                2 => {
                    let length = varint(&mut message);
                    let field = take(&mut message, length);
                    if number == wanted {
                        return Some(field);
                    }
                }
                _ => panic!("no kind of field: {kind}"),
            }
        }
        None
    })
}

fn take<'m>(message: &mut &'m [u8], length: u64) -> &'m [u8] {
    let length = usize::try_from(length).expect("a length that fits into memory");
    let (field, rest) = message.split_at_checked(length).expect("a whole field");
    *message = rest;
    field
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take(message, 1) else { break };
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a number without an end");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[number << 3 | 2, length][..], content].concat()
    }

    #[test]
    fn spans_of_all_scopes_are_counted_and_nothing_else() {
        let span = field(2, b"whatever");
        let scope = field(
            2,
            &[field(1, b"scope"), span.clone(), span.clone()].concat(),
        );
        let other = field(
            2,
            &[span, vec![0x50, 0xff, 0x01, 0x59], vec![7; 8]].concat(),
        );
        let resource = field(1, &[field(1, b"resource"), scope, other].concat());
        assert_eq!(spans_in(&resource), 3);
        assert_eq!(spans_in(&[resource.clone(), resource].concat()), 6);
        assert_eq!(spans_in(b""), 0);
    }

    #[test]
    #[should_panic(expected = "a whole field")]
    fn half_a_request_is_none() {
        spans_in(&[0x0a, 5, 1]);
    }
}
