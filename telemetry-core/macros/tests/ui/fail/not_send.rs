use telemetry_macros::measured;

use std::rc::Rc;

#[measured("ui.checkout", fields(name))]
async fn checkout(name: Rc<str>) {
    std::future::ready(()).await;
    drop(name);
}

fn send(_: impl Send) {}

fn main() {
    send(checkout("a".into()));
}
