//! Lines into datagrams.
//!
//! A datagram remembers what its lines stand for, so that exactly that is acknowledged once it was
//! delivered. Nothing here sends anything: datagrams go to a [`Sink`].

use crate::load::{Load, Token};

/// So many of the numbers that a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim<M = Token> {
    pub(crate) token: M,
    pub(crate) count: u64,
}

impl<M> Claim<M> {
    /// All of them.
    pub(crate) fn all(token: M) -> Self {
        Self {
            token,
            count: u64::MAX,
        }
    }
}

/// Appends a claim. Lines of one series stand beside each other, so it is mostly one more of the
/// last.
pub(crate) fn claim<M: PartialEq>(claims: &mut Vec<Claim<M>>, new: Claim<M>) {
    match claims.last_mut() {
        Some(last) if last.token == new.token => last.count = last.count.saturating_add(new.count),
        _ => claims.push(new),
    }
}

/// Where datagrams go, and what cannot be one.
pub(crate) trait Sink<M = Token> {
    /// A datagram that carries so much; takes the claims out.
    fn datagram(&mut self, bytes: &[u8], load: Load, claims: &mut Vec<Claim<M>>);

    /// Lines that can never be sent; takes the claims out.
    fn give_up(&mut self, reason: GivenUp, lines: u64, claims: &mut Vec<Claim<M>>);
}

/// Why a line can never be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// It is longer than a datagram may be.
    TooLong {
        /// How it begins.
        start: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// Its number is not finite: a difference of totals at the edge of what `f64` holds.
    NotFinite,
}

/// Packs lines into datagrams of at most `mtu` bytes.
#[derive(Debug)]
pub(crate) struct Packer<M = Token> {
    mtu: usize,
    buffer: Vec<u8>,
    load: Load,
    claims: Vec<Claim<M>>,
}

impl<M: Copy + PartialEq> Packer<M> {
    pub(crate) fn new(mtu: usize) -> Self {
        Self {
            mtu,
            buffer: Vec::with_capacity(mtu),
            load: Load::default(),
            claims: Vec::new(),
        }
    }

    pub(crate) fn mtu(&self) -> usize {
        self.mtu
    }

    /// How long a line may be to fit into the datagram that has been begun.
    pub(crate) fn room(&self) -> usize {
        match self.buffer.len() {
            0 => self.mtu,
            used => self.mtu.saturating_sub(used + 1),
        }
    }

    /// Adds a line, which may be several that have to arrive together; takes its claims out.
    pub(crate) fn push(
        &mut self,
        line: &str,
        load: Load,
        claims: &mut Vec<Claim<M>>,
        sink: &mut impl Sink<M>,
    ) {
        if line.len() > self.mtu {
            let start = line.chars().take(40).filter(|c| *c != '\n').collect();
            let bytes = line.len();
            sink.give_up(GivenUp::TooLong { start, bytes }, load.lines, claims);
            claims.clear();
            return;
        }
        if line.len() > self.room() {
            self.finish(sink);
        }
        if !self.buffer.is_empty() {
            self.buffer.push(b'\n');
        }
        self.buffer.extend_from_slice(line.as_bytes());
        self.load += load;
        claims
            .drain(..)
            .for_each(|new| claim(&mut self.claims, new));
    }

    /// Adds a line that may be longer than the limit: then it goes alone.
    pub(crate) fn push_whole(
        &mut self,
        line: &str,
        load: Load,
        claims: &mut Vec<Claim<M>>,
        sink: &mut impl Sink<M>,
    ) {
        if line.len() <= self.mtu {
            self.push(line, load, claims, sink);
            return;
        }
        self.finish(sink);
        sink.datagram(line.as_bytes(), load, claims);
        claims.clear();
    }

    /// Hands over what has been begun.
    pub(crate) fn finish(&mut self, sink: &mut impl Sink<M>) {
        if !self.buffer.is_empty() {
            sink.datagram(&self.buffer, self.load, &mut self.claims);
        }
        self.clear();
    }

    /// Forgets what has been begun.
    pub(crate) fn clear(&mut self) {
        self.buffer.clear();
        self.load = Load::default();
        self.claims.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Kept {
        datagrams: Vec<(String, u64, Vec<Claim<u8>>)>,
        given_up: Vec<(GivenUp, Vec<Claim<u8>>)>,
    }

    impl Sink<u8> for Kept {
        fn datagram(&mut self, bytes: &[u8], load: Load, claims: &mut Vec<Claim<u8>>) {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            self.datagrams
                .push((text, load.lines, std::mem::take(claims)));
        }

        fn give_up(&mut self, reason: GivenUp, _: u64, claims: &mut Vec<Claim<u8>>) {
            self.given_up.push((reason, std::mem::take(claims)));
        }
    }

    fn pack(mtu: usize, lines: &[(&str, u8)]) -> Kept {
        let mut kept = Kept::default();
        let mut packer = Packer::new(mtu);
        for (line, mark) in lines {
            let mut claims = vec![Claim {
                token: *mark,
                count: 1,
            }];
            packer.push(line, Load::lines(1), &mut claims, &mut kept);
            assert!(claims.is_empty());
        }
        packer.finish(&mut kept);
        packer.finish(&mut kept);
        kept
    }

    #[test]
    fn lines_are_joined_as_long_as_they_fit() {
        let lines = [("a.b:1|c", 1), ("c.d:1|c", 2)];
        let texts = |mtu| -> Vec<String> {
            let kept = pack(mtu, &lines);
            kept.datagrams.into_iter().map(|(text, ..)| text).collect()
        };
        assert_eq!(
            texts(15),
            ["a.b:1|c\nc.d:1|c"],
            "exactly the limit is allowed"
        );
        assert_eq!(texts(14), ["a.b:1|c", "c.d:1|c"]);
    }

    #[test]
    fn a_datagram_knows_what_its_lines_stand_for() {
        let kept = pack(8, &[("a:1|c", 1), ("b", 2), ("c:1|c", 2), ("d", 2)]);
        let claim = |token, count| Claim { token, count };
        assert_eq!(
            kept.datagrams,
            [
                ("a:1|c\nb".into(), 2, vec![claim(1, 1), claim(2, 1)]),
                ("c:1|c\nd".into(), 2, vec![claim(2, 2)]),
            ]
        );
    }

    #[test]
    fn a_line_that_never_fits_is_given_up_and_the_others_are_sent() {
        let kept = pack(10, &[("a.b:1|c", 1), ("http.request:1|c", 2), ("c:1|c", 3)]);
        let texts: Vec<&str> = kept
            .datagrams
            .iter()
            .map(|(text, ..)| text.as_str())
            .collect();
        assert_eq!(texts, ["a.b:1|c", "c:1|c"]);
        let start = "http.request:1|c".to_owned();
        assert_eq!(
            kept.given_up,
            [(
                GivenUp::TooLong { start, bytes: 16 },
                vec![Claim { token: 2, count: 1 }]
            )]
        );
    }

    #[test]
    fn a_line_that_may_be_longer_goes_alone_and_in_its_order() {
        let mut kept = Kept::default();
        let mut packer = Packer::new(10);
        let mut push = |line: &str, mark| {
            let mut claims = vec![Claim {
                token: mark,
                count: 1,
            }];
            packer.push_whole(line, Load::lines(1), &mut claims, &mut kept);
        };
        push("a:1|c", 1);
        push("_e{5,4}:title|text", 2);
        push("b:1|c", 3);
        packer.finish(&mut kept);
        let texts: Vec<&str> = kept
            .datagrams
            .iter()
            .map(|(text, ..)| text.as_str())
            .collect();
        assert_eq!(texts, ["a:1|c", "_e{5,4}:title|text", "b:1|c"]);
        assert_eq!(kept.datagrams[1].2, [Claim { token: 2, count: 1 }]);
    }

    #[test]
    fn nothing_is_no_datagram() {
        assert!(pack(10, &[]).datagrams.is_empty());
    }
}
