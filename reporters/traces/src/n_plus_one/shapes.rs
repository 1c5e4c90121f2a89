//! The statements that are known, so that each text is normalised once.
//!
//! A text is found by its hash, and compared, so nothing is allocated for one that is known. Two
//! generations bound the memory: new ones go into the young one; when that is full, it becomes the
//! old one, and what was old and not asked for since is forgotten.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;

use super::shape::{Asked, Shape};

/// Threads that ask at the same time mostly ask in different ones.
const SHARDS: usize = 8;

pub(super) struct Shapes {
    hasher: RandomState,
    shards: [Mutex<Generations>; SHARDS],
    /// What a generation of a shard may take, in bytes.
    room: usize,
}

#[derive(Default)]
struct Generations {
    young: HashMap<u64, Known, RandomState>,
    old: HashMap<u64, Known, RandomState>,
    /// Of the young.
    bytes: usize,
}

struct Known {
    statement: Box<str>,
    /// `command` and `source` follow from the statement, and are not compared.
    shape: Arc<Shape>,
}

impl Known {
    fn is(&self, asked: &Asked<'_>) -> bool {
        *self.statement == *asked.statement
            && self.shape.repo.as_deref() == asked.repo
            && self.shape.system.as_deref() == asked.system
    }

    fn bytes(&self) -> usize {
        // The table has room for as many again.
        2 * size_of::<(u64, Self)>() + self.statement.len() + self.shape.bytes()
    }
}

impl Shapes {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            hasher: RandomState::default(),
            shards: Default::default(),
            room: bytes / SHARDS / 2,
        }
    }

    pub(super) fn of(&self, asked: &Asked<'_>) -> Arc<Shape> {
        let asked = asked.cut();
        let hash = self.hasher.hash_one((asked.statement, asked.repo));
        let shard = &self.shards[(hash >> 48) as usize % SHARDS];
        let mut lock = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock.young.get(&hash) {
            if known.is(&asked) {
                return known.shape.clone();
            }
        }
        if let Some(known) = lock.old.remove(&hash) {
            if known.is(&asked) {
                let shape = known.shape.clone();
                lock.keep(hash, known, self.room);
                return shape;
            }
        }
        // Others need not wait for that.
        drop(lock);
        let shape = Arc::new(Shape::of(&asked, |normal| self.hasher.hash_one(normal)));
        let known = Known {
            statement: asked.statement.into(),
            shape: shape.clone(),
        };
        let mut lock = shard.lock().unwrap_or_else(PoisonError::into_inner);
        lock.keep(hash, known, self.room);
        shape
    }
}

impl Generations {
    fn keep(&mut self, hash: u64, known: Known, room: usize) {
        let bytes = known.bytes();
        if self.bytes + bytes > room {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        if bytes > room {
            return;
        }
        self.bytes += bytes;
        if let Some(other) = self.young.insert(hash, known) {
            self.bytes -= other.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(statement: &str) -> Asked<'_> {
        Asked {
            statement,
            repo: Some("repo"),
            source: None,
            system: None,
            command: None,
        }
    }

    #[test]
    fn a_text_is_looked_at_once_and_texts_of_one_form_have_one_id() {
        let shapes = Shapes::new(1 << 20);
        let one = shapes.of(&asked("SELECT a FROM t WHERE id = 1"));
        let again = shapes.of(&asked(&String::from("SELECT a FROM t WHERE id = 1")));
        assert!(Arc::ptr_eq(&one, &again));
        let other = shapes.of(&asked("select a from t where id = 2"));
        assert_eq!(one.id, other.id);
        assert_ne!(one.id, shapes.of(&asked("select b from t where id = 2")).id);
        let elsewhere = Asked {
            repo: Some("another"),
            ..asked("SELECT a FROM t WHERE id = 1")
        };
        assert_ne!(one.id, shapes.of(&elsewhere).id);
    }

    #[test]
    fn hostile_texts_do_not_fill_the_memory_nor_push_out_what_is_in_use() {
        let shapes = Shapes::new(1 << 20);
        let often = shapes.of(&asked("select a from t"));
        for n in 0..50_000 {
            let text = format!(
                "select '{n}' from t{} where {}",
                n % 1000,
                "x".repeat(n % 300)
            );
            shapes.of(&asked(&text));
            if n % 10 == 0 {
                assert!(Arc::ptr_eq(&often, &shapes.of(&asked("select a from t"))));
            }
        }
        let mut bytes = 0;
        for shard in &shapes.shards {
            let shard = shard.lock().unwrap();
            let all = shard.young.values().chain(shard.old.values());
            bytes += all.map(Known::bytes).sum::<usize>();
        }
        assert!(bytes <= 1 << 20, "{bytes}");
    }
}
