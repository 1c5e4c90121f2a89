//! Who is attached where.

use crate::card::Card;
use crate::live::{Live, Made};

pub(super) fn handlers() -> Box<dyn Live> {
    Box::new(Made::new(None, |_| vec![Card::text("handlers", "to come")]))
}
