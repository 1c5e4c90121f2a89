//! What a decoder and encoder that others wrote understands, ours understands the same.

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::proto::writer;

fn status_bytes(code: i64, message: &str, details: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    writer::uint(&mut out, 1, code as u64);
    writer::bytes(&mut out, 2, message.as_bytes());
    for (kind, value) in details {
        writer::message(&mut out, 3, |out| {
            writer::bytes(out, 1, kind.as_bytes());
            writer::bytes(out, 2, value);
        });
    }
    out
}

fn retry_info_bytes(seconds: i64, nanos: i64) -> Vec<u8> {
    let mut out = Vec::new();
    writer::message(&mut out, 1, |out| {
        writer::uint(out, 1, seconds as u64);
        writer::uint(out, 2, nanos as u64);
    });
    out
}

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

#[test]
fn nothing_at_all_is_a_whole_success() {
    assert_eq!(partial_success(&[]), Ok(Partial::default()));
    let body = ExportTraceServiceResponse {
        partial_success: None,
    };
    assert_eq!(
        partial_success(&body.encode_to_vec()),
        Ok(Partial::default())
    );
}

#[test]
fn a_negative_count_is_no_count() {
    let body = ExportMetricsServiceResponse {
        partial_success: Some(ExportMetricsPartialSuccess {
            rejected_data_points: -5,
            error_message: "odd".to_owned(),
        }),
    };
    let partial = partial_success(&body.encode_to_vec()).unwrap();
    assert_eq!((partial.rejected, partial.message.as_str()), (0, "odd"));
}

#[test]
fn unknown_fields_are_skipped() {
    let mut body = Vec::new();
    writer::uint(&mut body, 7, 99);
    writer::fixed64(&mut body, 8, 1);
    writer::fixed32(&mut body, 9, 1);
    writer::message(&mut body, 1, |out| {
        writer::bytes(out, 15, b"new");
        writer::uint(out, 1, 3);
    });
    assert_eq!(partial_success(&body).unwrap().rejected, 3);
}

#[test]
fn what_is_no_message_is_unreadable() {
    for garbage in [
        &b"<html>"[..],
        b"{}",
        b"ok",
        &[0x0a],
        &[0x0a, 0x05, 0x08],
        &[0x00, 0x01],
        &[0xff; 12],
    ] {
        assert_eq!(partial_success(garbage), Err(Unreadable), "{garbage:?}");
        assert_eq!(status(garbage), Err(Unreadable), "{garbage:?}");
    }
}

#[test]
fn a_status_tells_when_to_come_again() {
    let wait = retry_info_bytes(3, 500_000_000);
    let body = status_bytes(14, "busy", &[("x/Other", b"\xff"), (RETRY_INFO, &wait)]);
    let expected = Status {
        code: 14,
        message: "busy".to_owned(),
        retry_after: Some(Duration::from_millis(3_500)),
    };
    assert_eq!(status(&body), Ok(expected));
}

#[test]
fn times_to_come_again_that_make_no_sense_are_none_to_fear() {
    let read = |seconds, nanos| {
        let body = status_bytes(8, "", &[(RETRY_INFO, &retry_info_bytes(seconds, nanos))]);
        status(&body).unwrap().retry_after
    };
    assert_eq!(read(-1, -1), Some(Duration::ZERO));
    assert!(read(i64::MAX, i64::from(i32::MAX)) > Some(Duration::from_secs(1 << 60)));
    let broken = status_bytes(8, "", &[(RETRY_INFO, b"\x0a\x09")]);
    assert_eq!(status(&broken).unwrap().retry_after, None);
}

proptest! {
    #[test]
    fn what_prost_writes_is_read(rejected in any::<i64>(), message in ".{0,80}") {
        let expected = Partial {
            rejected: u64::try_from(rejected).unwrap_or(0),
            message: message.clone(),
        };
        let traces = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: rejected,
                error_message: message.clone(),
            }),
        };
        prop_assert_eq!(partial_success(&traces.encode_to_vec()), Ok(expected.clone()));
        let metrics = ExportMetricsServiceResponse {
            partial_success: Some(ExportMetricsPartialSuccess {
                rejected_data_points: rejected,
                error_message: message,
            }),
        };
        prop_assert_eq!(partial_success(&metrics.encode_to_vec()), Ok(expected));
    }

    #[test]
    fn arbitrary_bytes_harm_nobody(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // What prost takes, ours takes as well, unless it has groups; and it says the same.
        if let (Ok(ours), Ok(theirs)) = (
            partial_success(&bytes),
            ExportTraceServiceResponse::decode(&bytes[..]),
        ) {
            let theirs = theirs.partial_success.unwrap_or_default();
            prop_assert_eq!(ours.rejected, u64::try_from(theirs.rejected_spans).unwrap_or(0));
            prop_assert_eq!(ours.message, theirs.error_message);
        }
        let _ = status(&bytes);
    }

    #[test]
    fn broken_messages_harm_nobody(
        code in any::<i64>(),
        message in ".{0,40}",
        seconds in any::<i64>(),
        cut in any::<prop::sample::Index>(),
        flip in any::<prop::sample::Index>(),
        with in any::<u8>(),
    ) {
        let wait = retry_info_bytes(seconds, 1);
        let mut body = status_bytes(code, &message, &[(RETRY_INFO, &wait)]);
        prop_assert_eq!(status(&body).unwrap().message, message);
        let at = flip.index(body.len());
        body[at] ^= with;
        body.truncate(cut.index(body.len() + 1));
        let _ = status(&body);
        let _ = partial_success(&body);
    }
}
