//! The `traceparent` header: what goes out comes in again, and nothing else comes in.

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{SpanContext, SpanId, TraceId};

const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The grammar again, by other means.
fn is_valid(header: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(header) else {
        // A later version may go on as it likes, but begins with 55 characters and a dash.
        return header.len() > 55
            && header[55] == b'-'
            && header[..2] != *b"00"
            && is_valid(&header[..55]);
    };
    let hex = |part: &str, digits: usize| {
        part.len() == digits && part.chars().all(|c| "0123456789abcdef".contains(c))
    };
    let parts: Vec<&str> = text.splitn(5, '-').collect();
    let [version, trace, span, flags, more @ ..] = &parts[..] else {
        return false;
    };
    hex(version, 2)
        && hex(trace, 32)
        && hex(span, 16)
        && hex(flags, 2)
        && *version != "ff"
        && trace.chars().any(|c| c != '0')
        && span.chars().any(|c| c != '0')
        && (more.is_empty() || *version != "00")
}

fn check(header: &[u8]) {
    match SpanContext::from_traceparent(header) {
        Ok(context) => {
            assert!(is_valid(header), "{:?}", header.escape_ascii().to_string());
            assert!(context.is_remote());
            assert_ne!(context.trace_id().get(), 0);
            assert_ne!(context.span_id().get(), 0);
            let text = std::str::from_utf8(&header[..55]).unwrap();
            let flags = u8::from_str_radix(&text[53..], 16).unwrap();
            assert_eq!(context.trace_id().to_string(), text[3..35]);
            assert_eq!(context.span_id().to_string(), text[36..52]);
            assert_eq!(context.is_sampled(), flags & 1 == 1);
            let out = format!("00-{}-{:02x}", &text[3..52], flags & 3);
            assert_eq!(context.traceparent().as_str(), out);
        }
        Err(_) => assert!(!is_valid(header), "{:?}", header.escape_ascii().to_string()),
    }
}

/// Something that is nearly a header.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let mutation = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    let version = prop::sample::select(vec!["00", "01", "cc", "fe", "ff", "0F"]);
    (version, vec(mutation, 0..3)).prop_map(|(version, mutations)| {
        let mut header = format!("{version}{}", &GOOD[2..]).into_bytes();
        for (at, byte, how) in mutations {
            let index = at.index(header.len().max(1));
            match how {
                0 if !header.is_empty() => header[index] = byte,
                1 => header.insert(index.min(header.len()), byte),
                2 if !header.is_empty() => drop(header.remove(index)),
                _ => header.push(byte),
            }
        }
        header
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_out_comes_in_again(trace in 1..=u128::MAX, span in 1..=u64::MAX, sampled: bool) {
        let (trace, span) = (TraceId::new(trace).unwrap(), SpanId::new(span).unwrap());
        let context = SpanContext::new(trace, span, sampled);
        let header = context.traceparent();
        prop_assert_eq!(SpanContext::from_traceparent(header), Ok(context));
        prop_assert_eq!(header.as_str().parse(), Ok(context));
        prop_assert_eq!(context.to_string().parse(), Ok(context));
        prop_assert_eq!(header.to_string(), header.as_str());
        prop_assert_eq!(trace.to_string().parse(), Ok(trace));
        prop_assert_eq!(span.to_string().parse(), Ok(span));
        let expected =
            format!("00-{:032x}-{:016x}-0{}", trace.get(), span.get(), u8::from(sampled));
        prop_assert_eq!(header.as_str(), expected);
        check(header.as_str().as_bytes());
    }

    #[test]
    fn any_bytes_are_a_context_or_an_error(header in vec(any::<u8>(), 0..80)) {
        check(&header);
    }

    #[test]
    fn what_is_nearly_a_header_is_one_only_by_the_grammar(header in nearly()) {
        check(&header);
    }

    #[test]
    fn any_text_of_the_right_characters_is_held_to_the_grammar(text in "[0-9a-fA-F-]{50,60}") {
        check(text.as_bytes());
    }

    #[test]
    fn any_text_of_the_right_shape_is_held_to_the_grammar(
        text in "(00|01|ff)[-0][0-3]{32}[-0][0-3]{16}[-0][0-9a-gA-F]{2}(-|-x|x|)?",
    ) {
        check(text.as_bytes());
    }

    #[test]
    fn ids_are_parsed_by_their_length_and_digits(text in "[0-9a-gA-F+ ]{15,17}|[0-9a-f]{31,33}|0{16}|0{32}") {
        let hex = text.chars().all(|c| "0123456789abcdef".contains(c));
        let valid = hex && text.chars().any(|c| c != '0');
        prop_assert_eq!(text.parse::<SpanId>().is_ok(), valid && text.len() == 16);
        prop_assert_eq!(text.parse::<TraceId>().is_ok(), valid && text.len() == 32);
    }
}

#[test]
fn what_is_not_exactly_a_header_is_refused() {
    let zero_trace = format!("00-{}-b7ad6b7169203331-01", "0".repeat(32));
    let zero_span = format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", "0".repeat(16));
    let fullwidth = GOOD.replacen('0', "０", 1);
    let refused: [&[u8]; 16] = [
        b"",
        b"-",
        b"---",
        &GOOD.as_bytes()[..54],
        b"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        b"00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
        b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A",
        b"00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        b" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-00",
        b"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        zero_trace.as_bytes(),
        zero_span.as_bytes(),
        fullwidth.as_bytes(),
    ];
    for header in refused {
        let shown = header.escape_ascii().to_string();
        assert!(SpanContext::from_traceparent(header).is_err(), "{shown}");
        check(header);
    }
}

#[test]
fn a_later_version_is_read_as_far_as_this_one_goes() {
    let good: SpanContext = GOOD.parse().unwrap();
    for later in ["01", "7f", "fe"] {
        for more in ["", "-", "-what the future brings", "-\u{1f980}"] {
            let header = format!("{later}{}{more}", &GOOD[2..]);
            assert_eq!(header.parse(), Ok(good), "{header}");
            check(header.as_bytes());
        }
        let header = format!("{later}{}x", &GOOD[2..]);
        assert!(header.parse::<SpanContext>().is_err(), "{header}");
    }
    let mut bytes = b"01".to_vec();
    bytes.extend(&GOOD.as_bytes()[2..]);
    bytes.extend(b"-\xff\xfe\x00");
    assert_eq!(SpanContext::from_traceparent(&bytes), Ok(good));
    check(&bytes);
}

#[test]
fn flags_of_later_days_are_not_handed_on() {
    let header = GOOD.replace("-01", "-ff");
    let context: SpanContext = header.parse().unwrap();
    assert!(context.is_sampled());
    assert_eq!(&context.traceparent().as_str()[52..], "-03");
    let header = GOOD.replace("-01", "-fc");
    assert!(!header.parse::<SpanContext>().unwrap().is_sampled());
}

#[test]
fn a_huge_header_is_an_error_and_not_a_burden() {
    let huge = vec![b'0'; 10_000_000];
    check(&huge);
    let mut later = GOOD.replacen("00", "01", 1).into_bytes();
    later.push(b'-');
    later.extend(huge);
    assert!(SpanContext::from_traceparent(&later).is_ok());
}
