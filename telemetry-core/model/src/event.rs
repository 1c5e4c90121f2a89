//! An event as far as the protocol knows one: it is of a slot.

use std::cell::RefCell;

use crate::slot::Slot;

pub(crate) struct Event<'a> {
    pub(crate) slot: &'static Slot,
    /// The numbers of the handlers that it has been through.
    pub(crate) ran: &'a RefCell<Vec<u64>>,
}
