use std::cell::{Cell, RefCell};
use std::rc::Rc;

use telemetry::{attach, attach_many, attach_spans};

fn main() {
    let (rc, cell) = (Rc::new(1), Cell::new(1));
    let list = RefCell::new(Vec::new());
    let _ = attach("rc", "shop.stop", move |_| println!("{rc}"));
    let _ = attach_many("cell", ["shop.stop"], move |_| cell.set(2));
    let _ = attach_spans("list", move |event| list.borrow_mut().push(event.to_owned()));
}
