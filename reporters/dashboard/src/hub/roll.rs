//! [`Roll`]: who looks at what.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::limits::{Busy, Limits};
use super::section::Section;
use crate::view::Key;

/// Who looks at what, and which sections are therefore kept up to date.
#[derive(Default)]
pub(super) struct Roll {
    sections: HashMap<Key, Entry>,
    viewers: HashMap<u64, Member>,
    admitted: u64,
    pub(super) is_closed: bool,
    /// There is a conductor.
    pub(super) is_conducted: bool,
}

struct Entry {
    section: Arc<Section>,
    viewers: usize,
    /// Since when nobody looks.
    idle: Option<Instant>,
}

struct Member {
    post: Arc<Post>,
    sections: Arc<[Arc<Section>]>,
}

/// What the conductor and a viewer tell each other.
#[derive(Debug, Default)]
pub(super) struct Post {
    /// How many ticks it has not asked for anything.
    missed: AtomicU32,
    end: AtomicU8,
}

/// Why a viewer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Stalled,
}

/// Somebody who was let in.
pub(super) struct Admitted {
    pub(super) id: u64,
    pub(super) post: Arc<Post>,
    pub(super) sections: Arc<[Arc<Section>]>,
}

impl Post {
    /// It asks for more.
    pub(super) fn here(&self) {
        self.missed.store(0, Ordering::Relaxed);
    }

    fn end_with(&self, end: End) {
        let end = match end {
            End::Closed => 1,
            End::Stalled => 2,
        };
        self.end.store(end, Ordering::Relaxed);
    }

    pub(super) fn end(&self) -> Option<End> {
        match self.end.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(End::Closed),
            _ => Some(End::Stalled),
        }
    }
}

impl Roll {
    /// Lets somebody in who wants to see these. Sections that gave way are the caller's to drop.
    pub(super) fn admit(
        &mut self,
        keys: &[Key],
        limits: Limits,
    ) -> Result<(Admitted, Vec<Arc<Section>>), Busy> {
        if self.is_closed {
            return Err(Busy::Closed);
        }
        if self.viewers.len() >= limits.viewers {
            return Err(Busy::Viewers(limits.viewers));
        }
        let more = keys.iter().filter(|key| !self.sections.contains_key(key));
        let more = more.count();
        let mut gone = Vec::new();
        if self.sections.len() + more > limits.sections {
            gone = self.remove(|entry| entry.idle.is_some());
        }
        // Some that are asked for may just have gone.
        let more = keys.iter().filter(|key| !self.sections.contains_key(key));
        if self.sections.len() + more.count() > limits.sections {
            return Err(Busy::Sections(limits.sections));
        }
        let sections: Arc<[_]> = keys.iter().map(|key| self.join(key)).collect();
        let post = Arc::new(Post::default());
        self.admitted += 1;
        let member = Member {
            post: post.clone(),
            sections: sections.clone(),
        };
        self.viewers.insert(self.admitted, member);
        let admitted = Admitted {
            id: self.admitted,
            post,
            sections,
        };
        Ok((admitted, gone))
    }

    fn join(&mut self, key: &Key) -> Arc<Section> {
        let entry = self.sections.entry(key.clone());
        let entry = entry.or_insert_with_key(|key| Entry {
            section: Arc::new(Section::new(key.clone())),
            viewers: 0,
            idle: None,
        });
        entry.viewers += 1;
        entry.idle = None;
        entry.section.clone()
    }

    /// Somebody does not look any more; again and again makes no difference. What nobody looks at
    /// any more and nobody will clear up is the caller's to drop.
    pub(super) fn leave(&mut self, id: u64, now: Instant) -> Vec<Arc<Section>> {
        let Some(member) = self.viewers.remove(&id) else {
            return Vec::new();
        };
        for section in member.sections.iter() {
            if let Some(entry) = self.sections.get_mut(&section.key) {
                entry.viewers -= 1;
                if entry.viewers == 0 {
                    entry.idle = Some(now);
                }
            }
        }
        if self.is_conducted {
            return Vec::new();
        }
        self.remove(|entry| entry.idle.is_some())
    }

    /// Those that somebody looks at.
    pub(super) fn watched(&self) -> Vec<Arc<Section>> {
        let watched = self.sections.values().filter(|entry| entry.viewers > 0);
        watched.map(|entry| entry.section.clone()).collect()
    }

    /// One that somebody looks at.
    pub(super) fn watched_as(&self, key: &Key) -> Option<Arc<Section>> {
        let entry = self.sections.get(key)?;
        (entry.viewers > 0).then(|| entry.section.clone())
    }

    /// Removes those that nobody has looked at for long enough.
    pub(super) fn expire(&mut self, now: Instant, grace: Duration) -> Vec<Arc<Section>> {
        self.remove(|entry| {
            let grace = entry.section.grace(grace);
            entry
                .idle
                .is_some_and(|since| now.saturating_duration_since(since) >= grace)
        })
    }

    /// Removes those that nobody looks at.
    pub(super) fn expire_all(&mut self) -> Vec<Arc<Section>> {
        self.remove(|entry| entry.idle.is_some())
    }

    fn remove(&mut self, is_gone: impl Fn(&Entry) -> bool) -> Vec<Arc<Section>> {
        let mut gone = Vec::new();
        self.sections.retain(|_, entry| {
            let is_gone = is_gone(entry);
            if is_gone {
                gone.push(entry.section.clone());
            }
            !is_gone
        });
        gone
    }

    /// A tick has passed. Ends viewers who took nothing for so many; how many, and what they alone
    /// looked at.
    pub(super) fn tick(&mut self, patience: u32, now: Instant) -> usize {
        let stalled: Vec<u64> = self
            .viewers
            .iter()
            .filter(|(_, one)| one.post.missed.fetch_add(1, Ordering::Relaxed) >= patience)
            .map(|(id, _)| *id)
            .collect();
        for id in &stalled {
            if let Some(member) = self.viewers.get(id) {
                member.post.end_with(End::Stalled);
            }
            // There is a conductor: its tick this is.
            self.leave(*id, now);
        }
        stalled.len()
    }

    /// Nobody is let in any more, and whoever is there is told to go.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        for member in self.viewers.values() {
            member.post.end_with(End::Closed);
        }
    }

    pub(super) fn viewers(&self) -> usize {
        self.viewers.len()
    }

    pub(super) fn sections(&self) -> usize {
        self.sections.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Range;

    const LIMITS: Limits = Limits {
        viewers: 2,
        sections: 3,
    };

    fn pages(places: std::ops::Range<usize>) -> Vec<Key> {
        places.map(|at| Key::Page(at, Range(60))).collect()
    }

    fn refusal(result: Result<(Admitted, Vec<Arc<Section>>), Busy>) -> Busy {
        result.map(|_| ()).unwrap_err()
    }

    #[test]
    fn limits_hold_and_free_up() {
        let now = Instant::now();
        let mut roll = Roll {
            is_conducted: true,
            ..Roll::default()
        };
        let (one, _) = roll.admit(&pages(0..2), LIMITS).unwrap();
        assert_eq!(refusal(roll.admit(&pages(1..4), LIMITS)), Busy::Sections(3));
        let (two, _) = roll.admit(&pages(0..2), LIMITS).unwrap();
        assert_eq!(refusal(roll.admit(&pages(0..1), LIMITS)), Busy::Viewers(2));
        assert_eq!((roll.viewers(), roll.sections()), (2, 2));
        assert!(Arc::ptr_eq(&one.sections[0], &two.sections[0]), "shared");
        roll.leave(one.id, now);
        roll.leave(one.id, now);
        assert_eq!(roll.watched().len(), 2, "the other one still looks");
        roll.leave(two.id, now);
        assert_eq!((roll.watched().len(), roll.sections()), (0, 2));
        // What is only kept for those who come back makes way.
        let (_, gone) = roll.admit(&pages(2..5), LIMITS).unwrap();
        assert_eq!(gone.len(), 2);
        roll.close();
        assert_eq!(refusal(roll.admit(&[], LIMITS)), Busy::Closed);
    }

    #[test]
    fn sections_are_kept_for_a_while() {
        let (now, grace) = (Instant::now(), Duration::from_secs(5));
        let mut roll = Roll {
            is_conducted: true,
            ..Roll::default()
        };
        let (one, _) = roll.admit(&pages(0..1), LIMITS).unwrap();
        assert!(roll.expire(now + 2 * grace, grace).is_empty(), "watched");
        roll.leave(one.id, now);
        assert!(roll.expire(now, grace).is_empty());
        let (again, _) = roll.admit(&pages(0..1), LIMITS).unwrap();
        assert!(Arc::ptr_eq(&one.sections[0], &again.sections[0]));
        roll.leave(again.id, now);
        assert_eq!(roll.expire(now + grace, grace).len(), 1);
        assert_eq!(roll.sections(), 0);
    }

    #[test]
    fn nothing_is_kept_where_nobody_would_clear_up() {
        let mut roll = Roll::default();
        let (one, _) = roll.admit(&pages(0..1), LIMITS).unwrap();
        assert_eq!(roll.leave(one.id, Instant::now()).len(), 1);
        assert_eq!(roll.sections(), 0);
    }

    #[test]
    fn who_takes_nothing_is_ended() {
        let now = Instant::now();
        let mut roll = Roll {
            is_conducted: true,
            ..Roll::default()
        };
        let (one, _) = roll.admit(&pages(0..1), LIMITS).unwrap();
        let (two, _) = roll.admit(&pages(0..1), LIMITS).unwrap();
        for _ in 0..3 {
            assert_eq!(roll.tick(3, now), 0);
            two.post.here();
        }
        assert_eq!(roll.tick(3, now), 1);
        assert_eq!(one.post.end(), Some(End::Stalled));
        assert_eq!((two.post.end(), roll.viewers()), (None, 1));
        roll.close();
        assert_eq!(two.post.end(), Some(End::Closed));
    }
}
