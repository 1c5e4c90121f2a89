//! What the candidates share that keep copies of lists by thread: a list with a generation, and the
//! thread's copies of such lists.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{lock, next_id};

/// A list, and a generation that is raised when it is replaced.
///
/// Order: `replace` changes the list and *then* the generation; whoever copies reads the generation
/// and *then* the list. The other way round would file an old list under the new generation for ever.
pub struct Dated<H> {
    pub id: usize,
    generation: AtomicU64,
    list: Mutex<Vec<H>>,
}

impl<H: Clone> Dated<H> {
    pub fn new() -> Self {
        Self {
            id: next_id(),
            generation: AtomicU64::new(0),
            list: Mutex::default(),
        }
    }

    /// Returns the old list, to be dropped outside every lock.
    pub fn replace(&self, list: Vec<H>) -> Vec<H> {
        let old = std::mem::replace(&mut *lock(&self.list), list);
        self.generation.fetch_add(1, Ordering::Release);
        old
    }

    pub fn list(&self) -> Vec<H> {
        lock(&self.list).clone()
    }

    #[inline(always)]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}

/// A thread's entries, by the id of the list.
pub struct Entries<E>(pub RefCell<Vec<Option<E>>>);

impl<E> Entries<E> {
    pub const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// So that there is a place for this id.
    pub fn make_room(&self, id: usize) {
        let mut entries = self.0.borrow_mut();
        if entries.len() <= id {
            entries.resize_with(id + 1, || None);
        }
    }

    /// Puts an entry into its place, which there is.
    #[inline(always)]
    pub fn put(&self, id: usize, entry: E) {
        let old = self.0.borrow_mut()[id].replace(entry);
        // After the borrow: a handler's destructor may emit.
        drop(old);
    }
}

/// A copy, and the generation at which it was made.
pub struct Copied<L: ?Sized> {
    generation: u64,
    list: Rc<L>,
}

impl<L: ?Sized> Entries<Copied<L>> {
    /// The thread's copy of the list, made by `copy` if there is none of this generation.
    #[inline(always)]
    pub fn get<H: Clone>(&self, dated: &Dated<H>, copy: impl FnOnce(Vec<H>) -> Rc<L>) -> Rc<L> {
        match self.0.borrow().get(dated.id) {
            Some(Some(copied)) if copied.generation == dated.generation() => {
                return copied.list.clone();
            }
            _ => {}
        }
        self.refresh(dated, copy)
    }

    #[cold]
    #[inline(never)]
    fn refresh<H: Clone>(&self, dated: &Dated<H>, copy: impl FnOnce(Vec<H>) -> Rc<L>) -> Rc<L> {
        let generation = dated.generation();
        let list = copy(dated.list());
        let copied = Copied {
            generation,
            list: list.clone(),
        };
        self.make_room(dated.id);
        self.put(dated.id, copied);
        list
    }
}
