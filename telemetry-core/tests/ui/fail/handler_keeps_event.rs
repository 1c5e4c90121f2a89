use std::sync::{Arc, Mutex};

use telemetry::attach;

fn main() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let _ = attach("keeps", "shop.stop", move |event| seen.lock().unwrap().push(event));
}
