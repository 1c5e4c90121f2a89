//! What goes over the wire: server-sent events.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use serde_json::{Value as Json, json};

use super::limits::LONGEST_SECTION;
use crate::card::{Card, Status};
use crate::view::{Key, View};

/// Says nothing; keeps a connection from being thought dead.
pub(super) const HEARTBEAT: Bytes = Bytes::from_static(b": \n\n");

/// Sections that are at least so long are handed on as they are, shared by all who get them; shorter
/// ones are copied into one piece.
const SHARED: usize = 16 << 10;

/// Tells one process from the next. It is no secret.
pub(super) fn boot() -> String {
    format!("{:016x}", RandomState::new().hash_one(SystemTime::now()))
}

/// The first event of a stream.
pub(super) fn view(boot: &str, build: &str, view: &View) -> Bytes {
    let ids: Vec<_> = view.sections.iter().map(Key::id).collect();
    let about = json!({
        "boot": boot,
        "build": build,
        "title": view.title,
        "sections": ids,
    });
    format!("retry: 2000\nevent: view\ndata: {about}\n\n").into()
}

/// The last one.
pub(super) fn bye(why: &str) -> Bytes {
    format!("event: bye\ndata: {}\n\n", json!({ "why": why })).into()
}

/// Several sections as one event, in pieces.
pub(super) fn sections(at: u64, tick: u64, parts: &[Bytes]) -> VecDeque<Bytes> {
    let mut pieces = VecDeque::new();
    let head = format!("event: sections\nid: {tick}\ndata: {{\"at\":{at},\"sections\":[");
    let mut piece = BytesMut::from(head.as_bytes());
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            piece.extend_from_slice(b",");
        }
        if part.len() < SHARED {
            piece.extend_from_slice(part);
        } else {
            pieces.push_back(piece.split().freeze());
            pieces.push_back(part.clone());
        }
    }
    piece.extend_from_slice(b"]}\n\n");
    pieces.push_back(piece.freeze());
    pieces
}

/// The whole of a section, with its id; a notice instead, if it is too long.
pub(super) fn whole(id: &str, section: Json) -> (Bytes, bool) {
    let bytes = encode(&with_id(id, section));
    if bytes.len() <= LONGEST_SECTION {
        return (bytes, true);
    }
    let text = format!(
        "This part of the page takes {} MB, which is more than is sent to a browser.",
        bytes.len() / 1_000_000
    );
    (
        encode(&with_id(id, notice("too-long", Status::Warn, &text))),
        false,
    )
}

/// What changed in a section; nothing if that is too long.
pub(super) fn delta(id: &str, delta: &Json) -> Option<Bytes> {
    let bytes = encode(&json!({ "id": id, "delta": delta }));
    (bytes.len() <= LONGEST_SECTION).then_some(bytes)
}

pub(super) fn with_id(id: &str, mut section: Json) -> Json {
    section["id"] = json!(id);
    section
}

/// A section that says why it shows nothing else.
pub(super) fn notice(id: &str, status: Status, text: &str) -> Json {
    let card = Card::notices(id, "").notice(status, text, None);
    json!({ "cards": [card.whole()] })
}

/// It has no line breaks: those in texts are escaped.
fn encode(json: &Json) -> Bytes {
    json.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pieces: VecDeque<Bytes>) -> String {
        let all = pieces.into_iter().flatten().collect();
        String::from_utf8(all).unwrap()
    }

    #[test]
    fn an_event_is_the_same_in_one_piece_or_several() {
        let long = Bytes::from(format!("\"{}\"", "x".repeat(SHARED)));
        for parts in [
            vec!["1".into(), "2".into()],
            vec![long.clone(), "2".into()],
            vec!["1".into(), long.clone()],
            vec![long.clone(), long.clone()],
            vec![long.clone()],
        ] {
            let text = text(sections(7, 3, &parts));
            let data = text
                .strip_prefix("event: sections\nid: 3\ndata: ")
                .and_then(|rest| rest.strip_suffix("\n\n"))
                .unwrap();
            let data: Json = serde_json::from_str(data).unwrap();
            let expected: Vec<Json> = parts
                .iter()
                .map(|part| serde_json::from_slice(part).unwrap())
                .collect();
            assert_eq!(data, json!({ "at": 7, "sections": expected }));
        }
    }

    #[test]
    fn long_sections_are_shared_and_not_copied() {
        let long = Bytes::from("x".repeat(SHARED));
        let pieces = sections(0, 0, std::slice::from_ref(&long));
        assert!(pieces.iter().any(|piece| piece.as_ptr() == long.as_ptr()));
    }

    #[test]
    fn texts_cannot_end_an_event() {
        let text = "a\n\nevent: bye\r\ndata: {}\u{2028}";
        let (bytes, _) = whole("x", json!({ "title": text }));
        assert!(!bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')));
        let said = bye(text);
        assert_eq!(said.iter().filter(|byte| **byte == b'\n').count(), 3);
    }

    #[test]
    fn a_section_that_is_too_long_is_a_notice() {
        let (bytes, is_whole) = whole("big", json!({ "title": "x".repeat(LONGEST_SECTION) }));
        assert!(!is_whole);
        let section: Json = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(section["id"], "big");
        assert_eq!(section["cards"][0]["kind"], "notices");
        assert_eq!(delta("big", &json!("x".repeat(LONGEST_SECTION))), None);
    }
}
