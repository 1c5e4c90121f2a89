//! [`Limiter`]: how often a wrong token may be tried.
//!
//! Each address has tries of its own, so that a script with an old token, or whoever guesses, locks out
//! itself alone; scripts and people have separate ones, as a proxy gives all of them one address. While
//! they are spent the right token does not count either, as otherwise it would limit nothing.
//!
//! Whoever has more addresses than are remembered spends what is left for all others. That is meant: it
//! is what bounds how often the token can be guessed by all together.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

/// So many wrong tokens at once.
const MOST: u32 = 10;

/// After which there is another one.
const EACH: Duration = Duration::from_secs(5);

/// So many addresses with wrong tokens are told apart.
const REMEMBERED: usize = 64;

/// Who tries, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Who {
    /// `None` if the server does not say.
    address: Option<IpAddr>,
    pub(super) kind: &'static str,
}

impl Who {
    pub(super) fn of(request: &Parts, kind: &'static str) -> Self {
        let peer = request.extensions.get::<ConnectInfo<SocketAddr>>();
        Self {
            address: peer.map(|peer| network(peer.0.ip())),
            kind,
        }
    }
}

/// Whoever has one address of IPv6 has 2^64 of them.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip => ip,
    }
}

#[derive(Debug, Default)]
pub(super) struct Limiter(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    /// Who sent wrong tokens lately.
    known: HashMap<Who, Tries>,
    /// For whoever finds no room there.
    others: Tries,
}

#[derive(Debug, Default)]
struct Tries {
    /// Wrong ones that count, at `since`.
    wrong: u32,
    since: Option<Instant>,
}

impl Limiter {
    /// Whether a token may be tried; if not, in how many seconds.
    pub(super) fn check(&self, who: Who, now: Instant) -> Result<(), u32> {
        let mut all = self.lock();
        let tries = all.of(who, now);
        if tries.wrong < MOST {
            return Ok(());
        }
        let passed = tries.since.map_or(EACH, |since| now.duration_since(since));
        let left = EACH.saturating_sub(passed).as_secs() + 1;
        Err(u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// One was wrong.
    pub(super) fn wrong(&self, who: Who, now: Instant) {
        let mut all = self.lock();
        let tries = all.of(who, now);
        tries.wrong = (tries.wrong + 1).min(MOST);
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn of(&mut self, who: Who, now: Instant) -> &mut Tries {
        let is_full = self.known.len() >= REMEMBERED;
        if is_full && !self.known.contains_key(&who) {
            self.known.retain(|_, tries| {
                tries.advance(now);
                tries.wrong > 0
            });
        }
        let has_room = self.known.len() < REMEMBERED || self.known.contains_key(&who);
        let tries = match has_room {
            true => self.known.entry(who).or_default(),
            false => &mut self.others,
        };
        tries.advance(now);
        tries
    }
}

impl Tries {
    fn advance(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.duration_since(since).as_secs() / EACH.as_secs();
        let forgiven = u32::try_from(passed).unwrap_or(u32::MAX).min(self.wrong);
        self.wrong -= forgiven;
        self.since = match self.wrong {
            0 => Some(now),
            _ => Some(since + EACH * forgiven),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(address: &str, kind: &'static str) -> Who {
        Who {
            address: Some(network(address.parse().unwrap())),
            kind,
        }
    }

    #[test]
    fn after_some_wrong_ones_there_is_one_at_a_time() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        let me = who("10.0.0.1", "form");
        let at = |seconds| now + Duration::from_secs(seconds);
        for _ in 0..MOST {
            assert_eq!(limiter.check(me, now), Ok(()));
            limiter.wrong(me, now);
        }
        assert_eq!(limiter.check(me, now), Err(6));
        assert_eq!(limiter.check(me, at(4)), Err(2));
        assert_eq!(limiter.check(me, at(5)), Ok(()));
        limiter.wrong(me, at(5));
        assert_eq!(limiter.check(me, at(5)), Err(6));
        assert_eq!(limiter.check(me, at(10)), Ok(()));
        // After long enough all is forgotten, and not more than that.
        for _ in 0..MOST {
            assert_eq!(limiter.check(me, at(1_000)), Ok(()));
            limiter.wrong(me, at(1_000));
        }
        assert!(limiter.check(me, at(1_000)).is_err());
    }

    #[test]
    fn wrong_ones_beyond_the_limit_make_it_no_longer() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        let me = who("10.0.0.1", "form");
        for _ in 0..1_000 {
            limiter.wrong(me, now);
        }
        assert_eq!(limiter.check(me, now + EACH), Ok(()));
    }

    #[test]
    fn whoever_guesses_locks_out_nobody_else() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        let spend = |who| (0..MOST).for_each(|_| limiter.wrong(who, now));
        spend(who("2001:db8::1", "header"));
        // All that one may have, also as IPv6 has IPv4.
        assert!(limiter.check(who("2001:db8::2:3", "header"), now).is_err());
        assert_eq!(limiter.check(who("2001:db8::1", "form"), now), Ok(()));
        assert_eq!(limiter.check(who("2001:db8:0:1::1", "header"), now), Ok(()));
        spend(who("10.0.0.1", "form"));
        assert!(limiter.check(who("::ffff:10.0.0.1", "form"), now).is_err());
        assert_eq!(limiter.check(who("10.0.0.2", "form"), now), Ok(()));
    }

    #[test]
    fn many_together_have_no_more_than_what_is_left_for_others() {
        let (limiter, now) = (Limiter::default(), Instant::now());
        let stranger = |n: u32| who(&std::net::Ipv4Addr::from_bits(n).to_string(), "form");
        let guess = |n, now| {
            let is_let = limiter.check(stranger(n), now).is_ok();
            is_let.then(|| limiter.wrong(stranger(n), now)).is_some()
        };
        let guesses = (0..1_000).filter(|n| guess(*n, now)).count();
        assert_eq!(guesses, REMEMBERED + MOST as usize);
        assert_eq!(limiter.lock().known.len(), REMEMBERED);
        // Those that are quiet again make room.
        assert!(guess(2_000, now + EACH));
        assert_eq!(limiter.lock().known.len(), 1);
    }
}
